"""Words of the alerts. Read them aloud: they are read at three in the morning."""

WORDS: dict[str, tuple[str, str]] = {
    # severity, in place of a colour
    "alert.P1": ("بحرانی", "Critical"),
    "alert.P2": ("شدید", "Severe"),
    "alert.P3": ("خفیف", "Minor"),

    # line 1
    "alert.title": ("{severity} · {subject} · {what}", "{severity} · {subject} · {what}"),
    "alert.spike.negative": ("{seen} شکایت در {window} (معمول {expected})", "{seen} complaints in {window} (usually {expected})"),
    "alert.spike.mentions": ("{seen} پست در {window} (معمول {expected})", "{seen} posts in {window} (usually {expected})"),
    "alert.spike.negative_reach": ("شکایت‌ها در {window} به حدود {seen} نفر رسید (معمول {expected})",
                                   "complaints reached about {seen} people in {window} (usually {expected})"),
    "alert.stale": ("{span} است که از این منبع چیزی نمی‌شنویم", "nothing heard from this source for {span}"),
    "alert.stale.never": ("از این منبع هنوز هیچ نشنیده‌ایم", "this source has never been heard"),
    "alert.other": ("قاعدهٔ {rule}: {value} (معمول {expected})", "rule {rule}: {value} (usually {expected})"),
    "alert.under_one": ("کمتر از ۱", "under 1"),

    # over
    "alert.over": ("فروکش کرد", "Over"),
    "alert.over.spike": ("موج شکایت‌ها پس از {span} فروکش کرد (در اوج: {seen} شکایت در {window})",
                         "the wave of complaints is over after {span} (at its peak {seen} in {window})"),
    "alert.over.posts": ("موج پست‌ها پس از {span} فروکش کرد (در اوج: {seen} پست در {window})",
                         "the wave of posts is over after {span} (at its peak {seen} in {window})"),
    "alert.over.reach": ("موج شکایت‌ها پس از {span} فروکش کرد", "the wave of complaints is over after {span}"),
    "alert.heard": ("رفع شد", "Mended"),
    "alert.heard.again": ("پس از {span} دوباره می‌شنویم", "heard again after {span}"),
    "alert.heard.first": ("سرانجام این منبع را می‌شنویم", "heard at last"),
    "alert.over.other": ("پس از {span} پایان یافت", "over after {span}"),
    "alert.closed_by": ("{who} آن را بست.", "Closed by {who}."),
    "alert.taken_by": ("{who} به آن رسیدگی می‌کرد.", "{who} had taken it."),

    # why now
    "alert.escalated": ("وضعیت بدتر شده است.", "It has grown worse."),
    "alert.repeat": ("تعداد از پیام قبلی تا حالا دست‌کم دو برابر شده است.", "The count has at least doubled since the last message."),

    # why it fired
    "alert.why": ("چرا: {what} دیدیم؛ معمول این ساعت {expected} است.", "Why: {what}; usual at this hour: {expected}."),
    "alert.why.negative": ("در {window}، {seen} پست منفی", "{seen} negative posts in {window}"),
    "alert.why.mentions": ("در {window}، {seen} پست", "{seen} posts in {window}"),
    "alert.why.negative_reach": ("در {window}، {posts} پست منفی با حدود {seen} بیننده",
                                 "{posts} negative posts with about {seen} readers in {window}"),
    "alert.record.above": ("این {ratio} برابرِ اوج‌های {days} روز گذشته است ({rule}).",
                           "That is {ratio} times the peaks of the past {days} days ({rule})."),
    "alert.record.near": ("این به اوج‌های {days} روز گذشته نزدیک است ({rule}).",
                          "That comes close to the peaks of the past {days} days ({rule})."),
    "alert.young": ("سابقه هنوز کوتاه است؛ با احتیاط بخوانید.", "The baseline is young; read with care."),
    "alert.why_not.negative": ("با کمتر از {needed} پست منفی هشدار نمی‌دادیم؛ {seen} تا بود.",
                               "It would not have fired below {needed} negative posts; it had {seen}."),
    "alert.why_not.mentions": ("با کمتر از {needed} پست هشدار نمی‌دادیم؛ {seen} تا بود.",
                               "It would not have fired below {needed} posts; it had {seen}."),

    # who
    "alert.who": ("چه کسانی: {parts}.", "Who: {parts}."),
    "alert.who.authors": ("{count} نویسندهٔ مستقل", "{count} independent authors"),
    "alert.who.authors.one": ("یک نویسنده", "one author"),
    "alert.who.hidden": ("نویسندهٔ {count} پست معلوم نیست", "{count} posts without a named author"),
    "alert.who.hidden.one": ("نویسندهٔ یک پست معلوم نیست", "one post without a named author"),
    "alert.who.copies": ("{count} پست بازنشر است", "{count} posts are reshares"),
    "alert.who.copies.one": ("یک پست بازنشر است", "one post is a reshare"),
    "alert.who.originals": ("بازنشری در میان نیست", "no reshares"),
    "alert.who.largest": ("بزرگ‌ترین صدا {author} با {followers} دنبال‌کننده", "largest voice {author}, {followers} followers"),
    "alert.who.largest.reach": ("بزرگ‌ترین صدا {author}، حدود {reach} بیننده", "largest voice {author}, about {reach} readers"),

    # reach
    "alert.reach": ("دیده‌شدن: دست‌کم {low}، محتمل {mid}، حداکثر {high} نفر ({method}).",
                    "Reach: at least {low}, likely {mid}, at most {high} people ({method})."),
    "alert.reach.part": ("دیده‌شدن {count} پست از {seen}: دست‌کم {low}، محتمل {mid}، حداکثر {high} نفر ({method}).",
                         "Reach of {count} of {seen} posts: at least {low}, likely {mid}, at most {high} people ({method})."),
    "alert.reach.views": ("بازدیدِ شمرده‌شده", "measured views"),
    "alert.reach.followers": ("برآورد از دنبال‌کننده‌ها", "estimated from followers"),
    "alert.reach.reactions": ("شمارِ واکنش‌ها", "counted reactions"),
    "alert.reach.assumed": ("فرض ما برای نویسندهٔ ناشناس", "assumed for unknown authors"),
    "alert.reach.mixed": ("روش‌های مختلف: {methods}", "mixed methods: {methods}"),

    # posts
    "alert.quote": ("{role} · {details}: «{text}»", "{role} · {details}: “{text}”"),
    "alert.role.earliest": ("نخستین", "First"),
    "alert.role.reshared": ("پربازنشرترین", "Most reshared"),
    "alert.role.typical": ("گویاترین", "Plainest"),
    "alert.role.largest": ("پرمخاطب‌ترین", "Largest audience"),
    "alert.role.dissenting": ("نظر مخالف", "Dissenting"),
    "alert.role.other": ("نمونهٔ دیگر", "Also"),
    "alert.nobody": ("نویسندهٔ ناشناس", "unknown author"),
    "alert.in": ("{author} در {source}", "{author} on {source}"),
    "alert.score.negative": ("منفی {share}", "negative {share}"),
    "alert.score.neutral": ("خنثی {share}", "neutral {share}"),
    "alert.score.positive": ("مثبت {share}", "positive {share}"),
    "alert.score.unsure": ("مدل مطمئن نیست", "model unsure"),
    "alert.gone": ("متن پست‌ها دیگر در دسترس نیست.", "The posts are no longer there to quote."),

    # how sure, what we see
    "alert.unsure": ("مدل دربارهٔ {unsure} پست از {scored} پست مطمئن نیست.", "The model is unsure about {unsure} of {scored} posts."),
    "alert.unsure.none": ("مدل دربارهٔ هر {scored} پست مطمئن است.", "The model is sure about all {scored} posts."),
    "alert.waiting": ("{count} پست هنوز سنجیده نشده است.", "{count} posts are not scored yet."),
    "alert.waiting.one": ("یک پست هنوز سنجیده نشده است.", "One post is not scored yet."),
    "alert.coverage": ("اکنون نمی‌شنویم: {sources}. شاید ماجرا بزرگ‌تر از این باشد.",
                       "Not heard now: {sources}. It may be larger than this."),
    "alert.coverage.whole": ("همهٔ منبع‌ها را می‌شنویم.", "All sources are heard."),
    "alert.and_more": ("{first} و {count} منبع دیگر", "{first} and {count} more"),

    # next step
    "alert.next.P1": ("گام بعد: همین حالا رسیدگی را به عهده بگیرید و مدیر روابط عمومی را خبر کنید. پاسخ نخست: همدلی و توضیح، بدون وعدهٔ جبران.",
                      "Next: take it now and call the PR lead. First answer: empathy and explanation, no offer of compensation."),
    "alert.next.P2": ("گام بعد: پست‌ها را بخوانید و رسیدگی را به عهده بگیرید. پاسخ نخست: همدلی و توضیح، بدون وعدهٔ جبران.",
                      "Next: read the posts and take it. First answer: empathy and explanation, no offer of compensation."),
    "alert.next.P3": ("گام بعد: عجله نیست؛ در ساعت کاری پست‌ها را ببینید.", "Next: no hurry; look at the posts in working hours."),
    "alert.next.over": ("گام بعد: بگویید واقعی بود یا نه، تا این قاعده بهتر شود.",
                        "Next: say whether it was real, so that this rule gets better."),

    # a source we do not hear
    "alert.stale.since": ("آخرین بار {at} خبری از آن رسید.", "Last heard {at}."),
    "alert.stale.meaning": ("سکوت این منبع نشانهٔ آرامش نیست: تا وصل نشود، نمودارها و هشدارها بی‌آن حساب می‌شوند.",
                            "Its silence is not calm: until it is back, charts and alerts go without it."),
    "alert.stale.reason": ("علت: {reason}", "Cause: {reason}"),
    "alert.stale.patience": ("برای این منبع تا {span} سکوت عادی است.", "For this source a silence of {span} is usual."),
    "alert.stale.next": ("گام بعد: با «goosh check --live» ببینید چه می‌گوید.", "Next: see what “goosh check --live” says."),
    "alert.heard.meaning": ("آنچه در این مدت منتشر شده، اگر برسد، سر جای خودش می‌نشیند و هشدار تازه نمی‌سازد.",
                            "What was published meanwhile takes its own place if it arrives, and raises no alert."),

    # lengths of time
    "alert.minutes": ("{count} دقیقه", "{count} minutes"),
    "alert.minutes.one": ("۱ دقیقه", "1 minute"),
    "alert.hours": ("{count} ساعت", "{count} hours"),
    "alert.hours.one": ("۱ ساعت", "1 hour"),
    "alert.days": ("{count} روز", "{count} days"),
    "alert.days.one": ("۱ روز", "1 day"),
    "alert.and": ("{first} و {second}", "{first} {second}"),
    "alert.comma": ("، ", ", "),
    "alert.semicolon": ("؛ ", "; "),
}
