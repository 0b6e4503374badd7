"""The services behind the receivers as they answer, and a receiver for each, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from alerts.notifiers import NOTIFIERS
from tests.alerts.world import SATURDAY

TOKEN = "123:T0PSECRETTOKEN"


@dataclass(frozen=True)
class Service:
    """``options`` for a given base address; ``taken`` is the answer to what is taken, ``refusal`` that of a status."""

    options: Callable[[str], dict[str, Any]]
    environment: Mapping[str, str]
    read: Callable[[bytes], Any]      # what a person or a program behind the service reads
    taken: str = "{}"
    refusal: Callable[[int], str] = lambda status: "T0PSECRETANSWER"
    permanent: frozenset[int] = frozenset({400, 401, 403, 404, 410})
    temporary: frozenset[int] = frozenset({408, 429, 500, 502, 503})


def form(body: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}


def bot_refusal(status: int) -> str:
    return json.dumps({"ok": False, "error_code": status, "description": "T0PSECRETANSWER",
                       **({"parameters": {"retry_after": 7}} if status == 429 else {})})


def bot(base: str) -> dict[str, Any]:
    return {"token_env": "TOKEN", "chat": -100123, "base_url": base}


BOT = {"environment": {"TOKEN": TOKEN}, "taken": '{"ok": true, "result": {"message_id": 1}}', "refusal": bot_refusal,
       "permanent": frozenset({400, 401, 403, 404, 410}), "temporary": frozenset({429, 500, 502, 503})}

SERVICES: dict[str, Service] = {
    "alertmanager": Service(lambda base: {"url": base, "token_env": "KEY"}, {"KEY": "T0PSECRETKEY"},
                            read=lambda body: "\n".join(json.loads(body)[0]["annotations"].values())),
    "bale": Service(bot, read=lambda body: json.loads(body)["text"], **BOT),  # type: ignore[arg-type]
    "kavenegar": Service(lambda base: {"key_env": "KEY", "to": ["09120000001", "09120000002"], "base_url": base},
                         {"KEY": "T0PSECRETKEY"}, read=lambda body: form(body)["message"],
                         taken='{"return": {"status": 200, "message": ""}, "entries": [{"status": 1}, {"status": 5}]}',
                         refusal=lambda status: json.dumps({"return": {"status": status, "message": "T0PSECRETANSWER"}}),
                         permanent=frozenset({400, 401, 403, 404, 405, 407, 411, 412, 413, 414, 419, 422}),
                         temporary=frozenset({402, 409, 418, 429, 500, 503})),
    "pagerduty": Service(lambda base: {"routing_key_env": "KEY", "url": f"{base}/v2/enqueue"}, {"KEY": "T0PSECRETKEY"},
                         read=lambda body: "\n".join([json.loads(body)["payload"]["summary"],
                                                      *json.loads(body)["payload"]["custom_details"]["lines"]])),
    "telegram": Service(bot, read=lambda body: json.loads(body)["text"], **BOT),  # type: ignore[arg-type]
    "webhook": Service(lambda base: {"url": f"{base}/T0PSECRETPATH", "secret_env": "KEY"}, {"KEY": "T0PSECRETKEY"},
                       read=lambda body: json.loads(body)["text"]),
}


def receiver(kind: str, base: str, *, environment: Mapping[str, str] | None = None, **options: Any) -> Any:
    """Return the notifier of ``kind``, called desk, for a service at ``base``."""
    service = SERVICES[kind]
    given = {"timeout": timedelta(seconds=5), **service.options(base), **options}
    return NOTIFIERS.load(kind)("desk", NOTIFIERS.options(kind)(**given), now=lambda: SATURDAY,
                                environment=service.environment if environment is None else environment)
