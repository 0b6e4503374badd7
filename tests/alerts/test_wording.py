"""An alert in words: read aloud, on a phone, at three in the morning."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts import spread
from alerts.harm_words import Lexicon
from alerts.wording import FSI, PDI, SCREEN, Context, Earlier, clip, compose, explain, isolate, said_parts, span_in_words, title
from alerts.wording.kinds import KINDS
from alerts.wording.text import about_span, excerpt
from listener.types import (
    Alert,
    AlertState,
    Author,
    Label,
    MentionKey,
    Message,
    Reach,
    Reason,
    ScoredMention,
    Severity,
    Story,
    Trace,
    VerdictKind,
)
from listener.words import Language, catalogue
from listener.words.alerts import WORDS
from tests.alerts.world import HOUR, SATURDAY, a_scored

LANGUAGES: tuple[Language, ...] = ("fa", "en")
FIGURES: dict[str, Any] = {
    "version": "spike@1", "series": "negative", "window": 3600, "seen": 31, "needed": 14, "mentions": 45, "scored": 44, "unsure": 5,
    "negative": 31, "ratio": 1.42, "record_days": 14.0, "young": False, "authors": 27, "hidden": 2, "copies": 9, "told": True,
}
POSTS = [
    a_scored("1", "سه روز است سفارشم نرسیده", minutes=1, author="نیلوفر", reach=Reach(4, 60, 400, "followers")),
    a_scored("2", "پشتیبانی اصلاً جواب نمی‌دهد", minutes=3, author="علی", shares=40, reach=Reach(44, 90, 600, "followers")),
    a_scored("3", "refund my money please", minutes=5, author="john_doe", negative=0.97),
    a_scored("4", "دیگر خرید نمی‌کنم", minutes=7, author="لیلا", followers=12_000, reach=Reach(2, 1_800, 12_000, "followers")),
    a_scored("5", "برای من به موقع رسید", minutes=8, author="رضا", negative=0.03, positive=0.92),
]


def an_alert(*, rule: str = "spike", severity: Severity = Severity.P2, subject: str = "چابک‌سبد", **figures: Any) -> Alert:
    at = SATURDAY + 10 * HOUR
    return Alert(rule, subject, at - HOUR, at, 31.0, 3.2, severity, AlertState.FIRING,
                 tuple(one.mention.key for one in POSTS), {**FIGURES, **figures}, updated_at=at)


def written(alert: Alert | None = None, reason: Reason = Reason.FIRST, posts: list[ScoredMention] | None = None,
            language: Language = "fa", **how: Any) -> Message:
    return compose(alert or an_alert(), reason, POSTS if posts is None else posts, language=language, **how)


def bare(text: str) -> str:
    return text.replace(FSI, "").replace(PDI, "")


def whole(message: Message) -> str:
    return bare("\n".join((message.title, *message.lines)))


def test_line_one_says_how_bad_who_and_what() -> None:
    assert bare(written().title) == "شدید · چابک‌سبد · ۳۱ شکایت در ۱ ساعت (معمول ۳)"
    assert bare(written(language="en").title) == "Severe · چابک‌سبد · 31 complaints in 1 hour (usually 3)"


def test_the_persian_message_as_a_whole() -> None:
    message = written(url="https://board.test/alerts", sources=["telegram_ir"])
    assert [bare(line) for line in message.lines] == [
        "شنبه ۲ آبان ۱۴۰۵، ساعت ۱۳:۳۰ (۲۴ اکتبر ۲۰۲۶)",
        "گام بعد: پست‌ها را بخوانید و پیگیری را به عهده بگیرید.",
        "چرا: ۳۱ پست منفی در ۱ ساعت، ۱٫۴ برابرِ اوج‌های ۱۴ روز گذشته.",
        "با کمتر از ۱۴ پست منفی هشدار نمی‌دادیم؛ ۳۱ تا بود.",
        "چه کسانی، در ۱ ساعت: ۲۵ نویسندهٔ مستقل؛ ۲ پست بی‌نام؛ بزرگ‌ترین صدا لیلا با ۱۲٬۰۰۰ دنبال‌کننده؛ ۹ پست بازنشر است.",
        "دیده‌شدن ۴ پست از ۳۱: دست‌کم ۵۰، محتمل ۲٬۰۰۰، حداکثر ۱۳٬۰۰۰ نفر (روش‌ها: فرض برای ناشناس‌ها، برآورد از دنبال‌کننده‌ها).",
        "از نخستین‌های شمرده‌شده، نه لزوماً آغازگر · ۰۳:۳۱ · نیلوفر در mastodon-fa · منفی ۰٫۹۰: «سه روز است سفارشم نرسیده»",
        "پربازنشرترین · ۰۳:۳۳ · علی در mastodon-fa · منفی ۰٫۹۰: «پشتیبانی اصلاً جواب نمی‌دهد»",
        "گویاترین · ۰۳:۳۵ · john_doe در mastodon-fa · منفی ۰٫۹۷: «refund my money please»",
        "پرمخاطب‌ترین · ۰۳:۳۷ · لیلا در mastodon-fa · منفی ۰٫۹۰: «دیگر خرید نمی‌کنم»",
        "نظر مخالف · ۰۳:۳۸ · رضا در mastodon-fa · مثبت ۰٫۹۲: «برای من به موقع رسید»",
        "از ۴۴ پستِ ۱ ساعت، شکایت یا نه، مدل دربارهٔ ۵ تا مطمئن نیست. یک پست هنوز سنجیده نشده است.",
        "اکنون نمی‌شنویم: telegram_ir. شاید ماجرا بزرگ‌تر از این باشد.",
        "در پاسخ، اول همدلی کنید و توضیح بدهید؛ وعدهٔ جبران ندهید.",
        f"شناسه: #{an_alert().fingerprint[:8]} · spike@1",
    ]
    assert message.url == "https://board.test/alerts" and len(message.quoted) == 5


def test_the_english_message_says_the_same() -> None:
    text = whole(written(language="en"))
    for part in ("Saturday 24 October 2026, 13:30 (2 Aban 1405)", "31 negative posts in 1 hour, 1.4 times the peaks of the past 14 days",
                 "would not have fired below 14 negative posts; it had 31", "25 independent authors", "12,000 followers",
                 "9 reshares", "at least 50, likely 2,000, at most 13,000 people", "Of the 44 posts of 1 hour, complaints or not, the model is unsure about 5",
                 "show empathy first and explain"):
        assert part in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_fits_one_phone_screen_even_with_long_posts(language: Language) -> None:
    long = [replace(one, mention=replace(one.mention, text=f"{one.mention.text} " + "خیلی بد بود و هیچ‌کس پاسخ نداد " * 40)) for one in POSTS]
    message = written(posts=long, language=language, sources=[f"source-{n}" for n in range(30)])
    assert len(message.lines) <= 17 and len(whole(message)) <= SCREEN
    assert max(len(line) for line in message.lines) <= 220 and len(message.title) <= 100
    assert sum("…" in line for line in message.lines) >= 3


def test_all_of_the_reach_is_said_when_all_posts_are_given() -> None:
    assert "دیده‌شدن: دست‌کم" in whole(written(an_alert(negative=4)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_share_without_its_count_and_no_reach_without_its_range(language: Language) -> None:
    text = whole(written(language=language))
    assert "%" not in text and "٪" not in text
    assert len(re.findall(r"at least|دست‌کم", text)) == len(re.findall(r"at most|حداکثر", text)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", [Reason.FIRST, Reason.ESCALATED, Reason.REPEAT, Reason.RESOLVED])
@pytest.mark.parametrize("series", ["negative", "mentions", "negative_reach"])
@pytest.mark.parametrize("severity", Severity)
def test_every_message_is_whole(language: Language, reason: Reason, series: str, severity: Severity) -> None:
    message = written(an_alert(series=series, severity=severity), reason, language=language)
    text = whole(message)
    assert "{" not in text and "None" not in text and not re.search(r"alert\.\w", text) and all(line.strip() for line in message.lines)
    if language == "fa":
        assert not re.search(r"[0-9]", re.sub(f"{FSI}[^{PDI}]*{PDI}", "", "\n".join((message.title, *message.lines))))
    else:
        assert not re.search(r"[\u0600-\u06ff]", re.sub(f"{FSI}[^{PDI}]*{PDI}", "", "\n".join((message.title, *message.lines))))


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_from_outside_is_isolated_and_every_isolate_is_closed(language: Language) -> None:
    hostile = a_scored("6", "\u202eevil\u2066 \x1b[31mred\x07\n\nnext\u2069 [bold]x[/bold]", minutes=0, author="\u202eبد\u2067", source="s\u2068")
    message = written(posts=[hostile, *POSTS], language=language, sources=["a\u202e\nb"])
    for line in (message.title, *message.lines):
        depth = 0
        for character in line:
            depth += (character == FSI) - (character == PDI)
            assert 0 <= depth <= 1
            assert character in (FSI, PDI) or unicodedata.category(character) not in ("Cc", "Cs") and character not in "\u202e\u2066\u2067"
        assert depth == 0
    assert "evil red next [bold]x[/bold]" in whole(message)


def test_escalation_and_repetition_say_why_one_is_called_again() -> None:
    assert "وضعیت بدتر شده است." in written(reason=Reason.ESCALATED).lines
    assert "تعداد از پیام قبلی تا حالا دست‌کم دو برابر شده است." in written(reason=Reason.REPEAT).lines
    assert written(reason=Reason.FIRST).lines[2].startswith("چرا")


def test_the_end_names_how_long_it_took_and_asks_whether_it_was_real() -> None:
    over = replace(an_alert(), state=AlertState.RESOLVED, resolved_at=SATURDAY + 13 * HOUR, acknowledged_by="sara")
    message = written(over, Reason.RESOLVED)
    assert bare(message.title) == "فروکش کرد · چابک‌سبد · موج شکایت‌ها پس از ۳ ساعت فروکش کرد (در اوج: ۳۱ شکایت در ۱ ساعت)"
    assert "sara به آن رسیدگی می‌کرد." in whole(message) and "واقعی بود یا نه" in message.lines[-2] and message.quoted == ()


def test_a_young_baseline_says_so() -> None:
    assert "سابقه هنوز کوتاه است" in whole(written(an_alert(young=True, record_days=2.4)))
    assert "2 days" in whole(written(an_alert(young=True, record_days=2.4), language="en"))


def test_nothing_usual_is_under_one_and_not_zero() -> None:
    assert "(معمول کمتر از ۱)" in written(replace(an_alert(), expected=0.0)).title


def test_posts_that_were_deleted_are_missed_in_words() -> None:
    assert "متن پست‌ها دیگر در دسترس نیست." in written(posts=[]).lines


def test_a_source_that_is_not_heard() -> None:
    alert = replace(an_alert(rule="stale_source", subject="telegram_ir", heard_at=SATURDAY.isoformat(), stale_after=7200,
                             reason="HTTP 503 at https://t.me"), value=11_100.0, evidence=())
    message = written(alert, posts=[])
    assert bare(message.title) == "شدید · telegram_ir · ۳ ساعت و ۵ دقیقه است که از این منبع چیزی نمی‌شنویم"
    assert [bare(line) for line in message.lines] == [
        "شنبه ۲ آبان ۱۴۰۵، ساعت ۱۳:۳۰ (۲۴ اکتبر ۲۰۲۶)",
        "گام بعد: با «goosh check --live» ببینید چه می‌گوید.",
        "آخرین بار شنبه ۲ آبان ۱۴۰۵، ساعت ۰۳:۳۰ (۲۴ اکتبر ۲۰۲۶) خبری از آن رسید.",
        "برای این منبع تا ۲ ساعت سکوت عادی است.",
        "علت: HTTP 503 at https://t.me",
        "سکوت این منبع نشانهٔ آرامش نیست: تا وصل نشود، نمودارها و هشدارها بی‌آن حساب می‌شوند.",
        f"شناسه: #{alert.fingerprint[:8]} · spike@1",
    ]
    over = replace(alert, state=AlertState.RESOLVED, starts_at=SATURDAY, resolved_at=SATURDAY + 5 * HOUR)
    assert bare(written(over, Reason.RESOLVED).title) == "رفع شد · telegram_ir · پس از ۵ ساعت دوباره می‌شنویم"
    never = replace(alert, why={"stale_after": 7200, "heard_at": None})
    assert bare(written(never, language="en").title) == "Severe · telegram_ir · this source has never been heard"


def test_a_rule_without_words_of_its_own_is_still_named() -> None:
    assert "eclipse" in written(an_alert(rule="eclipse"), language="en").title and "rule eclipse" in whole(written(an_alert(rule="eclipse", version=None), language="en"))


# -- every kind of rule, everything known, nothing known

SPREAD = {"state": "growing", "watched": 12_000, "posts": 60, "doubling": 2_500, "halving": None, "turn_low": 1_500, "turn_high": 7_000, "hours": 6,
          "forecast": {"low": 40, "mid": 123, "high": 512}}
SHARED: dict[str, Any] = {"about": {"aspect": "یک جنبهٔ ساختگی با نامی بسیار بسیار دراز", "topic": {"fa": ["عبارتی بسیار دراز و خسته‌کننده"] * 2}}, "severity": {"harm": 2, "spread": 3, "trust": 1}, "demoted": True, "spread_state": SPREAD, "worse": ["severity", "posts", "voice", "platform"]}
KNOWN: dict[str, dict[str, Any]] = {
    "spike": {"young": True},
    "spike/volume of the autumn campaign": {"series": "mentions"},
    "negative_share": {"version": "negative_share@1", "sure": 40, "usual_share": 0.27, "window": 7_200},
    "big_voice": {"version": "big_voice@1", "bar": 20_000, "known": 412, "needed": 20_001, "seen": 84_000},
    "harm": {"version": "harm@1", "harm": 3, "words": "harm_words@2", "category": "poison", "word": "مسموم شدیم و راهی بیمارستان " * 3, "needed": None},
    "harm/ours": {"version": "harm@1", "harm": 2, "category": "دسته‌ای از خودمان با نامی دراز", "word": "نشت گاز", "authors": 1},
    "ignored_case": {"version": "ignored_case@1", "alone": True, "sign": "again", "word": "بار سوم است که زنگ می‌زنم " * 3, "seen": 4, "needed": 3},
    "ignored_case/waiting": {"version": "ignored_case@1", "sign": "waiting", "word": "سه ماه است", "seen": 90, "needed": 7},
    "ignored_case/unanswered": {"version": "ignored_case@1", "sign": "unanswered", "word": "هیچ‌کس جواب نمی‌دهد", "authors": 1, "seen": None, "needed": None},
    "ignored_case/repeated": {"version": "ignored_case@1", "alone": True, "sign": "repeated", "within": 30 * 86_400, "seen": 3, "needed": 3},
    "resurfaced": {"version": "resurfaced@1", "age": 400 * 86_400, "silence": 90 * 86_400, "needed": 4, "seen": 9},
    "rising_topic": {"version": "rising_topic@1", "window": 4 * 3600, "seen": 12, "needed": 5},
    "collector_down": {"version": "collector_down@1", "needed": 15, "seen": 40},
    "overdue_case": {"version": "overdue_case@1", "cases": [7, 12, 19], "owners": ["مریم", "علی با نام خانوادگی دراز"], "unowned": 2,
                     "oldest": "2026-11-20T08:30:00+00:00"},
    "broken_promise": {"version": "broken_promise@1", "cases": [12], "owners": ["مریم"], "unowned": 0, "oldest": "2026-11-20T08:30:00+00:00"},
    "stale_source": {"version": "stale_source@2", "heard_at": SATURDAY.isoformat(), "stale_after": 7_200, "reason": "HTTP 503 " * 60},
    "sector": {"version": "sector@1", "brands": ["چابک‌سبد", "تندبار", "پیک‌سبز", "یک برند با نامی بسیار بسیار دراز و خسته‌کننده"]},
    "eclipse": {"version": "eclipse@1"},
}
AROUND = Context(campaign="جشنوارهٔ بزرگ پاییزه", holiday="تاسوعای حسینی", earlier=Earlier(SATURDAY - 50 * HOUR, VerdictKind.NOT_OURS), joined=12,
                 story=Story("s", "چابک‌سبد", POSTS[0].mention.key, SATURDAY, SATURDAY, 312, 270, 31, 300, 12, 290))


def long_winded() -> list[ScoredMention]:
    def told(one: ScoredMention, place: int) -> ScoredMention:
        author = Author("mastodon", f"a{place}", name=f"{place} نویسنده‌ای با نامی بسیار دراز و خسته‌کننده", followers=1_234_567 + place)
        mention = replace(one.mention, text=f"{place} {one.mention.text} " + "خیلی بد بود و هیچ‌کس پاسخ نداد " * 40, author=author, outlet=f"رسانهٔ {place}")
        return replace(one, mention=mention, sources=("یک منبع با نامی بسیار دراز و خسته‌کننده",), reach=Reach(1_234, 123_456, 12_345_678, "followers"))
    return [told(one, place) for place, one in enumerate(POSTS)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", [Reason.FIRST, Reason.ESCALATED, Reason.REPEAT, Reason.RESOLVED])
@pytest.mark.parametrize("rule", KNOWN)
def test_every_kind_fits_one_screen_with_every_field_at_its_worst(rule: str, reason: Reason, language: Language) -> None:
    alert = replace(an_alert(rule=rule, subject="برندی با نامی بسیار دراز و خسته‌کننده", **{**SHARED, **KNOWN[rule]}), value=84_000.0, expected=20_000.0,
                    acknowledged_by="نویسنده‌ای با نامی بسیار دراز", severity=Severity.P1)
    message = written(alert, reason, long_winded(), language, sources=[f"منبعی با نامی بسیار دراز {n}" for n in range(30)], precision=(11, 14),
                      context=AROUND, owner="نام‌ونام‌خانوادگیِ بسیار دراز", due_at=SATURDAY + 11 * HOUR, drill=True)
    text = whole(message)
    assert len(text) <= SCREEN, len(text)
    assert "{" not in text and "None" not in text and not re.search(r"alert\.\w", text) and all(line.strip() for line in message.lines)
    outside = re.sub(f"{FSI}[^{PDI}]*{PDI}", "", "\n".join((message.title, *message.lines)))
    assert not re.search(r"[0-9]" if language == "fa" else r"[\u0600-\u06ff]", outside)
    assert ("تمرین" if language == "fa" else "DRILL") in message.title
    assert "%" not in text and "٪" not in text
    if reason is not Reason.RESOLVED and rule not in ("stale_source", "collector_down"):
        assert len(message.quoted) >= 2 and any(one.score and one.score.positive > 0.5 for one in message.quoted)  # one that disagrees
    assert f"#{alert.fingerprint[:8]}{PDI}" in message.lines[-1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", KNOWN)
def test_every_kind_speaks_when_hardly_anything_is_known(rule: str, language: Language) -> None:
    bare_alert = replace(an_alert(rule=rule), why={}, evidence=(), value=0.0, expected=0.0)
    for reason in (Reason.FIRST, Reason.RESOLVED):
        text = whole(written(bare_alert, reason, [], language))
        assert "{" not in text and "None" not in text and not re.search(r"alert\.\w", text)
        assert title(bare_alert, reason, language=language) == written(bare_alert, reason, [], language).title
        assert all(explain(bare_alert, reason, [], language=language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", KNOWN)
def test_an_alert_that_is_over_says_how_it_ended_and_forecasts_and_advises_nothing(rule: str, language: Language) -> None:
    open_ = an_alert(rule=rule, **KNOWN[rule], spread_state=SPREAD)
    ended = replace(open_, state=AlertState.RESOLVED, resolved_at=open_.fired_at + 3 * HOUR)
    closed = replace(ended, why={**ended.why, "resolved_by": "سارا"})
    ahead = ("گام بعد", "۶ ساعت آینده", "همدلی") if language == "fa" else ("Next:", "next 6 hours", "empathy")
    before = "\n".join(explain(open_, Reason.FIRST, POSTS, language=language))
    assert any(part in before for part in ahead)
    for alert, how in ((ended, "خودبه‌خود" if language == "fa" else "by itself"), (closed, "سارا")):
        first, *others = explain(alert, Reason.RESOLVED, POSTS, language=language)
        assert how in first and not any(part in line for part in ahead for line in (first, *others))


def test_an_alert_that_is_over_says_how_large_it_was() -> None:
    ended = replace(an_alert(seen=4), state=AlertState.RESOLVED, resolved_at=SATURDAY + 12 * HOUR)
    complaints = [one for one in POSTS if one.score and one.score.label is Label.NEGATIVE]
    assert f"Its size in the end: {len(POSTS)} posts counted, {len(complaints)} complaints by" in explain(ended, Reason.RESOLVED, POSTS, language="en")[1]
    assert "one complaint by one person" in explain(ended, Reason.RESOLVED, complaints[:1], language="en")[1]


def test_an_alert_that_somebody_has_or_has_answered_tells_nobody_to_take_it() -> None:
    taken = replace(an_alert(severity=Severity.P1), state=AlertState.ACKNOWLEDGED, acknowledged_by="سارا")
    handled = replace(taken, state=AlertState.HANDLED)
    for alert, fa, en in ((taken, "پیگیری با", "has it"), (handled, "به آن پاسخ داده شده", "It was answered")):
        for language, part in (("fa", fa), ("en", en)):
            said = "\n".join(explain(alert, Reason.FIRST, POSTS, language=language))  # type: ignore[arg-type]
            assert part in said and "take it now" not in said and "به عهده بگیرید" not in said


def test_every_rule_of_ours_has_words_of_its_own() -> None:
    from alerts.rules import RULES

    assert set(RULES) <= set(KINDS) and {one.partition("/")[0] for one in KNOWN} >= set(KINDS)


@pytest.mark.parametrize(("rule", "fa", "en"), [
    ("negative_share", "از ۴۰ پست در ۲ ساعت، ۳۱ تا منفی است (معمول ۱۱)", "of 40 posts in 2 hours, 31 are negative (usually 11)"),
    ("big_voice", "حسابی با ۸۴٬۰۰۰ دنبال‌کننده شکایت کرد، نخستین بار که ما دیده‌ایم", "an account with 84,000 followers complained, for the first time that we have seen"),
    ("harm", "۲۷ نفر نوشته‌اند کسی مسموم شده یا داروی نادرست گرفته", "27 people write that somebody was poisoned or given the wrong medicine"),
    ("harm/ours", "یک نفر از دسته‌ای از خودمان… نوشته", "one person writes of دسته‌ای از خودمان…"),
    ("ignored_case", "۲۷ نفر از بی‌پاسخ ماندن نوشته‌اند", "27 people write of being left without an answer"),
    ("ignored_case/unanswered", "یک نفر از بی‌پاسخ ماندن نوشته", "one person writes of being left without an answer"),
    ("resurfaced", "ماجرایی از ۴۰۰ روز پیش دوباره دست‌به‌دست می‌شود", "a story from 400 days ago is going round again"),
    ("rising_topic", "شکایت از یک موضوع ناگهان بالا رفته: ۱۲ نفر در ۴ ساعت (معمول ۳)", "complaints about one topic rise at once: 12 people in 4 hours (usually 3)"),
    ("sector", "۴ برند هم‌زمان زیر موج شکایت‌اند: چابک‌سبد، تندبار، پیک‌سبز و ۱ برند دیگر", "4 brands storm at the same time: چابک‌سبد, تندبار, پیک‌سبز and 1 more"),
])
def test_line_one_of_each_rule(rule: str, fa: str, en: str) -> None:
    alert = replace(an_alert(rule=rule, **KNOWN[rule]), value=84_000.0)
    for language, words in (("fa", fa), ("en", en)):
        assert bare(title(alert, Reason.FIRST, language=language)).endswith(words)  # type: ignore[arg-type]


@pytest.mark.parametrize(("rule", "about", "fa", "en"), [
    ("spike", {"aspect": "refund", "share": 0.9}, "۳۱ شکایت در ۱ ساعت دربارهٔ پرداخت و بازپرداخت (معمول ۳)", "31 complaints in 1 hour about payments and refunds (usually 3)"),
    ("spike", {"aspect": "refund", "share": 0.6}, "۳۱ شکایت در ۱ ساعت، بیشتر دربارهٔ پرداخت و بازپرداخت (معمول ۳)", "31 complaints in 1 hour, mostly about payments and refunds (usually 3)"),
    ("spike", {"aspect": "late_flight", "share": 1.0}, "۳۱ شکایت در ۱ ساعت دربارهٔ late flight (معمول ۳)", "31 complaints in 1 hour about late flight (usually 3)"),
    ("spike", {"share": 1.0, "topic": {"fa": ["سفارش لغوشده"], "en": ["cancelled order"]}}, "دربارهٔ «سفارش لغوشده» (معمول ۳)", "about “cancelled order” (usually 3)"),
    ("spike", {"aspect": "late_flight", "share": 1.0, "called": {"fa": "تأخیر پرواز"}}, "۳۱ شکایت در ۱ ساعت دربارهٔ تأخیر پرواز (معمول ۳)", "about late flight (usually 3)"),
    ("spike", {"share": 1.0, "topic": {"en": ["cancelled order"]}}, "دربارهٔ «cancelled order» (معمول ۳)", "about “cancelled order” (usually 3)"),
    ("spike", {"topic": {}}, "۳۱ شکایت در ۱ ساعت (معمول ۳)", "31 complaints in 1 hour (usually 3)"),
    ("negative_share", {"aspect": "staff", "share": 0.7}, "۳۱ تا منفی است، بیشتر دربارهٔ رفتار کارکنان (معمول ۱۱)", "31 are negative, mostly about staff behaviour (usually 11)"),
    ("big_voice", {"aspect": "app", "share": 0.95}, "دربارهٔ برنامه یا سایت شکایت کرد، نخستین بار که ما دیده‌ایم", "complained about the app or site, for the first time that we have seen"),
    ("sector", {"aspect": "refund", "share": 0.7}, "۴ برند هم‌زمان زیر موج شکایت‌اند، بیشتر دربارهٔ پرداخت و بازپرداخت: ", "4 brands storm at the same time, mostly about payments and refunds: "),
    ("rising_topic", {"aspect": "refund", "topic": {"fa": ["سفارش لغوشده", "پول"]}}, "شکایت از «سفارش لغوشده، پول» ناگهان بالا رفته: ۱۲ نفر", "“سفارش لغوشده, پول” rise at once"),
    ("rising_topic", {"aspect": "refund"}, "شکایت از پرداخت و بازپرداخت ناگهان بالا رفته: ۱۲ نفر در ۴ ساعت", "complaints about payments and refunds rise at once: 12 people in 4 hours"),
])
def test_line_one_says_what_most_of_them_are_about(rule: str, about: dict[str, Any], fa: str, en: str) -> None:
    alert = an_alert(rule=rule, **KNOWN[rule], about=about) if rule != "spike" else an_alert(about=about)
    for language, words in (("fa", fa), ("en", en)):
        assert words in bare(title(alert, Reason.FIRST, language=language))  # type: ignore[arg-type]


def test_the_end_says_what_it_was_about() -> None:
    alert = an_alert(about={"aspect": "delivery"})
    assert "موج شکایت‌ها دربارهٔ تحویل سفارش پس از" in bare(title(alert, Reason.RESOLVED, language="fa"))
    rising = an_alert(rule="rising_topic", **KNOWN["rising_topic"], about={"topic": {"en": ["cancelled order"]}})
    assert "complaints about “cancelled order” calmed down after" in bare(title(rising, Reason.RESOLVED, language="en"))


def test_a_topic_of_hostile_words_turns_no_line_around() -> None:
    alert = an_alert(about={"topic": {"fa": ["\u202eevil\n" + "دراز " * 40]}})
    line = title(alert, Reason.FIRST, language="fa")
    assert "\u202e" not in line and "\n" not in line and len(line) < 140


@pytest.mark.parametrize(("rule", "why", "why_not"), [
    ("negative_share", "از ۴۰ پست منفی بود؛ با لحن هفتهٔ گذشته ۱۱ تا می‌شد", "با کمتر از ۱۴ پست منفی هشدار نمی‌دادیم؛ ۳۱ تا بود."),
    ("big_voice", "از ۲۰٬۰۰۰ دنبال‌کننده به بالا صدای بزرگ است (۴۱۲ نویسنده در ۹۰ روز)", "با کمتر از ۲۰٬۰۰۱ دنبال‌کننده هشدار نمی‌دادیم؛ ۸۴٬۰۰۰ تا دارد."),
    ("harm/ours", "چرا: نوشته است «نشت گاز»؛ یک پست هم کافی است", "بدون این عبارت هشدار نمی‌دادیم."),
    ("ignored_case/waiting", "چرا: تازه‌ترین پست نوشته است «سه ماه است»", "با کمتر از ۷ روز انتظار هشدار نمی‌دادیم؛ می‌گوید ۹۰ روز."),
    ("ignored_case/unanswered", "چرا: نوشته است «هیچ‌کس جواب نمی‌دهد»", "بدون این عبارت هشدار نمی‌دادیم."),
    ("ignored_case/repeated", "در ۳۰ روز دست‌کم ۳ بار شکایت کرده است", "با کمتر از ۳ بار هشدار نمی‌دادیم؛ ۳ بار بود."),
    ("resurfaced", "پس از ۹۰ روز سکوت، ۲۷ نویسنده دوباره به میانش آوردند", "با کمتر از ۴ نویسنده هشدار نمی‌دادیم؛ ۹ نفر بودند."),
    ("collector_down", "منبع پاسخ می‌دهد ولی خالی است؛ در چنین ساعت‌هایی ۳ پست می‌آمد", "اگر معمولِ این مدت کمتر از ۱۵ پست بود هشدار نمی‌دادیم؛ ۴۰ تاست."),
    ("sector", "شاید علتش مشترک است", "با یک برند تنها هشدارِ صنف نمی‌دادیم."),
])
def test_why_each_rule_fired_and_what_would_not_have_done(rule: str, why: str, why_not: str) -> None:
    text = whole(written(an_alert(rule=rule, **KNOWN[rule])))
    assert why in text and why_not in text


@pytest.mark.parametrize(("state", "fa", "en"), [
    ({}, "روند: رو به رشد، هر ۴۰ دقیقه دو برابر (۲۵ دقیقه تا ۱۱۵ دقیقه)؛ ۶ ساعت آینده ۴۰ تا ۵۱۰ پست، محتمل ۱۲۰.",
     "Spread: growing, doubles every 40 minutes (25 minutes to 115 minutes); next 6 hours 40 to 510 posts, around 120."),
    ({"state": "too_early", "doubling": None, "forecast": None}, "روند: برای پیش‌بینی زود است.", "Spread: too early for a forecast."),
    ({"state": "too_early", "forecast": None}, "روند: رو به رشد، هر ۴۰ دقیقه دو برابر (۲۵ دقیقه تا ۱۱۵ دقیقه)؛ برای پیش‌بینی زود است.",
     "Spread: growing, doubles every 40 minutes (25 minutes to 115 minutes); too early for a forecast."),
    ({"state": "plateau", "doubling": None}, "روند: نه رشد روشنی دارد نه افت؛ ۶ ساعت آینده ۴۰ تا ۵۱۰ پست، محتمل ۱۲۰.",
     "Spread: neither clearly growing nor fading; next 6 hours 40 to 510 posts, around 120."),
])
def test_how_it_spreads(state: dict[str, Any], fa: str, en: str) -> None:
    alert = an_alert(spread_state={**SPREAD, **state})
    assert fa in whole(written(alert)) and en in whole(written(alert, language="en"))


def test_spread_takes_what_the_spread_room_gives() -> None:
    traces = [Trace(MentionKey("x", str(n)), SATURDAY + 2 * n * HOUR / 60, f"x:{n}", "x", Label.NEGATIVE, False, 40) for n in range(120)]
    figures = spread.of(traces, SATURDAY + 4 * HOUR).figures()
    assert "۶ ساعت آینده" in whole(written(an_alert(spread_state=figures)))


def test_how_often_the_rule_was_right_is_a_count() -> None:
    assert "۱۱ از ۱۴ هشدار پیشینِ این قاعده واقعی بود." in whole(written(precision=(11, 14)))
    assert "0 of this rule's 3" in whole(written(precision=(0, 3), language="en")) and "Nobody has judged" in whole(written(precision=(0, 0), language="en"))


def test_who_is_called_and_until_when() -> None:
    due = SATURDAY + 11 * HOUR
    assert "اگر سارا تا ۱۴:۳۰ به عهده نگیرد، به رضا خبر می‌دهیم." in whole(written(owner="سارا", due_at=due, next_owner="رضا"))
    assert "اگر سارا تا ۱۴:۳۰ به عهده نگیرد، به نفر بعد خبر می‌دهیم." in whole(written(owner="سارا", due_at=due))
    assert "If سارا has not taken it by 14:30, we call رضا." in whole(written(owner="سارا", due_at=due, next_owner="رضا", language="en"))
    assert "On call: سارا." in whole(written(owner="سارا", language="en"))


def test_what_to_do_and_who_does_it_stand_below_the_time() -> None:
    lines = written(owner="سارا", due_at=SATURDAY + 11 * HOUR, next_owner="رضا").lines
    assert lines[1].startswith("گام بعد: پست‌ها را بخوانید") and lines[2].startswith("اگر") and lines[3].startswith("چرا")


def test_what_goes_on_besides_is_said() -> None:
    text = whole(written(context=Context(campaign="پاییزه", holiday="تاسوعا", earlier=Earlier(SATURDAY - 50 * HOUR, VerdictKind.REAL), joined=1), posts=POSTS[:1]))
    for part in ("کمپین «پاییزه» در جریان است.", "امروز تعطیل است (تاسوعا).", "۲ روز پیش هم از همین قاعده هشداری داشتیم که واقعی بود.",
                 "یک هشدار دیگر زیر همین یکی است"):
        assert part in text


@pytest.mark.parametrize(("minutes", "fa"), [(8, "۸ دقیقه پیش"), (43, "۴۳ دقیقه پیش"), (150, "۲ ساعت پیش"), (60 * 30, "۳۰ ساعت پیش")])
def test_an_alert_before_is_named_by_its_true_age(minutes: int, fa: str) -> None:
    before = Earlier(an_alert().updated_at - timedelta(minutes=minutes))  # type: ignore[operator]
    assert f"{fa} هم از همین قاعده هشداری داشتیم؛ کسی نگفت واقعی بود یا نه." in whole(written(context=Context(earlier=before)))
    assert "هشداری داشتیم" not in whole(written(context=Context(earlier=replace(before, open=True))))


def test_the_severity_is_explained_in_words() -> None:
    alert = an_alert(severity=Severity.P2, spread_state=None)
    alert = replace(alert, why={**alert.why, "severity": {"harm": 2, "spread": 1, "trust": 3}})
    assert "چرا شدید: آسیب جدی، از زبان چند نفر، اطمینان بالا." in whole(written(alert))
    assert "Why severe: serious harm, from a few people, high certainty." in whole(written(alert, language="en"))


def test_what_goes_without_saying_is_left_out() -> None:
    text = whole(written(an_alert(copies=0)))
    assert "بازنشر است" not in text and "بازنشری" not in text and "می‌شنویم" not in text
    assert text.count("spike@1") == 1 and text.endswith("· spike@1")


def test_several_posts_of_a_tripwire_are_counted_as_several() -> None:
    figures = {"version": "harm@1", "category": "injury", "word": "سوخت", "mentions": 1, "scored": 1, "unsure": 0, "negative": 1, "hidden": 0, "copies": 0}
    one, several = an_alert(rule="harm", **figures, authors=1), an_alert(rule="harm", **figures, authors=5)
    assert "مدل دربارهٔ این پست مطمئن است." in whole(written(one, posts=POSTS[:1]))
    assert "مدل دربارهٔ هر ۵ پست مطمئن است." in whole(written(several)) and "این پست" not in whole(written(several))
    assert "یک نفر نوشته کسی آسیب دیده" in one_line(one) and "۵ نفر نوشته‌اند کسی آسیب دیده" in one_line(several)
    assert "نوشته است «سوخت»" in whole(written(one, posts=POSTS[:1])) and "تازه‌ترین پست نوشته است «سوخت»" in whole(written(several))
    assert "the post says “سوخت”" in whole(written(one, posts=POSTS[:1], language="en")) and "the newest post says “سوخت”" in whole(written(several, language="en"))


def one_line(alert: Alert) -> str:
    return bare(title(alert, Reason.FIRST, language="fa"))


@pytest.mark.parametrize(("grade", "fa"), [(3, "یک نفر نوشته کسی بازداشت یا جایی پلمب شده"), (2, "یک پست از شکایت حقوقی، وکیل یا پلیس می‌گوید"), (1, "یک پست از اقدام قانونی می‌گوید")])
def test_a_lawsuit_is_named_only_where_a_court_a_lawyer_or_the_police_is_meant(grade: int, fa: str) -> None:
    assert one_line(an_alert(rule="harm", category="law", harm=grade, authors=1)).endswith(fa)


FILLER = "این نوشته پیش از آنچه مهم است خیلی چیزهای دیگر هم دارد و کسی تا پایانش نمی‌خواند "


def test_a_long_post_is_quoted_around_the_words_that_raised_the_alert() -> None:
    posts = [a_scored(str(n), FILLER * 4 + f"دست مشتری شماره {n} سوخت و او را بردند بیمارستان " + FILLER * 3, minutes=n, author=f"a{n}") for n in range(5)]
    message = written(an_alert(rule="harm", category="injury", word="سوخت و", authors=5), posts=posts)
    quotes = [bare(line) for line in message.lines if "در mastodon-fa" in bare(line)]
    assert quotes and all("سوخت و او را" in line for line in quotes) and len(whole(message)) <= SCREEN
    assert all(len(re.findall(r"«(.*)»", line)[0]) >= 80 for line in quotes)


@pytest.mark.parametrize(("text", "length", "phrase", "cut"), [
    ("یک دو سه", 20, "سه", "یک دو سه"), ("one two three four five six", 14, "four", "…four five six"), ("one two three four", 9, "absent", "one two…"),
    ("one two three four", 9, "", "one two…"), ("one two three four", 9, "one", "one two…"), ("a b c d e f g h i j الکُل", 9, "الكل", "…j الکُل"),
])
def test_an_excerpt_holds_the_phrase_in_any_spelling(text: str, length: int, phrase: str, cut: str) -> None:
    assert excerpt(text, length, phrase) == cut and len(cut) <= max(length, len(text.split()[-1]))


def test_a_drill_that_is_over_asks_for_no_verdict() -> None:
    over = replace(an_alert(), state=AlertState.RESOLVED, resolved_at=SATURDAY + 13 * HOUR)
    text = whole(written(over, Reason.RESOLVED, drill=True))
    assert "تمرین تمام شد؛ کار دیگری لازم نیست." in text and "واقعی بود یا نه" not in text
    assert "شنبه ۲ آبان ۱۴۰۵، ساعت ۱۶:۳۰ (۲۴ اکتبر ۲۰۲۶)" in text


def test_a_drill_is_marked_twice() -> None:
    message = written(drill=True)
    assert message.title.startswith("تمرین · ") and "رخ نداده" in message.lines[1] and written(an_alert(drill=True)).title == message.title


@pytest.mark.parametrize(("minutes", "en"), [(7, "7 minutes"), (42, "40 minutes"), (95, "95 minutes"), (118, "2 hours"), (60 * 38, "38 hours"), (60 * 30, "30 hours"), (60 * 60, "2 days")])
def test_estimated_lengths_of_time_have_one_unit(minutes: int, en: str) -> None:
    assert about_span(timedelta(minutes=minutes), "en") == en


def test_one_change_of_one_alert_is_one_key() -> None:
    alert = an_alert()
    keys = {written(alert).key, written(alert, language="en").key, written(alert, Reason.ESCALATED).key,
            written(replace(alert, updated_at=SATURDAY + 11 * HOUR)).key}
    assert len(keys) == 4 and written(alert).key in keys and all(key.isascii() and key.startswith(alert.fingerprint) for key in keys)


@pytest.mark.parametrize(("minutes", "fa", "en"), [
    (0, "۱ دقیقه", "1 minute"), (15, "۱۵ دقیقه", "15 minutes"), (60, "۱ ساعت", "1 hour"), (125, "۲ ساعت و ۵ دقیقه", "2 hours 5 minutes"),
    (1440, "۱ روز", "1 day"), (4380, "۳ روز و ۱ ساعت", "3 days 1 hour"),
])
def test_lengths_of_time_as_people_say_them(minutes: int, fa: str, en: str) -> None:
    span = timedelta(minutes=minutes)
    assert (span_in_words(span, "fa"), span_in_words(span, "en")) == (fa, en)


@pytest.mark.parametrize(("text", "length", "clipped"), [
    ("کوتاه", 20, "کوتاه"), ("one two three four", 9, "one two…"), ("one two three", 8, "one two…"), ("x" * 50, 10, "x" * 9 + "…"),
    ("a\nb\n\nc", 20, "a b c"), ("یک، دو، سه", 7, "یک، دو…"), ("", 5, ""),
])
def test_posts_are_cut_at_a_word(text: str, length: int, clipped: str) -> None:
    assert clip(text, length) == clipped and len(clip(text, length)) <= length


def test_an_isolated_name_cannot_break_out() -> None:
    assert isolate("a\u2069b\u202ec\nd") == f"{FSI}abc d{PDI}"


def test_both_languages_have_the_same_fields_and_every_key_is_ours() -> None:
    for key, (fa, en) in WORDS.items():
        assert key.startswith("alert.") and catalogue()[key] == (fa, en)
        assert set(re.findall(r"{(\w+)}", fa)) == set(re.findall(r"{(\w+)}", en)), key
        assert "ي" not in fa and "ك" not in fa and fa == unicodedata.normalize("NFC", fa)


@pytest.mark.parametrize(("ratio", "fa", "en"), [(1.8, "۱٫۸ برابرِ تندترین", "1.8 times the angriest"), (0.8, "نزدیک به تندترین", "close to the angriest")])
def test_a_storm_found_by_its_anger_says_so(ratio: float, fa: str, en: str) -> None:
    alert = an_alert(by="anger", anger_ratio=ratio, ratio=0.4)
    assert fa in "\n".join(compose(alert, Reason.FIRST, [], language="fa").lines)
    assert en in "\n".join(compose(alert, Reason.FIRST, [], language="en").lines)


def test_the_title_of_glass_in_bread_quotes_the_customer_and_names_no_poison() -> None:
    for language, text in (("fa", "تو نونتون خرده شیشه پیدا کردم"), ("en", "I found glass in the bread")):
        (harm, *_) = Lexicon().find(text)
        assert harm.category == "foreign"
        found = an_alert(rule="harm", category=harm.category, harm=harm.grade, word=harm.phrase, authors=1)
        title = bare(written(found, language=language).title)  # type: ignore[arg-type]
        assert harm.phrase in title and "مسموم" not in title and "poison" not in title
    assert "does not belong" in written(an_alert(rule="harm", category="foreign", harm=2, authors=1), language="en").title
    assert "فاسد" in written(an_alert(rule="harm", category="spoiled", harm=2, authors=1), language="fa").title


def test_the_spread_of_a_severity_speaks_of_people_and_voices_and_never_of_reach() -> None:
    def noted(alert: Alert, parts: dict[str, int]) -> Alert:
        return replace(alert, why={**alert.why, "severity": parts})

    many = noted(an_alert(level=2, spread=1), {"harm": 1, "spread": 3, "trust": 3})
    assert said_parts(many, "en")["spread"] == "from very many people"
    voice = noted(an_alert(rule="big_voice", followers=20_000, bar=10_000, authors=1), {"harm": 1, "spread": 2, "trust": 3})
    assert said_parts(voice, "en")["spread"] == "by a large voice"
    alone = noted(an_alert(rule="ignored_case", alone=True, authors=1), {"harm": 2, "spread": 0, "trust": 3})
    assert said_parts(alone, "en")["harm"] == "a customer left without an answer"


def over_now(rule: str, **figures: Any) -> Alert:
    last = (SATURDAY + 11 * HOUR).isoformat()
    return replace(an_alert(rule=rule, last_at=last, window=0, **figures), state=AlertState.RESOLVED, resolved_at=SATURDAY + 35 * HOUR)


@pytest.mark.parametrize("rule", ["harm", "big_voice", "ignored_case", "resurfaced"])
def test_what_one_post_raised_is_never_said_to_have_calmed_down(rule: str) -> None:
    over = over_now(rule, **KNOWN[rule])
    for language, calm, quiet, untaken in (("fa", "فروکش", "از شنبه ۲ آبان ۱۴۰۵، ساعت ۱۴:۳۰ (۲۴ اکتبر ۲۰۲۶) پست تازه‌ای درباره‌اش نیامد؛ کسی به عهده نگرفت", "کسی آن را به عهده نگرفت"),
                                           ("en", "Over", "no new post about it since Saturday 24 October 2026, 14:30 (2 Aban 1405); nobody took it", "Nobody took it")):
        message = written(over, Reason.RESOLVED, language=language)  # type: ignore[arg-type]
        assert calm not in bare(message.title) and bare(message.title).endswith(quiet)
        assert untaken in whole(message) and untaken in "\n".join(explain(over, Reason.RESOLVED, POSTS, language=language))  # type: ignore[arg-type]


def test_that_nobody_took_it_is_said_only_where_nobody_did_and_somebody_was_called() -> None:
    over = over_now("harm", **KNOWN["harm"])
    taken, mild = replace(over, acknowledged_by="سارا"), replace(over, severity=Severity.P3)
    closed = replace(over, why={**over.why, "resolved_by": "سارا"})
    for one in (taken, mild, closed):
        assert "nobody took" not in whole(written(one, Reason.RESOLVED, language="en")).lower()
    assert bare(title(closed, Reason.RESOLVED, language="en")).startswith("Closed ·") and "Closed by سارا" in whole(written(closed, Reason.RESOLVED, language="en"))


@pytest.mark.parametrize(("told", "repeated", "fa", "en"), [
    (2, 3, "۲ نفر از بی‌پاسخ ماندن نوشته‌اند؛ ۳ نفر در ۳۰ روز هر کدام دست‌کم ۳ بار شکایت کرده‌اند", "2 people write of being left without an answer; 3 people complained at least 3 times each in 30 days"),
    (0, 1, "یک نفر در ۳۰ روز دست‌کم ۳ بار شکایت کرده", "one person complained at least 3 times in 30 days"),
    (1, 0, "یک نفر از بی‌پاسخ ماندن نوشته", "one person writes of being left without an answer")])
def test_a_title_counts_those_left_alone_by_what_holds_for_each(told: int, repeated: int, fa: str, en: str) -> None:
    alert = an_alert(rule="ignored_case", sign="repeated", seen=3, told_by=told, repeated_by=repeated, again_times=3, again_within=30 * 86_400, authors=5)
    assert one_line(alert).endswith(f"· {fa}") and bare(title(alert, Reason.FIRST, language="en")).endswith(f"· {en}")


def test_posts_about_a_threat_of_law_do_not_say_who_threatens() -> None:
    alert = an_alert(rule="harm", category="law", harm=2, authors=2, joined=2)
    assert one_line(alert).endswith("· ۲ پست از شکایت حقوقی، وکیل یا پلیس می‌گویند")
    assert bare(title(alert, Reason.FIRST, language="en")).endswith("· 2 posts speak of legal action, lawyers or the police")


@pytest.mark.parametrize("language", LANGUAGES)
def test_once_it_is_over_every_figure_is_of_the_same_posts_and_says_as_of_when(language: Language) -> None:
    over = replace(an_alert(seen=4, mentions=181, scored=181, unsure=84, authors=96), state=AlertState.RESOLVED, resolved_at=SATURDAY + 12 * HOUR)
    story = Context(story=Story("s", "چابک‌سبد", POSTS[0].mention.key, SATURDAY, SATURDAY, 312, 270, 31, 300, 12, 290))
    page, told = "\n".join(explain(over, Reason.RESOLVED, POSTS, language=language, context=story)), whole(written(over, Reason.RESOLVED, language=language))
    for text, when in ((page, ("تا اکنون", "By now")), (told, ("تا پایان هشدار", "When it ended"))):
        assert not any(number in text for number in ("۱۸۱", "181", "۸۴", " 84 ", "۹۶", "96", "94", "۳۱۲", "312"))
        assert ("۵ پست شمرده شد، ۴ شکایت از ۴ نفر" if language == "fa" else "5 posts counted, 4 complaints by 4 people") in bare(text)
        assert when[language == "en"] in text
