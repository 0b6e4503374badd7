"""``goosh promises``: what answers in a file promised."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.care import promises
from config.settings import hours_table
from listener.cli import promises as command
from tests.listener.terminal import Said, goosh

AT = ("--at", "2026-11-22T10:15+03:30")


@pytest.fixture(autouse=True)
def a_clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)


def write(*rows: Any) -> str:
    Path("answers.jsonl").write_text("".join((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in rows), encoding="utf-8")
    return "answers.jsonl"


def lines(said: Said) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.out.splitlines()]


def test_each_answer_is_one_object_a_line_without_a_configuration() -> None:
    said = goosh("promises", write({"text": "تا فردا ظهر با شما تماس می‌گیریم."}, {"text": "Thanks!"}, {"text": "We are sorry."}), *AT, "--json")
    assert said.code == 0
    assert lines(said) == [
        {"promises": [{"text": "تا فردا ظهر با شما تماس می‌گیریم", "what": "call back", "due": "2026-11-23T12:00:00+03:30", "certainty": 0.9}],
         "apology_only": False},
        {"promises": [], "apology_only": False}, {"promises": [], "apology_only": True}]


def test_a_row_says_itself_when_it_was_given() -> None:
    rows = [{"text": "We'll call you tomorrow", "at": "2026-12-01 09:00"}, {"text": "We'll call you tomorrow", "published_at": "2026-12-02T09:00:00Z"},
            {"text": "We'll call you tomorrow", "at": None}]
    assert [one["promises"][0]["due"][:10] for one in lines(goosh("promises", write(*rows), "--at", "1405-09-01 10:15"))] == [
        "2026-12-02", "2026-12-03", "2026-11-23"]


def test_a_weekday_that_does_not_fit_its_date_is_asked_back() -> None:
    (row,) = lines(goosh("promises", write({"text": "سفارش شما شنبه ۸ آذر تحویل می‌شود"}), *AT))
    (one,) = row["promises"]
    assert one["candidates"] == ["2026-11-29T23:59:59+03:30", "2026-11-28T23:59:59+03:30"] and one["due"] == one["candidates"][0]
    assert one["question"].endswith("موعد یکشنبه ۸ آذر است یا شنبه ۷ آذر؟")


def test_the_hours_and_the_zone_are_those_of_a_configuration_that_may_hold_nothing_else() -> None:
    Path("goosh.toml").write_text('timezone = "Europe/Berlin"\n[paging]\nweekend = ["saturday", "sunday"]\nholidays = ""\n[hours]\nopen = ["08:00-16:00"]\n',
                                  encoding="utf-8")
    (row,) = lines(goosh("promises", write({"text": "We'll reply within 2 business days"}), "--at", "2026-11-26 10:00"))
    assert row["promises"][0]["due"] == "2026-11-30T16:00:00+01:00"
    Path("goosh.toml").write_text('[hours]\nopen = ["8 to 4"]\n', encoding="utf-8")
    said = goosh("promises", "answers.jsonl")
    assert said.code == 2 and "hours.open[0]: '8 to 4' is not a span of the day" in said.err


def test_bad_lines_are_named_by_their_number_and_skipped() -> None:
    said = goosh("promises", write("x", {"text": "We'll call you tomorrow"}, {"text": "a", "at": "soon"}, {"words": "a"}), *AT)
    assert said.code == 1 and len(lines(said)) == 1
    assert "answers.jsonl:1: not JSON" in said.err and "answers.jsonl:4: no string under 'text'" in said.err
    assert "answers.jsonl:3: 'soon' under 'at' or 'published_at' is not a time; write 2026-11-22T10:15" in said.err


def test_a_time_that_is_none_and_a_file_that_is_not_there_are_refused() -> None:
    said = goosh("promises", write({"text": "a"}), "--at", "soon")
    assert said.code == 2 and "'soon' is not a time" in said.err
    said = goosh("promises", "none.jsonl")
    assert said.code == 2 and "none.jsonl: No such file or directory" in said.err


def test_standard_input_is_read_too() -> None:
    assert len(lines(goosh("promises", "-", *AT, answers='{"text": "We will call you by Monday"}\n'))[0]["promises"]) == 1


def test_a_person_gets_a_table_with_the_question_under_its_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(command, "put_table", lambda columns, rows, **_: shown.extend(rows))
    monkeypatch.setattr(command, "put", shown.append)
    read = promises.read("We'll call you on Monday 1 December", datetime(2026, 11, 22, 10, 15, tzinfo=UTC), hours_table())
    command._show([(3, one) for one in read.promises], 5, 1)
    assert shown[0][0] == 3 and "We'll call you" in shown[0][4] and "\n" in shown[0][4]
    assert len(shown) == 2 and ("5" in shown[1] or "۵" in shown[1])
