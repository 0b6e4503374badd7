"""How the plan of who is called stands at an instant, so that its holes are seen before an alert falls into one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from alerts.paging import Hours, Seat, awake
from alerts.rota import DAY, Duty, Person, handover, on_duty, order
from listener.calendar import Holidays


@dataclass(frozen=True, slots=True)
class Roster:
    """Names of people and receivers, in the order of the plan."""

    on_duty: tuple[str, ...]  # now, in the order in which they are called; none where there is no rota, or a hole in it
    first: str | None  # who is called first of all now; None: nobody, only the team's receivers and the leads
    handover_at: datetime | None  # when others are on duty; None: not within a week
    next_on_duty: tuple[str, ...]
    leads: tuple[str, ...]
    team: tuple[str, ...]  # receivers that are told at once, whoever is on duty
    without_receiver: tuple[str, ...]  # people whom no message reaches
    never_called: tuple[str, ...]  # people with a receiver who stand in no line of the rota and lead nobody
    unused: tuple[str, ...]  # receivers that only such people have: nothing is ever sent there
    quiet_until: datetime | None  # P2 and P3 wait until then; None: they may disturb now


def stand(receivers: Sequence[Seat], people: Sequence[Person], rota: Sequence[Duty], hours: Hours, holidays: Holidays, zone: tzinfo,
          at: datetime) -> Roster:
    """Return how the plan stands at ``at``."""
    names = {seat.name for seat in receivers}
    reached = [person for person in people if names.intersection(person.receivers)]
    called = [person for person in reached if person.role == "lead" or not rota or any(duty.person == person.name for duty in rota)]
    owned = {name for person in people for name in person.receivers}
    used = {name for person in called for name in person.receivers}
    change = handover(rota, at, zone)
    morning = awake(at, hours, holidays, zone)
    return Roster(
        on_duty=tuple(on_duty(rota, at, zone)), first=next((one.name for one in order(rota, people, at, zone) if one in reached), None),
        handover_at=change[0] if change else None, next_on_duty=tuple(change[1]) if change else (),
        leads=tuple(person.name for person in people if person.role == "lead"),
        team=tuple(seat.name for seat in receivers if seat.name not in owned),
        without_receiver=tuple(person.name for person in people if person not in reached),
        never_called=tuple(person.name for person in reached if person not in called),
        unused=tuple(seat.name for seat in receivers if seat.name in owned and seat.name not in used),
        quiet_until=morning if morning > at else None)


def holidays_ahead(holidays: Holidays, today: date, days: int) -> Iterator[date]:
    """Yield the holidays of the next ``days`` days, today among them; weekends are none."""
    return (day for ahead in range(days) if (day := today + ahead * DAY) in holidays.days)
