"""Plugins by kind: a literal mapping of kind to ``"module:Class"``, imported on first use.

A plugin is one file and one line in the mapping of its package. Beside the class, the file defines ``Options``, a
frozen pydantic model with ``extra="forbid"`` that says what its configuration may hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any


class Registry:
    """Read-only mapping of kinds to plugins.

    >>> Registry("collector", {"rss": "listener.collectors.rss:RSSCollector"}).kinds
    ('rss',)
    """

    def __init__(self, noun: str, entries: Mapping[str, str]) -> None:
        self.noun = noun
        self._entries = dict(entries)

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(sorted(self._entries))

    def __contains__(self, kind: object) -> bool:
        return kind in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self.kinds)

    def load(self, kind: str) -> Any:
        """Return the plugin class. Raises: KeyError with a sentence that names the known kinds."""
        module, _, name = self._target(kind).partition(":")
        return getattr(import_module(module), name)

    def options(self, kind: str) -> Any:
        """Return the plugin's ``Options`` model. Raises: KeyError as ``load``."""
        return import_module(self._target(kind).partition(":")[0]).Options

    def _target(self, kind: str) -> str:
        try:
            return self._entries[kind]
        except KeyError:
            raise KeyError(f"unknown {self.noun} {kind!r}; known: {', '.join(self.kinds)}") from None
