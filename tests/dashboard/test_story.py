"""Stories on the board: the list, one of them, in every state, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from alerts import course
from alerts.storm import Subject
from alerts.wording.writer import Writer
from dashboard import cards, story_cards, story_chart, theme
from dashboard.pen import Pen
from listener.pipeline.stories import tell_stories
from listener.service.storm import Storms
from listener.types import Alert, AlertState, Author, KeptTopic, Label, Mention, Reason, Severity
from listener.words import Language, say
from tests.dashboard.house import BRAND, NOW, House, commit, score, scored
from tests.dashboard.test_charts import EN, FA, of
from tests.dashboard.test_views import LANGUAGES, text, visit

SINCE = NOW - timedelta(hours=16)


def top(house: House) -> str:
    return house.service.story_lines(BRAND, since=SINCE)[0].count.id


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ["empty", "single"])
def test_where_nothing_goes_round_it_says_so(request: pytest.FixtureRequest, state: str, language: Language) -> None:
    request.getfixturevalue(state)
    assert say("board.stories.none", language) in text(visit("story", lang=language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_stories_are_ranked_by_independent_authors(rich: House, language: Language) -> None:
    lines = rich.service.story_lines(BRAND, since=SINCE)
    assert [line.count.authors for line in lines] == sorted((line.count.authors for line in lines), reverse=True) and lines[0].reach is not None
    said = text(visit("story", lang=language))
    assert say("board.stories.authors", language, n=lines[0].count.authors) in said and "مسمومیت" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_story_tells_who_began_it_and_where_it_went(rich: House, language: Language) -> None:
    said = text(visit("story", lang=language, story=top(rich)))
    for key in ("story.authors", "story.reach", "story.growth", "story.tone", "story.big", "story.jumps", "story.no_alert", "story.first"):
        assert say(f"board.{key}", language) in said, key


def test_an_alert_about_a_story_stands_on_its_page_with_the_precision_of_its_rule(rich: House) -> None:
    raised = Alert("spike", BRAND, NOW - timedelta(hours=2), NOW - timedelta(hours=2), 20, 2, Severity.P1, AlertState.FIRING, (), {}, updated_at=NOW, story=top(rich))
    rich.store.save_pass(at=NOW, alerts=[raised])
    view = rich.service.story(top(rich), BRAND)
    assert view is not None and [one.fingerprint for one in view.alerts] == [raised.fingerprint] and view.precision is not None
    assert say("board.story.no_alert", "fa") not in text(visit("story", story=top(rich)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_story_is_told_in_words(rich: House, language: Language) -> None:
    assert say("board.story.unknown", language) in text(visit("story", lang=language, story="0123456789abcdef"))


def test_a_span_in_the_link_is_the_span_of_the_list(rich: House) -> None:
    wide, narrow = (visit("story", since=span) for span in ("7d", "evening"))
    assert text(wide).count("g-rank") > text(narrow).count("g-rank")
    assert say("board.stories.span.7d", "fa")[0] and visit("story", since="nonsense")


def test_a_large_story_is_told_from_its_earliest_and_its_newest(rich: House) -> None:
    whole, all_of_it = rich.store.story_mentions(BRAND, top(rich), limit=10_000)
    some, not_all = rich.store.story_mentions(BRAND, top(rich), limit=10)
    assert all_of_it and not not_all and len(some) == 10
    assert some[0] == whole[0] and some[-1] == whole[-1]


def test_a_story_of_a_strangers_markup_stays_text(single: House) -> None:
    bad = "<script>alert(1)</script> این متن را همه جا می‌فرستند و کسی نمی‌داند از کجا آمده است، پیک‌سبز پاسخ بدهد"
    posts = [Mention("rss", f"s{n}", bad, NOW - timedelta(minutes=50 - n), author=Author("rss", f"w{n}", "<img src=x>", followers=10 * n)) for n in range(3)]
    commit(single, "خبرگزاری‌ها", posts, start=NOW - timedelta(hours=1), end=NOW)
    scored(single, {one.key: score(Label.NEGATIVE, Random(1)) for one in posts})
    tell_stories(single.store)
    id = single.service.story_lines(BRAND, since=SINCE)[0].count.id
    for said in (text(visit("story")), text(visit("story", story=id))):
        assert "<script" not in said and "<img" not in said and "&lt;script&gt;" in said


@pytest.mark.parametrize("pen", [FA, EN])
def test_the_chart_numbers_what_happened_and_hatches_what_was_not_seen(rich: House, pen: Pen) -> None:
    view = rich.service.story(top(rich), BRAND)
    assert view is not None
    found = story_cards.happenings(pen, view)
    seen = [(at, 0.0 if place == 1 else 1.0) for place, (at, _) in enumerate(view.seen)]
    chart = story_chart.course_chart(view.course.bars, view.course.step, pen, theme.CHART["light"], happenings=found, seen=seen)
    numbers = of(chart, "text")[0]["data"]["values"]
    assert [one["number"] for one in numbers] == [pen.number(n) for n in range(1, len(found) + 1)]
    assert any(layer["mark"].get("color") == theme.CHART["light"]["gap"] for layer in of(chart, "rect"))
    drawn = next(layer for layer in of(chart, "rect") if layer["encoding"].get("color"))["data"]["values"]
    assert sum(row["to"] - row["from"] for row in drawn) == view.course.mentions


def test_a_correction_is_measured_against_the_claim_by_account(rich: House) -> None:
    lines = rich.service.story_lines(BRAND, since=SINCE)
    found = rich.service.answered(lines[0].count.id, lines[1].count.id, BRAND)
    assert found is not None and found.ratio is not None and found.ratio[0] <= found.ratio[1] <= found.ratio[2]
    assert rich.service.answered(lines[0].count.id, "none", BRAND) is None


@pytest.mark.parametrize(("late", "before", "key"), [(4, 1, "stories.old"), (0, 2, "stories.old_still"), (0, 0, "stories.old_still")])
def test_an_old_story_is_told_by_what_is_true_now(rich: House, late: int, before: int, key: str) -> None:
    line = replace(rich.service.story_lines(BRAND, since=SINCE)[0], first_at=NOW - timedelta(days=5), spread=None)
    line = replace(line, count=line.count._replace(late=late, before=before))
    said = story_cards.line(EN, line, 1)
    assert EN.say(key, when=EN.when(line.first_at or NOW)) in said
    assert ("nothing said for 6 hours" in said) == (late + before == 0) and ("still goes round" in said) == (late > 0)


def test_a_story_that_has_ended_says_so_and_forecasts_nothing(rich: House) -> None:
    told = rich.store.story_mentions(BRAND, top(rich), limit=10_000)[0]
    over = course.of(told, NOW + timedelta(hours=8))
    assert over.spread.forecast is None
    said = story_cards.tiles(EN, over)
    assert "ended" in said and "nothing was said since" in said and "next 6 h" not in said


@pytest.mark.parametrize("pen", [FA, EN])
def test_a_doubling_time_reads_the_same_wherever_it_stands(rich: House, pen: Pen) -> None:
    pace = {"state": "growing", "doubling": 4_100, "turn_low": 2_800, "turn_high": 8_300}
    alerted = replace(rich.store.alerts(subject=BRAND, limit=1)[0], why={"spread_state": pace})
    minutes = f"{pen.number(70)} {'دقیقه' if pen is FA else 'minutes'}"
    assert minutes in cards.spread(pen, alerted) and pen.pace(timedelta(seconds=4_100)) == minutes
    assert any(minutes in line for line in Writer(alerted, Reason.FIRST, (), pen.language, pen.zone).spread())


def storm_alert(house: House) -> Alert:
    return next(one for one in house.store.alerts(subject=BRAND, open_only=True) if one.rule == "spike")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_storm_told_in_different_words_is_shown_as_one_with_its_own_first_post(rich: House, language: Language) -> None:
    alert = storm_alert(rich)
    view = rich.service.storm(alert.fingerprint)
    assert view is not None and view.line.head is not None and "راهی بیمارستان" in view.line.head.mention.text
    assert view.line.authors > 2 * max(one.count.authors for one in rich.service.story_lines(BRAND, since=SINCE)) and view.line.stories >= 3
    assert view.told.course.mentions == view.line.posts and view.told.voices and view.told.alerts == (alert,)
    said = text(visit("story", lang=language, storm=alert.fingerprint))
    for key in ("storm.title", "storm.parts", "story.big", "story.jumps", "story.first", "how.storm"):
        assert say(f"board.{key}", language) in said, key
    assert say("board.storm.stories", language, n=view.line.stories) in said and "راهی بیمارستان" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_story_of_a_storm_leads_to_it_and_an_everyday_one_does_not(rich: House, language: Language) -> None:
    lines = rich.service.story_lines(BRAND, since=SINCE)
    assert say("board.storm.part", language) in text(visit("story", lang=language, story=lines[0].count.id))
    everyday = next(one.count.id for one in lines if one.head and "نانوایی" in one.head.mention.text)
    assert say("board.storm.part", language) not in text(visit("story", lang=language, story=everyday))
    assert say("board.storm.title", language) in text(visit("story", lang=language))
    assert say("board.storm.open", language) in [one.proto.label for one in visit("now", lang=language).get("page_link")]  # type: ignore[attr-defined]


def test_an_alert_without_a_common_subject_says_that_nothing_could_be_joined(single: House) -> None:
    assert say("board.storm.unknown", "en") in text(visit("story", lang="en", storm="0123456789abcdef"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_storm_of_more_complaints_than_are_joined_says_so(rich: House, language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    alert = next(one for one in rich.store.alerts(subject=BRAND) if one.rule == "spike")
    assert rich.service.too_many(alert.fingerprint) is None
    monkeypatch.setattr("listener.service.storm.MOST_MENTIONS", 30)
    said = text(visit("story", lang=language, storm=alert.fingerprint))
    assert say("board.storm.too_many", language, n=30) in said and say("board.storm.unknown_words", language) not in said


def test_strangers_texts_in_a_storm_stay_text(single: House) -> None:
    posts = [Mention("rss", f"w{n}", f"<script>alert({n})</script> پول مرا پس بدهید {n} {'آ' * n}", NOW - timedelta(minutes=50 - n), author=Author("rss", f"w{n}", "<b>x</b>")) for n in range(9)]
    commit(single, "خبرگزاری‌ها", posts, start=NOW - timedelta(hours=1), end=NOW)
    scored(single, {one.key: score(Label.NEGATIVE, Random(1)) for one in posts})
    tell_stories(single.store)
    raised = Alert("spike", BRAND, NOW - timedelta(hours=1), NOW - timedelta(minutes=30), 9, 1, Severity.P1, AlertState.FIRING, (), {}, updated_at=NOW)
    single.store.save_pass(at=NOW, alerts=[raised])
    found = single.service.storm(raised.fingerprint)
    assert found is not None and found.line.posts == 9
    said = text(visit("story", storm=raised.fingerprint))
    assert "<script" not in said and "&lt;script&gt;" in said


def test_a_storm_has_no_tile_that_says_its_complaints_are_negative(rich: House) -> None:
    said = text(visit("story", lang="en", storm=storm_alert(rich).fingerprint))
    assert say("board.how.story_tone", "en") not in said and say("board.how.story_growth", "en") in said


def test_two_alerts_about_one_topic_are_one_storm(rich: House, monkeypatch: pytest.MonkeyPatch) -> None:
    alert = storm_alert(rich)
    view = rich.service.storm(alert.fingerprint)
    assert view is not None
    rich.store.save_pass(at=NOW, alerts=[replace(alert, rule="rising_topic", fired_at=NOW, updated_at=NOW)])
    topic = KeptTopic("t1", BRAND, NOW, {"fa": ("دیر رسید",)})
    told = replace(view, line=replace(view.line, subjects=((Subject("topic", "t1"), topic),)))
    monkeypatch.setattr(Storms, "_joined", lambda *_: told)
    assert rich.service.storms(BRAND, since=SINCE) == (told,)


def test_storms_read_together_are_those_read_alone(rich: House) -> None:
    alert = storm_alert(rich)
    rich.store.save_pass(at=NOW, alerts=[replace(alert, rule="rising_topic", starts_at=alert.starts_at - timedelta(hours=3), fired_at=NOW, updated_at=NOW)])
    waves = [one for one in rich.store.alerts(subject=BRAND, limit=50) if one.rule in ("spike", "rising_topic")]
    read = rich.service._complaints(waves)
    assert len(waves) > 1 and read and [rich.service._storm(one, read) for one in waves] == [rich.service._storm(one) for one in waves]
