"""The three sentences: what changed first, what could not be compared last, and no two figures for one thing without the reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.digest import build
from alerts.digest.nouns import Estimate, Facts, Subject, Tally, Voice
from alerts.digest.periods import parse
from alerts.digest.text import text
from listener.words import Language

AT = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
CALM = Tally(228, 40, 138, 50, 0, 20, 200, 1.0, Estimate(0.17, 0.12, 0.22))
ANGRY = Tally(228, 86, 102, 40, 0, 20, 200, 1.0, Estimate(0.46, 0.39, 0.53))


def made(now: Tally, before: Tally | None, **more: Any) -> Facts:
    return Facts("Peyk", parse("1405-W35"), AT, now, before, **more)


def said(known: Facts, language: Language = "en") -> list[str]:
    return [line.text.replace("\u2068", "").replace("\u2069", "") for line in build(known, language).sections[0].lines]


def test_what_could_not_be_compared_comes_last() -> None:
    dark = replace(ANGRY, seen=0.6)
    spoken = said(made(dark, CALM, subjects=(Subject("t1", {"en": ("cold food",)}, 40, 30),)))
    assert spoken[0].startswith("The tone grew harsher: 46% (39–53)") and spoken[-1].startswith("Counts are not compared with last week")
    calm = said(made(replace(CALM, seen=0.6), CALM))
    assert calm[0].startswith("17% (12–22) of posts were negative") and calm[-1].startswith("Counts are not compared") and len(calm) <= 3
    first = said(made(CALM, None))
    assert first[0].startswith("228 posts by 200 authors")


def test_a_real_change_is_never_pushed_out_by_what_could_not_be_compared() -> None:
    dark = replace(ANGRY, seen=0.6)
    known = made(dark, CALM, voices=(Voice("Peyk", 900, 300), Voice("Other", 100, 300)),
                 subjects=(Subject("t1", {"en": ("cold food",)}, 70, 2), Subject("t2", {"en": ("late",)}, 3, 30)))
    spoken = said(known)
    assert len(spoken) == 3 and not any("not compared" in one for one in spoken)
    unseen = next(one for one in build(known, "en").sections if one.name == "unseen")
    assert any("could not be compared with last week" in line.text for line in unseen.lines)


def test_parts_of_the_complaints_are_compared_where_counts_cannot_be() -> None:
    known = made(replace(ANGRY, seen=0.6, share=None), CALM, subjects=(Subject("t1", {"en": ("cold food",)}, 70, 4),))
    assert said(known)[0].startswith("“cold food” made up more of the complaints: 81% (72–88), 10% (") and "last week" in said(known)[0]


def test_silence_of_a_week_that_was_hardly_seen_is_not_called_calm() -> None:
    empty = Tally(3, 0, 3, 0, 0, 0, 3, 0.2)
    assert said(made(empty, CALM))[0] == "There was no complaint in the 20% of this week that was seen."


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_corrected_share_never_stands_without_what_was_counted(language: Language) -> None:
    """86 of 228 are 38 %, and 46 % stands beside them: the reader must see at the figure why."""
    corrected, raw, why = {"fa": ("۴۶٪ (۳۹ تا ۵۳)", "۸۶ از ۲۲۸ (۳۸٪)", "تصحیح خطای"), "en": ("46% (39–53)", "86 of 228 (38%)", "error")}[language]
    for known in (made(ANGRY, CALM), made(ANGRY, None), made(ANGRY, replace(CALM, share=None, seen=0.5))):
        for line in text(build(known, language)).splitlines():
            if corrected in line:
                assert raw in line and why in line, line
    label = {"fa": "به شمارش مدل", "en": "as counted"}[language]
    numbers = next(one for one in build(made(ANGRY, CALM), language).sections if one.name == "numbers")
    assert numbers.grid is not None
    assert sum(label in row.cells[0].text for row in numbers.grid.rows) == 2  # complaints, and their rate


def test_a_share_that_nobody_can_correct_is_the_one_that_was_counted() -> None:
    raw = replace(ANGRY, share=Estimate(0.377, 0.32, 0.44, corrected=False))
    spoken = text(build(made(raw, None), "en"))
    assert "38% (32–44) of 228 scored posts were negative." in spoken and "corrected" not in spoken.partition("-----\nNumbers")[0]


def test_the_same_week_last_year_is_shown_with_its_change() -> None:
    grid = next(one for one in build(made(ANGRY, CALM, year=replace(CALM, mentions=120, negative=12)), "en").sections if one.name == "numbers").grid
    assert grid is not None and grid.columns[-1] == "Same week last year"
    assert grid.rows[0].cells[-1].text.startswith("120; now 90% more (")
    without = next(one for one in build(made(ANGRY, CALM), "en").sections if one.name == "numbers").grid
    assert without is not None and "Same week last year" not in without.columns
