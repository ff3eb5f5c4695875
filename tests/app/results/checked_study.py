"""A study whose prompts ask for checks, with labels and references; one rater finds all pairs equal."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.core.context import ContextKind
from ftcompare.core.prompt_check import ContainsCheck, LengthCheck, LengthUnit
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
from ftcompare.formats.prompt_checks import check_text
from ftcompare.store.study.study_file import StudyFile
from tests.builders import built_once, drawn_rater

PROMPTS = 20
SHORT = check_text(LengthCheck(LengthUnit.WORDS, 1, 6))


def spec(number: int) -> PromptSpec:
    """Each wants the word rhythm; the first ten are questions of yes or no, the right one of which is yes."""
    checks = ("a note of the owner", check_text(ContainsCheck(("rhythm",))), SHORT)
    labelled = number < PROMPTS // 2
    return PromptSpec(
        f"p{number}",
        (Message("user", f"Is finding {number} one of rhythm?"),),
        category=("yes-no", "open")[not labelled],
        checks=checks,
        reference="yes" if labelled else "",
        labels=("yes", "no") if labelled else (),
        context_kind=ContextKind.KNOWN if labelled else ContextKind.UNKNOWN,
    )


def answer(system: str, number: int) -> str:
    """Base alone passes the first 2, tuned alone the next 12, both the others; base says yes 4 times."""
    passes = number < 2 or number >= 14 if system == "base" else number >= 2
    said = ("Yes" if number < 4 else "No") if system == "base" else "Yes"
    return f"{said}, a rhythm." if passes else f"{said}, a vessel."


@built_once
def checked_study(path: Path, now: datetime, *, blinded: bool = False) -> Path:
    with StudyFile.create(path, title="Checks", scale=Scale(), rng=Random(3), now=now) as study:
        names = {
            name: study.systems.add(SystemSpec(name, SystemKind.IMPORTED)).id for name in ("base", "tuned")
        }
        for number, prompt in enumerate(study.prompts.add(map(spec, range(PROMPTS)))):
            drafts = [
                ResponseDraft(system, answer(name, number), FinishReason.END, 3)
                for name, system in names.items()
            ]
            study.responses.store(prompt.id, drafts, run=None)
        rater = drawn_rater(study, "Ada", rng=Random(1), now=now).id
        while (item := study.judgments.next_item(rater)) is not None:
            study.judgments.judge(item.allocation, Verdict(Choice.TIE), now=now)
        if not blinded:
            study.settings.unblind(reason="done", now=now)
    return path
