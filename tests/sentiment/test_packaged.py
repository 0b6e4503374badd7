"""The packaged scorer's promises, on tiny weights: any text, any order, any batch, and damage is named."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listener.errors import ScoreError
from sentiment import SCORERS
from sentiment.models import open_scorer
from sentiment.models.packaged import FILES, WEIGHTS, Options, PackagedScorer, multiplies_bytes_exactly

ANY_TEXT = st.text(st.characters(), max_size=300)  # half pairs and unassigned code points too
ODD = (
    "", " ", "\u200c", "\u200f\u202e", "\x00\x01\x02", "\ud800", "@user http://t.co/x", "💩" * 500, "ﷺ" * 300, "&amp;" * 200, "<" * 400,
    "خ" * 5000, "ی\u0301" * 1000, "a\u0300\u0301\u0302" * 500, "𝓰𝓸𝓸𝓭 𝓼𝓮𝓻𝓿𝓲𝓬𝓮", "1234567890" * 300, "👨‍👩‍👧‍👦🏳️‍🌈", "\u2028\u2029",
)  # fmt: skip


def rows(scorer: PackagedScorer, texts: list[str]) -> np.ndarray:
    return np.array([(a.score.negative, a.score.neutral, a.score.positive) for a in scorer.analyse(texts)])


@given(st.lists(ANY_TEXT, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gives_probabilities_that_sum_to_one(scorer: PackagedScorer, texts: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = rows(scorer, texts)
    assert found.shape == (len(texts), 3) or not texts
    assert not texts or (np.isfinite(found).all() and (found >= 0).all() and np.abs(found.sum(1) - 1).max() < 1e-6)


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_texts_are_scored_like_any_other(scorer: PackagedScorer, text: str) -> None:
    assert rows(scorer, [text]).sum() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("piece", ["a", "ب ", "💩", "\u200c", "ﷺ", "@x ", "#AbC ", ":) ", "<b>", "&lt;"])
def test_a_megabyte_of_anything_is_scored(scorer: PackagedScorer, piece: str) -> None:
    assert rows(scorer, [piece * (1_000_000 // len(piece.encode()))]).sum() == pytest.approx(1.0, abs=1e-6)


@given(st.lists(st.sampled_from(["غذا عالی بود", "app is broken", "امروز", "پیک دیر رسید و غذا سرد بود", "", "love it", "x" * 90]), min_size=1, max_size=24), st.randoms())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_text_scores_the_same_alone_in_a_batch_and_in_any_order(scorer: PackagedScorer, texts: list[str], random: object) -> None:
    together = rows(scorer, texts)
    order = sorted(range(len(texts)), key=lambda at: random.random())  # type: ignore[attr-defined]
    assert (rows(scorer, [texts[at] for at in order]) == together[order]).all()
    assert (np.concatenate([rows(scorer, [text]) for text in texts]) == together).all()


def test_more_texts_than_fit_a_block_come_back_in_order(scorer: PackagedScorer, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"غذا عالی {at}" if at % 2 else f"app awful {at}" for at in range(50)]
    whole = rows(scorer, texts)
    monkeypatch.setattr("sentiment.models.packaged.BLOCK", 7)
    assert (rows(scorer, texts) == whole).all()


def test_one_thread_and_two_agree(tiny_weights: Path) -> None:
    texts = ["غذا عالی است", "app awful", "امروز ساعت قیمت شهر", "great"] * 8
    one, two = (rows(PackagedScorer(Options(weights=tiny_weights, threads=threads)), texts) for threads in (1, 2))
    assert (one == two).all()


def test_no_texts_give_no_analyses(scorer: PackagedScorer) -> None:
    assert scorer.analyse([]) == []


def test_an_analysis_names_its_model_and_carries_an_embedding(scorer: PackagedScorer) -> None:
    (analysis,) = scorer.analyse(["غذا عالی است"])
    assert analysis.score.model == scorer.name and scorer.name.startswith("tiny@1+")
    assert analysis.score.language == "fa"
    assert analysis.embedding is not None and len(analysis.embedding) == 32


def test_early_exit_answers_without_the_upper_half_only_when_sure(tiny_weights: Path) -> None:
    every = PackagedScorer(Options(weights=tiny_weights, early_exit=False)).outcome(["غذا عالی است"] * 3)
    assert not every.early.any()
    scorer = PackagedScorer(Options(weights=tiny_weights))
    scorer.exit_at = {"other": 0.0, "fa": 0.0, "en": 0.0}
    assert scorer.outcome(["غذا عالی است"] * 3).early.all()


def test_a_lower_target_error_never_makes_fewer_scores_unsure(tiny_weights: Path) -> None:
    texts = ["غذا عالی", "app", "امروز بد", "خوب بد", "great awful", "است"]
    unsure = [sum(a.score.unsure for a in PackagedScorer(Options(weights=tiny_weights, target_error=error)).analyse(texts)) for error in (0.02, 0.1, 0.3)]
    assert unsure == sorted(unsure, reverse=True)


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named_with_both_sums(tiny_weights: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(tiny_weights, tmp_path / "w", ignore=shutil.ignore_patterns("checkpoints", "draft"))
    with (tmp_path / "w" / name).open("ab") as data:
        data.write(b" ")
    with pytest.raises(ScoreError, match=rf"tiny@1: sha256 of {name} is \w{{12}}…, checksums\.txt says \w{{12}}…; reinstall"):
        PackagedScorer(Options(weights=tmp_path / "w"))


def test_a_missing_file_is_named(tiny_weights: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_weights, tmp_path / "w", ignore=shutil.ignore_patterns("checkpoints", "draft"))
    (tmp_path / "w" / "upper.onnx").unlink()
    with pytest.raises(ScoreError, match=r"cannot be checked .*upper\.onnx"):
        PackagedScorer(Options(weights=tmp_path / "w"))


def test_a_folder_without_weights_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match="model.json cannot be read .*GOOSH_WEIGHTS"):
        PackagedScorer(Options(weights=tmp_path))


def test_weights_for_another_preprocessing_are_refused(tiny_weights: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_weights, tmp_path / "w", ignore=shutil.ignore_patterns("checkpoints", "draft"))
    meta = json.loads((tmp_path / "w" / "model.json").read_text())
    (tmp_path / "w" / "model.json").write_text(json.dumps(meta | {"preprocess": 0}))
    with pytest.raises(ScoreError, match="trained with preprocessing 0"):
        PackagedScorer(Options(weights=tmp_path / "w", verify=False))


def test_options_refuse_unknown_keys() -> None:
    with pytest.raises(ValueError, match="threds"):
        Options(threds=2)  # type: ignore[call-arg]


def test_every_registered_scorer_has_options_and_a_class() -> None:
    for kind in SCORERS.kinds:
        assert SCORERS.options(kind).model_config["extra"] == "forbid"
        assert callable(SCORERS.load(kind).analyse)


def test_scoring_loads_no_training_library(tiny_weights: Path) -> None:
    code = (
        "import sys; from sentiment.models.packaged import Options, PackagedScorer; from pathlib import Path;"
        f"PackagedScorer(Options(weights=Path({str(tiny_weights)!r}))).analyse(['a']);"
        "print([name for name in ('torch', 'transformers', 'onnx', 'sklearn', 'safetensors') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_folder_of_our_weights_opens_as_the_packaged_kind(tiny_weights: Path) -> None:
    assert open_scorer(SCORERS, str(tiny_weights)).name.startswith("tiny@1+")


def test_the_packaged_weights_load_and_know_a_complaint_from_praise() -> None:
    scorer = PackagedScorer(Options(weights=WEIGHTS))
    texts = ["غذا افتضاح بود، دیگه سفارش نمیدم", "عالی بود، ممنون", "ghaza kheili bad bood", "The flight was cancelled and nobody helped", "Great service, thank you!"]
    assert [str(a.score.label) for a in scorer.analyse(texts)] == ["negative", "positive", "negative", "negative", "positive"]
    assert sum((WEIGHTS / name).stat().st_size for name in FILES) < 45_000_000


@pytest.mark.parametrize(("flags", "exact"), [("fpu avx2 avx512_vnni", True), ("fpu avx2 avx_vnni", True), ("fpu avx2 avx512f", False), ("", False)])
def test_the_fast_products_are_used_only_where_they_are_exact(tmp_path: Path, flags: str, exact: bool) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    assert multiplies_bytes_exactly(tmp_path / "cpuinfo") is exact


def test_nothing_is_known_of_a_processor_that_does_not_say(tmp_path: Path) -> None:
    assert multiplies_bytes_exactly(tmp_path / "none") is False


def test_the_fast_and_the_careful_products_give_the_same_bits(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not multiplies_bytes_exactly():
        pytest.skip("this processor has no VNNI: it always goes the careful way")
    texts = ["سلام، پیک دیر رسید", "great app, thanks", "kheili bad bud", "?"] * 3
    fast = PackagedScorer(Options(weights=tiny_weights)).outcome(texts)
    monkeypatch.setattr("sentiment.models.packaged.multiplies_bytes_exactly", lambda: False)
    careful = PackagedScorer(Options(weights=tiny_weights)).outcome(texts)
    assert (fast.probabilities == careful.probabilities).all() and (fast.pooled == careful.pooled).all()
