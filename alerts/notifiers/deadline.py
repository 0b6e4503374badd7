"""A bound on the whole of an exchange: libraries bound each read and not their sum, nor the name service.

A receiver that gives a byte now and then would hold up all delivery, and the end of the process, for ever.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

T = TypeVar("T")


def within(timeout: timedelta, work: Callable[[], T], *, hang_up: Callable[[], None] = lambda: None) -> T:
    """Return what ``work`` returns, or raise what it raises. Raises: TimeoutError when ``timeout`` is over, after ``hang_up``.

    The work runs in a thread of its own that may outlive this call where nothing can be hung up on.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # raised again by the thread that waits
            done.set_exception(error)

    threading.Thread(target=run, name="goosh-notifier", daemon=True).start()
    try:
        return done.result(timeout.total_seconds())
    except TimeoutError:
        hang_up()
        raise


def shut(line: Any) -> None:
    """End a socket so that a thread that reads from it wakes; ``close`` alone would not wake it."""
    with suppress(OSError, AttributeError):  # closed meanwhile, or not there yet
        line.shutdown(socket.SHUT_RDWR)
