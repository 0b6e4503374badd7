"""Brands beside each other as HTML. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from alerts.digest.weigh import LEAST, REAL
from alerts.peers import Compared, Comparison, Figure, Peer, Standing, Why
from dashboard import cards
from dashboard.peer_charts import Dot
from dashboard.pen import Pen
from dashboard.topic_cards import aspect
from listener.service import PeersView
from listener.types import Alert

MEASURES = ("voice", "rate", "net")  # how much, how many of it complain, in which tone


def written(pen: Pen, name: str, value: float) -> str:
    """Return a value of one of the ``MEASURES`` as people write it."""
    if name == "rate":
        return pen.number(value * 1000)
    if name == "net":
        sign = "+" if value > 0.005 else "\u2212" if value < -0.005 else ""
        return f"\u2066{sign}{pen.number(abs(round(value * 100)))}\u2069"
    return pen.percent(value)


def figure(pen: Pen, name: str, found: Figure | None) -> str:
    if found is None:
        return pen.say("peers.unknown")
    return pen.say("peers.interval", **{edge: written(pen, name, getattr(found, edge)) for edge in ("value", "low", "high")})


def dots(pen: Pen, found: Comparison, name: str) -> list[Dot]:
    """Return a measure of all brands for ``peer_charts.intervals``; those with too few posts are missing."""
    return [Dot(one.brand, one.brand, place == 0, value.value, value.low, value.high,
                pen.say("peers.hover", brand=f"\u2068{one.brand}\u2069", figure=figure(pen, name, value)))
            for place, one in enumerate(found.peers) if (value := getattr(one, name)) is not None]


def table(pen: Pen, found: Comparison) -> str:
    """Return all figures as a table: brands as rows, ours first."""
    head = "".join(f'<th scope="col">{escape(pen.say(f"peers.{name}"))}</th>' for name in MEASURES)
    rows = "".join(_row(pen, one, place == 0) for place, one in enumerate(found.peers))
    return (f'<div class="g-card g-scroll"><table class="g-table"><thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table>'
            f'{cards.help_text(pen, "how.peers")}</div>')


def _row(pen: Pen, one: Peer, ours: bool) -> str:
    us = f' <span class="g-chip line">{escape(pen.say("peers.us"))}</span>' if ours else ""
    doubt = pen.say("peers.unsure", share=pen.percent(one.unsure / one.scored)) if one.scored >= LEAST else ""
    cells = "".join(f'<td>{_cell(pen, name, getattr(one, name))}</td>' for name in MEASURES)
    return (f'<tr><th scope="row">{cards.isolate(one.brand)}{us}<br><span class="g-small g-soft">{escape(pen.say("peers.mentions", n=one.mentions))}'
            f'{escape(pen.say("dot") + doubt) if doubt else ""}</span></th>{cells}</tr>')


def _cell(pen: Pen, name: str, found: Figure | None) -> str:
    if found is None:
        return f'<span class="g-soft">{escape(pen.say("peers.unknown"))}</span>'
    between = pen.say("story.between", low=written(pen, name, found.low), high=written(pen, name, found.high))
    return f'<b>{escape(written(pen, name, found.value))}</b><br><span class="g-small g-soft">{escape(between)}</span>'


def market_dots(pen: Pen, standings: Sequence[Standing]) -> list[Dot]:
    found = []
    for one in standings:
        for place, (brand, count, total, share) in enumerate(one.brands):
            if share is not None:
                words = pen.say("peers.about", aspect=aspect(pen, one.aspect), brand=f"\u2068{brand}\u2069", n=count, of=total,
                                share=pen.say("comma") + figure(pen, "voice", share))
                found.append(Dot(aspect(pen, one.aspect), brand, place == 0, share.value, share.low, share.high, words))
    return found


def verdict(pen: Pen, view: PeersView) -> str:
    """Return how much is said of us, whose storms lie in the span, and how much is complaint, beside all peers together; before any subject."""
    found = view.found
    us, them = found.peers[0], found.others
    if them is None or us.voice is None:
        return ""
    said = [pen.say("peers.say.voice", n=us.mentions, of=us.mentions + them.mentions, share=figure(pen, "voice", us.voice))]
    said += [_storms(pen, brand, some, brand == us.brand) for brand, some in view.storms]
    if us.rate is not None and them.rate is not None:
        way = ("same", "us", "less")[found.rate_sign]
        said.append(pen.say(f"peers.say.rate.{way}", ours=figure(pen, "rate", us.rate), theirs=figure(pen, "rate", them.rate)))
    return "".join(f'<p style="margin:.2rem 0">{escape(one)}</p>' for one in said)


def _storms(pen: Pen, brand: str, some: Sequence[Alert], ours: bool) -> str:
    last = some[0]
    when = pen.when(last.starts_at)
    until = pen.say("peers.storm.until", when=pen.when(last.resolved_at)) if last.resolved_at is not None else pen.say("peers.storm.open")
    return pen.say("peers.storm.us" if ours else "peers.storm.them", brand=f"\u2068{brand}\u2069", n=len(some), when=when, until=until)


def market(pen: Pen, view: PeersView) -> str:
    """Return in which subjects we stand out of the market, in one sentence for each way; the figures below it.

    That we are like the market is said only where nothing else says otherwise.
    """
    standings = view.standings
    ways: dict[str, list[str]] = {"us": [], "less": [], "same": [], "few": []}
    rows = []
    for one in standings:
        enough = all(share is not None for _, _, _, share in one.brands[:1]) and any(share is not None for _, _, _, share in one.brands[1:])
        ways["few" if not enough else "us" if one.z >= REAL else "less" if one.z <= -REAL else "same"].append(aspect(pen, one.aspect))
        brand, count, total, share = one.brands[0]
        words = pen.say("peers.about", aspect=aspect(pen, one.aspect), brand=f"\u2068{brand}\u2069", n=count, of=total, share=pen.say("comma") + figure(pen, "voice", share) if share else "")
        rows.append(f'<li class="g-small g-soft">{escape(words)}</li>')
    told = [(_way(way, view), names) for way, names in ways.items() if names]
    said = [pen.say(f"peers.market.{way}.all", what=_listed(pen, names)) if len(names) == len(standings) else pen.say(f"peers.market.{way}", what=_listed(pen, names))
            for way, names in told]
    known = pen.say("comma").join(pen.say("peers.recognised.of", brand=f"\u2068{brand}\u2069", n=some, of=of,
                                          share=pen.say("peers.recognised.share", share=pen.percent(some / of)) if of >= LEAST else "") for brand, some, of in view.recognised)
    return (f'<section class="g-card">{"".join(f"<p><b>{escape(one)}</b></p>" for one in said)}<p class="g-small g-soft">{escape(pen.say("peers.recognised", known=known))}</p><ul class="g-list">{"".join(rows)}</ul>{cards.help_text(pen, "how.market")}</section>')


def _way(way: str, view: PeersView) -> str:
    """Return the way as it is told: that shares are alike is no "like the market" where anything else speaks against it."""
    return "shares" if way == "same" and not view.alike else way


def _listed(pen: Pen, names: Sequence[str]) -> str:
    quoted = [pen.say("quoted", text=name) for name in names]  # some of them have an "and" of their own
    return pen.say("and").join([pen.say("comma").join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else "".join(quoted)


def basis(pen: Pen, view: PeersView) -> str:
    """Return on what the comparison stands, in a line."""
    hours = max((one.hours for one in view.found.places if one.counts), default=0)
    words = pen.say("peers.basis", some=view.found.places_compared, all=len(view.found.places), hours=hours, days=max(1, round(view.found.hours / 24)))
    if view.late is not None:
        words += " " + pen.say("peers.late", when=pen.when(view.since), brand=f"\u2068{view.late}\u2069")
    return f'<p class="g-soft g-small">{escape(words)}</p>'


def places(pen: Pen, found: Sequence[Compared]) -> str:
    """Return every place with whether and why it is compared."""
    rows = []
    for one in found:
        kind = pen.known(f"kind.{one.kind}", one.kind)
        name = pen.say("peers.kind", kind=kind) if one.name.startswith("kind:") else one.name
        why = pen.say(f"peers.why.{one.why.value}", lacks=pen.say("comma").join(f"\u2068{name}\u2069" for name in one.lacks)) if one.why is Why.ONLY else pen.say(f"peers.why.{one.why.value}")
        mark = f'<i class="g-dot {"good" if one.counts else "ring g-soft"}" aria-hidden="true"></i>'
        hours = pen.say("peers.hours", hours=one.hours, of=one.of) if one.why is not Why.ONLY else ""
        rows.append(f'<div class="g-row">{mark}<b>{cards.isolate(name)}</b><span class="g-small g-soft">{escape(why)}</span>'
                    f'<span class="g-small g-soft g-push">{escape(hours)}</span></div>')
    return f'<section class="g-card">{"".join(rows)}</section>'
