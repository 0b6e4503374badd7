"""``goosh cases``, in the words people type."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listener.storage import open_store
from listener.types import (
    Alert,
    AlertState,
    Analysis,
    Aspect,
    Author,
    Batch,
    Match,
    Mention,
    MentionKey,
    Reach,
    Score,
    Severity,
)
from tests.listener.terminal import goosh as typed

NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)
"""Saturday 30 Aban 1405, 09:30 in Tehran."""


@pytest.fixture
def goosh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a command in an empty folder with one complaint of Sara in the database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    (tmp_path / "goosh.toml").write_text(
        'language = "en"\n[[brands]]\nname = "اسنپ"\n[[sources]]\nkind = "jsonl"\nname = "in"\npath = "in.jsonl"\n'
        '[[receivers]]\nkind = "console"\nname = "desk"\n[care]\nunits = ["مالی", "ارسال"]\nhand_over = ["desk"]\n'
        '[[staff]]\nname = "مریم رضایی"\n', encoding="utf-8")
    monkeypatch.setattr("listener.app.system_clock", lambda: NOW)
    store = open_store(f"sqlite:///{tmp_path}/home/goosh.sqlite")
    post = Mention("jsonl", "m1", "پولم را پس نمی‌دهند", NOW - timedelta(hours=1), author=Author("jsonl", "sara", name="سارا"))
    store.commit_batch("in", Batch((post,)), matches=[Match(post.key, "اسنپ", ("اسنپ",))], reach={post.key: Reach(1, 2, 3, "assumed")},
                       start=NOW - timedelta(hours=2), end=NOW, now=NOW)
    store.save_analyses([(post.key, Analysis(Score(.9, .05, .05, "fa", "t@1"), (Aspect("refund", .9),), "complaint", .9))], now=NOW)
    store.close()

    def run(*arguments: str, ok: bool = True) -> str:
        result = typed("cases", *arguments)
        assert (result.code == 0) is ok, result
        return result.out if ok else result.err

    return run


def test_a_case_is_lived_from_the_first_answer_to_its_end(goosh: Callable[..., str]) -> None:
    assert "case 1: New" in goosh("open", "jsonl:m1", "--severity", "P2", "--who", "مینا")
    assert "case 1: New" in goosh("open", "jsonl:m1", "--who", "علی")
    assert "case 1: Assigned" in goosh("assign", "1", "--to", "مریم", "--unit", "مالی", "--who", "مینا")
    assert "no longer" not in goosh("answer", "1", "--why", "called", "--version", "2", "--who", "مریم")
    assert "changed since you looked" in goosh("answer", "1", "--version", "2", "--who", "علی", ok=False)
    goosh("resolve", "1", "--remedy", "refund", "--cause", "refund", "--cost", "450000", "--why", "paid back", "--who", "مریم")
    view = json.loads(goosh("show", "1", "--json"))
    assert view["case"]["state"] == "resolved" and view["case"]["cost"] == 450000 and view["case"]["author"] == "jsonl:sara"
    assert [(one["who"], one["what"]) for one in view["history"]] == [("مینا", "open"), ("مینا", "assign"), ("مریم", "answer"), ("مریم", "resolve")]
    assert "has ended" in goosh("wait", "1", ok=False)
    assert "Assigned" in goosh("reopen", "1", "--why", "the money never came")


def test_a_case_knows_what_it_is_about_and_when_it_is_due(goosh: Callable[..., str]) -> None:
    goosh("open", "jsonl:m1", "--severity", "P2")
    [case] = json.loads(goosh("list", "--json"))
    assert (case["kind"], case["cause"], case["state"]) == ("complaint", "refund", "new")
    assert case["due_at"] == (NOW + timedelta(hours=2)).isoformat()  # P2: an owner within two working hours
    assert "Refund and payment" in goosh("show", "1") and json.loads(goosh("list", "--overdue", "--json")) == []


def test_promises_are_written_down_confirmed_and_kept(goosh: Callable[..., str]) -> None:
    goosh("open", "jsonl:m1")
    assert "Open" in goosh("promise", "the money is back by Saturday noon", "--due", "1405-09-07 12:00", "--brand", "اسنپ", "--case", "1")
    [one] = json.loads(goosh("promises", "--json"))
    assert one["due_at"].startswith("2026-11-28T08:30") and one["state"] == "confirmed"
    assert "Kept" in goosh("keep", one["id"]) and json.loads(goosh("promises", "--json")) == []
    assert "already" in goosh("break", one["id"], "--why", "x", ok=False)


def test_in_persian_nothing_of_a_case_has_an_english_name(goosh: Callable[..., str]) -> None:
    config = Path("goosh.toml")
    config.write_text(config.read_text(encoding="utf-8").replace('language = "en"', 'language = "fa"'), encoding="utf-8")
    goosh("open", "jsonl:m1", "--severity", "P2", "--who", "مینا")
    goosh("assign", "1", "--to", "مریم", "--unit", "مالی", "--who", "مینا")
    goosh("resolve", "1", "--remedy", "refund", "--cause", "refund", "--cost", "450000", "--why", "برگشت", "--who", "مریم")
    shown = goosh("show", "1")
    assert "سپرد · به " in shown and "مریم" in shown and "جبران: بازگرداندن پول" in shown and "پرداخت و بازپرداخت" in shown
    assert not set(re.findall(r"[a-z]{3,}", shown)) - {"jsonl", "sara"}


@pytest.mark.parametrize(("arguments", "sentence"), [
    (("show", "9"), "case 9: unknown"), (("open", "nothing"), "write KIND:ID"), (("open", "jsonl:zz"), "none of its mentions is stored"),
    (("assign", "9"), "case 9: unknown"), (("open", "jsonl:m1", "--kind", "rant"), "known: complaint"),
    (("open", "jsonl:m1", "--severity", "P9"), "known: P1"), (("confirm", "zz"), "promise 'zz': unknown"),
    (("promise", "x", "--due", "someday", "--brand", "اسنپ"), "cannot be read")])
def test_a_mistake_is_one_sentence(goosh: Callable[..., str], arguments: tuple[str, ...], sentence: str) -> None:
    assert sentence in goosh(*arguments, ok=False)


def test_a_case_is_handed_over_once_and_only_where_the_file_says(goosh: Callable[..., str]) -> None:
    goosh("open", "jsonl:m1", "--who", "مینا")
    assert "case 1" in goosh("hand-over", "1", "desk", "--who", "مینا")
    assert "already" in goosh("hand-over", "1", "desk", "--who", "علی", ok=False)
    assert "known: desk" in goosh("hand-over", "1", "elsewhere", ok=False)


def test_a_case_is_opened_from_an_alert_for_whom_somebody_names(goosh: Callable[..., str], tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/home/goosh.sqlite")
    alert = Alert("spike", "اسنپ", NOW, NOW, 5.0, 1.0, Severity.P2, AlertState.FIRING, (MentionKey("jsonl", "m1"),), updated_at=NOW)
    store.save_pass(at=NOW, alerts=[alert])
    assert "wrote nothing of the alert's evidence" in goosh("open", "--alert", alert.fingerprint, "--of", "jsonl:ali", ok=False)
    assert "case 1: Assigned · owner: مینا" in goosh("open", "--alert", alert.fingerprint, "--of", "jsonl:sara", "--take", "--who", "مینا")
    found = store.alert(alert.fingerprint)
    assert found is not None and found.state is AlertState.HANDLED
    assert "or one alert" in goosh("open", ok=False) and "or one alert" in goosh("open", "jsonl:m1", "--alert", "x", ok=False)
    store.close()


@pytest.mark.parametrize(("command", "says"), [("resolve", "[care] names"), ("hand-over", "under [care]"), ("recognition", "[[staff]]"), ("open", "story|each")])
def test_help_swallows_no_brackets(goosh: Callable[..., str], monkeypatch: pytest.MonkeyPatch, command: str, says: str) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert says in goosh(command, "--help")


def test_the_mail_of_recognition_is_printed_as_a_mail(goosh: Callable[..., str]) -> None:
    lines = goosh("recognition", "--month", "1405-08").rstrip("\n").split("\n")
    assert len(lines) == 3 and lines[1].strip() == "" and "praised nobody" in lines[2]


def test_the_mail_of_recognition_is_written_and_refuses_what_is_no_month(goosh: Callable[..., str]) -> None:
    assert "praised nobody by name" in goosh("recognition", "--month", "1405-08")
    assert json.loads(goosh("recognition", "--month", "1405-08", "--json")) == {"brand": "اسنپ", "month": "1405-08", "praised": []}
    assert "no month" in goosh("recognition", "--month", "1405-W35", ok=False)


def test_what_was_done_with_a_case_is_said_in_words(goosh: Callable[..., str], tmp_path: Path) -> None:
    goosh("open", "jsonl:m1", "--brand", "اسنپ")
    assert "opened it" in goosh("show", "1")
    settings = tmp_path / "goosh.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('"en"', '"fa"'), encoding="utf-8")
    assert "پرونده را باز کرد" in goosh("show", "1")
