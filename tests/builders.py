"""Study files for tests: made once a session for each set of arguments, answered, judged."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from random import Random
from typing import Concatenate, ParamSpec

import click
import numpy as np
import pytest

from ftcompare.cli.main import cli
from ftcompare.core.errors import UserError
from ftcompare.core.study import FinishReason, Prompt, ResponseDraft, System, SystemKind, SystemSpec, Verdict
from ftcompare.store.study.study_file import StudyFile

P = ParamSpec("P")

_FILES: dict[Hashable, bytes] = {}


def built_once(build: Callable[Concatenate[Path, P], Path]) -> Callable[Concatenate[Path, P], Path]:
    """Have a builder work once for each set of arguments; a copy takes a tenth of the time.

    Args:
        build: writes a file at the path that comes first, closes it and returns the path. What it writes must
            follow from its other arguments, and must not hold the path.
    """

    @wraps(build)
    def copied(path: Path, /, *arguments: P.args, **named: P.kwargs) -> Path:
        key = (build, key_of(arguments), key_of(named))
        if key not in _FILES:
            _FILES[key] = build(path, *arguments, **named).read_bytes()
        else:
            with path.open("xb") as file:
                file.write(_FILES[key])
        return path

    return copied


def key_of(value: object) -> Hashable:
    """What is equal for equal arguments. A function is equal to itself alone."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, set | frozenset):
        return frozenset(map(key_of, value))
    if isinstance(value, dict):
        return tuple((name, key_of(part)) for name, part in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(key_of, value))
    if is_dataclass(value):
        return tuple(key_of(getattr(value, field.name)) for field in fields(value))
    assert isinstance(value, Hashable)
    return value


def import_systems(study: StudyFile, *names: str) -> list[System]:
    """Add systems whose answers come from elsewhere."""
    return [study.systems.add(SystemSpec(name, SystemKind.IMPORTED)) for name in names]


def answer(
    study: StudyFile, prompt: Prompt, texts: Iterable[str], run: int | None = None, *, tokens: int | None = 5
) -> None:
    """Store what each system writes to a prompt, in the order in which they were added."""
    _store(study, prompt, texts, FinishReason.END, tokens, run)


def answer_elsewhere(study: StudyFile, prompt: Prompt, texts: Iterable[str]) -> None:
    """Store answers of systems that were imported, in the order in which they were added."""
    _store(study, prompt, texts, FinishReason.IMPORTED, None, None)


def _store(
    study: StudyFile,
    prompt: Prompt,
    texts: Iterable[str],
    end: FinishReason,
    tokens: int | None,
    run: int | None,
) -> None:
    written = zip(study.systems.all(), texts, strict=True)
    drafts = [ResponseDraft(system.id, text, end, tokens) for system, text in written]
    study.responses.store(prompt.id, drafts, run=run)


def judge_all(study: StudyFile, name: str, verdict: Verdict, now: datetime, *, seed: int = 1) -> None:
    """Have a new rater judge everything alike."""
    rater = study.raters.add(name).id
    study.allocations.draw(rater, rng=Random(seed), now=now)
    while item := study.judgments.next_item(rater):
        study.judgments.judge(item.allocation, verdict, now=now)


def refusal_code(act: Callable[[], object]) -> str:
    """The code of the user's error that something ends with."""
    with pytest.raises(UserError) as caught:
        act()
    return caught.value.code


def commands_by_name() -> dict[str, click.Command]:
    """Every command by its words, such as ``judges run``; groups are left out."""
    return dict(_commands(cli, click.Context(cli, info_name="ftcompare")))


def _commands(
    group: click.Group, context: click.Context, *before: str
) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, context, *before, name)
        elif command is not None:
            yield " ".join((*before, name)), command
