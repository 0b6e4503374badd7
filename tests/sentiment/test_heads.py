"""Aspects and intents: what the heads read, alone and among others, packaged and configured."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from listener.errors import ScoreError
from sentiment.heads import (
    EXAMPLES,
    INTENTS,
    PACKAGED,
    AspectOption,
    Packaged,
    check,
    digest,
    features,
    packaged_digest,
    platt,
    posts,
    spoken,
    told_words,
)
from sentiment.models.packaged import WEIGHTS, Options, PackagedScorer, file_digest, quantise_embeddings

DATA = Path(__file__).resolve().parent.parent / "data"
CHECK = [json.loads(line) for line in (DATA / "topics_check.jsonl").read_text(encoding="utf-8").splitlines()]
AIRLINE = [json.loads(line) for line in (DATA / "topics_check_airline.jsonl").read_text(encoding="utf-8").splitlines()]
TEXTS = [row["text"] for row in CHECK[::17]] + ["", "؟", "a" * 9_000, "پیک دیر آمد 😡 https://example.org", "\u0000\u202e"]


@pytest.fixture(scope="module")
def real() -> PackagedScorer:
    return PackagedScorer(Options(weights=WEIGHTS))


def parking() -> AspectOption:
    return AspectOption(name="parking", examples=(
        "no place to park near the shop", "the car park was full and cost a fortune", "جای پارک نبود", "پارکینگ فروشگاه همیشه پر است", "I circled for half an hour looking for parking"))


def test_the_check_set_has_three_hundred_posts_a_language_and_no_two_alike() -> None:
    assert Counter(row["lang"] for row in CHECK).most_common()[-1][1] >= 300
    assert len({row["text"].casefold() for row in CHECK}) == len(CHECK)
    assert {name for row in CHECK for name in row["aspects"]} == set(PACKAGED) and {row["intent"] for row in CHECK} == set(INTENTS)


def test_no_post_of_the_check_sets_is_an_example() -> None:
    built = {" ".join(row["text"].casefold().split()) for row in posts()} | {word for words in told_words().values() for word in words}
    assert not built & {" ".join(row["text"].casefold().split()) for row in (*CHECK, *AIRLINE)}


def test_each_aspect_and_intent_has_forty_examples_in_each_language() -> None:
    for kind, names in (("aspects", PACKAGED), ("intent", INTENTS)):
        for language in ("fa", "en"):
            found = Counter(name for row in posts() if row["lang"] == language for name in (row[kind] if kind == "aspects" else [row[kind]]))
            assert min(found[name] for name in names) >= 40, (kind, language, found)


def test_the_packaged_fit_belongs_to_the_packaged_weights_and_examples() -> None:
    assert Packaged.load(EXAMPLES / "fitted.npz", file_digest(WEIGHTS / "lower.onnx")[:16]) is not None, "run python -m sentiment.training.heads"


def test_a_text_has_the_same_aspects_and_intent_alone_and_in_any_batch(real: PackagedScorer) -> None:
    together = real.analyse(TEXTS)
    backwards = real.analyse(TEXTS[::-1])[::-1]
    alone = [real.analyse([text])[0] for text in TEXTS]
    assert [(each.aspects, each.intent, each.intent_confidence) for each in together] == [(each.aspects, each.intent, each.intent_confidence) for each in alone]
    assert together == backwards


@pytest.mark.parametrize(("text", "aspect", "intent"), [
    ("you charged my card twice and I want a refund", "refund", "complaint"),
    ("سه هفته است پولم را پس نداده‌اند", "refund", "complaint"),
    ("the app crashes every time I log in", "app", "complaint"),
    ("راننده خیلی بی‌ادب بود و سرم داد زد", "staff", "complaint"),
    ("please add dark mode to the app", "app", "suggestion"),
])
def test_plain_posts_are_read_plainly(real: PackagedScorer, text: str, aspect: str, intent: str) -> None:
    (found,) = real.analyse([text])
    assert found.aspects[0].name == aspect and found.intent == intent
    assert all(0 < each.confidence <= 1 for each in found.aspects)


def test_an_aspect_added_with_five_examples_works_at_once() -> None:
    scorer = PackagedScorer(Options(weights=WEIGHTS, aspects=(AspectOption(name="refund"), parking())))
    found = scorer.analyse(["nowhere to park, the parking lot was full again", "پارکینگ جا نداشت", "I still wait for my refund", "lovely evening"])
    assert [[each.name for each in one.aspects] for one in found] == [["parking"], ["parking"], ["refund"], []]


def test_other_aspects_are_another_model() -> None:
    names = {digest(None), digest((parking(),)), digest((parking(), AspectOption(name="refund")))}
    assert len(names) == 3 and digest(None) == digest(None) and len(packaged_digest()) == 16


def test_no_aspects_means_neither_aspects_nor_intent_and_the_plain_name(tiny_weights: Path) -> None:
    scorer = PackagedScorer(Options(weights=tiny_weights, aspects=()))
    (found,) = scorer.analyse(["غذا بد"])
    assert scorer.name == "tiny@1" and found.aspects == () and found.intent is None and found.embedding


def test_an_encoder_without_a_packaged_fit_gets_its_heads_fitted(scorer: PackagedScorer) -> None:
    (found,) = scorer.analyse(["my refund never came, I want my money back"])
    assert "refund" in [each.name for each in found.aspects]


@pytest.mark.parametrize(("aspects", "sentence"), [
    ((AspectOption(name="gate"),), "'gate' has no examples"),
    ((AspectOption(name="refund"), AspectOption(name="refund")), "'refund' is listed twice"),
], ids=["an unknown name without examples", "a name given twice"])
def test_a_list_that_cannot_work_is_refused(aspects: tuple[AspectOption, ...], sentence: str) -> None:
    with pytest.raises(ScoreError, match=sentence):
        check(aspects)


def test_letters_of_both_alphabets_make_the_same_features() -> None:
    assert features("كيفيت").tolist() == features("کیفیت").tolist() and features("") is not None


def test_a_curve_rises_with_the_score() -> None:
    rng = np.random.default_rng(0)
    truth = (rng.random((400, 2)) < 0.1).astype(float)
    slope, shift = platt(truth * 0.5 + rng.normal(0, 0.15, truth.shape), truth)
    assert slope > 0 and 1 / (1 + np.exp(-(slope * 0.6 + shift))) > 0.7 > 0.3 > 1 / (1 + np.exp(-shift))


FINGLISH = [json.loads(line) for line in (DATA / "topics_finglish.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_complaint_in_finglish_has_its_aspect(real: PackagedScorer) -> None:
    found = real.analyse([row["text"] for row in FINGLISH])
    assert [one.name for one in found[0].aspects] == ["refund"]  # pool ro pas nadadan
    right = sum(name in {one.name for one in each.aspects} for each, row in zip(found, FINGLISH, strict=True) for name in row["aspects"])
    assert right >= 0.75 * sum(len(row["aspects"]) for row in FINGLISH)  # six of eighty-one before it was read as Persian


def test_persian_and_english_posts_are_read_as_ever_beside_finglish_ones(real: PackagedScorer) -> None:
    plain = [row["text"] for row in CHECK[::5]] + TEXTS
    texts = [text for pair in zip(plain, [row["text"] for row in FINGLISH] * 9, strict=False) for text in pair]
    outcome = real.outcome(texts)
    as_ever = real.topics.read(outcome.pooled, texts)
    found = real.analyse(texts)
    assert len(plain) > 120 and set(outcome.languages[::2]) >= {"fa", "en"} and "finglish" not in outcome.languages[::2]
    assert [(one.aspects, one.intent, one.intent_confidence) for one in found[::2]] == [(one.aspects, one.intent, one.intent_confidence) for one in as_ever[::2]]
    assert found[1::2] == real.analyse(texts[1::2])
    assert [one.embedding for one in found] == [one.tobytes() for one in quantise_embeddings(outcome.pooled)]


def test_links_names_and_english_words_stay_where_finglish_is_read_as_persian() -> None:
    assert spoken("@pool pool ro pas nadadan? https://a.ir/pool www.pool.ir", "finglish") == "@pool پول رو پس ندادن? https://a.ir/pool www.pool.ir"
    assert spoken("pool ro pas nadadan", "en") == "pool ro pas nadadan"
