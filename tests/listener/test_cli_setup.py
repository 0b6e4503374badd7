"""``goosh init``: from nothing to a configuration that runs as it is."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from listener.app import read_settings
from listener.cli import setup
from listener.cli.setup import compose, covered_spellings, suggested_aliases, toml_text
from tests.listener.terminal import goosh

BRAND = '[[brands]]\nname = "دیجی‌کالا"\n'


@pytest.fixture(autouse=True)
def a_clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_init_without_questions_writes_what_runs_as_it_is() -> None:
    said = goosh("init", "--yes", "--brand", "دیجی‌کالا", "--alias", "Digikala", "--peer", "تپسی", "--peer", "اسنپ")
    assert said.code == 0, said.err
    made = read_settings(None)
    assert [(b.name, b.aliases, b.peer) for b in made.brands] == [("دیجی‌کالا", ("Digikala",), False), ("تپسی", (), True), ("اسنپ", (), True)]
    assert (made.language, made.timezone) == ("fa", "Asia/Tehran")
    assert [source.name for source in made.sources] == ["isna", "mehr", "zoomit", "digiato"]
    assert made.missing_secrets() == ()
    assert goosh("check").code == 0


def test_init_asks_and_takes_the_answers() -> None:
    answers = ["en", "", "SnappFood", "Snapp Food, اسنپ‌فود", "Delino; Chilivery", "Mars/Base", "Europe/Berlin",
               "news.example.org/feed https://www.example.org/rss https://example.org/other"]
    said = goosh("init", "team/goosh.toml", answers="\n".join(answers) + "\n")
    assert said.code == 0, said.err + said.out
    assert "A brand is needed" in said.out and "Unknown time zone 'Mars/Base'" in said.out
    made = read_settings(Path("team/goosh.toml"))
    assert [(b.name, b.aliases, b.peer) for b in made.brands] == [
        ("SnappFood", ("Snapp Food", "اسنپ‌فود"), False), ("Delino", (), True), ("Chilivery", (), True)]
    assert (made.language, made.timezone) == ("en", "Europe/Berlin")
    assert [(s.name, s.options["url"]) for s in made.sources] == [
        ("news.example.org", "https://news.example.org/feed"), ("example.org", "https://www.example.org/rss"),
        ("example.org-2", "https://example.org/other")]


def test_init_asks_in_persian_and_the_defaults_are_enough() -> None:
    said = goosh("init", answers="\nدیجی‌کالا\n\n\n\n\n")
    assert said.code == 0, said.err
    assert "نام برند شما" in said.out and "دیجیکالا" in said.out
    made = read_settings(None)
    assert made.brands[0].aliases == ("dijikala",)
    assert made.timezone == "Asia/Tehran" and len(made.sources) == 4


def test_a_dash_means_no_alias() -> None:
    goosh("init", answers="\nدیجی‌کالا\n-\n\n\n\n")
    assert read_settings(None).brands[0].aliases == ()


def test_init_never_writes_over_a_file_unless_forced() -> None:
    Path("goosh.toml").write_text("# mine\n", encoding="utf-8")
    said = goosh("init", "--yes", "--brand", "اسنپ")
    assert said.code == 2 and "is there already; add --force" in said.err
    assert Path("goosh.toml").read_text(encoding="utf-8") == "# mine\n"
    assert goosh("init", "--yes", "--brand", "اسنپ", "--force").code == 0
    assert "اسنپ" in Path("goosh.toml").read_text(encoding="utf-8")


def test_init_writes_where_config_says() -> None:
    assert goosh("init", "--config", "other.toml", "--yes", "--brand", "اسنپ").code == 0
    assert Path("other.toml").exists() and not Path("goosh.toml").exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such bits")
def test_the_file_is_readable_by_its_owner_alone() -> None:
    goosh("init", "--yes", "--brand", "اسنپ")
    assert stat.S_IMODE(Path("goosh.toml").stat().st_mode) == 0o600


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["--brand", "؟؟"], "brands[0].name: '؟؟' holds no letter"),
    (["--brand", "اسنپ", "--timezone", "Tehran"], "timezone: unknown time zone 'Tehran'"),
    (["--brand", "اسنپ", "--language", "farsi"], "language: 'farsi' is not allowed; allowed: fa, en"),
    (["--brand", "اسنپ", "--peer", "اسنپ"], "brands[1].name: brand 'اسنپ' stands twice"),
    ([], "--brand: is missing; with --yes nobody is asked"),
])
def test_a_bad_answer_is_told_before_anything_is_written(arguments: list[str], sentence: str) -> None:
    said = goosh("init", "--yes", *arguments)
    assert said.code == 2 and sentence in said.err
    assert not Path("goosh.toml").exists()


def test_a_full_disk_leaves_the_old_file_and_no_scrap(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("goosh.toml").write_text("# mine\n", encoding="utf-8")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    said = goosh("init", "--yes", "--brand", "اسنپ", "--force")
    assert said.code == 2 and "cannot be written (No space left on device)" in said.err
    assert [path.name for path in Path().iterdir()] == ["goosh.toml"]
    assert Path("goosh.toml").read_text(encoding="utf-8") == "# mine\n"


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a'b", "a\x7fb ج", "\u200cنیم‌فاصله", "#x = [1]"])
def test_any_name_comes_back_from_the_file_as_it_was(name: str) -> None:
    import tomllib

    assert tomllib.loads(f"name = {toml_text(name)}")["name"] == name
    answers = setup.Answers(name, (name,), (), "fa", "Asia/Tehran", (("a", "https://example.ir/rss"),))
    assert tomllib.loads(compose(answers))["brands"][0]["name"] == name


@pytest.mark.parametrize(("name", "aliases"), [
    ("دیجی‌کالا", ("dijikala",)), ("ديجي كالا", ("dijikala",)), ("علی‌بابا", ("alibaba",)), ("اسنپ", ()), ("تپسی", ()), ("فیلیمو", ("filimu",)),
    ("SnappFood", ("Snapp Food",)), ("Snapp", ()), ("تپ۳۰", ())])
def test_suggested_aliases_are_words_somebody_may_write(name: str, aliases: tuple[str, ...]) -> None:
    assert suggested_aliases(name) == aliases


def test_spellings_that_are_shown_as_covered_are_found_indeed() -> None:
    from listener.match import Matcher
    from listener.types import Brand
    from tests.fakes import a_mention

    for name in ("دیجی‌کالا", "اسنپ فود", "همراه اول", "SnappFood"):
        matcher = Matcher([Brand(name)])
        for spelling in covered_spellings(name):
            assert matcher.match(a_mention(text=f"از {spelling} خرید کردم"), source="isna"), (name, spelling)
