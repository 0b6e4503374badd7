"""Incidents in PagerDuty, or in what speaks its Events API v2.

Endpoint: ``POST https://events.pagerduty.com/v2/enqueue``, JSON; in the EU ``https://events.eu.pagerduty.com/v2/enqueue``.
Docs: https://developer.pagerduty.com/docs/events-api-v2-overview    Cost: that of the account.
Auth: the integration's routing key, in a variable named by ``routing_key_env``; it travels in the body.
Limits: 512 KB a message, 1024 characters of summary, some 120 messages a minute; then 429.
Permanent: 400 (the key, or the form of the message), other 4xx and redirects. 429, 5xx and no answer are tried again.

The alert's fingerprint is the ``dedup_key``: however often a message arrives, it is one incident. First, worse and repeated
trigger it, the end resolves it; what somebody has taken or silenced, or what another alert covers, is acknowledged. An incident that was
acknowledged over there does not page again when ours grows worse; that is PagerDuty's rule.
A message without an alert, as that of ``goosh alerts test``, opens an incident of its own that a person closes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import Field

from alerts.notifiers.http import Address, Post, WebOptions, header_value, instant, json_bytes
from alerts.notifiers.plain import cut, fitted, posts_in, without_controls
from listener.types import Message, Reason, Severity

ACTIONS = {Reason.FIRST: "trigger", Reason.ESCALATED: "trigger", Reason.REPEAT: "trigger", Reason.RESOLVED: "resolve",
           Reason.TAKEN: "acknowledge"}
QUIET = "acknowledge"
SEVERITIES = {Severity.P1: "critical", Severity.P2: "error", Severity.P3: "warning"}
SUMMARY = 1024
DETAILS = 50_000  # characters; 512 KB hold them however they are written
KEY = 255


class Options(WebOptions, frozen=True, extra="forbid"):
    routing_key_env: str = Field(description="variable with the integration's routing key")
    url: Address = Field(default="https://events.pagerduty.com/v2/enqueue", description="where events go")


class PagerdutyNotifier:
    kind = "pagerduty"

    def __init__(self, name: str, options: Options, *, transport: httpx.BaseTransport | None = None,
                 environment: Mapping[str, str] = os.environ, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.name, self.options = name, options
        self._post = Post(name, self.kind, options, transport=transport, environment=environment, now=now)

    def send(self, message: Message) -> None:
        """Send one event. Raises: NotifyError, permanent where trying again cannot help."""
        event = {"routing_key": self._post.secret(self.options.routing_key_env), **payload(message)}
        answer = self._post.send(self.options.url, json_bytes(event), {"Content-Type": "application/json"})
        self._post.judge(answer, "check the routing key")

    def close(self) -> None:
        self._post.close()


def payload(message: Message) -> dict[str, Any]:
    """Return the event of a message, without its key."""
    alert = message.alert
    action = ACTIONS.get(message.reason, QUIET)
    event: dict[str, Any] = {"event_action": action,
                             "dedup_key": alert.fingerprint if alert else header_value(message.key)[:KEY]}
    if action != "trigger":
        return event
    title, *lines = fitted(message, DETAILS)
    details: dict[str, Any] = {"lines": lines, "reason": str(message.reason)}
    about: dict[str, Any] = {"source": "goosh-be-zang", "severity": "info"}
    if alert is not None:
        details |= {"value": alert.value, "expected": alert.expected, "starts_at": instant(alert.starts_at)}
        about = {"source": cut(without_controls(alert.subject), KEY) or "goosh-be-zang", "severity": SEVERITIES[alert.severity],
                 "class": alert.rule, "timestamp": instant(alert.updated_at or alert.fired_at)}
    pages = [(message.url, title), *((one.mention.url, _of(one.mention.url)) for one in posts_in(message).values())]
    links = [{"href": url, "text": text} for url, text in pages if _is_link(url)]
    return {**event, "client": "Goosh-be-zang", **({"client_url": message.url} if _is_link(message.url) else {}),
            "payload": {"summary": cut(title, SUMMARY), **about, "custom_details": details}, "links": links}


def _of(url: str | None) -> str:
    return (urlsplit(url).hostname or "") if _is_link(url) and url else ""


def _is_link(url: str | None) -> bool:
    """Whether this is an address a person may open; one from outside may be anything."""
    try:
        return bool(url and len(url) <= 2_000 and urlsplit(url).scheme in ("https", "http") and urlsplit(url).hostname)
    except ValueError:
        return False
