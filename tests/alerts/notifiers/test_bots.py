"""Telegram's and Bale's bots: what is special about the Bot API."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Response

from alerts.notifiers import NOTIFIERS
from alerts.notifiers.bot_api import ANSWERS, OVER
from alerts.notifiers.plain import utf16
from listener.errors import NotifyError
from listener.types import Message, Reason
from tests.alerts.notifiers.messages import HOSTILES, a_message
from tests.alerts.notifiers.services import TOKEN, receiver
from tests.alerts.notifiers.test_contract import base, serve
from tests.alerts.notifiers.test_plain import LONG, a_storm

BOTS = ("bale", "telegram")


def said(status: int, description: str, **parameters: Any) -> Response:
    return Response(json.dumps({"ok": False, "error_code": status, "description": description, "parameters": parameters}),
                    status)


TAKEN = Response('{"ok": true, "result": {"message_id": 9}}')


def refused(httpserver: HTTPServer, *answers: Response, kind: str = "telegram") -> tuple[NotifyError, int]:
    seen = serve(httpserver, *answers)
    with pytest.raises(NotifyError) as caught:
        receiver(kind, base(httpserver)).send(a_message())
    return caught.value, len(seen)


@pytest.mark.parametrize("kind", BOTS)
def test_the_token_stands_in_the_path_and_the_chat_in_the_body(kind: str, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    receiver(kind, base(httpserver), chat="@desk").send(a_message())
    assert seen[0].path == f"/bot{TOKEN}/sendMessage" and json.loads(seen[0].get_data())["chat_id"] == "@desk"


def test_telegram_gets_html_in_which_everything_is_escaped(httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    receiver("telegram", base(httpserver)).send(a_message(HOSTILES["a hidden link"]))
    body = json.loads(seen[0].get_data())
    assert body["parse_mode"] == "HTML" and body["text"].startswith("<b>")
    assert body["link_preview_options"] == {"is_disabled": True}
    assert body["text"].count("<") == 2 and "&lt;a href=&quot;https://evil.test&quot;&gt;" in body["text"]


def test_bale_gets_plain_text_without_links_that_hide(httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    receiver("bale", base(httpserver)).send(a_message(HOSTILES["a hidden link"]))
    body = json.loads(seen[0].get_data())
    assert set(body) == {"chat_id", "text", "reply_markup"} and "](" not in body["text"] and "<a href=" in body["text"]


@pytest.mark.parametrize("kind", BOTS)
def test_a_long_message_keeps_its_figures_and_loses_posts(kind: str, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    storm = a_storm(*LONG)
    message = replace(storm, lines=(*storm.lines, "پایان " * 600))
    receiver(kind, base(httpserver)).send(message)
    text = json.loads(seen[0].get_data())["text"]
    assert utf16(text) <= 4096 + len("<b></b>") and "نویسندهٔ مستقل" in text and "گام بعد" in text and message.url in text


@pytest.mark.parametrize("kind", BOTS)
@pytest.mark.parametrize("description", ["Bad Request: chat not found", "Forbidden: bot was blocked by the user",
                                         "Forbidden: bot was kicked from the group chat",
                                         "Bad Request: have no rights to send a message",
                                         "Bad Request: group chat was upgraded to a supergroup chat"])
def test_a_chat_that_cannot_be_written_to_is_permanent_and_asked_once(kind: str, description: str,
                                                                      httpserver: HTTPServer) -> None:
    error, times = refused(httpserver, said(403 if "Forbidden" in description else 400, description), kind=kind)
    assert error.permanent and not error.of_message and times == 1 and "goosh alerts test desk" in str(error)


def test_the_time_to_wait_is_obeyed_up_to_a_day(httpserver: HTTPServer) -> None:
    assert refused(httpserver, said(429, "Too Many Requests", retry_after=17))[0].retry_after == timedelta(seconds=17)
    httpserver.clear()
    assert refused(httpserver, said(429, "Too Many Requests", retry_after=10**12))[0].retry_after == timedelta(days=1)
    httpserver.clear()
    assert refused(httpserver, said(429, "Too Many Requests", retry_after="soon"))[0].retry_after is None


def test_a_text_that_is_refused_goes_out_without_the_posts(httpserver: HTTPServer) -> None:
    seen = serve(httpserver, said(400, "Bad Request: can't parse entities"), TAKEN)
    receiver("telegram", base(httpserver)).send(a_storm("سفارشم نرسید"))
    first, second = (json.loads(request.get_data())["text"] for request in seen)
    assert "سفارشم نرسید" in first and "سفارشم نرسید" not in second and "۳۱ شکایت" in second


def test_a_text_that_is_refused_twice_is_given_up_and_not_the_chat(httpserver: HTTPServer) -> None:
    error, times = refused(httpserver, said(400, "Bad Request: message is too long"))
    assert error.of_message and times == 2 and "even without the posts" in str(error)


@pytest.mark.parametrize("answer", [Response("<html>blocked</html>", 403), Response("<html>hello</html>", 200),
                                    Response("[]", 404), Response('{"status": "ok"}', 400), Response("[" * 50_000, 401)])
def test_the_page_of_a_filter_never_disables_the_receiver(answer: Response, httpserver: HTTPServer) -> None:
    error, times = refused(httpserver, answer)
    assert not error.permanent and times == 1 and "a filter or a proxy stands between" in str(error)


@pytest.mark.parametrize("kind", BOTS)
@pytest.mark.parametrize(("reason", "answers"), [
    (Reason.FIRST, ANSWERS), (Reason.ESCALATED, ANSWERS), (Reason.REPEAT, ANSWERS), (Reason.RESOLVED, OVER), (Reason.TAKEN, ())])
def test_what_can_be_answered_stands_below_as_buttons_and_numbers(kind: str, reason: Reason, answers: Sequence[str],
                                                                 httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    message = a_message(reason=reason)
    assert message.alert is not None
    receiver(kind, base(httpserver)).send(message)
    body, known = json.loads(seen[0].get_data()), message.alert.fingerprint
    rows = body.get("reply_markup", {"inline_keyboard": []})["inline_keyboard"]
    assert [button["callback_data"] for row in rows for button in row] == [f"{answer}:{known}" for answer in answers]
    assert all(len(button["callback_data"].encode()) <= 64 and button["text"] for row in rows for button in row)
    last = body["text"].splitlines()[-1]
    assert f"#{known[:8]}" in last and [number for number in "۱۲۳۴۵۶" if f"{number} " in last] == [
        "۱۲۳۴۵۶"[ANSWERS.index(answer)] for answer in answers]


@pytest.mark.parametrize("kind", BOTS)
def test_where_nobody_hears_answers_none_are_offered(kind: str, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    receiver(kind, base(httpserver), buttons=False).send(a_message())
    body = json.loads(seen[0].get_data())
    assert "reply_markup" not in body and "#" not in body["text"].splitlines()[-1]


@pytest.mark.parametrize("kind", BOTS)
def test_a_notice_makes_no_sound(kind: str, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    receiver(kind, base(httpserver)).send(replace(a_message(), reason=Reason.TAKEN, quiet=True))
    receiver(kind, base(httpserver)).send(a_message())
    loud = [json.loads(request.get_data()).get("disable_notification") for request in seen]
    assert loud == [True, None]


@pytest.mark.parametrize("kind", BOTS)
def test_updates_are_asked_for_from_an_offset_on(kind: str, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, Response('{"ok": true, "result": [{"update_id": 7, "message": {}}, {"update_id": "x"}, null]}'))
    assert receiver(kind, base(httpserver)).updates(7, ("channel_post",)) == ({"update_id": 7, "message": {}},)
    asked = json.loads(seen[0].get_data())
    assert seen[0].path == f"/bot{TOKEN}/getUpdates" and asked["offset"] == 7 and asked["timeout"] == 0
    assert asked.get("allowed_updates") == (["callback_query", "channel_post", "message"] if kind == "telegram" else None)


def test_another_program_that_reads_the_bot_is_told_without_the_token(httpserver: HTTPServer) -> None:
    serve(httpserver, said(409, "Conflict: terminated by other getUpdates request"))
    with pytest.raises(NotifyError, match="another program reads this bot's updates") as caught:
        receiver("telegram", base(httpserver)).updates(None)
    assert not caught.value.permanent and "T0PSECRET" not in str(caught.value)


@pytest.mark.parametrize("kind", BOTS)
def test_a_bot_is_probed_without_a_word_in_the_chat(kind: str, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, Response('{"ok": true, "result": {}}'))
    receiver(kind, base(httpserver)).probe()
    assert [request.path.rpartition("/")[2] for request in seen] == ["getMe", "getChat"]
    httpserver.clear()
    serve(httpserver, TAKEN, said(400, "Bad Request: chat not found"))
    with pytest.raises(NotifyError, match="chat not found"):
        receiver(kind, base(httpserver)).probe()


def test_a_proxy_is_asked_in_place_of_telegram_and_a_wrong_one_is_told(httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    notifier = receiver("telegram", "http://telegram.invalid", proxy=base(httpserver))
    notifier.send(a_message())
    notifier.close()
    assert seen[0].host == "telegram.invalid" and seen[0].path == f"/bot{TOKEN}/sendMessage"
    with pytest.raises(NotifyError, match="'P' holds no address of a proxy") as caught:
        receiver("telegram", base(httpserver), proxy_env="P", environment={"TOKEN": TOKEN, "P": "T0PSECRET"}).send(a_message())
    assert caught.value.permanent and "T0PSECRET" not in str(caught.value)


def test_a_socks_proxy_is_spoken_to_and_its_password_never_logged(httpserver: HTTPServer,
                                                                  caplog: pytest.LogCaptureFixture) -> None:
    seen = serve(httpserver, TAKEN)
    with socket.create_server(("127.0.0.1", 0)) as server, caplog.at_level(logging.DEBUG):
        thread = threading.Thread(target=socks, args=(server, httpserver.port), daemon=True)
        thread.start()
        environment = {"TOKEN": TOKEN, "P": f"socks5://goosh:T0PSECRET@127.0.0.1:{server.getsockname()[1]}"}
        receiver("telegram", "http://telegram.invalid", proxy_env="P", environment=environment).send(a_message())
        thread.join(5)
    assert seen[0].host == "telegram.invalid"
    assert not [record for record in caplog.records if record.name != "werkzeug" and "T0PSECRET" in record.getMessage()]


def socks(server: socket.socket, port: int) -> None:
    """Let one connection through to ``port``, whatever it asks for (RFC 1928, 1929)."""
    near, _ = server.accept()
    with near, socket.create_connection(("127.0.0.1", port)) as far:
        near.recv(64)
        near.sendall(b"\x05\x02")
        assert b"T0PSECRET" in near.recv(512)
        near.sendall(b"\x01\x00")
        near.recv(512)
        near.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        for here, there in ((near, far), (far, near)):
            threading.Thread(target=pass_on, args=(here, there), daemon=True).start()
        while near.fileno() >= 0 and not over.wait(0.01):
            pass


over = threading.Event()


def pass_on(here: socket.socket, there: socket.socket) -> None:
    try:
        while data := here.recv(65_536):
            there.sendall(data)
    except OSError:
        pass
    over.set()


def test_a_proxy_of_the_environment_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "gopher://10.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(NotifyError, match="mend it, or give proxy") as caught:
        receiver("telegram", "http://telegram.invalid").send(a_message())
    assert caught.value.permanent


@pytest.mark.parametrize(("options", "sentence"), [
    ({"proxy": "nonsense"}, "no address of a proxy"), ({"proxy": "socks5://a:b@10.0.0.1:1080"}, "proxy_env"),
    ({"proxy": "direct", "proxy_env": "P"}, "at most one"), ({"base_url": "ftp://x"}, "https:// or http://"),
    ({"token": "1:a"}, "Extra"),
])
def test_a_mistaken_option_is_named(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        NOTIFIERS.options("telegram")(**{"token_env": "TOKEN", "chat": 1, **options})


def test_a_message_without_words_is_still_one(httpserver: HTTPServer) -> None:
    empty = Message("key", "\x00", ("", "\u202e"), "fa", Reason.FIRST)
    seen = serve(httpserver, TAKEN)
    receiver("bale", base(httpserver)).send(empty)
    assert json.loads(seen[0].get_data())["text"]
