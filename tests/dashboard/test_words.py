"""The catalogue of the board: complete in both languages, and nothing is said that is not in it."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from listener.service import Health
from listener.types import AlertState, Label, Reason, VerdictKind
from listener.words import catalogue
from listener.words.board import WORDS

BOARD = Path(__file__).resolve().parents[2] / "dashboard"
SAID = re.compile(r"""(\.)?\b(?:say|known)\(f?["']([^"']+)["']""")
"""What is said and by whom: a pen writes the board's room before its keys itself, ``listener.words.say`` wants the whole key."""
BY_VALUE = ("board.advice.", "board.did.", "board.cases.did.", "board.about.how.")
"""Rooms whose keys are put together of values outside the board's own source; each value's word is asked for below."""


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_say_the_same_with_the_same_fields(key: str) -> None:
    fa, en = WORDS[key]
    assert fa.strip() or key == "board.comma"
    assert fields(fa) == fields(en)
    assert re.search(r"[\u0600-\u06ff]", fa) or not re.search(r"\w", re.sub(r"\{\w+\}", "", fa))
    assert not re.search(r"[يكى]|[\u0660-\u0669]", fa)  # Persian letters and digits, not their Arabic look-alikes


def spoken() -> set[str]:
    """Return the whole keys, some with fields in braces, that the board's source says."""
    found: set[str] = set()
    for path in BOARD.rglob("*.py"):
        found |= {f"board.{key}" if by else key for by, key in SAID.findall(path.read_text(encoding="utf-8"))}
    return found


def test_everything_the_board_says_is_in_the_catalogue() -> None:
    assert {key for key in spoken() if "{" not in key} - set(catalogue()) == set()


def test_what_is_said_by_a_value_is_there_for_every_value() -> None:
    wanted = {
        **{f"board.label.{v}": None for v in (*Label, "unsure", "unscored")}, **{f"board.state.{v}": None for v in (*AlertState, "taken_by")},
        **{f"board.health.{v}": None for v in Health}, **{f"board.advice.{v}": None for v in Health}, **{f"board.reason.{v}": None for v in Reason},
        **{f"board.verdict.{v}": None for v in VerdictKind}, **{f"board.span.{v}": None for v in "dhms"},
        **{f"board.count.{v}": None for v in ("likes", "shares", "comments", "views")}, "board.health.failing_since": None, "board.health.stopped_since": None,
    }
    from dashboard.filters import LANGUAGES, SPANS

    wanted |= {f"board.language.{v}": None for v in LANGUAGES} | {f"board.span_choice.{v}": None for v in SPANS}
    wanted |= {f"board.aspect.{v}": None for v in ("staff", "delivery", "refund", "price", "quality", "app", "availability", "communication",
                                                   "safety", "other")}
    wanted |= {f"board.emerging.{v}": None for v in ("new", "growing", "steady", "fading")}
    wanted |= {f"board.silence_choice.{v}": None for v in ("1h", "6h", "1d", "7d")} | {f"board.page.{v}": None for v in _pages()}
    wanted |= {f"board.{v}": None for v in ("how.reach", "how.negative", "how.mentions", "how.unsure", "how.chart", "how.volume", "how.sources", "how.complaints")}
    assert set(wanted) - set(catalogue()) == set()


def _pages() -> list[str]:
    return [path.stem for path in (BOARD / "views").glob("*.py") if path.stem != "__init__"]


def test_no_word_is_kept_that_nobody_says() -> None:
    patterns = [re.compile(re.sub(r"\\\{[^}]*\\\}", "[^.]+", re.escape(key))) for key in spoken()]
    source = " ".join(path.read_text(encoding="utf-8") for path in (*BOARD.rglob("*.py"), *(BOARD.parent / "listener" / "service").glob("*.py"),
                                                                   *(BOARD.parent / "alerts").rglob("*.py")))
    kept = {whole.removesuffix(".one") for whole in catalogue() if whole.startswith("board.")}
    assert {key for key in kept if not any(p.fullmatch(key) for p in patterns) and not key.startswith(BY_VALUE)
            and f'"{key}"' not in source and f'"{key.removeprefix("board.")}"' not in source} == set()


def test_every_answer_to_how_a_number_is_counted_has_its_place_in_about() -> None:
    told = {key.removeprefix("board.about.how.") for key in catalogue() if key.startswith("board.about.how.")}
    assert {key for key in told if f"board.how.{key}" not in catalogue()} == set()


def test_every_act_that_a_log_keeps_has_words() -> None:
    """Acts are kept in English (``CaseEvent.what``, an alert's log); the board and the command line say them in the reader's language."""
    rooms = [*(BOARD.parent / "listener" / "service").glob("*.py"), *(BOARD.parent / "listener" / "pipeline").glob("*.py")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in rooms)
    cases = set(re.findall(r'(?:CaseEvent|_move|_end|_settle)\([^"\n]*"([a-z ]+)"', source))
    alerts = {one for line in source.splitlines() if re.search(r"_write\(|what=f?\"|what = ", line) for one in re.findall(r'"([a-z][a-z ]*)(?:"|: )', line)}
    assert {"open", "assign", "answer", "resolve"} <= cases and {"acknowledge", "silence"} <= alerts
    assert ({f"board.cases.did.{one}" for one in cases} | {f"board.did.{one}" for one in alerts}) - set(catalogue()) == set()
