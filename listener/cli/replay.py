"""``goosh replay``: what a rule would have said of the past, before anybody is called by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.alert_view import rule_name
from listener.cli.terminal import AsJSON, put, put_json, put_table, short, voice
from listener.errors import ConfigError

if TYPE_CHECKING:
    from alerts.replay import Summary
    from config.settings import Settings
    from listener.storage import Store
    from listener.types import Alert, Rule

app = typer.Typer(add_completion=False)

USUAL = timedelta(weeks=4)
SHOWN = 40  # alerts in the table; --json holds all


@app.command()
def replay(
    brand: Annotated[list[str] | None, typer.Option("--brand", metavar="NAME", help="This brand; else all. May be given several times.")] = None,
    since: Annotated[str | None, typer.Option(
        "--from", metavar="DAY", help="From this day or instant on, Jalali or Gregorian: 1405/08/01, 2026-10-23; else four weeks.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="DAY", help="To the end of this day, or to this instant; else until now.")] = None,
    rule: Annotated[str | None, typer.Option(
        "--rule", metavar="FILE|RULE", help="A draft: a file of rules as in goosh.toml, or the name of a rule that is switched off.")] = None,
    as_json: AsJSON = False,
) -> None:
    """Run rules over what is stored and show when they would have fired, with only what was known at each moment.

    The very same code as live, with all that shapes an alert but people: nobody takes, silences or resolves anything. Where
    this program did not yet run (imports) it is assumed that each step was looked at two minutes after its end, and that what
    had been published was known. Nothing is sent and nothing is stored.

    With --rule the draft joins the enabled rules, in the place of one of the same name, and the difference is shown. A draft
    file holds tables of rules as goosh.toml has them.

    [bold]goosh replay --brand اسنپ --from 1405/07/01 --to 1405/07/30[/bold] is a month with the rules that are enabled.

    [bold]goosh replay --from 2026-09-01 --rule draft.toml --json[/bold] tries a draft on every brand.
    """
    from listener import logs
    from listener.app import policy_now, read_settings, rules_of
    from listener.storage import open_store

    settings = read_settings(None)
    logs.set_up(settings)
    brands = _brands(brand, settings)
    now = datetime.now(UTC)
    end = min(_instant("--to", until, settings, end=True) if until else now, now)
    begin = _instant("--from", since, settings) if since else end - USUAL
    if begin >= end:
        raise ConfigError("goosh replay", [("--from", "lies after --to, or in the future; give an earlier day")])
    store = open_store(settings.database)
    try:
        policy = policy_now(settings, store)
        enabled = {name: made for name, made in rules_of(settings.rules).items() if name not in policy.off}
        draft = _draft(rule, settings) if rule else {}
        said = _said(store, settings, enabled, draft, brands=brands, since=begin, until=end)
    finally:
        store.close()
    if as_json:
        put_json(said)
    else:
        _show(said, settings)


def _said(store: Store, settings: Settings, enabled: Mapping[str, Rule], draft: Mapping[str, Rule], *, brands: Sequence[str],
          since: datetime, until: datetime) -> dict[str, Any]:
    """Return a replay as plain values: figures, alerts, and how it differs from what is enabled and from what was raised."""
    from dataclasses import replace

    from alerts.replay import Watched, compare
    from alerts.rules import kind_of
    from listener.app import policy_now
    from listener.pipeline.replay import replayed, summary

    sources = [Watched(source.name, source.stale_after) for source in settings.sources if not source.paused]
    policy = policy_now(settings, store)

    def run(rules: Mapping[str, Rule]) -> Summary:
        return replayed(store, rules, brands=brands, sources=sources, policy=policy, since=since, until=until)

    before = run(enabled)
    if not draft:
        return {"rules": sorted(enabled), **summary(store, before, brands)}
    kinds = {kind_of(name) for name in draft}
    after = run({**enabled, **draft})
    after = replace(after, alerts=tuple(alert for alert in after.alerts if alert.rule in draft))
    stands = tuple(alert for alert in before.alerts if kind_of(alert.rule) in kinds)
    found = compare(_within(after.alerts, since), _within(stands, since))
    return {"rules": sorted(draft), **summary(store, after, brands), "enabled": summary(store, replace(before, alerts=stands), brands),
            "difference": {"both": len(found.both), "only_draft": [one.fingerprint for one in found.only_draft],
                           "only_enabled": [one.fingerprint for one in found.only_enabled]}}


def _within(alerts: Sequence[Alert], since: datetime) -> list[Alert]:
    return [alert for alert in alerts if alert.fired_at >= since]


def _show(said: Mapping[str, Any], settings: Settings) -> None:
    from listener.words import number, say

    language = voice(settings)
    fired, different = said["fired"], said.get("difference")
    draft_only = set(different["only_draft"]) if different else set()
    if fired:
        columns = ["severity", "rule", "subject", "fired", "told", "verdict", "evidence"] + (["new"] if different else [])
        put_table([say(f"cli.replay.{name}", language) for name in columns],
                  [(say(f"alert.{one['severity']}", language), rule_name(one["rule"], language), one["subject"], short(_read(one["fired_at"]), settings), short(_read(one["told_at"]) if one["called"] else None, settings),
                    one["verdict"] and say(f"cli.verdict.{one['verdict']}", language), " ".join(one["evidence"][:2]),
                    *([say("cli.replay.only_draft", language) if one["fingerprint"] in draft_only else None] if different else []))
                   for one in fired[:SHOWN]])
        if len(fired) > SHOWN:
            put(say("cli.replay.more", language, count=len(fired) - SHOWN))
    rate = said["per_brand_week"]
    put(say("cli.replay.rate", language, alerts=said["alerts"], told=said["told"],
            rate=say("cli.replay.short", language) if rate is None else number(rate, language, decimals=2)))
    if said["median_delay"] is not None:
        put(say("cli.replay.delay", language, median=_span(said["median_delay"], settings), longest=_span(said["longest_delay"], settings)))
    if said["recorded"]["alerts"]:
        put(say("cli.replay.recorded", language, matched=said["recorded"]["matched"], alerts=said["recorded"]["alerts"],
                told=said["recorded"].get("told", said["recorded"]["alerts"])))
    if different:
        put(say("cli.replay.difference", language, both=different["both"], draft=len(different["only_draft"]),
                enabled=len(different["only_enabled"])))
    if not said["looks"]:
        put(say("cli.replay.assumed", language))


def _read(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _span(seconds: float, settings: Settings) -> str:
    from alerts.wording import span_in_words

    return span_in_words(timedelta(seconds=seconds), voice(settings))


def _brands(asked: Sequence[str] | None, settings: Settings) -> list[str]:
    """Return the brands meant, by any spelling of a name or an alias; all that rules watch where none is named."""
    from listener.app import watched_brands
    from listener.text import matching_key

    if not asked:
        return watched_brands(settings)
    names = {matching_key(spelling): one.name for one in settings.brands for spelling in (one.name, *one.aliases)}
    problems = [("--brand", f"unknown brand {name!r}; known: {', '.join(one.name for one in settings.brands)}")
                for name in asked if matching_key(name) not in names]
    if problems:
        raise ConfigError("goosh replay", problems)
    return list(dict.fromkeys(names[matching_key(name)] for name in asked))


def _instant(option: str, text: str, settings: Settings, *, end: bool = False) -> datetime:
    """Return the instant a person names; a day is its beginning, or its end."""
    from listener.calendar import parse_time
    from listener.types import Precision

    read = parse_time(text, settings.zone)
    if read is None:
        raise ConfigError("goosh replay", [(option, f"{text!r} names no day; write 1405/08/29 or 2026-11-20, with or without an hour")])
    at, precision = read
    if precision is not Precision.DAY:
        return at
    day = at.astimezone(settings.zone).date() + timedelta(days=int(end))
    return datetime(day.year, day.month, day.day, tzinfo=settings.zone).astimezone(UTC)


def _draft(asked: str, settings: Settings) -> dict[str, Rule]:
    """Return the rules of a draft file, or the configured rule of that name. Raises: ConfigError."""
    import tomllib

    from alerts.notifiers import NOTIFIERS
    from alerts.rules import RULES
    from config.settings import parse
    from listener.app import rules_of
    from listener.collectors import COLLECTORS

    named = [rule for rule in settings.rules if rule.name == asked]
    if named:
        return rules_of(named)
    file = Path(asked)
    if not file.is_file():
        known = ", ".join(rule.name for rule in settings.rules)
        raise ConfigError("goosh replay", [("--rule", f"no such file {asked!r}, nor a rule of this name; known: {known}")])
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeError) as error:
        raise ConfigError(file.name, [("", f"not TOML ({error}); write [[rules]] tables as in goosh.toml")]) from None
    if set(tables) != {"rules"}:
        raise ConfigError(file.name, [("", "a draft holds [[rules]] tables and nothing else; leave the rest in goosh.toml")])
    drawn = parse({"brands": [{"name": settings.brands[0].name}], "rules": tables["rules"]}, collectors=COLLECTORS, rules=RULES,
                  notifiers=NOTIFIERS, environment={}, where=file.name)
    return rules_of(drawn.rules)
