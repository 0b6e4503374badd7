"""Settings made in memory, as they are handed to the board's own process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.settings import Settings
from listener.calendar import gregorian
from tests.dashboard.house import settings_for

CONFIG = """
language = "fa"
database = "%s"
[[brands]]
name = "پیک‌سبز"
[paging]
holidays = "iran"
weekend = ["friday"]
[hours]
open = ["09:00-17:00"]
thursday = ["09:00-13:00"]
"""


def test_the_board_counts_working_hours_as_the_house_does(tmp_path: Path) -> None:
    """The board moves due times too: a holiday that only one of the two knew would move them back and forth."""
    house = settings_for(tmp_path / "hours.sqlite", CONFIG)
    board = Settings.model_validate_json(house.model_dump_json())
    assert board.holidays == house.holidays and len(board.holidays.days) > 20
    eve = datetime.combine(gregorian(1405, 1, 11), datetime.min.time(), UTC) + timedelta(hours=12)  # 12 and 13 Farvardin are closed
    due = house.working_hours.add(eve, timedelta(hours=4))
    assert board.working_hours.add(eve, timedelta(hours=4)) == due and due > eve + timedelta(days=2)
