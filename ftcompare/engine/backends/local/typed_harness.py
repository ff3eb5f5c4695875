"""Typed wrappers of the few calls of lm-evaluation-harness and datasets, which have no type hints."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeAlias

from ftcompare.core.study import Message
from ftcompare.engine.backends.local.hub_download import online
from ftcompare.engine.backends.local.task_patterns import patterns_in_time
from ftcompare.engine.backends.local.task_templates import TaskSandbox

Pair: TypeAlias = tuple[list[int], list[int]]
"""Token ids of a context, and of the text that follows it."""


Sample: TypeAlias = Mapping[str, Any]
"""One item of a task under one filter, as the harness logs it."""


class AskedModel(Protocol):
    """The methods that the harness's adapter class calls on a model."""

    prefix: int

    def encode(self, text: str, *, special: bool | None) -> list[int]:
        """Token ids."""
        ...

    def likelihoods(self, pairs: Sequence[Pair]) -> list[tuple[float, bool]]:
        """Log-probability of the text after each context, and whether each of its tokens is the likeliest."""
        ...

    def rolling(self, texts: Sequence[str]) -> list[float]:
        """Log-probabilities of complete texts."""
        ...

    def generate(self, asked: Sequence[tuple[str, Mapping[str, Any], str]]) -> list[str]:
        """The answer to each text, with its own settings and a key that seeds its draws."""
        ...

    def chat_text(self, turns: Sequence[Message], *, opened: bool) -> str:
        """The text of the turns in the chat template; ``opened`` adds the generation prompt."""
        ...


def harness_model(model: AskedModel, name: str) -> Any:
    """The model as an object of the harness, whose base class splits texts into context and continuation.

    ``name`` identifies the tokenizer and template.
    """
    template_lm = importlib.import_module("lm_eval.api.model").TemplateLM

    def apply_chat_template(
        _: object, turns: list[dict[str, str]], add_generation_prompt: bool = True
    ) -> str:
        return model.chat_text(
            [Message(turn["role"], turn["content"]) for turn in turns], opened=add_generation_prompt
        )

    def generate_until(_: object, requests: Sequence[Any]) -> list[str]:
        keys = [f"{one.task_name}:{one.doc_id}:{one.idx}" for one in requests]
        return model.generate([(*one.args[:2], key) for one, key in zip(requests, keys, strict=True)])

    members = {
        "eot_token_id": property(lambda _: model.prefix),
        "tokenizer_name": property(lambda _: name),
        "tok_encode": lambda _, text, add_special_tokens=None, **__: model.encode(
            text, special=add_special_tokens
        ),
        "_loglikelihood_tokens": lambda _, requests, **__: model.likelihoods(
            [(list(context), list(following)) for _texts, context, following in requests]
        ),
        "loglikelihood_rolling": lambda _, requests: model.rolling([one.args[0] for one in requests]),
        "generate_until": generate_until,
        "apply_chat_template": apply_chat_template,
    }
    return type("StudySystem", (template_lm,), members)()


def windows(ids: list[int], prefix: int, context: int) -> list[Pair]:
    """A long text in parts, each token once, each part with as much context before it as fits."""
    utils = importlib.import_module("lm_eval.utils")
    parts = utils.get_rolling_token_windows(ids, prefix, context, 1)
    return [(list(before), list(after)) for before, after in map(utils.make_disjoint_window, parts)]


def registered_metrics() -> frozenset[str]:
    """Names of the metrics that the harness provides."""
    importlib.import_module("lm_eval.api.metrics")
    return frozenset(importlib.import_module("lm_eval.api.registry").metric_registry)


def find_function(folder: Path, name: str) -> Callable[..., Any]:
    """A Python function in a file beside a task's file; loading it runs that file's code."""
    module, _, function = name.rpartition(".")
    path = folder.joinpath(*module.split(".")).with_suffix(".py")
    spec = spec_from_file_location(f"task_of_user_{module}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"there is no {path.name} beside the task")
    loaded = module_from_spec(spec)
    spec.loader.exec_module(loaded)
    found: Callable[..., Any] = getattr(loaded, function)
    return found


def task_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The task of the given settings, by its name; its data are read."""
    manager = importlib.import_module("lm_eval.tasks").TaskManager(include_defaults=False)
    return dict(manager.load([dict(settings)])["tasks"])


def tasks_named(name: str) -> dict[str, Any] | None:
    """The harness's own tasks of this name (a group has several); None where there is none."""
    manager = importlib.import_module("lm_eval.tasks").TaskManager()
    return dict(manager.load([name])["tasks"]) if name in manager.all_tasks else None


def evaluate(
    model: Any, tasks: Mapping[str, Any], *, limit: int, seed: int, chat: bool
) -> dict[str, list[Sample]]:
    """Run tasks with a model; returns the samples of each item, by task."""
    random.seed(seed)
    for task in tasks.values():
        task.set_fewshot_seed(seed)
    run = importlib.import_module("lm_eval.evaluator").evaluate
    found = run(
        model,
        {"tasks": dict(tasks)},
        limit=limit or None,
        bootstrap_iters=0,
        apply_chat_template=chat,
        fewshot_as_multiturn=chat,
    )
    return dict(found["samples"])


_SEARCHING = (
    "lm_eval.utils",
    "lm_eval.api.metrics",
    "lm_eval.filters.extraction",
    "lm_eval.filters.transformation",
)
"""Modules that search with regular expressions of task files."""


@contextmanager
def confined(*, allow_network: bool) -> Iterator[None]:
    """Context manager in which task templates cannot reach Python, all work ends, and no code is downloaded.

    The harness renders templates without a sandbox: https://github.com/EleutherAI/lm-evaluation-harness
    (``lm_eval/utils.py``, version 0.4.13).
    """
    utils: Any = importlib.import_module("lm_eval.utils")
    programs: Any = importlib.import_module("evaluate")
    data: Any = importlib.import_module("datasets")
    before = utils.env, programs.load, data.config.HF_HUB_OFFLINE, data.config.HF_UPDATE_DOWNLOAD_COUNTS
    sandbox = TaskSandbox()
    sandbox.add_filter("regex_replace", utils.regex_replace)
    utils.env, programs.load = sandbox, _refuse_program
    data.config.HF_HUB_OFFLINE, data.config.HF_UPDATE_DOWNLOAD_COUNTS = not allow_network, False
    data.disable_progress_bars()
    try:
        with patterns_in_time(_SEARCHING), online() if allow_network else nullcontext():
            yield
    finally:
        utils.env, programs.load, data.config.HF_HUB_OFFLINE, data.config.HF_UPDATE_DOWNLOAD_COUNTS = before


def _refuse_program(name: object, *_: object, **__: object) -> NoReturn:
    raise ValueError(f"the metric {name} is a program that is downloaded")
