"""PEFT layers for sets of adapters of one base, inserted into the model and removed without copying.

PEFT combines only adapters of one kind, and not every kind safely: several VeRAs share one projection, that
of the last one loaded, and a LoRA with its own embeddings together with one without them is refused or stays
active. Therefore all plain LoRAs of a base form one set, and every other adapter is a set of its own. At most
one set is in the model at a time. Inserting or removing a set replaces the model's layers; nothing is copied
or computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch
from peft import PeftModel

from ftcompare.core.errors import BugError, UserError
from ftcompare.engine.backends.local.loading import (
    LOADING_ERRORS,
    AdapterWeights,
    adapter_broken,
    raise_if_the_machines,
    reason_of,
)
from ftcompare.engine.backends.local.typed_transformers import adapter_weights, set_adapter_weights
from ftcompare.engine.models.adapter_kinds import LORA
from ftcompare.engine.models.adapter_tensors import in_words


@dataclass(frozen=True, slots=True)
class LayerSlot:
    """The position of a layer in the base, with the base's own layer and PEFT's replacement."""

    parent: torch.nn.Module
    name: str
    base: torch.nn.Module
    adapted: torch.nn.Module


class AttachedAdapters:
    """The layers of a set of adapters; after construction they are in the model.

    While the object exists, the adapters' tensors are only here. ``adapters`` has at least one entry, keyed
    by the name for PEFT; the model must have no adapter layers before.

    Raises:
        UserError: ``adapter-broken``, if PEFT cannot load an adapter; ``adapter-other-base``. After any
            exception the model is unchanged.
    """

    def __init__(self, model: torch.nn.Module, adapters: Mapping[str, AdapterWeights]) -> None:
        self._model = model
        self._adapters = adapters
        self.names = adapters.keys()
        self._peft: PeftModel | None = None
        before = [(parent, *child) for parent in list(model.modules()) for child in parent.named_children()]
        try:
            for name, adapter in adapters.items():
                try:
                    self._add(name, adapter)
                except LOADING_ERRORS as error:
                    raise_if_the_machines(error)
                    raise adapter_broken(adapter.folder, f"PEFT refuses it ({reason_of(error)})") from error
            self.peft.eval()
            self._places = list(_changed(before))
        except BaseException:
            self._places = list(_changed(before))
            self.dissolve()
            raise

    @property
    def peft(self) -> PeftModel:
        if self._peft is None:
            raise BugError("No adapter is attached.", code="adapter-state")
        return self._peft

    def put_into_model(self) -> None:
        """Insert the adapters' layers into the model, which must have none."""
        for place in self._places:
            setattr(place.parent, place.name, place.adapted)
        vars(self._model)["peft_config"] = self.peft.peft_config

    def take_out_of_model(self) -> None:
        """Restore the base's own layers in the model."""
        for place in self._places:
            setattr(place.parent, place.name, place.base)
        # PEFT 0.21.2 leaves this attribute on the model, and `BaseTuner.__init__` would add the next adapter
        # to it:
        # https://github.com/huggingface/peft/blob/v0.21.2/src/peft/tuners/tuners_utils.py
        vars(self._model).pop("peft_config", None)

    def weights(self, name: str) -> dict[str, torch.Tensor]:
        """An adapter's tensors by their names in its file; the adapter's layers must be in the model."""
        return adapter_weights(self.peft, name)

    def dissolve(self) -> None:
        """Return the tensors to their `AdapterWeights`, restore the model's own layers, delete the set."""
        try:
            for name, adapter in self._adapters.items():
                if not adapter.tensors:
                    adapter.tensors.update(self.weights(name))
        finally:
            self.take_out_of_model()

    def _add(self, name: str, adapter: AdapterWeights) -> None:
        # autocast_adapter_dtype: by default PEFT 0.21.2 makes adapters in half precision float32, which is
        # another arithmetic than the base's: https://github.com/huggingface/peft/blob/v0.21.2/src/peft/peft_model.py
        if self._peft is None:
            self._peft = PeftModel(self._model, adapter.config, name, autocast_adapter_dtype=False)
        else:
            self._peft.add_adapter(name, adapter.config, autocast_adapter_dtype=False)
        if adapter.folder.peft_type != LORA:
            _check_shapes(adapter, self.weights(name))
        if odd := set_adapter_weights(self._peft, dict(adapter.tensors), name):
            raise ValueError(f"its weights do not go with its configuration, for example {odd[0]}")
        adapter.tensors.clear()


def _changed(before: Iterable[tuple[torch.nn.Module, str, torch.nn.Module]]) -> Iterator[LayerSlot]:
    for parent, name, base in before:
        adapted = parent.get_submodule(name)
        if adapted is not base:
            yield LayerSlot(parent, name, base, adapted)


def _check_shapes(adapter: AdapterWeights, places: Mapping[str, torch.Tensor]) -> None:
    """As `loading` does for LoRA, because PEFT's own message is long and does not mention the base."""
    for name, tensor in adapter.tensors.items():
        if name in places and places[name].shape != tensor.shape:
            raise UserError(
                f"The adapter was made for another base: its {name} is {in_words(tuple(tensor.shape))}, "
                f"this model would need {in_words(tuple(places[name].shape))}.",
                where=str(adapter.folder.path),
                how="Choose the model that the adapter was trained on.",
                code="adapter-other-base",
            )


def attach_groups(adapters: Mapping[str, AdapterWeights]) -> list[dict[str, AdapterWeights]]:
    """The sets of adapters: all plain LoRAs together, each other adapter alone; in their order."""
    found: dict[str, dict[str, AdapterWeights]] = {}
    for name, adapter in adapters.items():
        found.setdefault(name if adapter.folder.not_stackable else LORA, {})[name] = adapter
    return list(found.values())
