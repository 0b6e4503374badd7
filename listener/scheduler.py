"""Calls the passes at their times, in one process, until it is told to stop.

APScheduler 3.11: a job a source (called at its shortest interval, never two at once; the pipeline knows whether it is due), and
one each for scoring, detecting, delivering, the growth of recent mentions, sources that people resumed and the daily house-keeping. Why threads: passes wait on the network and on the database; scoring releases
the interpreter inside the model's engine. One scheduler a database (``storage.lock``), because two fire twice.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from listener.app import App
from listener.errors import ConfigError, StorageError
from listener.pipeline import Source
from listener.service.farewell import farewell
from listener.web import Web, serve

log = logging.getLogger("goosh.scheduler")

ANALYSE_EVERY = timedelta(seconds=5)
DETECT_EVERY = timedelta(seconds=1)  # mostly a glance: nothing closed, nothing was scored
DELIVER_EVERY = timedelta(seconds=1)  # to each receiver, so that none waits for one that hangs
HEAR_EVERY = timedelta(seconds=3)  # answers of people in the chats of bots
TIDY_OUTBOX_EVERY = timedelta(minutes=1)  # of what nobody else sends: its receiver left the configuration, or the clock was ahead
REFRESH_EVERY = timedelta(minutes=5)
TOPICS_EVERY = timedelta(minutes=1)
CARE_EVERY = timedelta(seconds=15)
DIGEST_EVERY = timedelta(seconds=30)  # mostly a glance: nothing fell due
WAKE_EVERY = timedelta(seconds=15)  # how soon a source that somebody resumed is read, however seldom it is usually called
KEEP_HOUSE_EVERY = timedelta(hours=24)
FIRST_BEAT = timedelta(seconds=5)  # by then the rules have usually looked once: a restart is no alarm outside
APART = timedelta(milliseconds=50)  # first readings of two sources: a thousand of them begin within a minute
LONGEST_GOODBYE = timedelta(seconds=20)
MOST_SENDING = 16  # messages on their way at once
LAST_WORDS = timedelta(seconds=20)  # so long /healthz tells that the database is gone, before the process ends
GRACE = timedelta(minutes=5)  # a pass that is late by less still runs; the library's default of one second drops it


def run(app: App, *, board: bool = True) -> int:
    """Listen until SIGTERM or SIGINT, then let running passes end and stop. Return the exit code: 1 where the database was lost.

    Raises: StorageError when another process already runs on this database.
    """
    stop = app.pipeline.stopping

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(130)  # asked twice: every pass may be killed at any moment
        stop.set()

    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):  # SIGBREAK: Windows' way to end a console program
        if number := getattr(signal, name, None):
            signal.signal(number, ask_to_stop)
    with app.run_lock():
        app.pipeline.begin()
        app.doubt_clock()
        schedule = plan(app)
        web = _serve(app) if app.settings.web.enabled else None
        shown = _show(app) if board else None
        schedule.start()
        drift = Drift()
        try:
            while not stop.wait(1.0):
                if _lost(app):
                    schedule.pause()
                    stop.wait(LAST_WORDS.total_seconds())
                    stop.set()
                    break
                if shown is not None and shown.poll() is not None:
                    log.error("board: stopped with exit code %s; listening goes on without it", shown.returncode)
                    shown = None
                if drift.jumped():
                    log.warning("the clock was set; every pass is planned anew")
                    for job in schedule.get_jobs():
                        job.modify(next_run_time=datetime.now(UTC))
        finally:
            log.info("stopping: running passes are let to end")
            if web is not None:
                web.close()
            if shown is not None:
                _end(shown)
            ending = threading.Thread(target=schedule.shutdown, daemon=True)
            ending.start()
            ending.join(LONGEST_GOODBYE.total_seconds())
            if ending.is_alive():
                log.warning("a pass did not end within %s; leaving it, what it had not stored is read again", LONGEST_GOODBYE)
                logging.shutdown()
                os._exit(int(app.gone))
    return int(app.gone)


def _lost(app: App) -> bool:
    """Whether the database is no longer there; it is said once, by whoever sees it first."""
    try:
        app.store.check_file()
    except StorageError as error:
        _note(app, error)
    return app.gone


def _note(app: App, error: StorageError) -> None:
    if app.storage_error != str(error):
        app.storage_error = str(error)
        log.error("%s", error)
    app.gone = app.gone or error.gone


def _serve(app: App) -> Web:
    return serve(app.health, bind=app.settings.web.bind, port=app.settings.web.port, inboxes=app.inboxes(), farewell=partial(farewell, app.service),
                 desk=app.desk())


def _show(app: App) -> subprocess.Popen[bytes] | None:
    try:
        return app.start_board()
    except ConfigError as error:  # listening matters more than showing
        log.error("%s; listening goes on without the board", error)
        return None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()


class Drift:
    """Notices when somebody sets the clock: jobs are planned by it, and would wait for hours."""

    LEAST = timedelta(minutes=1)

    def __init__(self) -> None:
        self._apart = time.time() - time.monotonic()

    def jumped(self) -> bool:
        """Whether wall clock and monotonic clock have parted since the last look."""
        apart = time.time() - time.monotonic()
        moved = abs(apart - self._apart) > self.LEAST.total_seconds()
        self._apart = apart
        return moved


@dataclass(frozen=True, slots=True)
class Errand:
    """Something that is looked after besides the passes: how often, how long after a start, and whether it may take its time."""

    name: str
    every: timedelta
    run: Callable[[], object]
    first: timedelta
    slow: bool = False


def errands(app: App) -> tuple[Errand, ...]:
    """Return what is done besides the passes: by the scheduler, in one round of ``goosh once``, and on the clock of the demonstration."""
    return (Errand("care", CARE_EVERY, app.care, timedelta(seconds=30)),
            Errand("topics", TOPICS_EVERY, app.find_topics, timedelta(minutes=2), slow=True),
            Errand("digest", DIGEST_EVERY, app.write_digests, timedelta(seconds=20), slow=True),
            Errand("keep house", KEEP_HOUSE_EVERY, app.keep_house, timedelta(minutes=1)))


def plan(app: App) -> BackgroundScheduler:
    """Return a scheduler with every pass planned, not started."""
    pipeline = app.pipeline
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns each time a pass is still at work when the next is due
    schedule = BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(8), "single": ThreadPoolExecutor(4), "slow": ThreadPoolExecutor(1),
                   "hearing": ThreadPoolExecutor(1),
                   "heartbeat": ThreadPoolExecutor(1),  # a source that hangs must not make us look dead
                   "sending": ThreadPoolExecutor(max(1, min(len(pipeline.receivers), MOST_SENDING)))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": int(GRACE.total_seconds())})

    def every(interval: timedelta, job: Callable[[], object], name: str, *, executor: str = "single",
              first: timedelta = timedelta(0)) -> None:
        schedule.add_job(_guarded(app, job), "interval", seconds=interval.total_seconds(), id=name, executor=executor,
                         next_run_time=datetime.now(UTC) + first)

    for number, source in enumerate(pipeline.sources):
        every(source.pace.floor, _collecting(app, source), f"collect {source.name}", executor="default", first=number * APART)
    every(ANALYSE_EVERY, pipeline.analyse, "analyse")
    heart = app.heartbeat
    every(DETECT_EVERY, heart.watching(pipeline.detect) if heart else pipeline.detect, "detect")
    if heart:
        every(heart.every, heart.beat, "heartbeat", executor="heartbeat", first=FIRST_BEAT)
    for receiver in pipeline.receivers:
        every(DELIVER_EVERY, partial(pipeline.deliver, receiver.name), f"deliver to {receiver.name}", executor="sending")
    every(HEAR_EVERY, app.replies.read, "hear", executor="hearing")
    every(TIDY_OUTBOX_EVERY, pipeline.tidy, "tidy the outbox", executor="slow")
    every(REFRESH_EVERY, _refreshing(app), "refresh", executor="slow", first=timedelta(minutes=1))
    for errand in errands(app):
        every(errand.every, errand.run, errand.name, executor="slow" if errand.slow else "single", first=errand.first)
    every(WAKE_EVERY, _waking(app, schedule), "wake", first=WAKE_EVERY)
    return schedule


def _guarded(app: App, job: Callable[[], object]) -> Callable[[], None]:
    """Return the job; what the database cannot do is said once, shown by /healthz, and tried again at the next turn."""

    def run_job() -> None:
        if app.gone:
            return
        try:
            job()
        except StorageError as error:
            _note(app, error)
        else:
            if not app.gone:
                app.storage_error = None

    return run_job


def _collecting(app: App, source: Source) -> Callable[[], None]:
    def collect() -> None:
        app.pipeline.visit(source)

    return collect


def _waking(app: App, schedule: BackgroundScheduler) -> Callable[[], None]:
    def wake() -> None:
        for name in app.pipeline.woken():
            if job := schedule.get_job(f"collect {name}"):
                job.modify(next_run_time=datetime.now(UTC))

    return wake


def _refreshing(app: App) -> Callable[[], None]:
    def refresh() -> None:
        for source in app.pipeline.sources:
            if app.pipeline.stopping.is_set():
                return
            app.pipeline.refresh(source)

    return refresh
