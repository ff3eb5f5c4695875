"""Automatic measures while a study is blinded: means over all systems together."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from ftcompare.core.study import PromptId

LEAST_SYSTEMS = 2
"""Of one system alone the mean would be its own."""


def over_all_systems(values: Collection[Mapping[PromptId, float]]) -> dict[PromptId, float]:
    """The mean over systems for each prompt of which all have a value.

    Other prompts would tell of some systems alone, such as of the base, which writes first.

    Args:
        values: of each system of the study, also of those that have none.
    """
    if len(values) < LEAST_SYSTEMS:
        return {}
    common = set.intersection(*map(set, values))
    return {p: math.fsum(own[p] for own in values) / len(values) for p in sorted(common)}


def prompt_values(values: Mapping[str, float]) -> dict[PromptId, float]:
    """The same values by the number of their prompt, which is written out in the keys."""
    return {PromptId(int(prompt)): value for prompt, value in values.items()}
