"""``goosh topics``: what people complain about these days."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listener.storage import Store, open_store
from listener.types import Analysis, Author, Batch, Match, Mention, Score
from tests.alerts.test_topics import TEXTS, complaint
from tests.listener.terminal import goosh

NOW = datetime.now(UTC).replace(microsecond=0)
BRAND = "اسنپ"


@pytest.fixture(autouse=True)
def a_clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("goosh.toml").write_text(f'language = "en"\n[[brands]]\nname = "{BRAND}"\n', encoding="utf-8")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'home' / 'goosh.sqlite'}")
    yield opened
    opened.close()


def complain(store: Store) -> None:
    made = [replace(complaint(subject, n, language), published_at=NOW - timedelta(hours=n + 1))
            for subject in TEXTS for n in range(5) for language in ("fa", "en")]
    mentions = [Mention(*one.key, one.text, one.published_at, author=Author("x", str(n))) for n, one in enumerate(made)]
    store.commit_batch("posts", Batch(tuple(mentions)), matches=[Match(one.key, BRAND, (BRAND,)) for one in mentions], reach={},
                       start=NOW - timedelta(days=1), end=NOW, now=NOW)
    store.save_analyses([(one.key, Analysis(Score(0.9, 0.1, 0.0, one.language, "m", 0.5), embedding=one.embedding)) for one in made],
                        now=NOW)


def test_topics_stand_there_with_name_course_numbers_and_posts(store: Store) -> None:
    complain(store)
    found = goosh("topics", "--json").json
    assert len(found) == 3 and {(one["count"], one["authors"], one["state"]) for one in found} == {(10, 10, "new")}
    refund = next(one for one in found if "refund" in one["name"])
    assert len(refund["members"]) == 3 and refund["phrases"]["fa"] and refund["languages"] == {"en": 5, "fa": 5}
    assert {post["language"] for post in refund["members"]} == {"fa", "en"}
    told = goosh("topics", "--brand", BRAND).out
    assert "refund" in told and "new" in told and "give my money back" in told
    assert goosh("topics", "--json").json == found


def test_nothing_to_tell_is_said_in_words() -> None:
    said = goosh("topics", "--since", "1d")
    assert said.code == 0 and "nothing that at least three people complained about in the past day" in said.out
    assert goosh("topics", "--json").json == []


def test_an_unknown_brand_and_a_span_that_is_none_are_refused() -> None:
    assert goosh("topics", "--brand", "nobody").code == 1 and goosh("topics", "--since", "soon").code == 2


def test_a_bad_line_is_answered_with_what_this_command_takes(tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl"
    file.write_text("no JSON\n", encoding="utf-8")
    said = goosh("topics", "score", str(file))
    assert said.code == 1 and ":1: not JSON" in said.err and '{"text": "…"}' in said.err and "--text" not in said.err


def test_a_topic_without_a_telling_phrase_is_called_by_a_quote_that_nothing_keeps(store: Store) -> None:
    texts = ("وای‌فای قطع است", "مودم روشن نمی‌ماند", "خط نداریم کلاً")
    made = [replace(complaint("wifi", n, text=text), published_at=NOW - timedelta(hours=n + 1)) for n, text in enumerate(texts)]
    made += [replace(complaint(subject, n), published_at=NOW - timedelta(hours=n + 1)) for subject in TEXTS for n in range(5)]
    mentions = [Mention(*one.key, one.text, one.published_at, author=Author("x", str(n))) for n, one in enumerate(made)]
    store.commit_batch("posts", Batch(tuple(mentions)), matches=[Match(one.key, BRAND, (BRAND,)) for one in mentions], reach={},
                       start=NOW - timedelta(days=1), end=NOW, now=NOW)
    store.save_analyses([(one.key, Analysis(Score(0.9, 0.1, 0.0, "fa", "m", 0.5), embedding=one.embedding)) for one in made], now=NOW)
    found = goosh("topics", "--json").json
    assert any(one["name"].startswith("“") and any(text in one["name"] for text in texts) for one in found)
    assert not any("unnamed" in str(one["name"]) or one["name"] is None for one in found)
    assert not any(text in str(one.phrases) for one in store.stored_topics(BRAND) for text in texts)


def test_what_the_model_is_unsure_of_or_reads_as_a_question_is_no_typical_post(store: Store) -> None:
    made = [replace(complaint("refund", n), published_at=NOW - timedelta(hours=1)) for n in range(9)]
    made += [replace(complaint("crash", n), published_at=NOW - timedelta(hours=1)) for n in range(5)]
    mentions = [Mention(*one.key, one.text, one.published_at, author=Author("x", str(n))) for n, one in enumerate(made)]
    store.commit_batch("posts", Batch(tuple(mentions)), matches=[Match(one.key, BRAND, (BRAND,)) for one in mentions], reach={},
                       start=NOW - timedelta(days=1), end=NOW, now=NOW)
    close = Score(0.45, 0.35, 0.2, "fa", "m", 0.5)
    store.save_analyses([(one.key, Analysis(close if n < 3 else Score(0.9, 0.1, 0.0, "fa", "m", 0.5), embedding=one.embedding,
                                            intent="question" if 3 <= n < 6 else None, intent_confidence=0.9 if 3 <= n < 6 else None))
                         for n, one in enumerate(made)], now=NOW)
    found = [post["id"] for one in goosh("topics", "--json").json for post in one["members"] if post["id"].startswith("refund")]
    assert sorted(found) == ["refund-fa-006", "refund-fa-007", "refund-fa-008"]


def test_the_command_tells_how_a_topic_goes_in_the_words_of_the_board(store: Store) -> None:
    from zoneinfo import ZoneInfo

    from alerts.topics import course_words
    from dashboard import topic_cards
    from dashboard.pen import Pen
    from listener.types import Topic

    topic = Topic("t", BRAND, {"en": ("refund",)}, NOW - timedelta(days=9), NOW, 25, 21, (1, 2, 0, 3, 2, 5, 12), "growing", 6.0, usual=2.0, between=(2.9, 12.3))
    told = course_words(topic, "en")
    assert told == ["12 complaints in the last 24 hours", "usually 2 a day", "2.9 to 12.3 times", "surely more"]
    assert topic_cards.course(Pen("en", ZoneInfo("UTC"), NOW), topic) == told
    complain(store)
    assert "too young to" in goosh("topics").out
