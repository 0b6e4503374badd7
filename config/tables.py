"""What the file may hold, table by table, and ``Settings``: all of it, checked."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, model_validator

from config.aspects import AspectSettings
from config.board import BoardSettings, Role
from config.care import HoursSettings
from config.cases import CareSettings, StaffSettings
from config.digest import DigestSettings
from config.durations import Duration, Span, write_duration
from config.secrets import DIRECT, Secret, proxy_problem, secrets_in
from config.sentences import SettingsError, shown
from config.table import (
    DAYS,
    Clock,
    Day,
    Hours,
    Language,
    Moment,
    Name,
    Network,
    Port,
    Proxy,
    Table,
    Variable,
    known_zone,
)
from listener.calendar import Holidays
from listener.calendar import Hours as WorkingHours
from listener.types import Brand, Campaign, Severity


class BrandSettings(Table):
    """Whom we listen for: one of our own, or a peer we compare with.

    A mention is about it when its name or an alias stands there, or when one of the queries is true. A ``common`` name, an
    ordinary word, does not count by itself.
    """

    name: Name
    aliases: tuple[Name, ...] = ()
    queries: tuple[str, ...] = ()
    exclusions: tuple[Name, ...] = ()
    peer: StrictBool = False
    common: StrictBool = False
    sector: Name | None = None  # brands of one sector that spike together are one incident
    timezone: Annotated[str, BeforeValidator(known_zone)] | None = None  # of its days and digests; None: that of the file


def _linked(link: str) -> str:
    if re.search(r"\s", link) or "." not in link:
        raise ValueError(f"{shown(link)} is no address; write \"example.ir/yalda\"")
    return link


class CampaignSettings(Table):
    """A time in which much is said about a brand because it asked for it: volume is expected then, anger is not.

    An ``end`` without a time of day is that whole day.
    """

    brand: Name
    name: Name
    start: Moment
    end: Moment
    hashtags: tuple[Name, ...] = ()
    links: tuple[Annotated[Name, AfterValidator(_linked)], ...] = ()

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the instants at which it begins and is over."""
        end = self.end if isinstance(self.end, datetime) else self.end + timedelta(days=1)
        start, over = (each if isinstance(each, datetime) else datetime.combine(each, time(0)) for each in (self.start, end))
        return start if start.tzinfo else start.replace(tzinfo=zone), over if over.tzinfo else over.replace(tzinfo=zone)


class _Routed(Table):
    """What may be read through a proxy: its address, or the environment variable that holds it where it carries a password."""

    proxy: Proxy | None = None
    proxy_env: Variable | None = None

    @model_validator(mode="after")
    def _one_proxy(self) -> Self:
        if self.proxy is not None and self.proxy_env is not None:
            raise ValueError("proxy and proxy_env exclude each other; keep one of them")
        return self


class _Paced(Table):
    """How often something is read: at ``interval``, between the floor and the ceiling as what comes demands."""

    interval: Duration
    stale_after: Duration
    min_interval: Duration | None = None
    max_interval: Duration | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        said = {name: span for name in ("min_interval", "interval", "max_interval") if (span := getattr(self, name)) is not None}
        for (low, least), (high, most) in pairwise(said.items()):
            if least > most:
                raise ValueError(f"{low} ({write_duration(least)}) is longer than {high} ({write_duration(most)}); "
                                 "a source is read at interval, and never outside min_interval and max_interval")
        return self


class _Named(Table):
    kind: str
    name: Name


class SourceSettings(_Routed, _Paced, _Named):  # the last one's keys are named first where all are told
    """A configured place we read. Every brand is looked for in it; all of it is about ``brands`` (an own channel, a shop's reviews)."""

    brands: tuple[Name, ...] = ()
    language: str | None = None  # of a source that is written in one language and does not say so
    paused: StrictBool = False
    options: dict[str, Any] = Field(default_factory=dict)  # as the plugin's Options takes them, durations already spans


class RuleSettings(Table):
    """A rule and its options. Several of one kind stand side by side under names of their own: ``spike``, ``spike/volume``."""

    kind: str
    name: Name
    enabled: StrictBool = True  # people switch it at run time, too
    options: dict[str, Any] = Field(default_factory=dict)


class ReceiverSettings(_Named):
    """A configured destination of messages. Language: that of the file unless it says otherwise."""

    language: Language
    min_severity: Severity = Severity.P2
    options: dict[str, Any] = Field(default_factory=dict)


class PersonSettings(Table):
    """Somebody who may be called, and by which receivers. A lead is called when nobody on duty has taken an alert.

    ``board``, ``email`` and ``password_env`` are about the board: what they may do there, and how it knows them.
    """

    name: Name
    receivers: tuple[Name, ...] = ()
    role: Literal["on_call", "lead"] = "on_call"
    board: Role = "on_call"
    email: str | None = None  # as the identity provider names them
    password_env: Variable | None = None  # the variable that holds the hash of their own password


class DutySettings(Table):
    """One line of the week's rota. ``start`` after ``end`` means over midnight; no days means every day."""

    person: Name
    days: tuple[Day, ...] = ()
    start: Clock = time(0)
    end: Clock = time(0)  # equal to start: around the clock


class PagingSettings(Table):
    """When people may be disturbed, and how long one of them is given. Spans of the day that end before they start run over midnight."""

    day: Hours  # P2; P1 disturbs at any hour
    day_off: Hours | None = None  # the same on holidays and at the weekend; None: as on any day
    quiet_days_off: StrictBool = False  # P2 waits for the next working day
    escalate_P1: Duration
    escalate_P2: Duration
    weekend: tuple[Day, ...]
    holidays: str  # "iran", a file of one's own, or empty

    @model_validator(mode="after")
    def _some_day_works(self) -> Self:
        if len(set(self.weekend)) == len(DAYS):
            raise ValueError("weekend holds every day of the week; leave the days out on which somebody works")
        if self.quiet_days_off and self.day_off is not None:
            raise ValueError("day_off and quiet_days_off exclude each other; keep one of them")
        for key, span in (("day", self.day), ("day_off", self.day_off)):
            if span is not None and span[0] == span[1]:
                raise ValueError(f"{key} begins and ends at {span[0]:%H:%M}; write two different times, such as [\"07:00\", \"23:00\"]")
        return self


class HeartbeatSettings(_Routed):
    """An address outside that is asked for while the engine lives, and shouts when it is not: healthchecks.io and the like."""

    url_env: str | None = None  # the address is a secret: whoever knows it can keep it quiet
    every: Duration
    method: Literal["GET", "POST"]


class ReachSettings(Table):
    """How many people an author nothing is known of reaches at most, by kind of source ("*" is any other): laid over the packaged table."""

    audience: dict[str, Annotated[int, Field(ge=0, strict=True)]]


class MouthSettings(Table):
    """How many people one customer tells, by a survey: shown beside the reach and never added to it."""

    satisfied: Annotated[int, Field(ge=0, strict=True)]
    dissatisfied: Annotated[int, Field(ge=0, strict=True)]
    year: Annotated[int, Field(ge=1900, le=2200, strict=True)]
    source: str


class Retention(Table):
    """How long things are kept; ``None`` is for ever."""

    mentions: Span
    raw: Span


class ScoreSettings(Table):
    kind: str
    target_error: float = Field(gt=0, lt=0.5, strict=True)
    options: dict[str, Any] = Field(default_factory=dict)


class WebSettings(Table):
    enabled: StrictBool
    bind: str  # elsewhere than on 127.0.0.1 only the inbox answers others than this machine
    port: Port
    url: str | None = None  # under which others reach it, where a proxy stands before it: for the link that ends a subscription

    @property
    def inbox(self) -> str:
        """The address that other systems send to, as this machine knows it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.bind, f"[{self.bind}]" if ":" in self.bind else self.bind)
        return f"http://{host}:{self.port}/inbox"


class ClientSettings(_Routed):
    """Reading over HTTP. ``allow`` names private networks that sources may lie in; all others are refused.

    A proxy named here is that of every source which names none; ``proxy = "direct"`` is a source's way around it.
    """

    allow: tuple[Network, ...]
    contact: str | None = None  # a mail address or page that the user agent names, so that a site's owner can reach you


class LogSettings(Table):
    level: Literal["debug", "info", "warning", "error"]
    format: Literal["text", "json"]
    file: str  # empty: standard error only


class Defaults(_Paced):
    """How often a source is read that does not say otherwise."""


class Settings(Table):
    """Everything the file says, checked. ``path`` is where it came from, ``None`` for settings made in memory."""

    brands: tuple[BrandSettings, ...]
    sources: tuple[SourceSettings, ...]
    rules: tuple[RuleSettings, ...]
    receivers: tuple[ReceiverSettings, ...]
    people: tuple[PersonSettings, ...]
    rota: tuple[DutySettings, ...]
    campaigns: tuple[CampaignSettings, ...]
    aspects: tuple[AspectSettings, ...]
    digest: tuple[DigestSettings, ...]
    paging: PagingSettings
    hours: HoursSettings
    care: CareSettings
    staff: tuple[StaffSettings, ...]
    heartbeat: HeartbeatSettings
    reach: ReachSettings
    word_of_mouth: MouthSettings
    timezone: Annotated[str, BeforeValidator(known_zone)]
    language: Language
    database: str = Field(repr=False)  # may carry a password when it came from the environment
    retention: Retention
    score: ScoreSettings
    board: BoardSettings
    web: WebSettings
    client: ClientSettings
    log: LogSettings
    path: Path | None = None
    holidays: Holidays = Field(default_factory=Holidays, repr=False)  # of [paging], read; due times that the board moves go by them too

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def zone_of(self, brand: str) -> ZoneInfo:
        """Return the zone of a brand's days: its own, else that of the file."""
        return ZoneInfo(next((b.timezone for b in self.brands if b.name == brand and b.timezone), self.timezone))

    @property
    def working_hours(self) -> WorkingHours:
        """The clock that due times and answer times go by."""
        return self.hours.clock(self.holidays.weekend, self.holidays.days.keys(), self.zone)

    def brand_nouns(self) -> tuple[Brand, ...]:
        """Return the brands as the nouns that rooms work with, in the order of the file."""
        return tuple(Brand(name=b.name, aliases=b.aliases, queries=b.queries, exclusions=b.exclusions, peer=b.peer,
                           common=b.common)
                     for b in self.brands)

    def campaign_nouns(self) -> tuple[Campaign, ...]:
        """Return the campaigns as the nouns that rooms work with, in the order of the file."""
        return tuple(Campaign(c.brand, c.name, *c.span(self.zone), c.hashtags, c.links) for c in self.campaigns)

    def secrets(self) -> tuple[Secret, ...]:
        """Return every place that names an environment variable holding a secret, in the order of the file."""
        found: list[Secret] = []
        for table in ("sources", "rules", "receivers"):
            for index, row in enumerate(getattr(self, table)):
                found += secrets_in({"proxy_env": getattr(row, "proxy_env", None), **row.options}, f"{table}[{index}]")
        for index, person in enumerate(self.people):
            found += secrets_in({"password_env": person.password_env}, f"people[{index}]")
        found += secrets_in(self.score.options, "score")
        found += secrets_in({"proxy_env": self.client.proxy_env}, "client")
        found += secrets_in({"password_env": self.board.password_env}, "board")
        found += secrets_in({"contact_key_env": self.care.contact_key_env, "who_env": self.care.who_env}, "care")
        found += secrets_in({"client_secret_env": self.board.oidc.client_secret_env if self.board.oidc else None}, "board.oidc")
        found += secrets_in({"url_env": self.heartbeat.url_env, "proxy_env": self.heartbeat.proxy_env}, "heartbeat")
        return tuple(found)

    def missing_secrets(self, environment: Mapping[str, str] | None = None) -> tuple[Secret, ...]:
        """Return the secrets whose variable is unset or empty in ``environment`` (default: the process's own)."""
        known = os.environ if environment is None else environment
        return tuple(secret for secret in self.secrets() if not known.get(secret.variable))

    def require_secrets(self, environment: Mapping[str, str] | None = None) -> None:
        """Pass when every secret is there. Raises: ConfigError naming each missing variable and where it is asked for."""
        missing = self.missing_secrets(environment)
        if missing:
            raise SettingsError(self.where, [(path, f"environment variable {variable!r} is not set; set it and start again")
                                             for path, variable in missing], self.names)

    def proxy_of(self, source: _Routed, environment: Mapping[str, str] | None = None) -> str | None:
        """Return the proxy a source is read through, or the heartbeat goes, ``None`` for none: its own, else that of ``[client]``.

        Raises: ConfigError where the variable that should hold it is unset or holds no address of a proxy; never shows it.
        """
        known = os.environ if environment is None else environment
        own = source.proxy is not None or source.proxy_env is not None
        routed: _Routed = source if own else self.client
        if routed.proxy_env is None:
            return None if routed.proxy == DIRECT else routed.proxy
        path = (f"sources[{self.sources.index(source)}].proxy_env" if own and isinstance(source, SourceSettings) and source in self.sources
                else "heartbeat.proxy_env" if own else "client.proxy_env")
        address = known.get(routed.proxy_env, "").strip()
        if address == DIRECT:
            return None
        if not address or (problem := proxy_problem(address)):
            what = f"the address in it {problem}" if address else "it is not set; set it and start again"
            raise SettingsError(self.where, [(path, f"environment variable {routed.proxy_env!r}: {what}")], self.names)
        return address

    @property
    def names(self) -> dict[str, str]:
        """The names of sources and receivers by their key paths, for messages."""
        return {f"{table}[{index}]": row.name for table in ("sources", "receivers") for index, row in enumerate(getattr(self, table))}

    @property
    def where(self) -> str:
        """How messages call these settings: the file's name."""
        return self.path.name if self.path else "settings"
