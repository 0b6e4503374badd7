"""What ``goosh doctor`` finds, before it is said in a language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from listener.words import Language, say

State = Literal["ok", "warning", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, in one language. ``todo`` is empty where all is well."""

    what: str
    state: State
    found: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of ``words.doctor`` with its values; a value may be a sentence, several, or what tells one in a language."""

    key: str
    values: Mapping[str, object]

    def told(self, language: Language) -> str:
        return say(f"doctor.{self.key}", language, **{name: _told(value, language) for name, value in self.values.items()})


def sentence(key: str, **values: object) -> Sentence:
    return Sentence(key, values)


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that was looked at: ``doctor.what.<what>``, what was found of it and what to do about it."""

    what: str
    state: State
    found: Sentence
    todo: Sentence | None = None

    def told(self, language: Language) -> Finding:
        return Finding(say(f"doctor.what.{self.what}", language), self.state, self.found.told(language), self.todo.told(language) if self.todo else "")


def _told(value: object, language: Language) -> object:
    if isinstance(value, Sentence):
        return value.told(language)
    if callable(value):
        return value(language=language)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return say("doctor.and", language).join(str(_told(one, language)) for one in value)
    return value
