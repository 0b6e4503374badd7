"""Mentions as a file: whole, capped, and no cell a spreadsheet would run. Authors as a card. Days in the URL."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from dashboard import author_cards, export, filters
from dashboard.pen import Pen
from listener.service import Filters, MentionsPage, MentionView
from listener.types import Author, Label, Mention, ScoredMention
from listener.words import Language, say
from tests.dashboard.house import BRAND, NOW, House, commit
from tests.dashboard.test_views import ME, text, visit

PEN = Pen("fa", ZoneInfo("Asia/Tehran"), NOW)
EVIL = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=HYPERLINK(\"http://evil\")", "  =1+1", "＝1+1", "\u202e=1+1", "\u200f=1+1", "\ufeff=1"]


def view(text: str, number: int = 0) -> MentionView:
    mention = Mention("rss", str(number), text, NOW - timedelta(minutes=number), url="javascript:alert(1)", title=text, author=Author("rss", text, text))
    return MentionView(ScoredMention(mention, BRAND, ("forum",), (text,), None, None, NOW))


def read(views: list[MentionView]) -> export.Reading:
    def page(these: Filters, older: str | None, size: int) -> MentionsPage:
        start = int(older or 0)
        return MentionsPage(tuple(views[start:start + size]), str(start + size) if start + size < len(views) else None)

    return page


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("evil", EVIL)
def test_no_cell_of_a_csv_begins_like_a_formula(evil: str) -> None:
    data, count = export.csv_bytes(export.rows(read([view(evil)]), Filters(), PEN))
    assert count == 1
    for name, cell in table(data)[0].items():
        bare = cell.strip("\u200e\u200f\u2066\u2067\u2068\u2069\u202e\ufeff \t\r\n")
        assert not bare.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")), (name, cell)
    assert table(data)[0]["url"] == ""


def test_figures_stay_figures_and_persian_is_known_as_utf8(rich: House) -> None:
    def page(these: Filters, older: str | None, size: int) -> MentionsPage:
        return rich.service.mentions(these, older=older, size=size)

    data, count = export.csv_bytes(export.rows(page, Filters(brand=BRAND, label=Label.NEGATIVE, text="بیمارستان"), PEN))
    first = table(data)[0]
    assert data.startswith(b"\xef\xbb\xbf") and count >= 1 and "بیمارستان" in first["text"] and float(first["negative"]) > 0.3
    assert first["jalali"].startswith("1405/0") and first["url"].startswith("https://") and first["sources"] == "mastodon-fa"


@pytest.mark.parametrize("evil", EVIL)
def test_no_cell_of_a_workbook_is_a_formula_or_a_link(evil: str) -> None:
    data, count = export.xlsx_bytes(export.rows(read([view(evil), view("12345", 1)]), Filters(), PEN), PEN)
    book = zipfile.ZipFile(io.BytesIO(data))
    sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    assert count == 2 and sheet.findall(f".//{space}f") == [] and sheet.findall(f".//{space}hyperlink") == []
    assert sheet.find(f".//{space}sheetView").get("rightToLeft") == "1"  # type: ignore[union-attr]


def test_a_file_ends_at_its_cap_however_many_match(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST", 1_200)
    views = [view(f"post {i}", i) for i in range(2_000)]
    data, count = export.csv_bytes(export.rows(read(views), Filters(), PEN))
    assert count == 1_200 and table(data)[-1]["text"] == "post 1199"


def test_an_endless_text_is_cut_to_what_a_cell_holds() -> None:
    data, _ = export.xlsx_bytes(export.rows(read([view("ا" * 100_000)]), Filters(), PEN), PEN)
    assert len(data) < 100_000


def test_who_exports_is_kept_with_how_many(rich: House) -> None:
    rich.service.exported(ME, 12, "csv")
    assert [(event.who, event.what) for event in rich.store.events(subject="board", limit=1)] == [(ME, "export csv: 12")]


@pytest.mark.parametrize("language", ["fa", "en"])
def test_the_page_says_how_many_an_export_holds(rich: House, language: Language) -> None:
    board = visit("mentions", lang=language)
    assert say("board.export.words", language, n=export.MOST) in [one.value for one in board.caption]


# -- authors

def test_an_author_is_shown_with_what_they_said_and_nothing_more(single: House) -> None:
    who = Author("rss", "negar", "نگار", url="https://example.org/negar", followers=1_200)
    commit(single, "forum", [Mention("rss", f"n{i}", f"{BRAND} دوباره {i}", NOW - timedelta(days=i), author=who) for i in range(1, 4)],
           start=NOW - timedelta(days=5), end=NOW)
    found = single.service.author("rss:negar")
    assert found and (found.mentions, found.whole, found.unscored, found.brands) == (4, True, 3, (BRAND,))
    assert found.labels[Label.NEGATIVE] == 1 and found.last_at == NOW - timedelta(minutes=30)
    assert single.service.author("rss:nobody") is None and single.service.author("nothing") is None
    said = text(visit("mentions", author="rss:negar", span="all"))
    assert "g-author" in said and "۱٬۲۰۰ دنبال‌کننده" in said and said.count("<article") == 5


def test_a_hostile_name_stays_inside_its_card(single: House) -> None:
    who = Author("rss", "<b>x</b>", "<script>alert(1)</script>", url="javascript:alert(1)")
    commit(single, "forum", [Mention("rss", "evil", f"{BRAND} x", NOW, author=who)], start=NOW - timedelta(hours=1), end=NOW)
    found = single.service.author("rss:<b>x</b>")
    assert found is not None
    shown = author_cards.card(PEN, found)
    assert "<script" not in shown and "<b>x" not in shown and "javascript:" not in shown


def test_one_click_leads_from_a_post_to_all_of_its_author(rich: House) -> None:
    board = visit("mentions", label="negative", q="بیمارستان", span="all")
    button = next(one for one in board.button if one.label == say("board.author.show", "fa"))
    button.click().run()
    assert not board.exception and "author" in board.query_params and "q" not in board.query_params and "g-author" in text(board)


# -- days

def test_days_in_a_link_are_whole_days_of_the_zone() -> None:
    chosen = filters.read({"span": "days", "from": "2026-11-15", "to": "2026-11-16"}, ())
    asked = chosen.filters(BRAND, NOW, PEN.zone)
    assert (asked.since, asked.until) == (datetime(2026, 11, 14, 20, 30, tzinfo=UTC), datetime(2026, 11, 16, 20, 30, tzinfo=UTC))


@pytest.mark.parametrize("parameters", [{"from": "never", "to": "1405/1/1"}, {"from": "2030-01-01"}, {"from": "2026-11-20", "to": "2026-11-01"}])
def test_days_that_are_none_or_lie_ahead_or_stand_the_wrong_way_still_open(parameters: dict[str, str]) -> None:
    first, last = filters.read({"span": "days", **parameters}, ()).days(NOW.date())
    assert first <= last <= NOW.date()


def test_choosing_days_puts_them_into_the_link(rich: House) -> None:
    board = visit("mentions", span="days", **{"from": "2026-11-10", "to": "2026-11-12"})
    board.button(key="f_days_week_before").click().run()
    assert not board.exception and board.query_params["from"] in ("2026-11-14", ["2026-11-14"]) and board.query_params["to"] in ("2026-11-20", ["2026-11-20"])
