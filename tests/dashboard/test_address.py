"""A link always opens; what of its address cannot be understood is told in one line, with what is shown instead."""

from __future__ import annotations

import subprocess
import sys
from urllib.parse import quote

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from listener.words import Language, say
from tests.dashboard.house import BRAND, House
from tests.dashboard.test_views import LANGUAGES, visit


def line(board: AppTest) -> str:
    return " ".join(one.value for one in board.caption if ":material/link_off:" in one.value)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("page", "name", "value"), [
    ("now", "brand", "هیچ‌برند"), ("now", "lang", "de"), ("mentions", "span", "99y"), ("mentions", "label", "furious"), ("mentions", "source", "no-such"),
    ("mentions", "in", "xx"), ("mentions", "older", "zzz"), ("cases", "case", "twelve"), ("cases", "show", "lost"), ("cases", "kind", "x"),
    ("story", "since", "ever"), ("replay", "rule", "spke"), ("replay", "from", "yesterday"), ("effect", "span", "1s"), ("effect", "at", "noon"),
    ("digest", "period", "1405-W99"), ("recognition", "month", "1405-13"), ("peers", "days", "5"), ("peers", "against", "nobody"),
])
def test_what_is_not_understood_is_named_with_what_stands_in_its_place(rich: House, page: str, name: str, value: str, language: Language) -> None:
    board = visit(page, **({"lang": language} | {name: value}))
    tongue: Language = "fa" if name == "lang" else language
    told = line(board)
    assert say(f"board.address.name.{name}", tongue) in told and value[:40] in told.replace("\\", "")
    assert (say("board.address.part", tongue, name="", value="", shown="@").partition("@")[0].strip(" “”«»(")[:8]) in told


def test_days_that_are_none_or_to_come_are_told(rich: House) -> None:
    told = line(visit("mentions", lang="en", span="days", **{"from": "2031-01-01", "to": "soon"}))
    assert "first day" in told and "last day" in told and "soon" in told


@pytest.mark.parametrize("page", ["now", "mentions", "cases", "story", "replay", "effect", "digest", "recognition", "peers", "topics", "sources"])
def test_an_address_that_is_understood_says_nothing(rich: House, page: str) -> None:
    assert line(visit(page, lang="en", brand=BRAND)) == ""


def test_what_is_repeated_of_an_address_is_short_and_no_markup(rich: House) -> None:
    told = line(visit("now", lang="en", brand="[x](https://evil.example) :red[y] " + "ا" * 500))
    assert "[x]" not in told and "\\[x\\]" in told and ":red" not in told.replace("\\:red", "") and "ا" * 50 not in told


def remembered(board: AppTest) -> list[str]:
    return [block.proto.body for block in board.get("html") if "document.cookie" in block.proto.body]


def test_the_name_that_was_said_is_kept_by_the_browser_in_letters_that_run_nothing(rich: House, monkeypatch: pytest.MonkeyPatch) -> None:
    board = visit("now", lang="en")
    assert remembered(board) == []  # nothing is kept of somebody who said nothing
    people = rich.service.people()
    board.selectbox(key="who").select(people[0]).run()
    told = remembered(board)[0]
    assert quote(people[0], safe="") in told and "samesite=strict" in told and told.isascii()
    monkeypatch.setattr(session, "_cookie", lambda name: quote(people[0]) if name == session.NAME else None)
    assert visit("now", lang="en").session_state["who"] == people[0]


@pytest.mark.parametrize("kept", ["", "Somebody Else", "%22;alert(1)//", "%ff%fe"])
def test_a_name_that_is_nobodys_is_not_taken_up(rich: House, monkeypatch: pytest.MonkeyPatch, kept: str) -> None:
    monkeypatch.setattr(session, "_cookie", lambda name: kept)
    assert visit("now", lang="en").session_state["who"] is None


def test_the_board_is_read_in_without_a_word_of_complaint() -> None:
    told = subprocess.run([sys.executable, "-c", "import dashboard.asgi, dashboard.insight"], capture_output=True, text=True, timeout=60, check=True)
    assert "MemoryCacheStorageManager" not in told.stderr + told.stdout
