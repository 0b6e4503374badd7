"""The picture of a digest as a Vega-Lite specification, and what it says in words. Pure: the roof draws it.

Days run with the language. A day of which under half was seen is a hatched field, not a low bar.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from alerts.digest.figures import Figures
from alerts.digest.nouns import Chart, Day, Facts
from alerts.digest.weigh import OBSERVED
from listener.words import digits

WIDTH, HEIGHT = 560, 180
LETTERS = 16  # pixels; a phone shows the picture at little more than half its width
FONT = "Vazirmatn"
LIGHT = {"ink": "#52606f", "grid": "#e2e8ee", "bar": "#c2410c", "then": "#1b2533", "gap": "#e6ebf0", "page": "#ffffff"}
DARK = {"ink": "#a7b4c2", "grid": "#2b3743", "bar": "#fb9a5b", "then": "#e6ebf1", "gap": "#2b3743", "page": "#161e27"}
FEWEST_DAYS = 2


def by_day(facts: Facts, figures: Figures) -> Chart | None:
    """Return complaints of each day, beside those of the span before; None where there is nothing to draw."""
    days = facts.now.days
    if len(days) < FEWEST_DAYS or not any(day.negative for day in days):
        return None
    then = facts.before.days if facts.before is not None and len(facts.before.days) == len(days) and len(days) <= 7 else ()
    return Chart("days", _words(days, figures), _spec(days, then, figures, LIGHT), _spec(days, then, figures, DARK))


def _words(days: tuple[Day, ...], figures: Figures) -> str:
    told = [figures.say("chart.day" if day.seen >= OBSERVED or day.negative else "chart.gap",
                        day=figures.tick(datetime.combine(day.day, time(0))), n=day.negative) for day in days]
    return figures.say("chart.days", days=figures.say("comma").join(told))


def _spec(days: tuple[Day, ...], then: tuple[Day, ...], figures: Figures, colours: dict[str, str]) -> dict[str, Any]:
    names = [figures.tick(datetime.combine(day.day, time(0))) for day in days]
    rows: list[dict[str, Any]] = [{"day": name, "n": day.negative, "gap": day.seen < OBSERVED and not day.negative} for name, day in zip(names, days, strict=True)]
    before: list[dict[str, Any]] = [{"day": name, "n": day.negative} for name, day in zip(names, then, strict=False) if day.seen >= OBSERVED or day.negative]
    top = max([1, *(row["n"] for row in [*rows, *before])])
    right = figures.language == "fa"
    x = {"field": "day", "type": "ordinal", "sort": names[::-1] if right else names, "title": None,
         "axis": {"labelAngle": 0, "labelOverlap": True, "labelExpr": "split(datum.label, ' ')", "ticks": False, "domainColor": colours["grid"], "labelPadding": 6}}
    y = {"field": "n", "type": "quantitative", "title": None, "scale": {"domain": [0, top], "nice": True},
         "axis": {"orient": "right" if right else "left", "tickCount": 4, "tickMinStep": 1, "domain": False, "ticks": False, "labelPadding": 6,
                  "labelExpr": _digits(right)}}
    layers: list[dict[str, Any]] = []
    if any(row["gap"] for row in rows):
        layers.append({"data": {"values": [{**row, "n": top} for row in rows if row["gap"]]}, "mark": {"type": "bar", "color": colours["gap"]},
                       "encoding": {"x": x, "y": y}})
    layers.append({"data": {"values": [row for row in rows if not row["gap"]]},
                   "mark": {"type": "bar", "color": colours["bar"], "cornerRadiusEnd": 3, "width": {"band": 0.62}}, "encoding": {"x": x, "y": y}})
    if before:
        layers.append({"data": {"values": before}, "mark": {"type": "tick", "color": colours["then"], "thickness": 2.5, "width": {"band": 0.9}},
                       "encoding": {"x": x, "y": y}})
    return {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "width": WIDTH, "height": HEIGHT, "background": colours["page"],
            "layer": layers,
            "config": {"font": FONT, "view": {"stroke": None}, "axis": {"labelFont": FONT, "labelFontSize": LETTERS, "labelColor": colours["ink"],
                                                                       "gridColor": colours["grid"]}}}


def _digits(persian: bool) -> str:
    words = "format(datum.value, ',.0f')"
    if persian:
        for figure in "0123456789":
            words = f"replace({words}, /{figure}/g, '{digits(figure, 'fa')}')"
        words = f"replace({words}, /,/g, '٬')"
    return words
