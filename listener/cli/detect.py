"""``goosh detect``: the spike rule over a bare file of times and counts."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import chain, islice, tee
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, TextIO

import typer

from listener.cli.terminal import complain, put, put_table, tongue
from listener.errors import ConfigError

if TYPE_CHECKING:
    from alerts.bare import Judged
    from listener.words import Language

_quoted = json.encoder.encode_basestring

app = typer.Typer(add_completion=False)

TIMES = ("timestamp", "time", "date", "datetime", "at", "ds", "published_at", "زمان", "تاریخ")
COUNTS = ("value", "count", "counts", "mentions", "posts", "y", "n", "تعداد", "مقدار", "شمار")
NOTHING = frozenset({"", "nan", "null", "none", "na", "n/a", "-", "–"})  # what programs write where they have no number
LOOKED_AT = 1000   # rows that say how far apart rows are
LONGEST = 10_000   # characters of a line; no time and count take more
LARGEST = 2**53    # beyond, numbers are no longer whole
LAST_YEAR = 9999   # programs write its last day for "never"; windows that end after it cannot be told

_EPOCH, _SECOND = datetime(1970, 1, 1), timedelta(seconds=1)


class Line(NamedTuple):
    number: int
    time: str  # as it is written
    at: float  # seconds since 1970
    value: float | None


@app.command()
def detect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table of times and counts; - reads standard input.")],
    step: Annotated[str | None, typer.Option(
        "--step", metavar="SPAN", help="The time a row stands for, from when it names: 1m, 5m, 15m, 1h; else as far as rows are apart.")] = None,
    series: Annotated[str | None, typer.Option(
        "--series", metavar="COLUMN", help="The column that holds the counts; else value, or the second one.")] = None,
    timezone: Annotated[str, typer.Option(
        "--timezone", metavar="ZONE", help="The zone of times that name none, and of the days and weekends.")] = "UTC",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a row, also on a terminal.")] = False,
) -> None:
    """Run the spike rule over a file of times and counts and say at which rows it would have raised an alert.

    Needs no configuration and stores nothing. On a terminal it lists the alerts; with --json, into a pipe or a file, it prints
    one JSON object a row, in order: timestamp as written, value, score, alert. "score" is what the rule compares with its
    threshold, null where it cannot be told: in the first day, in a gap and shortly after one. "alert" is true on the row
    at which a new alert would be raised, and not again while it lasts.

    A row stands for the time from the one it names; the header may be missing. A missing row is a gap and never a zero.
    Steps shorter than five minutes are summed up; the row that closes five minutes bears their score. Longer ones, up to an
    hour, are spread evenly: a burst inside a row cannot be seen, and its alert comes with the row. Rows that go back in time
    are passed over. Dates may be Jalali, digits Persian.

    [bold]goosh detect counts.csv[/bold]

    [bold]goosh detect counts.csv --json > judged.jsonl[/bold] is one object a row, for a program.

    [bold]goosh detect hourly.csv --step 1h --timezone Asia/Tehran[/bold]
    """
    from alerts import bare
    from alerts.rules.spike import COLD_HOURS
    from listener.words import say

    language = tongue()
    width, zone = _step(step), _zone(timezone)
    options = bare.OPTIONS.model_copy(update={"timezone": timezone})
    name = "standard input" if str(file) == "-" else file.name
    with _opened(file, name) as stream:
        lines = _lines(stream, name, series, zone)
        first = list(islice(lines, LOOKED_AT))
        width = width or bare.usual_step(line.at for line in first)
        if width is None:
            raise ConfigError(name, [("", "rows are not apart by a step this rule knows (seconds that divide 5m, or 5m to 1h); "
                                          "say with --step what a row stands for")])
        _say_of_steps(width, name)
        shown, counted = tee(chain(first, lines))
        judged = bare.judge((bare.Row(one.at, None if one.value is None else round(one.value)) for one in counted), width, options)
        rows, seen = _late(zip(shown, judged, strict=True), name), Seen()
        if as_json or not sys.stdout.isatty():
            for line, verdict in seen.watching(rows):
                sys.stdout.write(_object(line, verdict) + "\n")
        else:
            _show(seen.watching(rows), language)
        if seen.rows and not seen.judged:
            sys.stdout.flush()
            complain(f"{name}: " + say("cli.detect.few", language, rows=seen.rows, hours=seen.hours, needed=COLD_HOURS))


def _object(line: Line, verdict: Judged) -> str:
    value = line.value if line.value is None or not line.value.is_integer() else int(line.value)
    # as json.dumps writes the whole, at a third of its price
    return (f'{{"timestamp": {_quoted(line.time)}, "value": {_plain(value)}, "score": {_plain(verdict.score)}, '
            f'"alert": {"true" if verdict.alert else "false"}}}')


def _plain(number: float | None) -> str:
    return "null" if number is None else repr(number)


@dataclass(slots=True)
class Seen:
    """What passed by: how many rows, how many of them with a score, and the hours they span."""

    rows: int = 0
    judged: int = 0
    first: float = math.inf  # seconds since 1970
    last: float = -math.inf

    def watching(self, rows: Iterator[tuple[Line, Judged]]) -> Iterator[tuple[Line, Judged]]:
        for line, verdict in rows:
            self.rows += 1
            self.judged += verdict.score is not None
            self.first, self.last = min(self.first, line.at), max(self.last, line.at)
            yield line, verdict

    @property
    def hours(self) -> float:
        return round((self.last - self.first) / 3600, 1)


def _show(rows: Iterator[tuple[Line, Judged]], language: Language) -> None:
    from listener.words import digits, number, say

    count, alerts = 0, []
    for line, verdict in rows:
        count += 1
        if verdict.alert:
            alerts.append((line.number, digits(line.time, language), None if line.value is None else number(line.value, language),
                           None if verdict.score is None else number(verdict.score, language)))
    if alerts:
        put_table([say(f"cli.detect.{column}", language) for column in ("line", "time", "value", "score")], alerts, language=language)
    put(say("cli.detect.done", language, alerts=len(alerts), rows=count))


def _late(rows: Iterator[tuple[Line, Judged]], name: str) -> Iterator[tuple[Line, Judged]]:
    """Pass rows on, and complain at the end of those that went back in time. Raises: ConfigError where most of them do."""
    late, first, count = 0, 0, 0
    for line, verdict in rows:
        count += 1
        if verdict.late:
            late, first = late + 1, first or line.number
            if late > 100 and 2 * late > count:
                raise ConfigError(name, [(f"line {first}", "rows go back in time; sort them, the oldest first")])
        yield line, verdict
    if late and late > count // 2:
        raise ConfigError(name, [(f"line {first}", "rows go back in time; sort them, the oldest first")])
    if late:
        complain(f"{name}: {late} rows go back in time, line {first} first, and were passed over; sort the file to have them counted")


def _say_of_steps(width: timedelta, name: str) -> None:
    from alerts.wording import span_in_words
    from listener.types import STEP

    seconds = int(width.total_seconds())
    span = span_in_words(width, "en") if seconds % 60 == 0 else f"{seconds} second{'s' * (seconds != 1)}"
    if width > STEP:
        complain(f"{name}: a row stands for {span}: a burst shorter than that looks like an even {span}, and an alert comes with its row")
    elif width < STEP:
        complain(f"{name}: a row stands for {span}: rows are summed up to five minutes, and the one that closes them bears the score")


# ---- reading

def _lines(stream: TextIO, name: str, series: str | None, zone: tzinfo) -> Iterator[Line]:
    """Yield the rows of a table. Raises: ConfigError with the line of the first that cannot be read."""
    number = 0
    try:
        head = stream.readline(LONGEST)
        delimiter = max(",;\t", key=head.count)
        cells = csv.reader(_short(chain([head] if head else [], iter(lambda: stream.readline(LONGEST), ""))), delimiter=delimiter)
        columns: tuple[int, int] | None = None
        for row in cells:
            number = cells.line_num
            if not "".join(row).strip():
                continue
            if columns is None:
                columns, titled = _columns(row, name, series, zone)
                if titled:
                    continue
            yield _line(row, columns, number, name, zone)
    except (csv.Error, UnicodeError) as error:
        raise ConfigError(name, [(f"line {number + 1}", f"not a row of text ({error}); save the table as CSV in UTF-8")]) from None


def _short(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if len(text) >= LONGEST and text[-1] not in "\r\n":
            raise csv.Error(f"over {LONGEST} characters")
        yield text


def _columns(row: Sequence[str], name: str, series: str | None, zone: tzinfo) -> tuple[tuple[int, int], bool]:
    """Return where time and count stand, and whether this row names them and is no count itself."""
    if len(row) > 1 and series is None and _instant(row[0], zone) is not None and _number(row[1]) is not None:
        return (0, 1), False
    titles = [title.strip().casefold() for title in row]
    time = next((titles.index(one) for one in TIMES if one in titles), 0)
    if series is not None:
        if series.strip().casefold() not in titles:
            raise ConfigError("goosh detect", [("--series", f"no column {series!r} in {name}; it has: {', '.join(row)}")])
        return (time, titles.index(series.strip().casefold())), True
    count = next((titles.index(one) for one in COUNTS if one in titles), 1 if time == 0 else 0)
    if len(row) < 2:
        raise ConfigError(name, [("line 1", "one column only; a time and a count are needed, apart by a comma")])
    # A row whose time or whose number cannot be read is no header; it will say so itself.
    return (time, count), _instant(row[time], zone) is None and _number(row[count]) is None


def _line(row: Sequence[str], columns: tuple[int, int], number: int, name: str, zone: tzinfo) -> Line:
    time, count = columns
    if len(row) <= max(columns):
        raise ConfigError(name, [(f"line {number}", f"{len(row)} cells, but time and count stand in cells {time + 1} and {count + 1}; "
                                                    "mend the row, or leave it out: it is then a gap")])
    at = _instant(row[time], zone)
    if at is None:
        raise ConfigError(name, [(f"line {number}", f"{row[time]!r} names no day and hour; write 2026-11-20 08:30 or 1405/08/29 12:00")])
    value = _number(row[count])
    if value is None:
        raise ConfigError(name, [(f"line {number}", f"{row[count]!r} is no number; leave the cell empty where it is not known")])
    if value < 0 or math.isinf(value) or value > LARGEST:
        raise ConfigError(name, [(f"line {number}", f"{row[count]!r} is no count; leave the cell empty where it is not known")])
    return Line(number, row[time].strip(), at, None if math.isnan(value) else value)


def _instant(text: str, zone: tzinfo) -> float | None:
    """Return the seconds since 1970 of a text that names a day and an hour, else None."""
    text = text.strip()
    if text[:2] in ("19", "20") and len(text) > len("2026-11-20"):  # years from 1200 to 1599 are Jalali
        try:
            stated = datetime.fromisoformat(text)
            if stated.tzinfo is None:
                if zone is UTC:
                    return (stated - _EPOCH) / _SECOND
                stated = stated.replace(tzinfo=zone)
            return stated.timestamp()
        except (ValueError, OverflowError):
            pass
    return _read_otherwise(text, zone)


def _read_otherwise(text: str, zone: tzinfo) -> float | None:
    from listener.calendar import parse_time
    from listener.types import Precision

    read = parse_time(text, zone)
    if read is None or read[1] is Precision.DAY or read[0].year >= LAST_YEAR:
        return None
    return read[0].timestamp()


_MARKS = str.maketrans({"٬": None, "٫": ".", "\u200e": None, "\u200f": None, "\u00a0": None, "−": "-", "_": None})


def _number(text: str) -> float | None:
    """Return the number of a cell, NaN where it holds none on purpose; None where it cannot be read."""
    written = text.strip().translate(_MARKS)
    if written.casefold() in NOTHING:
        return math.nan
    try:
        return float(written)  # it reads Persian digits too
    except ValueError:
        pass
    whole, dot, part = written.partition(".")
    head, *groups = whole.split(",")
    if groups and head and all(len(group) == 3 for group in groups):
        try:
            return float(head + "".join(groups) + dot + part)
        except ValueError:
            pass
    return None


@contextmanager
def _opened(file: Path, name: str) -> Iterator[TextIO]:
    """Lend the file as text: UTF-8, or what its first bytes say. Raises: ConfigError where there is none."""
    if str(file) == "-":
        import io

        yield io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="")
        return
    try:
        with file.open("rb") as raw:
            start = raw.read(2)
        encoding = "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        with file.open(encoding=encoding, newline="") as stream:
            yield stream
    except OSError as error:
        raise ConfigError("goosh detect", [("FILE", f"cannot read {str(file)!r} ({error.strerror}); check the path")]) from None


def _step(written: str | None) -> timedelta | None:
    from alerts.bare import STEPS
    from config.durations import parse_duration

    if written is None:
        return None
    try:
        step = parse_duration(written)
    except ValueError as error:
        raise ConfigError("goosh detect", [("--step", str(error))]) from None
    if step not in STEPS:
        raise ConfigError("goosh detect", [("--step", f"{written!r} neither divides 5m nor is a multiple of it up to 1h; "
                                                      "sum the counts up to 5m, the step this rule looks at")])
    return step


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigError("goosh detect", [("--timezone", f"unknown time zone {name!r}; write an IANA name such as 'Asia/Tehran'")]) from None
