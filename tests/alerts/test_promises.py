"""What our own answers promise, and until when: in Persian, in English, in Persian in Latin letters."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.care.promises import KINDS, Read, read
from alerts.care.promises.when import times
from listener.calendar import DAYS, MONTHS, Hours, gregorian, jalali, weekday
from listener.words import digits, say

TEHRAN = ZoneInfo("Asia/Tehran")
HOURS = Hours({day: ((time(9), time(17)),) for day in range(5)}, TEHRAN, holidays={date(2027, 3, 20), date(2027, 3, 21)})
SUNDAY = datetime(2026, 11, 22, 10, 15, tzinfo=TEHRAN)  # 1 Azar 1405
DATA = Path(__file__).resolve().parents[1] / "data"


def of(text: str, at: datetime = SUNDAY, hours: Hours = HOURS) -> Read:
    return read(text, at, hours)


def due(text: str, at: datetime = SUNDAY, hours: Hours = HOURS) -> list[str]:
    return [f"{one.due:%Y-%m-%d %H:%M}" for one in of(text, at, hours).promises]


@pytest.mark.parametrize(("text", "what", "when"), [
    ("تا فردا ظهر با شما تماس می‌گیریم.", "call back", "2026-11-23 12:00"),
    ("مبلغ ظرف ۴۸ ساعت به حساب شما واریز می‌شود.", "refund", "2026-11-24 10:15"),
    ("تا پایان هفته این مشکل را حل خواهیم کرد", "fix", "2026-11-27 23:59"),
    ("سفارش شما شنبه ۷ آذر تحویل داده خواهد شد.", "delivery", "2026-11-28 23:59"),
    ("نتیجه را تا آخر وقت اداری امروز اعلام می‌کنیم", "answer", "2026-11-22 17:00"),
    ("طی ۳ روز کاری وجه شما عودت داده می‌شود", "refund", "2026-11-25 17:00"),
    ("ظرف ۷۲ ساعت کاری وجه شما عودت داده می‌شود", "refund", "2026-11-25 17:00"),
    ("ظرف ۲ ساعت کاری جواب می‌دیم", "answer", "2026-11-22 12:15"),
    ("هفتهٔ آینده ارسال می‌شود", "delivery", "2026-12-04 23:59"),
    ("تا ۱۵ دی رفع می‌شود", "fix", "2027-01-05 23:59"),
    ("تا آخر ماه رفع می‌شود", "fix", "2026-12-21 23:59"),
    ("دهه اول دی رفع می‌شود", "fix", "2026-12-31 23:59"),
    ("قبل از عید تحویلتون می‌دیم", "delivery", "2027-03-20 23:59"),
    ("پس‌فردا ساعت ۵ میایم خدمتتون", "other", "2026-11-24 17:00"),
    ("farda sobh bahatoon tamas migirim", "call back", "2026-11-23 12:00"),
    ("poletoon zarfe 24 saat bar migarde be hesabetoon", "refund", "2026-11-23 10:15"),
    ("We'll get back to you by Monday.", "answer", "2026-11-23 23:59"),
    ("Your refund will be in your account within two days.", "refund", "2026-11-24 10:15"),
    ("You'll have the tracking number by end of day.", "delivery", "2026-11-22 23:59"),
    ("The bug will be fixed by Friday 27 Nov.", "fix", "2026-11-27 23:59"),
    ("A specialist will call you in the next 24-48 hours.", "call back", "2026-11-24 10:15"),
    ("The money will be back on your card within 3-5 business days.", "refund", "2026-11-29 17:00"),
    ("I will ring you tomorrow noon.", "call back", "2026-11-23 12:00"),
    ("We'll call you before close of business tomorrow.", "call back", "2026-11-23 17:00"),
    ("By Wednesday noon you'll have the replacement.", "delivery", "2026-11-25 12:00"),
    ("It will be delivered by 7 Azar.", "delivery", "2026-11-28 23:59"),
    ("We'll refund you early next week", "refund", "2026-12-01 23:59"),
    ("هزینه سفارش تا ۲۴ ساعت دیگه برگشت داده میشه", "refund", "2026-11-23 10:15"),
    ("فردا تعطیلیم ولی شنبه پیگیری می‌کنیم", "follow-up", "2026-11-28 23:59"),
    ("از همکارم خواستم تا فردا پیگیری کنه", "follow-up", "2026-11-23 23:59"),
    ("تا فردا منتظر تماس ما باشید", "call back", "2026-11-23 23:59"),
    ("زمان تحویل: شنبه ۷ آذر", "delivery", "2026-11-28 23:59"),
    ("سعی می‌کنیم تا شنبه درست بشه", "fix", "2026-11-28 23:59"),
    ("We shipped it on Monday and it will arrive tomorrow", "delivery", "2026-11-23 23:59"),
    ("It didn't arrive on Friday, so we'll send another one by Wednesday.", "delivery", "2026-11-25 23:59"),
    ("I'll chase this up first thing in the morning", "follow-up", "2026-11-23 12:00"),
    ("We have scheduled a call for Thursday at 4 pm.", "call back", "2026-11-26 16:00"),
    ("Let me get back to you by Friday.", "answer", "2026-11-27 23:59"),
    ("You should receive your parcel by Monday, if not, please contact us.", "delivery", "2026-11-23 23:59"),
    ("It'll take us about a week to fix.", "fix", "2026-11-29 10:15"),
    ("We'll keep you posted by Friday.", "answer", "2026-11-27 23:59"),
    ("Delivery is scheduled for between 2 and 4 pm tomorrow", "delivery", "2026-11-23 16:00"),
])
def test_a_promise_has_what_and_until_when(text: str, what: str, when: str) -> None:
    (one,) = of(text).promises
    assert (one.what, f"{one.due:%Y-%m-%d %H:%M}") == (what, when)
    assert one.what in KINDS and 0 < one.certainty <= 1 and one.text in text and one.by_weekday is None


@pytest.mark.parametrize("text", [
    "سفارش شما دیروز ارسال شد.", "قرار بود تا شنبه تماس بگیریم", "لطفاً تا فردا شمارهٔ سفارش را بفرستید.", "تا فردا فرصت دارید مدارک را بفرستید",
    "اگر تا فردا نرسید پیام بدهید", "نمی‌توانیم قول بدهیم تا فردا برسد", "تا شنبه نمی‌رسد", "سفارش‌ها معمولاً ظرف دو روز می‌رسند",
    "کلیهٔ سفارش‌ها ظرف ۴۸ ساعت ارسال می‌شوند", "تخفیف تا پایان هفته معتبر است", "پشتیبانی هر روز تا ساعت ۲۲ پاسخ می‌دهد", "آیا تا فردا صبر می‌کنید؟",
    "به محض دریافت کالا ظرف ۲۴ ساعت وجه را برمی‌گردانیم", "طی ۲۴ ساعت گذشته اختلال داشتیم", "به‌زودی تماس می‌گیریم", "ظرف چند روز آینده حل می‌شود",
    "امیدواریم تا فردا برسد", "شنبه‌ها ساعت ۹ باز می‌کنیم", "شما نوشتید «تا فردا می‌رسد»", "از شنبه این امکان اضافه می‌شود",
    "It was delivered on Friday.", "Please send us the receipt within 24 hours.", "We are open until 9 pm today.", "The code is valid until Friday.",
    "Orders usually arrive within 2 days.", "Refunds are processed within 5-7 business days.", "If it has not arrived by Monday, write to us.",
    "Once we receive it we'll refund you within 5 days.", "We can't promise that it will arrive by Friday.", "It won't arrive before Monday.",
    "Would Monday at 5 pm work for you?", "You have until Sunday to return it.", "We had promised to call by Monday.", "Our agent told you it will arrive by Monday.",
    "We'll call you soon.", "Prices will go up on Monday.", "Within 14 days of delivery we'll take it back.", "We hope to be back tomorrow.",
    "You wrote: \"we will call you by Monday\".", "",
])
def test_what_only_looks_like_a_promise_is_none(text: str) -> None:
    assert of(text).promises == ()


def test_a_date_with_another_weekday_is_asked_back_with_both_days() -> None:
    (one,) = of("مبلغ تا شنبه ۸ آذر واریز می‌شود").promises
    assert (one.due.date(), one.by_weekday and one.by_weekday.date()) == (date(2026, 11, 29), date(2026, 11, 28))
    assert one.question() == "۸ آذر یکشنبه است، نه شنبه: موعد یکشنبه ۸ آذر است یا شنبه ۷ آذر؟"
    (one,) = of("We'll call you on Monday 1 December").promises
    assert one.question() == "1 December is a Tuesday, not a Monday: is it due on Tuesday 1 December or on Monday 30 November?"
    assert one.certainty < 0.5 < of("We'll call you on Tuesday 1 December").promises[0].certainty


def test_one_answer_may_promise_several_things() -> None:
    found = of("کالا را فردا می‌فرستیم و مبلغ اضافه تا چهارشنبه به حسابتان برمی‌گردد. بابت تأخیر عذرخواهی می‌کنیم.")
    assert [(one.what, one.text) for one in found.promises] == [
        ("delivery", "کالا را فردا می‌فرستیم"), ("refund", "مبلغ اضافه تا چهارشنبه به حسابتان برمی‌گردد")]
    assert not found.apology_only


@pytest.mark.parametrize(("text", "only"), [
    ("بابت ناراحتی پیش‌آمده عذرخواهی می‌کنیم.", True), ("خیلی شرمنده‌ایم", True), ("We are truly sorry.", True), ("Apologies, we will do better.", True),
    ("متأسفانه موجود نیست.", False), ("پوزش؛ شماره سفارش را دایرکت کنید.", False), ("ببخشید، پیگیری می‌کنیم.", False),
    ("Sorry! We've sent you a voucher.", False), ("Sorry, please DM us your order number.", False), ("Sorry, it'll be there tomorrow.", False),
    ("ممنون از شما", False),
])
def test_an_apology_that_mends_nothing_is_told_apart(text: str, only: bool) -> None:
    assert of(text).apology_only is only


def test_working_days_and_the_end_of_office_hours_are_those_of_the_clock() -> None:
    thursday = Hours({**HOURS.week, 5: ((time(9), time(13)),)}, TEHRAN)
    wednesday = datetime(2026, 11, 25, 12, tzinfo=TEHRAN)
    assert due("تا آخر وقت اداری فردا پاسخ می‌دهیم", wednesday, thursday) == ["2026-11-26 13:00"]
    assert due("ظرف دو روز کاری پاسخ می‌دهیم", wednesday, thursday) == ["2026-11-28 17:00"]
    assert due("ظرف دو روز کاری پاسخ می‌دهیم", wednesday) == ["2026-11-29 17:00"]
    assert due("ظرف یک روز کاری پاسخ می‌دهیم", datetime(2027, 3, 17, 12, tzinfo=TEHRAN)) == ["2027-03-22 17:00"]


def test_a_time_of_today_that_is_over_is_tomorrows() -> None:
    evening = datetime(2026, 11, 22, 18, 30, tzinfo=TEHRAN)
    assert due("تا ساعت ۵ عصر تماس می‌گیریم", evening) == ["2026-11-23 17:00"]
    assert due("We'll call you by 9 pm", evening) == ["2026-11-22 21:00"]
    assert due("تا آخر وقت اداری پاسخ می‌دهیم", datetime(2026, 11, 25, 18, tzinfo=TEHRAN)) == ["2026-11-28 17:00"]


def test_a_weekday_is_never_today_and_a_date_never_behind() -> None:
    assert due("یکشنبه تماس می‌گیریم") == ["2026-11-29 23:59"]
    assert due("We'll call you on Sunday") == ["2026-11-29 23:59"]
    assert due("تا ۱۰ فروردین تماس می‌گیریم") == ["2027-03-30 23:59"]
    assert due("تا ۳۰ آبان تماس می‌گیریم") == []  # yesterday: next year's is not meant


def test_the_clock_may_stand_in_another_zone() -> None:
    berlin = Hours(HOURS.week, ZoneInfo("Europe/Berlin"))
    (one,) = of("We'll call you within 24 hours and fix it tomorrow", datetime(2026, 10, 24, 12, tzinfo=ZoneInfo("Europe/Berlin")), berlin).promises[:1]
    assert one.due.utcoffset() is not None
    night = datetime(2026, 10, 24, 12, tzinfo=ZoneInfo("Europe/Berlin"))  # the clock is put back
    assert due("We'll call you within 24 hours", night, berlin) == ["2026-10-25 11:00"]
    assert due("We'll call you within one day", night, berlin) == ["2026-10-25 12:00"]
    with pytest.raises(ValueError, match="has no time zone"):
        of("x", datetime(2026, 11, 22))


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 250), st.sampled_from(["fa", "en"]), st.booleans())
def test_every_date_within_the_months_ahead_is_read(ahead: int, language: str, named: bool) -> None:
    day = SUNDAY.date() + timedelta(days=ahead)
    its = jalali(day)
    if language == "fa":
        text = f"{DAYS['fa'][weekday(day)] + ' ' if named else ''}{its.day} {MONTHS['fa'][its.month - 1]} {'' if named else its.year}"
        text = digits(f"سفارش شما {text} تحویل داده می‌شود", "fa")
    else:
        text = f"We'll deliver it on {f'{day:%A} ' if named else ''}{day.day} {day:%B}{'' if named else f' {day.year}'}"
    (one,) = of(text).promises
    assert one.due.date() == day == gregorian(*its) and one.by_weekday is None


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from("تا فردا شنبه 7 آذر ظرف ۴۸ ساعت کاری می‌کنیم شد . , by monday will within 3-5 days ساعت هفته آینده «".split()), max_size=30).map(" ".join))
def test_whatever_is_written_is_read_without_a_fault_and_due_after_it_was_said(text: str) -> None:
    for one in of(text).promises:
        assert one.due > SUNDAY and one.text and one.text in text
    for when in times(text, SUNDAY, HOURS):
        assert 0 <= when.start < when.end <= len(text)


def test_what_it_was_built_on_is_read_well() -> None:
    """The set of tests/data/promises_dev.jsonl; what it is measured by is another one, see tests/benchmarks/test_promises.py."""
    wrong = []
    for line in (DATA / "promises_dev.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        got = read(row["text"], datetime.fromisoformat(row["at"]), HOURS)
        wanted = sorted((datetime.fromisoformat(one["due"]), one["what"]) for one in row["promises"])
        if [(one.due, one.what) for one in got.promises] != wanted or got.apology_only != row["apology_only"]:
            wrong.append(row["text"])
    assert wrong == []


def test_every_kind_has_its_words() -> None:
    for kind in KINDS:
        assert say(f"promise.{kind.replace(' ', '_')}", "fa") and say(f"promise.{kind.replace(' ', '_')}", "en")
