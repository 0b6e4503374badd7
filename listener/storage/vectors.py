"""Posts that say the same, in either language: the embeddings of mentions side by side, and a sweep over all of them.

Why blocks in the database and no index file beside it: a vector is written, moved and deleted in the transaction of its
mention, on SQLite and on PostgreSQL, so that no crash, backup or ``forget`` can leave one behind. Why no graph of
neighbours: a sweep over a million vectors is exact, costs .4 s of one processor, and filters make it cheaper.

Embeddings trained for sentiment hold language and tone before they hold a subject: nearest by plain cosine are posts of the
same language. So the mean of each language is taken out, and what varies most among stored posts counts less (Mu and
Viswanath, ICLR 2018; Su et al., arXiv:2103.15316). Both are read off a sample of the store at each search, and nothing of
them is stored. What that is worth: tests/benchmarks/RESULTS.md, "Topics".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from math import log
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, bindparam, text

from ..types import MentionKey, ScoredMention
from . import search
from .codec import micros, stored_key
from .database import bulk, chunks
from .mentions import Mentions

SIZE = 512  # vectors in a block: about 200 KB, which is what adding one of them writes anew
LANGUAGES = ("", "fa", "en", "finglish", "mixed")  # a position here is what a vector's record holds; 0: any other
SAMPLE = 8  # blocks that means and spread are read off: 4,096 vectors
PRIOR = 4  # means of so few vectors are drawn towards nothing: with one vector, its own mean would leave nothing of it
POWER = 0.5  # of the inverse variance: 0 leaves the sample as it is, 1 makes it round
FLOOR = 1e-3  # of the largest variance: what lies below is rounding
FEW = 50_000  # mentions of a brand and span up to which they are looked up first; above, they are checked afterwards
WORDS = 0.2  # what it adds to a likeness when all typed words stand in a post; chosen in RESULTS.md
READ = 300  # posts whose words are looked at: the nearest by vector, and as many that hold all words

Floats = npt.NDArray[np.float32]


class Reading(NamedTuple):
    """What is looked for, as a scorer read it."""

    embedding: bytes
    model: str  # name@revision: vectors of two models are not comparable
    language: str


class Alike(NamedTuple):
    mention: ScoredMention
    likeness: float  # -1..1, a cosine of what is left of both; for typed words, with what their own occurrence adds


class Vectors(Mentions):
    """The part of the store that finds posts by what they say."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._known: dict[tuple[Any, ...], tuple[Floats, Floats]] = {}

    def like(self, sought: Reading, *, words: str | None = None, brand: str | None = None, since: datetime | None = None,
             until: datetime | None = None, limit: int = 20, without: Collection[MentionKey] = ()) -> list[Alike]:
        """Return the mentions most like what is sought, the most alike first, of copies of one text only the best.

        ``words``: what was typed; posts that hold its words rise. ``without``: mentions that are not wanted.
        Only mentions scored by the same model are compared. Times are ``[since, until)``.
        """
        span = (None if since is None else micros(since), None if until is None else micros(until))
        with self._read() as connection:
            wanted = None if brand is None else _few(connection, brand, *span)
            pks, scores = _sweep(connection, sought, *span, wanted, self._known)
            if words:
                scores = _with_words(connection, pks, scores, words, brand, *span)
            chosen: list[tuple[int, float]] = []
            seen: set[str] = set()
            left_out = {stored_key(key) for key in without}
            for some in _best_first(pks, scores, max(4 * limit, 100)):
                found = {row.pk: row for row in _shown(connection, pks[some].tolist(), brand, *span)}
                for at in some:
                    row = found.get(int(pks[at]))
                    if row is None or MentionKey(row.kind, row.id) in left_out or row.fingerprint in seen:
                        continue
                    if row.fingerprint is not None:
                        seen.add(row.fingerprint)
                    chosen.append((row.pk, float(scores[at])))
                    if len(chosen) == limit:
                        break
                if len(chosen) == limit:
                    break
            names = {pk: MentionKey(kind, id) for pk, kind, id in _keys(connection, [pk for pk, _ in chosen])}
        mentions: dict[MentionKey, ScoredMention] = {}
        for one in self.by_keys(list(names.values()), brand):
            mentions.setdefault(one.mention.key, one)
        return [Alike(mentions[names[pk]], score) for pk, score in chosen if pk in names and names[pk] in mentions]

    def reading(self, key: MentionKey) -> Reading | None:
        """Return a stored mention as something to look for; None where it is not stored, or has no embedding."""
        with self._read() as connection:
            row = connection.execute(text(
                "SELECT a.embedding, m.model, m.score_language FROM mention m JOIN analysis a ON a.mention_pk = m.pk "
                "WHERE m.kind = :kind AND m.id = :id AND a.embedding IS NOT NULL"), stored_key(key)._asdict()).first()
        return None if row is None else Reading(bytes(row.embedding), row.model, row.score_language or "")

    def rebuild_vectors(self) -> int:
        """Make all blocks anew from the stored analyses; return how many vectors they hold."""
        with self._write() as connection:
            return rebuild(connection)


# -- writing, inside the transaction of whoever changes mentions

class Vector(NamedTuple):
    pk: int
    published_at: int
    language: str
    model: str
    embedding: bytes


def put(connection: Connection, vectors: Sequence[Vector]) -> None:
    """Store vectors in place of what these mentions had. Their analyses are stored already."""
    drop(connection, [one.pk for one in vectors])
    by_model: dict[tuple[str, int], list[Vector]] = defaultdict(list)
    for one in vectors:
        if one.embedding:
            by_model[encoder_of(one.model), len(one.embedding)].append(one)
    for (model, width), some in by_model.items():
        _append(connection, model, width, some)


def encoder_of(model: str) -> str:
    """Return the part of a model's name that its embeddings depend on: what follows a "+" is the list of aspects read beside them."""
    return model.partition("+")[0]


def _append(connection: Connection, model: str, width: int, vectors: Sequence[Vector]) -> None:
    rows = np.zeros(len(vectors), _record(width))
    rows["pk"] = [one.pk for one in vectors]
    rows["at"] = [one.published_at for one in vectors]
    rows["language"] = [_code(one.language) for one in vectors]
    rows["values"] = np.frombuffer(b"".join(one.embedding for one in vectors), np.int8).reshape(-1, width)
    last = connection.execute(text("SELECT number, vectors FROM vector_block WHERE model = :model AND width = :width "
                                   "ORDER BY number DESC LIMIT 1"), {"model": model, "width": width}).first()
    before = np.frombuffer(b"" if last is None else bytes(last.vectors), _record(width))
    number = int(connection.execute(text("SELECT coalesce(max(number), -1) + 1 FROM vector_block")).scalar_one())
    if last is not None and len(before) < SIZE:
        number, rows = last.number, np.concatenate([before, rows])
    places = []
    for start in range(0, len(rows), SIZE):
        block = rows[start:start + SIZE]
        _save(connection, number, model, width, block)
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
        rows = np.frombuffer(bytes(block.vectors), _record(block.width)).copy()
        rows[gone] = np.zeros(1, rows.dtype)
        _save(connection, number, block.model, block.width, rows)
    clear = text("UPDATE analysis SET vector = NULL WHERE mention_pk IN :pks").bindparams(bindparam("pks", expanding=True))
    for some in chunks(pks):
        connection.execute(clear, {"pks": list(some)})


def move(connection: Connection, pk: int, published_at: int) -> None:
    """Note that a mention was published at another time than it was thought."""
    row = connection.execute(text(
        "SELECT m.score_language, m.model, a.embedding FROM analysis a JOIN mention m ON m.pk = a.mention_pk "
        "WHERE a.vector IS NOT NULL AND a.mention_pk = :pk"), {"pk": pk}).first()
    if row is not None:
        put(connection, [Vector(pk, published_at, row.score_language or "", row.model, bytes(row.embedding))])


def rebuild(connection: Connection) -> int:
    """Make all blocks anew, a block's worth at a time; return how many vectors they hold."""
    connection.execute(text("DELETE FROM vector_block"))
    connection.execute(text("UPDATE analysis SET vector = NULL WHERE vector IS NOT NULL"))
    last, made = 0, 0
    while rows := connection.execute(text(
            "SELECT m.pk, m.published_at, m.score_language, m.model, a.embedding FROM analysis a JOIN mention m ON m.pk = a.mention_pk "
            "WHERE a.embedding IS NOT NULL AND m.model IS NOT NULL AND m.pk > :last ORDER BY m.pk LIMIT :size"),
            {"last": last, "size": 8 * SIZE}).all():
        put(connection, [Vector(row.pk, row.published_at, row.score_language or "", row.model, bytes(row.embedding)) for row in rows])
        last, made = rows[-1].pk, made + len(rows)
    return made


def _record(width: int) -> np.dtype[Any]:
    """One vector in a block; ``pk`` 0: it was taken out."""
    return np.dtype([("pk", "<i8"), ("at", "<i8"), ("language", "u1"), ("values", "i1", (width,))])


def _code(language: str) -> int:
    return LANGUAGES.index(language) if language in LANGUAGES else 0


# -- searching

class _Lens(NamedTuple):
    """How a store is looked at: the mean of each language, and the directions that count for the search at hand."""

    means: Floats  # (languages, width)
    direction: Floats  # (width,), unit length


def _lens(connection: Connection, sought: Reading, known: dict[tuple[Any, ...], tuple[Floats, Floats]]) -> _Lens:
    query = np.frombuffer(sought.embedding, np.int8).astype(np.float32) / 127
    width = len(query)
    numbers = connection.execute(text("SELECT number FROM vector_block WHERE model = :model AND width = :width ORDER BY number"),
                                 {"model": encoder_of(sought.model), "width": width}).scalars().all()
    spread = [numbers[at * len(numbers) // SAMPLE] for at in range(SAMPLE)] if len(numbers) > SAMPLE else numbers
    blocks = connection.execute(text("SELECT vectors FROM vector_block WHERE number IN :numbers").bindparams(
        bindparam("numbers", expanding=True)), {"numbers": list(spread)}).scalars().all()
    rows = np.concatenate([np.frombuffer(bytes(block), _record(width)) for block in blocks] or [np.zeros(0, _record(width))])
    rows = rows[rows["pk"] > 0]
    values, languages = rows["values"].astype(np.float32) / 127, rows["language"]
    means = np.zeros((len(LANGUAGES), width), np.float32)
    for code in range(len(LANGUAGES)):
        there = values[languages == code]
        means[code] = there.sum(0) / (len(there) + PRIOR)
    axes, strengths = _axes(known, (sought.model, width, _about(len(rows)), _about(len(numbers))), values - means[languages])
    weights = np.maximum(strengths / strengths[-1], FLOOR) ** -POWER
    parts = weights * np.vecdot(axes, query - means[_code(sought.language)])
    direction = np.vecdot(axes.T, parts)
    return _Lens(means, (direction / max(float(np.linalg.norm(direction)), 1e-9)).astype(np.float32))


def _about(count: int) -> int:
    """Return a number that changes when a count has grown by a quarter."""
    return int(5 * log(count + 1))


def _axes(known: dict[tuple[Any, ...], tuple[Floats, Floats]], what: tuple[Any, ...], apart: Floats) -> tuple[Floats, Floats]:
    """Return the main axes of a sample, one a row, and their variances. They change slowly, and cost more than the sweep where other
    work holds the processors: the last ones are kept.
    """
    if what not in known:
        width = apart.shape[1]
        # with few vectors their spread says little: then all directions count nearly alike
        even = np.eye(width, dtype=np.float32) * (float((apart ** 2).sum()) / max(len(apart), 1) / width or 1.0)
        strengths, axes = np.linalg.eigh((apart.T @ apart + width * even) / (len(apart) + width))
        known.clear()
        known[what] = axes.T.copy(), strengths
    return known[what]


def _sweep(connection: Connection, sought: Reading, since: int | None, until: int | None,
           wanted: npt.NDArray[np.int64] | None, known: dict[tuple[Any, ...], tuple[Floats, Floats]]) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the numbers of all mentions of the span, of ``wanted`` where it is given, with how alike they are.

    No matrix product: BLAS would share each small one among all processors, and wait for the busy ones (42 s instead of under one).
    """
    lens, width = _lens(connection, sought, known), len(sought.embedding)
    toward, lengths = np.vecdot(lens.means, lens.direction), (lens.means ** 2).sum(1)
    conditions = "".join((" AND last_at >= :since" if since is not None else "", " AND first_at < :until" if until is not None else ""))
    filters = {"model": encoder_of(sought.model), "width": width, "since": since, "until": until}
    found = connection.execute(
        text(f"SELECT vectors FROM vector_block WHERE model = :model AND width = :width{conditions} ORDER BY number"), filters,
        execution_options={"stream_results": True, "yield_per": 8})
    all_pks, all_scores = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
    for (block,) in found:
        rows = np.frombuffer(block, _record(width))
        keep = rows["pk"] > 0
        if since is not None:
            keep &= rows["at"] >= since
        if until is not None:
            keep &= rows["at"] < until
        if wanted is not None:
            at = np.minimum(np.searchsorted(wanted, rows["pk"]), len(wanted) - 1)
            keep &= wanted[at] == rows["pk"] if len(wanted) else False
        if not keep.all():
            rows = rows[keep]
        if not len(rows):
            continue
        values, codes = rows["values"].astype(np.float32), rows["language"]
        length = np.sqrt(np.maximum(1 - 2 * np.vecdot(values, lens.means[codes]) / 127 + lengths[codes], 1e-6))
        all_pks.append(rows["pk"].copy())
        all_scores.append(((np.vecdot(values, lens.direction) / 127 - toward[codes]) / length).astype(np.float32))
    return np.concatenate(all_pks), np.concatenate(all_scores)


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
    statement = text("SELECT m.pk, m.kind, m.id, m.fingerprint, m.title, m.text FROM mention m WHERE m.pk IN :pks AND m.deleted_at IS NULL "
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


def _with_words(connection: Connection, pks: npt.NDArray[np.int64], scores: Floats, typed: str, brand: str | None,
                since: int | None, until: int | None) -> Floats:
    """Return the scores, risen where a post holds typed words. Looked at are the nearest and some that hold all; rare words weigh more."""
    wanted = set(search.words_of(typed))
    near = next(_best_first(pks, scores, READ), np.zeros(0, np.intp))
    rows = {row.pk: row for row in _shown(connection, pks[near].tolist(), brand, since, until)}
    condition = search.condition(connection, typed, "x.mention_pk")
    if condition is not None:
        exact = connection.execute(text(
            f"SELECT x.mention_pk FROM match x WHERE {_matched(brand, since, until)} AND {condition[0]} "
            "ORDER BY x.published_at DESC LIMIT :most"), {**condition[1], "brand": brand, "since": since, "until": until, "most": READ})
        rows |= {row.pk: row for row in _shown(connection, list(exact.scalars()), brand, since, until)}
    held = {pk: wanted & set(search.words_of(f"{row.title or ''}\n{row.text}")) for pk, row in rows.items()}
    counts = {word: sum(word in words for words in held.values()) for word in wanted}
    weights = {word: log(1 + len(rows) / (1 + count)) for word, count in counts.items()}
    whole = sum(weights.values()) or 1.0
    added: Mapping[int, float] = {pk: WORDS * sum(weights[word] for word in words) / whole for pk, words in held.items() if words}
    risen = scores.copy()
    for at in np.flatnonzero(np.isin(pks, list(added))):
        risen[at] += added[int(pks[at])]
    return risen
