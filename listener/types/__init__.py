"""The nouns: what walks through the house, from a collected post to a delivered message.

Frozen dataclasses, no I/O, nothing derived that the source did not say. Unknown is ``None``, never 0.
Instants are timezone-aware UTC and end in ``_at``; durations are ``timedelta``. The field's words are those
of ``.github/CONTRIBUTING.md``: a *mention* is a public text about us, a *source* is a configured place we
read, a *collector* the code that reads it.
"""

from __future__ import annotations

from .alerts import Alert, AlertState, Campaign, Finding, Reason, Severity, Silence, Verdict, VerdictKind
from .coverage import SUSPECT, Batch, Coverage, CoverageState, Cursor
from .decisions import Decision
from .facts import Facts, Look, State
from .mentions import Author, Brand, Engagement, Match, Mention, MentionKey, Precision, contact_account
from .messages import Attachment, Delivery, Letter, Message
from .scores import ASPECTS, Analysis, Aspect, Label, Reach, Score, ScoredMention
from .seams import Collector, Ledger, Notifier, Refresher, Rule, Scorer
from .series import STEP, Point, Series, Trace
from .stories import Story, StoryMention, Telling
from .topics import Complaint, KeptTopic, Topic

__all__ = [
    "ASPECTS", "STEP", "SUSPECT", "Alert", "AlertState", "Analysis", "Aspect", "Attachment", "Author", "Batch", "Brand",
    "Campaign", "Collector", "Complaint", "Coverage", "CoverageState", "Cursor", "Decision", "Delivery", "Engagement", "Facts",
    "Finding", "KeptTopic", "Label", "Ledger", "Letter", "Look", "Match", "Mention", "MentionKey", "Message", "Notifier",
    "Point", "Precision", "Reach", "Reason", "Refresher", "Rule", "Score", "ScoredMention", "Scorer", "Series", "Severity",
    "Silence", "State", "Story", "StoryMention", "Telling", "Topic", "Trace", "Verdict", "VerdictKind", "contact_account",
]
