"""Rows of files: fields, encodings, bad rows, huge ones; imported once, or watched while they grow."""

from __future__ import annotations

import csv as standard_csv
import io
import json
import os
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from listener.collectors import COLLECTORS, csv, jsonl
from listener.collectors.files import ROWS, Chunk, import_file
from listener.collectors.rows import Problem, Shape
from listener.errors import CollectError
from listener.types import CoverageState, Mention, Precision
from tests.listener.collectors.hosts import poll
from tests.listener.terminal import goosh
from tests.shared import shared

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FORMATS = {"jsonl": jsonl, "csv": csv}
FULL = {
    "id": "7",
    "text": "دیجی‌کالا سفارشم را نیاورد",
    "published_at": "2026-11-20T10:00:00+03:30",
    "author": "سارا",
    "followers": 310,
    "likes": 5,
    "shares": 0,
    "comments": 2,
    "views": 1200,
    "url": "https://e.org/7",
    "language": "fa-IR",
    "source": "Google Play",
    "title": "عنوان",
    "rating": 4,
}


def as_jsonl(rows: Sequence[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def as_csv(rows: Sequence[dict[str, Any]], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = standard_csv.DictWriter(
        out, list(dict.fromkeys(name for row in rows for name in row)), delimiter=delimiter, lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


WRITERS = {"jsonl": as_jsonl, "csv": as_csv}


def read(
    path: Path, kind: str = "jsonl", **options: Any
) -> tuple[list[tuple[str | None, Mention]], list[Problem], list[Chunk]]:
    brand_from = options.pop("brand_from", None)
    chunks = list(import_file(path, FORMATS[kind].records, kind, Shape(**options), now=NOW, brand_from=brand_from))
    return [row for chunk in chunks for row in chunk.rows], [problem for chunk in chunks for problem in chunk.problems], chunks


def put(path: Path, payload: bytes) -> Path:
    path.write_bytes(payload)
    os.utime(path, ((NOW - timedelta(hours=1)).timestamp(),) * 2)
    return path


@pytest.mark.parametrize("kind", FORMATS)
def test_every_field_finds_its_place(kind: str) -> None:
    (mention,) = FORMATS[kind].parse(WRITERS[kind]([FULL]), now=NOW)
    assert (mention.kind, mention.id, mention.text, mention.title) == ("google_play", "7", FULL["text"], "عنوان")
    assert mention.published_at == datetime(2026, 11, 20, 6, 30, tzinfo=UTC) and mention.precision is Precision.SECOND
    assert mention.author and (mention.author.id, mention.author.name, mention.author.followers) == ("سارا", "سارا", 310)
    counts = mention.engagement
    assert counts and (counts.likes, counts.shares, counts.comments, counts.views) == (5, 0, 2, 1200)
    assert (mention.url, mention.language, mention.rating, mention.outlet) == ("https://e.org/7", "fa", 0.8, "Google Play")


@pytest.mark.parametrize("kind", FORMATS)
def test_what_a_row_does_not_say_stays_unknown(kind: str) -> None:
    (mention,) = FORMATS[kind].parse(WRITERS[kind]([{"text": "متن", "published_at": "2026-11-20"}]), now=NOW)
    assert mention.kind == kind and mention.author is None and mention.engagement is None and mention.rating is None
    assert mention.url is None and mention.language is None and mention.outlet is None and mention.title is None


@pytest.mark.parametrize("written, instant, precision", [
    ("2026-11-20T10:00:00Z", datetime(2026, 11, 20, 10, tzinfo=UTC), Precision.SECOND),
    ("2026-11-20T10:00:00", datetime(2026, 11, 20, 6, 30, tzinfo=UTC), Precision.SECOND),
    ("2026-11-20 10:00", datetime(2026, 11, 20, 6, 30, tzinfo=UTC), Precision.MINUTE),
    ("1405/08/29", datetime(2026, 11, 20, 8, 30, tzinfo=UTC), Precision.DAY),
    ("۱۴۰۵-۰۸-۲۹ ۱۴:۳۰", datetime(2026, 11, 20, 11, 0, tzinfo=UTC), Precision.MINUTE),
    ("۲۹ آبان ۱۴۰۵", datetime(2026, 11, 20, 8, 30, tzinfo=UTC), Precision.DAY),
    ("1795168800", datetime(2026, 11, 20, 10, 0, tzinfo=UTC), Precision.SECOND),
    ("1405/09/01", datetime(2026, 11, 22, 8, 30, tzinfo=UTC), Precision.DAY),
    ("2027-01-01", NOW, Precision.ESTIMATED)],
    ids=["zone", "local", "minute", "Jalali day", "Jalali minute", "month by name", "epoch", "today", "the future"])
def test_dates_keep_their_precision(written: str, instant: datetime, precision: Precision) -> None:
    (mention,) = jsonl.parse(as_jsonl([{"text": "a", "published_at": written}]), now=NOW)
    assert (mention.published_at, mention.precision) == (instant, precision)


def test_a_local_day_that_is_not_over_stands_at_no_later_than_now() -> None:
    morning = datetime(2026, 11, 22, 5, tzinfo=UTC)
    (mention,) = jsonl.parse(as_jsonl([{"text": "a", "published_at": "1405/09/01"}]), now=morning)
    assert (mention.published_at, mention.precision) == (morning, Precision.DAY)


def test_nested_fields_are_reached_by_steps_and_a_key_with_dots_goes_first(tmp_path: Path) -> None:
    path = put(
        tmp_path / "a.jsonl",
        as_jsonl([{"text": "a", "meta": {"created": "2026-11-20", "vendors": [{"name": "ونک"}]}, "x.y": "https://e.org/"}]),
    )
    rows, problems, _ = read(path, map={"published_at": "meta.created", "url": "x.y"}, brand_from="meta.vendors.0.name")
    ((brand, mention),) = rows
    assert (brand, mention.url, mention.precision, problems) == ("ونک", "https://e.org/", Precision.DAY, [])


def test_a_mapped_name_that_no_row_holds_is_told(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", as_jsonl([{"text": "a", "meta": {"created": "2026-11-20"}}] * 3))
    rows, problems, chunks = read(path, map={"published_at": "meta.creatd"})
    assert len(rows) == 3 and sum(chunk.undated for chunk in chunks) == 3
    assert problems == [Problem(0, "no row holds 'meta.creatd', mapped to published_at; check its spelling", kept=True)]


def test_rows_without_a_time_stand_at_the_files_own(tmp_path: Path) -> None:
    ((_, mention),), _, _ = read(put(tmp_path / "a.jsonl", b'{"text":"a"}'))
    assert (mention.published_at, mention.precision) == (NOW - timedelta(hours=1), Precision.ESTIMATED)


def test_ids_are_made_of_the_content_and_stay_the_same() -> None:
    rows = [{"text": "عالی", "author": "a"}, {"text": "عالی", "author": "b"}, {"text": "عالی", "author": "a"}]
    first, second, third = (mention.id for mention in jsonl.parse(as_jsonl(rows), now=NOW))
    assert first == third != second and first.startswith("sha256:")
    assert [first] == [one.id for one in jsonl.parse(b'{"author": "a",   "text": "\\u0639\\u0627\\u0644\\u06cc"}', now=NOW)]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_row_without_an_id_is_the_same_when_it_is_exported_again_with_other_counts(kind: str) -> None:
    row = {name: value for name, value in FULL.items() if name != "id"}
    later = row | {"likes": 900, "shares": 1, "comments": 3, "views": 5000, "followers": 400, "rating": 3, "language": "fa"}
    first, second = FORMATS[kind].parse(WRITERS[kind]([row, later]), now=NOW)
    assert first.id == second.id == FORMATS["jsonl" if kind == "csv" else "csv"].parse(
        WRITERS["jsonl" if kind == "csv" else "csv"]([row]), now=NOW)[0].id


@pytest.mark.parametrize("field", ["text", "title", "author", "published_at", "url", "source"])
def test_rows_without_an_id_are_told_apart_by_what_they_say_who_said_it_when_and_where(field: str) -> None:
    row = {name: value for name, value in FULL.items() if name != "id"}
    other = row | {field: "2026-11-21T10:00:00+03:30" if field == "published_at" else "https://e.org/8"}
    first, second = jsonl.parse(as_jsonl([row, other]), now=NOW)
    assert first.id != second.id


def test_equal_rows_of_one_file_are_repeated_and_not_about_no_brand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("goosh.toml").write_text('language = "en"\n[[brands]]\nname = "اسنپ"\n', encoding="utf-8")
    rows = [{"text": "اسنپ نیامد"}] * 3 + [{"text": "هوا خوب است"}] * 2
    Path("posts.jsonl").write_bytes(as_jsonl(rows))
    said = goosh("import", "posts.jsonl")
    assert "5 rows read: 1 new, 0 changed, 1 about no brand, 0 bad" in said.out
    assert "3 rows repeated another and were counted once" in said.out
    counted = goosh("import", "posts.jsonl", "--json").json
    assert (counted["rows"], counted["new"], counted["repeated"], counted["no_brand"]) == (5, 0, 3, 1)


def test_a_row_keeps_its_key_whatever_file_it_came_in() -> None:
    keys = {FORMATS[kind].parse(WRITERS[kind]([FULL]), now=NOW)[0].key for kind in FORMATS}
    assert keys == {("google_play", "7")}


@pytest.mark.parametrize(
    "value, top, share",
    [
        (5, 5, 1.0),
        (4, 5, 0.8),
        ("۳", 5, 0.6),
        ("4/5", 10, 0.8),
        ("80%", 5, 0.8),
        ("۸ از ۱۰", 5, 0.8),
        (7, 10, 0.7),
        (0.9, 1, 0.9),
        (6, 5, None),
        ("good", 5, None),
        (-1, 5, None),
        ("3/0", 5, None),
    ],
)
def test_a_rating_is_a_share_of_its_scale(value: object, top: float, share: float | None, tmp_path: Path) -> None:
    ((_, mention),), problems, _ = read(put(tmp_path / "a.jsonl", as_jsonl([{"text": "a", "rating": value}])), rating_top=top)
    assert mention.rating == share and [problem.kept for problem in problems] == ([] if share is not None else [True])


@pytest.mark.parametrize("field", ["id", "author"])
@pytest.mark.parametrize("written", ["NaN", "Infinity", "-Infinity", "1e999", "null", "true", '"nan"',
                                      '"NULL"', '" None "', '"n/a"', '"N/A"'])
def test_no_id_and_no_author_is_made_of_what_stands_for_nothing(field: str, written: str) -> None:
    payload = "".join(f'{{"text": "{text}", "{field}": {written}}}\n' for text in "ab").encode()
    first, second = jsonl.parse(payload, now=NOW)
    assert first.id != second.id and first.id.startswith("sha256:") and first.author is None
    if written.startswith('"'):
        first, second = csv.parse(f"text,{field}\na,{written}\nb,{written}\n".encode(), now=NOW)
        assert first.id != second.id and first.author is None


def test_followers_without_a_name_are_not_lost() -> None:
    first, second = jsonl.parse(
        as_jsonl([{"id": 1, "text": "a", "followers": 900}, {"id": 2, "text": "b", "followers": 800}]), now=NOW
    )
    assert (
        first.author
        and second.author
        and (first.author.followers, second.author.followers) == (900, 800)
        and first.author.id != second.author.id
    )


# ---- bad rows

BAD = [
    (b'{"text": "a"', "no JSON: expecting"),
    (b"[1, 2]", "JSON, but not an object"),
    (b'"text"', "JSON, but not an object"),
    (b'{"id": 1}', "no text and no title"),
    (b'{"text": ""}', "no text and no title"),
    (b'{"text": {"a": 1}}', "text is an object, not a text"),
    (b'{"text": "a", "published_at": "soon"}', "published_at 'soon' is not a time"),
    (b'{"text": "a", "published_at": "05/06/2026"}', "could be exchanged"),
    (b'{"text": "a", "published_at": [1]}', "published_at '[1]' is not a time"),
    (b'{"text": "\xff\xfe"}', "not valid utf-8"),
    (b"[" * 100_000, "nested too deeply"),
    (b'{"n": ' + b"9" * 5000 + b"}", "a number is too long"),
    (b'{"text": "' + b"a" * (9 * 2**20) + b'"}', "longer than 8 MiB"),
]


@pytest.mark.parametrize("line, said", BAD, ids=[said for _, said in BAD])
def test_a_bad_row_is_named_by_its_line_and_good_rows_around_it_are_kept(tmp_path: Path, line: bytes, said: str) -> None:
    path = put(tmp_path / "a.jsonl", b'{"id": "1", "text": "before"}\n\n' + line + b'\n{"id": "2", "text": "after"}')
    rows, problems, _ = read(path)
    assert [mention.text for _, mention in rows] == ["before", "after"]
    ((problem),) = problems
    assert problem.line == 3 and said in problem.reason and not problem.kept


@pytest.mark.parametrize("field", ["likes", "shares", "comments", "views", "followers"])
@pytest.mark.parametrize("value", ["many", -3, [1], 1e400, True])
def test_a_count_that_is_none_is_unknown_and_the_row_is_kept(tmp_path: Path, field: str, value: object) -> None:
    rows, problems, _ = read(put(tmp_path / "a.jsonl", as_jsonl([{"text": "a", "author": "x", field: value}])))
    assert len(rows) == 1 and len(problems) == 1 and problems[0].kept and problems[0].reason.startswith(f"{field} ")


@pytest.mark.parametrize(
    "value, count",
    [("1,204", 1204), ("۱٬۲۰۴", 1204), ("1.2K", 1200), ("۱۲ هزار", 12_000), ("3.5M", 3_500_000), (12.0, 12), ("0", 0)],
)
def test_counts_are_read_as_people_write_them(value: object, count: int) -> None:
    (mention,) = jsonl.parse(as_jsonl([{"text": "a", "likes": value}]), now=NOW)
    assert mention.engagement and mention.engagement.likes == count


def test_hostile_values_come_through_as_text_that_can_be_stored() -> None:
    rows = [
        {"id": "a\0b", "text": "x\0y \ud800 z", "author": "\ud800", "url": "javascript:alert(1)", "title": "t\0"},
        {"id": {"a": 1}, "text": "b" * 2_000_000},
    ]
    payload = "".join(json.dumps(row) + "\n" for row in rows).encode()
    first, second = jsonl.parse(payload, now=NOW)
    assert (first.id, first.text, first.url, first.title) == ("ab", "xy \ufffd z", None, "t")
    assert len(second.text) == 1_000_000 and second.id.startswith("sha256:")
    json.dumps([first.text, first.author and first.author.name], ensure_ascii=False).encode()


def test_a_json_array_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(CollectError, match="jq -c"):
        read(put(tmp_path / "a.json", b'[{"text": "a"}]'))


@pytest.mark.parametrize("payload", [b"", b"\n\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("kind", FORMATS)
def test_an_empty_file_is_no_rows(tmp_path: Path, kind: str, payload: bytes) -> None:
    rows, problems, _ = read(put(tmp_path / "a", payload), kind)
    assert rows == [] and problems == []


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CollectError, match="nothing.jsonl: no such file; check the path"):
        read(tmp_path / "nothing.jsonl")


@pytest.mark.parametrize(
    "mapped, said",
    [({"published": "x"}, "unknown field 'published'; known: id, text, published_at"), ({"id": " "}, "mapped to nothing")],
)
def test_a_slip_in_the_map_is_told(mapped: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Shape(map=mapped)


# ---- encodings and dialects


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1256"])
@pytest.mark.parametrize("kind", FORMATS)
def test_every_encoding_in_use_is_read(tmp_path: Path, kind: str, encoding: str) -> None:
    text = "اين گوشي را ديروز گرفتم و امروز خراب شد، پشتيباني هم جواب نمي دهد"
    rows = [{"id": str(n), "text": f"{text} {n}"} for n in range(300)]
    payload = WRITERS[kind](rows).decode().encode(encoding)
    read_rows, problems, _ = read(put(tmp_path / "a", payload), kind)
    assert problems == [] and [(m.id, m.text) for _, m in read_rows] == [(row["id"], row["text"]) for row in rows]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_and_the_line_break_are_found_out(tmp_path: Path, delimiter: str, newline: str) -> None:
    payload = as_csv(
        [{"id": "1", "text": "a, b; c", "likes": 3}, {"id": "2", "text": 'he said "no"', "likes": 4}], delimiter
    ).replace(b"\n", newline.encode())
    rows, problems, _ = read(put(tmp_path / "a.csv", payload), "csv")
    assert problems == [] and [m.text for _, m in rows] == ["a, b; c", 'he said "no"']


def test_what_excel_writes_for_itself_is_skipped(tmp_path: Path) -> None:
    rows, _, _ = read(put(tmp_path / "a.csv", "\ufeffsep=;\r\nID ; Text;Likes\r\n1;سلام;3\r\n".encode()), "csv")
    assert [(m.id, m.text, m.engagement and m.engagement.likes) for _, m in rows] == [("1", "سلام", 3)]


def test_cells_may_hold_line_breaks_and_quotes(tmp_path: Path) -> None:
    rows, problems, _ = read(put(tmp_path / "a.csv", b'id,text\n1,"two\nlines, and ""quotes"""\n2,after\n'), "csv")
    assert problems == [] and [m.text for _, m in rows] == ['two\nlines, and "quotes"', "after"]


def test_a_quote_that_never_closes_costs_one_row(tmp_path: Path) -> None:
    lines = [f"{n},row {n}\n" for n in range(3000)]
    lines[5] = '5,"row 5\n'
    rows, problems, _ = read(put(tmp_path / "a.csv", ("id,text\n" + "".join(lines)).encode()), "csv")
    assert len(rows) == 2999 and [(p.line, p.reason) for p in problems] == [(7, "a quote is never closed")]


def test_a_row_with_too_many_or_too_few_cells_is_skipped(tmp_path: Path) -> None:
    rows, problems, _ = read(put(tmp_path / "a.csv", b"id,text,likes\n1,a,1\n2,b,c,2\n3,d\n4,e,4,,\n"), "csv")
    assert [m.id for _, m in rows] == ["1", "4"] and [p.line for p in problems] == [3, 4]
    assert problems[0].reason.startswith("4 cells where the header has 3")


def test_a_table_without_a_column_for_the_text_says_which_it_has(tmp_path: Path) -> None:
    with pytest.raises(
        CollectError, match="no column named 'text'; the first row has 'id', 'شرح'; map one of them: --map text=NAME"
    ):
        read(put(tmp_path / "a.csv", "id,شرح\n1,سلام\n".encode()), "csv")
    rows, _, _ = read(tmp_path / "a.csv", "csv", map={"text": "شرح"})
    assert [m.text for _, m in rows] == ["سلام"]


def test_a_first_row_with_a_quote_that_never_closes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CollectError, match="the first row"):
        read(put(tmp_path / "a.csv", b'id,"text\n1,a\n2,b\n'), "csv")


# ---- size


def test_chunks_are_bounded_and_progress_is_told(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", as_jsonl([{"id": n, "text": "متن"} for n in range(ROWS * 2 + 5)]))
    told: list[tuple[int, int]] = []
    chunks = list(
        import_file(path, jsonl.records, "jsonl", Shape(), now=NOW, progress=lambda read, total: told.append((read, total)))
    )
    assert [len(chunk.rows) for chunk in chunks] == [ROWS, ROWS, 5]
    assert told[-1] == (path.stat().st_size,) * 2 and told == sorted(told)


@pytest.mark.parametrize("kind", FORMATS)
def test_memory_stays_bounded_whatever_the_size(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    rows = WRITERS[kind]([{"id": n, "text": "متن " * 50} for n in range(500)])
    header, _, body = rows.partition(b"\n") if kind == "csv" else (b"", b"", rows)
    with path.open("wb") as out:
        out.write(header + b"\n" if header else b"")
        for _ in range(8):
            out.write(body)
        out.write(b'{"text": "' + b"a" * 15_000_000)  # one line of 15 MB at the end
    tracemalloc.start()
    count = sum(len(chunk.rows) for chunk in import_file(path, FORMATS[kind].records, kind, Shape(), now=NOW))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 4000 and peak < 24 * 2**20


def test_real_dated_reviews_come_in_whole() -> None:
    path = shared("data/sentiment/dev/snappfood_rated.dev.jsonl")
    rows, problems, _ = read(
        path, map={"published_at": "meta.created", "rating": "meta.orig"}, rating_top=10, brand_from="meta.vendor"
    )
    assert len(rows) == 655 == len({mention.key for _, mention in rows}) and all(brand for brand, _ in rows)
    assert [problem.reason.partition(";")[0] for problem in problems] == ["not read: 'label'"]
    assert {mention.published_at.year for _, mention in rows} == {2022} and all(
        0 <= (mention.rating or 0) <= 1 for _, mention in rows
    )
    path = shared("data/sentiment/train/bank_apps.train.jsonl")
    rows, problems, _ = read(path, map={"published_at": "meta.created", "likes": "meta.likes"}, brand_from="meta.brand")
    assert len(rows) == 889 and len(problems) == 1 and {mention.precision for _, mention in rows} == {Precision.DAY}


# ---- columns that are called otherwise


def told(path: Path, kind: str = "csv", **options: Any) -> tuple[list[Mention], str | None]:
    mentions, _, batch = poll(watched(kind, path, **options), None)
    assert batch.state is CoverageState.OK
    return mentions, batch.reason


@pytest.mark.parametrize("header, row", [
    ("text,date,rating,author", "سفارش نرسید,2026-11-20 14:30,4,سارا"),
    ("Body;Created At;Stars;User", "سفارش نرسید;2026-11-20 14:30;4;سارا"),
    ("message,timestamp,rate,userName", "سفارش نرسید,2026-11-20T14:30,4/5,سارا"),
    ("متن,تاریخ,امتیاز,نویسنده", "سفارش نرسید,۱۴۰۵/۰۸/۲۹ ۱۴:۳۰,۴,سارا"),
    ("ديدگاه,تاريخ ثبت,نمره,نام كاربر", "سفارش نرسید,۱۴۰۵/۰۸/۲۹ ۱۴:۳۰,۴,سارا"),
    ("نظر\tتاریخ‌ انتشار\tستاره\tکاربر", "سفارش نرسید\t1405-08-29 14:30\t4\tسارا"),
    ("متن نظر,تاریخ,ساعت,امتیاز,مشتری", "سفارش نرسید,۲۹ آبان ۱۴۰۵,۱۴:۳۰,۴,سارا"),
    ("text,date,time,rating,author", "سفارش نرسید,2026-11-20T00:00:00,14:30,4,سارا")])
def test_obvious_names_of_columns_are_known_in_both_languages(tmp_path: Path, header: str, row: str) -> None:
    path = put(tmp_path / "a.csv", f"{header}\n{row}\n".encode())
    (mention,), reason = told(path)
    assert (mention.text, mention.rating, reason) == ("سفارش نرسید", 0.8, None)
    assert mention.author and mention.author.name == "سارا"
    assert (mention.published_at, mention.precision) == (datetime(2026, 11, 20, 11, tzinfo=UTC), Precision.MINUTE)
    ((_, imported),), problems, _ = read(path, "csv")
    assert problems == [] and imported == mention


def test_rows_of_json_know_the_same_names_each_for_itself() -> None:
    rows = [{"متن": "a", "تاریخ": "2026-11-20", "لینک": "https://e.org/1"}, {"content": "b", "createdAt": "2026-11-20T10:00:00Z"},
            {"text": "c", "published_at": None, "date": "2026-11-20"}, {"TEXT": "d", "user": {"name": "x"}}]
    assert [(m.text, m.precision) for m in jsonl.parse(as_jsonl(rows), now=NOW)] == [
        ("a", Precision.DAY), ("b", Precision.SECOND), ("c", Precision.ESTIMATED), ("d", Precision.ESTIMATED)]


@pytest.mark.parametrize("written", ["2026-11-20", "1405/08/29", "۲۹ آبان ۱۴۰۵"])
@pytest.mark.parametrize("header", ["text,date", "متن,تاریخ", "text,date,time"])
def test_a_day_without_an_hour_stays_a_day(tmp_path: Path, written: str, header: str) -> None:
    empty = "," * (header.count(",") - 1)
    (mention,), reason = told(put(tmp_path / "a.csv", f"{header}\na,{written}{empty}\n".encode()))
    assert (mention.published_at.date().isoformat(), mention.precision, reason) == ("2026-11-20", Precision.DAY, None)


def test_names_that_could_be_either_are_neither_and_are_told(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", b"text,created,published,score\na,2026-11-20,2026-11-21,5\n")
    (mention,), reason = told(path)
    assert mention.precision is Precision.ESTIMATED and mention.rating is None and reason
    assert "no column of times is known (it could be 'created' or 'published'; say which it is: map = { published_at" in reason
    assert "published_at could be 'created' or 'published', and so is neither" in reason and "not read: 'score'" in reason
    (mention,), reason = told(path, map={"published_at": "published", "rating": "score"})
    assert (mention.precision, mention.rating) == (Precision.DAY, 1.0) and reason == (
        "a.csv: not read: 'created'; where one is a field, say so: map = { FIELD = \"created\" }")


def test_two_columns_that_could_be_the_text_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CollectError, match="the text could be in 'message' or 'comment'; map one of them"):
        told(put(tmp_path / "a.csv", b"message,comment\na,b\n"))


def test_an_hour_alone_is_no_time_and_a_field_of_its_own_name_goes_first(tmp_path: Path) -> None:
    (mention,), reason = told(put(tmp_path / "a.csv", "text,comment,ساعت\na,b,14:30\n".encode()))
    assert (mention.text, mention.precision) == ("a", Precision.ESTIMATED) and "not read: 'comment', 'ساعت'" in (reason or "")


def test_rows_without_any_time_are_told_whenever_some_come_and_strange_columns_once(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", b"text,shop\na,x\n")
    _, cursor, first = poll(watched("csv", path), None)
    append(path, b"b,y\n")
    _, cursor, second = poll(watched("csv", path), cursor)
    none = "a.csv: no column of times is known (there are 'text', 'shop'; say which it is: map = { published_at = \"NAME\" }); rows are dated now, as estimates"
    assert first.reason == none + "; a.csv: not read: 'shop'; where one is a field, say so: map = { FIELD = \"shop\" }"
    assert second.reason == none and poll(watched("csv", path), cursor)[2].reason is None


def test_a_watched_file_tells_what_of_its_rows_was_not_taken(tmp_path: Path) -> None:
    mentions, reason = told(put(tmp_path / "a.csv", "متن,تاریخ,امتیاز\na,2027-11-20,4\nb,2026-11-20,9\n".encode()))
    assert [(m.published_at, m.precision, m.rating) for m in mentions] == [
        (NOW, Precision.ESTIMATED, 0.8), (datetime(2026, 11, 20, 8, 30, tzinfo=UTC), Precision.DAY, None)]
    assert reason == "a.csv: 2 fields not read: line 2: تاریخ '2027-11-20' lies in the future; taken for now, as an estimate"


def test_the_map_of_a_source_names_columns_and_is_told_when_it_names_none(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", "شرح,روز\nسلام,1405/08/29\n".encode())
    (mention,), reason = told(path, map={"text": "شرح", "published_at": "روز"})
    assert (mention.text, mention.precision, reason) == ("سلام", Precision.DAY, None)
    assert "no row holds 'روزها', mapped to published_at" in (told(path, map={"text": "شرح", "published_at": "روزها"})[1] or "")


# ---- watched


def watched(kind: str, path: Path, **options: Any) -> Any:
    return COLLECTORS.load(kind)("inbox", COLLECTORS.options(kind)(path=str(path), **options), None, now=lambda: NOW)


def append(path: Path, payload: bytes) -> None:
    with path.open("ab") as out:
        out.write(payload)
    os.utime(path, ((NOW - timedelta(minutes=1)).timestamp(),) * 2)


@pytest.mark.parametrize("kind", FORMATS)
def test_only_rows_that_were_added_are_given(tmp_path: Path, kind: str) -> None:
    path = put(tmp_path / "a", WRITERS[kind]([{"id": "1", "text": "a"}]))
    first, cursor, _ = poll(watched(kind, path), None)
    again, cursor, _ = poll(watched(kind, path), cursor)
    append(
        path, WRITERS[kind]([{"id": "2", "text": "b"}]).split(b"\n", 1)[1] if kind == "csv" else b'{"id": "2", "text": "b"}\n'
    )
    second, cursor, _ = poll(watched(kind, path), cursor)
    assert [[m.id for m in some] for some in (first, again, second)] == [["1"], [], ["2"]]


def test_a_line_that_is_still_being_written_waits_for_its_end(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", b"id,text\n1,whole\n2,hal")
    os.utime(path, (NOW.timestamp(),) * 2)
    first, cursor, _ = poll(watched("csv", path), None)
    append(path, b"f no more\n")
    second, _, _ = poll(watched("csv", path), cursor)
    assert [m.text for m in first] == ["whole"] and [m.text for m in second] == ["half no more"]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_last_line_without_its_end_is_read_once_nobody_writes(tmp_path: Path, kind: str) -> None:
    path = put(tmp_path / "a", WRITERS[kind]([{"id": "1", "text": "a"}]).rstrip(b"\n"))
    first, cursor, _ = poll(watched(kind, path), None)
    assert [m.id for m in first] == ["1"] and poll(watched(kind, path), cursor)[0] == []


HALVES = [
    ("jsonl", b'{"id": "1", "text": "a"}\n', b'{"id": "2", "te', b'xt": "b"}\n'),
    ("jsonl", b'{"id": "1", "text": "a"}\n', b'{"id": "2", "text": "\xd8', b'\xa8"}\n'),
    ("csv", b"id,text\n1,a\n", b"2", b",b\n"),
    ("csv", b"id,text\n1,a\n", b'2,"b', b'"\n'),
    ("csv", b"id,text\n1,a\n", b'2,"b\nand', b' more"\n'),
    ("csv", b"id,text,published_at\n1,a,2026-11-20\n", b"2,b,2026-1", b"1-20\n"),
]


@pytest.mark.parametrize("kind, before, half, rest", HALVES,
                         ids=["object", "character", "cell", "quote", "quoted line break", "time"])
def test_half_a_row_is_never_passed_over_however_long_its_writer_sleeps(
    tmp_path: Path, kind: str, before: bytes, half: bytes, rest: bytes
) -> None:
    path = put(tmp_path / "a", before + half)
    first, cursor, batch = poll(watched(kind, path), None)
    again, cursor, still = poll(watched(kind, path), cursor)
    append(path, rest)
    second, _, after = poll(watched(kind, path), cursor)
    assert [[m.id for m in some] for some in (first, again, second)] == [["1"], [], ["2"]]
    assert not any("bad rows" in (one.reason or "") for one in (batch, still, after))


@pytest.mark.parametrize("kind, before, half", [
    ("jsonl", b'{"id": "1", "text": "a"}\n', b'{"id": "2", "te'), ("csv", b"id,text\n1,a\n", b'2,"b')], ids=FORMATS)
def test_half_a_row_is_bad_once_its_line_has_an_end(tmp_path: Path, kind: str, before: bytes, half: bytes) -> None:
    path = put(tmp_path / "a", before + half)
    _, cursor, _ = poll(watched(kind, path), None)
    append(path, b"\n")
    _, cursor, batch = poll(watched(kind, path), cursor)
    assert batch.reason and batch.reason.startswith("1 bad row: a line ")
    assert poll(watched(kind, path), cursor)[2].reason is None


def test_a_last_line_written_tomorrow_waits_until_a_later_poll_finds_the_same(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", b"id,text\n1,whole\n2,hal")
    os.utime(path, ((NOW + timedelta(days=1)).timestamp(),) * 2)
    clock = NOW
    collector = COLLECTORS.load("csv")("inbox", COLLECTORS.options("csv")(path=str(path)), None, now=lambda: clock)
    told, cursor = [], None
    for seconds in (0, 3, 3):
        clock += timedelta(seconds=seconds)
        mentions, cursor, _ = poll(collector, cursor)
        told.append([m.text for m in mentions])
    assert told == [["whole"], [], ["hal"]]


def test_a_rotated_file_is_followed_and_its_successor_read_from_the_start(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", as_jsonl([{"id": "1", "text": "a"}]))
    _, cursor, _ = poll(watched("jsonl", tmp_path, pattern="a.jsonl*"), None)
    append(path, b'{"id": "2", "text": "late"}\n')
    path.rename(tmp_path / "a.jsonl.1")
    put(path, as_jsonl([{"id": "3", "text": "c"}]))
    mentions, _, _ = poll(watched("jsonl", tmp_path, pattern="a.jsonl*"), cursor)
    assert sorted(m.id for m in mentions) == ["2", "3"]


@pytest.mark.parametrize(
    "replacement",
    [b'{"id": "9", "text": "z"}\n', b'{"id": "9", "text": "another beginning"}\n{"id": "8", "text": "z"}\n'],
    ids=["shorter", "longer"],
)
def test_a_file_that_was_replaced_is_read_from_its_start(tmp_path: Path, replacement: bytes) -> None:
    path = put(tmp_path / "a.jsonl", as_jsonl([{"id": "1", "text": "some text"}]))
    _, cursor, _ = poll(watched("jsonl", path), None)
    with path.open("r+b") as out:  # the same file number
        out.write(replacement)
        out.truncate()
    mentions, _, _ = poll(watched("jsonl", path), cursor)
    assert "9" in [m.id for m in mentions]


def test_a_folder_is_read_file_by_file_in_bounded_batches(tmp_path: Path) -> None:
    for name in "ab":
        put(tmp_path / f"{name}.jsonl", as_jsonl([{"id": f"{name}{n}", "text": "متن"} for n in range(1500)]))
    put(tmp_path / "notes.txt", b"not ours")
    collector, cursor, sizes = watched("jsonl", tmp_path), None, []
    for _ in range(5):
        batch = collector.collect(cursor)
        cursor = batch.cursor
        sizes.append(len(batch.mentions))
        if batch.complete:
            break
    assert sizes == [2000, 1000]


def test_bad_rows_of_a_watched_file_are_counted_and_named(tmp_path: Path) -> None:
    path = put(tmp_path / "a.jsonl", b'{"text": "a"}\nnonsense\n{"id": 1}\n{"text": "b"}\n')
    mentions, _, batch = poll(watched("jsonl", path), None)
    assert (
        len(mentions) == 2
        and batch.reason
        and batch.reason.startswith("2 bad rows: a.jsonl line 2: no JSON")
        and "line 3: no text" in batch.reason
    )


def test_a_missing_file_is_an_error_and_an_empty_folder_is_not(tmp_path: Path) -> None:
    with pytest.raises(CollectError, match="jsonl 'inbox': .*no such file"):
        watched("jsonl", tmp_path / "none.jsonl").collect(None)
    assert watched("jsonl", tmp_path).collect(None).mentions == ()


def test_a_folder_that_may_not_be_read_is_no_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object = ".") -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)  # root, who may run this, may read everything
    with pytest.raises(CollectError, match="jsonl 'inbox': .*no permission to read it"):
        watched("jsonl", tmp_path).collect(None)


def test_utf_16_files_may_be_watched_too(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", "id,text\n1,سلام\n".encode("utf-16"))
    first, cursor, _ = poll(watched("csv", path), None)
    append(path, "2,خداحافظ\n".encode("utf-16-le"))
    second, _, _ = poll(watched("csv", path), cursor)
    assert [m.text for m in first + second] == ["سلام", "خداحافظ"]
