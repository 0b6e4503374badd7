"""``goosh password``: what to keep of a password of the board, in place of it."""

from __future__ import annotations

import sys

import typer

from listener.errors import ConfigError

app = typer.Typer(add_completion=False)


@app.command()
def password() -> None:
    """Ask for a password twice and print its hash, which goes into the environment variable that the configuration names.

    Single quotes keep a shell from reading the dollar signs: [bold]export GOOSH_BOARD_PASSWORD='scrypt$…'[/bold]

    [bold]goosh password < file[/bold] hashes the first line of a file, for scripts.
    """
    from config.passwords import hash_password

    if sys.stdin.isatty():
        given = typer.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True)
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    try:
        print(hash_password(given))  # whole on one line, whatever the terminal's width
    except ValueError as error:
        raise ConfigError("goosh password", [("", str(error))]) from None
