"""The command line as a whole: what every command has, what errors look like, how it ends."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer

from listener import cli
from listener.errors import CollectError, ConfigError, StorageError
from tests.listener.terminal import a_process, goosh, start

BRAND = '[[brands]]\nname = "اسنپ"\n'
THERE = [row for row in cli.COMMANDS if Path(cli.__file__).with_name(row.module.rpartition(".")[2] + ".py").exists()]
"""Commands whose module is written; the others are listed all the same."""


@pytest.fixture(autouse=True)
def a_clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---------------------------------------------------------------------------------------------------- help

def test_help_lists_every_command_under_its_heading() -> None:
    said = goosh("--help")
    assert said.code == 0
    for row in cli.COMMANDS:
        assert re.search(rf"^│ {row.name} ", said.out, re.MULTILINE), row.name
        assert f"─ {row.panel} ─" in said.out


def test_no_command_at_all_shows_the_help() -> None:
    assert "Usage: goosh" in goosh().out


@pytest.mark.parametrize("name", [row.name for row in THERE])
def test_every_command_has_help_in_prose_with_the_options_that_work_everywhere(name: str) -> None:
    command = cli.load(name)
    assert command.help and len(command.help.splitlines()) > 2, "a summary and an example"
    for one in [command] if not hasattr(command, "commands") else [*command.commands.values()]:
        flags = {flag for parameter in one.params for flag in parameter.opts}
        assert {"--config", "--verbose"} <= flags, one.name
    said = goosh(name, "--help")
    assert said.code == 0 and "--config" in said.out


@pytest.mark.parametrize("name", [row.name for row in THERE if row.module.endswith((".setup", ".check", ".doctor", ".running", ".alerts"))])
def test_help_shows_an_example_and_the_list_says_what_the_help_says(name: str) -> None:
    command = cli.load(name)
    row = next(row for row in cli.COMMANDS if row.name == name)
    first = inspect.cleandoc(command.help).split("\n\n")[0].replace("\n", " ")
    assert first.startswith(row.help[:-1].split(";")[0].split(", for ")[0].rstrip(".")[:30])
    assert "goosh " in command.help.replace("[bold]", "")


def test_every_command_that_prints_a_table_prints_json_too() -> None:
    for module in ("setup", "check", "doctor", "running", "alerts"):
        source = Path(cli.__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and any("command" in ast.dump(decorator) for decorator in node.decorator_list):
                calls = {call.func.id for call in ast.walk(node) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}
                if calls & {"put_table", "_show", "_show_sources"}:
                    assert "as_json" in {argument.arg for argument in node.args.args}, node.name


def test_the_version_is_printed() -> None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        expected = f"goosh {version('gooshbezang')}\n"
    except PackageNotFoundError:
        expected = "goosh, run from a folder and not installed\n"
    assert goosh("--version").out == expected


def test_a_mistyped_command_names_the_nearest() -> None:
    said = goosh("chek")
    assert said.code == 2 and "Did you mean 'check'?" in said.err


# ---------------------------------------------------------------------------------------------------- --config everywhere

@pytest.mark.parametrize("arguments", [("--config", "team.toml", "check"), ("check", "--config", "team.toml"),
                                       ("check", "--config=team.toml", "--json")])
def test_config_may_stand_before_or_after_the_command(arguments: tuple[str, ...], tmp_path: Path) -> None:
    Path("team.toml").write_text(BRAND, encoding="utf-8")
    said = goosh(*arguments)
    assert said.code == 0
    assert str(tmp_path / "team.toml") in said.out.replace("\n", "")
    assert "GOOSH_CONFIG" not in os.environ, "the file was only lent"


def test_config_reaches_commands_of_a_group() -> None:
    said = goosh("alerts", "list", "--config", "nope.toml")
    assert said.code == 2 and "nope.toml: no such file" in said.err


def test_the_environment_names_the_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("other.toml").write_text(BRAND, encoding="utf-8")
    monkeypatch.setenv("GOOSH_CONFIG", "other.toml")
    assert goosh("check", "--json").json["file"].endswith("other.toml")


# ---------------------------------------------------------------------------------------------------- errors

@pytest.mark.parametrize(("error", "code", "lines"), [
    (ConfigError("goosh.toml", [("sources[2].kind", "unknown collector 'twiter'; known: rss"), ("board.port", "expected at most 65535")]), 2,
     ["goosh: goosh.toml: sources[2].kind: unknown collector 'twiter'; known: rss", "goosh: goosh.toml: board.port: expected at most 65535"]),
    (StorageError("/data/goosh.sqlite", "the disk is full"), 1, ["goosh: /data/goosh.sqlite: the disk is full"]),
    (CollectError("isna", "HTTP 429\x1b[2J"), 1, None),
])
def test_an_expected_error_is_one_line_each_and_an_exit_code(error: Exception, code: int, lines: list[str] | None,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    import listener.app

    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr(listener.app, "read_settings", fail)
    said = goosh("sources")
    assert said.code == code and said.out == ""
    assert "Traceback" not in said.err and "\x1b" not in said.err
    if lines:
        assert said.err.splitlines() == lines


def test_a_bug_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    import listener.app

    monkeypatch.setattr(listener.app, "read_settings", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        goosh("sources")


def test_without_a_configuration_the_next_step_is_named_and_nothing_else() -> None:
    said = a_process("once")
    assert said.code == 2 and said.out == ""
    assert re.fullmatch(r"goosh: goosh\.toml: no configuration found here.*run \"goosh init\" or give --config FILE\n", said.err)


@pytest.mark.skipif(os.name != "posix", reason="a pipe that closes early is told by a signal there only")
def test_a_reader_that_goes_away_is_no_error_worth_a_word() -> None:
    Path("goosh.toml").write_text("".join(f'[[brands]]\nname = "brand {i}"\n' for i in range(4_000)), encoding="utf-8")
    process = start("check", "--json")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(30) in (0, 1)
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_ends_quietly_with_130(tmp_path: Path) -> None:
    program = ("import os, signal, time, listener.app\n"
               "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored in what was started in the background
               "listener.app.read_settings = lambda _: (os.kill(os.getpid(), signal.SIGINT), time.sleep(9))\n"
               "from listener.cli import main; main()")
    done = subprocess.run([sys.executable, "-c", program, "sources"], check=False, capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[2])})
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_terminal_without_persian_letters_gets_a_line_all_the_same() -> None:
    Path("goosh.toml").write_text(BRAND, encoding="utf-8")
    said = a_process("check", PYTHONUTF8="0", PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONCOERCECLOCALE="0")
    assert said.code == 0, said.err
    assert "nothing is wrong" in said.out and "UnicodeEncodeError" not in said.err


# ---------------------------------------------------------------------------------------------------- how it is built

def test_every_row_points_at_a_command_of_its_module() -> None:
    for row in THERE:
        group = typer.main.get_group(import_module(row.module).app)
        assert row.name in group.commands or group.name == row.name, row.name


def test_tables_let_no_control_character_and_no_markup_through(capsys: pytest.CaptureFixture[str]) -> None:
    from listener.cli.terminal import put, put_table

    put_table(["a"], [("[red]x[/red]\x1b[2J\u202eb",)], title="[bold]")
    put("[link=file:///etc/passwd]y[/link]\x07")
    out = capsys.readouterr().out
    assert "[red]x[/red]" in out and "[link=file:///etc/passwd]y[/link]" in out
    assert not set(out) & set("\x1b\u202e\x07")


def test_every_word_that_commands_say_is_in_the_catalogue_and_none_is_left_over() -> None:
    from listener.service import Health, NoLag
    from listener.words import catalogue
    from listener.words.sources import WORDS as OF_SOURCES

    known = {key for key in catalogue() if key.startswith("cli.")}

    sources = "\n".join(path.read_text(encoding="utf-8") for path in Path(cli.__file__).parent.glob("*.py"))
    said = {f"cli.{key}" for key in re.findall(r"[\"']cli\.([a-z_.]+)[\"']", sources)}
    for columns in re.findall(r"for key in \(([^)]*)\)|\bwords\(([^)]*)\)", sources):
        said |= {f"cli.{key}" for key in re.findall(r"\"([a-z_]+)\"", "".join(columns))}
    said |= {f"cli.{key}" for key in ("ok", "failed", "own", "peer")}
    for family in re.findall(r"f\"(cli\.[a-z_.]+\.)\{", sources):  # said by the name of a value: cli.verdict.real
        said |= {key for key in known if key.startswith(family)}
    said |= {f"{key}.one" for key in said if f"{key}.one" in known}  # the singular of a sentence with a count
    assert said - known == set()
    assert known - said == set()
    of_sources = {key for key in re.findall(r"[\"']((?:sources|watch|run)\.[a-z_.]+)[\"']", sources) if key not in ("sources.column", "sources.py")}
    for columns in re.findall(r"\bcolumns\(language, ([^)]*)\)", sources):
        of_sources |= {f"sources.column.{key}" for key in re.findall(r"\"([a-z_]+)\"", columns)}
    of_sources |= {f"sources.health.{health.value}" for health in Health}
    of_sources |= {f"sources.no_lag.{why.value}" for why in NoLag}
    of_sources |= {f"{key}.one" for key in of_sources if f"{key}.one" in OF_SOURCES}  # the singular of a sentence with a count
    of_sources |= {f"sources.covered.{state}" for state in ("ok", "partial", "lost", "unknown")} | {"sources.column.lags"}
    of_sources |= {f"sources.feeling.{label}" for label in ("negative", "neutral", "positive")}
    assert of_sources - set(OF_SOURCES) == set()
    assert set(OF_SOURCES) - of_sources == set()
