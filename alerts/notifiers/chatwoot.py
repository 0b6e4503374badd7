"""Cases as conversations of Chatwoot, a help desk one runs oneself or rents.

Endpoint: ``{url}/api/v1/accounts/{account}``: ``GET contacts/search``, ``POST contacts``, ``GET contacts/{id}/conversations``,
``POST conversations``, ``GET`` and ``POST conversations/{id}/messages``, JSON.
Docs: https://developers.chatwoot.com/api-reference/introduction    Cost: none.
Auth: the access token of an agent, in a variable named by ``token_env``; header ``api_access_token``, written with hyphens, which means the same
to Chatwoot and is not dropped by an nginx before it.
Limits: those of the installation.
Permanent: 401, 403 (the token), 404 (the account or the inbox), 422, other 4xx. 408, 425, 429, 5xx and no answer are tried again.

``inbox`` is one of the kind API, made for this: it leads to nobody, so nothing of it can reach a customer. What is known of a case stands in
a private note, which Chatwoot shows to agents only. Each case has a contact of its own whose ``identifier`` is our key, never the
person who complained; by it contact, conversation and note are found again, so a second try makes no second one, wherever the first
one ended.

Built from the documentation and tried against a server that speaks it; no live Chatwoot was at hand.
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

from alerts.notifiers.http import Address, Post, WebOptions, json_bytes
from alerts.notifiers.plain import cut, fitted
from listener.types import Message

TITLE = 200
BODY = 50_000  # characters of the note
READ = 500_000  # bytes of an answer


class Options(WebOptions, frozen=True, extra="forbid"):
    url: Address = Field(description="where Chatwoot is, such as https://desk.example.ir")
    token_env: str = Field(description="variable with the access token of an agent")
    account: int = Field(ge=1, description="the number of the account, as it stands in Chatwoot's addresses")
    inbox: int = Field(ge=1, description="the number of an inbox of the kind API, made for cases")


class ChatwootNotifier:
    kind = "chatwoot"

    def __init__(self, name: str, options: Options, *, transport: httpx.BaseTransport | None = None,
                 environment: Mapping[str, str] = os.environ, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.name, self.options = name, options
        self._post = Post(name, self.kind, options, transport=transport, environment=environment, now=now)

    def send(self, message: Message) -> str:
        """Make contact, conversation and note as far as they are not there; return the conversation's number and address.

        Raises: NotifyError, permanent where trying again cannot help.
        """
        mark = f"goosh{hashlib.sha256(message.key.encode('utf-8', 'replace')).hexdigest()[:12]}"
        title, *lines = fitted(message, BODY)
        contact = self._contact(mark, cut(title, TITLE))
        known = _listed(self._asked(f"contacts/{contact}/conversations"))
        conversation = _number(known[0]) if known else _number(self._asked("conversations", {
            "inbox_id": self.options.inbox, "contact_id": contact, "source_id": mark, "status": "open"}))
        if conversation is None:
            raise self._unread()
        notes = _listed(self._asked(f"conversations/{conversation}/messages"))
        if not any(mark in str(one.get("content")) for one in notes):
            if message.url and message.url not in lines:
                lines.append(message.url)
            self._asked(f"conversations/{conversation}/messages", {
                "content": "\n".join([title, *lines, mark]), "message_type": "outgoing", "private": True, "content_type": "text"})
        return f"{conversation} {self.options.url.rstrip('/')}/app/accounts/{self.options.account}/conversations/{conversation}"

    def _contact(self, mark: str, title: str) -> int:
        found = _listed(self._asked(f"contacts/search?{urlencode({'q': mark})}"))
        known = next((one for one in found if one.get("identifier") == mark), None)
        if known is None:
            made = self._asked("contacts", {"inbox_id": self.options.inbox, "name": title, "identifier": mark, "source_id": mark})
            payload = made.get("payload") if isinstance(made, dict) else None
            known = payload.get("contact") if isinstance(payload, dict) and isinstance(payload.get("contact"), dict) else payload
        number = _number(known)
        if number is None:
            raise self._unread()
        return number

    def _asked(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Return what the account answers to a question, or with a body to an order."""
        headers = {"api-access-token": self._post.secret(self.options.token_env), "Content-Type": "application/json"}
        address = f"{self.options.url.rstrip('/')}/api/v1/accounts/{self.options.account}/{path}"
        answer = self._post.send(address, b"" if body is None else json_bytes(body), headers, read=READ, method="GET" if body is None else "POST")
        self._post.judge(answer, "check the token, the account and the inbox")
        if answer.page:
            raise self._post.error("a page came that is not Chatwoot's own; see whether a filter or a proxy stands between")
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise self._unread() from None

    def _unread(self) -> Exception:
        return self._post.error("the answer cannot be read; see whether the address is Chatwoot's")

    def close(self) -> None:
        self._post.close()


def _listed(found: Any) -> list[Mapping[str, Any]]:
    payload = found.get("payload") if isinstance(found, dict) else found
    return [one for one in payload if isinstance(one, dict)] if isinstance(payload, list) else []


def _number(found: Any) -> int | None:
    id = found.get("id") if isinstance(found, dict) else None
    return id if isinstance(id, int) and not isinstance(id, bool) else None
