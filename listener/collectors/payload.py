"""What every payload needs before it is a mention: strings that can be stored, counts that are whole, ids that fit. Pure."""

from __future__ import annotations

import hashlib
import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from listener.types import Precision

MAX_TEXT = 1_000_000  # characters; the longest text a source was seen to hold is a book, and no brand is complained of in one
MAX_RAW = 256 * 1024  # bytes of one item's payload that are kept
MAX_ID = 400  # characters; longer ids (data URIs as guid) are replaced by their hash
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # nothing that is listened to is older: what says so is a default, or another calendar
AHEAD = timedelta(minutes=10)  # a clock that is wrong by less is a clock; by more it is no time at all

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩٫٬", "01234567890123456789.,")
_COUNT = re.compile(r"^([+-]?\d[\d,\s\u00a0\u202f']*)(?:([.])(\d+))?\s*(k|m|b|هزار|میلیون|میلیارد)?$", re.I)
_SCALE = {"k": 3, "هزار": 3, "m": 6, "میلیون": 6, "b": 9, "میلیارد": 9}


def clean(value: object) -> str:
    """Return a value as text every database takes: no NUL, no lone surrogate, at most ``MAX_TEXT`` characters.

    An object or a list where a text is looked for is none.
    """
    if value is None or isinstance(value, dict | list):
        return ""
    text = value if isinstance(value, str) else str(value)
    if _UNSTORABLE.search(text):
        text = text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text[:MAX_TEXT]


def short(value: object, limit: int = 300) -> str | None:
    """Return one line of at most ``limit`` characters, or None where nothing is left: names, titles of outlets, languages."""
    text = " ".join(clean(value).split())[:limit]
    return text or None


def count(value: object) -> int | None:
    """Return a count, or None where the source gives none. «۱٬۲۰۴», "1.2K" and «۱۲ هزار» are understood; never below zero.

    A rounded count is returned as its middle value as written: 1.2K is 1,200.
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value < 2**62 else None
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and 0 <= value < 2**62 else None
    found = _COUNT.match(clean(value).translate(_DIGITS).strip().lower())
    if not found:
        return None
    whole, _, decimals, unit = found.groups()
    power = _SCALE.get(unit or "", 0)
    digits = re.sub(r"[^\d+-]", "", whole)
    decimals = (decimals or "")[:power]
    number = int(digits + decimals + "0" * (power - len(decimals))) if len(digits) < 19 else -1
    return number if 0 <= number < 2**62 else None


def native_id(value: object) -> str:
    """Return a source's own id as it can be stored, or "" where it gives none. Very long ones become their hash."""
    text = clean(value).strip()
    return text if len(text) <= MAX_ID else "sha256:" + hashlib.sha256(text.encode()).hexdigest()[:40]


def content_id(*parts: object) -> str:
    """Return an id made of content, for what has none: the same content, the same id, on every machine."""
    whole = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:32]


def short_hash(*parts: object) -> str:
    """Return twelve hex digits of some content, for comparing two polls."""
    return content_id(*parts)[7:19]


def web_url(value: object) -> str | None:
    """Return an http(s) address that a person may click, or None: ``javascript:`` and local files are not shown."""
    text = clean(value).strip()
    if not re.match(r"https?://[^\s/]", text, re.I) or re.search(r"\s", text) or len(text) > 8000:
        return None
    return text if _splits(text) else None


def joined(base: str, address: object) -> str | None:
    """Return an http(s) address, written as relative to another one or whole, or None where it is none."""
    try:
        return web_url(urljoin(base, clean(address).strip()))
    except ValueError:
        return None


def host_of(address: object) -> str:
    """Return host and port of an address in small letters, or "" where it has none."""
    try:
        return urlsplit(clean(address)).netloc.lower()
    except ValueError:
        return ""


def _splits(address: str) -> bool:
    """Return whether ``urlsplit`` takes an address and its port: ``http://[`` and ``http://a:b`` look like some."""
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:
        return False


def placed(instant: datetime, precision: Precision, now: datetime) -> tuple[datetime, Precision]:
    """Return an instant no later than ``now``, ``ESTIMATED`` where it was so far ahead, or so long ago, that it says nothing.

    A day stands at its local noon, which may be ahead of us in the morning of that day.
    """
    if instant < EARLIEST:
        return now, Precision.ESTIMATED
    if instant <= now:
        return instant, precision
    near = instant <= now + (timedelta(days=1) if precision is Precision.DAY else AHEAD)
    return now, precision if near else Precision.ESTIMATED


def known_zone(name: str) -> str:
    """Return the name of a time zone. Raises: ValueError for one that is not known here."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}; write it as 'Asia/Tehran'") from None
    return name


def raw_of(data: Any) -> bytes | None:
    """Return the part of a payload a mention was read from, as JSON, or None where it is too large to keep."""
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str).encode("utf-8", "replace")
    return written if len(written) <= MAX_RAW else None


def mapping(value: Any) -> dict[str, Any]:
    """Return a JSON object, or an empty one where the payload holds something else."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """Return a JSON array, or an empty one where the payload holds something else."""
    return value if isinstance(value, list) else []


def language_tag(value: object) -> str | None:
    """Return the primary language of a tag, ``fa`` for ``fa-IR``, or None where it is no language tag."""
    found = re.match(r"([A-Za-z]{2,3})(?:[-_]|$)", clean(value).strip())
    return found.group(1).lower() if found else None


_COMMON = frozenset("الینمورهتبيى")
"""The letters that make up two thirds of any Persian or Arabic text; decoded by mistake, other alphabets use others."""


def as_windows_1256(payload: bytes) -> str | None:
    """Return bytes that are not UTF-8 but read as Persian or Arabic in windows-1256, decoded; else None."""
    try:
        payload.decode()
        return None
    except UnicodeDecodeError:
        pass
    text = payload.decode("cp1256", "replace")
    foreign = [letter for letter in text if letter > "\x7f" and letter.isalpha()]
    arabic = [letter for letter in foreign if "\u0620" <= letter <= "\u06ff"]
    common = sum(letter in _COMMON for letter in arabic)
    if len(arabic) < 8 or len(arabic) < 0.8 * len(foreign) or common < 0.5 * len(arabic):
        return None
    return text
