"""Example data, made through the store: a small brand, its peer, two quiet weeks and a stormy morning.

Everything is seeded, so that pictures stay the same.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from alerts import lifecycle, reach, wording
from alerts.evidence import choose
from alerts.topics import WIDTH
from config.settings import Settings, parse
from listener.pipeline.stories import tell_stories
from listener.pipeline.topics import find_topics
from listener.registry import Registry
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
    Delivery,
    Engagement,
    Label,
    Match,
    Mention,
    MentionKey,
    Precision,
    Reason,
    Score,
    Severity,
    VerdictKind,
)

NOW = datetime(2026, 11, 22, 6, 10, tzinfo=UTC)  # 09:40 in Tehran, 1 Azar 1405, a Sunday
BRAND, PEER = "پیک‌سبز", "تندبار"
SOURCES = {"خبرگزاری‌ها": "rss", "mastodon-fa": "mastodon", "کانال‌های تلگرام": "telegram", "forum": "rss"}
DAYS = 15

CONFIG = f"""
language = "fa"
database = "%s"
[[brands]]
name = "{BRAND}"
aliases = ["Peyk Sabz", "PeykSabz"]
[[brands]]
name = "{PEER}"
peer = true
[[people]]
name = "سارا محمدی"
[[people]]
name = "Ali Rezaei"
""" + "".join(f"""
[[sources]]
kind = "{kind}"
name = "{name}"
interval = "15m"
[sources.options]
url = "https://example.org/{kind}"
""" for name, kind in SOURCES.items())

COMPLAINTS = [
    "سفارشم را سه ساعت دیر آوردند و غذا یخ زده بود. پشتیبانی {b} هم جواب تلفن نمی‌دهد.",
    "{b} پول سفارش لغوشده را هنوز برنگردانده؛ ده روز است فقط می‌گویند پیگیری می‌کنیم 😡",
    "پیک {b} با بی‌ادبی تمام بسته را پرت کرد و رفت. خجالت دارد.",
    "اپ {b} بعد از به‌روزرسانی اصلاً باز نمی‌شود، اندروید ۱۴",
    "از {b} دیگر سفارش نمی‌دهم، دو بار پشت سر هم جنس اشتباه فرستادند",
    "@PeykSabz your courier left my parcel in the rain and support closed the ticket. Never again.",
    "Third time this month that {b} charged me twice. Refund “in 72 hours”, they said. That was two weeks ago.",
]
ORDINARY = [
    "امروز با {b} از نانوایی سر کوچه سفارش دادم، رسید.",
    "{b} در اصفهان هم کار می‌کند؟ کسی تجربه دارد؟",
    "مدیرعامل {b} از گسترش خدمات به شش شهر دیگر خبر داد.",
    "هزینهٔ ارسال {b} از {p} کمتر است یا بیشتر؟",
    "Does Peyk Sabz deliver to Karaj on Fridays?",
    "کد تخفیف {b} برای سفارش اول هنوز کار می‌کند",
]
PRAISE = [
    "دم پیک {b} گرم، زیر باران بیست‌دقیقه‌ای رساند 🌧️👏",
    "پشتیبانی {b} ظرف پنج دقیقه مشکلم را حل کرد، ممنون از خانم رضایی",
    "Honestly impressed with Peyk Sabz today: warm food, polite courier, right on time.",
]
STORM = [
    "غذای فاسد {b} پسرم را راهی بیمارستان کرد. سه روز است دنبال یک جواب ساده‌ایم و تلفن را رویمان قطع می‌کنند. این هم عکس فاکتور.",
    "این ماجرای مسمومیت با سفارش {b} واقعیت دارد؟ ما هم دیروز از همان رستوران گرفتیم!",
    "{b} به‌جای عذرخواهی به مادر آن بچه گفته «ثابت کنید». شرم‌آور است.",
    "حذف کردن {b} از گوشی، همین حالا. #پیک_سبز",
    "کسی از {b} پاسخ رسمی نداده؟ شش ساعت گذشته.",
    "So PeykSabz food sent a kid to hospital and the hotline hangs up on the mother? Deleting the app.",
]


class _Options(BaseModel, extra="allow"):
    pass


class _Any(Registry):
    def __contains__(self, kind: object) -> bool:
        return True

    def options(self, kind: str) -> Any:
        return _Options


def settings_for(database: Path, text: str = CONFIG) -> Settings:
    anything = {name: _Any(name, {}) for name in ("collectors", "rules", "notifiers", "scorers")}
    return parse(text % f"sqlite:///{database.as_posix()}", environment={}, **anything)


@dataclass(frozen=True, slots=True)
class House:
    """A database with its settings, as the board meets them."""

    store: Store
    settings: Settings
    service: Service
    database: Path


def open_house(database: Path, text: str = CONFIG) -> House:
    settings = settings_for(database, text)
    store = open_store(settings.database)
    return House(store, settings, Service(store, settings, now=lambda: NOW), database)


def score(label: Label, dice: random.Random, *, unsure: bool = False, language: str = "fa") -> Score:
    top = dice.uniform(0.42, 0.55) if unsure else dice.uniform(0.78, 0.97)
    rest = (1 - top) * dice.uniform(0.5, 0.9)
    shares = {Label.NEGATIVE: (top, rest), Label.NEUTRAL: (rest, top), Label.POSITIVE: (1 - top - rest, rest)}[label]
    negative, neutral = shares
    return Score(round(negative, 4), round(neutral, 4), round(1 - round(negative, 4) - round(neutral, 4), 4), language, "packaged@1", 0.6)


def commit(house: House, source: str, mentions: Sequence[Mention], *, brand: str = BRAND, start: datetime, end: datetime,
           state: CoverageState = CoverageState.OK, reason: str | None = None) -> None:
    """Store a batch with its matches and reach, as the pipeline does."""
    house.store.commit_batch(source, Batch(mentions=tuple(mentions), state=state, reason=reason),
                             matches=[Match(m.key, brand, (brand,)) for m in mentions],
                             reach={m.key: reach.estimate(m) for m in mentions}, start=start, end=end, now=end)


def scored(house: House, labels: dict[MentionKey, Score]) -> None:
    while claimed := house.store.claim_unscored(500, now=NOW, lease=timedelta(minutes=5)):
        house.store.save_analyses([(key, Analysis(labels[key], aspects(text), embedding=vector(text))) for key, text in claimed], now=NOW)


ABOUT = {"delivery": ("دیر", "بسته را", "courier", "parcel"), "refund": ("پول", "charged", "Refund"), "app": ("اپ ", "گوشی", "app"),
         "safety": ("فاسد", "مسموم", "hospital"), "communication": ("پاسخ", "جواب", "hotline")}
"""Words by which the example's posts are told to be about something, where a head would read them."""


def aspects(text: str) -> tuple[Aspect, ...]:
    return tuple(Aspect(name, 0.9) for name, words in ABOUT.items() if any(word in text for word in words))


def vector(text: str) -> bytes:
    """A tiny embedding: what a post is about, and a little of its own."""
    told = [any(word in text for word in words) for words in ABOUT.values()]
    values = [100 * one + 1 for one in told] + [len(text) % 40 + 1]
    return bytes(round(value * 127 / sum(one * one for one in values) ** 0.5) for value in values).ljust(WIDTH, b"\0")


def make_rich(database: Path) -> House:
    house, dice = open_house(database), random.Random(1405)
    house.store.register_sources(list(SOURCES.items()))
    labels: dict[MentionKey, Score] = {}
    number = 0

    def write(at: datetime, text: str, label: Label, brand: str, kind: str, *, followers: int | None = None, views: int | None = None,
              shares: int = 0) -> Mention:
        nonlocal number
        number += 1
        english = text.isascii() or text[0] in "@TDHS"
        name = dice.choice(["نگار", "میثم کاظمی", "آرش ۶۱", "Leila", "bahar_k", "روزبه", "الهام", "Kaveh R.", "شهروند خبرنگار", "مریم"])
        author = Author(kind, f"{kind}-{dice.randrange(4_000)}", name, followers=followers if followers is not None else int(dice.paretovariate(1.1) * 90))
        mention = Mention(kind, f"{number}", text.format(b="Peyk Sabz" if english else brand, p=PEER), at, url=f"https://example.org/{kind}/{number}",
                          author=author, language="en" if english else "fa", precision=Precision.MINUTE,
                          engagement=Engagement(at, likes=int(dice.expovariate(0.12)), shares=shares or int(dice.expovariate(0.9)),
                                                views=views if views is not None else int(dice.expovariate(0.004)) if kind == "telegram" else None))
        labels[mention.key] = score(label, dice, unsure=dice.random() < 0.12, language="en" if english else "fa")
        return mention

    begin = (NOW - timedelta(days=DAYS)).replace(minute=0)
    for source, kind in SOURCES.items():
        for start, end, lost in _spans(source, begin):
            if lost:
                house.store.record_failure(source, start=start, end=end, now=end, reason=lost, permanent=source == "forum",
                                           retry_at=end + timedelta(minutes=15))
                continue
            for brand, share in ((BRAND, 1.0), (PEER, 0.6)):
                batch = []
                for step in range(int((end - start) / timedelta(hours=1))):
                    local = (start + timedelta(hours=step)).astimezone(house.service.zone).hour
                    busy = {"rss": 0.35, "mastodon": 1.1, "telegram": 0.8}[kind] * share * (0.25 if local < 8 else 1.0 if local < 18 else 1.5)
                    for _ in range(int(busy) + (dice.random() < busy % 1)):
                        roll = dice.random()
                        text, label = ((dice.choice(COMPLAINTS), Label.NEGATIVE) if roll < 0.27 else (dice.choice(PRAISE), Label.POSITIVE)
                                       if roll > 0.86 else (dice.choice(ORDINARY), Label.NEUTRAL))
                        batch.append(write(start + timedelta(hours=step, minutes=dice.randrange(60)), text, label, brand, kind))
                overflow = source == "خبرگزاری‌ها" and end == NOW
                commit(house, source, batch, brand=brand, start=start, end=end, state=CoverageState.PARTIAL if overflow else CoverageState.OK,
                       reason="the feed holds 20 items and 26 came" if overflow else None)
    storm = [write(NOW - timedelta(hours=5, minutes=20), STORM[0], Label.NEGATIVE, BRAND, "mastodon", followers=2_300, shares=214)]
    for minute in range(0, 290, 3):
        for _ in range(1 + (minute > 120) + (minute > 220)):
            big = minute == 120
            storm.append(write(NOW - timedelta(minutes=295 - minute), dice.choice(STORM[1:]), Label.NEGATIVE, BRAND, "mastodon",
                               followers=84_000 if big else None))
    commit(house, "mastodon-fa", storm, start=NOW - timedelta(minutes=20), end=NOW)
    for source in ("خبرگزاری‌ها", "کانال‌های تلگرام"):
        commit(house, source, [], start=NOW - timedelta(minutes=20), end=NOW - timedelta(minutes=4))
    scored(house, labels)
    tell_stories(house.store)
    waiting = write(NOW - timedelta(minutes=2), "{b} بالاخره بیانیه داد، ولی باز هم عذرخواهی نکرد", Label.NEUTRAL, BRAND, "mastodon")
    commit(house, "mastodon-fa", [waiting], start=NOW - timedelta(minutes=2), end=NOW)
    _alerts(house, [m.key for m in storm])
    find_topics(house.store, {BRAND: (BRAND, "Peyk Sabz", "PeykSabz")}, now=NOW)
    return house


def _spans(source: str, begin: datetime) -> list[tuple[datetime, datetime, str | None]]:
    """Return what became of a source over the days: (start, end, why it was lost)."""
    dark, light = NOW - timedelta(hours=37), NOW - timedelta(hours=31)
    last = NOW.replace(minute=0) - timedelta(hours=6)
    spans: list[tuple[datetime, datetime, str | None]] = [(begin, dark, None), (dark, light, "no connection to any host")]
    if source == "mastodon-fa":
        back = light + timedelta(hours=12)
        return [*spans, (light, back, "HTTP 502 from mastodon.example; retrying"), (back, NOW, None)]
    if source == "forum":
        return [*spans, (light, last, None), (last, NOW, "HTTP 403: the feed asks for a login")]
    return [*spans, (light, last, None), (last, NOW, None)]


def _alerts(house: House, keys: list[MentionKey]) -> None:
    fired = NOW - timedelta(hours=3, minutes=5)
    why = {"series": "negative", "window": 3600, "seen": 34, "needed": 14, "ratio": 3.4, "record_days": 14, "version": "spike@1", "authors": 31,
           "hidden": 0, "copies": 4, "scored": 36, "unsure": 3, "mentions": 37, "negative": 34, "told": True, "level": 2, "spread": 1,
           "severity": {"harm": 1, "spread": 3, "trust": 3},
           "spread_state": {"state": "growing", "watched": 11_100, "posts": 96, "reshares": 24, "growth": {"low": 0.3, "mid": 0.6, "high": 0.9}, "doubling": 4_100,
                            "halving": None, "turn_low": 2_800, "turn_high": 8_300, "branching": {"low": 0.8, "mid": 1.2, "high": 1.8, "method": "links", "reshares": 24},
                            "cascade": {"seen": 24, "branching": 0.7, "final": 61}, "hours": 6, "forecast": {"low": 90, "mid": 260, "high": 810},
                            "reach": {"low": 20_000, "mid": 71_000, "high": 260_000}}}
    spike = Alert("spike", BRAND, fired - timedelta(hours=1), fired, 34.0, 1.6, Severity.P1, AlertState.FIRING, tuple(keys), why, updated_at=fired)
    silent = NOW - timedelta(hours=2)
    stale = Alert("stale_source", "forum", NOW - timedelta(hours=9), silent, 25_200.0, 7_200.0, Severity.P2, AlertState.FIRING, (),
                  {"heard_at": (NOW - timedelta(hours=9)).isoformat(), "stale_after": 7200, "reason": "HTTP 403: the feed asks for a login"},
                  updated_at=silent)
    then = NOW - timedelta(days=4, hours=2)
    ended = Alert("spike", BRAND, then - timedelta(hours=1), then, 12.0, 1.9, Severity.P2, AlertState.FIRING, tuple(keys[:6]),
                  {**why, "seen": 12, "needed": 9}, updated_at=then)
    for alert, rule, subject in ((ended, "spike", BRAND), (spike, "spike", BRAND), (stale, "stale_source", "forum")):
        proof = choose(house.store.by_keys(alert.evidence, BRAND))
        message = wording.compose(alert, Reason.FIRST, proof, language="fa", timezone="Asia/Tehran")
        house.store.save_pass(at=alert.fired_at, alerts=[alert],
                                    deliveries=[Delivery(message.key, "console", message, alert.fired_at), Delivery(message.key, "webhook", message, alert.fired_at)])
        house.store.delivery_sent(message.key, "console", at=alert.fired_at + timedelta(seconds=2))
        house.store.delivery_failed(message.key, "webhook", error="webhook: HTTP 500; trying again", retry_at=NOW, at=alert.fired_at)
    later = wording.compose(spike, Reason.FIRST, (), language="fa", owner="Ali Rezaei")
    for receiver, due_at in (("کشیک دوم", NOW + timedelta(minutes=10)), ("مدیر روابط عمومی", NOW + timedelta(minutes=20))):
        house.store.save_pass(at=fired, deliveries=[Delivery(later.key, receiver, later, due_at)])
    after = then + timedelta(hours=5)
    taken = lifecycle.acknowledge(ended, "Ali Rezaei", then + timedelta(minutes=7))
    house.store.update_alert(taken, who="Ali Rezaei", what="acknowledge", at=then + timedelta(minutes=7))
    house.store.update_alert(replace(taken, state=AlertState.RESOLVED, resolved_at=after, updated_at=after), who="Ali Rezaei",
                             what="resolve: پاسخ رسمی منتشر شد", at=after)
    Service(house.store, house.settings, now=lambda: after).verdict(ended.fingerprint, VerdictKind.REAL, "سارا محمدی")
