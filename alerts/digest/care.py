"""The sections of the care loop in a digest (PRODUCT §6): cases, promises, who came back, who was praised. Pure.

What nothing is known of is left out; a share or a median of too few is told as a count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from alerts.care.performance import MEDIAN_OF
from alerts.care.recognition import Praise
from alerts.care.winback import Rate
from alerts.digest.figures import Figures
from alerts.digest.links import Links
from alerts.digest.nouns import Line, Quote, Section
from alerts.wording.text import clip, isolate
from listener.text import printable
from listener.types.care import Case, Promise

NAMED = 5  # overdue cases and broken promises that are named
PRAISED = 5
QUOTE = 220


@dataclass(frozen=True, slots=True)
class CareFacts:
    """What happened in a span, and how things stand at its end."""

    opened: int
    closed: int
    open: int
    overdue: tuple[Case, ...]
    answers: tuple[timedelta, ...]  # working time to the first answer, of those answered in the span
    kept: int  # promises whose time came in the span
    broken: tuple[Promise, ...]
    late: tuple[Promise, ...]  # past their time, and nobody has said yet
    apologies: int  # answers that apologised and mended nothing
    back: tuple[tuple[int, Rate], ...]  # days, outcomes of cases whose span ended in the digest's
    praised: tuple[Praise, ...]


def sections(facts: CareFacts, figures: Figures, links: Links) -> tuple[Section, ...]:
    """Return the sections there is something to say in."""
    return tuple(one for one in (_cases(facts, figures, links), _promises(facts, figures, links), _back(facts, figures), _praise(facts, figures)) if one)


def _titled(figures: Figures, name: str, lines: Sequence[Line], *, quotes: tuple[Quote, ...] = (), notes: tuple[Line, ...] = ()) -> Section:
    return Section(0, name, figures.say(f"section.{name}"), lines=tuple(lines), quotes=quotes, notes=notes)


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
    lines += [Line(figures.say("care.case", number=one.number, owner=isolate(clip(one.owner or one.unit or "", 80)) if one.owner or one.unit
                               else figures.say("care.nobody")), links.case(one.number), keys=one.mentions[:20]) for one in facts.overdue[:NAMED]]
    if facts.apologies:
        lines.append(Line(figures.say("care.apologies", n=facts.apologies)))
    return _titled(figures, "cases", lines)


def _promises(facts: CareFacts, figures: Figures, links: Links) -> Section | None:
    settled = facts.kept + len(facts.broken)
    if not (settled or facts.late):
        return None
    lines = [Line(figures.say("care.promises", kept=facts.kept, of=settled), links.cases())] if settled else []
    if facts.late:
        lines.append(Line(figures.say("care.late", n=len(facts.late)), links.cases(), strong=True))
    lines += [Line(figures.say("care.promise", text=isolate(clip(printable(one.text), QUOTE)), when=figures.when(one.due_at or one.made_at)),
                   links.case(one.case) if one.case is not None else None, keys=(one.mention,) if one.mention else ())
              for one in (*facts.late, *facts.broken)[:NAMED]]
    return _titled(figures, "promises", lines)


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
    return _titled(figures, "back", lines, notes=(Line(figures.say("care.silence")),))


def _praise(facts: CareFacts, figures: Figures) -> Section | None:
    if not facts.praised:
        return None
    lines = [Line(figures.say("care.praised", n=one.authors, name=isolate(one.who.name)) if one.authors else isolate(one.who.name),
                  keys=tuple(heard.key for heard in one.mentions[:20])) for one in facts.praised[:PRAISED]]
    quotes = tuple(Quote(clip(printable(one.mentions[0].text), QUOTE), figures.day(one.mentions[0].at), None, one.mentions[0].key, about=one.who.name)
                   for one in facts.praised[:PRAISED])
    return _titled(figures, "staff", lines, quotes=quotes)


def _worked(figures: Figures, span: timedelta) -> str:
    """Return working time in hours, below one and a half in minutes: a working day has no twenty-four."""
    minutes = round(span.total_seconds() / 60)
    return figures.say("care.minutes", n=minutes) if minutes < 90 else figures.say("care.hours", n=round(minutes / 60, 1))
