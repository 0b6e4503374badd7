"""``goosh search``: posts that say the same as a sentence or as another post, in either language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.running import asking
from listener.cli.terminal import AsJSON, jsonable, put, put_json, put_table, short, voice
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.storage import Alike
    from listener.words import Language

app = typer.Typer(add_completion=False, rich_markup_mode="rich")

SHOWN = 160  # characters of a post in the table
SPARE, MOST = 3, 1_000  # so many times the posts that are wanted are looked up, because copies of a story are folded; never more than


@app.command()
def search(
    words: Annotated[list[str] | None, typer.Argument(metavar="TEXT...", help="What the posts should tell, in your own words.")] = None,
    like: Annotated[str | None, typer.Option("--like", metavar="KIND:ID", help="Posts like this stored one, in place of a text.")] = None,
    brand: Annotated[str | None, typer.Option("--brand", metavar="NAME", help="About this brand only.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="SPAN", help="Published within this span: 12h, 30d.")] = None,
    language: Annotated[str | None, typer.Option("--language", metavar="LANGUAGE", help="Posts in this language only: fa, en, finglish, mixed.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=500, help="At most so many.")] = 20,
    as_json: AsJSON = False,
) -> None:
    """Find stored posts that say the same, in Persian, English and Finglish.

    The most alike stand first, each with how well it matches: strong, fair or
    weak, by how much of what was asked it says. What is alike is judged by words of both languages
    that mean the same: the list helps to look, it is no count. Of the copies of
    one story only the best is listed, with how many more were found. For exact
    words use the search of the board's Mentions page.

    [bold]goosh search "بسته شکسته رسید" --since 30d[/bold]

    [bold]goosh search "they charged me twice" --brand اسنپ --json[/bold]

    [bold]goosh search "goshi kharab bud"[/bold]

    [bold]goosh search --like mastodon:112233[/bold] starts from a post; alerts show these keys with --json.
    """
    from datetime import timedelta

    from config.settings import parse_duration
    from listener.types import MentionKey
    from listener.words import number, say

    sentence = " ".join(words) if words else None
    if (sentence is None) == (like is None):
        raise ConfigError("goosh search", [("", "name either a text or --like KIND:ID")])
    kind, colon, id = (like or "").partition(":")
    if like is not None and not (kind and colon and id):
        raise ConfigError("goosh search", [("--like", f"{like!r} is no key; write KIND:ID")])
    span: timedelta | None = None
    if since:
        try:
            span = parse_duration(since)
        except ValueError as error:
            raise ConfigError("goosh search", [("--since", str(error))]) from None
    if language not in (None, "fa", "en", "finglish", "mixed"):
        raise ConfigError("goosh search", [("--language", f"{language!r} is none; known: fa, en, finglish, mixed")])
    with asking() as (service, settings):
        known = service.brands(own=False)
        if brand is not None and brand not in known:
            raise ConfigError("goosh search", [("--brand", f"unknown brand {brand!r}; known: {', '.join(known)}")])
        found = service.like(MentionKey(kind, id) if like is not None else sentence or "", brand=brand,
                             since=service.now() - span if span else None, language=language, limit=min(limit * SPARE, MOST))
        told = _stories(found)[:limit]
        if as_json:
            put_json([{"rank": rank, "likeness": round(one.likeness, 4), "match": one.match, "copies": copies, **jsonable(one.mention)}
                      for rank, (one, copies) in enumerate(told, 1)])
        elif not told:
            put(say("cli.search.none", voice(settings)))
        else:
            speak = voice(settings)
            if all(one.match == "weak" for one, _ in told):
                put(say("topic.match.none", speak))
            put_table([say(key, speak) for key in ("cli.rank", "topic.match", "cli.published", "cli.source", "cli.text")],
                      [(number(rank, speak), say(f"topic.match.{one.match}", speak), short(one.mention.mention.published_at, settings), ", ".join(one.mention.sources),
                        _text(one, copies, speak)) for rank, (one, copies) in enumerate(told, 1)])


def _stories(found: Sequence[Alike]) -> list[tuple[Alike, int]]:
    """Return the best of each story in their order, with how many more of it were found."""
    stories: dict[object, list[Alike]] = {}
    for one in found:
        stories.setdefault(one.mention.story or one.mention.mention.key, []).append(one)
    return [(alike[0], len(alike) - 1) for alike in stories.values()]


def _text(one: Alike, copies: int, language: Language) -> str:
    from listener.words import number, say

    text = " ".join(one.mention.mention.full_text.split())[:SHOWN]
    return f"{text}\n{say('cli.search.copies', language, count=number(copies, language))}" if copies else text
