"""Who is praised, how cases are handled, whether customers come back, and what is a thanks."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from alerts.care import performance, recognition, thanks, winback
from alerts.care.performance import Handled, Kept, Turn
from alerts.care.recognition import Heard, Honoured, Roster, praises
from alerts.care.winback import Ended, Outcome, Word
from alerts.precision import wilson
from listener.calendar import Hours
from listener.types import Label, MentionKey, Score
from listener.types.care import CaseState

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
DAY = timedelta(days=1)
HOURS = Hours({day: ((time(9), time(17)),) for day in range(5)}, ZoneInfo("Asia/Tehran"))
GOOD, BAD, NEUTRAL, UNSURE = Score(0.02, 0.08, 0.9, "fa", "m"), Score(0.9, 0.08, 0.02, "fa", "m"), Score(0.1, 0.8, 0.1, "fa", "m"), Score(0.3, 0.3, 0.4, "fa", "m", 0.6)


# ---- thanks --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    "ممنون از پیگیریتون 🙏", "مرسی مشکلم حل شد", "دستتون درد نکنه، رسید دستم", "خیلی ممنونم، واقعا عالی بود", "دمتون گرم", "mersi hal shod", "Thank you so much!",
    "thanks, got it", "Cheers, it works now", "Much appreciated, all good.", "سپاس فراوان", "متشکرم از شما، دیگه مشکلی نیست", "واریز شد، ممنون",
    "Thanks, no more problems", "پشتیبانیتون حرف نداره، ممنون",
])
@pytest.mark.parametrize("score", [None, GOOD, NEUTRAL], ids=["unread", "positive", "neutral"])
def test_a_thanks_starts_no_clock(text: str, score: Score | None) -> None:
    assert thanks.said(text, score) == "thanks" and not thanks.complains(text, score)


@pytest.mark.parametrize(("text", "score"), [
    ("ممنون که سه روزه جواب نمی‌دید", None), ("مرسی ولی هنوز نرسیده", None), ("thanks for nothing", BAD), ("Thanks, but it is still broken", None),
    ("هنوز مشکلم حل نشده", None), ("Still no answer", None), ("دوباره همون مشکل", BAD), ("افتضاحه", BAD), ("مرسی واقعا!", BAD),
    ("واقعا ممنون از این همه بی‌مسئولیتی", BAD), ("It's broken again", BAD),
])
def test_sarcasm_and_another_complaint_start_it(text: str, score: Score | None) -> None:
    assert thanks.complains(text, score)


@pytest.mark.parametrize(("text", "score", "intent"), [
    ("شماره سفارشم ۱۲۳۴۵۶ است", None, None), ("12345", NEUTRAL, "other"), ("چه ساعتی تماس می‌گیرید؟", NEUTRAL, "question"), ("باشه", None, None), ("", None, None),
    ("هنوز باید فرم را پر کنم؟", None, None),
])
def test_a_remark_is_neither(text: str, score: Score | None, intent: str | None) -> None:
    assert thanks.said(text, score, intent) == "remark" and not thanks.complains(text, score, intent)


def test_what_the_model_read_counts_where_the_words_say_nothing() -> None:
    assert thanks.complains("پیک شما سر خیابون رهام کرد", BAD)
    assert thanks.complains("پیک شما سر خیابون رهام کرد", NEUTRAL, "complaint")
    assert thanks.said("چه سریع بودید", GOOD) == "thanks"
    assert thanks.said("مشکلم حل شد", BAD) == "thanks"  # models read the word for trouble
    assert not thanks.complains("ممنون، حل شد", UNSURE, "complaint")


# ---- winning back --------------------------------------------------------------------------------------------------------


MONTH = timedelta(days=30)
ENDED = NOW - timedelta(days=40)


def after(days: float, label: Label | None) -> Word:
    return Word(ENDED + DAY * days, label)


@pytest.mark.parametrize(("said", "outcome"), [
    ([], Outcome.SILENT), ([after(3, Label.POSITIVE)], Outcome.POSITIVE), ([after(3, Label.NEGATIVE)], Outcome.NEGATIVE),
    ([after(3, Label.NEUTRAL)], Outcome.NEUTRAL), ([after(3, None)], Outcome.NEUTRAL),
    ([after(20, Label.POSITIVE), after(3, Label.NEGATIVE)], Outcome.POSITIVE), ([after(3, Label.POSITIVE), after(20, Label.NEGATIVE)], Outcome.NEGATIVE),
    ([after(3, Label.POSITIVE), after(20, Label.NEUTRAL)], Outcome.POSITIVE),
    ([after(31, Label.POSITIVE)], Outcome.SILENT), ([after(-1, Label.POSITIVE)], Outcome.SILENT), ([after(0, Label.POSITIVE)], Outcome.SILENT),
])
def test_the_last_clear_opinion_within_the_span_counts(said: list[Word], outcome: Outcome) -> None:
    assert winback.outcome(ENDED, said, MONTH, NOW) is outcome


def test_nothing_is_said_before_the_span_is_over() -> None:
    assert winback.outcome(ENDED, [after(3, Label.POSITIVE)], timedelta(days=90), NOW) is None
    assert winback.outcome(ENDED, [after(3, Label.POSITIVE)], MONTH, ENDED + MONTH) is Outcome.POSITIVE
    assert winback.rate([Ended(ENDED, (after(3, Label.POSITIVE),))], timedelta(days=90), NOW).n == 0


def test_silence_lowers_the_rate_and_is_never_satisfaction() -> None:
    cases = [Ended(ENDED, (after(3, Label.POSITIVE),)) for _ in range(10)] + [Ended(ENDED) for _ in range(30)]
    rate = winback.rate(cases, MONTH, NOW)
    assert (rate.n, rate.heard, rate.share, rate.interval) == (40, 10, 0.25, wilson(10, 40))
    assert rate.share_of_heard is None  # of ten nothing is told
    assert winback.rate([Ended(ENDED)] * 25, MONTH, NOW).share == 0.0
    assert winback.rate([], MONTH, NOW).share is None and winback.rate([], MONTH, NOW).interval is None
    assert winback.rate(cases[:19], MONTH, NOW).share is None


def test_rates_stand_by_remedy_and_by_root_cause() -> None:
    cases = ([Ended(ENDED, (after(3, Label.POSITIVE),), "refund", "delay")] * 3 + [Ended(ENDED, (), "explain", "delay")] * 2
             + [Ended(NOW, (), "gift", "app")])
    assert {key: (one.positive, one.silent) for key, one in winback.rates(cases, lambda one: one.remedy, MONTH, NOW).items()} == {
        "refund": (3, 0), "explain": (0, 2)}
    assert list(winback.rates(cases, lambda one: one.cause, MONTH, NOW)) == ["delay"]


def test_every_outcome_has_its_state_and_a_neutral_case_stays_resolved() -> None:
    assert set(winback.STATES) == set(Outcome)
    assert winback.STATES[Outcome.SILENT] is CaseState.SILENT and winback.STATES[Outcome.NEUTRAL] is None


# ---- recognition ---------------------------------------------------------------------------------------------------------


SARA = Honoured("سارا محمدی", ("خانم محمدی", "Sara Mohammadi"), unit="پشتیبانی", agreed=True)
REZA = Honoured("رضا", ("آقا رضا", "Reza"), agreed=True)
VANAK = Honoured("شعبه ونک", ("شعبهٔ ونک", "Vanak branch"), "branch")
SHY = Honoured("کاوه", ("Kaveh",))


def heard(text: str, score: Score | None = GOOD, author: str | None = None, at: datetime = NOW) -> Heard:
    return Heard(MentionKey("x", f"{text}{author}"), text, at, score, author)


@pytest.mark.parametrize(("text", "named"), [
    ("خانم محمدی عالی بودند", [SARA]), ("از سارا محمدى تشکر می‌کنم", [SARA]), ("خانم‌محمدی و آقارضا خیلی کمک کردن", [SARA, REZA]),
    ("Sara Mohammadi was great, so was Reza!", [SARA, REZA]), ("شعبه‌ی ونک بهترین است", [VANAK]), ("رضایت کامل داشتم", []), ("کاوه عالی بود", []),
    ("رضایی هم خوب بود", []), ("شعبه ونك", [VANAK]), ("", []),
])
def test_names_are_found_as_people_write_them_and_only_of_those_who_agreed(text: str, named: list[Honoured]) -> None:
    assert Roster([SARA, REZA, VANAK, SHY]).named(text) == named


def test_a_name_within_a_longer_one_that_is_listed_is_the_longer() -> None:
    other = Honoured("رضا احمدی", agreed=True)
    assert Roster([REZA, other]).named("رضا احمدی خیلی مودب بود") == [other]
    assert Roster([REZA, other]).named("رضا و رضا احمدی") == [REZA, other]


def test_only_what_is_surely_positive_is_praise() -> None:
    roster = Roster([SARA, REZA])
    found = praises([heard("خانم محمدی عالی", author="x:1"), heard("مرسی خانم محمدی", author="x:1", at=NOW + DAY), heard("آقا رضا دمت گرم", author="x:2"),
                     heard("رضا بهترینه", author="x:3"), heard("آقا رضا بی‌ادب بود", BAD), heard("آقا رضا", UNSURE), heard("آقا رضا", None)], roster)
    assert [(one.who, one.count, one.authors) for one in found] == [(REZA, 2, 2), (SARA, 2, 1)]
    assert [one.text for one in found[1].mentions] == ["مرسی خانم محمدی", "خانم محمدی عالی"]
    assert praises([heard("عالی")], roster) == [] and recognition.praises([], Roster([])) == []


# ---- performance ---------------------------------------------------------------------------------------------------------


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Tehran"))


def handled(owner: str | None, hours: int, *, ended: bool = True, reopened: int = 0) -> Handled:
    opened = at("2026-11-22T09:00")
    return Handled(opened, (Turn(opened, opened + timedelta(hours=hours)),), at("2026-11-24T11:00") if ended else None, reopened, owner, "پشتیبانی")


def test_times_are_medians_of_working_time() -> None:
    found = performance.by_owner([handled("سارا", hours) for hours in (1, 1, 2, 2, 3, 3, 4, 30)], [], HOURS)
    (sara,) = found
    assert (sara.name, sara.cases, sara.first_answer, sara.to_the_end) == ("سارا", 8, timedelta(hours=2.5), timedelta(hours=18))
    assert sara.reopened.value is None and sara.told  # of eight cases no share is told


def test_small_samples_are_suppressed_and_what_has_not_come_is_counted_apart() -> None:
    found = performance.by_owner([*[handled("سارا", 1)] * 7, Handled(at("2026-11-22T09:00"), (Turn(at("2026-11-22T09:00")),), owner="سارا"), handled(None, 1)], [], HOURS)
    assert [(one.name, one.cases, one.answered, one.unanswered, one.first_answer, one.told) for one in found] == [
        ("سارا", 8, 7, 1, None, False), (None, 1, 1, 0, None, False)]


def test_shares_come_with_their_interval_from_twenty_on() -> None:
    cases = [handled("سارا", 1, reopened=int(n < 5)) for n in range(20)]
    promises = [Kept(n < 18, "سارا", "پشتیبانی") for n in range(20)]
    (sara,) = performance.by_owner(cases, promises, HOURS)
    assert (sara.reopened.value, sara.reopened.interval) == (0.25, wilson(5, 20))
    assert (sara.kept.value, sara.kept.of) == (0.9, 20)
    (unit,) = performance.by_unit(cases, promises[:19], HOURS)
    assert unit.name == "پشتیبانی" and unit.kept.value is None and unit.kept.some == 18
    assert performance.by_owner([], [], HOURS) == []
    (only,) = performance.by_owner([], promises, HOURS)
    assert only.cases == 0 and cast(float, only.kept.value) == 0.9
