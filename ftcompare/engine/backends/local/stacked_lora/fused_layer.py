"""Decoder layers of Llama's kind computed with few calls, for models in float32 on a CPU.

In a small model, most operations take longer to call than to compute. `FusedLayer` calls fewer of
them than a layer of transformers, and computes the same numbers, except for rounding: query and key are
rotated together, and a norm takes four operations.
"""

from __future__ import annotations

from functools import partial
from math import sqrt
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention, silu

FUSED = ("LlamaDecoderLayer", "MistralDecoderLayer", "Qwen2DecoderLayer", "Qwen3DecoderLayer")
"""Classes of transformers with Llama's arithmetic; query and key may have norms."""


def fused_layers(model: Any) -> list[FusedLayer]:
    """Return what replaces the model's decoder layers; empty where nothing does."""
    layers = getattr(model.base_model, "layers", ())
    attention = model.config._attn_implementation  # noqa: SLF001 - transformers has no public name
    known = all(type(layer).__name__ in FUSED for layer in layers)
    if not known or attention != "sdpa" or getattr(model.config, "hidden_act", "") != "silu":
        return []
    if model.dtype != torch.float32 or model.device.type != "cpu":
        return []
    rotation = _Rotation()
    return [FusedLayer(layer, rotation) for layer in layers]


class FusedLayer:
    """Replaces a decoder layer; in each pass, it calls the linear layers that are in place then."""

    def __init__(self, layer: Any, rotation: _Rotation) -> None:
        self.module = layer
        self._attention: Any = layer.self_attn
        self._mlp: Any = layer.mlp
        attention = self._attention
        self._place: int = attention.layer_idx
        self._width: int = attention.head_dim
        grouped = attention.num_key_value_groups > 1
        self._attend = partial(scaled_dot_product_attention, scale=attention.scaling, enable_gqa=grouped)
        self._heads: int = attention.config.num_attention_heads
        self._norms = _Norm(layer.input_layernorm), _Norm(layer.post_attention_layernorm)
        named = (getattr(attention, name, None) for name in ("q_norm", "k_norm"))
        self._head_norms = [_Norm(norm) for norm in named if norm is not None]
        self._rotation = rotation

    def has_hooks(self) -> bool:
        """Return whether a module that is not called here has hooks."""
        parts = (self.module, *self.module.children(), *self._attention.children(), *self._mlp.children())
        return any(one._forward_hooks or one._forward_pre_hooks for one in parts)  # noqa: SLF001

    def __getattr__(self, name: str) -> Any:
        return getattr(self.module, name)

    def __call__(
        self,
        x: Tensor,
        *,
        position_embeddings: tuple[Tensor, Tensor],
        attention_mask: Tensor | None = None,
        past_key_values: Any = None,
        **_: object,
    ) -> Tensor:
        """Return (rows, tokens, width) for an input of this shape."""
        attention, mlp = self._attention, self._mlp
        before, after = self._norms
        normal = before(x)
        shape = (*x.shape[:2], -1, self._width)
        parts = [one(normal).view(*shape) for one in (attention.q_proj, attention.k_proj)]
        if self._head_norms:
            parts = [norm(part) for norm, part in zip(self._head_norms, parts, strict=True)]
        turned = self._rotation.turn(torch.cat(parts, 2), *position_embeddings).transpose(1, 2)
        queries, keys = turned[:, : self._heads], turned[:, self._heads :]
        values = attention.v_proj(normal).view(*shape).transpose(1, 2)
        if past_key_values is not None:
            keys, values = past_key_values.update(keys, values, self._place)
        is_causal = attention_mask is None and x.shape[1] > 1
        mixed = self._attend(queries, keys, values, attention_mask, is_causal=is_causal)
        x = attention.o_proj(mixed.transpose(1, 2).flatten(2)).add_(x)
        normal = after(x)
        found: Tensor = mlp.down_proj(silu(mlp.gate_proj(normal)).mul_(mlp.up_proj(normal)))
        return found.add_(x)


class _Norm:
    def __init__(self, norm: Any) -> None:
        width = len(norm.weight)
        self._weight = norm.weight.detach() * sqrt(width)
        self._least = torch.tensor(sqrt(width * norm.variance_epsilon))

    def __call__(self, x: Tensor) -> Tensor:
        size = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        return torch.div(x, size.hypot_(self._least)).mul_(self._weight)


class _Rotation:
    """Position embeddings of a pass, which all layers share."""

    def __init__(self) -> None:
        self._read: Tensor | None = None

    def turn(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Rotate vectors (rows, tokens, heads, width) by angles (rows, tokens, width)."""
        half = x.shape[-1] // 2
        if self._read is not cos:
            self._read = cos
            self._cos = cos.unsqueeze(2)
            self._sin = torch.cat((-sin[..., :half], sin[..., half:]), -1).unsqueeze(2)
        return torch.mul(x, self._cos).addcmul_(x.roll(half, -1), self._sin)
