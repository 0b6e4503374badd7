"""What the configuration of a feed may hold: an address, or one of the presets that know how to write it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, Field, field_validator, model_validator

from listener.collectors.payload import known_zone

GOOGLE = "news.google.com"
COUNTRIES = {"fa": "IR", "en": "US", "ar": "AE", "tr": "TR", "de": "DE", "fr": "FR"}
"""Editions of Google News by their language; fa and en were seen in use, the others were not."""

Preset = Literal["google_news", "wordpress_comments", "discourse", "rsshub"]
FIELDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "google_news": (frozenset({"query"}), frozenset({"language", "country", "personal_use", "site"})),
    "wordpress_comments": (frozenset({"site"}), frozenset({"route", "paged"})),
    "discourse": (frozenset({"site"}), frozenset({"route"})),
    "rsshub": (frozenset({"site", "route"}), frozenset({"key_env"})),
}
"""What each preset needs, and what it may be given besides."""


class Options(BaseModel, frozen=True, extra="forbid"):
    url: str | None = Field(default=None, description="the feed's address")
    url_env: str | None = Field(default=None, description="environment variable that holds the address, when it is a secret")
    preset: Preset | None = Field(default=None, description="instead of an address: google_news (query), wordpress_comments "
                                                            "(site), discourse (site), rsshub (site and route)")
    query: str | None = Field(default=None, min_length=1, max_length=500, description='google_news: what to search; "phrase", OR, '
                              '-word, site:, intitle:, when:1d. Write a Persian name in each of its spellings, joined by OR')
    language: str = Field(default="fa", pattern=r"^[a-z]{2,3}$", description="google_news: language of the edition")
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$", description="google_news: its country, as IR or US")
    personal_use: bool = Field(default=False, description="google_news: you read for yourself and not for a business, "
                                                          "which is all that the feed's own terms allow")
    site: str | None = Field(default=None, description="wordpress_comments, discourse, rsshub: address of the site or instance")
    route: str | None = Field(default=None, pattern=r"^[^?#\s]+$", description="rsshub: 'telegram/channel/durov'; discourse: "
                              "'posts' (the default), 'latest', 'c/slug/5', 't/slug/9'; wordpress_comments: path of one post")
    key_env: str | None = Field(default=None, description="rsshub: environment variable that holds the instance's access key")
    backfill: bool = Field(default=False, description="at the first poll, read older pages too")
    paged: bool = Field(default=False, description="the feed is WordPress's: older pages are at ?paged=2, 3, …")
    max_pages: int = Field(default=20, ge=1, le=1000, description="pages one walk reads at most")
    timezone: str = Field(default="Asia/Tehran", description="zone of dates that name none (Jalali days)")

    @field_validator("url", "site")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"https?://[^/\s]", value.strip(), re.IGNORECASE):
            raise ValueError("is no web address; write it as 'https://example.org/feed/'")
        return value.strip() if value else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return known_zone(value)

    @model_validator(mode="after")
    def _one_address(self) -> Options:
        if sum(value is not None for value in (self.url, self.url_env, self.preset)) != 1:
            raise ValueError("exactly one of url & url_env & preset must be set")
        needed, allowed = FIELDS.get(self.preset or "", (frozenset[str](), frozenset({"personal_use", "paged"})))
        told = self.model_fields_set & {"query", "country", "personal_use", "site", "route", "key_env", "paged"}
        if missing := sorted(name for name in needed if not getattr(self, name)):
            raise ValueError(f"preset {self.preset!r} needs {' and '.join(missing)}")
        if strange := sorted(told - needed - allowed):
            where = f"to preset {self.preset!r}" if self.preset else "beside url"
            raise ValueError(f"{' and '.join(strange)} means nothing {where}")
        if self.preset == "google_news" and self.country is None and self.language not in COUNTRIES:
            raise ValueError(f"no country is known for the language {self.language!r}; write country = 'XX' too")
        return self

    @property
    def walks_pages(self) -> bool:
        """Whether older pages are at ``?paged=2``."""
        return self.paged or self.preset == "wordpress_comments"

    @property
    def secret(self) -> str | None:
        """Name of the environment variable that makes the address a secret."""
        return self.url_env or self.key_env

    def public_address(self) -> str | None:
        """Return the address without its secret, or None where it is one as a whole."""
        site, route = (self.site or "").rstrip("/"), (self.route or "").strip("/")
        if self.preset == "google_news":
            country = self.country or COUNTRIES[self.language]
            # The three must agree, or another edition answers.
            edition = {"hl": f"en-{country}" if self.language == "en" else self.language, "gl": country,
                       "ceid": f"{country}:{self.language}"}
            return f"{site or f'https://{GOOGLE}'}/rss/search?{urlencode({'q': self.query, **edition})}"
        if self.preset == "wordpress_comments":
            return f"{site}/{f'{route}/feed/' if route else 'comments/feed/'}"
        if self.preset == "discourse":
            return f"{site}/{(route or 'posts').removesuffix('.rss')}.rss"
        return f"{site}/{route}" if self.preset == "rsshub" else self.url

    def address(self) -> str:
        """Return the address to ask. Raises: KeyError with the name of the environment variable that is not set."""
        public = self.public_address()
        if self.secret is None:
            assert public is not None  # by the validator
            return public
        secret = os.environ.get(self.secret)
        if not secret:
            raise KeyError(self.secret)
        return secret if public is None else f"{public}?{urlencode({'key': secret})}"

    @property
    def is_google_news(self) -> bool:
        return self.preset == "google_news" or (urlsplit(self.url or "").hostname or "").lower() == GOOGLE
