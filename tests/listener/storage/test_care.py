"""Cases, promises and deadlines on both databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.care import cases as life
from listener.storage import Store
from listener.types import MentionKey, Severity
from listener.types.care import Case, CaseEvent, CaseKind, CaseState, Deadline, Due, Promise, PromiseState, Remedy

from .made import DAY, HOUR, NOW, commit, mention

KEY = MentionKey("rss", "s1")


def opening(store: Store, *keys: MentionKey, at: datetime = NOW, **more: Any) -> Case:
    new = life.opened("اسنپ", CaseKind.COMPLAINT, keys or (KEY,), who="مینا", at=at, **more)
    return store.open_case(replace(new, due_at=at + HOUR), event(new, at=at, what="open"), {Due.OWNER: at + HOUR, Due.ANSWER: at + 4 * HOUR})


def event(case: Case, *, at: datetime, what: str, why: str = "", changed: Mapping[str, Any] | None = None) -> CaseEvent:
    return CaseEvent(case.number, at, "مینا", what, why, changed or {})


def test_cases_are_numbered_from_one_and_come_back_as_they_were(store: Store) -> None:
    first = opening(store, author="rss:sara", severity=Severity.P2)
    second = opening(store, MentionKey("rss", "s2"))
    assert (first.number, second.number) == (1, 2)
    assert store.case(1) == first and store.case(3) is None
    assert [one.number for one in store.cases(brands=["اسنپ"])] == [2, 1] and store.cases(brands=["دیجی"]) == []
    assert store.cases(author="rss:sara") == [first] and store.cases(due_before=NOW) == []
    assert [one.number for one in store.cases(limit=1)] == [2] and [one.number for one in store.cases(before=2)] == [1]


def test_two_who_open_a_case_for_one_mention_get_one_case(store: Store) -> None:
    assert opening(store) == opening(store, KEY, MentionKey("rss", "s7"))
    assert len(store.cases()) == 1 and len(store.case_events(1)) == 1


def test_who_changes_a_case_that_was_changed_meanwhile_changes_nothing(store: Store) -> None:
    case = opening(store)
    mine, theirs = life.assigned(case, "علی", None, at=NOW + HOUR), life.assigned(case, "سارا", None, at=NOW + HOUR)
    assert store.save_case(mine, event(mine, at=NOW + HOUR, what="assign"), {})
    assert not store.save_case(theirs, event(theirs, at=NOW + HOUR, what="assign"), {})
    assert store.case(1) == mine and [one.what for one in store.case_events(1)] == ["open", "assign"]


def test_the_log_says_what_changed(store: Store) -> None:
    case = opening(store)
    after = life.assigned(case, "علی", "مالی", at=NOW + HOUR)
    store.save_case(after, event(after, at=NOW + HOUR, what="assign", why="بازپرداخت", changed=life.difference(case, after)), {})
    last = store.case_events(1)[-1]
    assert (last.who, last.what, last.why) == ("مینا", "assign", "بازپرداخت")
    assert last.changed == {"owner": [None, "علی"], "unit": [None, "مالی"], "state": ["new", "assigned"]}


def test_what_was_overdue_at_an_instant_can_be_told_later(store: Store) -> None:
    case = opening(store)
    answered = life.answered(life.assigned(case, "علی", None, at=NOW), "علی", at=NOW + 2 * HOUR)
    store.save_case(replace(answered, version=2), event(case, at=NOW + 2 * HOUR, what="answer"), {Due.END: NOW + 3 * DAY})

    def overdue(since: timedelta, until: timedelta) -> list[tuple[Due, datetime | None]]:
        return [(one.due, one.ended_at) for one in store.deadlines("اسنپ", since=NOW + since, until=NOW + until)]

    assert overdue(timedelta(0), HOUR / 2) == []
    assert overdue(timedelta(0), 1.5 * HOUR) == [(Due.OWNER, NOW + 2 * HOUR)]  # the answer was due after four hours
    assert overdue(2 * HOUR, 5 * HOUR) == []
    assert overdue(2 * HOUR, 4 * DAY) == [(Due.END, None)]


def test_a_deadline_that_stays_is_noted_once(store: Store) -> None:
    case = opening(store)
    after = life.changed(case, at=NOW + HOUR, severity=Severity.P1)
    store.save_case(after, event(after, at=NOW + HOUR, what="change"), {Due.OWNER: NOW + HOUR, Due.ANSWER: NOW + 2 * HOUR})
    assert [(one.due, one.due_at, one.noted_at) for one in store.deadlines("اسنپ", since=NOW + 2 * HOUR, until=NOW + 9 * HOUR)] == [
        (Due.OWNER, NOW + HOUR, NOW), (Due.ANSWER, NOW + 2 * HOUR, NOW + HOUR)]


def promised(**more: Any) -> Promise:
    return replace(Promise("p1", "اسنپ", "refund", "تا فردا ظهر", NOW, NOW + DAY, PromiseState.FOUND, KEY), **more)


def test_a_promise_is_found_once_confirmed_once_and_due_until_it_is_settled(store: Store) -> None:
    assert store.add_promises([promised(), promised()]) == 1 and store.add_promises([promised(what="call")]) == 0
    sure = promised(state=PromiseState.CONFIRMED, confirmed_by="علی", version=2)
    due = Deadline("اسنپ", Due.PROMISE, "promise:p1", NOW + DAY, NOW + HOUR, who="علی", mentions=(KEY,))
    assert store.save_promise(sure, None, at=NOW + HOUR, due=due) and not store.save_promise(sure, None, at=NOW + HOUR, due=due)
    assert store.promise("p1") == sure and store.promises(states=[PromiseState.CONFIRMED], due_until=NOW + 2 * DAY) == [sure]
    assert store.deadlines("اسنپ", since=NOW, until=NOW + DAY) == [due]
    kept = replace(sure, state=PromiseState.KEPT, settled_at=NOW + HOUR, settled_by="علی", version=3)
    assert store.save_promise(kept, None, at=NOW + 2 * HOUR, due=None)
    assert store.deadlines("اسنپ", since=NOW, until=NOW + 2 * DAY)[0].ended_at == NOW + 2 * HOUR


def test_a_forgotten_author_leaves_cases_without_a_person(store: Store, url: str) -> None:
    commit(store, mention("s1", "راز سارا", author="sara"), mention("a1", author="ali"))
    case = opening(store, KEY, MentionKey("rss", "a1"), author="rss:sara")
    after = life.heard(case, [MentionKey("rss", "s2")], at=NOW, complains=True)
    store.save_case(after, event(after, at=NOW, what="hear", why="سارا گفت", changed=life.difference(case, after)), {})
    store.add_promises([promised()])
    removed = store.forget_author("rss", "sara")
    assert (removed["cases"], removed["promises"]) == (1, 1)
    left = store.case(1)
    assert left is not None and left.author is None and left.mentions == (MentionKey("rss", "a1"),)
    assert store.promises() == [] and [one.why for one in store.case_events(1)] == ["", ""] and store.cases_of([KEY]) == []
    if url.startswith("sqlite"):
        rows = sqlite3.connect(Path(url.removeprefix("sqlite:///"))).execute("SELECT changed FROM care_event").fetchall()
        assert not any("sara" in row[0] for row in rows)


def test_a_case_closed_with_a_remedy_is_found_by_when_it_closed(store: Store) -> None:
    case = opening(store)
    done = life.resolved(case, at=NOW + DAY, cause="refund", remedy=Remedy.REFUND, cost=120.5)
    assert store.save_case(done, event(done, at=NOW + DAY, what="resolve"), {})
    assert store.cases(resolved_since=NOW, resolved_until=NOW + 2 * DAY, states=[CaseState.RESOLVED]) == [done]
    assert store.cases(resolved_since=NOW + 2 * DAY) == []
