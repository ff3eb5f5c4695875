"""Determines the layers that an adapter's configuration selects, so that PEFT gets plain names.

PEFT 0.21.2 matches a pattern of the configuration against the name of every layer with Python's `re`, which
cannot be interrupted, and compares every name with every entry of a list
(https://github.com/huggingface/peft/blob/v0.21.2/src/peft/tuners/tuners_utils.py).
Here a pattern is matched once, with a time limit, and entries that name no layer are removed. The selected
layers are the same.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import torch
from peft import PeftConfig

from ftcompare.core.errors import UserError
from ftcompare.engine.models.adapter_tensors import present_name
from ftcompare.engine.models.pattern_safety import PLAIN

SELECTORS = ("target_modules", "exclude_modules", "feedforward_modules")
"""Settings that contain names of layers, or a pattern for complete names."""

ALL_LINEAR = "all-linear"  # PEFT's keyword for all linear layers; not a pattern
SECONDS = 5.0  # time limit for all patterns of an adapter together; usual ones take some milliseconds
_regex: Any = importlib.import_module("regex")  # like `re`, but with a timeout


def resolve_target_layers(config: PeftConfig, model: torch.nn.Module, *, where: str) -> None:
    """Replace patterns by names of the layers of a model without adapters.

    Raises:
        UserError: ``adapter-pattern``, if a pattern is invalid or takes too long; ``adapter-broken``.
    """
    names = [name for name, _ in model.named_modules() if name]
    matching = _Matching(names, where)
    for setting in SELECTORS:
        chosen = getattr(config, setting, None)
        if isinstance(chosen, str) and chosen.lower() != ALL_LINEAR:
            setattr(config, setting, matching.chosen(setting, chosen))
        elif isinstance(chosen, list | set) and setting != "feedforward_modules":
            setattr(config, setting, _naming_layers(chosen, names))
    matching.add(name for name, _ in model.named_parameters())  # patterns of ranks may refer to these
    for setting, values in vars(config).items():
        if setting.endswith("_pattern") and isinstance(values, dict) and config.peft_type != "ADALORA":
            kept = set(matching.that_match(setting, values))
            setattr(config, setting, {key: value for key, value in values.items() if key in kept})


def _naming_layers(entries: Collection[object], names: Collection[str]) -> set[str]:
    """Entries that are the name of a layer, or its end; all entries where none is: PEFT then reports it."""
    known = {end for name in names for end in _ends(name)}
    present = {present_name(str(entry), known) for entry in entries}
    return present & known or {str(entry) for entry in list(entries)[:10]}


def _ends(name: str) -> Iterator[str]:
    """A layer's name, and its remainders after each point."""
    while name:
        yield name
        name = name.partition(".")[2]


class _Matching:
    def __init__(self, names: Collection[str], where: str) -> None:
        self._names = names
        self._ends = {end for name in names for end in _ends(name)}
        self._where = where
        self._until = time.monotonic() + SECONDS

    def add(self, names: Iterable[str]) -> None:
        self._names = [*self._names, *names]
        self._ends = {end for name in self._names for end in _ends(name)}

    def chosen(self, setting: str, pattern: str) -> set[str]:
        """The layers whose complete name matches the pattern.

        Raises:
            UserError: also ``adapter-other-base``, if there is none.
        """
        compiled = self._compiled(setting, pattern)
        found = {name for name in self._names if self._fits(setting, compiled, name)}
        if not found and setting == "target_modules":
            what = f"No layer of the model has a name that fits its target_modules, {_short(pattern)}."
            how = "Choose the model that the adapter was trained on."
            raise UserError(what, where=self._where, how=how, code="adapter-other-base")
        return found

    def that_match(self, setting: str, patterns: Collection[str]) -> Iterator[str]:
        """The patterns for the end of a name that match a name."""
        for pattern in patterns:
            if PLAIN.fullmatch(pattern):
                fits = pattern in self._ends
            else:
                compiled = self._compiled(setting, rf"(.*\.)?({pattern})")
                # All names are tried, though one match suffices, because PEFT will also match all.
                fits = sum(self._fits(setting, compiled, name) for name in self._names) > 0
            if fits:
                yield pattern

    def _compiled(self, setting: str, pattern: str) -> Any:
        try:
            return _regex.compile(pattern)
        except (_regex.error, RecursionError, OverflowError) as error:
            raise self._refused(f"{setting} is no pattern ({error}): {_short(pattern)}") from error

    def _fits(self, setting: str, compiled: Any, name: str) -> bool:
        left = self._until - time.monotonic()
        try:
            if left > 0:
                return compiled.fullmatch(name, timeout=left) is not None
        except TimeoutError:
            pass
        raise self._refused(f"{setting} takes longer than {SECONDS:g} s to match: {_short(compiled.pattern)}")

    def _refused(self, what: str) -> UserError:
        how = "Write the layers' names in its place, or train the adapter again."
        return UserError(f"The adapter's {what}.", where=self._where, how=how, code="adapter-pattern")


def _short(pattern: str) -> str:
    return repr(pattern if len(pattern) <= 60 else pattern[:60] + "…")
