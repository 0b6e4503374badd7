"""``goosh search``: posts that say the same, for a person and for a program."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listener.cli.search import _stories
from listener.storage import Store, open_store
from listener.types import Analysis, Batch, Match, Mention, Score
from tests.listener.terminal import goosh

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True)
def a_clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("goosh.toml").write_text('language = "en"\n[[brands]]\nname = "تپسی"\n[[brands]]\nname = "اسنپ"\n', encoding="utf-8")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'home' / 'goosh.sqlite'}")
    posts = [Mention("x", "1", "برنامه کرش می‌کند و باز نمی‌شود", NOW - timedelta(hours=1)), Mention("x", "2", "the app \x1b[31mcrashes", NOW - timedelta(days=3)),
             Mention("x", "3", "برنامه خوب است، غذا سرد بود", NOW - timedelta(hours=2))]
    opened.commit_batch("x", Batch(tuple(posts)), matches=[Match(one.key, "تپسی", ()) for one in posts], reach={}, start=NOW - timedelta(days=4),
                        end=NOW, now=NOW)
    opened.save_analyses([(one.key, Analysis(Score(0.9, 0.1, 0.0, language, "made@1")))
                          for one, language in zip(posts, ("fa", "en", "fa"), strict=True)], now=NOW)
    yield opened
    opened.close()


def test_posts_like_another_stand_nearest_first_without_it(store: Store) -> None:
    found = goosh("search", "--like", "x:1", "--json").json
    assert [one["mention"]["id"] for one in found] == ["2", "3"] and found[0]["likeness"] > found[1]["likeness"]
    assert [one["mention"]["id"] for one in goosh("search", "--like", "x:1", "--since", "1d", "--json").json] == ["3"]
    assert goosh("search", "--like", "x:1", "--brand", "اسنپ", "--json").json == []


def test_a_sentence_finds_posts_of_both_languages_or_of_one(store: Store) -> None:
    assert {one["mention"]["id"] for one in goosh("search", "the app crashes", "--json").json} >= {"1", "2"}
    assert [one["mention"]["id"] for one in goosh("search", "برنامه هنگ می‌کند", "--language", "en", "--json").json] == ["2"]
    assert goosh("search", "قطار لغو شد", "--json").json == []


def test_a_person_gets_a_table_without_control_characters(store: Store) -> None:
    said = goosh("search", "--like", "x:1").out
    assert "rank" in said and "crashes" in said and "\x1b" not in said
    assert goosh("search", "--like", "x:1", "--brand", "اسنپ").out == "no post found that says this\n"


@pytest.mark.parametrize(("arguments", "code", "sentence"), [
    ((), 2, "name either a text or --like"), (("words", "--like", "x:1"), 2, "name either a text or --like"),
    (("--like", "x1"), 2, "write KIND:ID"), (("--like", "x:9"), 1, "not stored"), (("a", "--brand", "b"), 2, "unknown brand"),
    (("a", "--since", "soon"), 2, "--since"),
    (("a", "--language", "de"), 2, "--language"), ((" ",), 1, "nothing was typed")])
def test_what_cannot_be_searched_is_told(store: Store, arguments: tuple[str, ...], code: int, sentence: str) -> None:
    done = goosh("search", *arguments)
    assert done.code == code and sentence in done.err


def test_how_well_a_post_matches_is_told_in_words_and_that_nothing_is_close(store: Store) -> None:
    assert goosh("search", "the app crashes", "--json").json[0]["match"] == "strong"
    said = goosh("search", "the app crashes").out
    assert "match" in said and "strong" in said and "nothing close" not in said
    weak = goosh("search", "غذا نرسید، راننده فحش داد و کیف پول را برد", "--json").json
    assert weak and {one["match"] for one in weak} == {"weak"}
    assert "nothing close was found; the nearest are" in goosh("search", "غذا نرسید، راننده فحش داد و کیف پول را برد").out


def test_several_words_need_no_quotes(store: Store) -> None:
    assert goosh("search", "the", "app", "crashes", "--json").json == goosh("search", "the app crashes", "--json").json


def test_copies_of_one_story_are_one_line_with_their_number(store: Store) -> None:
    found = store.like("the app crashes")
    told = [one._replace(mention=replace(one.mention, story="s")) for one in found]
    assert len(found) > 1 and _stories(told) == [(told[0], len(told) - 1)]


def test_a_persian_table_has_persian_figures_and_one_calendar(store: Store) -> None:
    text = Path("goosh.toml").read_text(encoding="utf-8").replace('"en"', '"fa"')
    Path("goosh.toml").write_text(text, encoding="utf-8")
    said = goosh("search", "the", "app", "crashes").out
    assert "رتبه" in said and "۱" in said and "(" not in said
