"""What the answers of people need to be heard once: how far each bot's updates were taken, and what somebody was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from .codec import clean_json
from .database import Database

DRILL = "drill"  # in the place of a bot: what is said to any of them while it goes on may be about the exercise


class Bots(Database):
    """The part of the store that knows the bots whose updates are read. ``account`` is a hash: a token is a secret."""

    def bot(self, account: str) -> Mapping[str, Any]:
        """Return what is remembered of a bot; empty: never read."""
        with self._read() as connection:
            found = connection.execute(text("SELECT state FROM bot WHERE account = :account"), {"account": account}).scalar()
        return {} if found is None else json.loads(found)

    def drill_until(self) -> datetime | None:
        """Return until when the last drill goes on, or went on; None: there was none."""
        until = self.bot(DRILL).get("until")
        return None if until is None else datetime.fromisoformat(until)

    def save_drill(self, until: datetime) -> None:
        """Note that people are called for an exercise until then: what they answer need not be about an alert."""
        self.save_bot(DRILL, {"until": until.isoformat()})

    def save_bot(self, account: str, state: Mapping[str, Any]) -> None:
        """Remember this of a bot, in place of what was; inside ``together`` with what was done about its updates."""
        with self._write() as connection:
            connection.execute(text("INSERT INTO bot (account, state) VALUES (:account, :state) "
                                    "ON CONFLICT (account) DO UPDATE SET state = excluded.state"),
                               {"account": account, "state": clean_json(state)})
