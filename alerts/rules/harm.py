"""Somebody came to harm, or says so: one post is enough, at any hour (PRODUCT, idea 16).

**When it fires.** At a negative mention that says, in the words of ``alerts.harm_words`` (Persian, also in Latin letters, and
English), that somebody died or was hurt, that something burned, exploded or poisoned, that data leaked, somebody was
arrested or sued, a child was in danger, somebody was attacked or discriminated against. Grade 3 counts in any tone but praise:
a death, a fire, a leak is told without adjectives.

**When it cannot.** Words it does not know (``extra`` adds, ``without`` takes away); harm told in pictures or by hints; lesser
harm in a post that is no complaint; words of our own; what became known more than a day after
it was published or has no exact time. Idioms («قیمتش آتیش گرفته», "killing it") and denials («کسی آسیب ندید») are not harm.

**One thread.** Mentions of one category are one incident while each follows within ``group`` of the last, in whatever words
and whoever writes: the first opens it (``why["new"]``), the others join, and its value is how many independent authors
say so (a hundred at most). ``word`` is the phrase it fired on, from outside and folded: without it, it would be silent.

**How bad.** Grade 3 is P1, grades 1 and 2 are P2, more for a large voice or many authors. It ends ``group`` after the last.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, Field, field_validator

from alerts.harm_words import VERSION as WORDS
from alerts.harm_words import Harm, Lexicon
from alerts.tripwire import Incidents, complains, finding, news
from listener.text import search_form
from listener.types import Facts, Finding, Label, ScoredMention, State

VERSION = "harm@1"
GRAVE = 3


class Word(BaseModel, frozen=True, extra="forbid"):
    """A phrase of your own: words in order, ``*`` for any ending, ``a/b`` for one or the other, ``…`` for words between."""

    phrase: str = Field(min_length=3, max_length=80)
    category: str = Field(min_length=1, max_length=30)
    grade: int = Field(default=2, ge=1, le=3)

    @field_validator("phrase")
    @classmethod
    def _letters(cls, value: str) -> str:
        return _readable(value)


class Options(BaseModel, frozen=True, extra="forbid"):
    """Which words are harm."""

    extra: tuple[Word, ...] = Field(default=(), max_length=500)
    without: tuple[str, ...] = Field(default=(), max_length=500)  # phrases in whose place nothing is found
    lowest: int = Field(default=1, ge=1, le=3)  # grade from which it speaks
    group: timedelta = Field(default=timedelta(hours=24), gt=timedelta(0), le=timedelta(days=7))

    @field_validator("without")
    @classmethod
    def _letters(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_readable(phrase) for phrase in value)


class HarmRule:
    kind = "harm"
    about = "brand"
    on = "mention"
    history = timedelta(days=1)

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self._lexicon = Lexicon([(word.phrase, word.category, word.grade) for word in self.options.extra], self.options.without)

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Return the new memory and what was found among the fresh mentions, in the order they became known."""
        incidents = Incidents(state.get("incidents", {}), self.options.group)
        findings = []
        for one, at in news(facts):
            harm = self.harm(one)
            if harm is None:
                continue
            incident, new = incidents.take(harm.category, one, at)
            findings.append(finding(
                self.kind, facts, one, at, value=len(incident.people), expected=0.0, lasts=self.options.group,
                story=incident.story,
                why={"version": VERSION, "words": WORDS, "new": new, "harm": harm.grade, "category": harm.category,
                     "word": harm.phrase[:80], "authors": len(incident.people), "joined": incident.mentions, "begun_at": incident.begun_at.isoformat()}))
        return {"incidents": incidents.written()}, findings

    def harm(self, one: ScoredMention) -> Harm | None:
        """Return the gravest harm a mention speaks of, where its tone lets it count."""
        if one.score is None or one.score.label is Label.POSITIVE:
            return None
        lowest = self.options.lowest if complains(one) else GRAVE  # who reports a fire need not be angry
        return next((harm for harm in self._lexicon.find(one.mention.full_text) if harm.grade >= lowest), None)


def _readable(phrase: str) -> str:
    """Return a phrase as given. Raises: ValueError where it holds no letters, or a list it cannot know."""
    if "{" in phrase or "}" in phrase or any(not search_form(choice.rstrip("*")) for word in phrase.split() if word != "…"
                                              for choice in word.split("/")):
        raise ValueError(f"{phrase!r} is not a phrase; write words, * for any ending, a/b for one or the other")
    return phrase
