"""Messages through Apprise, which speaks to some hundred and seventy services: Slack, Matrix, ntfy, Gotify, Pushover, Discord …

Docs: https://github.com/caronc/apprise/wiki    Needs: ``pip install "gooshbezang[apprise]"``; loaded with the first message.
Auth: what each address holds; the addresses stand in the variable named by ``url_env``, with spaces or commas between.
Limits and cost: those of the services; Apprise shortens for some of them and waits between messages to one.

Apprise tells only that a message was taken or was not, never why: a wrong token looks like a service that is down. So every
failure is tried again, and its reason stands in the log under ``apprise``. Permanent are only an address that Apprise cannot
read, a variable that is not set, and Apprise missing. For a service that has a receiver of its own here, that one knows more.

Several addresses are asked one after the other; which of them took a message is remembered, and they do not get it again from
this process. A message is sent at least once; no key against copies reaches the services. What is still under way when
``timeout`` is over may arrive all the same.
"""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field

from alerts.notifiers.deadline import within
from alerts.notifiers.plain import fitted
from listener.errors import NotifyError
from listener.types import Message, Reason, Severity

ROOM = 20_000  # characters; the services cut further
KEPT = 256     # messages whose takers are remembered
TYPES = {Severity.P1: "failure", Severity.P2: "warning", Severity.P3: "info"}


class Options(BaseModel, frozen=True, extra="forbid"):
    url_env: str = Field(description="variable with one or more addresses of Apprise, such as ntfys://ntfy.sh/topic")
    timeout: timedelta = Field(default=timedelta(seconds=30), gt=timedelta(0), le=timedelta(minutes=2),
                               description="for all addresses together")


class AppriseNotifier:
    kind = "apprise"

    def __init__(self, name: str, options: Options, *, environment: Mapping[str, str] = os.environ) -> None:
        self.name, self.options, self._environment = name, options, environment
        self._taken: OrderedDict[str, set[int]] = OrderedDict()  # places of addresses, by the message's key

    def send(self, message: Message) -> None:
        """Hand one message to every address. Raises: NotifyError, permanent only where the addresses cannot be used."""
        services = self._services()
        taken = self._taken.setdefault(message.key, set())
        self._taken.move_to_end(message.key)
        while len(self._taken) > KEPT:
            self._taken.popitem(last=False)
        title, *lines = fitted(message, ROOM)
        left = [place for place in range(len(services)) if place not in taken]

        def tell() -> None:
            for place in left:
                if services[place].notify(title=title, body="\n".join(lines) or title, notify_type=_type(message),
                                          body_format="text"):
                    taken.add(place)

        try:
            within(self.options.timeout, tell)
        except TimeoutError:
            raise self._error(f"no answer within {self.options.timeout.total_seconds():g} s from "
                              f"{len(set(left) - taken)} of {len(services)} services") from None
        if missed := set(left) - taken:
            raise self._error(f"{len(missed)} of {len(services)} services did not take it; Apprise says no more than that, "
                              "see its lines in the log")

    def _services(self) -> list[Any]:
        """Return one Apprise for each address, in their order. Raises: NotifyError where one cannot be used."""
        try:
            from apprise import Apprise, AppriseAsset
        except ImportError:
            raise self._error("Apprise is not installed; run pip install \"gooshbezang[apprise]\" and start again",
                              permanent=True) from None
        variable = self.options.url_env
        addresses = self._environment.get(variable, "").strip()
        if not addresses:
            raise self._error(f"environment variable {variable!r} is not set; set it and start again", permanent=True)
        asset = AppriseAsset(app_id="Goosh-be-zang", app_desc="Goosh-be-zang", async_mode=False, interpret_emojis=False,
                             interpret_escapes=False)
        asset.http_redirects = False  # a secret in a header or a body goes to nobody else
        logging.getLogger("apprise").setLevel(logging.INFO)  # below that it writes whole addresses
        found = Apprise(asset=asset)
        if not found.add(addresses) or not len(found):
            raise self._error(f"not all of {variable!r} is addresses of Apprise's; mend it", permanent=True)
        return [Apprise(service, asset=asset) for service in found]

    def _error(self, what: str, *, permanent: bool = False) -> NotifyError:
        return NotifyError(self.name, f"apprise: {what}", permanent=permanent)


def _type(message: Message) -> str:
    if message.reason is Reason.RESOLVED:
        return "success"
    return TYPES[message.alert.severity] if message.alert else "info"
