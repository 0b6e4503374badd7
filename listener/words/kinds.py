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
FREE: Pair = ("رایگان", "–")
INTERVAL: Pair = ("همان فاصلهٔ خواندن", "the interval")
ADDRESS: Pair = ("نشانی را در مرورگر باز کنید؛ اگر آنجا باز می‌شود و اینجا نه، برای این منبع پروکسی بگذارید",
                 "open the address in a browser; where it opens there and not here, name a proxy for this source")
TOKEN_AGAIN: Pair = ("توکن تازه بسازید، در متغیر محیطی بگذارید و برنامه را از نو اجرا کنید",
                     "create a new token, put it into the environment variable and start again")

KINDS: dict[str, Kind] = {
    "rss": Kind(
        ("خوراک (RSS، Atom، JSON Feed)", "RSS, Atom, JSON Feed"), ("نشانی خوراک", "the feed's address"), FREE,
        ("هر نوشتهٔ خوراک؛ دیده‌شدن از شمار بازدید و دیدگاه، اگر خوراک داشته باشد",
         "every item; reach from views or comment counts where the feed has them"),
        ("آنچه میان دو خواندن از خوراک بیرون رفته؛ دیدگاه‌های نوشته‌های کهنه (خوراک دیدگاه‌ها را هم بخوانید)",
         "what left the feed between two readings; old posts' new comments (read the comments feed too)"), INTERVAL, ADDRESS),
    "hackernews": Kind(
        ("هکر نیوز", "Hacker News"), NOTHING, FREE,
        ("داستان‌ها و دیدگاه‌ها؛ دیده‌شدن از امتیاز داستان", "stories and comments; reach from a story's points"),
        ("بیش از هزار نتیجه در یک جست‌وجو؛ نوشته‌های حذف‌شده", "beyond 1,000 hits a query; deleted items"),
        ("فاصلهٔ خواندن، به‌اضافهٔ چند دقیقهٔ نمایهٔ جست‌وجو", "the interval, and minutes of the search index"), ADDRESS),
    "mastodon": Kind(
        ("ماستودون", "Mastodon tags, timelines"), ("نام یک نمونه؛ توکن، اگر آن نمونه بسته باشد", "an instance; a token where it is closed"), FREE,
        ("نوشته‌های برچسب‌ها؛ دیده‌شدن از دنبال‌کننده و بازنشر", "posts under the tags; reach from followers and boosts"),
        ("نوشته‌هایی که آن نمونه نمی‌شناسد؛ نویسندگانی که نمایه‌شدن را نخواسته‌اند", "posts the instance does not know; authors who opt out"),
        INTERVAL, ("در آن نمونه (Preferences → Development) توکنی فقط‌خواندنی بسازید و token_env را بنویسید",
                   "create a read-only token on that instance (Preferences → Development) and name it in token_env")),
    "bluesky": Kind(
        ("بلواسکای", "Bluesky search"), ("حساب و app password", "an account and an app password"), FREE,
        ("نوشته‌های یافته در جست‌وجو؛ دیده‌شدن از دنبال‌کننده و بازنشر", "posts the search finds; reach from followers and reposts"),
        ("نوشته‌هایی که جست‌وجو برنمی‌گرداند؛ حساب‌هایی که نمایش بیرونی را بسته‌اند", "posts the search leaves out; accounts hidden from outside"),
        ("فاصلهٔ خواندن، به‌اضافهٔ نمایهٔ جست‌وجو", "the interval, and the search index"),
        ("در Settings → App Passwords یک app password بسازید و در متغیر محیطی بگذارید (گذرواژهٔ خود حساب را نه)",
         "create an app password (Settings → App Passwords) and put it into the environment variable, never the account's own")),
    "reddit": Kind(
        ("ردیت", "Reddit search, subreddits"), ("برنامهٔ ثبت‌شده (client id و secret)؛ بی‌آن، RSS که اغلب رد می‌شود",
         "a registered app (client id and secret); without one RSS, often refused"), ("رایگان؛ کار تجاری قرارداد می‌خواهد", "–; commercial use needs a contract"),
        ("نوشته‌ها و دیدگاه‌ها؛ دیده‌شدن از امتیاز و دیدگاه", "posts and comments; reach from score and comments"),
        ("ژرف‌تر از هزار نوشته؛ ساب‌ردیت‌های بسته", "deeper than 1,000 items; private subreddits"), INTERVAL,
        ("در reddit.com/prefs/apps برنامه‌ای از نوع script ثبت کنید و client id و secret آن را در متغیرهای محیطی بگذارید",
         "register an app of type script at reddit.com/prefs/apps and put its client id and secret into the environment")),
    "x": Kind(
        ("ایکس (توییتر)", "X (Twitter) recent search"), ("توکن API با اعتبار پولی", "an API token with credits"),
        ("حدود ۰٫۰۰۵ دلار هر نوشته؛ سقف روزانه", "about $0.005 a post; a daily budget"),
        ("نوشته‌های هفت روز گذشته؛ دیده‌شدن از نمایش سنجیده یا دنبال‌کننده", "posts of the last 7 days; reach from measured impressions, else followers"),
        ("حساب‌های قفل؛ آنچه از سقف روزانه بیرون بماند", "locked accounts; what the daily budget leaves out"),
        ("فاصلهٔ خواندن، به‌اضافهٔ نیم دقیقه", "the interval and half a minute"),
        ("در developer.x.com اعتبار و دسترسی برنامه را ببینید و bearer token آن را در متغیر محیطی بگذارید",
         "look at the app's credits and access at developer.x.com and put its bearer token into the environment")),
    "youtube": Kind(
        ("یوتیوب", "YouTube search, comments"), ("کلید API", "an API key"), ("رایگان تا سهمیهٔ روزانه", "– within the daily quota"),
        ("ویدئوها و دیدگاه‌ها؛ دیده‌شدن از بازدید سنجیده", "videos and comments; reach from measured views"),
        ("آنچه بیرون از سهمیهٔ روزانه بماند؛ ویدئوهای بی‌دیدگاه", "what the daily quota leaves out; videos with comments off"),
        ("فاصلهٔ خواندن؛ جست‌وجو گاه ساعت‌ها دیر می‌رسد", "the interval; search may lag by hours"),
        ("در Google Cloud سرویس YouTube Data API v3 را روشن کنید، کلید بسازید و در متغیر محیطی بگذارید",
         "turn on YouTube Data API v3 in Google Cloud, create a key and put it into the environment")),
    "telegram": Kind(
        ("تلگرام", "Telegram public channels"), ("نام کانال‌ها؛ در ایران پروکسی", "channel names; inside Iran a proxy"), FREE,
        ("نوشته‌های کانال‌های عمومی؛ دیده‌شدن از بازدید سنجیده", "posts of public channels; reach from measured views"),
        ("گروه‌ها، کانال‌های خصوصی یا بی‌پیش‌نمایش، دیدگاه‌ها", "groups, private channels, channels without a preview, comments"), INTERVAL,
        ("در مرورگر t.me/s/نام‌کانال را باز کنید؛ اگر در ایران هستید برای این منبع پروکسی بگذارید",
         "open t.me/s/CHANNEL in a browser; inside Iran name a proxy for this source")),
    "telegrambot": Kind(
        ("ربات تلگرام", "Telegram bot, own channels"), ("رباتی که مدیر کانال باشد", "a bot that is admin of the channel"), FREE,
        ("نوشته‌های تازهٔ کانال‌های خودتان؛ دیده‌شدن از برآورد", "new posts of your own channels; reach estimated"),
        ("تاریخچه، بازدید، کانال‌های دیگران", "history, views, other people's channels"), ("چند ثانیه", "seconds"),
        ("از BotFather توکن بگیرید، ربات را مدیر کانال کنید و برنامهٔ دیگری را که همین ربات را می‌خواند ببندید",
         "get a token from BotFather, make the bot admin of the channel, and stop any other program that polls the same bot")),
    "eitaa": Kind(
        ("ایتا", "Eitaa public channels"), ("نام کانال‌ها", "channel names"), FREE,
        ("نوشته‌های کانال‌های عمومی؛ دیده‌شدن از بازدید سنجیده", "posts of public channels; reach from measured views"),
        ("گروه‌ها، کانال‌های خصوصی", "groups, private channels"), INTERVAL, ADDRESS, True),
    "instagram": Kind(
        ("اینستاگرام", "Instagram hashtags"), ("حساب تجاری و تأیید برنامه نزد متا", "a business account and Meta's app review"), FREE,
        ("نوشته‌های هشتگ‌ها در ۲۴ ساعت گذشته؛ دیده‌شدن از برآورد", "posts under hashtags, last 24 hours; reach estimated"),
        ("نام نویسنده، استوری‌ها، بیش از ۳۰ هشتگ در هفته", "authors, stories, more than 30 hashtags a week"), INTERVAL,
        ("توکن حساب تجاری را با دسترسی Instagram Public Content Access تازه کنید", "renew the business account's token, with Instagram Public Content Access")),
    "discourse": Kind(
        ("انجمن دیسکورس", "Discourse forums"), ("نشانی انجمن؛ کلید، اگر بسته باشد", "the forum's address; a key where it is closed"), FREE,
        ("همهٔ نوشته‌ها یا یافته‌های جست‌وجو؛ دیده‌شدن از شمار خواننده", "every post, or what a search finds; reach from reads"),
        ("بخش‌های بسته", "closed categories"), INTERVAL,
        ("اگر انجمن ورود می‌خواهد، از مدیرش کلید API بخواهید", "where the forum asks for a login, ask its admins for an API key")),
    "lemmy": Kind(
        ("لمی", "Lemmy"), ("نام یک نمونه", "an instance"), FREE,
        ("نوشته‌ها و دیدگاه‌های یافته در جست‌وجو؛ دیده‌شدن از رأی", "posts and comments the search finds; reach from votes"),
        ("آنچه آن نمونه نمی‌شناسد", "what the instance does not know"), INTERVAL, ADDRESS, True),
    "stackexchange": Kind(
        ("استک‌اکسچنج", "Stack Exchange"), ("هیچ؛ کلید برای سهمیهٔ بیشتر", "nothing; a key for more quota"),
        ("رایگان تا ۳۰۰ پرسش در روز", "– up to 300 requests a day"),
        ("پرسش‌ها؛ دیده‌شدن از بازدید سنجیده", "questions; reach from measured views"), ("دیدگاه‌ها", "comments"), INTERVAL,
        ("در stackapps.com کلید بگیرید (۱۰٬۰۰۰ در روز) و در متغیر محیطی بگذارید", "register a key at stackapps.com (10,000 a day) and put it into the environment")),
    "gdelt": Kind(
        ("گدلت (خبر جهان)", "GDELT world news"), NOTHING, FREE,
        ("عنوان خبرها؛ دیده‌شدن از برآورد رسانه", "headlines; reach from the outlet, estimated"),
        ("متن خبر، نویسنده؛ بیش از ۲۵۰ خبر در یک بازه", "the article's text, authors; beyond 250 articles a time slice"),
        ("فاصلهٔ خواندن، به‌اضافهٔ حدود ۱۵ دقیقه", "the interval and some 15 minutes"),
        ("سرویس هنگام شلوغی رد می‌کند؛ فاصلهٔ خواندن را بیشتر کنید", "it refuses when it is busy; lengthen the interval"), True),
    "appstore": Kind(
        ("اپ استور", "App Store reviews"), ("شمارهٔ برنامه", "the app's number"), FREE,
        ("نقدها با ستاره، ۵۰۰ تای تازه در هر کشور؛ دیده‌شدن از برآورد", "reviews with stars, the newest 500 a country; reach estimated"),
        ("نقدهای کهنه‌تر؛ ستارهٔ بی‌متن؛ ایران فروشگاه ندارد", "older reviews; stars without a text; there is no Iranian store"),
        ("فاصلهٔ خواندن؛ اپل خود تا یک روز دیر نشان می‌دهد", "the interval; Apple itself may take a day"), ADDRESS),
    "googleplay": Kind(
        ("گوگل پلی", "Google Play reviews"), ("نام بستهٔ برنامه و پذیرفتن خطر (accept_terms)", "the package name, and accept_terms"), FREE,
        ("نقدها با ستاره؛ دیده‌شدن از پسند", "reviews with stars; reach from likes"),
        ("نقدهای زبان‌های دیگر؛ ستارهٔ بی‌متن", "reviews in other languages; stars without a text"), INTERVAL,
        ("شرایط گوگل خواندن خودکار را روا نمی‌داند؛ اگر می‌پذیرید accept_terms = true بگذارید، وگرنه از Play Console خروجی بگیرید و وارد کنید",
         "Google's terms forbid automatic reading; set accept_terms = true where you accept that, else import an export of the Play Console"), True),
    "cafebazaar": Kind(
        ("کافه‌بازار", "Cafe Bazaar reviews"), ("نام بستهٔ برنامه", "the package name"), FREE,
        ("نقدها با ستاره؛ دیده‌شدن از پسند", "reviews with stars; reach from likes"),
        ("ساعت نقد (فقط روز دارد)؛ ستارهٔ بی‌متن", "the hour of a review (days only); stars without a text"), INTERVAL, ADDRESS),
    "digikala": Kind(
        ("دیجی‌کالا", "Digikala product reviews"), ("شمارهٔ کالاها", "product numbers"), FREE,
        ("دیدگاه‌ها و پرسش‌های کالا با ستاره؛ دیده‌شدن از پسند", "reviews and questions of products, with stars; reach from likes"),
        ("ساعت دیدگاه (فقط روز دارد)؛ کالاهای نام‌برده‌نشده", "the hour of a review (days only); products not named"), INTERVAL,
        ("از بیرون ایران ممکن است پذیرفته نشود؛ پروکسی ایرانی بگذارید", "it may refuse readers outside Iran; name a proxy inside"), True),
    "aparat": Kind(
        ("آپارات", "Aparat"), NOTHING, FREE,
        ("ویدئوها و دیدگاه‌های یافته در جست‌وجو؛ دیده‌شدن از بازدید سنجیده", "videos a search finds, and comments; reach from measured views"),
        ("آنچه جست‌وجو برنمی‌گرداند", "what the search leaves out"), INTERVAL, ADDRESS, True),
    "inbox": Kind(
        ("صندوق ورودی (POST /inbox)", "Inbox (POST /inbox)"), ("توکنی که خودتان می‌سازید", "a token of your own making"), FREE,
        ("هرچه سامانه‌های دیگر بفرستند: یادداشت تماس، نظرسنجی، گفت‌وگو", "what other systems push: call notes, survey answers, chats"),
        ("آنچه نفرستند", "what they do not push"), ("همان دم", "none"), TOKEN_AGAIN),
    "jsonl": Kind(
        ("فایل JSON lines", "JSON lines file"), ("فایل یا پوشه", "a file or a watched folder"), FREE,
        ("هر سطر؛ دیده‌شدن از ستون‌های فایل", "every row; reach from the file's counts"), ("سطرهای خراب (نام برده می‌شوند)", "bad rows (they are named)"),
        INTERVAL, ("ببینید فایل هست و خواندنش مجاز است", "see that the file is there and may be read")),
    "csv": Kind(
        ("فایل CSV", "CSV file"), ("فایل یا پوشه", "a file or a watched folder"), FREE,
        ("هر سطر؛ دیده‌شدن از ستون‌های فایل", "every row; reach from the file's counts"), ("سطرهای خراب (نام برده می‌شوند)", "bad rows (they are named)"),
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
