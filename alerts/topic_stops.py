"""Words that name no topic: particles, verbs, feelings, numbers, times and cries of Persian, English and Persian in Latin letters."""

from __future__ import annotations

from listener.text import search_form

_PERSIAN = """
و در به از که این آن اون را رو با برای تا هم یا اما ولی نه بر هر اگر اگه چون پس بعد قبل باز نیز بی تو من ما شما او آنها اونا
ایشان خود خودم خودش خودشون است هست نیست بود نبود بودن بودند بودم شد نشد شده شدم شدن شدند میشه نمیشه می‌شود نمی‌شود کرد کردم
کردن کردند کرده کنم کنن کنید کنه کند کنیم میکنم میکنن میکنه می‌کند می‌کنند نمیکنه نمیکنن نمی‌کند داد دادم دادن دادند داده میدن
میده نمیده نمیدن نداد ندادن ندادند نمیدم بدن بده دارد داره دارم دارن ندارد نداره ندارم ندارن داشت داشتم داشتن داشتند نداشت گفت
گفتم گفتن گفتند گفته میگن میگه می‌گویند خواهد باید نباید چرا چه چی چند کجا وقتی کسی هیچ هیچکس هیچ‌کس همه همین همان همون خیلی
بسیار واقعا اصلا کاملا حتی فقط دیگر دیگه هنوز هنوزم دوباره مثل انگار یعنی البته شاید یک یه دو سه چهار پنج شش هفت هشت نه ده هم
هی روز روزه روزی شب صبح ظهر ساعت ساعته دقیقه هفته هفته‌ست ماه ماهه سال امروز دیروز دیشب الان حالا بار بارم دفعه اول آخر آخرش
آخرشم اینکه بدون جلو پیش خوب بد عالی بهترین بدترین افتضاح ممنون مرسی لطفا سلام ست ها های ای ام ات اش تون شون مون م ت ش اینا
اینها چیز چیزی کار کاری سر تو توی روی واسه میخوام می‌خوام میخواستم خواستم رفت رفتم رفته اومد آمد میاد میره بشه بشم باشه باشد
نباشه شما آقا خانم خدا وجود مورد طور جور همیشه هیچوقت هیچ‌وقت بابا آخه پس حداقل متاسفانه خلاصه کلا فکر نظر لحظه وسط نصف کل کلی
یکی دارید دادید کردید میکنید نمیکنید گرفتن گرفتم گرفت میگیرن می‌گیرن زدم زد زدن میزنه می‌زنه میزنن ازش بهش بهم بهتون برام براش
برای‌شون رسما بخاطر خاطر طرف جای واقعاً اصلاً کاملاً اینقدر انقدر چقدر بلکه میدونم نمیدونم شدیم کردیم
کاش کاشکی ای‌کاش حتما حتماً فعلا فعلاً معمولا معمولاً ظاهرا اتفاقا دقیقا تقریبا بالاخره سرانجام راستی حالا دیگر کدام کدوم هیچکدام هیچ‌کدوم
مال مالِ عزیز جان جون دوستان رفقا بچه‌ها بچه کس کسانی عده دیگران بقیه بقیه‌ش همدیگه خودمون خودتون خودت خودتان ایشون مرا منو مارو شمارو
صفر یازده دوازده سیزده چهارده پانزده پونزده شانزده شونزده هفده هجده نوزده بیست سی چهل پنجاه شصت هفتاد هشتاد نود صد دویست سیصد
چهارصد پانصد پونصد ششصد هفتصد هشتصد نهصد هزار هزارتومان میلیون میلیارد نیم ربع دوم سوم چهارم پنجم ششم هفتم هشتم نهم دهم دوتا سه‌تا چندتا
یه‌دونه دونه تا تومن تومان ریال درصد
امشب فردا پریروز پس‌فردا پریشب دیروزی امروزی عصر غروب نصفه‌شب نیمه‌شب سحر الآن اکنون هفته‌ها ماه‌ها سال‌ها روزها ساعت‌ها دقیقه‌ای ثانیه روزه
شنبه یکشنبه یک‌شنبه دوشنبه سه‌شنبه چهارشنبه پنجشنبه پنج‌شنبه جمعه جمعه‌ها دوشنبه‌ها فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی
بهمن اسفند زود همیشگی اخیرا اخیراً قبلا قبلاً بعدا بعداً
وای آخ اه اوف آه هه هاها ههه خخ پوف اوه واو عه ای‌بابا ایش جیغ
"""
_ENGLISH = """
the a an and or but of to in on at for from with by as is are was were be been being am it its this that these those i im ive
me my we our us you your he she they them their theyre his her hers not no nor so if then than too very just also only even
still again have has had having do does did done doing will would wont can cant cannot could couldnt should shouldnt may might
must dont doesnt didnt isnt wasnt arent havent hasnt get got getting go goes going went after before when while because since
about into out up down off over under more most much many any some all every each other another one two three four five six
seven eight nine ten first last next how what who why which where there here now ll ve re s t d m isn don doesn didn won hasn
haven wasn couldn good great bad worst best love hate nice terrible awful horrible thanks thank please sorry ever never always
really actually literally today yesterday tomorrow day days week weeks month months year years hour hours minute minutes time
times said says say told tell tells ask asked thing things something anything nothing everything nobody someone somebody
anyone people like want wants wanted make makes made take takes took taken keep keeps kept come comes came put way well yet
ago twice once half without only own same lot look looks see saw know knows think try tried trying use used let lets give gave
eleven twelve twenty thirty forty fifty hundred thousand million zero dozen second third tonight tomorrow morning evening night
noon midnight monday tuesday wednesday thursday friday saturday sunday fridays january february march april june july august
september october november december haha lol omg wow ugh hmm oh ah hey hi hello guys myself yourself himself themselves mine ours yours
whose whom maybe perhaps apparently whatever however though although else already soon later almost quite rather both few several
given gives new old long through between against such these until till back again rt amp via per
"""
_LATIN_PERSIAN = """
va dar be az ke in un oon ro ba baraye ta ham ya ama vali na har age chon pas bad baz bi to man ma shoma una khod khodam ast
hast nist bood bud nabood shod nashod shode mishe nemishe kard kardam kardan karde konam konan kone mikonam mikone mikonan
nemikone dad dadam dadan nemide nemidan mide midan dare daram daran nadare nadaram dasht dasht goft goftam goftan migan mige
bayad chera che chi chand koja vaghti kasi hich hichkas hame hamin kheyli kheili vaghean aslan faghat dige hanooz hanuz dobare
mesle yani shayad yek ye do se emrooz emruz dirooz diruz dishab alan hala bar dafe rooz ruz saat hafte mah sal salam lotfan
mamnoon merci agha khanoom khoda
"""


_VERBS = """
فرستاد شنید دید رفت آمد خرید گرفت زد داد خورد گذاشت نوشت خواست ماند موند افتاد آورد برد گشت برگشت پرسید فهمید خواند خوند کشید کرد شد بود داشت گفت
رسید رسوند رساند دونست دانست تونست توانست شناخت ساخت انداخت پوشید چشید نشست ایستاد خوابید پیچید باخت فروخت شست
"""
_BY_ITSELF = """
پاسخ باز زد می‌گن می‌گه میگه بیا بیار برو برم بره بزن بخر بگم بگو بگه بگید بیاد ببین ببینید شکسته سالم بزرگ کوچک کوچیک جدید قدیمی زیاد زیادی کم بیشتر
کمتر بهتر بدتر پاک خالی پر سریع صدا صدای فکر اسم آدم مردم خونه خانه دست کنار داخل بیرون پشت
big small better worse less ready full empty open opened came sent said went found bought left put read wrote full room home house man woman people
word words name side face hand head
"""
_PAST_ENDINGS = ("", "م", "ی", "یم", "ید", "ین", "ند", "ن", "ه", "ه‌ام", "ه‌اند", "ه‌ایم")


def _listed(written: str) -> frozenset[str]:
    return frozenset(form for word in written.split() if " " not in (form := search_form(word)))


STOPS = _listed(_PERSIAN + _ENGLISH + _LATIN_PERSIAN)
"""As ``search_form`` spells them."""
ALONE = _listed(_BY_ITSELF + " ".join(no + stem + ending for stem in _VERBS.split() for no in ("", "ن") for ending in _PAST_ENDINGS)) - _listed("نرسید نرسیده")
"""Words that name a topic only beside another: what was done, and how something is."""
