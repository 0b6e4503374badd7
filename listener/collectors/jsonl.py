"""Files of JSON objects, one a line: exports, archives, and what other programs append to as it happens.

Endpoint: a file or folder on this machine, watched. Auth: permission to read it. Limits, cost, terms: none of ours.
Fields: ``id, text, published_at, author, followers, likes, shares, comments, views, url, language, source, title, rating,
csat, nps, ces, phone, email, ours, in_reply_to``, or another obvious name (``date``, ``متن``, ``تاریخ``: ``rows.NAMES``); ``map`` names where they stand otherwise, by steps
(``meta.created``), and what is not read is said at the first reading. Few rows name the company they are about: give the source
its ``brands``, or only those that do are kept. Ids are hashed from the content where missing.
``in_reply_to`` (or ``parent_id``, ``parent_url``, «پاسخ به») names what a row answers: the id of another row, ``KIND:ID`` as the board names
a mention (``telegram:isna/12``), or its address. An answer of ours (``ours``, or an author called as the brand is) goes to the case of
what it answers, whichever of the two comes first: it is the first answer, and is read for promises.
Reach basis: views, else followers, as the rows give them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from listener.collectors.files import LONGEST_LINE, FileCollector, Record, WatchOptions, decode, read_lines, read_rows, sniff
from listener.collectors.rows import Shape
from listener.errors import CollectError
from listener.types import Mention

KIND = "jsonl"
SUFFIXES = (".jsonl", ".ndjson", ".json")


class Options(WatchOptions, frozen=True, extra="forbid"):
    pass


def records(stream: BinaryIO, shape: Shape, *, offset: int = 0, line: int = 0) -> Iterator[Record]:
    """Yield every line that is not blank as a record."""
    stream.seek(0)
    head = stream.read(2**20)
    encoding = sniff(head)
    if (decode(head[encoding.skip:][:64], encoding) or "").lstrip().startswith("["):
        raise CollectError("", "this is one JSON array; write one object a line, as 'jq -c .[]' does", permanent=True)
    for found in read_lines(stream, encoding, offset=offset, line=line):
        if found.data is None:
            yield Record(found.number, found.end, None, f"longer than {LONGEST_LINE // 2**20} MiB", found.terminated)
            continue
        if not found.data.strip(b" \t\r\n\0\xef\xbb\xbf"):
            if found.terminated:
                yield Record(found.number, found.end, None)
            continue
        text = decode(found.data, encoding)
        if text is None:
            yield Record(found.number, found.end, None, f"not valid {encoding.name}", found.terminated)
            continue
        try:
            row = json.loads(text.lstrip("\ufeff"))
        except (ValueError, RecursionError) as error:
            yield Record(found.number, found.end, None, f"no JSON: {_where(error)}", found.terminated)
            continue
        if isinstance(row, dict):
            yield Record(found.number, found.end, row)  # a whole object is whole without its line break
        else:
            yield Record(found.number, found.end, None, "JSON, but not an object", found.terminated)


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]} at column {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else "a number is too long"


def parse(payload: bytes, *, now: datetime, shape: Shape | None = None) -> list[Mention]:
    """Return the mentions of the good rows. Raises: CollectError when the payload is not of this format at all."""
    return read_rows(payload, records, KIND, shape or Shape(), now=now)


class JSONLCollector(FileCollector):
    """Watches a file of JSON lines, or a folder of such files."""

    kind = KIND
    format = staticmethod(records)
    pattern = "*.jsonl"
