"""Wires the rooms together from the settings. Holds no logic: what is decided here is only who gets what.

    with open_app(settings) as app:
        app.pipeline.once()
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypedDict
from zoneinfo import ZoneInfo

from alerts import paging, reach
from alerts.engine import Policy
from alerts.notifiers import CASES_ONLY, NOTIFIERS
from alerts.roster import Roster, stand
from alerts.rota import Duty, Person
from alerts.rules import RULES
from config.cases import SHORTEST_TOKEN
from config.secrets import secrets_in
from config.settings import DAYS, Settings, SourceSettings, load
from listener.calendar import Holidays
from listener.client import Client
from listener.collectors import COLLECTORS
from listener.collectors.files import FileCollector
from listener.collectors.inbox import InboxCollector
from listener.errors import StorageError
from listener.health import Beats, Health, SourceHealth
from listener.heartbeat import Heartbeat
from listener.match import Matcher, parse_query
from listener.pipeline import Pipeline, Receiver, Source
from listener.pipeline.care import Caring
from listener.pipeline.clock import ClockWatch
from listener.pipeline.policy import Policies
from listener.pipeline.topics import called, find_topics
from listener.replies import Replies
from listener.service import Service, screen_pop
from listener.service.clock import CLOCK, CLOCK_RIGHT, HOUSE, clock_wrong
from listener.service.topics import load_scorer as load_scorer  # the command line makes one by it, too
from listener.storage import Committed, Store, open_store, run_lock
from listener.types import Alert, Collector, Ledger, Reason, Rule, Severity
from listener.web import Desk, Inboxes
from sentiment import SCORERS

if TYPE_CHECKING:
    import subprocess

    from config.tables import RuleSettings

log = logging.getLogger("goosh.app")

A_LITTLE, LONG = timedelta(hours=1), timedelta(days=1)  # so far from the last reading a start is looked at twice


class Plan(TypedDict):
    """What the settings say of who is called, as the nouns of ``alerts``."""

    receivers: list[paging.Seat]
    people: list[Person]
    rota: list[Duty]
    hours: paging.Hours
    holidays: Holidays
    zone: ZoneInfo


def system_clock() -> datetime:
    return datetime.now(UTC)


def read_settings(path: Path | None) -> Settings:
    """Return the settings of ``path``, or of the configuration found in the usual places. Raises: ConfigError."""
    return load(path, collectors=COLLECTORS, rules=RULES, notifiers=NOTIFIERS, scorers=SCORERS, parse_query=parse_query)


@dataclass(slots=True)
class App:
    settings: Settings
    store: Store
    pipeline: Pipeline
    service: Service
    client: Client
    now: Callable[[], datetime]
    started_at: datetime
    replies: Replies
    caring: Caring
    heartbeat: Heartbeat | None = None  # None: no address outside is named
    storage_error: str | None = None  # what the database could not do at the last try
    gone: bool = False  # the database is no longer there: nothing is written, and the process ends
    inbox_errors: dict[str, tuple[datetime, str]] = field(default_factory=dict)  # pushes that could not be stored; reading clears none

    def run_lock(self) -> AbstractContextManager[None]:
        """Hold the database for one running process. Raises: StorageError when another one does."""
        return run_lock(self.settings.database)

    def start_board(self, *, now: Path | None = None) -> subprocess.Popen[bytes]:
        """Start the board as a process of its own, which reads the same settings and database.

        ``now``: a file that holds the instant it looks from, for scenarios; without, the machine's clock.
        """
        from dashboard.serve import serve  # the one door to the board: it only starts a process

        return serve(self.settings, now=now)

    def keep_house(self) -> None:
        """Delete what is older than the settings allow."""
        if self.clock.holds:
            return
        kept = self.settings.retention
        deleted = self.store.apply_retention(now=self.now(), mentions_for=kept.mentions, raw_for=kept.raw)
        log.info("retention: %s", ", ".join(f"{noun} {count}" for noun, count in deleted.items()) or "nothing to delete")

    def find_topics(self) -> None:
        """Give new complaints their topics."""
        if self.clock.holds:
            return
        find_topics(self.store, called(self.settings.brands), now=self.now())

    def write_digests(self) -> None:
        """Put the digests that have fallen due into the outbox."""
        if self.clock.holds:
            return
        if written := self.service.write_digests():
            log.info("digests: %d messages written", written)

    def care(self) -> None:
        """Look after cases and promises."""
        if not self.clock.holds:
            self.caring.look()

    @property
    def clock(self) -> ClockWatch:
        return self.pipeline.clock

    def doubt_clock(self) -> None:
        """At a start: where the clock is before what is stored, or long after it, the rules wait a little for a host to tell the time."""
        newest = max((state.ok_at for state in self.store.source_states() if state.ok_at), default=None)
        if newest is not None and not newest - A_LITTLE <= self.now() <= newest + LONG:
            self.clock.doubt()

    def health(self) -> Health:
        """Return how this process is, for ``/healthz`` and ``/metrics``; where the database does not answer, that."""
        try:
            return self._health()
        except StorageError as error:
            done = self.pipeline.counters
            return Health(at=self.now(), last_pass_at=done.last_pass_at, started_at=self.started_at, idle=done.idle, storage_error=str(error),
                          clock_off=self.clock.off())

    def _health(self) -> Health:
        done, states = self.pipeline.counters, self.store.source_states()
        shut = [failed[1] for s in states if (failed := self.inbox_errors.get(s.name)) and (not s.ok_at or s.ok_at < failed[0])]
        return Health(
            at=self.now(), last_pass_at=done.last_pass_at, started_at=self.started_at, idle=done.idle,
            storage_error=self.storage_error or next(iter(shut), None),
            sources=[SourceHealth(s.name, s.ok_at, s.failing_since, s.paused) for s in states],
            unscored=self.store.unscored(), scored=done.scored, scored_per_second=done.scored_per_second,
            deliveries_waiting=self.store.pending_deliveries(), deliveries_sent=done.sent, deliveries_failed=done.failed,
            open_alerts=self.store.open_alerts(), model=done.model,
            heartbeat=_beats(self.heartbeat), look=done.look_age, clock_off=self.clock.off(), disabled=[one.name for one in self.store.receivers() if one.disabled_at])

    def inboxes(self) -> Inboxes:
        """Return what the web server needs to take pushed payloads."""
        return Inboxes(self._tokens, self._receive)

    def desk(self) -> Desk:
        """Return what the web server needs to say who calls."""
        care = self.settings.care
        if care.who_env and care.who_token is None:
            log.warning("/who is off: the token in %s is not set, or has fewer than %d characters; set it to a long random text",
                        care.who_env, SHORTEST_TOKEN)
        return Desk(lambda: care.who_token, partial(screen_pop.who, self.service))

    def _receive(self, name: str, payload: bytes) -> Committed:
        try:
            done = self.pipeline.receive(name, payload)
        except StorageError as error:
            self.inbox_errors[name] = self.now(), str(error)
            raise
        self.inbox_errors.pop(name, None)
        return done

    def _tokens(self) -> dict[str, str]:
        return {source.name: token for source in self.pipeline.sources
                if isinstance(source.collector, InboxCollector) and (token := source.collector.token())}

    def close(self) -> None:
        self.replies.close()
        self.client.close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _beats(heart: Heartbeat | None) -> Beats | None:
    return None if heart is None else Beats(heart.state, heart.age, heart.answered, heart.failed)


def open_app(settings: Settings, *, now: Callable[[], datetime] | None = None) -> App:
    """Return the house, wired and ready. Raises: StorageError, ConfigError for a secret that is not set.

    Opening it stores nothing: the pipeline makes its sources known when it reads the first of them. ``now``: a clock that the
    caller brings, and that is believed; without, the machine's, which is judged by what the hosts say.
    """
    store = open_store(settings.database)
    client = make_client(settings, store)
    hosts, now = None if now else client.world, now or system_clock
    clock = ClockWatch(hosts, tell=partial(_tell_clock, store, now))
    sources = [Source(name=s.name, kind=s.kind, interval=s.interval, stale_after=s.stale_after, about=s.brands, language=s.language,
                      min_interval=s.min_interval, max_interval=s.max_interval, setup=setup_of(settings, s),
                      collector=collector_of(settings, s, client, now))
               for s in settings.sources if not s.paused]
    pipeline = Pipeline(
        store=store, sources=sources, brands=watched_brands(settings),
        matcher=Matcher(settings.brand_nouns()), scorer=cache(lambda: load_scorer(settings)),
        aspects={each.name: each.names() for each in settings.aspects},
        rules=rules_of(settings.rules),
        receivers=[Receiver(r.name, NOTIFIERS.load(r.kind)(r.name, NOTIFIERS.options(r.kind)(**r.options)), r.language,
                            Severity(r.min_severity), r.kind in CASES_ONLY) for r in settings.receivers],
        now=now, clock=clock, timezone=settings.zone, board_url=settings.board.link, calls=partial(call_people, settings),
        holidays=settings.holidays, table=replace(reach.DEFAULT, audience={**reach.DEFAULT.audience, **settings.reach.audience}),
        policy=Policies(store, {r.name: r.enabled for r in settings.rules}, policy_of(settings), now))
    service = Service(store, settings, now=partial(_world_time, now, clock))  # what people do here bears it, whatever the machine's clock says
    pipeline.dress, pipeline.placed = service.dressed, service.handed_over
    return App(settings, store, pipeline, service, client, now, now(), Replies(service, pipeline.receivers), Caring(service),
               heartbeat=make_heartbeat(settings, client, held=lambda: clock.holds))


def _tell_clock(store: Store, now: Callable[[], datetime], off: timedelta | None) -> None:
    """Write down, by the time of the world, that the clock went wrong or is right again: the board is another process."""
    at = now() - (off or timedelta(0))
    store.log(HOUSE, clock_wrong(off) if off is not None else CLOCK_RIGHT, CLOCK, at)


def _world_time(now: Callable[[], datetime], clock: ClockWatch) -> datetime:
    return now() - (clock.off() or timedelta(0))


def collector_of(settings: Settings, source: SourceSettings, client: Client, now: Callable[[], datetime]) -> Collector:
    """Return who reads a source; what reads rows of customers gets the key their phones and e-mails are hashed with."""
    made: Collector = COLLECTORS.load(source.kind)(source.name, COLLECTORS.options(source.kind)(**source.options),
                                                   client.through(settings.proxy_of(source)), now=now)
    if isinstance(made, FileCollector | InboxCollector):
        made.contact_key = settings.care.contact_key
    return made


def rules_of(configured: Iterable[RuleSettings]) -> dict[str, Rule]:
    """Return the rules that tables of the settings describe, by name."""
    return {rule.name: RULES.load(rule.kind)(RULES.options(rule.kind)(**rule.options)) for rule in configured}


def watched_brands(settings: Settings) -> list[str]:
    """Return the brands that rules watch: ours, and peers that share a sector with one of ours."""
    peers = policy_of(settings).peers
    return [brand.name for brand in settings.brands if not brand.peer or brand.name in peers]


def policy_now(settings: Settings, store: Store) -> Policy:
    """Return what shapes alerts at this moment: the settings, and what people and precision made of them."""
    return Policies(store, {rule.name: rule.enabled for rule in settings.rules}, policy_of(settings), system_clock)()


def policy_of(settings: Settings) -> Policy:
    """Return what the settings say of alerts besides the rules. Peers are watched where a brand of ours is in their sector."""
    ours = {b.sector for b in settings.brands if b.sector and not b.peer}
    return Policy(peers=frozenset(b.name for b in settings.brands if b.peer and b.sector in ours),
                  sectors={b.name: b.sector for b in settings.brands if b.sector}, campaigns=settings.campaign_nouns())


def call_people(settings: Settings, alert: Alert, reason: Reason, at: datetime) -> list[paging.Call]:
    """Return who is told of an alert and when, as the settings plan it."""
    hours = settings.paging
    return paging.plan(alert, reason, at=at, patience={Severity.P1: hours.escalate_P1, Severity.P2: hours.escalate_P2}, **_plan(settings))


def roster(settings: Settings, at: datetime) -> Roster:
    """Return how the plan of the settings stands at ``at``: who is on duty, who is next, and its holes."""
    return stand(at=at, **_plan(settings))


def _plan(settings: Settings) -> Plan:
    hours = settings.paging
    return {"receivers": [paging.Seat(r.name, Severity(r.min_severity)) for r in settings.receivers if r.kind not in CASES_ONLY],
            "people": [Person(p.name, p.receivers, p.role) for p in settings.people],
            "rota": [Duty(d.person, frozenset(DAYS.index(day) for day in d.days), d.start, d.end) for d in settings.rota],
            "hours": paging.Hours(hours.day, hours.day_off, rest=hours.quiet_days_off), "holidays": settings.holidays, "zone": settings.zone}


def setup_of(settings: Settings, source: SourceSettings) -> str:
    """Return a mark that changes with what a source is asked for and how: kind, options, proxy, which of its secrets are set.

    It stands in the database, so of a secret it holds only that its variable is set: a value could be guessed from its hash.
    """
    routed = source if source.proxy is not None or source.proxy_env is not None else settings.client
    asked = secrets_in({"proxy_env": routed.proxy_env, **source.options}, "")
    there = sorted({secret.variable for secret in asked if os.environ.get(secret.variable)})
    told = json.dumps([source.kind, source.options, routed.proxy, routed.proxy_env, there], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def make_client(settings: Settings, ledger: Ledger) -> Client:
    """Return the one HTTP client; private networks are refused but for those the settings allow. ``ledger`` outlives it."""
    return Client(allow_networks=settings.client.allow, contact=settings.client.contact, ledger=ledger)


def make_heartbeat(settings: Settings, client: Client, *, held: Callable[[], bool] = lambda: False) -> Heartbeat | None:
    """Return the dead man's switch; None where no address is named, or the variable that should hold it is not set.

    ``held`` says whether the rules have to wait, as long as the clock cannot be believed.
    """
    said = settings.heartbeat
    if said.url_env is None or not (url := os.environ.get(said.url_env, "").strip()):
        return None
    return Heartbeat(client.through(settings.proxy_of(said)), url, variable=said.url_env, every=said.every, method=said.method,
                     held=held)
