"""Reading mentions: page by page for the board, by key for evidence, and what a mention was before."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, TextClause, bindparam, text

from ..types import (
    Analysis,
    Aspect,
    Author,
    Engagement,
    Label,
    Match,
    Mention,
    MentionKey,
    Precision,
    Reach,
    Score,
    ScoredMention,
)
from . import counts, search
from .codec import clean, clean_json, instant, maybe_instant, micros, stored_id, stored_key
from .database import Database, by_kind, chunks
from .results import Page, PageKey, Revision
from .tables import match

COLUMNS = """
    x.mention_pk, x.brand, x.terms, x.published_at, m.kind, m.id, m.precision, m.first_seen_at, m.edited_at, m.ours, m.language,
    m.url, m.outlet, m.in_reply_to, m.reshare_of, m.rating, m.likes, m.shares, m.comments, m.views, m.engaged_at,
    m.reach_low, m.reach_mid, m.reach_high, m.reach_method, m.negative, m.neutral, m.positive, m.certainty_floor,
    m.score_language, m.model, m.fingerprint, m.known_at, m.story, m.title, m.text, a.kind AS author_kind, a.id AS author_id, a.name AS author_name,
    a.url AS author_url, a.followers"""
FROM = "FROM match x JOIN mention m ON m.pk = x.mention_pk LEFT JOIN author a ON a.pk = m.author_pk"


class Mentions(Database):
    """The part of the store that shows mentions."""

    def mentions(self, *, brand: str | None = None, label: Label | str | None = None, source: str | None = None,
                 language: str | None = None, unsure: bool | None = None, text: str | None = None,
                 since: datetime | None = None, until: datetime | None = None, author: str | None = None, limit: int = 50,
                 before: PageKey | None = None) -> Page:
        """Return a page of mentions, newest first; ``before`` is the ``next`` of the page above.

        ``label`` is the one that counts (a person's correction goes before the model), or ``"unscored"``. ``source`` is any
        that saw the mention. ``text`` is a search as people type it (words, "phrases", -without, begin*). ``author`` is an
        id, "kind:id" or a name. Times are ``[since, until)``.
        """
        with self._read() as connection:
            query = _Query(connection)
            query.filter(brand=brand, label=label, source=source, language=language, unsure=unsure, since=since, until=until,
                         author=author)
            if text is not None and text.strip():
                query.search(text)
            if before is not None:
                query.after(before, brand)
            rows = connection.execute(query.statement(brand), {**query.values, "limit": limit + 1}).all()
            items = scored(connection, rows[:limit])
        more = rows[limit - 1] if len(rows) > limit else None
        return Page(items, None if more is None else PageKey(instant(more.published_at), more.mention_pk, more.brand))

    def by_keys(self, keys: Sequence[MentionKey], brand: str | None = None) -> list[ScoredMention]:
        """Return these mentions in the order of the keys; those taken back, or not of this brand, are missing."""
        wanted = [stored_key(key) for key in keys]
        with self._read() as connection:
            rows: list[Any] = []
            for kind, ids in by_kind(wanted):
                statement = text(f"SELECT {COLUMNS} {FROM} WHERE m.kind = :kind AND m.id IN :ids AND m.deleted_at IS NULL"
                                 + (" AND x.brand = :brand" if brand is not None else "")).bindparams(
                    bindparam("ids", expanding=True))
                values: dict[str, Any] = {"kind": kind, "ids": ids}
                rows += connection.execute(statement, values | ({} if brand is None else {"brand": brand})).all()
            found = scored(connection, rows)
        order = {key: number for number, key in enumerate(wanted)}
        return sorted(found, key=lambda one: (order[one.mention.key], one.brand))

    def fresh(self, limit: int = 500) -> list[tuple[str, ScoredMention]]:
        """Return, with its brand, what was scored and no rule on mentions has looked at, in order of ``known_at`` and key.

        A mention of two brands stands once for each, and none before its story was told. ``save_pass`` strikes them off.
        """
        with self._read() as connection:
            rows = connection.execute(text(
                f"SELECT {COLUMNS} FROM fresh f JOIN match x ON x.mention_pk = f.mention_pk AND x.brand = f.brand "
                "JOIN mention m ON m.pk = x.mention_pk LEFT JOIN author a ON a.pk = m.author_pk "
                "WHERE m.story IS NOT NULL OR m.ours ORDER BY f.known_at, m.kind, m.id, x.brand LIMIT :limit"), {"limit": limit}).all()
            return [(one.brand, one) for one in scored(connection, rows)]

    def copies(self, key: MentionKey, *, brand: str | None = None, limit: int = 100) -> list[ScoredMention]:
        """Return the other mentions with the same text (cross-posted, mirrored, forwarded), oldest first.

        Links, handles, marks and letter variants do not count; texts too short to be anybody's own have no copies.
        """
        with self._read() as connection:
            rows = connection.execute(text(
                f"SELECT {COLUMNS} {FROM} WHERE m.fingerprint = (SELECT fingerprint FROM mention WHERE kind = :kind AND "
                "id = :id) AND NOT (m.kind = :kind AND m.id = :id) AND m.deleted_at IS NULL"
                + (" AND x.brand = :brand" if brand is not None else "")
                + " ORDER BY m.published_at, m.pk, x.brand LIMIT :limit"),
                {**stored_key(key)._asdict(), "limit": limit} | ({} if brand is None else {"brand": brand})).all()
            return scored(connection, rows)

    def analyses(self, keys: Sequence[MentionKey]) -> dict[MentionKey, Analysis]:
        """Return the whole analysis of those mentions that are scored."""
        found: dict[MentionKey, Analysis] = {}
        with self._read() as connection:
            for kind, ids in by_kind(stored_key(key) for key in keys):
                statement = text(
                    "SELECT m.kind, m.id, m.negative, m.neutral, m.positive, m.score_language, m.model, m.certainty_floor, "
                    "p.aspects, p.intent, p.intent_confidence, p.embedding FROM mention m LEFT JOIN analysis p "
                    "ON p.mention_pk = m.pk WHERE m.model IS NOT NULL AND m.kind = :kind AND m.id IN :ids")
                for row in connection.execute(statement.bindparams(bindparam("ids", expanding=True)), {"kind": kind,
                                                                                                       "ids": ids}):
                    aspects = tuple(Aspect(one["name"], one["confidence"]) for one in json.loads(row.aspects or "[]"))
                    embedding = None if row.embedding is None else bytes(row.embedding)
                    found[MentionKey(row.kind, row.id)] = Analysis(_score(row) or _never(), aspects, row.intent,
                                                                   row.intent_confidence, embedding)
        return found

    def revisions(self, key: MentionKey) -> list[Revision]:
        """Return what a mention said before its edits, oldest first."""
        with self._read() as connection:
            return [Revision(title, body, instant(seen_until)) for title, body, seen_until in connection.execute(text(
                "SELECT r.title, r.text, r.seen_until FROM revision r JOIN mention m ON m.pk = r.mention_pk "
                "WHERE m.kind = :kind AND m.id = :id ORDER BY r.number"), stored_key(key)._asdict())]

    def engagement(self, key: MentionKey) -> list[Engagement]:
        """Return all snapshots of a mention, oldest first."""
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT e.at, e.likes, e.shares, e.comments, e.views FROM engagement e JOIN mention m ON m.pk = e.mention_pk "
                "WHERE m.kind = :kind AND m.id = :id UNION ALL SELECT engaged_at, likes, shares, comments, views FROM mention "
                "WHERE kind = :kind AND id = :id AND engaged_at IS NOT NULL ORDER BY 1"), stored_key(key)._asdict()).all()
        return [Engagement(instant(at), likes, shares, comments, views) for at, likes, shares, comments, views in rows]

    def raw(self, key: MentionKey) -> bytes | None:
        """Return the payload a mention was read from, while it is kept."""
        with self._read() as connection:
            found = connection.execute(text("SELECT p.deflated FROM payload p JOIN mention m ON m.pk = p.mention_pk "
                                            "WHERE m.kind = :kind AND m.id = :id"), stored_key(key)._asdict()).scalar()
        return None if found is None else zlib.decompress(found)

    def replace_matches(self, keys: Sequence[MentionKey], matches: Iterable[Match], *, brand: str) -> int:
        """Make ``matches`` all the matches of ``brand`` among these mentions (its queries changed); return how many changed.

        A mention left without any match stays stored but is shown and counted nowhere.
        """
        given = {stored_key(one.key): clean_json(one.terms) for one in matches if one.brand == brand}
        changed = 0
        with self._write() as connection:
            for kind, ids in by_kind(dict.fromkeys([*(stored_key(key) for key in keys), *given])):
                statement = text("SELECT pk, kind, id, published_at, label FROM mention WHERE deleted_at IS NULL AND kind = "
                                 ":kind AND id IN :ids").bindparams(bindparam("ids", expanding=True))
                rows = connection.execute(statement, {"kind": kind, "ids": ids}).all()
                pks = [row.pk for row in rows]
                stored = {pk: terms for pk, terms in connection.execute(
                    match.select().with_only_columns(match.c.mention_pk, match.c.terms).where(
                        match.c.brand == brand, match.c.mention_pk.in_(pks)))}
                before = counts.contributions(connection, pks)
                for row in rows:
                    terms = given.get(MentionKey(row.kind, row.id))
                    if terms == stored.get(row.pk):
                        continue
                    changed += 1
                    connection.execute(text("DELETE FROM match WHERE mention_pk = :pk AND brand = :brand"),
                                       {"pk": row.pk, "brand": brand})
                    if terms is None:
                        connection.execute(text("DELETE FROM fresh WHERE mention_pk = :pk AND brand = :brand"),
                                           {"pk": row.pk, "brand": brand})
                    else:
                        connection.execute(match.insert(), {"mention_pk": row.pk, "brand": clean(brand), "terms": terms,
                                                            "published_at": row.published_at, "label": row.label})
                counts.apply(connection, before, counts.contributions(connection, pks))
        return changed


class _Query:
    """The conditions of one page."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.conditions = ["m.deleted_at IS NULL"]
        self.values: dict[str, Any] = {}

    def add(self, condition: str, **values: Any) -> None:
        self.conditions.append(condition)
        self.values.update(values)

    def filter(self, *, brand: str | None, label: Label | str | None, source: str | None, language: str | None,
               unsure: bool | None, since: datetime | None, until: datetime | None, author: str | None) -> None:
        if brand is not None:
            self.add("x.brand = :brand", brand=brand)
        if label is not None:
            self.add("x.label = :label", label=str(label))
        if since is not None:
            self.add("x.published_at >= :since", since=micros(since))
        if until is not None:
            self.add("x.published_at < :until", until=micros(until))
        if source is not None:
            self.add("EXISTS (SELECT 1 FROM sighting s WHERE s.mention_pk = x.mention_pk AND s.source = :source)",
                     source=source)
        if language is not None:
            self.add("coalesce(m.score_language, m.language) = :language", language=language)
        if unsure is not None:
            self.add("m.unsure = :unsure", unsure=unsure)
        if author is not None:
            kind, _, id = author.partition(":")
            self.add("m.author_pk IN (SELECT pk FROM author WHERE id IN (:author, :handle) OR name = :author "
                     "OR (kind = :author_kind AND id = :author_id))", author=clean(author), handle=clean(author.lstrip("@")),
                     author_kind=clean(kind), author_id=stored_id(id))

    def search(self, typed: str) -> None:
        found = search.condition(self.connection, clean(typed), "x.mention_pk")
        if found is None:
            self.add("1 = 0")  # only signs were typed: nothing holds them
        else:
            self.add(found[0], **found[1])

    def after(self, last: PageKey, brand: str | None) -> None:
        values: dict[str, Any] = {"last_at": micros(last.published_at), "last_row": last.row}
        if brand is not None:
            self.add("(x.published_at, x.mention_pk) < (:last_at, :last_row)", **values)
        else:
            self.add("(x.published_at, x.mention_pk, x.brand) < (:last_at, :last_row, :last_brand)", last_brand=last.brand,
                     **values)

    def statement(self, brand: str | None) -> TextClause:
        order = "x.published_at DESC, x.mention_pk DESC" + ("" if brand is not None else ", x.brand DESC")
        return text(f"SELECT {COLUMNS} {FROM} WHERE {' AND '.join(self.conditions)} ORDER BY {order} LIMIT :limit")


def scored(connection: Connection, rows: Sequence[Any]) -> list[ScoredMention]:
    seen: dict[int, list[str]] = {}
    statement = text("SELECT mention_pk, source FROM sighting WHERE mention_pk IN :pks ORDER BY seen_at, source").bindparams(
        bindparam("pks", expanding=True))
    for some in chunks(sorted({row.mention_pk for row in rows})):
        for pk, source in connection.execute(statement, {"pks": list(some)}):
            seen.setdefault(pk, []).append(source)
    return [ScoredMention(_mention(row), row.brand, tuple(seen.get(row.mention_pk, ())), tuple(json.loads(row.terms)),
                          _score(row), _reach(row), instant(row.first_seen_at), row.fingerprint, maybe_instant(row.known_at),
                          row.story) for row in rows]


def _mention(row: Any) -> Mention:
    author = None
    if row.author_id is not None:
        author = Author(row.author_kind, row.author_id, row.author_name, row.author_url, row.followers)
    counted = None
    if row.engaged_at is not None:
        counted = Engagement(instant(row.engaged_at), row.likes, row.shares, row.comments, row.views)
    return Mention(row.kind, row.id, row.text, instant(row.published_at), url=row.url, title=row.title,
                   precision=Precision(row.precision), edited_at=maybe_instant(row.edited_at), author=author,
                   engagement=counted,
                   language=row.language, in_reply_to=row.in_reply_to, reshare_of=row.reshare_of, ours=bool(row.ours),
                   rating=row.rating, outlet=row.outlet)


def _score(row: Any) -> Score | None:
    if row.model is None:
        return None
    return Score(row.negative, row.neutral, row.positive, row.score_language, row.model, row.certainty_floor)


def _reach(row: Any) -> Reach | None:
    if row.reach_method is None:
        return None
    return Reach(row.reach_low, row.reach_mid, row.reach_high, row.reach_method)


def _never() -> Score:
    raise AssertionError("a scored mention without a score")
