"""``goosh score``, ``evaluate``, ``explain`` and ``train``: the sentiment model from the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from listener.cli.terminal import AsJSON, complain, console, put, put_json, put_table

if TYPE_CHECKING:
    from listener.types import Scorer

app = typer.Typer(add_completion=False)

Model = Annotated[str | None, typer.Option(
    "--model", metavar="NAME", help="A folder of weights, or a folder or hub id of any transformers classifier; else the packaged model.")]
Target = Annotated[float, typer.Option(
    "--target-error", metavar="SHARE", min=0.01, max=0.49, help="Scores are marked unsure so that the others err at most this often.")]
LabelMap = Annotated[list[str] | None, typer.Option(
    "--label", metavar="NAME=CLASS", help="What a class of --model means: LABEL_0=negative. May be given several times.")]


@app.command()
def score(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="JSON lines with a field text; - is standard input.")] = "-",
    text: Annotated[bool, typer.Option("--text", help="Each line is a text, not JSON.")] = False,
    model: Model = None,
    label: LabelMap = None,
    target_error: Target = 0.10,
) -> None:
    """Score texts: one JSON object a line with label, negative, neutral, positive, unsure, language, model.

    Reads and writes as it goes, in constant memory. Bad lines are named on standard error and skipped; the exit code is then 1.

    [bold]echo "پیک خیلی دیر رسید" | goosh score --text[/bold] scores one line.

    [bold]goosh score posts.jsonl > scores.jsonl[/bold] scores a file.
    """
    from sentiment.rows import as_json, read_lines, score_rows

    bad = 0

    def report(number: int, what: str) -> None:
        nonlocal bad
        bad += 1
        complain(f"{file}:{number}: {what}")

    scorer = _scorer(model, label, target_error)
    with _lines(file) as lines, _progress(file) as advance:
        for _, found in score_rows(scorer, read_lines(advance(lines), plain=text, complain=report, otherwise="with --text each line is a text")):
            sys.stdout.write(as_json(found) + "\n")
    sys.stdout.flush()
    if bad:
        complain(f"{file}: {bad} lines skipped; correct them and score them again")
        raise typer.Exit(1)


@app.command()
def evaluate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="JSON lines with text, label, lang, source.")],
    model: Model = None,
    label: LabelMap = None,
    target_error: Target = 0.10,
    as_json: AsJSON = False,
) -> None:
    """Measure a model on labelled texts: accuracy, macro-F1 and macro recall with bootstrap intervals, confusion, calibration.

    Per file, language and source. Where a file knows two classes only, the model decides between those two.

    [bold]goosh evaluate dev/*.jsonl --json[/bold] prints everything for a program.
    """
    from sentiment.rows import measure

    scorer = _scorer(model, label, target_error)
    reports, problems = measure(scorer, files)
    for problem in problems:
        complain(problem)
    if as_json:
        from dataclasses import asdict

        put_json({"model": scorer.name, "target_error": target_error, "files": {name: asdict(found) for name, found in reports.items()}})
    else:
        put(f"model {scorer.name}")
        put_table(REPORT_COLUMNS, (row for name, found in reports.items() for row in _report_rows(name, found)))
        for name, found in reports.items():
            put_table((f"{name}: truth ↓ chosen →", "negative", "neutral", "positive"),
                      [(word, *row) for word, row in zip(("negative", "neutral", "positive"), found.confusion, strict=True) if any(row)])
    if problems or not reports:
        raise typer.Exit(1)


REPORT_COLUMNS = ("rows", "n", "classes", "accuracy", "macro-F1", "macro recall", "ECE", "error at 80 %", "sure")


@app.command()
def explain(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The post.")],
    model: Model = None,
    label: LabelMap = None,
    as_json: AsJSON = False,
) -> None:
    """Show which words moved a score: each word is left out in turn, and the change is its part.

    Red words made the post more negative, green ones more positive.

    [bold]goosh explain "غذا خوب بود ولی پیک دیر رسید"[/bold]
    """
    from sentiment.explanation import explain as parts_of

    scorer = _scorer(model, label, 0.10)
    whole, parts = parts_of(scorer, text)
    if as_json:
        put_json({"label": str(whole.label), "negative": whole.negative, "neutral": whole.neutral, "positive": whole.positive,
                  "unsure": whole.unsure, "language": whole.language, "model": whole.model,
                  "parts": [{"text": part.text, "start": part.start, "end": part.end, "moved": round(part.moved, 4)} for part in parts]})
        return
    from rich.text import Text

    from listener.text import printable

    line = Text()
    for part in parts:
        colour = "red" if part.moved < -0.05 else "green" if part.moved > 0.05 else ""
        style = f"bold {colour}" if abs(part.moved) > 0.25 and colour else colour
        line.append(printable(part.text), style=style).append(" ")
    screen = console()
    screen.print(line)
    unsure = ", unsure" if whole.unsure else ""
    put(f"{whole.label}{unsure} (negative {whole.negative:.2f}, neutral {whole.neutral:.2f}, positive {whole.positive:.2f}; {whole.language}, {whole.model})")
    strongest = sorted(parts, key=lambda part: -abs(part.moved))[:8]
    put_table(("word", "moved"), [(part.text, f"{part.moved:+.2f}") for part in strongest if abs(part.moved) >= 0.005])


@app.command()
def train(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where checkpoints and the finished weights go.")],
    encoder: Annotated[Path | None, typer.Option("--encoder", metavar="DIR", help="The encoder to start from: config.json, model.safetensors, tokenizer.json.")] = None,
    data: Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Labelled rows: train/*.jsonl, dev/*.jsonl.")] = None,
    recipe: Annotated[Path | None, typer.Option("--recipe", metavar="FILE", help="Another recipe than the packaged one.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in --out.")] = False,
    minutes: Annotated[float | None, typer.Option("--minutes", metavar="N", min=0.01, help="End after so many minutes, with the learning rate brought down.")] = None,
    corrections: Annotated[Path | None, typer.Option(
        "--corrections", metavar="FILE", help="Adapt the packaged model to corrected labels instead: JSON lines with text and label.")] = None,
    model: Annotated[Path | None, typer.Option("--model", metavar="DIR", help="The weights that --corrections adapts; else the packaged ones.")] = None,
) -> None:
    """Train the packaged model anew, or adapt it to labels you corrected.

    Reads, cleans and de-duplicates the rows, trains with checkpoints, exports, quantises, calibrates, evaluates, and writes weights,
    checksums and MODEL_CARD.md to --out. Needs the extra: pip install 'gooshbezang\\[train]'.

    [bold]goosh train --encoder encoder/ --data data/ --out weights/ --resume[/bold] goes on after an interruption.

    [bold]goosh train --corrections corrected.jsonl --data data/ --out weights/[/bold] adapts the heads; a model that got worse on the dev
    sets is refused.
    """
    if corrections is not None:
        from sentiment.corrections import adapt

        for line in adapt(corrections, data, out, weights=model):
            put(line)
        return
    if encoder is None or data is None:
        complain("goosh train: --encoder and --data are needed; --corrections FILE adapts the packaged model without them")
        raise typer.Exit(2)
    from sentiment.training.recipe import train as run

    for line in run(encoder, data, out, recipe=recipe, resume=resume, minutes=minutes):
        put(line)


def _scorer(model: str | None, label: list[str] | None, target_error: float) -> Scorer:
    from sentiment import SCORERS
    from sentiment.models import open_scorer

    pairs = dict(pair.partition("=")[::2] for pair in label or ())
    return open_scorer(SCORERS, model, target_error=target_error, labels=pairs)


@contextmanager
def _lines(file: str) -> Iterator[TextIO]:
    if file == "-":
        yield sys.stdin
        return
    try:
        with open(file, encoding="utf-8", errors="replace") as lines:
            yield lines
    except OSError as error:
        complain(f"{file}: {error.strerror}; name a file that can be read, or - for standard input")
        raise typer.Exit(2) from None


@contextmanager
def _progress(file: str) -> Iterator[Any]:
    """Counts lines on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda lines: lines
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    with Progress(TextColumn("{task.description}"), TextColumn("{task.completed:,.0f} lines"), TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(file)

        def counted(lines: Any) -> Iterator[str]:
            for line in lines:
                bar.advance(task)
                yield line

        yield counted


def _report_rows(name: str, found: Any) -> Iterator[tuple[object, ...]]:
    def shown(figure: Any) -> str:
        return f"{figure.value:.3f} ({figure.low:.3f}–{figure.high:.3f})"

    yield (name, found.n, len(found.classes), shown(found.accuracy), shown(found.macro_f1), shown(found.macro_recall),
           f"{found.calibration_error:.3f}", f"{found.error_at_80:.3f}", f"{found.coverage_at_target:.0%}")
    for group, inner in found.groups.items():
        if inner.n < found.n:
            yield from ((f"  {group}", *row[1:]) for row in _report_rows(group, inner))
