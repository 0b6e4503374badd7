"""How the process is: a snapshot, and what ``/healthz`` and ``/metrics`` say of it. Pure; ``listener.web`` serves it.

Names of sources and receivers, counts and times; never an error's text, an address or a secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from listener.pipeline.clock import sentence as clock_sentence

PATIENCE = timedelta(minutes=5)
"""A last pass older than this is a stuck process: passes run every few seconds, and the longest scoring batch is far shorter."""

LOOK_PATIENCE = timedelta(minutes=15)
"""The same for the rules alone: others may go on while nobody watches. Longer, for the first look after a day's downtime is long."""


@dataclass(frozen=True, slots=True)
class SourceHealth:
    name: str
    ok_at: datetime | None  # when it was last read without a failure
    failing_since: datetime | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Beats:
    """The dead man's switch. ``quiet``: nobody is asked, since the rules are not looked at."""

    state: Literal["ok", "failing", "quiet"]
    age: timedelta | None  # since the address outside answered last; None: not since the start
    answered: int  # since the start
    failed: int


@dataclass(frozen=True, slots=True)
class Health:
    """How the process is at ``at``. Counts that nobody kept are ``None`` and do not appear."""

    at: datetime
    last_pass_at: datetime | None  # end of the last pass of any kind; None: none has ended since the start
    started_at: datetime
    sources: Sequence[SourceHealth] = ()
    unscored: int | None = None  # mentions that wait for a score
    scored: int | None = None  # since the start
    scored_per_second: float | None = None  # while scoring, over the last minutes
    deliveries_waiting: int | None = None
    deliveries_sent: int | None = None  # since the start
    deliveries_failed: int | None = None  # attempts, since the start
    open_alerts: int | None = None
    model: str | None = None  # name@revision
    patience: timedelta = field(default=PATIENCE)
    idle: timedelta | None = None  # since the last pass ended (or the start) by a clock that nobody sets
    storage_error: str | None = None  # what the database could not do at the last try; stays off the wire
    heartbeat: Beats | None = None  # None: no address outside is named
    look: timedelta | None = None  # since the rules were last looked at; None: not yet since the start
    clock_off: timedelta | None = None  # by which the machine's clock is ahead of the world (below zero: behind); None: it can be believed
    disabled: Sequence[str] = ()  # receivers that nothing is sent to, until a person enables them

    @property
    def age(self) -> timedelta:
        """Time since the last pass, or since the start where none has ended yet.

        By ``idle`` where it is known: the wall clock may be set back and would call a stuck process well for hours.
        """
        return self.idle if self.idle is not None else max(self.at - (self.last_pass_at or self.started_at), timedelta(0))

    @property
    def well(self) -> bool:
        return self.status == "ok"

    @property
    def status(self) -> str:
        if self.storage_error is not None:
            return "storage"
        if self.clock_off is not None:
            return "clock"
        return "stale" if self.age > self.patience or self.look is not None and self.look > LOOK_PATIENCE else "ok"


def describe(health: Health) -> dict[str, Any]:
    """Return what ``/healthz`` says, as JSON values."""
    return {
        "status": health.status,
        "last_pass_at": health.last_pass_at.isoformat() if health.last_pass_at else None,
        "age_seconds": round(health.age.total_seconds(), 1),
        "patience_seconds": health.patience.total_seconds(),
        "sources": {"all": len(health.sources), "failing": sum(s.failing_since is not None for s in health.sources),
                    "paused": sum(s.paused for s in health.sources)},
        "unscored": health.unscored,
        "deliveries_waiting": health.deliveries_waiting,
        "model": health.model,
        "clock": clock_sentence(health.clock_off) if health.clock_off is not None else None,
        "clock_off_seconds": _seconds(health.clock_off),
        "look_age_seconds": _seconds(health.look),
        "receivers_disabled": len(health.disabled),
        "heartbeat": health.heartbeat.state if health.heartbeat else None,
        "heartbeat_age_seconds": _seconds(health.heartbeat.age) if health.heartbeat else None,
    }


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else round(span.total_seconds(), 1)


def metrics(health: Health) -> bytes:
    """Return the figures in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(health))
    return generate_latest(registry)


class _Figures:
    """A snapshot as Prometheus' client wants it: counted elsewhere, so nothing is kept here."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        health = self._health
        lag = GaugeMetricFamily("goosh_source_lag_seconds", "Time since a source was last read without a failure", labels=["source"])
        failing = GaugeMetricFamily("goosh_source_failing", "1 while a source fails", labels=["source"])
        paused = GaugeMetricFamily("goosh_source_paused", "1 while a person has paused a source", labels=["source"])
        for source in health.sources:
            if source.ok_at is not None:
                lag.add_metric([source.name], max((health.at - source.ok_at).total_seconds(), 0.0))
            failing.add_metric([source.name], float(source.failing_since is not None))
            paused.add_metric([source.name], float(source.paused))
        yield from (lag, failing, paused)

        yield GaugeMetricFamily("goosh_last_pass_age_seconds", "Time since the last pass ended", value=health.age.total_seconds())
        if health.look is not None:
            yield GaugeMetricFamily("goosh_look_age_seconds", "Time since the rules were last looked at", value=health.look.total_seconds())
        yield GaugeMetricFamily("goosh_clock_off_seconds", "How far the machine's clock is ahead of the world, where it is too far to look",
                                value=health.clock_off.total_seconds() if health.clock_off else 0.0)
        yield from self._beats(health.heartbeat)
        disabled = GaugeMetricFamily("goosh_receiver_disabled", "1 for a receiver that nothing is sent to until it is enabled", labels=["receiver"])
        for name in health.disabled:
            disabled.add_metric([name], 1.0)
        yield disabled
        if health.last_pass_at:
            yield GaugeMetricFamily("goosh_last_pass_timestamp_seconds", "When the last pass ended, Unix time",
                                    value=health.last_pass_at.timestamp())
        gauges = (("goosh_mentions_unscored", "Mentions that wait for a score", health.unscored),
                  ("goosh_score_rate", "Mentions scored per second, lately", health.scored_per_second),
                  ("goosh_deliveries_waiting", "Messages that wait to be sent", health.deliveries_waiting),
                  ("goosh_alerts_open", "Alerts that are not resolved", health.open_alerts))
        for name, about, value in gauges:
            if value is not None:
                yield GaugeMetricFamily(name, about, value=float(value))
        counters = (("goosh_mentions_scored", "Mentions scored since the start", health.scored),
                    ("goosh_deliveries_sent", "Messages handed over since the start", health.deliveries_sent),
                    ("goosh_deliveries_failed", "Attempts to hand a message over that failed since the start", health.deliveries_failed))
        for name, about, count in counters:
            if count is not None:
                yield CounterMetricFamily(name, about, value=float(count))
        info = GaugeMetricFamily("goosh_model_info", "The model that scores", labels=["model"])
        if health.model:
            info.add_metric([health.model], 1.0)
        yield info

    def _beats(self, beats: Beats | None) -> Iterator[Metric]:
        if beats is None:
            return
        yield GaugeMetricFamily("goosh_heartbeat_quiet", "1 while nobody outside is asked, since the rules are not looked at",
                                value=float(beats.state == "quiet"))
        if beats.age is not None:
            yield GaugeMetricFamily("goosh_heartbeat_age_seconds", "Time since the address outside answered", value=beats.age.total_seconds())
        yield CounterMetricFamily("goosh_heartbeat_answered", "Heartbeats that the address outside answered since the start", value=beats.answered)
        yield CounterMetricFamily("goosh_heartbeat_failed", "Heartbeats that it did not answer since the start", value=beats.failed)
