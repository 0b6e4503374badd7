"""Care: what was said since moves the cases it belongs to, and what is due is reminded of.

Answers of our own that answer a mention of a case answer the case; what its customer says next joins it; promises in our answers
go into the ledger, for a person to confirm; alerts of the rules that ``[care]`` names open cases; weeks after a case has ended it
is looked whether the customer came back; once a month it is told which colleagues were praised. Each step is idempotent: killed at
any moment and run again it goes on where it was.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from alerts.care import ledger, thanks, winback
from alerts.care.recognition import QUOTES
from alerts.digest.periods import Every, last
from alerts.notifiers import CASES_ONLY
from listener.calendar import format_date
from listener.service import Service
from listener.types import Alert, AlertState, Delivery, MentionKey, Message, Reason
from listener.types.care import CaseState, Promise, PromiseState
from listener.words import say

ITSELF = "goosh"
BATCH = 500
AGAIN = timedelta(minutes=10)  # so far back is looked again: another process may have committed what it scored before
LATEST = timedelta(days=2)  # an alert that fired before opens no case by itself any more
LATE = timedelta(days=14)  # so long after its day a case is still judged, and a month still thanked for: the house may not have run
FIRST = timedelta(minutes=1)  # of a month's working time, after which it is thanked for the one before
MOST_JUDGED = 10_000
ENDED = (CaseState.RESOLVED, CaseState.SILENT, CaseState.LOST, CaseState.WON_BACK)
OPEN = (AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.HANDLED)


class Caring:
    """Looks after cases, in one process."""

    def __init__(self, service: Service) -> None:
        self.service, self.store, self.settings = service, service.store, service.settings
        self._heard_until: datetime | None = None
        self._judged_on: date | None = None
        self._thanked: set[tuple[str, str]] = set()  # brand and month

    def look(self) -> int:
        """Make one round; return how many cases, promises and reminders it touched."""
        return self.open_cases() + self.read_answers() + self.join_answers() + self.hear() + self.remind() + self.thank() + self.judge()

    def open_cases(self) -> int:
        """Open a case for each alert of the rules that do so; one that has a case already has it."""
        rules, opened = set(self.settings.care.opened_by), 0
        for alert in self.store.alerts(since=self.service.now() - LATEST, limit=BATCH) if rules else ():
            if alert.rule in rules and alert.state in OPEN and self.store.by_keys(alert.evidence, alert.subject) and not self._has_case(alert):
                self.service.open_case(alert.evidence, f"{ITSELF} ({alert.rule})", brand=alert.subject, severity=alert.severity, alert=alert)
                opened += 1
        return opened

    def _has_case(self, alert: Alert) -> bool:
        return any(one.alert == alert.fingerprint or one.open or one.opened_at >= alert.fired_at for one in self.store.cases_of(alert.evidence))

    def read_answers(self) -> int:
        """Read our own answers once each: they answer cases, and may promise something."""
        touched = 0
        while answers := self.store.unread_answers(BATCH):
            read: dict[MentionKey, bool] = {}
            for answer in answers:
                found, apology = ledger.written(answer.mention, answer.brand, self.settings.working_hours)
                touched += self.store.add_promises(found)
                read[answer.mention.key] = apology
            self.store.answers_read(list(read.items()))
        return touched

    def join_answers(self) -> int:
        """Let our own answers join the case of what they answer, whichever of the two was there first."""
        found = self.store.answers_of_cases(resolved_since=self.service.now() - self.settings.care.days[-1], limit=BATCH)
        for number, answer in found:
            case, said = self.store.case(number), answer.mention
            self.service.join_case(number, [said.key], ITSELF, complains=False)
            if case is not None and case.open:
                self.service.answer_case(number, ITSELF, said.full_text[:200], public=True, said_at=said.published_at)
            self.store.promises_to_case(said.key, number)
        return len(found)

    def hear(self) -> int:
        """Let what customers of cases said since join them; a new complaint starts the clock anew, a thanks does not."""
        now = self.service.now()
        since = datetime.min.replace(tzinfo=now.tzinfo) if self._heard_until is None else self._heard_until - AGAIN
        longest = self.settings.care.days[-1]
        heard = self.store.heard_again(known_since=max(since, now - longest), resolved_since=now - longest, limit=BATCH)
        analyses = self.store.analyses([one.mention.key for _, one in heard])
        for number, one in heard:
            analysis = analyses.get(one.mention.key)
            complains = thanks.complains(one.mention.full_text, one.score, analysis.intent if analysis else None)
            self.service.join_case(number, [one.mention.key], ITSELF, complains=complains)
        if len(heard) < BATCH:
            self._heard_until = now
        return len(heard)

    def remind(self) -> int:
        """Remind of promises that are due soon: once each, to the receivers of who owns it, else to those that are nobody's own."""
        now = self.service.now()
        horizon = self.settings.working_hours.add(now, self.settings.care.remind)
        due = self.store.promises(states=[PromiseState.CONFIRMED], due_since=now, due_until=horizon, limit=BATCH)
        return self.store.add_deliveries([delivery for one in due for delivery in self._reminders(one, now)])

    def _reminders(self, promise: Promise, now: datetime) -> list[Delivery]:
        case = self.store.case(promise.case) if promise.case is not None else None
        owner = case.owner if case and case.owner else promise.confirmed_by
        owned = {name for person in self.settings.people for name in person.receivers}
        own = next((person.receivers for person in self.settings.people if person.name == owner), ())
        made = []
        for receiver in self.settings.receivers:
            if receiver.kind in CASES_ONLY:
                continue
            if receiver.name not in (own or ()) and (own or receiver.name in owned):
                continue
            language = receiver.language
            due = format_date(promise.due_at or now, language, self.settings.zone)
            lines = [say("care.remind.line", language, text=promise.text)]
            if case is not None:
                lines.append(say("care.remind.case", language, number=case.number))
            key = f"promise:{promise.id}:{promise.version}:remind"
            message = Message(key, say("care.remind.title", language, brand=promise.brand, due=due),
                              (*lines, say("care.remind.next", language)), language, Reason.NONE)
            made.append(Delivery(key, receiver.name, message, now))
        return made

    def thank(self) -> int:
        """Send the mail of recognition of the month that is over, where anybody was praised: once, in the first working hour."""
        receivers = [one for one in self.settings.receivers if one.name in self.settings.care.recognition and one.kind not in CASES_ONLY]
        now, sent = self.service.now(), 0
        for brand in self.service.brands() if receivers and self.settings.staff else ():
            zone = self.settings.zone_of(brand)
            month = last(Every.MONTH, now, zone)
            over = month.span(zone)[1]
            if (brand, month.name) in self._thanked or not self.settings.working_hours.add(over, FIRST) <= now <= over + LATE:
                continue
            self._thanked.add((brand, month.name))
            keys = [heard.key for one in self.service.praised(brand, since=month.span(zone)[0], until=over) for heard in one.mentions[:QUOTES]]
            if not keys:
                continue
            quoted, key, made = tuple(self.store.by_keys(keys, brand)), f"recognition:{month.name}:{brand}", []
            for receiver in receivers:
                title, *lines = self.service.recognition_letter(brand, month, receiver.language).split("\n")
                message = Message(key, title, tuple(line for line in lines if line), receiver.language, Reason.NONE, quoted=quoted)
                made.append(Delivery(key, receiver.name, message, now))
            sent += self.store.add_deliveries(made)
        return sent

    def judge(self) -> int:
        """Say of cases that ended so many days ago whether the customer came back; once a day, once for each of the days of [care]."""
        now, judged = self.service.now(), 0
        if self._judged_on == now.date():
            return 0
        for span in self.settings.care.days:
            for case in self.store.cases(states=ENDED, resolved_since=now - span - LATE, resolved_until=now - span, limit=MOST_JUDGED):
                name = str(span.days)
                if case.author is None:  # nobody to come back, or several people, who are counted one by one (``win_back``)
                    continue
                if any(one.what == "judge" and one.why == name for one in self.store.case_events(case.number)):
                    continue
                found = winback.outcome(case.resolved_at or now, self.service.said_since(case, case.author), span, now)
                state = None if found is None else winback.STATES[found]
                if state is not None and state is not case.state:
                    self.service.judge_case(case.number, state, ITSELF, name)
                    judged += 1
        self._judged_on = now.date()
        return judged
