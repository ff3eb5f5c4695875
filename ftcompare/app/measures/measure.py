"""A measure, and the evidence of systems on prompts from which its values, means, and differences come."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any, Generic, Self, TypeVar

from ftcompare.app.results.presentation.blocks import Unit
from ftcompare.app.study.shown_names import system_names
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.errors import BugError
from ftcompare.core.language import N_, tr
from ftcompare.core.study import Prompt, PromptId, Response, SystemId
from ftcompare.stats.paired_difference import (
    SAME_VALUE,
    McNemar,
    PairedDifference,
    PromptMean,
    mcnemar,
    paired_difference,
    prompt_mean,
)
from ftcompare.store.study.study_file import StudyFile

Evidence = TypeVar("Evidence")

GROUPED_BY = ("category", "split", "context_kind")
REPORT_EVERY = 200
"""Number of answers between two progress reports."""
LEAST_SYSTEMS = 2
"""Minimum number of systems in a pooled value; the mean of one system would reveal that system's value."""


@dataclass(frozen=True)  # with slots, Python 3.11 cannot call `Measure[Evidence](…)`
class Measure(Generic[Evidence]):
    """A measure with a value for each prompt and system."""

    id: str  # the end of its key; the beginning is that of its kind
    label: str  # name in words
    # its value for one system's evidence on one prompt; None where it is not defined
    value: Callable[[Evidence], float | None]
    column: str = ""  # column title; empty for the label
    rules: tuple[str, ...] = ()  # how it is computed, in paragraphs
    source: str = ""  # reference for the method
    title: str = ""  # title of its explanation; empty for that of its kind
    unit: Unit = Unit.SHARE  # unit of its values
    scale: float = 1.0  # factor by which values are multiplied for display, such as 100 for chrF
    bounded: bool = True  # whether its values are 0 to 1; False for counts and other values of any size
    coarse: bool = True  # whether it takes few distinct values (see `paired_difference`)
    jumps: bool = False  # whether it may differ strongly on few prompts (see `paired_difference`)
    whole: bool = False  # whether each answer has 0 or 1, so that McNemar's test applies
    higher_is_better: bool | None = True  # None where neither direction is better
    plain: str = ""  # what it measures in everyday words, where the label is a term of the field
    about: str = ""  # words for the place ``{about}`` of the label

    @property
    def name(self) -> str:
        """Its label in the present language."""
        return tr(self.label, about=tr(self.about)) if self.about else tr(self.label)


@dataclass(frozen=True, slots=True)
class SharedTexts:
    key: str  # the beginning of their keys, such as ``checks``
    title: str  # title of their explanations
    difference_rule: str  # how a difference of two systems is computed
    limits: tuple[str, ...] = ()  # what the measures do not say, at the end of an explanation
    mcnemar_rule: str = ""  # how McNemar's test is computed; empty for ``difference_rule``
    sampled: str = "prompt"  # the unit of sampling, in the singular; a noun that `counted` knows
    compared: str = N_("{b} minus {a}, same prompts")  # heading of the differences of two systems


@dataclass(frozen=True, slots=True)
class MeasuredPrompt(Generic[Evidence]):
    id: PromptId
    key: str  # the owner's id for it
    text: str  # the last question before the first answer
    groups: Mapping[str, str]  # the groups of the prompt by field, such as its category
    evidence: Mapping[str, Evidence]  # by system name; only systems that have any
    sampled: str  # the unit of sampling that it belongs to; values of one unit count once, with their mean


def read_answers(
    study: StudyFile, wanted: Collection[PromptId], what: str, progress: ProgressCallback
) -> Iterator[Response]:
    """The responses to some prompts; ``progress`` receives ``what`` is done, and may cancel."""
    for number, response in enumerate(study.responses.all() if wanted else ()):
        if number % REPORT_EVERY == 0:
            progress(tr("{work}: {count} read", what, number), None)
        if response.prompt in wanted:
            yield response


def by_prompt_and_system(
    answers: Iterable[tuple[Response, Evidence]],
) -> dict[PromptId, dict[SystemId, tuple[Evidence, ...]]]:
    values: dict[PromptId, defaultdict[SystemId, list[Evidence]]] = {}
    for response, one in answers:
        values.setdefault(response.prompt, defaultdict(list))[response.system].append(one)
    return {prompt: {system: tuple(own) for system, own in by.items()} for prompt, by in values.items()}


def _groups(prompt: Prompt) -> dict[str, str]:
    spec = prompt.spec
    return {"category": spec.category, "split": spec.split.value, "context_kind": spec.context_kind.value}


@dataclass(frozen=True, slots=True)
class MeasuredStudy(Generic[Evidence]):
    """The evidence of all systems of a study, and what its measures say."""

    texts: SharedTexts  # the texts of the measures
    measures: tuple[Measure[Evidence], ...] = ()  # the measures in display order
    # names of all systems, in the order in which they were added; after `measured`, of those with evidence
    systems: tuple[str, ...] = ()
    prompts: tuple[MeasuredPrompt[Evidence], ...] = ()  # the prompts with evidence, in the study's order
    _values: dict[tuple[str, str], dict[PromptId, float]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def of(
        cls,
        study: StudyFile,
        evidence: Mapping[PromptId, Mapping[SystemId, Evidence]],
        *,
        groups: Callable[[Prompt], Mapping[str, str]] = _groups,
        sampled: Callable[[Prompt], str] = lambda prompt: str(prompt.id),
        **fields: Any,
    ) -> Self:
        """Give the evidence the names that may be shown now; ``fields`` are further ones of the class."""
        names = system_names(study)
        prompts = (
            MeasuredPrompt(
                prompt.id,
                prompt.spec.key,
                prompt.spec.text,
                groups(prompt),
                {names[system]: one for system, one in evidence[prompt.id].items()},
                sampled(prompt),
            )
            for prompt in (study.prompts.all() if evidence else ())
            if evidence.get(prompt.id)
        )
        return cls(systems=tuple(names.values()), prompts=tuple(prompts), **fields)

    @property
    def measured(self) -> Self:
        """The same with the names of only those systems that have evidence."""
        having = {system for prompt in self.prompts for system in prompt.evidence}
        return replace(self, systems=tuple(name for name in self.systems if name in having))

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        return tuple(combinations(self.systems, 2))

    @property
    def used(self) -> tuple[Measure[Evidence], ...]:
        return self.defined(self.measures)

    def defined(self, measures: Iterable[Measure[Evidence]]) -> tuple[Measure[Evidence], ...]:
        return tuple(m for m in measures if any(self.values(m, system) for system in self.systems))

    def evidence(self, system: str) -> tuple[Evidence, ...]:
        """A system's evidence in the order of prompts."""
        return tuple(prompt.evidence[system] for prompt in self.prompts if system in prompt.evidence)

    def both(self, a: str, b: str) -> bool:
        return any(a in prompt.evidence and b in prompt.evidence for prompt in self.prompts)

    def values(self, measure: Measure[Evidence], system: str) -> Mapping[PromptId, float]:
        """A measure's values by prompt, where it is defined. Cached, because every table needs them."""
        key = measure.id, system
        if key not in self._values:
            having = ((p.id, p.evidence[system]) for p in self.prompts if system in p.evidence)
            values = ((prompt, measure.value(evidence)) for prompt, evidence in having)
            own = {prompt: value for prompt, value in values if value is not None}
            in_range = (-SAME_VALUE <= one <= 1 + SAME_VALUE for one in own.values())
            if measure.bounded and not all(in_range):
                what = f"The measure “{measure.label}” gives values that are not from 0 to 1."
                raise BugError(what, how="Declare it with bounded=False.", code="measure-range")
            self._values[key] = own
        return self._values[key]

    def sampled(
        self, measure: Measure[Evidence], system: str, among: Collection[PromptId] | None = None
    ) -> dict[str, float]:
        """A measure's values by unit of sampling: the mean over the unit's prompts, or over some of them."""
        values, own = self.values(measure, system), defaultdict[str, list[float]](list)
        for prompt in self.prompts:
            if prompt.id in values and (among is None or prompt.id in among):
                own[prompt.sampled].append(values[prompt.id])
        return {unit: sum(found) / len(found) for unit, found in own.items()}

    def mean(self, measure: Measure[Evidence], system: str) -> float | None:
        values = self.sampled(measure, system).values()
        return sum(values) / len(values) if values else None

    def estimate(self, measure: Measure[Evidence], system: str) -> PromptMean | None:
        values = self.sampled(measure, system).values()
        return prompt_mean(values, bounded=measure.bounded) if values else None

    def difference(self, measure: Measure[Evidence], a: str, b: str) -> PairedDifference | None:
        """Mean of b minus mean of a on the same prompts; None where they share none."""
        return paired_difference(
            *self._shared(measure, a, b),
            coarse=measure.coarse,
            jumps=measure.jumps,
            bounded=measure.bounded,
        )

    def mcnemar(self, measure: Measure[Evidence], a: str, b: str) -> McNemar | None:
        """McNemar's exact test; None for a measure with values between 0 and 1."""
        return mcnemar(*self._shared(measure, a, b)) if measure.whole else None

    def _shared(
        self, measure: Measure[Evidence], a: str, b: str
    ) -> tuple[dict[str, float], dict[str, float]]:
        shared = self.values(measure, a).keys() & self.values(measure, b).keys()
        return self.sampled(measure, a, shared), self.sampled(measure, b, shared)

    def differing(self, measure: Measure[Evidence], a: str, b: str) -> tuple[MeasuredPrompt[Evidence], ...]:
        of_a, of_b = self.values(measure, a), self.values(measure, b)
        shared = of_a.keys() & of_b.keys()
        return tuple(p for p in self.prompts if p.id in shared and of_a[p.id] != of_b[p.id])

    def groups(self, *fields: str) -> Iterator[tuple[str, str, Self]]:
        """Field, value, and prompts of each group, for fields that divide the prompts into several groups."""
        for name in fields or GROUPED_BY:
            words = dict.fromkeys(prompt.groups[name] for prompt in self.prompts)
            for word in words if len(words) > 1 else ():
                own = tuple(prompt for prompt in self.prompts if prompt.groups[name] == word)
                yield name, word, replace(self, prompts=own)

    def pooled(self, measure: Measure[Evidence]) -> dict[PromptId, float]:
        """As `pooled_values` of a study whose `systems` are all systems."""
        return pooled_values([self.values(measure, system) for system in self.systems])


def pooled_values(values: Collection[Mapping[PromptId, float]]) -> dict[PromptId, float]:
    """For each prompt with a value of every system: the mean over systems.

    It may be shown while a study is blinded. Other prompts are left out: their means would be of some systems
    only, such as the base, which writes first.
    """
    if len(values) < LEAST_SYSTEMS:
        return {}
    common = set.intersection(*map(set, values))
    return {p: math.fsum(own[p] for own in values) / len(values) for p in sorted(common)}


AnyMeasure = Measure[Any]
AnyStudy = MeasuredStudy[Any]
