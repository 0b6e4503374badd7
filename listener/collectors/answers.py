"""What rows of surveys and call centres say besides words: a rating on a known scale, and whom it can be asked of. Pure.

A rating is stored as a share of the top of its scale, like stars: 4 of CSAT (1–5) is 0.8, 9 of NPS (0–10) is 0.9, 5 of CES (1–7, where
7 is "very easy") is 0.714. Phones and e-mails become keyed hashes (``listener.text.contacts``) where they are read; nothing here repeats one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from listener.collectors.payload import clean
from listener.text import contacts

SCALES: Mapping[str, tuple[int, int]] = MappingProxyType({"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)})
"""Lowest and best answer."""

RATED = ("rating", *SCALES)
CONTACTS = ("phone", "email")

NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "csat": ("csat_score", "satisfaction", "satisfaction_score", "customer_satisfaction", "رضایت", "رضایت مشتری", "رضایت‌سنجی", "میزان رضایت",
             "امتیاز رضایت", "نمره رضایت"),
    "nps": ("nps_score", "net_promoter_score", "likelihood_to_recommend", "خالص مروجان", "شاخص خالص مروجان", "احتمال توصیه", "توصیه به دیگران",
            "احتمال توصیه به دیگران"),
    "ces": ("ces_score", "customer_effort_score", "effort_score", "سهولت", "میزان سهولت", "شاخص تلاش مشتری"),
    "phone": ("phone_number", "telephone", "telephone_number", "tel", "mobile", "mobile_number", "cell", "cellphone", "msisdn", "caller",
              "caller_id", "caller_number", "customer_phone", "contact_number", "تلفن", "تلفن همراه", "تلفن مشتری", "موبایل", "همراه",
              "شماره تلفن", "شماره تلفن همراه", "شماره موبایل", "شماره همراه", "شماره تماس", "شماره تماس مشتری", "شماره مشتری", "تماس گیرنده"),
    "email": ("e-mail", "email_address", "mail", "customer_email", "ایمیل", "آدرس ایمیل", "پست الکترونیک", "پست الکترونیکی", "رایانامه"),
})

_MOBILE = re.compile(r"(?:\+98|0098|98|0)9\d{9}")
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")


def rating_share(value: Any, top: float) -> float | None:
    """Return a rating as a share of its scale, or None: 4 of 5 is 0.8, and "4/5" and "80%" say their scale themselves."""
    text = clean(value).translate(str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩٫٪", "01234567890123456789.%")).strip()
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,12})?)\s*(?:(%)|(?:/|of|از)\s*(\d{1,6}(?:\.\d+)?))?", text)
    if not found:
        return None
    scale = 100.0 if found.group(2) else float(found.group(3) or top)
    part = float(found.group(1)) / scale if scale else 2.0
    return round(part, 6) if part <= 1 else None


def answered(scale: str, value: Any) -> float | None:
    """Return an answer on a scale of ``SCALES`` as a share of its top; None where it is none.

    >>> answered("csat", "۴"), answered("csat", 0), answered("nps", 0), answered("ces", "8")
    (0.8, None, 0.0, None)
    """
    low, top = SCALES[scale]
    found = rating_share(value, top)
    return found if found is not None and found >= round(low / top, 6) else None


def written_as(name: str, *, handle: bool) -> str | None:
    """Return whether the name of an author is a "phone" or an "email"; where it may be the ``handle`` of a network, no e-mail is seen
    in it: sara@example.social is one in Mastodon.
    """
    if _MOBILE.fullmatch(re.sub(r"[\s().\-\u200c\u200e\u200f]", "", name.translate(_DIGITS))):
        return "phone"
    return "email" if not handle and contacts.email(name) else None


def hashes(key: str, written: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return ("phone" or "email", keyed hash) of what was written; what is neither is left out."""
    return tuple(dict.fromkeys((sort, found) for sort, one in written if (found := contacts.hashed(key, sort, one))))
