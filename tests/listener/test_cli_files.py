"""``goosh import`` and ``goosh parse`` as a person meets them: the whole command line, a real database."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from listener.client import Client
from listener.collectors import COLLECTORS
from listener.errors import CollectError
from listener.storage import open_store
from tests.listener.collectors.hosts import HOSTS, poll
from tests.listener.terminal import a_process, goosh

FEED = ('<rss version="2.0"><channel><item><guid>https://e.org/1</guid><title>عنوان</title><link>https://e.org/1</link>'
        "<pubDate>Fri, 20 Nov 2026 08:30:00 GMT</pubDate></item></channel></rss>")
PAYLOADS = {
    "rss": FEED,
    "mastodon": '[{"id":"1","uri":"https://s.example/1","content":"<p>متن</p>","account":{"acct":"sara"},"visibility":"public"}]',
    "telegram": '<section class="tgme_channel_history"><div class="tgme_widget_message" data-post="chan/5">'
                '<div class="tgme_widget_message_text js-message_text">متن</div></div></section>',
    "jsonl": '{"text": "متن", "published_at": "1405/08/29"}\n',
    "csv": "text,published_at\nمتن,1405/08/29\n",
    "inbox": '{"text": "متن", "published_at": "1405/08/29"}',
}


@pytest.fixture(autouse=True)
def a_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    yield


def configure(*brands: str) -> None:
    Path("goosh.toml").write_text(
        'language = "en"\n' + "".join(f'[[brands]]\nname = "{name}"\n' for name in brands), encoding="utf-8"
    )


def stored(brand: str) -> list[tuple[str, str]]:
    with closing(open_store(f"sqlite:///{Path('home/goosh.sqlite').absolute()}")) as store:
        return sorted((one.mention.id, one.mention.text) for one in store.mentions(brand=brand, limit=1000).items)


# ---- parse


@pytest.mark.parametrize("kind", PAYLOADS)
def test_parse_prints_one_object_a_line(kind: str) -> None:
    Path("payload").write_text(PAYLOADS[kind], encoding="utf-8")
    said = goosh("parse", kind, "payload", "--json")
    (line,) = said.out.splitlines()
    mention = json.loads(line)
    assert said.code == 0 and {"id", "url", "title", "text", "author", "published_at"} <= mention.keys()
    assert "متن" in mention["text"] or mention["title"] == "عنوان"


@pytest.mark.parametrize("kind", sorted(set(COLLECTORS.kinds) - set(PAYLOADS)))
def test_parse_reads_what_the_servers_of_every_other_kind_send(kind: str, httpserver: HTTPServer) -> None:
    with Client(allow_networks=["127.0.0.0/8"]) as client:
        host = next(made for made in HOSTS.values() if made.kind == kind)(httpserver, client)
        host.post("متن")
        with suppress(CollectError):
            poll(host.collector(), None)
    more = {"discourse": ("--with", "forum=https://forum.example"), "stackexchange": ("--with", "site=stackoverflow")}.get(kind, ())
    found = []
    for _, response in httpserver.log:
        body = response.get_data()
        Path("payload").write_bytes(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body)
        said = goosh("parse", kind, "payload", "--json", *more)
        found += [json.loads(line) for line in said.out.splitlines()] if said.code == 0 else []
    assert any("متن" in (mention["text"] or "") + (mention["title"] or "") for mention in found)


def test_what_a_payload_does_not_say_is_asked_for() -> None:
    Path("payload").write_text('{"items": []}')
    said = goosh("parse", "stackexchange", "payload")
    assert said.code == 2 and "add --with site=…" in said.err
    assert "unknown name 'sit'; known for this kind: site" in goosh("parse", "stackexchange", "payload", "--with", "sit=x").err


def test_parse_needs_no_configuration_and_reads_standard_input() -> None:
    said = goosh("parse", "rss", "-", "--json", answers=FEED)
    assert said.json["id"] == "https://e.org/1"
    assert goosh("parse", "jsonl", "-", answers=PAYLOADS["jsonl"]).json["precision"] == "day"


def test_parse_names_what_is_wrong_with_a_payload_and_leaves_with_1() -> None:
    Path("page.html").write_text("<!DOCTYPE html><title>Sign in</title><input type=password>")
    said = goosh("parse", "rss", "page.html")
    assert said.code == 1 and said.out == "" and "goosh: page.html: the answer is a login page" in said.err


def test_parse_names_bad_rows_by_line_and_prints_the_good_ones() -> None:
    Path("a.jsonl").write_text('{"text": "a"}\nnonsense\n{"text": "b"}\n')
    said = goosh("parse", "jsonl", "a.jsonl")
    assert said.code == 0 and len(said.out.splitlines()) == 2 and "a.jsonl line 2: no JSON" in said.err


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("rsss", "a"), f"unknown collector 'rsss'; known: {', '.join(COLLECTORS.kinds)}"),
        (("rss", "none.xml"), "no such file 'none.xml'"),
        (("jsonl", "a", "--map", "published_at"), "'published_at' is not FIELD=PATH"),
        (("jsonl", "a", "--map", "when=x"), "unknown field 'when'"),
        (("jsonl", "a", "--timezone", "Mars"), "unknown time zone 'Mars'"),
    ],
)
def test_a_slip_on_the_command_line_is_told_and_leaves_with_2(arguments: tuple[str, ...], words: str) -> None:
    Path("a").write_text("{}")
    said = goosh("parse", *arguments)
    assert said.code == 2 and words in said.err


def test_a_pipe_that_is_closed_early_is_no_error() -> None:
    Path("a.jsonl").write_text('{"text": "a"}\n' * 3)
    assert a_process("parse", "jsonl", "a.jsonl").code == 0


# ---- import


def test_import_takes_every_row_as_about_the_brand_and_a_second_time_stores_nothing() -> None:
    configure("اسنپ")
    Path("reviews.csv").write_text("id,text,published_at\n1,دیر رسید,1405/08/29\n2,خوب بود,1405/08/28\n", encoding="utf-8")
    first, second = (
        goosh("import", "reviews.csv", "--brand", "اسنپ", "--json"),
        goosh("import", "reviews.csv", "--brand", "اسنپ", "--json"),
    )
    assert (first.code, first.json["rows"], first.json["new"], second.json["new"]) == (0, 2, 2, 0)
    assert stored("اسنپ") == [("1", "دیر رسید"), ("2", "خوب بود")]


@pytest.mark.parametrize("order", [("january", "february"), ("february", "january")], ids="-".join)
def test_rows_of_two_files_that_both_count_from_one_are_all_kept(order: tuple[str, str]) -> None:
    configure("اسنپ")
    Path("january.csv").write_text("id,text,author,date\n1,دیر رسید,آنا,2026-10-10\n2,خوب بود,بابک,2026-10-11\n", encoding="utf-8")
    Path("february.csv").write_text("id,text,author,date\n1,گران شد,دارا,2026-11-12\n2,سرد بود,بابک,2026-11-13\n", encoding="utf-8")
    said = [goosh("import", f"{name}.csv", "--brand", "اسنپ", "--json").json for name in (*order, *order)]
    assert [(one["new"], one["changed"], one["apart"]) for one in said] == [(2, 0, 0), (2, 0, 2), (0, 0, 0), (0, 0, 2)]
    assert {text for _, text in stored("اسنپ")} == {"دیر رسید", "خوب بود", "گران شد", "سرد بود"}


def test_a_column_of_products_is_no_id_and_loses_no_row() -> None:
    configure("اسنپ")
    Path("reviews.csv").write_text("id,text,author\n" + "".join(f"77,متن {n},کاربر {n}\n" for n in range(5)), encoding="utf-8")
    assert goosh("import", "reviews.csv", "--brand", "اسنپ", "--json").json["new"] == 5
    assert "4 rows bore the id of another post" in goosh("import", "reviews.csv", "--brand", "اسنپ").out and len(stored("اسنپ")) == 5


def test_a_later_export_of_the_same_posts_edits_them() -> None:
    configure("اسنپ")
    Path("reviews.csv").write_text("id,text,author,date\n1,دیر رسید,آنا,2026-10-10\n", encoding="utf-8")
    goosh("import", "reviews.csv", "--brand", "اسنپ")
    Path("reviews.csv").write_text("id,text,author,date\n1,دیر رسید و سرد بود,آنا,2026-10-10\n", encoding="utf-8")
    said = goosh("import", "reviews.csv", "--brand", "اسنپ", "--json").json
    assert (said["new"], said["changed"], said["apart"]) == (0, 1, 0) and stored("اسنپ") == [("1", "دیر رسید و سرد بود")]


def test_without_a_brand_the_queries_decide() -> None:
    configure("اسنپ")
    Path("posts.jsonl").write_text('{"id": 1, "text": "اسنپ نیامد"}\n{"id": 2, "text": "هوا خوب است"}\n', encoding="utf-8")
    said = goosh("import", "posts.jsonl", "--json")
    assert (said.json["rows"], said.json["new"], said.json["no_brand"]) == (2, 1, 1) and stored("اسنپ") == [("1", "اسنپ نیامد")]


def test_the_row_itself_may_name_its_brand() -> None:
    configure("اسنپ")
    rows = [{"id": n, "text": f"متن {n}", "meta": {"created": "2026-11-20", "vendor": "ab"[n % 2]}} for n in range(6)]
    Path("posts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    said = goosh("import", "posts.jsonl", "--map", "published_at=meta.created", "--brand-from", "meta.vendor", "--json")
    assert said.json["new"] == 6 and len(stored("a")) == len(stored("b")) == 3


def test_bad_rows_are_named_and_the_good_ones_stored() -> None:
    configure("اسنپ")
    Path("posts.jsonl").write_text(
        '{"id": 1, "text": "a"}\n{"id": 2}\n{"id": 3, "text": "c", "published_at": "soon"}\n'
        '{"id": 4, "text": "d", "likes": "x"}\n'
    )
    said = goosh("import", "posts.jsonl", "--brand", "اسنپ")
    assert said.code == 0 and [own_id for own_id, _ in stored("اسنپ")] == ["1", "4"]
    assert (
        "line 2: no text and no title; skipped" in said.err
        and "line 3: published_at 'soon'" in said.err
        and "line 4: likes 'x' is no count" in said.err
    )


def test_a_file_without_a_good_row_leaves_with_1() -> None:
    configure("اسنپ")
    Path("posts.jsonl").write_text("nonsense\n")
    assert goosh("import", "posts.jsonl", "--brand", "اسنپ").code == 1


def test_an_unknown_brand_is_refused_with_the_nearest_one() -> None:
    configure("دیجی‌کالا")
    Path("posts.jsonl").write_text('{"id": 1, "text": "a"}\n')
    said = goosh("import", "posts.jsonl", "--brand", "دیجیکلا")
    assert said.code == 2 and "unknown brand 'دیجیکلا'; known: دیجی‌کالا; did you mean 'دیجی‌کالا'?" in said.err
    assert goosh("import", "posts.jsonl", "--brand", "ديجي كالا").code == 0, "any spelling of the name is that brand"
    assert len(stored("دیجی‌کالا")) == 1


def test_without_any_configuration_a_named_brand_is_enough_and_nothing_at_all_is_not() -> None:
    Path("posts.jsonl").write_text('{"id": 1, "text": "a"}\n')
    assert goosh("import", "posts.jsonl", "--brand", "اسنپ").code == 0 and len(stored("اسنپ")) == 1
    said = goosh("import", "posts.jsonl")
    assert said.code == 2 and "goosh init" in said.err


def test_a_file_of_an_unknown_kind_is_told_and_may_be_named() -> None:
    configure("اسنپ")
    Path("posts.xlsx").write_text('{"id": 1, "text": "a"}\n')
    said = goosh("import", "posts.xlsx")
    assert said.code == 2 and "unknown kind of file '.xlsx'; known: jsonl, csv" in said.err
    assert goosh("import", "posts.xlsx", "--kind", "jsonl", "--brand", "اسنپ").code == 0
