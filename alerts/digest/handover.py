"""The note at a change of shift: what is open, silenced and not seen, and who has the phone now. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from alerts.digest.build import NAMED, silent_lines, unseen_lines
from alerts.digest.figures import NAME, Figures, headed
from alerts.digest.links import Links
from alerts.digest.nouns import Digest, Line, Section, Shift
from alerts.rota import Duty, on_duty
from alerts.wording.text import clip, isolate
from listener.types import AlertState
from listener.words import Language

EVERYTHING = "*"
"""Whose note it is: whoever has the phone has it for all brands."""
TITLE = 220
BLINK = timedelta(seconds=1)


def changes(rota: Sequence[Duty], since: datetime, until: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Yield the instants in ``(since, until]`` at which somebody else is on duty than a moment before, in order."""
    day, found = since.astimezone(zone).date() - timedelta(days=2), set()
    while day <= until.astimezone(zone).date():
        found |= {at for duty in rota if (shift := duty.shift(day, zone)) for at in shift}
        day += timedelta(days=1)
    for at in sorted(found):
        if since < at <= until and set(on_duty(rota, at - BLINK, zone)) != set(on_duty(rota, at, zone)):
            yield at


def handover(shift: Shift, language: Language, zone: tzinfo = UTC) -> Digest:
    """Return the note in one language."""
    figures, links = Figures(language, zone), Links(shift.board, EVERYTHING, shift.period, language)
    opened = tuple(Line(figures.say("handover.open", title=headed(one.title, TITLE), when=figures.when(one.alert.fired_at), state=_state(one.alert, figures)),
                        links.alert(one.alert.fingerprint), keys=one.alert.evidence[:NAMED]) for one in shift.open)
    told = Line(figures.say("handover.fired", n=shift.fired, of=figures.count(shift.still_open)) if shift.fired else figures.say("handover.quiet"))
    silences, unseen = silent_lines(shift.silences, figures), unseen_lines(shift.unseen, figures, links)
    sections: list[Section | None] = [
        figures.section("duty", lines=(_people("on", shift.coming, figures), *((_people("off", shift.leaving, figures),) if shift.leaving else ()))),
        figures.section("open", lines=opened or (Line(figures.say("handover.none")),), notes=(told,)),
        *shift.parts,
        figures.section("silences", lines=silences) if silences else None,
        figures.section("unseen", lines=unseen) if unseen else None,
    ]
    written = shift.period.written(language, zone)
    heading = figures.say("heading.shift")
    made = figures.say("made", when=figures.when(shift.made_at), id=shift.period.name)
    return Digest(
        brand=EVERYTHING, every=str(shift.period.every), period=shift.period.name, language=language, made_at=shift.made_at,
        title=figures.say("title", heading=heading, period=written), heading=heading, header=(Line(written, strong=True),),
        sections=tuple(replace(one, number=number) for number, one in enumerate((one for one in sections if one), 1)), footer=(Line(made),),
        short=not (opened or silences or unseen or shift.parts),
        figures={"open": len(shift.open), "fired": shift.fired, "silenced": len(shift.silences)})


def _people(key: str, names: Sequence[str], figures: Figures) -> Line:
    if not names:
        return Line(figures.say("handover.nobody"), strong=True)
    return Line(figures.say(f"handover.{key}", names=figures.say("comma").join(isolate(clip(name, NAME)) for name in names)), strong=key == "on")


def _state(alert: object, figures: Figures) -> str:
    who = getattr(alert, "acknowledged_by", None)
    if who:
        return figures.say("handover.taken", who=isolate(clip(str(who), NAME)))
    return figures.say("handover.handled") if getattr(alert, "state", None) is AlertState.HANDLED else figures.say("handover.free")
