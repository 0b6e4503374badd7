"""Walks through lists that do not show the newest first: chosen items before it, or a search sorted by something else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from listener.collectors.walk import Page, Walk
from listener.errors import CollectError
from listener.types import Batch, CoverageState, Cursor, Mention

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SIZE = 10
FEATURED = [(f"chosen {number}", NOW - timedelta(days=200 + number)) for number in range(4)]


def listed(count: int, day: int = 0) -> list[tuple[str, datetime]]:
    return [(f"{day}/{number}", NOW - timedelta(days=day, seconds=number)) for number in range(count)]


def walked(walk: Walk, shown: list[tuple[str, datetime]], cursor: Cursor | None, fails_at: int | None = None) -> tuple[Batch, int]:
    asked = 0

    def read(token: str | None) -> Page:
        nonlocal asked
        asked += 1
        if asked == fails_at:
            raise CollectError("", "HTTP 503; retrying later")
        start = int(token or 0)
        rows = shown[start: start + SIZE]
        mentions = [Mention("shop", own_id, own_id, published) for own_id, published in rows]
        return Page(mentions, str(start + SIZE) if len(shown) > start + SIZE else None)

    batch = walk.collect(read, json.loads(json.dumps(cursor)), NOW)
    return batch, asked


def ids(batch: Batch) -> set[str]:
    return {mention.id for mention in batch.mentions}


FEATURED_FIRST = Walk("q", timedelta(days=2), order="featured")


def test_chosen_items_that_are_old_do_not_end_the_walk() -> None:
    old = listed(30, day=1)
    first, _ = walked(FEATURED_FIRST, FEATURED + old, None)
    news = listed(25)
    batch, asked = walked(FEATURED_FIRST, FEATURED + news + old, first.cursor)
    assert ids(batch) >= {own_id for own_id, _ in news} and batch.state is CoverageState.OK
    again, asked = walked(FEATURED_FIRST, FEATURED + news + old, batch.cursor)
    assert (again.mentions, asked) == ((), 1)


def test_a_walk_that_broke_off_goes_on_though_the_page_moved_by_a_whole_page() -> None:
    old = listed(30, day=1)
    first, _ = walked(FEATURED_FIRST, FEATURED + old, None)
    news = listed(45)
    broken, _ = walked(FEATURED_FIRST, FEATURED + news + old, first.cursor, fails_at=3)
    assert broken.state is CoverageState.PARTIAL
    newer = [(f"newer {number}", NOW) for number in range(SIZE)]
    rest, _ = walked(FEATURED_FIRST, FEATURED + newer + news + old, broken.cursor)
    assert ids(broken) | ids(rest) >= {own_id for own_id, _ in news + newer}
    assert rest.state is CoverageState.OK


def test_a_search_in_any_order_is_read_to_its_end_every_time() -> None:
    walk = Walk("q", timedelta(days=1), order="any")
    shown = [*listed(12, day=6), *listed(12, day=1)]
    first, asked = walked(walk, shown, None)
    assert (len(first.mentions), asked) == (24, 3)
    batch, asked = walked(walk, [*shown, ("late", NOW)], first.cursor)
    assert (ids(batch), asked, batch.state) == ({"late"}, 3, CoverageState.OK)


def test_a_search_in_any_order_that_is_longer_than_may_be_read_says_so() -> None:
    walk = Walk("q", timedelta(days=1), max_pages=2, order="any")
    first, _ = walked(walk, listed(30), None)
    batch, _ = walked(walk, listed(30), first.cursor)
    assert batch.overflow and batch.reason and "narrow the query" in batch.reason
