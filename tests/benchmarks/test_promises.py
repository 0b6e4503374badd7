"""How many promises are found in answers, how many of those are right with their due time, and what reading costs.

`pytest -m benchmark -s tests/benchmarks/test_promises.py`

The check set (tests/data/promises_check.jsonl) was written before there was a parser and none of its rows was looked at while building:
that was done on promises_dev.jsonl. promises_late.jsonl was written when it was built, measured once, and what it showed was then mended. A promise counts as right where its due time is right to the second.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import datetime
from datetime import time as clock
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.care.promises import read
from alerts.precision import wilson
from config.holidays import read_holidays
from listener.calendar import Hours

pytestmark = pytest.mark.benchmark
DATA = Path(__file__).resolve().parents[1] / "data"
HOURS = Hours({day: ((clock(9), clock(17)),) for day in range(5)}, ZoneInfo("Asia/Tehran"), holidays=read_holidays("iran", DATA).keys())


def share(right: int, of: int) -> str:
    low, high = wilson(right, of)
    return f"{right}/{of} = {right / of:.3f} ({low:.3f}–{high:.3f})"


@pytest.mark.parametrize("name", ["promises_check", "promises_late"])
def test_promises_on_the_check_sets(name: str) -> None:
    rows = [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        got = read(row["text"], datetime.fromisoformat(row["at"]), HOURS)
        given = {one.due: one for one in got.promises}
        wanted = {datetime.fromisoformat(one["due"]): one for one in row["promises"]}
        days = {due.date() for due in wanted}
        for group in (row["lang"], "both"):
            counts[group, "rows"] += 1
            counts[group, "with"] += bool(wanted)
            counts[group, "given"] += len(given)
            counts[group, "wanted"] += len(wanted)
            counts[group, "right"] += len(given.keys() & wanted.keys())
            counts[group, "day"] += sum(due.date() in days for due in given)
            counts[group, "kind"] += sum(given[due].what == wanted[due]["what"] for due in given.keys() & wanted.keys())
            counts[group, "quiet"] += not wanted and not given
            counts[group, "asked"] += sum(given[due].by_weekday is not None for due in given if "question" in wanted.get(due, {}))
            counts[group, "sorry"] += got.apology_only and row["apology_only"]
            counts[group, "sorry given"] += got.apology_only
            counts[group, "sorry wanted"] += row["apology_only"]
    for group in ("fa", "en", "both"):
        of = {name: counts[group, name] for place, name in counts if place == group}
        print(f"\n{name}, {group}: {of['rows']} answers, {of['with']} with a promise; precision {share(of['right'], of['given'])}, "
              f"recall {share(of['right'], of['wanted'])}, right to the day {of['day']}/{of['given']}, kind {share(of['kind'], of['right'])}, "
              f"without a promise and left alone {share(of['quiet'], of['rows'] - of['with'])}; "
              f"apologies without a remedy: found {of['sorry']} of {of['sorry wanted']}, given {of['sorry given']}; weekdays asked back {of['asked']}")
    precision, recall = counts["both", "right"] / counts["both", "given"], counts["both", "right"] / counts["both", "wanted"]
    assert precision >= 0.85 and recall >= 0.8


def test_what_reading_costs() -> None:
    texts = [json.loads(line)["text"] for line in (DATA / "promises_check.jsonl").read_text(encoding="utf-8").splitlines()]
    at = datetime(2026, 11, 22, 10, 15, tzinfo=HOURS.zone)
    began = time.process_time()
    for text in texts:
        read(text, at, HOURS)
    usual = (time.process_time() - began) / len(texts)
    worst = 0.0
    for piece in ("فردا ", "شنبه و ", "tomorrow and ", "تا 2 تا 3 روز ", "a.", "(", "orders for ", "می "):
        began = time.process_time()
        read((piece * 6000)[:6000], at, HOURS)
        worst = max(worst, time.process_time() - began)
    print(f"\n{usual * 1000:.2f} ms an answer; the worst 6,000 characters {worst * 1000:.0f} ms")
    assert worst < 2000 * usual
