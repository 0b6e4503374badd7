"""Days as people choose them here: a month of the language's own calendar, Saturday first, the other calendar beside each day.

Streamlit's own picker knows Gregorian months in Latin digits and nothing else. This one is made of its buttons, so that tab
and enter work; the day may be typed, too, in either calendar. A month's days are only drawn while the picker is open.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from html import escape

import streamlit as st

from dashboard.pen import Pen
from listener.calendar import DAYS, GREGORIAN_MONTHS, MONTHS, format_day, gregorian, jalali, parse_time, weekday
from listener.words import Language

_DAY = timedelta(days=1)
_BACK, _AHEAD = 10, 1  # years that may be chosen where nobody says how many
QUICK: dict[str, Callable[[date], tuple[date, date]]] = {  # spans up to a day
    "days7": lambda today: (today - 6 * _DAY, today),
    "week": lambda today: (today - weekday(today) * _DAY, today),
    "week_before": lambda today: (today - (weekday(today) + 7) * _DAY, today - (weekday(today) + 1) * _DAY),
    "days30": lambda today: (today - 29 * _DAY, today),
}


def day(pen: Pen, label: str, *, key: str, value: date, earliest: date | None = None, latest: date | None = None, inline: bool = False) -> date:
    """Return the day that is chosen; ``value`` until somebody chooses one. A ``value`` other than last time's wins: a link leads.

    Days before ``earliest`` and after ``latest`` cannot be chosen. ``inline``: the month stands open, for a form that itself
    unfolds; a popover must not hold another.
    """
    if st.session_state.get(f"{key}_given") != value:
        st.session_state[f"{key}_given"], st.session_state[key] = value, value
    chosen: date = min(max(st.session_state[key], earliest or date.min), latest or date.max)
    opened = f"{key}_open"
    if inline:
        st.caption(f"{label}: **{format_day(chosen, pen.language)}**")
        _month(pen, key, chosen, earliest, latest)
        return chosen
    with st.popover(f"{label}: **{_short(pen, chosen)}**", icon=":material/calendar_month:", key=opened, on_change=_show, args=(key, pen.language),
                    help=format_day(chosen, pen.language)) as place:
        if place.open:
            _month(pen, key, chosen, earliest, latest)
    return chosen


def span(pen: Pen, *, key: str, value: tuple[date, date], earliest: date | None = None, latest: date | None = None) -> tuple[date, date]:
    """Return the first and the last day that are chosen, both within the span, in order."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}_span"):
        first = day(pen, pen.say("dates.first"), key=f"{key}_first", value=value[0], earliest=earliest, latest=latest)
        last = day(pen, pen.say("dates.last"), key=f"{key}_last", value=value[1], earliest=earliest, latest=latest)
        today = min(pen.at.astimezone(pen.zone).date(), latest or date.max)
        for name, days in QUICK.items():
            st.button(pen.say(f"dates.{name}"), key=f"{key}_{name}", type="tertiary", on_click=_take_span, args=(key, days(today), earliest))
    return (first, last) if first <= last else (last, first)


def _take_span(key: str, days: tuple[date, date], earliest: date | None) -> None:
    for name, each in zip(("first", "last"), days, strict=True):
        st.session_state[f"{key}_{name}"] = max(each, earliest or date.min)


def _short(pen: Pen, which: date) -> str:
    """Return a day in the language's own calendar, with its year."""
    if pen.language == "en":
        return f"{which.day} {GREGORIAN_MONTHS['en'][which.month - 1][:3]} {which.year}"
    its = jalali(which)
    return pen.digits(f"{its.day} {MONTHS['fa'][its.month - 1]} {its.year}")


# -- one month

def _show(key: str, language: Language) -> None:
    """Begin with the chosen day's month when the picker is opened."""
    st.session_state[f"{key}_month"] = _month_of(st.session_state[key], language)
    st.session_state.pop(f"{key}_refused", None)


def _take(key: str, which: date) -> None:
    st.session_state[key], st.session_state[f"{key}_open"] = which, False


def _turn(key: str, month: tuple[int, int]) -> None:
    st.session_state[f"{key}_month"] = month


def _chose(key: str) -> None:
    st.session_state[f"{key}_month"] = (st.session_state[f"{key}_to_year"], st.session_state[f"{key}_to_month"])


def _typed(key: str, pen: Pen, earliest: date | None, latest: date | None) -> None:
    text = str(st.session_state.get(f"{key}_typed") or "").strip()
    read = parse_time(text, pen.zone) if text else None
    which = read[0].astimezone(pen.zone).date() if read else None
    if which is None:
        st.session_state[f"{key}_refused"] = "dates.unread" if text else None
    elif not (earliest or date.min) <= which <= (latest or date.max):
        st.session_state[f"{key}_refused"] = "dates.outside"
    else:
        st.session_state[f"{key}_typed"] = ""
        _take(key, which)


def _month(pen: Pen, key: str, chosen: date, earliest: date | None, latest: date | None) -> None:
    language = pen.language
    shown = st.session_state.setdefault(f"{key}_month", _month_of(chosen, language))
    least, most = _month_of(earliest, language) if earliest else (shown[0] - _BACK, 1), _month_of(latest, language) if latest else (shown[0] + _AHEAD, 12)
    shown = min(max(shown, least), most)
    year, month = shown
    before, after = _beside(shown, -1), _beside(shown, 1)
    st.session_state[f"{key}_to_year"], st.session_state[f"{key}_to_month"] = year, month
    turn = ("chevron_right", "chevron_left") if language == "fa" else ("chevron_left", "chevron_right")
    with st.container(key=f"month_of_{key}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="xxsmall", key=f"turn_{key}"):
            st.button(" ", key=f"{key}_before", icon=f":material/{turn[0]}:", help=pen.say("dates.earlier"), on_click=_turn, args=(key, before),
                      disabled=before < least)
            st.selectbox(pen.say("dates.month"), range(1, 13), key=f"{key}_to_month", on_change=_chose, args=(key,), width=122,
                         format_func=lambda number: _months(language)[number - 1], label_visibility="collapsed")
            st.selectbox(pen.say("dates.year"), range(least[0], most[0] + 1), key=f"{key}_to_year", on_change=_chose, args=(key,), width=90,
                         format_func=lambda number: pen.digits(str(number)), label_visibility="collapsed")
            st.button(" ", key=f"{key}_after", icon=f":material/{turn[1]}:", help=pen.say("dates.later"), on_click=_turn, args=(key, after),
                      disabled=after > most)
        names = "".join(f'<abbr title="{escape(name)}">{escape(name[:1] if language == "fa" else name[:2])}</abbr>' for name in DAYS[language])
        st.html(f'<div class="g-weekdays" dir="{pen.direction}">{names}</div>')
        first = _first(shown, language)
        with st.container(key=f"days_{weekday(first)}_{key}", gap=None):
            for number in range((_first(after, language) - first).days):
                _cell(pen, key, first + number * _DAY, chosen, earliest, latest)
        st.text_input(pen.say("dates.typed"), key=f"{key}_typed", placeholder=pen.say("dates.typed_hint"), on_change=_typed,
                      args=(key, pen, earliest, latest), max_chars=40)
        if refused := st.session_state.get(f"{key}_refused"):
            st.caption(pen.say(refused))


def _cell(pen: Pen, key: str, which: date, chosen: date, earliest: date | None, latest: date | None) -> None:
    own, other = (jalali(which).day, which.day) if pen.language == "fa" else (which.day, jalali(which).day)
    st.button(f"{pen.digits(str(own))} :small[{other}]", key=f"{key}_{which.isoformat()}", type="primary" if which == chosen else "tertiary",
              help=format_day(which, pen.language), on_click=_take, args=(key, which), width="stretch",
              disabled=not (earliest or date.min) <= which <= (latest or date.max))


def _months(language: Language) -> tuple[str, ...]:
    return MONTHS["fa"] if language == "fa" else GREGORIAN_MONTHS["en"]


def _month_of(which: date, language: Language) -> tuple[int, int]:
    return jalali(which)[:2] if language == "fa" else (which.year, which.month)


def _first(month: tuple[int, int], language: Language) -> date:
    return gregorian(*month, 1) if language == "fa" else date(*month, 1)


def _beside(month: tuple[int, int], step: int) -> tuple[int, int]:
    number = month[0] * 12 + month[1] - 1 + step
    return number // 12, number % 12 + 1
