"""An alert in words, Persian or English, for one phone screen (PRODUCT §5.1). Pure.

Order matters: what, why, who, how far, the posts, how sure, what we cannot see, what to do. Never a score without
posts, a colour without a word, a share without its count, a reach without its range and method.

Text from outside stands between U+2068 and U+2069, so that a Latin name does not turn a Persian line around; control
and override characters are taken out of it first. Markup is the notifier's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from alerts import evidence as proof
from alerts import reach
from listener.calendar import format_date
from listener.text import printable
from listener.types import Alert, Label, Message, Precision, Reason, ScoredMention
from listener.words import Language, digits, number, say

SCREEN = 1_200          # characters a phone shows at once: 30 lines of 40
QUOTE = range(40, 120)  # characters of a post: as many as the rest leaves room for
NAME = 24               # characters of a name from outside
SOURCES = 3             # named of those not heard
CAUSE = 120             # characters of an error shown
FSI, PDI = "\u2068", "\u2069"


def compose(alert: Alert, reason: Reason, evidence: Sequence[ScoredMention], *, language: Language,
            timezone: tzinfo | str = "Asia/Tehran", url: str | None = None, sources: Sequence[str] = ()) -> Message:
    """Return the message about ``alert`` for one language.

    ``evidence`` are the alert's mentions as far as they still exist: all of them, or some; at most five are quoted, and
    the reach is that of those given. ``sources`` names what is not heard now. The key is the same for the same change
    of the same alert, so that sending twice is one message.
    """
    zone = ZoneInfo(timezone) if isinstance(timezone, str) else timezone
    writer = _Writer(alert, reason, list(evidence), language, zone, tuple(sources))
    if alert.rule == "stale_source":
        lines = writer.of_source()
    elif reason is Reason.RESOLVED:
        lines = writer.of_end()
    else:
        lines = writer.of_storm()
    stamp = (alert.updated_at or alert.fired_at).strftime("%Y%m%dT%H%M%S")
    return Message(key=f"{alert.fingerprint}-{reason}-{stamp}-{language}", title=writer.title(), lines=tuple(lines),
                   language=language, reason=reason, url=url, quoted=tuple(one for _, one in writer.quoted), alert=alert)


def isolate(text: str) -> str:
    """Return text from outside as a direction of its own, on one line, without anything that acts on a terminal."""
    return f"{FSI}{printable(text)}{PDI}"


def clip(text: str, length: int) -> str:
    """Return ``text`` on one line, cut at a word where it is longer than ``length`` characters, with an ellipsis."""
    line = printable(text)
    if len(line) <= length:
        return line
    head = line[:length - 1]
    cut = head.rfind(" ")
    if cut >= length // 2 and line[length - 1].isalnum():  # in the middle of a word
        head = head[:cut]
    return head.rstrip(" ،,.؛;:\u200c\u200d") + "…"


def span_in_words(span: timedelta, language: Language) -> str:
    """Return a length of time in its two largest units: ``۲ ساعت و ۵ دقیقه``, ``3 days``."""
    minutes = max(1, round(span.total_seconds() / 60))
    days, minutes = divmod(minutes, 1440)
    hours, minutes = divmod(minutes, 60)
    parts = [_counted(f"alert.{unit}", count, language)
             for unit, count in (("days", days), ("hours", hours), ("minutes", minutes)) if count][:2]
    return parts[0] if len(parts) == 1 else say("alert.and", language, first=parts[0], second=parts[1])


class _Writer:
    def __init__(self, alert: Alert, reason: Reason, mentions: list[ScoredMention], language: Language, zone: tzinfo,
                 sources: tuple[str, ...]) -> None:
        self.alert, self.reason, self.why = alert, reason, alert.why
        self.mentions, self.language, self.zone, self.sources = mentions, language, zone, sources
        self.series = str(self.why.get("series", "negative"))
        self.quoted = proof.cast(mentions) if alert.rule != "stale_source" and reason is not Reason.RESOLVED else []

    # -- line 1

    def title(self) -> str:
        word = str(self.alert.severity)
        if self.reason is Reason.RESOLVED:
            word = "heard" if self.alert.rule == "stale_source" else "over"
        severity = self.say(f"alert.{word}")
        return self.say("alert.title", severity=severity, subject=isolate(clip(self.alert.subject, NAME)), what=self.what())

    def what(self) -> str:
        over = self.reason is Reason.RESOLVED
        if self.alert.rule == "stale_source":
            never = self.why.get("heard_at") is None
            if over:
                return self.say("alert.heard.first") if never else self.say("alert.heard.again", span=self.lasted())
            return self.say("alert.stale.never") if never else self.say("alert.stale", span=self.span(self.alert.value))
        if self.alert.rule != "spike":
            return (self.say("alert.over.other", span=self.lasted()) if over else
                    self.say("alert.other", rule=isolate(self.alert.rule), value=self.whole(self.alert.value),
                             expected=self.usual()))
        if over:
            name = {"negative": "spike", "mentions": "posts"}.get(self.series, "reach")
            return self.say(f"alert.over.{name}", span=self.lasted(),
                            **({"seen": self.seen(), "window": self.window()} if name != "reach" else {}))
        return self.say(f"alert.spike.{self.series}", seen=self.seen(), window=self.window(), expected=self.usual())

    # -- what stands below

    def of_storm(self) -> list[str]:
        lines = [self.when()]
        if self.reason in (Reason.ESCALATED, Reason.REPEAT):
            lines.append(self.say(f"alert.{self.reason}"))
        if self.alert.rule == "spike":
            lines += self.cause()
            lines += self.people()
        lines += self.audience()
        below = [*self.certainty(), self.coverage(), self.say(f"alert.next.{self.alert.severity}")]
        return [*lines, *self.posts(SCREEN - sum(map(len, (self.title(), *lines, *below)))), *below]

    def of_end(self) -> list[str]:
        lines = [self.when()]
        if closed := self.why.get("resolved_by"):
            lines.append(self.say("alert.closed_by", who=isolate(clip(str(closed), NAME))))
        elif taken := self.alert.acknowledged_by:
            lines.append(self.say("alert.taken_by", who=isolate(clip(taken, NAME))))
        lines += self.people()
        lines += self.audience()
        lines.append(self.coverage())
        lines.append(self.say("alert.next.over"))
        return lines

    def of_source(self) -> list[str]:
        lines = [self.when()]
        if self.reason is Reason.RESOLVED:
            return [*lines, self.say("alert.heard.meaning")]
        heard = self.why.get("heard_at")
        if heard:
            lines.append(self.say("alert.stale.since", at=self.date(datetime.fromisoformat(str(heard)))))
        if patience := self.why.get("stale_after"):
            lines.append(self.say("alert.stale.patience", span=self.span(float(patience))))
        if cause := self.why.get("reason"):
            lines.append(self.say("alert.stale.reason", reason=isolate(clip(str(cause), CAUSE))))
        return [*lines, self.say("alert.stale.meaning"), self.say("alert.stale.next")]

    def when(self) -> str:
        at = self.alert.resolved_at if self.reason is Reason.RESOLVED and self.alert.resolved_at else self.alert.updated_at
        return self.date(at or self.alert.fired_at)

    def cause(self) -> list[str]:
        what = self.say(f"alert.why.{self.series}", window=self.window(), seen=self.seen(),
                        **({"posts": self.figure("seen") or 0} if self.series == "negative_reach" else {}))
        lines = [self.say("alert.why", what=what, expected=self.usual())]
        ratio, days, rule = float(self.why.get("ratio", 0.0)), float(self.why.get("record_days", 0.0)), self.why.get("version", "")
        known = {"days": round(days) if days >= 1 else days, "rule": isolate(str(rule))}
        if ratio >= 1.05:
            lines.append(self.say("alert.record.above", ratio=number(round(ratio, 1), self.language), **known))
        elif ratio:
            lines.append(self.say("alert.record.near", **known))
        if self.why.get("young"):
            lines[-1] = f"{lines[-1]} {self.say('alert.young', days=known['days'])}"
        if (needed := self.figure("needed")) and (seen := self.figure("seen")) and needed > 1:
            series = "mentions" if self.series == "mentions" else "negative"
            lines.append(self.say(f"alert.why_not.{series}", needed=needed, seen=seen))
        return lines

    def people(self) -> list[str]:
        authors, hidden, copies = self.figure("authors"), self.figure("hidden") or 0, self.figure("copies")
        if authors is None:
            return []
        parts = []
        if authors > hidden:
            parts.append(_counted("alert.who.authors", authors - hidden, self.language))
        if hidden:
            parts.append(_counted("alert.who.hidden", hidden, self.language))
        if voice := self.loudest():
            parts.append(voice)
        if copies is not None:
            parts.append(_counted("alert.who.copies", copies, self.language) if copies else self.say("alert.who.originals"))
        return [self.say("alert.who", parts=self.say("alert.semicolon").join(parts))]

    def loudest(self) -> str | None:
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
        seen = self.figure("seen")
        if seen is not None and len(known) < seen:
            return [self.say("alert.reach.part", count=len(known), seen=seen, **figures)]
        return [self.say("alert.reach", **figures)]

    def posts(self, room: int) -> list[str]:
        """Return the quoted posts, all together in about ``room`` characters."""
        if not self.quoted:
            return [self.say("alert.gone")] if self.alert.evidence else []
        heads = [(self.say(f"alert.role.{role}"), self.details(one)) for role, one in self.quoted]
        left = (room - sum(len(role) + len(details) + 10 for role, details in heads)) // len(heads)
        length = max(QUOTE.start, min(left, QUOTE.stop))
        return [self.say("alert.quote", role=role, details=details, text=isolate(clip(one.mention.full_text, length)))
                for (role, details), (_, one) in zip(heads, self.quoted, strict=True)]

    def details(self, one: ScoredMention) -> str:
        parts = []
        if one.mention.precision in (Precision.SECOND, Precision.MINUTE):
            parts.append(digits(f"{one.mention.published_at.astimezone(self.zone):%H:%M}", self.language))
        source = isolate(clip(one.sources[0] if one.sources else one.mention.kind, NAME))
        parts.append(self.say("alert.in", author=self.author(one), source=source))
        if one.score is not None:
            label = one.score.label
            parts.append(self.say("alert.score.unsure") if one.score.unsure else
                         self.say(f"alert.score.{label}", share=number(getattr(one.score, label), self.language, decimals=2)))
        return " · ".join(parts)

    def certainty(self) -> list[str]:
        scored, unsure = self.figure("scored"), self.figure("unsure")
        if not scored or unsure is None:
            return []
        line = self.say("alert.unsure", unsure=unsure, scored=scored) if unsure else self.say("alert.unsure.none", scored=scored)
        waiting = max(0, (self.figure("mentions") or 0) - scored)
        return [f"{line} {_counted('alert.waiting', waiting, self.language)}" if waiting else line]

    def coverage(self) -> str:
        if not self.sources:
            return self.say("alert.coverage.whole")
        named = self.say("alert.comma").join(isolate(clip(name, NAME)) for name in self.sources[:SOURCES])
        more = len(self.sources) - SOURCES
        return self.say("alert.coverage", sources=self.say("alert.and_more", first=named, count=more) if more > 0 else named)

    # -- words for figures

    def say(self, key: str, **values: Any) -> str:
        return say(key, self.language, **values)

    def figure(self, name: str) -> int | None:
        value = self.why.get(name)
        return None if value is None else int(value)

    def seen(self) -> str:
        value = self.figure("seen") if self.series != "negative_reach" else rounded(round(self.alert.value))
        return number(value if value is not None else round(self.alert.value), self.language)

    def usual(self) -> str:
        return self.whole(self.alert.expected) if self.alert.expected >= 1 else self.say("alert.under_one")

    def whole(self, value: float) -> str:
        return number(round(value), self.language)

    def window(self) -> str:
        return self.span(float(self.why.get("window", 3600)))

    def span(self, seconds: float) -> str:
        return span_in_words(timedelta(seconds=seconds), self.language)

    def lasted(self) -> str:
        end = self.alert.resolved_at or self.alert.updated_at or self.alert.fired_at
        begin = self.alert.starts_at if self.alert.rule == "stale_source" else self.alert.fired_at
        return span_in_words(max(end - begin, timedelta(minutes=1)), self.language)

    def date(self, at: datetime) -> str:
        return format_date(at, self.language, self.zone)

    def author(self, one: ScoredMention) -> str:
        author = one.mention.author
        return isolate(clip(author.name or author.id, NAME)) if author else self.say("alert.nobody")

    def complaints(self) -> list[ScoredMention]:
        if self.series == "mentions":
            return self.mentions
        return [one for one in self.mentions if one.score is not None and one.score.label is Label.NEGATIVE]


def _counted(key: str, count: int, language: Language) -> str:
    return say(f"{key}.one", language) if count == 1 else say(key, language, count=count)


def rounded(value: int) -> int:
    """Return two figures of ``value``: more would promise what an estimate of reach cannot keep."""
    return int(float(f"{value:.1e}")) if value >= 100 else value
