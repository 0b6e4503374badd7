"""Mentions as they become known, and what a tripwire is told of them: one at a time, or many in one look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import strategies as st

from alerts.tripwire import account
from listener.types import (
    Author,
    Facts,
    Finding,
    Label,
    Mention,
    MentionKey,
    Precision,
    Reach,
    Rule,
    Score,
    ScoredMention,
    Series,
    State,
    Story,
)
from tests.alerts.world import SATURDAY

BRAND = "چابک‌سبد"
SCORES = {"negative": (0.9, 0.07), "unsure": (0.45, 0.35), "neutral": (0.05, 0.9), "positive": (0.02, 0.08)}


def said(text: str, *, hours: float = 0, late: float = 1 / 60, author: str | None = "sara", followers: int | None = 300,
         tone: str = "negative", story: str | None = None, ours: bool = False, reach: int = 30, reshare_of: str | None = None,
         precision: Precision = Precision.SECOND, id: str | None = None) -> ScoredMention:
    """Return a mention published ``hours`` after the start and known ``late`` hours after that."""
    at = SATURDAY + timedelta(hours=hours)
    id = id or f"{author}-{hours}-{hash(text) % 9973}"
    mention = Mention("mastodon", id, text, at, precision=precision, ours=ours, reshare_of=reshare_of,
                      author=Author("mastodon", author, followers=followers) if author else None)
    negative, neutral = SCORES[tone]
    score = Score(negative, neutral, 1 - negative - neutral, "fa", "test@1", 0.5)
    known_at = at + timedelta(hours=late)
    return ScoredMention(
        mention,
        BRAND,
        ("social",),
        (),
        score,
        Reach(0, reach, 10 * reach, "assumed"),
        known_at,
        known_at=known_at,
        story=story or id,
    )


def facts(mentions: Sequence[ScoredMention], since: datetime, until: datetime, *, audiences: Sequence[int] = (),
          stories: dict[str, Story] | None = None) -> Facts:
    """Return what is known at ``until`` of mentions that became known in ``(since, until]``."""
    fresh = sorted(
        (m for m in mentions if m.known_at and since < m.known_at <= until), key=lambda m: (m.known_at, m.mention.key)
    )
    before = [m for m in mentions if m.known_at and m.known_at <= since]
    complained: dict[str, datetime] = {}
    for one in before:
        who = account(one)
        if who is not None and one.score is not None and one.score.label is Label.NEGATIVE:
            complained[who] = max(one.mention.published_at, complained.get(who, one.mention.published_at))
    known: dict[str, Story] = dict(stories or {})
    for one in before:
        name, at = one.story or "", one.mention.published_at
        old = known.get(name, Story(name, BRAND, one.mention.key, at, at, 0, 0, 0, 0, 0, 0))
        known[name] = Story(
            name, BRAND, old.first, min(old.first_at, at), max(old.last_at, at), old.mentions + 1, 0, 0, 0, 0, 0
        )
    wanted = {account(m) for m in fresh}
    return Facts(BRAND, until, since, Series(since, ()), fresh=tuple(fresh), audiences=tuple(sorted(audiences)),
                 stories={m.story: known[m.story] for m in fresh if m.story in known},
                 complained={who: at for who, at in complained.items() if who in wanted})


def an_old_story(name: str, *, first_days: float, last_days: float) -> Story:
    """Return a story begun and last heard of so many days before the start."""
    return Story(
        name,
        BRAND,
        MentionKey("rss", name),
        SATURDAY - timedelta(days=first_days),
        SATURDAY - timedelta(days=last_days),
        5,
        3,
        2,
        5,
        1,
        4,
    )


def looked(rule: Rule, mentions: Sequence[ScoredMention], *, cuts: Sequence[datetime] = (), audiences: Sequence[int] = (),
           stories: dict[str, Story] | None = None) -> tuple[State, list[Finding]]:
    """Evaluate all mentions in looks that end at ``cuts`` and after the last one; the memory goes through JSON each time."""
    last = max((m.known_at for m in mentions if m.known_at), default=SATURDAY) + timedelta(seconds=1)
    state: State = {}
    findings, since = [], SATURDAY - timedelta(days=3)
    for until in [*sorted(cut for cut in set(cuts) if cut < last), last]:
        if until > since:
            state, more = rule.evaluate(
                facts(mentions, since, until, audiences=audiences, stories=stories), json.loads(json.dumps(state))
            )
            findings += more
            since = until
    return state, findings


def one_by_one(rule: Rule, mentions: Sequence[ScoredMention], *, audiences: Sequence[int] = (),
               stories: dict[str, Story] | None = None) -> tuple[State, list[Finding]]:
    return looked(rule, mentions, cuts=[m.known_at for m in mentions if m.known_at], audiences=audiences, stories=stories)


def crowds(texts: Sequence[str], *, hours: float = 60) -> st.SearchStrategy[list[ScoredMention]]:
    """Lists of mentions by a few authors, in order of time, each known at an instant of its own."""
    one = st.tuples(
        st.sampled_from(texts),
        st.sampled_from([None, "sara", "ali", "mina", "reza"]),
        st.sampled_from([None, 50, 900, 20_000, 2_000_000]),
        st.sampled_from(["negative", "negative", "unsure", "neutral", "positive"]),
        st.sampled_from(["a", "b", "c"]),
        st.floats(0.01, hours / 12),
    )
    return st.lists(one, max_size=14).map(_spaced)


def _spaced(drawn: list[tuple[str, str | None, int | None, str, str, float]]) -> list[ScoredMention]:
    hours, mentions = 0.0, []
    for number, (text, author, followers, tone, story, pause) in enumerate(drawn):
        hours += pause
        mentions.append(said(text, hours=hours, author=author, followers=followers, tone=tone, story=story, id=f"m{number}"))
    return mentions
