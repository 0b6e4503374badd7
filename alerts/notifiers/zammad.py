"""Cases as tickets of Zammad, a help desk one runs oneself.

Endpoint: ``GET {url}/api/v1/tickets/search`` by our key, then ``POST {url}/api/v1/tickets``, JSON.
Docs: https://docs.zammad.org/en/latest/api/ticket/index.html    Cost: none.
Auth: an access token with ``ticket.agent``, in a variable named by ``token_env``; header ``Authorization: Token token=…``.
Limits: those of the installation.
Permanent: 401, 403 (the token), 404 (the address), 422 (group or customer unknown there), other 4xx. 408, 425, 429, 5xx and no
answer are tried again.

The ticket holds one internal note, and belongs to ``customer``: an account of yours over there, never the person who complained.
Zammad's own triggers may write to a ticket's customer, and nothing of ours may reach a customer by itself. Each ticket carries the
tag ``goosh`` and our key in its title, by which it is found again: a second try makes no second ticket. Zammad's search lags some
seconds behind, so a process that is killed between Zammad's answer and the next line, and started at once, may make a second one.

Built from the documentation and tried against a server that speaks it; no live Zammad was at hand.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from pydantic import Field

from alerts.notifiers.http import Address, Answer, Post, WebOptions, json_bytes
from alerts.notifiers.plain import cut, fitted
from listener.types import Message

TITLE = 200
BODY = 50_000  # characters of the note
READ = 500_000  # bytes of an answer: ten tickets with all their fields
FOUND = 10  # tickets a search may bring; ours is the one that has our key


class Options(WebOptions, frozen=True, extra="forbid"):
    url: Address = Field(description="where Zammad is, such as https://help.example.ir")
    token_env: str = Field(description="variable with an access token that has ticket.agent")
    group: str = Field(min_length=1, description="the group tickets are made in")
    customer: str = Field(min_length=3, description="e-mail of an account of yours that tickets belong to; never a customer's")
    tags: tuple[str, ...] = Field(default=("goosh",), max_length=10, description="of each ticket")


class ZammadNotifier:
    kind = "zammad"

    def __init__(self, name: str, options: Options, *, transport: httpx.BaseTransport | None = None,
                 environment: Mapping[str, str] = os.environ, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.name, self.options = name, options
        self._post = Post(name, self.kind, options, transport=transport, environment=environment, now=now)

    def send(self, message: Message) -> str:
        """Make a ticket where there is none of this message; return its number and address.

        Raises: NotifyError, permanent where trying again cannot help.
        """
        mark, base = _mark(message.key), self.options.url.rstrip("/")
        headers = {"Authorization": f"Token token={self._post.secret(self.options.token_env)}", "Content-Type": "application/json"}
        asked = urlencode({"query": f'"{mark}"', "limit": FOUND, "expand": "true"})
        found = self._judged(self._post.send(f"{base}/api/v1/tickets/search?{asked}", b"", headers, read=READ, method="GET"))
        ticket = next((one for one in _tickets(found) if mark in str(one.get("title", ""))), None)
        if ticket is None:
            ticket = self._judged(self._post.send(f"{base}/api/v1/tickets", json_bytes(payload(message, self.options)), headers, read=READ))
        number, id = (ticket.get(name) if isinstance(ticket, dict) else None for name in ("number", "id"))
        if not isinstance(id, int) or isinstance(id, bool):
            raise self._post.error("the answer names no ticket; see whether the address is Zammad's")
        return f"{number or id} {base}/#ticket/zoom/{id}"

    def _judged(self, answer: Answer) -> Any:
        self._post.judge(answer, "check the token, the group and the customer")
        if answer.page:
            raise self._post.error("a page came that is not Zammad's own; see whether a filter or a proxy stands between")
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise self._post.error("the answer cannot be read; see whether the address is Zammad's") from None

    def close(self) -> None:
        self._post.close()


def payload(message: Message, options: Options) -> dict[str, Any]:
    """Return the ticket of a message."""
    title, *lines = fitted(message, BODY)
    if message.url and message.url not in lines:
        lines.append(message.url)
    mark = _mark(message.key)
    return {"title": f"{cut(title, TITLE - len(mark) - 3)} [{mark}]", "group": options.group, "customer": options.customer, "tags": ",".join(options.tags),
            "article": {"subject": cut(title, TITLE), "body": "\n".join(lines) or title, "type": "note", "content_type": "text/plain", "internal": True}}


def _mark(key: str) -> str:
    """Return a word that stands for a message's key: letters and digits only, so that every search takes it as one."""
    return f"goosh{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:12]}"


def _tickets(found: Any) -> list[Mapping[str, Any]]:
    """Return the tickets of a search's answer: a list, or by id under ``assets`` as older ones write it."""
    if isinstance(found, list):
        return [one for one in found if isinstance(one, dict)]
    assets = found.get("assets") if isinstance(found, dict) else None
    by_id = assets.get("Ticket") if isinstance(assets, dict) else None
    return [one for one in by_id.values() if isinstance(one, dict)] if isinstance(by_id, dict) else []
