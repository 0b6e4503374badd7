"""The scheduler calls often enough for every source, all of them spread, and leaves to the pipeline what is due."""

from __future__ import annotations

import os
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from listener import scheduler
from listener.errors import StorageError
from listener.match import Matcher
from listener.pipeline import Pipeline, Source
from listener.scheduler import plan
from listener.storage import open_store
from listener.types import Brand
from tests.fakes import CannedScorer, FakeClock, FakeCollector

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def an_app(tmp_path: Path, sources: list[Source]) -> Any:
    store = open_store(f"sqlite:///{tmp_path / 'goosh.sqlite'}")
    pipeline = Pipeline(store=store, sources=sources, brands=[], matcher=Matcher([Brand("x")]), scorer=CannedScorer, rules={},
                        receivers=[], now=FakeClock(), timezone=ZoneInfo("UTC"))
    return cast(Any, SimpleNamespace(pipeline=pipeline, find_topics=lambda: None, care=lambda: None, doubt_clock=lambda: None, write_digests=lambda: None, keep_house=lambda: None, storage_error=None, gone=False, store=store, heartbeat=None,
                                     run_lock=nullcontext, settings=SimpleNamespace(web=SimpleNamespace(enabled=False)),
                                     replies=SimpleNamespace(read=lambda: 0)))


def some(count: int) -> list[Source]:
    return [Source(f"s{number}", "rss", FakeCollector(), 10 * MINUTE, 2 * HOUR, min_interval=2 * MINUTE) for number in range(count)]


def jobs(app: Any) -> dict[str, Any]:
    schedule = plan(app)
    schedule.start(paused=True)
    found = {job.id: job for job in schedule.get_jobs()}
    schedule.shutdown()
    return found


def test_each_source_is_called_at_its_shortest_interval(tmp_path: Path) -> None:
    assert jobs(an_app(tmp_path, some(1)))["collect s0"].trigger.interval == 2 * MINUTE


def test_a_thousand_sources_do_not_begin_at_once_and_a_few_do(tmp_path: Path) -> None:
    first = sorted(job.next_run_time for name, job in jobs(an_app(tmp_path, some(1000))).items() if name.startswith("collect"))
    within = [at for at in first if at < first[0] + timedelta(seconds=1)]
    assert len(within) <= 21 and first[-1] - first[0] < MINUTE
    assert first[4] - datetime.now(UTC) < timedelta(seconds=1)


def test_a_call_reads_the_source_only_when_it_is_due(tmp_path: Path) -> None:
    app = an_app(tmp_path, some(1))
    collector, clock = app.pipeline.sources[0].collector, app.pipeline.now
    call = jobs(app)["collect s0"].func
    for _ in range(10):
        call()
        clock.forward(minutes=2)
    assert collector.asked == 2


def test_growth_is_asked_for_every_five_minutes_and_stops_with_the_rest(tmp_path: Path) -> None:
    app = an_app(tmp_path, some(3))
    asked: list[str] = []
    app.pipeline = SimpleNamespace(sources=app.pipeline.sources, stopping=app.pipeline.stopping, detect=None, deliver=None, tidy=None, analyse=None, receivers=[],
                                   refresh=lambda source: asked.append(source.name))
    job = jobs(app)["refresh"]
    assert job.trigger.interval == 5 * MINUTE
    job.func()
    app.pipeline.stopping.set()
    job.func()
    assert asked == ["s0", "s1", "s2"]


def test_what_the_database_cannot_do_is_remembered_until_it_can(tmp_path: Path) -> None:
    app = an_app(tmp_path, some(1))
    broken = True

    def keep_house() -> None:
        if broken:
            raise StorageError("house", "the disk is full")

    app.keep_house = keep_house
    job = jobs(app)["keep house"]
    job.func()
    assert app.storage_error == "house: the disk is full"
    broken = False
    job.func()
    assert app.storage_error is None


def test_a_source_that_somebody_resumes_is_called_within_seconds_however_seldom_it_is_read(tmp_path: Path) -> None:
    seldom = Source("daily", "rss", FakeCollector(), timedelta(days=1), timedelta(days=3))
    app = an_app(tmp_path, [seldom])
    schedule = plan(app)
    schedule.start(paused=True)
    try:
        call, wake = schedule.get_job("collect daily"), schedule.get_job("wake")
        call.func()
        call.modify(next_run_time=datetime.now(UTC) + 4 * HOUR)
        wake.func()
        assert schedule.get_job("collect daily").next_run_time > datetime.now(UTC) + 3 * HOUR
        app.store.pause_source("daily", True)
        app.store.pause_source("daily", False)
        wake.func()
        assert schedule.get_job("collect daily").next_run_time <= datetime.now(UTC)
        assert wake.trigger.interval <= timedelta(seconds=15)
    finally:
        schedule.shutdown()


@pytest.mark.skipif(os.name == "nt", reason="Windows does not let go of an open file")
def test_a_database_whose_file_is_removed_is_said_once_shown_and_ends_the_process(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(scheduler, "LAST_WORDS", timedelta(0))
    app = an_app(tmp_path, some(1))

    def removed(app: Any) -> Any:
        for file in tmp_path.glob("*.sqlite*"):
            file.unlink()
        return plan(app)

    monkeypatch.setattr(scheduler, "plan", removed)
    assert scheduler.run(app, board=False) == 1
    assert caplog.text.count("the tables are gone: the file was removed or replaced") == 1 and "Traceback" not in caplog.text
    assert not list(tmp_path.rglob("*.sqlite")), "no new empty database in its place"
