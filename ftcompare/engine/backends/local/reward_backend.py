"""The backend for a reward model on this machine."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version

from ftcompare.core.errors import BugError
from ftcompare.core.run_record import SystemReport
from ftcompare.engine.backends import RewardBackend, stop_if_cancelled
from ftcompare.engine.backends.local.backend import PACKAGES, size_words
from ftcompare.engine.backends.local.devices import choose_device, choose_dtype, choose_threads, device_name
from ftcompare.engine.backends.local.generation import ProgressMonitor
from ftcompare.engine.backends.local.hub_download import local_folder
from ftcompare.engine.backends.local.loading import model_digest, template_digest, tokenizer_digest
from ftcompare.engine.backends.local.reward_model import (
    Rewarder,
    RewardModel,
    load_reward_model,
    tokenized_answer,
)
from ftcompare.engine.backends.local.torch_errors import release_model, torch_errors_as_faults
from ftcompare.engine.models.model_folder import inspect_model
from ftcompare.engine.protocol import Load, Loaded, Stage, TextToScore


class LocalRewardBackend(RewardBackend):
    """Loads one reward model and scores answers; faults of memory and device as in `LocalBackend`."""

    def __init__(self) -> None:
        super().__init__()
        self._model: RewardModel | None = None

    @torch_errors_as_faults()
    def load(self, command: Load) -> Loaded:
        """Inspect the folder as data, then load it. See `RewardBackend`.

        Raises:
            BugError: ``bad-load``, if the command is not for one plain model; also as `load_reward_model`.
        """
        self._model = None
        release_model()
        if len(command.systems) != 1 or command.systems[0].adapter or command.systems[0].quantisation:
            raise BugError("A reward model is loaded alone and as it is.", code="bad-load")
        request = command.systems[0]
        self.emit(Stage("Reading the model folder"))
        folder = inspect_model(local_folder(request.model, fetch=command.fetch))
        stop_if_cancelled(self.is_cancelled)
        device = choose_device(command.device)
        choose_threads(folder.parameters)
        choice = choose_dtype(command.dtype, device, folder.parameters)
        self.emit(Stage(f"Loading the reward model ({size_words(folder.parameters)}, {choice.name})"))
        self._model = load_reward_model(folder, device, choice.dtype)
        stop_if_cancelled(self.is_cancelled)
        self.emit(Stage("Taking digests"))
        versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
        report = _report(request.key, self._model)
        return Loaded(str(device), device_name(device), choice.name, choice.reason, (report,), versions)

    @torch_errors_as_faults()
    def reward(self, texts: Sequence[TextToScore]) -> None:
        """See `ftcompare.engine.backends.local.reward_model`.

        Raises:
            BugError: ``not-loaded``.
        """
        model = self._model
        if model is None:
            raise BugError("No reward model is loaded.", code="not-loaded")
        monitor = ProgressMonitor(len(texts), (), self.emit, self.is_cancelled)
        ready = monitor.possible(texts, lambda text: tokenized_answer(text, model))
        if monitor.done:
            monitor.tell()
        Rewarder(model, monitor).rate(ready)


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
