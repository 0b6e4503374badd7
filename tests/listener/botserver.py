"""The Bot API of one bot over a real socket: updates stand until an offset behind them is asked for, and messages are kept."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "123456789:AAF-geheim_geheim_geheim_geheim_geh"


class BotServer:
    """``say`` and ``press`` are what people do in ``chat``; ``sent`` is what the bot wrote, ``asked`` each call with its fields."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.sent: list[dict[str, Any]] = []
        self.confirmed = 0
        self.next = 700
        self.instead: tuple[int, Any] | None = None
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                fields: dict[str, Any] = dict(parse_qsl(parts.query))
                for name in ("offset", "limit"):
                    if name in fields:
                        fields[name] = int(fields[name])
                self._answer(parts.path, fields)

            def do_POST(self) -> None:
                self._answer(self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}"))

            def _answer(self, path: str, fields: dict[str, Any]) -> None:
                status, body = server.answer(path, fields)
                raw = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A client that was killed in mid-sentence is what some tests are about."""

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, fields: dict[str, Any]) -> tuple[int, Any]:
        token, _, method = path.removeprefix("/bot").rpartition("/")
        with self._lock:
            self.asked.append((method, fields))
            if self.instead is not None:
                return self.instead
            if token != TOKEN:
                return 401, {"ok": False, "error_code": 401, "description": "Unauthorized"}
            if method == "getUpdates":
                self.confirmed = max(self.confirmed, fields.get("offset", 0))
                self.updates = [one for one in self.updates if one["update_id"] >= fields.get("offset", 0)]
                return 200, {"ok": True, "result": self.updates[: fields.get("limit", 100)]}
            if method == "sendMessage":
                self.sent.append(fields)
            return 200, {"ok": True, "result": {"message_id": len(self.sent)}}

    def update(self, kind: str, data: dict[str, Any], number: int | None = None) -> int:
        with self._lock:
            own = self.next if number is None else number
            self.next = own + 1
            self.updates.append({"update_id": own, kind: data})
        return own

    def say(self, text: object, *, chat: int = 42, user: int = 0, to: str | None = None, date: int = 1_900_000_000,
            name: str = "سارا", public: str = "",
            **fields: Any) -> int:
        """Somebody writes ``text``; ``to``: in answer to a message of the bot that reads so."""
        message: dict[str, Any] = {"message_id": 1, "date": date, "text": text, "chat": a_chat(chat, public), "from": {
            "id": user or (chat if chat > 0 else 99), "is_bot": False, "first_name": name}}
        if to is not None:
            message["reply_to_message"] = {"message_id": 1, "from": {"id": 123456789, "is_bot": True}, "text": to}
        return self.update("message", {**message, **fields})

    def press(self, data: str, *, chat: int = 42, user: int = 0, name: str = "سارا", public: str = "",
            **fields: Any) -> int:
        """Somebody presses the button that sends ``data`` back."""
        return self.update("callback_query", {
            "id": f"q{self.next}", "data": data, "from": {"id": user or (chat if chat > 0 else 99), "is_bot": False, "first_name": name},
            "message": {"message_id": 1, "date": 0, "chat": a_chat(chat, public), "text": "…"}, **fields})

    def noticed(self) -> list[str]:
        return [fields["text"] for method, fields in self.asked if method == "answerCallbackQuery"]


def a_chat(number: int, public: str) -> dict[str, Any]:
    if number > 0:
        return {"id": number, "type": "private"}
    return {"id": number, "type": "supergroup", "title": "میز", **({"username": public} if public else {})}
