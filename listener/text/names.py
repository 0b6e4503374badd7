"""Where does a name stand in a text? The gaps inside it and the edges around it.

Persian writes endings onto names, joined by a ZWNJ or glued: اسنپ‌ها، اسنپم، اسنپشون. It writes other words onto them in the
same way: اسنپ‌فود is another company. So what follows a name decides: an ending of colloquial Persian belongs to the name, any
other letter makes it part of a longer word.

Measured over 38 MB of public Persian reviews and posts, every place where the letters of 27 brands stand: of 996
accepted namings of اسنپ 982 are bare, 8 carry an ending, 6 a glued و or از; of 29 refused 26 are اسنپ‌فود or اسنپ‌باکس and 3
lie across words (احساس نپختگی). دیجی‌کالا is
found in 1,343 of 1,350 places, 97 times torn apart as دی جی کالا; the other 7 have
the next word glued behind (دیجی کالاسفارش). For ordinary words the endings are the trouble: نشان is refused in 58 نشانه,
10 نشانی and 23 نشانگر, همراه in 98 همراهش; hence the list of ordinary words below.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from listener.text.key import Folded, Gap, fold, matching_key


@dataclass(frozen=True, slots=True)
class Name:
    """A name or phrase to be found, folded once. ``gaps[i]`` is what its writer put before letter ``i``."""

    written: str
    key: str
    gaps: tuple[int, ...]
    symbols: tuple[str, ...]  # before each letter: the punctuation that is part of a very short name (H&M)
    prefix: bool = False  # the beginning of a word is enough
    strict: bool = False  # an ordinary word: only endings that make no other word of it
    after: str = ""  # signs behind a very short name without which it is another: C++
    madda: tuple[bool, ...] | None = None  # very short names: آپ is not اپ


def name(written: str, *, prefix: bool = False) -> Name:
    """Return ``written`` ready for ``stands``. Its key is empty where it has neither letter nor digit."""
    folded = fold(written)
    size = len(folded.key)
    gaps = [0] + [_declared(folded, place) for place in range(1, size)]
    symbols = [""] * size
    if size <= _SHORT:
        for place in range(1, size):
            if gaps[place] == Gap.HARD:
                symbols[place] = written[folded.at[place - 1] + 1:folded.at[place]].strip()
                symbols[0] = "&"  # says that there are some
    madda = tuple(_madda(folded, place) for place in range(size)) if size <= _SHORT and "ا" in folded.key else None
    after = written[folded.at[-1] + 1:].strip() if 0 < size <= _SHORT else ""
    return Name(written, folded.key, tuple(gaps), tuple(symbols), prefix, folded.key in _ORDINARY,
                after if set(after) & set("+#") else "", madda)


_LONG = 7  # letters; words glued before so long a name are other words: باتشکرازدیجی‌کالا
_SHORT = 3  # letters; so short a name is told from a word by every sign of it


def _declared(folded: Folded, place: int) -> int:
    """Return the widest gap the name allows before a letter: what stands there, or a hump as in DigiKala."""
    gap = folded.gap(place)
    if gap == Gap.JOIN:
        return Gap.SPACE
    if gap == Gap.NONE and _hump(folded, place):
        return Gap.SPACE
    return gap


def _hump(folded: Folded, place: int) -> bool:
    left, right = folded.at[place - 1], folded.at[place]
    return left + 1 == right and folded.text[left].islower() and folded.text[right].isupper()


def _madda(folded: Folded, place: int) -> bool:
    position = folded.at[place]
    return unicodedata.normalize("NFKD", folded.text[position:position + 2])[1:2] == "\u0653"


def stands(wanted: Name, folded: Folded, start: int) -> int:
    """Return where ``wanted`` ends in the key of ``folded`` when it stands at ``start``, 0 when it does not.

    The letters are known to agree; this looks at gaps and edges. The end of a prefix is the end of its word.
    """
    end = start + len(wanted.key)
    if not _gaps_agree(wanted, folded, start) or not _begins(wanted, folded, start):
        return 0
    if wanted.madda is not None and any(
            marked != _madda(folded, start + place) for place, marked in enumerate(wanted.madda) if wanted.key[place] == "ا"):
        return 0
    if wanted.after and not folded.text.startswith(wanted.after, folded.at[end - 1] + 1):
        return 0
    if wanted.prefix:
        return _word_end(folded, end)
    return end if _ends(wanted, folded, end) else 0


def _gaps_agree(wanted: Name, folded: Folded, start: int) -> bool:
    size = len(wanted.key)
    declared = wanted.gaps
    if folded.at[start + size - 1] - folded.at[start] == size - 1 and not wanted.symbols[0]:
        return True  # the usual case: nothing stands between any two letters
    spaces = 0
    for place in range(1, size):
        gap = folded.gap(start + place)
        if wanted.symbols[place]:
            if wanted.symbols[place] not in folded.text[folded.at[start + place - 1] + 1:folded.at[start + place]]:
                return False
        elif gap <= declared[place]:
            continue
        elif gap == Gap.JOIN:
            if size < 4:
                return False
        elif gap == Gap.SPACE and size >= 7 and min(place, size - place) >= (2 if size >= 8 else 3) and spaces < 2:
            spaces += 1  # دی جی کالا (8 % of its namings) for دیجی‌کالا; a shorter name in two would be two words: هم راه
        else:
            return False
    return True


def _script(letter: str) -> str:
    if letter.isdigit():
        return "digit"
    if "\u0600" <= letter <= "\u08ff":
        return "arabic"
    return "latin" if letter < "\u0250" else "other"


def _begins(wanted: Name, folded: Folded, start: int) -> bool:
    gap = folded.gap(start)
    if gap == Gap.HARD:
        return not (wanted.key[0].isdigit() and start and folded.key[start - 1].isdigit()
                    and folded.at[start] - folded.at[start - 1] == 2 and folded.text[folded.at[start] - 1] in ".,٫٬:/")
    if gap == Gap.SPACE:
        return True
    before, first = _script(folded.key[start - 1]), _script(wanted.key[0])
    if before != first:
        return not (before == "digit" and first == "latin") and first != "digit"
    if first == "latin":
        return _hump(folded, start) and _in_hashtag(folded, start)
    if first != "arabic":
        return False
    if len(wanted.key) >= _LONG and not wanted.strict:
        return True
    begin = start
    while begin and start - begin < 6 and folded.gap(begin) < Gap.SPACE and _script(folded.key[begin - 1]) == "arabic":
        begin -= 1
    if folded.gap(begin) < Gap.SPACE and begin and _script(folded.key[begin - 1]) == "arabic":
        return False
    head = folded.key[begin:start]
    if gap == Gap.JOIN:
        return head in (_HEADS_GLUED if wanted.strict else _HEADS_JOINED)
    return len(wanted.key) >= (5 if wanted.strict else 4) and head in _HEADS_GLUED


def _ends(wanted: Name, folded: Folded, end: int) -> bool:
    gap = folded.gap(end)
    if gap == Gap.HARD:
        return not (wanted.key[-1].isdigit() and end < len(folded.key) and folded.key[end].isdigit()
                    and folded.at[end] - folded.at[end - 1] == 2 and folded.text[folded.at[end] - 1] in ".,٫٬:/")
    if gap == Gap.SPACE:
        return True
    last, after = _script(wanted.key[-1]), _script(folded.key[end])
    if last != after:
        if after == "digit":
            return last == "arabic" or len(wanted.key) >= 4
        return True
    if last == "latin":
        return _hump(folded, end) and _in_hashtag(folded, end)
    if last != "arabic":
        return False
    stop = _tail_end(folded, end)
    if stop is None:
        return False
    tail = folded.key[end:stop]
    plural = tail.find("ها")
    if plural >= 0 and folded.gap(end + plural + 1):
        return False  # نشانه‌ای is not نشان‌های
    return _is_ending(wanted, tail, joined=gap == Gap.JOIN)


def _arabic_at(folded: Folded, place: int) -> bool:
    return place < len(folded.key) and _script(folded.key[place]) == "arabic"


_LONGEST_TAIL = 40  # letters, drawn-out ones included


def _tail_end(folded: Folded, end: int) -> int | None:
    """Return where the word that begins before ``end`` ends; None where it is too long to carry an ending."""
    stop = end
    while _arabic_at(folded, stop) and (stop == end or folded.gap(stop) < Gap.SPACE):
        stop += 1
        if stop - end > _LONGEST_TAIL:
            return None
    return stop


def _word_end(folded: Folded, end: int) -> int:
    size = min(len(folded.key), end + _LONGEST_TAIL)
    while end < size and folded.gap(end) < Gap.SPACE:
        end += 1
    return end


def _in_hashtag(folded: Folded, place: int) -> bool:
    """Return whether the word around a letter is a hashtag, where capitals part words: #SnappSucks."""
    position = folded.at[place]
    lowest = max(0, position - 100)
    while position > lowest and (folded.text[position - 1].isalnum() or folded.text[position - 1] == "_"):
        position -= 1
    return position > 0 and folded.text[position - 1] in "#＃"


# ---- endings ---------------------------------------------------------------------------------------------------------

_HEADS_JOINED = frozenset(matching_key(head) for head in "و به از با در که تا هم ضد بی این اون آن".split())
_HEADS_GLUED = frozenset(matching_key(head) for head in "و از با در".split())  # the four that were seen, above


def _endings() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the endings that may be joined by ZWNJ, those that may be glued, and those only after a vowel."""
    nouns = ("", "ی", "یی", "ها", "های", "هایی", "هایه", "یها", "یهای", "ییها", "ییهای", "یا", "یای")
    owners = ("", "م", "ت", "ش", "مون", "تون", "شون", "مان", "تان", "شان", "امون", "اتون", "اشون")
    joined_owners = ("ام", "ات", "اش", "امان", "اتان", "اشان")
    vowel_owners = ("یم", "یت", "یش", "یمون", "یتون", "یشون", "یمان", "یتان", "یشان")
    finals = ("", "ه", "و", "رو", "را", "هم", "م", "ن", "ند", "ین", "ید", "یم", "ست", "ستن", "یه", "س")
    glued = {noun + owner + final for noun in nouns for owner in owners for final in finals}
    glued |= {"ای", "ایی", "اینا", "ینا", "است", "هستش", "ا", "هاا", "اشو", "اتو"}
    glued -= {"", "ان", "یت", "یان", "یات", "تن", "شن", "من", "تم", "شم", "مند", "مین", "مید", "تین", "مت", "مم", "تند", "شند",
        "شید", "شین", "تید", "یس", "س"}
    joined = glued | {owner + final for owner in joined_owners for final in finals}
    joined |= {"ان", "یت", "اند", "ایم", "اید", "ایه", "ام", "اس", "تر", "تم", "شم", "که", "یان", "ایا", "ایها"}
    joined |= {"ای" + final for final in finals}
    return frozenset(joined), frozenset(glued), frozenset(owner + final for owner in vowel_owners for final in finals)


_JOINED, _GLUED, _AFTER_VOWEL = _endings()
_PLURALS = frozenset(ending for ending in _JOINED if ending.startswith("ها"))
_LONG_OWNERS = frozenset(ending for ending in _GLUED if ending.startswith(("مون", "تون", "شون")))


def _is_ending(wanted: Name, tail: str, *, joined: bool) -> bool:
    size = len(wanted.key)
    if size < 3:
        return False
    while len(tail) > 2 and tail[-1] == tail[-2] == tail[-3]:  # اسنپههههه
        tail = tail[:-1]
    if len(tail) > 1 and tail[-1] == tail[-2] and tail not in _JOINED:
        tail = tail[:-1]
    if wanted.strict:
        return tail in _PLURALS
    if joined:
        return tail in _JOINED or wanted.key[-1] in "او" and tail in _AFTER_VOWEL
    if size == 3:
        return tail in _PLURALS or tail in _LONG_OWNERS  # ترب is in تربیت, خود in خودرو
    if tail == "ا":
        return size >= 6  # سامسونگا; but پارسا is not پارس
    return tail in _GLUED or wanted.key[-1] in "او" and tail in _AFTER_VOWEL


_ORDINARY = frozenset(matching_key(word) for word in (
    # words of the language that are also brands: with a glued ی ه م ش they are other words (نشانه، سامانه، همراهش، ایرانی)
    "همراه میهن نشان دیوار بازار سامان ملت ملی رفاه تجارت صادرات آینده پاک ایران پارس شهر سپه مهر پاسخ آسان آسمان دریا خورشید "
    "ستاره سروش گپ بله ایتا شیپور آشپز کتاب طاقچه کارآفرین کارآفرینی گردشگری مسکن کشاورزی توسعه اقتصاد نوین سرمایه انصار دانا "
    "البرز "
    "آسیا پارسیان سینا معلم کوثر حافظ رازی نوین تعاون حکمت قوامین همشهری شرق اعتماد کیهان جوان شهروند دنیا آفتاب اطلاعات "
    "رسالت خبر فارس مهربان آرمان امید ایمن پیشرو پیام پیک میوه تازه خانه خانومی سلام باسلام سفر پرواز پیشگام همکاران سیستم "
    "زرین "
    "مدیران بهمن سایپا تندر سمند دنا تارا سورن شاهین پژو پراید کیان پویا پدیده گلستان گلرنگ چین بهار گلها یکتا یک دو سه زر "
    "مینو کاله دامداران روزانه هراز عالیس سحر پگاه دنت نیک شیرین آنا نان سنتی شادی بانی ویستا نوبل سرو همیار همدم راه ره "
    "ساز مد دیبا خودرو خرید آرد شانس بخت آوا صدا سیما نسیم شبکه تماشا فیلم نما هنر ورزش نود"
).split())
"""Ordinary words that are also brand names; curated by hand. What is missing here belongs into a brand's exclusions."""
