"""A study of written answers: each prompt with both answers, and what every rater said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    GlossaryTerm,
    Message,
    PromptSpec,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import START
from tests.builders import answer, drawn_rater

PREFERS = {"a": 0, "b": 1}


@dataclass(frozen=True)
class Asked:
    """One prompt.

    Args:
        answers: of base and fine-tune, or of as many systems as there are.
        said: of each rater ``a``, ``b``, ``t`` (about equal), ``2`` (both bad) or ``s`` (skipped).
        comments: by the number of the rater.
    """

    question: str
    answers: Sequence[str]
    said: str
    comments: Mapping[int, str] | None = None


def written_study(
    path: Path,
    asked: Sequence[Asked],
    *,
    systems: Sequence[str] = ("base", "cardiology"),
    raters: Sequence[str] = ("Ada", "Ben", "Cleo"),
    glossary: Sequence[GlossaryTerm] = (),
    unblinded: bool = True,
) -> Path:
    """Write it; comments that begin with an exclamation mark are flagged."""
    with StudyFile.create(path, title="Answers", scale=Scale(), notice="", rng=Random(4), now=START) as study:
        with study.atomic():
            for n, name in enumerate(systems):
                study.systems.add(_system(name, n))
            run = study.runs.start({}, now=START)
            specs = [PromptSpec(f"p{n}", (Message("user", one.question),)) for n, one in enumerate(asked)]
            for one, prompt in zip(asked, study.prompts.add(specs), strict=True):
                answer(study, prompt, one.answers, run=run, tokens=9)
        study.glossary.replace(list(glossary), now=START)
        for number, name in enumerate(raters):
            _rate(study, name, number, {one.question: one for one in asked})
        if unblinded:
            study.settings.unblind("all judgments are in", now=START + timedelta(days=1))
    return path


def _system(name: str, number: int) -> SystemSpec:
    if not number:
        return SystemSpec(name, SystemKind.BASE, model="/models/demo-base")
    return SystemSpec(name, SystemKind.ADAPTER, model="/models/demo-base", adapter=f"/models/a{number}")


def _rate(study: StudyFile, name: str, number: int, asked: Mapping[str, Asked]) -> None:
    rater = drawn_rater(study, name, rng=Random(name), now=START)
    at = START
    while (item := study.judgments.next_item(rater.id)) is not None:
        one, at = asked[item.messages[-1].content], at + timedelta(seconds=30)
        said, comment = one.said[number], (one.comments or {}).get(number, "")
        if said == "s":
            study.judgments.skip(item.allocation, "not my field", seconds=3.0, now=at)
            continue
        choice = {"t": Choice.TIE, "2": Choice.BOTH_BAD}.get(said)
        if choice is None:
            choice = Choice.LEFT if item.left == one.answers[PREFERS[said]] else Choice.RIGHT
        verdict = Verdict(choice, comment=comment.removeprefix("!"), flagged=comment[:1] == "!", seconds=4.0)
        study.judgments.judge(item.allocation, verdict, now=at)
