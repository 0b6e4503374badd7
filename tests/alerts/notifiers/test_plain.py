"""Messages cut to the room a medium has: posts first, figures last."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from alerts.notifiers.plain import cut, fitted, posts_in, utf16, without_posts
from alerts.wording import FSI, PDI, compose
from listener.types import Alert, AlertState, MentionKey, Message, Reason, Severity
from tests.alerts.world import HOUR, SATURDAY, a_scored


def a_storm(*texts: str, language: str = "fa") -> Message:
    alert = Alert("spike", "چابک‌سبد", SATURDAY, SATURDAY + HOUR, 31.0, 3.2, Severity.P1, AlertState.FIRING,
                  (MentionKey("x", "1"),), {"seen": 31, "window": 3600, "authors": 9, "scored": 31, "unsure": 2},
                  updated_at=SATURDAY + HOUR)
    return compose(alert, Reason.FIRST, [a_scored(str(n), text, author=f"a{n}") for n, text in enumerate(texts)],
                   language=language, url="https://board.test/alerts?alert=1")  # type: ignore[arg-type]


LONG = [f"{number} {words}، " * 20 for number, words in enumerate((
    "سفارشم نرسید و پشتیبانی جواب نداد", "پول مرا پس بدهید لطفاً زودتر", "پیک آن را جلوی در انداخت", "کالا شکسته بود و تعویض نشد", "قیمت دو برابر فاکتور است"))]


@pytest.mark.parametrize("language", ["fa", "en"])
def test_the_lines_that_quote_are_known_with_their_posts(language: str) -> None:
    message = a_storm("سفارشم نرسید", "پول من را پس بدهید", language=language)
    found = posts_in(message)
    assert {one.mention.text for one in found.values()} == {"سفارشم نرسید", "پول من را پس بدهید"}
    assert all(one.mention.text in message.lines[index] for index, one in found.items())


def test_what_has_room_is_left_as_it_is() -> None:
    message = a_storm("سفارشم نرسید")
    assert fitted(message, 4096) == [message.title, *message.lines, message.url]


def test_posts_give_way_before_figures() -> None:
    message = a_storm(*LONG)
    figures = [line for index, line in enumerate(message.lines) if index not in posts_in(message)]
    room = sum(map(len, figures)) + len(message.title) + len(message.url or "") + 100
    lines = fitted(message, room)
    assert len("\n".join(lines)) <= room
    assert lines[0] == message.title and lines[-1] == message.url and set(figures) <= set(lines)
    assert len(lines) < len(message.lines)


@pytest.mark.parametrize("room", [20, 61, 200, 500, 4096])
@pytest.mark.parametrize("text", ["x" * 100_000, "😀" * 50_000, f"{FSI}نام {PDI}" * 9_000, "\n".join("ab" * 5_000)])
def test_whatever_comes_it_fits(room: int, text: str) -> None:
    message = replace(a_storm(*LONG), title=text, lines=(*a_storm(*LONG).lines, text), quoted=())
    assert utf16("\n".join(fitted(message, room, measure=utf16))) <= room


def test_a_cut_closes_what_it_opened() -> None:
    assert cut(f"برند {FSI}Digikala و دیگران{PDI} در شهر", 14) == f"برند {FSI}Digika…{PDI}"
    assert cut("short", 10) == "short" and len(cut("x" * 50, 10)) <= 10


@pytest.mark.parametrize("length", range(3, 40))
def test_a_figure_is_whole_or_not_there(length: int) -> None:
    text = "دیده‌شدن: دست‌کم ۳٬۱۰۰، محتمل 12.5 درصد"
    shown = cut(text, length)
    assert len(shown) <= length and set(re.findall(r"[\d٬.]+", shown)) <= {"۳٬۱۰۰", "12.5"}


def test_without_posts_the_figures_stay() -> None:
    message = a_storm("سفارشم نرسید")
    rest = without_posts(message)
    assert rest.title == message.title and rest.key == message.key and rest.quoted == ()
    assert len(rest.lines) == len(message.lines) - 1 and not any("سفارشم نرسید" in line for line in rest.lines)
