"""A rule's options as a form: a field a key, of the kind its type asks for, with the limits the rule itself names.

Rules are pure, so the board may know them; a kind that it does not know has no form and is tried as the file has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from alerts.rules import RULES
from config.durations import parse_duration, write_duration
from config.settings import RuleSettings, Settings
from dashboard.pen import Pen
from listener.errors import Refusal

SHARED = frozenset({"timezone", "weekend"})  # come from the configuration's own keys


def defaults(rule: RuleSettings) -> dict[str, Any]:
    """Return every option of a rule with what holds for it now; empty for a kind that is not known here."""
    if rule.kind not in RULES:
        return {}
    fields = RULES.options(rule.kind).model_fields
    return {name: rule.options.get(name, info.get_default(call_default_factory=True)) for name, info in fields.items()
            if name not in SHARED and not info.is_required()}


def form(pen: Pen, rule: RuleSettings, settings: Settings) -> dict[str, Any]:
    """Draw the form; return the options that were changed from what holds now. Raises: Refusal for a value that cannot be read."""
    if rule.kind not in RULES:
        st.caption(pen.say("replay.unknown"))
        return {}
    model: type[BaseModel] = RULES.options(rule.kind)
    changed = {}
    columns = st.columns(2)
    for number, (name, now) in enumerate(defaults(rule).items()):
        with columns[number % 2]:
            given = _field(pen, rule, name, model.model_fields[name], now)
        if given != now:
            changed[name] = given
    return changed


def _field(pen: Pen, rule: RuleSettings, name: str, info: FieldInfo, now: Any) -> Any:
    label, key = pen.known(f"option.{name}", name), f"option_{rule.name}_{name}"
    kind = info.annotation
    if isinstance(now, bool):
        return st.toggle(label, value=now, key=key)
    if get_origin(kind) is Literal:
        return st.selectbox(label, get_args(kind), index=get_args(kind).index(now), key=key, format_func=lambda one: pen.known(f"option.value.{one}", str(one)))
    if isinstance(now, Enum):
        return st.selectbox(label, list(type(now)), index=list(type(now)).index(now), key=key, format_func=lambda one: str(one.value))
    if isinstance(now, timedelta):
        return _duration(st.text_input(label, write_duration(now), key=key, help=pen.say("replay.duration"), max_chars=20))
    if isinstance(now, (int, float)):
        low, high = _limits(info)
        whole = isinstance(now, int)
        return st.number_input(label, value=now, key=key, step=1 if whole else 0.05 if now >= 0.1 else now / 2 or 0.05, format=None if whole else "%g",
                               min_value=None if low is None else type(now)(low), max_value=None if high is None else type(now)(high))
    if isinstance(now, str):
        return st.text_input(label, now, key=key, max_chars=200)
    return now  # lists and tables are the file's


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError:
        raise Refusal("options", "duration", text=text) from None


def _limits(info: FieldInfo) -> tuple[float | None, float | None]:
    found: Mapping[str, Any] = {name: getattr(one, name) for one in info.metadata for name in ("ge", "le") if getattr(one, name, None) is not None}
    return found.get("ge"), found.get("le")
