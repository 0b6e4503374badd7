"""Settings: what the file, the defaults and the environment make together."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from config import settings as room
from config.settings import Secret, Settings, find_config, load, packaged_text, parse, parse_duration, write_duration
from listener.calendar import Holidays
from listener.errors import ConfigError
from listener.registry import Registry
from listener.types import Brand, Severity
from tests.config.plugins import RULES, parse_query, registries

BRAND = '[[brands]]\nname = "اسنپ"\n'


def settings(text: str, **environment: str) -> Settings:
    return parse(text, **registries(), parse_query=parse_query, environment=environment)


@pytest.fixture(autouse=True)
def no_configuration_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(room.platformdirs, "user_config_path", lambda *_, **__: tmp_path / "platform" / "config")
    monkeypatch.setattr(room.platformdirs, "user_data_path", lambda *_, **__: tmp_path / "platform" / "data")
    monkeypatch.chdir(tmp_path)


# ---------------------------------------------------------------------------------------------------- what it means

def test_one_brand_is_a_whole_configuration(tmp_path: Path) -> None:
    made = settings(BRAND)
    assert made.language == "fa"
    assert made.timezone == "Asia/Tehran"
    assert [rule.kind for rule in made.rules] == [rule.name for rule in made.rules] == list(RULES)
    assert [(r.kind, r.name, r.language, r.min_severity) for r in made.receivers] == [("console", "console", "fa", Severity.P2)]
    assert made.database == "sqlite:///" + (tmp_path / "platform" / "data" / "goosh.sqlite").as_posix()
    assert made.retention.mentions is None and made.retention.raw == timedelta(days=30)
    assert (made.score.kind, made.score.target_error) == ("packaged", 0.10)
    assert (made.board.bind, made.board.port, made.board.link) == ("127.0.0.1", 8501, "http://localhost:8501")


def test_brands_become_nouns_in_the_order_of_the_file() -> None:
    made = settings('[[brands]]\nname = " اسنپ "\naliases = ["Snapp"]\nqueries = ["اسنپ"]\nexclusions = ["اسنپ‌فود"]\n'
                    '[[brands]]\nname = "تپسی"\npeer = true\n')
    assert made.brand_nouns() == (Brand("اسنپ", ("Snapp",), ("اسنپ",), ("اسنپ‌فود",)), Brand("تپسی", peer=True))


def test_options_stand_in_the_same_table_and_their_durations_are_spans() -> None:
    source = settings(BRAND + '[[sources]]\nkind = "rss"\nname = "isna"\nurl = "https://example.ir/rss"\npause = "90s"\n').sources[0]
    assert source.options == {"url": "https://example.ir/rss", "pause": timedelta(seconds=90), "token_env": "FEED_TOKEN"}
    assert registries()["collectors"].options("rss")(**source.options).pause == timedelta(seconds=90)


def test_a_key_that_the_plugin_knows_too_reaches_it() -> None:
    """The target error of [score] is the model's, time zone and weekend of the file those of every rule which asks for them."""
    from pydantic import BaseModel

    class Options(BaseModel, frozen=True, extra="forbid"):
        target_error: float = 0.3
        timezone: str = "UTC"
        weekend: tuple[str, ...] = ("sat", "sun")

    class Kinds(Registry):
        def options(self, kind: str) -> Any:
            return Options

    kinds = registries() | {"rules": Kinds("rule", {"night": "x:Y", "day": "x:Z"}), "scorers": Kinds("scorer", {"packaged": "x:Y"})}
    made = parse('timezone = "Europe/Berlin"\n' + BRAND + '[[rules]]\nkind = "night"\n[[rules]]\nkind = "day"\ntimezone = "Asia/Tokyo"\nweekend = ["fri"]\n'
                 '[score]\ntarget_error = 0.05\n', **kinds, environment={})
    assert [rule.options for rule in made.rules] == [{"timezone": "Europe/Berlin", "weekend": ("thu", "fri")},
                                                     {"timezone": "Asia/Tokyo", "weekend": ["fri"]}]
    assert made.score.options == {"target_error": 0.05}


def test_a_source_says_otherwise_than_the_defaults() -> None:
    first, second = settings('[defaults]\ninterval = "1h"\n' + BRAND + '[[sources]]\nkind = "rss"\nname = "a"\n'
                             '[[sources]]\nkind = "rss"\nname = "b"\ninterval = "5m"\nstale_after = "1h30m"\npaused = true\n').sources
    assert (first.interval, first.stale_after, first.paused) == (timedelta(hours=1), timedelta(hours=2), False)
    assert (second.interval, second.stale_after, second.paused) == (timedelta(minutes=5), timedelta(minutes=90), True)


def test_a_source_is_read_between_a_floor_and_a_ceiling() -> None:
    first, second = settings('[defaults]\nmax_interval = "1h"\n' + BRAND + '[[sources]]\nkind = "rss"\nname = "a"\n'
                             '[[sources]]\nkind = "rss"\nname = "b"\ninterval = "5m"\nmin_interval = "1m"\nmax_interval = "2h"\n').sources
    assert (first.min_interval, first.max_interval) == (None, timedelta(hours=1))
    assert (second.min_interval, second.max_interval) == (timedelta(minutes=1), timedelta(hours=2))


def test_a_source_goes_through_its_own_proxy_else_through_that_for_all() -> None:
    made = settings(BRAND + '[client]\nproxy = "http://10.0.0.1:3128"\n' + "".join(
        f'[[sources]]\nkind = "rss"\nname = "{name}"\n{line}\n' for name, line in (
            ("all", ""), ("own", 'proxy = "socks5://127.0.0.1:1080"'), ("none", 'proxy = "direct"'), ("hidden", 'proxy_env = "TUNNEL"'))))
    known = {"TUNNEL": " https://sara:hunter22@10.0.0.2:443 "}
    assert [made.proxy_of(source, known) for source in made.sources] == [
        "http://10.0.0.1:3128", "socks5://127.0.0.1:1080", None, "https://sara:hunter22@10.0.0.2:443"]
    assert made.proxy_of(made.sources[3], {"TUNNEL": "direct"}) is None
    assert Secret("sources[3].proxy_env", "TUNNEL") in made.secrets()


def test_a_proxy_for_all_may_come_from_the_environment() -> None:
    made = settings(BRAND + '[client]\nproxy_env = "TUNNEL"\n[[sources]]\nkind = "rss"\nname = "a"\n')
    assert made.proxy_of(made.sources[0], {"TUNNEL": "http://u:p@10.0.0.1:3128"}) == "http://u:p@10.0.0.1:3128"
    assert made.missing_secrets({"FEED_TOKEN": "x"}) == (Secret("client.proxy_env", "TUNNEL"),)


@pytest.mark.parametrize(("value", "sentence"), [
    ("", "it is not set; set it and start again"),
    ("ftp://sara:hunter22@10.0.0.1:21", ("the address in it does not begin with one of http://, https://, socks5://; write it as "
                                        "\"socks5://127.0.0.1:1080\", or \"direct\" for none")),
    ("http://sara:hunter22@10.0.0.1:port", "the address in it is no address of a proxy; write it as \"socks5://127.0.0.1:1080\""),
])
def test_a_proxy_in_the_environment_that_is_none_is_told_without_showing_it(value: str, sentence: str) -> None:
    made = settings(BRAND + '[[sources]]\nkind = "rss"\nname = "a"\nproxy_env = "TUNNEL"\n')
    with pytest.raises(ConfigError) as caught:
        made.proxy_of(made.sources[0], {"TUNNEL": value})
    assert str(caught.value) == f"settings: sources[0] (name 'a').proxy_env: environment variable 'TUNNEL': {sentence}"


def test_a_list_replaces_the_default_list_and_a_table_is_merged() -> None:
    made = settings(BRAND + '[[rules]]\nkind = "spike"\n[retention]\nmentions = "365d"\n')
    assert [rule.kind for rule in made.rules] == ["spike"]
    assert (made.retention.mentions, made.retention.raw) == (timedelta(days=365), timedelta(days=30))


def test_a_receiver_speaks_the_language_of_the_file_unless_it_says_otherwise() -> None:
    made = settings('language = "en"\n' + BRAND + '[[receivers]]\nkind = "console"\nname = "a"\n'
                    '[[receivers]]\nkind = "console"\nname = "b"\nlanguage = "fa"\n')
    assert [receiver.language for receiver in made.receivers] == ["en", "fa"]


def test_the_rota_takes_clock_times_in_both_spellings() -> None:
    duty = settings(BRAND + '[[people]]\nname = "سارا"\nreceivers = ["console"]\n'
                    '[[rota]]\nperson = "سارا"\ndays = ["friday"]\nstart = "22:00"\nend = 06:30:00\n').rota[0]
    assert (duty.person, duty.days, duty.start, duty.end) == ("سارا", ("friday",), time(22), time(6, 30))


def test_rules_of_one_kind_stand_side_by_side_under_names_of_their_own() -> None:
    first, second, third = settings(BRAND + '[[rules]]\nkind = "spike"\n[[rules]]\nkind = "spike"\nname = "spike/volume"\nenabled = false\n'
                                    '[[rules]]\nkind = "stale_source"\n').rules
    assert [(rule.kind, rule.name, rule.enabled) for rule in (first, second, third)] == [
        ("spike", "spike", True), ("spike", "spike/volume", False), ("stale_source", "stale_source", True)]


def test_a_campaign_is_told_in_either_calendar_and_its_last_day_counts_whole() -> None:
    made = settings('timezone = "Asia/Tehran"\n' + BRAND + "".join(
        f'[[campaigns]]\nbrand = "اسنپ"\nname = "{name}"\nstart = {start}\nend = {end}\n' for name, start, end in (
            ("days", "2026-12-16", '"1405-10-02"'), ("hours", '"1405/09/25 18:00"', "2026-12-20T09:30:00"),
            ("zoned", "2026-12-16T00:00:00Z", '"2026-12-17 03:30"'))))
    assert [(c.name, c.start.astimezone(UTC), c.end.astimezone(UTC)) for c in made.campaign_nouns()] == [
        ("days", datetime(2026, 12, 15, 20, 30, tzinfo=UTC), datetime(2026, 12, 23, 20, 30, tzinfo=UTC)),
        ("hours", datetime(2026, 12, 16, 14, 30, tzinfo=UTC), datetime(2026, 12, 20, 6, 0, tzinfo=UTC)),
        ("zoned", datetime(2026, 12, 16, tzinfo=UTC), datetime(2026, 12, 17, tzinfo=UTC))]


def test_the_weekend_and_the_holidays_of_iran_are_there_from_the_start() -> None:
    made = settings(BRAND)
    assert made.holidays.weekend == {5, 6} and made.paging.day == (time(7), time(23))
    assert made.holidays.name(date(2026, 6, 25), "fa") == "عاشورا" and made.holidays.name(date(2026, 6, 26), "fa") is None
    assert settings(BRAND + '[paging]\nweekend = ["friday"]\nholidays = ""\n').holidays == Holidays({}, frozenset({6}))


def test_a_heartbeats_address_is_a_secret_that_must_be_set() -> None:
    made = settings(BRAND + '[heartbeat]\nurl_env = "BEAT"\n')
    assert Secret("heartbeat.url_env", "BEAT") in made.missing_secrets({"FEED_TOKEN": "x"})
    assert (made.heartbeat.every, made.heartbeat.method) == (timedelta(minutes=1), "GET")


# ---------------------------------------------------------------------------------------------------- the environment

def test_the_environment_wins_over_the_file() -> None:
    made = settings('language = "fa"\ntimezone = "Asia/Tehran"\n' + BRAND, GOOSH_LANGUAGE="en", GOOSH_TIMEZONE="Europe/Berlin",
                    GOOSH_DATABASE="postgresql://goosh:pw@db/goosh", GOOSH_BOARD_PORT="9000", GOOSH_LOG_FORMAT="json")
    assert (made.language, made.timezone, made.database) == ("en", "Europe/Berlin", "postgresql://goosh:pw@db/goosh")
    assert (made.board.port, made.log.format) == (9000, "json")


@pytest.mark.parametrize(("name", "value", "sentence"), [
    ("GOOSH_LANGUAGE", "de", "settings: GOOSH_LANGUAGE: 'de' is not allowed; allowed: fa, en"),
    ("GOOSH_BOARD_PORT", "high", "settings: GOOSH_BOARD_PORT: expected a whole number, found 'high'"),
    ("GOOSH_DATABASE", "mysql://u:hunter22@h/d",
     "settings: GOOSH_DATABASE: unknown database URL; write sqlite:////absolute/path.sqlite or postgresql://user@host/name"),
])
def test_a_bad_environment_variable_is_called_by_its_own_name(name: str, value: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(BRAND, **{name: value})
    assert str(caught.value) == sentence


def test_the_repr_shows_no_database_password() -> None:
    assert "hunter22" not in repr(settings(BRAND, GOOSH_DATABASE="postgresql://u:hunter22@h/d"))


def test_missing_secrets_are_a_list_to_look_at_and_an_error_to_run_with() -> None:
    made = settings(BRAND + '[[sources]]\nkind = "rss"\nname = "a"\nurl_env = "FEED_URL"\n')
    assert made.missing_secrets({"FEED_URL": "https://example.ir"}) == (
        Secret("sources[0].token_env", "FEED_TOKEN"), *(Secret(f"rules[{place}].token_env", "FEED_TOKEN") for place in range(len(RULES))),
        Secret("receivers[0].token_env", "FEED_TOKEN"), Secret("score.token_env", "FEED_TOKEN"))
    made.require_secrets({"FEED_URL": "x", "FEED_TOKEN": "y"})
    with pytest.raises(ConfigError) as caught:
        made.require_secrets({"FEED_TOKEN": "y", "FEED_URL": ""})
    assert str(caught.value) == "settings: sources[0] (name 'a').url_env: environment variable 'FEED_URL' is not set; set it and start again"


# ---------------------------------------------------------------------------------------------------- mistakes, together

def test_all_mistakes_are_told_at_once_from_top_to_bottom() -> None:
    with pytest.raises(ConfigError) as caught:
        settings('colour = "red"\nlanguage = "de"\n[[brands]]\nname = "اسنپ"\npeer = 1\nqueries = ["(", "a", "b("]\n'
                 '[[sources]]\nkind = "rsss"\n[[sources]]\nkind = "rss"\nname = "a"\nbrands = ["x"]\nmax_pages = "many"\n'
                 '[board]\nport = 0\n[log]\nlevel = "loud"\n')
    assert [path for path, _ in caught.value.problems] == [
        "colour", "language", "brands[0].peer", "brands[0].queries[0]", "brands[0].queries[2]", "sources[0].kind", "sources[0].name",
        "sources[1].max_pages", "sources[1].brands[0]", "board.port", "log.level"]


def test_an_error_of_our_own_parser_is_not_called_a_mistake_of_the_query() -> None:
    def broken(_: str) -> object:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        parse(BRAND + 'queries = ["a"]\n', **registries(), parse_query=broken, environment={})


# ---------------------------------------------------------------------------------------------------- the file itself

def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def read(path: Path | None) -> Settings:
    return load(path, **registries(), environment={})


def test_a_byte_order_mark_and_persian_comments_are_fine(tmp_path: Path) -> None:
    path = write(tmp_path / "goosh.toml", b"\xef\xbb\xbf" + ("# برند ما، با نیم‌فاصله\r\n" + BRAND.replace("\n", "\r\n")).encode())
    made = read(path)
    assert made.brands[0].name == "اسنپ"
    assert made.path == path


@pytest.mark.parametrize(("content", "sentence"), [
    (b"# ok\nname = \"" + "برند".encode("cp1256") + b"\"\n", "line 2, column 9: byte 0xc8 is not UTF-8; save the file as UTF-8"),
    (BRAND.encode("utf-16"), "is UTF-16; save it as UTF-8"),
    (b"#" * 4_000_001, "is larger than 4,000,000 bytes; is this a configuration? mentions are read with \"goosh import\""),
], ids=["windows-1256", "utf-16", "huge"])
def test_a_file_that_is_no_text_of_ours_says_so(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(write(tmp_path / "goosh.toml", content))
    assert str(caught.value) == f"goosh.toml: {sentence}"


def test_brackets_without_end_are_a_mistake_and_no_crash(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not valid TOML"):
        read(write(tmp_path / "goosh.toml", b"a = " + b"[" * 100_000))


def test_a_missing_file_and_a_folder_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file; run \"goosh init\""):
        read(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigError, match="is a folder; give the file in it|cannot be read"):
        read(tmp_path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything, Windows has no such bits")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "goosh.toml", BRAND.encode())
    path.chmod(0)
    with pytest.raises(ConfigError, match="cannot be read"):
        read(path)


# ---------------------------------------------------------------------------------------------------- where it is found

def test_the_file_is_looked_for_here_then_at_home_then_in_the_platforms_folder(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [tmp_path / "goosh.toml", tmp_path / "home" / "goosh.toml", tmp_path / "platform" / "config" / "goosh.toml"]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(BRAND, encoding="utf-8")
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    for place in places:
        assert find_config() == place
        place.unlink()
    assert find_config() is None


def test_a_file_named_in_the_environment_is_never_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "goosh.toml", BRAND.encode())
    monkeypatch.setenv("GOOSH_CONFIG", str(tmp_path / "other.toml"))
    with pytest.raises(ConfigError, match="other.toml: no such file"):
        read(None)


def test_without_any_file_the_next_step_is_named() -> None:
    with pytest.raises(ConfigError, match="no configuration found here.*run \"goosh init\""):
        read(None)


# ---------------------------------------------------------------------------------------------------- what ships

def test_the_example_names_every_key_that_the_program_knows() -> None:
    example = packaged_text("example.toml")
    models = (room.BrandSettings, room.SourceSettings, room.ReceiverSettings, room.PersonSettings, room.DutySettings, room.Retention,
              room.RuleSettings, room.CampaignSettings, room.PagingSettings, room.HeartbeatSettings,
              room.ScoreSettings, room.BoardSettings, room.WebSettings, room.ClientSettings, room.LogSettings, room.Defaults)
    keys = {key for model in models for key in model.model_fields} | {"language", "timezone", "database", "defaults"}
    assert {key for key in keys - {"options"} if key not in example} == set()


def real() -> dict[str, Any]:
    """The registries of this house, for files that name its kinds."""
    from alerts.notifiers import NOTIFIERS
    from alerts.rules import RULES
    from listener.collectors import COLLECTORS
    from listener.match import parse_query as parse_it
    from sentiment import SCORERS

    return {"collectors": COLLECTORS, "rules": RULES, "notifiers": NOTIFIERS, "scorers": SCORERS, "parse_query": parse_it}


def shown_sources() -> list[tuple[str, set[str]]]:
    """Every block of a source in the example: its kind, and the keys that stand in it, in force or behind any number of #."""
    text = packaged_text("example.toml")
    found = []
    for block in re.split(r"^(?:# )*\[\[sources\]\]$", text, flags=re.MULTILINE)[1:]:
        block = re.split(r"^(?:# )*\[\[|^# -{10}", block, flags=re.MULTILINE)[0]
        kind = re.search(r'^(?:# )*kind = "(\w+)"', block, re.MULTILINE)
        assert kind, block
        found.append((kind[1], set(re.findall(r"(?:^(?:# )*|; )(\w+) = ", block, re.MULTILINE))))
    return found


EVERYWHERE = {"backfill", "max_pages", "base_url", "pause"}
"""Options that the example explains once for all kinds."""


def test_the_example_shows_every_kind_with_all_its_options() -> None:
    collectors = real()["collectors"]
    shown: dict[str, set[str]] = {}
    for kind, keys in shown_sources():
        shown[kind] = shown.get(kind, set()) | keys
    shown["csv"] = shown["jsonl"]  # one explanation for both
    assert set(shown) == set(collectors.kinds)
    lacking = {kind: set(collectors.options(kind).model_fields) - keys - EVERYWHERE for kind, keys in shown.items()}
    assert {kind: keys for kind, keys in lacking.items() if keys} == {}
    common = set(room.SourceSettings.model_fields)
    foreign = {kind: keys - set(collectors.options(kind).model_fields) - common for kind, keys in shown.items() if kind != "csv"}
    assert {kind: keys - {"published_at", "text"} for kind, keys in foreign.items() if keys - {"published_at", "text"}} == {}


def test_no_option_of_a_kind_is_hidden_by_a_key_of_every_source() -> None:
    """A key that both know reaches both; only the language of a source means the same to both."""
    collectors, common = real()["collectors"], set(room.SourceSettings.model_fields)
    assert {kind: shared for kind in collectors.kinds if (shared := set(collectors.options(kind).model_fields) & common)} == {
        kind: {"language"} for kind in ("bluesky", "rss", "x", "youtube")}


@pytest.mark.parametrize("first", ["# [[sources]]", "# [[people]]"])
def test_the_example_is_right_with_its_comments_taken_away(first: str) -> None:
    lines = packaged_text("example.toml").splitlines()
    start = lines.index(first)
    shown = [line.removeprefix("# ") if i >= start and re.match(r"# (?:\[+\w|\w+ = )", line) else line for i, line in enumerate(lines)]
    made = parse("\n".join(shown), **real(), environment={})
    assert made.people[0].name == made.rota[0].person == "سارا"
    assert made.campaigns[0].brand == "دیجی‌کالا" and made.heartbeat.url_env == "GOOSH_HEARTBEAT"
    assert made.client.allow == ("10.1.0.0/16",)
    if first == "# [[sources]]":
        assert {source.kind for source in made.sources} >= set(real()["collectors"].kinds) - {"csv"}


def test_the_samples_for_systemd_and_docker_speak_of_what_there_is() -> None:
    unit, image = packaged_text("deploy/goosh.service"), packaged_text("deploy/Dockerfile")
    known = {*room.ENVIRONMENT, "GOOSH_HOME", "GOOSH_CONFIG", "GOOSH_OPS_URL"}
    assert set(re.findall(r"GOOSH_[A-Z_]+", unit + image)) <= known
    assert "ExecStart=/opt/goosh/bin/goosh run --config /etc/goosh/goosh.toml" in unit
    assert f"127.0.0.1:{settings(BRAND).web.port}/healthz" in unit and f"127.0.0.1:{settings(BRAND).web.port}/healthz" in image
    assert f"EXPOSE {settings(BRAND).board.port}\n" in image


def test_whatever_stands_in_a_place_is_taken_or_refused_in_words() -> None:
    """Every value of the example, one after the other, replaced by values of every sort."""
    odd: tuple[object, ...] = (0, -1, 10**30, 1.5, float("nan"), True, "", "x", "\u202e", "x" * 100_000, [], [1], [[]], {}, {"a": 1}, [{}],
                               [{"name": 1, "kind": []}], date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), time(1), ["a"] * 3)
    whole = tomllib.loads(packaged_text("default.toml")) | tomllib.loads(packaged_text("example.toml"))
    tried = 0
    for path in places(whole):
        for value in odd:
            tables = deepcopy(whole)
            inner = tables
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = value
            with suppress(ConfigError):
                parse(tables, **registries(), parse_query=parse_query, environment={})
            tried += 1
    assert tried > 900


def places(tables: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of every value, tables and lists included; of a list only the first."""
    steps = tables.items() if isinstance(tables, dict) else list(enumerate(tables))[:1] if isinstance(tables, list) else ()
    for step, inner in steps:
        yield (*path, step)
        yield from places(inner, (*path, step))


def test_a_thousand_mistakes_are_told_within_seconds() -> None:
    many = "".join(f'[[brands]]\nname = "brand number {i}"\n' for i in range(1_000))
    wrong = "".join(f'[[sources]]\nkind = "rss"\nname = "s{i}"\nbrands = ["brand nummber {i}"]\n' for i in range(200))
    with pytest.raises(ConfigError) as caught:
        settings(many + wrong)
    assert len(caught.value.problems) == 200


def test_the_defaults_need_only_a_brand() -> None:
    assert parse(packaged_text("default.toml").replace("brands = []", "") + BRAND, **registries(), environment={}).brands


@pytest.mark.parametrize(("text", "span"), [
    ("45s", timedelta(seconds=45)), ("15m", timedelta(minutes=15)), ("2h", timedelta(hours=2)), ("7d", timedelta(days=7)),
    ("2w", timedelta(days=14)), ("1h 30m", timedelta(minutes=90)),
    ("۱۵m", timedelta(minutes=15))])
def test_durations_read_and_write_back(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span
    assert parse_duration(write_duration(span)) == span


@pytest.mark.parametrize("text", ["", "m", "-5m", "5", "1.5h", "9" * 12 + "d", "0s", "200000000h", None, 5, True, [], "15 min"])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


# ---------------------------------------------------------------------------------------------------- where the database is

@pytest.mark.parametrize("folder", ["100%20 نظر", "what?", "%3F%25", "پوشه"])
def test_the_database_lies_in_the_data_folder_whatever_signs_its_name_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                                          folder: str) -> None:
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / folder))
    url = settings(BRAND).database
    assert room.sqlite_path(url) == tmp_path / folder / "goosh.sqlite" == Path(str(make_url(url).database))


def test_a_relative_database_of_the_file_lies_beside_the_file(tmp_path: Path) -> None:
    made = parse('database = "sqlite:///data/a%20b.sqlite?timeout=5"\n' + BRAND, **registries(), environment={}, path=tmp_path / "goosh.toml")
    assert made.database == f"sqlite:///{tmp_path}/data/a b.sqlite?timeout=5"


def test_a_relative_database_of_the_environment_lies_in_the_data_folder(tmp_path: Path) -> None:
    made = parse(BRAND, **registries(), environment={"GOOSH_DATABASE": "sqlite:///mine.sqlite"}, path=tmp_path / "goosh.toml")
    assert made.database == f"sqlite:///{tmp_path}/platform/data/mine.sqlite"


def test_a_bad_port_in_the_database_url_is_refused_and_no_password_is_shown() -> None:
    for url in ("postgresql://goosh:hunter22@db:54x2/goosh", "postgresql://goosh:hunter22@db:99999/goosh"):
        with pytest.raises(ConfigError, match="GOOSH_DATABASE: the port in the database URL is none") as caught:
            settings(BRAND, GOOSH_DATABASE=url)
        assert "hunter22" not in str(caught.value)
    assert settings(BRAND, GOOSH_DATABASE="postgresql://goosh:a:b/c@db:5432/goosh").database.endswith("/c@db:5432/goosh")


@pytest.mark.parametrize("url", ["https://feeds.example.ir/rss?tag=key", "https://feeds.example.ir/rss?token=", "https://example.ir/@sara"])
def test_an_address_without_a_secret_may_stand_in_the_file(url: str) -> None:
    assert settings(BRAND + f'[[sources]]\nkind = "rss"\nname = "a"\nurl = "{url}"\n').sources[0].options["url"] == url


def test_a_folder_this_user_may_not_read_holds_no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Path) -> bool:  # the tests may run as root, who may read everywhere
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refused)
    assert find_config() is None


def test_an_absolute_database_stays_as_it_is_written() -> None:
    for url in ("sqlite:////var/lib/goosh/a%3Fb.sqlite", "postgresql://goosh@db:5432/goosh"):
        assert settings(f'database = "{url}"\n' + BRAND).database == url


def test_what_is_assumed_of_unknown_authors_and_said_by_a_survey_can_be_edited() -> None:
    made = settings(BRAND + '[reach]\naudience = { telegram = 1500, "*" = 150 }\n[word_of_mouth]\nsatisfied = 15\ndissatisfied = 24\nyear = 2012\n')
    assert made.reach.audience == {"telegram": 1500, "*": 150}
    assert (made.word_of_mouth.dissatisfied, made.word_of_mouth.year, made.word_of_mouth.source) == (24, 2012, "American Express")
    with pytest.raises(ConfigError, match="reach.audience.x"):
        settings(BRAND + "[reach]\naudience = { x = -1 }\n")
