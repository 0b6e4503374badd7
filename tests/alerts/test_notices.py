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
