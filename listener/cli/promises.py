"""``goosh promises``: what answers in a file promised, and when it is due."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.sentiment import _lines
from listener.cli.terminal import complain, put, put_table
from listener.words import Language

if TYPE_CHECKING:
    from alerts.care.promises import Promise, Read
    from listener.calendar import Hours

app = typer.Typer(add_completion=False)

TIMES = ("at", "published_at")  # of a row, before that of the command line


@app.command()
def promises(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="JSON lines with a field text; - is standard input.")],
    at: Annotated[str | None, typer.Option(
        "--at", metavar="TIME", help="When the answers were given: 2026-11-22T10:15, or 1405-09-01 10:15; else now. A row's own at or published_at wins.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a row, also on a terminal.")] = False,
) -> None:
    """Find what our own answers promised, in Persian and English, and when it is due.

    On a terminal it lists the promises; with --json, into a pipe or a file, it prints one JSON object a row, in order: promises (text,
    what, due, certainty from 0 to 1; where a date names another weekday than it has, also a question and both candidates) and
    apology_only, which is true of an apology that mends nothing.

    "What" is refund, delivery, call back, answer, fix, follow-up or other. A promise without a time is none. Days end at 23:59:59 of
    the time zone, weeks on Friday; working days and the end of office hours are those of [bold]hours[/bold] in the configuration, which may be
    missing. Bad lines are named on standard error and skipped; the exit code is then 1.

    [bold]goosh promises answers.jsonl --at 2026-11-22T10:15 --json[/bold]
    """
    from config.settings import hours_table

    hours = hours_table()
    bad = rows = sorry = 0

    def report(number: int, what: str) -> None:
        nonlocal bad
        bad += 1
        complain(f"{file}:{number}: {what}")

    given = _given(at, hours.zone)
    for_a_person = sys.stdout.isatty() and not as_json
    found: list[tuple[int, Promise]] = []
    for number, read in _read(file, given, hours, report):
        if not for_a_person:
            sys.stdout.write(json.dumps(_object(read), ensure_ascii=False) + "\n")
            continue
        found += [(number, promise) for promise in read.promises]
        rows, sorry = rows + 1, sorry + read.apology_only
    if for_a_person:
        _show(found, rows, sorry)
    sys.stdout.flush()
    if bad:
        complain(f"{file}: {bad} lines skipped; correct them and read them again")
        raise typer.Exit(1)


def _given(at: str | None, zone: tzinfo) -> datetime:
    from listener.calendar import parse_time

    if at is None:
        return datetime.now(zone)
    read = parse_time(at, zone)
    if read is None:
        raise typer.BadParameter(f"{at!r} is not a time; write 2026-11-22T10:15 or \"1405-09-01 10:15\"", param_hint="--at")
    return read[0]


def _read(file: str, given: datetime, hours: Hours, report: Callable[[int, str], None]) -> Iterator[tuple[int, Read]]:
    """Yield the number of each good line and what was read in its answer."""
    from alerts.care.promises import read
    from listener.calendar import parse_time
    from sentiment.rows import read_lines

    at_line = 0

    def complained(_: int, what: str) -> None:
        report(at_line, what)

    with _lines(file) as lines:
        for at_line, line in enumerate(lines, 1):
            for row in read_lines([line], plain=False, complain=complained):
                own = next((row[name] for name in TIMES if row.get(name) not in (None, "")), None)
                said = given if own is None else parse_time(str(own), hours.zone)
                if said is None:
                    complained(0, f"{str(own)[:60]!r} under 'at' or 'published_at' is not a time; write 2026-11-22T10:15")
                    continue
                yield at_line, read(row["text"], said if isinstance(said, datetime) else said[0], hours)


def _object(read: Read) -> dict[str, Any]:
    return {"promises": [_promise(one) for one in read.promises], "apology_only": read.apology_only}


def _promise(promise: Promise) -> dict[str, Any]:
    told: dict[str, Any] = {"text": promise.text, "what": promise.what, "due": promise.due.isoformat(), "certainty": promise.certainty}
    if promise.by_weekday is not None:
        told |= {"question": promise.question(), "candidates": [promise.due.isoformat(), promise.by_weekday.isoformat()]}
    return told


def _show(found: list[tuple[int, Promise]], rows: int, sorry: int) -> None:
    from alerts.wording import clip
    from listener.calendar import format_date
    from listener.words import number, say

    language = _voice()
    if not found:
        put(say("promise.file_none", language))
    else:
        columns = [say(f"promise.{name}", language) for name in ("line", "what", "due", "certainty", "text")]
        put_table(columns, [(at_line, say(f"promise.{one.what.replace(' ', '_')}", language), format_date(one.due, language, one.due.tzinfo or "UTC"),
                             number(one.certainty, language, decimals=2), clip(one.text, 160) + (f"\n{ask}" if (ask := one.question(language)) else "")) for at_line, one in found])
    put(say("promise.file_summary", language, rows=rows, promises=len(found), apologies=sorry))


def _voice() -> Language:
    return "fa" if "utf" in (sys.stdout.encoding or "").lower() else "en"
