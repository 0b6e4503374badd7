"""``goosh customer``: who somebody is, what they said and rated, which accounts are theirs, and what is kept of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.running import asking, reaching, tell_forgotten
from listener.cli.terminal import AsJSON, Who, confirm, jsonable, local, put, put_json, put_table, someone, voice
from listener.errors import ConfigError

if TYPE_CHECKING:
    from config.settings import Settings
    from listener.calendar import JalaliWeek, Language
    from listener.service import CustomerView, RatingsView

app = typer.Typer(name="customer", no_args_is_help=True, add_completion=False, rich_markup_mode="rich", help="""\
Know a customer: their accounts, what they said and rated, their cases and what we promised them.

Accounts are one customer where a person said so ([bold]goosh customer link[/bold]), never by guessing. Phones and e-mails are known as
keyed hashes only: name the key in [bold]contact_key_env[/bold] of the table care.

[bold]goosh customer export[/bold] writes all that is stored of a person to a file, [bold]goosh customer forget[/bold] deletes it.
""")

Account = Annotated[str, typer.Argument(metavar="KIND:ID", help="An account, as mentions name it: mastodon:sara@example.social.")]


@app.command()
def who(
    asked: Annotated[str | None, typer.Argument(metavar="WHOM", help="A number, an address, a handle or a name; which of these, is told by its looks.")] = None,
    handle: Annotated[str | None, typer.Option("--handle", metavar="NAME", help="A handle, a name, or KIND:ID.")] = None,
    phone: Annotated[str | None, typer.Option("--phone", metavar="NUMBER", help="A telephone number; only its hash is compared.")] = None,
    email: Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help="An e-mail; only its hash is compared.")] = None,
    as_json: AsJSON = False,
) -> None:
    """Find the accounts of somebody by a handle, a phone or an e-mail.

    [bold]goosh customer who 09123456789[/bold]

    [bold]goosh customer who --handle @sara --json[/bold]
    """
    from listener.text import contacts
    from listener.words import say

    with asking() as (service, settings):
        if asked is not None and handle is phone is email is None:
            phone = asked if contacts.phone(asked) else None
            email = asked if contacts.email(asked) else None
            handle = asked if phone is email is None else None
        if sum(one is not None for one in (handle, phone, email)) != 1:
            raise ValueError("who: name one, by a number, an address or a handle; or ask for one of --handle, --phone and --email")
        found = service.who(handle=handle, phone=phone, email=email)
        if as_json:
            put_json({"accounts": list(found)})
            return
        language = voice(settings)
        if not found:
            put(say("cli.customer.nobody", language))
        rows = [(name, view.author.name if view else None, view.mentions if view else 0, local(view.last_at, settings) if view else None)
                for name in found for view in [service.author(name)]]
        if rows:
            put_table([say(f"cli.customer.{name}", language) for name in ("account", "name", "mentions", "last")], rows)


@app.command()
def show(account: Account, as_json: AsJSON = False) -> None:
    """Show a customer: accounts, tone by week, cases, promises, ratings, latest mentions.

    Cases of several people of whom they are one are among theirs. The same card answers a call centre's screen: GET /who, for which
    who_env under \\[care] names the token.

    [bold]goosh customer show telegram:sara[/bold]
    """
    from listener.service.customers import account_of
    from listener.service.screen_pop import card

    with asking() as (service, settings):
        account_of(account)
        view = service.customer(account)
        if view is None:
            raise ValueError(f"customer {account!r}: nothing of them is stored; look with \"goosh customer who\"")
        if as_json:
            put_json({**card(view), "weeks": jsonable(view.weeks)})
            return
        _tell(view, settings)


@app.command()
def link(accounts: Annotated[list[str], typer.Argument(metavar="KIND:ID...", help="Two accounts or more of one person.")], who: Who = None) -> None:
    """Say that accounts are one customer. Whoever says so stands in the record.

    [bold]goosh customer link telegram:sara mastodon:sara@example.social[/bold]
    """
    from listener.words import say

    with asking() as (service, settings):
        service.link_customer(accounts, someone(who))
        put(say("cli.customer.linked", voice(settings), n=len(service.store.linked_accounts(_pair(accounts[0])))))


@app.command()
def unlink(account: Account, who: Who = None) -> None:
    """Say that an account is somebody else's.

    [bold]goosh customer unlink telegram:sara[/bold]
    """
    from listener.words import say

    with asking() as (service, settings):
        service.unlink_customer(account, someone(who))
        put(say("cli.customer.unlinked", voice(settings)))


@app.command()
def export(
    account: Account,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to; must not be there yet. Only you can read it.")],
    who: Who = None,
) -> None:
    """Write all that is stored about a person to a JSON file, for the person: under this account and those linked to it.

    Mentions with old texts, scores, corrections and vectors, cases with their log, promises, links, hashes of phones and e-mails, and
    the messages and digests that quote them. That it was asked for stands in the record.

    [bold]goosh customer export telegram:sara --out sara.json[/bold]
    """
    from listener.words import say

    with reaching(out):
        there = out.exists()
    if there:
        raise ConfigError(str(out), [("", "is there already; name a new file")])
    with asking() as (service, settings):
        found = service.export_customer(account, someone(who))
        with reaching(out), os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(found, file, ensure_ascii=False, indent=1)
            file.write("\n")
        put(say("cli.customer.exported", voice(settings), file=str(out), mentions=len(found["mentions"]), cases=len(found["cases"])))


@app.command()
def forget(account: Account, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False, who: Who = None, as_json: AsJSON = False) -> None:
    """Delete all that is stored about a person, under this account and all that are linked to it.

    Mentions, old texts, scores, vectors, corrections, phones and e-mails, and what names them in cases, promises, messages and digests; also
    our answers to them, and their name in our other answers, in logs and in promises. Open promises to them end. It
    cannot be undone, and none of the accounts is stored again. Backups made before still hold them.

    [bold]goosh customer forget telegram:sara[/bold] asks first.
    """
    from listener.service.customers import account_of

    with asking() as (service, settings):
        linked = [":".join(one) for one in service.store.linked_accounts(account_of(account))]
        confirm(f"Delete everything stored about {', '.join(linked)}? This cannot be undone.", yes)
        tell_forgotten(dict(service.forget_customer(account, someone(who))), settings, as_json=as_json)


@app.command()
def ratings(
    brand: Annotated[str, typer.Option("--brand", metavar="NAME", help="The brand.")],
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=104, help="So many Jalali weeks, this one among them.")] = 8,
    as_json: AsJSON = False,
) -> None:
    """Show what people rate (surveys, stars) beside what they write, by Jalali week, and whether both say the same.

    A rating is a share of the top of its scale. No share is told of fewer than 20.

    [bold]goosh customer ratings --brand اسنپ --weeks 12[/bold]
    """
    with asking() as (service, settings):
        if brand not in service.brands(own=False):
            raise ValueError(f"brand {brand!r}: unknown; known: {', '.join(service.brands(own=False)[:20])}")
        view = service.ratings(brand, weeks=weeks)
        if as_json:
            put_json(jsonable(view))
            return
        _rated(view, settings)


def _pair(account: str) -> tuple[str, str]:
    kind, _, id = account.partition(":")
    return kind, id


def _tell(view: CustomerView, settings: Settings) -> None:
    from listener.types import Label
    from listener.words import say

    language = voice(settings)

    def heads(*names: str) -> list[str]:
        return [say(f"cli.customer.{name}", language) for name in names]

    put_table(heads("account", "name", "mentions", "last"),
              [*((f"{one.author.kind}:{one.author.id}", one.author.name, one.mentions, local(one.last_at, settings)) for one in view.accounts),
               *((name, None, 0, None) for name in view.silent)])
    if view.reach is not None:
        put(say("cli.customer.reach", language, low=view.reach.low, mid=view.reach.mid, high=view.reach.high))
    if view.weeks:
        put_table(heads("week", "mentions", *Label, "rating"),
                  [(_week(one.week, language), one.mentions, *(one.labels[label] for label in Label), _part(one.rating, language))
                   for one in view.weeks[-12:]])
    if view.cases:
        put_table(heads("case", "state", "owner", "due"), [(one.number, say(f"care.state.{one.state}", language), one.owner or one.unit, local(one.due_at, settings))
                                                          for one in view.cases])
    if view.promises:
        put_table(heads("promise", "state", "due", "text"), [(one.id, say(f"care.promise.{one.state}", language), local(one.due_at, settings), one.text)
                                                            for one in view.promises])
    put_table(heads("at", "tone", "rating", "text"),
              [(local(one.mention.published_at, settings), say(f"board.label.{one.score.label}", language) if one.score else None,
                _part(one.mention.rating, language), one.mention.full_text) for one in view.mentions[:20]])


def _rated(view: RatingsView, settings: Settings) -> None:
    from listener.service.care_reports import SURE
    from listener.words import say

    language = voice(settings)
    put_table([say(f"cli.customer.{name}", language) for name in ("week", "rated", "rating", "scored", "negative")],
              [(_week(one.week, language), one.rated, _part(one.rating, language), one.scored, one.negative) for one in view.weeks])
    enough = "agree" if view.both >= SURE else "agree_few"
    put(say(f"cli.customer.{enough}", language, agree=view.agree, both=view.both))


def _week(week: JalaliWeek, language: Language) -> str:
    from listener.words import digits, say

    return say("cli.customer.week_of", language, week=digits(str(week.number), language), year=digits(str(week.year), language))


def _part(rating: float | None, language: Language) -> str | None:
    from listener.words import number

    return None if rating is None else number(rating, language, decimals=2)
