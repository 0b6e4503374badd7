"""The ledger of promises: from what stands in our answers to what is kept of it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

from alerts.care import promises
from listener.calendar import Hours
from listener.types import Mention, MentionKey
from listener.types.care import Promise, PromiseState


def promise_id(*parts: str) -> str:
    """Return sixteen hex digits that are the same for the same promise, however often its answer is read."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def written(answer: Mention, brand: str, hours: Hours, *, case: int | None = None) -> tuple[list[Promise], bool]:
    """Return the promises in an answer of ours, none of them confirmed yet, and whether it apologises and mends nothing.

    One whose date has another weekday is due by the date and carries the other day as its question.
    """
    read = promises.read(answer.full_text, answer.published_at.astimezone(hours.zone), hours)
    return [_found(one, brand, answer.published_at, promise_id(*answer.key, brand, one.what, one.text), answer.key, case)
            for one in read.promises], read.apology_only


def told(text: str, brand: str, at: datetime, hours: Hours, *, case: int) -> list[Promise]:
    """Return the promises in what somebody wrote down to have told a customer at an instant."""
    return [_found(one, brand, at, promise_id(str(case), at.isoformat(), one.what, one.text), None, case)
            for one in promises.read(text, at.astimezone(hours.zone), hours).promises]


def _found(one: promises.Promise, brand: str, at: datetime, id: str, answer: MentionKey | None, case: int | None) -> Promise:
    return Promise(id, brand, one.what, one.text, at, one.due.astimezone(UTC), PromiseState.FOUND, answer, case, _question(one.by_weekday))


def _question(by_weekday: datetime | None) -> str | None:
    """The other instant it may mean, as ISO 8601: the board asks in the reader's language."""
    return None if by_weekday is None else by_weekday.astimezone(UTC).isoformat()


def kept_share(settled: Iterable[Promise]) -> tuple[int, int]:
    """Return how many of the settled promises were kept, and how many were kept or broken."""
    states = [one.state for one in settled]
    kept, broken = states.count(PromiseState.KEPT), states.count(PromiseState.BROKEN)
    return kept, kept + broken


