"""The public page of an Eitaa channel."""

from __future__ import annotations

import html
from typing import Any

from werkzeug import Request, Response

from tests.listener.collectors.hosts.host import Host


class Eitaa(Host):
    kind = "eitaa"
    fields = ("etme_widget_message", "etme_widget_message_text", "div")
    markup = True
    tells_deletions = True

    def options(self) -> dict[str, Any]:
        return {"channel": "samplechannel", "base_url": self.server.url_for("/").rstrip("/"), "pause": 0}

    def show(self, request: Request) -> Response:
        before = int(request.args.get("before", 10**9))
        shown = [post for post in self.posts if post.number < before][-self.page:]
        rows = "".join(
            f'<div class="etme_widget_message_wrap" id="{post.number}"><div class="etme_widget_message js-widget_message">'
            f'<div class="etme_widget_message_bubble">'
            f'<div class="etme_widget_message_text js-message_text">{html.escape(post.text)}</div>'
            f'<span class="etme_widget_message_views" data-count="{1000 + post.likes}">۱ هزار</span>'
            f'<span class="etme_widget_message_meta"><a class="etme_widget_message_date" href="/samplechannel/{post.number}">'
            f'<time class="time" datetime="{post.published_at.isoformat()}">x</time></a></span></div></div></div>'
            for post in shown)
        return Response(
            '<!DOCTYPE html><html><body><div class="etme_channel_info_header_title"><span>سارا</span></div>'
            f'<span class="counter_value">۱۲ هزار</span><section>{rows}</section></body></html>', content_type="text/html; charset=utf-8")
