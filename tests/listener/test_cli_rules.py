"""``goosh rules``: how often each rule was right, and what people may do about it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.precision import Precision
from listener.cli.rules import in_words
from listener.storage import Store, open_store
from listener.types import Alert, AlertState, Severity, Verdict, VerdictKind
from tests.listener.terminal import goosh

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True)
def a_clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("goosh.toml").write_text('language = "en"\n[[brands]]\nname = "دیجی‌کالا"\n[[rules]]\nkind = "spike"\n'
                                  '[[rules]]\nkind = "spike"\nname = "spike/volume"\nenabled = false\n', encoding="utf-8")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'home' / 'goosh.sqlite'}")
    yield opened
    opened.close()


def judged(store: Store, *kinds: VerdictKind) -> list[Alert]:
    made = []
    for place, kind in enumerate(kinds):
        at = NOW - timedelta(days=40) + place * timedelta(hours=12)
        alert = Alert("spike", "دیجی‌کالا", at, at, 31.0, 3.0, Severity.P2, AlertState.RESOLVED, updated_at=at, resolved_at=at)
        store.save_pass(at=at, alerts=[alert], deliveries=[])
        store.add_verdict(Verdict(alert.fingerprint, kind, "sara", at))
        made.append(alert)
    return made


def test_a_rule_stands_there_with_its_precision_and_its_interval(store: Store) -> None:
    alerts = judged(store, *[VerdictKind.REAL] * 10, VerdictKind.LATE, *[VerdictKind.NOT_OURS] * 3, *[VerdictKind.KNOWN] * 2)
    first, second = goosh("rules", "list", "--json").json
    assert (first["name"], first["kind"], first["enabled"], first["demoted"], first["said"]) == ("spike", "spike", True, False, None)
    assert {name: first["precision"][name] for name in ("right", "wrong", "known")} == {"right": 11, "wrong": 3, "known": 2}
    assert [round(bound, 2) for bound in first["precision"]["interval"]] == [0.52, 0.92]
    assert first["last_fired"] == alerts[-1].fired_at.isoformat() and first["last_replay"] is None
    assert (second["name"], second["enabled"], second["precision"]["share"]) == ("spike/volume", False, None)
    assert "11 of 14 real (0.52–0.92), 2 known" in goosh("rules", "list").out


def test_a_rule_is_switched_while_everything_runs_with_name_and_reason() -> None:
    assert goosh("rules", "enable", "spike/volume", "--why", "its replay looks right", "--who", "Sara").out == (
        "rule spike/volume raises alerts from now on\nin the past four weeks it would have raised 0 alerts\n")
    assert goosh("rules", "disable", "spike", "--why", "x", "--who", "Sara").code == 0
    first, second = goosh("rules", "list", "--json").json
    assert (first["enabled"], second["enabled"], second["said"]["who"], second["said"]["why"]) == (False, True, "Sara", "its replay looks right")
    assert (first["last_replay"], second["last_replay"]["who"], second["last_replay"]["alerts"]) == (None, "Sara", 0)


def test_a_rule_is_demoted_and_promoted_and_stays_switched_as_it_was() -> None:
    goosh("rules", "disable", "spike", "--why", "x")
    goosh("rules", "demote", "spike", "--why", "mostly wrong", "--who", "Sara")
    said = goosh("rules", "list", "--json").json[0]
    assert (said["enabled"], said["demoted"], said["said"]["why"]) == (False, True, "mostly wrong")
    goosh("rules", "promote", "spike", "--why", "mended")
    assert [goosh("rules", "list", "--json").json[0][key] for key in ("enabled", "demoted", "demoted_at")] == [False, False, None]


def test_a_rule_that_was_mostly_wrong_is_demoted_by_its_verdicts_and_not_at_once_again_after_its_promotion(store: Store) -> None:
    last = judged(store, *[VerdictKind.REAL] * 9, *[VerdictKind.NOT_OURS] * 10, VerdictKind.KNOWN)[-1]
    assert not goosh("rules", "list", "--json").json[0]["demoted"]
    goosh("alerts", "verdict", last.fingerprint, "not_ours", "--who", "ali")
    said = goosh("rules", "list", "--json").json[0]
    assert (said["demoted"], said["said"]["who"], said["said"]["why"]) == (True, "goosh", "9 of the last 20 alerts were real")
    assert "digest only" in goosh("rules", "list").out
    goosh("rules", "promote", "spike", "--why", "its floor is higher now")
    goosh("alerts", "verdict", last.fingerprint, "not_ours", "--who", "ali")
    assert not goosh("rules", "list", "--json").json[0]["demoted"]


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["enable", "spik", "--why", "x"], "rule 'spik': unknown; known: spike, spike/volume; did you mean 'spike'?"),
    (["demote", "spike", "--why", " "], "why: a reason is needed, so that others can follow it"),
])
def test_what_cannot_be_done_is_refused_in_words(arguments: list[str], sentence: str) -> None:
    said = goosh("rules", *arguments)
    assert (said.code, said.err) == (1, f"goosh: {sentence}\n")


def test_persian_figures_are_persian() -> None:
    assert in_words(Precision(11, 3, 2), "fa") == "۱۱ از ۱۴ واقعی (۰٫۵۲ تا ۰٫۹۲)، ۲ دانسته"
    assert in_words(Precision(), "fa") is None
