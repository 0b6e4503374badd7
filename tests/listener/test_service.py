"""What a person can do and ask, over a real store."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from listener.polling import Habit
from listener.service import Filters, Health, NoLag, Service, SourceView, evening_before, open_service, week_before
from listener.storage.sources import keep_habit
from listener.types import (
    Alert,
    AlertState,
    Analysis,
    Author,
    CoverageState,
    Delivery,
    Label,
    Mention,
    MentionKey,
    Message,
    Precision,
    Reason,
    Severity,
    VerdictKind,
)
from listener.words import say
from tests.dashboard.house import BRAND, CONFIG, NOW, PEER, House, commit, open_house, score, scored, settings_for

HOUR = timedelta(hours=1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = open_house(tmp_path / "goosh.sqlite")
    yield made
    made.store.close()


def at(house: House, instant: datetime) -> Service:
    return Service(house.store, house.settings, now=lambda: instant)


def mention(number: int, when: datetime, *, followers: int | None = None, author: str | None = None) -> Mention:
    return Mention("rss", str(number), f"{BRAND} سفارش {number} را نیاورد", when, author=Author("rss", author or f"a{number}", followers=followers))


def store(house: House, mentions: list[Mention], label: Label = Label.NEGATIVE, *, start: datetime, end: datetime, brand: str = BRAND,
          source: str = "forum", unsure: bool = False) -> None:
    commit(house, source, mentions, brand=brand, start=start, end=end)
    dice = random.Random(5)
    scored(house, {m.key: score(label, dice, unsure=unsure) for m in mentions})


def fire(house: House, *, rule: str = "spike", subject: str = BRAND, fired_at: datetime = NOW - HOUR, severity: Severity = Severity.P2,
         state: AlertState = AlertState.FIRING, evidence: tuple[MentionKey, ...] = ()) -> Alert:
    alert = Alert(rule, subject, fired_at - HOUR, fired_at, 20.0, 2.0, severity, state, evidence, {"told": True}, updated_at=fired_at)
    house.store.save_pass(at=fired_at, alerts=[alert])
    return alert


# -- what people do

def test_taking_an_alert_keeps_who_and_when(house: House) -> None:
    alert = fire(house)
    taken = house.service.acknowledge(alert.fingerprint, "  سارا \u202eمحمدی ")
    assert (taken.state, taken.acknowledged_by, taken.acknowledged_at) == (AlertState.ACKNOWLEDGED, "سارا محمدی", NOW)
    assert taken.fingerprint == alert.fingerprint
    view = house.service.alert(alert.fingerprint)
    assert view and [(h.who, h.what, h.at) for h in view.history] == [("سارا محمدی", "acknowledge", NOW)]


def test_a_second_person_is_told_who_has_it(house: House) -> None:
    alert = fire(house)
    house.service.acknowledge(alert.fingerprint, "سارا")
    with pytest.raises(ValueError, match="'سارا' has taken it already"):
        house.service.acknowledge(alert.fingerprint, "Ali")


def test_an_alert_that_changed_meanwhile_is_refused(house: House) -> None:
    alert = fire(house)
    house.store.save_pass(at=NOW, alerts=[replace(alert, value=50.0, severity=Severity.P1, updated_at=NOW)])
    with pytest.raises(ValueError, match="changed since you looked"):
        house.service.acknowledge(alert.fingerprint, "سارا", seen_at=alert.updated_at)
    assert house.service.acknowledge(alert.fingerprint, "سارا", seen_at=NOW).acknowledged_by == "سارا"


def test_an_alert_that_changes_between_reading_and_writing_is_not_overwritten(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    alert = fire(house)
    read = house.store.alert

    def read_then_grow(fingerprint: str) -> Alert | None:
        found = read(fingerprint)
        house.store.save_pass(at=NOW, alerts=[replace(alert, value=50.0, updated_at=NOW)])
        return found

    monkeypatch.setattr(house.store, "alert", read_then_grow)
    with pytest.raises(ValueError, match="changed since you looked"):
        house.service.acknowledge(alert.fingerprint, "سارا")
    monkeypatch.undo()
    stored = house.store.alert(alert.fingerprint)
    assert stored and stored.value == 50.0 and stored.acknowledged_by is None


def test_resolving_needs_a_reason_and_keeps_it(house: House) -> None:
    alert = fire(house)
    with pytest.raises(ValueError, match="a reason is needed"):
        house.service.resolve(alert.fingerprint, "سارا", "  \n ")
    closed = house.service.resolve(alert.fingerprint, "سارا", "پاسخ رسمی دادیم")
    assert (closed.state, closed.resolved_at) == (AlertState.RESOLVED, NOW)
    view = house.service.alert(alert.fingerprint)
    assert view and view.history[0].what == "resolve: پاسخ رسمی دادیم"
    with pytest.raises(ValueError, match="has ended already"):
        house.service.resolve(alert.fingerprint, "سارا", "باز هم")


@pytest.mark.parametrize("act", [
    pytest.param(lambda s: s.acknowledge("0" * 16, "سارا"), id="taking"),
    pytest.param(lambda s: s.resolve("0" * 16, "سارا", "x"), id="resolving"),
    pytest.param(lambda s: s.verdict("0" * 16, VerdictKind.REAL, "سارا"), id="judging"),
])
def test_an_unknown_alert_is_named(house: House, act: object) -> None:
    with pytest.raises(ValueError, match="'0000000000000000': unknown"):
        act(house.service)  # type: ignore[operator]


@pytest.mark.parametrize("who", ["", "   ", "\u202e\u200b", "\x00"])
def test_nothing_is_done_without_a_name(house: House, who: str) -> None:
    alert = fire(house)
    with pytest.raises(ValueError, match="every action carries a name"):
        house.service.acknowledge(alert.fingerprint, who)
    assert house.service.alerts()[0].acknowledged_by is None


@pytest.mark.parametrize("until", [NOW, NOW - HOUR, NOW + timedelta(days=7, minutes=1)], ids=["now", "past", "over a week"])
def test_a_silence_ends_within_a_week(house: House, until: datetime) -> None:
    with pytest.raises(ValueError, match="within the next 7 days"):
        house.service.silence(BRAND, "spike", "سارا", "جشنواره", until)


def a_call(alert: Alert, *, sent: bool = False) -> Delivery:
    key = "sent" if sent else "waits"
    return Delivery(key, "desk", Message(key, "t", (), "fa", Reason.FIRST, alert=alert), NOW - HOUR if sent else NOW + HOUR)


@pytest.mark.parametrize("reached", [False, True])
def test_calls_that_a_silence_cancels_are_owed(house: House, reached: bool) -> None:
    alert = fire(house)
    house.store.add_deliveries([a_call(alert), *([a_call(alert, sent=True)] if reached else [])])
    if reached:
        house.store.delivery_sent("sent", "desk", at=NOW)
    house.service.silence(BRAND, "spike", "سارا", "جشنواره", NOW + HOUR)
    after = house.store.alert(alert.fingerprint)
    assert after and after.why["owed"] == ("repeat" if reached else "first") and house.store.pending_deliveries() == 0


def test_an_alert_of_which_nothing_was_to_be_told_owes_nothing_after_a_silence(house: House) -> None:
    alert = fire(house)
    house.service.silence(BRAND, "spike", "سارا", "جشنواره", NOW + HOUR)
    assert house.store.alert(alert.fingerprint) == alert


def test_a_silence_reads_again_what_changed_meanwhile(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    alert = fire(house)
    house.store.add_deliveries([a_call(alert)])
    known = house.store.alerts

    def alerts(**how: Any) -> list[Alert]:
        found = known(**how)
        house.store.save_pass(at=NOW, alerts=[replace(alert, value=40.0)])
        return found

    monkeypatch.setattr(house.store, "alerts", alerts)
    house.service.silence(BRAND, "spike", "سارا", "جشنواره", NOW + HOUR)
    after = house.store.alert(alert.fingerprint)
    assert after and after.value == 40 and after.why["owed"] == "first" and house.store.pending_deliveries() == 0


def test_a_silence_is_kept_with_reason_and_logged_once(house: House) -> None:
    alert = fire(house)
    house.service.silence(BRAND, "spike", "سارا", "جشنوارهٔ نوروز", NOW + HOUR)
    view = house.service.alert(alert.fingerprint)
    assert view and [(s.who, s.why, s.until) for s in view.silences] == [("سارا", "جشنوارهٔ نوروز", NOW + HOUR)]
    assert len(house.store.events(subject=BRAND)) == 1


def test_a_verdict_on_an_ended_alert_reviews_it(house: House) -> None:
    alert = fire(house)
    house.service.verdict(alert.fingerprint, VerdictKind.LATE, "Ali")
    assert house.service.alerts()[0].state is AlertState.FIRING
    house.service.resolve(alert.fingerprint, "Ali", "done")
    house.service.verdict(alert.fingerprint, VerdictKind.REAL, "Ali")
    view = house.service.alert(alert.fingerprint)
    assert view and view.alert.state is AlertState.REVIEWED and [v.kind for v in view.verdicts] == [VerdictKind.REAL]


def test_the_verdict_that_demotes_a_rule_says_so_and_no_later_one_does(house: House) -> None:
    said = []
    for number in range(21):
        alert = Alert("spike", BRAND, NOW - HOUR, NOW + number * HOUR, 31, 3, Severity.P2, AlertState.RESOLVED, (), {})
        house.store.save_pass(alerts=[alert], at=NOW)
        said.append(house.service.verdict(alert.fingerprint, VerdictKind.REAL if number < 9 else VerdictKind.NOT_OURS, "Ali"))
    assert [number for number, one in enumerate(said) if one.demoted] == [19]
    assert said[19].rule == "spike" and said[19].demoted and (said[19].demoted.right, said[19].demoted.judged) == (9, 20)


def test_a_corrected_label_counts_and_the_models_view_stays(house: House) -> None:
    store(house, [mention(1, NOW - HOUR)], start=NOW - 2 * HOUR, end=NOW)
    house.service.correct(MentionKey("rss", "1"), Label.POSITIVE, "سارا")
    view = house.service.mentions(Filters(brand=BRAND)).items[0]
    assert view.corrected is Label.POSITIVE and view.scored.score and view.scored.score.label is Label.NEGATIVE
    assert house.service.now_view(BRAND).negative.now == 0
    assert house.store.recount() == []
    with pytest.raises(ValueError, match="no longer stored"):
        house.service.correct(MentionKey("rss", "gone"), Label.POSITIVE, "سارا")


def test_pausing_a_source_is_seen_and_undone(house: House) -> None:
    house.service.pause("forum", "سارا")
    assert {s.name: s.health for s in house.service.sources()}["forum"] is Health.PAUSED
    house.service.resume("forum", "سارا")
    assert {s.name: s.health for s in house.service.sources()}["forum"] is Health.NEVER
    assert [e.what for e in house.store.events(subject="forum")] == ["resume", "pause"]
    with pytest.raises(ValueError, match="not in the configuration; configured: forum"):
        house.service.pause("nowhere", "سارا")


def test_forgetting_an_author_does_not_record_whom(house: House) -> None:
    store(house, [mention(1, NOW - HOUR, author="secret-handle")], start=NOW - 2 * HOUR, end=NOW)
    house.service.forget("rss", "secret-handle", "سارا")
    assert house.service.mentions(Filters(brand=BRAND)).items == ()
    assert "secret-handle" not in repr(house.store.events())


# -- what people ask

def test_an_empty_house_says_it_has_not_started(house: House) -> None:
    view = house.service.now_view(BRAND)
    assert (view.started, view.seen, view.quiet_since, view.reach, view.open_alerts) == (False, 0.0, None, None, ())
    assert all(point.gap for point in view.hours)
    assert [s.health for s in view.unseen] == [Health.NEVER] * 4


def test_quiet_is_dated_from_the_end_of_the_last_alert(house: House) -> None:
    alert = fire(house)
    assert house.service.now_view(BRAND).quiet_since is None
    at(house, NOW - timedelta(minutes=30)).resolve(alert.fingerprint, "سارا", "done")
    assert house.service.now_view(BRAND).quiet_since == NOW - timedelta(minutes=30)


def test_without_any_alert_quiet_begins_where_listening_began(house: House) -> None:
    store(house, [], start=NOW - 5 * HOUR, end=NOW)
    assert house.service.now_view(BRAND).quiet_since == NOW - 5 * HOUR


def test_an_hour_that_was_not_observed_is_a_gap_not_a_zero(house: House) -> None:
    everything = [s.name for s in house.settings.sources]
    for name in everything:
        commit(house, name, [], start=NOW - 6 * HOUR, end=NOW - 4 * HOUR)
        house.store.record_failure(name, start=NOW - 4 * HOUR, end=NOW - 2 * HOUR, now=NOW - 2 * HOUR, reason="down")
        commit(house, name, [], start=NOW - 2 * HOUR, end=NOW)
    points = {p.hour.hour: p for p in house.service.hourly(BRAND, since=NOW - 6 * HOUR, until=NOW)}
    assert [points[h].mentions for h in (1, 3, 5)] == [0, None, 0]
    assert points[3].reach is None and points[5].reach is not None and points[5].reach.mid == 0


def test_what_came_in_late_fills_an_unobserved_hour(house: House) -> None:
    for name in (s.name for s in house.settings.sources):
        house.store.record_failure(name, start=NOW - 4 * HOUR, end=NOW - HOUR, now=NOW, reason="down")
    store(house, [mention(1, NOW - 3 * HOUR)], start=NOW - HOUR, end=NOW)
    assert [p.mentions for p in house.service.hourly(BRAND, since=NOW - 3 * HOUR, until=NOW - 2 * HOUR)] == [1, None]


def test_usual_is_the_median_of_the_same_hour_and_needs_three_days(house: House) -> None:
    for back, followers in ((1, 1_000), (2, 100_000), (3, 2_000)):
        day = NOW - timedelta(days=back)
        for name in (s.name for s in house.settings.sources):
            commit(house, name, [], start=day - 3 * HOUR, end=day + 3 * HOUR)
        store(house, [mention(back, day, followers=followers)], start=day, end=day + HOUR)
        usual = house.service.hourly(BRAND, since=NOW, until=NOW + timedelta(minutes=1))[0].usual
        assert usual == (None if back < 3 else 300.0)  # 2,000 followers x 0.15; the storm of the second day does not count


def test_reach_counts_an_account_once(house: House) -> None:
    twice = [mention(n, NOW - HOUR, followers=1_000, author="same") for n in (1, 2)]
    store(house, [*twice, mention(3, NOW - HOUR, followers=1_000)], start=NOW - 2 * HOUR, end=NOW)
    reach = house.service.now_view(BRAND).reach
    assert reach and (reach.mid, reach.high, reach.method) == (300, 2_000, "followers")


def test_last_week_is_compared_only_where_it_was_seen(house: House) -> None:
    week = timedelta(days=7)
    store(house, [mention(1, NOW - HOUR)], start=NOW - HOUR * 24, end=NOW)
    assert house.service.now_view(BRAND).mentions.before is None
    for name in (s.name for s in house.settings.sources):
        commit(house, name, [], start=NOW - week - timedelta(days=1), end=NOW - week)
    store(house, [mention(2, NOW - week - HOUR), mention(3, NOW - week - HOUR)], start=NOW - week - HOUR, end=NOW - week)
    view = house.service.now_view(BRAND)
    assert (view.mentions.now, view.mentions.before) == (1, 2)


def test_evening_is_yesterday_at_six_in_the_zone() -> None:
    assert evening_before(datetime(2026, 11, 22, 6, tzinfo=UTC), ZoneInfo("Asia/Tehran")) == datetime(2026, 11, 21, 14, 30, tzinfo=UTC)


def test_changes_hold_what_happened_since_the_evening(house: House) -> None:
    store(house, [mention(1, NOW - timedelta(hours=2)), mention(2, NOW - timedelta(hours=30))], start=NOW - timedelta(hours=31), end=NOW)
    old, new = fire(house, rule="old", fired_at=NOW - timedelta(hours=40)), fire(house)
    changes = house.service.now_view(BRAND).changes
    assert (changes.mentions, changes.negative) == (1, 1)
    assert [a.fingerprint for a in changes.fired] == [new.fingerprint] and old.fingerprint != new.fingerprint
    assert [m.mention.id for m in changes.complaints] == ["1"]


def test_alerts_of_sources_a_brand_is_read_in_belong_to_it(house: House) -> None:
    fire(house, subject=PEER), fire(house, rule="stale_source", subject="forum", severity=Severity.P3), fire(house, severity=Severity.P1)
    assert [a.subject for a in house.service.alerts(brand=BRAND)] == [BRAND, "forum"]
    assert len(house.service.alerts()) == 3


def test_an_open_alert_is_shown_however_old_and_however_many_others_have(house: House) -> None:
    old = fire(house, fired_at=NOW - timedelta(days=90))
    for n in range(5):
        fire(house, subject=PEER, rule=f"r{n}")
    assert [a.fingerprint for a in house.service.alerts(brand=BRAND, since=NOW - timedelta(days=1), limit=2)] == [old.fingerprint]
    assert house.service.now_view(BRAND).open_alerts[0].fingerprint == old.fingerprint


def test_open_alerts_stand_first_by_severity(house: House) -> None:
    ended = fire(house, rule="a", severity=Severity.P1)
    fire(house, rule="b", severity=Severity.P3), fire(house, rule="c", severity=Severity.P1)
    house.service.resolve(ended.fingerprint, "x", "y")
    assert [a.rule for a in house.service.alerts()] == ["c", "b", "a"]


def test_evidence_that_is_gone_is_counted(house: House) -> None:
    store(house, [mention(1, NOW - HOUR)], start=NOW - 2 * HOUR, end=NOW)
    alert = fire(house, evidence=(MentionKey("rss", "1"), MentionKey("rss", "deleted")))
    view = house.service.alert(alert.fingerprint)
    assert view and ([m.mention.id for m in view.mentions], view.missing) == (["1"], 1)


def test_pages_of_mentions_join_without_gap_or_repeat(house: House) -> None:
    store(house, [mention(n, NOW - timedelta(minutes=n)) for n in range(1, 8)], start=NOW - HOUR, end=NOW)
    seen: list[str] = []
    older: str | None = None
    while True:
        page = house.service.mentions(Filters(brand=BRAND), older=older, size=3)
        seen += [view.scored.mention.id for view in page.items]
        older = page.older
        if older is None:
            break
    assert seen == [str(n) for n in range(1, 8)]


@pytest.mark.parametrize("token", ["", "!!", "bm90IGEga2V5", "سلام", "MQ", "x" * 5_000])
def test_a_token_that_is_no_page_is_refused_in_words(house: House, token: str) -> None:
    if not token:
        assert house.service.mentions(Filters(), older=token).items == ()
        return
    with pytest.raises(ValueError, match="start from the first page"):
        house.service.mentions(Filters(), older=token)


def test_mentions_are_found_as_people_type(house: House) -> None:
    store(house, [replace(mention(1, NOW - HOUR), text="پول سفارشم را پس ندادند"), mention(2, NOW - HOUR)], start=NOW - 2 * HOUR, end=NOW)
    found = house.service.mentions(Filters(brand=BRAND, text="سفارشم")).items
    assert [view.scored.mention.id for view in found] == ["1"]


# -- sources

def test_a_source_that_was_read_well_is_ok_until_it_is_due(house: House) -> None:
    commit(house, "forum", [], start=NOW - 24 * HOUR, end=NOW - timedelta(minutes=10))
    view = {s.name: s for s in house.service.sources()}["forum"]
    assert (view.health, view.lag, view.seen) == (Health.OK, timedelta(minutes=10), 1.0)


@pytest.mark.parametrize(("permanent", "health"), [(False, Health.FAILING), (True, Health.STOPPED)])
def test_a_failing_source_says_since_when_and_what_to_do(house: House, permanent: bool, health: Health) -> None:
    house.store.record_failure("forum", start=NOW - 2 * HOUR, end=NOW - HOUR, now=NOW - HOUR, reason="HTTP 403", permanent=permanent)
    view = house.service.sources()[0]
    assert (view.name, view.health, view.failing_since, view.error, view.advice) == (
        "forum", health, NOW - HOUR, "HTTP 403", f"board.advice.{health}")


def test_a_source_is_late_after_its_patience_without_an_error(house: House) -> None:
    commit(house, "forum", [], start=NOW - 24 * HOUR, end=NOW - 3 * HOUR)
    view = {s.name: s for s in house.service.sources()}["forum"]
    assert view.health is Health.LATE and view.seen == pytest.approx(21 / 24)


def test_partly_seen_counts_half_and_overlaps_count_once(house: House) -> None:
    end = NOW
    house.store.register_sources([("forum", "rss")])
    commit(house, "forum", [], start=end - 12 * HOUR, end=end, state=CoverageState.PARTIAL, reason="the feed overflowed")
    commit(house, "forum", [], start=end - 6 * HOUR, end=end)
    view = {s.name: s for s in house.service.sources()}["forum"]
    assert view.seen == pytest.approx((6 + 3) / 24) and view.reasons == ("the feed overflowed",)


def test_an_imported_file_is_no_source_to_worry_about(house: House) -> None:
    store(house, [mention(1, NOW - HOUR)], start=NOW - 2 * HOUR, end=NOW - HOUR, source="old.jsonl")
    view = house.service.sources()[-1]
    assert (view.name, view.health, view.configured) == ("old.jsonl", Health.PAST, False)
    assert "old.jsonl" not in [s.name for s in house.service.now_view(BRAND).unseen]


def test_all_our_brands_together_leave_the_peer_out(house: House) -> None:
    store(house, [mention(1, NOW - HOUR)], start=NOW - 2 * HOUR, end=NOW)
    store(house, [mention(2, NOW - HOUR)], start=NOW - 2 * HOUR, end=NOW, brand=PEER)
    assert house.service.now_view(None).mentions.now == 1 and house.service.now_view(PEER).mentions.now == 1
    assert house.service.brands() == (BRAND,) and house.service.brands(own=False) == (BRAND, PEER)


def test_another_process_opens_the_same_house(house: House) -> None:
    fire(house)
    other = open_service(settings_for(house.database, CONFIG), now=lambda: NOW)
    assert len(other.alerts()) == 1
    other.store.close()




# -- how sources are

def forum(house: House, *, details: bool = False) -> SourceView:
    return {view.name: view for view in house.service.sources(details=details)}["forum"]


def test_a_source_that_asked_us_to_wait_is_not_called_failing(house: House) -> None:
    house.store.record_failure("forum", start=NOW - HOUR, end=NOW, now=NOW, reason="HTTP 429: example.org says we ask too often; retrying in 40 min",
                               retry_at=NOW + timedelta(minutes=40))
    assert (forum(house).health, forum(house).retry_at, forum(house).next_at) == (
        Health.THROTTLED, NOW + timedelta(minutes=40), NOW + timedelta(minutes=40))


def test_a_source_that_lost_items_between_two_readings_says_so_for_six_hours(house: House) -> None:
    lost = "items were lost between two readings; now read every 4m"
    commit(house, "forum", [], start=NOW - 8 * HOUR, end=NOW - 5 * HOUR, state=CoverageState.PARTIAL, reason=lost)
    commit(house, "forum", [], start=NOW - 5 * HOUR, end=NOW)
    assert (forum(house).health, forum(house).overflow_at, forum(house).advice) == (Health.OVERFLOW, NOW - 5 * HOUR, "board.advice.overflow")
    later = Service(house.store, house.settings, now=lambda: NOW + 2 * HOUR)
    commit(house, "forum", [], start=NOW, end=NOW + 2 * HOUR)
    assert {view.name: view for view in later.sources()}["forum"].health is Health.OK


def test_a_suspect_source_is_not_taken_for_a_quiet_one(house: House) -> None:
    commit(house, "forum", [], start=NOW - 24 * HOUR, end=NOW)
    with house.store._write() as connection:
        keep_habit(connection, "forum", Habit(suspect_since=NOW - HOUR))
    view = forum(house)
    assert (view.health, view.suspect_since) == (Health.SUSPECT, NOW - HOUR)
    assert "forum" in [source.name for source in house.service.now_view(BRAND).unseen]


def test_the_week_says_of_every_hour_whether_it_was_seen(house: House) -> None:
    start = week_before(NOW, house.service.zone)
    commit(house, "forum", [], start=start + 10 * HOUR, end=start + 20 * HOUR)
    house.store.record_failure("forum", start=start + 20 * HOUR, end=start + 23 * HOUR, now=NOW, reason="HTTP 502")
    commit(house, "forum", [], start=start + 23 * HOUR, end=start + 24 * HOUR, state=CoverageState.PARTIAL, reason="half of it")
    commit(house, "forum", [], start=start + 24 * HOUR, end=NOW)
    hours = forum(house, details=True).week
    assert [hour.start for hour in hours] == [start + HOUR * i for i in range(len(hours))] and hours[-1].start < NOW <= hours[-1].start + HOUR
    states = [str(hour.state) if hour.state else None for hour in hours]
    assert states[:24] == [None] * 10 + ["ok"] * 10 + ["lost"] * 3 + ["partial"] and set(states[24:]) == {"ok"}
    assert [hour.reason for hour in hours[19:25]] == [None, "HTTP 502", "HTTP 502", "HTTP 502", "half of it", None]
    assert start.astimezone(house.service.zone).hour == 0 and forum(house).week == ()


def test_an_hour_that_was_seen_for_the_most_part_is_not_whole(house: House) -> None:
    start = week_before(NOW, house.service.zone)
    commit(house, "forum", [], start=start, end=start + timedelta(minutes=40))
    commit(house, "forum", [], start=start + HOUR, end=start + HOUR + timedelta(minutes=20))
    assert [hour.state for hour in forum(house, details=True).week[:2]] == [CoverageState.PARTIAL, None]


def test_the_lag_is_of_what_was_published_after_the_first_reading(house: House) -> None:
    commit(house, "forum", [mention(0, NOW - 90 * HOUR)], start=NOW - 60 * HOUR, end=NOW - 50 * HOUR)
    for number, late in enumerate((2, 4, 6, 8, 40), 1):
        when = NOW - HOUR * (20 - number)
        commit(house, "forum", [mention(number, when)], start=when - HOUR, end=when + timedelta(minutes=late))
    lags = forum(house, details=True).lags
    assert lags and (lags.median, lags.p90, lags.count) == (timedelta(minutes=6), timedelta(minutes=40), 5)


def test_the_way_from_publishing_to_a_person_is_known_by_source(house: House) -> None:
    commit(house, "forum", [mention(0, NOW - 6 * HOUR)], start=NOW - 5 * HOUR, end=NOW - 4 * HOUR)
    commit(house, "forum", [said := mention(1, NOW - 2 * HOUR)], start=NOW - 3 * HOUR, end=NOW - 1.5 * HOUR)
    house.store.save_analyses([(said.key, Analysis(score(Label.NEGATIVE, random.Random(5))))], now=NOW - HOUR)
    alert = fire(house, fired_at=NOW - HOUR, evidence=(said.key,))
    message = Message("k", "هشدار", (), "fa", Reason.FIRST, alert=alert)
    house.store.add_deliveries([Delivery("k", "ops", message, NOW - HOUR)])
    house.store.delivery_sent("k", "ops", at=NOW - HOUR / 2)
    view = forum(house, details=True)
    assert view.lags and view.scored and view.page
    assert [lag.median for lag in (view.lags, view.scored, view.page)] == [HOUR / 2, HOUR, 1.5 * HOUR]
    assert forum(house).page is None


def test_why_there_is_no_lag_is_told_truly(house: House) -> None:
    assert forum(house, details=True).no_lag is NoLag.NOTHING
    commit(house, "forum", [replace(mention(1, NOW - 5 * HOUR), precision=Precision.DAY)], start=NOW - HOUR, end=NOW - 1.5 * HOUR)
    assert forum(house, details=True).no_lag is NoLag.INEXACT
    commit(house, "forum", [mention(2, NOW - 4 * HOUR)], start=NOW - 2 * HOUR, end=NOW - HOUR)
    view = forum(house, details=True)
    assert view.lags is None and view.no_lag is NoLag.BACKLOG
    commit(house, "forum", [mention(3, NOW - HOUR / 2)], start=NOW - HOUR, end=NOW)
    view = forum(house, details=True)
    assert view.lags and view.no_lag is None and forum(house).no_lag is None
    assert all(say(f"{place}.no_lag.{why}", "fa") for place in ("sources", "board.source") for why in NoLag)


def test_the_share_seen_of_a_source_counts_from_when_it_was_added(house: House) -> None:
    house.store.begin_sources([("forum", "rss", "a")], now=NOW - HOUR)
    commit(house, "forum", [], start=NOW - 1.25 * HOUR, end=NOW - HOUR / 2)
    house.store.record_failure("forum", start=NOW - HOUR / 2, end=NOW, now=NOW, reason="HTTP 502")
    assert (forum(house).seen, forum(house).added_at) == (pytest.approx(0.5), NOW - HOUR)
    house.store.begin_sources([("forum", "rss", "a")], now=NOW)
    assert forum(house).added_at == NOW - HOUR


def test_a_source_that_somebody_resumes_is_due_at_once(house: House) -> None:
    house.store.record_failure("forum", start=NOW - HOUR, end=NOW, now=NOW, reason="HTTP 401", permanent=True, retry_at=NOW + 6 * HOUR)
    house.service.resume("forum", "سارا")
    view = forum(house)
    assert (view.retry_at, view.next_at, view.health, view.error) == (None, None, Health.STOPPED, "HTTP 401")
    house.store.record_failure("forum", start=NOW - HOUR, end=NOW, now=NOW, reason="HTTP 401", permanent=True, retry_at=NOW + 6 * HOUR)
    house.service.pause("forum", "سارا")
    assert forum(house).retry_at == NOW + 6 * HOUR


def test_an_experimental_source_is_confirmed_once_by_somebody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="its kind 'rss' is not experimental; there is nothing to confirm"):
        house.service.confirm("forum", "سارا")
    monkeypatch.setattr("listener.service.sources.EXPERIMENTAL", frozenset({"rss"}))
    assert forum(house).experimental
    house.store.record_failure("forum", start=NOW - HOUR, end=NOW, now=NOW, reason="HTTP 401", permanent=True)
    with pytest.raises(ValueError, match="'forum': it was never read successfully; let it be read first"):
        house.service.confirm("forum", "سارا")
    commit(house, "forum", [], start=NOW - HOUR, end=NOW)
    house.service.confirm("forum", " سارا ")
    assert (forum(house).experimental, forum(house).confirmed_by, forum(house).confirmed_at) == (False, "سارا", NOW)
    assert [(event.who, event.what) for event in house.store.events(subject="forum")] == [("سارا", "confirm source")]
    with pytest.raises(ValueError, match="not in the configuration.*did you mean 'forum'"):
        house.service.confirm("forun", "سارا")


def test_what_speaks_for_others_names_them_and_they_name_it(house: House) -> None:
    voice, other = fire(house, rule="big_voice", fired_at=NOW - 2 * HOUR), fire(house, rule="harm", fired_at=NOW - 3 * HOUR)
    held = replace(voice, why={"told": False, "inhibited_by": other.fingerprint}, updated_at=NOW)
    house.store.save_pass(at=NOW, alerts=[held], seen=[voice])
    service = at(house, NOW)
    said, leads = service.alert(held.fingerprint), service.alert(other.fingerprint)
    assert said is not None and leads is not None
    assert said.covered_by is not None and said.covered_by.fingerprint == other.fingerprint and not said.speaks_for
    assert [one.fingerprint for one in leads.speaks_for] == [held.fingerprint] and leads.covered_by is None
