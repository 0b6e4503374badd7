"""What every notifier keeps: no secret leaks, failures are told apart, text from outside is only text."""

from __future__ import annotations

import io
import logging
import re
import socket
import threading
import time
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from alerts.notifiers import NOTIFIERS
from alerts.notifiers.console import ConsoleNotifier
from alerts.notifiers.console import Options as ConsoleOptions
from listener.errors import NotifyError
from listener.types import Reason
from tests.alerts.notifiers.messages import HOSTILE, HOSTILES, a_message
from tests.alerts.notifiers.services import SERVICES, receiver

ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")  # what would act on a screen
ELSEWHERE = {"console", "email", "apprise", "chatwoot", "zammad"}  # not one POST of ours: their own files send hostile text and failures over real sockets


class Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def serve(httpserver: HTTPServer, *answers: Response) -> list[Request]:
    """Answer everything, in order; the last answer stays."""
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        request.get_data()
        seen.append(request)
        made = answers[min(len(seen), len(answers)) - 1]
        return Response(made.get_data(), made.status_code, dict(made.headers))

    httpserver.expect_request(re.compile(".*")).respond_with_handler(answer)
    return seen


def base(httpserver: HTTPServer) -> str:
    return httpserver.url_for("").rstrip("/")


def failure(kind: str, address: str, **options: Any) -> NotifyError:
    with pytest.raises(NotifyError) as caught:
        receiver(kind, address, **options).send(a_message())
    return caught.value


def leaks_nothing(error: NotifyError) -> None:
    assert error.receiver == "desk" and str(error).startswith("desk: ")
    chain: BaseException | None = error
    while chain is not None:
        assert "T0PSECRET" not in str(chain) and "token=" not in str(chain)
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)


def test_every_registered_notifier_is_tested_here() -> None:
    assert set(SERVICES) | ELSEWHERE >= set(NOTIFIERS.kinds) >= set(SERVICES)


@pytest.mark.parametrize("kind", NOTIFIERS.kinds)
def test_a_notifier_is_known_by_its_file(kind: str) -> None:
    assert NOTIFIERS.load(kind).kind == kind and NOTIFIERS.load(kind).__module__ == f"alerts.notifiers.{kind}"


@pytest.mark.parametrize("kind", NOTIFIERS.kinds)
def test_options_refuse_what_they_do_not_know_and_hold_no_secret(kind: str) -> None:
    options: type[BaseModel] = NOTIFIERS.options(kind)
    assert options.model_config["frozen"] and options.model_config["extra"] == "forbid"
    with pytest.raises(ValidationError):
        options(no_such_option=1)
    assert not {"secret", "token", "password", "key", "api_key", "routing_key"} & set(options.model_fields)


@pytest.mark.parametrize("kind", NOTIFIERS.kinds)
def test_the_docstring_says_what_an_operator_must_know(kind: str) -> None:
    said = import_module(NOTIFIERS.load(kind).__module__).__doc__ or ""
    assert "Auth:" in said and re.search("[Pp]ermanent|fails for good", said)


@pytest.mark.parametrize("kind", SERVICES)
def test_what_the_service_takes_is_asked_once(kind: str, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, Response(SERVICES[kind].taken))
    receiver(kind, base(httpserver)).send(a_message())
    assert len(seen) == 1 and seen[0].method == "POST"


@pytest.mark.parametrize(("kind", "status"), [(kind, status) for kind, service in SERVICES.items()
                                              for status in sorted(service.permanent | service.temporary)])
def test_a_refusal_is_told_apart_and_leaks_nothing(kind: str, status: int, httpserver: HTTPServer) -> None:
    serve(httpserver, Response(SERVICES[kind].refusal(status), status))
    error = failure(kind, base(httpserver))
    leaks_nothing(error)
    assert error.permanent is (status in SERVICES[kind].permanent)


@pytest.mark.parametrize("kind", SERVICES)
def test_a_redirect_is_never_followed_and_disables_nobody(kind: str, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, Response("", 307, {"Location": f"{base(httpserver)}/elsewhere"}))
    error = failure(kind, base(httpserver))
    leaks_nothing(error)
    assert not error.permanent and "redirect" in str(error) and len(seen) == 1


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize("headers", [{"Content-Type": "text/html"}, {"Content-Type": "application/octet-stream"}])
def test_the_page_of_a_filter_disables_nobody(kind: str, headers: dict[str, str], httpserver: HTTPServer) -> None:
    serve(httpserver, Response(' <iframe src="http://10.10.34.34">', 403, headers))
    error = failure(kind, base(httpserver))
    leaks_nothing(error)
    assert not error.permanent and "filter" in str(error)


@pytest.mark.parametrize("kind", SERVICES)
def test_nobody_there_is_worth_trying_again(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    error = failure(kind, f"http://127.0.0.1:{port}")
    leaks_nothing(error)
    assert not error.permanent and "cannot be reached" in str(error)


@pytest.mark.parametrize("kind", SERVICES)
def test_a_service_that_drips_its_answer_is_left_in_time(kind: str) -> None:
    with dripping() as port:
        began = time.monotonic()
        error = failure(kind, f"http://127.0.0.1:{port}", timeout=timedelta(seconds=0.3))
    leaks_nothing(error)
    assert not error.permanent and "no answer within 0.3 s" in str(error) and time.monotonic() - began < 5


class dripping:
    """A server that answers a byte now and then, for ever."""

    def __init__(self, begin: bytes = b"HTTP/1.1 200 OK\r\nX: ") -> None:
        self.begin = begin

    def __enter__(self) -> int:
        self.over, self.server = threading.Event(), socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._drip, daemon=True)
        self.thread.start()
        return int(self.server.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.server.close()
        self.thread.join(5)

    def _drip(self) -> None:
        try:
            line, _ = self.server.accept()
            with line:
                line.sendall(self.begin)
                while not self.over.wait(0.01):
                    line.sendall(b"x")
        except OSError:
            pass


@pytest.mark.parametrize(("kind", "variable"),
                         [(kind, name) for kind, service in SERVICES.items() for name in service.environment])
@pytest.mark.parametrize("value", ["", "  ", None])
def test_an_unset_variable_is_named(kind: str, variable: str, value: str | None) -> None:
    environment = {**SERVICES[kind].environment, variable: value} if value is not None else {}
    error = failure(kind, "http://127.0.0.1:9", environment=environment)
    assert error.permanent and "is not set; set it and start again" in str(error)


@pytest.mark.parametrize("kind", SERVICES)
def test_nothing_secret_reaches_the_log(kind: str, httpserver: HTTPServer, caplog: pytest.LogCaptureFixture) -> None:
    serve(httpserver, Response(SERVICES[kind].taken))
    with caplog.at_level(logging.DEBUG):
        receiver(kind, base(httpserver)).send(a_message())
    ours = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]
    assert not [line for line in ours if "T0PSECRET" in line]


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize("case", HOSTILES)
def test_hostile_text_arrives_as_text(kind: str, language: str, case: str, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, Response(SERVICES[kind].taken))
    receiver(kind, base(httpserver)).send(a_message(HOSTILES[case], language=language))
    said = str(SERVICES[kind].read(seen[0].get_data()))
    assert len(seen) == 1 and ("شکایت" if language == "fa" else "complaints") in said
    if kind != "webhook":  # a program reads that, and gets what was written
        assert not ACTING.search(said)


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize("reason", [reason for reason in Reason if reason.sends])
def test_every_reason_to_send_is_sent(kind: str, reason: Reason, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, Response(SERVICES[kind].taken))
    receiver(kind, base(httpserver)).send(a_message(reason=reason))
    assert len(seen) == 1


@pytest.mark.parametrize("kind", SERVICES)
def test_the_same_message_is_the_same_to_the_service(kind: str, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, Response(SERVICES[kind].taken))
    for _ in range(2):
        receiver(kind, base(httpserver)).send(a_message())
    assert seen[0].get_data() == seen[1].get_data() and seen[0].path == seen[1].path


def console(file: io.StringIO) -> ConsoleNotifier:
    return ConsoleNotifier("desk", ConsoleOptions(), file=file)


def test_a_closed_terminal_is_permanent() -> None:
    with pytest.raises(NotifyError) as caught:
        console(Broken()).send(a_message())
    leaks_nothing(caught.value)
    assert caught.value.permanent


@pytest.mark.parametrize("language", ["fa", "en"])
def test_hostile_text_does_nothing_to_a_terminal(language: str) -> None:
    for options in (ConsoleOptions(colour=False), ConsoleOptions()):
        out = io.StringIO()
        ConsoleNotifier("desk", options, file=out).send(a_message(HOSTILE, language=language))
        text = out.getvalue()
        assert not set(text) & set("\x1b\x07\x00\x9b\u202e\udcff")
        assert "[bold]not bold[/bold]" in text and ":smile:" in text and "{braces}" in text
