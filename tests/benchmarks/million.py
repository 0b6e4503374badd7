"""A house of a million mentions, written as rows: what boards, digests and cases are measured on.

    python -m tests.benchmarks.million /tmp/million.sqlite             # or postgresql://…
    python -m tests.benchmarks.million /tmp/ten.sqlite 10000000

Three months of brands and peers with the rhythm of days and weeks, growing as if to double in a year; accounts of very different
size, copies and stories of all lengths, a wave that grows in the last eight hours, sources with gaps, topics, alerts with verdicts, and answers of our own.
Several millions are the same house with twice the traffic and a longer past: ten are fifteen months of 22,000 mentions a day by
two million accounts. Seeded: the same call writes the same rows. The counts are those of ``counts.rebuild``, so that a recount agrees.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from alerts import lifecycle
from config.settings import Settings, parse
from listener.storage import Store, counts, open_store, search
from listener.storage.codec import micros
from listener.types import Alert, AlertState, MentionKey, Severity, Verdict, VerdictKind
from tests.dashboard.house import _Any

END = datetime(2026, 11, 22, 6, 10, tzinfo=UTC)  # 09:40 in Tehran, 1 Azar 1405, a Sunday: as in tests/dashboard/house.py
BRANDS = ("پیک‌سبز", "تندبار", "بارینو", "رسانا")  # ours, then peers
SOURCES = {"خبرگزاری‌ها": "rss", "mastodon-fa": "mastodon", "کانال‌های تلگرام": "telegram", "اینستاگرام": "instagram", "x-fa": "x",
           "digikala": "digikala"}
SHARES = (0.06, 0.12, 0.3, 0.24, 0.2, 0.08)  # of the sources
PIECE = 50_000
STORM = timedelta(hours=8)
ASPECTS = ("delivery", "refund", "app", "price", "quality", "communication", "staff", "safety")

NEGATIVE = ("سفارش {n} سه ساعت دیر رسید و غذا یخ زده بود، پشتیبانی هم جواب تلفن نمی‌دهد", "پول سفارش {n} را ده روز است برنمی‌گردانند و فقط می‌گویند پیگیری می‌کنیم",
            "پیک با بی‌ادبی بستهٔ {n} را جلوی در پرت کرد و رفت", "اپ بعد از به‌روزرسانی {n} اصلاً باز نمی‌شود", "بستهٔ {n} شکسته به دستم رسید و کسی پاسخگو نیست",
            "my order {n} came two hours late and support closed the ticket", "they charged me twice for {n} and the refund never came")
NEUTRAL = ("امروز سفارش {n} را از نانوایی سر کوچه دادم و رسید", "در کرج هم کار می‌کنند؟ شماره {n}", "مدیرعامل از گسترش خدمات به {n} شهر خبر داد",
           "کد تخفیف {n} برای سفارش اول هنوز کار می‌کند", "does order {n} ship to Karaj on Fridays?")
POSITIVE = ("دم پیک {n} گرم، زیر باران بیست‌دقیقه‌ای رساند", "پشتیبانی مشکل سفارش {n} را در پنج دقیقه حل کرد، ممنون از خانم رضایی", "warm food, polite courier, order {n} right on time")
ANSWERS = ("سلام، سفارش {n} را پیگیری می‌کنیم و تا فردا خبر می‌دهیم", "بابت سفارش {n} عذرخواهی می‌کنیم؛ مبلغ تا ۴۸ ساعت برمی‌گردد", "we are sorry about {n}, please send us the order number")
LABELS = ("negative", "neutral", "positive")
SAID = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE}
AUTHOR = ("pk", "kind", "id", "name", "url", "followers")
MENTION = ("pk", "kind", "id", "source", "published_at", "precision", "first_seen_at", "author_pk", "ours", "language", "url", "in_reply_to", "reshare_of",
           "likes", "shares", "comments", "views", "engaged_at", "reach_low", "reach_mid", "reach_high", "reach_method", "label", "unsure",
           "negative", "neutral", "positive", "certainty_floor", "score_language", "model", "scored_at", "waiting", "edits", "fingerprint", "story",
           "copied", "known_at", "text")

SAME = {"match": ("mention_pk", "brand", "published_at", "label", "terms"), "sighting": ("mention_pk", "source", "seen_at"),
        "analysis": ("mention_pk", "aspects", "intent", "intent_confidence")}
TOPIC_MENTION = ("mention_pk", "brand", "topic", "published_at")
COVERAGE = ("source", "starts_at", "ends_at", "state", "reason")
COUNT_SOURCES = "UPDATE source SET mentions = (SELECT count(*) FROM sighting WHERE sighting.source = source.name)"


def build(path_or_url: str | Path, mentions: int = 1_000_000, brands: Sequence[str] = BRANDS, authors: int = 200_000, days: int = 90) -> None:
    """Write a new house of so many mentions, ending at ``END``. Minutes at a million; a file that is there is refused."""
    url = url_of(path_or_url)
    store = open_store(url)
    writer: _Writer = _Postgres(url) if url.startswith("postgres") else _Sqlite(url)
    try:
        if writer.holds("mention"):
            raise SystemExit(f"{path_or_url}: holds mentions already; name another place")
        writer.begin()
        kinds = list(SOURCES.values())
        chance = np.random.default_rng(1405)
        followers = (chance.pareto(1.1, authors) * 90).astype(np.int64).tolist()
        writer.copy("author", AUTHOR, ((pk, kinds[pk % len(kinds)], f"a{pk}", f"کاربر {pk}", None, followers[pk - 1] if pk % 3 else None)
                                       for pk in range(1, authors + 1)))
        shape = _Shape(chance, mentions, len(brands), authors, days)
        for start in range(0, mentions, PIECE):
            _piece(writer, shape, chance, start, min(start + PIECE, mentions), brands)
        _sources(writer, days)
        _topics(writer, shape, brands)
        writer.end()
        with store._write() as connection:
            counts.rebuild(connection)
        _alerts(store, shape, brands)
        writer.tidy()
    finally:
        writer.close()
        store.close()


def multiply(path_or_url: str | Path, times: int, days: int = 90) -> None:
    """Make a house so many times as large, all in the database: its rows again under other keys, twice in the same days, then twice in the days before, …"""
    url = url_of(path_or_url)
    writer: _Writer = _Postgres(url) if url.startswith("postgres") else _Sqlite(url)
    try:
        writer.begin()
        rows, authors = writer.most("mention"), writer.most("author")
        for turn in range(1, times):
            back = turn // 2 * days * 24 * 3_600_000_000
            moved = {"pk": f"pk + {turn * rows}", "mention_pk": f"mention_pk + {turn * rows}", "rowid": f"rowid + {turn * rows}", "author_pk": f"author_pk + {turn * authors}",
                     **{name: f"{name} || '-{turn}'" for name in ("id", "in_reply_to", "reshare_of", "fingerprint", "story")},
                     **{name: f"{name} - {back}" for name in ("published_at", "first_seen_at", "engaged_at", "scored_at", "known_at", "seen_at", "starts_at", "ends_at")}}
            writer.again("author", AUTHOR, {**moved, "pk": f"pk + {turn * authors}"}, f"pk <= {authors}")
            writer.again("mention", MENTION, moved, f"pk <= {rows}")
            for table, columns in SAME.items():
                writer.again(table, columns, moved, f"mention_pk <= {rows}")
            writer.again("search", (writer.key, "words"), moved, f"{writer.key} <= {rows}")
            if turn == 1:
                writer.again("topic_mention", TOPIC_MENTION, moved, f"mention_pk <= {rows}")
            elif turn % 2 == 0:
                writer.again("coverage", COVERAGE, moved, f"starts_at >= {micros(END) - days * 24 * 3_600_000_000}")
        writer.run(f"UPDATE source SET first_at = first_at - {back}, added_at = added_at - {back}")
        writer.run(COUNT_SOURCES)
        writer.end()
    finally:
        writer.close()
    store = open_store(url)
    with store._write() as connection:
        counts.rebuild(connection)
    store.close()
    writer = _Postgres(url) if url.startswith("postgres") else _Sqlite(url)
    writer.tidy()
    writer.close()


def url_of(path_or_url: str | Path) -> str:
    return str(path_or_url) if "://" in str(path_or_url) else f"sqlite:///{Path(path_or_url).resolve().as_posix()}"


def settings(path_or_url: str | Path, brands: Sequence[str] = BRANDS) -> Settings:
    """Return settings that fit such a house: the first brand is ours, the others are peers."""
    lines = ['language = "fa"', f'database = "{url_of(path_or_url)}"']
    lines += [f'[[brands]]\nname = "{name}"\npeer = {str(number > 0).lower()}' for number, name in enumerate(brands)]
    lines += ['[[people]]\nname = "سارا محمدی"', '[[people]]\nname = "Ali Rezaei"']
    lines += [f'[[sources]]\nkind = "{kind}"\nname = "{name}"\ninterval = "15m"\n[sources.options]\nurl = "https://example.org/{kind}"' for name, kind in SOURCES.items()]
    plugins: dict[str, Any] = {name: _Any(name, {}) for name in ("collectors", "rules", "notifiers", "scorers")}
    return parse("\n".join(lines), environment={}, **plugins)


class _Shape:
    """When each mention is published, whose it is, and what it copies; row n is the n-th mention, oldest first."""

    def __init__(self, chance: np.random.Generator, mentions: int, brands: int, authors: int, days: int) -> None:
        begin, hours = micros(END) - days * 24 * 3_600_000_000, days * 24
        local = (np.arange(hours) + 3) % 24  # the hours of Tehran, to the half hour
        weight = np.where(local < 7, 0.2, np.where(local < 18, 1.0, 1.5)) * chance.gamma(20, 1 / 20, hours)
        weight *= np.where((np.arange(hours) // 24) % 7 == (days - 2) % 7, 0.7, 1.0)  # a Friday
        weight *= 2.0 ** (np.arange(hours) / (365 * 24))
        last = np.arange(hours) >= hours - STORM // timedelta(hours=1)
        weight[last] *= np.linspace(1.2, 3.0, last.sum())
        hour = np.sort(chance.choice(hours, mentions, p=weight / weight.sum()))
        self.at: NDArray[np.int64] = np.sort(begin + hour * 3_600_000_000 + chance.integers(0, 3_600, mentions) * 1_000_000)
        self.at = np.minimum(self.at, micros(END) - 1_000_000)
        shares = 0.55 ** np.arange(brands)
        self.brand: NDArray[np.int64] = chance.choice(brands, mentions, p=shares / shares.sum())
        self.source: NDArray[np.int64] = chance.choice(len(SOURCES), mentions, p=SHARES)
        self.label: NDArray[np.int64] = chance.choice(3, mentions, p=(0.24, 0.6, 0.16))
        pool = authors // len(SOURCES)
        self.author: NDArray[np.int64] = (np.floor(pool * chance.random(mentions) ** 2.2).astype(np.int64) * len(SOURCES) + self.source)
        self.author = np.where(self.author < 1, self.author + len(SOURCES), self.author)
        self.author = np.where(self.author > authors, self.author - len(SOURCES), self.author)
        self.root: NDArray[np.int64] = np.arange(mentions)  # the row a copy goes back to
        self._stories(chance, mentions)
        self.ours: NDArray[np.bool_] = (chance.random(mentions) < 0.004) & (self.root == np.arange(mentions)) & (self.brand == 0)

    def _stories(self, chance: np.random.Generator, mentions: int) -> None:
        for first in chance.choice(mentions, mentions // 60, replace=False).tolist():
            size = min(int(chance.pareto(1.2) * 2) + 1, 600)
            later = first + 1 + np.cumsum(chance.geometric(1 / 40, size))
            self._copy(int(self.root[first]), later[later < mentions])
        begun = int(np.searchsorted(self.at, micros(END - STORM)))
        grown = np.linspace(0, 0.45, mentions - begun)
        wave = begun + np.flatnonzero(chance.random(mentions - begun) < grown)
        self.storm = int(begun)
        self.root[begun] = begun
        self.brand[begun], self.label[begun] = 0, 0
        self._copy(begun, wave[wave > begun])

    def _copy(self, first: int, later: NDArray[np.int64]) -> None:
        self.root[later], self.brand[later], self.label[later] = first, self.brand[first], self.label[first]


def _piece(writer: _Writer, shape: _Shape, chance: np.random.Generator, start: int, end: int, brands: Sequence[str]) -> None:
    rows, found = range(start, end), end - start
    names, kinds = list(SOURCES), list(SOURCES.values())
    sure = chance.uniform(0.62, 0.98, found).round(4).tolist()
    unsure = (chance.random(found) < 0.12).tolist()
    lag = (chance.exponential(240, found) * 1e6).astype(np.int64).tolist()
    likes, comments, shares = ((chance.exponential(scale, found)).astype(np.int64).tolist() for scale in (9, 2, 1))
    views = (chance.pareto(1.2, found) * 120).astype(np.int64).tolist()
    dice = chance.random(found).tolist()
    at, source, author, brand, label, root, ours = (one[start:end].tolist() for one in (
        shape.at, shape.source, shape.author, shape.brand, shape.label, shape.root, shape.ours))
    mention, match, sighting, analysis, words = [], [], [], [], []
    for row, n in zip(rows, itertools.count(), strict=False):
        kind, pk, first = kinds[source[n]], row + 1, root[n]
        copy, name = first != row, LABELS[label[n]]
        said = ANSWERS[row % len(ANSWERS)] if ours[n] else (told := SAID[LABELS[shape.label[first]]])[first % len(told)]
        body = f"{brands[brand[n]]}: {said.format(n=first + 1)}"
        english = said[0].isascii()
        low = likes[n] + comments[n] + shares[n]
        seen = views[n] if kind in ("telegram", "instagram") else None
        mid = max(low, seen) if seen is not None else low + 30 + (author[n] * 37) % 400
        top = sure[n] if not unsure[n] else 0.5
        rest = round((1 - top) * 0.7, 4)
        parts = {"negative": (top, rest, round(1 - top - rest, 4)), "neutral": (rest, top, round(1 - top - rest, 4)),
                 "positive": (round(1 - top - rest, 4), rest, top)}[name]
        known = min(at[n] + lag[n] + 30_000_000, micros(END))
        reshared = first if copy and dice[n] < 0.6 and source[n] == shape.source[first] else None
        answered = max(0, row - 1 - int(dice[n] * 400)) if ours[n] else None
        mention.append((pk, kind, _id(row), names[source[n]], at[n], "second", at[n] + lag[n], None if ours[n] else author[n], ours[n],
                        "en" if english else "fa", f"https://example.org/{kind}/{pk}", None if answered is None else _id(answered),
                        None if reshared is None else _id(reshared), likes[n], shares[n], comments[n], seen, at[n] + lag[n], low, mid, mid * 3 + 50,
                        "views" if seen is not None else "followers", name, unsure[n], *parts, 0.6, "en" if english else "fa", "packaged@1",
                        known, 0, 0, _hex(first, "f"), None if ours[n] else _hex(first, "s"), None if ours[n] else copy and dice[n] < 0.75, known, body))  # a quarter add words of their own
        match.append((pk, brands[brand[n]], at[n], name, f'["{brands[brand[n]]}"]'))
        if row % 20 == 0 and len(brands) > 1:
            match.append((pk, brands[(brand[n] + 1) % len(brands)], at[n], name, f'["{brands[(brand[n] + 1) % len(brands)]}"]'))
        sighting.append((pk, names[source[n]], at[n] + lag[n]))
        analysis.append((pk, _aspects(first, name), "complaint" if name == "negative" else "other", 0.8))
        words.append((pk, body))
    writer.copy("mention", MENTION, mention)
    for table, some in (("match", match), ("sighting", sighting), ("analysis", analysis)):
        writer.copy(table, SAME[table], some)
    writer.index(words)


def _id(row: int) -> str:
    return f"{row + 1:09}"


def _hex(row: int, salt: str) -> str:
    return hashlib.blake2b(f"{salt}{row}".encode(), digest_size=8).hexdigest()


def _aspects(row: int, label: str) -> str:
    return "[]" if label != "negative" else json.dumps([{"name": ASPECTS[row * 7919 % 31 % len(ASPECTS)], "confidence": 0.9}])


def _sources(writer: _Writer, days: int) -> None:
    """Sources that are well, each with an hour that is lost now and then; one of them has been failing since the night."""
    rows, spans, end = [], [], micros(END)
    begin, hour = end - days * 24 * 3_600_000_000, 3_600_000_000
    for number, (name, kind) in enumerate(SOURCES.items()):
        failing = end - 6 * hour if number == 1 else None
        rows.append((name, kind, end, failing or end - 300_000_000, failing, "HTTP 502: the server is in trouble" if failing else None, False, False, 0, begin,
                     900_000_000, end + 600_000_000, end, begin))
        at = begin
        for lost in range(begin + (3 + number) * 24 * hour, end, (9 + number) * 24 * hour):
            spans += [(name, at, lost, "ok", None), (name, lost, lost + (2 + number) * hour, "lost", "no connection to any host")]
            at = lost + (2 + number) * hour
        spans.append((name, at, failing or end - 300_000_000, "ok", None))
        if failing:
            spans.append((name, failing, end, "lost", "HTTP 502: the server is in trouble"))
    writer.copy("source", ("name", "kind", "polled_at", "ok_at", "failing_since", "error", "permanent", "paused", "mentions", "first_at", "pace", "next_at", "last_item_at",
                           "added_at"), rows)
    writer.run(COUNT_SOURCES)
    writer.copy("coverage", COVERAGE, [span for span in spans if span[1] < span[2]])


def _topics(writer: _Writer, shape: _Shape, brands: Sequence[str]) -> None:
    """Thirty topics a brand, which hold its complaints of the last two weeks."""
    first = int(np.searchsorted(shape.at, micros(END - timedelta(days=14))))
    for number, brand in enumerate(brands):
        pks = first + np.flatnonzero((shape.brand[first:] == number) & (shape.label[first:] == 0) & ~shape.ours[first:])
        rows = [(row + 1, brand, f"t{number}-{shape.root[row] % 37:02}" if shape.root[row] % 37 < 30 else None, int(shape.at[row])) for row in pks.tolist()]
        writer.copy("topic_mention", TOPIC_MENTION, rows)
        writer.copy("topic", ("id", "brand", "first_at", "aspect", "phrases", "typical", "centre"), [
            (f"t{number}-{one:02}", brand, micros(END - timedelta(days=14)), ASPECTS[one % len(ASPECTS)],
             json.dumps({"fa": [f"دیر رسید {one}", "جواب ندادند"], "en": [f"late {one}", "no answer"]}, ensure_ascii=False),
             json.dumps([[SOURCES[list(SOURCES)[shape.source[row]]], _id(row)] for row in pks[one:one + 3].tolist()]), b"") for one in range(30)])


def _alerts(store: Store, shape: _Shape, brands: Sequence[str]) -> None:
    """Two alerts a day, the last two open, most of the others judged."""
    kinds = list(SOURCES.values())
    for back in range(180):
        fired = END - timedelta(hours=2 + 12 * back)
        row = max(1, int(np.searchsorted(shape.at, micros(fired))) - 1)
        proof = tuple(MentionKey(kinds[shape.source[one]], _id(one)) for one in range(max(0, row - 400), row)
                      if shape.brand[one] == 0 and shape.label[one] == 0)[-30:]
        open_ = back < 2
        alert = Alert("spike" if back % 2 else "rising_topic", brands[0], fired - timedelta(hours=1), fired, 20.0, 4.0,
                      Severity.P1 if back % 9 == 0 else Severity.P2, AlertState.FIRING, proof,
                      {"window": 3600, "needed": 12, "scored": 30, "unsure": 3, "authors": 18}, updated_at=fired,
                      story=_hex(shape.storm, "s") if back == 0 else None)
        store.save_pass(at=fired, alerts=[alert])
        if not open_:
            closed = lifecycle.resolve(lifecycle.acknowledge(alert, "Ali Rezaei", fired + timedelta(minutes=6)), "Ali Rezaei", fired + timedelta(hours=3))
            store.update_alert(closed, who="Ali Rezaei", what="resolve: told", at=fired + timedelta(hours=3))
            if back % 3:
                store.add_verdict(Verdict(alert.fingerprint, VerdictKind.NOT_OURS if back % 10 == 1 else VerdictKind.REAL, "Ali Rezaei", fired + timedelta(hours=4)))


class _Rows:
    """What both writers have in common."""

    _connection: Any

    def most(self, table: str) -> int:
        found = self._connection.execute(f"SELECT max(pk) FROM {table}").fetchone()
        return int(found[0]) if found else 0

    def again(self, table: str, columns: Sequence[str], moved: dict[str, str], where: str) -> None:
        """Write rows of a table once more, with some columns changed by the database."""
        self.run(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(moved.get(name, name) for name in columns)} FROM {table} WHERE {where}")

    def run(self, statement: str) -> None:
        self._connection.execute(statement)

    def holds(self, table: str) -> bool:
        return self._connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None

    def close(self) -> None:
        self._connection.close()


class _Sqlite(_Rows):
    """Rows by the driver, without waiting for the disk; the indexes are made at the end."""

    key = "rowid"  # of a row of ``search``

    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)

    def begin(self) -> None:
        for pragma in ("synchronous = OFF", "cache_size = -600000", "foreign_keys = OFF"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._made = self._connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
        for name, _ in self._made:
            self._connection.execute(f"DROP INDEX {name}")

    def copy(self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        self._connection.execute("BEGIN")
        self._connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", rows)
        self._connection.execute("COMMIT")

    def index(self, texts: Sequence[tuple[int, str]]) -> None:
        self.copy("search", ("rowid", "words"), [(pk, " ".join(search.words_of(body))) for pk, body in texts])

    def end(self) -> None:
        for _, statement in self._made:
            self._connection.execute(statement)
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def tidy(self) -> None:
        self._connection.execute("PRAGMA optimize")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class _Postgres(_Rows):
    """Rows by COPY; foreign keys are not looked at while it lasts, and the indexes are made at the end."""

    key = "mention_pk"

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True)

    def begin(self) -> None:
        self._connection.execute("SET session_replication_role = replica")
        for setting in ("synchronous_commit = off", "maintenance_work_mem = '1GB'", "max_parallel_maintenance_workers = 0"):
            self._connection.execute(f"SET {setting}")
        self._made = self._connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND indexname NOT IN (SELECT conname FROM pg_constraint)").fetchall()
        for name, _ in self._made:
            self._connection.execute(f"DROP INDEX {name}")

    def copy(self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def index(self, texts: Sequence[tuple[int, str]]) -> None:
        self.copy("search", ("mention_pk", "words"), [(pk, search._tsvector(search.words_of(body))) for pk, body in texts])

    def end(self) -> None:
        for _, statement in self._made:
            self._connection.execute(statement)
        self._connection.execute("ANALYZE")
        self._connection.execute("SET session_replication_role = DEFAULT")

    def tidy(self) -> None:
        self._connection.execute("ANALYZE")


_Writer = _Sqlite | _Postgres


def timed(act: Callable[[], object], turns: int) -> list[float]:
    """Return the seconds each of ``turns`` took, ascending."""
    spent = []
    for _ in range(turns):
        start = time.perf_counter()
        act()
        spent.append(time.perf_counter() - start)
    return sorted(spent)


def p95(spent: Sequence[float]) -> float:
    return sorted(spent)[min(len(spent) - 1, round(0.95 * (len(spent) - 1)))]


if __name__ == "__main__":
    began = time.perf_counter()
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    build(sys.argv[1], min(wanted, 1_000_000))
    if wanted > 1_000_000:
        multiply(sys.argv[1], wanted // 1_000_000)
    print(f"{sys.argv[1]}: built in {time.perf_counter() - began:.0f} s")
