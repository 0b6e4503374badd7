"""Messages by a bot (بازو) of the Iranian messenger Bale, which works when the way abroad is closed.

Endpoint: ``POST https://tapi.bale.ai/bot<token>/sendMessage``, JSON, answered as Telegram does. Docs: https://docs.bale.ai
Auth: the bot's token, in a variable named by ``token_env``. Cost: none.
Not confirmed: the limit of 4096 characters and the words of its errors are taken to be Telegram's. Its apps draw Markdown
without being asked, so the text goes out plain and a link that a post would hide behind other words is parted.
What fails for good, and what is tried again: ``alerts.notifiers.bot_api``.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from alerts.notifiers.bot_api import BotNotifier, BotOptions
from alerts.notifiers.http import Address
from listener.types import Message


class Options(BotOptions, frozen=True, extra="forbid"):
    base_url: Address = Field(default="https://tapi.bale.ai", description="Bale's Bot API")


class BaleNotifier(BotNotifier):
    kind = "bale"
    markup = None

    def body(self, message: Message) -> dict[str, Any]:
        asked = super().body(message)
        return asked | {"text": asked["text"].replace("](", "］(")}  # as long as before
