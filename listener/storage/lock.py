"""The run lock: one ``goosh run`` a database. The system gives it up when its process dies, however it dies.

SQLite: a lock of the operating system on ``<file>.lock``; PostgreSQL: an advisory lock of a connection kept open.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

from ..errors import StorageError
from .database import WRITER, explained, parse_url, place_of

RUNNING = WRITER + 1  # beside the writer's lock


@contextmanager
def run_lock(url: str | URL) -> Iterator[None]:
    """Hold the right to run on this database. Raises: StorageError at once when another process has it."""
    parsed = parse_url(url) if isinstance(url, str) else url
    if parsed.drivername.startswith("sqlite"):
        with _file_lock(Path(str(parsed.database))):
            yield
    else:
        with _server_lock(parsed):
            yield


@contextmanager
def _file_lock(database: Path) -> Iterator[None]:
    try:
        database = database.resolve()  # two names of one database are one database
        path = database.with_name(database.name + ".lock")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise StorageError(str(database), f"its lock cannot be made ({error.strerror}); make its folder writable for this user") from error
    try:
        if not _try(handle):
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() if sys.platform != "win32" else ""
            raise StorageError(str(database), "another \"goosh run\" works on this database"
                                              f"{f' (process {holder})' if holder else ''}; stop it or name another database")
        # the file stays when we go: to delete it would let two hold "the" lock, one on each file
        with suppress(OSError):  # a full disk: the number is decoration, the lock holds without it
            os.ftruncate(handle, 0)
            os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _try(handle: int) -> bool:
        try:
            os.lseek(handle, 1 << 30, os.SEEK_SET)  # a byte nobody writes, so that the number can still be read
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            os.lseek(handle, 0, os.SEEK_SET)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def _server_lock(url: URL) -> Iterator[None]:
    place = place_of(url)
    with explained(place):
        connection = psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True,
                                     connect_timeout=10)
    with connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s, hashtext(current_schema()))", (RUNNING,)).fetchone()
        if row is None or not row[0]:
            raise StorageError(place, "another \"goosh run\" works on this database; stop it or name another database")
        yield
