"""Mentions, alerts and figures as HTML. Pure: nouns and a pen in, markup out.

Texts of strangers are inert by construction: every value passes ``harmless`` (escaped, direction overrides and controls taken
out) before it meets a tag, each is isolated (``bdi``, ``dir="auto"``), and a link is written only for http and https.
Streamlit sanitises the result once more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import urlsplit

from alerts import severity, wording
from alerts.evidence import account
from alerts.precision import Precision
from alerts.reach import WordOfMouth, hearsay
from alerts.rules import kind_of
from dashboard.pen import Pen
from listener.service import Changes, Compared, Happening, HourPoint, MentionView, is_open
from listener.text import printable
from listener.types import Alert, Delivery, Label, Mention, Reach, Reason, Score, ScoredMention, Silence, Story, Verdict
from listener.words import catalogue, say

LONGEST = 1_500  # characters of a text on a card; the original is one click away
_BREAKS = re.compile(r"(?:\r\n|\r|\n)")
_SHAPES = {Label.NEGATIVE: "diamond", Label.NEUTRAL: "ring", Label.POSITIVE: ""}
BLIND = frozenset({"stale_source", "collector_down"})  # kinds that are about a source
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
    tone = label(pen, shown, unsure=unsure) if shown or what.full_text else f'<span class="g-small g-soft">{escape(pen.say("rated_only"))}</span>'
    head.append(f'<span class="g-push g-row">{tone}'
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

def severity_mark(alert: Alert) -> str:
    """Return the mark of a severity; the word stands in the headline."""
    name = alert.severity.value
    return f'<span class="g-label {name}" aria-hidden="true"><i class="g-dot {_SEVERITY_SHAPES[name]}"></i></span>'


def _reason(alert: Alert) -> Reason:
    return Reason.FIRST if is_open(alert) else Reason.RESOLVED


def headline(pen: Pen, alert: Alert) -> str:
    """Return the first line of an alert as its messages have it: severity, subject, what."""
    return wording.title(alert, _reason(alert), language=pen.language, timezone=pen.zone)


def reasons(pen: Pen, alert: Alert, mentions: Sequence[ScoredMention], unseen: Sequence[str], story: Story | None = None) -> str:
    """Return what an alert's message says, but for the posts: those stand below as cards."""
    lines = wording.explain(alert, _reason(alert), mentions, language=pen.language, timezone=pen.zone, sources=unseen,
                            context=wording.Context(story=story))
    return '<ul class="g-list">' + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def parts(pen: Pen, alert: Alert, precision: Precision | None) -> str:
    """Return how severe it is, in its three parts, each out of three and with what it was found by. Nothing for a source."""
    noted = alert.why.get("severity")
    if not isinstance(noted, Mapping):
        return ""
    found = severity.parts_of(kind_of(alert.rule), alert.why, precision.share if precision else None)
    rows = []
    for name, now in (("harm", found.harm), ("spread", found.spread), ("trust", found.trust)):
        value = int(noted.get(name, now))
        because = pen.known(f"part.{name}.{found.because.get(name)}", "") if value == now else ""  # it was found by other figures then
        cells = "".join(f'<i class="g-pip{" on" if place < value else ""}"></i>' for place in range(3))
        rows.append(f'<dt>{escape(pen.say(f"part.{name}"))}</dt><dd><span class="g-row"><span class="g-pips" aria-hidden="true">{cells}</span>'
                    f'<b>{escape(pen.say("part.of", n=value))}</b><span class="g-soft g-small">{escape(because)}</span></span></dd>')
    tail = f'<p class="g-soft g-small">{escape(pen.say("part.demoted"))}</p>' if alert.why.get("demoted") else ""
    return f'<dl class="g-facts">{"".join(rows)}</dl>{tail}' + help_text(pen, "how.severity")


def precision_line(pen: Pen, found: Precision | None) -> str:
    """Return how often the rule was right: a count, and from twenty verdicts a share with its interval."""
    if found is None or not (found.judged or found.known):
        words = pen.say("precision.none")
    else:
        words = pen.say("precision.count", right=found.right, judged=found.judged) if found.judged else pen.say("precision.none")
        if found.judged >= 20 and found.interval:
            low, high = found.interval
            words += " " + pen.say("precision.interval", low=pen.percent(low), high=pen.percent(high))
        if found.known:
            words += " " + pen.say("precision.known", n=found.known)
    return f'<p class="g-small" style="margin:.3rem 0 0">{escape(words)}</p>'


def spread(pen: Pen, alert: Alert) -> str:
    """Return how it spreads: state, pace, branching, forecast and size of the cascade, each with its interval or why not. Nothing of one
    that is over: what was ahead then is behind now.
    """
    known = alert.why.get("spread_state") if is_open(alert) else None
    return spread_of(pen, known) if isinstance(known, Mapping) else ""


def spread_of(pen: Pen, known: Mapping[str, Any]) -> str:
    """Return the figures of ``alerts.spread`` in words."""
    if f"board.spread.{known.get('state')}" not in catalogue():
        return ""
    rows = [(pen.say("spread.state"), pen.say(f"spread.{known['state']}"))]
    if turn := known.get("doubling") or known.get("halving"):
        times = {name: pen.pace(timedelta(seconds=known[key])) for name, key in (("low", "turn_low"), ("high", "turn_high"))}
        rows.append((pen.say("spread.doubling" if known.get("doubling") else "spread.halving"),
                     pen.say("spread.band", mid=pen.pace(timedelta(seconds=turn)), **times)))
    if ratio := known.get("branching"):
        band = pen.say("spread.band", **{name: pen.number(ratio[name], decimals=1) for name in ("low", "mid", "high")})
        method = pen.say("spread.by.links" if ratio["method"] == "links" else "spread.by.growth", n=ratio["reshares"])
        rows.append((pen.say("spread.branching"), f"{band} · {method}"))
    for name, unit in (("forecast", "spread.posts"), ("reach", "spread.people")):
        if ahead := known.get(name):
            rows.append((pen.say(f"spread.{name}", hours=known.get("hours", 6)),
                         pen.say(unit, **{edge: pen.about(ahead[edge]) for edge in ("low", "mid", "high")})))
    if known["state"] == "too_early":
        rows.append((pen.say("spread.forecast", hours=known.get("hours", 6)), pen.say("spread.not_yet")))
    if cascade := known.get("cascade"):
        final = cascade.get("final")
        rows.append((pen.say("spread.cascade"), pen.say("spread.cascade.open", seen=cascade["seen"]) if final is None else
                     pen.say("spread.cascade.final", seen=cascade["seen"], final=pen.about(final))))
    return _facts(rows) + help_text(pen, "how.spread")


def by_mouth(pen: Pen, mentions: Sequence[ScoredMention], survey: WordOfMouth | None = None) -> str:
    """Return how many people the authors may tell away from any network: a survey's figure, marked so, and no part of any reach."""
    survey = survey or WordOfMouth()
    told = {label: {account(one) or one.mention.key for one in mentions if one.score and one.score.label is label and not one.score.unsure}
            for label in (Label.NEGATIVE, Label.POSITIVE)}
    bad, good = len(told[Label.NEGATIVE]), len(told[Label.POSITIVE] - told[Label.NEGATIVE])
    if not bad and not good:
        return ""
    heard = hearsay(good, bad, survey)
    rows = []
    if bad:
        rows.append((pen.say("mouth.bad", n=bad), pen.say("mouth.people", n=pen.about(heard.bad))))
    if good:
        rows.append((pen.say("mouth.good", n=good), pen.say("mouth.people", n=pen.about(heard.good))))
    words = pen.say("mouth.survey", source=f"\u2068{printable(survey.source)}\u2069", year=pen.digits(str(survey.year)),
                    satisfied=survey.satisfied, dissatisfied=survey.dissatisfied)
    if unsure := sum(1 for one in mentions if one.score and one.score.label is Label.NEGATIVE and one.score.unsure):
        words = f"{pen.say('mouth.unsure', n=unsure)} {words}"
    return _facts(rows) + f'<p class="g-soft g-small" style="margin:.3rem 0 0">{escape(words)}</p>'


def state(pen: Pen, alert: Alert) -> str:
    """Return where an alert is in its life, with the person who has it."""
    if not (alert.acknowledged_by and is_open(alert)):
        return pen.say(f"state.{alert.state.value}")
    taken = pen.say("state.taken_by", who=f"\u2068{printable(alert.acknowledged_by)}\u2069")
    return pen.say("state.handled") + pen.say("dot") + taken if alert.state.value == "handled" else taken


def alert_card(pen: Pen, alert: Alert) -> str:
    ended = alert.resolved_at if not is_open(alert) else None
    when = pen.say("fired", when=pen.when(alert.fired_at), ago=pen.ago(alert.fired_at))
    if ended is not None:
        began = alert.starts_at if kind_of(alert.rule) in BLIND else alert.fired_at  # as the title counts it
        when = pen.say("lasted", when=pen.when(alert.fired_at), span=pen.span(ended - began))
    chips = [state(pen, alert), pen.known(f"rule.{alert.rule}", pen.known(f"rule.{kind_of(alert.rule)}", alert.rule)), *held_back(pen, alert)]
    row = "".join(f'<span class="g-chip{"" if place else " line"}">{escape(words)}</span>' for place, words in enumerate(chips))
    return (f'<article class="g-card g-alert {alert.severity.value}"><div class="g-row" style="align-items:baseline;flex-wrap:nowrap">{severity_mark(alert)}'
            f'<span class="g-head">{escape(headline(pen, alert))}</span></div>'
            f'<div class="g-row">{row}<span class="g-small g-soft">{time(pen, alert.fired_at, when)}</span></div></article>')


def held_back(pen: Pen, alert: Alert) -> list[str]:
    """Return why nobody is told of an alert, or only in the digest."""
    said = []
    cause = alert.why.get("inhibited_by")
    if isinstance(cause, str) and is_open(alert):
        campaign = cause.removeprefix("campaign:")
        said.append(pen.say("held.campaign", name=f"\u2068{printable(campaign)}\u2069") if campaign != cause else pen.say("held.other"))
    if alert.why.get("demoted"):
        said.append(pen.say("held.demoted"))
    if alert.why.get("drill"):
        said.append(pen.say("held.drill"))
    return said


def held(pen: Pen, words: str, alerts: Sequence[Alert]) -> str:
    """Return the alerts that others stand for, or that stand for others, under what is said of them."""
    lines = "".join(f'<br>{escape(headline(pen, one))} <span class="g-soft">#{escape(one.fingerprint[:wording.SHORT])}</span>' for one in alerts)
    return f'<div class="g-card g-small"><b>{escape(words)}</b>{lines}</div>' if alerts else ""


def facts(pen: Pen, alert: Alert) -> str:
    """Return when and by which rule an alert came to be, and the name by which commands and replies know it."""
    version = alert.why.get("version")
    rule = pen.known(f"rule.{kind_of(alert.rule)}", alert.rule)
    named = [str(name) for name in dict.fromkeys((alert.rule if "/" in alert.rule else None, version)) if name]
    rows = [(pen.say("fact.rule"), f"{rule} ({pen.say('comma').join(named)})" if named else rule), (pen.say("fact.began"), pen.full(alert.starts_at)),
            (pen.say("fact.fired"), pen.full(alert.fired_at)), (pen.say("fact.mark"), f"#{alert.fingerprint[:wording.SHORT]}")]
    return _facts(rows)


def _facts(rows: Sequence[tuple[str, str]]) -> str:
    return '<dl class="g-facts">' + "".join(f"<dt>{isolate(name)}</dt><dd>{isolate(value)}</dd>" for name, value in rows) + "</dl>"


def deliveries(pen: Pen, sent: Sequence[Delivery]) -> str:
    """Return whom an alert called, or will call and when, or will not call any more, in the order of time."""
    if not sent:
        return f'<p class="g-soft">{escape(pen.say("no_deliveries"))}</p>'
    lines = []
    for delivery in sorted(sent, key=lambda one: (one.due_at, one.receiver, one.key)):
        if delivery.sent_at is not None:
            words = pen.say("delivery.sent", when=pen.when(delivery.sent_at))
        elif delivery.cancelled_at is not None:
            words = pen.say("delivery.cancelled", when=pen.when(delivery.cancelled_at))
        elif delivery.error:
            words = pen.say("delivery.failed", n=delivery.attempts, error=printable(delivery.error)[:200])
        elif delivery.due_at > pen.at:
            words = pen.say("delivery.planned", when=pen.when(delivery.due_at), span=pen.span(delivery.due_at - pen.at))
        else:
            words = pen.say("delivery.waiting")
        lines.append(f"<li><b>{isolate(delivery.receiver)}</b> · {escape(pen.say(f'reason.{delivery.message.reason.value}'))} · "
                     f'<span class="g-soft">{escape(words)}</span></li>')
    return f'<ul class="g-list">{"".join(lines)}</ul>'


def silence(pen: Pen, one: Silence) -> str:
    """Return who keeps it quiet, until when, what it covers and why."""
    scope = pen.say("silence.rule" if one.rule != "*" else "silence.all", rule=pen.known(f"rule.{kind_of(one.rule)}", one.rule),
                    subject=f"\u2068{printable(one.subject)}\u2069" if one.subject != "*" else pen.say("silence.everything"))
    return banner(pen.say("silence.until", until=pen.when(one.until), who=f"\u2068{printable(one.who)}\u2069"), f"{scope} · {printable(one.why)}", "g-doubt")


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


def clock(pen: Pen, off: timedelta) -> str:
    """Return the warning that the machine's clock is ahead of the world by ``off`` (below zero: behind)."""
    side = "ahead" if off > timedelta(0) else "late"
    return banner(pen.say(f"clock.{side}", span=pen.span(abs(off))), pen.say("clock_do"), "g-doubt")


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
