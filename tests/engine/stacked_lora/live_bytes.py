"""Counts the bytes of tensors, without the allocator's own decisions."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.multiprocessing import reductions
from torch.utils._pytree import tree_leaves

from tests.engine.stacked_lora.static_runners import looking

WeakReference: Any = reductions.StorageWeakRef


class LiveBytes:
    """The most bytes that tensors made within it had at a time, looked at after every operation."""

    def __init__(self) -> None:
        self.most = 0
        self._live: dict[int, tuple[Any, int]] = {}
        self._mode = looking(self._count)

    def __enter__(self) -> LiveBytes:
        self._mode.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._mode.__exit__(*error)

    def _count(self, func: Any, args: Any, kwargs: Any) -> Any:
        before = {
            one.untyped_storage()._cdata for one in tree_leaves((args, kwargs)) if isinstance(one, Tensor)
        }
        result = func(*args, **kwargs)
        self._live = {key: one for key, one in self._live.items() if not one[0].expired()}
        for one in tree_leaves(result):
            if isinstance(one, Tensor):
                storage = one.untyped_storage()
                if storage._cdata not in before:
                    self._live.setdefault(storage._cdata, (WeakReference(storage), storage.nbytes()))
        self.most = max(self.most, sum(size for _, size in self._live.values()))
        return result
