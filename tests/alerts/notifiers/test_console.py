"""Messages on the terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from alerts.notifiers.console import ConsoleNotifier, Options
from alerts.notifiers.plain import without_controls
from listener.errors import NotifyError
from tests.alerts.notifiers.messages import a_message


def printed(options: Options | None = None, **changes: object) -> str:
    out = io.StringIO()
    ConsoleNotifier("desk", options, file=out).send(replace(a_message(), **changes))  # type: ignore[arg-type]
    return out.getvalue()


def test_title_lines_and_link_stand_there_in_order() -> None:
    lines = [line.strip() for line in printed(lines=("نخست", "دوم")).splitlines() if line.strip()]
    assert lines[0].startswith("بحرانی · ") and lines[1:] == ["نخست", "دوم", "https://board.test/a?alert=1"]


def test_colour_is_only_an_addition() -> None:
    assert "\x1b[" in printed(Options(colour=True)) and "\x1b[" not in printed(Options(colour=False))
    assert "بحرانی" in printed(Options(colour=False))


def test_a_message_without_alert_is_printed_too() -> None:
    assert "بحرانی" in printed(alert=None)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_it_goes_where_the_option_says(stream: str, capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleNotifier("desk", Options(stream=stream)).send(a_message())  # type: ignore[arg-type]
    said = capsys.readouterr()
    assert "بحرانی" in getattr(said, "out" if stream == "stdout" else "err")
    assert "بحرانی" not in getattr(said, "err" if stream == "stdout" else "out")


def test_an_old_terminal_shows_what_it_can(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w", encoding="ascii") as file:
        ConsoleNotifier("desk", file=file).send(a_message("only ascii", language="en"))
    assert "Critical" in (tmp_path / "log").read_text()


def test_a_closed_stream_is_a_permanent_error() -> None:
    out = io.StringIO()
    out.close()
    with pytest.raises(NotifyError) as caught:
        ConsoleNotifier("desk", file=out).send(a_message())
    assert caught.value.permanent


def test_the_isolates_of_our_own_wording_stay_and_overrides_go() -> None:
    assert without_controls("به \u2068X\u202eY\u2069 رسید") == "به \u2068XY\u2069 رسید"
