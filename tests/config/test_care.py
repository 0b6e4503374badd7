"""The hours of the file, as the clock counts them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from config.settings import Settings, parse
from tests.config.plugins import registries

BRAND = '[[brands]]\nname = "اسنپ"\n'


def settings(text: str) -> Settings:
    return parse(BRAND + text, **registries(), environment={})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Tehran"))


def test_without_a_word_an_office_works_from_nine_to_five_but_not_at_the_weekend_and_on_holidays() -> None:
    clock = settings("").working_hours
    assert clock.add(at("2026-11-25T16:00"), timedelta(hours=2)) == at("2026-11-28T10:00")  # Wednesday, Saturday
    assert not clock.works_on(at("2026-03-24T10:00").date())
    assert settings('[paging]\nholidays = ""').working_hours.works_on(at("2026-03-24T10:00").date())
    assert settings('[paging]\nweekend = ["friday"]').working_hours.works_on(at("2026-11-26T10:00").date())


def test_a_day_that_is_named_has_its_own_hours_at_the_weekend_too() -> None:
    clock = settings('[hours]\nopen = ["09:00-13:00", "16:00-20:00"]\nthursday = ["9:00-13:00"]\nmonday = []').working_hours
    assert clock.closing(at("2026-11-26T10:00").date()) == at("2026-11-26T13:00")
    assert not clock.works_on(at("2026-11-23T10:00").date())
    assert clock.next_open(at("2026-11-22T14:00")) == at("2026-11-22T16:00")


def test_a_season_changes_what_it_names() -> None:
    text = ('[hours]\nthursday = ["09:00-13:00"]\n[[hours.seasons]]\nname = "رمضان"\nfirst = "1405-11-20"\nlast = 2027-03-09\n'
            'open = ["10:00-14:30"]\nwednesday = []')
    clock = settings(text).working_hours
    assert clock.next_open(at("2027-02-09T08:00")) == at("2027-02-09T10:00")
    assert not clock.works_on(at("2027-02-10T08:00").date())
    assert clock.next_open(at("2027-02-11T08:00")) == at("2027-02-13T10:00")  # 22 Bahman is a holiday
    assert clock.closing(at("2027-02-18T08:00").date()) == at("2027-02-18T13:00")
    assert clock.seasons[0].name == "رمضان"


def test_an_office_may_work_at_night_and_around_the_clock() -> None:
    clock = settings('[hours]\nopen = ["22:00-06:00"]\nfriday = ["00:00-24:00"]').working_hours
    assert clock.open_at(at("2026-11-23T05:00")) and clock.open_at(at("2026-11-27T23:59"))
    assert not clock.open_at(at("2026-11-28T00:00"))
