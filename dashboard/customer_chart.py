"""A customer's weeks: what they said by tone, and what they rated over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from dashboard.charts import finished, inline, y_axis
from dashboard.pen import Pen
from listener.calendar import format_week
from listener.service.customers import CustomerWeek
from listener.types import Label

LABELS = (Label.NEGATIVE, Label.NEUTRAL, Label.POSITIVE)


def tone_weeks(weeks: Sequence[CustomerWeek], pen: Pen, colours: Mapping[str, str], *, height: int = 190) -> Any:
    """Return posts by week and tone as bars; the mean of what was rated in a week as a line of its own scale, 0 to 5."""
    rows, rated = [], []
    for place, one in enumerate(weeks):
        words, below = format_week(one.week, pen.language), 0
        for label in LABELS:
            count = one.labels.get(label, 0)
            if count:
                rows.append({"x": place + 0.15, "x2": place + 0.85, "from": below, "to": below + count, "label": label.value,
                             "words": f"{words}: {pen.say(f'label.{label.value}')} {pen.number(count)}"})
                below += count
        if one.rating is not None:
            stars = pen.number(5 * one.rating, decimals=1)
            rated.append({"x": place + 0.5, "rating": 5 * one.rating, "words": f"{words}: {pen.say('count.rating', n=stars)}"})
    every = max(1, len(weeks) // 8)
    names = {place + 0.5: pen.digits(str(one.week.number)) for place, one in enumerate(weeks) if place % every == 0}
    x = alt.X("x:Q", title=pen.say("customer.week_number"), scale=alt.Scale(domain=[0, len(weeks)], reverse=pen.language == "fa"),
              axis=alt.Axis(values=list(names), labelExpr=f"{names}[datum.value]".replace("'", '"'), grid=False, ticks=False))
    bars = alt.Chart(inline(rows)).mark_rect().encode(
        x=x, x2="x2:Q", y=alt.Y("from:Q", title=None, axis=y_axis(pen)), y2="to:Q",
        color=alt.Color("label:N", scale=alt.Scale(domain=[one.value for one in LABELS], range=[colours[one.value] for one in LABELS]), legend=None),
        tooltip=[alt.Tooltip("words:N", title=pen.say("customer.tone"))])
    if not rated:
        return finished(bars, pen, pen.say("customer.weeks"), height)
    line = alt.Chart(inline(rated)).mark_line(point=True, strokeWidth=2, color=colours["unsure"]).encode(
        x=x, y=alt.Y("rating:Q", title=pen.say("customer.rated"), scale=alt.Scale(domain=[0, 5]),
                     axis=y_axis(pen, "left" if pen.language == "fa" else "right", grid=False, title=pen.say("customer.rated"))),
        tooltip=[alt.Tooltip("words:N", title=pen.say("customer.rated"))])
    both: alt.LayerChart = alt.layer(bars, line).resolve_scale(y="independent")
    return finished(both, pen, pen.say("customer.weeks"), height)
