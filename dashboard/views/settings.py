"""The configuration, to be read: what is listened to and how, and which secrets are missing. It is changed in its file."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard import address, cards, reads, session, settings_cards
from dashboard.pen import Pen
from listener.service import RuleView

GROUPS = tuple(settings_cards.GROUPS)


@session.guarded
def page() -> None:
    pen, service = session.pen(), reads.service()
    settings = service.settings
    where = str(settings.path) if settings.path else pen.say("settings.memory")
    session.block(cards.page_title(pen.say("page.settings"), f"\u2068{where}\u2069"))
    session.block(f'<p class="g-soft">{escape(pen.say("settings.words"))}</p>')
    missing = settings.missing_secrets()
    if missing:
        names = pen.say("comma").join(f"\u2068{one.variable}\u2069" for one in missing)
        session.block(cards.banner(pen.say("settings.missing", n=len(missing)), names, "g-doubt"))
    session.block(f'<div class="g-card">{settings_cards.scalars(pen, settings)}</div>')
    unset = frozenset(one.variable for one in missing)
    notes = {rule.name: note for rule in service.rules() if (note := _note(pen, rule))}
    group = _group(pen)
    for place, name in enumerate(settings_cards.sections(group)):
        many = settings_cards.count(settings, name)
        title = pen.known(f"settings.table.{name}", name) + (f" ({pen.number(many)})" if many is not None else "")
        with st.expander(title, expanded=place == 0):
            session.block(settings_cards.section(pen, settings, name, unset, notes if name == "rules" else None))


def _group(pen: Pen) -> str:
    """Let one of the groups be chosen; what the URL says leads."""
    group = address.choice("group", GROUPS, GROUPS[0], pen.say(f"settings.group.{GROUPS[0]}"))
    if st.session_state.get("settings_group") != group:
        st.session_state["settings_group"] = group
    st.pills(pen.say("settings.group"), GROUPS, key="settings_group", format_func=lambda name: pen.say(f"settings.group.{name}"), label_visibility="collapsed",
             on_change=lambda: session.choose("group", st.session_state.get("settings_group") or group))
    return group


def _note(pen: Pen, rule: RuleView) -> str:
    """Return what people said of a rule since, where it is other than the file says."""
    if rule.demoted:
        return pen.say("held.demoted")
    if rule.said is None or rule.said.enabled is None:
        return ""
    return pen.say("settings.on_by" if rule.enabled else "settings.off_by", who=f"\u2068{rule.said.who}\u2069")


page()
