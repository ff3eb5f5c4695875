"""A study whose prompts are choices, with scores of their labels that are known."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.study.engine_runs import LABELS_SCORED
from ftcompare.store.study.study_file import StudyFile
from tests.builders import built_once

PROMPTS = 12
LABELS = ("no", "perhaps", "certainly")


def logprobs(system: str, number: int) -> tuple[float, ...]:
    """Base finds the short label likeliest and tuned the right one, but for two prompts each.

    Of base the long label is likeliest per character throughout; of tuned prompt 0 has two equal labels.
    """
    if system == "base":
        return (-1.0, -4.0, -3.0) if number >= 2 else (-5.0, -4.0, -3.0)
    if number == 0:
        return (-1.0, -9.0, -1.0)
    return tuple(-1.0 if label == right(number) else -20.0 for label in LABELS)


def right(number: int) -> str:
    """No and certainly in turn."""
    return LABELS[2 * (number % 2)]


@built_once
def labelled_study(path: Path, now: datetime, *, blinded: bool = False, scored: bool = True) -> Path:
    with StudyFile.create(path, title="Labels", scale=Scale(), rng=Random(3), now=now) as study:
        names = {
            name: study.systems.add(SystemSpec(name, SystemKind.IMPORTED)).id for name in ("base", "tuned")
        }
        specs = [
            PromptSpec(
                f"p{n}",
                (Message("user", f"Is it so, {n}?"),),
                ("early", "late")[n >= 6],
                reference=right(n).upper(),
                labels=LABELS,
            )
            for n in range(PROMPTS)
        ]
        unscored = PromptSpec("left", (Message("user", "Left out?"),), reference="no", labels=LABELS)
        prompts = study.prompts.add([*specs, unscored])
        for prompt in prompts:
            drafts = [
                ResponseDraft(system, f"It is, says {name}.", FinishReason.END, 3)
                for name, system in names.items()
            ]
            study.responses.store(prompt.id, drafts, run=None)
        examination = study.scores.add_examination(LABELS_SCORED, {}, now=now)
        for number, prompt in enumerate(prompts[:PROMPTS] if scored else ()):
            found = {system: logprobs(name, number) for name, system in names.items()}
            study.label_scores.store(prompt.id, found, examination=examination)
        if not blinded:
            study.settings.unblind(reason="done", now=now)
    return path
