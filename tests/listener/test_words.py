"""The catalogue is complete in both languages and says the same things in both."""

from __future__ import annotations

from string import Formatter

import pytest

from listener.words import catalogue, number, say


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_a_sentence_stands_in_both_languages_with_the_same_fields(key: str) -> None:
    fa, en = catalogue()[key]
    assert fa.strip() and en.strip()
    assert fields(fa) == fields(en)


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_persian_uses_persian_letters_and_digits(key: str) -> None:
    fa, _ = catalogue()[key]
    assert not set(fa) & set("يكةى٠١٢٣٤٥٦٧٨٩")


@pytest.mark.parametrize(("value", "fa", "en"), [
    (0, "۰", "0"), (12345, "۱۲٬۳۴۵", "12,345"), (12345.0, "۱۲٬۳۴۵", "12,345"), (2.25, "۲٫۲", "2.2"), (-3, "-۳", "-3"),
])
def test_numbers_are_written_as_people_write_them(value: float, fa: str, en: str) -> None:
    assert (number(value, "fa"), number(value, "en")) == (fa, en)


def test_an_unknown_key_or_a_missing_field_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("no.such.key", "en")
    with pytest.raises(KeyError):
        say("demo.board", "en")
