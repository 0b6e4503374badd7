"""The sections of the care loop in a digest (PRODUCT §6): cases, promises, who came back, who was praised. Pure.

What nothing is known of is left out; a share or a median of too few is told as a count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from alerts.care.performance import MEDIAN_OF
from alerts.digest.figures import NAME, Figures
from alerts.digest.links import Links
from alerts.digest.nouns import CareFacts, Line, Quote, Section, Treated
from alerts.wording.text import clip, isolate
from listener.types.care import Case

NAMED = 5  # overdue cases and broken promises that are named
PRAISED = 5
QUOTE = 220
Named = TypeVar("Named")


def sections(facts: CareFacts, figures: Figures, links: Links) -> tuple[Section, ...]:
    """Return the sections there is something to say in."""
    return tuple(one for one in (_cases(facts, figures, links), _promises(facts, figures, links), _back(facts, figures), _praise(facts, figures)) if one)


def holder(case: Case, figures: Figures) -> str:
    """Return who has a case."""
    return isolate(clip(case.owner or case.unit or "", NAME)) if case.owner or case.unit else figures.say("care.nobody")


def commonest(cases: Sequence[Case]) -> Treated | None:
    """Return what ended cases came to most often; None where none of them ended."""
    remedies = Counter(one.remedy for one in cases if one.remedy is not None)
    causes = Counter(one.cause for one in cases if one.remedy is not None and one.cause)
    if not remedies:
        return None
    cause, caused = _most(causes.most_common(2))
    remedy, remedied = _most(remedies.most_common(2))
    return Treated(cause, caused, causes.total(), remedy, remedied, remedies.total())


def _most(ordered: Sequence[tuple[Named, int]]) -> tuple[Named | None, int]:
    """Return the first of two, and how often it is; None of equals, since neither is the commonest."""
    return (None, 0) if not ordered or ordered[0][1] == ordered[-1][1] and len(ordered) > 1 else ordered[0]


def _cases(facts: CareFacts, figures: Figures, links: Links) -> Section | None:
    if not (facts.opened or facts.closed or facts.open):
        return None
    lines = [Line(figures.say("care.cases", opened=facts.opened, closed=facts.closed, open=facts.open), links.cases())]
    if facts.answers:
        times = sorted(facts.answers)
        middle = times[len(times) // 2] if len(times) % 2 else (times[len(times) // 2 - 1] + times[len(times) // 2]) / 2
        lines.append(Line(figures.say("care.answer", span=_worked(figures, middle), n=len(times)) if len(times) >= MEDIAN_OF
                          else figures.say("care.answer_few", n=len(times))))
    lines.append(Line(figures.say("care.overdue", n=len(facts.overdue)), links.cases("overdue"), strong=True) if facts.overdue
                 else Line(figures.say("care.none_overdue")))
    lines += [Line(figures.say("care.case", number=one.number, owner=holder(one, figures)), links.case(one.number), keys=one.mentions[:20]) for one in facts.overdue[:NAMED]]
    if facts.apologies:
        lines.append(Line(figures.say("care.apologies", n=facts.apologies)))
    return figures.section("cases", lines=tuple(lines))


def _promises(facts: CareFacts, figures: Figures, links: Links) -> Section | None:
    settled = facts.kept + len(facts.broken)
    if not (settled or facts.late):
        return None
    lines = [Line(figures.say("care.promises", kept=facts.kept, of=settled), links.cases())] if settled else []
    for key, some in (("late", facts.late), ("broken", facts.broken)):
        if some:
            lines.append(Line(figures.say(f"care.{key}", n=len(some)), links.cases(), strong=True))
            lines += [Line(figures.say("care.promise", text=isolate(clip(one.text, QUOTE)), when=figures.when(one.due_at or one.made_at)),
                           links.case(one.case) if one.case is not None else None, keys=(one.mention,) if one.mention else ()) for one in some[:NAMED]]
    return figures.section("promises", lines=tuple(lines))


def _back(facts: CareFacts, figures: Figures) -> Section | None:
    told = [(days, one) for days, one in facts.back if one.n]
    if not told:
        return None
    lines = []
    for days, one in told:
        if one.share is not None and one.interval is not None:
            lines.append(Line(figures.say("care.back", days=days, share=figures.share(one.share, *one.interval), n=one.n, back=one.positive)))
        else:
            lines.append(Line(figures.say("care.back_few", days=days, n=one.n, back=one.positive)))
        lines.append(Line(figures.say("care.outcomes", neutral=one.neutral, lost=one.negative, silent=one.silent)))
    return figures.section("back", lines=tuple(lines), notes=(Line(figures.say("care.silence")),))


def _praise(facts: CareFacts, figures: Figures) -> Section | None:
    if not facts.praised:
        return None
    lines = [Line(figures.say("care.praised", n=one.authors, name=isolate(one.who.name)) if one.authors else isolate(one.who.name),
                  keys=tuple(heard.key for heard in one.mentions[:20])) for one in facts.praised[:PRAISED]]
    quotes = tuple(Quote(isolate(clip(one.mentions[0].text, QUOTE)), figures.day(one.mentions[0].at), None, one.mentions[0].key, about=isolate(one.who.name))
                   for one in facts.praised[:PRAISED])
    return figures.section("staff", lines=tuple(lines), quotes=quotes)


def _worked(figures: Figures, span: timedelta) -> str:
    """Return working time in hours, below one and a half in minutes: a working day has no twenty-four."""
    minutes = round(span.total_seconds() / 60)
    return figures.say("care.minutes", n=minutes) if minutes < 90 else figures.say("care.hours", n=round(minutes / 60, 1))
