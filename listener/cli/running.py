"""``goosh run`` and what is around it: one pass, the database's backup, forgetting, and the demo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.terminal import AsJSON, Who, answering, confirm, put, put_json, someone, voice
from listener.errors import ConfigError

if TYPE_CHECKING:
    from config.settings import Settings
    from listener.service import Service

app = typer.Typer(add_completion=False)


def settings_for_work() -> Settings:
    """Return the settings with the log set up and every secret there. Raises: ConfigError."""
    from listener import logs
    from listener.app import read_settings

    settings = read_settings(None)
    settings.require_secrets()
    logs.set_up(settings)
    return settings


@contextmanager
def asking() -> Iterator[tuple[Service, Settings]]:
    """Open the door for a person: settings and service, without the sources' machinery. Refusals become one line."""
    from listener import logs
    from listener.app import read_settings, system_clock
    from listener.service import open_service

    settings = read_settings(None)
    logs.set_up(settings)
    service = open_service(settings, now=system_clock)
    try:
        with answering():
            yield service, settings
    finally:
        service.store.close()


@contextmanager
def reaching(file: Path) -> Iterator[None]:
    """Turn what the system will not tell this user about a file into one line and exit code 1. Raises: StorageError."""
    from listener.errors import StorageError

    try:
        yield
    except OSError as error:
        raise StorageError(str(file), f"cannot be reached ({error.strerror or error}); mend the permissions of its folder or name "
                                      "another file") from None


# ---------------------------------------------------------------------------------------------------- listening

@app.command()
def run(
    board: Annotated[bool, typer.Option("--board/--no-board", help="Whether the board is served too.")] = True,
) -> None:
    """Listen until stopped: collect, score, detect, deliver, and show the board.

    One process a database: a second one refuses. SIGTERM or Ctrl-C let the running pass end, then stop; killing it at any
    moment loses nothing. While the machine's clock is hours apart from every host that answers, the rules do not look and nothing new is
    stored; the log, /healthz and the board say so, and what is queued goes out. /healthz and /metrics answer on this machine at web.port. Exit code 1 when the file of the database is removed
    or replaced while it runs.

    [bold]goosh run[/bold] uses the configuration found here.

    [bold]goosh run --config /etc/goosh/goosh.toml --no-board -v[/bold] is for a service without a screen.
    """
    from listener import scheduler
    from listener.app import open_app

    settings = settings_for_work()
    with open_app(settings) as opened:
        with opened.run_lock():  # where another process runs, that is what is said, and nothing else
            put(started(settings, len(opened.pipeline.sources), board=board))
        if code := scheduler.run(opened, board=board):
            raise typer.Exit(code)


def started(settings: Settings, sources: int, *, board: bool) -> str:
    """Return the one line of ``goosh run``: how much is read, and where board and inbox are."""
    from listener.words import say

    language = voice(settings)
    none = say("run.none", language)
    inbox = settings.web.inbox if settings.web.enabled and any(source.kind == "inbox" for source in settings.sources) else none
    return say("run.started", language, sources=sources, board=settings.board.link if board else none, inbox=inbox)


@app.command()
def once(as_json: AsJSON = False) -> None:
    """Make one pass over everything and exit, for cron: collect, score, detect, look after cases, topics and digests, deliver.

    Says, too, which rules cannot speak for the moment, why, and until when. Exit code 1 when a source could not be read; what others gave is stored all the same. Refuses while another pass or goosh run
    works on the database.

    [bold]goosh once[/bold] prints what was done.

    [bold]*/15 * * * *  goosh once --config /etc/goosh/goosh.toml --json >> /var/log/goosh.jsonl[/bold] is a line for cron.
    """
    from alerts.blindness import tell
    from listener.app import open_app
    from listener.scheduler import errands
    from listener.words import say

    settings = settings_for_work()
    with open_app(settings) as opened, opened.run_lock():  # two that send would send twice
        opened.replies.read()
        done = opened.pipeline.once()
        for errand in errands(opened):
            errand.run()
        done = replace(done, delivered=done.delivered + opened.pipeline.deliver())
        blind = [tell(one, language=voice(settings), timezone=settings.zone, at=opened.now()) for one in opened.service.blind_rules()]
    if as_json:
        put_json({"collected": done.collected, "new": done.new, "scored": done.scored, "delivered": done.delivered,
                  "alerts": [{"fingerprint": a.fingerprint, "rule": a.rule, "subject": a.subject, "severity": str(a.severity),
                              "state": str(a.state)} for a in done.alerts],
                  "failures": list(done.failures), "blind": blind})
    else:
        put(say("cli.once.done", voice(settings), collected=done.collected, new=done.new, scored=done.scored, alerts=len(done.alerts),
                delivered=done.delivered))
        for line in blind:
            put(line)
    if done.failures:  # each stands in the log already
        raise typer.Exit(1)


# ---------------------------------------------------------------------------------------------------- the stored mentions

@app.command()
def rescore(
    score_now: Annotated[bool, typer.Option("--now", help="Score them here and now; else the next pass does.")] = False,
    as_json: AsJSON = False,
) -> None:
    """Score stored mentions again after the model has changed.

    Mentions whose score comes from another model than the configured one are marked; the old score stays until the new one
    is there. A running [bold]goosh run[/bold] takes them up at once.

    [bold]goosh rescore[/bold] marks them.

    [bold]goosh rescore --now -v[/bold] scores them too and says how far it is.
    """
    from listener.app import load_scorer, open_app
    from listener.words import say

    settings = settings_for_work()
    scorer = load_scorer(settings)
    with open_app(settings) as opened:
        marked = opened.store.mark_for_rescoring(scorer.name)
        opened.store.log(someone(None), f"rescore {marked} mentions", scorer.name, opened.now())
        scored = opened.pipeline.analyse() if score_now else 0
    if as_json:
        put_json({"model": scorer.name, "marked": marked, "scored": scored})
    else:
        put(say("cli.rescore.done", voice(settings), model=scorer.name, marked=marked, scored=scored))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the copy goes; must not be there yet.")],
    as_json: AsJSON = False,
) -> None:
    """Copy the database to a file while everything runs.

    The copy is whole and of one moment. It holds what people wrote: keep it as you keep the database.

    [bold]goosh backup /backup/goosh-2026-11-22.gz[/bold] can be restored into SQLite and into PostgreSQL.

    [bold]goosh backup --config team.toml team.gz --json[/bold] prints what it holds, for a script.
    """
    from listener.app import read_settings
    from listener.storage import open_store
    from listener.words import say

    with reaching(file):
        there = file.exists()
    if there:
        raise ConfigError(str(file), [("", "is there already; name a new file")])
    settings = read_settings(None)
    store = open_store(settings.database)
    try:
        rows = store.backup(file)
    finally:
        store.close()
    with reaching(file):
        size = file.stat().st_size
    if as_json:
        put_json({"file": str(file), "bytes": size, "rows": rows})
    else:
        put(say("cli.backup.done", voice(settings), file=str(file), size=round(size / 1e6, 1), mentions=rows.get("mention", 0)))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that \"goosh backup\" wrote.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether the present database may go.")] = False,
) -> None:
    """Put a backup in the place of the database.

    Everything collected since the backup is gone from the database; make a backup of it first. Refuses while goosh runs.

    [bold]goosh restore /backup/goosh-2026-11-22.gz[/bold] asks before it does so.

    [bold]goosh restore --yes /backup/goosh-2026-11-22.gz[/bold] does not ask.
    """
    from listener.app import read_settings
    from listener.storage import restore_backup, run_lock
    from listener.words import say

    with reaching(file):
        there = file.is_file()
    if not there:
        raise ConfigError(str(file), [("", "no such file")])
    settings = read_settings(None)
    confirm("What the database holds now is replaced by the backup. Go on?", yes)
    with run_lock(settings.database):  # not under the feet of a process that collects
        rows = restore_backup(settings.database, file)
    put(say("cli.restore.done", voice(settings), file=str(file), mentions=rows.get("mention", 0)))


@app.command()
def forget(
    author: Annotated[str, typer.Option("--author", metavar="KIND:ID", help="As in a mention: mastodon:sara@example.social.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    who: Who = None,
    as_json: AsJSON = False,
) -> None:
    """Delete everything that is stored about a person: mentions, old texts, payloads, scores, vectors, corrections, and what names them in
    cases, promises, messages and digests; under this account and all that are linked to it. The same as "goosh customer forget".

    Our own answers to this person are deleted too, and their name and handle are taken out of our other answers, of logs and of promises;
    promises to them that were open end as "its customer was forgotten". Answers that were changed so are not read anew.

    It cannot be undone, and mentions of this person are not stored again. Backups made before still hold them.

    [bold]goosh forget --author mastodon:sara@example.social[/bold] asks first.

    [bold]goosh forget --author telegram:channel --yes --json[/bold] prints what was deleted.
    """
    kind, _, identity = author.partition(":")
    if not kind or not identity:
        raise ConfigError("goosh forget", [("--author", f"{author!r} is not KIND:ID; write for example mastodon:sara@example.social")])
    confirm(f"Delete everything stored about {author}? This cannot be undone.", yes)
    with asking() as (service, settings):
        tell_forgotten(dict(service.forget_customer(author, someone(who))), settings, as_json=as_json)


def tell_forgotten(gone: dict[str, int], settings: Settings, *, as_json: bool) -> None:
    """Say how much was deleted."""
    from listener.words import say

    if as_json:
        put_json({"deleted": gone})
    else:
        language = voice(settings)
        put(say("cli.forget.done", language, rows=sum(gone.values()),
                what=("، " if language == "fa" else ", ").join(say(f"cli.forget.{noun}", language, n=count) for noun, count in gone.items() if count) or "–"))


# ---------------------------------------------------------------------------------------------------- demo

@app.command()
def demo(
    board: Annotated[bool, typer.Option("--board/--no-board", help="Whether the board is shown, and left open at the end.")] = True,
    speed: Annotated[float | None, typer.Option("--speed", metavar="N", min=0.0,
                                                help="Seconds of the scenario in one second, 7200 where not said; 0 is as fast as this machine can.")] = None,
    language: Annotated[str | None, typer.Option("--language", metavar="fa|en", help="To tell it in.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Open the board of the last one once more, where its clock stopped.")] = False,
    as_json: AsJSON = False,
) -> None:
    """Watch a storm of complaints pass through the whole program, from a packaged scenario.

    The brand and the posts are invented and served from this machine; collectors, storage, model, rules and receivers are
    those of production. It needs no account, no configuration and no network, and takes about two minutes on two idle cores.

    [bold]goosh demo[/bold] leaves the board open until Ctrl-C.

    [bold]goosh demo --again[/bold] opens that board later, on the scenario's own clock.

    [bold]goosh demo --no-board --json[/bold] prints one object at the end and exits.
    """
    from typing import get_args

    from config.settings import Language
    from listener import demo as scenario

    if language is not None and language not in get_args(Language):
        raise ConfigError("goosh demo", [("--language", f"{language!r} is not allowed; allowed: fa, en")])
    speak: Language | None = None if language is None else "fa" if language == "fa" else "en"
    if again:
        scenario.again(language=speak)
        return
    scenario.run(board=board, as_json=as_json, language=speak, speed=scenario.DEFAULT_SPEED if speed is None else speed)
