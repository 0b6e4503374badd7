"""`goosh score`, `evaluate`, `explain` and `train --corrections`, as a person runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

KEYS = ["label", "negative", "neutral", "positive", "unsure", "language", "model"]


def test_score_writes_one_object_a_line(run_goosh: Any) -> None:
    done = run_goosh("score", "--text", input="غذا عالی است\napp awful broken\n")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0 and [list(row) for row in rows] == [KEYS, KEYS]
    assert [row["label"] for row in rows] == ["positive", "negative"]


def test_score_reads_a_file_of_json_lines(run_goosh: Any, tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text('{"text": "great"}\n\n{"text": "awful", "id": 3}\n')
    assert len(run_goosh("score", path).stdout.splitlines()) == 2


def test_bad_lines_are_named_and_the_good_ones_kept(run_goosh: Any) -> None:
    done = run_goosh("score", input='{"text": "great"}\nnonsense\n{"txt": 1}\n[]\n{"text": "awful"}\n')
    assert done.exit_code == 1 and len(done.stdout.splitlines()) == 2
    assert all(f"-:{number}: " in done.stderr for number in (2, 3, 4))


def test_a_missing_file_is_a_usage_error(run_goosh: Any) -> None:
    done = run_goosh("score", "nowhere.jsonl")
    assert done.exit_code == 2 and "nowhere.jsonl" in done.stderr


def test_evaluate_reports_per_source_and_together(run_goosh: Any, data_folder: Path) -> None:
    files = [data_folder / "dev" / "first.dev.jsonl", data_folder / "train" / "second.train.jsonl"]
    done = run_goosh("evaluate", *files, "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 0 and found["model"].startswith("tiny@1+")
    assert list(found["files"]) == ["first.dev.jsonl", "second.train.jsonl", "all"]
    first = found["files"]["first.dev.jsonl"]
    assert first["n"] == 120 and first["macro_f1"]["low"] <= first["macro_f1"]["value"] <= first["macro_f1"]["high"]
    assert sum(map(sum, first["confusion"])) == 120 and 0 <= first["calibration_error"] <= 1
    assert {"source=first", "source=second"} <= set(found["files"]["all"]["groups"])


def test_evaluate_prints_a_table_for_people(run_goosh: Any, data_folder: Path) -> None:
    done = run_goosh("evaluate", data_folder / "dev" / "first.dev.jsonl")
    assert "macro-F1" in done.stdout and "first.dev.jsonl" in done.stdout


def test_evaluate_names_unknown_labels(run_goosh: Any, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"text": "a", "label": "good"}\n')
    done = run_goosh("evaluate", tmp_path / "x.jsonl")
    assert done.exit_code == 1 and "'good'" in done.stderr


def test_explain_gives_every_word_its_part(run_goosh: Any) -> None:
    found = json.loads(run_goosh("explain", "غذا عالی است", "--json").stdout)
    assert [part["text"] for part in found["parts"]] == ["غذا", "عالی", "است"]
    assert max(found["parts"], key=lambda part: part["moved"])["text"] == "عالی"


def test_explain_prints_the_words_and_the_label(run_goosh: Any) -> None:
    done = run_goosh("explain", "app awful broken")
    assert "awful" in done.stdout and "negative" in done.stdout


@pytest.mark.parametrize("text", ["", " ", "\x1b[31mred", "[bold]x[/bold]"])
def test_explain_takes_any_text(run_goosh: Any, text: str) -> None:
    done = run_goosh("explain", text)
    assert done.exit_code == 0 and "\x1b[31mred" not in done.stdout


def test_train_without_rows_or_corrections_says_what_it_needs(run_goosh: Any, tmp_path: Path) -> None:
    done = run_goosh("train", "--out", tmp_path)
    assert done.exit_code == 2 and "--encoder" in done.stderr


def test_corrections_adapt_the_heads(run_goosh: Any, tiny_weights: Path, data_folder: Path, tmp_path: Path) -> None:
    corrected = tmp_path / "corrected.jsonl"
    # "قیمت" alone is neutral to the tiny model; here people read it as a complaint.
    corrected.write_text("".join(json.dumps({"text": f"قیمت قیمت {word}", "label": "negative"}) + "\n" for word in ("امروز", "شهر", "ساعت", "app", "phone", "order")))
    done = run_goosh("train", "--corrections", corrected, "--data", data_folder, "--out", tmp_path / "new", "--model", tiny_weights)
    if done.exit_code == 0:
        assert "right on corrections" in done.stdout
        scored = run_goosh("score", "--text", "--model", tmp_path / "new", input="قیمت قیمت شهر\n")
        assert json.loads(scored.stdout)["model"].startswith("tiny@1+")
    else:  # the guard may find that the dev sets lost too much: then nothing is written
        assert "refused" in str(done.exception) and not (tmp_path / "new").exists()


def test_corrections_against_the_dev_sets_are_refused(run_goosh: Any, tiny_weights: Path, data_folder: Path, tmp_path: Path) -> None:
    turned = {"negative": "positive", "positive": "negative", "neutral": "negative"}
    rows = [json.loads(line) for line in (data_folder / "dev" / "first.dev.jsonl").read_text().splitlines()]
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text("".join(json.dumps(row | {"label": turned[row["label"]]}) + "\n" for row in rows))
    (tmp_path / "data" / "dev").mkdir(parents=True)
    (tmp_path / "data" / "dev" / "first.dev.jsonl").write_bytes((data_folder / "dev" / "first.dev.jsonl").read_bytes())
    done = run_goosh("train", "--corrections", wrong, "--data", tmp_path / "data", "--out", tmp_path / "new", "--model", tiny_weights)
    assert done.exit_code != 0 and ("refused" in str(done.exception) or "nothing was written" in str(done.exception))
    assert not (tmp_path / "new").exists()


def test_corrections_without_dev_rows_are_refused(run_goosh: Any, tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text('{"text": "a", "label": "neutral"}\n')
    done = run_goosh("train", "--corrections", tmp_path / "c.jsonl", "--out", tmp_path / "new")
    assert "--data" in str(done.exception)


def test_score_streams_in_constant_memory(tiny_weights: Path) -> None:
    """The first answers come before the input has ended."""
    code = "from listener.cli.sentiment import app; app(['score', '--text'])"
    import os

    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "GOOSH_WEIGHTS": str(tiny_weights)}
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("غذا عالی است\n" * 3000)
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["label"] == "positive"
    process.stdin.close()
    assert len(process.stdout.readlines()) == 2999
    assert process.wait() == 0


def test_the_commands_load_nothing_heavy_before_they_run() -> None:
    code = (
        "import sys; import listener.cli.sentiment;"
        "print([name for name in ('torch', 'onnxruntime', 'numpy', 'tokenizers', 'transformers', 'sentiment.models.packaged') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_topics_score_names_aspects_and_intent_of_each_line_and_bad_lines(run_any: Any, tmp_path: Path) -> None:
    posts, own = tmp_path / "posts.jsonl", tmp_path / "own.toml"
    posts.write_text('{"text": "نان سوخته"}\nnot json\n{"text": "where is my gate"}\n', encoding="utf-8")
    own.write_text('[[aspects]]\nname = "gate"\nexamples = ["where is the gate", "gate closed", "no gate", "wrong gate", "gate changed"]\n')
    done = run_any("topics", "score", posts, "--config", own)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 1 and "posts.jsonl:2: not JSON" in done.stderr
    assert [set(one) for one in found] == [{"aspects", "intent", "intent_confidence"}] * 2
    assert {each["name"] for one in found for each in one["aspects"]} <= {"gate"} and "gate" in [each["name"] for each in found[1]["aspects"]]


def test_topics_score_says_what_is_wrong_with_an_aspect(run_any: Any, tmp_path: Path) -> None:
    posts, own = tmp_path / "posts.jsonl", tmp_path / "own.toml"
    posts.write_text('{"text": "hello"}\n')
    own.write_text('[[aspects]]\nname = "gate"\nexample = ["where is the gate"]\n')
    done = run_any("topics", "score", posts, "--config", own)
    assert done.exit_code == 2 and "aspects[0].example" in done.stderr
