"""What to do about a source's error: never other than what the error itself says, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from listener.client import Response
from listener.client.failures import failure
from listener.words import say
from listener.words.advice import mend, what_to_do

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PROXY = "the proxy socks5://127.0.0.1:9"


def http(status: int, proxy: str = "", **headers: str) -> str:
    answer: Any = Response(url="https://example.org/x", status=status, headers=headers, body=b"")
    return failure(answer, "s", now=NOW, name="goosh", proxy=proxy).what


@pytest.mark.parametrize(("kind", "error", "key"), [
    ("rss", f"{PROXY} does not answer (connection refused); start it, or correct the address of the proxy", "mend.proxy_dead"),
    ("rss", f"{PROXY} refuses its name or password; correct them in its address", "mend.proxy_login"),
    ("rss", f"no connection to https://example.org: {PROXY[:9]} does not reach it (host unreachable); retrying later", "mend.proxy_other"),
    ("rss", "https://example.org (through the proxy http://p:1) did not accept a connection within 5 s; retrying later", "mend.proxy_other"),
    ("rss", "no connection to https://example.org (connection refused); retrying later", "mend.reach"),
    ("telegram", "no connection to https://t.me/s/x (timed out); retrying later", "kind.telegram.mend"),
    ("rss", "http://10.0.0.1 leads to 10.0.0.1, which is not a public address; if it is yours, add its network to allow under [client]", "mend.allow"),
    ("rss", "https://example.org: the answer is an HTML page; open the address in a browser: it may have moved behind a login or a check", "mend.page"),
    ("mastodon", "https://example.org: the answer is an HTML page; check that this host is a Mastodon instance", "mend.page"),
    ("csv", "a.csv: no column named 'text'; the first row has 'a', 'b'; map one of them: --map text=NAME", "mend.column"),
    ("csv", "/data/a.csv: no such file; check the path", "mend.file"),
    ("csv", "/data/a.csv: no permission to read it; change its owner or mode", "mend.permission"),
    ("jsonl", "this is one JSON array; write one object a line, as 'jq -c .[]' does", "mend.lines"),
    ("inbox", "the token in 'T' has fewer than 16 characters; set it to a long random text", "mend.token_short"),
    ("x", "the environment variable 'X_BEARER' is not set; set it to the bearer token of your app", "mend.variable"),
    ("aparat", "the answer has another shape than this program knows (keys data); look for a newer version", "mend.shape"),
    ("rss", "something nobody foresaw", None), ("rss", None, None), ("rss", "", None),
])
def test_an_error_is_answered_by_its_class(kind: str, error: str | None, key: str | None) -> None:
    assert mend(kind, error) == key


@pytest.mark.parametrize(("kind", "status", "key"), [
    ("rss", 410, "mend.gone"), ("rss", 404, "mend.not_there"), ("rss", 401, "mend.feed_login"), ("bluesky", 401, "kind.bluesky.mend"),
    ("rss", 403, "mend.refused"), ("digikala", 403, "kind.digikala.mend"), ("rss", 407, "mend.proxy_login"), ("rss", 451, "mend.blocked"),
    ("rss", 429, "mend.wait"), ("rss", 503, "mend.trouble"), ("rss", 418, "mend.options")])
def test_a_status_is_answered_by_what_it_means(kind: str, status: int, key: str) -> None:
    assert mend(kind, http(status)) == key
    if status not in (407, 503):
        assert mend(kind, http(status, proxy="http://p:1")) == key, "asked through a proxy, which is not what failed"


@pytest.mark.parametrize("status", [404, 410])
def test_where_the_source_is_gone_no_proxy_is_advised(status: int) -> None:
    for language, word in (("fa", "پروکسی"), ("en", "proxy")):
        told = what_to_do("rss", "stopped", http(status), "fa" if language == "fa" else "en")
        assert told and word not in told


def test_what_the_error_says_by_itself_is_not_said_twice() -> None:
    said = "the moon is full; wait for the new one"
    assert what_to_do("rss", "failing", said, "en") is None
    assert what_to_do("rss", "failing", said, "fa") == say("mend.said", "fa")
    assert what_to_do("rss", "ok", None, "en") is None
    assert what_to_do("rss", "late", None, "en") == "see that “goosh run” is running; no error was recorded"
