"""The counts beside the mentions: 5-minute facts of brands and of sources, hourly facts and authors by hour, always equal to
a full recount.

Whoever changes mentions does it between two looks: ``contributions`` before, ``contributions`` after, and ``apply``
adds the difference, in the same transaction. A recount sums the same rows in SQL, so that one checks the other.

What counts: every match of a mention that stands (not taken back), is not an answer of our own and has words, under its first
source: a rating that nothing was said with is an answer to a question of ours, and no tone can be read from it; for the facts of that source a mention with any match counts once.
A time known only to the day, or only estimated, counts in hours but makes no 5-minute fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, text

from .codec import HOUR_US, STEP_US
from .database import bulk, chunks
from .results import Difference
from .tables import author_fact, hour_fact, source_fact, step_fact

Key = tuple[Any, ...]
Counts = dict[Key, list[int]]

SAID = "(m.waiting > 0 OR m.model IS NOT NULL)"
"""What has words: it waits for a score or has one. A rating without words never does (``intake``)."""

_ROWS = f"""
    SELECT x.mention_pk AS pk, x.brand AS brand, m.source AS source,
           coalesce(m.score_language, m.language, '') AS language, m.label AS label,
           CASE WHEN m.unsure THEN 1 ELSE 0 END AS unsure, coalesce(m.reach_low, 0) AS reach_low,
           coalesce(m.reach_mid, 0) AS reach_mid, coalesce(m.reach_high, 0) AS reach_high,
           m.published_at AS published_at, m.precision AS precision, m.author_pk AS author_pk
    FROM match x JOIN mention m ON m.pk = x.mention_pk
    WHERE m.deleted_at IS NULL AND NOT m.ours AND {SAID}
"""
_SOME = text(_ROWS + " AND x.mention_pk IN :pks").bindparams(bindparam("pks", expanding=True))
EXACT = ("second", "minute")
"""Precisions that place a mention in a 5-minute step."""


class Contributions:
    """What some mentions add to each table of counts."""

    def __init__(self) -> None:
        self.steps: Counts = {}
        self.sources: Counts = {}
        self.hours: Counts = {}
        self.authors: Counts = {}
        self._once: set[int] = set()

    def add(self, rows: Iterable[Any]) -> None:
        """Add rows of ``_ROWS``."""
        steps, hours, authors = self.steps, self.hours, self.authors
        for pk, brand, source, language, label, unsure, low, mid, high, published_at, precision, author_pk in rows:
            hour = published_at - published_at % HOUR_US
            _add(hours, (brand, hour, source, language, label), (1, unsure, low, mid, high))
            if author_pk is not None:
                _add(authors, (brand, hour, author_pk, label), (1,))
            if precision in EXACT:
                negative = label == "negative"
                step = published_at - published_at % STEP_US
                values = (1, 1 if label != "unscored" else 0, 1 if negative else 0, unsure, mid if negative else 0)
                _add(steps, (brand, step, source), values)
                if pk not in self._once:
                    self._once.add(pk)
                    _add(self.sources, (source, step), values)


def _add(counts: Counts, key: Key, values: tuple[int, ...]) -> None:
    found = counts.get(key)
    if found is None:
        counts[key] = list(values)
    else:
        for position, value in enumerate(values):
            found[position] += value


def contributions(connection: Connection, pks: Sequence[int]) -> Contributions:
    """Return what these mentions count for at this moment of the transaction."""
    found = Contributions()
    for some in chunks(pks):
        found.add(connection.execute(_SOME, {"pks": list(some)}).all())
    return found


def apply(connection: Connection, before: Contributions, after: Contributions) -> None:
    """Add the difference to the stored counts; rows that fall to zero disappear."""
    for table, old, new in ((step_fact, before.steps, after.steps), (source_fact, before.sources, after.sources),
                            (hour_fact, before.hours, after.hours), (author_fact, before.authors, after.authors)):
        _apply(connection, table, old, new)


def _apply(connection: Connection, table: Table, old: Counts, new: Counts) -> None:
    keys, values = _columns(table)
    nothing = [0] * len(values)
    rows: list[Key] = []
    falling: list[dict[str, Any]] = []
    for key in sorted(old.keys() | new.keys()):
        gone, come = old.get(key), new.get(key)
        if gone == come:
            continue
        delta = come if gone is None and come else [a - b for a, b in zip(come or nothing, gone or nothing, strict=True)]
        if delta[0] < 0:
            falling.append(dict(zip(keys, key, strict=True)))
        rows.append((*key, *delta))
    bulk(connection, table.name, keys + values, rows, f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET "
         + ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in values))
    if falling:
        connection.execute(text(f"DELETE FROM {table.name} WHERE mentions = 0 AND "
                                + " AND ".join(f"{name} = :{name}" for name in keys)), falling)


def _columns(table: Table) -> tuple[list[str], list[str]]:
    keys = [column.name for column in table.columns if column.primary_key]
    return keys, [column.name for column in table.columns if not column.primary_key]


def _start(width: int) -> str:
    """SQL for the start of the step that holds ``published_at``, also before 1970 (% keeps the sign in both databases)."""
    return f"(published_at - ((published_at % {width}) + {width}) % {width})"


_POINT = """count(*), sum(CASE WHEN label <> 'unscored' THEN 1 ELSE 0 END), sum(CASE WHEN label = 'negative' THEN 1 ELSE 0 END),
               sum(unsure), CAST(sum(CASE WHEN label = 'negative' THEN reach_mid ELSE 0 END) AS bigint)"""
_RECOUNTS = {
    step_fact: f"""
        SELECT brand, {_start(STEP_US)} AS step, source, {_POINT}
        FROM ({_ROWS}) AS counted WHERE precision IN ('second', 'minute') GROUP BY 1, 2, 3""",
    source_fact: f"""
        SELECT source, {_start(STEP_US)} AS step, {_POINT}
        FROM (SELECT DISTINCT pk, source, label, unsure, reach_mid, published_at, precision
              FROM ({_ROWS}) AS matched) AS counted
        WHERE precision IN ('second', 'minute') GROUP BY 1, 2""",
    hour_fact: f"""
        SELECT brand, {_start(HOUR_US)} AS hour, source, language, label, count(*), sum(unsure), CAST(sum(reach_low) AS bigint),
               CAST(sum(reach_mid) AS bigint), CAST(sum(reach_high) AS bigint)
        FROM ({_ROWS}) AS counted GROUP BY 1, 2, 3, 4, 5""",
    author_fact: f"""
        SELECT brand, {_start(HOUR_US)} AS hour, author_pk, label, count(*)
        FROM ({_ROWS}) AS counted WHERE author_pk IS NOT NULL GROUP BY 1, 2, 3, 4""",
}


def recount(connection: Connection) -> list[Difference]:
    """Return where stored counts differ from a count of all mentions; empty when all is well."""
    differences: list[Difference] = []
    for table, counted in _RECOUNTS.items():
        keys, values = _columns(table)
        kept = f"SELECT {', '.join(keys + values)} FROM {table.name}"
        stored, truth = ({tuple(row[:len(keys)]): tuple(row[len(keys):]) for row in connection.execute(text(
            f"SELECT * FROM ({one}) AS one EXCEPT SELECT * FROM ({other}) AS other"))}
            for one, other in ((kept, counted), (counted, kept)))
        differences += [Difference(table.name, key, stored.get(key), truth.get(key))
                        for key in sorted(stored.keys() | truth.keys())]
    differences += [Difference("source", (name,), (stored,), (counted,)) for name, stored, counted in connection.execute(text(
        "SELECT name, mentions, (SELECT count(*) FROM sighting WHERE sighting.source = source.name) FROM source ORDER BY name"))
        if stored != counted]
    return differences + [Difference("match", (pk, brand), None, None) for pk, brand in connection.execute(text(
        "SELECT x.mention_pk, x.brand FROM match x JOIN mention m ON m.pk = x.mention_pk WHERE x.label <> m.label "
        "OR x.published_at <> m.published_at OR m.deleted_at IS NOT NULL ORDER BY 1, 2"))]


def rebuild(connection: Connection) -> None:
    """Throw the counts away and count all mentions."""
    for table, counted in _RECOUNTS.items():
        keys, values = _columns(table)
        connection.execute(text(f"DELETE FROM {table.name}"))
        connection.execute(text(f"INSERT INTO {table.name} ({', '.join(keys + values)}) {counted}"))
