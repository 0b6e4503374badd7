"""Rows of a table, whatever file they stand in, as mentions. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, field_validator

from listener.calendar import parse_time
from listener.collectors import answers
from listener.collectors.payload import (
    EARLIEST,
    clean,
    content_id,
    count,
    known_zone,
    language_tag,
    native_id,
    placed,
    short,
    web_url,
)
from listener.types import Author, Engagement, Mention, Precision, contact_account

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
    "in_reply_to",
    *answers.SCALES,
    *answers.CONTACTS,
)

NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "id": ("review_id", "comment_id", "message_id", "uuid", "guid", "شناسه", "شناسه نظر", "شناسه دیدگاه", "شناسه پیام"),
    "text": ("body", "content", "message", "comment", "review", "review_text", "comment_text", "message_text", "feedback",
             "متن", "متن نظر", "متن دیدگاه", "متن پیام", "نظر", "دیدگاه", "پیام", "کامنت", "بازخورد"),
    "published_at": ("date", "time", "datetime", "date_time", "timestamp", "created", "created_at", "created_on", "created_time",
                     "creation_date", "published", "published_on", "published_date", "publish_date", "publish_time", "posted",
                     "posted_at", "post_date", "sent_at", "submitted_at", "review_date", "comment_date", "تاریخ", "زمان", "ساعت",
                     "ساعت ثبت", "تاریخ و زمان", "تاریخ و ساعت", "تاریخ ثبت", "زمان ثبت", "تاریخ انتشار", "زمان انتشار",
                     "تاریخ ایجاد", "زمان ایجاد", "تاریخ ارسال", "زمان ارسال", "تاریخ نظر", "تاریخ دیدگاه"),
    "author": ("user", "username", "user_name", "author_name", "reviewer", "reviewer_name", "customer", "customer_name", "sender",
               "نویسنده", "نام نویسنده", "کاربر", "نام کاربر", "نام کاربری", "مشتری", "نام مشتری", "فرستنده"),
    "followers": ("follower_count", "followers_count", "دنبال کنندگان", "دنبال‌کننده", "تعداد دنبال‌کننده", "فالوور"),
    "likes": ("like", "like_count", "likes_count", "لایک", "تعداد لایک", "پسند", "تعداد پسند"),
    "shares": ("share_count", "shares_count", "reposts", "repost_count", "retweets", "retweet_count", "بازنشر", "تعداد بازنشر"),
    "comments": ("comment_count", "comments_count", "replies", "reply_count", "تعداد نظر", "تعداد نظرات", "تعداد دیدگاه",
                 "تعداد پاسخ"),
    "views": ("view_count", "views_count", "بازدید", "تعداد بازدید"),
    "url": ("link", "permalink", "web_url", "لینک", "پیوند"),
    "language": ("lang", "زبان"),
    "source": ("platform", "منبع", "سکو", "پلتفرم"),
    "title": ("subject", "headline", "عنوان", "موضوع", "تیتر"),
    "rating": ("stars", "star_rating", "rate", "امتیاز", "نمره", "ستاره"),
    "ours": ("is_ours", "from_us", "پاسخ ما"),
    "in_reply_to": ("in_reply_to_id", "in_reply_to_status_id", "reply_to", "reply_to_id", "replied_to", "parent", "parent_id", "parent_comment_id",
                    "parent_url", "in_reply_to_url", "در پاسخ به", "پاسخ به"),
    **answers.NAMES,
})
"""What else columns are called, field by field. Names that mean different things in different files are not among them:
``score`` is a rating here and votes there, ``name`` a person or a product, ``post_id`` often that of the post commented on."""

_CLOCKS = frozenset({"time", "زمان", "ساعت", "ساعتثبت"})  # the hour, where another column has the day
_NO_DAY = frozenset({"ساعت", "ساعتثبت"})
_CLOCK = re.compile(r"\s*(\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?)\s*$")
_MIDNIGHT = re.compile(r"[T ]0?0:00(?::00(?:\.0+)?)?$")  # spreadsheets write a day so
_LAYOUTS = 256  # kinds of rows remembered; a file has one, or a few

_ISO = re.compile(r"(?:19|20)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$")


_TELLING = ("author", "published_at", "url", "source")  # with text and title, what tells rows without an id apart
_NOTHING = frozenset({"nan", "null", "none", "n/a", "<na>"})  # what programs write into a cell where they have nothing


_EMPTY = _NOTHING | {""}
KEYLESS = "phones and e-mails are dropped: there is no key to hash them with; name one in [care] contact_key_env and set it"


_YES = frozenset({"true", "yes", "y", "1", "1.0", "بله", "بلی", "آری"})
_NO = frozenset({"false", "no", "n", "0", "0.0", "خیر", "نه", ""}) | _NOTHING


def _folded(name: str) -> str:
    """Return a name without what is a matter of taste: createdAt, Created At and created_at are one."""
    return re.sub(r"[\W_]+", "", name.casefold().translate(_LETTERS))


_LETTERS = str.maketrans("يكة", "یکه")
_FIELD_OF = {_folded(name): field for field, names in NAMES.items() for name in names} | {_folded(name): name for name in FIELDS}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the fields stand in rows whose columns have certain names."""

    paths: Mapping[str, tuple[str, ...]]
    found: Mapping[str, str]  # fields that stand under a name of ``NAMES``
    clock: str | None  # the column of the hour, beside that of the day
    unread: tuple[str, ...]  # columns that are no field
    rivals: Mapping[str, tuple[str, ...]]  # fields that could be one or the other column, and so are none
    contacts: tuple[tuple[str, tuple[str, ...]], ...]  # ("phone" or "email", path); there may be several of each

    def has(self, field: str, columns: Sequence[str]) -> bool:
        path = self.paths[field]
        return ".".join(path) in columns or path[0] in columns


def means_a_field(name: str) -> bool:
    """Return whether a column of this name is read without being mapped."""
    return _folded(name) in _FIELD_OF


def lay_out(columns: Sequence[str], mapped: Mapping[str, str], *more: str) -> Layout:
    """Return where the fields stand: as mapped, under their own name, else under a name of ``NAMES`` that has no rival.

    ``more``: paths that are used for something else, such as the brand.
    """
    taken = {name for path in [*mapped.values(), *more] for name in (path.strip(), _path(path)[0])}
    paths = {field: _path(mapped.get(field, field)) for field in FIELDS}
    own = {field for field in FIELDS if field in columns and field not in mapped}
    meant: dict[str, list[str]] = {}
    for name in columns:
        field = _FIELD_OF.get(_folded(name))
        if field is not None and name not in taken and (field in answers.CONTACTS or field not in own and field not in mapped):
            meant.setdefault(field, []).append(name)
    contacts: list[tuple[str, tuple[str, ...]]] = [(field, (name,)) for field in answers.CONTACTS for name in meant.pop(field, ())]
    contacts += [(field, paths[field]) for field in answers.CONTACTS if (field, paths[field]) not in contacts]
    clock = None
    if len(times := meant.get("published_at", [])) == 1 and _folded(times[0]) in _NO_DAY:
        del meant["published_at"]
    elif len(times) == 2:
        days = [name for name in times if _folded(name) not in _CLOCKS]
        if len(days) == 1:
            meant["published_at"], (clock,) = days, [name for name in times if name not in days]
    found = {field: names[0] for field, names in meant.items() if len(names) == 1}
    read = taken | own | set(found.values()) | {clock, *(path[0] for _, path in contacts)}
    return Layout({**paths, **{field: (name,) for field, name in found.items()}}, found, clock,
                  tuple(name for name in columns if name not in read),
                  {field: tuple(names) for field, names in meant.items() if len(names) > 1}, tuple(contacts))


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
    ``strict``: a rating off its scale and a time in the future make the row a bad one; else they are left out and told.
    ``contact_key``: phones and e-mails are hashed with it as they are read; without one they are dropped, and ``keyless`` says so.
    """

    def __init__(
        self, kind: str, shape: Shape, *, now: datetime, seen_at: datetime | None = None, brand_from: str | None = None,
        strict: bool = False, contact_key: str | None = None,
    ) -> None:
        self._kind = kind
        self._now = now
        self._seen_at = min(seen_at or now, now)
        self._zone = ZoneInfo(shape.timezone)
        self._top = shape.rating_top
        self._map = shape.map
        self._strict = strict
        self._key = contact_key
        self._dropped = False  # a phone or an e-mail for want of a key
        self._passed_over: set[str] = set()  # scales of rows that were rated on another one, too
        self._layouts: dict[tuple[str, ...], Layout] = {}
        self._columns: dict[str, None] = {}
        self._rivals: dict[str, tuple[str, ...]] = {}
        self._used: set[str] = set()
        self._timed = "published_at" in shape.map  # a mapped name that no row holds is told by ``unmet``
        self._other = (brand_from,) if brand_from else ()
        self._brand = _path(brand_from) if brand_from else None
        self._unmet = {path: name for name, path in shape.map.items()}
        if brand_from:
            self._unmet[brand_from] = "brand"
        self.undated = 0
        self.rows = 0

    def mention(self, row: Mapping[str, Any]) -> tuple[Mention, list[str]]:
        """Return the mention and what of it could not be read. Raises: RowError."""
        self.rows += 1
        layout = self._layout(row)
        value = {name: look_up(row, path) for name, path in layout.paths.items()}
        for name in layout.found:
            if isinstance(value[name], (dict, list)):
                value[name] = None  # "user": {…} is more than the name of one
        if layout.clock is not None:
            value["published_at"] = _joined(value["published_at"], row.get(layout.clock))
        if self._unmet:
            self._unmet = {path: name for path, name in self._unmet.items() if look_up(row, _path(path)) in (None, "")}
        text, title = _text("text", value["text"]), _text("title", value["title"])
        doubts: list[str] = []
        rating, scale = self._rated(layout, value, doubts)
        if not text and not title and rating is None:
            raise RowError("no text and no title")
        called = layout.found.get("published_at", "published_at")
        published, precision = self._published(called, value["published_at"], doubts)
        source = short(value["source"], 80)
        kind = (re.sub(r"\W+", "_", source.casefold()).strip("_")[:40] if source else "") or self._kind
        ours = self._yes("ours", value["ours"], doubts)
        contacts, value["author"] = self._contacts(row, layout, value["author"], handle=kind != self._kind)
        if ours:  # an agent's part of a call: the number is not theirs
            contacts = ()
        by = short(_named(value["author"]))
        account = contact_account(contacts[0][1]) if contacts and not by else None
        own_id = native_id(_named(value["id"]))
        if not own_id and not text and not title and not by and not account and precision is not Precision.SECOND:
            raise RowError("a rating without words needs an id, an author or the second it was given, or two of them would pass for one")
        # Not of the whole row: an export of tomorrow holds the same post with other counts.
        answered = _answered(value["in_reply_to"])
        said = (*(clean(_named(value[name])) for name in _TELLING), *(account or ()), *(() if text or title else (scale, rating)),
                *((answered,) if answered else ()))
        own_id = own_id or content_id(text, title, *said)
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
            author=self._author(kind, own_id, by, account, value, doubts),
            engagement=engagement,
            language=language_tag(value["language"]),
            rating=rating,
            in_reply_to=answered,
            ours=ours,
            outlet=source or (scale.upper() if scale else None),
            contacts=contacts,
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

    def unknown(self) -> list[Problem]:
        """Return what the names of the columns left open: which of them are not read, and which could be a field."""
        said = [f"{field} could be {' or '.join(map(repr, names))}, and so is neither; say which: {_way(field, names[0])}"
                for field, names in self._rivals.items()]
        rivals = {name for names in self._rivals.values() for name in names}
        if unread := [name for name in self._columns if name not in self._used and name not in rivals]:
            said.append(f"not read: {_listed(unread)}; where one is a field, say so: {_way('FIELD', unread[0])}")
        if self._passed_over:
            said.append(f"rows rate on several scales; a mention has one rating, so {_listed(sorted(self._passed_over))} was passed over; "
                        "import the file again with only that column")
        return [Problem(0, reason, kept=True) for reason in [*said, *([KEYLESS] if self.keyless() else [])]]

    def keyless(self) -> bool:
        """Return whether a phone or an e-mail was dropped for want of a key."""
        return self._dropped

    def untimed(self) -> list[Problem]:
        """Return that nothing says when the rows were written, where that is so."""
        if self._timed or not self.rows:
            return []
        rivals = self._rivals.get("published_at", ())
        which = f"it could be {' or '.join(map(repr, rivals))}" if rivals else f"there are {_listed(list(self._columns))}"
        return [Problem(0, f"no column of times is known ({which}; say which it is: {_way('published_at', 'NAME')}); "
                           "rows are dated now, as estimates", kept=True)]

    def _layout(self, row: Mapping[str, Any]) -> Layout:
        columns = tuple(row)
        layout = self._layouts.get(columns)
        if layout is None:
            layout = lay_out(columns, self._map, *self._other)
            if len(self._layouts) < _LAYOUTS:
                self._layouts[columns] = layout
                self._columns |= dict.fromkeys(columns)
                self._used |= set(columns) - set(layout.unread)
                self._rivals = {**layout.rivals, **self._rivals}
            self._timed = self._timed or layout.has("published_at", columns)
        return layout

    def _published(self, called: str, value: Any, doubts: list[str]) -> tuple[datetime, Precision]:
        if value is None or value == "":
            self.undated += 1
            return self._seen_at, Precision.ESTIMATED
        found = _plain_iso(value) if isinstance(value, str) else None
        if found is None and isinstance(value, (str, int, float)) and not isinstance(value, bool):
            found = parse_time(value, self._zone)
        if found is None:
            raise RowError(f"{called} {_shown(value)} is not a time, or its day and month could be exchanged; "
                           "write it as 2026-11-22 14:30 or 1405/09/01")
        if found[0] < EARLIEST:
            raise RowError(f"{called} {_shown(value)} lies before {EARLIEST.year}; check its calendar and its digits")
        instant, precision = placed(found[0], found[1], self._now)
        if precision is Precision.ESTIMATED:
            ahead = f"{called} {_shown(value)} lies in the future"
            if self._strict:
                raise RowError(f"{ahead}; check its zone and calendar")
            doubts.append(f"{ahead}; taken for now, as an estimate")
        return instant, precision

    def _contacts(self, row: Mapping[str, Any], layout: Layout, author: Any, *, handle: bool) -> tuple[tuple[tuple[str, str], ...], Any]:
        """Return the keyed hashes of the phones and e-mails of a row, and its author, unless that is only one of them."""
        written = [(sort, said) for sort, path in layout.contacts
                   if (said := str(one).strip() if (one := _named(look_up(row, path))) is not None else "")]
        name = _named(author)
        if name is not None and (sort := answers.written_as(str(name), handle=handle)):
            written.append((sort, str(name)))
            author = None
        if written and not self._key:
            self._dropped = True
        return answers.hashes(self._key, written) if self._key else (), author

    def _author(self, kind: str, own_id: str, name: str | None, account: tuple[str, str] | None, value: Mapping[str, Any],
                doubts: list[str]) -> Author | None:
        followers = self._count("followers", value["followers"], doubts)
        if name:
            return Author(kind, native_id(name), name, followers=followers)
        if account:
            return Author(*account, followers=followers)
        # Somebody with so many followers wrote it, though we do not know who: reach needs the number.
        return Author(kind, f"author of {own_id}", followers=followers) if followers is not None else None

    def _count(self, name: str, value: Any, doubts: list[str]) -> int | None:
        if value is None or value == "":
            return None
        number = count(value)
        if number is None:
            doubts.append(f"{name} {_shown(value)} is no count; left unknown")
        return number

    def _yes(self, name: str, value: Any, doubts: list[str]) -> bool:
        said = clean(value).strip().casefold()
        if said in _YES:
            return True
        if said not in _NO:
            doubts.append(f"{name} {_shown(value)} is neither yes nor no; taken for no")
        return False

    def _rated(self, layout: Layout, value: Mapping[str, Any], doubts: list[str]) -> tuple[float | None, str | None]:
        """Return the rating of a row and the scale of a survey it was given on: that of the first of ``RATED`` that says something."""
        given = [name for name in answers.RATED if value[name] is not None and clean(value[name]).strip().casefold() not in _EMPTY]
        self._passed_over.update(given[1:])
        if not given:
            return None, None
        name = given[0]
        scale = name if name in answers.SCALES else None
        low, top = answers.SCALES.get(name, (0, self._top))
        share = answers.answered(name, value[name]) if scale else answers.rating_share(value[name], top)
        if share is None:
            off = f"{layout.found.get(name, name)} {short(value[name], 40)!r} is not between {low} and {top:g}"
            if self._strict:
                raise RowError(off if scale else f"{off}, the source's rating_top")
            doubts.append(f"{off}; left unknown")
        return share, scale if share is not None else None


def _joined(day: Any, clock: Any) -> Any:
    """Return a day with the hour of the column beside it, or the day as it is where that says no hour."""
    found = _CLOCK.match(clock) if isinstance(clock, str) else None
    if found is None or not isinstance(day, str) or not day.strip():
        return day
    both = f"{_MIDNIGHT.sub('', day.strip())} {found[1]}"
    return both if parse_time(both, "UTC") else day


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(repr(short(name, 30)) for name in names[:8]) + more


def _way(field: str, name: str) -> str:
    return f'map = {{ {field} = "{short(name, 30)}" }}'


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


def _path(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.strip().split("."))


def _answered(value: Any) -> str | None:
    """Return what a row says it answers: an id among the file's own, KIND:ID as the board names mentions, or an address."""
    written = _named(value)
    return None if written is None else web_url(written) or native_id(written) or None


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


def _shown(value: Any) -> str:
    """Return a cell as a message names it: as it stands in the file, so that it can be looked up there."""
    return repr(short(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str), 40))
