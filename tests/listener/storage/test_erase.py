"""Forgetting an author, and letting go of what is old."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from listener.storage import Evaluation, Store, open_store
from listener.types import Engagement, Label, MentionKey

from .made import DAY, HOUR, MINUTE, NOW, alert, commit, delivery, everything, mention, score

SECRET = "راز بزرگ سارا"


def live(store: Store) -> None:
    """Sara leaves a trace in every table there is; Ali is somebody else."""
    commit(store, mention("s1", SECRET, author="sara", raw=SECRET.encode(), engagement=Engagement(NOW, likes=1)),
           mention("s2", "دوم", author="sara"), mention("a1", "از علی", author="ali"))
    commit(store, mention("s1", SECRET + " ویرایش", author="sara", raw=SECRET.encode(), engagement=Engagement(NOW + HOUR,
                                                                                                              likes=2)))
    score(store, MentionKey("rss", "s1"), MentionKey("rss", "a1"))
    store.add_correction(MentionKey("rss", "s1"), Label.NEUTRAL, "علی", NOW)
    fired = alert(evidence=(MentionKey("rss", "s1"), MentionKey("rss", "a1")))
    quoted = store.by_keys(fired.evidence, "اسنپ")
    store.save_pass(at=NOW, alerts=[fired], deliveries=[delivery(about=fired, quoted=quoted)])


def test_a_forgotten_author_leaves_nothing_and_does_not_come_back(store: Store) -> None:
    live(store)
    removed = store.forget_author("rss", "sara")
    assert removed == {"authors": 1, "mentions": 2, "messages": 1, "revisions": 1, "payloads": 1, "corrections": 1, "alerts": 1,
                       "cases": 0, "promises": 0, "answers": 0, "links": 0, "contacts": 0}
    assert [one.mention.id for one in everything(store)] == ["a1"]
    assert everything(store, text="راز") == [] and store.revisions(MentionKey("rss", "s1")) == [] and store.corrections() == []
    [message] = [one.message for one in store.deliveries()]
    assert message.lines == () and [one.mention.id for one in message.quoted] == ["a1"] and message.title == "هشدار"
    assert [key.id for one in store.alerts() for key in one.evidence] == ["a1"]
    assert store.authors("اسنپ", since=NOW - DAY, until=NOW + DAY) == 1 and store.recount() == []
    assert commit(store, mention("s9", author="sara"), mention("a2", author="ali")).new == 1
    assert store.forget_author("rss", "sara")["mentions"] == 0
    assert store.remember_author("rss", "sara") and not store.remember_author("rss", "sara")
    assert commit(store, mention("s9", author="sara")).new == 1


def test_nothing_that_rules_and_alerts_wrote_down_names_a_forgotten_author(store: Store) -> None:
    """An alert's figures, what a rule remembers, a recorded replay: wherever a key or an author stands in JSON."""
    live(store)
    named = {"by": "rss:sara", "first": ["rss", "s1"], "seen": {"rss:sara": 3, "rss:ali": 1}, "posts": [["rss", "s1"], ["rss", "a1"]],
             "authors": ["rss:sara", "rss:ali"], "deep": [{"keys": [["rss", "s2"]]}], "sara": "a word"}
    left: dict[str, object] = {"by": None, "first": None, "seen": {"rss:ali": 1}, "posts": [["rss", "a1"]], "authors": ["rss:ali"],
            "deep": [{"keys": []}], "sara": "a word"}
    fired = replace(store.alerts()[0], why=named)
    store.save_pass([Evaluation("big_voice", "اسنپ", named, NOW)], alerts=[fired], at=NOW)
    store.set_rule("big_voice", enabled=True, demoted_at=None, who="علی", at=NOW, why="x", replay=named)
    assert store.forget_author("rss", "sara")["alerts"] == 1
    assert store.alerts() == [replace(fired, why=left, evidence=(MentionKey("rss", "a1"),))]
    assert store.rule_state("big_voice", "اسنپ")[0] == left == store.rule_settings()["big_voice"].replay


def test_an_author_nobody_has_seen_can_be_forgotten_in_advance(store: Store) -> None:
    assert store.forget_author("rss", "nobody")["authors"] == 0
    assert commit(store, mention(author="nobody")).new == 0


def test_the_bytes_of_what_was_forgotten_are_not_in_the_files(sqlite_url: str, tmp_path: Path) -> None:
    store = open_store(sqlite_url)
    commit(store, *(mention(f"x{number}", f"متن {number}", author="ali") for number in range(300)))
    live(store)
    before = b"".join(path.read_bytes() for path in tmp_path.glob("house.sqlite*"))
    assert SECRET.encode() in before and "sara".encode() in before
    store.forget_author("rss", "sara")
    store.close()
    after = b"".join(path.read_bytes() for path in tmp_path.glob("house.sqlite*"))
    assert SECRET.encode() not in after and b"sara" not in after and b"Sara" not in after
    with sqlite3.connect(tmp_path / "house.sqlite") as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_message_does_not_quote_what_its_source_took_back(store: Store) -> None:
    live(store)
    commit(store, deleted=[MentionKey("rss", "s1")])
    [message] = [one.message for one in store.deliveries()]
    assert message.lines == () and [one.mention.id for one in message.quoted] == ["a1"]


@pytest.mark.parametrize("piece", [5000, 3])
def test_what_is_older_than_it_may_be_kept_is_deleted_with_its_counts(store: Store, monkeypatch: pytest.MonkeyPatch,
                                                                      piece: int) -> None:
    monkeypatch.setattr("listener.storage.erase.PIECE", piece)
    commit(store, *(mention(str(number), ago=number * DAY, author=f"a{number}", raw=b"x") for number in range(20)))
    commit(store, deleted=[MentionKey("rss", "15")])
    store.add_deliveries([delivery()])
    store.delivery_sent("k1", "ops", at=NOW - 15 * DAY)
    store.record_failure("blog", start=NOW - 30 * DAY, end=NOW - 29 * DAY, now=NOW, reason="x")
    removed = store.apply_retention(now=NOW, mentions_for=9 * DAY + MINUTE)
    assert (removed["mentions"], removed["authors"], removed["coverage"], removed["deliveries"]) == (10, 9, 1, 1)
    assert [int(one.mention.id) for one in everything(store)] == list(range(10)) and store.recount() == []
    assert store.raw(MentionKey("rss", "1")) == b"x" and store.deliveries() == []


def test_payloads_go_earlier_than_mentions(store: Store) -> None:
    commit(store, mention("1", raw=b"x"), now=NOW - DAY)
    commit(store, mention("2", raw=b"x"))
    assert store.apply_retention(now=NOW, raw_for=HOUR)["payloads"] == 1
    assert store.raw(MentionKey("rss", "1")) is None and store.raw(MentionKey("rss", "2")) == b"x"
    assert store.apply_retention(now=NOW + timedelta(days=999))["mentions"] == 0 and len(everything(store)) == 2
