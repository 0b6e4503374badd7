"""The walk against a source that lives: posts, edits, deletions, late arrivals, errors, kills, and lists that are cut off."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listener.collectors import walk as walking
from listener.collectors.walk import Page, Walk, in_turn
from listener.errors import CollectError
from listener.types import Batch, CoverageState, Cursor, Engagement, Mention, Precision

START = datetime(2026, 11, 22, tzinfo=UTC)
GRAIN = timedelta(minutes=10)  # coarse, so that many posts share an instant
OVERLAP = 3 * GRAIN


@dataclass
class Post:
    own_id: str
    published_at: datetime
    text: str = "first"
    likes: int = 0
    late: bool = False

    @property
    def state(self) -> tuple[str, int]:
        return self.text, self.likes


@dataclass
class Source:
    """Shows its newest posts first, ``size`` on a page and ``holds`` in all."""

    tokens: str  # what a page's address is made of: "number", "place" (the last post), "brief" (a number that expires)
    size: int
    holds: int | None
    posts: list[Post] = field(default_factory=list)
    made: int = 0
    hours: int = 0  # how often time went on
    asked: int = 0
    fails: dict[int, bool] = field(default_factory=dict)  # requests of this call that fail, and whether permanently
    comes: dict[int, Post] = field(default_factory=dict)  # posts that appear before a request of this call

    def shown(self) -> list[Post]:
        return sorted(self.posts, key=lambda post: (post.published_at, post.own_id), reverse=True)[: self.holds]

    def new(self, published_at: datetime, late: bool = False) -> Post:
        self.made += 1
        return Post(f"{self.made:05d}", published_at, late=late)

    def begin(self, fails: dict[int, bool], comes: dict[int, Post]) -> None:
        self.asked, self.fails, self.comes = 0, fails, comes

    def read(self, token: str | None) -> Page:
        self.asked += 1
        if self.asked in self.comes:
            self.posts.append(self.comes[self.asked])
        if self.asked in self.fails:
            raise CollectError("", "HTTP 503; retrying later", permanent=self.fails[self.asked])
        shown = self.shown()
        start = self._start(token, shown)
        rows = shown[start: start + self.size]
        following = None if len(shown) <= start + self.size else self._token(rows[-1], start + self.size)
        return Page([Mention("sim", row.own_id, row.text, row.published_at, engagement=Engagement(START, likes=row.likes))
                     for row in rows], following)

    def _token(self, last: Post, start: int) -> str:
        if self.tokens == "place":
            return json.dumps([last.published_at.isoformat(), last.own_id])
        return f"{self.hours} {start}"

    def _start(self, token: str | None, shown: list[Post]) -> int:
        if token is None:
            return 0
        if self.tokens == "place":
            published_at, own_id = json.loads(token)
            place = datetime.fromisoformat(published_at), own_id
            return sum((row.published_at, row.own_id) >= place for row in shown)
        hours, start = token.split()
        if self.tokens == "brief" and int(hours) != self.hours:
            raise CollectError("", "HTTP 500; retrying later")
        return int(start)


class Listener:
    """Polls a source as the pipeline does, keeps what was committed, and knows what had to come."""

    def __init__(self, source: Source, walk: Walk) -> None:
        self.source = source
        self.walk = walk
        self.now = START
        self.cursor: Cursor | None = None
        self.given: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self.deleted: set[str] = set()
        self.removed: set[str] = set()
        self.base: datetime | None = None  # behind it nothing was ever asked for

    def call(
        self, fails: dict[int, bool] | None = None, comes: dict[int, Post] | None = None, kill: bool = False
    ) -> Batch | None:
        self.source.begin(fails or {}, comes or {})
        try:
            batch = self.walk.collect(self.source.read, self.cursor, self.now)
        except CollectError:
            return None
        if kill:
            return None
        straight = not (self.cursor or {}).get("left") and batch.complete and batch.state is CoverageState.OK and not comes
        horizon = self.walk.horizon(self.cursor)
        self._check_overflow(batch, horizon)
        for mention in batch.mentions:
            state = mention.text, mention.engagement.likes or 0 if mention.engagement else 0
            assert self.given[mention.id][-1:] != [state], f"{mention.id} was given twice as {state}"
            assert (mention.edited_at is not None) == any(text != state[0] for text, _ in self.given[mention.id][-1:])
            self.given[mention.id].append(state)
        for key in batch.deleted:
            assert key.id in self.removed, f"{key.id} still stands"
        self.deleted |= {key.id for key in batch.deleted}
        self.cursor = json.loads(json.dumps(batch.cursor))
        if self.base is None:
            shown = self.source.shown()
            self.base = shown[0].published_at if shown else self.now
        elif straight and horizon is not None:
            self._check_everything(horizon)
        return batch

    def _check_everything(self, since: datetime) -> None:
        for post in self.source.shown():
            if post.published_at >= since:
                assert self.given[post.own_id][-1:] == [post.state], f"{post.own_id} as {post.state} was never given"

    def _check_overflow(self, batch: Batch, horizon: datetime | None) -> None:
        state = self.walk._state(self.cursor)
        since = datetime.fromisoformat(state["since"]) if state.get("since") else None
        if horizon is None or since is None:
            assert not batch.overflow
            return
        shown = self.source.shown()
        standing = {post.own_id for post in shown if post.own_id in self.given and post.published_at <= since}
        older = [post for post in shown if post.published_at < since]
        long = len(shown) > self.walk.max_pages * self.source.size
        if batch.overflow:
            assert long or not (standing or older), "nothing was lost: what was known is still shown"
        elif batch.complete and batch.state is CoverageState.OK and self.source.holds:
            fallen = [post for post in self.source.posts if post not in shown and post.published_at > since
                      and not post.late and not self.given.get(post.own_id)]
            due = [own_id for own_id, record in state["known"].items()
                   if own_id not in self.removed and horizon <= datetime.fromisoformat(record[2]) <= since]
            assert not (fallen and due), f"{[post.own_id for post in fallen]} fell off the list and nobody said so"

    def settle(self) -> None:
        """Call until the walk is whole, and once more."""
        for _ in range(2):
            for _ in range(60):
                batch = self.call()
                if batch and batch.complete and (batch.state is CoverageState.OK or batch.overflow):
                    break
            else:
                raise AssertionError("the walk never comes to its end")


OPS = st.lists(
    st.one_of(
        st.tuples(st.just("post"), st.integers(1, 9)),
        st.tuples(st.just("late"), st.integers(0, 3)),
        st.tuples(st.just("edit"), st.integers(0, 30)),
        st.tuples(st.just("like"), st.integers(0, 30)),
        st.tuples(st.just("delete"), st.integers(0, 30)),
        st.tuples(st.just("purge"), st.integers(2, 8)),
        st.tuples(st.just("wait"), st.integers(1, 5)),
        st.tuples(st.just("call"), st.just(0)),
        st.tuples(st.just("kill"), st.just(0)),
        st.tuples(st.just("comes"), st.integers(1, 4)),
        st.tuples(st.just("fails"), st.integers(1, 5)),
        st.tuples(st.just("refuses"), st.integers(2, 5)),
    ),
    min_size=5, max_size=40)


def live(source: Source, walk: Walk, ops: list[tuple[str, int]]) -> Listener:
    """Let a source and its listener live through ``ops``, and bring the last walk to its end."""
    listener = Listener(source, walk)
    for name, number in ops:
        shown = source.shown()
        if name == "post":
            source.posts += [source.new(listener.now) for _ in range(number)]
        elif name == "late":
            source.posts.append(source.new(listener.now - number * GRAIN, late=True))
        elif name == "wait":
            listener.now += number * GRAIN
            source.hours += 1
        elif name in ("edit", "like", "delete") and number < len(shown):
            post = shown[number]
            if name == "edit":
                post.text += "+"
            elif name == "like":
                post.likes += 1
            else:
                source.posts.remove(post)
                listener.removed.add(post.own_id)
        elif name == "purge":
            for post in shown[1: 1 + number]:
                source.posts.remove(post)
                listener.removed.add(post.own_id)
        elif name == "call":
            listener.call()
        elif name == "kill":
            listener.call(kill=True)
        elif name == "comes":
            listener.call(comes={number: source.new(listener.now)})
        elif name in ("fails", "refuses"):
            listener.call(fails={number: name == "refuses"})
    return listener


SIMULATION = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)


@pytest.fixture(autouse=True)
def _short_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "PAGES_A_CALL", 4)


def prove_nothing_is_lost(ops: list[tuple[str, int]], tokens: str, size: int, backfill: bool) -> None:
    source = Source(tokens, size, None)
    listener = live(source, Walk("q", OVERLAP, 10_000, backfill=backfill, complete=True), ops)
    listener.settle()
    assert listener.base is not None
    for post in source.posts:
        if post.published_at > listener.base:
            assert listener.given[post.own_id], f"{post.own_id} was never given"


def prove_losses_are_told(ops: list[tuple[str, int]], tokens: str, size: int, holds: int) -> None:
    live(Source(tokens, size, holds), Walk("q", OVERLAP, 10_000), ops).settle()


TOKENS = st.sampled_from(["number", "place", "brief"])


@settings(SIMULATION, max_examples=150)
@given(OPS, TOKENS, st.integers(1, 4), st.booleans())
def test_all_that_a_source_shows_comes_once_a_state_whatever_breaks(ops: Any, tokens: str, size: int, backfill: bool) -> None:
    prove_nothing_is_lost(ops, tokens, size, backfill)


@settings(SIMULATION, max_examples=150)
@given(OPS, TOKENS, st.integers(1, 4), st.integers(3, 12))
def test_items_are_said_to_be_lost_when_and_only_when_they_may_be(ops: Any, tokens: str, size: int, holds: int) -> None:
    prove_losses_are_told(ops, tokens, size, holds)


@pytest.mark.slow
@settings(SIMULATION, max_examples=400)
@given(OPS, TOKENS, st.integers(1, 4), st.booleans(), st.integers(3, 12))
def test_thousands_of_lives_of_a_source(ops: Any, tokens: str, size: int, backfill: bool, holds: int) -> None:
    prove_nothing_is_lost(ops, tokens, size, backfill)
    prove_losses_are_told(ops, tokens, size, holds)


NOW = START + timedelta(hours=12)


def filled(count: int, size: int = 10) -> tuple[Source, Listener]:
    source = Source("number", size, None)
    listener = Listener(source, Walk("q", OVERLAP, 1000))
    source.posts += [source.new(START - timedelta(hours=9))]
    listener.call()
    listener.now = NOW
    source.posts += [source.new(NOW - timedelta(seconds=number)) for number in range(count)]
    return source, listener


def test_old_posts_on_a_new_page_do_not_end_the_walk() -> None:
    source, listener = filled(35)
    for post in source.posts[1:]:
        post.published_at -= timedelta(hours=1)
    shown = source.shown()
    stray = Mention("sim", "imported", "x", START - timedelta(days=900))

    def read(token: str | None) -> Page:
        start = int(token or 0)
        rows = [Mention("sim", post.own_id, "x", post.published_at) for post in shown[start: start + 10]]
        return Page(
            [*rows[:4], stray, *rows[4:]] if start == 10 else rows, str(start + 10) if start + 10 < len(shown) else None
        )

    batch = listener.walk.collect(read, listener.cursor, NOW)
    assert {mention.id for mention in batch.mentions} >= {post.own_id for post in source.posts[1:]}


def test_a_source_that_grants_three_requests_a_call_is_read_to_its_end() -> None:
    source, listener = filled(95)
    calls = 0
    while not ((batch := listener.call(fails={4: False})) and batch.state is CoverageState.OK):
        calls += 1
        assert calls < 20
    assert all(listener.given[post.own_id] for post in source.posts)


def test_items_without_a_time_of_their_own_stand_where_they_were_first_seen() -> None:
    def read(token: str | None) -> Page:
        return Page([Mention("sim", own_id, "x", now, precision=Precision.ESTIMATED) for own_id in ids], following)

    ids, following, now = [str(number) for number in range(9)], None, START
    walk = Walk("q", OVERLAP, 3)
    cursor = walk.collect(read, None, now).cursor
    ids, now = ["new", *ids], NOW
    cursor = walk.collect(read, cursor, now).cursor
    following = "more"
    batch = walk.collect(read, cursor, now)
    assert (batch.mentions, batch.state, batch.shown) == ((), CoverageState.OK, 10)


def test_a_loss_is_told_though_more_was_read_than_a_cursor_remembers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MOST_KNOWN", 20)
    source, listener = filled(60)
    cursor: Cursor | None = listener.cursor
    batches: list[Batch] = []
    listener.source.holds = 60
    while not batches or not batches[-1].complete:
        batches.append(listener.walk.collect(source.read, cursor, NOW))
        cursor = json.loads(json.dumps(batches[-1].cursor))
    assert len(batches) > 1 and batches[-1].overflow


def test_a_cursor_of_many_lists_keeps_less_of_each() -> None:
    source, listener = filled(60)
    batch = replace(listener.walk, backfill=True, remembers=15).collect(source.read, None, NOW)
    assert batch.cursor and len(batch.cursor["known"]) == 15 < len(batch.mentions)


def part(batches: list[Batch | CollectError], asked: list[Cursor | None]) -> Any:
    def collect(cursor: Cursor | None) -> Batch:
        asked.append(cursor)
        outcome = batches.pop(0)
        if isinstance(outcome, CollectError):
            raise outcome
        return outcome
    return collect


def test_while_one_list_has_more_only_that_one_and_those_that_failed_are_read() -> None:
    asked: dict[str, list[Cursor | None]] = {"a": [], "b": [], "c": []}
    parts = {
        "a": part([Batch(cursor={"at": 1}, complete=False), Batch(cursor={"at": 2})], asked["a"]),
        "b": part([Batch(cursor={"at": 1}, state=CoverageState.PARTIAL, reason="lost some")], asked["b"]),
        "c": part([CollectError("", "HTTP 503"), Batch(cursor={"at": 1})], asked["c"]),
    }
    first = in_turn(parts, None)
    assert not first.complete and first.reason == "b: lost some; c: HTTP 503"
    second = in_turn(parts, json.loads(json.dumps(first.cursor)))
    assert second.complete and (second.state, second.reason) == (CoverageState.PARTIAL, "b: lost some")
    assert second.cursor == {"parts": {"a": {"at": 2}, "b": {"at": 1}, "c": {"at": 1}}}
    assert [len(calls) for calls in asked.values()] == [2, 1, 2]


def test_a_list_that_fails_while_it_is_waited_for_does_not_keep_the_others_waiting() -> None:
    parts = {"a": part([Batch(cursor={"at": 1}, complete=False), CollectError("", "HTTP 503"), Batch()], []),
             "b": part([Batch(), Batch()], [])}
    cursor = None
    states = []
    for _ in range(3):
        batch = in_turn(parts, cursor)
        cursor = json.loads(json.dumps(batch.cursor))
        states.append((batch.complete, batch.state))
    assert states == [(False, CoverageState.OK), (True, CoverageState.PARTIAL), (True, CoverageState.OK)]


def test_lists_that_all_fail_are_an_error() -> None:
    with pytest.raises(CollectError, match="503"):
        in_turn({"a": part([CollectError("", "HTTP 503")], [])}, None)


def told(*states: tuple[str, str | None], **page: Any) -> Page:
    """A page of items a minute apart, newest first, each with a text and a title."""
    mentions = [Mention("sim", str(100 - place), text, START - place * timedelta(minutes=1), title=title)
                for place, (text, title) in enumerate(states)]
    return Page(mentions, **page)


def read_twice(first: Page, then: Page, **how: Any) -> Batch:
    walk = Walk("q", timedelta(hours=1), source="sim 'ours'", **how)
    cursor = json.loads(json.dumps(walk.collect(lambda token: first, None, START).cursor))
    return walk.collect(lambda token: then, cursor, START)


def test_one_text_that_vanished_is_no_edit_and_what_is_known_of_it_stays() -> None:
    first = told(("a", None), ("b", None), ("c", None))
    walk = Walk("q", timedelta(hours=1))
    cursor = walk.collect(lambda token: first, None, START).cursor
    batch = walk.collect(lambda token: told(("", None), ("b", None), ("c", None)), cursor, START)
    assert batch.mentions == () and batch.deleted == () and batch.state is CoverageState.OK
    assert walk.collect(lambda token: first, batch.cursor, START).mentions == ()  # it came back as it was


@pytest.mark.parametrize("then", [("", "title"), ("text", None), ("", None)])
def test_texts_or_titles_that_vanish_from_most_known_items_are_doubted(then: tuple[str, str | None]) -> None:
    batch = read_twice(told(*[("text", "title")] * 3), told(then, then, ("text", "title")))
    assert batch.mentions == () and batch.state is CoverageState.PARTIAL and "2 of 3 known items" in (batch.reason or "")
    assert not batch.overflow and batch.complete


def test_an_item_without_words_is_no_mention_and_one_that_gets_words_is_new_and_not_edited() -> None:
    batch = read_twice(told(("", None), ("b", None)), told(("now", None), ("b", None)))
    assert [(mention.text, mention.edited_at) for mention in batch.mentions] == [("now", None)]


def test_a_page_of_which_nothing_can_be_read_is_an_error_and_of_which_half_cannot_is_partial() -> None:
    walk = Walk("q", timedelta(hours=1), source="sim 'ours'")
    with pytest.raises(CollectError, match="sim 'ours': .*another shape.*none of 7 items"):
        walk.collect(lambda token: Page((), shown=7), None, START)
    batch = walk.collect(lambda token: told(("a", None), ("b", None), shown=5), None, START)
    assert batch.state is CoverageState.PARTIAL and "3 of 5 items cannot be read" in (batch.reason or "")
    assert walk.collect(lambda token: told(("a", None), ("b", None), shown=4), None, START).state is CoverageState.OK


def test_what_is_left_out_on_purpose_is_neither_an_error_nor_partial() -> None:
    walk = Walk("q", timedelta(hours=1))
    assert walk.collect(lambda token: Page((), shown=7, aside=7), None, START).state is CoverageState.OK
    assert walk.collect(lambda token: told(("a", None), shown=8, aside=7), None, START).state is CoverageState.OK


def test_a_page_of_pictures_alone_is_partial() -> None:
    batch = Walk("q", timedelta(hours=1)).collect(lambda token: told(*[("", None)] * 3), None, START)
    assert batch.mentions == () and batch.shown == 3 and "none of 3 items has words" in (batch.reason or "")


def test_most_known_items_said_to_be_gone_at_once_are_not_believed_gone() -> None:
    first = told(*[("a", None)] * 6)
    gone = [mention.key for mention in first.mentions]
    batch = read_twice(first, Page(first.mentions[5:], shown=6, gone=gone[:5]))
    assert batch.deleted == () and "5 of 6 known items are said to be gone" in (batch.reason or "")
    assert read_twice(first, Page(first.mentions[3:], shown=6, gone=gone[:3])).deleted == tuple(gone[:3])
