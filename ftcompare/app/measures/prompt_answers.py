"""The prompts behind a cell of the matrix, and the answers behind a prompt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ftcompare.app.measures.kind import MeasureRow, require_measures_told
from ftcompare.app.study.shown_names import system_names
from ftcompare.checks.sample_consistency import normalised
from ftcompare.core.study import Message, PromptId
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class CellPrompt:
    """A prompt with its values."""

    id: PromptId
    key: str  # the owner's id for it
    text: str  # the last question before the first answer
    value: float  # the system's value, on the scale of the row
    other: float | None  # the value of the other system; None where it has none, or no other system is given


def cell_prompts(study: StudyFile, row: MeasureRow, system: str, against: str = "") -> tuple[CellPrompt, ...]:
    """The prompts for which a system has a value, largest difference from ``against`` first.

    Without ``against``, the worst values come first, or the lowest where neither direction is better.

    Raises:
        UserError: ``still-blinded``.
    """
    require_measures_told(study)
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


@dataclass(frozen=True, slots=True)
class SampledAnswer:
    """A distinct answer of a system to a prompt, with the number of samples that give it."""

    text: str  # the first sample; the others are equal to it after normalising
    times: int  # number of samples that give this answer


@dataclass(frozen=True, slots=True)
class SampledAnswers:
    """The distinct answers of systems to one prompt."""

    key: str
    messages: tuple[Message, ...]  # the prompt's messages
    # distinct answers by system name, most frequent first; only systems with answers
    given: dict[str, tuple[SampledAnswer, ...]]


def sampled_answers(study: StudyFile, prompt: PromptId) -> SampledAnswers:
    """The answers to a prompt; equal samples are merged.

    Raises:
        UserError: ``still-blinded``; ``no-answer`` when the prompt is no longer in the study.
    """
    require_measures_told(study)
    names, spec = system_names(study), study.answers.prompt(prompt).spec
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for response in study.responses.samples(prompt):
        texts[names[response.system]].append("\n\n".join(response.answers))
    return SampledAnswers(spec.key, spec.messages, {name: _given(own) for name, own in texts.items()})


def _given(texts: Sequence[str]) -> tuple[SampledAnswer, ...]:
    equal: dict[str, list[str]] = {}
    for text in texts:
        equal.setdefault(normalised(text), []).append(text)
    found = (SampledAnswer(own[0], len(own)) for own in equal.values())
    return tuple(sorted(found, key=lambda one: -one.times))
