"""What becomes of findings when all that is open is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts import engine, lifecycle
from alerts.engine import Policy, decide
from listener.types import Alert, AlertState, Campaign, Finding, MentionKey, Reason, Severity, Silence
from tests.alerts.world import DAY, HOUR, SATURDAY

MINUTE = timedelta(minutes=1)


def a_finding(rule: str = "spike", subject: str = "اسنپ", *, minutes: float = 0, severity: Severity = Severity.P2, firing: bool = True,
              posts: tuple[str, ...] = ("1",), story: str | None = None, **why: Any) -> Finding:
    at = SATURDAY + minutes * MINUTE
    figures = {"authors": 12, "scored": 40, "unsure": 2, "ratio": 1.5, "level": 1, "spread": 1, "series": "negative", "new": True, **why}
    return Finding(rule, subject, at, at - HOUR, 31, 3, severity, firing, tuple(MentionKey("x", f"{subject}-{one}") for one in posts), figures, story)


def end(decided: list[tuple[Alert, Reason]], rule: str, subject: str = "اسنپ") -> tuple[Alert, list[Reason]]:
    """Return the last state of an alert and all reasons it was named with."""
    mine = [(alert, reason) for alert, reason in decided if (alert.rule, alert.subject) == (rule, subject)]
    return mine[-1][0], [reason for _, reason in mine]


def at(minutes: float) -> Any:
    return SATURDAY + minutes * MINUTE


def test_a_finding_becomes_an_alert_with_its_severity_in_parts() -> None:
    alert, reasons = end(decide([a_finding()], [], [], Policy(), at=at(1)), "spike")
    assert reasons == [Reason.FIRST] and alert.state is AlertState.FIRING
    assert set(alert.why["severity"]) == {"harm", "spread", "trust"}


def test_what_a_mostly_wrong_rule_says_waits_for_the_digest() -> None:
    alert, reasons = end(decide([a_finding(severity=Severity.P1)], [], [], Policy(demoted=frozenset({"spike"})), at=at(1)), "spike")
    assert alert.severity is Severity.P3 and alert.why["demoted"] and reasons == [Reason.FIRST]


def test_a_rule_of_another_name_is_another_rule() -> None:
    decided = decide([a_finding("spike/volume"), a_finding("spike", posts=("2",))], [], [], Policy(demoted=frozenset({"spike/volume"})), at=at(1))
    assert end(decided, "spike/volume")[0].severity is Severity.P3 and "demoted" not in end(decided, "spike")[0].why


CAMPAIGN = Campaign("اسنپ", "یلدا", at(-60), at(120))


def test_volume_is_expected_in_a_campaign_and_told_of_when_it_outlives_it() -> None:
    policy = Policy(campaigns=(CAMPAIGN,))
    decided = decide([a_finding("spike/volume", series="mentions")], [], [], policy, at=at(1))
    alert, reasons = end(decided, "spike/volume")
    assert reasons == [Reason.INHIBITED] and alert.why["inhibited_by"] == "campaign:یلدا" and not alert.why[lifecycle.TOLD]
    assert decide([], [alert], [], policy, at=at(119)) == []
    later, reasons = end(decide([], [alert], [], policy, at=at(121)), "spike/volume")
    assert reasons == [Reason.FIRST] and "inhibited_by" not in later.why


def test_anger_is_not_expected_in_a_campaign() -> None:
    policy = Policy(campaigns=(CAMPAIGN,))
    assert end(decide([a_finding(angrier=True)], [], [], policy, at=at(1)), "spike")[1] == [Reason.FIRST]
    assert end(decide([a_finding(angrier=False)], [], [], policy, at=at(1)), "spike")[1] == [Reason.INHIBITED]
    assert end(decide([a_finding("negative_share")], [], [], policy, at=at(1)), "negative_share")[1] == [Reason.FIRST]
    assert end(decide([a_finding(subject="تپسی", angrier=False)], [], [], policy, at=at(1)), "spike", "تپسی")[1] == [Reason.FIRST]


def test_volume_of_a_source_that_is_down_is_not_told_until_it_is_back() -> None:
    down, _ = end(decide([a_finding("stale_source", "isna", posts=())], [], [], Policy(), at=at(0)), "stale_source", "isna")
    alert, reasons = end(decide([a_finding(minutes=1, sources=["isna"])], [down], [], Policy(), at=at(1)), "spike")
    assert reasons == [Reason.INHIBITED] and alert.why["inhibited_by"] == down.fingerprint
    assert end(decide([a_finding(minutes=1, sources=["isna", "x"])], [down], [], Policy(), at=at(1)), "spike")[1] == [Reason.FIRST]
    back = decide([a_finding("stale_source", "isna", minutes=5, firing=False, posts=())], [down, alert], [], Policy(), at=at(6))
    assert end(back, "spike")[1] == [Reason.FIRST]


def test_a_second_tripwire_on_the_same_post_joins_the_first_unless_it_is_worse() -> None:
    first, _ = end(decide([a_finding("big_voice", severity=Severity.P2, harm=1)], [], [], Policy(), at=at(0)), "big_voice")
    joined, reasons = end(decide([a_finding("ignored_case", minutes=2)], [first], [], Policy(), at=at(2)), "ignored_case")
    assert joined.severity >= first.severity and reasons == [Reason.INHIBITED] and joined.why["inhibited_by"] == first.fingerprint
    other = end(decide([a_finding("ignored_case", minutes=2, posts=("1", "8", "9"))], [first], [], Policy(), at=at(2)), "ignored_case")
    assert other[1] == [Reason.FIRST]
    mild = replace(first, severity=Severity.P3)
    assert end(decide([a_finding("ignored_case", minutes=2)], [mild], [], Policy(), at=at(2)), "ignored_case")[1] == [Reason.FIRST]


def test_one_post_does_not_hide_a_storm_nor_a_storm_a_death() -> None:
    harm, _ = end(decide([a_finding("harm", harm=3)], [], [], Policy(), at=at(0)), "harm")
    storm, reasons = end(decide([a_finding(minutes=80, level=2, spread=2)], [harm], [], Policy(), at=at(80)), "spike")
    assert reasons == [Reason.FIRST] and storm.severity is Severity.P1
    assert end(decide([a_finding("harm", minutes=90, harm=3)], [storm], [], Policy(), at=at(90)), "harm")[1] == [Reason.FIRST]


def test_one_harm_does_not_stand_for_another() -> None:
    fire, _ = end(decide([a_finding("harm", story="fire", harm=3)], [], [], Policy(), at=at(0)), "harm")
    assert end(decide([a_finding("harm", minutes=5, story="leak", posts=("2",), harm=3)], [fire], [], Policy(), at=at(5)), "harm")[1] == [Reason.FIRST]


def test_nothing_milder_speaks_for_a_grave_harm_and_harm_speaks_for_the_voice() -> None:
    voice, death = a_finding("big_voice", story="s", harm=1), a_finding("harm", story="s", harm=3)
    told = decide([voice, death], [], [], Policy(), at=at(1))
    assert end(told, "harm")[1] == [Reason.FIRST]
    held, reasons = end(told, "big_voice")
    assert reasons == [Reason.INHIBITED] and held.why["inhibited_by"] == end(told, "harm")[0].fingerprint
    for severity in (3, 1):  # a loud voice as bad as the harm takes nothing from it either
        first, _ = end(decide([replace(voice, why={**voice.why, "harm": severity})], [], [], Policy(), at=at(1)), "big_voice")
        assert end(decide([replace(death, at=at(5))], [first], [], Policy(), at=at(5)), "harm")[1] == [Reason.FIRST]
    harm, _ = end(decide([death], [], [], Policy(), at=at(1)), "harm")
    for milder in ("big_voice", "ignored_case"):
        assert end(decide([a_finding(milder, minutes=5, story="s")], [harm], [], Policy(), at=at(5)), milder)[1] == [Reason.INHIBITED]


def test_the_same_posts_of_a_graver_harm_are_told_though_a_milder_one_was() -> None:
    court, _ = end(decide([a_finding("harm", story="a", harm=2, category="law.court")], [], [], Policy(), at=at(0)), "harm")
    graver = a_finding("harm", minutes=5, story="b", harm=3, category="death")
    assert end(decide([graver], [court], [], Policy(), at=at(5)), "harm")[1] == [Reason.FIRST]


def test_the_third_brand_of_a_sector_is_told_with_its_name() -> None:
    three = replace(SECTORS, sectors={**SECTORS.sectors, "ماکسیم": "تاکسی"}, peers=frozenset())
    first = decide([a_finding()], [], [], three, at=at(0))
    both = decide([a_finding(subject="تپسی", minutes=20)], [alert for alert, _ in first], [], three, at=at(20))
    alerts = {alert.fingerprint: alert for alert, _ in [*first, *both]}
    third = decide([a_finding(subject="ماکسیم", minutes=40)], list(alerts.values()), [], three, at=at(40))
    incident, reasons = end(third, "sector", "تاکسی")
    assert reasons == [Reason.REPEAT] and incident.why["brands"] == sorted(["اسنپ", "تپسی", "ماکسیم"])


def test_volume_stays_expected_while_any_campaign_runs() -> None:
    policy = Policy(campaigns=(CAMPAIGN, replace(CAMPAIGN, name="جمعهٔ سیاه", end=at(600))))
    alert, _ = end(decide([a_finding(angrier=False)], [], [], policy, at=at(1)), "spike")
    assert decide([], [alert], [], policy, at=at(130)) == [] and end(decide([], [alert], [], policy, at=at(601)), "spike")[1] == [Reason.FIRST]


def test_the_end_of_an_inhibited_alert_is_told_to_nobody() -> None:
    policy = Policy(campaigns=(CAMPAIGN,))
    alert, _ = end(decide([a_finding(angrier=False)], [], [], policy, at=at(1)), "spike")
    over, reasons = end(decide([a_finding(minutes=30, firing=False)], [alert], [], policy, at=at(31)), "spike")
    assert reasons == [Reason.NONE] and over.state is AlertState.RESOLVED


def test_a_silence_keeps_people_from_being_told_and_ends() -> None:
    silence = Silence("اسنپ", "*", "سارا", "مهمانی", at(-5), at(60))
    alert, reasons = end(decide([a_finding()], [], [silence], Policy(), at=at(1)), "spike")
    assert reasons == [Reason.SILENCED]
    assert end(decide([], [alert], [silence], Policy(), at=at(61)), "spike")[1] == [Reason.FIRST]


def test_a_tripwire_ends_by_itself_at_its_own_time_and_not_when_somebody_looks() -> None:
    alert, _ = end(decide([a_finding("harm", lasts=3600)], [], [], Policy(), at=at(0)), "harm")
    assert decide([], [alert], [], Policy(), at=at(59)) == []
    over, reasons = end(decide([], [alert], [], Policy(), at=at(500)), "harm")
    assert over.resolved_at == at(60) and reasons == [Reason.RESOLVED]


SECTORS = Policy(sectors={"اسنپ": "تاکسی", "تپسی": "تاکسی", "ماکسیم": "تاکسی", "بانک": "بانک"}, peers=frozenset({"ماکسیم"}))


def test_two_brands_of_a_sector_are_one_incident_that_names_them() -> None:
    first = decide([a_finding()], [], [], SECTORS, at=at(0))
    both = decide([a_finding(subject="تپسی", minutes=30)], [end(first, "spike")[0]], [], SECTORS, at=at(30))
    incident, reasons = end(both, "sector", "تاکسی")
    assert reasons == [Reason.FIRST] and incident.why["brands"] == ["اسنپ", "تپسی"]
    joined, reasons = end(both, "spike", "تپسی")
    assert reasons == [Reason.INHIBITED] and joined.why["inhibited_by"] == incident.fingerprint
    assert {key.id for key in incident.evidence} == {"اسنپ-1", "تپسی-1"}


def test_brands_of_other_sectors_and_of_other_hours_are_no_incident() -> None:
    first = end(decide([a_finding()], [], [], SECTORS, at=at(0)), "spike")[0]
    for late in (a_finding(subject="تپسی", minutes=121), a_finding(subject="بانک", minutes=3)):
        decided = decide([late], [first], [], SECTORS, at=late.at)
        assert not [alert for alert, _ in decided if alert.rule == engine.SECTOR]


def test_a_peer_counts_for_an_incident_and_is_told_of_to_nobody() -> None:
    peer, reasons = end(decide([a_finding(subject="ماکسیم")], [], [], SECTORS, at=at(0)), "spike", "ماکسیم")
    assert reasons == [Reason.NONE] and peer.state is AlertState.CANDIDATE
    both = decide([a_finding(minutes=20)], [peer], [], SECTORS, at=at(20))
    assert end(both, "sector", "تاکسی")[0].why["own"] == ["اسنپ"]


STEPS = st.lists(st.tuples(st.sampled_from(["spike", "spike/volume", "negative_share", "harm", "big_voice"]), st.sampled_from(["اسنپ", "تپسی", "بانک"]),
                           st.integers(0, 600), st.booleans(), st.sampled_from(["1", "2", "3"])), max_size=25)


@given(STEPS)
def test_many_looks_decide_what_one_look_decides(steps: list[tuple[str, str, int, bool, str]]) -> None:
    findings = sorted((a_finding(rule, subject, minutes=minutes, firing=firing or rule in ("harm", "big_voice"), posts=(post,),
                                 **({"lasts": 3600} if rule in ("harm", "big_voice") else {}))
                       for rule, subject, minutes, firing, post in steps), key=lambda one: (one.at, one.rule, one.subject))
    policy = replace(SECTORS, campaigns=(CAMPAIGN,))
    whole = {alert.fingerprint: alert for alert, _ in decide(findings, [], [], policy, at=SATURDAY + DAY)}
    alerts: dict[str, Alert] = {}
    for moment in sorted({one.at for one in findings}):
        now = [one for one in findings if one.at == moment]
        alerts |= {alert.fingerprint: alert for alert, _ in decide(now, list(alerts.values()), [], policy, at=moment)}
    alerts |= {alert.fingerprint: alert for alert, _ in decide([], list(alerts.values()), [], policy, at=SATURDAY + DAY)}
    assert {name: (a.state, a.severity, a.evidence, a.fired_at) for name, a in alerts.items()} \
        == {name: (a.state, a.severity, a.evidence, a.fired_at) for name, a in whole.items()}


def test_one_more_of_the_kind_joins_what_still_rings_and_is_told_once_somebody_has_it() -> None:
    first, _ = end(decide([a_finding("resurfaced", story="a")], [], [], Policy(), at=at(0)), "resurfaced")
    [(second, reason)] = decide([a_finding("resurfaced", minutes=20, story="b", posts=("2",))], [first], [], Policy(), at=at(20))
    assert reason is Reason.INHIBITED
    taken = lifecycle.acknowledge(first, "سارا", at(25))
    assert [reason for _, reason in decide([], [taken, second], [], Policy(), at=at(26))] == [Reason.FIRST]


def test_an_alert_speaks_for_alerts_and_not_for_findings() -> None:
    decided = decide([a_finding("harm", harm=3, story="s"), *(a_finding("big_voice", minutes=n, story="s") for n in range(1, 9))], [], [], Policy(), at=at(9))
    leads = end(decided, "harm")[0].fingerprint
    assert len([1 for alert, _ in decided if alert.why.get("inhibited_by") == leads]) > 1
    assert [one.rule for one in lifecycle.held_by(alert for alert, _ in decided)[leads]] == ["big_voice"]
