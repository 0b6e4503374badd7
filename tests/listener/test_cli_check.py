"""``goosh check``: what the configuration says, what is wrong with it, and whom it calls."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from alerts.notifiers import NOTIFIERS
from config.settings import packaged_text
from listener.app import read_settings
from listener.cli import office
from listener.collectors import COLLECTORS
from listener.errors import ConfigError
from listener.words import say
from tests.config.plugins import RULES
from tests.listener.terminal import goosh

BRAND = '[[brands]]\nname = "دیجی‌کالا"\n'
FEED = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>خبر</title>
<item><guid>1</guid><title>سفارش از دیجی کالا نرسید</title><link>https://example.ir/1</link><pubDate>Fri, 20 Nov 2026 08:30:00 GMT</pubDate></item>
<item><guid>2</guid><title>هوا خوب است</title><link>https://example.ir/2</link><pubDate>Fri, 20 Nov 2026 07:30:00 GMT</pubDate></item>
</channel></rss>"""


@pytest.fixture(autouse=True)
def a_clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_lists_what_it_understood() -> None:
    Path("goosh.toml").write_text(BRAND + 'queries = ["کالا AND دیجی"]\n[[sources]]\nkind = "rss"\nname = "isna"\nurl = "https://example.ir/rss"\n'
                                  'interval = "1h30m"\n', encoding="utf-8")
    said = goosh("check", "--json").json
    assert said["ok"] is True and said["problems"] == []
    assert said["brands"] == [{"name": "دیجی‌کالا", "peer": False, "aliases": [], "queries": ["کالا AND دیجی"]}]
    assert said["sources"] == [{"name": "isna", "kind": "rss", "interval_seconds": 5400.0, "paused": False}]
    assert [rule["kind"] for rule in said["rules"]] == list(RULES)
    assert said["receivers"] == [{"name": "console", "kind": "console", "min_severity": "P2"}]
    table = goosh("check").out
    assert "دیجی‌کالا" in table and "۹۰ دقیقه" in table and "ایرادی نیست" in table


def test_check_tells_every_mistake_and_leaves_with_2() -> None:
    Path("goosh.toml").write_text(BRAND + 'queries = ["a AND (b"]\n[[sources]]\nkind = "twiter"\nname = "x"\n', encoding="utf-8")
    said = goosh("check")
    assert said.code == 2 and said.out == ""
    assert len(said.err.splitlines()) == 2
    assert "goosh: goosh.toml: brands[0].queries[0]: column 7" in said.err
    assert "goosh: goosh.toml: sources[0] (name 'x').kind: unknown collector 'twiter'; known: aparat, appstore, " in said.err
    asked = goosh("check", "--json")
    assert asked.code == 2
    assert [problem["path"] for problem in asked.json["problems"]] == ["brands[0].queries[0]", "sources[0].kind"]


def test_check_warns_of_missing_secrets_and_run_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("goosh.toml").write_text(BRAND + '[[receivers]]\nkind = "webhook"\nname = "ops"\nurl_env = "OPS_URL"\n', encoding="utf-8")
    monkeypatch.delenv("OPS_URL", raising=False)
    said = goosh("check")
    assert said.code == 2 and "receivers[0] (name 'ops').url_env: environment variable 'OPS_URL' is not set" in said.err
    assert goosh("check", "--json").json["missing_secrets"] == [{"path": "receivers[0].url_env", "variable": "OPS_URL"}]
    for command in ("once", "run"):
        refused = goosh(command)
        assert refused.code == 2 and "environment variable 'OPS_URL' is not set; set it and start again" in refused.err


def test_the_example_is_right_for_the_kinds_that_exist(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text(packaged_text("example.toml"), encoding="utf-8")
    said = goosh("check", "--config", str(path), "--json")
    assert said.code == 0, said.err
    assert said.json["missing_secrets"] == []


def test_the_example_is_right_with_its_comments_taken_away(tmp_path: Path) -> None:
    lines = packaged_text("example.toml").splitlines()
    path = tmp_path / "example.toml"
    path.write_text("\n".join(line.removeprefix("# ") if re.match(r"# (?:\[|[a-z_]+ = )", line) else line
                              for line in lines[lines.index("[[brands]]"):]), encoding="utf-8")
    said = goosh("check", "--config", str(path), "--json")
    assert said.code == 2 and said.json["missing_secrets"], said.out
    assert {re.sub(r".*\.", "", problem["path"]) for problem in said.json["problems"]} >= {"accept_terms", "personal_use", "path"}
    assert {source["kind"] for source in said.json["sources"]} == set(COLLECTORS.kinds)
    assert {receiver["kind"] for receiver in said.json["receivers"]} == set(NOTIFIERS.kinds)


NEVER = """
[[sources]]
kind = "googleplay"
name = "play"
apps = ["com.digikala"]
[[sources]]
kind = "rss"
name = "news"
preset = "google_news"
query = "x"
[[sources]]
kind = "inbox"
name = "calls"
token_env = "CALLS"
[[sources]]
kind = "inbox"
name = "survey"
token_env = "SURVEY"
[[sources]]
kind = "inbox"
name = "short"
token_env = "SHORT"
[[sources]]
kind = "csv"
name = "rows"
path = "/nowhere/rows.csv"
[[sources]]
kind = "rss"
name = "isna"
url = "https://example.ir/rss"
[[sources]]
kind = "csv"
name = "resting"
path = "/nowhere/else.csv"
paused = true
"""


def test_check_finds_without_the_network_what_can_never_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"CALLS": "one long random text", "SURVEY": "one long random text", "SHORT": "short"}.items():
        monkeypatch.setenv(name, value)
    Path("goosh.toml").write_text(BRAND + NEVER, encoding="utf-8")
    said = goosh("check")
    assert said.code == 2
    for sentence in ("sources[0] (name 'play').accept_terms: Google's terms forbid", "sources[1] (name 'news').personal_use: the terms of Google News",
                     "sources[3] (name 'survey').token_env: inbox 'survey' has the same token as inbox 'calls'",
                     "sources[4] (name 'short').token_env: the token in 'SHORT' has fewer than 16 characters",
                     "sources[5] (name 'rows').path: /nowhere/rows.csv: no such file"):
        assert f"goosh: goosh.toml: {sentence}" in said.err, said.err
    assert len(said.err.splitlines()) == 5 and say("cli.check.never", "fa", count=5) in said.out
    asked = goosh("check", "--json")
    assert asked.code == 2 and asked.json["ok"] is False and asked.json["problems"][0]["path"] == "sources[0].accept_terms"
    assert "one long random text" not in said.err + said.out


def test_an_inbox_without_a_server_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLS", "one long random text")
    Path("goosh.toml").write_text(BRAND + '[[sources]]\nkind = "inbox"\nname = "calls"\ntoken_env = "CALLS"\n[web]\nenabled = false\n', encoding="utf-8")
    assert "sources[0] (name 'calls'): nothing can be pushed to an inbox while the web server is off" in goosh("check").err


def live_config(server: HTTPServer, *paths: str) -> None:
    sources = "".join(f'[[sources]]\nkind = "rss"\nname = "{path.strip("/")}"\nurl = "{server.url_for(path)}"\n' for path in paths)
    Path("goosh.toml").write_text(f'{BRAND}{sources}[client]\nallow = ["127.0.0.0/8"]\n', encoding="utf-8")


def test_check_live_reads_each_source_once_and_stores_nothing(httpserver: HTTPServer, tmp_path: Path) -> None:
    httpserver.expect_request("/feed").respond_with_data(FEED, content_type="application/rss+xml")
    live_config(httpserver, "/feed")
    said = goosh("check", "--live", "--json")
    assert said.code == 0, said.err
    (trial,) = said.json["live"]
    assert (trial["source"], trial["ok"], trial["mentions"], trial["matched"]) == ("feed", True, 2, 1)
    assert trial["newest_at"] == "2026-11-20T08:30:00+00:00"
    assert not (tmp_path / "home").exists()
    assert len(httpserver.log) == 1


def test_check_live_names_the_source_that_fails_and_leaves_with_1(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/good").respond_with_data(FEED, content_type="application/rss+xml")
    httpserver.expect_request("/login").respond_with_data("<html><title>Sign in</title><input type=password></html>", content_type="text/html")
    live_config(httpserver, "/good", "/login", "/gone")
    said = goosh("check", "--live", "--json")
    assert said.code == 1 and said.json["ok"] is False
    results = {trial["source"]: (trial["ok"], trial["note"]) for trial in said.json["live"]}
    assert list(results) == ["good", "login", "gone"]
    assert results["good"][0] and not results["login"][0] and not results["gone"][0]
    assert "login" in (results["login"][1] or "")
    assert "۲ منبع خوانده نشد" in goosh("check", "--live").out


def test_check_live_does_not_try_a_source_without_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEED_URL", raising=False)
    Path("goosh.toml").write_text(BRAND + '[[sources]]\nkind = "rss"\nname = "private"\nurl_env = "FEED_URL"\n', encoding="utf-8")
    said = goosh("check", "--live", "--json")
    assert said.code == 2 and said.json["ok"] is False
    assert said.json["live"][0]["note"] == "its secret is not set"


def test_the_check_of_a_file_that_is_no_toml_names_line_and_column() -> None:
    Path("goosh.toml").write_text(BRAND + "language = fa\n", encoding="utf-8")
    said = goosh("check")
    assert said.code == 2 and "goosh: goosh.toml: line 3, column 12: not valid TOML" in said.err
    with pytest.raises(ConfigError):
        read_settings(None)


@pytest.mark.parametrize(("chat", "code"), [(42, 0), (666, 1)])
def test_check_live_knocks_at_receivers_without_a_message(chat: int, code: int, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.path.rpartition("/")[2])
        if asked[-1] == "getChat" and request.get_json()["chat_id"] != 42:
            return Response('{"ok": false, "error_code": 400, "description": "Bad Request: chat not found"}', 400)
        return Response('{"ok": true, "result": {}}')

    httpserver.expect_request(re.compile("/bot.*")).respond_with_handler(answer)
    monkeypatch.setenv("BOT", "123:geheim")
    Path("goosh.toml").write_text(f'language = "en"\n{BRAND}[[receivers]]\nkind = "telegram"\nname = "desk"\ntoken_env = "BOT"\nchat = {chat}\n'
                                  f'base_url = "{httpserver.url_for("").rstrip("/")}"\n', encoding="utf-8")
    said = goosh("check", "--live")
    assert said.code == code, said.err
    assert set(asked) == {"getMe", "getChat"} and ("chat not found" in said.out) is bool(code) and "geheim" not in said.out + said.err
    assert ("could not be reached: 1" in said.out) is bool(code)
    told = {one["receiver"]: one["ok"] for one in goosh("check", "--live", "--json").json["reached"]}
    assert told["desk"] is (code == 0) and told.get("console", None) is None


PEOPLE = """
language = "en"
[[brands]]
name = "x"
[[receivers]]
kind = "console"
name = "team"
[[receivers]]
kind = "console"
name = "sara"
[[receivers]]
kind = "console"
name = "ali"
[[people]]
name = "Sara"
receivers = ["sara"]
[[people]]
name = "Ali"
receivers = ["ali"]
[[people]]
name = "Boss"
role = "lead"
[[rota]]
person = "Sara"
start = "08:00"
end = "20:00"
"""


@pytest.mark.parametrize(("hour", "now", "later"), [
    (12, ["Sara"], "Sunday 22 November 2026, 20:00"), (21, [], "Monday 23 November 2026, 08:00")], ids=["by day", "in a hole of the plan"])
def test_check_says_who_is_on_duty_and_what_the_plan_lacks(hour: int, now: list[str], later: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listener.app.system_clock", lambda: datetime(2026, 11, 22, hour, tzinfo=ZoneInfo("Asia/Tehran")))
    Path("goosh.toml").write_text(PEOPLE, encoding="utf-8")
    said = goosh("check", "--json")
    found = said.json["paging"]
    assert said.code == 0 and (found["on_duty"], found["first"], found["leads"], found["team"]) == (now, "Sara", ["Boss"], ["team"])
    assert (found["without_receiver"], found["never_called"], found["unused"]) == (["Boss"], ["Ali"], ["ali"])
    assert found["holidays"][0] == {"day": "2026-12-23", "name": "Birth of Imam Ali"} and found["hours"]["day"] == ["07:00", "23:00"]
    table = goosh("check").out
    assert later in table and "severe and minor only 07:00 to 23:00" in table and "Birth of Imam Ali" in table
    assert "receivers that nobody uses" in table and "the plan of who is called has holes" in table
    Path("goosh.toml").write_text(PEOPLE.replace('"en"', '"fa"'), encoding="utf-8")
    assert "کشیک اکنون" in goosh("check").out


def test_check_of_a_house_without_people_names_the_receivers_that_are_told() -> None:
    Path("goosh.toml").write_text('language = "en"\n' + BRAND, encoding="utf-8")
    said = goosh("check")
    assert said.code == 0 and "always and at once" in said.out and "⚠" not in said.out and "nothing is wrong" in said.out


def test_check_warns_of_a_span_of_the_day_that_is_only_the_night() -> None:
    Path("goosh.toml").write_text('language = "en"\n' + BRAND + '[paging]\nday = ["23:00", "07:00"]\n', encoding="utf-8")
    assert "[paging] day from 23:00 to 07:00 is by night only; exchange the two times" in goosh("check").out


HOURS = """
timezone = "Asia/Tehran"
[hours]
open = ["09:00-13:00", "14:00-17:00"]
thursday = ["09:00-13:00"]
[[hours.seasons]]
name = "رمضان"
first = "2027-02-09"
last = "2027-03-09"
open = ["10:00-14:30"]
"""


def test_working_hours_are_told_as_they_are_understood_with_the_next_holiday(tmp_path: Path) -> None:
    path = tmp_path / "hours.toml"
    path.write_text(BRAND + HOURS, encoding="utf-8")
    settings, friday = read_settings(path), datetime(2026, 12, 4, 12, tzinfo=ZoneInfo("Asia/Tehran"))
    told = office.lines(settings, friday, "en")
    assert told[0].endswith("Saturday–Wednesday 09:00–13:00, 14:00–17:00 · Thursday 09:00–13:00 · Friday closed")
    assert "رمضان" in told[1] and "Saturday–Wednesday 10:00–14:30 · Thursday 09:00–13:00" in told[1]
    assert "no working time now" in told[2] and "Saturday 5 December" in told[2] and told[3].startswith("next holiday on a working day: ")
    assert "شنبه تا چهارشنبه ۰۹:۰۰–۱۳:۰۰، ۱۴:۰۰–۱۷:۰۰ · پنجشنبه ۰۹:۰۰–۱۳:۰۰ · جمعه بسته" in office.lines(settings, friday, "fa")[0]
    plain = office.as_json(settings, friday)
    assert plain["week"]["friday"] == [] and plain["week"]["thursday"] == ["09:00–13:00"] and plain["open_now"] is False and plain["next_holiday"]["day"] > "2026-12-04"


def test_check_shows_working_hours() -> None:
    Path("goosh.toml").write_text(BRAND + HOURS, encoding="utf-8")
    assert "ساعت کاری (مهلت پرونده‌ها)" in goosh("check").out and goosh("check", "--json").json["hours"]["week"]["friday"] == []


@pytest.mark.parametrize(("address", "allow", "heard"), [
    ("http://127.0.0.1:8000/ping", "", False), ("http://localhost/ping", "", False), ("https://10.0.0.7/ping", "", False), ("http://[::1]/p", "", False),
    ("http://kuma/p", "", False), ("https://10.0.0.7/ping", '"10.0.0.0/8"', True), ("http://kuma/p", '"10.0.0.0/8"', True),
    ("https://hc-ping.com/secret", "", True)])
def test_a_heartbeat_that_can_never_be_asked_is_said_before_it_is_needed(address: str, allow: str, heard: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("goosh.toml").write_text(BRAND + f'[heartbeat]\nurl_env = "BEAT"\n[client]\nallow = [{allow}]\n', encoding="utf-8")
    monkeypatch.setenv("BEAT", address)
    said, looked = goosh("check"), goosh("doctor", "--json").json["findings"]
    assert ("heartbeat.url_env" in said.err) is not heard and (said.code == 0) is heard and "secret" not in said.err
    assert ("never asked" in next(one["found"] for one in looked if one["what"] == "heartbeat")) is not heard
