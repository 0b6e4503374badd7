"""Alerts, the outbox, receivers, and what people say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from listener.storage import Evaluation, ReceiverState, Store, open_store
from listener.types import AlertState, Delivery, MentionKey, Silence, Verdict, VerdictKind

from .made import DAY, HOUR, MINUTE, NOW, alert, commit, delivery, mention, score


class TestEvaluations:
    def test_state_alert_and_messages_are_stored_together(self, store: Store) -> None:
        fired = alert(evidence=(MentionKey("rss", "1"), MentionKey("rss", "2")), why={"window": "1h", "floor": 4.5,
                                                                                      "نام": ["الف"]})
        assert store.rule_state("spike", "اسنپ") == ({}, None)
        assert store.save_evaluation("spike", "اسنپ", {"last": [1, 2]}, until=NOW, alerts=[fired],
                                     deliveries=[delivery(about=fired)])
        assert store.rule_state("spike", "اسنپ") == ({"last": [1, 2]}, NOW)
        assert store.alerts() == [fired] and store.alert(fired.fingerprint) == fired
        assert [one.key for one in store.deliveries(fired.fingerprint)] == ["k1"]

    def test_a_step_is_evaluated_once_even_by_two_processes(self, store: Store) -> None:
        assert store.save_evaluation("spike", "اسنپ", {"n": 1}, until=NOW, alerts=[alert()], deliveries=[delivery()])
        late = alert(fired_at=NOW + HOUR)
        assert not store.save_evaluation("spike", "اسنپ", {"n": 2}, until=NOW, alerts=[late], deliveries=[delivery("k2")])
        assert not store.save_evaluation("spike", "اسنپ", {"n": 2}, until=NOW - MINUTE, alerts=[late])
        assert store.rule_state("spike", "اسنپ") == ({"n": 1}, NOW)
        assert len(store.alerts()) == len(store.deliveries()) == 1
        assert store.save_evaluation("spike", "اسنپ", {"n": 3}, until=NOW + MINUTE)

    def test_processes_racing_for_a_step_store_it_once(self, url: str) -> None:
        stores = [open_store(url) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            won = list(pool.map(lambda pair: pair[1].save_evaluation("spike", "اسنپ", {"by": pair[0]}, until=NOW,
                                                                    deliveries=[delivery(f"k{pair[0]}")]), enumerate(stores)))
        assert sum(won) == 1 and len(stores[0].deliveries()) == 1
        for store in stores:
            store.close()

    def test_an_evaluation_of_an_alert_that_a_person_changed_meanwhile_is_left_for_the_next_look(self, store: Store) -> None:
        fired = alert()
        assert store.save_evaluation("spike", "اسنپ", {}, until=NOW, alerts=[fired], seen=[])
        taken = replace(fired, state=AlertState.ACKNOWLEDGED, acknowledged_by="سارا", acknowledged_at=NOW)
        assert store.update_alert(taken, who="سارا", what="acknowledge", at=NOW, seen=fired)
        assert not store.update_alert(fired, who="علی", what="undo", at=NOW, seen=fired)
        resolved = replace(fired, state=AlertState.RESOLVED)
        other = Evaluation("stale", "blog", {}, NOW + MINUTE, deliveries=(delivery("k5"),))
        assert store.save_evaluations([
            Evaluation("spike", "اسنپ", {"n": 2}, NOW + MINUTE, (resolved,), (delivery("k4"),), seen=(fired,)), other]) == 1
        assert store.alerts() == [taken] and [one.key for one in store.deliveries()] == ["k5"]
        assert store.rule_state("spike", "اسنپ") == ({}, NOW) and len(store.events()) == 1

    def test_a_rule_can_begin_anew(self, store: Store) -> None:
        store.save_evaluation("spike", "اسنپ", {"n": 1}, until=NOW)
        store.reset_rule("spike", "اسنپ")
        assert store.rule_state("spike", "اسنپ") == ({}, None)


class TestAlerts:
    def test_they_come_latest_first_and_filtered(self, store: Store) -> None:
        old, new = alert(fired_at=NOW - DAY, state=AlertState.RESOLVED), alert(state=AlertState.ACKNOWLEDGED)
        other = replace(alert(), subject="تپسی", story="s1")
        store.save_evaluation("spike", "اسنپ", {}, until=NOW, alerts=[old, new, other])
        assert store.alerts(subject="اسنپ") == [new, old]
        assert store.alerts(subject="اسنپ", open_only=True) == [new]
        assert store.alerts(since=NOW - HOUR, subject="تپسی") == [other]
        assert len(store.alerts(limit=1)) == 1 and store.alert("nothing") is None

    def test_what_a_person_did_is_stored_with_who_and_when(self, store: Store) -> None:
        fired = alert()
        store.save_evaluation("spike", "اسنپ", {}, until=NOW, alerts=[fired])
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
        store.enable_receiver("ops")
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
