"""Automatic measures pooled over all systems, for studies that are still blinded."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from ftcompare.core.study import PromptId

LEAST_SYSTEMS = 2
"""Minimum number of systems; the mean of one system would reveal that system's value."""


def over_all_systems(values: Collection[Mapping[PromptId, float]]) -> dict[PromptId, float]:
    """For each prompt with a value of every system: the mean over systems.

    Other prompts are left out: their means would be of some systems only, such as the base, which writes
    first.

    Args:
        values: values by prompt of each system of the study, including systems without values.
    """
    if len(values) < LEAST_SYSTEMS:
        return {}
    common = set.intersection(*map(set, values))
    return {p: math.fsum(own[p] for own in values) / len(values) for p in sorted(common)}


def prompt_values(values: Mapping[str, float]) -> dict[PromptId, float]:
    """Convert keys that hold the prompt's number as text to prompt ids."""
    return {PromptId(int(prompt)): value for prompt, value in values.items()}
