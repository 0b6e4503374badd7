"""What the charts claim: gaps are not zeros, time runs with the language, an unfinished hour is no fall."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard import charts, customer_chart, rating_chart, theme
from dashboard.pen import Pen
from dashboard.serve import OPTIONS
from listener.calendar import jalali_week
from listener.service import HourPoint
from listener.service.care_reports import RatedWeek
from listener.service.customers import CustomerWeek
from listener.types import Alert, AlertState, Label, Reach, Severity
from tests.dashboard.house import BRAND, NOW

HOUR = timedelta(hours=1)
FA, EN = (Pen(language, ZoneInfo("Asia/Tehran"), NOW) for language in ("fa", "en"))
START = NOW.replace(minute=0) - 47 * HOUR


def hours(gaps: set[int] = frozenset(), count: int = 48) -> list[HourPoint]:  # type: ignore[assignment]
    return [HourPoint(START + HOUR * i, 0.0, None, None, None, None, None, None, 50.0) if i in gaps else
            HourPoint(START + HOUR * i, 1.0, 9, 4, 3, 2, 1, Reach(10 * i, 100 * i, 1_000 * i, "sum over posts"), 50.0) for i in range(count)]


def drawn(chart: Any) -> list[dict[str, Any]]:
    """Return every layer of a chart, flat."""
    found: list[dict[str, Any]] = []

    def walk(node: dict[str, Any]) -> None:
        for layer in node.get("layer", ()):
            walk(layer)
        if "mark" in node:
            found.append(node)

    walk(json.loads(chart.to_json(validate=True)))
    return found


def of(chart: Any, mark: str) -> list[dict[str, Any]]:
    return [layer for layer in drawn(chart) if layer["mark"]["type"] == mark]


def test_no_line_is_drawn_over_a_gap() -> None:
    chart = charts.reach_chart(hours({10, 11, 12}), EN, theme.CHART["light"])
    line = next(layer for layer in of(chart, "line") if layer["encoding"].get("detail"))
    rows = line["data"]["values"]
    assert {row["x"] for row in rows} == set(range(47)) - {10, 11, 12}
    assert {row["run"] for row in rows if row["x"] < 10} != {row["run"] for row in rows if row["x"] > 12}


def test_a_gap_is_a_hatched_field_over_its_hours_only() -> None:
    chart = charts.reach_chart(hours({10, 11, 12, 40}), EN, theme.CHART["light"])
    fields = of(chart, "rect")[0]["data"]["values"]
    assert fields == [{"x": 10, "x2": 13}, {"x": 40, "x2": 41}]
    rules = of(chart, "rule")[0]["data"]["values"]
    assert all(10 <= r["x"] <= r["x2"] <= 13 or 40 <= r["x"] <= r["x2"] <= 41 for r in rules)
    assert all(0 <= r["y"] <= r["y2"] <= 1 for r in rules)
    assert of(charts.reach_chart(hours(), EN, theme.CHART["light"]), "rect") == []


def test_the_hour_that_is_not_over_is_a_point_of_its_own() -> None:
    chart = charts.reach_chart(hours(), EN, theme.CHART["light"])
    so_far = next(layer for layer in of(chart, "point") if not layer["mark"]["filled"])
    assert [row["x"] for row in so_far["data"]["values"]] == [47]


@pytest.mark.parametrize(("pen", "reverse", "side"), [(FA, True, "right"), (EN, False, "left")])
def test_time_runs_with_the_language(pen: Pen, reverse: bool, side: str) -> None:
    line = next(layer for layer in of(charts.reach_chart(hours(), pen, theme.CHART["dark"]), "line") if layer["encoding"].get("detail"))
    assert line["encoding"]["x"]["scale"]["reverse"] is reverse and line["encoding"]["y"]["axis"]["orient"] == side


def test_ticks_stand_on_local_hours_of_a_zone_that_is_half_an_hour_off() -> None:
    ticks = charts._ticks(START, 48, FA)
    assert all(at % 1 == 0.5 for at in ticks) and any("آذر" in words for words in ticks.values()) and "۰۶:۰۰" in ticks.values()


def test_alerts_inside_the_chart_are_marked() -> None:
    inside = Alert("spike", BRAND, NOW, NOW - 5 * HOUR, 1, 1, Severity.P1, AlertState.FIRING)
    outside = Alert("spike", BRAND, NOW, NOW - 500 * HOUR, 1, 1, Severity.P1, AlertState.FIRING)
    chart = charts.reach_chart(hours(), FA, theme.CHART["light"], alerts=[inside, outside])
    marks = next(layer for layer in of(chart, "point") if layer["mark"]["filled"])
    assert len(marks["data"]["values"]) == 1


def test_the_unsure_share_is_drawn_with_the_volume() -> None:
    chart = charts.volume_chart(hours({3}), FA, theme.CHART["light"])
    assert of(chart, "rule")[-1]["data"]["values"][0]["unsure"] == 1
    bars = next(layer for layer in of(chart, "rect") if "y2" in layer["encoding"] and layer["encoding"]["y2"].get("field") == "to")["data"]["values"]
    assert [(bar["label"], bar["from"], bar["to"]) for bar in bars[:3]] == [("negative", 0, 4), ("neutral", 4, 7), ("positive", 7, 9)]


def test_nothing_at_all_can_be_drawn() -> None:
    for points in ([], hours(set(range(48)))):
        assert charts.reach_chart(points, FA, theme.CHART["light"]).to_dict() and charts.volume_chart(points, EN, theme.CHART["dark"]).to_dict()


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("kind", ["light", "dark"])
def test_lines_stand_out_from_the_page(kind: str) -> None:
    page = str(OPTIONS[f"theme.{kind}.backgroundColor"])
    for name in ("negative", "positive", "unsure", "usual", "mark"):
        assert contrast(theme.CHART[kind][name], page) >= 3, name  # WCAG 2.2, 1.4.11


@pytest.mark.parametrize("kind", ["light", "dark"])
def test_the_words_of_a_button_can_be_read(kind: str) -> None:
    button = str(OPTIONS[f"theme.{kind}.primaryColor"])
    assert contrast("#FFFFFF", button) >= 4.5 and contrast(button, str(OPTIONS[f"theme.{kind}.backgroundColor"])) >= 3


@pytest.mark.parametrize("pen", [FA, EN], ids=["fa", "en"])
def test_every_axis_of_a_customer_has_the_digits_of_the_language(pen: Pen) -> None:
    week = jalali_week(NOW.date())
    weeks = [CustomerWeek(week, {Label.NEGATIVE: 12, Label.POSITIVE: 1}, 13, 0.5), CustomerWeek(week, {Label.NEUTRAL: 2}, 2, None)]
    rated = [RatedWeek(week, 25, 0.5, 40, 10), RatedWeek(week, 30, 0.6, 40, 12)]
    for chart in (customer_chart.tone_weeks(weeks, pen, theme.CHART["light"]), rating_chart.ratings(rated, pen, theme.CHART["light"])):
        axes = [channel["axis"] for layer in drawn(chart) for channel in layer["encoding"].values() if isinstance(channel, dict) and channel.get("axis")]
        assert axes and all("labelExpr" in axis for axis in axes)
        assert all(("۰" in axis["labelExpr"] or re.search("[۱-۹]", axis["labelExpr"])) if pen is FA else not re.search("[۰-۹]", axis["labelExpr"]) for axis in axes)
        words = json.dumps(json.loads(chart.to_json()), ensure_ascii=False)
        assert pen is EN or not re.search(r'"words": "[^"]*[0-9]', words)
        sides = {layer["encoding"]["y"]["axis"]["orient"] for layer in drawn(chart)}
        assert sides == {"left", "right"}  # two scales never share a side
