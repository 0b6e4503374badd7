"""Reviews of apps in Google Play, as the store's own page asks for them. Not an official interface.

Endpoint: ``POST https://play.google.com/_/PlayStoreUi/data/batchexecute?hl=<language>&gl=<country>``, form field ``f.req``.
Docs: none; the form is that of public clients (google-play-scraper and others) and may change without notice.    Auth: none.
Limits: none published; too many requests are answered by a ``PlayGatewayError`` in HTTP 200. Cost: none.
Terms: https://play.google.com/about/play-terms/ forbid automated reading, so that ``accept_terms`` must be set by who may do
so. For one's own app the Play Developer API gives the reviews of the last seven days, and the Play Console a file of all.
Reach basis: none (votes for a review only).

Reviews are filtered by the language of the request. A person reviews an app once; an edited review keeps its id and comes with
a later time. The developer's reply is part of the review and no mention. Pictures of people are not kept.

Cursor: that of ``walk`` for each app and language; the token of a page is Google's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, NamedTuple

from pydantic import BaseModel, Field, field_validator

from listener.client import page_kind
from listener.collectors.answers import rating_share
from listener.collectors.network import NetworkCollector
from listener.collectors.payload import clean, count, items, native_id, placed, raw_of, short
from listener.collectors.walk import Page, Walk, in_turn
from listener.errors import CollectError
from listener.types import Author, Batch, Cursor, Engagement, Mention, Precision

KIND = "googleplay"
STARS = 5
NEWEST = 2  # how the store numbers its orders: 1 by relevance, 2 the newest first, 3 by stars
OVERLAP = timedelta(hours=12)  # reviews are shown hours after they were written
NOT_FOUND = 5  # among the status codes of gRPC
PREFIX = b")]}'"


class Options(BaseModel, frozen=True, extra="forbid"):
    apps: tuple[str, ...] = Field(min_length=1, max_length=50, description="package names: ir.divar, cab.snapp.passenger")
    languages: tuple[str, ...] = Field(default=("fa",), min_length=1, max_length=10, description="languages of reviews: fa, en")
    country: str = Field(default="us", pattern=r"^[a-z]{2}$", description="store whose reviews are read")
    accept_terms: bool = Field(
        default=False, description="Google's terms forbid automated reading: true says that you may do so all the same")
    backfill: bool = Field(default=False, description="at the first poll, read older pages too")
    max_pages: int = Field(default=20, ge=1, le=1000, description="pages of an app and language a poll reads at most")
    page_size: int = Field(default=100, ge=1, le=199, description="reviews of a page")
    rpc: str = Field(default="oCPfdb", pattern=r"^\w{4,12}$", description="name under which the store gives reviews")
    base_url: str = Field(default="https://play.google.com", description="address of the store")
    pause: float = Field(default=2.0, ge=0, le=600, description="seconds between two requests")

    @field_validator("apps")
    @classmethod
    def _packages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        bare = tuple(dict.fromkeys(re.sub(r"^https?://\S*[?&]id=|[&#]\S*$", "", app.strip()) for app in value))
        for app in bare:
            if not re.fullmatch(r"[A-Za-z]\w*(?:\.\w+)+", app, re.ASCII):
                raise ValueError(f"{app!r} is no package name; it stands in the address of the app's page: 'ir.divar'")
        return bare

    @field_validator("languages")
    @classmethod
    def _languages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for language in value:
            if not re.fullmatch(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?", language):
                raise ValueError(f"{language!r} is no language; write it as 'fa' or 'en'")
        return tuple(dict.fromkeys(value))


class Answer(NamedTuple):
    reviews: list[Any]
    token: str | None  # of the next page


def parse(payload: bytes, *, now: datetime, app: str = "") -> list[Mention]:
    """Return the reviews of an answer. Raises: CollectError when the payload is none, or an error inside HTTP 200."""
    return [mention for review in read(payload).reviews if (mention := _review(items(review), app, now))]


def read(payload: bytes) -> Answer:
    """Return the reviews of an answer as Google writes them, and the token of the next page. Raises: CollectError."""
    text = payload.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.startswith(PREFIX):
        raise CollectError("", f"the answer is {page_kind(payload) or 'nothing this program knows'} and not a list of reviews; "
                               "check the options of this source, or whether it is blocked here")
    row = next((row for row in items(_json(text[len(PREFIX):])) if items(row)[:1] == ["wrb.fr"]), None)
    if row is None or len(row) < 3:
        raise _another_shape("no row 'wrb.fr'")
    if row[2] is None:
        raise _refusal(row[5] if len(row) > 5 else None)
    data = _json(row[2]) if isinstance(row[2], str) else None
    if not isinstance(data, list) or (data and data[0] is not None and not isinstance(data[0], list)):
        raise _another_shape("its row holds no list")
    reviews = items(data[0]) if data else []
    if reviews and not any(_seconds(items(review)) is not None for review in reviews):
        raise _another_shape("its reviews have no time")
    # The token ends the part behind the reviews: [reviews, [null, token], …].
    tokens = [part[-1] for part in data[1:] if isinstance(part, list) and part and isinstance(part[-1], str)]
    return Answer(reviews, tokens[0] if tokens and reviews else None)


def _json(text: bytes | str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise CollectError("", "the answer is not whole JSON; it is read again next time") from None


def _another_shape(what: str) -> CollectError:
    return CollectError("", f"the answer has another shape than this program knows ({what}); look for a newer version")


def _refusal(told: Any) -> CollectError:
    if "PlayGatewayError" in json.dumps(told):
        return CollectError("", "Google Play says that we ask too often (PlayGatewayError); retrying later",
                            retry_after=timedelta(minutes=10))
    code = count(items(told)[0]) if items(told) else None
    if code == NOT_FOUND:
        return CollectError("", "Google Play knows no such app; check the package names of this source")
    return CollectError("", f"Google Play answers with the error {short(told, 60)!r}; it is asked again next time")


def _seconds(review: Sequence[Any]) -> int | None:
    return count(_at(_at(review, 5), 0))


def _at(value: Any, index: int) -> Any:
    return value[index] if isinstance(value, list) and len(value) > index else None


def _review(review: Sequence[Any], app: str, now: datetime) -> Mention | None:
    own_id, seconds = native_id(_at(review, 0)), _seconds(review)
    if not own_id:
        return None
    published, precision = now, Precision.ESTIMATED
    if seconds is not None and seconds < 10**11:
        published, precision = placed(datetime.fromtimestamp(seconds, UTC), Precision.SECOND, now)
    name, likes = short(_at(_at(review, 1), 0)), count(_at(review, 6))
    kept = {"id": own_id, "name": name, "stars": _at(review, 2), "text": _at(review, 4), "at": seconds, "likes": likes,
            "reply": _at(_at(review, 7), 1), "version": _at(review, 10)}
    return Mention(
        kind=KIND, id=own_id, text=clean(_at(review, 4)).strip(), published_at=published, precision=precision,
        url=f"https://play.google.com/store/apps/details?id={app}&reviewId={own_id}" if app else None,
        # Names are not unique and nothing else is told of people; a person reviews an app once.
        author=Author(KIND, f"author of {own_id}", name) if name else None,
        engagement=None if likes is None else Engagement(now, likes=likes),
        rating=rating_share(_at(review, 2), STARS) or None, raw=raw_of(kept))


class GooglePlayCollector(NetworkCollector[Options]):
    """Reads the reviews of some apps in some languages, one after the other."""

    kind = KIND
    experimental: ClassVar[bool] = True

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return reviews that are new or changed since ``cursor``. Raises: CollectError."""
        if not self._options.accept_terms:
            raise self._failure(
                "Google's terms forbid automated reading of the store; set accept_terms = true if you may do so all the same, "
                "or import the reviews of your own app from the Play Console", permanent=True)
        return in_turn({f"{app} {language}": partial(self._app, app, language)
                        for app in self._options.apps for language in self._options.languages}, cursor)

    def _app(self, app: str, language: str, cursor: Cursor | None) -> Batch:
        options, now = self._options, self._now()
        walk = Walk(f"{options.base_url} {options.country} {language} {app}", OVERLAP, options.max_pages, options.backfill,
                    source=self._label)

        def page(token: str | None) -> Page:
            answer = self._client.post(
                f"{options.base_url.rstrip('/')}/_/PlayStoreUi/data/batchexecute?hl={language}&gl={options.country}",
                source=self._label, pace=timedelta(seconds=options.pause), form={"f.req": _request(app, token, options)})
            read_so_far = self._understood(answer, read)
            mentions = self._understood(answer, lambda payload: parse(payload, now=now, app=app))
            shown = len(read_so_far.reviews)
            return Page(mentions, read_so_far.token, shown, ended=shown < options.page_size)

        return walk.collect(page, cursor, now)


def _request(app: str, token: str | None, options: Options) -> str:
    window = [options.page_size, None, token] if token else [options.page_size]
    asked = [None, [2, NEWEST, window, None, [None] * 9], [app, 7]]
    return json.dumps([[[options.rpc, json.dumps(asked, separators=(",", ":")), None, "generic"]]], separators=(",", ":"))
