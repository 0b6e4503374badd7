"""The board's Digest page shows the bytes of the mail: no figure of it is another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.digest.periods import parse
from alerts.digest.text import text
from listener.words import Language
from tests.dashboard.test_views import LANGUAGES, visit
from tests.listener.digest_weeks import BRAND, DUE, NAME, House, care
from tests.listener.test_digest import Seen, figures_in


@pytest.fixture
def house(tmp_path: Path, on_board: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    made = care(tmp_path / "goosh.sqlite")
    on_board(made)
    monkeypatch.setenv("GOOSH_NOW", DUE.isoformat())
    yield made
    made.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_every_figure_of_the_digest_and_no_other(house: House, language: Language) -> None:
    board = visit("digest", lang=language, brand=BRAND, period=NAME)
    [frame] = board.get("iframe")
    page = Seen()
    page.feed(frame.proto.srcdoc)
    made = house.service.digest(BRAND, parse(NAME), language)
    assert figures_in("".join(page.said) + " ".join(page.images)) == figures_in(text(made))
