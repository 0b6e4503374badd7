"""Bluesky: what its search finds for words, hashtags, links to a domain and mentions of an account.

Endpoint: ``GET <server of the account>/xrpc/app.bsky.feed.searchPosts`` (100 a page), ``app.bsky.actor.getProfiles`` for the
followers of authors (25 at once), ``app.bsky.feed.getPosts`` for single posts (25 at once).
Docs: https://docs.bsky.app/docs/api/app-bsky-feed-search-posts    Cost: none.
Auth: an app password of any account (Settings, Privacy and security, App passwords): the search without one has been switched
off since January 2025 (bluesky-social/atproto#3583). Without an account only followers and single posts can be read.
Limits: 3,000 requests in 5 minutes for an address; 30 log-ins in 5 minutes and 300 a day for an account, so one log-in serves
every source of an account for as long as the process runs, and is renewed by ``refreshSession``.
Terms: https://bsky.social/about/support/tos; authors who ask that only members see them (``!no-unauthenticated``) are left out.
Reach basis: followers of the author. There are no views.

The search may not reach everything; what it cannot page to is said to be lost. A post stands at the earlier of the time its
author's program claims and the time it was indexed, since claims can lie; one that is claimed to be days old is sorted there
and is not seen. The stream of all posts (Jetstream) would show those too and is not read here. Deleted posts are found by
``refresh``.

Cursor: that of ``walk``, one a search; the token of a page is the search's own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator, model_validator

from listener.calendar import parse_time
from listener.client import Response
from listener.collectors.network import NetworkCollector, json_object
from listener.collectors.payload import clean, count, items, language_tag, mapping, native_id, placed, raw_of, short, web_url
from listener.collectors.sessions import Sessions
from listener.collectors.walk import Page, Walk, doubtful, in_turn, readable
from listener.errors import CollectError
from listener.types import Author, Batch, CoverageState, Cursor, Engagement, Mention, MentionKey, Precision

KIND = "bluesky"
PAGE = 100
AT_ONCE = 25  # profiles or posts of one request
OVERLAP = timedelta(hours=1)
SITE = "https://bsky.app"
LOGINS = ((timedelta(minutes=5), 20), (timedelta(days=1), 200))  # two thirds of what an account has: people log in, too
MEMBERS_ONLY = "!no-unauthenticated"
NO_SESSION = ("ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired")
ADVICE = "create an app password at https://bsky.app/settings/app-passwords"


class Options(BaseModel, frozen=True, extra="forbid"):
    queries: tuple[str, ...] = Field(default=(), description='searches, one a spelling; "quotes" keep words together')
    tags: tuple[str, ...] = Field(default=(), description="hashtags, without #, one search each")
    domains: tuple[str, ...] = Field(default=(), description="posts that link to these domains: example.com")
    mentions: tuple[str, ...] = Field(default=(), description="posts that mention these accounts: name.bsky.social")
    language: str | None = Field(default=None, description="only posts in this language: fa")
    identifier: str | None = Field(default=None, description="handle or mail of the account that searches")
    password_env: str | None = Field(default=None, description="environment variable that holds an app password of the account")
    backfill: bool = Field(default=False, description="at the first poll, read older pages too")
    max_pages: int = Field(default=20, ge=1, le=1000, description="pages a poll reads at most, 100 posts each")
    anything: str = Field(
        default="*",
        min_length=1,
        description="the words of a search that asks for a hashtag, a domain or an account alone; not confirmed",
    )
    base_url: str = Field(default="https://bsky.social", description="server of the account")
    public_url: str = Field(
        default="https://public.api.bsky.app", description="where posts and profiles are read without an account"
    )

    @field_validator("tags")
    @classmethod
    def _bare(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(tag.strip().lstrip("#") for tag in value)

    @field_validator("base_url", "public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _asks(self) -> Options:
        if not (self.queries or self.tags or self.domains or self.mentions):
            raise ValueError("nothing is asked for; set queries, tags, domains or mentions")
        return self


# ---------------------------------------------------------------------------------------------- pure: payload to mentions


def parse(payload: bytes, *, now: datetime) -> list[Mention]:
    """Return the mentions of a search, a list of posts, a feed or a thread. Authors who ask that only members see them are left
    out. Raises: CollectError when the payload is none of these.
    """
    return [mention for view in _views(payload) if (mention := _mention(view, now))]


def _views(payload: bytes) -> list[dict[str, Any]]:
    data = json_object(payload, "a list of Bluesky posts")
    if isinstance(data.get("posts"), list):
        return [mapping(view) for view in data["posts"]]
    if isinstance(data.get("feed"), list):
        return [mapping(mapping(item).get("post")) for item in data["feed"]]
    if isinstance(data.get("thread"), dict):
        return list(_thread(data["thread"]))
    raise CollectError(
        "", f"the answer is no list of Bluesky posts (it says {_said(data)!r}); check the options of this source"
    )


def _thread(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    waiting = [node]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one.get("post"), dict):
            yield one["post"]
        waiting += [mapping(reply) for reply in items(one.get("replies"))]


def _said(data: Mapping[str, Any]) -> str | None:
    return short(": ".join(clean(data[name]) for name in ("error", "message") if data.get(name)))


def _is_for_members(view: Mapping[str, Any]) -> bool:
    labels = [*items(mapping(view.get("author")).get("labels")), *items(view.get("labels"))]
    return any(mapping(label).get("val") == MEMBERS_ONLY and not mapping(label).get("neg") for label in labels)


def _mention(view: dict[str, Any], now: datetime) -> Mention | None:
    own_id, record, author = native_id(view.get("uri")), mapping(view.get("record")), mapping(view.get("author"))
    if not own_id or not record or _is_for_members(view):
        return None
    published, precision = _placed(view, record, now)
    did, handle = native_id(author.get("did")), short(author.get("handle"))
    name = handle if handle and handle != "handle.invalid" else did
    numbers = {field: count(view.get(field)) for field in ("likeCount", "repostCount", "quoteCount", "replyCount")}
    shares = [number for field in ("repostCount", "quoteCount") if (number := numbers[field]) is not None]
    profile = f"{SITE}/profile/{name}"
    languages = items(record.get("langs"))
    return Mention(
        kind=KIND,
        id=own_id,
        text=_text(record),
        url=web_url(f"{profile}/post/{own_id.rpartition('/')[2]}"),
        published_at=published,
        precision=precision,
        author=Author(
            KIND, did, short(author.get("displayName")) or name, web_url(profile), count(author.get("followersCount"))
        )
        if did
        else None,
        engagement=Engagement(now, numbers["likeCount"], sum(shares) if shares else None, numbers["replyCount"])
        if any(number is not None for number in numbers.values())
        else None,
        language=language_tag(languages[0]) if languages else None,
        in_reply_to=native_id(mapping(mapping(record.get("reply")).get("parent")).get("uri")) or None,
        raw=raw_of(view),
    )


def _placed(view: Mapping[str, Any], record: Mapping[str, Any], now: datetime) -> tuple[datetime, Precision]:
    stated = [
        found
        for value in (record.get("createdAt"), view.get("indexedAt"))
        if value and (found := parse_time(clean(value), UTC))
    ]
    return placed(*min(stated), now) if stated else (now, Precision.ESTIMATED)


def _text(record: Mapping[str, Any]) -> str:
    """Return the text of a post; where there is none, what its pictures are described as."""
    if text := clean(record.get("text")).strip():
        return text
    embed = mapping(record.get("embed"))
    media = mapping(embed.get("media")) or embed
    pictures = [mapping(picture) for name in ("images", "items") for picture in items(media.get(name))]
    return "\n".join(words for picture in pictures if (words := clean(picture.get("alt")).strip()))


# ---------------------------------------------------------------------------------------------- the collector


@dataclass(frozen=True, slots=True, repr=False)
class _Session:
    access: str
    refresh: str
    server: str


_sessions: Sessions[_Session] = Sessions()


class BlueskyCollector(NetworkCollector[Options]):
    """Reads some searches with one account."""

    kind = KIND

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return posts that are new or changed since ``cursor``. Raises: CollectError."""
        self._password()
        batch = in_turn({name: partial(self._search, asked) for name, asked in self._asked().items()}, cursor)
        mentions, trouble = self._with_followers(batch.mentions)
        return replace(batch, mentions=mentions, reason="; ".join(filter(None, (batch.reason, trouble))) or None)

    def refresh(self, keys: Sequence[MentionKey]) -> Batch:
        """Return the posts as they are now, and the keys of those that are gone. Raises: CollectError."""
        found: dict[MentionKey, Mention] = {}
        gone: list[MentionKey] = []
        doubts: list[str] = []
        for asked in _in_parts(keys):
            answer = self._get("app.bsky.feed.getPosts", {"uris": [key.id for key in asked]})
            shown = {
                mention.key: mention for mention in self._understood(answer, lambda payload: parse(payload, now=self._now()))
            }
            views = self._understood(answer, _views)
            readable(Page(tuple(shown.values()), None, len(views), aside=sum(map(_is_for_members, views))), self._label)
            found |= shown
            if doubtful(len(asked) - len(shown), len(asked)):
                doubts.append(f"{len(asked) - len(shown)} of {len(asked)} posts were not shown; they are asked for again")
                continue
            gone += [key for key in asked if key not in shown]
        mentions, trouble = self._with_followers(list(found.values()))
        return Batch(mentions, tuple(gone), state=CoverageState.PARTIAL if doubts else CoverageState.OK,
                     reason="; ".join(filter(None, (*doubts, trouble))) or None)

    def _asked(self) -> dict[str, dict[str, str]]:
        options = self._options
        alone = {"q": options.anything}
        searches = {query: {"q": query} for query in options.queries}
        searches |= {f"#{tag}": {**alone, "tag": tag} for tag in options.tags}
        searches |= {f"links to {domain}": {**alone, "domain": domain} for domain in options.domains}
        searches |= {f"mentions of {account}": {**alone, "mentions": account.lstrip("@")} for account in options.mentions}
        return searches

    def _search(self, asked: dict[str, str], cursor: Cursor | None) -> Batch:
        options, now = self._options, self._now()
        asked = {**asked, **({"lang": options.language} if options.language else {})}
        walk = Walk(f"{options.base_url} {sorted(asked.items())}", OVERLAP, options.max_pages, options.backfill,
                    source=self._label)
        horizon = walk.horizon(cursor)
        since = {"since": horizon.strftime("%Y-%m-%dT%H:%M:%SZ")} if horizon else {}

        def read(token: str | None) -> Page:
            answer = self._get("app.bsky.feed.searchPosts", {
                **asked, **since, "sort": "latest", "limit": str(PAGE), **({"cursor": token} if token else {})})
            views = self._understood(answer, _views)
            hidden = [
                MentionKey(KIND, own_id) for view in views if _is_for_members(view) and (own_id := native_id(view.get("uri")))
            ]
            following = short(self._understood(answer, lambda payload: json_object(payload, "")).get("cursor"), 2000)
            # A first page that is not full is all there is since the horizon; a later one may be as far as the search pages.
            return Page(
                [mention for view in views if (mention := _mention(view, now))],
                following if views else None,
                len(views),
                hidden,
                ended=token is None and len(views) < PAGE and not following,
            )

        return walk.collect(read, cursor, now)

    def _with_followers(self, mentions: Sequence[Mention]) -> tuple[tuple[Mention, ...], str | None]:
        """Return the mentions with how many follow their authors, and what went wrong: a mention is not held back for that."""
        dids = list(dict.fromkeys(mention.author.id for mention in mentions if mention.author))
        followers: dict[str, int | None] = {}
        trouble = None
        try:
            for asked in _in_parts(dids):
                answer = self._get("app.bsky.actor.getProfiles", {"actors": list(asked)})
                profiles = self._understood(answer, lambda payload: json_object(payload, "a list of Bluesky profiles"))
                followers |= {native_id(mapping(one).get("did")): count(mapping(one).get("followersCount"))
                              for one in items(profiles.get("profiles"))}
        except CollectError as error:
            trouble = f"followers: {error.what}"
        return tuple(
            replace(mention, author=replace(mention.author, followers=followers[mention.author.id]))
            if mention.author and followers.get(mention.author.id) is not None
            else mention
            for mention in mentions
        ), trouble

    # ---- with an account

    def _get(self, method: str, query: Mapping[str, Any]) -> Response:
        if not self._options.identifier:
            return self._client.get(f"{self._options.public_url}/xrpc/{method}", source=self._label, params=query,
                                    accept="application/json")
        refused: _Session | None = None
        while True:
            session = _sessions.get(
                self._client, (self._options.base_url, self._options.identifier), self._log_in, refused=refused
            )
            answer = self._client.get(
                f"{session.server}/xrpc/{method}",
                source=self._label,
                params=query,
                accept="application/json",
                headers={"authorization": f"Bearer {session.access}"},
                readable=(400, 401),
            )
            if answer.status < 300:
                return answer
            if refused or not (answer.status == 401 or _error(answer) in NO_SESSION):
                raise self._client.failure(answer, self._label)
            refused = session

    def _password(self) -> str:
        options = self._options
        if not options.identifier or not options.password_env:
            raise self._failure(
                "the search of Bluesky wants an account (followers and single posts can be read without one); "
                f"{ADVICE}, set identifier to the account's handle and password_env to the environment variable "
                "that holds the password",
                permanent=True,
            )
        password = os.environ.get(options.password_env)
        if not password:
            raise self._failure(f"the environment variable {options.password_env!r} is not set; {ADVICE} and put it there",
                                permanent=True)
        return password

    def _log_in(self, last: _Session | None) -> _Session:
        if last:  # renewed without the password, of which an account has 300 uses a day
            answer = self._client.post(
                f"{last.server}/xrpc/com.atproto.server.refreshSession", source=self._label, form={}, accept="application/json",
                headers={"authorization": f"Bearer {last.refresh}"}, readable=(400, 401))
            if answer.status < 300:
                return self._session(answer)
        password, now = self._password(), self._now()
        for window, limit in LOGINS:
            number, past = divmod(now.timestamp(), window.total_seconds())
            self._client.spend(f"log-ins of {self._options.identifier} at {self._options.base_url} in {window}", 1, limit=limit,
                               period=str(int(number)), source=self._label, until=window - timedelta(seconds=past))
        answer = self._client.post(
            f"{self._options.base_url}/xrpc/com.atproto.server.createSession", source=self._label, accept="application/json",
            json={"identifier": self._options.identifier, "password": password}, readable=(400, 401))
        if answer.status >= 300:
            raise self._failure(f"HTTP {answer.status}: {urlsplit(self._options.base_url).netloc} does not accept the account "
                                f"{self._options.identifier!r} with this password ({_error(answer) or 'it gives no reason'}); "
                                f"{ADVICE} and put it into {self._options.password_env!r}", permanent=True)
        return self._session(answer)

    def _session(self, answer: Response) -> _Session:
        data = self._understood(answer, lambda payload: json_object(payload, "a Bluesky session"))
        access, refresh = clean(data.get("accessJwt")), clean(data.get("refreshJwt"))
        if not access:
            raise self._failure("the answer to the log-in holds no session; check base_url", permanent=True)
        services = map(mapping, items(mapping(data.get("didDoc")).get("service")))
        homes = [web_url(one.get("serviceEndpoint")) for one in services if clean(one.get("id")).endswith("#atproto_pds")]
        home = homes[0].rstrip("/") if homes and homes[0] else self._options.base_url
        safe = urlsplit(home).scheme == "https" or urlsplit(self._options.base_url).scheme == "http"
        return _Session(access, refresh, home if safe else self._options.base_url)


def _error(answer: Response) -> str | None:
    try:
        return short(json_object(answer.body, "").get("error"), 80)
    except CollectError:
        return None


def _in_parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    whole = list(values)
    for start in range(0, len(whole), AT_ONCE):
        yield whole[start: start + AT_ONCE]
