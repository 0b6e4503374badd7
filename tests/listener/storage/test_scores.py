"""Scoring: claims, leases, whole analyses, rescoring, and people's corrections before the model's word."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from listener.storage import Store, open_store
from listener.types import Aspect, Label, MentionKey

from .made import DAY, HOUR, MINUTE, NOW, analysis, commit, everything, mention, score


def test_the_newest_come_first_with_their_full_text(store: Store) -> None:
    commit(store, mention("old", "کهنه", ago=DAY), mention("new", "متن", title="عنوان"), mention("same", "عنوان و متن",
                                                                                                 title="عنوان",
                                                                                                ago=HOUR))
    assert store.claim_unscored(10, now=NOW, lease=HOUR) == [
        (MentionKey("rss", "new"), "عنوان\nمتن"), (MentionKey("rss", "same"), "عنوان و متن"), (MentionKey("rss", "old"),
                                                                                               "کهنه")]


def test_a_claim_is_exclusive_until_its_lease_ends(store: Store) -> None:
    commit(store, *(mention(str(number)) for number in range(5)))
    assert len(store.claim_unscored(3, now=NOW, lease=HOUR)) == 3
    assert len(store.claim_unscored(10, now=NOW, lease=HOUR)) == 2
    assert store.claim_unscored(10, now=NOW + HOUR - MINUTE, lease=HOUR) == []
    assert len(store.claim_unscored(10, now=NOW + HOUR, lease=HOUR)) == 5
    assert store.unscored() == 5


def test_a_claim_of_a_clock_that_was_ahead_holds_nothing_back(store: Store) -> None:
    commit(store, mention())
    assert len(store.claim_unscored(1, now=NOW + DAY, lease=MINUTE)) == 1
    assert len(store.claim_unscored(1, now=NOW, lease=MINUTE)) == 1
    assert store.claim_unscored(1, now=NOW - MINUTE / 2, lease=MINUTE) == []  # another claimant, a moment behind


def test_claims_given_back_are_free_at_once(store: Store) -> None:
    commit(store, mention())
    store.claim_unscored(1, now=NOW, lease=HOUR)
    store.release_claims([mention().key])
    assert len(store.claim_unscored(1, now=NOW, lease=HOUR)) == 1


def test_many_claimants_never_get_the_same_mention(url: str) -> None:
    stores = [open_store(url) for _ in range(4)]
    commit(stores[0], *(mention(str(number), ago=number * MINUTE) for number in range(200)))

    def work(store: Store) -> list[MentionKey]:
        mine: list[MentionKey] = []
        while claimed := store.claim_unscored(7, now=NOW, lease=HOUR):
            mine += [key for key, _ in claimed]
            store.save_analyses([(key, analysis()) for key, _ in claimed], now=NOW)
        return mine

    with ThreadPoolExecutor(4) as pool:
        taken = [key for keys in pool.map(work, stores) for key in keys]
    assert len(taken) == len(set(taken)) == 200
    assert stores[0].unscored() == 0 and stores[0].recount() == []
    for store in stores:
        store.close()


def test_an_analysis_is_stored_whole(store: Store) -> None:
    commit(store, mention())
    given = analysis(0.7, aspects=(Aspect("تحویل", 0.9), Aspect("price", 0.2)), intent="complaint", intent_confidence=0.8,
                     embedding=bytes(range(256)) + b"\0" * 128)
    assert store.save_analyses([(mention().key, given)], now=NOW) == 1
    assert store.analyses([mention().key]) == {mention().key: given}
    assert store.embeddings([mention().key, MentionKey("rss", "9")]) == {mention().key: given.embedding}
    assert everything(store)[0].score == given.score and store.unscored() == 0


def test_unknown_mentions_are_passed_over(store: Store) -> None:
    assert store.save_analyses([(MentionKey("rss", "nobody"), analysis())], now=NOW) == 0
    assert store.save_analyses([], now=NOW) == 0 and store.claim_unscored(5, now=NOW, lease=HOUR) == []


def test_rescoring_takes_other_models_after_what_was_never_scored(store: Store) -> None:
    commit(store, mention("1"), mention("2"), mention("3", ago=DAY))
    score(store, MentionKey("rss", "1"), model="packaged@1")
    score(store, MentionKey("rss", "2"), model="packaged@2")
    assert store.mark_for_rescoring("packaged@2") == 1
    assert store.unscored() == 2
    assert [key.id for key, _ in store.claim_unscored(5, now=NOW, lease=HOUR)] == ["3", "1"]
    assert everything(store, label="negative")[0].score is not None  # the old score counts until the new one is there
    assert score(store, MentionKey("rss", "1"), negative=0.1, model="packaged@2") == 1
    assert store.models() == {"packaged@2": 2} and store.recount() == []
    assert [one.mention.id for one in everything(store, label=Label.NEUTRAL)] == ["1"]
    assert store.mark_for_rescoring("packaged@2") == 0


def test_unsure_means_what_it_meant_when_it_was_scored(store: Store) -> None:
    commit(store, mention("1"), mention("2"))
    score(store, MentionKey("rss", "1"), negative=0.55, floor=0.6)
    score(store, MentionKey("rss", "2"), negative=0.55, floor=0.5)
    assert [one.mention.id for one in everything(store, unsure=True)] == ["1"]
    [point] = store.points("اسنپ", since=NOW - HOUR, until=NOW)["blog"].values()
    assert (point.scored, point.negative, point.unsure, point.negative_reach) == (2, 2, 1, 40)


class TestCorrections:
    def test_a_persons_word_counts_before_and_after_the_model(self, store: Store) -> None:
        commit(store, mention())
        assert store.add_correction(mention().key, Label.POSITIVE, "سارا", NOW)
        assert store.claim_unscored(1, now=NOW, lease=HOUR)
        score(store, mention().key, negative=0.55)
        assert [one.score for one in everything(store, label=Label.POSITIVE)] == [analysis(0.55).score]
        assert [(row.label, row.unsure) for row in store.hourly(since=NOW - HOUR, until=NOW)] == [("positive", 0)]
        assert store.recount() == []
        [correction] = store.corrections()
        assert (correction.label, correction.scored, correction.who, correction.text) == (
            Label.POSITIVE, Label.NEGATIVE, "سارا", mention().text)

    def test_the_last_word_counts_and_all_are_kept(self, store: Store) -> None:
        commit(store, mention())
        store.add_correction(mention().key, Label.POSITIVE, "سارا", NOW)
        store.add_correction(mention().key, Label.NEUTRAL, "علی", NOW + HOUR)
        assert [one.label for one in store.corrections()] == [Label.POSITIVE, Label.NEUTRAL]
        assert [one.label for one in store.corrections(since=NOW + MINUTE)] == [Label.NEUTRAL]
        assert len(everything(store, label="neutral")) == 1 and store.recount() == []

    def test_it_survives_an_edit(self, store: Store) -> None:
        commit(store, mention())
        store.add_correction(mention().key, Label.POSITIVE, "سارا", NOW)
        commit(store, mention(text="نو"))
        assert len(everything(store, label="positive")) == 1 and store.unscored() == 1

    def test_what_is_not_there_cannot_be_corrected(self, store: Store) -> None:
        assert not store.add_correction(mention().key, Label.POSITIVE, "سارا", NOW)
        commit(store, mention())
        commit(store, deleted=[mention().key])
        assert not store.add_correction(mention().key, Label.POSITIVE, "سارا", NOW)


def test_half_a_batch_of_analyses_is_never_stored(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(store, mention("1"), mention("2"))

    def broken(*_: object) -> None:
        raise RuntimeError("between scores and counts")

    with monkeypatch.context() as patch:
        patch.setattr("listener.storage.counts.apply", broken)
        with pytest.raises(RuntimeError):
            score(store, MentionKey("rss", "1"), MentionKey("rss", "2"))
    assert [one.score for one in everything(store)] == [None, None] and store.unscored() == 2 and store.recount() == []


def test_the_oldest_that_waits_for_its_first_score_is_known(store: Store) -> None:
    assert store.oldest_unscored(since=NOW - DAY) is None
    commit(store, mention("old", ago=2 * DAY), mention("new", ago=HOUR))
    assert store.oldest_unscored(since=NOW - DAY) == NOW - HOUR
    assert store.oldest_unscored(since=NOW - 3 * DAY) == NOW - 2 * DAY
