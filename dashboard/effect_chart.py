"""Before and after as an Altair specification: posts by hour with their negative part, what is usual, the moment, gaps hatched. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import altair as alt

from alerts.effect import Effect
from dashboard import cards, charts
from dashboard.pen import Pen
from listener.types import Alert, Campaign

HOUR = timedelta(hours=1)
MOST_BARS = 96  # above, hours are drawn together


def effect_chart(found: Effect, pen: Pen, colours: Mapping[str, str], *, storms: Sequence[Alert] = (), campaigns: Sequence[Campaign] = (), height: int = 250) -> Any:
    """Return the posts around a moment, with the alerts and campaigns of that time. Hours are drawn two, three, six … together where there are many."""
    points = found.points
    start, width = points[0][0], float(len(points))
    x = charts.time_axis(start, width, pen)
    together = next(size for size in (1, 2, 3, 6, 12, 24) if len(points) / size <= MOST_BARS)
    rows, usual = [], []
    for place in range(0, len(points), together):
        some = [(hour, known) for _, hour, known in points[place:place + together]]
        seen = [hour for hour, _ in some if hour is not None]
        known = [there for _, there in some if there is not None]
        expected = sum(known) * len(some) / len(known) if known else None
        if seen:
            mentions, negative = sum(one.mentions for one in seen), sum(one.negative for one in seen)
            words = pen.say("effect.bar", when=pen.when(points[place][0]), negative=negative, mentions=mentions,
                            usual=pen.about(expected) if expected is not None else pen.say("effect.unknown"))
            edges = {"x": place + 0.08 * together, "x2": place + 0.92 * together, "words": words}
            rows += [{**edges, "from": low, "to": high, "part": part} for part, low, high in (("negative", 0, negative), ("posts", negative, mentions)) if high > low]
        if expected is not None:
            usual.append({"x": place + together / 2, "usual": expected})
    most = max([row["to"] for row in rows if isinstance(row["to"], int)] + [one["usual"] for one in usual], default=1)
    scale = alt.Scale(domain=[0, most * 1.12], nice=False)
    bars = (alt.Chart(charts.inline(rows)).mark_rect(clip=True)
            .encode(x=x, x2="x2:Q", y=alt.Y("from:Q", title=None, axis=charts.y_axis(pen), scale=scale), y2="to:Q",
                    color=alt.Color("part:N", scale=alt.Scale(domain=["negative", "posts"], range=[colours["negative"], colours["neutral"]]), legend=None),
                    tooltip=[alt.Tooltip("words:N", title=pen.say("story.step"))]))
    line = alt.Chart(charts.inline(usual)).mark_line(color=colours["usual"], strokeDash=[5, 4], strokeWidth=1.8).encode(x=x, y=alt.Y("usual:Q", scale=scale))
    moment = alt.Chart(charts.inline([{"x": (found.at - start) / HOUR, "words": pen.full(found.at)}])).mark_rule(color=colours["mark"], strokeWidth=2.5).encode(
        x=x, tooltip=[alt.Tooltip("words:N", title=pen.say("effect.mark"))])
    gaps = charts.hatched([hour is None for _, hour, _ in points], x, colours, width=width)
    spans = [(one.start, one.end, f'{pen.say("story.campaign")}: {one.name}', "mark") for one in campaigns]
    spans += [(one.starts_at, one.resolved_at or pen.at, cards.headline(pen, one), "negative") for one in storms]
    gaps += charts.shaded(start, width, x, pen, colours, spans)
    whole = alt.layer(*gaps, alt.layer(bars, line, moment)).resolve_scale(y="independent")
    return charts.finished(whole, pen, pen.say("effect.chart"), height)
