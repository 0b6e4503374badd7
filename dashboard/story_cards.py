"""Stories as HTML. Pure, and as careful with strangers' texts as ``cards``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape

from alerts import topics
from alerts.course import Course
from alerts.precision import wilson
from alerts.spread import HORIZON, State
from dashboard import cards
from dashboard.pen import Pen
from dashboard.story_chart import Happening
from dashboard.topic_cards import aspect
from listener.service import StormLine, StormView, StoryLine, StoryView
from listener.types import Reach, ScoredMention

LEAST = 20  # posts under which nothing is told in per cent
CLIPPED = 170  # characters of a text in a list
NAMED = 3  # subjects of a storm
OLD = timedelta(days=3)  # since its first post: a story of the list that came back


def said(pen: Pen, one: ScoredMention | None, most: int = CLIPPED) -> str:
    """Return the beginning of a text, in its own direction."""
    if one is None:
        return f'<div class="g-said g-soft">{escape(pen.say("stories.gone"))}</div>'
    text = " ".join(one.mention.full_text[:most * 4].split())
    return f'<div class="g-said" dir="auto">{cards.harmless(text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …")}</div>'


def line(pen: Pen, one: StoryLine, place: int) -> str:
    """Return a story of a list: its text, independent authors, copies, growth, reach."""
    count = one.count
    chips = [f'<span class="g-chip"><b>{escape(pen.say("stories.authors", n=count.authors) if count.authors else pen.say("stories.only_copies"))}</b></span>']
    if count.copies:
        chips.append(f'<span class="g-chip line">{escape(pen.say("stories.copies", n=count.copies))}</span>')
    if count.negative:
        chips.append(f'<span class="g-chip line negative">{escape(pen.say("stories.negative", n=count.negative, of=count.mentions))}</span>')
    if words := growth(pen, one):
        chips.append(f'<span class="g-chip line{" unsure" if one.fresh else ""}">{escape(words)}</span>')
    facts = []
    if one.first_at is not None:
        old = pen.at - one.first_at > OLD
        facts.append(pen.say("stories.first" if not old else "stories.old" if count.late else "stories.old_still", when=pen.when(one.first_at)))
    facts.append(pen.say("stories.part", late=count.late, before=count.before) if count.late or count.before else pen.say("stories.silent"))
    if one.reach is not None:
        facts.append(pen.say("stories.reach", reach=pen.reach(one.reach)))
    return (f'<article class="g-card"><div class="g-row" style="align-items:baseline;flex-wrap:nowrap"><span class="g-rank" aria-hidden="true">{pen.number(place)}</span>'
            f'<b style="flex:1 1 auto">{said(pen, one.head)}</b></div>'
            f'<div class="g-row">{"".join(chips)}</div><div class="g-small g-soft">{escape(pen.say("dot").join(facts))}</div></article>')


def storm(pen: Pen, one: StormLine) -> str:
    """Return a storm in a card: what it is joined by, how large it is, and the first post of it."""
    size = pen.say("dot").join((pen.say("storm.stories", n=one.stories), pen.say("storm.single", n=one.single), pen.say("stories.authors", n=one.authors)))
    facts = [pen.say("storm.first", when=pen.when(one.head.mention.published_at if one.head else one.since))]
    if one.reach is not None:
        facts.append(pen.say("stories.reach", reach=pen.reach(one.reach)))
    if one.left:
        facts.append(pen.say("storm.left", n=one.left))
    return (f'<article class="g-card g-alert {one.alert.severity.value}"><div class="g-row" style="align-items:baseline"><span class="g-head">{escape(pen.say("storm.title"))}</span>'
            f'<span class="g-chip"><b>{escape(size)}</b></span></div><div class="g-small">{escape(joined(pen, one))}</div>'
            f'<b>{said(pen, one.head)}</b><div class="g-small g-soft">{escape(pen.say("dot").join(facts))}</div></article>')


def joined(pen: Pen, one: StormLine) -> str:
    """Return by what the stories of a storm are joined: what surely more complain about than in the days before."""
    aspects = [aspect(pen, subject.name) for subject, _ in one.subjects if subject.kind == "aspect"][:NAMED]
    phrases = [f'«⁨{title}⁩»' for _, topic in one.subjects if topic is not None and (title := topics.title(topic, pen.language)[:CLIPPED // 2])][:1 if aspects else NAMED]
    return pen.say("storm.joined", what=pen.say("comma").join([*aspects, *phrases]) or pen.say("emerging.unnamed"))


def parts(pen: Pen, view: StormView) -> str:
    """Return the stories of a storm with their first posts, most independent authors first."""
    rows = []
    for part, head in view.parts:
        size = pen.say("stories.authors", n=part.authors) if part.authors else pen.say("stories.only_copies")
        rows.append(f'<li style="margin-bottom:.5rem"><div>{said(pen, head, 110)}</div><div class="g-small g-soft">{escape(pen.say("dot").join((size, pen.say("peers.mentions", n=len(part.mentions)))))}'
                    f'{escape(pen.say("dot"))}{cards.time(pen, part.mentions[0].trace.published_at)}</div></li>')
    return f'<section class="g-card"><ul class="g-list">{"".join(rows)}</ul>{cards.help_text(pen, "how.storm")}</section>'


def growth(pen: Pen, one: StoryLine) -> str:
    """Return how a story grows in a few words; nothing where that is unknown."""
    if one.spread is None:
        return ""
    if one.spread.state is State.ENDED:
        return pen.say("story.over")
    words = pen.say(f"spread.{one.spread.state.value}") if one.spread.growth else ""
    return words + (f" · {turn}" if words and (turn := _turn(pen, one.spread.doubling, one.spread.halving)) else "")


def _turn(pen: Pen, doubling: timedelta | None, halving: timedelta | None) -> str:
    return pen.say("story.doubles", span=pen.pace(doubling)) if doubling else pen.say("story.halves", span=pen.pace(halving)) if halving else ""


def tiles(pen: Pen, told: Course, *, tone: bool = True) -> str:
    """Return the figures of a story: who, how many saw it, whether it grows, and with ``tone`` what it says."""
    return cards.tiles(_authors(pen, told), _reach(pen, told.reach), _growth(pen, told), *([_tone(pen, told)] if tone else []))


def _authors(pen: Pen, told: Course) -> str:
    return cards.tile(pen, pen.say("story.authors"), pen.number(told.authors), extra=pen.say("story.accounts", n=told.accounts),
                      against=pen.say("story.copies_of", copies=told.copies, of=told.mentions, sources=told.sources), how="how.story_authors")


def _reach(pen: Pen, reach: Reach | None) -> str:
    if reach is None:
        return cards.tile(pen, pen.say("story.reach"), "–", how="how.story_reach", method="–")
    return cards.tile(pen, pen.say("story.reach"), pen.say("people", n=pen.about(reach.mid)), extra=pen.say("reach.between", low=pen.about(reach.low), high=pen.about(reach.high)),
                      how="how.story_reach", method=pen.method(reach.method))


def _growth(pen: Pen, told: Course) -> str:
    found = told.spread
    extra = against = ""
    if turn := _turn(pen, found.doubling, found.halving):
        figures = found.figures()
        extra = f'{turn} ({pen.say("story.between", low=pen.pace(timedelta(seconds=figures["turn_low"])), high=pen.pace(timedelta(seconds=figures["turn_high"])))})'
    if found.state is State.ENDED:
        against = pen.say("story.ended", when=pen.when(told.last_at))
    elif found.forecast is not None:
        against = pen.say("story.ahead", hours=round(HORIZON / timedelta(hours=1)), low=pen.about(found.forecast.low), high=pen.about(found.forecast.high))
    else:
        against = pen.say("story.no_forecast")
    return cards.tile(pen, pen.say("story.growth"), pen.say("story.over" if found.state is State.ENDED else f"spread.{found.state.value}"), extra=extra, against=against, how="how.story_growth",
                      tone="negative" if found.doubling else "")


def _tone(pen: Pen, told: Course) -> str:
    if told.scored >= LEAST:
        low, high = wilson(told.negative, told.scored)
        value = pen.percent(told.negative / told.scored)
        extra = pen.say("story.between", low=pen.percent(low), high=pen.percent(high)) + " " + pen.say("story.tone_of", n=told.scored)
        doubt = pen.say("story.unsure", share=pen.percent(told.unsure / told.scored))
    else:
        value, extra = pen.number(told.negative), pen.say("story.tone_of", n=told.scored)
        doubt = pen.say("story.unsure_count", n=told.unsure)
    return cards.tile(pen, pen.say("story.tone"), value, extra=extra, against=doubt, how="how.story_tone")


def happenings(pen: Pen, view: StoryView) -> list[Happening]:
    """Return what happened in a story, in order of time: first post, arrivals on platforms, the largest accounts, alerts."""
    told = view.course
    first = told.first.trace
    found = [Happening(first.published_at, "first", pen.say("story.first") + pen.say("dot") + pen.known(f"kind.{first.key.kind}", first.key.kind))]
    found += [Happening(one.at, "jump", pen.say("story.jump", kind=pen.known(f"kind.{one.kind}", one.kind))) for one in told.jumps[1:]]
    found += [Happening(one.at, "voice", pen.say("story.voice") + pen.say("dot") + pen.say("story.audience", n=pen.about(one.audience)))
              for one, _ in view.voices[:3] if one.key != first.key]
    found += [Happening(one.fired_at, "alert", cards.headline(pen, one)) for one in view.alerts[:3]]
    return sorted(found, key=lambda one: one.at)


def course(pen: Pen, found: Sequence[Happening]) -> str:
    """Return what happened as a numbered list: the same numbers stand in the chart."""
    rows = "".join(f'<li value="{number}"><span class="g-rank" aria-hidden="true">{pen.number(number)}</span>{cards.time(pen, one.at)} · {escape(one.words)}</li>'
                   for number, one in enumerate(found, 1))
    return f'<ol class="g-course">{rows}</ol>'


def voices(pen: Pen, view: StoryView) -> str:
    """Return the largest accounts: whom each may have reached, and what went on before and after it spoke."""
    rows = []
    for one, post in view.voices:
        author = post.mention.author
        name = (author.name or author.id) if author else post.mention.outlet or pen.known(f"kind.{one.key.kind}", one.key.kind)
        link = cards.link(post.mention.url, pen.say("open_original"))
        rows.append(f'<div class="g-row"><b>{cards.isolate(name[:80])}</b><span class="g-chip">{escape(pen.known(f"kind.{one.key.kind}", one.key.kind))}</span>'
                    f'<span class="g-small">{escape(pen.say("story.audience", n=pen.about(one.audience)))}</span>'
                    f'<span class="g-small g-soft g-push">{cards.time(pen, one.at)}</span></div>'
                    f'<div class="g-small g-soft" style="margin-bottom:.5rem">{escape(pen.say("story.around", before=one.before, after=one.after))} {link}</div>')
    return f'<section class="g-card">{"".join(rows)}</section>'


def reshared(pen: Pen, view: StoryView) -> str:
    rows = [f'<div class="g-row"><span class="g-chip">{escape(pen.say("story.times", n=count))}</span><span class="g-small" style="flex:1 1 12rem">{said(pen, post, 110)}</span></div>'
            for count, post in view.reshared]
    return f'<section class="g-card">{"".join(rows)}</section>'


def jumps(pen: Pen, view: StoryView) -> str:
    """Return the platforms in the order in which the story came to them, with what became of it there."""
    most = max(one.mentions for one, _ in view.jumps)
    rows = []
    for one, post in view.jumps:
        link = cards.link(post.mention.url, pen.say("open_original")) if post else ""
        cells = f'<i class="positive" style="flex:{one.mentions} 1 0"></i><i style="flex:{most - one.mentions} 1 0;background:none;min-width:0"></i>'
        rows.append(f'<div style="margin:.1rem 0 .5rem"><div class="g-row"><b>{escape(pen.known(f"kind.{one.kind}", one.kind))}</b>'
                    f'<span class="g-small">{cards.time(pen, one.at)}</span>'
                    f'<span class="g-small g-soft g-push">{escape(pen.say("story.posts", n=one.mentions, accounts=one.accounts))} {link}</span></div>'
                    f'<span class="g-bar" style="max-width:none" aria-hidden="true">{cells}</span></div>')
    return f'<section class="g-card">{"".join(rows)}</section>'


def legend(pen: Pen) -> str:
    return (f'<div class="g-legend"><span><b class="own"></b>{escape(pen.say("legend.own"))}</span><span><b class="copies"></b>{escape(pen.say("legend.copies"))}</span>'
            f'<span><b class="doubt"></b>{escape(pen.say("legend.unsure"))}</span><span><b class="lost"></b>{escape(pen.say("legend.lost"))}</span></div>')
