"""A process that works on the database is killed -9 at any moment; what it left is whole."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from listener.pipeline.stories import tell_stories
from listener.storage import Evaluation, Store, open_store
from listener.types import MentionKey

from .made import DAY, HOUR, MINUTE, NOW, alert, analysis, commit, delivery, mention

FORK = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else None)
PAGE = 12
STEP = timedelta(minutes=5)


def work(url: str, sent: Path, life: int, started: str) -> None:
    """Read pages, score, evaluate and send for ever; each page overlaps the one before, edits and takes back."""
    store = open_store(url)
    log = os.open(sent, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    now = NOW + life * HOUR  # what a killed process held has run out
    rounds = 0
    while True:
        if rounds == life % 2:  # every other process lives for a round at least, so that there is progress on any machine
            Path(started).touch()
        rounds += 1
        page = (store.cursor("blog") or {"page": 0})["page"]
        commit(store, *(mention(str(number), f"متن {number}", ago=number % 300 * MINUTE, author=f"a{number % 7}", raw=b"raw")
                        for number in range(max(0, page * PAGE - 4), (page + 1) * PAGE)),
               mention(str(page), f"ویرایش {page}", author=f"a{page % 7}"),
               deleted=[MentionKey("rss", str(page * PAGE + 3))], cursor={"page": page + 1}, now=now)
        claimed = store.claim_unscored(9, now=now, lease=MINUTE)
        store.save_analyses([(key, analysis(embedding=b"x" * 384)) for key, _ in claimed], now=now)
        tell_stories(store)
        state, last = store.rule_state("spike", "اسنپ")
        until, fresh = (last or NOW) + STEP, store.fresh(7)
        fired = alert(fired_at=until)
        seen = [*state.get("seen", ()), *(one.mention.id for _, one in fresh)]
        assert store.save_pass(
            [Evaluation("spike", "اسنپ", {"last": fired.fingerprint, "seen": seen}, until)], alerts=[fired], seen=[],
            deliveries=[delivery(fired.fingerprint, "ops", due_at=NOW, about=fired),
                        delivery(fired.fingerprint, "boss", due_at=now + DAY, about=fired)],
            fresh_done=[(one.mention.key, brand) for brand, one in fresh], at=now,
            stop=[state["last"]] if state else [])
        for one in store.claim_deliveries(3, now=now, lease=MINUTE):
            os.write(log, f"{one.key} {one.receiver}\n".encode())
            store.delivery_sent(one.key, one.receiver, at=now)


def check(store: Store, sent: Path) -> int:
    """Assert that everything is whole; return the pages read so far."""
    with store._write() as connection:  # after whatever a dying backend still commits
        rows = connection.execute(text(
            "SELECT m.id, m.label, m.edits, m.known_at, m.published_at, m.model, m.negative, m.waiting, m.deleted_at, a.embedding, p.mention_pk AS payload, "
            "(SELECT count(*) FROM match x WHERE x.mention_pk = m.pk) AS matches FROM mention m "
            "LEFT JOIN analysis a ON a.mention_pk = m.pk LEFT JOIN payload p ON p.mention_pk = m.pk")).all()
        news = connection.execute(text("SELECT m.id FROM fresh f JOIN mention m ON m.pk = f.mention_pk")).scalars().all()
        alerts = connection.execute(text("SELECT count(*) FROM alert")).scalar_one()
        searched = connection.execute(text("SELECT count(*) FROM search")).scalar_one()
    pages = (store.cursor("blog") or {"page": 0})["page"]
    assert sorted(int(row.id) for row in rows) == list(range(pages * PAGE))
    standing = [row for row in rows if row.deleted_at is None]
    assert len(rows) - len(standing) == pages and searched == len(standing)
    for row in standing:
        scored = row.label != "unscored"
        parts = (row.model is not None, row.negative is not None, row.embedding is not None, row.waiting == 0)
        assert parts == (scored,) * 4
        assert row.matches == 1 and row.payload is not None
    assert store.recount() == []
    state, until = store.rule_state("spike", "اسنپ")
    until = until or NOW
    seen, waiting = Counter[str](state.get("seen", ())), Counter[str](news)
    for row in standing:  # news is looked at once, an edited text once more
        looks = seen[row.id] + waiting[row.id]
        assert looks <= 1 + row.edits and waiting[row.id] <= (row.known_at is not None)
        assert looks or row.known_at is None or row.published_at < row.known_at - DAY / timedelta(microseconds=1)
    assert not waiting.keys() - {row.id for row in standing}
    deliveries = store.deliveries(limit=1_000_000)
    assert alerts == (until - NOW) // STEP and len(deliveries) == 2 * alerts
    written = set(sent.read_text().splitlines()) if sent.exists() else set()
    assert {f"{one.key} {one.receiver}" for one in deliveries if one.sent_at is not None} <= written
    assert sum(one.sent_at is None and one.cancelled_at is None for one in deliveries) == store.pending_deliveries()
    calls = sorted((one for one in deliveries if one.receiver == "boss"), key=lambda one: str(one.message.alert and one.message.alert.fired_at))
    assert all(one.cancelled_at for one in calls[:-1]) and not any(one.sent_at for one in calls)
    assert not any(line.endswith(" boss") for line in written)
    return int(pages)


def kill_many(url: str, folder: Path, times: int) -> None:
    chance = random.Random(times)
    open_store(url).close()
    for life in range(times):
        started = folder / f"started{life}"
        child = FORK.Process(target=work, args=(url, folder / "sent", life, str(started)))
        child.start()
        while not started.exists() and child.is_alive():
            child.join(0.005)
        child.join(chance.uniform(0, 0.15))
        assert child.exitcode is None, "the process ended by itself"
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        child.close()
        if life % 10 == 9 or times <= 10:
            store = open_store(url)
            pages = check(store, folder / "sent")
            store.close()
    assert pages > 0
    store = open_store(url)
    late = NOW + (times + 1) * HOUR
    while claimed := store.claim_unscored(500, now=late, lease=MINUTE):  # nothing stays held by the dead
        store.save_analyses([(key, analysis(embedding=b"x" * 384)) for key, _ in claimed], now=late)
    assert store.unscored() == 0
    assert len(store.claim_deliveries(10_000, now=late + 2 * DAY, lease=MINUTE)) == store.pending_deliveries()
    assert check(store, folder / "sent") == pages
    store.close()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_ten_kills_leave_all_or_nothing(url: str, tmp_path: Path) -> None:
    kill_many(url, tmp_path, 10)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_two_hundred_kills_leave_all_or_nothing(url: str, tmp_path: Path) -> None:
    kill_many(url, tmp_path, 200)
