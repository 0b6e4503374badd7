"""Who may come to the board, as the file says it; and passwords, of which only hashes are kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config import passwords
from config.settings import Settings, parse
from listener.errors import ConfigError
from listener.registry import Registry

NONE = {name: Registry(name, {}) for name in ("collectors", "rules", "notifiers")}
START = '[[brands]]\nname = "الف"\n'


def read(text: str) -> Settings:
    return parse(START + text + '\n', environment={}, **{**NONE, "rules": _Any("rule", {}), "notifiers": _Any("notifier", {})})


class _Any(Registry):
    def __contains__(self, kind: object) -> bool:
        return True

    def options(self, kind: str) -> type:
        from pydantic import BaseModel

        return type("Options", (BaseModel,), {"model_config": {"extra": "allow"}})


def problems(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return str(caught.value)


def test_nobody_is_asked_unless_the_file_says_so() -> None:
    board = read("").board
    assert (board.auth, board.others, board.session, board.bind) == ("none", "viewer", timedelta(hours=12), "127.0.0.1")


def test_people_have_roles_and_their_passwords_are_named_by_variable() -> None:
    settings = read('[board]\nauth = "password"\npassword_env = "TEAM"\n[[people]]\nname = "سارا"\n'
                    '[[people]]\nname = "علی"\nboard = "admin"\npassword_env = "ALI"\n')
    assert [person.board for person in settings.people] == ["on_call", "admin"]
    assert {(one.path, one.variable) for one in settings.secrets()} == {("people[1].password_env", "ALI"), ("board.password_env", "TEAM")}
    assert [one.variable for one in settings.missing_secrets({"ALI": "x"})] == ["TEAM"]


@pytest.mark.parametrize(("text", "said"), [
    ('[board]\nauth = "password"\n', 'auth = "password" asks for a name of [[people]]'),
    ('[board]\nauth = "password"\n[[people]]\nname = "سارا"\n', "neither this person nor [board] has a password_env"),
    ('[board]\nauth = "password"\npassword_env = "TEAM"\n[[people]]\nname = "سارا"\nboard = "admin"\n', "an admin needs a password of their own"),
    ('[board]\nauth = "oidc"\n', "needs a table [board.oidc]"),
    ('[board]\nauth = "oidc"\n[board.oidc]\nmetadata_url = "https://x.example"\nclient_id = "g"\nclient_secret_env = "S"\n', "needs url"),
    ('[board]\nauth = "magic"\n', "board.auth"), ('[board]\nsession = "1m"\n', "between 5m and 30d"),
    ('[board]\nauth = "oidc"\nurl = "https://b.example"\n[board.oidc]\nmetadata_url = "file:///x"\nclient_id = "g"\nclient_secret_env = "S"\n', "metadata_url"),
    ('[board]\nauth = "oidc"\nurl = "https://b.example"\n[board.oidc]\nmetadata_url = "https://x.example"\nclient_id = "g"\nclient_secret_env = "hunter2-hunter2-hunter2-2"\n', "client_secret_env"),
    ('[[people]]\nname = "سارا"\nemail = "a@x.ir"\n[[people]]\nname = "علی"\nemail = "A@x.ir"\n', "one address is one person"),
])
def test_a_door_that_would_not_shut_is_refused_in_words(text: str, said: str) -> None:
    told = problems(text)
    assert said in told and "hunter2" not in told


def test_a_password_is_known_again_and_another_is_not() -> None:
    kept = passwords.hash_password("یک جملهٔ خوب و بلند")
    assert kept.startswith("scrypt$16384$8$5$") and "جمله" not in kept
    assert passwords.is_password("یک جملهٔ خوب و بلند", kept) and not passwords.is_password("یک جملهٔ خوب", kept)
    assert kept != passwords.hash_password("یک جملهٔ خوب و بلند")  # salted


@pytest.mark.parametrize("password", ["short", "x" * 2_000])
def test_a_password_too_short_or_endless_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="10 characters at least"):
        passwords.hash_password(password)


@pytest.mark.parametrize("kept", ["", "hunter2", "scrypt$3$8$1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA", "scrypt$1073741824$8$1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA",
                                  "scrypt$16384$8$5$AAAA$AA", "scrypt$x$8$5$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA"])
def test_what_is_no_hash_opens_nothing(kept: str) -> None:
    assert not passwords.is_hash(kept)
    with pytest.raises(ValueError, match="not a hash of a password"):
        passwords.is_password("anything at all", kept)
