"""``goosh digest``: the week in three sentences, as text, page, paper or file; sent to who is subscribed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from listener.cli.running import asking, reaching
from listener.cli.terminal import AsJSON, Who, local, put, put_json, put_table, someone, voice
from listener.errors import ConfigError

if TYPE_CHECKING:
    from alerts.digest.periods import Every, Period
    from config.settings import Settings
    from listener.service import Format, Service
    from listener.words import Language

app = typer.Typer(name="digest", add_completion=False, rich_markup_mode="rich", invoke_without_command=True, help="""\
Print what changed in the last Jalali week, why, and what to decide; write it to files, or send it to who is subscribed.

Weeks run from Saturday to Friday; week 1 holds 1 Farvardin. A digest that was sent is printed as it was sent.

[bold]goosh digest[/bold] prints the last week of each of our brands.

[bold]goosh digest --week 1405-W35 --lang en --out reports --format html,pdf[/bold] writes two files a brand.

[bold]goosh digest --last --send[/bold] puts it into the outbox, for [bold]goosh run[/bold] or [bold]once[/bold] to send,
to who is subscribed in the digest tables of the configuration; who has it
already does not get it again. [bold]--dry-run[/bold] says who would.

[bold]goosh digest --every shift[/bold] is the note for whoever takes over the phone.
""")


@app.callback()
def digest(
    ctx: typer.Context,
    week: Annotated[str | None, typer.Option("--week", metavar="1405-W35", help="This week; or a month, 1405-08, or a day, 1405-08-29.")] = None,
    last: Annotated[bool, typer.Option("--last", help="The last one that is over, which is what is meant anyway.")] = False,
    every: Annotated[str, typer.Option("--every", metavar="week|day|month|shift", help="What --last is the last of.")] = "week",
    brand: Annotated[str | None, typer.Option("--brand", metavar="NAME", help="Of this brand only.")] = None,
    lang: Annotated[str | None, typer.Option("--lang", metavar="fa|en", help="Else the language of the configuration.")] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write files into this folder.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Send it to who is subscribed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say who would get it, and send nothing.")] = False,
    form: Annotated[str, typer.Option("--format", metavar="html,text,pdf,md,json", help="One to print, or several for --out.")] = "text",
) -> None:
    if ctx.invoked_subcommand is not None:
        return
    if week is not None and last:
        raise typer.BadParameter("--week names one, --last the last one; choose one of them", param_hint="--last")
    if sum((out is not None, send, dry_run)) > 1:
        raise typer.BadParameter("--out, --send and --dry-run exclude each other", param_hint="--out")
    forms, kind = _forms(form, to_files=out is not None), _every(every)
    if lang not in (None, "fa", "en"):
        raise typer.BadParameter(f"{lang!r} is not a language of ours; write fa or en", param_hint="--lang")
    with asking() as (service, settings):
        language: Language = voice(settings) if lang is None else "fa" if lang == "fa" else "en"
        unmade: list[ConfigError] = []
        for name in _brands(service, brand, week, kind):
            period = service.digest_period(week, every=kind, brand=None if name == "*" else name)
            if send:
                _sent(service, name, period, language)
            elif dry_run:
                _would(service, name, period, settings)
            elif out is not None:
                unmade += _write(service, name, period, language, forms, out)
            else:
                _print(service.digest_file(service.digest(name, period, language), forms[0]))
        if unmade:  # said once and last: the files that could be made are there
            raise unmade[0]


@app.command()
def decide(
    words: Annotated[str, typer.Argument(metavar="TEXT", help="What is to be decided.")],
    owner: Annotated[str, typer.Option("--owner", metavar="NAME", help="Who decides.")],
    due: Annotated[str | None, typer.Option("--due", metavar="DAY", help="By when: 1405-09-05 or 2026-11-26.")] = None,
    brand: Annotated[str | None, typer.Option("--brand", metavar="NAME", help="Else the first of ours.")] = None,
    week: Annotated[str | None, typer.Option("--week", metavar="1405-W35", help="In the digest of this span; else of the last week.")] = None,
    who: Who = None,
) -> None:
    """Ask for a decision in a digest: up to three a span.

    [bold]goosh digest decide "اصلاح متن پوزش" --owner سارا --due 1405-09-05[/bold]
    """
    from config.table import read_day
    from listener.words import say

    day = read_day(due) if due else None
    if due and day is None:
        raise typer.BadParameter(f"{due!r} is not a day; write 1405-09-05 or 2026-11-26", param_hint="--due")
    with asking() as (service, settings):
        name = brand or service.brands()[0]
        made = service.add_decision(name, service.digest_period(week, brand=name).name, words, owner, someone(who), due=day)
        put(say("digest.cli.asked", voice(settings), period=made.period, owner=made.owner))


@app.command()
def missed(
    what: Annotated[str, typer.Argument(metavar="TEXT", help="What you found before any alert told of it.")],
    brand: Annotated[str | None, typer.Option("--brand", metavar="NAME", help="Else the first of ours.")] = None,
    who: Who = None,
) -> None:
    """Report a storm that no alert told of: the digest counts it among our misses.

    [bold]goosh digest missed "شکایت صنفی در خبرگزاری" --brand اسنپ[/bold]
    """
    from listener.words import say

    with asking() as (service, settings):
        service.report_missed(brand or service.brands()[0], what, someone(who))
        put(say("digest.cli.missed", voice(settings)))


@app.command()
def subscribers(as_json: AsJSON = False) -> None:
    """List who gets which digest, when the next one is due, and who unsubscribed."""
    from listener.words import say

    with asking() as (service, settings):
        found, language = service.subscribers(), voice(settings)
        if as_json:
            put_json([{"key": one.subscription.key, "receiver": one.subscription.receiver, "address": one.subscription.address,
                       "brand": one.subscription.brand, "every": str(one.subscription.every), "language": one.subscription.language,
                       "next_at": one.next_at, "unsubscribed_at": one.unsubscribed_at} for one in found])
            return
        if not found:
            put(say("digest.cli.nobody", language))
            return
        columns = [say(f"digest.cli.{name}", language) for name in ("receiver", "brand", "every", "next")]
        put_table(columns, [(one.subscription.address or one.subscription.receiver, one.subscription.brand,
                             say(f"digest.every.{one.subscription.every}", language),
                             say("digest.cli.gone", language, when=local(one.unsubscribed_at, settings)) if one.unsubscribed_at else local(one.next_at, settings))
                            for one in found])


@app.command()
def unsubscribe(word: Annotated[str, typer.Argument(metavar="WORD", help="The word in the mail they wrote; it is the token of the digest's link, too.")]) -> None:
    """End a subscription for somebody who asked for it by mail.

    Such mails go to the mailbox under [bold]unsubscribe_to[/bold] in the configuration. On the board, under Digest, anybody can be let in again.
    """
    from listener.words import say

    with asking() as (service, settings):
        one, language = service.unsubscribe(word), voice(settings)
        put(say("digest.cli.unsubscribed", language, heading=say(f"digest.heading.{one.every}", language, brand=one.brand), to=one.address or one.receiver))


def _every(text: str) -> Every:
    from alerts.digest.periods import Every

    if text not in [str(one) for one in Every]:
        raise typer.BadParameter(f"{text!r}: write week, day, month or shift", param_hint="--every")
    return Every(text)


def _forms(text: str, *, to_files: bool) -> list[Format]:
    from listener.service import FORMATS, Format

    asked = [one.strip() for one in text.split(",") if one.strip()]
    for one in asked:
        if one not in get_args(Format):
            raise typer.BadParameter(f"{one!r}: write {', '.join(FORMATS)}", param_hint="--format")
    if not asked or not to_files and len(asked) > 1:
        raise typer.BadParameter("one is printed; several need --out DIR", param_hint="--format")
    return [one for one in FORMATS if one in asked]


def _brands(service: Service, brand: str | None, week: str | None, every: Every) -> list[str]:
    from alerts.digest.periods import Every

    if every is Every.SHIFT or week is not None and "T" in week.upper():
        return ["*"]
    return [brand] if brand else list(service.brands())


def _print(made: bytes) -> None:
    if made.startswith(b"%PDF"):
        if sys.stdout.isatty():
            raise ValueError("digest: a PDF is nothing for a terminal; give --out DIR")
        sys.stdout.buffer.write(made)
    else:
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(made.decode().encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


def _write(service: Service, brand: str, period: Period, language: Language, forms: list[Format], folder: Path) -> Iterator[ConfigError]:
    """Write every form that can be made, and yield why another cannot: what a PDF needs may not be installed."""
    made = service.digest(brand, period, language)
    stem = "-".join("".join(c if c.isalnum() or c in "-\u200c" else "_" for c in part) for part in (period.name, *(() if brand == "*" else (brand,)), language))
    with reaching(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for form in forms:
            path = folder / f"{stem}.{'txt' if form == 'text' else form}"
            try:
                content = service.digest_file(made, form)
            except ConfigError as error:
                yield error
                continue
            path.write_bytes(content)
            put(str(path))


def _sent(service: Service, brand: str, period: Period, language: Language) -> None:
    from listener.words import say

    put(say("digest.cli.sent", language, n=service.send_digest(brand, period), period=period.name, brand=brand))


def _would(service: Service, brand: str, period: Period, settings: Settings) -> None:
    from listener.words import say

    language = voice(settings)
    for one in service.subscribers():
        if one.subscription.brand == brand and one.subscription.every is period.every and not one.unsubscribed_at:
            put(say("digest.cli.would", language, period=period.name, brand=brand, to=one.subscription.address or one.subscription.receiver))
