"""Every page of the board in every state: empty, with one mention, rich, broken; in Persian and English."""

from __future__ import annotations

import ast
import re
from html import unescape
from pathlib import Path

import pytest

from listener.words import Language, catalogue, say
from tests.dashboard.house import PEER, House
from tests.dashboard.test_views import APP, LANGUAGES, text, visit


def _pages() -> tuple[str, ...]:
    """Return the files of the board's pages. Read, not imported: the frame is drawn where its module is loaded."""
    told = next(node.value for node in ast.parse(Path(APP).read_text(encoding="utf-8")).body
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "PAGES")
    return tuple(file for file, *_ in ast.literal_eval(told))


PAGES = _pages()
EMPTY = {"now": "first.title", "open_alerts": "alerts.none", "mentions": "no_mentions.words", "cases": "cases.none_words", "customer": "customer.start",
         "story": "stories.none", "topics": "causes.none", "replay": "replay.nothing", "peers": "peers.few", "effect": "effect.nothing", "brief": "brief.lead_none",
         "digest": "page.digest", "recognition": "recognition.no_staff", "sources": "advice.never", "settings": "settings.words", "about": "about.words"}
RICH = {"now": ("page.now", "alert.P1", "tile.reach"), "open_alerts": ("alert.P1", "alert.P2"), "mentions": ("label.negative",), "cases": ("cases.tile.open",),
        "customer": ("customer.start",), "story": ("how.stories", "g-said"), "topics": ("aspect.delivery", "phrases.title", "حذف", "emerging.title"), "replay": ("replay.nothing",),
        "peers": (PEER,), "effect": ("how.effect_volume",), "brief": ("brief.lead",), "digest": ("page.digest",), "recognition": ("recognition.no_staff",),
        "sources": ("mend.refused",), "settings": ("settings.words", PEER), "about": ("how.reach", "about.licence")}


def in_words(key: str, language: Language) -> str:
    """Return what a page must say: a sentence of the catalogue, from its second letter and to its first field, or the word itself."""
    whole = key if key in catalogue() else f"board.{key}"
    if whole not in catalogue():
        return key
    fa, en = catalogue()[whole]
    return (fa if language == "fa" else en)[1:].partition("{")[0].strip()


def seen(page: str, language: Language) -> str:
    """Return what a page says, which is no page where a field or a Python value shows."""
    said = unescape(text(visit(page, lang=language)))
    prose = re.sub("<[^>]+>", " ", said)
    assert f'lang="{language}"' in said and f'dir="{"rtl" if language == "fa" else "ltr"}"' in said
    assert not re.search(r"\{\w+\}|\bnan\b|datetime\.|<class ", prose) and (language == "en" or "None" not in prose)  # English says "None." too
    return said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_an_empty_board_says_what_to_do(empty: House, page: str, language: Language) -> None:
    assert in_words(EMPTY[page], language) in seen(page, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_one_mention_is_shown_without_pretending_to_know_more(single: House, page: str, language: Language) -> None:
    said = seen(page, language)
    if page in ("now", "mentions"):
        assert "نرسید" in said
    if page == "now":
        assert say("board.against.no_usual", language) in said
    if page not in ("about", "settings", "sources"):  # they tell of shares, of the model and of hours, not of posts
        assert not re.search(r"[۱-۹][۰-۹]?٪ از (سنجیده|شکایت)|\d% of (those|complaints)", said)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_rich_board_shows_what_matters(rich: House, page: str, language: Language) -> None:
    said = seen(page, language)
    assert [key for key in RICH[page] if in_words(key, language) not in said] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_database_that_is_none_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str, language: Language) -> None:
    broken = tmp_path / "broken.sqlite"
    broken.write_text("this is no database " * 100)
    config = tmp_path / "goosh.toml"
    config.write_text(f'database = "sqlite:///{broken}"\n[[brands]]\nname = "الف"\n', encoding="utf-8")
    monkeypatch.setenv("GOOSH_CONFIG", str(config))
    for name in ("GOOSH_SETTINGS", "GOOSH_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    board = visit(page, lang=language)
    assert [one.value for one in board.error] == [f'{say("board.failed", language)} {say("board.broken.storage", language)}']
    assert "broken.sqlite" in board.code[0].value
