"""Cases as tickets, against a server that speaks Zammad's API as its documentation has it."""

from __future__ import annotations

import json
import re
import socket
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from alerts.notifiers.zammad import Options, ZammadNotifier
from listener.errors import NotifyError
from listener.types import Message, Reason
from tests.alerts.notifiers.messages import HOSTILES
from tests.alerts.world import SATURDAY

TOKEN = "T0PSECRETKEY"


class Desk:
    """As much of Zammad as is asked: tickets made and found again, each request kept."""

    def __init__(self, server: HTTPServer, *, old: bool = False) -> None:
        self.address, self.tickets, self.asked, self.old = server.url_for("").rstrip("/"), list[dict[str, Any]](), list[Request](), old
        self.answer: Response | None = None
        server.expect_request(re.compile(".*")).respond_with_handler(self._take)

    def _take(self, request: Request) -> Response:
        request.get_data()
        self.asked.append(request)
        if self.answer is not None:
            return Response(self.answer.get_data(), self.answer.status_code, dict(self.answer.headers))
        if request.headers.get("Authorization") != f"Token token={TOKEN}":
            return self._json({"error": "Invalid token"}, 401)
        if request.path == "/api/v1/tickets/search":
            wanted = request.args["query"].strip('"')
            found = [one for one in self.tickets if wanted in one["title"]]
            return self._json({"tickets": [one["id"] for one in found], "assets": {"Ticket": {str(one["id"]): one for one in found}}} if self.old else found)
        asked = json.loads(request.data)
        if asked["group"] != "Users":
            return self._json({"error": "No lookup value found for 'group'"}, 422)
        self.tickets.append({"id": 7 + len(self.tickets), "number": f"2200{len(self.tickets)}", "title": asked["title"], "asked": asked})
        return self._json({key: value for key, value in self.tickets[-1].items() if key != "asked"}, 201)

    @staticmethod
    def _json(value: object, status: int = 200) -> Response:
        return Response(json.dumps(value), status, {"Content-Type": "application/json"})


def a_notifier(address: str, *, token: str = TOKEN, **options: Any) -> ZammadNotifier:
    given = {"url": address, "token_env": "KEY", "group": "Users", "customer": "goosh@example.test", "timeout": timedelta(seconds=5), **options}
    return ZammadNotifier("desk", Options(**given), environment={"KEY": token}, now=lambda: SATURDAY)


def a_case(text: str = "سفارشم نرسید", key: str = "case:12:20261121T060000") -> Message:
    return Message(key, f"پروندهٔ ۱۲ · شکایت · چابک‌سبد{text[:20]}", ("شکایت · بالا", f"«{text}» — سارا"), "fa", Reason.FIRST,
                   "https://board.test/cases?case=12", case=12)


@pytest.mark.parametrize("old", [False, True])
def test_a_case_becomes_one_ticket_with_an_internal_note_and_its_number_comes_back(httpserver: HTTPServer, old: bool) -> None:
    desk = Desk(httpserver, old=old)
    first, again = (a_notifier(desk.address).send(a_case()) for _ in range(2))
    assert first == again == f"22000 {desk.address}/#ticket/zoom/7" and len(desk.tickets) == 1
    asked = desk.tickets[0]["asked"]
    assert asked["article"]["internal"] is True and asked["article"]["type"] == "note" and asked["tags"] == "goosh"
    assert "سفارشم نرسید" in asked["article"]["body"] and "https://board.test/cases?case=12" in asked["article"]["body"]
    assert asked["customer"] == "goosh@example.test" and asked["title"].startswith("پروندهٔ ۱۲")
    a_notifier(desk.address).send(a_case(key="case:13:20261121T060000"))
    assert len(desk.tickets) == 2


@pytest.mark.parametrize("text", HOSTILES.values(), ids=HOSTILES.keys())
def test_what_strangers_write_stays_text_within_its_bounds(httpserver: HTTPServer, text: str) -> None:
    desk = Desk(httpserver)
    a_notifier(desk.address).send(a_case(text))
    asked = desk.tickets[0]["asked"]
    assert "\n" not in asked["title"] and len(asked["title"]) <= 200 and asked["article"]["content_type"] == "text/plain"
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", asked["title"] + asked["article"]["body"]) and len(asked["article"]["body"]) <= 51_000


@pytest.mark.parametrize(("status", "permanent"), [(401, True), (403, True), (404, True), (422, True), (408, False), (429, False), (500, False), (503, False)])
def test_refusals_are_told_apart_and_leak_nothing(httpserver: HTTPServer, status: int, permanent: bool) -> None:
    desk = Desk(httpserver)
    desk.answer = Response('{"error": "T0PSECRETANSWER"}', status, {"Content-Type": "application/json"})
    with pytest.raises(NotifyError) as caught:
        a_notifier(desk.address).send(a_case())
    assert caught.value.permanent is permanent and "T0PSECRET" not in str(caught.value) and str(caught.value).startswith("desk: zammad: ")


@pytest.mark.parametrize("answer", [Response("<html>blocked</html>", 200, {"Content-Type": "text/html"}), Response("[", 200), Response("[[1]]", 200), Response("{}", 200),
                                    Response("", 307, {"Location": "http://127.0.0.1:9/"})], ids=["page", "cut short", "no ticket", "empty", "redirect"])
def test_an_answer_that_is_not_zammads_is_tried_again(httpserver: HTTPServer, answer: Response) -> None:
    desk = Desk(httpserver)
    desk.answer = answer
    with pytest.raises(NotifyError) as caught:
        a_notifier(desk.address).send(a_case())
    assert not caught.value.permanent


def test_nobody_there_and_no_token_are_said(httpserver: HTTPServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(NotifyError, match="cannot be reached") as caught:
        a_notifier(f"http://127.0.0.1:{port}").send(a_case())
    assert not caught.value.permanent
    with pytest.raises(NotifyError, match="'KEY' is not set") as missing:
        a_notifier("http://127.0.0.1:9", token="").send(a_case())
    assert missing.value.permanent


def test_a_ticket_needs_an_account_of_ours() -> None:
    with pytest.raises(ValidationError):
        Options(url="https://help.example", token_env="KEY", group="Users")  # type: ignore[call-arg]
