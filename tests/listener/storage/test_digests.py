"""Digests in the database, and counts between any two instants; on both databases."""

from __future__ import annotations

import json
from datetime import timedelta

from listener.storage import KeptDigest, Store
from listener.types import MentionKey
from tests.listener.storage.made import NOW, commit, mention

BRAND = "اسنپ"
WEEK = KeptDigest(BRAND, "1404-W42", "fa", "week", NOW)
CONTENT = json.dumps({"sections": [{"lines": [{"text": "هشدار", "keys": [["rss", "1"]]}, {"text": "آرام", "keys": []}],
                                    "quotes": [{"key": ["rss", "1"], "text": "غذا سرد بود"}, {"key": ["rss", "2"], "text": "خوب بود"}]}]})


def test_a_digest_that_was_made_stays_as_it_was(store: Store) -> None:
    assert store.save_digest(WEEK, CONTENT, ())
    assert not store.save_digest(WEEK, "{}", ())
    assert store.digest(BRAND, "1404-W42", "fa") == CONTENT and store.digest(BRAND, "1404-W42", "en") is None
    assert store.digests() == [WEEK] and store.digests("other") == []


def test_what_a_forgotten_author_wrote_leaves_the_digests(store: Store) -> None:
    commit(store, mention("1", author="sara"), mention("2", author="ali"))
    store.save_digest(WEEK, CONTENT, {MentionKey("rss", "1"), MentionKey("rss", "2")})
    store.forget_author("rss", "sara")
    kept = json.loads(store.digest(BRAND, "1404-W42", "fa") or "")
    assert [one["text"] for one in kept["sections"][0]["quotes"]] == ["خوب بود"]
    assert [one["text"] for one in kept["sections"][0]["lines"]] == ["آرام"]


def test_a_schedule_never_goes_back(store: Store) -> None:
    assert store.digest_mark("ops", NOW) == NOW
    store.move_digest_mark("ops", NOW + timedelta(days=7))
    store.move_digest_mark("ops", NOW)
    assert store.digest_mark("ops", NOW) == NOW + timedelta(days=7)


def test_no_more_decisions_are_asked_than_a_page_holds(store: Store) -> None:
    numbers = [store.add_decision(BRAND, "1404-W42", f"کار {n}", "سارا", None, who="علی", at=NOW, most=2) for n in range(3)]
    assert numbers[2] is None and [one.text for one in store.decisions(BRAND, "1404-W42")] == ["کار 0", "کار 1"]
    assert store.drop_decision(numbers[0] or 0, who="علی", at=NOW) and not store.drop_decision(99, who="علی", at=NOW)
    assert [one.text for one in store.decisions(BRAND, "1404-W42")] == ["کار 1"]


def test_who_unsubscribed_stays_so_until_readmitted(store: Store) -> None:
    store.refuse_digest("a", NOW)
    store.refuse_digest("a", NOW + timedelta(days=1))
    assert store.digest_refusals() == {"a": NOW}
    assert store.readmit_digest("a") and not store.readmit_digest("a")


def test_a_key_is_made_once(store: Store) -> None:
    assert store.signing_key("links", "one") == "one" == store.signing_key("links", "two")


def test_counts_between_borders_that_cut_an_hour_are_exact(store: Store) -> None:
    start = NOW.replace(minute=0, second=0, microsecond=0)
    minutes = [0, 20, 29, 30, 31, 59, 60, 90, 149, 150, 200]
    commit(store, *(mention(f"m{n}", ago=NOW - start - timedelta(minutes=n), author=f"a{n % 3}") for n in minutes))
    borders = [start + timedelta(minutes=n) for n in (30, 150, 181)]
    counted = store.counts_between(BRAND, borders)
    parts = [sum(one.mentions for one in counted if one.part == part) for part in (0, 1)]
    assert parts == [sum(30 <= n < 150 for n in minutes), sum(150 <= n < 181 for n in minutes)]
    assert store.authors_between(BRAND, borders[0], borders[1]) == len({n % 3 for n in minutes if 30 <= n < 150})
    assert store.authors_between(BRAND, start, start) == 0
    assert {one.label for one in counted} == {"unscored"}
