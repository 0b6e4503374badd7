"""Which sentences speak of harm, and which only use its words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.harm_words import CATEGORIES, Harm, Lexicon

LEXICON = Lexicon()

HARM = [
    # death
    ("راننده‌شون با سرعت رفت تو جدول و یه نفر کشته شد", "death", 3),
    ("پدرم بعد از خوردن اون دارو فوت کرد", "death", 3),
    ("سه کارگر انبار این شرکت جان باختند", "death", 3),
    ("سگم مرد، به‌خاطر غذایی که از شما خریدم", "death", 3),
    ("این شرکت باعث مرگ یک نوزاد شد", "death", 3),
    ("با اون ترمز خراب داشتن ما رو به کشتن میدادن، به قتل رسیدیم انگار", "death", 3),
    ("عموی من زیر آوار همین پروژه جونشو از دست داد", "death", 3),
    ("پیک موتوری شما توی تصادف دیشب جانش را از دست داده و هیچ‌کس گردن نمی‌گیرد", "death", 3),
    ("tu tasadof yeki koshte shod va sherkat hichi nagoft", "death", 3),
    ("My uncle was killed by one of your drivers last night", "death", 3),
    ("Two passengers died after the bus rolled over", "death", 3),
    ("Our dog died after eating this food", "death", 3),
    ("a child could have died because you skipped the safety check", "death", 3),
    ("she passed away and the hospital app never called an ambulance", "death", 3),
    # injury
    ("دو نفر از مسافرا زخمی شدن", "injury", 3),
    ("دستم با قابلمه‌ی معیوبتون سوخت و تاول زد", "injury", 3),
    ("پام تو پله‌برقی فروشگاه شکست", "injury", 3),
    ("مادرم رو بردیم بیمارستان و بستری شد", "injury", 3),
    ("اتوبوس چپ کرد و شرکت هنوز سکوت کرده", "injury", 3),
    ("رانندتون وسط اتوبان تصادف کرد و فرار کرد", "injury", 3),
    ("یک مشتري در فروشگاه مجروح شد", "injury", 3),
    ("صورتم از این کرم سوخته و پوست‌پوست شده", "injury", 3),
    ("کارمون به بیمارستان کشید با این غذا", "injury", 3),
    ("dastam sookht ba in sheshvar", "injury", 3),
    ("My daughter was badly injured on your ride", "injury", 3),
    ("I ended up in the hospital thanks to your driver", "injury", 3),
    ("the blade came loose and cut my hand", "injury", 3),
    ("He broke his leg in your store and nobody helped", "injury", 3),
    ("second degree burns from a hair dryer, unbelievable", "injury", 3),
    ("got an electric shock from the charger", "injury", 3),
    # fire and explosion
    ("انبارشون آتیش گرفته و همه‌ی بسته‌ها سوخته", "fire", 3),
    ("آتش سوزي در شعبه مرکزی، مشتری‌ها فرار کردند", "fire", 3),
    ("گوشیم توی شارژ منفجر شد", "fire", 3),
    ("باتری پاوربانکتون ترکید وسط اتاق", "fire", 3),
    ("#آتش_سوزی در فروشگاه زنجیره‌ای", "fire", 3),
    ("آتشسوزی انبار دیشب تقصیر خودشون بود", "fire", 3),
    ("یخچالتون اتصالی کرد و آشپزخونه شعله‌ور شد", "fire", 3),
    ("موقع شارژ برق گرفتم، جنس تقلبی می‌فروشید", "fire", 3),
    ("sharjer atish gereft, khoda rahm kard", "fire", 3),
    ("The power bank exploded in my bag", "fire", 3),
    ("your charger caught fire while we were asleep", "fire", 3),
    ("Laptop burst into flames on the sofa", "fire", 3),
    ("the phone blew up next to my bed", "fire", 3),
    # poison and food
    ("بعد از خوردن ساندویچتون کل خانواده مسموم شدیم", "poison", 3),
    ("مسمومیت غذایی گرفتیم از رستورانتون", "poison", 3),
    ("داروی تقلبی فروختید به مادر پیر من", "poison", 3),
    ("ghazashoon masmoom kard hamamoono", "poison", 3),
    ("Got food poisoning from their salad, three of us", "poison", 3),
    ("تو سالادم سوسک بود!!", "foreign", 2),
    ("نون‌ها کپک زده بود، نفروشید اینو", "spoiled", 2),
    ("یه تیکه شیشه توی ماست پیدا کردم", "foreign", 2),
    ("Found a cockroach in my soup", "foreign", 2),
    ("the bread was full of mold... moldy bread for two dollars", "spoiled", 2),
    # danger
    ("دارید با جون مردم بازی می‌کنید", "danger", 2),
    ("ترمزش کار نمی‌کرد و راننده عین خیالش نبود", "danger", 2),
    ("راننده پشت فرمون خوابش برد", "danger", 2),
    ("باتری گوشی باد کرده و گارانتی قبول نمی‌کنه", "danger", 2),
    ("This toy is dangerous, the wire sticks out", "danger", 2),
    ("The brakes failed twice and you still rent it out", "danger", 2),
    # leaks
    ("اطلاعات میلیون‌ها مشتری‌شون لو رفته", "leak", 3),
    ("نشت اطلاعات کاربران این شرکت تایید شد", "leak", 3),
    ("شماره‌هامون رو به کلاهبردارا فروختن، اطلاعات ما رو فروختن", "leak", 3),
    ("etelaatemoon lo raft va hanooz sokoot kardan", "leak", 3),
    ("Huge data breach, my passwords were leaked", "leak", 3),
    ("they sold my personal data to spammers", "leak", 3),
    ("اکانتم هک شد و پشتیبانی هیچ کاری نکرد", "leak", 2),
    ("My account was hacked and they drained my account", "leak", 2),
    # law
    ("مدیرعاملشون بازداشت شد", "law", 3),
    ("شعبه‌ی مرکزی پلمب شد چون مجوز نداشتن", "law", 3),
    ("The founder was arrested for fraud this morning", "law", 3),
    ("فردا میرم دادسرا و پرونده تشکیل میدم", "law", 2),
    ("There is a class action against them now", "law", 2),
    ("If you don't refund me I will sue", "law", 1),
    # children
    ("بچه‌ام با قطعه‌ی این اسباب‌بازی خفه شد نزدیک بود از دست بره", "child", 3),
    ("کودک‌آزاری در مهدکودک این شرکت", "child", 3),
    ("my toddler choked on a part of this toy", "child", 3),
    ("They hire underage workers in that plant", "child", 2),
    # violence
    ("راننده به خواهرم تعرض کرد", "violence", 3),
    ("آزار جنسی راننده رو گزارش دادم، گفتن پیگیری می‌کنیم", "violence", 3),
    ("chaghoo keshid roo man vasate khiaboon", "violence", 3),
    ("Your driver sexually harassed my wife", "violence", 3),
    ("راننده تهدیدم کرد که میاد دم خونه", "violence", 2),
    ("The courier threatened me at my own door", "violence", 2),
    # discrimination
    ("پشتیبانشون به‌خاطر لهجه‌ام مسخره‌ام کرد", "discrimination", 2),
    ("تبلیغشون نژادپرستانه‌ست، جمع کنید", "discrimination", 2),
    ("توهین به زنان تو این تبلیغ موج میزنه", "discrimination", 2),
    ("They refused to serve us because of her hijab", "discrimination", 2),
    ("what a racist ad, shame", "discrimination", 2),
]

NO_HARM = [
    # idioms and exaggeration
    "مُردم از خنده با این تبلیغتون",
    "قیمتش آتیش گرفته، کی می‌خره اینو؟",
    "سرم منفجر شد انقدر زنگ زدن",
    "از بس منتظر موندم مردم",
    "می‌میرم برای قرمه‌سبزی‌شون ولی این بار بد بود",
    "دلم آتیش گرفت وقتی دیدم بسته پاره‌ست",
    "جیگرم آتیش گرفت از این قیمت",
    "بازار موبایل آتیش گرفته و اینا هم گرون کردن",
    "جشنواره‌ی انفجاری‌تون دروغه",
    "انفجار تخفیف؟ کجاست پس؟",
    "مغزم منفجر شد از این همه مرحله برای ثبت‌نام",
    "گوشیم ترکید از بس پیامک تبلیغاتی دادین",
    "خودمو کشتم تا جواب دادن",
    "وقت‌کشی می‌کنن پشتیبان‌هاتون",
    "دستم شکست که این بازی رو خریدم، نصب نمیشه",
    "دلم سوخت برای پولم",
    "پولم سوخت رفت",
    "دود از سرم بلند شد وقتی فاکتور رو دیدم",
    "پولمون رو گروگان گرفتن این شرکت",
    "ما رو خفه کردید با تبلیغ",
    "فضای مسموم کامنت‌ها رو درست کنید",
    # the words, not the deed
    "یه مرد و یه زن پشت صندوق بودن و هیچ‌کدوم جواب ندادن",
    "مردم از این شرکت ناراضی‌ان",
    "بیمه‌ی آتش‌سوزی‌تون خیلی گرونه",
    "کپسول آتش‌نشانی سفارش دادم، دیر رسید",
    "درب ضد حریق رو اشتباه فرستادن",
    "کرم سوختگی‌تون بی‌کیفیته",
    "صفحه‌ی گوشی سوختگی پیکسل داره",
    "سریال جدیدتون درباره‌ی قتل خیلی ضعیفه",
    "مشخصات گلکسی جدید لو رفت و ناامیدکننده‌ست",
    "کرم ضدآفتاب تو بسته نبود",
    "شیشه‌ی نوشابه تو بسته نبود",
    "بچه‌ام عاشق این اسباب‌بازی بود ولی زود خراب شد",
    "تاریخ تحویل سفارش من گذشته",
    "موشک هم بود تا حالا رسیده بود",
    "سیب‌زمینی سوخته بود و سرد",
    "شارژ اینترنتم سوخت",
    "کارت گرافیکم سوخت و گارانتی قبول نکرد",
    # denied
    "خوشبختانه کسی آسیب ندید",
    "کسی کشته نشد ولی پیگیری نکردن",
    "حادثه بدون تلفات مهار شد اما هنوز قطعی داریم",
    "هیچ انفجاری نبود، شایعه بود",
    "مسمومیتی نبود، فقط بی‌مزه بود",
    "نشت اطلاعاتی نداشتیم ولی سایتشون کنده",
    "هیچ‌کس بازداشت نشده، ولی مدیریت افتضاحه",
    # ordinary complaints
    "پیک دیر رسید و غذا سرد بود",
    "پشتیبانی جواب نمیده، پولم رو پس بدید",
    "کیفیت دوختش افتضاحه",
    "سایت قطع شده و سفارشم ثبت نمیشه",
    "گرون‌فروش‌ها! کرایه دو برابر شد",
    "کالای معیوب فرستادن و پس نمی‌گیرن",
    "از رفتار صندوق‌دار شکایت دارم",
    "بارم رو نابود کردن، شکایت می‌کنم",
    "ازتون شکایت می‌کنم، حالا می‌بینید",
    "gheymatesh atish gerefte baba",
    "mordam az khande ba in poshtibani",
    "poshtibani javab nemide, kheili badin",
    "saram monfajer shod az bas montazer moondam",
    # English
    "Their cheesecake is to die for but the waiter was rude",
    "You used to be killing it, now the app is slow",
    "The fire sale prices were fake",
    "This song is the bomb, the stream quality isn't",
    "My phone died and the charger you sold me is useless",
    "the battery died after two hours",
    "laptop was dead on arrival",
    "my feet are killing me after queueing for your store",
    "I nearly died laughing at this support chat",
    "Support is killing me with these forms",
    "My inbox exploded with your newsletters",
    "my head almost exploded reading your terms",
    "Prices have exploded this year",
    "No one was injured, but the delay was awful",
    "nobody was hurt, still no apology",
    "There was no data breach, just a slow website",
    "dangerously addictive snacks, sadly overpriced",
    "So many fire alarm tests in this hotel, no sleep",
    "The fire extinguisher arrived late",
    "burnt coffee and rude staff",
    "my heart is broken, you cancelled the show",
    "I was on hold for an hour",
    "The food court was dirty",
    "The tennis court booking app crashed",
    "true crime podcast with terrible audio",
    "Stitches came undone after a week, poor quality dress",
    "You broke the app again",
    "The line went dead three times",
    "The update killed my battery",
    "gaming mouse in my box was the wrong colour",
    "They hit my card with a fee twice",
    "my back button is broken",
    "trapped in a subscription I never wanted",
    "identity theft protection plan is overpriced",
    "They raided the fridge of discounts and left nothing",
    "this worker's manners are criminal",
]

# Written after the words were settled; at first sight 27 of these 40 were found, and 2 of those 50 were wrong.
HARM_TOO = [
    "یه بنده خدا تو آسانسور پاساژ سقوط کرد و مرد",
    "مامان‌بزرگم بعد تزریق واکسنتون فوت شد",
    "رانندش مست بود، زدیم به گاردریل و خواهرم مصدوم شد",
    "لباسشویی آتیش گرفت نصفه شبی خدا رحم کرد",
    "از غذای دیشب همه بیرون‌روی گرفتیم، مسمومیت شدید",
    "توی کنسرو لوبیا کرم بود حالم بهم خورد",
    "شماره کارت و آدرس مشتری‌ها تو تلگرام پخش شده",
    "کد ملی و اطلاعات هویتی کاربرا درز کرده",
    "ماموران دیشب مدیر این صرافی رو دستگیر کردن",
    "بچه ۳ ساله‌م باتری اسباب‌بازی رو قورت داد",
    "راننده خانم بغل‌دستیمو اذیت کرد، آزار جنسی بود",
    "چاقو کشید رو من سر کرایه",
    "به افغانستانی‌ها سرویس نمیدن، تبعیض محض",
    "پله برقی گیر کرد و پای پسرم له شد",
    "دکترای این کلینیک دندونم رو شکستن",
    "کرم پودرتون صورتمو سوزوند",
    "بخاری گازی نشتی داشت، گاز گرفتگی داشتیم",
    "شارژر فیک دادن دستم برق گرفت منو",
    "دیروز کارگرشون از داربست افتاد و کشته شد",
    "هلدینگ شما متهم به کلاهبرداریه و دادگاه داره",
    "bache baram masmoom shod az in shir khoshk",
    "taraf tasadof kard va koshte shodan do nafar",
    "etelaat karbara lo raft",
    "A worker fell into the machine and died",
    "My son got electrocuted by your lamp",
    "The e-bike battery burst into flames in the hallway",
    "someone in our group was hospitalized after your oysters",
    "customer addresses leaked online",
    "Police raided their head office today",
    "the driver assaulted a passenger",
    "my baby's skin was burned by this lotion",
    "Found glass in the baby food",
    "Your rep made racist remarks about my accent",
    "The tire blew out because of your bad repair, we nearly died",
    "carbon monoxide from your heater put us in hospital",
    "My grandmother fell in your store and broke her hip",
    "we're suing you next week",
    "The CEO has been indicted",
    "stabbed by a bouncer at your club",
    "they doxxed me, my home address was posted",
]

NO_HARM_TOO = [
    "وقتی به دستم رسید کل ظرف شکسته بود",
    "نان بوی سوختگی می‌داد",
    "هی می‌گه گذرواژه منقضی شده",
    "دور قابلمه بعد از سه روز لبش شکست",
    "از دست این پشتیبانی آدم سکته می‌کنه",
    "قیمت گوشت داره منفجر میشه تو این فروشگاه",
    "پشتیبانتون منو کشت تا جواب داد",
    "مرده‌شور این سرویس رو ببرن",
    "این تبلیغ دیگه خفه‌مون کرد",
    "با این اینترنت لاک‌پشتی پیر شدم",
    "کارت شارژ سوخته دادن بهم",
    "غذا سوخته بود و شور",
    "رنگ لباس بعد یه شست‌وشو پس داد",
    "فروش فوق‌العاده نبود، دروغ بود",
    "دارم از گشنگی می‌میرم پیک کو",
    "بمب تخفیفتون فیوز نداشت",
    "آهنگ‌هاش بمبه ولی اپ هنگ می‌کنه",
    "بازی‌شون ترکوند ولی سرور نه",
    "از ترس قیمت‌ها تشنج می‌گیرم",
    "زن و بچه‌ی مردم علاف شما",
    "شاخ غول شکستین با این آپدیت",
    "جوابشون مثل آب رو آتیشه",
    "خون‌مون رو مکیدید با این کارمزدها",
    "دلم می‌خواد سرمو بکوبم به دیوار",
    "این گوشی داغ میکنه موقع بازی",
    "کارمند بانک گفت فردا بیا",
    "جلد کتاب پاره بود",
    "gushi dagh mikone, batri zud tamum mishe",
    "delam khoon shod az in poshtibani",
    "This app is a disaster",
    "Worst customer service, I want to scream",
    "You are robbing people with these fees",
    "Internet is dead again",
    "My wallet is bleeding with these prices",
    "Service was a train wreck",
    "Your chatbot is brain dead",
    "the shipping took forever, I aged ten years",
    "I'm dying over here waiting for my parcel",
    "update broke everything",
    "I could kill for a refund",
    "the show bombed, want my money back",
    "hot garbage of a website",
    "shot myself in the foot buying this",
    "crashed twice in the middle of checkout",
    "Their fire TV app buffers",
    "the spicy wings burned my mouth, too hot lol",
    "you guys dropped the ball",
    "my order vanished into thin air",
    "so sick of these ads",
    "the printer jammed and died",
    "he attacked my argument instead of helping",
    "cut the price or cut the crap",
    "death by a thousand cuts with these fees",
    "heart attack when I saw the bill",
]


@pytest.mark.parametrize(("sentence", "category", "grade"), HARM, ids=[text[:40] for text, *_ in HARM])
def test_harm_is_found(sentence: str, category: str, grade: int) -> None:
    found = LEXICON.find(sentence)
    assert (category, grade) in {(harm.category, harm.grade) for harm in found}, found
    assert found[0].grade >= grade and [harm.grade for harm in found] == sorted((harm.grade for harm in found), reverse=True)


@pytest.mark.parametrize("sentence", HARM_TOO, ids=[text[:40] for text in HARM_TOO])
def test_harm_is_found_in_other_words(sentence: str) -> None:
    assert LEXICON.find(sentence)


@pytest.mark.parametrize("sentence", NO_HARM + NO_HARM_TOO, ids=[text[:40] for text in NO_HARM + NO_HARM_TOO])
def test_no_harm_is_found_where_none_was_done(sentence: str) -> None:
    assert LEXICON.find(sentence) == []


def test_there_are_enough_sentences_of_each_kind() -> None:
    assert len(HARM) >= 60 and len(NO_HARM) >= 60
    assert {category for _, category, _ in HARM} == set(CATEGORIES)


@pytest.mark.parametrize("spelling", ["آتش‌سوزی", "آتش سوزی", "آتشسوزی", "آتش سوزي", "آتــش‌سوزی", "#آتش_سوزی", "آتشِ سوزی"])
def test_one_phrase_has_many_spellings(spelling: str) -> None:
    assert [harm.category for harm in LEXICON.find(f"{spelling} شد در انبارشون")] == ["fire"]


def test_a_denial_reaches_no_further_than_its_clause() -> None:
    assert LEXICON.find("مسموم شدیم و کسی جواب نداد")
    assert LEXICON.find("جواب ندادن، مسموم شدیم")
    assert LEXICON.find("There was no answer. My son was injured.")
    assert LEXICON.find("not only late, my phone exploded")


def test_a_person_adds_words_and_takes_some_away() -> None:
    lexicon = Lexicon(extra=[("چسب سمی", "poison", 2), ("recalled seat*", "danger", 2)], without=["دادگاه*", "class action"])
    assert lexicon.find("این چسب‌سمی رو جمع کنید") == [Harm("چسبسمی", "poison", 2)]
    assert lexicon.find("recalled seats again") == [Harm("recalled seats", "danger", 2)]
    assert lexicon.find("میرم دادگاه") == [] and lexicon.find("join the class action") == []
    assert LEXICON.find("میرم دادگاه") and LEXICON.find("join the class action")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    for harm in LEXICON.find(text):
        assert harm.phrase and 1 <= harm.grade <= 3


@pytest.mark.benchmark
def test_a_long_text_is_read_in_milliseconds() -> None:
    text = "my phone and the food in the box was a child with " * 2000
    begun = time.perf_counter()
    LEXICON.find(text)
    assert time.perf_counter() - begun < 1.0
