"""What people do on the board, by Streamlit's own test runner. That every page stands in every state is asked in ``test_pages``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import reads
from listener.service import Filters
from listener.types import Alert, AlertState, Author, Label, Mention, MentionKey, Severity, Story
from listener.words import Language, say
from tests.dashboard.house import BRAND, NOW, House, commit

APP = str(Path(__file__).resolve().parents[2] / "dashboard" / "app.py")
LANGUAGES: tuple[Language, ...] = ("fa", "en")
ME = "سارا محمدی"


def visit(page: str = "now", *, who: str | None = None, **parameters: str) -> AppTest:
    board = AppTest.from_file(APP, default_timeout=20)
    for name, value in parameters.items():
        board.query_params[name] = value
    if who:
        board.session_state["who"] = who
    if page in ("open_alerts", "story"):  # its address is not its file's name, which the runner only learns in a first run
        board.run()
        for name, value in parameters.items():  # a change of page clears what is not kept
            board.query_params[name] = value
    if page != "now":
        board.switch_page(f"views/{page}.py")
    board.run()
    assert not board.exception
    return board


def text(board: AppTest) -> str:
    return " ".join([*(block.proto.body for block in board.get("html") if "<style>" not in block.proto.body), *(h.value for h in board.subheader),
                     *(e.value for e in board.error), *(s.value for s in board.success), *(i.value for i in board.info)])


def labels(board: AppTest) -> list[str]:
    return [button.label for button in board.button]


def click(board: AppTest, key: str) -> AppTest:
    board.button(key=key).click().run()
    assert not board.exception
    return board


# -- what is wrong is told

def test_a_configuration_with_mistakes_is_told_with_its_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "goosh.toml"
    config.write_text('colour = "red"\nlanguage = "tlh"\n', encoding="utf-8")
    monkeypatch.setenv("GOOSH_CONFIG", str(config))
    monkeypatch.delenv("GOOSH_SETTINGS", raising=False)
    board = visit()
    assert "colour" in board.code[0].value and "language" in board.code[0].value


# -- URL, language, brand

def test_persian_is_first_and_english_a_link_away(rich: House) -> None:
    assert 'lang="fa"' in text(visit())
    board = visit()
    click(board, "switch_language")
    assert board.query_params["lang"] in ("en", ["en"]) and 'lang="en"' in text(board)


def test_language_and_brand_survive_a_change_of_page(rich: House) -> None:
    board = AppTest.from_file(APP, default_timeout=20)
    board.query_params["lang"], board.query_params["brand"] = "en", "تندبار"
    board.run()
    board.query_params.clear()
    board.switch_page("views/mentions.py").run()
    said = text(board)
    assert 'lang="en"' in said and "تندبار" in said and board.query_params["lang"] in ("en", ["en"])


def test_an_unknown_brand_in_a_link_is_our_first(rich: House) -> None:
    assert BRAND in text(visit(brand="nobody"))


def test_the_first_thing_on_a_page_is_its_sheet(rich: House) -> None:
    sheets = [block.proto.body for block in visit().get("html") if "<style>" in block.proto.body]
    assert len(sheets) == 1 and "Vazirmatn.woff2" in sheets[0] and "direction: rtl" in sheets[0] and "http" not in sheets[0]


# -- what people do

def test_nothing_can_be_done_without_saying_who(rich: House) -> None:
    fingerprint = rich.service.alerts(brand=BRAND)[0].fingerprint
    board = visit("open_alerts", alert=fingerprint)
    assert board.button(key="take").disabled and say("board.say_who", "fa") in text(board)


def test_an_alert_is_taken_resolved_and_judged(rich: House) -> None:
    fingerprint = rich.service.alerts(brand=BRAND)[0].fingerprint
    board = visit("open_alerts", who=ME, alert=fingerprint)
    click(board, "take")
    assert say("board.taken", "fa") in text(board) and ME in text(board)
    assert rich.service.alerts(brand=BRAND)[0].acknowledged_by == ME or rich.store.alert(fingerprint).acknowledged_by == ME  # type: ignore[union-attr]
    board.text_area(key="resolve_why").set_value("پاسخ دادیم").run()
    click(board, "resolve")
    click(board, "verdict_real")
    alert = rich.store.alert(fingerprint)
    assert alert and alert.state is AlertState.REVIEWED
    assert [e.who for e in rich.store.events(subject=fingerprint)] == [ME] * 4


def test_resolving_without_a_reason_is_refused_in_words(rich: House) -> None:
    fingerprint = rich.service.alerts(brand=BRAND)[0].fingerprint
    board = click(visit("open_alerts", who=ME, alert=fingerprint), "resolve")
    assert "دلیلی لازم است تا دیگران هم بدانند چرا" in text(board)
    assert rich.store.alert(fingerprint).state is AlertState.FIRING  # type: ignore[union-attr]


def test_an_alert_that_grew_while_it_was_read_is_not_taken_unseen(rich: House) -> None:
    alert = rich.service.alerts(brand=BRAND)[0]
    board = visit("open_alerts", who=ME, alert=alert.fingerprint)
    rich.store.save_pass(at=NOW, alerts=[replace(alert, value=90.0, updated_at=NOW)])
    assert "از وقتی که آن را دیدید تغییر کرده است" in text(click(board, "take"))


def test_a_silence_needs_a_reason_and_says_until_when(rich: House) -> None:
    alert = rich.service.alerts(brand=BRAND)[0]
    board = visit("open_alerts", who=ME, alert=alert.fingerprint)
    board.selectbox(key="silence_for").select("6h").run()
    board.text_area(key="silence_why").set_value("جشنواره").run()
    click(board, "silence")
    silence, = rich.store.silences(NOW)
    assert (silence.subject, silence.rule, silence.who, silence.why, silence.until) == (BRAND, "spike", ME, "جشنواره", NOW + timedelta(hours=6))


def test_a_silence_lasts_to_the_end_of_a_chosen_day(rich: House) -> None:
    alert = rich.service.alerts(brand=BRAND)[0]
    board = visit("open_alerts", who=ME, alert=alert.fingerprint)
    board.selectbox(key="silence_for").select("day").run()
    assert board.button(key="silence_pick_2026-11-29").disabled and not board.button(key="silence_pick_2026-11-28").disabled  # seven days at most
    board.button(key="silence_pick_2026-11-25").click().run()
    board.text_area(key="silence_why").set_value("جشنواره").run()
    click(board, "silence")
    assert [one.until.astimezone(rich.service.zone).isoformat() for one in rich.store.silences(NOW)] == ["2026-11-26T00:00:00+03:30"]


def test_a_deep_link_opens_the_alert_with_its_evidence(rich: House) -> None:
    alert = rich.service.alerts(brand=BRAND)[0]
    said = text(visit("open_alerts", lang="en", alert=alert.fingerprint))
    assert "Why it fired" in said and "Evidence" in said and "بیمارستان" in said


@pytest.mark.parametrize("fingerprint", ["0" * 16, "<script>", "x" * 5_000])
def test_a_link_to_no_alert_says_so(rich: House, fingerprint: str) -> None:
    said = text(visit("open_alerts", lang="en", alert=fingerprint))
    assert "There is no such alert" in said and "<script>" not in said


def test_a_label_is_corrected(rich: House) -> None:
    first = rich.service.mentions(Filters(brand=BRAND, label=Label.NEGATIVE)).items[0].scored.mention.key
    board = visit("mentions", who=ME, label="negative")
    click(board, f"to_positive_{first.kind}_{first.id}_{BRAND}")
    assert [(c.key, c.label, c.who) for c in rich.store.corrections()] == [(MentionKey(*first), Label.POSITIVE, ME)]


def test_a_source_is_paused_and_resumed(rich: House) -> None:
    board = visit("sources", who=ME)
    click(board, "toggle_mastodon-fa")
    click(board, "switch_mastodon-fa")
    assert "متوقف شده به دست \u2068سارا" in text(board) or ME in text(board)
    assert {s.name: s.paused for s in rich.store.source_states()}["mastodon-fa"]
    click(board, "switch_mastodon-fa")
    assert not {s.name: s.paused for s in rich.store.source_states()}["mastodon-fa"]


# -- mentions

def test_a_search_in_the_url_fills_the_box_and_finds(rich: House) -> None:
    board = visit("mentions", q="بیمارستان", span="all")
    assert board.text_input(key="f_q").value == "بیمارستان"
    assert text(board).count("<article") == 1


def test_a_search_goes_into_the_url(rich: House) -> None:
    board = visit("mentions")
    board.text_input(key="f_q").set_value("بیمارستان").run()
    board.selectbox(key="f_label").select("negative").run()
    assert board.query_params["q"] in ("بیمارستان", ["بیمارستان"]) and board.query_params["label"] in ("negative", ["negative"])
    board.button[[b.label for b in board.button].index(say("board.filter.clear", "fa"))].click().run()
    assert "q" not in board.query_params and "label" not in board.query_params


def test_older_pages_are_links_too(rich: House) -> None:
    board = visit("mentions", span="all")
    older = next(b for b in board.button if b.label == say("board.older", "fa"))
    first = text(board)
    older.click().run()
    assert "older" in board.query_params and text(board) != first


def test_a_page_token_that_was_cut_short_opens_the_first_page(rich: House) -> None:
    assert text(visit("mentions", older="bm90")).count("<article") == 20


def test_nothing_found_offers_the_way_back(rich: House) -> None:
    board = visit("mentions", q="زرافه‌ای‌که‌نیست")
    assert say("board.nothing_found.title", "fa") in text(board) and say("board.filter.clear", "fa") in labels(board)


def test_hostile_mentions_stay_in_their_cards(single: House) -> None:
    texts = ["<script>alert(1)</script>", "\u202egnp.exe", "ا" * 100_000, "x" * 100_000, "</div></article><h1>fake</h1>", "=1+1"]
    commit(single, "forum", [Mention("rss", f"h{i}", body, NOW - timedelta(minutes=i), url="javascript:alert(1)", author=Author("rss", body[:200], body[:200]))
                             for i, body in enumerate(texts)], start=NOW - timedelta(hours=1), end=NOW)
    single.store.save_pass(at=NOW, alerts=[
        Alert("spike", "<script>alert(2)</script>", NOW, NOW, 1, 1, Severity.P1, AlertState.FIRING, (MentionKey("rss", "h0"),), updated_at=NOW)])
    reads.forget()
    for page in ("now", "open_alerts", "mentions", "story", "topics", "brief"):
        said = text(visit(page))
        assert "<script" not in said and "javascript:" not in said and "<h1>fake" not in said and "\u202e" not in said


def test_the_board_reads_again_after_somebody_acted_elsewhere(rich: House) -> None:
    board = visit("open_alerts")
    rich.service.resolve(rich.service.alerts(brand=BRAND)[0].fingerprint, "Ali", "x")
    reads.forget()  # as the time to live does
    board.run()
    said = text(board)
    assert said.index("g-alert P2") < said.index("g-alert P1")  # no longer the first


def test_service_readings_are_shared_between_viewers(rich: House, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Callable[..., object] | str | None] = []
    original = type(rich.service).now_view

    def counted(self: object, brand: str | None = None, **kwargs: object) -> object:
        calls.append(brand)
        return original(self, brand, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(type(rich.service), "now_view", counted)
    visit()
    visit()
    assert calls == [BRAND]


def test_an_experimental_source_is_confirmed_by_somebody_with_a_name(rich: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listener.service.sources.EXPERIMENTAL", frozenset({"telegram"}))
    source = next(view.name for view in rich.service.sources() if view.kind == "telegram")
    assert click(visit("sources"), f"toggle_{source}").button(key=f"confirm_{source}").disabled
    board = click(click(visit("sources", who=ME), f"toggle_{source}"), f"confirm_{source}")
    assert say("board.confirmed_done", "fa", source=source) in text(board)
    found = {view.name: view for view in rich.service.sources()}[source]
    assert found.confirmed_by == ME and not found.experimental


# -- every rule, every measure

WHY = {"version": "x@1", "seen": 31, "needed": 14, "sure": 40, "usual_share": 0.2, "window": 7_200, "authors": 25, "hidden": 1, "copies": 3, "scored": 40, "unsure": 2,
       "mentions": 41, "negative": 31, "bar": 20_000, "followers": 84_000, "harm": 3, "age": 4e7, "silence": 8e6, "brands": [BRAND, "تندبار"],
       "severity": {"harm": 3, "spread": 2, "trust": 3}}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", ["spike/volume", "negative_share", "big_voice", "harm", "ignored_case", "resurfaced", "collector_down", "sector", "of_a_plugin"])
def test_an_alert_of_any_rule_has_its_page(single: House, rule: str, language: Language) -> None:
    made = Alert(rule, BRAND, NOW - timedelta(hours=1), NOW, 84_000, 20_000, Severity.P2, AlertState.FIRING, (MentionKey("rss", "1"),), WHY, updated_at=NOW)
    single.store.save_pass(at=NOW, alerts=[made])
    board = visit("open_alerts", lang=language, alert=made.fingerprint)
    said = unescape(text(board))
    assert f"#{made.fingerprint[:8]}" in said and say("board.part.title", language) in said and say("board.precision.none", language) in said
    assert "None" not in said and "{" not in said
    assert rule == "of_a_plugin" or say(f"board.rule.{rule.partition('/')[0]}", language) in said
    assert (say("board.mouth.title", language) in said) == (rule != "collector_down")


def test_the_rich_alert_shows_how_it_spreads_and_who_will_be_called(rich: House) -> None:
    said = unescape(text(visit("open_alerts", lang="en", alert=rich.service.alerts(brand=BRAND)[0].fingerprint)))
    for words in ("Doubles in", "Posts in the next 6 h", "90 to 810, around 260", "unless somebody takes it", "1 of 1 alerts were real", "Never added to reach"):
        assert words in said, words


def test_an_answer_is_kept_as_handled(rich: House) -> None:
    fingerprint = rich.service.alerts(brand=BRAND)[0].fingerprint
    board = visit("open_alerts", who=ME, alert=fingerprint)
    board.text_area(key="handle_why").set_value("https://example.org/answer").run()
    click(board, "handle")
    assert rich.store.alert(fingerprint).state is AlertState.HANDLED and say("board.handled", "fa") in text(board)  # type: ignore[union-attr]
    assert "handle" not in [button.key for button in board.button]


def test_a_silence_is_said_with_its_reason_and_can_end_sooner(rich: House) -> None:
    alert = rich.service.alerts(brand=BRAND)[0]
    rich.service.silence(alert.subject, alert.rule, "Ali", "<b>campaign</b>", NOW + timedelta(hours=2))
    board = visit("open_alerts", who=ME, lang="en", alert=alert.fingerprint)
    assert "Silent until" in text(board) and "&lt;b&gt;campaign" in text(board)
    click(board, "unsilence_0")
    assert rich.store.silences(NOW) == [] and "The silence is over" in text(board)


def test_a_story_is_counted_apart(single: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Story("s", BRAND, MentionKey("rss", "1"), NOW, NOW, 12, 8, 4, 11, 3, 10)
    monkeypatch.setattr(type(single.store), "stories", lambda *_, **__: {"s": told})
    made = Alert("resurfaced", BRAND, NOW, NOW, 4, 3, Severity.P2, AlertState.FIRING, (), WHY, updated_at=NOW, story="s")
    single.store.save_pass(at=NOW, alerts=[made])
    assert "The whole story so far is 12 posts: 4 independent authors, 8 copies, 3 outlets." in text(visit("open_alerts", lang="en", alert=made.fingerprint))


# -- topics

@pytest.mark.parametrize("language", LANGUAGES)
def test_causes_stand_with_their_share_their_change_and_three_quotes(rich: House, language: Language) -> None:
    board = visit("topics", lang=language, brand=BRAND)
    said, view = text(board), rich.service.causes(BRAND)
    first = view.causes.causes[0]
    assert say(f"board.aspect.{first.aspect}", language) in said and say("board.causes.title", language) in said
    assert len(view.quotes[first.aspect]) == 3 and said.count("g-text") >= 3
    assert sum(label == say("board.search.like", language) for label in labels(board)) >= 3


def test_posts_like_a_quote_are_a_link_away_and_the_search_ends(rich: House) -> None:
    board = visit("topics", lang="en", brand=BRAND)
    key = next(button.key for button in board.button if button.key and button.key.startswith("like_"))
    click(board, key)
    assert "like" in board.query_params and "10 posts" in text(board)
    click(board, "search_clear")
    assert "like" not in board.query_params and say("board.causes.title", "en") in text(board)


def test_a_search_for_a_post_that_is_gone_is_told_in_words(rich: House) -> None:
    assert "not stored" in text(visit("topics", lang="en", like="rss:no-such"))


def test_what_is_typed_is_found_without_a_scorer(rich: House) -> None:
    board = visit("topics", lang="en", brand=BRAND)
    board.text_input(key="say_what").set_value("charged me twice, refund").run()
    assert not board.exception and board.query_params["say"] in ("charged me twice, refund", ["charged me twice, refund"])
    assert "charged me twice" in text(board)


def test_what_ended_by_itself_stays_on_now_until_somebody_judges_it(rich: House) -> None:
    begin = NOW - timedelta(hours=32)
    night = Alert("harm", BRAND, begin, begin, 3.0, 1.0, Severity.P1, AlertState.RESOLVED, updated_at=begin + timedelta(hours=4), resolved_at=begin + timedelta(hours=4))
    rich.store.save_pass(at=NOW, alerts=[night, replace(night, fired_at=begin + timedelta(minutes=1), acknowledged_by=ME)])
    assert [one.fingerprint for one in rich.service.now_view(BRAND).unlooked] == [night.fingerprint]
    board = visit("now", who=ME)
    assert say("board.unlooked.title", "fa") in text(board)
    click(board, f"verdict_{night.fingerprint}_real")
    assert rich.service.now_view(BRAND).unlooked == () and rich.store.alert(night.fingerprint).state is AlertState.REVIEWED  # type: ignore[union-attr]
    assert say("board.unlooked.title", "fa") not in text(visit("now", who=ME))
