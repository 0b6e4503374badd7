"""Cases and promises: what is open, overdue, unowned; what we said we would do. ``?case=`` opens one."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard import address, cards, case_cards, dates, links, reads, session, topic_cards
from dashboard.pen import Pen
from listener.service import CaseFilters, CaseView
from listener.service.cases import STANDING
from listener.types import Severity
from listener.types.care import Case, CaseKind, CaseState, Promise, PromiseState, Remedy
from listener.words import say
from listener.words.cases import TEMPLATES

SHOWS = ("open", "overdue", "mine", "all")
PAGE = 30
PEOPLE = 10  # of a matter of several that are linked to


@session.guarded
def page() -> None:
    pen, number = session.pen(), st.query_params.get("case")
    if number is not None and number.isascii() and number.isdigit():
        _one(pen, int(number))
    else:
        if number:
            address.misread("case", number, pen.say("page.cases"))
        _all()


@st.fragment(run_every=reads.refresh())
@session.guarded
def _all() -> None:
    pen, brand = session.pen(), session.brand()
    counts = reads.care_counts(brand)
    session.block(cards.page_title(pen.say("page.cases"), pen.say("cases.count", n=counts.open)))
    session.tell()
    promised = " · ".join(words for words, many in ((pen.say("cases.tile.late", n=counts.late), counts.late),
                                                    (pen.say("cases.tile.found", n=counts.found), counts.found)) if many)
    session.block(cards.tiles(
        cards.tile(pen, pen.say("cases.tile.open"), pen.number(counts.open), how="how.cases"),
        cards.tile(pen, pen.say("cases.tile.overdue"), pen.number(counts.overdue), how="how.cases", tone="negative" if counts.overdue else ""),
        cards.tile(pen, pen.say("cases.tile.unowned"), pen.number(counts.unowned), how="how.cases"),
        cards.tile(pen, pen.say("cases.tile.promises"), pen.number(counts.promised), against=promised, how="how.promises",
                   tone="negative" if counts.late else "")))
    _list(pen, brand)
    _promises(pen, reads.promises(brand))


def _list(pen: Pen, brand: str | None) -> None:
    units = reads.service().settings.care.units
    show = address.choice("show", SHOWS, "open", pen.say("cases.show.open"))
    kind, unit = address.choice("kind", tuple(CaseKind), "", pen.say("any")), address.choice("unit", units, "", pen.say("any"))
    places = st.columns(3 if units else 2)
    with places[0]:
        _choice(pen, "show", pen.say("cases.show"), SHOWS, show, lambda one: pen.say(f"cases.show.{one}"))
    with places[1]:
        _choice(pen, "kind", pen.say("cases.kind"), (session.ALL, *CaseKind), kind if kind in list(CaseKind) else session.ALL,
                lambda one: pen.say("any") if one == session.ALL else say(f"care.kind.{one}", pen.language))
    if units:
        with places[2]:
            _choice(pen, "unit", pen.say("cases.unit"), (session.ALL, *units), unit if unit in units else session.ALL,
                    lambda one: pen.say("any") if one == session.ALL else one)
    before = st.query_params.get("older", "")
    found = reads.cases(CaseFilters(
        brand, show in ("open", "mine"), session.who("viewer") or "" if show == "mine" else None, unit if unit in units else None,
        CaseKind(kind) if kind in list(CaseKind) else None, None, show == "overdue"), int(before) if before.isascii() and before.isdigit() else None, PAGE)
    if not found:
        session.block(cards.empty(pen, pen.say("cases.none"), pen.say("cases.none_words")))
    for case in found:
        with st.container(gap=None, key=f"pair_case_{case.number}"):
            session.block(case_cards.row(pen, case))
            st.button(pen.say("cases.to_case"), key=f"case_{case.number}", type="tertiary", on_click=session.choose, args=("case", str(case.number)),
                      icon=links.onward(pen))
    if len(found) == PAGE:
        st.button(pen.say("cases.more"), key="cases_older", on_click=session.choose, args=("older", str(found[-1].number)))


def _choice(pen: Pen, name: str, label: str, options: tuple[str, ...], chosen: str, words: Callable[[str], str]) -> None:
    key = f"cases_{name}"
    if st.session_state.get(key) != chosen:
        st.session_state[key] = chosen

    def take() -> None:
        value = st.session_state[key]
        session.choose(name, None if value in (session.ALL, SHOWS[0]) else value)
        session.choose("older", None)

    st.selectbox(label, options, key=key, format_func=words, on_change=take)


# -- one case

def _one(pen: Pen, number: int) -> None:
    st.button(pen.say("cases.back"), on_click=session.choose, args=("case", None), type="tertiary",
              icon=links.back(pen))
    view = reads.case(number)
    if view is None:
        session.block(cards.empty(pen, pen.say("cases.gone_title"), pen.say("cases.gone")))
        return
    case = view.case
    session.block(cards.page_title(case_cards.name(pen, case), case.brand))
    session.tell()
    session.block(case_cards.row(pen, case))
    _actions(pen, view)
    left, right = st.columns([3, 2])
    with left:
        session.block('<div class="g-card">' + case_cards.facts(
            pen, case, _customer(pen, view), [_cause(pen, one) for one in view.suggested], _cause(pen, case.cause) if case.cause else None,
            reads.service().settings.care.currency) + cards.help_text(pen, "how.cases") + "</div>")
        if case.author:
            st.page_link("views/customer.py", label=pen.say("cases.to_customer"), icon=":material/person:",
                         query_params=links.query(author=case.author))
        for who in _people(view)[:PEOPLE] if case.shared else ():
            st.page_link("views/customer.py", label=pen.say("customer.open", name=session.named(who)), icon=":material/person:",
                         query_params=links.query(author=who))
    with right, st.expander(pen.say("cases.check"), expanded=case.open and case.answered_at is None):
        session.block(case_cards.checklist(pen))
        _templates(pen)
    st.subheader(pen.say("cases.posts"))
    session.block("".join(cards.mention(pen, one) for one in view.mentions) or f'<p class="g-soft">{pen.say("cases.missing", n=view.missing)}</p>')
    if view.missing and view.mentions:
        session.block(f'<p class="g-soft g-small">{pen.say("cases.missing", n=view.missing)}</p>')
    if view.promises:
        _promises(pen, view.promises)
    if view.others:
        st.subheader(pen.say("cases.others"))
        for other in view.others[:10]:
            with st.container(gap=None, key=f"pair_other_{other.number}"):
                session.block(case_cards.row(pen, other))
                st.button(pen.say("cases.to_case"), key=f"other_{other.number}", type="tertiary", on_click=session.choose,
                          args=("case", str(other.number)), icon=links.onward(pen))
    st.subheader(pen.say("cases.log"))
    session.block(f'<div class="g-card">{case_cards.log(pen, view.history, lambda name: _cause(pen, name))}</div>')


def _customer(pen: Pen, view: CaseView) -> str:
    known = next((one.mention.author for one in view.mentions if one.mention.author is not None), None)
    if view.case.shared:
        return pen.say("cases.people", n=len(_people(view)))
    if view.case.author is None:
        return pen.say("cases.unknown")
    return (known.name or known.id) if known is not None else view.case.author


def _people(view: CaseView) -> list[str]:
    """Return who is part of a matter of several people, as "kind:id"; those whom no source names count one each."""
    posts = [one.mention for one in view.mentions if not one.mention.ours]
    return list(dict.fromkeys(f"{one.author.kind}:{one.author.id}" if one.author is not None and one.author.id else ":".join(one.key) for one in posts))


def _cause(pen: Pen, name: str) -> str:
    return topic_cards.aspect(pen, name, {one.name: one.names() for one in reads.service().settings.aspects})


def _templates(pen: Pen) -> None:
    chosen = st.selectbox(pen.say("cases.templates"), TEMPLATES, key="template", format_func=lambda one: say(f"care.template.{one}", pen.language))
    with st.container(key="copy_text"):
        st.code(say(f"care.template.{chosen}.text", pen.language), language=None, wrap_lines=True)
    st.caption(pen.say("cases.copy"))


def _actions(pen: Pen, view: CaseView) -> None:
    case, name = view.case, session.who()
    if name is None:
        st.info(session.refusal(), icon=":material/badge:")
    off = name is None
    with st.container(horizontal=True, key="case_actions"):
        if case.open:
            if case.owner != name:
                st.button(pen.say("cases.take"), type="primary", icon=":material/front_hand:", disabled=off, key="case_take", on_click=_move,
                          args=(case, lambda service, who: service.assign_case(case.number, who, version=case.version)))
            with st.popover(pen.say("cases.assign"), icon=":material/person_add:", disabled=off, key="assign_form"):
                if people := reads.service().people():
                    st.selectbox(pen.say("cases.to"), people, key="assign_to", index=None)
                else:
                    st.text_input(pen.say("cases.to"), key="assign_to", max_chars=80)
                if units := reads.service().settings.care.units:
                    st.selectbox(pen.say("cases.unit"), units, key="assign_unit", index=None)
                st.button(pen.say("cases.assign"), key="case_assign", type="primary", on_click=_move, args=(case, _assign(case)))
            with st.popover(pen.say("cases.answer"), icon=":material/reply:", disabled=off, key="answer_form"):
                st.caption(pen.say("cases.answer_help"))
                st.text_area(pen.say("cases.why"), key="answer_why", max_chars=500)
                st.button(pen.say("cases.answer"), key="case_answer", type="primary", on_click=_move,
                          args=(case, lambda service, who: service.answer_case(case.number, who, _typed("answer_why"), version=case.version)))
            if case.answered_at is not None and case.state is not CaseState.WAITING:
                st.button(pen.say("cases.wait"), icon=":material/hourglass_empty:", disabled=off, key="case_wait", on_click=_move,
                          args=(case, lambda service, who: service.wait_case(case.number, who, version=case.version)))
            with st.popover(pen.say("cases.resolve"), icon=":material/task_alt:", disabled=off, key="end_form"):
                _resolve_form(pen, view)
        else:
            with st.popover(pen.say("cases.reopen"), icon=":material/replay:", disabled=off, key="reopen_form"):
                st.text_area(pen.say("cases.why"), key="reopen_why", max_chars=500)
                st.button(pen.say("cases.reopen"), key="case_reopen", type="primary", on_click=_move,
                          args=(case, lambda service, who: service.reopen_case(case.number, who, _typed("reopen_why"), version=case.version)))
        with st.popover(pen.say("cases.change"), icon=":material/edit:", disabled=off, key="change_form"):
            kind = st.selectbox(pen.say("cases.kind"), tuple(CaseKind), index=list(CaseKind).index(case.kind), key="change_kind",
                                format_func=lambda one: say(f"care.kind.{one}", pen.language))
            severity = st.selectbox(pen.say("cases.severity"), tuple(Severity), index=list(Severity).index(case.severity), key="change_severity",
                                    format_func=lambda one: say(f"alert.{one}", pen.language))
            st.button(pen.say("cases.change"), key="case_change", type="primary", on_click=_move,
                      args=(case, lambda service, who: service.change_case(case.number, who, kind=kind, severity=severity, version=case.version)))
        if receivers := reads.service().receivers_of_cases():
            with st.popover(pen.say("cases.hand_over"), icon=":material/forward_to_inbox:", disabled=off, key="hand_form"):
                st.caption(pen.say("cases.hand_over_help"))
                st.selectbox(pen.say("cases.hand_over_to"), receivers, key="hand_to")
                st.button(pen.say("cases.hand_over"), key="case_hand", type="primary", on_click=_hand, args=(case,))
        with st.popover(pen.say("cases.note"), icon=":material/note_add:", disabled=off, key="note_form"):
            st.text_area(pen.say("cases.note"), key="note_why", max_chars=500)
            st.button(pen.say("cases.note"), key="case_note", type="primary", on_click=_move,
                      args=(case, lambda service, who: service.note_case(case.number, who, _typed("note_why"))))


def _resolve_form(pen: Pen, view: CaseView) -> None:
    case, known = view.case, reads.service().causes_known()
    start = case.cause or next(iter(view.suggested), None)
    cause = st.selectbox(pen.say("cases.cause"), known, index=known.index(start) if start in known else None, key="end_cause",
                         format_func=lambda one: _cause(pen, one))
    remedy = st.selectbox(pen.say("cases.remedy"), tuple(Remedy), key="end_remedy", format_func=lambda one: say(f"care.remedy.{one}", pen.language))
    cost = st.number_input(pen.say("cases.cost", currency=reads.service().settings.care.currency), min_value=0.0, value=None, key="end_cost", step=1000.0,
                           format="%.0f")
    st.text_area(pen.say("cases.how"), key="end_why", max_chars=500)
    if any(one.state in STANDING for one in view.promises):
        st.checkbox(pen.say("cases.promise_stays"), key="end_stays", help=pen.say("cases.promise_stays_help"))
    st.button(pen.say("cases.resolve"), key="case_resolve", type="primary", on_click=_move, args=(case, lambda service, who: service.resolve_case(
        case.number, who, _typed("end_why"), remedy=remedy, cause=cause, cost=cost, promise_stays=bool(st.session_state.get("end_stays")), version=case.version)))


def _typed(key: str) -> str:
    return str(st.session_state.get(key) or "")


def _assign(case: Case) -> Callable[..., object]:
    return lambda service, who: service.assign_case(case.number, who, owner=_typed("assign_to") or None, unit=st.session_state.get("assign_unit"),
                                                    version=case.version)


def _hand(case: Case) -> None:
    name = session.who() or ""
    session.act(lambda: reads.service().hand_over(case.number, str(st.session_state.get("hand_to") or ""), name, version=case.version),
                session.pen().say("cases.handed_over"))


def _move(_case: Case, what: Callable[..., object]) -> None:
    name = session.who() or ""
    session.act(lambda: what(reads.service(), name), session.pen().say("cases.done"))


# -- promises

def _promises(pen: Pen, found: tuple[Promise, ...]) -> None:
    st.subheader(pen.say("promises.title"))
    if not found:
        session.block(cards.empty(pen, pen.say("promises.none"), pen.say("promises.none_words")))
    name = session.who()
    for one in found:
        with st.container(gap=None, key=f"promise_{one.id}"):
            session.block(case_cards.promise(pen, one))
            if one.state not in (PromiseState.FOUND, PromiseState.CONFIRMED):
                continue
            with st.container(horizontal=True, key=f"promise_actions_{one.id}"):
                _confirming(pen, one, name is None)
                if one.state is PromiseState.CONFIRMED:
                    _settling(pen, one, "keep", ":material/check:", lambda service, who, p=one: service.keep_promise(p.id, who, version=p.version), name)
                    _settling(pen, one, "break", ":material/close:",
                              lambda service, who, p=one: service.break_promise(p.id, who, session.pen().say("promises.break"), version=p.version), name)
                _settling(pen, one, "withdraw", ":material/block:", lambda service, who, p=one: service.withdraw_promise(p.id, who, version=p.version), name)
    session.block(cards.help_text(pen, "how.promises"))


def _confirming(pen: Pen, one: Promise, off: bool) -> None:
    """One click; two where the words may mean two days; a day to choose where they name none."""
    if one.state is not PromiseState.FOUND:
        return
    other = case_cards.other_day(one)
    if one.due_at is None:
        day = dates.day(pen, pen.say("promises.due", when=""), key=f"promise_day_{one.id}", value=pen.at.astimezone(pen.zone).date())
        due = pen.at.astimezone(pen.zone).replace(year=day.year, month=day.month, day=day.day, hour=18, minute=0, second=0, microsecond=0)
        choices = [(pen.say("promises.confirm"), due)]
    elif other is not None:
        choices = [(pen.say("promises.by_date", when=pen.full(one.due_at)), one.due_at), (pen.say("promises.by_weekday", when=pen.full(other)), other)]
    else:
        choices = [(pen.say("promises.confirm"), one.due_at)]
    for place, (words, due) in enumerate(choices):
        st.button(words, key=f"confirm_{one.id}_{place}", type="primary", disabled=off, icon=":material/handshake:", on_click=_settle,
                  args=(lambda service, who, p=one, at=due: service.confirm_promise(p.id, who, due_at=at, version=p.version),))


def _settling(pen: Pen, one: Promise, what: str, icon: str, act: Callable[..., object], name: str | None) -> None:
    st.button(pen.say(f"promises.{what}"), key=f"{what}_{one.id}", type="tertiary", disabled=name is None, icon=icon, on_click=_settle, args=(act,))


def _settle(act: Callable[..., object]) -> None:
    name = session.who() or ""
    session.act(lambda: act(reads.service(), name), session.pen().say("cases.done"))


page()
