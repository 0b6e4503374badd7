"""Words that name no topic: particles, verbs and feelings of Persian, English and Persian in Latin letters."""

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


def _listed(written: str) -> frozenset[str]:
    return frozenset(form for word in written.split() if " " not in (form := search_form(word)))


STOPS = _listed(_PERSIAN + _ENGLISH + _LATIN_PERSIAN)
"""As ``search_form`` spells them."""
