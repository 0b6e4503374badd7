"""Four weeks to make digests of: stormy, quiet, half of it dark, and the first of a new brand. Seeded, written through the store.

The week is 1405-W35, 14 to 20 November 2026, with the one before it; its digest falls due on Saturday the 21st at 8 in Tehran.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts import reach
from config.settings import Settings
from listener.service import Service
from listener.storage import Store, open_store
from listener.types import (
    Alert,
    AlertState,
    Analysis,
    Aspect,
    Author,
    Batch,
    CoverageState,
    KeptTopic,
    Label,
    Match,
    Mention,
    MentionKey,
    Score,
    Severity,
    VerdictKind,
)
from tests.dashboard.house import settings_for

TEHRAN = ZoneInfo("Asia/Tehran")
START = datetime(2026, 11, 13, 20, 30, tzinfo=UTC)  # Saturday midnight in Tehran
DUE = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
DAY, HOUR, WEEK = timedelta(days=1), timedelta(hours=1), timedelta(days=7)
BRAND, PEER, NAME = "پیک‌سبز", "تندبار", "1405-W35"
MODEL = "goosh-fa-en@2+d0bbdfa3"
SOURCES = {"خبرگزاری‌ها": "rss", "mastodon-fa": "mastodon", "کانال": "telegram"}
CONFIG = f"""
language = "fa"
database = "%s"
[[brands]]
name = "{BRAND}"
[[brands]]
name = "{PEER}"
peer = true
[[people]]
name = "سارا محمدی"
[[receivers]]
kind = "email"
name = "mail"
host = "127.0.0.1"
security = "none"
sender = "goosh@example.ir"
to = ["pr@example.ir", "Boss <ceo@example.ir>"]
[[digest]]
receiver = "mail"
[[campaigns]]
brand = "{BRAND}"
name = "یلدا"
start = "1405-08-25"
end = "1405-08-26"
""" + "".join(f"""
[[sources]]
kind = "{kind}"
name = "{name}"
[sources.options]
url = "https://example.org/{kind}"
""" for name, kind in SOURCES.items())
SAID = {
    Label.NEGATIVE: ("سفارشم سه ساعت دیر رسید و غذا یخ زده بود", "پول سفارش لغوشده را برنمی‌گردانند", "the refund never came, two weeks now"),
    Label.NEUTRAL: ("در کرج هم کار می‌کنند؟", "هزینهٔ ارسال چقدر است؟", "does it ship on Fridays?"),
    Label.POSITIVE: ("دم پیکشان گرم، زیر باران بیست‌دقیقه‌ای رساند", "پشتیبانی مشکلم را در پنج دقیقه حل کرد", "warm food and a polite courier, right on time"),
}
STORM = ("غذای فاسد پسرم را راهی بیمارستان کرد و کسی پاسخ نمی‌دهد", "این ماجرای مسمومیت واقعیت دارد؟ ما هم از همان‌جا گرفتیم")


class House:
    """A house that is looked at when its digest falls due, or whenever ``at`` says."""

    def __init__(self, database: Path, text: str = CONFIG) -> None:
        self.at = DUE
        self.settings: Settings = settings_for(database, text)
        self.store: Store = open_store(self.settings.database)
        self.service = Service(self.store, self.settings, now=lambda: self.at)
        self.dice = random.Random(1405)
        self._number = 0

    def write(self, start: datetime, counts: tuple[int, int, int], *, brand: str = BRAND, texts: tuple[str, ...] = (), topic: str | None = None) -> None:
        """Store a day's posts: so many negative, neutral and positive ones, some by the same authors."""
        for source, kind in SOURCES.items():
            mine = [(label, number) for label, count in zip(Label, counts, strict=True) for number in range(count) if number % 3 == list(SOURCES).index(source)]
            posts = []
            for label, _ in mine:
                self._number += 1
                said = self.dice.choice(texts if texts and label is Label.NEGATIVE else SAID[label])
                author = Author(kind, f"u{self.dice.randrange(400)}", f"کاربر {self.dice.randrange(400)}", followers=self.dice.choice((None, 120, 900, 15_000)))
                posts.append((label, Mention(kind, str(self._number), f"{said} ({self._number})", start + timedelta(seconds=self.dice.randrange(86_400)),
                                             url=f"https://example.org/{kind}/{self._number}", author=author, language="en" if said.isascii() else "fa")))
            if not posts:
                continue
            self.store.commit_batch(source, Batch(tuple(post for _, post in posts)), matches=[Match(post.key, brand, (brand,)) for _, post in posts],
                                    reach={post.key: reach.estimate(post) for _, post in posts}, start=start, end=start + HOUR, now=start + HOUR)
            self.store.save_analyses([(post.key, self._analysis(label, post)) for label, post in posts], now=start + DAY)
            if topic is not None:
                self.store.save_grouping(brand, [KeptTopic(topic, brand, start, {"fa": ("مسمومیت غذایی",), "en": ("food poisoning",)})],
                                         {post.key: topic for label, post in posts if label is Label.NEGATIVE}, at=start + DAY, space=b"\0")

    def _analysis(self, label: Label, post: Mention) -> Analysis:
        top = self.dice.choice((0.5, 0.85, 0.88, 0.9, 0.92, 0.93, 0.94, 0.95))
        rest = (1 - top) / 2
        shares = {Label.NEGATIVE: (top, rest, rest), Label.NEUTRAL: (rest, top, rest), Label.POSITIVE: (rest, rest, top)}[label]
        score = Score(*shares, post.language or "fa", MODEL, 0.6)
        aspects = (Aspect("refund" if "پول" in post.text or "refund" in post.text else "delivery", 0.9),) if label is Label.NEGATIVE else ()
        return Analysis(score, aspects, embedding=bytes(self.dice.randrange(256) for _ in range(384)))

    def see(self, start: datetime, end: datetime, *, but: tuple[tuple[datetime, datetime], ...] = (), sources: tuple[str, ...] = tuple(SOURCES)) -> None:
        """Note what was seen: everything ``but`` these spans, which were lost."""
        for source in sources:
            self.store.begin_sources([(source, SOURCES[source], None)], now=start)
            at = start
            for lost, until in (*but, (end, end)):
                if at < lost:
                    self.store.commit_batch(source, Batch(), matches=[], reach={}, start=at, end=lost, now=lost)
                if lost < until:
                    self.store.commit_batch(source, Batch(state=CoverageState.LOST, reason="HTTP 503"), matches=[], reach={}, start=lost, end=until, now=until)
                at = until

    def close(self) -> None:
        self.store.close()


def stormy(database: Path) -> House:
    """A storm from Tuesday on; alerts real and false, one missed, a silence, a decision, a rule changed."""
    house = House(database)
    house.see(START - 5 * WEEK, DUE, but=((START + 5 * DAY, START + 5 * DAY + 6 * HOUR),))
    for week in range(5, 0, -1):
        _calm(house, START - week * WEEK)
    for day in range(7):
        house.write(START + day * DAY, (6 + day % 2, 24, 10))
        house.write(START + day * DAY, (0, 7, 3), brand=PEER)
    for day, count in ((3, 60), (4, 45), (5, 21)):
        house.write(START + day * DAY, (count, 6, 0), texts=STORM, topic="t-poison")
    for hours, severity, ack, kind in ((75, Severity.P1, 4, VerdictKind.REAL), (101, Severity.P2, 26, VerdictKind.NOT_OURS), (140, Severity.P2, None, None)):
        fired = START + hours * HOUR
        alert = Alert("spike", BRAND, fired - HOUR, fired, 31.0, 3.0, severity, AlertState.FIRING, (MentionKey("rss", "700"),),
                      {"window_minutes": 120}, updated_at=fired)
        if ack is not None:
            alert = replace(alert, state=AlertState.ACKNOWLEDGED, acknowledged_by="سارا محمدی", acknowledged_at=fired + timedelta(minutes=ack))
        house.store.save_pass(alerts=[alert], at=fired)
        if kind is not None:
            house.at = fired + 5 * HOUR
            house.service.verdict(alert.fingerprint, kind, "سارا محمدی")
    house.at = START + 70 * HOUR
    house.service.report_missed(BRAND, "شکایت صنفی در یک خبرگزاری", "علی")
    house.store.set_rule("spike", enabled=True, demoted_at=house.at, who="علی", at=house.at, why="بیشتر نادرست بود")
    house.at = DUE - HOUR
    house.service.silence(BRAND, "negative_share", "سارا محمدی", "کارزار یلدا", DUE + 2 * DAY)
    house.service.add_decision(BRAND, NAME, "پوزش رسمی بابت مسمومیت", "سارا محمدی", "علی", due=DUE.date() + 3 * DAY)
    house.at = DUE
    return house


def quiet(database: Path) -> House:
    house = House(database)
    house.see(START - 5 * WEEK, DUE)
    for week in range(5, -1, -1):
        _calm(house, START - week * WEEK)
    return house


def dark(database: Path) -> House:
    """Half of the week was not seen of any source."""
    house = House(database)
    house.see(START - 5 * WEEK, DUE, but=((START + 2 * DAY, START + 2 * DAY + timedelta(hours=84)),))
    for week in range(5, 0, -1):
        _calm(house, START - week * WEEK)
    for day in (0, 1, 6):
        house.write(START + day * DAY, (9, 24, 10))
        house.write(START + day * DAY, (0, 7, 3), brand=PEER)
    return house


def fresh(database: Path) -> House:
    """The program runs since Thursday; a handful of posts, nothing to compare."""
    house = House(database)
    house.see(START + 5 * DAY, DUE)
    house.write(START + 5 * DAY, (2, 4, 1))
    house.write(START + 6 * DAY, (3, 4, 1))
    house.write(START + 6 * DAY, (0, 3, 1), brand=PEER)
    return house


def _calm(house: House, start: datetime) -> None:
    for day in range(7):
        house.write(start + day * DAY, (6 + day % 2, 24, 10))
        house.write(start + day * DAY, (0, 7, 3), brand=PEER)


WEEKS = {"stormy": stormy, "quiet": quiet, "dark": dark, "fresh": fresh}


