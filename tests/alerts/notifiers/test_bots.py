"""Telegram's and Bale's bots: what is special about the Bot API."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Response

from alerts.notifiers import NOTIFIERS
from alerts.notifiers.plain import utf16
from listener.errors import NotifyError
from listener.types import Reason
from tests.alerts.notifiers.messages import HOSTILES, a_message
from tests.alerts.notifiers.services import TOKEN, receiver
from tests.alerts.notifiers.test_contract import base, serve
from tests.alerts.notifiers.test_plain import LONG, a_storm

BOTS = ("bale", "telegram")


def said(status: int, description: str, **parameters: Any) -> Response:
    return Response(json.dumps({"ok": False, "error_code": status, "description": description, "parameters": parameters}), status)


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
    assert body["parse_mode"] == "HTML" and body["text"].startswith("<b>") and body["link_preview_options"] == {"is_disabled": True}
    assert body["text"].count("<") == 2 and "&lt;a href=&quot;https://evil.test&quot;&gt;" in body["text"]


def test_bale_gets_plain_text_without_links_that_hide(httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    receiver("bale", base(httpserver)).send(a_message(HOSTILES["a hidden link"]))
    body = json.loads(seen[0].get_data())
    assert set(body) == {"chat_id", "text"} and "](" not in body["text"] and "<a href=" in body["text"]


@pytest.mark.parametrize("kind", BOTS)
def test_a_long_message_keeps_its_figures_and_loses_posts(kind: str, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    storm = a_storm(*LONG)
    message = storm.__class__(**{name: getattr(storm, name) for name in storm.__slots__} | {"lines": (*storm.lines, "پایان " * 600)})
    receiver(kind, base(httpserver)).send(message)
    text = json.loads(seen[0].get_data())["text"]
    assert utf16(text) <= 4096 + len("<b></b>") and "نویسندهٔ مستقل" in text and "گام بعد" in text and message.url in text


@pytest.mark.parametrize("kind", BOTS)
@pytest.mark.parametrize("description", ["Bad Request: chat not found", "Forbidden: bot was blocked by the user",
                                         "Forbidden: bot was kicked from the group chat", "Bad Request: have no rights to send a message",
                                         "Bad Request: group chat was upgraded to a supergroup chat"])
def test_a_chat_that_cannot_be_written_to_is_permanent_and_asked_once(kind: str, description: str, httpserver: HTTPServer) -> None:
    error, times = refused(httpserver, said(403 if "Forbidden" in description else 400, description), kind=kind)
    assert error.permanent and times == 1 and "goosh alerts test desk" in str(error)


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


def test_a_text_that_is_refused_twice_is_permanent(httpserver: HTTPServer) -> None:
    error, times = refused(httpserver, said(400, "Bad Request: message is too long"))
    assert error.permanent and times == 2 and "even without the posts" in str(error)


@pytest.mark.parametrize("answer", [Response("<html>blocked</html>", 403), Response("<html>hello</html>", 200), Response("[]", 404),
                                    Response('{"status": "ok"}', 400), Response("[" * 50_000, 401)])
def test_the_page_of_a_filter_never_disables_the_receiver(answer: Response, httpserver: HTTPServer) -> None:
    error, times = refused(httpserver, answer)
    assert not error.permanent and times == 1 and "a filter or a proxy stands between" in str(error)


@pytest.mark.parametrize("kind", BOTS)
def test_buttons_are_offered_only_where_asked_for_and_only_while_it_lasts(kind: str, httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    message = a_message()
    receiver(kind, base(httpserver)).send(message)
    receiver(kind, base(httpserver), buttons=True).send(message)
    receiver(kind, base(httpserver), buttons=True).send(a_message(reason=Reason.RESOLVED))
    bodies = [json.loads(request.get_data()) for request in seen]
    assert "reply_markup" not in bodies[0] and "reply_markup" not in bodies[2] and message.alert is not None
    [row] = bodies[1]["reply_markup"]["inline_keyboard"]
    assert [button["text"] for button in row] == ["برمی‌دارم", "ساکت"]
    assert [button["callback_data"] for button in row] == [f"ack:{message.alert.fingerprint}", f"silence:{message.alert.fingerprint}"]
    assert all(len(button["callback_data"].encode()) <= 64 for button in row)


def test_a_proxy_is_asked_in_place_of_telegram_and_a_wrong_one_is_told(httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    notifier = receiver("telegram", "http://telegram.invalid", proxy=base(httpserver))
    notifier.send(a_message())
    notifier.close()
    assert seen[0].host == "telegram.invalid" and seen[0].path == f"/bot{TOKEN}/sendMessage"
    with pytest.raises(NotifyError, match="'P' holds no address of a proxy") as caught:
        receiver("telegram", base(httpserver), proxy_env="P", environment={"TOKEN": TOKEN, "P": "T0PSECRET"}).send(a_message())
    assert caught.value.permanent and "T0PSECRET" not in str(caught.value)


@pytest.mark.parametrize(("options", "sentence"), [
    ({"proxy": "nonsense"}, "no address of a proxy"), ({"proxy": "socks5://a:b@10.0.0.1:1080"}, "proxy_env"),
    ({"proxy": "direct", "proxy_env": "P"}, "at most one"), ({"base_url": "ftp://x"}, "https:// or http://"), ({"token": "1:a"}, "Extra"),
])
def test_a_mistaken_option_is_named(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        NOTIFIERS.options("telegram")(**{"token_env": "TOKEN", "chat": 1, **options})


def test_a_message_without_words_is_still_one(httpserver: HTTPServer) -> None:
    message = a_message()
    empty = message.__class__(message.key, "\x00", ("", "\u202e"), "fa", Reason.FIRST)
    seen = serve(httpserver, TAKEN)
    receiver("bale", base(httpserver)).send(empty)
    assert json.loads(seen[0].get_data())["text"]
