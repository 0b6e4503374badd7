"""The room plan as a test: who may import whom, and which rooms are pure.

A module belongs to the layer with the longest matching prefix. Imports inside functions count like any other;
imports under ``if TYPE_CHECKING`` too, since they tie rooms together just the same.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("listener", "sentiment", "alerts", "dashboard", "config")
TOP_LEVEL = {"pyproject.toml", "README.md", "LICENSE", "tests", *PACKAGES}

GROUND = ("listener.types", "listener.errors", "listener.registry", "listener.calendar", "listener.text", "listener.meaning", "listener.words",
          "listener.polling")  # the pace of a source: decided by the pipeline, kept by storage, shown by rules and board
PURE_ALERTS = tuple(f"alerts.{name}" for name in ("reach", "series", "rules", "lifecycle", "evidence", "notices", "wording", "stories",
                                                        "precision", "paging", "rota", "severity", "causes", "blindness", "topics", "digest", "care", "spread", "course", "storm", "peers", "effect", "brief", "aftermath"))
PURE_SENTIMENT = ("sentiment.evaluation", "sentiment.calibration", "sentiment.prevalence")

LAYERS: dict[str, tuple[str, ...]] = {
    **{module: GROUND for module in GROUND},
    "config": (*GROUND, "config"),
    "listener": (),  # the package itself holds a docstring
    "listener.match": (*GROUND, "listener.match"),
    "listener.client": (*GROUND, "listener.client"),
    "listener.collectors": (*GROUND, "listener.client", "listener.collectors"),
    "listener.storage": (*GROUND, "listener.storage"),
    "sentiment": (*GROUND, "sentiment"),
    "alerts": (*GROUND, "alerts"),
    "listener.service": (*GROUND, "config", "listener.match", "listener.storage", "listener.service", *PURE_ALERTS, *PURE_SENTIMENT,
                         "sentiment"),  # the registry alone, see below: what is typed into a search is read as posts are
    **{f"listener.{room}": ("listener", "config", "sentiment", "alerts", "dashboard.serve")
       for room in ("app", "pipeline", "replies", "heartbeat", "health", "scheduler", "web", "logs", "cli", "demo", "__main__")},
    "dashboard": (*GROUND, "config", "listener.service", "listener.match", *PURE_ALERTS, *PURE_SENTIMENT, "dashboard"),
}
ROOF = tuple(f"listener.{room}" for room in ("app", "pipeline", "replies", "heartbeat", "health", "scheduler", "web", "logs", "cli", "demo", "__main__"))

IMPURE = {"httpx", "sqlmodel", "sqlalchemy", "sqlite3", "streamlit", "os", "logging", "random", "time", "socket", "subprocess"}
PURE = (*GROUND, "listener.match", "sentiment.evaluation", "sentiment.calibration", "alerts")
NOT_PURE = ("alerts.notifiers",)
CLOCKS = {"now", "utcnow", "today"}


def _within(module: str, prefixes: tuple[str, ...]) -> bool:
    return any(module == prefix or module.startswith(prefix + ".") for prefix in prefixes)


def _modules() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


def _imports(module: str) -> set[str]:
    """Return the modules of ours, and the top names of others, that ``module`` imports."""
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            anchor = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            source = ".".join(part for part in (anchor, node.module) if part)
            found |= {name if (name := f"{source}.{alias.name}") in MODULES else source for alias in node.names}
    return found


@pytest.mark.parametrize("module", MODULES)
def test_a_room_imports_only_rooms_below_it(module: str) -> None:
    layer = max((prefix for prefix in LAYERS if _within(module, (prefix,))), key=len)
    ours = {name for name in _imports(module) if name.partition(".")[0] in PACKAGES}
    assert {name for name in ours if not _within(name, LAYERS[layer])} == set()


@pytest.mark.parametrize("module", [m for m in MODULES if _within(m, PURE) and not _within(m, NOT_PURE)])
def test_a_pure_room_does_no_io_and_reads_no_clock(module: str) -> None:
    assert {name.partition(".")[0] for name in _imports(module)} & IMPURE == set()
    calls = {node.func.attr for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8")))
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
             and isinstance(node.func.value, ast.Name) and node.func.value.id in ("datetime", "date", "time")}
    assert calls & CLOCKS == set()


def test_the_service_knows_scorers_by_their_registry_only() -> None:
    service = [module for module in MODULES if _within(module, ("listener.service",))]
    assert {name for module in service for name in _imports(module) if _within(name, ("sentiment",))} <= {"sentiment", *PURE_SENTIMENT}


def test_nobody_but_the_roof_imports_the_roof() -> None:
    below = [m for m in MODULES if not _within(m, ROOF)]
    assert {(m, name) for m in below for name in _imports(m) if _within(name, ROOF)} == set()


def test_the_training_recipe_is_never_imported_at_run_time() -> None:
    outside = [m for m in MODULES if not _within(m, ("sentiment.training", "listener.cli.sentiment"))]
    assert {m for m in outside for name in _imports(m) if _within(name, ("sentiment.training",))} == set()


def test_nothing_else_stands_at_the_top() -> None:
    import subprocess

    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.splitlines()
    tops = {name.split("/")[0] for name in tracked}
    assert {top for top in tops if not top.startswith(".")} <= TOP_LEVEL
