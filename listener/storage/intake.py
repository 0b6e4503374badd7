"""Taking in a batch: the one transaction by which mentions enter, change and leave, with the cursor that covers them."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, insert, text

from ..polling import AGES, Habit, refresh_at
from ..text import fingerprint
from ..types import Author, Batch, Coverage, CoverageState, Engagement, Match, Mention, MentionKey, Reach, contact_account
from . import counts, customers, erase, forgotten, search, sources, vectors
from .codec import LONGEST_ID, MICROSECOND, clean, clean_json, instant, maybe_clean, maybe_micros, micros, stored_id, stored_key
from .codec import counted as count
from .database import Database, bulk, by_kind, chunks, next_number
from .results import Committed
from .tables import author, match, mention, revision, sighting

_RANK = {"second": 3, "minute": 2, "day": 1, "estimated": 0}
_PRESENT = (mention.c.pk, mention.c.kind, mention.c.id, mention.c.source, mention.c.published_at, mention.c.precision,
            mention.c.edited_at, mention.c.deleted_at, mention.c.author_pk, mention.c.ours, mention.c.language, mention.c.url,
            mention.c.outlet, mention.c.in_reply_to, mention.c.reshare_of, mention.c.rating, mention.c.likes, mention.c.shares,
            mention.c.comments, mention.c.views, mention.c.engaged_at, mention.c.reach_low, mention.c.reach_mid,
            mention.c.reach_high, mention.c.reach_method, mention.c.label, mention.c.corrected, mention.c.edits,
            mention.c.title, mention.c.text)
_INSERTED = ("pk", "kind", "id", "source", "published_at", "precision", "first_seen_at", "edited_at", "author_pk", "ours",
             "language",
             "url", "outlet", "in_reply_to", "reshare_of", "rating", "likes", "shares", "comments", "views", "engaged_at",
             "reach_low", "reach_mid", "reach_high", "reach_method", "title", "text", "label", "unsure", "waiting", "edits",
             "fingerprint", "refresh_at")
_FILLED = ("language", "url", "outlet", "in_reply_to", "reshare_of")
"""What a later reading may fill but not change: two sources of a kind spell them differently and would swap them for ever."""



@dataclass(slots=True)
class _Reading:
    """One layer of a batch on its way in: no key stands in it twice."""

    source: str
    now: int
    mentions: dict[MentionKey, Mention]
    matches: Mapping[MentionKey, Mapping[str, tuple[str, ...]]]
    reach: Mapping[MentionKey, Reach]
    growing: bool = False
    names: dict[MentionKey, tuple[str, str]] = field(default_factory=dict)  # of the author, as stored
    authors: dict[tuple[str, str], int] = field(default_factory=dict)


class Intake(Database):
    """The part of the store that takes batches in."""

    def commit_batch(self, source: str, batch: Batch, *, matches: Sequence[Match], reach: Mapping[MentionKey, Reach],
                     start: datetime, end: datetime, now: datetime, history: bool = False, habit: Habit | None = None,
                     growing: bool = False) -> Committed:
        """Take a batch in, in one transaction: mentions, edits, engagement, deletions, payloads, counts, cursor and coverage.

        A mention without a match is not kept, unless it is known already: then it is brought up to date. ``[start, end)`` is
        the span this reading could see, with the batch's state; an empty span records no coverage. Committing the same batch
        again changes nothing. ``history``: the batch comes from a file and says nothing about how the source fares or resumes.
        ``habit``: when the source is read again and what is usual of it; None leaves what is known. ``growing``: the source can
        be asked for the counts of single mentions, so those of this batch are noted for ``due_for_refresh``.
        Raises: StorageError, and then nothing of it is stored.
        """
        stored = cache(stored_key)  # each key comes three times
        by_key, reaches = _by_key(matches, stored), {stored(key): value for key, value in reach.items()}
        source = clean(source)
        total, sightings = Committed(), 0
        with self._write() as connection:
            sources.ensure(connection, source)
            for layer in _layers(batch.mentions, stored):
                reading = _Reading(source, micros(now), layer, by_key, reaches, growing)
                committed, seen = _take(connection, reading)
                total, sightings = total + committed, sightings + seen
            deleted = erase.take_back(connection, [stored_key(key) for key in batch.deleted], at=micros(now))
            if history:
                sources.keep_cursor(connection, source, cursor=None, mentions=sightings)
            elif batch.state is CoverageState.LOST:
                sources.keep_cursor(connection, source, cursor=batch.cursor, mentions=sightings)
                sources.fails(connection, source, now=now, reason=batch.reason or "nothing could be seen", permanent=False,
                              retry_at=None)
            else:
                wait = batch.min_interval if batch.complete else None
                sources.answers(connection, source, now=now, cursor=batch.cursor, mentions=sightings, whole=batch.complete,
                                retry_at=None if wait is None else now + wait)
            if habit is not None:
                sources.keep_habit(connection, source, habit)
            sources.cover(connection, Coverage(source, start, end, batch.state, batch.reason, noted_at=now))
        return Committed(total.new, total.changed, total.seen, deleted)

    def due_for_refresh(self, source: str, *, now: datetime, limit: int) -> list[MentionKey]:
        """Return mentions this source saw first whose counts are to be asked for again, the longest overdue first.

        A mention is due once for each of ``polling.AGES`` after publishing; ages that passed unused count once.
        """
        with self._read() as connection:
            return [MentionKey(kind, id) for kind, id in connection.execute(text(
                "SELECT kind, id FROM mention WHERE source = :source AND refresh_at IS NOT NULL AND refresh_at <= :now "
                "ORDER BY refresh_at LIMIT :limit"), {"source": clean(source), "now": micros(now), "limit": limit})]

    def commit_refresh(self, source: str, asked: Sequence[MentionKey], batch: Batch, *, matches: Sequence[Match],
                       reach: Mapping[MentionKey, Reach], now: datetime) -> Committed:
        """Take in how ``asked`` mentions are now: counts, edits, deletions. Cursor, coverage and state of the source stay.

        All of them, also those the batch says nothing of, are due again at their next age. What was not asked for is not
        taken in. Raises: StorageError, and then nothing of it is stored.
        """
        keys = {stored_key(key) for key in asked}
        mine = [one for one in batch.mentions if stored_key(one.key) in keys]
        reaches = {stored_key(key): value for key, value in reach.items()}
        total = Committed()
        with self._write() as connection:
            known = set(_known(connection, sorted(keys)))
            for layer in _layers([one for one in mine if stored_key(one.key) in known], stored_key):
                committed, _ = _take(connection, _Reading(clean(source), micros(now), layer, _by_key(matches, stored_key), reaches))
                total += committed
            deleted = erase.take_back(connection, [key for key in map(stored_key, batch.deleted) if key in keys], at=micros(now))
            for kind, ids in by_kind(sorted(keys)):
                rows = connection.execute(mention.select().with_only_columns(mention.c.pk, mention.c.published_at).where(
                    mention.c.kind == kind, mention.c.id.in_(ids), mention.c.deleted_at.is_(None))).all()
                if rows:
                    connection.execute(text("UPDATE mention SET refresh_at = :due WHERE pk = :pk"),
                                       [{"pk": pk, "due": maybe_micros(refresh_at(instant(at), now))} for pk, at in rows])
        return Committed(total.new, total.changed, total.seen, deleted)


def _by_key(matches: Sequence[Match], stored: Callable[[MentionKey], MentionKey]) -> dict[MentionKey, dict[str, tuple[str, ...]]]:
    by_key: dict[MentionKey, dict[str, tuple[str, ...]]] = {}
    for one in matches:
        by_key.setdefault(stored(one.key), {})[clean(one.brand)] = tuple(one.terms)
    return by_key


def _layers(mentions: Sequence[Mention], stored: Callable[[MentionKey], MentionKey]) -> list[dict[MentionKey, Mention]]:
    """Split a batch so that a key stands once in each layer: the second of two different texts is an edit of the first."""
    layers: list[dict[MentionKey, Mention]] = []
    depth: dict[MentionKey, int] = {}
    for one in mentions:
        key = stored(one.key)
        last = depth.get(key, -1)
        if last >= 0 and (layers[last][key].title, layers[last][key].text) == (one.title, one.text):
            layers[last][key] = one
            continue
        depth[key] = last + 1
        if len(layers) == last + 1:
            layers.append({})
        layers[last + 1][key] = one
    return layers


def _take(connection: Connection, reading: _Reading) -> tuple[Committed, int]:
    """Take one layer in; return what became of it and how many new sightings the source has."""
    _without_forgotten(connection, reading)
    known = _known(connection, list(reading.mentions))
    fresh = [key for key in reading.mentions if key not in known and key in reading.matches]
    standing = {key: row for key, row in known.items() if row.deleted_at is None}
    _take_authors(connection, reading, [*fresh, *standing])
    first = next_number(connection, "mention")
    numbers = dict(zip(fresh, range(first, first + len(fresh)), strict=True))
    if numbers:
        _insert(connection, reading, numbers)
    changed, seen = _update(connection, reading, standing)
    customers.add_contacts(connection, [(hash, sort, reading.names[key]) for key in [*fresh, *standing] if key in reading.names
                                        for sort, hash in reading.mentions[key].contacts])
    return Committed(len(fresh), changed, len(fresh) + len(standing)), len(fresh) + seen


def _without_forgotten(connection: Connection, reading: _Reading) -> None:
    """Leave out what is of people who want to be forgotten: by their account, or by a phone or an e-mail of theirs; and answers of our
    own that named one.
    """
    names = {key: {*([(clean(one.author.kind), stored_id(one.author.id))] if one.author else ()), *(contact_account(hash) for _, hash in one.contacts),
                   *([forgotten.answer(key)] if one.ours else ())}
             for key, one in reading.mentions.items() if one.author or one.ours}
    gone = forgotten.among(connection, {name for some in names.values() for name in some})
    for key in [key for key, some in names.items() if some & gone] if gone else ():
        del reading.mentions[key]


def _known(connection: Connection, keys: Sequence[MentionKey]) -> dict[MentionKey, Any]:
    return {MentionKey(row.kind, row.id): row for kind, ids in by_kind(keys) for row in connection.execute(
        mention.select().with_only_columns(*_PRESENT).where(mention.c.kind == kind, mention.c.id.in_(ids)))}


def _take_authors(connection: Connection, reading: _Reading, keys: Sequence[MentionKey]) -> None:
    """Bring the authors up to date and note their numbers. What a reading does not say leaves what is known."""
    named: dict[tuple[str, str], Author] = {}
    for key in keys:
        if (one := reading.mentions[key].author) is not None:
            name = clean(one.kind), stored_id(one.id)
            named[name] = one
            reading.names[key] = name
    known: dict[tuple[str, str], Any] = {}
    for kind, ids in by_kind(named):
        for found in connection.execute(author.select().where(author.c.kind == kind, author.c.id.in_(ids))):
            known[found.kind, found.id] = found
    number = next_number(connection, "author")
    new: list[tuple[Any, ...]] = []
    changed: list[dict[str, Any]] = []
    for name, one in named.items():
        row: Any = known.get(name)
        values: dict[str, Any] = {"name": one.name and clean(one.name)[:LONGEST_ID], "url": maybe_clean(one.url), "followers": count(one.followers)}
        if row is None:
            new.append((number, *name, *values.values()))
            reading.authors[name] = number
            number += 1
            continue
        reading.authors[name] = row.pk
        values = {column: getattr(row, column) if value is None else value for column, value in values.items()}
        if any(getattr(row, column) != value for column, value in values.items()):
            changed.append({"number": row.pk, **values})
    bulk(connection, "author", ("pk", "kind", "id", "name", "url", "followers"), new)
    if changed:
        connection.execute(author.update().where(author.c.pk == bindparam("number")), changed)


def _author_pk(reading: _Reading, key: MentionKey) -> int | None:
    name = reading.names.get(key)
    return None if name is None else reading.authors[name]


def _insert(connection: Connection, reading: _Reading, numbers: Mapping[MentionKey, int]) -> None:
    """Insert mentions seen for the first time, and count them from what is at hand instead of reading them back."""
    rows, matched, seen, payloads, texts = [], [], [], [], []
    counted = counts.Contributions()
    for key, pk in numbers.items():
        one = reading.mentions[key]
        published_at, precision, author_pk = micros(one.published_at), one.precision.value, _author_pk(reading, key)
        title, body, language = maybe_clean(one.title), clean(one.text), maybe_clean(one.language)
        reach = _reach(reading.reach.get(key))
        rows.append((pk, key.kind, key.id, reading.source, published_at, precision, reading.now, maybe_micros(one.edited_at),
                     author_pk, one.ours, language, maybe_clean(one.url), maybe_clean(one.outlet), maybe_clean(one.in_reply_to),
                     maybe_clean(one.reshare_of), _share(one.rating), *_snapshot(one.engagement), *reach, title, body,
                     "unscored", False, 2 if one.full_text else 0, 0, fingerprint(one.full_text), _due(one, reading)))
        for brand, terms in reading.matches[key].items():
            matched.append((pk, brand, published_at, "unscored", _terms(terms)))
            if not one.ours and one.full_text:
                counted.add(((pk, brand, reading.source, language or "", "unscored", 0, reach[0] or 0, reach[1] or 0,
                              reach[2] or 0, published_at, precision, author_pk),))
        seen.append((pk, reading.source, reading.now))
        texts.append((pk, f"{title}\n{body}" if title else body))
        if one.raw is not None:
            payloads.append((pk, reading.now, zlib.compress(one.raw)))
    bulk(connection, "mention", _INSERTED, rows)
    bulk(connection, "match", ("mention_pk", "brand", "published_at", "label", "terms"), matched)
    bulk(connection, "sighting", ("mention_pk", "source", "seen_at"), seen)
    bulk(connection, "payload", ("mention_pk", "kept_at", "deflated"), payloads)
    search.index(connection, texts, fresh=True)
    counts.apply(connection, counts.Contributions(), counted)


def _due(one: Mention, reading: _Reading) -> int | None:
    """When the counts of a mention seen for the first time are asked for again; not at all for a backlog of months."""
    if not reading.growing or micros(one.published_at) + _GROWS < reading.now:
        return None
    return maybe_micros(refresh_at(one.published_at, instant(reading.now)))


_GROWS = AGES[-1] // MICROSECOND


def _snapshot(counted: Engagement | None) -> tuple[int | None, ...]:
    """Likes, shares, comments, views and when they were seen."""
    if counted is None:
        return (None, None, None, None, None)
    return (count(counted.likes), count(counted.shares), count(counted.comments), count(counted.views), micros(counted.at))


def _reach(reach: Reach | None) -> tuple[Any, ...]:
    return (None, None, None, None) if reach is None else (count(reach.low), count(reach.mid), count(reach.high), reach.method)


def _share(rating: float | None) -> float | None:
    """A rating that is a number: NaN differs from itself and would change at every reading."""
    return rating if rating is not None and math.isfinite(rating) else None


@lru_cache(maxsize=4096)
def _terms(terms: tuple[str, ...]) -> str:
    return clean_json(terms)


def _update(connection: Connection, reading: _Reading, standing: Mapping[MentionKey, Any]) -> tuple[int, int]:
    """Bring known mentions up to date; return how many changed and how many the source had not seen before."""
    if not standing:
        return 0, 0
    pks = [row.pk for row in standing.values()]
    seen_by: set[int] = set()
    brands: dict[int, set[str]] = {}
    for some in chunks(pks):
        seen_by.update(connection.execute(sighting.select().with_only_columns(sighting.c.mention_pk).where(
            sighting.c.source == reading.source, sighting.c.mention_pk.in_(some))).scalars())
        for pk, brand in connection.execute(match.select().with_only_columns(match.c.mention_pk, match.c.brand).where(
                match.c.mention_pk.in_(some))):
            brands.setdefault(pk, set()).add(brand)
    changes = _Changes()
    for key, row in standing.items():
        one = reading.mentions[key]
        if row.pk not in seen_by:
            changes.seen.append({"mention_pk": row.pk, "source": reading.source, "seen_at": reading.now})
        edited = _changes_of(changes, reading, one, row, reading.reach.get(key))
        values = changes.values.get(row.pk, {})
        for brand, terms in reading.matches.get(key, {}).items():
            if brand not in brands.get(row.pk, ()):
                changes.matched.append({"mention_pk": row.pk, "brand": brand, "terms": _terms(terms),
                                        "published_at": values.get("published_at", row.published_at),
                                        "label": values.get("label", row.label)})
            elif edited:
                changes.terms.append({"pk": row.pk, "brand": brand, "terms": _terms(terms)})
    touched = sorted(changes.values.keys() | {row["mention_pk"] for row in changes.matched})
    before = counts.contributions(connection, touched)
    changes.write(connection)
    counts.apply(connection, before, counts.contributions(connection, touched))
    return len(set(touched) | {row["mention_pk"] for row in changes.seen}), len(changes.seen)


@dataclass(slots=True)
class _Changes:
    """What a layer changes in known mentions, collected so that each table is written once."""

    values: dict[int, dict[str, Any]] = field(default_factory=dict)
    seen: list[dict[str, Any]] = field(default_factory=list)
    matched: list[dict[str, Any]] = field(default_factory=list)
    terms: list[dict[str, Any]] = field(default_factory=list)
    revisions: list[dict[str, Any]] = field(default_factory=list)
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    payloads: list[dict[str, Any]] = field(default_factory=list)
    texts: list[tuple[int, str]] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)  # no news any more: the text is another, or our own

    def set(self, pk: int, **values: Any) -> None:
        self.values.setdefault(pk, {}).update(values)

    def write(self, connection: Connection) -> None:
        if self.revisions:
            connection.execute(insert(revision), self.revisions)
            vectors.drop(connection, [row["mention_pk"] for row in self.revisions])
            connection.execute(text("DELETE FROM analysis WHERE mention_pk = :mention_pk"),
                               [{"mention_pk": row["mention_pk"]} for row in self.revisions])
        if self.stale:
            connection.execute(text("DELETE FROM fresh WHERE mention_pk = :pk"), [{"pk": pk} for pk in self.stale])
        if self.snapshots:
            connection.execute(text("INSERT INTO engagement (mention_pk, at, likes, shares, comments, views) VALUES "
                                    "(:mention_pk, "
                                    ":at, :likes, :shares, :comments, :views) ON CONFLICT (mention_pk, at) DO NOTHING"),
                               self.snapshots)
        for pk, values in self.values.items():
            connection.execute(mention.update().where(mention.c.pk == pk), values)
            repeated: dict[str, Any] = {column: values[column] for column in ("published_at", "label") if column in values}
            if repeated:
                connection.execute(match.update().where(match.c.mention_pk == pk), repeated)
            if "published_at" in values:
                vectors.move(connection, pk, values["published_at"])
        if self.matched:
            connection.execute(insert(match), self.matched)
        if self.terms:
            connection.execute(text("UPDATE match SET terms = :terms WHERE mention_pk = :pk AND brand = :brand"), self.terms)
        if self.seen:
            connection.execute(insert(sighting), self.seen)
        if self.payloads:
            connection.execute(text(
                "INSERT INTO payload (mention_pk, kept_at, deflated) VALUES (:mention_pk, :kept_at, :deflated) "
                "ON CONFLICT (mention_pk) DO UPDATE SET kept_at = excluded.kept_at, deflated = excluded.deflated"),
                self.payloads)
        search.index(connection, self.texts, fresh=False)


def _changes_of(changes: _Changes, reading: _Reading, one: Mention, row: Any, reach: Reach | None) -> bool:
    """Collect what this reading says that is not yet stored; return whether the text was edited."""
    pk, first = row.pk, row.source == reading.source
    title, body = maybe_clean(one.title), clean(one.text)
    edited_at = maybe_micros(one.edited_at)
    edited = (title, body) != (row.title, row.text) and _is_newer(first, edited_at, row.edited_at)
    if edited:
        changes.stale.append(pk)
        changes.revisions.append({"mention_pk": pk, "number": row.edits, "seen_until": reading.now, "title": row.title,
                                  "text": row.text})
        changes.texts.append((pk, f"{title}\n{body}" if title else body))
        if one.raw is not None:
            changes.payloads.append({"mention_pk": pk, "kept_at": reading.now, "deflated": zlib.compress(one.raw)})
        # the score was about the old text; a person's word stays until the person says otherwise
        changes.set(pk, title=title, text=body, edited_at=row.edited_at if edited_at is None else edited_at,
                    edits=row.edits + 1, fingerprint=fingerprint(one.full_text),
                    label=row.corrected or "unscored", unsure=False, negative=None, neutral=None, positive=None,
                    certainty_floor=None, score_language=None, model=None, scored_at=None, known_at=None, waiting=2 if one.full_text else 0,
                    claimed_until=None,
                    story=None, copied=None)
    if _RANK[one.precision.value] > _RANK[row.precision]:
        changes.set(pk, published_at=micros(one.published_at), precision=one.precision.value)
    author_pk = _author_pk(reading, MentionKey(row.kind, row.id))
    if author_pk is not None and author_pk != row.author_pk and (first or row.author_pk is None):
        changes.set(pk, author_pk=author_pk)
    if one.ours and not row.ours:
        changes.set(pk, ours=True)
        changes.stale.append(pk)
    rating = _share(one.rating)
    if rating is not None and rating != row.rating and (first or row.rating is None):
        changes.set(pk, rating=rating)
    for column in _FILLED:
        if getattr(row, column) is None and (value := getattr(one, column)) is not None:
            changes.set(pk, **{column: clean(value)})
    counted = _engagement(changes, one, row)
    if reach is not None and (first or counted or row.reach_method is None):
        low, mid, high, method = _reach(reach)
        if (low, mid, high, method) != (row.reach_low, row.reach_mid, row.reach_high, row.reach_method):
            changes.set(pk, reach_low=low, reach_mid=mid, reach_high=high, reach_method=method)
    return edited


def _is_newer(first: bool, edited_at: int | None, known: int | None) -> bool:
    """Whether a different text is an edit and not an older copy, or another source's way to shorten it."""
    if edited_at is not None and known is not None:
        return edited_at > known or (edited_at == known and first)
    return edited_at is not None or (known is None and first)


def _engagement(changes: _Changes, one: Mention, row: Any) -> bool:
    """Collect a snapshot if it says something else than the last; return whether the present one changed."""
    if one.engagement is None:
        return False
    at = micros(one.engagement.at)
    given = {name: count(getattr(one.engagement, name)) for name in ("likes", "shares", "comments", "views")}
    last = {name: getattr(row, name) for name in given}
    if row.engaged_at is not None and at < row.engaged_at:
        if given != last:
            changes.snapshots.append({"mention_pk": row.pk, "at": at, **given})
        return False
    merged = {name: last[name] if value is None else value for name, value in given.items()}
    if merged == last:
        return False
    if row.engaged_at is not None:
        changes.snapshots.append({"mention_pk": row.pk, "at": row.engaged_at, **last})
    changes.set(row.pk, engaged_at=at, **merged)
    return True
