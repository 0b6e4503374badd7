"""What comes back from a host, and what of it may be shown. Pure."""

from __future__ import annotations

import html
import json
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import takewhile
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

import httpx

HIDDEN = "•••"

_TOKEN = re.compile(r"(?<=/)(?:bot\d+(?::|%3A)[^/]+|[A-Za-z0-9_-]*\d[A-Za-z0-9_-]{31,})(?=/|$)")  # a segment of a path


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, read to its end. Header names are lower case; repeated headers are joined by a comma."""

    status: int
    body: bytes = field(repr=False)
    url: str  # of the last hop
    headers: Mapping[str, str]
    not_modified: bool = False
    moved_to: str | None = None  # every hop up to this address was permanent: remember it
    truncated: bool = False  # the connection or the compressed stream ended early; ``body`` is what arrived
    secrets: tuple[str, ...] = field(default=(), repr=False)  # what the request was trusted with
    asked: str = ""  # the address that was asked for first, fit to be shown

    @property
    def etag(self) -> str | None:
        """The validator verbatim, with its quotes and ``W/``."""
        return self.headers.get("etag")

    @property
    def last_modified(self) -> str | None:
        return self.headers.get("last-modified")

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    def without_secrets(self, words: str) -> str:
        """Return words of the host without what our request trusted it with: hosts echo tokens in their errors.

        Words may have been cut, so the first eight characters of a secret, and more of it, go as well.
        """
        return words_without(words, self.secrets)

    @property
    def links(self) -> dict[str, str]:
        """Addresses of the ``Link`` header by relation, as the server wrote them (they may be relative)."""
        found: dict[str, str] = {}
        for target, parameters in re.findall(r"<([^>]*)>([^<]*)", self.headers.get("link", "")):
            for relation in re.findall(r"""rel\s*=\s*"?([^";,]+)""", parameters):
                for name in relation.lower().split():
                    found.setdefault(name, target)
        return found


def lead_of(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how far ``now`` is ahead of the answer's ``Date`` and ``Age`` (of a cache, in seconds); None where it has none."""
    try:
        date = parsedate_to_datetime(headers["date"])
        age = timedelta(seconds=int(headers.get("age", "0")))
        return now - age - (date if date.tzinfo else date.replace(tzinfo=UTC))
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def words_without(words: str, secrets: Iterable[str]) -> str:
    """Return ``words`` with every secret hidden, and with what begins like one for eight characters."""
    pieces = {_as_far_as(spelling, words[found.start():]) for secret in secrets
              for spelling in (secret, quote(secret, safe=""), html.escape(secret), json.dumps(secret)[1:-1])
              for found in re.finditer(re.escape(spelling[:_telling(spelling)]), words, re.IGNORECASE)}  # names of hosts are lower case
    for piece in sorted(pieces, key=len, reverse=True):
        words = words.replace(piece, HIDDEN)
    return words


def _as_far_as(secret: str, words: str) -> str:
    """Return how ``words`` begin as far as they are those of the secret, in capitals or not."""
    same = takewhile(lambda pair: pair[0].lower() == pair[1].lower(), zip(words, secret, strict=False))
    return "".join(letter for letter, _ in same)


def _telling(secret: str) -> int:
    """Return how many characters of a secret give it away: the scheme of an address in a header is that of every address."""
    return 8 + (scheme.end() if (scheme := re.match(r"https?(?:://|%3A%2F%2F)", secret)) else 0)


def sentence_without(sentence: str, secrets: Iterable[str], asked: str) -> str:
    """Return a sentence of ours about a request without its ``secrets``; ``asked`` is the address it names, fit to be shown.

    Of the address and its host nothing is hidden: the operator wrote them, and a search word may stand there too. In the
    words of the sentence a secret must look like one, lest a parameter such as ``sort=time`` blanks half of it; in any other
    address, and in what the host said, everything is hidden.
    """
    secrets = tuple(secrets)
    strong = [secret for secret in secrets if len(secret) >= 8 or not secret.isalpha()]
    whole = re.match(r"(\w+://[^/]*)", asked)
    origin = whole.group(1) if whole else asked
    kept = [asked, origin, origin.partition("://")[2] or origin]
    parts = re.split("(" + "|".join(f"{re.escape(one)}(?![\\w.-])" for one in kept) + r"|https?://[^\s)]+)", sentence)
    told = []
    for part in parts:
        address, space, rest = part.partition(" ") if part.startswith(("/", "http")) else ("", "", part)
        told.append(part if part in kept else words_without(address, secrets) + space + words_without(rest, strong))
    return "".join(told)


def redact(url: str) -> str:
    """Return ``url`` fit for logs and errors: no credentials, query or fragment, and no path segment that is a token."""
    try:
        parts = httpx.URL(url)
        host = parts.host
        port = f":{parts.port}" if parts.port else ""
    except (httpx.InvalidURL, ValueError, TypeError):
        return "an address that cannot be read"
    if ":" in host:
        host = f"[{host}]"
    return f"{parts.scheme}://{host}{port}{_TOKEN.sub('…', parts.path)}"


def secrets_of(url: httpx.URL, headers: Mapping[str, str]) -> Iterator[str]:
    """Give every part of a request that may be a secret: credentials, values of the query, tokens in the path."""
    userinfo = url.userinfo.decode("ascii")
    for written in (userinfo, *userinfo.split(":", 1)):
        yield from (written, unquote(written))
    for pair in url.query.decode("ascii").split("&"):
        name, _, value = pair.partition("=")
        yield from (value or name, unquote_plus(value or name))
    yield from _TOKEN.findall(url.path)
    for value in headers.values():
        scheme, _, credentials = value.partition(" ")
        yield from (value, credentials)
        if scheme.lower() == "basic":
            try:
                pair = b64decode(credentials).decode("utf-8", "replace")
            except ValueError:
                continue
            yield from (pair, *pair.split(":", 1))


def leaves(value: Any) -> Iterator[str]:
    """Give every text inside a JSON value: a log-in is posted as one."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from leaves(inner)


def page_kind(body: bytes, content_type: str = "", url: str = "") -> str | None:
    """Return what an HTML page seems to be where data was asked for, in words, or None when this is no HTML page.

    The silent failure of listening is a 200 with a login page (SOURCES §1). Call it when a payload does not parse.
    """
    head = body[: 64 * 1024]
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    looks = start.startswith((b"<!doctype html", b"<html")) or b"<html" in start[:2048]
    if not looks and not ("html" in content_type.lower() and not start.startswith((b"<?xml", b"<rss", b"<feed", b"{", b"["))):
        return None
    lowered = head.lower()
    if b"cf-chl" in lowered or b"challenge-platform" in lowered or b"<title>just a moment" in lowered:
        return "a Cloudflare challenge page"
    if "consent." in url or b"consent.google" in lowered:
        return "a consent page"
    if re.search(rb"""type\s*=\s*["']?password""", lowered):
        return "a login page"
    title = re.search(rb"<title[^>]*>(.*?)</title", head, re.I | re.S)
    words = " ".join(title.group(1).decode("utf-8", "replace").split()) if title else ""
    words = "".join(letter for letter in words if letter.isprintable())[:80]
    return f"an HTML page titled {words!r}" if words else "an HTML page"
