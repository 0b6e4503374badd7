"""Reviews and questions about products in Digikala's shop.

Endpoint: ``GET https://api.digikala.com/v1/rate-review/products/{id}/?page=&sort=newest``, 20 reviews a page;
``…/v1/product/{id}/questions/`` and ``…/discovery/api/v2/search?q=`` where they are asked for.
Docs: none published; the form is that of public clients.    Auth: none.    Cost: none.
Limits: none published; one second between requests is kept. Addresses abroad may be refused.
Terms: the shop's own; the reviews are public. Where our name is refused, the source cannot be read.
Reach basis: none (likes of a review only).

An error is a ``status`` inside HTTP 200: 301 stands for goods of the supermarket, which are asked for under ``/fresh``. Dates
are Jalali days in words («4 شهریور 1403»). No stars are 0. A product that does not exist has no reviews and is no error. What
buyers praise and criticise stands in lists and becomes part of the text. Answers to a question are counted and not read.

Cursor: that of ``walk`` for each product; with ``search`` also ``found`` and ``searched_at``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from pydantic import BaseModel, Field, field_validator, model_validator

from listener.calendar import parse_time
from listener.client import Response
from listener.collectors.answers import rating_share
from listener.collectors.network import NetworkCollector, json_object
from listener.collectors.payload import clean, content_id, count, items, mapping, native_id, placed, raw_of, short
from listener.collectors.walk import Page, Walk, in_turn
from listener.errors import CollectError
from listener.types import Author, Batch, CoverageState, Cursor, Engagement, Mention, Precision

KIND = "digikala"
PAGE = 20  # reviews; the shop's number
STARS = 5
OVERLAP = timedelta(days=2)  # a date is a day, and a review waits for its approval
SEARCHED = timedelta(days=1)  # how long the products that a search found are good for
ELSEWHERE = 301
TEHRAN = "Asia/Tehran"


class Options(BaseModel, frozen=True, extra="forbid", coerce_numbers_to_str=True):  # ids are often written as numbers
    products: tuple[str, ...] = Field(default=(), max_length=200, description="ids of products: the figures behind 'dkp-'")
    search: str | None = Field(default=None, min_length=2, description="find products by this term, once a day")
    search_products: int = Field(default=10, ge=1, le=100, description="how many of the products found are read")
    questions: bool = Field(default=False, description="read questions about the products as well")
    backfill: bool = Field(default=False, description="at the first poll, read older pages too")
    max_pages: int = Field(default=20, ge=1, le=1000, description="pages of a product a poll reads at most, 20 reviews each")
    reviews_path: str = Field(default="/v1/rate-review/products/{id}/", description="where the reviews of a product are")
    questions_path: str = Field(default="/v1/product/{id}/questions/", description="where the questions about a product are")
    search_path: str = Field(default="/discovery/api/v2/search", description="where products are searched for")
    fresh_prefix: str = Field(default="/fresh", description="what stands before a path for goods of the supermarket")
    base_url: str = Field(default="https://api.digikala.com", description="address of the shop's API")
    pause: float = Field(default=1.0, ge=0, le=600, description="seconds between two requests")

    @field_validator("products")
    @classmethod
    def _products(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        found = []
        for written in value:
            product = re.fullmatch(r"(?:https?://\S*/)?(?:dkp-)?(\d{1,12})(?:[/?#]\S*)?", written.strip(), re.ASCII)
            if not product:
                raise ValueError(f"{written!r} is no product; write the figures behind 'dkp-' in its address")
            found.append(product.group(1))
        return tuple(dict.fromkeys(found))

    @field_validator("reviews_path", "questions_path")
    @classmethod
    def _with_id(cls, value: str) -> str:
        if not value.startswith("/") or "{id}" not in value:
            raise ValueError(f"{value!r} leads to no product; a path begins with '/' and holds '{{id}}'")
        return value

    @model_validator(mode="after")
    def _something(self) -> Options:
        if not self.products and not self.search:
            raise ValueError("no products and no search are given; write one of them")
        return self


def parse(payload: bytes, *, now: datetime, product: str = "") -> list[Mention]:
    """Return the reviews of a page. Raises: CollectError when the payload is none, or an error inside HTTP 200."""
    return [mention for review in _listed(payload, "comments") if (mention := _review(review, product, now))]


def parse_questions(payload: bytes, *, now: datetime, product: str = "") -> list[Mention]:
    """Return the questions of a page. Raises: CollectError when the payload is none, or an error inside HTTP 200."""
    return [mention for question in _listed(payload, "questions") if (mention := _question(question, product, now))]


def found_products(payload: bytes) -> list[str]:
    """Return the ids of products that a search found, in its order; both forms of the search are understood.

    Raises: CollectError when the payload is no search.
    """
    data = mapping(_data(payload).get("data"))
    rows = items(data.get("products")) if isinstance(data.get("products"), list) else None
    if isinstance(data.get("widgets"), list):
        listings = [mapping(one) for one in data["widgets"] if mapping(one).get("type") == "vertical_product_listing"]
        inner = [mapping(one) for listing in listings for one in items(mapping(listing.get("data")).get("widgets"))]
        rows = [one.get("data") for one in inner if one.get("type") == "product"]
    if rows is None:
        raise _another_shape(data)
    return list(dict.fromkeys(own_id for row in rows if (own_id := native_id(mapping(row).get("id"))).isdecimal()))


def _data(payload: bytes) -> dict[str, Any]:
    data = json_object(payload, "a page of the shop")
    status = count(data.get("status"))
    if status is None:
        raise _another_shape(data)
    if status == 404:
        raise CollectError("", "the shop answers with status 404; check the products of this source")
    if status != 200:
        said = short(data.get("message"), 120)
        words = f" ({said})" if said else ""
        raise CollectError("", f"the shop answers with status {status}{words}; it is asked again next time")
    return data


def _listed(payload: bytes, name: str) -> list[dict[str, Any]]:
    data = mapping(_data(payload).get("data"))
    listed = data.get(name)
    if not isinstance(listed, list):
        raise _another_shape(data)
    if listed and not any({"created_at"} <= mapping(one).keys() for one in listed):
        raise _another_shape(listed[0])
    return [mapping(one) for one in listed]


def _another_shape(data: Any) -> CollectError:
    shown = "keys " + (", ".join(sorted(data)[:5]) or "none") if isinstance(data, dict) else f"a {type(data).__name__}"
    return CollectError("", f"the answer has another shape than this program knows ({shown}); look for a newer version")


def _review(review: Mapping[str, Any], product: str, now: datetime) -> Mention | None:
    own_id = native_id(review.get("id"))
    if not own_id:
        return None
    published, precision = _placed(review, now)
    likes = count(mapping(review.get("reactions")).get("likes"))
    name = None if review.get("is_anonymous") is True else short(review.get("user_name"))
    parts = [clean(review.get("body")).strip(), _together("نقاط قوت", review.get("advantages")),
             _together("نقاط ضعف", review.get("disadvantages"))]
    return Mention(
        kind=KIND, id=own_id, text="\n".join(part for part in parts if part), title=short(review.get("title"), 1000),
        url=_address(product), published_at=published, precision=precision,
        # Names are not unique and the shop tells nothing else of people.
        author=Author(KIND, f"author of {own_id}", name) if name else None,
        engagement=None if likes is None else Engagement(now, likes=likes),
        rating=rating_share(review.get("rate"), STARS) or None, raw=raw_of(review))


def _question(question: Mapping[str, Any], product: str, now: datetime) -> Mention | None:
    text = clean(question.get("text")).strip()
    if not text:
        return None
    own_id = native_id(question.get("id")) or content_id(product, text, clean(question.get("created_at")))
    published, precision = _placed(question, now)
    name, answers = short(question.get("sender")), count(question.get("answer_count"))
    return Mention(
        kind=KIND, id=f"question:{own_id}", text=text, url=_address(product), published_at=published, precision=precision,
        author=Author(KIND, f"author of question:{own_id}", name) if name else None,
        engagement=None if answers is None else Engagement(now, comments=answers), raw=raw_of(question))


def _together(heading: str, points: Any) -> str:
    words = [said for point in items(points) if (said := short(point, 1000))]
    return f"{heading}: {'، '.join(words)}" if words else ""


def _placed(item: Mapping[str, Any], now: datetime) -> tuple[datetime, Precision]:
    stated = parse_time(clean(item.get("created_at")), TEHRAN)
    return placed(*stated, now) if stated else (now, Precision.ESTIMATED)


def _address(product: str) -> str | None:
    return f"https://www.digikala.com/product/dkp-{product}/" if product else None


class DigikalaCollector(NetworkCollector[Options]):
    """Reads the reviews of some products, given or found, one after the other."""

    kind = KIND
    experimental: ClassVar[bool] = True

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return reviews and questions that are new or changed since ``cursor``. Raises: CollectError."""
        problem = None
        try:
            searched = self._search(mapping(cursor))
        except CollectError as error:
            searched = {name: mapping(cursor).get(name) for name in ("search", "found", "searched_at")}
            if not self._options.products and not items(searched["found"]):
                raise
            problem = f"search: {error.what}"
        products = dict.fromkeys([*self._options.products, *items(searched.get("found"))])
        parts: dict[str, Callable[[Cursor | None], Batch]] = {}
        for product in products:
            parts[product] = partial(self._walk, product, self._options.reviews_path, "comments", parse)
            if self._options.questions:
                parts[f"{product} questions"] = partial(
                    self._walk, product, self._options.questions_path, "questions", parse_questions)
        if not parts:
            reason = "the search finds no product; change its term"
            return Batch(cursor=searched, state=CoverageState.PARTIAL, reason=reason, shown=0)
        batch = in_turn(parts, cursor)
        batch = replace(batch, cursor={**(batch.cursor or {}), **searched})
        if problem is None:
            return batch
        return replace(batch, state=CoverageState.PARTIAL, reason=f"{problem}; {batch.reason}" if batch.reason else problem)

    def _search(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the cursor keeps of the search, asked again when it is a day old."""
        options, now = self._options, self._now()
        if not options.search:
            return {}
        known = [product for product in items(state.get("found")) if isinstance(product, str) and product.isdecimal()]
        at = parse_time(clean(state.get("searched_at")), TEHRAN)
        if state.get("search") == options.search and known and at and now - SEARCHED < at[0] <= now:
            return {"search": options.search, "found": known, "searched_at": clean(state.get("searched_at"))}
        answer = self._get(options.search_path, {"q": options.search})
        found = self._understood(answer, found_products)[:options.search_products]
        return {"search": options.search, "found": found, "searched_at": now.isoformat()}

    def _walk(self, product: str, path: str, name: str, parsed: Callable[..., list[Mention]], cursor: Cursor | None) -> Batch:
        options, now = self._options, self._now()
        walk = Walk(f"{options.base_url} {path} {product}", OVERLAP, options.max_pages, options.backfill, source=self._label)

        def read(token: str | None) -> Page:
            number = count(token) or 1
            asked = {"page": number, "sort": "newest" if name == "comments" else "created_at"}
            where = path.replace("{id}", product)
            answer = self._get(where, asked)
            if self._understood(answer, lambda payload: json_object(payload, "a page of the shop")).get("status") == ELSEWHERE:
                answer = self._get(options.fresh_prefix + where, asked)
            listed = self._understood(answer, lambda payload: _listed(payload, name))
            mentions = self._understood(answer, lambda payload: parsed(payload, now=now, product=product))
            data = mapping(json_object(answer.body, "").get("data"))
            pages = count(mapping(data.get("pager")).get("total_pages"))
            more = bool(listed) and (number < pages if pages is not None else len(listed) >= PAGE)
            return Page(mentions, str(number + 1) if more else None, len(listed), ended=True)

        return walk.collect(read, cursor, now)

    def _get(self, path: str, params: Mapping[str, Any]) -> Response:
        return self._client.get(self._options.base_url.rstrip("/") + path, source=self._label, accept="application/json",
                                params=params, pace=timedelta(seconds=self._options.pause))
