"""What would keep a source from ever being read, found without the network: terms not accepted, secrets, files, shared inboxes.

Collectors say such things themselves, as permanent errors before their first request. So each one is asked to collect through a
client that asks nobody: what it says by then is a problem of the configuration, and wanting to ask somebody is all that was hoped for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, cast

from listener.errors import CollectError, ConfigError

if TYPE_CHECKING:
    from config.settings import Settings, SourceSettings
    from listener.client import Client

INBOX = "inbox"


class _Asks(Exception):
    """A collector wants to ask somebody: nothing kept it from that."""


class _Offline:
    """Stands where the client does and asks nobody."""

    def get(self, *_: Any, **__: Any) -> NoReturn:
        raise _Asks

    post = spend = get

    def through(self, _: str | None) -> _Offline:
        return self


def problems(settings: Settings) -> list[tuple[str, str]]:
    """Return (key path, sentence) for each source that can never be read as things stand, and for a heartbeat that nobody hears. A paused source, and one whose secret
    is not set (``Settings.missing_secrets`` says that), is left out.
    """
    unset = {place[0] for secret in settings.missing_secrets() if (place := re.match(r"sources\[\d+\]", secret.path))}
    found: list[tuple[str, str]] = []
    for index, source in enumerate(settings.sources):
        path = f"sources[{index}]"
        if not source.paused and path not in unset:
            found += [(f"{path}.{key}" if key else path, text) for key, text in _of(settings, source)]
    return found + list(_inboxes(settings)) + list(_heartbeat(settings))


def heartbeat_within(settings: Settings) -> str | None:
    """Return the host of the heartbeat where it can only be a machine of a private network that is not allowed: it is never asked.

    Without the network: a name that only a name server knows to be private is not found. None: unset, or nothing is against it.
    """
    import ipaddress
    from urllib.parse import urlsplit

    from listener.client import resolve
    from listener.client.guard import Guard
    from listener.client.proxies import unfit

    try:
        host = urlsplit(os.environ.get(settings.heartbeat.url_env or "", "").strip()).hostname
    except ValueError:
        return None
    if not host:
        return None
    allowed = [ipaddress.ip_network(one, strict=False) for one in settings.client.allow]
    named = not re.fullmatch(r"[0-9.]+|0x[0-9a-f.x]+|.*:.*", host) and host != "localhost"
    if named and allowed:  # it may lie in a network that is
        return None
    return host if unfit("127.0.0.1" if host == "localhost" else host, Guard(allowed, resolve)) else None


def _heartbeat(settings: Settings) -> Iterator[tuple[str, str]]:
    if host := heartbeat_within(settings):
        yield "heartbeat.url_env", (f"the address leads to {host!r}, which is private and is never asked: nobody would notice when goosh stops; "
                                    "name an address outside, or allow its network under [client] allow")


def _of(settings: Settings, source: SourceSettings) -> Iterator[tuple[str, str]]:
    from listener.app import system_clock
    from listener.collectors import COLLECTORS

    try:
        settings.proxy_of(source)
    except ConfigError as error:
        for path, text in error.problems:
            yield path.rpartition(".")[2], text
    options = COLLECTORS.options(source.kind)(**source.options)
    try:
        COLLECTORS.load(source.kind)(source.name, options, cast("Client", _Offline()), now=system_clock).collect(None)
    except _Asks:
        return
    except CollectError as error:
        yield _key(source.options, type(options).model_fields, error.what), error.what


def _key(given: Mapping[str, Any], known: Mapping[str, Any], what: str) -> str:
    """Return the option that a sentence is about: the one it names, the one that holds the variable it names, or the path it begins with."""
    named = next((key for key in known if re.search(rf"\b{key}\b", what) and "_" in key), "")
    variable = next((key for key, value in given.items() if key.endswith("_env") and isinstance(value, str) and repr(value) in what), "")
    return named or variable or ("path" if "path" in known else "")


def _inboxes(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield what keeps an inbox shut that is well by itself: a token that two share, or no server to take what is pushed."""
    first: dict[str, str] = {}
    for index, source in enumerate(settings.sources):
        if source.kind != INBOX or source.paused:
            continue
        token = os.environ.get(str(source.options.get("token_env", "")), "").strip()
        if token and token in first:
            yield (f"sources[{index}].token_env", f"inbox {source.name!r} has the same token as inbox {first[token]!r}, and each of them "
                   "would refuse it; give each one of its own")
        first.setdefault(token, source.name)
        if not settings.web.enabled:
            yield f"sources[{index}]", "nothing can be pushed to an inbox while the web server is off; set enabled = true under [web]"
