"""Six weeks to make digests of: stormy, quiet, half of it dark, the first of a new brand, one from a file, and one full of care. Seeded, written through the store.

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
from listener.types.care import Remedy
from tests.dashboard.house import settings_for

TEHRAN = ZoneInfo("Asia/Tehran")
START = datetime(2026, 11, 13, 20, 30, tzinfo=UTC)  # Saturday midnight in Tehran
DUE = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
DAY, HOUR, WEEK = timedelta(days=1), timedelta(hours=1), timedelta(days=7)
LAST_YEAR = datetime(2025, 11, 7, 20, 30, tzinfo=UTC)  # 1404-W35
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
[[people]]
name = "علی"
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
PHRASES = {"t-poison": {"fa": ("مسمومیت غذایی",), "en": ("food poisoning",)}, "t-refund": {"fa": ("پول سفارش لغوشده",), "en": ("refund of cancelled orders",)}}
REFUND = ("ده روز است پول سفارش لغوشده را پس نداده‌اند", "سفارش را خودشان لغو کردند و پول را نمی‌دهند", "cancelled my order and kept the money")
STAFF = """
[[staff]]
name = "رضا احمدی"
variants = ["احمدی"]
unit = "پیک"
[[staff]]
name = "شعبهٔ ونک"
branch = true
"""
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

    def write(self, start: datetime, counts: tuple[int, int, int], *, brand: str = BRAND, texts: tuple[str, ...] = (), topic: str | None = None,
              file: str | None = None) -> None:
        """Store a day's posts: so many negative, neutral and positive ones, some by the same authors; ``file``: imported from it."""
        for place, (name, kind) in enumerate([(file, "csv")] if file else SOURCES.items()):
            mine = [(label, number) for label, count in zip(Label, counts, strict=True) for number in range(count) if file or number % 3 == place]
            posts = []
            for label, _ in mine:
                self._number += 1
                said = self.dice.choice(texts if texts and label is Label.NEGATIVE else SAID[label])
                author = Author(kind, f"u{self.dice.randrange(400)}", f"کاربر {self.dice.randrange(400)}", followers=self.dice.choice((None, 120, 900, 15_000)))
                posts.append((label, Mention(kind, str(self._number), f"{said} ({self._number})", start + timedelta(seconds=self.dice.randrange(86_400)),
                                             url=f"https://example.org/{kind}/{self._number}", author=author, language="en" if said.isascii() else "fa")))
            if not posts:
                continue
            self.store.register_sources([(name, kind)])
            self.store.commit_batch(name, Batch(tuple(post for _, post in posts)), matches=[Match(post.key, brand, (brand,)) for _, post in posts],
                                    reach={post.key: reach.estimate(post) for _, post in posts}, start=start, end=start + HOUR, now=start + HOUR,
                                    history=file is not None)
            self.store.save_analyses([(post.key, self._analysis(label, post)) for label, post in posts], now=start + DAY)
            if topic is not None:
                self.store.save_grouping(brand, [KeptTopic(topic, brand, start, PHRASES[topic])],
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

    def say(self, at: datetime, text: str, label: Label = Label.NEGATIVE, *, author: str, topic: str | None = None, ours: bool = False,
            to: MentionKey | None = None) -> MentionKey:
        """Store one post of somebody."""
        self._number += 1
        post = Mention("mastodon", f"c{self._number}", text, at, url=f"https://example.org/mastodon/c{self._number}", ours=ours, language="fa",
                       author=Author("mastodon", author, author, followers=120), in_reply_to=to.id if to else None)
        self.store.commit_batch("mastodon-fa", Batch((post,)), matches=[Match(post.key, BRAND, (BRAND,))], reach={post.key: reach.estimate(post)},
                                start=at, end=at + timedelta(minutes=1), now=at + timedelta(minutes=1))
        shares = {Label.NEGATIVE: (.94, .03, .03), Label.NEUTRAL: (.03, .94, .03), Label.POSITIVE: (.03, .03, .94)}[label]
        self.store.save_analyses([(post.key, Analysis(Score(*shares, "fa", MODEL, 0.6), (Aspect("refund", 0.9),) if label is Label.NEGATIVE else ()))],
                                 now=at + HOUR)
        if topic is not None:
            self.store.save_grouping(BRAND, [KeptTopic(topic, BRAND, at, PHRASES[topic])], {post.key: topic}, at=at + HOUR, space=b"\0")
        return post.key

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


def filed(database: Path) -> House:
    """Nothing ran that week; its posts, and those of the week before, were imported from a file."""
    house = House(database)
    for day in range(-7, 7):
        house.write(START + day * DAY, (4 + 3 * (day >= 0), 2, 1), file="نظرها.csv")
    return house


def care(database: Path) -> House:
    """A week of customers: cases opened, ended, overdue and of nobody, promises kept, broken and late, who came back of those whose case ended
    a month and a quarter ago, staff praised by name, an apology that mended nothing; and the same week of the year before.
    """
    house = House(database, CONFIG + STAFF)
    house.see(LAST_YEAR, LAST_YEAR + WEEK)
    for day in range(7):
        house.write(LAST_YEAR + day * DAY, (4, 20, 9))
    house.see(START - 5 * WEEK, DUE, but=((START - WEEK, START - WEEK),))
    for week in range(5, 0, -1):
        _calm(house, START - week * WEEK)
    for day in range(7):
        house.write(START + day * DAY, (6 + day % 2, 24, 10))
        house.write(START + day * DAY, (5, 0, 0), texts=REFUND, topic="t-refund")
        house.write(START + day * DAY, (0, 7, 3), brand=PEER)
    for back, words, remedy in ((33, Label.POSITIVE, Remedy.REFUND), (34, Label.NEGATIVE, Remedy.EXPLAIN), (35, None, Remedy.REFUND),
                                (94, Label.POSITIVE, Remedy.GIFT)):
        house.at = DUE - back * DAY + timedelta(hours=2)
        key = house.say(house.at - HOUR, "سفارشم گم شد و کسی پاسخ نمی‌دهد", author=f"earlier{back}")
        number = house.service.open_case([key], "سارا محمدی").number
        house.service.resolve_case(number, "سارا محمدی", "پیگیری شد", remedy=remedy, cause="communication")
        if words is not None:
            house.say(house.at + 9 * DAY, "باز هم سفارش دادم، این بار درست رسید" if words is Label.POSITIVE else "دوباره همان بلا", words, author=f"earlier{back}")
    for place, (opened, owner) in enumerate(((36, "سارا محمدی"), (37, "سارا محمدی"), (38, "سارا محمدی"), (60, "علی"), (61, None), (84, None))):
        house.at = START + timedelta(hours=opened)  # at work: Sunday, Monday and Tuesday at noon
        key = house.say(house.at - HOUR, f"پول سفارش لغوشده‌ام را نمی‌دهند، بار {place + 1}", author=f"customer{place}", topic="t-refund")
        number = house.service.open_case([key], "سارا محمدی").number
        if owner is None:
            continue
        house.service.assign_case(number, owner, owner=owner)
        house.at += timedelta(minutes=50)
        house.service.answer_case(number, owner, "پیگیری می‌کنیم", public=True)
        promise = house.service.add_promise(owner, brand=BRAND, text="پول شما تا دو روز دیگر برمی‌گردد", due_at=house.at + 2 * DAY, what="refund", case=number)
        house.at += DAY
        if place < 2:
            house.service.keep_promise(promise.id, owner)
            house.service.resolve_case(number, owner, "پول برگشت", remedy=Remedy.REFUND, cause="refund")
        elif place == 2:
            house.service.break_promise(promise.id, owner, "بانک پول را پس نفرستاد")
            house.service.resolve_case(number, owner, "هدیه دادیم", remedy=Remedy.GIFT, cause="refund")
    answer = house.say(START + 3 * DAY, "از شما پوزش می‌خواهیم", Label.NEUTRAL, author="peyksabz", ours=True)
    house.store.answers_read([(answer, True)])
    for place, text in enumerate(("آقای احمدی با خوش‌رویی سفارش را تا دم در آورد", "احمدی بهترین پیک شماست، دمش گرم", "از شعبهٔ ونک بی‌نهایت ممنونم، سریع و مؤدب")):
        house.say(START + 2 * DAY + place * HOUR, text, Label.POSITIVE, author=f"thankful{place}")
    house.at = DUE
    return house


def _calm(house: House, start: datetime) -> None:
    for day in range(7):
        house.write(start + day * DAY, (6 + day % 2, 24, 10))
        house.write(start + day * DAY, (0, 7, 3), brand=PEER)


WEEKS = {"stormy": stormy, "quiet": quiet, "dark": dark, "fresh": fresh, "filed": filed, "care": care}
