"""Words of complaints, Persian and English side by side: what lets a topic stand over both languages, and names it in either.

Each line is one thing people complain of: its name in Persian and in English, then words that speak of it, Persian ones, English
ones, and Persian in Latin letters where people write it so. `*` stands for any ending, `_` joins words that follow each other.
Written down from knowing such posts of shops, couriers, kitchens, banks, networks, airlines, hotels, apps and devices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from listener.text import search_form

VERSION = "complaint_words@1"


class Thing(NamedTuple):
    """What a line speaks of, as it is called in each language."""

    fa: str
    en: str


_LINES = """
بازگشت پول | refund | استرداد بازگشت_وجه برگشت_وجه برگشت_پول وجه* برگشت_مبلغ عودت* بازپرداخت* پولم_رو پولمو پس_نمی* پس_نداد* واریز_نکرد* واریز_نشد* برنگشت* برنمیگرد* پول_رو_خورد* | refund* reimburse* money_back cash_back chargeback my_money repay* | poolam* pulam* pas_nemid* pas_nad*
لغو سفارش | cancellation | لغو* کنسل* ابطال باطل* انصراف فسخ* | cancel* called_off annul* | kansel* cancel_kard* laghv*
واریز و حساب | deposit | واریز* بستانکار شارژ_حساب | credited deposit* | variz*
برداشت از حساب | charge | کسر* کم_کردن برداشت برداشتن برداشته* برمیدار* کشیدن | charged charging deducted billed debited withdrew withdrawn | barda*
کارمزد و هزینهٔ پنهان | hidden fees | کارمزد* اضافه_شد مخفی پنهان پنهانی عوارض سرویس_اضافه | fee fees surcharge* hidden_charge* extra_charge* charges commission* | karmozd*
تمدید خودکار | renewal | تمدید* خودکار | renew* auto_renew* autorenew* | tamdid*
اشتراک | subscription | اشتراک* | subscription* subscribed subscriber* unsubscribe* membership* | eshterak*
قیمت | price | قیمت* گران* گرون* کرایه* نرخ* تعرفه* گرونی هزینه* سرگردنه گردنه نمیصرفه نمی_ارزه | price* pricey expensive overpriced fare fares rate costs cost costly rip robbery rip_off ripoff | gheymat* gerun* geroon* gerani
تخفیف | discount | تخفیف* حراج* کد_تخفیف کوپن* جشنواره | discount* coupon* promo* voucher* sale | takhfif*
تأخیر | delay | تاخیر* دیر* معطل* معطلی منتظر* انتظار علاف* طول_کشید* دیرتر عقب_افتاد* | delay* late waiting waited wait overdue slow longer | dir takhir* montazer* moatal*
پیک و ارسال | courier | پیک* ارسال* مرسوله* پست پستچی بسته* تحویل* مامور_ارسال سفیر تیپاکس انبار* باربری | courier* delivery deliver delivers dispatch* shipment* shipping ship ships shipped postman parcel* package* depot warehouse mail | peyk* peik* ersal* baste* tahvil*
نرسیدن سفارش | not delivered | نرسید* نمیرسه نرسیده نیومد* نیامد* نیاورد* خبری_از خبری_نیست | never_arrived not_arrived hasnt_arrived never_came no_sign undelivered didnt_arrive not_delivered missing_parcel never_showed | nareside* naresid* nayoomad* nayumad*
سفارش اشتباه | wrong item | اشتباه* اشتباهی عوضی مغایر* به_جای یکی_دیگه یه_چیز_دیگه سایز* رنگ* خواستم | wrong instead mistaken mixed_up size colour color ordered asked_for someone_else other_customer* | eshtebah* avazi
شکسته و آسیب‌دیده | broken or damaged | شکست* شکسته* خرد ترک* له لهیده قر ضربه* آسیب* صدمه* پاره* خش زده نشتی ریخته* کج داغون* | broken broke smash* crack* crush* damag* dent* shatter* torn scratch* leaked leaking bent | shekast* daghoon* daghun*
بسته‌بندی | packaging | بستهبندی* بسته_بندی* کارتن* جعبه* ضربهگیر | packaging packing packed box boxes carton wrap* | bastebandi* jabe*
ناقص و کم | missing items | ناقص* کسری کم_بود جا_افتاد* نبود_توش توش_نبود نداشت_توش | missing incomplete left_out short empty | naghes*
تقلبی | counterfeit | تقلب* تقلبی* فیک* قلابی* اصل_نیست غیراصل* کپی* اورجینال* اصالت* | counterfeit* fake* knock_off* knockoff* imitation* bogus replica* genuine original authentic | taghalob* feyk* fake_bood
کیفیت جنس | quality | کیفیت* بیکیفیت* جنسش دوام* زود_خراب وا_رفت* | quality flimsy cheaply shoddy durable poorly_made | keyfiat* keifiat* bikeyfiat*
دست دوم و کهنه | used goods | دست_دوم کارکرده* استفاده_شده تعمیری ریفربیش* کهنه* | second_hand used refurbish* secondhand |
ناموجود | out of stock | ناموجود* موجودی_ندار* موجود_نیست تموم_شد* تمام_شد* پیدا_نمیشه پیدا_نمی_شه نمیارن نمیارید نداریم نایاب* شارژ_بشه شارژ_نمیشه شارژ_کنید | out_of_stock sold_out restock* unavailable isnt_available not_available stock availability | namojood* mojood_nist
برنامه و سایت | app or site | برنامه* اپ اپلیکیشن* نرمافزار* سایت* وبسایت* اپتون اپتان اپشون آپدیت* بهروزرسانی* نسخه* | app apps application website site update updated updating version webpage | barname* app_tun aplikeyshen* update_kard* sayt*
باز نشدن و بسته شدن برنامه | crashes | هنگ* کرش* میپره بیرون_میپره باز_نمیشه باز_نمیشود بالا_نمیاد باگ* سفید_میمونه ارور* خطا* لود_نمیشه بسته_میشه قفل_میکنه | crash* freez* froze frozen bug bugs buggy glitch* error* blank hang hangs unresponsive loads load closes | hang* crash_mik* baz_nemish* error_mid* bag_dare
ورود و رمز | log-in | ورود* لاگین* رمز* پسورد* وارد_نمیش* کد_تایید کد_ورود پیامک_نمیاد احراز* | log_in login password* sign_in otp code codes passcode one_time verification locked_out | ramz* login* vorood*
پیامک | text messages | پیامک* اساماس* | sms text_message* texts text_service by_text | payamak* sms
کارت بانکی | bank card | کارتم کارت_بانکی کارت کارتها* عابربانک خودپرداز* پوز دستگاه_کارت صندوق | card cards atm cashpoint declined checkout | kart_bank* kartam*
مسدودی حساب | blocked account | مسدود* بلاک* بستهشده حسابم_بسته حسابم_رو_بست* تعلیق* محدود_کرد* بن | blocked froze_my frozen_account account_frozen suspended banned restricted locked | masdood* block_kard* balak*
حساب | account | حساب حسابم حسابش حسابها* | account accounts | hesab*
بانک و شعبه | bank branch | بانک* شعبه* باجه* عابر | bank banks branch branches teller counter | bank* shobe*
وام | loan | وام* تسهیلات قسط* اقساط ضامن* بهره سود | loan* instalment* installment* mortgage* interest | vam*
انتقال پول | transfer | انتقال* کارتبهکارت کارت_به_کارت تراکنش* پایا ساتنا شبا حواله* | transfer* transaction* wire payment payments | enteghal* tarakonesh*
برخورد کارکنان | rude staff | بیادب* بی_ادب* ادب* بداخلاق* طلبکار* توهین* فحش* فحاشی* برخورد* رفتار* بیاحترام* بی_احترام* داد_زد پررو* گستاخ* بینزاکت* مسخره_کرد* خندید | rude* insult* yell* swore swear* shout* attitude arrogant hostile disrespect* manners impolite abusive unprofessional laughed mocked | biadab* bi_adab* fohsh* tohin* bad_barkhord* raftar* barkhord*
کارکنان | staff | کارمند* پرسنل* کارکنان متصدی* مسئول* مسوول* پذیرش رسپشن* فروشنده* اپراتور* گارسون* | staff employee* clerk* personnel receptionist reception waiter* waitress operator agent agents cashier seller* | karmand* personel*
راننده | driver | راننده* رانندگی* رانندههاتون سفر_رو | driver drivers driving ride rides cab taxi | ranande*
پاسخ‌گو نبودن پشتیبانی | no answer from support | پشتیبان* پشتیبانی* جواب_نمید* جوابگو* پاسخگو* بیپاسخ* بیجواب* بی_پاسخ* بی_جواب* تیکت* تلفن* زنگ* تماس* پیگیری* اپراتور جواب پاسخ موزیک پشت_خط چت* ربات* چتبات | support customer_service helpline call calls called phone_line on_hold hold answer* unanswered ticket* respond* response reply replies chat chatbot bot email emails emailed contact picks_up pick_up hung_up callback ignored nobody | poshtiban* javab_nemid* javab* pasokh* zang_* tiket*
قول و وعده | broken promises | قول* وعده* بدقول* بد_قول* دروغ* الکی بهانه* سرکار زیر_حرف | promise* lied lie lies lying excuse* misled mislead* | ghol* doroogh* dorogh* elaki
کلاهبرداری | scam | کلاهبردار* کلاه_بردار* دزد* سرکیسه* شیاد* خوردن | scam* fraud* thie* stole* steal* con_artist* swindle* cheat* theft | kolahbardar* dozd*
نشت اطلاعات و حریم خصوصی | data and privacy | اطلاعات* لو_رفت* نشت* هک* حریم* دسترسی* امنیت* مخاطبین شماره_من شمارهٔ_من تبلیغاتی* مزاحم* فروختن_اطلاعات | data privacy leak leaks hack* breach* security secure telemarket* personal_information permission* contacts spam phishing | hack_shod* etelaat* harim*
اینترنت و شبکه | internet | اینترنت* نت نتم نتتون مودم* وایفای پینگ* شبکه* فیبر* پهنای* وی_دی_اس_ال همراه_اول مخابرات | internet broadband wifi wi_fi router network ping connection fibre fiber bandwidth disconnect* | internet* modem* ping*
قطعی | outage | قطع قطعه قطعی* وصل_نمیشه قطع_شد* قطع_میشه قطع_و_وصل | outage* down offline cut_off disconnected no_service | ghat* ghate*
سرعت پایین | slow speed | سرعت* کند کندی کنده | speed* slow slowly lag lags laggy mbps | soraat* sorat* kond*
آنتن موبایل | mobile signal | آنتن* دکل* سیگنال* خط_نمیده رومینگ* سیمکارت* سیم_کارت* | signal coverage tower reception_bars sim roaming | anten* dakal*
بسته و حجم اینترنت | data package | حجم* گیگ* بسته_اینترنت ترافیک_مصرفی | data_plan gigabyte* gb data_cap allowance | hajm* gig*
برق و آب | power and water | برق* خاموشی* آب_قطع فشار_آب گاز_قطع | power_cut* blackout* electricity power water_supply | bargh*
پرواز | flight | پرواز* هواپیما* ایرلاین* باند خلبان* گیت مهماندار* هواپیمایی* بلیط* بلیت* | flight* airline* plane* airport runway gate boarding pilot fly flying flew take_off takeoff takeoffs ticket_price | parvaz* havapeyma*
چمدان و بار | luggage | چمدان* چمدون* ساک* بارمون بارم بار_مسافر بار کوله* | luggage baggage suitcase* bag bags carousel belongings | chamedan* chamedun* sak*
گم شدن | lost | گم گمشده* گم_شد* گم_کرد* مفقود* ناپدید* | lost lose misplaced disappeared vanished missing | gom*
رزرو | booking | رزرو* نوبت* جا_نبود اوربوک* | book booking* booked reservation* reserve* overbook* seat seats | rezerv* nobat*
هتل و اتاق | hotel room | هتل* اتاق* اقامت* سوییت* ملافه* تخت* حوله* حموم حمام موکت* | hotel* room rooms sheets towel* bathroom carpet mattress motel shower | hotel* otagh*
کثیفی | dirt | کثیف* لکه* بوی* بو_مید* سوسک* مو_پیدا نظافت* آلوده* حشره* موش* تمیز* چرک* | dirty filth* stain* smell* cockroach* bug_in hair mould mold musty hygiene unclean clean insect* mice mouse | kasif* sosk* boo_mid*
غذا | food | غذا* برنج* پیتزا* مرغ* گوشت* ساندویچ* کباب* سیبزمینی* همبرگر* سوپ* رستوران* آشپز* نوشابه* خورش* | food meal* pizza* chicken rice burger* fries meat sandwich* kebab* soup restaurant* kitchen dish dishes | ghaza* pitza* morgh*
غذای سرد | cold food | سرد یخ یخ_کرده ماسیده خمیر* | cold lukewarm soggy stone_cold | sard* yakh*
غذای خراب یا خام | spoiled or raw food | خام نپخته سوخته* فاسد* ترشیده* مونده مانده بیات* کپک* مسموم* مسمومیت* تاریخ_گذشته | raw undercooked burnt burned stale spoiled rotten expired uncooked pink poison* sick leftover* | kham fased* sookhte*
حجم و مزهٔ غذا | portion and taste | مزه* بیمزه* بی_مزه* شور کوچیک* پرس* حجم_غذا کم_بود | taste* tasteless bland salty portion* tiny | maze* bi_maze*
گارانتی و تعمیر | warranty and repair | گارانتی* ضمانت* وارانتی* تعمیر* نمایندگی* خدمات_پس قطعه قطعات تعمیرکار* | warranty guarantee* repair* service_centre service_center after_sales spare_part* technician* fix fixed | garanti* tamir* namayandegi*
مرجوعی | returns | مرجوع* پس_گرفت* پس_بگیر* پس_بفرست* تعویض* عوض_نمی* عوض_کن* | return returns returned returning exchange* replacement* replace send_it_back | marjoo* taviz*
باتری و شارژ | battery | باتری* باطری* شارژ شارژر* شارژش باد_کرد* داغ* خاموش* خالی_میکنه | battery batteries charger* charging_port drains drain swollen charge hot overheat* percent fast_charging | batri* sharj*
صفحهٔ نمایش و دوربین | screen and camera | صفحه صفحهنمایش* نمایشگر* تاچ* دوربین* پیکسل* تصویر* | screen display touch camera pixel* picture_quality lens | safhe* doorbin*
صدا | sound | صدا* اسپیکر* بلندگو* هندزفری* میکروفون* نویز | sound speaker* audio headphone* microphone noise noisy volume loud | seda*
خرابی دستگاه | faulty device | خراب* از_کار_افتاد* روشن_نمیشه معیوب* نمیکنه_کار کار_نمیکنه کار_نمی_کنه | faulty defect* malfunction* doesnt_work not_working stopped_working dead wont_turn | kharab* kar_nemik*
نقشه و آدرس | address and map | آدرس* نقشه* مسیر* لوکیشن* مبدا* مقصد* دور_زد | address map maps location route gps destination pickup | adres* masir*
بیمه | insurance | بیمه* خسارت* | insur* claim claims compensation | bime*
درمان | treatment | دکتر* پزشک* بیمارستان* درمان* دارو* پرستار* داروخانه* مطب* | doctor* hospital* clinic* nurse* medicine pharmacy surgery | doktor* bimarestan*
آموزش | class | کلاس* استاد* دوره* دانشگاه* مدرس* امتحان* | class classes course courses teacher* exam tuition | kelas*
خودرو | car | خودرو* ماشین* موتور* ترمز* گیربکس* بنزین* لاستیک* کیلومتر* | car cars engine brake* gearbox tyre* tire vehicle* | mashin* khodro*
نصب | installation | نصب* نصاب* راهاندازی* | install* setup_visit fitter fitted | nasb*
تبلیغ دروغ | misleading adverts | تبلیغ* عکس_سایت عکسش تو_عکس عکس توضیحات_محصول | advert* advertis* pictures photo photos misleading description as_shown | tabligh*
تبلیغ زیاد | too many ads | آگهی* تبلیغات* پاپآپ* | ads ad popup* pop_up* banner* | tablighat*
صف و شلوغی | queues | صف* شلوغ* نوبت ازدحام | queue* crowded line_up lines long_line | saf_* shologh*
رأی و نظر پاک‌شده | deleted reviews | نظرم_رو کامنت* پاک_کرد* حذف* | deleted removed my_review comments_removed censored | pak_kard*
امتیاز و جایزه | points and prizes | امتیاز* جایزه* قرعه* باشگاه_مشتریان | points reward* loyalty prize* | emtiaz* jayeze*
فاکتور | invoice | فاکتور* صورتحساب* قبض* رسید_پرداخت | invoice* receipt bill bills billing | faktor* ghabz*
ایمنی | safety | خطرناک* ایمنی* تصادف* سرعت_زیاد کمربند* آزار* ترسید* | unsafe dangerous safety accident harass* scared reckless | khatarnak* tasadof* azar*
"""


def _words(written: str) -> list[str]:
    return [" ".join(search_form(part) for part in word.rstrip("*").split("_") if part) + ("*" if word.endswith("*") else "")
            for word in written.split()]


@cache
def things() -> tuple[Thing, ...]:
    """Return everything people complain of, in the order of its numbers."""
    return tuple(thing for thing, _ in _table())


@cache
def _table() -> tuple[tuple[Thing, tuple[str, ...]], ...]:
    table = []
    for line in filter(None, map(str.strip, _LINES.splitlines())):
        fa, en, *written = (part.strip() for part in line.split("|"))
        table.append((Thing(fa, en), tuple(word for part in written for word in _words(part))))
    return tuple(table)


@cache
def _index() -> tuple[Mapping[str, frozenset[int]], Mapping[str, frozenset[int]], int]:
    whole: dict[str, set[int]] = {}
    begun: dict[str, set[int]] = {}
    for number, (_, words) in enumerate(_table()):
        for word in words:
            (begun if word.endswith("*") else whole).setdefault(word.rstrip("*"), set()).add(number)
    freeze = [{word: frozenset(found) for word, found in one.items()} for one in (whole, begun)]
    return freeze[0], freeze[1], max(map(len, begun))


def found(words: Sequence[str]) -> dict[int, int]:
    """Return what words in ``search_form`` speak of: the number of each thing and how often. Two things may share a word."""
    whole, begun, longest = _index()
    counts: dict[int, int] = {}
    for at in range(len(words)):
        for length in (1, 2, 3):
            if at + length > len(words):
                break
            run = " ".join(words[at:at + length])
            hits = set(whole.get(run, ()))
            for end in range(2, min(len(run), longest) + 1):
                # an ending is part of the last word: "deliver*" is no beginning of "deliver to"
                if run[:end] in begun and " " not in run[end:]:
                    hits |= begun[run[:end]]
            for number in hits:
                counts[number] = counts.get(number, 0) + 1
    return counts
