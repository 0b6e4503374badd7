"""Messages as JSON to an HTTPS address of yours.

``POST``, with these headers:

=====================  ========================================================================================
``Idempotency-Key``    the message's key; the same key is the same message, so take it once
``X-Goosh-Timestamp``  seconds since 1970 when this attempt was signed; refuse what is older than five minutes
``X-Goosh-Signature``  ``sha256=`` and the hex HMAC-SHA256 of ``timestamp + "." + body`` under the shared secret
=====================  ========================================================================================

So nothing can be sent to you again by others: what is older is refused by its timestamp, what is younger is known by ``key`` in
the body, which the signature covers (the header does not stand under it). Compare signatures in constant time.

The body, version ``goosh.alert/1``; fields may be added, none is renamed or removed without a new version. Instants are
ISO 8601 in UTC, unknown is ``null``::

    {"version": "goosh.alert/1", "key", "reason": "first|escalated|repeat|resolved|taken", "language": "fa|en",
     "quiet": true for a notice that need not ring, "title", "lines": [...], "text": title and lines in one, "url",
     "case": null or its number, where it hands one over,
     "alert": null or {"fingerprint", "rule", "subject", "severity": "P1|P2|P3", "state", "starts_at", "fired_at",
                       "updated_at", "resolved_at", "value", "expected", "acknowledged_by", "acknowledged_at", "story",
                       "why": {...}, "evidence": [{"kind", "id"}]},
     "quoted": [{"kind", "id", "url", "title", "text", "published_at", "author": null or {"id", "name", "url", "followers"},
                 "brand", "sources", "label", "unsure",
                 "score": null or {"negative", "neutral", "positive", "language", "model"},
                 "reach": null or {"low", "mid", "high", "method"}}]}

Auth: the secret stands in an environment variable named by ``secret_env``; an address that is itself a secret in one
named by ``url_env``. Answers: 2xx is taken; 408, 425, 429, 5xx and no answer are tried again, not before ``Retry-After``;
every other 4xx is permanent, because a page sent to a wrong address must not look delivered. Who takes a case may answer
``{"reference": "its number or address there"}``; it is kept with the case.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Self

import httpx
from pydantic import model_validator

from alerts.notifiers.http import Address, Post, WebOptions, header_value, instant, json_bytes
from listener.types import Alert, Message, ScoredMention

VERSION = "goosh.alert/1"
ANSWER = 4096  # bytes that are read of an answer to a case


class Options(WebOptions, frozen=True, extra="forbid"):
    """Where to and signed with what. Exactly one of ``url`` and ``url_env``."""

    url: Address | None = None
    url_env: str | None = None
    secret_env: str | None = None

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("exactly one of url & url_env must be set")
        return self


class WebhookNotifier:
    kind = "webhook"

    def __init__(self, name: str, options: Options, *, transport: httpx.BaseTransport | None = None,
                 environment: Mapping[str, str] = os.environ, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.name, self.options = name, options
        self._post = Post(name, self.kind, options, transport=transport, environment=environment, now=now)

    def send(self, message: Message) -> str | None:
        """Post one message; return what the answer calls a case. Raises: NotifyError, permanent where trying again cannot help."""
        url = self._post.address(self.options.url, self.options.url_env)
        body = json_bytes(payload(message))
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": header_value(message.key)}
        if self.options.secret_env:
            stamp = str(int(self._post.now().timestamp()))
            headers |= {"X-Goosh-Timestamp": stamp,
                        "X-Goosh-Signature": sign(self._post.secret(self.options.secret_env, plain=False), stamp, body)}
        answer = self._post.send(url, body, headers, read=0 if message.case is None else ANSWER)
        self._post.judge(answer)
        reference = answer.table.get("reference")
        return reference if isinstance(reference, str) and reference.strip() else None

    def close(self) -> None:
        self._post.close()


def payload(message: Message) -> dict[str, Any]:
    """Return the body of a message, version ``goosh.alert/1``."""
    return {"version": VERSION, "key": message.key, "reason": str(message.reason), "language": message.language,
            "quiet": message.quiet, "title": message.title, "lines": list(message.lines), "text": "\n".join((message.title, *message.lines)),
            "url": message.url, "case": message.case, "alert": _alert(message.alert) if message.alert else None,
            "quoted": [_mention(one) for one in message.quoted]}


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature header for ``body`` signed at ``timestamp``."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _alert(alert: Alert) -> dict[str, Any]:
    return {"fingerprint": alert.fingerprint, "rule": alert.rule, "subject": alert.subject, "severity": str(alert.severity),
            "state": str(alert.state), "starts_at": instant(alert.starts_at), "fired_at": instant(alert.fired_at),
            "updated_at": instant(alert.updated_at), "resolved_at": instant(alert.resolved_at), "value": alert.value,
            "expected": alert.expected, "acknowledged_by": alert.acknowledged_by,
            "acknowledged_at": instant(alert.acknowledged_at), "story": alert.story, "why": dict(alert.why),
            "evidence": [{"kind": key.kind, "id": key.id} for key in alert.evidence]}


def _mention(one: ScoredMention) -> dict[str, Any]:
    mention, author, score, reach = one.mention, one.mention.author, one.score, one.reach
    return {"kind": mention.kind, "id": mention.id, "url": mention.url, "title": mention.title, "text": mention.text,
            "published_at": instant(mention.published_at),
            "author": {"id": author.id, "name": author.name, "url": author.url,
                       "followers": author.followers} if author else None,
            "brand": one.brand, "sources": list(one.sources), "label": str(score.label) if score else None,
            "unsure": score.unsure if score else None,
            "score": {"negative": score.negative, "neutral": score.neutral, "positive": score.positive,
                      "language": score.language, "model": score.model} if score else None,
            "reach": {"low": reach.low, "mid": reach.mid, "high": reach.high, "method": reach.method} if reach else None}
