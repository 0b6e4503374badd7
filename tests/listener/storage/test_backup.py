"""Backups: one moment of a live database, readable by either database, whole or refused."""

from __future__ import annotations

import gzip
import json
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from alerts.care import cases as life
from listener.errors import StorageError
from listener.storage import Evaluation, KeptDigest, Store, open_store, restore_backup
from listener.storage.tables import ALL
from listener.types import Engagement, KeptTopic, Label, Look, MentionKey, Silence, Verdict, VerdictKind
from listener.types.care import CaseEvent, CaseKind, Due, Promise, PromiseState

from .made import DAY, HOUR, NOW, alert, analysis, commit, delivery, everything, mention, score


def furnish(store: Store) -> None:
    """Something in every table."""
    commit(store, mention("1", raw=b"\x00\xff raw", engagement=Engagement(NOW, likes=1)), mention("2", "گم", author="ali"),
           mention("3", author="gone"), cursor={"صفحه": 2})
    commit(store, mention("1", "ویرایش", engagement=Engagement(NOW + HOUR, likes=2)), mention("2", "گم", author="ali"),
           deleted=[MentionKey("rss", "2")])
    store.save_analyses([(MentionKey("rss", "1"), analysis(embedding=b"\x01" * 384))], now=NOW)
    store.save_stories({MentionKey("rss", "1"): "new"}, copied={MentionKey("rss", "1"): False}, marks={MentionKey("rss", "1"): [7]},
                       until={MentionKey("rss", "1"): NOW + DAY}, merged={"new": "old"})
    store.save_grouping("اسنپ", [KeptTopic("t1", "اسنپ", NOW, {"fa": ("پیک",)})], {MentionKey("rss", "1"): "t1"}, at=NOW, space=b"\x00")
    store.add_correction(MentionKey("rss", "1"), Label.POSITIVE, "سارا", NOW)
    fired = alert(evidence=(MentionKey("rss", "1"),))
    store.save_pass([Evaluation("spike", "اسنپ", {"a": 1}, NOW)], alerts=[fired], at=NOW, look=Look(NOW, steps=NOW),
                    deliveries=[delivery(about=fired, quoted=store.by_keys(fired.evidence, "اسنپ"))])
    store.set_rule("spike", enabled=True, demoted_at=None, who="سارا", at=NOW, why="x", replay={"هشدار": 3})
    store.save_bot("a1b2", {"offset": 7})
    store.disable_receiver("boss", "HTTP 410", NOW)
    store.add_silence(Silence("اسنپ", "*", "سارا", "x", NOW, NOW + DAY))
    store.add_verdict(Verdict(fired.fingerprint, VerdictKind.REAL, "سارا", NOW))
    store.spend("x reads", "2026-01-05", 40, limit=100)
    store.save_digest(KeptDigest("اسنپ", "1404-W42", "fa", "week", NOW), '{"sections": []}', {MentionKey("rss", "1")})
    store.add_decision("اسنپ", "1404-W42", "پوزش", "سارا", None, who="علی", at=NOW, most=3)
    store.digest_mark("a", NOW)
    store.refuse_digest("b", NOW)
    store.signing_key("unsubscribe", "k")
    _care(store, key=MentionKey("rss", "1"))
    store.forget_author("rss", "gone")


def _care(store: Store, key: MentionKey) -> None:
    case = life.opened("اسنپ", CaseKind.COMPLAINT, [key], who="مینا", at=NOW, author="rss:sara")
    store.open_case(case, CaseEvent(0, NOW, "مینا", "open"), {Due.ANSWER: NOW + HOUR})
    store.add_promises([Promise("p1", "اسنپ", "بازپرداخت", "تا فردا", NOW, NOW + DAY, PromiseState.FOUND, mention=key, case=1)])
    store.answers_read([(key, True)])
    store.link_accounts([("rss", "sara"), ("telegram", "sara_t")], "مینا", NOW)
    store.add_contacts([("ab" * 32, "phone", ("rss", "sara"))])


def picture(store: Store) -> list[object]:
    """Everything a reader can see."""
    key = MentionKey("rss", "1")
    return [everything(store), everything(store, text="ویرایش"), store.hourly(since=NOW - DAY, until=NOW),
            store.source_states(),
            store.points("اسنپ", since=NOW - DAY, until=NOW), store.alerts(), store.deliveries(), store.silences(),
            store.verdicts(), store.corrections(), store.events(), store.revisions(key), store.engagement(key), store.raw(key),
            store.analyses([key]), store.cursor("blog"), store.coverage(since=NOW - DAY, until=NOW + DAY), store.receivers(),
            store.rule_state("spike", "اسنپ"), store.unscored(), store.recount(), store.fresh(),
            store.rule_settings(), store.source_points("blog", NOW - DAY, NOW), store.stories("اسنپ", ["new"]),
            store.looks(NOW - DAY, NOW), store.bot("a1b2"), store.stored_topics("اسنپ"), store.topic_round("اسنپ"),
            store.cases(), store.case_events(1), store.promises(), store.deadlines("اسنپ", since=NOW, until=NOW + DAY),
            store.apologies(["اسنپ"], since=NOW - DAY, until=NOW + DAY), store.linked_accounts(("rss", "sara")), store.accounts_reached_by("ab" * 32),
            store.digests(), store.decisions("اسنپ", "1404-W42"), store.digest_mark("a", NOW + DAY), store.digest_refusals()]


def test_a_backup_restores_all_of_the_house(store: Store, url: str, tmp_path: Path) -> None:
    furnish(store)
    before = picture(store)
    rows = store.backup(tmp_path / "b.goosh")
    assert set(rows) == {table.name for table in ALL} and all(rows.values())
    assert stat.S_IMODE((tmp_path / "b.goosh").stat().st_mode) == 0o600
    commit(store, mention("later"), cursor={"صفحه": 9})
    assert store.spend("x reads", "2026-01-05", 50, limit=100)
    store.apply_retention(now=NOW + 99 * DAY, mentions_for=DAY)
    assert restore_backup(url, tmp_path / "b.goosh") == rows
    assert picture(store) == before
    assert store.spent("x reads", "2026-01-05") == 90  # an older backup does not give an allowance back
    assert commit(store, mention("2"), mention("9", author="gone")).new == 0  # what was taken back or forgotten stays so
    store.log("سارا", "goes on", None, NOW)
    assert commit(store, mention("later")).new == 1 and store.recount() == []


def test_it_can_be_restored_where_nothing_was(new_url: Callable[[], str], tmp_path: Path) -> None:
    first, other = open_store(new_url()), new_url()
    furnish(first)
    first.backup(tmp_path / "b.goosh")
    restore_backup(other, tmp_path / "b.goosh")
    second = open_store(other)
    assert picture(second) == picture(first)
    first.close()
    second.close()


def test_it_moves_a_house_from_one_database_to_the_other_and_back(new_url: Callable[[], str], sqlite_url: str,
                                                                  tmp_path: Path) -> None:
    home = open_store(sqlite_url)
    furnish(home)
    home.backup(tmp_path / "1.goosh")
    away_url = new_url()
    restore_backup(away_url, tmp_path / "1.goosh")
    away = open_store(away_url)
    assert picture(away) == picture(home)
    away.backup(tmp_path / "2.goosh")
    restore_backup(sqlite_url, tmp_path / "2.goosh")
    assert picture(home) == picture(away)
    home.close()
    away.close()


def test_it_is_one_moment_while_others_write(store: Store, new_url: Callable[[], str], tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            commit(store, *(mention(f"{number}-{part}", author=f"a{number}") for part in range(3)), cursor={"done": number})
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(3):
            store.backup(tmp_path / f"{turn}.goosh")
    finally:
        stop.set()
        writer.join()
    for turn in range(3):
        target = new_url()
        restore_backup(target, tmp_path / f"{turn}.goosh")
        copy = open_store(target)
        cursor = copy.cursor("blog")
        assert len(everything(copy)) == (0 if cursor is None else 3 * (cursor["done"] + 1)) and copy.recount() == []
        copy.close()


def _cut(content: bytes) -> bytes:
    return content[:len(content) // 2]


def _flip(content: bytes) -> bytes:
    return content[:len(content) // 2] + bytes([content[len(content) // 2] ^ 255]) + content[len(content) // 2 + 1:]


def _rewrite(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    return lambda content: gzip.compress(b"".join(change(gzip.decompress(content).splitlines(keepends=True))))


def _newer(lines: list[bytes]) -> list[bytes]:
    return [json.dumps(json.loads(lines[0]) | {"schema": "9999"}).encode() + b"\n", *lines[1:]]


@pytest.mark.parametrize(("spoil", "sentence"), [
    (_cut, "damaged"), (_flip, "damaged"), (lambda content: b"", "damaged"), (lambda content: b"SQLite format 3\0" * 9,
                                                                              "not a backup"),
    (_rewrite(lambda lines: lines[:-1]), "damaged"), (_rewrite(lambda lines: lines[:5] + lines[6:]), "damaged"),
    (_rewrite(lambda lines: [line.replace(b"rss", b"css") for line in lines]), "damaged"),
    (_rewrite(lambda lines: [b'{"hello": 1}\n'] * 2), "not a backup of this program"),
    (_rewrite(lambda lines: [b"[1]\n", b"[2]\n"]), "not a backup of this program"),
    (_rewrite(_newer), r"newer version of this program \(format 1, schema 9999\); upgrade gooshbezang"),
], ids=["cut", "a flipped byte", "empty", "another file", "no end", "a lost row", "changed", "other JSON", "arrays", "newer"])
def test_a_spoilt_file_is_refused_and_nothing_changes(store: Store, url: str, tmp_path: Path, spoil: Callable[[bytes], bytes],
                                                      sentence: str) -> None:
    commit(store, mention())
    path = tmp_path / "b.goosh"
    store.backup(path)
    path.write_bytes(spoil(path.read_bytes()))
    before = everything(store)
    with pytest.raises(StorageError, match=sentence) as caught:
        restore_backup(url, path)
    assert str(caught.value).startswith(f"{path}: ") and everything(store) == before


def test_a_restore_that_fails_in_the_middle_changes_nothing(store: Store, url: str, tmp_path: Path,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    furnish(store)
    before = picture(store)
    store.backup(tmp_path / "b.goosh")

    def broken(*_: object) -> None:
        raise RuntimeError("at the last step")

    with monkeypatch.context() as patch:
        patch.setattr("listener.storage.backup._index", broken)
        with pytest.raises(RuntimeError):
            restore_backup(url, tmp_path / "b.goosh")
    assert picture(store) == before


def test_files_that_cannot_be_read_or_written_are_named(store: Store, url: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nowhere/b.goosh: cannot be written"):
        store.backup(tmp_path / "nowhere" / "b.goosh")
    with pytest.raises(StorageError, match="b.goosh: not found"):
        restore_backup(url, tmp_path / "b.goosh")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match="folder: cannot be read"):
        restore_backup(url, tmp_path / "folder")
    with pytest.raises(StorageError, match="folder: cannot be written"):
        store.backup(tmp_path / "folder")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_an_unfinished_backup_leaves_the_older_one(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.backup(tmp_path / "b.goosh")
    before = (tmp_path / "b.goosh").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    score(store)
    with pytest.raises(StorageError, match="No space left on device"):
        store.backup(tmp_path / "b.goosh")
    assert (tmp_path / "b.goosh").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if "goosh" in path.name) == ["b.goosh"]


def test_who_was_forgotten_since_the_backup_stays_forgotten(store: Store, url: str, tmp_path: Path) -> None:
    commit(store, mention("hers", author="sara"), mention("his", author="reza"))
    store.backup(tmp_path / "house.gz")
    store.forget_author("rss", "sara")
    restore_backup(url, tmp_path / "house.gz")
    assert [found.mention.id for found in store.mentions().items] == ["his"] and not store.recount()
    commit(store, mention("again", author="sara"))
    assert [found.mention.id for found in store.mentions().items] == ["his"]
