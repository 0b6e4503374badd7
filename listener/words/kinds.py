"""Words about the kinds of sources: what each needs and costs, what of it is counted, what stays unseen, how late it is.

One literal table for ``goosh sources kinds``, the board's advice and the README (``tests/listener/test_words_kinds.py`` holds it
to the registry). A row: name, needs, cost, counted (with what reach rests on), unseen, lag (by design: beside the source's own
interval; what was measured stands in ``goosh sources``), mend (what to do where the source refuses). Each is (fa, en).
"""

from __future__ import annotations

from typing import NamedTuple

Pair = tuple[str, str]


class Kind(NamedTuple):
    """What a person should know before configuring a source of this kind."""

    name: Pair
    needs: Pair
    cost: Pair
    counted: Pair
    unseen: Pair
    lag: Pair
    mend: Pair
    experimental: bool = False  # nothing recorded of it was at hand; a person confirms that it is read right


NOTHING: Pair = ("هیچ", "nothing")
FREE: Pair = ("رایگان", "free")
INTERVAL: Pair = ("همان فاصلهٔ خواندن", "the interval")
ADDRESS: Pair = ("نشانی را در مرورگر باز کنید؛ اگر آنجا باز می‌شود و اینجا نه، برای این منبع پروکسی بگذارید",
                 "open the address in a browser; where it opens there and not here, name a proxy for this source")
TOKEN_AGAIN: Pair = ("توکن تازه بسازید، در متغیر محیطی بگذارید و برنامه را از نو اجرا کنید",
                     "create a new token, put it into the environment variable and start again")

KINDS: dict[str, Kind] = {
    "rss": Kind(
        ("خوراک (RSS، Atom، JSON Feed)؛ آماده: گوگل نیوز، وردپرس، RSSHub، دیسکورس", "RSS, Atom, JSON Feed; presets: Google News, WordPress, RSSHub, Discourse"),
        ("نشانی خوراک", "the feed's address"), FREE,
        ("هر نوشتهٔ خوراک؛ برآورد بازدید از شمار بازدید و دیدگاه، اگر خوراک داشته باشد",
         "every item; reach from views or comment counts where the feed has them"),
        ("آنچه میان دو خواندن از خوراک بیرون رفته؛ دیدگاه‌های نوشته‌های کهنه (خوراک دیدگاه‌ها را هم بخوانید)",
         "what left the feed between two readings; new comments (read the comments feed too)"), INTERVAL, ADDRESS),
    "hackernews": Kind(
        ("هکر نیوز", "Hacker News"), NOTHING, FREE,
        ("داستان‌ها و دیدگاه‌های یافته در جست‌وجو؛ بازدید برآوردی", "stories and comments its search finds; reach estimated"),
        ("نام‌هایی که غلط نوشته شده‌اند؛ نوشته‌های حذف‌شده", "misspelt names; deleted items"),
        ("فاصلهٔ خواندن و حدود یک دقیقه", "the interval and about a minute"), ADDRESS),
    "mastodon": Kind(
        ("ماستودون", "Mastodon tags, timelines"), ("نام یک نمونه؛ توکن، اگر بسته باشد", "an instance; a token where it is closed"), FREE,
        ("نوشته‌های برچسب‌ها؛ برآورد بازدید از شمار دنبال‌کننده و بازنشر", "posts under the tags; reach from followers and boosts"),
        ("نوشته‌هایی که آن نمونه نمی‌شناسد؛ نویسندگانی که نمایه‌شدن را نخواسته‌اند", "posts the instance does not know; authors who opt out"),
        INTERVAL, ("در آن نمونه (Preferences → Development) توکنی فقط‌خواندنی بسازید و token_env را بنویسید",
                   "create a read-only token on that instance (Preferences → Development) and name it in token_env")),
    "bluesky": Kind(
        ("بلواسکای", "Bluesky"), ("حساب و app password", "an account and an app password"), FREE,
        ("نوشته‌های یافته در جست‌وجو، با پیوند یا نام بردن از شما؛ برآورد بازدید از شمار دنبال‌کننده", "posts found by words, links and mentions; reach from followers"),
        ("نوشته‌هایی که جست‌وجو برنمی‌گرداند؛ حساب‌هایی که نمایش بیرونی را بسته‌اند", "posts the search leaves out; accounts hidden from outside"),
        ("فاصلهٔ خواندن و نمایهٔ جست‌وجو", "the interval and its index"),
        ("در Settings → App Passwords یک app password بسازید و در متغیر محیطی بگذارید (گذرواژهٔ خود حساب را نه)",
         "create an app password (Settings → App Passwords) and put it into the environment variable, never the account's own")),
    "reddit": Kind(
        ("ردیت", "Reddit"), ("برنامهٔ ثبت‌شده و پذیرفتن شرایط (accept_terms)", "a registered app, and accept_terms"),
        ("رایگان؛ کار تجاری قرارداد می‌خواهد", "free; commercial use needs a contract"),
        ("نوشته‌های یافته در جست‌وجو؛ همهٔ نوشته‌ها و دیدگاه‌های ساب‌ردیت‌ها؛ بازدید برآوردی",
         "posts its search finds; all posts and comments of subreddits; reach estimated"),
        ("دیدگاه‌های بیرون از ساب‌ردیت‌های نام‌برده؛ ژرف‌تر از هزار نوشته", "comments outside the subreddits you name; deeper than 1,000 items"), INTERVAL,
        ("در reddit.com/prefs/apps برنامه‌ای از نوع script ثبت کنید، client id و secret آن را در متغیرهای محیطی بگذارید و شرایط را بخوانید",
         "register an app of type script at reddit.com/prefs/apps, put its id and secret into the environment, and read the terms")),
    "x": Kind(
        ("ایکس (توییتر)", "X (Twitter)"), ("توکن API با اعتبار پولی", "an API token with credits"),
        ("حدود ۰٫۰۰۵ دلار هر نوشته؛ سقف روزانهٔ شما", "about $0.005 a post; your daily limit"),
        ("نوشته‌های هفت روز گذشته؛ شمار نمایش از خود ایکس، وگرنه برآورد از شمار دنبال‌کننده", "posts of the last 7 days; reach from measured impressions, else followers"),
        ("حساب‌های قفل؛ آنچه از سقف روزانه بیرون بماند", "locked accounts; what the daily limit leaves out"),
        ("فاصلهٔ خواندن و نیم دقیقه", "the interval and half a minute"),
        ("در console.x.com اعتبار و دسترسی برنامه را ببینید و bearer token آن را در متغیر محیطی بگذارید",
         "look at the app's credits and access at console.x.com and put its bearer token into the environment")),
    "youtube": Kind(
        ("یوتیوب", "YouTube"), ("کلید API", "an API key"), ("رایگان تا سهمیهٔ روزانه", "free within the daily quota"),
        ("ویدئوهای یافته یا کانال‌های نام‌برده، و دیدگاه‌ها؛ شمار بازدید از خود منبع", "videos found or of channels, and comments; reach from measured views"),
        ("آنچه جست‌وجو نمی‌آورد یا سهمیه نمی‌رسد؛ پاسخ‌های دیرهنگام", "what the search drops or the quota leaves out; late answers in a thread"),
        ("فاصلهٔ خواندن؛ جست‌وجو گاه ساعت‌ها", "the interval; the search at times hours"),
        ("در Google Cloud سرویس YouTube Data API v3 را روشن کنید، کلید بسازید و در متغیر محیطی بگذارید",
         "turn on YouTube Data API v3 in Google Cloud, create a key and put it into the environment")),
    "telegram": Kind(
        ("تلگرام", "Telegram channels"), ("نام کانال‌ها (در ایران پروکسی)، یا ربات مدیر کانال خودتان", "channel names (inside Iran a proxy), or a bot in your own"), FREE,
        ("نوشته‌های کانال‌های عمومی؛ شمار بازدید از خود تلگرام (با ربات: برآوردی)", "posts of public channels; reach from measured views (bot: estimated)"),
        ("گروه‌ها، کانال‌های خصوصی یا بی‌پیش‌نمایش، دیدگاه‌ها", "groups, private channels, channels without a preview, comments"), INTERVAL,
        ("در مرورگر t.me/s/نام‌کانال را باز کنید؛ اگر در ایران هستید برای این منبع پروکسی بگذارید؛ برای ربات، توکن BotFather را",
         "open t.me/s/CHANNEL in a browser; inside Iran name a proxy for this source; for a bot, look at its token with BotFather")),
    "eitaa": Kind(
        ("ایتا", "Eitaa public channels"), ("نام کانال‌ها", "channel names"), FREE,
        ("نوشته‌های کانال‌های عمومی؛ شمار بازدید از خود منبع", "posts of public channels; reach from measured views"),
        ("گروه‌ها، کانال‌های خصوصی", "groups, private channels"), INTERVAL, ADDRESS, True),
    "instagram": Kind(
        ("اینستاگرام", "Instagram hashtags, tags, comments"), ("حساب تجاری و تأیید برنامه نزد متا", "a business account and Meta's app review"), FREE,
        ("نوشته‌های هشتگ‌ها در ۲۴ ساعت گذشته، برچسب‌خوردن‌ها و دیدگاه‌های زیر پست‌های خودتان؛ بازدید برآوردی",
         "posts under hashtags (last 24 hours), tags of you, comments under your posts; reach estimated"),
        ("نویسندهٔ نوشته‌های هشتگ، استوری‌ها، بیش از ۳۰ هشتگ در هفته", "authors of hashtag posts, stories, more than 30 hashtags a week"), INTERVAL,
        ("توکن حساب تجاری را با دسترسی Instagram Public Content Access تازه کنید",
         "renew the business account's token, with Instagram Public Content Access")),
    "discourse": Kind(
        ("انجمن دیسکورس", "Discourse forums"), ("نشانی انجمن؛ کلید، اگر بسته باشد", "the forum's address; a key where it is closed"), FREE,
        ("هر نوشتهٔ عمومی، یا یافته‌های جست‌وجو؛ برآورد بازدید از شمار خواننده", "every public post, or what a search finds; reach from readers"),
        ("بخش‌های بسته؛ با جست‌وجو: بیش از یک نوشته در هر موضوع", "closed categories; by search: more than one post a topic"), INTERVAL,
        ("اگر انجمن ورود می‌خواهد، از مدیرش کلید API بخواهید", "where the forum asks for a login, ask its admins for an API key")),
    "lemmy": Kind(
        ("لمی", "Lemmy"), ("نشانی یک نمونه", "an instance"), FREE,
        ("نوشته‌ها و دیدگاه‌های یافته در جست‌وجو؛ بازدید برآوردی", "posts and comments its search finds; reach estimated"),
        ("آنچه آن نمونه نمی‌شناسد", "what the instance does not know"), INTERVAL, ADDRESS, True),
    "stackexchange": Kind(
        ("استک‌اکسچنج", "Stack Exchange"), ("نام یک سایت؛ کلید برای سهمیهٔ بیشتر", "a site; a key for more quota"),
        ("رایگان تا ۳۰۰ درخواست در روز", "free up to 300 requests a day"),
        ("پرسش‌ها؛ شمار بازدید از خود منبع", "questions; reach from measured views"), ("پاسخ‌ها و دیدگاه‌ها", "answers and comments"), INTERVAL,
        ("در stackapps.com کلید بگیرید (۱۰٬۰۰۰ در روز) و در متغیر محیطی بگذارید", "register a key at stackapps.com (10,000 a day) and put it into the environment")),
    "gdelt": Kind(
        ("گدلت (خبر جهان)", "GDELT, world news"), NOTHING, FREE,
        ("عنوان خبرها، به فارسی و ترجمهٔ انگلیسی؛ بازدید برآوردی", "headlines, also by their translation; reach estimated"),
        ("متن و نویسنده؛ هنگام شلوغی هیچ", "texts, authors; anything while the service sheds load"),
        ("فاصلهٔ خواندن و حدود ۱۵ دقیقه", "the interval and some 15 minutes"),
        ("سرویس هنگام شلوغی رد می‌کند؛ فاصلهٔ خواندن را بیشتر کنید", "it refuses while it is busy; lengthen the interval"), True),
    "appstore": Kind(
        ("اپ استور", "App Store reviews"), ("شمارهٔ برنامه", "the app's number"), FREE,
        ("نقدها با ستاره، ۵۰۰ تای تازه در هر کشور؛ بازدید برآوردی", "reviews with stars, the newest 500 a country; reach estimated"),
        ("نقدهای کهنه‌تر؛ ستارهٔ بی‌متن؛ ایران فروشگاه ندارد", "older reviews; stars without a text; there is no Iranian store"),
        INTERVAL, ADDRESS),
    "googleplay": Kind(
        ("گوگل پلی", "Google Play reviews"), ("نام بستهٔ برنامه و پذیرفتن شرایط (accept_terms)", "the package name, and accept_terms"), FREE,
        ("نقدها با ستاره؛ بازدید برآوردی", "reviews with stars; reach estimated"),
        ("نقدهای زبان‌های دیگر؛ ستارهٔ بی‌متن", "reviews in other languages; stars without a text"), INTERVAL,
        ("شرایط گوگل خواندن خودکار را مجاز نمی‌داند؛ اگر اجازه دارید accept_terms = true بگذارید، وگرنه خروجی Play Console را وارد کنید",
         "Google's terms forbid automated reading; set accept_terms = true where you may do so, else import an export of the Play Console"), True),
    "cafebazaar": Kind(
        ("کافه‌بازار", "Cafe Bazaar reviews"), ("نام بستهٔ برنامه", "the package name"), FREE,
        ("نقدها با ستاره؛ بازدید برآوردی", "reviews with stars; reach estimated"),
        ("ساعت نقد (فقط روز دارد)؛ ستارهٔ بی‌متن", "the hour of a review (days only); stars without a text"), INTERVAL, ADDRESS),
    "digikala": Kind(
        ("دیجی‌کالا", "Digikala reviews, questions"), ("شمارهٔ کالاها، یا واژه‌ای برای یافتنشان", "product numbers, or a term to find them"), FREE,
        ("دیدگاه‌ها و پرسش‌های کالا با ستاره؛ بازدید برآوردی", "reviews and questions of products, with stars; reach estimated"),
        ("ساعت دیدگاه (فقط روز دارد)؛ کالاهای دیگر", "the hour of a review (days only); other products"), INTERVAL,
        ("از بیرون ایران ممکن است پذیرفته نشود؛ پروکسی ایرانی بگذارید", "it may refuse readers outside Iran; name a proxy inside"), True),
    "aparat": Kind(
        ("آپارات", "Aparat videos, comments"), NOTHING, FREE,
        ("ویدئوهای یافته در جست‌وجو، و دیدگاه‌ها؛ شمار بازدید از خود منبع", "videos its search finds, and comments; reach from measured views"),
        ("آنچه جست‌وجو برنمی‌گرداند؛ ساعت بعضی ویدئوها", "what the search leaves out; the hour of some videos"), INTERVAL, ADDRESS, True),
    "inbox": Kind(
        ("صندوق ورودی (POST /inbox)", "Inbox (POST /inbox)"), ("توکنی که خودتان می‌سازید", "a token of your own making"), FREE,
        ("هرچه سامانه‌های دیگر بفرستند: یادداشت تماس، نظرسنجی، گفت‌وگو", "what other systems push: call notes, survey answers, chats"),
        ("آنچه نفرستند", "what they do not push"), ("همان دم", "none"), TOKEN_AGAIN),
    "jsonl": Kind(
        ("فایل JSON lines", "JSON lines file"), ("فایل یا پوشه", "a file or a watched folder"), FREE,
        ("هر سطر؛ شمار بازدید از ستون‌های فایل", "every row; reach from the file's counts"), ("سطرهای خراب (نام برده می‌شوند)", "bad rows (they are named)"),
        INTERVAL, ("ببینید فایل هست و خواندنش مجاز است", "see that the file is there and may be read")),
    "csv": Kind(
        ("فایل CSV", "CSV file"), ("فایل یا پوشه", "a file or a watched folder"), FREE,
        ("هر سطر؛ شمار بازدید از ستون‌های فایل", "every row; reach from the file's counts"), ("سطرهای خراب (نام برده می‌شوند)", "bad rows (they are named)"),
        INTERVAL, ("ببینید فایل هست و خواندنش مجاز است", "see that the file is there and may be read")),
}

FIELDS = ("name", "needs", "cost", "counted", "unseen", "lag", "mend")

WORDS: dict[str, tuple[str, str]] = {f"kind.{kind}.{field}": getattr(row, field) for kind, row in KINDS.items() for field in FIELDS}

EXPERIMENTAL = frozenset(kind for kind, row in KINDS.items() if row.experimental)
"""Kinds of which no recording exists here: they say so until a person confirms what they read."""


def readme_table() -> str:
    """Return the table of sources as the README has it, in Markdown."""
    head = ("source", "needs", "cost", "counted", "not seen", "lag")
    rows = [(f"`{kind}` {row.name[1]}{' ¹' if row.experimental else ''}", *(getattr(row, field)[1] for field in FIELDS[1:6]))
            for kind, row in KINDS.items()]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ("---",) * len(head), *rows))
