"""What the messages of all kinds of alerts share: when, who, how far, how fast, the posts, how sure, what to do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from alerts import evidence as proof
from alerts import lifecycle, reach, severity
from alerts.rules import kind_of
from alerts.wording.text import about_span, clip, counted, excerpt, isolate, rounded, span_in_words
from listener.calendar import format_date
from listener.types import Alert, Label, Precision, Reason, ScoredMention, Severity, Story, VerdictKind
from listener.words import Language, catalogue, digits, number, say

NAME = 20     # characters of a name from outside
PLACE = 16    # characters of a name among several
SOURCES = 2   # named of those not heard
CAUSE = 120   # characters of an error shown
NEARLY_ALL = 0.8  # share of complaints from which on all of them are said to be about one thing


@dataclass(frozen=True, slots=True)
class Earlier:
    """An alert of the same rule or story before this one, and how it ended."""

    fired_at: datetime
    verdict: VerdictKind | None = None
    open: bool = False             # it is not over yet: the same thing going on, and no past


@dataclass(frozen=True, slots=True)
class Context:
    """What somebody who is woken should know besides the posts."""

    story: Story | None = None
    campaign: str | None = None    # one that is running
    holiday: str | None = None     # what today is, where it is no working day
    earlier: Earlier | None = None
    joined: int = 0                # alerts that this one speaks for


def said_parts(alert: Alert, language: Language) -> dict[str, str]:
    """Return the parts of a severity in words, each by what it was found: many people are not a large voice, and none is a reach."""
    kept = alert.why.get("severity") or {}
    found = severity.parts_of(kind_of(alert.rule), alert.why)
    said = {}
    for name, now in (("harm", found.harm), ("spread", found.spread), ("trust", found.trust)):
        number = max(0, min(3, int(kept.get(name) or 0)))
        own = f"alert.parts.{name}.{found.because[name]}.{number}"
        said[name] = say(own if own in catalogue() and number == now else f"alert.parts.{name}.{number}", language)
    return said


@dataclass(frozen=True, slots=True)
class Writer:
    """One message in the making: an alert with its mentions, in one language and time zone."""

    alert: Alert
    reason: Reason
    mentions: Sequence[ScoredMention]
    language: Language
    zone: tzinfo
    sources: tuple[str, ...] = ()
    precision: tuple[int, int] | None = None
    context: Context = field(default_factory=Context)
    owner: str | None = None
    due_at: datetime | None = None
    next_owner: str | None = None
    later: bool = False            # read some time after the end, and not told of it at that moment

    # -- who

    def people(self) -> list[str]:
        authors, hidden, copies = self.figure("authors"), self.figure("hidden") or 0, self.figure("copies") or 0
        if authors is None:
            return []
        if self._told_of_end():
            authors = hidden = 0  # the size says how many people
            copies = len([one for one in self.mentions if one.mention.reshare_of])
        elif self._many():
            hidden = len([one for one in self.mentions if one.mention.author is None])
            copies = len([one for one in self.mentions if one.mention.reshare_of])
        parts = []
        if authors > hidden:
            parts.append(counted("alert.who.authors", authors - hidden, self.language))
        if hidden:
            parts.append(counted("alert.who.hidden", hidden, self.language))
        if voice := self._loudest():
            parts.append(voice)
        if copies:
            parts.append(counted("alert.who.copies", copies, self.language))
        if outlets := len({one.mention.outlet for one in self.mentions if one.mention.outlet}):
            parts.append(counted("alert.who.outlets", outlets, self.language))
        if not parts:
            return []
        listed = self.say("alert.semicolon").join(parts)
        windowed = not self._told_of_end() and self.alert.why.get("window")
        return [self.say("alert.who.window", window=self.window(), parts=listed) if windowed else self.say("alert.who", parts=listed)]

    def _told_of_end(self) -> bool:
        """Whether it is over and its posts are there: then every figure is of all of these, and of no window."""
        return self.reason is Reason.RESOLVED and bool(self.complaints())

    def writers(self) -> int:
        """Return how many people wrote it, one where nobody knows."""
        return max(1, self.figure("authors") or 1)

    def _many(self) -> bool:
        """Whether the figures are those of the last post of several: each post of a tripwire brings its own."""
        return len(self.mentions) > max(1, self.figure("mentions") or 1) and self.figure("mentions") == 1

    def _loudest(self) -> str | None:
        """Return who of the mentions has the largest audience, as published; None where nobody's is known."""
        known = [one for one in self.complaints() if one.mention.author and (one.mention.author.followers or one.reach)]
        if not known:
            return None
        one = max(known, key=lambda m: ((m.mention.author.followers or 0) if m.mention.author else 0,
                                        m.reach.mid if m.reach else 0, m.mention.key))
        author = self.author(one)
        if one.mention.author and one.mention.author.followers:
            return self.say("alert.who.largest", author=author, followers=one.mention.author.followers)
        return self.say("alert.who.largest.reach", author=author, reach=rounded(one.reach.mid)) if one.reach else None

    def story(self) -> list[str]:
        told = self.context.story
        if told is None or told.mentions < 2:
            return []
        parts = [counted(f"alert.story.{name}", count, self.language)
                 for name, count in (("authors", told.authors), ("copies", told.copies), ("outlets", told.outlets)) if count]
        return [self.say("alert.story", posts=told.mentions, parts=self.say("alert.comma").join(parts))]

    @property
    def closed(self) -> bool:
        """Whether a person ended it."""
        return bool(self.alert.why.get("resolved_by"))

    @property
    def untaken(self) -> bool:
        """Whether it called people and nobody took, answered or closed it."""
        return not self.closed and not self.alert.acknowledged_by and self.alert.severity is not Severity.P3

    @property
    def last_heard(self) -> datetime:
        """Return when the last post about it became known."""
        last = self.alert.why.get(lifecycle.LAST_AT)
        return datetime.fromisoformat(str(last)) if last else self.alert.fired_at

    def ended_word(self, own: str, blind: bool) -> str:
        """Return the key of the word its title begins with once it is over."""
        return "alert.heard" if blind else "alert.closed" if self.closed and own == "alert.quiet" else own

    def ending(self, *, blind: bool = False, quiet: bool = False) -> str:
        """Return how it ended, by itself or by whom, after how long. ``quiet``: nothing new came, which is no sign of calm."""
        closed, end = self.alert.why.get("resolved_by"), self.alert.resolved_at
        span = self.lasted(self.alert.starts_at if blind else self.alert.fired_at)
        when = self.date(end or self.at())
        if closed:
            return self.say("alert.ended.by", who=isolate(clip(str(closed), NAME)), span=span, when=when)
        return self.say("alert.ended.quiet", when=when, since=self.date(self.last_heard)) if quiet else self.say("alert.ended", span=span, when=when)

    def size(self) -> list[str]:
        """Return how large it had grown: its posts, the complaints among them, and of how many people these are."""
        if not self.complaints():
            return []
        told_of = [one for one in self.mentions if one.score is not None and one.score.label is Label.NEGATIVE]
        people, total = len({proof.account(one) or one.mention.key for one in told_of or self.mentions}), len(self.mentions)
        posts = counted("alert.size.posts", len(told_of), self.language) if told_of else self.say("alert.size.none")
        parts = {"posts": posts, "people": counted("alert.size.people", people, self.language)}
        if len(self.alert.evidence) >= lifecycle.EVIDENCE or (self.figure("seen") or 0) > len(told_of) and self.alert.why.get("series") == "negative":
            return [self.say("alert.size.part", total=total, **parts)]
        return [counted("alert.size", total, self.language, **parts)]

    # -- about what

    def about(self) -> str:
        """Return what the complaints share, all but a few of them or mostly, as it stands within a line; empty where that is not sure."""
        found = self.subject()
        mostly = found and float(self.alert.why["about"].get("share") or 0) < NEARLY_ALL
        return self.say("alert.about.mostly" if mostly else "alert.about", what=found) if found else ""

    def of(self, *, topic: bool = False) -> str:
        """Return the same of a wave as a whole."""
        found = self.subject(topic=topic)
        return self.say("alert.about", what=found) if found else ""

    def subject(self, *, topic: bool = False) -> str | None:
        """Return the aspect or else the topic, by its phrases; with ``topic`` the other way round. None: neither is known."""
        known = self.alert.why.get("about")
        if not isinstance(known, dict):
            return None
        named = (self._topic(known.get("topic")), self._aspect(known.get("aspect"), known.get("called")))
        return next((one for one in (named if topic else named[::-1]) if one), None)

    def _aspect(self, name: object, called: object) -> str | None:
        if not name:
            return None
        if isinstance(called, dict) and called.get(self.language):
            return isolate(clip(str(called[self.language]), 2 * NAME))
        key = f"topic.aspect.{name}"
        return self.say(key) if key in catalogue() else isolate(clip(str(name).replace("_", " "), 2 * NAME))

    def _topic(self, phrases: object) -> str | None:
        if not isinstance(phrases, dict):
            return None
        own = phrases.get(self.language) or next((phrases[one] for one in sorted(phrases) if phrases[one]), ())
        return self.say("alert.quoted", text=isolate(clip(self.say("alert.comma").join(map(str, own)), 2 * NAME))) if own else None

    # -- how far, how fast

    def audience(self) -> list[str]:
        known = [one for one in self.complaints() if one.reach is not None]
        if not known:
            return []
        found = reach.total((proof.account(one), one.reach) for one in known if one.reach is not None)
        methods = [self.say(f"alert.reach.{name}") if name in (reach.VIEWS, reach.FOLLOWERS, reach.REACTIONS, reach.ASSUMED)
                   else isolate(name) for name in found.method.split("+")]
        method = methods[0] if len(methods) == 1 else self.say("alert.reach.mixed",
                                                               methods=self.say("alert.comma").join(methods))
        figures = {"low": rounded(found.low), "mid": rounded(found.mid), "high": rounded(found.high), "method": method}
        ended = self._told_of_end()
        seen = len(self.complaints()) if ended else self.figure("mentions" if self.alert.why.get("series") == "mentions" else "negative")
        known_low = "" if found.low else ".open"  # nobody measured anything: "at least 0" would sound like a finding
        if not found.low:
            del figures["low"]
        if seen is not None and len(known) < seen:
            line = self.say(f"alert.reach.part{known_low}", count=len(known), seen=seen, **figures)
        else:
            line = self.say(f"alert.reach{known_low}", **figures)
        return [self.say("alert.reach.by_now" if self.later else "alert.reach.at_end", line=line) if ended else line]

    def spread(self) -> list[str]:
        """Return what ``why["spread_state"]`` says (``alerts.spread.Spread.figures``): its pace and what it leads to, or that it is too early."""
        known = self.alert.why.get("spread_state")
        if not isinstance(known, dict) or known.get("state") not in ("growing", "plateau", "decaying", "too_early"):
            return []
        pace = next((name for name in ("doubling", "halving") if known.get(name)), None)
        said = []
        if pace:
            times = {name: about_span(timedelta(seconds=known[key]), self.language)
                     for name, key in (("turn", pace), ("low", "turn_low"), ("high", "turn_high"))}
            said.append(self.say(f"alert.spread.{pace}", **times))
        elif known["state"] != "too_early":
            said.append(self.say("alert.spread.plateau"))
        if known["state"] == "too_early":
            said.append(self.say("alert.spread.too_early"))
        elif ahead := known.get("forecast"):
            said.append(self.say("alert.spread.forecast", hours=known.get("hours", 6),
                                 **{name: rounded(ahead[name]) for name in ("low", "mid", "high")}))
        return [self.say("alert.spread", said=self.say("alert.semicolon").join(said))]

    # -- posts

    def quote(self, role: proof.Role, one: ScoredMention, length: int) -> str:
        """Return a post in ``length`` characters of its own: those around the words that raised the alert, where it holds them."""
        word = self.alert.why.get("word")
        return self.say("alert.quote", role=self.say(f"alert.role.{role}"), details=self._details(one),
                        text=isolate(excerpt(one.mention.full_text, length, str(word) if word else "")))

    def _details(self, one: ScoredMention) -> str:
        parts = []
        if one.mention.precision in (Precision.SECOND, Precision.MINUTE):
            parts.append(digits(f"{one.mention.published_at.astimezone(self.zone):%H:%M}", self.language))
        source = isolate(clip(one.sources[0] if one.sources else one.mention.kind, PLACE))
        parts.append(self.say("alert.in", author=self.author(one), source=source))
        if one.score is not None:
            label = one.score.label
            parts.append(self.say("alert.score.unsure") if one.score.unsure else
                         self.say(f"alert.score.{label}", share=number(getattr(one.score, label), self.language, decimals=2)))
        return " · ".join(parts)

    # -- how sure, how bad, what we cannot see

    def certainty(self) -> list[str]:
        said = []
        scored, unsure, posts = self.figure("scored"), self.figure("unsure"), self.figure("mentions") or 0
        if (ended := self._told_of_end()) or self._many():
            posts, scores = len(self.mentions), [one.score for one in self.mentions if one.score is not None]
            scored, unsure = len(scores), sum(score.unsure for score in scores)
        if scored and unsure is not None:
            key = "alert.unsure.of_it" if ended else "alert.unsure.window" if self.alert.why.get("window") else "alert.unsure"
            said.append(self.say(key, unsure=unsure, scored=scored, window=self.window()) if unsure
                        else self.say("alert.unsure.none", scored=scored))
            waiting = max(0, posts - scored)
            if waiting:
                said.append(counted("alert.waiting", waiting, self.language))
        return [" ".join(said)] if said else []

    def record(self) -> list[str]:
        """Return how often this rule was right so far: a count, since a share of a few is none."""
        if self.precision is None:
            return []
        real, judged = self.precision
        return [counted("alert.precision", judged, self.language) if judged == 1 and not real else
                self.say("alert.precision", real=real, judged=judged) if judged else self.say("alert.precision.none")]

    def parts(self) -> list[str]:
        parts = self.alert.why.get("severity")
        if not isinstance(parts, dict) or not {"harm", "spread", "trust"} <= parts.keys():
            return []
        line = self.say("alert.parts", severity=self.severity(), **said_parts(self.alert, self.language))
        return [f"{line} {self.say('alert.demoted')}" if self.alert.why.get("demoted") else line]

    def severity(self) -> str:
        """Return the word of the severity as it stands within a sentence."""
        word = self.say(f"alert.{self.alert.severity}")
        return word.lower() if self.language == "en" else word

    def coverage(self) -> list[str]:
        """Return what we do not hear now, where that is so."""
        return [self.say("alert.coverage", sources=self.named(self.sources, "alert.and_more"))] if self.sources else []

    def occasions(self) -> list[str]:
        """Return what goes on besides, and may be why so much is said."""
        said = [self.say(f"alert.context.{what}", name=isolate(clip(name, NAME)))
                for what, name in (("campaign", self.context.campaign), ("holiday", self.context.holiday)) if name]
        return [" ".join(said)] if said else []

    def past(self) -> list[str]:
        """Return what is known already: an alert about the same before, and those that this one speaks for."""
        before, said = self.context.earlier, []
        if before and not before.open:
            key = f"alert.context.earlier.{before.verdict}" if before.verdict else "alert.context.earlier"
            ago = self.at() - before.fired_at
            said.append(self.say(key, ago=span_in_words(ago, self.language) if ago < timedelta(hours=2) else about_span(ago, self.language)))
        if self.context.joined:
            said.append(counted("alert.context.joined", self.context.joined, self.language))
        return [" ".join(said)] if said else []

    def duty(self) -> list[str]:
        """Return who is called, and who will be when that person has not taken it."""
        if self.owner is None:
            return []
        name = isolate(clip(self.owner, NAME))
        if self.due_at is None:
            return [self.say("alert.owner", who=name)]
        later = isolate(clip(self.next_owner, NAME)) if self.next_owner else self.say("alert.owner.next")
        return [self.say("alert.owner.due", who=name, next=later, at=digits(f"{self.due_at.astimezone(self.zone):%H:%M}", self.language))]

    # -- words for figures

    def say(self, key: str, **values: Any) -> str:
        return say(key, self.language, **values)

    def figure(self, name: str) -> int | None:
        value = self.alert.why.get(name)
        return None if value is None else int(value)

    def usual(self) -> str:
        return self.whole(self.alert.expected) if self.alert.expected >= 1 else self.say("alert.under_one")

    def whole(self, value: float) -> str:
        return number(round(value), self.language)

    def window(self) -> str:
        return self.span(float(self.alert.why.get("window") or 3600))

    def span(self, seconds: float) -> str:
        return span_in_words(timedelta(seconds=seconds), self.language)

    def mark(self, digits_shown: int) -> str:
        """Return by what a person names the alert, and by which rule it was raised."""
        mark = isolate(f"#{self.alert.fingerprint[:digits_shown]}")
        known = self.alert.why.get("version") or "/" in self.alert.rule
        return self.say("alert.mark.rule", mark=mark, rule=self.rule()) if known else self.say("alert.mark", mark=mark)

    def rule(self) -> str:
        """Return by which rule, in which version: two rules of one kind have names of their own."""
        version = str(self.alert.why.get("version") or self.alert.rule)
        return isolate(clip(f"{self.alert.rule}، {version}" if "/" in self.alert.rule and self.language == "fa" else
                            f"{self.alert.rule}, {version}" if "/" in self.alert.rule else version, 2 * NAME))

    def named(self, names: Sequence[str], more: str, most: int = SOURCES) -> str:
        """Return the first of ``names``, and how many there are besides."""
        named = self.say("alert.comma").join(isolate(clip(name, PLACE)) for name in names[:most])
        left = len(names) - most
        return self.say(more, first=named, count=left) if left > 0 else named

    def at(self) -> datetime:
        at = self.alert.resolved_at if self.reason is Reason.RESOLVED and self.alert.resolved_at else self.alert.updated_at
        return at or self.alert.fired_at

    def date(self, at: datetime) -> str:
        return format_date(at, self.language, self.zone)

    def lasted(self, begin: datetime) -> str:
        end = self.alert.resolved_at or self.alert.updated_at or self.alert.fired_at
        return span_in_words(max(end - begin, timedelta(minutes=1)), self.language)

    def author(self, one: ScoredMention) -> str:
        author = one.mention.author
        return isolate(clip(author.name or author.id, NAME)) if author else self.say("alert.nobody")

    def complaints(self) -> list[ScoredMention]:
        if self.alert.why.get("series") == "mentions":
            return list(self.mentions)
        return [one for one in self.mentions if one.score is not None and one.score.label is Label.NEGATIVE]
