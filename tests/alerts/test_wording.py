"""An alert in words: read aloud, on a phone, at three in the morning."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.wording import FSI, PDI, clip, compose, isolate, span_in_words
from listener.types import Alert, AlertState, Message, Reach, Reason, ScoredMention, Severity
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
        "چرا: در ۱ ساعت، ۳۱ پست منفی دیدیم؛ معمول این ساعت ۳ است.",
        "این ۱٫۴ برابرِ اوج‌های ۱۴ روز گذشته است (spike@1).",
        "با کمتر از ۱۴ پست منفی هشدار نمی‌دادیم؛ ۳۱ تا بود.",
        "چه کسانی: ۲۵ نویسندهٔ مستقل؛ نویسندهٔ ۲ پست معلوم نیست؛ بزرگ‌ترین صدا لیلا با ۱۲٬۰۰۰ دنبال‌کننده؛ ۹ پست بازنشر است.",
        ("دیده‌شدن ۴ پست از ۳۱: دست‌کم ۵۰، محتمل ۲٬۰۰۰، حداکثر ۱۳٬۰۰۰ نفر (روش‌های مختلف: فرض ما برای نویسندهٔ ناشناس، برآورد از"
         " دنبال‌کننده‌ها)."),
        "نخستین · ۰۳:۳۱ · نیلوفر در mastodon-fa · منفی ۰٫۹۰: «سه روز است سفارشم نرسیده»",
        "پربازنشرترین · ۰۳:۳۳ · علی در mastodon-fa · منفی ۰٫۹۰: «پشتیبانی اصلاً جواب نمی‌دهد»",
        "گویاترین · ۰۳:۳۵ · john_doe در mastodon-fa · منفی ۰٫۹۷: «refund my money please»",
        "پرمخاطب‌ترین · ۰۳:۳۷ · لیلا در mastodon-fa · منفی ۰٫۹۰: «دیگر خرید نمی‌کنم»",
        "نظر مخالف · ۰۳:۳۸ · رضا در mastodon-fa · مثبت ۰٫۹۲: «برای من به موقع رسید»",
        "مدل دربارهٔ ۵ پست از ۴۴ پست مطمئن نیست. یک پست هنوز سنجیده نشده است.",
        "اکنون نمی‌شنویم: telegram_ir. شاید ماجرا بزرگ‌تر از این باشد.",
        "گام بعد: پست‌ها را بخوانید و رسیدگی را به عهده بگیرید. پاسخ نخست: همدلی و توضیح، بدون وعدهٔ جبران.",
    ]
    assert message.url == "https://board.test/alerts" and len(message.quoted) == 5


def test_the_english_message_says_the_same() -> None:
    text = whole(written(language="en"))
    for part in ("Saturday 24 October 2026, 13:30 (2 Aban 1405)", "31 negative posts in 1 hour; usual at this hour: 3",
                 "would not have fired below 14 negative posts; it had 31", "25 independent authors", "12,000 followers",
                 "9 posts are reshares", "at least 50, likely 2,000, at most 13,000 people", "unsure about 5 of 44 posts",
                 "All sources are heard.", "empathy and explanation"):
        assert part in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_fits_one_phone_screen_even_with_long_posts(language: Language) -> None:
    long = [replace(one, mention=replace(one.mention, text=f"{one.mention.text} " + "خیلی بد بود و هیچ‌کس پاسخ نداد " * 40)) for one in POSTS]
    message = written(posts=long, language=language, sources=[f"source-{n}" for n in range(30)])
    assert len(message.lines) <= 16 and len(whole(message)) <= 1_310
    assert max(len(line) for line in message.lines) <= 220 and len(message.title) <= 100
    assert all("…" in line for line in message.lines[6:11])


def test_all_of_the_reach_is_said_when_all_posts_are_given() -> None:
    assert "دیده‌شدن: دست‌کم" in whole(written(an_alert(seen=4)))


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
    assert "{" not in text and "None" not in text and "alert." not in text and all(line.strip() for line in message.lines)
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
    assert written(reason=Reason.FIRST).lines[1].startswith("چرا")


def test_the_end_names_how_long_it_took_and_asks_whether_it_was_real() -> None:
    over = replace(an_alert(), state=AlertState.RESOLVED, resolved_at=SATURDAY + 13 * HOUR, acknowledged_by="sara")
    message = written(over, Reason.RESOLVED)
    assert bare(message.title) == "فروکش کرد · چابک‌سبد · موج شکایت‌ها پس از ۳ ساعت فروکش کرد (در اوج: ۳۱ شکایت در ۱ ساعت)"
    assert "sara به آن رسیدگی می‌کرد." in whole(message) and "واقعی بود یا نه" in message.lines[-1] and message.quoted == ()


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
        "آخرین بار شنبه ۲ آبان ۱۴۰۵، ساعت ۰۳:۳۰ (۲۴ اکتبر ۲۰۲۶) خبری از آن رسید.",
        "برای این منبع تا ۲ ساعت سکوت عادی است.",
        "علت: HTTP 503 at https://t.me",
        "سکوت این منبع نشانهٔ آرامش نیست: تا وصل نشود، نمودارها و هشدارها بی‌آن حساب می‌شوند.",
        "گام بعد: با «goosh check --live» ببینید چه می‌گوید.",
    ]
    over = replace(alert, state=AlertState.RESOLVED, starts_at=SATURDAY, resolved_at=SATURDAY + 5 * HOUR)
    assert bare(written(over, Reason.RESOLVED).title) == "رفع شد · telegram_ir · پس از ۵ ساعت دوباره می‌شنویم"
    never = replace(alert, why={"stale_after": 7200, "heard_at": None})
    assert bare(written(never, language="en").title) == "Severe · telegram_ir · this source has never been heard"


def test_a_rule_without_words_of_its_own_is_still_named() -> None:
    assert "big_voice" in written(an_alert(rule="big_voice"), language="en").title


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
