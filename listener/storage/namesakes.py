"""Ids that several posts of files share: exports number their rows from 1, and a column "id" may be that of a product."""

from __future__ import annotations

from collections.abc import Sequence

from ..types import Mention, MentionKey, Precision
from .codec import clean, maybe_clean, micros, stored_id, stored_key
from .database import Database, by_kind
from .tables import author, mention

_SHOWN = (mention.c.kind, mention.c.id, mention.c.source, mention.c.title, mention.c.text, mention.c.published_at, mention.c.precision,
          author.c.kind.label("by_kind"), author.c.id.label("by_id"))


class Namesakes(Database):
    """The part of the store that tells an edit from another post under a known id."""

    def namesakes(self, source: str, mentions: Sequence[Mention]) -> frozenset[int]:
        """Return the places of those mentions whose id is already another post's, of the store or of an earlier one among them.

        Another post, not an edit or another export of it: the text differs and so does the author, where both are named; or, if
        another source brought it, the time, where both are told.
        """
        keys = [stored_key(one.key) for one in mentions]
        held: dict[MentionKey, tuple[object, ...]] = {}
        with self._read() as connection:
            for kind, ids in by_kind(sorted(set(keys))):
                for row in connection.execute(mention.outerjoin(author, author.c.pk == mention.c.author_pk).select().with_only_columns(*_SHOWN).where(
                        mention.c.kind == kind, mention.c.id.in_(ids), mention.c.deleted_at.is_(None))):
                    held[MentionKey(row.kind, row.id)] = (
                        row.source, (row.title, row.text), None if row.by_id is None else (row.by_kind, row.by_id),
                        None if row.precision == Precision.ESTIMATED else row.published_at)
        found = set()
        for place, (key, one) in enumerate(zip(keys, mentions, strict=True)):
            mine = (clean(source), (maybe_clean(one.title), clean(one.text)),
                    None if one.author is None else (clean(one.author.kind), stored_id(one.author.id)),
                    None if one.precision is Precision.ESTIMATED else micros(one.published_at))
            there = held.setdefault(key, mine)
            (where, said, by, at), (here, text, name, then) = there, mine
            if said != text and (_differ(by, name) or where != here and _differ(at, then)):
                found.add(place)
        return frozenset(found)


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other
