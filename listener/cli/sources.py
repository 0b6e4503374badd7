"""``goosh sources``: how each source is, what it says, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.alert_view import put_blind
from listener.cli.running import asking
from listener.cli.terminal import AsJSON, Who, complain, jsonable, local, put, put_json, put_table, someone, tongue, voice
from listener.errors import CollectError, ConfigError
from listener.words import Language, say
from listener.words.advice import what_to_do

if TYPE_CHECKING:
    from config.settings import Settings
    from listener.service import Health, HourCover, Service, SourceView
    from listener.types import Mention

app = typer.Typer(name="sources", add_completion=False, rich_markup_mode="rich", invoke_without_command=True, help="""\
List the sources and how they are; test, show, pause, resume, confirm one; list the kinds.

[bold]goosh sources[/bold] lists those first that need somebody. [bold]goosh sources show NAME[/bold] says what is wrong with
one and what to do; [bold]goosh sources test NAME[/bold] reads it now without storing anything.
""")

Name = Annotated[str, typer.Argument(metavar="NAME", help="A source, by its name in the configuration.")]
PAGES = 5  # that a test reads at most; a first reading may have hundreds
FIRST = 5  # mentions that a test shows
MOST_SAID = 200  # characters of an error under the list; "show" has the whole
INBOX = "inbox"


@app.callback()
def sources(ctx: typer.Context, as_json: AsJSON = False) -> None:
    """List the sources and how they are; test, show, pause, resume, confirm one; list the kinds."""
    if ctx.invoked_subcommand is None:
        list_(as_json)
    elif as_json:
        raise ConfigError("goosh sources", [("--json", f"write it after the command: goosh sources {ctx.invoked_subcommand} --json")])


@app.command("list")
def list_(as_json: AsJSON = False) -> None:
    """List every source: those first that need somebody.

    "24 h seen" is the share of the last day in which it could be read: silence is not the same as calm. The lag is the time
    from publishing to our seeing it, over the last 7 days.

    [bold]goosh sources[/bold] is the same.

    [bold]goosh sources list --json[/bold] is for a program.
    """
    with asking() as (service, settings):
        views = service.sources(details=True)
        if as_json:
            put_json([_as_json(view) for view in views])
            return
        language, at = voice(settings), service.now()
        if not views:
            put(say("sources.none", language))
            return
        put_table(columns(language, "source", "state", "last_item", "lag", "seen", "next"), [_row(view, language, at) for view in views], fold=False)
        troubled = [(view, said) for view in views if (said := view.error or (view.reasons[0] if view.reasons else ""))]
        for view, said in troubled:
            put(say("sources.under", language, name=view.name, what=said if len(said) <= MOST_SAID else f"{said[:MOST_SAID]}…"))
        if troubled:
            put(say("sources.more", language))
        if waiting := [view.name for view in views if view.experimental]:
            put(say("sources.to_confirm", language, names=", ".join(waiting)))
        put_blind(service, settings)


@app.command()
def show(name: Name, as_json: AsJSON = False) -> None:
    """Say how one source is: the last error in words, what to do, and the last day hour by hour.

    [bold]goosh sources show telegram-snapp[/bold]

    [bold]goosh sources show telegram-snapp --json[/bold] is for a program.
    """
    with asking() as (service, settings):
        view = _find(service.sources(details=True), name)
        if as_json:
            put_json(_as_json(view) | {"hours": [{"start": hour.start.isoformat(), "state": str(hour.state or "unknown"), "reason": hour.reason}
                                                 for hour in view.week[-24:]]})
        else:
            _show(view, settings, service)


@app.command()
def test(
    name: Name,
    once: Annotated[bool, typer.Option("--once", help="One page only, however many there are.")] = False,
    as_json: AsJSON = False,
) -> None:
    """Read one source now, as at its first reading, and show what it gave. Nothing is stored.

    Paid reads are booked on its budget like any other. Exit code 1 when it could not be read.

    [bold]goosh sources test isna[/bold] reads up to five pages.

    [bold]goosh sources test isna --once --json[/bold] reads one page and prints whole mentions.
    """
    from listener.app import read_settings

    settings = read_settings(None)
    language = voice(settings)
    try:
        tried = _try(settings, name, 1 if once else PAGES)
    except CollectError as error:
        from listener.service import Health

        kind = next(source.kind for source in settings.sources if source.name == name)
        health = Health.STOPPED if error.permanent else Health.FAILING if error.retry_after is None else Health.THROTTLED
        if as_json:
            put_json({"source": name, "ok": False, "error": error.what, "permanent": error.permanent,
                      "retry_after_seconds": jsonable(error.retry_after), "what_to_do": what_to_do(kind, health, error.what, language)})
        else:
            complain(str(error))
            put(say("sources.test.failed", language, name=name))
            _say_what_to_do(kind, health, error.what, language)
        raise typer.Exit(1) from None
    if as_json:
        from listener.cli.files import as_object

        put_json({"source": name, "ok": True, "pages": tried.pages, "complete": tried.complete, "matched": tried.matched,
                  "state": tried.state, "said": list(tried.said), "wait_seconds": jsonable(tried.wait),
                  "mentions": [as_object(mention) for mention in tried.mentions]})
    else:
        _show_trial(name, tried, settings)


@app.command()
def pause(name: Name, who: Who = None) -> None:
    """Stop reading a source until somebody resumes it; kept with your name.

    [bold]goosh sources pause isna --who Sara[/bold]
    """
    with asking() as (service, settings):
        service.pause(name, someone(who))
        put(say("sources.paused", voice(settings), name=name))


@app.command()
def resume(name: Name, who: Who = None) -> None:
    """Read a paused source again.

    [bold]goosh sources resume isna --who Sara[/bold]
    """
    with asking() as (service, settings):
        service.resume(name, someone(who))
        put(say("sources.resumed", voice(settings), name=name))


@app.command()
def confirm(name: Name, who: Who = None) -> None:
    """Say that what an experimental source reads is right; kept with your name.

    Some kinds were built without a recording of the real source. Look at what [bold]goosh sources test NAME[/bold] shows
    beside the source itself: texts, authors, times, counts.

    [bold]goosh sources confirm aparat --who Sara[/bold]
    """
    with asking() as (service, settings):
        service.confirm(name, someone(who))
        put(say("sources.confirm", voice(settings), name=name, who=someone(who)))


@app.command()
def kinds(
    kind: Annotated[str | None, typer.Argument(metavar="KIND", help="This one, with all its options.")] = None,
    as_json: AsJSON = False,
) -> None:
    """List the kinds of sources: what each needs and costs, what is counted and what is not seen.

    [bold]goosh sources kinds[/bold] needs no configuration.

    [bold]goosh sources kinds telegram[/bold] lists its options too.
    """
    from listener.collectors import COLLECTORS
    from listener.words.kinds import EXPERIMENTAL

    if kind is not None and kind not in COLLECTORS:
        from difflib import get_close_matches

        near = get_close_matches(kind, COLLECTORS.kinds, n=1)
        raise ConfigError("goosh sources kinds", [("KIND", f"unknown kind {kind!r}; known: {', '.join(COLLECTORS.kinds)}"
                                                   + (f"; did you mean '{near[0]}'?" if near else ""))])
    language = tongue()
    if as_json:
        put_json([_kind_json(one, language) for one in ([kind] if kind else COLLECTORS.kinds)])
    elif kind is not None:
        _show_kind(kind, language)
    else:
        put_table(columns(language, "kind", "needs", "cost", "counted", "unseen"), [
            (one + ("*" if one in EXPERIMENTAL else ""), *(say(f"kind.{one}.{field}", language) for field in ("needs", "cost", "counted", "unseen")))
            for one in COLLECTORS.kinds])
        put(say("sources.kinds.experimental", language))


# ---------------------------------------------------------------------------------------------------- reading one

@dataclass(frozen=True, slots=True)
class Trial:
    """What reading a source gave, page by page."""

    mentions: tuple[Mention, ...]
    matched: int
    pages: int
    complete: bool
    state: str
    said: tuple[str, ...]  # what the source said about itself
    wait: timedelta | None


def _try(settings: Settings, name: str, most: int) -> Trial:
    """Read one source as if nothing of it were known. Raises: CollectError, ConfigError.

    On the house's own database, because that is where budgets are kept; only bookings are written there.
    """
    from config.sentences import SettingsError
    from listener.app import open_app

    index, found = next(((i, source) for i, source in enumerate(settings.sources) if source.name == name), (0, None))
    if found is None:
        raise ConfigError("goosh sources test", [("NAME", _unknown(name, [source.name for source in settings.sources]))])
    missing = [secret for secret in settings.missing_secrets() if secret.path.startswith((f"sources[{index}].", "client."))]
    if missing:
        raise SettingsError(settings.where, [(path, f"environment variable {variable!r} is not set; set it and test again")
                                             for path, variable in missing], settings.names)
    alone = settings.model_copy(update={"sources": (found.model_copy(update={"paused": False}),), "receivers": ()})
    with open_app(alone) as opened:
        source, cursor = opened.pipeline.sources[0], None
        mentions: list[Mention] = []
        said: list[str] = []
        for pages in range(1, most + 1):
            batch = source.collector.collect(cursor)
            mentions += batch.mentions
            said += [batch.reason] if batch.reason else []
            cursor = batch.cursor if batch.cursor is not None else cursor
            if batch.complete:
                break
        matcher = opened.pipeline.matcher
        matched = sum(bool(source.about or matcher.match(one, source=source.name, language=one.language or source.language))
                      for one in mentions)
    return Trial(tuple(mentions), matched, pages, batch.complete, str(batch.state), tuple(dict.fromkeys(said)), batch.min_interval)


def _show_trial(name: str, tried: Trial, settings: Settings) -> None:
    from listener.words.kinds import EXPERIMENTAL

    language = voice(settings)
    if tried.mentions:
        put_table(columns(language, "published", "author", "text"), [
            (local(one.published_at, settings), one.author and (one.author.name or one.author.id), one.full_text[:160])
            for one in tried.mentions[:FIRST]])
    put(say("sources.test.read", language, name=name, shown=len(tried.mentions), pages=tried.pages, matched=tried.matched))
    for reason in tried.said:
        put(say("sources.test.said", language, reason=reason))
    kind = next(source.kind for source in settings.sources if source.name == name)
    if kind == INBOX:
        _show_inbox(name, settings, datetime.now(UTC))
    elif not tried.mentions:
        put(say("sources.test.nothing", language))
    if not tried.complete:
        put(say("sources.test.more", language))
    if tried.wait is not None:
        put(say("sources.test.wait", language, span=span_words(tried.wait, language)))
    if kind in EXPERIMENTAL and tried.mentions:
        put(say("sources.test.confirm", language, name=name))


# ---------------------------------------------------------------------------------------------------- in words

def span_words(span: timedelta, language: Language) -> str:
    """Return a duration by its largest unit that fits twice.

    >>> span_words(timedelta(minutes=95), "en")
    '95 min'
    """
    seconds = max(0, int(span.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= 2 * size:
            return say(f"board.span.{unit}", language, n=seconds // size)
    return say("board.span.m", language, n=1) if seconds >= 60 else say("board.span.seconds", language, n=seconds)


def _ago(instant: datetime | None, at: datetime, language: Language) -> str | None:
    if instant is None:
        return None
    return say("sources.ago", language, span=span_words(at - instant, language)) if at - instant >= timedelta(minutes=1) else say("sources.now", language)


def _ahead(instant: datetime | None, at: datetime, language: Language) -> str:
    if instant is None:
        return say("sources.not_planned", language)
    return say("sources.in", language, span=span_words(instant - at, language)) if instant > at else say("sources.now", language)


def columns(language: Language, *keys: str) -> list[str]:
    return [say(f"sources.column.{key}", language) for key in keys]


def _seen(view: SourceView, at: datetime, language: Language) -> str:
    """Return the share of the last day that was seen, or, of a younger source, of the time since it was added, said so."""
    share = _percent(view.seen, language)
    return say("sources.since_added", language, share=share) if view.added_at is not None and view.added_at > at - timedelta(days=1) else share


def _row(view: SourceView, language: Language, at: datetime) -> tuple[object, ...]:
    """Return one line of the list: a star where it is experimental, no next reading where it is told and not asked."""
    return (view.name + ("*" if view.experimental else ""), say(f"sources.health.{view.health.value}", language), _ago(view.last_item_at, at, language),
            span_words(view.lags.median, language) if view.lags else None, _seen(view, at, language),
            None if view.kind == INBOX else _ahead(view.next_at or view.retry_at, at, language))


def clock(instant: datetime, settings: Settings) -> str:
    """Return the day of the week and the hour: enough for the last day."""
    from listener.calendar import DAYS, weekday
    from listener.words import digits

    its, language = instant.astimezone(settings.zone), voice(settings)
    return digits(f"{DAYS[language][weekday(its.date())]} {its:%H:%M}", language)


def _percent(share: float, language: Language) -> str:
    from listener.words import number

    return number(round(share * 100), language) + ("٪" if language == "fa" else "%")


def _say_what_to_do(kind: str, health: Health, error: str | None, language: Language) -> None:
    if words := what_to_do(kind, health.value, error, language):
        put(say("sources.mend", language, what=words))


def _find(views: Sequence[SourceView], name: str) -> SourceView:
    found = next((view for view in views if view.name == name), None)
    if found is None:
        raise ConfigError("goosh sources", [("NAME", _unknown(name, [view.name for view in views]))])
    return found


def _unknown(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    return (f"unknown source {name!r}; known: {', '.join(known[:20]) or 'none'}" + (f" and {len(known) - 20} more" if len(known) > 20 else "")
            + (f"; did you mean '{near[0]}'?" if near else ""))


def _show(view: SourceView, settings: Settings, service: Service) -> None:
    from listener.service import Health

    language, at = voice(settings), service.now()
    state = say(f"sources.health.{view.health.value}", language)
    if view.experimental:
        state += " · " + say("sources.experimental", language)
    elif view.confirmed_at:
        state += " · " + say("sources.confirmed", language, who=view.confirmed_by or "")
    put(say("sources.head", language, name=view.name, kind=view.kind, state=state))
    if view.kind == INBOX:
        _show_inbox(view.name, settings, at)
        put(say("sources.inbox.received", language, received=_ago(last_received(service, view.name), at, language) or "–", count=view.mentions))
    else:
        pace = view.pace or view.interval
        put(say("sources.read", language, read=_ago(view.ok_at, at, language) or "–", item=_ago(view.last_item_at, at, language) or "–",
                next=_ahead(view.next_at or view.retry_at, at, language), pace=span_words(pace, language) if pace else "–"))
    if view.health is Health.PAUSED:
        by = who_paused(service, view.name)
        put(say("sources.paused_by", language, who=by[0], when=local(by[1], settings)) if by else say("sources.paused_file", language))
    if view.lags:
        put(say("sources.lag", language, median=span_words(view.lags.median, language), p90=span_words(view.lags.p90, language),
                count=view.lags.count))
    else:
        put(say(f"sources.no_lag.{view.no_lag or 'nothing'}", language))
    if view.error:
        put(say("sources.error", language, since=local(view.failing_since, settings) or "–", error=view.error))
    elif view.reasons:
        put(say("sources.partial", language, reason=view.reasons[0]))
    if view.error or view.health not in (Health.OK, Health.PAST):
        _say_what_to_do(view.kind, view.health, view.error, language)
    if view.experimental:
        put(say("sources.to_confirm", language, names=view.name))
    put_table([say("sources.day", language), *columns(language, "state", "reason")], [
        (f"{clock(start, settings)} – {clock(end, settings)}", say(f"sources.covered.{state or 'unknown'}", language), reason)
        for start, end, state, reason in runs(view.week[-24:], at) if clock(start, settings) != clock(end, settings)])


def _show_inbox(name: str, settings: Settings, at: datetime) -> None:
    """Say where an inbox takes what is pushed, and how it is pushed."""
    language = voice(settings)
    if not settings.web.enabled:
        put(say("sources.inbox.shut", language))
        return
    variable = next((str(source.options.get("token_env", "TOKEN")) for source in settings.sources if source.name == name), "TOKEN")
    put(say("sources.inbox", language, url=settings.web.inbox))
    put(say("sources.inbox.curl", language, url=settings.web.inbox, variable=variable, at=at.strftime("%Y-%m-%dT%H:%M:%SZ")))


def last_received(service: Service, name: str) -> datetime | None:
    """Return when something about us last came into an inbox; None: nothing yet."""
    from listener.service import Filters

    return max((view.scored.first_seen_at for view in service.mentions(Filters(source=name), size=20).items), default=None)


def who_paused(service: Service, name: str) -> tuple[str, datetime] | None:
    """Return who paused a source and when; None where its configuration does."""
    last = next((event for event in service.store.events(subject=name, limit=20) if event.what in ("pause", "resume")), None)
    return (last.who, last.at) if last is not None and last.what == "pause" else None


def runs(hours: Sequence[HourCover], at: datetime) -> list[tuple[datetime, datetime, str | None, str | None]]:
    """Return hours that follow each other alike as one: (start, end, state, reason)."""
    found: list[tuple[datetime, datetime, str | None, str | None]] = []
    for hour in hours:
        end = min(hour.start + timedelta(hours=1), at)
        state = hour.state.value if hour.state else None
        if found and found[-1][2:] == (state, hour.reason):
            found[-1] = (found[-1][0], end, state, hour.reason)
        else:
            found.append((hour.start, end, state, hour.reason))
    return found


def _as_json(view: SourceView) -> dict[str, object]:
    return {"name": view.name, "kind": view.kind, "health": str(view.health), "configured": view.configured, "mentions": view.mentions,
            "polled_at": jsonable(view.polled_at), "ok_at": jsonable(view.ok_at), "failing_since": jsonable(view.failing_since),
            "error": view.error, "since_ok_seconds": jsonable(view.lag), "seen": round(view.seen, 3), "reasons": list(view.reasons),
            "last_item_at": jsonable(view.last_item_at), "next_at": jsonable(view.next_at), "retry_at": jsonable(view.retry_at),
            "interval_seconds": jsonable(view.pace or view.interval), "suspect_since": jsonable(view.suspect_since),
            "overflow_at": jsonable(view.overflow_at), "experimental": view.experimental, "confirmed_at": jsonable(view.confirmed_at),
            "confirmed_by": view.confirmed_by,
            "lag": {"median_seconds": jsonable(view.lags.median), "p90_seconds": jsonable(view.lags.p90), "count": view.lags.count}
            if view.lags else None}


# ---------------------------------------------------------------------------------------------------- kinds

def _options(kind: str) -> list[tuple[str, str, str]]:
    """Return (name, default, meaning) of what a kind's table may hold besides the keys of every source."""
    from pydantic_core import PydanticUndefined

    from listener.collectors import COLLECTORS

    return [(name, "" if field.default is PydanticUndefined and field.default_factory is None else _written(field.get_default(call_default_factory=True)),
             field.description or "") for name, field in COLLECTORS.options(kind).model_fields.items()]


def _written(value: Any) -> str:
    from config.settings import write_duration

    if isinstance(value, timedelta):
        return write_duration(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "–" if value is None else str(list(value)) if isinstance(value, (tuple, frozenset)) else str(value)


def _kind_json(kind: str, language: Language) -> dict[str, object]:
    from listener.words.kinds import EXPERIMENTAL, FIELDS

    return {"kind": kind, **{field: say(f"kind.{kind}.{field}", language) for field in FIELDS}, "experimental": kind in EXPERIMENTAL,
            "options": [{"name": name, "default": default, "meaning": meaning} for name, default, meaning in _options(kind)]}


def _show_kind(kind: str, language: Language) -> None:
    from listener.words.kinds import EXPERIMENTAL

    put(say("sources.kinds.one", language, name=say(f"kind.{kind}.name", language), kind=kind))
    for field, column in (("needs", "needs"), ("cost", "cost"), ("counted", "counted"), ("unseen", "unseen"), ("lag", "lags")):
        put(say("sources.kinds.line", language, what=say(f"sources.column.{column}", language), value=say(f"kind.{kind}.{field}", language)))
    put(say("sources.mend", language, what=say(f"kind.{kind}.mend", language)))
    if kind in EXPERIMENTAL:
        put(say("sources.kinds.experimental", language))
    put_table(columns(language, "option", "default", "meaning"), _options(kind))
