"""Small forms of a text: safe for one line of a terminal, and the hashtags in it."""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|"
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?")
_UNSAFE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u200b\u2060-\u2064\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)
_LONE = re.compile("[\ud800-\udfff]")


def printable(text: str) -> str:
    """Return ``text`` on one line, safe to print: no control, escape or bidi override character is left.

    ZWNJ, ZWJ and the weak direction marks stay, since Persian and emoji need them. Lone surrogates become U+FFFD.
    """
    return " ".join(_UNSAFE.sub("", _ESCAPES.sub("", _LONE.sub("\ufffd", text))).split())


_TAG = re.compile(r"(?<![\w/&])[#＃]([\w\u200c]+)")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")


def hashtags(text: str) -> list[str]:
    """Return the hashtags of ``text`` as written, without the sign, in order, each once."""
    found = (tag.strip("_\u200c") for tag in _TAG.findall(text))
    return list(dict.fromkeys(tag for tag in found if tag and not tag.isdigit()))


def hashtag_words(tag: str) -> str:
    """Return the words of a hashtag apart: ``پشتیبانی_افتضاح`` and ``WorstSupportEver`` are three words or two.

    >>> hashtag_words("#WorstSupportEver"), hashtag_words("پشتیبانی_افتضاح")
    ('Worst Support Ever', 'پشتیبانی افتضاح')
    """
    return " ".join(_HUMP.sub(" ", tag.lstrip("#＃").replace("_", " ")).split())
