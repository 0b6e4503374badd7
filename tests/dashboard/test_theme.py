"""Colours by WCAG 2.2: text 4.5 to 1 on everything it stands on, what a chart draws 3 to 1, in both themes, by calculation."""

from __future__ import annotations

import re
from itertools import product

import pytest

from dashboard import serve, sign_in, theme

THEMES = ("light", "dark")
PAIRS = {name: dict(zip(THEMES, pair, strict=True)) for name, *pair in re.findall(r"--([a-z0-9]+): light-dark\((#[0-9A-F]{6}), (#[0-9A-F]{6})\)", theme._SHEET)}
TEXTS = ("ink", "soft", "negative", "neutral", "positive", "unsure", "good", "p1", "p2", "p3")


def light(colour: str) -> float:
    parts = [int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the ratio of WCAG 2.2, 1.4.3."""
    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def backgrounds(kind: str) -> list[str]:
    return [PAIRS["paper"][kind], PAIRS["sunk"][kind], *(str(serve.OPTIONS[f"theme.{kind}.{name}"]) for name in ("backgroundColor", "secondaryBackgroundColor"))]


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert round(contrast("#000000", "#FFFFFF"), 2) == 21.0 and set(TEXTS) | {"paper", "sunk", "line"} <= set(PAIRS)


@pytest.mark.parametrize(("kind", "name"), product(THEMES, TEXTS))
def test_every_text_stands_out_from_all_it_may_stand_on(kind: str, name: str) -> None:
    for behind in backgrounds(kind):
        assert contrast(PAIRS[name][kind], behind) >= 4.5, (name, behind)


@pytest.mark.parametrize("kind", THEMES)
def test_streamlits_own_texts_and_buttons_stand_out(kind: str) -> None:
    for behind in backgrounds(kind):
        assert contrast(str(serve.OPTIONS[f"theme.{kind}.textColor"]), behind) >= 4.5
        assert contrast(str(serve.OPTIONS[f"theme.{kind}.linkColor"]), behind) >= 4.5
    assert contrast("#FFFFFF", str(serve.OPTIONS[f"theme.{kind}.primaryColor"])) >= 4.5


@pytest.mark.parametrize(("kind", "name"), product(THEMES, ("negative", "positive", "unsure", "usual", "ink", "mark")))
def test_what_a_chart_draws_stands_out(kind: str, name: str) -> None:
    assert contrast(theme.CHART[kind][name], str(serve.OPTIONS[f"theme.{kind}.backgroundColor"])) >= 3


def test_the_door_can_be_read_in_both_themes() -> None:
    pairs = [found for found in re.findall(r"light-dark\((#[0-9A-F]{3,6}),\s*(#[0-9A-F]{3,6})\)", sign_in._STYLE)]
    assert pairs and contrast("#FFFFFF", "#0F766E") >= 4.5
    paper = ("#FFFFFF", "#161E27")
    for place, kind in enumerate(THEMES):
        for text in ("#1B2533", "#E6EBF1"), ("#52606F", "#A7B4C2"), ("#A3123A", "#FF8FA8"), ("#0F5F8C", "#7CC4F0"):
            assert text in pairs and contrast(text[place], paper[place]) >= 4.5, kind
