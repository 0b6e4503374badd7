"""A small local web that shows, at any instant of the demonstration's clock, what its sources have published by then.

Five formats, as the real ones write them: RSS 2.0 in windows with ``?paged=``, Atom with ``rel="next"``, JSON Feed with
``next_url`` and ratings, a Mastodon hashtag and local timeline, the web preview of a Telegram channel. Counts grow with the
clock; validators (ETag, Last-Modified) change exactly when content does; one source limits its readers, one breaks for hours.

``Site.answer`` decides and touches nothing; ``DemoServer`` puts it behind a socket of 127.0.0.1. Instants in headers (``Date``,
``X-RateLimit-Reset``) are the clock's, not the machine's.

    GET /khan/feed/[?paged=N]                       RSS
    GET /sofreh/feed.atom[?page=N]                  Atom
    GET /setareh/feed.json[?page=N]                 JSON Feed
    GET /api/v1/timelines/tag/TAG, …/public         Mastodon (limit, max_id, since_id, min_id, any[])
    GET /api/v1/statuses/ID, /api/v2/instance       one status; what the instance allows
    GET /s/CHANNEL[?before=ID | ?after=ID | ?q=…]   Telegram preview
    GET /SOURCE/SLUG                                one post, for people who follow a link
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self, cast
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit
from xml.sax.saxutils import escape as xml_escape
from xml.sax.saxutils import quoteattr

from listener.demo.scenario import DROPPED, OUTAGE, TEHRAN, THROTTLED, DemoSource, Play, Published, Scenario, Window

RSS_WINDOW = 20  # as WordPress sites that set it above their default of 10
ATOM_WINDOW = 25
JSON_WINDOW = 15
TELEGRAM_WINDOW = 20
STATUSES, MOST_STATUSES = 20, 40  # Mastodon's default and largest limit
RATE_LIMIT, RATE_WINDOW = 300, timedelta(minutes=5)  # Mastodon's own
FIRST_MESSAGE = 4100  # a channel has a history before the scenario
HASHTAG = re.compile(r"#([\w\u200c]+)")


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, or a connection dropped without one."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    dropped: bool = False


@dataclass
class Site:
    """All demo sources behind one address. Thread-safe; remembers nothing but who asked how often."""

    play: Play
    base: str = "http://127.0.0.1"
    outages: tuple[Window, ...] = (OUTAGE,)
    drops: tuple[Window, ...] = (DROPPED,)
    throttles: tuple[Window, ...] = (THROTTLED,)
    retry_after: int = 0  # seconds of the reader's own clock, which the demonstration's runs far ahead of: next round will do
    rate_limit: int = RATE_LIMIT
    _asked: deque[datetime] = field(default_factory=deque, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def answer(self, target: str, headers: Mapping[str, str], now: datetime) -> Answer:
        """Return what a GET of ``target`` (path and query) yields at ``now``."""
        parts = urlsplit(target)
        path, query = unquote(parts.path), {key: values[-1] for key, values in parse_qs(parts.query).items()}
        many = parse_qs(parts.query)
        source = self._source_of(path)
        if source is None:
            return _text(404, "not found")
        offset = self.play.offset(now)
        if any(window.covers(source.name, offset) for window in self.drops):
            return Answer(0, dropped=True)
        if any(window.covers(source.name, offset) for window in self.outages):
            return Answer(503, b"<html><body><h1>503 Service Unavailable</h1></body></html>", {"Content-Type": "text/html"})
        if any(window.covers(source.name, offset) for window in self.throttles):
            return Answer(429, b'{"error": "too many requests"}',
                          {"Content-Type": "application/json", "Retry-After": str(self.retry_after)})
        if source.format == "mastodon":
            return self._mastodon(source, path, query, many, headers, now)
        shown = self.play.published(source.name, now)
        if source.format == "telegram":
            if path != f"/s/{source.name}":
                return self._page(source, path, shown, now)
            return _revalidated(_html(200, self._telegram(source, shown, query, now)), headers)
        page = _whole_number(query.get("paged" if source.format == "rss" else "page"), 1)
        if source.format == "rss" and path.rstrip("/") == f"/{source.name}/feed":
            return self._feed(source, shown, page, RSS_WINDOW, "application/rss+xml; charset=UTF-8", self._rss, headers, now)
        if source.format == "atom" and path == f"/{source.name}/feed.atom":
            return self._feed(source, shown, page, ATOM_WINDOW, "application/atom+xml; charset=utf-8", self._atom, headers, now)
        if source.format == "jsonfeed" and path == f"/{source.name}/feed.json":
            return self._feed(source, shown, page, JSON_WINDOW, "application/feed+json", self._json_feed, headers, now)
        return self._page(source, path, shown, now)

    def _source_of(self, path: str) -> DemoSource | None:
        sources = {source.name: source for source in self.play.sources}
        first, _, rest = path.strip("/").partition("/")
        if first == "s":
            return sources.get(rest.strip("/"))
        if first in ("api", "tags") or first.startswith("@"):
            return next((source for source in self.play.sources if source.format == "mastodon"), None)
        return sources.get(first)

    def url(self, published: Published) -> str:
        """Return where a person reads this post."""
        return f"{self.base}/{published.post.source}/{quote(published.post.slug)}"

    # feeds -----------------------------------------------------------------------------------------------------------

    def _feed(self, source: DemoSource, shown: Sequence[Published], page: int, size: int, content_type: str,
              write: Callable[[DemoSource, Sequence[Published], int, bool, datetime], str],
              headers: Mapping[str, str], now: datetime) -> Answer:
        newest_first = list(reversed(shown))
        window = newest_first[(page - 1) * size:page * size]
        more = len(newest_first) > page * size
        body = write(source, window, page, more, now).encode()
        if page > 1 and not window:
            return Answer(404, body, {"Content-Type": content_type})  # WordPress: a feed body with a 404
        answer = Answer(200, body, {"Content-Type": content_type, "Last-Modified": _http_date(self._changed_at(window, now))})
        return _revalidated(answer, headers)

    def _changed_at(self, window: Sequence[Published], now: datetime) -> datetime:
        """Return when what these posts show last changed: a publication, or a count of comments going up."""
        instants = [self.play.start]
        for published in window:
            growth = published.post.growth
            instants.append(published.at + growth.changed_after(now - published.at, growth.final.comments))
        return max(instants)

    def _rss(self, source: DemoSource, window: Sequence[Published], page: int, more: bool, now: datetime) -> str:
        home = f"{self.base}/{source.name}"
        items = "".join(self._rss_item(published, now) for published in window)
        built = format_datetime(max((published.at for published in window), default=self.play.start).astimezone(TEHRAN))
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"\n'
            '\txmlns:content="http://purl.org/rss/1.0/modules/content/"\n\txmlns:dc="http://purl.org/dc/elements/1.1/"\n'
            '\txmlns:atom="http://www.w3.org/2005/Atom"\n\txmlns:slash="http://purl.org/rss/1.0/modules/slash/">\n<channel>\n'
            f'\t<title>{xml_escape(source.title)}</title>\n'
            f'\t<atom:link href={quoteattr(home + "/feed/")} rel="self" type="application/rss+xml" />\n'
            f'\t<link>{home}</link>\n\t<description>گزیده‌ی خبرهای بازار، از رسانه‌های گوناگون</description>\n'
            f'\t<lastBuildDate>{built}</lastBuildDate>\n\t<language>fa-IR</language>\n{items}</channel>\n</rss>\n')

    def _rss_item(self, published: Published, now: datetime) -> str:
        post, counts = published.post, published.counts(now)
        outlet = f'\t\t<source url="https://{post.handle}.example/">{xml_escape(post.name or "")}</source>\n' if post.handle else ""
        comments = f"\t\t<slash:comments>{counts.comments}</slash:comments>\n" if counts.comments is not None else ""
        teaser = post.text.split("\n")[0]
        return (
            f"\t<item>\n\t\t<title>{xml_escape(post.title or '')}</title>\n\t\t<link>{self.url(published)}</link>\n"
            f"\t\t<dc:creator><![CDATA[{_cdata(post.name or '')}]]></dc:creator>\n"
            f"\t\t<pubDate>{format_datetime(published.at.astimezone(TEHRAN))}</pubDate>\n"
            f'\t\t<guid isPermaLink="false">{post.source}-{post.id}</guid>\n{outlet}'
            f"\t\t<description><![CDATA[{_cdata(escape(teaser, quote=False))}]]></description>\n"
            f"\t\t<content:encoded><![CDATA[{_cdata(_paragraphs(post.text))}]]></content:encoded>\n{comments}\t</item>\n")

    def _atom(self, source: DemoSource, window: Sequence[Published], page: int, more: bool, now: datetime) -> str:
        feed = f"{self.base}/{source.name}/feed.atom"
        following = f'  <link rel="next" href="{feed}?page={page + 1}"/>\n' if more else ""
        entries = "".join(self._atom_entry(published, now) for published in window)
        updated = _iso(max((published.at for published in window), default=self.play.start))
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
            'xmlns:thr="http://purl.org/syndication/thread/1.0" xmlns:slash="http://purl.org/rss/1.0/modules/slash/">\n'
            f"  <title>{xml_escape(source.title)}</title>\n  <id>tag:{source.name}.example,2024:feed</id>\n"
            f'  <updated>{updated}</updated>\n  <link rel="self" href="{feed}"/>\n{following}{entries}</feed>\n')

    def _atom_entry(self, published: Published, now: datetime) -> str:
        post, counts = published.post, published.counts(now)
        title = post.title or "پاسخ"
        author = f"    <author><name>{xml_escape(post.name)}</name><uri>https://{post.source}.example/u/{quote(post.handle or '')}</uri></author>\n" \
            if post.name else ""
        reply = f'    <thr:in-reply-to ref="tag:{post.source}.example,2024:{post.in_reply_to}"/>\n' if post.in_reply_to else ""
        replies = f"    <slash:comments>{counts.comments}</slash:comments>\n" if counts.comments is not None else ""
        return (
            f"  <entry>\n    <title>{xml_escape(title)}</title>\n    <id>tag:{post.source}.example,2024:{post.id}</id>\n"
            f'    <link rel="alternate" href={quoteattr(self.url(published))}/>\n'
            f"    <published>{_iso(published.at)}</published>\n    <updated>{_iso(published.at)}</updated>\n{author}{reply}"
            f'    <content type="html">{xml_escape(_paragraphs(post.text))}</content>\n{replies}  </entry>\n')

    def _json_feed(self, source: DemoSource, window: Sequence[Published], page: int, more: bool, now: datetime) -> str:
        feed = f"{self.base}/{source.name}/feed.json"
        document: dict[str, Any] = {
            "version": "https://jsonfeed.org/version/1.1", "title": source.title, "home_page_url": f"{self.base}/{source.name}",
            "feed_url": feed,
        }
        if more:
            document["next_url"] = f"{feed}?page={page + 1}"
        document["items"] = [self._json_item(published, now) for published in window]
        return json.dumps(document, ensure_ascii=False, indent=1)

    def _json_item(self, published: Published, now: datetime) -> dict[str, Any]:
        post, counts = published.post, published.counts(now)
        item: dict[str, Any] = {
            "id": f"{post.source}:{post.id}", "url": self.url(published), "content_text": post.text,
            "date_published": published.at.astimezone(TEHRAN).isoformat(timespec="seconds"),
        }
        if post.title:
            item["title"] = post.title
        if post.name:
            item["authors"] = [{"name": post.name}]
        if post.rating is not None:
            item["rating"] = post.rating
            item["_review"] = {"about": "https://setareh.example/about-ratings", "rating": post.rating, "best": 5,
                               "helpful": counts.likes}
        return item

    # Mastodon --------------------------------------------------------------------------------------------------------

    def _mastodon(self, source: DemoSource, path: str, query: Mapping[str, str], many: Mapping[str, list[str]],
                  headers: Mapping[str, str], now: datetime) -> Answer:
        shown = self.play.published(source.name, now)
        if path == "/api/v2/instance":
            return _json(200, {"domain": "koocheh.example", "title": source.title, "version": "4.6.4",
                               "configuration": {"timelines_access": {feed: {"local": "public", "remote": "public"}
                                                                      for feed in ("live_feeds", "hashtag_feeds")}}})
        if one := re.fullmatch(r"/api/v1/statuses/(\d+)", path):
            found = next((published for published in shown if _status_id(published) == one[1]), None)
            return _json(200, self._status(found, now)) if found else _json(404, {"error": "Record not found"})
        tag = re.fullmatch(r"/api/v1/timelines/tag/([^/]+)", path)
        if tag is None and path != "/api/v1/timelines/public":
            return _json(404, {"error": "Record not found"}) if path.startswith("/api") else self._page(source, path, shown, now)
        allowed, limits = self._rate(now)
        if not allowed:
            return _json(429, {"error": "Too many requests"}, limits)
        if tag:
            wanted = {_tag_key(name) for name in [tag[1], *many.get("any[]", [])]}
            shown = [published for published in shown if wanted & {_tag_key(name) for name in HASHTAG.findall(published.post.text)}]
        limit = min(max(_whole_number(query.get("limit"), STATUSES), 1), MOST_STATUSES)
        page = _page_of(shown, query, limit)
        answer = _json(200, [self._status(published, now) for published in page], limits)
        if page:
            address = f"{self.base}{quote(path)}"
            keep = [(key, value) for key in ("any[]", "local") for value in many.get(key, [])] + [("limit", str(limit))]
            older = urlencode([*keep, ("max_id", _status_id(page[-1]))])
            newer = urlencode([*keep, ("min_id", _status_id(page[0]))])
            link = f'<{address}?{older}>; rel="next", <{address}?{newer}>; rel="prev"'
            answer = Answer(answer.status, answer.body, {**answer.headers, "Link": link})
        return _revalidated(answer, headers)

    def _rate(self, now: datetime) -> tuple[bool, dict[str, str]]:
        with self._lock:
            while self._asked and (self._asked[0] <= now - RATE_WINDOW or self._asked[0] > now):
                self._asked.popleft()
            allowed = len(self._asked) < self.rate_limit
            if allowed:
                self._asked.append(now)
            reset = (self._asked[0] if self._asked else now) + RATE_WINDOW
            headers = {"X-RateLimit-Limit": str(self.rate_limit), "X-RateLimit-Remaining": str(self.rate_limit - len(self._asked)),
                       "X-RateLimit-Reset": reset.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")}
        if not allowed:
            headers["Retry-After"] = str(int((reset - now).total_seconds()) + 1)
        return allowed, headers

    def _status(self, published: Published, now: datetime, *, quoted: bool = False) -> dict[str, Any]:
        post, counts = published.post, published.counts(now)
        parent = self.play.by_id.get(post.in_reply_to or "")
        reshared = self.play.by_id.get(post.reshare_of or "")
        tags = list(dict.fromkeys(HASHTAG.findall(post.text)))
        return {
            "id": _status_id(published), "created_at": _iso(published.at, "milliseconds"), "edited_at": None,
            "in_reply_to_id": _status_id(parent) if parent else None,
            "in_reply_to_account_id": _account_id(parent.post.handle) if parent else None,
            "sensitive": False, "spoiler_text": "", "visibility": "public",
            "language": {"fa": "fa", "en": "en"}.get(post.language),
            "uri": f"https://koocheh.example/users/{post.handle}/statuses/{_status_id(published)}", "url": self.url(published),
            "replies_count": counts.comments or 0, "reblogs_count": counts.shares or 0, "favourites_count": counts.likes or 0,
            "quotes_count": 0, "content": self._status_html(post.text), "reblog": None,
            "quote": {"state": "accepted", "quoted_status": self._status(reshared, now, quoted=True)}
            if reshared and not quoted else None,
            "account": {
                "id": _account_id(post.handle), "username": post.handle, "acct": post.handle, "display_name": post.name,
                "locked": False, "bot": False, "discoverable": True, "indexable": True, "group": False, "noindex": False,
                "created_at": "2023-02-14T00:00:00.000Z", "note": "", "url": f"https://koocheh.example/@{post.handle}", "uri": f"https://koocheh.example/users/{post.handle}",
                "avatar": "", "avatar_static": "", "header": "", "header_static": "", "followers_count": post.followers or 0, "following_count": 180, "statuses_count": 640,
                "emojis": [], "fields": [],
            },
            "media_attachments": [], "mentions": [], "emojis": [], "card": None, "poll": None,
            "tags": [{"name": tag, "url": f"{self.base}/tags/{quote(tag)}"} for tag in tags],
        }

    def _status_html(self, text: str) -> str:
        def tag(match: re.Match[str]) -> str:
            return f'<a href="{self.base}/tags/{quote(match[1])}" class="mention hashtag" rel="tag">#<span>{match[1]}</span></a>'

        paragraphs = HASHTAG.sub(tag, escape(text, quote=False)).split("\n\n")
        return "".join(f"<p>{paragraph.replace(chr(10), '<br />')}</p>" for paragraph in paragraphs)

    # Telegram --------------------------------------------------------------------------------------------------------

    def _telegram(self, source: DemoSource, shown: Sequence[Published], query: Mapping[str, str], now: datetime) -> str:
        messages = [(FIRST_MESSAGE + index + index // 7, published)  # ids have gaps: service messages, deleted ones
                    for index, published in enumerate(shown, 1)]
        if "q" in query:
            messages = [message for message in messages if query["q"].casefold() in message[1].post.text.casefold()]
        if "after" in query:
            after = _whole_number(query["after"], 0)
            messages = [message for message in messages if message[0] > after][:TELEGRAM_WINDOW]
            older = bool(messages)
        else:
            before = _whole_number(query.get("before"), 0)
            messages = [message for message in messages if not before or message[0] < before]
            older = len(messages) > TELEGRAM_WINDOW
            messages = messages[-TELEGRAM_WINDOW:]
        more = ""
        if older:
            first = messages[0][0]
            more = (f'<div class="tgme_widget_message_centered js-messages_more_wrap"><a href="/s/{source.name}?before={first}" '
                    f'class="tme_messages_more js-messages_more" data-before="{first}"></a></div>')
        title = escape(source.title)
        body = "".join(self._message(source, number, published, now) for number, published in messages)
        return (
            f'<!DOCTYPE html>\n<html>\n<head><meta charset="utf-8"><title>{title} – Telegram</title>'
            f'<meta property="og:title" content="{title}"></head>\n<body class="widget_frame_base tgme_widget body_widget_post">\n'
            '<div class="tgme_channel_info">\n<div class="tgme_channel_info_header">'
            f'<div class="tgme_channel_info_header_title"><span dir="auto">{title}</span></div>'
            f'<div class="tgme_channel_info_header_username"><a href="https://t.me/{source.name}">@{source.name}</a></div></div>\n'
            '<div class="tgme_channel_info_counters"><div class="tgme_channel_info_counter">'
            f'<span class="counter_value">{_short(source.followers or 0)}</span> <span class="counter_type">subscribers</span>'
            f'</div></div>\n</div>\n<section class="tgme_channel_history js-message_history">\n{more}{body}</section>\n</body></html>\n')

    def _message(self, source: DemoSource, number: int, published: Published, now: datetime) -> str:
        post, counts = published.post, published.counts(now)
        place = f"{source.name}/{number}"
        forwarded = (
            '<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from&nbsp;'
            f'<a class="tgme_widget_message_forwarded_from_name" href="https://t.me/{escape(post.forwarded_from)}">'
            f'<span dir="auto">{escape(post.forwarded_from)}</span></a></div>' if post.forwarded_from else "")
        reactions = (
            '<div class="tgme_widget_message_reactions js-message_reactions"><span class="tgme_reaction">'
            '<i class="emoji" style="background-image:url(\'//telegram.org/img/emoji/40/E29DA4.png\')"><b>❤</b></i>'
            f'{_short(counts.likes)}</span></div>' if counts.likes else "")
        views = (f'<span class="tgme_widget_message_views">{_short(counts.views)}</span><span class="copyonly"> views</span>'
                 if counts.views is not None else "")
        return (
            '<div class="tgme_widget_message_wrap js-widget_message_wrap"><div class="tgme_widget_message text_not_supported_wrap '
            f'js-widget_message" data-post="{place}">\n<div class="tgme_widget_message_bubble">'
            '<div class="tgme_widget_message_author accent_color"><a class="tgme_widget_message_owner_name" '
            f'href="https://t.me/{source.name}"><span dir="auto">{escape(source.title)}</span></a></div>{forwarded}\n'
            f'<div class="tgme_widget_message_text js-message_text" dir="auto">{_telegram_html(post.text)}</div>\n{reactions}'
            '<div class="tgme_widget_message_footer compact js-message_footer"><div class="tgme_widget_message_info short '
            f'js-message_info">{views}<span class="tgme_widget_message_meta"><a class="tgme_widget_message_date" '
            f'href="{self.url(published)}"><time datetime="{published.at.astimezone(UTC).isoformat(timespec="seconds")}" class="time">'
            f'{published.at.astimezone(UTC):%H:%M}</time></a></span></div></div>\n</div></div></div>\n')

    # one post --------------------------------------------------------------------------------------------------------

    def _page(self, source: DemoSource, path: str, shown: Sequence[Published], now: datetime) -> Answer:
        slug = path.rsplit("/", 1)[-1]
        found = next((published for published in shown if published.post.slug == slug), None)
        if found is None:
            return _text(404, "not found")
        post = found.post
        who = escape(post.name or source.title)
        when = found.at.astimezone(TEHRAN).strftime("%Y-%m-%d %H:%M")
        return _html(200, f'<!DOCTYPE html><html dir="auto"><head><meta charset="utf-8"><title>{escape(post.title or source.title)}'
                          f"</title></head><body><article dir=\"auto\"><h1>{escape(post.title or '')}</h1><p>{who} · {when}</p>"
                          f"{_paragraphs(post.text)}</article></body></html>\n")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site  # set once the port is known, which its addresses name


class DemoServer:
    """The scenario's site behind a socket of this machine. Use as a context manager; ``url`` has no slash at its end.

    ``start`` is a Tehran midnight (``Scenario.start_before``); ``clock`` says what time it is in the scenario.
    """

    def __init__(self, scenario: Scenario, *, start: datetime, clock: Callable[[], datetime], port: int = 0, **site: Any) -> None:
        self._server = _Server(("127.0.0.1", port), _handler(clock))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.site = self._server.site = Site(scenario.play(start), self.url, **site)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="demo-server", daemon=True)

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop answering and free the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> Literal[False]:
        self.stop()
        return False


def _handler(clock: Callable[[], datetime]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        server: _Server
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: apart, each answer waits 40 ms for a delayed acknowledgement
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            now = clock()
            answer = self.server.site.answer(self.path, cast(Mapping[str, str], self.headers), now)  # a message is no Mapping to the checker
            if answer.dropped:
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            self.send_header("Server", "goosh-demo")
            self.send_header("Date", _http_date(now))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 304:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if answer.status != 304 and self.command != "HEAD":
                self.wfile.write(answer.body)

        do_HEAD = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Requests of a demonstration are no news."""

    return Handler


def _revalidated(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """Add the ETag, and answer 304 where the reader already has this content."""
    tag = f'"{hashlib.sha256(answer.body).hexdigest()[:24]}"'
    answer = Answer(answer.status, answer.body, {**answer.headers, "ETag": tag})
    known, since, modified = headers.get("If-None-Match"), headers.get("If-Modified-Since"), answer.headers.get("Last-Modified")
    if known is not None:
        same = known.strip() == "*" or tag in [candidate.strip().removeprefix("W/") for candidate in known.split(",")]
    else:
        same = bool(since and modified) and _not_after(modified or "", since or "")
    if not same:
        return answer
    kept = {name: value for name, value in answer.headers.items() if name != "Content-Type"}
    return Answer(304, b"", kept)


def _not_after(modified: str, since: str) -> bool:
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


def _page_of(shown: Sequence[Published], query: Mapping[str, str], limit: int) -> list[Published]:
    """Return a page of a timeline, newest first, by Mastodon's rules: ``min_id`` walks forward, ``since_id`` keeps the newest."""
    below = _whole_number(query.get("max_id"), 0)
    above = max(_whole_number(query.get("min_id"), 0), _whole_number(query.get("since_id"), 0))
    within = sorted((published for published in shown
                     if int(_status_id(published)) > above and (not below or int(_status_id(published)) < below)),
                    key=lambda published: int(_status_id(published)))  # two posts of one second stand in the order of their ids
    chosen = within[:limit] if "min_id" in query else within[-limit:]
    return list(reversed(chosen))


def _status_id(published: Published) -> str:
    """Return a snowflake as Mastodon makes them: milliseconds, then 16 bits that tell posts of one instant apart."""
    low = int(hashlib.sha256(published.post.id.encode()).hexdigest()[:4], 16)
    return str((int(published.at.timestamp() * 1000) << 16) | low)


def _account_id(handle: str | None) -> str:
    return str(10**17 + int(hashlib.sha256((handle or "").encode()).hexdigest()[:12], 16))


def _tag_key(name: str) -> str:
    return name.replace("\u200c", "").casefold()


def _short(count: int) -> str:
    """Return a count as Telegram's preview shows it: 981, 1.2K, 41.2K, 3.4M."""
    for size, letter in ((1_000_000, "M"), (1_000, "K")):
        if count >= size:
            written = f"{int(count / size * 100) / 100:.2f}" if count < 10 * size else f"{int(count / size * 10) / 10:.1f}"
            return written.rstrip("0").rstrip(".") + letter
    return str(count)


def _telegram_html(text: str) -> str:
    def tag(match: re.Match[str]) -> str:
        return f'<a href="?q=%23{quote(match[1])}">#{match[1]}</a>'

    return HASHTAG.sub(tag, escape(text, quote=False)).replace("\n", "<br/>")


def _paragraphs(text: str) -> str:
    return "\n".join(f"<p>{escape(paragraph, quote=False).replace(chr(10), '<br />')}</p>" for paragraph in text.split("\n\n"))


def _cdata(text: str) -> str:
    return text.replace("]]>", "]]]]><![CDATA[>")


def _iso(at: datetime, precision: str = "seconds") -> str:
    return at.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def _http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)


def _whole_number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else otherwise


def _json(status: int, document: object, headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps(document, ensure_ascii=False).encode()
    return Answer(status, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


def _html(status: int, page: str) -> Answer:
    return Answer(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


def _text(status: int, line: str) -> Answer:
    return Answer(status, line.encode(), {"Content-Type": "text/plain; charset=utf-8"})
