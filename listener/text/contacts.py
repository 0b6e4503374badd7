"""Phones and e-mails as keyed hashes: found again by who has the key, read by nobody. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re

_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
SHORTEST, LONGEST = 8, 15  # digits of a telephone number with its country (E.164)
HOME = "98"  # Iran: numbers that name no country are here


def phone(written: str) -> str | None:
    """Return a telephone number in E.164 without the plus; None where it is none.

    >>> phone("۰۹۱۲ ۳۴۵ ۶۷۸۹"), phone("+98 912-345-6789"), phone("00989123456789"), phone("0912")
    ('989123456789', '989123456789', '989123456789', None)
    """
    text = written.translate(_DIGITS).strip()
    figures = re.sub(r"[\s().\-\u200c\u200e\u200f]", "", text)
    abroad = figures.startswith("+") or figures.startswith("00")
    figures = figures.removeprefix("+").removeprefix("00") if abroad else figures
    if not figures.isdigit():
        return None
    if not abroad:
        figures = HOME + figures[1:] if figures.startswith("0") else figures if figures.startswith(HOME) and len(figures) == 12 else HOME + figures
    return figures if SHORTEST <= len(figures) <= LONGEST else None


def email(written: str) -> str | None:
    """Return an address as it is compared; None where it is none."""
    text = written.strip().casefold()
    return text if _EMAIL.fullmatch(text) and len(text) <= 254 else None


def hashed(key: str, sort: str, written: str) -> str | None:
    """Return the keyed hash (HMAC-SHA256, hexadecimal) of a ``phone`` or an ``email``; None where it is none."""
    plain = phone(written) if sort == "phone" else email(written)
    return None if plain is None else hmac.new(key.encode(), f"{sort}:{plain}".encode(), hashlib.sha256).hexdigest()
