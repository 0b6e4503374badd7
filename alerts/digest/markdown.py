"""The digest as Markdown, for a wiki or a chat that takes it. Pure; everything from outside is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from alerts.digest.nouns import Digest, Grid, Line, Section

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")


def markdown(digest: Digest) -> str:
    return "\n".join(_lines(digest)) + "\n"


def _escaped(text: str) -> str:
    return _MARKS.sub(r"\\\1", text)


def _lines(digest: Digest) -> Iterator[str]:
    yield f"# {_escaped(digest.heading)}"
    yield ""
    for line in digest.header:
        yield f"**{_escaped(line.text)}**  " if line.strong else f"{_said(line)}  "
    for section in digest.sections:
        yield ""
        yield from _section(section)
    yield ""
    yield "---"
    for line in digest.footer:
        yield f"{_said(line)}  "


def _section(section: Section) -> Iterator[str]:
    yield f"## {_escaped(section.title)}"
    yield ""
    for line in section.lines:
        yield f"- {_said(line)}"
    if section.chart is not None:
        yield from ("", _escaped(section.chart.alt))
    if section.grid is not None:
        yield from ("", *_grid(section.grid))
    for quote in section.quotes:
        yield ""
        if quote.about:
            yield f"> **{_escaped(quote.about)}**  "
        yield f"> {_escaped(quote.text)}  "
        yield f"> {_linked(quote.by, quote.url)}"
    if section.notes:
        yield ""
    for line in section.notes:
        yield f"_{_escaped(line.text)}_  "


def _grid(grid: Grid) -> Iterator[str]:
    yield f"| {' | '.join(_escaped(name) for name in grid.columns)} |"
    yield f"|{'---|' * len(grid.columns)}"
    for row in grid.rows:
        cells = [_linked(row.cells[0].text, row.url), *(_escaped(cell.text) for cell in row.cells[1:])]
        yield f"| {' | '.join(cells)} |"


def _said(line: Line) -> str:
    return _linked(line.text, line.url)


def _linked(text: str, url: str | None) -> str:
    if url is None or not url.startswith(("https://", "http://")):
        return _escaped(text)
    address = url.replace("(", "%28").replace(")", "%29").replace(" ", "%20").replace("<", "%3C").replace(">", "%3E")
    return f"[{_escaped(text)}]({address})"
