"""Studies made of votes that a test writes down, to compute on by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message
from ftcompare.store.study.study_file import StudyFile

PREFERENCE = {"a": 0.0, "b": 1.0, "tie": 0.5, "both_bad": 0.5}


def voted(
    prompt: str, rater: str, choice: str, *, a: str = "base", b: str = "tuned", **more: Any
) -> JudgmentRecord:
    """A vote; ``b`` is the choice for the second system."""
    return JudgmentRecord(
        messages=(Message("user", prompt),),
        system_a=a,
        system_b=b,
        response_a=f"{a} on {prompt}",
        response_b=f"{b} on {prompt}",
        rater=rater,
        choice=choice,
        preference=PREFERENCE[choice],
        **more,
    )


def voted_study(
    path: Path, votes: Iterable[JudgmentRecord], rng: Random, now: datetime, title: str = "Votes"
) -> StudyFile:
    """An open study of these votes, unblinded as imported ones are."""
    study = StudyFile.create(path, title=title, scale=Scale(), rng=rng, now=now)
    study.imports.judgments(votes, now=now)
    return study
