"""A customer who was left alone goes public: what begins with nine months of letters ends as a song (PRODUCT §9, R2).

**When it fires.** At a sure negative mention in which the author says to have tried ``times`` (3) times or to have
waited for ``days`` (7) days («بار سوم است», «سه ماه است پیگیرم», "still no reply after two weeks"), or that nobody
answers («هیچ‌کس جواب نمی‌دهد»): ``alerts.ignored_words`` knows how people put it, in Persian, also in Latin letters, and
English. Or when the same author complains for the third time within ``again_within`` (30 days), on occasions at least
``apart`` (12 hours) from each other: a thread of posts is one occasion, a reshare none.

**When it cannot.** Other words for it; the author is not named and does not say so; the model is unsure of the tone; what
became known more than a day after it was published or has no exact time.

**One thread.** Mentions are one incident while each follows within ``group`` of the last; the first opens it
(``why["new"]``), the others join, and its value is how many people were left alone (a hundred at most). ``told_by`` of them say so
themselves, ``repeated_by`` of the others complained for the third time. ``needed`` and
``seen`` are times or days, where the author gives a number.

**How bad.** One customer is a case for care and no page: P3. P2 for a month of waiting or five times, for three people in one
incident, for a large voice. It ends ``group`` after the last.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field

from alerts.ignored_words import VERSION as WORDS
from alerts.ignored_words import find
from alerts.tripwire import NEWS, PEOPLE, Complaints, Incidents, account, complains, finding, news, sayer, shortened
from listener.types import Facts, Finding, ScoredMention, State

VERSION = "ignored_case@2"
LONG = {"again": 5, "waiting": 30}  # times and days from which one customer alone is worth a call
COMPLAINTS = 2   # before this one make it the third
AUTHORS = 500    # who complained at least twice are remembered


class Options(BaseModel, frozen=True, extra="forbid"):
    """When somebody was left alone."""

    times: int = Field(default=3, ge=2)
    days: int = Field(default=7, ge=1)
    again_within: timedelta = Field(default=timedelta(days=30), gt=timedelta(0), le=timedelta(days=90))
    apart: timedelta = Field(default=timedelta(hours=12), gt=timedelta(0))
    group: timedelta = Field(default=timedelta(hours=24), gt=timedelta(0), le=timedelta(days=7))


class IgnoredCaseRule:
    kind = "ignored_case"
    about = "brand"
    on = "mention"
    history = timedelta(days=1)

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Return the new memory and what was found among the fresh mentions, in the order they became known."""
        incidents = Incidents(state.get("incidents", {}), self.options.group)
        complaints, findings = Complaints(facts), []
        before: dict[str, list[str]] = {name: list(times) for name, times in state.get("complaints", {}).items()}
        people: dict[str, list[str]] = {name: list(known) for name, known in state.get("people", {}).items()}
        for one, at in news(facts, complaints):
            if not complains(one):
                continue
            count = self._occasions(one, at, complaints, before)
            signs = find(one.mention.full_text, times=self.options.times, days=self.options.days)
            why: dict[str, Any]
            if signs:
                sign = signs[0]
                why = {"sign": sign.sign, "word": sign.phrase[:80], "alone": sign.number is not None and sign.number >= LONG[sign.sign]}
                if sign.number is not None:
                    why |= {"seen": sign.number, "needed": self.options.times if sign.sign == "again" else self.options.days}
            elif count > COMPLAINTS:
                why = {"sign": "repeated", "alone": False, "seen": count, "needed": COMPLAINTS + 1,
                       "within": int(self.options.again_within.total_seconds())}
            else:
                continue
            incident, new = incidents.take("ignored", one, at)
            if new:
                people = {"told": [], "repeated": []}
            _counted(people, "told" if signs else "repeated", sayer(one))
            findings.append(finding(
                self.kind, facts, one, at, value=len(incident.people), expected=0.0, lasts=self.options.group,
                story=incident.story,
                why={"version": VERSION, "words": WORDS, "new": new, "authors": len(incident.people),
                     "joined": incident.mentions, "begun_at": incident.begun_at.isoformat(),
                     "told_by": len(people["told"]), "repeated_by": len(people["repeated"]), "again_times": COMPLAINTS + 1,
                     "again_within": int(self.options.again_within.total_seconds()), **why}))
        oldest = self._oldest(facts.until)
        return {"incidents": incidents.written(), "people": people,
                "complaints": {name: times for name, times in sorted(before.items()) if times[-1] >= oldest}}, findings

    def _oldest(self, at: datetime) -> str:
        """Return how old what is remembered at an instant may be."""
        return (at - self.options.again_within - NEWS).isoformat()

    def _occasions(self, one: ScoredMention, at: datetime, complaints: Complaints, before: dict[str, list[str]]) -> int:
        """Return on how many occasions within the time the author has complained, this one counted: 1, 2, or 3 for more too.

        The facts know when an author last complained, not how often: who does so for a second time is remembered.
        """
        who, published = account(one), one.mention.published_at
        if who is None or one.mention.reshare_of is not None:
            return 0
        name, last = shortened(who), complaints.before(one)
        if name in before and before[name][-1] < self._oldest(at):
            del before[name]
        times = [datetime.fromisoformat(written) for written in before.get(name, [])]
        if not times and last is not None:
            times = [last]
        times = [when for when in times if published - when <= self.options.again_within]
        if not times:
            before.pop(name, None)
            return 1
        if published - times[-1] >= self.options.apart:
            times.append(published)
        if len(times) > 1:
            before[name] = [when.isoformat() for when in times[-COMPLAINTS:]]
            if len(before) > AUTHORS:  # at once, not at the end: many mentions in one call give what they give one at a time
                del before[min(before, key=lambda known: (before[known][-1], known))]
        return len(times)


def _counted(people: dict[str, list[str]], name: str, who: str) -> None:
    """Count an author for the condition that holds, once: who says so is not counted for complaining again, too."""
    for known in ("told", "repeated"):
        people.setdefault(known, [])
    if name == "told" and who in people["repeated"]:
        people["repeated"].remove(who)
    if who not in people["told"] + people["repeated"] and len(people["told"]) + len(people["repeated"]) < PEOPLE:
        people[name].append(who)
