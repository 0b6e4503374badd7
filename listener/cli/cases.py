"""``goosh cases``: customers' matters from the first answer to their end, and what was promised."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.alerts import find
from listener.cli.running import asking
from listener.cli.terminal import AsJSON, Who, jsonable, local, put, put_json, put_table, someone, voice

if TYPE_CHECKING:
    from config.settings import Settings
    from listener.service import CaseView
    from listener.types.care import Case, Promise

app = typer.Typer(name="cases", no_args_is_help=True, add_completion=False, rich_markup_mode="rich", help="""\
Look after customers' matters: open, assign, answer, resolve, and keep what was promised.

A case is new, assigned, answered, waiting for the customer, resolved; weeks later, by what its customer said since, won back, lost or
silent. Until it has an owner, a first answer and an end, each is due by its severity, in working hours ([bold]goosh check[/bold] shows them). A
thanks moves no clock; another complaint starts the clock anew and opens a resolved case again.

Everybody who changes a case leaves a name and a line in its log. [bold]--version 3[/bold] refuses where somebody else has changed
the case since you looked at it (its version stands in [bold]goosh cases show[/bold]).

[bold]goosh cases list --overdue[/bold] is what is past its time; [bold]goosh cases promises[/bold] what we said we would do.
""")

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The case, as \"goosh cases list\" numbers it.")]
Version = Annotated[int | None, typer.Option("--version", metavar="N", help="Refuse where the case is no longer this version.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="A line for the log; others read it.")]
Brand = Annotated[str | None, typer.Option("--brand", metavar="NAME", help="Of this brand only.")]
Kind = Annotated[str | None, typer.Option("--kind", metavar="KIND", help="complaint, criticism, suggestion, question or praise.")]
Id = Annotated[str, typer.Argument(metavar="PROMISE", help="The promise, as \"goosh cases promises\" names it; the first four characters or more.")]


@app.command("list")
def list_(
    brand: Brand = None,
    owner: Annotated[str | None, typer.Option("--owner", metavar="NAME", help="In the hands of this person only.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", metavar="NAME", help="Of this unit only.")] = None,
    kind: Kind = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that have ended too.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those past their time.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many, the newest.")] = 50,
    as_json: AsJSON = False,
) -> None:
    """List cases, the newest first.

    [bold]goosh cases list --overdue --unit مالی[/bold]
    """
    from listener.service import CaseFilters
    from listener.words import say

    with asking() as (service, settings):
        found = service.cases(CaseFilters(brand, not everything, owner, unit, _kind(kind), None, overdue), limit=limit)
        if as_json:
            put_json([jsonable(one) for one in found])
            return
        language = voice(settings)
        put_table([say(f"cli.cases.{name}", language) for name in ("number", "brand", "kind", "state", "severity", "owner", "unit", "due")],
                  [(one.number, one.brand, say(f"care.kind.{one.kind}", language), say(f"care.state.{one.state}", language),
                    say(f"alert.{one.severity}", language), one.owner, one.unit, local(one.due_at, settings)) for one in found])


@app.command()
def show(number: Number, as_json: AsJSON = False) -> None:
    """Show a case with its mentions, promises and log.

    [bold]goosh cases show 12[/bold]
    """
    with asking() as (service, settings):
        view = service.case(number)
        if view is None:
            raise ValueError(f"case {number}: unknown; see \"goosh cases list\"")
        if as_json:
            put_json(jsonable(view))
            return
        _tell(view, settings)


@app.command("open")
def open_(
    mentions: Annotated[list[str] | None, typer.Argument(metavar="KIND:ID...", help="Mentions, as \"goosh search --json\" and the board name them.")] = None,
    alert: Annotated[str | None, typer.Option("--alert", metavar="ALERT", help="An alert, as \"goosh alerts list\" names it, in place of mentions.")] = None,
    of: Annotated[str, typer.Option("--of", metavar="story|each|KIND:ID", help="With --alert: one case of all, one of each author, or that of one author.")] = "story",
    take: Annotated[bool, typer.Option("--take", help="With --alert: they are yours, and the alert is handled.")] = False,
    brand: Brand = None,
    kind: Kind = None,
    severity: Annotated[str, typer.Option("--severity", metavar="P1|P2|P3", help="How bad; decides how long it may take.")] = "P3",
    why: Why = "",
    who: Who = None,
) -> None:
    """Open a case for mentions, or for what an alert is about; the open case that holds one of them already is that case.

    Mentions of several people make one matter of theirs: it has no customer of its own, and each of them counts for themselves when it
    is asked who came back. An alert is handled once each of its cases has an owner; until then it goes on calling.

    [bold]goosh cases open telegram:isna/12 --severity P2 --why "asks for the refund again"[/bold]

    [bold]goosh cases open --alert bcc48e752538d864 --of each --take[/bold]
    """
    from listener.types import MentionKey

    with asking() as (service, settings):
        if (alert is None) is not bool(mentions):
            raise ValueError("open: name mentions as KIND:ID, or one alert with --alert")
        if alert is not None:
            for case in service.open_cases_of(find(service, alert).fingerprint, someone(who), why, of=of, take=take):
                _said(case, settings)
            return
        mentions = mentions or []
        keys = [MentionKey(*one.split(":", 1)) for one in mentions if ":" in one]
        if len(keys) < len(mentions):
            raise ValueError("mention: write KIND:ID, such as telegram:isna/12")
        _said(service.open_case(keys, someone(who), brand=brand, kind=_kind(kind), severity=_severity(severity), why=why), settings)


@app.command()
def assign(
    number: Number,
    owner: Annotated[str | None, typer.Option("--to", metavar="NAME", help="The person; without --to and --unit yourself.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", metavar="NAME", help="The unit.")] = None,
    version: Version = None,
    who: Who = None,
) -> None:
    """Give a case to a person, a unit or both; without either you take it yourself. The alert it was opened for is handled by it.

    [bold]goosh cases assign 12 --to مریم --unit مالی[/bold]
    """
    with asking() as (service, settings):
        _said(service.assign_case(number, someone(who), owner=owner, unit=unit, version=version), settings)


@app.command()
def answer(number: Number, why: Why = "", version: Version = None, who: Who = None) -> None:
    """Write down that the customer was answered. Nothing is sent to anybody.

    What --why promises ("refund by Saturday") goes into the ledger, for somebody to confirm (goosh cases promises). Answers that are read
    from a source, imported or pushed are joined by themselves.

    [bold]goosh cases answer 12 --why "called, refund by Saturday"[/bold]
    """
    with asking() as (service, settings):
        _said(service.answer_case(number, someone(who), why, version=version), settings)


@app.command()
def wait(number: Number, why: Why = "", version: Version = None, who: Who = None) -> None:
    """Write down that it is the customer's turn; nothing is due from us until they speak.

    [bold]goosh cases wait 12 --why "asked for the order number"[/bold]
    """
    with asking() as (service, settings):
        _said(service.wait_case(number, someone(who), why, version=version), settings)


@app.command()
def resolve(
    number: Number,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="How it ended; others read it.")],
    remedy: Annotated[str, typer.Option("--remedy", metavar="REMEDY", help="What was done: explain, fix, refund, gift or none.")],
    cause: Annotated[str | None, typer.Option("--cause", metavar="NAME", help="The root cause: one of causes under \\[care], else an aspect.")] = None,
    cost: Annotated[float | None, typer.Option("--cost", min=0, metavar="SUM", help="What it cost, in the currency that \\[care] names.")] = None,
    promise_stays: Annotated[bool, typer.Option("--promise-stays", help="What is promised in it is still on its way, and outlives the case.")] = False,
    version: Version = None,
    who: Who = None,
) -> None:
    """End a case, with its root cause and what was done about it. Not while a promise in it is neither kept nor given up, unless
    --promise-stays says that it is still on its way.

    [bold]goosh cases resolve 12 --remedy refund --cause refund --cost 450000 --why "paid back, told by telephone"[/bold]
    """
    from listener.types.care import Remedy

    with asking() as (service, settings):
        if remedy not in [one.value for one in Remedy]:
            raise ValueError(f"remedy {remedy!r}: unknown; known: {', '.join(Remedy)}")
        _said(service.resolve_case(number, someone(who), why, remedy=Remedy(remedy), cause=cause, cost=cost, promise_stays=promise_stays, version=version), settings)


@app.command()
def reopen(number: Number, why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why; others read it.")], version: Version = None,
           who: Who = None) -> None:
    """Open a case that has ended; its clocks begin anew.

    [bold]goosh cases reopen 12 --why "the money never came"[/bold]
    """
    with asking() as (service, settings):
        _said(service.reopen_case(number, someone(who), why, version=version), settings)


@app.command()
def change(
    number: Number,
    kind: Kind = None,
    severity: Annotated[str | None, typer.Option("--severity", metavar="P1|P2|P3", help="How bad.")] = None,
    cause: Annotated[str | None, typer.Option("--cause", metavar="NAME", help="The root cause.")] = None,
    why: Why = "",
    version: Version = None,
    who: Who = None,
) -> None:
    """Say of a case what it is instead: its kind, severity or root cause.

    [bold]goosh cases change 12 --severity P1 --why "a journalist asks"[/bold]
    """
    with asking() as (service, settings):
        _said(service.change_case(number, someone(who), why, kind=_kind(kind), severity=_severity(severity) if severity else None, cause=cause,
                                  version=version), settings)


@app.command()
def note(number: Number, why: Annotated[str, typer.Argument(metavar="TEXT", help="The line.")], who: Who = None) -> None:
    """Add a line to a case's log.

    [bold]goosh cases note 12 "the branch knows"[/bold]
    """
    with asking() as (service, settings):
        _said(service.note_case(number, someone(who), why), settings)


@app.command()
def link(number: Number, system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Such as zammad.")],
         ref: Annotated[str, typer.Argument(metavar="REF", help="Its number or address there.")], who: Who = None) -> None:
    """Write down under what number or address another system keeps the case.

    [bold]goosh cases link 12 zammad 20034[/bold]
    """
    with asking() as (service, settings):
        _said(service.link_case(number, system, ref, someone(who)), settings)


@app.command("hand-over")
def hand_over(number: Number, receiver: Annotated[str, typer.Argument(metavar="RECEIVER", help="A receiver that hand_over under \\[care] names.")], version: Version = None,
              who: Who = None) -> None:
    """Send a case to another system of ours, once: facts, posts, a link. What it is called there comes back. Nothing reaches a customer.

    [bold]goosh cases hand-over 12 helpdesk[/bold]
    """
    with asking() as (service, settings):
        _said(service.hand_over(number, receiver, someone(who), version=version), settings)


@app.command()
def promises(
    brand: Brand = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that are settled too.")] = False,
    as_json: AsJSON = False,
) -> None:
    """List what we promised, the first that is due leading. What was found in answers of ours counts once somebody confirms it (goosh cases
    confirm): then it is reminded of before its time, and told by an alert after it.

    [bold]goosh cases promises --json[/bold]
    """
    from listener.types.care import PromiseState
    from listener.words import say

    with asking() as (service, settings):
        found = service.promises(brand, states=tuple(PromiseState) if everything else None)
        if as_json:
            put_json([jsonable(one) for one in found])
            return
        language = voice(settings)
        put_table([say(f"cli.cases.{name}", language) for name in ("promise", "brand", "due", "state", "number", "text")],
                  [(one.id, one.brand, local(one.due_at, settings), say(f"care.promise.{one.state}", language), one.case, one.text) for one in found])


@app.command()
def promise(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What was promised, in the words of who promised it.")],
    due: Annotated[str, typer.Option("--due", metavar="TIME", help="Until when: \"1405-09-07 12:00\", \"2026-11-28\".")],
    brand: Annotated[str, typer.Option("--brand", metavar="NAME", help="The brand.")],
    case: Annotated[int | None, typer.Option("--case", metavar="NUMBER", help="The case it belongs to.")] = None,
    who: Who = None,
) -> None:
    """Write down a promise that was made by telephone or elsewhere.

    [bold]goosh cases promise "the money is back by Saturday noon" --due "1405-09-07 12:00" --brand اسنپ --case 12[/bold]
    """
    with asking() as (service, settings):
        _promised(service.add_promise(someone(who), brand=brand, text=text, due_at=_time(due, settings), case=case), settings)


@app.command()
def confirm(id: Id, due: Annotated[str | None, typer.Option("--due", metavar="TIME", help="Until when, where what was read is wrong.")] = None,
            case: Annotated[int | None, typer.Option("--case", metavar="NUMBER", help="The case it belongs to.")] = None, who: Who = None) -> None:
    """Say that it is a promise: it is reminded of before its time, and an alert after it.

    [bold]goosh cases confirm 3f2a9c01d4e5b677[/bold]
    """
    with asking() as (service, settings):
        _promised(service.confirm_promise(id, someone(who), due_at=_time(due, settings) if due else None, case=case), settings)


@app.command()
def keep(id: Id, why: Why = "", who: Who = None) -> None:
    """Write down that a promise was kept.

    [bold]goosh cases keep 3f2a9c01d4e5b677[/bold]
    """
    with asking() as (service, settings):
        _promised(service.keep_promise(id, someone(who), why), settings)


@app.command("break")
def break_(id: Id, why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why; others read it.")], who: Who = None) -> None:
    """Write down that a promise will not be kept any more.

    [bold]goosh cases break 3f2a9c01d4e5b677 --why "out of stock"[/bold]
    """
    with asking() as (service, settings):
        _promised(service.break_promise(id, someone(who), why), settings)


@app.command()
def withdraw(id: Id, why: Why = "", who: Who = None) -> None:
    """Say that what was found is no promise.

    [bold]goosh cases withdraw 3f2a9c01d4e5b677[/bold]
    """
    with asking() as (service, settings):
        _promised(service.withdraw_promise(id, someone(who), why), settings)


@app.command()
def recognition(
    month: Annotated[str | None, typer.Option("--month", metavar="MONTH", help="A Jalali month such as 1405-08; without it the last one that is over.")] = None,
    brand: Brand = None,
    as_json: AsJSON = False,
) -> None:
    """Write the month's mail of recognition: whom of \\[\\[staff]] customers praised, with their words. This only shows it; the receivers
    that \\[care] recognition names get it by themselves in the first working hour of the next month.

    [bold]goosh cases recognition --month 1405-08[/bold]
    """
    from alerts.digest.periods import Every, last, parse

    with asking() as (service, settings):
        for name in [brand] if brand else service.brands():
            period = parse(month) if month else last(Every.MONTH, service.now(), settings.zone_of(name))
            if period.every is not Every.MONTH:
                raise ValueError(f"month {month!r}: is no month; write 1405-08")
            if as_json:
                since, until = period.span(settings.zone_of(name))
                put_json({"brand": name, "month": period.name, "praised": [jsonable(one) for one in service.praised(name, since=since, until=until)]})
            else:
                for line in service.recognition_letter(name, period, voice(settings)).split("\n"):
                    put(line)


def _kind(name: str | None) -> Any:
    from listener.types.care import CaseKind

    if name is not None and name not in [one.value for one in CaseKind]:
        raise ValueError(f"kind {name!r}: unknown; known: {', '.join(CaseKind)}")
    return None if name is None else CaseKind(name)


def _severity(name: str) -> Any:
    from listener.types import Severity

    if name not in [one.value for one in Severity]:
        raise ValueError(f"severity {name!r}: unknown; known: {', '.join(Severity)}")
    return Severity(name)


def _time(text: str, settings: Settings) -> datetime:
    from listener.calendar import parse_time
    from listener.types import Precision

    read = parse_time(text, settings.zone)
    if read is None:
        raise ValueError(f"time {text!r}: cannot be read; write \"1405-09-07 12:00\" or \"2026-11-28 12:00\"")
    at, precision = read
    if precision is Precision.DAY:  # a day ends with its last second, as in what answers promise
        at = datetime.combine(at.astimezone(settings.zone).date(), time(23, 59, 59), tzinfo=settings.zone)
    return at.astimezone(UTC)


def _said(case: Case, settings: Settings) -> None:
    from listener.words import say

    language = voice(settings)
    put(say("cli.cases.said", language, number=case.number, state=say(f"care.state.{case.state}", language), owner=case.owner or case.unit or "–",
            due=local(case.due_at, settings) or "–"))


def _cause(name: str, settings: Settings) -> str:
    """Return what a root cause is called: as the configuration calls an aspect, as we do, else by its own name."""
    from listener.words import catalogue, say

    language = voice(settings)
    own = next((one.names().get(language) for one in settings.aspects if one.name == name), None)
    return own or (say(key, language) if (key := f"board.aspect.{name}") in catalogue() else name)


def _promised(promise: Promise, settings: Settings) -> None:
    from listener.words import say

    language = voice(settings)
    put(say("cli.cases.promised", language, id=promise.id, state=say(f"care.promise.{promise.state}", language),
            due=local(promise.due_at, settings) or "–"))


def _tell(view: CaseView, settings: Settings) -> None:
    from alerts.care import telling
    from listener.words import say

    case, language = view.case, voice(settings)
    joined = ("، " if language == "fa" else ", ").join
    _said(case, settings)
    rows: list[tuple[str, object]] = [
        ("version", case.version), ("brand", case.brand), ("kind", say(f"care.kind.{case.kind}", language)),
        ("severity", say(f"alert.{case.severity}", language)), ("unit", case.unit), ("author", say("cli.cases.several", language) if case.shared else case.author),
        ("cause" if case.cause else "suggested", _cause(case.cause, settings) if case.cause else joined(_cause(one, settings) for one in view.suggested)),
        ("opened", f"{local(case.opened_at, settings)} · {telling.who(case.opened_by, language)}"), ("overdue", joined(say(f"care.due.{one}", language) for one in view.overdue)),
        ("remedy", say(f"care.remedy.{case.remedy}", language) if case.remedy else None), ("cost", case.cost),
        ("links", joined(f"{system} {ref}" for system, ref in case.links))]
    put_table(["", ""], [(say(f"cli.cases.{name}", language), value) for name, value in rows if value not in (None, "")])
    put_table([say(f"cli.cases.{name}", language) for name in ("at", "who", "text")],
              [(local(one.mention.published_at, settings), one.mention.author.name if one.mention.author else None, one.mention.full_text)
               for one in view.mentions])
    put_table([say(f"cli.cases.{name}", language) for name in ("at", "who", "what", "why")],
              [(local(one.at, settings), line.who, " · ".join((line.did, *line.details)), line.why)
               for one in view.history for line in [telling.told(one, language, cause=lambda name: _cause(name, settings))]])
    if view.promises:
        put_table([say(f"cli.cases.{name}", language) for name in ("promise", "due", "state", "text")],
                  [(one.id, local(one.due_at, settings), say(f"care.promise.{one.state}", language), one.text) for one in view.promises])
