"""``goosh digest``: printed, written, sent, and asked into."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from listener.storage import open_store
from tests.listener.digest_weeks import BRAND, NAME, House, stormy
from tests.listener.terminal import goosh

CONFIG = """
language = "fa"
database = "sqlite:///{database}"
[[brands]]
name = "پیک‌سبز"
[[receivers]]
kind = "email"
name = "mail"
host = "127.0.0.1"
security = "none"
sender = "goosh@example.ir"
to = ["pr@example.ir", "Boss <ceo@example.ir>"]
[[digest]]
receiver = "mail"
"""


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("week") / "goosh.sqlite"
    stormy(path).close()
    return path


@pytest.fixture(autouse=True)
def database(week: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "goosh.sqlite"
    shutil.copy(week, path)
    Path("goosh.toml").write_text(CONFIG.format(database=path.as_posix()), encoding="utf-8")
    return path


def test_a_week_is_printed_in_the_language_asked_for() -> None:
    assert "گزارش هفتگی" in goosh("digest", "--week", NAME, "--lang", "fa").out
    said = goosh("digest", "--week", NAME, "--lang", "en").out
    assert "Week 35, 14–20 November 2026" in said and "Complaints rose:" in said


def test_forms_are_written_into_a_folder() -> None:
    made = goosh("digest", "--week", NAME, "--lang", "en", "--out", "reports", "--format", "html,text,md,json")
    names = sorted(path.name for path in Path("reports").iterdir())
    assert names == [f"{NAME}-{BRAND}-en.{kind}" for kind in ("html", "json", "md", "txt")] and all(name in made.out for name in names)
    assert json.loads(Path("reports", f"{NAME}-{BRAND}-en.json").read_text("utf-8"))["period"] == NAME
    assert "data:image/png;base64," in Path("reports", f"{NAME}-{BRAND}-en.html").read_text("utf-8")


def test_what_cannot_be_made_keeps_nothing_else_from_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    made = goosh("digest", "--week", NAME, "--lang", "en", "--out", "reports", "--format", "html,text,pdf,md,json")
    assert made.code == 2 and sorted(path.suffix for path in Path("reports").iterdir()) == [".html", ".json", ".md", ".txt"]
    assert made.err.strip().startswith("goosh: pdf: ") and 'pip install "gooshbezang[pdf]"' in made.err and len(made.err.strip().splitlines()) == 1


def test_sending_reaches_everybody_once_and_a_dry_run_nobody(database: Path) -> None:
    would = goosh("digest", "--week", NAME, "--dry-run").out
    assert "pr@example.ir" in would and "ceo@example.ir" in would
    goosh("digest", "--week", NAME, "--send")
    goosh("digest", "--week", NAME, "--send")
    store = open_store(f"sqlite:///{database.as_posix()}")
    assert sorted(one.message.left for one in store.deliveries() if one.message.digest) == [("ceo@example.ir",), ("pr@example.ir",)]
    store.close()


def test_subscribers_are_listed() -> None:
    found = goosh("digest", "subscribers", "--json").json
    assert [one["address"] for one in found] == ["pr@example.ir", "ceo@example.ir"] and {one["every"] for one in found} == {"week"}


def test_who_asks_by_mail_gets_no_more(database: Path) -> None:
    house = House(database)
    word = house.service.unsubscribe_token(house.service.subscriptions()[1])
    said = goosh("digest", "unsubscribe", word)
    assert said.code == 0 and "ceo@example.ir" in said.out
    assert [one.subscription.address for one in house.service.subscribers() if one.unsubscribed_at] == ["ceo@example.ir"]
    house.close()
    assert goosh("digest", "unsubscribe", "nonsense").code == 1


def test_a_decision_is_asked_and_a_miss_reported() -> None:
    goosh("digest", "decide", "کار تازه", "--owner", "سارا", "--due", "1405-09-05", "--week", NAME, "--who", "علی")
    goosh("digest", "decide", "کار سوم", "--owner", "سارا", "--week", NAME, "--who", "علی")
    said = goosh("digest", "--week", NAME, "--lang", "fa").out
    assert "کار تازه" in said and "تا پنجشنبه ۵ آذر" in said
    refused = goosh("digest", "decide", "کار چهارم", "--owner", "سارا", "--week", NAME, "--who", "علی")
    assert refused.code == 1 and "has 3 already" in refused.err
    assert goosh("digest", "missed", "موجی در تلگرام", "--who", "علی").code == 0


@pytest.mark.parametrize(("arguments", "code", "sentence"), [
    (("--week", "1405-W99"), 1, "no such week, month or day"),
    (("--week", "1499-W01"), 1, "has not begun"),
    (("--week", NAME, "--last"), 2, "choose one of them"),
    (("--out", "x", "--send"), 2, "exclude each other"),
    (("--format", "docx"), 2, "write html, text, pdf, md, json"),
    (("--format", "html,text"), 2, "several need --out"),
    (("--every", "year"), 2, "write week, day, month or shift"),
    (("--lang", "de"), 2, "write fa or en"),
    (("--brand", "تندبار"), 1, "none of our own"),
], ids=lambda value: "-".join(value) if isinstance(value, tuple) else None)
def test_what_cannot_be_is_refused_with_a_sentence(arguments: tuple[str, ...], code: int, sentence: str) -> None:
    said = goosh("digest", *arguments)
    assert said.code == code and sentence in " ".join((said.err + said.out).replace("│", " ").split())
