"""robots.txt (RFC 9309): what a site asks of programs that read its pages. Pure; the client fetches the file.

Parsed by Protego, Scrapy's parser: the standard library's knows neither wildcards nor the longest match before Python 3.14.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from protego import Protego

NAME = "gooshbezang"  # our product token: what a site writes after "User-agent:" to mean us
LARGEST = 500 * 2**10  # bytes that are read, the least RFC 9309 §2.5 allows
FRESH = 24 * 3600.0  # seconds a copy is used (§2.4)
RETRY = 5 * 60.0  # seconds until a file that could not be read is asked for again
LONGEST_DELAY = 24 * 3600.0  # seconds between two requests; a site may write any number

_AGENT = re.compile(r"\s*(?:user-agent|useragent|user\s+agent)(?:\s*:|\s)([^#]*)", re.I)  # as generous as Protego reads it


@dataclass(frozen=True, slots=True)
class Rules:
    """What one site allows us. ``until`` is an instant of the client's clock; ``trouble`` says why nothing is known."""

    until: float
    file: Protego | None = None  # None: everything is allowed, unless there is trouble
    trouble: str | None = None

    def allows(self, url: str) -> bool:
        return self.trouble is None and (self.file is None or self.file.can_fetch(url, NAME))

    @property
    def delay(self) -> float:
        """Seconds between two requests, as Crawl-delay or Request-rate ask for them; a day at most."""
        if self.file is None:
            return 0.0
        rate = self.file.request_rate(NAME)
        most = int(LONGEST_DELAY)
        asked = min(rate.seconds, most * rate.requests) / rate.requests if rate else 0.0  # whole numbers of any length
        return min(max(self.file.crawl_delay(NAME) or 0.0, asked), LONGEST_DELAY)


def read_rules(status: int, body: bytes, now: float) -> Rules:
    """Return what an answer to /robots.txt means: §2.3.1 tells a file that is not there (4xx) from one that cannot be had."""
    if 200 <= status < 300:
        return Rules(now + FRESH, _parsed(body[:LARGEST].decode("utf-8-sig", "replace")))
    if 500 <= status < 600:
        return Rules(now + RETRY, trouble=f"HTTP {status}")
    return Rules(now + FRESH)


def _parsed(text: str) -> Protego:
    """Return the rules, with every name that is neither ours nor ``*`` as one and the same.

    Protego keeps each rule once a name of its group: half a megabyte that names 10,000 robots before 10,000 rules would
    take gigabytes. It also takes a name for ours that only begins like it; RFC 9309 §2.2.1 compares the whole token.
    """
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if named := _AGENT.match(line):
            token = named.group(1).strip().partition("/")[0].lower()
            lines[number] = f"User-agent: {token if token in ('*', NAME) else 'another'}"
    return Protego.parse("\n".join(lines))
