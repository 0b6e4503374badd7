"""Where cases come from and where else they are kept: opened for an alert, handed over to other systems.

A hand-over is a message like any other: it waits in the outbox, is tried again, goes out once. It goes to colleagues' systems that
``[care] hand_over`` names, never to a customer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode

from alerts.care import cases as life
from alerts.wording.text import clip, isolate
from listener.calendar import format_date
from listener.errors import Refusal
from listener.service.alerts import Alerts, is_open
from listener.service.cases import Cases, CaseView, customer_of
from listener.service.door import named
from listener.text import printable
from listener.types import Alert, AlertState, Delivery, MentionKey, Message, Reason, ScoredMention
from listener.types.care import Case, PromiseState
from listener.words import Language, say

QUOTED = 10  # posts of a case that go along, the latest
LONGEST = 2_000  # characters of one
REFERENCE = 500  # characters of what another system calls a case
STORY, EACH = "story", "each"  # of whom an alert's case is: all its people as one matter, or each of them
MOST_EACH = 50  # cases that one press opens
TAKING = ("assign", "answer")  # moves by which a case gets an owner


class Handing(Cases, Alerts):
    """Cases between the board and everything else."""

    def cases_of(self, keys: Iterable[MentionKey], brand: str | None = None) -> Mapping[MentionKey, Case]:
        """Return the case of each mention that is in one: the newest open one, else the newest."""
        wanted, found = set(keys), dict[MentionKey, Case]()
        for case in sorted(self.store.cases_of(wanted), key=lambda one: (one.open, one.number), reverse=True):
            if brand in (None, case.brand):
                for key in wanted.intersection(case.mentions):
                    found.setdefault(key, case)
        return found

    def cases_of_alert(self, alert: Alert) -> tuple[Case, ...]:
        """Return the cases that were opened for an alert and the open ones that hold a mention of its evidence, the earliest first."""
        found = [one for one in self.store.cases_of(alert.evidence) if one.brand == alert.subject and (one.alert == alert.fingerprint or one.open)]
        return tuple(sorted(found, key=lambda one: one.number))

    def people_of_alert(self, alert: Alert) -> Mapping[str, int]:
        """Return who wrote the alert's evidence, as "kind:id", with how many posts of each, the earliest first; a post of nobody known stands
        under its own key.
        """
        return {name: len(keys) for name, keys in self._by_author(alert).items()}

    def open_cases_of(self, fingerprint: str, who: str, why: str = "", *, of: str = STORY, take: bool = False, seen_at: datetime | None = None) -> tuple[Case, ...]:
        """Return the cases of an alert's evidence, opened by ``who``: all of it as one matter (``STORY``), a case for each author
        (``EACH``), or one for a single author ("kind:id"). ``take``: they are in the hands of ``who``.

        Once each case of an alert has an owner, the alert is handled by them and calls nobody else; before that it goes on calling.
        """
        name, alert = named(who), self._current(fingerprint, seen_at)
        people = self._by_author(alert)
        if of not in (STORY, EACH) and of not in people:
            raise Refusal(f"author {of!r}", "case.author")
        if of == EACH and len(people) > MOST_EACH:
            raise Refusal(f"alert {fingerprint!r}", "case.many", most=MOST_EACH)
        groups = [alert.evidence] if of == STORY else list(people.values()) if of == EACH else [people[of]]
        with self.store.together():
            cases = [self.open_case(keys, name, brand=alert.subject, severity=alert.severity, why=why, alert=alert) for keys in groups]
            if take:
                cases = [self.assign_case(one.number, name) if one.owner is None else one for one in cases]
            self._handle(fingerprint, name, cases)
        return tuple(cases)

    def _by_author(self, alert: Alert) -> Mapping[str, tuple[MentionKey, ...]]:
        found: dict[str, list[MentionKey]] = {}
        for one in self.store.by_keys(alert.evidence, alert.subject):
            if not one.mention.ours:
                found.setdefault(customer_of(one) or ":".join(one.mention.key), []).append(one.mention.key)
        return {name: tuple(keys) for name, keys in found.items()}

    def _move(self, number: int, version: int | None, who: str, what: str, why: str, move: Callable[[Case, datetime], Case]) -> Case:
        with self.store.together():
            after = super()._move(number, version, who, what, why, move)
            if what in TAKING and after.alert is not None:
                self._handle(after.alert, who, [after])
        return after

    def _handle(self, fingerprint: str, who: str, cases: Sequence[Case]) -> None:
        """Let an open alert be handled by its cases where each of them that is open has an owner."""
        alert = self.store.alert(fingerprint)
        if alert is None or not is_open(alert) or alert.state is AlertState.HANDLED:
            return
        waiting = {one.number: one for one in (*(case for case in self.store.cases_of(alert.evidence) if case.alert == fingerprint), *cases)}
        if all(one.owner or one.unit or not one.open for one in waiting.values()):
            language = self.settings.language
            self.handle(fingerprint, who, ("، " if language == "fa" else ", ").join(say("care.handled", language, number=one) for one in sorted(waiting)))

    def receivers_of_cases(self) -> tuple[str, ...]:
        """Return the receivers that a case can be handed over to."""
        return self.settings.care.hand_over

    def hand_over(self, number: int, receiver: str, who: str, *, version: int | None = None) -> Case:
        """Send what is known of a case to another system of ours: once, however often it is asked for.

        What the system calls it comes back as a link of the case (``handed_over``), where it says so.
        """
        name, view = named(who), self.case(number)
        if receiver not in self.receivers_of_cases():
            known = tuple(self.receivers_of_cases())
            raise Refusal(f"receiver {receiver!r}", "hand_over.receiver", known=known) if known else Refusal(f"receiver {receiver!r}", "hand_over.nowhere")
        if view is None:
            raise Refusal(f"case {number}", "case.unknown")
        language = next(one.language for one in self.settings.receivers if one.name == receiver)
        message = self._told(view, language)
        with self.store.together():
            if not self.store.add_deliveries([Delivery(message.key, receiver, message, self.now())]):
                raise Refusal(f"case {number}", "hand_over.again", receiver=receiver)
            return self._move(number, version, name, "hand over", receiver, lambda case, at: life.changed(case, at=at))

    def handed_over(self, delivery: Delivery, reference: str) -> None:
        """Keep what another system calls a case: its number or address there."""
        number, there = delivery.message.case, " ".join(printable(reference).split())[:REFERENCE]
        case = self.store.case(number) if number is not None else None
        if case is not None and there and (delivery.receiver, there) not in case.links:
            self.link_case(case.number, delivery.receiver, there, delivery.receiver)

    def case_address(self, number: int) -> str | None:
        """Return where the board shows a case; None where the board has no address."""
        return f"{self.settings.board.link}/cases?{urlencode({'case': number})}" if self.settings.board.link else None

    def _told(self, view: CaseView, language: Language) -> Message:
        """Return the message of a case: what is known, and the posts in the customer's own words."""
        case, zone = view.case, self.settings.zone_of(view.case.brand)

        def line(name: str, **values: object) -> str:
            return say(f"care.hand.{name}", language, **values)

        kind, severity = say(f"care.kind.{case.kind}", language), say(f"alert.{case.severity}", language)
        lines = [line("facts", kind=kind, severity=severity, state=say(f"care.state.{case.state}", language)),
                 line("opened", when=format_date(case.opened_at, language, zone), who=isolate(clip(case.opened_by, 80)))]
        if case.owner or case.unit:
            lines.append(line("owner", who=isolate(clip(" · ".join(one for one in (case.owner, case.unit) if one), 160))))
        if case.due_at is not None:
            lines.append(line("due", when=format_date(case.due_at, language, zone)))
        quoted = [one for one in view.mentions if not one.mention.ours][-QUOTED:]
        for one in quoted:
            lines.append(line("post", text=isolate(clip(printable(one.mention.full_text), LONGEST)), who=isolate(clip(_author(one), 80) or line("unknown")),
                              when=format_date(one.mention.published_at, language, zone)))
            if one.mention.url and one.mention.url.startswith(("https://", "http://")):
                lines.append(printable(one.mention.url))
        lines += [line("promise", text=isolate(clip(printable(one.text), 300)), when=format_date(one.due_at, language, zone))
                  for one in view.promises if one.state is PromiseState.CONFIRMED and one.due_at is not None]
        lines.append(line("nothing_sent"))
        return Message(f"case:{case.number}:{case.opened_at:%Y%m%dT%H%M%S}", line("title", number=case.number, kind=kind, brand=isolate(case.brand)), tuple(lines),
                       language, Reason.FIRST, self.case_address(case.number), tuple(quoted), case=case.number)


def _author(one: ScoredMention) -> str:
    author = one.mention.author
    return "" if author is None else author.name or author.id or ""
