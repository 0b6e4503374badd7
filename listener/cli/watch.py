"""``goosh watch``: listen for a name at once, in the sources that need no account and can hear its language."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listener.cli.sources import clock, columns
from listener.cli.terminal import AsJSON, complain, local, put, put_json, put_table, voice
from listener.errors import CollectError, ConfigError
from listener.words import Language, say

if TYPE_CHECKING:
    from config.settings import Settings
    from listener.app import App
    from listener.service import MentionView, Service

app = typer.Typer(add_completion=False)

FOLDER = "watch"  # in the data folder: a database a brand
PROXY = "GOOSH_PROXY"
SHOWN = 15  # mentions after the first round
COUNTED = 500  # mentions whose sentiment is counted after the first round
MOST_NAMES = 6
LOOK_AGAIN = timedelta(seconds=10)  # for mentions that came meanwhile


@dataclass(frozen=True, slots=True)
class Wishes:
    """What stood on the command line."""

    names: tuple[str, ...]
    channels: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    instance: str = "mastodon.social"
    lemmy: str = "https://lemmy.world"
    personal: bool = False
    proxy: str | None = None

    @property
    def languages(self) -> frozenset[str]:
        """The languages these names are written in: Persian, English or both."""
        found = {"fa" for name in self.names if re.search(r"[\u0600-\u06ff]", name)} | {"en" for name in self.names if re.search(r"[A-Za-z]", name)}
        return frozenset(found or {"en"})


@dataclass(slots=True)
class Plan:
    """Which sources are read, and which are not, with the key of the reason."""

    sources: list[dict[str, Any]] = field(default_factory=list)
    left_out: dict[str, tuple[str, dict[str, object]]] = field(default_factory=dict)


@app.command()
def watch(
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="The brand, then other names and spellings of it.")],
    channel: Annotated[list[str] | None, typer.Option(
        "--channel", metavar="CHANNEL", help="A public channel of Telegram, or eitaa.com/NAME; may be repeated.")] = None,
    feed: Annotated[list[str] | None, typer.Option("--feed", metavar="URL", help="A feed to read as well; may be repeated.")] = None,
    package: Annotated[list[str] | None, typer.Option(
        "--app", metavar="APP", help="Its app: a package (cab.snapp.passenger) or the App Store's number.")] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="A hashtag on Mastodon; else made of the names.")] = None,
    instance: Annotated[str, typer.Option("--instance", metavar="HOST", help="The Mastodon instance that is asked.")] = "mastodon.social",
    personal: Annotated[bool, typer.Option("--personal", help="You read for yourself: Google News, too.")] = False,
    proxy: Annotated[str | None, typer.Option(
        "--proxy", metavar="ADDRESS", help="For everything: socks5://127.0.0.1:1080; else the variable GOOSH_PROXY.")] = None,
    once: Annotated[bool, typer.Option("--once", help="One round, then exit.")] = False,
    board: Annotated[bool, typer.Option("--board/--no-board", help="Whether the board is served too.")] = True,
    as_json: AsJSON = False,
) -> None:
    """Listen for a name at once, without an account or a configuration.

    Says which sources it reads and which not, and why; shows what it finds with its sentiment; then goes on listening. What it
    collects is kept under the brand's name in the data folder, so that a second watch goes on from there.

    [bold]goosh watch دیجی‌کالا Digikala[/bold]

    [bold]goosh watch اسنپ Snapp --channel snapp_team --app cab.snapp.passenger --once --json[/bold] is one round, for a program.
    """
    from listener import logs
    from listener.app import open_app

    wishes = Wishes(tuple(names[:MOST_NAMES]), tuple(channel or ()), tuple(feed or ()), tuple(package or ()), tuple(tag or ()), instance,
                    personal=personal, proxy=proxy)
    if len(names) > MOST_NAMES:
        raise ConfigError("goosh watch", [("NAME", f"{len(names)} names are given; {MOST_NAMES} at most, the brand first")])
    made = plan(wishes)
    settings, made = configure(wishes, made)
    settings.require_secrets()
    logs.set_up(settings)
    with open_app(settings) as opened:
        told = _first_round(opened, settings, made, as_json, one=once)
        if not once:
            _go_on(opened, settings, told, board=board, as_json=as_json)


# ---------------------------------------------------------------------------------------------------- which sources

def plan(wishes: Wishes) -> Plan:
    """Return every registered kind either as sources or with the reason why not."""
    from listener.collectors import COLLECTORS

    made = Plan()
    for kind in COLLECTORS.kinds:
        found = PLANNERS.get(kind, _never("watch.why.account"))(wishes)
        if isinstance(found, str):
            made.left_out[kind] = (found, {})
        else:
            made.sources += [{"kind": kind, **table} for table in found]
    if not wishes.personal:
        made.left_out["rss: google_news"] = ("watch.why.personal", {})
    return made


Planner = Callable[[Wishes], "list[dict[str, Any]] | str"]  # tables of sources, or the key of why there are none


def _feeds(wishes: Wishes) -> list[dict[str, Any]] | str:
    from listener.cli.setup import FEEDS, named_feeds

    found: list[dict[str, Any]] = [{"name": name, "url": address} for language in sorted(wishes.languages) for name, address in FEEDS[language]]
    known = {table["name"] for table in found}
    found += [{"name": name if name not in known else f"{name}-own", "url": address} for name, address in named_feeds(wishes.feeds)]
    if wishes.personal:
        places = {"fa": "IR", "en": "US"}
        found += [{"name": f"google-news-{language}", "preset": "google_news", "query": _any_of(wishes.names),
                   "language": language, "country": places[language], "personal_use": True} for language in sorted(wishes.languages)]
    return found


def _any_of(names: Sequence[str]) -> str:
    return " OR ".join(f'"{spelling}"' for name in names for spelling in spellings(name))


def _telegram(wishes: Wishes) -> list[dict[str, Any]] | str:
    named = [re.sub(r"^(?:https?://)?(?:t(?:elegram)?\.me/)?(?:s/)?@?", "", name).rstrip("/") for name in wishes.channels if "eitaa.com/" not in name]
    if "fa" in wishes.languages:
        named += example_channels()
    return [{"name": f"telegram-{name}", "channel": name} for name in dict.fromkeys(named)] or "watch.why.no_channel"


def _eitaa(wishes: Wishes) -> list[dict[str, Any]] | str:
    named = [name.rpartition("eitaa.com/")[2].strip("/@") for name in wishes.channels if "eitaa.com/" in name]
    return [{"name": f"eitaa-{name}", "channel": name} for name in dict.fromkeys(named)] or "watch.why.no_channel"


def example_channels() -> list[str]:
    """Return the public channels of Telegram that the packaged example lists."""
    import tomllib

    from config.settings import packaged_text

    found = [source for source in tomllib.loads(packaged_text("example.toml")).get("sources", ()) if source.get("kind") == "telegram"]
    return [name for source in found for name in (source.get("channels") or [source.get("channel")]) if name]


def _mastodon(wishes: Wishes) -> list[dict[str, Any]] | str:
    tags = list(dict.fromkeys(tag for name in (wishes.tags or wishes.names) for tag in hashtags(name)))[:4]
    return [{"name": f"mastodon-{wishes.instance}", "instance": wishes.instance, "tags": tags}] if tags else "watch.why.tag"


def hashtags(name: str) -> list[str]:
    """Return what people write after the # for a name: its words joined by ``_``, and joined by nothing.

    >>> hashtags("دیجی‌کالا"), hashtags("Digikala")
    (['دیجی_کالا', 'دیجیکالا'], ['Digikala'])
    """
    words = re.findall(r"\w+", name.lstrip("#"))
    return list(dict.fromkeys(("_".join(words), "".join(words)))) if words and not "".join(words).isdigit() else []


def _aparat(wishes: Wishes) -> list[dict[str, Any]] | str:
    if "fa" not in wishes.languages:
        return "watch.why.language"
    return _search("aparat", [name for name in wishes.names if len(name) >= 3]) or "watch.why.short"


def _gdelt(wishes: Wishes) -> list[dict[str, Any]] | str:
    return _search("gdelt", [name for name in wishes.names if len(name) >= 3]) or "watch.why.short"


def _english(kind: str, **more: Callable[[Wishes], Any]) -> Planner:
    def planned(wishes: Wishes) -> list[dict[str, Any]] | str:
        latin = [name for name in wishes.names if re.search(r"[A-Za-z]", name)]
        given = {key: value(wishes) for key, value in more.items()}
        return [{**given, **table} for table in _search(kind, latin)] or "watch.why.language"
    return planned


def _bazaar(wishes: Wishes) -> list[dict[str, Any]] | str:
    return _apps("cafebazaar", [name for name in wishes.apps if not name.isdigit()], wishes) or "watch.why.no_app"


def _app_store(wishes: Wishes) -> list[dict[str, Any]] | str:
    return _apps("appstore", [name for name in wishes.apps if name.isdigit()], wishes) or "watch.why.no_app"


def _apps(kind: str, apps: Sequence[str], wishes: Wishes) -> list[dict[str, Any]]:
    """Return one source for these apps; all of their reviews are about the brand."""
    if not apps:
        return []
    key = next(one for one in ("apps", "packages", "app", "package") if one in _known(kind))
    several = key.endswith("s")
    return [{"name": kind if several or len(apps) == 1 else f"{kind}-{one}", key: list(apps) if several else one, "brands": [wishes.names[0]]}
            for one in (apps[:1] if several else apps)]


def _search(kind: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return one source that asks for every spelling where the kind takes several, else one a name."""
    if not names:
        return []
    if "queries" in _known(kind):
        return [{"name": kind, "queries": list(dict.fromkeys(spelling for name in names for spelling in spellings(name)))}]
    return [{"name": kind if len(names) == 1 else f"{kind}-{index}", "query": name} for index, name in enumerate(names, 1)]


def spellings(name: str) -> list[str]:
    """Return how a name is written, for searches that do not know that a half-space, a space and none are alike.

    >>> spellings("دیجی‌کالا")
    ['دیجی\u200cکالا', 'دیجی کالا', 'دیجیکالا']
    """
    return list(dict.fromkeys((name, name.replace("\u200c", " "), name.replace("\u200c", ""))))


def _known(kind: str) -> Mapping[str, Any]:
    from listener.collectors import COLLECTORS

    options: Mapping[str, Any] = COLLECTORS.options(kind).model_fields
    return options


def _never(why: str) -> Planner:
    return lambda _: why


PLANNERS: Mapping[str, Planner] = {
    "rss": _feeds, "telegram": _telegram, "eitaa": _eitaa, "mastodon": _mastodon, "aparat": _aparat, "gdelt": _gdelt,
    "cafebazaar": _bazaar, "appstore": _app_store, "hackernews": _english("hackernews"),
    "lemmy": _english("lemmy", instance=lambda wishes: wishes.lemmy), "googleplay": _never("watch.why.terms"),
    "csv": _never("watch.why.own"), "jsonl": _never("watch.why.own"), "inbox": _never("watch.why.own"),
    "digikala": _never("watch.why.named"), "discourse": _never("watch.why.named"), "stackexchange": _never("watch.why.named"),
}
"""How each kind that needs no account is planned; every other kind needs one."""


# ---------------------------------------------------------------------------------------------------- the configuration

def configure(wishes: Wishes, made: Plan) -> tuple[Settings, Plan]:
    """Return settings for the plan. A source whose options are refused is left out with the reason. Raises: ConfigError."""
    while made.sources:
        try:
            return _settings(wishes, made.sources), made
        except ConfigError as error:
            wrong = {int(place[1]): text for path, text in error.problems if (place := re.match(r"sources\[(\d+)\]", path))}
            if not wrong:
                raise ConfigError("goosh watch", error.problems) from None
            for index in sorted(wrong, reverse=True):
                refused = made.sources.pop(index)
                made.left_out[str(refused["name"])] = ("watch.why.options", {"why": wrong[index]})
    raise ConfigError("goosh watch", [("NAME", "no source is left that could hear it; add --channel or --feed")])


def _settings(wishes: Wishes, sources: Sequence[Mapping[str, Any]]) -> Settings:
    from alerts.notifiers import NOTIFIERS
    from alerts.rules import RULES
    from config.settings import client_table, parse, sqlite_url
    from listener.collectors import COLLECTORS
    from listener.match import parse_query
    from sentiment import SCORERS

    brand, *others = wishes.names
    language = "fa" if "fa" in wishes.languages else "en"
    client = client_table()
    if way := {"proxy": wishes.proxy} if wishes.proxy else {"proxy_env": PROXY} if os.environ.get(PROXY) else {}:
        client = {key: value for key, value in client.items() if key not in ("proxy", "proxy_env")} | way
    tables = {
        "language": language, "timezone": "Asia/Tehran" if language == "fa" else "UTC", "database": sqlite_url(database_of(brand)),
        "brands": [{"name": brand, "aliases": others}], "sources": [dict(source) for source in sources],
        "defaults": {"interval": "10m", "min_interval": "5m", "max_interval": "1h", "stale_after": "1d"}, "web": {"enabled": False}, "client": client,
        "board": {"port": _free_port()}, "log": {"level": "error"},  # what fails is told by the first round and by the board
    }
    environment = {name: value for name, value in os.environ.items() if name != "GOOSH_DATABASE"}
    return parse(tables, where="goosh watch", collectors=COLLECTORS, rules=RULES, notifiers=NOTIFIERS, scorers=SCORERS,
                 parse_query=parse_query, environment=environment)


def database_of(brand: str) -> Path:
    """Return where a watch for ``brand`` keeps what it hears: the same for every spelling of the name."""
    from config.settings import data_dir
    from listener.text import matching_key

    name = re.sub(r"\W+", "-", matching_key(brand) or brand).strip("-")[:60] or "brand"
    return data_dir() / FOLDER / f"{name}.sqlite"


def _free_port() -> int:
    """Return the board's usual port, or any other where that one is taken."""
    import socket

    for port in (8501, 0):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)) as asked:
            return int(asked.getsockname()[1])
    return 8501


# ---------------------------------------------------------------------------------------------------- listening

def _first_round(opened: App, settings: Settings, made: Plan, as_json: bool, *, one: bool) -> set[object]:
    """Read every source once, side by side, score what came, and show it. Returns the keys that were shown."""
    from listener.service import Filters

    brand, language = settings.brands[0].name, voice(settings)
    if not as_json:
        _show_plan(settings, made)
    failures = _read_all(opened, settings, quiet=as_json, again=one)
    deaf = len(failures) == len(settings.sources)
    opened.pipeline.analyse()
    found = list(_pages(opened.service, Filters(brand=brand)))
    if as_json:
        head = {"brand": brand, "names": [brand, *settings.brands[0].aliases], "database": str(database_of(brand)),
                "sources": [{"name": source.name, "kind": source.kind} for source in settings.sources],
                "left_out": [{"kind": kind, "why": say(key, "en", **values)} for kind, (key, values) in made.left_out.items()],
                "failures": failures}
        if one:
            put_json(head | {"mentions": [_as_json(view) for view in found]})
        else:
            _put_line(head)
            for view in found:
                _put_line(_as_json(view))
    else:
        if found or not deaf:
            _show_found(found, settings)
        if deaf:
            put(say("watch.all_failed", language))
        put(say("watch.kept", language, file=str(database_of(brand))))
    if one and deaf:
        raise typer.Exit(1)
    return {view.scored.mention.key for view in found}


def _show_plan(settings: Settings, made: Plan) -> None:
    language = voice(settings)
    put(say("watch.hears", language, brand=settings.brands[0].name, count=len(settings.sources)))
    kinds: dict[str, list[str]] = {}
    for source in settings.sources:
        kinds.setdefault(source.kind, []).append(source.name)
    for kind, names in kinds.items():
        put(f"· {kind}: {', '.join(names)}")
    put(say("watch.left_out", language))
    reasons: dict[str, list[str]] = {}
    for kind, (key, values) in made.left_out.items():
        reasons.setdefault(say(key, language, **values), []).append(kind)
    for reason, left in reasons.items():
        put(f"· {', '.join(left)}: {reason}")


def _read_all(opened: App, settings: Settings, *, quiet: bool, again: bool) -> list[str]:
    """Read what is due, side by side, and return the failures. ``again``: also what failed before and is not due yet, once.

    A source that asked to be left alone until a time is left alone.
    """
    from listener.service import Health

    language, failures, brand = voice(settings), [], settings.brands[0].name
    if not quiet:
        put(say("watch.reading", language))
    views = {view.name: view for view in opened.service.sources()}  # an earlier watch may have had other sources
    failed = {source.name: view for source in opened.pipeline.sources
              if (view := views.get(source.name)) is not None and view.failing_since is not None}
    due = [source for source in opened.pipeline.sources if opened.pipeline.due(source)
           or (again and source.name in failed and failed[source.name].health is not Health.THROTTLED)]
    for view in failed.values():
        if view.name not in {source.name for source in due}:
            failures.append(f"{view.name}: {view.error}; not asked again before {view.retry_at}")
            if not quiet:
                put(say("watch.source_waits", language, name=view.name, until=local(view.retry_at, settings) or "–", error=view.error or ""))
    with ThreadPoolExecutor(max_workers=8) as pool:
        under_way = {pool.submit(opened.pipeline.collect, source): source for source in due}
        try:
            for done in as_completed(under_way):
                name, result = under_way[done].name, done.result()
                if isinstance(result, CollectError):
                    failures.append(str(result))
                    if not quiet:
                        put(say("watch.source_failed", language, name=name, error=result.what))
                elif not quiet:
                    put(say("watch.source_done", language, name=name, seen=result.seen, brand=brand))
        except KeyboardInterrupt:
            opened.pipeline.stopping.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return failures


def _pages(service: Service, filters: Any) -> Iterator[MentionView]:
    older, count = None, 0
    while count < COUNTED:
        page = service.mentions(filters, older=older, size=100)
        yield from page.items
        count, older = count + len(page.items), page.older
        if older is None:
            return


def _show_found(found: Sequence[MentionView], settings: Settings) -> None:
    language, brand = voice(settings), settings.brands[0].name
    if not found:
        put(say("watch.nothing", language))
        return
    labels = Counter(view.scored.score.label.value for view in found if view.scored.score)
    unsure = sum(view.scored.score is not None and view.scored.score.unsure for view in found)
    put(say("watch.found", language, count=len(found), brand=brand, negative=labels["negative"], neutral=labels["neutral"],
            positive=labels["positive"], unsure=unsure))
    put(say("watch.newest", language))
    put_table(columns(language, "published", "source", "author", "feeling", "text"), [_row(view, settings) for view in found[:SHOWN]])


def _row(view: MentionView, settings: Settings) -> tuple[object, ...]:
    mention = view.scored.mention
    author = (mention.author.name or mention.author.id) if mention.author else mention.outlet
    at = mention.published_at
    when = clock(at, settings) if abs(datetime.now(UTC) - at) < timedelta(days=6) else local(at, settings)
    return (when, ", ".join(view.scored.sources), author and author[:40], feeling(view, voice(settings)),
            " ".join(mention.full_text.split())[:160])


def feeling(view: MentionView, language: Language) -> str:
    """Return how a mention was read, in a word; with a question mark where the model is unsure."""
    score = view.scored.score
    if score is None:
        return say("sources.feeling.none", language)
    label = say(f"sources.feeling.{(view.corrected or score.label).value}", language)
    return say("sources.feeling.unsure", language, label=label) if score.unsure and view.corrected is None else label


def _as_json(view: MentionView) -> dict[str, object]:
    from listener.cli.files import as_object

    score = view.scored.score
    return as_object(view.scored.mention) | {
        "sources": list(view.scored.sources),
        "sentiment": {"label": str(score.label), "unsure": score.unsure, "negative": score.negative, "neutral": score.neutral,
                      "positive": score.positive, "language": score.language, "model": score.model} if score else None}


def _put_line(value: Mapping[str, object]) -> None:
    plain = "utf" not in (sys.stdout.encoding or "").lower()
    sys.stdout.write(json.dumps(value, ensure_ascii=plain) + "\n")
    sys.stdout.flush()


def _go_on(opened: App, settings: Settings, told: set[object], *, board: bool, as_json: bool) -> None:
    """Listen as ``goosh run`` does, and tell new mentions as they come."""
    from listener import scheduler

    if not as_json:
        if board:
            put(say("watch.board", voice(settings), url=settings.board.link))
        put(say("watch.listening", voice(settings)))
    telling = threading.Thread(target=_tell, args=(opened, settings, told, as_json), daemon=True)
    telling.start()
    scheduler.run(opened, board=board)


def _tell(opened: App, settings: Settings, told: set[object], as_json: bool) -> None:
    from listener.errors import StorageError
    from listener.service import Filters

    while not opened.pipeline.stopping.wait(LOOK_AGAIN.total_seconds()):
        try:
            fresh = [view for view in opened.service.mentions(Filters(brand=settings.brands[0].name), size=100).items
                     if view.scored.score is not None and view.scored.mention.key not in told]
        except StorageError as error:
            complain(str(error))
            continue
        told |= {view.scored.mention.key for view in fresh}
        for view in reversed(fresh):
            if as_json:
                _put_line(_as_json(view))
            else:
                put(" · ".join(str(cell) for cell in _row(view, settings) if cell))
