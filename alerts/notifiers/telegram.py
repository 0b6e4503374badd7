"""Messages by a Telegram bot.

Endpoint: ``POST https://api.telegram.org/bot<token>/sendMessage``, JSON. Docs: https://core.telegram.org/bots/api#sendmessage
Auth: the bot's token, in a variable named by ``token_env``. Limits: 4096 characters; about a message a second to a chat,
20 a minute to a group, and then 429 with the time to wait. Cost: none. The text is HTML with everything escaped.

Telegram is blocked inside Iran: there give ``proxy``, or as ``base_url`` a Bot API server of your own outside.
What fails for good, and what is tried again: ``alerts.notifiers.bot_api``.
"""

from __future__ import annotations

from pydantic import Field

from alerts.notifiers.bot_api import BotNotifier, BotOptions
from alerts.notifiers.http import Address


class Options(BotOptions, frozen=True, extra="forbid"):
    base_url: Address = Field(default="https://api.telegram.org", description="the Bot API, or a server of yours for it")


class TelegramNotifier(BotNotifier):
    kind = "telegram"
    markup = "HTML"
    told = ("callback_query", "message")
