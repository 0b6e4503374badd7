"""Words of harm, Persian (also in Latin letters) and English: danger, injury and death, fire, poison, what does not belong
into food or is spoiled, leaks, courts, children, violence, discrimination. Pure.

What is looked for are phrases that say that something *happened*, not words: «مرد» is a man and «مردم» are people, a price
is on fire, a battery dies. A phrase is found in one clause, whatever stands between its words on paper: «آتش‌سوزی»,
«آتش سوزی», «آتشسوزی», ``#آتش_سوزی``, Arabic letters and vowel signs are one. It does not count where it is denied («بدون
تلفات», "no one was injured") or is part of an idiom («قیمتش آتیش گرفته», "battery died", "killing it").

How phrases are written: ``alerts.phrases``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice
from typing import NamedTuple

from alerts.phrases import Notation, clauses, listed
from listener.text import search_form

VERSION = "harm_words@2"

TRIED = 50  # places of a clause in which one kind of harm is looked at: each may be denied or part of an idiom

CATEGORIES = ("death", "injury", "fire", "poison", "foreign", "spoiled", "danger", "leak", "law", "child", "violence", "discrimination")


class Harm(NamedTuple):
    """A phrase that was found, as it stands in the text (folded), what it is about and how grave: 1, 2 or 3."""

    phrase: str
    category: str
    grade: int


LISTS: dict[str, str] = {
    "شد": "شد شدم شدی شدیم شدید شدین شدن شدند شده شدهاند شدهاست شدهام شدهن شدش شدهبود میشه میشن میشود میشوند بشه بشن شود "
        "شوند",
    "کرد": "کرد کردم کردیم کردن کردند کرده کردهاند کردهام کردهاست کردش میکنه میکنن میکند میکنند",
    "گرفت": "گرفت گرفتم گرفته گرفتهاست گرفتن گرفتند گرفتش بگیره میگیره",
    "دید": "دید دیدم دیدیم دیدن دیدند دیده دیدهاند دیدهام دیدهاست",
    "زد": "زد زدم زدن زدند زده زدهاند زدنش زدش میزنه میزنن",
    "تن": "دستم دستش دستمون دستشون پام پایم پاش پایش پامون سرش صورتم صورتش پوستم پوستش چشمم چشمش بدنم بدنش گردنم گردنش "
        "دهنم دهنش انگشتم "
          "انگشتش دندونم دندونش دندانم دندانش دماغم دماغش بینیم",
    "اندام": "دست پا پای سر صورت چشم انگشت دندون بدن پوست",
    "کس": "مشتری* مسافر* بیمار* مریض* کودک* بچه* زن زنی مرد مردی دختر* پسر* راننده* پیک کارگر* کارمند* مادر* پدر* نوزاد* "
        "جوان* "
          "دانشآموز* خانواده* خانمی نفر شهروند* عابر* کاربر* همسرم شوهرم خواهرم برادرم مامانم بابام",
    "خویش": "بچم بچهم بچهام پدرم بابام مادرم مامانم همسرم شوهرم زنم برادرم خواهرم دوستم رفیقم پسرم دخترم سگم گربهم گربهام "
        "گربم نوزادم "
            "مادربزرگم پدربزرگم",
    "چیز": "باتری* باطری* گوشی* موبایل* شارژر* پاوربانک* کپسول* لاستیک* پکیج* آبگرمکن* زودپز* بخاری* بطری* اجاق* لپتاپ* "
        "تبلت* "
           "ماشین* خودرو* دستگاه* تلویزیون* یخچال* سیلندر* فندک* سشوار* اتو هواپز* هندزفری* اسکوتر* موتور* اتوبوس* انبار* "
               "فروشگاه* "
           "ساختمان* مغازه* کارخانه* شعبه*",
    "خوراک": "غذا* ناهار* شام پیتزا* ساندویچ* برگر* همبرگر* سالاد* سوپ* نون* نان* برنج* مرغ* گوشت* ماست* شیر شیرش دوغ* "
        "پنیر* کنسرو* آبمیوه* "
             "نوشابه* شیرینی* کیک* بستنی* خورشت* کباب* بسته* ظرف* قوطی* آش",
    "داده": "اطلاعات* آدرس*  داده* دیتا* دیتابیس* شمارهها* شمارهام* شمارهم* شمارمون* عکسهام* مشخصات*",
    "shod": "shod shodam shodim shodan shode mishe",
    "kard": "kard kardam kardim kardan karde",
    "zad": "zad zadan zade zadam",
    "device": "phone battery charger laptop tablet powerbank power bank stove oven heater hoverboard scooter car engine "
        "bus truck plane "
              "bottle cooker kettle dryer warehouse store shop building plant factory",
    "person": "man woman girl boy kid kids child children baby toddler infant customer customers passenger passengers "
        "worker workers driver "
              "rider patient patients someone people person mother father mom mum dad son daughter husband wife brother "
                  "sister friend "
              "family neighbour neighbor pedestrian employee",
    "kin": "mother father mom mum dad son daughter husband wife brother sister friend baby kid child dog cat grandmother "
        "grandfather "
           "grandma grandpa aunt uncle cousin",
    "body": "hand hands finger fingers arm arms leg legs foot face skin mouth tongue eye eyes neck tooth teeth scalp "
        "throat nose back hip wrist ankle shoulder",
    "food": "food meal lunch dinner pizza burger sandwich salad soup bread rice chicken meat yogurt milk cheese can cake "
        "fries "
            "sushi wrap noodles drink coffee juice box",
}

_PHRASES: dict[tuple[str, int], str] = {
    ("death", 3): """
        جان باخت* | جان … از دست داد* | جانش/جونش/جانشان/جونشون را/رو … از دست داد* | جونشو از دست داد*
        جان خود … از دست داد* | فوت {کرد} | فوت {شد}
        کشته {شد} | کشته داد* | کشته و … زخمی | به قتل رسید* | قتل | خودکشی {کرد} | منجر به مرگ | باعث مرگ | مرگ {کس}
        مرگ … {کس}
        {خویش} مرد | {خویش} … فوت | به کشتن داد* | به کشتن میداد* | به کشتن بده* | جنازه* | جسد* | عزیزمان را از دست
        جان سپرد* | تلفات جانی | تلفات
        koshte {shod} | fot {kard} | fowt {kard} | jan bakht* | jooneshoon az dast* | khodkoshi {kard} | be koshtan dad*
        passed away | was/were/been/got killed | killed a/an/the/my/his/her/our/two/three/several/many {person}
        killed {person}
        killed my/his/her {kin} | killed him/them/people/someone | my/his/her/our {kin} died | {person} died
        {person} has/have died
        people are dying | people have died | fell … and died | died in/from … crash/accident/fire/explosion/poisoning
        died after … eating/taking/using/drinking
        found dead | dead body | dead bodies | death of a/an/my/his/her/our {person} | deaths linked | caused … death
        led to … death* | fatal/deadly accident/crash
        fatality | fatalities | committed suicide | killed himself/herself/themselves | took his/her own life
        lost his/her/their life/lives | nearly/almost killed
        we/i nearly/almost died | nearly/almost died from/in/after/because | could have killed | could have died
        could ve died | could of died
    """,
    ("injury", 3): """
        زخمی {شد} | زخمی داد* | مجروح* | مصدوم* | آسیب جدی {دید} | آسیب جسمی | آسیب بدنی | {کس} … آسیب {دید}
        آسیب دیدم/دیدیم | جراحت*
        {تن} … شکست | {تن} … شکسته | {تن} … سوخت | {تن} رو/را … سوزوند*/سوزاند*/شکستن/شکستند/شکوندن/برید
        صورتمو/دستمو/پوستمو/پامو … سوزوند*/سوزاند*/شکستن/شکست/شکوند* | دندونم/دندونمو/دندونش … شکستن/شکستند/شکوند*
        {تن} … سوخته | {تن} … برید | {تن} … بریده | {تن} … تاول* | {تن} … له {شد} | {اندام} … له {شد}
        سوختگی درجه/شدید/دست*/صورت*/پوست*/بدن*/پا | دچار سوختگی
        خونریزی {کرد} | خونریزی
        ضربه مغزی | رفت/رفته/رفتم تو/توی/به کما | به کما رفت* | قطع عضو | تشنج {کرد} | بیهوش {شد} | شوک آنافیلاکسی
        بستری {شد} | بستری شدن/کردن/کردیم/کردند
        راهی بیمارستان | راهی اورژانس | به بیمارستان کشید* | بیمارستان کشید* | کارم/کارمون/کارش به بیمارستان/اورژانس
        سقط جنین | سقط {کرد} | بچه* … سقط
        تصادف {کرد} | تصادف {شد} | تصادف شدید | تصادف مرگبار | ماشین/اتوبوس/ون/خودرو/تاکسی/مینیبوس … چپ {کرد} | واژگون {شد}
        زیر گرفت* | زیرم گرفت | زیرش گرفت
        نابینا {شد} | کور شد چشم* | چشم* … کور {شد} | خفه {شد} | آسانسور … سقوط {کرد} | سقوط آسانسور | سقوط {کرد} … مرد
        از … ارتفاع/پله*/داربست/بالکن … افتاد*
        zakhmi {shod} | majrooh* | majruh* | masdoom* | dastam … sookht | dastam … sukht | dastam … shekast | pam … shekast
        tasadof {kard} | tasadof {shod} | bastari {shod}
        {body} … burned/burnt/broken/crushed/bleeding | burned/burnt/broke/cut/injured/crushed my/his/her/our/their {body}
        my/his/her {body} … was/were cut
        was/were/been/got/getting/being seriously/badly injured/hurt/burned/burnt | was/were/been/got/being injured
        was/were/got hurt | injured {person} | injured by
        serious/severe/permanent/brain/head/back injury/injuries | was/were/been hospitalised/hospitalized
        ended up in the hospital | ended up in hospital
        in the hospital because/after | rushed to … hospital | in … er because/after | emergency room because/after
        in intensive care | in the icu | broke his/her/my {body}
        second/third degree burns | chemical burn* | burns on my/his/her | electrocuted | electric shock from
        got an electric shock | anaphylactic | anaphylaxis
        stitches | concussion | unconscious | went blind | lost my/his/her sight | lost my/his/her {body} | miscarriage
        choked on | ran over/over my/a
        car accident because | crashed into | had a seizure | internal bleeding
    """,
    ("fire", 3): """
        آتش/آتیش سوزی* | آتش/آتیش {گرفت} | آتش/آتیش گرفته بود | حریق* | در آتش سوخت* | تو آتیش سوخت* | شعله ور {شد}
        منفجر {شد} | انفجار
        {چیز} … ترکید* | {چیز} … ترکیده | {چیز} … منفجر* | برق گرفتگی | برق گرفتش/گرفتم/گرفتمون | برق گرفت منو/ما/دستم/بچه*
        دستم … برق گرفت | برق منو گرفت | برق من را گرفت | برق من رو گرفت | گاز گرفتگی | نشت گاز | مونوکسید
        atish/atash/aatish gereft* | atish/atash soozi* | atish/atash suzi* | monfajer {shod} | enfejar | batri* … terekid*
        barghgereftegi | bargh gereft*
        caught/catches/catching on fire | caught/catches/catching fire
        set my/our/the house/kitchen/car/room/apartment on fire | burst into flames | went up in flames | in flames
        burned down | burnt down | started a fire
        exploded | explosion | {device} … blew up | {device} … blown up | {device} … explode | {device} … explodes
        {device} … is on fire | {device} … was on fire | gas leak | carbon monoxide
        {device} … smoking and | smoke coming out | {device} fire
    """,
    ("poison", 3): """
        مسموم* | مسمومیت | سم {خوراک} | داروی اشتباه/تقلبی | دارو* … اشتباه داد* | دارو* … تقلبی | الکل تقلبی | متانول
        سیانور
        masmoom* | masmum* | mahsmoom*
        poisoned | poisoning | salmonella | e coli | listeria | botulism | toxic shock | wrong medication/medicine/dose
        contaminated with | fake medicine
    """,
    ("foreign", 2): """
        سوسک/کرم/موش/حشره/شیشه/میخ/سوزن/تیغ/فضله … تو/توی/داخل/در/لای/توش … {خوراک} | {خوراک} … سوسک/کرم/موش/حشره/فضله/شیشه
        شیشه خرده* | خرده شیشه*
        soosk … ghaza* | ghaza* … soosk
        cockroach*/roach*/maggot*/mouse/rat/worm*/glass/insect*/needle/metal … in my/the/our {food}
        {food} … cockroach*/maggot*/worms/glass
        found a … cockroach/roach/maggot/worm/mouse/rat/needle/insect | glass/metal/plastic/needle in … food | glass shard*
    """,
    ("spoiled", 2): """
        {خوراک} … کپک* | {خوراک} … فاسد | {خوراک} … گندیده | {خوراک} … کرم زده | آلودگی میکروبی | {خوراک} … آلوده
        تاریخ مصرف/انقضا*/تولید* … گذشته | تاریخ گذشته {خوراک} | {خوراک} … تاریخ گذشته | {خوراک} … منقضی*
        کالا*/جنس/اجناس/محصول*/دارو* منقضی*
        ghaza* … kapak | tarikh gozashte
        {food} … mold*/mould*/rotten/spoiled
        past … expiry | expired {food} | {food} … expired | moldy/mouldy/rotten {food}
    """,
    ("danger", 2): """
        خطر جانی | خطر مرگ | جون/جان مردم/مسافر*/مشتری*/بچه*/ما/آدم* … بازی | با جون/جان … بازی | جان … به خطر
        جون … به خطر | جانم/جونم/جونمون/جانمان … خطر
        ترمز* … نگرفت | ترمز* … کار نمیکنه/نکرد/نمیکرد | ترمز* خالی {کرد} | ترمز* برید | باتری*/باطری* … باد {کرد}
        اتصالی {کرد} | جرقه {زد} | دود … بلند {شد} | دود … بلند
        ایربگ* … باز نشد | ایربگ* … عمل نکرد | خواب* رفت … پشت فرمون/فرمان | پشت فرمون/فرمان … خواب* | مست … رانندگی
        راننده* … مست | راننده* … مواد کشیده | حساسیت شدید | نفستنگی | نفس تنگی | تنگی نفس | کهیر {زد}
        خطرناکه | خطرناک است | خطرناکیه | نا امن | ناامن | سقف … ریخت | سقف … ریزش | گیر … آسانسور | آسانسور … گیر {کرد}
        khatarnake | khatar jani | ba joon mardom bazi* | tormoz* … nagereft
        dangerous | unsafe | safety hazard | fire hazard | health hazard | life threatening | risk to life
        putting … lives at risk | putting … at risk | lives in danger | risking lives
        brakes failed | brake failure | brakes … stopped working | airbag* … not deploy* | airbag* … didn t deploy
        swollen battery | battery … swollen | overheats | overheated | sparks came | sparking
        allergic reaction | fell asleep at the wheel | driver … drunk | drunk driver | driver was high
        stuck in the elevator/lift | trapped in
    """,
    ("leak", 3): """
        {داده} … لو رفت* | {داده} … لو داد* | نشت اطلاعات/داده*/دیتا | نشتی اطلاعات/داده*/دیتا
        اطلاعات/داده*/دیتا … نشت {کرد} | درز اطلاعات/داده*/دیتا | {داده} … درز {کرد} | افشای اطلاعات/داده*
        {داده} … فروخت* | {داده} … میفروش* | {داده} … فروش گذاشت* | {داده} … منتشر {شد} | {داده} … منتشر {کرد}
        {داده} … پخش {شد} | {داده} … پخش {کرد} | {داده} … فاش {شد}
        {داده} … دست … کلاهبردار* | {داده} … دست … هکر* | {داده} … هک {شد} | سایت/سرور/اپ/اپلیکیشن/سامانه/دیتابیس … هک {شد}
        عکسهام/عکسهای/عکسم/عکسامو/عکسمو … پخش
        etelaat* … lo raft* | ettelaat* … lo raft* | data* … lo raft* | etelaat* … forookht* | hack shod site*
        site* … hack {shod}
        data breach | data leak* | addresses/passwords/records/numbers leaked
        leaked … data/information/details/passwords/numbers/address*/photos/emails/records
        data … was/were/been/got leaked/stolen/hacked/exposed | database … leaked/exposed/hacked/stolen
        information/details/passwords/numbers/photos/emails … was/were/been/got leaked/stolen/exposed
        selling/sold my/our/customer*/user*/personal … data/information/details/numbers
        exposed … personal/customer/user data
        stole my identity | identity theft | identity was stolen | doxxed | doxed | private photos … shared/leaked/posted
    """,
    ("leak", 2): """
        هک {شد} | هکم {کرد} | برداشت غیر مجاز | برداشت غیرمجاز | بدون اجازه* … برداشت {شد} | بدون اجازه* … برداشت {کرد}
        حسابم … خالی {شد} | حسابم خالی {کرد} | شماره* … به غریبه داد* | شماره* … داد* به
        hack {shod} | hesabam … khali {shod} | hesabam khali {kard}
        been hacked | was/got hacked | account … hacked
        unauthorised/unauthorized charge*/transaction*/withdrawal*/payment* | emptied my account | drained my account
    """,
    ("law", 3): """
        بازداشت {شد} | بازداشت {کرد} | دستگیر {شد} | دستگیر {کرد} | پلمب {شد} | پلمپ {شد} | پلمب {کرد} | احضار {شد}
        حکم جلب | زندانی {شد} | به زندان محکوم
        bazdasht {shod} | dastgir {shod} | polomb {shod}
        was/were/been/got arrested | arrested … ceo/manager/founder/owner/driver/employee*/staff | police arrested
        raided by … police | police raid* | indicted | sentenced to | shut down by … authorities/court/police/health
        criminal charges | charged with … fraud/assault/murder/manslaughter/theft | jailed for | ceo … arrested
        founder … arrested
    """,
    ("law", 2): """
        دادگاه* | دادسرا* | کیفرخواست | پرونده قضایی | شکایت رسمی | شکایت قضایی | شکایت … پلیس فتا | شکایت … تعزیرات
        پلیس فتا | وکیل {گرفت} | وکیلم | محکوم {شد}
        dadgah* | dadsara* | police fata | polis fata | vakil gereft*
        lawsuit* | class action | sued | suing | taking … to court | see you in court | small claims | my lawyer
        my attorney | my solicitor | legal action | filed a complaint with … police | police report | press charges
        court order
    """,
    ("law", 1): """
        به تعزیرات | تعزیرات | سازمان حمایت
        قانونی پیگیری | پیگیری قانونی | پیگیری قضایی | اقدام قانونی
        taazirat | tazirat
        will sue | gonna sue | going to sue | consumer protection | ombudsman | trading standards | legal department
        report … authorities | reporting … authorities
    """,
    ("child", 3): """
        کودکآزاری | کودک آزاری | بچه دزدی | کودک ربایی | آزار کودک* | آزار بچه* | بچه*/کودک*/نوزاد*/پسرم/دخترم … خفه {شد}
        بچه*/کودک*/نوزاد*/پسرم/دخترم … بلعید* | بچه*/کودک*/نوزاد*/پسرم/دخترم … قورت داد* | باتری*/آهنربا*/قطعه* … قورت داد*
        بچه*/کودک*/نوزاد*/پسرم/دخترم … کبود {شد} | بچه*/کودک*/نوزاد*/پسرم/دخترم … کتک {زد}
        بچه*/کودک*/نوزاد*/پسرم/دخترم … بیمارستان | بچه*/کودک*/نوزاد*/پسرم/دخترم … اورژانس | بچه ربایی
        bacham … khafe {shod} | bache* … khafe {shod} | bacham … bimarestan | koodak azari | kodak azari
        child abuse | abused a/my/the child/kid/son/daughter/children | child molest* | paedophil* | pedophil* | kidnapp*
        my/the/our/a kid/child/son/daughter/baby/toddler … choked/choking/swallowed/hospital/suffocat*
        child porn* | grooming children | sexualis*/sexualiz* children | hit my child/kid/son/daughter
        my/the/our kid/child/son/daughter/baby/toddler was hurt/injured/burned
    """,
    ("child", 2): """
        کودکان کار | کار کودک* | بچه*/کودک*/نوزاد* … گیر {کرد} | محتوای مستهجن … بچه*/کودک* | بچه*/کودک* … محتوای نامناسب
        اسباب بازی … خطر* | برای بچه* خطر* | برای کودک* خطر*
        child labour | child labor | underage | choking hazard | dangerous for kids/children/babies
        inappropriate … kids/children | my kid/child/son/daughter saw
    """,
    ("violence", 3): """
        آزار جنسی | تعرض* | تجاوز {کرد} | تجاوز جنسی | تجاوز به دختر*/زن*/مسافر*/من | دست درازی | ضرب و شتم | چاقو کشید*
        چاقو {زد} | با چاقو | تهدید به قتل | تهدید به مرگ | تهدید جانی | اسید پاش*
        azar jensi | tajavoz {kard} | chaghoo keshid* | chagho keshid* | tahdid be ghatl | kotak {zad}
        raped | sexual harassment | sexually harass* | sexual assault | sexually assault* | groped | molested
        was/were/been/got assaulted | physically assaulted | assaulted me/my/a/him/her/us | beat me/him/her up | beaten up
        stabbed | with a knife | pulled a knife/gun | death threat* | threatened to kill | shot at | held at gunpoint
    """,
    ("violence", 2): """
        کتک {زد} | کتکم {زد} | کتک خورد* | کتککاری | حمله {کرد} | هلم داد* | سیلی {زد} | با مشت {زد} | تهدیدم {کرد}
        تهدید {کرد} | تهدید {شد} | مزاحمت* | مزاحم خانم*/دختر*/خواهرم/زنم/همسرم/من | مزاحمم {شد} | پیام* … شخصی داد*
        فحش ناموسی | دنبالم {کرد}
        tahdidam {kard} | tahdid {kard} | mozahemat | fohsh namoosi
        harassed | harassing | threatened me/us/my/him/her | threatening me/us/my | punched | slapped me/my/him/her
        hit me/him/her | hit my {kin} | shoved me/my | attacked me/my/us/him/her | attacked by | stalked | stalking me
        followed me home | spat on/at
    """,
    ("discrimination", 2): """
        نژادپرست* | نژاد پرست* | تبعیض* | توهین قومیتی
        توهین به زنان/خانمها/ترکها/لرها/کردها/عربها/بلوچها/اقوام/مقدسات/دین/معلول*/قومیت* | زنستیز* | زن ستیز* | جنسیت زده
        به ما زنها توهین
        بخاطر لهجه*/قومیت*/مذهب*/حجاب*/معلولیت*/جنسیت*/ملیت*/ویلچر*
        به خاطر لهجه*/قومیت*/مذهب*/حجاب*/معلولیت*/جنسیت*/ملیت*/ویلچر* | چون افغان* … راه* | چون زن بودم/هستم | چون معلول*
        مسخره* … لهجه* | لهجه* … مسخره*
        nejadparast* | nezhadparast* | tabeez | tabiz | bekhatere lahje* | bekhatere hejab*
        racist | racism | racial* | sexist | sexism | misogyn* | homophob* | transphob* | xenophob* | antisemit*
        islamophob* | discriminat*
        because of my/her/his/their skin/race/accent/religion/hijab/gender/disability/wheelchair/nationality
        because i m/am black/muslim/gay/iranian/afghan/disabled/trans/jewish/asian | n word
        refused … because … wheelchair/hijab/disab*/guide | hate speech | slur*
    """,
}

_IDIOMS = """
    قتل عام قیمت* | قیمت* … قتل عام | جنازهم/جنازهام/جنازهش رسید* | مثل جنازه/جسد | قتل … سریال/فیلم/بازی/رمان/پادکست
    سریال/فیلم/بازی/رمان/پادکست/کتاب … قتل | جنازه … سیاسی
    قیمت*/بازار/دلم/جیگرم/جگرم/قلبم/دلار/طلا/سکه/اجاره* … آتش/آتیش {گرفت}
    تخفیف/قیمت*/جشنواره … انفجار | انفجار … تخفیف*/قیمت* | انفجار جمعیت/نور/رنگ/طعم/مزه/خنده/اطلاعات
    قیمت*/بازار/سرم/مغزم/مخم/کلم/کلهام/سرمون/دارم/داشتم/اینترنت/توییتر/اینستا* … منفجر {شد} | منفجر میشم/میشدم
    از عصبانیت/خشم/کنجکاوی/خنده منفجر {شد} | اینترنت/توییتر/اینستا* … منفجر {کرد}
    گوشی* ترکید* از | گوشی* … زنگ*/پیامک*/پیام*/نوتیف* … ترکید*
    بیمه* … آتش/آتیش سوزی* | اعلام/اطفا/سنسور/ضد حریق* | سنسور نشت گاز
    فضا*/جو/محیط/رابطه*/تبلیغات/ذهن/هوای/سیاست مسموم* | مسموم کردن فضا | صفحه* … سوختگی* | سوختگی رنگ/پیکسل*/صفحه*/پارچه/غذا
    کرم/پماد سوختگی* | خونریزی رنگ/لبه*/نور
    دستم سوخت از بس | دستم شکست که | دستم … برید از | خفه {شد} از … تبلیغ* | خفه شدیم/شدم از | خفه شد این تبلیغ
    دستم/دستمون/دستمان/دستش رسید* | تعرض به حقوق | حمله {کرد} … حراج/تخفیف* | دادگاه … سریال/فیلم | دادگاه خانواده
    تبعیض مثبت | خطرناکه … خوشمز*
    جرقه {زد} … ذهن* | دود از سرم/سرش/کلم/کلهام/کلهمون … بلند | پول* … گروگان* | گروگان گرفته* … پول*
    مشخصات … گوشی/گلکسی/آیفون/شیائومی/سامسونگ … لو رفت* | مشخصات … لو رفت* … گوشی/گلکسی/آیفون
    کرم … صورت/دست/پودر/مرطوب*/ضدآفتاب/آفتاب | شیشه … آب/نوشابه/شیر/عطر | سوزن خیاطی | سوپ … موش خرما
    gheymat*/delam/jigaram/bazar … atish/atash gereft* | enfejar … takhfif | takhfif … enfejar*
    saram/maghzam … monfajer {shod}
    nearly/almost died laughing/waiting | nearly/almost died of laughter/boredom/embarrassment/shame | over my dead body
    battery/phone/laptop/tablet/app/site/console/headset/earbuds/watch/machine/fridge/printer/router/car/engine/it died
    flavour/flavor/colour/color/taste/population explosion | explosion of flavour/flavor/colour/color/taste/joy
    popularity/demand/prices/sales/inbox/head/brain/mind/heart … exploded | exploded in popularity
    exploded with joy/flavour/flavor | exploded onto | exploded in my face
    phone … blew/blown up with | phone … blew up … notification*/message*/call*/text*
    phone … exploded … notification*/message*/call*/text* | shop/store/phone … fire with
    dangerous for my wallet | so dangerous for my | addictive … dangerous | dangerous … addictive
    wings/sauce/pepper*/chili/chilli/soup/coffee/curry … burned/burnt my mouth/tongue
    back … broken | attacked my argument/point/idea/opinion | attacked by ads | crashed into a loop | cut my hand baggage
    eyes are bleeding | hit me with … charge*/fee*/ad*/email*/bill*
    threatened me with a good time | racial equality campaign | trapped in … loop/contract/subscription/menu/phone/queue
    underage … refund | unconscious bias | overheats … discussion
    in stitches | stitches … dress/seam/shirt/fabric/pocket/undone/loose | loose/missing stitches
    identity theft protection | data leak protection | gaming/wireless mouse | mouse … keyboard/pad
    glass in the box was broken | glass … screen | slur my words
"""

_NOT_BEFORE = tuple(map(search_form, (
    "بدون هیچ ضد عدم جلوگیری پیشگیری فاقد no nobody none without not never zero prevent prevents avoid neither nor anti".split()
    + "isn't wasn't weren't aren't didn't doesn't don't hasn't haven't won't".split())))
_NOT_AFTER = tuple(map(search_form, (
    "نشد نشده نشدم نشدن نشدند نشدیم نمیشه نشه نبود نبوده نیست نداشت نداشته نداشتیم نداره ندارد نداریم ندید ندیدیم ندیدم ندیده "
    "نگرفت نگرفته نکرد نکردن نکرده نکردم نداد نخورد nabood nist nashod nadasht".split())))
_STOPS = frozenset("و که ولی اما چون تا ولیکن یا va vali ama and but because or though although yet while when that".split())
_FALSE_DENIALS = frozenset(("not only", "not just", "هیچ مسیولیتی"))

_NOTATION = Notation(LISTS)


@cache
def _idioms() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{_NOTATION.pattern(phrase)})" for phrase in listed(_IDIOMS)))


@cache
def _house() -> tuple[tuple[str, str, int], ...]:
    return tuple((_NOTATION.pattern(phrase), category, grade)
                 for (category, grade), written in _PHRASES.items() for phrase in listed(written))


class Lexicon:
    """The phrases of the house, with more of a person's own (``extra``: phrase, category, grade), ``without`` some.

    A phrase of ``without`` takes away what it covers: «دادگاه» keeps every phrase found on that word quiet.
    """

    def __init__(self, extra: Iterable[tuple[str, str, int]] = (), without: Sequence[str] = ()) -> None:
        words = [*((_NOTATION.pattern(phrase), category, grade) for phrase, category, grade in extra), *_house()]
        by: dict[tuple[str, int], list[str]] = {}
        for pattern, category, grade in words:
            by.setdefault((category, grade), []).append(pattern)
        self._groups = [(re.compile("|".join(f"(?:{one})" for one in patterns)), category, grade)
                        for (category, grade), patterns in sorted(by.items(), key=lambda item: (-item[0][1], item[0][0]))]
        self._quiet = re.compile("|".join(f"(?:{_NOTATION.pattern(phrase)})" for phrase in without)) if without else None

    def find(self, text: str) -> list[Harm]:
        """Return what a text says of harm, gravest first; at most one phrase a category and grade."""
        found: dict[tuple[str, int], Harm] = {}
        for clause in clauses(text):
            quiet: list[tuple[int, int]] | None = None  # idioms are looked for where there is something they could take away
            for pattern, category, grade in self._groups:
                if (category, grade) in found:
                    continue
                for match in islice(pattern.finditer(clause), TRIED):
                    start, end = match.span()
                    if quiet is None:
                        quiet = [one.span() for known in (_idioms(), self._quiet) if known is not None for one in _overlapping(known, clause)]
                    if not any(left < end and start < right for left, right in quiet) and not denied(clause, start, end):
                        found[category, grade] = Harm(match.group().strip(), category, grade)
                        break
        return sorted(found.values(), key=lambda harm: (-harm.grade, CATEGORIES.index(harm.category)
                                                        if harm.category in CATEGORIES else len(CATEGORIES), harm.category))


def denied(clause: str, start: int, end: int) -> bool:
    """Whether the words around a place of a clause say that it did not happen.

    Three words before it and two after are looked at, up to a conjunction: in «مسموم شدیم و جواب ندادند» nobody denies.
    """
    before, after = clause[:start].split()[-3:], clause[end:].split()[:2]
    for place in range(len(before) - 1, -1, -1):
        if before[place] in _STOPS:
            before = before[place + 1:]
            break
    for place, word in enumerate(after):
        if word in _STOPS:
            after = after[:place]
            break
    ahead, behind = f" {' '.join(before)} ", f" {' '.join(after)} "
    if any(f" {word} " in ahead for word in _FALSE_DENIALS):
        return False
    return (any(f" {word} " in ahead for word in _NOT_BEFORE)
            or any(f" {word} " in behind for word in _NOT_AFTER))


def _overlapping(pattern: re.Pattern[str], clause: str) -> list[re.Match[str]]:
    """Return matches that may overlap: after each the search goes on one word further."""
    found, place = [], 0
    while (match := pattern.search(clause, place)) is not None:
        found.append(match)
        space = clause.find(" ", match.start() + 1)
        if space < 0:
            break
        place = space + 1
    return found
