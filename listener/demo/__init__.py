"""``goosh demo``: a scenario of our own writing, told in accelerated time through the real house.

The posts are invented (``*.jsonl`` beside this file) and the program says so; everything behind them is what production uses: a local
HTTP server speaks RSS, Atom, JSON Feed, Mastodon's API and Telegram's preview pages, and the same collectors, matcher,
storage, model, rules and receivers work on them, and what else the scheduler does. One act of a person is played: an invented colleague
confirms what the brand promises. Time goes in ticks: every tick moves the clock on and makes one round of
the passes, so that a slow machine takes longer but tells the same story.
"""

from __future__ import annotations

import json
import logging
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from alerts import reach
from alerts.wording import clip, compose, rounded
from config.settings import Settings, data_dir
from dashboard.serve import serve
from listener.app import App, open_app, read_settings
from listener.demo.scenario import Scenario, load
from listener.demo.server import DemoServer
from listener.errors import ConfigError
from listener.scheduler import errands
from listener.types import Alert, Label, Reach, Reason, ScoredMention
from listener.types.care import PromiseState
from listener.words import Language, number, say

TICK = timedelta(minutes=10)
"""Virtual time a round takes: sources are read every ten minutes of the scenario."""

DEFAULT_SPEED = 7_200.0
"""Virtual seconds a real second: ten days in two minutes, if the machine keeps up."""


class Clock:
    """The scenario's time. Moves only when told, and tells the board, another process, through a file."""

    def __init__(self, instant: datetime, file: Path) -> None:
        self.file = file
        self.instant = instant
        self.forward(timedelta(0))

    def __call__(self) -> datetime:
        return self.instant

    def forward(self, span: timedelta) -> None:
        self.instant += span
        written = self.file.with_suffix(".next")
        written.write_text(self.instant.isoformat(), encoding="ascii")
        written.replace(self.file)  # at once: the board never reads half an instant


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demo ends with."""

    mentions: int
    negative_share: float
    reach: Reach
    alerts: tuple[Alert, ...]
    sources: tuple[dict[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "mentions": self.mentions,
            "negative_share": round(self.negative_share, 4),
            "reach": {"low": self.reach.low, "mid": self.reach.mid, "high": self.reach.high},
            "alerts": [{"rule": a.rule, "brand": a.subject, "severity": str(a.severity), "starts_at": a.starts_at.isoformat(),
                        "fired_at": a.fired_at.isoformat(), "fingerprint": a.fingerprint,
                        "evidence": [f"{key.kind}:{key.id}" for key in a.evidence]} for a in self.alerts],
            "sources": list(self.sources),
        }


def run(*, board: bool = True, as_json: bool = False, speed: float = DEFAULT_SPEED, language: Language | None = None) -> Outcome:
    """Tell the scenario to its end, print a summary, and leave the board open until it is interrupted.

    ``speed``: virtual seconds a real second; 0 goes as fast as the machine can. Raises: ListenerError.
    """
    logging.getLogger("goosh").setLevel(logging.ERROR)  # that a source is away is told by an alert, as the story wants it
    scenario = load()
    home = data_dir() / "demo"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    clock = Clock(scenario.start_before(datetime.now(UTC)).astimezone(UTC), home / "clock")
    console = Console(stderr=True)
    with DemoServer(scenario, start=clock.instant, clock=clock) as server:
        config = home / "goosh.toml"
        language = language or "fa"
        config.write_text(scenario.config(server.url, database=f"sqlite:///{home / 'goosh.sqlite'}", language=language), encoding="utf-8")
        settings = _on_a_free_port(read_settings(config)) if board else _without_links(read_settings(config))
        console.print(say("demo.opening", language, brand=scenario.brand, days=scenario.length.days))
        with open_app(settings, now=clock) as app:
            shown = app.start_board(now=clock.file) if board else None
            if shown is not None:
                console.print(say("demo.board", language, url=settings.board.link))
            for _ in _rounds(app, clock, clock.instant + scenario.length, speed, console, language):
                pass
            outcome = conclude(app, scenario)
            if as_json:
                json.dump(outcome.as_json(), sys.stdout, ensure_ascii=False)
                sys.stdout.write("\n")
            else:
                _print(outcome, app, Console(), language)
            sys.stdout.flush()
            if shown is not None:
                console.print(say("demo.leave", language, url=settings.board.link))
                console.print(say("demo.again", language))
                try:
                    shown.wait()
                finally:
                    shown.terminate()
    return outcome


def again(*, language: Language | None = None) -> None:
    """Open the board of the scenario that was told last, at the instant its clock came to, until it is interrupted. Raises: ConfigError."""
    home = data_dir() / "demo"
    config, clock = home / "goosh.toml", home / "clock"
    if not config.exists() or not clock.exists():
        raise ConfigError("goosh demo", [("--again", "no scenario was told on this machine yet; run \"goosh demo\" first")])
    settings = _on_a_free_port(read_settings(config))
    shown = serve(settings, port=settings.board.port, now=clock)
    Console(stderr=True).print(say("demo.leave", language or settings.language, url=settings.board.link))
    try:
        shown.wait()
    finally:
        shown.terminate()


def _without_links(settings: Settings) -> Settings:
    """Return the settings with no board to link to: a link that leads nowhere is worse than none."""
    return settings.model_copy(update={"board": settings.board.model_copy(update={"url": ""})})


def _on_a_free_port(settings: Settings) -> Settings:
    """Return the settings with a port for the board that nobody has: a board of one's own may be running already."""
    for port in (settings.board.port, 0):
        try:
            with socket.create_server((settings.board.bind, port)) as taken:
                found = taken.getsockname()[1]
        except OSError:
            continue
        return settings.model_copy(update={"board": settings.board.model_copy(update={"port": found})})
    return settings


def _rounds(app: App, clock: Clock, end: datetime, speed: float, console: Console, language: Language) -> Iterator[datetime]:
    """Move the clock tick by tick to ``end``; each tick makes one round of the passes, and of what else the scheduler would have done by then."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(say("demo.listening", language), total=(end - clock.instant) / TICK)
        due = {errand.name: clock.instant + errand.first for errand in errands(app)}
        while clock.instant < end:
            began = time.monotonic()
            clock.forward(TICK)
            app.pipeline.once()
            for errand in errands(app):
                if clock.instant >= due[errand.name]:
                    errand.run()
                    due[errand.name] = clock.instant + errand.every
            confirm(app, language)
            progress.advance(task)
            yield clock.instant
            if speed > 0:
                time.sleep(max(0.0, TICK.total_seconds() / speed - (time.monotonic() - began)))


def confirm(app: App, language: Language) -> None:
    """Do the one act of a person that the story needs: an invented colleague confirms what our answers promise, so that it counts."""
    for promise in app.service.promises(app.settings.brands[0].name, states=[PromiseState.FOUND]):
        if promise.due_at is not None and promise.question is None:
            app.service.confirm_promise(promise.id, say("demo.colleague", language))


def conclude(app: App, scenario: Scenario) -> Outcome:
    """Count what the house found about the scenario's brand."""
    mentions = list(_all_mentions(app, scenario.brand))
    scored = [m for m in mentions if m.score]
    negative = [m for m in scored if m.score and m.score.label is Label.NEGATIVE]
    total = reach.total((_account(m), m.reach) for m in negative if m.reach)
    states = tuple({"name": s.name, "kind": s.kind, "mentions": s.mentions, "failing": s.failing_since is not None}
                   for s in app.store.source_states())
    return Outcome(len(mentions), len(negative) / max(1, len(scored)), total,
                   tuple(sorted(app.store.alerts(), key=lambda a: a.fired_at)), states)


def _account(found: ScoredMention) -> str | None:
    author = found.mention.author
    return f"{author.kind}:{author.id}" if author else None


def _all_mentions(app: App, brand: str) -> Iterator[ScoredMention]:
    before = None
    while True:
        page = app.store.mentions(brand=brand, limit=500, before=before)
        yield from page.items
        if page.next is None:
            return
        before = page.next


def _print(outcome: Outcome, app: App, console: Console, language: Language) -> None:
    from rich.markup import escape

    from listener.calendar import format_date

    def written(value: int) -> str:
        return number(value, language)

    zone = app.settings.zone
    console.print(say("demo.summary", language, mentions=outcome.mentions, percent=round(100 * outcome.negative_share),
                      low=rounded(outcome.reach.low), mid=rounded(outcome.reach.mid), high=rounded(outcome.reach.high)))
    table = Table(title=say("demo.alerts", language), show_lines=True)
    for key in ("demo.when", "demo.what", "demo.evidence"):
        table.add_column(say(key, language))
    for alert in outcome.alerts:
        found = app.store.by_keys(alert.evidence, alert.subject)
        message = compose(alert, Reason.FIRST, found, language=language, timezone=zone)
        table.add_row(format_date(alert.fired_at, language, zone), escape(message.title),
                      "\n".join(escape(clip(one.mention.full_text, 120)) for one in message.quoted))
    console.print(table)
    console.print(say("demo.sources", language, names=" · ".join(f"{s['name']} {written(s['mentions'])}" for s in outcome.sources)))
