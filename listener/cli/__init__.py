"""The command line: ``goosh``. No logic here; a command asks ``app`` or ``service`` and prints what comes back.

Every command is one row of ``COMMANDS``: its module is imported when the command runs, not before, so that ``goosh --help``
loads no model, no database and no board (``tests/benchmarks/test_cli_import_time.py``). ``--config`` and ``-v`` are added to
each command here, so that they work everywhere and no command has to think of them.

Exit codes: 0 all is well, 1 something failed, 2 the command line or the configuration is wrong, 130 interrupted.
Expected errors (``ListenerError``) are printed as one line each without a traceback; anything else is a bug and shows itself.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from listener.errors import ConfigError, ListenerError


class Command(NamedTuple):
    name: str
    module: str
    panel: str
    help: str  # one line for the list; the command's own docstring says the rest


START, LISTEN, PEOPLE, JUDGE, KEEP = "Set up", "Listen", "Alerts", "Sentiment", "Data"

COMMANDS = (
    Command("demo", "listener.cli.running", START, "Watch a storm of complaints pass through the whole program, from a packaged scenario."),
    Command("init", "listener.cli.setup", START, "Write a configuration by answering a few questions."),
    Command("check", "listener.cli.check", START, "Say what is wrong with the configuration, and who is on duty; with --live, try each source."),
    Command("doctor", "listener.cli.doctor", START, "Say what is wrong with this installation, and what to do about it."),
    Command("password", "listener.cli.password", START, "Hash a password for the board."),
    Command("run", "listener.cli.running", LISTEN, "Listen until stopped: collect, score, detect, deliver, and show the board."),
    Command("once", "listener.cli.running", LISTEN, "Make one pass over everything and exit, for cron."),
    Command("sources", "listener.cli.sources", LISTEN, "List the sources and how they are; test, show, pause, resume, confirm one; list the kinds."),
    Command("watch", "listener.cli.watch", LISTEN, "Listen for a name at once, without an account or a configuration."),
    Command("topics", "listener.cli.topics", LISTEN, "List what people complain about these days; name the aspects of texts in a file."),
    Command("search", "listener.cli.search", LISTEN, "Find posts that say the same as a sentence or another post, in either language."),
    Command("alerts", "listener.cli.alerts", PEOPLE, "Look at alerts, take them, answer them, resolve them, silence them, judge them."),
    Command("cases", "listener.cli.cases", PEOPLE, "Look after customers: open, assign, answer and resolve their cases; keep promises."),
    Command("customer", "listener.cli.customer", PEOPLE, "Know a customer: who it is, what they said and rated; link, export or forget one."),
    Command("digest", "listener.cli.digest", PEOPLE, "Print, write or send the digest of a week: what changed, why, what to decide."),
    Command("rules", "listener.cli.rules", PEOPLE, "List the rules with how often they were right; switch, demote or promote one."),
    Command("replay", "listener.cli.replay", PEOPLE, "Try rules on the past before they call anybody."),
    Command("detect", "listener.cli.detect", PEOPLE, "Run the spike rule over a file of times and counts."),
    Command("drill", "listener.cli.drill", PEOPLE, "Call the people on duty for an exercise, marked as one."),
    Command("promises", "listener.cli.promises", PEOPLE, "Find what answers in a file promised, and when it is due."),
    Command("score", "listener.cli.sentiment", JUDGE, "Score texts."),
    Command("evaluate", "listener.cli.sentiment", JUDGE, "Measure a model on labelled texts."),
    Command("explain", "listener.cli.sentiment", JUDGE, "Show which words moved a score."),
    Command("train", "listener.cli.sentiment", JUDGE, "Train the packaged model anew."),
    Command("rescore", "listener.cli.running", JUDGE, "Score stored mentions again after the model has changed."),
    Command("import", "listener.cli.files", KEEP, "Read mentions from a file."),
    Command("parse", "listener.cli.files", KEEP, "Print the mentions that a saved payload yields."),
    Command("backup", "listener.cli.running", KEEP, "Copy the database to a file while everything runs."),
    Command("restore", "listener.cli.running", KEEP, "Put a backup in the place of the database."),
    Command("forget", "listener.cli.running", KEEP, "Delete everything that is stored about an author."),
)


class _Commands(TyperGroup):
    """Lists commands by their rows and loads the one that runs."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, load(name) if name in _ROWS else listed, rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ListenerError as error:
            from listener.cli.terminal import complain

            complain(str(error))
            raise typer.Exit(2 if isinstance(error, ConfigError) else 1) from None


_ROWS = {row.name: row for row in COMMANDS}


def load(name: str) -> Any:
    """Return the command ``name`` from its module, with ``--config`` and ``-v`` where it lacks them."""
    group = typer.main.get_group(import_module(_ROWS[name].module).app)
    command = group.commands.get(name, group)
    _add_everywhere(command)
    return command


def _add_everywhere(command: Any) -> None:
    for inner in getattr(command, "commands", {}).values():
        _add_everywhere(inner)
    taken = {flag for parameter in command.params for flag in parameter.opts}
    donor = typer.main.get_group(_everywhere).commands["everywhere"]
    command.params += [option for option in donor.params if not taken & set(option.opts)]


def _use_config(ctx: typer.Context, path: Path | None) -> None:
    """Let ``find_config``, and the board's process, find this file and no other while the command runs."""
    if path is not None:
        _lend(ctx, "GOOSH_CONFIG", str(path.absolute()))


def _speak_up(ctx: typer.Context, times: int) -> None:
    if times:
        level = ("info", "debug")[min(times, 2) - 1]
        _lend(ctx, "GOOSH_LOG_LEVEL", level)
        from listener import logs

        logs.set_up(level=level)


def _lend(ctx: typer.Context, name: str, value: str) -> None:
    """Set an environment variable until the command ends."""
    before = os.environ.get(name)
    os.environ[name] = value
    ctx.call_on_close(lambda: os.environ.pop(name, None) if before is None else os.environ.update({name: before}))


Config = Annotated[Path | None, typer.Option(
    "--config", metavar="FILE", callback=_use_config, expose_value=False,
    help="The configuration; else GOOSH_CONFIG, goosh.toml here, in GOOSH_HOME or in the platform's folder.")]
Verbose = Annotated[int, typer.Option(
    "--verbose", "-v", count=True, callback=_speak_up, expose_value=False, show_default=False,
    help="Say more on standard error: -v what is done, -vv every detail.")]

_everywhere = typer.Typer(add_completion=False)


@_everywhere.command("everywhere")
def _donor(config: Config = None, verbose: Verbose = 0) -> None:
    """Holds the options that every command gets."""


app = typer.Typer(name="goosh", cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich",
                  context_settings={"help_option_names": ["-h", "--help"]})


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"goosh {version('gooshbezang')}")
        except PackageNotFoundError:
            typer.echo("goosh, run from a folder and not installed")
        raise typer.Exit


@app.callback()
def goosh(
    config: Config = None, verbose: Verbose = 0,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, expose_value=False,
                                          help="Print the version and exit.")] = False,
) -> None:
    """Goosh-be-zang listens to what is said about your brands in Persian and English, and wakes the right person when
    complaints spread.

    Begin with [bold]goosh demo[/bold] or [bold]goosh watch NAME[/bold], which need no account and no configuration. Then
    [bold]goosh init[/bold] writes a configuration, [bold]goosh check --live[/bold] tries it, and [bold]goosh run[/bold] listens.

    What commands print is in the language of the configuration; this help and errors are English, so that they can be looked up.
    Exit codes: 0 all is well, 1 something failed, 2 the command line or the configuration is wrong.
    """


def _listed(row: Command) -> None:
    def listed() -> None: ...

    app.command(row.name, help=row.help, rich_help_panel=row.panel)(listed)


for _row in COMMANDS:
    _listed(_row)


def main() -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A console that cannot write Persian shows question marks instead of ending in a traceback.
        if hasattr(stream, "reconfigure") and (stream.encoding or "").lower().replace("-", "") != "utf8":
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="goosh")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has gone (| head): nothing to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
