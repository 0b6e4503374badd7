"""The link that ends a subscription, over the wire: shown by GET, done by POST, by nobody without the token."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from listener.health import Health
from listener.service.farewell import farewell
from listener.web import serve
from tests.listener.digest_weeks import BRAND, House

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "goosh.sqlite")
    yield made
    made.close()


def asked(port: int, token: str, *, post: bool = False, host: str = "hooks.example.ir") -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/unsubscribe?token={token}", headers={"Host": host},
                                     data=b"List-Unsubscribe=One-Click" if post else None, method="POST" if post else "GET")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_link_asks_first_and_a_post_ends_it(house: House) -> None:
    one, other = house.service.subscriptions()
    token = house.service.unsubscribe_token(one)
    with serve(lambda: Health(NOW, None, NOW), port=0, farewell=partial(farewell, house.service)) as web:
        status, shown = asked(web.port, token)
        assert status == 200 and BRAND in shown and '<form method="post">' in shown and house.store.digest_refusals() == {}
        status, shown = asked(web.port, token, post=True)
        assert status == 200 and "انجام شد" in shown
        assert asked(web.port, token, post=True)[0] == 200
    assert list(house.store.digest_refusals()) == [one.key] and one.key != other.key


@pytest.mark.parametrize("token", ["", "x", "x.y", "%00", "a" * 3_000, "MDAwMA.00000000000000000000000000000000"])
def test_nobody_ends_it_without_the_token(house: House, token: str) -> None:
    with serve(lambda: Health(NOW, None, NOW), port=0, farewell=partial(farewell, house.service)) as web:
        assert asked(web.port, token)[0] == asked(web.port, token, post=True)[0] == 404
    assert house.store.digest_refusals() == {}


def test_a_token_names_nobody(house: House) -> None:
    token = house.service.unsubscribe_token(house.service.subscriptions()[0])
    assert "example" not in token and len(token) < 100


def test_where_nobody_says_farewell_there_is_no_such_page() -> None:
    with serve(lambda: Health(NOW, None, NOW), port=0) as web:
        assert asked(web.port, "x", host="localhost")[0] == 404
