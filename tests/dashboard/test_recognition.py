"""Recognition: who is praised, how cases were handled, who came back, ratings beside words; what a campaign moved."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dashboard import rating_chart, recognition_cards, theme
from dashboard.pen import Pen
from listener.calendar import jalali_week
from listener.service import RatingsView
from listener.service.care_reports import RatedWeek
from listener.types import Author, Label, Mention, Score
from listener.types.care import Remedy
from listener.words import Language, say
from tests.dashboard.house import BRAND, CONFIG, NOW, SOURCES, House, commit, open_house, score, scored
from tests.dashboard.test_views import LANGUAGES, text, visit

STAFF = """
[[staff]]
name = "مریم رضایی"
variants = ["خانم رضایی"]
unit = "پشتیبانی"
[[staff]]
name = "شعبهٔ ونک"
branch = true
"""
DAY = timedelta(days=1)


def say_something(house: House, id: str, words: str, label: Label, at: datetime, author: str, rating: float | None = None) -> Mention:
    post = Mention("rss", id, words, at, author=Author("rss", author, author), rating=rating)
    commit(house, "forum", [post], start=at - timedelta(hours=1), end=at)
    scored(house, {post.key: score(label, random.Random(1))})
    return post


@pytest.fixture
def praised(tmp_path: Path, on_board: Callable[[House], House]) -> Iterator[House]:
    house = open_house(tmp_path / "praised.sqlite", CONFIG + STAFF)
    month = NOW - 12 * DAY  # Aban, the month that is over
    for n, words in enumerate(("ممنون از خانم رضایی که مشکلم را حل کرد", "<b>مریم رضایی</b> عالی بود", "شعبهٔ ونک از همه بهتر است")):
        say_something(house, f"p{n}", words, Label.POSITIVE, month + timedelta(hours=n), f"a{n}", rating=1.0)
    yield on_board(house)
    house.store.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_praised_stands_there_with_the_customers_words(praised: House, language: Language) -> None:
    board = visit("recognition", lang=language, month="1405-08")
    shown = text(board)
    assert "مریم رضایی" in shown and "شعبهٔ ونک" in shown and "ممنون از خانم رضایی" in shown
    assert say("board.recognition.count", language, n=2) in shown and "<b>مریم" not in shown
    letter = board.code[0].value
    assert say("care.letter.end", language) in letter and "حل کرد" in letter and "a0" not in letter


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_list_nobody_is_looked_for_and_the_page_says_so(rich: House, language: Language) -> None:
    shown = text(visit("recognition", lang=language))
    for key in ("no_staff", "no_cases", "rated_none"):
        assert say(f"board.recognition.{key}", language) in shown


def test_small_samples_are_counts_and_say_so(rich: House) -> None:
    keys = [one.mention.key for one in rich.store.mentions(brand=BRAND, label="negative", limit=30).items if one.mention.author]
    for key in keys[:3]:
        case = rich.service.open_case([key], "Ali Rezaei", brand=BRAND)
        rich.service.answer_case(case.number, "Ali Rezaei", "called")
        rich.service.resolve_case(case.number, "Ali Rezaei", "paid", remedy=Remedy.REFUND)
    shown = text(visit("recognition", lang="en", month="1405-09"))
    assert "Ali Rezaei" in shown and "too few to tell" in shown and "0 of 3" in shown


def test_a_link_to_no_month_opens_the_last_one(praised: House) -> None:
    for asked in ("1405-13", "x", "1405-W35", "1500-01"):
        assert "مریم رضایی" in text(visit("recognition", lang="fa", month=asked))


@pytest.mark.parametrize("language", LANGUAGES)
def test_ratings_stand_beside_words_week_by_week_and_a_share_only_from_twenty_up(language: Language) -> None:
    pen, week = Pen(language, NOW.tzinfo, NOW), jalali_week(NOW.date())  # type: ignore[arg-type]
    weeks = (RatedWeek(jalali_week(NOW.date() - 7 * DAY), 30, 0.4, 100, 60), RatedWeek(week, 2, 0.9, 5, 1))
    spec = rating_chart.ratings(weeks, pen, theme.CHART["light"]).to_dict()
    values = spec["layer"][0]["data"]["values"]
    assert [one["negative"] for one in values] == [60.0, None] and [one["rating"] for one in values] == [2.0, 4.5]
    few, many = RatingsView(weeks, 5, 4), RatingsView(weeks, 40, 30)
    assert pen.percent(.75) in recognition_cards.agreement(pen, many) and pen.percent(.8) not in recognition_cards.agreement(pen, few)


CAMPAIGN = f"""
[[campaigns]]
brand = "{BRAND}"
name = "یلدا"
start = "2026-11-20"
end = "2026-11-20"
"""


def test_a_campaign_is_told_against_comparable_weekdays_and_not_twice(tmp_path: Path, on_board: Callable[[House], House]) -> None:
    house = open_house(tmp_path / "campaign.sqlite", CONFIG + CAMPAIGN)
    campaign = house.settings.campaign_nouns()[0]
    number = 0
    for source in SOURCES:
        commit(house, source, [], start=NOW - 60 * DAY, end=NOW)
    for week in range(7):
        posts, day = [], campaign.start - 7 * week * DAY
        for hour in range(24):
            for _ in range(6 if week == 0 else 2):
                number += 1
                posts.append(Mention("rss", f"c{number}", f"{BRAND} {number}", day + timedelta(hours=hour, minutes=number % 50), author=Author("rss", f"w{number}")))
        commit(house, "forum", posts, start=day, end=day + DAY)
        scored(house, {one.key: Score(.1, .8, .1, "fa", "t@1", .3) for one in posts})
    on_board(house)
    found = house.service.lift(campaign)
    assert found.hours == 24 and found.factor is not None and found.factor.low > 1.5 and 80 <= (found.extra or 0) <= 100
    shown = text(visit("effect", lang="en", at=campaign.start.isoformat()))
    assert say("board.effect.lift", "en") in shown and say("board.effect.lift.volume", "en") in shown and say("board.effect.volume", "en") not in shown
    house.store.close()
