"""``goosh replay`` as a person meets it: a real database, a draft in a file."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listener.storage import Store, open_store
from listener.types import Author, Batch, Match, Mention, MentionKey, Reach
from tests.fakes import CannedScorer
from tests.listener.terminal import goosh

END = datetime(2026, 11, 14, tzinfo=UTC)
BEGIN = END - timedelta(days=12)
STORM = END - timedelta(days=2, hours=7)
BRAND = "دیجی‌کالا"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def a_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    Path("goosh.toml").write_text(
        f'language = "en"\n[[brands]]\nname = "{BRAND}"\naliases = ["Digikala"]\n[[rules]]\nkind = "spike"\n', encoding="utf-8")
    yield


@pytest.fixture
def imported() -> None:
    """Twelve days of an imported archive, with one storm; this program never ran."""
    dice = random.Random(5)
    mentions = [Mention("jsonl", f"{index}-{part}", "بسته نرسید" if dice.random() < 0.2 else "خرید کردم", BEGIN + index * 5 * MINUTE + part * MINUTE,
                        author=Author("jsonl", f"a{dice.randint(1, 400)}"))
                for index in range(12 * 288) for part in range(int(dice.random() < 0.3) + int(dice.random() < 0.1))]
    mentions += [Mention("jsonl", f"storm-{n}", "افتضاح است، نرسید", STORM + n * MINUTE / 2, author=Author("jsonl", f"b{n}")) for n in range(120)]
    with closing(a_store()) as store:
        keep(store, mentions)


def a_store() -> Store:
    return open_store(f"sqlite:///{Path('home/goosh.sqlite').absolute()}")


def keep(store: Store, mentions: list[Mention]) -> None:
    store.register_sources([("archive.jsonl", "jsonl")])
    store.commit_batch("archive.jsonl", Batch(mentions=tuple(mentions)), matches=[Match(m.key, BRAND, ()) for m in mentions],
                       reach={m.key: Reach(1, 30, 200, "assumed") for m in mentions}, start=BEGIN, end=END, now=END + timedelta(days=3),
                       history=True)
    scorer = CannedScorer()
    keys: list[MentionKey] = [m.key for m in mentions]
    store.save_analyses(list(zip(keys, scorer.analyse([m.text for m in mentions]), strict=True)), now=END + timedelta(days=3))


SPAN = ("--from", "2026-11-08", "--to", "2026-11-13")


def test_an_imported_storm_would_have_been_told_within_minutes(imported: None) -> None:
    said = goosh("replay", "--brand", "digikala", *SPAN, "--json").json
    assert len(said["fired"]) == 1 and said["alerts"] == said["told"] == 1 and said["looks"] == 0 and said["assumed_looks"] > 0
    alert = said["fired"][0]
    assert STORM < datetime.fromisoformat(alert["fired_at"]) <= STORM + timedelta(minutes=30) < END
    assert 0 < said["median_delay"] <= 30 * 60 and any(key.startswith("jsonl:storm-") for key in alert["evidence"])
    assert said["per_brand_week"] == pytest.approx(7 / 6, abs=0.01)


def test_jalali_days_are_days_of_the_configured_zone(imported: None) -> None:
    jalali = goosh("replay", "--from", "1405/08/17", "--to", "۱۴۰۵/۰۸/۲۲", "--json").json
    gregorian = goosh("replay", *SPAN, "--json").json
    assert jalali == gregorian and gregorian["since"].startswith("2026-11-07T20:30")


def test_nothing_is_stored_and_the_same_is_said_again(imported: None) -> None:
    def stored() -> tuple[object, ...]:
        with closing(a_store()) as store:
            return (store.alerts(), store.looks(BEGIN, END + timedelta(days=9)), store.rule_states(), store.rule_settings(), store.pending_deliveries())

    before = stored()
    assert goosh("replay", *SPAN, "--json").out == goosh("replay", *SPAN, "--json").out and stored() == before


def test_a_draft_is_held_against_what_is_enabled(imported: None) -> None:
    Path("draft.toml").write_text('[[rules]]\nkind = "spike"\nmin_posts = 5000\n', encoding="utf-8")
    got = goosh("replay", *SPAN, "--rule", "draft.toml", "--json")
    assert got.code == 0, got.err
    said = got.json
    assert said["rules"] == ["spike"] and said["fired"] == [] and said["enabled"]["alerts"] == 1
    assert said["difference"] == {"both": 0, "only_draft": [], "only_enabled": [said["enabled"]["fired"][0]["fingerprint"]]}
    Path("draft.toml").write_text('[[rules]]\nkind = "spike"\nname = "spike/volume"\nseries = "mentions"\n', encoding="utf-8")
    said = goosh("replay", *SPAN, "--rule", "draft.toml", "--json").json
    assert said["difference"]["both"] == 1 and {one["rule"] for one in said["fired"]} == {"spike/volume"}


def test_people_get_a_table_and_sentences(imported: None) -> None:
    said = goosh("replay", *SPAN)
    assert said.code == 0, said.err
    assert "Spike of complaints" in said.out and "alerts: 1, told: 1, a brand and week: 1.17" in said.out, said.out
    assert "two minutes after" in said.out


def test_a_store_without_mentions_gives_no_alerts() -> None:
    said = goosh("replay", *SPAN, "--json")
    assert said.code == 0 and said.json["fired"] == []


@pytest.mark.parametrize(("arguments", "what"), [
    (("--brand", "Acme"), "unknown brand 'Acme'"), (("--from", "someday"), "1405/08/29"), (("--rule", "none.toml"), "no such file"),
    (("--from", "2026-11-13", "--to", "2026-11-01"), "--from"), (("--rule", "broken.toml"), "not TOML"),
    (("--rule", "more.toml"), "nothing else"), (("--rule", "typo.toml"), "min_post"),
])
def test_what_cannot_be_replayed_is_said_in_one_line(arguments: tuple[str, ...], what: str) -> None:
    Path("broken.toml").write_text("[[rules]\n", encoding="utf-8")
    Path("more.toml").write_text('language = "fa"\n[[rules]]\nkind = "spike"\n', encoding="utf-8")
    Path("typo.toml").write_text('[[rules]]\nkind = "spike"\nmin_post = 3\n', encoding="utf-8")
    said = goosh("replay", *arguments)
    assert said.code == 2 and what in said.err and said.out == ""


def test_some_hours_give_no_weekly_rate(imported: None) -> None:
    hours = ("--from", "2026-11-12T08:00", "--to", "2026-11-12T13:00")
    assert goosh("replay", *hours, "--json").json["per_brand_week"] is None
    assert "a brand and week: too short to say" in goosh("replay", *hours).out
