"""Why people complain, as HTML. Pure, and as careful with strangers' texts as ``cards``."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import isinf

from alerts import topics
from alerts.causes import LEAST, Cause, Causes, Change
from dashboard import cards
from dashboard.pen import Pen
from listener.text import printable
from listener.types import Topic

SHOWN = 6  # sources of one cause
WIDEST = 100  # of a ratio's upper bound that is still told


def aspect(pen: Pen, name: str) -> str:
    """Return what an aspect is called; those of the configuration are called what it calls them."""
    return pen.known(f"aspect.{name}", name)


def change(pen: Pen, found: Change) -> str:
    """Return a count's change in words: what it was, by how much, how sure; nothing in per cent under twenty posts."""
    if found.before is None:
        return pen.say("causes.unknown")
    words = [pen.say("causes.before", before=found.before)]
    if found.percent:
        words.append(pen.say("causes.up" if found.percent > 0 else "causes.down", change=pen.percent(abs(found.percent))))
    if found.ratio is not None and found.now + found.before >= LEAST:
        low, high = found.ratio
        if not isinf(high) and high < WIDEST:
            words.append(pen.say("causes.ratio", low=pen.number(low, decimals=1), high=pen.number(high, decimals=1)))
    if found.now != found.before:
        words.append(pen.say(("causes.chance", "causes.sure_more", "causes.sure_fewer")[found.sign]))
    return pen.say("dot").join(words)


def pareto(pen: Pen, found: Causes) -> str:
    """Return aspects as bars, most frequent first, with what each share is and what all so far come to."""
    most = max((one.change.now for one in found.causes), default=0)
    rows = [_bar(pen, one, most) for one in found.causes if one.change.now]
    if found.unnamed:
        rows.append(f'<p class="g-small g-soft" style="margin:.4rem 0 0">{escape(pen.say("causes.unnamed", n=found.unnamed))}</p>')
    return (f'<section class="g-card">{"".join(rows)}{cards.help_text(pen, "how.causes", least=LEAST)}</section>')


def _bar(pen: Pen, one: Cause, most: int) -> str:
    words = [pen.say("causes.count", n=one.change.now)]
    if one.share is not None:
        share, low, high = one.share
        words.append(pen.say("causes.share", share=pen.percent(share), low=pen.percent(low), high=pen.percent(high)))
    if one.reaches is not None:
        words.append(pen.say("causes.reaches", share=pen.percent(one.reaches)))
    cells = (f'<i class="negative" style="flex:{one.change.now} 1 0"></i>'
             f'<i style="flex:{max(most - one.change.now, 0)} 1 0;background:none;min-width:0"></i>')
    return (f'<div style="margin:.1rem 0 .5rem"><div class="g-row"><b>{cards.isolate(aspect(pen, one.aspect))}</b>'
            f'<span class="g-small g-soft g-push">{escape(pen.say("dot").join(words))}</span></div>'
            f'<span class="g-bar" style="max-width:none;height:.7rem" aria-hidden="true">{cells}</span></div>')


def cause(pen: Pen, one: Cause) -> str:
    """Return one aspect: how it changed, where and in which languages it is told, week by week."""
    lines = [change(pen, one.change)]
    if parts := _parts(pen, [(name, n) for name, n in one.sources if n.now][:SHOWN]):
        lines.append(pen.say("causes.by_source", parts=parts))
    tongues = [(pen.known(f"causes.tongue.{name}", name or "–"), n) for name, n in one.languages if n.now]
    if parts := _parts(pen, tongues):
        lines.append(pen.say("causes.by_language", parts=parts))
    lines.append(pen.say("causes.weeks", counts=pen.say("comma").join(pen.number(n) for n in one.weeks)))
    head = (f'<div class="g-row"><b>{cards.isolate(aspect(pen, one.aspect))}</b>'
            f'<span class="g-chip">{escape(pen.say("causes.count", n=one.change.now))}</span></div>')
    return f'<section class="g-card">{head}<ul class="g-list">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul></section>'


def _parts(pen: Pen, parts: Sequence[tuple[str, Change]]) -> str:
    return pen.say("comma").join(pen.say("causes.part", name=f"\u2068{printable(name)[:60]}\u2069", n=n.now) for name, n in parts)


def emerging(pen: Pen, found: Sequence[Topic]) -> str:
    """Return topics as a list: name, state, how many complain."""
    rows = []
    for one in found:
        name = topics.title(one, pen.language) or pen.say("emerging.unnamed")
        rows.append(f'<div class="g-row"><b>{cards.isolate(name[:120])}</b><span class="g-chip line">{escape(pen.known(f"emerging.{one.state}", one.state))}</span>'
                    f'<span class="g-small g-soft g-push">{escape(pen.say("emerging.count", n=one.count, authors=one.authors))}</span></div>')
    return f'<section class="g-card">{"".join(rows)}</section>'
