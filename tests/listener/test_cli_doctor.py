"""``goosh doctor``: every thing that is wrong has a sentence that says what to do."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from listener.cli import doctor, machine
from listener.storage import migrations, open_store, run_lock
from listener.words import catalogue
from tests.listener.terminal import goosh

BRAND = '[[brands]]\nname = "دیجی‌کالا"\n'


@pytest.fixture(autouse=True)
def a_clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def findings() -> dict[str, doctor.Finding]:
    return {finding.what: finding for finding in doctor.examine()}


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"weights")
    (folder / "checksums.txt").write_text(f"{hashlib.sha256(b'weights').hexdigest()}  model.onnx\n")
    monkeypatch.setenv("GOOSH_WEIGHTS", str(folder))
    return folder


def test_doctor_finds_nothing_broken_where_all_is_well(weights: Path) -> None:
    goosh("init", "--yes", "--brand", "اسنپ")
    said = goosh("doctor", "--json")
    assert [f for f in said.json["findings"] if f["state"] == "bad"] == []
    assert said.code == 0 and said.json["ok"] is True
    looked_at = {f["what"] for f in said.json["findings"]}
    assert {"Python", "packages", "processor", "model", "data folder", "configuration", "database", "time zones", "clock", "terminal",
            "deployment"} <= looked_at


def test_doctor_speaks_the_language_of_the_configuration_and_a_bug_report_is_english(weights: Path) -> None:
    goosh("init", "--yes", "--brand", "اسنپ")
    told = goosh("doctor").out
    assert "چک‌سام همهٔ فایل‌ها درست" in told and "پایگاه داده" in told and "every checksum right" not in told
    assert "every checksum right" in goosh("doctor", "--json").out
    Path("goosh.toml").write_text(f'language = "en"\n{BRAND}', encoding="utf-8")
    assert "every checksum right" in goosh("doctor").out


@pytest.mark.parametrize("language", ["fa", "en"])
def test_no_finding_lacks_its_words(language: Any) -> None:
    """Each look is written in words.doctor alone: a key that is missing there would be a KeyError in front of the person."""
    source = "".join(Path(module.__file__ or "").read_text(encoding="utf-8") for module in (doctor, machine))
    keys = set(re.findall(r'sentence\(\s*f?"([a-z_0-9.]+)"', source)) | {f"what.{what}" for what in re.findall(r'Seen\("([a-z]+)"', source)}
    assert len(keys) > 60 and all(f"doctor.{key}" in catalogue() for key in keys)
    assert all(one.what and one.found for one in doctor.examine(language))


def test_doctor_changes_nothing(weights: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    goosh("doctor")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(("damage", "sentence"), [
    (lambda folder: (folder / "model.onnx").write_bytes(b"other"), "model.onnx: sha256 is "),
    (lambda folder: (folder / "model.onnx").unlink(), "model.onnx: No such file"),
    (lambda folder: (folder / "checksums.txt").unlink(), "no checksums.txt"),
    (lambda folder: (folder / "checksums.txt").write_text(""), "lists nothing"),
], ids=["changed", "missing", "no checksums", "empty checksums"])
def test_doctor_sees_damaged_weights(weights: Path, damage: Callable[[Path], object], sentence: str) -> None:
    damage(weights)
    found = findings()["model"]
    assert found.state == "bad" and sentence in found.found and "reinstall" in found.todo
    assert goosh("doctor").code == 1


def test_doctor_sees_a_database_that_is_none_newer_or_damaged(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    path = home / "goosh.sqlite"
    assert findings()["database"].state == "ok" and "made at the first run" in findings()["database"].found
    open_store(f"sqlite:///{path}").close()
    assert findings()["database"].state == "ok"
    with sqlite3.connect(path) as connection:
        connection.execute("update goosh_version set version_num = '9999'")
    newer = findings()["database"]
    assert newer.state == "bad" and "a newer goosh wrote it" in newer.todo and f"knows versions up to {migrations.HEAD} only" in newer.found
    assert goosh("doctor").code == 1
    with sqlite3.connect(path) as connection:
        connection.execute("update goosh_version set version_num = '0001'")
    assert f"version 0001; the next run brings it to {migrations.HEAD}" in findings()["database"].found
    path.write_bytes(b"this is no database at all" * 100)
    assert findings()["database"].state == "bad" and "goosh restore" in findings()["database"].todo
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("create table other (x)")
    assert "no database of goosh" in findings()["database"].todo


def test_doctor_says_who_holds_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'home' / 'goosh.sqlite'}"
    open_store(url).close()
    assert "lock" not in findings()
    with run_lock(url):
        assert "another \"goosh run\" works on this database" in findings()["lock"].found
    assert "free" in findings()["lock"].found


def test_doctor_goes_on_past_a_folder_it_may_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.stat

    def stat(path: Any, *more: Any, **options: Any) -> os.stat_result:  # the tests may run as root, who may read everywhere
        if str(path).startswith(str(tmp_path / "home")):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *more, **options)

    monkeypatch.setattr(os, "stat", stat)
    found = findings()
    assert found["database"].state == found["data folder"].state == "bad" and "Permission denied" in found["database"].found
    assert found["terminal"].what == "terminal"


def test_doctor_counts_the_mistakes_of_the_configuration() -> None:
    Path("goosh.toml").write_text('language = "x"\n[board]\nport = 0\n', encoding="utf-8")
    found = findings()["configuration"]
    assert found.state == "bad" and "and 2 more" in found.found and found.todo.startswith("run \"goosh check\"")


def test_doctor_names_missing_secrets_but_never_shows_one(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("goosh.toml").write_text(BRAND + '[[receivers]]\nkind = "webhook"\nname = "ops"\nurl_env = "OPS_URL"\nsecret_env = "OPS_KEY"\n',
                                  encoding="utf-8")
    monkeypatch.delenv("OPS_URL", raising=False)
    monkeypatch.setenv("OPS_KEY", "very-secret-1")
    monkeypatch.setenv("GOOSH_DATABASE", "postgresql://u:hunter22@127.0.0.1:9/goosh")
    said = goosh("doctor", "--json")
    assert "OPS_URL" in said.out and "very-secret-1" not in said.out and "hunter22" not in said.out
    database = next(f for f in json.loads(said.out)["findings"] if f["what"] == "database")
    assert database["state"] == "bad" and "GOOSH_DATABASE" in database["todo"]


def test_doctor_sees_a_clock_that_is_behind_its_own_files(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    newer = tmp_path / "home" / "goosh.sqlite"
    newer.touch()
    ahead = newer.stat().st_mtime + 86_400
    os.utime(newer, (ahead, ahead))
    assert findings()["clock"].state == "bad" and "NTP" in findings()["clock"].todo


def test_doctor_sees_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    assert findings()["data folder"].state == "bad"


def test_doctor_sees_a_disk_that_is_nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12 - 10**8, 10**8))
    assert findings()["data folder"].state == "bad"
