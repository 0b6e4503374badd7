"""Wires the rooms together from the settings. Holds no logic: what is decided here is only who gets what.

    with open_app(settings) as app:
        app.pipeline.once()
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from alerts.notifiers import NOTIFIERS
from alerts.rules import RULES
from config.settings import Settings, load
from listener.client import Client
from listener.collectors import COLLECTORS
from listener.match import Matcher, parse_query
from listener.pipeline import Pipeline, Receiver, Source
from listener.service import Service
from listener.storage import Store, open_store
from listener.types import Scorer, Severity
from sentiment import SCORERS

if TYPE_CHECKING:
    import subprocess


def system_clock() -> datetime:
    return datetime.now(UTC)


def read_settings(path: Path | None) -> Settings:
    """Return the settings of ``path``, or of the configuration found in the usual places. Raises: ConfigError."""
    return load(path, collectors=COLLECTORS, rules=RULES, notifiers=NOTIFIERS, parse_query=parse_query)


@dataclass(slots=True)
class App:
    settings: Settings
    store: Store
    pipeline: Pipeline
    service: Service
    client: Client

    def close(self) -> None:
        self.client.close()
        self.store.close()

    def __enter__(self) -> App:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_app(settings: Settings, *, now: Callable[[], datetime] = system_clock) -> App:
    """Return the house, wired and ready. Raises: StorageError, ConfigError for a secret that is not set."""
    client = Client()
    store = open_store(settings.database)
    sources = [Source(name=s.name, kind=s.kind, interval=s.interval, stale_after=s.stale_after, about=tuple(s.brands),
                      collector=COLLECTORS.load(s.kind)(s.name, COLLECTORS.options(s.kind)(**s.options), client, now=now))
               for s in settings.sources]
    store.register_sources([(source.name, source.kind) for source in sources])
    pipeline = Pipeline(
        store=store, sources=sources, brands=[brand.name for brand in settings.brands],
        matcher=Matcher(settings.brand_nouns()), scorer=cache(lambda: make_scorer(settings)),
        rules=[RULES.load(r.kind)(RULES.options(r.kind)(**r.options)) for r in settings.rules],
        receivers=[Receiver(r.name, NOTIFIERS.load(r.kind)(r.name, NOTIFIERS.options(r.kind)(**r.options)), r.language,
                            Severity(r.min_severity)) for r in settings.receivers],
        now=now, timezone=settings.zone, board_url=settings.board.link)
    return App(settings, store, pipeline, Service(store, settings, now=now), client)


def make_scorer(settings: Settings) -> Scorer:
    """Return the configured scorer; loading its weights is the costly part. Raises: ScoreError."""
    chosen = settings.score
    scorer: Scorer = SCORERS.load(chosen.kind)(SCORERS.options(chosen.kind)(**chosen.options))
    return scorer
