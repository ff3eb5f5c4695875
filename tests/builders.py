"""Study files for tests: made once a session for each set of arguments, answered, judged."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import wraps
from itertools import count
from pathlib import Path
from random import Random
from typing import Concatenate, ParamSpec, TypeVar

import click
import numpy as np
import pytest

from ftcompare.cli.main import cli, run
from ftcompare.core.errors import UserError
from ftcompare.core.study import (
    ComparisonId,
    FinishReason,
    Prompt,
    Rater,
    ResponseDraft,
    System,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.study.allocation import store_plan
from ftcompare.store.study.study_file import StudyFile

P = ParamSpec("P")
T = TypeVar("T")

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
    rater = drawn_rater(study, name, rng=Random(seed), now=now).id
    while item := study.judgments.next_item(rater):
        study.judgments.judge(item.allocation, verdict, now=now)


def hand_out_all(study: StudyFile, now: datetime) -> None:
    """Plan one share with every pair, as before identical answers were left out."""
    rows = study._db.rows("SELECT id FROM comparisons WHERE kind = 'ordinary'")
    pairs = [ComparisonId(row["id"]) for row in rows]
    with study._db.atomic():
        store_plan(study._db, {0: pairs}, 1, 1, seed="0" * 32, nonce="0" * 32, now=now)


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


def present(value: T | None) -> T:
    """The value, which is there."""
    assert value is not None
    return value


def text_file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def new_folder(path: Path) -> Path:
    path.mkdir()
    return path


def of_kind(value: object, kind: type[T]) -> T:
    """The value, which is of this class."""
    assert isinstance(value, kind), value
    return value


def output_of(capsys: pytest.CaptureFixture[str], command: Sequence[str], status: int = 0) -> str:
    """What was printed until a command ended with this status; what it wrote of errors is dropped."""
    assert run([*command]) == status
    return capsys.readouterr().out


def errors_of(capsys: pytest.CaptureFixture[str], command: Sequence[str], status: int = 0) -> str:
    """The same for what it wrote of errors; what it printed is dropped."""
    assert run([*command]) == status
    return capsys.readouterr().err


@contextmanager
def refuses(code: str) -> Iterator[None]:
    """Within it, something ends with a user's error of this code."""
    with pytest.raises(UserError) as caught:
        yield
    assert caught.value.code == code


def drawn_rater(study: StudyFile, name: str, *, rng: Random, now: datetime) -> Rater:
    """A new rater, whose pairs are drawn."""
    rater = study.raters.add(name)
    study.allocations.draw(rater.id, rng=rng, now=now)
    return rater


def true_after(calls: int) -> Callable[[], bool]:
    """A condition that holds from the call after this many calls on."""
    numbers = count(1)
    return lambda: next(numbers) > calls
