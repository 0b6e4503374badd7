"""The course of a story: copies and independent authors apart, an account once, platforms in order, large voices with what they did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts import course
from alerts.spread import State
from listener.types import Label, MentionKey, Reach, StoryMention, Trace

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def told(number: int, minutes: float, *, kind: str = "telegram", author: str | None = "a", copied: bool = False, reach: tuple[int, int, int] | None = None,
         audience: int | None = None, label: Label | None = Label.NEGATIVE, **more: Any) -> StoryMention:
    known = Reach(*reach, "views") if reach else None
    trace = Trace(MentionKey(kind, f"{number:04}"), NOW - timedelta(hours=5) + MINUTE * minutes, author and f"{kind}:{author}", "s", label,
                  more.pop("unsure", False), known.mid if known else 0, more.pop("reshare_of", None), NOW, audience, "story")
    return StoryMention(trace, copied, reach=known, **more)


def test_copies_say_how_far_it_went_and_authors_how_many_it_moved() -> None:
    found = course.of([told(0, 0), *(told(n, n, author=f"bot{n % 3}", copied=True) for n in range(1, 40)), told(50, 50, author="b")], NOW)
    assert (found.mentions, found.copies, found.authors, found.accounts) == (41, 39, 2, 5)
    assert found.first.trace.key.id == "0000" and found.negative == found.scored == 41


def test_an_account_is_reached_once_with_its_largest_mention() -> None:
    found = course.of([told(0, 0, reach=(1, 10, 100)), told(1, 1, reach=(3, 50, 90)), told(2, 2, author="b", reach=(1, 5, 9))], NOW)
    assert found.reach == Reach(4, 55, 109, "views")
    last = course.accumulated([told(0, 0, reach=(1, 10, 100)), told(1, 1, reach=(3, 50, 90)), told(2, 2, author="b", reach=(1, 5, 9))])[-1]
    assert last[1:] == (4, 55, 109)


def test_an_outlet_without_author_is_counted_once_a_day() -> None:
    posts = [told(n, n, author=None, outlet="irna.ir", reach=(5, 5, 5)) for n in range(4)]
    reach = course.of(posts, NOW).reach
    assert reach is not None and reach.mid == 5 and course.of(posts, NOW).authors == 1


def test_what_nobody_knows_the_reach_of_has_none() -> None:
    assert course.of([told(0, 0)], NOW).reach is None and course.accumulated([told(0, 0)]) == []


def test_platforms_stand_in_the_order_in_which_the_story_came_to_them() -> None:
    found = course.of([told(0, 30, kind="rss"), told(1, 0, kind="x"), told(2, 10, kind="telegram"), told(3, 40, kind="x", author="b")], NOW)
    assert [(one.kind, one.mentions, one.accounts) for one in found.jumps] == [("x", 2, 2), ("telegram", 1, 1), ("rss", 1, 1)]


def test_a_large_voice_comes_with_the_hour_before_and_after_it() -> None:
    found = course.of([told(n, n * 10, author=f"u{n}") for n in range(6)] + [told(9, 65, author="big", audience=90_000)]
                      + [told(20 + n, 70 + n, author=f"v{n}") for n in range(12)], NOW)
    assert (found.voices[0].audience, found.voices[0].before, found.voices[0].after) == (90_000, 5, 12)


def test_reshares_are_counted_from_links_and_from_what_the_source_says() -> None:
    found = course.of([told(0, 0, shares=1), *(told(n, n, author=f"u{n}", copied=True, reshare_of="0000") for n in range(1, 4)), told(9, 9, author="z", shares=2)], NOW)
    assert found.reshared == ((MentionKey("telegram", "0000"), 3), (MentionKey("telegram", "0009"), 2))


def test_every_mention_stands_in_one_bar_and_empty_steps_stay() -> None:
    posts = [told(0, 0), told(1, 61, copied=True, unsure=True), told(2, 200)]
    found = course.of(posts, NOW)
    assert sum(bar.own + bar.copies for bar in found.bars) == 3 and sum(bar.unsure for bar in found.bars) == 1
    assert any(not bar.own and not bar.copies for bar in found.bars) and len(found.bars) <= course.BARS + 1
    assert all(later.start - bar.start == found.step for bar, later in zip(found.bars, found.bars[1:], strict=False))


@pytest.mark.parametrize("span", [timedelta(0), timedelta(hours=5), timedelta(days=40), timedelta(days=4_000)])
def test_a_time_line_never_has_too_many_bars(span: timedelta) -> None:
    assert span / course.step_of(span) < course.BARS


def test_too_few_posts_are_too_early_for_a_forecast() -> None:
    assert course.of([told(0, 0)], NOW).spread.state is State.TOO_EARLY


def test_what_is_dated_to_the_day_says_nothing_of_growth() -> None:
    assert course.of([told(n, n, author=f"u{n}", exact=False) for n in range(60)], NOW).spread.posts == 0


def test_what_comes_later_is_not_known_yet() -> None:
    posts = [told(0, 0), told(1, 400, author="b")]
    assert course.of(posts, NOW).mentions == 1
    with pytest.raises(ValueError, match="nobody tells it"):
        course.of(posts, NOW - timedelta(days=1))
