"""The most likely label of a prompt under a system: multiple choice by log-likelihood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ftcompare.app.generate.label_scoring import choices, right_label
from ftcompare.app.results.prompt_measures import (
    PromptMeasure,
    PromptMeasures,
    measured_prompt,
    measures_json,
)
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.disclosure import Subject
from ftcompare.core.hashing import Json
from ftcompare.core.study import PromptId, SystemId
from ftcompare.stats.classification import NO_LABEL, Classification, classification
from ftcompare.store.study.study_file import StudyFile

ACCURACY = PromptMeasure("accuracy", "Likeliest label right")
PER_CHARACTER = PromptMeasure("accuracy_per_character", "Likeliest label right, per character")
LABEL_MEASURES = (ACCURACY, PER_CHARACTER)


def likeliest(labels: Sequence[str], logprobs: Sequence[float], *, per_character: bool) -> str:
    """The label with the highest log-probability, per character if asked; empty where two are equal."""
    lengths = [len(label) if per_character else 1 for label in labels]
    scores = [one / length for one, length in zip(logprobs, lengths, strict=True)]
    best = [label for label, score in zip(labels, scores, strict=True) if score == max(scores)]
    return best[0] if len(best) == 1 else NO_LABEL


@dataclass(frozen=True, slots=True)
class StudyLabels:
    """The most likely labels of all systems.

    Args:
        found: whether they are right, by prompt.
        chosen: by measure id and system name: the right and the most likely label of each prompt.
        choices: number of prompts that are multiple choice.
        waiting: number of these that are conversations without scores under any system: an answer to their
            earlier turns is missing, or the run has not been made.
    """

    found: PromptMeasures = field(default_factory=PromptMeasures)
    chosen: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = field(default_factory=dict)
    choices: int = 0
    waiting: int = 0

    def classification(self, measure: PromptMeasure, system: str) -> Classification | None:
        """The right labels compared with the most likely ones; None without any."""
        return classification(self.chosen.get((measure.id, system), ()))


def study_labels(study: StudyFile) -> StudyLabels:
    """The most likely labels of the prompts that `LabelScoringRun` scored.

    Raises:
        UserError: ``still-blinded``.
    """
    told = study.settings.read().disclosure
    told.require(Subject.LIKELIHOOD, where=study.path.name)
    told.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    names, scores = system_names(study), _scores(study)
    every = choices(study)
    prompts, chosen = [], defaultdict[tuple[str, str], list[tuple[str, str]]](list)
    for prompt in every:
        own, right, labels = scores.get(prompt.id, {}), right_label(prompt.spec), prompt.spec.labels
        values: dict[str, dict[str, float]] = {measure.id: {} for measure in LABEL_MEASURES}
        words = {}
        for system, logprobs in own.items():
            for measure in LABEL_MEASURES:
                label = likeliest(labels, logprobs, per_character=measure is PER_CHARACTER)
                values[measure.id][names[system]] = float(label == right)
                chosen[measure.id, names[system]].append((right, label))
            words[names[system]] = likeliest(labels, logprobs, per_character=False) or "several"
        if own:
            prompts.append(measured_prompt(prompt, values, words))
    having = {system for prompt in prompts for system in prompt.told}
    systems = tuple(name for name in names.values() if name in having)
    found = PromptMeasures(LABEL_MEASURES, systems, tuple(prompts))
    waiting = sum(1 for prompt in every if prompt.spec.later_turns and prompt.id not in scores)
    return StudyLabels(found, {key: tuple(pairs) for key, pairs in chosen.items()}, len(every), waiting)


def scored_choices(study: StudyFile) -> int:
    """Number of prompts with scored labels under some system; it reveals nothing about a single system."""
    return len({prompt for prompt, _ in study.label_scores.scored()})


def _scores(study: StudyFile) -> Mapping[PromptId, Mapping[SystemId, tuple[float, ...]]]:
    found: defaultdict[PromptId, dict[SystemId, tuple[float, ...]]] = defaultdict(dict)
    for one in study.label_scores.all():
        found[one.prompt][one.system] = one.logprobs
    return found


def labels_json(found: StudyLabels) -> dict[str, Json]:
    """The JSON form after unblinding: the measures, and each system's confusion counts."""
    return {
        "blinded": False,
        "choices": found.choices,
        "conversations_waiting": found.waiting,
        **measures_json(found.found),
        "confusion": [
            {
                "system": system,
                "measure": measure.id,
                "macro_f1": one.macro_f1,
                "counts": [
                    {"right": right, "likeliest": label or None, "prompts": count}
                    for (right, label), count in sorted(one.counts.items())
                ],
            }
            for system in found.found.systems
            for measure in LABEL_MEASURES
            if (one := found.classification(measure, system)) is not None
        ],
    }
