"""Sources as HTML: how each one is, what to do, and the hours of the last seven days. Pure, and as harmless as ``cards``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from html import escape

from dashboard.cards import harmless, isolate
from dashboard.pen import Pen
from listener.service import Health, HourCover, SourceView
from listener.text import printable
from listener.words.advice import what_to_do

INBOX = "inbox"
_HOUR = timedelta(hours=1)
_TONES = {Health.OK: "good", Health.LATE: "unsure", Health.SUSPECT: "unsure", Health.OVERFLOW: "unsure", Health.THROTTLED: "unsure",
          Health.FAILING: "unsure", Health.STOPPED: "P1"}
_SHAPES = {Health.OK: "", Health.LATE: "square", Health.SUSPECT: "square", Health.OVERFLOW: "square", Health.THROTTLED: "ring",
           Health.FAILING: "square", Health.STOPPED: "diamond"}


def row_head(pen: Pen) -> str:
    """Return what the columns of the lines are."""
    return '<div class="g-src g-src-head">' + "".join(
        f"<span>{escape(pen.say(f'source.column.{name}'))}</span>" for name in ("name", "state", "item", "lag", "seen")) + "</div>"


def row(pen: Pen, view: SourceView) -> str:
    """Return one source as a line: name, state in a word, newest item, lag, share seen; what to do where it is not well.

    On a phone each figure says what it is.
    """
    item = pen.ago(view.last_item_at) if view.last_item_at is not None else "–"
    lag = pen.span(view.lags.median) if view.lags else "–"
    figures = (("item", item), ("lag", lag), ("seen", pen.percent(view.seen) if view.configured else "–"))
    state = view.health.value
    return (f'<div class="g-src"><b>{isolate(view.name)}{"*" if view.experimental else ""}</b>'
            f'<span class="g-label {_TONES.get(view.health, "neutral")}"><i class="g-dot {_SHAPES.get(view.health, "ring")}"></i>'
            f'{escape(pen.say(f"health.{state}"))}</span>' + "".join(
                f'<span><span class="g-k">{escape(pen.say(f"source.column.{name}"))}</span> {escape(said)}</span>' for name, said in figures)
            + (f'<p dir="auto">{escape(_todo(pen, view))}</p>' if view.health not in (Health.OK, Health.PAST, Health.PAUSED) and _todo(pen, view) else "")
            + "</div>")


def source_card(pen: Pen, view: SourceView, more: Sequence[str] = ()) -> str:
    """Return the card of one source: state, figures, the week, what it said, what to do. ``more``: sentences of its own."""
    health = view.health
    head = [f"<b>{isolate(view.name)}</b>", f'<span class="g-chip">{escape(pen.known(f"kind.{view.kind}", view.kind))}</span>']
    if view.experimental:
        head.append(f'<span class="g-chip line unsure">{escape(pen.say("source.experimental"))}</span>')
    elif view.confirmed_at is not None:
        head.append(f'<span class="g-small g-soft">{escape(pen.say("source.confirmed", who=isolated(view.confirmed_by or "")))}</span>')
    head.append(f'<span class="g-label {_TONES.get(health, "neutral")} g-push"><i class="g-dot {_SHAPES.get(health, "ring")}"></i>'
                f"{escape(_state(pen, view))}</span>")
    parts = [f'<div class="g-row">{"".join(head)}</div>', f'<div class="g-small g-soft">{escape(pen.say("dot").join(_facts(pen, view)))}</div>']
    parts += [f'<div class="g-small">{escape(words)}</div>' for words in more]
    if view.configured:
        parts.append(f'<div class="g-small">{escape(pen.say("source.seen", share=pen.percent(view.seen)))}{escape(pen.say("dot"))}{escape(_lag(pen, view))}</div>')
        if len(path := _path(pen, view)) > 1:
            parts.append(f'<div class="g-small">{escape(pen.say("source.path", steps=pen.say("source.path.then").join(path)))}</div>')
        parts.append(week(pen, view.week))
    if view.error:
        parts.append(f'<div class="g-small" style="margin-top:.35rem">{escape(pen.say("source.error"))} '
                     f'<span dir="auto">{harmless(view.error[:400])}</span></div>')
    elif view.reasons:
        parts.append(f'<div class="g-small g-soft">{escape(pen.say("source.lost"))} <span dir="auto">{harmless(view.reasons[0][:300])}</span></div>')
    if advice := _advice(pen, view):
        first, *others = map(escape, advice)
        parts.append(f'<div class="g-small" style="margin-top:.35rem"><b>{escape(pen.say("what_to_do"))}</b> {first}'
                     + "".join(f"<div>{words}</div>" for words in others) + "</div>")
    return f'<article class="g-card">{"".join(parts)}</article>'


def isolated(text: str) -> str:
    """Return a stranger's word as it may stand inside a sentence of either direction."""
    return f"\u2068{printable(text)[:80]}\u2069"


def _state(pen: Pen, view: SourceView) -> str:
    health = view.health
    if view.failing_since is not None and health in (Health.FAILING, Health.STOPPED):
        return pen.say(f"health.{health.value}_since", since=pen.when(view.failing_since))
    if health is Health.LATE and view.lag is not None:
        return pen.say("health.late_by", span=pen.span(view.lag))
    if health is Health.SUSPECT and view.suspect_since is not None:
        return pen.say("health.suspect_since", since=pen.when(view.suspect_since))
    if health is Health.THROTTLED and view.retry_at is not None and view.retry_at > pen.at:
        return pen.say("health.throttled_until", until=pen.when(view.retry_at))
    return pen.say(f"health.{health.value}")


def _facts(pen: Pen, view: SourceView) -> list[str]:
    if view.kind == INBOX:  # it is told and asks nobody
        return [pen.say("source.mentions", n=view.mentions)]
    facts = [pen.say("source.read", ago=pen.ago(view.ok_at)) if view.ok_at else pen.say("source.unread")]
    if view.last_item_at is not None:
        facts.append(pen.say("source.item", ago=pen.ago(view.last_item_at)))
    if view.next_at is not None and view.health is not Health.PAUSED:
        facts.append(pen.say("source.next", span=pen.span(view.next_at - pen.at)) if view.next_at > pen.at else pen.say("source.next_now"))
    if (pace := view.pace or view.interval) is not None and view.configured:
        facts.append(pen.say("source.every", span=pen.every(pace)))
    return [*facts, pen.say("source.mentions", n=view.mentions)]


def _lag(pen: Pen, view: SourceView) -> str:
    if view.lags is None:
        why = view.no_lag or "nothing"
        return pen.say(f"source.no_lag.{why}")
    return pen.say("source.lag", median=pen.span(view.lags.median), p90=pen.span(view.lags.p90))


def _path(pen: Pen, view: SourceView) -> list[str]:
    """Return the steps of a mention's way from publishing to a person, as far as they are known."""
    steps = (("seen", view.lags), ("scored", view.scored), ("paged", view.page))
    return [pen.say(f"source.path.{name}", span=pen.span(lag.median)) for name, lag in steps if lag is not None]


def _advice(pen: Pen, view: SourceView) -> list[str]:
    """Return what to do: by the class of the error where there is one, else by the state."""
    words = [told] if (told := _todo(pen, view)) else []
    if view.experimental and view.ok_at is not None:
        words.append(pen.say("advice.experimental"))
    return words


def _todo(pen: Pen, view: SourceView) -> str:
    told = what_to_do(view.kind, view.health.value, view.error, pen.language)
    return f"{told[:1].upper()}{told[1:]}." if told else ""


# -- the week

def week(pen: Pen, hours: Sequence[HourCover]) -> str:
    """Return the hours of some days as a field: a line a day, an hour a column, hours alike drawn as one. In words for those who do not see it."""
    if not hours:
        return ""
    count = {state: sum(1 for hour in hours if _word(hour) == state) for state in ("ok", "partial", "lost", "unknown")}
    days: dict[date, list[HourCover]] = {}
    for hour in hours:
        days.setdefault(hour.start.astimezone(pen.zone).date(), []).append(hour)
    lines = "".join(f'<span class="g-day">{escape(pen.day(those[0].start))}</span>{_line(pen, those)}' for those in days.values())
    scale = "".join(f'<span style="grid-column:span 6">{escape(pen.digits(str(hour)))}</span>' for hour in (0, 6, 12, 18))
    return (f'<div class="g-week" role="img" aria-label="{escape(pen.say("week", **count))}">{lines}<span></span>{scale}</div>')


_BLOCK = 6  # hours in a cell of the map
_WORST = ("lost", "partial", "unknown", "ok")  # the first that a cell holds is shown: a hole must not hide between good hours


def heat(pen: Pen, views: Sequence[SourceView]) -> str:
    """Return the last seven days of every source as one map: a line a source, six hours a cell, shown by their worst hour."""
    mapped = [view for view in views if view.week]
    if not mapped:
        return ""
    first = mapped[0].week[0].start.astimezone(pen.zone)
    width = 7 * 24 // _BLOCK
    heads = "".join(f'<span style="grid-column:span {24 // _BLOCK}">{_brief(pen.day(first + timedelta(days=day)))}</span>' for day in range(7))
    lines = []
    for view in mapped:
        cells = []
        for block in range(width):
            hours = view.week[block * _BLOCK:(block + 1) * _BLOCK]
            if not hours:
                cells.append('<i class="none"></i>')
                continue
            state = next(one for one in _WORST if any(_word(hour) == one for hour in hours))
            words = pen.say("week.cell", day=pen.day(hours[0].start), start=pen.clock(hours[0].start), end=pen.clock(hours[-1].start + _HOUR), state=pen.say(f"week.{state}"))
            reason = next((hour.reason for hour in hours if hour.reason), None)
            cells.append(f'<i class="{state}" title="{harmless(f"{words} — {reason[:120]}" if reason else words)}"></i>')
        count = {state: sum(1 for hour in view.week if _word(hour) == state) for state in ("ok", "partial", "lost", "unknown")}
        lines.append(f'<span class="g-day">{isolate(view.name[:40])}</span><div class="g-cells" role="img" aria-label="{escape(pen.say("week", **count))}">{"".join(cells)}</div>')
    return (f'<div class="g-card"><div class="g-week g-heat">{"".join(lines)}<span></span><div class="g-cells g-heat-days">{heads}</div></div>{week_legend(pen)}</div>')


def _brief(day: str) -> str:
    """Return a day whose month a phone leaves out."""
    number, _, month = day.partition(" ")
    return f"{escape(number)}<em> {escape(month)}</em>"


def week_legend(pen: Pen) -> str:
    """Return what the colours of the week mean, once a page."""
    return '<div class="g-legend g-week-legend">' + "".join(
        f'<span><b class="{state}"></b>{escape(pen.say(f"week.{state}"))}</span>' for state in ("ok", "partial", "lost", "unknown")) + "</div>"


def _line(pen: Pen, hours: Sequence[HourCover]) -> str:
    cells, index = [], 0
    hours = hours[:24]  # the day of a change of clocks may have one more
    while index < len(hours):
        end = index + 1
        while end < len(hours) and hours[end][1:] == hours[index][1:]:
            end += 1
        cells.append(_cell(pen, hours[index], hours[end - 1].start + _HOUR, end - index))
        index = end
    rest = 24 - len(hours)
    return "".join(cells) + (f'<i class="none" style="grid-column:span {rest}"></i>' if rest > 0 else "")


def _cell(pen: Pen, hour: HourCover, end: datetime, span: int) -> str:
    state = _word(hour)
    words = pen.say("week.cell", day=pen.day(hour.start), start=pen.clock(hour.start), end=pen.clock(end), state=pen.say(f"week.{state}"))
    title = harmless(f"{words} — {hour.reason[:120]}" if hour.reason else words)
    return f'<i class="{state}" style="grid-column:span {span}" title="{title}"></i>'


def _word(hour: HourCover) -> str:
    return hour.state.value if hour.state else "unknown"
