"""Who may come in and what they may do: sessions, tries, roles, and the door before Streamlit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from config.passwords import hash_password
from config.settings import Settings
from dashboard import access, asgi, reads, session, sign_in
from listener.words import say
from tests.dashboard.house import BRAND, CONFIG, House, settings_for
from tests.dashboard.test_views import text, visit

SARA, TEAM = "جملهٔ بلند سارا", "جملهٔ بلند گروه"
LOGIN = '''
[board]
auth = "password"
password_env = "GOOSH_TEST_TEAM"
session = "1h"
[[people]]
name = "سارا"
board = "admin"
password_env = "GOOSH_TEST_SARA"
email = "sara@example.ir"
[[people]]
name = "علی"
board = "viewer"
'''


class Clock:
    at = datetime(2026, 11, 22, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


def without_people(text: str) -> str:
    return "".join(f"[[{part}" for part in text.split("[[") if not part.startswith(("people]]", "rota]]")))[2:]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("GOOSH_TEST_SARA", hash_password(SARA))
    monkeypatch.setenv("GOOSH_TEST_TEAM", hash_password(TEAM))
    return settings_for(tmp_path / "x.sqlite", without_people(CONFIG) + LOGIN)


# -- passwords and sessions

def test_each_persons_own_password_stands_for_the_teams(settings: Settings) -> None:
    assert access.try_password(settings, "سارا", SARA) == "سارا" and access.try_password(settings, "علي", TEAM) == "علی"  # an Arabic yeh is a yeh
    assert access.try_password(settings, "سارا", TEAM) is None  # the team's does not open an admin's name
    assert access.try_password(settings, "کسی", TEAM) is None and access.try_password(settings, "", TEAM) is None


def test_a_variable_that_is_unset_opens_nothing(settings: Settings) -> None:
    assert access.try_password(settings, "سارا", SARA, {}) is None and access.try_password(settings, "سارا", "", {}) is None


def test_a_session_ends_by_time_and_by_leaving() -> None:
    clock = Clock()
    kept = access.Sessions(clock)
    first, second = kept.begin("سارا", timedelta(hours=1)), kept.begin("علی", timedelta(hours=2))
    assert (kept.who(first), kept.who(second), kept.who(None), kept.who("x")) == ("سارا", "علی", None, None)
    kept.end(second)
    clock.at += timedelta(minutes=61)
    assert kept.who(first) is None and kept.who(second) is None


def test_tokens_are_not_kept_where_they_could_be_read() -> None:
    kept = access.Sessions(Clock())
    assert kept.begin("سارا", timedelta(hours=1)) not in repr(vars(kept))


def test_who_guesses_must_wait_ever_longer_and_a_right_password_forgets() -> None:
    clock = Clock()
    tries = access.Tries(clock)
    for _ in range(access.FREE_TRIES - 1):
        tries.wrong(["name a", "address b"])
    assert tries.wait(["name a"]) == timedelta(0)
    tries.wrong(["name a", "address b"])
    assert tries.wait(["address b", "name other"]) == timedelta(seconds=30)
    clock.at += timedelta(seconds=31)
    for _ in range(20):
        tries.wrong(["name a"])
    assert tries.wait(["name a"]) == access.LONGEST_WAIT and tries.wait(["name c"]) == timedelta(0)
    tries.right(["name a"])
    assert tries.wait(["name a"]) == timedelta(0)


# -- roles and the identity provider

@pytest.mark.parametrize(("role", "may"), [("viewer", [True, False, False]), ("on_call", [True, True, False]), ("admin", [True, True, True])])
def test_each_role_may_do_what_those_before_it_may(role: access.Role, may: list[bool]) -> None:
    assert [access.Visitor("x", role).may(one) for one in access.ROLES] == may


def test_an_address_of_the_provider_is_a_person_or_one_of_the_others(settings: Settings) -> None:
    at = Clock.at
    assert access.known(settings, {"email": "SARA@example.ir", "iat": at.timestamp()}, at) == access.Visitor("سارا", "admin", True)
    assert access.known(settings, {"email": "new@example.ir"}, at) == access.Visitor("new@example.ir", "viewer", True)
    shut = settings.model_copy(update={"board": settings.board.model_copy(update={"others": "none"})})
    assert access.known(shut, {"email": "new@example.ir"}, at) is None


@pytest.mark.parametrize("claims", [{}, {"email": ""}, {"email": "sara@example.ir", "email_verified": False}, {"email": ["sara@example.ir"]},
                                    {"email": "sara@example.ir", "iat": Clock.at.timestamp() - 3_601}])
def test_a_claim_that_proves_nothing_lets_nobody_in(settings: Settings, claims: dict[str, object]) -> None:
    assert access.known(settings, claims, Clock.at) is None


def test_the_provider_is_told_by_the_environment_and_only_where_it_is_asked_for(tmp_path: Path, settings: Settings) -> None:
    text = CONFIG + ('\n[board]\nauth = "oidc"\nurl = "https://board.example.ir/"\n[board.oidc]\nmetadata_url = "https://id.example.ir/x"\n'
                     'client_id = "goosh"\nclient_secret_env = "GOOSH_TEST_OIDC"\n')
    asked = settings_for(tmp_path / "y.sqlite", text)
    made = asgi.provider(asked, {"GOOSH_TEST_OIDC": "s3cret"})["auth"]
    assert made["redirect_uri"] == "https://board.example.ir/oauth2callback" and made["client_secret"] == "s3cret" and len(made["cookie_secret"]) > 30
    assert asgi.provider(settings, {}) == {} and asgi.provider(None, {}) == {}
    assert "s3cret" not in asked.model_dump_json()


# -- the door

@pytest.fixture
def door(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(access, "sessions", access.Sessions())
    monkeypatch.setattr(access, "tries", access.Tries())
    came: list[str] = []

    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse("the board")

    async def socket(one: WebSocket) -> None:
        await one.accept()
        await one.send_text("open")
        await one.close()

    paths = ("/", "/alerts", "/app/static/x.woff2", "/_stcore/health")
    app = Starlette(routes=[*sign_in.routes(lambda: settings, came.append), *(Route(path, page) for path in paths), WebSocketRoute("/_stcore/stream", socket)],
                    middleware=[Middleware(sign_in.Gate, settings=lambda: settings)])
    with TestClient(app, follow_redirects=False, headers={"accept": "text/html"}) as client:
        client.came = came  # type: ignore[attr-defined]
        yield client


def enter(door: TestClient, name: str = "سارا", password: str = SARA, **more: str) -> int:
    return door.post("/sign-in?next=/alerts%3Falert%3D1", data={"name": name, "password": password}, **more).status_code  # type: ignore[arg-type]


def test_nobody_passes_the_door_without_a_session(door: TestClient) -> None:
    away = door.get("/alerts?alert=1")
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=/alerts%3Falert%3D1")
    assert door.get("/", headers={"accept": "*/*"}).status_code == 401 and door.post("/alerts").status_code == 401
    with pytest.raises(WebSocketDisconnect), door.websocket_connect("/_stcore/stream"):
        pass
    assert [door.get(path).status_code for path in ("/app/static/x.woff2", "/_stcore/health", "/sign-in")] == [200] * 3


def test_the_right_password_opens_the_board_where_the_link_pointed(door: TestClient) -> None:
    answer = door.post("/sign-in?next=/alerts%3Falert%3D1", data={"name": "سارا", "password": SARA})
    assert (answer.status_code, answer.headers["location"]) == (303, "/alerts?alert=1")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "max-age=3600" in cookie
    assert door.get("/alerts").text == "the board" and door.came == ["سارا"]  # type: ignore[attr-defined]
    with door.websocket_connect("/_stcore/stream") as one:
        assert one.receive_text() == "open"
    door.get("/sign-out")
    assert door.get("/alerts").status_code == 303


def test_over_https_the_cookie_is_bound_to_the_host(door: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.board.__dict__, "url", "https://board.example.ir")
    cookie = door.post("/sign-in", data={"name": "سارا", "password": SARA}).headers["set-cookie"]
    assert cookie.startswith("__Host-goosh_session=") and "Secure" in cookie and "Path=/" in cookie


def test_a_wrong_password_says_so_without_saying_which_part_was_wrong(door: TestClient) -> None:
    one, two = (door.post("/sign-in", data={"name": name, "password": "x" * 12}) for name in ("سارا", "nobody"))
    assert one.status_code == two.status_code == 401 and "نام یا گذرواژه درست نیست" in one.text and "x" * 12 not in one.text
    assert door.get("/alerts").status_code == 303


def test_guessing_is_slowed_down_and_the_right_password_then_waits_too(door: TestClient) -> None:
    assert [enter(door, password="wrong wrong") for _ in range(5)] == [401] * 5
    assert enter(door) == 429


def test_a_form_from_another_site_is_refused(door: TestClient) -> None:
    assert door.post("/sign-in", data={"name": "سارا", "password": SARA}, headers={"origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/sign-out", "/x\r\nSet-Cookie: a=b"])
def test_the_way_after_signing_in_never_leads_elsewhere(door: TestClient, wanted: str) -> None:
    answer = door.post("/sign-in", params={"next": wanted}, data={"name": "سارا", "password": SARA})
    assert answer.headers["location"] == "/"


def test_the_page_is_in_both_languages_and_holds_nothing_of_a_stranger(door: TestClient) -> None:
    fa, en = door.get("/sign-in"), door.get("/sign-in?lang=en")
    assert 'dir="rtl"' in fa.text and "گذرواژه" in fa.text and 'dir="ltr"' in en.text and "Password" in en.text
    assert "<script" not in fa.text and "default-src 'none'" in fa.headers["content-security-policy"] and "http" not in fa.text
    told = door.post('/sign-in?next=/"><script>', data={"name": '"><script>alert(1)</script>', "password": "x"})
    assert "<script" not in told.text


def test_a_variable_without_a_hash_is_told_in_the_log_and_not_on_the_page(door: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("GOOSH_TEST_SARA", "plain words")
    assert enter(door) == 500 and "goosh password" in caplog.text and "plain words" not in caplog.text


# -- the pages behind it

def test_a_page_shows_nothing_without_a_session_and_all_of_it_with_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOSH_SETTINGS", settings.model_dump_json())
    reads._service.clear()
    tokens: list[str | None] = [None]
    monkeypatch.setattr(session, "_cookie", lambda name: tokens[0])
    board = visit("mentions", lang="en")
    assert '/sign-in"' in text(board) and not board.button and not board.selectbox
    tokens[0] = access.sessions.begin("سارا", timedelta(hours=1))
    board = visit("mentions", lang="en")
    assert "No mentions" in text(board) and any("سارا" in one.value and "admin" in one.value for one in board.caption)
    reads._service.clear()


@pytest.mark.parametrize(("role", "may"), [("viewer", False), ("on_call", True), ("admin", True)])
def test_a_role_decides_what_can_be_done_and_the_login_under_which_name(rich: House, monkeypatch: pytest.MonkeyPatch, role: access.Role, may: bool) -> None:
    here = [access.Visitor("سارا", role, True)]
    monkeypatch.setattr(session, "visitor", lambda: here[0])
    alert = rich.service.alerts(brand=BRAND)[0]
    board = visit("open_alerts", who="somebody else", alert=alert.fingerprint)
    assert board.button(key="take").disabled is not may and not [box for box in board.selectbox if box.key == "who"]
    if not may:  # a grey button can be pressed all the same by who knows how
        here[0] = access.Visitor("سارا", "on_call", True)
        board.run()
        button = board.button(key="take").click()
        here[0] = access.Visitor("سارا", role, True)
        button.run()
        assert say("board.may_not", "fa", role=say(f"board.role.{role}", "fa")) in text(board)
    else:
        board.button(key="take").click().run()
    found = rich.store.alert(alert.fingerprint)
    assert found and found.acknowledged_by == ("سارا" if may else None)


@pytest.mark.parametrize(("bind", "key"), [("127.0.0.1", "no_login"), ("0.0.0.0", "no_login_open")])
def test_a_board_without_a_login_says_for_whom_it_is(rich: House, monkeypatch: pytest.MonkeyPatch, bind: str, key: str) -> None:
    open_to = rich.settings.model_copy(update={"board": rich.settings.board.model_copy(update={"bind": bind})})
    monkeypatch.setenv("GOOSH_SETTINGS", open_to.model_dump_json())
    board = visit()
    assert say(f"board.{key}", "fa") in [one.value for one in (*board.caption, *board.warning)]


def test_a_board_behind_an_identity_provider_shows_its_button_and_no_page(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text_ = CONFIG + ('\n[board]\nauth = "oidc"\nurl = "https://board.example.ir"\nothers = "none"\n[board.oidc]\nmetadata_url = "https://id.example.ir/x"\n'
                      'client_id = "goosh"\nclient_secret_env = "GOOSH_TEST_OIDC"\n')
    monkeypatch.setenv("GOOSH_SETTINGS", settings_for(tmp_path / "z.sqlite", text_).model_dump_json())
    reads._service.clear()

    class User(dict[str, object]):
        is_logged_in = False

    monkeypatch.setattr("streamlit.user", User())
    board = visit("mentions", lang="en")
    assert [button.key for button in board.button] == ["sign_in"] and not board.selectbox
    stranger = User(email="nobody@example.ir")
    stranger.is_logged_in = True
    monkeypatch.setattr("streamlit.user", stranger)
    board = visit("mentions", lang="en")
    assert "may not come in" in board.warning[0].value and not board.selectbox
    reads._service.clear()
