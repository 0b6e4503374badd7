"""Peers, before and after, the brief, and stories on Now: empty, with one mention, rich, in both languages; what links say leads."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from html import escape
from pathlib import Path
from random import Random

import pytest

from alerts.effect import Doubt
from alerts.peers import Figure, Standing
from alerts.wording.text import isolate
from dashboard import cards, charts, effect_chart, peer_cards, peer_charts, theme
from dashboard.pen import Pen
from listener.service import Ground
from listener.types import Author, Campaign, Label, Mention
from listener.words import Language, say
from tests.dashboard.house import BRAND, NOW, PEER, House, commit, open_house, score, scored
from tests.dashboard.test_charts import EN, FA, of
from tests.dashboard.test_views import LANGUAGES, text, visit

PAGES = ("peers", "effect", "brief")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_one_mention_makes_no_percentage(single: House, page: str, language: Language) -> None:
    said = text(visit(page, lang=language))
    key = {"peers": "peers.few", "effect": "effect.nothing", "brief": "brief.lead"}[page]
    assert say(f"board.{key}", language) in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_peers_stand_beside_us_with_intervals(rich: House, language: Language) -> None:
    said = text(visit("peers", lang=language, days="28"))
    for key in ("peers.standing", "peers.voice", "peers.net", "peers.rate", "peers.market", "peers.places", "peers.why.shared"):
        assert say(f"board.{key}", language) in said, key
    assert BRAND in said and PEER in said
    view = rich.service.peers(BRAND)
    assert view is not None and [one.brand for one in view.found.peers] == [BRAND, PEER]
    assert all(one.voice is not None and one.voice.low < one.voice.value < one.voice.high for one in view.found.peers)


def test_the_hours_a_source_was_lost_are_compared_for_nobody(rich: House) -> None:
    view = rich.service.peers(BRAND, span=timedelta(days=14))
    assert view is not None and all(one.hours < one.of for one in view.found.places)
    counted = sum(one.mentions for one in view.found.peers)
    every = sum(one.mentions for one in rich.store.hour_counts([BRAND, PEER], since=view.since, until=view.until))
    assert counted <= every


@pytest.mark.parametrize("pen", [FA, EN])
def test_a_point_never_stands_without_its_interval(rich: House, pen: Pen) -> None:
    view = rich.service.peers(BRAND)
    assert view is not None
    dots = peer_cards.dots(pen, view.found, "voice")
    chart = peer_charts.intervals(dots, pen, theme.CHART["dark"], words="x", title="y")
    rules, points = of(chart, "rule")[-1], of(chart, "point")[0]
    assert rules["encoding"]["x2"]["field"] == "high" and len(dots) == 2
    assert points["encoding"]["shape"] and points["encoding"]["x"]["scale"]["reverse"] is (pen.language == "fa")
    assert of(peer_charts.intervals(peer_cards.market_dots(pen, view.standings), pen, theme.CHART["light"], words="x", title="y"), "point")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_changed_after_a_moment_is_told_against_the_usual(rich: House, language: Language) -> None:
    board = visit("effect", lang=language, at=(NOW - timedelta(hours=5)).isoformat(), span="24h")
    said = text(board)
    for key in ("effect.volume", "effect.tone", "effect.before", "effect.after", "effect.correction", "effect.doubt.early", "effect.unjudged"):
        assert say(f"board.{key}", language) in said, key
    assert say("board.effect.volume.more", language) not in said  # the span after is not over
    assert said.count("مدل دربارهٔ" if language == "fa" else "the model is unsure about") == 2  # on either side


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verdict_is_said_only_where_nothing_stands_against_it(rich: House, language: Language) -> None:
    at = NOW - timedelta(hours=8)  # the alert of four days ago lies on neither side, that of this morning on the one after
    stormy = rich.service.effect(BRAND, at, timedelta(hours=6))
    assert stormy.doubt is Doubt.NEWER and [one.rule for one in stormy.storms] == ["spike"]
    said = text(visit("effect", lang=language, at=at.isoformat(), span="6h"))
    assert say("board.effect.doubt.newer", language) in said and say("board.effect.volume.more", language) not in said
    calm = NOW - timedelta(days=2, hours=12)
    assert rich.service.effect(BRAND, calm, timedelta(hours=6)).doubt not in (Doubt.EARLY, Doubt.NEWER)


def test_the_chart_of_a_moment_shows_the_alerts_and_campaigns_of_that_time(rich: House) -> None:
    view = rich.service.effect(BRAND, NOW - timedelta(hours=8), timedelta(hours=24))
    campaign = Campaign(BRAND, "یلدا", NOW - timedelta(hours=20), NOW - timedelta(hours=10))
    chart = effect_chart.effect_chart(view.effect, EN, theme.CHART["light"], storms=view.storms, campaigns=[campaign])
    shaded = [layer["data"]["values"][0]["words"] for layer in of(chart, "rect") if layer["mark"].get("opacity") == 0.09]
    assert any("یلدا" in words for words in shaded) and any(cards.headline(EN, view.storms[0]) == words for words in shaded)


def test_a_moment_to_come_in_a_link_is_brought_back_to_today(rich: House) -> None:
    assert say("board.effect.nothing", "fa") in text(visit("effect", at=(NOW + timedelta(days=1)).isoformat()))  # nothing is after it yet
    with pytest.raises(ValueError, match="lies ahead"):
        rich.service.effect(BRAND, NOW + timedelta(days=1), timedelta(hours=6))


def test_a_broken_link_to_a_moment_shows_the_latest_one(rich: House) -> None:
    assert say("board.effect.volume", "fa") in text(visit("effect", at="yesterday", span="nonsense"))


def test_two_stories_are_a_claim_and_its_correction(rich: House) -> None:
    one, other = (line.count.id for line in rich.service.story_lines(BRAND, since=NOW - timedelta(hours=16))[:2])
    said = text(visit("effect", claim=one, correction=other))
    assert say("board.effect.reached", "fa") in said and say("board.legend.correction", "fa") in said
    assert say("board.effect.same", "fa") in text(visit("effect", claim=one, correction=one))


def test_our_answers_and_campaigns_are_offered_as_moments(rich: House) -> None:
    said = Mention("mastodon", "ours1", f"{BRAND}: پیگیری می‌کنیم", NOW - timedelta(hours=3), author=Author("mastodon", "us", "ما"), ours=True)
    commit(rich, "mastodon-fa", [said], start=NOW - timedelta(minutes=1), end=NOW)
    found = rich.service.moments(BRAND)
    assert any(one.kind == "answer" and one.answer is not None and one.answer.mention.key == said.key for one in found)
    assert any(one.kind == "alert" for one in found)


@pytest.mark.parametrize("pen", [FA, EN])
def test_the_chart_marks_the_moment_and_hatches_gaps(rich: House, pen: Pen) -> None:
    view = rich.service.effect(BRAND, NOW - timedelta(hours=30), timedelta(hours=24))
    chart = effect_chart.effect_chart(view.effect, pen, theme.CHART["light"])
    moment = of(chart, "rule")[-1]["data"]["values"]
    assert len(moment) == 1 and 0 < moment[0]["x"] < len(view.effect.points)
    assert any(layer["mark"].get("color") == theme.CHART["light"]["gap"] for layer in of(chart, "rect"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_brief_has_three_sentences_one_chart_and_both_languages_to_copy(rich: House, language: Language) -> None:
    board = visit("brief", lang=language)
    view = rich.service.brief(BRAND)
    assert view is not None and len(view.said[language]) == 4
    assert text(board).count("g-brief") == 4
    copied = [one.value for one in board.code]
    assert {copied[0], copied[1]} == {view.copied["fa"], view.copied["en"]} and copied[0] == view.copied[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_now_lists_what_went_round_since_yesterday_evening(rich: House, language: Language) -> None:
    said = text(visit("now", lang=language))
    assert say("board.stories.overnight", language) in said and say("board.stories.part", language, late=24, before=13) in said


def test_what_we_said_is_no_complaint(single: House) -> None:
    answer = Mention("rss", "ours", f"{BRAND}: بابت دیرکرد عذرخواهی می‌کنیم", NOW - timedelta(minutes=10), ours=True)
    commit(single, "خبرگزاری‌ها", [answer], start=NOW - timedelta(hours=1), end=NOW)
    scored(single, {answer.key: score(Label.NEGATIVE, Random(3))})
    assert all(not one.mention.ours for one in single.service.now_view(BRAND).changes.complaints)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_house_that_heard_nothing_yet_is_not_called_quiet(empty: House, language: Language) -> None:
    begin = NOW - timedelta(hours=30)
    for name in ("خبرگزاری‌ها", "mastodon-fa"):
        empty.store.record_failure(name, start=begin, end=NOW, now=NOW, reason="HTTP 500", permanent=False, retry_at=NOW)
    assert empty.service.now_view(BRAND).ground is Ground.FAILING
    said = text(visit("now", lang=language))
    assert say("board.ground.failing.title", language) in said and "g-quiet" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_house_that_reads_and_hears_nobody_says_what_may_be_missing(empty: House, language: Language) -> None:
    for name in ("خبرگزاری‌ها", "mastodon-fa", "کانال‌های تلگرام", "forum"):
        commit(empty, name, [], start=NOW - timedelta(hours=30), end=NOW)
    view = empty.service.now_view(BRAND)
    assert view.ground is Ground.UNHEARD and view.seen > 0.9
    said = text(visit("now", lang=language))
    assert say("board.ground.unheard.title", language) in said and "g-quiet" not in said
    told = empty.service.brief(BRAND)
    assert told is not None and [one.text for one in told.said[language]] == [say("brief.ground.unheard", language, brand=isolate(BRAND))]
    assert told.said[language][0].text in text(visit("brief", lang=language))


def test_one_post_is_enough_to_be_heard_and_a_house_never_run_is_new(single: House, tmp_path: Path) -> None:
    assert single.service.now_view(BRAND).ground is Ground.HEARD
    assert open_house(tmp_path / "new.sqlite").service.now_view(BRAND).ground is Ground.NEW


@pytest.mark.parametrize("pen", [FA, EN])
def test_peers_begin_with_how_much_and_how_many_complain_and_say_like_the_market_once(rich: House, pen: Pen) -> None:
    view = rich.service.peers(BRAND)
    assert view is not None and view.found.others is not None and peer_cards.MEASURES[:2] == ("voice", "rate")
    said = peer_cards.verdict(pen, view)
    assert pen.number(view.found.peers[0].mentions) in said and said.count("<p") == 3
    assert pen.say("peers.storm.us", n=2, when="|", until="").split("|")[0] in said  # ours of this morning and of four days ago, before any rate
    share = Figure(0.2, 0.1, 0.3)
    calm = [Standing(name, ((BRAND, 8, 40, share), (PEER, 8, 40, share)), 0.0) for name in ("delivery", "refund", "app", "price")]
    even = replace(view.found, peers=(replace(view.found.peers[0], voice=Figure(0.5, 0.4, 0.6)), *view.found.peers[1:]))
    one = peer_cards.market(pen, quiet := replace(view, found=even, storms=(), standings=tuple(calm), recognised=((BRAND, 53, 100), (PEER, 5, 9))))
    assert one.count("<p><b>") == 1 and pen.say("peers.market.same.all", what="|").split("|")[0] in one
    assert pen.percent(0.53) in one and pen.percent(5 / 9) not in one  # of nine posts no share is told
    mixed = peer_cards.market(pen, replace(quiet, standings=tuple(replace(one, z=9.0 if place < 2 else 0.0) for place, one in enumerate(calm))))
    assert mixed.count("<p><b>") == 2 and mixed.index(pen.say("peers.market.us", what="|").split("|")[0]) < mixed.index(pen.say("peers.market.same", what="|").split("|")[0])
    for storm in (replace(quiet, storms=view.storms), replace(quiet, found=view.found)):  # a storm of ours, or two thirds of all that is said
        said = peer_cards.market(pen, storm)
        assert pen.say("peers.market.same.all", what="|").split("|")[0] not in said and escape(pen.say("peers.market.shares.all", what="|").split("|")[0]) in said


def test_the_chart_of_reach_shows_campaigns_behind_it(rich: House) -> None:
    campaign = Campaign(BRAND, "یلدا", NOW - timedelta(hours=20), NOW - timedelta(hours=10))
    chart = charts.reach_chart(rich.service.now_view(BRAND).hours, EN, theme.CHART["light"], campaigns=[campaign])
    assert [layer["data"]["values"][0]["words"] for layer in of(chart, "rect") if layer["mark"].get("opacity") == 0.09] == ["Campaign: یلدا"]
