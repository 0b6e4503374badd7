"""Backups: one file format for both databases, so that what one wrote the other can read.

Docs: the file is gzip of UTF-8 lines of JSON. The first says format, schema version and time; then each table as
``{"table", "columns"}`` followed by its rows as arrays (bytes as ``{"b": base64}``); the last holds the number of rows
and the SHA-256 of all lines before it. Why not SQLite's own copy: it could not move a house to PostgreSQL.

A backup is one consistent look while others write. Restoring is one transaction: all tables are made anew at the
version the file was written with, filled, and brought to the newest; others see the old house or the new one.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from ..errors import StorageError
from ..types import contact_account
from . import erase, forgotten, migrations, search, sources
from .database import WAIT, Database, bulk, parse_url
from .tables import ALL

FORMAT = "goosh-backup"
FORMAT_VERSION = 1
DAMAGED = "the backup is damaged or cut short and nothing was restored; take another copy"
PIECE = 5000  # rows read and written at a time: memory stays the same for any size


class Backup(Database):
    """The part of the store that writes itself into a file."""

    def backup(self, path: str | Path) -> dict[str, int]:
        """Write everything to ``path`` (0600, whole or not at all) while others go on; return the rows of each table."""
        target = Path(path)
        try:
            handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        except OSError as error:
            raise StorageError(str(target), f"cannot be written ({error.strerror}); name a file in a folder this user may "
                                            f"write") \
                from error
        try:
            with os.fdopen(handle, "wb") as file:
                rows = self._dump(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, target)
        except OSError as error:
            Path(name).unlink(missing_ok=True)
            raise StorageError(str(target),
                               f"cannot be written ({error.strerror}); free some space or name another folder") from error
        except BaseException:  # Ctrl-C, too, leaves no half of a file
            Path(name).unlink(missing_ok=True)
            raise
        return rows

    def _dump(self, file: Any) -> dict[str, int]:
        digest, counted = hashlib.sha256(), {}
        with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, mtime=0) as packed, self._read() as connection:

            def line(value: Any) -> None:
                written = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
                digest.update(written)
                packed.write(written)

            line({"format": FORMAT, "version": FORMAT_VERSION, "schema": migrations.version(connection)})
            for table in ALL:
                columns = [column.name for column in table.columns]
                line({"table": table.name, "columns": columns})
                order = ", ".join(column.name for column in table.primary_key)
                found = connection.execution_options(yield_per=PIECE).execute(
                    text(f"SELECT {', '.join(columns)} FROM {table.name} ORDER BY {order}"))
                counted[table.name] = 0
                for row in found:
                    counted[table.name] += 1
                    line([{"b": base64.b64encode(value).decode()} if isinstance(value, (bytes, memoryview)) else value
                          for value in row])
            packed.write(json.dumps({"rows": sum(counted.values()), "sha256": digest.hexdigest()}).encode() + b"\n")
        return counted


def restore_backup(url: str, path: str | Path, *, wait: timedelta = WAIT) -> dict[str, int]:
    """Replace the house at ``url`` by what the file holds, in one transaction; return the rows of each table.

    Authors who asked to be forgotten since the backup was made stay forgotten, and what was spent of allowances since stays
    spent.

    Raises: StorageError for a file that is damaged, no backup, or of a newer version (then nothing changed),
    and as ``open_store``.
    """
    schema = _check(Path(path))
    database = Database(parse_url(url), wait=wait)
    try:
        database._migrate(wait)
        with database._write() as connection:
            gone, spent = forgotten.kept(connection), sources.spendings(connection)
            _clear(connection)
            migrations.upgrade(connection, schema)
            counted = _fill(connection, _lines(Path(path)))
            migrations.upgrade(connection)
            _index(connection)
            forgotten.bring(connection, gone)
            if back := _came_back(connection):
                erase.forget(connection, back)
            sources.keep_spendings(connection, spent)
        return counted
    finally:
        database.close()


def _came_back(connection: Connection) -> set[tuple[str, str]]:
    """Return who is not to be collected and came with the backup: as an author, by a link, or by a phone or an e-mail."""
    known = {(kind, id) for table in ("author", "identity", "contact") for kind, id in connection.execute(text(f"SELECT kind, id FROM {table}"))}
    reached = {contact_account(hash): (kind, id) for hash, kind, id in connection.execute(text("SELECT hash, kind, id FROM contact"))}
    return {reached.get(one, one) for one in forgotten.among(connection, known | set(reached))}


def _check(path: Path) -> str:
    """Return the schema version of a file that is whole; read it to the end before anything is changed."""
    digest, rows, last, head = hashlib.sha256(), 0, b"", b""
    try:
        with gzip.open(path, "rb") as file:
            for line in file:
                if last:
                    digest.update(last)
                    rows += last.startswith(b"[")
                head, last = head or line, line
        first, end = json.loads(head), json.loads(last)
    except FileNotFoundError:
        raise StorageError(str(path), "not found; name a file that \"goosh backup\" wrote") from None
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise StorageError(str(path), "not a backup, or a damaged one; name a file that \"goosh backup\" wrote") from error
        raise StorageError(str(path), f"cannot be read ({error.strerror}); check the file and its permissions") from error
    except (EOFError, zlib.error, ValueError) as error:
        raise StorageError(str(path), DAMAGED) from error
    if not isinstance(first, dict) or first.get("format") != FORMAT:
        raise StorageError(str(path), "not a backup of this program; name a file that \"goosh backup\" wrote")
    if first["version"] > FORMAT_VERSION or first["schema"] not in migrations.known():
        raise StorageError(str(path), f"the backup was made by a newer version of this program (format {first['version']}, "
                                      f"schema {first['schema']}); upgrade gooshbezang")
    if not isinstance(end, dict) or end.get("rows") != rows or end.get("sha256") != digest.hexdigest():
        raise StorageError(str(path), DAMAGED)
    return str(first["schema"])


def _lines(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _clear(connection: Connection) -> None:
    for name in ["search", *(table.name for table in reversed(ALL)), migrations.TABLE]:
        connection.execute(text(f"DROP TABLE IF EXISTS {name}"))


def _fill(connection: Connection, lines: Iterator[Any]) -> dict[str, int]:
    counted: dict[str, int] = {}
    booleans: list[int] = []
    table, columns, rows = "", list[str](), list[tuple[Any, ...]]()
    for line in lines:
        if isinstance(line, list):
            rows.append(_row(line, booleans))
            if len(rows) == PIECE:
                bulk(connection, table, columns, rows)
                counted[table] += PIECE
                rows = []
        elif "table" in line:
            _flush(connection, table, columns, rows, counted)
            table, columns, rows = line["table"], line["columns"], []
            counted[table] = 0
            booleans = _booleans(connection, table, columns)
    _flush(connection, table, columns, rows, counted)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT setval(pg_get_serial_sequence('event', 'pk'), (SELECT coalesce(max(pk), 0) + 1 FROM "
                                "event), false)"))
    return counted


def _flush(connection: Connection, table: str, columns: list[str], rows: list[tuple[Any, ...]],
           counted: dict[str, int]) -> None:
    if rows:
        bulk(connection, table, columns, rows)
        counted[table] += len(rows)


def _row(line: list[Any], booleans: list[int]) -> tuple[Any, ...]:
    row = [base64.b64decode(value["b"]) if isinstance(value, dict) else value for value in line]
    for position in booleans:  # SQLite writes 0 and 1, PostgreSQL takes only false and true
        row[position] = None if row[position] is None else bool(row[position])
    return tuple(row)


def _booleans(connection: Connection, table: str, columns: list[str]) -> list[int]:
    if connection.dialect.name != "postgresql":
        return []
    found = set(connection.execute(text(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = :name "
        "AND data_type = 'boolean'"), {"name": table}).scalars())
    return [position for position, column in enumerate(columns) if column in found]


def _index(connection: Connection) -> None:
    """Build the search index, which is not in the file, from the texts."""
    last = 0
    while True:
        rows = connection.execute(text("SELECT pk, title, text FROM mention WHERE pk > :last AND deleted_at IS NULL ORDER BY "
                                       "pk LIMIT :piece"), {"last": last, "piece": PIECE}).all()
        if not rows:
            return
        search.index(connection, [(pk, f"{title}\n{body}" if title else body) for pk, title, body in rows], fresh=True)
        last = rows[-1].pk
