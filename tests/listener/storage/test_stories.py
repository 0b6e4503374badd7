"""Stories in the database: what waits, what is found again, what goes when a mention goes, and what is counted as of when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from alerts import stories
from alerts.stories import story_id
from listener.pipeline.stories import tell_stories
from listener.storage import Store, open_store
from listener.storage.stories import outlet_of
from listener.types import Mention, MentionKey, Story
from tests.alerts.story_pairs import POSTS, SPUN, TEMPLATES, TOPICS

from .made import DAY, HOUR, MINUTE, NOW, analysis, commit, mention

BRAND = "اسنپ"


def tell(store: Store, *mentions: Mention, known: timedelta = timedelta(0), negative: float = 0.9) -> dict[str, str]:
    """Commit, score and tell mentions at ``NOW + known``; return all stories by id of mention."""
    commit(store, *mentions)
    store.save_analyses([(one.key, analysis(negative)) for one in mentions], now=NOW + known)
    tell_stories(store)
    return told(store)


def told(store: Store) -> dict[str, str]:
    return {one.mention.id: one.story for one in store.mentions(limit=10_000).items if one.story}


def marked(store: Store) -> set[str]:
    with store._read() as connection:
        return set(connection.execute(text("SELECT DISTINCT m.id FROM story_mark k JOIN mention m ON m.pk = k.mention_pk")).scalars())


def one_story(store: Store, id: str) -> Story:
    (story,) = store.stories(BRAND, [id]).values()
    return story


def test_what_is_scored_waits_for_its_story_and_then_no_more(store: Store) -> None:
    commit(store, mention("1", POSTS[0]), mention("2", "ممنون"), mention("ours", POSTS[0], ours=True))
    assert store.unstoried(10) == []
    store.save_analyses([(MentionKey("rss", id), analysis()) for id in ("1", "2", "ours")], now=NOW)
    assert {one.id for one in store.unstoried(10)} == {"1", "2"}
    assert (tell_stories(store), tell_stories(store), store.unstoried(10)) == (2, 0, [])
    assert told(store) == {id: story_id(MentionKey("rss", id)) for id in ("1", "2")}


def test_copies_and_spun_texts_find_their_story_days_later(store: Store) -> None:
    tell(store, mention("1", SPUN[0][0], ago=9 * DAY), mention("2", POSTS[0], ago=9 * DAY), mention("3", TOPICS[0][0]))
    found = tell(store, mention("4", SPUN[0][1]), mention("5", f"عجب! «{POSTS[0]}»", kind="x"), mention("6", TOPICS[0][1]))
    assert found["4"] == found["1"] == story_id(MentionKey("rss", "1")) and found["5"] == found["2"]
    assert len({found[id] for id in ("1", "2", "3", "6")}) == 4


def test_an_exact_copy_finds_its_story_after_years_and_another_one_within_a_month(store: Store) -> None:
    tell(store, mention("old", POSTS[0], ago=900 * DAY), mention("older", POSTS[1], ago=900 * DAY))
    store.apply_retention(now=NOW)
    found = tell(store, mention("copy", POSTS[0] + " 😡"), mention("quote", f"یادش به خیر: «{POSTS[1]}»"))
    assert found["copy"] == found["old"] and found["quote"] != found["older"]


def test_a_story_that_came_back_once_is_remembered_for_a_year(store: Store) -> None:
    tell(store, mention("1", POSTS[0], ago=300 * DAY), mention("2", f"ببینید: {POSTS[0]}", ago=299 * DAY))
    store.apply_retention(now=NOW)
    found = tell(store, mention("3", f"باز هم این؟ «{POSTS[0]}»"))
    assert found["3"] == found["1"]


def test_a_pass_that_is_killed_anywhere_finds_the_same_stories(store: Store) -> None:
    texts = [pair[one] for pair in SPUN[:5] for one in (0, 1)]
    mentions = [mention(f"{number}", body, ago=timedelta(minutes=90 - number)) for number, body in enumerate(texts)]
    commit(store, *mentions)
    store.save_analyses([(one.key, analysis()) for one in mentions], now=NOW)
    new = store.unstoried(100)
    found = stories.assign(new, store.kin(new, {one.key: stories.marks(one) for one in new}))  # and killed before saving
    assert tell_stories(store, at_most=3) == 3
    assert tell_stories(store) == len(texts) - 3
    assert told(store) == {key.id: story for key, story in found.stories.items()}


def test_saving_again_changes_nothing(store: Store) -> None:
    commit(store, one := mention("1", POSTS[0]))
    store.save_analyses([(one.key, analysis())], now=NOW)
    for story in ("a", "b"):
        store.save_stories({one.key: story}, copied={one.key: story == "b"}, marks={one.key: [1]}, until={one.key: NOW}, merged={})
    assert told(store) == {"1": "a"} and one_story(store, "a").copies == 0


def test_an_edited_mention_gets_its_story_anew(store: Store) -> None:
    tell(store, mention("1", POSTS[0], ago=HOUR), mention("2", POSTS[1], ago=HOUR))
    commit(store, mention("2", POSTS[0], ago=HOUR, edited_at=NOW))
    assert "2" not in told(store) and store.unstoried(10) == []
    store.save_analyses([(MentionKey("rss", "2"), analysis())], now=NOW)
    new = store.unstoried(10)
    found = stories.assign(new, store.kin(new, {one.key: stories.marks(one) for one in new}))
    commit(store, mention("2", POSTS[2], ago=HOUR, edited_at=NOW + MINUTE))  # while it was compared
    assert store.save_stories(found.stories, copied=found.copied, marks=found.marks, until={}, merged={}) == 0
    store.save_analyses([(MentionKey("rss", "2"), analysis())], now=NOW)
    tell_stories(store)
    assert told(store)["2"] != told(store)["1"]


def test_stories_that_were_one_keep_the_older_name_and_are_found_by_both(store: Store) -> None:
    a, b, c = mention("a", POSTS[0], ago=2 * HOUR), mention("b", POSTS[1], ago=HOUR), mention("c", POSTS[2])
    first, second, third = tell(store, a, b, c).values()
    ids = told(store)
    store.save_stories({}, copied={}, marks={}, until={}, merged={ids["c"]: ids["b"]})
    store.save_stories({}, copied={}, marks={}, until={}, merged={ids["b"]: ids["a"]})
    assert set(told(store).values()) == {ids["a"]} and len({first, second, third}) == 3
    found = store.stories(BRAND, list(ids.values()))
    assert set(found) == set(ids.values()) and {story.id for story in found.values()} == {ids["a"]}
    store.save_stories({}, copied={}, marks={}, until={}, merged={ids["c"]: ids["b"]})
    assert store.stories(BRAND, [ids["c"]])[ids["c"]].mentions == 3


@pytest.mark.parametrize("goes", ["forgotten", "taken back", "too old"])
def test_what_goes_leaves_no_mark_and_counts_no_more(store: Store, goes: str) -> None:
    ids = tell(store, mention("1", POSTS[0], ago=3 * DAY, author="gone"), mention("2", f"ببینید: {POSTS[0]}", author="ali"))
    assert marked(store) >= {"1"} and one_story(store, ids["1"]).mentions == 2
    if goes == "forgotten":
        store.forget_author("rss", "gone")
    elif goes == "taken back":
        commit(store, deleted=[MentionKey("rss", "1")])
    else:
        store.apply_retention(now=NOW, mentions_for=DAY)
    assert "1" not in marked(store)
    assert (one_story(store, ids["1"]).mentions, one_story(store, ids["1"]).first) == (1, MentionKey("rss", "2"))


def test_marks_go_when_their_time_is_over(store: Store) -> None:
    tell(store, mention("1", POSTS[0], ago=60 * DAY), mention("2", POSTS[1]))
    assert marked(store) == {"1", "2"}
    store.apply_retention(now=NOW)
    assert marked(store) == {"2"}


def test_a_story_counts_one_brand_and_authors_copies_outlets_apart(store: Store) -> None:
    commit(store, mention("other", POSTS[0], ago=5 * HOUR, author="x"), brands=("تپسی",))
    ids = tell(store, mention("1", POSTS[0], ago=4 * HOUR, author="sara", url="https://www.a.ir/1"),
               mention("2", POSTS[0], ago=3 * HOUR, author="ali", url="https://m.a.ir/2"),
               mention("3", POSTS[0], ago=2 * HOUR, author=None, url="https://t.me/s/khabar/7"),
               mention("4", POSTS[0], ago=HOUR, author=None, url="https://t.me/khabar/8", outlet=None))
    assert one_story(store, ids["1"]) == Story(ids["1"], BRAND, MentionKey("rss", "1"), NOW - 4 * HOUR, NOW - HOUR, mentions=4, copies=3,
                                               authors=1, accounts=3, outlets=2, negative=4)


def test_a_story_is_counted_as_of_an_instant_and_of_a_mention(store: Store) -> None:
    tell(store, mention("1", POSTS[0], ago=3 * HOUR, author="a"), known=-2 * HOUR)
    ids = tell(store, mention("2", POSTS[0], ago=2 * HOUR, author="b"), mention("3", POSTS[0], ago=HOUR, author="c"), known=-HOUR)
    story = ids["1"]
    assert store.stories(BRAND, [story], before=NOW - 2 * HOUR) == {}
    assert store.stories(BRAND, [story], before=NOW - HOUR)[story].mentions == 1
    assert store.stories(BRAND, [story], before=(NOW - HOUR, MentionKey("rss", "3")))[story].mentions == 2
    assert store.stories(BRAND, [story], before=NOW)[story].mentions == 3
    assert [one.key.id for one in store.tellings(BRAND, since=NOW - 2 * HOUR, until=NOW)] == ["1", "2", "3"]


def test_stories_of_a_span_are_counted_whole(store: Store) -> None:
    tell(store, mention("1", POSTS[0], ago=9 * DAY), mention("2", POSTS[0], ago=HOUR), mention("3", POSTS[1], ago=9 * DAY))
    found = store.stories(BRAND, since=NOW - DAY, until=NOW)
    assert [(one.first.id, one.mentions) for one in found.values()] == [("1", 2)]
    assert store.stories("تپسی", since=NOW - DAY) == {}


def test_a_reshare_is_of_the_story_it_reshares_whenever_that_comes(store: Store) -> None:
    tell(store, mention("r1", "RT: بد بود", kind="x", reshare_of="o"))
    found = tell(store, mention("o", "بد بود", kind="x"), mention("r2", "RT: بد بود", kind="x", reshare_of="o"))
    assert len(set(found.values())) == 1 and one_story(store, found["o"]).copies == 2


def test_a_mark_that_everybody_leaves_says_nothing_and_costs_little(store: Store) -> None:
    lead = "گزارش تازه از وضعیت بازار و نرخ ارز امروز"
    texts = [f"{lead} {TEMPLATES[n % 20]} {POSTS[n % 12][:n % 7 * 9]} {n * 7919} {TOPICS[n % 8][n % 6]}" for n in range(60)]
    tell(store, *[mention(f"{number}", body) for number, body in enumerate(texts)])
    new = [mention("new", f"{lead} هیچ خبر دیگری نیست و نخواهد بود تا فردا صبح")]
    commit(store, *new)
    assert len(store.kin(new, {new[0].key: stories.marks(new[0])})[new[0].key]) <= 17


@pytest.mark.parametrize(("url", "outlet", "expected"), [
    ("https://www.isna.ir/news/1", None, "isna.ir"), ("https://t.me/Khabar/12", None, "t.me/khabar"),
    ("https://t.me/s/khabar/12", None, "t.me/khabar"), ("https://news.google.com/x", "ISNA ", "isna"), (None, None, None),
    ("https://[broken", None, None), ("https://x.com/sara/status/1", None, "x.com/sara"), ("https://T.me/s/Khabar?before=9", None, "t.me/khabar"),
    ("http://amp.isna.ir:8080#top", None, "isna.ir"), ("https://u:p@isna.ir/1", None, "isna.ir"), ("https://t.me/\tKhabar/1", None, "t.me/khabar")])
def test_an_outlet_is_a_publication_or_a_channel(url: str | None, outlet: str | None, expected: str | None) -> None:
    assert outlet_of(url, outlet) == expected


def test_a_house_of_before_gets_its_stories(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    commit(store, mention("1", POSTS[0], ago=HOUR), mention("2", POSTS[0]))
    store.save_analyses([(MentionKey("rss", id), analysis()) for id in "12"], now=NOW)
    with store._write() as connection:
        connection.execute(text("UPDATE mention SET story = NULL, copied = NULL"))
    assert tell_stories(store) == 2 and len(set(told(store).values())) == 1
    store.close()
