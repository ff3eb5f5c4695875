"""Linear layers of a CPU model whose weights are stored as a library for fast products arranges them.

torch multiplies a few rows with a plain matrix slowly: it reads the weights in the wrong order, or, in half
precision on a processor without such instructions, number by number. `pack` therefore replaces the weights of
a model by arranged ones, which are stored instead of them, where that is faster on this machine:

- `HalfWeights`: 16 bits a number, which FBGEMM multiplies in float32. All numbers are multiplied by a power
  of two first, so that weights trained in bfloat16 are represented exactly. The few that are not, because
  the largest is 2^32 times as large, are rounded in products, and also stored as they are. Weights that need
  float32 are not packed.
- `BlockedWeights`: the model's own data type in the order that oneDNN chooses.

Which of them are used is measured. A layer is packed only if that takes no more memory, and if its product of
some numbers equals that of the plain weights within rounding. `plain_weight` returns the very numbers that
were packed.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any, Protocol, TypeAlias, cast
from weakref import WeakSet, ref

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from ftcompare.engine.backends.local.devices import device_name
from ftcompare.engine.models.weight_digests import remember, remembered, remembered_in

CLEARLY_FASTER = 1.2
JOINED_NUMBERS = 1 << 22  # maximum weights to pack together: with more, a call is a small part of the time
MEASURED_ROWS = (2, 8)
MEASURED_SHAPE = 2048, 4096  # larger than most caches
MEASURED_STEPS = 4
PADDED = 512  # FBGEMM stores a multiple of this number of inputs
MOST_BYTES = 1.05  # maximum memory of packed weights, as a share of that of the plain ones
MOST_ODD = 1e-3  # maximum share of numbers that half precision rounds
HALF_EXPONENT = 15  # of the largest number after scaling: half precision ends at 2^16
ROUNDINGS = 64  # maximum difference of two products, in float32's rounding errors of the largest number
RESULT_ROUNDINGS = 4  # and in those of the model's data type

TURNED = range(2, 5)
"""Numbers of vectors for which a float32 product on a CPU is computed as W xᵀ.

It takes half the time of x Wᵀ: two vectors took 20 ms, not 43, in all layers of a model of 135M parameters.
"""

_half: Any = torch.ops.quantized
_blocked: Any = torch.ops.mkldnn


class PackedWeights(Protocol):
    """Weights (out, in) in an arrangement of their own."""

    nbytes: int

    def __init__(self, weight: Tensor) -> None:
        """Arrange plain weights. Raises `CannotPack`."""

    def product(self, x: Tensor) -> Tensor:
        """Return x Wᵀ (…, out), in the data type of ``x`` (…, in)."""

    def plain(self) -> Tensor:
        """Return the weights, equal to those that were packed, in new memory."""


class CannotPack(Exception):
    """These weights, or this machine, do not allow an arrangement."""


class HalfWeights:
    def __init__(self, weight: Tensor) -> None:
        wide = weight.float()
        largest = max(abs(float(one)) for one in wide.aminmax())
        self._scale = 2.0 ** (HALF_EXPONENT - math.frexp(largest)[1]) if largest else 1.0
        wide = wide * self._scale
        odd = (wide.half().float() != wide).view(-1).nonzero()[:, 0]
        if len(odd) > MOST_ODD * weight.numel():
            raise CannotPack
        self._odd = odd, weight.reshape(-1)[odd]
        self._dtype = weight.dtype
        self._back = torch.tensor(1 / self._scale)
        self._widens = weight.shape[0] > weight.shape[1]
        self._numbers = _half.linear_prepack_fp16(wide, None)
        self.nbytes = 2 * len(weight) * PADDED * math.ceil(weight.shape[1] / PADDED)

    def product(self, x: Tensor) -> Tensor:
        if self._widens:  # a power of two changes no digits, so the smaller side is multiplied
            found: Tensor = _half.linear_dynamic_fp16(x.float().mul(self._back), self._numbers)
        else:
            found = _half.linear_dynamic_fp16(x.float(), self._numbers).mul_(self._back)
        return found.to(x.dtype)

    def plain(self) -> Tensor:
        wide: Tensor = _half.linear_unpack_fp16(self._numbers)[0]
        found = wide.div_(self._scale).to(self._dtype)
        found.view(-1)[self._odd[0]] = self._odd[1]
        return found


class BlockedWeights:
    def __init__(self, weight: Tensor) -> None:
        self._numbers: Tensor = _blocked._reorder_linear_weight(weight, MEASURED_ROWS[0])  # noqa: SLF001 - as below
        self.nbytes = int(_blocked._nbytes(self._numbers))  # noqa: SLF001 - torch has no public name

    def product(self, x: Tensor) -> Tensor:
        found: Tensor = _blocked._linear_pointwise(x, self._numbers, None, "none", [], "")  # noqa: SLF001 - as above
        return found

    def plain(self) -> Tensor:
        return self._numbers.to_dense()


class JoinedPart:
    """Packed weights of one of several layers with the same input, whose products are computed at once."""

    def __init__(self, whole: PackedWeights, sizes: Sequence[int], place: int, memory: list[Any]) -> None:
        self.nbytes = whole.nbytes * sizes[place] // sum(sizes)
        self._whole, self._sizes, self._place = whole, sizes, place
        self._memory = memory  # the same of all parts: a reference to the last input, and the products

    def product(self, x: Tensor) -> Tensor:
        memory = self._memory
        if not memory or memory[0]() is not x:
            memory[:] = ref(x), *self._whole.product(x).split_with_sizes(self._sizes, -1)
        found: Tensor = memory[1 + self._place]
        if self._place == len(self._sizes) - 1:
            memory.clear()
        return found

    def plain(self) -> Tensor:
        return self._whole.plain().split_with_sizes(self._sizes)[self._place]


Arrangement: TypeAlias = Callable[[Tensor], PackedWeights]

ARRANGEMENTS: tuple[type[PackedWeights], ...] = (HalfWeights, BlockedWeights)


class PackedLinear(nn.Linear):
    """A linear layer whose weights are packed; made from a plain one by `pack`.

    ``weight`` has their shape, data type, and device, as PEFT needs, but every number is NaN.
    """

    packed: PackedWeights | JoinedPart

    def __getattr__(self, name: str) -> Any:
        if name == "weight":
            return self.like.expand(self.out_features, self.in_features)
        return super().__getattr__(name)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name in nn.Linear
        found = self.packed.product(input)
        bias = cast("Tensor | None", self.bias)
        return found if bias is None else found + bias


def plain_weight(layer: nn.Module) -> Tensor:
    """Return the weights of a linear layer as they were loaded."""
    return layer.packed.plain() if isinstance(layer, PackedLinear) else cast("Tensor", layer.weight)


def packed_layers(model: nn.Module) -> Iterator[tuple[str, PackedLinear]]:
    return ((name, one) for name, one in model.named_modules() if isinstance(one, PackedLinear))


def product(flat: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Multiply ``flat`` (vectors, in) by plain weights (out, in) on a CPU, plus bias."""
    if len(flat) not in TURNED or weight.dtype != torch.float32:
        return linear(flat, weight, bias)
    found = torch.mm(weight, flat.t()).t()
    return found.contiguous() if bias is None else found + bias


_SEEN: WeakSet[nn.Module] = WeakSet()  # models that `pack` has gone through


def pack(model: nn.Module, groups: Iterable[Sequence[nn.Module]], check: Callable[[], None]) -> None:
    """Pack those of a model's layers in place that are plain ones on a CPU, if that is faster here.

    The layers of a group have the same input; small ones are packed together. ``check`` may raise to stop
    between two groups. A matrix that the embedding shares stays where it is, and is packed beside it only
    in float32, where half as many bytes are added.
    """
    used = Counter(id(one) for _, one in model.named_parameters(remove_duplicate=False))
    plain = [[one for one in group if type(one) is nn.Linear and _fits(one, used)] for group in groups]
    plain = [group for group in plain if group]
    if not plain or model in _SEEN:
        return
    _SEEN.add(model)
    if kinds := faster(plain[0][0].weight.dtype, torch.get_num_threads()):
        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            list(pool.map(lambda group: _pack_group(group, kinds, check), plain))
        for one in model.parameters():  # the weights of a file can be views of one block of memory
            if one.untyped_storage().nbytes() > one.nbytes:
                one.data = one.data.clone()


def _fits(layer: nn.Linear, used: Mapping[int, int]) -> bool:
    weight = layer.weight
    return weight.device.type == "cpu" and (used[id(weight)] == 1 or weight.dtype == torch.float32)


def _pack_group(group: Sequence[nn.Linear], kinds: Sequence[Arrangement], check: Callable[[], None]) -> None:
    if len(group) > 1 and not _pack_joined(group, kinds[0]):
        for layer in group:
            _pack_group([layer], kinds, check)
    elif len(group) == 1:
        check()
        weight = group[0].weight.detach()
        if packed := next((one for kind in kinds if (one := _smaller(kind, weight))), None):
            _replace(group[0], packed)


def _pack_joined(group: Sequence[nn.Linear], kind: Arrangement) -> bool:
    sizes = [len(layer.weight) for layer in group]
    if sum(layer.weight.numel() for layer in group) > JOINED_NUMBERS:
        return False
    whole = _smaller(kind, torch.cat([layer.weight.detach() for layer in group]))
    memory: list[Any] = []
    for place, layer in enumerate(group if whole else ()):
        _replace(layer, JoinedPart(cast("PackedWeights", whole), sizes, place, memory))
    return whole is not None


def _replace(layer: nn.Linear, packed: PackedWeights | JoinedPart) -> None:
    like = layer.weight.detach().new_full((1, 1), math.nan)
    del layer.weight
    vars(layer).update(packed=packed, like=like)
    layer.__class__ = PackedLinear


def _smaller(kind: Arrangement, weight: Tensor) -> PackedWeights | None:
    """Return packed weights with equal products, in less memory than plain ones; None if there are none."""
    with torch.inference_mode(mode=False), torch.no_grad():
        packed = _equal(kind, weight)
        return packed if packed and packed.nbytes <= MOST_BYTES * weight.nbytes else None


def _equal(kind: Arrangement, weight: Tensor) -> PackedWeights | None:
    """Return packed weights whose products are those of the plain ones; None if there are none."""
    packed = _packed(kind, weight)
    if packed is None:
        return None
    random = torch.Generator().manual_seed(0)
    x = torch.randn(MEASURED_ROWS[0], weight.shape[1], generator=random).to(weight.dtype)
    expected = linear(x, weight).float()
    difference = float((packed.product(x).float() - expected).abs().max())
    rounding = max(ROUNDINGS * torch.finfo(torch.float32).eps, RESULT_ROUNDINGS * torch.finfo(x.dtype).eps)
    return packed if difference <= rounding * float(expected.abs().max()) else None


def _packed(kind: Arrangement, weight: Tensor) -> PackedWeights | None:
    try:
        return kind(weight)
    except (CannotPack, RuntimeError, AttributeError):  # torch's errors for what a machine or a build lacks
        return None


@cache
def faster(dtype: torch.dtype, threads: int) -> tuple[Arrangement, ...]:
    """Return the arrangements whose products are clearly faster here than plain ones, the fastest first.

    They are measured once on a machine and remembered, so that later starts compute with the same ones.
    """
    processor = device_name(torch.device("cpu"))
    key, file = f"{processor}, torch {torch.__version__}, {dtype}, {threads}", remembered_in("packing.json")
    known = remembered(file)
    if not isinstance(known.get(key), list):
        known[key] = [kind.__name__ for kind in _measured(dtype)]
        remember(file, known)
    return tuple(kind for name in known[key] for kind in ARRANGEMENTS if kind.__name__ == name)


def _measured(dtype: torch.dtype) -> tuple[Arrangement, ...]:
    random = torch.Generator().manual_seed(0)
    weight = torch.randn(MEASURED_SHAPE, generator=random).bfloat16().to(dtype)
    rows = [torch.ones(count, MEASURED_SHAPE[1], dtype=dtype) for count in MEASURED_ROWS]
    with torch.inference_mode():
        packed = {kind: one for kind in ARRANGEMENTS if (one := _equal(kind, weight))}
        plain = partial(product, weight=weight, bias=None)
        works: list[Callable[[Tensor], Tensor]] = [plain, *(one.product for one in packed.values())]
        best = [math.inf] * len(works)
        for _ in range(MEASURED_STEPS):  # in turn, so that other load hits all alike
            for at, work in enumerate(works):
                begin = time.perf_counter()
                for x in rows:
                    work(x)
                best[at] = min(best[at], time.perf_counter() - begin)
    times = dict(zip(packed, best[1:], strict=True))
    kinds = sorted(times, key=times.__getitem__)
    return tuple(kind for kind in kinds if best[0] > CLEARLY_FASTER * times[kind])
