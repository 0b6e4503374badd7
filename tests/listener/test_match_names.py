"""Where a brand's name stands: the published table of accepted and refused forms."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from listener.match import Matcher
from listener.types import Brand, Mention

SNAPP = Brand("اسنپ", aliases=("Snapp",))
DIGIKALA = Brand("دیجی‌کالا", aliases=("Digikala",))


def terms(text: str, *brands: Brand) -> dict[str, tuple[str, ...]]:
    mention = Mention("rss", "1", text, datetime(2026, 11, 20, tzinfo=UTC))
    return {match.brand: match.terms for match in Matcher(brands).match(mention, source="news")}


def is_about(text: str, *brands: Brand) -> set[str]:
    return set(terms(text, *brands))


@pytest.mark.parametrize("text", [
    # one brand in eight spellings, and a few more
    "از دیجی‌کالا خریدم", "از دیجی کالا خریدم", "از دیجیکالا خریدم", "از ديجي‌كالا خریدم", "از دیجی_کالا خریدم",
    "خسته شدم #دیجی_کالا",
    "از دیـجی‌کالا خریدم", "از دیجى کالا خریدم", "«دیجی‌کالا»", "دِیجی‌کالا", "دیجی‌کالا؟!", "(دیجی‌کالا)", "دیجی  کالا",
    "DIGIKALA", "Digikala.com",
    "@digikala جواب بدید", "#Digikala", "digikala's support", "دیجی‌کالا😡", "digikalaرو پاک کردم", "سفارشDigikala",
    # endings of colloquial Persian
    "دیجی‌کالاست دیگه", "دیجیکالام بسته شد", "دیجی‌کالایی‌ها", "دیجی‌کالارو", "دیجی‌کالا‌رو", "دیجی‌کالاشون", "دیجیکالای عزیز",
    "دیجی‌کالای", "دیجی‌کالائی‌ها",
    "دیجی‌کالاها", "دیجی‌کالا هم", "دیجی‌کالایه",
    # torn apart, as one naming in twelve is
    "دی جی کالا", "دي جي کالا", "دی‌جی‌کالا", "از دی جی کالای عزیز",
    # words that people glue to it
    "ازدیجیکالا خریدم", "ودیجی‌کالا", "از‌دیجی‌کالا", "باتشکرازدیجی‌کالا", "بدیجیکالا",
])
def test_forms_that_are_digikala(text: str) -> None:
    assert is_about(text, DIGIKALA) == {"دیجی‌کالا"}


@pytest.mark.parametrize("text", [
    "دیجی‌کالاپلاس", "دیجی‌کالامگ", "دیجی. کالا گران شد", "این دیجی\nکالا نیست", "دیجی و کالا", "دیجی‌پی", "کالا",
    "digikalamag", "mydigikala", "دیجی‌کالانما",
    "دی. جی کالا", "د یجی کالا",
])
def test_forms_that_are_not_digikala(text: str) -> None:
    assert is_about(text, DIGIKALA) == set()


@pytest.mark.parametrize("text", [
    "اسنپ", "اسنپ‌م دیر اومد", "اسنپم دیر اومد", "اسنپت کجاست", "اسنپش کنسل شد", "اسنپو پاک کردم", "اسنپ‌ها گرون شدن", "اسنپها",
    "اسنپه دیگه", "اسنپی‌ها", "اسنپیا همه اینجورن", "اسنپشون", "اسنپ‌شون", "اسنپمون", "اسنپتون", "اسنپ‌مون رو",
    "اسنپی که گرفتم", "اسنپ‌ی که گرفتم", "اسنپ‌هاشون", "اسنپ‌هایی",
    "اسنپ‌های شهر", "اسنپ‌هام", "اسنپ‌هات", "اسنپ‌هاش", "اسنپ رو", "اسنپ‌رو", "اسنپ را", "اسنپ‌ه", "اسنپ‌ای", "اسنپ‌یم",
    "اسنپین", "اسنپ‌ند", "اسنپن همه", "اسنپ‌اند", "اسنپ‌ام",
    "اسنپست", "اسنپ‌هم", "اسنپشو", "اسنپمو", "اسنپیه", "اسنپههههه", "اسنپوووو", "#اسنپ_بد", "#اسنپ", "واسنپ", "و اسنپ",
    "ازاسنپ", "از‌اسنپ", "به‌اسنپ", "بااسنپ", "«اسنپ»", "اسنپ!",
    "اسنپ🙂", "اسنپ۲۴", "اِسنَپ", "اســنپ", "اسنپ،تپسی", "اسنپ/تپسی", "اسنپ-تپسی", "اسنپ فود", "#اسنپ_فود",
    "snapp", "@snapp", "snapp's", "snapp’s", "#Snapp", "SNAPP!", "@snapp_support", "#snapp_sucks", "#SnappSucks", "snapp.ir",
    "https://snapp.ir/faq", "snapp-driver", "snappها", "snapp‌ها",
    "snappو", "ازsnapp", "snapp2",
])
def test_forms_that_are_snapp(text: str) -> None:
    assert is_about(text, SNAPP) == {"اسنپ"}


@pytest.mark.parametrize("text", [
    "اسنپ‌فود", "اسنپفود", "اسنپ‌مارکت", "اسنپ‌باکس", "اسنپ‌فودی‌ها", "اسنپ‌فودشو", "اسنپ‌فوده", "اسنپ‌تریپ", "اسنپ‌پی",
    "اسنپ‌دکتر", "اسنپچی", "اسنپان", "اسنپیت",
    "بیاسنپ", "پاس نپرداخت", "کا سنپ", "اس نپ", "snappfood", "SnappFood", "snapps", "mysnapp", "snapped", "#snappfood",
    "snappfood.ir", "@snappfood", "2snapp", "اسنپ‌فود‌ها",
])
def test_forms_that_are_not_snapp(text: str) -> None:
    assert is_about(text, SNAPP) == set()


@pytest.mark.parametrize(("brand", "accepted", "refused"), [
    ("میهن", ["بستنی میهن", "میهن رو", "#میهن", "میهن‌ها"], ["هم‌میهن", "هم‌میهنان", "میهنی", "میهنم", "میهن‌پرست", "میهنه",
    "بی‌میهن"]),
    ("همراه", ["خطوط همراه", "همراه‌ها", "ازهمراه"], ["همراهی", "همراهم", "همراهش", "همراهان", "همراه‌مون", "همراهتون",
    "ناهمراه", "هم راه افتادیم"]),
    ("نشان", ["نشان مسیر رو اشتباه داد", "«نشان»"], ["نشانه", "نشانی", "نشانگر", "نشان‌دهنده", "آتش‌نشان", "نشانش", "بی‌نشانه",
    "نشانه‌ای"]),
    ("سامان", ["بانک سامان"], ["سامانه", "سامانی", "نابسامان", "ساماندهی"]),
    ("ترب", ["ترب", "ترب یتیم", "ترب رو", "ترب‌ه", "ترب‌ها", "#ترب"], ["تربیت", "تربت", "تربچه", "تربه", "مکتربه"]),
    ("آپ", ["اپلیکیشن آپ", "آپ!", "#آپ"], ["اپ جدید", "آپدیت", "آپها", "گرمآپ", "آپ‌دیت"]),
    ("باسلام", ["باسلام", "باسلام‌ها", "غرفه‌ی باسلام"], ["با سلام و احترام", "با‌سلامت"]),
    ("بانک ملت", ["بانک ملت", "بانک‌ملت", "بانکملت", "بانکِ ملت", "#بانک_ملت", "بانک ملتو"],
    ["بانک و ملت", "بانک. ملت", "ملت بانک", "بانک ملتفت"]),
    ("H&M", ["H&M", "h&m", "from H & M"], ["hm", "H M", "h.m", "hmm"]),
    ("C++", ["C++ is hard", "c++!"], ["c'est", "C", "C#"]),
    ("L'Oréal", ["L'Oréal", "loreal", "L’Oreal", "#loreal"], ["floreal"]),
    ("Booking.com", ["booking.com", "Bookingcom", "booking com"], ["booking", "booking.company"]),
    ("۷۸۰", ["کد ۷۸۰", "*780#", "٧٨٠", "سامانه ۷۸۰رو"], ["۷۸۰۰", "۱۷۸۰", "۱۲٬۷۸۰", "۷۸۰٬۰۰۰ تومان", "7:80"]),
    ("iPhone", ["iphone 15", "iPhone15", "آیفون (iphone)", "iPhone‌ها"], ["iphones", "myiphone"]),
    ("DigiKala", ["digi kala", "DigiKala", "digi_kala", "digi-kala"], ["digi. kala"]),
    ("دیجیکالا", ["دیجی کالا", "دیجی‌کالا", "دی جی کالا"], ["د یجیکالا"]),
    ("عالیس", ["دوغ عالیس"], ["عالی سرد"]),
])
def test_short_common_and_odd_names(brand: str, accepted: list[str], refused: list[str]) -> None:
    about = Brand(brand)
    assert [text for text in accepted if not is_about(text, about)] == []
    assert [text for text in refused if is_about(text, about)] == []


def test_the_longest_name_claims_its_place() -> None:
    food = Brand("اسنپ‌فود", peer=True)
    assert is_about("اسنپ فود دیر کرد", SNAPP) == {"اسنپ"}
    assert is_about("اسنپ فود دیر کرد", SNAPP, food) == {"اسنپ‌فود"}
    assert is_about("#اسنپ_فود", SNAPP, food) == {"اسنپ‌فود"}
    assert is_about("با اسنپ رفتم، از اسنپ فود سفارش دادم", SNAPP, food) == {"اسنپ", "اسنپ‌فود"}
    assert terms("اسنپ‌فودشون بهتره از اسنپشون", SNAPP, food) == {"اسنپ": ("اسنپ",), "اسنپ‌فود": ("اسنپ‌فود",)}


def test_an_exclusion_takes_a_longer_name_away() -> None:
    snapp = Brand("اسنپ", aliases=("Snapp",), exclusions=("اسنپ‌فود", "اسنپ مارکت", "snapp food"))
    assert is_about("اسنپ فود", snapp) == set()
    assert is_about("اسنپ‌ مارکت", snapp) == set()
    assert is_about("Snapp Food", snapp) == set()
    assert is_about("اسنپ فود نه، خود اسنپ", snapp) == {"اسنپ"}
    assert is_about("اسنپ فودکورت", snapp) == {"اسنپ"}


def test_an_exclusion_of_one_brand_takes_nothing_from_another() -> None:
    assert is_about("اسنپ فود", Brand("اسنپ", exclusions=("اسنپ فود",)), Brand("فود")) == {"فود"}
    assert is_about("اسنپ فود", Brand("اسنپ", exclusions=("اسنپ فود",)), Brand("اسنپ فود")) == {"اسنپ فود"}


def test_an_exclusion_may_be_the_beginning_of_words() -> None:
    company = Brand("همراه", exclusions=("همراه با*", "به همراه"))
    assert is_about("همراه با سس آوردند", company) == set()
    assert is_about("به همراه نوشابه", company) == set()
    assert is_about("آنتن همراه ضعیف است", company) == {"همراه"}


def test_overlapping_names_go_to_the_longest_and_the_rest_stays() -> None:
    brands = (Brand("همراه اول"), Brand("اول مارکت بزرگ"), Brand("همراه"))
    assert is_about("همراه اول مارکت بزرگ", *brands) == {"همراه", "اول مارکت بزرگ"}


def test_two_brands_with_one_name_both_get_the_mention() -> None:
    assert is_about("پارس باز نشد", Brand("بیمه پارس", aliases=("پارس",)),
        Brand("بانک پارس", aliases=("پارس",))) == {"بیمه پارس", "بانک پارس"}


def test_the_terms_are_those_of_the_text_in_order_and_once() -> None:
    found = terms("از ديـجي‌كالا تا Digikala؛ باز هم ديـجي‌كالا و #دیجی_کالا", DIGIKALA)
    assert found == {"دیجی‌کالا": ("ديـجي‌كالا", "Digikala", "دیجی_کالا")}
