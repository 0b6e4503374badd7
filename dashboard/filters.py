"""Filters of the mentions page: URL parameters ↔ ``Filters``, and the row of widgets that sets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import streamlit as st

from dashboard import address, dates, reads, session
from dashboard.pen import Pen
from listener.calendar import format_day
from listener.service import Filters
from listener.types import Label

SPANS = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30), "all": None, "days": None}  # "days": those of from and to
LANGUAGES = ("fa", "en", "finglish", "mixed", "ar", "other")
LABELS = (*(label.value for label in Label), "unsure")
NAMES = ("q", "span", "label", "source", "in", "author", "from", "to")
USUAL = timedelta(days=6)  # a week with today
LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the URL asks for. Anything it says that is not a choice counts as not said: a link must always open."""

    q: str | None = None
    span: str = "7d"
    label: str | None = None
    source: str | None = None
    language: str | None = None
    author: str | None = None
    first: date | None = None
    last: date | None = None

    def days(self, today: date) -> tuple[date, date]:
        """Return the first and the last day where days were chosen, in order and not after today."""
        first, last = min(self.first or today - USUAL, today), min(self.last or today, today)
        return (first, last) if first <= last else (last, first)

    def filters(self, brand: str | None, at: datetime, zone: tzinfo = UTC) -> Filters:
        """Return the service's filters; the start stands at a full minute, so that readings are shared. Days are those of ``zone``."""
        span = SPANS[self.span]
        since = None if span is None else at.replace(second=0, microsecond=0) - span
        until = None
        if self.span == "days":
            first, last = self.days(at.astimezone(zone).date())
            since, until = (datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC) for day in (first, last + timedelta(days=1)))
        return Filters(brand=brand, label=Label(self.label) if self.label and self.label != "unsure" else None, source=self.source,
                       language=self.language, unsure=True if self.label == "unsure" else None, text=self.q, author=self.author,
                       since=since, until=until)

    @property
    def narrowed(self) -> bool:
        return any((self.q, self.label, self.source, self.language, self.author))


def read(parameters: Mapping[str, str], sources: tuple[str, ...]) -> Chosen:
    """Return what the URL asks for."""
    def one(name: str, allowed: tuple[str, ...]) -> str | None:
        value = parameters.get(name)
        return value if value in allowed else None

    def day(name: str) -> date | None:
        try:
            return date.fromisoformat(parameters.get(name) or "")
        except ValueError:
            return None

    return Chosen(q=(parameters.get("q") or "").strip()[:LONGEST_SEARCH] or None, span=one("span", tuple(SPANS)) or "7d",
                  label=one("label", LABELS), source=one("source", sources), language=one("in", LANGUAGES),
                  author=(parameters.get("author") or "")[:LONGEST_SEARCH] or None, first=day("from"), last=day("to"))


def note(pen: Pen, parameters: Mapping[str, str], chosen: Chosen) -> None:
    """Note what of the URL ``read`` could not understand, and what stands in its place."""
    today = pen.at.astimezone(pen.zone).date()
    days = chosen.days(today)
    for name, value, shown in (("span", chosen.span, pen.say(f"span_choice.{chosen.span}")), ("label", chosen.label, pen.say("any")),
                               ("source", chosen.source, pen.say("any")), ("in", chosen.language, pen.say("any")),
                               ("from", chosen.first if chosen.first and chosen.first <= today else None, format_day(days[0], pen.language)),
                               ("to", chosen.last, format_day(days[1], pen.language))):
        asked = parameters.get(name)
        if asked and (value is None or (name == "span" and asked != value)) and (name not in ("from", "to") or chosen.span == "days"):
            address.misread(name, asked, shown)


def widgets(pen: Pen, chosen: Chosen, sources: tuple[str, ...]) -> None:
    """Draw the filters. Each change goes into the URL, from which the next run reads."""
    _restore(chosen)
    st.text_input(pen.say("filter.q"), key="f_q", placeholder=pen.say("filter.q_hint"), on_change=_changed, args=("q",), max_chars=LONGEST_SEARCH,
                  icon=":material/search:", type="search")
    with st.container(key="filters"):  # two beside each other on a phone
        first, second, third, fourth = st.columns(4)
        first.selectbox(pen.say("filter.span"), tuple(SPANS), key="f_span", on_change=_changed, args=("span",),
                        format_func=lambda value: pen.say(f"span_choice.{value}"))
        second.selectbox(pen.say("filter.label"), (session.ALL, *LABELS), key="f_label", on_change=_changed, args=("label",),
                         format_func=lambda value: pen.say("any") if value == session.ALL else pen.say(f"label.{value}"))
        third.selectbox(pen.say("filter.source"), (session.ALL, *sources), key="f_source", on_change=_changed, args=("source",),
                        format_func=lambda value: pen.say("any") if value == session.ALL else value)
        fourth.selectbox(pen.say("filter.language"), (session.ALL, *LANGUAGES), key="f_in", on_change=_changed, args=("in",),
                         format_func=lambda value: pen.say("any") if value == session.ALL else pen.say(f"language.{value}"))
    if chosen.span == "days":
        today = pen.at.astimezone(pen.zone).date()
        for name, chose in zip(("from", "to"), dates.span(pen, key="f_days", value=chosen.days(today), latest=today), strict=True):
            if st.query_params.get(name) != chose.isoformat():
                session.choose(name, chose.isoformat())
                session.choose("older", None)
    if chosen.narrowed:
        st.button(pen.say("filter.clear"), on_click=clear, icon=":material/filter_alt_off:", type="tertiary")


def _restore(chosen: Chosen) -> None:
    """The URL leads: a link, or the browser's back button, sets the widgets."""
    wanted = {"f_q": chosen.q or "", "f_span": chosen.span, "f_label": chosen.label or session.ALL,
              "f_source": chosen.source or session.ALL, "f_in": chosen.language or session.ALL}
    for key, value in wanted.items():
        if st.session_state.get(key) != value:
            st.session_state[key] = value


def _changed(name: str) -> None:
    value = str(st.session_state.get(f"f_{name}") or "").strip()
    session.choose(name, value if value not in ("", session.ALL) else None)
    for other in ("older", *(("from", "to") if name == "span" and value != "days" else ())):
        session.choose(other, None)


def clear() -> None:
    for name in (*NAMES, "older"):
        session.choose(name, None)


def source_names() -> tuple[str, ...]:
    return tuple(view.name for view in reads.sources())
