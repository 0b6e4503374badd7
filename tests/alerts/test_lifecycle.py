"""The life of an alert, and who is told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import lifecycle
from listener.types import Alert, AlertState, Finding, MentionKey, Reason, Severity, Silence
from tests.alerts.world import DAY, HOUR, SATURDAY

P1, P2, P3 = Severity.P1, Severity.P2, Severity.P3
FIRING, ACKNOWLEDGED, RESOLVED = AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.RESOLVED


def a_finding(hours: float = 0, *, value: float = 31, severity: Severity = P2, firing: bool = True, rule: str = "spike",
              subject: str = "چابک‌سبد", keys: tuple[str, ...] = ("1",), **why: object) -> Finding:
    at = SATURDAY + hours * HOUR
    return Finding(rule, subject, at, at - HOUR, value, 3, severity, firing, tuple(MentionKey("x", k) for k in keys), why)


def a_calm(hours: float) -> Finding:
    return a_finding(hours, firing=False, keys=())


def lived(*findings: Finding, alerts: tuple[Alert, ...] = (), silences: tuple[Silence, ...] = ()) -> list[tuple[Alert, Reason]]:
    """Feed findings one at a time, as the pipeline does."""
    held = list(alerts)
    decided = []
    for finding in findings:
        for alert, reason in lifecycle.advance(held, [finding], silences):
            held = [one for one in held if one.fingerprint != alert.fingerprint] + [alert]
            decided.append((alert, reason))
    return decided


def reasons(decided: list[tuple[Alert, Reason]]) -> list[Reason]:
    return [reason for _, reason in decided]


def a_silence(hours: float = 5, **changes: str) -> Silence:
    return replace(Silence("*", "*", "sara", "a campaign", SATURDAY - HOUR, SATURDAY + hours * HOUR), **changes)  # type: ignore[arg-type]


def test_the_first_finding_is_told_at_once() -> None:
    [(alert, reason)] = lived(a_finding())
    assert (alert.state, reason) == (FIRING, Reason.FIRST)
    assert (alert.starts_at, alert.fired_at, alert.value) == (SATURDAY - HOUR, SATURDAY, 31)


def test_nobody_is_told_twice_of_the_same() -> None:
    assert reasons(lived(a_finding(), a_finding(1, value=40), a_finding(2, value=90))) == [Reason.FIRST, Reason.NONE, Reason.NONE]


def test_the_second_finding_brings_new_figures_and_evidence_to_the_same_alert() -> None:
    (first, _), (second, _) = lived(a_finding(keys=("1", "2")), a_finding(1, value=40, keys=("2", "3")))
    assert first.fingerprint == second.fingerprint and second.value == 40
    assert [key.id for key in second.evidence] == ["1", "2", "3"]


def test_people_are_told_again_when_severity_rises_and_only_then() -> None:
    decided = lived(a_finding(severity=P3), a_finding(1, severity=P2), a_finding(2, severity=P2), a_finding(3, severity=P1))
    assert reasons(decided) == [Reason.FIRST, Reason.ESCALATED, Reason.NONE, Reason.ESCALATED]


def test_severity_never_falls_during_one_life() -> None:
    assert [alert.severity for alert, _ in lived(a_finding(severity=P1), a_finding(1, severity=P3))] == [P1, P1]


def test_the_end_is_told_once() -> None:
    decided = lived(a_finding(), a_calm(3), a_calm(4))
    assert reasons(decided) == [Reason.FIRST, Reason.RESOLVED]
    assert decided[-1][0].state is RESOLVED and decided[-1][0].resolved_at == SATURDAY + 3 * HOUR


def test_the_end_of_nothing_is_nothing() -> None:
    assert lived(a_calm(3)) == []


def test_an_acknowledgement_lasts_until_the_alert_clears() -> None:
    taken = lifecycle.acknowledge(lived(a_finding())[0][0], "sara", SATURDAY + HOUR)
    decided = lived(a_finding(2, value=40), a_finding(20, value=50), a_calm(30), alerts=(taken,))
    assert [a.state for a, _ in decided] == [ACKNOWLEDGED, ACKNOWLEDGED, RESOLVED]
    assert reasons(decided) == [Reason.NONE, Reason.NONE, Reason.RESOLVED]
    assert decided[-1][0].acknowledged_by == "sara"


@pytest.mark.parametrize(("worse", "reason"), [(a_finding(2, severity=P1), Reason.ESCALATED), (a_finding(2, value=62), Reason.REPEAT)],
                         ids=["severity up", "twice as many since"])
@pytest.mark.parametrize("take", [lifecycle.acknowledge, lifecycle.handle])
def test_what_was_taken_is_open_again_when_it_grows_worse(worse: Finding, reason: Reason, take: object) -> None:
    taken = take(lived(a_finding())[0][0], "sara", SATURDAY + HOUR)  # type: ignore[operator]
    [(alert, why)] = lived(worse, alerts=(taken,))
    assert (alert.state, why, alert.acknowledged_by, alert.acknowledged_at) == (FIRING, reason, None, None)


def test_twice_as_many_is_counted_from_when_it_was_taken() -> None:
    alert = lived(a_finding(), a_finding(1, value=60))[-1][0]
    taken = lifecycle.acknowledge(alert, "sara", SATURDAY + HOUR)
    assert reasons(lived(a_finding(2, value=100), a_finding(3, value=120), alerts=(taken,))) == [Reason.NONE, Reason.REPEAT]


def test_a_person_can_close_it_and_is_named() -> None:
    closed = lifecycle.resolve(lived(a_finding())[0][0], "sara", SATURDAY + HOUR)
    assert (closed.state, closed.resolved_at, closed.why["resolved_by"]) == (RESOLVED, SATURDAY + HOUR, "sara")


@pytest.mark.parametrize("act", [lifecycle.acknowledge, lifecycle.handle, lifecycle.resolve])
def test_what_is_over_cannot_be_taken(act: object) -> None:
    over = lived(a_finding(), a_calm(1))[-1][0]
    assert act(over, "sara", SATURDAY + DAY) is over  # type: ignore[operator]


def test_only_what_is_over_can_be_reviewed() -> None:
    alive, over = lived(a_finding())[0][0], lived(a_finding(), a_calm(1))[-1][0]
    assert lifecycle.review(alive, SATURDAY) is alive
    assert lifecycle.review(over, SATURDAY + DAY).state is AlertState.REVIEWED


def test_a_candidate_is_seen_but_nobody_is_called_until_it_fires() -> None:
    decided = lived(a_finding(candidate=True), a_finding(1, candidate=True), a_finding(2, candidate=False))
    assert [a.state for a, _ in decided] == [AlertState.CANDIDATE, AlertState.CANDIDATE, FIRING]
    assert reasons(decided) == [Reason.NONE, Reason.NONE, Reason.FIRST]


def test_a_candidate_that_clears_was_never_told_and_is_not_told_now() -> None:
    assert reasons(lived(a_finding(candidate=True), a_calm(1))) == [Reason.NONE, Reason.NONE]


@pytest.mark.parametrize("silence", [a_silence(), a_silence(subject="چابک‌سبد"), a_silence(rule="spike")], ids=["all", "brand", "rule"])
def test_a_silence_keeps_people_from_being_told_but_the_alert_lives(silence: Silence) -> None:
    decided = lived(a_finding(), a_calm(3), silences=(silence,))
    assert [(a.state, r) for a, r in decided] == [(FIRING, Reason.SILENCED), (RESOLVED, Reason.NONE)]


@pytest.mark.parametrize("silence", [a_silence(subject="another"), a_silence(rule="stale_source"), a_silence(hours=-0.5)],
                         ids=["another brand", "another rule", "one that ended"])
def test_a_silence_about_something_else_keeps_nothing_back(silence: Silence) -> None:
    assert reasons(lived(a_finding(), silences=(silence,))) == [Reason.FIRST]


def test_when_a_silence_ends_people_are_told_of_what_still_burns() -> None:
    [(alert, _)] = lived(a_finding(), silences=(a_silence(1),))
    assert lifecycle.advance([alert], [], [a_silence(1)], at=SATURDAY + HOUR / 2) == []
    [(told, reason)] = lifecycle.advance([alert], [], [a_silence(1)], at=SATURDAY + 2 * HOUR)
    assert (reason, told.fingerprint) == (Reason.FIRST, alert.fingerprint)
    assert lifecycle.advance([told], [], [a_silence(1)], at=SATURDAY + 3 * HOUR) == []


def test_the_next_finding_after_a_silence_is_told_as_the_first() -> None:
    assert reasons(lived(a_finding(), a_finding(6), silences=(a_silence(5),))) == [Reason.SILENCED, Reason.FIRST]


def test_what_returns_within_a_day_is_the_same_alert_under_the_same_name() -> None:
    decided = lived(a_finding(), a_calm(3), a_finding(9, value=70))
    assert len({a.fingerprint for a, _ in decided}) == 1
    assert reasons(decided)[-1] is Reason.REPEAT and decided[-1][0].state is FIRING and decided[-1][0].resolved_at is None


def test_what_returns_after_a_day_or_after_its_review_is_another() -> None:
    decided = lived(a_finding(), a_calm(3), a_finding(25))
    assert reasons(decided) == [Reason.FIRST, Reason.RESOLVED, Reason.FIRST]
    assert len({a.fingerprint for a, _ in decided}) == 2
    reviewed = lifecycle.review(decided[1][0], SATURDAY + 4 * HOUR)
    assert reasons(lived(a_finding(9), alerts=(reviewed,))) == [Reason.FIRST]


def test_rules_and_subjects_keep_apart() -> None:
    decided = lived(a_finding(), a_finding(1, subject="peer"), a_finding(2, rule="stale_source"), a_calm(3))
    assert reasons(decided) == [Reason.FIRST] * 3 + [Reason.RESOLVED]
    assert len({a.fingerprint for a, _ in decided}) == 3


def test_findings_of_one_pass_give_what_single_passes_give() -> None:
    story = [a_finding(), a_finding(1, severity=P1), a_calm(3), a_finding(30, value=8), a_calm(33)]
    assert lifecycle.advance([], story) == lived(*story) == lifecycle.advance([], story[::-1])


def test_live_and_replay_give_one_alert_the_same_name() -> None:
    assert lived(a_finding())[0][0].fingerprint == lived(a_finding())[0][0].fingerprint
    assert lived(a_finding())[0][0].fingerprint != lived(a_finding(1))[0][0].fingerprint


def test_evidence_of_a_long_life_stays_bounded() -> None:
    alert = lived(*(a_finding(i / 12, keys=tuple(f"{i}-{k}" for k in range(200))) for i in range(6)))[-1][0]
    assert len(alert.evidence) == lifecycle.EVIDENCE and alert.evidence[0].id == "0-0" and alert.evidence[-1].id == "5-199"


# ---------------------------------------------------------------------------------------- what is worse than when it was taken

def taken_then(*after: Finding, first: Finding | None = None) -> list[tuple[Alert, Reason]]:
    return lived(*after, alerts=(lifecycle.acknowledge(lived(first or a_finding(negative=20, largest_reach=3_000))[0][0], "sara", SATURDAY + HOUR),))


@pytest.mark.parametrize(("worse", "ways"), [
    (a_finding(2, negative=40), ["posts"]),
    (a_finding(2, largest_reach=30_000), ["voice"]),
    (a_finding(2, audience=40_000), ["voice"]),
    (replace(a_finding(2), evidence=(MentionKey("telegram", "9"),)), ["platform"]),
    (replace(a_finding(2, severity=P1, value=62), evidence=(MentionKey("telegram", "9"),)), ["severity", "posts", "platform"]),
], ids=["twice the complaints", "ten times the reach", "ten times the followers", "another platform", "all at once"])
def test_what_was_taken_says_in_which_way_it_grew_worse(worse: Finding, ways: list[str]) -> None:
    [(alert, reason)] = taken_then(worse)
    assert (alert.state, reason.sends, alert.why["worse"], alert.acknowledged_by) == (FIRING, True, ways, None)


@pytest.mark.parametrize("more", [a_finding(2, negative=39), a_finding(2, largest_reach=29_999), a_finding(2, largest_reach=None), a_finding(2)],
                         ids=["fewer than twice", "less than ten times", "a reach that is not known", "a finding that says no more"])
def test_a_little_more_of_the_same_leaves_it_in_hand(more: Finding) -> None:
    assert [(alert.state, reason) for alert, reason in taken_then(more)] == [(ACKNOWLEDGED, Reason.NONE)]


def test_ten_times_a_tiny_account_is_no_big_voice() -> None:
    assert reasons(taken_then(a_finding(2, largest_reach=500), first=a_finding(largest_reach=10))) == [Reason.NONE]


def test_a_platform_it_had_reached_before_is_not_another() -> None:
    both = replace(a_finding(), evidence=(MentionKey("x", "1"), MentionKey("telegram", "2")))
    assert reasons(taken_then(replace(a_finding(2), evidence=(MentionKey("telegram", "3"),)), first=both)) == [Reason.NONE]


def a_voice(hours: float, key: str, *, story: str | None = "s1", rule: str = "big_voice") -> Finding:
    return replace(a_finding(hours, rule=rule, keys=(key,), value=900_000, new=True, lasts=DAY.total_seconds()), story=story)


def test_a_big_voice_takes_back_every_alert_of_its_story_and_of_no_other() -> None:
    ours, other = (lifecycle.acknowledge(lived(replace(a_finding(), story=story))[0][0], "sara", SATURDAY + HOUR) for story in ("s1", "s2"))
    decided = lived(a_voice(2, "9"), alerts=(ours, other))
    assert [(alert.rule, alert.story, reason) for alert, reason in decided] == [
        ("spike", "s1", Reason.REPEAT), ("big_voice", "s1", Reason.FIRST)]
    assert decided[0][0].state is FIRING and decided[0][0].value == ours.value and MentionKey("x", "9") in decided[0][0].evidence
    assert lived(a_voice(3, "9"), alerts=(lifecycle.acknowledge(decided[0][0], "sara", SATURDAY + 2.5 * HOUR),))[0][0].rule == "big_voice"


def test_another_big_voice_in_a_story_takes_back_the_first_ones_alert() -> None:
    first = lived(a_voice(0, "1"))[0][0]
    taken = lifecycle.acknowledge(first, "sara", SATURDAY + HOUR)
    assert reasons(lived(a_voice(2, "1"), a_voice(3, "2"), alerts=(taken,))) == [Reason.NONE, Reason.REPEAT]


def test_stories_keep_apart() -> None:
    decided = lived(a_voice(0, "1", story="s1"), a_voice(1, "2", story="s2"), a_voice(2, "3", story="s1"))
    assert reasons(decided) == [Reason.FIRST, Reason.FIRST, Reason.NONE]
    assert decided[0][0].fingerprint == decided[2][0].fingerprint != decided[1][0].fingerprint


def test_an_escalation_under_a_silence_is_told_when_it_ends() -> None:
    silence = replace(a_silence(4), starts_at=SATURDAY + HOUR)
    first, under = lived(a_finding(), a_finding(2, severity=P1), silences=(silence,))
    assert (first[1], under[1]) == (Reason.FIRST, Reason.SILENCED)
    assert lifecycle.advance([under[0]], [], [silence], at=SATURDAY + 3 * HOUR) == []
    [(told, reason)] = lifecycle.advance([under[0]], [], [silence], at=SATURDAY + 5 * HOUR)
    assert reason is Reason.ESCALATED and lifecycle.advance([told], [], at=SATURDAY + 6 * HOUR) == []
    taken = lifecycle.acknowledge(under[0], "sara", SATURDAY + 3 * HOUR)  # who took it has seen it as it stands
    assert lifecycle.advance([taken], [], [silence], at=SATURDAY + 5 * HOUR) == []


def test_what_an_inhibition_held_back_is_owed() -> None:
    first = lifecycle.inhibit(*lived(a_finding())[0], "campaign:یلدا")
    assert first[1] is Reason.INHIBITED and not first[0].why["told"] and first[0].why["inhibited_by"] == "campaign:یلدا"
    assert reasons(lifecycle.advance([first[0]], [], at=SATURDAY + HOUR)) == [Reason.FIRST]
    worse = lived(a_finding(), a_finding(1, severity=P1))[-1]
    held = lifecycle.inhibit(*worse, "x")[0]
    assert held.why["told"] and reasons(lifecycle.advance([held], [], at=SATURDAY + 2 * HOUR)) == [Reason.ESCALATED]
    assert reasons(lived(a_calm(3), alerts=(held,))) == [Reason.RESOLVED]  # people were told that it began


def test_what_a_person_closed_stays_closed_until_it_clears_once_or_grows_worse() -> None:
    closed = lifecycle.resolve(lived(a_finding())[0][0], "sara", SATURDAY + 30 * HOUR)
    assert lived(a_finding(31, value=40), alerts=(closed,)) == []
    assert reasons(lived(a_finding(31, value=62), alerts=(closed,))) == [Reason.REPEAT]
    decided = lived(a_calm(32), a_calm(33), a_finding(34), alerts=(closed,))
    assert reasons(decided) == [Reason.NONE, Reason.REPEAT]
    assert decided[-1][0].fingerprint == closed.fingerprint and "resolved_by" not in decided[-1][0].why


def a_trip(hours: float, cause: str, **why: object) -> Finding:
    return a_finding(hours, rule="harm", severity=P1, keys=(cause,), lasts=86400, causes=[cause], **why)


def test_another_cause_after_a_person_closed_a_tripwire_is_an_alert_of_its_own() -> None:
    [_, (held, _)] = lived(a_trip(0, "s1"), a_trip(0.5, "s2"))
    closed = lifecycle.resolve(held, "sara", SATURDAY + HOUR)
    assert lived(a_trip(2, "s1"), a_trip(3, "s2"), alerts=(closed,)) == []
    [(other, told), (joined, again)] = lived(a_trip(2, "s3"), a_trip(3, "s4"), alerts=(closed,))
    assert (told, again) == (Reason.FIRST, Reason.NONE) and other.state is FIRING
    assert other.fingerprint == joined.fingerprint != closed.fingerprint and joined.why["causes"] == ["s3", "s4"]


def test_a_silence_that_holds_at_the_look_holds_for_older_findings() -> None:
    silence = replace(a_silence(), starts_at=SATURDAY + HOUR)
    [(alert, reason)] = lifecycle.advance([], [a_finding(0)], [silence], now=SATURDAY + 2 * HOUR)
    assert reason is Reason.SILENCED
    [(_, late)] = lifecycle.advance([alert], [], [silence], at=SATURDAY + 6 * HOUR)
    assert late is Reason.FIRST
    [(ending, _)] = lived(a_finding(0, lasts=60))
    assert reasons(lifecycle.expire([ending], SATURDAY + 2 * HOUR, [silence], now=SATURDAY + 2 * HOUR)) == [Reason.SILENCED]


@pytest.mark.parametrize(("reached", "reason"), [(False, Reason.FIRST), (True, Reason.REPEAT)])
def test_calls_that_a_silence_cancels_are_made_when_it_ends(reached: bool, reason: Reason) -> None:
    [(alert, _)] = lived(a_finding())
    hushed = lifecycle.hush(alert, reached=reached)
    assert lifecycle.advance([hushed], [], [a_silence()], at=SATURDAY + HOUR) == []
    assert reasons(lifecycle.advance([hushed], [], [a_silence()], at=SATURDAY + 6 * HOUR)) == [reason]
    assert lifecycle.hush(taken := lifecycle.acknowledge(alert, "sara", SATURDAY), reached=True) == taken


def test_what_is_reopened_is_in_nobodys_hand() -> None:
    over = lived(a_calm(2), alerts=(lifecycle.acknowledge(lived(a_finding())[0][0], "sara", SATURDAY + HOUR),))[0][0]
    [(alert, reason)] = lived(a_finding(5), alerts=(over,))
    assert (over.acknowledged_by, alert.acknowledged_by, alert.state, reason) == ("sara", None, FIRING, Reason.REPEAT)
    assert alert.why["reopened"] == (SATURDAY + 5 * HOUR).isoformat()


def test_a_candidate_that_returns_is_told_to_nobody() -> None:
    assert reasons(lived(a_finding(candidate=True), a_calm(1), a_finding(2, candidate=True))) == [Reason.NONE] * 3


# ---------------------------------------------------------------------------------------- tripwires end by themselves

def test_a_tripwire_ends_so_long_after_the_last_finding_and_is_told_once() -> None:
    alert = lived(a_voice(0, "1"), a_voice(5, "2"))[-1][0]
    assert lifecycle.ends_at(alert) == SATURDAY + 29 * HOUR
    assert lifecycle.expire([alert], SATURDAY + 28.9 * HOUR) == []
    [(over, reason)] = lifecycle.expire([alert], SATURDAY + 60 * HOUR)
    assert (over.state, over.resolved_at, reason) == (RESOLVED, SATURDAY + 29 * HOUR, Reason.RESOLVED)
    assert lifecycle.expire([over], SATURDAY + 90 * HOUR) == []


def test_taking_a_tripwire_does_not_make_it_last_longer() -> None:
    alert = lived(a_voice(0, "1"))[0][0]
    assert lifecycle.ends_at(lifecycle.acknowledge(alert, "sara", SATURDAY + 20 * HOUR)) == lifecycle.ends_at(alert)


def test_the_end_of_a_tripwire_is_not_told_under_a_silence_or_where_its_beginning_was_not() -> None:
    alert = lived(a_voice(0, "1"))[0][0]
    assert reasons(lifecycle.expire([alert], SATURDAY + 2 * DAY, [a_silence(48)])) == [Reason.SILENCED]
    quiet = lived(a_voice(0, "1"), silences=(a_silence(),))[0][0]
    assert reasons(lifecycle.expire([quiet], SATURDAY + 2 * DAY)) == [Reason.NONE]


def test_rules_that_clear_by_themselves_do_not_expire() -> None:
    assert lifecycle.ends_at(lived(a_finding())[0][0]) is None


# ---------------------------------------------------------------------------------------- whatever happens

Act = tuple[str, Any]
ACTS = st.lists(st.one_of(
    st.tuples(st.just("finding"), st.builds(
        a_finding, value=st.sampled_from([8, 10, 15, 20, 31, 40, 80]), severity=st.sampled_from(Severity), rule=st.sampled_from(["spike", "big_voice"]),
        keys=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3).map(tuple), negative=st.sampled_from([None, 5, 9, 10, 30]),
        largest_reach=st.sampled_from([None, 100, 5_000, 60_000, 900_000]))),
    st.tuples(st.just("calm"), st.sampled_from(["spike", "big_voice"])),
    st.tuples(st.just("take"), st.sampled_from([lifecycle.acknowledge, lifecycle.handle, lifecycle.resolve])),
    st.tuples(st.just("silence"), st.sampled_from([1, 3])),
    st.tuples(st.just("look"), st.none())), max_size=25)


@settings(max_examples=300, deadline=None)
@given(ACTS)
def test_over_any_sequence_nothing_is_told_twice_and_no_worsening_is_lost(acts: list[Act]) -> None:
    held: dict[str, Alert] = {}
    silences: list[Silence] = []
    known: dict[str, object] = {}  # what people know of each alert: None before the first message, then (severity, over, in whose hand)
    for turn, (what, how) in enumerate(acts):
        at = SATURDAY + turn * HOUR / 2
        before = dict(held)
        decided: list[tuple[Alert, Reason]] = []
        if what == "finding":
            finding = replace(how, at=at, starts_at=at - HOUR, story="s")
            decided = lifecycle.advance(list(held.values()), [finding], silences)
        elif what == "calm":
            calm = replace(a_calm(0), rule=str(how), at=at, story="s")
            decided = lifecycle.advance(list(held.values()), [calm], silences)
        elif what == "silence":
            silences.append(replace(a_silence(), starts_at=at, until=at + int(how) * HOUR))
        elif what == "take":
            for name, alert in held.items():
                held[name] = how(alert, "sara", at)
                if held[name] is not alert:
                    known[name] = ("seen", alert.severity)
        decided += lifecycle.advance([{**held, **{a.fingerprint: a for a, _ in decided}}[name] for name in
                                      {**held, **{a.fingerprint: a for a, _ in decided}}], [], silences, at=at)
        quiet = any(one.starts_at <= at < one.until for one in silences)
        for alert, reason in decided:
            was = before.get(alert.fingerprint)
            held[alert.fingerprint] = alert
            assert was is None or alert.severity <= was.severity, "severity never falls"
            assert not (reason.sends and quiet), "nobody is told under a silence"
            if reason.sends:
                state = (alert.severity, alert.state, alert.why.get("reopened"), tuple(alert.why.get("worse") or ()))
                assert known.get(alert.fingerprint) != state, "the same state twice"
                known[alert.fingerprint] = state
            if reason is Reason.FIRST:
                assert not (was and was.why.get("told")), "one first message a life"
        for alert in held.values():
            if alert.state in lifecycle.TAKEN and (was := before.get(alert.fingerprint)) and was.state in lifecycle.TAKEN:
                assert alert.severity == was.severity and alert.value < 2 * float(alert.why["acknowledged_at_value"]), "an ack outlived a worsening"
            if alert.state is FIRING and not quiet:
                assert alert.why["told"] and not alert.why.get("owed"), "somebody still has to be told"
            assert (alert.acknowledged_by is None) or alert.state is not FIRING
        assert len({(a.rule, a.subject, a.story) for a in held.values() if a.state in lifecycle.OPEN}) == sum(
            a.state in lifecycle.OPEN for a in held.values()), "one open alert a condition"
