"""The words that say when: days, dates, weeks, hours and spans, as regular expressions over a folded sentence. Pure.

Each finds one piece ("saturday", "7 azar", "10 am"); ``when`` puts the pieces that stand together into one instant.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from listener.calendar import DAYS, GREGORIAN_MONTHS, MONTHS
from listener.text import matching_key

Kind = Literal["span", "date", "weekday", "day", "week", "month", "clock", "part", "close", "end"]


class Atom(NamedTuple):
    """A piece of a time: where it stands in the sentence, and what it says, by name."""

    kind: Kind
    start: int
    end: int
    said: dict[str, str]


def _any(words: str | tuple[str, ...]) -> str:
    listed = words.split("|") if isinstance(words, str) else words
    return "|".join(sorted((re.escape(word).replace(r"\ ", " ?") for word in listed), key=len, reverse=True))


def _folded(pattern: str) -> str:
    """Persian letters of a pattern as sentences have them; what joins parts of a word (ZWNJ) may be a space or nothing."""
    return pattern.replace("\u200c", " ?").translate(str.maketrans("آأؤئۀ", "ااویه"))


NUMBERS = {
    "نیم": 0.5, "half an": 0.5, "half a": 0.5, "یک": 1, "یه": 1, "an": 1, "a": 1, "one": 1, "the": 1, "دو": 2, "two": 2, "a couple of": 2, "couple of": 2,
    "سه": 3, "three": 3, "چهار": 4, "چار": 4, "four": 4, "پنج": 5, "five": 5, "شش": 6, "شیش": 6, "six": 6, "هفت": 7, "seven": 7, "هشت": 8,
    "eight": 8, "نه": 9, "nine": 9, "ده": 10, "ten": 10, "یازده": 11, "eleven": 11, "دوازده": 12, "twelve": 12, "چهارده": 14, "fourteen": 14,
    "پانزده": 15, "پونزده": 15, "fifteen": 15, "بیست": 20, "twenty": 20, "بیست و چهار": 24, "twenty-four": 24, "twenty four": 24, "سی": 30,
    "thirty": 30, "چهل و پنج": 45, "چهل و هشت": 48, "forty-eight": 48, "forty eight": 48, "شصت": 60, "هفتاد و دو": 72, "seventy-two": 72,
    "seventy two": 72,
}
UNITS = {"دقیقه": "minute", "ساعت": "hour", "روز": "day", "هفته": "week", "ماه": "month", "minute": "minute", "min": "minute", "hour": "hour",
         "hr": "hour", "h": "hour", "day": "day", "week": "week", "month": "month"}
MONTH_NAMES = {matching_key(name): (True, number) for language in ("fa", "en") for number, name in enumerate(MONTHS[language], 1)}
MONTH_NAMES |= {matching_key(name): (False, number) for language in ("fa", "en") for number, name in enumerate(GREGORIAN_MONTHS[language], 1)}
MONTH_NAMES |= {name[:3].casefold(): (False, number) for number, name in enumerate(GREGORIAN_MONTHS["en"], 1)}
MONTH_NAMES |= {"sept": (False, 9), "امرداد": (True, 5), "اگوست": (False, 8), "اکتوبر": (False, 10), "جولای": (False, 7), "ژوییه": (False, 7)}
WEEKDAYS = {matching_key(name): number for language in ("fa", "en") for number, name in enumerate(DAYS[language])}
WEEKDAYS |= {name[:3].casefold(): number for number, name in enumerate(DAYS["en"])} | {"tues": 3, "thur": 5, "thurs": 5}
ORDINALS = {matching_key(word): number for number, word in enumerate(
    "یکم دوم سوم چهارم پنجم ششم هفتم هشتم نهم دهم یازدهم دوازدهم سیزدهم چهاردهم پانزدهم شانزدهم هفدهم هجدهم نوزدهم بیستم".split(), 1)}
ORDINALS |= {f"بیست و {word}": 20 + number for word, number in list(ORDINALS.items())[:9]} | {"سی ام": 30, "سی و یکم": 31, "اول": 1}
FEASTS = {"یلدا": (True, 9, 30), "شب یلدا": (True, 9, 30), "عید": (True, 12, 30), "نوروز": (True, 12, 30), "عید نوروز": (True, 12, 30),
          "سال نو": (True, 12, 30), "سال جدید": (True, 12, 30), "شب عید": (True, 12, 30), "nowruz": (True, 12, 30), "norouz": (True, 12, 30),
          "christmas": (False, 12, 24), "new year": (False, 12, 31), "new year's": (False, 12, 31), "yalda": (True, 9, 30)}
"""The last day before a feast, by which "before it" and "until it" are due: Jalali or not, month, day. 30 Esfand is its last day."""

_PERSIAN_MONTHS = tuple(name for name in MONTH_NAMES if not name.isascii() and name != matching_key("مه"))
_LATIN_MONTHS = tuple(name for name in MONTH_NAMES if name.isascii())
_COUNT_FA = rf"(?:\d{{1,4}}|{_any(tuple(word for word in NUMBERS if not word.isascii()))})"
_COUNT_EN = rf"(?:\d{{1,4}}|{_any(tuple(word for word in NUMBERS if word.isascii()))})"
_EDGES_FA = "اول|اوایل|ابتدای|اواسط|وسط|وسطای|نیمه|اواخر|اخر|اخرای|پایان|انتهای"
_EDGES_EN = "beginning|start|middle|end|close"

_PATTERNS: tuple[tuple[Kind, str], ...] = (
    # spans: the number, how many at most, the unit, and what makes it lie ahead
    ("span", rf"(?:(?P<within>ظرف(?: مدت)?|طی(?: مدت)?|در طول|در طی|در عرض|در مدت|درون|توی|تو|تا|حداکثر|نهایتا|نهایت|نهایتش|کمتر از|زیر|در کمتر از|در|بین)"
             rf" ?(?:حداکثر |نهایتا |مدت )?)?(?P<least>{_COUNT_FA})(?: ?(?:تا|الی|یا|-) ?(?P<most>{_COUNT_FA}))? ?(?P<unit>دقیقه|ساعت|روز|هفته|ماه)"
             r"(?P<half> و نیم)?(?P<working> ?(?:کاری|اداری))?(?P<ahead> ?(?:دیگر|دیگه|دیگش|اینده|بعد|بعدی|پیش رو|از همین الان|از الان|از امروز))?"
             r"(?P<working2> (?:کاری|اداری))?(?P<past> ?(?:پیش|قبل|گذشته|اخیر|است که|هست که|ه که))?(?P<after> ?(?:پس از|بعد از|از زمان|از تاریخ|از لحظه|قبل از|پیش از))?"),
    ("span", rf"(?:(?P<within>(?:with)?in (?:the )?(?:next|coming|following)|over the (?:next|coming)|within|inside(?: of)?|in (?:just |about |around )?(?:under|less than)|in|under|next"
             rf"|no (?:later|more) than|at most|max(?:imum)?(?: of)?|up to|give (?:us|me)|allow(?: up to| us)?|takes?(?: us| me)?|take up to)(?: about| around| max| a maximum of| at most)? )?"
             rf"(?P<least>{_COUNT_EN})(?: ?(?:-|to|or) ?(?P<most>{_COUNT_EN}))?[ -]?(?P<working>(?:business|working|work|office) ?)?(?P<unit>minute|min|hour|hr|day|week|month|h)(?:s|'s|s')?"
             r"(?: time)?(?P<ahead> (?:from now|from today|or less|or so|at most|tops|max|at the latest))?(?P<past> (?:ago|earlier|before|old))?"
             r"(?P<after> (?:of|after|from|following|before|prior to|since)(?! (?:now|today)))?"),
    # dates
    ("date", r"(?P<year>1[34]\d\d|20\d\d)[/-](?P<month>\d{1,2})[/-](?P<day>\d{1,2})"),
    ("date", r"(?P<day>\d{1,2})[/-](?P<month>\d{1,2})[/-](?P<year>1[34]\d\d|20\d\d)"),
    ("date", rf"(?P<day>\d{{1,2}}|{_any(tuple(ORDINALS))})(?:م| ?ام)? ?(?:ماه )?(?P<name>{_any(_PERSIAN_MONTHS)})(?: ?ماه)?(?: (?:سال )?(?P<year>1[34]\d\d|20\d\d))?"),
    ("date", rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<name>{_any(_LATIN_MONTHS)})\.?(?:,? (?P<year>1[34]\d\d|20\d\d))?"),
    ("date", rf"(?P<name>{_any(_LATIN_MONTHS)})\.? (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>1[34]\d\d|20\d\d))?(?![\d:]| ?(?:am|pm))"),
    ("date", r"the (?P<day>\d{1,2})(?:st|nd|rd|th)"),
    ("date", rf"(?P<day>\d{{1,2}}|{_any(tuple(ORDINALS))})(?:م| ?ام)? (?:همین|این) (?P<this>ماه)"),
    ("date", rf"(?:قبل از |تا |پیش از |before |by |until )(?P<feast>{_any(tuple(FEASTS))})"),
    # months and weeks by their edges
    ("month", rf"(?P<third>نیمه|دهه) (?P<nth>اول|دوم|سوم|اخر) (?:ماه )?(?P<name>{_any(_PERSIAN_MONTHS)})"),
    ("month", rf"(?P<edge>{_EDGES_FA}) (?:این |همین )?(?:ماه )?(?P<name>{_any(_PERSIAN_MONTHS)})(?: ?ماه)?"),
    ("month", rf"(?P<edge>{_EDGES_FA}) (?:این |همین )?(?P<month>ماه)(?: (?:جاری|(?P<next>اینده|بعد|بعدی)))?"),
    ("month", r"(?P<month>ماه) (?P<next>اینده|بعد|بعدی)"),
    ("month", r"(?P<edge>اخر|پایان) (?P<year>امسال|سال)"),
    ("month", rf"(?:the )?(?P<edge>{_EDGES_EN}) of (?:(?:the|this|(?P<next>next)) )?(?P<month>month|{_any(_LATIN_MONTHS)})"),
    ("month", rf"(?P<edge>early|mid|late)[ -](?P<name>{_any(_LATIN_MONTHS)})"),
    ("month", r"(?P<next>next) (?P<month>month)"),
    ("month", r"(?:the )?(?P<edge>end) of (?:the |this )?(?P<year>year)"),
    ("week", rf"(?:(?P<edge>{_EDGES_FA}) ?)(?:این |همین )?هفته(?: ی)?(?: ?(?:جاری|کاری|(?P<next>اینده|بعد|بعدی|دیگه|دیگر|پیش رو)))?"),
    ("week", r"هفته(?: ی)? (?P<this>جاری)"),
    ("week", r"(?P<this>این|همین) هفته(?! ?(?:ها|پیش|قبل|گذشته))"),
    ("week", r"هفته(?: ی)? ?(?P<next>اینده|بعد|بعدی|دیگه|دیگر|پیش رو)"),
    ("week", rf"(?:the )?(?P<edge>{_EDGES_EN}) of (?:the |this |(?P<next>next |the coming |the following ))?(?:working |business )?week"),
    ("week", r"(?P<edge>early|mid|late)(?:[ -]week)?[ -]?(?:in the |this |(?P<next>next |the coming |the following ))?week"),
    ("week", r"(?:this|the|(?P<next>next)) (?P<edge>weekend)"),
    ("week", r"(?P<next>next|the coming|the following) week"),
    ("week", r"(?P<this>this) week"),
    # days
    ("day", r"(?P<two>پس ?فردا|پسفردا|day after tomorrow)"),
    ("day", r"(?P<one>فردا(?! ?ی)|tomorrow(?!'s)|tomorow|tommorow|tommorrow|tmrw|tmr|tmw|2moro\w*|2morrow|tomoz|the next day)"),
    ("day", r"(?P<tonight>امشب|tonight)"),
    ("day", r"(?P<zero>امروز(?! ?ی)|today(?!'s))"),
    ("day", r"this (?P<part>morning|afternoon|evening)"),
    ("weekday", r"(?:(?P<following>next|following) |(?:this|coming|this coming) )?(?P<name>saturday|sunday|monday|tuesday|wednesday|thursday|friday)(?!s|'s)"),
    ("weekday", r"(?:(?P<following>next|following) |(?:this|coming) )?(?P<name>(?<=by )(?:sat|sun)|(?<=on )(?:sat|sun)|mon|tues|tue|wed|thurs|thur|thu|fri)\.?"),
    ("weekday", r"(?<!روزهای )(?<!روز های )(?<!هر )(?:همین )?(?P<name>(?:(?:یک|دو|سه|چهار|پنج|[1-5]) ?)?شنبه|جمعه)(?! ?ها| ?های)(?: (?P<following>اینده|بعد|بعدی|دیگه))?"),
    # times of the day
    ("close", r"(?:اخر|پایان|انتهای|اتمام) ?(?:وقت|ساعت|ساعات|زمان) ?(?:اداری|کاری)|اخر وقت(?! ?شب)|(?:پایان|اخر) ?روز ?کاری|(?:the )?(?:close|end) of (?:business(?: day)?|(?:the )?(?:business|working|office|work) (?:day|hours)|play)"
              r"|cob|eob|c\.o\.b|the office closes|we close"),
    ("end", r"(?:اخر|پایان|انتهای|اخرای) ?(?:شب|روز)(?!ه)|نیمه ?شب|(?:the )?end of (?:the |this )?day|eod|midnight|(?:اخر|پایان)(?= (?:امروز|امشب|فردا|شنبه|یک ?شنبه|دو ?شنبه|سه ?شنبه|چهار ?شنبه|پنج ?شنبه|جمعه))"
            r"|(?:the )?end of(?= (?:today|tomorrow|saturday|sunday|monday|tuesday|wednesday|thursday|friday))"),
    ("clock", rf"(?:حدود(?:ا)? |حوالی )?(?:بین )?ساعت(?:های| های)? (?:حدود |حوالی )?(?:(?P<from>{_COUNT_FA})(?::\d\d)? ?(?P<to>تا|الی|-|و) ?(?:ساعت )?)?(?P<hour>{_COUNT_FA})(?::(?P<minute>\d\d))?(?P<half> و نیم)?(?! ?ساعت| ?روز| ?کاری)"
              r"(?: ?(?P<part>صبح|قبل ?از ?ظهر|ظهر|بعد ?از ?ظهر|بعدازظهر|عصر|غروب|شب))?"),
    ("clock", rf"(?P<hour>{_COUNT_FA}|\d{{1,2}}):?(?P<minute>(?<=:)\d\d)?(?P<half> و نیم)? ?(?P<part>صبح|قبل ?از ?ظهر|بعد ?از ?ظهر|بعدازظهر|عصر|غروب|شب)(?! ?(?:ها|ه))"),
    ("clock", r"(?:between )?(?:(?P<from>\d{1,2})(?::\d\d)? ?(?:am|pm)? ?(?P<to>-|to|and|till|until) ?)?(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))? ?(?P<half>am|pm|a\.m\.?|p\.m\.?|o'clock|hrs|hours local)(?: (?:sharp|local time|tehran time))?"),
    ("clock", r"(?:between )?(?:(?P<from>\d{1,2}):\d\d ?(?P<to>-|to|and|تا) ?)?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?! ?(?:am|pm))"),
    ("clock", r"(?:before |by )(?P<hour>\d{1,2})(?= (?:today|tomorrow|this|in the)|$)"),
    ("part", r"(?:اول )?(?P<part>قبل ?از ?ظهر|پیش ?از ?ظهر|بعد ?از ?ظهر|بعدازظهر|صبح|اول وقت|ظهر|عصر|غروب|شب)(?! ?(?:ها|ه |های|یلدا|عید))"),
    ("part", r"(?:first thing|early)(?: in the)?(?P<part> morning)?|(?:in the |at )?(?P<part2>morning|noon|midday|lunchtime|afternoon|evening|night)(?!s)"),
)
PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?<![\w/:]){_folded(pattern)}(?![\w/])")) for kind, pattern in _PATTERNS)


def atoms(sentence: str) -> list[Atom]:
    """Return the pieces of times in a folded sentence, in order, none over another: the one that begins first, of those the longest."""
    found = [Atom(kind, one.start(), one.end(), {name: text for name, text in one.groupdict().items() if text})
             for kind, pattern in PATTERNS for one in pattern.finditer(sentence)]
    chosen: list[Atom] = []
    for atom in sorted(found, key=lambda one: (one.start, -one.end)):
        if atom.kind == "span" and not _lies_ahead(atom, sentence):
            continue
        if not chosen or atom.start >= chosen[-1].end:
            chosen.append(atom)
    return chosen


def _lies_ahead(atom: Atom, sentence: str) -> bool:
    """A span needs a word that lays it ahead: «ظرف», "within", «دیگر», "from now"; else «۳ روز» is only how long something takes."""
    return any(name in atom.said for name in ("within", "ahead", "past", "after"))


def number(said: str) -> float:
    """Return the number that a word or figures say. Raises: KeyError for another word."""
    return float(said) if said.isdecimal() else float(NUMBERS[said.strip()])
