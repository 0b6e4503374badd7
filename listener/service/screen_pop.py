"""The screen-pop of a call centre: who calls, what they said of us, what we owe them. Read only; for ``GET /who`` of the small web server.

What is asked for (a handle, a phone, an e-mail) is in no answer, no error and no log: it may be a person's number.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from alerts.wording import clip
from listener.service import Service
from listener.service.customers import CustomerView
from listener.types import Label, ScoredMention
from listener.types.care import PromiseState

log = logging.getLogger("goosh.who")

WAYS = ("handle", "phone", "email")
LONGEST = 2_000  # characters of a query: a telephone number or a name is short
MOST_CUSTOMERS = 3  # of one name; a call centre asks by number
LATEST = 5  # mentions, and ratings
TEXT = 280  # characters of a mention
OPEN_PROMISES = (PromiseState.FOUND, PromiseState.CONFIRMED)

Answer = tuple[int, dict[str, Any]]


def who(service: Service, query: str) -> Answer:
    """Return status and JSON for the query of ``/who``: ``handle=``, ``phone=`` or ``email=``. Raises: StorageError."""
    if len(query) > LONGEST:
        return 414, _error(f"the question is longer than {LONGEST} characters; ask for one handle, phone or email")
    try:
        asked = parse_qs(query, max_num_fields=10, strict_parsing=False, errors="replace")
    except ValueError:
        asked = {}
    given = [(way, asked[way]) for way in WAYS if way in asked]
    if len(given) != 1 or len(given[0][1]) != 1:
        return 400, _error("ask for one thing: /who?handle=… or /who?phone=… or /who?email=…")
    way, (said,) = given[0]
    if way == "phone" and said.startswith(" "):  # a plus that was not escaped
        said = f"+{said.strip()}"
    if "\0" in said or not said.strip():
        return 400, _error(f"this is no {way}; write a whole one")
    try:
        found = service.who(**{way: said})
    except ValueError as error:  # its sentences repeat nothing that was asked
        keyless = way != "handle" and not service.settings.care.contact_key
        if keyless:
            log.error("%s", error)
        return (503, _error("phones and e-mails cannot be looked up here; the log says why")) if keyless else (400, _error(str(error)))
    customers, seen = list[dict[str, Any]](), set[str]()
    for name in found:
        if name in seen or len(customers) >= MOST_CUSTOMERS:
            continue
        view = service.customer(name)
        if view is not None:
            seen |= {f"{one.author.kind}:{one.author.id}" for one in view.accounts} | set(view.silent)
            customers.append(card(view))
    return 200, {"customers": customers, "more": len([one for one in found if one not in seen])}


def card(view: CustomerView) -> dict[str, Any]:
    """Return a customer's card as JSON. Instants are UTC, ratings 0..1, reach people."""
    accounts = [{"account": f"{one.author.kind}:{one.author.id}", "name": _line(one.author.name), "url": one.author.url,
                 "followers": one.author.followers, "mentions": one.mentions, "brands": list(one.brands)} for one in view.accounts]
    tones = {label.value: sum(one.labels[label] for one in view.accounts) for label in Label}
    return {
        "accounts": accounts + [{"account": name, "mentions": 0} for name in view.silent],
        "mentions": sum(one.mentions for one in view.accounts),
        "whole": view.whole,  # false: there are older mentions than those counted
        "tone": {**tones, "unsure": sum(one.unsure for one in view.accounts), "unscored": sum(one.unscored for one in view.accounts)},
        "reach": None if view.reach is None else {"low": view.reach.low, "mid": view.reach.mid, "high": view.reach.high},
        "latest": [_said(one) for one in view.mentions[:LATEST]],
        "cases": [{"number": one.number, "brand": one.brand, "kind": one.kind.value, "state": one.state.value, "severity": one.severity.value,
                   "several": one.shared,  # one matter of several people, of whom the caller is one
                   "owner": one.owner, "unit": one.unit, "opened_at": _at(one.opened_at), "due_at": _at(one.due_at)}
                  for one in view.cases if one.open],
        "ended_cases": sum(not one.open for one in view.cases),
        "won_back": view.won_back,
        "promises": [{"id": one.id, "state": one.state.value, "what": clip(one.text, TEXT), "due_at": _at(one.due_at), "case": one.case}
                     for one in view.promises if one.state in OPEN_PROMISES],
        "ratings": _ratings(view.rated[:LATEST]),
    }


def _said(one: ScoredMention) -> dict[str, Any]:
    what = one.mention
    return {"at": _at(what.published_at), "kind": what.kind, "brand": one.brand, "text": clip(what.full_text, TEXT) or None, "url": what.url,
            "tone": one.score.label.value if one.score else None, "unsure": one.score.unsure if one.score else None, "rating": what.rating}


def _ratings(some: Sequence[ScoredMention]) -> list[Mapping[str, Any]]:
    return [{"at": _at(one.mention.published_at), "rating": one.mention.rating, "on": _line(one.mention.outlet)} for one in some]


def _line(text: str | None) -> str | None:
    return clip(text, 80) if text else None


def _at(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="seconds")


def _error(sentence: str) -> dict[str, Any]:
    return {"error": sentence}
