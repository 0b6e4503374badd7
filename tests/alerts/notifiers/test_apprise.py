"""Messages through Apprise, to its plain JSON service on a server of ours."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from alerts.notifiers.apprise import AppriseNotifier, Options
from listener.errors import NotifyError
from listener.types import Message, Reason, Severity
from tests.alerts.notifiers.messages import HOSTILES, a_message
from tests.alerts.notifiers.test_contract import ACTING, dripping, leaks_nothing, serve


def address(httpserver: HTTPServer, path: str = "T0PSECRET") -> str:
    return f"json://{httpserver.host}:{httpserver.port}/{path}"


def desk(addresses: str, **options: Any) -> AppriseNotifier:
    return AppriseNotifier("desk", Options(url_env="APPRISE", **options), environment={"APPRISE": addresses})


def failure(notifier: AppriseNotifier, message: Message | None = None) -> NotifyError:
    with pytest.raises(NotifyError) as caught:
        notifier.send(message or a_message())
    leaks_nothing(caught.value)
    return caught.value


@pytest.mark.parametrize(("fields", "theirs"), [
    ({"severity": Severity.P1}, "failure"), ({"severity": Severity.P2}, "warning"), ({"severity": Severity.P3}, "info"),
    ({"reason": Reason.RESOLVED}, "success"),
])
def test_title_lines_and_weight_arrive(fields: Mapping[str, Any], theirs: str, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, Response("ok"))
    message = a_message(**fields)
    desk(address(httpserver)).send(message)
    body = json.loads(seen[0].get_data())
    assert body["type"] == theirs and body["title"] == message.title and "https://board.test/a?alert=1" in body["message"]


@pytest.mark.parametrize("case", HOSTILES)
def test_hostile_text_arrives_as_text(case: str, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, Response("ok"))
    desk(address(httpserver)).send(a_message(HOSTILES[case]))
    body = json.loads(seen[0].get_data())
    assert "شکایت" in body["title"] and not ACTING.search(body["title"] + body["message"].replace("\r\n", "\n"))


@pytest.mark.parametrize("status", [301, 400, 401, 404, 500])
def test_every_failure_is_tried_again_since_nobody_says_why(status: int, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, Response("T0PSECRETANSWER", status, {"Location": "/elsewhere"}))
    error = failure(desk(address(httpserver)))
    assert not error.permanent and "1 of 1 services did not take it" in str(error)
    assert [request.path for request in seen] == ["/T0PSECRET"]


def test_who_took_it_does_not_get_it_again(httpserver: HTTPServer) -> None:
    seen = serve(httpserver, Response("ok"), Response("", 500), Response("ok"))
    notifier = desk(f"{address(httpserver, 'a')}, {address(httpserver, 'b')}")
    error = failure(notifier)
    assert "1 of 2 services" in str(error) and error.left == ("1",)
    desk(f"{address(httpserver, 'a')}, {address(httpserver, 'b')}").send(replace(a_message(), left=error.left))  # also after a restart
    assert [request.path.strip("/") for request in seen] == ["a", "b", "b"]


def test_a_service_that_drips_is_left_in_time() -> None:
    with dripping() as port:
        error = failure(desk(f"json://127.0.0.1:{port}/", timeout=timedelta(seconds=1)))
    assert not error.permanent and "no answer within 1 s from 1 of 1 services" in str(error)


@pytest.mark.parametrize(("held", "sentence"), [
    ("", "is not set"), ("  ", "is not set"), ("nonsense://T0PSECRET", "not all of 'APPRISE' is addresses of Apprise's"),
    ("T0PSECRET", "not all of 'APPRISE'"), ("json://localhost nonsense://x", "not all of 'APPRISE'"),
])
def test_what_is_no_address_is_permanent(held: str, sentence: str) -> None:
    with pytest.raises(NotifyError, match=sentence) as caught:
        desk(held).send(a_message())
    leaks_nothing(caught.value)
    assert caught.value.permanent


def test_without_apprise_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    error = failure(desk("json://localhost"))
    assert error.permanent and 'pip install "gooshbezang[apprise]"' in str(error)


def test_nothing_secret_reaches_the_log(httpserver: HTTPServer, caplog: pytest.LogCaptureFixture) -> None:
    serve(httpserver, Response("no", 500))
    with caplog.at_level(logging.DEBUG):
        failure(desk(address(httpserver)))
    ours = [record.getMessage() for record in caplog.records if record.name.partition(".")[0] in ("apprise", "alerts")]
    assert ours and not [line for line in ours if "T0PSECRET" in line]
