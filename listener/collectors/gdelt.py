"""News of the world by GDELT's article search: headlines of some hundred thousand outlets, Persian ones among them.

Endpoint: ``GET https://api.gdeltproject.org/api/v2/doc/doc?query=…&mode=artlist&format=json``.
Docs: https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/    Auth: none.    Cost: none.
Limits: one request in five seconds, and 429 whenever the service sheds load, even to a first request. At most 250 articles
an answer and no pages, so that pages are cut by time; only the last three months can be searched.
Terms: free to use with a link to the GDELT Project.    Reach basis: none (no counts of any kind).

Query: ``"a phrase"``, ``(one OR other)``, ``domainis:example.com``, ``near5:"two words"``. Words are sought in the article and
in its machine translation into English: ask for a name in Persian and in English. A domain with a dash finds nothing.

An answer has no text and no author: the headline is the text. A time is when GDELT saw the article, by quarters of an hour.
An error is a sentence in HTTP 200, the JSON may hold characters that JSON forbids, and ``{}`` means that nothing was found.

Cursor: that of ``walk`` for each query; the token of a page is the second at which the page before ended.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from pydantic import BaseModel, Field, field_validator

from listener.calendar import parse_time
from listener.client import page_kind
from listener.collectors.network import NetworkCollector
from listener.collectors.payload import clean, mapping, native_id, placed, raw_of, short, web_url
from listener.collectors.walk import Page, Walk, in_turn
from listener.errors import CollectError
from listener.types import Batch, CoverageState, Cursor, Mention, Precision

KIND = "gdelt"
OVERLAP = timedelta(hours=3)  # articles are indexed some quarters of an hour late
FIRST = timedelta(days=1)  # how far back a first poll looks
DEPTH = timedelta(days=89)  # what is older cannot be searched
_STAMP = "%Y%m%d%H%M%S"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')
_REFUSED = re.compile(r"too (?:short|long|common)|invalid|illegal|parenthes|not (?:valid|recogni)", re.I)
_LANGUAGES = {
    "albanian": "sq", "arabic": "ar", "armenian": "hy", "azerbaijani": "az", "bengali": "bn", "bosnian": "bs",
    "bulgarian": "bg", "catalan": "ca", "chinese": "zh", "croatian": "hr", "czech": "cs", "danish": "da", "dutch": "nl",
    "english": "en", "estonian": "et", "finnish": "fi", "french": "fr", "georgian": "ka", "german": "de", "greek": "el",
    "gujarati": "gu", "hebrew": "he", "hindi": "hi", "hungarian": "hu", "icelandic": "is", "indonesian": "id",
    "italian": "it", "japanese": "ja", "kazakh": "kk", "korean": "ko", "kurdish": "ku", "latvian": "lv", "lithuanian": "lt",
    "macedonian": "mk", "malay": "ms", "malayalam": "ml", "marathi": "mr", "mongolian": "mn", "nepali": "ne",
    "norwegian": "no", "pashto": "ps", "persian": "fa", "polish": "pl", "portuguese": "pt", "punjabi": "pa", "romanian": "ro",
    "russian": "ru", "serbian": "sr", "sinhalese": "si", "slovak": "sk", "slovenian": "sl", "somali": "so", "spanish": "es",
    "swahili": "sw", "swedish": "sv", "tamil": "ta", "telugu": "te", "thai": "th", "turkish": "tr", "ukrainian": "uk",
    "urdu": "ur", "uzbek": "uz", "vietnamese": "vi",
}


class Options(BaseModel, frozen=True, extra="forbid"):
    queries: tuple[str, ...] = Field(min_length=1, max_length=10, description="what to look for: Persian, English")
    languages: tuple[str, ...] = Field(default=(), max_length=7, description="languages of the outlets, in English: persian")
    country: str | None = Field(default=None, pattern=r"^\w{2,40}$", description="country of the outlets, by GDELT's code: IR")
    backfill: bool = Field(default=False, description="at the first poll, search the last three months")
    max_pages: int = Field(default=20, ge=1, le=1000, description="requests a query takes at most in a poll")
    page_size: int = Field(default=250, ge=1, le=250, description="articles an answer holds at most")
    base_url: str = Field(default="https://api.gdeltproject.org", description="address of the search")
    pause: float = Field(default=5.0, ge=0, le=600, description="seconds between two requests")

    @field_validator("queries")
    @classmethod
    def _queries(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for query in value:
            if len(query.strip()) < 3:
                raise ValueError(f"{query!r} is too short; the search refuses words of under three letters")
        return tuple(dict.fromkeys(query.strip() for query in value))

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for language in value:
            if not re.fullmatch(r"[A-Za-z]{3,20}", language):
                raise ValueError(f"{language!r} is no language; write its English name: 'persian'")
        return value


def parse(payload: bytes, *, now: datetime) -> list[Mention]:
    """Return the articles of an answer. Raises: CollectError when the payload is none; a sentence of GDELT's is passed on."""
    return [mention for article in _articles(payload) if (mention := _article(article, now))]


def _articles(payload: bytes) -> list[dict[str, Any]]:
    data = _json(payload)
    if data == {}:
        return []
    articles = mapping(data).get("articles")
    if not isinstance(articles, list) or (articles and not any({"url", "seendate"} <= mapping(one).keys() for one in articles)):
        raise CollectError("", f"the answer has another shape than this program knows ({_described(articles or data)}); "
                               "look for a newer version")
    return [mapping(article) for article in articles]


def _json(payload: bytes) -> Any:
    text = payload.decode("utf-8", "replace").lstrip("\ufeff").strip()
    for written in (text, _BAD_ESCAPE.sub(r"\\\\", _CONTROLS.sub(" ", text))):
        try:
            return json.loads(written, strict=False)
        except (ValueError, RecursionError):
            continue
    page, said = page_kind(payload), short(_CONTROLS.sub(" ", text), 200)
    if page or not said or text[:1] in "{[":
        raise CollectError("", f"the answer is {page or 'not whole JSON'} and not a list of articles; "
                               + ("check the address, or whether it is blocked here" if page else "it is read again next time"))
    if "limit requests" in said:
        raise CollectError("", f"GDELT says {said!r}; retrying later", retry_after=timedelta(minutes=5))
    if _REFUSED.search(said):
        raise CollectError("", f"GDELT says {said!r}; change the queries of this source", permanent=True)
    raise CollectError("", f"GDELT says {said!r}; it is asked again next time")


def _described(data: Any) -> str:
    data = data[0] if isinstance(data, list) and data else data
    return "keys " + ", ".join(sorted(data)[:5]) if isinstance(data, dict) else f"a {type(data).__name__}"


def _article(article: Mapping[str, Any], now: datetime) -> Mention | None:
    url, headline = web_url(article.get("url")), clean(article.get("title")).strip()
    if not url or not headline:
        return None
    stated = parse_time(clean(article.get("seendate")), UTC)
    published, precision = placed(stated[0], Precision.MINUTE, now) if stated else (now, Precision.ESTIMATED)
    return Mention(
        kind=KIND, id=native_id(url), text=headline, url=url, published_at=published, precision=precision,
        language=_LANGUAGES.get(clean(article.get("language")).strip().lower()), outlet=short(article.get("domain")),
        raw=raw_of(article))


class GDELTCollector(NetworkCollector[Options]):
    """Reads the answers to some queries, one after the other."""

    kind = KIND
    experimental: ClassVar[bool] = True

    def collect(self, cursor: Cursor | None) -> Batch:
        """Return articles that are new or whose headline changed since ``cursor``. Raises: CollectError."""
        return in_turn({query: partial(self._query, query) for query in self._options.queries}, cursor)

    def _query(self, query: str, cursor: Cursor | None) -> Batch:
        options, now = self._options, self._now()
        asked = _asked(query, options)
        walk = Walk(f"{options.base_url} {asked}", OVERLAP, options.max_pages, options.backfill, source=self._label)
        since = max(walk.horizon(cursor) or now - (DEPTH if options.backfill else FIRST), now - DEPTH)
        crowded: list[str] = []

        def read(token: str | None) -> Page:
            until = token or now.strftime(_STAMP)
            answer = self._client.get(
                f"{options.base_url.rstrip('/')}/api/v2/doc/doc", source=self._label, accept="application/json",
                pace=timedelta(seconds=options.pause), params={
                    "query": asked, "mode": "artlist", "format": "json", "maxrecords": options.page_size, "sort": "datedesc",
                    "startdatetime": since.strftime(_STAMP), "enddatetime": until})
            articles = self._understood(answer, _articles)
            mentions = self._understood(answer, lambda payload: parse(payload, now=now))
            if len(articles) < options.page_size:
                return Page(mentions, None, len(articles), ended=True)
            following = _following(articles, until)
            if following is not None and following < until and _second(articles) == until:
                crowded.append(until)
            return Page(mentions, following, len(articles))

        batch = walk.collect(read, cursor, now)
        if not crowded:
            return batch
        reason = f"more than {options.page_size} articles bear the time {crowded[0]}, and no more are shown; narrow the query"
        return replace(batch, state=CoverageState.PARTIAL, overflow=True,
                       reason=f"{batch.reason}; {reason}" if batch.reason else reason)


def _asked(query: str, options: Options) -> str:
    grouped = f"({query})" if " OR " in query and "(" not in query else query  # GDELT wants alternatives in parentheses
    languages = [f"sourcelang:{language.lower()}" for language in options.languages]
    filters = [f"({' OR '.join(languages)})" if len(languages) > 1 else languages[0]] if languages else []
    return " ".join([grouped, *filters, *([f"sourcecountry:{options.country}"] if options.country else [])])


def _second(articles: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the second of the oldest article, as GDELT writes it in a query."""
    stated = [found[0] for article in articles if (found := parse_time(clean(article.get("seendate")), UTC))]
    return min(stated).strftime(_STAMP) if stated else None


def _following(articles: Sequence[Mapping[str, Any]], until: str) -> str | None:
    """Return the second to read on from. It is read again, since many articles share it, unless they fill a whole answer."""
    oldest = _second(articles)
    if oldest is None or oldest < until:
        return oldest
    return (datetime.strptime(until, _STAMP) - timedelta(seconds=1)).strftime(_STAMP)
