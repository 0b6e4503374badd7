"""The picker of days: months of the language's own calendar, Saturday first; what is typed is read in either calendar."""

from __future__ import annotations

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

TODAY = date(2026, 11, 22)  # 1 Azar 1405, a Sunday


def board(language: str = "fa", *, one: bool = True) -> AppTest:
    def script(language: str, one: bool) -> None:
        from datetime import UTC, date, datetime
        from zoneinfo import ZoneInfo

        import streamlit as st

        from dashboard import dates
        from dashboard.pen import Pen

        pen = Pen(language, ZoneInfo("Asia/Tehran"), datetime(2026, 11, 22, 8, tzinfo=UTC))
        least, most = date(2026, 9, 1), date(2026, 11, 22)
        if one:
            st.text(dates.day(pen, "روز", key="d", value=st.session_state.get("asked", most), earliest=least, latest=most).isoformat())
        else:
            first, last = dates.span(pen, key="s", value=(date(2026, 11, 1), most), latest=most)
            st.text(f"{first} {last}")

    made = AppTest.from_function(script, kwargs={"language": language, "one": one}, default_timeout=20).run()
    assert not made.exception
    return made


def opened(made: AppTest, key: str = "d") -> AppTest:
    made.session_state[f"{key}_open"] = True
    made.run()
    assert not made.exception
    return made


def chosen(made: AppTest) -> str:
    return str(made.text[0].value)


def cells(made: AppTest) -> list[str]:
    return [button.label for button in made.button if button.key and button.key.startswith("d_20")]


def test_a_persian_month_is_drawn_in_its_own_days_with_the_gregorian_ones_beside() -> None:
    made = opened(board())
    assert len(cells(made)) == 30 and cells(made)[0] == "۱ :small[22]"  # Azar has 30 days and began on 22 November
    assert made.selectbox(key="d_to_month").value == 9 and made.selectbox(key="d_to_year").value == 1405
    assert any("st-key" not in html.proto.body and "<abbr" in html.proto.body and html.proto.body.index("شنبه") < html.proto.body.index("جمعه") for html in made.get("html"))


def test_an_english_month_is_gregorian_with_the_jalali_days_beside() -> None:
    made = opened(board("en"))
    assert len(cells(made)) == 30 and cells(made)[21] == "22 :small[1]" and made.selectbox(key="d_to_year").value == 2026


def test_no_month_is_drawn_while_the_picker_is_closed() -> None:
    assert cells(board()) == []


def test_a_click_chooses_the_day_and_closes_the_picker() -> None:
    made = opened(board())
    made.button(key="d_before").click().run()
    made.button(key="d_2026-11-01").click().run()
    assert chosen(made) == "2026-11-01" and made.session_state["d_open"] is False


def test_days_outside_cannot_be_chosen_and_months_outside_not_be_turned_to() -> None:
    made = opened(board())
    assert made.button(key="d_2026-11-23").disabled and not made.button(key="d_2026-11-22").disabled and made.button(key="d_after").disabled


@pytest.mark.parametrize("typed", ["۱۴۰۵/۸/۲۰", "1405/8/20", "2026-11-11", "۲۰ آبان ۱۴۰۵"])
def test_a_day_may_be_typed_in_either_calendar(typed: str) -> None:
    made = opened(board())
    made.text_input(key="d_typed").set_value(typed).run()
    assert chosen(made) == "2026-11-11"


@pytest.mark.parametrize(("typed", "words"), [("دیروز شاید", "خوانده نشد"), ("1404/1/1", "بیرون از بازه")])
def test_what_is_no_day_that_can_be_chosen_is_told(typed: str, words: str) -> None:
    made = opened(board())
    made.text_input(key="d_typed").set_value(typed).run()
    assert chosen(made) == "2026-11-22" and words in made.caption[0].value


def test_another_value_than_last_time_wins_over_what_was_clicked() -> None:
    made = opened(board())
    made.button(key="d_2026-11-22").click().run()
    made.session_state["asked"] = date(2026, 10, 1)
    made.run()
    assert chosen(made) == "2026-10-01"


def test_a_span_is_in_order_and_may_be_a_week() -> None:
    made = board(one=False)
    made.button(key="s_week_before").click().run()
    assert chosen(made) == "2026-11-14 2026-11-20"  # Saturday to Friday
    made.session_state["s_first"] = TODAY
    made.run()
    assert chosen(made) == "2026-11-20 2026-11-22"
