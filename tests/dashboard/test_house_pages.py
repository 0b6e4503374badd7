"""Replay, Settings and About: what is tried, what is configured, how things are counted."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from dashboard import access, options, reads, settings_cards, trial
from listener.errors import Refusal
from listener.words import Language, catalogue, say
from tests.dashboard.house import BRAND, House, settings_for
from tests.dashboard.test_views import ME, click, text, visit

LANGUAGES: tuple[Language, ...] = ("fa", "en")
FOUND = {"rules": ["spike"], "since": "2026-10-24T00:00:00+00:00", "until": "2026-11-22T00:00:00+00:00", "brands": 1, "alerts": 2, "told": 1, "per_brand_week": 0.5,
         "by_rule": {"spike": 2}, "by_severity": {"P1": 1, "P2": 1}, "verdicts": {}, "looks": 0, "assumed_looks": 9, "median_delay": 1_260.0, "longest_delay": 4_000.0,
         "recorded": {"alerts": 2, "matched": 1, "median_later": -60.0},
         "fired": [{"fingerprint": "aa", "rule": "spike", "subject": BRAND, "severity": "P1", "fired_at": "2026-11-20T08:00:00+00:00", "called": True, "told_at": "2026-11-20T08:00:00+00:00",
                    "resolved_at": None, "value": 34.0, "expected": 2.0, "verdict": "real", "story": None, "evidence": []},
                   {"fingerprint": "bb", "rule": "spike", "subject": "<b>x</b>", "severity": "P2", "fired_at": "2026-11-18T08:00:00+00:00", "called": False, "told_at": None,
                    "resolved_at": None, "value": 9.0, "expected": 2.0, "verdict": None, "story": None, "evidence": []}],
         "enabled": {"alerts": 1}, "difference": {"both": 1, "only_draft": ["bb"], "only_enabled": []}}


class Ran:
    """A replay that ends at once, or says what went wrong."""

    def __init__(self, asked: Mapping[str, Any], wrong: str | None) -> None:
        self.asked, self.started, self._wrong = asked, datetime(2026, 11, 22, tzinfo=UTC), wrong

    def done(self, now: datetime) -> Mapping[str, Any]:
        if self._wrong:
            raise Refusal("replay", "replay.said", said=self._wrong)
        return FOUND

    def stop(self) -> None:
        pass


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    asked: list[dict[str, Any]] = []

    def begin(settings: object, rule: Any, given: Mapping[str, Any], **span: Any) -> Ran:
        asked.append({"rule": rule.name, "options": dict(given), **span})
        return Ran(asked[-1], None)

    monkeypatch.setattr(trial, "start", begin)
    return asked


# -- replay

@pytest.mark.parametrize("language", LANGUAGES)
def test_replay_says_what_to_do_before_anything_was_tried(empty: House, language: Language) -> None:
    assert say("board.replay.nothing_words", language) in text(visit("replay", lang=language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rule_is_tried_over_the_days_chosen_and_its_figures_are_told(rich: House, tried: list[dict[str, Any]], language: Language) -> None:
    board = click(visit("replay", who=ME, lang=language, rule="spike", **{"from": "2026-10-24", "to": "2026-11-20"}), "try")
    board.run()
    assert [(one["rule"], one["brand"], one["first"], one["last"]) for one in tried] == [("spike", BRAND, date(2026, 10, 24), date(2026, 11, 20))]
    said = unescape(text(board))
    assert say("board.replay.difference", language, both=1, draft=1, enabled=0) in said and say("board.replay.new", language) in said
    assert say("board.replay.told", language, n=1) in said and say("board.replay.told.P1", language, raised=1, told=1) in said
    assert say("board.replay.told.P2", language, raised=1, told=0) in said
    assert say("board.replay.enabled", language) in said and "<b>x</b>" not in text(board)


def test_changed_options_are_tried_and_shown_as_the_table_to_write(rich: House, tried: list[dict[str, Any]]) -> None:
    board = visit("replay", who=ME, rule="spike")
    board.number_input(key="option_spike_min_posts").set_value(20).run()
    board.text_input(key="option_spike_group").set_value("6h").run()
    board = click(board, "try").run()
    assert (tried[0]["options"]["min_posts"], tried[0]["options"]["group"]) == (20, timedelta(hours=6))
    written = tomllib.loads(board.code[-1].value)["rules"][0]
    assert (written["kind"], written["min_posts"], written["group"]) == ("spike", 20, "6h")


def test_a_rule_that_is_off_is_enabled_by_an_admin_with_its_replay_recorded(rich: House, tried: list[dict[str, Any]]) -> None:
    rich.service.disable_rule("spike", "Ali", "zu laut")
    reads._service.clear()
    board = click(visit("replay", who=ME, rule="spike"), "try").run()
    board.text_area(key="enable_why").set_value("پس از آزمون خوب است").run()
    board = click(board, "enable")
    view = next(rule for rule in rich.service.rules() if rule.name == "spike")
    assert view.enabled and view.said and (view.said.who, view.said.why) == (ME, "پس از آزمون خوب است")
    at, who, kept = view.replays[0]
    assert who == ME and kept["alerts"] == 2 and "fired" not in kept and say("board.replay.enabled_now", "fa") in text(board)


def test_who_may_not_enable_sees_why_and_cannot(rich: House, tried: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard import session

    rich.service.disable_rule("spike", "Ali", "x")
    reads._service.clear()
    monkeypatch.setattr(session, "visitor", lambda: access.Visitor("علی", "on_call", True))
    board = click(visit("replay", rule="spike"), "try").run()
    assert board.caption and any(say("board.role.on_call", "fa") in one.value for one in board.caption)
    click(board, "enable")  # as if its grey button had been pressed all the same
    assert next(rule for rule in rich.service.rules() if rule.name == "spike").enabled is False


def test_what_the_command_complains_of_is_told_on_the_page(rich: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "start", lambda settings, rule, given, **span: Ran({"rule": rule.name, "options": {}}, "draft.toml: rules[0].threshold: too large"))
    board = click(visit("replay", who=ME, rule="spike"), "try")
    assert "rules[0].threshold: too large" in text(board).replace("\\", "")  # as Markdown writes it


def test_settings_made_in_memory_are_not_replayed(rich: House) -> None:
    board = click(visit("replay", who=ME, rule="spike"), "try")
    assert say("refused.replay.memory", "fa") in text(board)


def test_every_option_of_every_rule_has_a_field_and_is_written_as_it_is_read(tmp_path: Path) -> None:
    from alerts.rules import RULES

    settings = settings_for(tmp_path / "x.sqlite")
    rule = settings.rules[0]
    for kind in RULES.kinds:
        made = rule.model_copy(update={"kind": kind, "name": kind, "options": {}})
        values = {name: value for name, value in options.defaults(made).items() if isinstance(value, (bool, int, float, str, timedelta))}
        read = tomllib.loads(trial.table(made, values))["rules"][0]
        assert read.pop("kind") == kind and set(read) == set(values)
    assert tomllib.loads(trial.table(rule, {"extra": [{"word": 'a"b', "grade": 2}], "on": True}))["rules"][0]["extra"] == [{"word": 'a"b', "grade": 2}]


@pytest.mark.slow
def test_the_command_that_people_type_answers_the_page(rich: House, tmp_path: Path) -> None:
    config = tmp_path / "goosh.toml"
    config.write_text(f'database = "sqlite:///{rich.database.as_posix()}"\n[[brands]]\nname = "{BRAND}"\n', encoding="utf-8")
    settings = settings_for(rich.database).model_copy(update={"path": config})
    rule = next(one for one in settings.rules if one.kind == "spike")
    running = trial.start(settings, rule, {"min_posts": 6}, brand=BRAND, first=date(2026, 11, 1), last=date(2026, 11, 22), now=access.clock())
    found = None
    for _ in range(600):
        if (found := running.done(access.clock())) is not None:
            break
        time.sleep(0.1)
    assert found is not None and found["rules"] == ["spike"] and found["alerts"] >= 1 and "difference" in found
    broken = trial.start(settings, rule, {"min_posts": -6}, brand=BRAND, first=date(2026, 11, 1), last=date(2026, 11, 22), now=access.clock())
    broken.process.wait(timeout=60)
    with pytest.raises(ValueError, match="min_posts"):
        broken.done(access.clock())


# -- settings

@pytest.mark.parametrize("language", LANGUAGES)
def test_the_configuration_is_shown_table_by_table(rich: House, language: Language) -> None:
    board = visit("settings", lang=language)
    said = text(board)
    assert BRAND in said and "https://example.org/rss" in said and say("board.settings.words", language)[:20] in unescape(said)
    assert [one.label for one in board.expander][:1] == [f"{say('board.settings.table.brands', language)} ({'۲' if language == 'fa' else '2'})"]


def test_secrets_are_named_and_never_shown(rich: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = rich.settings.model_copy(update={"database": "postgresql://goosh:hunter2@db.example:5432/goosh?sslkey=hunter2"})
    settings = settings.model_copy(update={"sources": (settings.sources[0].model_copy(update={"options": {"token_env": "GOOSH_TEST_TOKEN", "url": "https://x.example"}}),)})
    from dashboard.pen import Pen

    pen = Pen("en", settings.zone, datetime(2026, 11, 22, tzinfo=UTC))
    shown = settings_cards.scalars(pen, settings) + settings_cards.section(pen, settings, "sources", frozenset({"GOOSH_TEST_TOKEN"}))
    assert "GOOSH_TEST_TOKEN" in shown and "not set" in shown and "hunter2" not in shown and "db.example:5432/goosh" in shown


def test_every_table_of_the_file_has_a_name_in_both_languages(rich: House) -> None:
    shown = [name for group in settings_cards.GROUPS for name in settings_cards.sections(group)]
    assert {f"board.settings.table.{name}" for name in shown} - set(catalogue()) == set()
    assert sorted(shown) == sorted(set(type(rich.settings).model_fields) - settings_cards.HIDDEN - set(settings_cards.SCALARS))  # each once, none left out


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("group", settings_cards.GROUPS)
def test_the_configuration_is_divided_into_a_few_parts_that_a_link_can_name(rich: House, group: str, language: Language) -> None:
    board = visit("settings", lang=language, group=group)
    assert 3 <= len(board.expander) <= 7 and board.expander[0].label.startswith(say(f"board.settings.table.{settings_cards.sections(group)[0]}", language))


# -- about

@pytest.mark.parametrize("language", LANGUAGES)
def test_about_says_how_every_number_is_counted(empty: House, language: Language) -> None:
    board = visit("about", lang=language)
    said = unescape(text(board))
    assert say("board.how.reach", language) in said and "goosh-fa-en" in " ".join(one.value for one in board.markdown)
    assert say("board.about.how.reach", language) in said and "{" not in said


def test_no_method_that_can_be_told_is_left_out_of_about(empty: House) -> None:
    said = unescape(text(visit("about", lang="en")))
    methods = [en for key, (_, en) in catalogue().items() if key.startswith("board.how.") and not key.endswith(".one") and "{" not in en]
    assert len(methods) > 20 and [one for one in methods if one not in said] == []
