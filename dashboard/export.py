"""Mentions as a file for a spreadsheet. No cell of it is ever a formula, whatever its author wrote.

A spreadsheet runs what begins with ``=``, ``+``, ``-``, ``@``, a tab or a return; in CSV such a cell is led by an apostrophe
(OWASP, CSV injection), in XLSX every text is written as text. Why XlsxWriter for the latter: a workbook by hand is four
XML files and their escapes, and this library has no dependency and writes row by row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from dashboard.pen import Pen
from listener.calendar import jalali
from listener.service import Filters, MentionsPage, MentionView
from listener.text import printable

MOST = 20_000  # rows of a file: as many as the board's memory and a person's patience hold; the command line has no such end
PAGE = 500
LONGEST = 5_000  # characters of a text in a cell; a spreadsheet takes 32,767
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
COLUMNS = ("brand", "kind", "sources", "published_at", "jalali", "author", "followers", "title", "text", "label", "corrected", "unsure", "negative", "neutral", "positive",
           "language", "terms", "reach_low", "reach_mid", "reach_high", "reach_by", "likes", "shares", "comments", "views", "url")

Reading = Callable[[Filters, str | None, int], MentionsPage]


def rows(read: Reading, filters: Filters, pen: Pen) -> Iterator[list[Any]]:
    """Yield the mentions that match as rows of ``COLUMNS``, newest first, page by page, ``MOST`` at most."""
    older, left = None, MOST
    while left > 0:
        page = read(filters, older, min(PAGE, left))
        for view in page.items:
            yield _row(view, pen)
        left -= len(page.items)
        older = page.older
        if older is None or not page.items:
            return


def _row(view: MentionView, pen: Pen) -> list[Any]:
    one, what = view.scored, view.scored.mention
    local = what.published_at.astimezone(pen.zone)
    label = view.corrected or (one.score.label if one.score else None)
    its, score, reach, seen = jalali(local.date()), one.score, one.reach, what.engagement
    return [one.brand, what.kind, ", ".join(one.sources), local.replace(tzinfo=None), f"{its.year}/{its.month:02}/{its.day:02}",
            (what.author.name or what.author.id) if what.author else what.outlet, what.author.followers if what.author else None, what.title, what.text,
            label.value if label else None, "yes" if view.corrected else None,
            "yes" if score and score.unsure and not view.corrected else None, *((score.negative, score.neutral, score.positive) if score else (None, None, None)),
            what.language, ", ".join(one.terms), *((reach.low, reach.mid, reach.high, reach.method) if reach else (None, None, None, None)),
            *((seen.likes, seen.shares, seen.comments, seen.views) if seen else (None, None, None, None)), _address(what.url)]


def _address(url: str | None) -> str | None:
    return url if url and url.lower().startswith(("http://", "https://")) else None


def _clean(text: str) -> str:
    """Return a text on one line without what a cell cannot hold."""
    return printable(" ".join(text.split()))[:LONGEST]


def csv_bytes(found: Iterator[list[Any]]) -> tuple[bytes, int]:
    """Return the file and how many rows it has. Begins with a mark by which spreadsheets know UTF-8."""
    out, count = io.StringIO(newline=""), 0
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for row in found:
        writer.writerow([_plain(cell) for cell in row])
        count += 1
    return out.getvalue().encode("utf-8-sig"), count


def _plain(cell: Any) -> Any:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes")
    if not isinstance(cell, str):
        return cell
    text = _clean(cell)
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip("\u2066\u2067\u2068\u200e\u200f\ufeff").startswith(_FORMULA) else text


def xlsx_bytes(found: Iterator[list[Any]], pen: Pen) -> tuple[bytes, int]:
    """Return the workbook and how many rows it has; texts are texts, figures figures, links no links."""
    import xlsxwriter  # here: only who exports pays for it

    out, count = io.BytesIO(), 0
    with xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}) as book:
        sheet = book.add_worksheet("mentions")
        if pen.language == "fa":
            sheet.right_to_left()
        bold, moment = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(COLUMNS):
            sheet.write_string(0, column, name, bold)
        for count, row in enumerate(found, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(count, column, cell, moment)
                elif isinstance(cell, str):
                    sheet.write_string(count, column, _clean(cell))
                elif cell is not None:
                    sheet.write_number(count, column, cell)
    return out.getvalue(), count
