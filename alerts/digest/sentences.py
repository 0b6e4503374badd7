"""The three sentences: the largest changes that are none of chance, then what stands. Pure.

What may be said is weighed alike, by its standardised change (``weigh``). The largest go first; of posts and complaints, which
rise together, only one; of topics two. Equal ones keep the order in which they are listed here. Where fewer than three figures changed, the
rest says how things stand: nothing is called a change to fill a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from alerts.digest.figures import Figures
from alerts.digest.links import Links
from alerts.digest.nouns import Facts, Line, Subject
from alerts.digest.weigh import LEAST, OBSERVED, REAL, Contrast, alike, apart, contrast, dispersion, share_of, shares
from alerts.wording.text import clip, isolate

SENTENCES = 3
NAME = 60  # characters of a brand or topic
OF_TOPICS = 2


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that changed: how much, in standard deviations, and the sentence."""

    family: str
    z: float
    line: Line


def comparable(facts: Facts) -> bool:
    """Return whether counts of posts of this span and the one before may be compared."""
    return facts.before is not None and alike(facts.now.seen, facts.before.seen)


def burstiness(facts: Facts, what: str) -> float:
    """Return the usual dispersion of days, of "mentions" or "negative": the median of the spans before, so that neither this
    span's storm nor an earlier one hides a change. Days that were hardly seen are none.
    """
    spans = facts.past or ((facts.before.days,) if facts.before else ())
    found = [dispersion([getattr(day, what) for day in days if day.seen >= OBSERVED]) for days in spans]
    return median(found) if found else 1.0


def changes(facts: Facts, figures: Figures, links: Links) -> list[Claim]:
    """Return what changed beyond chance, the largest first."""
    found = [*_tone(facts, figures, links), *_voice(facts, figures, links)]
    if comparable(facts) and facts.before is not None:
        found += _counts(facts, figures, links)
        found += _topics(facts, figures, links)
    return sorted((one for one in found if abs(one.z) >= REAL), key=lambda one: -round(abs(one.z), 6))


def chosen(claims: list[Claim]) -> list[Claim]:
    """Return at most three of them, with few of a kind."""
    taken: list[Claim] = []
    for one in claims:
        same = sum(other.family == one.family for other in taken)
        if len(taken) < SENTENCES and same < (OF_TOPICS if one.family == "topic" else 1):
            taken.append(one)
    return sorted(taken, key=lambda one: one.family == "topic")  # what changed, then why


def three(facts: Facts, figures: Figures, links: Links) -> tuple[Line, ...]:
    """Return the sentences of a digest."""
    claims = changes(facts, figures, links)
    lines = [one.line for one in chosen(claims)]
    for more in _standing(facts, figures, links, claims):
        if len(lines) >= SENTENCES:
            break
        lines.append(more)
    return tuple(lines)


def sentence(figures: Figures, key: str, found: Contrast, **values: object) -> str:
    """Return the sentence of a count that changed: in per cent with its interval, or in counts where there are too few."""
    way = "more" if found.now > found.before else "fewer"
    if found.percent is None or found.interval is None:
        return figures.say(f"{key}.{way}.few", now=found.now, before=found.before, **values)
    low, high = sorted(abs(bound) for bound in found.interval)
    percent = figures.say(f"by.{way}", n=figures.percent(abs(found.percent)), low=figures.percent(low), high=figures.percent(high))
    return figures.say(f"{key}.{way}", now=found.now, before=found.before, by=percent, **values)


def span_words(figures: Figures, facts: Facts) -> dict[str, str]:
    return {"this": figures.say(f"this.{facts.period.every}"), "last": figures.say(f"last.{facts.period.every}")}


def topic_name(subject: Subject, figures: Figures) -> str:
    if subject.aspect:
        key = f"aspect.{subject.id}"
        return figures.say(key) if figures.known(key) else isolate(clip(subject.id, NAME))
    said = subject.phrases.get(figures.language) or next((some for _, some in sorted(subject.phrases.items()) if some), ())
    named = figures.say("comma").join(said)
    return isolate(clip(named, NAME)) if named else figures.say("unnamed")


def _tone(facts: Facts, figures: Figures, links: Links) -> list[Claim]:
    now, before = facts.now.share, facts.before.share if facts.before else None
    if now is None or before is None or now.corrected != before.corrected:
        return []
    z = apart((now.value, now.low, now.high), (before.value, before.low, before.high))
    text = figures.say("tone.more" if z > 0 else "tone.fewer", now=figures.share(now.value, now.low, now.high),
                       before=figures.share(before.value, before.low, before.high), **span_words(figures, facts))
    return [Claim("tone", z, Line(text, links.posts("negative")))]


def _voice(facts: Facts, figures: Figures, links: Links) -> list[Claim]:
    if len(facts.voices) < 2 or any(one.before is None for one in facts.voices):
        return []
    own = facts.voices[0]
    now, before = (own.now, sum(one.now for one in facts.voices)), (own.before or 0, sum(one.before or 0 for one in facts.voices))
    shown = [share_of(*now), share_of(*before)]
    if shown[0] is None or shown[1] is None:
        return []
    z = shares(now, before) / burstiness(facts, "mentions") ** 0.5
    text = figures.say("voice.more" if z > 0 else "voice.fewer", brand=isolate(clip(facts.brand, NAME)), now=figures.share(*shown[0]),
                       before=figures.share(*shown[1]), **span_words(figures, facts))
    return [Claim("voice", z, Line(text, links.posts()))]


def _counts(facts: Facts, figures: Figures, links: Links) -> list[Claim]:
    assert facts.before is not None
    found = []
    for key, label in (("negative", "negative"), ("mentions", None)):
        change = contrast(getattr(facts.now, key), getattr(facts.before, key), burstiness(facts, key))
        if change.real:
            text = sentence(figures, f"count.{key}", change, brand=isolate(clip(facts.brand, NAME)), **span_words(figures, facts))
            found.append(Claim("count", change.z, Line(text, links.posts(label))))
    return found


def _topics(facts: Facts, figures: Figures, links: Links) -> list[Claim]:
    found, bursts = [], burstiness(facts, "negative")
    for one in facts.subjects:
        if one.before is None:
            continue
        change = contrast(one.now, one.before, bursts)
        if change.real:
            key = "topic.new" if not one.before else "topic"
            values = {"topic": topic_name(one, figures), **span_words(figures, facts)}
            text = figures.say(key, now=one.now, **values) if not one.before else sentence(figures, key, change, **values)
            found.append(Claim("topic", change.z, Line(text, links.topic(one.id) if not one.aspect else links.causes())))
    return found


def _standing(facts: Facts, figures: Figures, links: Links, claims: list[Claim]) -> list[Line]:
    """Return how things stand, what matters most first."""
    words, lines = span_words(figures, facts), []
    now = facts.now
    if facts.before is None:
        lines.append(Line(figures.say("stand.first", n=now.mentions, authors=figures.count(now.authors), **words), links.posts()))
    elif not comparable(facts):
        lines.append(Line(figures.say("stand.blind", seen=figures.percent(now.seen), before=figures.percent(facts.before.seen), **words),
                          links.sources()))
    elif not claims:
        lines.append(Line(figures.say("stand.calm", n=now.mentions, before=facts.before.mentions, **words), links.posts()))
    if now.share is not None and not any(one.family == "tone" for one in claims):
        lines.append(Line(figures.say("stand.share", share=figures.share(now.share.value, now.share.low, now.share.high), n=now.scored),
                          links.posts("negative")))
    elif now.share is None:
        lines.append(Line(figures.say("stand.few" if now.negative else "stand.none", n=now.negative, of=figures.count(now.scored), **words),
                          links.posts("negative")))
    told = [one for one in facts.subjects if one.now]
    if told and not any(one.family == "topic" for one in claims):
        lines.append(Line(figures.say("stand.topic", n=told[0].now, topic=topic_name(told[0], figures), **words), links.causes()))
    waiting = [one for one in facts.alerts if one.verdict is None]
    if facts.alerts:
        lines.append(Line(figures.say("stand.judge", n=len(waiting)) if waiting else figures.say("stand.alerts", n=len(facts.alerts), **words),
                          links.alerts()))
    if claims:
        lines.append(Line(figures.say("stand.else", **words), links.posts()))
    elif now.mentions >= LEAST and not told:
        lines.append(Line(figures.say("stand.no_topic", **words), links.causes()))
    return lines
