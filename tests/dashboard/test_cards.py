"""Strangers' texts are inert, figures never stand alone, nothing hangs on colour."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, timedelta
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts import precision as judged
from alerts.reach import WordOfMouth
from dashboard import cards, source_cards
from dashboard.pen import Pen
from listener.service import Changes, Compared, Happening, Health, HourCover, MentionView, SourceView
from listener.storage import Lag
from listener.types import (
    Alert,
    AlertState,
    Author,
    CoverageState,
    Delivery,
    Label,
    Mention,
    Message,
    Precision,
    Reach,
    Reason,
    ScoredMention,
    Severity,
    Silence,
    Verdict,
    VerdictKind,
)
from listener.words import Language
from tests.dashboard.house import BRAND, NOW, score

ALLOWED = {"div", "span", "p", "b", "bdi", "i", "a", "time", "article", "section", "header", "h1", "h3", "ul", "li", "dl", "dt", "dd",
           "details", "summary"}
HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg/onload=alert(1)>', "</article></div><style>*{display:none}</style>",
    "&lt;script&gt;", "\u202eevil\u202c \u2066x", "' onmouseover='alert(1)", "{{7*7}} ${7*7} `x`", "\x00\x1b[31mred\x07", "![x](javascript:alert(1))",
    "=HYPERLINK(\"http://evil\")", "🇮🇷👩‍👩‍👧‍👦", "[a](http://evil)", "<a href='javascript:alert(1)'>x</a>", "]]>", "<!--",
]
FA, EN = (Pen(language, ZoneInfo("Asia/Tehran"), NOW) for language in ("fa", "en"))


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> _Page:
    page = _Page()
    page.feed(html)
    page.close()
    assert page.open == []
    for tag, attributes in page.tags:
        assert tag in ALLOWED
        assert not [name for name in attributes if name.startswith("on")]
        assert not str(attributes.get("href", "http")).strip().lower().startswith(("javascript", "data", "vbscript"))
    assert not set(page.text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\x00\x1b")
    return page


def one(text: str = "سلام", *, author: str = "نگار", url: str | None = "https://example.org/1", terms: tuple[str, ...] = (BRAND,),
        title: str | None = None, label: Label = Label.NEGATIVE, unsure: bool = False) -> ScoredMention:
    mention = Mention("rss", "1", text, NOW - timedelta(hours=2), url=url, title=title, author=Author("rss", "a", author, followers=1_200))
    return ScoredMention(mention, BRAND, ("forum",), terms, score(label, random.Random(1), unsure=unsure), Reach(3, 180, 1_200, "followers"), NOW)


def alert(**changes: object) -> Alert:
    made = Alert("spike", BRAND, NOW - timedelta(hours=2), NOW - timedelta(hours=1), 31.0, 3.0, Severity.P1, AlertState.FIRING, (), {},
                 updated_at=NOW)
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_text_is_inert_wherever_it_stands(hostile: str) -> None:
    view = one(hostile, author=hostile, terms=(hostile,), title=hostile + " title")
    source = SourceView(hostile, hostile, Health.STOPPED, True, 1, None, None, NOW, NOW, NOW, hostile, timedelta(), 0.5, (0.5,) * 24, (hostile,),
                        "board.advice.stopped")
    bad = alert(subject=hostile, rule=hostile, acknowledged_by=hostile, state=AlertState.ACKNOWLEDGED)
    message = Message("k", "t", (), "fa", Reason.FIRST)
    for pen in (FA, EN):
        read(cards.mention(pen, view))
        read(cards.alert_card(pen, bad))
        read(cards.facts(pen, bad))
        read(cards.reasons(pen, bad, [view], [hostile]))
        noted = replace(bad, why={"version": hostile, "inhibited_by": f"campaign:{hostile}", "severity": {"harm": 1, "spread": 9, "trust": 0}, "words": [hostile],
                                  "brands": [hostile], "reason": hostile, "worse": [hostile], "series": hostile})
        for kind in ("spike", "harm", "sector", "stale_source", f"spike/{hostile}"):
            read(cards.alert_card(pen, replace(noted, rule=kind)))
            read(cards.facts(pen, replace(noted, rule=kind)))
            read(cards.reasons(pen, replace(noted, rule=kind), [view], [hostile]))
            read(cards.parts(pen, replace(noted, rule=kind), None))
        read(cards.by_mouth(pen, [view], WordOfMouth(source=hostile)))
        read(cards.silence(pen, Silence(hostile, hostile, hostile, hostile, NOW, NOW)))
        read(source_cards.source_card(pen, source))
        read(cards.deliveries(pen, [Delivery("k", hostile, message, NOW, error=hostile)]))
        read(cards.history(pen, bad, [Happening(NOW, hostile, f"resolve: {hostile}"), Happening(NOW, hostile, hostile)],
                           [Verdict("f", VerdictKind.REAL, hostile, NOW)], [Silence(hostile, "*", hostile, hostile, NOW, NOW)]))
        read(cards.changes(pen, Changes(NOW, 1, 1, (bad,), (replace(bad, resolved_at=NOW),), (hostile,), ())))


def test_what_a_person_wrote_is_still_readable() -> None:
    assert "<script>alert(1)</script>" in read(cards.mention(EN, one("<script>alert(1)</script>"))).text


@pytest.mark.parametrize("url", [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x", "//evil.example", "ftp://x/y", "/relative",
    "", None, "http://", "https://[", "java\nscript:alert(1)",
])
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert "href" not in cards.link(url, "open")


def test_a_link_tells_the_other_side_nothing() -> None:
    (tag, attributes), = read(cards.link('https://example.org/?a="><b>', "open")).tags
    assert tag == "a" and attributes["rel"] == "noopener noreferrer nofollow" and attributes["target"] == "_blank"


def test_a_word_of_100_000_characters_is_cut_and_the_rest_counted() -> None:
    html = cards.mention(EN, one("الف" * 33_334))
    assert len(html) < 6_000 and "98,502 more characters" in html


def test_line_breaks_stay_and_direction_is_found_per_post() -> None:
    html = cards.mention(FA, one("خط یک\r\nline two\u202e"))
    assert 'dir="auto">خط یک\nline two</div>' in html


@pytest.mark.parametrize(("pen", "words"), [(FA, ("منفی", "نامطمئن", "دیده‌شدن", "دنبال‌کنندگان")), (EN, ("Negative", "unsure", "Reach", "by followers"))])
def test_a_card_says_label_doubt_and_reach_in_words(pen: Pen, words: tuple[str, ...]) -> None:
    text = read(cards.mention(pen, one(unsure=True))).text
    assert all(word in text for word in words)


def test_a_corrected_label_stands_before_the_models() -> None:
    text = read(cards.mention(EN, MentionView(one(unsure=True), Label.POSITIVE))).text
    assert "Positive" in text and "unsure" not in text and "A person corrected" in text


@pytest.mark.parametrize(("precision", "words"), [(Precision.DAY, "22 Nov"), (Precision.ESTIMATED, "about 07:40"), (Precision.MINUTE, "07:40")])
def test_a_time_claims_no_more_than_its_source(precision: Precision, words: str) -> None:
    view = one()
    text = read(cards.mention(EN, replace(view, mention=replace(view.mention, precision=precision)))).text
    assert words in text and (precision is not Precision.DAY or "07:40" not in text)


@pytest.mark.parametrize(("count", "words"), [
    (Compared(3, None), "not observed"), (Compared(5, 5), "as last week"), (Compared(30, 24), "25% more"), (Compared(30, 40), "25% fewer"),
    (Compared(100, 40), "2.5 times"), (Compared(9, 3), "last week at the same hours: 3"), (Compared(100, 3), "last week at the same hours: 3"),
])
def test_a_percentage_is_never_made_of_less_than_twenty(count: Compared, words: str) -> None:
    said = cards.compared(EN, count)
    assert words in said and ("%" in said) == ("%" in words)


@pytest.mark.parametrize(("reach", "usual", "words"), [
    (None, None, "No complaint"), (Reach(10, 200, 3_000, "views"), None, "too little history"), (Reach(10, 200, 3_000, "views"), 190.0, "usual: about 190"),
    (Reach(10, 2_000, 3_000, "views"), 200.0, "10 times the usual"),
])
def test_reach_stands_as_a_range_with_what_is_usual(reach: Reach | None, usual: float | None, words: str) -> None:
    text = read(cards.reach_tile(EN, reach, usual)).text
    assert words in text and "How is this counted?" in text and (reach is None or "from 10 to 3,000" in text)


@pytest.mark.parametrize("health", list(Health))
@pytest.mark.parametrize("language", ["fa", "en"])
def test_every_state_of_a_source_says_what_to_do(health: Health, language: Language) -> None:
    pen = FA if language == "fa" else EN
    source = SourceView("forum", "rss", health, True, 1, timedelta(minutes=15), timedelta(hours=2), NOW, NOW - timedelta(hours=5),
                        NOW if health in (Health.FAILING, Health.STOPPED) else None, None, timedelta(hours=5), 0.5, (1.0, 0.5, 0.0) * 8, (), "")
    text = read(source_cards.source_card(pen, source)).text
    assert (pen.say("what_to_do") in text) == (health is not Health.OK)


def source_of(**values: Any) -> SourceView:
    return replace(SourceView("forum", "aparat", Health.OK, True, 12, timedelta(minutes=15), timedelta(hours=2), NOW, NOW - timedelta(minutes=5), None,
                              None, timedelta(minutes=5), 0.75, (1.0,) * 24, (), ""), **values)


def test_the_week_is_drawn_by_hour_and_said_in_words() -> None:
    midnight = NOW.astimezone(FA.zone).replace(hour=0, minute=0)
    states = [None] * 20 + [CoverageState.OK] * 24 + [CoverageState.LOST] * 3 + [CoverageState.PARTIAL]
    hours = tuple(HourCover((midnight + timedelta(hours=i)).astimezone(UTC), state, "HTTP 502 <b>" if state is CoverageState.LOST else None)
                  for i, state in enumerate(states))
    html = source_cards.week(FA, hours)
    assert "۲۴ ساعت دیده شد، ۱ ساعت بخشی، ۳ ساعت از دست رفت، ۲۰ ساعت نامعلوم" in html
    assert html.count('class="lost" style="grid-column:span 3"') == 1 and html.count('class="ok"') == 2  # cut at midnight
    assert "HTTP 502 &lt;b&gt;" in html and "<b>" not in html and html.count("g-day") == 2
    assert source_cards.week(EN, ()) == ""


def test_a_source_says_when_it_is_read_next_how_late_it_is_and_whether_somebody_proved_it() -> None:
    found = source_of(experimental=True, last_item_at=NOW - timedelta(hours=3), next_at=NOW + timedelta(minutes=9),
                      lags=Lag(timedelta(minutes=4), timedelta(minutes=31), 60))
    said = read(source_cards.source_card(EN, found)).text
    assert all(words in said for words in ("Experimental", "newest item 3 hours ago", "next reading in 9 min", "median 4 min, 90 % under 31 min",
                                           "confirm it where it is right"))
    said = read(source_cards.source_card(FA, source_of(confirmed_at=NOW, confirmed_by="سارا\u202e", next_at=NOW))).text
    assert "تأیید" in said and "سارا" in said and "\u202e" not in said and "خواندن بعدی همین حالا" in said and "آزمایشی" not in said


def test_a_source_shows_the_whole_way_of_a_mention_to_a_person_as_far_as_it_is_known() -> None:
    seen, scored, page = (Lag(timedelta(minutes=minutes), timedelta(hours=1), 60) for minutes in (4, 5, 9))
    said = read(source_cards.source_card(EN, source_of(lags=seen, scored=scored, page=page))).text
    assert "From publishing (7 days, medians): seen after 4 min → scored after 5 min → paged after 9 min" in said
    said = read(source_cards.source_card(FA, source_of(lags=seen, scored=scored))).text
    assert "از لحظهٔ انتشار (میانهٔ ۷ روز): دیده‌شده پس از ۴ دقیقه ← سنجیده پس از ۵ دقیقه" in said and "هشدار پس از" not in said
    assert "From publishing" not in read(source_cards.source_card(EN, source_of(lags=seen))).text  # the line above says it


def test_a_refused_source_says_what_its_kind_needs() -> None:
    refused = source_of(kind="bluesky", health=Health.STOPPED, failing_since=NOW, error="bluesky 'b': HTTP 401")
    assert "Create an app password" in read(source_cards.source_card(EN, refused)).text
    assert "app password بسازید" in read(source_cards.source_card(FA, refused)).text
    waiting = source_of(health=Health.THROTTLED, failing_since=NOW, error="HTTP 429", retry_at=NOW + timedelta(hours=1))
    assert "Told to wait until" in read(source_cards.source_card(EN, waiting)).text


@pytest.mark.parametrize("state", list(AlertState))
def test_every_state_of_an_alert_has_a_word(state: AlertState) -> None:
    for pen in (FA, EN):
        read(cards.alert_card(pen, alert(state=state, acknowledged_by="سارا", resolved_at=NOW)))


def test_the_board_says_of_an_alert_what_its_messages_say() -> None:
    from alerts import wording

    made = alert(why={"series": "negative", "seen": 31, "window": 7200})
    assert cards.headline(FA, made) == wording.compose(made, Reason.FIRST, (), language="fa").title
    said = read(cards.reasons(FA, made, [one("متنی که دوباره نباید بیاید")], ["forum"])).text
    assert "متنی که دوباره نباید بیاید" not in said and "forum" in said


def test_a_source_is_one_line_with_what_to_do_only_where_it_is_not_well() -> None:
    well = read(source_cards.row(EN, source_of(health=Health.OK, last_item_at=NOW - timedelta(minutes=5)))).text
    assert "OK" in well and "5 min ago" in well and "75%" in well
    gone = source_of(health=Health.STOPPED, failing_since=NOW, error="HTTP 410: https://example.org is gone for good; remove this source")
    told = read(source_cards.row(EN, gone)).text
    assert "Stopped" in told and "It is gone for good: take the source out" in told and "proxy" not in told
    assert "<p" not in source_cards.row(FA, source_of(health=Health.PAUSED))


def test_an_error_stands_in_the_normal_font_in_its_own_direction() -> None:
    html = source_cards.source_card(FA, source_of(health=Health.STOPPED, failing_since=NOW, error="HTTP 410: gone; remove it"))
    assert '<span dir="auto">HTTP 410' in html and "g-mono" not in html


def test_an_inbox_has_no_next_reading_and_a_file_is_not_called_imported() -> None:
    said = read(source_cards.source_card(EN, source_of(kind="inbox", next_at=NOW + timedelta(hours=1), mentions=1), more=["Takes what is sent to: x"])).text
    assert "next reading" not in said and "Takes what is sent to: x" in said and "1 mention" in said and "1 mentions" not in said
    assert "CSV file" in read(source_cards.source_card(EN, source_of(kind="csv"))).text
    assert "every 30 s" in read(source_cards.source_card(EN, source_of(pace=timedelta(seconds=30)))).text


# -- an alert's measures

SPREAD: dict[str, Any] = {
    "state": "growing", "watched": 11_100, "posts": 96, "reshares": 24, "growth": {"low": 0.3, "mid": 0.6, "high": 0.9}, "doubling": 4_100, "halving": None,
    "turn_low": 2_800, "turn_high": 8_300, "branching": {"low": 0.8, "mid": 1.2, "high": 1.8, "method": "links", "reshares": 24},
    "cascade": {"seen": 24, "branching": 0.7, "final": 61}, "hours": 6, "forecast": {"low": 90, "mid": 260, "high": 812},
    "reach": {"low": 20_100, "mid": 71_000, "high": 260_000},
}


def test_severity_is_shown_in_parts_with_what_each_was_found_by() -> None:
    made = alert(why={"severity": {"harm": 1, "spread": 3, "trust": 3}, "level": 2, "spread": 1, "authors": 31, "demoted": True})
    said = read(cards.parts(EN, made, None)).text
    for words in ("Harm", "1 of 3", "complaints", "Spread", "3 of 3", "against past peaks", "Trust", "nothing takes from it", "only go into the digest"):
        assert words in said
    assert cards.parts(EN, alert(), None) == ""


def test_a_part_that_was_other_when_it_fired_is_not_explained_by_todays_figures() -> None:
    made = alert(why={"severity": {"harm": 1, "spread": 3, "trust": 1}, "level": 2, "spread": 1, "scored": 30, "unsure": 1})
    assert "nothing takes from it" not in read(cards.parts(EN, made, None)).text


@pytest.mark.parametrize(("found", "words"), [
    (None, "Nobody has judged"), (judged.Precision(), "Nobody has judged"), (judged.Precision(11, 3), "11 of 14 alerts were real."),
    (judged.Precision(18, 4, 2), "lies between 61% and 93% with 95 % confidence. 2 more were already known."), (judged.Precision(0, 0, 3), "3 more were already known."),
])
def test_precision_is_a_count_and_a_share_only_from_twenty(found: judged.Precision | None, words: str) -> None:
    said = cards.precision_line(EN, found)
    assert words in read(said).text and ("%" in said) == (found is not None and found.judged >= 20)


def test_how_it_spreads_has_its_intervals() -> None:
    said = read(cards.spread(EN, alert(why={"spread_state": SPREAD}))).text
    for words in ("growing", "Doubles in", "1.2 (0.8 to 1.8)", "counted from links of 24 reshares", "90 to 810, around 260", "20,000 to 260,000 people, around 71,000",
                  "about 61 in the end"):
        assert words in said, words
    early = read(cards.spread(FA, alert(why={"spread_state": {**SPREAD, "state": "too_early", "forecast": None, "reach": None, "cascade": None}}))).text
    assert "برای گفتن زود است" in early and "پس از ۳ ساعت" in early
    wild = read(cards.spread(EN, alert(why={"spread_state": {**SPREAD, "cascade": {"seen": 80, "branching": 1.4, "final": None}}}))).text
    assert "no end in sight" in wild
    assert cards.spread(EN, alert()) == "" == cards.spread(EN, alert(why={"spread_state": {"state": "x"}}))


def test_word_of_mouth_is_a_survey_by_account_and_no_reach() -> None:
    twice = [one(), one(), one(label=Label.POSITIVE)]  # one account that complains and praises counts as complaining, once
    said = read(cards.by_mouth(EN, twice)).text
    assert "Surely complaining: 1, who tell" in said and "about 21 others" in said and "Surely praising" not in said
    assert "A survey, not measured (" in said and "2016" in said and "Never added to reach" in said
    assert "۲۰۱۶" in read(cards.by_mouth(FA, twice)).text and "نظرسنجی است، نه اندازه‌گیری" in cards.by_mouth(FA, twice)
    assert cards.by_mouth(EN, [one(unsure=True), one(label=Label.NEUTRAL)]) == ""


def test_calls_to_come_and_calls_nobody_needs_any_more_are_told() -> None:
    message = Message("k", "t", (), "en", Reason.FIRST)
    said = read(cards.deliveries(EN, [
        Delivery("k", "second", message, NOW + timedelta(minutes=10)), Delivery("k", "lead", message, NOW + timedelta(minutes=20), cancelled_at=NOW),
        Delivery("k", "first", message, NOW - timedelta(minutes=1), sent_at=NOW)])).text
    assert said.index("first") < said.index("second") < said.index("lead")
    assert "unless somebody takes it (in 10 min)" in said and "no longer needed" in said


def test_why_nobody_was_told_stands_on_the_card() -> None:
    assert "campaign \u2068Autumn\u2069" in " ".join(cards.held_back(EN, alert(why={"inhibited_by": "campaign:Autumn"})))
    assert cards.held_back(EN, alert(why={"inhibited_by": "0123456789abcdef", "demoted": True, "drill": True})) == [
        "No message of its own; another alert says it", "Digest only", "Drill"]
    assert cards.held_back(EN, alert(state=AlertState.RESOLVED, why={"inhibited_by": "x"})) == [] == cards.held_back(EN, alert())
