"""Send: every message that is due goes to its receiver, at least once, under one key.

What is queued goes out also while the clock of this machine is wrong (``listener.pipeline.clock``): by the time of the world.

One at a time: a message is claimed in the moment before it is sent. So a person who takes an alert stops what is not sent yet,
a message that was not tried is held by nobody, and each try counts for the message that was tried.

A receiver is disabled when it refuses for good several times over some minutes, never for one answer: a filter between may
have given it. The count stands in the database: a restart forgets it not, and it goes on from one ``goosh once`` to the next.

A message is given up by its age (``alerts.retries``): a day after it was to go out. What is over by then was cancelled, what
goes out late says so.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from alerts import retries
from listener.errors import NotifyError
from listener.pipeline.house import House, log
from listener.pipeline.nouns import Receiver
from listener.types import Delivery, Message, Reason
from listener.words import say

MOST_AT_ONCE = 50  # messages that one pass hands to a receiver
REFUSALS = 3  # that disable a receiver, in a row
REFUSING = timedelta(minutes=10)  # from the first of them to the last, at least


class Delivering(House):
    """The pass over the outbox."""

    def deliver(self, to: str | None = None) -> int:
        """Hand over every message that is due, or those ``to`` one receiver, so that none waits for another that hangs.

        Returns how many were taken. At least once: a crash after sending repeats it under the same key.
        """
        sent = sum(self._hand_over(receiver) for receiver in self.receivers if to in (None, receiver.name))
        if to is None:
            self.tidy()
        self.counters.sent += sent
        self.counters.pass_ended(self.world())
        return sent

    def tidy(self) -> None:
        """Give up what waits for receivers that are in the configuration no more; let no message wait for a clock that was ahead."""
        now = self.world()
        if hastened := self.store.hasten_deliveries(now):
            log.warning("%d messages were written while the clock was ahead; they are due now", hastened)
        configured = [receiver.name for receiver in self.receivers]
        for delivery in self.store.claim_deliveries(MOST_AT_ONCE, now=now, lease=self.lease, but=configured):
            error = NotifyError(delivery.receiver, "no such receiver in the configuration; add it or discard the delivery", permanent=True)
            self.counters.failed += 1
            self.store.delivery_failed(delivery.key, delivery.receiver, error=str(error), retry_at=None, at=now, disable=True)
            log.error("%s", error)

    def _hand_over(self, receiver: Receiver) -> int:
        sent = 0
        for _ in range(MOST_AT_ONCE):
            for delivery in self.store.claim_deliveries(1, now=self.world(), lease=self.lease, to=receiver.name):
                try:
                    there = receiver.notifier.send(self.dress(delivery) if self.dress and delivery.message.digest
                                                   else retries.as_sent(delivery, self.world()))
                    if there and self.placed and delivery.message.case is not None:  # before it counts as sent: a crash between asks again
                        self.placed(delivery, there)
                except NotifyError as error:
                    self._failed(delivery, error)
                    if not error.of_message:
                        return sent  # the others are tried at the next pass: one that hangs is not asked fifty times
                except Exception as mistake:  # of ours: it must hold up this message only
                    if delivery.attempts == 1:
                        log.exception("%s: a mistake in its notifier", receiver.name)
                    self._failed(delivery, NotifyError(receiver.name, f"a mistake in its notifier ({type(mistake).__name__}); report it"))
                else:
                    self.store.delivery_sent(delivery.key, delivery.receiver, at=self.world())
                    sent += 1
                break
            else:
                break
        return sent

    def _failed(self, delivery: Delivery, error: NotifyError) -> None:
        now, name, alert = self.world(), delivery.receiver, delivery.message.alert
        self.counters.failed += 1
        disable = error.permanent and not error.of_message and self._refuses_for_good(name, now)
        retry_at = None if disable or error.of_message else retries.retry_at(
            delivery.attempts, error, key=delivery.key, wanted_at=delivery.wanted_at, at=now, severity=alert.severity if alert else None,
            worth=retries.DIGEST_WORTH if delivery.message.digest else retries.WORTH)
        if disable:
            self.store.add_deliveries(self._lost(name, now))
        self.store.delivery_failed(delivery.key, name, error=str(error), retry_at=retry_at, at=now, disable=disable,
                                   message=replace(delivery.message, left=error.left) if error.left else None)
        if disable:
            log.error("%s (permanent); receiver disabled, mend it and run 'goosh alerts test %s'", error, name)
        elif retry_at is None:
            log.error("%s; given up", error)
        else:
            log.warning("%s; trying again at %s", error, retry_at)

    def _refuses_for_good(self, name: str, now: datetime) -> bool:
        known = self.store.receiver_refused(name, at=now)
        return known.refusals >= REFUSALS and now - (known.refusing_since or now) >= REFUSING

    def _lost(self, name: str, now: datetime) -> list[Delivery]:
        """Return what the other receivers are told when one is disabled: whoever counted on it hears nothing any more."""
        key = f"disabled-{name}-{now:%Y%m%dT%H%M%S}"
        return [Delivery(key, other.name, Message(key, say("alert.receiver.disabled", other.language, receiver=name), (), other.language,
                                                  Reason.FIRST), now)
                for other in self.receivers if other.name != name and not other.cases_only]
