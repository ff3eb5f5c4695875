"""The proof before the first pair: the base is the base, and every adapter acts.

The commonest failure of such comparisons is a "base" answer that the fine-tune wrote. On the study's
own prompts four things are looked at:

1. Parameters in memory, with no adapter attached, equal the weight files on disk, each number. An
   adapter that was merged into the model, or weights trained in place, would show here.
2. The clean base's logits are taken while the model has no PEFT layer at all.
3. The adapters are attached. With all of them off the logits equal those of 2: bit-equal where the
   device computes the same way twice, else within `bound`, which the statement gives.
4. With each one on the logits differ, by more than 3 found. Weights that are all zero fail here.

What it does not prove: that the files are the base that their name says. Their digests are reported.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ftcompare.engine.backends import Cancelled, Emit, IsCancelled
from ftcompare.engine.backends.local_loading import Base, tensors_on_disk
from ftcompare.engine.backends.local_prompts import Encoded
from ftcompare.engine.backends.local_systems import Systems, no_gradients
from ftcompare.engine.protocol import Stage, SystemProof, SystemRequest

MAX_PROMPTS = 8
POSITIONS = 8
"""The last positions of each prompt whose logits are compared."""

ROUNDINGS = 64
"""The bound in units of the arithmetic's rounding, relative to the largest logit."""


def prove(
    systems: Systems,
    requests: Sequence[SystemRequest],
    prompts: Sequence[Encoded],
    emit: Emit,
    is_cancelled: IsCancelled,
) -> tuple[SystemProof, ...]:
    """The proof for every system requested; afterwards the adapters are attached.

    Args:
        systems: with or without adapters attached.
        requests: the systems to report on.
        prompts: at least one; `MAX_PROMPTS` of them, evenly spread, are used.
        emit: gets a `Stage` for each step.
        is_cancelled: asked between steps.

    Raises:
        Cancelled: it was cancelled.
    """
    chosen = spread(prompts, MAX_PROMPTS)
    systems.detach()
    emit(Stage("Comparing the model in memory with its files"))
    same, compared = compare_with_disk(systems.base, is_cancelled)
    emit(Stage(f"Proving on {len(chosen)} prompts that the base is the base"))
    clean = _logits(systems.base, chosen, is_cancelled)
    systems.attach()
    off = _differences(systems, "", chosen, clean, is_cancelled)
    limit = bound(clean)
    proofs = []
    for request in requests:
        if request.adapter:
            emit(Stage("Proving that the adapter acts"))
            on = _differences(systems, request.key, chosen, clean, is_cancelled)
            proofs.append(_adapter_proof(request.key, on, off, len(chosen)))
        else:
            proofs.append(_base_proof(request.key, off, limit, len(chosen), same=same, compared=compared))
    return tuple(proofs)


def spread(prompts: Sequence[Encoded], count: int) -> list[Encoded]:
    """At most ``count`` of them, evenly spread."""
    step = max(1, -(-len(prompts) // count))
    return list(prompts[::step])


def compare_with_disk(base: Base, is_cancelled: IsCancelled) -> tuple[bool, int]:
    """Whether the parameters in memory equal those on disk, and how many numbers were compared.

    Tensors on disk that the model holds in another form (another shape or name, or on no device) are
    not compared; those in another dtype are rounded as loading does.
    """
    memory = base.model.state_dict()
    compared = 0
    for name, tensor in tensors_on_disk(base.folder):
        if is_cancelled():
            raise Cancelled
        mine = memory.get(name, memory.get(f"{base.model.base_model_prefix}.{name}"))
        if mine is None or mine.shape != tensor.shape or mine.is_meta:
            continue
        if not torch.equal(mine, tensor.to(mine.device, mine.dtype)):
            return False, compared
        compared += tensor.numel()
    return compared > 0, compared


def bound(logits: Sequence[torch.Tensor]) -> float:
    """How far two computations of these logits may lie apart and still be one model's."""
    largest = max(float(one.abs().max()) for one in logits)
    return ROUNDINGS * torch.finfo(logits[0].dtype).eps * max(largest, 1.0)


def _logits(base: Base, prompts: Sequence[Encoded], is_cancelled: IsCancelled) -> list[torch.Tensor]:
    """For each prompt the logits (positions, vocabulary) of its last positions, on the CPU."""
    found = []
    for prompt in prompts:
        if is_cancelled():
            raise Cancelled
        ids = torch.tensor([prompt.ids], device=base.device)
        with no_gradients():
            output = base.model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False)
        found.append(output.logits[0, -POSITIONS:].cpu())
    return found


def _differences(
    systems: Systems,
    key: str,
    prompts: Sequence[Encoded],
    clean: Sequence[torch.Tensor],
    is_cancelled: IsCancelled,
) -> float:
    """The largest difference of any logit from the clean base's; infinite where one is no number."""
    with systems.speaking(key):
        found = _logits(systems.base, prompts, is_cancelled)
    differences = [float((a.float() - b.float()).abs().max()) for a, b in zip(found, clean, strict=True)]
    return max(d if d == d else float("inf") for d in differences)


def _base_proof(
    key: str, off: float, limit: float, prompts: int, *, same: bool, compared: int
) -> SystemProof:
    if not same:
        statement = "The model in memory does not equal its files: something was merged into it."
        return SystemProof(key, ok=False, largest_difference=_finite(off), statement=statement)
    found = "bit-equal to" if off == 0 else f"within {off:.2g} (bound {limit:.2g}) of"
    if off > limit:
        found = f"{off:.2g} (bound {limit:.2g}) away from"
    statement = (
        f"With the adapters off, the logits on {prompts} prompts are {found} those of the clean base, "
        f"whose {compared:,} numbers in memory equal the files."
    )
    return SystemProof(key, off <= limit, _finite(off), statement)


def _adapter_proof(key: str, on: float, off: float, prompts: int) -> SystemProof:
    if _finite(on) != on:
        statement = "With the adapter on, the model gives no numbers."
        return SystemProof(key, ok=False, largest_difference=0.0, statement=statement)
    if on > off:
        statement = f"With the adapter on, the logits on {prompts} prompts differ by up to {on:.3g}."
        return SystemProof(key, ok=True, largest_difference=on, statement=statement)
    statement = "With the adapter on, nothing changes: it does nothing (are its weights all zero?)."
    return SystemProof(key, ok=False, largest_difference=on, statement=statement)


def _finite(value: float) -> float:
    return value if value < float("inf") else 0.0
