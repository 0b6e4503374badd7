"""The scorer in the package: a bilingual encoder in int8 on ONNX Runtime, with its weights beside this code.

Weights: `sentiment/weights/` (model card, checksums, licence of the base encoder) or the folder in `GOOSH_WEIGHTS`.
No network, no torch. Four decisions, each measured (tests/benchmarks/RESULTS.md):

- Texts of one token length share a batch and nothing is padded; scales are static. So a text's answer is the same bit for bit,
  alone or among others, in any order.
- One ORT thread a batch and several batches at once, since small matrices split over two cores spend their time waiting.
- A text the early head is sure of leaves after the lower half of the layers.
- A long post keeps its head and its tail, three to one: verdicts stand at both ends.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field
from tokenizers import Tokenizer

from listener.errors import ScoreError
from listener.text import guess_language
from listener.types import Analysis, Score
from sentiment.calibration import Calibration
from sentiment.heads import FINGLISH, AspectOption, Heads, Reading, digest, spoken
from sentiment.preprocess import VERSION, Preprocessor, ranked_words

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = npt.NDArray[np.float32]

WEIGHTS = Path(__file__).resolve().parent.parent / "weights"
FILES = ("heads.npz", "lower.onnx", "model.json", "tokenizer.json", "upper.onnx")
BATCH_TOKENS = 1024  # tokens in one ORT call: the states of a call fit the second-level cache
GUESS_CHARS = 300  # of a text the language is guessed from; more costs time and changes one guess in a thousand
BLOCK = 512  # texts prepared at a time; two blocks are in flight, which bounds memory for any input


class Options(BaseModel, frozen=True, extra="forbid"):
    """`weights`: another folder of weights. `threads`: batches computed at once (default: the processors this process may use,
    at most 4). `target_error`: share of wrong labels accepted among posts that are not `unsure`. `early_exit`: false runs every layer.
    `aspects`: what posts are about (default: the packaged list; an empty one asks for neither aspects nor intent)."""

    weights: Path | None = None
    threads: int | None = Field(default=None, ge=1, le=64)
    target_error: float = Field(default=0.10, gt=0.0, lt=0.5)
    early_exit: bool = True
    verify: bool = True
    aspects: tuple[AspectOption, ...] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the network says about some texts, before it becomes nouns."""

    probabilities: Floats  # (texts, 3), calibrated: negative, neutral, positive
    logits: Floats  # (texts, 3), of the head that answered
    pooled: Floats  # (texts, width), mean state after the early layer
    early: npt.NDArray[np.bool_]  # (texts,), answered by the early head
    languages: Sequence[str]


Answer = tuple[Floats, Floats, Floats, npt.NDArray[np.bool_]]  # logits, probabilities, pooled, left early


@dataclass(frozen=True, slots=True)
class Running:
    """A block on its way: its texts with their languages, and for each batch its indices and a call that waits for its answer."""

    texts: Sequence[str]
    languages: Sequence[str]
    batches: Sequence[tuple[list[int], Callable[[], Answer]]]


class PackagedScorer:
    """Scores Persian, English, Finglish and mixtures. Raises: ScoreError when the weights are missing, damaged or of another version."""

    languages: frozenset[str] = frozenset({"fa", "en", "finglish", "mixed"})

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        folder = self.options.weights or Path(os.environ.get("GOOSH_WEIGHTS") or WEIGHTS)
        meta = read_meta(folder)
        self.name = f"{meta['name']}@{meta['revision']}"
        if meta["preprocess"] != VERSION:
            raise ScoreError(self.name, f"weights were trained with preprocessing {meta['preprocess']}, this code has {VERSION}; reinstall the package")
        if self.options.verify:
            verify(folder, self.name)
        self.calibration = Calibration.from_json(meta["calibration"])
        self.exit_at: Mapping[str, float] = meta["early_exit"] if self.options.early_exit else {}
        self.max_tokens = int(meta["max_tokens"])
        try:
            self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self.lower = open_session(folder / "lower.onnx")
            self.upper = open_session(folder / "upper.onnx")
            with np.load(folder / "heads.npz", allow_pickle=False) as stored:
                self.heads = {name: stored[name].astype(np.float32) for name in stored.files}
        except Exception as error:  # both libraries raise bare exceptions of their own
            raise ScoreError(self.name, f"weights cannot be loaded ({type(error).__name__}: {str(error)[:200]}); reinstall the package") from error
        self.encoder = file_digest(folder / "lower.onnx")[:16]
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        if self.asked:
            self.name += f"+{digest(self.options.aspects)}"  # other aspects are another model: what was scored before may be rescored
        self.preprocess = Preprocessor(ranked_words(self.tokenizer.get_vocab()))
        self.threads = self.options.threads or min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 4)
        self.pool = ThreadPoolExecutor(self.threads, thread_name_prefix="score") if self.threads > 1 else None

    def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        """One analysis a text, in order. While a block is computed the next one is prepared: one takes cores, the other the interpreter."""
        found: list[Analysis] = []
        running: Running | None = None
        for start in range(0, len(texts), BLOCK):
            following = self.start(texts[start : start + BLOCK])
            if running is not None:
                found.extend(self.nouns(running.texts, self.collect(running)))
            running = following
        if running is not None:
            found.extend(self.nouns(running.texts, self.collect(running)))
        return found

    def nouns(self, texts: Sequence[str], outcome: Outcome) -> Iterator[Analysis]:
        embeddings = quantise_embeddings(outcome.pooled)
        readings = self.read_topics(texts, outcome) if self.asked else [Reading()] * len(texts)
        for (negative, neutral, positive), language, embedding, reading in zip(outcome.probabilities.tolist(), outcome.languages, embeddings, readings, strict=True):
            floor = self.calibration.floor(language, self.options.target_error)
            score = Score(negative, neutral, positive, language, self.name, floor)
            yield Analysis(score, reading.aspects, reading.intent, reading.intent_confidence, embedding.tobytes())

    def read_topics(self, texts: Sequence[str], outcome: Outcome) -> list[Reading]:
        """What each post is about: one in Finglish is read as the Persian it spells, by its words and by the early layer; any other as it is."""
        spelled = {at: spoken(texts[at], language) for at, language in enumerate(outcome.languages) if language == FINGLISH}
        if not spelled:
            return self.topics.read(outcome.pooled, texts)
        pooled = outcome.pooled.copy()
        pooled[list(spelled)] = self.early_states(list(spelled.values()))
        return self.topics.read(pooled, [spelled.get(at, text) for at, text in enumerate(texts)])

    @property
    def asked(self) -> bool:
        """Whether aspects and intent are wanted."""
        return self.options.aspects is None or bool(self.options.aspects)

    @cached_property
    def topics(self) -> Heads:
        """The heads, fitted when they are first asked for."""
        return Heads(self.options.aspects, self.early_states, encoder=self.encoder)

    def early_states(self, texts: Sequence[str]) -> Floats:
        """Mean states after the early layer (texts, width); the layers above it are not run."""
        encoded, _ = self.prepare(texts)
        early = np.zeros((len(texts), self.width), np.float32)

        def run(batch: list[int]) -> tuple[list[int], Floats]:
            (state,) = self.lower.run(("state",), {"ids": np.array([encoded[at] for at in batch], dtype=np.int64)})
            return batch, mean(state)

        for batch, found in (self.pool.map if self.pool else map)(run, group(encoded)):
            early[batch] = found
        return early

    def head(self, pooled: Floats, name: str) -> Floats:
        """Logits (batch, 3). Not a matrix product: BLAS adds up in another order for other batch sizes."""
        return np.asarray((pooled[:, None, :] * self.heads[f"{name}.weight"]).sum(-1) + self.heads[f"{name}.bias"])

    def prepare(self, texts: Sequence[str]) -> tuple[list[Sequence[int]], list[str]]:
        """Token ids and guessed language of each text."""
        prepared = [self.preprocess(text) for text in texts]
        encoded = [cut(found.ids, self.max_tokens) for found in self.tokenizer.encode_batch_fast(prepared)]
        return encoded, [guess(text) if fold else "other" for text, fold in zip(texts, prepared, strict=True)]

    def features(self, texts: Sequence[str]) -> tuple[Floats, Floats, Sequence[str]]:
        """Mean states after the early and after the last layer, (texts, width) each, and the guessed languages: what heads and
        calibration are fitted on."""
        encoded, languages = self.prepare(texts)
        early, full = np.zeros((2, len(texts), self.width), np.float32)

        def run(batch: list[int]) -> tuple[list[int], Floats, Floats]:
            (state,) = self.lower.run(("state",), {"ids": np.array([encoded[at] for at in batch], dtype=np.int64)})
            (out,) = self.upper.run(("out",), {"state": state})
            return batch, mean(state), mean(out)

        for batch, first, last in (self.pool.map if self.pool else map)(run, group(encoded)):
            early[batch], full[batch] = first, last
        return early, full, languages

    def outcome(self, texts: Sequence[str]) -> Outcome:
        """Probabilities, logits and pooled states of at most a few thousand texts."""
        return self.collect(self.start(texts))

    def start(self, texts: Sequence[str]) -> Running:
        """Prepare the texts and set the pool to work on them."""
        encoded, languages = self.prepare(texts)
        batches = list(group(encoded))

        def run(batch: list[int]) -> Answer:
            return self.answer(np.array([encoded[at] for at in batch], dtype=np.int64), [languages[at] for at in batch])

        if self.pool is None or len(batches) == 1:
            return Running(texts, languages, [(batch, partial(run, batch)) for batch in batches])
        return Running(texts, languages, [(batch, self.pool.submit(run, batch).result) for batch in batches])

    def answer(self, ids: npt.NDArray[np.int64], languages: Sequence[str]) -> Answer:
        """What the network says about texts of one length, `ids` (batch, length)."""
        (state,) = self.lower.run(("state",), {"ids": ids})
        pooled = mean(state)
        logits = self.head(pooled, "early")
        chances = self.calibration.apply(logits, languages, early=True)
        bound = np.array([self.exit_at.get(name, self.exit_at.get("other", 2.0)) for name in languages])
        leaves = chances.max(-1) >= bound
        stays = np.flatnonzero(~leaves)
        if len(stays):
            (out,) = self.upper.run(("out",), {"state": state[stays] if len(stays) < len(ids) else state})
            logits[stays] = late = self.head(mean(out), "full")
            chances[stays] = self.calibration.apply(late, [languages[int(at)] for at in stays], early=False)
        return logits, chances, pooled, leaves

    def collect(self, running: Running) -> Outcome:
        """The answers of a block, put back in the order of its texts."""
        count = len(running.languages)
        logits, probabilities = np.zeros((2, count, 3), np.float32)
        pooled = np.zeros((count, self.width), np.float32)
        early = np.zeros(count, np.bool_)
        for batch, result in running.batches:
            logits[batch], probabilities[batch], pooled[batch], early[batch] = result()
        return Outcome(probabilities, logits, pooled, early, running.languages)

    @property
    def width(self) -> int:
        return int(self.heads["full.weight"].shape[1])


def guess(text: str) -> str:
    """The language of a text, by its head; from the text as written, since folding would hide Arabic letters."""
    return guess_language(text[:GUESS_CHARS])


def mean(state: Floats) -> Floats:
    """Mean over the tokens: (batch, length, width) → (batch, width), each row added up in the same order whatever the batch."""
    return np.asarray(np.add.reduce(state, axis=1) / np.float32(state.shape[1]))


def cut(ids: Sequence[int], limit: int) -> Sequence[int]:
    """At most `limit` of a text's token ids: three quarters from the head, one from the tail; as in training."""
    return ids if len(ids) <= limit else [*ids[: limit - limit // 4], *ids[-(limit // 4) :]]


def group(encoded: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Indices of texts of one length, `BATCH_TOKENS` tokens at most together (or one text); long ones first, so threads end together."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for at, ids in enumerate(encoded):
        by_length[len(ids)].append(at)
    for length in sorted(by_length, reverse=True):
        found = by_length[length]
        size = max(1, BATCH_TOKENS // length)
        yield from (found[start : start + size] for start in range(0, len(found), size))


def quantise_embeddings(pooled: Floats) -> npt.NDArray[np.int8]:
    """Unit length times 127, rounded."""
    length = np.linalg.norm(pooled, axis=1, keepdims=True)
    rounded: npt.NDArray[np.int8] = np.round(pooled / np.maximum(length, 1e-9) * 127).astype(np.int8)
    return rounded


def open_session(path: Path) -> InferenceSession:
    """Return the graph in `path`, ready to run on one thread."""
    import onnxruntime as ort  # here: reading the settings asks this file for its Options and needs no engine

    ort.disable_telemetry_events()
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if not multiplies_bytes_exactly():
        options.add_session_config_entry("session.x64quantprecision", "1")  # exact everywhere, and half as fast
    options.enable_cpu_mem_arena = False  # the arena keeps the largest batch ever seen, and is no faster
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def multiplies_bytes_exactly(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this processor is known to have VNNI. Without, pairs of products of bytes are added up in 16 bits and overflow
    (ONNX Runtime, "Quantize ONNX models": U8S8 on AVX2 and AVX512). Elsewhere than on Linux nothing is known, and exactness comes first.
    """
    try:
        flags = set(cpuinfo.read_text(encoding="ascii", errors="replace").split())
    except OSError:
        return False
    return bool(flags & {"avx512_vnni", "avx_vnni"})


def read_meta(folder: Path) -> Mapping[str, Any]:
    """`model.json` of a folder of weights. Raises: ScoreError when there is none."""
    try:
        meta: Mapping[str, Any] = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ScoreError("weights", f"{folder.name}/model.json cannot be read ({type(error).__name__}); reinstall the package or set GOOSH_WEIGHTS to a folder of weights") from error
    return meta


def verify(folder: Path, name: str) -> None:
    """Compare every file with `checksums.txt`. Raises: ScoreError that names the file and both sums."""
    try:
        lines = (folder / "checksums.txt").read_text(encoding="utf-8").splitlines()
        expected = {file: digest for digest, file in (line.split() for line in lines if line.strip())}
        for file in FILES:
            found = file_digest(folder / file)
            if found != expected.get(file):
                told = f"checksums.txt says {expected[file][:12]}…" if file in expected else "checksums.txt does not name it"
                raise ScoreError(name, f"sha256 of {file} is {found[:12]}…, {told}; reinstall the package")
    except (OSError, ValueError) as error:
        raise ScoreError(name, f"weights cannot be checked ({type(error).__name__}: {Path(str(getattr(error, 'filename', '') or 'checksums.txt')).name}); reinstall the package") from error


def file_digest(path: Path) -> str:
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
