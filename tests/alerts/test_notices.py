"""What those who were told hear of what was done since."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from alerts.notices import notices
from alerts.wording import compose
from listener.types import Alert, AlertState, Delivery, Reason, Severity
from tests.alerts.world import HOUR, SATURDAY

ALERT = Alert("spike", "چابک‌سبد", SATURDAY, SATURDAY + HOUR, 31.0, 3.2, Severity.P2, AlertState.FIRING, (),
              {"seen": 31, "window": 3600}, updated_at=SATURDAY + HOUR)


@pytest.mark.parametrize(("state", "reason", "why", "fa"), [
    (AlertState.ACKNOWLEDGED, Reason.TAKEN, "", "سارا ساعت ۰۵:۳۰ پیگیری را به عهده گرفت؛ کس دیگری خبر نمی‌شود: "),
    (AlertState.HANDLED, Reason.TAKEN, "پروندهٔ ۴۳", "سارا ساعت ۰۵:۳۰ به آن رسیدگی کرد (پروندهٔ ۴۳)؛ کس دیگری خبر نمی‌شود: "),
    (AlertState.HANDLED, Reason.TAKEN, "", "سارا ساعت ۰۵:۳۰ به آن رسیدگی کرد؛ کس دیگری خبر نمی‌شود: "),
    (AlertState.RESOLVED, Reason.RESOLVED, "پول برگشت", "سارا ساعت ۰۵:۳۰ آن را بست (پول برگشت): "),
])
def test_a_notice_says_what_was_done_and_names_the_alert_as_it_stands(state: AlertState, reason: Reason, why: str, fa: str) -> None:
    told = Delivery("k", "ops", compose(ALERT, Reason.FIRST, (), language="fa"), SATURDAY + HOUR, sent_at=SATURDAY + HOUR)
    now = replace(ALERT, state=state, severity=Severity.P1, why={**ALERT.why, "seen": 64})
    (notice,) = notices([told], now, reason, who="سارا", at=SATURDAY + 2 * HOUR, zone=ZoneInfo("Asia/Tehran"), why=why)
    line = notice.message.title.replace("\u2068", "").replace("\u2069", "")
    assert line == f"{fa}بحرانی · چابک‌سبد · ۶۴ شکایت در ۱ ساعت (معمول ۳)"


def a_delivery(reason: Reason = Reason.FIRST, *, due: float = 1, attempts: int = 0, sent: bool = False, cancelled: bool = False) -> Delivery:
    message = compose(replace(ALERT, state=AlertState.RESOLVED) if reason is Reason.RESOLVED else ALERT, reason, (), language="en")
    at = SATURDAY + due * HOUR
    return Delivery(f"k{due}{reason}", "ops", message, at, attempts, at if sent else None, cancelled_at=at if cancelled else None)


def closed(*told: Delivery) -> list[str]:
    """Return the lines that a receiver gets when Sara closes the alert two hours after its beginning."""
    alert = replace(ALERT, state=AlertState.RESOLVED)
    made = notices(told, alert, Reason.RESOLVED, who="Sara", at=SATURDAY + 2 * HOUR, zone=ZoneInfo("Asia/Tehran"), why="paid")
    return [one.message.title.replace("\u2068", "").replace("\u2069", "") for one in made]


LINE = "Sara closed it at 05:30 (paid): Severe · چابک‌سبد · 31 complaints in 1 hour (usually 3)"
UNHEARD = f"The alarm of this may not have reached you. {LINE}"


@pytest.mark.parametrize(("told", "owed"), [
    pytest.param([a_delivery(sent=True, attempts=1)], [LINE], id="it took the alarm"),
    pytest.param([a_delivery(attempts=3)], [UNHEARD], id="it was down: tried, and never confirmed"),
    pytest.param([a_delivery(attempts=3, cancelled=True)], [UNHEARD], id="tried, then cancelled: it may have heard"),
    pytest.param([a_delivery()], [UNHEARD], id="it was disabled or hung: its time had come and nobody tried"),
    pytest.param([a_delivery(due=3)], [], id="its turn had not come"),
    pytest.param([a_delivery(cancelled=True)], [], id="a silence cancelled it untried"),
    pytest.param([a_delivery(cancelled=True), a_delivery(Reason.TAKEN, due=1.5)], [UNHEARD], id="nor did it hear that somebody had it"),
    pytest.param([a_delivery(attempts=1), a_delivery(Reason.TAKEN, due=1.5, sent=True)], [LINE], id="it heard that somebody had it"),
    pytest.param([a_delivery(sent=True), a_delivery(Reason.RESOLVED, due=1.5)], [], id="it is told of the end already"),
    pytest.param([], [], id="nobody was told"),
])
def test_who_is_owed_the_end_and_in_which_words(told: list[Delivery], owed: list[str]) -> None:
    assert closed(*told) == owed
