"""Messages through Apprise, which speaks to some hundred and seventy services: Slack, Matrix, ntfy, Gotify, Pushover, Discord …

Docs: https://github.com/caronc/apprise/wiki    Needs: ``pip install "gooshbezang[apprise]"``; loaded with the first message.
Auth: what each address holds; the addresses stand in the variable named by ``url_env``, with spaces or commas between.
Limits and cost: those of the services; Apprise shortens for some of them and waits between messages to one.

Apprise tells only that a message was taken or was not, never why: a wrong token looks like a service that is down. So every
failure is tried again, and its reason stands in the log under ``apprise``. Permanent are only an address that Apprise cannot
read, a variable that is not set, and Apprise missing. For a service that has a receiver of its own here, that one knows more.

Several addresses are asked one after the other; those that took a message do not get it again when it is tried once more for the
others (``NotifyError.left`` holds their places, and is stored with the delivery). A message is sent at least once; no key against copies reaches the services. What is still under way when
``timeout`` is over may arrive all the same.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field

from alerts.notifiers.deadline import within
from alerts.notifiers.plain import fitted
from listener.errors import NotifyError
from listener.types import Message, Reason, Severity

ROOM = 20_000  # characters; the services cut further
TYPES = {Severity.P1: "failure", Severity.P2: "warning", Severity.P3: "info"}


class Options(BaseModel, frozen=True, extra="forbid"):
    url_env: str = Field(description="variable with one or more addresses of Apprise, such as ntfys://ntfy.sh/topic")
    timeout: timedelta = Field(default=timedelta(seconds=30), gt=timedelta(0), le=timedelta(minutes=2),
                               description="for all addresses together")


class AppriseNotifier:
    kind = "apprise"

    def __init__(self, name: str, options: Options, *, environment: Mapping[str, str] = os.environ) -> None:
        self.name, self.options, self._environment = name, options, environment

    def send(self, message: Message) -> None:
        """Hand one message to every address. Raises: NotifyError, permanent only where the addresses cannot be used."""
        services = self._services()
        title, *lines = fitted(message, ROOM)
        asked = [place for place in range(len(services)) if not message.left or str(place) in message.left]
        taken: set[int] = set()

        def tell() -> None:
            for place in asked:
                if services[place].notify(title=title, body="\n".join(lines) or title, notify_type=_type(message),
                                          body_format="text"):
                    taken.add(place)

        try:
            within(self.options.timeout, tell)
        except TimeoutError:
            missed = [place for place in asked if place not in taken]
            raise self._error(f"no answer within {self.options.timeout.total_seconds():g} s from "
                              f"{len(missed)} of {len(services)} services", left=self._left(missed, services)) from None
        if missed := [place for place in asked if place not in taken]:
            raise self._error(f"{len(missed)} of {len(services)} services did not take it; Apprise says no more than that, "
                              "see its lines in the log", left=self._left(missed, services))

    def _left(self, missed: Sequence[int], services: Sequence[Any]) -> tuple[str, ...]:
        return tuple(map(str, missed)) if len(missed) < len(services) else ()

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

    def _error(self, what: str, *, permanent: bool = False, left: tuple[str, ...] = ()) -> NotifyError:
        return NotifyError(self.name, f"apprise: {what}", permanent=permanent, left=left)


def _type(message: Message) -> str:
    if message.reason is Reason.RESOLVED:
        return "success"
    if message.quiet:
        return "info"
    return TYPES[message.alert.severity] if message.alert else "info"
