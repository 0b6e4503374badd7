"""The three sentences: the largest changes that are none of chance, then what stands. Pure.

What may be said is weighed alike, by its standardised change (``weigh``). The largest go first; of posts and complaints, which
rise together, only one; of topics two. Equal ones keep the order in which they are listed here. Where fewer than three figures changed, the
rest says how things stand: nothing is called a change to fill a line. What could not be compared comes last.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from alerts.digest.figures import NAME, Figures
from alerts.digest.links import Links
from alerts.digest.nouns import Facts, Line, Subject, Tally
from alerts.digest.weigh import OBSERVED, REAL, Contrast, alike, apart, contrast, dispersion, share_of, shares
from alerts.wording.text import clip, isolate

SENTENCES = 3
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
    elif facts.before is not None:
        found += _parts(facts, facts.before, figures, links)
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
    taken = chosen(claims)
    lines = [*(one.line for one in taken), *_standing(facts, figures, links, claims, whole=len(taken) == len(claims))]
    if facts.before is not None and not comparable(facts):  # last, so that no week begins with what it does not say
        blind = Line(figures.say("stand.imported" if facts.from_files else "stand.blind", seen=figures.percent(facts.now.seen), before=figures.percent(facts.before.seen),
                                 **span_words(figures, facts)), links.sources())
        lines = [*lines[:max(len(taken), SENTENCES - 1)], blind]
    return tuple(lines[:SENTENCES])


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


def topic_name(subject: Subject, facts: Facts, figures: Figures) -> str:
    if subject.aspect:
        return figures.aspect(subject.id, facts.names)
    said = subject.phrases.get(figures.language) or next((some for _, some in sorted(subject.phrases.items()) if some), ())
    named = figures.say("comma").join(said)
    return isolate(clip(named, NAME)) if named else figures.say("unnamed")


def _tone(facts: Facts, figures: Figures, links: Links) -> list[Claim]:
    now, before = facts.now.share, facts.before.share if facts.before else None
    if now is None or before is None or now.corrected != before.corrected:
        return []
    z = apart((now.value, now.low, now.high), (before.value, before.low, before.high))
    assert facts.before is not None
    values = {"now": figures.negative(facts.now), "before": figures.negative(facts.before), **span_words(figures, facts)}
    if now.corrected:
        values |= {"counted": figures.counted(facts.now), "counted_before": figures.counted(facts.before)}
    text = figures.say(f"tone.{'more' if z > 0 else 'fewer'}{'' if now.corrected else '.raw'}", **values)
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
    for one in facts.named:
        if one.before is None:
            continue
        change = contrast(one.now, one.before, bursts)
        if change.real:
            key = "topic.new" if not one.before else "topic"
            values = {"topic": topic_name(one, facts, figures), **span_words(figures, facts)}
            text = figures.say(key, now=one.now, **values) if not one.before else sentence(figures, key, change, **values)
            found.append(Claim("topic", change.z, Line(text, links.topic(one.id) if not one.aspect else links.causes())))
    return found


def _parts(facts: Facts, before: Tally, figures: Figures, links: Links) -> list[Claim]:
    """Return which topics made up another part of the complaints: that holds where too little was seen to compare counts."""
    found, bursts = [], burstiness(facts, "negative")
    for one in facts.named:
        shown = None if one.before is None else (share_of(one.now, facts.now.negative), share_of(one.before, before.negative))
        if one.before is None or shown is None or shown[0] is None or shown[1] is None:
            continue
        z = shares((one.now, facts.now.negative), (one.before, before.negative)) / bursts ** 0.5
        text = figures.say("topic.part.more" if z > 0 else "topic.part.fewer", topic=topic_name(one, facts, figures), now=figures.share(*shown[0]),
                           before=figures.share(*shown[1]), **span_words(figures, facts))
        found.append(Claim("topic", z, Line(text, links.causes() if one.aspect else links.topic(one.id))))
    return found


def _standing(facts: Facts, figures: Figures, links: Links, claims: list[Claim], *, whole: bool) -> list[Line]:
    """Return how things stand, what matters most first. ``whole``: every change that is real is told already."""
    words, lines = span_words(figures, facts), []
    now = facts.now
    if facts.before is None:
        lines.append(Line(figures.say("stand.first", n=now.mentions, authors=figures.count(now.authors), **words), links.posts()))
    elif not claims and comparable(facts):
        lines.append(Line(figures.say("stand.calm", n=now.mentions, before=facts.before.mentions, **words), links.posts()))
    if now.share is not None and not any(one.family == "tone" for one in claims):
        share = {"share": figures.negative(now)} | ({"counted": figures.counted(now)} if now.share.corrected else {"n": now.scored})
        lines.append(Line(figures.say("stand.share" if now.share.corrected else "stand.share.raw", **share), links.posts("negative")))
    elif now.share is None and now.negative:
        lines.append(Line(figures.say("stand.few", n=now.negative, of=figures.count(now.scored), **words), links.posts("negative")))
    elif now.share is None:
        lines.append(Line(figures.say("stand.none", **words) if now.seen >= OBSERVED or facts.from_files else
                          figures.say("stand.none.blind", seen=figures.percent(now.seen), **words), links.posts("negative")))
    told = [one for one in facts.named if one.now]
    if told and not any(one.family == "topic" for one in claims):
        lines.append(Line(figures.say("stand.topic", n=told[0].now, topic=topic_name(told[0], facts, figures), **words), links.causes()))
    waiting = [one for one in facts.alerts if one.verdict is None]
    if facts.alerts:
        lines.append(Line(figures.say("stand.judge", n=len(waiting)) if waiting else figures.say("stand.alerts", n=len(facts.alerts), **words),
                          links.alerts()))
    if claims and whole and comparable(facts):
        lines.append(Line(figures.say("stand.else", **words), links.posts()))
    elif not claims and now.negative and not told:
        lines.append(Line(figures.say("stand.no_topic", **words), links.causes()))
    return lines
