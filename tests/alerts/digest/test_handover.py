"""The note at a change of shift."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alerts.digest.handover import changes, handover
from alerts.digest.nouns import Fired, Shift
from alerts.digest.periods import shift_at
from alerts.digest.text import brief, text
from alerts.rota import Duty
from listener.types import Alert, AlertState, Severity, Silence

TEHRAN = ZoneInfo("Asia/Tehran")
AT = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)  # 08:00 in Tehran
ROTA = (Duty("سارا", start=time(8), end=time(20)), Duty("علی", start=time(20), end=time(8)))
ALERT = Alert("spike", "اسنپ", AT - timedelta(hours=3), AT - timedelta(hours=3), 31.0, 3.0, Severity.P1, AlertState.ACKNOWLEDGED, acknowledged_by="علی")


def test_a_shift_changes_when_somebody_else_has_the_phone() -> None:
    found = [at.astimezone(TEHRAN).strftime("%d %H:%M") for at in changes(ROTA, AT - timedelta(days=1), AT, TEHRAN)]
    assert found == ["19 20:00", "20 08:00"]
    assert list(changes((Duty("سارا"),), AT - timedelta(days=3), AT, TEHRAN)) == []  # around the clock, alone


def test_the_note_says_what_is_open_silenced_and_who_comes() -> None:
    shift = Shift(shift_at(AT, TEHRAN), AT, ("علی",), ("سارا",), (Fired(ALERT, "بحرانی · اسنپ · ۳۱ شکایت"),), 2, 1,
                  (Silence("اسنپ", "spike", "علی", "کارزار", AT, AT + timedelta(hours=5)),), board="https://board.example")
    said = text(handover(shift, "fa", TEHRAN))
    for part in ("از اکنون: \u2068سارا\u2069", "تا اکنون: \u2068علی\u2069", "بحرانی · اسنپ · ۳۱ شکایت", "با \u2068علی\u2069", "کارزار", "۲ هشدار در این کشیک داده شد، ۱ از آن‌ها باز است",
                 ALERT.fingerprint):
        assert part in said
    english = brief(handover(shift, "en", TEHRAN))
    assert any("On duty from now" in line for line in english)


def test_nothing_open_is_said_too_and_nobody_on_duty_is_shouted() -> None:
    note = handover(Shift(shift_at(AT, TEHRAN), AT, (), ()), "en", TEHRAN)
    assert note.short and "No alert is open." in text(note) and "Nobody is on duty from now." in text(note)
    assert handover(replace(Shift(shift_at(AT, TEHRAN), AT, (), ()), fired=3), "en", TEHRAN).sections[1].notes[0].text == (
        "3 alerts were raised in this shift, 0 of them open.")
