"""``goosh init``: from nothing to a configuration that works."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli.terminal import put
from listener.errors import ConfigError

if TYPE_CHECKING:
    pass

app = typer.Typer(add_completion=False)

FEEDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "fa": (("isna", "https://www.isna.ir/rss"), ("mehr", "https://www.mehrnews.com/rss"),
           ("zoomit", "https://www.zoomit.ir/feed/"), ("digiato", "https://digiato.com/feed")),
    "en": (("bbc-business", "https://feeds.bbci.co.uk/news/business/rss.xml"), ("techcrunch", "https://techcrunch.com/feed/"),
           ("guardian-business", "https://www.theguardian.com/uk/business/rss")),
}
"""News feeds that need no account, offered where somebody names none of their own."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What ``init`` asked."""

    brand: str
    aliases: tuple[str, ...]
    peers: tuple[str, ...]
    language: str
    timezone: str
    feeds: tuple[tuple[str, str], ...]  # name, address


@app.command()
def init(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Where to write; else --config or goosh.toml here.")] = None,
    brand: Annotated[str | None, typer.Option("--brand", metavar="NAME", help="Whom to listen for.")] = None,
    alias: Annotated[list[str] | None, typer.Option("--alias", metavar="NAME", help="Another name of it; may be repeated.")] = None,
    peer: Annotated[list[str] | None, typer.Option("--peer", metavar="NAME", help="A rival to compare with; may be repeated.")] = None,
    feed: Annotated[list[str] | None, typer.Option("--feed", metavar="URL", help="A feed to read; may be repeated.")] = None,
    language: Annotated[str | None, typer.Option("--language", metavar="fa|en", help="Of the board and of messages.")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", metavar="ZONE", help="Such as Asia/Tehran.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take what is given and the defaults.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a configuration by answering a few questions.

    The file is commented, runs as it is, and is readable by you alone. Nothing is written over without --force.

    [bold]goosh init[/bold] asks for your brand, its other names, the language, the time zone and feeds.

    [bold]goosh init --yes --brand اسنپ --alias Snapp --peer تپسی[/bold] asks nothing and reads a few news feeds.
    """
    from config.settings import FILE_NAME
    from listener.cli.running import reaching

    target = file or Path(os.environ.get("GOOSH_CONFIG") or FILE_NAME)
    with reaching(target):
        if target.is_dir():
            target = target / FILE_NAME
        there = target.exists()
    if there and not force:
        raise ConfigError(str(target), [("", "is there already; add --force to write over it, or name another file")])
    given = Given(brand, tuple(alias or ()), tuple(peer or ()), tuple(feed or ()), language, timezone)
    answers = _defaults(given) if yes else _ask(given)
    text = compose(answers)
    _prove(text, target)
    _write(target, text)
    put(f"{target}: written for {answers.brand}")
    put("next: goosh check --live tries every source once, goosh run listens")


@dataclass(frozen=True, slots=True)
class Given:
    """What stood on the command line."""

    brand: str | None
    aliases: tuple[str, ...]
    peers: tuple[str, ...]
    feeds: tuple[str, ...]
    language: str | None
    timezone: str | None


def _defaults(given: Given) -> Answers:
    if not given.brand:
        raise ConfigError("goosh init", [("--brand", "is missing; with --yes nobody is asked, so name the brand: --brand NAME")])
    language = given.language or "fa"
    return Answers(given.brand, given.aliases, given.peers, language, given.timezone or "Asia/Tehran",
                   named_feeds(given.feeds) or FEEDS.get(language, FEEDS["fa"]))


def _ask(given: Given) -> Answers:
    from rich.console import Console
    from rich.prompt import Prompt

    from listener.words import Language, say

    screen = Console(highlight=False, soft_wrap=True)
    language: Language = "en" if Prompt.ask("زبان برد و پیام‌ها / language of board and messages", choices=["fa", "en"],
                                            default=given.language or "fa", console=screen) == "en" else "fa"

    def ask(key: str, default: str) -> str:
        return str(Prompt.ask(say(key, language), default=default, show_default=bool(default), console=screen)).strip()

    brand = ask("cli.init.brand", given.brand or "")
    while not brand:
        screen.print(say("cli.init.brand_needed", language))
        brand = ask("cli.init.brand", "")
    covered = covered_spellings(brand)
    if covered:
        screen.print(say("cli.init.covered", language, spellings="  ".join(covered)), markup=False)
    aliases = ask("cli.init.aliases", "، ".join(given.aliases or suggested_aliases(brand)) if language == "fa"
                  else ", ".join(given.aliases or suggested_aliases(brand)))
    peers = ask("cli.init.peers", ", ".join(given.peers))
    while True:
        zone = ask("cli.init.timezone", given.timezone or "Asia/Tehran")
        from zoneinfo import ZoneInfo
        try:
            ZoneInfo(zone)
            break
        except (KeyError, ValueError, OSError):
            screen.print(say("cli.init.timezone_unknown", language, zone=zone), markup=False)
    screen.print(say("cli.init.feeds_offered", language, names=", ".join(name for name, _ in FEEDS[language])))
    feeds = ask("cli.init.feeds", " ".join(given.feeds))
    none = {"-", "–", "—", "هیچ", "none"}
    return Answers(brand, tuple(a for a in _list(aliases) if a not in none), tuple(p for p in _list(peers) if p not in none), language,
                   zone, named_feeds(feeds.split()) or FEEDS[language])


def _list(text: str) -> tuple[str, ...]:
    """Return the names of a list as people type it: commas of either script, semicolons."""
    return tuple(dict.fromkeys(part for raw in re.split(r"[,،;؛]", text) if (part := raw.strip())))


def named_feeds(feeds: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return each address with a short name of its own, made from its host. Raises: ConfigError for one that is no address."""
    from urllib.parse import urlsplit

    named: dict[str, str] = {}
    for address in feeds:
        full = address if "://" in address else f"https://{address}"
        try:
            parts = urlsplit(full)
            host = parts.hostname or ""
        except ValueError:
            host = ""
        if not host or parts.scheme not in ("http", "https") or (full != address and "." not in host and host != "localhost"):
            raise ConfigError("goosh", [("--feed", f"{address[:100]!r} is no address of a feed; write it like https://example.ir/rss")])
        host = re.sub(r"^(?:www|feeds?|rss)\.", "", re.sub(r"^\w+://(?:[^@/]*@)?([^/:?#]*).*$", r"\1", full)) or "feed"
        name, count = host, 2
        while name in named:
            name, count = f"{host}-{count}", count + 1
        named[name] = full
    return tuple(named.items())


def covered_spellings(name: str) -> tuple[str, ...]:
    """Return spellings that are found without naming them, to show that they need no alias; none for a plain Latin word."""
    from listener.text import matching_key

    joined = re.sub(r"[\s\u200c_-]+", " ", name).strip()
    candidates = [joined, joined.replace(" ", "\u200c"), joined.replace(" ", ""), "#" + joined.replace(" ", "_"),
                  name.replace("ی", "ي").replace("ک", "ك")]
    key = matching_key(name)
    return tuple(dict.fromkeys(c for c in candidates if c != name and matching_key(c.lstrip("#")) == key))


_LETTERS = dict(zip("ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیآ",
                    ("a", "b", "p", "t", "s", "j", "ch", "h", "kh", "d", "z", "r", "z", "zh", "s", "sh", "s", "z", "t", "z", "a",
                     "gh", "f", "gh", "k", "g", "l", "m", "n", "u", "h", "i", "a"), strict=True))


def suggested_aliases(name: str) -> tuple[str, ...]:
    """Return other names people may write: a Persian name in Latin letters where its vowels are written, joined or apart.

    >>> suggested_aliases("دیجی‌کالا")
    ('dijikala',)
    """
    plain = re.sub(r"[\u200c_#]+", " ", name.replace("ي", "ی").replace("ك", "ک")).strip()
    if all(letter in _LETTERS or letter == " " for letter in plain):
        latin = "".join(_LETTERS.get(letter, "") for letter in plain)
        # Short vowels are not written: a cluster at the start, or of three, means that the guess is no word.
        return () if re.search(r"^[^aiu]{2}|[^aiu]{3}", re.sub("ch|kh|sh|gh|zh", "x", latin)) else (latin,)
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return (apart,) if apart != name else ()


def compose(answers: Answers) -> str:
    """Return the text of a configuration that runs as it is."""
    def quoted(values: Sequence[str]) -> str:
        return "[" + ", ".join(map(toml_text, values)) + "]"

    peers = "".join(f"\n[[brands]]\nname = {toml_text(peer)}\npeer = true                    # compared with, never alerted as our own\n"
                    for peer in answers.peers)
    sources = "\n".join(f"[[sources]]\nkind = \"rss\"\nname = {toml_text(name)}\nurl = {toml_text(address)}\n"
                        for name, address in answers.feeds)
    return f"""\
# Goosh-be-zang: what is listened to, and who is told. Written by "goosh init"; edit it as you like.
# "goosh check" says what is wrong in it, "goosh check --live" tries each source. Secrets never stand here: a key that
# ends in _env names the environment variable that holds one. All keys with examples: config/example.toml of the program.

language = {toml_text(answers.language)}                  # of the board and of messages: "fa" or "en"
timezone = {toml_text(answers.timezone)}

# ---- whom we listen for
# Spellings with or without half-space, Arabic or Persian letters, # and _ are all found; name only what is different.

[[brands]]
name = {toml_text(answers.brand)}
aliases = {quoted(answers.aliases)}
# exclusions = []              # longer names that are not this brand, as اسنپ‌فود is not اسنپ
# queries = ['برند AND (خراب OR پشتیبانی)']   # what else is about it: AND OR NOT "phrase" (…) prefix* source: lang: author:
# common = true                # the name is an ordinary word too: only aliases and queries count
{peers}
# ---- where we listen
# Every brand is looked for in every source. interval = "15m" and stale_after = "2h" unless a source says otherwise.

{sources}
# ---- what wakes somebody
# All rules listen that the program has: "goosh rules list" names them. A list of [[rules]] here would replace that one;
# the example that ships with the program shows each with what can be set.

# ---- who is told

[[receivers]]
kind = "console"
name = "console"
min_severity = "P3"            # P1 at any hour, P2 by day, P3 can wait

# [[receivers]]
# kind = "webhook"
# name = "ops"
# url_env = "GOOSH_OPS_URL"     # the variable that holds the address
"""


def toml_text(text: str) -> str:
    """Return ``text`` as a TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _prove(text: str, target: Path) -> None:
    """Refuse to write what would not load: a bad answer is told before there is a file. Raises: ConfigError."""
    from alerts.notifiers import NOTIFIERS
    from alerts.rules import RULES
    from config.settings import parse
    from listener.collectors import COLLECTORS

    parse(text, where=target.name, collectors=COLLECTORS, rules=RULES, notifiers=NOTIFIERS, environment={})


def _write(target: Path, text: str) -> None:
    """Put the whole file in its place at once, readable by its owner alone. Raises: ConfigError."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # made with 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, target)
        except BaseException:  # Ctrl-C, too, leaves no half of a file
            with suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        raise ConfigError(str(target), [("", f"cannot be written ({error.strerror or error}); name a file in a folder that you may write")]
                          ) from None
