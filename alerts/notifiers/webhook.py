"""Messages as JSON to an HTTPS address of yours.

``POST``, with these headers:

=====================  ========================================================================================
``Idempotency-Key``    the message's key; the same key is the same message, so take it once
``X-Goosh-Timestamp``  seconds since 1970 when this attempt was signed; refuse what is older than five minutes
``X-Goosh-Signature``  ``sha256=`` and the hex HMAC-SHA256 of ``timestamp + "." + body`` under the shared secret
=====================  ========================================================================================

The body, version ``goosh.alert/1``; fields may be added, none is renamed or removed without a new version. Instants are
ISO 8601 in UTC, unknown is ``null``::

    {"version": "goosh.alert/1", "key", "reason": "first|escalated|repeat|resolved", "language": "fa|en",
     "title", "lines": [...], "text": title and lines in one, "url",
     "alert": null or {"fingerprint", "rule", "subject", "severity": "P1|P2|P3", "state", "starts_at", "fired_at",
                       "updated_at", "resolved_at", "value", "expected", "acknowledged_by", "acknowledged_at", "story",
                       "why": {...}, "evidence": [{"kind", "id"}]},
     "quoted": [{"kind", "id", "url", "title", "text", "published_at", "author": null or {"id", "name", "url", "followers"},
                 "brand", "sources", "label", "unsure",
                 "score": null or {"negative", "neutral", "positive", "language", "model"},
                 "reach": null or {"low", "mid", "high", "method"}}]}

Auth: the secret stands in an environment variable named by ``secret_env``; an address that is itself a secret in one
named by ``url_env``. Answers: 2xx is taken; 408, 425, 429, 5xx and no answer are tried again, not before ``Retry-After``;
every other 4xx and every redirect is permanent, because a page sent to a wrong address must not look delivered.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, Field, field_validator, model_validator

from listener.errors import NotifyError
from listener.types import Alert, Message, ScoredMention

VERSION = "goosh.alert/1"
TEMPORARY = frozenset({408, 425, 429})
LONGEST_RETRY = timedelta(days=1)


class Options(BaseModel, frozen=True, extra="forbid"):
    """Where to and signed with what. Exactly one of ``url`` and ``url_env``."""

    url: str | None = None
    url_env: str | None = None
    secret_env: str | None = None
    timeout: timedelta = Field(  # for the whole exchange
        default=timedelta(seconds=10), gt=timedelta(0), le=timedelta(minutes=2))

    @field_validator("url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and _address_problem(value):
            raise ValueError(f"is no address to send to: {_address_problem(value)}")
        return value

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("exactly one of url & url_env must be set")
        return self


class WebhookNotifier:
    kind = "webhook"

    def __init__(self, name: str, options: Options, *, transport: httpx.BaseTransport | None = None,
                 environment: Mapping[str, str] = os.environ, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.name, self.options, self._environment, self._now = name, options, environment, now
        self._client = httpx.Client(transport=transport, timeout=options.timeout.total_seconds(), follow_redirects=False,
                                    limits=httpx.Limits(max_keepalive_connections=0),  # so that _exchange sees it made
                                    headers={"User-Agent": "goosh-be-zang"})

    def send(self, message: Message) -> None:
        """Post one message. Raises: NotifyError, permanent where trying again cannot help."""
        url = self.options.url or self._secret(self.options.url_env or "")
        if problem := _address_problem(url):
            raise self._error(f"{self.options.url_env!r} holds no address to send to: {problem}; mend it", permanent=True)
        body = json.dumps(payload(message), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": _header(message.key)}
        if self.options.secret_env:
            stamp = str(int(self._now().timestamp()))
            headers |= {"X-Goosh-Timestamp": stamp, "X-Goosh-Signature": sign(self._secret(self.options.secret_env), stamp, body)}
        try:
            status, answer = self._exchange(url, body, headers)
        except (httpx.TimeoutException, TimeoutError):
            raise self._error(f"no answer within {self.options.timeout.total_seconds():g} s") from None
        except httpx.UnsupportedProtocol:
            raise self._error("the address must begin with https:// or http://; mend it", permanent=True) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._error(f"cannot be reached ({type(error).__name__})") from None
        self._judge(status, answer)

    def close(self) -> None:
        self._client.close()

    def _exchange(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, httpx.Headers]:
        """Return status and headers of the answer; its body is nobody's business. Raises: TimeoutError, httpx's errors.

        In a thread, because httpx bounds each read and not their sum (nor the name service): a receiver that sends a byte
        now and then would hold up all delivery, and the end of the process, for ever.
        """
        answer: Future[tuple[int, httpx.Headers]] = Future()
        lines: list[Any] = []  # the connection, bare and then under TLS

        def watch(event: str, details: Mapping[str, Any]) -> None:
            if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
                lines.append(details["return_value"])

        def post() -> None:
            try:
                with self._client.stream("POST", url, content=body, headers=headers, extensions={"trace": watch}) as response:
                    answer.set_result((response.status_code, response.headers))
            except Exception as error:  # noqa: BLE001 - raised again by the waiting thread
                if not answer.done():
                    answer.set_exception(error)

        threading.Thread(target=post, name="goosh-webhook", daemon=True).start()
        try:
            return answer.result(self.options.timeout.total_seconds())
        except TimeoutError:
            for line in lines:
                with suppress(OSError):  # closed meanwhile; close() alone would not wake the thread that reads
                    line.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            raise

    def _judge(self, status: int, headers: httpx.Headers) -> None:
        if 200 <= status < 300:
            return
        if 300 <= status < 400:
            raise self._error(f"HTTP {status}, a redirect, which is not followed; give the address it leads to", permanent=True)
        if status in TEMPORARY or status >= 500:
            raise self._error(f"HTTP {status}", retry_after=retry_after(headers.get("Retry-After"), self._now()))
        raise self._error(f"HTTP {status}; check address and secret, then run 'goosh alerts test {self.name}'", permanent=True)

    def _secret(self, variable: str) -> str:
        value = self._environment.get(variable)
        if not value:
            raise self._error(f"environment variable {variable!r} is not set; set it and start again", permanent=True)
        return value

    def _error(self, what: str, *, permanent: bool = False, retry_after: timedelta | None = None) -> NotifyError:
        return NotifyError(self.name, f"webhook: {what}", permanent=permanent, retry_after=retry_after)


def payload(message: Message) -> dict[str, Any]:
    """Return the body of a message, version ``goosh.alert/1``."""
    return {"version": VERSION, "key": message.key, "reason": str(message.reason), "language": message.language,
            "title": message.title, "lines": list(message.lines), "text": "\n".join((message.title, *message.lines)),
            "url": message.url, "alert": _alert(message.alert) if message.alert else None,
            "quoted": [_mention(one) for one in message.quoted]}


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature header for ``body`` signed at ``timestamp``."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Return how long a ``Retry-After`` header asks to wait, at most a day; None where it says nothing usable."""
    if header is None:
        return None
    try:
        wish = timedelta(seconds=int(header))
    except (ValueError, OverflowError):
        try:
            at = parsedate_to_datetime(header)
        except (ValueError, TypeError, IndexError):
            return None
        wish = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(wish, timedelta(0)), LONGEST_RETRY)


def _alert(alert: Alert) -> dict[str, Any]:
    return {"fingerprint": alert.fingerprint, "rule": alert.rule, "subject": alert.subject, "severity": str(alert.severity),
            "state": str(alert.state), "starts_at": _instant(alert.starts_at), "fired_at": _instant(alert.fired_at),
            "updated_at": _instant(alert.updated_at), "resolved_at": _instant(alert.resolved_at), "value": alert.value,
            "expected": alert.expected, "acknowledged_by": alert.acknowledged_by,
            "acknowledged_at": _instant(alert.acknowledged_at), "story": alert.story, "why": dict(alert.why),
            "evidence": [{"kind": key.kind, "id": key.id} for key in alert.evidence]}


def _mention(one: ScoredMention) -> dict[str, Any]:
    mention, author, score, reach = one.mention, one.mention.author, one.score, one.reach
    return {"kind": mention.kind, "id": mention.id, "url": mention.url, "title": mention.title, "text": mention.text,
            "published_at": _instant(mention.published_at),
            "author": {"id": author.id, "name": author.name, "url": author.url, "followers": author.followers} if author else None,
            "brand": one.brand, "sources": list(one.sources), "label": str(score.label) if score else None,
            "unsure": score.unsure if score else None,
            "score": {"negative": score.negative, "neutral": score.neutral, "positive": score.positive,
                      "language": score.language, "model": score.model} if score else None,
            "reach": {"low": reach.low, "mid": reach.mid, "high": reach.high, "method": reach.method} if reach else None}


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def _header(value: str) -> str:
    """A key is ours and plain; whatever else comes is named by its hash, since a header takes ASCII only."""
    return value if value.isascii() and value.isprintable() else hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()


def _address_problem(url: str) -> str | None:
    """Return why ``url`` cannot be posted to, without repeating it, or None."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "it cannot be read as a URL"
    if parts.scheme not in ("https", "http"):
        return "it must begin with https:// or http://"
    if not parts.hostname:
        return "it names no host"
    return None if port is None or port > 0 else "its port is 0"
