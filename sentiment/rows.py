"""Lines of a file or of standard input as texts, and scores as JSON lines: what `goosh score` and `goosh evaluate` read and write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from listener.types import Score, Scorer
from sentiment.evaluation import LABELS, Report, evaluate

BATCH = 512  # lines in flight
LONGEST = 4_000_000  # characters of a line that are read; a longer one is reported, since it is no post

Complain = Callable[[int, str], None]


def read_lines(lines: Iterable[str], *, plain: bool, complain: Complain, otherwise: str = 'write {"text": "…"} in it') -> Iterator[dict[str, Any]]:
    """Rows with a `text`: JSON objects, or with `plain` every line as a text. Bad lines go to `complain(number, sentence)`.

    `otherwise`: what else can be done with lines that are no JSON, for a person who typed the command.
    """
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST:
            complain(number, f"{len(line):,} characters; a line may have {LONGEST:,}")
        elif plain:
            yield {"text": line.rstrip("\r\n")}
        elif line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                complain(number, f"not JSON ({error}); {otherwise}")
                continue
            if not isinstance(row, dict):
                complain(number, "not a JSON object")
            elif not isinstance(row.get("text"), str):
                complain(number, "no string under 'text'")
            else:
                yield row


def batches(rows: Iterable[dict[str, Any]], size: int = BATCH) -> Iterator[list[dict[str, Any]]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


def score_rows(scorer: Scorer, rows: Iterable[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], Score]]:
    """Each row with its score, in order, a bounded number at a time."""
    for batch in batches(rows):
        for row, analysis in zip(batch, scorer.analyse([row["text"] for row in batch]), strict=True):
            yield row, analysis.score


def as_json(score: Score) -> str:
    """One line: label, the three probabilities, unsure, language, model."""
    return json.dumps({
        "label": str(score.label), "negative": round(score.negative, 4), "neutral": round(score.neutral, 4),
        "positive": round(score.positive, 4), "unsure": score.unsure, "language": score.language, "model": score.model,
    })  # fmt: skip


def topic_rows(scorer: Scorer, rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """For each row one line of JSON: aspects with their confidence, intent and intent_confidence (null where unsure)."""
    for batch in batches(rows):
        for found in scorer.analyse([row["text"] for row in batch]):
            yield json.dumps({"aspects": [{"name": each.name, "confidence": each.confidence} for each in found.aspects],
                              "intent": found.intent, "intent_confidence": found.intent_confidence}, ensure_ascii=False)


def measure(scorer: Scorer, files: Sequence[Path]) -> tuple[dict[str, Report], list[str]]:
    """A report for each file of labelled rows, and one of all files together where there are several; and what was wrong with lines."""
    problems: list[str] = []
    everything: list[tuple[dict[str, Any], Score]] = []
    reports: dict[str, Report] = {}
    for path in files:

        def complain(number: int, what: str, name: str = path.name) -> None:
            problems.append(f"{name}:{number}: {what}")

        with path.open(encoding="utf-8", errors="replace") as lines:
            found = list(score_rows(scorer, labelled(read_lines(lines, plain=False, complain=complain), path.name, problems)))
        if found:
            reports[path.name] = report_of(found)
            everything += found
        else:
            problems.append(f"{path.name}: no labelled rows; a row needs text and label (negative, neutral or positive)")
    if len(reports) > 1:
        reports["all"] = report_of(everything)
    return reports, problems


def labelled(rows: Iterable[dict[str, Any]], name: str, problems: list[str]) -> Iterator[dict[str, Any]]:
    for row in rows:
        if row.get("label") in LABELS:
            yield row
        elif row.get("label") is not None:
            problems.append(f"{name}: unknown label {row['label']!r}; use negative, neutral or positive")


def report_of(found: Sequence[tuple[dict[str, Any], Score]]) -> Report:
    probabilities = np.array([(score.negative, score.neutral, score.positive) for _, score in found])
    groups = {kind: [str(row.get(kind) or "unknown") for row, _ in found] for kind in ("lang", "source")}
    return evaluate(probabilities, [row["label"] for row, _ in found], [score.certainty_floor for _, score in found], groups)
