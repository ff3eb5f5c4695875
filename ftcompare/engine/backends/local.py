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
from ftcompare.engine.backends.local_faults import (
    release_memory,
    told_in_words,
)
from ftcompare.engine.backends.local_generation import Watch, Writer
from ftcompare.engine.backends.local_hub import local_folder
from ftcompare.engine.backends.local_loading import (
    AdapterWeights,
    Base,
    load_adapter,
    load_base,
    model_digest,
    template_digest,
    tokenizer_digest,
)
from ftcompare.engine.backends.local_paired import PairedWriter, unsupported
from ftcompare.engine.backends.local_prompts import Encoded, encode_item
from ftcompare.engine.backends.local_proof import prove
from ftcompare.engine.backends.local_quantised import LIBRARY
from ftcompare.engine.backends.local_scoring import Scorer, cut_text
from ftcompare.engine.backends.local_speed import SpeedTrial
from ftcompare.engine.backends.local_systems import Systems
from ftcompare.engine.backends.local_templates import changed_prompts, own_parts_notes
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
    Measured,
    Note,
    Proved,
    Stage,
    SystemReport,
    SystemRequest,
    TextToScore,
)

PACKAGES = ("torch", "transformers", "peft", "accelerate", "tokenizers", "safetensors")


class LocalBackend:
    """Loads, proves, writes, scores and measures; all but the first two only after the proof.

    Memory that does not suffice and a lost device are an `EnvironmentFault` (``out-of-memory``,
    ``device-lost``) wherever they show.

    Args:
        paired: whether systems are written together where they can be; else one after another.
    """

    def __init__(self, *, paired: bool = True) -> None:
        self._paired = paired
        self._systems: Systems | None = None
        self._requests: tuple[SystemRequest, ...] = ()
        self._proved = False

    @told_in_words()
    def load(self, command: Load, emit: Emit, is_cancelled: IsCancelled) -> Loaded:
        """Inspect every folder, then load the base and read its adapters. See `Backend`."""
        self._release()
        model, adapters = _inspect(command, emit)
        _check(is_cancelled)
        device = choose_device(command.device)
        settle_threads(model.parameters)
        choice = choose_dtype(command.dtype, device, model.parameters)
        emit(Stage(f"Loading the model ({model.parameters / 1e6:,.0f} million parameters, {choice.name})"))
        base = load_base(model, device, choice.dtype, command.systems[0].quantisation)
        _check(is_cancelled)
        weights: dict[str, AdapterWeights] = {}
        for key, adapter in adapters.items():
            emit(Stage("Loading the adapter"))
            weights[key] = load_adapter(adapter, base)
        emit(Stage("Taking digests"))
        reports = tuple(_reports(command.systems, base, weights, is_cancelled))
        self._systems = Systems(base, weights)
        self._requests = command.systems
        return _loaded(device, choice, reports, PACKAGES if not base.quantisation else (*PACKAGES, LIBRARY))

    @told_in_words()
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
        remarks = self._remarks(systems, items)
        proofs = prove(systems, self._requests, prompts, emit, is_cancelled, remarks)
        self._proved = all(proof.ok for proof in proofs)
        return Proved(proofs)

    @told_in_words()
    def generate(
        self, items: Sequence[Item], settings: GenerationSettings, emit: Emit, is_cancelled: IsCancelled
    ) -> None:
        """See `ftcompare.engine.backends.local_paired`, and `local_generation` where that cannot be.

        Raises:
            UserError: ``proof-failed``, if the systems are not proved.
        """
        systems = self._proved_systems()
        watch = self._watch(len(items), emit, is_cancelled)
        prompts = _encode(items, systems.base, settings, watch, emit)
        writer = PairedWriter if self._can_pair(systems, emit) else Writer
        writer(systems, self._keys, settings, watch, emit).write(prompts)

    def _can_pair(self, systems: Systems, emit: Emit) -> bool:
        reason = unsupported(systems) if self._paired else ""
        if reason:
            emit(Note(f"The systems write one after another: {reason}."))
        return self._paired and not reason

    @told_in_words()
    def score(self, texts: Sequence[TextToScore], emit: Emit, is_cancelled: IsCancelled) -> None:
        """See `ftcompare.engine.backends.local_scoring`.

        Raises:
            UserError: ``proof-failed``, if the systems are not proved.
        """
        systems = self._proved_systems()
        watch = self._watch(len(texts), emit, is_cancelled)
        ready = []
        for text in texts:
            watch.check()
            one = cut_text(text, systems.base)
            if isinstance(one, ItemFailed):
                watch.done += 1
                emit(one)
            else:
                ready.append(one)
        Scorer(systems, self._keys, watch, emit).score(ready)

    @told_in_words()
    def measure(
        self, items: Sequence[Item], settings: GenerationSettings, emit: Emit, is_cancelled: IsCancelled
    ) -> Measured:
        """See `ftcompare.engine.backends.local_speed`.

        Raises:
            UserError: ``proof-failed``, if the systems are not proved.
        """
        systems = self._proved_systems()
        watch = self._watch(len(items) * len(self._keys), emit, is_cancelled)
        prompts = _encode(items, systems.base, settings, watch, emit)
        trial = SpeedTrial(systems, settings, watch, emit)
        return Measured(tuple(trial.run(key, prompts) for key in self._keys))

    def _remarks(self, systems: Systems, items: Sequence[Item]) -> dict[str, str]:
        """By system key, what an adapter's own template or tokenizer would change."""
        prompts = [item.messages for item in items]
        adapters = [request.key for request in self._requests if request.adapter]
        return {key: changed_prompts(systems.adapter(key).folder, systems.base, prompts) for key in adapters}

    @property
    def _keys(self) -> list[str]:
        return [request.key for request in self._requests]

    def _watch(self, total: int, emit: Emit, is_cancelled: IsCancelled) -> Watch:
        base = self._loaded_systems().base
        return Watch(total, (*base.end_tokens, base.pad_token), emit, is_cancelled)

    def _proved_systems(self) -> Systems:
        systems = self._loaded_systems()
        if not self._proved:
            raise UserError(
                "Nothing is written, because it is not proved that these are the systems asked for.",
                how="Run the proof first; if it failed, see what it says of each system.",
                code="proof-failed",
            )
        return systems

    def _loaded_systems(self) -> Systems:
        if self._systems is None:
            raise BugError("Nothing is loaded.", code="not-loaded")
        return self._systems

    def _release(self) -> None:
        self._systems = None
        self._proved = False
        release_memory()


def _encode(
    items: Sequence[Item], base: Base, settings: GenerationSettings, watch: Watch, emit: Emit
) -> list[Encoded]:
    """The items that can be answered; of the others it is told why."""
    prompts = []
    for item in items:
        watch.check()
        one = encode_item(item, base, settings.max_new_tokens)
        if isinstance(one, ItemFailed):
            watch.done += 1
            emit(one)
        else:
            prompts.append(one)
    return prompts


def _check(is_cancelled: IsCancelled) -> None:
    if is_cancelled():
        raise Cancelled


def _inspect(command: Load, emit: Emit) -> tuple[ModelFolder, dict[str, AdapterFolder]]:
    """The folders of the model and, by system key, of the adapters; all read as data only."""
    models = {(request.model, request.quantisation) for request in command.systems}
    keys = {request.key for request in command.systems}
    if len(models) != 1 or len(keys) != len(command.systems):
        raise BugError("The systems of one Load share one model and have keys of their own.", code="bad-load")
    emit(Stage("Reading the model folder"))
    model = inspect_model(local_folder(models.pop()[0], allow_hub=command.allow_hub))
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
        notes = (*folder.warnings, *check_match(base.folder, folder), *own_parts_notes(folder, base))
        digest, rank, targets = adapters[request.key].digest, folder.rank, folder.targets
        yield SystemReport(request.key, architecture, folder.parameters, rank, targets, digest, *names, notes)


def _loaded(
    device: torch.device, choice: DtypeChoice, reports: tuple[SystemReport, ...], packages: Sequence[str]
) -> Loaded:
    versions = {"python": platform.python_version(), **{name: version(name) for name in packages}}
    name = device_name(device)
    return Loaded(str(device), name, choice.name, choice.reason, reports, versions)
