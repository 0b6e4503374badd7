"""When something is due that a sentence names a time for: pieces that stand together become one instant. Pure.

What is decided here, once:

* a day is due when it ends (23:59:59), a morning and a noon at 12:00, an afternoon at 18:00, an evening at 21:00;
* «آخر وقت اداری» and "close of business" is when the office closes; working days are those of the clock, counted without the
  one of the answer, due when the last of them closes; hours, days and weeks without that word run on;
* of "2 to 3 days" the last one counts; a week ends on Friday, a month in the calendar of the language unless it is named;
* a weekday is the next one, never today; a date without a year is the next one; a time of today that has passed is tomorrow's;
* what is named only as "from" or "after" a time, or by an event ("within 7 days of delivery"), has no due time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from alerts.care.promises.atoms import FEASTS, MONTH_NAMES, ORDINALS, UNITS, WEEKDAYS, Atom, atoms, number
from listener.calendar import Hours, gregorian, is_leap, jalali, weekday
from listener.text import matching_key

DAY = timedelta(days=1)
END = time(23, 59, 59)  # of a day: the last second that bears its date
LONGEST = timedelta(days=300)  # a date further ahead was meant to lie behind

_FILLER = re.compile(r"[\s,(]*(?:(?:و|در|روز|مورخ|یعنی|تا|حداکثر|نهایتا|راس|تاریخ|سر|قبل از|پیش از|before|the|on|at|in|by|of|around|about|no later than|latest|the latest|-)[\s,(]+)*")
_OR = re.compile(r"[\s,]*(?:یا|تا|الی|or|to|-|through|by|/)[\s,]*(?:the |حداکثر |نهایتا |latest )*")
_BETWEEN = re.compile(r"(?:between|بین)(?: روزهای)? ?$")
_FROM = re.compile(r"(?:(?<!کمتر )(?<!قبل )(?<!پیش )(?<!زودتر )(?<!غیر )(?<!\w)از(?: تاریخ| روز| ساعت)?|بعد از|پس از|مورخ|(?<!\w)since|from|(?<!soon )after|until|till|dated|placed on"
                   r"|of last|last|past|previous|over the|every|each|هر|روزهای)\s*$")
_BEFORE = re.compile(r"(?:قبل از|پیش از|(?<!\w)before|ahead of|prior to)\s*(?:روز |the )?$")
_UNTIL = re.compile(r"(?:(?<!\w)تا|(?<!\w)by|at|(?<!\w)before|قبل از|this|in the)\s*(?:the )?$")
_ONWARD = re.compile(r"\s*(?:به بعد|onwards?|گذشته|قبل(?!\w)|پیش(?!\w)|'s\b|ago\b)")
_VAGUE = re.compile(r"(?:حدود|حدودا|تقریبا|احتمالا|probably|around|about|roughly|approximately|hopefully)\s*$")
_PARTS = {"morning": time(12), "noon": time(12), "afternoon": time(18), "evening": time(21), "night": END}
_PERSIAN_PARTS = {"صبح": "morning", "قبلازظهر": "morning", "پیشازظهر": "morning", "اولوقت": "morning", "ظهر": "noon", "بعدازظهر": "afternoon",
                  "عصر": "dusk", "غروب": "dusk", "شب": "night", "midday": "noon", "lunchtime": "noon"}
_EARLY = frozenset({"اول", "اوایل", "ابتدای", "beginning", "start", "early"})
_MIDDLE = frozenset({"اواسط", "وسط", "وسطای", "نیمه", "middle", "mid"})


@dataclass(frozen=True, slots=True)
class When:
    """A time that a sentence names: where it stands, when it is over, and how plainly it was said (0..1)."""

    start: int
    end: int
    due: datetime
    certainty: float = 1.0
    fits: tuple[datetime, datetime] | None = None  # by its date, and by its weekday, where the two are not one day


def times(sentence: str, at: datetime, hours: Hours) -> list[When]:
    """Return the times that a folded sentence names as due, in order; ``at`` is when it was said."""
    found = []
    for group in _groups(sentence):
        if (when := _resolved(group, sentence, at.astimezone(hours.zone), hours)) is not None:
            found.append(when)
    return found


def _groups(sentence: str) -> list[list[Atom]]:
    """Return the pieces by what stands together: "saturday", "7 azar", "10 am"; of "today or tomorrow" the last."""
    groups: list[list[Atom]] = []  # of a range the last piece, beginning where the first does
    for atom in atoms(sentence):
        if groups:
            group, gap = groups[-1], sentence[groups[-1][-1].end:atom.start]
            between = gap.strip() in ("and", "و") and _BETWEEN.search(sentence, 0, group[0].start)
            if atom.kind == group[-1].kind and atom.kind not in ("close", "end") and (between or _OR.fullmatch(gap)):
                group[-1] = atom._replace(start=group[-1].start)
                continue
            if "span" not in (atom.kind, group[0].kind) and all(atom.kind != one.kind for one in group) and _FILLER.fullmatch(gap):
                group.append(atom)
                continue
        groups.append([atom])
    return groups


def _resolved(group: list[Atom], sentence: str, at: datetime, hours: Hours) -> When | None:
    start, end = group[0].start, group[-1].end
    ahead, behind = sentence[max(0, start - 24):start], sentence[end:end + 12]
    ranged = _OR.search(sentence, start, end) is not None and len(group) == 1  # «از شنبه تا دوشنبه» is due on Monday
    if (_FROM.search(ahead) and not (ranged and group[0].kind in ("weekday", "day", "date"))) or _ONWARD.match(behind):
        return None
    said: dict[str, dict[str, str]] = {atom.kind: atom.said for atom in group}
    morning = set(said) == {"part"} and sentence.startswith(("first thing", "in the morning"), start)  # the next one
    if set(said) == {"part"} and not (morning or _UNTIL.search(ahead) or "اول" in said["part"].get("part", "")):
        return None
    certainty = 0.8 if _VAGUE.search(ahead) else 1.0
    if "span" in said:
        due = _span(said["span"], at, hours)
        return None if due is None or due <= at else When(start, end, due, certainty)
    day, sure, other = _day(said, at.date())
    if day is None:
        return None
    if _BEFORE.search(ahead) and not {"clock", "part", "close", "end", "week", "month"} & set(said) and "feast" not in said.get("date", {}):
        day, other = day - DAY, None
    due = _clock(said, day, at, hours)
    if (due <= at or morning) and not {"day", "date", "weekday", "week", "month"} & set(said):  # a time of the day that is over today
        day, sure = (hours.add_days(day, 1) if "close" in said else day + DAY), 0.6
        due = _clock(said, day, at, hours)
    if due <= at or due - at > LONGEST:
        return None
    fits = (due, _clock(said, other, at, hours)) if other is not None else None
    return When(start, end, due, certainty * sure, fits)


def _span(said: dict[str, str], at: datetime, hours: Hours) -> datetime | None:
    if "past" in said or "after" in said:
        return None
    least, unit = said["least"].strip(), UNITS[said["unit"]]
    if least == "the" and unit != "hour":
        return None
    count = number(said.get("most", least)) + (0.5 if "half" in said else 0)
    working = "working" in said or "working2" in said
    if working and unit == "hour" and count >= 24 and count % 24 == 0:  # «۷۲ ساعت کاری» is three working days
        unit, count = "day", count / 24
    if unit == "month":
        day = _months_on(at.date(), round(count), jalali_months=not said["unit"].isascii())
        return datetime.combine(day, at.time(), at.tzinfo)
    if working and unit in ("day", "week"):
        days = round(count) if unit == "day" else round(count) * len([day for day in range(7) if hours.week.get(day)])
        return hours.closing(hours.add_days(at.date(), days)).astimezone(at.tzinfo)
    length = timedelta(**{f"{unit}s": count})
    if working:
        return hours.add(at, length).astimezone(at.tzinfo)
    if unit in ("day", "week"):
        return at + length  # by the clock on the wall
    return (at.astimezone(UTC) + length).astimezone(at.tzinfo)


def _months_on(day: date, count: int, *, jalali_months: bool) -> date:
    year, month, number_ = jalali(day) if jalali_months else (day.year, day.month, day.day)
    years, month = divmod(month - 1 + count, 12)
    return _last(year + years, month + 1, jalali_months, number_)


def _last(year: int, month: int, persian: bool, most: int = 31) -> date:
    """Return the day ``most`` of a month, or its last one where it has no such day."""
    for number_ in range(most, 27, -1):
        try:
            return gregorian(year, month, number_) if persian else date(year, month, number_)
        except ValueError:
            continue
    return gregorian(year, month, min(most, 27)) if persian else date(year, month, min(most, 27))


def _day(said: dict[str, dict[str, str]], today: date) -> tuple[date | None, float, date | None]:
    """Return the day that is meant, how sure that is, and the day that its weekday means where that is another one."""
    named = WEEKDAYS[_weekday_key(said["weekday"]["name"])] if "weekday" in said else None
    day: date | None = None
    if "date" in said:
        day = _date(said["date"], today)
        if day is None:
            return None, 0.0, None
    elif "day" in said:
        day = today + DAY * (2 if "two" in said["day"] else 1 if "one" in said["day"] else 0)
    if day is not None:
        if named is None or weekday(day) == named:
            return day, 1.0, None
        other = next(day + ahead * DAY for ahead in range(-3, 4) if weekday(day + ahead * DAY) == named)  # the nearest
        return day, 0.4, other if other > today else other + 7 * DAY
    if named is not None:
        return *_weekday(named, said, today), None
    if "week" in said:
        return _week(said["week"], today), 0.9, None
    if "month" in said:
        return _month(said["month"], today), 0.9, None
    return today, 0.9, None


def _weekday_key(written: str) -> str:
    key = matching_key(written)
    return {"1": "یک", "2": "دو", "3": "سه", "4": "چهار", "5": "پنج"}.get(key[0], key[0]) + key[1:]


def _weekday(named: int, said: dict[str, dict[str, str]], today: date) -> tuple[date, float]:
    saturday = today - DAY * weekday(today)
    if "week" in said and "next" in said["week"]:
        return saturday + DAY * (7 + named), 0.9
    coming = today + DAY * ((named - weekday(today) - 1) % 7 + 1)
    following = said["weekday"].get("following")
    if following in ("next", "following"):  # the one of the week after this, as weeks begin on Monday where English is spoken
        return today + DAY * (7 - today.weekday() + (named - 2) % 7), 0.6
    return coming, 0.6 if following or named == weekday(today) else 0.9


def _date(said: dict[str, str], today: date) -> date | None:
    if "feast" in said:
        persian, month, number_ = FEASTS[" ".join(said["feast"].split())]
        return _coming(persian, month, number_, today)
    number_ = ORDINALS[said["day"]] if said["day"] in ORDINALS else int(said["day"])
    year = int(said["year"]) if "year" in said else None
    try:
        if "month" in said and year is not None:
            return gregorian(year, int(said["month"]), number_) if year < 1700 else date(year, int(said["month"]), number_)
        if "name" in said:
            persian, month = MONTH_NAMES[matching_key(said["name"])]
            if year is None or (year < 1700) != persian:
                return _coming(persian, month, number_, today)
            return gregorian(year, month, number_) if persian else date(year, month, number_)
        persian = "this" in said
        first = jalali(today) if persian else (today.year, today.month, today.day)
        month = first[1] + (number_ < first[2] and not persian)
        return _coming(persian, (month - 1) % 12 + 1, number_, today)
    except ValueError:
        return None


def _coming(persian: bool, month: int, number_: int, today: date) -> date | None:
    """Return the next such day from ``today`` on; 30 Esfand is the last of its month. None where no year has it."""
    year = jalali(today).year if persian else today.year
    for each in (year, year + 1):
        shorter = 29 if persian and (month, number_) == (12, 30) and not is_leap(each) else number_
        try:
            day = gregorian(each, month, shorter) if persian else date(each, month, shorter)
        except ValueError:
            continue
        if day >= today:
            return day
    return None


def _week(said: dict[str, str], today: date) -> date:
    edge = said.get("edge", "")
    saturday = today - DAY * weekday(today) + (7 * DAY if "next" in said else timedelta(0))
    english = edge.isascii()
    if edge in _EARLY:
        within = 0 if edge in ("اول", "ابتدای") else 2 if edge in ("beginning", "start") or not english else 3
    else:
        within = (4 if english else 3) if edge in _MIDDLE else 6
    day = saturday + within * DAY
    return day if day >= today else day + 7 * DAY


def _month(said: dict[str, str], today: date) -> date:
    edge, unit = said.get("edge", ""), said.get("month", said.get("name", ""))
    if "year" in said:
        return _last(jalali(today).year, 12, True) if not said["year"].isascii() else date(today.year, 12, 31)
    most = 10 if edge in _EARLY else 20 if edge in _MIDDLE else 31
    if "nth" in said:
        most = {"اول": 15}.get(said["nth"], 31) if said["third"] == "نیمه" else {"اول": 10, "دوم": 20}.get(said["nth"], 31)
    if unit in ("month", "ماه"):
        persian = unit == "ماه"
        year, month = jalali(today)[:2] if persian else (today.year, today.month)
        for later in range("next" in said, 3):
            day = _last(year + (month - 1 + later) // 12, (month - 1 + later) % 12 + 1, persian, most)
            if day >= today:
                return day
    persian, month = MONTH_NAMES[matching_key(unit)]
    year = jalali(today).year if persian else today.year
    day = _last(year, month, persian, most)
    return day if day >= today else _last(year + 1, month, persian, most)


def _clock(said: dict[str, dict[str, str]], day: date, at: datetime, hours: Hours) -> datetime:
    """Return the instant of a day at which what was said is over."""
    if "close" in said:
        return hours.closing(day).astimezone(at.tzinfo)
    part = _part(said)
    if "clock" in said:
        return _hour(said["clock"], part, day, at)
    clock = END if part is None else time(18) if part == "dusk" else _PARTS[part]
    return datetime.combine(day, clock, at.tzinfo)


def _part(said: dict[str, dict[str, str]]) -> str | None:
    for kind in ("clock", "part", "day"):
        pieces = said.get(kind, {})
        written = pieces.get("part") or pieces.get("part2") or ("night" if "tonight" in pieces else "morning" if kind == "part" and kind in said else None)
        if written:
            key = matching_key(written)
            return _PERSIAN_PARTS.get(key, key)
    return None


def _hour(said: dict[str, str], part: str | None, day: date, at: datetime) -> datetime:
    hour, minute = int(number(said["hour"])), int(said.get("minute", 30 if "نیم" in said.get("half", "") else 0))
    half = said.get("half", "").replace(".", "")
    if hour > 24 or minute > 59:
        return datetime.combine(day, END, at.tzinfo)
    if half == "pm" or part in ("afternoon", "dusk", "evening") or (part == "noon" and hour < 6) or (part == "night" and hour > 5):
        hour += 12 if hour < 12 else 12 if part == "night" and hour == 12 else 0
    elif half == "am" or part == "morning":
        hour = 0 if hour == 12 and half == "am" else hour
    elif hour < 7 and "minute" not in said or 0 < hour < 7:
        hour += 12
    elif hour <= 12 and day == at.date() and datetime.combine(day, time(hour, minute), at.tzinfo) <= at and hour < 12:
        hour += 12  # nine o'clock, said at ten
    return datetime.combine(day + DAY * (hour // 24), time(hour % 24, minute), at.tzinfo)

