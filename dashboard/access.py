"""Who is there, and what they may do: passwords tried, sessions kept, roles compared. No page and no request is known here.

Sessions live in this process: a restart of the board signs everybody out, and signing out ends a session for good, which no
signed token that lies in a browser could promise.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from threading import Lock
from typing import NamedTuple

from config.board import Role
from config.passwords import hash_password, is_password
from config.settings import PersonSettings, Settings
from listener.text import matching_key

ROLES: tuple[Role, ...] = ("viewer", "on_call", "admin")  # each may do what those before it may
FREE_TRIES = 5  # wrong passwords in a row before somebody has to wait
LONGEST_WAIT = timedelta(minutes=15)
MOST_KEPT = 10_000  # sessions and tries, so that nobody fills the memory by trying
Clock = Callable[[], datetime]


def clock() -> datetime:
    """Return now: of sessions, which no scenario's clock moves."""
    return datetime.now(UTC)


class Visitor(NamedTuple):
    """Somebody at the board. ``signed_in``: it was proven who they are; else the name is only what they said."""

    name: str | None
    role: Role
    signed_in: bool = False

    def may(self, role: Role) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)


def is_local(bind: str) -> bool:
    """Return whether only this machine reaches a board that is bound there."""
    try:
        return bind == "localhost" or ip_address(bind).is_loopback
    except ValueError:
        return False


def person_named(settings: Settings, name: str) -> PersonSettings | None:
    """Return the person of that name, however its letters are typed."""
    wanted = matching_key(name)
    return next((person for person in settings.people if wanted and matching_key(person.name) == wanted), None)


def person_of_mail(settings: Settings, email: str) -> PersonSettings | None:
    wanted = email.strip().casefold()
    return next((person for person in settings.people if person.email and person.email.strip().casefold() == wanted), None)


def known(settings: Settings, claims: Mapping[str, object], at: datetime) -> Visitor | None:
    """Return who the identity provider says is there; None: nobody who may come in, or longer ago than a session lasts.

    An address that the provider has not verified is nobody's. ``claims`` are those of the ID token.
    """
    email, issued = claims.get("email"), claims.get("iat")
    if not isinstance(email, str) or not email.strip() or claims.get("email_verified") is False:
        return None
    if isinstance(issued, (int, float)) and at.timestamp() - issued > settings.board.session.total_seconds():
        return None
    person = person_of_mail(settings, email)
    if person is not None:
        return Visitor(person.name, person.board, True)
    return None if settings.board.others == "none" else Visitor(email.strip(), settings.board.others, True)


class Sessions:
    """Who has signed in. Only a digest of each token is kept: what lies in memory opens nothing."""

    def __init__(self, now: Clock = clock) -> None:
        self._now, self._lock, self._open = now, Lock(), dict[str, tuple[str, datetime]]()

    def begin(self, name: str, lasts: timedelta) -> str:
        """Return the token of a new session."""
        token, at = secrets.token_urlsafe(32), self._now()
        with self._lock:
            self._open = {key: one for key, one in list(self._open.items())[-MOST_KEPT:] if one[1] > at}
            self._open[_digest(token)] = name, at + lasts
        return token

    def who(self, token: str | None) -> str | None:
        """Return whose session it is; None where it is over or never was."""
        with self._lock:
            found = self._open.get(_digest(token)) if token else None
        return found[0] if found and found[1] > self._now() else None

    def end(self, token: str | None) -> None:
        with self._lock:
            self._open.pop(_digest(token or ""), None)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(slots=True)
class _Wrong:
    times: int
    until: datetime  # not tried again before


class Tries:
    """Wrong passwords by name and by address. After five in a row each next one costs twice the wait, up to 15 minutes."""

    def __init__(self, now: Clock = clock) -> None:
        self._now, self._lock, self._wrong = now, Lock(), dict[str, _Wrong]()

    def wait(self, keys: Sequence[str]) -> timedelta:
        """Return how long nobody may try under any of these keys; zero: now."""
        at = self._now()
        with self._lock:
            return max([timedelta(0), *(self._wrong[key].until - at for key in keys if key in self._wrong)])

    def wrong(self, keys: Sequence[str]) -> None:
        at = self._now()
        with self._lock:
            for key in keys:
                one = self._wrong.pop(key, None) or _Wrong(0, at)
                one.times += 1
                if one.times >= FREE_TRIES:
                    one.until = at + min(LONGEST_WAIT, timedelta(seconds=30) * 2 ** min(one.times - FREE_TRIES, 10))
                self._wrong[key] = one
            while len(self._wrong) > MOST_KEPT:
                self._wrong.pop(next(iter(self._wrong)))

    def right(self, keys: Sequence[str]) -> None:
        with self._lock:
            for key in keys:
                self._wrong.pop(key, None)


_NOBODY = hash_password(secrets.token_urlsafe(16))  # what the password of a name that is nobody's is compared with, so that it takes as long
_ONE_AT_A_TIME = Lock()  # a hash costs 16 MB and a tenth of a second: a flood of tries must not take the machine


def try_password(settings: Settings, name: str, password: str, environment: Mapping[str, str] | None = None) -> str | None:
    """Return the name of the person who has this password; None where it is wrong or nobody has that name. Takes a tenth of a second.

    A person's own password stands for the team's, which then opens nothing under this name. Raises: ValueError where the
    variable holds no hash.
    """
    given = os.environ if environment is None else environment
    person = person_named(settings, name)
    variable = (person.password_env or settings.board.password_env) if person else None
    kept = given.get(variable, "") if variable else ""
    with _ONE_AT_A_TIME:
        right = is_password(password, kept or _NOBODY)
    return person.name if right and person is not None and kept else None


sessions = Sessions()
tries = Tries()
