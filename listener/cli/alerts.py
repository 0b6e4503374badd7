"""``goosh alerts``: everything a person can do with an alert on the board, from a terminal or over SSH at night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.running import asking
from listener.cli.terminal import AsJSON, Who, jsonable, local, put, put_json, put_table, someone, voice
from listener.errors import ConfigError

if TYPE_CHECKING:
    from config.settings import Settings
    from listener.service import AlertView, Service
    from listener.types import Alert, Message

app = typer.Typer(name="alerts", no_args_is_help=True, add_completion=False, rich_markup_mode="rich", help="""\
Look at alerts, take them, resolve them, silence them, judge them.

An alert is named by its fingerprint, sixteen characters; the first four or more are enough where they fit one alert only.

[bold]goosh alerts list[/bold] shows what is open; [bold]goosh alerts ack 3fa1 --who Sara[/bold] takes one: nobody else is
woken for it until it gets worse.
""")

Fingerprint = Annotated[str, typer.Argument(metavar="ALERT", help="Its fingerprint, or the first characters of it.")]
MOST = 1_000  # alerts looked through for the beginning of a fingerprint


@app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    brand: Annotated[str | None, typer.Option("--brand", metavar="NAME", help="About this brand and its sources only.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="SPAN", help="Fired within this span: 12h, 7d.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=MOST, help="At most so many.")] = 100,
    as_json: AsJSON = False,
) -> None:
    """List alerts: open ones first by severity, then the newest.

    [bold]goosh alerts list[/bold] shows the open ones.

    [bold]goosh alerts list --all --since 7d --json[/bold] is last week, for a program.
    """
    from listener.words import say

    span = _span("--since", since) if since else None
    with asking() as (service, settings):
        found = service.alerts(brand=brand, open_only=not everything, since=datetime.now(UTC) - span if span else None, limit=limit)
        if as_json:
            put_json([_alert_json(alert) for alert in found])
            return
        language = voice(settings)
        if not found:
            put(say("cli.alerts.none" if everything else "cli.alerts.none_open", language))
            return
        put_table([say(f"cli.{key}", language) for key in ("alert", "severity", "state", "rule", "subject", "began", "value", "owner")],
                  [_row(alert, settings) for alert in found])


@app.command()
def show(fingerprint: Fingerprint, as_json: AsJSON = False) -> None:
    """Show one alert with its evidence, deliveries and history.

    [bold]goosh alerts show 3fa1c02b[/bold]

    [bold]goosh alerts show 3fa1c02b --json[/bold] holds every figure that the rule looked at.
    """
    with asking() as (service, settings):
        view = service.alert(_find(service, fingerprint).fingerprint)
        if view is None:
            raise ValueError(f"alert {fingerprint!r}: unknown; it may be past its keeping time")
        if as_json:
            put_json(_view_json(view))
        else:
            _show(view, settings)


@app.command()
def ack(fingerprint: Fingerprint, who: Who = None) -> None:
    """Take an alert: it is in your hands until it clears, and wakes others only when it gets worse.

    [bold]goosh alerts ack 3fa1 --who Sara[/bold]
    """
    from listener.words import say

    with asking() as (service, settings):
        alert = service.acknowledge(_find(service, fingerprint).fingerprint, someone(who))
        put(say("cli.alerts.acknowledged", voice(settings), alert=alert.fingerprint, who=alert.acknowledged_by or ""))


@app.command()
def resolve(
    fingerprint: Fingerprint,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="What was done or found; others read it.")],
    who: Who = None,
) -> None:
    """Close an alert by hand, with the reason.

    [bold]goosh alerts resolve 3fa1 --why "refunds paid, answer posted"[/bold]
    """
    from listener.words import say

    with asking() as (service, settings):
        alert = service.resolve(_find(service, fingerprint).fingerprint, someone(who), why)
        put(say("cli.alerts.resolved", voice(settings), alert=alert.fingerprint))


@app.command()
def silence(
    subject: Annotated[str, typer.Argument(metavar="BRAND|SOURCE", help="Whom it is about; \"*\" for all.")],
    span: Annotated[str, typer.Option("--for", metavar="SPAN", help="How long: 2h, 1d; a week at most.")],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why; others read it.")],
    rule: Annotated[str, typer.Option("--rule", metavar="KIND", help="This rule only.")] = "*",
    who: Who = None,
) -> None:
    """Send no messages about a brand or a source for a while. A silence always ends, and carries a name and a reason.

    Alerts still fire and stand on the board; they are only not sent.

    [bold]goosh alerts silence اسنپ --rule spike --for 4h --why "campaign of today"[/bold]

    [bold]goosh alerts silence isna --for 1d --why "their server moves"[/bold] is about a source.
    """
    from listener.text import matching_key
    from listener.words import say

    until = datetime.now(UTC) + _span("--for", span)
    with asking() as (service, settings):
        if rule != "*":
            from alerts.rules import RULES

            if rule not in RULES:
                raise ConfigError("goosh alerts silence", [("--rule", f"unknown rule {rule!r}; known: {', '.join(RULES.kinds)}")])
        known = [*(b.name for b in settings.brands), *(view.name for view in service.sources())]
        subject = next((name for name in known if matching_key(name) == matching_key(subject)), subject)  # nobody types half-spaces at night
        if subject != "*" and subject not in known:
            raise ConfigError("goosh alerts silence", [("", f"unknown brand or source {subject!r}; known: {', '.join(known)}")])
        made = service.silence(subject, rule, someone(who), why, until)
        put(say("cli.alerts.silenced", voice(settings), subject=subject, until=local(made.until, settings) or ""))


@app.command()
def verdict(
    fingerprint: Fingerprint,
    kind: Annotated[str, typer.Argument(metavar="real|not_ours|known|late", help="What it was.")],
    who: Who = None,
) -> None:
    """Judge an alert afterwards: real, not ours, known already, or too late. The rules' precision is counted from it.

    [bold]goosh alerts verdict 3fa1 real[/bold]
    """
    from listener.types import VerdictKind
    from listener.words import say

    if kind not in {k.value for k in VerdictKind}:
        raise ConfigError("goosh alerts verdict", [("", f"{kind!r} is not allowed; allowed: {', '.join(k.value for k in VerdictKind)}")])
    with asking() as (service, settings):
        made = service.verdict(_find(service, fingerprint).fingerprint, VerdictKind(kind), someone(who))
        put(say("cli.alerts.judged", voice(settings), alert=made.fingerprint, verdict=made.kind.value))


@app.command()
def test(
    receiver: Annotated[str, typer.Argument(metavar="RECEIVER", help="Its name in the configuration.")],
) -> None:
    """Send a test message to one receiver, marked as a test; a disabled receiver works again after it.

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
    notifier.send(test_message(settings, found.language))
    _enable(settings, receiver)
    put(say("cli.alerts.tested", voice(settings), receiver=receiver))


def test_message(settings: Settings, language: Any) -> Message:
    """Return the message of ``goosh alerts test``: plainly a test, with a key of its own each time."""
    from listener.types import Message, Reason
    from listener.words import say

    now = datetime.now(UTC)
    return Message(key=f"test-{now.timestamp():.6f}", title=say("cli.alerts.test_title", language),
                   lines=(say("cli.alerts.test_line", language, at=local(now, settings) or ""),),
                   language=language, reason=Reason.FIRST, url=settings.board.link)


test_message.__test__ = False  # type: ignore[attr-defined]  # pytest collects by name where it is imported
test.__test__ = False  # type: ignore[attr-defined]


def _enable(settings: Settings, receiver: str) -> None:
    """Let the receiver be used again where an error had disabled it."""
    from listener.storage import open_store

    store = open_store(settings.database)
    try:
        store.enable_receiver(receiver)
    finally:
        store.close()


def _find(service: Service, fingerprint: str) -> Alert:
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


def _row(alert: Alert, settings: Settings) -> tuple[object, ...]:
    return (alert.fingerprint[:8], alert.severity.value, alert.state.value, alert.rule, alert.subject, local(alert.starts_at, settings),
            f"{_figure(alert, alert.value, settings)} / {_figure(alert, alert.expected, settings)}", alert.acknowledged_by)


def _figure(alert: Alert, value: float, settings: Settings) -> str:
    """Return a count, or for a silent source the time it has been silent."""
    from alerts.wording import span_in_words
    from listener.words import number

    language = voice(settings)
    return span_in_words(timedelta(seconds=value), language) if alert.rule == "stale_source" else number(round(value, 1), language)


def _alert_json(alert: Alert) -> dict[str, Any]:
    return {"fingerprint": alert.fingerprint, **jsonable(alert), "evidence": [f"{key.kind}:{key.id}" for key in alert.evidence]}


def _view_json(view: AlertView) -> dict[str, Any]:
    return {**_alert_json(view.alert),
            "mentions": [{"kind": s.mention.kind, "id": s.mention.id, "url": s.mention.url, "text": s.mention.full_text,
                          "author": s.mention.author.id if s.mention.author else None, "published_at": s.mention.published_at.isoformat(),
                          "label": s.score.label.value if s.score else None} for s in view.mentions],
            "missing": view.missing,
            "deliveries": [{"receiver": d.receiver, "key": d.key, "sent_at": jsonable(d.sent_at), "attempts": d.attempts, "error": d.error}
                           for d in view.deliveries],
            "verdicts": jsonable(view.verdicts), "silences": jsonable(view.silences), "history": jsonable(view.history)}


def _show(view: AlertView, settings: Settings) -> None:
    from alerts.wording import compose
    from listener.types import Reason
    from listener.words import say

    language, alert = voice(settings), view.alert
    put_table([say(f"cli.{key}", language) for key in ("alert", "severity", "state", "rule", "subject", "began", "value", "owner")],
              [_row(alert, settings)])
    over = alert.resolved_at is not None
    message = compose(alert, Reason.RESOLVED if over else Reason.FIRST, view.mentions, language=language, timezone=settings.zone)
    put("\n".join((message.title, *message.lines)))
    if view.mentions:
        put_table([say(f"cli.{key}", language) for key in ("published", "author", "text", "link")],
                  [(local(s.mention.published_at, settings), s.mention.author.name or s.mention.author.id if s.mention.author else None,
                    " ".join(s.mention.full_text.split())[:200], s.mention.url) for s in view.mentions])
    if view.missing:
        put(say("cli.alerts.missing", language, count=view.missing))
    if view.deliveries:
        put_table([say(f"cli.{key}", language) for key in ("receiver", "sent", "said")],
                  [(d.receiver, local(d.sent_at, settings), d.error) for d in view.deliveries])
    if view.history:
        put_table([say(f"cli.{key}", language) for key in ("when", "who", "what")],
                  [(local(h.at, settings), h.who, h.what) for h in view.history])
