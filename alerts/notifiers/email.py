"""Messages by e-mail, handed to a mail server of yours over SMTP (RFC 5321, submission RFC 6409).

Auth: none, or ``user`` and the password in a variable named by ``password_env``; a password never goes over an open line.
Line: STARTTLS (587), TLS from the start (465), or none for a relay on the own machine; certificates are always checked, with
``ca_file`` against an authority of yours. Limits and cost: those of the server.

================  ====================================================================================================
permanent         5xx to log-in, sender or every recipient; a line without the TLS asked for; a certificate not trusted
tried again       4xx, no answer, a line that breaks
5xx to the text   sent once more without the quoted posts; refused again, it is permanent
================  ====================================================================================================

Several recipients are several people: who took the message does not get it again when it is tried once more for the others
(``NotifyError.left`` is stored with the delivery, and comes back as ``Message.left``), and one whom the server refuses for
good is left out for a day, told once as an error and then in the log, so that a mailbox that is gone does not keep the others
from their pages.

A mail is sent at least once; copies have one Message-ID, made of the message's key, and mails about one alert are one thread.
It holds plain text and HTML that says the same, written from right to left in Persian, with everything escaped and nothing
fetched from anywhere.
"""

from __future__ import annotations

import hashlib
import html
import logging
import os
import re
import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, parseaddr
from threading import Event
from typing import Annotated, Any, Literal, Self, TypeVar, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, model_validator

from alerts.notifiers.deadline import shut, within
from alerts.notifiers.plain import cut, fitted, posts_in, without_controls, without_posts
from listener.errors import NotifyError
from listener.types import Message

log = logging.getLogger(__name__)
T = TypeVar("T")

PORTS = {"starttls": 587, "tls": 465, "none": 25}
ROOM = 20_000            # characters of a mail; a screen holds 1,200
SUBJECT = 200
LEFT_OUT = timedelta(days=1)
_ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
_MAILBOX = re.compile(rf"([^\x00-\x1f\x7f-\x9f<>@,;:\"\\]*)<({_ADDRESS})>|({_ADDRESS})")


def _mailbox(value: str) -> str:
    found = _MAILBOX.fullmatch(value)
    if not found:
        raise ValueError("is no e-mail address; write it as pr@example.ir or PR <pr@example.ir>")
    return formataddr(((found[1] or "").strip(), found[2] or found[3]))


Mailbox = Annotated[str, AfterValidator(_mailbox)]


class Options(BaseModel, frozen=True, extra="forbid"):
    host: str = Field(pattern=r"^[A-Za-z0-9.:_-]+$", description="the mail server")
    to: tuple[Mailbox, ...] = Field(min_length=1, max_length=100, description="who gets it")
    sender: Mailbox = Field(description="whom it comes from")
    security: Literal["starttls", "tls", "none"] = Field(default="starttls",
                                                         description="none: only for a relay that asks no password")
    port: int | None = Field(default=None, ge=1, le=65535, description="587, 465 or 25, as security has it")
    user: str | None = Field(default=None, min_length=1, description="whom to log in as")
    password_env: str | None = Field(default=None, description="variable with the password")
    ca_file: str | None = Field(default=None, description="certificates (PEM) of an authority of yours, in place of the known")
    timeout: timedelta = Field(default=timedelta(seconds=30), gt=timedelta(0), le=timedelta(minutes=2),
                               description="for the whole exchange")

    @model_validator(mode="after")
    def _log_in(self) -> Self:
        if (self.user is None) != (self.password_env is None):
            raise ValueError("user and password_env go together; set both or none")
        if self.security == "none" and self.password_env is not None:
            raise ValueError('a password never goes over an open line; set security to "starttls" or "tls"')
        return self


class EmailNotifier:
    kind = "email"

    def __init__(self, name: str, options: Options, *, environment: Mapping[str, str] = os.environ,
                 now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.name, self.options, self._environment, self._now = name, options, environment, now
        self._left_out: dict[str, datetime] = {}

    def send(self, message: Message) -> None:
        """Hand one mail to the server. Raises: NotifyError, permanent where trying again cannot help."""
        wanted = [address for address in map(_bare, self.options.to) if not message.left or address in message.left]
        asked = [address for address in wanted if not self._is_out(address)] or ([] if message.left and message.letter is None else wanted)
        if out := [address for address in wanted if address not in asked]:
            log.warning("email %r: left out, since the server refuses them: %s", self.name, ", ".join(out))
        if asked:
            refused = self._exchange(lambda smtp: self._hand_over(smtp, message, asked))
            for address in asked:
                if address not in refused:
                    self._left_out.pop(address, None)
            if refused:
                raise self._refusal(refused, taken=bool(message.left) or len(refused) < len(asked))

    def probe(self) -> None:
        """See whether the server can be reached and takes the log-in, without a mail. Raises: NotifyError."""
        self._exchange(lambda smtp: smtp.noop())

    def _exchange(self, work: Callable[[smtplib.SMTP], T]) -> T:
        """Return what ``work`` does with a line that is greeted and logged in. Raises: NotifyError, told apart as above."""
        password = self._password()
        smtp, trust, over = *self._line(), Event()

        def hang_up() -> None:
            over.set()
            shut(smtp.sock)

        try:
            return within(self.options.timeout, lambda: self._talk(smtp, trust, over, password, work), hang_up=hang_up)
        except smtplib.SMTPNotSupportedError:
            raise self._error("the server offers no STARTTLS or no log-in; check security and port", permanent=True) from None
        except smtplib.SMTPAuthenticationError as error:
            raise self._error(f"the log-in is not accepted ({error.smtp_code}); check user and {self.options.password_env!r}",
                              permanent=error.smtp_code >= 500) from None
        except smtplib.SMTPSenderRefused as error:
            raise self._error(f"the sender is refused ({error.smtp_code}); check sender",
                              permanent=error.smtp_code >= 500) from None
        except smtplib.SMTPDataError as error:
            permanent = error.smtp_code >= 500
            raise self._error(f"the mail is refused ({error.smtp_code}){', even without the posts' if permanent else ''}",
                              permanent=permanent) from None
        except smtplib.SMTPResponseException as error:
            what = f"the server answers {error.smtp_code}" if error.smtp_code > 0 else "what answers there is no mail server"
            raise self._error(f"{what}; check host and port", permanent=error.smtp_code >= 500) from None
        except ssl.SSLCertVerificationError as error:
            raise self._error(f"the server's certificate is not trusted ({error.verify_message}); check host, or give ca_file",
                              permanent=True) from None
        except TimeoutError:
            raise self._error(f"no answer within {self.options.timeout.total_seconds():g} s") from None
        except ssl.SSLError:
            raise self._error("no TLS can be agreed on; check security and port") from None
        except (OSError, smtplib.SMTPException) as error:
            raise self._error(f"the server cannot be reached or breaks off ({type(error).__name__})") from None

    def _line(self) -> tuple[smtplib.SMTP, ssl.SSLContext]:
        """Return a line that is still to be connected, and what it trusts. Raises: NotifyError where that cannot be read."""
        try:
            trust = ssl.create_default_context(cafile=self.options.ca_file)
        except OSError as error:
            raise self._error(f"ca_file {self.options.ca_file!r} cannot be read ({type(error).__name__}); mend it",
                              permanent=True) from None
        asked: dict[str, Any] = {"timeout": self.options.timeout.total_seconds(),
                                 "local_hostname": _domain(self.options.sender)}
        smtp = smtplib.SMTP_SSL(context=trust, **asked) if self.options.security == "tls" else smtplib.SMTP(**asked)
        smtp._host = self.options.host  # type: ignore[attr-defined]  # whose certificate is wanted; connect() does not note it
        return smtp, trust

    def _talk(self, smtp: smtplib.SMTP, trust: ssl.SSLContext, over: Event, password: str | None,
              work: Callable[[smtplib.SMTP], T]) -> T:
        try:
            code, _ = smtp.connect(self.options.host, self.options.port or PORTS[self.options.security])
            if code != 220:
                raise smtplib.SMTPConnectError(code, "")
            if self.options.security == "starttls":
                smtp.starttls(context=trust)  # raises where it is not offered, so that nothing follows in the open
            if password is not None and self.options.user is not None:
                smtp.login(self.options.user, password)
            if over.is_set():  # too late: what was called a failure must not be sent after all
                raise TimeoutError
            return work(smtp)
        finally:
            smtp.close()  # the mail is taken or not by now; a quit that hangs changes nothing

    def _hand_over(self, smtp: smtplib.SMTP, message: Message, to: Sequence[str]) -> dict[str, int]:
        """Return who was refused, with the server's code; a text that is refused is sent once more without the posts."""
        try:
            return self._mail(smtp, message, to)
        except smtplib.SMTPDataError as error:
            if error.smtp_code < 500:
                raise
            smtp.rset()  # the words of others are what a filter takes offence at
            return self._mail(smtp, without_posts(message), to)

    def _mail(self, smtp: smtplib.SMTP, message: Message, to: Sequence[str]) -> dict[str, int]:
        made = mail(message, self.options, at=self._now(), to=to)
        try:
            refused = smtp.sendmail(_bare(self.options.sender), list(to), made.as_bytes(policy=SMTP))
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
            if any(code == 421 for code, _ in refused.values()):  # the server closes: nobody of the others was asked
                return {address: refused.get(address, (421, b""))[0] for address in to}
        return {address: code for address, (code, _) in refused.items()}

    def _refusal(self, refused: Mapping[str, int], *, taken: bool) -> NotifyError:
        """Return the error that names who was refused; permanent only where nobody took the mail and nobody ever will."""
        for_good = [address for address, code in refused.items() if code >= 500]
        named = ", ".join(f"{address} ({code})" for address, code in refused.items())
        if taken:
            self._left_out |= dict.fromkeys(for_good, self._now())
        hopeless = len(for_good) == len(refused)
        count = f"{len(refused)} of {len(self.options.to)} recipients were refused: {named}"
        return self._error(f"{count}; check to" if for_good else count, permanent=hopeless and not taken,
                           retry_after=LEFT_OUT if hopeless and taken else None, left=tuple(refused) if taken else ())

    def _is_out(self, address: str) -> bool:
        since = self._left_out.get(address)
        return since is not None and self._now() - since < LEFT_OUT

    def _password(self) -> str | None:
        variable = self.options.password_env
        if variable is None:
            return None
        value = self._environment.get(variable, "").rstrip("\r\n")
        if not value.strip():
            raise self._error(f"environment variable {variable!r} is not set; set it and start again", permanent=True)
        if not value.isascii():  # smtplib could send none
            raise self._error(f"environment variable {variable!r} holds more than letters, digits and signs; set it anew",
                              permanent=True)
        return value

    def _error(self, what: str, *, permanent: bool = False, retry_after: timedelta | None = None,
               left: tuple[str, ...] = ()) -> NotifyError:
        return NotifyError(self.name, f"email: {what}", permanent=permanent, retry_after=retry_after, left=left)


def mail(message: Message, options: Options, *, at: datetime, to: Sequence[str] | None = None) -> EmailMessage:
    """Return the mail for a message: plain text, and the same as HTML. A letter brings both, its pictures, and the ways to end it (RFC 2369, and RFC 8058 over https)."""
    domain = _domain(options.sender)
    made = EmailMessage(policy=SMTP)
    made["Subject"] = cut(without_controls(message.title), SUBJECT)
    made["From"] = options.sender
    letter = message.letter
    made["To"] = ", ".join(options.to if letter is None or to is None else [one for one in options.to if _bare(one) in to])  # a letter is to one
    made["Date"] = at
    made["Message-ID"] = f"<{_digest(message.key)}@{domain}>"
    if message.alert is not None:
        made["References"] = f"<{_digest(message.alert.fingerprint)}@{domain}>"
    made["Auto-Submitted"] = "auto-generated"  # keeps answers of the absent away (RFC 3834)
    if letter is not None and letter.unsubscribe:
        made["List-Unsubscribe"] = ", ".join(f"<{address}>" for address in letter.unsubscribe)
        if any(address.startswith("https://") for address in letter.unsubscribe):
            made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(letter.text if letter else "\n".join(fitted(message, ROOM)) + "\n", cte="base64")  # for servers of seven bits
    made.add_alternative(letter.html if letter else page(message), subtype="html", cte="base64")
    for one in letter.attachments if letter else ():
        main, _, sub = one.kind.partition("/")
        if one.content_id is not None:
            shown = cast(list[EmailMessage], made.get_payload())[-1]  # the page: what it shows stands beside it
            shown.add_related(one.content, main, sub, cid=f"<{one.content_id}>", filename=one.name, disposition="inline")
    for one in letter.attachments if letter else ():
        if one.content_id is None:
            main, _, sub = one.kind.partition("/")
            made.add_attachment(one.content, main, sub, filename=one.name)
    made["Content-Language"] = "fa" if message.language == "fa" else "en"  # last: setting the content takes it away
    return made


def page(message: Message) -> str:
    """Return the HTML of a message: everything from outside escaped, links only to http and https, nothing to fetch."""
    language, direction = ("fa", "rtl") if message.language == "fa" else ("en", "ltr")
    title, *lines = fitted(message, ROOM)
    posts = {without_controls(message.lines[index]): one for index, one in posts_in(message).items()}
    address = without_controls(message.url or "")
    shown = []
    for line in lines:
        if line == address:
            shown.append(f'<p>{_link(message.url, line) or html.escape(line)}</p>')
        elif line in posts:
            shown.append('<blockquote style="margin:8px 12px;padding:0 12px;border-inline-start:3px solid #bbb">'
                         f"{html.escape(line)} {_link(posts[line].mention.url)}</blockquote>")
        else:
            shown.append(f"<p>{html.escape(line)}</p>")
    return (f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
            f'<title>{html.escape(title)}</title></head><body dir="{direction}" '
            'style="font-family:Vazirmatn,Tahoma,sans-serif;line-height:1.7;max-width:40em">'
            f'<h1 style="font-size:1.15em">{html.escape(title)}</h1>{"".join(shown)}</body></html>')


def _link(url: str | None, words: str | None = None) -> str:
    """Return a link to a page, by its host where no words are given; empty where the address is no page's."""
    try:
        parts = urlsplit(url or "")
        host = parts.hostname
    except ValueError:
        return ""
    if not url or parts.scheme not in ("https", "http") or not host or len(url) > 2_000:
        return ""
    shown = html.escape(without_controls(words or host))
    return f'<a dir="ltr" rel="noreferrer" href="{html.escape(without_controls(url))}">{shown}</a>'


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _bare(mailbox: str) -> str:
    return parseaddr(mailbox)[1]


def _domain(mailbox: str) -> str:
    return _bare(mailbox).rpartition("@")[2]
