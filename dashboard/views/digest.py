"""Digest: what will be sent, or was, in the bytes of the mail; what is to be decided; who gets it; the archive."""

from __future__ import annotations

from functools import partial
from html import escape

import streamlit as st

from alerts.digest import frozen
from alerts.digest.nouns import Digest
from alerts.digest.periods import Every, Period, parse
from dashboard import address, cards, dates, reads, session
from dashboard.pen import Pen
from listener.calendar import Language, format_day
from listener.errors import ConfigError
from listener.service import FORMATS, Format
from listener.words import say

ARCHIVED = 60  # digests that can be chosen from
KINDS: dict[Format, str] = {"html": "text/html", "text": "text/plain", "pdf": "application/pdf", "md": "text/markdown", "json": "application/json"}
_FONT = ('<style>@font-face{font-family:"Vazirmatn";src:url("app/static/Vazirmatn.woff2") format("woff2");font-weight:100 900}'
         '.page{padding:0 0 12px!important}</style><base target="_blank"></head>')


@st.cache_data(ttl=60, show_spinner=False, max_entries=30)
def _read(where: reads.Place, brand: str, period: str, language: Language) -> tuple[str, bool]:
    service = reads.service()
    kept = service.kept_digest(brand, period, language)
    made = kept or service.digest(brand, parse(period), language)
    return frozen.frozen(made), kept is not None


@st.cache_data(ttl=600, show_spinner=False, max_entries=60)
def _file(content: str, form: Format) -> bytes:
    return reads.service().digest_file(frozen.thawed(content), form)


@session.guarded
def page() -> None:
    pen = session.pen()
    brand = session.brand() or next(iter(reads.service().brands()), None)
    if brand is None or brand not in reads.service().brands():
        session.block(cards.page_title(pen.say("page.digest"), "") + cards.empty(pen, say("digest.board.own", pen.language), say("digest.board.own_words", pen.language)))
        return
    session.block(cards.page_title(pen.say("page.digest"), pen.say("as_of", brand=brand, when=pen.full(pen.at))))
    session.tell()
    period = _choose(pen, brand)
    content, kept = _read(reads.place(), brand, period.name, pen.language)
    made = frozen.thawed(content)
    _state(pen, made, kept)
    _actions(pen, brand, period, made, content)
    preview = _file(content, "html").decode().replace("</head>", _FONT, 1)
    st.iframe(preview, height=_height(made), alt=say("digest.board.preview_alt", pen.language))  # our own markup: everything from outside is escaped, and its policy runs no script
    _decisions(pen, brand, period)
    _missed(pen, brand)
    _subscribers(pen, brand)


def _height(made: Digest) -> int:
    """Return about how many pixels the page is high; it scrolls where that is too few. To measure it takes a script, and none may run there."""
    return 310 + sum(70 + 36 * len(one.lines) + (235 if one.chart else 0) + (36 + 38 * len(one.grid.rows) if one.grid else 0)
                     + 96 * len(one.quotes) + 26 * len(one.notes) for one in made.sections)


def _choose(pen: Pen, brand: str) -> Period:
    """Return the period that is looked at: the link's, else the last week. The list holds what is kept and the spans of late."""
    service = reads.service()
    asked = st.query_params.get("period")
    recent = [service.digest_period(every=Every.WEEK, brand=brand)]
    recent.insert(0, recent[0].following())
    while len(recent) < 6:
        recent.append(recent[-1].before())
    recent += [service.digest_period(every=every, brand=brand) for every in (Every.DAY, Every.MONTH)]
    names = dict.fromkeys([*(one.name for one in recent), *(one.period for one in service.kept_digests(brand, limit=ARCHIVED) if one.every != Every.SHIFT)])
    try:
        chosen = parse(asked) if asked else recent[1]
    except ValueError:
        chosen = recent[1]  # a link must always open
        address.misread("period", asked or "", chosen.written(pen.language, pen.zone))
    names.setdefault(chosen.name)
    kept = {one.period for one in service.kept_digests(brand, limit=ARCHIVED) if one.language == pen.language}

    def words(name: str) -> str:
        one = parse(name)
        mark = say("digest.board.kept" if name in kept else "digest.board.running" if name == recent[0].name else "digest.board.open", pen.language)
        own, _, _ = one.written(pen.language, pen.zone).partition(" (")  # a phone's width has no room for both calendars; the preview below has
        return f"{own} · {mark}"

    if st.session_state.get("digest_period") != chosen.name:
        st.session_state["digest_period"] = chosen.name
    st.selectbox(say("digest.board.period", pen.language), list(names), key="digest_period", format_func=words,
                 on_change=lambda: session.choose("period", st.session_state["digest_period"]))
    return chosen


def _state(pen: Pen, made: Digest, kept: bool) -> None:
    key = "digest.board.as_sent" if kept else "digest.board.preview"
    session.block(f'<p class="g-soft g-small">{escape(say(key, pen.language, when=pen.full(made.made_at)))}</p>')


def _actions(pen: Pen, brand: str, period: Period, made: Digest, content: str) -> None:
    service = reads.service()
    waiting = [one for one in service.subscribers() if one.subscription.brand == brand and one.subscription.every is period.every and not one.unsubscribed_at]
    over = period.span(pen.zone)[1] <= pen.at
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(say("digest.board.send", pen.language, n=len(waiting)), icon=":material/send:", type="primary", key="digest_send",
                  disabled=not waiting or not over or session.who() is None, help=None if session.who() else session.refusal(),
                  on_click=lambda: session.act(lambda: service.send_digest(brand, period), lambda n: say("digest.board.sent", pen.language, n=n)))
        for form in FORMATS:
            if form == "pdf":
                _paper(pen, made, content)
            else:
                st.download_button(form.upper() if form != "text" else say("digest.board.text", pen.language), partial(_file, content, form),  # made when somebody asks
                                   f"{period.name}-{pen.language}.{'txt' if form == 'text' else form}", KINDS[form], key=f"digest_{form}",
                                   icon=":material/download:", type="tertiary")


def _paper(pen: Pen, made: Digest, content: str) -> None:
    """Offer the PDF: it is laid out when somebody asks, which takes a second or two."""
    if st.session_state.get("digest_paper") != made.id:
        st.button("PDF", key="digest_pdf_make", icon=":material/picture_as_pdf:", type="tertiary", on_click=lambda: st.session_state.update(digest_paper=made.id))
        return
    try:
        st.download_button("PDF", _file(content, "pdf"), f"{made.period}-{pen.language}.pdf", KINDS["pdf"], key="digest_pdf", icon=":material/download:",
                           type="tertiary")
    except ConfigError as error:
        st.caption(session.plain(str(error)))


def _decisions(pen: Pen, brand: str, period: Period) -> None:
    service = reads.service()
    st.subheader(say("digest.section.decisions", pen.language))
    asked = service.decisions(brand, period)
    for one in asked:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            by = f" · {say('digest.board.until', pen.language, day=format_day(one.due, pen.language))}" if one.due else ""
            session.block(f'<p style="margin:0"><bdi>{escape(one.text)}</bdi> <span class="g-soft g-small"><bdi>{escape(one.owner)}</bdi>{by}</span></p>')
            st.button(say("digest.board.drop", pen.language), key=f"drop_{one.id}", type="tertiary", icon=":material/close:",
                      on_click=lambda number=one.id: session.act(lambda: service.drop_decision(number, session.who() or ""), say("digest.board.dropped", pen.language)))
    if not asked:
        st.caption(say("digest.board.no_decision", pen.language))
    if len(asked) < 3:
        with st.expander(say("digest.board.ask", pen.language), icon=":material/add:"):
            st.text_input(say("digest.board.what", pen.language), key="decision_text", max_chars=300)
            people = service.people()
            if people:
                st.selectbox(say("digest.board.owner", pen.language), people, key="decision_owner", index=None)
            else:
                st.text_input(say("digest.board.owner", pen.language), key="decision_owner", max_chars=80)
            today = pen.at.astimezone(pen.zone).date()
            due = dates.day(pen, say("digest.board.due", pen.language), key="decision_due", value=today, earliest=today, inline=True)
            st.button(say("digest.board.add", pen.language), key="decision_add", icon=":material/check:", disabled=session.who() is None,
                      help=None if session.who() else session.refusal(),
                      on_click=lambda: session.act(lambda: service.add_decision(
                          brand, period.name, str(st.session_state.get("decision_text") or ""), str(st.session_state.get("decision_owner") or ""),
                          session.who() or "", due=due), say("digest.board.asked", pen.language)))
    st.caption(say("digest.board.kept_note", pen.language))


def _missed(pen: Pen, brand: str) -> None:
    with st.expander(say("digest.board.missed", pen.language), icon=":material/visibility_off:"):
        st.text_input(say("digest.board.missed_what", pen.language), key="missed_text", max_chars=300)
        st.button(say("digest.board.report", pen.language), key="missed_add", disabled=session.who() is None, help=None if session.who() else session.refusal(),
                  on_click=lambda: session.act(lambda: reads.service().report_missed(brand, str(st.session_state.get("missed_text") or ""), session.who() or ""),
                                               say("digest.cli.missed", pen.language)))


def _subscribers(pen: Pen, brand: str) -> None:
    st.subheader(say("digest.board.subscribers", pen.language))
    found = [one for one in reads.service().subscribers() if one.subscription.brand in (brand, "*")]
    if not found:
        st.caption(say("digest.cli.nobody", pen.language))
    for one in found:
        its = one.subscription
        when = (say("digest.cli.gone", pen.language, when=pen.full(one.unsubscribed_at)) if one.unsubscribed_at
                else say("digest.board.next", pen.language, when=pen.full(one.next_at)) if one.next_at else "")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            session.block(f'<p style="margin:0"><bdi dir="ltr">{escape(its.address or its.receiver)}</bdi> <span class="g-soft g-small">'
                          f"{escape(say(f'digest.every.{its.every}', pen.language))} · {escape(when)}</span></p>")
            if one.unsubscribed_at:
                st.button(say("digest.board.again", pen.language), key=f"again_{its.key}", type="tertiary",
                          on_click=lambda key=its.key: session.act(lambda: reads.service().resubscribe(key, session.who() or ""), say("digest.board.served", pen.language)))


page()
