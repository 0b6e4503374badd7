"""``goosh watch``: which sources it takes and why not the others, what it shows, that a second watch goes on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

import listener.app
from listener.cli import setup, watch
from listener.cli.watch import Wishes, configure, example_channels, hashtags, plan, spellings
from listener.client import Client
from listener.collectors import COLLECTORS
from listener.errors import ConfigError
from listener.words import say
from tests.fakes import CannedScorer
from tests.listener.terminal import goosh
from tests.listener.test_cli_running import FEED

BRAND = "دیجی‌کالا"


@pytest.fixture(autouse=True)
def a_clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def one_feed(monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer) -> HTTPServer:
    """The feeds of this machine's server and no other source."""
    monkeypatch.setattr(listener.app, "load_scorer", lambda _: CannedScorer())
    monkeypatch.setattr(listener.app, "make_client", lambda *_: Client(allow_networks=("127.0.0.0/8",)))
    monkeypatch.setattr(setup, "FEEDS", {"fa": (("isna", httpserver.url_for("/feed")),), "en": ()})
    for kind in set(watch.PLANNERS) - {"rss"}:
        monkeypatch.setitem(watch.PLANNERS, kind, lambda _: "watch.why.own")
    httpserver.expect_request("/feed").respond_with_data(FEED, content_type="application/rss+xml")
    return httpserver


def kinds(wishes: Wishes) -> set[str]:
    return {str(source["kind"]) for source in plan(wishes).sources}


# ---------------------------------------------------------------------------------------------------- the plan

def test_a_persian_name_is_listened_for_where_persian_is_heard() -> None:
    found = kinds(Wishes((BRAND,)))
    assert {"rss", "telegram", "aparat", "gdelt", "mastodon"} <= found
    assert not found & {"hackernews", "lemmy"}


def test_an_english_name_is_listened_for_where_english_is_heard() -> None:
    found = kinds(Wishes(("Digikala",)))
    assert {"rss", "hackernews", "lemmy", "gdelt", "mastodon"} <= found
    assert not found & {"telegram", "aparat"}


def test_both_names_are_listened_for_in_both() -> None:
    assert {"telegram", "aparat", "hackernews", "lemmy"} <= kinds(Wishes((BRAND, "Digikala")))


def test_nothing_that_needs_an_account_is_among_them_and_every_kind_is_accounted_for() -> None:
    made = plan(Wishes((BRAND, "Digikala")))
    used = {str(source["kind"]) for source in made.sources}
    assert not used & {"x", "youtube", "bluesky", "reddit", "instagram", "inbox", "googleplay"}
    assert used | set(made.left_out) >= set(COLLECTORS.kinds)
    assert all(say(key, language, **values) for key, values in made.left_out.values() for language in ("fa", "en"))


def test_the_options_of_every_planned_source_are_those_of_its_kind() -> None:
    wishes = Wishes((BRAND, "Digikala"), channels=("@digikala", "https://eitaa.com/digikala"), feeds=("example.ir/feed",),
                    apps=("com.digikala", "1234567890"), personal=True)
    settings, made = configure(wishes, plan(wishes))
    assert {name: why for name, why in made.left_out.items() if why[0] == "watch.why.options"} == {}
    assert {"cafebazaar", "appstore", "eitaa"} <= {source.kind for source in settings.sources}
    assert settings.missing_secrets({}) == ()
    own = {source.name: source.brands for source in settings.sources if source.kind in ("cafebazaar", "appstore")}
    assert set(own.values()) == {(BRAND,)}


def test_google_news_is_for_personal_use_only() -> None:
    assert "rss: google_news" in plan(Wishes((BRAND,))).left_out
    made = plan(Wishes((BRAND,), personal=True))
    assert [source["name"] for source in made.sources if source.get("preset") == "google_news"] == ["google-news-fa"]


def test_channels_come_from_the_example_and_from_the_command_line() -> None:
    assert example_channels()
    named = {source.get("channel") for source in plan(Wishes((BRAND,), channels=("t.me/s/snapp_team", "@snapp_team"))).sources}
    assert {"snapp_team", *example_channels()} <= named


@pytest.mark.parametrize(("name", "tags"), [
    (BRAND, ["دیجی_کالا", "دیجیکالا"]), ("Digikala", ["Digikala"]), ("#اسنپ", ["اسنپ"]), ("118", []), ("Snapp Food", ["Snapp_Food", "SnappFood"])])
def test_a_name_becomes_the_tags_that_people_write(name: str, tags: list[str]) -> None:
    assert hashtags(name) == tags


def test_searches_that_do_not_know_half_spaces_are_asked_for_every_spelling() -> None:
    assert spellings(BRAND) == ["دیجی‌کالا", "دیجی کالا", "دیجیکالا"] and spellings("Snapp") == ["Snapp"]


def test_a_source_whose_options_are_refused_is_left_out_with_the_reason() -> None:
    made = watch.Plan([{"kind": "rss", "name": "a", "url": "https://example.ir/rss"}, {"kind": "rss", "name": "b", "ulr": "x"}])
    settings, made = configure(Wishes((BRAND,)), made)
    assert [source.name for source in settings.sources] == ["a"] and "unknown key 'ulr'" in str(made.left_out["b"][1]["why"])


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["؟!"], "holds no letter"), (["اسنپ"] * 7, "7 names are given; 6 at most"), (["اسنپ", "--proxy", "vless://x:1"], "does not begin with one of")])
def test_what_cannot_be_watched_is_told(arguments: list[str], sentence: str) -> None:
    said = goosh("watch", *arguments, "--once")
    assert said.code == 2 and sentence in said.err


def test_a_proxy_for_everything_comes_from_the_command_line_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    settings, _ = configure(Wishes((BRAND,), proxy="socks5://127.0.0.1:1080"), plan(Wishes((BRAND,))))
    assert {settings.proxy_of(source) for source in settings.sources} == {"socks5://127.0.0.1:1080"}
    monkeypatch.setenv("GOOSH_PROXY", "http://u:p@10.0.0.1:3128")
    settings, _ = configure(Wishes((BRAND,)), plan(Wishes((BRAND,))))
    assert settings.proxy_of(settings.sources[0]) == "http://u:p@10.0.0.1:3128"


def test_a_name_of_digits_alone_has_no_path_out_of_the_folder(tmp_path: Path) -> None:
    assert watch.database_of("../../etc/passwd").parent == tmp_path / "home" / "watch"
    assert watch.database_of("دیجی کالا") == watch.database_of(BRAND)


# ---------------------------------------------------------------------------------------------------- one round

def test_the_first_round_shows_what_was_found_with_its_sentiment(one_feed: HTTPServer) -> None:
    said = goosh("watch", BRAND, "--once")
    assert said.code == 0, said.err
    assert "سفارش از دیجی کالا نرسید" in said.out and "هوا خوب است" not in said.out
    assert "۱ پست دربارهٔ دیجی‌کالا: ۱ منفی" in said.out or "۱ پست دربارهٔ دیجی‌کالا" in said.out
    assert "isna: ۱ پست دربارهٔ دیجی‌کالا" in said.out and "شرایطش فقط کاربرد شخصی" in said.out and "watch" in said.out


def test_a_second_watch_goes_on_where_the_first_ended(one_feed: HTTPServer) -> None:
    goosh("watch", BRAND, "--once")
    asked = len(one_feed.log)
    again = goosh("watch", BRAND, "--once")
    assert len(one_feed.log) == asked, "not due yet: nothing is asked again"
    assert "سفارش از دیجی کالا نرسید" in again.out


def test_json_is_one_object_with_whole_mentions(one_feed: HTTPServer) -> None:
    found: dict[str, Any] = goosh("watch", BRAND, "Digikala", "--once", "--json").json
    assert found["names"] == [BRAND, "Digikala"] and found["sources"] == [{"name": "isna", "kind": "rss"}] and found["failures"] == []
    (mention,) = found["mentions"]
    assert mention["sentiment"]["label"] in ("negative", "neutral", "positive") and mention["sources"] == ["isna"]


def test_where_nothing_can_be_read_the_network_is_named(one_feed: HTTPServer) -> None:
    one_feed.clear()
    one_feed.expect_request("/feed").respond_with_data("no", status=503)
    said = goosh("watch", BRAND, "--once")
    assert said.code == 1 and say("watch.all_failed", "fa") in said.out and "503" in said.out


def test_a_second_watch_speaks_of_its_own_sources_and_tries_what_failed_again(one_feed: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    one_feed.clear()
    one_feed.expect_request("/feed").respond_with_data("no", status=503)
    goosh("watch", BRAND, "--once")
    asked = len(one_feed.log)
    monkeypatch.setattr(setup, "FEEDS", {"fa": (("other", one_feed.url_for("/feed")), ("isna", one_feed.url_for("/feed"))), "en": ()})
    again = goosh("watch", BRAND, "--once")
    assert again.code == 1 and len(one_feed.log) == asked + 2, "what is backed off is tried once more"
    assert say("watch.all_failed", "fa") in again.out and say("watch.nothing", "fa") not in again.out
    monkeypatch.setattr(setup, "FEEDS", {"fa": (("other", one_feed.url_for("/feed")),), "en": ()})
    third = goosh("watch", BRAND, "--once", "--json")
    assert third.code == 1 and len(third.json["failures"]) == 1 and "isna" not in third.out


def test_a_source_that_asked_to_wait_is_left_alone(one_feed: HTTPServer) -> None:
    one_feed.clear()
    one_feed.expect_request("/feed").respond_with_data("slow down", status=429, headers={"Retry-After": "3600"})
    goosh("watch", BRAND, "--once")
    asked = len(one_feed.log)
    again = goosh("watch", BRAND, "--once")
    assert again.code == 1 and len(one_feed.log) == asked and say("watch.all_failed", "fa") in again.out and "429" in again.out


def test_a_watch_goes_the_ways_that_the_configuration_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("goosh.toml").write_text('[client]\nallow = ["10.0.0.0/8"]\ncontact = "ops@example.ir"\nproxy = "http://10.0.0.1:3128"\n', encoding="utf-8")
    settings, _ = configure(Wishes((BRAND,)), plan(Wishes((BRAND,))))
    assert (settings.client.allow, settings.client.contact) == (("10.0.0.0/8",), "ops@example.ir")
    assert settings.proxy_of(settings.sources[0]) == "http://10.0.0.1:3128"
    told, _ = configure(Wishes((BRAND,), proxy="socks5://127.0.0.1:1"), plan(Wishes((BRAND,))))
    assert told.proxy_of(told.sources[0]) == "socks5://127.0.0.1:1" and told.client.allow == ("10.0.0.0/8",)
    Path("other.toml").write_text('[client]\nallow = ["192.168.0.0/300"]\n', encoding="utf-8")
    said = goosh("watch", BRAND, "--once", "--config", "other.toml")
    assert said.code == 2 and "client.allow[0]: '192.168.0.0/300' is not a network" in said.err
    assert "no such file" in goosh("watch", BRAND, "--once", "--config", "nowhere.toml").err


@pytest.mark.parametrize("feed", ["notaurl", "ftp://example.ir/rss", "https://", "http://[::1"])
def test_a_feed_that_is_no_address_is_refused_in_words(feed: str) -> None:
    said = goosh("watch", BRAND, "--feed", feed, "--once")
    assert said.code == 2 and f"--feed: '{feed}' is no address of a feed; write it like https://example.ir/rss" in said.err


def test_settings_of_another_database_do_not_reach_a_watch(one_feed: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOSH_DATABASE", f"sqlite:///{tmp_path}/other.sqlite")
    goosh("watch", BRAND, "--once")
    assert not (tmp_path / "other.sqlite").exists() and list((tmp_path / "home" / "watch").glob("*.sqlite"))


def test_a_plan_without_any_source_says_so() -> None:
    with pytest.raises(ConfigError, match="no source is left"):
        configure(Wishes((BRAND,)), watch.Plan())


def test_new_mentions_are_told_as_they_come_and_once(one_feed: HTTPServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    settings, _ = configure(Wishes((BRAND,)), plan(Wishes((BRAND,))))
    with listener.app.open_app(settings) as opened:
        turns = iter((False, False, True))

        class Stopping:
            def wait(self, _: float) -> bool:
                for source in opened.pipeline.sources:
                    opened.pipeline.collect(source)
                opened.pipeline.analyse()
                return next(turns)

            def is_set(self) -> bool:
                return False

        monkeypatch.setattr(opened.pipeline, "stopping", Stopping())
        told: set[object] = set()
        watch._tell(opened, settings, told, as_json=False)
    assert capsys.readouterr().out.count("سفارش از دیجی کالا نرسید") == 1 and len(told) == 1
