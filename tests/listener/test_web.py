"""The small HTTP side: what a supervisor and Prometheus read, and who may not read it."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from listener.errors import ConfigError, StorageError
from listener.web import Health, SourceHealth, Web, serve

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
WELL = Health(at=NOW, last_pass_at=NOW - timedelta(seconds=30), started_at=NOW - timedelta(hours=3), unscored=12, scored=900,
              scored_per_second=41.5, deliveries_waiting=1, deliveries_sent=7, deliveries_failed=2, open_alerts=1, model="packaged@3",
              sources=(SourceHealth("ایسنا \"fa\"", NOW - timedelta(minutes=4)), SourceHealth("mehr", None, failing_since=NOW),
                       SourceHealth("old", NOW, paused=True)))


class Answer:
    def __init__(self) -> None:
        self.health: Health | Exception = WELL

    def __call__(self) -> Health:
        if isinstance(self.health, Exception):
            raise self.health
        return self.health


@pytest.fixture
def answer() -> Answer:
    return Answer()


@pytest.fixture
def web(answer: Answer) -> Iterator[Web]:
    with serve(answer, port=0) as running:
        yield running


def ask(web: Web, path: str, method: str = "GET", host: str | None = None) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=5)
    try:
        connection.putrequest(method, path, skip_host=True)
        for value in (host if host is not None else f"localhost:{web.port}").split("|"):
            if value:
                connection.putheader("Host", value)
        connection.endheaders()
        reply = connection.getresponse()
        return reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read().decode()
    finally:
        connection.close()


def test_a_living_process_is_well(web: Web) -> None:
    status, headers, body = ask(web, "/healthz")
    assert status == 200
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(body) == {
        "status": "ok", "last_pass_at": "2026-11-22T09:59:30+00:00", "age_seconds": 30.0, "patience_seconds": 300.0,
        "sources": {"all": 3, "failing": 1, "paused": 1}, "unscored": 12, "deliveries_waiting": 1, "model": "packaged@3"}


@pytest.mark.parametrize(("last", "started", "status"), [
    (timedelta(minutes=5), timedelta(hours=1), 200),
    (timedelta(minutes=5, seconds=1), timedelta(hours=1), 503),
    (None, timedelta(minutes=2), 200),
    (None, timedelta(minutes=6), 503),
    (timedelta(seconds=-40), timedelta(hours=1), 200),
], ids=["just in time", "too old", "starting", "started and never passed", "clock set back"])
def test_a_stuck_process_is_not_well(web: Web, answer: Answer, last: timedelta | None, started: timedelta, status: int) -> None:
    answer.health = Health(at=NOW, last_pass_at=NOW - last if last is not None else None, started_at=NOW - started)
    got, _, body = ask(web, "/healthz")
    assert got == status
    assert json.loads(body)["status"] == ("ok" if status == 200 else "stale")


def test_metrics_are_what_prometheus_reads(web: Web) -> None:
    status, headers, body = ask(web, "/metrics")
    assert status == 200 and headers["content-type"].startswith("text/plain; version=")
    samples = {(sample.name, *sample.labels.values()): sample.value
               for family in text_string_to_metric_families(body) for sample in family.samples}
    assert samples == {
        ("goosh_source_lag_seconds", 'ایسنا "fa"'): 240.0, ("goosh_source_lag_seconds", "old"): 0.0,
        ("goosh_source_failing", 'ایسنا "fa"'): 0.0, ("goosh_source_failing", "mehr"): 1.0, ("goosh_source_failing", "old"): 0.0,
        ("goosh_source_paused", 'ایسنا "fa"'): 0.0, ("goosh_source_paused", "mehr"): 0.0, ("goosh_source_paused", "old"): 1.0,
        ("goosh_last_pass_age_seconds",): 30.0, ("goosh_last_pass_timestamp_seconds",): (NOW - timedelta(seconds=30)).timestamp(),
        ("goosh_mentions_unscored",): 12.0, ("goosh_mentions_scored_total",): 900.0, ("goosh_score_rate",): 41.5,
        ("goosh_deliveries_waiting",): 1.0, ("goosh_deliveries_sent_total",): 7.0, ("goosh_deliveries_failed_total",): 2.0,
        ("goosh_alerts_open",): 1.0, ("goosh_model_info", "packaged@3"): 1.0}


def test_what_nobody_counted_is_absent_and_not_zero(web: Web, answer: Answer) -> None:
    answer.health = Health(at=NOW, last_pass_at=NOW, started_at=NOW)
    body = ask(web, "/metrics")[2]
    assert "goosh_mentions_unscored" not in body and "goosh_deliveries" not in body


@pytest.mark.parametrize(("host", "status"), [
    ("localhost", 200), ("127.0.0.1:8502", 200), ("LOCALHOST:99", 200), ("[::1]:8502", 200),
    ("evil.example", 403), ("evil.example:8502", 403), ("127.0.0.1.evil.example", 403), ("localhost.", 403), ("localhost:x", 403),
    ("", 403), ("localhost|evil.example", 403), ("evil.example|localhost", 403)])
def test_only_a_host_header_that_names_this_machine_is_answered(web: Web, host: str, status: int) -> None:
    assert ask(web, "/healthz", host=host)[0] == status


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/", 404), ("GET", "/../etc/passwd", 404), ("GET", "/healthz?x=1", 200), ("GET", "/healthz/", 404),
    ("POST", "/healthz", 501), ("DELETE", "/metrics", 501)])
def test_there_are_two_pages_to_read_and_nothing_to_write(web: Web, method: str, path: str, status: int) -> None:
    assert ask(web, path, method)[0] == status


def test_head_is_answered_without_a_body(web: Web) -> None:
    status, headers, body = ask(web, "/healthz", "HEAD")
    assert status == 200 and int(headers["content-length"]) > 0 and body == ""


def test_the_server_tells_neither_its_version_nor_pythons(web: Web) -> None:
    assert ask(web, "/healthz")[1]["server"] == "goosh"


def test_a_database_that_fails_is_not_well_and_its_reason_stays_in_the_log(web: Web, answer: Answer) -> None:
    answer.health = StorageError("postgresql://db.intern/goosh", "the server cannot be reached")
    status, _, body = ask(web, "/healthz")
    assert status == 503 and json.loads(body) == {"status": "error"}


def test_it_listens_on_this_machine_only(web: Web) -> None:
    assert web._server.server_address[0] == "127.0.0.1"


def test_a_taken_port_is_a_clear_error(web: Web) -> None:
    with pytest.raises(ConfigError, match=rf"web\.port: cannot listen on 127\.0\.0\.1:{web.port} .*choose another port under \[web\]"):
        serve(Answer(), port=web.port)


def test_closing_frees_the_port(answer: Answer) -> None:
    first = serve(answer, port=0)
    first.close()
    with serve(answer, port=first.port) as second:
        assert ask(second, "/healthz")[0] == 200


def test_a_client_that_says_nothing_does_not_hold_the_others(web: Web) -> None:
    with socket.create_connection(("127.0.0.1", web.port)):
        assert ask(web, "/healthz")[0] == 200


def test_a_clock_set_back_does_not_make_a_stuck_process_well(web: Web, answer: Answer) -> None:
    answer.health = replace(WELL, at=NOW - timedelta(hours=5), idle=timedelta(minutes=6))
    status, _, body = ask(web, "/healthz")
    assert (status, json.loads(body)["status"], json.loads(body)["age_seconds"]) == (503, "stale", 360.0)


def test_a_clock_set_ahead_does_not_make_a_working_process_stale(web: Web, answer: Answer) -> None:
    answer.health = replace(WELL, at=NOW + timedelta(hours=5), idle=timedelta(seconds=2))
    assert ask(web, "/healthz")[0] == 200


def test_a_database_that_cannot_be_written_is_not_well_and_its_error_stays_here(web: Web, answer: Answer) -> None:
    answer.health = replace(WELL, storage_error="/data/goosh.sqlite: the disk is full")
    status, _, body = ask(web, "/healthz")
    assert (status, json.loads(body)["status"]) == (503, "storage") and "disk" not in body
