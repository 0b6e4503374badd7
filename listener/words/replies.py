"""Words of the conversation about an alert: how to answer, what became of the answer, and who has it by now."""

WORDS: dict[str, tuple[str, str]] = {
    # how to answer; stands under every alert of a bot
    "reply.legend": ("پاسخ دهید: ۱ برمی‌دارم · ۲ واقعی است · ۳ به ما ربطی ندارد · ۴ خبر داریم · ۵ و علت: ۴ ساعت ساکت · "
                     "۶ و علت: بسته شد",
                     "Answer: 1 take it · 2 real · 3 not ours · 4 known · 5 and why: quiet for 4 hours · 6 and why: resolved"),
    "reply.legend.over": ("پاسخ دهید: ۲ واقعی بود · ۳ به ما ربطی نداشت · ۴ خبر داشتیم",
                          "Answer: 2 it was real · 3 not ours · 4 known"),
    "reply.button.take": ("برمی‌دارم", "Take it"),
    "reply.button.real": ("واقعی است", "Real"),
    "reply.button.not_ours": ("به ما ربطی ندارد", "Not ours"),
    "reply.button.known": ("خبر داریم", "Known"),
    "reply.button.mute": ("۴ ساعت ساکت", "Quiet for 4 h"),
    "reply.button.resolve": ("بسته شد", "Resolved"),

    # what people write in place of a number; with / between, and both languages are understood everywhere
    "reply.heard.take": ("برمی‌دارم/برمیدارم/برداشتم/با من/من رسیدگی می‌کنم", "take/take it/taking it/ack/mine/on it"),
    "reply.heard.real": ("واقعی/واقعی است/واقعی بود/واقعیه/درسته", "real/it is real/it was real"),
    "reply.heard.not_ours": ("به ما ربطی ندارد/به ما ربطی نداشت/ربطی ندارد/مال ما نیست/نامربوط", "not ours/unrelated"),
    "reply.heard.known": ("خبر داریم/خبر داشتیم/می‌دانیم/می‌دانستیم", "known/we know"),
    "reply.heard.mute": ("ساکت/بی‌صدا", "mute/silence/quiet"),
    "reply.heard.resolve": ("بسته شد/بستم/حل شد/رفع شد/تمام شد", "resolved/resolve/solved/closed/done"),

    # what became of it
    "reply.taken": ("{who} آن را برداشت؛ کس دیگری خبر نمی‌شود.", "{who} has it; nobody else is called."),
    "reply.taken.already": ("پیش از این {who} آن را برداشته است؛ با هم هماهنگ کنید.", "{who} has it already; talk to each other."),
    "reply.ended": ("این هشدار پیش از این پایان یافته است.", "This alert has ended already."),
    "reply.ended.by": ("این هشدار را پیش از این {who} بسته است.", "{who} closed this alert already."),
    "reply.judged.real": ("ثبت شد: واقعی بود ({who}).", "Noted: real ({who})."),
    "reply.judged.not_ours": ("ثبت شد: به ما ربطی نداشت ({who}).", "Noted: not ours ({who})."),
    "reply.judged.known": ("ثبت شد: خبر داشتیم ({who}).", "Noted: known already ({who})."),
    "reply.muted": ("تا {until} از این قاعده دربارهٔ {subject} پیامی نمی‌آید ({who}). علت: {why}",
                    "No messages about {subject} by this rule until {until} ({who}). Why: {why}"),
    "reply.resolved": ("{who} بست. علت: {why}", "{who} closed it. Why: {why}"),
    "reply.why.mute": ("چرا ۴ ساعت ساکت بماند؟ علت را همین‌جا بنویسید.", "Why should it be quiet for 4 hours? Write the reason here."),
    "reply.why.resolve": ("چرا بسته شود؟ علت را همین‌جا بنویسید.", "Why is it resolved? Write the reason here."),
    "reply.which": ("کدام هشدار؟ به پیام خودش پاسخ دهید، یا شماره را با نشانه‌اش بنویسید، مانند «{example}».",
                    "Which alert? Answer its own message, or write the number with its mark, as in “{example}”."),
    "reply.drill": ("تمرین است؛ پاسخ شما پای هیچ هشداری ثبت نشد.", "This is a drill: your answer was noted under no alert."),
    "reply.none_open": ("هشدار بازی نیست.", "No alert is open."),
    "reply.unknown": ("این هشدار را دیگر نداریم؛ شاید زمان نگهداری‌اش گذشته است.", "This alert is no longer kept; its time may be over."),
    "reply.changed": ("هم‌زمان کس دیگری به این هشدار دست زد؛ دوباره بگویید.", "Somebody else acted on this alert just now; say it again."),
    "reply.refused": ("انجام نشد: {why}", "Not done: {why}"),

    # the same from the command line
    "cli.alerts.handled": ("هشدار {alert} پاسخ گرفت.", "alert {alert} is answered"),
    "cli.alerts.unsilenced": ("از اکنون دربارهٔ {subject} دوباره پیام می‌آید.", "messages about {subject} are sent again"),
    "cli.alerts.no_silences": ("هیچ سکوتی برقرار نیست.", "no silences"),
    "cli.alerts.silent": ("{who} تا {until} ساکتش کرده است. علت: {why}", "silenced by {who} until {until}. Why: {why}"),
    "cli.alerts.severity": ("شدت: {severity} · آسیب {harm} از ۳ · گسترش {spread} از ۳ · اطمینان {trust} از ۳",
                            "severity: {severity} · harm {harm} of 3 · spread {spread} of 3 · trust {trust} of 3"),
    "cli.alerts.judge": ("هنوز کسی نگفته است که واقعی بود یا نه: goosh alerts verdict {alert} real|not_ours|known|late",
                         "nobody has said yet whether it was real: goosh alerts verdict {alert} real|not_ours|known|late"),
    "cli.called_next": ("نفر بعد", "called next"),
    "cli.cancelled": ("لغو", "cancelled"),
    "cli.until": ("تا", "until"),
    "cli.verdict": ("داوری", "verdict"),
    "cli.verdict.real": ("واقعی بود", "real"),
    "cli.verdict.not_ours": ("به ما ربطی نداشت", "not ours"),
    "cli.verdict.known": ("خبر داشتیم", "known"),
    "cli.verdict.late": ("دیر رسید", "late"),
    "cli.why": ("علت", "why"),
    "cli.check.receivers_failed": ("{count} گیرنده در دسترس نیست.", "receivers that could not be reached: {count}"),

    # notices to all who were told: one line, no sound
    "notice.taken": ("{who} ساعت {at} پیگیری را به عهده گرفت؛ کس دیگری خبر نمی‌شود: {title}",
                     "{who} has it since {at}; nobody else is called: {title}"),
    "notice.handled": ("{who} ساعت {at} به آن رسیدگی کرد؛ کس دیگری خبر نمی‌شود: {title}",
                       "{who} answered it at {at}; nobody else is called: {title}"),
    "notice.handled.why": ("{who} ساعت {at} به آن رسیدگی کرد ({why})؛ کس دیگری خبر نمی‌شود: {title}",
                           "{who} answered it at {at} ({why}); nobody else is called: {title}"),
    "notice.resolved": ("{who} ساعت {at} آن را بست ({why}): {title}", "{who} closed it at {at} ({why}): {title}"),
}
