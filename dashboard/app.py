"""The board's frame: pages, brand, language, name. ``python -m streamlit run dashboard/app.py``.

Every page is a file in ``views/`` and one line here; add a page by adding both.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from config.settings import Settings
from dashboard import access, address, reads, session, sign_in, theme
from listener.errors import ListenerError
from listener.words import Language, say

ICON = str(Path(__file__).with_name("static") / "icon.svg")  # Streamlit fetches a ":material/…:" page icon from another host
PAGES = (  # file, path in the URL, icon, what it is for
    ("now", "now", ":material/notifications_active:", "watch"),
    ("open_alerts", "alerts", ":material/warning:", "watch"),
    ("mentions", "mentions", ":material/forum:", "watch"),
    ("cases", "cases", ":material/support_agent:", "watch"),
    ("customer", "customer", ":material/person_search:", "watch"),
    ("story", "stories", ":material/timeline:", "understand"),
    ("topics", "topics", ":material/topic:", "understand"),
    ("replay", "replay", ":material/replay:", "understand"),
    ("peers", "peers", ":material/compare_arrows:", "understand"),
    ("effect", "effect", ":material/swap_horiz:", "understand"),
    ("brief", "brief", ":material/record_voice_over:", "report"),
    ("digest", "digest", ":material/summarize:", "report"),
    ("recognition", "recognition", ":material/volunteer_activism:", "report"),
    ("sources", "sources", ":material/sensors:", "house"),
    ("settings", "settings", ":material/tune:", "house"),
    ("about", "about", ":material/info:", "house"),
)
GROUPS = ("watch", "understand", "report", "house")  # in the order of the side column


def frame() -> None:
    settings = reads.settings_or_none()
    session.begin()
    tongue = session.language(settings)
    grouped: dict[str, list[st.Page]] = {}
    for group in GROUPS:
        found = [st.Page(f"views/{file}.py", title=say(f"board.page.{file}", tongue), icon=icon, url_path=path, default=file == "now")
                 for file, path, icon, its in PAGES if its == group]
        if found:
            grouped[say(f"board.group.{group}", tongue)] = found
    st.set_page_config(page_title=say("board.name", tongue), page_icon=ICON, layout="wide")
    st.logo(ICON, size="large")
    theme.apply(tongue)
    here = _entered(tongue)
    page = st.navigation(grouped, position="sidebar" if here else "hidden", expanded=True)
    if here:
        with st.sidebar:
            _choices(tongue)
        note = st.container(key="misread")
        session.guarded(page.run)()
        if settings is not None and (line := address.told(session.pen())):
            note.caption(f":material/link_off: {session.plain(line)}")


def _entered(tongue: Language) -> bool:
    """Return whether somebody may see the pages; else show them the way in."""
    settings = reads.settings_or_none()
    if settings is None or session.visitor() is not None:  # without settings the page says what is wrong, and knows nothing else
        return True
    title, words = say("board.sign_in.title", tongue), say("board.sign_in.over" if settings.board.auth == "password" else "board.sign_in.stranger", tongue)
    if settings.board.auth == "password":
        st.html(f'<div class="g-page"><h1>{title}</h1></div><p>{words} <a class="g-link" href="{sign_in.PATH}" target="_self">{say("board.sign_in.again", tongue)}</a></p>')
        return False
    st.html(f'<div class="g-page"><h1>{title}</h1></div>')
    if st.user.is_logged_in:
        st.warning(words, icon=":material/block:")
        st.button(say("board.sign_out", tongue), on_click=st.logout, icon=":material/logout:")
    st.button(say("board.sign_in.provider", tongue), on_click=st.login, type="primary", icon=":material/login:", key="sign_in")
    return False


def _choices(tongue: Language) -> None:
    other: Language = "en" if tongue == "fa" else "fa"
    try:
        service = reads.service()
    except ListenerError:
        service = None  # the page says what is wrong
    if service is not None:
        _brand(service.brands(), tuple(b for b in service.brands(own=False) if b not in service.brands()), tongue)
        _who(service.people(), service.settings, tongue)
    if not reads.live():
        st.caption(say("board.not_live", tongue))
    st.button(say("board.switch", other), on_click=session.choose, args=("lang", other), icon=":material/language:", width="stretch",
              key="switch_language", help=say("board.switch_help", other))


def _brand(own: tuple[str, ...], peers: tuple[str, ...], tongue: Language) -> None:
    options = (*((session.ALL,) if len(own) > 1 else ()), *own, *peers)
    if not options:
        return
    current = session.brand() or session.ALL
    if st.session_state.get("brand_choice") != current:
        st.session_state["brand_choice"] = current

    def words(name: str) -> str:
        if name == session.ALL:
            return say("board.all_brands", tongue)
        return say("board.peer", tongue, name=name) if name in peers else name

    st.selectbox(say("board.brand", tongue), options, key="brand_choice", format_func=words, disabled=len(options) == 1,
                 on_change=lambda: session.choose("brand", st.session_state["brand_choice"]))


def _who(people: tuple[str, ...], settings: Settings, tongue: Language) -> None:
    here = session.visitor()
    if here is not None and here.signed_in:
        st.caption(say("board.signed_in", tongue, name=session.named(here.name or ""), role=say(f"board.role.{here.role}", tongue)))
        if settings.board.auth == "oidc":
            st.button(say("board.sign_out", tongue), on_click=st.logout, icon=":material/logout:", type="tertiary", key="sign_out")
        else:
            st.html(f'<a class="g-link" href="{sign_in.OUT}" target="_self">{say("board.sign_out", tongue)}</a>')
        return
    label, hint = say("board.who", tongue), say("board.who_help", tongue)
    session.recall(people)
    if people:
        st.selectbox(label, people, index=None, key="who", placeholder=say("board.who_hint", tongue), help=hint, persist_state="session", on_change=_said)
    else:
        st.text_input(label, key="who", max_chars=session.NAME_LENGTH, placeholder=say("board.who_hint", tongue), help=hint, persist_state="session", on_change=_said)
    session.remember()
    if access.is_local(settings.board.bind):
        st.caption(say("board.no_login", tongue))
    else:
        st.warning(say("board.no_login_open", tongue), icon=":material/lock_open:")


def _said() -> None:
    st.session_state["who_said"] = True


frame()
