"""``goosh demo``: its clock calls what the scheduler calls, and what it shows links to no board where there is none."""

from __future__ import annotations

import io
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from alerts.care import ledger
from config.settings import Settings
from listener import demo, scheduler
from listener.app import read_settings
from listener.demo.scenario import load
from listener.types import Mention
from listener.words import Language

START = datetime(2026, 11, 12, 20, 30, tzinfo=UTC)


def settings_at(tmp_path: Path, language: Language = "fa") -> Settings:
    config = tmp_path / "goosh.toml"
    config.write_text(load().config("http://127.0.0.1:9", database=f"sqlite:///{tmp_path / 'd.sqlite'}", language=language), encoding="utf-8")
    return read_settings(config)


def test_the_demos_clock_runs_every_errand_of_the_scheduler_at_its_spacing(tmp_path: Path) -> None:
    done: Counter[str] = Counter()

    def job(name: str) -> Any:
        return lambda *_, **__: done.update([name]) or ()

    app: Any = SimpleNamespace(settings=settings_at(tmp_path), pipeline=SimpleNamespace(once=job("once")), service=SimpleNamespace(promises=job("promises")),
                               care=job("care"), find_topics=job("topics"), write_digests=job("digest"), keep_house=job("keep house"))
    assert [errand.name for errand in scheduler.errands(app)] == ["care", "topics", "digest", "keep house"]
    clock = demo.Clock(START, tmp_path / "clock")
    rounds = list(demo._rounds(app, clock, START + timedelta(days=2), 0.0, Console(file=io.StringIO()), "fa"))
    assert len(rounds) == 288
    assert done == {"once": 288, "care": 288, "topics": 288, "digest": 288, "keep house": 2, "promises": 288}


def test_an_invented_colleague_confirms_the_promises_whose_time_is_plain() -> None:
    said: list[tuple[str, str]] = []
    due = START + timedelta(days=1)
    found = [SimpleNamespace(id="plain", due_at=due, question=None), SimpleNamespace(id="doubtful", due_at=due, question="2026-11-20"),
             SimpleNamespace(id="timeless", due_at=None, question=None)]
    app: Any = SimpleNamespace(settings=SimpleNamespace(brands=[SimpleNamespace(name="b")]), service=SimpleNamespace(
        promises=lambda brand, states: found, confirm_promise=lambda one, who: said.append((one, who))))
    demo.confirm(app, "en")
    assert said == [("plain", "Mina")]


@pytest.mark.parametrize("days_later", range(7))
def test_the_brand_promises_a_call_until_the_next_afternoon_and_she_calls_herself_after_it(tmp_path: Path, days_later: int) -> None:
    play = load().play(START + timedelta(days=days_later))
    promise, call = play.by_id["brand-2"], play.by_id["nazanin-4"]
    (made,), _ = ledger.written(Mention("mastodon", "1", promise.post.text, promise.at), "b", settings_at(tmp_path).working_hours)
    assert made.due_at is not None and promise.at < made.due_at < call.at and made.question is None


def test_without_a_board_no_message_links_to_one(tmp_path: Path) -> None:
    assert demo._without_links(settings_at(tmp_path)).board.link == ""


def test_the_demo_speaks_the_language_it_is_told_in(tmp_path: Path) -> None:
    settings = settings_at(tmp_path, "en")
    assert settings.language == "en" and {one.language for one in settings.receivers} == {"en"}
