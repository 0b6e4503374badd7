"""Whom messages reach and whom not, as HTML. Pure; what a receiver answered is a stranger's text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from alerts.wording import clip
from dashboard import cards
from dashboard.pen import Pen
from listener.service import ReceiverView
from listener.text import printable

CAUSE = 300  # characters of an answer
NAMED = 5  # receivers of the banner


def receivers(pen: Pen, found: Sequence[ReceiverView]) -> str:
    """Return each receiver with its state, since when and why, and how many messages wait; nothing where none is configured."""
    return f'<div class="g-card">{"".join(_one(pen, one) for one in found)}</div>' if found else ""


def _one(pen: Pen, one: ReceiverView) -> str:
    tone, words = (("negative", pen.say("receiver.disabled", when=pen.when(one.disabled_at), ago=pen.ago(one.disabled_at))) if one.disabled_at else
                   ("unsure", pen.say("receiver.refusing", n=one.refusals)) if one.refusals else ("good", pen.say("receiver.ok")))
    lines = [f'<div class="g-row"><b>{cards.isolate(one.name)}</b><span class="g-small g-soft">{cards.isolate(one.kind)}</span>'
             f'<span class="g-chip line {tone}">{escape(words)}</span>'
             f'<span class="g-small g-soft g-push">{escape(pen.say("receiver.waiting", n=one.waiting) if one.waiting else pen.say("receiver.none_waiting"))}</span></div>']
    if (one.disabled_at or one.refusals) and one.error:
        lines.append(f'<p class="g-small g-soft" style="margin:0">{escape(pen.say("receiver.because"))} {cards.isolate(clip(one.error, CAUSE))}</p>')
    if one.disabled_at:
        lines.append(f'<p class="g-small" style="margin:0">{escape(pen.say("receiver.mend", name=_named(one.name)))}</p>')
    return f'<div style="margin:.15rem 0 .6rem">{"".join(lines)}</div>'


def _named(name: str) -> str:
    return f"\u2068{printable(name)[:80]}\u2069"


def warning(pen: Pen, found: Sequence[ReceiverView]) -> str:
    """Return the banner that says whom no message reaches; nothing where all are reached."""
    lost = [one for one in found if one.disabled_at]
    if not lost:
        return ""
    names = pen.say("comma").join(pen.say("receiver.since", name=_named(one.name), when=pen.when(one.disabled_at)) for one in lost[:NAMED] if one.disabled_at)
    waiting = sum(one.waiting for one in lost)
    return cards.banner(pen.say("receivers.lost", n=len(lost)), names + (pen.say("dot") + pen.say("receiver.waiting", n=waiting) if waiting else ""), "g-doubt")
