"""Passwords as they are kept: never themselves, only their scrypt hash, and that in an environment variable.

A hash reads ``scrypt$16384$8$5$SALT$KEY``: what it was made with stands in it, so that the costs may rise later and old
hashes still hold. Costs by the OWASP password storage cheat sheet (N = 2^14, r = 8, p = 5: 16 MB and about a tenth of a second).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from typing import NamedTuple

N, R, P = 2**14, 8, 5
_MOST_MEMORY = 128 * 1024 * 1024  # bytes; a hash that asks for more is refused
SHORTEST = 10  # characters
LONGEST = 1_000  # characters; longer ones are a way of keeping us busy


class _Hash(NamedTuple):
    n: int
    r: int
    p: int
    salt: bytes
    key: bytes


def hash_password(password: str) -> str:
    """Return the hash to keep in place of a password. Raises: ValueError where it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"a password needs {SHORTEST} characters at least and {LONGEST:,} at most; a sentence is easiest to remember")
    salt = secrets.token_bytes(16)
    key = _scrypt(password, _Hash(N, R, P, salt, b""), 32)
    return f"scrypt${N}${R}${P}${b64encode(salt).decode()}${b64encode(key).decode()}"


def is_password(password: str, kept: str) -> bool:
    """Return whether this is the password that was hashed; takes as long for a wrong one. Raises: ValueError for a hash that is none."""
    made = _read(kept)
    return len(password) <= LONGEST and hmac.compare_digest(_scrypt(password, made, len(made.key)), made.key)


def is_hash(kept: str) -> bool:
    """Return whether a text is a hash as ``hash_password`` writes it."""
    try:
        _read(kept)
    except ValueError:
        return False
    return True


def _scrypt(password: str, made: _Hash, length: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=made.salt, n=made.n, r=made.r, p=made.p, maxmem=_MOST_MEMORY, dklen=length)


def _read(kept: str) -> _Hash:
    name, *parts = kept.strip().split("$")
    try:
        n, r, p, salt, key = int(parts[0]), int(parts[1]), int(parts[2]), b64decode(parts[3], validate=True), b64decode(parts[4], validate=True)
    except (IndexError, ValueError):
        name, n, r, p, salt, key = "", 0, 0, 0, b"", b""
    whole = name == "scrypt" and len(parts) == 5 and n > 1 and n & (n - 1) == 0 and 128 * n * r < _MOST_MEMORY
    if not whole or not 0 < r <= 32 or not 0 < p <= 32 or len(salt) < 8 or len(key) < 16:
        raise ValueError('not a hash of a password; make one with "goosh password"')
    return _Hash(n, r, p, salt, key)
