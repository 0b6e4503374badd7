"""Where the measured data lies: beside the checkout, never inside it. Tests that need it skip when it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("GOOSH_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def shared(relative: str) -> Path:
    """Return a path under the shared folder, or skip the test with the reason."""
    path = ROOT / relative
    if not path.exists():
        pytest.skip(f"{relative} is not here; set GOOSH_SHARED to the folder that holds it")
    return path
