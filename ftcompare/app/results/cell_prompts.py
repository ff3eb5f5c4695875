"""The prompts behind a cell of the matrix, with the values of two systems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ftcompare.app.results.measure_matrix import MeasureRow
from ftcompare.core.disclosure import Subject
from ftcompare.core.study import PromptId
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class CellPrompt:
    """A prompt with its values.

    Args:
        key: the owner's id for it.
        text: the last question before the first answer.
        value: the system's value, on the scale of the row.
        other: the value of the other system; None where it has none, or no other system is given.
    """

    id: PromptId
    key: str
    text: str
    value: float
    other: float | None


def cell_prompts(study: StudyFile, row: MeasureRow, system: str, against: str = "") -> tuple[CellPrompt, ...]:
    """The prompts for which a system has a value, largest difference from ``against`` first.

    Without ``against``, the worst values come first, or the lowest where neither direction is better.

    Raises:
        UserError: ``still-blinded``.
    """
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    specs = {prompt.id: prompt.spec for prompt in study.prompts.all()}
    values: Mapping[PromptId, float] = row.answers.get(system, {})
    others = row.answers.get(against, {}) if against != system else {}
    found = [
        CellPrompt(prompt, specs[prompt].key, specs[prompt].text, value, others.get(prompt))
        for prompt, value in values.items()
        if prompt in specs
    ]
    worst_first = -1 if row.higher_is_better is False else 1
    return tuple(sorted(found, key=lambda one: (_alike(one), worst_first * one.value, one.id)))


def _alike(prompt: CellPrompt) -> float:
    """Negative absolute difference of the two values, as a sort key."""
    return 0.0 if prompt.other is None else -abs(prompt.value - prompt.other)
