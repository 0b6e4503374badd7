"""How ``goosh alerts`` shows an alert: a row of a list, all of it on one screen, JSON for programs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from listener.cli.terminal import jsonable, local, put, put_table, voice

if TYPE_CHECKING:
    from config.settings import Settings
    from listener.service import AlertView, Service
    from listener.service.alerts import ReceiverView
    from listener.types import Alert


def folded(alerts: Sequence[Alert]) -> list[tuple[Alert, Sequence[Alert]]]:
    """Return the alerts in their order, each with those that it speaks for, also through others; those are no lines of their own."""
    from alerts.lifecycle import held_by

    known = {one.fingerprint for one in alerts}
    above = {one.fingerprint: leader for leader, some in held_by(alerts).items() if leader in known for one in some}

    def top(one: Alert) -> str:
        at, passed = one.fingerprint, set[str]()
        while at in above and at not in passed:
            passed.add(at)
            at = above[at]
        return at

    led: dict[str, list[Alert]] = {}
    for one in alerts:
        led.setdefault(top(one), []).append(one)
    return [(one, [other for other in led[one.fingerprint] if other is not one]) for one in alerts if top(one) == one.fingerprint]


def row(alert: Alert, settings: Settings, led: Sequence[Alert] = ()) -> tuple[object, ...]:
    """Return a line of the list; ``led``: those that it speaks for, told as a count of each rule."""
    from collections import Counter

    from listener.words import number, say

    language = voice(settings)
    also = "".join(f" + {number(count, language)} {name}" for name, count in Counter(rule_name(one.rule, language) for one in led).most_common())
    return (alert.fingerprint[:8], say(f"alert.{alert.severity}", language), say(f"board.state.{alert.state}", language),
            rule_name(alert.rule, language) + also, alert.subject, _when(alert.starts_at, settings),
            f"{_figure(alert, alert.value, settings)} / {_figure(alert, alert.expected, settings)}", alert.acknowledged_by)


def put_blind(service: Service, settings: Settings, brand: str | None = None) -> None:
    """Print which rules cannot speak for the moment, and until when; nothing where all can."""
    from alerts.blindness import tell

    for one in service.blind_rules(brand):
        put(tell(one, language=voice(settings), timezone=settings.zone, at=service.now()))


def rule_name(rule: str, language: Any) -> str:
    """Return a rule's name in words, with its own where two of one kind stand."""
    from alerts.rules import kind_of
    from listener.words import catalogue, say

    key = f"board.rule.{kind_of(rule)}"
    if key not in catalogue():
        return rule
    own = rule.partition("/")[2]
    return f"{say(key, language)} ({own})" if own else say(key, language)


def _when(at: datetime | None, settings: Settings) -> str | None:
    """Return an instant for a table: one calendar, that of the language, to the minute."""
    from listener.calendar import jalali
    from listener.words import digits

    if at is None:
        return None
    there, language = at.astimezone(settings.zone), voice(settings)
    if language == "en":
        return f"{there:%Y-%m-%d %H:%M}"
    day = jalali(there.date())
    return digits(f"{day.year}/{day.month:02}/{day.day:02} {there:%H:%M}", language)


def _act(what: str, language: Any) -> str:
    """Return what a person did, in words; the reason stays as it was given."""
    from listener.words import catalogue, say

    if what.startswith("verdict "):
        kind = what.removeprefix("verdict ")
        return say("cli.act.verdict", language, verdict=say(f"cli.verdict.{kind}", language) if f"cli.verdict.{kind}" in catalogue() else kind)
    act, mark, why = what.partition(": ")
    key = f"cli.act.{act}"
    return f"{say(key, language)}{mark}{why}" if key in catalogue() else what


_SPARED = re.compile(r"(.*) by (.+) before its time came", re.DOTALL)
_NOT_NEEDED = "no longer needed when its time came"  # both as the store of alerts notes them where an error would stand


def _dropped(noted: str | None, language: Any) -> str | None:
    """Return in words why a message was not needed any more; None where what is noted is an error."""
    from listener.words import catalogue, say

    if noted == _NOT_NEEDED:
        return say("cli.dropped.over", language)
    found = _SPARED.fullmatch(noted or "")
    if found is None:
        return None
    key = f"cli.act.{found[1].partition(': ')[0]}"
    return f"{found[2]} {say(key, language)}" if key in catalogue() else noted


def _figure(alert: Alert, value: float, settings: Settings) -> str:
    """Return a count, or for a silent source the time it has been silent."""
    from alerts.wording import span_in_words
    from listener.words import number

    language = voice(settings)
    return span_in_words(timedelta(seconds=value), language) if alert.rule == "stale_source" else number(round(value, 1), language)


def as_json(alert: Alert) -> dict[str, Any]:
    return {"fingerprint": alert.fingerprint, **jsonable(alert), "evidence": [f"{key.kind}:{key.id}" for key in alert.evidence]}


def view_json(view: AlertView, service: Service) -> dict[str, Any]:
    found = service.precision_of(view.alert.rule)
    return {**as_json(view.alert),
            "mentions": [{"kind": s.mention.kind, "id": s.mention.id, "url": s.mention.url, "text": s.mention.full_text,
                          "author": s.mention.author.id if s.mention.author else None, "published_at": s.mention.published_at.isoformat(),
                          "label": s.score.label.value if s.score else None} for s in view.mentions],
            "missing": view.missing,
            "deliveries": [{"receiver": d.receiver, "key": d.key, "reason": d.message.reason.value, "due_at": jsonable(d.due_at),
                            "sent_at": jsonable(d.sent_at), "cancelled_at": jsonable(d.cancelled_at), "attempts": d.attempts,
                            "error": d.error} for d in view.deliveries],
            "precision": {"right": found.right, "judged": found.judged, "known": found.known},
            "speaks_for": [one.fingerprint for one in view.speaks_for],
            "covered_by": view.covered_by.fingerprint if view.covered_by else None,
            "verdicts": jsonable(view.verdicts), "silences": jsonable(view.silences), "history": jsonable(view.history)}


def show_view(view: AlertView, settings: Settings, service: Service) -> None:
    from alerts.evidence import cast, subject
    from alerts.wording import Context, explain, said_parts, title
    from listener.cli.rules import in_words
    from listener.types import Reason
    from listener.words import say

    language, alert = voice(settings), view.alert
    put_table([say(f"cli.{key}", language) for key in ("alert", "severity", "state", "rule", "subject", "began", "value", "owner")],
              [row(alert, settings)])
    put_blind(service, settings, alert.subject)
    for line in held(view, language):
        put(line)
    over = alert.resolved_at is not None
    reason = Reason.RESOLVED if over else Reason.FIRST
    for line in (title(alert, reason, language=language, timezone=settings.zone),
                 *explain(alert, reason, view.mentions, language=language, timezone=settings.zone,
                          sources=[source.name for source in view.unseen], context=Context(story=service.story_of(alert)))):
        put(line)
    put(say("cli.alerts.precision", language, precision=in_words(service.precision_of(alert.rule), language) or say("cli.alerts.unjudged", language)))
    if alert.why.get("severity"):
        put(say("cli.alerts.severity", language, severity=say(f"alert.{alert.severity}", language),
                **said_parts(alert, language)))
    if view.mentions:
        shown = cast(view.mentions, subject=subject(alert.why))
        put_table([say(f"cli.{key}", language) for key in ("published", "stands_for", "author", "text", "link")],
                  [(_when(s.mention.published_at, settings), say(f"alert.role.{role}", language),
                    s.mention.author.name or s.mention.author.id if s.mention.author else None,
                    " ".join(s.mention.full_text.split())[:200], s.mention.url) for role, s in shown])
        if more := len(view.mentions) - len(shown):
            put(say("cli.alerts.more", language, count=more))
    if told := _by_mouth(view, settings):
        put(told)
    if view.missing:
        put(say("cli.alerts.missing", language, count=view.missing))
    waiting = [d for d in view.deliveries if d.sent_at is None and d.cancelled_at is None]
    if waiting:
        put_table([say(f"cli.{key}", language) for key in ("called_next", "message", "when", "said")],
                  [(d.receiver, say(f"cli.reason.{d.message.reason}", language), _when(d.due_at, settings), d.error) for d in sorted(waiting, key=lambda d: d.due_at)])
    if done := [d for d in view.deliveries if d not in waiting]:
        put_table([say(f"cli.{key}", language) for key in ("receiver", "message", "sent", "cancelled", "why", "said")],
                  [(d.receiver, say(f"cli.reason.{d.message.reason}", language), _when(d.sent_at, settings), _when(d.cancelled_at, settings),
                    why := _dropped(d.error, language), None if why else d.error) for d in done])
    for silence in view.silences:
        put(say("cli.alerts.silent", language, who=silence.who, until=local(silence.until, settings) or "", why=silence.why))
    if view.verdicts:
        put_table([say(f"cli.{key}", language) for key in ("when", "who", "verdict")],
                  [(_when(v.at, settings), v.who, say(f"cli.verdict.{v.kind}", language)) for v in view.verdicts])
    elif over:
        put(say("cli.alerts.judge", language, alert=alert.fingerprint[:8]))
    if view.history:
        put_table([say(f"cli.{key}", language) for key in ("when", "who", "what")],
                  [(_when(h.at, settings), h.who, _act(h.what, language)) for h in view.history])


def held(view: AlertView, language: Any) -> list[str]:
    """Return that nobody was told of this alert and which one was told of, and those that it speaks for itself."""
    from alerts.wording import SHORT, isolate
    from listener.words import say

    def name(one: Alert) -> str:
        return say("cli.alerts.named", language, rule=rule_name(one.rule, language), subject=isolate(one.subject), alert=f"#{one.fingerprint[:SHORT]}")

    cause = view.alert.why.get("inhibited_by")
    lines = []
    if view.covered_by is not None:
        lines.append(say("cli.alerts.covered", language, by=name(view.covered_by)))
    elif isinstance(cause, str) and cause.startswith("campaign:") and view.alert.resolved_at is None:
        lines.append(say("board.held.campaign", language, name=isolate(cause.removeprefix("campaign:"))))
    if view.speaks_for:
        lines.append(say("cli.alerts.speaks_for", language, others=say("alert.comma", language).join(name(one) for one in view.speaks_for)))
    return lines


def _by_mouth(view: AlertView, settings: Settings) -> str | None:
    """Return how many people the dissatisfied authors may tell, by the survey of the settings; no part of any reach. None: nobody is."""
    from alerts.reach import WordOfMouth, hearsay
    from listener.types import Label
    from listener.words import digits, say

    said = settings.word_of_mouth
    people = {(s.mention.author.kind, s.mention.author.id) if s.mention.author else s.mention.key for s in view.mentions
              if s.score and s.score.label is Label.NEGATIVE and not s.score.unsure}
    if not people:
        return None
    heard = hearsay(0, len(people), WordOfMouth(said.satisfied, said.dissatisfied, said.year, said.source))
    unsure = sum(1 for s in view.mentions if s.score and s.score.label is Label.NEGATIVE and s.score.unsure)
    told = say("cli.alerts.mouth", voice(settings), people=len(people), heard=heard.bad, source=said.source, year=digits(str(said.year), voice(settings)))
    return told + (" " + say("cli.alerts.mouth.unsure", voice(settings), count=unsure) if unsure else "")


def receiver_state(one: ReceiverView, settings: Settings) -> str:
    """Return in words whether messages reach a receiver."""
    from listener.words import say

    language = voice(settings)
    if one.disabled_at is not None:
        return say("cli.receiver.disabled", language, at=local(one.disabled_at, settings) or "")
    return say("cli.receiver.refusing" if one.refusals else "cli.ok", language)
