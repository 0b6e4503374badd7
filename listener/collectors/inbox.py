"""An inbox that other systems push to: notes of a call centre, answers of a survey, transcripts of chats.

Endpoint: ours, ``POST /inbox`` on the small web server (``listener.web``), one JSON object, an array of them, or one a line.
Auth: ``Authorization: Bearer <token>``; the token says which inbox it is. Limits: 1 MiB a request. Cost: none. Terms: your own.
Fields: ``id, text, published_at, author, followers, likes, shares, comments, views, url, language, source, title, rating,
csat, nps, ces, phone, email, ours, in_reply_to``, or another obvious name (``date``, ``متن``, ``تاریخ``: ``rows.NAMES``); ``map`` names where they stand otherwise, by steps
(``call.note``). ``text``, ``title`` or a rating is needed; without
``id`` the content is the id, so that the same row pushed twice is one mention either way. ``ours`` marks an agent's part of a
conversation. A row without ``published_at`` stands where it came, as an estimate, and counts in no spike: send the time.
``csat`` (1–5), ``nps`` (0–10) and ``ces`` (1–7) are answers of surveys and say their scale. ``phone`` and ``email`` (``map = { phone =
"call.number" }``) are hashed with the key of ``[care] contact_key_env`` as they are read, and dropped without one; a note that names nobody
else belongs to the account of its phone or e-mail, which is one for all inboxes and files.
``in_reply_to`` (or ``parent_id``, ``parent_url``, «پاسخ به») names what a row answers: the id of another row, ``KIND:ID`` as the board names
a mention (``telegram:isna/12``), or its address. An answer of ours (``ours``, or an author called as the brand is) goes to the case of
what it answers, whichever of the two comes first: it is the first answer, and is read for promises.
Reach basis: views, else followers, as the rows give them.

Notes of a call rarely name the company they are about, and what is about no brand is not kept: give an inbox of one brand its
``brands = [...]``. The answer says how many rows were about one (``about_a_brand``), and how many of those were new.

A payload is taken as a whole or not at all: one bad row refuses it, and says which row and why. A rating off the scale
(``rating_top``) and a time in the future make a row bad: the sender knows the right ones. So do two rows of one id whose
texts differ. Ids belong to their inbox and, where a row names one, to its ``source``; they never touch a mention that was collected
elsewhere.

Cursor: none. Polling it only says that it is open.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import Field

from listener.collectors import COLLECTORS
from listener.collectors.network import NetworkCollector
from listener.collectors.payload import native_id, web_url
from listener.collectors.rows import KEYLESS, RowError, RowReader, Shape
from listener.errors import CollectError
from listener.types import Batch, Cursor, Mention

log = logging.getLogger("goosh.inbox")

KIND = "inbox"
SHORTEST_TOKEN = 16  # characters; fewer can be tried out
REASONS = 5  # bad rows an error names; the others are counted


class Options(Shape, frozen=True, extra="forbid"):
    token_env: str = Field(min_length=1, description="environment variable that holds the token: a long random text")


class Refused(CollectError):
    """A payload that this inbox does not understand; the sender has to mend it."""


def parse(payload: bytes, *, now: datetime, shape: Shape | None = None, scope: str = "") -> list[Mention]:
    """Return the mentions of a payload. ``scope`` is put before their ids. Raises: Refused with every row that is bad."""
    return _read(payload, RowReader(KIND, shape or Shape(), now=now, strict=True), scope)


def _read(payload: bytes, reader: RowReader, scope: str) -> list[Mention]:
    found, bad, first = [], [], dict[str, tuple[int, str]]()
    for number, row in enumerate(rows(payload), 1):
        try:
            if not isinstance(row, Mapping):
                raise RowError("no object")
            mention = reader.mention(row)[0]
            found.append(_scoped(mention, scope))
            other, said = first.setdefault(found[-1].id, (number, mention.full_text))
            if said != mention.full_text:  # one of the two would be lost without a word
                raise RowError(f"the id {mention.id[:60]!r} is that of row {other}, with another text; give each row an id of its own")
        except RowError as error:
            bad.append(f"row {number}: {error}")
    if bad:
        more = f" and {len(bad) - REASONS} more rows" if len(bad) > REASONS else ""
        raise Refused("", f"{'; '.join(bad[:REASONS])}{more}; nothing was taken, mend it and send the whole again")
    return found


def rows(payload: bytes) -> list[Any]:
    """Return the rows of a payload: one object, a list of them, or one a line. Raises: Refused."""
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("", f"byte {error.start} is not UTF-8; send the payload in UTF-8") from None
    if not text.strip():
        raise Refused("", "the payload is empty; send a JSON object, an array of them, or one a line")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if len(lines) < 2 or text.lstrip().startswith("["):
            raise Refused("", f"no JSON: {_where(error)}; send a JSON object, an array of them, or one a line") from None
        return [_line(number, line) for number, line in lines]
    return data if isinstance(data, list) else [data]


def _line(number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Refused("", f"line {number} is no JSON: {_where(error)}; send one object a line") from None


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]} at line {error.lineno} column {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else "a number is too long"


def _scoped(mention: Mention, scope: str) -> Mention:
    """Return a mention of this kind, whatever its row calls its source: a pushed row never speaks for a collected post."""
    parts = [scope, mention.kind if mention.kind != KIND else "", mention.id]
    author, answers = mention.author, mention.in_reply_to
    if answers and not web_url(answers) and answers.partition(":")[0] not in COLLECTORS:  # an id among those of the same sender
        answers = native_id("/".join(part for part in (*parts[:2], answers) if part))
    if author is not None and author.kind == mention.kind:  # not a caller, who is one person for all inboxes and files
        author = replace(author, kind=KIND)
    return replace(mention, kind=KIND, id=native_id("/".join(part for part in parts if part)), author=author, in_reply_to=answers)


class InboxCollector(NetworkCollector[Options]):
    """Takes what is pushed to it, and asks nobody."""

    kind = KIND
    contact_key: str | None = None  # given by who wires the house: phones and e-mails are hashed with it
    _told_keyless = False

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return nothing, observed: the inbox is open. Raises: CollectError where it has no token, or a short one."""
        if self.token() is None:
            said = f"the token in {self._options.token_env!r} has fewer than {SHORTEST_TOKEN} characters" if self._told() else (
                f"the environment variable {self._options.token_env!r} is not set")
            raise self._failure(f"{said}; set it to a long random text", permanent=True)
        return Batch(cursor=cursor)

    def accept(self, payload: bytes, now: datetime) -> list[Mention]:
        """Return what a payload holds. Raises: Refused for one that is not understood."""
        reader = RowReader(KIND, self._options, now=now, strict=True, contact_key=self.contact_key)
        try:
            return _read(payload, reader, self.name)
        except Refused as error:
            raise Refused(self._label, error.what) from None
        finally:
            if reader.keyless() and not self._told_keyless:
                self._told_keyless = True
                log.warning("%s: %s", self._label, KEYLESS)

    def token(self) -> str | None:
        """Return the token that opens this inbox, or None while it is shut for want of a good one."""
        return self._told() if len(self._told()) >= SHORTEST_TOKEN else None

    def _told(self) -> str:
        return os.environ.get(self._options.token_env, "").strip()
