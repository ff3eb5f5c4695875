"""Measures with a value from 0 to 1 for each prompt and system: means, differences, groups and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations

from ftcompare.app.results.consistency import difference_json
from ftcompare.core.hashing import Json
from ftcompare.core.study import Prompt, PromptId
from ftcompare.stats.mcnemar import McNemar, mcnemar
from ftcompare.stats.paired_difference import PairedDifference, paired_difference
from ftcompare.stats.prompt_mean import PromptMean, prompt_mean


@dataclass(frozen=True, slots=True)
class PromptMeasure:
    """A measure; all take few distinct values.

    Args:
        id: id of its figures.
        label: name in words.
        whole: whether each prompt has 0 or 1, so that McNemar's test applies.
    """

    id: str
    label: str
    whole: bool = True


@dataclass(frozen=True, slots=True)
class MeasuredPrompt:
    """A prompt with the values of systems.

    Args:
        key: the owner's id for it.
        text: the last question before the first answer.
        groups: the groups of the prompt by field (category, split, kind of context); empty values are left
            out.
        values: by measure id, then by system name.
        told: for each system, a description of the answers behind its values; may be empty.
    """

    id: PromptId
    key: str
    text: str
    groups: Mapping[str, str]
    values: Mapping[str, Mapping[str, float]]
    told: Mapping[str, str] = field(default_factory=dict)


def measured_prompt(
    prompt: Prompt, values: Mapping[str, Mapping[str, float]], told: Mapping[str, str]
) -> MeasuredPrompt:
    """A prompt of a study with its values."""
    spec = prompt.spec
    groups = {"category": spec.category, "split": spec.split.value, "context_kind": spec.context_kind.value}
    return MeasuredPrompt(prompt.id, spec.key, spec.text, groups, values, told)


@dataclass(frozen=True, slots=True)
class PromptMeasures:
    """The values of all systems of a study.

    Args:
        measures: the measures in display order.
        systems: names of the systems with a value, in the order in which they were added.
        prompts: the prompts in the study's order.
    """

    measures: tuple[PromptMeasure, ...] = ()
    systems: tuple[str, ...] = ()
    prompts: tuple[MeasuredPrompt, ...] = ()

    def values(self, measure: PromptMeasure, system: str) -> dict[PromptId, float]:
        """A measure's values by prompt, where it is defined."""
        own = ((prompt.id, prompt.values.get(measure.id, {}).get(system)) for prompt in self.prompts)
        return {prompt: value for prompt, value in own if value is not None}

    def mean(self, measure: PromptMeasure, system: str) -> PromptMean | None:
        """Mean over prompts, with its interval; None without values."""
        values = self.values(measure, system).values()
        return prompt_mean(tuple(values)) if values else None

    def difference(self, measure: PromptMeasure, a: str, b: str) -> PairedDifference | None:
        """Mean of b minus mean of a on the same prompts; None where they share none."""
        return paired_difference(*(self._keyed(measure, system) for system in (a, b)), coarse=True)

    def mcnemar(self, measure: PromptMeasure, a: str, b: str) -> McNemar | None:
        """McNemar's exact test; None for a measure with values between 0 and 1."""
        return mcnemar(*(self._keyed(measure, system) for system in (a, b))) if measure.whole else None

    def _keyed(self, measure: PromptMeasure, system: str) -> dict[str, float]:
        return {str(prompt): value for prompt, value in self.values(measure, system).items()}

    def differing(self, measure: PromptMeasure, a: str, b: str) -> tuple[MeasuredPrompt, ...]:
        """The prompts on which the two systems' values differ."""
        values = [self.values(measure, system) for system in (a, b)]
        return tuple(
            prompt
            for prompt in self.prompts
            if prompt.id in values[0]
            and prompt.id in values[1]
            and values[0][prompt.id] != values[1][prompt.id]
        )

    def groups(self) -> Iterator[tuple[str, str, PromptMeasures]]:
        """Field, value and prompts of each group, for fields that divide the prompts into several groups."""
        for name in ("category", "split", "context_kind"):
            words = dict.fromkeys(prompt.groups[name] for prompt in self.prompts)
            for word in words if len(words) > 1 else ():
                own = tuple(prompt for prompt in self.prompts if prompt.groups[name] == word)
                yield name, word, replace(self, prompts=own)


# --- as JSON ---------------------------------------------------------------------------------------


def measures_json(found: PromptMeasures) -> dict[str, Json]:
    """The systems with their means, the difference of each pair, the groups, and each prompt."""
    return {
        "systems": [
            {"system": system, "measures": [_mean_json(found, measure, system) for measure in found.measures]}
            for system in found.systems
        ],
        "differences": _differences_json(found),
        "groups": [
            {
                "field": name,
                "group": word,
                "systems": [
                    {
                        "system": system,
                        "measures": [_mean_json(own, measure, system) for measure in own.measures],
                    }
                    for system in own.systems
                ],
                "differences": _differences_json(own),
            }
            for name, word, own in found.groups()
        ],
        "prompts": [_prompt_json(found, prompt) for prompt in found.prompts],
    }


def _mean_json(found: PromptMeasures, measure: PromptMeasure, system: str) -> Json:
    mean = found.mean(measure, system)
    return {
        "measure": measure.id,
        "prompts": mean.prompts if mean else 0,
        "value": mean.value if mean else None,
        "low": mean.low if mean else None,
        "high": mean.high if mean else None,
        "level": mean.level if mean else None,
        "method": (mean.method or None) if mean else None,
    }


def _differences_json(found: PromptMeasures) -> list[Json]:
    return [
        {
            "measure": measure.id,
            "a": a,
            "b": b,
            **difference_json(found.difference(measure, a, b)),
            "mcnemar": _mcnemar_json(found.mcnemar(measure, a, b)),
        }
        for a, b in combinations(found.systems, 2)
        for measure in found.measures
    ]


def _mcnemar_json(found: McNemar | None) -> Json:
    return None if found is None else {"only_a": found.only_a, "only_b": found.only_b, "p": found.p}


def _prompt_json(found: PromptMeasures, prompt: MeasuredPrompt) -> Json:
    return {
        "prompt_id": prompt.key,
        **prompt.groups,
        "systems": [
            {
                "system": system,
                **{m.id: prompt.values.get(m.id, {}).get(system) for m in found.measures},
                "told": prompt.told.get(system, ""),
            }
            for system in found.systems
        ],
    }
