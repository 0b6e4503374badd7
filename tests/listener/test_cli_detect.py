"""``goosh detect`` as a person meets it: tables as spreadsheets, cron jobs and other programs write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alerts import bare
from alerts.bare import Judged
from listener.calendar import jalali
from listener.cli.detect import Line, _object
from tests.benchmarks.nab import streams
from tests.benchmarks.test_detection_nab import detections
from tests.listener.terminal import Said, goosh
from tests.shared import shared

START = datetime(2026, 10, 24, tzinfo=UTC)
STEP = timedelta(minutes=5)
DAYS = 6
STORM = 5 * 288 + 150  # the step in which it begins

Counts = list[tuple[datetime, Any]]


@pytest.fixture(autouse=True)
def a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def week(step: timedelta = STEP, *, storm: bool = True, seed: int = 3) -> Counts:
    """Return six days of counts with a daily rhythm, and a storm of an hour on the last."""
    dice = np.random.default_rng(seed)
    parts = max(1, STEP // step)
    hours = np.arange(DAYS * 288) / 12 % 24
    fine = dice.poisson(6 * (1 + 0.5 * np.sin((hours - 9) / 24 * 2 * np.pi)))
    if storm:
        fine[STORM:STORM + 12] += 60
    if step <= STEP:
        return [(START + STEP * index + step * part, int(count) // parts + (part < int(count) % parts))
                for index, count in enumerate(fine) for part in range(parts)]
    wide = step // STEP
    return [(START + step * index, int(count)) for index, count in enumerate(fine.reshape(-1, wide).sum(axis=1))]


def write(rows: Counts, *, name: str = "counts.csv", head: str = "timestamp,value", encoding: str = "utf-8", end: str = "\n",
          time: Callable[[datetime], str] = lambda at: f"{at:%Y-%m-%d %H:%M:%S}", mark: str = ",") -> str:
    lines = [*([head] if head else []), *(f"{time(at)}{mark}{value}" for at, value in rows)]
    Path(name).write_bytes((end.join(lines) + end).encode(encoding))
    return name


def detected(*arguments: str) -> list[dict[str, Any]]:
    said = goosh("detect", *arguments, "--json")
    assert said.code == 0, said.err
    return [json.loads(line) for line in said.out.splitlines()]


def alerts(rows: list[dict[str, Any]]) -> list[int]:
    return [number for number, row in enumerate(rows) if row["alert"]]


def raised() -> int:
    """Return the row of the week's one alert."""
    judged = bare.judge([bare.Row(at.timestamp(), count) for at, count in week()], STEP)
    return next(number for number, verdict in enumerate(judged) if verdict.alert)


def refused(*arguments: str) -> Said:
    said = goosh("detect", *arguments, "--json")
    assert said.code == 2, said.out[-200:]
    return said


# ---- what it says

def test_each_row_gives_one_object_in_order_with_what_was_written() -> None:
    rows = detected(write(week()))
    assert [(row["timestamp"], row["value"]) for row in rows] == [(f"{at:%Y-%m-%d %H:%M:%S}", count) for at, count in week()]
    assert all(list(row) == ["timestamp", "value", "score", "alert"] for row in rows)
    assert rows[0]["score"] is None and rows[-1]["score"] is not None


def test_a_storm_is_one_alert_on_the_row_at_which_it_would_be_raised() -> None:
    assert len(alerts(detected(write(week())))) == 1 and STORM <= raised() <= STORM + 2
    assert alerts(detected(write(week(storm=False)))) == []


@pytest.mark.parametrize("stream", range(5))
def test_the_open_tweet_streams_give_the_detections_of_the_benchmark(stream: int) -> None:
    tested = streams(shared("data/nab"))[stream]
    said = detected(str(shared("data/nab") / "realTweets" / f"Twitter_volume_{tested.name}.csv"))
    assert alerts(said) == detections(tested) and len(said) == len(tested.times)


def test_rows_in_small_chunks_give_what_they_give_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [bare.Row(at.timestamp(), count) for at, count in week()]
    whole = list(bare.judge(rows, STEP))
    monkeypatch.setattr(bare, "CHUNK", 100)
    assert list(bare.judge(rows, STEP)) == whole
    monkeypatch.setattr(bare, "WAITING", 37)
    assert list(bare.judge(rows, STEP)) == whole


def test_no_row_depends_on_a_later_one() -> None:
    rows = [bare.Row(at.timestamp(), count) for at, count in week()]
    cut = STORM + 7
    assert list(bare.judge(rows[:cut], STEP)) == list(bare.judge(rows, STEP))[:cut]


def test_memory_does_not_grow_with_the_file() -> None:
    alive = 0
    most = 0

    def rows() -> Any:
        nonlocal alive, most
        for index in range(60_000):
            alive += 1
            most = max(most, alive)
            yield bare.Row(index * 300.0, 3)

    for _ in bare.judge(rows(), STEP):
        alive -= 1
    assert most <= bare.CHUNK + 1


# ---- steps

def test_minutes_are_summed_up_and_the_row_that_closes_five_bears_the_alert() -> None:
    rows = detected(write(week(timedelta(minutes=1))))
    assert len(rows) == DAYS * 1440 and alerts(rows) == [5 * raised() + 4]
    assert [row["score"] for row in rows[4::5]] == [row["score"] for row in detected(write(week()))]
    assert all(row["score"] is None for number, row in enumerate(rows) if number % 5 != 4)


@pytest.mark.parametrize("minutes", [15, 60])
def test_wide_rows_bear_the_alert_themselves_and_it_is_said_what_is_not_seen(minutes: int) -> None:
    step = timedelta(minutes=minutes)
    said = goosh("detect", write(week(step)), "--json")
    rows = [json.loads(line) for line in said.out.splitlines()]
    storm = STORM * STEP // step
    assert len(alerts(rows)) == 1 and alerts(rows)[0] in (storm, storm + 1) and len(rows) == DAYS * timedelta(days=1) // step
    assert "cannot" in said.err or "looks like an even" in said.err


@pytest.mark.parametrize(("seconds", "said"), [(1, "1 second:"), (30, "30 seconds:"), (60, "1 minute:")])
def test_short_steps_are_named_as_they_are(seconds: int, said: str) -> None:
    name = write([(START + timedelta(seconds=seconds * row), 1) for row in range(40)])
    assert f"a row stands for {said}" in goosh("detect", name).err


def test_a_row_is_written_as_json_writes_it() -> None:
    for line, verdict in ((Line(2, 'a "b" \\ ۱\u2028', 0.0, 7.0), Judged(0.1 + 0.2, True)), (Line(3, "x\x01", 0.0, 1e-7), Judged(None, False)),
                          (Line(4, "y", 0.0, None), Judged(-1e22, False)), (Line(5, "z", 0.0, 2.0**53), Judged(1e16, False))):
        whole = {"timestamp": line.time, "value": line.value, "score": verdict.score, "alert": verdict.alert}
        assert json.loads(_object(line, verdict)) == whole
        if line.value != 7 and line.value != 2.0**53:
            assert _object(line, verdict) == json.dumps(whole, ensure_ascii=False)


def test_a_step_that_this_rule_cannot_look_at_is_refused() -> None:
    name = write(week())
    assert "--step" in refused(name, "--step", "7m").err
    assert "--step" in refused(name, "--step", "1d").err
    assert "--step" in refused(write([(START + timedelta(days=day), 5) for day in range(30)])).err


def test_rows_that_come_a_little_early_or_late_are_still_one_a_step() -> None:
    dice = np.random.default_rng(1)
    shaken = [(at + timedelta(seconds=int(dice.integers(-60, 60)) if row else 0), count) for row, (at, count) in enumerate(week())]
    assert [row["score"] for row in detected(write(shaken))] == [row["score"] for row in detected(write(week()))]


# ---- gaps and disorder

def test_a_missing_row_is_a_gap_and_no_zero() -> None:
    rows = week()
    gone = range(STORM - 60, STORM - 12)
    kept = [row for number, row in enumerate(rows) if number not in gone]
    empty = [(at, "" if number in gone else count) for number, (at, count) in enumerate(rows)]
    zeros = [(at, 0 if number in gone else count) for number, (at, count) in enumerate(rows)]
    left_out, said_so = detected(write(kept)), detected(write(empty))
    assert left_out == [row for number, row in enumerate(said_so) if number not in gone]
    assert all(said_so[number] | {"timestamp": ""} == {"timestamp": "", "value": None, "score": None, "alert": False} for number in gone)
    assert [row["score"] for row in said_so] != [row["score"] for row in detected(write(zeros))]


def test_a_gap_of_years_takes_neither_time_nor_memory() -> None:
    rows = [*week(storm=False), *((at + timedelta(days=3000), count) for at, count in week())]
    said = detected(write(rows))
    assert alerts(said) == [DAYS * 288 + raised()] and said[DAYS * 288]["score"] is None


@pytest.mark.parametrize("word", ["NaN", "nan", "null", "", " ", "N/A"])
def test_what_programs_write_where_they_have_no_number_is_a_gap(word: str) -> None:
    rows = week()
    rows[700] = rows[700][0], word
    assert detected(write(rows))[700] == {"timestamp": f"{rows[700][0]:%Y-%m-%d %H:%M:%S}", "value": None, "score": None, "alert": False}


def test_rows_that_go_back_in_time_are_passed_over_and_it_is_said() -> None:
    rows = week()
    late = [*rows[:1000], *rows[700:705], *rows[1000:]]
    said = goosh("detect", write(late), "--json")
    got = [json.loads(line) for line in said.out.splitlines()]
    assert [*got[:1000], *got[1005:]] == detected(write(rows)) and "5 rows go back in time, line 1002" in said.err
    assert all(row["score"] is None and not row["alert"] for row in got[1000:1005])


def test_of_two_rows_of_one_instant_the_later_counts() -> None:
    rows = week()
    twice = [*rows[:1000], (rows[999][0], 10_000), rows[999], *rows[1000:]]
    got = detected(write(twice))
    assert [*got[:999], *got[1001:]] == detected(write(rows)) and got[999]["score"] is got[1000]["score"] is None


def test_a_file_with_the_newest_first_is_refused() -> None:
    assert "the oldest first" in refused(write(week()[::-1])).err
    assert "the oldest first" in refused(write(week()[:20][::-1])).err


# ---- how tables are written

def in_jalali(at: datetime) -> str:
    return f"{jalali(at).year}/{jalali(at).month:02}/{jalali(at).day:02} {at:%H:%M}"


def in_persian(at: datetime) -> str:
    return in_jalali(at).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))


@pytest.mark.parametrize("how", [
    {"encoding": "utf-8-sig"}, {"end": "\r\n"}, {"encoding": "utf-16"}, {"head": ""}, {"head": "ds,y"}, {"head": "زمان,تعداد"},
    {"mark": ";", "head": "time;mentions"}, {"mark": "\t", "head": "Date\tCount"}, {"head": "when,how many"},
    {"time": datetime.isoformat}, {"time": lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}"}, {"time": lambda at: str(int(at.timestamp()))},
    {"time": in_jalali}, {"time": in_persian}, {"end": "\n\n"},
], ids=str)
def test_one_table_however_it_is_written(how: dict[str, Any]) -> None:
    plain = detected(write(week()))
    got = detected(write(week(), name="other.csv", **how))
    assert [(row["value"], row["score"], row["alert"]) for row in got] == [(row["value"], row["score"], row["alert"]) for row in plain]


@pytest.mark.parametrize(("written", "number"), [("۱۲", 12), ("١٢", 12), ('"1,204"', 1204), ("۱٬۲۰۴", 1204), ("12.0", 12), ("1e2", 100)])
def test_numbers_as_people_and_programs_write_them(written: str, number: int) -> None:
    assert detected(write([(START, written)]))[0]["value"] == number


def test_the_column_of_the_counts_may_be_named() -> None:
    rows = [(at, f"7,{count}") for at, count in week()]
    assert alerts(detected(write(rows, head="time,likes,complaints"), "--series", "complaints")) == [raised()]
    said = refused(write(rows, head="time,likes,complaints"), "--series", "shares")
    assert "'shares'" in said.err and "complaints" in said.err


def test_a_file_without_rows_gives_nothing() -> None:
    assert detected(write([])) == [] and detected(write([], head="")) == []


@pytest.mark.parametrize(("row", "what"), [
    ("2026-10-24 00:05,-3", "-3"), ("2026-10-24 00:05,many", "many"), ("yesterday,3", "yesterday"), ("2026-10-24 00:05", "cells"),
    ("2026-10-24 00:05,inf", "inf"), ("2026-10-24,3", "hour"), ("05/06/2026 10:00,3", "05/06/2026"), ("9999-12-31 23:59,3", "9999"),
])
def test_a_row_that_cannot_be_read_is_named_by_its_line(row: str, what: str) -> None:
    Path("bad.csv").write_text(f"timestamp,value\n2026-10-24 00:00,3\n{row}\n", encoding="utf-8")
    said = refused("bad.csv")
    assert said.err.startswith("goosh: bad.csv: line 3: ") and what in said.err


def test_what_is_no_text_is_refused() -> None:
    Path("bad.csv").write_bytes(b"timestamp,value\n2026-10-24 00:00,3\n\xff\xfe\x00,3\n")
    assert "UTF-8" in refused("bad.csv").err
    assert "check the path" in refused("none.csv").err
    assert "--timezone" in refused(write(week()), "--timezone", "Teheran").err


def test_the_zone_says_when_a_time_without_one_was() -> None:
    rows = detected(write(week()), "--timezone", "Asia/Tehran")
    assert alerts(rows) == [raised()]


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_file_too_short_to_judge_says_so_and_not_that_all_is_calm(language: str) -> None:
    Path("goosh.toml").write_text(f'language = "{language}"\n[[brands]]\nname = "x"\n', encoding="utf-8")
    few = write(week()[:39])
    said = goosh("detect", few, "--json")
    words = ("39 rows", "none was", "24 hours") if language == "en" else ("۳۹ سطر", "۲۴ ساعت")
    assert len(said.out.splitlines()) == 39 and all(word in said.err for word in words)
    assert "few" not in goosh("detect", write(week()), "--json").err and "none was" not in goosh("detect", write([]), "--json").err
