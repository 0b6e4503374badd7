"""Log-ins that a process remembers, so that no poll needs one of its own. Tokens live in memory only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from listener.client import Client

Session = TypeVar("Session")


class Sessions(Generic[Session]):
    """Sessions by client and account: every source of one account shares one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: WeakKeyDictionary[Client, dict[Hashable, tuple[threading.Lock, list[Session]]]] = WeakKeyDictionary()

    def get(self, client: Client, account: Hashable, renew: Callable[[Session | None], Session], *,
            refused: Session | None = None) -> Session:
        """Return the session of an account; ``renew`` makes one, from the last one where there was one.

        ``refused`` is the session that the host no longer takes: another thread may have renewed it already.
        Raises: what ``renew`` raises; the last session is kept then.
        """
        with self._lock:
            lock, held = self._held.setdefault(client, {}).setdefault(account, (threading.Lock(), []))
        with lock:  # one log-in at a time
            last = held[-1] if held else None
            if last is None or last is refused:
                held[:] = [renew(last)]
            return held[-1]
