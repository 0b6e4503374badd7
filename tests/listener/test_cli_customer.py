"""``goosh customer``, in the words people type: from an imported survey to a person who is forgotten."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.listener.terminal import goosh as typed

NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)
"""Saturday 30 Aban 1405, 09:30 in Tehran."""

SURVEY = """شناسه,نام مشتری,تاریخ,رضایت مشتری,توضیح,موبایل,ایمیل
1,سارا,1405/08/28 10:00:00,۲,پولم را پس ندادند,۰۹۱۲۳۴۵۶۷۸۹,
2,,1405/08/28 11:00:00,5,,0912 345 6789,
3,,1405/08/29 12:00:00,1,,,sara@example.org
4,علی,1405/08/29 13:00:00,9,خوب,,
"""
CALLS = [{"id": "c1", "text": "گفت باز زنگ می‌زند", "phone": "+989123456789", "date": "2026-11-20 10:00"},
         {"id": "c2", "text": "شماره نداد", "date": "2026-11-20 11:00", "nps": 3}]


@pytest.fixture
def goosh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CONTACT_KEY", "a key of the house")
    (tmp_path / "goosh.toml").write_text('language = "en"\n[[brands]]\nname = "اسنپ"\n[care]\ncontact_key_env = "CONTACT_KEY"\n', encoding="utf-8")
    (tmp_path / "survey.csv").write_text(SURVEY, encoding="utf-8")
    (tmp_path / "calls.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in CALLS), encoding="utf-8")
    monkeypatch.setattr("listener.app.system_clock", lambda: NOW)

    def run(*arguments: str, ok: bool = True) -> str:
        result = typed(*arguments)
        assert (result.code == 0) is ok, result
        return result.out if ok else result.err

    return run


def taken_in(goosh: Callable[..., str]) -> None:
    typed("import", "survey.csv", "--brand", "اسنپ", "--map", "text=توضیح")
    typed("import", "calls.jsonl", "--brand", "اسنپ")


def accounts(goosh: Callable[..., str], *asked: str) -> list[str]:
    found: list[str] = json.loads(goosh("customer", "who", *asked, "--json"))["accounts"]
    return found


def test_calls_and_answers_of_one_number_are_one_account_and_no_number_is_stored(goosh: Callable[..., str], tmp_path: Path) -> None:
    said = typed("import", "survey.csv", "--brand", "اسنپ", "--map", "text=توضیح")
    assert "'9' is not between 1 and 5" in said.err and "0912" not in said.err + said.out
    typed("import", "calls.jsonl", "--brand", "اسنپ")
    found = accounts(goosh, "--phone", "09123456789")
    assert sorted(one.partition(":")[0] for one in found) == ["contact", "csv"]
    contact = next(one for one in found if one.startswith("contact:"))
    card = json.loads(goosh("customer", "show", contact, "--json"))
    assert card["mentions"] == 2 and [(one["rating"], one["on"]) for one in card["ratings"]] == [(1.0, "CSAT")]
    assert accounts(goosh, "0912-345-6789") == found and accounts(goosh, "@سارا") == ["csv:سارا"]
    assert len(accounts(goosh, "--email", "SARA@example.org")) == len(accounts(goosh, "sara@example.org")) == 1 and accounts(goosh, "--handle", "سارا") == ["csv:سارا"]
    stored = b"".join(path.read_bytes() for path in (tmp_path / "home").glob("goosh.sqlite*"))
    assert not any(one.encode() in stored for one in ("9123456789", "۰۹۱۲۳۴۵۶۷۸۹", "0912 345 6789", "example.org"))


def test_without_a_key_phones_are_dropped_and_that_is_said_once(goosh: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONTACT_KEY")
    said = typed("import", "survey.csv", "--brand", "اسنپ", "--map", "text=توضیح")
    assert said.err.count("phones and e-mails are dropped") == 1 and "CONTACT_KEY" in goosh("customer", "who", "--phone", "09123456789", ok=False)


def test_a_person_is_linked_exported_and_forgotten_for_good(goosh: Callable[..., str], tmp_path: Path) -> None:
    taken_in(goosh)
    phone, [email] = accounts(goosh, "--phone", "09123456789"), accounts(goosh, "--email", "sara@example.org")
    assert "3 accounts" in goosh("customer", "link", *phone, email, "--who", "مینا")
    goosh("customer", "export", "csv:سارا", "--out", "sara.json", "--who", "مینا")
    assert stat.S_IMODE((tmp_path / "sara.json").stat().st_mode) == 0o600
    found = json.loads((tmp_path / "sara.json").read_text(encoding="utf-8"))
    assert len(found["mentions"]) == 4 and len(found["accounts"]) == 3 and {one["sort"] for one in found["contacts"]} == {"phone", "email"}
    assert "is there already" in goosh("customer", "export", "csv:سارا", "--out", "sara.json", ok=False)
    assert "add --yes" in goosh("customer", "forget", email, ok=False)
    gone = json.loads(goosh("customer", "forget", email, "--yes", "--json", "--who", "مینا"))["deleted"]
    assert gone["mentions"] == 4 and gone["links"] == 3
    stored = b"".join(path.read_bytes() for path in (tmp_path / "home").glob("goosh.sqlite*"))
    assert not any(one.encode() in stored for one in ("سارا", "پولم را پس", "باز زنگ می", phone[0], email))
    taken_in(goosh)
    with sqlite3.connect(tmp_path / "home" / "goosh.sqlite") as raw:
        assert {row[0] for row in raw.execute("SELECT text FROM mention")} == {"خوب", "شماره نداد"}
        assert raw.execute("SELECT count(*) FROM contact").fetchone() == (0,)
    assert "nothing of them" in goosh("customer", "show", email, ok=False)


def test_ratings_stand_beside_what_is_written_week_by_week(goosh: Callable[..., str]) -> None:
    taken_in(goosh)
    view = json.loads(goosh("customer", "ratings", "--brand", "اسنپ", "--weeks", "2", "--json"))
    assert [(one["rated"], one["scored"]) for one in view["weeks"]] == [(4, 0)] and view["weeks"][0]["rating"] == pytest.approx((.4 + 1 + .2 + .3) / 4)
    assert "too few" in goosh("customer", "ratings", "--brand", "اسنپ")
    assert "unknown; known: اسنپ" in goosh("customer", "ratings", "--brand", "x", ok=False)


@pytest.mark.parametrize(("asked", "said"), [
    (("who",), "ask for one of"), (("who", "--phone", "12"), "this is no phone"), (("show", "sara"), "write KIND:ID"), (("forget", ":", "--yes"), "write KIND:ID"),
    (("link", "csv:a"), "two accounts"), (("unlink", "csv:a"), "linked to no other"), (("export", "\u202eevil", "--out", "x.json"), "write KIND:ID"),
    (("who", "--handle", "x", "--email", "a@b.co"), "ask for one of")])
def test_what_is_asked_wrongly_is_refused_in_a_sentence(goosh: Callable[..., str], asked: tuple[str, ...], said: str) -> None:
    refused = goosh("customer", *asked, ok=False)
    assert said in refused and "\u202e" not in refused and "Traceback" not in refused
