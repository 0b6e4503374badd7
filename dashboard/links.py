"""Links from page to page: what was chosen goes along, so that a link pasted into a chat shows the same."""

from __future__ import annotations

import streamlit as st

from dashboard import session
from dashboard.pen import Pen


def query(**values: str | None) -> dict[str, str]:
    """Return the parameters of a link: language and brand as they are, and these; None leaves one out."""
    kept = {name: st.query_params[name] for name in session.KEPT if name in st.query_params}
    return {**kept, **{name: value for name, value in values.items() if value is not None}}


def onward(pen: Pen) -> str:
    """Return the icon of a way on, as the language runs."""
    return ":material/arrow_forward:" if pen.language == "en" else ":material/arrow_back:"


def back(pen: Pen) -> str:
    return ":material/arrow_back:" if pen.language == "en" else ":material/arrow_forward:"
