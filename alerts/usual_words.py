"""Words that stand in everybody's posts about a purchase, a ride or an app: that two texts share them proves nothing.

Written down from knowing such posts, not counted in any corpus; Persian verbs in the spellings with and without half-space.
"""

from __future__ import annotations

from listener.text import matching_key

_PERSIAN = """
و در به از که این آن اون را رو با برای تا هم یا اما ولی نه بر هر اگر چون پس بعد قبل باز نیز بی تو من ما شما او آنها اونا ایشان خود خودم
خودش است هست نیست بود نبود شد نشد شده نشده می نمی ای ها های تر ترین شود شوند میشود نمیشود میشه نمیشه باشد نباشد بودم بودند بودن هستم هستند
نیستم شدم شدند شدن کرد کردم کردند کردن کرده کنم کنید کنند کند کنیم میکنم میکنند میکند میکنیم نمیکند نکرد نکردند نمیکنم داد دادم دادند داده
دادن دارد دارم دارند ندارد نداد ندادند میدهد میدهند نمیدهد داشت داشتم داشتند گفت گفتم گفتند گفته میگوید میگویند میگه خواهد باید نباید
چرا چه چی چند کجا وقتی کسی هیچ همه همین همان خیلی بسیار واقعا اصلا کاملا حتی فقط دیگر دیگه هنوز دوباره مثل انگار یعنی البته شاید
یک دو سه چهار پنج نیم ده روز شب صبح ظهر ساعت دقیقه هفته ماه سال امروز دیروز دیشب الان حالا بار دفعه اول آخر اینکه آنکه بدون جلو پیش
خوب خوبی بد بدی عالی بهترین بدترین افتضاح ممنون ممنونم مرسی تشکر متشکرم سپاس لطفا سلام خسته نباشید راضی ناراضی رضایت پیشنهاد مناسب
نامناسب عالیه بیسته ارزش خوشمزه سرد گرم داغ تازه سریع دیر زود تاخیر موقع کم زیاد بهتر جدید حتما بیشتر کمتر
غذا سفارش پیک راننده رستوران پشتیبانی ارسال بسته بندی بستهبندی کیفیت قیمت خرید خریدم محصول کالا برنامه اپ اپلیکیشن فروشگاه فروشنده
مشتری شرکت پول هزینه تخفیف جواب جوابگو پاسخ پاسخگو تماس رسید رسیدن نرسید رسیده آوردند آورد فرستادند تحویل دست برخورد رفتار کل حال
نظر مشکل درست کار شگفت انگیز ممنونیم سپاسگزارم مجدد سالم کامل مطابق عکس دقیقا ماندگاری استفاده جنس همه‌چیز نسبت قیمتش کیفیتش
"""
_ENGLISH = """
the a an and or but of to in on at for from with by as is are was were be been am it its this that these those i me my we our you your he she
they them their his her not no nor so if then than too very just also only even still again have has had do does did done will would can
could should may might must get got after before when while because since about into out up down off over under more most much many any
some all every each other one two three first last next how what who why which there here now
good great bad worst best love hate nice terrible awful thanks thank please sorry ever never always really
app update service customer support order ordered delivery delivered food driver late cold hour hours day days week weeks today yesterday
time money refund price product company phone call called said says say told tell fix work works working reply answer back
buy buying bought seller shop store item quality arrived arrive packed packaging exactly described expected recommend recommended fast quick
quickly slow shipping use using used easy well perfect happy disappointed highly definitely experience problem issue help lot little
"""
USUAL = frozenset(matching_key(word) for word in (_PERSIAN + _ENGLISH).split())
"""As ``matching_key`` spells them."""
