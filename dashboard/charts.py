"""Charts as Altair specifications. Pure: hourly points, a pen and colours in, a chart out.

Time runs with the language: to the left in Persian, with the scale on the right. The axis counts hours from the first
point and its words are looked up, since Vega knows neither Jalali dates nor Persian digits; hours of a zone that lies
half an hour off (Tehran) stay whole that way.

A gap is drawn as a hatched field over the full height, so that it cannot be read as zero. Vega's canvas has no pattern
fill: the hatch is a set of slanted rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import altair as alt

from dashboard.pen import Pen
from listener.service import HourPoint
from listener.types import Alert, Campaign

HEIGHT = 260  # pixels
_HATCH = 1 / 70  # of the chart's width between two slanted rules
_TICKS = ((1.5, 0.25), (4, 0.5), (10, 1), (26, 3), (60, 6), (120, 12), (24 * 14, 24), (24 * 45, 72), (24 * 120, 168), (float("inf"), 24 * 30))
"""Up to so many hours a tick every so many: about ten in all."""
_SLANT = 1 / 4  # of the chart's width a rule leans over the full height: about 45 degrees on a desktop


def reach_chart(points: Sequence[HourPoint], pen: Pen, colours: Mapping[str, str], *, alerts: Sequence[Alert] = (), campaigns: Sequence[Campaign] = (),
                height: int = HEIGHT) -> alt.LayerChart:
    """Return complaint reach by hour: mid as a line, low to high as a band, usual dashed, gaps hatched, alerts marked, campaigns shaded."""
    x = _x(points, pen)
    seen = [({"x": i, "run": run, "low": p.reach.low, "mid": p.reach.mid, "high": p.reach.high, "words": _words(p, pen)},
             p.hour + timedelta(hours=1) > pen.at) for i, run, p in _observed(points) if p.reach is not None]
    rows, so_far = [row for row, unfinished in seen if not unfinished], [row for row, unfinished in seen if unfinished]
    usual = [{"x": i, "usual": p.usual} for i, p in enumerate(points) if p.usual is not None]
    y = alt.Y("mid:Q", title=None, axis=y_axis(pen), scale=alt.Scale(type="sqrt", domainMin=0, nice=True))
    tip = alt.Tooltip("words:N", title=pen.say("chart.hour"))
    base = alt.Chart(inline(rows))
    layers: list[alt.Chart] = []
    layers.append(base.mark_area(color=colours["band"], opacity=0.22, interpolate="monotone", clip=True)
                  .encode(x=x, y=alt.Y("low:Q", axis=y_axis(pen), title=None), y2="high:Q", detail="run:N"))
    layers.append(alt.Chart(inline(usual)).mark_line(color=colours["usual"], strokeDash=[5, 4], strokeWidth=1.6, clip=True)
                  .encode(x=x, y=alt.Y("usual:Q")))
    layers.append(base.mark_line(color=colours["negative"], strokeWidth=2.6, interpolate="monotone", clip=True)
                  .encode(x=x, y=y, detail="run:N"))
    layers.append(base.mark_circle(size=70, opacity=0, clip=True).encode(x=x, y=y, tooltip=[tip]))
    layers.append(alt.Chart(inline(so_far)).mark_point(size=70, filled=False, strokeWidth=2.2, color=colours["negative"])
                  .encode(x=x, y=y, tooltip=[tip]))  # an hour that is not over yet would look like a fall
    layers += _marks(points, alerts, x, pen, colours)
    times = [(one.start, one.end, f'{pen.say("story.campaign")}: {one.name}', "mark") for one in campaigns]
    behind = shaded(points[0].hour, float(len(points)), x, pen, colours, times) if points else []
    return _finish([*_gaps(points, x, colours), *behind], layers, pen, pen.say("chart.reach"), height)


def shaded(start: datetime, width: float, x: alt.X, pen: Pen, colours: Mapping[str, str], spans: Sequence[tuple[datetime, datetime, str, str]]) -> list[alt.Chart]:
    """Return spans of time behind a chart, campaigns and alerts, each from when until when, with its words and the name of its colour."""
    layers = []
    for colour in dict.fromkeys(colour for _, _, _, colour in spans):
        rows = [{"x": max(0.0, (begin - start) / timedelta(hours=1)), "x2": min(width, (end - start) / timedelta(hours=1)), "words": words}
                for begin, end, words, own in spans if own == colour and end > start and (begin - start) / timedelta(hours=1) < width]
        if rows:
            layers.append(alt.Chart(inline(rows)).mark_rect(color=colours[colour], opacity=0.09)
                          .encode(x=x, x2="x2:Q", y=alt.value(0), y2=alt.value("height"), tooltip=[alt.Tooltip("words:N", title=pen.say("story.happening"))]))
    return layers


def volume_chart(points: Sequence[HourPoint], pen: Pen, colours: Mapping[str, str], *, height: int = 190) -> alt.LayerChart:
    """Return mentions by hour, stacked by label; what the model was unsure of is outlined on top of the hour."""
    x = _x(points, pen)
    names = ("negative", "neutral", "positive")
    rows, doubts = [], []
    for i, _, p in _observed(points):
        scored = {name: getattr(p, name) or 0 for name in names}
        waiting = (p.mentions or 0) - sum(scored.values())
        below = 0
        for name, count in [*scored.items(), ("unscored", waiting)]:
            if count > 0:
                rows.append({"x": i + 0.09, "x2": i + 0.91, "from": below, "to": below + count, "label": name, "words": _words(p, pen)})
                below += count
        if p.unsure:
            doubts.append({"x": i, "x2": i + 1, "unsure": p.unsure})
    shades = [colours["negative"], colours["neutral"], colours["positive"], colours["gap"]]
    bars = (alt.Chart(inline(rows)).mark_rect(clip=True)  # a bar with x and x2 would lie down
            .encode(x=x, x2="x2:Q", y=alt.Y("from:Q", title=None, axis=y_axis(pen), scale=alt.Scale(domainMin=0, nice=True)), y2="to:Q",
                    color=alt.Color("label:N", scale=alt.Scale(domain=[*names, "unscored"], range=shades), legend=None),
                    tooltip=[alt.Tooltip("words:N", title=pen.say("chart.hour"))]))
    unsure = (alt.Chart(inline(doubts)).mark_rule(color=colours["unsure"], strokeWidth=3, clip=True)
              .encode(x=x, x2="x2:Q", y="unsure:Q"))
    return _finish(_gaps(points, x, colours), [bars, unsure], pen, pen.say("chart.volume"), height)


def _observed(points: Sequence[HourPoint]) -> list[tuple[int, int, HourPoint]]:
    """Return (index, run, point) of observed hours; a new run begins after each gap, so that no line bridges it."""
    found, run = [], 0
    for index, point in enumerate(points):
        if point.gap:
            run += 1
        else:
            found.append((index, run, point))
    return found


def _words(point: HourPoint, pen: Pen) -> str:
    if point.reach is None or point.mentions is None:
        return ""
    return pen.say("chart.words", when=pen.when(point.hour), reach=pen.reach(point.reach), negative=point.negative or 0,
                   mentions=point.mentions, unsure=point.unsure or 0)


def _x(points: Sequence[HourPoint], pen: Pen) -> alt.X:
    return time_axis(points[0].hour, len(points), pen) if points else time_axis(pen.at, 1, pen)


def time_axis(start: datetime, hours: float, pen: Pen) -> alt.X:
    """Return the axis of hours since ``start``, with the language's own words for them."""
    ticks = _ticks(start, hours, pen)
    labels = json.dumps({str(value): words for value, words in ticks.items()}, ensure_ascii=False)
    axis = alt.Axis(values=list(ticks), labelExpr=f"{labels}[datum.value]", grid=True, tickSize=4, labelPadding=6, labelOverlap=True,
                    labelFlush=True, title=None)
    return alt.X("x:Q", axis=axis, scale=alt.Scale(domain=[0, max(0.1, hours)], reverse=pen.language == "fa", nice=False))


def _ticks(start: datetime, hours: float, pen: Pen) -> dict[float, str]:
    """Return axis positions and words: local midnights by their date, and hours of the day where there is room."""
    every = next(every for limit, every in _TICKS if hours <= limit)
    local = start.astimezone(pen.zone)
    mark = local.replace(minute=0, second=0, microsecond=0, hour=local.hour - local.hour % int(min(every, 24)) if every >= 1 else local.hour)
    step, ticks = timedelta(hours=every), {}
    while (at := (mark.astimezone(start.tzinfo) - start) / timedelta(hours=1)) <= hours:
        if at >= 0:
            midnight = (mark.hour, mark.minute) == (0, 0)
            day = f"\u2067{pen.day(mark)}\u2069" if pen.language == "fa" else pen.day(mark)
            ticks[round(at, 3)] = day if midnight or every >= 24 else pen.clock(mark)
        mark += step
    return ticks


def y_axis(pen: Pen, side: Any = None, **more: Any) -> alt.Axis:
    """Return an axis of figures in the language's digits, on the side where the language begins unless ``side`` says otherwise."""
    words = "format(datum.value, ',.0f')"
    if pen.language == "fa":
        for figure, persian in zip("0123456789,", "۰۱۲۳۴۵۶۷۸۹٬", strict=True):
            words = f"replace({words}, /{figure}/g, '{persian}')"
    return alt.Axis(orient=side or ("right" if pen.language == "fa" else "left"), labelExpr=words,
                    **{"tickCount": 5, "tickMinStep": 1, "grid": True, "domain": False, "ticks": False, "labelPadding": 6, "title": None, **more})


def _gaps(points: Sequence[HourPoint], x: alt.X, colours: Mapping[str, str]) -> list[alt.Chart]:
    return hatched([point.gap for point in points], x, colours)


def hatched(unseen: Sequence[bool], x: alt.X, colours: Mapping[str, str], *, offset: float = 0.0, width: float | None = None) -> list[alt.Chart]:
    """Return the hatched fields of the hours that were not seen; the first of them begins ``offset`` hours after the axis does."""
    wide = width or len(unseen)
    spans: list[list[float]] = []
    for index, gap in enumerate(unseen):
        start, end = max(0.0, index + offset), min(index + 1 + offset, wide)
        if gap and start < end:
            if spans and spans[-1][1] == start:
                spans[-1][1] = end
            else:
                spans.append([start, end])
    if not spans:
        return []
    fields = alt.Chart(inline([{"x": start, "x2": end} for start, end in spans])).mark_rect(color=colours["gap"], opacity=0.55)
    rules = [line for start, end in spans for line in _slants(start, end, wide)]
    hatch = alt.Chart(inline(rules)).mark_rule(color=colours["hatch"], strokeWidth=1, opacity=0.7)
    whole = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, 1]))
    return [fields.encode(x=x, x2="x2:Q", y=alt.value(0), y2=alt.value("height")), hatch.encode(x=x, x2="x2:Q", y=whole, y2="y2:Q")]


def _slants(start: float, end: float, width: float) -> list[dict[str, float]]:
    """Return slanted rules that fill ``[start, end)``, cut at its edges. Heights are shares of the plot, 0..1."""
    lean, apart = width * _SLANT, max(width * _HATCH, 0.1)
    lines, at = [], start - lean
    while at < end:
        left, right = max(at, start), min(at + lean, end)
        if right > left:
            lines.append({"x": left, "x2": right, "y": (left - at) / lean, "y2": (right - at) / lean})
        at += apart
    return lines


def _marks(points: Sequence[HourPoint], alerts: Sequence[Alert], x: alt.X, pen: Pen, colours: Mapping[str, str]) -> list[alt.Chart]:
    if not points:
        return []
    start, rows = points[0].hour, []
    for alert in alerts:
        at = (alert.fired_at - start) / timedelta(hours=1)
        if 0 <= at <= len(points):
            rows.append({"x": at, "words": pen.say("chart.alert", when=pen.when(alert.fired_at)), "mark": pen.say("chart.mark")})
    if not rows:
        return []
    base = alt.Chart(inline(rows))
    tip = alt.Tooltip("words:N", title=pen.say("chart.mark"))
    return [base.mark_rule(color=colours["mark"], strokeWidth=1.5, strokeDash=[2, 2]).encode(x=x),
            base.mark_point(shape="triangle-down", filled=True, size=110, color=colours["mark"], opacity=1)
            .encode(x=x, y=alt.value(6), tooltip=[tip])]


def _finish(gaps: Sequence[alt.Chart], layers: Sequence[alt.Chart], pen: Pen, words: str, height: int) -> alt.LayerChart:
    whole = alt.layer(*gaps, alt.layer(*layers)).resolve_scale(y="independent")  # the hatch has a scale of its own
    chart: alt.LayerChart = finished(whole, pen, words, height)
    return chart


def inline(rows: Iterable[Mapping[str, Any]]) -> alt.Data:
    """Return rows as a chart's own data. A tuple, since Altair copies lists anew for every layer they pass: half of a page's time."""
    return alt.Data(values=tuple(rows))  # type: ignore[no-untyped-call]  # Altair declares no types for it


def finished(chart: alt.LayerChart | alt.FacetChart, pen: Pen, words: str, height: int) -> Any:
    """Return a chart with its height and its words for those who do not see it. Streamlit's own button beside it saves it as a PNG."""
    made = (chart.properties(height=height, width="container", description=words)
            .configure_view(stroke=None).configure_axis(labelFont="Vazirmatn", labelFontSize=12)
            .configure(font="Vazirmatn"))
    if isinstance(made, alt.LayerChart) and made.data is not alt.Undefined:
        # Altair lifts rows that all layers share; Streamlit would load pandas and Arrow (70 MB) to send what stands on top
        shared: Any = made.data
        rows, made.data = shared["values"], alt.Undefined
        for layer in made.layer:
            layer.data = inline(rows)  # equal and yet each its own, or they are lifted again
    return made
