"""Calls the passes at their times, in one process, until it is told to stop.

APScheduler 3.11: a job a source (its own interval, jitter, never two at once), and one each for scoring, detecting,
delivering and the daily house-keeping. Why threads: passes wait on the network and on the database; scoring releases
the interpreter inside the model's engine. One scheduler a database (``storage.lock``), because two fire twice.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from datetime import timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from listener.app import App
from listener.pipeline import Source
from listener.web import serve

log = logging.getLogger("goosh.scheduler")

ANALYSE_EVERY = timedelta(seconds=5)
DETECT_EVERY = timedelta(seconds=15)
DELIVER_EVERY = timedelta(seconds=3)
KEEP_HOUSE_EVERY = timedelta(hours=24)
GRACE = timedelta(minutes=5)  # a pass that is late by less still runs; the library's default of one second drops it


def run(app: App, *, board: bool = True) -> None:
    """Listen until SIGTERM or SIGINT, then let running passes end and stop.

    Raises: StorageError when another process already runs on this database.
    """
    stop = threading.Event()
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):  # SIGBREAK: Windows' way to end a console program
        if number := getattr(signal, name, None):
            signal.signal(number, lambda _number, _frame: stop.set())
    with app.run_lock():
        schedule = plan(app)
        web = serve(app.health, port=app.settings.web.port) if app.settings.web.enabled else None
        shown = app.start_board() if board else None
        schedule.start()
        try:
            while not stop.wait(1.0):
                if shown is not None and shown.poll() is not None:
                    log.error("board: stopped with exit code %s; listening goes on without it", shown.returncode)
                    shown = None
        finally:
            log.info("stopping: running passes are let to end")
            schedule.shutdown(wait=True)
            if web is not None:
                web.close()
            if shown is not None:
                shown.terminate()
                shown.wait(timeout=10)


def plan(app: App) -> BackgroundScheduler:
    """Return a scheduler with every pass planned, not started."""
    pipeline = app.pipeline
    schedule = BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(8), "single": ThreadPoolExecutor(4)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": int(GRACE.total_seconds())})

    def every(interval: timedelta, job: Callable[[], object], name: str, *, executor: str = "single", jitter: int = 0) -> None:
        schedule.add_job(job, "interval", seconds=interval.total_seconds(), id=name, executor=executor, jitter=jitter or None)

    for source in pipeline.sources:
        jitter = int(min(source.interval.total_seconds() / 10, 30))
        every(source.interval, _collecting(app, source), f"collect {source.name}", executor="default", jitter=jitter)
        schedule.add_job(_collecting(app, source), id=f"first collect {source.name}", executor="default")
    every(ANALYSE_EVERY, pipeline.analyse, "analyse")
    every(DETECT_EVERY, pipeline.detect, "detect")
    every(DELIVER_EVERY, pipeline.deliver, "deliver")
    every(KEEP_HOUSE_EVERY, app.keep_house, "keep house")
    return schedule


def _collecting(app: App, source: Source) -> Callable[[], None]:
    def collect() -> None:
        if app.pipeline.due(source):
            app.pipeline.collect(source)

    return collect
