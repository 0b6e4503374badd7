"""Who somebody is, as far as their own posts and their public profile say: a card. Pure."""

from __future__ import annotations

from html import escape

from dashboard.cards import harmless, isolate, link
from dashboard.pen import Pen
from listener.service import AuthorView
from listener.types import Label

ENOUGH = 20  # mentions below which no share is told


def card(pen: Pen, view: AuthorView) -> str:
    """Return the card: name, where, followers, how many mentions in which tone, how far the widest went, since when."""
    who = view.author
    head = [f'<span class="g-chip">{escape(pen.known(f"kind.{who.kind}", who.kind))}</span>', f"<b>{isolate((who.name or who.id)[:80])}</b>"]
    if who.name and who.id != who.name:
        head.append(f'<span class="g-small g-soft g-mono">{harmless(who.id[:60])}</span>')
    if who.followers is not None:
        head.append(f'<span class="g-small g-soft">{escape(pen.say("followers", n=who.followers))}</span>')
    if opened := link(who.url, pen.say("author.page")):
        head.append(f'<span class="g-small g-push">{opened}</span>')
    count = pen.say("author.mentions" if view.whole else "author.latest", n=view.mentions)
    rows = [(pen.say("author.said"), count), (pen.say("author.tone"), _tone(pen, view)),
            (pen.say("author.since"), pen.say("author.between", first=pen.full(view.first_at), last=pen.full(view.last_at))
             if view.first_at != view.last_at else pen.full(view.first_at))]
    if view.reach is not None:
        rows.append((pen.say("author.reach"), pen.say("reach.of", reach=pen.reach(view.reach), method=pen.method(view.reach.method))))
    if len(view.brands) > 1:
        rows.append((pen.say("author.brands"), pen.say("comma").join(f"\u2068{one}\u2069" for one in view.brands)))
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return f'<article class="g-card g-author"><div class="g-row">{"".join(head)}</div><dl class="g-facts">{facts}</dl></article>'


def _tone(pen: Pen, view: AuthorView) -> str:
    parts = [pen.say("author.count", label=pen.say(f"label.{label.value}"), n=view.labels[label]) for label in Label if view.labels[label]]
    if view.mentions >= ENOUGH and (negative := view.labels[Label.NEGATIVE]):
        parts.append(pen.say("author.share", share=pen.percent(negative / view.mentions)))
    parts += [pen.say("author.unsure", n=view.unsure)] if view.unsure else []
    parts += [pen.say("author.unscored", n=view.unscored)] if view.unscored else []
    return pen.say("dot").join(parts)
