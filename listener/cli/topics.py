"""``goosh topics``: what people complain about these days, in either language."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.running import asking
from listener.cli.terminal import AsJSON, complain, jsonable, put, put_json, put_table, short, voice

if TYPE_CHECKING:
    from config.settings import Settings
    from listener.service import TopicView
    from listener.words import Language

app = typer.Typer(name="topics", add_completion=False, rich_markup_mode="rich", invoke_without_command=True, help="""\
List what people complain about, Persian and English together, growing ones first.

A topic is what at least three people complain about. It is named by what most
of it is about and by phrases of its own posts, or by a quote where there are
none; it keeps its name and id over days, and comes with up to three typical
posts, such as surely are complaints.

[bold]new[/bold]: since two days. [bold]growing[/bold]: the last day is far above the week before.
[bold]fading[/bold]: the last three days are half of it or less.

[bold]goosh topics --brand Snapp --since 30d --json[/bold] is the last month of one brand.

[bold]goosh topics score posts.jsonl[/bold] names aspects and intent of texts in a file.
""")

QUOTED = 160  # characters of a typical post


@app.callback()
def topics(
    ctx: typer.Context,
    brand: Annotated[str | None, typer.Option("--brand", metavar="NAME", help="Of this brand only.")] = None,
    since: Annotated[str, typer.Option("--since", metavar="SPAN", help="Complaints of this span: 24h, 30d.")] = "7d",
    as_json: AsJSON = False,
) -> None:
    if ctx.invoked_subcommand is not None:
        return
    from listener.pipeline.topics import called, find_topics

    span = _span(since)
    with asking() as (service, settings):
        brands = [one for one in settings.brands if brand is None or one.name == brand]
        if brand is not None and not brands:
            known = ", ".join(one.name for one in settings.brands)
            raise ValueError(f"brand {brand!r}: not in the configuration; known: {known}")
        find_topics(service.store, called(brands), now=service.now(), recent=span)
        found = {one.name: service.topics(one.name, span=span) for one in brands}
        if as_json:
            put_json([_json(one, settings) for told in found.values() for one in told])
            return
        _show(found, settings, span)


@app.command()
def score(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="JSON lines with a field text; - is standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines, which is what is written anyway.")] = False,
) -> None:
    """Name what texts are about and what their authors want.

    One JSON object a line is written: aspects with their confidence (none where
    the model is not sure), intent (null where it is not), intent_confidence.

    The aspects are those of the [bold]aspects[/bold] tables of the configuration, else the
    packaged ones; a file with nothing but these tables will do. Bad lines are
    named on standard error and skipped; the exit code is then 1.

    [bold]goosh topics score posts.jsonl --config airline.toml[/bold]
    """
    from config.settings import aspect_tables
    from listener.cli.sentiment import _lines
    from sentiment.models.packaged import Options, PackagedScorer
    from sentiment.rows import read_lines, topic_rows

    bad = 0

    def report(number: int, what: str) -> None:
        nonlocal bad
        bad += 1
        complain(f"{file}:{number}: {what}")

    own = [each.option() for each in aspect_tables()]
    scorer = PackagedScorer(Options.model_validate({"aspects": own or None}))
    with _lines(file) as lines:
        for line in topic_rows(scorer, read_lines(lines, plain=False, complain=report)):
            sys.stdout.write(line + "\n")
    sys.stdout.flush()
    if bad:
        complain(f"{file}: {bad} lines skipped; correct them and score them again")
        raise typer.Exit(1)


def _span(written: str) -> timedelta:
    from config.durations import parse_duration

    try:
        span = parse_duration(written)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from None
    if span <= timedelta(0):
        raise typer.BadParameter("a span must be longer than nothing", param_hint="--since")
    return span


def _show(found: Mapping[str, Sequence[TopicView]], settings: Settings, span: timedelta) -> None:
    from listener.words import say

    language = voice(settings)
    if not any(found.values()):
        put(say("topic.none", language, days=max(1, round(span / timedelta(days=1)))))
        return
    columns = [say(f"topic.{name}", language)
               for name in ("topic", "state", "count", "authors", "changed", "first", "posts")]
    for brand, told in found.items():
        if told:
            put_table(columns, [_row(one, settings, language) for one in told], title=brand)


def _row(view: TopicView, settings: Settings, language: Language) -> tuple[object, ...]:
    from alerts.topics import course_words, title
    from listener.words import number, say

    topic = view.topic
    names = {each.name: each.names() for each in settings.aspects}
    name = title(topic, language, names) or say("topic.unnamed", language)
    if view.split_from is not None:
        name += "\n" + say("topic.split", language, topic=title(view.split_from, language, names))
    if view.merged:
        name += "\n" + say("topic.merged", language, number=len(view.merged))
    return (name, say(f"topic.{topic.state}", language), number(topic.count, language), number(topic.authors, language), "\n".join(course_words(topic, language)),
            short(topic.first_at, settings),
            "\n".join(post["text"] for post in _posts(view)))


def _posts(view: TopicView) -> list[dict[str, Any]]:
    from alerts.wording import clip

    return [{"kind": one.mention.kind, "id": one.mention.id, "text": clip(" ".join(one.mention.full_text.split()), QUOTED),
             "url": one.mention.url, "language": one.score.language if one.score else one.mention.language} for one in view.posts]


def _json(view: TopicView, settings: Settings) -> dict[str, Any]:
    from alerts.topics import title

    return {"name": title(view.topic, voice(settings), {each.name: each.names() for each in settings.aspects}) or None, **jsonable(view.topic), "members": _posts(view)}
