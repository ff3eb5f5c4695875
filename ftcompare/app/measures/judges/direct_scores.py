"""Judges' scores of single answers, by system and prompt. They are never mixed with people's judgments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from ftcompare.app.judges.judge_overview import own_system_warning
from ftcompare.app.study.shown_names import system_names
from ftcompare.core.judge import Judge, JudgeKind, JudgeMode
from ftcompare.core.study import PromptId, ResponseId, SystemId
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class DirectScores:
    """The scores of one judge."""

    judge: str  # name of the judge
    lowest: int  # lower end of its scale; ``highest`` is the upper end
    highest: int
    # by system name as it may be shown now, then by prompt: mean over the answers, from 0 (lowest score) to 1
    # (highest score)
    values: Mapping[str, Mapping[PromptId, float]]
    warning: str  # warning to show with the figures; may be empty


def direct_scores(study: StudyFile) -> tuple[DirectScores, ...]:
    """The scores of each judge or jury that scores answers on a scale, in the order they were added.

    After unblinding by system; before, pooled over all systems.
    """
    judges = [one for one in study.judges.all() if scores_on_a_scale(one)]
    written = _written(study) if judges else {}
    return tuple(_of_judge(study, judge, written) for judge in judges)


def scores_on_a_scale(judge: Judge) -> bool:
    """Whether a judge scores single answers, on the scale of its file."""
    return judge.spec.mode is JudgeMode.DIRECT and judge.spec.kind is not JudgeKind.REWARD


def _written(study: StudyFile) -> dict[ResponseId, tuple[SystemId, PromptId]]:
    """The writer and prompt of each response of an ordinary pair."""
    found = {}
    for pair in study.judges.pairs():
        found[pair.a] = pair.system_a, pair.prompt
        found[pair.b] = pair.system_b, pair.prompt
    return found


def _of_judge(
    study: StudyFile, judge: Judge, written: Mapping[ResponseId, tuple[SystemId, PromptId]]
) -> DirectScores:
    spec = judge.spec
    found: dict[SystemId, defaultdict[PromptId, list[float]]] = {
        system: defaultdict(list) for system in system_names(study)
    }
    for response, score in study.judges.scores(judge.id).items():
        if score is not None and response in written:  # a score file may include other responses
            system, prompt = written[response]
            found[system][prompt].append((score - spec.lowest) / (spec.highest - spec.lowest))
    values = {
        name: {prompt: fmean(shares) for prompt, shares in found[system].items()}
        for system, name in system_names(study).items()
    }
    return DirectScores(judge.name, spec.lowest, spec.highest, values, own_system_warning(study, judge))
