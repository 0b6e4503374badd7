"""One mark for all copies of a text: cross-posted, mirrored, forwarded, reprinted word by word.

Copies differ in what their places add: links (each place has its own shortener), handles («via @channel»), a leading
"RT", marks and emoji, Arabic or Persian letters. What is left is compared letter by letter; texts that are merely alike
are another matter.
"""

from __future__ import annotations

import hashlib
import re

from listener.text.key import matching_key

SHORTEST = 24  # letters; below this («سلام وقت بخیر», "thanks for sharing") different people write the same words

_LINKS = re.compile(r"(?:https?://|www\.)\S+|\b(?:t\.me|bit\.ly|youtu\.be)/\S+", re.IGNORECASE)
_HANDLES = re.compile(r"(?<![\w.])@[\w.]+(?:@[\w.-]+\w)?")
_RETWEET = re.compile(r"^\s*RT\b(?=\s*:?\s*@)")


def fingerprint(text: str) -> str | None:
    """Return sixteen hex digits that copies of one text share, or None where it is too short to be anybody's own."""
    key = matching_key(own_text(text))
    if len(key) < SHORTEST:
        return None
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def own_text(text: str) -> str:
    """Return a text without what its place added: links, handles, a leading "RT"."""
    return _HANDLES.sub(" ", _LINKS.sub(" ", _RETWEET.sub(" ", text)))
