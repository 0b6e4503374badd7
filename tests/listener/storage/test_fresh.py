"""What becomes known is news once: for rules on mentions, beside what they need to know of its author, and for replay."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listener.pipeline.stories import tell_stories
from listener.storage import Store
from listener.types import Author, Batch, CoverageState, Label, Match, Mention, MentionKey, Point, Precision, ScoredMention

from .made import DAY, HOUR, MINUTE, NOW, alert, analysis, commit, delivery, everything, mention, score

FIRST = MentionKey("rss", "1")
STEP = timedelta(minutes=5)


def fresh(store: Store) -> list[tuple[str, ScoredMention]]:
    """Return what is fresh, as the passes come to it: stories are told first."""
    tell_stories(store)
    return store.fresh()


def news(store: Store) -> list[tuple[str, str]]:
    return [(brand, one.mention.id) for brand, one in fresh(store)]


def test_what_is_scored_is_news_once_for_each_brand(store: Store) -> None:
    commit(store, mention("1"), mention("2"), brands=("تپسی", "اسنپ"))
    assert news(store) == []
    score(store, FIRST)
    assert news(store) == [("اسنپ", "1"), ("تپسی", "1")]
    [(brand, one), _] = fresh(store)
    assert one == store.by_keys([FIRST], brand)[0] and one.known_at == NOW and one.score
    assert store.save_pass(fresh_done=[(FIRST, "اسنپ"), (FIRST, "تپسی")], at=NOW)
    score(store, FIRST)
    store.mark_for_rescoring("packaged@9")
    store.save_analyses([(FIRST, analysis(model="packaged@9"))], now=NOW + HOUR)
    assert news(store) == [] and store.by_keys([FIRST])[0].known_at == NOW


def test_it_comes_in_order_of_when_it_became_known_and_of_its_key(store: Store) -> None:
    commit(store, *(mention(name, ago=ago * MINUTE) for ago, name in enumerate(("b", "c", "a"))))
    store.save_analyses([(MentionKey("rss", "c"), analysis())], now=NOW)
    store.save_analyses([(MentionKey("rss", name), analysis()) for name in "ba"], now=NOW + MINUTE)
    assert news(store) == [("اسنپ", "c"), ("اسنپ", "a"), ("اسنپ", "b")]
    assert [one.mention.id for _, one in store.fresh(2)] == ["c", "a"]


@pytest.mark.parametrize("old", [
    mention("1", ago=DAY + MINUTE), mention("1", precision=Precision.DAY), mention("1", precision=Precision.ESTIMATED),
    mention("1", ours=True)], ids=["long ago", "a day", "estimated", "our own"])
def test_history_and_our_own_answers_are_no_news(store: Store, old: Mention) -> None:
    commit(store, old)
    score(store, FIRST)
    assert news(store) == [] and everything(store)[0].known_at == NOW


def test_an_imported_file_is_no_news(store: Store) -> None:
    store.commit_batch("file", Batch((mention("1"),)), matches=[Match(FIRST, "اسنپ", ())], reach={}, start=NOW - HOUR, end=NOW,
                       now=NOW, history=True)
    score(store, FIRST)
    assert news(store) == []


def test_a_source_that_begins_anew_loses_no_news(store: Store) -> None:
    for setup in ("one", "two"):
        store.begin_sources([("blog", "rss", setup)], now=NOW)
        commit(store, mention(setup))
    store.begin_sources([("blog", "rss", "three")], now=NOW)
    score(store, MentionKey("rss", "one"), MentionKey("rss", "two"))
    assert len(news(store)) == 2


def test_an_edited_text_is_known_anew_and_news_again(store: Store) -> None:
    commit(store, mention("1"))
    score(store, FIRST)
    commit(store, mention("1", "متن دیگری"))
    assert news(store) == [] and everything(store)[0].known_at is None
    store.save_analyses([(FIRST, analysis())], now=NOW + HOUR)
    assert news(store) == [("اسنپ", "1")] and everything(store)[0].known_at == NOW + HOUR


def test_what_is_taken_back_forgotten_unmatched_or_found_to_be_ours_is_news_no_more(store: Store) -> None:
    commit(store, *(mention(name, author=name) for name in ("back", "forgotten", "unmatched", "ours", "kept")))
    score(store, *(MentionKey("rss", name) for name in ("back", "forgotten", "unmatched", "ours", "kept")))
    commit(store, mention("ours", author="ours", ours=True), deleted=[MentionKey("rss", "back")])
    store.forget_author("rss", "forgotten")
    store.replace_matches([MentionKey("rss", "unmatched")], [], brand="اسنپ")
    assert news(store) == [("اسنپ", "kept")]
    store.apply_retention(now=NOW + 9 * DAY)
    assert news(store) == []


def test_half_of_a_batch_is_never_news(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(store, mention("1"))

    def broken(*_: object) -> None:
        raise RuntimeError("between news and counts")

    with monkeypatch.context() as patch:
        patch.setattr("listener.storage.counts.apply", broken)
        with pytest.raises(RuntimeError):
            score(store, FIRST)
    assert news(store) == [] and everything(store)[0].known_at is None


def test_a_source_counts_a_mention_of_two_brands_once(store: Store) -> None:
    commit(store, mention("1"), brands=("اسنپ", "تپسی"))
    commit(store, mention("2"), mention("3", ago=HOUR), brands=("تپسی",))
    commit(store, mention("1"), mention("4"), source="wall")
    score(store, FIRST, negative=0.55)
    assert store.source_points("blog", NOW - DAY, NOW) == {
        NOW - HOUR: Point(1), NOW - STEP: Point(mentions=2, scored=1, negative=1, unsure=1, negative_reach=20)}
    assert store.source_points("wall", since=NOW - DAY, until=NOW) == {NOW - STEP: Point(1)}
    commit(store, deleted=[FIRST])
    assert store.source_points("blog", NOW - STEP, NOW) == {NOW - STEP: Point(1)} and store.recount() == []


def test_the_audiences_of_a_brand_are_those_of_its_authors_each_once(store: Store) -> None:
    def by(name: str, followers: int | None, ago: timedelta = HOUR, id: str | None = None) -> Mention:
        return Mention("rss", id or name, "متن", NOW - ago, author=Author("rss", name, followers=followers))

    commit(store, by("a", 900), by("a", 900, id="again"), by("b", 3), by("c", None), by("d", 50, 2 * DAY), by("e", 0))
    commit(store, by("other", 7), brands=("تپسی",))
    assert store.audiences("اسنپ", since=NOW - DAY, until=NOW) == [0, 3, 900]
    assert store.audiences("اسنپ", since=NOW - 3 * DAY, until=NOW - DAY) == [50]
    assert store.audiences("علی‌بابا", since=NOW - 3 * DAY, until=NOW) == []


def test_what_was_published_before_a_source_was_ever_read_is_history_for_live_and_replay_alike(store: Store) -> None:
    def by(name: str, followers: int, ago: timedelta) -> Mention:
        return Mention("rss", name, "متن", NOW - ago, author=Author("rss", name, followers=followers))

    until = NOW - DAY  # the day began before anything was seen
    store.commit_batch("blog", Batch(mentions=(by("old", 2985, 3 * DAY),)), matches=[Match(MentionKey("rss", "old"), "اسنپ", "q")], reach={},
                       start=NOW - 3 * DAY, end=NOW - 2 * DAY, now=NOW, history=True)
    assert store.audiences("اسنپ", since=NOW - 9 * DAY, until=until, seen=True) == [2985]
    commit(store, by("backlog", 70, 2 * DAY))  # read for the first time now: its backlog is history, too
    assert store.audiences("اسنپ", since=NOW - 9 * DAY, until=until, seen=True) == [70, 2985]
    commit(store, by("late", 12, timedelta(0)))  # published after the first reading: known from when it was seen
    assert store.audiences("اسنپ", since=NOW - 9 * DAY, until=NOW + STEP, seen=True) == [12, 70, 2985]
    assert store.audiences("اسنپ", since=NOW - 9 * DAY, until=NOW, seen=True) == [70, 2985]


def test_who_complained_before_is_known_with_when(store: Store) -> None:
    commit(store, mention("1", ago=3 * HOUR), mention("2", ago=2 * HOUR), mention("3", ago=HOUR), mention("4", author="ali"),
           mention("5", author="reza", ago=HOUR))
    commit(store, mention("6", author="other"), brands=("تپسی",))
    score(store, *(MentionKey("rss", id) for id in "12456"))
    score(store, MentionKey("rss", "3"), negative=0.1)
    store.add_correction(MentionKey("rss", "5"), Label.POSITIVE, "سارا", NOW)
    asked = ["rss:sara", "rss:ali", "rss:reza", "rss:other", "rss:nobody", "x:sara"]
    assert store.complained("اسنپ", asked, before=NOW) == {"rss:sara": NOW - 2 * HOUR, "rss:ali": NOW - MINUTE}
    assert store.complained("اسنپ", asked, before=NOW - 2 * HOUR) == {"rss:sara": NOW - 3 * HOUR}
    assert store.complained("اسنپ", [], before=NOW) == {}


def test_when_a_state_of_a_source_was_noted_is_kept_while_it_lasts(store: Store) -> None:
    for hour in (1, 2, 3):
        store.record_failure("blog", start=NOW + (hour - 1) * HOUR, end=NOW + hour * HOUR, now=NOW + hour * HOUR + MINUTE,
                             reason="HTTP 500")
    store.record_missed("shop", start=NOW, end=NOW + HOUR, reason="stopped")
    commit(store, now=NOW + 4 * HOUR, span=HOUR)
    assert [(span.source, span.state, span.end, span.noted_at) for span in store.coverage(since=NOW, until=NOW + DAY)] == [
        ("blog", CoverageState.LOST, NOW + 3 * HOUR, NOW + HOUR + MINUTE), ("blog", CoverageState.OK, NOW + 4 * HOUR, NOW + 4 * HOUR),
        ("shop", CoverageState.LOST, NOW + HOUR, None)]


class TestTheWholePath:
    def test_from_publishing_to_scores(self, store: Store) -> None:
        commit(store, now=NOW - DAY)
        commit(store, *(mention(str(minutes), ago=minutes * MINUTE) for minutes in range(1, 11)), brands=("اسنپ", "تپسی"))
        store.save_analyses([(MentionKey("rss", str(minutes)), analysis()) for minutes in range(1, 6)], now=NOW + MINUTE)
        assert store.lags(since=NOW - HOUR, until=NOW)["blog"].count == 10
        lag = store.score_lags(since=NOW - HOUR, until=NOW)["blog"]
        assert (lag.median, lag.p90, lag.count) == (4 * MINUTE, 6 * MINUTE, 5)
        assert store.score_lags(since=NOW, until=NOW + HOUR) == {}

    def test_from_publishing_to_the_first_page(self, store: Store) -> None:
        commit(store, *(mention(str(minutes), ago=minutes * MINUTE) for minutes in (2, 10, 30)))
        commit(store, mention("x", ago=20 * MINUTE), mention("y", ago=MINUTE, precision=Precision.DAY), source="wall")
        fired = alert(evidence=tuple(MentionKey("rss", id) for id in ("2", "10", "30", "x", "y", "nobody")), fired_at=NOW - 5 * MINUTE)
        quiet = alert(evidence=(MentionKey("rss", "2"),))
        store.save_pass(alerts=[fired, quiet], deliveries=[delivery("a", about=fired), delivery("a", "boss", about=fired),
                                                           delivery("b", about=quiet)], at=NOW)
        assert store.page_lags(NOW - DAY, NOW + DAY) == {}
        store.delivery_sent("a", "boss", at=NOW + 3 * MINUTE)
        store.delivery_sent("a", "ops", at=NOW + MINUTE)
        found = store.page_lags(NOW - DAY, NOW + DAY)  # the post of two minutes ago came after the alert
        assert {name: (lag.median, lag.p90, lag.count) for name, lag in found.items()} == {
            "blog": (11 * MINUTE, 11 * MINUTE, 1), "wall": (21 * MINUTE, 21 * MINUTE, 1)}
        assert store.page_lags(NOW, NOW + DAY) == {}
