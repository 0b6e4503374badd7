"""How the board writes figures and times."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard.pen import Pen
from listener.types import Precision, Reach
from tests.dashboard.house import NOW

FA, EN = (Pen(language, ZoneInfo("Asia/Tehran"), NOW) for language in ("fa", "en"))


@pytest.mark.parametrize(("value", "words"), [(7, "7"), (99, "99"), (123, "120"), (12_345, "12,000"), (99_999, "100,000"), (1_293_000, "1,300,000")])
def test_an_estimate_keeps_two_of_its_digits(value: int, words: str) -> None:
    assert EN.about(value) == words


@pytest.mark.parametrize(("share", "words"), [(0.0, "0%"), (0.002, "1%"), (0.5, "50%"), (0.996, "99%"), (1.0, "100%")])
def test_almost_all_is_never_written_as_all(share: float, words: str) -> None:
    assert EN.percent(share) == words


def test_figures_are_persian_in_persian() -> None:
    assert (FA.number(12_345), FA.percent(0.14), FA.clock(NOW)) == ("۱۲٬۳۴۵", "۱۴٪", "۰۹:۴۰")


@pytest.mark.parametrize(("pen", "words"), [(FA, "۳ تا ۱٬۲۰۰، حدود ۱۸۰ نفر"), (EN, "3 to 1,200, about 180 people")])
def test_reach_is_low_mid_high(pen: Pen, words: str) -> None:
    assert pen.reach(Reach(3, 180, 1_200, "followers")) == words


@pytest.mark.parametrize(("back", "fa", "en"), [
    (timedelta(minutes=10), "۰۹:۳۰", "09:30"), (timedelta(hours=12), "۳۰ آبان، ۲۱:۴۰", "21 Nov, 21:40"),
    (timedelta(days=300), "۶ بهمن ۱۴۰۴، ۰۹:۴۰", "26 Jan, 09:40"), (timedelta(days=400), "۲۶ مهر ۱۴۰۴، ۰۹:۴۰", "18 Oct 2025, 09:40"),
])
def test_a_time_shows_day_and_year_only_where_they_differ(back: timedelta, fa: str, en: str) -> None:
    assert (FA.when(NOW - back), EN.when(NOW - back)) == (fa, en)


def test_a_day_shows_no_hour() -> None:
    assert FA.when(NOW, Precision.DAY) == "۱ آذر"


@pytest.mark.parametrize(("span", "words"), [
    (timedelta(seconds=30), "under a minute"), (timedelta(seconds=90), "1 min"), (timedelta(minutes=119), "2 hours"), (timedelta(minutes=100), "100 min"),
    (timedelta(minutes=170), "3 hours"), (timedelta(hours=47), "2 days"),
    (timedelta(days=2, hours=5), "2 days"), (timedelta(seconds=-5), "under a minute"),
])
def test_a_span_is_said_by_its_largest_unit(span: timedelta, words: str) -> None:
    assert EN.span(span) == words


def test_the_full_date_stands_in_both_calendars() -> None:
    assert "۱ آذر ۱۴۰۵" in FA.full(NOW) and "نوامبر ۲۰۲۶" in FA.full(NOW) and "Azar 1405" in EN.full(NOW)


def test_methods_of_mixed_reach_are_all_named() -> None:
    assert EN.method("followers+views") == "followers and views" and FA.method("assumed") == "فرض" and EN.method("telepathy") == "telepathy"
