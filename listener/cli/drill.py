"""``goosh drill``: a past storm, or the packaged one, for the people who would be called: an exercise, and marked as one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.terminal import AsJSON, complain, confirm, put, put_json, voice
from listener.errors import ConfigError, NotifyError

if TYPE_CHECKING:
    from alerts.paging import Call
    from config.settings import Settings
    from listener.types import Alert, Message, Notifier, Reason, ScoredMention

app = typer.Typer(add_completion=False)

LAST_WAIT = timedelta(minutes=10)  # for somebody to take it after the last call
SENDING = timedelta(minutes=1)  # a call takes at most, with its end
SCENE = timedelta(minutes=20)  # of the packaged storm that its alert speaks of


@app.command()
def drill(
    alert: Annotated[str | None, typer.Argument(metavar="ALERT", help="A past alert by its fingerprint; else the packaged storm.")] = None,
    speed: Annotated[float, typer.Option("--speed", metavar="N", min=1, max=3600, help="So many times faster than in earnest: 60 makes ten minutes ten seconds.")] = 1.0,
    severity: Annotated[str, typer.Option("--severity", metavar="P1|P2|P3", help="How bad it is said to be.")] = "P1",
    yes: Annotated[bool, typer.Option("--yes", help="Send without asking.")] = False,
    as_json: AsJSON = False,
) -> None:
    """Call the people on duty as in earnest, with every message marked DRILL (تمرین) in its title and first line.

    The rota, the receivers and the escalation are the real ones; so is the quiet of the night, when P2 waits for the morning.
    Nothing is stored: no alert, no verdict, no precision; while it goes on, an answer in a chat that names no alert is taken
    for none. Press Enter when somebody has taken it: whoever was to be called later is spared, the end is told to those who heard of
    it, also after Ctrl-C, and the time it took is printed.

    [bold]goosh drill --speed 60[/bold] is the packaged storm, ten minutes in ten seconds.

    [bold]goosh drill 3fa1c02b[/bold] tells once more of a past alert, in real time.
    """
    from listener.cli.running import settings_for_work
    from listener.types import Reason, Severity
    from listener.words import say

    if severity not in {one.value for one in Severity}:
        raise ConfigError("goosh drill", [("--severity", f"{severity!r} is not allowed; allowed: P1, P2, P3")])
    settings = settings_for_work()
    if not settings.receivers:
        raise ConfigError("goosh drill", [("", "no receiver is configured; add one under [[receivers]]")])
    now = datetime.now(UTC)
    past, posts = _past(settings, alert) if alert else _packaged(now)
    storm = _begun(replace(past, severity=Severity(severity)), now)
    exercise = Exercise(settings, storm, posts, speed)
    calls = exercise.calls(Reason.FIRST, now)
    if not calls:
        complain(f"nobody is told of {severity}: no receiver takes it, or nobody is on duty; see [[receivers]] and [[rota]]")
        raise typer.Exit(1)
    language = voice(settings)
    confirm(say("cli.drill.ask", language, receivers=", ".join(dict.fromkeys(call.receiver for call in calls))), yes)
    with _noted(settings, now + exercise.length(calls, now)):
        taken = exercise.run(calls, now, wait=_enter())
    if as_json:
        put_json({"alert": storm.fingerprint, "taken_after": taken.total_seconds() if taken is not None else None, "speed": speed,
                  "sent": exercise.sent, "failed": exercise.failed})
    else:
        from alerts.wording import span_in_words

        put(say("cli.drill.sent", language, sent=len(exercise.sent), failed=len(exercise.failed)))
        put(say("cli.drill.taken", language, span=span_in_words(taken, language)) if taken is not None else say("cli.drill.untaken", language))
    if exercise.failed:
        raise typer.Exit(1)


@dataclass
class Exercise:
    """One drill: who is called when, and what went out. Spans are those of the exercise, not of the clock on the wall."""

    settings: Settings
    alert: Alert
    posts: Sequence[ScoredMention]
    speed: float
    notifiers: dict[str, Notifier] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)

    def calls(self, reason: Reason, at: datetime) -> list[Call]:
        from listener.app import call_people

        return call_people(self.settings, self.alert, reason, at)

    def run(self, calls: Sequence[Call], begun: datetime, *, wait: Callable[[float], bool]) -> timedelta | None:
        """Send each call at its time until somebody takes it; return how long that took, None: nobody did.

        ``wait`` lets so many seconds pass and says whether somebody took it meanwhile.
        """
        from listener.types import Reason

        at, taken = begun, False
        reached: dict[str, Call] = {}
        try:
            for call in sorted(calls, key=lambda one: (one.due_at, one.step)):
                if call.due_at > at:
                    taken, at = self._pass(call.due_at - at, at, wait)
                    if taken:
                        break
                reached[call.receiver] = call  # before it is told: who breaks off now may have been heard
                self._tell(call, Reason.FIRST, at, begun)
            if not taken:
                taken, at = self._pass(LAST_WAIT, at, wait)
        finally:  # whoever breaks it off, nobody is left to think that it goes on
            for call in reached.values():
                self._tell(call, Reason.RESOLVED, at, begun)
        return at - begun if taken else None

    def length(self, calls: Sequence[Call], begun: datetime) -> timedelta:
        """Return how long it goes on at most, by the clock on the wall."""
        last = max((call.due_at for call in calls), default=begun)
        return (max(last - begun, timedelta(0)) + LAST_WAIT) / self.speed + SENDING * len(calls)

    def _pass(self, span: timedelta, at: datetime, wait: Callable[[float], bool]) -> tuple[bool, datetime]:
        from time import monotonic

        began = monotonic()
        taken = wait(span.total_seconds() / self.speed)
        return taken, at + (min(span, timedelta(seconds=(monotonic() - began) * self.speed)) if taken else span)

    def _tell(self, call: Call, reason: Reason, at: datetime, begun: datetime) -> None:
        message = self.message(call, reason, at)
        row = {"receiver": call.receiver, "reason": reason.value, "after": (at - begun).total_seconds(), "title": message.title}
        try:
            self._notifier(call.receiver).send(message)
        except NotifyError as error:
            complain(str(error))
            self.failed.append({**row, "error": str(error)})
        else:
            self.sent.append(row)

    def message(self, call: Call, reason: Reason, at: datetime) -> Message:
        """Return the message of a call, marked in its title and in its first line, under a key of its own."""
        from alerts.wording import compose
        from listener.types import AlertState
        from listener.types import Reason as Why
        from listener.words import say

        receiver = next(one for one in self.settings.receivers if one.name == call.receiver)
        over = reason is Why.RESOLVED
        alert = replace(self.alert, updated_at=at, state=AlertState.RESOLVED if over else AlertState.FIRING, resolved_at=at if over else None)
        turns = sorted({(one.due_at, one.step, one.person) for one in self.calls(Why.FIRST, self.alert.fired_at) if one.person})
        due, _, later = next((turn for turn in turns if turn[1] > call.step), (None, 0, None))
        told = compose(alert, reason, self.posts, language=receiver.language, timezone=self.settings.zone, drill=True,
                       owner=call.person or (turns[0][2] if turns else None), due_at=due, next_owner=later)
        plain = say("alert.drill", receiver.language)
        marked = say("alert.title.drill", receiver.language, title=plain)
        return replace(told, key=f"drill-{told.key}", lines=(marked, *(line for line in told.lines if line != plain)), url=None)

    def _notifier(self, name: str) -> Notifier:
        from alerts.notifiers import NOTIFIERS

        if name not in self.notifiers:
            found = next(one for one in self.settings.receivers if one.name == name)
            self.notifiers[name] = NOTIFIERS.load(found.kind)(found.name, NOTIFIERS.options(found.kind)(**found.options))
        return self.notifiers[name]


@contextmanager
def _noted(settings: Settings, until: datetime) -> Iterator[None]:
    """Let everybody who hears answers know of the exercise while it goes on. Raises: StorageError."""
    from listener.storage import open_store

    store = open_store(settings.database)
    try:
        store.save_drill(until)
        yield
    finally:
        try:
            store.save_drill(datetime.now(UTC))
        finally:
            store.close()


def _enter() -> Callable[[float], bool]:
    """Return what lets seconds pass and is True as soon as somebody presses Enter. Where no terminal is, nobody can."""
    pressed = threading.Event()

    def listen() -> None:
        sys.stdin.readline()
        pressed.set()

    if sys.stdin.isatty():
        threading.Thread(target=listen, daemon=True).start()
    return pressed.wait


def _begun(alert: Alert, now: datetime) -> Alert:
    """Return the alert as one that fires now, for the first time, and is an exercise."""
    from alerts import lifecycle
    from listener.types import AlertState

    shift = now - alert.fired_at
    return replace(alert, fired_at=now, starts_at=alert.starts_at + shift, updated_at=now, state=AlertState.FIRING, resolved_at=None,
                   acknowledged_by=None, acknowledged_at=None,
                   why={**{name: value for name, value in alert.why.items() if name not in (lifecycle.CLOSED_BY, "inhibited_by", "expired")},
                        lifecycle.TOLD: True, lifecycle.TOLD_AT: now.isoformat(), "drill": True})


def _past(settings: Settings, fingerprint: str) -> tuple[Alert, list[ScoredMention]]:
    """Return the one alert whose fingerprint begins so, with its posts. Raises: ConfigError."""
    from listener.storage import open_store

    store = open_store(settings.database)
    try:
        found = [one for one in store.alerts(limit=10_000) if one.fingerprint.startswith(fingerprint.strip().lower())]
        if len(found) != 1:
            raise ConfigError("goosh drill", [("ALERT", f"{fingerprint!r} fits {len(found)} alerts; see \"goosh alerts list --all\"")])
        return found[0], store.by_keys(found[0].evidence)
    finally:
        store.close()


def _packaged(now: datetime) -> tuple[Alert, list[ScoredMention]]:
    """Return the alert of the demonstration's storm: an invented brand, invented people."""
    from listener.demo import scenario
    from listener.types import Alert, AlertState, Author, Mention, Reach, Score, ScoredMention, Severity

    storm = sorted((post for post in scenario.load().posts if post.part == "storm" and post.text), key=lambda post: post.offset)
    shown = [post for post in storm if post.offset <= storm[0].offset + 60 * SCENE][:120]
    begun, length = shown[0].offset, max(shown[-1].offset - shown[0].offset, timedelta(seconds=1))
    posts = []
    for post in shown:
        at = now - SCENE + SCENE * ((post.offset - begun) / length)
        author = Author(post.source, post.handle, post.name, followers=post.followers) if post.handle else None
        mention = Mention("drill", post.id, post.text, at, title=post.title, author=author, reshare_of=post.reshare_of)
        posts.append(ScoredMention(mention, scenario.BRAND, (post.source,), (), Score(0.9, 0.07, 0.03, "fa", "drill@1"),
                                   Reach(0, (post.followers or 200) // 10, post.followers or 200, "assumed"), at))
    people = {post.handle for post in shown if post.handle}
    figures = {"version": "drill", "series": "negative", "window": SCENE.total_seconds(), "seen": len(posts), "needed": 12,
               "mentions": len(posts), "scored": len(posts), "unsure": 0, "negative": len(posts), "authors": len(people), "hidden": 0,
               "copies": sum(post.reshare_of is not None for post in shown), "sources": sorted({post.source for post in shown}),
               "ratio": 1.8, "record_days": 14, "new": True, "harm": 1, "severity": {"harm": 1, "spread": 3, "trust": 3}}
    alert = Alert("spike", scenario.BRAND, now - SCENE, now, len(posts), 2.0, Severity.P1, AlertState.FIRING,
                  tuple(one.mention.key for one in posts), figures, updated_at=now)
    return alert, posts

