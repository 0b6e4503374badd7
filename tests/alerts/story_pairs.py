"""Pairs of texts that are one story, and pairs that are not: written for these tests, nobody's posts.

``SPUN`` are texts beside what a machine that swaps words for their synonyms, or a hasty rewriter, makes of them. ``TOPICS``
are complaints of different people about one thing: any two of them are different stories. ``TEMPLATES`` are what many people
write without having read each other.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

POSTS = (
    "دیشب ساعت نه شام سفارش دادم، غذا یازده و نیم رسید، یخ کرده بود و پشتیبانی هم گفت مشکل از رستوران است و پول را پس نمی‌دهیم.",
    "راننده وسط اتوبان همت ماشین را نگه داشت و گفت یا صد تومن بیشتر می‌دهی یا همین‌جا پیاده شو، من هم با بچه‌ی سه ساله پیاده شدم.",
    "گوشی را نو خریدم ولی جعبه باز شده بود و رد انگشت روی صفحه‌اش مانده، سه هفته است برای تعویض امروز و فردا می‌کنند.",
    "بانک بدون اطلاع قبلی از حساب حقوق کارمندان شهرداری کرج مبلغ چهارصد هزار تومان بابت کارمزد پیامک برداشت کرده است.",
    "شرکت هواپیمایی پرواز مشهد را شش ساعت عقب انداخت، در فرودگاه نه آب دادند نه صندلی، آخر هم چمدان مادرم را گم کردند.",
    "پلتفرم فروش آنلاین اعلام کرد اطلاعات بیست میلیون کاربر شامل نشانی و شماره تلفن در یک انجمن هکری برای فروش گذاشته شده است.",
    "از بسته‌ی اینترنت سی گیگابایتی من در یک شب که گوشی خاموش بود دوازده گیگ کم شده و اپراتور می‌گوید مصرف خودتان بوده.",
    "یخچال فریزری که گفتند ضمانت ده ساله دارد بعد از چهار ماه موتورش سوخت و نمایندگی رشت می‌گوید قطعه‌اش تحریم است.",
    "I ordered a crib for my daughter in March, it arrived with two cracked rails, and the shop now says photos are not proof of damage.",
    "The bank froze my account over a typo in my postcode and three branches in a row told me to phone a number nobody answers.",
    "Their new update deleted every offline map I had saved, in the middle of a hiking trip with no signal, and support suggests I reinstall.",
    "Hotel charged us twice for the same four nights, promised a refund within ten days, and it has been seven weeks of copy-paste emails.",
)
"""Texts that get copied: see ``copied``."""

SPUN = (
    ("شرکت حمل و نقل اعلام کرد از ابتدای ماه آینده کرایه سفرهای درون شهری بیست درصد افزایش پیدا می‌کند و مسافران باید هزینه بیشتری پرداخت کنند.",
     "کمپانی حمل و نقل بیان کرد از آغاز ماه بعد کرایه سفرهای درون شهری بیست درصد زیاد شدن پیدا می‌کند و مسافران باید خرج بیشتری پرداخت کنند."),
    ("مدیر عامل این فروشگاه در نشست خبری گفت مشکل تاخیر در ارسال کالاها تا پایان هفته برطرف خواهد شد و از مشتریان عذرخواهی کرد.",
     "مدیر عامل این مغازه در جلسه خبری گفت معضل دیرکرد در ارسال کالاها تا انتهای هفته برطرف خواهد شد و از خریداران پوزش خواست."),
    ("هر کسب‌وکاری برای ماندن در بازار باید به صدای مشتری گوش بدهد، شکایت‌ها را ثبت کند و در سریع‌ترین زمان به آن‌ها پاسخ روشن بدهد.",
     "هر پیشه‌ای برای باقی ماندن در بازار بایستی به آوای مشتری گوش بدهد، گلایه‌ها را ثبت کند و در تندترین زمان به آن‌ها جواب آشکار بدهد."),
    ("نرم‌افزار ارتباط با مشتری همه‌ی تماس‌ها را در یک پایگاه داده نگه می‌دارد تا کارمند پیش از پاسخ دادن، سابقه‌ی خرید را روی صفحه ببیند.",
     "افزار ارتباط با مشتری کل تماس‌ها را در یک پایگاه دیتا نگه می‌دارد الی کارمند قبل از پاسخ دادن، پیشینه‌ی خرید را روی صفحه ببیند."),
    ("غذای سفارش داده شده با دو ساعت تاخیر به دست ما رسید، کاملا سرد بود و وقتی با پشتیبانی تماس گرفتیم کسی مسئولیت را قبول نکرد.",
     "طعام سفارش داده شده با دو ساعت دیرکرد به دست ما رسید، تماما سرد بود و زمانی که با پشتیبانی تماس گرفتیم شخصی مسئولیت را نپذیرفت."),
    ("پلیس فتا هشدار داد کلاهبرداران با پیامک‌های جعلی به نام شرکت پست، اطلاعات کارت بانکی مردم را می‌دزدند و حساب‌ها را خالی می‌کنند.",
     "پلیس فتا اخطار داد شیادان با پیامک‌های تقلبی به اسم شرکت پست، داده‌های کارت بانکی شهروندان را سرقت می‌کنند و حساب‌ها را تهی می‌کنند."),
    ("کیفیت این هدفون بعد از یک ماه استفاده به شدت پایین آمد، گوش چپ صدا نمی‌دهد و خدمات پس از فروش می‌گوید شامل گارانتی نیست.",
     "کیفیت این هدفون پس از یک ماه به کارگیری شدیدا پایین آمد، گوش چپ صوت نمی‌دهد و خدمات بعد از فروش می‌گوید مشمول گارانتی نیست."),
    ("سازمان حمایت از مصرف‌کنندگان این خودروساز را به دلیل گران‌فروشی به پرداخت صد میلیارد تومان جریمه محکوم کرد.",
     "سازمان پشتیبانی از مصرف‌کنندگان این خودروساز را به علت گران‌فروشی به پرداختن صد میلیارد تومان جریمه محکوم نمود."),
    ("صدها نفر از کاربران این صرافی می‌گویند از دیروز نمی‌توانند دارایی خود را برداشت کنند و هیچ مقامی به پرسش‌های آنان جواب نمی‌دهد.",
     "صدها تن از کاربران این صرافی می‌گویند از روز گذشته قادر نیستند دارایی خویش را برداشت کنند و هیچ مسئولی به سوال‌های آنها پاسخ نمی‌دهد."),
    ("باتری این گوشی هنگام شارژ شبانه باد کرد و قاب پشت آن را شکست، خوشبختانه کسی آسیب ندید ولی میز چوبی ما سوخت.",
     "باتری این موبایل موقع شارژ شبانه ورم کرد و قاب پشت آن را شکاند، خوشبختانه فردی صدمه ندید اما میز چوبی ما سوخت."),
    ("کارکنان فروشگاه با پیرمردی که کیف پولش را گم کرده بود بسیار بد رفتار کردند و او را جلوی چشم همه از مغازه بیرون انداختند.",
     "پرسنل فروشگاه با سالخورده‌ای که کیف پولش را گم کرده بود خیلی بد برخورد کردند و وی را در برابر چشم همه از دکان بیرون انداختند."),
    ("پرواز تهران به استانبول پس از سه ساعت معطلی مسافران داخل هواپیما به علت نقص فنی لغو شد و هتلی هم در اختیار آن‌ها قرار نگرفت.",
     "پرواز تهران به استانبول بعد از سه ساعت معطل شدن مسافران درون هواپیما به دلیل عیب فنی کنسل شد و هتلی نیز در دسترس آن‌ها پیمان نگرفت."),
    ("کاربران اینترنت همراه از قطعی گسترده‌ی شبکه در استان‌های جنوبی خبر می‌دهند، اپراتور علت را بریده شدن فیبر نوری اعلام کرده است.",
     "کاربران نت همراه از قطع شدن وسیع شبکه در استان‌های جنوبی اطلاع می‌دهند، اپراتور دلیل را پاره شدن فیبر نوری بیان کرده است."),
    ("اگر مشتری ناراضی از شما پاسخ نگیرد تجربه‌ی بد خود را برای بیست نفر دیگر تعریف می‌کند و در شبکه‌های اجتماعی هم می‌نویسد.",
     "چنانچه مشتری ناخشنود از شما جواب نگیرد تجربه‌ی ناخوب خود را برای بیست تن دیگر بازگو می‌کند و در شبکه‌های اجتماعی نیز می‌نگارد."),
    ("مادر این کودک می‌گوید در شیر خشک تاریخ گذشته‌ای که از داروخانه خریده بود تکه‌های پلاستیک پیدا کرده و از شرکت شکایت خواهد کرد.",
     "مامان این بچه می‌گوید در شیر خشک تاریخ گذشته‌ای که از داروخانه خریداری کرده بود قطعه‌های پلاستیک یافته و از شرکت شاکی خواهد شد."),
    ("درخواست مرجوعی من سه بار بدون توضیح رد شد، در حالی که لباس را اصلا نپوشیده بودم و برچسب آن هنوز رویش بود.",
     "تقاضای مرجوعی من سه دفعه بی توضیح رد شد، در صورتی که لباس را ابدا نپوشیده بودم و برچسب آن همچنان رویش بود."),
    ("The company said on Monday that a faulty sensor caused thousands of dishwashers to leak and that customers will get free repairs.",
     "The firm stated on Monday that a defective sensor made thousands of dishwashers leak and that clients will receive free repairs."),
    ("My parcel was marked as delivered at noon, nobody rang the bell, and the courier claims my neighbour signed for it although I have none.",
     "My package was flagged as delivered at midday, no one rang the bell, and the courier asserts my neighbour signed for it though I have none."),
    ("Passengers were trapped on the tarmac for five hours without water because the airline had no crew to open the doors.",
     "Travellers were stuck on the tarmac for five hours with no water since the carrier had no staff to open the doors."),
    ("The streaming service raised its price for the third time this year and removed the family plan without telling anyone.",
     "The streaming platform increased its cost for the third time this year and dropped the family plan without informing anybody."),
    ("A leaked memo shows that managers told call centre workers to hang up on people who ask for a refund more than twice.",
     "A leaked note reveals that bosses instructed call centre employees to hang up on folks who request a refund more than two times."),
    ("Every good support team answers quickly, admits mistakes openly, and follows up until the problem of the customer is really solved.",
     "Every great support crew replies quickly, admits errors openly, and follows up until the issue of the client is truly solved."),
    ("The rental firm billed me for a scratch that is visible in the photos I took before I even drove the car out of their garage.",
     "The rental company charged me for a scrape that is visible in the pictures I took before I even drove the vehicle out of their garage."),
    ("Researchers found that the smart doorbell sends video of the street to an unprotected server that anybody can open in a browser.",
     "Scientists discovered that the smart doorbell transmits footage of the street to an unsecured server that anyone can open in a browser."),
)

LATER_SPUN = (
    ("نمایندگی این خودرو برای تعویض یک چراغ ساده دو ماه مشتری را سر دواند و در پایان هم قطعه‌ی دست دوم روی ماشین بست.",
     "عاملیت این اتومبیل برای عوض کردن یک چراغ ساده دو ماه خریدار را سر دواند و در انتها هم قطعه‌ی کارکرده روی ماشین نصب کرد."),
    ("شهروندان می‌گویند از صبح امروز خودپردازهای این بانک در چند شهر پول نمی‌دهند و رسید برداشت چاپ می‌کنند.",
     "مردم می‌گویند از بامداد امروز خودپردازهای این بانک در چندین شهر وجه نمی‌دهند و رسید دریافت چاپ می‌نمایند."),
    ("معلم کلاس زبان آنلاین وسط ترم رفت و موسسه نه استاد تازه آورد و نه حاضر شد شهریه‌ی شاگردان را برگرداند.",
     "مدرس کلاس زبان آنلاین میان ترم رفت و آموزشگاه نه استاد جدید آورد و نه آماده شد شهریه‌ی دانش‌آموزان را پس بدهد."),
    ("بسته‌بندی کارتن پاره بود، کتاب‌ها خیس شده بودند و پستچی اصرار داشت که همین طور امضا کنم و تحویل بگیرم.",
     "بسته‌بندی جعبه پاره بود، کتاب‌ها تر شده بودند و نامه‌رسان پافشاری داشت که همین گونه امضا کنم و دریافت کنم."),
    ("پس از اعتراض کاربران، این پیام‌رسان اعلام کرد تبلیغات صوتی خودکار را از هفته‌ی بعد به طور کامل حذف می‌کند.",
     "بعد از گله‌ی کاربران، این مسنجر بیان کرد آگهی‌های صوتی خودکار را از هفته‌ی آینده به صورت کامل پاک می‌کند."),
    ("هتل اتاق رزرو شده‌ی ما را به گروه دیگری داد و ساعت دو نیمه شب با دو بچه‌ی خواب‌آلود در خیابان ماندیم.",
     "مهمان‌سرا اتاق رزرو شده‌ی ما را به دسته‌ی دیگری داد و ساعت دو نصف شب با دو کودک خواب‌آلود در خیابان ماندیم."),
    ("The gym kept charging my card for eight months after I cancelled in writing and blames a change of its payment provider.",
     "The gym continued billing my card for eight months after I cancelled in writing and blames a switch of its payment supplier."),
    ("Parents are furious because the toy robot records conversations of children and keeps them on a server abroad.",
     "Parents are angry since the toy robot records talks of kids and stores them on a server overseas."),
    ("The supermarket sold out of date chicken with fresh labels on top, as an employee showed in a video on Friday.",
     "The grocery store sold expired chicken with new labels on top, as a worker showed in a clip on Friday."),
    ("Drivers say the fuel card was declined at every station last night while the operator insists there was no outage.",
     "Motorists say the fuel card was refused at each station last night while the provider claims there was no outage."),
)
LATER_DIFFERENT = (
    ("هتل اتاق رزرو شده‌ی ما را به گروه دیگری داد و ساعت دو نیمه شب با دو بچه‌ی خواب‌آلود در خیابان ماندیم.",
     "ساعت یک شب رسیدیم هتل گفتند رزرو شما ثبت نشده، با دو بچه تا صبح در لابی نشستیم و پولمان هم برنگشت."),
    ("شهروندان می‌گویند از صبح امروز خودپردازهای این بانک در چند شهر پول نمی‌دهند و رسید برداشت چاپ می‌کنند.",
     "خودپرداز سر کوچه‌ی ما امروز پول نداد ولی رسید چاپ کرد و از حسابم کم شد، بانک می‌گوید سه روز صبر کنید."),
    ("بسته‌بندی کارتن پاره بود، کتاب‌ها خیس شده بودند و پستچی اصرار داشت که همین طور امضا کنم و تحویل بگیرم.",
     "کتاب‌هایی که سفارش دادم با کارتن پاره رسید، دو جلدش اصلا نبود و پستچی می‌گفت به من مربوط نیست."),
    ("سفارش را با تاخیر آوردند، غذا سرد بود، پیک بی‌ادب بود و پشتیبانی هم جوابگو نبود، خیلی ناراضی هستم.",
     "غذا سرد بود و با تاخیر آوردند، پشتیبانی هم جواب نداد، در کل خیلی ناراضی هستم و پیشنهاد نمی‌کنم."),
    ("کیفیت محصول خوب بود ولی ارسال خیلی طول کشید و بسته‌بندی هم مناسب نبود، در کل از خریدم راضی هستم.",
     "ارسال سریع بود و بسته‌بندی مناسب، ولی کیفیت محصول خوب نبود و در کل از خریدم راضی نیستم."),
    ("The gym kept charging my card for eight months after I cancelled in writing and blames a change of its payment provider.",
     "Cancelled my gym membership in January, in writing, and they still took the fee in March; nobody answers the phone."),
    ("The supermarket sold out of date chicken with fresh labels on top, as an employee showed in a video on Friday.",
     "Bought chicken at the supermarket on Friday, under the price label there was another one with last week's date."),
    ("The app keeps crashing after the update and customer support does not reply, please fix it as soon as possible.",
     "Please fix the app as soon as possible, it crashes when I open it and support told me to buy a newer phone."),
    ("Drivers say the fuel card was declined at every station last night while the operator insists there was no outage.",
     "My fuel card was declined twice last night, had to pay cash, and the hotline insists everything works."),
    ("Worst delivery ever, two hours late, food was cold and the driver was rude, will not order again.",
     "Food was cold and two hours late again, the driver apologised but I will not order here any more."),
)
"""Written after the first limits in ``alerts.stories`` were set; they showed that words everybody uses must not count."""

LAST_SPUN = (
    ("دانشجویان خوابگاه می‌گویند غذای دیشب سلف بوی ماندگی می‌داد و دست‌کم بیست نفر با مسمومیت راهی درمانگاه شدند.",
     "دانشجویان خوابگاه اظهار می‌کنند خوراک دیشب سلف بوی کهنگی می‌داد و حداقل بیست تن با مسمومیت روانه‌ی درمانگاه شدند."),
    ("شرکت بیمه خسارت تصادف مرا نصف کرد و گفت درِ عقب از قبل فرورفتگی داشته، در حالی که عکس‌های کارشناسی خودشان خلافش را نشان می‌دهد.",
     "کمپانی بیمه غرامت تصادف مرا نصف کرد و گفت درب عقب از پیش تورفتگی داشته، در صورتی که تصاویر کارشناسی خودشان عکسش را نشان می‌دهد."),
    ("سایت بلیت قطار هنگام پرداخت قطع شد، پول رفت و صندلی هم رزرو نشد؛ پشتیبانی می‌گوید تا ده روز کاری صبر کنید.",
     "وبگاه بلیت قطار موقع پرداخت قطع گردید، وجه رفت و صندلی نیز رزرو نشد؛ پشتیبانی بیان می‌کند تا ده روز اداری شکیبایی کنید."),
    ("مدیر مدرسه از خانواده‌ها خواست برای ثبت‌نام سال آینده مبلغی خارج از شهریه به حساب شخصی او واریز کنند.",
     "رئیس مدرسه از والدین تقاضا کرد برای نام‌نویسی سال بعد پولی بیرون از شهریه به حساب شخصی وی پرداخت کنند."),
    ("عطر تقلبی با جعبه‌ی اصل فروخته‌اند، بویش نیم ساعت هم نمی‌ماند و فروشنده شماره‌ی مرا مسدود کرده است.",
     "ادکلن قلابی با جعبه‌ی اصلی فروخته‌اند، رایحه‌اش سی دقیقه هم نمی‌ماند و مغازه‌دار شماره‌ی مرا بلاک کرده است."),
    ("The landlord platform kept our deposit for cleaning although the agent signed that the flat was spotless when we left.",
     "The rental platform retained our deposit for cleaning even though the agent signed that the apartment was spotless when we moved out."),
    ("A nurse describes how the booking system of the clinic sent forty patients to a building that closed last year.",
     "A nurse explains how the scheduling system of the clinic directed forty patients to a building that shut last year."),
    ("The car maker quietly disabled heated seats unless owners subscribe, and the update cannot be refused.",
     "The automaker silently switched off heated seats unless owners pay monthly, and the update can not be declined."),
)
LAST_DIFFERENT = (
    ("شرکت بیمه خسارت تصادف مرا نصف کرد و گفت درِ عقب از قبل فرورفتگی داشته، در حالی که عکس‌های کارشناسی خودشان خلافش را نشان می‌دهد.",
     "سه ماه از تصادف من گذشته، بیمه هر بار یک مدرک تازه می‌خواهد و آخرش گفت خسارت در عقب را قبول نمی‌کنیم چون عکس ندارد."),
    ("سایت بلیت قطار هنگام پرداخت قطع شد، پول رفت و صندلی هم رزرو نشد؛ پشتیبانی می‌گوید تا ده روز کاری صبر کنید.",
     "برای مشهد بلیت قطار خریدم، پول از حساب رفت ولی بلیت صادر نشد، زنگ زدم گفتند تا سه روز کاری برمی‌گردد."),
    ("عطر تقلبی با جعبه‌ی اصل فروخته‌اند، بویش نیم ساعت هم نمی‌ماند و فروشنده شماره‌ی مرا مسدود کرده است.",
     "این عطر اصل نیست، بوی الکل می‌دهد و ماندگاری ندارد، فروشنده هم می‌گوید چون باز شده پس نمی‌گیرم."),
    ("خیلی خوب و سریع به دستم رسید، بسته‌بندی عالی بود و دقیقا مطابق عکس بود، ممنون از فروشگاه خوبتون، حتما باز هم خرید می‌کنم.",
     "بسته‌بندی عالی بود و خیلی سریع به دستم رسید، دقیقا همون چیزی بود که می‌خواستم، ممنون، باز هم از فروشگاهتون خرید می‌کنم."),
    ("متاسفانه بعد از آپدیت جدید برنامه باز نمی‌شود و مدام خطا می‌دهد، لطفا هر چه سریع‌تر مشکل را برطرف کنید.",
     "لطفا مشکل برنامه را برطرف کنید، بعد از آپدیت جدید مدام خطای سرور می‌دهد و وارد حسابم نمی‌شود."),
    ("The landlord platform kept our deposit for cleaning although the agent signed that the flat was spotless when we left.",
     "They charged the deposit for a stain that was there when we moved in, and the agent who saw it no longer works there."),
    ("Great product, arrived on time and well packed, exactly as described, would buy from this seller again.",
     "Arrived on time, well packed and exactly as described, great seller, would buy again."),
    ("I have been a customer for ten years and this is the worst service I have ever had, I am moving to another company.",
     "This is the worst customer service I have ever experienced, I have been waiting for a refund for three weeks."),
)
"""Written last and looked at once, after all limits were set."""

TOPICS = (
    (  # a cold and late dinner
        "شامم را دو ساعت دیر آوردند و پیتزا مثل سنگ سفت و سرد شده بود، دیگر از این اپ چیزی سفارش نمی‌دهم.",
        "پیک بعد از نود دقیقه تازه زنگ زد که آدرس را پیدا نمی‌کند، وقتی رسید هم کباب یخ کرده بود.",
        "سوپ ریخته بود توی پاکت، برنج سرد بود و نوشابه اصلا نبود؛ به پشتیبانی پیام دادم جواب ندادند.",
        "برای تولد پسرم سفارش دادم و غذا وقتی آمد که مهمان‌ها رفته بودند، حتی یک عذرخواهی خشک و خالی نکردند.",
        "همبرگر با یک ساعت تاخیر رسید و سیب‌زمینی‌ها وا رفته بود، چرا کسی بر رستوران‌ها نظارت نمی‌کند؟",
        "من ده بار از اینجا سفارش داده‌ام، نصف دفعات غذا سرد است و پشتیبانی فقط کد تخفیف می‌دهد.",
    ),
    (  # a driver who asks for more
        "راننده سفر را قبول کرد بعد زنگ زد گفت کرایه کم است، اگر پنجاه تومن اضافه نمی‌دهی لغو کن.",
        "ده دقیقه زیر باران منتظر ماندم، راننده آمد و چون مقصد دور بود سوارم نکرد و رفت.",
        "اپ نوشته بود هشتاد هزار تومان، آخر مسیر راننده گفت ترافیک بوده و صد و بیست تا گرفت.",
        "با خواهرم سوار شدیم و راننده تمام راه سیگار کشید، گفتم خاموش کن گفت ماشین خودم است.",
        "راننده‌ی امروز نقشه را بلد نبود، سه بار دور میدان چرخید و هزینه‌اش را هم از من گرفت.",
        "چرا وقتی راننده سفر را لغو می‌کند جریمه‌اش از کیف پول مسافر کم می‌شود؟ این دزدی است.",
    ),
    (  # a bank's app that is down
        "همراه بانک از صبح باز نمی‌شود و من باید تا ظهر قسط وامم را بدهم وگرنه جریمه می‌خورم.",
        "رمز پویا نمی‌آید، سه بار زدم کارت مسدود شد، شعبه هم می‌گوید مشکل از اپراتور است.",
        "پول از حسابم کم شد ولی به مقصد نرسید، اپ بانک خطا داد و حالا کسی گردن نمی‌گیرد.",
        "بعد از آپدیت جدید اثر انگشت کار نمی‌کند و هر بار باید رمز بیست رقمی وارد کنم.",
        "خدمات این بانک افتضاح است، نه اپ درست کار می‌کند نه تلفن‌بانک جواب می‌دهد.",
        "انتقال پایا از دیروز در انتظار مانده و اپلیکیشن هیچ توضیحی نشان نمی‌دهد، حقوق کارگرهایم عقب افتاد.",
    ),
    (  # slow internet
        "شب‌ها سرعت اینترنت خانه به زیر یک مگ می‌رسد، کلاس آنلاین دخترم مدام قطع می‌شود.",
        "برای سرویس پنجاه مگابیتی پول می‌دهم و تست سرعت چهار مگ نشان می‌دهد، پشتیبانی می‌گوید مودم را خاموش روشن کن.",
        "از دیروز نت همراهم فقط اج است، وسط تهران! پولی که بابت بسته دادم حرام شد.",
        "پینگ بازی رفته روی سیصد، ماه پیش این‌طور نبود، لابد باز ترافیک را محدود کرده‌اند.",
        "قرار بود تکنسین شنبه بیاید، سه شنبه شد نیامد، اینترنت ما هنوز قطع است و قبضش را هم فرستادند.",
        "تازه بسته‌ی یک‌ماهه خریدم ده روزه تمام شد، با این سرعت لاک‌پشتی چطور مصرف شده؟",
    ),
    (  # a phone with a fault
        "گوشی که خریدم از روز اول داغ می‌کند و باتری‌اش تا ظهر دوام نمی‌آورد، فروشنده هم پس نمی‌گیرد.",
        "دوربین این مدل شب‌ها فقط نویز تحویل می‌دهد، با این قیمت انتظار خیلی بیشتری داشتم.",
        "صفحه‌ی نمایش بعد از دو ماه خط سبز افتاد، گارانتی گفت ضربه خورده در حالی که حتی یک خش ندارد.",
        "رنگ مشکی سفارش دادم و صورتی فرستادند، جعبه هم پلمب نبود، مرجوع کردم هنوز پولم را نداده‌اند.",
        "شارژر داخل جعبه نبود و فروشگاه می‌گوید مدل جدید شارژر ندارد، پس چرا در سایت نوشته بودید؟",
        "اسپیکرش خش‌خش می‌کند، سه بار بردم نمایندگی و هر بار گفتند نرم‌افزاری است و درست نشد.",
    ),
    (  # a lost parcel
        "My parcel has been sitting in the depot for nine days and the tracking page still says out for delivery.",
        "The courier threw the box over the gate, the vase inside is in a hundred pieces and nobody takes the blame.",
        "They delivered my shoes to the wrong street and now want me to go and collect them from a stranger.",
        "Paid extra for next day shipping, it came a week later, and they refuse to refund the shipping fee.",
        "Customer service says the driver could not find the house; I watched him drive past it on the map twice.",
        "An empty envelope arrived today, slit open on one side, and the claim form asks for the weight of the contents.",
    ),
    (  # an airline
        "Flight cancelled an hour before boarding, the queue for rebooking is three hundred people and two clerks.",
        "They lost my suitcase with my medication in it and the lost luggage desk closes at five.",
        "The airline moved us to different rows although I paid to sit next to my six year old son.",
        "Two hours on hold, then the agent told me vouchers expire after a year and hung up on me.",
        "Broken seat, no entertainment, cold dinner, and the crew argued with each other the whole flight to Doha.",
        "Your website charged my card three times for one ticket and the refund form returns an error.",
    ),
    (  # an update that broke things
        "Since the last update the app crashes as soon as I open the camera, on two different phones.",
        "Why did you hide the search bar behind three menus, the old design was perfect.",
        "The update logged me out and now the password reset mail never arrives, I checked spam too.",
        "Battery usage doubled after this version, it keeps my location on all day for no reason.",
        "Dark mode is gone, the font is tiny and my notes from last year are not there any more.",
        "Version nine asks for access to my contacts just to play a podcast, uninstalling it today.",
    ),
)
"""Every two of one topic are different stories: 120 pairs."""

TEMPLATES = (
    "عالی بود ممنون", "خیلی خوب بود، ممنون از شما", "سلام وقت بخیر", "با سلام و خسته نباشید خدمت شما همکاران عزیز", "خوب بود",
    "کیفیت عالی، ارسال به موقع، بسته‌بندی خوب", "بسیار عالی و با کیفیت، حتما پیشنهاد می‌کنم", "راضی هستم، ممنون از فروشگاه خوبتون",
    "غذا سرد بود", "خیلی دیر رسید ولی خوشمزه بود", "لطفا رسیدگی کنید ممنون", "پشتیبانی اصلا جواب نمیده", "عالیه دمتون گرم",
    "good app thank you", "great product, fast delivery, highly recommend", "thanks for sharing", "worst app ever, do not download",
    "very nice app, i love it so much", "customer service is terrible", "please fix this bug as soon as possible",
)


def copied(text: str) -> Iterator[tuple[str, str]]:
    """Return copies of a text with what was done to it."""
    words = text.split()
    persian = any("آ" <= letter <= "ی" for letter in text)
    if persian:
        yield "arabic letters", text.replace("ی", "ي").replace("ک", "ك").replace("ه ", "ة ")
        yield "half-spaces split", text.replace("\u200c", " ")
        yield "half-spaces lost", text.replace("\u200c", "")
        yield "words glued", " ".join(a + b for a, b in itertools.zip_longest(words[::2], words[1::2], fillvalue=""))
        yield "forwarded", f"Forwarded from کانال خبر شهر\n{text}\n@khabar_shahr"
        yield "quoted", f"دقیقا همین بلا سر من هم آمد 😡 «{text}»"
        yield "headline", f"جزئیات تازه از یک نارضایتی پر سر و صدا\n{text}\nبیشتر بخوانید: t.me/akhbar/1234"
        yield "tagged", f"‼️{text} #شکایت #پیگیری_کنید #نخریم https://t.co/abc123"
    else:
        yield "capitals", text.upper().replace(",", "")
        yield "forwarded", f"Forwarded from City News\n{text}\n@citynews"
        yield "quoted", f"This happened to me too, word for word: \"{text}\""
        yield "headline", f"Customers angry again, what we know so far\n{text}\nRead more: https://example.org/4711"
        yield "tagged", f"🔥 {text} #fail #neveragain https://t.co/abc123"
    yield "retweet", f"RT @somebody: {text}"
    yield "cut", text[:len(text) * 3 // 5] + "…"
    yield "cut short", text[:100].rsplit(" ", 1)[0] + " ..."


def same() -> list[tuple[str, str, str]]:
    """Return (what was done, one text, the other) of pairs that are one story."""
    return [(done, text, other) for text in POSTS for done, other in copied(text)] + [("spun", *pair) for pair in SPUN]


def different() -> list[tuple[str, str, str]]:
    """Return pairs that are not: of one topic, of templates, and of posts that have nothing in common but their kind."""
    topics = [("topic", one, other) for topic in TOPICS for one, other in itertools.combinations(topic, 2)]
    templates = [("template", one, other) for one in TEMPLATES for other in (one, f"{one} 🙏", *TEMPLATES[:3])]
    return topics + templates + [("post", one, other) for one, other in itertools.combinations(POSTS, 2)]
