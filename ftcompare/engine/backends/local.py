"""Systems on this machine: transformers and PEFT, one base in memory with its adapters beside it."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import version

import torch

from ftcompare.core.errors import BugError, UserError
from ftcompare.engine.backends import Cancelled, Emit, IsCancelled
from ftcompare.engine.backends.local_devices import (
    DtypeChoice,
    choose_device,
    choose_dtype,
    device_name,
    settle_threads,
)
from ftcompare.engine.backends.local_faults import release_memory
from ftcompare.engine.backends.local_generation import Watch, Writer
from ftcompare.engine.backends.local_hub import local_folder
from ftcompare.engine.backends.local_loading import (
    AdapterWeights,
    Base,
    adapter_digest,
    load_adapter,
    load_base,
    model_digest,
    own_parts_note,
    template_digest,
    tokenizer_digest,
)
from ftcompare.engine.backends.local_prompts import Encoded, encode_item
from ftcompare.engine.backends.local_proof import prove
from ftcompare.engine.backends.local_systems import Systems
from ftcompare.engine.model_folder import (
    AdapterFolder,
    ModelFolder,
    check_match,
    inspect_adapter,
    inspect_model,
)
from ftcompare.engine.protocol import (
    GenerationSettings,
    Item,
    ItemFailed,
    Load,
    Loaded,
    Proved,
    Stage,
    SystemReport,
    SystemRequest,
)

PACKAGES = ("torch", "transformers", "peft", "accelerate", "tokenizers", "safetensors")


class LocalBackend:
    """Loads, proves and writes. `generate` is refused until `prove` has succeeded."""

    def __init__(self) -> None:
        self._systems: Systems | None = None
        self._requests: tuple[SystemRequest, ...] = ()
        self._proved = False

    def load(self, command: Load, emit: Emit, is_cancelled: IsCancelled) -> Loaded:
        """Inspect every folder, then load the base and read its adapters. See `Backend`."""
        self._release()
        model, adapters = _inspect(command, emit)
        _check(is_cancelled)
        device = choose_device(command.device)
        settle_threads(model.parameters)
        choice = choose_dtype(command.dtype, device, model.parameters)
        emit(Stage(f"Loading the model ({model.parameters / 1e6:,.0f} million parameters, {choice.name})"))
        base = load_base(model, device, choice.dtype)
        _check(is_cancelled)
        weights: dict[str, AdapterWeights] = {}
        for key, adapter in adapters.items():
            emit(Stage("Loading the adapter"))
            weights[key] = load_adapter(adapter, base)
        emit(Stage("Taking digests"))
        reports = tuple(_reports(command.systems, base, weights, is_cancelled))
        self._systems = Systems(base, weights)
        self._requests = command.systems
        return _loaded(device, choice, reports)

    def prove(self, items: Sequence[Item], emit: Emit, is_cancelled: IsCancelled) -> Proved:
        """See `ftcompare.engine.backends.local_proof`.

        Raises:
            UserError: ``no-prompts``, if none of the items can be given to the model.
        """
        systems = self._loaded_systems()
        self._proved = False
        encoded = [encode_item(item, systems.base, max_new_tokens=1) for item in items]
        prompts = [one for one in encoded if isinstance(one, Encoded)]
        if not prompts:
            reason = next((one.reason for one in encoded if isinstance(one, ItemFailed)), "There are none.")
            raise UserError(f"The model takes none of the prompts. {reason}", code="no-prompts")
        proofs = prove(systems, self._requests, prompts, emit, is_cancelled)
        self._proved = all(proof.ok for proof in proofs)
        return Proved(proofs)

    def generate(
        self, items: Sequence[Item], settings: GenerationSettings, emit: Emit, is_cancelled: IsCancelled
    ) -> None:
        """See `ftcompare.engine.backends.local_generation`.

        Raises:
            UserError: ``proof-failed``, if the systems are not proved.
        """
        systems = self._loaded_systems()
        if not self._proved:
            raise UserError(
                "Nothing is written, because it is not proved that these are the systems asked for.",
                how="Run the proof first; if it failed, see what it says of each system.",
                code="proof-failed",
            )
        watch = Watch(len(items), (*systems.base.end_tokens, systems.base.pad_token), emit, is_cancelled)
        prompts = []
        for item in items:
            watch.check()
            one = encode_item(item, systems.base, settings.max_new_tokens)
            if isinstance(one, ItemFailed):
                watch.done += 1
                emit(one)
            else:
                prompts.append(one)
        keys = [request.key for request in self._requests]
        Writer(systems, keys, settings, watch, emit).write(prompts)

    def _loaded_systems(self) -> Systems:
        if self._systems is None:
            raise BugError("Nothing is loaded.", code="not-loaded")
        return self._systems

    def _release(self) -> None:
        self._systems = None
        self._proved = False
        release_memory()


def _check(is_cancelled: IsCancelled) -> None:
    if is_cancelled():
        raise Cancelled


def _inspect(command: Load, emit: Emit) -> tuple[ModelFolder, dict[str, AdapterFolder]]:
    """The folders of the model and, by system key, of the adapters; all read as data only."""
    models = {request.model for request in command.systems}
    keys = {request.key for request in command.systems}
    if len(models) != 1 or len(keys) != len(command.systems):
        raise BugError("The systems of one Load share one model and have keys of their own.", code="bad-load")
    emit(Stage("Reading the model folder"))
    model = inspect_model(local_folder(models.pop(), allow_hub=command.allow_hub))
    adapters = {}
    for request in command.systems:
        if request.adapter:
            folder = inspect_adapter(local_folder(request.adapter, allow_hub=command.allow_hub))
            check_match(model, folder)
            adapters[request.key] = folder
    return model, adapters


def _reports(
    requests: Sequence[SystemRequest],
    base: Base,
    adapters: dict[str, AdapterWeights],
    is_cancelled: IsCancelled,
) -> Iterator[SystemReport]:
    names = tokenizer_digest(base.folder), template_digest(base.tokenizer)
    architecture = base.folder.architecture
    for request in requests:
        _check(is_cancelled)
        if request.key not in adapters:
            digest = model_digest(base.folder)
            notes = (*base.folder.warnings, *base.notes)
            parameters = base.folder.parameters
            yield SystemReport(request.key, architecture, parameters, None, (), digest, *names, notes)
            continue
        folder = adapters[request.key].folder
        notes = (*folder.warnings, *check_match(base.folder, folder), *own_parts_note(folder, base.folder))
        digest, rank, targets = adapter_digest(folder), folder.rank, folder.targets
        yield SystemReport(request.key, architecture, folder.parameters, rank, targets, digest, *names, notes)


def _loaded(device: torch.device, choice: DtypeChoice, reports: tuple[SystemReport, ...]) -> Loaded:
    versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    name = device_name(device)
    return Loaded(str(device), name, choice.name, choice.reason, reports, versions)
