"""What bad configuration gets: one file a mistake, and the sentence that a stranger reads at night."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from config.settings import load
from listener.errors import ConfigError
from tests.config.plugins import parse_query, registries

BAD = Path(__file__).parent / "bad"

EXPECTED = {
    "unknown-key": "langauge: unknown key 'langauge'; allowed: language, …; did you mean 'language'?",
    "unknown-table": "boards: unknown table 'boards'; allowed: …; did you mean 'board'?",
    "unknown-key-in-a-brand": "brands[0].alias: unknown key 'alias'; allowed: name, aliases, queries, exclusions, peer, common, sector, timezone; did you mean 'aliases'?",
    "unknown-kind": "sources[0].kind: unknown collector 'masto'; known: mastodon, rss, telegram; did you mean 'mastodon'?",
    "kind-of-another-list": "rules[0].kind: unknown rule 'rss'; known: big_voice, …, spike, stale_source",
    "unknown-option": "sources[0].ulr: unknown key 'ulr'; allowed: kind, name, interval, stale_after, min_interval, max_interval, proxy, proxy_env, brands, language, paused, url, url_env, token_env, pause, max_pages; did you mean 'url'?",
    "option-out-of-range": 'sources[0].max_pages: expected at least 1, found 0',
    "two-options-that-exclude-each-other": 'receivers[0]: at most one of url & url_env may be set',
    "missing-kind": 'sources[0].kind: is missing',
    "missing-name": 'brands[0].name: is missing',
    "empty-name": 'brands[0].name: a name is empty',
    "control-characters-in-a-name": "brands[0].name: 'a·b' holds control characters",
    "name-without-a-letter": "brands[0].name: '؟!' holds no letter",
    "common-name-alone": "brands[0]: a common name does not count by itself; give aliases or queries that do",
    "no-brand": 'brands: no brand is given; write at least one [[brands]] table with a name',
    "brand-twice": "brands[1].name: brand 'اسنپ' stands twice, first at brands[0]; give each a name of its own",
    "brand-twice-in-another-spelling":
        "brands[1].name: brand 'ديجي كالا' stands twice, first at brands[0]; give each a name of its own",
    "exclusion-of-itself": "brands[0].exclusions[1]: 'Snapp' is a name of the brand itself; exclude longer names only",
    "source-twice": "sources[1].name: source 'ISNA' stands twice, first at sources[0]; give each a name of its own",
    "rule-twice": "rules[1].name: rule 'spike' stands twice, first at rules[0]; give each a name of its own",
    "rule-name-without-its-kind": "rules[0].name: 'volume' does not begin with the rule's kind; write \"spike/volume\"",
    "undefined-brand-of-a-campaign": "campaigns[0].brand: undefined brand 'اسنپپ'; defined: اسنپ; did you mean 'اسنپ'?",
    "campaign-that-ends-before-it-starts": "campaigns[0].end: it ends before it starts; exchange the two",
    "campaign-that-overlaps-itself": "campaigns[2]: campaign 'یلدا' of 'اسنپ' overlaps itself at campaigns[0]; keep one of them",
    "bad-day-of-a-campaign": "campaigns[0].start: '1405-12-30' is not a day; write \"2026-11-20\", \"1405-08-29\" or \"1405-08-29 18:00\"",
    "shift-without-a-rota": "digest[0].every: there is no shift to hand over; write [[rota]], or another every",
    "undefined-receiver-of-a-digest": "digest[0].receiver: undefined receiver 'post'; defined: console",
    "bad-role": "people[0].role: 'boss' is not allowed; allowed: on_call, lead",
    "person-nobody-can-reach": "rota[0].person: 'سارا' has no receivers and could not be called; name some under [[people]]",
    "one-time-for-a-day": "paging.day: expected two times, as in [\"07:00\", \"23:00\"], found ['07:00']",
    "hours-in-words": "hours.open[0]: '9 to 5' is not a span of the day; write \"09:00-17:00\"",
    "hours-that-overlap": "hours: two spans of one day overlap at 12:30; keep them apart",
    "hours-of-nobody": "hours: no day has hours; write open = [\"09:00-17:00\"]",
    "season-that-ends-before-it-starts": "hours.seasons[0]: the season's last day is before its first; exchange the two",
    "season-of-no-day": "hours.seasons[0].first: '1405-12-30' is not a day; write \"2027-02-09\" or \"1405-11-20\"",
    "day-without-length": "paging: day begins and ends at 07:00; write two different times, such as [\"07:00\", \"23:00\"]",
    "weekend-without-end": "paging: weekend holds every day of the week; leave the days out on which somebody works",
    "missing-holidays": "paging.holidays: 'off.toml' cannot be read (No such file or directory); write 'iran', a file, or \"\" for none",
    "heartbeat-with-its-address": 'heartbeat.url_env: expected the name of an environment variable, this looks like the secret itself; set the secret in the environment, such as URL=…, and write url_env = "URL" (and change the secret if others have seen this file)',
    "undefined-brand": "sources[0].brands[0]: undefined brand 'اسنپپ'; defined: اسنپ; did you mean 'اسنپ'?",
    "undefined-receiver": "people[0].receivers[0]: undefined receiver 'consol'; defined: console; did you mean 'console'?",
    "undefined-person": "rota[0].person: undefined person 'رضا'; defined: none",
    "bad-duration": 'sources[0].interval: \'15 minutes\' is not a duration; write a whole number and a unit, such as "15m", "2h" or "7d"',
    "duration-without-unit": 'sources[0].interval: 15 is not a duration; write a whole number and a unit, such as "15m", "2h" or "7d"',
    "duration-of-nothing": 'retention.raw: \'0d\' is not a duration; write a whole number and a unit, such as "15m", "2h" or "7d"',
    "bad-duration-in-an-option": 'sources[0].pause: \'soon\' is not a duration; write a whole number and a unit, such as "15m", "2h" or "7d"',
    "bad-duration-in-the-defaults": 'defaults.interval: \'often\' is not a duration; write a whole number and a unit, such as "15m", "2h" or "7d"',
    "bad-time-zone": 'timezone: unknown time zone \'Asia/Theran\'; write an IANA name such as "Asia/Tehran"; did you mean \'Asia/Tehran\'?',
    "time-zone-without-continent":
        "timezone: unknown time zone 'Berlin'; write an IANA name such as \"Asia/Tehran\"; did you mean 'Europe/Berlin'?",
    "bad-language": "language: 'farsi' is not allowed; allowed: fa, en",
    "bad-severity": "receivers[0].min_severity: 'high' is not allowed; allowed: P1, P2, P3",
    "bad-query": 'brands[0].queries[1]: column 10: this parenthesis is never closed',
    "bad-day": "rota[0].days[0]: 'sat' is not allowed; allowed: saturday, sunday, monday, tuesday, wednesday, thursday, friday; did you mean 'saturday'?",
    "bad-time-of-day": 'rota[0].start: 8 is not a time of day; write "09:00"',
    "unsubscribing-at-no-mailbox": "digest[0].unsubscribe_to: 'nobody' is not a mailbox; write \"pr@example.ir\"",
    "bad-port": 'board.port: expected at most 65535, found 99999',
    "port-as-text": "board.port: expected a whole number, found '8501'",
    "one-port-for-two": 'web.port: 8502 is also board.port; choose another',
    "truth-as-text": "brands[0].peer: expected true or false, found 'yes'",
    "text-for-a-list": "brands[0].aliases: expected a list, found 'Snapp'",
    "table-for-a-list": 'brands: expected tables under [[brands]], found a table',
    "list-for-a-table": 'board: expected one table [board], found a list',
    "names-for-tables": 'brands[0]: expected a table, written under [[brands]], found a text',
    "target-error-too-large": 'score.target_error: expected less than 0.5, found 10',
    "unknown-model": "score.kind: unknown scorer 'packagd'; known: packaged; did you mean 'packaged'?",
    "unknown-model-option": "score.fast: unknown key 'fast'; allowed: kind, target_error, url, url_env, token_env, pause, max_pages",
    "secret-in-the-file": 'receivers[0].url_env: expected the name of an environment variable, this looks like the secret itself; set the secret in the environment, such as URL=…, and write url_env = "URL" (and change the secret if others have seen this file)',
    "token-in-the-file": 'receivers[0].token_env: expected the name of an environment variable, this looks like the secret itself; set the secret in the environment, such as TOKEN=…, and write token_env = "TOKEN" (and change the secret if others have seen this file)',
    "secret-under-a-wrong-key": "receivers[0].token: unknown key 'token'; allowed: kind, name, language, min_severity, url, url_env, token_env, pause, max_pages; did you mean 'token_env'?",
    "password-in-the-database-url": 'database: a password stands in the file; leave the key out and set the whole URL in GOOSH_DATABASE',
    "secret-in-the-address": 'sources[0].url: a secret (?access_token=) stands in the address; set the whole address in the environment, such as FEED_URL=…, and write url_env = "FEED_URL" in place of url (and change the secret if others have seen this file)',
    "password-in-the-address": 'receivers[0].url: a user or password stands in the address; set the whole address in the environment, such as FEED_URL=…, and write url_env = "FEED_URL" in place of url (and change the secret if others have seen this file)',
    "port-in-the-database-url": 'database: the port in the database URL is none; write a number from 1 to 65535, and %40, %3A, %2F for @, : and / in a password',
    "unknown-database": 'database: unknown database URL; write sqlite:////absolute/path.sqlite or postgresql://user@host/name',
    "sqlite-with-two-slashes": 'database: a SQLite URL has three slashes before the path, four for an absolute one: sqlite:////var/lib/goosh/goosh.sqlite',
    "bad-network": 'client.allow[0]: \'my office\' is not a network; write an address or a range such as "10.1.0.0/16"',
    "proxy-with-a-password":
        'sources[0].proxy: a user or password stands in the proxy\'s address; set the whole address in the environment, such as GOOSH_PROXY=…, and write proxy_env = "GOOSH_PROXY" in place of proxy (and change the password if others have seen this file)',
    "proxy-of-an-unknown-sort":
        'client.proxy: the address does not begin with one of http://, https://, socks5://; write it as "socks5://127.0.0.1:1080", or "direct" for none',
    "proxy-without-a-port":
        'sources[0].proxy: the address names no port; write it as "socks5://127.0.0.1:1080"',
    "proxy-twice":
        'sources[0]: proxy and proxy_env exclude each other; keep one of them',
    "proxy-address-for-its-variable":
        'client.proxy_env: expected the name of an environment variable, this looks like the address itself; set it in the environment, such as GOOSH_PROXY=…, and write proxy_env = "GOOSH_PROXY"',
    "floor-above-the-interval":
        'sources[0]: min_interval (10m) is longer than interval (5m); a source is read at interval, and never outside min_interval and max_interval',
    "interval-above-the-ceiling":
        'defaults: interval (15m) is longer than max_interval (10m); a source is read at interval, and never outside min_interval and max_interval',
    "malformed-text-without-quotes": 'line 1, column 12: not valid TOML: invalid value; write texts between straight quotes, "like this"',
    "malformed-curly-quotes": 'line 2, column 8: not valid TOML: invalid value; write texts between straight quotes, "like this"',
    "malformed-colon": "line 1, column 9: not valid TOML: expected '=' after a key in a key/value pair; write key = value, with an equals sign",
    "malformed-key-twice": 'line 2, column 16: not valid TOML: cannot overwrite a value',
    "malformed-unclosed": 'line 2: not valid TOML: invalid value',
}
"""File without ending, and the whole of its one problem (``…`` stands for anything)."""


def problems(name: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(BAD / f"{name}.toml", **registries(), parse_query=parse_query, environment={})
    return [f"{caught.value.where}: {path}: {text}" if path else f"{caught.value.where}: {text}" for path, text in caught.value.problems]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_mistake_is_named_by_its_place_with_what_is_allowed(name: str) -> None:
    found = problems(name)
    pattern = ".*".join(re.escape(part) for part in EXPECTED[name].split("…")) if name not in WHOLE else re.escape(EXPECTED[name])
    assert len(found) == 1, found
    assert re.fullmatch(re.escape(f"{name}.toml: ") + pattern, found[0]), found[0]


def test_a_message_also_names_the_source_or_receiver_it_is_about() -> None:
    with pytest.raises(ConfigError) as caught:
        load(BAD / "unknown-kind.toml", **registries(), parse_query=parse_query, environment={})
    name = tomllib.loads((BAD / "unknown-kind.toml").read_text(encoding="utf-8"))["sources"][0]["name"]
    assert f"unknown-kind.toml: sources[0] (name '{name}').kind: unknown collector 'masto'" in str(caught.value)


def test_every_bad_file_has_its_sentence() -> None:
    assert {path.stem for path in BAD.glob("*.toml")} == set(EXPECTED)


@pytest.mark.parametrize("name", [name for name in EXPECTED if "secret" in name or "token" in name or "password" in name or "heartbeat" in name])
def test_a_secret_in_the_file_is_never_repeated(name: str) -> None:
    said = "\n".join(problems(name))
    for secret in ("xoxb", "hooks.example.ir", "XXXXXXXX", "hunter22"):
        assert secret not in said


WHOLE = {"heartbeat-with-its-address", "secret-in-the-file", "token-in-the-file", "secret-in-the-address", "password-in-the-address"}  # their sentences hold an ellipsis of their own
