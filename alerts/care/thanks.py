"""Whether what a customer says after our answer is a thanks or another complaint. Pure.

A thanks must not start the clock anew: who answers well would be punished for it. It is one when it thanks or says that all is well,
and neither says that something still is not, nor was judged negative: "thanks for nothing", «ممنون که سه روزه جواب نمی‌دید» and "thanks,
but it is still broken" complain. What does neither is a remark (an order number, a question): it joins the case and starts nothing.
"""

from __future__ import annotations

import re
from typing import Literal

from listener.text import search_form
from listener.types import Label, Score

Said = Literal["thanks", "complaint", "remark"]

COMPLAINING = frozenset({"complaint", "criticism"})  # intents (``sentiment.heads``)

_THANKS = re.compile(
    r"(?<!\w)(?:ممنون\w*|مرسی|متشکر\w*|تشکر\w*|سپاس\w*|دمتون گرم|دمت گرم|دست ?تون درد نکنه|دستتان درد نکند|دستت درد نکنه|قربان ?شما|لطف کردید|لطف کردین|خدا خیرتون|خدا قوت|عالی بود\w*|راضی\w*"
    r"|mamnoon\w*|mamnun\w*|merci|mersi|motshaker\w*|sepas\w*|dametoon garm|thanks|thank you|thankyou|thx|ty|cheers|much appreciated|appreciate\w*|grateful|well done|great service|kudos)(?!\w)")
_WELL = re.compile(
    r"(?<!\w)(?:حل شد|درست شد|رسید(?: دستم| به دستم)?|واریز شد|برگشت خورد|مشکلم حل|اوکی شد|رفع شد|hal shod|dorost shod|resid|fixed|solved|resolved|sorted|received it|arrived|got (?:it|my|the)|works now|working (?:again|now)|all good)(?!\w)")
_STILL = re.compile(
    r"(?<!\w)(?:هنوز\w*|همچنان|دوباره|بازم|باز هم|مجددا|ولی|اما|فقط حیف|نشد\w*|نشده\w*|نمی ?\w+|نیست\w*|ندار\w*|نکرد\w*|نداد\w*|نرسید\w*|نیومد\w*|نیامد\w*|نگرفت\w*|برنگشت\w*|خراب\w*|افتضاح|مزخرف|مسخره\w*|دروغ\w*|الکی|سر ?کار(?:ی|یم|ید)|چرا|بی ?فایده|شکایت\w*|کلاهبردار\w*"
    r"|hanooz|hanuz|nashod\w*|naresid\w*|still|again|but|however|yet|not|isnt|dont|doesnt|didnt|wont|cant|havent|hasnt|no one|nobody|nothing|never|worse|worst|useless|terrible|awful|broken|lie|lies|lied|liars?|scam|joke|why|complaint)(?!\w)")
_NOT_BUT = re.compile(r"(?<!\w)(?:نه ?تنها|not only|دیگه مشکلی نیست|مشکلی نیست|مشکلی ندارم|مشکلی ندارد|شکایتی ندارم|حرف ندار\w*|حرف نداشت\w*|درد نکن\w*|no (?:more )?(?:problems?|issues?|complaints?)|not a problem|cant thank|cannot thank|couldnt be (?:happier|better))(?!\w)")


def said(text: str, score: Score | None = None, intent: str | None = None) -> Said:
    """Return what a follow-up is. ``score`` and ``intent`` as the model gave them; None where it did not read it yet."""
    words = search_form(text.replace("'", "").replace("’", ""))
    plain = _NOT_BUT.sub(" ", words)
    thanked, well = bool(_THANKS.search(words) or _NOT_BUT.search(words)), bool(_WELL.search(plain))
    label = None if score is None or score.unsure else score.label
    if label is Label.NEGATIVE:
        return "complaint" if _STILL.search(plain) or not (thanked or well) else "thanks" if well else "complaint"
    if (thanked or well) and not _STILL.search(plain):
        return "thanks"
    if intent in COMPLAINING or (label is None and _STILL.search(plain) and not text.rstrip().endswith(("?", "؟"))):
        return "complaint"
    if label is Label.POSITIVE:
        return "thanks"
    return "complaint" if thanked and _STILL.search(plain) else "remark"


def complains(text: str, score: Score | None = None, intent: str | None = None) -> bool:
    """Return whether a follow-up says that it is not well: then, and only then, the clock of its case starts anew."""
    return said(text, score, intent) == "complaint"
