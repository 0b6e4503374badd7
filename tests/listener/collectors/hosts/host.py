"""What the small servers of this package share: posts behind a socket, and a poll as the pipeline makes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from listener.client import Client
from listener.collectors import COLLECTORS
from listener.types import Batch, Collector, Cursor, Mention

START = datetime(2026, 11, 22, 6, tzinfo=UTC)


@dataclass
class Post:
    number: int
    text: str
    published_at: datetime
    likes: int = 0


@dataclass
class Host:
    """Posts behind a socket. ``instead`` may answer a request in place of the host; ``asked`` is what came."""

    server: HTTPServer
    client: Client
    posts: list[Post] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    instead: Callable[[Request], Response | None] = lambda request: None
    clock: datetime = START + timedelta(hours=2)
    kind: ClassVar[str] = ""
    page: ClassVar[int] = 10  # posts on a page
    holds: ClassVar[int | None] = None  # posts that can be read at all, over every page; None: all there are
    edits: ClassVar[bool] = True  # a changed text comes again under its id
    tells_deletions: ClassVar[bool] = False  # a list shows that a post is gone
    remembers_moves: ClassVar[bool] = False  # the address of a permanent redirect is used from then on
    statuses: ClassVar[Mapping[int, bool]] = {}  # where a status is permanent here, other than for most
    control_characters: ClassVar[bool] = True  # the format can carry them
    paged: ClassVar[bool] = True  # older pages can be read
    day_only: ClassVar[bool] = False  # times are local days
    reads_all: ClassVar[bool] = False  # it shows no order, so that the first poll too reads every page
    agent: ClassVar[str] = "gooshbezang/"  # how our name stands in the User-Agent it wants
    times_claimed: ClassVar[bool] = True  # the time of a post is what its author's program says
    fields: ClassVar[tuple[str, ...]] = ()  # names of what an item stands in: its id, its words, the lists around it
    markup: ClassVar[bool] = False  # these are classes and elements of a page
    posted: ClassVar[bool] = False  # it is asked by POST: a redirect that does not repeat the request is not followed

    def __post_init__(self) -> None:
        self.server.clear()
        self.server.expect_request("").respond_with_data("")
        self.server.clear()
        self.server.expect_request(_Anything()).respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        if request.path == "/robots.txt":  # asked for before pages, and not what these tests count
            return Response(status=404)
        self.asked.append(request)
        return self.instead(request) or self.show(request)

    def show(self, request: Request) -> Response:
        raise NotImplementedError

    def options(self) -> dict[str, Any]:
        raise NotImplementedError

    def collector(self, **options: Any) -> Collector:
        made: Collector = COLLECTORS.load(self.kind)(
            "ours", COLLECTORS.options(self.kind)(**{**self.options(), **options}), self.client, now=lambda: self.clock
        )
        return made

    def post(self, text: str, **fields: Any) -> Post:
        number = (self.posts[-1].number if self.posts else 100) + 3  # ids have gaps
        made = Post(number, text, START + timedelta(hours=1, minutes=50, seconds=len(self.posts)), **fields)
        self.posts.append(made)
        return made

    def newest_first(self) -> list[Post]:
        return self.posts[::-1]


class _Anything(str):
    """A path that is equal to every other, as pytest-httpserver compares them."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


def poll(collector: Collector, cursor: Cursor | None) -> tuple[list[Mention], Cursor | None, Batch]:
    """Return what one poll gives, called again while more waits, its cursor written and read as the database does."""
    mentions: list[Mention] = []
    for _ in range(50):
        batch = collector.collect(cursor)
        mentions += batch.mentions
        cursor = json.loads(json.dumps(batch.cursor)) if batch.cursor is not None else None
        if batch.complete:
            return mentions, cursor, batch
    raise AssertionError("the collector never says that it is complete")


def conditional(request: Request, body: bytes, content_type: str, headers: dict[str, str] | None = None) -> Response:
    etag = f'"{hashlib.md5(body).hexdigest()}"'
    if request.headers.get("If-None-Match") == etag:
        return Response(status=304, headers={"ETag": etag})
    return Response(body, headers={"ETag": etag, **(headers or {})}, content_type=content_type)
