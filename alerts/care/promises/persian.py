"""Whether a Persian sentence promises what it names a time for. Pure.

Persian ends a clause with its verb, so the verb that rules a time is the first one after it; only where none follows, the
last one before it («می‌رسه دستتون تا فردا»). That verb decides: «می‌کنیم», «خواهد شد» look ahead, «شد», «کرده‌ایم» behind,
«بفرستید», «می‌توانید» are the customer's turn, and whatever begins with a ن is denied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from alerts.care.promises.plain import Sentence
from alerts.care.promises.when import When

Tense = Literal["we", "it", "you", "may", "must", "past", "denied", "other"]
Kind = Literal["refund", "delivery", "call back", "answer", "fix", "follow-up", "other"]


class Commitment(NamedTuple):
    """What is promised, how surely (0..1), and where the words stand in the sentence."""

    kind: Kind
    certainty: float
    start: int
    end: int


class _Verb(NamedTuple):
    start: int
    end: int
    tense: Tense
    text: str


def _words(listed: str) -> str:
    return "|".join(sorted(set(listed.replace("آ", "ا").replace("أ", "ا").replace("ئ", "ی").split()), key=len, reverse=True))


_PAST_STEMS = _words("کرد شد گرفت داد فرستاد گفت امد اومد رفت توانست تونست خواست نوشت ماند موند گشت گردید زد برد اورد گذاشت رساند رسوند نمود یافت داشت بود دید "
                     "شنید فروخت دانست دونست برگرداند برگردوند افتاد ایستاد")
_AHEAD = re.compile(
    rf"(?<!\w)(?:بر ?|باز ?|در ?|فرا ?)?(?P<denied>ن)?می ?(?!{_PAST_STEMS}|ان\b|لی|وه\b|دان\b|ز\b|زان|هن\b|هما|لاد|نی\b|انگین|ل\b|خ\b|دون\b)(?P<stem>\w{{1,12}}?)"
    rf"(?P<person>یم|ید|ین|ند|ن|م|د|ه|اد|ی)(?!\w)")
_IMPERFECT = re.compile(rf"(?<!\w)ن?می ?(?:{_PAST_STEMS})\w{{0,4}}(?!\w)")
_WILL = re.compile(r"(?<!\w)(?P<denied>ن)?(?:خواه(?P<person>یم|ید|د|ند|م))(?: ?[\w]+)?(?: (?:شد|کرد|داد|رسید|گرفت|گردید|بود|داشت|زد|رفت|امد|یافت|اورد|فرستاد|گشت|نمود))?(?!\w)")
_BECOMES = re.compile(r"(?<!\w)(?P<denied>ن)?گرد(?:د|ند)(?!\w)")
_DONE = "شده|کرده|گرفته|داده|رسیده|رفته|گفته|بوده|زده|فرستاده|خونده|مانده|اومده|امده|نموده|گردیده|خورده"
_PAST = re.compile(
    rf"(?<!\w)(?P<denied>ن)?(?:{_PAST_STEMS}|رسید|کشید)(?:م|یم|ید|ین|ند|ن)?(?!\w)"
    rf"|(?<!\w)ن?(?:{_DONE}) ?(?:ایم|اند|ام|است|اید|ن|یم|بود\w*|باشد|باشه)(?!\w)"
    # alone it ends a clause; before a noun it only describes it («حساب معرفی‌شده»), before «می‌شود» it is part of another tense
    rf"|(?<!\w)ن?(?:{_DONE})(?=\s*(?:$|[,:;()]|(?:و|ولی|اما|که|تا)(?!\w)))|(?<!\w)(?:فرستادیم|رسوندیم|رساندیم|برگردوندیم)(?!\w)")
_MUST = re.compile(r"(?<!\w)(?:(?:ب|ن)?(?:فرستید|فرستین|دهید|دید|دین|زنید|زنین|گیرید|گیرین|فرمایید|فرمایین|مانید|مونید|گذارید|ذارید|خوانید|نویسید|بینید|رسانید|روید|رید)|کنید|کنین|نمایید|باشید|باشین|شوید|بشید)(?!\w)")
_DENIED = re.compile(r"(?<!\w)(?:نیست|نیستیم|نیستند|نداریم|ندارد|نداره|ندارند|ندارم|نباشد|نباشه|نشود|نشه|نکنیم|نتوان\w*|نرسد|نرسه|نشد\w*|نکرد\w*|نداد\w*|نبود\w*)(?!\w)")
_OTHER = re.compile(r"(?<!\w)(?:است|هست|هستیم|هستند|هستش|داریم|دارد|داره|دارید|دارین|دارند|دارن|دارم|هستین|هستید|باز ?ه|تعطیله|بازه|ست)(?!\w)")
_WISHED = re.compile(r"(?<!\w)(?:ب(?:شود|شه|شوند|شن|رسد|رسه|رسند|رسن|گردد|رسانیم|رسونیم|دهیم|دیم|زنیم|فرستیم|گیریم|گیرند|گیرن|کنیم|یاد|یاریم|ریم)|شود|شه|شوند|کنیم|کنم|کنند|کنن|کنه|کند|بکنه|بکنیم|بده|بدن|بزنه|بزنن|بیفته|بیفتد|بگیره|بفرستن|بفرسته|گردد|برسد|دهیم|گردانیم|گردونیم|باشیم|باشد|باشه)(?!\w)")

_IF = re.compile(r"(?<!\w)(?:اگر|اگه|چنانچه|در ?صورتی ?که|در ?صورت|به ?محض|به ?شرط|هر ?گاه|هر ?وقت|وقتی|تا زمانی|مگر|کاش|شاید|فرض|بستگی|منوط|مشروط)(?!\w)")
_AFTER_EVENT = re.compile(r"(?<!\w)(?:پس ?از|بعد ?از) (?:دریافت|تایید|تحویل|وصول|ارسال|ثبت|واریز|بازگشت|تکمیل|تحویل|رسیدن|مرجوع\w*)")
_TOLD = re.compile(r"(?<!\w)(?:گفته (?:بود\w*|شد\w*)|گفتیم|گفتید|گفتین|گفتم|عرض کرد\w*|فرمود\w*|نوشته بود\w*|نوشتید|قول داده بود\w*|وعده داده بود\w*|اعلام کرده بود\w*|قرار بود\w*|قرار نبود|ادعا)(?!\w)")
_POLICY = re.compile(r"(?<!\w)(?:معمولا|عموما|غالبا|اغلب|اصولا|به ?طور ?(?:معمول|کلی|متوسط|میانگین|عادی)|به ?صورت ?(?:معمول|کلی|عادی)|همیشه|همواره|روزانه|هر روز\w*|میانگین|طبق (?:قوانین|مقررات|رویه|ضوابط|قانون)"
                     r"|مطابق (?:قوانین|مقررات)|کلیه|تمامی? (?:سفارش|مرسول|درخواست|پیام|مبالغ)|در شرایط عادی|در حالت عادی|روز ?های|\w*شنبه ?ها\w*|جمعه ?ها\w*)(?!\w)")
_PLURAL = re.compile(r"(?<!\w)(?:سفارش ?(?:ها|های|هایی|ات)|سفارشات|مرسولات|مرسوله ?ها\w*|درخواست ?(?:ها|های|هایی)|پیام ?(?:ها|های)|مرجوعی ?(?:ها|های)|بسته ?های|خریدهای|تیکت ?(?:ها|های)|کالاهای)(?!\w)")
_YOURS = re.compile(r"(?<!\w)(?:شما|این|خدمت\w*)(?!\w)|(?<=\w) ?(?:تان|تون)(?!\w)|معوق|تاخیر|جامانده|باقی ?مانده|بهتون|براتون|برایتان")
_SHOW = re.compile(r"(?<!\w)(?:معتبر|اعتبار|جشنواره|قرعه ?کشی|حراج\w*|مسابقه|مهلت|فرصت|ثبت ?نام|برگزار|تعطیل\w*|ساعات? کار(?:ی)?(?! ?به)|باز است|بازه|ادامه دارد|ادامه داره|تمدید|گارانتی|ضمانت|طول می ?کش\w*|زمان می ?بر\w*"
                   r"|وقت دارید|فرصت دارید|منقضی|افتتاح|نمایشگاه|وبینار|لایو|نگه می ?دار\w*|رزرو|پرواز|قطار|حرکت می ?کن\w*|شروع می ?ش\w*|آغاز می ?ش\w*|تغییر)(?!\w)")
_CLOSE_OF = re.compile(r"(?:اخر|پایان|انتهای|اتمام) ?(?:ساعت|ساعات|وقت) ?(?:کاری|اداری)")
_TRY = re.compile(r"(?<!\w)(?:سعی|تلاش|تلاشمون|سعیمون|پیش ?بینی|انتظار می ?رود|احتمالا|برنامه|درخواست (?:دادیم|کردیم)|هماهنگ\w*|تاکید|ان ?شا ?الله|ایشالا)(?!\w)")
_PROMISE = re.compile(r"(?<!\w)(?:قول|قرار (?:است|شد|شده|هست)|قراره|مطمین|اطمینان|تعهد|متعهد|ضمانت می|حتما|قطعا|تضمین|دستور|مقرر)(?!\w)")
_HOPE = re.compile(r"(?<!\w)(?:امیدوار\w*|کاش)(?!\w)")
_IS_SPAN = re.compile(r"\w (?:ساعت|روز|هفته)(?! \d|\w)")
_LABEL = re.compile(r"(?:زمان|تاریخ|موعد) (?:تحویل|ارسال|واریز|پاسخ|تماس|مراجعه)[^:]*:\s*$")
_ASKED = re.compile(r"(?<!\w)(?:سپرد\w*|خواستم|خواستیم|گفتم|گفتیم)(?!\w)")
_ON_CALL = re.compile(r"پاسخ ?گو")  # until ten o'clock; within a day it is an answer
_MAY = re.compile(r"می ?(?:توانید|تونید|تونین|توانند|توان|شه ?خرید|شود ?خرید)")
_WAIT_FOR_US = re.compile(r"(?<!\w)(?:منتظر|در انتظار) (?:تماس|پیام|پیامک|پاسخ (?!شما)|جواب|خبر|پیک|ارسال|دریافت)|(?<!\w)منتظرمون|منتظر ما")
_BUT = re.compile(r"(?<!\w)(?:ولی|اما|لیکن|منتها)(?!\w)")
_QUOTE = re.compile(r"«[^»]*»|\"[^\"]*\"")

_SAYS: tuple[tuple[Kind, str], ...] = (
    ("refund", r"واریز|می ?ریز\w*|عودت|استرداد|مسترد|پس (?:می|خواه|بد)|برگشت (?:وجه|داده|می ?خور|پول|مبلغ|خواهد|زده)|بازگشت (?:وجه|داده|پول|مبلغ)|بازگردان\w*|باز ?می ?گرد\w*|برمی ?گرد\w*|بر ?می ?گرد\w*|بر ?می ?گردون\w*|برگرد\w*|پرداخت|ریفاند|تسویه|شارژ"),
    ("call back", r"تماس|زنگ|تلفن|صحبت"),
    ("answer", r"مشخص|معلوم|اعلام|پاسخ|جواب|اطلاع|خبر\w*|نتیجه\w* (?:رو|را)? ?(?:به|بهتون|براتون|برای|می)|ایمیل|پیامک (?:نتیجه|جواب)|در جریان"),
    ("fix", r"رفع|برطرف|حل(?!ه)|درست(?:ش|شون)? ?(?:می|خواه|شه|شود|کن|بش)|اصلاح|تعمیر|منتشر|انتشار|به ?روز ?رسانی|اپدیت|بالا می\w*|وصل|برقرار|راه ?اندازی|راه (?:می ?افت|بیفت)|نصب|تعویض|اماده|فیکس|پایدار|عادی"),
    ("delivery", r"تحویل|ارسال|می ?رس\w*|برس\w*|خواهد رسید|فرستاد\w*|می ?فرست\w*|بفرست\w*|پست\w*|به دست\w*|دست ?تون|میا(?:د|ریم|ره|رن|ن)|می ?اور\w*|پیک|مرسوله\w*|سفارش\w*|بسته\w*|کالا\w*"),
    ("follow-up", r"(?<!کد )(?<!شماره )پیگیر\w*|بررسی\w*|رسیدگی\w*|چک"),
    ("other", r"سرویس ?کار|تکنسین|نصاب|انجام|صادر|فعال|ثبت|مراجعه|پیامک|خدمت|حضور|اضافه|لغو|کنسل|جبران|تقدیم|هدیه|معرفی|اعزام|تکمیل|صورت می"),
)
_KINDS = tuple((kind, re.compile(rf"(?<!\w)(?:{pattern})")) for kind, pattern in _SAYS)
_RANK = {"refund": 0, "call back": 1, "answer": 2, "fix": 3, "follow-up": 4, "delivery": 5, "other": 6}


def commitment(sentence: Sentence, when: When) -> Commitment | None:
    """Return what the sentence promises for that time; None where it promises nothing."""
    text = sentence.text
    if sentence.asks or re.match(r"\s*ایا ", text) or any(one.start() <= when.start < one.end() for one in _QUOTE.finditer(text)):
        return None
    verbs = list(_verbs(text))
    ruling = next((verb for verb in verbs if verb.start >= when.end - 1), None)
    before = [verb for verb in verbs if verb.end <= when.start]
    late = ruling is None
    if ruling is None:
        ruling = before[-1] if before else None
    if ruling is None:
        label = _LABEL.search(text[:when.start])
        return Commitment(_kind(label[0]), 0.7, label.start(), when.end) if label else None
    begin = max((*(verb.end for verb in before if verb is not ruling), *(one.end() for one in _BUT.finditer(text, 0, when.start))), default=0)
    end = max(ruling.end, when.end)
    clause, ahead = text[begin:end], text[:when.start]
    if ruling.tense == "must" and _WAIT_FOR_US.search(clause):
        return Commitment(_kind(clause), 0.8, *_trimmed(text, begin, end))
    if ruling.tense == "may" or ruling.tense not in ("we", "it", "you", "other") or _refused(text, ahead, clause, when, wished=ruling.tense == "other"):
        return None
    certainty = 1.0
    if ruling.tense == "other":  # wished for («برسد», «شود»): what stands before it says how
        if ruling.text in ("",) or not _WISHED.fullmatch(ruling.text):
            return None
        matrix = text[:ruling.start]
        if any(verb.tense == "denied" for verb in before) or not (_PROMISE.search(matrix) or _TRY.search(matrix) or _ASKED.search(matrix)):
            return None
    kinds = [name for name, pattern in _KINDS if pattern.search(clause)]
    if ruling.tense in ("it", "you") and not kinds or ruling.tense == "you" and not re.search(r"دریافت|تحویل|پاسخ|جواب|خواهید داشت|می ?گیرید|مشاهده", clause):
        return None
    if _TRY.search(text[begin:end]) or _TRY.search(ahead):
        certainty = 0.6
    elif _PROMISE.search(clause):
        certainty = 1.0
    else:
        certainty = 0.9
    return Commitment(_kind(clause), certainty * (0.9 if late else 1.0), *_trimmed(text, begin, end))


def _refused(text: str, ahead: str, clause: str, when: When, *, wished: bool) -> bool:
    before = text[max(0, when.start - 60):when.start]
    without_close = _CLOSE_OF.sub(" ", clause)
    return bool(_IF.search(ahead) or (_TOLD.search(ahead) and not (wished and _ASKED.search(ahead))) or _POLICY.search(text) or _HOPE.search(clause) or _MAY.search(clause)
                or _SHOW.search(without_close) or (_ON_CALL.search(clause) and not _IS_SPAN.search(text[when.start:when.end])) or (_AFTER_EVENT.search(before) and re.match(r"(?:تا |ظرف|طی|حداکثر|در)?\s*(?:ظرف|طی|حداکثر|در|تا)?", text[when.start:]) and re.search(r"ساعت|روز(?!\w)|هفته", text[when.start:when.end]))
                or (_PLURAL.search(text) and not _YOURS.search(text)))


def _verbs(text: str) -> Iterator[_Verb]:
    """Yield the finite verbs of a sentence in order, none over another."""
    found: list[_Verb] = []
    for pattern in (_WILL, _IMPERFECT, _AHEAD, _BECOMES, _DENIED, _PAST, _MUST, _WISHED, _OTHER):
        for one in pattern.finditer(text):
            found.append(_Verb(one.start(), one.end(), _tense(pattern, one), one[0].strip()))
    taken = -1
    for verb in sorted(found, key=lambda each: (each.start, -each.end)):
        if verb.start >= taken:
            taken = verb.end
            yield verb


def _tense(pattern: re.Pattern[str], one: re.Match[str]) -> Tense:
    if pattern in (_PAST, _IMPERFECT):
        return "past"
    if pattern is _MUST:
        return "must"
    if pattern is _DENIED:
        return "denied"
    if pattern in (_OTHER, _WISHED) or "باش" in one[0]:
        return "other"
    if one["denied"]:
        return "denied"
    if pattern is _BECOMES:
        return "it"
    if _MAY.match(one[0].lstrip()):
        return "may"
    person = one["person"]
    return "we" if person in ("یم", "م") else "you" if person in ("ید", "ین", "ی") else "it"


def _kind(clause: str) -> Kind:
    """Return what is promised: the last word that says it before the verb; a parcel is only meant where nothing else is."""
    found = [(_RANK[kind] == 5, -one.start(), kind) for kind, pattern in _KINDS for one in [*pattern.finditer(clause)][-1:]]
    chosen = min(found, default=None)
    return chosen[2] if chosen else "other"


def _trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    """Return the clause without what joins it to the one before."""
    lead = re.match(r"[\s,:)\-]*(?:(?:و|که|ولی|اما|پس|لذا|هم|همچنین)\s+)*", text[begin:end])
    return begin + (lead.end() if lead else 0), end
