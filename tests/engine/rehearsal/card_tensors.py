"""Tensors that say to be on a card, keep their numbers on the CPU, and obey a card's rules.

An operation is refused where a card refuses it: on tensors of several devices, with a generator of the CPU,
and while a graph is being recorded if it waits for the card or copies from the host. Otherwise the CPU
computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import torch
from torch import Tensor

from tests.engine.rehearsal.card_graphs import Recording, flat, refuse
from tests.engine.rehearsal.card_memory import CARDS, Block, Card

aten: Any = torch.ops.aten
torch_c: Any = torch._C
CPU = torch.device("cpu")

WAITING = {
    "_local_scalar_dense", "_unique2", "allclose", "bincount", "equal", "is_nonzero", "masked_select",
    "nonzero", "unique_consecutive", "unique_dim",
}  # fmt: skip
"""Operations whose results, or their shapes, the host must know."""

INDEXING = {"_index_put_impl_", "_unsafe_index", "_unsafe_index_put", "index", "index_put", "index_put_"}
WITH_NUMBER = {
    "_index_put_impl_", "fill", "fill_", "index_fill_", "index_put_", "masked_fill", "masked_fill_", "where",
}  # fmt: skip
"""Operations that take a tensor of the host without dimensions, as pointwise ones do."""

NOT_RECORDED = {"alias", "detach"}
IMPLICIT = torch_c.DispatchKey.CompositeImplicitAutograd


class CardTensor(Tensor):
    """A tensor of a card: ``numbers`` on the CPU, memory counted by ``block``."""

    numbers: Tensor
    block: Block

    __torch_function__ = torch_c._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        return dispatch(func, args, kwargs or {})

    # With these two torch exchanges the tensors of a module that moves to a card, and not only their numbers.
    def __tensor_flatten__(self) -> tuple[list[str], object]:
        return ["numbers"], self.block.card

    @staticmethod
    def __tensor_unflatten__(inner: Mapping[str, Tensor], card: Card, *_: object) -> CardTensor:
        return new_on_card(inner["numbers"], card)

    def tolist(self) -> Any:
        refuse("tolist")
        return self.numbers.tolist()

    def numpy(self, *, force: bool = False) -> NoReturn:
        raise TypeError("can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() first.")

    def __array__(self, *_: object) -> NoReturn:
        self.numpy()

    def data_ptr(self) -> int:
        return self.numbers.data_ptr()

    def is_pinned(self, device: object = None) -> bool:
        return False


def on_card(inner: Tensor, block: Block) -> CardTensor:
    made = Tensor._make_wrapper_subclass(
        CardTensor,
        inner.shape,
        strides=inner.stride(),
        storage_offset=inner.storage_offset(),
        dtype=inner.dtype,
        layout=inner.layout,
        device=block.card.device,
    )
    made.numbers, made.block = inner, block
    return made


def new_on_card(inner: Tensor, card: Card) -> CardTensor:
    return on_card(inner, Block(inner.untyped_storage().nbytes(), card))


@dataclass(frozen=True, slots=True)
class Operation:
    """What the rules need to know of one of torch's operations."""

    name: str
    is_composite: bool  # made of others: in inference mode it arrives whole
    waits: bool
    indexes: bool
    takes_number: bool
    changes: bool  # one of its arguments
    is_recorded: bool


_KNOWN: dict[Any, Operation] = {}


def _operation(func: Any) -> Operation:
    name = func._schema.name.removeprefix("aten::")
    found = Operation(
        name=name,
        is_composite=torch_c._dispatch_has_kernel_for_dispatch_key(func.name(), IMPLICIT),
        waits=name in WAITING,
        indexes=name in INDEXING,
        takes_number=name in WITH_NUMBER or torch.Tag.pointwise in func.tags,
        changes=func._schema.is_mutable,
        is_recorded=name not in NOT_RECORDED,
    )
    _KNOWN[func] = found
    return found


def dispatch(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Do one of torch's operations by a card's rules."""
    operation = _KNOWN.get(func) or _operation(func)
    if operation.is_composite:
        found = func.decompose(*args, **kwargs)
        if found is not NotImplemented:
            return found
    with torch_c._InferenceMode(False), torch_c._AutoDispatchBelowAutograd():
        return _Call(func, operation, args, kwargs).result()


class _Call:
    """An operation with arguments."""

    def __init__(
        self, func: Any, operation: Operation, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> None:
        self.func = func
        self.operation = operation
        self.args = args
        self.cards: list[CardTensor] = []
        self.others: list[Tensor] = []
        self.inner_args = [self._inside(one) for one in args]
        self.inner_kwargs = {name: self._inside(one) for name, one in kwargs.items()} if kwargs else {}

    def _inside(self, value: Any) -> Any:
        """Return a value with the CPU's tensors in the place of a card's; sort all tensors by device."""
        if isinstance(value, Tensor):
            if type(value) is CardTensor:
                self.cards.append(value)
                return value.numbers
            self.others.append(value)
        elif type(value) in (list, tuple):
            return type(value)(self._inside(one) for one in value)
        return value

    def result(self) -> Any:
        operation, kwargs = self.operation, self.inner_kwargs
        CARDS.operations[operation.name] += 1
        if operation.name == "is_pinned":
            return False
        self._check_devices()
        if operation.waits:
            refuse(operation.name)
        if not kwargs:
            return self._outside(self.func(*self.inner_args), self._card())
        generator = kwargs.get("generator")
        if isinstance(generator, torch.Generator) and generator.device.type != "cuda":
            raise RuntimeError("Expected a 'cuda' device type for generator but found 'cpu'")
        card = self._card()
        if kwargs.get("device") is not None:
            target = torch.device(kwargs["device"])
            kwargs["device"] = CPU
            if target.type == "cpu":
                refuse("copy to the host")
                return self.func(*self.inner_args, **kwargs)
            card = CARDS.of(target)
            if self.others or any(one.block.card is not card for one in self.cards):
                refuse("copy between devices")
        if kwargs.get("pin_memory"):
            kwargs["pin_memory"] = False
        return self._outside(self.func(*self.inner_args, **kwargs), card)

    def _card(self) -> Card:
        return self.cards[0].block.card if self.cards else CARDS.first

    def _check_devices(self) -> None:
        operation = self.operation
        several = len(self.cards) > 1 and len({id(one.block.card) for one in self.cards}) > 1
        if not several and not self.others and not operation.indexes:
            return
        if operation.name in ("copy_", "_to_copy"):
            refuse("copy between devices")
        elif operation.indexes:
            self._check_indices()
        elif several or not all(operation.takes_number and one.dim() == 0 for one in self.others):
            places = ", ".join(f"{one.device} {tuple(one.shape)}" for one in (*self.cards, *self.others))
            raise RuntimeError(
                f"Expected all tensors to be on the same device (aten::{operation.name}: {places})"
            )

    def _check_indices(self) -> None:
        for index in self.args[1]:
            if index is not None and index.dtype in (torch.bool, torch.uint8):
                refuse("index by a mask")
            if index is not None and type(index) is not CardTensor:
                refuse("index from the host")
        if type(self.args[0]) is not CardTensor:
            raise RuntimeError("indices should be on the same device as the indexed tensor (cpu)")
        if len(self.args) > 2 and type(self.args[2]) is not CardTensor and self.args[2].dim():
            raise RuntimeError("Expected all tensors to be on the same device (values are on cpu)")

    def _outside(self, result: Any, card: Card) -> Any:
        """Return a result with a card's tensors in the place of the CPU's; record the operation."""
        created: dict[int, Block] = {}
        whole = isinstance(result, Tensor)
        found = [self._one_outside(one, card, created) for one in flat(result)]
        if Recording.graph is not None and (created or self.operation.changes) and self.operation.is_recorded:
            Recording.graph.keep(self.func, self.inner_args, self.inner_kwargs, flat(result), created)
        return found[0] if whole or not isinstance(result, list | tuple) else type(result)(found)

    def _one_outside(self, one: Any, card: Card, created: dict[int, Block]) -> Any:
        if not isinstance(one, Tensor):
            return one
        storage = one.untyped_storage().data_ptr() if one.numel() else -1
        for mine in self.cards:
            if mine.numbers is one:
                if mine.shape != one.shape or mine.stride() != one.stride():
                    raise AssertionError(f"the rehearsal knows no {self.operation.name} that changes a shape")
                return mine
            if storage >= 0 and mine.numbers.untyped_storage().data_ptr() == storage:
                return on_card(one, mine.block)
        made = new_on_card(one, card)
        created[id(one)] = made.block
        return made


FACTORIES = (
    "arange", "arange.start", "arange.start_step", "empty.memory_format", "empty_strided", "eye", "eye.m",
    "full", "linspace", "ones", "rand", "rand.generator", "randint", "randint.low", "randn",
    "randn.generator", "randperm", "scalar_tensor", "tril_indices", "triu_indices", "zeros",
)  # fmt: skip


def _factory(spelled: str) -> Callable[..., CardTensor]:
    name, _, overload = spelled.partition(".")
    func: Any = getattr(getattr(aten, name), overload or "default")

    def make(*args: Any, **kwargs: Any) -> CardTensor:
        card = CARDS.of(kwargs.pop("device", None))
        kwargs = {**kwargs, "device": CPU}
        kwargs.pop("pin_memory", None)
        with torch_c._InferenceMode(False), torch_c._AutoDispatchBelowAutograd():
            inner = func(*args, **kwargs)
            made = new_on_card(inner, card)
        if Recording.graph is not None:
            Recording.graph.keep(func, args, kwargs, [inner], {id(inner): made.block})
        return made

    return make


def register_operations() -> Any:
    """Register what arrives without a tensor of a card; return what must be kept while it is in use.

    At the dispatcher's key of CUDA, and so in all threads: a mode would be that of one thread, and models are
    loaded by several.
    """
    make: Any = torch.library.Library
    library = make("aten", "IMPL")
    for spelled in FACTORIES:
        library.impl(spelled, _factory(spelled), "CUDA", allow_override=True)
    # `torch.tensor` copies with the key of Python excluded: this arrives at the key of CUDA.
    library.impl(
        "copy_",
        lambda *args, **kwargs: dispatch(aten.copy_.default, args, kwargs),
        "CUDA",
        allow_override=True,
    )
    return library
