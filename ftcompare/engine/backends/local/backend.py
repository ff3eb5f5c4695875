"""Systems on this machine: transformers and PEFT, one base in memory together with its adapters."""

from __future__ import annotations

import importlib
import platform
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from ftcompare.core.errors import BugError, UserError
from ftcompare.core.run_record import SystemReport
from ftcompare.engine.backends import Backend, Emit, IsCancelled, not_verified, stop_if_cancelled
from ftcompare.engine.backends.conversations import write_conversations
from ftcompare.engine.backends.local import devices, loading
from ftcompare.engine.backends.local.benchmark import measure_speeds
from ftcompare.engine.backends.local.generation import ProgressMonitor, ReferenceDecoder
from ftcompare.engine.backends.local.hub_download import local_folder
from ftcompare.engine.backends.local.prompts import (
    Encoded,
    PromptForm,
    changed_prompts,
    chosen_template,
    encode_item,
    idle_option_notes,
    own_parts_notes,
    require_options,
)
from ftcompare.engine.backends.local.scoring import Scorer, cut_text
from ftcompare.engine.backends.local.stacked_lora.decoder import StackedLoraDecoder
from ftcompare.engine.backends.local.stacked_lora.prepared_model import pack_weights, unsupported
from ftcompare.engine.backends.local.systems import LoadedSystems
from ftcompare.engine.backends.local.torch_errors import release_model, torch_errors_as_faults
from ftcompare.engine.backends.local.verification import verify
from ftcompare.engine.models import model_folder
from ftcompare.engine.models.weight_digests import WeightDigests
from ftcompare.engine.optional_dependencies import require_harness
from ftcompare.engine.protocol import (
    Benchmarked,
    Evaluate,
    GenerationSettings,
    Item,
    ItemFailed,
    Load,
    Loaded,
    Note,
    Stage,
    SystemRequest,
    TextToScore,
    Verified,
)

HARNESS = "ftcompare.engine.backends.local.harness_model"  # imported on the first evaluation of a task

REUSED = (
    "The seal of the weights is that of an earlier start: size, time, and samples of the files are unchanged."
)

PACKAGES = ("torch", "transformers", "peft", "accelerate", "tokenizers", "safetensors")


class LocalBackend(Backend):
    """Runs systems in this process.

    All methods except `load` and `verify` require a verification (`UserError` ``proof-failed``). Every
    method raises `EnvironmentFault` ``out-of-memory`` or ``device-lost``. ``stacked`` generates for all
    systems in one pass where that is supported.
    """

    def __init__(self, *, stacked: bool = True) -> None:
        super().__init__()
        self._stacked = stacked
        self._systems: LoadedSystems | None = None
        self._requests: tuple[SystemRequest, ...] = ()
        self._verified = False

    @torch_errors_as_faults()
    def load(self, command: Load) -> Loaded:
        self._systems = None
        self._verified = False
        release_model()
        model, adapters = _inspect(command, self.emit)
        stop_if_cancelled(self.is_cancelled)
        device = devices.choose_device(command.device)
        devices.choose_threads(model.parameters)
        choice = devices.choose_dtype(command.dtype, device, model.parameters)
        self.emit(Stage(f"Loading the model ({size_words(model.parameters)}, {choice.name})"))
        with WeightDigests(partial(stop_if_cancelled, self.is_cancelled)) as digests:
            digests.start(model.path / name for name in model.weight_files)
            base = loading.load_base(model, device, choice.dtype, command.systems[0].quantisation)
            stop_if_cancelled(self.is_cancelled)
            forms = {}
            for one in command.systems:
                own = chosen_template(one, adapters[one.key], base) if one.adapter else None
                require_options(one.template_options)
                forms[one.key] = PromptForm(own, one.template_options, one.reasoning_markers)
            by_folder: dict[Path, loading.AdapterWeights] = {}
            for adapter in adapters.values():
                if adapter.path not in by_folder:
                    self.emit(Stage("Loading the adapter"))
                    by_folder[adapter.path] = loading.load_adapter(adapter, base)
            weights = {key: by_folder[adapter.path] for key, adapter in adapters.items()}
            self.emit(Stage("Computing seals"))
            systems = LoadedSystems(base, weights, forms)
            reports = tuple(_reports(command.systems, systems, digests, self.is_cancelled))
        self._systems = systems
        self._requests = command.systems
        packages = (*PACKAGES, devices.LIBRARY) if base.quantisation else PACKAGES
        versions = {"python": platform.python_version(), **{name: version(name) for name in packages}}
        return Loaded(str(device), devices.device_name(device), choice.name, choice.reason, reports, versions)

    @torch_errors_as_faults()
    def verify(self, items: Sequence[Item]) -> Verified:
        systems = self._loaded_systems()
        self._verified = False
        encoded = [encode_item(item, systems.base, 1, systems.forms) for item in items]
        prompts = [one for one in encoded if isinstance(one, Encoded)]
        if not prompts:
            reason = next((one.reason for one in encoded if isinstance(one, ItemFailed)), "There are none.")
            raise UserError(f"The model cannot read any of the prompts. {reason}", code="no-prompts")
        remarks = self._remarks(systems, items)
        with devices.wrongly_packed_as_error(systems.base.folder):
            verifications = verify(systems, self._requests, prompts, self.emit, self.is_cancelled, remarks)
        self._verified = all(verification.ok for verification in verifications)
        if self._verified:
            pack_weights(systems, self.emit, self.is_cancelled)
        return Verified(verifications)

    @torch_errors_as_faults()
    def generate(self, items: Sequence[Item], settings: GenerationSettings) -> None:
        self._verified_systems()
        write_conversations(items, self.emit, lambda some, emit: self._write(some, settings, emit))

    def _write(self, items: Sequence[Item], settings: GenerationSettings, emit: Emit) -> None:
        systems = self._verified_systems()
        monitor = self._monitor(len(items), emit)
        prompts = _encode(items, systems, settings, monitor)
        writer = StackedLoraDecoder if self._can_pair(systems, emit) else ReferenceDecoder
        writer(systems, self._keys, settings, monitor).write(prompts)

    def _can_pair(self, systems: LoadedSystems, emit: Emit) -> bool:
        if not self._stacked:
            return False
        if reason := unsupported(systems):
            emit(Note(f"The systems generate one after another: {reason}."))
        return not reason

    @torch_errors_as_faults()
    def score(self, texts: Sequence[TextToScore]) -> None:
        systems = self._verified_systems()
        monitor = self._monitor(len(texts), self.emit)
        ready = monitor.possible(texts, lambda text: cut_text(text, systems.base, systems.forms))
        Scorer(systems, self._keys, monitor).score(ready)

    @torch_errors_as_faults()
    def benchmark(self, items: Sequence[Item], settings: GenerationSettings, repeats: int = 1) -> Benchmarked:
        systems = self._verified_systems()
        monitor = self._monitor(len(items) * len(self._keys) * repeats, self.emit)
        prompts = _encode(items, systems, settings, monitor)
        return Benchmarked(measure_speeds(systems, self._keys, prompts, settings, monitor, repeats))

    @torch_errors_as_faults()
    def evaluate(self, command: Evaluate) -> None:
        systems = self._verified_systems()
        require_harness()
        quiet = (*systems.base.end_tokens, systems.base.pad_token)
        importlib.import_module(HARNESS).evaluate_task(systems, command, quiet, self.emit, self.is_cancelled)

    def _remarks(self, systems: LoadedSystems, items: Sequence[Item]) -> dict[str, str]:
        adapters = {one.key: systems.adapter(one.key).folder for one in self._requests if one.adapter}
        return {
            key: changed_prompts(
                folder,
                systems.base,
                [item.messages_for(key) for item in items],
                systems.forms[key].template,
            )
            for key, folder in adapters.items()
        }

    @property
    def _keys(self) -> list[str]:
        return [request.key for request in self._requests]

    def _monitor(self, total: int, emit: Emit) -> ProgressMonitor:
        base = self._loaded_systems().base
        return ProgressMonitor(total, (*base.end_tokens, base.pad_token), emit, self.is_cancelled)

    def _verified_systems(self) -> LoadedSystems:
        systems = self._loaded_systems()
        if not self._verified:
            raise not_verified()
        return systems

    def _loaded_systems(self) -> LoadedSystems:
        if self._systems is None:
            raise BugError("Nothing is loaded.", code="not-loaded")
        return self._systems


def _encode(
    items: Sequence[Item], systems: LoadedSystems, settings: GenerationSettings, monitor: ProgressMonitor
) -> list[Encoded]:
    base, most = systems.base, settings.most_tokens
    return monitor.possible(items, lambda item: encode_item(item, base, most, systems.forms))


def _inspect(
    command: Load, emit: Emit
) -> tuple[model_folder.ModelFolder, dict[str, model_folder.AdapterFolder]]:
    models = {(request.model, request.quantisation) for request in command.systems}
    keys = {request.key for request in command.systems}
    if len(models) != 1 or len(keys) != len(command.systems):
        raise BugError("The systems of one Load share one model and have keys of their own.", code="bad-load")
    emit(Stage("Reading the model folder"))
    model = model_folder.inspect_model(local_folder(models.pop()[0], fetch=command.fetch))
    adapters = {}
    for request in command.systems:
        if request.adapter:
            folder = model_folder.inspect_adapter(local_folder(request.adapter, fetch=command.fetch))
            model_folder.check_match(model, folder)
            adapters[request.key] = folder
    return model, adapters


def _reports(
    requests: Sequence[SystemRequest],
    systems: LoadedSystems,
    digests: WeightDigests,
    is_cancelled: IsCancelled,
) -> Iterator[SystemReport]:
    tokenizer = loading.tokenizer_digest(systems.base.folder)
    for request in requests:
        stop_if_cancelled(is_cancelled)
        form = systems.forms[request.key]
        report = (
            _adapter_report(request.key, systems)
            if request.adapter
            else _base_report(request.key, systems, digests)
        )
        notes = (*report.notes, *idle_option_notes(form, systems.base.tokenizer))
        yield replace(
            report,
            notes=notes,
            tokenizer_digest=tokenizer,
            template_digest=form.template.digest
            if form.template
            else loading.template_digest(systems.base.tokenizer),
            recipe_digest=request.recipe,
            end_tokens_digest=loading.end_tokens_digest(systems.end_tokens(request.key)),
        )


def _base_report(key: str, systems: LoadedSystems, digests: WeightDigests) -> SystemReport:
    base, folder = systems.base, systems.base.folder
    digest = loading.model_digest(folder, digests.of)
    notes = (*folder.warnings, *base.notes, *([REUSED] if digests.reused else []))
    return SystemReport(key, folder.architecture, folder.parameters, None, (), digest, "", "", notes)


def _adapter_report(key: str, systems: LoadedSystems) -> SystemReport:
    base, adapter = systems.base, systems.adapter(key)
    folder = adapter.folder
    own = own_parts_notes(folder, base, systems.forms[key].template)
    notes = (*folder.warnings, *model_folder.check_match(base.folder, folder), *own)
    parts = (folder.parameters, folder.rank or None, folder.targets, adapter.digest, "", "", notes)
    return SystemReport(key, base.folder.architecture, *parts)


def size_words(parameters: int) -> str:
    millions = parameters / 1e6
    return f"{millions:,.0f} million parameters" if millions >= 10 else f"{millions:.2g} million parameters"
