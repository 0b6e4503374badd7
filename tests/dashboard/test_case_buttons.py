"""From a mention, a story or an alert to its case, and from a case to another system."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from listener.types import AlertState
from listener.words import Language, say
from tests.dashboard.house import BRAND, NOW, House
from tests.dashboard.test_views import LANGUAGES, ME, click, labels, visit


def links(board: object) -> list[str]:
    return [str(one.proto.label) for one in board.get("page_link")]  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_case_is_opened_from_a_mention_and_linked_from_then_on(rich: House, language: Language) -> None:
    board = visit("mentions", who=ME, lang=language, label="negative")
    key = next(str(button.key) for button in board.button if (button.key or "").startswith("case_"))
    board = click(board, key)
    [case] = rich.store.cases()
    assert case.opened_by == ME and len(case.mentions) == 1 and any(say("board.cases.title", language, n=case.number) in words for words in links(board))
    assert key not in [button.key for button in board.button]


def test_a_case_is_opened_from_a_storys_post(rich: House) -> None:
    story = rich.service.story_lines(BRAND, since=NOW - timedelta(days=2), limit=1)[0].count.id
    board = visit("story", who=ME, lang="en", story=story)
    click(board, next(str(button.key) for button in board.button if (button.key or "").startswith("case_")))
    assert [one.story for one in rich.store.cases()] == [story]


def test_an_alerts_case_holds_its_evidence_and_handles_it(rich: House) -> None:
    alert = next(one for one in rich.service.alerts(brand=BRAND) if one.state is AlertState.FIRING and one.evidence)
    board = visit("open_alerts", who=ME, lang="en", alert=alert.fingerprint)
    board.text_area(key="case_why").set_value("asked to be called back").run()
    people = rich.service.people_of_alert(alert)
    if len(people) > 1:
        assert board.selectbox(key="case_of").options[0] == say("board.cases.whose.story", "en", n=len(people))
    board = click(board, "case_open")
    [case] = rich.store.cases()
    assert case.owner == ME and case.shared == (len(people) > 1)
    handled = rich.store.alert(alert.fingerprint)
    assert case.alert == alert.fingerprint and set(case.mentions) <= set(alert.evidence) and case.severity is alert.severity
    assert handled is not None and handled.state is AlertState.HANDLED and handled.acknowledged_by == ME
    assert any(one.what == "handle: پروندهٔ ۱" for one in rich.store.events(subject=alert.fingerprint))
    assert any(f"Case {case.number}" in words for words in links(board)) and "Open a case" not in labels(board)


def test_of_an_alert_of_several_people_each_gets_a_case_and_none_is_taken_where_nobody_says_so(rich: House) -> None:
    found = next(one for one in rich.service.alerts(brand=BRAND) if one.state is AlertState.FIRING and len(rich.service.people_of_alert(one)) > 1)
    alert = replace(found, evidence=found.evidence[:6], updated_at=NOW)
    rich.store.save_pass(at=NOW, alerts=[alert])
    assert 1 < len(rich.service.people_of_alert(alert)) < 7
    board = visit("open_alerts", who=ME, lang="en", alert=alert.fingerprint)
    board.selectbox(key="case_of").set_value("each").run()
    board.checkbox(key="case_taken").uncheck().run()
    click(board, "case_open")
    cases, still = rich.store.cases(), rich.store.alert(alert.fingerprint)
    assert len(cases) == len(rich.service.people_of_alert(alert)) and not any(one.shared or one.owner for one in cases)
    assert still is not None and still.state is AlertState.FIRING


def test_nobody_opens_a_case_without_a_name(rich: House) -> None:
    board = visit("mentions", lang="en", label="negative")
    assert all(button.disabled for button in board.button if (button.key or "").startswith("case_"))
    assert rich.store.cases() == []
