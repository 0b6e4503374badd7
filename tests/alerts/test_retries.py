"""When a message is tried again, until when, and what a late one says."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from alerts import retries
from listener.errors import NotifyError
from listener.types import Alert, AlertState, Delivery, Message, Reason, Severity
from tests.alerts.world import DAY, HOUR, SATURDAY

P1, P2, P3 = Severity.P1, Severity.P2, Severity.P3
MINUTE = timedelta(minutes=1)
BUSY = NotifyError("desk", "busy")
ALERT = Alert("spike", "چابک‌سبد", SATURDAY, SATURDAY, 31.0, 3.2, P1, AlertState.FIRING, (), {}, updated_at=SATURDAY)


def again(attempts: int, at: datetime, error: NotifyError = BUSY, severity: Severity | None = None) -> datetime | None:
    return retries.retry_at(attempts, error, key="k", wanted_at=SATURDAY, at=at, severity=severity)


def test_each_pause_is_about_twice_the_last_up_to_an_hour() -> None:
    pauses = [retries.backoff("key", attempts).total_seconds() for attempts in range(1, 15)]
    for attempts, pause in enumerate(pauses, 1):
        assert 0.8 <= pause / min(10 * 2 ** (attempts - 1), 3600) <= 1.2


def test_one_delivery_waits_equally_long_everywhere_and_another_does_not() -> None:
    assert retries.backoff("a", 3) == retries.backoff("a", 3) != retries.backoff("b", 3)


def test_absurd_attempts_do_not_overflow() -> None:
    assert retries.backoff("k", 10**9) <= 1.2 * retries.LONGEST_PAUSE
    assert retries.backoff("k", 0) <= 1.2 * retries.FIRST_PAUSE


@pytest.mark.parametrize(("severity", "pause"), [(P1, timedelta(minutes=5)), (P2, timedelta(hours=1)), (P3, DAY)])
def test_no_wish_of_a_receiver_makes_a_page_wait_longer_than_it_can(severity: Severity, pause: timedelta) -> None:
    assert again(1, SATURDAY, NotifyError("desk", "busy", retry_after=DAY), severity) == SATURDAY + pause


@pytest.mark.parametrize(("wish", "pause"), [(timedelta(minutes=7), timedelta(minutes=7)), (30 * DAY, DAY)])
def test_the_receivers_wish_is_kept_up_to_a_day(wish: timedelta, pause: timedelta) -> None:
    assert again(1, SATURDAY, NotifyError("desk", "busy", retry_after=wish)) == SATURDAY + pause


def test_a_message_is_given_up_a_day_after_it_was_wanted() -> None:
    at, attempts = SATURDAY, 1
    while (after := again(attempts, at)) is not None:
        at, attempts = after, attempts + 1
    assert DAY <= at - SATURDAY <= DAY + 1.2 * HOUR


def test_many_tries_alone_give_nothing_up() -> None:
    assert again(500, SATURDAY + 23 * HOUR) is not None


def test_age_alone_gives_nothing_up_at_the_first_failure() -> None:
    """The machine was off for three days and its network comes up later than we do; or the clock was ahead for a moment."""
    at, attempts = SATURDAY + 3 * DAY, 1
    while (after := again(attempts, at)) is not None:
        at, attempts = after, attempts + 1
    assert attempts == retries.LEAST_TRIES and at - (SATURDAY + 3 * DAY) > HOUR


@pytest.mark.parametrize(("language", "late", "line"), [
    ("fa", 3 * HOUR, "این پیام ۳ ساعت دیر فرستاده شد."),
    ("en", 26 * HOUR, "This message went out 1 day 2 hours late."),
    ("en", 15 * MINUTE, "This message went out 15 minutes late."),
    ("en", 14 * MINUTE, None), ("en", -HOUR, None)])
def test_a_late_message_says_by_how_much(language: str, late: timedelta, line: str | None) -> None:
    message = Message("k", "title", ("why",), language, Reason.FIRST, alert=ALERT)
    assert retries.as_sent(Delivery("k", "ops", message, SATURDAY), SATURDAY + late).lines == ((line, "why") if line else ("why",))


def test_a_message_that_was_put_off_is_as_late_as_when_it_was_wanted_first() -> None:
    message = Message("k", "title", (), "en", Reason.FIRST, alert=ALERT)
    put_off = Delivery("k", "ops", message, SATURDAY + HOUR, attempts=9, first_due_at=SATURDAY)
    assert retries.as_sent(put_off, SATURDAY + HOUR).lines == ("This message went out 1 hour late.",)


def test_an_answer_in_a_chat_does_not_speak_of_itself() -> None:
    message = Message("k", "noted", (), "en", Reason.NONE)
    assert retries.as_sent(Delivery("k", "ops", message, SATURDAY), SATURDAY + DAY) is message
