"""Mails over SMTP, against a mail server in a thread."""

from __future__ import annotations

import logging
import re
import shutil
import socket
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from alerts.notifiers.email import EmailNotifier, Options, mail, page
from listener.errors import NotifyError
from listener.types import Reason
from tests.alerts.notifiers.mailserver import MailServer, certificate, plain_login
from tests.alerts.notifiers.messages import HOSTILE, HOSTILES, a_message
from tests.alerts.notifiers.test_contract import ACTING, dripping, leaks_nothing
from tests.alerts.notifiers.test_plain import a_storm
from tests.alerts.world import SATURDAY

SECRETS = {"MAIL": "T0PSECRETPASSWORD"}
openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here to make a certificate")


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("pem"))


def desk(server: MailServer | int, *, environment: Mapping[str, str] = SECRETS, **options: Any) -> EmailNotifier:
    port = server if isinstance(server, int) else server.port
    given = {"host": "localhost", "port": port, "to": ["sara@example.test"], "sender": "گوش‌به‌زنگ <goosh@example.test>",
             "security": "none", "timeout": timedelta(seconds=5), **options}
    return EmailNotifier("desk", Options(**given), environment=environment, now=lambda: SATURDAY)


def failure(server: MailServer | int, **options: Any) -> NotifyError:
    with pytest.raises(NotifyError) as caught:
        desk(server, **options).send(a_message())
    leaks_nothing(caught.value)
    return caught.value


@openssl
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_password_and_the_mail_go_over_tls_only(security: str, pem: Path) -> None:
    with MailServer(pem, security) as server:
        desk(server, security=security, user="goosh", password_env="MAIL", ca_file=str(pem)).send(a_message())
    [login] = [heard for heard in server.heard if "AUTH" in heard.upper()]
    assert plain_login(login) == ("goosh", "T0PSECRETPASSWORD") and not login.startswith("(open)")
    assert [heard.split()[1].upper() for heard in server.heard if heard.startswith("(open)")] == (
        ["EHLO", "STARTTLS"] if security == "starttls" else [])
    assert server.envelopes == [["sara@example.test"]]


@openssl
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_nobody_vouches_for_is_permanent(security: str, pem: Path) -> None:
    with MailServer(pem, security) as server:
        error = failure(server, security=security, user="goosh", password_env="MAIL")
    assert error.permanent and "certificate is not trusted" in str(error) and not server.mails


@openssl
def test_a_certificate_of_another_host_is_permanent(tmp_path: Path) -> None:
    other = certificate(tmp_path, "other.test")
    with MailServer(other) as server:
        error = failure(server, security="starttls", ca_file=str(other))
    assert error.permanent and "certificate is not trusted" in str(error)


def test_a_server_without_starttls_gets_neither_password_nor_mail() -> None:
    with MailServer(None, "none") as server:
        error = failure(server, security="starttls", user="goosh", password_env="MAIL")
    assert error.permanent and "no STARTTLS" in str(error)
    assert not [heard for heard in server.heard if "AUTH" in heard or "MAIL" in heard]


def test_a_mail_says_the_same_in_plain_text_and_html() -> None:
    with MailServer(None, "none") as server:
        desk(server).send(a_storm("سفارشم نرسید"))
    [made] = server.mails
    plain, rich = made.get_body(("plain",)), made.get_body(("html",))
    assert plain is not None and rich is not None
    assert "سفارشم نرسید" in plain.get_content() and "https://board.test/alerts?alert=1" in plain.get_content()
    assert '<html lang="fa" dir="rtl">' in rich.get_content() and "<blockquote" in rich.get_content()
    assert str(made["Subject"]).startswith("بحرانی") and str(made["From"]) == "گوش‌به‌زنگ <goosh@example.test>"
    assert made["Auto-Submitted"] == "auto-generated" and made["Date"].datetime == SATURDAY


def test_english_stands_from_left_to_right() -> None:
    assert '<html lang="en" dir="ltr">' in page(a_message(language="en"))


def test_the_message_id_is_made_of_the_key_and_an_alert_is_a_thread() -> None:
    options = desk(1).options
    first, again, over = (mail(message, options, at=SATURDAY)
                          for message in (a_message(), a_message(), a_message(reason=Reason.RESOLVED)))
    assert first["Message-ID"] == again["Message-ID"] != over["Message-ID"] and first["References"] == over["References"]
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.test>", first["Message-ID"])
    assert mail(replace(a_message(), alert=None, key="\r\nBcc: x"), options, at=SATURDAY)["References"] is None


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize("case", HOSTILES)
def test_hostile_text_arrives_as_text(case: str, language: str) -> None:
    with MailServer(None, "none") as server:
        desk(server).send(replace(a_message(HOSTILES[case], language=language), key=HOSTILES[case][:200]))
    [made] = server.mails
    plain, rich = made.get_body(("plain",)), made.get_body(("html",))
    assert plain is not None and rich is not None and made["Bcc"] is None and server.envelopes == [["sara@example.test"]]
    assert set(made.keys()) == {"Subject", "From", "To", "Date", "Message-ID", "References", "Auto-Submitted",
                                "Content-Language", "MIME-Version", "Content-Type"}
    for text in (plain.get_content(), rich.get_content(), str(made["Subject"])):
        assert not ACTING.search(text.replace("\r\n", "\n"))
    assert not re.search(r"<(script|img|b|a href)\b", rich.get_content(), re.IGNORECASE) and len(made.as_bytes()) < 400_000


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://[", 'https://x.test/"><script>'])
def test_a_link_goes_to_a_page_or_nowhere(url: str) -> None:
    storm = a_storm("سفارشم نرسید")
    quoted = tuple(replace(one, mention=replace(one.mention, url=url)) for one in storm.quoted)
    made = page(replace(storm, url=url, quoted=quoted))
    assert "href=\"javascript" not in made and "<script" not in made


@pytest.mark.parametrize(("answers", "permanent", "sentence"), [
    ({"AUTH": ["535 no T0PSECRET"]}, True, "log-in is not accepted (535)"),
    ({"AUTH": ["454 later"]}, False, "log-in is not accepted (454)"),
    ({"MAIL": ["550 no"]}, True, "sender is refused (550)"), ({"MAIL": ["451 later"]}, False, "sender is refused (451)"),
    ({"RCPT": ["550 T0PSECRET"]}, True, "1 of 1 recipients were refused: sara@example.test (550)"),
    ({"RCPT": ["450 later"]}, False, "(450)"),
    ({"RCPT": ["421 closing"]}, False, "(421)"), ({"BODY": ["554 spam"]}, True, "even without the posts"),
    ({"BODY": ["451 later"]}, False, "the mail is refused (451)"), ({"DATA": ["554 no"]}, True, "(554)"),
    ({"EHLO": ["421 busy"]}, False, ""),
])
def test_five_hundreds_are_permanent_and_four_hundreds_are_not(answers: dict[str, list[str]], permanent: bool, sentence: str,
                                                               pem: Path) -> None:
    with MailServer(pem, answers=answers) as server:
        error = failure(server, security="starttls", user="goosh", password_env="MAIL", ca_file=str(pem))
    assert error.permanent is permanent and sentence in str(error) and not server.mails


@pytest.mark.parametrize(("banner", "permanent"), [("554 not here", True), ("421 busy", False), ("HTTP/1.1 200 OK", False)])
def test_a_server_that_does_not_greet_is_told_apart(banner: str, permanent: bool) -> None:
    with MailServer(None, "none", banner=banner) as server:
        assert failure(server).permanent is permanent


def test_a_text_that_is_refused_goes_out_without_the_posts() -> None:
    with MailServer(None, "none", answers={"BODY": ["554 5.7.1 spam", ""]}) as server:
        desk(server).send(a_storm("سفارشم نرسید"))
    [made] = server.mails
    body = made.get_body(("plain",))
    assert body is not None and "سفارشم نرسید" not in body.get_content() and "۳۱ شکایت" in body.get_content()


def test_a_probe_logs_in_and_sends_nothing(pem: Path) -> None:
    with MailServer(pem) as server:
        desk(server, security="starttls", user="goosh", password_env="MAIL", ca_file=str(pem)).probe()
    assert not server.mails
    with MailServer(pem, answers={"AUTH": ["535 no T0PSECRET"]}) as server, pytest.raises(NotifyError, match="log-in is not accepted"):
        desk(server, security="starttls", user="goosh", password_env="MAIL", ca_file=str(pem)).probe()


THREE = ["a@x.test", "B <b@x.test>", "c@x.test"]


def test_who_took_it_does_not_get_it_again() -> None:
    with MailServer(None, "none", answers={"RCPT TO:<B@": ["450 full", ""]}) as server:
        notifier = desk(server, to=THREE)
        with pytest.raises(NotifyError, match=r"1 of 3 recipients were refused: b@x.test \(450\)") as caught:
            notifier.send(a_message())
        assert not caught.value.permanent and caught.value.retry_after is None and caught.value.left == ("b@x.test",)
        desk(server, to=THREE).send(replace(a_message(), left=caught.value.left))  # also after a restart
        notifier.send(replace(a_message(), key="another"))
    first, again, _ = server.mails
    assert first["Message-ID"] == again["Message-ID"] and first["To"] == again["To"]
    assert server.envelopes == [["a@x.test", "c@x.test"], ["b@x.test"], ["a@x.test", "b@x.test", "c@x.test"]]


def test_a_mailbox_that_is_gone_does_not_keep_the_others_from_their_pages(caplog: pytest.LogCaptureFixture) -> None:
    with MailServer(None, "none", answers={"RCPT TO:<B@": ["550 gone"]}) as server:
        notifier = desk(server, to=THREE)
        with pytest.raises(NotifyError, match="check to") as caught:
            notifier.send(a_message())
        assert not caught.value.permanent and caught.value.retry_after == timedelta(days=1)
        with caplog.at_level(logging.WARNING):
            notifier.send(replace(a_message(), key="another"))
            notifier.send(replace(a_message(), left=caught.value.left))
    assert server.envelopes == [["a@x.test", "c@x.test"]] * 2
    assert caplog.text.count("left out, since the server refuses them: b@x.test") == 2


def test_when_nobody_is_left_it_is_permanent() -> None:
    with MailServer(None, "none", answers={"RCPT": ["550 gone"]}) as server:
        notifier = desk(server, to=THREE)
        for _ in range(2):
            with pytest.raises(NotifyError, match="3 of 3") as caught:
                notifier.send(a_message())
            assert caught.value.permanent


def test_nobody_there_is_worth_trying_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert not failure(port).permanent
    assert not failure(port, host="no-such-host.invalid").permanent


def test_a_server_that_drips_is_left_in_time() -> None:
    with dripping(b"220 ") as port:
        began = time.monotonic()
        error = failure(port, timeout=timedelta(seconds=0.3))
    assert not error.permanent and "no answer within 0.3 s" in str(error) and time.monotonic() - began < 5


@pytest.mark.parametrize("environment", [{}, {"MAIL": " "}, {"MAIL": "گذرواژه"}])
def test_a_password_that_is_not_there_is_named(environment: dict[str, str]) -> None:
    error = failure(9, security="tls", user="goosh", password_env="MAIL", environment=environment)
    assert error.permanent and "'MAIL'" in str(error)


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    assert failure(9, security="tls", ca_file=str(tmp_path / "none.pem")).permanent
    (tmp_path / "bad.pem").write_text("x")
    assert "cannot be read" in str(failure(9, security="tls", ca_file=str(tmp_path / "bad.pem")))


def test_nothing_secret_reaches_the_log(pem: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG), MailServer(pem) as server:
        desk(server, security="starttls", user="goosh", password_env="MAIL", ca_file=str(pem)).send(a_message(HOSTILE))
    said = caplog.text + "".join(capfd.readouterr())
    assert "T0PSECRET" not in said and "VDBQU0VDUkVU" not in said


@pytest.mark.parametrize(("options", "sentence"), [
    ({"to": []}, "at least 1"), ({"to": ["sara"]}, "no e-mail address"),
    ({"to": ["a@x.test\r\nBcc: b@x.test"]}, "no e-mail address"), ({"to": ["a@x.test, b@x.test"]}, "no e-mail address"),
    ({"sender": "گوش@x.test"}, "no e-mail address"), ({"host": "a b"}, "match"),
    ({"user": "x"}, "go together"), ({"security": "none", "user": "x", "password_env": "Y"}, "never goes over an open line"),
    ({"password": "x"}, "Extra"), ({"timeout": timedelta(hours=1)}, "less than"),
])
def test_a_mistaken_option_is_named(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Options(**{"host": "localhost", "to": ["a@x.test"], "sender": "g@x.test", **options})
