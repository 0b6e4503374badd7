"""Every error this house raises on purpose, named by what to do about it.

    ListenerError            base; never raised itself
    ├── ConfigError          .problems [(key path, sentence)]          fix the file; exit 2
    ├── CollectError         .source .permanent .retry_after           retry, or mark the source failing and carry on
    ├── ScoreError           .model                                    leave mentions unscored; they are taken up next time
    ├── StorageError         .path                                     stop; nothing may be lost silently
    └── NotifyError          .receiver .permanent .retry_after         retry, or disable the receiver and say so

    ValueError
    └── Refusal              .where .key .values                       tell the person, in their language; nothing was changed

Messages read ``where: what happened; what to do``: lower case, no full stop, values in ``repr``, never a secret.
Only ``pipeline`` and ``service`` catch these, per source, receiver and person. Anything else is a bug and surfaces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from listener.words import Language, say


class ListenerError(Exception):
    """Base of all expected failures."""


class ConfigError(ListenerError):
    """The configuration cannot be used. Carries every problem found, not only the first."""

    def __init__(self, where: str, problems: Sequence[tuple[str, str]]) -> None:
        self.where = where
        self.problems = list(problems)
        super().__init__("\n".join(f"{where}: {path}: {sentence}" if path else f"{where}: {sentence}"
                                   for path, sentence in self.problems))


class CollectError(ListenerError):
    """A source could not be read this time. ``permanent`` means: not before somebody changes something."""

    def __init__(self, source: str, what: str, *, permanent: bool = False, retry_after: timedelta | None = None) -> None:
        self.source = source
        self.what = what
        self.permanent = permanent
        self.retry_after = retry_after
        super().__init__(f"{source}: {what}" if source else what)


class ScoreError(ListenerError):
    """A model could not be loaded or could not score."""

    def __init__(self, model: str, what: str) -> None:
        self.model = model
        super().__init__(f"{model}: {what}")


class StorageError(ListenerError):
    """The database cannot be opened, read or written as it must be. ``gone``: it is no longer there, and trying again is of no use."""

    def __init__(self, path: str, what: str, *, gone: bool = False) -> None:
        self.path = path
        self.gone = gone
        super().__init__(f"{path}: {what}")


class NotifyError(ListenerError):
    """A message could not be handed over. ``permanent``: the receiver is disabled until a person mends it, when it stays so.

    ``of_message``: this message is refused, and given up; the receiver would take others.

    ``left`` names who has not got it where the others of the receiver have: only they get it when it is tried again.
    """

    def __init__(self, receiver: str, what: str, *, permanent: bool = False, retry_after: timedelta | None = None,
                 left: tuple[str, ...] = (), of_message: bool = False) -> None:
        self.receiver = receiver
        self.what = what
        self.permanent = permanent
        self.retry_after = retry_after
        self.left = left
        self.of_message = of_message
        super().__init__(f"{receiver}: {what}" if receiver else what)


Value = str | int | Sequence[str]


class Refusal(ValueError):
    """What somebody asked for is not done, for a reason that they can do something about.

    The reason is a word of the catalogue, ``refused.<key>``, so that everybody reads it in their own language. The message, for the
    command line and logs, is the English one after ``where``, which names the thing as a program would: ``case 7``, ``source 'news'``.
    """

    def __init__(self, where: str, key: str, **values: Value | Callable[[Language], Value]) -> None:
        self.where = where
        self.key = key
        self.values = values
        super().__init__(f"{where}: {self.said('en')}")

    def said(self, language: Language) -> str:
        """Return the reason without ``where``, for somebody who sees what it is about. Names in it are isolated in Persian; a value that
        is written differently in each language, such as a day, is asked for it.
        """
        def written(value: Value | Callable[[Language], Value]) -> str | int:
            if callable(value):
                value = value(language)
            if isinstance(value, int):
                return value
            if isinstance(value, str):
                return f"\u2068{value}\u2069" if language == "fa" else value
            return ("، " if language == "fa" else ", ").join(str(written(one)) for one in value)

        return say(f"refused.{self.key}", language, **{name: written(value) for name, value in self.values.items()})
