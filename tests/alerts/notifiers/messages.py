"""Messages to send: an ordinary one, and the worst that the web writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from alerts.wording import compose
from listener.types import Alert, AlertState, MentionKey, Message, Reason, Severity
from tests.alerts.world import HOUR, SATURDAY, a_scored

HOSTILE = ("\x1b[31mred\x1b[0m \x07[bold]not bold[/bold] :smile: \u202eevil {braces} %s \udcff\x00 "
           "<script>alert(1)</script> \x9b2J")
HOSTILES = {
    "controls and markup": HOSTILE,
    "a header of its own": "a\r\nBcc: everyone@evil.test\r\n\r\n<b>body</b>",
    "directions of Persian": "\u202b\u200f«سلام»\u202c \u2067دیجی‌کالا\u2069 \u2066x\u2069 \u202eabc\u2069",
    "emoji": "👩‍👩‍👧‍👦 😡🔥🇮🇷 \U0001f3f4\U000e0067\U000e0062\U000e007f",
    "a line of 100 KB": "سفارش <b>&amp; " * 7_000,
    "a hidden link": '[پشتیبانی](https://evil.test) <a href="https://evil.test">x</a> <img src=https://evil.test/p.png>',
    "nothing": "",
}


def a_message(text: str = "سفارشم نرسید", *, language: Any = "fa", reason: Reason = Reason.FIRST, **fields: Any) -> Message:
    alert = replace(Alert("spike", "چابک‌سبد", SATURDAY, SATURDAY + HOUR, 31.0, 3.2, Severity.P1, AlertState.FIRING,
                          (MentionKey("x", "1"),), {"seen": 31, "window": 3600}, updated_at=SATURDAY + HOUR), **fields)
    message = compose(alert, reason, [a_scored("1", text, author=text)], language=language, url="https://board.test/a?alert=1",
                      sources=[text])
    # whatever a rule or a later wording lets through, a notifier still is the last door
    return replace(message, title=message.title + text, lines=(*message.lines, text))
