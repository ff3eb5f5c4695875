"""A judged study whose systems answered each prompt four times, with references and scores."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    PromptSpec,
    ResponseDraft,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.records import TokenScores
from ftcompare.store.study.engine_runs import SCORED
from ftcompare.store.study.study_file import StudyFile
from tests.builders import built_once, drawn_rater

SAMPLES = 4
NAMES = ("base", "tuned")


def text_of(system: str, prompt: int, sample: int) -> str:
    """The base wavers on every second prompt, the tuned one on every sixth."""
    right = f"It is **condition {prompt}**, as the findings show."
    if system == "base" and prompt % 2:
        return (right, "Condition 99 is likely.", "Nobody can tell.", right)[sample]
    if system == "tuned" and prompt % 6 == 0:
        return (right, right, "Perhaps none at all.", right.lower())[sample]
    return right if sample % 2 else right.replace("*", "")


def confidence_of(system: str, prompt: int, sample: int) -> float:
    """The base is always as sure, the tuned one where it is right."""
    if system == "base":
        return 0.9 - 0.001 * prompt
    return 0.95 if "none at all" not in text_of(system, prompt, sample) else 0.3


@built_once
def sampled_study(
    path: Path, now: datetime, prompts: int = 24, *, blinded: bool = False, names: tuple[str, str] = NAMES
) -> Path:
    """A file of it; one rater finds most pairs equal, and the left answer better to each fifth prompt."""
    with StudyFile.create(path, title="Samples", scale=Scale(), rng=Random(3), now=now) as study:
        systems = [study.systems.add(SystemSpec(name, SystemKind.IMPORTED)).id for name in names]
        for number, prompt in enumerate(study.prompts.add(map(prompt_spec, range(prompts)))):
            drafts = [
                ResponseDraft(system, text_of(name, number, sample), FinishReason.END, 3, sample=sample)
                for sample in range(SAMPLES)
                for name, system in zip(NAMES, systems, strict=True)
            ]
            study.responses.store(prompt.id, drafts, run=None)
        _score(study, now)
        _judge(study, now)
        if not blinded:
            study.settings.unblind(reason="done", now=now)
    return path


def prompt_spec(number: int) -> PromptSpec:
    """Every prompt but each seventh has a reference answer."""
    return PromptSpec(
        f"p{number}",
        (Message("user", f"What does finding {number} mean?"),),
        category=("rhythm", "vessels")[number % 2],
        reference=f"Condition {number}" if number % 7 else "",
    )


def _score(study: StudyFile, now: datetime) -> None:
    names = dict(zip((system.id for system in study.systems.all()), NAMES, strict=True))
    numbers = {prompt.id: int(prompt.spec.key[1:]) for prompt in study.prompts.all()}
    examination = study.scores.add_examination(SCORED, {}, now=now)
    for response in list(study.responses.all()):
        own = names[response.system]
        sure = confidence_of(own, numbers[response.prompt], response.sample)
        scores = [TokenScores(system, (0, 5), (math.log(sure),) * 2) for system in names]
        study.scores.store(response.id, scores, examination=examination)


def _judge(study: StudyFile, now: datetime) -> None:
    rater = drawn_rater(study, "Ada", rng=Random(1), now=now).id
    while (item := study.judgments.next_item(rater)) is not None:
        number = int(item.messages[0].content.split()[3])
        study.judgments.judge(item.allocation, Verdict(Choice.TIE if number % 5 else Choice.LEFT), now=now)
