"""What a status means and what to do about it, in one sentence. Pure."""

from __future__ import annotations

import json
import ssl
from datetime import datetime

from listener.client.answers import Response, redact
from listener.client.waiting import THROTTLED, exhausted, in_words, over_usage, retry_after
from listener.errors import CollectError

PASSING = frozenset({408, 421, 423, 425})  # 4xx that a later request may not meet


def failure(response: Response, source: str, *, now: datetime, name: str, proxy: str = "") -> CollectError:
    """Return the error that a status stands for. ``name`` is ours, as hosts know it; ``proxy`` the one asked through."""
    status, where = response.status, redact(response.url)
    if proxy:
        where = f"{where} (through the proxy {proxy})"
    wait = retry_after(response.headers, now, status)
    later = f"retrying in {in_words(wait)}" if wait is not None else "retrying later"
    said = _said(response)
    if (status in THROTTLED or (status == 403 and (exhausted(response.headers) or "retry-after" in response.headers))
            or (status == 400 and over_usage(response.headers))):
        return CollectError(source, f"HTTP {status}: {where} says we ask too often; {later}", retry_after=wait)
    if status == 403 and response.headers.get("cf-mitigated") == "challenge":
        return CollectError(source, f"HTTP 403: a Cloudflare challenge stands before {where}; ask its owner to let "
                                    f"{name!r} in, or read another feed of it", permanent=True)
    if status == 401:
        return CollectError(source, f"HTTP 401: {where} wants credentials{said}; set or renew the token of this source",
                            permanent=True)
    if status == 403:
        remedy = "another proxy" if proxy else "a proxy"
        return CollectError(source, f"HTTP 403: {where} refuses us{said}; the token may lack a permission, "
                                    f"or this address is blocked here and needs {remedy}", permanent=True)
    if status == 404:
        return CollectError(source, f"HTTP 404: nothing is at {where}; check the address")
    if status == 410:
        return CollectError(source, f"HTTP 410: {where} is gone for good; remove this source", permanent=True)
    if status == 451:
        return CollectError(source, f"HTTP 451: {where} is withheld for legal reasons; it may need a proxy", permanent=True)
    if status == 407:
        return CollectError(source, f"HTTP 407: the proxy{f' {proxy}' if proxy else ''} wants credentials; "
                                    "put its name and password into the address of the proxy", permanent=True)
    if status in PASSING:
        return CollectError(source, f"HTTP {status} from {where}; {later}", retry_after=wait)
    if 500 <= status < 600:
        return CollectError(source, f"HTTP {status}: {where} is in trouble; {later}", retry_after=wait)
    if 400 <= status < 500:
        return CollectError(source, f"HTTP {status}: {where} does not accept the request{said}; "
                                    "check the options of this source", permanent=True)
    return CollectError(source, f"HTTP {status} from {where}, which is no answer; check the address")


def cause(error: BaseException) -> str:
    """Return the system's word for a failed connection: ``connection refused``."""
    step: BaseException | None = error
    while step is not None:
        if isinstance(step, ssl.SSLCertVerificationError):
            return f"its certificate is not valid: {step.verify_message}"
        if isinstance(step, ssl.SSLError):
            return f"TLS: {step.reason or 'failed'}".lower()
        if isinstance(step, OSError) and step.strerror:
            return step.strerror.lower()
        step = step.__cause__ or step.__context__
    return type(error).__name__


def _said(response: Response) -> str:
    """Return the host's own words, where it sends a JSON error, as an aside."""
    try:
        data = json.loads(response.body[:4096])
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, dict):
        return ""
    words = next(
        (data[key] for key in ("error_description", "message", "error", "detail", "title") if isinstance(data.get(key), str)),
        "",
    )
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())
    words = response.without_secrets(words)[:160]
    return f" (it says {words!r})" if words else ""
