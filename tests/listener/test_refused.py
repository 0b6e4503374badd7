"""Every refusal that a person can meet has words in both languages, and values for all that its words leave open."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from listener.errors import Refusal
from listener.words import catalogue

HOUSE = Path(__file__).resolve().parents[2]
ROOMS = (HOUSE / "listener" / "service", HOUSE / "alerts" / "care", HOUSE / "alerts" / "digest", HOUSE / "dashboard")
MEANT_FOR_US = {"alerts/care/promises/__init__.py", "dashboard/serve.py"}  # a naive instant, settings too large to hand over: bugs and starts, no answers to a person
SHAPED = {"who.": ("phone", "email")}  # keys that end in a value


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(one for room in ROOMS for one in room.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
                yield path.relative_to(HOUSE).as_posix(), node


def keys(node: ast.Call) -> list[str]:
    said = node.args[1]
    if isinstance(said, ast.JoinedStr):
        begin = str(said.values[0].value) if isinstance(said.values[0], ast.Constant) else ""
        return [f"refused.{begin}{end}" for end in SHAPED[begin]]
    assert isinstance(said, ast.Constant)
    return [f"refused.{said.value}"]


RAISED = [(place, key, {one.arg for one in node.keywords}) for place, node in calls() for key in keys(node)]


@pytest.mark.parametrize(("place", "key", "values"), RAISED, ids=[f"{place}-{key}" for place, key, _ in RAISED])
def test_a_refusal_has_words_and_all_they_ask_for(place: str, key: str, values: set[str | None]) -> None:
    for sentence in catalogue()[key]:
        assert {name for _, name, _, _ in Formatter().parse(sentence) if name} == values


def test_no_words_are_kept_for_a_refusal_that_nobody_gives() -> None:
    assert {key for key in catalogue() if key.startswith("refused.")} - {key for _, key, _ in RAISED} == set()


def test_nothing_but_a_refusal_answers_a_person() -> None:
    bare = set()
    for room in ROOMS:
        for path in room.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                made = node.exc if isinstance(node, ast.Raise) else None
                if isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id == "ValueError":
                    bare.add(path.relative_to(HOUSE).as_posix())
    assert bare - MEANT_FOR_US == set()


def test_a_refusal_reads_where_what_and_what_to_do_on_the_command_line_and_stands_alone_on_the_board() -> None:
    refusal = Refusal("alert 'a1b2'", "alert.taken", who="سارا")
    assert isinstance(refusal, ValueError)
    assert str(refusal) == "alert 'a1b2': 'سارا' has taken it already; talk to each other"
    assert refusal.said("fa") == "پیش از شما \u2068سارا\u2069 آن را به عهده گرفته است؛ با هم صحبت کنید"


def test_names_in_a_refusal_are_listed_as_the_language_lists_and_figures_are_in_its_digits() -> None:
    assert str(Refusal("brand 'x'", "brand", known=["a", "b"])) == "brand 'x': unknown; known: a, b"
    assert Refusal("brand 'x'", "brand", known=["a", "b"]).said("fa").endswith("\u2068a\u2069، \u2068b\u2069")
    assert "۳" in Refusal("decision", "decision.full", n=3).said("fa")
