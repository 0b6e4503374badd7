"""Mentions, alerts and figures as HTML. Pure: nouns and a pen in, markup out.

Texts of strangers are inert by construction: every value passes ``harmless`` (escaped, direction overrides and controls taken
out) before it meets a tag, each is isolated (``bdi``, ``dir="auto"``), and a link is written only for http and https.
Streamlit sanitises the result once more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from html import escape
from urllib.parse import urlsplit

from alerts import wording
from alerts.evidence import Role
from dashboard.pen import Pen
from listener.service import Changes, Compared, Happening, HourPoint, MentionView, is_open
from listener.text import printable
from listener.types import Alert, Delivery, Label, Mention, Reach, Reason, Score, ScoredMention, Silence, Verdict
from listener.words import say

LONGEST = 1_500  # characters of a text on a card; the original is one click away
_BREAKS = re.compile(r"(?:\r\n|\r|\n)")
_SHAPES = {Label.NEGATIVE: "diamond", Label.NEUTRAL: "ring", Label.POSITIVE: ""}
_SEVERITY_SHAPES = {"P1": "diamond", "P2": "square", "P3": "ring"}


def harmless(text: str) -> str:
    """Return one line of a stranger's text, harmless in HTML."""
    return escape(printable(text), quote=True)


def _body(text: str) -> tuple[str, int]:
    """Return a stranger's text with its line breaks, harmless in HTML, and how many characters were left out."""
    lines = [printable(line) for line in _BREAKS.split(text[: LONGEST * 4])]
    whole = "\n".join(lines).strip()
    shown = whole[:LONGEST]
    return escape(shown, quote=True), max(0, len(text.strip()) - len(shown)) if len(text) > LONGEST else 0


def link(url: str | None, words: str) -> str:
    """Return an anchor for http and https addresses, nothing for any other: ``javascript:`` has no way in."""
    if not url:
        return ""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return ""
    return (f'<a class="g-link" href="{harmless(url.strip())}" target="_blank" rel="noopener noreferrer nofollow" '
            f'title="{harmless(parts.netloc)}">{escape(words)}</a>')


def isolate(text: str) -> str:
    return f"<bdi>{harmless(text)}</bdi>"


def time(pen: Pen, instant: datetime, words: str | None = None) -> str:
    return (f'<time datetime="{instant.isoformat()}" title="{escape(pen.full(instant))}">'
            f"{escape(words or pen.when(instant))}</time>")


def wrap(pen: Pen, html: str) -> str:
    """Return markup that says its language and direction, wherever Streamlit puts it."""
    return f'<div dir="{pen.direction}" lang="{pen.language}">{html}</div>'


def help_text(pen: Pen, key: str, **values: object) -> str:
    """Return the small unfolding answer to "how is this counted?"."""
    return (f'<details class="g-help"><summary>{escape(pen.say("how"))}</summary>'
            f"<p>{escape(pen.say(key, **values))}</p></details>")


# -- mentions

def label(pen: Pen, value: Label | None, *, unsure: bool = False) -> str:
    """Return a label as word, colour and shape."""
    if value is None:
        return f'<span class="g-label g-soft"><i class="g-dot ring"></i>{escape(pen.say("label.unscored"))}</span>'
    doubt = f' <span class="g-chip line unsure">{escape(pen.say("unsure"))}</span>' if unsure else ""
    return (f'<span class="g-label {value.value}"><i class="g-dot {_SHAPES[value]}"></i>'
            f'{escape(pen.say(f"label.{value.value}"))}</span>{doubt}')


def score_bar(pen: Pen, score: Score) -> str:
    """Return the three probabilities as a bar and in words."""
    parts = ((Label.NEGATIVE, score.negative), (Label.NEUTRAL, score.neutral), (Label.POSITIVE, score.positive))
    words = pen.say("dot").join(f'{pen.say(f"label.{name.value}")} {pen.percent(share)}' for name, share in parts)
    cells = "".join(f'<i class="{name.value}" style="flex:{max(share, 0.001):.3f} 1 0"></i>' for name, share in parts)
    return (f'<span class="g-row"><span class="g-bar" style="width:9rem" aria-hidden="true">{cells}</span>'
            f'<span class="g-small g-soft">{escape(words)}</span></span>')


def mention(pen: Pen, view: MentionView | ScoredMention, *, role: str = "") -> str:
    """Return the card of one mention: who, where, when, what, how it was read, how far it went, why it is here.

    ``role`` says what it stands for among others, as an alert's evidence does.
    """
    scored = view.scored if isinstance(view, MentionView) else view
    corrected = view.corrected if isinstance(view, MentionView) else None
    what = scored.mention
    head = [f'<span class="g-chip line">{escape(role)}</span>'] if role else []
    head += [f'<span class="g-chip">{escape(pen.known(f"kind.{what.kind}", what.kind))}</span>']
    if what.author is not None and (what.author.name or what.author.id):
        head.append(f"<b>{isolate((what.author.name or what.author.id)[:80])}</b>")
    elif what.outlet:
        head.append(f"<b>{isolate(what.outlet[:80])}</b>")
    if what.author is not None and what.author.followers is not None:
        head.append(f'<span class="g-small g-soft">{escape(pen.say("followers", n=what.author.followers))}</span>')
    if what.ours:
        head.append(f'<span class="g-chip line good">{escape(pen.say("ours"))}</span>')
    shown = corrected or (scored.score.label if scored.score else None)
    unsure = corrected is None and scored.score is not None and scored.score.unsure
    head.append(f'<span class="g-push g-row">{label(pen, shown, unsure=unsure)}'
                f'<span class="g-small g-soft">{_published(pen, what)}</span></span>')
    parts = [f'<div class="g-row">{"".join(head)}</div>']
    if what.title and not what.text.startswith(what.title):
        parts.append(f'<p class="g-title" dir="auto">{harmless(what.title[:300])}</p>')
    body, left = _body(what.text)
    if body:
        parts.append(f'<div class="g-text" dir="auto">{body}{"…" if left else ""}</div>')
    if left:
        parts.append(f'<p class="g-small g-soft" style="margin:0">{escape(pen.say("left_out", n=left))}</p>')
    parts += _details(pen, scored, corrected)
    return f'<article class="g-card">{"".join(parts)}</article>'


def _published(pen: Pen, what: Mention) -> str:
    if what.precision.value == "estimated":
        return time(pen, what.published_at, pen.say("estimated", when=pen.when(what.published_at)))
    return time(pen, what.published_at, pen.when(what.published_at, what.precision))


def _details(pen: Pen, scored: ScoredMention, corrected: Label | None) -> list[str]:
    what, rows = scored.mention, []
    if scored.score is not None:
        rows.append(score_bar(pen, scored.score))
    if corrected is not None:
        rows.append(f'<span class="g-small g-soft">{escape(pen.say("corrected"))}</span>')
    facts = []
    if scored.reach is not None:
        facts.append(escape(pen.say("reach.of", reach=pen.reach(scored.reach), method=pen.method(scored.reach.method))))
    seen = what.engagement
    if seen is not None:
        facts += [escape(pen.say(f"count.{name}", n=count)) for name in ("likes", "shares", "comments", "views")
                  if (count := getattr(seen, name)) is not None]
    if what.rating is not None:
        facts.append(escape(pen.say("count.rating", n=pen.number(what.rating * 5, decimals=1))))
    if facts:
        rows.append(f'<span class="g-small g-soft">{escape(pen.say("dot")).join(facts)}</span>')
    why = (pen.say("why_matched") + " " + pen.say("comma").join(f"\u2068{printable(term)[:60]}\u2069" for term in scored.terms[:6])
           if scored.terms else pen.say("why_source"))
    tail = [f'<span class="g-small g-soft">{escape(why)}</span>']
    if opened := link(what.url, pen.say("open_original")):
        tail.append(f'<span class="g-small g-push">{opened}</span>')
    return [*(f'<div class="g-row">{row}</div>' for row in rows), f'<div class="g-row">{"".join(tail)}</div>']


# -- alerts

def severity(alert: Alert) -> str:
    """Return the mark of a severity; the word stands in the headline."""
    name = alert.severity.value
    return f'<span class="g-label {name}" aria-hidden="true"><i class="g-dot {_SEVERITY_SHAPES[name]}"></i></span>'


def headline(pen: Pen, alert: Alert) -> str:
    """Return the first line of an alert as its messages have it: severity, subject, what."""
    return wording.compose(alert, Reason.FIRST if is_open(alert) else Reason.RESOLVED, (), language=pen.language, timezone=pen.zone).title


def reasons(pen: Pen, alert: Alert, mentions: Sequence[ScoredMention], unseen: Sequence[str]) -> str:
    """Return the lines of an alert's message but for the posts it quotes: those stand below as cards."""
    message = wording.compose(alert, Reason.FIRST if is_open(alert) else Reason.RESOLVED, mentions, language=pen.language, timezone=pen.zone,
                              sources=unseen)
    quotes = tuple(f"{role_word(pen, kind)} · " for kind in Role)
    lines = [line for line in message.lines if not line.startswith(quotes)]
    return '<ul class="g-list">' + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def state(pen: Pen, alert: Alert) -> str:
    """Return where an alert is in its life, with the person who has it."""
    if alert.state.value == "acknowledged" and alert.acknowledged_by:
        return pen.say("state.taken_by", who=f"\u2068{printable(alert.acknowledged_by)}\u2069")
    return pen.say(f"state.{alert.state.value}")


def alert_card(pen: Pen, alert: Alert) -> str:
    ended = alert.resolved_at if not is_open(alert) else None
    when = pen.say("fired", when=pen.when(alert.fired_at), ago=pen.ago(alert.fired_at))
    if ended is not None:
        began = alert.starts_at if alert.rule == "stale_source" else alert.fired_at  # as the title counts it
        when = pen.say("lasted", when=pen.when(alert.fired_at), span=pen.span(ended - began))
    return (f'<article class="g-card g-alert {alert.severity.value}"><div class="g-row" style="align-items:baseline;flex-wrap:nowrap">{severity(alert)}'
            f'<span class="g-head">{escape(headline(pen, alert))}</span></div>'
            f'<div class="g-row"><span class="g-chip line">{escape(state(pen, alert))}</span>'
            f'<span class="g-small g-soft">{time(pen, alert.fired_at, when)}</span></div></article>')


def facts(pen: Pen, alert: Alert) -> str:
    """Return when and by which rule an alert came to be."""
    rows = [(pen.say("fact.rule"), pen.known(f"rule.{alert.rule}", alert.rule)), (pen.say("fact.began"), pen.full(alert.starts_at)),
            (pen.say("fact.fired"), pen.full(alert.fired_at))]
    return "<dl class='g-facts'>" + "".join(f"<dt>{isolate(name)}</dt><dd>{isolate(value)}</dd>" for name, value in rows) + "</dl>"


def deliveries(pen: Pen, sent: Sequence[Delivery]) -> str:
    if not sent:
        return f'<p class="g-soft">{escape(pen.say("no_deliveries"))}</p>'
    lines = []
    for delivery in sent:
        if delivery.sent_at is not None:
            words = pen.say("delivery.sent", when=pen.when(delivery.sent_at))
        elif delivery.error:
            words = pen.say("delivery.failed", n=delivery.attempts, error=printable(delivery.error)[:200])
        else:
            words = pen.say("delivery.waiting")
        lines.append(f"<li><b>{isolate(delivery.receiver)}</b> · {escape(pen.say(f'reason.{delivery.message.reason.value}'))} · "
                     f'<span class="g-soft">{escape(words)}</span></li>')
    return f'<ul class="g-list">{"".join(lines)}</ul>'


def history(pen: Pen, alert: Alert, happenings: Sequence[Happening], verdicts: Sequence[Verdict], silences: Sequence[Silence]) -> str:
    lines = [(alert.fired_at, escape(pen.say("history.fired")))]
    for h in happenings:
        verb, _, rest = h.what.replace(":", " ", 1).partition(" ")
        words, rest = pen.known(f"did.{verb}", verb), rest.strip()
        if verb == "verdict":
            rest = pen.known(f"verdict.{rest}", rest)
        tail = f" <span class='g-soft'>{isolate(rest[:300])}</span>" if rest else ""
        lines.append((h.at, f"<b>{isolate(h.who)}</b> {escape(words)}{tail}"))
    if alert.resolved_at is not None:
        lines.append((alert.resolved_at, escape(pen.say("history.resolved"))))
    for s in silences:
        lines.append((s.starts_at, escape(pen.say("history.silenced", who=printable(s.who), until=pen.when(s.until), why=printable(s.why)))))
    ordered = sorted(lines, key=lambda line: line[0])
    return '<ul class="g-list">' + "".join(f'<li><span class="g-soft">{time(pen, at)}</span> · {words}</li>' for at, words in ordered) + "</ul>"


# -- figures

def tile(pen: Pen, name: str, value: str, *, against: str = "", extra: str = "", how: str, tone: str = "", **values: object) -> str:
    """Return a figure that never stands alone: its name, what it is compared with, and how it is counted."""
    return (f'<section class="g-tile"><span class="g-name">{escape(name)}</span><span class="g-value {tone}"><bdi>{escape(value)}</bdi></span>'
            + (f'<span class="g-range">{escape(extra)}</span>' if extra else "")
            + (f'<span class="g-against">{escape(against)}</span>' if against else "") + help_text(pen, how, **values) + "</section>")


def tiles(*cells: str) -> str:
    return f'<div class="g-tiles">{"".join(cells)}</div>'


def compared(pen: Pen, count: Compared) -> str:
    """Return a count against last week's same hours, in words. Percentages only from twenty up: below they mislead."""
    if count.before is None:
        return pen.say("against.unknown")
    if count.now == count.before:
        return pen.say("against.same", before=count.before)
    if min(count.before, count.now) >= 20 and count.now >= 2 * count.before:
        return pen.say("against.times_week", times=pen.number(count.now / count.before, decimals=1), before=count.before)
    if min(count.before, count.now) >= 20:
        change = pen.percent(abs(count.now - count.before) / count.before)
        return pen.say("against.up" if count.now > count.before else "against.down", change=change, before=count.before)
    return pen.say("against.count", before=count.before)


def reach_tile(pen: Pen, reach: Reach | None, usual: float | None) -> str:
    if reach is None:
        return tile(pen, pen.say("tile.reach"), pen.number(0), against=pen.say("no_complaints"), how="how.reach")
    if usual is None:
        against = pen.say("against.no_usual")
    elif reach.mid >= 2 * max(usual, 1):
        against = pen.say("against.times", times=pen.number(reach.mid / max(usual, 1), decimals=0 if reach.mid >= 10 * max(usual, 1) else 1),
                          usual=pen.about(usual))
    else:
        against = pen.say("against.usual", usual=pen.about(usual))
    return tile(pen, pen.say("tile.reach"), pen.say("people", n=pen.about(reach.mid)),
                extra=pen.say("reach.between", low=pen.about(reach.low), high=pen.about(reach.high)), against=against,
                how="how.reach", tone="negative" if usual is not None and reach.mid >= 2 * max(usual, 1) else "",
                method=pen.method(reach.method))


def changes(pen: Pen, what: Changes) -> str:
    """Return what happened since yesterday evening as a few lines."""
    lines = [pen.say("changes.counts", mentions=what.mentions, negative=what.negative)]
    lines += [pen.say("changes.fired", when=pen.when(a.fired_at), what=headline(pen, a)) for a in what.fired[:5]]
    lines += [pen.say("changes.resolved", when=pen.when(a.resolved_at), what=headline(pen, a)) for a in what.resolved[:5] if a.resolved_at]
    lines += [pen.say("changes.failing", source=f"\u2068{printable(name)}\u2069") for name in what.failing[:5]]
    if not what.fired and not what.failing:
        lines.append(pen.say("changes.nothing"))
    return f'<ul class="g-list">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>'


def empty(pen: Pen, title: str, words: str) -> str:
    """Return a state without anything to show, which says what to do."""
    return f'<div class="g-card g-empty"><h3>{escape(title)}</h3><p class="g-soft">{escape(words)}</p></div>'


def banner(title: str, words: str, tone: str) -> str:
    return (f'<div class="g-card {tone}" role="status"><div class="g-head" style="font-weight:700;font-size:1.06rem">{escape(title)}</div>'
            f'<div class="g-soft g-small">{escape(words)}</div></div>')


def page_title(title: str, aside: str) -> str:
    return f'<header class="g-page"><h1>{escape(title)}</h1><span class="g-soft">{escape(aside)}</span></header>'


# -- the chart's surroundings

def legend(pen: Pen) -> str:
    return (f'<div class="g-legend"><span><b class="reach"></b>{escape(pen.say("legend.reach"))}</span>'
            f'<span><b class="range"></b>{escape(pen.say("legend.range"))}</span>'
            f'<span><b class="so-far"></b>{escape(pen.say("legend.so_far"))}</span>'
            f'<span><b class="usual"></b>{escape(pen.say("legend.usual"))}</span>'
            f'<span><b class="lost"></b>{escape(pen.say("legend.lost"))}</span></div>')


def gaps(points: Sequence[HourPoint]) -> int:
    return sum(1 for point in points if point.gap)


def role_word(pen: Pen, name: str) -> str:
    return say(f"alert.role.{name}", pen.language)
