"""Messages on the terminal of the running program.

Readable without colour: severity and reason are words. Text from outside is data, never markup or control characters.
Auth: none. Limits: none. A closed pipe is a permanent error, since nobody reads any more.
"""

from __future__ import annotations

import io
import sys
from typing import Literal, TextIO

from pydantic import BaseModel
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from alerts.notifiers.plain import without_controls
from listener.errors import NotifyError
from listener.types import Message, Reason, Severity

STYLES = {Severity.P1: "bold red", Severity.P2: "yellow", Severity.P3: "cyan"}
CALM = "green"


class Options(BaseModel, frozen=True, extra="forbid"):
    stream: Literal["stdout", "stderr"] = "stderr"
    colour: bool | None = None   # None: as the terminal allows (NO_COLOR is kept)


class ConsoleNotifier:
    kind = "console"

    def __init__(self, name: str, options: Options | None = None, *, file: TextIO | None = None) -> None:
        self.name, self.options, self._file = name, options or Options(), file

    def send(self, message: Message) -> None:
        """Print one message. Raises: NotifyError when the stream is closed."""
        stream = self._file or (sys.stdout if self.options.stream == "stdout" else sys.stderr)
        style = CALM if message.reason is Reason.RESOLVED else STYLES[message.alert.severity] if message.alert else ""
        title = Text(without_controls(message.title), style=f"bold {style}".strip())
        lines = [Text(without_controls(line)) for line in (*message.lines, *([message.url] if message.url else ()))]
        try:
            paper = io.StringIO()
            console = self._console(paper, stream)
            console.print()
            console.print(title)
            for line in lines:  # no box: borders and right-to-left lines tear each other apart in many terminals
                console.print(Padding(line, (0, 0, 0, 2)))
            stream.write(_writable(paper.getvalue(), stream))
            stream.flush()
        except (OSError, ValueError) as error:
            raise NotifyError(self.name, f"the stream cannot be written ({type(error).__name__}); start with one that is open",
                              permanent=True) from None

    def _console(self, paper: TextIO, stream: TextIO) -> Console:
        """Return a console as wide and as colourful as ``stream`` that writes to ``paper``.

        Writing to the stream is ours: Rich ends the process where a pipe is closed.
        """
        probe = Console(file=stream, force_terminal=True if self.options.colour else None)
        plain = self.options.colour is False or probe.legacy_windows
        return Console(file=paper, markup=False, emoji=False, highlight=False, width=probe.width, legacy_windows=False,
                       force_terminal=probe.is_terminal, color_system=None if plain else "auto",
                       no_color=True if plain else probe.no_color)


def _writable(text: str, stream: TextIO) -> str:
    """Return ``text`` with what the stream's encoding lacks replaced, so that an old terminal still shows the rest."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding, "replace")
