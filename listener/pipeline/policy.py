"""What shapes alerts at this moment: the settings, and what people and verdicts have made of the rules since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from alerts import precision
from alerts.engine import Policy
from listener.storage import Store

FOR = timedelta(seconds=15)
"""How long an answer is good: people who switch a rule off do not see it fire a minute later."""

JUDGED = 200  # of the last verdicts on a rule, from which its precision is counted


class Policies:
    """Called for the policy that holds now. ``configured``: name of every rule → whether the settings enable it."""

    def __init__(self, store: Store, configured: Mapping[str, bool], settings: Policy, now: Callable[[], datetime]) -> None:
        self.store, self.configured, self.settings, self.now = store, configured, settings, now
        self._held: tuple[datetime, Policy] | None = None

    def __call__(self) -> Policy:
        now = self.now()
        if self._held is None or not self._held[0] <= now < self._held[0] + FOR:
            self._held = now, self._asked()
        return self._held[1]

    def _asked(self) -> Policy:
        said = self.store.rule_settings()
        enabled = {name: default if (own := said.get(name)) is None or own.enabled is None else own.enabled
                   for name, default in self.configured.items()}
        found = {name: precision.measure(self.store.verdicts_of(name, JUDGED)) for name in self.configured}
        return replace(self.settings, off=frozenset(name for name, on in enabled.items() if not on),
                       judged={name: (one.right, one.judged) for name, one in found.items() if one.judged},
                       demoted=frozenset(name for name, setting in said.items() if setting.demoted_at is not None))
