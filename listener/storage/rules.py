"""What rules remember, and what people and their precision made of them beside the configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from ..types import State, Verdict, VerdictKind
from .codec import clean, clean_json, instant, maybe_instant, maybe_micros, micros
from .database import Database
from .people import record
from .results import RuleSetting


class Rules(Database):
    """The part of the store that knows rules."""

    def rule_state(self, rule: str, subject: str) -> tuple[State, datetime | None]:
        """Return what a rule remembers of a subject and the end of the last step it evaluated (``None``: never)."""
        with self._read() as connection:
            row = connection.execute(text("SELECT state, until FROM rule_state WHERE rule = :rule AND subject = :subject"),
                                     {"rule": rule, "subject": subject}).first()
        return ({}, None) if row is None else (json.loads(row.state), instant(row.until))

    def rule_states(self) -> dict[tuple[str, str], tuple[State, datetime]]:
        """Return what every rule remembers of every subject, by (rule, subject), with the end of the last step it evaluated."""
        with self._read() as connection:
            rows = connection.execute(text("SELECT rule, subject, state, until FROM rule_state ORDER BY rule, subject")).all()
        return {(rule, subject): (json.loads(state), instant(until)) for rule, subject, state, until in rows}

    def reset_rule(self, rule: str, subject: str) -> None:
        """Let a rule forget what it remembers of a subject."""
        with self._write() as connection:
            connection.execute(text("DELETE FROM rule_state WHERE rule = :rule AND subject = :subject"),
                               {"rule": rule, "subject": subject})

    def rule_settings(self) -> dict[str, RuleSetting]:
        """Return what was said of rules beside the configuration, by rule name, each with its last recorded replay."""
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT s.name, s.enabled, s.demoted_at, s.who, s.at, s.why, (SELECT r.content FROM replay_record r "
                "WHERE r.rule = s.name ORDER BY r.at DESC LIMIT 1) AS content FROM rule_setting s ORDER BY s.name")).all()
        return {row.name: RuleSetting(row.name, None if row.enabled is None else bool(row.enabled), maybe_instant(row.demoted_at),
                                      row.who, instant(row.at), row.why, None if row.content is None else json.loads(row.content))
                for row in rows}

    def set_rule(self, name: str, *, enabled: bool | None, demoted_at: datetime | None, who: str, at: datetime, why: str,
                 replay: Mapping[str, Any] | None = None) -> None:
        """Store what holds for a rule from now on, who said so and why; it replaces what was said before.

        ``enabled`` ``None``: as the configuration says. ``replay`` is what the rule would have done, kept as a record of its
        own: figures and keys of mentions, no texts.
        """
        done = "demote rule" if demoted_at else {None: "rule as configured", True: "enable rule", False: "disable rule"}[enabled]
        with self._write() as connection:
            connection.execute(text(
                "INSERT INTO rule_setting (name, enabled, demoted_at, who, at, why) VALUES (:name, :enabled, :demoted_at, :who, "
                ":at, :why) ON CONFLICT (name) DO UPDATE SET enabled = excluded.enabled, demoted_at = excluded.demoted_at, "
                "who = excluded.who, at = excluded.at, why = excluded.why"),
                {"name": clean(name), "enabled": enabled, "demoted_at": maybe_micros(demoted_at), "who": clean(who),
                 "at": micros(at), "why": clean(why)})
            if replay is not None:
                connection.execute(text(
                    "INSERT INTO replay_record (rule, at, who, content) VALUES (:rule, :at, :who, :content) "
                    "ON CONFLICT (rule, at) DO UPDATE SET who = excluded.who, content = excluded.content"),
                    {"rule": clean(name), "at": micros(at), "who": clean(who), "content": clean_json(replay)})
            record(connection, who, f"{done}: {why}", name, at)

    def replay_records(self, rule: str) -> list[tuple[datetime, str, Mapping[str, Any]]]:
        """Return when a rule's replays were recorded, by whom, and what they said, the latest first."""
        with self._read() as connection:
            return [(instant(at), who, json.loads(content)) for at, who, content in connection.execute(text(
                "SELECT at, who, content FROM replay_record WHERE rule = :rule ORDER BY at DESC"), {"rule": rule})]

    def last_fired(self) -> dict[str, datetime]:
        """Return when each rule last raised an alert that is still stored, by its name."""
        with self._read() as connection:
            return {rule: instant(at) for rule, at in connection.execute(text("SELECT rule, max(fired_at) FROM alert GROUP BY rule"))}

    def verdicts_of(self, rule_name: str, limit: int) -> list[Verdict]:
        """Return the last ``limit`` verdicts on alerts of a rule, the latest first."""
        with self._read() as connection:
            rows = connection.execute(text(
                "SELECT v.fingerprint, v.kind, v.who, v.at FROM verdict v JOIN alert a ON a.fingerprint = v.fingerprint "
                "WHERE a.rule = :rule ORDER BY v.at DESC, v.fingerprint, v.who LIMIT :limit"),
                {"rule": rule_name, "limit": limit}).all()
        return [Verdict(fingerprint, VerdictKind(kind), who, instant(at)) for fingerprint, kind, who, at in rows]
