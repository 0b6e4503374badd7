"""The one way out to the network: a careful HTTP reader on httpx, shared by every collector.

It knows hosts, not sources. For every request it keeps the pace and the number of connections its host is given, waits
out what the host asked for (``waiting``: ``Retry-After`` and the reset headers of SOURCES §0), leaves alone for a while
who fails time after time (``breaker``), obeys robots.txt where pages are read (``robots``), bounds time and size, follows
at most five redirects, goes out through a proxy where a source has one (``proxies``), and turns whatever goes wrong into a ``CollectError`` with a
sentence that says what to do (``failures`` for statuses, ``way`` for everything before them).

Which addresses may be read, and until when, is settled below httpx, where it cannot be walked around (``guard``).

No retry lives here: the scheduler polls again. No cookie is kept and no environment proxy is used.
"""

from listener.client.answers import Response, page_kind, redact
from listener.client.guard import embedded, is_public, resolve
from listener.client.http import MAX_BYTES, MAX_REDIRECTS, Client
from listener.client.ledger import MemoryLedger
from listener.client.waiting import retry_after
from listener.client.way import never_sent

__all__ = ["MAX_BYTES", "MAX_REDIRECTS", "Client", "MemoryLedger", "Response", "embedded", "is_public", "never_sent", "page_kind", "redact",
           "resolve", "retry_after"]
