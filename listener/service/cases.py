"""Cases and promises: opened, taken, answered, ended; found, confirmed, kept.

Who changes a case names the version that was seen; a change that somebody else made meanwhile is told, never overwritten. Every
change is a line in the case's log, with the name and the instant, and moves what is due by the one working clock.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.care import cases as life
from alerts.care import ledger
from alerts.care.cases import Limits
from alerts.care.ledger import promise_id
from listener.calendar import DAYS, format_short, weekday
from listener.errors import Refusal
from listener.service.door import Door, named, reasoned
from listener.text import matching_key, printable
from listener.types import ASPECTS, Alert, MentionKey, ScoredMention, Severity
from listener.types.care import Case, CaseEvent, CaseKind, CaseState, Deadline, Due, Promise, PromiseState, Remedy
from listener.words import Language, say

OPEN = (CaseState.NEW, CaseState.ASSIGNED, CaseState.ANSWERED, CaseState.WAITING)
STANDING = (PromiseState.FOUND, PromiseState.CONFIRMED)
SHORTEST_ID = 4  # characters that name a promise where they fit one only
MOST_SUGGESTED = 3
MOST_MENTIONS = 400  # of a case
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with all a person needs to decide."""

    case: Case
    mentions: tuple[ScoredMention, ...]  # in the order they were published; those deleted since are missing
    missing: int
    history: tuple[CaseEvent, ...]
    promises: tuple[Promise, ...]
    others: tuple[Case, ...]  # of the same customer
    suggested: tuple[str, ...]  # root causes its mentions speak for, the likeliest first
    overdue: tuple[Due, ...]  # what is past its time now


@dataclass(frozen=True, slots=True)
class CaseFilters:
    """Which cases to show; ``overdue``: only those past their time."""

    brand: str | None = None
    open_only: bool = True
    owner: str | None = None
    unit: str | None = None
    kind: CaseKind | None = None
    author: str | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class CareCounts:
    """What waits: open cases, those past their time and without an owner; promises that count, are late, or wait to be confirmed."""

    open: int
    overdue: int
    unowned: int
    promised: int
    late: int
    found: int


class Cases(Door):
    """Cases and promises, asked about and acted on."""

    # -- what people ask

    def cases(self, filters: CaseFilters | None = None, *, before: int | None = None, limit: int = 50) -> tuple[Case, ...]:
        """Return cases, the newest first; ``before``: the number the page before ended with."""
        wanted, at = filters or CaseFilters(), self.now()
        found = self.store.cases(
            brands=[wanted.brand] if wanted.brand else None, states=OPEN if wanted.open_only or wanted.overdue else None,
            owner=wanted.owner, unit=wanted.unit, author=wanted.author, due_before=at if wanted.overdue else None, before=before,
            limit=limit if wanted.kind is None else 20 * limit)
        return tuple(one for one in found if wanted.kind in (None, one.kind))[:limit]

    def case(self, number: int) -> CaseView | None:
        """Return a case with its mentions, log and promises; None where there is none of this number."""
        case = self.store.case(number)
        if case is None:
            return None
        at = self.now()
        posts = tuple(sorted(self.store.by_keys(case.mentions, case.brand), key=lambda one: (one.mention.published_at, one.mention.key)))
        others = self.store.cases(author=case.author) if case.author else []
        return CaseView(
            case, posts, len(case.mentions) - len(posts), tuple(self.store.case_events(number)), tuple(self.store.promises(case=number)),
            tuple(one for one in others if one.number != number), self._suggested(case.mentions),
            tuple(sorted(what for what, when in life.deadlines(case, self._limits(case), self.settings.working_hours).items() if when <= at)))

    def care_counts(self, brand: str | None = None) -> CareCounts:
        """Return what waits now, of one brand or of all."""
        at, brands = self.now(), [brand] if brand else None
        waiting = self.store.cases(brands=brands, states=OPEN, limit=MOST_COUNTED)
        due = self.store.promises(brands=brands, states=STANDING, limit=MOST_COUNTED)
        sure = [one for one in due if one.state is PromiseState.CONFIRMED]
        return CareCounts(len(waiting), sum(one.due_at is not None and one.due_at <= at for one in waiting),
                          sum(one.owner is None and one.unit is None for one in waiting), len(sure),
                          sum(one.due_at is not None and one.due_at <= at for one in sure), len(due) - len(sure))

    def causes_known(self) -> tuple[str, ...]:
        """Return the root causes a case can be closed with: those of ``[care]``, else the aspects."""
        return self.settings.care.causes or tuple(dict.fromkeys((*(one.name for one in self.settings.aspects), *ASPECTS)))

    def promises(self, brand: str | None = None, *, states: Sequence[PromiseState] | None = None, limit: int = 200) -> tuple[Promise, ...]:
        """Return promises, the one that is due first leading. Without states: those that are found or confirmed."""
        wanted = states or STANDING
        return tuple(self.store.promises(brands=[brand] if brand else None, states=wanted, limit=limit))

    def standing_promises(self, number: int) -> tuple[Promise, ...]:
        """Return what is promised in a case and neither kept nor given up, nor said to be no promise; what is due first leads."""
        return tuple(self.store.promises(case=number, states=STANDING))

    def _due_words(self, one: Promise, language: Language) -> str:
        if one.due_at is None:
            return say("board.promises.no_due", language)
        return f"{DAYS[language][weekday(one.due_at.astimezone(self.zone).date())]} {format_short(one.due_at, language, self.zone)}"

    # -- what people do with cases

    def open_case(self, keys: Sequence[MentionKey], who: str, *, brand: str | None = None, kind: CaseKind | None = None,
                  severity: Severity = Severity.P3, why: str = "", alert: Alert | None = None) -> Case:
        """Return the case of these mentions: the open one that holds one of them, else a new one.

        Brand, kind, customer and story are those of the mentions; ``brand`` decides where they are about several. Mentions of several
        people make one matter of theirs, which has no one customer.
        """
        name = named(who)
        found = self.store.by_keys(list(dict.fromkeys(keys))[:MOST_MENTIONS], brand)
        if not found:
            raise Refusal("case", "case.empty")
        first = min(found, key=lambda one: (one.mention.published_at, one.mention.key))
        about = [one for one in found if one.brand == (brand or first.brand)]
        people = self._people(about)
        stories = {one.story for one in about}
        analyses = self.store.analyses([one.mention.key for one in about])
        intents = Counter(one.intent for one in analyses.values() if one.intent)
        label = first.score.label if first.score else None
        suggested = self._suggested([one.mention.key for one in about])
        at = self.now()
        case = life.opened(
            brand or first.brand, kind or life.kind_of(intents.most_common(1)[0][0] if intents else None, label),
            [one.mention.key for one in about], who=name, at=at, severity=severity, author=":".join(people[0]) if len(people) == 1 and people[0] else None, shared=len(people) > 1,
            story=stories.pop() if len(stories) == 1 else None, alert=alert.fingerprint if alert else None,
            cause=suggested[0] if suggested else None)
        case, due = life.timed(case, self._limits(case), self.settings.working_hours)
        return self.store.open_case(case, CaseEvent(0, at, name, "open", _said(why)), due)

    def assign_case(self, number: int, who: str, *, owner: str | None = None, unit: str | None = None, version: int | None = None) -> Case:
        """Give a case to a person, a unit or both; without either to ``who``."""
        name = named(who)
        if unit is not None and self.settings.care.units and unit not in self.settings.care.units:
            raise Refusal(f"unit {unit!r}", "unit", known=self.settings.care.units)
        to = self._colleague(owner) if owner else None if unit else self._colleague(name)
        return self._move(number, version, name, "assign", "", lambda case, at: life.assigned(case, to, unit, at=at))

    def answer_case(self, number: int, who: str, why: str = "", *, version: int | None = None, public: bool = False,
                    said_at: datetime | None = None) -> Case:
        """Write down that the customer was answered; ``why`` is what was said, or where. What it promises goes into the ledger, for
        somebody to confirm; a ``public`` answer is a mention of its own, said at ``said_at``, and read there.
        """
        name = named(who)
        case = self._move(number, version, name, "answer", why, lambda case, at: life.answered(case, None if public else name, at=at, said_at=said_at))
        if not public and why:
            self.store.add_promises(ledger.told(_said(why), case.brand, self.now(), self.settings.working_hours, case=number))
        return case

    def wait_case(self, number: int, who: str, why: str = "", *, version: int | None = None) -> Case:
        """Write down that it is the customer's turn."""
        return self._move(number, version, named(who), "wait", why, lambda case, at: life.waiting(case, at=at))

    def resolve_case(self, number: int, who: str, why: str, *, remedy: Remedy, cause: str | None = None, cost: float | None = None,
                     promise_stays: bool = False, version: int | None = None) -> Case:
        """End a case: by what root cause it came, what was done about it, what that cost.

        Not while something is promised in it, unless ``promise_stays`` says that the promise outlives the case: it is told of all the same.
        """
        known = self.causes_known()
        if cause is not None and cause not in known:
            raise Refusal(f"cause {cause!r}", "cause", known=known)
        reason = reasoned(why)
        if not promise_stays and (standing := self.standing_promises(number)):
            raise Refusal(f"case {number}", "case.promised", due=lambda language: self._due_words(standing[0], language))
        return self._move(number, version, named(who), "resolve", reason,
                          lambda case, at: life.resolved(case, at=at, cause=cause, remedy=remedy, cost=cost))

    def reopen_case(self, number: int, who: str, why: str, *, version: int | None = None) -> Case:
        """Open a case that has ended; all its clocks begin anew."""
        return self._move(number, version, named(who), "reopen", reasoned(why), lambda case, at: life.reopened(case, at=at))

    def change_case(self, number: int, who: str, why: str = "", *, kind: CaseKind | None = None, severity: Severity | None = None,
                    cause: str | None = None, version: int | None = None) -> Case:
        """Say of a case what it is instead."""
        if cause is not None and cause not in self.causes_known():
            raise Refusal(f"cause {cause!r}", "cause", known=self.causes_known())
        return self._move(number, version, named(who), "change", why,
                          lambda case, at: life.changed(case, at=at, kind=kind, severity=severity, cause=cause))

    def join_case(self, number: int, keys: Sequence[MentionKey], who: str, *, complains: bool = True, version: int | None = None) -> Case:
        """Add mentions of the customer to a case; ``complains`` False: a thanks, which moves no clock."""
        return self._move(number, version, named(who), "hear" if complains else "thanks", "",
                          lambda case, at: life.heard(case, keys, at=at, complains=complains))

    def link_case(self, number: int, system: str, ref: str, who: str, *, version: int | None = None) -> Case:
        """Write down under what number or address another system keeps the case."""
        name, where = reasoned(ref), named(system)
        return self._move(number, version, named(who), "link", f"{where}: {name}", lambda case, at: life.linked(case, where, name, at=at))

    def note_case(self, number: int, who: str, why: str) -> Case:
        """Add a line to the log of a case; nothing else changes."""
        return self._move(number, None, named(who), "note", reasoned(why), lambda case, at: life.changed(case, at=at))

    def judge_case(self, number: int, outcome: CaseState, who: str, why: str = "") -> Case:
        """Say of a resolved case what its customer did since: won back, lost or silent."""
        return self._move(number, None, named(who), "judge", why, lambda case, at: life.judged(case, outcome, at=at))

    def _move(self, number: int, version: int | None, who: str, what: str, why: str, move: Callable[[Case, datetime], Case]) -> Case:
        before = self.store.case(number)
        if before is None:
            raise Refusal(f"case {number}", "case.unknown")
        if version is not None and before.version != version:
            raise Refusal(f"case {number}", "changed")
        at = self.now()
        after, due = life.timed(move(before, at), self._limits(before), self.settings.working_hours)
        if after.severity is not before.severity:
            after, due = life.timed(after, self._limits(after), self.settings.working_hours)
        if not self.store.save_case(after, CaseEvent(number, at, who, what, _said(why), life.difference(before, after)), due):
            raise Refusal(f"case {number}", "changed")
        return after

    # -- promises

    def add_promise(self, who: str, *, brand: str, text: str, due_at: datetime, what: str = "other", case: int | None = None) -> Promise:
        """Write down a promise that was made by telephone or elsewhere; it counts at once, since a person says it."""
        name, at = named(who), self.now()
        if brand not in self.brands(own=False):
            raise Refusal(f"brand {brand!r}", "brand", known=self.brands(own=False))
        found = Promise(promise_id(name, at.isoformat(), text), brand, what, reasoned(text), at, due_at, PromiseState.FOUND, case=case)
        self.store.add_promises([found])
        return self.confirm_promise(found.id, name)

    def confirm_promise(self, id: str, who: str, *, due_at: datetime | None = None, case: int | None = None, version: int | None = None) -> Promise:
        """Let a promise count: from now on it is reminded of and, when its time passes, told. ``due_at`` corrects what was read."""
        name, before, at = named(who), self._promise(id, version), self.now()
        due = due_at or before.due_at
        if before.state is not PromiseState.FOUND and due == before.due_at:
            raise Refusal(f"promise {id!r}", "promise.counted")
        if due is None:
            raise Refusal(f"promise {id!r}", "promise.timeless")
        if before.question and due_at is None:
            raise Refusal(f"promise {id!r}", "promise.doubtful")
        return self._settle(before, replace(before, state=PromiseState.CONFIRMED, due_at=due, confirmed_by=name, question=None,
                                            case=case if case is not None else before.case), name, "promise", at)

    def keep_promise(self, id: str, who: str, why: str = "", *, version: int | None = None) -> Promise:
        """Write down that a promise was kept."""
        return self._end(id, who, why, PromiseState.KEPT, "keep promise", version)

    def break_promise(self, id: str, who: str, why: str, *, version: int | None = None) -> Promise:
        """Write down that a promise will not be kept any more."""
        return self._end(id, who, reasoned(why), PromiseState.BROKEN, "break promise", version)

    def withdraw_promise(self, id: str, who: str, why: str = "", *, version: int | None = None) -> Promise:
        """Say that it was no promise."""
        return self._end(id, who, why, PromiseState.WITHDRAWN, "no promise", version)

    def _end(self, id: str, who: str, why: str, state: PromiseState, what: str, version: int | None) -> Promise:
        name, before, at = named(who), self._promise(id, version), self.now()
        if before.state not in STANDING:
            raise Refusal(f"promise {id!r}", "promise.settled")
        return self._settle(before, replace(before, state=state, settled_at=at, settled_by=name), name, what, at, why)

    def _promise(self, id: str, version: int | None) -> Promise:
        found = self.store.promise(id)
        if found is None and len(start := id.strip().lower()) >= SHORTEST_ID:
            fitting = self.store.promises_called(start)
            if len(fitting) > 1:
                raise Refusal(f"promise {id!r}", "promise.several", known=[one.id for one in fitting])
            found = next(iter(fitting), None)
        if found is None:
            raise Refusal(f"promise {id!r}", "promise.unknown")
        if version is not None and found.version != version:
            raise Refusal(f"promise {id!r}", "changed")
        return found

    def _settle(self, before: Promise, after: Promise, who: str, what: str, at: datetime, why: str = "") -> Promise:
        after = replace(after, version=before.version + 1)
        case = self.store.case(after.case) if after.case is not None else None
        if after.case is not None and case is None:
            raise Refusal(f"case {after.case}", "case.unknown")
        due = None
        if after.state is PromiseState.CONFIRMED and after.due_at is not None:
            due = Deadline(after.brand, Due.PROMISE, f"promise:{after.id}", after.due_at, at, None, case.owner if case else who, after.case,
                           case.severity if case else Severity.P3, (after.mention,) if after.mention else ())
        event = CaseEvent(after.case, at, who, what, _said(why) or after.text) if after.case is not None else None
        if not self.store.save_promise(after, event, at=at, due=due):
            raise Refusal(f"promise {after.id!r}", "changed")
        self.store.log(who, what, f"promise:{after.id}", at)
        return after

    # -- within

    def _colleague(self, who: str) -> str:
        """Return a person as the configuration writes them. Raises: Refusal for somebody else, where it names any."""
        name, known = named(who), self.people()
        meant = next((one for one in known if matching_key(one) == matching_key(name)), None)
        if known and meant is None:
            raise Refusal(f"person {name!r}", "person", known=known)
        return meant or name

    def _people(self, posts: Sequence[ScoredMention]) -> list[tuple[str, str] | None]:
        """Return one account of each person who wrote these: linked accounts are one, and of two unknown ones nobody knows that they are."""
        known: dict[tuple[str, str], tuple[str, str]] = {}
        people: list[tuple[str, str] | None] = []
        for one in posts:
            if one.mention.ours:
                continue
            if (name := customer_of(one)) is None:
                people.append(None)
                continue
            kind, _, id = name.partition(":")
            if (kind, id) not in known:
                known |= dict.fromkeys(((kind, id), *self.store.linked_accounts((kind, id))), (kind, id))
        return [*dict.fromkeys(known.values()), *people]

    def _limits(self, case: Case) -> Limits:
        found = self.settings.care.limits(case.severity)
        return Limits(found.owner, found.answer, found.end)

    def _suggested(self, keys: Sequence[MentionKey]) -> tuple[str, ...]:
        """Return the root causes that the mentions' aspects speak for, the likeliest first; those that are no known cause are left out."""
        weights: dict[str, float] = defaultdict(float)
        for analysis in self.store.analyses(list(keys)).values():
            for aspect in analysis.aspects:
                weights[aspect.name] += aspect.confidence
        known = set(self.causes_known())
        return tuple(sorted((name for name in weights if name in known), key=lambda name: (-weights[name], name)))[:MOST_SUGGESTED]


def customer_of(one: ScoredMention) -> str | None:
    """Return who wrote a mention, as "kind:id"; None where its source does not say."""
    author = one.mention.author
    return f"{author.kind}:{author.id}" if author is not None and author.id else None


def _said(why: str) -> str:
    return " ".join(printable(why).split())[:500]
