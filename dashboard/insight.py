"""Cached readings of the pages that explain: stories, peers, before and after, the brief. As ``reads``, which remembers the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import streamlit as st

from alerts.care.lift import Lift
from alerts.care.performance import Performance
from alerts.care.recognition import Praise
from dashboard import reads
from dashboard.reads import Place
from listener.service import (
    Answered,
    BriefView,
    EffectView,
    Moment,
    PeersView,
    PhrasesView,
    RatingsView,
    StormLine,
    StormView,
    StoryLine,
    StoryView,
    WinBackView,
)
from listener.types import Campaign

MONTHLY = timedelta(minutes=2)  # read through a month's posts, or a year's cases
KEPT = timedelta(seconds=15)  # these read more than a page of mentions, and a quarter of a minute changes nothing of what they say


@st.cache_resource(ttl=KEPT, show_spinner=False, max_entries=100)
def _lines(where: Place, brand: str | None, since: datetime, limit: int) -> tuple[StoryLine, ...]:
    return reads._service(where).story_lines(brand, since=since, limit=limit)


@st.cache_resource(ttl=KEPT, show_spinner=False, max_entries=50)
def _story(where: Place, id: str, brand: str | None) -> StoryView | None:
    return reads._service(where).story(id, brand)


@st.cache_resource(ttl=timedelta(minutes=2), show_spinner=False, max_entries=50)
def _peers(where: Place, brand: str | None, against: tuple[str, ...], days: int) -> PeersView | None:
    return reads._service(where).peers(brand, against=against, span=timedelta(days=days))


def peers(brand: str | None, against: tuple[str, ...], days: int) -> PeersView | None:
    return _peers(reads.place(), brand, against, days)


@st.cache_resource(ttl=MONTHLY, show_spinner=False, max_entries=50)
def _phrases(where: Place, brand: str | None) -> PhrasesView:
    return reads._service(where).phrases(brand)


def phrases(brand: str | None) -> PhrasesView:
    return _phrases(reads.place(), brand)


@st.cache_resource(ttl=KEPT, show_spinner=False, max_entries=50)
def _moments(where: Place, brand: str) -> tuple[Moment, ...]:
    return reads._service(where).moments(brand)


@st.cache_resource(ttl=KEPT, show_spinner=False, max_entries=50)
def _effect(where: Place, brand: str, at: datetime, span: timedelta) -> EffectView:
    return reads._service(where).effect(brand, at, span)


@st.cache_resource(ttl=KEPT, show_spinner=False, max_entries=20)
def _answered(where: Place, claim: str, correction: str, brand: str) -> Answered | None:
    return reads._service(where).answered(claim, correction, brand)


def moments(brand: str) -> tuple[Moment, ...]:
    return _moments(reads.place(), brand)


def effect(brand: str, at: datetime, span: timedelta) -> EffectView:
    return _effect(reads.place(), brand, at, span)


def answered(claim: str, correction: str, brand: str) -> Answered | None:
    return _answered(reads.place(), claim, correction, brand)


@st.cache_resource(ttl=KEPT, show_spinner=False, max_entries=20)
def _brief(where: Place, brand: str | None) -> BriefView | None:
    return reads._service(where).brief(brand)


def brief(brand: str | None) -> BriefView | None:
    return _brief(reads.place(), brand)


def story_lines(brand: str | None, since: datetime, limit: int = 20) -> tuple[StoryLine, ...]:
    return _lines(reads.place(), brand, since, limit)


def story(id: str, brand: str | None) -> StoryView | None:
    return _story(reads.place(), id, brand)


@st.cache_resource(ttl=KEPT, show_spinner=False, max_entries=20)
def _storms(where: Place, brand: str | None, since: datetime) -> tuple[StormView, ...]:
    return reads._service(where).storms(brand, since=since)


@st.cache_resource(ttl=KEPT, show_spinner=False, max_entries=20)
def _storm(where: Place, fingerprint: str) -> StormView | None:
    return reads._service(where).storm(fingerprint)


@st.cache_resource(ttl=KEPT, show_spinner=False, max_entries=50)
def _storm_of(where: Place, id: str, brand: str) -> StormLine | None:
    service = reads._service(where)
    view = service.story(id, brand)
    return None if view is None else service.storm_of(view)


def storms(brand: str | None, since: datetime) -> tuple[StormView, ...]:
    return _storms(reads.place(), brand, since)


def storm(fingerprint: str) -> StormView | None:
    return _storm(reads.place(), fingerprint)


def too_many(fingerprint: str) -> int | None:
    """Return how many complaints are joined at most, where an alert has more; else None."""
    return reads.service().too_many(fingerprint)


def storm_of(id: str, brand: str) -> StormLine | None:
    """Return the storm that a story is part of; None: of none."""
    return _storm_of(reads.place(), id, brand)


def campaigns(brand: str | None) -> tuple[Campaign, ...]:
    """Return the campaigns of a brand, or of all our own."""
    return tuple(one for one in reads.service().settings.campaign_nouns() if brand is None or one.brand == brand)


def forget() -> None:
    """Drop what was read, as ``reads.forget`` does."""
    for cached in (_lines, _story, _storms, _storm, _storm_of, _peers, _phrases, _moments, _effect, _answered, _brief):
        cached.clear()


@st.cache_resource(ttl=MONTHLY, show_spinner=False, max_entries=20)
def _praised(where: Place, brand: str, since: datetime, until: datetime) -> tuple[Praise, ...]:
    return reads._service(where).praised(brand, since=since, until=until)


@st.cache_resource(ttl=MONTHLY, show_spinner=False, max_entries=20)
def _win_back(where: Place, brand: str, days: int) -> WinBackView:
    return reads._service(where).win_back(brand, days=days)


@st.cache_resource(ttl=KEPT, show_spinner=False, max_entries=20)
def _handled(where: Place, brand: str, since: datetime, until: datetime) -> tuple[Sequence[Performance], Sequence[Performance]]:
    return reads._service(where).handled(brand, since=since, until=until)


@st.cache_resource(ttl=MONTHLY, show_spinner=False, max_entries=20)
def _ratings(where: Place, brand: str) -> RatingsView:
    return reads._service(where).ratings(brand)


@st.cache_resource(ttl=KEPT, show_spinner=False, max_entries=20)
def _lift(where: Place, brand: str, start: datetime) -> Lift | None:
    service = reads._service(where)
    campaign = service.campaign_at(brand, start)
    return None if campaign is None else service.lift(campaign)


def praised(brand: str, since: datetime, until: datetime) -> tuple[Praise, ...]:
    return _praised(reads.place(), brand, since, until)


def win_back(brand: str, days: int) -> WinBackView:
    return _win_back(reads.place(), brand, days)


def handled(brand: str, since: datetime, until: datetime) -> tuple[Sequence[Performance], Sequence[Performance]]:
    """Return how cases opened in a span were handled, by owner and by unit."""
    return _handled(reads.place(), brand, since, until)


def ratings(brand: str) -> RatingsView:
    return _ratings(reads.place(), brand)


def lift(brand: str, start: datetime) -> Lift | None:
    """Return what the campaign that began then moved; None where none did."""
    return _lift(reads.place(), brand, start)
