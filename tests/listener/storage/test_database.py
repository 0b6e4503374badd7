"""Opening and what can go wrong: each a sentence that says where, what, and what to do."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlmodel import SQLModel

from listener.errors import StorageError
from listener.storage import Store, migrations, open_store, run_lock
from listener.storage.codec import maybe_micros, micros, to_json
from listener.storage.database import parse_url
from listener.types import Look, MentionKey, Point

from .made import DAY, HOUR, NOW, commit, delivery, everything, mention

SHORT = timedelta(seconds=0.2)


class TestMigrations:
    def test_they_make_what_the_tables_say(self, store: Store) -> None:
        with store._write() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": migrations.TABLE, "compare_type": True,
                                                                   "include_name": lambda name, kind, _:
                                                                   kind != "table" or not str(name).startswith("search")})
            assert compare_metadata(context, SQLModel.metadata) == []

    def test_a_database_of_an_older_version_keeps_what_it_knew(self, url: str) -> None:
        """Mentions scored before 0004 are known since their score; sources are counted; nothing old is news."""
        store = Store(parse_url(url))
        with store._write() as connection:
            migrations.upgrade(connection, "0003")
            connection.execute(text("INSERT INTO source (name, kind, permanent, paused, mentions, ok_at) VALUES ('blog', 'rss', "
                                    ":no, :no, 3, :at)"), {"no": False, "at": micros(NOW)})
            for pk, label, scored_at, precision in ((1, "negative", NOW, "second"), (2, "unscored", None, "minute"),
                                                    (3, "positive", NOW, "day")):
                connection.execute(text(
                    "INSERT INTO mention (pk, kind, id, source, published_at, precision, first_seen_at, ours, label, unsure, "
                    "waiting, edits, text, scored_at, model, reach_mid) VALUES (:pk, 'rss', :id, 'blog', :at, :precision, :at, :no, :label, "
                    ":no, :waiting, 0, 'متن', :scored_at, :model, 20)"),
                    {"pk": pk, "id": str(pk), "at": micros(NOW - HOUR), "precision": precision, "no": False, "label": label,
                     "scored_at": maybe_micros(scored_at), "waiting": 0 if scored_at else 2, "model": "m@1" if scored_at else None})
                for brand in ("اسنپ", "تپسی"):
                    connection.execute(text("INSERT INTO match (mention_pk, brand, published_at, label, terms) VALUES (:pk, :brand, "
                                            ":at, :label, '[]')"), {"pk": pk, "brand": brand, "at": micros(NOW - HOUR), "label": label})
                connection.execute(text("INSERT INTO sighting (mention_pk, source, seen_at) VALUES (:pk, 'blog', 0)"), {"pk": pk})
            connection.execute(text("INSERT INTO delivery (key, receiver, due_at, attempts, message) VALUES ('k', 'ops', 0, 0, "
                                    ":message)"), {"message": to_json(delivery().message)})
        store.close()
        store = open_store(url)
        known = {one.mention.id: one.known_at for one in everything(store, brand="اسنپ")}
        assert known == {"1": NOW, "2": None, "3": NOW} and store.fresh() == []
        assert store.source_points("blog", NOW - DAY, NOW) == {NOW - HOUR: Point(2, 1, 1, 0, 20)}
        assert [one.cancelled_at for one in store.claim_deliveries(5, now=NOW, lease=HOUR)] == [None]
        assert not [one for one in store.recount() if one.table == "source_fact"]
        store.close()

    def test_looks_of_an_older_version_are_looks_at_every_source(self, url: str) -> None:
        """Before 0009 all sources were looked at together."""
        store = Store(parse_url(url))
        with store._write() as connection:
            migrations.upgrade(connection, "0008")
            connection.execute(text("INSERT INTO source (name, kind, permanent, paused, mentions) VALUES ('ایسنا \"۱\"', 'rss', :no, :no, 0), "
                                    "('forum', 'rss', :no, :no, 0)"), {"no": False})
            for at, heard in ((NOW, NOW - HOUR), (NOW + HOUR, None)):
                connection.execute(text("INSERT INTO look (at, steps, heard) VALUES (:at, :at, :heard)"),
                                   {"at": micros(at), "heard": maybe_micros(heard)})
        store.close()
        store = open_store(url)
        first, second = store.looks(NOW - DAY, NOW + DAY)
        assert first == Look(NOW, NOW, {'ایسنا "۱"': NOW - HOUR, "forum": NOW - HOUR}) and second == Look(NOW + HOUR, NOW + HOUR)
        store.close()

    def test_the_head_is_the_newest_file(self) -> None:
        assert ScriptDirectory.from_config(migrations._config()).get_heads() == [migrations.HEAD]

    def test_tables_that_no_release_had_are_refused_as_such_and_not_called_gone(self, url: str) -> None:
        store = Store(parse_url(url))
        with store._write() as connection:
            migrations.upgrade(connection, "0004")
            connection.execute(text("ALTER TABLE look RENAME TO pass"))
        store.close()
        with pytest.raises(StorageError, match="its tables are not those of schema 0004, which it says it has: an unreleased version made it") as refused:
            open_store(url)
        assert not refused.value.gone

    def test_an_older_program_refuses_a_newer_database(self, store: Store, url: str) -> None:
        with store._write() as connection:
            connection.execute(text(f"UPDATE {migrations.TABLE} SET version_num = '9999'"))
        with pytest.raises(StorageError, match=r"made by a newer version of this program \(schema 9999, this one knows "
                                               r"\d{4}\); upgrade gooshbezang"):
            open_store(url)

    def test_many_may_open_an_empty_database_at_once(self, url: str) -> None:
        with ThreadPoolExecutor(6) as pool:
            stores = list(pool.map(lambda _: open_store(url), range(6)))
        for number, store in enumerate(stores):
            commit(store, mention(str(number)))
        assert len(everything(stores[0])) == 6
        for store in stores:
            store.close()

    def test_one_that_fails_in_the_middle_leaves_nothing(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        real = migrations.upgrade

        def broken(connection: Any, to: str = "head") -> None:
            real(connection, to)
            raise RuntimeError("the second of two versions fails")

        with monkeypatch.context() as patch:
            patch.setattr(migrations, "upgrade", broken)
            with pytest.raises(RuntimeError):
                open_store(url)
        store = open_store(url)
        commit(store, mention())
        store.close()

    def test_tables_of_another_program_are_left_alone(self, sqlite_url: str, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / "house.sqlite") as raw:
            raw.execute("CREATE TABLE contacts (name)")
        with pytest.raises(StorageError, match=r"house.sqlite: holds tables of another program \(contacts\); name another "
                                                "database"):
            open_store(sqlite_url)

    def test_a_postgresql_schema_with_a_table_of_our_name_is_left_alone(self, server: str) -> None:
        import psycopg

        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA taken")
            connection.execute("CREATE TABLE taken.mention (x int)")
        with pytest.raises(StorageError, match=r"holds tables of another program \(mention\)"):
            open_store(f"{server}&options=-csearch_path%3Dtaken")


class TestUrls:
    @pytest.mark.parametrize(("url", "sentence"), [
        ("mysql://x/y", "database: unknown kind 'mysql'; known: postgresql, sqlite"),
        ("nonsense", "database: not a database URL; write sqlite:////folder/goosh.sqlite or postgresql://…"),
        ("sqlite://", "database: 'sqlite://' names no file; write sqlite:////folder/goosh.sqlite"),
        ("sqlite:///:memory:", "database: 'sqlite:///:memory:' names no file; write sqlite:////folder/goosh.sqlite"),
    ])
    def test_anything_else_is_refused(self, url: str, sentence: str) -> None:
        with pytest.raises(StorageError) as caught:
            open_store(url)
        assert str(caught.value) == sentence

    def test_a_server_that_is_not_there_is_named_without_its_password(self) -> None:
        with pytest.raises(StorageError) as caught:
            open_store("postgresql://goosh:hunter2@127.0.0.1:9/house?sslmode=disable")
        assert str(caught.value) == ("postgresql://goosh:***@127.0.0.1:9/house: the server cannot be reached; check the "
                                     "database URL and that it runs")

    def test_a_database_that_does_not_exist_is_said_so(self, server: str) -> None:
        with pytest.raises(StorageError, match="no such database; create it|cannot be reached"):
            open_store(server.replace("/postgres?", "/nothing?"))

    @pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
    def test_postgresql_may_be_written_in_three_ways(self, server: str, scheme: str) -> None:
        open_store(server.replace("postgresql", scheme, 1)).close()


class TestFiles:
    def test_only_the_owner_may_read_them(self, sqlite_url: str, tmp_path: Path) -> None:
        store = open_store(sqlite_url.replace("house", "new/deep/house"))
        commit(store, mention())
        with store.run_lock():
            made = list((tmp_path / "new/deep").iterdir())
        assert len(made) >= 3 and {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
        assert stat.S_IMODE((tmp_path / "new/deep").stat().st_mode) & 0o077 in (0, 0o055)
        store.close()

    def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StorageError, match=r"file/house.sqlite: cannot be made \(.*\); name a folder that this user may "
                                                "write"):
            open_store(f"sqlite:///{tmp_path}/file/house.sqlite")

    def test_a_bad_port_is_refused_without_showing_the_password(self) -> None:
        with pytest.raises(StorageError, match="not a database URL") as caught:
            open_store("postgresql://goosh:{}@host:54x2/goosh".format("hunter" * 2))
        assert "hunterhunter" not in "".join(traceback.format_exception(caught.value))

    def test_a_folder_is_not_a_database(self, tmp_path: Path) -> None:
        with pytest.raises(StorageError, match="a folder; name a file in it"):
            open_store(f"sqlite:///{tmp_path}")

    def test_a_folder_without_write_permission_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, who may write everywhere
        with pytest.raises(StorageError, match="its folder is not writable for this user"):
            open_store(f"sqlite:///{tmp_path}/house.sqlite")

    @pytest.mark.parametrize("content", [b"this is not a database, but it is long enough to be looked at " * 20,
                                         b"PK\x03\x04" * 500])
    def test_a_file_that_is_no_database_is_left_as_it_is(self, sqlite_url: str, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "house.sqlite").write_bytes(content)
        with pytest.raises(StorageError, match="house.sqlite: not an SQLite database; name another file"):
            open_store(sqlite_url)
        assert (tmp_path / "house.sqlite").read_bytes() == content

    def test_a_damaged_database_is_said_to_be_damaged(self, sqlite_url: str, tmp_path: Path) -> None:
        store = open_store(sqlite_url)
        commit(store, *(mention(str(number), "متن " * 100) for number in range(200)))
        store.close()
        content = bytearray((tmp_path / "house.sqlite").read_bytes())
        content[8192:] = os.urandom(len(content) - 8192)
        (tmp_path / "house.sqlite").write_bytes(content)
        with pytest.raises(StorageError, match="damaged; restore a backup"):
            broken = open_store(sqlite_url)
            try:
                broken.mentions()
            finally:
                broken.close()

    def test_a_locked_database_is_waited_for_and_then_named(self, sqlite_url: str, tmp_path: Path) -> None:
        store = open_store(sqlite_url, wait=SHORT)
        other = sqlite3.connect(tmp_path / "house.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="house.sqlite: locked by another program; close it or try again"):
            commit(store, mention())
        assert everything(store) == []  # readers do not wait
        other.execute("ROLLBACK")
        other.close()
        assert commit(store, mention()).new == 1
        store.close()

    def test_an_empty_database_that_another_holds_is_named(self, sqlite_url: str, tmp_path: Path) -> None:
        other = sqlite3.connect(tmp_path / "house.sqlite", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageError, match="locked by another program"):
            open_store(sqlite_url, wait=SHORT)
        other.close()

    def test_a_full_disk_stops_the_batch_and_loses_nothing(self, sqlite_url: str) -> None:
        store = open_store(sqlite_url)
        commit(store, *(mention(f"a{number}") for number in range(20)), cursor={"page": 1})

        def limit(pages: int) -> None:
            with store._engine.connect() as connection:  # one connection in the pool, so the limit holds for the next
                connection.execute(text(f"PRAGMA max_page_count = {pages}"))

        with store._engine.connect() as connection:
            used = int(connection.execute(text("PRAGMA page_count")).scalar_one())
        limit(used + 5)
        with pytest.raises(StorageError, match="the disk is full and this batch was not written; free some space and start again"):
            commit(store, *(mention(f"b{number}", "متن " * 500) for number in range(500)), cursor={"page": 2})
        assert len(everything(store)) == 20 and store.cursor("blog") == {"page": 1} and store.recount() == []
        limit(1_000_000)
        assert commit(store, *(mention(f"b{number}", "متن " * 500) for number in range(500)), cursor={"page": 2}).new == 500
        store.close()


def test_our_own_mistakes_surface_as_they_are(store: Store) -> None:
    with pytest.raises(Exception) as caught, store._read() as connection:
        connection.execute(text("SELECT nonsense FROM nowhere"))
    assert not isinstance(caught.value, StorageError)


def test_threads_share_a_store(store: Store) -> None:
    def work(number: int) -> int:
        for turn in range(5):
            commit(store, mention(f"{number}-{turn}", author=f"a{turn}"), mention("shared"), source=f"s{number % 3}")
            store.mentions(limit=5)
        return number

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert len(everything(store)) == 31 and store.recount() == []


class TestRunLock:
    def test_a_second_run_is_refused_and_told_why(self, url: str) -> None:
        store = open_store(url)
        with store.run_lock():
            with pytest.raises(StorageError, match='another "goosh run" works on this database.*; stop it or name another'):
                with run_lock(url):
                    pass
        with run_lock(url), pytest.raises(StorageError), store.run_lock():
            pass
        store.close()

    def test_a_full_disk_does_not_keep_the_lock_from_being_taken(self, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "write", full)
        with run_lock(sqlite_url), pytest.raises(StorageError, match='another "goosh run"'), run_lock(sqlite_url):
            pass

    def test_two_names_of_one_database_share_one_lock(self, sqlite_url: str, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "name.sqlite").symlink_to(tmp_path / "house.sqlite")
        other = f"sqlite:///{tmp_path}/other/name.sqlite"
        with run_lock(sqlite_url), pytest.raises(StorageError, match='another "goosh run"'), run_lock(other):
            pass

    def test_other_databases_are_free(self, new_url: Callable[[], str]) -> None:
        with run_lock(new_url()), run_lock(new_url()):
            pass

    def test_a_killed_run_does_not_block_the_next(self, url: str) -> None:
        open_store(url).close()
        program = ("import sys; from listener.storage import run_lock\n"
                   "with run_lock(sys.argv[1]):\n    print('held', flush=True); sys.stdin.read()")
        holder = subprocess.Popen([sys.executable, "-c", program, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True)
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        named = f"process {holder.pid}" if url.startswith("sqlite") else "another"
        with pytest.raises(StorageError, match=named), run_lock(url):
            pass
        holder.kill()
        holder.communicate()
        free = threading.Event()
        for _ in range(200):  # PostgreSQL notices a broken connection a moment later
            try:
                with run_lock(url):
                    break
            except StorageError:
                free.wait(0.02)
        else:
            pytest.fail("the lock of a dead process still holds")


def test_mention_keys_of_other_kinds_are_nobody(store: Store) -> None:
    commit(store, mention())
    assert store.by_keys([MentionKey("mastodon", "1")]) == [] and store.revisions(MentionKey("x", "1")) == []
    assert store.cursor("nobody") is None and store.alert("") is None and store.coverage(since=NOW, until=NOW) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows does not let go of an open file")
def test_a_file_that_was_replaced_is_neither_read_nor_written(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/goosh.sqlite")
    other = open_store(f"sqlite:///{tmp_path}/other.sqlite")
    other.close()
    os.replace(tmp_path / "other.sqlite", tmp_path / "goosh.sqlite")
    with pytest.raises(StorageError, match="the file was removed or replaced while the program ran") as caught:
        store.source_states()
    assert caught.value.gone


def test_tables_that_somebody_dropped_are_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/goosh.sqlite")
    with sqlite3.connect(tmp_path / "goosh.sqlite") as connection:
        connection.execute("drop table delivery")
    with pytest.raises(StorageError, match="the tables are gone") as caught:
        store.pending_deliveries()
    assert caught.value.gone
