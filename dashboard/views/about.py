"""What this is made of: how every number is counted, the model's card, versions and licences."""

from __future__ import annotations

import platform
from html import escape
from importlib import metadata
from pathlib import Path
from string import Formatter

import streamlit as st

from dashboard import cards, reads, session
from dashboard.pen import Pen
from listener.words import catalogue

PARTS = ("streamlit", "altair", "sqlmodel", "onnxruntime", "apscheduler", "httpx")
STATIC = Path(__file__).resolve().parents[1] / "static"
PAGES = {  # which number stands where
    "now": ("reach", "negative", "mentions", "unsure", "chart", "volume", "complaints"), "open_alerts": ("severity", "spread"),
    "cases": ("cases", "promises"), "customer": ("customer", "author"), "story": ("stories", "story_authors", "story_growth", "story_tone", "story_reach"),
    "topics": ("causes", "phrases", "emerging", "search"), "replay": ("replay", "replay_rate", "replay_delay", "replay_recorded"), "peers": ("peers", "market"),
    "effect": ("effect_volume", "effect_tone", "effect_awaited", "lift", "correction"), "brief": ("brief",),
    "recognition": ("recognition", "handled", "win_back", "rated"), "sources": ("sources",),
}
KNOWN = {"least": 20}  # what stands in the sentences for a constant; a method that needs more is told beside its number only


@session.guarded
def page() -> None:
    pen = session.pen()
    session.block(cards.page_title(pen.say("page.about"), pen.say("about.version", version=pen.digits(version)) if (version := _version("gooshbezang")) else ""))
    session.block(f'<p>{escape(pen.say("about.words"))}</p>')
    st.subheader(pen.say("about.methods"))
    _methods(pen)
    st.subheader(pen.say("about.model"))
    _model(pen)
    st.subheader(pen.say("about.parts"))
    rows = [("Python", platform.python_version()), *((name, found) for name in PARTS if (found := _version(name)))]
    facts = "".join(f'<dt class="g-mono">{escape(name)}</dt><dd><bdi>{escape(version)}</bdi></dd>' for name, version in rows)
    session.block(f'<div class="g-card"><dl class="g-facts">{facts}</dl></div>')
    st.subheader(pen.say("about.licences"))
    session.block(f'<div class="g-card"><p>{escape(pen.say("about.licence"))}</p><p>{escape(pen.say("about.font"))}</p></div>')
    with st.expander("SIL Open Font License"):
        st.code((STATIC / "OFL.txt").read_text(encoding="utf-8"), language=None, wrap_lines=True)


def _methods(pen: Pen) -> None:
    left, told = methods(), []
    for page, names in PAGES.items():
        here = [key for name in names if (key := f"how.{name}") in left]
        left = [key for key in left if key not in here]
        told.append(_told(pen, pen.say(f"page.{page}"), here))
    session.block(f'<div class="g-columns">{"".join(told)}{_told(pen, pen.say("about.other"), left)}</div>')


def _told(pen: Pen, title: str, keys: list[str]) -> str:
    told = "".join(f"<details><summary>{escape(pen.known(f'about.{key}', title))}</summary><p>{escape(pen.say(key, **_values(key)))}</p></details>" for key in keys)
    return f'<div class="g-card g-methods"><h3>{escape(title)}</h3>{told}</div>' if told else ""


def methods() -> list[str]:
    """Return the keys of every sentence that says how something is counted and can be told without its number."""
    return [key.removeprefix("board.") for key, (_, en) in catalogue().items() if key.startswith("board.how.") and not key.endswith(".one")
            and {name for _, name, _, _ in Formatter().parse(en) if name} <= set(KNOWN)]


def _values(key: str) -> dict[str, object]:
    return {name: value for name, value in KNOWN.items() if f"{{{name}}}" in catalogue()[f"board.{key}"][1]}


def _model(pen: Pen) -> None:
    settings = reads.service().settings
    card = reads.service().model_card()
    session.block(f'<p class="g-soft">{escape(pen.say("about.scorer", name=settings.score.kind, error=pen.percent(settings.score.target_error)))}</p>')
    if card is None:
        return
    with st.expander(pen.say("about.card")), st.container(key="model_card"):
        st.markdown(card)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


page()
