"""Cached readings. Everything the board knows comes through ``listener.service``; here only how long it is remembered.

Keys hold the place (database and fixed clock), so that one process may show several databases, as tests do.
Results are frozen nouns, so they are kept as they are (``cache_resource``): nothing is pickled for each visitor, and nothing wants a
running server to be imported. An exception is never cached, so a failed reading is tried again on the next run.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from pydantic import BaseModel

from alerts.precision import Precision, measure
from config.settings import Settings, find_config, load
from listener.errors import ListenerError
from listener.match import parse_query
from listener.registry import Registry
from listener.service import (
    MOST_VERDICTS,
    AlertView,
    Alike,
    AuthorView,
    CareCounts,
    CaseFilters,
    CaseView,
    CausesView,
    CustomerView,
    Filters,
    Happening,
    HourPoint,
    MentionsPage,
    NowView,
    ReceiverView,
    Service,
    SourceView,
    TopicView,
    open_service,
)
from listener.text import contacts
from listener.types import Alert, MentionKey, Story
from listener.types.care import Case, Promise

TOPICS = 12  # of a brand, on one page
FRESH = timedelta(seconds=5)  # several viewers, or a viewer's clicks, share one reading

Place = tuple[str, str, str]


class _AnyOptions(BaseModel, extra="allow"):
    """The board opens no source and sends nothing: plugin options are the business of ``goosh check``."""


class _AnyKind(Registry):
    """Accepts every kind, so that the board needs to know no plugin."""

    def __contains__(self, kind: object) -> bool:
        return True

    def options(self, kind: str) -> Any:
        return _AnyOptions


def place() -> Place:
    return os.environ.get("GOOSH_SETTINGS", "") or str(find_config() or ""), os.environ.get("GOOSH_DATABASE", ""), os.environ.get("GOOSH_NOW", "")


def clock() -> datetime:
    """Return now, or the instant ``GOOSH_NOW`` names: how tests and scenarios are looked at.

    ``@FILE`` names a file that holds the instant, for a scenario whose clock moves on.
    """
    told = os.environ.get("GOOSH_NOW")
    if told and told.startswith("@"):
        told = Path(told[1:]).read_text(encoding="ascii")
    return datetime.fromisoformat(told.strip()).astimezone(UTC) if told else datetime.now(UTC)


def live() -> bool:
    """Return whether the board looks from the machine's own clock."""
    return not os.environ.get("GOOSH_NOW")


def refresh() -> timedelta:
    """Return how often a page that is left open reads again; a scenario's days pass in minutes."""
    return timedelta(seconds=20) if live() else timedelta(seconds=5)


@st.cache_resource(show_spinner=False)
def _service(where: Place) -> Service:
    return open_service(read_settings(), now=clock)


def service() -> Service:
    """Return the one door to the data. Raises: ConfigError, StorageError."""
    return _service(place())


def read_settings() -> Settings:
    """Return the settings ``serve`` handed over, or those of the configuration file. Raises: ConfigError."""
    handed = os.environ.get("GOOSH_SETTINGS")
    if handed:
        return Settings.model_validate_json(handed)
    path = os.environ.get("GOOSH_CONFIG")
    return load(Path(path) if path else None, collectors=_AnyKind("collector", {}), rules=_AnyKind("rule", {}),
                notifiers=_AnyKind("notifier", {}), scorers=_AnyKind("scorer", {}), parse_query=parse_query)


@cache
def settings_once() -> Settings:
    """Return the settings as this process met them first, for what stands before the pages. Raises: ConfigError."""
    return read_settings()


def settings_or_none() -> Settings | None:
    try:
        return service().settings
    except ListenerError:
        return None


def forget() -> None:
    """Drop what was read, after somebody changed something."""
    for cached in (_now, _alerts, _alert, _sources, _mentions, _hours, _causes, _like, _topics, _topic, _receivers, _author, _care_counts, _cases, _case, _cases_of, _cases_of_alert, _people_of_alert, _promises, _customer):
        cached.clear()


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=200)
def _now(where: Place, brand: str | None) -> NowView:
    return _service(where).now_view(brand)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=200)
def _alerts(where: Place, brand: str | None, since: datetime | None) -> tuple[Alert, ...]:
    return _service(where).alerts(brand=brand, since=since)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=200)
def _alert(where: Place, fingerprint: str) -> AlertView | None:
    return _service(where).alert(fingerprint)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=50)
def _sources(where: Place) -> tuple[SourceView, ...]:
    return _service(where).sources(details=True)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=200)
def _mentions(where: Place, filters: Filters, older: str | None) -> MentionsPage:
    return _service(where).mentions(filters, older=older)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=200)
def _hours(where: Place, brand: str | None, since: datetime, until: datetime) -> tuple[HourPoint, ...]:
    return _service(where).hourly(brand, since=since, until=until)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=50)
def _causes(where: Place, brand: str | None) -> CausesView:
    return _service(where).causes(brand)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=50)
def _like(where: Place, what: MentionKey | str, brand: str | None, limit: int) -> tuple[Alike, ...]:
    return _service(where).like(what, brand=brand, limit=limit)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=50)
def _topics(where: Place, brand: str | None) -> tuple[TopicView, ...]:
    return _service(where).topics(brand, most=TOPICS)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=100)
def _author(where: Place, name: str) -> AuthorView | None:
    return _service(where).author(name)


def causes(brand: str | None) -> CausesView:
    return _causes(place(), brand)


def like(what: MentionKey | str, brand: str | None, limit: int) -> tuple[Alike, ...]:
    """Return posts that say the same. Raises: ValueError with a sentence for the person; ScoreError."""
    return _like(place(), what, brand, limit)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=10)
def _receivers(where: Place) -> tuple[ReceiverView, ...]:
    return _service(where).receivers()


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=10)
def _clock_off(where: Place) -> timedelta | None:
    return _service(where).clock_off()


def clock_off() -> timedelta | None:
    """Return by how much the machine's clock is ahead of the world (below zero: behind); None: it can be believed."""
    return _clock_off(place())


def receivers() -> tuple[ReceiverView, ...]:
    """Return the configured receivers, and whether messages reach them."""
    return _receivers(place())


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=100)
def _topic(where: Place, brand: str | None, id: str) -> TopicView | None:
    return _service(where).topic(id, brand)


def topic(brand: str | None, id: str) -> TopicView | None:
    """Return the topic of that id, or the one it became part of; None where nothing of it was said lately."""
    return _topic(place(), brand, id)


def topics(brand: str | None) -> tuple[TopicView, ...]:
    """Return what people complain about these days, growing topics first."""
    return _topics(place(), brand)


def author(name: str) -> AuthorView | None:
    return _author(place(), name)


def now(brand: str | None) -> NowView:
    return _now(place(), brand)


def alerts(brand: str | None, days: int) -> tuple[Alert, ...]:
    since = clock().replace(minute=0, second=0, microsecond=0) - timedelta(days=days)
    return _alerts(place(), brand, since)


def alert(fingerprint: str) -> AlertView | None:
    return _alert(place(), fingerprint)


def story(alert: Alert) -> Story | None:
    """Return the story an alert is about, as far as it is known by now; None where it is about none."""
    if alert.story is None:
        return None
    return service().store.stories(alert.subject, [alert.story]).get(alert.story)


def precision(rule: str) -> Precision:
    """Return how the alerts of a rule were judged so far."""
    return measure(service().store.verdicts_of(rule, MOST_VERDICTS))


def sources() -> tuple[SourceView, ...]:
    return _sources(place())


def who_paused(source: str) -> Happening | None:
    """Return who paused a source and when; None where its configuration does."""
    last = next((event for event in service().store.events(subject=source, limit=20) if event.what in ("pause", "resume")), None)
    return Happening(last.at, last.who, last.what) if last is not None and last.what == "pause" else None


def last_received(source: str) -> datetime | None:
    """Return when something about us last came into an inbox; None: nothing yet."""
    return max((view.scored.first_seen_at for view in mentions(Filters(source=source), None).items), default=None)


def mentions(filters: Filters, older: str | None) -> MentionsPage:
    return _mentions(place(), filters, older)


def hours(brand: str | None, since: datetime, until: datetime) -> tuple[HourPoint, ...]:
    return _hours(place(), brand, since, until)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=50)
def _care_counts(where: Place, brand: str | None) -> CareCounts:
    return _service(where).care_counts(brand)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=100)
def _cases(where: Place, filters: CaseFilters, before: int | None, limit: int) -> tuple[Case, ...]:
    return _service(where).cases(filters, before=before, limit=limit)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=100)
def _case(where: Place, number: int) -> CaseView | None:
    return _service(where).case(number)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=50)
def _promises(where: Place, brand: str | None) -> tuple[Promise, ...]:
    return _service(where).promises(brand)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=100)
def _cases_of(where: Place, keys: tuple[MentionKey, ...]) -> dict[MentionKey, Case]:
    return dict(_service(where).cases_of(keys))


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=100)
def _cases_of_alert(where: Place, alert: Alert) -> tuple[Case, ...]:
    return _service(where).cases_of_alert(alert)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=100)
def _people_of_alert(where: Place, alert: Alert) -> dict[str, int]:
    return dict(_service(where).people_of_alert(alert))


def cases_of(keys: tuple[MentionKey, ...]) -> dict[MentionKey, Case]:
    """Return the case of each mention that is in one."""
    return _cases_of(place(), keys)


def cases_of_alert(alert: Alert) -> tuple[Case, ...]:
    return _cases_of_alert(place(), alert)


def people_of_alert(alert: Alert) -> dict[str, int]:
    """Return who wrote an alert's evidence, with how many posts of each."""
    return _people_of_alert(place(), alert)


def care_counts(brand: str | None) -> CareCounts:
    return _care_counts(place(), brand)


def cases(filters: CaseFilters, before: int | None, limit: int) -> tuple[Case, ...]:
    return _cases(place(), filters, before, limit)


def case(number: int) -> CaseView | None:
    return _case(place(), number)


def promises(brand: str | None) -> tuple[Promise, ...]:
    return _promises(place(), brand)


@st.cache_resource(ttl=FRESH, show_spinner=False, max_entries=50)
def _customer(where: Place, name: str) -> CustomerView | None:
    return _service(where).customer(name)


def customer(name: str) -> CustomerView | None:
    """Return the card of the customer an account ("kind:id") belongs to."""
    return _customer(place(), name)


def who(asked: str) -> tuple[str, ...]:
    """Return the accounts somebody may be, by what was typed: a handle or name, a phone, an e-mail. Raises: ValueError without the key."""
    sought = service()
    if contacts.phone(asked) is not None or contacts.email(asked) is not None:
        return sought.who(phone=asked) if contacts.phone(asked) is not None else sought.who(email=asked)
    return sought.who(handle=asked)
