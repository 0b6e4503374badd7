"""What a post is about (aspects) and what its author wants (intent), read from the state the sentiment model has anyway.

A head is a ridge regression on two views of a post: the pooled state after the early layer, which knows meaning in both languages but
was trained for sentiment, and hashed words and parts of words, which know the words of the trade. Both together beat either alone
(tests/benchmarks/RESULTS.md, Topics), the late layers add nothing to them, so a text that leaves early keeps its aspects.

The packaged list comes fitted for the packaged weights (`examples/fitted.npz`, made from `posts.jsonl` and `words.toml` by
`python -m sentiment.training.heads`). An aspect of one's own is fitted when the scorer is first used, from a few described examples
against the packaged posts; those that look like it are no counter-examples, since nobody labelled them for it.

Confidence is calibrated on leave-one-out scores, which a ridge gives in closed form (Hastie, Tibshirani, Friedman, "The Elements of
Statistical Learning", 7.10). The scores of configured aspects are first measured in standard deviations of what each says of posts
about other things: five examples raise a head's scores less than fifty do, and its scores of other posts vary less too. An aspect under `FLOOR` is not given, and the intent is `None` under `INTENT_FLOOR`.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
import zlib
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

from listener.errors import ScoreError
from listener.meaning.words import in_persian
from listener.text import guess_language, search_form
from listener.types import ASPECTS, Aspect

Floats = npt.NDArray[np.float32]
Embed = Callable[[Sequence[str]], Floats]

EXAMPLES = Path(__file__).resolve().parent / "examples"
VERSION = 2  # of this file's features and arithmetic; raised whenever the same examples would give other answers
FINGLISH = "finglish"  # Persian in Latin letters, which no packaged example is written in
READING = 1  # of posts in Finglish; raised whenever the same post would be read as other words
INTENTS = ("complaint", "criticism", "suggestion", "question", "praise", "purchase", "other")
PACKAGED = ASPECTS

BUCKETS = 1 << 15  # of hashed words; 20,000 different ones stand in the packaged examples
RIDGE = 0.3  # chosen by cross-validation on the packaged posts, as is the even weight of both views
FLOOR = 0.4  # F1 is largest near half its own value (Lipton, Elkan, Naryanaswamy 2014)
INTENT_FLOOR = 0.35
LOOKALIKE = 0.3  # a packaged post scored above this by an aspect of one's own is no counter-example for it
SHARE = 0.12  # of complaints that are about one aspect; five examples among a thousand other posts do not make it rare
USUAL = (1.2, -4.8)  # slope and shift of a curve that few examples start from: below that of the packaged aspects in the same measure (1.6, -4.5)
ENOUGH = 20  # examples that count as much as the usual curve
CLIP = 4_000  # characters of a post whose words are read
MOST_EXAMPLES = 400  # of one configured aspect
BACKGROUND = 600  # packaged posts that configured aspects are told from; twice as many tell no more and take four times as long


class AspectOption(BaseModel, frozen=True, extra="forbid"):
    """An aspect to look for: posts that are about it, and words that tell it, divided by commas. A packaged name needs neither."""

    name: str = Field(min_length=1, max_length=80)
    description: str = ""
    examples: tuple[str, ...] = Field(default=(), max_length=MOST_EXAMPLES)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the heads say of one post. Aspects stand by falling confidence; `intent` is None where it is unsure."""

    aspects: tuple[Aspect, ...] = ()
    intent: str | None = None
    intent_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """Linear heads over both views: `state` (heads, width) and `words` (buckets, heads) with their `bias`; `slope`, `shift` calibrate."""

    state: Floats
    words: Floats
    bias: Floats
    slope: float
    shift: float

    def take(self, columns: Sequence[int]) -> Fitted:
        at = list(columns)
        return Fitted(self.state[at], self.words[:, at], self.bias[at], self.slope, self.shift)


@dataclass(frozen=True, slots=True)
class Views:
    """How posts become numbers: mean and spread of states, rarity of words, all over the packaged posts."""

    centre: Floats
    spread: Floats
    rarity: Floats

    def state(self, pooled: Floats) -> Floats:
        return np.asarray((pooled - self.centre) / self.spread, np.float32)


@lru_cache(maxsize=50_000)
def parts(word: str) -> tuple[int, ...]:
    """Buckets of a word and of its runs of three to five letters."""
    bounded = f"<{word}>"
    runs = (f"{size}{bounded[at : at + size]}" for size in (3, 4, 5) for at in range(len(bounded) - size + 1))
    return tuple(bucket(each) for each in (f"w{word}", *runs))


def bucket(feature: str) -> int:
    return zlib.crc32(feature.encode("utf-8", "replace")) % BUCKETS


def features(text: str) -> npt.NDArray[np.int64]:
    """Buckets of a post's words, their parts, its neighbouring words and its question and exclamation marks; ascending, each once."""
    words = search_form(text[:CLIP]).split()
    found = {each for word in words for each in parts(word[:40])}
    found.update(bucket(f"b{first} {second}") for first, second in zip(["^", *words], [*words, "$"], strict=True))
    found.update(bucket(f"p{mark}") for mark, signs in (("?", "?؟"), ("!", "!")) if any(sign in text for sign in signs))
    return np.array(sorted(found), np.int64)


def spoken(text: str, language: str) -> str:
    """Return a post as the heads can read it: Finglish in Persian letters, anything else as it is."""
    return in_persian(text) if language == FINGLISH else text


def views_of(states: Floats, rows: Sequence[npt.NDArray[np.int64]]) -> Views:
    seen = np.bincount(np.concatenate(rows), minlength=BUCKETS)
    spread = (states.std(0) + 1e-6) * np.sqrt(states.shape[1])
    rarity = np.log((1 + len(rows)) / (1 + seen)) + 1
    return Views(states.mean(0).astype(np.float32), spread.astype(np.float32), rarity.astype(np.float32))


def likeness(rows: Sequence[npt.NDArray[np.int64]], views: Views) -> tuple[npt.NDArray[np.float64], list[Floats]]:
    """Cosines of all pairs of posts by their words, and the unit weights of each post's buckets. By postings: no dense table of words."""
    units = [unit(row, views) for row in rows]
    where = np.concatenate([np.full(len(row), at) for at, row in enumerate(rows)])
    flat = np.concatenate(list(rows))
    order = np.argsort(flat, kind="stable")
    where, weight = where[order], np.concatenate(units)[order].astype(np.float64)
    starts = np.searchsorted(flat[order], np.arange(BUCKETS + 1))
    cosines = np.zeros((len(rows), len(rows)))
    for at, (row, own) in enumerate(zip(rows, units, strict=True)):
        spans = [slice(starts[each], starts[each + 1]) for each in row]
        others = np.concatenate([where[span] for span in spans])
        shares = np.concatenate([weight[span] * each for span, each in zip(spans, own, strict=True)])
        cosines[at] = np.bincount(others, shares, minlength=len(rows))
    return cosines, units


def unit(row: npt.NDArray[np.int64], views: Views) -> Floats:
    weight = views.rarity[row]
    return np.asarray(weight / max(float(np.sqrt(np.square(weight).sum())), 1e-9), np.float32)


def fit(states: Floats, rows: Sequence[npt.NDArray[np.int64]], truth: npt.NDArray[np.float64], views: Views,
        avoid: float = np.inf) -> tuple[Fitted, npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    """Heads for the columns of `truth` (rows, heads), with the leave-one-out scores of the rows they were fitted on and which those are.

    `states` are standardised; zeros where unknown. Rows of no head that score `avoid` or more in a first fit are left out of a second.
    """
    cosines, units = likeness(rows, views)
    system = states @ states.T + cosines.astype(np.float32) + np.float32(1)  # single precision does: the ridge keeps it well-conditioned
    system[np.diag_indices_from(system)] += np.float32(RIDGE)
    inverse = np.linalg.inv(system).astype(np.float64)
    stays = truth.any(1) | ((truth - (inverse @ truth) / np.diag(inverse)[:, None]).max(1) < avoid)
    kept, gone = np.flatnonzero(stays), np.flatnonzero(~stays)
    if len(gone):  # the inverse without some rows, from the inverse with them
        across = inverse[np.ix_(kept, gone)]
        inverse = inverse[np.ix_(kept, kept)] - across @ np.linalg.inv(inverse[np.ix_(gone, gone)]) @ across.T
    weights = inverse @ truth[kept]
    left_out = truth[kept] - weights / np.diag(inverse)[:, None]
    rows, units, states = [rows[at] for at in kept.tolist()], [units[at] for at in kept.tolist()], states[kept]
    words = np.zeros((BUCKETS, truth.shape[1]))
    for row, own, weight in zip(rows, units, weights, strict=True):
        words[row] += own[:, None] * weight
    words *= views.rarity[:, None]
    made = Fitted((weights.T @ states).astype(np.float32), words.astype(np.float32), weights.sum(0).astype(np.float32), 1.0, 0.0)
    return made, left_out, kept


def scaled(heads: Fitted, left_out: npt.NDArray[np.float64], truth: npt.NDArray[np.float64]) -> tuple[Fitted, npt.NDArray[np.float64]]:
    """Heads whose scores have mean 0 and deviation 1 over the posts that are not about their aspect, and ``left_out`` in that measure."""
    others = [left_out[truth[:, head] == 0, head] for head in range(truth.shape[1])]
    mean = np.array([found.mean() if len(found) else 0.0 for found in others])
    wide = np.array([max(found.std(), 1e-6) if len(found) else 1.0 for found in others])
    made = Fitted((heads.state / wide[:, None]).astype(np.float32), (heads.words / wide).astype(np.float32),
                  ((heads.bias - mean) / wide).astype(np.float32), heads.slope, heads.shift)
    return made, (left_out - mean) / wide


def platt(scores: npt.NDArray[np.float64], truth: npt.NDArray[np.float64], start: tuple[float, float] = USUAL) -> tuple[float, float]:
    """Slope and shift of a logistic curve from scores to chances, one for all heads: a few examples cannot carry one each.

    What is told by few examples counts as if ``SHARE`` of posts were about it, and stays near the curve it starts from.
    """
    inputs = np.column_stack([scores.ravel(), np.ones(scores.size)])
    aim = truth.ravel()
    told = np.maximum(truth.sum(0), 1)
    raised = SHARE / (1 - SHARE) * (len(truth) - told) / told
    mass = np.where(truth > 0, np.maximum(raised, 1), 1).ravel()
    usual = np.array(start)
    pull = np.diag([1e-3, 1e-3])

    def loss(curve: npt.NDArray[np.float64]) -> float:
        logits = inputs @ curve
        return float((mass * (np.logaddexp(0, logits) - aim * logits)).sum() + (curve - usual) @ pull @ (curve - usual) / 2)

    curve = usual
    for _ in range(30):
        chances = 1 / (1 + np.exp(-np.clip(inputs @ curve, -30, 30)))
        slope = inputs.T @ (mass * (chances - aim)) + pull @ (curve - usual)
        bend = (inputs * (mass * chances * (1 - chances))[:, None]).T @ inputs + pull
        step = np.linalg.solve(bend, slope)
        while loss(curve - step) > loss(curve) and np.abs(step).max() > 1e-6:
            step = step / 2
        curve = curve - step
        if np.abs(step).max() < 1e-6:
            break
    trust = aim.sum() / (aim.sum() + ENOUGH)
    curve = usual + trust * (curve - usual)
    return float(max(curve[0], 1.0)), float(curve[1])


def sharpness(scores: npt.NDArray[np.float64], truth: npt.NDArray[np.float64]) -> float:
    """The factor before the softmax that makes leave-one-out scores likeliest."""
    def loss(factor: float) -> float:
        raised = scores * factor
        raised = raised - raised.max(1, keepdims=True)
        return float((np.log(np.exp(raised).sum(1)) - (raised * truth).sum(1)).mean())

    return min((float(factor) for factor in np.geomspace(1, 20, 40)), key=loss)


def posts() -> list[dict[str, Any]]:
    """The packaged examples: text, lang, aspects, intent."""
    return [json.loads(line) for line in (EXAMPLES / "posts.jsonl").read_text(encoding="utf-8").splitlines()]


def told_words() -> dict[str, list[str]]:
    found: dict[str, list[str]] = tomllib.loads((EXAMPLES / "words.toml").read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=1)
def packaged_digest() -> str:
    return hashlib.sha256(b"\0".join([str(VERSION).encode(), *((EXAMPLES / name).read_bytes() for name in ("posts.jsonl", "words.toml"))])).hexdigest()[:16]


@dataclass(frozen=True)
class Packaged:
    """The packaged examples as numbers, with heads for the packaged aspects and the intents."""

    views: Views
    states: Floats  # of the posts, as pooled
    aspects: Fitted
    intents: Fitted

    @staticmethod
    def make(embed: Embed) -> Packaged:
        rows = posts()
        told = [(name, word) for name, words in told_words().items() for word in words]
        states = embed([row["text"] for row in rows])
        read = [features(row["text"]) for row in rows]
        views = views_of(states, read)
        placed = views.state(states)
        truth = np.array([[float(name in row["aspects"]) for name in PACKAGED] for row in rows])
        known = np.array([[float(name == each) for each in PACKAGED] for name, _ in told])
        blank = np.zeros((len(told), states.shape[1]), np.float32)
        aspects, left_out, _ = fit(np.concatenate([placed, blank]), [*read, *(features(word) for _, word in told)], np.concatenate([truth, known]), views)
        aspects = calibrated(aspects, *platt(left_out[: len(rows)], truth, (13.0, -5.0)))
        meant = np.array([[float(name == row["intent"]) for name in INTENTS] for row in rows])
        intents, left_out, _ = fit(placed, read, meant, views)
        return Packaged(views, states, aspects, calibrated(intents, sharpness(left_out, meant), 0.0))

    def save(self, path: Path, encoder: str) -> None:
        """Write to `path` in half precision, marked with the encoder and the examples it belongs to."""
        arrays: dict[str, Any] = {"centre": self.views.centre, "spread": self.views.spread, "rarity": self.views.rarity.astype(np.float16),
                                  "states": self.states.astype(np.float16), "made_of": np.array([encoder, packaged_digest()])}
        for name, heads in (("aspects", self.aspects), ("intents", self.intents)):
            arrays |= {f"{name}.state": heads.state, f"{name}.words": heads.words.astype(np.float16), f"{name}.bias": heads.bias,
                       f"{name}.curve": np.array([heads.slope, heads.shift])}
        np.savez_compressed(path, **arrays)

    @staticmethod
    def load(path: Path, encoder: str) -> Packaged | None:
        """What `save` wrote; None where it belongs to another encoder or to other examples."""
        if not path.is_file():
            return None
        with np.load(path, allow_pickle=False) as stored:
            if stored["made_of"].tolist() != [encoder, packaged_digest()]:
                return None
            found = {name: stored[name].astype(np.float32) for name in stored.files if name != "made_of"}

        def heads(name: str) -> Fitted:
            slope, shift = found[f"{name}.curve"].tolist()
            return Fitted(found[f"{name}.state"], found[f"{name}.words"], found[f"{name}.bias"], slope, shift)

        return Packaged(Views(found["centre"], found["spread"], found["rarity"]), found["states"], heads("aspects"), heads("intents"))


def calibrated(heads: Fitted, slope: float, shift: float) -> Fitted:
    return Fitted(heads.state, heads.words, heads.bias, slope, shift)


_MADE: dict[str, Packaged] = {}  # by encoder; another one than the packaged is fitted once a process


def _packaged(encoder: str, embed: Embed) -> Packaged:
    if encoder not in _MADE:
        _MADE[encoder] = Packaged.load(EXAMPLES / "fitted.npz", encoder) or Packaged.make(embed)
    return _MADE[encoder]


def fit_own(own: Sequence[AspectOption], packaged: Packaged, embed: Embed) -> Fitted:
    """Heads for configured aspects: their examples and words against each other's and the packaged posts.

    A packaged post counts for an aspect of the same name, and against one it does not look like.
    """
    told = told_words()
    texts = [spoken(text, guess_language(text)) for aspect in own for text in aspect.examples]
    owners = [at for at, aspect in enumerate(own) for _ in aspect.examples]
    words = [(at, word) for at, aspect in enumerate(own) for word in (*phrases(aspect.description), *told.get(aspect.name, ()))]
    mine: dict[str, set[int]] = {}  # one post told under two aspects is about both
    for text, owner in zip(texts, owners, strict=True):
        mine.setdefault(text, set()).add(owner)
    chosen, background = counterparts({aspect.name for aspect in own})
    states = np.concatenate([packaged.views.state(embed(list(mine))) if mine else np.zeros((0, packaged.states.shape[1]), np.float32),
                             packaged.views.state(packaged.states[chosen]), np.zeros((len(words), packaged.states.shape[1]), np.float32)])
    rows = [features(text) for text in (*mine, *(row["text"] for row in background), *(word for _, word in words))]
    truth = np.zeros((len(rows), len(own)))
    for at, owned in enumerate(mine.values()):
        truth[at, list(owned)] = 1
    for at, row in enumerate(background, len(mine)):
        truth[at] = [float(aspect.name in row["aspects"]) for aspect in own]
    for at, (owner, _) in enumerate(words, len(mine) + len(background)):
        truth[at, owner] = 1
    heads, left_out, kept = fit(states, rows, truth, packaged.views, LOOKALIKE)
    told_rows = kept < len(mine) + len(background)
    heads, measured = scaled(heads, left_out[told_rows], truth[kept][told_rows])
    return calibrated(heads, *platt(measured, truth[kept][told_rows]))


def counterparts(names: Set[str]) -> tuple[list[int], list[dict[str, Any]]]:
    """The packaged posts that configured aspects are told from, with their places: those about an aspect of the same name, and others
    up to ``BACKGROUND`` in an order by chance that never changes."""
    every = posts()
    order = sorted(range(len(every)), key=lambda at: (names.isdisjoint(every[at]["aspects"]), zlib.crc32(every[at]["text"].encode())))
    same = sum(not names.isdisjoint(row["aspects"]) for row in every)
    chosen = sorted(order[: max(BACKGROUND, same)])
    return chosen, [every[at] for at in chosen]


def phrases(description: str) -> list[str]:
    """A description as the words it is divided into by commas and line breaks."""
    return [part.strip() for part in description.replace("،", ",").replace("\n", ",").split(",") if part.strip()]


class Heads:
    """Reads aspects and intents. `aspects` None is the packaged list; otherwise it takes that list's place, where a packaged name
    with neither examples nor description keeps its packaged head. Raises: ScoreError for an aspect that nothing is known of."""

    def __init__(self, aspects: Sequence[AspectOption] | None, embed: Embed, *, encoder: str) -> None:
        self.chosen = tuple(AspectOption(name=name) for name in PACKAGED) if aspects is None else tuple(aspects)
        check(self.chosen)
        packaged = _packaged(encoder, embed)
        self.views = packaged.views
        self.intents = packaged.intents
        known = [aspect for aspect in self.chosen if not (aspect.examples or aspect.description)]
        own = [aspect for aspect in self.chosen if aspect.examples or aspect.description]
        self.groups = [([aspect.name for aspect in known], packaged.aspects.take([PACKAGED.index(aspect.name) for aspect in known]))] if known else []
        if own:
            self.groups.append(([aspect.name for aspect in own], fit_own(own, packaged, embed)))
        fitted = [*(heads for _, heads in self.groups), self.intents]
        self.names = [name for names, _ in self.groups for name in names]
        self.state = np.concatenate([heads.state for heads in fitted])
        self.words = np.ascontiguousarray(np.concatenate([heads.words for heads in fitted], axis=1))
        self.bias = np.concatenate([heads.bias for heads in fitted])
        self.slope = np.concatenate([np.full(len(heads.bias), heads.slope) for heads in fitted])
        self.shift = np.concatenate([np.full(len(heads.bias), heads.shift) for heads in fitted])

    def scores(self, pooled: Floats, texts: Sequence[str]) -> Floats:
        """Calibrated logits (texts, aspects and intents). Sums run in one order whatever the batch, so a text's are the same in any."""
        placed = self.views.state(pooled)
        found = np.empty((len(texts), len(self.bias)), np.float32)
        for at, text in enumerate(texts):
            row = features(text)
            weight = np.square(self.views.rarity[row]).sum()
            found[at] = (placed[at] * self.state).sum(-1) + self.words[row].sum(0) / max(float(np.sqrt(weight)), 1e-9) + self.bias
        return np.asarray(found * self.slope + self.shift, np.float32)

    def read(self, pooled: Floats, texts: Sequence[str]) -> list[Reading]:
        """What each post is about and what its author wants, from the states after the early layer (texts, width)."""
        logits = self.scores(pooled, texts)
        count = len(self.names)
        chances = 1 / (1 + np.exp(-np.clip(logits[:, :count], -30, 30)))
        raised = np.exp(logits[:, count:] - logits[:, count:].max(1, keepdims=True)) if len(texts) else logits[:, count:]
        shares = raised / raised.sum(1, keepdims=True)
        readings = []
        for row, share in zip(chances.tolist(), shares.tolist(), strict=True):
            aspects = sorted((Aspect(name, round(chance, 4)) for name, chance in zip(self.names, row, strict=True) if chance >= FLOOR), key=lambda each: -each.confidence)
            best = max(range(len(INTENTS)), key=share.__getitem__)
            sure = share[best] >= INTENT_FLOOR
            readings.append(Reading(tuple(aspects), INTENTS[best] if sure else None, round(share[best], 4) if sure else None))
        return readings


def check(aspects: Sequence[AspectOption]) -> None:
    """Pass when each aspect has a name of its own and something to be known by. Raises: ScoreError."""
    seen: set[str] = set()
    for aspect in aspects:
        if aspect.name in seen:
            raise ScoreError("aspects", f"{aspect.name!r} is listed twice; put its examples together")
        seen.add(aspect.name)
        if not aspect.examples and not aspect.description and aspect.name not in PACKAGED:
            raise ScoreError("aspects", f"{aspect.name!r} has no examples; give five posts that are about it, or one of the packaged names: {', '.join(PACKAGED)}")


def digest(aspects: Sequence[AspectOption] | None) -> str:
    """Eight letters that change whenever the same post could get other aspects: part of the model's name, so that rescoring sees it."""
    said = "" if aspects is None else json.dumps([aspect.model_dump() for aspect in aspects], ensure_ascii=False)
    return hashlib.sha256(f"{packaged_digest()}\0{READING}\0{said}".encode()).hexdigest()[:8]
