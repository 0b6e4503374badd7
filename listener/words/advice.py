"""What to do about a source's error, by the class of the failure: one sentence that never says other than the error itself.

Errors of collectors and of the client are English and end in what to do. Here the same is said in the reader's language; a class
that is not known is never guessed at: English then says nothing more, Persian points to the end of the error. Pure.
"""

from __future__ import annotations

import re

from listener.words import Language, say
from listener.words.kinds import KINDS

ASKS_FOR_ACCOUNT = frozenset({"mastodon", "bluesky", "reddit", "x", "youtube", "instagram", "discourse", "stackexchange", "inbox"})
"""Kinds whose own sentence says how to get or renew what they were refused for."""

_CLASSES: tuple[tuple[str, str], ...] = (
    ("proxy_login", r"the proxy\b[^)]* (?:wants credentials|wants other credentials|refuses its name or password)"),
    ("proxy_other", r"the proxy\b[^)]* does not let us go to this host|the proxy does not reach it"),
    ("proxy_dead", r"the proxy\b.*(?:; start it, or correct|check scheme and port of its address)"),
    ("direct", r"is not asked for through a proxy"),
    ("poisoned", r"the name leads here to"),
    ("allow", r"is not a public address"),
    ("token_short", r"has fewer than \d+ characters"),
    ("variable", r"environment variable .* (?:is not set|holds no)"),
    ("terms", r"\b(?:accept_terms|personal_use)\b"),
    ("robots", r"robots\.txt of .* asks programs not"),
    ("owner", r"Cloudflare challenge"),
    ("credit", r"HTTP 402\b"),
    ("gone", r"HTTP 410\b"),
    ("blocked", r"HTTP 451\b"),
    ("not_there", r"HTTP 404\b|status 404\b|nothing is at |no channel has this name"),
    ("token", r"HTTP 401\b|refuses the key|does not know this (?:bot's token|app)|does not accept the account|gave no token"),
    ("budget", r"used up.*(?:raise|set daily)"),
    ("wait", r"\b429\b|too often|throttled|asked us to wait|used up|is busy with our other"),
    ("refused", r"HTTP 403\b"),
    ("trouble", r"HTTP 5\d\d\b|is in trouble|sent its own front page|served it half"),
    ("name", r"cannot be resolved"),
    ("certificate", r"certificate is not valid|\(tls: "),
    ("reach", r"no connection to|did not accept a connection|did not (?:answer|finish)|broke off|took longer|in all\); retrying|after \d+ failures"),
    ("column", r"no column named|a quote that is never closed"),
    ("lines", r"this is one JSON array"),
    ("file", r"no such file"),
    ("permission", r"no permission to read"),
    ("shape", r"another shape than this program knows"),
    ("channel", r"this channel (?:is private|has)|this is a (?:group|person)|does not show this channel|shows no posts of a channel"),
    ("page", r"the answer is (?:an? )?(?:\w+ )?(?:page|login|check)|behind a login|HTML"),
    ("large", r"is larger than"),
    ("not_there", r"check (?:that )?(?:the|its|this) (?:address|spelling|host)|check the path|the address (?:names|cannot)|redirects"),
    ("options", r"HTTP 4\d\d\b|check (?:the )?(?:options|base_url|site|channels|products|ids|queries)|change the queries"),
)


def mend(kind: str, error: str | None) -> str | None:
    """Return the key of the sentence that says what to do about ``error``; None where the error's class is not known."""
    if not error:
        return None
    found = next((name for name, pattern in _CLASSES if re.search(pattern, error, re.IGNORECASE)), None)
    if found is None:
        return None
    if found == "reach" and "through the proxy" in error:
        found = "proxy_other"
    if (kind in ASKS_FOR_ACCOUNT and found in ("token", "refused", "credit")) or (kind == "telegram" and found in ("reach", "name")) or (
            kind == "digikala" and found in ("reach", "refused", "blocked")) or (kind == "gdelt" and found in ("wait", "trouble")):
        return f"kind.{kind}.mend" if kind in KINDS else None
    if kind == "rss" and found == "token":
        return "mend.feed_login"
    return f"mend.{found}"


def what_to_do(kind: str, health: str, error: str | None, language: Language) -> str | None:
    """Return what a person can do about a source in this state; None where the error says it by itself, or nothing is to be done.

    ``health`` is a value of ``service.Health``. No full stop, and no capital letter in English: it stands in a line of its own.
    """
    if error and health in ("stopped", "failing", "throttled"):
        if key := mend(kind, error):
            return say(key, language)
        if "; " in error:
            return say("mend.said", language) if language == "fa" else None
    if health == "ok":
        return None
    words = say(f"board.advice.{health}", language).rstrip(".")
    return words[:1].lower() + words[1:]


WORDS: dict[str, tuple[str, str]] = {
    "mend.said": ("آنچه در پایان خطا، پس از «;»، آمده است", "what the error says at its end"),
    "mend.proxy_login": ("نام کاربری و گذرواژهٔ پروکسی را درست کنید: نشانی کامل را در متغیر محیطی بگذارید و نامش را در proxy_env بنویسید",
                         "correct the proxy's user name and password: set its whole address in the environment and name the variable in proxy_env"),
    "mend.proxy_other": ("این پروکسی به آن نشانی نمی‌رسد: در خود پروکسی اجازه‌اش را بدهید یا پروکسی دیگری بگذارید",
                         "this proxy does not get there: allow the host in the proxy, or use another one"),
    "mend.proxy_dead": ("خود پروکسی پاسخ نمی‌دهد: ببینید روشن است و نشانی و درگاه آن درست نوشته شده",
                        "the proxy itself does not answer: see that it runs, and that scheme, host and port of its address are right"),
    "mend.direct": ("این نشانی در شبکهٔ داخلی است و از پروکسی نمی‌گذرد: برای این منبع بنویسید proxy = \"direct\"",
                    "the address lies in a private network and is not for a proxy: write proxy = \"direct\" for this source"),
    "mend.poisoned": ("این نام اینجا به نشانی‌ای در شبکهٔ داخلی می‌رسد؛ اگر مسدود است پروکسی بگذارید، و اگر شبکهٔ خودتان است آن را در allow زیر [client] بنویسید",
                      "the name leads to a private address here; if it is blocked name a proxy, if the network is yours add it to allow under [client]"),
    "mend.allow": ("این نشانی در شبکهٔ داخلی است؛ اگر از آن شماست شبکه‌اش را در allow زیر [client] بنویسید",
                   "the address lies in a private network; where it is yours, add the network to allow under [client]"),
    "mend.token_short": ("توکنی بلند و تصادفی بسازید، در متغیر محیطی بگذارید و برنامه را از نو اجرا کنید",
                         "make a long random token, put it into the environment variable and start again"),
    "mend.variable": ("متغیر محیطی نام‌برده را برای فرایندی که goosh را اجرا می‌کند مقدار دهید و از نو اجرا کنید",
                      "set that environment variable for the process that runs goosh, and start again"),
    "mend.terms": ("شرایط این منبع را بخوانید؛ اگر اجازه دارید گزینه‌ای را که خطا نام می‌برد true بگذارید، وگرنه منبع را بردارید",
                   "read its terms; where you may do so, set the option that the error names to true, else take the source out"),
    "mend.robots": ("این سایت از برنامه‌ها خواسته آن را نخوانند: از صاحبش اجازه بگیرید یا خوراک دیگری از آن بخوانید",
                    "the site asks programs not to read this: ask its owner, or read a feed of it"),
    "mend.owner": ("سپر کلودفلر جلوی این نشانی است: از صاحبش بخواهید goosh را راه دهد یا خوراک دیگری از آن بخوانید",
                   "Cloudflare stands before it: ask its owner to let goosh in, or read another feed of it"),
    "mend.credit": ("اعتبار حساب تمام شده است؛ آن را افزایش دهید", "the account has no credit left; add some"),
    "mend.gone": ("این نشانی برای همیشه برداشته شده است: منبع را از تنظیمات بردارید یا نشانی تازه‌اش را بنویسید",
                  "it is gone for good: take the source out of the configuration, or write its new address"),
    "mend.blocked": ("این نشانی از اینجا به دستور قانون بسته است: از پروکسی کشوری دیگر بخوانید (proxy) یا منبع را بردارید",
                     "it is withheld here by law: read it through a proxy elsewhere (proxy), or take the source out"),
    "mend.not_there": ("نشانی یا نامی که در تنظیمات نوشته‌اید درست نیست یا جابه‌جا شده؛ آن را اصلاح کنید",
                       "the address or name in the configuration is wrong, or it has moved; correct it"),
    "mend.token": ("توکن تازه بسازید، در متغیر محیطی بگذارید و برنامه را از نو اجرا کنید",
                   "create a new token, put it into the environment variable and start again"),
    "mend.feed_login": ("این خوراک ورود می‌خواهد: نشانی کامل آن با کلید را در متغیر محیطی بگذارید و به‌جای url بنویسید url_env",
                        "the feed wants a login: set its whole address with the key in the environment, and write url_env in place of url"),
    "mend.budget": ("سقف خواندن تمام شده است: صبر کنید تا دورهٔ بعد، یا سقف را در تنظیمات بالا ببرید",
                    "its allowance is used up: wait for the next period, or raise the limit in the configuration"),
    "mend.wait": ("کاری لازم نیست؛ خودش پس از زمانی که منبع گفته دوباره می‌خواند. اگر زیاد پیش می‌آید interval را بیشتر کنید",
                  "nothing; it is read again by itself after the time it asked for. If it happens often, lengthen interval"),
    "mend.refused": ("منبع ما را راه نمی‌دهد: اگر در مرورگر همین رایانه باز می‌شود از صاحبش اجازه بخواهید، وگرنه پروکسی دیگری بگذارید (proxy)",
                     "it does not let us in: where it opens in a browser on this machine, ask its owner; else name another way to it (proxy)"),
    "mend.trouble": ("ایراد از خود منبع است و خودش دوباره خوانده می‌شود؛ اگر چند ساعت ماند، ببینید سایت کار می‌کند",
                     "the source itself is in trouble, and is tried again; if it lasts for hours, see whether the site works"),
    "mend.name": ("این نام پیدا نشد: املای نشانی را ببینید، سپس اتصال اینترنت و DNS این رایانه را",
                  "no such name was found: check how the address is spelt, then this machine's network and DNS"),
    "mend.certificate": ("گواهی امنیتی آن سایت معتبر نیست: ساعت این رایانه را ببینید؛ اگر درست است، به صاحب سایت خبر دهید",
                         "its certificate is not valid: see that this machine's clock is right; where it is, tell the site's owner"),
    "mend.reach": ("نشانی را در مرورگر باز کنید؛ اگر آنجا باز می‌شود و اینجا نه، برای این منبع پروکسی بگذارید (proxy یا proxy_env)",
                   "open its address in a browser; where it opens there and not here, name a proxy for this source (proxy or proxy_env)"),
    "mend.column": ("در سطر نخست فایل ستونی برای متن نیست: زیر این منبع بنویسید map = {{ text = \"نام ستون\" }} یا سطر نخست فایل را اصلاح کنید",
                    "the first row names no column for the text: write map = {{ text = \"COLUMN\" }} under this source, or mend the first row"),
    "mend.lines": ("فایل یک آرایهٔ JSON است: هر شیء را در سطری جدا بنویسید (jq -c '.[]')",
                   "the file is one JSON array: write one object a line (jq -c '.[]')"),
    "mend.file": ("فایل آنجا نیست: path را در تنظیمات درست کنید یا فایل را همان‌جا بگذارید",
                  "the file is not there: correct path in the configuration, or put the file there"),
    "mend.permission": ("کاربری که goosh را اجرا می‌کند اجازهٔ خواندن این فایل را ندارد؛ اجازه بدهید",
                        "the user that runs goosh may not read this file; give the right to"),
    "mend.shape": ("پاسخ به شکلی است که این نسخه نمی‌شناسد: نسخهٔ تازهٔ goosh را نصب کنید؛ اگر ماند، خطا را به سازندگان بفرستید",
                   "it answers in a shape this version does not know: install a newer goosh; if it stays, send the error to its makers"),
    "mend.channel": ("این کانال پیش‌نمایش عمومی ندارد یا کانال نیست: نام یک کانال عمومی بنویسید یا منبع را بردارید",
                     "it is no channel with a public preview: name a public channel, or take the source out"),
    "mend.page": ("به‌جای داده صفحه‌ای معمولی (شاید صفحهٔ ورود) آمد: نشانی را در مرورگر باز کنید و نشانی خود خوراک یا داده را بنویسید",
                  "an ordinary page came in place of the data, perhaps a login: open the address in a browser and write that of the data itself"),
    "mend.large": ("پاسخ بیش از اندازه بزرگ است: نشانی یا جست‌وجوی محدودتری بنویسید", "the answer is too large: write a narrower address or search"),
    "mend.options": ("گزینه‌های این منبع را در تنظیمات اصلاح کنید؛ «goosh sources kinds گونه» آن‌ها را توضیح می‌دهد",
                     "mend the options of this source; \"goosh sources kinds KIND\" explains them"),
}
