"""What carries a campaign's hashtag or link is counted apart from all that was said in its days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.care.lift import marked
from listener.errors import ConfigError
from listener.storage import open_store
from listener.types import Campaign, Label
from tests.dashboard.house import settings_for
from tests.listener.test_care import BRAND, CONFIG, START, Desk

CAMPAIGN = f"""
[[campaigns]]
brand = "{BRAND}"
name = "یلدا"
start = "2026-11-21 09:30"
end = "2026-11-22 09:30"
hashtags = ["#یلدا_با_پیک"]
links = ["https://www.peyk.example/yalda/"]
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = settings_for(tmp_path / "campaign.sqlite", CONFIG + CAMPAIGN)
    store = open_store(made.database)
    yield Desk(store, made)
    store.close()


@pytest.mark.parametrize(("text", "carries"), [
    ("چه خوب #یلدا_با_پیک بود", True), ("چه خوب #يلدا_با_پيك بود", True), ("#یلدا_با_پیک_تازه", False), ("یلدا با پیک", False), ("#یلدا", False),
    ("ببینید http://peyk.example/yalda?utm=1", True), ("www.Peyk.example/Yalda/2", True), ("peyk.example/yaldashop", False), ("not-peyk.example/yalda", False)])
def test_a_post_carries_a_mark_or_does_not(desk: Desk, text: str, carries: bool) -> None:
    [campaign] = desk.settings.campaign_nouns()
    assert marked([(text, "neutral", None)], campaign).mentions == int(carries)


def test_they_are_counted_with_their_tone_and_their_people(desk: Desk) -> None:
    desk.at = START + timedelta(hours=1)
    for text, label, author in (("عالی #یلدا_با_پیک", Label.POSITIVE, "sara"), ("بد #یلدا_با_پیک", Label.NEGATIVE, "sara"), ("خب peyk.example/yalda", Label.NEUTRAL, "ali"),
                                ("چیز دیگر #یلدا", Label.NEGATIVE, "mina"), ("100% other_thing", Label.NEGATIVE, "mina")):
        desk.says(text, label, author=author)
    desk.says("خودمان #یلدا_با_پیک", Label.NEUTRAL, author="peyk", ours=True)
    desk.at = START + timedelta(days=2)
    desk.says("دیر #یلدا_با_پیک", Label.NEUTRAL, author="reza")
    found = desk.service.lift(desk.settings.campaign_nouns()[0]).marked
    assert found is not None and (found.mentions, found.scored, found.negative, found.authors) == (3, 3, 1, 2)


def test_a_campaign_without_marks_counts_none_apart(desk: Desk) -> None:
    assert desk.service.lift(Campaign(BRAND, "x", START, START + timedelta(days=1))).marked is None


def test_a_link_that_is_no_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="links"):
        settings_for(tmp_path / "x.sqlite", CONFIG + CAMPAIGN.replace("https://www.peyk.example/yalda/", "یلدا"))
