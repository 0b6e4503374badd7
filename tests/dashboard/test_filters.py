"""A link always opens: whatever the URL says becomes filters or is passed over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.filters import Chosen, read
from listener.types import Label
from tests.dashboard.house import BRAND, NOW

SOURCES = ("forum", "خبرگزاری‌ها")


def test_a_link_becomes_filters() -> None:
    chosen = read({"q": " پول پس ندادند ", "span": "24h", "label": "negative", "source": "خبرگزاری‌ها", "in": "fa", "author": "rss:a"}, SOURCES)
    filters = chosen.filters(BRAND, NOW.replace(second=41))
    assert (filters.text, filters.label, filters.source, filters.language, filters.author, filters.brand) == (
        "پول پس ندادند", Label.NEGATIVE, "خبرگزاری‌ها", "fa", "rss:a", BRAND)
    assert filters.since == NOW - timedelta(days=1) and filters.until is None


@pytest.mark.parametrize("parameters", [
    {}, {"span": "forever", "label": "angry", "source": "gone", "in": "tlh"}, {"q": "", "author": ""}, {"q": "   "}, {"label": "<script>"},
])
def test_what_is_no_choice_counts_as_not_said(parameters: dict[str, str]) -> None:
    assert read(parameters, SOURCES) == Chosen()


def test_unsure_is_a_label_of_its_own() -> None:
    filters = read({"label": "unsure"}, SOURCES).filters(None, NOW)
    assert (filters.unsure, filters.label) == (True, None)


def test_from_the_start_has_no_start() -> None:
    assert read({"span": "all"}, SOURCES).filters(None, NOW).since is None


def test_a_search_of_a_megabyte_is_cut() -> None:
    assert len(read({"q": "x" * 1_000_000}, SOURCES).q or "") == 200
