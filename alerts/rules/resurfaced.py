"""An old story returns: it looks like news and is not, and yesterday's answer may no longer be known (PRODUCT §9, R6).

**When it fires.** A story that was silent for ``silent`` (14 days) comes back with ``min_authors`` independent authors
within ``within`` (24 hours); or, at its first post already, when the story is older than ``old`` (180 days). It says how
old the story is (``age``) and how long it was silent (``silence``), both in seconds. ``needed`` and ``seen`` are
authors. A story that came back speaks at most twice: for its age, and again when the authors are enough.

**When it cannot.** For posts that praise; for posts that became known more than a day after they were published or have
no exact time; when what comes back is told in new words, so that it is another story; when it never went silent, as an
advertisement that is posted all year.

**How bad.** P2 when at least three authors brought it back and at least half of the posts complain, else P3: it waits for
the digest. More for a large voice. It ends a day after the last one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field

from alerts.tripwire import NEWS, account, complains, finding, news, shortened
from listener.types import Facts, Finding, Label, ScoredMention, State

VERSION = "resurfaced@1"
STORIES = 200  # that are coming back at the same time


class Options(BaseModel, frozen=True, extra="forbid"):
    """When a story counts as old, and how many must bring it back."""

    silent: timedelta = Field(default=timedelta(days=14), ge=timedelta(days=1))
    old: timedelta = Field(default=timedelta(days=180), ge=timedelta(days=1))
    min_authors: int = Field(default=3, ge=1, le=100)
    within: timedelta = Field(default=timedelta(hours=24), gt=timedelta(0), le=timedelta(days=7))


class ResurfacedRule:
    kind = "resurfaced"
    about = "brand"
    on = "mention"
    history = timedelta(days=1)

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def evaluate(self, facts: Facts, state: State) -> tuple[State, list[Finding]]:
        """Return the new memory and what was found among the fresh mentions, in the order they became known."""
        options, findings = self.options, []
        returns = {name: _Return.read(written) for name, written in state.get("returns", {}).items()}
        newest: dict[str, datetime] = {}  # of stories, as this look goes on; the facts know them as they were before it
        for one, at in news(facts):
            story = facts.stories.get(one.story or "")
            if story is None or one.story is None:
                continue
            name, published = one.story, one.mention.published_at
            last_at = max(story.last_at, newest.get(name, story.last_at))
            newest[name] = max(last_at, published)
            back = returns.get(name)
            if back is not None and at - back.since_at > options.within:
                del returns[name]
                back = None
            if back is None:
                if published - last_at < options.silent:
                    continue
                back = returns[name] = _Return(at, story.first_at, last_at)
            if not back.take(one, options.min_authors):
                continue
            enough = len(back.people) >= options.min_authors
            if enough and not back.told_crowd:
                new, back.told_age, back.told_crowd = not back.told_age, True, True
            elif published - back.first_at > options.old and not back.told_age:
                new, back.told_age = True, True
            else:
                continue
            findings.append(finding(
                self.kind, facts, one, at, value=len(back.people),
                expected=0.0, lasts=NEWS, story=name,
                why={"version": VERSION, "new": new, "needed": options.min_authors if enough else 1, "seen": len(back.people),
                     "authors": len(back.people), "mentions": back.mentions, "negative": back.negative,
                     "window": int(options.within.total_seconds()), "age": int((published - back.first_at).total_seconds()),
                     "silence": int((back.since_at - back.last_at).total_seconds()), "first_at": back.first_at.isoformat(),
                     "last_at": back.last_at.isoformat()}))
        kept = sorted((back.since_at, name) for name, back in returns.items() if facts.until - back.since_at <= options.within)
        names = sorted(name for _, name in kept[-STORIES:])
        return {"returns": {name: returns[name].written() for name in names}}, findings


@dataclass(slots=True)
class _Return:
    """A story that has come back: since when, from where, and with whom so far."""

    since_at: datetime
    first_at: datetime  # of the story
    last_at: datetime   # before it went silent
    mentions: int = 0
    negative: int = 0
    people: tuple[str, ...] = ()
    told_age: bool = False
    told_crowd: bool = False

    @classmethod
    def read(cls, written: dict[str, Any]) -> _Return:
        since_at, first_at, last_at = (datetime.fromisoformat(written[name]) for name in ("since_at", "first_at", "last_at"))
        return cls(since_at, first_at, last_at, written["mentions"], written["negative"], tuple(written["people"]),
                   written["told_age"], written["told_crowd"])

    def written(self) -> dict[str, Any]:
        return {"since_at": self.since_at.isoformat(), "first_at": self.first_at.isoformat(),
                "last_at": self.last_at.isoformat(), "mentions": self.mentions, "negative": self.negative,
                "people": list(self.people), "told_age": self.told_age, "told_crowd": self.told_crowd}

    def take(self, one: ScoredMention, most: int) -> bool:
        """Count a mention; False for one that praises. Only as many people are remembered as are needed."""
        if one.score is not None and one.score.label is Label.POSITIVE and not one.score.unsure:
            return False
        self.mentions += 1
        self.negative += complains(one)
        who = shortened(account(one) or "\n".join(one.mention.key))
        if who not in self.people and len(self.people) < most:
            self.people = (*self.people, who)
        return True
