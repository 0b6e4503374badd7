"""Content encodings, undone within bounds. Pure."""

from __future__ import annotations

import io
import zlib

import brotli
import zstandard


class TooLarge(Exception):
    """A body of more than it may be."""


class Garbled(Exception):
    """A body that is not what its Content-Encoding says."""


def decoded(body: bytes, encodings: str, limit: int, *, cut: bool = False) -> tuple[bytes, bool]:
    """Return the body without its content encodings and whether its end is missing.

    httpx would decode chunk by chunk without a bound, and 64 KB of brotli can hold gigabytes. What is larger than
    ``limit`` raises TooLarge, or with ``cut`` is cut off there. Raises: TooLarge, Garbled.
    """
    missing = False
    for name in reversed([part.strip().lower() for part in encodings.split(",") if part.strip()]):
        if name in ("identity", "none", ""):
            continue
        decode = _DECODERS.get(name)
        if decode is None:
            raise Garbled(name)
        if body:
            body, short = decode(body, limit)
            missing = missing or short
        if len(body) > limit:
            if not cut:
                raise TooLarge
            body, missing = body[:limit], True
    return body, missing


def _inflate(body: bytes, limit: int) -> tuple[bytes, bool]:
    return _gunzip(body, limit, (47, -15))  # "deflate" should have zlib's header; some servers send it bare


def _gunzip(body: bytes, limit: int, windows: tuple[int, ...] = (47,)) -> tuple[bytes, bool]:
    for window in windows:
        parts: list[bytes] = []
        size, rest, ended = 0, body, False
        try:
            while rest:
                machine = zlib.decompressobj(window)
                part = machine.decompress(rest, limit + 1 - size)
                parts.append(part)
                size += len(part)
                ended = machine.eof
                if size > limit:
                    break
                rest = machine.unused_data if ended else b""  # a gzip file may have several members
                if rest and not rest.startswith(b"\x1f\x8b"):
                    break  # trailing padding
        except zlib.error as error:
            if size:
                return b"".join(parts), True
            if window == windows[-1]:
                raise Garbled("gzip") from error
            continue
        return b"".join(parts), not ended
    raise Garbled("gzip")


def _unbrotli(body: bytes, limit: int) -> tuple[bytes, bool]:
    machine = brotli.Decompressor()
    parts: list[bytes] = []
    size = 0
    try:
        feed = body
        while size <= limit:
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


def _unzstd(body: bytes, limit: int) -> tuple[bytes, bool]:
    machine = zstandard.ZstdDecompressor(max_window_size=2**27)
    parts: list[bytes] = []
    size = 0
    try:
        with machine.stream_reader(io.BytesIO(body), read_across_frames=True) as stream:
            while size <= limit and (part := stream.read(min(limit + 1 - size, 2**20))):
                parts.append(part)
                size += len(part)
    except zstandard.ZstdError as error:
        if size:
            return b"".join(parts), True
        raise Garbled("zstd") from error
    return b"".join(parts), False


_DECODERS = {"gzip": _gunzip, "x-gzip": _gunzip, "deflate": _inflate, "br": _unbrotli, "zstd": _unzstd}
