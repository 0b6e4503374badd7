"""Connections, transactions and what their failures mean.

Why Core statements and no ORM session: 10,000 rows cost 0.07 s instead of 0.48 s, and no row can outlive its session.

One writer at a time, on both databases: SQLite knows no other way (``BEGIN IMMEDIATE``), and on PostgreSQL a
transaction lock makes it so, because the counts kept beside the mentions are the difference of before and after.
Readers never wait. Only claims (``claim_*``) go without the lock; they skip rows that others hold.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from ..errors import StorageError
from . import migrations

WAIT = timedelta(seconds=30)
"""How long a transaction waits for another program's lock: longer than a batch of 5,000, shorter than patience."""
CHUNK = 900  # values in one IN list; SQLite before 3.32 took 999
WRITER = 0x676F6F73  # "goos": our name space among PostgreSQL's advisory locks

GONE = "the tables are gone: the file was removed or replaced while the program ran; restore a backup with \"goosh restore\" and start again"
DROPPED = "the tables are gone: somebody dropped them while the program ran; restore a backup and start again"
_SQLITE = {
    sqlite3.SQLITE_FULL: "the disk is full and this batch was not written; free some space and start again",
    sqlite3.SQLITE_BUSY: "locked by another program; close it or try again",
    sqlite3.SQLITE_LOCKED: "locked by another program; close it or try again",
    sqlite3.SQLITE_READONLY: "read-only for this user; give it write permission on the file and its folder",
    sqlite3.SQLITE_PERM: "no permission; give this user write permission on the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; give this user write permission on the file and its folder",
    sqlite3.SQLITE_NOTADB: "not an SQLite database; name another file or restore a backup with \"goosh restore\"",
    sqlite3.SQLITE_CORRUPT: "damaged; restore a backup with \"goosh restore\"",
    sqlite3.SQLITE_IOERR: "the disk could not be read or written; check it and start again",
}
_POSTGRES = {
    "53": "the server has no room left (disk, memory or connections) and this batch was not written; free some and start again",
    "55P03": "locked by another program; close it or try again",
    "28": "the server refused the user or password; check the database URL",
    "3D000": "the server has no such database; create it or check the database URL",
    "25006": "the server is read-only; name its primary in the database URL",
    "42501": "the user has no permission; grant it CREATE on the schema and all rights on its tables",
    "57P": "the server is shutting down or starting; try again",
    "08": "the server cannot be reached; check the database URL and that it runs",
}


def parse_url(url: str) -> URL:
    """Return the URL with our driver. Raises: StorageError for anything but a file of SQLite or PostgreSQL."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # a bad port is a ValueError that repeats the password
        raise StorageError("database", "not a database URL; write sqlite:////folder/goosh.sqlite or postgresql://…") from None
    name = parsed.drivername.partition("+")[0]
    if name == "sqlite":
        if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
            raise StorageError("database", f"{url!r} names no file; write sqlite:////folder/goosh.sqlite")
        return parsed.set(drivername="sqlite+pysqlite")
    if name in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise StorageError("database", f"unknown kind {name!r}; known: postgresql, sqlite")


def place_of(url: URL) -> str:
    """Return how messages call this database: the file, or the URL without its password and options."""
    if url.drivername.startswith("sqlite"):
        return str(url.database)
    return url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn what the database cannot do into a StorageError; our own mistakes (bad SQL, broken keys) surface as they are."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, psycopg.Error) as error:
        sentence = _sentence(error.orig if isinstance(error, DBAPIError) else error)
        if sentence is None:
            raise
        raise StorageError(place, sentence, gone=sentence in (GONE, DROPPED)) from error


def _sentence(error: BaseException | None) -> str | None:
    if isinstance(error, sqlite3.Error):
        if _missing(error):
            return GONE
        return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    if isinstance(error, psycopg.Error):
        if _missing(error):
            return DROPPED
        state = error.sqlstate
        if state is None:
            return _POSTGRES["08"] if isinstance(error, psycopg.OperationalError) else None
        return next((sentence for prefix, sentence in _POSTGRES.items() if state.startswith(prefix)), None)
    return None


def _missing(error: BaseException) -> bool:
    """Whether a table of ours is not there; one that nobody knows is a mistake in our SQL."""
    found = re.match(r'no such table: (?:main\.)?(\w+)|relation "(\w+)" does not exist', str(error))
    return found is not None and (found[1] or found[2]) in migrations.tables()


def connect(url: URL, *, wait: timedelta) -> Engine:
    """Return an engine whose every connection is set up; creates the file of SQLite (0600). Raises: StorageError."""
    if url.drivername.startswith("sqlite"):
        _make_file(Path(str(url.database)))
        engine = create_engine(url, pool_size=8, max_overflow=24, connect_args={"timeout": wait.total_seconds()})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(url, pool_size=8, max_overflow=24, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    milliseconds = round(wait / timedelta(milliseconds=1))

    def set_up(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {milliseconds}")
            cursor.execute("SET timezone = 'UTC'")
            cursor.execute("SET random_page_cost = 1.1")  # what is asked for is the newest, and in memory; at 4 all mentions are read for a week
            cursor.execute("SET jit = off")  # compiling a statement takes longer than running any of ours
            cursor.execute("SET work_mem = '16MB'")  # a week's stories are sorted in memory; 4 MB, the default, sends them to the disk
        connection.commit()

    event.listen(engine, "connect", set_up)
    return engine


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.is_dir():
            raise StorageError(str(path), "a folder; name a file in it")
        if not os.access(path.parent, os.W_OK):  # WAL needs two files beside the database
            raise StorageError(str(path), "its folder is not writable for this user; make it so or name another")
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # what people wrote is nobody else's business
    except OSError as error:
        raise StorageError(str(path), f"cannot be made ({error.strerror}); name a folder that this user may write") from error


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy says BEGIN, the driver stays out of it
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # what was committed survives a power cut, cursors and clicks alike
    connection.execute("PRAGMA cache_size = -16000")
    connection.execute("PRAGMA temp_store = MEMORY")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writing") else "BEGIN")


def _use_wal(engine: Engine, wait: timedelta) -> None:
    """Switch to write-ahead logging once; SQLite does not wait for a lock here, so this does."""
    give_up = time.monotonic() + wait.total_seconds()
    while True:
        raw = engine.raw_connection()
        try:
            cursor = raw.cursor()
            if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        finally:
            raw.close()


class Database:
    """One database: its transactions and its name in messages. Safe to share between threads."""

    def __init__(self, url: URL, *, wait: timedelta = WAIT) -> None:
        self._url = url
        self._engine = connect(url, wait=wait)
        self.place = place_of(url)
        self._postgres = self._engine.dialect.name == "postgresql"
        self._claims: dict[Any, int] = {}
        self._joined = threading.local()
        self._file = _identity(url)

    def check_file(self) -> None:
        """Make sure that the file of SQLite is still the one that was opened. Raises: StorageError with ``gone`` where it is not.

        SQLite goes on writing into a file that was removed, and makes a new empty one for the next connection.
        """
        if self._file is not None and _identity(self._url) != self._file:
            raise StorageError(self.place, GONE, gone=True)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one transaction of all that this thread reads and writes inside: all of it or nothing. Others wait meanwhile. Inside another
        one it is part of that.
        """
        if getattr(self._joined, "connection", None) is not None:
            yield
            return
        with self._write() as connection:
            self._joined.connection = connection
            try:
                yield
            finally:
                del self._joined.connection

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        """One moment of the database, however many statements look at it and whoever writes meanwhile."""
        if joined := getattr(self._joined, "connection", None):
            yield joined
            return
        self.check_file()
        with explained(self.place), self._engine.connect() as connection:
            if self._postgres:  # SQLite's reading transactions are like this by themselves
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """One transaction of the only writer: all of it or nothing."""
        if joined := getattr(self._joined, "connection", None):
            yield joined
            return
        self.check_file()
        with explained(self.place), self._engine.connect().execution_options(writing=True) as connection, connection.begin():
            if self._postgres:
                lock_writer(connection)
            yield connection

    @contextmanager
    def _claim(self) -> Iterator[Connection]:
        """One transaction that takes rows nobody holds; does not wait for the writer on PostgreSQL."""
        self.check_file()
        with explained(self.place), self._engine.connect().execution_options(writing=True) as connection, connection.begin():
            yield connection

    def _migrate(self, wait: timedelta) -> None:
        with explained(self.place):
            if not self._postgres:
                _use_wal(self._engine, wait)
        with self._read() as connection:
            if migrations.version(connection) == migrations.HEAD:
                return
        with self._write() as connection:
            found = migrations.version(connection)
            if found is None:
                stranger = sorted(set(inspect(connection).get_table_names()) & migrations.tables())
                others = [] if self._postgres else inspect(connection).get_table_names()
                if stranger or others:
                    raise StorageError(self.place, f"holds tables of another program ({', '.join((stranger or others)[:3])}); "
                                                   "name another database")
            elif found not in migrations.known():
                raise StorageError(self.place, f"made by a newer version of this program (schema {found}, this one knows "
                                               f"{migrations.HEAD}); upgrade gooshbezang")
            try:
                migrations.upgrade(connection)
            except DBAPIError as error:
                if error.orig is None or not _missing(error.orig):
                    raise
                raise StorageError(self.place, f"its tables are not those of schema {found}, which it says it has: an unreleased version made it; "
                                               "name another database, or restore a backup of a released one") from error

    def close(self) -> None:
        """Give all connections back. The store is of no use afterwards."""
        self._engine.dispose()


def _identity(url: URL) -> tuple[int, int] | None:
    """Return what tells the file of SQLite from another of its name; None where there is none, and for a server."""
    if not url.drivername.startswith("sqlite"):
        return None
    try:
        found = os.stat(str(url.database))
    except OSError:
        return None
    return found.st_dev, found.st_ino


def lock_writer(connection: Connection) -> None:
    """Hold PostgreSQL's lock of the one writer until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:space, hashtext(current_schema()))"), {"space": WRITER})


def bulk(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], conflict: str = "") -> None:
    """Insert many rows by the driver itself: SQLAlchemy's named parameters cost more than SQLite's writing."""
    if not rows:
        return
    place = "%s" if connection.dialect.name == "postgresql" else "?"
    places = ", ".join([place] * len(columns))
    connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}){conflict}",
                               rows if isinstance(rows, list) else list(rows))


def chunks(values: Sequence[Any], size: int = CHUNK) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start:start + size]


def by_kind(keys: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Sequence[str]]]:
    """Return kinds with their ids, in pieces: SQLite scans the table for ``(kind, id) IN (…)`` but not for ``id IN (…)``."""
    ids: dict[str, list[str]] = {}
    for kind, id in keys:
        ids.setdefault(kind, []).append(id)
    for kind, all_ids in ids.items():
        for some in chunks(all_ids):
            yield kind, some


def next_number(connection: Connection, table: str) -> int:
    """Return the first free ``pk``; safe because there is one writer."""
    return int(connection.execute(text(f"SELECT coalesce(max(pk), 0) + 1 FROM {table}")).scalar_one())
