"""Brands beside each other as Altair specifications: a point with its interval, never a bare point. Pure.

Ours stands out by shape and line, not by colour alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from dashboard import charts
from dashboard.pen import Pen


@dataclass(frozen=True, slots=True)
class Dot:
    """A value with its interval in a row; ``words`` are what a pointer over it says."""

    row: str
    brand: str
    ours: bool
    value: float
    low: float
    high: float
    words: str


def intervals(dots: Sequence[Dot], pen: Pen, colours: Mapping[str, str], *, words: str, title: str, scale_by: int = 100, sign: bool = True, rows: Sequence[str] = (),
              zero: bool = True, height: int | None = None) -> Any:
    """Return points with their intervals, one row each, or several brands in a row. The axis says ``scale_by`` times a value, with a ``sign`` of per cent."""
    order = list(rows) or list(dict.fromkeys(dot.row for dot in dots))
    names = list(dict.fromkeys(dot.brand for dot in dots))
    several = len(names) > 1 and len(dots) > len(order)
    values = [{"row": dot.row, "brand": dot.brand, "ours": dot.ours, "value": dot.value, "low": dot.low, "high": dot.high, "words": dot.words} for dot in dots]
    reverse = pen.language == "fa"
    lowest, highest = min(dot.low for dot in dots), max(dot.high for dot in dots)
    room = (highest - lowest) * 0.06 or 0.05
    domain = [min(0.0, lowest - room) if zero else lowest - room, max(highest + room, 0.0)]
    axis, scale = _axis(pen, scale_by, sign), alt.Scale(domain=domain, reverse=reverse, nice=False)
    x = alt.X("value:Q", title=None, axis=axis, scale=scale)
    y = alt.Y("row:N", sort=order, title=None, axis=alt.Axis(orient="right" if reverse else "left", labelLimit=150, ticks=False, domain=False, labelPadding=8,
                                                            labelExpr=_isolated(order, pen)))
    offset = alt.YOffset("brand:N", sort=names) if several else alt.Undefined
    base = alt.Chart(charts.inline(values))
    tip = alt.Tooltip("words:N", title=title)
    colour = alt.Color("ours:N", scale=alt.Scale(domain=[True, False], range=[colours["negative"], colours["usual"]]), legend=None)
    layers = [base.mark_rule(strokeWidth=3, opacity=0.45).encode(x=alt.X("low:Q", scale=scale, axis=axis, title=None), x2="high:Q", y=y, color=colour, yOffset=offset, tooltip=[tip]),
              base.mark_point(filled=True, size=95, opacity=1).encode(
                  x=x, y=y, color=colour, yOffset=offset, tooltip=[tip],
                  shape=alt.Shape("ours:N", scale=alt.Scale(domain=[True, False], range=["diamond", "circle"]), legend=None))]
    if domain[0] < 0 < domain[1]:
        layers.insert(0, alt.Chart(charts.inline([{"value": 0}])).mark_rule(color=colours["usual"], strokeDash=[3, 3]).encode(x=x))
    return charts.finished(alt.layer(*layers), pen, words, height or (11 * len(names) + 12 if several else 40) * len(order) + 45)


def _isolated(rows: Sequence[str], pen: Pen) -> str:
    """Return Vega's words for a row: each in its own direction, since a Persian name before a Latin one would change places with it."""
    marked = {row: f"\u2067{row}\u2069" if pen.language == "fa" else f"\u2066{row}\u2069" for row in rows}
    return f"{json.dumps(marked, ensure_ascii=False)}[datum.value]"


def _axis(pen: Pen, scale_by: int, sign: bool) -> alt.Axis:
    words = f"format(datum.value * {scale_by}, '.0f')"
    if pen.language == "fa":
        for figure, persian in zip("0123456789", "۰۱۲۳۴۵۶۷۸۹", strict=True):
            words = f"replace({words}, /{figure}/g, '{persian}')"
        words = f"replace({words}, '−', '\u200e−')"
    mark = "٪" if pen.language == "fa" else "%"
    return alt.Axis(labelExpr=f"{words} + '{mark}'" if sign else words, tickCount=5, grid=True, domain=False, ticks=False, labelPadding=6, title=None)
