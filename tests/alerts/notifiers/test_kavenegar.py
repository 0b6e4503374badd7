"""SMS by Kavenegar: one short text, counted in parts, within a limit a day."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Response

from alerts.notifiers.kavenegar import KavenegarNotifier, Options, local_id, parts, short_message
from listener.errors import NotifyError
from listener.types import Reason, Severity
from tests.alerts.notifiers.messages import HOSTILES, a_message
from tests.alerts.notifiers.services import SERVICES, form, receiver
from tests.alerts.notifiers.test_contract import base, serve
from tests.alerts.notifiers.test_plain import a_storm
from tests.alerts.world import SATURDAY

TAKEN = Response(SERVICES["kavenegar"].taken)


def told(status: int, *entries: int, http: int = 200) -> Response:
    return Response(json.dumps({"return": {"status": status, "message": "x"}, "entries": [{"status": one} for one in entries]}),
                    http)


def refused(httpserver: HTTPServer, answer: Response, **options: Any) -> NotifyError:
    serve(httpserver, answer)
    with pytest.raises(NotifyError) as caught:
        receiver("kavenegar", base(httpserver), **options).send(a_message())
    return caught.value


def test_one_request_for_all_numbers_with_an_id_for_each(httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    receiver("kavenegar", base(httpserver), sender="10004346").send(a_message())
    asked = form(seen[0].get_data())
    assert seen[0].path == "/v1/T0PSECRETKEY/sms/send.json" and asked["sender"] == "10004346"
    assert asked["receptor"] == "09120000001,09120000002"
    assert asked["localid"] == ",".join(local_id(a_message().key, number) for number in asked["receptor"].split(","))


def test_a_notice_rings_no_phone_and_no_alert_offers_an_answer(httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    receiver("kavenegar", base(httpserver)).send(replace(a_message(), quiet=True))
    assert seen == []
    receiver("kavenegar", base(httpserver), parts=10).send(a_message())
    assert "برمی‌دارم" not in form(seen[0].get_data())["message"]


def test_the_one_notice_that_rings_is_that_a_person_closed_what_had_rung(httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    desk = receiver("kavenegar", base(httpserver))
    for message in (a_message(reason=Reason.TAKEN), a_message(reason=Reason.RESOLVED, severity=Severity.P2),
                    a_message(reason=Reason.RESOLVED, why={"seen": 31, "window": 3600, "expired": True})):
        desk.send(replace(message, quiet=True))
    assert seen == []
    desk.send(replace(a_message(reason=Reason.RESOLVED), quiet=True))
    assert len(seen) == 1


def test_an_id_is_a_number_of_fifteen_digits_and_the_same_each_time() -> None:
    ids = {local_id(f"key{number}", "09120000001") for number in range(500)}
    assert len(ids) == 500 and all(len(one) == 15 and one.isdigit() for one in ids)
    assert local_id("کلید", "09120000001") == local_id("کلید", "09120000001") != local_id("کلید", "09120000002")


def test_without_local_ids_and_sender_neither_is_sent(httpserver: HTTPServer) -> None:
    seen = serve(httpserver, TAKEN)
    receiver("kavenegar", base(httpserver), local_ids=False).send(a_message())
    assert set(form(seen[0].get_data())) == {"receptor", "message"}


@pytest.mark.parametrize(("text", "count"), [
    ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2),
    ("س" * 70, 1), ("س" * 71, 2), ("س" * 134, 2), ("س" * 135, 3), ("😀" * 35, 1), ("😀" * 36, 2), ("a" * 100 + "س", 2), ("", 1),
])
def test_parts_are_counted_as_the_networks_do(text: str, count: int) -> None:
    assert parts(text) == count


def test_the_text_is_the_title_a_line_that_adds_a_figure_and_the_address() -> None:
    title, line, address = short_message(a_storm("سفارشم نرسید"), 5).split("\n")
    assert title == "بحرانی · چابک‌سبد · ۳۱ شکایت در ۱ ساعت (معمول ۳)" and address == "https://board.test/alerts?alert=1"
    assert "۹" in line and "سفارشم" not in line


@pytest.mark.parametrize("most", [1, 2, 3])
@pytest.mark.parametrize("case", HOSTILES)
def test_whatever_comes_stays_within_its_parts(most: int, case: str) -> None:
    text = short_message(a_message(HOSTILES[case]), most)
    assert parts(text) <= most and text.startswith("بحرانی") and "\u2068" not in text


def test_the_line_goes_before_the_address_and_the_address_before_the_title() -> None:
    storm = a_storm("x")
    assert short_message(storm, 2).count("\n") == 2
    assert short_message(replace(storm, url=f"https://board.test/{'a' * 60}"), 2).endswith("a" * 60)
    assert "https://" not in short_message(storm, 1) and "۳۱ شکایت" in short_message(storm, 1)


def test_the_limit_of_a_day_is_said_in_words_and_ends(httpserver: HTTPServer) -> None:
    serve(httpserver, TAKEN)
    clock = [SATURDAY]
    options = Options(key_env="KEY", to=("09120000001", "09120000002"), base_url=base(httpserver), daily_limit=4)
    notifier = KavenegarNotifier("desk", options, environment={"KEY": "k"}, now=lambda: clock[0])
    notifier.send(a_message())
    clock[0] += timedelta(hours=1)
    notifier.send(a_message())
    with pytest.raises(NotifyError, match="the limit of 4 messages in 24 hours is used up.*raise daily_limit") as caught:
        notifier.send(a_message())
    assert not caught.value.permanent and caught.value.retry_after == timedelta(hours=23)
    clock[0] += timedelta(hours=23)
    notifier.send(a_message())


def test_a_limit_below_the_numbers_is_permanent(httpserver: HTTPServer) -> None:
    assert refused(httpserver, TAKEN, daily_limit=1).permanent


def test_the_status_inside_counts_and_not_that_of_http(httpserver: HTTPServer) -> None:
    assert refused(httpserver, told(411, http=200)).permanent
    httpserver.clear()
    serve(httpserver, told(200, 5, 5, http=203))
    receiver("kavenegar", base(httpserver)).send(a_message())


def test_no_credit_is_asked_about_again(httpserver: HTTPServer) -> None:
    error = refused(httpserver, told(418, http=418))
    assert not error.permanent and error.retry_after == timedelta(minutes=30) and "fill the account up" in str(error)


@pytest.mark.parametrize("answer", [Response("<html>", 403), Response("[]", 200), Response('{"return": []}', 401),
                                    Response("", 200)])
def test_the_page_of_a_filter_never_disables_the_receiver(answer: Response, httpserver: HTTPServer) -> None:
    error = refused(httpserver, answer)
    assert not error.permanent and "not the service's own" in str(error)


def test_numbers_that_take_nothing_are_told(httpserver: HTTPServer, caplog: pytest.LogCaptureFixture) -> None:
    assert refused(httpserver, told(200, 14, 14)).permanent
    httpserver.clear()
    serve(httpserver, told(200, 14, 5))
    with caplog.at_level(logging.INFO, logger="alerts"):
        receiver("kavenegar", base(httpserver)).send(a_message())
    said = [record.getMessage() for record in caplog.records if record.name.startswith("alerts")]
    assert said[0] == "kavenegar 'desk': 1 of 2 numbers take no messages of this line" and "part(s) to 2 number(s)" in said[1]


@pytest.mark.parametrize(("options", "sentence"), [
    ({"to": []}, "at least 1"), ({"to": ["0912"]}, "no number of a mobile"), ({"to": ["09120000001,09120000002"]}, "no number"),
    ({"to": ["۰۹۱۲۰۰۰۰۰۰۱"]}, "no number"), ({"sender": "Goosh"}, "match"), ({"parts": 0}, "greater"),
    ({"api_key": "x"}, "Extra"),
])
def test_a_mistaken_option_is_named(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Options(**{"key_env": "KEY", "to": ["09120000001"], **options})
