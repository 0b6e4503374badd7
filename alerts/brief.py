"""What to tell the boss at half past nine: a few sentences from figures, by rules, in either language. Pure.

The largest thing of the last days where there was one (``alerts.aftermath``), what happened since, why, and what to do; each with
the page that proves it. The digest looks back on a week and weighs a dozen figures
(``alerts.digest.sentences``); this looks at one night, and weighs one: the complaints of the last 24 hours against the same hours
of the two weeks before (``weigh.contrast``, with the scatter of those days; a day with a storm is no ordinary one). What is no more than chance is not called a change.
A source that was not seen is told before anything that rests on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from statistics import median
from urllib.parse import urlencode

from alerts.aftermath import Episode
from alerts.digest.figures import Figures
from alerts.digest.weigh import Contrast, contrast, dispersion
from alerts.rules import kind_of
from alerts.wording import title
from alerts.wording.text import about_span, clip, isolate, rounded
from listener.types import Alert, Reach, Reason, Severity
from listener.words import Language, catalogue, number, say

BLIND = 0.9  # share of the last 24 hours below which it is said what was seen
LIKE = 1.3  # so many times a usual day at most is a day like others
DAYS_KNOWN = 5  # earlier days below which nothing is called usual
WIDE = 4  # independent authors from which a story is what a night is about
QUOTED = 70  # characters of a story's text
NAMED = 40


@dataclass(frozen=True, slots=True)
class Told:
    """The story of the night that most wrote about in their own words."""

    id: str
    text: str
    authors: int
    copies: int
    negative: int
    mentions: int
    reach: Reach | None = None
    doubling: timedelta | None = None
    fading: bool = False
    forecast: tuple[float, float, float] | None = None  # posts of the next six hours: low, mid, high


@dataclass(frozen=True, slots=True)
class Wave:
    """The storm of an open alert: many texts about the same (``alerts.storm``)."""

    fingerprint: str
    aspects: tuple[str, ...]  # the most told first
    authors: int
    since: datetime
    text: str  # of its first post; empty: no longer stored
    doubling: timedelta | None = None
    fading: bool = False
    forecast: tuple[float, float, float] | None = None  # posts of the next six hours: low, mid, high


@dataclass(frozen=True, slots=True)
class Happened:
    """The largest thing of the last days, with its size."""

    episode: Episode
    complaints: int  # about the brand in its span
    followers: int | None  # of the largest account in its evidence
    judged: bool  # somebody gave a verdict
    others: int = 0  # further things of these days


@dataclass(frozen=True, slots=True)
class Night:
    """What a brief is made from. Counts of the last 24 hours unless they say otherwise."""

    brand: str
    at: datetime
    seen: float  # share of the 24 hours, 0..1
    mentions: int
    negative: int
    days: tuple[int, ...]  # complaints in the same 24 hours of earlier days that were seen and had no storm, the latest first
    reach: Reach | None = None  # of the complaints
    usual_reach: float | None = None
    story: Told | None = None
    aspect: str | None = None  # what most complaints of the last seven days are about, ...
    aspect_share: tuple[float, float, float] | None = None  # ... their share with its interval, ...
    aspect_sign: int = 0  # ... and whether that is surely more (1) or less (-1) than in the seven days before
    alerts: tuple[Alert, ...] = ()  # open ones, most severe first
    answers: int = 0  # of ours
    ground: str = "heard"  # else why nothing was heard yet: new, no_source, failing, unheard
    wave: Wave | None = None
    unseen: tuple[str, ...] = field(default=())  # sources that are not well
    happened: Happened | None = None
    unlooked: int = 0  # severe alerts that ended by themselves and nobody looked at

    @property
    def change(self) -> Contrast | None:
        """Return the complaints against the median of the earlier days; None: too little history."""
        if len(self.days) < DAYS_KNOWN:
            return None
        return contrast(self.negative, round(median(self.days)), dispersion(self.days))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and the page (with parameters) that shows what it rests on."""

    text: str
    page: str
    parameters: tuple[tuple[str, str], ...] = ()


def sentences(night: Night, language: Language, zone: tzinfo) -> tuple[Sentence, ...]:
    """Return the sentences; one only where nothing was heard yet."""
    if night.ground != "heard":
        return (Sentence(say(f"brief.ground.{night.ground}", language, brand=isolate(clip(night.brand, NAMED))), "sources"),)
    words = _Words(language, Figures(language, zone))
    past = (_past(night.happened, night.at, words),) if night.happened is not None else ()
    return (*past, _what(night, words), _why(night, words), _then(night, words))


def written(night: Night, language: Language, zone: tzinfo, *, board: str | None = None) -> str:
    """Return the brief as plain text to be pasted: a heading, the sentences, and a link under each where the board's address is known."""
    figures = Figures(language, zone)
    lines = [say("brief.heading", language, brand=isolate(night.brand), when=figures.when(night.at))]
    for one in sentences(night, language, zone):
        lines.append(f"• {one.text}")
        if board is not None:
            lines.append(f"  {board}/{one.page}?{urlencode([('brand', night.brand), ('lang', language), *one.parameters])}")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Words:
    language: Language
    figures: Figures

    def say(self, key: str, **values: object) -> str:
        return say(f"brief.{key}", self.language, **values)

    def about(self, value: float) -> str:
        return number(rounded(value), self.language)

    def span(self, span: timedelta) -> str:
        return about_span(span, self.language)


def _past(found: Happened, at: datetime, words: _Words) -> Sentence:
    """Return the largest thing of the last days: its size, its loudest voice, how it ended and whether anybody looked."""
    episode, first = found.episode, found.episode.alerts[0]
    since, until = words.figures.when(episode.since), words.figures.when(episode.until) if episode.until else ""
    if episode.storm:
        size = {"n": found.complaints, "since": since, "span": words.span((episode.until or at) - episode.since)}
        said = [words.say("past.storm" if until else "past.storm.open", until=until, **size)]
    else:
        line = title(first, Reason.RESOLVED if until else Reason.FIRST, language=words.language, timezone=words.figures.zone)
        said = [words.say("past.alert" if until else "past.alert.open", since=since, until=until, title=line)]
    if found.followers is not None:
        said.append(words.say("past.voice", n=found.followers))
    if episode.storm and (harm := [one for one in episode.alerts if kind_of(one.rule) == "harm"]):
        said.append(words.say("past.harm", when=words.figures.when(harm[0].fired_at)))
    if episode.who:
        said.append(words.say("past.taken", who=words.say("and").join(isolate(clip(name, NAMED)) for name in episode.who)))
    elif not found.judged:
        said.append(words.say("past.nobody"))
    if found.others:
        said.append(words.say("past.others", n=found.others))
    return Sentence(" ".join(said), "alerts", (("alert", first.fingerprint),))


def _what(night: Night, words: _Words) -> Sentence:
    to: tuple[tuple[str, str], ...] = (("label", "negative"), ("span", "24h"))
    blind = night.seen < BLIND
    start = words.say("blind", seen=words.figures.percent(night.seen)) + " " if blind else ""
    change = night.change
    if not night.negative:
        return Sentence(start + words.say("none_seen" if blind else "none", n=night.mentions, brand=isolate(clip(night.brand, NAMED))), "mentions", (("span", "24h"),))
    values = {"n": night.negative, "brand": isolate(clip(night.brand, NAMED))}
    if blind and not (change is not None and change.real and change.now > change.before):  # few in half a day is not few
        text = words.say("partly", of=number(night.mentions, words.language), **values)
    elif change is None:
        text = words.say("count", of=number(night.mentions, words.language), **values)
    elif change.real:
        usual = number(change.before, words.language)
        text = (words.say("times", times=number(round(change.now / change.before, 1), words.language), usual=usual, **values)
                if change.before >= 10 and change.now >= 2 * change.before else words.say("more" if change.now > change.before else "fewer", usual=usual, **values))
    else:
        other = change.before <= 0 or not change.before / LIKE <= change.now <= LIKE * change.before  # not proven to differ is not usual
        text = words.say("unproven" if other else "usual", usual=number(change.before, words.language), **values)
    if night.reach is not None:
        text += " " + words.say("reach", low=words.about(night.reach.low), mid=words.about(night.reach.mid), high=words.about(night.reach.high))
    return Sentence(start + text, "mentions", to)


def _why(night: Night, words: _Words) -> Sentence:
    if night.wave is not None:
        return _storm(night.wave, night.at, words)
    told = night.story
    if told is not None and told.authors >= WIDE and 2 * told.negative >= told.mentions:
        text = words.say("story", quote=isolate(clip(told.text, QUOTED)), n=told.authors, copies=number(told.copies, words.language))
        return Sentence(text + _pace(told, words), "stories", (("story", told.id),))
    if night.aspect is not None and night.aspect_share is not None:
        return Sentence(words.say(("aspect", "aspect.more", "aspect.fewer")[night.aspect_sign], share=words.figures.share(*night.aspect_share),
                                  aspect=_called(night.aspect, words)), "topics")
    return Sentence(words.say("no_reason"), "topics")


def _storm(wave: Wave, at: datetime, words: _Words) -> Sentence:
    """Return what a storm is about, how many tell it since when, and how it began."""
    what = words.say("and").join(say("board.quoted", words.language, text=_called(one, words)) for one in wave.aspects)  # some have an "and" of their own
    text = words.say("storm" if what else "storm.plain", what=what, n=wave.authors, span=words.span(at - wave.since))
    if wave.text:
        text += " " + words.say("storm.first", quote=isolate(clip(wave.text, QUOTED)))
    return Sentence(text + _pace(wave, words), "stories", (("storm", wave.fingerprint),))


def _pace(told: Told | Wave, words: _Words) -> str:
    if told.doubling is not None:
        return " " + words.say("doubling", span=words.span(told.doubling))
    return " " + words.say("fading") if told.fading else ""


def _called(aspect: str, words: _Words) -> str:
    return say(key, words.language) if (key := f"board.aspect.{aspect}") in catalogue() else isolate(clip(aspect.replace("_", " "), NAMED))


def _then(night: Night, words: _Words) -> Sentence:
    free = [one for one in night.alerts if not one.acknowledged_by]
    urgent = [one for one in night.alerts if one.severity in (Severity.P1, Severity.P2)]
    ahead = night.wave.forecast if night.wave else night.story.forecast if night.story else None
    tail = ""
    if ahead is not None and urgent:
        tail = " " + words.say("forecast", low=words.about(ahead[0]), high=words.about(ahead[2]))
    if free:
        key = "free" if len(free) == len(night.alerts) else "some_free"
        return Sentence(words.say(key, n=len(free), of=number(len(night.alerts), words.language)) + tail, "alerts")
    if night.alerts:
        who = words.say("and").join(isolate(clip(name, NAMED)) for name in dict.fromkeys(one.acknowledged_by for one in night.alerts if one.acknowledged_by))
        return Sentence(words.say("taken", n=len(night.alerts), who=who) + " " + words.say("answers" if night.answers else "no_answer", n=night.answers) + tail, "alerts")
    if night.unlooked:
        return Sentence(words.say("unlooked", n=night.unlooked), "now")
    if night.seen < BLIND and night.unseen:
        return Sentence(words.say("mend", names=words.say("and").join(isolate(clip(name, NAMED)) for name in night.unseen[:3])), "sources")
    if night.seen < BLIND:
        return Sentence(words.say("look"), "sources")
    return Sentence(words.say("nothing"), "alerts")

