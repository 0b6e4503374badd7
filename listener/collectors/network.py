"""What every collector of an HTTP API shares: how it is made, and how an answer becomes JSON or an error in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from listener.client import Client, Response, page_kind, redact
from listener.errors import CollectError

Options = TypeVar("Options")
T = TypeVar("T")


class NetworkCollector(Generic[Options]):
    """A configured source behind the client. Subclasses add ``collect`` and, where single mentions can be asked for, ``refresh``."""

    kind: ClassVar[str]
    experimental: ClassVar[bool] = False  # no recording of this source was at hand: a person confirms that it is read right

    def __init__(self, name: str, options: Options, client: Client, *, now: Callable[[], datetime]) -> None:
        self.name = name
        self._label = f"{self.kind} {name!r}"
        self._options = options
        self._client = client
        self._now = now

    def _understood(self, answer: Response, read: Callable[[bytes], T]) -> T:
        """Return what ``read`` makes of an answer. Raises: CollectError that names this source and the address."""
        if answer.truncated:
            raise CollectError(self._label, f"{redact(answer.url)} broke off; retrying later")
        try:
            return read(answer.body)
        except CollectError as error:
            raise CollectError(self._label, f"{redact(answer.url)}: {answer.without_secrets(error.what)}",
                               permanent=error.permanent, retry_after=error.retry_after) from None

    def _failure(self, what: str, **how: Any) -> CollectError:
        return CollectError(self._label, what, **how)


def json_object(payload: bytes, what: str) -> dict[str, Any]:
    """Return the JSON object of a payload. ``what`` says what it should be: "a list of reviews". Raises: CollectError."""
    data = json_value(payload, what)
    if not isinstance(data, dict):
        raise CollectError("", f"the answer is not {what}; check the options of this source")
    return data


def json_value(payload: bytes, what: str) -> Any:
    """Return the JSON value of a payload, a byte order mark or none before it. Raises: CollectError."""
    try:
        return json.loads(payload.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        page = page_kind(payload)
        raise CollectError(
            "", f"the answer is {page or 'not whole JSON'} and not {what}; "
            + ("check the address, or whether it is blocked here" if page else "it is read again next time")) from None
