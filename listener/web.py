"""The small HTTP side, for this machine only: ``/healthz`` for a supervisor, ``/metrics`` for Prometheus.

Binds 127.0.0.1 and answers only where the ``Host`` header names this machine, so that a page in somebody's browser cannot
read it through a name of its own that resolves here (DNS rebinding). It shows names of sources, counts and times; never an
error's text, an address or a secret. For scraping from elsewhere put a proxy with a password before it.
"""

from __future__ import annotations

import json
import logging
import os
import socketserver
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from listener.errors import ConfigError, ListenerError

log = logging.getLogger("goosh.web")

ADDRESS = "127.0.0.1"
HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
PATIENCE = timedelta(minutes=5)
"""A last pass older than this is a stuck process: passes run every few seconds, and the longest scoring batch is far shorter."""

SLOWEST_CLIENT = 10  # seconds for one request, so that a client that says nothing does not hold a thread


@dataclass(frozen=True, slots=True)
class SourceHealth:
    name: str
    ok_at: datetime | None  # when it was last read without a failure
    failing_since: datetime | None = None
    paused: bool = False


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
        return "storage" if self.storage_error is not None else "ok" if self.age <= self.patience else "stale"


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
    }


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


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = SLOWEST_CLIENT

    def do_GET(self) -> None:
        if not self._addressed_here():
            self._answer(403, "text/plain", b"this server answers only to the name of its own machine\n")
            return
        page = {"/healthz": self._healthz, "/metrics": self._metrics}.get(self.path.partition("?")[0])
        if page is None:
            self._answer(404, "text/plain", b"not found; try /healthz or /metrics\n")
            return
        try:
            page()
        except ListenerError as error:
            log.error("%s: %s", self.path.partition("?")[0], error)
            self._answer(503, "application/json", b'{"status": "error"}\n')  # the reason is in the log, not on the wire

    do_HEAD = do_GET

    def _healthz(self) -> None:
        health = self.server.snapshot()
        self._answer(200 if health.well else 503, "application/json", json.dumps(describe(health)).encode() + b"\n")

    def _metrics(self) -> None:
        self._answer(200, CONTENT_TYPE_LATEST, metrics(self.server.snapshot()))

    def _addressed_here(self) -> bool:
        """Whether the one ``Host`` header names this machine; the port does not matter (tunnels map it)."""
        hosts = self.headers.get_all("Host") or []
        name, _, port = hosts[0].strip().lower().rpartition(":") if len(hosts) == 1 else ("", "", "")
        return (name in HOSTS and port.isdigit()) or (len(hosts) == 1 and hosts[0].strip().lower() in HOSTS)

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind if "charset" in kind else f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        return "goosh"  # neither our version nor Python's

    def log_message(self, format: str, *args: Any) -> None:
        log.debug("%s", format % args)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # On Windows the option lets two programs share a port, each getting some of the requests.
    allow_reuse_address = os.name != "nt"

    def __init__(self, port: int, snapshot: Callable[[], Health]) -> None:
        self.snapshot = snapshot
        super().__init__((ADDRESS, port), _Handler)

    def server_bind(self) -> None:
        # Not HTTPServer's: it asks the name service for our own name, which hangs where the network is cut.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.exception("a request could not be answered")


class Web:
    """A running server. ``port`` is the one it got, which matters where 0 was asked for."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self.port: int = server.server_address[1]
        self._thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="goosh-web", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(snapshot: Callable[[], Health], *, port: int) -> Web:
    """Start answering in a thread of its own; ``snapshot`` is called for every request, from other threads.

    Raises: ConfigError when the port is taken or not ours to take.
    """
    try:
        return Web(_Server(port, snapshot))
    except OSError as error:
        raise ConfigError("web.port", [("", (f"cannot listen on {ADDRESS}:{port} ({error.strerror or error}); "
                                             "choose another port under [web], or stop the program that has it"))]) from None
