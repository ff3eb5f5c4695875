"""How consistently systems answer prompts that were sampled several times."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ftcompare.app.results.over_all_systems import over_all_systems, prompt_values
from ftcompare.app.study.kept_findings import kept_until_changed
from ftcompare.app.study.shown_names import system_names
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.checks.normalised_answer import normalised
from ftcompare.checks.sample_consistency import SampleConsistency, sample_consistency
from ftcompare.core.disclosure import Subject
from ftcompare.core.hashing import Json
from ftcompare.core.study import Message, PromptId, Response
from ftcompare.stats.paired_difference import PairedDifference, paired_difference
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class ConsistencyMeasure:
    """A measure of consistency.

    Args:
        id: id of its figures.
        value: function of the samples to one prompt, 0 to 1; None where it is not defined.
        coarse: whether it takes few distinct values (see `paired_difference`).
    """

    id: str
    value: Callable[[SampleConsistency], float | None]
    coarse: bool = False


CONSISTENCY_MEASURES = (
    ConsistencyMeasure("equal_pairs", lambda found: found.equal_pairs, coarse=True),
    ConsistencyMeasure("modal_share", lambda found: found.modal_share, coarse=True),
    ConsistencyMeasure("chrf", lambda found: found.chrf),
    ConsistencyMeasure("distinct_1", lambda found: found.distinct_1),
    ConsistencyMeasure("distinct_2", lambda found: found.distinct_2),
)


@dataclass(frozen=True, slots=True)
class SampledPrompt:
    """A prompt that systems answered several times.

    Args:
        key: the owner's id for it.
        text: the last question before the first answer.
        found: consistency by system name, for systems with at least two samples.
    """

    id: PromptId
    key: str
    text: str
    category: str
    found: dict[str, SampleConsistency]


@dataclass(frozen=True, slots=True)
class StudyConsistency:
    """The consistency of all systems of a study.

    Args:
        systems: names of the systems with several samples to some prompt, in the order in which they were
            added.
        prompts: the prompts with several samples, in the study's order.
    """

    systems: tuple[str, ...] = ()
    prompts: tuple[SampledPrompt, ...] = ()

    def values(self, measure: ConsistencyMeasure, system: str) -> dict[str, float]:
        """A measure's values by prompt, where it is defined."""
        own = ((prompt, prompt.found[system]) for prompt in self.prompts if system in prompt.found)
        values = ((str(prompt.id), measure.value(found)) for prompt, found in own)
        return {prompt: value for prompt, value in values if value is not None}

    def mean(self, measure: ConsistencyMeasure, system: str) -> float | None:
        """Mean over prompts; None without values."""
        values = self.values(measure, system).values()
        return sum(values) / len(values) if values else None

    def samples(self, system: str) -> int:
        """Number of a system's answers that were compared."""
        return sum(p.found[system].samples for p in self.prompts if system in p.found)

    def prompts_of(self, system: str) -> int:
        """Number of prompts that a system answered several times."""
        return sum(1 for p in self.prompts if system in p.found)

    def difference(self, measure: ConsistencyMeasure, a: str, b: str) -> PairedDifference | None:
        """Mean of b minus mean of a on the same prompts; None where they share none."""
        return paired_difference(self.values(measure, a), self.values(measure, b), coarse=measure.coarse)

    def wavering(self, a: str, b: str) -> tuple[SampledPrompt, ...]:
        """The prompts on which one system always gives the same answer and the other does not.

        Prompts on which the samples of the inconsistent system are less alike come first.
        """
        both = [p for p in self.prompts if a in p.found and b in p.found]
        found = [(p, p.found[a], p.found[b]) for p in both]
        told = [(abs(x.chrf - y.chrf), p) for p, x, y in found if x.steady != y.steady]
        return tuple(p for _, p in sorted(told, key=lambda one: (-one[0], one[1].id)))


@kept_until_changed
def consistency(study: StudyFile, told: ProgressCallback = ignore_progress) -> StudyConsistency:
    """Compare the samples of every system to every prompt; ``told`` may cancel.

    Raises:
        UserError: ``still-blinded``.
    """
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    sampled = study.responses.sampled_prompts()
    prompts = tuple(_sampled(study, sampled, told)) if sampled else ()
    names = system_names(study).values()
    having = {system for prompt in prompts for system in prompt.found}
    return StudyConsistency(tuple(name for name in names if name in having), prompts)


def consistency_over_all(
    study: StudyFile, told: ProgressCallback = ignore_progress
) -> dict[ConsistencyMeasure, dict[PromptId, float]]:
    """For each measure and prompt: the mean over all systems, for prompts that all sampled several times."""
    sampled, names = study.responses.sampled_prompts(), system_names(study).values()
    prompts = tuple(_sampled(study, sampled, told)) if sampled else ()
    found = StudyConsistency(tuple(names), prompts)
    by_measure = ((m, [found.values(m, name) for name in names]) for m in CONSISTENCY_MEASURES)
    return {m: over_all_systems([prompt_values(own) for own in values]) for m, values in by_measure}


def _sampled(
    study: StudyFile, sampled: tuple[PromptId, ...], told: ProgressCallback
) -> Iterator[SampledPrompt]:
    names, specs = system_names(study), {prompt.id: prompt.spec for prompt in study.prompts.all()}
    for number, prompt in enumerate(sampled):
        told(f"Comparing samples: {number:,} of {len(sampled):,} prompts", number / len(sampled))
        texts: defaultdict[str, list[str]] = defaultdict(list)
        for response in study.responses.samples(prompt):
            texts[names[response.system]].append(_whole(response))
        found = {system: sample_consistency(own) for system, own in texts.items() if len(own) > 1}
        spec = specs[prompt]
        yield SampledPrompt(prompt, spec.key, spec.text, spec.category, found)


def _whole(response: Response) -> str:
    """The answers to all turns of a conversation; equal last answers may follow different earlier ones."""
    return "\n\n".join(response.answers)


# --- the answers behind it -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SampledAnswer:
    """A distinct answer of a system to a prompt, with the number of samples that give it.

    Args:
        text: the first sample; the others are equal to it after normalising.
        times: number of samples that give this answer.
    """

    text: str
    times: int


@dataclass(frozen=True, slots=True)
class SampledAnswers:
    """The distinct answers of systems to one prompt.

    Args:
        messages: the prompt's messages.
        given: distinct answers by system name, most frequent first; only systems with answers.
    """

    key: str
    messages: tuple[Message, ...]
    given: dict[str, tuple[SampledAnswer, ...]]


def sampled_answers(study: StudyFile, prompt: PromptId) -> SampledAnswers:
    """The answers to a prompt; equal samples are merged.

    Raises:
        UserError: ``still-blinded``; ``no-answer`` when the prompt is no longer in the study.
    """
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    names, spec = system_names(study), study.answers.prompt(prompt).spec
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for response in study.responses.samples(prompt):
        texts[names[response.system]].append(_whole(response))
    return SampledAnswers(spec.key, spec.messages, {name: _given(own) for name, own in texts.items()})


def _given(texts: Sequence[str]) -> tuple[SampledAnswer, ...]:
    equal: dict[str, list[str]] = {}
    for text in texts:
        equal.setdefault(normalised(text), []).append(text)
    found = (SampledAnswer(own[0], len(own)) for own in equal.values())
    return tuple(sorted(found, key=lambda one: -one.times))


# --- the document of ``consistency --json`` -------------------------------------------------------


def consistency_json(found: StudyConsistency) -> dict[str, Json]:
    """The ``consistency --json`` document: by system, the difference of each pair, and each prompt."""
    pairs = [(a, b) for n, a in enumerate(found.systems) for b in found.systems[n + 1 :]]
    return {
        "systems": [_system_json(found, system) for system in found.systems],
        "differences": [_difference_json(found, a, b, one) for a, b in pairs for one in CONSISTENCY_MEASURES],
        "one_wavers": [
            {"a": a, "b": b, "prompts": [prompt.key for prompt in found.wavering(a, b)]} for a, b in pairs
        ],
        "prompts": [_prompt_json(prompt) for prompt in found.prompts],
    }


def _system_json(found: StudyConsistency, system: str) -> Json:
    return {
        "system": system,
        "prompts": found.prompts_of(system),
        "samples": found.samples(system),
        **{measure.id: found.mean(measure, system) for measure in CONSISTENCY_MEASURES},
    }


def _difference_json(found: StudyConsistency, a: str, b: str, measure: ConsistencyMeasure) -> Json:
    return {"measure": measure.id, "a": a, "b": b, **difference_json(found.difference(measure, a, b))}


def finite(value: float | None) -> float | None:
    """A number as JSON can store it; None for NaN and infinities."""
    return None if value is None or not math.isfinite(value) else value


def difference_json(found: PairedDifference | None) -> dict[str, Json]:
    """A paired difference as JSON; nulls where no prompt has values of both systems."""
    return {
        "prompts": found.prompts if found else 0,
        "mean_a": finite(found.mean_a) if found else None,
        "mean_b": finite(found.mean_b) if found else None,
        "difference": finite(found.difference) if found else None,
        "low": found.low if found else None,
        "high": found.high if found else None,
        "level": found.level if found else None,
        "method": (found.method or None) if found else None,
    }


def _prompt_json(prompt: SampledPrompt) -> Json:
    return {
        "prompt_id": prompt.key,
        "category": prompt.category,
        "systems": [
            {
                "system": system,
                "samples": one.samples,
                "different": one.different,
                **{measure.id: measure.value(one) for measure in CONSISTENCY_MEASURES},
            }
            for system, one in prompt.found.items()
        ],
    }
