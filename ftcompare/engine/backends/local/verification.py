"""The verification before the first pair: the base is unmodified, and every adapter has an effect.

The most frequent failure of such comparisons is a "base" answer that the fine-tuned model wrote. With the
study's own prompts the following is checked:

1. With no adapter attached, the parameters in memory equal the weight files on disk, number by number. An
   adapter merged into the model, or weights trained in place, would be detected here.
2. The clean base's logits are computed while the model has no PEFT layer, on each prompt in the form that
   every system gets.
3. The adapters are attached (in turn where they cannot be attached together). With all of them off the logits
   equal those of 2: bit-equal where the device is deterministic, else within `bound`, which the statement
   gives.
4. With each adapter on, the logits differ, on the prompts in its system's form, by more than in 3. Weights
   that are all zero fail here. Systems that share an adapter are checked separately.
5. Each adapter's tensors in memory equal those in its folder, number by number: it was not replaced since.
6. The base's files do not already contain an adapter (`merged_adapter_check`).

Weights that were quantized on loading are excluded from 1 and 6, because no file equals them. Kinds of
adapters that do not add to the weights are excluded from 6. Digests recorded with each response detect a
folder that changed between two runs. Not verified: that the files are the base that their name says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

import torch

from ftcompare.core.errors import UserError
from ftcompare.core.language import counted
from ftcompare.core.run_record import SystemVerification
from ftcompare.engine.backends import Emit, IsCancelled, spread, stop_if_cancelled
from ftcompare.engine.backends.local import loading
from ftcompare.engine.backends.local.devices import in_words
from ftcompare.engine.backends.local.generation import interruptible
from ftcompare.engine.backends.local.merged_adapter_check import MergedShare
from ftcompare.engine.backends.local.packed_weights import packed_layers, plain_weight
from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.systems import LoadedSystems, no_gradients
from ftcompare.engine.backends.local.torch_errors import no_memory, unless_out_of_memory
from ftcompare.engine.backends.local.typed_transformers import last_logits
from ftcompare.engine.models.adapter_tensors import present_name
from ftcompare.engine.protocol import Quantisation, Stage, SystemRequest

TokenIds: TypeAlias = tuple[int, ...]
Logits: TypeAlias = dict[TokenIds, torch.Tensor]

MAX_PROMPTS = 8
POSITIONS = 8  # number of last positions of each prompt whose logits are compared
ROUNDINGS = 64  # the bound in units of the data type's rounding error, relative to the largest logit


def verify(
    systems: LoadedSystems,
    requests: Sequence[SystemRequest],
    prompts: Sequence[Encoded],
    emit: Emit,
    is_cancelled: IsCancelled,
    remarks: Mapping[str, str] = MappingProxyType({}),
) -> tuple[SystemVerification, ...]:
    """Verify every requested system; afterwards the adapters are attached.

    At most `MAX_PROMPTS` of the prompts (at least one is needed) are used, evenly spaced. ``remarks``, by
    system key, are added to an adapter's statement. Raises `Cancelled`, or `EnvironmentFault`
    ``out-of-memory`` if memory is insufficient for every prompt.
    """
    systems.detach()
    emit(Stage("Comparing the model in memory with its files"))
    same, compared = compare_with_disk(systems.base, is_cancelled)
    emit(Stage("Verifying the base"))
    chosen, clean = _fitting(systems.base, spread(prompts, MAX_PROMPTS), is_cancelled)
    systems.attach()
    off = max(_differences(systems, "", clean, is_cancelled) for _ in systems.in_turn())
    found: dict[str, _Adapter] = {}
    for request in requests:
        if request.adapter:
            emit(Stage("Verifying that the adapter is active"))
            own = {ids: clean[ids] for ids in (prompt.ids_for(request.key) for prompt in chosen)}
            on = _differences(systems, request.key, own, is_cancelled)
            found[request.key] = _look_at(systems, request.key, on, is_cancelled)
    held = any(one.share is not None and one.share.merged for one in found.values())
    limit, count = bound([*clean.values()]), len(chosen)
    rounding = bound([one.float() for one in clean.values()])
    bits = systems.base.quantisation
    base = _Base(off, rounding, limit, count, same, compared, held, bits, alone=not found)
    return tuple(
        _adapter_verification(request.key, found[request.key], base, remarks.get(request.key, ""))
        if request.adapter
        else _base_verification(request.key, base)
        for request in requests
    )


@dataclass(frozen=True, slots=True)
class _Base:
    off: float  # largest difference of any logit with the adapters off
    rounding: float  # difference of logits in which rounding in the data type may hide an adapter's effect
    limit: float  # the bound for ``off``
    prompts: int
    same: bool  # whether the ``compared`` parameters in memory equal the files
    compared: int
    held: bool  # whether it contains an adapter that is compared with it
    quantisation: Quantisation  # the quantization with which its weights were loaded
    alone: bool  # whether there are no adapters


@dataclass(frozen=True, slots=True)
class _Adapter:
    """Findings about an adapter; ``share`` is None for a kind that cannot be checked."""

    on: float
    same: bool
    share: MergedShare | None
    digest: str
    kind: str


def _look_at(systems: LoadedSystems, key: str, on: float, is_cancelled: IsCancelled) -> _Adapter:
    stop_if_cancelled(is_cancelled)
    same = equals_its_file(systems, key)
    adapter = systems.adapter(key)
    share = systems.share_in_base(key, lambda: stop_if_cancelled(is_cancelled))
    return _Adapter(on, same, share, adapter.digest, adapter.folder.title)


def equals_its_file(systems: LoadedSystems, key: str) -> bool:
    """Return whether memory equals the adapter's folder at present, rounded as in loading."""
    try:
        on_disk = loading.read_again(systems.adapter(key), systems.base.model)
    except (*loading.LOADING_ERRORS, UserError) as error:
        loading.raise_if_the_machines(error)
        return False
    memory, copied = systems.adapter_in_memory(key), systems.adapter(key).left_out
    return set(memory) == set(on_disk) - copied and all(
        memory[name].shape == on_disk[name].shape
        and torch.equal(memory[name], on_disk[name].to(memory[name].device, memory[name].dtype))
        for name in memory
    )


def compare_with_disk(base: loading.Base, is_cancelled: IsCancelled) -> tuple[bool, int]:
    """Return whether the parameters in memory equal those on disk, and how many numbers were compared.

    Tensors that the model holds in another form (another shape or name, quantized, or on no device) are
    not compared; those in another dtype are rounded as in loading.
    """
    packed = {f"{name}.weight": layer for name, layer in packed_layers(base.model)}
    memory = {**base.model.state_dict(), **dict.fromkeys(packed)}
    for name, parameter in base.model.named_parameters():
        if hasattr(parameter, "quant_state"):  # packed, in any data type
            memory.pop(name)
    compared = 0
    for name, tensor in loading.tensors_on_disk(base.folder):
        stop_if_cancelled(is_cancelled)
        key = present_name(name, memory)
        key = key if key in memory else f"{base.model.base_model_prefix}.{name}"
        mine = plain_weight(packed[key]) if key in packed else memory.get(key)
        if mine is None or mine.shape != tensor.shape or mine.is_meta or not mine.is_floating_point():
            continue
        if not torch.equal(mine, tensor.to(mine.device, mine.dtype)):
            return False, compared
        compared += tensor.numel()
    return compared > 0, compared


def bound(logits: Sequence[torch.Tensor]) -> float:
    """Return the maximum difference of two computations of these logits by the same model."""
    largest = max(float(one.abs().max()) for one in logits)
    return ROUNDINGS * torch.finfo(logits[0].dtype).eps * max(largest, 1.0)


def _logits(base: loading.Base, prompts: Iterable[TokenIds], is_cancelled: IsCancelled) -> Logits:
    """Return the logits (positions, vocabulary) of each prompt's last positions, on the CPU."""
    found = {}
    for prompt in prompts:
        stop_if_cancelled(is_cancelled)
        ids = torch.tensor([prompt], device=base.device)
        with no_gradients(), interruptible(base.model, is_cancelled):
            found[prompt] = last_logits(base.model, ids, torch.ones_like(ids), POSITIONS)[0].cpu()
    return found


def _fitting(
    base: loading.Base, prompts: Sequence[Encoded], is_cancelled: IsCancelled
) -> tuple[list[Encoded], Logits]:
    chosen: list[Encoded] = []
    found: Logits = {}
    for prompt in prompts:
        logits = unless_out_of_memory(partial(_logits, base, prompt.forms, is_cancelled))
        if logits is not None:
            found |= logits
            chosen.append(prompt)
    if not chosen:
        raise no_memory()
    return chosen, found


def _differences(systems: LoadedSystems, key: str, clean: Logits, is_cancelled: IsCancelled) -> float:
    """Return the largest difference of any logit from the clean base's; infinite where one is not finite."""
    with systems.speaking(key):
        found = _logits(systems.base, clean, is_cancelled)
    differences = [float((found[ids].float() - one.float()).abs().max()) for ids, one in clean.items()]
    return max(d if d == d else float("inf") for d in differences)


def _base_verification(key: str, base: _Base) -> SystemVerification:
    ok = base.same and not base.held and base.off <= base.limit
    return SystemVerification(key, ok, _finite(base.off), _base_statement(base))


def _base_statement(base: _Base) -> str:
    if not base.same:
        return "The model in memory differs from its files: something was merged into it."
    if base.held:
        return (
            "The base's files already contain an adapter of this comparison: they were saved with the "
            "adapter merged in. Choose the model without it."
        )
    off, limit = base.off, base.limit
    repeated = "Asked again" if base.alone else "With the adapters off"
    first = "the first time" if base.alone else "the base alone"
    found = f"exactly the same values (logits) as {first}"
    if off > 0:
        rounding = "rounding allows" if off <= limit else "more than rounding allows:"
        found = f"the values (logits) of {first} up to a difference of {off:.2g} ({rounding} {limit:.2g})"
    statement = (
        f"{repeated}, the model computes {found} on {counted(base.prompts, 'prompt')}. In memory, "
        f"{base.compared:,} of its weights equal those in its files."
    )
    rounded = f" Weights rounded to {in_words(base.quantisation)} were not compared."
    return statement + rounded if base.quantisation else statement


def _adapter_verification(key: str, adapter: _Adapter, base: _Base, remark: str) -> SystemVerification:
    if fault := _fault_of(adapter, base):
        return SystemVerification(key, ok=False, largest_difference=_finite(adapter.on), statement=fault)
    if adapter.share is None:
        held = f"For {adapter.kind}, the weights do not show whether the base already contains it."
    elif adapter.share.decidable:
        share = round(adapter.share.share, 2) + 0.0  # avoids "-0.00"
        held = f"The base does not contain it already ({share:.2f}; 1 if it did)."
    elif base.quantisation:
        held = "Rounded weights do not show whether the base already contains it."
    else:
        held = "It is too small to determine from the weights whether the base already contains it."
    statement = (
        f"With the adapter on, the values (logits) on {counted(base.prompts, 'prompt')} differ from the "
        f"base's by up to {adapter.on:.3g}. In memory, it equals its file (seal {adapter.digest[:12]}). "
        f"{held} {remark}"
    )
    return SystemVerification(key, ok=True, largest_difference=adapter.on, statement=statement.rstrip())


def _fault_of(adapter: _Adapter, base: _Base) -> str:
    if _finite(adapter.on) != adapter.on:
        return "With the adapter on, the model returns no finite numbers."
    if adapter.on <= (base.off if adapter.share is not None else max(base.off, base.rounding)):
        return "With the adapter on, nothing changes: it has no effect (are its weights all zero?)."
    if not adapter.same:
        return "The adapter in memory differs from its file: the folder was changed after loading."
    if adapter.share is not None and adapter.share.merged:
        return (
            "The base already contains this adapter: in its directions the base's weights are greater "
            f"by {adapter.share.share:.0%} of it, {adapter.share.z:.0f} standard errors above zero."
        )
    return ""


def _finite(value: float) -> float:
    return value if value < float("inf") else 0.0
