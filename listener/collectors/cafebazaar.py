"""Reviews of apps in Cafe Bazaar, the Iranian Android store.

Endpoint: ``POST https://api.cafebazaar.ir/rest-v1/process/ReviewRequest`` with a package name and a window of reviews.
Docs: none published; the form is that of the store's own web page and of public clients.    Auth: none.    Cost: none.
Limits: none published; two seconds between requests and ten minutes between polls are kept.
Terms: the store's own; the reviews are public. Account ids and pictures of people are not kept.
Reach basis: none (likes of a review only).

An error comes inside HTTP 200, in ``properties``. Dates are Jalali days of Tehran without an hour. Chosen reviews, which may
be old, stand before the newest. An edited review keeps its id. A review has no address of its own; it links to its app.

Cursor: that of ``walk`` for each app; the token of a page is where its window begins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import BaseModel, Field, field_validator

from listener.calendar import parse_time
from listener.collectors.answers import rating_share
from listener.collectors.network import NetworkCollector, json_object
from listener.collectors.payload import clean, content_id, count, mapping, native_id, placed, raw_of, short
from listener.collectors.walk import Page, Walk, in_turn
from listener.errors import CollectError
from listener.types import Author, Batch, CoverageState, Cursor, Engagement, Mention, Precision

KIND = "cafebazaar"
PAGE = 24  # reviews, as the store's own page asks for them
STARS = 5
OVERLAP = timedelta(days=3)  # a date is a day, and a review may wait for its approval
POLLS = 300  # pauses between two polls: ten minutes
TEHRAN = "Asia/Tehran"
_PERSONAL = frozenset({"accountID", "avatarURL", "badgeIconURL", "userRepliesAvatarUrls"})


class Options(BaseModel, frozen=True, extra="forbid"):
    apps: tuple[str, ...] = Field(min_length=1, max_length=50, description="package names: ir.divar, cab.snapp.passenger")
    store_language: int = Field(default=2, ge=1, le=2, description="language of the store: 2 Persian, 1 English")
    client_id: str = Field(
        default=content_id("gooshbezang")[7:], pattern=r"^\w{32}$", description="the id that the store is told")
    backfill: bool = Field(default=False, description="at the first poll, read older pages too")
    max_pages: int = Field(default=20, ge=1, le=1000, description="pages of an app a poll reads at most, 24 reviews each")
    base_url: str = Field(default="https://api.cafebazaar.ir", description="address of the store's API")
    pause: float = Field(default=2.0, ge=0, le=600, description="seconds between two requests")

    @field_validator("apps")
    @classmethod
    def _packages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        bare = tuple(dict.fromkeys(re.sub(r"^https?://\S*/app/|[/?#]\S*$", "", app.strip()) for app in value))
        for app in bare:
            if not re.fullmatch(r"[A-Za-z]\w*(?:\.\w+)+", app, re.ASCII):
                raise ValueError(f"{app!r} is no package name; it stands in the address of the app's page: 'ir.divar'")
        return bare


def parse(payload: bytes, *, now: datetime, app: str = "") -> list[Mention]:
    """Return the reviews of an answer; what the developer wrote is none. Raises: CollectError when the payload is no answer."""
    return [mention for review in _reviews(payload) if (mention := _review(review, app, now))]


def _reviews(payload: bytes) -> list[dict[str, Any]]:
    data = json_object(payload, "a list of reviews")
    told = mapping(data.get("properties"))
    status, said = count(told.get("statusCode")), short(told.get("errorMessage"), 120)
    if status not in (None, 200) or count(told.get("errorCode")):
        words = f"the store answers with status {status}, code {told.get('errorCode')}" + (f" ({said})" if said else "")
        if status == 429 or (status or 0) >= 500:
            raise CollectError("", f"{words}; retrying later")
        raise CollectError("", f"{words}; check the package names of this source")
    reviews = mapping(mapping(data.get("singleReply")).get("reviewReply")).get("reviews")
    if not isinstance(reviews, list):
        raise CollectError("", "the answer is no list of reviews; check the options of this source")
    return [mapping(review) for review in reviews]


def _review(review: Mapping[str, Any], app: str, now: datetime) -> Mention | None:
    own_id = native_id(review.get("id"))
    if not own_id or review.get("fromDeveloper") is True:
        return None
    stated = parse_time(clean(review.get("date")), TEHRAN)
    published, precision = placed(*stated, now) if stated else (now, Precision.ESTIMATED)
    likes, answers, name = count(review.get("likes")), count(review.get("userRepliesCount")), short(review.get("user"))
    return Mention(
        kind=KIND, id=own_id, text=clean(review.get("comment")).strip(), published_at=published, precision=precision,
        url=f"https://cafebazaar.ir/app/{app}" if app else None,
        # Names are not unique and account ids are not kept; a person reviews an app once.
        author=Author(KIND, f"author of {own_id}", name) if name else None,
        engagement=None if likes is None and answers is None else Engagement(now, likes=likes, comments=answers),
        rating=rating_share(review.get("rate"), STARS) or None,
        raw=raw_of({key: value for key, value in review.items() if key not in _PERSONAL}))


class CafeBazaarCollector(NetworkCollector[Options]):
    """Reads the reviews of some apps, one after the other."""

    kind = KIND

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return reviews that are new or changed since ``cursor``. Raises: CollectError."""
        batch = in_turn({app: partial(self._app, app) for app in self._options.apps}, cursor)
        if batch.complete and batch.state is CoverageState.OK and self._options.pause:
            return replace(batch, min_interval=timedelta(seconds=self._options.pause * POLLS))
        return batch

    def _app(self, app: str, cursor: Cursor | None) -> Batch:
        options, now = self._options, self._now()
        walk = Walk(f"{options.base_url} {app}", OVERLAP, options.max_pages, options.backfill, order="featured",
                    source=self._label)

        def read(token: str | None) -> Page:
            start = count(token) or 0
            answer = self._client.post(
                f"{options.base_url.rstrip('/')}/rest-v1/process/ReviewRequest", source=self._label, accept="application/json",
                pace=timedelta(seconds=options.pause), json={
                    "properties": {"language": options.store_language, "clientID": options.client_id, "deviceID": options.client_id,
                                   "clientVersion": "web"},
                    "singleRequest": {"reviewRequest": {"packageName": app, "start": start, "end": start + PAGE}}})
            reviews = self._understood(answer, _reviews)
            shown = len(reviews)
            mentions = self._understood(answer, lambda payload: parse(payload, now=now, app=app))
            return Page(mentions, str(start + PAGE) if shown >= PAGE else None, shown, ended=True,
                        aside=sum(review.get("fromDeveloper") is True for review in reviews))

        return walk.collect(read, cursor, now)
