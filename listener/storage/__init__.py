"""The database: everything the house remembers. SQLite by default, PostgreSQL by URL; the same tables, the same tests.

``open_store(url)`` gives a ``Store``; it speaks nouns, and no row or connection leaves this package. Every method is
one transaction: all of it or nothing, also when the process is killed in the middle.

Why a number beside the natural key: kinds and ids are long, and eight tables refer to a mention.
Why counts are kept beside the mentions: a board over millions of rows reads hundreds of rows; ``recount`` proves them.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta

from .alerts import Alerts
from .backup import Backup, restore_backup
from .bots import Bots
from .campaigns import Campaigns
from .care import Care
from .complaints import Complained, Complaints
from .courses import Courses, StoryCount
from .customers import Customers
from .database import WAIT, parse_url
from .digests import Digests, KeptDigest
from .erase import Erasing
from .export import Export
from .facts import Facts
from .hours import HourCount, HourCounts
from .intake import Intake
from .lock import run_lock
from .namesakes import Namesakes
from .outbox import Outbox
from .people import People
from .results import (
    Committed,
    Correction,
    Covered,
    Difference,
    Evaluation,
    Event,
    HourRow,
    Lag,
    Page,
    PageKey,
    ReceiverState,
    Revision,
    RuleSetting,
    SourceState,
)
from .rules import Rules
from .scores import Scores
from .sources import Sources
from .spans import Count, Spans
from .stories import Stories
from .topics import TopicCounts, TopicRound, Topics
from .vectors import Alike, Vectors

__all__ = ["Alike", "Committed", "Complained", "Correction", "Count", "Covered", "Difference", "Evaluation", "Event", "HourCount", "HourRow", "KeptDigest", "Lag", "Page", "PageKey",
           "ReceiverState", "Revision", "RuleSetting", "SourceState", "Store", "StoryCount", "TopicCounts", "TopicRound",
           "open_store", "restore_backup", "run_lock"]


class Store(Sources, Intake, Namesakes, Scores, Stories, Courses, Topics, Facts, HourCounts, Vectors, Complaints, Alerts, Rules, Outbox, People, Erasing, Export, Backup, Bots, Care, Campaigns, Customers, Digests, Spans):
    """One open database. Threads may share it; each use takes a connection of its own."""

    def run_lock(self) -> AbstractContextManager[None]:
        """Hold the right to run on this database while the context lasts. Raises: StorageError when another process has it."""
        return run_lock(self._url)


def open_store(url: str, *, wait: timedelta = WAIT) -> Store:
    """Open the database at ``sqlite:////folder/goosh.sqlite`` or ``postgresql://…``, make or upgrade its tables.

    ``wait`` is how long to wait for another program's lock. Raises: StorageError (``path: what; what to do``) for a folder
    that cannot be written, a file that is no database, one made by a newer version, or one that stays locked.
    """
    store = Store(parse_url(url), wait=wait)
    try:
        store._migrate(wait)
    except BaseException:  # whatever ends it, Ctrl-C too: nobody else can close what was not handed over
        store.close()
        raise
    return store
