"""The network: a BERT-shaped encoder with mean pooling and linear heads, written out so that training on two cores is fast.

Why not `transformers.BertModel`: on CPU its attention kernel spends 30 % of a training step in its backward pass; with plain batched
matrix products, fused query-key-value and the linear layers in bfloat16 a step does 106 rows a second where it did 54 (batch 64,
32 tokens). Weights stay in float32; `Mirror` holds the bfloat16 copy that computes.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from listener.errors import ScoreError

MASKED = -1e4  # added to the attention logits of padding


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of an encoder; `offset` is the position of the first token (2 in the RoBERTa family)."""

    vocabulary: int
    width: int
    layers: int
    heads: int
    inner: int
    positions: int
    epsilon: float = 1e-12
    offset: int = 0


class Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = nn.Linear(shape.width, 3 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.norm1 = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.up = nn.Linear(shape.width, shape.inner)
        self.down = nn.Linear(shape.inner, shape.width)
        self.norm2 = nn.LayerNorm(shape.width, eps=shape.epsilon)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """`x` is (batch, length, width); `mask` (batch × heads, length, length) is added to the attention logits."""
        batch, length, width = x.shape
        size = width // self.heads
        qkv = self.qkv(x).view(batch, length, 3, self.heads, size).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.reshape(3, batch * self.heads, length, size).unbind(0)
        attention = torch.baddbmm(mask, q, k.transpose(1, 2), alpha=size**-0.5).softmax(-1)
        context = torch.bmm(attention, v).view(batch, self.heads, length, size).transpose(1, 2).reshape(batch, length, width)
        x = F.layer_norm(x + self.out(context), (width,), self.norm1.weight, self.norm1.bias, self.norm1.eps)
        x = x + self.down(F.gelu(self.up(x)))
        return F.layer_norm(x, (width,), self.norm2.weight, self.norm2.bias, self.norm2.eps)


class Network(nn.Module):
    """Embeddings, layers, and a three-class head after the last layer and after each layer of `aux_layers`."""

    def __init__(self, shape: Shape, aux_layers: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.shape = shape
        self.aux_layers = aux_layers
        self.words = nn.Embedding(shape.vocabulary, shape.width, sparse=True)
        self.positions = nn.Embedding(shape.positions, shape.width)
        self.norm = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.heads = nn.ModuleDict({str(at): nn.Linear(shape.width, 3) for at in (*aux_layers, shape.layers)})
        for head in self.heads.values():
            assert isinstance(head, nn.Linear)
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def embed(self, ids: Tensor) -> Tensor:
        places = torch.arange(self.shape.offset, self.shape.offset + ids.shape[1])
        return F.layer_norm(
            self.words(ids) + self.positions(places), (self.shape.width,), self.norm.weight, self.norm.bias, self.norm.eps
        )

    def forward(self, ids: Tensor, real: Tensor, body: nn.ModuleList | None = None) -> dict[int, Tensor]:
        """Mean-pooled states after each layer with a head, by layer number, (batch, width) in float32.

        `ids` and `real` (true where a token stands) are (batch, length); `body` replaces the layers by a copy in another precision.
        """
        body = self.layers if body is None else body
        first = body[0]
        assert isinstance(first, Layer)
        x = self.embed(ids).to(first.qkv.weight.dtype)
        batch, length = ids.shape
        mask = torch.where(real, 0.0, MASKED).to(x.dtype)[:, None, None, :]
        mask = mask.expand(batch, self.shape.heads, length, length).reshape(-1, length, length)
        weight = real.float()[:, :, None]
        count = weight.sum(1)
        pooled = {}
        for at, layer in enumerate(body, 1):
            x = layer(x, mask)
            if str(at) in self.heads:
                pooled[at] = (x.float() * weight).sum(1) / count
        return pooled

    def logits(self, pooled: dict[int, Tensor]) -> dict[int, Tensor]:
        return {at: self.heads[str(at)](state) for at, state in pooled.items()}


class Mirror:
    """The layers of a network with bfloat16 matrices: computes forward and backward, hands its gradients to the float32 network."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.body = copy.deepcopy(network.layers)
        for module in self.body.modules():
            if isinstance(module, nn.Linear):
                module.bfloat16()
        self.pairs = list(zip(network.layers.parameters(), self.body.parameters(), strict=True))

    def __call__(self, ids: Tensor, real: Tensor) -> dict[int, Tensor]:
        return self.network.forward(ids, real, self.body)

    def hand_over(self) -> None:
        """Move the gradients to the float32 weights."""
        for weight, copied in self.pairs:
            weight.grad = None if copied.grad is None else copied.grad.float()
            copied.grad = None

    @torch.no_grad()
    def refresh(self) -> None:
        """Copy the float32 weights here, after an optimiser step."""
        for weight, copied in self.pairs:
            copied.copy_(weight)


def from_pretrained(folder: Path, aux_layers: tuple[int, ...] = (), layers: int | None = None) -> Network:
    """A network with the weights of a BERT- or RoBERTa-shaped encoder in `folder` (config.json, model.safetensors), of its first `layers`.

    Raises: ScoreError when the folder holds no such encoder.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        stored = load_file(folder / "model.safetensors")
    except OSError as error:
        raise ScoreError("goosh train", f"encoder {folder.name!r}: {error.strerror or error}; name a folder with config.json and model.safetensors") from error
    state = {}
    for name, value in stored.items():
        for prefix in ("bert.", "roberta.", "model."):
            name = name.removeprefix(prefix)
        state[name] = value.float()
    offset = config.get("pad_token_id", 1) + 1 if "roberta" in config.get("model_type", "bert") else 0
    if "encoder.layer.0.attention.self.query.weight" not in state or config.get("hidden_act", "gelu") != "gelu":
        raise ScoreError("goosh train", f"encoder {folder.name!r}: not a BERT- or RoBERTa-shaped encoder with gelu; use one of these families")
    shape = Shape(
        vocabulary=state["embeddings.word_embeddings.weight"].shape[0],
        width=config["hidden_size"],
        layers=min(layers or config["num_hidden_layers"], config["num_hidden_layers"]),
        heads=config["num_attention_heads"],
        inner=config["intermediate_size"],
        positions=state["embeddings.position_embeddings.weight"].shape[0],
        epsilon=config.get("layer_norm_eps", 1e-12),
        offset=offset,
    )
    network = Network(shape, tuple(at for at in aux_layers if at < shape.layers))
    with torch.no_grad():
        network.words.weight.copy_(state["embeddings.word_embeddings.weight"])
        types = state.get("embeddings.token_type_embeddings.weight")
        places = state["embeddings.position_embeddings.weight"]
        network.positions.weight.copy_(places if types is None else places + types[0])
        copy_norm(network.norm, state, "embeddings.LayerNorm")
        for at, layer in enumerate(network.layers):
            assert isinstance(layer, Layer)
            root = f"encoder.layer.{at}."
            for kind in ("weight", "bias"):
                parts = [state[f"{root}attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
                getattr(layer.qkv, kind).copy_(torch.cat(parts))
                getattr(layer.out, kind).copy_(state[f"{root}attention.output.dense.{kind}"])
                getattr(layer.up, kind).copy_(state[f"{root}intermediate.dense.{kind}"])
                getattr(layer.down, kind).copy_(state[f"{root}output.dense.{kind}"])
            copy_norm(layer.norm1, state, f"{root}attention.output.LayerNorm")
            copy_norm(layer.norm2, state, f"{root}output.LayerNorm")
    return network


def copy_norm(norm: nn.LayerNorm, state: dict[str, Tensor], root: str) -> None:
    norm.weight.copy_(state[f"{root}.weight"])
    norm.bias.copy_(state[f"{root}.bias"])
