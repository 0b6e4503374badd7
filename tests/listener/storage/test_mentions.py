"""Pages, filters and search as people type it."""

from __future__ import annotations

import pytest

from listener.storage import PageKey, Store
from listener.types import Label, Match, MentionKey

from .made import DAY, HOUR, MINUTE, NOW, commit, everything, mention, score


def ids(store: Store, **filters: object) -> list[str]:
    return [one.mention.id for one in everything(store, **filters)]


@pytest.mark.parametrize("brand", [None, "اسنپ"])
def test_pages_show_every_mention_once_newest_first(store: Store, brand: str | None) -> None:
    commit(store, *(mention(f"{number:02}", ago=number // 4 * MINUTE) for number in range(30)), brands=("اسنپ", "تپسی"))
    seen, before = [], None
    while True:
        page = store.mentions(brand=brand, limit=7, before=before)
        seen += page.items
        if (before := page.next) is None:
            break
        commit(store, mention(f"late{len(seen)}", ago=-MINUTE), brands=("اسنپ", "تپسی"))  # arrives while somebody reads on
    assert len(seen) == len({(one.mention.id, one.brand) for one in seen}) == (30 if brand else 60)
    assert seen == sorted(seen, key=lambda one: one.mention.published_at, reverse=True)


def test_the_last_full_page_has_no_next(store: Store) -> None:
    commit(store, mention("1"), mention("2"))
    assert store.mentions(limit=2).next is None
    assert isinstance(store.mentions(limit=1).next, PageKey)
    assert store.mentions(limit=5, brand="nobody").items == []


def test_filters(store: Store) -> None:
    commit(store, mention("1", author="sara", language="fa"), mention("2", author="ali", language="en", ago=HOUR))
    commit(store, mention("3", author="sara", kind="mastodon", ago=DAY), source="fediverse")
    commit(store, mention("1", author="sara"), source="aggregator")
    score(store, MentionKey("rss", "1"), negative=0.9)
    score(store, MentionKey("mastodon", "3"), negative=0.5, floor=0.9, language="ar")
    assert ids(store, label=Label.NEGATIVE) == ["1", "3"]
    assert ids(store, label="unscored") == ["2"]
    assert ids(store, unsure=True) == ["3"] and ids(store, unsure=False, label="negative") == ["1"]
    assert ids(store, source="aggregator") == ["1"] and ids(store, source="blog") == ["1", "2"]
    assert ids(store, language="fa") == ["1"] and ids(store, language="en") == ["2"] and ids(store, language="ar") == ["3"]
    assert ids(store, author="sara") == ids(store, author="@sara") == ids(store, author="Sara") == ["1", "3"]
    assert ids(store, author="mastodon:sara") == ["3"]
    assert ids(store, since=NOW - HOUR) == ["1", "2"] and ids(store, until=NOW - HOUR) == ["3"]
    assert ids(store, since=NOW - HOUR, until=NOW - MINUTE) == ["2"]
    assert ids(store, brand="اسنپ", label="negative", source="blog", text="دیر") == ["1"]


@pytest.mark.parametrize(("typed", "found"), [
    ("پشتیبانی", ["1"]), ("پشتيباني", ["1"]), ("پُشتیبانی", ["1"]), ("پشتیـبانی", ["1"]), ("پشتیبانی دیر", ["1"]),
    ("پشتیبانی عالی", []), ('"خیلی دیر"', ["1"]), ('"دیر خیلی"', []), ("-دیر", []), ("اسنپ -دیر", ["2", "3", "4"]),
    ("پشتی*", ["1"]), ("refund", ["2"]), ("REFUND", ["2"]), ("Re*", ["2"]), ("۱۲۳", ["3"]), ("123", ["3"]), ("١٢٣", ["3"]),
    ("دیجی کالا", ["3", "4"]), ("دیجی‌کالا", ["3", "4"]), ("دیجیکالا", ["3"]), ("ديجي كالا", ["3", "4"]),
    ("#کد_تخفیف", ["4"]), ("کد تخفیف", ["4"]), ("😡", []), ('"', []), ("*", []), ("AND OR NOT (", []), ("' OR 1=1 --", []),
    ("title:x", []), ('"ناتمام', []), ("-", []), ("NEAR(a b)", []), ("عنوان", ["2"]), ("http://shop.ir/x", []),
], ids=repr)
def test_search_finds_what_people_mean(store: Store, typed: str, found: list[str]) -> None:
    commit(store, mention("1", "اسنپ خیلی دیر آمد و پشتیبانی جواب نداد"),
           mention("2", "اسنپ: please REFUND me", title="عنوان", ago=2 * MINUTE),
           mention("3", "اسنپ یا دیجی‌کالا؟ کد ۱۲۳", ago=3 * MINUTE),
           mention("4", "اسنپ، دیجی کالا #کد_تخفیف", ago=4 * MINUTE))
    assert ids(store, text=typed) == found


def test_an_empty_search_filters_nothing(store: Store) -> None:
    commit(store, mention())
    assert ids(store, text="  ") == ["1"]


def test_a_text_of_a_million_letters_is_found_by_its_beginning(store: Store) -> None:
    commit(store, mention("1", "آغاز " + "کلمه " * 200_000 + "پایان"), mention("2", "x" * 1_000_000))
    assert ids(store, text="آغاز") == ["1"]


def test_mentions_come_by_key_in_the_order_asked(store: Store) -> None:
    commit(store, *(mention(str(number)) for number in range(5)), brands=("اسنپ", "تپسی"))
    keys = [MentionKey("rss", id) for id in ("3", "1", "nobody", "4")]
    assert [one.mention.id for one in store.by_keys(keys, "تپسی")] == ["3", "1", "4"]
    assert [(one.mention.id, one.brand) for one in store.by_keys(keys[:1])] == [("3", "اسنپ"), ("3", "تپسی")]
    assert store.by_keys([], "اسنپ") == [] and store.by_keys(keys, "دیجی‌کالا") == []


def test_after_a_query_changed_matches_are_replaced_and_counted_anew(store: Store) -> None:
    keys = [MentionKey("rss", str(number)) for number in range(3)]
    commit(store, *(mention(key.id) for key in keys))
    commit(store, mention("1"), brands=("تپسی",))
    changed = store.replace_matches(keys, [Match(keys[0], "اسنپ", ("اسنپ",)), Match(keys[2], "اسنپ", ("اسنپ‌فود",))],
                                    brand="اسنپ")
    assert changed == 2 and store.recount() == []
    assert sorted(ids(store, brand="اسنپ")) == ["0", "2"] and ids(store, brand="تپسی") == ["1"]
    assert store.replace_matches(keys, [], brand="اسنپ") == 2
    assert ids(store) == ["1"] and store.recount() == []
