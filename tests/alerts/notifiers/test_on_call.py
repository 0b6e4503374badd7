"""PagerDuty's events and Alertmanager's alerts, as those systems want them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Response

from alerts.notifiers.alertmanager import Options as AlertmanagerOptions
from alerts.notifiers.alertmanager import payload as alerts
from alerts.notifiers.pagerduty import payload as event
from listener.errors import NotifyError
from listener.types import Message, Reason, Severity
from tests.alerts.notifiers.messages import HOSTILES, a_message
from tests.alerts.notifiers.services import receiver
from tests.alerts.notifiers.test_contract import base, serve
from tests.alerts.notifiers.test_plain import a_storm
from tests.alerts.world import DAY, HOUR, SATURDAY


def fingerprint(message: Message) -> str:
    assert message.alert is not None
    return message.alert.fingerprint


@pytest.mark.parametrize(("reason", "action"), [
    (Reason.FIRST, "trigger"), (Reason.ESCALATED, "trigger"), (Reason.REPEAT, "trigger"), (Reason.RESOLVED, "resolve"),
    (Reason.TAKEN, "acknowledge"),
    (Reason.SILENCED, "acknowledge"), (Reason.INHIBITED, "acknowledge"), (Reason.NONE, "acknowledge"),
])
def test_the_reason_says_what_becomes_of_the_incident(reason: Reason, action: str) -> None:
    message = replace(a_message(), reason=reason)
    assert event(message)["event_action"] == action and event(message)["dedup_key"] == fingerprint(message)
    assert ("payload" in event(message)) is (action == "trigger")


@pytest.mark.parametrize(("severity", "theirs"), [(Severity.P1, "critical"), (Severity.P2, "error"), (Severity.P3, "warning")])
def test_our_severities_are_theirs(severity: Severity, theirs: str) -> None:
    assert event(a_message(severity=severity))["payload"]["severity"] == theirs


def test_an_event_has_what_pagerduty_requires(httpserver: HTTPServer) -> None:
    seen = serve(httpserver, Response('{"status": "success"}', 202))
    receiver("pagerduty", base(httpserver)).send(a_storm("سفارشم نرسید"))
    body = json.loads(seen[0].get_data())
    assert body["routing_key"] == "T0PSECRETKEY" and seen[0].path == "/v2/enqueue"
    assert body["payload"]["summary"].startswith("بحرانی") and body["payload"]["source"] == "چابک‌سبد"
    assert body["payload"]["timestamp"] == "2026-10-24T01:00:00+00:00" and body["payload"]["class"] == "spike"
    assert body["client_url"] == "https://board.test/alerts?alert=1"
    assert {"href": body["client_url"], "text": body["payload"]["summary"]} in body["links"]


@pytest.mark.parametrize("case", HOSTILES)
def test_an_event_stays_within_the_limits_whatever_comes(case: str) -> None:
    made = event(a_message(HOSTILES[case], subject="x" * 5_000))
    assert len(made["payload"]["summary"]) <= 1024 and len(json.dumps(made).encode()) <= 512_000


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://x.test", "//x.test", "http://[", "https://" + "a" * 3_000])
def test_only_addresses_that_a_person_may_open_become_links(url: str) -> None:
    storm = a_storm("سفارشم نرسید")
    quoted = tuple(replace(one, mention=replace(one.mention, url=url)) for one in storm.quoted)
    assert len(event(replace(storm, quoted=quoted))["links"]) == 1
    assert event(replace(storm, url=url, quoted=()))["links"] == []


def test_a_test_message_is_an_event_of_its_own() -> None:
    made = event(replace(a_message(), alert=None, key="test-1.5"))
    assert made["event_action"] == "trigger" and made["dedup_key"] == "test-1.5" and made["payload"]["severity"] == "info"


# -- Alertmanager


def told(message: Message, **options: Any) -> list[dict[str, Any]]:
    return alerts(message, **{"labels": {}, "lasts": 7 * DAY, "now": SATURDAY + 2 * HOUR, **options})


def test_an_alert_lasts_until_we_say_otherwise() -> None:
    [one] = told(a_message())
    assert one["labels"] == {"alertname": "spike", "subject": "چابک‌سبد", "severity": "P1",
                             "fingerprint": fingerprint(a_message())}
    assert one["startsAt"] == "2026-10-24T01:00:00+00:00" and one["endsAt"] == "2026-10-31T02:00:00+00:00"
    assert one["annotations"]["value"] == "31" and one["annotations"]["summary"].startswith("بحرانی")
    assert one["generatorURL"] == "https://board.test/a?alert=1"


def test_the_end_is_its_end_under_every_severity() -> None:
    over = told(a_message(reason=Reason.RESOLVED, resolved_at=SATURDAY + 1.5 * HOUR))
    ends = {one["labels"]["severity"]: one["endsAt"] for one in over}
    assert ends == dict.fromkeys(("P1", "P2", "P3"), "2026-10-24T01:30:00+00:00")


def test_what_somebody_has_taken_ends_and_begins_again_when_it_grows_worse() -> None:
    taken = told(replace(a_message(acknowledged_by="سارا"), reason=Reason.TAKEN))
    assert {one["labels"]["severity"]: one["endsAt"] for one in taken} == dict.fromkeys(("P1", "P2", "P3"), "2026-10-24T02:00:00+00:00")
    [again] = [one for one in told(a_message(reason=Reason.ESCALATED)) if one["labels"]["severity"] == "P1"]
    assert again["endsAt"] > "2026-10-24T02:00:00+00:00"


def test_growing_worse_ends_what_it_was_before() -> None:
    worse = told(a_message(reason=Reason.ESCALATED))
    ends = {one["labels"]["severity"]: one["endsAt"] for one in worse}
    assert ends == {"P1": "2026-10-31T02:00:00+00:00", "P2": "2026-10-24T02:00:00+00:00", "P3": "2026-10-24T02:00:00+00:00"}


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason.sends])
def test_no_alert_ends_before_it_starts(reason: Reason) -> None:
    for message in (a_message(reason=reason), a_message(reason=reason, resolved_at=SATURDAY), replace(a_message(), alert=None)):
        assert all(one["startsAt"] <= one["endsAt"] for one in told(message, now=SATURDAY - DAY))


def test_labels_of_ours_and_the_bearer_token(httpserver: HTTPServer) -> None:
    seen = serve(httpserver, Response("", 200))
    receiver("alertmanager", f"{base(httpserver)}/am/", labels={"team": "pr"}).send(a_message())
    assert seen[0].path == "/am/api/v2/alerts" and seen[0].headers["Authorization"] == "Bearer T0PSECRETKEY"
    assert json.loads(seen[0].get_data())[0]["labels"]["team"] == "pr"


def test_a_password_in_the_address_is_sent_and_never_shown(httpserver: HTTPServer) -> None:
    seen = serve(httpserver, Response("", 401))
    address = base(httpserver).replace("http://", "http://ops:T0PSECRET@")
    with pytest.raises(NotifyError) as caught:
        receiver("alertmanager", "", url=None, url_env="AM", token_env=None, environment={"AM": address}).send(a_message())
    assert seen[0].authorization is not None and seen[0].authorization.password == "T0PSECRET"
    assert caught.value.permanent and "T0PSECRET" not in str(caught.value)


@pytest.mark.parametrize(("options", "sentence"), [
    ({}, "exactly one of url"), ({"url": "https://a.test", "labels": {"a-b": "c"}}, "no name for a label"),
    ({"url": "https://a.test", "labels": {"severity": "c"}}, "no name for a label"),
    ({"url": "https://a.test", "lasts": timedelta(0)}, "greater"),
])
def test_a_mistaken_option_is_named(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        AlertmanagerOptions(**options)
