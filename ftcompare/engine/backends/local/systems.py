"""One base in memory with its adapters: attaching and detaching them, and selecting one system.

PEFT combines only adapters of one kind, and not every kind safely: several VeRAs share one projection, that
of the last one loaded, and a LoRA with its own embeddings together with one without them is refused or stays
active. Therefore all plain LoRAs of a base form one set, and every other adapter is a set of its own. At most
one set is in the model at a time. Inserting or removing a set replaces the model's layers without copying.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from peft import PeftModel
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils.other import AuxiliaryTrainingWrapper

from ftcompare.core.errors import BugError
from ftcompare.engine.backends.local import loading
from ftcompare.engine.backends.local.merged_adapter_check import MergedShare, adapter_directions, merged_share
from ftcompare.engine.backends.local.packed_weights import packed_layers
from ftcompare.engine.backends.local.prompts import AS_IT_IS, NO_FORMS, Forms, end_tokens
from ftcompare.engine.backends.local.response_end import ResponseRules
from ftcompare.engine.backends.local.typed_transformers import adapter_weights, set_adapter_weights
from ftcompare.engine.models.adapter_config import LORA, other_base
from ftcompare.engine.models.adapter_tensors import in_words
from ftcompare.engine.protocol import GenerationSettings


@dataclass(frozen=True, slots=True)
class LayerSlot:
    """Position of a layer in the base, with the base's own layer and PEFT's replacement."""

    parent: torch.nn.Module
    name: str
    base: torch.nn.Module
    adapted: torch.nn.Module


class AttachedAdapters:
    """Layers of a set of adapters; after construction they are in the model.

    While the object exists, the adapters' tensors are only here. ``adapters``, at least one, are keyed by
    PEFT's name; the model must have no adapter layers before. Raises `UserError` ``adapter-broken`` if
    PEFT cannot load an adapter, or ``adapter-other-base``. After any exception the model is unchanged.
    """

    def __init__(self, model: torch.nn.Module, adapters: Mapping[str, loading.AdapterWeights]) -> None:
        self._model = model
        self._adapters = adapters
        self.names = adapters.keys()
        self._peft: PeftModel | None = None
        before = [(parent, *child) for parent in list(model.modules()) for child in parent.named_children()]
        try:
            for name, adapter in adapters.items():
                try:
                    self._add(name, adapter)
                except loading.LOADING_ERRORS as error:
                    loading.raise_if_the_machines(error)
                    raise loading.adapter_broken(
                        adapter.folder, f"PEFT rejects it ({loading.reason_of(error)})"
                    ) from error
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
        for place in self._places:
            setattr(place.parent, place.name, place.adapted)
        vars(self._model)["peft_config"] = self.peft.peft_config

    def take_out_of_model(self) -> None:
        for place in self._places:
            setattr(place.parent, place.name, place.base)
        # PEFT 0.21.2 leaves this attribute on the model, and `BaseTuner.__init__` would add the next adapter
        # to it:
        # https://github.com/huggingface/peft/blob/v0.21.2/src/peft/tuners/tuners_utils.py
        vars(self._model).pop("peft_config", None)

    def weights(self, name: str) -> dict[str, torch.Tensor]:
        """Return an adapter's tensors by their names in its file; its layers must be in the model."""
        return adapter_weights(self.peft, name)

    def dissolve(self) -> None:
        """Return the tensors to their `AdapterWeights`, restore the model's own layers, delete the set."""
        try:
            for name, adapter in self._adapters.items():
                if not adapter.tensors:
                    adapter.tensors.update(self.weights(name))
        finally:
            self.take_out_of_model()

    def _add(self, name: str, adapter: loading.AdapterWeights) -> None:
        # autocast_adapter_dtype: by default PEFT 0.21.2 makes adapters in half precision float32, which is
        # another arithmetic than the base's: https://github.com/huggingface/peft/blob/v0.21.2/src/peft/peft_model.py
        if self._peft is None:
            self._peft = PeftModel(self._model, adapter.config, name, autocast_adapter_dtype=False)
        else:
            self._peft.add_adapter(name, adapter.config, autocast_adapter_dtype=False)
        if adapter.folder.peft_type != LORA:
            _check_shapes(adapter, self.weights(name))
        if odd := set_adapter_weights(self._peft, dict(adapter.tensors), name):
            raise ValueError(f"its weights do not match its configuration, for example {odd[0]}")
        adapter.tensors.clear()


def _changed(before: Iterable[tuple[torch.nn.Module, str, torch.nn.Module]]) -> Iterator[LayerSlot]:
    for parent, name, base in before:
        adapted = parent.get_submodule(name)
        if adapted is not base:
            yield LayerSlot(parent, name, base, adapted)


def _check_shapes(adapter: loading.AdapterWeights, places: Mapping[str, torch.Tensor]) -> None:
    """Check shapes: PEFT's own message is long and does not mention the base."""
    for name, tensor in adapter.tensors.items():
        if name in places and places[name].shape != tensor.shape:
            shapes = in_words(tuple(tensor.shape)), in_words(tuple(places[name].shape))
            what = f"its {name} is {shapes[0]}, but this model needs {shapes[1]}."
            where = str(adapter.folder.path)
            raise other_base(f"The adapter was made for another base: {what}", where)


def attach_groups(adapters: Mapping[str, loading.AdapterWeights]) -> list[dict[str, loading.AdapterWeights]]:
    """Return the sets of adapters: all plain LoRAs together, each other adapter alone; in order."""
    found: dict[str, dict[str, loading.AdapterWeights]] = {}
    for name, adapter in adapters.items():
        found.setdefault(name if adapter.folder.not_stackable else LORA, {})[name] = adapter
    return list(found.values())


AdapterLayer: TypeAlias = BaseTunerLayer | AuxiliaryTrainingWrapper  # the latter for ``modules_to_save``


class LoadedSystems:
    """The base and its adapters, of which at most one is active at a time.

    Adapters, by system key, are never merged, and never attached while the clean base is examined,
    because attaching changes the model in place. Systems that share one `AdapterWeights` share its
    memory. ``forms`` say how each system is asked.
    """

    def __init__(
        self,
        base: loading.Base,
        adapters: Mapping[str, loading.AdapterWeights],
        forms: Forms = NO_FORMS,
    ) -> None:
        self.base = base
        self.forms = dict(forms)
        self._adapters = dict(adapters)
        different = [id(one) for one in {id(one): one for one in self._adapters.values()}.values()]
        self._names = {key: f"adapter_{different.index(id(one))}" for key, one in self._adapters.items()}
        self._attached: list[AttachedAdapters] = []
        self._in_model: AttachedAdapters | None = None

    def attach(self) -> None:
        """Attach the adapters. Raises `UserError` ``adapter-broken``, ``adapter-other-base``."""
        adapters = {self._names[key]: adapter for key, adapter in self._adapters.items()}
        for some in attach_groups(adapters):
            try:
                self._take_out_of_model()
                self._attached.append(AttachedAdapters(self.base.model, some))
            except BaseException:
                self.detach()
                raise
            self._in_model = self._attached[-1]

    def detach(self) -> None:
        while self._attached:
            self._put_into_model(self._attached[0])
            self._in_model = None
            self._attached[0].dissolve()
            del self._attached[0]

    def in_turn(self) -> Iterator[None]:
        """Put one set of adapters after the other into the model; yields once if there are none."""
        for attached_set in self._attached:
            self._put_into_model(attached_set)
            yield
        if not self._attached:
            yield

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple({adapter.folder.title: None for adapter in self._adapters.values()})

    def _put_into_model(self, attached_set: AttachedAdapters) -> None:
        if attached_set is not self._in_model:
            self._take_out_of_model()
            attached_set.put_into_model()
            self._in_model = attached_set

    def _take_out_of_model(self) -> None:
        """Remove every set, because an exception may have left layers of any set in the model."""
        self._in_model = None
        for attached_set in self._attached:
            attached_set.take_out_of_model()

    def _with(self, key: str) -> AttachedAdapters:
        """Put the set with a system's adapter into the model. Raises `BugError` ``adapter-state``."""
        for attached_set in self._attached:
            if self._names[key] in attached_set.names:
                self._put_into_model(attached_set)
                return attached_set
        raise BugError("No adapter is attached.", code="adapter-state")

    @contextmanager
    def speaking(self, key: str) -> Iterator[None]:
        """Make the model this system: with the system's adapter active, or the base.

        An exception passes through; any adapter that it leaves active is switched off by the next call.
        Raises `BugError` ``adapter-state`` if another system was active before or after the work.
        """
        if key in self._names:
            self._with(key).peft.set_adapter(self._names[key], inference_mode=True)
            self._verify(self._names[key])
            yield
            self._verify(self._names[key])
        elif self._in_model is None:
            self._take_out_of_model()
            self._verify(None)
            yield
            self._verify(None)
        else:
            with self._in_model.peft.disable_adapter():
                self._verify(None)
                yield
                self._verify(None)

    @property
    def attached(self) -> dict[str, tuple[str, str]]:
        """PEFT's name of the adapter and its digest, by system key; empty while none is attached."""
        if not self._attached:
            return {}
        return {key: (name, self._adapters[key].digest) for key, name in self._names.items()}

    def acting(self) -> str:
        """Return the digests of the adapters that are active in the layers now, separated by spaces."""
        found = {name for layer in self._layers() for name in _acting(layer)}
        acting = {name: self._adapters[key].digest for key, name in self._names.items() if name in found}
        return " ".join(acting.values())

    def adapter_in_memory(self, key: str) -> dict[str, torch.Tensor]:
        """Return an adapter's tensors by their names in its file. Raises `BugError` ``adapter-state``."""
        return self._with(key).weights(self._names[key])

    def share_in_base(self, key: str, check: Callable[[], None]) -> MergedShare | None:
        """Return an adapter's share in the base's weights, if known; ``check`` may raise to cancel."""
        if not self._adapters[key].folder.adds_to_weights:
            return None
        self._with(key)
        return merged_share(adapter_directions(self.base.model, self._names[key], check))

    def adapter(self, key: str) -> loading.AdapterWeights:
        return self._adapters[key]

    def end_tokens(self, key: str) -> tuple[int, ...]:
        own = self.forms.get(key, AS_IT_IS).template
        return end_tokens(self.base, own) if own else self.base.end_tokens

    def rules(self, key: str, settings: GenerationSettings) -> ResponseRules:
        markers = self.forms.get(key, AS_IT_IS).markers
        return ResponseRules(self.base.tokenizer, settings, self.end_tokens(key), markers)

    def weight_bytes(self, key: str) -> int:
        # The names of PEFT's parameters contain the names in `_names`.
        named = self.base.model.named_parameters()
        parts: list[torch.Tensor] = [one for name, one in named if ".adapter_" not in name]
        if key in self._adapters:
            parts += (self._adapters[key].tensors or self.adapter_in_memory(key)).values()
        packed = sum(layer.packed.nbytes for _, layer in packed_layers(self.base.model))
        return packed + sum(one.nbytes for one in parts)

    def _layers(self) -> list[AdapterLayer]:
        return [layer for layer in self.base.model.modules() if isinstance(layer, AdapterLayer)]

    def _verify(self, name: str | None) -> None:
        layers = self._layers()
        right = all(_acts(layer, name) for layer in layers)
        if not right or (name is not None and not layers):
            raise BugError("A system other than the requested one was active.", code="adapter-state")


def _acts(layer: AdapterLayer, name: str | None) -> bool:
    """Return whether only the named adapter is active in a layer; None: whether none is."""
    if isinstance(layer, BaseTunerLayer) and layer.merged:
        return False
    if name is None:
        return bool(layer.disable_adapters)
    if layer.disable_adapters:
        return False
    trained_whole = isinstance(layer, AuxiliaryTrainingWrapper)  # not every adapter has such layers
    return layer.active_adapters == [name] or (trained_whole and not layer.active_adapters)


def _acting(layer: AdapterLayer) -> set[str]:
    """Return the adapters with weights in a layer that are active in it or merged into it."""
    parts: list[Any] = [getattr(layer, part, {}) for part in layer.adapter_layer_names]
    active = () if layer.disable_adapters else layer.active_adapters
    return {name for name in active if any(name in part for part in parts)} | set(layer.merged_adapters)


def no_gradients() -> torch.inference_mode:
    return torch.inference_mode()
