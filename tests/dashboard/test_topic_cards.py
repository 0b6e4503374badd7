"""A topic on the board: its name, how it goes and how sure that is, where it came from, and posts that cannot act."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.causes import Cause, Change, Place
from dashboard import topic_cards
from dashboard.pen import Pen
from listener.service import TopicView
from listener.types import KeptTopic, Topic
from listener.words import Language
from tests.alerts.world import a_scored

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
TEHRAN = ZoneInfo("Asia/Tehran")


def shown(language: Language = "en", **more: object) -> str:
    figures: dict[str, object] = {"count": 25, "authors": 21, "usual": 2.0, "change": 6.0, "between": (2.9, 12.3)} | more
    one = Topic("t", "b", {"fa": ("پول", "لغو"), "en": ("refund", "<b>cancel</b>")}, NOW - timedelta(days=9), NOW, days=(1, 2, 0, 3, 2, 5, 12),
                state="growing", languages={"fa": 15, "en": 10}, **figures)  # type: ignore[arg-type]
    old = KeptTopic("o", "b", NOW, {"en": ("money",), "fa": ("وجه",)})
    return topic_cards.emerging(Pen(language, TEHRAN, NOW), TopicView(one, (a_scored("1", "<script>alert(1)</script> give it back"),), old, (old,)))


@pytest.mark.parametrize(("language", "parts"), [
    ("en", ("growing", "25 complaints by 21 people", "12 complaints in the last 24 hours", "usually 2 a day", "2.9 to 12.3 times", "surely more",
            "Persian 15, English 10", "split from", "merged with", "16 Nov", "22 Nov", "Day by day: 1, 2, 0, 3, 2, 5, 12", "One typical post")),
    ("fa", ("پول، لغو", "رو به رشد", "۲۵ شکایت از ۲۱ نفر", "۱۲ شکایت در ۲۴ ساعت گذشته", "فارسی ۱۵، انگلیسی ۱۰", "۱ آذر", "یک پست نمونه")),
])
def test_a_topic_says_how_it_goes_in_the_readers_language(language: Language, parts: tuple[str, ...]) -> None:
    said = shown(language)
    assert [part for part in parts if part not in said] == [] and "<script" not in said and "<b>cancel" not in said


def test_no_ratio_is_told_on_few_posts_and_none_of_a_young_topic() -> None:
    assert "times" not in shown(count=9) and "too young to compare" in shown(usual=None, between=None)


def test_an_aspect_is_told_by_source_language_and_week_with_what_changed() -> None:
    def change(now: int, before: int | None) -> Change:
        return Change(now, before)

    places = (Place("shop<b>", "fa", change(60, 20), (5, 9, 31, 60)), Place("news", "en", change(3, 2), (0, 1, 2, 3)),
              *(Place(f"p{n}", "fa", change(1, 0), (0, 0, 0, 1)) for n in range(6)))
    one = Cause("refund", change(69, 22), 100, 69, places, (5, 10, 33, 69))
    said = topic_cards.cause(Pen("en", TEHRAN, NOW), one, {})
    for part in ("3 weeks ago", "2 weeks ago", "last week", "this week so far", "Persian", "English", "<td>31</td><td><b>60</b></td>",
                 "20 by this point last week · 200% more · 1.8 to 5.0 times · surely more", "and 2 complaints elsewhere this week"):
        assert part in said, part
    assert "shop<b>" not in said and "2 by this point last week · may be chance" in said
    assert "۳ هفته پیش" in topic_cards.cause(Pen("fa", TEHRAN, NOW), one, {})
