"""``goosh rules``: which rules listen, how often each was right, and what people may do about one that is not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.running import asking
from listener.cli.terminal import AsJSON, Who, jsonable, local, put, put_json, put_table, someone, voice

if TYPE_CHECKING:
    from alerts.precision import Precision
    from config.settings import Settings
    from listener.service import RuleView, Service
    from listener.words import Language

app = typer.Typer(name="rules", no_args_is_help=True, add_completion=False, rich_markup_mode="rich", help="""\
List the rules with how often they were right; switch one on or off, or send what it says to the digest.

What is said here holds from the next look on, also while [bold]goosh run[/bold] runs, and wins over the configuration.

[bold]goosh rules list[/bold] shows each with its precision: "11 of 14 real (0.52–0.92)" is the share with its 95 % interval.
""")

REPLAYED = timedelta(weeks=4)  # of the past, before a rule is enabled
Name = Annotated[str, typer.Argument(metavar="RULE", help="Its name in the configuration, such as spike or spike/volume.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why; others read it.")]


@app.command("list")
def list_(as_json: AsJSON = False) -> None:
    """List the configured rules: whether they listen, who demoted them and why, how often they were right, when they last fired.

    An alert counts as right when its verdict was real or late, as wrong when it was not ours; known ones are told apart.

    [bold]goosh rules list --json[/bold] holds every figure.
    """
    from listener.words import say

    with asking() as (service, settings):
        rules = service.rules()
        if as_json:
            put_json([_json(rule) for rule in rules])
            return
        language = voice(settings)
        put_table([say(key, language) for key in ("cli.rule", "cli.state", "cli.rules.precision", "cli.rules.fired", "cli.rules.replayed",
                                                    "cli.rules.why")],
                  [_row(rule, settings, language) for rule in rules])


@app.command()
def enable(name: Name, why: Why, who: Who = None) -> None:
    """Let a rule raise alerts, though the configuration or somebody had switched it off. What it would have done in the past four weeks is kept with it.

    [bold]goosh rules enable spike/volume --why "its replay looks right"[/bold]
    """
    from listener.words import say

    with asking() as (service, settings):
        replay = _replayed(service, settings, name)
        service.enable_rule(name, someone(who), why, replay=replay)
        _said("cli.rules.enabled", name, settings)
        if replay:
            put(say("cli.rules.would", voice(settings), alerts=replay["alerts"]))


@app.command()
def disable(name: Name, why: Why, who: Who = None) -> None:
    """Let a rule raise no alerts until it is enabled again. Alerts that stand stay.

    [bold]goosh rules disable negative_share --why "too early for us"[/bold]
    """
    with asking() as (service, settings):
        service.disable_rule(name, someone(who), why)
        _said("cli.rules.disabled", name, settings)


@app.command()
def demote(name: Name, why: Why, who: Who = None) -> None:
    """Let what a rule says wait for the digest (P3) instead of calling somebody. Done by itself where less than half of its last 20 judged alerts were real.

    [bold]goosh rules demote resurfaced --why "mostly old stories"[/bold]
    """
    with asking() as (service, settings):
        service.demote_rule(name, someone(who), why)
        _said("cli.rules.demoted", name, settings)


@app.command()
def promote(name: Name, why: Why, who: Who = None) -> None:
    """Let a demoted rule call people again. Verdicts given before count no more towards the next demotion.

    [bold]goosh rules promote spike --why "its floor is higher now"[/bold]
    """
    with asking() as (service, settings):
        service.promote_rule(name, someone(who), why)
        _said("cli.rules.promoted", name, settings)


def _replayed(service: Service, settings: Settings, name: str) -> dict[str, Any] | None:
    """Return what a rule would have done of late, in figures; None: there is no such rule, which the service tells."""
    from alerts.replay import Watched
    from listener.app import policy_now, rules_of
    from listener.pipeline.replay import replayed, summary

    rules = rules_of([rule for rule in settings.rules if rule.name == name])
    if not rules:
        return None
    brands, until = [brand.name for brand in settings.brands if not brand.peer], service.now()
    done = replayed(service.store, rules, brands=brands, since=until - REPLAYED, until=until, policy=policy_now(settings, service.store),
                    sources=[Watched(source.name, source.stale_after) for source in settings.sources if not source.paused])
    return {"from": (until - REPLAYED).isoformat(), "to": until.isoformat(), **summary(service.store, done, brands)}


def _said(key: str, name: str, settings: Settings) -> None:
    from listener.words import say

    put(say(key, voice(settings), rule=name))


def _state(rule: RuleView) -> str:
    return "cli.rules.off" if not rule.enabled else "cli.rules.digest" if rule.demoted else "cli.rules.on"


def _row(rule: RuleView, settings: Settings, language: Language) -> tuple[object, ...]:
    from listener.words import say

    why = f"{rule.said.who}: {rule.said.why}" if rule.said else None
    return (rule.name, say(_state(rule), language), in_words(rule.precision, language), local(rule.fired_at, settings),
            local(rule.replays[0][0], settings) if rule.replays else None, why)


def in_words(found: Precision, language: Language) -> str | None:
    """Return "11 of 14 real (0.52–0.92), 3 known"; None: nobody judged an alert of it."""
    from listener.words import digits, say

    told = []
    if found.interval is not None:
        point = "٫" if language == "fa" else "."
        low, high = (digits(f"{bound:.2f}".replace(".", point), language) for bound in found.interval)
        told.append(say("cli.rules.right", language, right=found.right, judged=found.judged, low=low, high=high))
    if found.known:
        told.append(say("cli.rules.known", language, known=found.known))
    return say("cli.rules.and", language).join(told) or None


def _json(rule: RuleView) -> dict[str, Any]:
    said, low_high = rule.said, rule.precision.interval
    last = rule.replays[0] if rule.replays else None
    return {
        "name": rule.name, "kind": rule.kind, "enabled": rule.enabled, "demoted": rule.demoted,
        "said": {"at": jsonable(said.at), "who": said.who, "why": said.why} if said else None,
        "demoted_at": jsonable(said.demoted_at) if said else None,
        "precision": {"right": rule.precision.right, "wrong": rule.precision.wrong, "known": rule.precision.known,
                      "share": rule.precision.share, "interval": list(low_high) if low_high else None},
        "last_fired": jsonable(rule.fired_at),
        "last_replay": {"at": jsonable(last[0]), "who": last[1], **jsonable(last[2])} if last else None}
