"""What people complain about these days: groups of complaints across languages that keep their name. Pure.

**Where a complaint stands.** The scorer's embedding, less the mean of its own language (else a Persian complaint's neighbours
are Persian, whatever they are about), with its strong directions softened (scaled by variance to the power -1/4: mild
whitening), beside the things it speaks of by a small table of words in both languages (``alerts.complaint_words``) and the
meanings that the search's lexicon finds in it (``listener.meaning``), Finglish read as Persian. Mean, directions and weights
are those of a bounded sample of what was said of late, and are kept as a ``Space`` until the next grouping. tests/benchmarks/RESULTS.md,
"Topics", says what each part is worth.

**Groups.** Every few hours the sample is grouped by average linkage (the mean cosine over all pairs, so that no chain of
neighbours makes one large group), by nearest-neighbour chains: exact, quadratic in the bounded sample (Müllner, "Modern
hierarchical, agglomerative clustering algorithms", 2011, §3.1). Between two groupings a complaint joins the topic whose mean
cosine with it is highest, or none. Centres stand still meanwhile, so that the order in which complaints come plays no part.

**Identity.** A group takes the id and the name of the topic that most of its members had, where it also has the largest part
of that topic. What is left over of a topic is new, and says what it was split from; a topic most of whose members went to
another group is merged into it and stays findable.
"""

from alerts.topics.course import USUAL_DAYS, Course, course, course_words, listed
from alerts.topics.groups import MOST, RECENT, SAMPLE, Grouping, assign, grouped, regroup
from alerts.topics.naming import aspect_name, name, runs, title
from alerts.topics.space import WIDTH, Space
from alerts.topics.telling import Phrase, telling

__all__ = ["MOST", "RECENT", "SAMPLE", "USUAL_DAYS", "WIDTH", "Course", "Grouping", "Phrase", "Space", "aspect_name", "assign", "course", "course_words", "grouped", "listed", "name",
           "regroup", "runs", "telling", "title"]
