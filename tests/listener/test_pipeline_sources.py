"""What the passes make of their sources: pace, lost and suspect spans, growth of mentions, copies, and what is pushed to an inbox."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.rules import RULES
from listener.errors import CollectError
from listener.match import Matcher
from listener.pipeline import Pipeline, Receiver, Source
from listener.polling import Habit
from listener.storage import Committed, SourceState, open_store
from listener.types import Batch, Brand, CoverageState, Cursor, Engagement, Mention, MentionKey, Severity
from tests.fakes import NOON, CannedScorer, FakeClock, FakeNotifier, a_mention

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class Scripted:
    """A collector that gives the batches it was told to, and then empty ones; it knows how its mentions have grown."""

    batches: list[Batch | CollectError] = field(default_factory=list)
    now: dict[str, Mention] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    error: Exception | None = None
    asked: list[tuple[str, ...]] = field(default_factory=list)
    read: int = 0

    def collect(self, cursor: Cursor | None) -> Batch:
        self.read += 1
        given = self.batches.pop(0) if self.batches else Batch(shown=20)
        if isinstance(given, CollectError):
            raise given
        return replace(given, cursor=given.cursor or {"read": self.read})

    def refresh(self, keys: Sequence[MentionKey]) -> Batch:
        self.asked.append(tuple(key.id for key in keys))
        if self.error:
            raise self.error
        return Batch(tuple(self.now[key.id] for key in keys if key.id in self.now),
                     tuple(key for key in keys if key.id in self.gone))


class Pushed:
    """An inbox of JSON lists."""

    def collect(self, cursor: Cursor | None) -> Batch:
        return Batch()

    def accept(self, payload: bytes, now: datetime) -> list[Mention]:
        try:
            rows = json.loads(payload)
        except ValueError:
            raise CollectError("calls", "the payload is no JSON; send a list of objects", permanent=True) from None
        return [a_mention(row["id"], row["text"], kind="inbox") for row in rows]


@dataclass
class House:
    pipeline: Pipeline
    clock: FakeClock
    news: Scripted
    notifier: FakeNotifier

    @property
    def source(self) -> Source:
        return self.pipeline.sources[0]

    @property
    def state(self) -> SourceState:
        state = self.pipeline.store.source_state("news")
        assert state
        return state

    def read(self, *batches: Batch | CollectError, after: timedelta = 15 * MINUTE) -> Committed | CollectError:
        for batch in batches or [Batch(shown=20)]:
            self.clock.instant += after
            self.news.batches.append(batch)
            done = self.pipeline.collect(self.source)
        return done

    def live(self, span: timedelta) -> list[datetime]:
        """Be called every minute as by the scheduler; return when the source was read."""
        end, read_at = self.clock.instant + span, []
        while self.clock.instant < end:
            self.clock.forward(minutes=1)
            if self.pipeline.due(self.source):
                self.pipeline.collect(self.source)
                read_at.append(self.clock.instant)
            self.pipeline.refresh(self.source)
            self.pipeline.detect()
            self.pipeline.deliver()
        return read_at


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    clock, news, notifier = FakeClock(), Scripted(), FakeNotifier()
    store = open_store(f"sqlite:///{tmp_path / 'goosh.sqlite'}")
    sources = [Source("news", "rss", news, 15 * MINUTE, 2 * HOUR), Source("calls", "inbox", Pushed(), 15 * MINUTE, 2 * HOUR)]
    store.register_sources([(s.name, s.kind) for s in sources])
    brand = Brand("دیجی‌کالا", aliases=("Digikala",))
    pipeline = Pipeline(store=store, sources=sources, brands=[brand.name], matcher=Matcher([brand]), scorer=CannedScorer,
                        rules={"stale_source": RULES.load("stale_source")(RULES.options("stale_source")())},
                        receivers=[Receiver("desk", notifier, "fa", Severity.P2)], now=clock, timezone=ZoneInfo("Asia/Tehran"),
                        dice=lambda: 0.0)
    yield House(pipeline, clock, news, notifier)
    store.close()


def spans(house: House) -> list[tuple[CoverageState, str | None]]:
    return [(span.state, span.reason) for span in house.pipeline.store.coverage(since=NOON - DAY, until=NOON + 9 * DAY, sources=["news"])]


def posts(house: House, count: int, name: str) -> tuple[Mention, ...]:
    minutes = (house.clock.instant - NOON) / MINUTE
    return tuple(a_mention(f"{name}-{number}", minutes=minutes + number / 60) for number in range(count))


class TestPace:
    def test_the_scheduler_calls_often_and_the_source_is_read_at_its_interval(self, house: House) -> None:
        house.read(Batch(posts(house, 1, "a"), shown=20))
        read_at = house.live(HOUR)
        assert [(at - house.clock.instant + HOUR) / MINUTE for at in read_at] == [15, 30, 45, 60]

    @pytest.mark.parametrize("wish", [Batch(shown=20, min_interval=115 * DAY), CollectError("news", "busy; wait", retry_after=115 * DAY)])
    def test_a_source_that_wants_to_be_left_alone_for_months_is_asked_again_tomorrow(self, house: House, wish: Batch | CollectError) -> None:
        house.read(wish)
        assert [(at - NOON) / HOUR for at in house.live(25 * HOUR)][0] == 24.25

    def test_a_busy_source_is_read_faster_down_to_the_floor_and_a_quiet_one_slower_up_to_the_ceiling(self, house: House) -> None:
        house.read()
        for turn in range(4):
            house.read(Batch(posts(house, 20, f"busy{turn}"), shown=20), after=house.state.interval or HOUR)
        assert house.state.interval == 3 * MINUTE == house.source.pace.floor
        house.live(10 * HOUR)
        assert house.state.interval == 30 * MINUTE == house.source.pace.ceiling

    def test_lost_items_are_partial_coverage_and_a_faster_pace(self, house: House) -> None:
        house.read()
        house.read(Batch(posts(house, 20, "flood"), shown=20, overflow=True))
        assert spans(house)[-1] == (CoverageState.PARTIAL, "items were lost between two readings; now read every 4m")
        assert house.state.next_at == house.clock.instant + 15 * MINUTE / 4

    def test_what_the_source_asks_for_wins_over_its_storm(self, house: House) -> None:
        house.read()
        house.read(Batch(posts(house, 20, "flood"), shown=20, overflow=True, min_interval=40 * MINUTE))
        assert house.live(HOUR)[0] == NOON + 70 * MINUTE

    def test_a_throttled_source_says_until_when(self, house: House) -> None:
        house.read()
        house.read(CollectError("news", "HTTP 429; slow down", retry_after=5 * HOUR))
        assert spans(house)[-1] == (CoverageState.LOST, "HTTP 429; slow down; throttled until 2026-11-20 14:00 UTC")
        assert house.state.error == "HTTP 429; slow down" and house.state.retry_at == house.clock.instant + 5 * HOUR
        assert house.live(4.9 * HOUR) == [] and not house.pipeline.allowed(house.source)

    def test_time_in_which_we_waited_as_we_were_told_is_lost_and_not_unknown(self, house: House) -> None:
        house.read()
        house.read(CollectError("news", "HTTP 429; slow down", retry_after=5 * HOUR))
        house.read(CollectError("news", "HTTP 500; down"), after=5 * HOUR)
        found = house.pipeline.store.coverage_hours(since=NOON + 15 * MINUTE, until=house.clock.instant, sources=["news"])["news"]
        assert (found.lost, found.unknown) == (5.25 * HOUR, timedelta(0))

    def test_an_error_never_lets_a_source_be_read_below_its_floor(self, house: House) -> None:
        house.read(CollectError("news", "HTTP 429; slow down", retry_after=timedelta(seconds=1)))
        assert house.state.next_at == house.clock.instant + 3 * MINUTE

    def test_a_time_far_ahead_was_written_by_a_wrong_clock_and_does_not_count(self, house: House) -> None:
        present = house.clock.instant
        house.read(after=400 * DAY)
        house.clock.instant = present
        assert house.pipeline.due(house.source)

    def test_an_interval_that_was_made_shorter_holds_at_once(self, house: House) -> None:
        house.pipeline.sources = [replace(house.source, interval=DAY, stale_after=9 * DAY)]
        house.read()
        house.pipeline.sources = [replace(house.source, interval=15 * MINUTE, stale_after=2 * HOUR)]
        assert house.pipeline.due(house.source)

    def test_a_source_read_every_other_day_is_not_taken_for_one_with_a_wrong_clock(self, house: House) -> None:
        house.pipeline.sources = [replace(house.source, interval=2 * DAY, stale_after=9 * DAY)]
        house.read()
        assert house.live(DAY) == []

    def test_the_pace_is_kept_across_a_restart(self, house: House) -> None:
        house.read()
        house.read(Batch(posts(house, 20, "flood"), shown=20, overflow=True))
        again = replace(house.pipeline, _failures={})
        assert not again.due(house.source)
        house.clock.forward(minutes=4)
        assert again.due(house.source)

    @pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
    def test_jitter_brings_a_reading_forward_by_a_tenth_at_most(self, house: House, chance: float) -> None:
        house.pipeline.dice = lambda: chance
        house.read()
        assert house.state.next_at
        assert 13.5 * MINUTE <= house.state.next_at - house.clock.instant <= 15 * MINUTE


class TestSuspect:
    def test_an_empty_answer_of_a_source_that_never_was_empty_is_silence(self, house: House) -> None:
        house.read(*[Batch(posts(house, 1, "a"), shown=20)] * 10)
        assert house.pipeline.detect() == []
        house.read(Batch(shown=0))
        state, reason = spans(house)[-1]
        assert state is CoverageState.PARTIAL and reason and reason.startswith("suspect: ")
        assert house.state.suspect_since == house.clock.instant and house.state.failing_since is None
        assert house.pipeline.store.alerts() == []  # not at once
        since = house.clock.instant
        house.news.batches += [Batch(shown=0)] * 99
        house.live(2.5 * HOUR)
        [alert] = house.pipeline.store.alerts(subject="news")
        assert alert.rule == "stale_source" and alert.why["reason"].startswith("suspect: ")
        assert since - 20 * MINUTE <= alert.starts_at <= since
        house.news.batches = [Batch(posts(house, 1, "back"), shown=20)]
        house.live(HOUR + 10 * MINUTE)
        assert house.state.suspect_since is None and spans(house)[-1][0] is CoverageState.OK
        assert not house.pipeline.store.alerts(subject="news", open_only=True)

    def test_an_empty_last_page_is_no_empty_answer(self, house: House) -> None:
        house.read(*[Batch(shown=20)] * 10)
        house.clock.forward(minutes=15)
        house.news.batches += [Batch(posts(house, 3, "p"), shown=20, complete=False), Batch(shown=0)]
        house.pipeline.collect(house.source)
        assert house.state.suspect_since is None and house.state.readings == 11


class TestGrowth:
    def grown(self, house: House, id: str, likes: int, **more: object) -> Mention:
        return replace(a_mention(id, minutes=-1, engagement=Engagement(house.clock.instant, likes=likes)), **more)  # type: ignore[arg-type]

    def test_recent_mentions_are_looked_at_again_and_their_reach_grows_with_them(self, house: House) -> None:
        house.read(Batch((a_mention("1", minutes=-1, engagement=Engagement(NOON, likes=1, views=5)),)), after=timedelta(0))
        before = house.pipeline.store.by_keys([MentionKey("rss", "1")])[0]
        house.clock.instant = NOON + 15 * MINUTE
        house.news.now["1"] = replace(self.grown(house, "1", 70), engagement=Engagement(house.clock.instant, likes=70, views=90_000))
        assert house.pipeline.refresh(house.source).changed == 1
        after = house.pipeline.store.by_keys([MentionKey("rss", "1")])[0]
        assert before.reach and after.reach and after.reach.low == 90_000 > before.reach.low
        assert [one.likes for one in house.pipeline.store.engagement(MentionKey("rss", "1"))] == [1, 70]
        assert house.pipeline.refresh(house.source).changed == 0 and len(house.news.asked) == 1

    def test_what_the_second_look_does_not_say_stays_known(self, house: House) -> None:
        house.read(Batch((a_mention("1", minutes=-1, followers=5000, engagement=Engagement(NOON, likes=1, views=50)),)), after=timedelta(0))
        house.clock.instant = NOON + HOUR
        house.news.now["1"] = Mention("rss", "1", "", NOON, engagement=Engagement(house.clock.instant, likes=2))
        house.pipeline.refresh(house.source)
        [found] = house.pipeline.store.by_keys([MentionKey("rss", "1")])
        assert found.mention.text and found.mention.engagement and found.mention.engagement.views == 50
        assert found.mention.author and found.mention.author.followers == 5000 and found.reach and found.reach.high == 5000
        assert house.pipeline.store.revisions(MentionKey("rss", "1")) == []

    def test_a_second_look_that_lost_the_text_or_the_title_wipes_neither(self, house: House) -> None:
        known = replace(a_mention("1", minutes=-1), title="دیجی‌کالا")
        house.read(Batch((known,)), after=timedelta(0))
        for hours, text, title in ((1, "", known.title), (4, known.text, None)):
            house.clock.instant = NOON + hours * HOUR
            house.news.now["1"] = replace(self.grown(house, "1", hours), text=text, title=title)
            house.pipeline.refresh(house.source)
            [found] = house.pipeline.store.by_keys([MentionKey("rss", "1")])
            assert (found.mention.text, found.mention.title) == (known.text, known.title)
        assert house.pipeline.store.revisions(MentionKey("rss", "1")) == []

    def test_an_edit_and_a_deletion_found_on_the_way_are_honoured(self, house: House) -> None:
        house.read(Batch((a_mention("1", minutes=-1), a_mention("2", minutes=-1))), after=timedelta(0))
        house.clock.instant = NOON + HOUR
        house.news.now["1"] = replace(self.grown(house, "1", 2), text="دیجی‌کالا رسید، ممنون", edited_at=NOON + 30 * MINUTE)
        house.news.gone = {"2"}
        house.pipeline.refresh(house.source)
        assert [m.mention.text for m in house.pipeline.store.mentions().items] == ["دیجی‌کالا رسید، ممنون"]

    def test_it_goes_on_for_a_week_at_growing_ages(self, house: House) -> None:
        house.read(Batch((a_mention("1", minutes=0),)), after=timedelta(0))
        looked = []
        while house.clock.instant < NOON + 9 * DAY:
            house.clock.forward(minutes=5)
            before = len(house.news.asked)
            house.pipeline.refresh(house.source)
            looked += [(house.clock.instant - NOON) / HOUR] if len(house.news.asked) > before else []
        assert looked == [0.25, 1, 4, 12, 24, 72, 168]

    def test_a_failure_is_logged_and_loses_no_coverage(self, house: House, caplog: pytest.LogCaptureFixture) -> None:
        house.read(Batch((a_mention("1", minutes=-1),)), after=timedelta(0))
        before, covered = house.state, spans(house)
        house.news.error = CollectError("news", "HTTP 503; the server is busy")
        house.clock.instant = NOON + 20 * MINUTE
        house.pipeline.refresh(house.source)
        assert "HTTP 503" in caplog.text and (house.state, spans(house)) == (before, covered)
        house.pipeline.refresh(house.source)
        assert len(house.news.asked) == 1  # left alone for a while
        house.news.error = None
        house.clock.forward(minutes=20)
        house.pipeline.refresh(house.source)
        assert len(house.news.asked) == 2

    def test_a_mistake_of_ours_is_a_failing_refresh_and_no_more(self, house: House) -> None:
        house.read(Batch((a_mention("1", minutes=-1),)), after=timedelta(0))
        house.news.error = RecursionError("deep")
        house.clock.instant = NOON + 20 * MINUTE
        assert house.pipeline.refresh(house.source) == Committed()

    def test_one_that_can_never_be_read_does_not_hold_up_the_others_for_ever(self, house: House) -> None:
        house.read(Batch((a_mention("poison", minutes=-50),)), after=timedelta(0))
        house.news.error = CollectError("news", "the answer is not whole JSON")
        house.live(DAY)
        assert 3 <= len(house.news.asked) <= 30

    def test_many_are_asked_for_in_batches(self, house: House) -> None:
        house.read(Batch(tuple(a_mention(str(number), minutes=-1) for number in range(120))), after=timedelta(0))
        house.clock.instant = NOON + 20 * MINUTE
        house.pipeline.refresh(house.source)
        assert [len(keys) for keys in house.news.asked] == [50, 50, 20]

    def test_a_throttled_or_paused_source_is_left_alone(self, house: House) -> None:
        house.read(Batch((a_mention("1", minutes=-1),), min_interval=3 * HOUR), after=timedelta(0))
        house.clock.instant = NOON + 20 * MINUTE
        house.pipeline.refresh(house.source)
        house.clock.instant = NOON + 4 * HOUR
        house.pipeline.store.pause_source("news", True)
        house.pipeline.refresh(house.source)
        assert house.news.asked == []


class TestInbox:
    PAYLOAD = json.dumps([{"id": "c1", "text": "مشتری از دیجی‌کالا گله داشت"}, {"id": "c2", "text": "هوا خوب است"}]).encode()

    def test_what_is_pushed_is_stored_at_once_and_only_once(self, house: House) -> None:
        assert house.pipeline.receive("calls", self.PAYLOAD) == Committed(1, 0, 1, 0)
        assert house.pipeline.receive("calls", self.PAYLOAD).new == 0
        assert [m.mention.id for m in house.pipeline.store.mentions(source="calls").items] == ["c1"]
        state = house.pipeline.store.source_state("calls")
        assert state and state.ok_at == NOON and state.mentions == 1

    def test_it_is_heard_while_it_is_open(self, house: House) -> None:
        for _ in range(8):
            house.clock.forward(minutes=15)
            house.pipeline.collect(house.pipeline.sources[1])
            house.pipeline.receive("calls", self.PAYLOAD)
        covered = house.pipeline.store.coverage_hours(since=NOON, until=house.clock.instant, sources=["calls"])["calls"]
        assert covered.ok == 2 * HOUR

    def test_nobody_keeps_what_was_pushed_while_it_was_shut(self, house: House) -> None:
        house.pipeline.collect(house.pipeline.sources[1])
        house.clock.forward(hours=10)
        house.pipeline.receive("calls", self.PAYLOAD)
        covered = house.pipeline.store.coverage_hours(since=NOON, until=house.clock.instant, sources=["calls"])["calls"]
        assert (covered.ok, covered.unknown) == (15 * MINUTE, 9.75 * HOUR)

    def test_what_it_does_not_understand_is_refused_in_words(self, house: House) -> None:
        with pytest.raises(CollectError, match="no JSON; send a list of objects"):
            house.pipeline.receive("calls", b"<xml>")

    @pytest.mark.parametrize("name", ["news", "nowhere"])
    def test_only_an_inbox_receives(self, house: House, name: str) -> None:
        with pytest.raises(CollectError, match="no inbox of this name is configured; known: calls"):
            house.pipeline.receive(name, self.PAYLOAD)

    def test_a_paused_one_refuses(self, house: House) -> None:
        house.pipeline.store.pause_source("calls", True)
        with pytest.raises(CollectError, match="paused"):
            house.pipeline.receive("calls", self.PAYLOAD)


def test_a_backlog_after_a_blackout_stands_where_it_was_published(house: House) -> None:
    house.read()
    for _ in range(12):
        house.read(CollectError("news", "cannot connect; no network"))
    backlog = tuple(a_mention(f"dark-{number}", minutes=20 + 10 * number) for number in range(15))
    house.read(Batch(backlog, shown=20))
    points = house.pipeline.store.points("دیجی‌کالا", since=NOON, until=NOON + DAY)["news"]
    assert sorted(points) == [NOON + timedelta(minutes=20 + 10 * number) for number in range(15)]
    assert all(point.mentions == 1 for point in points.values())
    assert house.pipeline.store.lags(since=NOON, until=NOON + DAY)["news"].median > HOUR  # late, and said to be


def test_a_kill_between_page_and_commit_loses_nothing_and_claims_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.read()
    heard = house.clock.instant
    pages = [Batch(posts(house, 5, "first"), cursor={"page": 1}, shown=5, complete=False), Batch(posts(house, 5, "second"), shown=5)]
    house.news.batches += pages
    house.clock.forward(minutes=15)
    commit, stored = house.pipeline.store.commit_batch, []

    def killed(*given: object, **more: object) -> Committed:
        stored.append(given)
        if len(stored) == 2:
            raise KeyboardInterrupt
        return commit(*given, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(type(house.pipeline.store), "commit_batch", lambda _self, *given, **more: killed(*given, **more))
        with pytest.raises(KeyboardInterrupt):
            house.pipeline.collect(house.source)
    assert house.pipeline.store.cursor("news") == {"page": 1} and house.state.polled_at == heard
    assert house.pipeline.due(house.source)
    house.read(pages[1])
    assert len(house.pipeline.store.mentions().items) == 10
    assert spans(house) == [(CoverageState.OK, None)]
    covered = house.pipeline.store.coverage_hours(since=heard, until=house.clock.instant, sources=["news"])["news"]
    assert covered.ok == house.clock.instant - heard


def test_copies_keep_their_rows_and_know_each_other(house: House) -> None:
    text = "سه روز است که سفارشم از دیجی‌کالا نرسیده و هیچ‌کس جواب نمی‌دهد"
    house.read(Batch((a_mention("1", text), a_mention("2", f"{text} @news https://t.me/news/4", author="mirror"))))
    assert [m.mention.id for m in house.pipeline.store.copies(MentionKey("rss", "1"))] == ["2"]


def again(house: House, setup: str | None = None) -> None:
    """Start the program anew on the same database."""
    house.pipeline = replace(house.pipeline, sources=[replace(house.source, setup=setup or house.source.setup), *house.pipeline.sources[1:]],
                             _failures={}, _refreshing={}, _missed={}, _begun=False)


TOKEN = CollectError("news", "HTTP 401: example.org wants credentials; set or renew the token of this source", permanent=True)


class TestSomebodyMendsIt:
    def test_a_stopped_source_gets_one_try_when_the_program_starts(self, house: House) -> None:
        house.read(TOKEN)
        assert house.state.retry_at == house.clock.instant + 6 * HOUR and not house.pipeline.due(house.source)
        house.clock.forward(minutes=1)
        again(house)
        house.news.batches.append(TOKEN)
        assert house.pipeline.visit(house.source) is TOKEN and house.pipeline.visit(house.source) is None
        again(house)
        assert isinstance(house.pipeline.visit(house.source), Committed) and not house.state.failing_since

    def test_a_source_that_asked_us_to_wait_is_left_alone_over_a_restart(self, house: House) -> None:
        house.read(CollectError("news", "HTTP 429; slow down", retry_after=5 * HOUR))
        again(house)
        assert not house.pipeline.due(house.source)

    def test_a_source_that_was_set_up_in_another_way_begins_anew_but_keeps_its_cursor(self, house: House) -> None:
        again(house, "one")
        for _ in range(6):
            house.read(Batch(posts(house, 5, "a"), shown=20))
        house.read(CollectError("news", "HTTP 404: nothing is at example.org/feed; check the address", retry_after=5 * HOUR))
        cursor, heard = house.pipeline.store.cursor("news"), house.state.ok_at
        again(house, "one")
        assert not house.pipeline.due(house.source) and house.state.readings == 6
        again(house, "two")
        assert house.pipeline.due(house.source)
        state = house.state
        assert (state.retry_at, state.next_at, state.failing_since, state.error, state.permanent, state.first_at) == (None, None, None, None, False, None)
        assert state.habit == Habit() and state.ok_at == heard and house.pipeline.store.cursor("news") == cursor

    def test_what_somebody_found_right_of_another_kind_is_to_be_looked_at_again(self, house: House) -> None:
        again(house, "one")
        house.read()
        house.pipeline.store.confirm_source("news", "سارا", house.clock.instant)
        again(house, "two")
        assert house.pipeline.due(house.source) and house.state.confirmed_by == "سارا"
        house.pipeline.sources = [replace(house.source, kind="mastodon")]
        again(house, "three")
        assert house.pipeline.due(house.source) and house.state.confirmed_by is None

    def test_a_resumed_source_is_read_at_once_and_its_growth_too(self, house: House) -> None:
        house.read(Batch(posts(house, 1, "a"), shown=20))
        house.news.error = TOKEN
        house.clock.forward(hours=1)
        house.pipeline.refresh(house.source)
        house.read(TOKEN)
        assert not house.pipeline.due(house.source) and house.pipeline.woken() == []
        house.pipeline.store.pause_source("news", True)
        assert house.pipeline.woken() == []
        house.pipeline.store.pause_source("news", False)
        assert house.pipeline.due(house.source) and house.pipeline.woken() == ["news"]
        house.news.error = None
        house.read(after=timedelta(0))
        house.pipeline.refresh(house.source)
        assert len(house.news.asked) == 2 and house.pipeline.woken() == []

    def test_the_time_in_which_a_source_waits_to_be_mended_is_lost_with_the_reason(self, house: House) -> None:
        house.read()
        heard = house.clock.instant
        house.read(TOKEN)
        for _ in range(30):
            house.clock.forward(minutes=10)
            assert house.pipeline.visit(house.source) is None
        found = house.pipeline.store.coverage_hours(since=heard, until=house.clock.instant, sources=["news"])["news"]
        assert (found.lost, found.unknown) == (5.25 * HOUR, timedelta(0))
        assert spans(house)[-1] == (CoverageState.LOST, TOKEN.what) and len(spans(house)) == 2

    def test_the_time_in_which_this_program_slept_or_people_paused_a_stopped_source_stays_unknown(self, house: House) -> None:
        house.read(TOKEN)
        stopped = house.clock.instant
        house.clock.forward(hours=4)
        house.pipeline.visit(house.source)
        house.clock.forward(minutes=10)
        house.pipeline.visit(house.source)
        house.pipeline.store.pause_source("news", True)
        house.clock.forward(minutes=20)
        house.pipeline.visit(house.source)
        found = house.pipeline.store.coverage_hours(since=stopped, until=house.clock.instant, sources=["news"])["news"]
        assert (found.lost, found.unknown) == (10 * MINUTE, 4 * HOUR + 20 * MINUTE)
