"""Cases as conversations, against a server that speaks Chatwoot's API as its documentation has it."""

from __future__ import annotations

import json
import re
import socket
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from alerts.notifiers import CASES_ONLY
from alerts.notifiers.chatwoot import ChatwootNotifier, Options
from listener.errors import NotifyError
from tests.alerts.notifiers.messages import HOSTILES
from tests.alerts.notifiers.test_zammad import a_case
from tests.alerts.world import SATURDAY

TOKEN = "T0PSECRETKEY"


class Desk:
    """As much of Chatwoot as is asked. ``falls`` counts down: at zero the next order is carried out and its answer lost."""

    def __init__(self, server: HTTPServer) -> None:
        self.address = server.url_for("").rstrip("/")
        self.contacts, self.conversations, self.notes = list[dict[str, Any]](), list[dict[str, Any]](), list[dict[str, Any]]()
        self.answer: Response | None = None
        self.falls = -1
        server.expect_request(re.compile(".*")).respond_with_handler(self._take)

    def _take(self, request: Request) -> Response:
        request.get_data()
        if self.answer is not None:
            return Response(self.answer.get_data(), self.answer.status_code, dict(self.answer.headers))
        if request.headers.get("api-access-token") != TOKEN:
            return self._json({"error": "Invalid Access Token"}, 401)
        path = request.path.removeprefix("/api/v1/accounts/3/")
        if request.method == "GET":
            return self._json({"payload": self._found(path, request)})
        made = self._made(path, json.loads(request.data))
        self.falls -= 1
        return self._json({"error": "gateway"}, 502) if self.falls == -1 and made is not None else self._json(made, 200)

    def _found(self, path: str, request: Request) -> list[dict[str, Any]]:
        if path == "contacts/search":
            return [one for one in self.contacts if request.args["q"] in one["identifier"]]
        number = int(path.split("/")[1])
        return [one for one in self.conversations if one["contact_id"] == number] if path.startswith("contacts/") else [
            one for one in self.notes if one["conversation"] == number]

    def _made(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        if path == "contacts":
            self.contacts.append({"id": 40 + len(self.contacts), **asked})
            return {"payload": {"contact": self.contacts[-1], "contact_inbox": {"source_id": asked["source_id"]}}}
        if path == "conversations":
            self.conversations.append({"id": 7 + len(self.conversations), **asked})
            return self.conversations[-1]
        self.notes.append({"id": len(self.notes), "conversation": int(path.split("/")[1]), **asked})
        return self.notes[-1]

    @staticmethod
    def _json(value: object, status: int = 200) -> Response:
        return Response(json.dumps(value), status, {"Content-Type": "application/json"})


def a_notifier(address: str, *, token: str = TOKEN) -> ChatwootNotifier:
    return ChatwootNotifier("desk", Options(url=address, token_env="KEY", account=3, inbox=5, timeout=timedelta(seconds=5)), environment={"KEY": token},
                            now=lambda: SATURDAY)


def test_a_case_becomes_one_conversation_with_a_private_note_and_its_number_comes_back(httpserver: HTTPServer) -> None:
    desk = Desk(httpserver)
    first, again = (a_notifier(desk.address).send(a_case()) for _ in range(2))
    assert first == again == f"7 {desk.address}/app/accounts/3/conversations/7"
    [contact], [conversation], [note] = desk.contacts, desk.conversations, desk.notes
    assert contact["inbox_id"] == conversation["inbox_id"] == 5 and contact["identifier"].startswith("goosh") and "message" not in conversation
    assert not {"email", "phone_number"} & set(contact)  # it leads to nobody
    assert note["private"] is True and "سفارشم نرسید" in note["content"] and "https://board.test/cases?case=12" in note["content"]
    a_notifier(desk.address).send(a_case(key="case:13:20261121T060000"))
    assert (len(desk.contacts), len(desk.conversations), len(desk.notes)) == (2, 2, 2)


@pytest.mark.parametrize("lost", [0, 1, 2], ids=["contact", "conversation", "note"])
def test_wherever_an_answer_is_lost_the_second_try_makes_no_second_one(httpserver: HTTPServer, lost: int) -> None:
    desk = Desk(httpserver)
    desk.falls = lost
    with pytest.raises(NotifyError) as caught:
        a_notifier(desk.address).send(a_case())
    assert not caught.value.permanent
    assert a_notifier(desk.address).send(a_case()).startswith("7 ")
    assert (len(desk.contacts), len(desk.conversations), len(desk.notes)) == (1, 1, 1)


@pytest.mark.parametrize("text", HOSTILES.values(), ids=HOSTILES.keys())
def test_what_strangers_write_stays_text_within_its_bounds(httpserver: HTTPServer, text: str) -> None:
    desk = Desk(httpserver)
    a_notifier(desk.address).send(a_case(text))
    said = desk.notes[0]["content"]
    assert len(desk.contacts[0]["name"]) <= 200 and len(said) <= 51_000
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", desk.contacts[0]["name"] + said)


@pytest.mark.parametrize(("status", "permanent"), [(401, True), (403, True), (404, True), (422, True), (408, False), (429, False), (500, False), (503, False)])
def test_refusals_are_told_apart_and_leak_nothing(httpserver: HTTPServer, status: int, permanent: bool) -> None:
    desk = Desk(httpserver)
    desk.answer = Response('{"error": "T0PSECRETANSWER"}', status, {"Content-Type": "application/json"})
    with pytest.raises(NotifyError) as caught:
        a_notifier(desk.address).send(a_case())
    assert caught.value.permanent is permanent and "T0PSECRET" not in str(caught.value) and str(caught.value).startswith("desk: chatwoot: ")


@pytest.mark.parametrize("answer", [Response("<html>blocked</html>", 200, {"Content-Type": "text/html"}), Response("[", 200), Response("[[1]]", 200), Response("{}", 200),
                                    Response("", 307, {"Location": "http://127.0.0.1:9/"})], ids=["page", "cut short", "no contact", "empty", "redirect"])
def test_an_answer_that_is_not_chatwoots_is_tried_again(httpserver: HTTPServer, answer: Response) -> None:
    desk = Desk(httpserver)
    desk.answer = answer
    with pytest.raises(NotifyError) as caught:
        a_notifier(desk.address).send(a_case())
    assert not caught.value.permanent


def test_nobody_there_and_no_token_are_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(NotifyError, match="cannot be reached"):
        a_notifier(f"http://127.0.0.1:{port}").send(a_case())
    with pytest.raises(NotifyError, match="'KEY' is not set"):
        a_notifier("http://127.0.0.1:9", token="").send(a_case())
    assert "chatwoot" in CASES_ONLY  # it hears of no alert
