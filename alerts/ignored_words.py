"""Whether an author says to have been left alone: for the third time, for months, and nobody answers. Pure.

Persian (also in Latin letters) and English; numbers in words and digits. Three signs are told apart:

* ``again``: they wrote, called or went there so many times, or it went wrong for the n-th time;
* ``waiting``: they have waited or pursued it for so many days, said of an answer and not of a parcel, in one sentence;
* ``unanswered``: nobody answers, without a number.

How late a parcel came («538 روز دیر فرستاد») is no waiting for an answer, nor is a span of over a year unless the
clause itself says that they asked, nor how long something was made, used or owned («چهار ماه پاش نشستی»), nor how long
somebody who is spoken to has waited. "Several times" counts as three, "a hundred times" as a hundred. What others did to the author ("they
called me three times"), spans that lie ahead («دو هفته دیگه»), and terms of guarantees and subscriptions are not meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, cached_property
from itertools import islice
from typing import Literal, NamedTuple

from alerts.phrases import Notation, listed, sentences
from listener.text import matching_key

VERSION = "ignored_words@3"

Sign = Literal["again", "waiting", "unanswered"]
COUNTED = 20  # numbers of a clause that are looked at
YEAR = 365    # days: a longer wait is told of by who says in the same breath that they asked, wrote or called
BARE = 4      # words besides a span with which a clause tells of nothing else
LAST = 40     # letters before a span that say what it is a term of
SIGNS: tuple[Sign, ...] = ("again", "waiting", "unanswered")


class Ignored(NamedTuple):
    """A sign that was found: the words (folded), and how many times or days they speak of, where they do."""

    sign: Sign
    phrase: str
    number: int | None = None


_NUMBERS: dict[int, str] = {
    1: "یک یه یکی yek ye a an one",
    2: "دو do two couple",
    3: "سه se three چند چندین chand chandin several many multiple few numerous بارها",
    4: "چهار چار chahar char four",
    5: "پنج panj five",
    6: "شش شیش shish six",
    7: "هفت haft seven",
    8: "هشت hasht eight",
    9: "نه noh nine",
    10: "ده dah ten دهها",
    11: "یازده eleven",
    12: "دوازده twelve dozen",
    15: "پانزده پونزده fifteen",
    20: "بیست bist twenty",
    30: "سی thirty",
    40: "چهل forty",
    45: "چهلوپنج",
    50: "پنجاه fifty",
    60: "شصت sixty",
    100: "صد sad hundred countless صدها",
    1000: "هزار hezar thousand هزاران",
}
_ORDINALS: dict[int, str] = {
    2: "دوم دومین dovom dovomin second 2nd",
    3: "سوم سومین sevom sevomin third 3rd چندم چندمین",
    4: "چهارم چهارمین چارمین chaharom chaharomin fourth 4th",
    5: "پنجم پنجمین panjom panjomin fifth 5th",
    6: "ششم ششمین شیشم shishom sixth 6th",
    7: "هفتم هفتمین haftom seventh 7th",
    8: "هشتم هشتمین eighth 8th",
    9: "نهم نهمین ninth 9th",
    10: "دهم دهمین dahom tenth 10th",
    20: "بیستم بیستمین twentieth 20th",
    100: "صدم صدمین sadom sadomin hundredth 100th nth umpteenth",
    1000: "هزارم هزارمین hezarom thousandth",
}
_DAYS = {
    1: "روز rooz ruz day days",
    7: "هفته هفتس هفتست hafte week weeks",
    30: "ماه mah month months",
    365: "سال sal year years",
}

_VALUE = {
    matching_key(word): value for table in (_NUMBERS, _ORDINALS) for value, words in table.items() for word in words.split()
}
_UNIT = {matching_key(word): days for days, words in _DAYS.items() for word in words.split()}


def _either(words: str) -> str:
    return "|".join(sorted({matching_key(word) for word in words.split()}, key=lambda one: (-len(one), one)))


_CARDINAL = rf"\d{{1,4}}|{_either(' '.join(_NUMBERS.values()))}"
_ORDINAL = rf"\d{{1,3}} ?(?:م|مین|om|omin|th)|{_either(' '.join(_ORDINALS.values()))}"
_TIMES = r"(?:بار|دفعه|دفعهی|مرتبه|bar|dafe|daf e|times)"
_COPULA = r"(?:ه|ست|است|س|هست|میشه|شد|شده|مه|مونه|ام|م|تون|ش|ای|e|e s|ast|am)?"

_COUNTED = re.compile(rf"(?<!\w)(?P<number>{_CARDINAL}) ?{_TIMES}{_COPULA}(?!\w)|(?<!\w)(?P<many>بارها)(?!\w)")
_NTH = re.compile(
    rf"(?<!\w)(?:(?P<after>{_ORDINAL})(?:ین)? ?{_TIMES} ?{_COPULA}|{_TIMES}e? ?(?P<before>{_ORDINAL})(?:ین)? ?{_COPULA}"
    rf"|(?P<english>{_ORDINAL}) (?:time|email|e mail|complaint|ticket|call|message|attempt|request|tweet|letter|reminder)"
    rf"|(?P<own>{_ORDINAL})(?:ین)? ?(?:توییت|پیام|تیکت|ایمیل|تماس|شکایت|درخواست|پیگیری|دایرکت|کامنت|نامه)\w*)(?!\w)"
)
_SPAN = re.compile(
    rf"(?<!\w)(?:day (?P<day>\d{{1,4}})|(?P<number>{_CARDINAL}) ?(?P<unit>{_either(' '.join(_DAYS.values()))})"
    r"(?:ه|ست|است|س|هست|ی|یه|ای|ایه|هاست|e|e s|ast)?|(?P<plural>ماهها|هفتهها|روزها|سالها|mahha|months|weeks|"
    r"years)(?:ست|است|یه)?)(?!\w)"
)

_AHEAD = re.compile(
    r"^ ?(?:دیگه|دیگر|اینده|بعد|بعدی|کاری|گارانتی|ضمانت|digeh|dige|later|guarantee|warranty|free|trial|"
    r"subscription|old|from now)(?!\w)"
)
_TERMS = re.compile(r"(?<!\w)(?:گارانتی|ضمانت|اشتراک|قسط|اقساط|بسته|دوره|ظرف|طی|تا|هر|garanti|within|every|next|under|up to)$")
_LATE = re.compile(r"^ ?(?:تمام |کامل )?(?:با )?(?:دیر|دیرتر|تاخیر|تأخیر|dir|late|overdue|delay|delayed)(?!\w)")
_LATER = re.compile(r"(?<!\w)(?:تاخیر|دیرکرد|delay of|late by|delayed by|delayed)$")
_AGO = re.compile(r"^ ?(?:پیش|قبل|pish|ghabl|ago)(?!\w)")

_NOTATION = Notation({
    "کسی": "هیچکس هیچکی هیشکی هیشکس هیچکسی کسی احدی هیچکدوم هیچکدام هیچ‌کسم یکیشون",
    "پاسخ": "جواب جوابی جوابم جوابمو جوابمون جوابگو پاسخ پاسخی پاسخم پاسخگو پاسخگویی رسیدگی پیگیری اقدامی خبری توجهی "
        "توضیحی نتیجه‌ای گوش",
    "نداد": "نداد ندادن ندادند ندادید ندادین نداده ندادهاند نمیده نمیدن نمیدهد نمیدهند نمیدید نمیدین نمیدهید نمیدم نمیدند "
        "نشد نشده نمیشه نمیشود نشدن نکرد نکردن نکردند نکرده "
            "نکردید نکردین نمیکنه نمیکنن نمیکند نمیکنند نمیکنید نمیکنین نیست نیستن نیستند نبود نبوده نگرفتم نگرفتیم "
                "نگرفته نمیگیرم نشنیدم نیومد نیومده نیامد نیامده ندارن ندارند ندارید نداره "
            "نداشت نداشتن نیستید نرسید نرسیده دریافت",
    "one": "nobody noone",
    "answers": "answers answered answering replies replied responds responded cares cared helps helped called calls "
        "contacted bothered",
})


@cache
def _of(written: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{_NOTATION.pattern(phrase)})" for phrase in listed(written)))


_UNANSWERED = """
    {کسی} … {پاسخ} {نداد} | {کسی} {پاسخ} … {نداد} | هیچ {پاسخ} … {نداد} | هیچ {نداد} | هنوز/هنوزم/همچنان … {پاسخ} {نداد}
    هنوز/هنوزم/همچنان {پاسخ} … {نداد}
    بی جواب/پاسخ مانده/موند*/ماند*/گذاشت*/بود* | بیجواب*/بیپاسخ* | بدون پاسخ/جواب موند*/ماند*/مانده/گذاشت*
    اصلا {پاسخ} {نداد} | اصلا {پاسخ} … {نداد} | هیچوقت {پاسخ} {نداد} | هیچ وقت {پاسخ} {نداد}
    نه جواب … نه | انگار نه انگار | {کسی} گردن نمیگیره | {کسی} … مسیولیت … نمیپذیره/قبول | {کسی} … پیگیر نیست
    {کسی} … برنمیداره/بر نمیداره/برنداشت | میخونن/میبینن/میخونید … جواب نمیدن/ندادن/نمیدید
    جواب سر بالا/سربالا … میدن/میدید/میدین/دادن | {کسی} تلفن* … جواب نمیده | تلفن* … کسی … نمیده
    {کسی} به دادم* … نرسید/نمیرسه | {کسی} … تحویل نمیگیره | {کسی} اهمیت نمیده | محل نمیذارن | محل سگ
    سین میکنن/میکنید/میزنن/کردن … جواب* | سین … جواب نمیدن/ندادن/نمیدید | پیامم* … سین … نداد*
    hichkas/hichki/hishki/kasi … javab/pasokh … nemide/nadad/nadade/nemidan | hichkas/hichki/kasi javabgoo/pasokhgoo nist
    hanooz/hanuz/hanoz … javab/javabi … nadadan/nadad/nemidan/nayoomad/nagereftam | asan javab nemidan/nemide
    seen mikonan … javab | hich javabi … nadadan/nagereftam/nayoomad
    nobody/noone {answers} | no one {answers} | no one/noone … respond/reply/answer/care | zero answers/reply/replies
    without … single reply/response/answer | nobody/noone … gets/got back | no one … gets/got back
    nobody/noone … picks/picked up | no one … picks/picked up | nobody/noone/no … answers
    nobody/noone has … answered/replied/responded/called
    no one has … answered/replied/responded/called | no one will … answer/help/reply/respond/call
    nobody will … answer/help/reply/respond/call | still no reply/answer/response/word/resolution/solution/update
    still … waiting for … reply/answer/response
    still haven t … heard/replied/answered/responded | still haven t … received/got/gotten … reply/answer/response/call
    still have not … heard/replied/answered/responded | still have not … received/got … reply/answer/response/call
    still hasn t … replied/answered/responded/called
    still not … answered/replied/heard
    never/not … heard back | never … got/received/get a/any reply/answer/response
    never … replied/answered/responded/respond/reply/answer/answers/replies | never called/got/gets/get back
    haven t heard back | have not heard back
    no reply/response/answer from | no reply/response/answer at all | zero response/replies/reply/communication
    without any/a reply/answer/response | without response/reply/answer | unanswered | radio silence | fell on deaf ears
    falls on deaf ears
    ghosted | ghosting me/us | keep/kept/keeps ignoring | being ignored | ignored my/our/me/us/all/every/both
    ignoring my/our/me/us | ignores my/our/me/us/every | just ignore/ignored
"""

_CONTACT = """
    زنگ زدم/زدیم/میزنم/میزنیم/زده‌ام/زدهام | تماس گرفتم/گرفتیم/میگیرم/میگیریم/گرفتهام/گرفتم
    پیام دادم/دادیم/میدم/میدیم/گذاشتم/فرستادم/میفرستم/دادهام | تیکت زدم/دادم/ثبت/باز/میزنم/فرستادم/زدیم/گذاشتم
    ایمیل زدم/دادم/فرستادم/میزنم/زدیم
    پیگیری کردم/کردیم/میکنم/کردهام | پیگیرم/پیگیریم | پیگیر شدم/شدیم/میشم | مراجعه کردم/کردیم/میکنم/کردهام
    شکایت کردم/ثبت/میکنم/زدم/نوشتم/دادم | گزارش دادم/کردم/میدم/زدم/دادیم | درخواست دادم/دادیم/ثبت/میدم
    دایرکت دادم/میدم/دادیم
    گفتم/گفتیم/میگم/مینویسم/نوشتم/مینویسیم/توییت/کامنت | سر زدم/زدیم/میزنم
    رفتم/رفتیم/اومدم/اومدیم/میرم شعبه/نمایندگی/دفتر/دفترشون/فروشگاه/خدمات/پیششون/اونجا/بانک | حضوری رفتم/رفتیم
    شعبه رفتم/رفتیم | نمایندگی رفتم/رفتیم/بردم | رفتم … نمایندگی/شعبه/دفتر*
    تماسم/پیاممه/پیامم/تیکتمه/تیکتم | پیام میذارم/میزارم/گذاشتم | فرستادم … تعمیر | بردم … تعمیر/نمایندگی
    zang zadam/zadim/mizanam | tamas gereftam/gereftim/migiram | payam/payaam dadam/dadim/midam
    ticket/tiket zadam/dadam/mizanam | email zadam/dadam | peygiri kardam/mikonam | peygiram | goftam/migam/neveshtam
    moraje kardam
    i/we ve/have … called/emailed/contacted/written/messaged/complained/asked/reported/tweeted/phoned/rung/chased/raised/reached
    i/we called/emailed/contacted/wrote/messaged/complained/asked/reported/tweeted/phoned/rang/chased
    called/emailed/contacted/messaged/asked/phoned/told you/them/support/customer/the | reported this/it/the/that
    complained about
    had to … call/email/contact/message/ask/write/complain/chase
    i m/am calling/emailing/contacting/writing/messaging/asking/reporting/complaining/tweeting/chasing
    i/we call/email/contact/write/message/ask/complain/report/tweet | reached out | reaching out
    calling/emailing/contacting/messaging/asking you/them/support
    contacting/calling/emailing/writing/messaging/tweeting/complaining/asking/reporting
"""

_WRONG = """
    خراب* | اشتباه* | کنسل* | لغو* | قطع* | مشکل* | تعمیر* | معیوب* | دیر* | نرسید* | مرجوع* | عودت | تاخیر*
    kharab* | eshtebah* | cancel* | laghv* | moshkel*
    broke/broken/breaks/cancelled/canceled/wrong/failed/fails/crashed/lost/late/delayed/missing/damaged/faulty/defective/stopped
"""

_WAITING = """
    پیگیر* | منتظر* | معطل* | علاف* | الاف* | سرگردون* | سرگردان* | درگیر* | دنبال* | بلاتکلیف* | پاسکاری* | میدوم | میدوییم
    {پاسخ} {نداد} | {پاسخ} … {نداد} | {کسی} … {نداد} | حل نشد* | حل نکرد* | درستش نکرد* | بی جواب* | بی پاسخ* | بیجواب*
    بیپاسخ* | میرم و میام | امروز فردا | سر می دوونن | سرم میدوونن | سر کارم | سرکارم | سر کار گذاشت* | جواب سربالا
    جواب سر بالا
    peygir* | montazer* | moattal* | alaf* | donbal* | javab … nadadan/nemidan/nadad/nemide | hal nashod*
    waiting … reply/response/answer/resolution/solution/callback/someone/support/help/update/you/them
    waited … reply/response/answer/resolution/callback/support | waiting to hear
    no reply/response/answer/word/resolution/solution/update/progress/help/communication/feedback
    not a single reply/response/answer/word
    not a word | still nothing | and nothing | with nothing | still waiting | still unresolved | unresolved | not resolved
    nothing resolved | nobody … | no one | nothing but silence | silence | ignored | ignoring | chasing | back and forth
    unanswered | haven t heard | hasn t … replied/responded/answered/resolved
    haven t … replied/responded/answered/resolved | not replied/responded/answered | never replied/responded/answered
    without a/any reply/response/answer/word/resolution | without reply/response/answer/resolution
    without … single reply/response/answer/word | of waiting | no one has | trying to get/reach/contact | fobbed off
    passed around | pushed around
"""

_ASKED = """
    پیگیر* | دنبال* | معطل* | منتظر جواب/پاسخ | {پاسخ} {نداد} | {پاسخ} … {نداد} | {کسی} … {نداد} | حل نشد* | حل نکرد* | سر کارم | سرکارم
    peygir* | donbal* | moattal* | javab … nadadan/nemidan/nadad/nemide
    chasing | waiting … reply/response/answer/resolution | no reply/response/answer | nobody … | no one | unanswered | trying to get/reach/contact
"""

_OTHERWISE = """
    نشست* | ساخت* | میساخت* | بساز* | وقت گذاشت*/گذاشته/صرف | زحمت* | تمرین* | استفاده* | کار کرد*/میکن*/کرده
    مشتری* | عضو* | کارمند* | درس | یاد گرفت* | زندگی | زندان | بستری* | باردار* | ازدواج* | سابقه | تجربه | پسانداز* | عاشق*
    توی/تو این کار*/شغل* | عمر* | قدمت | سفر* | بازی | بافت* | میبافت* | نقاشی* | طول کشید* | پول جمع
    neshast* | sakht* | misakht* | vaght gozasht* | zahmat* | tamrin* | estefade* | kar kardam/kard/mikonam | moshtari* | ozv* | dars
    built | build* | made | make | making | carved/carving | painted/painting | crafted/crafting | knitted/knitting | sewed/sewing
    worked/working/works | learned/learning | studied/studying | trained/training | practised/practicing/practising | used/using/use
    owned/own | customer* | member* | subscriber* | client | lived/living | saved/saving | pregnant | married | ill | sick
    of work/effort/savings/practice/travel/use
"""

_YOURS = """
    منتظری/معطلی/پیگیری … جواب* | منتظر/معطل/علاف موندی/بودی/نشستی/شدی/هستی | منتظری | معطلی | پیگیری کردی | پیگیر بودی/شدی
    زنگ زدی | تیکت زدی | پیام دادی | montazeri | montazer boodi/moondi | zang zadi
    you waited/waiting | you ve been/waited | you have been/waited | have you been waiting | she/he/they waited | she s/he s been waiting
"""

_MATTER = """
    سفارش* | تیکت* | شکایت* | پرونده* | پول* | وجه* | مرجوع* | تعمیر* | نمایندگی* | درخواست* | ایمیل* | پیام* | تماس* | گزارش* | گارانتی*
    بسته* | مرسوله* | خسارت* | بازپرداخت* | ارسال* | خرید* | خرابه | خراب شد* | قطع* | گذشت* | میگذره
    sefaresh* | ticket* | tiket* | shekayat* | pool* | email* | gozasht*
    order* | ticket* | complaint* | refund* | claim* | case | email* | message* | request* | parcel | package | broken | repair* | passed | gone
"""

_JOINED = re.compile(r" (?:و|که|and|ke|va|which|that) ")
_MINE = re.compile(
    r"این|دارم|میدم|this is my|^(?:my )?(?!the)\w+ (?:email|complaint|ticket|call|message|request|tweet|letter|reminder)"
)
_THEY = re.compile(
    r"(?<!\w)(?:زنگ زدن|زنگ زدند|تماس گرفتن|تماس گرفتند|پیام دادن|پیام دادند|جواب دادن|جواب دادند|پاسخ دادن|"
    r"پاسخ دادند|they called|you called me|they emailed|they messaged|called me|texted me|emailed me)(?!\w)"
)


def find(text: str, *, times: int = 3, days: int = 7) -> list[Ignored]:
    """Return the signs of an author left alone, at most one of each, the plainest first.

    ``times``: how often is "again"; ``days``: how long is "waiting".
    """
    found: dict[Sign, Ignored] = {}
    told = sentences(text)
    parts = [(words, " ".join(sentence[place:place + 2])) for sentence in told for place, words in enumerate(sentence)]
    for place, (words, and_rest) in enumerate(parts):
        clause = _Clause(words, " ".join(one for one, _ in parts[place:place + 2]), and_rest)
        again, waiting = _again(clause, times), _waiting(clause, days)
        unanswered = None if "unanswered" in found else _of(_UNANSWERED).search(words)
        for one in (again, waiting, Ignored("unanswered", unanswered.group()) if unanswered else None):
            if one is not None:
                found.setdefault(one.sign, one)
    return [found[sign] for sign in SIGNS if sign in found]


class _Clause:
    """A clause with the one after it, in which may be said of what it speaks; each list is looked for once at most.

    ``and_rest`` is the same where that one stands in its sentence, else the clause alone.
    """

    def __init__(self, words: str, and_next: str, and_rest: str) -> None:
        self.words, self.and_next, self.and_rest = words, and_next, and_rest

    def matches(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Give the first places of a number in the clause: nobody counts more often in one breath."""
        return islice(pattern.finditer(self.words), COUNTED)

    @cached_property
    def contact(self) -> bool:
        return _of(_CONTACT).search(self.words) is not None

    @cached_property
    def asked(self) -> bool:
        return self.contact or _of(_ASKED).search(self.words) is not None

    @cached_property
    def of_trouble(self) -> bool:
        return self.contact or any(_of(written).search(self.and_next) for written in (_CONTACT, _WRONG))

    @cached_property
    def of_waiting(self) -> bool:
        return _of(_WAITING).search(self.and_rest) is not None

    def of_asking(self, start: int, end: int) -> bool:
        """Whether the span at a place is one of waiting: what stands nearest to it in its part of the clause tells of what it is.

        Where its part names no waiting, it must name a matter that waits, or nothing at all («سه ماه شد و جوابی نیست»).
        """
        if not self.of_waiting or _of(_YOURS).search(self.words):
            return False
        joins = list(_JOINED.finditer(self.words))
        begin = max((join.end() for join in joins if join.end() <= start), default=0)
        stop = min((join.start() for join in joins if join.start() >= end), default=len(self.words))
        part, place = self.words[begin:stop], (start - begin, end - begin)
        waits, other = (_distance(written, part, place) for written in (_WAITING, _OTHERWISE))
        if waits is not None:
            return other is None or waits <= other
        bare = len(part.split()) - len(self.words[start:end].split()) <= BARE
        return other is None and (bare or self.contact or _of(_MATTER).search(part) is not None)

    @cached_property
    def mine(self) -> bool:
        return _MINE.search(self.words) is not None


def _again(clause: _Clause, times: int) -> Ignored | None:
    """Return how often the author says to have tried, or that it is the n-th time: of what, may be said in the next clause."""
    for match in clause.matches(_NTH):
        number = _number(match["after"] or match["before"] or match["english"] or match["own"])
        named = match["own"] is not None or match["english"] is not None and not match.group().endswith(" time")
        if number >= times and (clause.of_trouble or named and clause.mine):
            return Ignored("again", match.group(), number)
    for match in clause.matches(_COUNTED):
        number = _number(match["number"] or match["many"])
        if number >= times:
            return Ignored("again", match.group(), number) if clause.contact and not _THEY.search(clause.words) else None
    return None


def _waiting(clause: _Clause, days: int) -> Ignored | None:
    """Return how long the author says to have waited for an answer; for what, may be said in the next clause."""
    for match in clause.matches(_SPAN):
        before, after = clause.words[:match.start()].rstrip(), clause.words[match.end():]
        if _AHEAD.match(after) or _TERMS.search(before[-LAST:]):
            continue
        if _LATE.match(after) or _LATER.search(before[-LAST:]):
            continue
        if _AGO.match(after) and not before.endswith(("از", "az", "since")) and not clause.contact:
            continue
        if match["plural"]:
            number = 3 * max((unit for word, unit in _UNIT.items() if match["plural"].startswith(word)), default=30)
        else:
            number = int(match["day"]) if match["day"] else _number(match["number"]) * _UNIT[match["unit"]]
        if number > YEAR and not clause.asked:
            continue
        if number >= days:
            if clause.of_asking(*match.span()):
                return Ignored("waiting", match.group(), number)
    return None


def _distance(written: str, part: str, place: tuple[int, int]) -> int | None:
    """Return how many letters lie between a place and the nearest phrase of a list, None where none stands there."""
    start, end = place
    return min((max(0, one.start() - end, start - one.end()) for one in islice(_of(written).finditer(part), COUNTED)), default=None)


def _number(written: str) -> int:
    """Return the value of a number in words or digits; both cardinal and ordinal."""
    digits = re.match(r"\d+", written)
    return int(digits.group()) if digits else _VALUE.get(written, _VALUE.get(written.removesuffix("ین"), 0))
