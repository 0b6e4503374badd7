"""What commands print with: tables for people, JSON for programs, one line for a complaint. Untrusted text is made harmless."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from listener.text import printable
from listener.words import Language

if TYPE_CHECKING:
    from rich.console import Console

    from config.settings import Settings

AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table for people.")]
Who = Annotated[str | None, typer.Option("--who", metavar="NAME", help="Who does this; else the user of this computer.")]


def complain(text: str) -> None:
    """Print each line of an error to standard error, after the program's name."""
    for line in text.splitlines():
        print(f"goosh: {printable(line)}", file=sys.stderr)


def put_json(value: Any) -> None:
    """Print one JSON value on standard output; Persian stays readable where the terminal can show it."""
    plain = "utf" not in (sys.stdout.encoding or "").lower()
    sys.stdout.write(json.dumps(value, ensure_ascii=plain, indent=2, default=_plain) + "\n")
    sys.stdout.flush()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def put(text: str) -> None:
    """Print a line as it is: no markup, no control characters."""
    console().print(printable(text), markup=False)


def put_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None, fold: bool = True,
              language: Language = "en") -> None:
    """Print a table. Cells are texts from anywhere: control characters and markup in them stay without effect.

    ``fold``: a cell that does not fit goes on in the next line; else it ends in … and a row is one line. ``language`` is that of whole
    numbers.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from listener.words import digits

    table = Table(title=Text(title) if title else None, box=SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(Text(column), overflow="fold" if fold else "ellipsis", no_wrap=not fold)
    for row in rows:
        table.add_row(*(Text(printable(digits(str(cell), language) if isinstance(cell, int) else str(cell)) if cell is not None else "–") for cell in row))
    screen = Console(highlight=False)
    if not screen.is_terminal:  # in a pipe or a file nothing is gained by folding at 80 columns
        screen = Console(highlight=False, width=200)
    screen.print(table)


def voice(settings: Settings) -> Language:
    """Return the language to speak on this terminal: that of the settings where its letters can be shown."""
    return settings.language if "utf" in (sys.stdout.encoding or "").lower() else "en"


def tongue() -> Language:
    """Return the language of the configuration where there is one that can be used; for commands that work without."""
    from listener.app import read_settings
    from listener.errors import ConfigError

    try:
        return voice(read_settings(None))
    except ConfigError:
        return "en"


def local(instant: datetime | None, settings: Settings) -> str | None:
    """Return an instant to the minute as people of the configured time zone and language write it."""
    from listener.calendar import format_date
    from listener.types import Precision

    return format_date(instant, voice(settings), settings.zone, Precision.MINUTE) if instant else None


def short(instant: datetime | None, settings: Settings) -> str | None:
    """Return an instant as a column of a wide table shows it: to the minute, in the language's own calendar alone."""
    from listener.calendar import format_short

    return format_short(instant, voice(settings), settings.zone) if instant else None


def someone(who: str | None) -> str:
    """Return who acts: the name given, or the user of this computer."""
    if who:
        return who
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container without that user
        return "cli"


def acting(who: str | None, settings: Settings) -> str:
    """Return who acts on an alert: where the settings name people one of them, as it is written there, else as ``someone``.

    Raises: ConfigError with their names where it is none of them: "root" has an alert in hand that nobody can be asked about.
    """
    from listener.errors import ConfigError
    from listener.text import matching_key

    given, names = someone(who), [person.name for person in settings.people]
    found = next((name for name in names if matching_key(name) == matching_key(given)), None)
    if names and found is None:
        raise ConfigError("goosh", [("--who", f"{given!r} is none of the [[people]]; say who you are: {', '.join(names)}")])
    return found or given


@contextmanager
def answering() -> Iterator[None]:
    """Turn a refusal by ``service`` (a ValueError with a sentence for the person) into one line and exit code 1."""
    try:
        yield
    except ValueError as refusal:
        complain(str(refusal))
        raise typer.Exit(1) from None


def confirm(question: str, yes: bool) -> None:
    """Go on where the person agrees, or said so with ``--yes``; leave with exit code 1 where not."""
    if yes:
        return
    if not sys.stdin.isatty():
        complain(f"{question} nobody is here to answer; add --yes to go on")
        raise typer.Exit(1)
    if not typer.confirm(question):
        raise typer.Exit(1)


def jsonable(value: Any) -> Any:
    """Return nouns as plain JSON values: dataclasses as objects, instants as ISO texts."""
    from dataclasses import fields, is_dataclass

    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): jsonable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [jsonable(inner) for inner in cast(Iterable[Any], value)]
    if isinstance(value, bytes):
        return None  # raw payloads and embeddings are nothing to print
    if isinstance(value, (str, int, float, bool)) or value is None:
        return str(value) if isinstance(value, str) else value
    total = getattr(value, "total_seconds", None)
    return total() if callable(total) else _plain(value)
