"""Tables as text: what spreadsheets, help desks and other monitors export; comma, semicolon, tab or bar between the cells.

Endpoint: a file or folder on this machine, watched. Auth: permission to read it. Limits, cost, terms: none of ours.
The first row names the columns: ``id, text, published_at, author, followers, likes, shares, comments, views, url, language,
source, title, rating, csat, nps, ces, phone, email, ours, in_reply_to``, or bears another obvious name (``date``, ``متن``, ``تاریخ``, ``امتیاز``: ``rows.NAMES``); ``map``
names columns that are called otherwise (``map = { text = "شرح" }``), and what is not read is said at the first reading. Few rows
name the company they are about: give the source its ``brands``, or only those that do are kept. Ids are hashed from the content where missing.
``in_reply_to`` (or ``parent_id``, ``parent_url``, «پاسخ به») names what a row answers: the id of another row, ``KIND:ID`` as the board names
a mention (``telegram:isna/12``), or its address. An answer of ours (``ours``, or an author called as the brand is) goes to the case of
what it answers, whichever of the two comes first: it is the first answer, and is read for promises.
Reach basis: views, else followers, as the rows give them.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from listener.collectors.answers import RATED
from listener.collectors.files import (
    LONGEST_LINE,
    Encoding,
    FileCollector,
    Line,
    Record,
    WatchOptions,
    decode,
    read_lines,
    read_rows,
    sniff,
)
from listener.collectors.payload import short
from listener.collectors.rows import FIELDS, Shape, lay_out, means_a_field
from listener.errors import CollectError
from listener.types import Mention

KIND = "csv"
SUFFIXES = (".csv", ".tsv", ".txt")
DELIMITERS = ",;\t|"
MOST_LINES = 1000  # a cell may hold; more means a quote that never closes


class Options(WatchOptions, frozen=True, extra="forbid"):
    pass


class _Unclosed(Exception):
    """A quoted cell goes on and on: it was never closed."""


class _Unfinished(_Unclosed):
    """The file ends inside a quoted cell."""


@dataclass(slots=True)
class _Feed:
    """Hands lines to the csv module and remembers which of them the current row was made of."""

    lines: Iterator[Line]
    encoding: Encoding
    again: deque[Line] = field(default_factory=deque)
    pulled: list[Line] = field(default_factory=list)
    garbled: str | None = None
    size: int = 0

    def __iter__(self) -> Iterator[str]:
        while True:
            line = self.again.popleft() if self.again else next(self.lines, None)
            if line is None:
                if self.pulled:
                    raise _Unfinished
                return
            self.pulled.append(line)
            self.size += len(line.data or b"")
            if len(self.pulled) > MOST_LINES or self.size > LONGEST_LINE:
                raise _Unclosed
            yield self._text(line)

    def _text(self, line: Line) -> str:
        if line.data is None:
            self.garbled = f"longer than {LONGEST_LINE // 2**20} MiB"
            return "\n"
        text = decode(line.data, self.encoding)
        if text is None:
            self.garbled = f"not valid {self.encoding.name}"
            # Its quotes still count, or the rows after it would be read inside out.
            text = line.data.decode(self.encoding.name, "replace")
        return text.removesuffix("\r") + "\n"

    def next_row(self) -> None:
        self.pulled.clear()
        self.size = 0
        self.garbled = None

    def put_back(self) -> None:
        """Hand out again every line of the broken row but its first."""
        self.again.extendleft(reversed(self.pulled[1:]))


def records(stream: BinaryIO, shape: Shape, *, offset: int = 0, line: int = 0) -> Iterator[Record]:
    """Yield every row that is not blank as a record. Raises: CollectError without a column for the text."""
    if csv.field_size_limit() < LONGEST_LINE:
        csv.field_size_limit(LONGEST_LINE)
    stream.seek(0)
    encoding = sniff(stream.read(2**20))
    columns, delimiter, header_end, header_line = _header(stream, encoding, shape)
    if not columns:
        return
    offset, line = (offset, line) if offset >= header_end else (header_end, header_line)
    feed = _Feed(read_lines(stream, encoding, offset=offset, line=line), encoding)
    reader = csv.reader(iter(feed), delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (_Unclosed, csv.Error) as error:
            first = feed.pulled[0]
            feed.put_back()
            what = "a quote is never closed" if isinstance(error, _Unclosed) else str(error)
            whole = first.terminated and not isinstance(error, _Unfinished)
            yield Record(first.number, first.end, None, feed.garbled or what, whole)
            feed.next_row()
            reader = csv.reader(iter(feed), delimiter=delimiter)
            continue
        first, last = feed.pulled[0], feed.pulled[-1]
        yield _record(cells, columns, first.number, last, feed.garbled)
        feed.next_row()


def _record(cells: list[str], columns: list[str], number: int, last: Line, garbled: str | None) -> Record:
    if garbled:
        return Record(number, last.end, None, garbled, last.terminated)
    if not any(cell.strip() for cell in cells):
        return Record(number, last.end, None, None, last.terminated)
    while len(cells) > len(columns) and not cells[-1].strip():
        cells.pop()
    if len(cells) != len(columns):
        return Record(number, last.end, None, f"{len(cells)} cells where the header has {len(columns)}; quote cells that hold "
                                              "the delimiter or a line break", last.terminated)
    row: dict[str, str] = {}
    for name, cell in zip(columns, cells, strict=True):
        if cell or name not in row:  # empty cells too: which columns there are is part of what the row means
            row[name] = cell
    return Record(number, last.end, row, None, last.terminated)


def _header(stream: BinaryIO, encoding: Encoding, shape: Shape) -> tuple[list[str], str, int, int]:
    """Return columns, delimiter, and offset and line where the rows begin. No columns: the file is empty."""
    feed = _Feed(read_lines(stream, encoding), encoding)
    told: str | None = None
    for text in feed:
        line = feed.pulled[-1]
        if not text.strip("\r\n\t\0 \ufeff"):
            feed.next_row()
            continue
        if text[:4].lower() == "sep=" and len(text.rstrip("\r\n")) == 5:  # written by Excel for itself
            told = text[4]
            feed.next_row()
            continue
        # A header may span lines inside quotes; count them until they pair up.
        whole = text
        try:
            while whole.count('"') % 2:
                whole += next(iter(feed))
        except _Unclosed:
            raise CollectError("", "the first row, which should name the columns, has a quote that is never closed",
                               permanent=True) from None
        line = feed.pulled[-1]
        columns, delimiter = _columns(whole.lstrip("\ufeff"), told, shape)
        return columns, delimiter, line.end, line.number
    return [], ",", 0, 0


def _columns(header: str, told: str | None, shape: Shape) -> tuple[list[str], str]:
    wanted = {shape.map.get(name, name).casefold(): shape.map.get(name, name) for name in FIELDS}
    best: tuple[tuple[int, int], list[str], str] | None = None
    for delimiter in told or DELIMITERS:
        cells = [" ".join(cell.split()) for cell in next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter), [])]
        while cells and not cells[-1]:
            cells.pop()
        rank = (sum(cell.casefold() in wanted or means_a_field(cell) for cell in cells), len(cells))
        if best is None or rank > best[0]:
            best = rank, cells, delimiter
    assert best is not None
    columns = [wanted.get(cell.casefold(), cell) if cell not in wanted.values() else cell for cell in best[1]]
    layout = lay_out(columns, shape.map)
    if not any(layout.has(name, columns) for name in ("text", "title", *RATED)):
        named = ", ".join(repr(short(cell, 30)) for cell in columns[:20])
        several = " or ".join(map(repr, layout.rivals.get("text", ())))
        raise CollectError("", (f"the text could be in {several}" if several else
                                f"no column named {shape.map.get('text', 'text')!r}; the first row has {named}")
                           + '; map one of them: --map text=NAME, or map = { text = "NAME" } of a source', permanent=True)
    return columns, best[2]


def parse(payload: bytes, *, now: datetime, shape: Shape | None = None) -> list[Mention]:
    """Return the mentions of the good rows. Raises: CollectError when the payload is not of this format at all."""
    return read_rows(payload, records, KIND, shape or Shape(), now=now)


class CSVCollector(FileCollector):
    """Watches a table, or a folder of tables."""

    kind = KIND
    format = staticmethod(records)
    pattern = "*.csv"
