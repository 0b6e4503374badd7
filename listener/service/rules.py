"""Rules at run time: what people and verdicts made of what the file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from alerts import precision
from listener.errors import Refusal
from listener.service.alerts import MOST_VERDICTS
from listener.service.door import Door, named, reasoned
from listener.storage import RuleSetting


@dataclass(frozen=True, slots=True)
class RuleView:
    """A configured rule as it stands now."""

    name: str
    kind: str
    enabled: bool
    precision: precision.Precision
    said: RuleSetting | None  # by people, or by its verdicts, since
    fired_at: datetime | None  # when it last raised an alert
    replays: tuple[tuple[datetime, str, Mapping[str, Any]], ...] = ()  # recorded ones, the latest first: when, by whom, what it would have done

    @property
    def demoted(self) -> bool:
        return self.said is not None and self.said.demoted_at is not None


class Rules(Door):
    """Rules, asked about and acted on at run time."""

    def rules(self) -> list[RuleView]:
        """Return the configured rules in the order of the file, with what people and verdicts made of them since."""
        said, fired = self.store.rule_settings(), self.store.last_fired()
        return [RuleView(
            rule.name, rule.kind, rule.enabled if (now := said.get(rule.name)) is None or now.enabled is None else now.enabled,
            precision.measure(self.store.verdicts_of(rule.name, MOST_VERDICTS)), now, fired.get(rule.name),
            tuple(self.store.replay_records(rule.name))) for rule in self.settings.rules]

    def enable_rule(self, name: str, who: str, why: str, *, replay: Mapping[str, Any] | None = None) -> None:
        """Let a rule raise alerts from now on, whatever the file says; ``replay`` is kept: what it would have done."""
        self._set_rule(name, who, why, enabled=True, replay=replay)

    def disable_rule(self, name: str, who: str, why: str) -> None:
        """Let a rule raise no alerts from now on; those that stand stay."""
        self._set_rule(name, who, why, enabled=False)

    def demote_rule(self, name: str, who: str, why: str) -> None:
        """Let what a rule says from now on wait for the digest (P3)."""
        self._set_rule(name, who, why, demoted=True)

    def promote_rule(self, name: str, who: str, why: str) -> None:
        """Let a demoted rule call people again. Verdicts given before count no more towards the next demotion."""
        self._set_rule(name, who, why, demoted=False)

    def _set_rule(self, name: str, who: str, why: str, *, enabled: bool | None = None, demoted: bool | None = None,
                  replay: Mapping[str, Any] | None = None) -> None:
        known = [rule.name for rule in self.settings.rules]
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise (Refusal(f"rule {name!r}", "rule.unknown.near", known=known, near=near[0]) if near
                   else Refusal(f"rule {name!r}", "rule.unknown", known=known))
        at, before = self.now(), self.store.rule_settings().get(name)
        since = before.demoted_at if before else None
        self.store.set_rule(name, enabled=enabled if enabled is not None or before is None else before.enabled,
                            demoted_at=since if demoted is None else (since or at) if demoted else None,
                            who=named(who), at=at, why=reasoned(why), replay=replay)
