"""Send: every message that is due goes to its receiver, at least once, under one key."""

from __future__ import annotations

from dataclasses import replace

from alerts import lifecycle
from listener.errors import NotifyError
from listener.pipeline.house import House, log
from listener.types import Delivery


class Delivering(House):
    """The pass over the outbox."""

    def deliver(self, to: str | None = None) -> int:
        """Hand over every message that is due, or those ``to`` one receiver, so that none waits for another that hangs.

        At least once: a crash after sending repeats it under the same key.
        """
        notifiers = {receiver.name: receiver.notifier for receiver in self.receivers}
        sent, failing = 0, set[str]()
        for delivery in self.store.claim_deliveries(50, now=self.now(), lease=self.lease, to=to):
            if delivery.receiver in failing:
                continue  # free again when its lease ends; one receiver that hangs does not make the others wait for each message
            notifier = notifiers.get(delivery.receiver)
            try:
                if notifier is None:
                    raise NotifyError(delivery.receiver, "no such receiver in the configuration; add it or discard the delivery",
                                      permanent=True)
                notifier.send(delivery.message)
            except NotifyError as error:
                failing.add(delivery.receiver)
                self._failed(delivery, error)
            else:
                self.store.delivery_sent(delivery.key, delivery.receiver, at=self.now())
                sent += 1
        self.counters.sent += sent
        self.counters.pass_ended(self.now())
        return sent

    def _failed(self, delivery: Delivery, error: NotifyError) -> None:
        now = self.now()
        self.counters.failed += 1
        retry_at = lifecycle.retry_at(delivery.attempts, error, key=delivery.key, at=now)
        self.store.delivery_failed(delivery.key, delivery.receiver, error=str(error), retry_at=retry_at, at=now,
                                   message=replace(delivery.message, left=error.left) if error.left else None)
        if error.permanent:
            self.store.disable_receiver(delivery.receiver, str(error), now)
            log.error("%s (permanent); receiver disabled, mend it and run 'goosh alerts test %s'", error, delivery.receiver)
        else:
            log.warning("%s; trying again at %s", error, retry_at)
