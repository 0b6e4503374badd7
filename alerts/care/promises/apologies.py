"""Apologies that mend nothing: sorry, and neither a promise nor what was done nor a question that helps. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from alerts.care.promises.plain import Sentence

_SORRY = re.compile(
    r"(?<!\w)(?:عذر ?خواه\w*|عذر می ?خواه\w*|پوزش\w*|متاسف(?:م|یم|ند|یم که)?(?!انه)|تاسف\w*|شرمنده\w*|ببخش(?:ید|ین)|معذرت\w*|عذر تقصیر|قصور|sorry|apolog\w*|regret|forgive|pardon|my bad|our bad|our fault)(?!\w)")
_MENDS = re.compile(
    # what is done, or was: money, goods, repairs, answers; soon or without a time
    r"(?<!\w)(?:واریز|عودت|استرداد|مسترد|برگشت داده|برگردان\w*|برگردون\w*|برمی ?گرد\w*|جبران|هدیه|کد تخفیف|تعویض|جایگزین|ارسال (?:شد\w*|می\w*|خواه\w*|کرد\w*|مجدد)|فرستاد\w*|می ?فرست\w*|تحویل (?:داده|می\w*|خواه\w*|شد\w*)"
    r"|حل (?:شد\w*|می\w*|خواه\w*|کرد\w*)|رفع (?:شد\w*|می\w*|خواه\w*|کرد\w*)|برطرف|اصلاح (?:شد\w*|می\w*|کرد\w*)|تماس (?:می\w*|خواه\w*|بگیر\w*|گرفت\w*|گرفته)|پیگیری (?:می\w*|خواه\w*|کرد\w*|شد\w*|بفرما\w*|کنید|لازم)|بررسی (?:می\w*|خواه\w*|کرد\w*|شد\w*|کنیم|بشه|شود)|رسیدگی (?:می\w*|خواه\w*|شد\w*)"
    # what we ask for to help
    r"|دایرکت|شماره ?(?:ی )?(?:سفارش|تماس|تلفن|پیگیری|موبایل|همراه)|کد (?:پیگیری|سفارش|ملی|رهگیری)|بفرستید|ارسال (?:کنید|بفرمایید|نمایید)|بفرمایید|پیام بد\w*|پیام ده\w*|لطفا|لطف کنید|تماس بگیرید|مراجعه"
    r"|refund\w*|reimburs\w*|credited|voucher|replac\w*|compensat\w*|gift|discount|(?:we|i)(?:'ll|'ve| will| have| are|'re|'m| am)(?! (?:truly|very|so|really|deeply|sincerely|extremely|terribly|sorry|strive|try|do better|learn|aim|take this seriously|not meet))"
    r" (?!sorry|truly|very|so |really|deeply|sincerely|extremely|terribly|strive|try|do better|learn|let you down|failed|fallen|disappointed|not |aware|listening|here)\w+"
    r"|fixed|resolved|restored|shipped|please(?! accept| know| forgive| be patient| bear| understand)|kindly|dm|direct message|order number|contact us|reach out|get in touch|send us|give us a call|email us|let us know)(?!\w)")


def apologises_only(sentences: Iterable[Sentence]) -> bool:
    """Return whether an answer apologises and says nothing that mends what it apologises for."""
    text = " . ".join(sentence.text for sentence in sentences)
    return bool(_SORRY.search(text)) and not _MENDS.search(text)
