"""Finding posts that say the same: what is near is found, and the blocks always hold exactly what the store holds."""

from __future__ import annotations

import random
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import text

from listener.meaning import VERSION, WIDTH, told
from listener.storage import Store
from listener.storage.vectors import SIZE, _record
from listener.types import MentionKey

from .made import DAY, HOUR, NOW, analysis, commit, mention, score

BROKEN = "بستهٔ من شکسته رسید"
TOLD = {"fa": (BROKEN, "غذا سرد بود و پیک بی‌ادب", "چمدانم در فرودگاه گم شد"),
        "en": ("my parcel came broken", "cold food and a rude courier", "the airline lost my luggage")}


def write(store: Store, id: str, body: str = BROKEN, *, language: str = "fa", **more: object) -> MentionKey:
    brands = more.pop("brands", ("اسنپ",))
    post = mention(id, f"{body} {id}", author=f"a{id}", **more)  # type: ignore[arg-type]
    commit(store, post, brands=brands)  # type: ignore[arg-type]
    score(store, post.key, language=language)
    return post.key


def found(store: Store, what: str = BROKEN, **more: object) -> list[str]:
    return [one.mention.mention.id for one in store.like(what, **more)]  # type: ignore[arg-type]


def held(store: Store) -> dict[int, bytes]:
    """What the blocks hold, and that every analysis says rightly where its own row stands."""
    with store._read() as connection:
        vectors, places = {}, {}
        for number, model, block in connection.execute(text("SELECT number, model, vectors FROM vector_block")):
            rows = np.frombuffer(bytes(block), _record(WIDTH))
            assert model == VERSION and 0 < len(rows) <= SIZE and (rows["pk"] > 0).any()
            for at, row in enumerate(rows):
                if row["pk"]:
                    assert int(row["pk"]) not in vectors
                    vectors[int(row["pk"])], places[int(row["pk"])] = row["values"].tobytes(), number * SIZE + at
                else:
                    assert not row["values"].any() and not row["at"]  # what was taken out is gone, not only hidden
        noted = {pk: place for pk, place in connection.execute(text("SELECT mention_pk, vector FROM analysis WHERE vector IS NOT NULL"))}
    assert noted == places
    return vectors


def stored(store: Store) -> dict[int, bytes]:
    """What the texts say of which the store holds an analysis."""
    with store._read() as connection:
        return {pk: told(body).tobytes() for pk, body in connection.execute(
            text("SELECT m.pk, m.text FROM mention m JOIN analysis a ON a.mention_pk = m.pk"))}


def test_an_empty_store_finds_nothing(store: Store) -> None:
    assert found(store) == [] and store.said(MentionKey("rss", "1")) is None


def test_one_post_is_found_by_what_it_says(store: Store) -> None:
    key = write(store, "1")
    assert found(store, "شکسته بود") == ["1"] and found(store, "the parcel arrived broken") == ["1"]
    said = store.said(key)
    assert said is not None and said.startswith(BROKEN) and store.like(said, without=[key]) == []


def test_what_says_nothing_of_it_is_not_found(store: Store) -> None:
    write(store, "1")
    assert found(store, "قطار لغو شد") == found(store, "!!") == found(store, "") == []


def test_the_nearest_stand_first_whatever_their_language(store: Store) -> None:
    for language, bodies in TOLD.items():
        for at, body in enumerate(bodies):
            write(store, f"{language}{at}", body, language=language)
    for bodies in TOLD.values():
        for at, body in enumerate(bodies):
            assert {id[2:] for id in found(store, body, limit=2)} == {str(at)}
    assert found(store, TOLD["fa"][2], language="en")[0] == "en2" and found(store, TOLD["en"][1], language="fa")[0] == "fa1"


def test_brand_and_span_narrow_the_search(store: Store) -> None:
    write(store, "1")
    write(store, "2", brands=("تپسی",))
    write(store, "3", ago=3 * DAY)
    assert found(store, brand="تپسی") == ["2"] and found(store, brand="کسی") == []
    assert set(found(store, since=NOW - DAY)) == {"1", "2"} and found(store, until=NOW - DAY) == ["3"]


@pytest.mark.parametrize("few", [0, 1_000])
def test_a_small_brand_among_many_posts_is_found_whole(store: Store, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr("listener.storage.vectors.FEW", few)  # looked up first, or checked afterwards
    for number in range(150):
        write(store, f"{number:03}", brands=("تپسی",) if number % 50 == 7 else ("اسنپ",))
    assert sorted(found(store, brand="تپسی", limit=10)) == ["007", "057", "107"]


def test_of_copies_only_one_stands(store: Store) -> None:
    body = "این متن به‌اندازه‌ای بلند است که رونوشت آن شناخته می‌شود و کسی دیگر هم آن را گذاشته است"
    for id in "12":
        post = mention(id, body, author=f"a{id}")
        commit(store, post)
        score(store, post.key)
    assert len(found(store, body)) == 1


def test_a_post_that_says_all_of_it_stands_before_one_that_says_a_part(store: Store) -> None:
    write(store, "1", "غذا دیر رسید")
    write(store, "2", "غذا سرد بود")
    assert found(store, "غذای سرد") == ["2", "1"]


def test_an_edited_post_is_no_longer_found_by_what_it_said(store: Store) -> None:
    write(store, "1")
    commit(store, mention("1", "متنی دیگر", author="a1", edited_at=NOW))
    assert found(store) == [] and held(store) == {}


def test_what_is_forgotten_taken_back_or_too_old_leaves_nothing(store: Store) -> None:
    for id in "123":
        write(store, id)
    write(store, "4", ago=90 * DAY)
    store.forget_author("rss", "a1")
    assert len(held(store)) == 3
    commit(store, deleted=[MentionKey("rss", "2")])
    assert len(held(store)) == 2
    store.apply_retention(now=NOW, mentions_for=timedelta(days=30))
    assert found(store) == ["3"] and held(store) == stored(store)


def test_many_blocks_are_filled_and_emptied(store: Store) -> None:
    posts = [mention(f"{n:04}", f"پست {n}", author=f"a{n}", ago=(n + 1) * HOUR) for n in range(2 * SIZE + 100)]
    commit(store, *posts)
    store.save_analyses([(one.key, analysis()) for one in posts], now=NOW)
    assert len(held(store)) == len(posts)
    store.apply_retention(now=NOW, mentions_for=timedelta(hours=50))
    assert held(store) == stored(store) and 0 < len(held(store)) <= 50
    assert store.rebuild_vectors() == len(held(store)) and held(store) == stored(store)


def test_whatever_happens_the_blocks_hold_what_the_store_holds(store: Store) -> None:
    chance = random.Random(7)
    for turn in range(120):
        id = str(chance.randrange(25))
        match chance.randrange(6):
            case 0 | 1 | 2:
                write(store, id, chance.choice(TOLD["fa"]))
            case 3:
                commit(store, mention(id, f"ویرایش {turn}", author=f"a{id}", edited_at=NOW + turn * timedelta(seconds=1)))
            case 4:
                commit(store, deleted=[MentionKey("rss", id)])
            case 5:
                store.forget_author("rss", f"a{id}")
        if turn % 20 == 0:
            assert held(store) == stored(store)
    assert held(store) == stored(store)


def test_posts_that_another_version_read_are_read_again_a_part_at_a_time(store: Store) -> None:
    """The first version held embeddings, a byte a value. A search finds none of its rows, and nothing is compared with them."""
    posts = [mention(f"{n:04}", f"{BROKEN} {n}", author=f"a{n}") for n in range(SIZE + 9)]
    commit(store, *posts)
    store.save_analyses([(one.key, analysis()) for one in posts], now=NOW)
    with store._write() as connection:
        for number, block in connection.execute(text("SELECT number, vectors FROM vector_block")).all():
            now = np.frombuffer(bytes(block), _record(WIDTH))
            old = np.zeros(len(now), _record(384, "packaged@1"))
            old["pk"], old["at"] = now["pk"], now["at"]
            connection.execute(text("UPDATE vector_block SET model = 'packaged@1', width = 384, vectors = :rows WHERE number = :number"),
                               {"rows": old.tobytes(), "number": number})
    store.forget_author("rss", "a3")
    assert found(store) == []
    assert store.renew_vectors(at_most=SIZE) == 9 and len(found(store, limit=20)) == 9
    assert store.renew_vectors() == SIZE - 1 and store.renew_vectors() == 0
    assert held(store) == stored(store)
