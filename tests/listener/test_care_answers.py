"""Answers of our own that come from files and other systems: they reach the case of what they answer, whichever was there first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listener.app import App, open_app, read_settings
from listener.collectors import csv as tables
from listener.collectors import inbox
from listener.pipeline.care import Caring
from listener.types import Label, Mention, MentionKey, Precision
from listener.types.care import CaseState
from tests.listener.test_care import START, Desk, desk

__all__ = ["desk"]

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
ANSWER = "سلام، متأسفیم. تا فردا ظهر پول شما برگشت داده می‌شود."


def row(text: str) -> Mention:
    return tables.parse(text.encode(), now=NOW)[0]


@pytest.mark.parametrize(("column", "cell", "answers"), [
    ("in_reply_to", "r7", "r7"), ("parent_id", "12.0", "12.0"), ("پاسخ به", "۷", "۷"), ("reply_to", "telegram:isna/12", "telegram:isna/12"),
    ("parent_url", "https://example.ir/c/7", "https://example.ir/c/7"), ("parent", "", None), ("parent", "null", None)])
def test_a_row_says_what_it_answers(column: str, cell: str, answers: str | None) -> None:
    found = row(f"id,text,{column},ours\na1,{ANSWER},{cell},yes\n")
    assert (found.in_reply_to, found.ours) == (answers, True)


def test_what_a_pushed_row_answers_is_among_the_ids_of_its_sender_unless_it_names_a_mention() -> None:
    pushed = [f'{{"id": "a{n}", "text": "x", "ours": true, "source": "chat", "in_reply_to": "{to}"}}'
              for n, to in enumerate(("7", "telegram:isna/12", "urn:uuid:5", "https://example.ir/7"))]
    found = inbox.parse("\n".join(pushed).encode(), now=NOW, scope="calls")
    assert [one.in_reply_to for one in found] == ["calls/chat/7", "telegram:isna/12", "calls/chat/urn:uuid:5", "https://example.ir/7"]
    assert found[0].id == "calls/chat/a0"


def test_two_equal_answers_without_an_id_to_two_people_are_two() -> None:
    one, other = (row(f"text,author,in_reply_to,ours\n{ANSWER},us,{to},yes\n") for to in ("r1", "r2"))
    assert one.id != other.id


@pytest.mark.parametrize("way", ["id", "kind:id", "address"])
@pytest.mark.parametrize("late", [False, True], ids=["after the case", "before the case"])
def test_an_answer_reaches_the_case_of_what_it_answers(desk: Desk, way: str, late: bool) -> None:
    complaint = desk.says("پولم را نمی‌دهند")
    with desk.store._write() as connection:
        connection.exec_driver_sql("UPDATE mention SET url = 'https://example.ir/m1'")
    to = {"id": complaint.id, "kind:id": ":".join(complaint), "address": "https://example.ir/m1"}[way]
    number = None if late else desk.service.open_case([complaint], "مریم").number
    desk.at += timedelta(hours=1)
    answer = desk.says(ANSWER, Label.NEUTRAL, author="peyk", to=to, ours=True)
    desk.passes(hours=2)
    if number is None:
        [unbound] = desk.service.promises()
        assert unbound.case is None
        number = desk.service.open_case([complaint], "مریم").number
        desk.passes(minutes=1)
    found = desk.store.case(number)
    assert found is not None and answer in found.mentions and found.state is CaseState.ANSWERED and found.owner is None
    assert found.answered_at == max(START + timedelta(hours=1), found.opened_at)  # when it was said, not when it was read
    assert [one.case for one in desk.service.promises()] == [number]
    assert Caring(desk.service).join_answers() == 0


def test_an_answer_that_is_there_before_what_it_answers_waits_for_it(desk: Desk) -> None:
    now, desk.at = desk.at, desk.at + timedelta(minutes=30)  # read first, said later
    answer = desk.says(ANSWER, Label.NEUTRAL, author="peyk", to="m2", ours=True)
    desk.at = now
    case = desk.service.open_case([desk.says("پولم را نمی‌دهند")], "مریم")
    desk.passes(hours=1)
    found = desk.store.case(case.number)
    assert found is not None and found.state is CaseState.ANSWERED and answer in found.mentions


@pytest.mark.parametrize("precision, joins", [(Precision.SECOND, False), (Precision.DAY, True)], ids=["by the second", "by the day"])
def test_what_was_said_before_the_complaint_is_no_answer_to_it(desk: Desk, precision: Precision, joins: bool) -> None:
    early = desk.says(ANSWER, Label.NEUTRAL, author="peyk", to="m2", ours=True)
    with desk.store._write() as connection:
        connection.exec_driver_sql(f"UPDATE mention SET precision = '{precision.value}' WHERE id = '{early.id}'")
    desk.passes(hours=3)
    case = desk.service.open_case([desk.says("پولم را نمی‌دهند")], "مریم")
    desk.passes(minutes=1)
    found = desk.store.case(case.number)
    assert found is not None and (early in found.mentions, found.state is CaseState.ANSWERED) == (joins, joins)


def test_an_answer_to_what_was_said_before_another_complaint_leaves_that_one_waiting(desk: Desk) -> None:
    first = desk.says("پولم را نمی‌دهند")
    case = desk.service.open_case([first], "مریم")
    desk.at += timedelta(hours=1)
    said_at = desk.at
    desk.at += timedelta(hours=1)
    desk.says("هنوز هم نه", intent="complaint")
    desk.passes(minutes=1)
    now, desk.at = desk.at, said_at  # the answer becomes known only now
    desk.says(ANSWER, Label.NEUTRAL, author="peyk", to=first.id, ours=True)
    desk.at = now
    desk.passes(minutes=1)
    found = desk.store.case(case.number)
    assert found is not None and found.state is CaseState.NEW and found.answered_at == said_at and found.due_at is not None


CONFIG = """
[[brands]]
name = "دیجی‌کالا"
[[brands]]
name = "اسنپ"
[[sources]]
kind = "inbox"
name = "calls"
token_env = "CALLS_TOKEN"
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CALLS_TOKEN", "a-long-token-of-the-call-centre")
    (tmp_path / "goosh.toml").write_text(CONFIG, encoding="utf-8")
    with open_app(read_settings(tmp_path / "goosh.toml")) as opened:
        yield opened


def test_an_answer_that_names_no_brand_is_about_that_of_what_it_answers(app: App) -> None:
    app.pipeline.store_import("old.csv", "csv", None, [row("id,text,published_at\nr1,اسنپ پولم را نداد,2026-11-20 10:00\n")])
    answers = [row(f"id,text,in_reply_to,ours,published_at\na{n},{ANSWER},{to},yes,2026-11-20 11:00\n") for n, to in enumerate(("r1", "csv:r1", "r9"))]
    app.pipeline.store_import("new.csv", "csv", None, answers)
    assert sorted(one.mention.id for one in app.store.mentions(brand="اسنپ").items) == ["a0", "a1", "r1"]
    app.pipeline.receive("calls", '[{"id": "1", "text": "دیجی‌کالا نرسید"}, {"id": "2", "text": "پیگیری شد", "ours": true, "in_reply_to": "1"}]'.encode())
    assert sorted(one.mention.id for one in app.store.mentions(brand="دیجی‌کالا").items) == ["calls/1", "calls/2"]
    assert app.store.by_keys([MentionKey("csv", "a2")]) == []


def test_an_answer_before_what_it_answers_is_about_the_only_brand_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    (tmp_path / "goosh.toml").write_text('[[brands]]\nname = "اسنپ"\n[[brands]]\nname = "تپسی"\npeer = true\n', encoding="utf-8")
    with open_app(read_settings(tmp_path / "goosh.toml")) as app:
        app.pipeline.store_import("a.csv", "csv", None, [row(f"id,text,in_reply_to,ours\na1,{ANSWER},r1,yes\n")])
        assert [one.brand for one in app.store.by_keys([MentionKey("csv", "a1")])] == ["اسنپ"]
