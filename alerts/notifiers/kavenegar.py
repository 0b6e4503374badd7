"""Short messages (SMS) by Kavenegar, for the phone that has no internet.

Endpoint: ``POST https://api.kavenegar.com/v1/<key>/sms/send.json``, a form of ``receptor`` (numbers, with commas between),
``message``, ``sender``, ``localid``. Docs: https://kavenegar.com/rest.html
Auth: the key, in a variable named by ``key_env``; it stands in the address, which reaches neither errors nor logs.
Cost: each part of each message to each number. Limits: 200 numbers a request, 900 characters; ``daily_limit`` is ours.

The answer is JSON, ``{"return": {"status"}, "entries": [{"status"}]}``; its status counts, not that of HTTP:

===================  ================================================================================================
permanent            401 403 404 405 407 (key, right, address), 411 412 (numbers), 400 413 414 419 422 (the message)
tried again          402 409 429 and unknown ones; 418 (no credit left) in half an hour; an answer of somebody else
===================  ================================================================================================

One message is the title, one line and the address of the alert, in ``parts`` parts at most: a part holds 70 UTF-16 units
where there is Persian in it and 160 of the GSM letters where not, 67 and 153 where there are several. ``localid`` is made of
the message's key and the number: Kavenegar is said to send a known one no second time (not confirmed by a test of ours; it
can be left out with ``local_ids``). What is left over is at least once.

A short message always rings and costs, so that a notice (``Message.quiet``) is not sent, but for one: somebody closed a P1,
which had rung at any hour. It cannot be answered, since replies come back to a line that is not read, so that no way to answer
stands in it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import httpx
from pydantic import AfterValidator, Field

from alerts.notifiers.http import Address, Answer, Post, WebOptions
from alerts.notifiers.plain import cut, posts_in, utf16, without_controls
from alerts.wording import FSI, PDI
from listener.types import Message, Reason, Severity

log = logging.getLogger(__name__)

PERMANENT = {
    400: "the request is incomplete",
    401: "the key is not accepted; set {key!r} anew", 403: "the key is not accepted; set {key!r} anew",
    404: "the service knows no such call; check base_url", 405: "the service knows no such call; check base_url",
    407: "this machine's address is not allowed; allow it in Kavenegar's panel",
    411: "a number is not valid; check to", 412: "the sender's line is not ours; check sender",
    413: "the message is empty or too long", 414: "too many numbers; check to",
    419: "numbers and ids differ; set local_ids to false",
    422: "the message cannot be processed",
}
NO_CREDIT, CREDIT_AGAIN = 418, timedelta(minutes=30)  # filled up by a person, found out by asking
UNDELIVERED = frozenset({6, 11, 13, 14})              # failed, not delivered, cancelled, blocked by its owner
READ = 65_536
DAY = timedelta(days=1)
GSM = frozenset("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
                "¿abcdefghijklmnopqrstuvwxyzäöñüà")
GSM_TWICE = frozenset("^{}\\[~]|€")  # two letters' room each
_FIGURES = re.compile(r"\d+")


def _number(value: str) -> str:
    if not re.fullmatch(r"(?:\+98|0098|0)9\d{9}|\+\d{8,15}|00\d{8,15}", value, re.ASCII):
        raise ValueError("is no number of a mobile phone; write it as 09121234567")
    return value


class Options(WebOptions, frozen=True, extra="forbid"):
    key_env: str = Field(description="variable with the API key")
    to: tuple[Annotated[str, AfterValidator(_number)], ...] = Field(min_length=1, max_length=200, description="mobile numbers")
    sender: str | None = Field(default=None, pattern=r"^\d{3,20}$", description="line of yours; none: that of the account")
    parts: int = Field(default=2, ge=1, le=10, description="parts of a message at most; each costs")
    daily_limit: int = Field(default=50, ge=1, description="messages taken in 24 hours at most, by number, since the start")
    local_ids: bool = Field(default=True, description="send an id of each message, against a second copy")
    base_url: Address = Field(default="https://api.kavenegar.com", description="Kavenegar's, or a gateway that speaks as it does")


class KavenegarNotifier:
    kind = "kavenegar"

    def __init__(self, name: str, options: Options, *, transport: httpx.BaseTransport | None = None,
                 environment: Mapping[str, str] = os.environ, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.name, self.options = name, options
        self._post = Post(name, self.kind, options, transport=transport, environment=environment, now=now)
        self._sent: deque[datetime] = deque()

    def send(self, message: Message) -> None:
        """Send one short message to each number. Raises: NotifyError, permanent where trying again cannot help."""
        if message.quiet and not _is_owed(message):
            return
        key = quote(self._post.secret(self.options.key_env), safe="")
        text = short_message(message, self.options.parts)
        asked = {"receptor": ",".join(self.options.to), "message": text}
        if self.options.sender:
            asked["sender"] = self.options.sender
        if self.options.local_ids:
            asked["localid"] = ",".join(local_id(message.key, number) for number in self.options.to)
        self._allow()
        answer = self._post.send(f"{self.options.base_url.rstrip('/')}/v1/{key}/sms/send.json",
                                 urlencode(asked, errors="replace").encode(),
                                 {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
                                  "Accept": "application/json"}, read=READ)
        self._judge(answer)
        self._sent.extend([self._post.now()] * len(self.options.to))
        log.info("kavenegar %r: %d part(s) to %d number(s)", self.name, parts(text), len(self.options.to))

    def close(self) -> None:
        self._post.close()

    def _allow(self) -> None:
        """Pass while the day's messages are not used up. Raises: NotifyError until the oldest is a day old."""
        now = self._post.now()
        while self._sent and now - self._sent[0] >= DAY:
            self._sent.popleft()
        limit, wanted = self.options.daily_limit, len(self.options.to)
        if len(self._sent) + wanted > limit:
            wait = self._sent[0] + DAY - now if self._sent else None
            raise self._post.error(f"the limit of {limit} messages in 24 hours is used up ({len(self._sent)} sent, {wanted} "
                                   "more wanted); raise daily_limit or wait", permanent=wanted > limit, retry_after=wait)

    def _judge(self, answer: Answer) -> None:
        if 300 <= answer.status < 400:
            self._post.judge(answer)
        head = answer.table.get("return")
        status = head.get("status") if isinstance(head, dict) else None
        if not isinstance(status, int) or isinstance(status, bool):
            if answer.status == 429 or answer.status >= 500:
                self._post.judge(answer)
            raise self._post.error(f"HTTP {answer.status} with an answer that is not the service's own; see whether a filter "
                                   "or a proxy stands between")
        if status == NO_CREDIT:
            raise self._post.error("no credit is left (418); fill the account up", retry_after=CREDIT_AGAIN)
        if status in PERMANENT:
            what = PERMANENT[status].format(key=self.options.key_env)
            raise self._post.error(f"{what} ({status}), then run 'goosh alerts test {self.name}'", permanent=True)
        if status != 200:
            raise self._post.error(f"status {status}")
        self._reached(answer.table.get("entries"))

    def _reached(self, entries: Any) -> None:
        """Say which numbers were not reached. Raises: NotifyError where none was, since then nobody knows."""
        states = [entry.get("status") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
        missed = sum(state in UNDELIVERED for state in states)
        if missed and missed == len(states):
            raise self._post.error("no number takes messages of this line; let their owners unblock it, or check sender and "
                                   f"to, then run 'goosh alerts test {self.name}'", permanent=True)
        if missed:
            log.warning("kavenegar %r: %d of %d numbers take no messages of this line", self.name, missed, len(states))


def _is_owed(message: Message) -> bool:
    """Whether a notice says that a person closed what had rung; a tripwire that ran out by itself wakes nobody."""
    alert = message.alert
    return message.reason is Reason.RESOLVED and alert is not None and alert.severity is Severity.P1 and not alert.why.get("expired")


def short_message(message: Message, most: int) -> str:
    """Return title, one line and address in ``most`` parts: the line gives way first, then the address, then the title."""
    title = _bare(message.title)[:160 * most] or message.key
    line, address = _bare(_line(message))[:160 * most], without_controls(message.url or "")
    if parts(whole := _joined(title, line, address)) <= most:
        return whole
    for kept in (address, ""):
        if parts(_joined(title, "", kept)) <= most:
            fitting = (cut(line, length) for length in range(len(line), 19, -1))
            return next((text for one in fitting if parts(text := _joined(title, one, kept)) <= most), _joined(title, "", kept))
    return next(text for length in range(min(len(title), 160 * most), 0, -1) if parts(text := cut(title, length)) <= most)


def parts(text: str) -> int:
    """Return how many parts a short message takes: 70 UTF-16 units or 160 GSM letters in one, 67 or 153 in each of several."""
    if all(letter in GSM or letter in GSM_TWICE for letter in text):
        length, one, several = len(text) + sum(letter in GSM_TWICE for letter in text), 160, 153
    else:
        length, one, several = utf16(text), 70, 67
    return 1 if length <= one else -(-length // several)


def local_id(key: str, number: str) -> str:
    """Return the id of a message to a number: fifteen digits, the same each time it is tried."""
    digest = hashlib.sha256(f"{key}\n{number}".encode("utf-8", "replace")).digest()
    return str(10**14 + int.from_bytes(digest[:8]) % (9 * 10**14))


def _line(message: Message) -> str:
    """Return the first line that says a figure which the title does not; the date of an alert is no such line."""
    posts = posts_in(message)
    told = set(_FIGURES.findall(message.title))
    lines = [line for index, line in enumerate(message.lines) if index not in posts][1 if message.alert else 0:]
    return next((line for line in lines if set(_FIGURES.findall(line)) - told), lines[0] if lines else "")


def _bare(text: str) -> str:
    """Without isolates: a phone of old draws them as boxes, and each takes a letter's room."""
    return without_controls(text).replace(FSI, "").replace(PDI, "")


def _joined(*texts: str) -> str:
    return "\n".join(text for text in texts if text)
