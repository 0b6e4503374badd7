"""How long a host asks us to stay away, in every dialect known (SOURCES §0). Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

LONGEST_WAIT = timedelta(days=1)  # a host that says "come back in a year" is asked again tomorrow
BURST = timedelta(seconds=10)  # X's limit of one request a second, as twarc waits it out; any burst is over by then
ROLLING = timedelta(minutes=5)  # an hour that rolls frees a twelfth of itself in this time

THROTTLED = frozenset({420, 429})  # 420: the dialect of Twitter's early years, still seen on clones

_WINDOWS = tuple((f"{family}-remaining", f"{family}-{reset}") for family, reset in (
    ("x-ratelimit", "reset"),  # Mastodon: ISO 8601; GoToSocial and GitHub: epoch; Reddit: seconds left
    ("x-ratelimit", "reset-after"),  # Discord: seconds left
    ("x-rate-limit", "reset"),  # X: epoch
    ("x-app-limit-24hour", "reset"), ("x-user-limit-24hour", "reset"),  # X, by the day
    ("ratelimit", "reset"),  # Bluesky: epoch; the early IETF drafts: seconds left
))
_ANY = datetime(2000, 1, 1, tzinfo=UTC)  # where only amounts are asked for, the hour does not matter
_SHARES = ("call_count", "total_time", "total_cputime", "acc_id_util_pct")  # percent
_USAGES = ("x-app-usage", "x-page-usage", "x-ad-account-usage", "x-business-use-case-usage")


class _Window(NamedTuple):
    """One allowance: how much of it is left, and how long until it is whole again; None where the host does not say."""

    remaining: float | None
    wait: timedelta | None


def retry_after(headers: Mapping[str, str], now: datetime, status: int | None = None) -> timedelta | None:
    """Return how long the host asks us to stay away, or None when it does not say.

    ``Retry-After`` (seconds or HTTP-date) goes before the windows, of which those that are used up count, the longest
    of several. Instants are compared with the host's own ``Date``, so a wrong clock on either side does not matter.
    With a ``status`` of "too often" while every window has something left, a burst was too fast and the reset of the
    window is not what we wait for: ten seconds. Never below zero, never above a day.
    """
    server_now = _http_date(headers.get("date", "")) or now
    asked = _delay(headers.get("retry-after", ""), server_now)
    if asked is None:
        windows = list(_windows(headers, server_now))
        used_up = [window.wait for window in windows if window.remaining is not None and window.remaining < 1]
        if used_up:
            asked = max((wait for wait in used_up if wait is not None), default=None)
        elif any(window.remaining is not None for window in windows):
            asked = BURST if status in THROTTLED else None
        else:
            asked = next((window.wait for window in windows if window.wait is not None), None)
    return None if asked is None else min(max(asked, timedelta()), LONGEST_WAIT)


def exhausted(headers: Mapping[str, str]) -> bool:
    """Return whether the host says that an allowance is used up."""
    return any(window.remaining is not None and window.remaining < 1 for window in _windows(headers, _ANY))


def over_usage(headers: Mapping[str, str]) -> bool:
    """Return whether Facebook's usage headers say so: it speaks of being asked too often with a 400."""
    return any(window.remaining == 0 for window in _usages(headers))


def in_words(wait: timedelta) -> str:
    seconds = max(1, round(wait.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    return f"{round(seconds / 60)} min" if seconds < 7200 else f"{round(seconds / 3600)} h"


def _windows(headers: Mapping[str, str], server_now: datetime) -> Iterator[_Window]:
    for remaining, reset in _WINDOWS:
        if remaining in headers or reset in headers:
            yield _Window(_number(headers.get(remaining, "")), _delay(headers.get(reset, ""), server_now))
    said = headers.get("ratelimit", "")
    for policy in [said] if "limit=" in said else said.split(","):  # IETF: draft 7 lists the parts of one, later ones several
        left = re.search(r"\b(?:t|reset)=(\d+)", policy)
        some = re.search(r"\b(?:r|remaining)=(\d+)", policy)
        if left:
            yield _Window(_number(some.group(1)) if some else None, _delay(left.group(1), server_now))
    yield from _usages(headers)


def _usages(headers: Mapping[str, str]) -> Iterator[_Window]:
    """Facebook's: percentages in JSON, and the minutes until access is regained where they are known."""
    for name in _USAGES:
        try:
            data = json.loads(headers.get(name, ""))
        except (ValueError, RecursionError):
            continue
        if not isinstance(data, dict):
            continue
        entries = [data] if name != "x-business-use-case-usage" else [
            entry for listed in data.values() if isinstance(listed, list) for entry in listed if isinstance(entry, dict)]
        for entry in entries:
            shares = [share for name in _SHARES if isinstance(share := entry.get(name), int | float)]
            minutes = entry.get("estimated_time_to_regain_access")
            wait = timedelta(minutes=min(minutes, 1440)) if isinstance(minutes, int | float) and minutes > 0 else None
            if wait is not None:
                yield _Window(0, wait)
            elif shares:
                used_up = max(shares) >= 100
                yield _Window(0 if used_up else 100 - max(shares), ROLLING if used_up else None)


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _delay(value: str, server_now: datetime) -> timedelta | None:
    value = value.strip()
    try:
        number = float(value)
    except ValueError:
        instant = _http_date(value) or _iso_date(value)
        return None if instant is None else instant - server_now
    if not 0 <= number < 1e14:  # also refuses nan and infinities
        return None
    if number >= 1e11:
        number /= 1000  # epoch milliseconds
    if number >= 1e9:  # an epoch: as seconds left it would be 31 years
        return datetime.fromtimestamp(number, UTC) - server_now
    return min(timedelta(seconds=number), LONGEST_WAIT)


def _http_date(value: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


def _iso_date(value: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
