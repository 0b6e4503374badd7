"""``goosh check``: what the configuration says, what is wrong with it, and whom it calls."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.terminal import AsJSON, complain, local, put, put_json, put_table, voice
from listener.errors import CollectError, ConfigError
from listener.types import Batch

if TYPE_CHECKING:
    from config.settings import ReceiverSettings, Settings
    from listener.app import App
    from listener.pipeline import Source
    from listener.words import Language

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of reading one source once."""

    source: str
    ok: bool
    mentions: int
    matched: int
    newest_at: datetime | None
    note: str | None  # what went wrong, or what the source says about itself


@dataclass(frozen=True, slots=True)
class Reached:
    """Whether a receiver could be reached, as far as its service tells without a message; ``ok`` None: it does not."""

    receiver: str
    ok: bool | None
    note: str | None


@app.command()
def check(
    live: Annotated[bool, typer.Option("--live", help="Read each source once and knock at each receiver; nothing is stored or sent.")] = False,
    as_json: AsJSON = False,
) -> None:
    """Say what is wrong with the configuration, all of it at once; with --live, try each source and receiver.

    Lists brands, sources, rules and receivers as they are understood; how cases are looked after, and the working hours that their due
    times count, with the next holiday; who is on duty now and next, when people are left in peace, the
    holidays ahead, people whom nothing reaches and receivers that nobody uses; secrets whose environment variable is not set; sources
    that can never be read as things stand: terms not accepted, a file that is not there, an inbox without a token of its own; a
    heartbeat whose address is private and never asked.
    --live also asks bots and mail servers whether they would take a message, without one; other receivers only tell by
    [bold]goosh alerts test[/bold]. Exit code 2 when the configuration cannot be used as it is, 1 when a source cannot be read or a
    receiver not be reached.

    [bold]goosh check --config team.toml[/bold] looks at one file.

    [bold]goosh check --live --json[/bold] is for a program that watches over this one.
    """
    from listener.app import read_settings

    try:
        settings = read_settings(None)
    except ConfigError as error:
        if as_json:
            put_json({"ok": False, "file": error.where, "problems": [{"path": path, "message": text} for path, text in error.problems]})
            raise typer.Exit(2) from None
        raise
    from listener.cli.readiness import problems

    missing, never = settings.missing_secrets(), problems(settings)
    trials = _try_sources(settings, {secret.path for secret in missing}) if live else []
    reached = _knock(settings) if live else []
    if as_json:
        put_json(_as_json(settings, trials if live else None, never, reached if live else None))
    else:
        _show(settings, trials, never, reached)
    if missing or never:
        raise typer.Exit(2)
    if any(not trial.ok for trial in trials) or any(one.ok is False for one in reached):
        raise typer.Exit(1)


def _as_json(settings: Settings, trials: Sequence[Trial] | None, never: Sequence[tuple[str, str]],
             reached: Sequence[Reached] | None) -> dict[str, Any]:
    from listener.app import system_clock
    from listener.cli import duty, office
    from listener.cli.terminal import jsonable

    found: dict[str, Any] = {
        "ok": True, "file": str(settings.path) if settings.path else None, "problems": [{"path": path, "message": text} for path, text in never],
        "brands": [{"name": b.name, "peer": b.peer, "aliases": list(b.aliases), "queries": list(b.queries)} for b in settings.brands],
        "sources": [{"name": s.name, "kind": s.kind, "interval_seconds": s.interval.total_seconds(), "paused": s.paused}
                    for s in settings.sources],
        "rules": [{"kind": rule.kind} for rule in settings.rules],
        "receivers": [{"name": r.name, "kind": r.kind, "min_severity": str(r.min_severity)} for r in settings.receivers],
        "paging": duty.as_json(settings, system_clock()),
        "hours": office.as_json(settings, system_clock()),
        "missing_secrets": [{"path": secret.path, "variable": secret.variable} for secret in settings.missing_secrets()],
    }
    if trials is not None:
        found["live"] = jsonable(trials)
    if reached is not None:
        found["reached"] = jsonable(reached)
    found["ok"] = (not never and not found["missing_secrets"] and all(trial.ok for trial in trials or ())
                   and all(one.ok is not False for one in reached or ()))
    return found


def _written(span: timedelta, language: Language) -> str:
    """Return a span of time in the reader's words."""
    from config.settings import write_duration
    from listener.cli.sources import span_words

    return span_words(span, language) if language == "fa" else write_duration(span)


def _show(settings: Settings, trials: Sequence[Trial], never: Sequence[tuple[str, str]], reached: Sequence[Reached]) -> None:
    from config.sentences import called
    from listener.app import system_clock
    from listener.cli import duty, office
    from listener.words import say

    language = voice(settings)

    def words(*keys: str) -> list[str]:
        return [say(f"cli.{key}", language) for key in keys]

    put(say("cli.check.file", language, file=str(settings.path or settings.where)))
    put_table(words("brand", "kind", "aliases", "queries"), [
        (b.name, say("cli.peer" if b.peer else "cli.own", language), "، ".join(b.aliases), len(b.queries) or None)
        for b in settings.brands])
    if settings.sources:
        put_table(words("source", "kind", "interval", "stale_after"), [
            (s.name + (f" ({say('cli.paused', language)})" if s.paused else ""), s.kind, _written(s.interval, language), _written(s.stale_after, language)) for s in settings.sources])
    else:
        put(say("cli.check.no_sources", language))
    put_table(words("rule"), [(rule.name,) for rule in settings.rules])
    put_table(words("receiver", "kind", "from_severity"), [(r.name, r.kind, str(r.min_severity)) for r in settings.receivers])
    _care(settings, language)
    for line in office.lines(settings, system_clock(), language):
        put(line)
    sound = duty.show(settings, system_clock())
    for secret in settings.missing_secrets():
        complain(f"{settings.where}: {called(secret.path, settings.names)}: environment variable {secret.variable!r} is not set; "
                 "set it before \"goosh run\"")
    for path, text in never:
        complain(f"{settings.where}: {called(path, settings.names)}: {text}")
    if trials:
        put_table(words("source", "result", "mentions", "about_us", "newest"), [
            (t.source, say("cli.ok" if t.ok else "cli.failed", language) + (f": {t.note}" if t.note else ""), t.mentions if t.ok else None,
             t.matched if t.ok else None, local(t.newest_at, settings))
            for t in trials])
    if told := [one for one in reached if one.ok is not None]:
        put_table(words("receiver", "result"), [
            (one.receiver, say("cli.ok" if one.ok else "cli.failed", language) + (f": {one.note}" if one.note else "")) for one in told])
    failed, lacking = sum(not trial.ok for trial in trials), len(settings.missing_secrets())
    if deaf := sum(one.ok is False for one in reached):
        put(say("cli.check.receivers_failed", language, count=deaf))
    if failed:
        put(say("cli.check.some_failed", language, count=failed))
    elif deaf:
        pass
    elif never:
        if sources := {path.partition(".")[0] for path, _ in never if path.startswith("sources[")}:
            put(say("cli.check.never", language, count=len(sources)))
        if any(path.startswith("heartbeat") for path, _ in never):
            put(say("cli.check.heartbeat", language))
    elif lacking:
        put(say("cli.check.lacking", language, count=lacking))
    else:
        put(say("cli.check.fine" if sound else "duty.holes", language))


def _care(settings: Settings, language: Language) -> None:
    """Say how cases are looked after: what opens one, who they belong to, where they may go, until when the first answer is due."""
    from listener.words import say

    care, none = settings.care, say("cli.check.care.none", language)
    put(say("cli.check.care", language, opened=", ".join(care.opened_by) or none, units="، ".join(care.units) or none, to=", ".join(care.hand_over) or none,
            answers=" / ".join(_written(one.answer, language) for one in (care.P1, care.P2, care.P3))))



def _try_sources(settings: Settings, missing: set[str]) -> list[Trial]:
    """Read every source once, side by side, and keep nothing.

    On the house's own database where there is one, because budgets of paid sources are kept there; else on one that is thrown away.
    """
    from config.settings import sqlite_path, sqlite_url
    from listener.app import open_app

    lacking = {int(place[1]) for path in missing if (place := re.match(r"sources\[(\d+)\]", path))}
    unready = [Trial(s.name, False, 0, 0, None, "its secret is not set") for i, s in enumerate(settings.sources) if i in lacking]
    ready = tuple(s for i, s in enumerate(settings.sources) if i not in lacking)
    with tempfile.TemporaryDirectory(prefix="goosh-check-", ignore_cleanup_errors=True) as folder:
        own = sqlite_path(settings.database)
        there = own is None or own.exists()
        spare = settings.model_copy(update={"database": settings.database if there else sqlite_url(Path(folder, "check.sqlite")),
                                            "sources": ready, "receivers": ()})
        opened = open_app(spare)
        try:
            with ThreadPoolExecutor(max_workers=8) as pool:
                tried = list(pool.map(lambda source: _try(opened, source), opened.pipeline.sources))
        finally:
            opened.close()
    order = {s.name: i for i, s in enumerate(settings.sources)}
    return sorted([*tried, *unready], key=lambda trial: order[trial.source])


def _knock(settings: Settings) -> list[Reached]:
    """Ask the service of each receiver whether it would take a message, side by side; most only tell when there is one."""
    from alerts.notifiers import NOTIFIERS
    from listener.errors import NotifyError

    def knock(receiver: ReceiverSettings) -> Reached:
        notifier = NOTIFIERS.load(receiver.kind)(receiver.name, NOTIFIERS.options(receiver.kind)(**receiver.options))
        if not hasattr(notifier, "probe"):
            return Reached(receiver.name, None, None)
        try:
            notifier.probe()
        except NotifyError as error:
            return Reached(receiver.name, False, error.what)
        return Reached(receiver.name, True, None)

    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(knock, settings.receivers))


def _try(opened: App, source: Source) -> Trial:
    try:
        batch: Batch = source.collector.collect(None)
    except CollectError as error:
        return Trial(source.name, False, 0, 0, None, error.what)
    matcher = opened.pipeline.matcher
    matched = sum(bool(source.about or matcher.match(m, source=source.name, language=m.language)) for m in batch.mentions)
    newest = max((m.published_at for m in batch.mentions), default=None)
    return Trial(source.name, True, len(batch.mentions), matched, newest, batch.reason)
