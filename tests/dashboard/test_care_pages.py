"""Cases & promises, and the customer's page, by Streamlit's own test runner."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard import reads
from listener.types import MentionKey
from listener.types.care import CaseState, Promise, PromiseState, Remedy
from listener.words import Language, say
from tests.dashboard.house import BRAND, NOW, House
from tests.dashboard.test_views import LANGUAGES, ME, click, text, visit

HOUR = timedelta(hours=1)


def a_complaint(house: House) -> MentionKey:
    return next(one.mention.key for one in house.store.mentions(brand=BRAND, label="negative", limit=50).items if one.mention.author)


def a_case(house: House) -> int:
    return reads.service().open_case([a_complaint(house)], "Ali Rezaei", brand=BRAND).number


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_case_is_taken_answered_and_ended_from_the_board(rich: House, language: Language) -> None:
    number = a_case(rich)
    board = visit("cases", who=ME, lang=language, case=str(number))
    assert say("board.cases.title", language, n=number) in text(board)
    board = click(board, "case_take")
    assert say("board.cases.done", language) in text(board) and rich.store.case(number).owner == ME  # type: ignore[union-attr]
    board.text_area(key="answer_why").set_value("تا شنبه خبر می‌دهیم").run()
    board = click(board, "case_answer")
    board.text_area(key="end_why").set_value("پول برگشت").run()
    board.selectbox(key="end_remedy").set_value(Remedy.REFUND).run()
    board.number_input(key="end_cost").set_value(450_000.0).run()
    board = click(board, "case_resolve")
    assert rich.store.case(number).open and ("still on its way" in text(board) or "در راه" in text(board))  # type: ignore[union-attr]
    board.checkbox(key="end_stays").set_value(True).run()
    click(board, "case_resolve")
    case = rich.store.case(number)
    assert case is not None and (case.state, case.remedy, case.cost) == (CaseState.RESOLVED, Remedy.REFUND, 450_000)
    assert [one.who for one in rich.store.case_events(number)] == ["Ali Rezaei", ME, ME, ME]


def test_two_who_look_at_one_case_lose_nothing(rich: House) -> None:
    number = a_case(rich)
    board = visit("cases", who=ME, lang="en", case=str(number))
    reads.service().assign_case(number, "Ali Rezaei")
    board = click(board, "case_take")
    assert "changed since you looked" in text(board) and rich.store.case(number).owner == "Ali Rezaei"  # type: ignore[union-attr]


def test_a_promise_is_confirmed_with_one_click_and_asked_back_where_day_and_date_differ(rich: House) -> None:
    sure = Promise("a" * 16, BRAND, "refund", "تا فردا ظهر برمی‌گردد", NOW - HOUR, NOW + 24 * HOUR, PromiseState.FOUND)
    other = NOW + 48 * HOUR
    asked = Promise("b" * 16, BRAND, "call back", "شنبه ۸ آذر تماس می‌گیریم", NOW - HOUR, NOW + 72 * HOUR, PromiseState.FOUND, question=other.isoformat())
    rich.store.add_promises([sure, asked])
    board = visit("cases", who=ME, lang="en")
    assert "weekday does not fit the date" in text(board)
    board = click(board, f"confirm_{sure.id}_0")
    click(board, f"confirm_{asked.id}_1")
    one, two = (rich.store.promise(id) for id in (sure.id, asked.id))
    assert one is not None and two is not None and one.state is two.state is PromiseState.CONFIRMED
    assert (one.due_at, two.due_at, two.question) == (NOW + 24 * HOUR, other, None)


def test_a_link_to_a_case_that_is_not_there_is_no_error(rich: House) -> None:
    assert say("board.cases.gone_title", "en") in text(visit("cases", lang="en", case="999"))


def test_a_customer_is_found_by_handle_with_their_cases(rich: House) -> None:
    key = a_complaint(rich)
    number = a_case(rich)
    author = rich.store.by_keys([key])[0].mention.author
    assert author is not None
    shown = text(visit("customer", lang="en", author=f"{author.kind}:{author.id}"))
    assert say("board.cases.title", "en", n=number) in shown
    assert (author.name or str(author.id)) in text(visit("customer", lang="en", find=str(author.id)))


def test_accounts_are_one_customer_when_a_person_says_so(rich: House) -> None:
    authors = {f"{a.kind}:{a.id}" for one in rich.store.mentions(brand=BRAND, limit=50).items if (a := one.mention.author) and a.id}
    first, second = sorted(authors)[:2]
    board = visit("customer", who=ME, lang="en", author=first)
    board.text_input(key="link_other").set_value(second).run()
    board = click(board, "customer_link")
    view = reads.service().customer(second)
    assert view is not None and {f"{one.author.kind}:{one.author.id}" for one in view.accounts} == {first, second}
    click(board, "customer_unlink")
    view = reads.service().customer(second)
    assert view is not None and len(view.accounts) == 1
