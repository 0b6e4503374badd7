"""``goosh alerts``: everything a person can do with an alert on the board, from a terminal or over SSH at night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli import alert_view
from listener.cli.running import asking
from listener.cli.terminal import AsJSON, Who, acting, complain, jsonable, local, put, put_json, put_table, voice
from listener.errors import ConfigError

if TYPE_CHECKING:
    from config.settings import Settings
    from listener.service import Service
    from listener.types import Alert, Message

app = typer.Typer(name="alerts", no_args_is_help=True, add_completion=False, rich_markup_mode="rich", help="""\
Look at alerts, take them, answer them, resolve them, silence them, judge them.

An alert is named by its fingerprint, sixteen characters; the first four or more are enough where they fit one alert only. It stands
in each message and in [bold]goosh alerts list[/bold].

Critical (P1) calls people at any hour, severe (P2) by day, minor (P3) only where somebody asked for it. Until somebody takes an alert,
one person after the other is called. It ends by itself when what it saw is over, or when somebody resolves it.

[bold]goosh alerts list[/bold] shows what is open; [bold]goosh alerts ack 3fa1 --who Sara[/bold] takes one: nobody else is
called for it until it gets worse. Exit code 1 where something is refused, with the reason.
""")

Fingerprint = Annotated[str, typer.Argument(metavar="ALERT", help="Its fingerprint, or the first characters of it.")]
MOST = 1_000  # alerts looked through for the beginning of a fingerprint
USUAL, ALL = 100, 10_000  # lines of a list, where nobody says how many; what "all" is


@app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too, and each of those that another alert speaks for.")] = False,
    brand: Annotated[str | None, typer.Option("--brand", metavar="NAME", help="About this brand and its sources only.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="SPAN", help="Fired within this span: 12h, 7d.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", min=0, max=MOST, help="At most so many, 0 is all; else 100, and every open one with --json.")] = None,
    as_json: AsJSON = False,
) -> None:
    """List alerts: open ones first by severity, those that somebody has to take before those that somebody has, then by age.

    Alerts that another one speaks for stand in its line as a count: nobody is told of them separately while it is open.

    Below them stands which rules cannot speak for the moment, why, and until when: after a gap and in the first day of a brand their
    silence is no calm.

    [bold]goosh alerts list[/bold] shows the open ones.

    [bold]goosh alerts list --all --since 7d --json[/bold] is last week, for a program.
    """
    from listener.service.alerts import is_open
    from listener.words import say

    span = _span("--since", since) if since else None
    with asking() as (service, settings):
        language, at_most = voice(settings), ALL if limit == 0 else limit or USUAL
        standing = list(service.alerts(brand=brand, open_only=True, limit=ALL))
        if as_json and limit is None:
            at_most = max(at_most, len(standing))
        ended = [one for one in service.alerts(brand=brand, since=datetime.now(UTC) - span if span else None,
                                               limit=min(ALL, at_most + len(standing) + 1)) if not is_open(one)] if everything else []
        lines = [(one, ()) for one in (*standing, *ended)] if everything or as_json else alert_view.folded(standing)
        shown, rest = lines[:at_most], lines[at_most:]
        if as_json:
            put_json([alert_view.as_json(alert) for alert, _ in shown])
        elif shown:
            put_table([say(f"cli.{key}", language) for key in ("alert", "severity", "state", "rule", "subject", "began", "value", "owner")],
                      [alert_view.row(alert, settings, led) for alert, led in shown])
            if any(led for _, led in shown):
                put(say("cli.alerts.folded", language))
        else:
            put(say("cli.alerts.none" if everything else "cli.alerts.none_open", language))
        tell = complain if as_json else put
        if hidden := sum(1 + len(led) for alert, led in rest if is_open(alert)):
            tell(say("cli.alerts.rest", language, count=hidden))
        if any(not is_open(alert) for alert, _ in rest):
            tell(say("cli.alerts.older", language))
        if not as_json:
            alert_view.put_blind(service, settings, brand)


@app.command()
def show(fingerprint: Fingerprint, as_json: AsJSON = False) -> None:
    """Show one alert: why it fired, how it spreads, the posts that prove it, whom it called and will call, and what people did.

    Five posts are chosen: the earliest, the most typical, the most reshared, that of the largest account, one that dissents.

    [bold]goosh alerts show 3fa1c02b[/bold]

    [bold]goosh alerts show 3fa1c02b --json[/bold] holds all posts and every figure that the rule looked at.
    """
    with asking() as (service, settings):
        view = service.alert(find(service, fingerprint).fingerprint)
        if view is None:
            raise ValueError(f"alert {fingerprint!r}: unknown; it may be past its keeping time")
        if as_json:
            put_json(alert_view.view_json(view, service))
        else:
            alert_view.show_view(view, settings, service)


@app.command()
def ack(
    fingerprint: Fingerprint,
    who: Who = None,
    over: Annotated[bool, typer.Option("--over", help="Out of the hands of somebody else, if it is in theirs; the history names both.")] = False,
    as_json: AsJSON = False,
) -> None:
    """Take an alert: it is in your hands until it clears, and wakes others only when it gets worse. So are those that it speaks for.

    Where the configuration has [[people]], it is one of them who takes it.

    [bold]goosh alerts ack 3fa1 --who Sara[/bold]

    [bold]goosh alerts ack 3fa1 --who Sara --over[/bold] takes it from somebody who has it; all who were told of the alert are told.
    """
    from listener.errors import Refusal
    from listener.words import say

    with asking() as (service, settings):
        try:
            alert = service.acknowledge(find(service, fingerprint).fingerprint, acting(who, settings), over=over)
        except Refusal as refusal:
            raise ValueError(f"{refusal}, or take it over with --over" if refusal.key == "alert.taken" else str(refusal)) from None
        _tell(alert_view.as_json(alert), as_json, say("cli.alerts.acknowledged", voice(settings), alert=alert.fingerprint,
                                               who=alert.acknowledged_by or ""))


@app.command()
def handle(
    fingerprint: Fingerprint,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="How it was answered: a link, a case number; others read it.")],
    who: Who = None,
    as_json: AsJSON = False,
) -> None:
    """Note that an alert was answered: a public reply or a case stands against it. Nobody else is called until it gets worse.

    [bold]goosh alerts handle 3fa1 --why "replied under the post, case 4312"[/bold]
    """
    from listener.words import say

    with asking() as (service, settings):
        alert = service.handle(find(service, fingerprint).fingerprint, acting(who, settings), why)
        _tell(alert_view.as_json(alert), as_json, say("cli.alerts.handled", voice(settings), alert=alert.fingerprint))


@app.command()
def resolve(
    fingerprint: Fingerprint,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="What was done or found; others read it.")],
    who: Who = None,
    as_json: AsJSON = False,
) -> None:
    """Close an alert by hand, with the reason.

    [bold]goosh alerts resolve 3fa1 --why "refunds paid, answer posted"[/bold]
    """
    from listener.words import say

    with asking() as (service, settings):
        alert = service.resolve(find(service, fingerprint).fingerprint, acting(who, settings), why)
        _tell(alert_view.as_json(alert), as_json, say("cli.alerts.resolved", voice(settings), alert=alert.fingerprint))


@app.command()
def silence(
    span: Annotated[str, typer.Option("--for", metavar="SPAN", help="How long: 2h, 1d; a week at most.")],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why; others read it.")],
    subject: Annotated[str | None, typer.Argument(metavar="BRAND|SOURCE", help="Whom it is about; \"*\" for all. Not with --alert.")] = None,
    rule: Annotated[str, typer.Option("--rule", metavar="NAME", help="This rule only; \"*\" is every rule.")] = "*",
    alert: Annotated[str | None, typer.Option("--alert", metavar="ALERT", help="Whom and which rule this alert is about, as on the board.")] = None,
    who: Who = None,
    as_json: AsJSON = False,
) -> None:
    """Send no messages about a brand or a source for a while. A silence always ends, and carries a name and a reason.

    Alerts still fire and stand on the board; they are only not sent. What still burns when the silence ends is told then.

    [bold]goosh alerts silence اسنپ --rule spike --for 4h --why "campaign of today"[/bold]

    [bold]goosh alerts silence isna --for 1d --why "their server moves"[/bold] is about a source.

    [bold]goosh alerts silence --alert 3fa1 --for 1h --why "we are on it"[/bold] is about the brand and the rule of one alert.
    """
    from listener.words import say

    where = "goosh alerts silence"
    if (subject is None) == (alert is None):
        raise ConfigError(where, [("", "name either a brand or a source, or an alert with --alert")])
    if alert is not None and rule != "*":
        raise ConfigError(where, [("--rule", "an alert has its own rule; leave --rule out, or name the brand in place of --alert")])
    until = datetime.now(UTC) + _span("--for", span)
    with asking() as (service, settings):
        if alert is not None:
            found = find(service, alert)
            about, rule = found.subject, found.rule
        else:
            about = _subject(service, settings, subject or "", rule, where)
        made = service.silence(about, rule, acting(who, settings), why, until)
        language = voice(settings)
        said = say("cli.alerts.silenced", language, subject=about, until=local(made.until, settings) or "")
        if rule != "*":
            said += " " + say("cli.alerts.silenced.rule", language, rule=alert_view.rule_name(rule, language))
        _tell(jsonable(made), as_json, said)


@app.command()
def unsilence(
    subject: Annotated[str, typer.Argument(metavar="BRAND|SOURCE", help="Whom the silence is about; \"*\" for one about all.")],
    rule: Annotated[str, typer.Option("--rule", metavar="NAME", help="The rule it names, where it names one.")] = "*",
    who: Who = None,
    as_json: AsJSON = False,
) -> None:
    """End a silence now. What is open and was held back by it is told, unless something else keeps it quiet.

    Name the brand or source and the rule exactly as [bold]goosh alerts silences[/bold] lists them.

    [bold]goosh alerts unsilence اسنپ --rule spike --who Sara[/bold]
    """
    from listener.words import say

    with asking() as (service, settings):
        subject = _subject(service, settings, subject, rule, "goosh alerts unsilence", also=[one.subject for one in service.silences()])
        ended = service.unsilence(subject, rule, acting(who, settings))
        _tell(jsonable(ended), as_json, say("cli.alerts.unsilenced", voice(settings), subject=subject))


@app.command()
def silences(as_json: AsJSON = False) -> None:
    """List the silences that hold now, with who made them and why.

    [bold]goosh alerts silences --json[/bold] is for a program.
    """
    from listener.words import say

    with asking() as (service, settings):
        found, language = service.silences(), voice(settings)
        if as_json:
            put_json(jsonable(found))
        elif not found:
            put(say("cli.alerts.no_silences", language))
        else:
            put_table([say(f"cli.{key}", language) for key in ("subject", "rule", "until", "who", "why")],
                      [(one.subject, one.rule, local(one.until, settings), one.who, one.why) for one in found])


def _subject(service: Service, settings: Settings, typed: str, rule: str, where: str, also: Sequence[str] = ()) -> str:
    """Return the brand or source that was meant, as it is written. Raises: ConfigError where it or the rule is unknown."""
    from alerts.engine import SECTOR
    from listener.text import matching_key

    rules = [*(one.name for one in settings.rules), SECTOR]
    if rule != "*" and rule not in rules:
        raise ConfigError(where, [("--rule", f"unknown rule {rule!r}; known: {', '.join(rules)}")])
    known = list(dict.fromkeys([*(b.name for b in settings.brands), *(view.name for view in service.sources()), *also]))
    meant = next((name for name in known if matching_key(name) == matching_key(typed)), typed)  # nobody types half-spaces at night
    if meant != "*" and meant not in known:
        raise ConfigError(where, [("", f"unknown brand or source {meant!r}; known: {', '.join(known)}")])
    return meant


@app.command()
def verdict(
    fingerprint: Fingerprint,
    kind: Annotated[str, typer.Argument(metavar="real|not_ours|known|late", help="What it was.")],
    who: Who = None,
    as_json: AsJSON = False,
) -> None:
    """Judge an alert: was it real, not about us, known to us already, or real but too late?

    The precision of its rule is counted from verdicts; the last one you give counts. When less than half of a rule's last 20 judged
    alerts were real, it is demoted: it calls nobody until [bold]goosh rules promote[/bold]. If this verdict did that, it says so.

    [bold]goosh alerts verdict 3fa1 real[/bold]

    [bold]goosh alerts verdict 3fa1 not_ours --who Sara[/bold]
    """
    from listener.types import VerdictKind
    from listener.words import say

    if kind not in {k.value for k in VerdictKind}:
        raise ConfigError("goosh alerts verdict", [("", f"{kind!r} is not allowed; allowed: {', '.join(k.value for k in VerdictKind)}")])
    with asking() as (service, settings):
        made = service.verdict(find(service, fingerprint).fingerprint, VerdictKind(kind), acting(who, settings))
        language, found = voice(settings), made.demoted
        said = say("cli.alerts.judged", language, alert=made.verdict.fingerprint, verdict=say(f"cli.verdict.{made.verdict.kind}", language))
        if found:
            said += "\n" + say("rule.demoted", language, right=found.right, judged=found.judged, rule=made.rule)
        _tell({**jsonable(made.verdict), "rule": made.rule, "demoted": {"right": found.right, "judged": found.judged} if found else None},
              as_json, said)


@app.command()
def receivers(as_json: AsJSON = False) -> None:
    """List the receivers: whether messages reach them, since when not and why, and how many messages wait.

    One that refuses for good for over ten minutes is disabled; what is sent to it waits. [bold]goosh alerts test NAME[/bold] tries it and,
    where that goes well, enables it again.

    [bold]goosh alerts receivers --json[/bold] is for a program that watches over this one.
    """
    from listener.words import say

    with asking() as (service, settings):
        found, language = service.receivers(), voice(settings)
        if as_json:
            put_json(jsonable(found))
        else:
            put_table([say(f"cli.{key}", language) for key in ("receiver", "kind", "from_severity", "state", "waiting", "said")],
                      [(one.name, one.kind, str(one.min_severity), alert_view.receiver_state(one, settings), one.waiting or None, one.error)
                       for one in found], language=language)


@app.command("test")
def try_out(
    receiver: Annotated[str, typer.Argument(metavar="RECEIVER", help="Its name in the configuration.")],
    as_json: AsJSON = False,
) -> None:
    """Send a test message to one receiver, marked as a test; a disabled receiver works again after it.

    Needs no running goosh. Where the message is not taken, it says why and changes nothing. To try people and their order, see
    [bold]goosh drill[/bold].

    [bold]goosh alerts test ops[/bold]
    """
    from alerts.notifiers import NOTIFIERS
    from listener.cli.running import settings_for_work
    from listener.words import say

    settings = settings_for_work()
    found = next((r for r in settings.receivers if r.name == receiver), None)
    if found is None:
        defined = ", ".join(r.name for r in settings.receivers) or "none"
        raise ConfigError("goosh alerts test", [("", f"undefined receiver {receiver!r}; defined: {defined}")])
    notifier = NOTIFIERS.load(found.kind)(found.name, NOTIFIERS.options(found.kind)(**found.options))
    notifier.send(trial(settings, found.language))
    _enable(settings, receiver)
    _tell({"receiver": receiver, "ok": True}, as_json, say("cli.alerts.tested", voice(settings), receiver=receiver))


def trial(settings: Settings, language: Any) -> Message:
    """Return the message of ``goosh alerts test``: plainly a test, with a key of its own each time."""
    from listener.calendar import format_date
    from listener.types import Message, Reason
    from listener.words import say

    now = datetime.now(UTC)
    return Message(key=f"test-{now.timestamp():.6f}", title=say("cli.alerts.test_title", language),
                   lines=(say("cli.alerts.test_line", language, at=format_date(now, language, settings.zone)),),
                   language=language, reason=Reason.FIRST, url=settings.board.link)


def _enable(settings: Settings, receiver: str) -> None:
    """Let the receiver be used again where an error had disabled it."""
    from listener.storage import open_store

    store = open_store(settings.database)
    try:
        store.enable_receiver(receiver, at=datetime.now(UTC))
    finally:
        store.close()


def _tell(found: object, as_json: bool, sentence: str) -> None:
    """Print what was done: for a program or for a person."""
    if as_json:
        put_json(found)
    else:
        put(sentence)


def find(service: Service, fingerprint: str) -> Alert:
    """Return the one alert whose fingerprint begins so. Raises: ValueError where none or several do."""
    wanted = fingerprint.strip().lower()
    if len(wanted) < 4:
        raise ValueError(f"alert {fingerprint!r}: give at least the first 4 characters of its fingerprint")
    fitting = [alert for alert in service.alerts(limit=MOST) if alert.fingerprint.startswith(wanted)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise ValueError(f"alert {fingerprint!r}: fits {len(fitting)} alerts; give more characters: "
                         f"{', '.join(alert.fingerprint for alert in fitting[:5])}")
    exact = service.alert(wanted)
    if exact is None:
        raise ValueError(f"alert {fingerprint!r}: unknown; see \"goosh alerts list --all\"")
    return exact.alert


def _span(option: str, text: str) -> timedelta:
    from config.settings import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise ConfigError("goosh alerts", [(option, str(error))]) from None
