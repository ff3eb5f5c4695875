"""One base in memory with its adapters beside it: attaching, detaching, and speaking as one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from peft import PeftModel
from peft.tuners.tuners_utils import BaseTunerLayer

from ftcompare.core.errors import BugError
from ftcompare.engine.backends.local_library import set_adapter_weights
from ftcompare.engine.backends.local_loading import (
    LOADING_ERRORS,
    AdapterWeights,
    Base,
    adapter_broken,
    reason_of,
)


class Systems:
    """The base and its adapters, of which none or one acts at a time.

    Adapters are never merged, and never attached while the clean base is looked at: `clean` gives the
    model with no PEFT layer in it.

    Args:
        base: the model, which PEFT changes in place when adapters are attached.
        adapters: by system key.
    """

    def __init__(self, base: Base, adapters: Mapping[str, AdapterWeights]) -> None:
        self.base = base
        self._adapters = dict(adapters)
        self._names = {key: f"adapter_{number}" for number, key in enumerate(self._adapters)}
        self._peft: PeftModel | None = None

    def attach(self) -> None:
        """Put the adapters beside the base.

        Raises:
            UserError: ``adapter-broken``, if PEFT cannot make sense of one.
        """
        for key, adapter in self._adapters.items():
            try:
                self._attach_one(self._names[key], adapter)
            except LOADING_ERRORS as error:
                self.detach()
                raise adapter_broken(adapter.folder, f"PEFT refuses it ({reason_of(error)})") from error
        if self._peft is not None:
            self._peft.eval()

    def _attach_one(self, name: str, adapter: AdapterWeights) -> None:
        if self._peft is None:
            self._peft = PeftModel(self.base.model, adapter.config, name, autocast_adapter_dtype=False)
        else:
            self._peft.add_adapter(name, adapter.config, autocast_adapter_dtype=False)
        info = set_adapter_weights(self._peft, dict(adapter.tensors), name)
        if odd := (*info.unexpected, *info.missing):
            raise ValueError(f"its weights do not go with its configuration, for example {odd[0]}")

    def detach(self) -> None:
        """Take the adapters off again: the model is as it was loaded."""
        peft, self._peft = self._peft, None
        if peft is not None:
            peft.unload()

    @contextmanager
    def speaking(self, key: str) -> Iterator[None]:
        """Within it the model is this system: an adapter's, or else the base.

        Raises:
            BugError: ``adapter-state``, if before or after the work another system was acting.
        """
        if self._peft is None:
            self._verify(None)
            yield
            self._verify(None)
        elif key in self._names:
            self._peft.set_adapter(self._names[key], inference_mode=True)
            self._verify(self._names[key])
            yield
            self._verify(self._names[key])
        else:
            with self._peft.disable_adapter():
                self._verify(None)
                yield
                self._verify(None)

    def _verify(self, name: str | None) -> None:
        layers = [layer for layer in self.base.model.modules() if isinstance(layer, BaseTunerLayer)]
        right = all(not layer.merged and _acts(layer, name) for layer in layers)
        if not right or (name is not None and not layers):
            raise BugError("Another system than asked for was acting.", code="adapter-state")


def _acts(layer: BaseTunerLayer, name: str | None) -> bool:
    """Whether nothing but the named adapter acts in a layer; None: nothing at all."""
    if name is None:
        return bool(layer.disable_adapters)
    return not layer.disable_adapters and layer.active_adapters == [name]


def no_gradients() -> torch.inference_mode:
    """The context that every pass through a model runs in."""
    return torch.inference_mode()
