"""Answers of surveys and notes of calls: scales, ratings without words, phones and e-mails that are never kept as they were written."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from listener.collectors.csv import records
from listener.collectors.files import import_file
from listener.collectors.inbox import InboxCollector, Options, Refused
from listener.collectors.rows import RowError, RowReader, Shape
from listener.text import contacts
from listener.types import Mention

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
AT = "2026-11-20T10:00:05Z"


def read(*rows: dict[str, Any], key: str | None = "k", **shape: Any) -> list[Mention]:
    reader = RowReader("csv", Shape(**shape), now=NOW, contact_key=key)
    return [reader.mention(row)[0] for row in rows]


@pytest.mark.parametrize(("column", "value", "share", "scale"), [
    ("csat", 1, 0.2, "CSAT"), ("CSAT", "۴", 0.8, "CSAT"), ("رضایت مشتری", "5/5", 1.0, "CSAT"), ("nps", 0, 0.0, "NPS"), ("NPS Score", "10", 1.0, "NPS"),
    ("شاخص خالص مروجان", "۹", 0.9, "NPS"), ("ces", 7, 1.0, "CES"), ("سهولت", "5", 0.714286, "CES"), ("rating", 4, 0.8, None), ("امتیاز", "4", 0.8, None)])
def test_the_column_says_the_scale(column: str, value: object, share: float, scale: str | None) -> None:
    [found] = read({"id": "1", "text": "خوب", column: value})
    assert (found.rating, found.outlet) == (share, scale)


@pytest.mark.parametrize(("column", "value"), [("csat", 0), ("csat", 6), ("csat", "0/5"), ("nps", 11), ("nps", -1), ("ces", 0), ("ces", 8), ("csat", "راضی"), ("csat", 1e99)])
def test_what_is_off_its_scale_is_no_answer(column: str, value: object) -> None:
    reader = RowReader("csv", Shape(), now=NOW)
    found, doubts = reader.mention({"id": "1", "text": "x", column: value})
    assert found.rating is None and found.outlet is None and "is not between" in doubts[0]
    with pytest.raises(RowError, match="is not between"):
        RowReader("inbox", Shape(), now=NOW, strict=True).mention({"id": "1", "text": "x", column: value})


def test_a_rating_without_words_is_a_mention_and_two_of_them_are_two() -> None:
    rows: list[dict[str, Any]] = [{"id": "1", "csat": 5}, {"author": "سارا", "csat": 5, "date": "2026-11-20"}, {"csat": 5, "date": AT}, {"csat": 4, "date": AT},
                                  {"phone": "09123456789", "nps": 5, "date": AT}, {"phone": "09123456788", "nps": 5, "date": AT}]
    found = read(*rows)
    assert len({one.id for one in found}) == 6 and {one.full_text for one in found} == {""} == {one.text for one in found}
    assert [one.id for one in read(*rows)] == [one.id for one in found]
    for anonymous in ({"csat": 5}, {"csat": 5, "date": "2026-11-20"}, {"csat": 5, "date": "2026-11-20 10:00"}):
        with pytest.raises(RowError, match="pass for one"):
            read(anonymous)
    with pytest.raises(RowError, match="no text and no title"):
        read({"id": "1", "csat": ""})


def test_one_mention_has_one_rating_and_the_other_column_is_told() -> None:
    reader = RowReader("csv", Shape(), now=NOW)
    assert reader.mention({"id": "1", "csat": 5, "nps": 3})[0].rating == 1.0
    assert "'nps' was passed over" in reader.unknown()[0].reason


@pytest.mark.parametrize("column", ["phone", "Mobile Number", "تلفن", "موبایل", "شماره تماس", "شمارهٔ تماس".replace("ٔ", "")])
def test_a_call_belongs_to_the_account_of_its_number_however_it_is_written(column: str) -> None:
    one, two, three = read({"text": "الف", column: "۰۹۱۲ ۳۴۵ ۶۷۸۹"}, {"text": "ب", column: "+98-912-345-6789"}, {"text": "ج", column: "09129999999"})
    assert one.author == two.author and one.author is not None and one.author.kind == "contact" and one.author.name is None
    assert one.contacts == (("phone", contacts.hashed("k", "phone", "09123456789")),) and three.author != one.author
    assert read({"text": "الف", column: "09123456789"}, key="another")[0].author != one.author


def test_who_is_named_keeps_the_name_and_is_found_by_all_numbers() -> None:
    [found] = read({"text": "x", "author": "سارا", "تلفن": "02112345678", "موبایل": "09123456789", "ایمیل": "Sara@Example.org "})
    assert found.author is not None and found.author.id == "سارا" and [sort for sort, _ in found.contacts] == ["phone", "phone", "email"]
    assert found.contacts[2][1] == contacts.hashed("k", "email", "sara@example.org")


@pytest.mark.parametrize("row", [
    {"text": "x", "phone": "09123456789"}, {"text": "x", "author": "0912 345 6789"}, {"text": "x", "author": "۰۹۱۲۳۴۵۶۷۸۹"},
    {"text": "x", "customer": "+989123456789", "phone": "09123456789"}, {"text": "x", "email": "sara@example.org"}, {"text": "x", "author": "sara@example.org"},
    {"nps": 3, "phone": 9123456789}, {"text": "x", "phone": "9123456789 "}, {"text": "x", "call": {"number": "09123456789"}}])
@pytest.mark.parametrize("key", ["k", None])
def test_no_number_and_no_address_is_anywhere_in_what_was_read(row: dict[str, Any], key: str | None) -> None:
    reader = RowReader("csv", Shape(map={"phone": "call.number"} if "call" in row else {}), now=NOW, contact_key=key)
    found, doubts = reader.mention({"published_at": AT, **row})
    told = str(asdict(found)) + str(doubts) + str(reader.unknown()) + str(reader.unmet())
    assert not any(one in told for one in ("9123456789", "۰۹۱۲", "912 345", "example.org"))
    assert reader.keyless() is (key is None) and bool(found.contacts) is (key is not None)
    assert found.author is None or found.author.kind == "contact"


def test_a_handle_of_a_network_is_no_e_mail_and_an_agent_is_no_customer() -> None:
    handle, agent = read({"text": "x", "author": "sara@example.social", "source": "mastodon"}, {"text": "در راه است", "ours": True, "phone": "09123456789"})
    assert handle.author is not None and handle.author.id == "sara@example.social" and handle.contacts == ()
    assert agent.author is None and agent.contacts == ()


def test_a_table_may_hold_nothing_but_answers(tmp_path: Path) -> None:
    table = tmp_path / "survey.csv"
    table.write_text("شناسه;رضایت;تلفن همراه\n1;5;09123456789\n2;9;x\n", encoding="utf-8")
    [chunk] = import_file(table, records, "csv", Shape(), now=NOW)
    assert [(one.id, one.rating) for _, one in chunk.rows] == [("1", 1.0)]
    assert [problem.reason[:40] for problem in chunk.problems if "dropped" in problem.reason or not problem.kept] == [
        "no text and no title", "phones and e-mails are dropped: there is"]


def test_an_inbox_says_once_that_it_has_no_key_and_repeats_no_number(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = InboxCollector("calls", Options(token_env="T"), None, now=lambda: NOW)  # type: ignore[arg-type]
    for _ in range(2):
        assert inbox.accept(b'{"id": 1, "text": "x", "phone": "09123456789"}', NOW)[0].contacts == ()
    with pytest.raises(Refused) as refused:
        inbox.accept('{"id": 1, "phone": "09123456789", "csat": "09123456789"}'.replace("csat", "title2").encode(), NOW)
    assert caplog.text.count("phones and e-mails are dropped") == 1 and "912" not in caplog.text + str(refused.value)
    inbox.contact_key = "k"
    [one] = inbox.accept(b'{"id": 2, "text": "y", "phone": "09123456789"}', NOW + timedelta(days=1))
    assert one.author is not None and one.author == read({"text": "z", "phone": "09123456789"})[0].author  # one person for files and inboxes


@pytest.mark.parametrize("written", ["\0" * 50, "\u202e09123456789", "9" * 10_000, "a@" + "b" * 300 + ".co", {"a": 1}, ["0912"], True, float("nan"), -1, ""])
def test_hostile_contacts_are_left_out(written: object) -> None:
    [found] = read({"id": "1", "text": "x", "phone": written, "email": written})
    assert found.contacts == () and found.author is None
