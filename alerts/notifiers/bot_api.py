"""What Telegram's bots and those that speak like them have in common: ``POST <base_url>/bot<token>/sendMessage``.

A failure is believed to be the service's own only where the answer is its JSON (``{"ok": false, "error_code",
"description"}``); the page of a filter or a proxy between is tried again, whatever its status says, and disables nothing.

================  ====================================================================================================
permanent         401 and 404 (the token), 403 (blocked, kicked, no member), 400 about the chat
tried again       429, not before ``parameters.retry_after``; 5xx; no answer; redirects; an answer of somebody else
400 of the text   sent once more without the quoted posts; refused again, the message is given up, not the chat
================  ====================================================================================================

A message is sent at least once: the API has no field for a key, so an answer that is lost makes a second copy. The token
stands in the address, which therefore reaches neither errors nor logs.

Under each alert stand the ways to answer it, as buttons and as numbers for who would rather type, and its mark (``#`` and the
first eight digits of its fingerprint), by which an answer to the message is known to be about it. ``listener.replies`` reads
the answers with ``updates``; a bot whose updates another program takes is told so with ``buttons = false``.
"""

from __future__ import annotations

import html
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal
from urllib.parse import quote

import httpx
from pydantic import Field

from alerts.notifiers.http import LONGEST_RETRY, Answer, Post, WebOptions, json_bytes
from alerts.notifiers.plain import fitted, utf16, without_posts
from alerts.wording import FSI, PDI
from listener.errors import NotifyError
from listener.types import Message, Reason
from listener.words import Language, say

ROOM = 4096    # UTF-16 units of one message, counted after its markup
READ = 65_536  # bytes of an answer
UPDATES = 100  # that one answer holds at most
READ_UPDATES = 2**25  # bytes; a hundred long messages that each repeat the one they answer
MARK = 8       # digits of a fingerprint
TOAST = 200    # characters that are shown in passing
ANSWERS = ("take", "real", "not_ours", "known", "mute", "resolve")
"""What can be answered to an alert; the number of each is its place, from 1 on."""
OVER = ANSWERS[1:4]  # what is still to be said when it has ended
BEGUN = (Reason.FIRST, Reason.ESCALATED, Reason.REPEAT)
CHAT: dict[str, str] = {  # what a description says: what to do
    "chat not found": "chat not found; check chat, and let the person or group write to the bot once",
    "chat_id is empty": "chat not found; check chat",
    "blocked by the user": "the bot is blocked by the user; ask for it to be unblocked",
    "user is deactivated": "the account is deleted; give another chat",
    "kicked": "the bot was removed from the chat; add it again",
    "not a member": "the bot is no member of the chat; add it",
    "can't initiate": "a bot cannot begin a conversation; let the person write to it once",
    "not enough rights": "the bot may not write in the chat; make it an administrator",
    "no rights": "the bot may not write in the chat; make it an administrator",
    "write_forbidden": "the bot may not write in the chat; make it an administrator",
    "channel_private": "the bot may not write in the chat; make it an administrator",
    "upgraded to a supergroup": "the group has become a supergroup with another number; give that as chat",
}


class BotOptions(WebOptions, frozen=True, extra="forbid"):
    """Which bot writes to which chat."""

    token_env: str = Field(description="variable with the bot's token")
    chat: int | str = Field(description="the chat's number, or @name of a public channel")
    buttons: bool = Field(default=True, description="offer answers and listen to them; false: another program reads this bot")


class BotNotifier:
    kind: ClassVar[str]
    markup: ClassVar[Literal["HTML"] | None]
    told: ClassVar[tuple[str, ...]] = ()  # the updates to ask for; none: the service sends all it has

    def __init__(self, name: str, options: Any, *, transport: httpx.BaseTransport | None = None,
                 environment: Mapping[str, str] = os.environ, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.name, self.options = name, options
        self._post = Post(name, self.kind, options, transport=transport, environment=environment, now=now)

    def send(self, message: Message) -> None:
        """Write one message to the chat. Raises: NotifyError, permanent where trying again cannot help."""
        answer = self._ask(message)
        if self._refuses_text(answer):
            answer = self._ask(without_posts(message))
        self._judge(answer)

    def close(self) -> None:
        self._post.close()

    def token(self) -> str:
        """Return the bot's token. Raises: NotifyError where it is not set."""
        return self._post.secret(self.options.token_env)

    def updates(self, offset: int | None, kinds: Sequence[str] = ()) -> tuple[Mapping[str, Any], ...]:
        """Return up to ``UPDATES`` updates from ``offset`` on, in order; those before it are confirmed, and gone for good.

        ``kinds``: those to ask for beside the answers of people. Raises: NotifyError.
        """
        asked: dict[str, Any] = {"limit": UPDATES, "timeout": 0}
        if offset is not None:
            asked["offset"] = offset
        if self.told:
            asked["allowed_updates"] = sorted({*self.told, *kinds})
        answer = self._call("getUpdates", asked, read=READ_UPDATES)
        if _code(answer) == 409:
            raise self._post.error("another program reads this bot's updates, or a webhook takes them (HTTP 409); stop it, "
                                   "give each a bot of its own, or set buttons = false")
        self._judge(answer)
        found = answer.table.get("result")
        if not isinstance(found, list):
            raise self._post.error("the answer to getUpdates is no list; check base_url")
        return tuple(one for one in found if isinstance(one, dict) and type(one.get("update_id")) is int)

    def noticed(self, query: str, text: str) -> None:
        """Tell who pressed a button what became of it, in passing (``answerCallbackQuery``). Raises: NotifyError."""
        self._judge(self._call("answerCallbackQuery", {"callback_query_id": query, "text": text[:TOAST]}))

    def probe(self) -> None:
        """See whether the token is good and the chat is there, without writing into it. Raises: NotifyError."""
        self._judge(self._call("getMe", {}))
        self._judge(self._call("getChat", {"chat_id": self.options.chat}))

    def body(self, message: Message) -> dict[str, Any]:
        """Return what is asked of ``sendMessage``."""
        foot = self._foot(message)
        title, *lines = fitted(message, ROOM - utf16(foot) - 1, measure=utf16) or [message.key]
        if message.alert is not None and foot:  # the mark stands once, and where nothing is cut off
            own = mark(message.alert.fingerprint)
            lines = [*(line for line in lines if own not in line), foot]
        if self.markup:
            title, lines = f"<b>{html.escape(title)}</b>", [html.escape(line) for line in lines]
        asked: dict[str, Any] = {"chat_id": self.options.chat, "text": "\n".join([title, *lines])}
        if self.markup:
            asked |= {"parse_mode": self.markup, "link_preview_options": {"is_disabled": True}}
        if message.quiet:
            asked["disable_notification"] = True
        if message.alert is not None and (rows := self._rows(message)):
            asked["reply_markup"] = {"inline_keyboard": [
                [button(answer, message.alert.fingerprint, message.language) for answer in row] for row in rows]}
        return asked

    def _foot(self, message: Message) -> str:
        """Return the last line: how to answer, and the mark by which the answer finds its alert."""
        if message.alert is None or not self.options.buttons:
            return ""
        own = mark(message.alert.fingerprint)
        if message.reason in BEGUN:
            return f"{say('reply.legend', _tongue(message.language))} {own}"
        return f"{say('reply.legend.over', _tongue(message.language))} {own}" if message.reason is Reason.RESOLVED else own

    def _rows(self, message: Message) -> list[Sequence[str]]:
        if not self.options.buttons:
            return []
        if message.reason in BEGUN:
            return [ANSWERS[:1], OVER, ANSWERS[4:]]
        return [OVER] if message.reason is Reason.RESOLVED else []

    def _ask(self, message: Message) -> Answer:
        return self._call("sendMessage", self.body(message))

    def _call(self, method: str, body: Mapping[str, Any], *, read: int = READ) -> Answer:
        token = quote(self.token(), safe=":")
        return self._post.send(f"{self.options.base_url.rstrip('/')}/bot{token}/{method}", json_bytes(body),
                               {"Content-Type": "application/json"}, read=read)

    def _refuses_text(self, answer: Answer) -> bool:
        return answer.table.get("ok") is False and _code(answer) == 400 and _of_chat(answer) is None

    def _judge(self, answer: Answer) -> None:
        if 200 <= answer.status < 300 and answer.table.get("ok") is True:
            return
        if 300 <= answer.status < 400 or "ok" not in answer.table and (answer.status == 429 or answer.status >= 500):
            self._post.judge(answer)
        raise self._failure(answer)

    def _failure(self, answer: Answer) -> NotifyError:
        if answer.table.get("ok") is not False:
            return self._post.error(f"HTTP {answer.status} with an answer that is not the service's own; see whether a filter "
                                    "or a proxy stands between, or give a proxy")
        code, again = _code(answer), f"then run 'goosh alerts test {self.name}'"
        if what := _of_chat(answer):
            return self._post.error(f"{what}, {again}", permanent=True)
        if code in (401, 404):
            return self._post.error(f"the token is not accepted (HTTP {code}); set {self.options.token_env!r} anew, {again}",
                                    permanent=True)
        if code == 403:
            return self._post.error(f"the bot may not write there (HTTP 403); check chat, {again}", permanent=True)
        if code == 429 or code >= 500:
            return self._post.error(f"HTTP {code}", retry_after=_wish(answer))
        return self._post.error(f"the message is refused (HTTP {code}), even without the posts; check chat, {again}",
                                permanent=True, of_message=True)


def button(answer: str, fingerprint: str, language: str) -> dict[str, str]:
    """Return a button of an alert. What it sends back is the answer's word, a colon and the fingerprint."""
    return {"text": say(f"reply.button.{answer}", _tongue(language)), "callback_data": f"{answer}:{fingerprint}"}


def mark(fingerprint: str) -> str:
    """Return how a message calls its alert: short, and found again by ``listener.replies`` when somebody answers it."""
    return f"{FSI}#{fingerprint[:MARK]}{PDI}"


def _tongue(language: str) -> Language:
    return "fa" if language == "fa" else "en"


def _code(answer: Answer) -> int:
    code = answer.table.get("error_code")
    return code if isinstance(code, int) and not isinstance(code, bool) else answer.status


def _of_chat(answer: Answer) -> str | None:
    """Return what is wrong with the chat, in our words, or None where the answer does not speak of it."""
    said = str(answer.table.get("description", "")).lower()
    return next((what for sign, what in CHAT.items() if sign in said), None) if _code(answer) in (400, 403) else None


def _wish(answer: Answer) -> timedelta | None:
    wish = answer.table.get("parameters")
    seconds = wish.get("retry_after") if isinstance(wish, dict) else None
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    return timedelta(seconds=min(max(seconds, 0), int(LONGEST_RETRY.total_seconds())))
