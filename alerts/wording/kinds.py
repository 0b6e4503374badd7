"""What each kind of rule says of its own: what happened, why it fired, what would not have done, what comes next. Pure.

One small class a kind. A kind that a plugin brings has no words here and is told by its name and figures (``Kind``).
"""

from __future__ import annotations

from datetime import datetime

from alerts.rules import kind_of
from alerts.wording.text import clip, counted, isolate, rounded
from alerts.wording.writer import CAUSE, NAME, Writer
from listener.types import Alert, Severity
from listener.words import digits, number


class Kind:
    """A rule without words of its own."""

    blind = False  # it is about a source that is not heard
    ended = "alert.ended.word"

    def what(self, w: Writer) -> str:
        return w.say("alert.other", rule=isolate(clip(w.alert.rule, NAME)), value=w.whole(w.alert.value), expected=w.usual())

    def over(self, w: Writer) -> str:
        return w.say("alert.over.other", what=self.what(w), span=w.lasted(w.alert.fired_at))

    def why(self, w: Writer) -> list[str]:
        return [w.say("alert.why.other", rule=w.rule())]

    def why_not(self, w: Writer) -> list[str]:
        return self._below(w, "alert.why_not.other")

    def next(self, w: Writer) -> str:
        return w.say(f"alert.next.{w.alert.severity}")

    def answer(self, w: Writer) -> list[str]:
        """Return in what spirit to answer, where somebody is to answer soon."""
        return [] if self.blind or w.alert.severity is Severity.P3 else [w.say("alert.answer")]

    @staticmethod
    def _below(w: Writer, key: str) -> list[str]:
        needed, seen = w.figure("needed"), w.figure("seen")
        return [w.say(key, needed=needed, seen=seen)] if needed and seen and needed > 1 else []


class Tripwire(Kind):
    """A rule on single posts: that no further one came does not say that anything calmed down."""

    ended = "alert.quiet"

    def over(self, w: Writer) -> str:
        if w.closed:
            return super().over(w)
        said = w.say("alert.over.quiet", what=self.what(w), since=w.date(w.last_heard))
        return w.say("alert.over.untaken", what=said) if w.untaken else said


class Spike(Kind):
    ended = "alert.over"

    def what(self, w: Writer) -> str:
        return w.say(f"alert.spike.{self._series(w)}", seen=self._seen(w), window=w.window(), expected=w.usual(), about=w.about())

    def over(self, w: Writer) -> str:
        series, span, about = self._series(w), w.lasted(w.alert.fired_at), w.of()
        if series == "negative_reach":
            return w.say("alert.over.reach", span=span, about=about)
        key = "alert.over.posts" if series == "mentions" else "alert.over.spike"
        return w.say(key, span=span, seen=self._seen(w), window=w.window(), about=about)

    def why(self, w: Writer) -> list[str]:
        series, why = self._series(w), w.alert.why
        posts = {"posts": w.figure("seen") or 0} if series == "negative_reach" else {}
        what = w.say(f"alert.why.{series}", window=w.window(), seen=self._seen(w), **posts)
        ratio, days = float(why.get("ratio") or 0.0), float(why.get("record_days") or 0.0)
        record = {"what": what, "days": round(days) if days >= 1 else days}
        anger = float(why.get("anger_ratio") or 0.0)
        if why.get("by") == "anger" and anger >= 1.05:
            line = w.say("alert.why.angry", what=what, ratio=number(round(anger, 1), w.language))
        elif why.get("by") == "anger":
            line = w.say("alert.why.angry.near", what=what)
        elif ratio >= 1.05:
            line = w.say("alert.why.above", ratio=number(round(ratio, 1), w.language), **record)
        elif ratio:
            line = w.say("alert.why.near", **record)
        else:
            line = w.say("alert.why.usual", what=what, expected=w.usual())
        return [f"{line} {w.say('alert.young')}" if why.get("young") else line]

    def why_not(self, w: Writer) -> list[str]:
        return self._below(w, f"alert.why_not.{'mentions' if self._series(w) == 'mentions' else 'negative'}")

    @staticmethod
    def _series(w: Writer) -> str:
        series = str(w.alert.why.get("series"))
        return series if series in ("mentions", "negative_reach") else "negative"

    def _seen(self, w: Writer) -> str:
        seen = w.figure("seen") if self._series(w) != "negative_reach" else rounded(round(w.alert.value))
        return number(seen if seen is not None else round(w.alert.value), w.language)


class NegativeShare(Kind):
    ended = "alert.over"

    def what(self, w: Writer) -> str:
        return w.say("alert.share", seen=self._seen(w), sure=w.figure("sure") or 0, window=w.window(), usual=self._usual(w), about=w.about())

    def over(self, w: Writer) -> str:
        return w.say("alert.over.share", span=w.lasted(w.alert.fired_at))

    def why(self, w: Writer) -> list[str]:
        line = w.say("alert.why.share", seen=self._seen(w), sure=w.figure("sure") or 0, window=w.window(), usual=self._usual(w))
        return [f"{line} {w.say('alert.young')}" if w.alert.why.get("young") else line]

    def why_not(self, w: Writer) -> list[str]:
        return self._below(w, "alert.why_not.negative")

    @staticmethod
    def _seen(w: Writer) -> int:
        return w.figure("seen") or 0

    @staticmethod
    def _usual(w: Writer) -> str:
        usual = float(w.alert.why.get("usual_share") or 0.0) * float(w.alert.why.get("sure") or 0)
        return w.whole(usual) if usual >= 1 else w.say("alert.under_one")


class BigVoice(Tripwire):
    def what(self, w: Writer) -> str:
        return w.say("alert.voice", followers=round(w.alert.value), about=w.about())

    def why(self, w: Writer) -> list[str]:
        return [w.say("alert.why.voice", bar=w.figure("bar") or round(w.alert.expected), known=w.figure("known") or 0)]

    def why_not(self, w: Writer) -> list[str]:
        return self._below(w, "alert.why_not.voice")


class Harm(Tripwire):
    CATEGORIES = frozenset({"death", "injury", "fire", "poison", "foreign", "spoiled", "danger", "leak", "law", "child", "violence",
                            "discrimination"})
    QUOTED = frozenset({"foreign", "spoiled"})  # glass, a worm, a date: what it was says more than any name for it

    def what(self, w: Writer) -> str:
        category = str(w.alert.why.get("category") or "other")
        if category not in self.CATEGORIES | {"other"}:
            return counted("alert.harm.of", w.writers(), w.language, about=isolate(clip(category, NAME)))
        if category == "law":  # by its grade: an arrest, a court or the police, or a threat of either
            if (grade := w.figure("harm")) == 3:
                return counted("alert.harm", w.writers(), w.language, what=w.say("alert.harm.law.arrest"))
            key = "alert.harm.law.court" if grade == 2 else "alert.harm.law"  # who threatens whom, no word tells
            return counted(key, max(1, w.figure("joined") or w.writers()), w.language)
        if category in self.QUOTED and (word := w.alert.why.get("word")):
            return counted("alert.harm.of", w.writers(), w.language, about=w.say("alert.quoted", text=isolate(clip(str(word), NAME))))
        return counted("alert.harm", w.writers(), w.language, what=w.say(f"alert.harm.{category}"))

    def why(self, w: Writer) -> list[str]:
        word = w.alert.why.get("word")
        return [counted("alert.why.harm.word", w.writers(), w.language, word=isolate(clip(str(word), 2 * NAME))) if word
                else w.say("alert.why.harm")]

    def why_not(self, w: Writer) -> list[str]:
        return [w.say("alert.why_not.harm")]


class IgnoredCase(Tripwire):
    def what(self, w: Writer) -> str:
        told, repeated = w.figure("told_by") or 0, w.figure("repeated_by") or 0
        span, times = w.span(float(w.alert.why.get("again_within") or w.alert.why.get("within") or 0)), w.figure("again_times") or w.figure("needed") or 3
        if not told and not repeated:  # an alert of before these were counted
            told, repeated = (0, 1) if w.alert.why.get("sign") == "repeated" else (w.writers(), 0)
        said = [counted("alert.ignored", told, w.language)] if told else []
        if repeated:
            said.append(counted("alert.ignored.repeated", repeated, w.language, span=span, times=times))
        return w.say("alert.semicolon").join(said)

    def why(self, w: Writer) -> list[str]:
        sign, word, seen = str(w.alert.why.get("sign")), w.alert.why.get("word"), w.figure("seen")
        if sign == "repeated" and seen:
            key = "alert.why.ignored.repeated" if w.writers() > 1 else "alert.why.ignored.repeated.one"
            return [w.say(key, seen=seen, span=w.span(float(w.alert.why.get("within") or 0)))]
        return [counted("alert.why.ignored.word", w.writers(), w.language, word=isolate(clip(str(word), 2 * NAME))) if word
                else counted("alert.why.ignored", w.writers(), w.language)]

    def why_not(self, w: Writer) -> list[str]:
        sign = str(w.alert.why.get("sign"))
        below = self._below(w, f"alert.why_not.ignored.{sign}") if sign in ("again", "waiting", "repeated") else []
        return below or [w.say("alert.why_not.ignored")]


class Resurfaced(Tripwire):
    def what(self, w: Writer) -> str:
        return w.say("alert.resurfaced", age=w.span(float(w.alert.why.get("age") or w.alert.value)))

    def why(self, w: Writer) -> list[str]:
        why = w.alert.why
        return [w.say("alert.why.resurfaced", silence=w.span(float(why.get("silence") or 0)), authors=w.figure("authors") or 1)]

    def why_not(self, w: Writer) -> list[str]:
        return self._below(w, "alert.why_not.authors")


class RisingTopic(Kind):
    ended = "alert.over"

    def what(self, w: Writer) -> str:
        named, figures = w.subject(topic=True), {"seen": w.figure("seen") or round(w.alert.value), "window": w.window(), "expected": w.usual()}
        return w.say("alert.rising.of", topic=named, **figures) if named else w.say("alert.rising", **figures)

    def over(self, w: Writer) -> str:
        return w.say("alert.over.rising", span=w.lasted(w.alert.fired_at), about=w.of(topic=True))

    def why(self, w: Writer) -> list[str]:
        return [w.say("alert.why.rising", window=w.window(), seen=w.figure("seen") or round(w.alert.value), expected=w.usual())]

    def why_not(self, w: Writer) -> list[str]:
        return self._below(w, "alert.why_not.authors")


class Sector(Kind):
    def what(self, w: Writer) -> str:
        brands = [str(one) for one in w.alert.why.get("brands") or ()]
        return w.say("alert.sector", count=len(brands), brands=w.named(brands, "alert.and_more_brands", 3), about=w.about())

    def why(self, w: Writer) -> list[str]:
        return [w.say("alert.why.sector")]

    def why_not(self, w: Writer) -> list[str]:
        return [w.say("alert.why_not.sector")]

    def next(self, w: Writer) -> str:
        return w.say("alert.next.sector")

    def answer(self, w: Writer) -> list[str]:
        return []


class StaleSource(Kind):
    blind = True

    def what(self, w: Writer) -> str:
        never = w.alert.why.get("heard_at") is None
        return w.say("alert.stale.never") if never else w.say("alert.stale", span=w.span(w.alert.value))

    def over(self, w: Writer) -> str:
        never = w.alert.why.get("heard_at") is None
        return w.say("alert.heard.first") if never else w.say("alert.heard.again", span=w.lasted(w.alert.starts_at))

    def why(self, w: Writer) -> list[str]:
        lines, why = [], w.alert.why
        if heard := why.get("heard_at"):
            lines.append(w.say("alert.stale.since", at=w.date(datetime.fromisoformat(str(heard)))))
        if patience := why.get("stale_after"):
            lines.append(w.say("alert.stale.patience", span=w.span(float(patience))))
        if cause := why.get("reason"):
            lines.append(w.say("alert.stale.reason", reason=isolate(clip(str(cause), CAUSE))))
        return [*lines, w.say("alert.stale.meaning")]

    def why_not(self, w: Writer) -> list[str]:
        return []

    def next(self, w: Writer) -> str:
        return w.say("alert.stale.next")


class CollectorDown(Kind):
    blind = True

    def what(self, w: Writer) -> str:
        return w.say("alert.down", span=w.span(w.alert.value), expected=w.usual())

    def over(self, w: Writer) -> str:
        return w.say("alert.heard.again", span=w.lasted(w.alert.starts_at))

    def why(self, w: Writer) -> list[str]:
        return [w.say("alert.why.down", expected=w.usual()), w.say("alert.stale.meaning")]

    def why_not(self, w: Writer) -> list[str]:
        return self._below(w, "alert.why_not.down")

    def next(self, w: Writer) -> str:
        return w.say("alert.down.next", source=isolate(clip(w.alert.subject, NAME)))


class Duty(Kind):
    """Something is due from us: which cases or promises, since when, and who has them."""

    def __init__(self, name: str) -> None:
        self._name = name

    def what(self, w: Writer) -> str:
        return counted(f"alert.{self._name}", round(w.alert.value), w.language)

    def over(self, w: Writer) -> str:
        return w.say(f"alert.over.{self._name}", span=w.lasted(w.alert.fired_at))

    def why(self, w: Writer) -> list[str]:
        why, lines = w.alert.why, []
        if why.get("oldest"):
            lines.append(counted(f"alert.why.{self._name}", round(w.alert.value), w.language, since=w.date(datetime.fromisoformat(str(why["oldest"])))))
        if cases := why.get("cases"):
            lines.append(w.say("alert.why.cases", cases=w.say("alert.comma").join(digits(str(one), w.language) for one in cases[:5])))
        if owners := why.get("owners"):
            lines.append(w.say("alert.why.owners", owners=w.say("alert.comma").join(isolate(clip(str(one), NAME)) for one in owners[:3])))
        if unowned := w.figure("unowned"):
            lines.append(counted("alert.why.unowned", unowned, w.language))
        return lines or super().why(w)

    def why_not(self, w: Writer) -> list[str]:
        return [w.say(f"alert.why_not.{self._name}")]

    def next(self, w: Writer) -> str:
        return w.say(f"alert.{self._name}.next")

    def answer(self, w: Writer) -> list[str]:
        return []


KINDS: dict[str, Kind] = {
    "spike": Spike(), "negative_share": NegativeShare(), "big_voice": BigVoice(), "harm": Harm(), "ignored_case": IgnoredCase(),
    "resurfaced": Resurfaced(), "rising_topic": RisingTopic(), "sector": Sector(), "stale_source": StaleSource(), "collector_down": CollectorDown(),
    "overdue_case": Duty("overdue"), "broken_promise": Duty("promise"),
}
OTHER = Kind()


def kind(alert: Alert) -> Kind:
    """Return how an alert of this rule speaks."""
    return KINDS.get(kind_of(alert.rule), OTHER)

