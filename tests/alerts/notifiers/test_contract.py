"""What every notifier keeps: no secret leaks, failures are told apart, text from outside is only text."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, ValidationError

from alerts.notifiers import NOTIFIERS
from alerts.notifiers.console import ConsoleNotifier
from alerts.notifiers.console import Options as ConsoleOptions
from alerts.notifiers.webhook import Options as WebhookOptions
from alerts.notifiers.webhook import WebhookNotifier
from alerts.wording import compose
from listener.errors import NotifyError
from listener.types import Alert, AlertState, MentionKey, Message, Reason, Severity
from tests.alerts.world import HOUR, SATURDAY, a_scored

SECRETS = {"HOOK_URL": "https://hooks.test/T0PSECRETPATH?token=T0PSECRETQUERY", "HOOK_KEY": "T0PSECRETKEY"}
HOSTILE = "\x1b[31mred\x1b[0m \x07[bold]not bold[/bold] :smile: \u202eevil {braces} %s \udcff\x00 <script>alert(1)</script> \x9b2J"


def a_message(text: str = "سفارشم نرسید", *, language: Any = "fa") -> Message:
    alert = Alert("spike", "چابک‌سبد", SATURDAY, SATURDAY + HOUR, 31.0, 3.2, Severity.P1, AlertState.FIRING,
                  (MentionKey("x", "1"),), {"seen": 31, "window": 3600}, updated_at=SATURDAY + HOUR)
    message = compose(alert, Reason.FIRST, [a_scored("1", text, author=text)], language=language, url="https://board.test/a?alert=1",
                      sources=[text])
    # whatever a rule or a later wording lets through, a notifier still is the last door
    return replace(message, title=message.title + text, lines=(*message.lines, text))


class Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def answering(status: int = 200, headers: dict[str, str] | None = None,
              raises: type[httpx.HTTPError] | None = None) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if raises is not None:
            raise raises(f"failed at {request.url}")
        return httpx.Response(status, headers=headers, text="T0PSECRETANSWER")

    return httpx.MockTransport(answer), seen


def console(file: io.StringIO) -> ConsoleNotifier:
    return ConsoleNotifier("desk", ConsoleOptions(), file=file)


def webhook(transport: httpx.MockTransport, **options: str) -> WebhookNotifier:
    given = {"url_env": "HOOK_URL", "secret_env": "HOOK_KEY", **options}
    if "url" in options:
        del given["url_env"]
    return WebhookNotifier("desk", WebhookOptions(**given), transport=transport, environment=SECRETS, now=lambda: SATURDAY)


WAYS_TO_FAIL: dict[str, list[Callable[[], Any]]] = {
    "console": [lambda: console(Broken())],
    "webhook": [*(lambda status=status: webhook(answering(status)[0]) for status in (301, 400, 401, 404, 410, 429, 500, 503)),
                *(lambda error=error: webhook(answering(raises=error)[0])
                  for error in (httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ConnectTimeout)),
                lambda: webhook(answering()[0], secret_env="NOT_SET"), lambda: webhook(answering()[0], url_env="NOT_SET"),
                lambda: webhook(answering()[0], url_env="HOOK_KEY")],
}


def test_every_registered_notifier_is_tested_here() -> None:
    assert set(WAYS_TO_FAIL) == set(NOTIFIERS.kinds)


@pytest.mark.parametrize("kind", NOTIFIERS.kinds)
def test_a_notifier_is_known_by_its_file(kind: str) -> None:
    assert NOTIFIERS.load(kind).kind == kind and NOTIFIERS.load(kind).__module__ == f"alerts.notifiers.{kind}"


@pytest.mark.parametrize("kind", NOTIFIERS.kinds)
def test_options_refuse_what_they_do_not_know_and_hold_no_secret(kind: str) -> None:
    options: type[BaseModel] = NOTIFIERS.options(kind)
    assert options.model_config["frozen"] and options.model_config["extra"] == "forbid"
    with pytest.raises(ValidationError):
        options(no_such_option=1)
    assert not [name for name in options.model_fields if name in ("secret", "token", "password", "key")]


@pytest.mark.parametrize(("kind", "way"), [(kind, way) for kind, ways in WAYS_TO_FAIL.items() for way in ways])
def test_a_failure_names_the_receiver_and_leaks_nothing(kind: str, way: Callable[[], Any]) -> None:
    with pytest.raises(NotifyError) as caught:
        way().send(a_message())
    assert caught.value.receiver == "desk" and str(caught.value).startswith("desk: ")
    chain: BaseException | None = caught.value
    while chain is not None:
        assert "T0PSECRET" not in str(chain) and "token=" not in str(chain)
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)


@pytest.mark.parametrize("language", ["fa", "en"])
def test_hostile_text_does_nothing_to_a_terminal(language: str) -> None:
    for options in (ConsoleOptions(colour=False), ConsoleOptions()):
        out = io.StringIO()
        ConsoleNotifier("desk", options, file=out).send(a_message(HOSTILE, language=language))
        text = out.getvalue()
        assert not set(text) & set("\x1b\x07\x00\x9b\u202e\udcff")
        assert "[bold]not bold[/bold]" in text and ":smile:" in text and "{braces}" in text


def test_hostile_text_travels_as_data_in_json() -> None:
    transport, seen = answering()
    webhook(transport).send(a_message(HOSTILE))
    assert "<script>" in seen[0].read().decode() and seen[0].headers["content-type"].startswith("application/json")
