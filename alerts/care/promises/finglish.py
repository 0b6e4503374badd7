"""Persian in Latin letters, as far as answers to customers use it: words of time and of doing. Pure."""

from __future__ import annotations

import re

_TABLE = """
فردا farda fardaa
امروز emrooz emruz emroz
امشب emshab
پس pas
دیگه dige digeh
دیگر digar
تا ta taa
ظرف zarf zarfe
طی tey teye
حداکثر hadaksar
نهایتا nahayatan
ساعت saat saate sa'at
دقیقه daghighe daghigheh
روز rooz ruz roz rooze ruze
هفته hafte hafteh hafteye
ماه mah mahe
اینده ayande ayandeh
بعد bad baad ba'd
کاری kari
اداری edari
وقت vaght vaghte
اخر akhar akhare
پایان payan payane
صبح sobh sobhe
ظهر zohr zohre
عصر asr asre
شب shab
نیم nim
یک yek ye
دو do
سه se
چهار chahar char
پنج panj
شنبه shanbe shanbeh
یکشنبه yekshanbe yekshanbeh
دوشنبه doshanbe doshanbeh
سهشنبه seshanbe seshanbeh
چهارشنبه chaharshanbe charshanbe
پنجشنبه panjshanbe panjshanbeh
جمعه jome jomeh jom'e
تماس tamas
زنگ zang
میگیریم migirim
میگیره migire
میگیرم migiram
میزنیم mizanim
میزنم mizanam
میزنه mizane
میشه mishe misheh mishavad
میکنیم mikonim
میکنم mikonam
میکنن mikonan
میکنه mikone
میدیم midim
میدم midam
میده mide
میدن midan
میرسه mirese mireseh miresad
میرسونیم miresoonim
میفرستیم mifrestim miferestim
میفرستم mifrestam miferestam
میاد miad miyad
میاریم miarim miyarim
برمیگرده barmigarde barmigardeh
برمیگردونیم barmigardoonim barmigardunim

خواهد khahad
خواهیم khahim
ارسال ersal
پیگیری peygiri peigiri
بررسی barresi
واریز variz
حل hal
رفع raf
درست dorost
جواب javab
پاسخ pasokh
خبر khabar
اطلاع etela ettela
تحویل tahvil
پول pool pul pooletoon poletoon pooletun
حساب hesab hesabetoon hesabetun
سفارش sefaresh sefareshetoon sefareshetun
بسته baste bastatoon bastetoon bastatun
لطفا lotfan
بفرستید befrestid beferestid
کنید konid
بدید bedid
بزنید bezanid
اگه age ageh
اگر agar
شد shod
نشد nashod
شده shode
کردیم kardim
بود bood bud
ببخشید bebakhshid
شرمنده sharmande
متاسفیم moteasefim motasefim
عذرخواهی ozrkhahi ozr
نمیشه nemishe
نمیتونیم nemitoonim nemitunim
شما shoma
حتما hatman
با ba
رو ro
به be
"""

WORDS: dict[str, str] = {latin: line.split()[0] for line in _TABLE.split("\n") for latin in line.split()[1:] if re.fullmatch("[a-z']+", latin)}
WORDS["bar"] = "بر"
WORDS["migarde"] = "میگرده"
WORDS["migardeh"] = "میگرده"
WORDS["bahatoon"] = WORDS["bahatun"] = "باهاتون"
WORDS["baratoon"] = WORDS["baratun"] = "براتون"

_ENGLISH_TOO = frozenset({"bad", "do", "be", "age", "hal", "bar", "ye", "se", "ro", "mah", "char", "pool", "mide", "pas", "raf", "ba", "ta", "nim"})
"""Words of other languages as well; they do not show that a sentence is Persian."""

def word_of(latin: str) -> str:
    """Return the Persian word, also with the ending of "your"; what is not known stays as it is."""
    if latin in WORDS:
        return WORDS[latin]
    stem = re.sub(r"e?(?:toon|tun|ton)$", "", latin)
    return f"{WORDS[stem]}تون" if stem != latin and stem in WORDS else latin


def is_finglish(part: str) -> bool:
    """Return whether a sentence in Latin letters is Persian: two words that are nothing else."""
    return len({word for word in re.findall(r"[a-z']+", part) if word in WORDS and word not in _ENGLISH_TOO}) >= 2
