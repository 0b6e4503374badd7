"""A person who wants to be forgotten: nothing of them is left, nothing brings them back, and nobody can guess who it was; on both databases."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from alerts.care import cases as life
from listener.storage import KeptDigest, Store, forgotten, migrations, open_store, restore_backup
from listener.text import contacts
from listener.types import Author, Engagement, Label, Mention, MentionKey, contact_account
from listener.types.care import CaseEvent, CaseKind, Deadline, Due, Promise, PromiseState

from .made import DAY, HOUR, NOW, alert, analysis, commit, delivery, everything, mention

SAID, OLD, OTHER, OURS = "رازی که سارا گفت", "پیش‌نویس آن راز", "همان راز در تلگرام", "سارای عزیز، پولتان تا فردا می‌رسد"
NAME, IDS = "ساراخانم", ("sara-of-mastodon", "sara_of_telegram", "post-one-of-hers", "post-two-of-hers", "our-answer-to-her")
HASH = contacts.hashed("k", "phone", "09123456789") or ""
ONE, TWO, ANSWER = MentionKey("rss", IDS[2]), MentionKey("telegram", IDS[3]), MentionKey("rss", IDS[4])
SARA, SARA_T = ("rss", IDS[0]), ("telegram", IDS[1])


def live(store: Store) -> None:
    """She speaks under two accounts, and leaves a trace wherever one can be left; Ali speaks too."""
    def hers(text: str, **more: Any) -> Mention:
        return replace(mention(IDS[2], text, raw=text.encode(), author=None), author=Author(*SARA, NAME, followers=9), contacts=(("phone", HASH),), **more)

    two = replace(mention(IDS[3], OTHER, kind="telegram", author=None), author=Author(*SARA_T, NAME))
    ali = [mention("a1", "حرف علی"), mention("a2", SAID, reshare_of=IDS[2]), mention("a3", "به او گفتم", in_reply_to=IDS[2])]
    ali = [replace(one, author=Author("rss", "ali", "علی")) for one in ali]
    commit(store, hers(OLD, engagement=Engagement(NOW, likes=1)), two, *ali)
    commit(store, hers(SAID), mention(IDS[4], OURS, author="us", ours=True, in_reply_to=IDS[2]))
    store.save_analyses([(key, analysis(embedding=b"\x05" * 384)) for key in (ONE, TWO, MentionKey("rss", "a1"))], now=NOW)
    store.add_correction(ONE, Label.NEUTRAL, "مینا", NOW)
    fired = alert(evidence=(ONE, MentionKey("rss", "a1")), why={"largest": ":".join(SARA)})
    store.save_pass(at=NOW, alerts=[fired], deliveries=[delivery(about=fired, quoted=store.by_keys(fired.evidence, "اسنپ"))])
    content = json.dumps({"sections": [{"quotes": [{"key": list(ONE), "text": SAID, "by": NAME}, {"key": ["rss", "a1"], "text": "حرف علی"}],
                                        "lines": [{"keys": [list(TWO)], "text": NAME}]}]}, ensure_ascii=False)
    store.save_digest(KeptDigest("اسنپ", "1404-W42", "fa", "week", NOW), content, {ONE, TWO, MentionKey("rss", "a1")})
    case = life.opened("اسنپ", CaseKind.COMPLAINT, [ONE, TWO, MentionKey("rss", "gone-of-hers")], who="مینا", at=NOW, author=":".join(SARA))
    store.open_case(replace(case, links=(("zammad", "ticket of " + NAME),)), CaseEvent(0, NOW, "مینا", "open", NAME, {"author": [None, ":".join(SARA)]}),
                    {Due.ANSWER: NOW + HOUR})
    store.add_promises([Promise("p1", "اسنپ", "refund", OURS, NOW, NOW + DAY, PromiseState.FOUND, mention=ANSWER, case=1),
                        Promise("p2", "اسنپ", "call", f"به {NAME} زنگ می‌زنیم", NOW, NOW + DAY, PromiseState.CONFIRMED, case=1, version=1)])
    store.save_promise(replace(store.promise("p2") or pytest.fail("p2"), version=2), None, at=NOW,
                       due=Deadline("اسنپ", Due.PROMISE, "promise:p2", NOW + DAY, NOW, who="علی", case=1))
    commit(store, mention("o1", f"از @{IDS[0]} ممنونیم", author="us", ours=True, raw=json.dumps({"to": NAME}).encode()))
    commit(store, mention("o1", f"از {NAME} عزیز و علی ممنونیم", author="us", ours=True, raw=json.dumps({"to": NAME}).encode()))
    store.save_analyses([(MentionKey("rss", "o1"), analysis(embedding=b"\x06" * 384))], now=NOW)
    other = store.open_case(life.opened("اسنپ", CaseKind.COMPLAINT, [MentionKey("rss", "a1")], who="مینا", at=NOW, author="rss:ali"),
                            CaseEvent(0, NOW, "مینا", "open", f"{NAME} را هم ببینید"), {})
    store.add_promises([Promise("p3", "اسنپ", "call", f"به {NAME} زنگ می‌زنیم", NOW, NOW + DAY, PromiseState.FOUND, case=other.number)])
    store.add_deliveries([replace(delivery(key="promise:p2:2:remind"), message=replace(delivery().message, lines=(f"به {NAME} زنگ می‌زنیم",)))])
    store.answers_read([(ANSWER, True)])
    store.link_accounts([SARA, SARA_T], "مینا", NOW)


def bytes_of(store: Store, folder: Path) -> bytes:
    """Return all that a backup would hold, and on SQLite the database file itself."""
    copy = folder / "all.gz"
    store.backup(copy)
    whole = gzip.decompress(copy.read_bytes())
    for path in folder.glob("*.sqlite*"):
        whole += path.read_bytes()
    return whole


def traces(whole: bytes) -> list[str]:
    return [one for one in (SAID, OLD, OTHER, OURS, NAME, HASH, *IDS, "gone-of-hers") if one.encode() in whole or one.encode("unicode_escape") in whole]


@pytest.mark.parametrize("account", [SARA, SARA_T])
def test_no_byte_of_a_person_is_left(store: Store, tmp_path: Path, account: tuple[str, str]) -> None:
    live(store)
    assert len(traces(bytes_of(store, tmp_path))) == 12
    removed = store.forget_author(*account)
    assert (removed["authors"], removed["mentions"], removed["links"], removed["contacts"], removed["cases"]) == (2, 4, 2, 1, 1)
    (tmp_path / "all.gz").unlink()
    assert traces(bytes_of(store, tmp_path)) == []
    assert sorted(one.mention.id for one in everything(store)) == ["a1", "a3", "o1"] and store.recount() == []
    left = store.case(1)
    assert left is not None and (left.author, left.mentions, left.links) == (None, (), ())
    assert [(one.id, one.text, one.state) for one in store.promises()] == [("p2", "", PromiseState.FORGOTTEN), ("p3", "به […] زنگ می‌زنیم", PromiseState.FOUND)]
    assert store.deadlines("اسنپ", since=NOW, until=NOW + 9 * DAY) == [one for one in store.deadlines("اسنپ", since=NOW, until=NOW + 9 * DAY) if one.due is Due.ANSWER]
    assert {one.mention.id: one.mention.text for one in everything(store) if one.mention.ours} == {"o1": "از […] عزیز و علی ممنونیم"}
    assert everything(store, text=NAME) == [] and [one.mention.id for one in everything(store, text="ممنونیم")] == ["o1"]
    again = [mention("o1", f"از {NAME} عزیز و علی ممنونیم", author="us", ours=True), mention(IDS[4], OURS, author="us", ours=True)]
    assert commit(store, *again).changed == 0 and traces(bytes_of(store, tmp_path)) == []  # read again as they still stand at their source
    assert "حرف علی" in (store.digest("اسنپ", "1404-W42", "fa") or "")


def test_a_new_reading_does_not_bring_them_back(store: Store) -> None:
    live(store)
    store.forget_author(*SARA_T)
    again = [mention("n1", author=IDS[0]), mention("n2", kind="telegram", author=IDS[1]),
             replace(mention("n3", author=None), author=Author(*contact_account(HASH)), contacts=(("phone", HASH),)),
             replace(mention("n4", author="new name"), contacts=(("phone", HASH),))]
    assert commit(store, *again).new == 0 and store.accounts_reached_by(HASH) == []
    assert commit(store, mention("n5", author="ali")).new == 1
    assert store.remember_author(*SARA) and commit(store, again[0]).new == 1
    assert commit(store, again[3]).new == 0  # their number is still theirs


def test_who_was_forgotten_cannot_be_guessed_without_the_database(new_url: Callable[[], str]) -> None:
    kept = []
    for _ in range(2):
        store = open_store(new_url())
        store.forget_author(*SARA)
        with store._read() as connection:
            kept.append(forgotten.kept(connection))
        store.close()
    one, two = kept
    assert len(one.keys) == len(two.keys) == 1 and one.keys != two.keys and len(one.keys[0]) == 64
    assert len(one.hashes) == 1 and not one.hashes & two.hashes and forgotten.plain(SARA) not in one.hashes


def test_what_was_kept_without_a_key_goes_on_counting(new_url: Callable[[], str]) -> None:
    url = new_url()
    store = open_store(url)
    with store._write() as connection:  # as 0015 left it
        connection.execute(text("INSERT INTO forgotten (author) VALUES (:plain)"), {"plain": forgotten.plain(SARA)})
        for since in ("mention_answer", "mention_rated"):
            connection.execute(text(f"DROP INDEX {since}"))
        connection.execute(text(f"UPDATE {migrations.TABLE} SET version_num = '0015'"))
    store.close()
    store = open_store(url)
    assert commit(store, mention("s", author=IDS[0]), mention("a", author="ali")).new == 1
    with store._read() as connection:
        assert forgotten.plain(SARA) not in forgotten.kept(connection).hashes
    store.close()


def test_an_older_backup_does_not_bring_them_back_nor_that_of_another_house(new_url: Callable[[], str], tmp_path: Path) -> None:
    here, there = new_url(), new_url()
    one, two = open_store(here), open_store(there)
    live(one)
    live(two)
    one.backup(tmp_path / "older.gz")
    one.forget_author(*SARA)
    two.forget_author("rss", "ali")
    two.backup(tmp_path / "other.gz")
    two.close()
    nobody = {"o1"}  # what we said; what the other house forgot stays forgotten in this one, and here again
    for backup, left in (("older.gz", {"a1", "a3", "o1"}), ("other.gz", nobody), ("older.gz", nobody)):
        restore_backup(here, tmp_path / backup)
        assert {item.mention.id for item in everything(one)} == left
        assert not any(NAME in item.mention.text for item in everything(one))
        assert commit(one, mention("again", author=IDS[0])).new == 0 and one.recount() == []
        assert one.accounts_reached_by(HASH) == [] and one.linked_accounts(SARA) == [SARA]
    one.close()


def test_a_person_gets_all_that_is_stored_of_them(store: Store) -> None:
    live(store)
    found = store.everything_of(*SARA_T)
    assert set(found) == {"accounts", "links", "contacts", "mentions", "answers", "cases", "promises", "messages", "digests", "alerts", "record"}
    assert {one["id"] for one in found["accounts"]} == {IDS[0], IDS[1]} and [one["hash"] for one in found["contacts"]] == [HASH]
    first, second = sorted(found["mentions"], key=lambda one: one["kind"])
    assert (first["text"], second["text"]) == (SAID, OTHER) and first["earlier_texts"][0]["text"] == OLD
    assert first["payload"][0]["content"] == SAID and first["corrections"][0]["label"] == "neutral" and first["negative"] == 0.9
    assert first["analysis"][0]["embedding"] and first["published_at"].startswith("2026-01-05T") and "pk" not in first
    assert [one["text"] for one in found["answers"]] == [OURS] and found["cases"][0]["log"][0]["why"] == NAME
    assert {one["id"] for one in found["promises"]} == {"p1", "p2"} and found["digests"][0]["says"][0]["text"] == SAID
    assert found["messages"] and found["alerts"] and found["record"][0]["subject"] == f"rss:{IDS[2]}"
    json.dumps(found)
    assert "حرف علی" not in json.dumps(found, ensure_ascii=False)
    assert store.everything_of("rss", "nobody")["mentions"] == []


def test_a_rating_without_words_is_stored_and_has_no_tone(store: Store) -> None:
    commit(store, mention("r1", "", rating=0.2), mention("r2", "بد بود", rating=0.4))
    claimed = store.claim_unscored(10, now=NOW, lease=HOUR)
    assert [key.id for key, _ in claimed] == ["r2"] and store.unscored() == 1
    assert sorted(one.mention.id for one in everything(store)) == ["r1", "r2"] and store.recount() == []
    assert sum(row.mentions for row in store.hourly(since=NOW - DAY, until=NOW + DAY)) == 1
    assert [(rating, label) for _, rating, label, _ in store.ratings("اسنپ", since=NOW - DAY, until=NOW + DAY)] == [(0.2, None), (0.4, None)]
    assert [one.key.id for one in store.traces("اسنپ", since=NOW - DAY, until=NOW + DAY)] == ["r2"]
    commit(store, mention("r1", "", rating=0.2), mention("r2", "", rating=0.4))
    assert store.unscored() == 0 and store.recount() == []
    commit(store, mention("r1", "حالا می‌گویم", rating=0.2))
    assert store.unscored() == 1 and store.recount() == []
