"""The backend for a reward model on this machine."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version

from ftcompare.core.errors import BugError
from ftcompare.core.run_record import SystemReport
from ftcompare.engine.backends import Emit, IsCancelled, stop_if_cancelled
from ftcompare.engine.backends.local.backend import PACKAGES, size_words
from ftcompare.engine.backends.local.devices import choose_device, choose_dtype, choose_threads, device_name
from ftcompare.engine.backends.local.generation import ProgressMonitor
from ftcompare.engine.backends.local.hub_download import local_folder
from ftcompare.engine.backends.local.loading import model_digest, template_digest, tokenizer_digest
from ftcompare.engine.backends.local.reward_model import (
    RewardModel,
    TokenizedAnswer,
    load_reward_model,
    tokenized_answer,
)
from ftcompare.engine.backends.local.reward_scoring import Rewarder
from ftcompare.engine.backends.local.torch_errors import release_model, torch_errors_as_faults
from ftcompare.engine.models.model_folder import inspect_model
from ftcompare.engine.protocol import Load, Loaded, Stage, TextToScore


class LocalRewardBackend:
    """Loads one reward model and scores answers; faults of memory and device as in `LocalBackend`."""

    def __init__(self) -> None:
        self._model: RewardModel | None = None

    @torch_errors_as_faults()
    def load(self, command: Load, emit: Emit, is_cancelled: IsCancelled) -> Loaded:
        """Inspect the folder as data, then load it. See `RewardBackend`.

        Raises:
            BugError: ``bad-load``, if the command is not for one plain model; also as `load_reward_model`.
        """
        self._model = None
        release_model()
        if len(command.systems) != 1 or command.systems[0].adapter or command.systems[0].quantisation:
            raise BugError("A reward model is loaded alone and as it is.", code="bad-load")
        request = command.systems[0]
        emit(Stage("Reading the model folder"))
        folder = inspect_model(local_folder(request.model, fetch=command.fetch))
        stop_if_cancelled(is_cancelled)
        device = choose_device(command.device)
        choose_threads(folder.parameters)
        choice = choose_dtype(command.dtype, device, folder.parameters)
        emit(Stage(f"Loading the reward model ({size_words(folder.parameters)}, {choice.name})"))
        self._model = load_reward_model(folder, device, choice.dtype)
        stop_if_cancelled(is_cancelled)
        emit(Stage("Taking digests"))
        versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
        report = _report(request.key, self._model)
        return Loaded(str(device), device_name(device), choice.name, choice.reason, (report,), versions)

    @torch_errors_as_faults()
    def reward(self, texts: Sequence[TextToScore], emit: Emit, is_cancelled: IsCancelled) -> None:
        """See `ftcompare.engine.backends.local.reward_scoring`.

        Raises:
            BugError: ``not-loaded``.
        """
        if self._model is None:
            raise BugError("No reward model is loaded.", code="not-loaded")
        monitor = ProgressMonitor(len(texts), (), emit, is_cancelled)
        Rewarder(self._model, monitor).rate(_that_fit(texts, self._model, monitor))


def _that_fit(
    texts: Sequence[TextToScore], model: RewardModel, monitor: ProgressMonitor
) -> list[TokenizedAnswer]:
    """The answers that the model can take; for the others an `ItemFailed` is emitted."""
    ready: list[TokenizedAnswer] = []
    for text in texts:
        monitor.check()
        made = tokenized_answer(text, model)
        if isinstance(made, TokenizedAnswer):
            ready.append(made)
        else:
            monitor.emit(made)
            monitor.finish()
    return ready


def _report(key: str, model: RewardModel) -> SystemReport:
    folder = model.folder
    return SystemReport(
        key,
        folder.architecture,
        folder.parameters,
        None,
        (),
        model_digest(folder),
        tokenizer_digest(folder),
        template_digest(model.tokenizer),
        folder.warnings,
    )
