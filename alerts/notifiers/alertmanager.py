"""Alerts for a Prometheus Alertmanager, which routes and groups them with all others of the house.

Endpoint: ``POST <url>/api/v2/alerts``, a JSON list. Docs: https://prometheus.io/docs/alerting/latest/alerts_api/
Auth: none, a bearer token in a variable named by ``token_env``, or user and password in the address (``url_env``).
Limits: none that we could reach. Cost: none. Permanent: redirects and 4xx but 408, 425 and 429; the rest is tried again.

Labels, by which Alertmanager knows an alert again: ``alertname`` (the rule), ``subject``, ``severity``, ``fingerprint`` and
those of ``labels``. Its words stand in the annotations ``summary``, ``description``, ``reason``, ``value`` and ``expected``.
Sending twice is the same alert twice. Since the severity is a label, a change of it also ends the alert under its others.

Alertmanager lets an alert go that is not sent again and again; ours is sent when it changes. So it is said to last for
``lasts`` from each message on, and ends at once when it is resolved; also when somebody has taken it, since Alertmanager knows no
such thing and would go on calling people. Where it grows worse after that it begins again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx
from pydantic import Field, field_validator, model_validator

from alerts.notifiers.http import Address, Post, WebOptions, instant, json_bytes
from alerts.notifiers.plain import fitted, without_controls
from listener.types import Alert, Message, Reason, Severity

DESCRIPTION = 20_000  # characters; other systems draw it whole
TEST_LASTS = timedelta(minutes=5)


class Options(WebOptions, frozen=True, extra="forbid"):
    """Exactly one of ``url`` and ``url_env``."""

    url: Address | None = Field(default=None, description="as http://alertmanager:9093, without /api")
    url_env: str | None = Field(default=None, description="variable with the address, where it holds a password")
    token_env: str | None = Field(default=None, description="variable with a bearer token")
    labels: dict[str, str] = Field(default_factory=dict, description="labels of yours, for its routes")
    lasts: timedelta = Field(default=timedelta(days=7), gt=timedelta(minutes=1), le=timedelta(days=90),
                             description="how long an alert lives that we say nothing more about")

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("exactly one of url & url_env must be set")
        return self

    @field_validator("labels")
    @classmethod
    def _names(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if not (name.isascii() and name.isidentifier()) or name in ("alertname", "subject", "severity", "fingerprint"):
                raise ValueError(f"{name!r} is no name for a label of yours; use letters, digits and _ and none that we set")
        return value


class AlertmanagerNotifier:
    kind = "alertmanager"

    def __init__(self, name: str, options: Options, *, transport: httpx.BaseTransport | None = None,
                 environment: Mapping[str, str] = os.environ, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.name, self.options = name, options
        self._post = Post(name, self.kind, options, transport=transport, environment=environment, now=now)

    def send(self, message: Message) -> None:
        """Hand one alert over. Raises: NotifyError, permanent where trying again cannot help."""
        url = self._post.address(self.options.url, self.options.url_env).rstrip("/")
        headers = {"Content-Type": "application/json"}
        if self.options.token_env:
            headers["Authorization"] = f"Bearer {self._post.secret(self.options.token_env)}"
        body = payload(message, labels=self.options.labels, lasts=self.options.lasts, now=self._post.now())
        self._post.judge(self._post.send(f"{url}/api/v2/alerts", json_bytes(body), headers))

    def close(self) -> None:
        self._post.close()


def payload(message: Message, *, labels: Mapping[str, str], lasts: timedelta, now: datetime) -> list[dict[str, Any]]:
    """Return the list that tells a message: the alert, and on a change its ends under the severities it does not have."""
    title, *lines = fitted(message, DESCRIPTION)
    words = {"summary": title, "description": "\n".join(lines), "reason": str(message.reason)}
    link = {"generatorURL": message.url} if message.url else {}
    alert = message.alert
    if alert is None:
        return [{"labels": {**labels, "alertname": "goosh_test", "severity": "none"}, "annotations": words, **link,
                 "startsAt": instant(now), "endsAt": instant(now + TEST_LASTS)}]
    words |= {"value": f"{alert.value:g}", "expected": f"{alert.expected:g}"}
    over = message.reason in (Reason.RESOLVED, Reason.TAKEN)
    end = max(alert.resolved_at or now, alert.fired_at) if over else now + lasts
    told = [(alert.severity, end)]
    if over or message.reason is Reason.ESCALATED:
        told += [(other, max(min(end, now), alert.fired_at)) for other in Severity if other is not alert.severity]
    return [{"labels": {**labels, **_labels(alert, severity)}, "annotations": words, **link,
             "startsAt": instant(alert.fired_at), "endsAt": instant(until)} for severity, until in told]


def _labels(alert: Alert, severity: Severity) -> dict[str, str]:
    return {"alertname": alert.rule, "subject": without_controls(alert.subject), "severity": str(severity),
            "fingerprint": alert.fingerprint}
