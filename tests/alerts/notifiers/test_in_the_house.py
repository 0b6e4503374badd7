"""Receivers as an operator meets them: in the example, in a configuration, and by ``goosh alerts test``."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from alerts.notifiers import NOTIFIERS
from config.settings import packaged_text
from tests.alerts.notifiers.mailserver import MailServer
from tests.alerts.notifiers.services import SERVICES
from tests.alerts.notifiers.test_contract import base, serve
from tests.listener.terminal import goosh

FOR_ALL = {"timeout", "proxy", "proxy_env"}  # the example explains them once
BRAND = 'language = "fa"\n[[brands]]\nname = "چابک‌سبد"\n'


def test_the_example_shows_every_receiver_with_all_its_options() -> None:
    blocks = re.split(r"^(?:# )*\[\[receivers\]\]$", packaged_text("example.toml"), flags=re.MULTILINE)[1:]
    shown: dict[str, set[str]] = {}
    for block in blocks:
        text = re.split(r"^(?:# )*\[\[|^# People|^# -{10}", block, flags=re.MULTILINE)[0]
        [kind] = re.findall(r'^(?:# )*kind = "(\w+)"', text, re.MULTILINE)
        shown[kind] = set(re.findall(r"(?:^(?:# )*|[;:#] )(\w+) = ", text, re.MULTILINE))
    assert set(shown) == set(NOTIFIERS.kinds)
    lacking = {kind: set(NOTIFIERS.options(kind).model_fields) - keys - FOR_ALL for kind, keys in shown.items()}
    lacking["console"] -= {"stream", "colour"}
    assert {kind: keys for kind, keys in lacking.items() if keys} == {}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GOOSH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOSH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "goosh.toml"


def toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return str(value) if isinstance(value, int) else f'"{value}"'


def test_goosh_alerts_test_reaches_every_kind(place: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = sorted(SERVICES)
    text = BRAND
    for kind in kinds:
        for variable, secret in SERVICES[kind].environment.items():
            monkeypatch.setenv(variable, secret)
        options = "\n".join(f"{name} = {toml(value)}" for name, value in SERVICES[kind].options(base(httpserver)).items())
        text += f'[[receivers]]\nkind = "{kind}"\nname = "{kind}"\n{options}\n'
    place.write_text(text, encoding="utf-8")
    for kind in kinds:
        httpserver.clear()
        seen = serve(httpserver, Response(SERVICES[kind].taken))
        said = goosh("alerts", "test", kind)
        assert said.code == 0, said.err
        assert len(seen) == 1 and "آزمایش" in str(SERVICES[kind].read(seen[0].get_data()))


def test_goosh_alerts_test_sends_a_mail(place: Path) -> None:
    with MailServer(None, "none") as server:
        place.write_text(f'{BRAND}[[receivers]]\nkind = "email"\nname = "mail"\nhost = "127.0.0.1"\nport = {server.port}\n'
                         'security = "none"\nsender = "goosh@example.ir"\nto = ["sara@example.ir"]\n', encoding="utf-8")
        said = goosh("alerts", "test", "mail")
    assert said.code == 0, said.err
    [made] = server.mails
    assert "آزمایش" in str(made["Subject"])
