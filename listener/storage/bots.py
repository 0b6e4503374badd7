"""What the answers of people need to be heard once: how far each bot's updates were taken, and what somebody was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from .codec import clean_json
from .database import Database


class Bots(Database):
    """The part of the store that knows the bots whose updates are read. ``account`` is a hash: a token is a secret."""

    def bot(self, account: str) -> Mapping[str, Any]:
        """Return what is remembered of a bot; empty: never read."""
        with self._read() as connection:
            found = connection.execute(text("SELECT state FROM bot WHERE account = :account"), {"account": account}).scalar()
        return {} if found is None else json.loads(found)

    def save_bot(self, account: str, state: Mapping[str, Any]) -> None:
        """Remember this of a bot, in place of what was; inside ``together`` with what was done about its updates."""
        with self._write() as connection:
            connection.execute(text("INSERT INTO bot (account, state) VALUES (:account, :state) "
                                    "ON CONFLICT (account) DO UPDATE SET state = excluded.state"),
                               {"account": account, "state": clean_json(state)})
