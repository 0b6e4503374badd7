"""What is pushed: rows of other systems, taken whole or not at all, the same row twice being one mention."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from listener.collectors import COLLECTORS, inbox
from listener.collectors.inbox import InboxCollector, Options, Refused
from listener.collectors.rows import Shape
from listener.errors import CollectError
from listener.types import CoverageState, Mention, Precision

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def parse(data: object, **options: object) -> list[Mention]:
    return inbox.parse(json.dumps(data).encode(), now=NOW, **options)  # type: ignore[arg-type]


def test_a_note_of_a_call_centre_is_a_mention_with_what_it_says() -> None:
    (mention,) = parse({"id": 17, "text": "سفارش نرسید", "published_at": "2026-11-22T10:00:00+03:30", "author": "مشتری ۱۲",
                        "rating": 1, "source": "تماس", "ours": False, "url": "https://crm.example/17"})
    assert (mention.kind, mention.id, mention.text, mention.outlet) == ("inbox", "تماس/17", "سفارش نرسید", "تماس")
    assert mention.published_at == datetime(2026, 11, 22, 6, 30, tzinfo=UTC) and mention.rating == 0.2 and not mention.ours
    assert mention.author and (mention.author.kind, mention.author.name) == ("inbox", "مشتری ۱۲")


def test_an_answer_of_ours_is_marked() -> None:
    rows = [{"text": "کجاست؟", "ours": "no"}, {"text": "در راه است", "ours": True}, {"text": "؟", "ours": "perhaps"}, {"text": "!", "ours": "بله"}]
    assert [mention.ours for mention in parse(rows)] == [False, True, False, True]


@pytest.mark.parametrize("payload", [
    b'{"id": 1, "text": "a"}', b'[{"id": 1, "text": "a"}]', b'{"id": 1, "text": "a"}\n', b'\xef\xbb\xbf{"id": 1, "text": "a"}',
    b'\n{"id": 1, "text": "a"}\r\n\r\n'])
def test_an_object_a_list_and_lines_are_the_same(payload: bytes) -> None:
    assert [(m.id, m.text) for m in inbox.parse(payload, now=NOW, scope="calls")] == [("calls/1", "a")]


def test_lines_and_a_list_may_hold_many() -> None:
    lines = b'{"text": "a"}\n{"text": "b"}\n\n{"text": "c"}'
    assert [m.text for m in inbox.parse(lines, now=NOW)] == ["a", "b", "c"] == [m.text for m in parse([{"text": t} for t in "abc"])]
    assert parse([]) == []


def test_without_an_id_the_content_is_the_id_and_the_order_of_its_keys_does_not_matter() -> None:
    first = inbox.parse(b'{"text": "a", "author": "b"}', now=NOW)
    second = inbox.parse(b'{"author":"b","text":"a","likes":5}', now=NOW)
    assert first[0].id == second[0].id and first[0].id.startswith("sha256:")
    assert parse({"text": "other", "author": "b"})[0].id != first[0].id


def test_two_systems_that_count_from_one_do_not_meet() -> None:
    ids = {mention.id for scope in ("calls", "chats") for mention in parse([{"id": 1, "text": "a"}, {"id": 1, "text": "a", "source": "web"}], scope=scope)}
    assert ids == {"calls/1", "calls/web/1", "chats/1", "chats/web/1"}


def test_a_pushed_row_never_speaks_for_a_collected_post() -> None:
    (mention,) = parse({"id": "durov/5", "text": "a", "source": "telegram", "author": "x"}, scope="calls")
    assert (mention.kind, mention.id) == ("inbox", "calls/telegram/durov/5")


def test_a_row_without_a_time_stands_where_it_came() -> None:
    (mention,) = parse({"text": "a"})
    assert (mention.published_at, mention.precision) == (NOW, Precision.ESTIMATED)


def test_fields_may_stand_elsewhere() -> None:
    (mention,) = parse({"call": {"note": "a", "no": 9}}, shape=Shape(map={"text": "call.note", "id": "call.no"}))
    assert (mention.id, mention.text) == ("9", "a")


@pytest.mark.parametrize("payload, said", [
    (b"", "the payload is empty"), (b" \n ", "the payload is empty"), (b"<xml/>", "no JSON: expecting value at line 1 column 1"),
    (b'[{"text": "a"}', "no JSON"), (b'{"text": "a"}\n{"text"', "line 2 is no JSON"), (b'{"text": "\xff"}', "byte 10 is not UTF-8"),
    (b'"text"', "row 1: no object"), (b"5", "row 1: no object"), (b'[{"text": "a"}, {"id": 5}]', "row 2: no text and no title"),
    (b'{"text": ["a"]}', "row 1: text is a list"), (b'{"text": "a", "published_at": "sometime"}', "row 1: published_at 'sometime' is not a time"),
    (b"[" * 100_000, "no JSON: nested too deeply"), (b"[" + b"1," * 9 + b"1]", "row 5: no object and 5 more rows; nothing was taken")])
def test_what_is_not_understood_is_refused_as_a_whole_and_says_where(payload: bytes, said: str) -> None:
    with pytest.raises(Refused) as caught:
        inbox.parse(payload, now=NOW)
    assert said in caught.value.what and "; " in caught.value.what and not caught.value.permanent


@pytest.mark.parametrize("row, said", [
    ({"rating": 9}, "row 1: rating '9' is not between 0 and 5, the source's rating_top"),
    ({"امتیاز": "-1"}, "row 1: امتیاز '-1' is not between 0 and 5"), ({"rating": "good"}, "rating 'good' is not between"),
    ({"published_at": "2026-12-22T10:00:00Z"}, "row 1: published_at '2026-12-22T10:00:00Z' lies in the future; check its zone"),
    ({"published_at": "0003-01-01"}, "row 1: published_at '0003-01-01' lies before 1990; check its calendar"),
    ({"تاریخ": "1406/01/01"}, "row 1: تاریخ '1406/01/01' lies in the future")])
def test_a_rating_off_its_scale_and_a_time_in_the_future_are_refused(row: dict[str, object], said: str) -> None:
    with pytest.raises(Refused) as caught:
        parse([{"text": "a", **row}])
    assert said in caught.value.what and "nothing was taken" in caught.value.what


def test_a_clock_that_is_a_little_ahead_is_no_future() -> None:
    (mention,) = parse({"text": "a", "published_at": "2026-11-22T12:05:00Z"})
    assert (mention.published_at, mention.precision) == (NOW, Precision.SECOND)


def test_fields_are_known_by_their_persian_names() -> None:
    (mention,) = parse({"متن": "پیک نیامد", "تاریخ": "۱۴۰۵/۰۹/۰۱", "امتیاز": "۲", "کاربر": "سارا", "پیوند": "https://crm.example/1"})
    assert (mention.text, mention.precision, mention.rating, mention.url) == ("پیک نیامد", Precision.DAY, 0.4, "https://crm.example/1")


def collector(**options: object) -> InboxCollector:
    made: InboxCollector = COLLECTORS.load("inbox")("calls", COLLECTORS.options("inbox")(token_env="CALLS", **options), None, now=lambda: NOW)
    return made


def test_polling_says_that_the_inbox_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLS", "a long and random text")
    batch = collector().collect(None)
    assert batch.mentions == () and batch.state is CoverageState.OK and batch.shown is None


@pytest.mark.parametrize("token, said", [(None, "'CALLS' is not set; set it to a long random text"), ("  ", "is not set"),
                                         ("geheim", "fewer than 16 characters")])
def test_an_inbox_without_a_good_token_is_shut_and_says_so(monkeypatch: pytest.MonkeyPatch, token: str | None, said: str) -> None:
    monkeypatch.delenv("CALLS", raising=False)
    if token is not None:
        monkeypatch.setenv("CALLS", token)
    with pytest.raises(CollectError, match=said) as caught:
        collector().collect(None)
    assert caught.value.permanent and "geheim" not in str(caught.value)


def test_what_is_accepted_has_the_ids_of_its_inbox_and_what_is_refused_names_it() -> None:
    assert [m.id for m in collector().accept(b'{"id": 5, "text": "a"}', NOW)] == ["calls/5"]
    with pytest.raises(Refused, match="inbox 'calls': no JSON"):
        collector().accept(b"x", NOW)


def test_an_inbox_needs_a_token() -> None:
    with pytest.raises(ValidationError):
        Options()  # type: ignore[call-arg]


def test_two_rows_of_one_id_that_say_different_things_are_refused_and_named() -> None:
    rows = [{"id": 1, "text": "a"}, {"id": 2, "text": "b"}, {"id": 1, "text": "c"}, {"id": 2, "text": "b", "title": "d"}]
    with pytest.raises(Refused) as caught:
        parse(rows, scope="calls")
    assert str(caught.value) == (
        "row 3: the id '1' is that of row 1, with another text; give each row an id of its own; "
        "row 4: the id '2' is that of row 2, with another text; give each row an id of its own; "
        "nothing was taken, mend it and send the whole again")


def test_the_same_row_twice_in_a_payload_and_one_id_in_two_systems_are_taken() -> None:
    rows = [{"id": 1, "text": "a"}, {"id": 1, "text": "a", "likes": 3}, {"id": 1, "text": "b", "source": "web"}]
    assert [(m.id, m.text) for m in parse(rows)] == [("1", "a"), ("1", "a"), ("web/1", "b")]
