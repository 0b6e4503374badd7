"""The month's mail of recognition: who was praised, in the customers' words, once to each receiver that is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.digest.periods import parse
from listener.errors import ConfigError
from listener.pipeline.care import Caring
from listener.storage import open_store
from listener.types import Label
from tests.dashboard.house import settings_for
from tests.listener.test_care import BRAND, CONFIG, Desk

THANKED = CONFIG.replace("[care]", '[care]\nrecognition = ["team", "maryam"]') + """
[[staff]]
name = "مریم رضایی"
unit = "مالی"
"""
PRAISE = "ممنون از خانم مریم رضایی که پیگیری کرد، عالی بود"
OVER = datetime(2026, 12, 22, 5, 30, tzinfo=UTC)
"""Tuesday 1 Dey 1405, 09:00 in Tehran: the first working hour after Azar."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = settings_for(tmp_path / "thanks.sqlite", THANKED)
    store = open_store(made.database)
    yield Desk(store, made, at=datetime(2026, 12, 1, 8, tzinfo=UTC))
    store.close()


def mails(desk: Desk) -> list[tuple[str, str]]:
    return sorted((one.receiver, one.key) for one in desk.store.deliveries() if one.key.startswith("recognition:"))


def test_it_goes_out_once_to_each_in_the_first_working_hour(desk: Desk) -> None:
    desk.says(PRAISE, Label.POSITIVE, author="sara")
    desk.at = OVER - timedelta(minutes=1)
    desk.caring.thank()
    assert mails(desk) == []  # the month is over since midnight, and nobody is at work
    desk.at = OVER + timedelta(minutes=2)
    assert desk.caring.thank() == 2 and desk.caring.thank() == 0
    key = f"recognition:1405-09:{BRAND}"
    assert mails(desk) == [("maryam", key), ("team", key)] and Caring(desk.service).thank() == 0  # another process, a restart
    [message, _] = [one.message for one in desk.store.deliveries() if one.key == key]
    assert "قدردانی مشتریان" in message.title and any("مریم رضایی" in line for line in message.lines) and any(PRAISE in line for line in message.lines)


def test_a_month_in_which_nobody_was_praised_and_one_long_over_bring_no_mail(desk: Desk) -> None:
    desk.says(PRAISE, Label.NEGATIVE, author="sara")
    desk.at = OVER + timedelta(hours=1)
    assert desk.caring.thank() == 0
    desk.says(PRAISE, Label.POSITIVE, author="ali")  # of Dey, whose end is told of
    desk.at += timedelta(days=60)
    assert desk.caring.thank() == 0


def test_who_is_forgotten_is_quoted_no_more(desk: Desk) -> None:
    desk.says(PRAISE, Label.POSITIVE, author="sara")
    desk.at = OVER + timedelta(hours=1)
    desk.caring.thank()
    desk.store.forget_author("mastodon", "sara")
    assert all(PRAISE not in line for one in desk.store.deliveries() for line in one.message.lines)


def test_an_unknown_receiver_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="recognition"):
        settings_for(tmp_path / "thanks.sqlite", THANKED.replace('"team", "maryam"', '"tema"'))


def test_the_letter_is_written_line_by_line(desk: Desk) -> None:
    desk.says(PRAISE, Label.POSITIVE, author="sara")
    lines = desk.service.recognition_letter(BRAND, parse("1405-09"), "fa").split("\n")
    assert len(lines) > 5 and lines[1] == ""
