"""Houses the board is tried in: empty, with one mention, rich. The rich one is built once a session and copied."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard import reads
from listener.types import Author, Label, Mention
from tests.dashboard.house import BRAND, NOW, House, commit, make_rich, open_house, score, scored


@pytest.fixture(scope="session")
def rich_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rich") / "goosh.sqlite"
    house = make_rich(path)
    house.store.close()
    return path


@pytest.fixture
def on_board(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[House], House]]:
    """Let the board read this house for the length of a test."""
    def point(house: House) -> House:
        monkeypatch.setenv("GOOSH_SETTINGS", house.settings.model_dump_json())
        monkeypatch.setenv("GOOSH_NOW", NOW.isoformat())
        return house

    yield point
    reads._service.clear()
    reads.forget()


@pytest.fixture
def rich(tmp_path: Path, rich_database: Path, on_board: Callable[[House], House]) -> Iterator[House]:
    path = tmp_path / "rich.sqlite"
    shutil.copy(rich_database, path)
    house = open_house(path)
    yield on_board(house)
    house.store.close()


@pytest.fixture
def empty(tmp_path: Path, on_board: Callable[[House], House]) -> Iterator[House]:
    house = open_house(tmp_path / "empty.sqlite")
    yield on_board(house)
    house.store.close()


@pytest.fixture
def single(tmp_path: Path, on_board: Callable[[House], House]) -> Iterator[House]:
    """One mention, scored."""
    house = open_house(tmp_path / "single.sqlite")
    at = NOW - timedelta(minutes=30)
    mention = Mention("rss", "1", f"سفارشم از {BRAND} نرسید", at, url="https://example.org/1", author=Author("rss", "negar", "نگار"))
    commit(house, "خبرگزاری‌ها", [mention], start=at - timedelta(hours=1), end=NOW)
    scored(house, {mention.key: score(Label.NEGATIVE, random.Random(1))})
    yield on_board(house)
    house.store.close()
