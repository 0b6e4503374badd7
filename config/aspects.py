"""What posts are about, where a file says it in its own words: the tables of ``[[aspects]]``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from config.sentences import shown
from config.table import Name, Table
from listener.text import matching_key
from listener.types import ASPECTS

FEWEST = 5      # examples of an aspect that nothing else is known of
MOST_EXAMPLES = 400
MOST = 50       # aspects of one list
LONGEST = 1000  # characters of an example: posts, not articles
TOLD = 8000     # characters of a description


def _example(text: object) -> object:
    if not isinstance(text, str):
        return text
    if not text.strip():
        raise ValueError("an example is empty; give a post, or leave it out")
    if len(text) > LONGEST:
        raise ValueError(f"an example has {len(text):,} characters; keep the part that tells it, {LONGEST:,} at most")
    return text.strip()


class AspectSettings(Table):
    """Something that posts are about: posts that are, and words that tell it, divided by commas. ``fa`` and ``en`` are what people
    read in its place. The packaged names need nothing but their name."""

    name: Name
    fa: Name | None = None
    en: Name | None = None
    description: str = Field(default="", max_length=TOLD)
    examples: tuple[Annotated[str, BeforeValidator(_example)], ...] = Field(default=(), max_length=MOST_EXAMPLES)

    def option(self) -> dict[str, Any]:
        """Return what a scorer is told of it. What it is called in front of people is not part of that, and rescores nothing."""
        return self.model_dump(exclude={"fa", "en"})

    def names(self) -> dict[str, str]:
        """Return what it is called, by language of the reader."""
        return {language: name for language, name in (("fa", self.fa), ("en", self.en)) if name}


def aspect_problems(made: Sequence[AspectSettings | None]) -> list[tuple[str, str]]:
    """Return what is wrong with a list whose tables are each in order, with key paths: names that stand twice are told elsewhere."""
    found = []
    if len(made) > MOST:
        found.append(("aspects", f"{len(made)} aspects; {MOST} are the most that posts can be told apart by"))
    for index, one in enumerate(made):
        if one is None:
            continue
        path = f"aspects[{index}]"
        first: dict[str, int] = {}
        for at, text in enumerate(one.examples):
            key = matching_key(text)
            if key in first:
                found.append((f"{path}.examples[{at}]", f"the same post as examples[{first[key]}]; keep one of them"))
            first.setdefault(key, at)
        if one.name not in ASPECTS and len(first) < FEWEST:
            told = "no example" if not first else "one example" if len(first) == 1 else f"{len(first)} examples"
            found.append((f"{path}.examples", f"{shown(one.name)} has {told}; give {FEWEST} posts that are about it, or one of the packaged names "
                                              f"that need none: {', '.join(ASPECTS)}"))
    return found
