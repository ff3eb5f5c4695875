"""Studies of two successive checkpoints: the second inherits the judgments of equal pairs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from ftcompare.app.rate.rating_session import study_session
from ftcompare.app.release.next_study import write_next_study
from ftcompare.app.study.sealed_plan import Hypothesis, PlanRules, seal
from ftcompare.app.study.unblinding import unblind
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Message, PromptSpec, SystemKind, SystemSpec, Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer

RATERS = ("Ada", "Ben", "Cy")
MODEL = "owner/oak"


def first_study(
    path: Path,
    rng: Random,
    now: datetime,
    *,
    prompts: int = 12,
    each: int = 0,
    planned: bool = False,
    gate: str = "",
    judging: Iterable[str] = RATERS,
) -> StudyFile:
    """A study of the first checkpoint, open, judged by three raters, each in 30 seconds, and unblinded.

    A plan also has a second hypothesis, which was added after judging.
    """
    study = StudyFile.create(path, title="First", scale=Scale(), rng=rng, now=now)
    study.systems.add(SystemSpec("base", SystemKind.BASE, model=MODEL))
    study.systems.add(SystemSpec("step-1", SystemKind.ADAPTER, model=MODEL, adapter="owner/step-1"))
    study.prompts.add(PromptSpec(f"p{n}", (Message("user", f"Question {n}?"),)) for n in range(prompts))
    study.settings.set_rating(Scale(), RatingDesign(raters=len(RATERS), each=each), now=now)
    if planned:
        seal(study, (Hypothesis("step-1", "base"),), PlanRules(), gate=gate, now=now)
    write_answers(study, now, ())
    judge_open(study, now, judging)
    if planned:
        both = Hypothesis("step-1", "base"), Hypothesis("base", "step-1")
        seal(study, both, PlanRules(), gate=gate, reason="looks promising", now=now)
    unblind(study, "all are done", now=now)
    return study


def next_study(
    path: Path, source: StudyFile, now: datetime, changed: Iterable[int], adapter: str = "owner/step-2"
) -> StudyFile:
    """The study of the second checkpoint, open, whose answers differ on some prompts."""
    study = write_next_study(path, source, adapter, rng=Random(2), now=now, warn=print)
    write_answers(study, now, frozenset(changed))
    return study


def write_answers(study: StudyFile, now: datetime, changed: Iterable[int]) -> None:
    run = study.runs.start({}, now=now)
    for number, prompt in enumerate(study.prompts.all()):
        new = " again" if number in changed else ""
        answer(study, prompt, (f"Plain {number}", f"Tuned {number}{new}"), run=run)


def judge_open(
    study: StudyFile, now: datetime, names: Iterable[str] = RATERS, prefers: str = "Tuned"
) -> dict[str, int]:
    """Every rater prefers one model where they have pairs; the number of pairs that each has judged."""
    judged = dict.fromkeys(names, 0)
    for place, name in enumerate(names):
        clock = iter(now + timedelta(minutes=n) for n in range(10_000))
        session = study_session(study, name, clock=partial(next, clock), rng=Random(place))
        while item := session.view().item:
            left = item.left.startswith(prefers)
            session.judge(item.allocation, Verdict(Choice.LEFT if left else Choice.RIGHT, seconds=30.0))
            judged[name] += 1
    return judged
