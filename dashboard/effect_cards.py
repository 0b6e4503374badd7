"""Before and after as HTML. Pure."""

from __future__ import annotations

from datetime import timedelta
from html import escape

from alerts.care.lift import LEAST, Lift, Marked
from alerts.effect import Doubt, Effect, Side
from dashboard import cards
from dashboard.pen import Pen
from listener.service import Answered, EffectView, Moment
from listener.text import printable
from listener.types import Reach

HOUR = timedelta(hours=1)
CLIPPED = 60


def moment(pen: Pen, one: Moment) -> str:
    """Return a moment in a line, as a list of choices has it."""
    when = pen.when(one.at)
    if one.kind == "campaign":
        return pen.say("effect.campaign", name=printable(one.name)[:CLIPPED], when=when)
    if one.answer is not None:
        return pen.say("effect.answer", when=when, text=f"\u2068{printable(one.answer.mention.full_text)[:CLIPPED]}\u2069")
    return pen.say("effect.alert", when=when, text=cards.headline(pen, one.alert)[:2 * CLIPPED] if one.alert else "")


def tiles(pen: Pen, view: EffectView) -> str:
    """Return the figures, whatever they prove; a verdict on them only where nothing stands against one."""
    found, sure = view.effect, view.doubt is None
    return cards.tiles(*(html for html in (_volume(pen, found, sure), _tone(pen, found, sure), _awaited(pen, view)) if html))


def doubt(pen: Pen, view: EffectView) -> str:
    """Return why no verdict is given, and what to look at instead; nothing where one is."""
    if view.doubt is None:
        return ""
    until = (view.effect.at + view.effect.span).replace(minute=0, second=0, microsecond=0) + HOUR
    words = [pen.say(f"effect.doubt.{view.doubt.value}.words", until=pen.say("day_at", day=pen.day(until), clock=pen.clock(until)))]  # with its day, though it is today: the figure is read again later
    if view.doubt is Doubt.STORM and view.awaited is not None and view.awaited.came is not None:
        words.append(pen.say("effect.doubt.storm.forecast"))
    if view.doubt is Doubt.DISAGREE:
        words += [pen.say("effect.doubt.span", span=span_of(pen, one.span), said=pen.say("comma").join(signs(pen, one))) for one in (view.effect, *view.others) if signs(pen, one)]
    named = [pen.say("effect.alert", when=pen.when(one.fired_at), text=cards.headline(pen, one)[:2 * CLIPPED]) for one in view.storms[:3]]
    return cards.banner(pen.say(f"effect.doubt.{view.doubt.value}"), " ".join([*words, *(f"{one}." for one in named)]), "g-doubt")


def span_of(pen: Pen, span: timedelta) -> str:
    return pen.known(f"effect.span.{round(span / HOUR)}h" if span < timedelta(hours=48) else f"effect.span.{span.days}d", pen.span(span))


def signs(pen: Pen, found: Effect) -> list[str]:
    """Return what surely differs between the sides, in words."""
    return [pen.say(f"effect.{name}.{'more' if sign > 0 else 'fewer'}") for name, sign in (("volume", found.volume_sign), ("tone", found.tone_sign)) if sign]


def lift(pen: Pen, found: Lift) -> str:
    """Return what a campaign moved against comparable weekdays, in place of before against after: it is the better comparison.

    While it runs there are figures and no verdict.
    """
    over = found.campaign.end <= pen.at
    compared = pen.say("effect.lift.hours", compared=found.compared, hours=found.hours)
    volume, tone = pen.say("effect.lift.volume"), pen.say("effect.lift.tone")
    if found.factor is None:
        first = cards.tile(pen, volume, pen.say("effect.unknown"), extra=compared, how="how.lift")
    else:
        value, low, high = (pen.number(one, decimals=1) if one < 9.95 else pen.about(one) for one in found.factor)
        sign = 1 if found.factor.low > 1 else -1 if found.factor.high < 1 else 0
        extra = found.extra or 0
        told = pen.say("effect.lift.extra" if extra >= 0 else "effect.lift.fewer", n=pen.about(abs(extra))) if sign else ""
        words = pen.say(("effect.chance", "effect.lift.more_sign", "effect.lift.fewer_sign")[sign]) if over else pen.say("effect.lift.running")
        first = cards.tile(pen, volume, pen.say("effect.times", factor=value), how="how.lift", against=pen.say("dot").join(one for one in (words, told) if one),
                           extra=pen.say("dot").join((pen.say("story.between", low=low, high=high), compared)))
    if found.tone is None or found.negative is None or found.usual_negative is None:
        second = cards.tile(pen, tone, pen.say("effect.unknown"), how="how.lift")
    else:
        sign = 1 if found.tone.low > 0 else -1 if found.tone.high < 0 else 0
        shares = pen.say("effect.from_to", before=pen.percent(found.usual_negative.value), after=pen.percent(found.negative.value))
        between = pen.say("story.between", low=_signed(pen, found.tone.low), high=_signed(pen, found.tone.high))
        second = cards.tile(pen, tone, pen.say("effect.points", n=_signed(pen, found.tone.value)), extra=pen.say("dot").join((shares, between)),
                            against=pen.say(("effect.chance", "effect.lift.worse", "effect.lift.better")[sign] if over else "effect.lift.running"), how="how.lift",
                            tone=("", "negative", "good")[sign] if over else "")
    return cards.tiles(first, second, *([_marked(pen, found.marked)] if found.marked is not None else []))


def _marked(pen: Pen, found: Marked) -> str:
    """Return what carried the campaign's own hashtags and links, apart from all that was said in its days."""
    tone = pen.say("effect.lift.marked_negative", share=pen.percent(found.negative / found.scored)) if found.scored >= LEAST else ""
    return cards.tile(pen, pen.say("effect.lift.marked"), pen.number(found.mentions), extra=pen.say("effect.lift.marked_by", n=found.authors), against=tone, how="how.lift")


def _volume(pen: Pen, found: Effect, sure: bool) -> str:
    name = pen.say("effect.volume")
    if found.volume is None:
        return cards.tile(pen, name, pen.say("effect.unknown"), how="how.effect_volume")
    value, low, high = (pen.number(one, decimals=1) if one < 9.95 else pen.about(one) for one in found.volume)
    sign = ("effect.chance", "effect.volume.more", "effect.volume.fewer")[found.volume_sign] if sure else "effect.unjudged"
    return cards.tile(pen, name, pen.say("effect.times", factor=value), extra=pen.say("story.between", low=low, high=high), against=pen.say(sign),
                      how="how.effect_volume", tone=("", "negative", "good")[found.volume_sign] if sure else "")


def _tone(pen: Pen, found: Effect, sure: bool) -> str:
    name = pen.say("effect.tone")
    if found.tone is None or found.before.tone is None or found.after.tone is None:
        return cards.tile(pen, name, pen.say("effect.unknown"), how="how.effect_tone")
    sign = ("effect.chance", "effect.tone.more", "effect.tone.fewer")[found.tone_sign] if sure else "effect.unjudged"
    between = pen.say("story.between", low=_signed(pen, found.tone.low), high=_signed(pen, found.tone.high))
    shares = pen.say("effect.from_to", before=pen.percent(found.before.tone.value), after=pen.percent(found.after.tone.value))
    return cards.tile(pen, name, pen.say("effect.points", n=_signed(pen, found.tone.value)), extra=f'{shares} · {between}', against=pen.say(sign),
                      how="how.effect_tone", tone=("", "negative", "good")[found.tone_sign] if sure else "")


def _signed(pen: Pen, value: float) -> str:
    points = round(value * 100)
    return f"\u2066{'+' if points > 0 else chr(0x2212) if points < 0 else ''}{pen.number(abs(points))}\u2069"


def _awaited(pen: Pen, view: EffectView) -> str:
    one = view.awaited
    if one is None:
        return ""
    came = pen.say("effect.not_over") if one.came is None else pen.number(one.came)
    against = "" if one.came is None else pen.say("effect.below" if one.came < one.low else "effect.above" if one.came > one.high else "effect.within")
    return cards.tile(pen, pen.say("effect.awaited"), came, extra=pen.say("effect.forecast", low=pen.about(one.low), mid=pen.about(one.mid), high=pen.about(one.high)),
                      against=against, how="how.effect_awaited")


def sides(pen: Pen, found: Effect) -> str:
    """Return what stands on either side, and what was not seen of it."""
    rows = [f'<dt>{escape(pen.say(f"effect.{name}"))}</dt><dd>{escape(_side(pen, side))}</dd>' for name, side in (("before", found.before), ("after", found.after))]
    gaps = sum(hour is None for _, hour, _ in found.points)
    notes = [pen.say("effect.gap", n=gaps)] if gaps else []
    if not found.over:
        notes.append(pen.say("effect.unfinished", hours=found.passed, of=found.after.hours))
    notes.append(pen.say("effect.caution"))
    return f'<div class="g-card"><dl class="g-facts">{"".join(rows)}</dl><p class="g-small g-soft" style="margin:.4rem 0 0">{escape(" ".join(notes))}</p></div>'


def _side(pen: Pen, side: Side) -> str:
    words = [pen.say("effect.side", n=side.mentions, hours=side.seen)]
    if side.usual is not None:
        words.append(pen.say("effect.usual", n=pen.about(side.usual)))
    if side.volume is not None:
        value, low, high = (pen.number(one, decimals=1) if one < 9.95 else pen.about(one) for one in side.volume)
        words.append(pen.say("effect.of_usual", factor=value, low=low, high=high))
    if side.tone is not None:
        words.append(f'{pen.say("effect.tone")} {pen.say("peers.interval", value=pen.percent(side.tone.value), low=pen.percent(side.tone.low), high=pen.percent(side.tone.high))}')
    if side.scored >= LEAST:
        words.append(pen.say("story.unsure", share=pen.percent(side.unsure / side.scored)))
    elif side.scored:
        words.append(pen.say("story.unsure_count", n=side.unsure))
    return pen.say("dot").join(words)


def legend(pen: Pen) -> str:
    return (f'<div class="g-legend"><span><b class="reach"></b>{escape(pen.say("legend.negative"))}</span><span><b class="copies"></b>{escape(pen.say("legend.posts"))}</span>'
            f'<span><b class="usual"></b>{escape(pen.say("legend.usual_week"))}</span><span><b class="lost"></b>{escape(pen.say("legend.lost"))}</span></div>')


def answered(pen: Pen, found: Answered) -> str:
    """Return how far a correction went against its claim: low, mid and high, never one number."""
    def reach(name: str, told: Reach | None) -> str:
        if told is None:
            return cards.tile(pen, pen.say(name), "–", how="how.story_reach", method="–")
        return cards.tile(pen, pen.say(name), pen.say("people", n=pen.about(told.mid)), extra=pen.say("reach.between", low=pen.about(told.low), high=pen.about(told.high)),
                          how="how.story_reach", method=pen.method(told.method))

    ratio = found.ratio
    if ratio is None:
        third = cards.tile(pen, pen.say("effect.reached"), "–", against=pen.say("effect.reached_unknown"), how="how.correction")
    else:
        low, mid, high = (pen.about(one * 100) for one in ratio)
        late = found.correction.first.trace.published_at - found.claim.first.trace.published_at
        notes = [pen.say("effect.reached_of"), pen.say("effect.both", n=found.both), *([pen.say("effect.late", span=pen.span(late))] if late > timedelta(0) else [])]
        third = cards.tile(pen, pen.say("effect.reached"), mid, extra=pen.say("story.between", low=low, high=high), against=pen.say("dot").join(notes), how="how.correction")
    return cards.tiles(reach("effect.claim", found.claim.reach), reach("effect.corrects", found.correction.reach), third)


def reach_legend(pen: Pen) -> str:
    return (f'<div class="g-legend"><span><b class="reach"></b>{escape(pen.say("legend.claim"))}</span>'
            f'<span><b class="usual" style="color:var(--positive)"></b>{escape(pen.say("legend.correction"))}</span></div>')
