"""``goosh password``: a hash on one line, and nothing of the password."""

from __future__ import annotations

from typer.testing import CliRunner

from config.passwords import is_password
from listener.cli.password import app


def test_the_hash_of_a_password_is_printed_and_opens_with_it() -> None:
    told = CliRunner().invoke(app, [], input="یک جملهٔ خوب\n")
    assert told.exit_code == 0 and told.stdout.count("\n") == 1 and is_password("یک جملهٔ خوب", told.stdout.strip()) and "جمله" not in told.stdout


def test_a_short_password_is_refused_with_what_to_do() -> None:
    told = CliRunner().invoke(app, [], input="short\n")
    assert told.exit_code != 0 and "10 characters at least" in str(told.exception)
