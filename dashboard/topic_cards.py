"""Why people complain, as HTML. Pure, and as careful with strangers' texts as ``cards``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from html import escape
from math import isinf
from types import MappingProxyType

from alerts import topics
from alerts.causes import LEAST, Cause, Causes, Change, Place
from alerts.wording import clip
from dashboard import cards
from dashboard.pen import Pen
from listener.service import TopicView
from listener.text import printable
from listener.types import KeptTopic, Topic

PLACES = 6  # sources and languages of one cause
NAMED = 120  # characters of a topic's name
QUOTED = 280  # characters of a typical post
DAY = timedelta(days=1)
WIDEST = 100  # of a ratio's upper bound that is still told


Names = Mapping[str, Mapping[str, str]]
"""What the configuration calls its aspects, by language."""


def aspect(pen: Pen, name: str, names: Names = MappingProxyType({})) -> str:
    """Return what an aspect is called; those of the configuration are called what it calls them."""
    return names.get(name, {}).get(pen.language) or pen.known(f"aspect.{name}", name.replace("_", " "))


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


def pareto(pen: Pen, found: Causes, names: Names) -> str:
    """Return aspects as bars, most frequent first, with what each share is and what all so far come to."""
    most = max((one.change.now for one in found.causes), default=0)
    rows = [_bar(pen, one, most, names) for one in found.causes if one.change.now]
    if found.unnamed:
        rows.append(f'<p class="g-small g-soft" style="margin:.4rem 0 0">{escape(pen.say("causes.unnamed", n=found.unnamed))}</p>')
    return (f'<section class="g-card">{"".join(rows)}{cards.help_text(pen, "how.causes", least=LEAST)}</section>')


def _bar(pen: Pen, one: Cause, most: int, names: Names) -> str:
    words = [pen.say("causes.count", n=one.change.now)]
    if one.share is not None:
        share, low, high = one.share
        words.append(pen.say("causes.share", share=pen.percent(share), low=pen.percent(low), high=pen.percent(high)))
    if one.reaches is not None:
        words.append(pen.say("causes.reaches", share=pen.percent(one.reaches)))
    cells = (f'<i class="negative" style="flex:{one.change.now} 1 0"></i>'
             f'<i style="flex:{max(most - one.change.now, 0)} 1 0;background:none;min-width:0"></i>')
    return (f'<div style="margin:.1rem 0 .5rem"><div class="g-row"><b>{cards.isolate(aspect(pen, one.aspect, names))}</b>'
            f'<span class="g-small g-soft g-push g-below">{escape(pen.say("dot").join(words))}</span></div>'
            f'<span class="g-bar" style="max-width:none;height:.7rem" aria-hidden="true">{cells}</span></div>')


def cause(pen: Pen, one: Cause, names: Names) -> str:
    """Return one aspect: in which sources and languages it is told, week by week, and how each changed."""
    ago = [pen.say("causes.ago", n=back) for back in range(len(one.weeks) - 1, 1, -1)]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in (*ago, pen.say("causes.last"), pen.say("causes.this")))
    rows = [_row(pen, cards.isolate(aspect(pen, one.aspect, names)), one.change, one.weeks)] if len(one.places) > 1 else []
    rows += [_row(pen, _place(pen, place), place.change, place.weeks) for place in one.places[:PLACES]]
    rest = one.places[PLACES:]
    more = f'<p class="g-small g-soft">{escape(pen.say("causes.elsewhere", n=sum(place.change.now for place in rest)))}</p>' if rest else ""
    return f'<section class="g-card g-scroll"><table class="g-table"><thead><tr><th></th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>{more}</section>'


def _row(pen: Pen, name: str, found: Change, weeks: Sequence[int]) -> str:
    cells = "".join(f"<td>{escape(pen.number(n))}</td>" for n in weeks[:-1]) + f"<td><b>{escape(pen.number(weeks[-1]))}</b></td>"
    return f'<tr><th scope="row">{name}<br><span class="g-small g-soft">{escape(change(pen, found))}</span></th>{cells}</tr>'


def _place(pen: Pen, one: Place) -> str:
    return f'{cards.isolate(printable(one.source)[:60])}{escape(pen.say("dot"))}{escape(_tongue(pen, one.language))}'


def _tongue(pen: Pen, language: str) -> str:
    return pen.known(f"causes.tongue.{language}", language or "–")


def emerging(pen: Pen, view: TopicView, *, opened: bool = False) -> str:
    """Return one topic: its name and how it goes, day by day, in which languages, what it was split from, and typical posts, unfolded where ``opened``."""
    one = view.topic
    head = (f'<div class="g-row"><b>{cards.isolate(_name(pen, one))}</b><span class="g-chip line {_TONES.get(one.state, "")}">'
            f'{escape(pen.known(f"emerging.{one.state}", one.state))}</span>'
            f'<span class="g-small g-soft g-push">{escape(_count(pen, one))}</span></div>')
    facts = [pen.say("dot").join(course(pen, one)), pen.say("emerging.since", when=pen.day(one.first_at))]
    tongues = sorted(one.languages.items(), key=lambda told: (-told[1], told[0]))
    if parts := pen.say("comma").join(pen.say("causes.part", name=_tongue(pen, name), n=n) for name, n in tongues):
        facts.append(pen.say("causes.by_language", parts=parts))
    if view.split_from is not None:
        facts.append(pen.say("emerging.split", topic=_quoted(pen, view.split_from)))
    if view.merged:
        facts.append(pen.say("emerging.merged", topics=pen.say("comma").join(_quoted(pen, other) for other in view.merged)))
    told = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
    return (f'<section class="g-card">{head}<div class="g-topic">{days(pen, one.days)}<ul class="g-list g-small">{told}</ul></div>'
            f'{_posts(pen, view, opened)}</section>')


_TONES = {"growing": "negative", "fading": "g-soft"}


def _name(pen: Pen, one: Topic | KeptTopic) -> str:
    return (topics.title(one, pen.language) or pen.say("emerging.unnamed"))[:NAMED]


def _quoted(pen: Pen, one: KeptTopic) -> str:
    return pen.say("emerging.named", topic=f"\u2068{printable(_name(pen, one))}\u2069")


def _count(pen: Pen, one: Topic) -> str:
    key = "emerging.count.one_author" if one.authors == 1 else "emerging.count"
    return pen.say(key, n=one.count, authors=one.authors)


def course(pen: Pen, one: Topic) -> list[str]:
    """Return how the last day compares with a usual one, in the words that ``goosh topics`` has too."""
    return topics.course_words(one, pen.language)


def days(pen: Pen, counts: Sequence[int]) -> str:
    """Return complaints of each of the last days as small bars, and in words for who cannot see them."""
    most = max((*counts, 1))
    told = [pen.day(pen.at - (len(counts) - 1 - back) * DAY) for back in range(len(counts))]
    bars = "".join(f'<i title="{escape(day)}: {escape(pen.number(n))}" style="height:{max(100 * n / most, 4 if n else 0):.0f}%"></i>'
                   for day, n in zip(told, counts, strict=True))
    ends = "".join(f'<span dir="{pen.direction}">{escape(day)}</span>' for day in (told[0], told[-1])) if told else ""
    words = pen.say("emerging.days", counts=pen.say("comma").join(pen.number(n) for n in counts))
    return f'<figure class="g-days" role="img" aria-label="{escape(words)}"><div>{bars}</div><figcaption>{ends}</figcaption></figure>'


def _posts(pen: Pen, view: TopicView, opened: bool) -> str:
    if not view.posts:
        return ""
    said = []
    for one in view.posts:
        what = one.mention
        line = " ".join(part for part in (escape(pen.known(f"kind.{what.kind}", what.kind)), cards.time(pen, what.published_at),
                                          cards.link(what.url, pen.say("open_original"))) if part)
        said.append(f'<blockquote dir="auto">{cards.harmless(clip(what.full_text, QUOTED))}</blockquote><p class="g-small g-soft">{line}</p>')
    return f'<details class="g-posts"{" open" if opened else ""}><summary>{escape(pen.say("emerging.posts", n=len(said)))}</summary>{"".join(said)}</details>'
