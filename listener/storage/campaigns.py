"""What carries the marks of a campaign among all that was said while it ran."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import text

from .codec import clean, micros
from .database import Database

PIECE = 2000  # mentions looked at in one go


class Campaigns(Database):
    """The part of the store that looks through the time of a campaign."""

    def said_with(self, brand: str, parts: Sequence[str], *, since: datetime, until: datetime) -> Iterator[tuple[str, str, str | None]]:
        """Yield what others published about a brand in ``[since, until)`` that holds one of ``parts`` (in lower case, letter for letter): title
        and text, the label that counts or "unscored", and who wrote it ("kind:id", None: unknown).

        A piece at a time, each a moment of the database of its own.
        """
        if not parts:
            return
        holds = " OR ".join(f"lower(m.text) LIKE :part{n} ESCAPE '!' OR lower(m.title) LIKE :part{n} ESCAPE '!'" for n in range(len(parts)))
        named = {f"part{n}": f"%{clean(one).replace('!', '!!').replace('%', '!%').replace('_', '!_')}%" for n, one in enumerate(parts)}
        at, pk = micros(since), -1
        while True:
            with self._read() as connection:
                rows = connection.execute(text(
                    "SELECT x.published_at, x.mention_pk, m.title, m.text, m.label, a.kind, a.id FROM match x JOIN mention m ON m.pk = x.mention_pk "
                    "LEFT JOIN author a ON a.pk = m.author_pk WHERE x.brand = :brand AND (x.published_at > :at OR x.published_at = :at AND "
                    f"x.mention_pk > :pk) AND x.published_at < :until AND NOT m.ours AND m.deleted_at IS NULL AND ({holds}) "
                    "ORDER BY x.published_at, x.mention_pk LIMIT :limit"),
                    {**named, "brand": clean(brand), "at": at, "pk": pk, "until": micros(until), "limit": PIECE}).all()
            for row in rows:
                yield "\n".join(one for one in (row.title, row.text) if one), row.label, None if row.id is None else f"{row.kind}:{row.id}"
            if len(rows) < PIECE:
                return
            at, pk = rows[-1].published_at, rows[-1].mention_pk
