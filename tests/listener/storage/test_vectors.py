"""Finding posts that say the same: what is near is found, and the blocks always hold exactly what the store holds."""

from __future__ import annotations

import random
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import text

from listener.storage import Store, migrations, open_store
from listener.storage.vectors import SIZE, Reading, _record, encoder_of
from listener.types import MentionKey

from .made import DAY, HOUR, NOW, analysis, commit, mention, score

WIDTH = 16


def embedding(*values: float) -> bytes:
    vector = np.zeros(WIDTH)
    vector[: len(values)] = values
    return (np.round(vector / max(float(np.linalg.norm(vector)), 1e-9) * 127).astype(np.int8)).tobytes()


def write(store: Store, id: str, *values: float, model: str = "packaged@1", language: str = "fa", **more: object) -> MentionKey:
    brands = more.pop("brands", ("اسنپ",))
    post = mention(id, f"پست شمارهٔ {id}", author=f"a{id}", **more)  # type: ignore[arg-type]
    commit(store, post, brands=brands)  # type: ignore[arg-type]
    score(store, post.key, embedding=embedding(*values), model=model, language=language)
    return post.key


def found(store: Store, *values: float, **more: object) -> list[str]:
    sought = Reading(embedding(*values), str(more.pop("model", "packaged@1")), str(more.pop("language", "fa")))
    return [one.mention.mention.id for one in store.like(sought, **more)]  # type: ignore[arg-type]


def held(store: Store) -> dict[int, bytes]:
    """What the blocks hold, and that every analysis says rightly where its own vector stands."""
    with store._read() as connection:
        vectors, places = {}, {}
        for number, width, block in connection.execute(text("SELECT number, width, vectors FROM vector_block")):
            rows = np.frombuffer(bytes(block), _record(width))
            assert 0 < len(rows) <= SIZE and (rows["pk"] > 0).any()
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
    with store._read() as connection:
        return {pk: bytes(value) for pk, value in connection.execute(
            text("SELECT mention_pk, embedding FROM analysis WHERE embedding IS NOT NULL"))}


def test_an_empty_store_finds_nothing(store: Store) -> None:
    assert found(store, 1.0) == [] and store.reading(MentionKey("rss", "1")) is None


def test_one_post_is_found_by_what_it_says(store: Store) -> None:
    key = write(store, "1", 1.0)
    assert found(store, 1.0, 0.1) == ["1"]
    sought = store.reading(key)
    assert sought == Reading(embedding(1.0), "packaged@1", "fa") and store.like(sought, without=[key]) == []


def test_the_nearest_stand_first_whatever_their_language(store: Store) -> None:
    """A language's own part is large and says nothing: it is the same for all posts of that language."""
    chance = random.Random(4)
    for number in range(60):
        for language, part in (("fa", (9.0, 0.0)), ("en", (0.0, 9.0))):
            subject = [0.0] * 6
            subject[number % 6] = 1.0
            write(store, f"{language}{number}", *part, *subject, *(chance.gauss(0, 0.1) for _ in range(8)), language=language)
    top = found(store, 9.0, 0.0, 1.0, language="fa", limit=20)
    assert {int(id[2:]) % 6 for id in top} == {0} and {id[:2] for id in top} == {"fa", "en"}


def test_brand_and_span_narrow_the_search(store: Store) -> None:
    write(store, "1", 1.0)
    write(store, "2", 1.0, 0.2, brands=("تپسی",))
    write(store, "3", 1.0, 0.3, ago=3 * DAY)
    assert found(store, 1.0, brand="تپسی") == ["2"] and found(store, 1.0, brand="کسی") == []
    assert set(found(store, 1.0, since=NOW - DAY)) == {"1", "2"} and found(store, 1.0, until=NOW - DAY) == ["3"]


@pytest.mark.parametrize("few", [0, 1_000])
def test_a_small_brand_among_many_posts_is_found_whole(store: Store, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr("listener.storage.vectors.FEW", few)  # looked up first, or checked afterwards
    for number in range(150):
        write(store, f"{number:03}", 1.0, number / 1000, brands=("تپسی",) if number % 50 == 7 else ("اسنپ",))
    assert sorted(found(store, 0.0, 1.0, brand="تپسی", limit=10)) == ["007", "057", "107"]


def test_of_copies_only_one_stands(store: Store) -> None:
    body = "این متن به‌اندازه‌ای بلند است که رونوشت آن شناخته می‌شود و کسی دیگر هم آن را گذاشته است"
    for id in "12":
        post = mention(id, body, author=f"a{id}")
        commit(store, post)
        score(store, post.key, embedding=embedding(1.0))
    assert len(found(store, 1.0)) == 1


def test_typed_words_let_a_post_rise(store: Store) -> None:
    for id, body in (("1", "بستهٔ من شکسته رسید"), ("2", "غذا سرد بود")):
        post = mention(id, body, author=f"a{id}")
        commit(store, post)
        score(store, post.key, embedding=embedding(1.0, 0.3))
    assert found(store, 1.0, words="غذا سرد")[0] == "2" and found(store, 1.0, words="بسته شکسته")[0] == "1"
    assert len(found(store, 1.0, words="!!")) == 2


def test_vectors_of_another_model_are_not_compared(store: Store) -> None:
    write(store, "1", 1.0)
    write(store, "2", 1.0, model="packaged@2")
    assert found(store, 1.0, model="packaged@2") == ["2"] and found(store, 1.0, model="packaged@3") == []
    score(store, MentionKey("rss", "1"), embedding=embedding(0.0, 1.0), model="packaged@2")
    assert len(found(store, 1.0, model="packaged@2")) == 2 and held(store) == stored(store)


def test_a_scorer_without_embeddings_leaves_none_behind(store: Store) -> None:
    key = write(store, "1", 1.0)
    score(store, key, model="hub@1")
    assert found(store, 1.0) == [] and held(store) == stored(store) == {}


def test_an_edited_post_is_no_longer_found_by_what_it_said(store: Store) -> None:
    write(store, "1", 1.0)
    commit(store, mention("1", "متنی دیگر", author="a1", edited_at=NOW))
    assert found(store, 1.0) == [] and held(store) == {}


def test_what_is_forgotten_taken_back_or_too_old_leaves_no_vector(store: Store) -> None:
    for id in "123":
        write(store, id, 1.0)
    write(store, "4", 1.0, ago=90 * DAY)
    store.forget_author("rss", "a1")
    assert len(held(store)) == 3
    commit(store, deleted=[MentionKey("rss", "2")])
    assert len(held(store)) == 2
    store.apply_retention(now=NOW, mentions_for=timedelta(days=30))
    assert found(store, 1.0) == ["3"] and held(store) == stored(store)


def test_many_blocks_are_filled_and_emptied(store: Store) -> None:
    posts = [mention(f"{n:04}", f"پست {n}", author=f"a{n}", ago=(n + 1) * HOUR) for n in range(2 * SIZE + 100)]
    commit(store, *posts)
    store.save_analyses([(one.key, analysis(embedding=embedding(1.0, n / 900))) for n, one in enumerate(posts)], now=NOW)
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
                write(store, id, chance.random(), chance.random(), model=chance.choice(["packaged@1", "packaged@2"]))
            case 3:
                commit(store, mention(id, f"ویرایش {turn}", author=f"a{id}", edited_at=NOW + turn * timedelta(seconds=1)))
            case 4:
                commit(store, deleted=[MentionKey("rss", id)])
            case 5:
                store.forget_author("rss", f"a{id}")
        if turn % 20 == 0:
            assert held(store) == stored(store)
    assert held(store) == stored(store)


def test_a_store_of_an_older_version_gets_its_vectors_when_it_is_opened(url: str) -> None:
    store = open_store(url)
    write(store, "1", 1.0)
    before = held(store)
    with store._write() as connection:
        connection.execute(text("DROP TABLE vector_block"))
        connection.execute(text("ALTER TABLE analysis DROP COLUMN vector"))
        connection.execute(text(f"UPDATE {migrations.TABLE} SET version_num = '0007'"))
    store.close()
    store = open_store(url)
    assert held(store) == before and found(store, 1.0) == ["1"]
    store.close()


def test_another_list_of_aspects_hides_no_post() -> None:
    assert encoder_of("goosh-fa-en@2+0a1b2c3d") == encoder_of("goosh-fa-en@2") != encoder_of("goosh-fa-en@3+0a1b2c3d")
