"""One matter of several people: its customer is nobody in particular, and each of them counts for themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from listener.service import EACH, STORY
from listener.service.screen_pop import card
from listener.types import Alert, AlertState, Label, Severity
from listener.types.care import CaseState, Remedy
from tests.listener.test_care import BRAND, Desk, desk

__all__ = ["desk"]

SARA, ALI, MINA = (f"mastodon:{name}" for name in ("sara", "ali", "mina"))


@pytest.fixture
def alert(desk: Desk) -> Alert:
    keys = tuple(desk.says(text, author=name) for text, name in (("باز قطع شد", "sara"), ("قطع است", "ali"), ("هنوز قطع است", "sara"), ("قطع", "mina")))
    made = Alert("spike", BRAND, desk.at, desk.at, 5.0, 1.0, Severity.P2, AlertState.FIRING, keys, updated_at=desk.at)
    desk.store.save_pass(at=desk.at, alerts=[made])
    return made


def state(desk: Desk, alert: Alert) -> AlertState:
    found = desk.store.alert(alert.fingerprint)
    assert found is not None
    return found.state


def test_the_story_is_one_case_without_a_customer(desk: Desk, alert: Alert) -> None:
    assert desk.service.people_of_alert(alert) == {SARA: 2, ALI: 1, MINA: 1}
    [case] = desk.service.open_cases_of(alert.fingerprint, "مریم", of=STORY)
    assert case.shared and case.author is None and len(case.mentions) == 4 and state(desk, alert) is AlertState.FIRING
    view = desk.service.case(case.number)
    assert view is not None and view.others == ()


def test_each_author_has_a_case_and_the_alert_is_handled_when_all_have_owners(desk: Desk, alert: Alert) -> None:
    cases = desk.service.open_cases_of(alert.fingerprint, "مریم", of=EACH)
    assert [(one.author, len(one.mentions), one.shared) for one in cases] == [(SARA, 2, False), (ALI, 1, False), (MINA, 1, False)]
    for one in cases[:2]:
        desk.service.assign_case(one.number, "مریم")
    assert state(desk, alert) is AlertState.FIRING
    desk.service.assign_case(cases[2].number, "مریم", unit="مالی")
    assert state(desk, alert) is AlertState.HANDLED
    assert {one.number for one in desk.service.cases_of_alert(alert)} == {one.number for one in cases}


def test_one_author_is_chosen_and_taken(desk: Desk, alert: Alert) -> None:
    [case] = desk.service.open_cases_of(alert.fingerprint, "مریم", of=ALI, take=True)
    assert (case.author, case.owner, len(case.mentions)) == (ALI, "مریم", 1) and state(desk, alert) is AlertState.HANDLED
    with pytest.raises(ValueError, match="wrote nothing of the alert's evidence"):
        desk.service.open_cases_of(alert.fingerprint, "مریم", of="mastodon:nobody")


def test_linked_accounts_are_one_customer(desk: Desk) -> None:
    keys = [desk.says("قطع است", author=name) for name in ("sara", "sara2")]
    desk.service.link_customer([SARA, "mastodon:sara2"], "مریم")
    case = desk.service.open_case(keys, "مریم")
    assert case.author == SARA and not case.shared


def test_each_of_them_comes_back_or_does_not(desk: Desk, alert: Alert) -> None:
    [case] = desk.service.open_cases_of(alert.fingerprint, "مریم", take=True)
    desk.service.resolve_case(case.number, "مریم", "درست شد", remedy=Remedy.FIX)
    desk.at += timedelta(days=5)
    desk.says("ممنون، عالی شد", Label.POSITIVE, author="sara")
    desk.says("باز قطع شد", author="ali", intent="complaint")
    desk.passes(days=90)
    view = desk.service.win_back(BRAND, days=30)
    assert (view.rate.positive, view.rate.negative, view.rate.silent, view.rate.n, view.unknown) == (1, 1, 1, 3, 0)
    ended = desk.store.case(case.number)
    assert ended is not None and ended.state is CaseState.RESOLVED  # of several people no one outcome is the case's
    cards = {name: desk.service.customer(name) for name in (SARA, ALI, MINA)}
    assert {name: (one.won_back, len(one.cases)) for name, one in cards.items() if one} == {SARA: (1, 1), ALI: (0, 1), MINA: (0, 1)}


def test_a_screen_pop_says_that_the_matter_is_of_several(desk: Desk, alert: Alert) -> None:
    desk.service.open_cases_of(alert.fingerprint, "مریم")
    view = desk.service.customer(ALI)
    assert view is not None
    assert [one["several"] for one in card(view)["cases"]] == [True]


def test_of_a_case_of_nobody_known_nothing_is_said_to_have_become_silent(desk: Desk) -> None:
    case = desk.service.open_case([desk.says("بد بود", author=name) for name in ("a", "b")], "مریم")
    desk.service.resolve_case(case.number, "مریم", "گفتیم", remedy=Remedy.EXPLAIN)
    desk.passes(days=31)
    found = desk.store.case(case.number)
    assert found is not None and found.state is CaseState.RESOLVED
