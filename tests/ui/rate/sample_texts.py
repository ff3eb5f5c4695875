"""A study of one pair with given texts."""

from __future__ import annotations

from pathlib import Path
from random import Random

from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft
from ftcompare.store.study.study_file import StudyFile
from tests.builders import built_once, import_systems
from tests.ui.conftest import START


@built_once
def pair_study(
    path: Path, prompt: str | tuple[Message, ...], first: str, second: str, *, cut: int = 0
) -> Path:
    """Write a study whose one prompt is answered by two systems; so many were cut, the first first."""
    messages = (Message("user", prompt),) if isinstance(prompt, str) else prompt
    study = StudyFile.create(path, title="Texts", scale=Scale(), notice="", rng=Random(1), now=START)
    with study, study.atomic():
        systems = import_systems(study, "one", "two")
        (made,) = study.prompts.add([PromptSpec(key="p", messages=messages, category="")])
        texts = zip(systems, (first, second), strict=True)
        ends = [FinishReason.LENGTH if number < cut else FinishReason.IMPORTED for number in range(2)]
        drafts = [
            ResponseDraft(system.id, text, end) for (system, text), end in zip(texts, ends, strict=True)
        ]
        study.responses.store(made.id, drafts, run=None)
    return path
