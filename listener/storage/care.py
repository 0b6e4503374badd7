"""Cases, promises and deadlines: each change with a line of the log and what is due by it, in one transaction.

Two people may look at one case; who writes names the version that was seen, and nothing is written where it is no longer
that one. A deadline is never changed: it is ended, and another one is noted, so that what was overdue at any instant can be
told later.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, text

from ..types import Label, MentionKey, Message, ScoredMention
from ..types.care import Case, CaseEvent, CaseState, Deadline, Due, Promise, PromiseState
from . import mentions
from .codec import (
    MICROSECOND,
    clean,
    clean_json,
    from_json,
    instant,
    maybe_clean,
    maybe_instant,
    maybe_micros,
    micros,
    stored_key,
    to_json,
)
from .database import Database, by_kind, next_number

OPEN = (CaseState.NEW, CaseState.ASSIGNED, CaseState.ANSWERED, CaseState.WAITING)
_CASE = ("number", "brand", "state", "owner", "unit", "author", "story", "opened_at", "due_at", "resolved_at", "version", "content")
_PERSONAL = ("author", "mentions", "links", "story")
"""Fields of a case that lead to its customer."""


class Care(Database):
    """The part of the store that looks after customers' matters."""

    def open_case(self, case: Case, event: CaseEvent, due: Mapping[Due, datetime]) -> Case:
        """Store a new case under the next free number; return it. Where an open case of the brand holds one of its mentions already,
        that one is returned and nothing is stored: two people, or a person and a rule, open one case.
        """
        with self._write() as connection:
            known = [one for one in _of_mentions(connection, case.mentions) if one.brand == case.brand and one.open]
            if known:
                return known[0]
            number = int(connection.execute(text("SELECT coalesce(max(number), 0) + 1 FROM care_case")).scalar_one())
            case = replace(case, number=number, version=1, mentions=tuple(map(stored_key, case.mentions)))
            connection.execute(text(
                f"INSERT INTO care_case ({', '.join(_CASE)}) VALUES (:{', :'.join(_CASE)})"), _case_row(case))
            _join(connection, case)
            _write_down(connection, replace(event, case=number))
            _due(connection, case, due, at=event.at)
        return case

    def save_case(self, case: Case, event: CaseEvent, due: Mapping[Due, datetime]) -> bool:
        """Store what became of a case, its line in the log and what is due now; return whether it was still the version before.

        ``due`` is all that is due from us now: deadlines of it that are not among these, or at another time, end.
        """
        with self._write() as connection:
            changed = connection.execute(text(
                "UPDATE care_case SET state = :state, owner = :owner, unit = :unit, author = :author, story = :story, due_at = :due_at, "
                "resolved_at = :resolved_at, version = :version, content = :content WHERE number = :number AND version = :seen"),
                {**_case_row(case), "seen": case.version - 1}).rowcount
            if changed != 1:
                return False
            _join(connection, case)
            _write_down(connection, event)
            _due(connection, case, due, at=event.at)
        return True

    def case(self, number: int) -> Case | None:
        with self._read() as connection:
            found = connection.execute(text("SELECT content FROM care_case WHERE number = :number"), {"number": number}).scalar()
        return None if found is None else from_json(Case, found)

    def cases(self, *, brands: Sequence[str] | None = None, states: Collection[CaseState] | None = None, owner: str | None = None,
              unit: str | None = None, author: str | None = None, involving: str | None = None, stories: Sequence[str] | None = None, due_before: datetime | None = None,
              opened_since: datetime | None = None, opened_until: datetime | None = None, resolved_since: datetime | None = None,
              resolved_until: datetime | None = None, before: int | None = None, limit: int = 100) -> list[Case]:
        """Return cases, the newest number first; ``before`` is the number the page before ended with. ``author``: those of this customer;
        ``involving``: also those of several people that hold a mention of theirs.
        """
        conditions, values, lists = ["1 = 1"], dict[str, Any](limit=limit), dict[str, list[str]]()
        for column, wanted in (("owner", owner), ("unit", unit), ("author", author)):
            if wanted is not None:
                conditions.append(f"{column} = :{column}")
                values[column] = clean(wanted)
        for condition, name, value in (("due_at < :due", "due", due_before), ("opened_at >= :since", "since", opened_since),
                                       ("opened_at < :until", "until", opened_until), ("resolved_at >= :done", "done", resolved_since),
                                       ("resolved_at < :done_until", "done_until", resolved_until)):
            if value is not None:
                conditions.append(condition)
                values[name] = micros(value)
        if states is not None:
            conditions.append(f"state IN ({', '.join(repr(state.value) for state in states) or 'NULL'})")
        if involving is not None:
            conditions.append("(author = :involved OR number IN (SELECT c.case_number FROM author a JOIN mention m ON m.author_pk = a.pk JOIN "
                              "care_mention c ON c.kind = m.kind AND c.id = m.id WHERE a.kind = :involved_kind AND a.id = :involved_id))")
            values |= {"involved": clean(involving)} | dict(zip(("involved_kind", "involved_id"), clean(involving).split(":", 1), strict=True))
        if before is not None:
            conditions.append("number < :before")
            values["before"] = before
        for column, many in (("brand", brands), ("story", stories)):
            if many is not None:
                conditions.append(f"{column} IN :{column}s")
                lists[f"{column}s"] = [clean(one) for one in many]
        statement = text(f"SELECT content FROM care_case WHERE {' AND '.join(conditions)} ORDER BY number DESC LIMIT :limit").bindparams(
            *(bindparam(name, expanding=True) for name in lists))
        with self._read() as connection:
            found = connection.execute(statement, {**values, **lists}).scalars().all()
        return [from_json(Case, content) for content in found]

    def cases_of(self, keys: Iterable[MentionKey]) -> list[Case]:
        """Return the cases that hold one of these mentions, the newest first."""
        with self._read() as connection:
            return _of_mentions(connection, keys)

    def case_events(self, number: int) -> list[CaseEvent]:
        """Return the log of a case, the earliest line first."""
        with self._read() as connection:
            rows = connection.execute(text("SELECT at, who, what, why, changed FROM care_event WHERE case_number = :number ORDER BY pk"),
                                      {"number": number}).all()
        return [CaseEvent(number, instant(at), who, what, why, json.loads(changed)) for at, who, what, why, changed in rows]

    def add_promises(self, promises: Sequence[Promise]) -> int:
        """Store promises that are not known yet; return how many were new."""
        new = 0
        with self._write() as connection:
            for one in promises:
                new += connection.execute(text(
                    "INSERT INTO promise (id, brand, state, case_number, kind, mention_id, made_at, due_at, version, content) VALUES (:id, "
                    ":brand, :state, :case_number, :kind, :mention_id, :made_at, :due_at, :version, :content) ON CONFLICT (id) DO NOTHING"),
                    _promise_row(one)).rowcount
        return new

    def save_promise(self, promise: Promise, event: CaseEvent | None, *, at: datetime, due: Deadline | None) -> bool:
        """Store what became of a promise and when it is due now (None: nothing is); return whether it was the version before."""
        with self._write() as connection:
            changed = connection.execute(text(
                "UPDATE promise SET state = :state, case_number = :case_number, due_at = :due_at, version = :version, content = :content "
                "WHERE id = :id AND version = :seen"), {**_promise_row(promise), "seen": promise.version - 1}).rowcount
            if changed != 1:
                return False
            if event is not None:
                _write_down(connection, event)
            _note(connection, f"promise:{promise.id}", {} if due is None else {due.due: due}, at=at)
        return True

    def promise(self, id: str) -> Promise | None:
        with self._read() as connection:
            found = connection.execute(text("SELECT content FROM promise WHERE id = :id"), {"id": id}).scalar()
        return None if found is None else from_json(Promise, found)

    def promises_called(self, start: str, *, limit: int = 5) -> list[Promise]:
        """Return the promises whose id begins so."""
        with self._read() as connection:
            found = connection.execute(text("SELECT content FROM promise WHERE substr(id, 1, :length) = :start ORDER BY id LIMIT :limit"),
                                       {"length": len(start), "start": clean(start), "limit": limit}).scalars().all()
        return [from_json(Promise, content) for content in found]

    def promises(self, *, brands: Sequence[str] | None = None, states: Collection[PromiseState] | None = None, case: int | None = None,
                 due_since: datetime | None = None, due_until: datetime | None = None, limit: int = 200) -> list[Promise]:
        """Return promises, the one that is due first leading; those without a time come last."""
        conditions, values, lists = ["1 = 1"], dict[str, Any](limit=limit), dict[str, list[str]]()
        if states is not None:
            conditions.append(f"state IN ({', '.join(repr(state.value) for state in states) or 'NULL'})")
        if case is not None:
            conditions.append("case_number = :case_number")
            values["case_number"] = case
        for condition, name, value in (("due_at >= :since", "since", due_since), ("due_at < :until", "until", due_until)):
            if value is not None:
                conditions.append(condition)
                values[name] = micros(value)
        if brands is not None:
            conditions.append("brand IN :brands")
            lists["brands"] = [clean(one) for one in brands]
        statement = text(f"SELECT content FROM promise WHERE {' AND '.join(conditions)} ORDER BY due_at IS NULL, due_at, made_at, id "
                         "LIMIT :limit").bindparams(*(bindparam(name, expanding=True) for name in lists))
        with self._read() as connection:
            found = connection.execute(statement, {**values, **lists}).scalars().all()
        return [from_json(Promise, content) for content in found]

    def deadlines(self, brand: str, *, since: datetime, until: datetime) -> list[Deadline]:
        """Return the deadlines that were overdue at some instant of ``(since, until]``, as far as that was known then."""
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT content, ended_at FROM deadline WHERE brand = :brand AND due_at <= :until AND noted_at <= :until "
                "AND (ended_at IS NULL OR ended_at > :since) ORDER BY due_at, ref, due, noted_at"),
                {"brand": clean(brand), "since": micros(since), "until": micros(until)}).all()
        return [replace(from_json(Deadline, content), ended_at=maybe_instant(ended_at)) for content, ended_at in rows]

    def unread_answers(self, limit: int) -> list[ScoredMention]:
        """Return answers of our own that were not read for promises yet, the earliest first."""
        with self._read() as connection:
            rows = connection.execute(text(
                f"SELECT {mentions.COLUMNS} {mentions.FROM} WHERE m.ours AND m.deleted_at IS NULL "
                "AND NOT EXISTS (SELECT 1 FROM care_answer r WHERE r.mention_pk = m.pk) "
                "ORDER BY m.published_at, m.pk, x.brand LIMIT :limit"), {"limit": limit}).all()
            return mentions.scored(connection, rows)

    def answers_of_cases(self, *, resolved_since: datetime, limit: int) -> list[tuple[int, ScoredMention]]:
        """Return answers of our own to mentions of cases that are open or were resolved since, as far as they belong to none of the brand
        yet, the earliest first: (the newest case, answer). An answer names what it answers by id, by ``kind:id`` or by address, may have
        been there before the case, and was said after what it answers: within a day of it where one of the times is inexact.
        """
        exact = "IN ('second', 'minute')"
        ways = " UNION ".join(f"SELECT k.number, k.brand, a.pk FROM care_case k JOIN care_mention c ON c.case_number = k.number JOIN mention p ON "
                              f"p.kind = c.kind AND p.id = c.id JOIN mention a ON {way} WHERE a.ours AND a.deleted_at IS NULL AND a.in_reply_to IS NOT NULL "
                              "AND (k.state IN ('new', 'assigned', 'answered', 'waiting') OR k.resolved_at >= :resolved) AND a.published_at >= p.published_at "
                              f"- CASE WHEN a.precision {exact} AND p.precision {exact} THEN 0 ELSE :day END" for way in (
            "a.in_reply_to = c.id AND a.kind = c.kind", "a.in_reply_to = c.kind || ':' || c.id", "a.in_reply_to = p.url"))
        with self._read() as connection:
            rows = connection.execute(text(
                f"SELECT {mentions.COLUMNS}, t.number AS number {mentions.FROM} JOIN (SELECT max(number) AS number, brand, pk FROM ({ways}) u "
                "GROUP BY brand, pk) t ON t.pk = m.pk AND t.brand = x.brand WHERE NOT EXISTS (SELECT 1 FROM care_mention c JOIN care_case k ON "
                "k.number = c.case_number AND k.brand = x.brand WHERE c.kind = m.kind AND c.id = m.id) ORDER BY m.published_at, m.pk LIMIT :limit"),
                {"resolved": micros(resolved_since), "day": timedelta(days=1) // MICROSECOND, "limit": limit}).all()
            return [(row.number, one) for row, one in zip(rows, mentions.scored(connection, rows), strict=True)]

    def promises_to_case(self, answer: MentionKey, number: int) -> None:
        """Let what an answer of ours promised belong to a case, where it belongs to none."""
        with self._write() as connection:
            for content in connection.execute(text("SELECT content FROM promise WHERE kind = :kind AND mention_id = :id AND case_number IS NULL"),
                                              stored_key(answer)._asdict()).scalars().all():
                one = from_json(Promise, content)
                connection.execute(text("UPDATE promise SET case_number = :case_number, version = :version, content = :content WHERE id = :id"),
                                   _promise_row(replace(one, case=number, version=one.version + 1)))

    def answers_read(self, answers: Sequence[tuple[MentionKey, bool]]) -> None:
        """Note that answers were read, each with whether it apologises and mends nothing."""
        with self._write() as connection:
            for key, apology in answers:
                connection.execute(text("INSERT INTO care_answer (mention_pk, made_at, apology) SELECT pk, published_at, :apology FROM mention "
                                        "WHERE kind = :kind AND id = :id ON CONFLICT DO NOTHING"),
                                   {**stored_key(key)._asdict(), "apology": apology})

    def ratings(self, brand: str, *, since: datetime, until: datetime) -> list[tuple[datetime, float, Label | None, bool]]:
        """Return what was rated about a brand: when, how well (0..1), the label of its words, whether that is unsure.

        A cross join, since SQLite would begin with the millions of a brand and not with what is rated.
        """
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT m.published_at, m.rating, m.label, m.unsure FROM mention m CROSS JOIN match x WHERE x.mention_pk = m.pk AND x.brand = :brand "
                "AND m.published_at >= :since AND m.published_at < :until AND m.rating IS NOT NULL AND m.deleted_at IS NULL ORDER BY m.published_at, m.pk"),
                {"brand": clean(brand), "since": micros(since), "until": micros(until)}).all()
        return [(instant(at), rating, None if label == "unscored" else Label(label), bool(unsure)) for at, rating, label, unsure in rows]

    def apologies(self, brands: Sequence[str], *, since: datetime, until: datetime) -> int:
        """Return how many answers of our own about these brands apologised and mended nothing."""
        statement = text("SELECT count(DISTINCT r.mention_pk) FROM care_answer r JOIN match x ON x.mention_pk = r.mention_pk WHERE r.apology "
                         "AND r.made_at >= :since AND r.made_at < :until AND x.brand IN :brands").bindparams(bindparam("brands", expanding=True))
        with self._read() as connection:
            return int(connection.execute(statement, {"since": micros(since), "until": micros(until), "brands": list(map(clean, brands))}).scalar_one())

    def heard_again(self, *, known_since: datetime, resolved_since: datetime, limit: int = 500) -> list[tuple[int, ScoredMention]]:
        """Return what customers of open cases, and of those resolved since, said after their case was opened and that belongs to no
        case of theirs yet, the earliest first: (case, mention). ``known_since``: first scored then or later.
        """
        with self._read() as connection:
            cases = connection.execute(text(
                "SELECT number, brand, author, opened_at FROM care_case WHERE author IS NOT NULL AND (state IN ('new', 'assigned', 'answered', "
                "'waiting') OR resolved_at >= :resolved) ORDER BY number"), {"resolved": micros(resolved_since)}).all()
            newest = {(one.brand, one.author): one for one in cases}  # of several cases of one customer the last is spoken to
            found = []
            for kind, ids in by_kind({MentionKey(*author.split(":", 1)) for _, author in newest}):
                rows = connection.execute(text(
                    f"SELECT {mentions.COLUMNS} FROM author a JOIN mention m ON m.author_pk = a.pk JOIN match x ON x.mention_pk = m.pk "
                    "WHERE a.kind = :kind AND a.id IN :ids AND m.known_at >= :known AND NOT m.ours AND m.deleted_at IS NULL AND m.reshare_of IS NULL "
                    "AND NOT EXISTS (SELECT 1 FROM care_mention c WHERE c.kind = m.kind AND c.id = m.id) ORDER BY m.known_at, m.pk LIMIT :limit"
                ).bindparams(bindparam("ids", expanding=True)),
                    {"kind": kind, "ids": list(ids), "known": micros(known_since), "limit": limit}).all()
                for one in mentions.scored(connection, rows):
                    author = one.mention.author
                    case = newest.get((one.brand, f"{author.kind}:{author.id}")) if author else None
                    if case is not None and micros(one.mention.published_at) > case.opened_at:
                        found.append((case.number, one))
        return sorted(found, key=lambda pair: (pair[1].mention.published_at, pair[1].mention.key))


def forget(connection: Connection, accounts: Collection[tuple[str, str]], keys: Collection[MentionKey]) -> dict[str, int]:
    """Take authors and mentions out of cases, promises and deadlines inside the transaction; the cases stay as numbers without
    a person: what was done, by whom and when, and when what was promised was kept.
    """
    authors = {":".join(one) for one in accounts}
    found = {one.number: one for one in _of_mentions(connection, keys)}
    for author in authors:
        for content in connection.execute(text("SELECT content FROM care_case WHERE author = :author"), {"author": author}).scalars():
            one = from_json(Case, content)
            found[one.number] = one
    for case in found.values():
        left = tuple(key for key in case.mentions if key not in keys)
        if case.author in authors:  # what is stored no more could still be theirs
            known = _stored(connection, left)
            left = tuple(key for key in left if key in known)
            _silence(connection, case)
        bare = replace(case, author=None if case.author in authors else case.author, links=(), mentions=left, version=case.version + 1)
        connection.execute(text("UPDATE care_case SET author = :author, version = :version, content = :content WHERE number = :number"),
                           {"author": bare.author, "version": bare.version, "content": clean_json(bare), "number": bare.number})
        for key in set(case.mentions) - set(left):
            connection.execute(text("DELETE FROM care_mention WHERE kind = :kind AND id = :id AND case_number = :number"),
                               {**key._asdict(), "number": case.number})
        for pk, changed in connection.execute(text("SELECT pk, changed FROM care_event WHERE case_number = :number"),
                                              {"number": case.number}).all():
            kept = {name: value for name, value in json.loads(changed).items() if name not in _PERSONAL}
            connection.execute(text("UPDATE care_event SET why = '', changed = :changed WHERE pk = :pk"),
                               {"changed": clean_json(kept), "pk": pk})
    gone = 0
    for kind, ids in by_kind(keys):
        for name in ("care_mention WHERE kind = :kind AND id IN :ids", "promise WHERE kind = :kind AND mention_id IN :ids"):
            removed = connection.execute(text(f"DELETE FROM {name}").bindparams(bindparam("ids", expanding=True)),
                                         {"kind": kind, "ids": list(ids)}).rowcount
            gone += removed if name.startswith("promise") else 0
    for case in found.values():
        for ref, due, noted_at, content in connection.execute(text(
                "SELECT ref, due, noted_at, content FROM deadline WHERE ref = :ref"), {"ref": f"case:{case.number}"}).all():
            bare_deadline = replace(from_json(Deadline, content), mentions=())
            connection.execute(text("UPDATE deadline SET content = :content WHERE ref = :ref AND due = :due AND noted_at = :noted_at"),
                               {"content": clean_json(bare_deadline), "ref": ref, "due": due, "noted_at": noted_at})
    connection.execute(text("DELETE FROM deadline WHERE ref LIKE 'promise:%' AND substr(ref, 9) NOT IN (SELECT id FROM promise)"))
    return {"cases": len(found), "promises": gone}


def _stored(connection: Connection, keys: Iterable[MentionKey]) -> set[MentionKey]:
    statement = text("SELECT id FROM mention WHERE kind = :kind AND id IN :ids").bindparams(bindparam("ids", expanding=True))
    return {MentionKey(kind, id) for kind, ids in by_kind(keys) for id in connection.execute(statement, {"kind": kind, "ids": list(ids)}).scalars()}


def _silence(connection: Connection, case: Case) -> None:
    """Let the promises of a case say no longer what was promised, and to whom; those that were open end, since nobody is owed them."""
    for content in connection.execute(text("SELECT content FROM promise WHERE case_number = :number"), {"number": case.number}).scalars().all():
        one = from_json(Promise, content)
        open_ = one.state in (PromiseState.FOUND, PromiseState.CONFIRMED)
        connection.execute(text("UPDATE promise SET state = :state, version = :version, content = :content WHERE id = :id"), _promise_row(replace(
            one, what="", text="", question=None, state=PromiseState.FORGOTTEN if open_ else one.state, version=one.version + 1)))
        connection.execute(text("DELETE FROM delivery WHERE key LIKE :key"), {"key": f"promise:{one.id}:%"})
        if open_:
            connection.execute(text("DELETE FROM deadline WHERE ref = :ref"), {"ref": f"promise:{one.id}"})
    for key, receiver, message in connection.execute(text("SELECT key, receiver, message FROM delivery WHERE key LIKE :key"),
                                                     {"key": f"case:{case.number}:%"}).all():
        bare = replace(from_json(Message, message), lines=(), quoted=())
        connection.execute(text("UPDATE delivery SET message = :message WHERE key = :key AND receiver = :receiver"),
                           {"message": to_json(bare), "key": key, "receiver": receiver})


def _of_mentions(connection: Connection, keys: Iterable[MentionKey]) -> list[Case]:
    statement = text("SELECT c.number, c.content FROM care_mention m JOIN care_case c ON c.number = m.case_number "
                     "WHERE m.kind = :kind AND m.id IN :ids").bindparams(bindparam("ids", expanding=True))
    found = {number: content for kind, ids in by_kind(map(stored_key, keys))
             for number, content in connection.execute(statement, {"kind": kind, "ids": list(ids)}).all()}
    return [from_json(Case, found[number]) for number in sorted(found, reverse=True)]


def _join(connection: Connection, case: Case) -> None:
    if case.mentions:
        connection.execute(text("INSERT INTO care_mention (kind, id, case_number) VALUES (:kind, :id, :number) ON CONFLICT DO NOTHING"),
                           [{**stored_key(key)._asdict(), "number": case.number} for key in case.mentions])


def _write_down(connection: Connection, event: CaseEvent) -> None:
    pk = next_number(connection, "care_event")
    connection.execute(text("INSERT INTO care_event (pk, case_number, at, who, what, why, changed) VALUES (:pk, :number, :at, :who, :what, "
                            ":why, :changed)"),
                       {"pk": pk, "number": event.case, "at": micros(event.at), "who": clean(event.who), "what": clean(event.what),
                        "why": clean(event.why), "changed": clean_json(event.changed)})


def _due(connection: Connection, case: Case, due: Mapping[Due, datetime], *, at: datetime) -> None:
    ref = f"case:{case.number}"
    _note(connection, ref, {what: Deadline(case.brand, what, ref, when, at, None, case.owner, case.number, case.severity, case.mentions)
                            for what, when in due.items()}, at=at)


def _note(connection: Connection, ref: str, due: Mapping[Due, Deadline], *, at: datetime) -> None:
    """End the deadlines of ``ref`` that hold no longer, and note the new ones."""
    standing = {Due(what): when for what, when in connection.execute(
        text("SELECT due, due_at FROM deadline WHERE ref = :ref AND ended_at IS NULL"), {"ref": ref}).all()}
    for what, when in standing.items():
        if what not in due or micros(due[what].due_at) != when:
            connection.execute(text("UPDATE deadline SET ended_at = :at WHERE ref = :ref AND due = :due AND ended_at IS NULL"),
                               {"at": micros(at), "ref": ref, "due": what.value})
    for what, one in due.items():
        if standing.get(what) != micros(one.due_at):
            connection.execute(text(
                "INSERT INTO deadline (ref, due, noted_at, brand, due_at, ended_at, content) VALUES (:ref, :due, :noted_at, :brand, "
                ":due_at, NULL, :content) ON CONFLICT (ref, due, noted_at) DO UPDATE SET due_at = excluded.due_at, ended_at = NULL, "
                "content = excluded.content"),
                {"ref": ref, "due": what.value, "noted_at": micros(at), "brand": clean(one.brand), "due_at": micros(one.due_at),
                 "content": clean_json(one)})


def _case_row(case: Case) -> dict[str, Any]:
    return {"number": case.number, "brand": clean(case.brand), "state": case.state.value, "owner": maybe_clean(case.owner),
            "unit": maybe_clean(case.unit), "author": maybe_clean(case.author), "story": maybe_clean(case.story),
            "opened_at": micros(case.opened_at), "due_at": maybe_micros(case.due_at), "resolved_at": maybe_micros(case.resolved_at),
            "version": case.version, "content": clean_json(case)}


def _promise_row(one: Promise) -> dict[str, Any]:
    key = None if one.mention is None else stored_key(one.mention)
    return {"id": one.id, "brand": clean(one.brand), "state": one.state.value, "case_number": one.case, "kind": key and key.kind,
            "mention_id": key and key.id, "made_at": micros(one.made_at), "due_at": maybe_micros(one.due_at), "version": one.version,
            "content": clean_json(one)}
