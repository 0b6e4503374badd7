"""The promises in our own answers, Persian and English: what was promised, and when it is due. Pure.

A promise is something we say we shall do for this customer by a time that can be told. It is none when it looks back, is
denied, asked, or hangs on something else ("once you send …"), when the customer is the one to act ("please send within 24
hours"), when it says how things usually go ("orders usually arrive within 2 days", "refunds are processed within 5 days";
but "your refund will be processed within 5 days" is one), how long something is open or valid, or only hopes. A try and an
expectation ("we expect to …", «سعی می‌کنیم …») is one of less certainty. Without a time («به‌زودی», "soon") there is nothing to keep
a ledger of.

Every sentence is read alone. ``when`` finds the times, ``persian`` and ``english`` decide whether the verb that rules one promises.
A date whose weekday is another one is asked back: the ledger shows both days and a person says which.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.care.promises import english, persian
from alerts.care.promises.apologies import apologises_only
from alerts.care.promises.persian import Kind
from alerts.care.promises.plain import sentences
from alerts.care.promises.when import times
from listener.calendar import DAYS, GREGORIAN_MONTHS, MONTHS, Hours, jalali, weekday
from listener.words import Language, digits, say

VERSION = "promises@1"
MOST = 12  # times of one sentence that are looked at: reading must not grow with the square of what strangers write
KINDS: tuple[Kind, ...] = ("refund", "delivery", "call back", "answer", "fix", "follow-up", "other")


@dataclass(frozen=True, slots=True)
class Promise:
    """What an answer promised. ``due`` is an instant in the clock's zone."""

    text: str  # as it stands in the answer
    what: Kind
    due: datetime
    certainty: float  # 0..1, of the reader: how plainly it was promised, and the time said
    by_weekday: datetime | None = None  # the date names another weekday than it has: due by the weekday instead; asked back
    language: Language = "fa"

    def question(self, language: Language | None = None) -> str | None:
        """Return what a person must be asked before it counts, in their language or the answer's; None: nothing."""
        return None if self.by_weekday is None else question(self.due, self.by_weekday, language or self.language)


@dataclass(frozen=True, slots=True)
class Read:
    """What stands in an answer. ``apology_only``: it apologises, and neither promises, tells nor asks anything that mends it."""

    promises: tuple[Promise, ...] = ()
    apology_only: bool = False


def question(by_date: datetime, by_weekday: datetime, language: Language) -> str:
    """Return the question whether the date or the weekday is meant. Both instants in the brand's zone."""
    names = DAYS[language]
    return say("promise.weekday", language, day=_day(by_date, language), other=_day(by_weekday, language),
               weekday=names[weekday(by_date.date())], said=names[weekday(by_weekday.date())])


def _day(due: datetime, language: Language) -> str:
    its = jalali(due.date())
    return (digits(f"{its.day} {MONTHS['fa'][its.month - 1]}", "fa") if language == "fa"
            else f"{due.day} {GREGORIAN_MONTHS['en'][due.month - 1]}")


def read(text: str, at: datetime, hours: Hours) -> Read:
    """Return what an answer given at ``at`` promises; days and working days are those of ``hours``. Raises: ValueError for a naive ``at``."""
    if at.tzinfo is None:
        raise ValueError(f"promises: {at!r} has no time zone")
    found: dict[tuple[Kind, datetime], Promise] = {}
    parts = list(sentences(text))
    for sentence in parts:
        judge = persian.commitment if sentence.language == "fa" else english.commitment
        for when in times(sentence.text, at, hours)[:MOST]:
            made = judge(sentence, when)
            if made is None:
                continue
            due, other = when.fits or (when.due, None)
            promise = Promise(sentence.written(text, made.start, made.end), made.kind, due, round(made.certainty * when.certainty, 2), other, sentence.language)
            found.setdefault((made.kind, due), promise)
    promises = tuple(sorted(found.values(), key=lambda one: one.due))
    return Read(promises, not promises and apologises_only(parts))
