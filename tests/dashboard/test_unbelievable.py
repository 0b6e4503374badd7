"""What the board says where silence is no calm: a clock that cannot be believed, a rule that is blind."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest

from alerts.blindness import Blind
from listener.service.clock import CLOCK, HOUSE, clock_wrong
from listener.storage import Evaluation
from listener.words import Language, say
from tests.dashboard.house import BRAND, NOW, House
from tests.dashboard.test_views import text, visit


@pytest.mark.parametrize(("language", "days"), [("fa", "۷۳۱ روز"), ("en", "731 days")])
def test_a_clock_that_is_years_ahead_is_told_on_now_and_sources(rich: House, language: Language, days: str) -> None:
    rich.store.log(HOUSE, clock_wrong(timedelta(days=731)), CLOCK, NOW + timedelta(hours=1))
    for page in ("now", "sources"):
        said = unescape(text(visit(page, lang=language)))
        assert say("board.clock.ahead", language, span=days) in said and say("board.clock_do", language) in said


@pytest.mark.parametrize(("language", "part"), [("fa", "چیزی نمی‌گوید، چون از"), ("en", "most of what is said was not heard")])
def test_a_rule_that_is_blind_after_a_gap_is_told_on_the_first_page(rich: House, language: Language, part: str) -> None:
    gap = Blind("gap", NOW - timedelta(hours=2), NOW - timedelta(minutes=5), NOW + timedelta(minutes=35))
    rich.store.save_pass([Evaluation("spike", BRAND, {"blind": gap.written()}, NOW)], alerts=[], deliveries=[], at=NOW)
    said = unescape(text(visit("now", lang=language)))
    assert part in said and say("board.blind_rule_do", language) in said
