"""The brief: a few sentences that claim no more than the figures carry, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts import aftermath, brief
from alerts.brief import Happened, Night, Told, Wave
from listener.types import Alert, AlertState, Reach, Severity
from listener.words import Language

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Tehran")
CALM = Night("پیک‌سبز", NOW, 0.97, 300, 40, (38, 41, 44, 36, 40, 39, 42))
STORM = replace(CALM, negative=300, reach=Reach(2_000, 30_000, 200_000, "views"), story=Told("abc", "غذای فاسد", 30, 12, 40, 42, doubling=timedelta(minutes=70), forecast=(40, 100, 300)))
ALERT = Alert("spike", "پیک‌سبز", NOW, NOW, 9, 1, Severity.P1, AlertState.FIRING)


def said(night: Night, language: Language = "en") -> list[str]:
    return [one.text for one in brief.sentences(night, language, ZONE)]


def test_a_calm_night_is_called_usual_and_asks_for_nothing() -> None:
    what, why, then = said(CALM)
    assert what.startswith("A usual day") and "No story" in why and "nothing has to be decided" in then


def test_a_storm_is_told_with_its_size_reach_and_reason() -> None:
    what, why, then = said(replace(STORM, alerts=(ALERT,)))
    assert "7.5 times" in what and "2,000 to 200,000" in what
    assert "30 independent authors" in why and "doubles every 70 minutes" in why
    assert "nobody has taken it" in then and "40 to 300 posts" in then


def test_a_little_more_than_usual_is_no_news() -> None:
    assert said(replace(CALM, negative=46))[0].startswith("A usual day")


def test_a_young_house_says_that_it_does_not_know_what_is_usual() -> None:
    assert "too little is known" in said(replace(CALM, days=(3, 4)))[0]


def test_what_was_not_seen_is_told_first() -> None:
    what, _, then = said(replace(CALM, seen=0.6, unseen=("rss",)))
    assert what.startswith("Note: only 60") and "fix that first" in then


def test_whose_an_alert_is_and_whether_we_answered() -> None:
    taken = replace(ALERT, acknowledged_by="Ali", state=AlertState.ACKNOWLEDGED)
    assert "Ali" in said(replace(STORM, alerts=(taken,)))[2] and "No answer of ours" in said(replace(STORM, alerts=(taken,)))[2]
    assert "answered 2 times" in said(replace(STORM, alerts=(taken,), answers=2))[2]
    assert "Of 2 open alerts, one" in said(replace(STORM, alerts=(taken, ALERT)))[2]


def test_a_few_people_are_no_story_and_the_week_speaks() -> None:
    night = replace(CALM, story=Told("abc", "x", 2, 0, 2, 2), aspect="delivery", aspect_share=(0.4, 0.3, 0.5), aspect_sign=1)
    assert "Delivery" in said(night)[1] and "surely more" in said(night)[1]


@pytest.mark.parametrize("language", ["fa", "en"])
def test_the_copy_has_every_sentence_and_a_link_to_its_proof(language: Language) -> None:
    night = replace(STORM, alerts=(ALERT,))
    text = brief.written(night, language, ZONE, board="https://board.example")
    assert all(one.text in text for one in brief.sentences(night, language, ZONE))
    assert text.count("https://board.example/") == 3 and "story=abc" in text and f"lang={language}" in text
    assert "https://" not in brief.written(night, language, ZONE)


def test_a_strangers_text_stays_in_its_own_direction_and_on_one_line() -> None:
    night = replace(STORM, story=replace(STORM.story, text="\u202eevil\nline " * 50))  # type: ignore[arg-type]
    why = said(night)[1]
    assert "\u202e" not in why and "\n" not in why and len(why) < 300


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize("ground", ["new", "no_source", "failing", "unheard"])
def test_where_nothing_was_heard_yet_one_sentence_says_why_and_none_calls_it_calm(ground: str, language: Language) -> None:
    told = said(replace(CALM, negative=0, mentions=0, ground=ground), language)
    assert len(told) == 1 and "پیک‌سبز" in told[0]
    assert len({said(replace(CALM, ground=one), language)[0] for one in ("new", "no_source", "failing", "unheard")}) == 4


def test_half_a_day_is_never_called_few_or_usual() -> None:
    for negative in (0, 4, 40):
        what, _, then = said(replace(CALM, seen=0.5, negative=negative))
        assert "fewer" not in what and "usual day" not in what and ("true number is higher" in what or "of the rest we do not know" in what)
        assert "nothing has to be decided" not in then
    assert "7.5 times" in said(replace(STORM, seen=0.5))[0]  # more is more, whatever else there was


def test_what_is_not_proven_is_not_called_usual_either_way() -> None:
    wild = replace(CALM, days=(10, 90, 20, 70, 40, 5, 60))
    for negative in (90, 12):
        what = said(replace(wild, negative=negative))[0]
        assert "within the swing of ordinary days" in what and "yet" not in what


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_storm_in_many_words_is_told_by_what_it_is_about_and_links_to_all_of_it(language: Language) -> None:
    wave = Wave("f" * 16, ("safety", "app"), 79, NOW - timedelta(hours=5), "غذای فاسد", timedelta(minutes=68), forecast=(90, 260, 810))
    night = replace(STORM, alerts=(ALERT,), wave=wave)
    why = brief.sentences(night, language, ZONE)[1]
    for words in {"fa": ("«ایمنی» و «برنامه", "۷۹ نویسندهٔ مستقل", "۵ ساعت", "۷۰ دقیقه"), "en": ("“Safety” and “App", "79 independent authors", "5 hours", "70 minutes")}[language]:
        assert words in why.text, words
    assert why.page == "stories" and why.parameters == (("storm", "f" * 16),) and "810" in said(night)[2]


def night_storm(**changes: Any) -> Alert:
    begin = NOW - timedelta(hours=32)
    return replace(Alert("spike", "پیک‌سبز", begin, begin + timedelta(minutes=20), 102, 9, Severity.P1, AlertState.RESOLVED, resolved_at=begin + timedelta(hours=4)), **changes)


def test_the_morning_after_a_storm_begins_with_the_storm_and_how_it_ended() -> None:
    harm = replace(night_storm(rule="harm"), starts_at=NOW - timedelta(hours=31), fired_at=NOW - timedelta(hours=31), resolved_at=NOW - timedelta(hours=7))
    (episode,) = aftermath.episodes([night_storm(), harm], NOW)
    assert episode.until == NOW - timedelta(hours=28)  # the storm's, not the tripwire's fixed time
    night = replace(CALM, negative=55, days=(13, 12, 15, 13, 14, 12, 15), happened=Happened(episode, 102, 184_300, False), unlooked=2)
    first, what, _, then = said(night)
    for words in ("102 negative posts in 4 hours", "184,300", "harm to people", "that storm is over", "Nobody has taken or judged it"):
        assert words in first, words
    assert "4.2 times a usual day (13)" in what and "2 severe alerts" in then and "nothing has to be decided" not in then
    taken = aftermath.episodes([night_storm(acknowledged_by="Ali")], NOW)[0]
    assert "Ali\u2069 saw to it" in said(replace(night, happened=Happened(taken, 102, None, False)))[0]


def test_an_exercise_a_small_alert_and_what_is_long_over_are_nothing_that_happened() -> None:
    assert not aftermath.episodes([night_storm(why={"drill": True}), night_storm(severity=Severity.P3), night_storm(resolved_at=NOW - timedelta(hours=73)),
                                   night_storm(rule="stale_source")], NOW)


def test_a_single_alert_is_told_by_its_own_title_and_two_days_apart_are_two_things() -> None:
    voice = night_storm(rule="big_voice")
    found = aftermath.episodes([voice, night_storm(starts_at=NOW - timedelta(hours=2), fired_at=NOW - timedelta(hours=2), resolved_at=None, state=AlertState.FIRING)], NOW)
    assert len(found) == 2 and not found[0].storm and found[1].until is None
    assert "was an alert" in said(replace(CALM, happened=Happened(found[0], 3, None, True, others=1)))[0]
    assert "that storm goes on" in said(replace(CALM, happened=Happened(found[1], 30, None, True)))[0]
