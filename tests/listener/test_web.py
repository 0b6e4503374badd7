"""The small HTTP side: what a supervisor and Prometheus read, and who may not read it."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

import listener.web
from listener.collectors.inbox import Refused
from listener.errors import CollectError, ConfigError, StorageError
from listener.health import Beats, Health, SourceHealth
from listener.storage import Committed
from listener.web import LARGEST_PAYLOAD, Inboxes, Web, is_here, serve

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
WELL = Health(at=NOW, last_pass_at=NOW - timedelta(seconds=30), started_at=NOW - timedelta(hours=3), unscored=12, scored=900,
              look=timedelta(seconds=4), heartbeat=Beats("failing", timedelta(seconds=125), 40, 3), disabled=("ops",), scored_per_second=41.5, deliveries_waiting=1, deliveries_sent=7, deliveries_failed=2, open_alerts=1, model="packaged@3",
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
        "sources": {"all": 3, "failing": 1, "paused": 1}, "unscored": 12, "deliveries_waiting": 1, "model": "packaged@3",
        "clock": None, "clock_off_seconds": None, "look_age_seconds": 4.0, "receivers_disabled": 1, "heartbeat": "failing", "heartbeat_age_seconds": 125.0}


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
        ("goosh_look_age_seconds",): 4.0, ("goosh_clock_off_seconds",): 0.0, ("goosh_receiver_disabled", "ops"): 1.0, ("goosh_heartbeat_quiet",): 0.0,
        ("goosh_heartbeat_age_seconds",): 125.0, ("goosh_heartbeat_answered_total",): 40.0, ("goosh_heartbeat_failed_total",): 3.0,
        ("goosh_mentions_unscored",): 12.0, ("goosh_mentions_scored_total",): 900.0, ("goosh_score_rate",): 41.5,
        ("goosh_deliveries_waiting",): 1.0, ("goosh_deliveries_sent_total",): 7.0, ("goosh_deliveries_failed_total",): 2.0,
        ("goosh_alerts_open",): 1.0, ("goosh_model_info", "packaged@3"): 1.0}


def test_what_nobody_counted_is_absent_and_not_zero(web: Web, answer: Answer) -> None:
    answer.health = Health(at=NOW, last_pass_at=NOW, started_at=NOW)
    body = ask(web, "/metrics")[2]
    assert all(name not in body for name in ("goosh_mentions_unscored", "goosh_deliveries", "goosh_look", "goosh_heartbeat"))
    assert json.loads(ask(web, "/healthz")[2])["heartbeat_age_seconds"] is None


def test_a_process_whose_rules_nobody_looks_at_is_not_well_though_others_go_on(web: Web, answer: Answer) -> None:
    answer.health = replace(WELL, look=timedelta(minutes=15))
    assert ask(web, "/healthz")[0] == 200
    answer.health = replace(WELL, look=timedelta(minutes=15, seconds=1))
    status, _, body = ask(web, "/healthz")
    assert status == 503 and json.loads(body)["status"] == "stale"


@pytest.mark.parametrize(("host", "status"), [
    ("localhost", 200), ("127.0.0.1:8502", 200), ("LOCALHOST:99", 200), ("[::1]:8502", 200),
    ("evil.example", 403), ("evil.example:8502", 403), ("127.0.0.1.evil.example", 403), ("localhost.", 403), ("localhost:x", 403),
    ("", 403), ("localhost|evil.example", 403), ("evil.example|localhost", 403)])
def test_only_a_host_header_that_names_this_machine_is_answered(web: Web, host: str, status: int) -> None:
    assert ask(web, "/healthz", host=host)[0] == status


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/", 404), ("GET", "/../etc/passwd", 404), ("GET", "/healthz?x=1", 200), ("GET", "/healthz/", 404),
    ("POST", "/healthz", 404), ("POST", "/inbox", 404), ("GET", "/inbox", 404), ("PUT", "/inbox", 501), ("DELETE", "/metrics", 501)])
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


# ---- what other systems push


CALLS, CHATS = "calls-token-for-the-tests", "راز بلند گفت‌وگوها"


class House:
    """Takes payloads; ``error`` is raised in place of storing one."""

    def __init__(self) -> None:
        self.tokens = {"calls": CALLS, "chats": CHATS}
        self.stored: list[tuple[str, bytes]] = []
        self.error: Exception | None = None

    def receive(self, name: str, payload: bytes) -> Committed:
        if self.error:
            raise self.error
        self.stored.append((name, payload))
        return Committed(new=2, changed=1, seen=3)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def inbox(answer: Answer, house: House) -> Iterator[Web]:
    with serve(answer, port=0, inboxes=Inboxes(lambda: house.tokens, house.receive)) as running:
        yield running


def push(web: Web, body: bytes = b'{"text": "a"}', path: str = "/inbox", **headers: str | None) -> tuple[int, dict[str, str], dict[str, object]]:
    sent = {"Authorization": f"Bearer {CALLS}", "Content-Type": "application/json", "Host": "goosh.intern",
            **{name.replace("_", "-"): value for name, value in headers.items()}}
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)
    try:
        connection.request("POST", path, body, {name: value.encode() for name, value in sent.items() if value is not None})
        reply = connection.getresponse()
        return reply.status, {k.lower(): v for k, v in reply.getheaders()}, json.loads(reply.read())
    finally:
        connection.close()


@pytest.mark.parametrize(("token", "name"), [(CALLS, "calls"), (CHATS, "chats")])
def test_a_token_opens_its_own_inbox_and_200_means_stored(inbox: Web, house: House, token: str, name: str) -> None:
    status, headers, said = push(inbox, Authorization=f"bearer {token}")
    assert (status, said) == (200, {"inbox": name, "about_a_brand": 3, "new": 2, "changed": 1})
    assert house.stored == [(name, b'{"text": "a"}')] and headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/x-ndjson", "application/jsonl"])
def test_json_and_lines_of_it_are_taken(inbox: Web, kind: str) -> None:
    assert push(inbox, Content_Type=kind)[0] == 200


@pytest.mark.parametrize("sent", [None, "", "Bearer", "Bearer ", f"Bearer {CALLS}x", f"Bearer {CALLS[:-1]}", f"Basic {CALLS}", CALLS,
                                  f"Bearer {CALLS} {CALLS}", "Bearer None"])
def test_without_its_token_nothing_is_read(inbox: Web, house: House, sent: str | None) -> None:
    status, headers, said = push(inbox, Authorization=sent)
    assert (status, headers["www-authenticate"], house.stored) == (401, "Bearer", [])
    assert "Authorization: Bearer" in str(said["error"]) and CALLS not in str(said)


def test_a_token_of_two_inboxes_opens_neither(inbox: Web, house: House) -> None:
    house.tokens["chats"] = CALLS
    status, _, said = push(inbox)
    assert status == 403 and "give each one of its own" in str(said["error"]) and house.stored == []


def test_where_no_inbox_is_open_there_is_nothing(inbox: Web, house: House, web: Web) -> None:
    house.tokens.clear()
    for running in (inbox, web):
        status, _, said = push(running)
        assert status == 404 and "no inbox is open" in str(said["error"])


@pytest.mark.parametrize("headers", [{"Content_Type": None}, {"Content_Type": "text/plain"}, {"Content_Type": "application/x-www-form-urlencoded"},
                                     {"Content_Encoding": "gzip"}])
def test_what_is_no_json_is_not_taken(inbox: Web, house: House, headers: dict[str, str | None]) -> None:
    status, _, said = push(inbox, **headers)  # type: ignore[arg-type]
    assert status == 415 and "application/json or x-ndjson" in str(said["error"]) and house.stored == []


def test_a_payload_of_a_mebibyte_is_taken_and_one_byte_more_is_not(inbox: Web, house: House) -> None:
    assert push(inbox, b" " * LARGEST_PAYLOAD)[0] == 200 and len(house.stored[0][1]) == LARGEST_PAYLOAD
    for size in (LARGEST_PAYLOAD + 1, 4 * LARGEST_PAYLOAD):
        status, _, said = push(inbox, b" " * size)
        assert status == 413 and "send it in parts" in str(said["error"])
    assert push(inbox, b"", Content_Length="9" * 30)[0] == 413
    assert len(house.stored) == 1


@pytest.mark.parametrize("length", ["-1", "x", "", "٥"])
def test_a_payload_of_no_length_is_not_read(inbox: Web, house: House, length: str) -> None:
    assert push(inbox, b"", Content_Length=length)[0] == 411 and house.stored == []


def test_a_payload_in_chunks_is_told_to_say_its_length(inbox: Web) -> None:
    assert push(inbox, b"0\r\n\r\n", Transfer_Encoding="chunked")[0] == 411


@pytest.mark.parametrize(("error", "status", "said"), [
    (Refused("inbox 'calls'", "row 2: no text and no title; nothing was taken"), 422, "inbox 'calls': row 2: no text and no title; nothing was taken"),
    (CollectError("calls", "paused; let it be read again", permanent=True), 403, "calls: paused; let it be read again"),
    (CollectError("calls", "a mistake of this program (KeyError)"), 503, "calls: not stored; the log says why, send it again later"),
    (StorageError("/data/goosh.sqlite", "the disk is full"), 503, "calls: not stored; the log says why, send it again later")])
def test_what_was_not_stored_is_never_answered_with_200(inbox: Web, house: House, error: Exception, status: int, said: str) -> None:
    house.error = error
    got, _, answered = push(inbox)
    assert (got, answered) == (status, {"error": said})


def test_a_payload_that_breaks_off_is_not_stored(inbox: Web, house: House) -> None:
    with socket.create_connection(("127.0.0.1", inbox.port)) as raw:
        raw.sendall(f"POST /inbox HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {CALLS}\r\nContent-Type: application/json\r\n"
                    'Content-Length: 100\r\n\r\n{"text": "a"}'.encode())
        raw.shutdown(socket.SHUT_WR)
        assert b" 422 " in raw.recv(65536)
    assert house.stored == []


def test_two_tokens_in_one_request_open_nothing(inbox: Web, house: House) -> None:
    with socket.create_connection(("127.0.0.1", inbox.port)) as raw:
        raw.sendall(("POST /inbox HTTP/1.1\r\nHost: x\r\n" + f"Authorization: Bearer {CALLS}\r\n" * 2
                     + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n[]").encode())
        assert b" 401 " in raw.recv(65536)
    assert house.stored == []


@pytest.mark.parametrize(("address", "here"), [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("::ffff:127.0.0.1", True),
                                               ("10.0.0.5", False), ("::ffff:10.0.0.5", False), ("fe80::1%eth0", False), ("", False)])
def test_whose_machine_asks_is_told_by_its_address(address: str, here: bool) -> None:
    assert is_here(address) is here


def test_bound_elsewhere_the_pages_answer_this_machine_only_and_the_inbox_whoever_has_a_token(
    answer: Answer, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(answer, port=0, bind="0.0.0.0", inboxes=Inboxes(lambda: house.tokens, house.receive)) as running:
        assert running._server.server_address[0] == "0.0.0.0" and ask(running, "/healthz")[0] == 200
        monkeypatch.setattr("listener.web.is_here", lambda address: False)
        assert (ask(running, "/healthz")[0], ask(running, "/metrics")[0], push(running)[0]) == (403, 403, 200)


def test_an_address_that_is_not_ours_is_a_clear_error(answer: Answer) -> None:
    with pytest.raises(ConfigError, match=r"cannot listen on 203\.0\.113\.7:0 "):
        serve(answer, port=0, bind="203.0.113.7")


# ---- clients that mean us harm


def talk(web: Web, said: bytes) -> bytes:
    """Say these bytes and return what comes until the server hangs up."""
    with socket.create_connection(("127.0.0.1", web.port), timeout=5) as raw:
        raw.sendall(said)
        heard = b""
        while part := raw.recv(65536):
            heard += part
        return heard


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("announced", ["Content-Length: 44", "Transfer-Encoding: chunked", "Content-Length: x", "Content-Length: 0\r\nContent-Length: 44"])
def test_a_page_asked_for_with_a_body_smuggles_no_second_request(web: Web, method: str, announced: str) -> None:
    heard = talk(web, f"{method} /healthz HTTP/1.1\r\nHost: localhost\r\n{announced}\r\n\r\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert heard.count(b"HTTP/1.1 ") == 1 and b"Connection: close" in heard and b"goosh_" not in heard


def test_two_pages_may_be_asked_for_on_one_connection(web: Web) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    assert talk(web, one + one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize("said", [b"POST /inbox HTTP/1.1\r\n", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ", b"G"], ids=["headers", "a header", "line"])
def test_a_request_that_drips_is_left_when_its_time_is_over(answer: Answer, monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr("listener.web.SLOWEST_HEAD", 0.4)
    with serve(answer, port=0) as running, socket.create_connection(("127.0.0.1", running.port), timeout=5) as raw:
        raw.sendall(said)
        started, ended = time.monotonic(), False
        raw.settimeout(0.05)
        while not ended and time.monotonic() - started < 4:
            with suppress(TimeoutError):
                try:
                    raw.sendall(b"x")
                    ended = raw.recv(100) == b""
                except ConnectionError:
                    ended = True
        assert ended and time.monotonic() - started < 2


def test_a_payload_that_drips_is_told_so(answer: Answer, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listener.web.SLOWEST_REQUEST", 0.3)
    with serve(answer, port=0, inboxes=Inboxes(lambda: house.tokens, house.receive)) as running:
        head = f"POST /inbox HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {CALLS}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n["
        with socket.create_connection(("127.0.0.1", running.port), timeout=5) as raw:
            raw.sendall(head.encode())
            assert b" 408 " in raw.recv(65536)
    assert house.stored == []


def test_more_requests_than_there_is_room_for_are_turned_away_at_once(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listener.web.MOST_AT_ONCE", 2)
    with serve(answer, port=0) as running:
        silent = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(2)]
        try:
            turned = [talk(running, b"") for _ in range(5)]
            assert all(heard.startswith(b"HTTP/1.1 503 ") and b"Retry-After" in heard for heard in turned)
        finally:
            for one in silent:
                one.close()
        for _ in range(100):
            status = ask(running, "/healthz")[0]
            if status == 200:
                break
            threading.Event().wait(0.01)
        assert status == 200
        assert running._server.request_queue_size >= 128


def test_a_burst_of_clients_is_not_dropped(web: Web) -> None:
    many = [socket.create_connection(("127.0.0.1", web.port), timeout=5) for _ in range(100)]
    for one in many:
        one.close()
    for _ in range(100):
        status = ask(web, "/healthz")[0]
        if status == 200:
            break
        threading.Event().wait(0.02)
    assert status == 200


@pytest.mark.parametrize("said", [b"", b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /metr", b"POST /inbox HTTP/1.1\r\n\r\n"])
def test_a_client_that_hangs_up_leaves_no_traceback(answer: Answer, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, said: bytes) -> None:
    with serve(answer, port=0) as running:
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", running.port)) as raw:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not a goodbye
                raw.sendall(said)
        assert ask(running, "/healthz")[0] == 200
        threading.Event().wait(0.05)
    assert not [record for record in caplog.records if record.levelname == "ERROR"] and "Traceback" not in capfd.readouterr().err


def test_a_mistake_of_ours_is_still_in_the_log(web: Web, answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    answer.health = KeyError("x")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(web, "/healthz")
    threading.Event().wait(0.05)
    assert [record.exc_info is not None for record in caplog.records if record.name == "goosh.web" and record.levelname == "ERROR"] == [True]


def test_clients_that_drip_their_headers_give_their_places_back_soon(web: Web) -> None:
    assert listener.web.SLOWEST_HEAD <= 5 < listener.web.SLOWEST_REQUEST


def test_a_head_that_does_not_come_in_time_is_let_go_and_a_payload_has_longer(inbox: Web, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener.web, "SLOWEST_HEAD", 0.2)
    with socket.create_connection(("127.0.0.1", inbox.port), timeout=10) as dripping:
        dripping.sendall(b"GET /healthz HTTP/1.1\r\nHost: local")
        assert dripping.recv(100) == b""  # closed by the server
    head = f"POST /inbox HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {CALLS}\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n"
    with socket.create_connection(("127.0.0.1", inbox.port), timeout=10) as slow:
        slow.sendall(head.encode())
        threading.Event().wait(0.4)  # longer than a head may take
        slow.sendall(b'{"text": "a"}')
        assert slow.recv(100).startswith(b"HTTP/1.1 200")


def test_wrong_tokens_are_one_line_a_minute_that_holds_none(inbox: Web, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(5):
        assert push(inbox, Authorization="Bearer guessed-token")[0] == 401
    told = [one.getMessage() for one in caplog.records if "wrong token" in one.getMessage()]
    assert len(told) == 1 and "1 requests" in told[0] and "/inbox from 127.0.0.1" in told[0] and "guessed" not in caplog.text
    inbox._server.strangers.minute()
    inbox._server.strangers.minute()
    told = [one.getMessage() for one in caplog.records if "wrong token" in one.getMessage()]
    assert len(told) == 2 and "4 requests" in told[1]
