"""Rows of a table, whatever file they stand in, as mentions. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, field_validator

from listener.calendar import parse_time
from listener.types import Author, Engagement, Mention, Precision
from listener.collectors.payload import clean, content_id, count, known_zone, language_tag, native_id, placed, short, web_url

FIELDS = (
    "id",
    "text",
    "published_at",
    "author",
    "followers",
    "likes",
    "shares",
    "comments",
    "views",
    "url",
    "language",
    "source",
    "title",
    "rating",
    "ours",
)


_ISO = re.compile(r"(?:19|20)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$")


_TELLING = ("author", "published_at", "url", "source")  # with text and title, what tells rows without an id apart
_NOTHING = frozenset({"nan", "null", "none", "n/a", "<na>"})  # what programs write into a cell where they have nothing


_YES = frozenset({"true", "yes", "y", "1", "1.0", "بله", "بلی", "آری"})
_NO = frozenset({"false", "no", "n", "0", "0.0", "خیر", "نه", ""}) | _NOTHING


class RowError(Exception):
    """A row that cannot be a mention; the message says why."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row. ``kept``: the row was usable all the same, one of its fields was not."""

    line: int  # 0: the whole file
    reason: str
    kept: bool = False


class Shape(BaseModel, frozen=True, extra="forbid"):
    """How the rows of a file are to be read."""

    map: dict[str, str] = Field(
        default_factory=dict, description='where a field stands in a row: published_at = "meta.created"'
    )
    timezone: str = Field(default="Asia/Tehran", description="zone of times that name none")
    rating_top: float = Field(default=5.0, gt=0, description="the best rating there is: 5 for stars")

    @field_validator("map")
    @classmethod
    def _known_fields(cls, value: dict[str, str]) -> dict[str, str]:
        for name, path in value.items():
            if name not in FIELDS:
                raise ValueError(f"unknown field {name!r}; known: {', '.join(FIELDS)}")
            if not path.strip():
                raise ValueError(f"{name!r} is mapped to nothing")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return known_zone(value)


class RowReader:
    """Makes mentions of the rows of one file.

    ``kind`` is that of the file; a row that names its ``source`` is of that kind instead, so that the same post keeps its
    key whether it came by CSV or JSONL, and posts of two platforms may have one id.
    ``seen_at`` is when the file says what it says: the instant of its counts, and the estimate for rows without a time.
    """

    def __init__(
        self, kind: str, shape: Shape, *, now: datetime, seen_at: datetime | None = None, brand_from: str | None = None
    ) -> None:
        self._kind = kind
        self._now = now
        self._seen_at = min(seen_at or now, now)
        self._zone = ZoneInfo(shape.timezone)
        self._top = shape.rating_top
        self._paths = {name: _path(shape.map.get(name, name)) for name in FIELDS}
        self._brand = _path(brand_from) if brand_from else None
        self._unmet = {path: name for name, path in shape.map.items()}
        if brand_from:
            self._unmet[brand_from] = "brand"
        self.undated = 0
        self.rows = 0

    def mention(self, row: Mapping[str, Any]) -> tuple[Mention, list[str]]:
        """Return the mention and what of it could not be read. Raises: RowError."""
        self.rows += 1
        value = {name: look_up(row, path) for name, path in self._paths.items()}
        if self._unmet:
            self._unmet = {path: name for path, name in self._unmet.items() if look_up(row, _path(path)) is None}
        text, title = _text("text", value["text"]), _text("title", value["title"])
        if not text and not title:
            raise RowError("no text and no title")
        doubts: list[str] = []
        published, precision = self._published(value["published_at"])
        source = short(value["source"], 80)
        kind = (re.sub(r"\W+", "_", source.casefold()).strip("_")[:40] if source else "") or self._kind
        own_id = native_id(_named(value["id"]))
        # Not of the whole row: an export of tomorrow holds the same post with other counts.
        own_id = own_id or content_id(text, title, *(clean(_named(value[name])) for name in _TELLING))
        counts = [self._count(name, value[name], doubts) for name in ("likes", "shares", "comments", "views")]
        engagement = Engagement(self._seen_at, *counts) if any(number is not None for number in counts) else None
        mention = Mention(
            kind=kind,
            id=own_id,
            text=text,
            title=" ".join(title.split()) or None,
            url=web_url(value["url"]),
            published_at=published,
            precision=precision,
            author=self._author(kind, own_id, value, doubts),
            engagement=engagement,
            language=language_tag(value["language"]),
            rating=self._rating(value["rating"], doubts),
            ours=self._yes("ours", value["ours"], doubts),
            outlet=source,
        )
        return mention, doubts

    def brand(self, row: Mapping[str, Any]) -> str | None:
        """Return the brand the row itself names, or None."""
        return short(look_up(row, self._brand), 100) if self._brand else None

    def unmet(self) -> list[Problem]:
        """Return the mapped names that no row had: most likely a slip of the pen."""
        if not self.rows:
            return []
        return [Problem(0, f"no row holds {path!r}, mapped to {name}; check its spelling", kept=True)
                for path, name in self._unmet.items()]

    def _published(self, value: Any) -> tuple[datetime, Precision]:
        if value is None or value == "":
            self.undated += 1
            return self._seen_at, Precision.ESTIMATED
        found = _plain_iso(value) if isinstance(value, str) else None
        if found is None and isinstance(value, (str, int, float)) and not isinstance(value, bool):
            found = parse_time(value, self._zone)
        if found is None:
            raise RowError(f"published_at {short(value, 40)!r} is not a time, or its day and month could be exchanged; "
                           "write it as 2026-11-22 14:30 or 1405/09/01")
        return placed(found[0], found[1], self._now)

    def _author(self, kind: str, own_id: str, value: Mapping[str, Any], doubts: list[str]) -> Author | None:
        followers = self._count("followers", value["followers"], doubts)
        name = short(_named(value["author"]))
        if name:
            return Author(kind, native_id(name), name, followers=followers)
        # Somebody with so many followers wrote it, though we do not know who: reach needs the number.
        return Author(kind, f"author of {own_id}", followers=followers) if followers is not None else None

    def _count(self, name: str, value: Any, doubts: list[str]) -> int | None:
        if value is None or value == "":
            return None
        number = count(value)
        if number is None:
            doubts.append(f"{name} {short(value, 40)!r} is no count; left unknown")
        return number

    def _yes(self, name: str, value: Any, doubts: list[str]) -> bool:
        said = clean(value).strip().casefold()
        if said in _YES:
            return True
        if said not in _NO:
            doubts.append(f"{name} {short(value, 40)!r} is neither yes nor no; taken for no")
        return False

    def _rating(self, value: Any, doubts: list[str]) -> float | None:
        if value is None or value == "":
            return None
        share = rating_share(value, self._top)
        if share is None:
            doubts.append(f"rating {short(value, 40)!r} is not between 0 and {self._top:g}; left unknown")
        return share


def _plain_iso(text: str) -> tuple[datetime, Precision] | None:
    """Return the commonest way to write a time, read by the standard library: a third of an import's work otherwise."""
    if not _ISO.match(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC), Precision.SECOND
    except ValueError:
        return None


def look_up(row: Mapping[str, Any], path: Sequence[str]) -> Any:
    """Return the value at a path, or None. A key that holds dots itself goes before the steps it could stand for."""
    if len(path) == 1:
        return row.get(path[0])
    whole = ".".join(path)
    if whole in row:
        return row[whole]
    step: Any = row
    for part in path:
        if isinstance(step, dict):
            step = step.get(part)
        elif isinstance(step, list) and part.isdecimal() and int(part) < len(step):
            step = step[int(part)]
        else:
            return None
    return step


def rating_share(value: Any, top: float) -> float | None:
    """Return a rating as a share of its scale, or None: 4 of 5 is 0.8, and "4/5" and "80%" say their scale themselves."""
    text = clean(value).translate(str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩٫٪", "01234567890123456789.%")).strip()
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,12})?)\s*(?:(%)|(?:/|of|از)\s*(\d{1,6}(?:\.\d+)?))?", text)
    if not found:
        return None
    scale = 100.0 if found.group(2) else float(found.group(3) or top)
    share = float(found.group(1)) / scale if scale else 2.0
    return round(share, 6) if share <= 1 else None


def _path(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.strip().split("."))


def _text(name: str, value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise RowError(f"{name} is {'an object' if isinstance(value, dict) else 'a list'}, not a text")
    return clean(value).strip()


def _named(value: Any) -> str | int | float | None:
    """Return an id or a name, or None where it is none: rows that are all of id NaN would be one mention."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() else value  # 12.0 is 12: spreadsheets and pandas write whole ids so
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return None if str(value).strip().casefold() in _NOTHING else value
