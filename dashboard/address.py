"""What a page's address asks for. A link always opens; what of it cannot be understood is left out, and one line says so.

Each place that reads a parameter notes what it could not read; the frame tells all of it above the page once the page has run.
"""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from dashboard.pen import Pen
from listener.text import printable

_NOTED = "address_misread"
LONGEST = 40  # characters of a value that are repeated


def begin() -> None:
    """Forget what was noted in the run before."""
    st.session_state[_NOTED] = {}


def misread(name: str, value: str, shown: str) -> None:
    """Note that ``value`` says nothing here; ``shown``: what is shown instead, in the reader's words."""
    st.session_state.setdefault(_NOTED, {})[name] = value, shown


def choice(name: str, choices: Collection[str], otherwise: str, shown: str) -> str:
    """Return what the address says under ``name`` where it is one of ``choices``; else ``otherwise``, noted as ``shown``."""
    asked = st.query_params.get(name)
    if asked and asked not in choices:
        misread(name, asked, shown)
    return asked if asked is not None and asked in choices else otherwise


def told(pen: Pen) -> str | None:
    """Return one line on what was not understood and what is shown instead; None where all was."""
    noted = st.session_state.get(_NOTED)
    if not noted:
        return None
    return pen.say("address.misread", what=pen.say("semicolon").join(
        pen.say("address.part", name=pen.say(f"address.name.{name}"), value=f"\u2068{printable(value)[:LONGEST]}\u2069", shown=f"\u2068{shown}\u2069")
        for name, (value, shown) in noted.items()))
