"""The updates of a Telegram bot: one poller for each token, whoever wants to hear of them.

Endpoint: ``GET https://api.telegram.org/bot<token>/getUpdates?offset=&limit=100&timeout=0&allowed_updates=…``.
Docs: https://core.telegram.org/bots/api#getupdates    Auth: the token, which stands in the address.
Limits: two pollers of one token take each other's updates (HTTP 409), and updates older than 24 hours are dropped by Telegram.

Asking with an offset confirms every update before it, and Telegram forgets what is confirmed. So the offset lives in the
cursor: what was read is confirmed by the *next* poll, after its commit. Whoever needs other updates than posts (answers to
alerts are ``message`` and ``callback_query``) names them in ``allowed`` and takes them with ``Updates.of`` from the same reading.

A source and ``listener.replies`` may read one bot, each at its own pace: ``shared`` says so, ``turn`` lets one at a time, asks
for the kinds of both and from the update on that the slower of them has not stored, and each passes over what it knows.

Cursor: ``offset`` (of the next update), ``read_at``.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from listener.calendar import parse_time
from listener.client import Client
from listener.collectors.network import json_object
from listener.collectors.payload import clean, count, mapping, native_id, placed, raw_of, short
from listener.errors import CollectError
from listener.types import Author, Batch, CoverageState, Cursor, Mention, Precision

API = "https://api.telegram.org"
POSTS = ("channel_post", "edited_channel_post")
LIMIT = 100
KEPT = timedelta(hours=24)  # how long Telegram keeps an update that nobody confirmed
KIND = "telegram"  # the kind of its posts, which have the ids of the public preview

_readers: dict[str, str] = {}  # account: the source that reads it
_others: dict[str, Other] = {}  # account: who hears it besides the source
_turns: dict[str, Lock] = {}
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Other:
    """Who hears a bot besides its source: for which kinds, and from which update on it has not stored them (None: any)."""

    kinds: tuple[str, ...]
    offset: Callable[[], int | None]


def account(api: str, token: str) -> str:
    """Return by what a bot is known without its token: 32 hexadecimal digits."""
    return hashlib.sha256(f"{api.rstrip('/')} {token}".encode()).hexdigest()[:32]


def shared(own: str, other: Other | None) -> None:
    """Let the source of this account know that somebody else hears it, or (None) no longer does."""
    with _lock:
        if other is None:
            _others.pop(own, None)
        else:
            _others[own] = other


@contextmanager
def turn(own: str) -> Iterator[Other | None]:
    """Hold the only right to ask for updates of this account; yield who hears it besides the source."""
    with _lock:
        lock = _turns.setdefault(own, Lock())
    with lock:
        yield _others.get(own)


def slowest(offsets: Iterable[int | None]) -> int | None:
    """Return the update from which on to ask, so that nothing is confirmed that one of the readers has not stored."""
    known = list(offsets)
    return None if None in known else min(offset for offset in known if offset is not None)


@dataclass(frozen=True, slots=True)
class Update:
    id: int
    kind: str  # channel_post, edited_channel_post, message, callback_query …
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Updates:
    """What one poll gave, and the cursor that confirms it when it is used for the next."""

    found: tuple[Update, ...]
    cursor: Cursor
    complete: bool  # False: more wait
    shown: int
    late: bool = False  # nobody asked for longer than Telegram keeps updates

    def of(self, *kinds: str) -> tuple[Update, ...]:
        return tuple(update for update in self.found if update.kind in kinds)

    def batch(self, mentions: tuple[Mention, ...]) -> Batch:
        """Return the batch of a collector that made ``mentions`` of these updates."""
        state, reason = CoverageState.OK, None
        if self.late:
            state = CoverageState.PARTIAL
            reason = "the bot was not read for more than 24 hours, and Telegram keeps updates no longer; posts were lost"
        return Batch(mentions, cursor=self.cursor, state=state, reason=reason, complete=self.complete, shown=self.shown,
                     overflow=self.late)


def parse(payload: bytes) -> tuple[Update, ...]:
    """Return the updates of an answer, in Telegram's order. Raises: CollectError when it is none."""
    data = json_object(payload, "an answer of Telegram's bot API")
    if data.get("ok") is not True:
        raise refusal(0, data)
    if not isinstance(data.get("result"), list):
        raise CollectError("", "the answer has another shape than this program knows (ok, but no list); check bot_url")
    found = []
    for item in map(mapping, data["result"]):
        own_id, kind = item.get("update_id"), next((key for key in item if key != "update_id"), "")
        if isinstance(own_id, int):
            found.append(Update(own_id, kind, mapping(item.get(kind))))
    return tuple(found)


def refusal(status: int, data: Mapping[str, Any]) -> CollectError:
    """Return the error that an answer of the bot API stands for."""
    code, said = count(data.get("error_code")) or status, short(data.get("description"), 200) or "nothing"
    if code in (401, 404):
        return CollectError("", "Telegram does not know this bot's token; take it anew from @BotFather", permanent=True)
    if code == 409 and "webhook" in said.lower():
        return CollectError("", "this bot sends its updates to a webhook, so they cannot be read; call deleteWebhook, or use "
                                "another bot", permanent=True)
    if code == 409:
        return CollectError("", "another program reads this bot's updates, and only one may (HTTP 409); stop the other one, "
                                "or give each a bot of its own")
    if code in (420, 429):
        wait = count(mapping(data.get("parameters")).get("retry_after"))
        return CollectError("", "Telegram was asked too often; waiting as long as it says",
                            retry_after=timedelta(seconds=min(wait, 86400)) if wait else None)
    return CollectError("", f"Telegram refused (HTTP {code}, it says {said!r}); "
                            + ("retrying later" if code >= 500 else "check the bot and its rights"))


def post_of(update: Update, now: datetime) -> Mention | None:
    """Return a post of a channel as a mention of ours, or None for a service message or what is no post."""
    data, chat = update.data, mapping(update.data.get("chat"))
    number, name = native_id(data.get("message_id")), short(chat.get("username"))
    inner = native_id(chat.get("id")).removeprefix("-100")
    text = clean(data.get("text") or data.get("caption") or mapping(data.get("poll")).get("question"))
    media = any(kind in data for kind in ("photo", "video", "document", "audio", "voice", "animation", "sticker", "video_note"))
    if not number or not (name or inner) or not (text or media):
        return None
    place = name or f"c/{inner}"
    # Edits are told as Unix seconds, like the post itself.
    written, edited = (parse_time(second, UTC) if (second := count(data.get(key))) else None for key in ("date", "edit_date"))
    published, precision = placed(written[0], written[1], now) if written else (now, Precision.ESTIMATED)
    reply = native_id(mapping(data.get("reply_to_message")).get("message_id"))
    return Mention(
        kind=KIND, id=f"{place}/{number}", text=text, url=f"https://t.me/{place}/{number}", published_at=published,
        precision=precision,
        edited_at=min(edited[0], now) if edited else now if update.kind.startswith("edited") else None,
        author=Author(KIND, place, short(chat.get("title")), f"https://t.me/{name}" if name else None),
        in_reply_to=f"{place}/{reply}" if reply else None, reshare_of=_origin(data), ours=True, raw=raw_of(data))


def _origin(data: Mapping[str, Any]) -> str | None:
    """Return the post or name something was forwarded from (``forward_origin`` since Bot API 7.0, the others before)."""
    source = mapping(data.get("forward_origin"))
    chat = mapping(source.get("chat") or source.get("sender_chat") or data.get("forward_from_chat"))
    number = native_id(source.get("message_id") or data.get("forward_from_message_id"))
    name = short(chat.get("username"))
    if name:
        return f"{name}/{number}" if number else name
    person = mapping(source.get("sender_user") or data.get("forward_from"))
    return (short(chat.get("title")) or short(source.get("sender_user_name") or data.get("forward_sender_name"))
            or short(person.get("username") or person.get("first_name")))


class Bot:
    """Owns ``getUpdates`` of one token.

    Two sources of one program that name one token are told so, for each would get some of the updates.
    """

    def __init__(self, client: Client, token_env: str, *, source: str, api: str = API, allowed: Sequence[str] = POSTS) -> None:
        self._client = client
        self._token_env = token_env
        self._source = source
        self._api = api.rstrip("/")
        self._allowed = tuple(allowed)

    def read(self, cursor: Cursor | None, now: datetime) -> Updates:
        """Return what came since ``cursor`` and confirm what came before. Raises: CollectError, never with the token."""
        token = self._token()
        state = dict(cursor or {})
        offset = state.get("offset") if isinstance(state.get("offset"), int) else None
        with turn(account(self._api, token)) as other:
            kinds = dict.fromkeys((*self._allowed, *(other.kinds if other else ())))
            first = slowest((offset, other.offset())) if other else offset
            asked = {"limit": LIMIT, "timeout": 0, "allowed_updates": "[" + ",".join(f'"{kind}"' for kind in kinds) + "]"}
            answer = self._client.get(
                f"{self._api}/bot{token}/getUpdates", source=self._source, accept="application/json",
                params=asked if first is None else {**asked, "offset": first}, readable=(400, 401, 404, 409, 420, 429))
        try:
            if answer.truncated:
                raise CollectError("", "the answer broke off; retrying later")
            if answer.status >= 400:
                raise refusal(answer.status, json_object(answer.body, "an answer of Telegram's bot API"))
            shown = parse(answer.body)
        except CollectError as error:
            raise CollectError(self._source, f"HTTP {answer.status}: {answer.without_secrets(error.what).replace(token, '…')}"
                               if answer.status >= 400 else answer.without_secrets(error.what).replace(token, "…"),
                               permanent=error.permanent, retry_after=error.retry_after) from None
        found = tuple(update for update in shown if offset is None or update.id >= offset)
        following = max((update.id + 1 for update in found), default=offset)
        before = parse_time(clean(state.get("read_at")), UTC) if state.get("read_at") else None
        return Updates(found, {"read_at": now.isoformat(), **({"offset": following} if following is not None else {})},
                       complete=len(shown) < LIMIT or not found, shown=len(found), late=before is not None and now - before[0] > KEPT)

    def _token(self) -> str:
        token = os.environ.get(self._token_env, "").strip()
        if not token:
            raise CollectError(self._source, f"the environment variable {self._token_env!r} is not set; set it to the token of "
                                             "the bot", permanent=True)
        if not re.fullmatch(r"\d{3,20}:[\w-]{20,}", token, re.ASCII):
            # It would stand in an address that nobody recognises as secret.
            raise CollectError(self._source, f"the environment variable {self._token_env!r} holds no bot's token; it is "
                                             "digits, a colon and some 35 letters", permanent=True)
        with _lock:
            owner = _readers.setdefault(account(self._api, token), self._source)
        if owner != self._source:
            raise CollectError(self._source, f"{owner} reads the same bot, and each would miss what the other takes; keep "
                                             "one of them, or give each a bot of its own", permanent=True)
        return token
