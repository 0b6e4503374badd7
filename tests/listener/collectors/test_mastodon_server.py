"""The mastodon collector against a Mastodon-shaped server, which nobody of us wrote (mastodon_mock of PyPI). Off unless it is set up:

    mastodon_mock serve --config mock.toml --in-memory --host 127.0.0.1 --port 3000    # accounts sara and reza, tokens NAME_token, faults on
    GOOSH_MASTODON=http://127.0.0.1:3000 pytest -m servers tests/listener/collectors/test_mastodon_server.py
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from listener.client import Client
from listener.collectors.mastodon import MastodonCollector, Options
from listener.errors import CollectError
from tests.listener.collectors.hosts import poll

pytestmark = pytest.mark.servers


@pytest.fixture
def instance() -> Iterator[httpx.Client]:
    if "GOOSH_MASTODON" not in os.environ:
        pytest.skip("set GOOSH_MASTODON to the address of a mastodon_mock that may be written to")
    with httpx.Client(base_url=os.environ["GOOSH_MASTODON"], timeout=30) as client:
        yield client


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(allow_networks=["127.0.0.0/8", "::1/128"]) as client:
        yield client


def collector(client: Client, instance: httpx.Client, *tags: str) -> MastodonCollector:
    return MastodonCollector("ours", Options(instance=str(instance.base_url).rstrip("/"), tags=tags), client, now=lambda: datetime.now(UTC))


def publish(instance: httpx.Client, text: str) -> str:
    answer = instance.post("/api/v1/statuses", headers={"Authorization": "Bearer sara_token"}, data={"status": text, "visibility": "public"})
    answer.raise_for_status()
    return str(answer.json()["id"])


def test_posts_growth_and_deletions_of_a_tag(instance: httpx.Client, client: Client) -> None:
    tag = f"t{uuid4().hex[:10]}"
    first = publish(instance, f"پیک دیر رسید #{tag}")
    ours = collector(client, instance, tag)
    mentions, cursor, _ = poll(ours, None)
    assert [mention.text for mention in mentions] == [f"پیک دیر رسید #{tag}"] and mentions[0].author
    assert poll(ours, cursor)[0] == []
    instance.post(f"/api/v1/statuses/{first}/favourite", headers={"Authorization": "Bearer reza_token"}).raise_for_status()
    publish(instance, f"second #{tag}")
    found, cursor, _ = poll(ours, cursor)
    likes: dict[str, Any] = {mention.text: mention.engagement and mention.engagement.likes for mention in found}
    assert likes == {f"پیک دیر رسید #{tag}": 1, f"second #{tag}": 0}
    again = ours.refresh([mentions[0].key])
    assert [mention.engagement and mention.engagement.likes for mention in again.mentions] in ([1], [])  # where its uri is of this instance
    instance.delete(f"/api/v1/statuses/{first}", headers={"Authorization": "Bearer sara_token"}).raise_for_status()
    _, _, batch = poll(ours, cursor)
    assert list(batch.deleted) == [mentions[0].key]


def test_a_fault_of_the_server_is_said_and_waited_for(instance: httpx.Client, client: Client) -> None:
    instance.post("/api/v1/_mock/faults", json={"match": {"path": "/api/v1/timelines/*"}, "count": 1, "effect": {
        "type": "status", "status": 503, "headers": {"Retry-After": "2"}}}).raise_for_status()
    with pytest.raises(CollectError, match="HTTP 503") as caught:
        poll(collector(client, instance, "snapp"), None)
    assert caught.value.retry_after == timedelta(seconds=2) and not caught.value.permanent


def test_a_persian_tag_that_the_server_cannot_take_is_an_error_and_no_silence(instance: httpx.Client, client: Client) -> None:
    publish(instance, "قطع است #اسنپ")
    with pytest.raises(CollectError, match="HTTP 500"):
        poll(collector(client, instance, "اسنپ"), None)
