"""``goosh import`` and ``goosh parse``: mentions out of files."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.terminal import AsJSON, complain, put, put_json, put_table, voice
from listener.errors import CollectError, ConfigError

if TYPE_CHECKING:
    from config.settings import Settings
    from listener.collectors.rows import Problem, Shape
    from listener.types import Mention, MentionKey

app = typer.Typer(add_completion=False)

SHOWN = 20  # bad rows that are named; the others are counted

File = Annotated[
    Path,
    typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="JSON lines (.jsonl, .ndjson) or a table (.csv, .tsv)."),
]
Map = Annotated[list[str] | None, typer.Option(
    "--map", metavar="FIELD=PATH", help="Where a field stands: published_at=meta.created. May be given several times.")]
Zone = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="The zone of times that name none; else that of the settings.")
]
Top = Annotated[
    float, typer.Option("--rating-top", metavar="N", min=0.001, help="The best rating there is: 5 for stars, 10 for points.")
]


@app.command("import")
def import_command(
    file: File,
    brand: Annotated[
        str | None, typer.Option("--brand", metavar="NAME", help="Every row is about this brand; else the queries decide.")
    ] = None,
    brand_from: Annotated[
        str | None, typer.Option("--brand-from", metavar="PATH", help="The field that names a row's brand: meta.vendor.")
    ] = None,
    mapped: Map = None,
    timezone: Zone = None,
    rating_top: Top = 5.0,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="jsonl or csv, where the file's name does not say it.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="NAME", help=(
            "The name its mentions are listed under; else the file's. That of a source you read makes it the past which its spikes "
            "are measured against; what it holds of the last day then counts as news."))
    ] = None,
    as_json: AsJSON = False,
) -> None:
    """Read mentions from a file: exports, archives, answers of a survey.

    Fields: id, text, published_at, author, followers, likes, shares, comments, views, url, language, source, title, rating,
    csat, nps, ces, phone, email, ours, in_reply_to. Only text (or title, or a rating) is needed. Phones and e-mails are kept as keyed
    hashes only. Rows without an id get one from their content, so importing a file twice stores it once. Rows that are answers of
    yours say so (ours = yes, or an author called as your brand is) and what they answer (in_reply_to: the id of a row, KIND:ID, or the
    address): they join its case as the answer, are read for promises, and may come before what they answer.
    Bad rows are named by line and skipped. Imported mentions are history: they raise no alert. "goosh once" scores them.

    [bold]goosh import reviews.csv --brand اسنپ‌فود[/bold] takes every row as about one brand.

    [bold]goosh import reviews.jsonl --map published_at=meta.created --brand-from meta.vendor[/bold] reaches nested fields.
    """
    from listener import logs
    from listener.app import open_app
    from listener.collectors.files import import_file
    from listener.words import say

    module = _file_module(kind, file)
    settings = _settings(brand, brand_from)
    brand = _known_brand(brand, settings)
    logs.set_up(settings)
    shape = _shape("goosh import", mapped, timezone or str(settings.timezone), rating_top)
    rows = new = changed = repeated = other = undated = apart = 0
    problems: list[Problem] = []
    skipped = 0
    with open_app(settings) as opened, _progress(file) as progress:
        for chunk in import_file(
            file, module.records, module.KIND, shape, now=opened.now(), brand_from=brand_from, contact_key=settings.care.contact_key, progress=progress
        ):
            named = [(row_brand or brand, mention) for row_brand, mention in chunk.rows]
            for about, group in groupby(sorted(named, key=lambda row: row[0] or ""), key=lambda row: row[0]):
                mentions = [mention for _, mention in group]
                done = opened.pipeline.store_import(source or file.name, module.KIND, about, mentions)
                again = _repeated(mentions)
                new, changed, repeated = new + done.new, changed + done.changed, repeated + again
                apart += done.apart
                other += len(mentions) - again - done.seen
            rows += len(chunk.rows)
            undated += chunk.undated
            skipped += sum(not problem.kept for problem in chunk.problems)
            problems += chunk.problems[:SHOWN - len(problems)]
    if as_json:
        put_json({"rows": rows, "new": new, "changed": changed, "repeated": repeated, "no_brand": other, "bad": skipped,
                  "undated": undated, "apart": apart, "problems": [{"line": p.line, "reason": p.reason, "kept": p.kept} for p in problems]})
    else:
        put(say("cli.import.done", voice(settings), rows=rows, new=new, changed=changed, other=other, bad=skipped))
        if repeated:
            put(say("cli.import.repeated", voice(settings), repeated=repeated))
        if apart:
            put(say("cli.import.apart", voice(settings), apart=apart))
        if undated:
            put(say("cli.import.undated", voice(settings), undated=undated))
    _name(problems, file)
    if not rows:
        raise typer.Exit(1)


@app.command()
def parse(
    kind: Annotated[
        str,
        typer.Argument(metavar="KIND", help="The kind of source the payload comes from; \"goosh sources kinds\" lists them."),
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The saved payload; - reads standard input.")],
    mapped: Map = None,
    timezone: Zone = None,
    rating_top: Top = 5.0,
    known: Annotated[list[str] | None, typer.Option(
        "--with", metavar="NAME=VALUE", help="What the payload does not say and the kind has to know: site=stackoverflow.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, also on a terminal.")] = False,
) -> None:
    """Print the mentions that a saved payload yields: what this program would have read from it.

    Needs no configuration and stores nothing. On a terminal it prints a table; with --json, into a pipe or a file, one JSON
    object a line: id, url, title, text, author, published_at and the rest.

    [bold]curl -s https://example.org/feed/ > feed.xml; goosh parse rss feed.xml[/bold] shows what a feed holds.
    """
    from listener.collectors import COLLECTORS

    try:
        COLLECTORS.load(kind)
    except KeyError as error:
        raise ConfigError("goosh parse", [("KIND", str(error.args[0]))]) from None
    module = import_module(f"listener.collectors.{kind}")  # a kind is called as its file
    if str(file) != "-" and not file.is_file():
        raise ConfigError("goosh parse", [("FILE", f"no such file {str(file)!r}; check the path")])
    now = datetime.now(UTC)
    if hasattr(module, "records"):
        mentions, problems = _rows(module, file, _shape("goosh parse", mapped, timezone or "Asia/Tehran", rating_top), now)
    else:
        told = _told(module, known or ())
        try:
            mentions, problems = module.parse(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes(), now=now, **told), []
        except CollectError as error:
            raise CollectError(str(file), error.what) from None
    if as_json or not sys.stdout.isatty():
        plain = "utf" not in (sys.stdout.encoding or "").lower()
        for mention in mentions:
            sys.stdout.write(json.dumps(as_object(mention), ensure_ascii=plain) + "\n")
    else:
        put_table(["published_at", "author", "title", "text"],
                  [(f"{mention.published_at:%Y-%m-%d %H:%M}", mention.author and (mention.author.name or mention.author.id),
                    mention.title, mention.text[:200]) for mention in mentions])
    _name(problems[:SHOWN], file)


def _told(module: ModuleType, known: Sequence[str]) -> dict[str, str]:
    """Return what was given with ``--with``. Raises: ConfigError where a kind has to know more, or does not know that name."""
    from inspect import signature

    asked = {name: one for name, one in signature(module.parse).parameters.items() if name not in ("payload", "now", "shape")}
    told = dict(text.partition("=")[::2] for text in known)
    problems = [("--with", f"unknown name {name!r}; known for this kind: {', '.join(asked) or 'none'}") for name in told if name not in asked]
    problems += [("--with", f"this kind does not say in its payload what {name} it is from; add --with {name}=…")
                 for name, one in asked.items() if one.default is one.empty and name not in told]
    if problems:
        raise ConfigError("goosh parse", problems)
    return told


def as_object(mention: Mention) -> dict[str, Any]:
    """Return a mention as one flat JSON object."""
    author, counts = mention.author, mention.engagement
    return {
        "kind": mention.kind, "id": mention.id, "url": mention.url, "title": mention.title, "text": mention.text,
        "author": (author.name or author.id) if author else None, "author_id": author.id if author else None,
        "author_url": author.url if author else None, "followers": author.followers if author else None,
        "published_at": mention.published_at.isoformat(), "precision": str(mention.precision),
        "edited_at": mention.edited_at.isoformat() if mention.edited_at else None,
        "likes": counts.likes if counts else None, "shares": counts.shares if counts else None,
        "comments": counts.comments if counts else None, "views": counts.views if counts else None,
        "language": mention.language, "rating": mention.rating, "outlet": mention.outlet,
        "ours": mention.ours, "in_reply_to": mention.in_reply_to, "reshare_of": mention.reshare_of,
    }


def _repeated(mentions: list[Mention]) -> int:
    """Return how many of one batch say again what the last of the same id said, and are stored once."""
    last: dict[MentionKey, tuple[str | None, str]] = {}
    again = 0
    for mention in mentions:
        words = mention.title, mention.text
        again += last.get(mention.key) == words
        last[mention.key] = words
    return again


def _rows(module: ModuleType, file: Path, shape: Shape, now: datetime) -> tuple[Iterator[Mention], list[Problem]]:
    from listener.collectors.files import import_file

    problems: list[Problem] = []

    def mentions() -> Iterator[Mention]:
        with _seekable(file) as path:
            for chunk in import_file(path, module.records, module.KIND, shape, now=now):
                problems.extend(chunk.problems[:SHOWN - len(problems)])
                for _, mention in chunk.rows:
                    yield mention

    return mentions(), problems


@contextmanager
def _seekable(file: Path) -> Iterator[Path]:
    """Lend a path that can be read twice: what comes by standard input is written to a file first."""
    if str(file) != "-":
        yield file
        return
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "standard input"
        with path.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        yield path


def _settings(brand: str | None, brand_from: str | None) -> Settings:
    """Return the settings found, or the packaged ones where none are and the command itself says whose rows these are."""
    from alerts.notifiers import NOTIFIERS
    from alerts.rules import RULES
    from config.settings import find_config
    from config.settings import parse as parse_settings
    from listener.app import read_settings
    from listener.collectors import COLLECTORS

    if find_config() is not None or not (brand or brand_from):
        return read_settings(None)
    return parse_settings({"brands": [{"name": brand or brand_from}]}, collectors=COLLECTORS, rules=RULES, notifiers=NOTIFIERS)


def _known_brand(brand: str | None, settings: Settings) -> str | None:
    """Return the configured brand that is meant, by any spelling of its name or an alias. Raises: ConfigError for none of them."""
    from difflib import get_close_matches

    from listener.text import matching_key

    if brand is None:
        return None
    names = {spelling: one.name for one in settings.brands for spelling in (one.name, *one.aliases)}
    meant = next((name for spelling, name in names.items() if matching_key(spelling) == matching_key(brand)), None)
    if meant is not None:
        return meant
    near = get_close_matches(brand, names, n=1)
    known = ", ".join(one.name for one in settings.brands[:SHOWN])
    raise ConfigError("goosh import", [("--brand", f"unknown brand '{brand}'; known: {known}"
                                        + (f"; did you mean '{names[near[0]]}'?" if near else "")
                                        + "; add a new one under [[brands]], or it would stand on no board")])


def _file_module(kind: str | None, file: Path) -> ModuleType:
    modules = [import_module(f"listener.collectors.{name}") for name in ("jsonl", "csv")]
    for module in modules:
        if kind == module.KIND or (kind is None and file.suffix.lower() in module.SUFFIXES):
            return module
    known = ", ".join(module.KIND for module in modules)
    raise ConfigError("goosh import", [("--kind", f"unknown kind of file {kind or file.suffix!r}; known: {known}")])


def _shape(where: str, mapped: list[str] | None, timezone: str, rating_top: float) -> Shape:
    from pydantic import ValidationError

    from listener.collectors.rows import Shape

    pairs = [text.partition("=") for text in mapped or ()]
    problems = [("--map", f"{text!r} is not FIELD=PATH; write it as published_at=meta.created")
                for text, (_, sign, _) in zip(mapped or (), pairs, strict=True) if not sign]
    if not problems:
        try:
            return Shape(map={name.strip(): path for name, _, path in pairs}, timezone=timezone, rating_top=rating_top)
        except ValidationError as error:
            problems = [
                (f"--{str(one['loc'][0]).replace('_', '-')}", str(one["msg"]).removeprefix("Value error, "))
                for one in error.errors()
            ]
    raise ConfigError(where, problems)


def _name(problems: list[Problem], file: Path) -> None:
    for problem in problems:
        place = f"{file.name} line {problem.line}" if problem.line else file.name
        complain(f"{place}: {problem.reason}{'' if problem.kept else '; skipped'}")


@contextmanager
def _progress(file: Path) -> Iterator[Callable[[int, int], None] | None]:
    """Show how far a file was read, on standard error, where somebody looks at it."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(TextColumn(escape(file.name)), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
                  console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(file.name, total=file.stat().st_size)
        yield lambda read, total: bar.update(task, completed=read, total=total)
