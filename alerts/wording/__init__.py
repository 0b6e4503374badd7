"""An alert in words, Persian or English, for one phone screen (PRODUCT §5.1). Pure.

Order matters: what, what to do and who does it, why, who, how far and how fast, the posts, how sure, how bad and why, what we
cannot see. Nothing is said that goes without saying: no reshares, all sources heard. Never a
score without posts, a colour without a word, a share without its count, a reach without its range and method. What does not fit
gives way: posts are cut, then are three, then the lines that explain go, those first that matter least at night.

Text from outside stands between U+2068 and U+2069, so that a Latin name does not turn a Persian line around; control
and override characters are taken out of it first. Markup is the notifier's business.

``writer`` says what all kinds of alerts share, ``kinds`` what each kind of rule says of its own, ``text`` single words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from alerts import evidence as proof
from alerts.wording.kinds import Kind, Tripwire, kind
from alerts.wording.text import FSI, PDI, clip, isolate, rounded, shown_length, span_in_words
from alerts.wording.writer import NAME, Context, Earlier, Writer, said_parts
from listener.types import Alert, AlertState, MentionKey, Message, Reason, ScoredMention
from listener.words import Language

__all__ = ["FSI", "PDI", "SCREEN", "Context", "Earlier", "clip", "compose", "explain", "isolate", "rounded", "said_parts", "shown_length",
           "span_in_words", "title"]

SCREEN = 1_200          # characters a phone shows at once: 30 lines of 40
QUOTE = range(90, 140)  # characters of a post, or all of it: as many as the rest leaves room for; with fewer it says nothing
POSTS = range(3, 6)     # shown: five where they fit; fewer only where nothing else can give way
SHORT = 8               # digits of a fingerprint by which a person names an alert


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a message. Where there is no room those with the largest ``rank`` go first; 0 stays."""

    text: str
    rank: int = 0


def compose(alert: Alert, reason: Reason, evidence: Sequence[ScoredMention], *, language: Language,
            timezone: tzinfo | str = "Asia/Tehran", url: str | None = None, sources: Sequence[str] = (),
            precision: tuple[int, int] | None = None, context: Context | None = None, owner: str | None = None,
            due_at: datetime | None = None, next_owner: str | None = None, drill: bool = False,
            embeddings: Mapping[MentionKey, bytes] | None = None) -> Message:
    """Return the message about ``alert`` for one language.

    ``evidence`` are the alert's mentions as far as they still exist: all of them, or some; at most five are quoted, and
    the reach is that of those given. ``sources`` names what is not heard now, ``precision`` how many of the rule's alerts were real,
    of how many judged, ``owner`` who is called, ``due_at`` until when before ``next_owner`` is. ``drill`` marks an exercise, as does
    ``why["drill"]``. With ``embeddings`` the typical post is the one in the middle of the others. The key is the same for the same change
    of the same alert, so that sending twice is one message.
    """
    zone = ZoneInfo(timezone) if isinstance(timezone, str) else timezone
    writer = Writer(alert, reason, tuple(evidence), language, zone, tuple(sources), precision, context or Context(), owner, due_at,
                    next_owner)
    speaks, drill = kind(alert), drill or bool(alert.why.get("drill"))
    headline = _headline(writer, speaks, drill)
    cast: list[tuple[proof.Role, ScoredMention]] = []
    if reason is Reason.RESOLVED:
        lines = _end(writer, speaks, drill)
    else:
        cast = [] if speaks.blind else proof.cast(writer.mentions, POSTS.stop - 1, embeddings, subject=proof.subject(alert.why))
        lines = _alarm(writer, speaks)
    if drill:
        lines.insert(1, Line(writer.say("alert.drill")))
    lines.append(Line(writer.mark(SHORT)))
    cast, written = _fitted(writer, headline, lines, cast)
    stamp = (alert.updated_at or alert.fired_at).strftime("%Y%m%dT%H%M%S")
    return Message(key=f"{alert.fingerprint}-{reason}-{stamp}-{language}", title=headline, lines=tuple(written),
                   language=language, reason=reason, url=url, quoted=tuple(one for _, one in cast), alert=alert)


def title(alert: Alert, reason: Reason, *, language: Language, timezone: tzinfo | str = "Asia/Tehran") -> str:
    """Return the first line of the message: how bad, who, what."""
    zone = ZoneInfo(timezone) if isinstance(timezone, str) else timezone
    return _headline(Writer(alert, reason, (), language, zone), kind(alert), bool(alert.why.get("drill")))


def explain(alert: Alert, reason: Reason, evidence: Sequence[ScoredMention], *, language: Language,
            timezone: tzinfo | str = "Asia/Tehran", sources: Sequence[str] = (), context: Context | None = None) -> list[str]:
    """Return why it fired and who, how far, how fast, and what is not seen, each a line: for a page, that has room and shows the rest itself.

    Of one that is over: how it ended and how large it grew, nothing of what may come and nothing to do. Of one that somebody has taken
    or answered: that, in place of the next step.
    """
    zone = ZoneInfo(timezone) if isinstance(timezone, str) else timezone
    w = Writer(alert, reason, tuple(evidence), language, zone, tuple(sources), context=context or Context(), later=True)
    speaks = kind(alert)
    fired = [*speaks.why(w), *speaks.why_not(w)]
    if reason is Reason.RESOLVED:
        if speaks.blind:
            return [w.ending(blind=True), *fired]
        return [w.ending(quiet=isinstance(speaks, Tripwire)), *_taken(w), *w.size(), *fired, *w.people(), *w.audience(), *w.certainty()]
    about = [] if speaks.blind else [*w.people(), *w.story(), *w.audience(), *w.spread(), *w.certainty(), *w.coverage(), *w.occasions(), *w.past()]
    if alert.state is AlertState.HANDLED:
        return [*fired, *about, w.say("alert.next.handled")]
    if alert.state is AlertState.ACKNOWLEDGED:
        taken = w.say("alert.next.taken", who=isolate(clip(alert.acknowledged_by or "–", NAME)))
        return [*fired, *about, taken, *speaks.answer(w)]
    return [*fired, *about, speaks.next(w), *speaks.answer(w)]


def _headline(w: Writer, speaks: Kind, drill: bool) -> str:
    over = w.reason is Reason.RESOLVED
    word = w.ended_word(speaks.ended, speaks.blind) if over else f"alert.{w.alert.severity}"
    what = speaks.over(w) if over else speaks.what(w)
    line = w.say("alert.title", severity=w.say(word), subject=isolate(clip(w.alert.subject, NAME)), what=what)
    return w.say("alert.title.drill", title=line) if drill else line


# -- the sorts of message

POSTS_HERE = Line("\0posts")
"""Where the quoted posts stand among the lines."""


def _alarm(w: Writer, speaks: Kind) -> list[Line]:
    head = [w.date(w.at()), speaks.next(w), *w.duty(), *_again(w)]
    if speaks.blind:  # there are no posts to make room for
        return list(map(Line, [*head, *speaks.why(w), *speaks.why_not(w), *w.record()]))
    first, *more = speaks.why(w)
    return [*map(Line, head), Line(first), *_ranked(4, more), *_ranked(3, speaks.why_not(w)),
            *map(Line, w.people()), *_ranked(7, w.story()), *_ranked(1, w.audience()), *_ranked(1, w.spread()), POSTS_HERE,
            *_ranked(4, w.certainty()), *_ranked(5, w.record()), *_ranked(8, w.parts()),
            *map(Line, w.coverage()), *_ranked(2, w.occasions()), *_ranked(6, w.past()), *_ranked(2, speaks.answer(w))]


def _ranked(rank: int, lines: Sequence[str]) -> list[Line]:
    return [Line(line, rank) for line in lines]


def _end(w: Writer, speaks: Kind, drill: bool) -> list[Line]:
    lines = [w.date(w.at()), *_taken(w)]
    lines += [w.say("alert.heard.meaning")] if speaks.blind else [*w.size(), *w.people(), *w.audience(), *w.coverage()]
    if drill:  # nobody can judge whether an exercise was real
        lines.append(w.say("alert.drill.over"))
    elif not speaks.blind:
        lines.append(w.say("alert.next.over"))
    return list(map(Line, lines))


def _again(w: Writer) -> list[str]:
    """Return why people hear of it again."""
    if w.reason not in (Reason.ESCALATED, Reason.REPEAT):
        return []
    ways = [w.say(f"alert.worse.{way}") for way in w.alert.why.get("worse") or () if way in ("severity", "posts", "voice", "platform")]
    if ways:
        return [w.say("alert.worse", ways=w.say("alert.comma").join(ways))]
    return [w.say(f"alert.{w.reason}")]


def _taken(w: Writer) -> list[str]:
    if closed := w.alert.why.get("resolved_by"):
        return [w.say("alert.closed_by", who=isolate(clip(str(closed), NAME)))]
    if taken := w.alert.acknowledged_by:
        return [w.say("alert.taken_by", who=isolate(clip(taken, NAME)))]
    return [w.say("alert.untaken")] if w.untaken and isinstance(kind(w.alert), Tripwire) else []


# -- making it fit

def _fitted(w: Writer, headline: str, lines: Sequence[Line],
            cast: Sequence[tuple[proof.Role, ScoredMention]]) -> tuple[list[tuple[proof.Role, ScoredMention]], list[str]]:
    """Return the posts that are shown and all lines, in ``SCREEN`` characters where that can be."""
    kept = list(lines)
    while True:
        room = SCREEN - shown_length("\n".join((headline, *(line.text for line in kept if line is not POSTS_HERE)))) - 1
        least = max(kept, key=lambda line: line.rank)
        fewest = POSTS.start if least.rank else 1
        for count in dict.fromkeys(min(len(cast), count) for count in range(POSTS.stop - 1, fewest - 1, -1)):
            shown = _chosen(cast, count)
            quotes = _quotes(w, shown, room)
            if shown_length("\n".join(quotes)) <= room:
                return shown, _put(kept, quotes)
        if not least.rank:
            return shown, _put(kept, quotes)
        kept.remove(least)


def _chosen(cast: Sequence[tuple[proof.Role, ScoredMention]], count: int) -> list[tuple[proof.Role, ScoredMention]]:
    """Return ``count`` of the cast in its order: what proves most first, and a dissenting one is never left out."""
    order = [proof.Role.EARLIEST, proof.Role.DISSENTING, proof.Role.TYPICAL, proof.Role.LARGEST, proof.Role.RESHARED, proof.Role.OTHER]
    best = sorted(range(len(cast)), key=lambda place: (order.index(cast[place][0]), place))[:count]
    return [cast[place] for place in sorted(best)]


def _quotes(w: Writer, shown: Sequence[tuple[proof.Role, ScoredMention]], room: int) -> list[str]:
    if not shown:
        return [w.say("alert.gone")] if w.alert.evidence else []
    spare = room - sum(shown_length(w.quote(role, one, 0)) + 1 for role, one in shown)
    longest = {one.mention.key: 0 for _, one in shown}
    for left, (_, one) in zip(range(len(shown), 0, -1), sorted(shown, key=lambda s: len(s[1].mention.full_text)), strict=True):
        longest[one.mention.key] = max(QUOTE.start, min(spare // left, QUOTE.stop))  # what short ones leave goes to the long ones
        spare -= min(longest[one.mention.key], len(one.mention.full_text))
    return [w.quote(role, one, longest[one.mention.key]) for role, one in shown]


def _put(lines: Sequence[Line], quotes: Sequence[str]) -> list[str]:
    return [text for line in lines for text in (quotes if line is POSTS_HERE else (line.text,))]
