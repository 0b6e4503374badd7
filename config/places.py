"""Where things are: the configuration, the data folder, the database, the texts that ship with the program."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote

import platformdirs

FILE_NAME = "goosh.toml"
DATABASE_NAME = "goosh.sqlite"


def data_dir() -> Path:
    """Return the folder for database, logs and backups: ``GOOSH_HOME``, or the platform's own. Does not create it."""
    home = os.environ.get("GOOSH_HOME")
    return Path(home).expanduser().absolute() if home else platformdirs.user_data_path("goosh", appauthor=False)


def find_config() -> Path | None:
    """Return the first that exists of: ``GOOSH_CONFIG``, ``goosh.toml`` here, in ``GOOSH_HOME``, in the platform's folder.

    ``GOOSH_CONFIG`` is returned even where no file is: a name that was given must not be passed over in silence.
    """
    named = os.environ.get("GOOSH_CONFIG")
    if named:
        return Path(named).expanduser()
    places = []
    with suppress(OSError):  # the folder we stand in may be gone
        places.append(Path.cwd())
    if os.environ.get("GOOSH_HOME"):
        places.append(data_dir())
    places.append(platformdirs.user_config_path("goosh", appauthor=False))
    return next((folder / FILE_NAME for folder in places if _is_file(folder / FILE_NAME)), None)


def _is_file(path: Path) -> bool:
    """Whether a file is there; one in a folder that this user may not read is not there for them."""
    try:
        return path.is_file()
    except OSError:
        return False


def default_database() -> str:
    """Return the URL of the SQLite file in the data folder."""
    return sqlite_url(data_dir() / DATABASE_NAME)


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file; ``%`` and ``?`` in its path are quoted, for they mean something in a URL.

    >>> sqlite_url(Path("/data/100%?/goosh.sqlite"))
    'sqlite:////data/100%25%3F/goosh.sqlite'
    """
    return "sqlite:///" + path.as_posix().replace("%", "%25").replace("?", "%3F")


def sqlite_path(url: str) -> Path | None:
    """Return the file a SQLite URL names, ``None`` where it names none (another database, memory)."""
    name = unquote(url.removeprefix("sqlite:///").partition("?")[0]) if url.startswith("sqlite:///") else ""
    return None if not name or name == ":memory:" or name.startswith("file:") else Path(name)


def placed(url: str, folder: Path) -> str:
    """Return the URL with a relative SQLite file placed in ``folder``: a database must not change with where one stands."""
    path = sqlite_path(url)
    if path is None or path.is_absolute():
        return url
    _, mark, query = url.partition("?")
    return sqlite_url(folder / path) + mark + query


def packaged_text(name: str) -> str:
    """Return a text that ships beside this module: ``default.toml``, ``example.toml``, ``deploy/goosh.service`` …"""
    return files("config").joinpath(*name.split("/")).read_text(encoding="utf-8")
