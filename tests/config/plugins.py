"""Plugins that exist for the tests of the configuration: kinds with options, secrets and spans of time."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, Field, model_validator

from listener.registry import Registry


class Options(BaseModel, frozen=True, extra="forbid"):
    """Of a source or a receiver."""

    url: str | None = None
    url_env: str | None = None
    token_env: str = "FEED_TOKEN"
    pause: timedelta | None = None
    max_pages: int = Field(default=20, ge=1, le=1000)

    @model_validator(mode="after")
    def _one_address(self) -> Options:
        if self.url is not None and self.url_env is not None:
            raise ValueError("at most one of url & url_env may be set")
        return self


class Plugin: ...


RULES = ("spike", "negative_share", "big_voice", "harm", "ignored_case", "resurfaced", "rising_topic", "overdue_case", "broken_promise", "collector_down",
         "stale_source")
"""Those of the default list, in its order."""

_HERE = f"{__name__}:Plugin"


def registries() -> dict[str, Registry]:
    """Return what ``load`` and ``parse`` want, without any room behind it."""
    return {
        "collectors": Registry("collector", {"rss": _HERE, "mastodon": _HERE, "telegram": _HERE}),
        "rules": Registry("rule", {kind: _HERE for kind in RULES}),
        "notifiers": Registry("notifier", {"console": _HERE, "webhook": _HERE}),
        "scorers": Registry("scorer", {"packaged": _HERE}),
    }


class FakeQueryError(ValueError):
    """As ``listener.match`` raises it: with a column and a message."""

    def __init__(self, column: int, message: str) -> None:
        self.column, self.message = column, message
        super().__init__(f"column {column}: {message}")


def parse_query(text: str) -> object:
    """Refuse a query whose parentheses do not close, as the real parser would."""
    if text.count("(") != text.count(")"):
        raise FakeQueryError(text.find("(") + 1, "this parenthesis is never closed")
    return text
