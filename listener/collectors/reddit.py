"""Reddit: posts found by its search, new posts of subreddits, and all their comments.

Endpoint: ``GET https://oauth.reddit.com/search`` and ``/r/<subreddits>/{search,new,comments}``, ``/api/info?id=`` for single
ones (100 at once). Docs: https://www.reddit.com/dev/api    Cost: none below the limits; commercial use by contract.
Auth: id and secret of an app (https://www.reddit.com/prefs/apps, type "script"); the bearer they give lives an hour and is
kept in memory. Without one Reddit answers 403 since May 2026; feeds want the token of an account (preset of ``rss``).
Limits: 100 requests a minute for an app; the reset header counts seconds. About 1,000 items of a list can be paged to.
Terms: https://redditinc.com/policies/data-api-terms: commercial use needs a contract with Reddit, and what its authors delete
must be deleted here; so ``accept_terms`` is off until somebody has read them.
Reach basis: none (score and comments only; no followers, no views).

The search knows posts and not comments: to hear comments, name ``subreddits`` and set ``comments``. Reddit wants a User-Agent
``<platform>:<app id>:<version> (by /u/<name>)``; ours is that, with our name as the app.

Cursor: that of ``walk``, one a list; the token of a page is the name of the last item of the page before. ``before`` is not
used: where its item was deleted it shows nothing for ever.
"""

from __future__ import annotations

import os
import platform
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from listener.calendar import parse_time
from listener.client import Response
from listener.collectors.network import NetworkCollector, json_value
from listener.collectors.payload import clean, count, items, mapping, native_id, placed, raw_of, short, web_url
from listener.collectors.sessions import Sessions
from listener.collectors.walk import ADVICE, ANOTHER_SHAPE, Page, Walk, doubtful, in_turn, readable
from listener.errors import CollectError
from listener.types import Author, Batch, CoverageState, Cursor, Engagement, Mention, MentionKey, Precision

KIND = "reddit"
PAGE = 100
AT_ONCE = 100  # items of one /api/info
OVERLAP = timedelta(hours=1)  # how late the search may index a post
SITE = "https://www.reddit.com"
REMOVED = ("[deleted]", "[removed]", "[ Removed by Reddit ]", "[deleted by user]")


class Options(BaseModel, frozen=True, extra="forbid"):
    queries: tuple[str, ...] = Field(default=(), description='searches, one a spelling; "quotes" keep words together')
    subreddits: tuple[str, ...] = Field(default=(), description="subreddits to search; without queries, all their new posts")
    comments: bool = Field(default=False, description="also all new comments of the subreddits")
    period: Literal["day", "week", "month", "year", "all"] = Field(default="week", description="how far back a search looks")
    username: str = Field(description="your name on Reddit, which it wants in the User-Agent")
    client_id_env: str = Field(description="environment variable that holds the id of your app")
    client_secret_env: str = Field(description="environment variable that holds the secret of your app")
    accept_terms: bool = Field(
        default=False, description="you have read Reddit's Data API terms: commercial use needs a contract"
    )
    backfill: bool = Field(default=False, description="at the first poll, read older pages too")
    max_pages: int = Field(
        default=12, ge=1, le=1000, description="pages a poll reads at most, 100 items each; Reddit shows ten"
    )
    base_url: str = Field(default="https://oauth.reddit.com", description="address of the API")
    login_url: str = Field(default="https://www.reddit.com", description="where the app logs in")

    @field_validator("subreddits")
    @classmethod
    def _names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        bare = tuple(re.sub(r"^/?r/", "", name.strip()).rstrip("/") for name in value)
        for name in bare:
            if not re.fullmatch(r"\w{2,50}", name, re.ASCII):
                raise ValueError(f"{name!r} is no subreddit; write its name: 'iran'")
        return bare

    @field_validator("username")
    @classmethod
    def _person(cls, value: str) -> str:
        name = re.sub(r"^/?u/", "", value.strip())
        if not re.fullmatch(r"[\w-]{2,30}", name, re.ASCII):
            raise ValueError(f"{value!r} is no name on Reddit; write it without /u/")
        return name

    @field_validator("base_url", "login_url")
    @classmethod
    def _address(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _asks(self) -> Options:
        if not (self.queries or self.subreddits):
            raise ValueError("nothing is asked for; set queries or subreddits")
        if self.comments and not self.subreddits:
            raise ValueError("comments cannot be searched; name the subreddits whose comments are read")
        return self


# ---------------------------------------------------------------------------------------------- pure: payload to mentions


def parse(payload: bytes, *, now: datetime) -> list[Mention]:
    """Return the posts and comments of a listing, or of a page of comments (two listings). What was deleted or removed is left
    out. Raises: CollectError when the payload is none.
    """
    return [mention for child in _children(payload) if not _is_gone(child) and (mention := _mention(child, now))]


def _listings(payload: bytes) -> list[dict[str, Any]]:
    data = json_value(payload, "a Reddit listing")
    listings = [mapping(one) for one in (data if isinstance(data, list) else [data])]
    if not listings or any(one.get("kind") != "Listing" or not isinstance(mapping(one.get("data")).get("children"), list)
                           for one in listings):
        said = short(mapping(data).get("message") or mapping(data).get("error"))
        raise CollectError("", f"the answer is no Reddit listing{f' (it says {said!r})' if said else ''}; "
                               "check the options of this source")
    return [mapping(one["data"]) for one in listings]


def _children(payload: bytes) -> list[dict[str, Any]]:
    """Return posts and comments, answers to comments after them."""
    found, waiting = [], [child for listing in _listings(payload) for child in listing["children"]]
    if waiting and not any(isinstance(mapping(child).get("kind"), str) for child in waiting):
        raise CollectError("", f"{ANOTHER_SHAPE} (none of {len(waiting)} items says what it is); {ADVICE}")
    while waiting:
        child = mapping(waiting.pop(0))
        data = mapping(child.get("data"))
        if child.get("kind") in ("t1", "t3"):
            found.append(
                {**data, "name": native_id(data.get("name")) or f"{child['kind']}_{native_id(data.get('id'))}", "kind": child["kind"]}
            )
            waiting[:0] = items(mapping(mapping(data.get("replies")).get("data")).get("children"))
    return found


def _is_gone(data: Mapping[str, Any]) -> bool:
    body = clean(data.get("body") if data["kind"] == "t1" else data.get("selftext")).strip()
    return body in REMOVED or isinstance(data.get("removed_by_category"), str) or clean(data.get("title")).strip() in REMOVED


def _mention(data: dict[str, Any], now: datetime) -> Mention | None:
    own_id, comment = native_id(data.get("name")), data["kind"] == "t1"
    if not native_id(data.get("id")):
        return None
    created = parse_time(data["created_utc"], UTC) if isinstance(data.get("created_utc"), int | float) else None
    published, precision = placed(*created, now) if created else (now, Precision.ESTIMATED)
    edited = parse_time(data["edited"], UTC) if data.get("edited") and not isinstance(data["edited"], bool) else None
    name = short(data.get("author"))
    likes = None if data.get("score_hidden") else count(data.get("score", data.get("ups")))
    comments = count(data.get("num_comments"))
    return Mention(
        kind=KIND, id=own_id, text=clean(data.get("body") if comment else data.get("selftext")).strip(),
        title=None if comment else short(data.get("title"), 1000), url=_address(data, comment), published_at=published,
        precision=precision, edited_at=min(edited[0], now) if edited else None,
        author=Author(KIND, name, name, web_url(f"{SITE}/user/{name}")) if name and name not in REMOVED else None,
        engagement=None if likes is None and comments is None else Engagement(now, likes=likes, comments=comments),
        in_reply_to=native_id(data.get("parent_id")) or None if comment else None,
        raw=raw_of({field: value for field, value in data.items() if field != "replies"}))


def _address(data: Mapping[str, Any], comment: bool) -> str | None:
    path = clean(data.get("permalink"))
    if path.startswith("/"):
        return web_url(SITE + path)
    link = native_id(data.get("link_id")).removeprefix("t3_")
    if not comment or not link:
        return web_url(path) or web_url(data.get("url"))
    # Comments of old recordings have no permalink; the address without the words of the title leads there, too.
    return web_url(f"{SITE}/comments/{link}/_/{native_id(data.get('id'))}/")


# ---------------------------------------------------------------------------------------------- the collector


@dataclass(frozen=True, slots=True, repr=False)
class _Bearer:
    token: str
    until: datetime


_bearers: Sessions[_Bearer] = Sessions()


class RedditCollector(NetworkCollector[Options]):
    """Reads some listings with one app."""

    kind = KIND

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return posts and comments new or changed since ``cursor``, and the keys of those removed. Raises: CollectError."""
        self._check_terms()
        return in_turn({name: partial(self._list, path, asked) for name, (path, asked) in self._lists().items()}, cursor)

    def refresh(self, keys: Sequence[MentionKey]) -> Batch:
        """Return posts and comments as they are now, and the keys of those deleted or removed. Raises: CollectError."""
        self._check_terms()
        mentions: list[Mention] = []
        gone: list[MentionKey] = []
        for start in range(0, len(keys), AT_ONCE):
            asked = keys[start: start + AT_ONCE]
            answer = self._get("/api/info", {"id": ",".join(key.id for key in asked)})
            shown = self._understood(answer, lambda payload: parse(payload, now=self._now()))
            told = [MentionKey(KIND, native_id(child["name"])) for child in self._understood(answer, _children)
                    if _is_gone(child)]
            readable(Page(shown, None, len(shown) or len(self._understood(answer, _children)), told), self._label)
            missing = len(asked) - len(shown) - len(told)
            mentions += shown
            if doubtful(missing, len(asked)):
                return Batch(tuple(mentions), tuple([*gone, *told]), state=CoverageState.PARTIAL,
                             reason=f"{missing} of {len(asked)} items were not shown; they are asked for again")
            gone += [key for key in asked if key not in {mention.key for mention in shown}]
        return Batch(tuple(mentions), tuple(gone))

    def _lists(self) -> dict[str, tuple[str, dict[str, str]]]:
        options = self._options
        place = f"/r/{'+'.join(options.subreddits)}" if options.subreddits else ""
        here = {"restrict_sr": "1"} if place else {}
        lists = {query: (f"{place}/search", {"q": query, "sort": "new", "t": options.period, "type": "link", **here})
                 for query in options.queries}
        if place and not options.queries:
            lists["posts"] = f"{place}/new", {}
        if options.comments:
            lists["comments"] = f"{place}/comments", {}
        return lists

    def _list(self, path: str, asked: Mapping[str, str], cursor: Cursor | None) -> Batch:
        options, now = self._options, self._now()
        walk = Walk(f"{options.base_url} {path} {sorted(asked.items())}", OVERLAP, options.max_pages, options.backfill,
                    source=self._label)

        def read(token: str | None) -> Page:
            answer = self._get(path, {**asked, "limit": str(PAGE), **({"after": token} if token else {})})
            children = self._understood(answer, _children)
            after = short(self._understood(answer, _listings)[0].get("after"))
            return Page([mention for child in children if not _is_gone(child) and (mention := _mention(child, now))], after,
                        len(children), [MentionKey(KIND, native_id(child["name"])) for child in children if _is_gone(child)],
                        ended=token is None and not after and len(children) < PAGE)

        return walk.collect(read, cursor, now)

    def _check_terms(self) -> None:
        if not self._options.accept_terms:
            raise self._failure(
                "Reddit allows commercial use of its API by contract only, and wants what authors delete to be deleted "
                "here too; read https://redditinc.com/policies/data-api-terms and set accept_terms = true",
                permanent=True,
            )

    # ---- with an app

    def _get(self, path: str, query: Mapping[str, str]) -> Response:
        refused: _Bearer | None = None
        while True:
            bearer = _bearers.get(
                self._client, (self._options.login_url, self._options.client_id_env), self._log_in, refused=refused
            )
            if bearer.until <= self._now() and refused is None:
                refused = bearer
                continue
            answer = self._client.get(
                self._options.base_url + path, source=self._label, params={**query, "raw_json": "1"}, accept="application/json",
                headers={"authorization": f"Bearer {bearer.token}", "user-agent": self._agent()}, readable=(401,))
            if answer.status != 401:
                return answer
            if refused:
                raise self._client.failure(answer, self._label)
            refused = bearer

    def _agent(self) -> str:
        name, _, rest = self._client.user_agent.partition("/")
        return f"{platform.system().lower() or 'python'}:{name}:{rest.split(' ')[0] or '0'} (by /u/{self._options.username})"

    def _log_in(self, last: _Bearer | None) -> _Bearer:
        own_id, secret = self._secret(self._options.client_id_env), self._secret(self._options.client_secret_env)
        basic = b64encode(f"{own_id}:{secret}".encode()).decode("ascii")
        now = self._now()
        answer = self._client.post(
            f"{self._options.login_url}/api/v1/access_token",
            source=self._label,
            form={"grant_type": "client_credentials"},
            accept="application/json",
            headers={"authorization": f"Basic {basic}", "user-agent": self._agent()},
            readable=(401,),
        )
        if answer.status == 401:
            raise self._failure(
                f"HTTP 401: Reddit does not know this app; check {self._options.client_id_env!r} and "
                f"{self._options.client_secret_env!r} against https://www.reddit.com/prefs/apps",
                permanent=True,
            )
        data = self._understood(answer, lambda payload: mapping(json_value(payload, "a Reddit log-in")))
        token = clean(data.get("access_token"))
        if not token:
            raise self._failure(f"the log-in gave no token (it says {short(data.get('error'))!r}); check the app at "
                                "https://www.reddit.com/prefs/apps", permanent=True)
        return _Bearer(token, now + timedelta(seconds=min(max(60, (count(data.get("expires_in")) or 3600) - 60), 86_400)))

    def _secret(self, variable: str) -> str:
        value = os.environ.get(variable)
        if not value:
            raise self._failure(f"the environment variable {variable!r} is not set; create an app at "
                                "https://www.reddit.com/prefs/apps and put its id and secret there", permanent=True)
        return value
