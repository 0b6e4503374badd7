"""Lists of holidays: the one that ships, and files of the user's own."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from config.holidays import read_holidays
from listener.calendar import Holidays, gregorian, is_working, jalali

SOLAR = ((1, 1), (1, 2), (1, 3), (1, 4), (1, 12), (1, 13), (3, 14), (3, 15), (11, 22), (12, 29))


def iran() -> Holidays:
    return Holidays(read_holidays("iran", Path()))


@pytest.mark.parametrize("year", [1404, 1405, 1406])
def test_every_holiday_of_the_solar_calendar_stands_in_the_list_of_each_year(year: int) -> None:
    assert [day for day in SOLAR if iran().name(gregorian(year, *day), "fa") is None] == []


@pytest.mark.parametrize("year", [1404, 1405, 1406])
def test_each_year_mourns_and_celebrates_each_lunar_day_once_unless_the_lunar_year_is_shorter(year: int) -> None:
    names = [part for day, (fa, _) in iran().days.items() if jalali(day).year == year for part in fa.split(" و ")]
    for name in ("تاسوعا", "عاشورا", "اربعین", "شهادت امام رضا", "عید قربان", "عید غدیر", "مبعث پیامبر"):
        assert names.count(name) == 1, (year, name)
    assert names.count("عید فطر") == (2 if year == 1405 else 1)  # 1 Farvardin and 19 Esfand


def test_the_list_of_1405_is_that_of_the_official_calendar() -> None:
    """The 26 days of the Institute of Geophysics' calendar for 1405, in short."""
    told = "0101 0102 0103 0104 0112 0113 0125 0306 0314 0315 0403 0404 0513 0521 0522 0530 0608 0822 1002 1016 1104 1122 1209 1219 1220 1229"
    assert sorted(f"{jalali(day).month:02}{jalali(day).day:02}" for day in iran().days if jalali(day).year == 1405) == told.split()


def test_lunar_days_of_the_packaged_list_keep_the_moons_distance() -> None:
    """Of the same day in two years lie 354 or 355 days; with a month seen a day late or early one more or less."""
    for name in ("عاشورا", "عید قربان", "اربعین", "ولادت امام علی"):
        days = sorted(day for day, (fa, _) in iran().days.items() if name in fa.split(" و "))
        assert all(353 <= (after - before).days <= 356 for before, after in pairwise(days)), name


def test_no_office_is_open_on_a_holiday_or_at_the_weekend() -> None:
    holidays = iran()
    assert not is_working(gregorian(1405, 1, 13), holidays)
    assert [is_working(date(2026, 11, day), holidays) for day in range(14, 21)] == [True] * 5 + [False] * 2  # Saturday to Friday
    assert is_working(date(2026, 11, 19), Holidays(weekend=frozenset({6})))


def test_a_file_of_ones_own_knows_both_calendars_and_one_or_two_names(tmp_path: Path) -> None:
    (tmp_path / "off.toml").write_text('[days]\n1405-01-13 = "گردش"\n2026-12-25 = { fa = "کریسمس", en = "Christmas" }\n', encoding="utf-8")
    days = read_holidays("off.toml", tmp_path)
    assert days == {date(2026, 4, 2): ("گردش", "گردش"), date(2026, 12, 25): ("کریسمس", "Christmas")}
    assert read_holidays(str(tmp_path / "off.toml"), Path("elsewhere")) == days
    assert read_holidays(" ", tmp_path) == {}


@pytest.mark.parametrize(("text", "sentence"), [
    ("days = 3", "'off.toml' holds no day"),
    ("[days]\n1405-13-01 = \"x\"", "'off.toml': '1405-13-01' is not a day"),
    ("[days]\n1405-01-13 = 4", "'off.toml': '1405-01-13': expected a name"),
    ("[days]\n1405-01-13 = {fa = \"x\"}", "'off.toml': '1405-01-13': expected a name"),
    ("[days]\n1405-01-13 = \"x\"\n2026-04-02 = \"y\"", "'off.toml': '2026-04-02' stands twice, in one calendar or in both"),
    ("[days", "'off.toml' is not valid TOML"),
])
def test_a_mistake_in_the_list_is_told_with_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "off.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError) as caught:
        read_holidays("off.toml", tmp_path)
    assert str(caught.value).startswith(sentence)
