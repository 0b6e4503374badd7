"""Two programs on one machine are two hosts; one of them that asks us to wait does not silence the other."""

from __future__ import annotations

import httpx
import pytest

from listener.client import Client
from listener.errors import CollectError


def answer(request: httpx.Request) -> httpx.Response:
    return httpx.Response(429, headers={"Retry-After": "60"}) if request.url.path == "/busy" else httpx.Response(200)


def refusal(client: Client, url: str, source: str) -> str:
    with pytest.raises(CollectError) as caught:
        client.get(url, source=source)
    return caught.value.what


@pytest.fixture
def client() -> Client:
    return Client(transport=httpx.MockTransport(answer), sleep=lambda seconds: None)


def test_another_port_of_the_same_machine_is_another_host(client: Client) -> None:
    refusal(client, "http://127.0.0.1:8931/busy", "feed-a")
    assert client.get("http://127.0.0.1:8932/", source="feed-b").status == 200


def test_who_has_to_wait_for_another_source_is_told_which_one_met_the_limit(client: Client) -> None:
    refusal(client, "http://127.0.0.1:8931/busy", "feed-a")
    assert refusal(client, "http://127.0.0.1:8931/", "feed-b") == (
        "127.0.0.1:8931 asked us to wait (met by 'feed-a'); retrying in 60 s")
    assert refusal(client, "http://127.0.0.1:8931/", "feed-a") == "127.0.0.1:8931 asked us to wait; retrying in 60 s"


def test_a_default_port_is_not_spelled_out(client: Client) -> None:
    refusal(client, "https://api.example:443/busy", "a")
    assert refusal(client, "https://api.example/", "b").startswith("api.example asked us to wait (met by 'a')")
