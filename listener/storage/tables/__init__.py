"""Rows. They never leave this package: the rest of the house knows the nouns of ``listener.types``.

Instants are microseconds since 1970 (UTC) in 64-bit integers: equal on SQLite and PostgreSQL, exact, and range
scans compare integers. ``mention`` holds the present of a mention; ``revision`` and ``engagement`` hold its past.
``pk`` is a number of our own for the natural key (kind, id), because five tables and the search index refer to it.
"""

from __future__ import annotations

from .care import CARE
from .counts import COUNTS, author_fact, hour_fact, source_fact, step_fact
from .digest import DIGEST
from .mentions import MENTIONS, UNTOLD, author, match, mention, revision, sighting
from .outbox import OUTBOX
from .people import PEOPLE, forgotten
from .rules import RULES
from .sources import SOURCES
from .stories import STORIES

__all__ = ["ALL", "UNTOLD", "author", "author_fact", "forgotten", "hour_fact", "match", "mention", "revision", "sighting",
           "source_fact", "step_fact"]

ALL = (*MENTIONS, *STORIES, *COUNTS, *SOURCES, *RULES, *OUTBOX, *PEOPLE, *CARE, *DIGEST)
"""Every table, each after those it refers to."""
