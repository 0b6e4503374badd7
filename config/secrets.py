"""Secrets never stand in the file: keys that end in ``_env`` name the environment variable that holds one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

PROXIES = ("http", "https", "socks5")  # schemes of a proxy's address
DIRECT = "direct"  # in place of a proxy's address: none, whatever holds for all

_SECRET_QUERY = frozenset({"token", "key", "secret", "access_token", "api_key"})
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class Secret(NamedTuple):
    """A place in the file that names an environment variable, and that name."""

    path: str
    variable: str


def passwords(own: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a problem where the file's database URL carries a password."""
    url = own.get("database")
    if isinstance(url, str) and "://" in url:
        try:
            secret = urlsplit(url).password or "password=" in url.lower()
        except ValueError:
            secret = False
        if secret:
            yield "database", "a password stands in the file; leave the key out and set the whole URL in GOOSH_DATABASE"


def secret_in_address(url: str) -> str | None:
    """Return what kind of secret an address holds, never the secret."""
    try:
        parts = urlsplit(url.strip())
        if "@" in parts.netloc:
            return "a user or password"
        return next((f"a secret (?{key.lower()}=)" for key, value in parse_qsl(parts.query)
                     if value and key.lower() in _SECRET_QUERY), None)
    except ValueError:
        return None  # no address at all: its own plugin says so


def secrets_in(options: Mapping[str, Any], path: str) -> list[Secret]:
    found: list[Secret] = []
    for key, value in options.items():
        if isinstance(value, Mapping):
            found += secrets_in(value, f"{path}.{key}")
        elif key.endswith("_env") and isinstance(value, str):
            found.append(Secret(f"{path}.{key}", value))
    return found


def is_variable(text: str) -> bool:
    """Whether this is the name of an environment variable and not a token that happens to have a name's letters."""
    if not _VARIABLE.fullmatch(text):
        return False
    if text.isupper():
        return not re.fullmatch(r"[A-Z0-9]{24,}", text) or not re.search(r"\d", text)
    return len(text) <= 24 and not re.search(r"\d{3}|[a-z][A-Z].*[a-z][A-Z]", text)


def proxy_problem(address: str) -> str | None:
    """Return what is wrong with a proxy's address; it is never repeated, for it may hold a password."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        return "is no address of a proxy; write it as \"socks5://127.0.0.1:1080\""
    if parts.scheme not in PROXIES:
        known = ", ".join(f"{scheme}://" for scheme in PROXIES)
        return f"does not begin with one of {known}; write it as \"socks5://127.0.0.1:1080\", or \"{DIRECT}\" for none"
    if not parts.hostname:
        return "names no host; write it as \"socks5://127.0.0.1:1080\""
    if port is None:
        return "names no port; write it as \"socks5://127.0.0.1:1080\""
    if parts.path.strip("/") or parts.query or parts.fragment:
        return "holds more than scheme, host and port; write it as \"socks5://127.0.0.1:1080\""
    return None
