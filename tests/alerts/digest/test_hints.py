"""What the figures suggest to decide: after people's own, at most three, each with a link, and said to be a suggestion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from alerts.digest import build
from alerts.digest.care import commonest
from alerts.digest.figures import Figures
from alerts.digest.nouns import CareFacts, Day, Doubted, Estimate, Facts, Fired, Section, Subject, Tally, Unseen
from alerts.digest.periods import parse
from listener.types import Alert, AlertState, Decision, MentionKey, Severity
from listener.types.care import Case, CaseKind, CaseState, Promise, PromiseState, Remedy

WEEK = parse("1405-W35")
AT = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
DAY = timedelta(days=1)
CALM = Tally(300, 45, 180, 75, 0, 0, 250, 1.0, Estimate(0.12, 0.07, 0.18))
NO_CARE = CareFacts(0, 0, 0, 0, (), (), 0, (), (), 0, (), ())


def facts(**more: Any) -> Facts:
    return Facts("Peyk", WEEK, AT, CALM, CALM, board="https://board.example.ir", **more)


def case(number: int = 7, owner: str | None = None, **more: Any) -> Case:
    return Case(number, "Peyk", CaseKind.COMPLAINT, CaseState.ASSIGNED, Severity.P2, AT - 3 * DAY, "sara", AT - 3 * DAY, (MentionKey("rss", "1"),), owner=owner, **more)


def promise(case_number: int | None = None) -> Promise:
    return Promise("p", "Peyk", "refund", "money back by Tuesday", AT - 5 * DAY, AT - DAY, PromiseState.CONFIRMED, case=case_number)


def alert(**more: Any) -> Fired:
    return Fired(Alert("spike", "Peyk", AT - 3 * DAY, AT - 3 * DAY, 30.0, 3.0, Severity.P1, AlertState.FIRING, **more), "a spike")


def decided(known: Facts) -> Section | None:
    return next((one for one in build(known, "en").sections if one.name == "decisions"), None)


HINTS: Mapping[str, tuple[dict[str, Any], str, str]] = {
    "an alert nobody took": ({"alerts": (alert(),)}, "Nobody took this alert: “a spike” (Wednesday 18 November, 04:30). Who answers it?", "alert="),
    "alerts nobody took": ({"alerts": (alert(), alert(), alert())}, "Of 3 alerts that called somebody nobody took 3, the gravest: “a spike” (Wednesday 18 "
                           "November, 04:30); “a spike” (Wednesday 18 November, 04:30). Who answers them?", "/alerts?"),
    "a promise past its time": ({"care": replace(NO_CARE, late=(promise(7),))}, "One promise is past its time: who keeps it, and what do we tell the customer?",
                                "case=7"),
    "cases overdue, some of nobody": ({"care": replace(NO_CARE, open=2, unowned=1, overdue=(case(1), case(2, "sara")))},
                                      "2 cases are overdue, 1 of them without an owner: who takes them?", "show=overdue"),
    "cases of nobody": ({"care": replace(NO_CARE, open=3, unowned=3)}, "3 open cases have no owner: who takes them?", "/cases?"),
    "a topic that grew": ({"subjects": (Subject("t1", {"en": ("cold food",)}, 60, 20), Subject("t2", {"en": ("late courier",)}, 90, 30))},
                          "Complaints about “late courier” grew most (90 posts against 30 last week): what do we do, and what do we say?", "topic=t2"),
    "a source dark all week": ({"unseen": (Unseen("rss", 7 * DAY, timedelta(0)), Unseen("web", DAY, timedelta(0)))},
                               "rss showed nothing this week: do we mend it or take it out?", "/sources?"),
    "a rule that is mostly wrong": ({"doubted": (Doubted("spike", 1, 9),)}, "Rule spike was mostly wrong (right once of 9): do we set it otherwise?", "rule=spike"),
}


@pytest.mark.parametrize("name", HINTS)
def test_the_figures_suggest_what_there_is_to_decide(name: str) -> None:
    known, sentence, link = HINTS[name]
    section = decided(facts(**known))
    assert section is not None
    [line] = section.lines
    assert line.text.replace("\u2068", "").replace("\u2069", "") == f"Suggested by the figures: {sentence}"
    assert line.url is not None and link in line.url


def test_people_come_first_and_a_page_holds_three() -> None:
    asked = tuple(Decision(n, "Peyk", WEEK.name, f"ours {n}", "sara", date(2026, 11, 24), "ali", AT) for n in range(2))
    many = {key: value for name, (known, _, _) in HINTS.items() if name != "alerts nobody took" for key, value in known.items() if key != "care"}
    section = decided(facts(decisions=asked, care=replace(NO_CARE, late=(promise(),), overdue=(case(),), open=1), **many))
    assert section is not None and len(section.lines) == 3
    assert ["Suggested" in line.text for line in section.lines] == [False, False, True] and "Nobody took this alert" in section.lines[2].text
    alone = decided(facts(care=replace(NO_CARE, late=(promise(),), overdue=(case(),), open=1, unowned=1), **many))
    assert alone is not None and len(alone.lines) == 3 and all(line.text.startswith("Suggested by the figures:") for line in alone.lines)


def test_the_suggestion_counts_the_alerts_that_the_section_of_alerts_counts() -> None:
    """A P3 calls nobody and waits for nobody to take it: neither place counts it among those that were not taken."""
    mild = replace(alert(), alert=replace(alert().alert, severity=Severity.P3), title="a murmur")
    known = facts(alerts=(alert(), mild))
    told = next(one for one in build(known, "en").sections if one.name == "alerts")
    assert told.lines[0].text.startswith("2 alerts raised") and told.lines[1].text == "One of 2 alerts called somebody; nobody took it"
    section = decided(known)
    assert section is not None and [line.text.count("a spike") for line in section.lines] == [1] and "murmur" not in section.lines[0].text


def test_where_complaints_rose_the_largest_risen_subject_is_suggested_though_none_rose_surely_alone() -> None:
    angry, parts = replace(CALM, negative=110, neutral=130, positive=60), (("delivery", 26, 12), ("price", 24, 14), ("other", 40, 9), ("staff", 20, 10))
    section = decided(replace(facts(subjects=tuple(Subject(id, {}, now, before, aspect=True) for id, now, before in parts),
                                    past=((Day(date(2026, 11, 1), 30, 2, 1.0), Day(date(2026, 11, 2), 30, 6, 1.0)),)), now=angry))
    assert section is not None
    assert section.lines[0].text.endswith("Complaints about “delivery” grew most (26 posts against 12 last week): what do we do, and what do we say?")


def test_a_week_in_which_nothing_waits_suggests_nothing() -> None:
    taken = alert(acknowledged_at=AT - 2 * DAY)
    grown = Subject("t1", {"en": ("cold food",)}, 22, 20)
    assert decided(facts(alerts=(taken,), care=replace(NO_CARE, open=2), subjects=(grown,), unseen=(Unseen("rss", DAY, timedelta(0)),))) is None


def test_what_cases_came_to_is_told_only_where_one_thing_is_commonest() -> None:
    ended = [case(n, cause="refund", remedy=remedy) for n, remedy in enumerate((Remedy.REFUND, Remedy.REFUND, Remedy.GIFT))]
    found = commonest(ended)
    assert found is not None and (found.cause, found.caused, found.causes, found.remedy, found.remedied, found.remedies) == ("refund", 3, 3, Remedy.REFUND, 2, 3)
    equal = commonest(ended[1:])
    assert equal is not None and equal.remedy is None and equal.cause == "refund"
    assert commonest([case()]) is None


def test_the_topics_show_root_cause_and_remedy_where_cases_ended() -> None:
    treated = commonest([case(1, cause="delivery", remedy=Remedy.REFUND), case(2, cause="house_rule", remedy=Remedy.REFUND), case(3, cause="delivery", remedy=Remedy.FIX)])
    known = facts(subjects=(Subject("t1", {"en": ("cold food",)}, 30, 10, treated=treated), Subject("t2", {"en": ("late",)}, 12, 11)))
    section = next(one for one in build(known, "en").sections if one.name == "topics")
    assert section.grid is not None and section.grid.columns[-2:] == ("Root cause", "Remedy")
    assert [cell.text for cell in section.grid.rows[0].cells[-2:]] == ["delivery (2 of 3)", "Refunded (2 of 3)"]
    assert [cell.text for cell in section.grid.rows[1].cells[-2:]] == ["", ""]
    plain = next(one for one in build(facts(subjects=(Subject("t1", {"en": ("cold food",)}, 30, 10),)), "en").sections if one.name == "topics")
    assert plain.grid is not None and "Remedy" not in plain.grid.columns


def test_an_aspect_of_the_house_bears_its_own_name() -> None:
    known = facts(subjects=(Subject("queue", {}, 30, 10, aspect=True),), names={"queue": {"fa": "صف صندوق", "en": "waiting in line"}})
    section = next(one for one in build(known, "en").sections if one.name == "topics")
    assert section.grid is not None and "waiting in line" in section.grid.rows[0].cells[0].text
    assert "صف صندوق" in Figures("fa").aspect("queue", known.names)
