"""Names of somebody who is forgotten, taken out of what we wrote ourselves: answers, logs, promises. The rest of it stays.

A name is looked for as brands are (``listener.text.names``): as a word, with Persian endings and in its spellings; one of ``PLAIN``
characters also wherever it stands letter for letter, in an address or a longer word. One of fewer than ``LEAST`` letters is no name to
look for: it would stand in half of what is written.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, text

from ..text import fold
from ..text.names import Name, name, stands
from ..types.care import Promise
from . import search, vectors
from .codec import clean_json, from_json
from .forgotten import Account

GONE = "[…]"  # what stands in a name's place
LEAST = 3  # letters
PLAIN = 5  # characters
PIECE = 1000  # rows looked at in one go


class Names:
    """What somebody was called."""

    def __init__(self, written: Iterable[str]) -> None:
        known = sorted({one.strip().lstrip("@") for one in written}, key=len, reverse=True)
        self._names: list[Name] = [made for one in known if len((made := name(one)).key) >= LEAST]
        self._plain = [one for one in known if len(one) >= PLAIN]
        self._keys = [one.key for one in self._names]

    def __bool__(self) -> bool:
        return bool(self._names or self._plain)

    def out_of(self, said: str) -> str:
        """Return a text without them."""
        for one in self._plain:
            said = said.replace(one, GONE)
        folded = fold(said)
        if any(key in folded.key for key in self._keys):
            for wanted in self._names:
                said = _without(said, wanted)
        return said


def _without(said: str, wanted: Name) -> str:
    folded, spans = fold(said), list[tuple[int, int]]()
    place = folded.key.find(wanted.key)
    while place >= 0:
        if end := stands(wanted, folded, place):
            spans.append(folded.span(place, end))
        place = folded.key.find(wanted.key, place + 1)
    for start, end in reversed(spans):
        said = said[:start] + GONE + said[end:]
    return said


def called(connection: Connection, accounts: Collection[Account]) -> Names:
    """Return what the people of these accounts are called: names, handles, and what of a handle stands before its host."""
    found: list[str] = []
    for kind, id in accounts:
        named = connection.execute(text("SELECT name FROM author WHERE kind = :kind AND id = :id"), {"kind": kind, "id": id}).scalar()
        found += [one for one in (named, id, id.lstrip("@").partition("@")[0]) if one]
    return Names(found)


def answers(connection: Connection, names: Names) -> list[int]:
    """Take names out of our own answers, with their old texts, payloads and vectors; return the answers that held one."""
    touched: list[int] = []
    for pk, title, said in _pieces(connection, "mention", ("pk", "title", "text"), "ours AND deleted_at IS NULL"):
        kept = [None if one is None else names.out_of(one) for one in (title, said)]
        if kept != [title, said]:
            connection.execute(text("UPDATE mention SET title = :title, text = :text, fingerprint = NULL WHERE pk = :pk"),
                               {"title": kept[0], "text": kept[1], "pk": pk})
            search.index(connection, [(pk, "\n".join(one for one in kept if one))], fresh=False)
            touched.append(pk)
    ours = "mention_pk IN (SELECT pk FROM mention WHERE ours)"
    for pk, number, title, said in _pieces(connection, "revision", ("mention_pk", "number", "title", "text"), ours):
        kept = [None if one is None else names.out_of(one) for one in (title, said)]
        if kept != [title, said]:
            connection.execute(text("UPDATE revision SET title = :title, text = :text WHERE mention_pk = :pk AND number = :number"),
                               {"title": kept[0], "text": kept[1], "pk": pk, "number": number})
    for pk, deflated in _pieces(connection, "payload", ("mention_pk", "deflated"), ours):
        raw = zlib.decompress(bytes(deflated)).decode("utf-8", "replace")
        if pk in touched or any(names.out_of(one) != one for one in (raw, _unescaped(raw))):
            connection.execute(text("DELETE FROM payload WHERE mention_pk = :pk"), {"pk": pk})
    if touched:
        vectors.drop(connection, touched)
        for table, change in (("analysis", "UPDATE analysis SET embedding = NULL"), ("story_mark", "DELETE FROM story_mark")):
            connection.execute(text(f"{change} WHERE mention_pk = :pk"), [{"pk": pk} for pk in touched])
    return touched


def care(connection: Connection, names: Names) -> None:
    """Take names out of what stands in the logs of cases and of the house, and in promises."""
    for pk, why, changed in _pieces(connection, "care_event", ("pk", "why", "changed")):
        kept = names.out_of(why), clean_json(_in_json(json.loads(changed), names))
        if kept != (why, changed):
            connection.execute(text("UPDATE care_event SET why = :why, changed = :changed WHERE pk = :pk"), {"why": kept[0], "changed": kept[1], "pk": pk})
    for pk, what in _pieces(connection, "event", ("pk", "what")):
        if (said := names.out_of(what)) != what:
            connection.execute(text("UPDATE event SET what = :what WHERE pk = :pk"), {"what": said, "pk": pk})
    for id, content in _pieces(connection, "promise", ("id", "content"), after=""):
        one = from_json(Promise, content)
        if (said := names.out_of(one.text)) != one.text:
            connection.execute(text("UPDATE promise SET content = :content WHERE id = :id"), {"content": clean_json(replace(one, text=said)), "id": id})
            connection.execute(text("DELETE FROM delivery WHERE key LIKE :key"), {"key": f"promise:{id}:%"})


def _in_json(value: Any, names: Names) -> Any:
    if isinstance(value, str):
        return names.out_of(value)
    if isinstance(value, list):
        return [_in_json(one, names) for one in value]
    return {key: _in_json(one, names) for key, one in value.items()} if isinstance(value, dict) else value


def _unescaped(raw: str) -> str:
    """Return JSON with its escapes read, other payloads as they are."""
    try:
        return json.dumps(json.loads(raw), ensure_ascii=False)
    except (ValueError, RecursionError):
        return raw


def _pieces(connection: Connection, table: str, columns: Sequence[str], which: str = "1 = 1", *, after: int | str = -1) -> Iterator[Sequence[Any]]:
    """Yield rows in the order of their first column, a piece at a time; those that share it stand in one piece. ``after``: less than all of it."""
    first = columns[0]
    while True:
        keys = connection.execute(text(f"SELECT DISTINCT {first} FROM {table} WHERE {first} > :after AND {which} ORDER BY {first} LIMIT :limit"),
                                  {"after": after, "limit": PIECE}).scalars().all()
        if not keys:
            return
        yield from connection.execute(text(f"SELECT {', '.join(columns)} FROM {table} WHERE {first} > :after AND {first} <= :last AND {which} "
                                           f"ORDER BY {first}"), {"after": after, "last": keys[-1]}).all()
        after = keys[-1]
