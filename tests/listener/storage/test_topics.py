"""Topics in the database: what waits, what a grouping keeps, what goes when a mention goes, and that a killed pass changes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from alerts import about
from alerts.topics import title
from config.settings import Settings
from listener.pipeline import topics as passes
from listener.pipeline.topics import find_topics
from listener.service import Service
from listener.storage import Store
from listener.types import Aspect, MentionKey, Topic
from tests.alerts.test_topics import TEXTS, complaint

from .made import DAY, HOUR, MINUTE, NOW, analysis, commit, mention

BRAND = "اسنپ"
BRANDS = {BRAND: (BRAND,)}


def say(store: Store, subject: str, numbers: range, *, ago: timedelta = HOUR, language: str = "fa", known: timedelta = timedelta(0),
        negative: float = 0.9) -> list[MentionKey]:
    """Commit and score complaints as ``tests.alerts.test_topics`` makes them, each by an author of its own."""
    made = [complaint(subject, n, language) for n in numbers]
    commit(store, *(mention(one.key.id, one.text, ago=ago - known + n * timedelta(seconds=1), author=one.author) for n, one in enumerate(made)))
    store.save_analyses([(MentionKey("rss", one.key.id), analysis(negative, language=language, embedding=one.embedding,
                                                                  aspects=(Aspect(subject, 0.9),))) for one in made], now=NOW + known)
    return [MentionKey("rss", one.key.id) for one in made]


SETTINGS = Settings.model_construct(timezone="Asia/Tehran", brands=())


def listed(store: Store, *, until: datetime) -> list[Topic]:
    return [one.topic for one in Service(store, SETTINGS, now=lambda: until).topics(BRAND)]


def begin(store: Store) -> list[MentionKey]:
    keys = [key for subject in TEXTS for language in ("fa", "en") for key in say(store, subject, range(5), language=language)]
    find_topics(store, BRANDS, now=NOW)
    return keys


def by_aspect(store: Store, *, known: timedelta = timedelta(0)) -> dict[str | None, Topic]:
    return {one.aspect: one for one in listed(store, until=NOW + known)}


def test_complaints_get_topics_that_both_languages_name(store: Store) -> None:
    keys = begin(store)
    found = by_aspect(store)
    assert set(found) == set(TEXTS)
    for one in found.values():
        assert (one.count, one.authors, dict(one.languages), one.state, one.change) == (10, 10, {"en": 5, "fa": 5}, "new", None)
        assert one.days == (0,) * 6 + (10,) and all(one.phrases[language] for language in ("fa", "en")) and len(one.members) == 3
    members, known = store.topics_of(BRAND, keys), store.stored_topics(BRAND)
    most = about.topic(keys[:8], members, known)
    assert most and "refund" in title(most[0], "en") and about.topic(keys, members, known) is None


def test_what_was_looked_at_waits_no_more_and_a_second_pass_changes_nothing(store: Store) -> None:
    begin(store)
    before = listed(store, until=NOW)
    assert store.untopiced(BRAND, scored_since=NOW - DAY, published_since=NOW - DAY, limit=10) == []
    assert find_topics(store, BRANDS, now=NOW) == 0 and listed(store, until=NOW) == before


def test_new_complaints_join_their_topic_between_two_groupings(store: Store) -> None:
    begin(store)
    before = by_aspect(store)
    say(store, "refund", range(50, 54), ago=MINUTE, known=HOUR)
    say(store, "hotel", range(2), ago=MINUTE, known=HOUR)
    assert find_topics(store, BRANDS, now=NOW + HOUR) == 6
    after = by_aspect(store, known=HOUR)
    assert {aspect: one.id for aspect, one in after.items()} == {aspect: one.id for aspect, one in before.items()}
    assert (after["refund"].count, after["crash"].count) == (14, 10)


def test_a_grouping_later_keeps_ids_and_names_and_finds_what_is_new(store: Store) -> None:
    begin(store)
    before = by_aspect(store)
    say(store, "wifi", range(6), ago=MINUTE, known=7 * HOUR)
    find_topics(store, BRANDS, now=NOW + 7 * HOUR)
    after = by_aspect(store, known=7 * HOUR)
    assert set(after) == {*before, "wifi"}
    assert all((after[aspect].id, after[aspect].phrases) == (one.id, one.phrases) for aspect, one in before.items())


def test_many_that_are_close_to_no_topic_are_grouped_sooner(store: Store) -> None:
    begin(store)
    say(store, "wifi", range(passes.LOOSE), ago=MINUTE, known=HOUR)
    find_topics(store, BRANDS, now=NOW + HOUR)
    assert by_aspect(store, known=HOUR)["wifi"].count == passes.LOOSE


def test_after_an_update_that_changes_the_words_topics_are_grouped_anew_at_once_and_keep_their_ids(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(store)
    before = {one.id for one in store.stored_topics(BRAND)}
    monkeypatch.setattr("alerts.topics.space.WORDS", "of the next version")
    find_topics(store, BRANDS, now=NOW + MINUTE)
    after = store.topic_round(BRAND)
    assert after is not None and after.grouped_at == NOW + MINUTE and {one.id for one in store.stored_topics(BRAND)} == before


def test_a_pass_that_is_killed_changes_nothing_and_is_made_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("listener.storage.topics._begin", killed)
        with pytest.raises(KeyboardInterrupt):
            begin(store)
    assert store.topic_round(BRAND) is None and len(store.untopiced(BRAND, scored_since=NOW, published_since=NOW - DAY, limit=99)) == 30
    with monkeypatch.context() as patch:
        patch.setattr(Store, "save_grouping", killed)
        with pytest.raises(KeyboardInterrupt):
            find_topics(store, BRANDS, now=NOW)
    assert listed(store, until=NOW) == []
    find_topics(store, BRANDS, now=NOW)
    assert set(by_aspect(store)) == set(TEXTS)


def test_few_complaints_have_no_topics(store: Store) -> None:
    say(store, "refund", range(passes.FIRST - 1))
    find_topics(store, BRANDS, now=NOW)
    assert listed(store, until=NOW) == []


def test_praise_and_our_own_answers_are_no_complaints(store: Store) -> None:
    say(store, "refund", range(20), negative=0.1)
    assert find_topics(store, BRANDS, now=NOW) == 0


def test_what_was_taken_back_forgotten_or_judged_otherwise_counts_no_more(store: Store) -> None:
    begin(store)
    typical = by_aspect(store)["refund"].members
    commit(store, deleted=typical[:1])
    assert by_aspect(store)["refund"].count == 9
    author = store.by_keys(typical[1:2])[0].mention.author
    assert author is not None
    store.forget_author(author.kind, author.id)
    refund = by_aspect(store)["refund"]
    assert refund.count == 8 and typical[1] not in refund.members
    with store._read() as connection:
        assert connection.execute(text("SELECT count(*) FROM topic_mention")).scalar_one() == 28


def test_what_is_too_old_goes_with_its_mentions(store: Store) -> None:
    begin(store)
    find_topics(store, BRANDS, now=NOW + 20 * DAY)
    say(store, "wifi", range(15), ago=MINUTE, known=20 * DAY)
    find_topics(store, BRANDS, now=NOW + 20 * DAY)
    assert {one.aspect for one in store.stored_topics(BRAND)} == {"wifi"} and len(store.stored_topics(BRAND, ended_since=NOW)) == 4
    store.apply_retention(now=NOW + 60 * DAY, mentions_for=30 * DAY)
    assert len(store.stored_topics(BRAND, ended_since=NOW)) == 1


def test_a_sample_is_bounded_and_the_same_at_every_try(store: Store) -> None:
    begin(store)
    some = store.complaint_sample(BRAND, since=NOW - DAY, loose_since=NOW - DAY, limit=12)
    assert len(some) <= 12 and some == store.complaint_sample(BRAND, since=NOW - DAY, loose_since=NOW - DAY, limit=12)
    assert len({one.topic for one in some}) == 3
