"""``goosh topics``: what people complain about these days, in either language."""

from __future__ import annotations

import typer

app = typer.Typer(name="topics", add_completion=False, rich_markup_mode="rich", no_args_is_help=True)


@app.callback()
def topics() -> None:
    """Say what people complain about, in Persian and in English together."""
