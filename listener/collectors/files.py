"""Files of rows: read in one go for ``goosh import``, or watched as a source while something else writes to them.

Memory is bounded whatever the size: bytes come in chunks, lines one by one, mentions at most ``ROWS`` at a time.
Encodings: UTF-8 with or without BOM, UTF-16, windows-1256; a line in another encoding than its file is reported and skipped.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Protocol

from pydantic import Field

from listener.client import Client
from listener.collectors.payload import as_windows_1256, items, mapping
from listener.collectors.rows import Problem, RowError, RowReader, Shape
from listener.errors import CollectError
from listener.types import Batch, CoverageState, Cursor, Mention

ROWS = 2000  # mentions a batch holds
LONGEST_LINE = 8 * 2**20  # bytes; a text is cut at a million characters anyway
CHUNK = 2**20
SETTLED = timedelta(seconds=5)  # a last line without its end is whole when it parses and nobody wrote for so long
REASONS = 3  # bad rows a batch names; the others are counted
NOTES = 6  # remarks on columns and fields a batch makes; the others are counted


class WatchOptions(Shape, frozen=True, extra="forbid"):
    """Options of a watched file or folder."""

    path: str = Field(description="a file, or a folder whose files are read")
    pattern: str | None = Field(default=None, description="names of the files to read in a folder: '*.jsonl'")


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    end: int  # offset of the byte after it
    data: bytes | None  # None: longer than LONGEST_LINE
    terminated: bool  # False: the last one, without its line break


@dataclass(frozen=True, slots=True)
class Record:
    """One row as its format gives it: ``row``, or the ``reason`` why there is none; neither for a blank line.

    Not ``terminated``: more bytes at the end of the file could make another row of it.
    """

    line: int
    end: int
    row: Mapping[str, Any] | None
    reason: str | None = None
    terminated: bool = True


class Format(Protocol):
    """Reads the rows of a stream from an offset on. Raises: CollectError when the file is not of this format at all."""

    def __call__(self, stream: BinaryIO, shape: Shape, *, offset: int = 0, line: int = 0) -> Iterator[Record]: ...


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an imported file: mentions with the brand their row names, what was wrong, and how far it got."""

    rows: tuple[tuple[str | None, Mention], ...]
    problems: tuple[Problem, ...]
    undated: int  # rows without a time, placed at the file's own
    read: int  # bytes
    total: int  # bytes


# ---------------------------------------------------------------------------------------------- lines


@dataclass(frozen=True, slots=True)
class Encoding:
    name: str
    skip: int = 0  # bytes of the byte order mark
    unit: int = 1
    newline: bytes = b"\n"


def sniff(head: bytes) -> Encoding:
    """Return the encoding of a file that begins with ``head``."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if head.startswith(mark):
            return _encoding(name, len(mark))
    sample = head[:4096]
    if len(sample) >= 4 and b"\0" in sample:  # UTF-16 without a mark: every other byte of markup and digits is NUL
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        if max(even, odd) > 0.2 * len(sample) / 2 and max(even, odd) > 8 * min(even, odd):
            return _encoding("utf-16-be" if even > odd else "utf-16-le", 0)
    newline = b"\r" if b"\r" in sample and b"\n" not in head else b"\n"
    cut = head[: head.rfind(newline) + 1] or head
    return Encoding("cp1256" if as_windows_1256(cut) is not None else "utf-8", newline=newline)


def _encoding(name: str, skip: int) -> Encoding:
    return Encoding(name, skip, 2, "\n".encode(name)) if name.startswith("utf-16") else Encoding(name, skip)


def read_lines(stream: BinaryIO, encoding: Encoding, *, offset: int = 0, line: int = 0) -> Iterator[Line]:
    """Yield the lines from ``offset`` on. A line over ``LONGEST_LINE`` is skipped without being held in memory."""
    position = max(offset, encoding.skip)
    stream.seek(position)
    number, parts, size = line, list[bytes](), 0
    width = len(encoding.newline)
    while chunk := stream.read(CHUNK):
        if encoding.unit == 2 and len(chunk) % 2:
            chunk += stream.read(1)
        start = 0
        while (stop := _find(chunk, encoding, start)) >= 0:
            number += 1
            position += stop + width - start
            if size + stop - start <= LONGEST_LINE:
                yield Line(number, position, b"".join([*parts, chunk[start:stop]]), True)
            else:
                yield Line(number, position, None, True)
            parts.clear()
            size, start = 0, stop + width
        size += len(chunk) - start
        position += len(chunk) - start
        if size <= LONGEST_LINE:
            parts.append(chunk[start:])
        else:
            parts.clear()
    if size:
        yield Line(number + 1, position, b"".join(parts) if size <= LONGEST_LINE else None, False)


def _find(chunk: bytes, encoding: Encoding, start: int) -> int:
    stop = chunk.find(encoding.newline, start)
    while encoding.unit == 2 and stop >= 0 and stop % 2:
        stop = chunk.find(encoding.newline, stop + 1)
    return stop


def decode(data: bytes, encoding: Encoding) -> str | None:
    """Return a line as text, or None where it is not in its file's encoding. Raises nothing."""
    try:
        return data.decode(encoding.name)
    except UnicodeDecodeError:
        return as_windows_1256(data) if encoding.name == "utf-8" else None


# ---------------------------------------------------------------------------------------------- once: import


def read_rows(payload: bytes, format: Format, kind: str, shape: Shape, *, now: datetime) -> list[Mention]:
    """Return the mentions of the good rows. Raises: CollectError when the payload is not of this format at all."""
    reader = RowReader(kind, shape, now=now)
    found = []
    for record in format(io.BytesIO(payload), shape):
        try:
            if record.row is not None:
                found.append(reader.mention(record.row)[0])
        except RowError:
            continue  # ``import_file`` names them
    return found


def import_file(path: Path, format: Format, kind: str, shape: Shape, *, now: datetime, brand_from: str | None = None,
                contact_key: str | None = None, progress: Callable[[int, int], None] | None = None) -> Iterator[Chunk]:
    """Yield the rows of a whole file as mentions, at most ``ROWS`` at a time. Nothing is stored here.

    Bad rows are skipped and named; good rows before and after them are kept. ``progress(read, total)`` is called in bytes.
    Raises: CollectError when the file cannot be read or holds no rows of this format.
    """
    try:
        with path.open("rb") as stream:
            facts = path.stat()
            reader = RowReader(kind, shape, now=now, seen_at=datetime.fromtimestamp(facts.st_mtime, UTC), brand_from=brand_from,
                               contact_key=contact_key)
            total, read, undated = facts.st_size, 0, 0
            rows: list[tuple[str | None, Mention]] = []
            problems: list[Problem] = []
            for record in format(stream, shape):
                read = record.end
                mention = _read(reader, record, problems)
                if mention is not None and record.row is not None:
                    rows.append((reader.brand(record.row), mention))
                if len(rows) >= ROWS or len(problems) >= ROWS:
                    yield Chunk(tuple(rows), tuple(problems), reader.undated - undated, read, total)
                    rows, problems, undated = [], [], reader.undated
                    if progress:
                        progress(read, total)
            problems += [*reader.unmet(), *reader.unknown()]
            yield Chunk(tuple(rows), tuple(problems), reader.undated - undated, max(read, total), total)
            if progress:
                progress(max(read, total), total)
    except OSError as error:
        raise CollectError("", unreadable(path, error), permanent=True) from error


def _read(reader: RowReader, record: Record, problems: list[Problem]) -> Mention | None:
    if record.row is None:
        if record.reason:
            problems.append(Problem(record.line, record.reason))
        return None
    try:
        mention, doubts = reader.mention(record.row)
    except RowError as error:
        problems.append(Problem(record.line, str(error)))
        return None
    problems += [Problem(record.line, doubt, kept=True) for doubt in doubts]
    return mention


def unreadable(path: Path, error: OSError) -> str:
    """Return the sentence for a file that cannot be opened."""
    if isinstance(error, FileNotFoundError):
        return f"{path}: no such file; check the path"
    if isinstance(error, PermissionError):
        return f"{path}: no permission to read it; change its owner or mode"
    return f"{path}: {(error.strerror or type(error).__name__).lower()}; check the path"


# ---------------------------------------------------------------------------------------------- again and again: watch


class FileCollector:
    """Reads what was added to a file, or to the files of a folder, since the cursor. Subclasses say of which format.

    Cursor: ``files`` {identity: {offset, line, head}}, where the identity is the file's own number and ``head`` a hash of its
    first bytes, so that a rotated file is followed, and one that was replaced or cut short is read from its start. ``quiet``
    [size, time of change, seen first] is there while a row without its end waits.
    """

    kind: ClassVar[str]
    format: ClassVar[Format]
    pattern: ClassVar[str]
    contact_key: str | None = None  # given by who wires the house: phones and e-mails are hashed with it

    def __init__(self, name: str, options: WatchOptions, client: Client | None = None, *, now: Callable[[], datetime]) -> None:
        self.name = name
        self._label = f"{self.kind} {name!r}"
        self._options = options
        self._now = now

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return the next rows, ``complete=False`` while more wait. Raises: CollectError."""
        known = mapping(mapping(cursor).get("files"))
        current: dict[str, Any] = {}
        mentions: list[Mention] = []
        problems: list[str] = []
        told: list[str] = []
        skipped, complete = 0, True
        now = self._now()
        for path in self._paths():
            try:
                with path.open("rb") as stream:
                    identity, place = self._place(path, stream, known)
                    if len(mentions) < ROWS:
                        bad, notes, done = self._take(path, stream, place, mentions, now)
                        problems += bad[:REASONS]
                        told += notes
                        skipped += len(bad)
                        complete = complete and done
                        place["head"] = _head(stream, place["offset"])
                    else:
                        complete = False
                    current[identity] = place
            except OSError as error:
                raise CollectError(self._label, unreadable(path, error)) from error
            except CollectError as error:
                raise CollectError(self._label, f"{path}: {error.what}", permanent=True) from None
        reasons = [f"{skipped} bad {'row' if skipped == 1 else 'rows'}: {'; '.join(problems[:REASONS])}"] if skipped else []
        reasons += told[:NOTES] + ([f"and {len(told) - NOTES} more remarks"] if len(told) > NOTES else [])
        return Batch(tuple(mentions), cursor={"files": current}, reason="; ".join(reasons) or None, complete=complete,
                     state=CoverageState.PARTIAL if skipped else CoverageState.OK)

    def _paths(self) -> list[Path]:
        path = Path(self._options.path).expanduser()
        try:
            if path.is_dir():
                os.scandir(path).close()  # glob takes a folder that may not be read for an empty one
                found = path.glob(self._options.pattern or self.pattern)
                return sorted((one for one in found if one.is_file()), key=lambda one: (one.stat().st_mtime, one.name))
            path.stat()
        except OSError as error:
            raise CollectError(self._label, unreadable(path, error)) from error
        return [path]

    def _place(self, path: Path, stream: BinaryIO, known: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        facts = path.stat()
        identity = f"{facts.st_dev}:{facts.st_ino}"
        place = mapping(known.get(identity))
        offset, line, head = (place.get(name) for name in ("offset", "line", "head"))
        if isinstance(offset, int) and isinstance(line, int) and offset <= facts.st_size and head == _head(stream, offset):
            return identity, dict(place)
        return identity, {"offset": 0, "line": 0}

    def _take(
        self, path: Path, stream: BinaryIO, place: dict[str, Any], mentions: list[Mention], now: datetime
    ) -> tuple[list[str], list[str], bool]:
        """Add the next rows to ``mentions``. Returns: the bad rows, what else is to be said, and whether the file is at its end."""
        facts = path.stat()
        if facts.st_size <= place["offset"]:
            return [], [], True
        begun = place["offset"]
        changed_at = datetime.fromtimestamp(facts.st_mtime, UTC)
        # Quiet since its own time or since a poll found the same: by a wrong clock a file may have been written tomorrow.
        quiet = items(place.pop("quiet", None))
        since = quiet[2] if quiet[:2] == [facts.st_size, facts.st_mtime] else now.timestamp()
        settled = now.timestamp() - min(facts.st_mtime, since) >= SETTLED.total_seconds()
        ended = _ends_with_a_newline(stream, facts.st_size)
        reader = RowReader(self.kind, self._options, now=now, seen_at=changed_at, contact_key=self.contact_key)
        problems: list[Problem] = []
        for record in type(self).format(stream, self._options, offset=place["offset"], line=place["line"]):
            found: list[Problem] = []
            mention = _read(reader, record, found)
            if not record.terminated and not (settled and (mention is not None or ended)):
                place["quiet"] = [facts.st_size, facts.st_mtime, since]
                break  # still being written: what is half a row now may be a whole one next time
            problems += found
            place["offset"], place["line"] = record.end, record.line
            if mention is not None:
                mentions.append(mention)
            if len(mentions) >= ROWS or len(problems) >= ROWS:
                return *_told(path, reader, problems, begun), place["offset"] >= facts.st_size
        if place["offset"] == begun:
            return [], [], True
        return *_told(path, reader, problems, begun), True


def _told(path: Path, reader: RowReader, problems: list[Problem], begun: int) -> tuple[list[str], list[str]]:
    """Return the bad rows in words, and what else is to be said: of the columns once, when a file is begun."""
    bad = [f"{path.name} line {problem.line}: {problem.reason}" for problem in problems if not problem.kept]
    doubts = [problem for problem in problems if problem.kept]
    count = "1 field" if len(doubts) == 1 else f"{len(doubts)} fields"
    notes = [f"{path.name}: {count} not read: line {doubts[0].line}: {doubts[0].reason}"] if doubts else []
    columns = [*reader.untimed(), *([] if begun else reader.unmet() + reader.unknown())]
    return bad, notes + [f"{path.name}: {problem.reason}" for problem in columns]


def _ends_with_a_newline(stream: BinaryIO, size: int) -> bool:
    stream.seek(0)
    newline = sniff(stream.read(CHUNK)).newline
    stream.seek(max(0, size - len(newline)))
    return stream.read(len(newline)) == newline


def _head(stream: BinaryIO, offset: int) -> str:
    stream.seek(0)
    return hashlib.sha256(stream.read(min(offset, 1024))).hexdigest()[:16]


