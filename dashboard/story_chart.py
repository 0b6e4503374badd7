"""Charts of a story as Altair specifications: its posts in time with what happened, and how many had seen it by then. Pure.

What happened is marked with numbers, since words would lie over each other; the list below the chart says them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import altair as alt

from alerts.course import Bar, Step
from dashboard import charts
from dashboard.pen import Pen
from listener.types import Campaign, Reach

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something a chart marks and a list names."""

    at: datetime
    what: str  # first, jump, voice, alert, answer
    words: str


def course_chart(bars: Sequence[Bar], step: timedelta, pen: Pen, colours: Mapping[str, str], *, happenings: Sequence[Happening] = (),
                 seen: Sequence[tuple[datetime, float]] = (), campaigns: Sequence[Campaign] = (), height: int = 270) -> Any:
    """Return a story's posts by step: own words, copies, how many the model was unsure of; numbers where ``happenings`` stand, in their order."""
    start, wide = bars[0].start, step / HOUR
    width = len(bars) * wide
    x = charts.time_axis(start, width, pen)
    rows, doubts = [], []
    for place, bar in enumerate(bars):
        words = pen.say("story.bar", when=pen.when(bar.start), until=pen.clock(bar.start + step), own=bar.own, copies=bar.copies, unsure=bar.unsure)
        edges = {"x": (place + 0.06) * wide, "x2": (place + 0.94) * wide, "words": words}
        rows += [{**edges, "from": low, "to": high, "part": part} for part, low, high in (
            ("own", 0, bar.own), ("copies", bar.own, bar.own + bar.copies)) if high > low]
        if bar.unsure:
            doubts.append({"x": place * wide, "x2": (place + 1) * wide, "unsure": bar.unsure})
    most = max((bar.own + bar.copies for bar in bars), default=1)
    scale = alt.Scale(domain=[0, most * 1.3], nice=False)  # room for the numbers
    drawn = (alt.Chart(charts.inline(rows)).mark_rect(clip=True)
             .encode(x=x, x2="x2:Q", y=alt.Y("from:Q", title=None, axis=charts.y_axis(pen), scale=scale), y2="to:Q",
                     color=alt.Color("part:N", scale=alt.Scale(domain=["own", "copies"], range=[colours["positive"], colours["neutral"]]), legend=None),
                     tooltip=[alt.Tooltip("words:N", title=pen.say("story.step"))]))
    unsure = alt.Chart(charts.inline(doubts)).mark_rule(color=colours["unsure"], strokeWidth=3, clip=True).encode(x=x, x2="x2:Q", y="unsure:Q")
    marks = _numbers(start, width, x, pen, colours, happenings)
    times = charts.shaded(start, width, x, pen, colours, [(one.start, one.end, f'{pen.say("story.campaign")}: {one.name}', "mark") for one in campaigns])
    offset = (seen[0][0] - start) / HOUR if seen else 0.0
    gaps = charts.hatched([share < 0.5 for _, share in seen], x, colours, offset=offset, width=width)
    whole = alt.layer(*gaps, *times, alt.layer(drawn, unsure, *marks)).resolve_scale(y="independent")
    return charts.finished(whole, pen, pen.say("story.chart"), height)


def _numbers(start: datetime, width: float, x: alt.X, pen: Pen, colours: Mapping[str, str], happenings: Sequence[Happening]) -> list[alt.Chart]:
    rows, lanes = [], [-width] * 4
    for number, one in enumerate(happenings, 1):
        at = min(max((one.at - start) / HOUR, 0.0), width)
        lane = next((place for place, last in enumerate(lanes) if at - last >= width / 34), number % len(lanes))  # numbers side by side, not over each other
        lanes[lane] = at
        rows.append({"x": at, "number": pen.number(number), "words": f"{pen.when(one.at)}: {one.words}", "lane": 9 + 17 * lane})
    if not rows:
        return []
    base = alt.Chart(charts.inline(rows))
    height = alt.Y("lane:Q", scale=None, axis=None)
    tip = [alt.Tooltip("words:N", title=pen.say("story.happening"))]
    return [base.mark_rule(color=colours["mark"], strokeWidth=1, strokeDash=[2, 3], opacity=0.8).encode(x=x),
            base.mark_circle(size=230, color=colours["mark"], opacity=1).encode(x=x, y=height, tooltip=tip),
            base.mark_text(color=colours["paper"], fontSize=11, fontWeight="bold", font="Vazirmatn").encode(x=x, y=height, text="number:N", tooltip=tip)]


def reach_chart(sides: Sequence[tuple[Sequence[Step], str]], until: datetime, pen: Pen, colours: Mapping[str, str], *, words: str, height: int = 200) -> Any:
    """Return reach so far, low to high as a band and mid as a line, of one story or of several: each with the name of its colour."""
    start = min(steps[0].at for steps, _ in sides)
    width = max((until - start) / HOUR, 0.1)
    x = charts.time_axis(start, width, pen)
    layers: list[alt.Chart] = []
    for steps, colour in sides:
        rows = [{"x": (one.at - start) / HOUR, "low": one.low, "mid": one.mid, "high": one.high,
                 "words": pen.say("story.seen_words", when=pen.when(one.at), reach=pen.reach(Reach(one.low, one.mid, one.high, "")))} for one in steps]
        rows.append({**rows[-1], "x": width})
        base = alt.Chart(charts.inline(rows))
        scale = alt.Scale(type="sqrt", domainMin=0, nice=True)
        layers += [base.mark_area(color=colours[colour], opacity=0.2, interpolate="step-after").encode(
                       x=x, y=alt.Y("low:Q", axis=charts.y_axis(pen), title=None, scale=scale), y2="high:Q"),
                   base.mark_line(color=colours[colour], strokeWidth=2.6, interpolate="step-after", strokeDash=[1, 0] if colour != "positive" else [7, 3]).encode(
                       x=x, y=alt.Y("mid:Q", scale=scale)),
                   base.mark_circle(size=60, opacity=0).encode(x=x, y=alt.Y("mid:Q", scale=scale), tooltip=[alt.Tooltip("words:N", title=pen.say("story.step"))])]
    return charts.finished(alt.layer(*layers), pen, words, height)
