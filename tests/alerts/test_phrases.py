"""What is looked at of a text: never more than so much of it, whatever strangers write."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from alerts import harm_words, ignored_words
from alerts.phrases import HEAD, TAIL, clauses


@pytest.mark.parametrize("written", ["بار سوم ", "third time ", "۳۰ روزه ", "a, ", "a. ", "https://", "@", "آتیش گرفت نه ", "x"])
def test_of_a_hundred_thousand_characters_little_is_looked_at(written: str) -> None:
    text = written * (100_000 // len(written))
    assert sum(map(len, clauses(text))) <= 2 * (HEAD + TAIL)


def test_the_end_of_a_long_text_is_looked_at_and_is_a_clause_of_its_own() -> None:
    filler = "حرف " * 2000
    assert [one.sign for one in ignored_words.find(filler + ". بار سوم است که زنگ زدم")] == ["again"]
    assert harm_words.Lexicon().find(filler + ". یک نفر کشته شد")
    assert len(clauses(filler)) == 2


class Counting:
    """A regular expression that counts how often it is asked."""

    def __init__(self, pattern: re.Pattern[str], asked: Counter[str]) -> None:
        self._pattern, self._asked = pattern, asked

    def search(self, *arguments: Any) -> Any:
        self._asked[self._pattern.pattern] += 1
        return self._pattern.search(*arguments)


@pytest.mark.parametrize("written", ["بار سوم ", "third time ", "۳۰ روزه ", "سه بار ", "30 days "])
def test_each_list_is_looked_for_a_few_times_in_a_clause_however_many_numbers_stand_there(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Counter[str] = Counter()
    made = ignored_words._of
    monkeypatch.setattr(ignored_words, "_of", lambda words: Counting(made(words), asked))
    ignored_words.find(written * 200)
    assert asked and max(asked.values()) <= 2


def test_what_is_denied_fifty_times_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    denied = harm_words.denied
    monkeypatch.setattr(harm_words, "denied", lambda *place: asked.append(place[1]) or denied(*place))
    assert harm_words.Lexicon().find("بدون کشته " * 200) == []
    assert len(asked) <= harm_words.TRIED * 40
