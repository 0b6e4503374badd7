"""X (Twitter): posts of the last seven days, found by its recent search. Every post read costs money.

Endpoint: ``GET https://api.x.com/2/tweets/search/recent`` (10 to 100 a page), ``/2/tweets?ids=`` for single posts (100).
Docs: https://docs.x.com/x-api/posts/search-recent-posts    Auth: bearer token of an app (https://console.x.com).
Cost: about $0.005 a post read and $0.010 an author read (third parties, 2026; the console says what you pay), so 300 posts a
day with their authors are up to $4.50. ``daily_posts`` bounds it: a page's posts are booked before they are asked for and what
did not come is given back, across restarts and kills; an answer that was lost on the way stays booked, since X may have
counted it. The budget belongs to the token: sources that share one share it. A day is a day of UTC.
Limits: 450 requests in 15 minutes for an app, one a second; ``x-rate-limit-reset`` is an epoch. Queries of 512 characters.
Terms: https://docs.x.com/developer-terms/agreement: what is deleted there must be deleted here, content is not passed on.
Reach basis: followers of the author, and how often a post was shown (impressions).

Nothing is read twice: a poll asks for what is newer than the newest post it has (``since_id``). Posts can be found some
seconds late, so the last ``settle`` seconds are left to the next poll. What a poll did not get to, because of an error, the
budget or ``max_pages``, stays in the cursor as a gap and is read first thing after the newest, until it is seven days old.
Counts grow unseen unless ``refresh_counts`` is set, and deletions too: looking again costs what looking costs. An edited post
has a new id; here it keeps its first one.

Cursor: ``query``, ``newest`` (id), ``seen`` (when the newest were last read), ``gaps`` [{since, until, token, low,
pages, last}], and within a reading ``pages``.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from pydantic import BaseModel, Field, field_validator, model_validator

from listener.calendar import parse_time
from listener.client import Response, never_sent
from listener.collectors.network import NetworkCollector, json_object
from listener.collectors.payload import (
    clean,
    count,
    items,
    language_tag,
    mapping,
    native_id,
    placed,
    raw_of,
    short,
    short_hash,
    web_url,
)
from listener.collectors.walk import Page, doubted, has_words, readable
from listener.errors import CollectError
from listener.types import Author, Batch, CoverageState, Cursor, Engagement, Mention, MentionKey, Precision

KIND = "x"
SMALLEST = 10  # posts of a page, by X's rules
AT_ONCE = 100  # ids of one look-up
PAGES_A_CALL = 10
READINGS = 2  # times ``max_pages`` that one reading may take, every call of it: new posts, and what was left to be read
LONGEST_QUERY = 512
REACH = timedelta(days=7) - timedelta(minutes=5)  # an id that is older than seven days is refused
EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)  # ids count milliseconds since then, shifted by 22 bits
SITE = "https://x.com"
FIELDS = "created_at,lang,public_metrics,author_id,conversation_id,referenced_tweets,entities,possibly_sensitive,note_tweet"


class Options(BaseModel, frozen=True, extra="forbid"):
    queries: tuple[str, ...] = Field(
        min_length=1, description='what to search for, any of these; "quotes" keep words together; operators of X work'
    )
    daily_posts: int = Field(
        ge=SMALLEST, description="posts that may be read a day, by all sources of this token: each costs money"
    )
    bearer_env: str = Field(description="environment variable that holds the bearer token of your app")
    language: str | None = Field(default=None, description="only posts in this language: fa")
    reposts: bool = Field(default=False, description="also reposts without words of their own; each costs as much as a post")
    authors: bool = Field(default=True, description="names and followers of the authors; each author read costs, too")
    refresh_counts: bool = Field(
        default=False,
        description="look again at recent posts for their counts and deletions; this is paid, and counts against daily_posts",
    )
    page: int = Field(default=100, ge=SMALLEST, le=100, description="posts asked for at a time")
    settle: int = Field(default=30, ge=10, le=600, description="seconds after which a post can be found by the search")
    backfill: bool = Field(default=False, description="at the first poll, read older pages too, back to seven days")
    max_pages: int = Field(default=20, ge=1, le=1000, description="pages that are read of one stretch at most")
    base_url: str = Field(default="https://api.x.com", description="address of the API")

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _fits(self) -> Options:
        if not all(query.strip() for query in self.queries):
            raise ValueError("a query is empty; remove it")
        if len(self.whole_query) > LONGEST_QUERY:
            raise ValueError(
                f"the queries are {len(self.whole_query)} characters as X counts them, and it takes {LONGEST_QUERY}; "
                "divide them among several sources"
            )
        return self

    @property
    def whole_query(self) -> str:
        """The queries as one: what two of them find is paid for once."""
        either = (
            " OR ".join(f"({query.strip()})" for query in self.queries) if len(self.queries) > 1 else self.queries[0].strip()
        )
        grouped = f"({either})" if len(self.queries) > 1 or re.search(r"\bOR\b", either) else either
        return " ".join(
            filter(None, (grouped, "" if self.reposts else "-is:retweet", f"lang:{self.language}" if self.language else ""))
        )


# ---------------------------------------------------------------------------------------------- pure: payload to mentions


def parse(payload: bytes, *, now: datetime) -> list[Mention]:
    """Return the mentions of a search, a list of posts or one post. Raises: CollectError when the payload is none of these."""
    data = _answer(payload)
    posts = data.get("data")
    users = {
        native_id(one.get("id")): one for user in items(mapping(data.get("includes")).get("users")) if (one := mapping(user))
    }
    return [mention for post in (posts if isinstance(posts, list) else [posts])
            if (mention := _mention(mapping(post), users, now))]


def _answer(payload: bytes) -> dict[str, Any]:
    data = json_object(payload, "a list of X posts")
    # An empty search has no data but says so in meta; errors beside them are of single posts.
    if isinstance(data.get("data"), list | dict) or isinstance(data.get("meta"), dict) or _of_single_posts(data):
        return data
    first = mapping(next(iter(items(data.get("errors"))), None))
    said = short(data.get("detail") or data.get("title") or first.get("detail") or first.get("message"))
    raise CollectError(
        "", f"the answer is no list of X posts{f' (it says {said!r})' if said else ''}; check the options of this source"
    )


def _of_single_posts(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [mapping(error) for error in items(data.get("errors")) if mapping(error).get("resource_id")]


def _history(post: Mapping[str, Any]) -> list[str]:
    """Return the ids of a post, from its first wording to its last."""
    own_id = native_id(post.get("id"))
    versions = [version for one in items(post.get("edit_history_tweet_ids")) if (version := native_id(one)).isdecimal()]
    return sorted({*versions, own_id}, key=int) if own_id.isdecimal() else []


def _mention(post: dict[str, Any], users: Mapping[str, dict[str, Any]], now: datetime) -> Mention | None:
    history = _history(post)
    if not history:
        return None
    first = history[0]
    created = parse_time(clean(post.get("created_at")), UTC) if post.get("created_at") else None
    published, precision = placed(
        min(filter(None, (instant_of(first), created[0] if created else None))), Precision.SECOND, now
    )
    edited = max(instant_of(native_id(post.get("id"))), published) if native_id(post.get("id")) != first else None
    author_id = native_id(post.get("author_id"))
    user = users.get(author_id, {})
    name = short(user.get("username"))
    metrics = mapping(post.get("public_metrics"))
    shares = [number for field in ("retweet_count", "quote_count") if (number := count(metrics.get(field))) is not None]
    counts = [count(metrics.get(field)) for field in ("like_count", "reply_count", "impression_count")]
    others = {
        clean(mapping(one).get("type")): native_id(mapping(one).get("id")) for one in items(post.get("referenced_tweets"))
    }
    return Mention(
        kind=KIND,
        id=first,
        text=html.unescape(clean(mapping(post.get("note_tweet")).get("text") or post.get("text"))),
        url=web_url(f"{SITE}/{name or 'i'}/status/{native_id(post.get('id'))}"),
        published_at=published,
        precision=precision,
        edited_at=min(edited, now) if edited else None,
        author=Author(
            KIND,
            author_id,
            short(user.get("name")) or name,
            web_url(f"{SITE}/{name}") if name else None,
            count(mapping(user.get("public_metrics")).get("followers_count")),
        )
        if author_id
        else None,
        engagement=Engagement(now, counts[0], sum(shares) if shares else None, counts[1], counts[2])
        if shares or any(number is not None for number in counts)
        else None,
        language=None
        if post.get("lang") in ("und", "zxx", "qme", "qht", "qam", "qst", "qct")
        else language_tag(post.get("lang")),
        in_reply_to=others.get("replied_to") or None,
        reshare_of=others.get("retweeted") or None,
        raw=raw_of({**post, "user": user} if user else post),
    )


def instant_of(own_id: str) -> datetime:
    """Return when an id was given."""
    try:
        return EPOCH + timedelta(milliseconds=int(own_id) >> 22)
    except (ValueError, OverflowError):
        return datetime.max.replace(tzinfo=UTC)


def id_at(instant: datetime) -> int:
    """Return the smallest id that can be given at an instant."""
    return max(0, int((instant - EPOCH) / timedelta(milliseconds=1))) << 22


# ---------------------------------------------------------------------------------------------- the collector


@dataclass(frozen=True, slots=True)
class _Gap:
    """A stretch that was not read yet: ids above ``since`` and below ``until``; of its pages, ``token`` is the next."""

    since: int | None
    until: int
    token: str | None = None
    low: int | None = None  # the lowest id read of it
    pages: int = 0
    last: str | None = None  # the token of the page read last: one that leads to its own page leads nowhere

    @classmethod
    def of(cls, value: Any) -> _Gap | None:
        data = mapping(value)
        until = count(data.get("until"))
        token = data.get("token")
        return (
            None
            if until is None
            else cls(
                count(data.get("since")),
                until,
                token if isinstance(token, str) else None,
                count(data.get("low")),
                count(data.get("pages")) or 0,
                last if isinstance(last := data.get("last"), str) else None,
            )
        )

    def anew(self) -> _Gap:
        """Return what is left of it, asked for without the token."""
        return replace(self, until=self.low if self.low is not None else self.until, token=None, last=None)


@dataclass(frozen=True, slots=True)
class _Read:
    """One page: what it gave, and the highest and lowest id on it."""

    mentions: Sequence[Mention]
    number: int
    newest: int | None
    low: int | None
    token: str | None
    doubt: str | None = None


class XCollector(NetworkCollector[Options]):
    """Reads one search within a budget."""

    kind = KIND

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return posts that are new since ``cursor``. Raises: CollectError, also when today's budget is used up."""
        options, now = self._options, self._now()
        query = short_hash(options.base_url, options.whole_query)
        state = cursor if cursor and cursor.get("query") == query else {}
        floor, top = id_at(now - REACH), id_at(now - timedelta(seconds=options.settle))
        newest, seen = count(state.get("newest")), count(state.get("seen"))
        newest = min(seen if seen is not None else top, top) if newest is not None and newest > top else newest
        waiting, lost = _within([gap for value in items(state.get("gaps")) if (gap := _Gap.of(value))], floor)
        lost += [(seen, floor)] if seen is not None and seen < floor else []
        latest = _Gap(max(newest, floor) if newest is not None else None, top)
        waiting = [latest, *waiting] if latest.since is None or latest.since + 1 < top else waiting
        deep = options.backfill or seen is not None
        problems = [_lost_in_words(low, high) for low, high in lost]
        mentions: dict[MentionKey, Mention] = {}
        pages, shown, wait, broken = 0, 0, None, False
        before = count(state.get("pages")) or 0  # of this reading, by earlier calls
        while waiting and pages < PAGES_A_CALL:
            if before + pages >= READINGS * options.max_pages:
                problems.append(f"stopped after {before + pages} pages of one reading; the rest is read next time")
                broken = True
                break
            gap = waiting.pop(0)
            try:
                page = self._page(gap, now)
            except CollectError as error:
                if not pages:
                    raise
                problems.append(f"page {pages + 1}: {error.what}")
                waiting.insert(0, gap.anew() if error.permanent else gap)
                wait, broken = error.retry_after, True
                break
            pages, shown = pages + 1, shown + page.number
            mentions |= {mention.key: mention for mention in page.mentions}
            # An id from the future would ask for what is newer than it, and nothing is.
            newest = min(max(filter(None, (newest, page.newest)), default=0), top) or None
            if page.doubt and page.doubt not in problems:
                problems.append(page.doubt)
            low = min(filter(None, (gap.low, page.low)), default=None)
            again = page.low is not None and low == gap.low  # nothing older than the page before it
            stuck = page.token is not None and (again or page.token in (gap.token, gap.last))
            gap = replace(gap, token=page.token, low=low, pages=gap.pages + 1, last=gap.token)
            if page.token is None or not deep:
                continue
            if stuck:
                lost.append((gap.since or floor, gap.low or gap.until))
                problems.append(f"stopped after {gap.pages} pages: the next page is said to be one that was read already; "
                                "posts behind it were not read")
                continue
            if gap.pages < options.max_pages:
                waiting.insert(0, gap)
            elif seen is not None:
                lost.append((gap.since or floor, gap.low or gap.until))
                problems.append(f"stopped after {gap.pages} pages though there are more; narrow the query or raise max_pages")
        return Batch(
            tuple(mentions.values()),
            (),
            {"query": query, "newest": newest, "seen": top, "gaps": [asdict(gap) for gap in waiting],
             **({} if broken or not waiting else {"pages": before + pages})},
            CoverageState.PARTIAL if problems else CoverageState.OK,
            "; ".join(problems) or None,
            wait,
            complete=broken or not waiting,
            shown=shown,
            overflow=bool(lost),
        )

    def refresh(self, keys: Sequence[MentionKey]) -> Batch:
        """Return the posts as they are now, and the keys of those that are gone; nothing where ``refresh_counts`` is off.

        Raises: CollectError, also when today's budget is used up.
        """
        if not self._options.refresh_counts:
            return Batch(reason="counts of X are not refreshed, since every look is paid; set refresh_counts to change that")
        mentions: dict[MentionKey, Mention] = {}
        gone: list[MentionKey] = []
        now = self._now()
        asked = [key.id for key in keys if key.id.isdecimal()]
        known = set(asked)
        while asked:
            part, asked = asked[:AT_ONCE], asked[AT_ONCE:]
            answer, data = self._paid("/2/tweets", {"ids": ",".join(part)}, len(part))
            found = self._understood(answer, lambda payload: parse(payload, now=now))
            mentions |= {mention.key: mention for mention in found}
            gone += [MentionKey(KIND, own_id) for error in _of_single_posts(data)
                     if (own_id := native_id(error.get("resource_id"))) in part and _is_gone(error)]
            # Asked for by its first id, an edited post shows its first wording; its last is asked for as well.
            last = [history[-1] for post in items(data.get("data")) if (history := _history(mapping(post)))]
            asked += [own_id for own_id in last if own_id not in known]
            known.update(last)
        return Batch(tuple(mentions.values()), tuple(gone))

    def _page(self, gap: _Gap, now: datetime) -> _Read:
        bounds = {"since_id": gap.since, "until_id": gap.until, "next_token": gap.token}
        answer, data = self._paid("/2/tweets/search/recent", {
            "query": self._options.whole_query, "sort_order": "recency",
            **{name: str(value) for name, value in bounds.items() if value is not None}}, self._options.page, sized=True)
        mentions = self._understood(answer, lambda payload: parse(payload, now=now))
        posts = items(data.get("data"))
        ids = [int(own_id) for post in posts if (own_id := native_id(mapping(post).get("id"))).isdecimal()]
        token = mapping(data.get("meta")).get("next_token")
        told = count(mapping(data.get("meta")).get("result_count")) or 0
        mentions = [mention for mention in mentions if has_words(mention)]  # even a picture alone has its address as text
        page = Page(mentions, shown=max(len(posts), told))
        readable(page, self._label)
        return _Read(
            mentions, len(posts), max(ids, default=None), min(ids, default=None), token if isinstance(token, str) else None,
            doubted(page),
        )

    # ---- what is paid

    def _paid(self, path: str, query: Mapping[str, str], posts: int, *, sized: bool = False) -> tuple[Response, dict[str, Any]]:
        """Return an answer of up to ``posts`` posts, booked before it is asked for; of fewer, where so many are not left."""
        options, day = self._options, self._now()
        token = os.environ.get(options.bearer_env)
        if not token:
            raise self._failure(
                f"the environment variable {options.bearer_env!r} is not set; set it to the bearer token of your app "
                "(https://console.x.com)",
                permanent=True,
            )
        sizes = sorted({posts, *(size for size in (50, 20, SMALLEST) if size < posts)}, reverse=True) if sized else [posts]
        booked = self._book(sizes, day)
        wanted = {"tweet.fields": FIELDS}
        if options.authors:
            wanted |= {"expansions": "author_id", "user.fields": "username,name,public_metrics,verified"}
        try:
            answer = self._client.get(
                options.base_url + path, source=self._label, accept="application/json", readable=range(400, 500), once=True,
                headers={"authorization": f"Bearer {token}"},
                params={**query, **wanted, **({"max_results": str(booked)} if sized else {})})
        except CollectError as error:
            # An answer that was lost on the way may have been counted: it stays booked.
            if never_sent(error):
                self._give_back(booked, day)
            raise
        if answer.status >= 300:
            self._give_back(booked, day)
            if answer.status == 402:
                raise self._failure(
                    "HTTP 402: X has no credit left for this app; add some at https://console.x.com", permanent=True
                )
            raise self._client.failure(answer, self._label)
        if answer.truncated:
            self._understood(answer, _answer)  # says that it broke off; what came was counted
        try:
            data = self._understood(answer, _answer)
        except CollectError:
            self._give_back(booked, day)
            raise
        self._give_back(booked - len(items(data.get("data"))), day)
        return answer, data

    def _book(self, sizes: Sequence[int], day: datetime) -> int:
        midnight = datetime.combine(day.date() + timedelta(days=1), time(), UTC)
        for size in sizes:
            try:
                self._spend(size, day)
                return size
            except CollectError:
                continue
        raise self._failure(
            f"the budget of {self._options.daily_posts} posts for {day:%Y-%m-%d} is used up, and X is read again after "
            "midnight UTC; raise daily_posts (every post costs money) or wait",
            retry_after=midnight - day,
        )

    def _give_back(self, units: int, day: datetime) -> None:
        if units > 0:
            self._spend(-units, day)

    def _spend(self, units: int, day: datetime) -> None:
        self._client.spend(f"posts of X with {self._options.bearer_env}", units, limit=self._options.daily_posts,
                           period=day.date().isoformat(), source=self._label, until=timedelta(days=1))


def _within(gaps: Sequence[_Gap], floor: int) -> tuple[list[_Gap], list[tuple[int, int]]]:
    """Return what of the gaps can still be read, and what is older than the search reaches."""
    kept: list[_Gap] = []
    lost: list[tuple[int, int]] = []
    for gap in gaps:
        since, until = gap.since, gap.anew().until
        if since is not None and since < floor:
            lost.append((since, min(until, floor)))
            gap = replace(gap.anew(), since=floor)
        if until > floor + 1:
            kept.append(gap)
    return kept, lost


def _lost_in_words(low: int, high: int) -> str:
    return (
        f"posts from {instant_of(str(low)):%Y-%m-%d %H:%M} to {instant_of(str(high)):%Y-%m-%d %H:%M} UTC were not read within "
        "seven days and are lost"
    )


def _is_gone(error: Mapping[str, Any]) -> bool:
    return clean(error.get("type")).endswith(("resource-not-found", "not-authorized-for-resource"))
