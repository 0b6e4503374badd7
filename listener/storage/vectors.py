"""Posts that say the same, in either language: what each says, in numbers side by side, and a sweep over all of them.

What a post says (``listener.meaning``) is read from its text when it is scored, and needs no model. Why blocks in the database and no
index file beside it: a row is written, moved and deleted in the transaction of its mention, on SQLite and on PostgreSQL, so that no
crash, backup or ``forget`` can leave one behind. Why no inverted index: half of what a search asks for are frequent words, whose lists
are as long as the sweep, which is exact, and which filters make cheaper. What it is worth: tests/benchmarks/RESULTS.md, "Search by meaning".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, bindparam, text

from ..meaning import VERSION, WIDTH, Match, Sought, sought, told
from ..types import MentionKey, ScoredMention
from .codec import micros, stored_key
from .database import bulk, chunks
from .mentions import Mentions

SIZE = 512  # posts in a block: about 40 KB, which is what adding one of them writes anew
TOGETHER = 16  # blocks looked at together
LANGUAGES = ("", "fa", "en", "finglish", "mixed")  # a position here is what a row holds; 0: any other
FEW = 50_000  # mentions of a brand and span up to which they are looked up, where few of the best are of it
LEAST = 0.1  # likeness under which a post is not like it

Floats = npt.NDArray[np.float32]


class Alike(NamedTuple):
    mention: ScoredMention
    likeness: float  # how much of what is sought a post says, by the rarity of it, short posts before long ones: puts in order, no share
    match: Match = "weak"  # how well it says it


class Vectors(Mentions):
    """The part of the store that finds posts by what they say."""

    def like(self, what: str, *, brand: str | None = None, since: datetime | None = None, until: datetime | None = None,
             language: str | None = None, limit: int = 20, without: Collection[MentionKey] = ()) -> list[Alike]:
        """Return the mentions that say most of what a text says, the most alike first, of copies of one text only the best.

        ``language``: posts in this one only. ``without``: mentions that are not wanted. Times are ``[since, until)``.
        """
        span = (None if since is None else micros(since), None if until is None else micros(until))
        asked = sought(what)
        with self._read() as connection:
            pks, scores = _sweep(connection, asked, *span, language)
            left_out = {stored_key(key) for key in without}
            chosen = _choose(connection, pks, scores, brand, *span, limit, left_out, at_once=brand is not None)
            if len(chosen) < limit and brand is not None:  # the brand is not among the best: where it is small, its own are looked up
                own = _few(connection, brand, *span)
                keep = slice(None) if own is None else np.isin(pks, own)
                chosen = _choose(connection, pks[keep], scores[keep], brand, *span, limit, left_out)
            names = {pk: MentionKey(kind, id) for pk, kind, id in _keys(connection, [pk for pk, _ in chosen])}
        mentions: dict[MentionKey, ScoredMention] = {}
        for one in self.by_keys(list(names.values()), brand):
            mentions.setdefault(one.mention.key, one)
        found = [(mentions[names[pk]], score) for pk, score in chosen if pk in names and names[pk] in mentions]
        return [Alike(one, score, asked.match(told(one.mention.full_text))) for one, score in found]

    def said(self, key: MentionKey) -> str | None:
        """Return what a stored mention says, as something to look for; None where it is not stored or was taken back."""
        with self._read() as connection:
            row = connection.execute(text("SELECT title, text FROM mention WHERE kind = :kind AND id = :id AND deleted_at IS NULL"),
                                     stored_key(key)._asdict()).first()
        return None if row is None else full(row.title, row.text)

    def rebuild_vectors(self) -> int:
        """Make all blocks anew from the stored texts; return how many posts they hold."""
        with self._write() as connection:
            return rebuild(connection)

    def renew_vectors(self, at_most: int = 8 * SIZE) -> int:
        """Read again some posts that another version of ``listener.meaning`` read, which no search finds; return how many."""
        with self._write() as connection:
            return renew(connection, at_most)


# -- writing, inside the transaction of whoever changes mentions

class Vector(NamedTuple):
    pk: int
    published_at: int
    language: str
    text: str  # with its title


def full(title: str | None, body: str) -> str:
    return f"{title}\n{body}" if title else body


def put(connection: Connection, vectors: Sequence[Vector]) -> None:
    """Store what these mentions say in place of what they had. Their analyses are stored already."""
    drop(connection, [one.pk for one in vectors])
    if vectors:
        _append(connection, vectors)


def _append(connection: Connection, vectors: Sequence[Vector]) -> None:
    rows = np.zeros(len(vectors), _record(WIDTH))
    rows["pk"] = [one.pk for one in vectors]
    rows["at"] = [one.published_at for one in vectors]
    rows["language"] = [_code(one.language) for one in vectors]
    rows["values"] = [told(one.text) for one in vectors]
    last = connection.execute(text("SELECT number, vectors FROM vector_block WHERE model = :model AND width = :width "
                                   "ORDER BY number DESC LIMIT 1"), {"model": VERSION, "width": WIDTH}).first()
    before = np.frombuffer(b"" if last is None else bytes(last.vectors), _record(WIDTH))
    number = int(connection.execute(text("SELECT coalesce(max(number), -1) + 1 FROM vector_block")).scalar_one())
    if last is not None and len(before) < SIZE:
        number, rows = last.number, np.concatenate([before, rows])
    places = []
    for start in range(0, len(rows), SIZE):
        block = rows[start:start + SIZE]
        _save(connection, number, VERSION, WIDTH, block)
        places += [{"number": int(pk), "place": number * SIZE + at} for at, pk in enumerate(block["pk"]) if pk]
        number = int(connection.execute(text("SELECT max(number) + 1 FROM vector_block")).scalar_one())
    connection.execute(text("UPDATE analysis SET vector = :place WHERE mention_pk = :number AND (vector IS NULL OR vector <> :place)"),
                       places)


def _save(connection: Connection, number: int, model: str, width: int, rows: npt.NDArray[Any]) -> None:
    there = rows["at"][rows["pk"] > 0]
    if not len(there):
        connection.execute(text("DELETE FROM vector_block WHERE number = :number"), {"number": number})
        return
    bulk(connection, "vector_block", ("number", "model", "width", "first_at", "last_at", "vectors"),
         [(number, model, width, int(there.min()), int(there.max()), rows.tobytes())],
         " ON CONFLICT (number) DO UPDATE SET first_at = excluded.first_at, last_at = excluded.last_at, vectors = excluded.vectors")


def drop(connection: Connection, pks: Sequence[int]) -> None:
    """Take the vectors of these mentions out; before their analyses are deleted, which say where they stand."""
    places: dict[int, list[int]] = defaultdict(list)
    statement = text("SELECT vector FROM analysis WHERE vector IS NOT NULL AND mention_pk IN :pks").bindparams(
        bindparam("pks", expanding=True))
    for some in chunks(pks):
        for place in connection.execute(statement, {"pks": list(some)}).scalars():
            places[place // SIZE].append(place % SIZE)
    if not places:
        return
    for number, gone in places.items():
        block = connection.execute(text("SELECT model, width, vectors FROM vector_block WHERE number = :number"),
                                   {"number": number}).one()
        rows = np.frombuffer(bytes(block.vectors), _record(block.width, block.model)).copy()
        rows[gone] = np.zeros(1, rows.dtype)
        _save(connection, number, block.model, block.width, rows)
    clear = text("UPDATE analysis SET vector = NULL WHERE mention_pk IN :pks").bindparams(bindparam("pks", expanding=True))
    for some in chunks(pks):
        connection.execute(clear, {"pks": list(some)})


def move(connection: Connection, pk: int, published_at: int) -> None:
    """Note that a mention was published at another time than it was thought."""
    put(connection, [one._replace(published_at=published_at) for one in _read(connection, [pk])])


def rebuild(connection: Connection) -> int:
    """Make all blocks anew, a block's worth at a time; return how many posts they hold."""
    connection.execute(text("DELETE FROM vector_block"))
    connection.execute(text("UPDATE analysis SET vector = NULL WHERE vector IS NOT NULL"))
    last, made = 0, 0
    while pks := connection.execute(text("SELECT mention_pk FROM analysis WHERE mention_pk > :last ORDER BY mention_pk LIMIT :size"),
                                    {"last": last, "size": 8 * SIZE}).scalars().all():
        found = _read(connection, pks)
        put(connection, found)
        last, made = pks[-1], made + len(found)
    return made


def renew(connection: Connection, at_most: int) -> int:
    """Read again some posts of blocks of another version."""
    old = connection.execute(text("SELECT number, width, model, vectors FROM vector_block WHERE model <> :model ORDER BY number DESC LIMIT :most"),
                             {"model": VERSION, "most": max(1, at_most // SIZE)}).all()
    made = 0
    for block in old:
        rows = np.frombuffer(bytes(block.vectors), _record(block.width, block.model))
        pks = rows["pk"][rows["pk"] > 0].tolist()
        found = _read(connection, pks)
        put(connection, found)
        read = {one.pk for one in found}
        drop(connection, [pk for pk in pks if pk not in read])
        connection.execute(text("DELETE FROM vector_block WHERE number = :number AND model <> :model"), {"number": block.number, "model": VERSION})
        made += len(found)
    return made


def _read(connection: Connection, pks: Sequence[int]) -> list[Vector]:
    statement = text("SELECT pk, published_at, score_language, title, text FROM mention WHERE deleted_at IS NULL AND pk IN :pks "
                     "AND model IS NOT NULL ORDER BY pk").bindparams(bindparam("pks", expanding=True))
    return [Vector(row.pk, row.published_at, row.score_language or "", full(row.title, row.text))
            for some in chunks(pks) for row in connection.execute(statement, {"pks": list(some)})]


def _record(width: int, model: str = VERSION) -> np.dtype[Any]:
    """One post in a block; ``pk`` 0: it was taken out. Blocks of the first version held embeddings, a byte a value."""
    return np.dtype([("pk", "<i8"), ("at", "<i8"), ("language", "u1"), ("values", "<u2" if model.startswith("meaning@") else "i1", (width,))])


def _code(language: str) -> int:
    return LANGUAGES.index(language) if language in LANGUAGES else 0


# -- searching

def _sweep(connection: Connection, asked: Sought, since: int | None, until: int | None, language: str | None) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the numbers of all mentions of the span that are like it, and how much."""
    conditions = "".join((" AND last_at >= :since" if since is not None else "", " AND first_at < :until" if until is not None else ""))
    found = connection.execute(
        text(f"SELECT vectors FROM vector_block WHERE model = :model AND width = :width{conditions} ORDER BY number"),
        {"model": VERSION, "width": WIDTH, "since": since, "until": until}, execution_options={"stream_results": True, "yield_per": TOGETHER})
    all_pks, all_scores = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
    for blocks in found.scalars().partitions(TOGETHER):
        rows = np.frombuffer(b"".join(map(bytes, blocks)), _record(WIDTH))
        which, scores = asked.score(rows["values"])
        which, scores = which[scores >= LEAST], scores[scores >= LEAST]
        rows = rows[which]
        keep = rows["pk"] > 0
        if since is not None:
            keep &= rows["at"] >= since
        if until is not None:
            keep &= rows["at"] < until
        if language is not None:
            keep &= rows["language"] == _code(language)
        all_pks.append(rows["pk"][keep].copy())
        all_scores.append(scores[keep])
    return np.concatenate(all_pks), np.concatenate(all_scores)


def _choose(connection: Connection, pks: npt.NDArray[np.int64], scores: Floats, brand: str | None, since: int | None, until: int | None,
            limit: int, left_out: Collection[MentionKey], *, at_once: bool = False) -> list[tuple[int, float]]:
    """Return the best that stand, and how much they are like it; ``at_once``: of the very best only, be they enough or not."""
    chosen: list[tuple[int, float]] = []
    seen: set[str] = set()
    for some in _best_first(pks, scores, max(4 * limit, 100)):
        found = {row.pk: row for row in _shown(connection, pks[some].tolist(), brand, since, until)}
        for at in some:
            row = found.get(int(pks[at]))
            if row is None or MentionKey(row.kind, row.id) in left_out or row.fingerprint in seen:
                continue
            if row.fingerprint is not None:
                seen.add(row.fingerprint)
            chosen.append((row.pk, float(scores[at])))
            if len(chosen) == limit:
                return chosen
        if at_once:
            break
    return chosen


def _few(connection: Connection, brand: str, since: int | None, until: int | None) -> npt.NDArray[np.int64] | None:
    """Return the mentions of a brand and span in order; None where they are many."""
    found = connection.execute(text(f"SELECT mention_pk FROM match x WHERE {_matched(brand, since, until)} LIMIT :most"),
                               {"brand": brand, "since": since, "until": until, "most": FEW + 1}).scalars().all()
    return None if len(found) > FEW else np.sort(np.array(found, np.int64))


def _matched(brand: str | None, since: int | None, until: int | None) -> str:
    conditions = ["x.brand = :brand" if brand is not None else "", "x.published_at >= :since" if since is not None else "",
                  "x.published_at < :until" if until is not None else ""]
    return " AND ".join(one for one in conditions if one) or "1 = 1"


def _shown(connection: Connection, pks: Sequence[int], brand: str | None, since: int | None, until: int | None) -> Iterator[Any]:
    """Return those of the mentions that stand and belong to a brand, this one where it is given, and lie in the span."""
    statement = text("SELECT m.pk, m.kind, m.id, m.fingerprint FROM mention m WHERE m.pk IN :pks AND m.deleted_at IS NULL "
                     f"AND EXISTS (SELECT 1 FROM match x WHERE x.mention_pk = m.pk AND {_matched(brand, since, until)})").bindparams(
        bindparam("pks", expanding=True))
    for some in chunks(pks):
        yield from connection.execute(statement, {"pks": list(some), "brand": brand, "since": since, "until": until})


def _keys(connection: Connection, pks: Sequence[int]) -> Iterator[Any]:
    statement = text("SELECT pk, kind, id FROM mention WHERE pk IN :pks").bindparams(bindparam("pks", expanding=True))
    for some in chunks(pks):
        yield from connection.execute(statement, {"pks": list(some)})


def _best_first(pks: npt.NDArray[np.int64], scores: Floats, first: int) -> Iterator[npt.NDArray[np.intp]]:
    """Return positions in order of score and number, in pieces that grow: most searches need the first one only."""
    start, end = 0, first
    while start < len(scores):
        end = min(end, len(scores))
        top = np.argpartition(-scores, end - 1)[:end] if end < len(scores) else np.arange(len(scores))
        yield top[np.lexsort((pks[top], -scores[top]))][start:]
        start, end = end, 8 * end
