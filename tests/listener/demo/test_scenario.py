"""The posts of the demonstration: enough, distinct, plausible, and in the right place at the right time."""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from listener.demo.scenario import (
    ANSWER_AT,
    DAY,
    LENGTH,
    OUTAGE,
    RESHARE_AT,
    SATURDAY,
    SONG_AT,
    TEHRAN,
    Post,
    Truth,
    check,
    load,
    read,
)
from listener.match import Matcher
from listener.types import Brand, Mention

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def posts() -> tuple[Post, ...]:
    return load().posts


def part(posts: tuple[Post, ...], *names: str) -> list[Post]:
    return [post for post in posts if post.part in names]


def share(posts: list[Post], tone: str) -> float:
    return sum(post.truth.tone == tone for post in posts) / len(posts)


def in_hours(posts: list[Post], start: timedelta, hours: float) -> int:
    return sum(start <= post.offset < start + hours * HOUR for post in posts)


def grams(text: str) -> frozenset[str]:
    plain = " ".join(text.split())
    return frozenset(plain[i:i + 8] for i in range(len(plain) - 7)) or frozenset({plain})


# ---- the texts

def test_there_are_over_five_hundred_posts_and_no_text_stands_twice(posts):
    texts = [" ".join(post.text.split()) for post in posts]
    assert len(posts) >= 520
    assert len(set(texts)) == len(texts)


def test_no_two_posts_share_half_of_their_8_grams_but_the_reprints(posts):
    sets = {post.id: grams(post.text) for post in posts}
    reprints = {post.id for post in part(posts, "reprint")}
    holders = defaultdict(list)
    for own_id, gram_set in sets.items():
        for gram in gram_set:
            holders[gram].append(own_id)
    shared = Counter(pair for ids in holders.values() for pair in combinations(sorted(ids), 2))
    alike = [(a, b) for (a, b), count in shared.items()
             if count / len(sets[a] | sets[b]) > 0.5 and not {a, b} <= reprints]
    assert alike == []


def test_most_of_it_is_persian_a_fifth_english_some_finglish_and_mixed(posts):
    languages = Counter(post.language for post in posts)
    shares = {language: count / len(posts) for language, count in languages.items()}
    assert 0.65 <= shares["fa"] <= 0.75
    assert 0.18 <= shares["en"] <= 0.25
    assert 0.03 <= shares["finglish"] <= 0.07
    assert 0.02 <= shares["mixed"] <= 0.05


@pytest.mark.parametrize(("sign", "least"), [
    pytest.param("چابک‌سبد", 200, id="half-space kept"),
    pytest.param("چابک سبد", 50, id="half-space become a space"),
    pytest.param("چابکسبد", 10, id="half-space lost"),
    pytest.param("#چابک_سبد", 15, id="a hashtag"),
    pytest.param("چابك", 10, id="Arabic kaf"),
    pytest.param("ي", 15, id="Arabic yeh"),
    pytest.param("Chaboksabad", 100, id="Latin"),
    pytest.param("chabok sabad", 15, id="Latin in two words"),
])
def test_the_brand_is_written_as_people_write_it(posts, sign, least):
    assert sum(sign in post.text for post in posts) >= least


def test_people_use_emoji_and_line_breaks(posts):
    assert sum(bool(re.search("[\U0001f300-\U0001faff☕]", post.text)) for post in posts) >= 30
    assert sum("\n" in post.text for post in posts) >= 20


def test_every_post_matches_its_brand_and_none_without_one_does(posts):
    scenario = load()
    settings = tomllib.loads(scenario.config("http://127.0.0.1:1"))
    matcher = Matcher([Brand(brand["name"], tuple(brand["aliases"]), peer=brand.get("peer", False)) for brand in settings["brands"]])
    wanted = {"brand": {scenario.brand}, "peer": {scenario.peer}, "none": set()}
    for post in posts:
        mention = Mention("demo", post.id, post.text, NOW, title=post.title)
        found = {match.brand for match in matcher.match(mention, source=post.source)}
        assert wanted[post.truth.about] <= found if post.truth.about != "none" else not found, (post.id, found)


def test_words_of_the_brands_alone_are_there_to_be_refused(posts):
    elsewhere = [post.text for post in posts if post.truth.about == "none"]
    assert len(elsewhere) >= 30
    for word in ("چابک", "سبد", "انار"):
        assert any(word in text for text in elsewhere), word


def test_the_peer_has_its_own_chatter(posts):
    assert 70 <= len(part(posts, "peer")) <= 90


# ---- what the authors mean

def test_ordinary_life_is_a_quarter_negative(posts):
    about_us = [post for post in part(posts, "ordinary") if post.truth.about == "brand"]
    assert 0.20 <= share(about_us, "negative") <= 0.30
    assert share(about_us, "positive") >= 0.20


def test_the_storm_is_mostly_negative_and_has_defenders(posts):
    storm = part(posts, "storm")
    assert 0.80 <= share(storm, "negative") <= 0.90
    assert sum(post.truth.tone == "positive" for post in storm) >= 8


# ---- when

def test_evenings_are_loud_and_nights_are_quiet(posts):
    hours = Counter((post.offset % DAY) // HOUR for post in part(posts, "ordinary", "peer", "elsewhere"))
    evening = sum(hours[hour] for hour in range(18, 23)) / 5
    midday = sum(hours[hour] for hour in range(10, 16)) / 6
    night = sum(hours[hour] for hour in range(7)) / 7
    assert evening > 1.8 * midday and midday > 10 * night


def test_friday_begins_late(posts):
    first = {day: min(post.offset % DAY for post in posts if post.follows_weekday and post.offset // DAY == day
                      and post.offset % DAY > 5 * HOUR) for day in range(7)}
    assert first[6] == max(first.values())  # the rows' first day is a Saturday


def test_the_syndicated_story_is_reprinted_by_twelve_outlets_within_five_hours_of_day_four(posts):
    reprints = part(posts, "reprint")
    assert len({post.handle for post in reprints}) == len(reprints) == 12
    assert all(post.offset // DAY == 3 and post.truth.tone == "neutral" for post in reprints)
    assert max(post.offset for post in reprints) - min(post.offset for post in reprints) < 5 * HOUR
    first = grams(reprints[0].text)
    alike = [len(first & grams(post.text)) / len(first | grams(post.text)) for post in reprints[1:]]
    assert sum(value > 0.5 for value in alike) >= 7


def test_the_complaint_is_polite_and_ignored_before_it_is_sung(posts):
    by_id = {post.id: post for post in posts}
    days = {post.offset // DAY + 1 for post in part(posts, "complaint") if post.handle in ("nazanin_setar", "نازنین_روشنی")}
    assert {1, 3, 5} <= days
    assert "هجده دقیقه" in by_id["nazanin-4"].text
    assert by_id["song"].offset // timedelta(minutes=1) == SONG_AT // timedelta(minutes=1)
    assert by_id["reshare"].offset // timedelta(minutes=1) == RESHARE_AT // timedelta(minutes=1)
    assert by_id["reshare"].reshare_of == "song" and (by_id["reshare"].followers or 0) > 150_000
    assert by_id["answer"].offset // timedelta(minutes=1) == ANSWER_AT // timedelta(minutes=1)


def test_the_storm_rises_in_the_evening_and_comes_again_after_the_answer(posts):
    storm = part(posts, "storm")
    midnight = DAY * 8
    assert len(storm) >= 140 and len({post.handle for post in storm}) >= 100
    assert not [post for post in storm if post.offset < SONG_AT]
    assert in_hours(storm, midnight + 20 * HOUR, 3) > 140
    assert in_hours(storm, midnight + 26 * HOUR, 6) < 10
    assert in_hours(storm, ANSWER_AT, 1) > 5 * in_hours(storm, ANSWER_AT - HOUR, 1)
    assert in_hours(storm, ANSWER_AT, 1) < in_hours(storm, midnight + 20 * HOUR, 1)


def test_no_other_hour_looks_like_a_storm(posts):
    calm = [post for post in posts if post.part != "storm" and post.truth == Truth("brand", "negative")]
    assert max(Counter(post.offset // HOUR for post in calm).values()) <= 4


# ---- on the calendar

@pytest.mark.parametrize("days_later", range(7))
def test_chatter_keeps_its_weekday_and_order_whenever_the_demonstration_starts(posts, days_later):
    scenario = load()
    start = scenario.start_before(NOW + timedelta(days=days_later))
    play = scenario.play(start)
    for published in play.posts:
        post = published.post
        assert start <= published.at < start + LENGTH
        if post.follows_weekday:
            assert published.at.astimezone(TEHRAN).weekday() == (SATURDAY + post.offset // DAY) % 7
        else:
            assert published.at - start == post.offset
        for earlier in filter(None, (post.in_reply_to, post.reshare_of)):
            assert play.by_id[earlier].at < published.at


@pytest.mark.parametrize("now", [datetime(2026, 11, 21, 20, 29, tzinfo=UTC), datetime(2026, 11, 21, 20, 30, tzinfo=UTC), NOW])
def test_the_ten_days_end_at_the_last_tehran_midnight(now):
    start = load().start_before(now)
    assert start.astimezone(TEHRAN).time() == datetime.min.time()
    assert now - DAY < start + LENGTH <= now


def test_nothing_is_published_before_its_time():
    scenario = load()
    play = scenario.play(scenario.start_before(NOW))
    for hours in range(0, 241, 7):
        now = play.start + hours * HOUR
        shown = [published for source in play.sources for published in play.published(source.name, now)]
        assert all(published.at <= now for published in shown)
        assert len(shown) == sum(published.at <= now for published in play.posts)


def test_counts_grow_to_their_final_value_and_say_when_they_changed(posts):
    song = next(post for post in posts if post.id == "song").growth
    seen = [song.at(timedelta(minutes=5 * step)).likes for step in range(600)]
    assert seen[0] == 0 and seen == sorted(seen) and song.at(timedelta(days=9)).likes == song.final.likes
    second = timedelta(seconds=1)
    for minutes in (3, 50, 400, 2000):
        age = timedelta(minutes=minutes)
        changed = song.changed_after(age, song.final.comments)
        assert song.at(changed + second).comments >= song.at(age).comments > song.at(changed - second).comments


def test_the_outage_takes_one_source_for_seven_hours(posts):
    assert OUTAGE.end - OUTAGE.start == 7 * HOUR
    others = [post for post in posts if OUTAGE.start <= post.offset < OUTAGE.end and post.source != OUTAGE.source]
    assert len(others) >= 8


# ---- what is refused

ROW = ('{"id": "a", "source": "koocheh", "offset": 60, "text": "سلام", "language": "fa", "half_life": 60, '
       '"truth": {"about": "none", "tone": "neutral"}}')


@pytest.mark.parametrize(("rows", "said"), [
    pytest.param([ROW, ROW], "stands twice", id="an id twice"),
    pytest.param([ROW.replace("koocheh", "nowhere")], "unknown source 'nowhere'", id="an unknown source"),
    pytest.param([ROW.replace('"offset": 60', '"offset": 864000')], "outside the 10 days", id="a time after the end"),
    pytest.param([ROW.replace('"language"', '"in_reply_to": "b", "language"')], "not here", id="an answer to nothing"),
    pytest.param([ROW.replace('"language"', '"in_reply_to": "b", "language"'),
                  ROW.replace('"a"', '"b"').replace('"offset": 60', '"offset": 90')], "written later", id="an answer to the future"),
    pytest.param([ROW.replace('"language"', '"follows_weekday": true, "in_reply_to": "b", "language"'),
                  ROW.replace('"a"', '"b"').replace('"offset": 60', '"offset": 30')], "shifted away", id="an answer that may be moved away"),
])
def test_a_scenario_that_cannot_be_played_is_refused(rows, said):
    with pytest.raises(ValueError, match=said):
        check(read("ordinary", rows))


@pytest.mark.parametrize(("row", "said"), [
    ("{", "ordinary.jsonl: line 1"),
    (ROW.replace('"language"', '"langauge"'), "unknown keys langauge"),
    (ROW.replace('"text": "سلام", ', ""), "line 1: 'text'"),
])
def test_a_bad_row_is_named_by_its_line(row, said):
    with pytest.raises(ValueError, match=said):
        read("ordinary", [row])
