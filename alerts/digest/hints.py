"""What the figures suggest to decide, by rules, where people leave room for it. Pure.

A hint is a question with its figure and a link, and says of itself that a program found it: what it means for the brand, people know.
The order is that of what cannot wait: who was not answered, what we said we would do, then what grows, then what is broken.
"""

from __future__ import annotations

from collections.abc import Iterator

from alerts.digest.figures import NAME, Figures
from alerts.digest.links import Links
from alerts.digest.nouns import Facts, Line
from alerts.digest.sentences import burstiness, comparable, span_words, topic_name
from alerts.digest.weigh import contrast
from alerts.wording.text import clip, isolate
from listener.types import Severity

PAGES = (Severity.P1, Severity.P2)
SILENT = 0.9  # share of the span from which on a source is said to have shown nothing


def suggested(facts: Facts, figures: Figures, links: Links) -> list[Line]:
    """Return what there is to decide about, what cannot wait first; each line says that it is a suggestion."""
    found = [*_unanswered(facts, figures, links), *_owed(facts, figures, links), *_growing(facts, figures, links), *_broken(facts, figures, links)]
    return [Line(figures.say("hint", text=one.text), one.url, keys=one.keys) for one in found]


def _unanswered(facts: Facts, figures: Figures, links: Links) -> Iterator[Line]:
    """Yield that alerts which called somebody were taken by nobody."""
    called = [one.alert for one in facts.alerts if one.alert.severity in PAGES]
    waits = [one for one in called if one.acknowledged_at is None]
    if waits:
        link = links.alert(waits[0].fingerprint) if len(waits) == 1 else links.alerts()
        yield Line(figures.say("hint.alerts", n=len(waits), of=figures.count(len(called))), link)


def _owed(facts: Facts, figures: Figures, links: Links) -> Iterator[Line]:
    """Yield what we owe customers: promises past their time, cases past theirs, cases of nobody."""
    care = facts.care
    if care is None:
        return
    if care.late:
        first = care.late[0]
        link = links.case(first.case) if len(care.late) == 1 and first.case is not None else links.cases()
        yield Line(figures.say("hint.promises", n=len(care.late)), link)
    if care.overdue:
        nobody = sum(one.owner is None and one.unit is None for one in care.overdue)
        text = figures.say("hint.overdue.unowned", n=len(care.overdue), unowned=figures.count(nobody)) if nobody else figures.say(
            "hint.overdue", n=len(care.overdue))
        yield Line(text, links.cases("overdue"))
    elif care.unowned:
        yield Line(figures.say("hint.unowned", n=care.unowned), links.cases())


def _growing(facts: Facts, figures: Figures, links: Links) -> Iterator[Line]:
    """Yield the topic whose complaints grew most beyond chance."""
    if not comparable(facts):
        return
    bursts = burstiness(facts, "negative")
    grown = [(change.z, one) for one in facts.subjects if one.before is not None and (change := contrast(one.now, one.before, bursts)).real and change.z > 0]
    if grown:
        _, one = max(grown, key=lambda item: item[0])
        yield Line(figures.say("hint.topic", topic=topic_name(one, facts, figures), now=figures.count(one.now), before=figures.count(one.before or 0),
                               **span_words(figures, facts)), links.causes() if one.aspect else links.topic(one.id))


def _broken(facts: Facts, figures: Figures, links: Links) -> Iterator[Line]:
    """Yield what of ours does not work: sources that showed nothing all the time, rules that are mostly wrong."""
    since, until = facts.period.span(figures.zone)
    silent = [one for one in facts.unseen if one.lost >= SILENT * (until - since)]
    words = span_words(figures, facts)
    if len(silent) == 1:
        yield Line(figures.say("hint.source", source=isolate(clip(silent[0].source, NAME)), **words), links.sources())
    elif silent:
        yield Line(figures.say("hint.sources", n=len(silent), **words), links.sources())
    for rule in facts.doubted[:1]:
        yield Line(figures.say("hint.rule", rule=isolate(clip(rule.name, NAME)), n=rule.right, of=figures.count(rule.judged)), links.rule(rule.name))
