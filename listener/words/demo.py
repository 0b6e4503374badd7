"""Words of ``goosh demo``."""

WORDS: dict[str, tuple[str, str]] = {
    "demo.opening": (
        "یک سناریوی ساختگی: {days} روز از زندگی برند خیالی «{brand}». نوشته‌ها از ماست و «مینا» هم همکاری خیالی است که قول‌های برند را تأیید می‌کند؛ بقیهٔ راه همان است که در کار واقعی طی می‌شود.",
        "A made-up scenario: {days} days in the life of “{brand}”, a brand that does not exist. We wrote the posts, and Mina, who confirms what the brand promises, is invented too; the rest of the way is the real one.",
    ),
    "demo.colleague": ("مینا", "Mina"),
    "demo.board": ("تابلو اینجا باز است: {url}", "The board is open at {url}"),
    "demo.listening": ("گوش می‌دهیم", "listening"),
    "demo.summary": (
        "{mentions} اشاره · {percent}٪ منفی · شنیده‌شدنِ شکایت‌ها: دست‌کم {low}، به برآورد {mid}، دست‌بالا {high} نفر",
        "{mentions} mentions · {percent} % negative · reach of the complaints: at least {low}, about {mid}, at most {high} people",
    ),
    "demo.alerts": ("هشدارها", "Alerts"),
    "demo.when": ("زمان", "when"),
    "demo.what": ("چه", "what"),
    "demo.evidence": ("شاهد", "evidence"),
    "demo.sources": ("منبع‌ها: {names}", "Sources: {names}"),
    "demo.again": ("بعدها هم با goosh demo --again باز می‌شود، همان‌جا که سناریو پایان یافت",
                   "goosh demo --again opens it later, where the scenario ended"),
    "demo.leave": ("تابلو باز می‌ماند: {url} — برای پایان Ctrl-C بزنید", "The board stays open at {url} — press Ctrl-C to end"),
}
