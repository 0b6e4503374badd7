"""Praise, handling, win-back and ratings as HTML. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from html import escape

from alerts.care.performance import Performance, Share
from alerts.care.recognition import Praise
from alerts.care.winback import Rate
from dashboard.cards import harmless, isolate, time
from dashboard.pen import Pen
from listener.service import RatingsView
from listener.service.care_reports import SURE

QUOTED = 3
LONGEST = 400


def praise(pen: Pen, one: Praise) -> str:
    """Return a colleague with what customers said."""
    chips = "".join(f'<span class="g-chip">{isolate(chip)}</span>' for chip in (
        pen.say("recognition.branch") if one.who.kind == "branch" else None, one.who.unit) if chip)
    told = [pen.say("recognition.count", n=one.authors)] if one.authors else []
    count = pen.say("dot").join([*told, *([pen.say("recognition.posts", n=one.count)] if one.count != one.authors else [])])
    said = "".join(f'<p class="g-text" dir="auto" style="margin:.35rem 0 0">{harmless(heard.text[:LONGEST])}{"…" if len(heard.text) > LONGEST else ""} '
                   f'<span class="g-small g-soft">{time(pen, heard.at, pen.when(heard.at))}</span></p>' for heard in one.mentions[:QUOTED])
    more = f'<p class="g-small g-soft" style="margin:.35rem 0 0">{escape(pen.say("recognition.more", n=one.count - QUOTED))}</p>' if one.count > QUOTED else ""
    return (f'<article class="g-card"><div class="g-row"><span class="g-head">{isolate(one.who.name)}</span>{chips}'
            f'<span class="g-push g-small g-soft">{escape(count)}</span></div>{said}{more}</article>')


def worked(pen: Pen, span: timedelta) -> str:
    """Return working time in hours, below one and a half in minutes: a working day has no twenty-four."""
    minutes = round(span.total_seconds() / 60)
    if minutes < 90:
        return pen.say("recognition.minutes", n=minutes)
    return pen.say("recognition.hours", n=round(minutes / 60) if minutes >= 600 else round(minutes / 60, 1))


def handled(pen: Pen, found: Sequence[Performance], nameless: str) -> str:
    """Return how owners or units handled their cases; what is of too few is told as a count."""
    head = "".join(f'<th scope="col">{escape(pen.say(f"recognition.column.{name}"))}</th>' for name in ("cases", "answer", "end", "reopened", "kept"))
    rows = []
    for one in found:
        unanswered = f'<br><span class="g-small g-soft">{escape(pen.say("recognition.unanswered", n=one.unanswered))}</span>' if one.unanswered else ""
        cells = (f"<b>{escape(pen.number(one.cases))}</b>{unanswered}", _median(pen, one.first_answer, one.answered), _median(pen, one.to_the_end, one.ended),
                 _share(pen, one.reopened), _share(pen, one.kept))
        rows.append(f'<tr><th scope="row">{isolate(one.name) if one.name else escape(nameless)}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>')
    return _table(head, rows)


def win_back(pen: Pen, groups: Sequence[tuple[str, Rate]]) -> str:
    """Return outcomes by group, the whole first; the silent stand in a column of their own."""
    head = "".join(f'<th scope="col">{escape(pen.say(f"recognition.column.{name}"))}</th>' for name in ("n", "back", "neutral", "lost", "silent"))
    rows = [f'<tr><th scope="row">{escape(name)}</th><td>{escape(pen.number(one.n))}</td><td>{_interval(pen, one.share, one.interval, one.positive, one.n)}</td>'
            + "".join(f"<td>{escape(pen.number(many))}</td>" for many in (one.neutral, one.negative, one.silent)) + "</tr>" for name, one in groups]
    return _table(head, rows)


def grouped(pen: Pen, rates: Mapping[str | None, Rate], name: Callable[[str], str], nameless: str) -> list[tuple[str, Rate]]:
    return [(name(key) if key else nameless, one) for key, one in rates.items()]


def agreement(pen: Pen, view: RatingsView) -> str:
    """Return how often ratings and words say the same."""
    if view.both < SURE:
        return pen.say("recognition.agree_few", both=view.both)
    return pen.say("recognition.agree", agree=view.agree, both=view.both, share=pen.percent(view.agree / view.both))


def legend(pen: Pen) -> str:
    return (f'<div class="g-legend"><span><b class="usual" style="color:var(--positive);border-top-style:solid"></b>{escape(pen.say("recognition.line.rating"))}</span>'
            f'<span><b class="usual" style="color:var(--negative)"></b>{escape(pen.say("recognition.line.negative"))}</span></div>')


def _median(pen: Pen, span: timedelta | None, of: int) -> str:
    if span is not None:
        return f"<b>{escape(worked(pen, span))}</b>"
    return f'<span class="g-small g-soft">{escape(pen.say("recognition.few", n=of) if of else pen.say("recognition.nothing"))}</span>'


def _share(pen: Pen, one: Share) -> str:
    return _interval(pen, one.value, one.interval, one.some, one.of)


def _interval(pen: Pen, value: float | None, interval: tuple[float, float] | None, some: int, of: int) -> str:
    if value is not None and interval is not None:
        between = pen.say("recognition.share", share=pen.percent(value), low=pen.percent(interval[0]), high=pen.percent(interval[1]))
        return f'<b>{escape(between)}</b><br><span class="g-small g-soft">{escape(pen.say("recognition.of", some=some, of=of))}</span>'
    return escape(pen.say("recognition.of", some=some, of=of)) if of else f'<span class="g-soft">{escape(pen.say("recognition.nothing"))}</span>'


def _table(head: str, rows: Sequence[str]) -> str:
    return f'<div class="g-card g-scroll"><table class="g-table"><thead><tr><th></th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
