"""How a mistake in the configuration is told: its key path, one sentence, what is allowed, never a secret."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from listener.errors import ConfigError

MOST_COMPARED = 200  # names looked through for the nearest: 3 ms, and a file may hold many mistakes
_SECRET_WORD = re.compile(r"(?:secret|token|passw|api_?key|credential|private)", re.IGNORECASE)


class SettingsError(ConfigError):
    """Mistakes in a configuration. ``problems`` keep plain key paths, for programs; the message also says the name of what they are in."""

    def __init__(self, where: str, problems: Sequence[tuple[str, str]], names: Mapping[str, str]) -> None:
        super().__init__(where, problems)
        told = [(called(path, names), text) for path, text in problems]
        self.args = ("\n".join(f"{where}: {path}: {text}" if path else f"{where}: {text}" for path, text in told),)


def called(path: str, names: Mapping[str, str]) -> str:
    """Return a key path with the name a person gave to the table it lies in.

    >>> called("sources[12].token_env", {"sources[12]": "masto"})
    "sources[12] (name 'masto').token_env"
    """
    place = re.match(r"\w+\[\d+\]", path)
    if place is None or place[0] not in names:
        return path
    return f"{place[0]} (name {shown(names[place[0]])}){path[place.end():]}"


def names_in(tables: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of the sources and receivers of a file by their key paths: ``sources[12]``."""
    return {f"{key}[{index}]": row["name"].strip() for key in ("sources", "receivers")
            for index, row in enumerate(tables[key] if isinstance(tables.get(key), list) else ())
            if isinstance(row, Mapping) and isinstance(row.get("name"), str) and row["name"].strip()}


def key_path(path: str, location: Sequence[int | str]) -> str:
    """Return a key path as people write it: ``sources[2].kind``."""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part.isidentifier() or re.fullmatch(r"[\w-]+", part):
            path += f".{part}" if path else part
    return path


def toml_kind(value: object) -> str:
    """Return what TOML calls this value."""
    names = ((bool, "true or false"), (str, "a text"), (int, "a whole number"), (float, "a number"), (dict, "a table"),
             (list, "a list"))
    return next((name for kind, name in names if isinstance(value, kind)), "nothing" if value is None else "a date or time")


def shown(value: object) -> str:
    """Return a value as a message may repeat it: short, on one line, without the parts of a URL that hold secrets."""
    if isinstance(value, str):
        text = re.sub(r"(://)[^/\s@]*@", r"\1…@", value[:300])  # cut first: a value may be a whole file pasted by mistake
        text = re.sub(r"\?.*$", "?…", text) if "://" in text else text
        # repr() would spell a ZWNJ as \u200c; people read the name they wrote.
        clean = "".join(c if c.isprintable() or c == "\u200c" else "·" for c in text)
        return f"'{clean[:60]}…'" if len(clean) > 60 else f"'{clean}'"
    return repr(value)[:60]


def nearest(word: object, known: Sequence[str]) -> str:
    text = str(word)
    near = list(known)[:MOST_COMPARED]
    close = difflib.get_close_matches(text, near, n=1) or [name for name in near if len(text) > 2 and name.startswith(text)]
    return f"; did you mean {shown(close[0])}?" if close else ""


def sentence(detail: ErrorDetails, model: type[BaseModel], also: Sequence[str] = ()) -> str:
    """Return one sentence that says what is wrong and what is allowed, for one pydantic error."""
    kind, value, context = detail["type"], detail.get("input"), detail.get("ctx", {})
    last = next((str(part) for part in reversed(detail["loc"]) if isinstance(part, str)), "")
    found = "" if _SECRET_WORD.search(last) or last.endswith("_env") else f", found {shown(value)}"
    if kind == "extra_forbidden":
        allowed = [*also, *(key for key in _fields(model, detail["loc"]) if key != "options")]
        return f"unknown key {last!r}; allowed: {', '.join(dict.fromkeys(allowed))}{nearest(last, allowed)}"
    if kind == "missing":
        return "is missing"
    if kind in ("literal_error", "enum"):
        allowed_values = str(context.get("expected", "")).replace(" or ", ", ")
        choices = re.findall(r"'([^']*)'", allowed_values)
        return f"{shown(value)} is not allowed; allowed: {', '.join(choices) or allowed_values}{nearest(value, choices)}"
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", detail["msg"])).strip().rstrip(".")
    expected = {
        "string_type": "a text in quotes", "int_type": "a whole number", "int_parsing": "a whole number",
        "int_from_float": "a whole number", "float_type": "a number", "float_parsing": "a number", "bool_type": "true or false",
        "bool_parsing": "true or false", "tuple_type": "a list", "list_type": "a list", "dict_type": "a table",
        "model_type": "a table", "time_parsing": "a time such as 09:00", "time_type": "a time such as 09:00",
        "greater_than_equal": f"at least {context.get('ge')}", "greater_than": f"more than {context.get('gt')}",
        "less_than_equal": f"at most {context.get('le')}", "less_than": f"less than {context.get('lt')}",
    }.get(kind)
    if expected:
        return f"expected {expected}{found}"
    message = detail["msg"]
    return f"{message[:1].lower()}{message[1:]}{found}"


def _fields(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """Return the keys allowed where ``location`` points: those of the model, or of a model nested in it."""
    current: type[BaseModel] | None = model
    for part in location[:-1]:
        if current is not None and isinstance(part, str) and part in current.model_fields:
            current = _model_in(current.model_fields[part].annotation)
    return list(current.model_fields) if current is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner)) is not None), None)
