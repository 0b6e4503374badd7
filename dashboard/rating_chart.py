"""What people rate over what they write, by Jalali week, as one Altair specification. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from dashboard import charts
from dashboard.pen import Pen
from listener.calendar import format_week
from listener.service.care_reports import SURE, RatedWeek

STARS = 5


def ratings(weeks: Sequence[RatedWeek], pen: Pen, colours: Mapping[str, str], *, height: int = 220) -> Any:
    """Return the mean rating (0 to 5) and the share of negative posts (per cent) of each week; a share of fewer than ``SURE`` posts is not drawn."""
    rows: list[dict[str, Any]] = []
    for place, one in enumerate(weeks):
        words = pen.say("recognition.week", week=format_week(one.week, pen.language), n=one.rated, negative=one.negative, scored=one.scored,
                        rating=pen.say("recognition.nothing") if one.rating is None else pen.number(STARS * one.rating, decimals=1))
        rows.append({"x": place + 0.5, "rating": None if one.rating is None else STARS * one.rating, "words": words,
                     "negative": round(100 * one.negative / one.scored, 1) if one.scored >= SURE else None})
    every = max(1, len(weeks) // 8)
    names = {place + 0.5: pen.digits(str(one.week.number)) for place, one in enumerate(weeks) if place % every == 0}
    x = alt.X("x:Q", title=pen.say("customer.week_number"), scale=alt.Scale(domain=[0, max(1, len(weeks))], reverse=pen.language == "fa"),
              axis=alt.Axis(values=list(names), labelExpr=f"{names}[datum.value]".replace("'", '"'), grid=False, ticks=False))
    start, end = ("right", "left") if pen.language == "fa" else ("left", "right")
    base, tip = alt.Chart(charts.inline(rows)), [alt.Tooltip("words:N", title=pen.say("recognition.rated"))]
    rated = base.mark_line(point=alt.OverlayMarkDef(size=70, filled=True, shape="circle", color=colours["positive"]), strokeWidth=2.5, color=colours["positive"]).encode(
        x=x, y=alt.Y("rating:Q", title=None, scale=alt.Scale(domain=[0, STARS]), axis=charts.y_axis(pen, start, labelColor=colours["positive"])), tooltip=tip)
    negative = base.mark_line(point=alt.OverlayMarkDef(size=70, filled=True, shape="diamond", color=colours["negative"]), strokeWidth=2, strokeDash=[6, 4], color=colours["negative"]).encode(
        x=x, y=alt.Y("negative:Q", title=None, scale=alt.Scale(domain=[0, 100]), axis=charts.y_axis(pen, end, labelColor=colours["negative"], grid=False)),
        tooltip=tip)
    both: alt.LayerChart = alt.layer(rated, negative).resolve_scale(y="independent")
    return charts.finished(both, pen, pen.say("recognition.rated"), height)
