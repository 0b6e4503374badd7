"""Stack Exchange against recorded wrappers (shared data). They hold sites and users and no questions: none may come out."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from listener.collectors import stackexchange
from listener.errors import CollectError
from tests.shared import shared


@pytest.mark.parametrize("name", ["test_stackoverflow_exists", "test_users_associated"])
def test_a_wrapper_of_something_else_is_refused_and_its_quota_is_read(name: str) -> None:
    payload = shared(f"data/fixtures/stackexchange/mock_objects/{name}").read_bytes()
    data = json.loads(payload)
    assert data["items"] and data["quota_remaining"] < data["quota_max"]
    with pytest.raises(CollectError, match="lists no questions; check base_url"):
        stackexchange.parse(payload, now=datetime(2026, 11, 22, tzinfo=UTC), site="stackoverflow")
