"""Tiny proxies on real sockets: SOCKS5 (RFC 1928, 1929) and HTTP (CONNECT and whole addresses), and ways they misbehave."""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from base64 import b64decode
from types import TracebackType


class Relay:
    """Leads every host it is asked for to one address. ``asked`` are the hosts as they came, ``named`` the credentials."""

    scheme = ""

    def __init__(self, lead_to: tuple[str, int], *, credentials: tuple[str, str] | None = None,
                 tls: ssl.SSLContext | None = None) -> None:
        self._lead_to = lead_to
        self._credentials = credentials
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.05)
        self.port = int(self._listening.getsockname()[1])
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.asked: list[str] = []
        self.named: list[tuple[str, str]] = []
        self.connections = 0

    def url(self, userinfo: str = "") -> str:
        return f"{self.scheme}://{f'{userinfo}@' if userinfo else ''}127.0.0.1:{self.port}"

    def __enter__(self) -> Relay:
        self._run(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(5)
        self._listening.close()

    def _run(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listening.accept()
            except TimeoutError:
                continue
            self.connections += 1
            self._run(self._attend, connection)

    def _attend(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                self.serve(connection)
        except (OSError, EOFError):
            connection.close()

    def serve(self, connection: socket.socket) -> None:
        raise NotImplementedError

    def hold(self, seconds: float = 5.0) -> None:
        """Say nothing until the test is over."""
        self._stop.wait(seconds)

    def pump(self, connection: socket.socket, first: bytes = b"") -> None:
        with socket.create_connection(self._lead_to, timeout=5) as site:
            site.sendall(first)
            while not self._stop.is_set():
                pending = isinstance(connection, ssl.SSLSocket) and connection.pending()
                ready = [connection] if pending else select.select([connection, site], [], [], 0.05)[0]
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        return
                    (site if end is connection else connection).sendall(data)


def exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


class Socks(Relay):
    """SOCKS5. ``reply`` is its word on every CONNECT; ``silent`` the step it stops talking at; ``drip`` sends byte by byte."""

    scheme = "socks5"

    def __init__(self, lead_to: tuple[str, int], *, credentials: tuple[str, str] | None = None, reply: int = 0,
                 silent: str = "", drip: float | None = None) -> None:
        super().__init__(lead_to, credentials=credentials)
        self.reply = reply
        self._silent = silent
        self._drip = drip

    def _say(self, connection: socket.socket, words: bytes) -> None:
        if self._drip is None:
            connection.sendall(words)
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in words:
            connection.sendall(bytes((byte,)))
            time.sleep(self._drip)

    def serve(self, connection: socket.socket) -> None:
        if self._silent == "greeting":
            return self.hold()
        methods = exactly(connection, exactly(connection, 2)[1])
        wanted = 2 if self._credentials else 0
        if wanted not in methods:
            return self._say(connection, b"\x05\xff")
        self._say(connection, bytes((5, wanted)))
        if self._credentials:
            name = exactly(connection, exactly(connection, 2)[1]).decode()
            password = exactly(connection, exactly(connection, 1)[0]).decode()
            self.named.append((name, password))
            right = (name, password) == self._credentials
            self._say(connection, b"\x01\x00" if right else b"\x01\x01")
            if not right:
                return None
        kind = exactly(connection, 4)[3]
        if kind == 3:
            host = exactly(connection, exactly(connection, 1)[0]).decode()
        else:
            family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
            host = socket.inet_ntop(family, exactly(connection, size))
        exactly(connection, 2)
        self.asked.append(host)
        if self._silent == "reply":
            return self.hold()
        # A bound address as a name: rare, allowed, and longer than a fixed-size read expects.
        self._say(connection, bytes((5, self.reply, 0, 3, 5)) + b"bound" + b"\x00\x50")
        return None if self.reply else self.pump(connection)


class Http(Relay):
    """An HTTP proxy. ``status`` is what it answers instead of doing its work."""

    scheme = "http"

    def __init__(self, lead_to: tuple[str, int], *, credentials: tuple[str, str] | None = None, status: int = 0,
                 tls: ssl.SSLContext | None = None) -> None:
        super().__init__(lead_to, credentials=credentials, tls=tls)
        self.scheme = "https" if tls else "http"
        self.status = status
        self.heads: list[str] = []

    def serve(self, connection: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += exactly(connection, 1)
        text = head.decode("latin-1")
        self.heads.append(text)
        method, target, _ = text.split("\r\n")[0].split(" ")
        for line in text.split("\r\n")[1:]:
            if line.lower().startswith("proxy-authorization: basic "):
                name, _, password = b64decode(line.rpartition(" ")[2]).decode().partition(":")
                self.named.append((name, password))
        status = self.status
        if self._credentials and (not self.named or self.named[-1] != self._credentials):
            status = 407
        if status:
            connection.sendall(f"HTTP/1.1 {status} No hunter2\r\nContent-Length: 0\r\n\r\n".encode())
        elif method == "CONNECT":
            self.asked.append(target.rpartition(":")[0])
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.pump(connection)
        else:
            self.asked.append(target.split("/")[2].partition(":")[0])
            self.pump(connection, head.replace(target.encode(), ("/" + target.split("/", 3)[3]).encode(), 1))
