"""Stories: which mentions wait for one, what they are to be compared with, and what was found.

What makes texts one story is decided in ``alerts.stories``; this part hands out and takes in. A pass that is killed before
``save_stories`` has changed nothing, and what it looked at waits again.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, bindparam, text

from ..types import Mention, MentionKey, Story, Telling
from .codec import clean, instant, micros, stored_key
from .database import Database, bulk, by_kind, chunks
from .tables import UNTOLD

COMPARED_WITH = 16  # mentions that one is compared with: those that share most marks
COMMON = 32  # mentions that leave the same mark: beyond, it says nothing
CHANNELS = frozenset(("t.me", "telegram.me", "eitaa.com", "ble.ir", "rubika.ir", "splus.ir", "instagram.com", "aparat.com", "youtube.com",
                      "x.com", "twitter.com", "facebook.com", "linkedin.com", "virgool.io", "medium.com"))
"""Where each account is a channel of its own: the first part of the path names it."""

_PLAIN = re.compile(r"https?://([A-Za-z0-9._-]+)(?::[0-9]+)?((?:/[!-~]*?)?)(?:[?#]|$)")
"""What an address looks like that needs no ``urlsplit``, which takes several times as long: a third of reading a storm."""

_COLUMNS = "m.pk, m.kind, m.id, m.title, m.text, m.published_at, m.reshare_of, m.story"


class Stories(Database):
    """The part of the store that knows which mentions are one story."""

    def unstoried(self, limit: int) -> list[Mention]:
        """Return up to ``limit`` scored mentions that have no story yet, first known first. Our own answers have none.

        Where more wait, news goes first: rules wait for it, and a history of a million posts takes an hour.
        They come with what stories look at: key, text, when published, what they reshare.
        """
        waiting = f"SELECT {_COLUMNS} FROM mention m WHERE {UNTOLD} %sORDER BY m.known_at, m.published_at, m.pk LIMIT :limit"
        with self._read() as connection:
            rows = connection.execute(text(waiting % ""), {"limit": limit + 1}).all()
            if len(rows) > limit:
                news = connection.execute(text(waiting % "AND m.pk IN (SELECT mention_pk FROM fresh) "), {"limit": limit}).all()
                rows = news or rows[:limit]
        return [_mention(row) for row in rows]

    def kin(self, mentions: Sequence[Mention], marks: Mapping[MentionKey, Sequence[int]]) -> dict[MentionKey, list[tuple[Mention, str]]]:
        """Return for each of these mentions those that have a story and may be the same, with it: what it reshares, one with
        the same text, and those that share most marks and whose time is not over.
        """
        with self._read() as connection:
            stored = {stored_key(one.key): one for one in mentions}
            fingerprints = _fingerprints(connection, stored)
            copies = _copies(connection, set(fingerprints.values()))
            originals = _originals(connection, mentions)
            sharing = _sharing(connection, {mark for found in marks.values() for mark in found})
            wanted: dict[MentionKey, list[int]] = {}
            for key, one in stored.items():
                shared = Counter(pk for mark in marks.get(one.key, ()) for pk, until in sharing.get(mark, ()) if one.published_at <= until)
                wanted[one.key] = [pk for pk, _ in sorted(shared.items(), key=lambda each: (-each[1], each[0]))[:COMPARED_WITH]]
                for pk in (copies.get(fingerprints.get(key, "")), originals.get((one.kind, one.reshare_of))):
                    if pk is not None and pk not in wanted[one.key]:
                        wanted[one.key].append(pk)
            rows = _told(connection, {pk for pks in wanted.values() for pk in pks})
        return {key: [rows[pk] for pk in pks if pk in rows and rows[pk][0].key != key] for key, pks in wanted.items()}

    def save_stories(self, stories: Mapping[MentionKey, str], *, copied: Mapping[MentionKey, bool],
                     marks: Mapping[MentionKey, Sequence[int]], until: Mapping[MentionKey, datetime],
                     merged: Mapping[str, str]) -> int:
        """Store what was found, in one transaction; return how many mentions have a story that had none.

        ``copied`` may also name mentions stored before, and ``until`` those whose marks count for longer. A mention that was
        edited or taken back meanwhile is passed over. Members of a ``merged`` story get the id of the older one, which
        ``stories`` also finds by the id that is no more. Saving the same again changes nothing.
        """
        with self._write() as connection:
            _merge(connection, merged)
            names = _resolved(connection, set(stories.values()))
            rows = _rows(connection, {*stories, *copied, *until})
            new = [(key, row) for key, story in stories.items()
                   if (row := rows.get(stored_key(key))) and row.story is None and row.known_at is not None and not row.ours]
            if new:
                connection.execute(text("UPDATE mention SET story = :story WHERE pk = :number"),
                                   [{"number": row.pk, "story": names[clean(stories[key])]} for key, row in new])
                connection.execute(text("DELETE FROM story_mark WHERE mention_pk = :number"), [{"number": row.pk} for _, row in new])
                bulk(connection, "story_mark", ("mark", "mention_pk", "until"),
                     [(mark, row.pk, micros(until[key])) for key, row in new for mark in marks.get(key, ())])
            added = {row.pk for _, row in new}
            flags = [{"number": row.pk, "copied": value} for key, value in copied.items()
                     if (row := rows.get(stored_key(key))) and (row.pk in added or row.story is not None and key not in stories)]
            if flags:
                connection.execute(text("UPDATE mention SET copied = :copied WHERE pk = :number"), flags)
            longer = [{"number": row.pk, "until": micros(at)} for key, at in until.items()
                      if (row := rows.get(stored_key(key))) and row.pk not in added]
            if longer:
                connection.execute(text("UPDATE story_mark SET until = :until WHERE mention_pk = :number AND until < :until"), longer)
        return len(new)

    def stories(self, brand: str, ids: Collection[str] | None = None, *, since: datetime | None = None,
                until: datetime | None = None, before: datetime | tuple[datetime, MentionKey] | None = None) -> dict[str, Story]:
        """Return stories of a brand by id: those of ``ids``, or those told by a mention published in ``[since, until)``.

        ``before``: counted is only what was known before this instant, or before this mention known at it; a story that
        nobody had told yet is missing. A story that became part of an older one is found by either id, and bears the older.
        """
        found: dict[str, list[Telling]] = defaultdict(list)
        with self._read() as connection:
            if ids is None:
                ids = _ids(connection, brand, since, until)
            names = _resolved(connection, ids)
            for one in _tellings(connection, brand, set(names.values())):
                if before is None or ((one.known_at, one.key) < before if isinstance(before, tuple) else one.known_at < before):
                    found[one.story].append(one)
        told = {story: Story.told(tellings) for story, tellings in found.items()}
        return {id: told[now] for id, now in names.items() if now in told}

    def tellings(self, brand: str, *, since: datetime, until: datetime) -> list[Telling]:
        """Return all tellings of the stories that a mention of this brand published in ``[since, until)`` tells, in order of
        ``known_at`` and key: for a replay, which counts them itself (``Story.told``).
        """
        with self._read() as connection:
            found = _tellings(connection, brand, _ids(connection, brand, since, until))
        return sorted(found, key=lambda one: (one.known_at, one.key))


def _mention(row: Any) -> Mention:
    return Mention(row.kind, row.id, row.text, instant(row.published_at), title=row.title, reshare_of=row.reshare_of)


def _fingerprints(connection: Connection, keys: Collection[MentionKey]) -> dict[MentionKey, str]:
    statement = text("SELECT kind, id, fingerprint FROM mention WHERE fingerprint IS NOT NULL AND kind = :kind AND id IN :ids"
                     ).bindparams(bindparam("ids", expanding=True))
    return {MentionKey(row.kind, row.id): row.fingerprint for kind, ids in by_kind(keys)
            for row in connection.execute(statement, {"kind": kind, "ids": ids})}


def _copies(connection: Connection, fingerprints: Collection[str]) -> dict[str, int]:
    """Return one mention with a story for each text that has one, however old."""
    statement = text("SELECT fingerprint, min(pk) FROM mention WHERE fingerprint IN :some AND story IS NOT NULL AND NOT ours "
                     "GROUP BY fingerprint").bindparams(bindparam("some", expanding=True))
    return {mark: pk for some in chunks(sorted(fingerprints)) for mark, pk in connection.execute(statement, {"some": list(some)})}


def _originals(connection: Connection, mentions: Sequence[Mention]) -> dict[tuple[str, str | None], int]:
    reshared = {stored_key(MentionKey(one.kind, one.reshare_of)): (one.kind, one.reshare_of) for one in mentions if one.reshare_of}
    statement = text("SELECT kind, id, pk FROM mention WHERE story IS NOT NULL AND kind = :kind AND id IN :ids").bindparams(
        bindparam("ids", expanding=True))
    return {reshared[MentionKey(row.kind, row.id)]: row.pk for kind, ids in by_kind(reshared)
            for row in connection.execute(statement, {"kind": kind, "ids": ids})}


def _sharing(connection: Connection, marks: Collection[int]) -> dict[int, list[tuple[int, datetime]]]:
    """Return for each mark the mentions that left it and until when it counts; nothing for marks that too many left."""
    statement = text("SELECT mark, mention_pk, until FROM (SELECT mark, mention_pk, until, count(*) OVER (PARTITION BY mark) AS many "
                     "FROM story_mark WHERE mark IN :some) AS found WHERE many <= :common").bindparams(bindparam("some", expanding=True))
    found: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for some in chunks(sorted(marks)):
        for mark, pk, until in connection.execute(statement, {"some": list(some), "common": COMMON}):
            found[mark].append((pk, instant(until)))
    return found


def _told(connection: Connection, pks: Collection[int]) -> dict[int, tuple[Mention, str]]:
    statement = text(f"SELECT {_COLUMNS} FROM mention m WHERE m.pk IN :some AND m.story IS NOT NULL AND m.deleted_at IS NULL "
                     "AND NOT m.ours").bindparams(bindparam("some", expanding=True))
    return {row.pk: (_mention(row), row.story) for some in chunks(sorted(pks))
            for row in connection.execute(statement, {"some": list(some)})}


def _rows(connection: Connection, keys: Collection[MentionKey]) -> dict[MentionKey, Any]:
    statement = text("SELECT pk, kind, id, story, known_at, ours FROM mention WHERE deleted_at IS NULL AND kind = :kind AND id IN :ids"
                     ).bindparams(bindparam("ids", expanding=True))
    return {MentionKey(row.kind, row.id): row for kind, ids in by_kind(map(stored_key, keys))
            for row in connection.execute(statement, {"kind": kind, "ids": ids})}


def _merge(connection: Connection, merged: Mapping[str, str]) -> None:
    """Note which stories are one now, and give their mentions the name that stays."""
    for old, story in sorted(merged.items()):
        names = _resolved(connection, (old, story))
        values = {"old": names[clean(old)], "story": names[clean(story)]}
        if values["old"] == values["story"]:
            continue
        connection.execute(text("UPDATE mention SET story = :story WHERE story = :old"), values)
        connection.execute(text("UPDATE story_merge SET story = :story WHERE story = :old"), values)
        connection.execute(text("INSERT INTO story_merge (old, story) VALUES (:old, :story)"), values)


def _resolved(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Return each id with what the story is called now."""
    names = {clean(id): clean(id) for id in ids}
    statement = text("SELECT old, story FROM story_merge WHERE old IN :some").bindparams(bindparam("some", expanding=True))
    for some in chunks(sorted(names)):
        names.update((old, story) for old, story in connection.execute(statement, {"some": list(some)}))
    return names


def _ids(connection: Connection, brand: str, since: datetime | None, until: datetime | None) -> set[str]:
    values: dict[str, Any] = {"brand": clean(brand)}
    span = ""
    if since is not None:
        span, values["since"] = span + " AND x.published_at >= :since", micros(since)
    if until is not None:
        span, values["until"] = span + " AND x.published_at < :until", micros(until)
    return set(connection.execute(text("SELECT DISTINCT m.story FROM match x JOIN mention m ON m.pk = x.mention_pk "
                                       f"WHERE x.brand = :brand{span} AND m.story IS NOT NULL AND NOT m.ours"), values).scalars())


def _tellings(connection: Connection, brand: str, ids: Collection[str]) -> list[Telling]:
    statement = text(
        "SELECT m.story, m.kind, m.id, m.published_at, m.known_at, m.copied, m.url, m.outlet, x.label, a.kind AS author_kind, "
        "a.id AS author_id FROM mention m JOIN match x ON x.mention_pk = m.pk AND x.brand = :brand LEFT JOIN author a "
        "ON a.pk = m.author_pk WHERE m.story IN :some AND m.deleted_at IS NULL AND m.known_at IS NOT NULL AND NOT m.ours").bindparams(
        bindparam("some", expanding=True))
    return [Telling(row.story, brand, MentionKey(row.kind, row.id), instant(row.published_at), instant(row.known_at),
                    None if row.author_id is None else f"{row.author_kind}:{row.author_id}", outlet_of(row.url, row.outlet),
                    bool(row.copied), row.label == "negative")
            for some in chunks(sorted(ids)) for row in connection.execute(statement, {"brand": clean(brand), "some": list(some)})]


def outlet_of(url: str | None, outlet: str | None) -> str | None:
    """Return the publication or channel a mention stands in, a domain once; None where nothing says it."""
    if outlet and outlet.strip():
        return outlet.strip().casefold()
    if plain := _PLAIN.match(url or ""):
        host, path = plain[1].lower(), plain[2]
    else:
        try:
            parts = urlsplit(url or "")
            host, path = parts.hostname or "", parts.path
        except ValueError:
            return None
    host = host.removeprefix("www.").removeprefix("m.").removeprefix("amp.")
    if host not in CHANNELS:
        return host or None
    account = next((part for part in path.split("/") if part and part != "s"), None)
    return f"{host}/{account.casefold()}" if account else host
