"""From a trained network to the files `PackagedScorer` reads: static int8 with smoothing, as two ONNX graphs.

Why static: with ORT's dynamic quantisation one scale covers a whole batch, so a post's answer depends on its neighbours, and the
outliers that enter the feed-forward output cost 4 % of the labels. Here each input channel has its own scale, folded into the weights
(SmoothQuant, arXiv 2211.10438), and how much of an outlier moves into the
weights is chosen for each matrix by the smallest error of its output.

Why two graphs: `lower.onnx` ends after the early head, and a text that head is sure of never enters `upper.onnx`.
Texts of one length are batched together, so the graphs need no padding and no mask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from torch import nn

from sentiment.training.loop import cut
from sentiment.training.model import Layer, Network

OPSET, IR = 20, 10
MICROSOFT = "com.microsoft"
SAMPLE = 2000  # token rows a matrix is fitted on
STRENGTHS = (0.3, 0.45, 0.6, 0.75)  # share of an outlier that moves into the weights; 0.5 is the paper's
CLIPS = (1.0, 0.85, 0.7, 0.55)  # share of the observed range that is kept


@dataclass(frozen=True, slots=True)
class Quantised:
    """A linear layer in int8: `y = (u - zero) @ weight * (step * scale) + bias` with `u = round(x / inputs) + zero`, 0 ≤ u ≤ 255."""

    inputs: np.ndarray  # (in,) float32: size of one input step, by channel
    zero: int
    weight: np.ndarray  # (in, out) int8
    scale: np.ndarray  # (out,) float32
    bias: np.ndarray  # (out,) float32
    error: float  # relative squared error of the output on the sample


def quantise_linear(weight: np.ndarray, bias: np.ndarray, rows: np.ndarray, limit: int = 127) -> Quantised:
    """The best of the grid of strengths and clips for `weight` (out, in) on sample inputs `rows` (n, in).

    `limit` 63 keeps processors without VNNI from overflowing 16 bits, at the price of a bit of weight precision.
    """
    exact = rows @ weight.T
    power = float(np.square(exact - exact.mean(0)).mean())
    largest = np.abs(rows).max(0).clip(1e-5)
    columns = np.abs(weight).max(0).clip(1e-5)
    best: Quantised | None = None
    for strength in STRENGTHS:
        smooth = largest**strength / columns ** (1 - strength)
        smooth = smooth / np.exp(np.log(smooth).mean())
        scaled_weight = weight * smooth
        scale = np.abs(scaled_weight).max(1) / limit
        whole = np.round(scaled_weight / scale[:, None])
        scaled = rows / smooth
        low, high = float(scaled.min()), float(scaled.max())
        for clip in CLIPS:
            step = (high - low) * clip / 255
            zero = int(np.clip(round(-low * clip / step), 0, 255))
            steps = (np.clip(np.round(scaled / step) + zero, 0, 255) - zero).astype(np.float32)
            result = (steps @ whole.T.astype(np.float32)) * (scale * step)
            off = (exact - result).mean(0)
            error = float(np.square(exact - result - off).mean()) / max(power, 1e-12)
            if best is None or error < best.error:
                best = Quantised(
                    (smooth * step).astype(np.float32), zero, whole.T.astype(np.int8), (scale * step).astype(np.float32),
                    (bias + off).astype(np.float32), error,
                )  # fmt: skip
    assert best is not None
    return best


@torch.no_grad()
def quantise(network: Network, texts: Sequence[str], tokenizer: Tokenizer, fold: Callable[[str], str], limit: int, weight_limit: int = 127) -> list[dict[str, Quantised]]:
    """Every linear layer of every encoder layer in int8, fitted on `texts`; layer by layer, so the sample flows through once."""
    encoded = [cut(found.ids, limit) for found in tokenizer.encode_batch_fast([fold(text) for text in texts])]
    states = [network.embed(torch.tensor([ids])) for ids in encoded]
    rng = np.random.default_rng(0)
    out = []
    for layer in network.layers:
        assert isinstance(layer, Layer)
        seen: dict[str, list[np.ndarray]] = {}
        hooks = []
        for name in ("qkv", "out", "up", "down"):

            def keep(module: nn.Module, inputs: tuple[torch.Tensor, ...], name: str = name, seen: dict[str, list[np.ndarray]] = seen) -> None:
                seen.setdefault(name, []).append(inputs[0].flatten(0, -2).numpy())

            hooks.append(getattr(layer, name).register_forward_pre_hook(keep))
        states = [layer(state, torch.zeros(1, 1, 1).expand(layer.heads, state.shape[1], state.shape[1])) for state in states]
        for hook in hooks:
            hook.remove()
        found = {}
        for name, parts in seen.items():
            rows = np.concatenate(parts)
            rows = rows[rng.permutation(len(rows))[:SAMPLE]]
            linear = getattr(layer, name)
            found[name] = quantise_linear(linear.weight.numpy(), linear.bias.numpy(), rows, weight_limit)
        out.append(found)
    return out


class Graph:
    """Nodes and weights of an ONNX graph under construction."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, onnx.TensorProto] = {}

    def weight(self, name: str, value: np.ndarray) -> str:
        if name not in self.weights:
            self.weights[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [output], domain=domain, **attributes))
        return output

    def linear(self, x: str, name: str, linear: nn.Linear, whole: Quantised | None) -> str:
        """`linear` applied to `x`: in int8 when `whole` is given, else in float32."""
        if whole is None:
            weight = self.weight(f"{name}.weight", linear.weight.detach().numpy().T)
            product = self.node("MatMul", [x, weight], f"{name}.product")
            return self.node("Add", [product, self.weight(f"{name}.bias", linear.bias.detach().numpy())], f"{name}.y")
        # A product and a plain quantisation: QuantizeLinear with one scale a channel takes ten times as long as the matrix product.
        scaled = self.node("Mul", [x, self.weight(f"{name}.inputs", (1 / whole.inputs).astype(np.float32))], f"{name}.scaled")
        zero = self.weight(f"{name}.zero", np.array(whole.zero, np.uint8))
        steps = self.node("QuantizeLinear", [scaled, self.weight("one", np.array(1, np.float32)), zero], f"{name}.u")
        inputs = [
            steps, self.weight(f"{name}.weight", whole.weight), self.weight("one", np.array(1, np.float32)), self.weight(f"{name}.scale", whole.scale),
            zero, "", self.weight(f"{name}.bias", whole.bias),
        ]  # fmt: skip
        return self.node("MatMulIntegerToFloat", inputs, f"{name}.y", MICROSOFT)

    def norm(self, x: str, name: str, norm: nn.LayerNorm) -> str:
        inputs = [x, self.weight(f"{name}.gain", norm.weight.detach().numpy()), self.weight(f"{name}.shift", norm.bias.detach().numpy())]
        return self.node("LayerNormalization", inputs, f"{name}.y", epsilon=norm.eps)

    def layer(self, x: str, name: str, layer: Layer, whole: dict[str, Quantised] | None) -> str:
        whole = whole or {}
        qkv = self.linear(x, f"{name}.qkv", layer.qkv, whole.get("qkv"))
        parts = [f"{name}.{part}" for part in "qkv"]
        self.nodes.append(helper.make_node("Split", [qkv], parts, axis=2, num_outputs=3))
        context = self.node("MultiHeadAttention", parts, f"{name}.context", MICROSOFT, num_heads=layer.heads)
        x = self.node("Add", [x, self.linear(context, f"{name}.out", layer.out, whole.get("out"))], f"{name}.sum1")
        x = self.norm(x, f"{name}.norm1", layer.norm1)
        inner = self.node("Gelu", [self.linear(x, f"{name}.up", layer.up, whole.get("up"))], f"{name}.gelu")
        x = self.node("Add", [x, self.linear(inner, f"{name}.down", layer.down, whole.get("down"))], f"{name}.sum2")
        return self.norm(x, f"{name}.norm2", layer.norm2)

    def model(self, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, "sentiment", inputs, outputs, list(self.weights.values()))
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR, producer_name="gooshbezang")


def floats(name: str, *shape: str | int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


@torch.no_grad()
def _layer(network: Network, at: int) -> Layer:
    layer = network.layers[at]
    assert isinstance(layer, Layer)
    return layer


def build(network: Network, early: int, last: int, whole: Sequence[dict[str, Quantised]] | None) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """The lower graph (embeddings to layer `early`) and the upper one (to layer `last`); float32 where `whole` is None.

    lower: `ids` (batch, length) int64 → `state` (batch, length, width). upper: `state` → `out`, of the same shape.
    Mean and head are left to the scorer: ONNX Runtime adds up in another order for other batch sizes.
    """
    width = network.shape.width
    lower, upper = Graph(), Graph()
    words = network.words.weight.detach().numpy()
    if whole is None:
        x = lower.node("Gather", [lower.weight("words", words), "ids"], "embedded")
    else:  # one scale a row: a single scale for the table costs 1.5 % of the labels
        scale = (np.abs(words).max(1, keepdims=True) / 127).clip(1e-8).astype(np.float32)
        table = lower.weight("words", np.round(words / scale).astype(np.int8))
        picked = lower.node("Cast", [lower.node("Gather", [table, "ids"], "picked")], "picked.float", to=TensorProto.FLOAT)
        steps = lower.node("Gather", [lower.weight("words.scale", scale), "ids"], "picked.scale")
        x = lower.node("Mul", [picked, steps], "embedded")
    length = lower.node("Slice", [lower.node("Shape", ["ids"], "shape"), lower.weight("from", np.array([1], np.int64)), lower.weight("to", np.array([2], np.int64))], "length")
    places = network.positions.weight.detach().numpy()[network.shape.offset :]
    zero = lower.weight("first", np.array([0], np.int64))
    places_used = lower.node("Slice", [lower.weight("positions", places.astype(np.float32)), zero, length, zero], "places")
    x = lower.norm(lower.node("Add", [x, places_used], "placed"), "norm", network.norm)
    for at in range(early):
        x = lower.layer(x, f"layer{at + 1}", _layer(network, at), whole[at] if whole else None)
    lower.node("Identity", [x], "state")
    x = "state"
    for at in range(early, last):
        x = upper.layer(x, f"layer{at + 1}", _layer(network, at), whole[at] if whole else None)
    upper.node("Identity", [x], "out")
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "length"])
    state, out = floats("state", "batch", "length", width), floats("out", "batch", "length", width)
    return lower.model([ids], [state]), upper.model([state], [out])


@torch.no_grad()
def heads_of(network: Network, early: int, last: int) -> dict[str, np.ndarray]:
    """Weights (3, width) and biases (3,) of the two heads, as `heads.npz` holds them."""
    found = {}
    for name, at in (("early", early), ("full", last)):
        head = network.heads[str(at)]
        assert isinstance(head, nn.Linear)
        found[f"{name}.weight"], found[f"{name}.bias"] = head.weight.numpy(), head.bias.numpy()
    return found


def write(models: tuple[onnx.ModelProto, onnx.ModelProto], heads: dict[str, np.ndarray], folder: Path) -> None:
    """Write `lower.onnx`, `upper.onnx` and `heads.npz`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in zip(("lower.onnx", "upper.onnx"), models, strict=True):
        (folder / name).write_bytes(model.SerializeToString())
    np.savez(folder / "heads.npz", **heads)  # type: ignore[arg-type]  # numpy takes any name for an array and declares one of them a flag
