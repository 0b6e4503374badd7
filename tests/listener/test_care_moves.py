"""Whatever people do to a case in whatever order: the log holds it, the deadlines agree, an ended case owes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listener.match import Matcher
from listener.pipeline import Pipeline, Receiver
from listener.storage import open_store
from listener.types import Alert, AlertState, Brand, Delivery, MentionKey, Message, Severity
from listener.types.care import CaseKind, CaseState, Due, Remedy
from tests.dashboard.house import settings_for
from tests.fakes import CannedScorer
from tests.listener.test_care import BRAND, CONFIG, START, Desk

FOREVER = timedelta(days=3650)
HANDED = CONFIG.replace('opened_by = ["ignored_case"]', 'opened_by = ["ignored_case"]\nhand_over = ["team"]').replace("[[people]]", '[[people]]\nname = "علی"\n[[people]]', 1)

MOVES: dict[str, Callable[[Desk, int], Any]] = {
    "assign": lambda desk, n: desk.service.assign_case(n, "مریم"),
    "answer": lambda desk, n: desk.service.answer_case(n, "مریم", "called"),
    "wait": lambda desk, n: desk.service.wait_case(n, "مریم"),
    "resolve": lambda desk, n: desk.service.resolve_case(n, "مریم", "done", remedy=Remedy.FIX),
    "reopen": lambda desk, n: desk.service.reopen_case(n, "مریم", "not done"),
    "severe": lambda desk, n: desk.service.change_case(n, "مریم", severity=Severity.P1),
    "mild": lambda desk, n: desk.service.change_case(n, "مریم", severity=Severity.P3, kind=CaseKind.CRITICISM),
    "complains": lambda desk, n: desk.service.join_case(n, [MentionKey("mastodon", f"x{desk.at.timestamp()}")], "goosh"),
    "thanks": lambda desk, n: desk.service.join_case(n, [MentionKey("mastodon", f"y{desk.at.timestamp()}")], "goosh", complains=False),
    "note": lambda desk, n: desk.service.note_case(n, "مریم", "asked the branch"),
    "link": lambda desk, n: desk.service.link_case(n, "zammad", "22001", "مریم"),
    "judge": lambda desk, n: desk.service.judge_case(n, CaseState.WON_BACK, "goosh", "30"),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = settings_for(tmp_path_factory.mktemp("moves") / "care.sqlite", HANDED)
    store = open_store(made.database)
    yield Desk(store, made)
    store.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(sorted(MOVES)), st.integers(0, 3000)), max_size=12))
def test_any_sequence_of_moves_keeps_the_log_the_clock_and_the_deadlines_in_step(desk: Desk, moves: list[tuple[str, int]]) -> None:
    case = desk.service.open_case([desk.says("نرسید", author=f"a{desk.said}")], "مریم")
    for name, minutes in moves:
        desk.at += timedelta(minutes=minutes)
        before = desk.store.case(case.number)
        try:
            MOVES[name](desk, case.number)
        except ValueError:
            assert desk.store.case(case.number) == before  # what is refused leaves nothing behind
    found, log = desk.store.case(case.number), desk.store.case_events(case.number)
    assert found is not None and found.version == len(log) and all(one.who and one.at <= desk.at for one in log)
    noted = [one for one in desk.store.deadlines(BRAND, since=START - FOREVER, until=desk.at + FOREVER) if one.ref == f"case:{case.number}"]
    standing = [one for one in noted if one.ended_at is None]
    assert max(Counter(one.due for one in standing).values(), default=0) <= 1
    assert found.due_at == min((one.due_at for one in standing), default=None)
    if found.state not in (CaseState.NEW, CaseState.ASSIGNED, CaseState.ANSWERED):
        assert standing == []
    assert all(one.ended_at is None or one.ended_at >= one.noted_at for one in noted)
    assert found.resolved_at is None if found.open else found.resolved_at is not None


def test_every_action_stands_in_the_log_with_who_and_when(desk: Desk) -> None:
    case = desk.service.open_case([desk.says("پولم را ندادند", author="every")], "سارا", why="asked twice")
    done = [("open", "سارا")]
    steps: list[tuple[str, Callable[[], Any]]] = [
        ("assign", lambda: desk.service.assign_case(case.number, "علی", owner="مریم")), ("answer", lambda: desk.service.answer_case(case.number, "مریم", "گفتیم")),
        ("wait", lambda: desk.service.wait_case(case.number, "مریم")), ("hear", lambda: desk.service.join_case(case.number, [desk.says("هنوز نه", author="every")], "goosh")),
        ("change", lambda: desk.service.change_case(case.number, "علی", severity=Severity.P2)), ("note", lambda: desk.service.note_case(case.number, "علی", "شعبه خبر دارد")),
        ("hand over", lambda: desk.service.hand_over(case.number, "team", "مریم")), ("link", lambda: desk.service.link_case(case.number, "team", "77", "team")),
        ("resolve", lambda: desk.service.resolve_case(case.number, "مریم", "پول برگشت", remedy=Remedy.REFUND)),
        ("judge", lambda: desk.service.judge_case(case.number, CaseState.SILENT, "goosh", "30")),
        ("reopen", lambda: desk.service.reopen_case(case.number, "سارا", "نرسید"))]
    who = {"assign": "علی", "hear": "goosh", "change": "علی", "note": "علی", "link": "team", "judge": "goosh", "reopen": "سارا"}
    times = [desk.at]
    for name, act in steps:
        desk.at += timedelta(minutes=7)
        act()
        done.append((name, who.get(name, "مریم")))
        times.append(desk.at)
    log = desk.store.case_events(case.number)
    assert [(one.what, one.who) for one in log] == done and [one.at for one in log] == times
    promise = desk.service.add_promise("مریم", brand=BRAND, text="تا شنبه", due_at=desk.at + timedelta(days=1), case=case.number)
    desk.service.keep_promise(promise.id, "علی", "برگشت")
    assert [(one.what, one.who) for one in desk.store.case_events(case.number)[-2:]] == [("promise", "مریم"), ("keep promise", "علی")]
    assert {(one.what, one.who) for one in desk.store.events(subject=f"promise:{promise.id}")} == {("promise", "مریم"), ("keep promise", "علی")}


def test_a_case_is_handed_over_once_and_its_number_there_comes_back(desk: Desk) -> None:
    case = desk.service.open_case([desk.says("سه هفته است <b>پولم</b> را نمی‌دهید", author="handed")], "مریم")
    desk.service.hand_over(case.number, "team", "مریم")
    with pytest.raises(ValueError, match="already"):
        desk.service.hand_over(case.number, "team", "علی")
    with pytest.raises(ValueError, match="not handed over there"):
        desk.service.hand_over(case.number, "maryam", "مریم")
    sent = [one for one in desk.store.deliveries() if one.message.case == case.number]
    assert [one.receiver for one in sent] == ["team"] and any("سه هفته است" in line for line in sent[0].message.lines)
    delivery: Delivery = sent[0]
    for _ in range(2):
        desk.service.handed_over(delivery, "22001 https://help.example/#ticket/zoom/7")
    found = desk.store.case(case.number)
    assert found is not None and found.links == (("team", "22001 https://help.example/#ticket/zoom/7"),)
    assert [one.what for one in desk.store.case_events(case.number)] == ["open", "hand over", "link"]


def test_an_alerts_case_handles_it_once_it_has_an_owner_and_asking_again_is_the_same_case(desk: Desk) -> None:
    key = desk.says("چهارمین بار", author="alert")
    alert = Alert("spike", BRAND, desk.at, desk.at, 5.0, 1.0, Severity.P2, AlertState.FIRING, (key,), updated_at=desk.at)
    desk.store.save_pass(at=desk.at, alerts=[alert])
    [first], [again] = (desk.service.open_cases_of(alert.fingerprint, "مریم") for _ in range(2))
    found = desk.store.alert(alert.fingerprint)
    assert first.number == again.number and found is not None and found.state is AlertState.FIRING  # nobody has it yet: it goes on calling
    assert desk.service.cases_of([key])[key].number == first.number and {Due.OWNER, Due.ANSWER} == {
        one.due for one in desk.store.deadlines(BRAND, since=desk.at - FOREVER, until=desk.at + FOREVER) if one.ref == f"case:{first.number}" and one.ended_at is None}
    desk.service.assign_case(first.number, "مریم", owner="علی")
    found = desk.store.alert(alert.fingerprint)
    assert found is not None and found.state is AlertState.HANDLED and found.acknowledged_by == "مریم"


def test_what_a_receiver_calls_a_case_is_linked_before_the_message_counts_as_sent(desk: Desk) -> None:
    class Helpdesk:
        asked = 0

        def send(self, message: Message) -> str | None:
            self.asked += 1
            return "22009" if message.case is not None else None

    helpdesk = Helpdesk()
    pipeline = Pipeline(store=desk.store, sources=[], brands=[BRAND], matcher=Matcher((Brand(BRAND),)), scorer=CannedScorer, rules={},
                        receivers=[Receiver("team", helpdesk, "fa")], now=lambda: desk.at, timezone=desk.service.zone, placed=desk.service.handed_over)
    case = desk.service.open_case([desk.says("باز هم نشد", author="linked")], "مریم")
    desk.service.hand_over(case.number, "team", "مریم")
    pipeline.deliver()
    before = helpdesk.asked
    pipeline.deliver()
    found = desk.store.case(case.number)
    assert found is not None and found.links == (("team", "22009"),) and helpdesk.asked == before
