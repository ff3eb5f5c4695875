"""Models and adapters that the stacked path supports. All others use the reference path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from peft.tuners.lora.layer import Linear
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils.other import AuxiliaryTrainingWrapper
from transformers.pytorch_utils import Conv1D

from ftcompare.engine.backends.local.systems import LoadedSystems
from ftcompare.engine.models.adapter_kinds import LORA_KIND

ARCHITECTURES = (
    "gemma", "gemma2", "gemma3_text", "gpt2", "llama", "mistral", "phi", "phi3", "qwen2", "qwen3",
)  # fmt: skip
"""Model types whose logits are compared with the reference path's in
tests/engine/stacked_lora/test_stacked_lora_models.py."""

ATTENTION = ("eager", "sdpa")
ROPE = ("default", "linear", "llama3", "yarn")
"""Rotary embeddings that depend only on a token's own position. Others ("dynamic", "longrope") depend on the
longest row of the batch, so other rows would change a row's result."""


def unsupported_reason(systems: LoadedSystems) -> str:
    """Why the stacked path does not support these systems, as the middle of a sentence; "" if it does."""
    model = systems.base.model
    layers = (reason for _ in systems.in_turn() for reason in _of_layers(model))
    reasons = (*_of_model(model), *_of_kinds(systems.kinds), *layers)
    return next((reason for reason in reasons if reason), "")


def _of_model(model: Any) -> Iterator[str]:
    config = model.config
    devices = {parameter.device for parameter in model.parameters()}
    if config.model_type not in ARCHITECTURES:
        yield f"its architecture ({config.model_type}) is not known to it"
    if getattr(model, "is_quantized", False) or any(not p.is_floating_point() for p in model.parameters()):
        yield "the model is quantised"
    if len(devices) > 1 or len(set((getattr(model, "hf_device_map", None) or {}).values())) > 1:
        yield "the model is spread over several devices"
    if getattr(config, "use_bidirectional_attention", False):
        yield "its attention looks ahead"
    attention = config._attn_implementation  # noqa: SLF001 - transformers has no public name
    if attention not in ATTENTION:
        yield f"its attention ({attention}) is not known to it"
    for kind in _rope_types(getattr(config, "rope_parameters", None)):
        if kind not in ROPE:
            yield f"its position embeddings ({kind}) depend on the other rows of a batch"


def _rope_types(parameters: object) -> Iterator[str]:
    """Of one set of parameters, or of one for each kind of layer."""
    if not isinstance(parameters, dict):
        return
    if any(isinstance(value, dict) for value in parameters.values()):
        for value in parameters.values():
            yield from _rope_types(value)
    else:
        yield str(parameters.get("rope_type", "default"))


def _of_kinds(kinds: Iterable[str]) -> Iterator[str]:
    for kind in kinds:
        if kind != LORA_KIND.title:
            yield f"an adapter is of the kind {kind}"


def _of_layers(model: torch.nn.Module) -> Iterator[str]:
    for module in model.modules():
        if isinstance(module, AuxiliaryTrainingWrapper):
            yield "an adapter brings layers of its own"
        elif isinstance(module, BaseTunerLayer):
            yield _of_layer(module)


def _of_layer(layer: BaseTunerLayer) -> str:
    base: Any = layer.get_base_layer()
    if type(layer) is not Linear or type(base) not in (torch.nn.Linear, Conv1D):
        return f"an adapter acts on a layer of the kind {type(base).__name__}"
    if layer.lora_variant or len(layer.lora_magnitude_vector) or any(layer.use_dora.values()):
        return "an adapter is no plain LoRA (a DoRA, for example)"
    if any(layer.lora_bias.values()):
        return "an adapter has biases"
    if layer.merged or layer.base_layer is not base:
        return "an adapter is merged, or stands on another"
    if any(
        part.weight.dtype != base.weight.dtype for part in (*layer.lora_A.values(), *layer.lora_B.values())
    ):
        return "an adapter has another arithmetic than the model"
    return ""
