"""Which of PEFT's layers read the same input: found by looking at one pass, not by their names."""

from __future__ import annotations

from typing import Any

import torch
from peft.tuners.lora.layer import Linear
from torch import Tensor

from ftcompare.engine.backends.local.systems import no_gradients


def same_inputs(model: Any, tokens: int = 1) -> list[list[Linear]]:
    """Every targeted layer of a model, in the order of their passes, those with one input together.

    So many tokens are passed through the model. Layers are together where they were given the very same
    tensor one after another; when they serve, each looks again whether it is.
    """
    groups: list[list[Linear]] = []
    last: list[Tensor] = []

    def look(layer: Any, inputs: tuple[Tensor, ...]) -> None:
        if last and last[0] is inputs[0]:
            groups[-1].append(layer)
        else:
            groups.append([layer])
        last[:] = inputs[:1]

    layers = [module for module in model.modules() if isinstance(module, Linear)]
    handles = [layer.register_forward_pre_hook(look) for layer in layers]
    try:
        with no_gradients():
            model(input_ids=torch.zeros(1, tokens, dtype=torch.long, device=model.device), use_cache=False)
    finally:
        for handle in handles:
            handle.remove()
    return groups
