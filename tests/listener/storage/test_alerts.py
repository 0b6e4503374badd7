"""Alerts, the outbox, receivers, and what people say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from listener.pipeline.stories import tell_stories
from listener.storage import Evaluation, ReceiverState, RuleSetting, Store, open_store
from listener.types import AlertState, Delivery, MentionKey, Silence, Verdict, VerdictKind

from .made import DAY, HOUR, MINUTE, NOW, alert, commit, delivery, mention, score


def look(store: Store, state: object, until: datetime, **more: Any) -> bool:
    """Store one look of the rule "spike" at اسنپ."""
    return store.save_pass([Evaluation("spike", "اسنپ", {"n": state}, until)], at=until + MINUTE, **more)


class TestPasses:
    def test_states_alerts_messages_and_marks_are_stored_together(self, store: Store) -> None:
        fired = alert(evidence=(MentionKey("rss", "1"), MentionKey("rss", "2")), why={"window": "1h", "floor": 4.5,
                                                                                      "نام": ["الف"]})
        commit(store, mention())
        score(store, mention().key)
        tell_stories(store)
        [(brand, one)] = store.fresh()
        assert store.rule_state("spike", "اسنپ") == ({}, None) and store.rule_states() == {}
        assert look(store, [1, 2], NOW, alerts=[fired], seen=[], deliveries=[delivery(about=fired)],
                    fresh_done=[(one.mention.key, brand)])
        assert store.rule_state("spike", "اسنپ") == ({"n": [1, 2]}, NOW)
        assert store.rule_states() == {("spike", "اسنپ"): ({"n": [1, 2]}, NOW)}
        assert store.alerts() == [fired] and store.alert(fired.fingerprint) == fired
        assert [one.key for one in store.deliveries(fired.fingerprint)] == ["k1"]
        assert store.fresh() == []

    def test_a_step_is_evaluated_once_even_by_two_processes(self, store: Store) -> None:
        assert look(store, 1, NOW, alerts=[alert()], deliveries=[delivery()])
        late = alert(fired_at=NOW + HOUR)
        assert not look(store, 2, NOW, alerts=[late], deliveries=[delivery("k2")])
        assert not look(store, 2, NOW - MINUTE, alerts=[late])
        assert store.rule_state("spike", "اسنپ") == ({"n": 1}, NOW)
        assert len(store.alerts()) == len(store.deliveries()) == 1
        assert look(store, 3, NOW + MINUTE)

    def test_processes_racing_for_a_step_store_it_once(self, url: str) -> None:
        stores = [open_store(url) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            won = list(pool.map(lambda pair: look(pair[1], pair[0], NOW, deliveries=[delivery(f"k{pair[0]}")]), enumerate(stores)))
        assert sum(won) == 1 and len(stores[0].deliveries()) == 1
        for store in stores:
            store.close()

    def test_processes_racing_for_a_fresh_mention_look_at_it_once(self, url: str) -> None:
        stores = [open_store(url) for _ in range(4)]
        commit(stores[0], mention())
        score(stores[0], mention().key)
        with ThreadPoolExecutor(4) as pool:
            won = list(pool.map(lambda pair: look(pair[1], pair[0], NOW, deliveries=[delivery(f"k{pair[0]}")],
                                                  fresh_done=[(mention().key, "اسنپ")]), enumerate(stores)))
        assert sum(won) == 1 and len(stores[0].deliveries()) == 1 and stores[0].fresh() == []
        for store in stores:
            store.close()

    def test_a_look_at_an_alert_that_a_person_changed_meanwhile_stores_nothing_at_all(self, store: Store) -> None:
        fired = alert()
        assert look(store, 1, NOW, alerts=[fired], seen=[])
        taken = replace(fired, state=AlertState.ACKNOWLEDGED, acknowledged_by="سارا", acknowledged_at=NOW)
        assert store.update_alert(taken, who="سارا", what="acknowledge", at=NOW, seen=fired)
        assert not store.update_alert(fired, who="علی", what="undo", at=NOW, seen=fired)
        commit(store, mention())
        score(store, mention().key)
        tell_stories(store)
        fresh = store.fresh()
        assert not look(store, 2, NOW + MINUTE, alerts=[replace(fired, state=AlertState.RESOLVED)], seen=[fired],
                        deliveries=[delivery("k4")], fresh_done=[(mention().key, "اسنپ")], stop=[fired.fingerprint])
        assert not look(store, 2, NOW + MINUTE, alerts=[fired], seen=[])  # thought to be new, and is there
        assert store.alerts() == [taken] and store.deliveries() == [] and store.fresh() == fresh
        assert store.rule_state("spike", "اسنپ") == ({"n": 1}, NOW) and len(store.events()) == 1

    @pytest.mark.parametrize("gone", ["edited", "taken back", "looked at"])
    def test_a_look_at_a_mention_that_is_no_news_any_more_stores_nothing(self, store: Store, gone: str) -> None:
        commit(store, mention("1"), mention("2"))
        score(store, MentionKey("rss", "1"), MentionKey("rss", "2"))
        tell_stories(store)
        done = [(MentionKey("rss", "1"), "اسنپ"), (MentionKey("rss", "2"), "اسنپ")]
        if gone == "edited":
            commit(store, mention("2", "نو"))
        elif gone == "taken back":
            commit(store, deleted=[MentionKey("rss", "2")])
        else:
            assert store.save_pass(fresh_done=done[1:], at=NOW)
        assert not look(store, 1, NOW, fresh_done=done) and store.rule_states() == {}
        assert [(one.mention.key, brand) for brand, one in store.fresh()] == done[:1]
        assert look(store, 1, NOW, fresh_done=done[:1])

    def test_what_was_scored_in_the_same_moment_is_looked_at_in_two_looks(self, store: Store) -> None:
        commit(store, mention("1"), mention("2"))
        score(store, MentionKey("rss", "1"), MentionKey("rss", "2"))
        tell_stories(store)
        for number in (1, 2):
            [(brand, one)] = store.fresh(1)
            assert look(store, number, NOW, fresh_done=[(one.mention.key, brand)])
        assert store.rule_state("spike", "اسنپ") == ({"n": 2}, NOW)

    def test_a_clock_set_back_holds_no_look_at_mentions_up_and_shows_no_step_twice(self, store: Store) -> None:
        assert look(store, 1, NOW)
        commit(store, mention())
        score(store, mention().key)
        assert look(store, 2, NOW - HOUR, fresh_done=[(mention().key, "اسنپ")])
        assert store.rule_state("spike", "اسنپ") == ({"n": 2}, NOW)

    def test_a_rule_can_begin_anew(self, store: Store) -> None:
        look(store, 1, NOW)
        store.reset_rule("spike", "اسنپ")
        assert store.rule_state("spike", "اسنپ") == ({}, None)


class TestCalls:
    """Messages that wait for their time, and are cancelled when nobody needs them any more."""

    def test_a_stopped_alert_sends_nothing_more_but_what_the_look_says(self, store: Store) -> None:
        fired, other = alert(), alert(fired_at=NOW + MINUTE)
        look(store, 1, NOW, alerts=[fired, other], deliveries=[
            delivery("now", about=fired), delivery("later", about=fired, due_at=NOW + HOUR), delivery("other", about=other)])
        assert [one.key for one in store.claim_deliveries(1, now=NOW, lease=MINUTE)] == ["now"]
        store.delivery_sent("now", "ops", at=NOW)
        over = replace(fired, state=AlertState.RESOLVED, resolved_at=NOW + MINUTE)
        assert look(store, 2, NOW + MINUTE, alerts=[over], seen=[fired], stop=[fired.fingerprint],
                    deliveries=[delivery("over", about=over, due_at=NOW + MINUTE)])
        found = {one.key: one for one in store.deliveries(fired.fingerprint)}
        assert {key: (one.sent_at, one.cancelled_at) for key, one in found.items()} == {
            "now": (NOW, None), "later": (None, NOW + 2 * MINUTE), "over": (None, None)}
        assert found["later"].error == "no longer needed when its time came" and store.pending_deliveries() == 2
        assert [one.key for one in store.claim_deliveries(9, now=NOW + DAY, lease=MINUTE)] == ["other", "over"]

    def test_a_person_who_takes_an_alert_stops_its_calls(self, store: Store) -> None:
        fired = alert()
        look(store, 1, NOW, alerts=[fired], deliveries=[delivery("later", about=fired, due_at=NOW + HOUR)])
        assert store.update_alert(replace(fired, updated_at=NOW), who="سارا", what="note", at=NOW)
        assert store.pending_deliveries() == 1
        taken = replace(fired, state=AlertState.ACKNOWLEDGED, acknowledged_by="سارا", acknowledged_at=NOW)
        assert store.update_alert(taken, who="سارا", what="acknowledge", at=NOW, stop=True,
                                  deliveries=[delivery("taken", about=taken)])
        [later] = [one for one in store.deliveries() if one.key == "later"]
        assert (later.cancelled_at, later.error) == (NOW, "acknowledge by سارا before its time came")
        assert [one.key for one in store.claim_deliveries(9, now=NOW + DAY, lease=MINUTE)] == ["taken"]

    @pytest.mark.parametrize("outcome", ["sent", "failed", "killed"])
    def test_what_is_on_its_way_when_it_is_cancelled_goes_out_once_at_most(self, store: Store, outcome: str) -> None:
        fired = alert()
        look(store, 1, NOW, alerts=[fired], deliveries=[delivery(about=fired)])
        assert store.claim_deliveries(9, now=NOW, lease=MINUTE)
        store.update_alert(fired, who="سارا", what="acknowledge", at=NOW, stop=True)
        if outcome == "sent":
            store.delivery_sent("k1", "ops", at=NOW)
        elif outcome == "failed":
            store.delivery_failed("k1", "ops", error="HTTP 503", retry_at=NOW, at=NOW)
        [one] = store.deliveries()
        assert (one.sent_at, one.cancelled_at) == ((NOW, None) if outcome == "sent" else (None, NOW))
        assert store.claim_deliveries(9, now=NOW + DAY, lease=MINUTE) == [] and store.pending_deliveries() == 0

    def test_a_receiver_that_is_enabled_again_gets_nothing_that_was_cancelled(self, store: Store) -> None:
        fired, other = alert(), alert(fired_at=NOW + MINUTE)
        look(store, 1, NOW, alerts=[fired, other], deliveries=[delivery("a", about=fired), delivery("b", about=other)])
        for key in ("a", "b"):
            store.delivery_failed(key, "ops", error="HTTP 410", retry_at=None, at=NOW, disable=True)
        store.update_alert(fired, who="سارا", what="acknowledge", at=NOW + MINUTE, stop=True)
        store.enable_receiver("ops", at=NOW)
        assert [one.key for one in store.claim_deliveries(9, now=NOW + DAY, lease=MINUTE)] == ["b"]
        [cancelled] = store.deliveries(fired.fingerprint)
        assert cancelled.error == "HTTP 410" and cancelled.cancelled_at


class TestRules:
    def test_what_holds_for_a_rule_is_kept_with_who_said_so_and_its_replays(self, store: Store) -> None:
        assert store.rule_settings() == {}
        store.set_rule("spike/volume", enabled=True, demoted_at=None, who="سارا", at=NOW, why="آزموده شد", replay={"alerts": 3, "days": [1, 2]})
        store.set_rule("spike/volume", enabled=True, demoted_at=NOW + HOUR, who="goosh", at=NOW + HOUR, why="9 of 10 were wrong")
        store.set_rule("harm", enabled=None, demoted_at=None, who="علی", at=NOW, why="x")
        store.set_rule("harm", enabled=False, demoted_at=None, who="علی", at=NOW + DAY, why="y", replay={})
        assert store.rule_settings() == {
            "harm": RuleSetting("harm", False, None, "علی", NOW + DAY, "y", {}),
            "spike/volume": RuleSetting("spike/volume", True, NOW + HOUR, "goosh", NOW + HOUR, "9 of 10 were wrong",
                                        {"alerts": 3, "days": [1, 2]})}
        assert store.replay_records("spike/volume") == [(NOW, "سارا", {"alerts": 3, "days": [1, 2]})]
        assert [event.what for event in store.events(subject="spike/volume")] == [
            "demote rule: 9 of 10 were wrong", "enable rule: آزموده شد"]

    def test_the_last_verdicts_on_a_rule_come_first(self, store: Store) -> None:
        mine = [alert(fired_at=NOW + number * MINUTE) for number in range(3)]
        other = replace(alert(), rule="harm")
        store.save_pass(alerts=[*mine, other], at=NOW)
        verdicts = [Verdict(one.fingerprint, VerdictKind.REAL, "سارا", NOW + number * HOUR) for number, one in enumerate([*mine, other])]
        for one in verdicts:
            store.add_verdict(one)
        assert store.verdicts_of("spike", 2) == [verdicts[2], verdicts[1]] and store.verdicts_of("harm", 9) == verdicts[3:]
        assert store.verdicts_of("nothing", 9) == []


class TestAlerts:
    def test_they_come_latest_first_and_filtered(self, store: Store) -> None:
        old, new = alert(fired_at=NOW - DAY, state=AlertState.RESOLVED), alert(state=AlertState.ACKNOWLEDGED)
        other = replace(alert(), subject="تپسی", story="s1")
        store.save_pass(at=NOW, alerts=[old, new, other])
        assert store.alerts(subject="اسنپ") == [new, old]
        assert store.alerts(subject="اسنپ", open_only=True) == [new]
        assert store.alerts(since=NOW - HOUR, subject="تپسی") == [other]
        assert len(store.alerts(limit=1)) == 1 and store.alert("nothing") is None

    def test_what_a_person_did_is_stored_with_who_and_when(self, store: Store) -> None:
        fired = alert()
        store.save_pass(at=NOW, alerts=[fired])
        taken = replace(fired, state=AlertState.ACKNOWLEDGED, acknowledged_by="سارا", acknowledged_at=NOW + MINUTE,
                        updated_at=NOW + MINUTE)
        store.update_alert(taken, who="سارا", what="acknowledge", at=NOW + MINUTE, deliveries=[delivery("k9", about=taken)])
        assert store.alert(fired.fingerprint) == taken
        [event] = store.events(subject=fired.fingerprint)
        assert (event.who, event.what, event.at) == ("سارا", "acknowledge", NOW + MINUTE)
        assert [one.key for one in store.deliveries(fired.fingerprint)] == ["k9"]


class TestOutbox:
    def test_a_message_comes_back_whole(self, store: Store) -> None:
        commit(store, mention(rating=0.5))
        score(store, mention().key)
        quoted = store.by_keys([mention().key], "اسنپ")
        given = delivery(about=alert(evidence=(mention().key,)), quoted=quoted)
        store.add_deliveries([given])
        assert store.deliveries() == [given]
        assert store.claim_deliveries(5, now=NOW, lease=HOUR) == [replace(given, attempts=1)]

    def test_a_key_is_sent_once_to_each_receiver(self, store: Store) -> None:
        assert store.add_deliveries([delivery(), delivery(receiver="boss"), delivery()]) == 2
        assert store.add_deliveries([delivery()]) == 0

    def test_only_what_is_due_is_claimed_and_by_one(self, store: Store) -> None:
        store.add_deliveries([delivery("later", due_at=NOW + HOUR), delivery("b"), delivery("a", due_at=NOW - HOUR)])
        assert [one.key for one in store.claim_deliveries(5, now=NOW, lease=MINUTE)] == ["a", "b"]
        assert store.claim_deliveries(5, now=NOW, lease=MINUTE) == []
        again = store.claim_deliveries(5, now=NOW + MINUTE, lease=MINUTE)  # whoever held them died
        assert [(one.key, one.attempts) for one in again] == [("a", 2), ("b", 2)]

    def test_a_claim_of_a_clock_that_was_ahead_holds_nothing_back(self, store: Store) -> None:
        store.add_deliveries([delivery()])
        assert len(store.claim_deliveries(5, now=NOW + DAY, lease=MINUTE)) == 1
        assert len(store.claim_deliveries(5, now=NOW, lease=MINUTE)) == 1
        assert store.claim_deliveries(5, now=NOW - MINUTE / 2, lease=MINUTE) == []  # another sender, a moment behind

    def test_racing_senders_never_get_the_same_message(self, url: str) -> None:
        stores = [open_store(url) for _ in range(4)]
        stores[0].add_deliveries([delivery(f"k{number:03}") for number in range(80)])

        def work(store: Store) -> list[str]:
            mine: list[Delivery] = []
            while claimed := store.claim_deliveries(3, now=NOW, lease=HOUR):
                mine += claimed
                for one in claimed:
                    store.delivery_sent(one.key, one.receiver, at=NOW)
            return [one.key for one in mine]

        with ThreadPoolExecutor(4) as pool:
            sent = [key for keys in pool.map(work, stores) for key in keys]
        assert len(sent) == len(set(sent)) == 80 and stores[0].pending_deliveries() == 0
        for store in stores:
            store.close()

    def test_sent_failed_and_given_up(self, store: Store) -> None:
        store.add_deliveries([delivery("sent"), delivery("retried"), delivery("given up")])
        store.claim_deliveries(5, now=NOW, lease=HOUR)
        store.delivery_sent("sent", "ops", at=NOW + MINUTE)
        store.delivery_failed("retried", "ops", error="HTTP 503", retry_at=NOW + 5 * MINUTE, at=NOW)
        store.delivery_failed("given up", "ops", error="HTTP 410", retry_at=None, at=NOW)
        store.delivery_failed("sent", "ops", error="too late", retry_at=None, at=NOW)
        stored = {one.key: one for one in store.deliveries()}
        assert stored["sent"].sent_at == NOW + MINUTE and stored["sent"].error is None
        assert (stored["retried"].error, stored["retried"].due_at) == ("HTTP 503", NOW + 5 * MINUTE)
        assert [one.key for one in store.claim_deliveries(5, now=NOW + DAY, lease=HOUR)] == ["retried"]
        assert store.pending_deliveries() == 1

    def test_a_disabled_receiver_gets_nothing_until_it_is_enabled(self, store: Store) -> None:
        store.add_deliveries([delivery("a"), delivery("b"), delivery("a", "boss")])
        store.delivery_failed("a", "ops", error="channel_not_found", retry_at=None, at=NOW, disable=True)
        assert store.receivers() == [ReceiverState("ops", NOW, "channel_not_found")]
        assert [one.receiver for one in store.claim_deliveries(5, now=NOW, lease=HOUR)] == ["boss"]
        store.enable_receiver("ops", at=NOW)
        assert [one.key for one in store.claim_deliveries(5, now=NOW, lease=HOUR)] == ["a", "b"]
        assert store.receivers() == [ReceiverState("ops", None, None)]


class TestPeople:
    def test_silences_hold_for_their_time(self, store: Store) -> None:
        silence = Silence("اسنپ", "*", "سارا", "کمپین", NOW, NOW + HOUR)
        store.add_silence(silence)
        assert store.silences(NOW) == store.silences() == [silence]
        assert store.silences(NOW - timedelta(microseconds=1)) == store.silences(NOW + HOUR) == []
        store.add_silence(replace(silence, until=NOW + MINUTE))
        assert store.silences(NOW + MINUTE) == [] and len(store.silences()) == 1

    def test_a_person_has_one_verdict_on_an_alert(self, store: Store) -> None:
        store.add_verdict(Verdict("f1", VerdictKind.KNOWN, "سارا", NOW))
        store.add_verdict(Verdict("f1", VerdictKind.REAL, "سارا", NOW + MINUTE))
        store.add_verdict(Verdict("f2", VerdictKind.LATE, "علی", NOW))
        assert [one.kind for one in store.verdicts("f1")] == [VerdictKind.REAL]
        assert len(store.verdicts()) == 2

    def test_the_record_only_grows(self, store: Store) -> None:
        for number in range(5):
            store.log("سارا", f"did {number}", None if number % 2 else "x", NOW + number * MINUTE)
        assert [event.what for event in store.events(limit=2)] == ["did 4", "did 3"]
        assert [event.what for event in store.events(subject="x", since=NOW + MINUTE)] == ["did 4", "did 2"]
