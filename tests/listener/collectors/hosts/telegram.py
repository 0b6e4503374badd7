"""The public preview of a Telegram channel."""

from __future__ import annotations

import html
from typing import Any

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host


class Telegram(Host):
    kind = "telegram"
    fields = ("tgme_widget_message", "tgme_widget_message_text", "data-post", "div")
    markup = True
    tells_deletions = True

    def options(self) -> dict[str, Any]:
        return {"channel": "samplechannel", "base_url": self.server.url_for("/").rstrip("/"), "pause": 0}

    def show(self, request: Request) -> Response:
        before = int(request.args.get("before", 10**9))
        older = [post for post in self.posts if post.number < before]
        shown = older[-self.page:]
        more = (f'<a class="tme_messages_more js-messages_more" data-before="{shown[0].number}" href="#"></a>'
                if len(older) > self.page else "")
        rows = "".join(
            f'<div class="tgme_widget_message_wrap">'
            f'<div class="tgme_widget_message js-widget_message" data-post="samplechannel/{post.number}">'
            f'<div class="tgme_widget_message_text js-message_text" dir="auto">{html.escape(post.text)}</div>'
            f'<span class="tgme_widget_message_views">{1000 + post.likes}</span><span class="tgme_widget_message_meta">'
            f'<a class="tgme_widget_message_date" href="https://t.me/samplechannel/{post.number}">'
            f'<time datetime="{post.published_at.isoformat()}">x</time></a></span></div></div>'
            for post in shown
        )
        return Response(
            f'<!DOCTYPE html><html><body><section class="tgme_channel_history">{more}{rows}</section></body></html>',
            content_type="text/html; charset=utf-8",
        )
