"""Full-text search over Persian and English, as people type it.

Both databases index the same words: those of ``text.search_form``. SQLite keeps them in FTS5, PostgreSQL in a
``tsvector`` that we build ourselves, since its own parser cuts Persian compounds and hashtags in other places.
A query is words (all must occur), "quoted phrases" (in this order), -word (must not occur) and word* (a beginning).
People set the half-space as they like, so a word is also found joined to its neighbour («دیجی کالا» finds «دیجی‌کالا»), and one
typed with a half-space is found apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from ..text import search_form
from .database import bulk

MOST_WORDS = 16_000  # positions a tsvector can tell apart
LONGEST_WORD = 100  # characters; longer ones are keys and base64, and a tsvector takes no word over 2 KB
HALF_SPACE = "\u200c"
_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r'(-?)"([^"]*)"?|(\S+)')


@dataclass(frozen=True, slots=True)
class _Part:
    """One demand of a query: any of these word sequences."""

    sequences: tuple[tuple[str, ...], ...]
    prefix: bool = False
    excluded: bool = False


def words_of(full_text: str) -> list[str]:
    """Return the words that are indexed, in order."""
    found = _WORD.findall(search_form(full_text))
    return [word[:LONGEST_WORD] for word in found[:MOST_WORDS]]


def index(connection: Connection, texts: Sequence[tuple[int, str]], *, fresh: bool) -> None:
    """Index the texts of mentions (``pk``, full text); ``fresh``: none of them was indexed before."""
    if not texts:
        return
    if connection.dialect.name == "postgresql":
        bulk(connection, "search", ("mention_pk", "words"), [(pk, _tsvector(words_of(full))) for pk, full in texts],
             " ON CONFLICT (mention_pk) DO UPDATE SET words = excluded.words")
        return
    if not fresh:
        drop(connection, [pk for pk, _ in texts])
    bulk(connection, "search", ("rowid", "words"), [(pk, " ".join(words_of(full))) for pk, full in texts])


def drop(connection: Connection, pks: Iterable[int]) -> None:
    column = "mention_pk" if connection.dialect.name == "postgresql" else "rowid"
    rows = [{"pk": pk} for pk in pks]
    if rows:
        connection.execute(text(f"DELETE FROM search WHERE {column} = :pk"), rows)


def compact(connection: Connection) -> None:
    """Merge the index, which also drops the words of deleted texts from its pages."""
    if connection.dialect.name == "sqlite" and has_fts(connection):
        connection.execute(text("INSERT INTO search (search) VALUES ('optimize')"))


def has_fts(connection: Connection) -> bool:
    made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'search'")).scalar()
    return "fts5" in str(made)


def condition(connection: Connection, typed: str, pk: str) -> tuple[str, dict[str, str]] | None:
    """Return the SQL condition on column ``pk`` and its values; ``None`` where nothing searchable was typed."""
    parts = _parse(typed)
    if not any(not part.excluded for part in parts):
        return None
    if connection.dialect.name == "postgresql":
        return (f"{pk} IN (SELECT mention_pk FROM search WHERE words @@ cast(:searched AS tsquery))",
                {"searched": _tsquery(parts)})
    if has_fts(connection):
        return f"{pk} IN (SELECT rowid FROM search WHERE search MATCH :searched)", {"searched": _fts_query(parts)}
    conditions, values = [], {}
    for number, part in enumerate(parts):
        ways = []
        for way, words in enumerate(part.sequences):
            values[f"searched{number}_{way}"] = f"% {' '.join(words)}{'' if part.prefix else ' '}%"
            ways.append(f"' ' || words || ' ' LIKE :searched{number}_{way}")
        conditions.append(f"{'NOT ' if part.excluded else ''}({' OR '.join(ways)})")
    return f"{pk} IN (SELECT rowid FROM search WHERE {' AND '.join(conditions)})", values


def _parse(typed: str) -> list[_Part]:
    pieces = []
    for minus, phrase, word in _PART.findall(typed):
        excluded = minus == "-" or word.startswith("-")
        words = tuple(words_of(phrase or word))
        if words:
            apart = tuple(words_of(word.replace(HALF_SPACE, " ")))
            pieces.append((words, apart if not phrase and apart != words else None, word.endswith("*"), excluded, bool(phrase)))
    parts = []
    for number, (words, spread, prefix, excluded, phrased) in enumerate(pieces):
        sequences = [words] if spread is None else [words, spread]
        if not (phrased or excluded or len(words) > 1):
            for left, right in ((number - 1, number), (number, number + 1)):
                if 0 <= left and right < len(pieces) and not any(
                        pieces[one][3] or pieces[one][4] or len(pieces[one][0]) > 1 for one in (left, right)):
                    sequences.append((pieces[left][0][0] + pieces[right][0][0],))
        parts.append(_Part(tuple(sequences), prefix, excluded))
    return sorted(parts, key=lambda part: part.excluded)  # FTS5 knows only "this NOT that"


def _fts_query(parts: Sequence[_Part]) -> str:
    query = ""
    for part in parts:
        ways = [f'"{" ".join(words)}"{"*" if part.prefix else ""}' for words in part.sequences]
        term = ways[0] if len(ways) == 1 else f"({' OR '.join(ways)})"
        query += term if not query else f" {'NOT' if part.excluded else 'AND'} {term}"
    return query


def _tsquery(parts: Sequence[_Part]) -> str:
    terms = []
    for part in parts:
        ways = [" <-> ".join(_quoted(word) for word in words) + (":*" if part.prefix else "") for words in part.sequences]
        terms.append(f"{'!' if part.excluded else ''}({' | '.join(f'({way})' for way in ways)})")
    return " & ".join(terms)


def _tsvector(words: Sequence[str]) -> str:
    return " ".join(f"{_quoted(word)}:{min(position, 16_383)}" for position, word in enumerate(words, 1))


def _quoted(word: str) -> str:
    return f"'{word}'"  # words hold letters and digits only
