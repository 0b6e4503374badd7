"""Batches: what enters, what changes, what is taken back, and that all of it happens at once."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from listener.storage import Committed, Store, open_store
from listener.types import (
    Author,
    Batch,
    CoverageState,
    Engagement,
    Label,
    Match,
    Mention,
    MentionKey,
    Precision,
    Reach,
    ScoredMention,
)

from .made import DAY, HOUR, MINUTE, NOW, analysis, commit, everything, mention, score


def only(store: Store) -> ScoredMention:
    [one] = everything(store)
    return one


FULL = Mention(
    "mastodon", "109", "پیک دو ساعت دیر کرد 😡 a‌b", NOW - HOUR, url="https://example.org/@sara/109", title="شکایت",
    precision=Precision.MINUTE,
    edited_at=NOW - MINUTE, author=Author("mastodon", "sara@example.org", "سارا", "https://example.org/@sara", 1200),
    engagement=Engagement(NOW, 5, 2, 1, 900), language="fa", in_reply_to="108", reshare_of="12", rating=0.2, outlet="روزنامه")


def test_a_mention_comes_back_as_it_was_given(store: Store) -> None:
    committed = commit(store, FULL, reach=Reach(5, 12, 90, "followers"))
    assert committed == Committed(new=1, changed=0, seen=1, deleted=0)
    assert only(store) == ScoredMention(FULL, "اسنپ", ("blog",), ("اسنپ",), None, Reach(5, 12, 90, "followers"), NOW)


def test_unknown_stays_none(store: Store) -> None:
    bare = Mention("rss", "1", "متن", NOW)
    commit(store, bare, reach=None)
    assert only(store).mention == bare and only(store).reach is None


def test_committing_a_batch_again_changes_nothing(store: Store) -> None:
    batch = [mention(str(number), engagement=Engagement(NOW, likes=number)) for number in range(20)]
    commit(store, *batch)
    before = everything(store)
    assert commit(store, *batch, now=NOW + HOUR) == Committed(new=0, changed=0, seen=20, deleted=0)
    assert everything(store) == before and store.recount() == []


def test_a_mention_without_a_match_is_not_kept(store: Store) -> None:
    assert commit(store, mention(), brands=()) == Committed()
    assert everything(store) == []


def test_one_mention_of_two_brands_stands_once_for_each(store: Store) -> None:
    commit(store, mention(), brands=("اسنپ", "دیجی‌کالا"))
    assert [one.brand for one in everything(store)] == ["دیجی‌کالا", "اسنپ"]
    assert [one.brand for one in everything(store, brand="اسنپ")] == ["اسنپ"]


def test_two_sources_that_see_one_mention_make_one_row_counted_under_the_first(store: Store) -> None:
    commit(store, mention(), source="blog")
    assert commit(store, mention(), source="aggregator", now=NOW + MINUTE).changed == 1
    assert only(store).sources == ("blog", "aggregator")
    assert [(row.source, row.mentions) for row in store.hourly(since=NOW - DAY, until=NOW + DAY)] == [("blog", 1)]
    assert {state.name: state.mentions for state in store.source_states()} == {"blog": 1, "aggregator": 1}


def test_the_same_id_of_two_kinds_is_two_mentions(store: Store) -> None:
    commit(store, mention("1", kind="rss"), mention("1", kind="mastodon"))
    assert len(everything(store)) == 2


def test_a_second_brand_found_later_is_added_and_the_first_stays(store: Store) -> None:
    commit(store, mention(), brands=("اسنپ",))
    assert commit(store, mention(), brands=("تپسی",)).changed == 1
    assert {one.brand for one in everything(store)} == {"اسنپ", "تپسی"}


class TestEdits:
    def test_an_edit_keeps_the_old_text_and_waits_for_a_new_score(self, store: Store) -> None:
        key = mention().key
        commit(store, mention(text="بد بود", title="نظر"))
        score(store, key)
        assert commit(store, mention(text="حل شد", title="نظر"), now=NOW + HOUR).changed == 1
        assert only(store).mention.text == "حل شد" and only(store).score is None
        [old] = store.revisions(key)
        assert (old.title, old.text, old.seen_until) == ("نظر", "بد بود", NOW + HOUR)
        assert store.unscored() == 1 and store.recount() == []

    def test_two_different_texts_under_one_id_in_a_batch_are_an_edit(self, store: Store) -> None:
        commit(store, mention(text="یک"), mention(text="دو"), mention(text="دو"), mention(text="سه"))
        assert only(store).mention.text == "سه"
        assert [old.text for old in store.revisions(mention().key)] == ["یک", "دو"]

    @pytest.mark.parametrize(("stored", "given", "source", "wins"), [
        (None, None, "blog", True), (None, None, "other", False), (None, NOW, "other", True), (NOW, NOW + HOUR, "other", True),
        (NOW, NOW - HOUR, "blog", False), (NOW, None, "blog", False), (NOW, NOW, "blog", True), (NOW, NOW, "other", False),
    ], ids=["same source, no times", "another source shortens it", "another source says it was edited",
            "a later edit elsewhere",
            "an older copy", "a copy from before the edit", "same time, same source", "same time, another source"])
    def test_a_different_text_is_an_edit_only_if_it_is_newer(self, store: Store, stored: Any, given: Any, source: str,
                                                             wins: bool) -> None:
        commit(store, mention(text="کهنه", edited_at=stored))
        commit(store, mention(text="نو", edited_at=given), source=source)
        assert (only(store).mention.text == "نو") is wins
        assert len(store.revisions(mention().key)) == int(wins)

    def test_an_edited_text_is_found_by_its_words_and_no_longer_by_the_old(self, store: Store) -> None:
        commit(store, mention(text="پشتیبانی جواب نداد"))
        commit(store, mention(text="پیک رسید"))
        assert len(everything(store, text="پیک")) == 1 and everything(store, text="پشتیبانی") == []

    def test_a_claim_from_before_an_edit_does_not_score_the_new_text(self, store: Store) -> None:
        commit(store, mention(text="افتضاح"))
        [(key, text)] = store.claim_unscored(5, now=NOW, lease=HOUR)
        commit(store, mention(text="عالی"))
        assert store.save_analyses([(key, analysis())], now=NOW) == 0
        assert store.claim_unscored(5, now=NOW, lease=HOUR) == [(key, "عالی")]
        assert store.save_analyses([(key, analysis(0.1))], now=NOW) == 1


class TestEngagement:
    def test_snapshots_are_kept_only_when_they_change(self, store: Store) -> None:
        seen = [Engagement(NOW + number * HOUR, likes=likes) for number, likes in enumerate([1, 1, 5, 5, 9])]
        for one in seen:
            commit(store, mention(engagement=one))
        assert [(one.at, one.likes) for one in store.engagement(mention().key)] == [
            (NOW, 1), (NOW + 2 * HOUR, 5), (NOW + 4 * HOUR, 9)]
        assert only(store).mention.engagement == seen[4]

    def test_a_count_that_a_source_leaves_out_is_not_forgotten(self, store: Store) -> None:
        commit(store, mention(engagement=Engagement(NOW, likes=1, views=70)))
        commit(store, mention(engagement=Engagement(NOW + HOUR, likes=2)), source="other")
        assert only(store).mention.engagement == Engagement(NOW + HOUR, likes=2, views=70)

    def test_a_snapshot_from_the_past_does_not_become_the_present(self, store: Store) -> None:
        commit(store, mention(engagement=Engagement(NOW, likes=9)))
        commit(store, mention(engagement=Engagement(NOW - DAY, likes=1)))
        assert only(store).mention.engagement == Engagement(NOW, likes=9)
        assert [one.likes for one in store.engagement(mention().key)] == [1, 9]

    def test_reach_follows_the_first_source(self, store: Store) -> None:
        commit(store, mention(), reach=Reach(1, 2, 3, "followers"))
        commit(store, mention(), reach=Reach(7, 8, 9, "feed"), source="other")
        assert only(store).reach == Reach(1, 2, 3, "followers")
        commit(store, mention(), reach=Reach(4, 5, 6, "followers"))
        assert only(store).reach == Reach(4, 5, 6, "followers") and store.recount() == []


class TestDetails:
    def test_what_is_filled_in_later_is_taken_but_not_swapped(self, store: Store) -> None:
        commit(store, mention(author=None))
        commit(store, mention(url="https://a/", language="fa"), source="other")
        commit(store, mention(url="http://a/?utm"))
        assert only(store).mention.url == "https://a/" and only(store).mention.language == "fa"
        assert only(store).mention.author == mention().author

    def test_a_better_time_moves_the_mention_and_its_counts(self, store: Store) -> None:
        guessed = replace(mention(), published_at=NOW, precision=Precision.ESTIMATED)
        commit(store, guessed)
        assert store.points("اسنپ", since=NOW - DAY, until=NOW + DAY) == {}
        commit(store, mention(ago=3 * HOUR))
        commit(store, replace(guessed, published_at=NOW + HOUR))
        assert only(store).mention.published_at == NOW - 3 * HOUR
        assert list(store.points("اسنپ", since=NOW - DAY, until=NOW + DAY)["blog"]) == [NOW - 3 * HOUR]
        assert store.recount() == []

    def test_what_is_known_of_an_author_stays_when_a_source_is_silent(self, store: Store) -> None:
        commit(store, mention(author="sara"))
        commit(store, replace(mention("2"), author=Author("rss", "sara", followers=500)))
        assert {one.mention.author for one in everything(store)} == {Author("rss", "sara", "Sara", None, 500)}

    def test_the_payload_is_kept_as_it_was(self, store: Store) -> None:
        payload = '{"متن": "سلام"}'.encode() * 50
        commit(store, mention(raw=payload))
        assert store.raw(mention().key) == payload and store.raw(MentionKey("rss", "9")) is None

    def test_our_own_answers_are_shown_but_counted_nowhere(self, store: Store) -> None:
        commit(store, mention(ours=True))
        assert only(store).mention.ours
        assert store.hourly(since=NOW - DAY, until=NOW + DAY) == [] and store.authors("اسنپ", since=NOW - DAY, until=NOW) == 0
        assert store.traces("اسنپ", since=NOW - DAY, until=NOW) == [] and store.recount() == []


class TestDeletion:
    def test_what_a_source_took_back_is_gone_and_does_not_return(self, store: Store) -> None:
        first = mention(text="رمز من لو رفت", title="آه", raw=b"raw", engagement=Engagement(NOW, likes=3))
        commit(store, first, mention("2", author="ali"))
        commit(store, replace(first, text="رمز من لو رفته", engagement=Engagement(NOW + MINUTE, likes=5)))
        score(store, first.key)
        assert commit(store, deleted=[first.key, MentionKey("rss", "never seen")]) == Committed(deleted=1)
        assert [one.mention.id for one in everything(store)] == ["2"]
        assert store.by_keys([first.key]) == [] and store.revisions(first.key) == [] and store.raw(first.key) is None
        assert store.engagement(first.key) == [] and everything(store, text="رمز") == [] and store.recount() == []
        assert commit(store, replace(first, edited_at=NOW + DAY)) == Committed()
        assert commit(store, deleted=[first.key]) == Committed()
        assert [one.mention.id for one in everything(store)] == ["2"] and store.recount() == []

    def test_a_deletion_in_the_same_batch_wins(self, store: Store) -> None:
        assert commit(store, mention(), deleted=[mention().key]) == Committed(new=1, seen=1, deleted=1)
        assert everything(store) == [] and store.recount() == []

    def test_the_author_of_nothing_else_is_removed(self, store: Store) -> None:
        commit(store, mention(author="sara"), mention("2", author="ali"), mention("3", author="ali"))
        commit(store, deleted=[mention().key, MentionKey("rss", "2")])
        assert everything(store, author="sara") == [] and len(everything(store, author="ali")) == 1

    def test_a_deleted_mention_is_not_scored(self, store: Store) -> None:
        commit(store, mention())
        store.claim_unscored(5, now=NOW, lease=HOUR)
        commit(store, deleted=[mention().key])
        assert score(store, mention().key) == 0 and store.unscored() == 0


class TestCursorAndCoverage:
    def test_the_cursor_comes_back_and_an_empty_one_leaves_it(self, store: Store) -> None:
        assert store.cursor("blog") is None
        commit(store, mention(), cursor={"etag": "ü", "seen": [1, None], "deep": {"a": 1.5}})
        commit(store, cursor=None)
        assert store.cursor("blog") == {"etag": "ü", "seen": [1, None], "deep": {"a": 1.5}}
        store.reset_cursor("blog")
        assert store.cursor("blog") is None

    def test_spans_that_follow_each_other_become_one(self, store: Store) -> None:
        for number in range(5):
            commit(store, now=NOW + number * 5 * MINUTE)
        commit(store, now=NOW + HOUR)
        spans = store.coverage(since=NOW - DAY, until=NOW + DAY)
        assert [(span.start, span.end) for span in spans] == [(NOW - 5 * MINUTE, NOW + 20 * MINUTE),
                                                              (NOW + 55 * MINUTE, NOW + HOUR)]

    def test_an_outage_is_lost_and_its_source_failing_until_it_answers(self, store: Store) -> None:
        store.register_sources([("blog", "rss"), ("shop", "csv")])
        commit(store)
        store.record_failure("blog", start=NOW, end=NOW + HOUR, now=NOW + HOUR, reason="HTTP 500", retry_at=NOW + 2 * HOUR)
        store.record_failure("blog", start=NOW + HOUR, end=NOW + 2 * HOUR, now=NOW + 2 * HOUR, reason="HTTP 500")
        blog, shop = store.source_states()
        assert (blog.kind, blog.ok_at, blog.failing_since, blog.error, blog.polled_at) == (
            "rss", NOW, NOW + HOUR, "HTTP 500", NOW + 2 * HOUR)
        assert (shop.kind, shop.polled_at) == ("csv", None)
        assert [(span.state, span.start, span.end, span.reason) for span in store.coverage(since=NOW, until=NOW + DAY)] == [
            (CoverageState.LOST, NOW, NOW + 2 * HOUR, "HTTP 500")]
        commit(store, now=NOW + 3 * HOUR)
        assert store.source_states()[0].failing_since is None

    def test_a_lost_batch_counts_as_a_failure_but_keeps_its_cursor(self, store: Store) -> None:
        commit(store, cursor={"page": 2}, state=CoverageState.LOST, reason="a login page")
        [state] = store.source_states()
        assert (state.failing_since, state.error, store.cursor("blog")) == (NOW, "a login page", {"page": 2})

    def test_coverage_can_be_asked_for_some_sources(self, store: Store) -> None:
        commit(store, source="a")
        commit(store, source="b")
        assert [span.source for span in store.coverage(since=NOW - DAY, until=NOW, sources=["b"])] == ["b"]
        assert store.coverage(since=NOW, until=NOW + DAY) == []

    def test_an_import_without_a_span_claims_no_coverage(self, store: Store) -> None:
        commit(store, mention(), span=timedelta(0))
        assert store.coverage(since=NOW - DAY, until=NOW + DAY) == []

    def test_a_paused_source_is_remembered(self, store: Store) -> None:
        store.pause_source("blog", True)
        assert [state.paused for state in store.source_states()] == [True]


@pytest.mark.parametrize(("given", "stored"), [
    ("a\0b", "a\ufffdb"), ("x\ud800y", "x\ufffdy"), ("\ud83d\ude00", "😀"), ("ب" * 500_000, "ب" * 500_000), ("", ""),
    ("'; DROP TABLE mention; --", "'; DROP TABLE mention; --"), ("‏راست‮چپ", "‏راست‮چپ"),
], ids=["NUL", "half a pair", "a pair", "1 MB", "empty", "SQL", "bidi"])
def test_hostile_text_is_stored_as_far_as_a_database_can(store: Store, given: str, stored: str) -> None:
    commit(store, Mention("rss", "1", given, NOW, title=given, url=given, author=Author("rss", given, given)))
    assert only(store).mention.text == stored
    commit(store, Mention("rss", "1", given, NOW, title=given, url=given, author=Author("rss", given, given)))
    assert store.revisions(MentionKey("rss", "1")) == [] and store.recount() == []


def test_an_id_too_long_for_an_index_is_shortened_the_same_way_everywhere(store: Store) -> None:
    long = mention("https://x/" + "آ" * 50_000)
    other = mention("https://x/" + "آ" * 50_001)
    assert commit(store, long, other, long).new == 2
    assert commit(store, long, other).new == 0
    assert score(store, long.key) == 1 and len(store.by_keys([long.key])) == 1
    assert commit(store, deleted=[long.key]).deleted == 1


@pytest.mark.parametrize("likes", [10**40, -5, sys.maxsize + 1])
def test_absurd_counts_do_not_stop_a_batch(store: Store, likes: int) -> None:
    author = Author("rss", "x", followers=likes)
    commit(store, Mention("rss", "1", "x", NOW, author=author, engagement=Engagement(NOW, likes=likes), rating=float("nan")))
    assert commit(store, Mention("rss", "1", "x", NOW, author=author, engagement=Engagement(NOW, likes=likes),
                                 rating=float("nan"))).changed == 0


@pytest.mark.parametrize("year", [1, 1906, 1970, 9999])
def test_any_year_can_be_stored_and_counted(store: Store, year: int) -> None:
    at = NOW.replace(year=year, minute=7)
    commit(store, Mention("rss", "1", "x", at))
    assert only(store).mention.published_at == at
    assert list(store.points("اسنپ", since=at, until=at + MINUTE)["blog"]) == [at.replace(minute=5)]
    assert store.recount() == []


def test_a_failure_in_the_middle_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(store, mention("0"), cursor={"page": 1})

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the last step fails")

    with monkeypatch.context() as patch:
        patch.setattr("listener.storage.sources.cover", broken)
        with pytest.raises(RuntimeError):
            commit(store, mention("1"), mention("0", text="edited"), deleted=[MentionKey("rss", "0")], cursor={"page": 2})
    assert [one.mention for one in everything(store)] == [mention("0")]
    assert store.cursor("blog") == {"page": 1} and store.recount() == []


def test_terms_and_matches_survive_reopening(url: str) -> None:
    store = open_store(url)
    store.commit_batch("blog", Batch((mention(),)), matches=[Match(mention().key, "اسنپ", ("اسنپ", "#اسنپ_فود"))], reach={},
                       start=NOW, end=NOW, now=NOW)
    store.close()
    again = open_store(url)
    assert only(again).terms == ("اسنپ", "#اسنپ_فود")
    assert everything(again, label=Label.NEGATIVE) == []
    again.close()


@pytest.mark.parametrize("state", [CoverageState.OK, CoverageState.LOST])
def test_history_says_nothing_about_how_its_source_fares(store: Store, state: CoverageState) -> None:
    commit(store, cursor={"page": 1}, now=NOW - DAY)
    store.record_failure("blog", start=NOW - HOUR, end=NOW, now=NOW, reason="no answer", retry_at=NOW + HOUR)
    [before] = store.source_states()
    store.commit_batch("blog", Batch((mention(),), cursor={"page": 9}, state=state), matches=[Match(mention().key, "اسنپ", ("اسنپ",))],
                       reach={}, start=NOW - 30 * DAY, end=NOW - 29 * DAY, now=NOW + MINUTE, history=True)
    assert store.source_states() == [replace(before, mentions=1)] and store.cursor("blog") == {"page": 1}
    assert [span.state for span in store.coverage(since=NOW - 30 * DAY, until=NOW - 29 * DAY)] == [state]


@pytest.mark.parametrize(("complete", "wish", "kept"), [(True, HOUR, NOW + HOUR), (False, HOUR, None), (True, None, None)])
def test_a_source_that_asks_to_wait_is_let_wait_also_after_a_restart(store: Store, complete: bool, wish: timedelta | None,
                                                                     kept: datetime | None) -> None:
    store.commit_batch("blog", Batch(complete=complete, min_interval=wish), matches=[], reach={}, start=NOW - HOUR, end=NOW, now=NOW)
    assert [state.retry_at for state in store.source_states()] == [kept]
