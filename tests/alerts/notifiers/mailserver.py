"""A mail server in a thread: STARTTLS, TLS or none, log-in, and answers as a test wants them."""

from __future__ import annotations

import base64
import socket
import ssl
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Self


def certificate(folder: Path, host: str = "localhost") -> Path:
    """Return a file with a key and a certificate for ``host``, signed by itself."""
    both = folder / f"{host}.pem"
    made = folder / f"{host}.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", "-keyout", both,
                    "-out", made],
                   check=True, capture_output=True)
    both.write_bytes(both.read_bytes() + made.read_bytes())
    return both


@dataclass
class MailServer:
    """``answers`` maps the beginning of a command to replies, used up in order, the last of them kept."""

    pem: Path | None = None
    security: str = "starttls"
    login: bool = True
    answers: Mapping[str, list[str]] = field(default_factory=dict)
    banner: str = "220 mail.test ESMTP"
    heard: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[list[str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._context = None
        if self.pem:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(self.pem)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            try:
                with line:
                    line.settimeout(10)
                    self._talk(line)
            except OSError:
                continue

    def _talk(self, line: socket.socket) -> None:
        if self.security == "tls" and self._context:
            line = self._context.wrap_socket(line, server_side=True)
        tls, to = self.security == "tls", list[str]()
        file = line.makefile("rb")
        self._say(line, self.banner)
        while raw := file.readline():
            said = raw.decode("latin-1").strip()
            self.heard.append(said if tls or self.security == "none" else f"(open) {said}")
            verb = said.upper()
            if (reply := self._wanted(verb)) is not None:
                self._say(line, reply)
                if reply.startswith("421"):
                    break
            elif verb.startswith("EHLO"):
                offers = ["mail.test", "SIZE 1000000"]
                offers += ["STARTTLS"] if self.security == "starttls" and not tls else []
                offers += ["AUTH PLAIN LOGIN"] if self.login else []
                self._say(line, *(f"250{'-' if offer != offers[-1] else ' '}{offer}" for offer in offers))
            elif verb == "STARTTLS" and self._context:
                self._say(line, "220 go on")
                line = self._context.wrap_socket(line, server_side=True)
                file, tls = line.makefile("rb"), True
            elif verb.startswith("AUTH PLAIN"):
                self._say(line, "235 welcome")
            elif verb.startswith("RCPT"):
                to.append(said.partition("<")[2].partition(">")[0])
                self._say(line, "250 ok")
            elif verb == "DATA":
                self._say(line, "354 go on")
                body = b""
                while (text := file.readline()) not in (b".\r\n", b""):
                    body += text[1:] if text.startswith(b"..") else text
                reply = self._wanted("BODY")
                if reply is None:
                    self.mails.append(message_from_bytes(body, policy=default))
                    self.envelopes.append(list(to))
                self._say(line, reply or "250 taken")
                to.clear()
            elif verb == "QUIT":
                self._say(line, "221 bye")
                break
            else:
                to.clear() if verb in ("RSET",) or verb.startswith("MAIL") else None
                self._say(line, "250 ok")
        file.close()
        line.close()

    def _wanted(self, verb: str) -> str | None:
        for begin, replies in self.answers.items():
            if verb.startswith(begin.upper()):
                reply = replies.pop(0) if len(replies) > 1 else replies[0]
                return reply or None
        return None

    @staticmethod
    def _say(line: socket.socket, *texts: str) -> None:
        line.sendall(b"".join(f"{text}\r\n".encode() for text in texts))


def plain_login(heard: str) -> tuple[str, str]:
    """Return user and password of an ``AUTH PLAIN`` line."""
    _, user, password = base64.b64decode(heard.rpartition(" ")[2]).decode().split("\0")
    return user, password
