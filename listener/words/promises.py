"""Words of promises: what our own answers promised."""

WORDS: dict[str, tuple[str, str]] = {
    "promise.answer": ("پاسخ", "an answer"),
    "promise.call_back": ("تماس", "a call"),
    "promise.certainty": ("اطمینان", "certainty"),
    "promise.delivery": ("تحویل", "delivery"),
    "promise.due": ("موعد", "due"),
    "promise.file_none": ("هیچ قولی با موعد در این پاسخ‌ها نیست", "no promise with a time stands in these answers"),
    "promise.file_summary": ("{rows} پاسخ، {promises} قول، {apologies} عذرخواهیِ بی‌جبران",
                             "{rows} answers, {promises} promises, {apologies} apologies without a remedy"),
    "promise.fix": ("رفع مشکل", "a fix"),
    "promise.follow-up": ("پیگیری", "a follow-up"),
    "promise.line": ("سطر", "line"),
    "promise.other": ("کاری دیگر", "something else"),
    "promise.refund": ("برگشت پول", "a refund"),
    "promise.text": ("متن", "words"),
    "promise.weekday": ("{day} {weekday} است، نه {said}: موعد {weekday} {day} است یا {said} {other}؟",
                        "{day} is a {weekday}, not a {said}: is it due on {weekday} {day} or on {said} {other}?"),
    "promise.what": ("چه", "what"),
}
