"""Logs: readable for people and programs, and without anything that must not stand there."""

from __future__ import annotations

import io
import json
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings, parse
from listener import logs
from listener.errors import ConfigError
from listener.logs import Redactor, visible
from tests.config.plugins import registries

SECRET = "xoxb-12345/ä+% \"quoted\""


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, raised = list(root.handlers), root.level, logging.raiseExceptions
    levels = {name: logging.getLogger(name).level for name in logs.NOISY}
    yield
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)
    logging.captureWarnings(False)
    logging.raiseExceptions = raised


def settings(extra: str = "", database: str | None = None) -> Settings:
    text = ('[[brands]]\nname = "اسنپ"\n[[receivers]]\nkind = "webhook"\nname = "ops"\nurl_env = "OPS_URL"\ntoken_env = "OPS_TOKEN"\n' + extra)
    return parse(text, **registries(), environment={"GOOSH_DATABASE": database} if database else {})


def written(made: Settings | None, *, level: str = "debug", environment: dict[str, str] | None = None) -> io.StringIO:
    stream = io.StringIO()
    logs.set_up(made, level=level, environment=environment or {}, stream=stream)
    return stream


def test_a_line_says_when_how_bad_where_and_what() -> None:
    stream = written(settings())
    logging.getLogger("goosh.pipeline").warning("%s: HTTP %d", "isna", 429, extra={"source": "isna"})
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning pipeline: isna: HTTP 429 source=isna\n", stream.getvalue())


def test_json_is_one_object_a_line_with_what_was_passed() -> None:
    stream = written(settings('[log]\nformat = "json"\n'))
    logging.getLogger("goosh.pipeline").info("خوانده شد\nدو خط", extra={"source": "isna", "new": 3})
    (line,) = stream.getvalue().splitlines()
    row = json.loads(line)
    assert row.pop("at").endswith("Z")
    assert row == {"level": "info", "logger": "goosh.pipeline", "message": "خوانده شد\nدو خط", "source": "isna", "new": 3}


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_reaches_the_log_by_any_way(form: str) -> None:
    stream = written(settings(f'[log]\nformat = "{form}"\n', "postgresql://u:hunter22@db/goosh"),
                     environment={"OPS_TOKEN": SECRET, "OPS_URL": "https://hooks.example.ir/T0/B0/abcdef"})
    log = logging.getLogger("goosh.test")
    log.error("token %s refused", SECRET)
    log.error("at https://hooks.example.ir/T0/B0/abcdef", extra={"token": SECRET, "nested": {"deep": SECRET}})
    log.error("GET https://me:pass@example.ir/a?key=geheim#x and postgresql://u:hunter22@db/goosh")
    try:
        raise ValueError(f"bad answer to https://api.example.ir/?token=geheim with {SECRET}")
    except ValueError:
        log.exception("it broke")
    import urllib.parse
    log.error("sent to /send?t=%s", urllib.parse.quote(SECRET, safe=""))
    said = stream.getvalue()
    for secret in ("xoxb-12345", "hooks.example.ir/T0", "geheim", "pass@", "hunter22"):
        assert secret not in said
    assert "•••@example.ir/a?•••" in said and "ValueError" in said


def test_what_opens_doors_in_a_secret_address_is_hidden_where_it_stands_alone() -> None:
    values = logs.secret_values(settings(), {"OPS_URL": "https://reza:hun%2Fter2@hooks.example.ir/a?key=ge+heim&format=json#x"})
    clean = Redactor(values).clean("reza, hun/ter2, hun%2Fter2, ge+heim, ge heim, json, hooks.example.ir")
    assert clean == "•••, •••, •••, •••, •••, json, hooks.example.ir"


@pytest.mark.parametrize(("text", "clean"), [
    ("https://example.ir/rss", "https://example.ir/rss"),
    ("https://example.ir/rss?page=2", "https://example.ir/rss?•••"),
    ("https://u:p@example.ir:8443/x", "https://•••@example.ir:8443/x"),
    ("socks5://u:p@10.0.0.1:1080", "socks5://•••@10.0.0.1:1080"),
    ("a@b.ir wrote to c@d.ir?", "a@b.ir wrote to c@d.ir?"),
    ("<a href='https://e.ir/?a=1'>", "<a href='https://e.ir/?•••'>"),
    ("https://e.ir/x#token=1", "https://e.ir/x#token=1".partition("#")[0] + "#token=1"),
])
def test_urls_keep_what_helps_and_lose_what_opens_doors(text: str, clean: str) -> None:
    assert Redactor().clean(text) == clean


def test_a_secret_too_short_to_be_one_does_not_blank_the_log() -> None:
    assert Redactor(["a", "", "  ", "1234"]).clean("a banana costs 1234") == "a banana costs •••"


def test_a_longer_secret_is_taken_whole_even_if_another_begins_it() -> None:
    assert Redactor(["abcd", "abcdefgh"]).clean("x abcdefgh y") == "x ••• y"


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_post_cannot_forge_a_line_or_steer_the_terminal(form: str) -> None:
    stream = written(settings(f'[log]\nformat = "{form}"\n'))
    logging.getLogger("goosh.test").info("%s", "سلام\n2026-01-01T00:00:00.000Z error pipeline: forged\x1b[2J\u202egnp.exe\x9b31m\u2028x\x00")
    said = stream.getvalue()
    assert said.count("\n") == 1
    assert not set(said) & set("\x1b\u202e\x9b\u2028\x00")
    assert "سلام" in said


@pytest.mark.parametrize("post", ["a." * 500_000 + "://", "://" * 300_000, "@" * 1_000_000 + "://", "http://" + "a@" * 400_000 + "?"],
                         ids=["dots", "colons", "ats", "users"])
@pytest.mark.timeout(10)
def test_a_megabyte_made_to_be_slow_is_not(post: str) -> None:
    Redactor(["abcdefgh"]).clean(post)
    stream = written(settings())
    logging.getLogger("goosh.test").info("%s", post)
    assert len(stream.getvalue()) < 25_000


def test_half_space_stays_since_persian_needs_it() -> None:
    assert visible("دیجی‌کالا") == "دیجی‌کالا"


def test_libraries_that_log_addresses_are_quiet() -> None:
    stream = written(settings())
    logging.getLogger("httpx").info("HTTP Request: GET https://example.ir/?token=1")
    assert stream.getvalue() == ""


def test_setting_up_twice_does_not_write_twice() -> None:
    written(settings())
    stream = written(settings())
    logging.getLogger("goosh.test").info("once")
    assert stream.getvalue().count("once") == 1


def test_the_level_of_the_settings_holds_and_a_louder_one_wins() -> None:
    quiet = settings('[log]\nlevel = "error"\n')
    stream = io.StringIO()
    logs.set_up(quiet, environment={}, stream=stream)
    logging.getLogger("goosh.test").warning("unheard")
    assert stream.getvalue() == ""
    stream = written(quiet, level="info")
    logging.getLogger("goosh.test").info("heard")
    assert "heard" in stream.getvalue()


def test_the_file_is_rotated_kept_short_and_readable_by_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LARGEST", 2_000)
    path = tmp_path / "logs" / "goosh.log"
    written(settings(f"[log]\nfile = '{path}'\n"), environment={"OPS_TOKEN": SECRET})
    for number in range(200):
        logging.getLogger("goosh.test").info("خط %d با %s", number, SECRET)
    files = sorted(file.name for file in path.parent.iterdir())
    assert files == ["goosh.log", *(f"goosh.log.{i}" for i in range(1, 6))]
    assert all(file.stat().st_size <= 2_000 for file in path.parent.iterdir())
    assert "xoxb" not in "".join(file.read_text(encoding="utf-8") for file in path.parent.iterdir())
    if os.name == "posix":
        assert path.with_name("goosh.log.5").stat().st_mode & 0o077 == 0


def test_a_log_file_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(ConfigError, match=r"log\.file: cannot write .*name a file in a folder that this user may write"):
        written(settings(f"[log]\nfile = '{tmp_path / 'taken' / 'goosh.log'}'\n"))


def test_without_settings_warnings_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up()
    logging.getLogger("goosh.test").info("unheard")
    logging.getLogger("goosh.test").warning("heard")
    assert capsys.readouterr().err.endswith("warning test: heard\n")
