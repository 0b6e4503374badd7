"""``goosh alerts``: everything the board can do with an alert, from a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from alerts.blindness import Blind
from listener.app import read_settings
from listener.cli import alerts as room
from listener.storage import Evaluation, Store, open_store
from listener.types import Alert, AlertState, Delivery, Message, Reason, Severity
from listener.words import digits
from tests.listener.terminal import goosh

NOW = datetime.now(UTC).replace(microsecond=0)


def an_alert(subject: str = "دیجی‌کالا", *, hours: float = 1, state: AlertState = AlertState.FIRING, **fields: object) -> Alert:
    at = NOW - timedelta(hours=hours)
    return Alert(**{"rule": "spike", "subject": subject, "starts_at": at - timedelta(minutes=10), "fired_at": at, "value": 31.0,  # type: ignore[arg-type]
                    "expected": 2.5, "severity": Severity.P1, "state": state, "updated_at": at, "why": {"window": 3600}, **fields})


@pytest.fixture(autouse=True)
def a_clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("goosh.toml").write_text('language = "en"\n[[brands]]\nname = "دیجی‌کالا"\n[[brands]]\nname = "تپسی"\npeer = true\n'
                                  '[[sources]]\nkind = "rss"\nname = "isna"\nurl = "https://example.ir/rss"\n', encoding="utf-8")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'home' / 'goosh.sqlite'}")
    yield opened
    opened.close()


def fired(store: Store, *alerts: Alert) -> list[str]:
    for alert in sorted(alerts, key=lambda alert: alert.fired_at):  # an evaluation up to an earlier instant would be dropped
        store.save_pass(at=alert.fired_at, alerts=[alert], deliveries=[])
    return [alert.fingerprint for alert in alerts]


def test_nothing_open_is_said_in_words_and_as_an_empty_list() -> None:
    assert goosh("alerts", "list").out == "no open alerts\n"
    assert goosh("alerts", "list", "--all").out == "no alerts\n"
    assert goosh("alerts", "list", "--json").json == []


def test_open_alerts_stand_by_severity_and_closed_ones_only_when_asked_for(store: Store) -> None:
    minor, major, old = fired(store, an_alert("isna", hours=1, severity=Severity.P2, rule="stale_source"), an_alert(hours=2),
                              an_alert("تپسی", hours=200, state=AlertState.RESOLVED, resolved_at=NOW))
    assert [alert["fingerprint"] for alert in goosh("alerts", "list", "--json").json] == [major, minor]
    assert [alert["fingerprint"] for alert in goosh("alerts", "list", "--all", "--json").json] == [major, minor, old]
    assert [alert["fingerprint"] for alert in goosh("alerts", "list", "--all", "--since", "7d", "--json").json] == [major, minor]
    assert [alert["fingerprint"] for alert in goosh("alerts", "list", "--all", "--brand", "تپسی", "--limit", "9", "--json").json][-1] == old
    assert major[:8] in goosh("alerts", "list").out


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_rule_that_is_blind_after_a_gap_is_named_wherever_its_silence_could_be_taken_for_calm(store: Store, language: str) -> None:
    written = Path("goosh.toml").read_text(encoding="utf-8")
    Path("goosh.toml").write_text(written.replace('"en"', f'"{language}"'), encoding="utf-8")
    now = datetime.now(UTC)
    until = now + timedelta(minutes=35)
    gap = Blind("gap", now - timedelta(hours=3), now - timedelta(minutes=5), until)
    (alert,) = fired(store, an_alert())
    store.save_pass([Evaluation("spike", "دیجی‌کالا", {"blind": gap.written()}, now),
                     Evaluation("spike", "تپسی", {"blind": Blind("cold", until=now - timedelta(hours=1)).written()}, now)],
                    alerts=[], deliveries=[], at=now)
    hour = digits(f"{until.astimezone(ZoneInfo('Asia/Tehran')):%H:%M}", language)  # type: ignore[arg-type]
    begun = ("blind for", f"until {hour}") if language == "en" else ("«جهش شکایت»", f"تا {hour}")
    for command in (["alerts", "list"], ["alerts", "show", alert], ["sources"], ["doctor"]):
        shown = " ".join(goosh(*command).out.replace("│", " ").split())
        assert all(part in shown for part in begun) and "تپسی" not in shown, (command, shown)


def test_show_holds_every_figure_for_a_program_and_the_story_for_a_person(store: Store) -> None:
    (alert,) = fired(store, an_alert())
    said = goosh("alerts", "show", alert[:6], "--json").json
    assert (said["fingerprint"], said["severity"], said["value"], said["why"]) == (alert, "P1", 31.0, {"window": 3600})
    assert said["mentions"] == [] and said["missing"] == 0
    assert alert[:8] in goosh("alerts", "show", alert).out


def test_an_alert_is_taken_once(store: Store) -> None:
    (alert,) = fired(store, an_alert())
    said = goosh("alerts", "ack", alert[:4], "--who", "سارا")
    assert said.code == 0 and said.out == f"alert {alert} is now in the hands of سارا\n"
    assert store.alert(alert).acknowledged_by == "سارا"  # type: ignore[union-attr]
    refused = goosh("alerts", "ack", alert, "--who", "رضا")
    assert refused.code == 1 and "'سارا' has taken it already" in refused.err and "Traceback" not in refused.err


def test_resolving_wants_a_reason_and_is_kept_in_the_history(store: Store) -> None:
    (alert,) = fired(store, an_alert())
    assert goosh("alerts", "resolve", alert).code == 2
    assert goosh("alerts", "resolve", alert, "--why", "پول برگشت", "--who", "سارا").code == 0
    assert goosh("alerts", "list", "--json").json == []
    history = goosh("alerts", "show", alert, "--json").json["history"]
    assert any(entry["who"] == "سارا" and "پول برگشت" in entry["what"] for entry in history)


def test_the_history_says_in_the_readers_language_what_was_judged(store: Store) -> None:
    Path("goosh.toml").write_text(Path("goosh.toml").read_text(encoding="utf-8").replace('"en"', '"fa"'), encoding="utf-8")
    (alert,) = fired(store, an_alert())
    assert goosh("alerts", "verdict", alert, "real", "--who", "سارا").code == 0
    shown = " ".join(goosh("alerts", "show", alert).out.split())
    assert "داوری کرد: واقعی بود" in shown and "verdict" not in shown


def test_a_silence_ends_and_carries_a_name_and_a_reason(store: Store) -> None:
    said = goosh("alerts", "silence", "دیجی‌کالا", "--rule", "spike", "--for", "4h", "--why", "campaign", "--who", "Sara")
    assert said.code == 0, said.err
    (silence,) = store.silences(datetime.now(UTC))
    assert (silence.subject, silence.rule, silence.who, silence.why) == ("دیجی‌کالا", "spike", "Sara", "campaign")
    assert timedelta(hours=3, minutes=59) < silence.until - datetime.now(UTC) <= timedelta(hours=4)


@pytest.mark.parametrize(("arguments", "code", "sentence"), [
    (["دیجی", "--for", "1h", "--why", "x"], 2, "unknown brand or source 'دیجی'; known: دیجی‌کالا, تپسی, isna"),
    (["دیجی‌کالا", "--for", "1h", "--why", "x", "--rule", "spikee"], 2, "unknown rule 'spikee'; known: spike, "),
    (["دیجی‌کالا", "--for", "soon", "--why", "x"], 2, "'soon' is not a duration"),
    (["دیجی‌کالا", "--for", "30d", "--why", "x"], 1, "within the next 7 days"),
    (["دیجی‌کالا", "--for", "1h", "--why", "  "], 1, "a reason is needed"),
    (["دیجی‌کالا", "--for", "1h"], 2, "--why"),
])
def test_a_silence_that_cannot_be_says_why(arguments: list[str], code: int, sentence: str, store: Store) -> None:
    said = goosh("alerts", "silence", *arguments)
    assert said.code == code and sentence in said.err
    assert list(store.silences(datetime.now(UTC))) == []


def test_a_silence_is_listed_and_ended_by_name_and_its_signature_stays(store: Store) -> None:
    assert goosh("alerts", "silences").out == "no silences\n"
    goosh("alerts", "silence", "دیجی کالا", "--for", "4h", "--why", "campaign", "--who", "Sara")
    assert "campaign" in goosh("alerts", "silences").out
    assert [(one["subject"], one["who"]) for one in goosh("alerts", "silences", "--json").json] == [("دیجی‌کالا", "Sara")]
    refused = goosh("alerts", "unsilence", "دیجی‌کالا", "--rule", "spike")
    assert refused.code == 1 and "none of rule 'spike'" in refused.err
    said = goosh("alerts", "unsilence", "دیجیکالا", "--who", "Reza", "--json")
    assert said.code == 0 and said.json[0]["who"] == "Sara" and goosh("alerts", "silences", "--json").json == []
    (silence,) = store.silences()
    assert (silence.who, silence.why) == ("Sara", "campaign")
    assert ("Reza", "end silence *") in [(event.who, event.what) for event in store.events(subject="دیجی‌کالا")]


def test_an_alert_that_is_answered_is_in_hand_and_says_how(store: Store) -> None:
    (alert,) = fired(store, an_alert())
    assert goosh("alerts", "handle", alert).code == 2
    said = goosh("alerts", "handle", alert, "--why", "case 4312", "--who", "سارا")
    assert said.code == 0 and said.out == f"alert {alert} is answered\n"
    assert store.alert(alert).state is AlertState.HANDLED  # type: ignore[union-attr]
    assert any("case 4312" in entry["what"] for entry in goosh("alerts", "show", alert, "--json").json["history"])


def test_show_says_who_is_called_next_who_was_not_and_what_is_still_to_be_judged(store: Store) -> None:
    (alert,) = fired(store, an_alert(why={"window": 3600, "seen": 31, "severity": {"harm": 1, "spread": 3, "trust": 2}}))
    told = store.alert(alert)
    assert told is not None
    message = Message("k", "Critical", (), "en", Reason.FIRST, alert=told)
    store.add_deliveries([Delivery("k", "sara", message, NOW), Delivery("k", "boss", message, NOW + timedelta(minutes=20))])
    store.delivery_sent("k", "sara", at=NOW)
    said = goosh("alerts", "show", alert).out
    assert "little harm · from very many people · fair certainty" in said and "called next" in said
    assert said.index("called next") < said.index("boss") and "nobody has said yet" not in said
    assert goosh("alerts", "resolve", alert, "--why", "paid", "--who", "Sara", "--json").json["state"] == "resolved"
    over = goosh("alerts", "show", alert)
    assert f"goosh alerts verdict {alert[:8]}" in over.out
    deliveries = {one["receiver"]: one for one in goosh("alerts", "show", alert, "--json").json["deliveries"] if one["key"] == "k"}
    assert "Nobody has taken it" in said and "Spike of complaints" in said and "first" in said
    assert "closed it: paid" in over.out and "\nCritical" not in over.out and any(line.startswith("Over ·") for line in over.out.splitlines())
    assert deliveries["boss"]["cancelled_at"] and not deliveries["boss"]["sent_at"] and deliveries["sara"]["sent_at"]
    (notice,) = [one for one in goosh("alerts", "show", alert, "--json").json["deliveries"] if one["key"] != "k"]
    assert (notice["receiver"], notice["reason"]) == ("sara", "resolved")


@pytest.mark.parametrize("command", [["ack"], ["handle", "--why", "x"], ["resolve", "--why", "x"]])
def test_every_act_has_an_answer_for_programs(command: list[str], store: Store) -> None:
    (alert,) = fired(store, an_alert())
    said = goosh("alerts", command[0], alert, *command[1:], "--who", "Sara", "--json")
    assert said.code == 0 and said.json["fingerprint"] == alert


def test_a_verdict_is_one_of_four_words(store: Store) -> None:
    (alert,) = fired(store, an_alert(state=AlertState.RESOLVED, resolved_at=NOW))
    assert goosh("alerts", "verdict", alert, "maybe").code == 2
    assert goosh("alerts", "verdict", alert, "not_ours", "--who", "سارا").code == 0
    assert [(v.kind.value, v.who) for v in store.verdicts()] == [("not_ours", "سارا")]


@pytest.mark.parametrize("command", [["show"], ["ack"], ["resolve", "--why", "x"]])
def test_an_alert_that_is_not_there_or_not_one_is_a_sentence(command: list[str], store: Store) -> None:
    fired(store, an_alert())
    for wanted, sentence in (("abc", "at least the first 4 characters"), ("zzzz", "unknown; see \"goosh alerts list --all\"")):
        said = goosh("alerts", command[0], wanted, *command[1:])
        assert said.code == 1 and sentence in said.err and said.out == ""


def two_alike() -> tuple[Alert, Alert]:
    """Return two alerts whose fingerprints begin alike; among some hundred there are such two."""
    seen: dict[str, Alert] = {}
    for minutes in range(1, 10_000):
        alert = an_alert(hours=minutes / 60)
        if other := seen.get(alert.fingerprint[:4]):
            return other, alert
        seen[alert.fingerprint[:4]] = alert
    raise AssertionError("sixteen bits hold no ten thousand different beginnings")


def test_a_beginning_that_fits_several_names_them(store: Store) -> None:
    first, second = fired(store, *two_alike())
    said = goosh("alerts", "show", first[:4])
    assert said.code == 1 and "fits 2 alerts; give more characters" in said.err and first in said.err and second in said.err
    assert goosh("alerts", "show", second, "--json").json["fingerprint"] == second


def test_an_alert_is_silenced_as_on_the_board_by_its_own_brand_and_rule(store: Store) -> None:
    (alert,) = fired(store, an_alert())
    said = goosh("alerts", "silence", "--alert", alert[:6], "--for", "1h", "--why", "we are on it", "--who", "Sara")
    assert said.code == 0 and "(rule Spike of complaints only)" in said.out
    (made,) = store.silences()
    assert (made.subject, made.rule, made.who) == ("دیجی‌کالا", "spike", "Sara")


@pytest.mark.parametrize(("arguments", "sentence"), [
    ([], "name either a brand or a source, or an alert with --alert"),
    (["دیجی‌کالا", "--alert", "3fa1"], "name either a brand or a source, or an alert with --alert"),
    (["--alert", "3fa1", "--rule", "spike"], "an alert has its own rule")])
def test_a_silence_is_about_one_thing(arguments: list[str], sentence: str, store: Store) -> None:
    said = goosh("alerts", "silence", *arguments, "--for", "1h", "--why", "x")
    assert said.code == 2 and sentence in said.err and store.silences() == []


def test_the_receivers_are_listed_with_what_keeps_messages_from_them(store: Store) -> None:
    name = goosh("alerts", "receivers", "--json").json[0]["name"]
    store.add_deliveries([Delivery("k", name, Message("k", "t", (), "en", Reason.FIRST), NOW)])
    store.disable_receiver(name, "HTTP 403", NOW)
    (found,) = [one for one in goosh("alerts", "receivers", "--json").json if one["name"] == name]
    assert (found["waiting"], found["error"], found["disabled_at"]) == (1, "HTTP 403", NOW.isoformat())
    table = goosh("alerts", "receivers").out
    assert "disabled since" in table and "HTTP 403" in table
    store.enable_receiver(name, at=NOW)
    store.receiver_refused(name, at=NOW)
    assert "refuses; still tried" in goosh("alerts", "receivers").out


def test_the_verdict_that_demotes_a_rule_is_told_to_who_gave_it(store: Store) -> None:
    alerts = fired(store, *(an_alert(hours=number, state=AlertState.RESOLVED, resolved_at=NOW) for number in range(1, 21)))
    said = [goosh("alerts", "verdict", alert, "not_ours", "--who", "Sara", "--json").json for alert in alerts[:19]]
    assert all(one["demoted"] is None and one["rule"] == "spike" for one in said)
    last = goosh("alerts", "verdict", alerts[19], "not_ours", "--who", "Sara")
    assert "With this verdict 0 of the last 20 alerts of rule spike were real" in last.out
    assert goosh("alerts", "verdict", alerts[19], "not_ours", "--json").json["demoted"] is None  # it is demoted already


# ---------------------------------------------------------------------------------------------------- test

def test_a_test_message_reaches_the_receiver_and_enables_it_again(httpserver: HTTPServer, store: Store) -> None:
    got: list[bytes] = []

    def take(request: Request) -> Response:
        got.append(request.get_data())
        return Response("ok")

    httpserver.expect_request("/hook", method="POST").respond_with_handler(take)
    with Path("goosh.toml").open("a", encoding="utf-8") as file:
        file.write(f'[[receivers]]\nkind = "webhook"\nname = "ops"\nurl = "{httpserver.url_for("/hook")}"\n')
    store.disable_receiver("ops", "channel_not_found", NOW)
    said = goosh("alerts", "test", "ops")
    assert said.code == 0, said.err
    assert said.out == "a test message went to ops\n"
    assert len(got) == 1 and b"TEST" in got[0]
    httpserver.check()


def test_the_date_of_a_test_message_is_in_the_receivers_language() -> None:
    Path("goosh.toml").write_text(Path("goosh.toml").read_text(encoding="utf-8").replace('"en"', '"fa"'), encoding="utf-8")
    (english,), (persian,) = (room.trial(read_settings(None), language).lines for language in ("en", "fa"))
    assert " 20" in english and not any("آ" <= letter <= "ی" for letter in english) and "ساعت" in persian


def test_a_receiver_that_refuses_is_one_line_and_stays_disabled(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    httpserver.expect_request("/hook").respond_with_data("no", status=410)
    with Path("goosh.toml").open("a", encoding="utf-8") as file:
        file.write('[[receivers]]\nkind = "webhook"\nname = "ops"\nurl_env = "OPS_URL"\n')
    monkeypatch.setenv("OPS_URL", httpserver.url_for("/hook") + "?token=geheim")
    said = goosh("alerts", "test", "ops")
    assert said.code == 1 and said.out == ""
    (line,) = [line for line in said.err.splitlines() if line.startswith("goosh: ")]  # the test's own server logs too
    assert "ops" in line and "410" in line and "geheim" not in line


def test_an_undefined_receiver_names_the_defined_ones() -> None:
    said = goosh("alerts", "test", "opps")
    assert said.code == 2 and "undefined receiver 'opps'; defined: console" in said.err


def test_show_says_that_nobody_was_told_and_by_whom_it_was_covered(store: Store) -> None:
    harm, = fired(store, an_alert(rule="harm", hours=2))
    voice, = fired(store, an_alert(rule="big_voice", hours=1, why={"inhibited_by": harm, "followers": 5000}))
    assert "Nobody was told" in (said := goosh("alerts", "show", voice).out) and f"#{harm[:8]}" in said
    assert "It speaks for these" in (said := goosh("alerts", "show", harm).out) and f"#{voice[:8]}" in said
    assert goosh("alerts", "show", voice, "--json").json["covered_by"] == harm


def test_the_list_hides_no_open_alert_without_saying_so(store: Store) -> None:
    promise = an_alert("تپسی", hours=300, severity=Severity.P1, rule="broken_promise")  # the oldest: the first that a cut by age takes
    fired(store, *(an_alert(rule=f"spike/{n}", hours=1 + n / 100) for n in range(104)), promise)
    shown = goosh("alerts", "list")
    assert promise.fingerprint[:8] in shown.out and "… and 5 more that are open (goosh alerts list --limit 0)" in shown.out
    everything = goosh("alerts", "list", "--limit", "0")
    assert "more that are open" not in everything.out and len(goosh("alerts", "list", "--json").json) == 105
    assert "and 102 more" in goosh("alerts", "list", "--limit", "3", "--json").err
    assert store.open_alerts() == 105


def test_what_somebody_has_to_take_stands_before_what_somebody_has(store: Store) -> None:
    mine, waits = fired(store, an_alert(hours=9, state=AlertState.ACKNOWLEDGED, acknowledged_by="سارا"), an_alert(hours=2, rule="spike/b"))
    assert [one["fingerprint"] for one in goosh("alerts", "list", "--json").json] == [waits, mine]


def test_alerts_that_another_one_speaks_for_are_a_count_in_its_line(store: Store) -> None:
    leader = an_alert(hours=3)
    voices = [an_alert(rule="big_voice", story=f"m:{n}", hours=2, why={"inhibited_by": leader.fingerprint}) for n in range(43)]
    below = an_alert(rule="stale_source", hours=1, why={"inhibited_by": voices[0].fingerprint})
    fired(store, leader, *voices, below)
    shown = " ".join(goosh("alerts", "list").out.split())
    assert "+ 43 " in shown and voices[0].fingerprint[:8] not in shown and below.fingerprint[:8] not in shown and "--all shows each" in shown
    assert voices[7].fingerprint[:8] in goosh("alerts", "list", "--all").out
    assert len(goosh("alerts", "list", "--json").json) == 45


def test_alerts_that_hold_each_other_are_both_shown(store: Store) -> None:
    one = an_alert(hours=3)
    other = an_alert(rule="spike/b", hours=2, why={"inhibited_by": one.fingerprint})
    fired(store, replace(one, why={"inhibited_by": other.fingerprint}), other)
    shown = goosh("alerts", "list").out
    assert one.fingerprint[:8] in shown and other.fingerprint[:8] in shown


def with_people() -> None:
    path = Path("goosh.toml")
    path.write_text(path.read_text(encoding="utf-8") + '[[people]]\nname = "سارا"\n[[people]]\nname = "رضا"\nrole = "lead"\n', encoding="utf-8")


def test_where_people_are_configured_one_of_them_acts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with_people()
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    (alert,) = fired(store, an_alert())
    for command in (["ack", alert], ["ack", alert, "--who", "کسی"], ["resolve", alert, "--why", "x"], ["verdict", alert, "real"]):
        refused = goosh("alerts", *command)
        assert refused.code == 2 and "سارا, رضا" in refused.err, command
    assert store.alert(alert).acknowledged_by is None  # type: ignore[union-attr]
    monkeypatch.setattr("getpass.getuser", lambda: "سارا")
    assert goosh("alerts", "ack", alert).code == 0


def test_a_lead_takes_an_alert_out_of_somebodys_hands_and_the_history_names_both(store: Store) -> None:
    with_people()
    (alert,) = fired(store, an_alert())
    assert goosh("alerts", "ack", alert, "--who", "سارا").code == 0
    assert "take it over with --over" in goosh("alerts", "ack", alert, "--who", "رضا").err
    assert goosh("alerts", "ack", alert, "--who", "رضا", "--over").code == 0
    taken = store.alert(alert)
    assert taken is not None and taken.acknowledged_by == "رضا"
    assert "took it over: سارا" in goosh("alerts", "show", alert).out


def test_why_a_message_was_not_needed_any_more_is_no_error(store: Store) -> None:
    Path("goosh.toml").write_text(Path("goosh.toml").read_text(encoding="utf-8").replace('"en"', '"fa"'), encoding="utf-8")
    alert = an_alert()
    message = Message(key="k1", title="t", lines=("l",), language="fa", reason=Reason.FIRST, alert=alert)
    store.save_pass(at=alert.fired_at, alerts=[alert], deliveries=[Delivery("k1", "ops", message, NOW + timedelta(hours=1))])
    assert goosh("alerts", "ack", alert.fingerprint, "--who", "سارا").code == 0
    shown = goosh("alerts", "show", alert.fingerprint).out
    assert "before its time came" not in shown and "سارا به عهده گرفت" in " ".join(shown.split())
