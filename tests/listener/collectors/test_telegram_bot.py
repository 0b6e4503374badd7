"""A bot in channels of our own: what is confirmed when, one poller a token, and a token that nobody sees."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client
from listener.collectors import telegram_bot
from listener.collectors.telegram import Options, TelegramCollector
from listener.collectors.telegram_bot import Bot, Update, post_of
from listener.errors import CollectError
from listener.types import CoverageState
from tests.listener.collectors.hosts import poll

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOKEN = "123456789:AAF-geheim_geheim_geheim_geheim_geh"
CHAT = {"id": -1001234, "type": "channel", "title": "کانال ما", "username": "our_channel"}


def post(number: int, text: str = "متن", **fields: Any) -> dict[str, Any]:
    return {"message_id": number, "chat": CHAT, "date": int(NOW.timestamp()) - 60, "text": text, **fields}


class Telegram:
    """The bot API of one bot: updates stand until an offset behind them is asked for."""

    def __init__(self, server: HTTPServer) -> None:
        self.updates: list[dict[str, Any]] = []
        self.asked: list[Request] = []
        self.instead: Response | None = None
        self.url = server.url_for("/").rstrip("/")
        server.clear()
        server.expect_request(f"/bot{TOKEN}/getUpdates").respond_with_handler(self._answer)

    def send(self, kind: str, data: dict[str, Any]) -> None:
        self.updates.append({"update_id": 700 + len(self.updates), kind: data})

    def _answer(self, request: Request) -> Response:
        self.asked.append(request)
        offset = int(request.args.get("offset", 0))
        found = [update for update in self.updates if update["update_id"] >= offset][: int(request.args["limit"])]
        return self.instead or Response(json.dumps({"ok": True, "result": found}), content_type="application/json")

    def refuse(self, code: int, description: str, **more: Any) -> None:
        self.instead = Response(json.dumps({"ok": False, "error_code": code, "description": description, **more}), status=code,
                                content_type="application/json")


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with HTTPServer(host="127.0.0.1") as server:
        yield server


@pytest.fixture
def bot(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Telegram:
    monkeypatch.setenv("OUR_BOT", TOKEN)
    telegram_bot._readers.clear()
    return Telegram(server)


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(allow_networks=["127.0.0.0/8"]) as client:
        yield client


def collector(bot: Telegram, client: Client, name: str = "ours", now: datetime = NOW) -> TelegramCollector:
    return TelegramCollector(name, Options(bot_token_env="OUR_BOT", bot_url=bot.url), client, now=lambda: now)


def test_posts_of_our_channels_are_ours_and_have_the_ids_of_the_public_page(bot: Telegram, client: Client) -> None:
    bot.send("channel_post", post(5, "قیمت‌ها عوض شد", reply_to_message={"message_id": 3}))
    (mention,), _, batch = poll(collector(bot, client), None)
    assert (mention.kind, mention.id, mention.url) == ("telegram", "our_channel/5", "https://t.me/our_channel/5")
    assert mention.ours and mention.text == "قیمت‌ها عوض شد" and mention.in_reply_to == "our_channel/3" and mention.engagement is None
    assert mention.published_at == NOW - timedelta(minutes=1) and mention.author and mention.author.name == "کانال ما"
    assert batch.shown == 1 and json.loads(bot.asked[0].args["allowed_updates"]) == ["channel_post", "edited_channel_post"]


def test_an_update_is_confirmed_only_by_the_poll_after_its_commit(bot: Telegram, client: Client) -> None:
    bot.send("channel_post", post(5))
    _, cursor, _ = poll(collector(bot, client), None)
    assert "offset" not in bot.asked[0].args and cursor and cursor["offset"] == 701
    assert [m.id for m in poll(collector(bot, client), None)[0]] == ["our_channel/5"]  # killed before the commit: it is given again
    assert poll(collector(bot, client), cursor)[0] == [] and bot.asked[2].args["offset"] == "701"
    _, again, _ = poll(collector(bot, client), cursor)
    assert again and again["offset"] == 701  # silence moves nothing


def test_more_than_a_hundred_updates_come_whole_and_once(bot: Telegram, client: Client) -> None:
    for number in range(250):
        bot.send("channel_post", post(number + 1))
    mentions, _, batch = poll(collector(bot, client), None)
    assert [m.id for m in mentions] == [f"our_channel/{n + 1}" for n in range(250)] and len(bot.asked) == 3 and batch.complete


def test_an_edit_comes_under_the_same_id(bot: Telegram, client: Client) -> None:
    bot.send("channel_post", post(5, "اول"))
    bot.send("edited_channel_post", post(5, "دوم", edit_date=int(NOW.timestamp()) - 30))
    (mention,), _, _ = poll(collector(bot, client), None)
    assert (mention.text, mention.edited_at) == ("دوم", NOW - timedelta(seconds=30))


def test_other_updates_reach_whoever_named_them_by_the_same_reading(bot: Telegram, client: Client) -> None:
    bot.send("message", {"message_id": 1, "text": "دیدم"})
    bot.send("channel_post", post(5))
    reader = Bot(client, "OUR_BOT", source="telegram 'ours'", api=bot.url, allowed=("channel_post", "message"))
    updates = reader.read(None, NOW)
    assert [update.data["text"] for update in updates.of("message")] == ["دیدم"] and len(updates.of("channel_post")) == 1
    assert json.loads(bot.asked[0].args["allowed_updates"]) == ["channel_post", "message"]


def test_two_sources_of_one_bot_are_told_so(bot: Telegram, client: Client) -> None:
    collector(bot, client).collect(None)
    with pytest.raises(CollectError, match="telegram 'second': telegram 'ours' reads the same bot") as caught:
        collector(bot, client, "second").collect(None)
    assert caught.value.permanent and len(bot.asked) == 1


@pytest.mark.parametrize("code, description, said, permanent", [
    (409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running", "only one may", False),
    (409, "Conflict: can't use getUpdates method while webhook is active", "call deleteWebhook", True),
    (401, "Unauthorized", "take it anew from @BotFather", True), (404, "Not Found", "take it anew from @BotFather", True),
    (400, f"Bad Request: /bot{TOKEN}/getUpdates", "check the bot", False)])
def test_a_refusal_is_told_in_words_and_without_the_token(
    bot: Telegram, client: Client, code: int, description: str, said: str, permanent: bool
) -> None:
    bot.refuse(code, description)
    with pytest.raises(CollectError, match=said) as caught:
        collector(bot, client).collect(None)
    assert caught.value.permanent is permanent and str(caught.value).startswith(f"telegram 'ours': HTTP {code}: ")
    assert "geheim" not in str(caught.value)


def test_being_asked_to_wait_in_the_body_is_heard(bot: Telegram, client: Client) -> None:
    bot.refuse(429, "Too Many Requests: retry after 17", parameters={"retry_after": 17})
    with pytest.raises(CollectError, match="too often") as caught:
        collector(bot, client).collect(None)
    assert caught.value.retry_after == timedelta(seconds=17)


@pytest.mark.parametrize("instead", [
    Response(status=500), Response("<html><title>x</title></html>"), Response(b'{"ok": tr'), Response(status=302, headers={"Location": "/x"}),
    Response('{"ok": true}'), Response(json.dumps({"ok": False, "description": TOKEN})), Response("null"),
    Response(status=301, headers={"Location": f"/other/bot{TOKEN}/getUpdates"})])
def test_the_token_reaches_no_error(bot: Telegram, client: Client, instead: Response) -> None:
    bot.instead = instead
    with pytest.raises(CollectError) as caught:
        collector(bot, client).collect(None)
    assert "geheim" not in str(caught.value) and "123456789" not in str(caught.value)


def test_a_host_that_is_not_there_is_told_without_the_token(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_BOT", TOKEN)
    telegram_bot._readers.clear()
    lonely = TelegramCollector("ours", Options(bot_token_env="OUR_BOT", bot_url="http://127.0.0.1:9"), client, now=lambda: NOW)
    with pytest.raises(CollectError) as caught:
        lonely.collect(None)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("value", ["hunter2", "123456789:kurz", "https://api.telegram.org/bot123:geheim", TOKEN + "/../x"])
def test_what_is_no_token_is_never_sent_nor_shown(bot: Telegram, client: Client, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("OUR_BOT", value)
    with pytest.raises(CollectError, match="'OUR_BOT' holds no bot's token") as caught:
        collector(bot, client).collect(None)
    assert caught.value.permanent and value not in str(caught.value) and bot.asked == []


def test_a_bot_that_was_not_read_for_a_day_says_that_posts_are_lost(bot: Telegram, client: Client) -> None:
    _, cursor, _ = poll(collector(bot, client), None)
    _, cursor, batch = poll(collector(bot, client, now=NOW + timedelta(hours=25)), cursor)
    assert batch.overflow and batch.state is CoverageState.PARTIAL and "posts were lost" in (batch.reason or "")
    assert not poll(collector(bot, client, now=NOW + timedelta(hours=26)), cursor)[2].overflow


@pytest.mark.parametrize("data, own_id", [
    (post(5, "", caption="عکس"), "our_channel/5"), (post(5, "", photo=[{}]), "our_channel/5"), (post(5, ""), None),
    ({**post(5), "chat": {"id": -1001234, "title": "x"}}, "c/1234/5"), ({"chat": CHAT}, None), ({}, None),
    ({**post(5), "message_id": None}, None), ({**post(5), "date": "x", "chat": CHAT}, "our_channel/5")])
def test_a_post_with_holes_is_no_crash(data: dict[str, Any], own_id: str | None) -> None:
    mention = post_of(Update(1, "channel_post", data), NOW)
    assert (mention.id if mention else None) == own_id


@pytest.mark.parametrize("fields, origin", [
    ({"forward_origin": {"type": "channel", "chat": {"username": "other"}, "message_id": 9}}, "other/9"),
    ({"forward_from_chat": {"username": "other"}, "forward_from_message_id": 9}, "other/9"),
    ({"forward_origin": {"type": "hidden_user", "sender_user_name": "رضا"}}, "رضا"),
    ({"forward_origin": {"type": "user", "sender_user": {"first_name": "سارا"}}}, "سارا"), ({}, None)])
def test_a_forwarded_post_says_where_it_came_from(fields: dict[str, Any], origin: str | None) -> None:
    mention = post_of(Update(1, "channel_post", post(5, **fields)), NOW)
    assert mention and mention.reshare_of == origin
