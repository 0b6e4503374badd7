"""The digest as plain text: the twin of the mail, and what a terminal shows. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.digest.nouns import Digest, Grid, Line, Section

WIDTH = 72


def text(digest: Digest, *, late: str | None = None, ending: tuple[Line, ...] = ()) -> str:
    """Return the digest as lines. ``late`` says that it comes late; ``ending`` is put below its own footer."""
    return "\n".join(_lines(digest, late, ending)) + "\n"


def brief(digest: Digest, late: str | None = None) -> tuple[str, ...]:
    """Return the little that fits a chat: the span, the sentences, the decisions."""
    told = [line.text for line in digest.header if not line.strong]
    for one in digest.sections:
        if one.name in ("said", "decisions", "open", "duty"):
            told += [line.text for line in one.lines]
    return tuple([late, *told] if late else told)


def _lines(digest: Digest, late: str | None, ending: tuple[Line, ...]) -> Iterator[str]:
    yield digest.heading
    yield "=" * min(WIDTH, len(digest.heading))
    if late:
        yield late
    for line in digest.header:
        yield from _said(line)
    for section in digest.sections:
        yield ""
        yield from _section(section)
    yield ""
    yield "-" * 20
    for line in (*digest.footer, *ending):
        yield from _said(line)


def _section(section: Section) -> Iterator[str]:
    number = section.title
    yield number
    yield "-" * min(WIDTH, len(number))
    for line in section.lines:
        yield from _said(line, "* ")
    if section.chart is not None:
        yield section.chart.alt
    if section.grid is not None:
        yield from _grid(section.grid)
    for quote in section.quotes:
        if quote.about:
            yield f"[{quote.about}]"
        yield f"«{quote.text}»"
        yield f"  {quote.by}"
        if quote.url:
            yield f"  {quote.url}"
    for line in section.notes:
        yield from _said(line)


def _said(line: Line, mark: str = "") -> Iterator[str]:
    yield f"{mark}{line.text}"
    if line.url:
        yield f"{' ' * len(mark)}{line.url}"


def _grid(grid: Grid) -> Iterator[str]:
    """Each row is a line: in a proportional font, and in two directions, columns would not stand below each other."""
    first, *names = grid.columns
    for row in grid.rows:
        cells = [(name, cell.text) for name, cell in zip(names, row.cells[1:], strict=True) if cell.text]
        yield f"{row.cells[0].text}: " + " | ".join(text if len(names) == 1 else f"{name} {text}" for name, text in cells)
