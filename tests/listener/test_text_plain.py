"""Text from HTML, text for one line of a terminal, hashtags."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.text import hashtag_words, hashtags, html_to_text, printable

PAGES = {
    "entities are resolved": ("<p>قند &amp; شکر &lt;۳ &zwnj;&#1777;&#x06F2;</p>", "قند & شکر <۳ ‌۱۲"),
    "br and paragraphs break lines": ("سلام<br>دنیا<p>یک</p><p>دو</p>", "سلام\nدنیا\nیک\n\nدو"),
    "a link keeps its target": ('<a href="https://ex.ir/a?b=1&amp;c=2">گزارش</a> را ببینید',
    "گزارش (https://ex.ir/a?b=1&c=2) را ببینید"),
    "a link that shows its target stands once": ('<a href="https://ex.ir/a">https://ex.ir/a</a>', "https://ex.ir/a"),
    "a shortened target is written out": (
        '<a href="https://ex.ir/long/path"><span class="invisible">https://</span>ex.ir/long…</a>',
        "https://ex.ir/long/path"),
    "tags and names of people keep their text": (
        '<a href="https://m.s/tags/snapp">#<span>snapp</span></a> <a href="https://m.s/@ali">@<span>ali</span></a>',
        "#snapp @ali"),
    "a link without text shows its target": ('<a href="https://ex.ir/"><img src="a.png" alt="بنر"></a>', "https://ex.ir/"),
    "dangerous and relative targets are dropped": ('<a href="javascript:alert(1)">کلیک</a> <a href="/x">اینجا</a>',
                                                   "کلیک اینجا"),
    "scripts, styles and hidden machinery are dropped": (
        "<title>t</title><script>alert('x')</script><style>p{}</style><p>متن</p><noscript>n</noscript><!-- c -->", "متن"),
    "emoji drawn as pictures are kept": ('عالی <img class="emoji" alt="😍" src="x"><img alt="بنر" src="y">', "عالی 😍"),
    "spaces run together, half-spaces stay": ("<p>می‌خواهم   \n  برگردانم</p>", "می‌خواهم برگردانم"),
    "preformatted lines stay": ("<pre>یک\nدو</pre>", "یک\nدو"),
    "cells and list items stand apart": ("<ul><li>یک</li><li>دو</li></ul><table><tr><td>الف</td><td>ب</td></tr></table>",
    "یک\n\nدو\n\nالف ب"),
    "text without markup keeps its lines": ("خط یک\nخط دو &amp; سه", "خط یک\nخط دو & سه"),
    "a smaller-than sign is no markup": ("قیمت < ۱۰۰ و > ۵۰", "قیمت < ۱۰۰ و > ۵۰"),
    "an unclosed tag ends quietly": ("<p>سلام <b>دنیا", "سلام دنیا"),
    "NUL and lone surrogates do no harm": ("<p>a\0b\ud800</p>", "ab?"),
    "nothing gives nothing": ("", ""),
}


@pytest.mark.parametrize(("html", "text"), PAGES.values(), ids=PAGES)
def test_html_reads_as_a_person_reads_it(html: str, text: str) -> None:
    assert html_to_text(html) == text


HOSTILE = {
    "divs inside each other": "<div>" * 100_000 + "متن",
    "bold inside bold": "<b>" * 100_000 + "متن",
    "unclosed paragraphs": "<p>متن" * 60_000,
    "links inside links": '<a href="https://x.ir">متن' * 30_000,
    "tables in tables": "<table><tr><td>" * 30_000 + "متن",
    "fonts over paragraphs": "".join(f"<font a={number}><p>" for number in range(20_000)) + "متن",
    "a tag that never ends": "متن<a href='" + "x" * 500_000,
    "only brackets": "متن " + "<" * 500_000,
    "only ampersands": "<p>متن" + "&" * 500_000,
    "select and option": "متن" + "<select><option>" * 30_000,
    "closing what was never opened": "متن" + "</b></p></div>" * 50_000,
    "misnested formatting": "<b><i></b></i>" * 20_000 + "متن",
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_hostile_html_is_read_in_reasonable_time(html: str) -> None:
    began = time.process_time()
    assert "متن" in html_to_text(html)
    assert time.process_time() - began < 4


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=8), st.sampled_from(
    ["<p>", "</p>", "<br>", "<a href='https://x.ir'>", "</a>", "<b>", "</b>", "<pre>", "<td>", "&amp;", "<", "<!--", "-->",
    "<script>", "</script>"])), max_size=30))
def test_any_html_is_read_without_an_error(pieces: list[str]) -> None:
    text = html_to_text("".join(pieces))
    assert text == text.strip()
    assert "\n\n\n" not in text and "\0" not in text


@pytest.mark.parametrize(("text", "safe"), [
    ("سلام\nدنیا\t!", "سلام دنیا !"), ("\x1b[31mقرمز\x1b[0m", "قرمز"), ("\x1b]0;title\x07متن", "متن"),
    ("a\u202eb\u2066c", "abc"),
    ("می‌شود 👨‍👩‍👧", "می‌شود 👨‍👩‍👧"), ("\ud800x", "\ufffdx"), ("a\0b\x7f", "ab"), ("x\u2028y", "x y"), ("\x9b31mz", "z"),
    ("\x1b", ""),
])
def test_printable_text_moves_no_cursor(text: str, safe: str) -> None:
    assert printable(text) == safe


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\x1b[]0m;\x07\\\x9b\x9d\u202e\n"))))
def test_printable_text_is_one_safe_line(text: str) -> None:
    safe = printable(text)
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in safe)
    assert not set(safe) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
    safe.encode("utf-8")


def test_hashtags_are_found_and_parted() -> None:
    assert hashtags("خسته‌ام #اسنپ_بد #WorstApp #اسنپ_بد #123 a#b https://x.ir/#top") == ["اسنپ_بد", "WorstApp"]
    assert hashtag_words("#اسنپ_بد") == "اسنپ بد"
    assert hashtag_words("WorstAppEver2024") == "Worst App Ever 2024"
