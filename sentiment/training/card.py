"""MODEL_CARD.md: what weights were made of, how good they are on the dev rows, and what they are not for. Pure.

`card.md` holds the words and `$names` for the tables, so that a new run rewrites the figures and keeps what people wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from string import Template
from typing import Any

from sentiment.evaluation import Interval, Report
from sentiment.training.data import Row

COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)


def compose(
    template: str, meta: Mapping[str, Any], settings: Mapping[str, Any], *, reports: Mapping[str, Report], languages: Mapping[str, Report],
    rows: Sequence[Row], log: Sequence[Mapping[str, Any]], size: int,
) -> str:  # fmt: skip
    """The card. `reports` by dev set and `languages` by language are measured with the packaged scorer, `log` is the run's, `size` in bytes."""
    trained = [line for line in log if "loss" in line]
    said = settings.get("card", {})
    drawn = trained[-1]["steps"] * settings["schedule"]["batch"] if trained else 0
    return Template(template).substitute(
        name=f"{meta['name']}@{meta['revision']}",
        layers=settings["model"].get("layers", "all"),
        early=settings["model"]["early_layer"],
        megabytes=f"{size / 1e6:.1f}",
        drawn=f"{drawn:,}",
        minutes=f"{trained[-1]['minutes']:.0f}" if trained else "0",
        batch=settings["schedule"]["batch"],
        source_rows=settings["calibration"]["source_rows"],
        dev_table=dev_table(reports),
        calibration_table=calibration_table(meta["figures"]["languages"]),
        reliability_table=reliability_table(meta["figures"]["languages"]),
        coverage_table=coverage_table(languages),
        curve_table=curve_table(log, settings["schedule"]["batch"]),
        rows_table=rows_table(rows, settings["data"].get("terms", {})),
        **{name: said.get(name, "").strip() or "Not stated in the recipe." for name in ("encoder", "dev_note", "measured", "limits")},
    )


def dev_table(reports: Mapping[str, Report]) -> str:
    lines = ["| set | n | classes | accuracy | macro-F1 | macro recall | ECE | error at 80 % | sure |", "|" + "---|" * 9]
    lines += [
        f"| {name} | {each.n:,} | {len(each.classes)} | {interval(each.accuracy)} | {interval(each.macro_f1)} | {interval(each.macro_recall)} "
        f"| {each.calibration_error:.3f} | {each.error_at_80:.3f} | {each.coverage_at_target:.0%} |"
        for name, each in sorted(reports.items())
    ]
    return "\n".join(lines)


def interval(found: Interval) -> str:
    return f"{found.value:.3f} ({found.low:.3f}–{found.high:.3f})"


def calibration_table(languages: Mapping[str, Mapping[str, Any]]) -> str:
    lines = ["| language | rows | ECE | answered by the early head |", "|---|---|---|---|"]
    lines += [f"| {name} | {each['rows']:,} | {each['calibration_error']:.3f} | {each['leave_early']:.0%} |" for name, each in languages.items()]
    return "\n".join(lines)


def reliability_table(languages: Mapping[str, Mapping[str, Any]]) -> str:
    names = [name for name in languages if name != "other"]
    columns = [[f"{count:,}: {sure:.2f} → {right:.2f}" for count, sure, right in languages[name]["reliability"]] for name in names]
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    lines += [f"| {' | '.join(cells)} |" for cells in zip_longest(*columns, fillvalue="")]
    return "\n".join(lines)


def coverage_table(languages: Mapping[str, Report]) -> str:
    """Error of the most certain part of the rows, by how large that part is."""
    lines = [f"| language | n | {' | '.join(f'{coverage:.0%}' for coverage in COVERAGES)} | at 80 % to all |", "|" + "---|" * (len(COVERAGES) + 3)]
    for name, each in sorted(languages.items()):
        errors = [min((abs(at - coverage), error) for at, error in each.curve)[1] for coverage in COVERAGES]
        lines.append(f"| {name} | {each.n:,} | {' | '.join(f'{error:.3f}' for error in errors)} | {errors[2] / max(errors[0], 1e-9):.2f} |")
    return "\n".join(lines)


def curve_table(log: Sequence[Mapping[str, Any]], batch: int) -> str:
    """The learning curve: mean macro-F1 over the dev sets after each head, by rows drawn."""
    after = {line["chunk"]: line for line in log if "loss" in line}
    points = [line for line in log if any(key.startswith("mean@") for key in line)]
    heads = sorted({key for line in points for key in line if key.startswith("mean@")}, key=lambda key: int(key[5:]))
    lines = [f"| rows drawn | {' | '.join(f'layer {key[5:]}' for key in heads)} |", "|" + "---|" * (len(heads) + 1)]
    lines += [f"| {after[line['chunk']]['steps'] * batch:,} | {' | '.join(f'{line[key]:.3f}' for key in heads)} |" for line in points if line["chunk"] in after]
    return "\n".join(lines)


def rows_table(rows: Sequence[Row], terms: Mapping[str, str]) -> str:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.source] = counts.get(row.source, 0) + 1
    lines = ["| source | rows | what, and under which terms |", "|---|---|---|"]
    lines += [f"| {name} | {count:,} | {terms.get(name, 'not stated in the recipe')} |" for name, count in sorted(counts.items())]
    return "\n".join(lines)
