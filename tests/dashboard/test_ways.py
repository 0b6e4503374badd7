"""Links that lead on: from an alert to its story and cases, from a digest to its topic, from a phrase to its posts; and whom messages reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import reads
from listener.service import Filters
from listener.types import Alert, AlertState, Label, MentionKey, Severity
from listener.words import Language, say
from tests.dashboard.house import BRAND, CONFIG, NOW, House, open_house
from tests.dashboard.test_views import LANGUAGES, click, text, visit

REFUSAL = "HTTP 401: <b>the token was revoked</b>"


def links(board: AppTest) -> list[SimpleNamespace]:
    """Return the links of a page: what is written on them, where they lead, with what."""
    return [SimpleNamespace(label=one.proto.label, page=one.proto.page, query={name: values[0] for name, values in parse_qs(one.proto.query_string).items()},
                            help=one.proto.help) for one in board.get("page_link")]


def raised(house: House, rule: str, **more: object) -> Alert:
    why = {"severity": {"harm": 1, "spread": 0, "trust": 1}, **({"cases": [3, 12], "refs": ["case:3", "case:12"], "oldest": (NOW - timedelta(days=1)).isoformat(),
           "unowned": 1, "owners": ["Ali"], "version": f"{rule}@1"} if rule != "resurfaced" else {"gone": 4e7, "version": "resurfaced@1"})}
    made = Alert(rule, BRAND, NOW - timedelta(hours=1), NOW, 2, 0, Severity.P2, AlertState.FIRING, (MentionKey("rss", "1"),), why, updated_at=NOW)
    made = replace(made, **more)  # type: ignore[arg-type]
    house.store.save_pass(at=NOW, alerts=[made])
    return made


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", ["overdue_case", "broken_promise"])
def test_an_alert_about_cases_leads_to_each_of_them(single: House, rule: str, language: Language) -> None:
    board = visit("open_alerts", lang=language, alert=raised(single, rule).fingerprint)
    assert say(f"board.rule.{rule}", language) in unescape(text(board))
    told = {one.label: one for one in links(board)}
    for number in (3, 12):
        link = told[say("board.cases.title", language, n=number)]
        assert link.page == "cases" and link.query["case"] == str(number) and link.query["brand"] == BRAND and link.query["lang"] == language


def test_an_alert_about_a_story_leads_to_it_and_another_does_not(single: House) -> None:
    alert = raised(single, "resurfaced", story="rss:1")
    way = [one for one in links(visit("open_alerts", alert=alert.fingerprint)) if one.page == "stories"]
    assert [one.query["story"] for one in way] == ["rss:1"]
    other = raised(single, "overdue_case")
    assert [one for one in links(visit("open_alerts", alert=other.fingerprint)) if one.page == "stories"] == []


@pytest.mark.parametrize("cases", [None, "12", [None, "<b>"], {"3": 4}])
def test_a_plugin_that_notes_cases_in_its_own_way_breaks_nothing(single: House, cases: object) -> None:
    made = raised(single, "overdue_case")
    single.store.save_pass(at=NOW, alerts=[replace(made, why={**made.why, "cases": cases} if isinstance(cases, list) else {**made.why, "cases": []}, updated_at=NOW)])
    assert [one for one in links(visit("open_alerts", alert=made.fingerprint)) if one.page == "cases"] == []


# -- the topic of a link

@pytest.mark.parametrize("language", LANGUAGES)
def test_a_topic_that_a_link_names_is_opened_before_everything_else(rich: House, language: Language) -> None:
    view = rich.service.topics(BRAND)[-1]
    board = visit("topics", lang=language, brand=BRAND, topic=view.topic.id)
    said = text(board)
    assert [one.value for one in board.subheader][0] == say("board.topic.linked", language) and 'class="g-posts" open' in said
    click(board, "topic_close")
    assert "topic" not in board.query_params and say("board.topic.linked", language) not in text(board)


@pytest.mark.parametrize("id", ["no-such", "<script>alert(1)</script>", "x" * 3_000])
def test_a_link_to_no_topic_says_so_and_shows_the_others(rich: House, id: str) -> None:
    said = text(visit("topics", lang="en", brand=BRAND, topic=id))
    assert say("board.topic.gone", "en") in said and say("board.causes.title", "en") in said and "<script" not in said


# -- phrases

@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrase_leads_to_the_posts_that_say_it(rich: House, language: Language) -> None:
    view = rich.service.phrases(BRAND)
    first = view.phrases["fa"][0]
    board = visit("topics", lang=language, brand=BRAND)
    link = next(one for one in links(board) if first.words in one.label)
    assert link.page == "mentions" and link.query["q"] == f'"{first.words}"' and link.query["label"] == "negative"
    assert first.words in link.help and "{" not in link.help
    found = rich.service.mentions(Filters(brand=BRAND, text=link.query["q"], label=Label.NEGATIVE))
    assert found.items


def test_phrases_are_read_from_a_bounded_sample(rich: House, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rich.service.phrases(BRAND)
    monkeypatch.setattr("listener.service.phrases.SAMPLED", 40)
    part = rich.service.phrases(BRAND)
    assert whole.whole and not part.whole and 0 < part.now["fa"] < whole.now["fa"]
    assert rich.service.phrases().phrases == rich.service.phrases(BRAND).phrases  # one brand is our own: all of them together are it


def test_without_complaints_there_are_no_phrases_and_the_page_says_what_would_be_here(empty: House) -> None:
    assert say("board.phrases.none", "fa") in text(visit("topics"))


# -- receivers

@pytest.fixture
def told(tmp_path: Path, on_board: Callable[[House], House]) -> Iterator[House]:
    """A house that calls two receivers."""
    house = open_house(tmp_path / "told.sqlite", CONFIG + "".join(f'[[receivers]]\nkind = "telegram"\nname = "{name}"\n' for name in ("کشیک", "ops")))
    yield on_board(house)
    house.store.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receiver_that_is_out_of_work_is_told_on_sources_with_its_reason_and_on_now(told: House, language: Language) -> None:
    told.store.register_sources([("forum", "rss")])
    assert say("board.receiver.ok", language) in text(visit("sources", lang=language))
    told.store.disable_receiver("کشیک", REFUSAL, NOW - timedelta(hours=3))
    reads.forget()
    said = text(visit("sources", lang=language))
    assert "&lt;b&gt;the token was revoked" in said and "<b>the token" not in said and say("board.receiver.none_waiting", language) in said
    assert say("board.receiver.disabled", language, when="|", ago="").partition("|")[0].strip() in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_now_has_a_banner_only_while_somebody_is_not_reached(rich: House, monkeypatch: pytest.MonkeyPatch, language: Language) -> None:
    assert say("board.receivers.lost", language, n=1) not in text(visit("now", lang=language))
    view = SimpleNamespace(name="کشیک", kind="telegram", min_severity=Severity.P2, disabled_at=NOW - timedelta(hours=3), error=REFUSAL, refusals=4, waiting=2)
    monkeypatch.setattr(reads, "receivers", lambda: (view,))
    board = visit("now", lang=language)
    assert say("board.receivers.lost", language, n=1) in text(board) and say("board.receiver.waiting", language, n=2) in text(board)
    assert any(one.label == say("board.receivers.see", language) and one.page == "sources" for one in links(board))


# -- who has it

def test_a_card_says_who_has_an_alert_since_when_it_burns_and_that_nobody_has(rich: House) -> None:
    alert = rich.service.alerts(brand=BRAND)[0]
    said = text(visit("now", lang="en"))
    assert say("board.state.firing", "en") in said and "3 hours ago" in said
    rich.service.acknowledge(alert.fingerprint, "Ali Rezaei")
    reads.forget()
    assert "Taken by \u2068Ali Rezaei\u2069" in text(visit("now", lang="en"))
    rich.service.handle(alert.fingerprint, "سارا محمدی", "https://example.org/answer")
    reads.forget()
    assert "Handled · Taken by \u2068Ali Rezaei\u2069" in text(visit("now", lang="en"))
