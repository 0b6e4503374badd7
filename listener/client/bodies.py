"""Content encodings, undone within bounds. Pure."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import brotli
import zstandard

LAYERS = 2  # encodings upon each other; nobody in earnest uses more
MEMBERS = 64  # of one gzip file; a megabyte can hold 50,000 empty ones, each of which costs as much as a full one
PIECE = 2**16  # bytes that are unpacked at once

InTime = Callable[[], object]
"""Called between steps; raises when there is no time left."""


class TooLarge(Exception):
    """A body of more than it may be."""


class Garbled(Exception):
    """A body that is not what its Content-Encoding says."""


def decoded(body: bytes, encodings: str, limit: int, *, cut: bool = False, in_time: InTime = lambda: None) -> tuple[bytes, bool]:
    """Return the body without its content encodings and whether its end is missing.

    httpx would decode chunk by chunk without a bound, and 64 KB of brotli can hold gigabytes. What is larger than
    ``limit`` raises TooLarge, or with ``cut`` is cut off there. ``in_time`` is asked between steps and raises what it likes.
    Raises: TooLarge, Garbled.
    """
    missing = False
    names = [name for part in encodings.split(",") if (name := part.strip().lower()) not in ("identity", "none", "")]
    if len(names) > LAYERS:
        raise Garbled(f"{', '.join(names[:LAYERS])} and {len(names) - LAYERS} more")
    for name in reversed(names):
        decode = _DECODERS.get(name)
        if decode is None:
            raise Garbled(name)
        if body:
            body, short = decode(body, limit, in_time)
            missing = missing or short
        if len(body) > limit:
            if not cut:
                raise TooLarge
            body, missing = body[:limit], True
    return body, missing


def _inflate(body: bytes, limit: int, in_time: InTime) -> tuple[bytes, bool]:
    return _gunzip(body, limit, in_time, (47, -15))  # "deflate" should have zlib's header; some servers send it bare


def _gunzip(body: bytes, limit: int, in_time: InTime, windows: tuple[int, ...] = (47,)) -> tuple[bytes, bool]:
    for window in windows:
        parts: list[bytes] = []
        size, offset, members, ended = 0, 0, 1, False
        view, machine = memoryview(body), zlib.decompressobj(window)
        try:
            while offset < len(body) and size <= limit:
                in_time()
                if ended:  # a gzip file may have several members
                    if bytes(view[offset:offset + 2]) not in (b"\x1f\x8b", b"\x1f"):
                        break  # trailing padding
                    members += 1
                    if members > MEMBERS:
                        raise Garbled("gzip")
                    machine = zlib.decompressobj(window)
                # In pieces: what is left over behind a member is copied, and would be as long as all the others.
                piece = view[offset:offset + PIECE]
                part = machine.decompress(piece, limit + 1 - size)
                parts.append(part)
                size += len(part)
                ended = machine.eof
                offset += len(piece) - len(machine.unused_data)
        except zlib.error as error:
            if size:
                return b"".join(parts), True
            if window == windows[-1]:
                raise Garbled("gzip") from error
            continue
        return b"".join(parts), not ended
    raise Garbled("gzip")


def _unbrotli(body: bytes, limit: int, in_time: InTime) -> tuple[bytes, bool]:
    machine = brotli.Decompressor()
    parts: list[bytes] = []
    size = 0
    try:
        feed = body
        while size <= limit:
            in_time()
            part = machine.process(feed, output_buffer_limit=min(limit + 1 - size, 2**20))
            parts.append(part)
            size += len(part)
            feed = b""
            if machine.is_finished() or (not part and machine.can_accept_more_data()):
                break
    except brotli.error as error:
        if size:
            return b"".join(parts), True
        raise Garbled("br") from error
    return b"".join(parts), not machine.is_finished()


def _unzstd(body: bytes, limit: int, in_time: InTime) -> tuple[bytes, bool]:
    machine = zstandard.ZstdDecompressor(max_window_size=2**27)
    parts: list[bytes] = []
    size = 0
    try:
        with machine.stream_reader(io.BytesIO(body), read_across_frames=True) as stream:
            while size <= limit and (part := stream.read(min(limit + 1 - size, 2**20))):
                in_time()
                parts.append(part)
                size += len(part)
    except zstandard.ZstdError as error:
        if size:
            return b"".join(parts), True
        raise Garbled("zstd") from error
    return b"".join(parts), False


_DECODERS = {"gzip": _gunzip, "x-gzip": _gunzip, "deflate": _inflate, "br": _unbrotli, "zstd": _unzstd}
