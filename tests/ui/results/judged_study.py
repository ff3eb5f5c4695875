"""Studies in which every pair is judged by a rule, and what is computed of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

from ftcompare.app.results.study_results import DetailedResults, detailed_results
from ftcompare.app.study.sealed_plan import Hypothesis, PlanRules, seal
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    Message,
    PromptSpec,
    Split,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer, built_once, drawn_rater
from tests.ui.conftest import NOTICE, START

SPLITS = (Split.TRAINED, Split.HELD_OUT)
Decide = Callable[[str, str], Choice]


def tuned_wins(category: str, tuned_side: str) -> Choice:
    """The tuned system wins, but for general topics."""
    wins = category != "general"
    return Choice.LEFT if wins == (tuned_side == "left") else Choice.RIGHT


@built_once
def written(
    path: Path,
    *,
    prompts: int = 24,
    raters: tuple[str, ...] = ("Ada", "Ben"),
    decide: Decide = tuned_wins,
    unblinded: bool = True,
    systems: tuple[str, ...] = ("acme-plain", "acme-tuned"),
    sealed: bool = False,
) -> Path:
    """A study in which every pair is judged by a rule; sealed: that raters prefer the second system."""
    with StudyFile.create(
        path, title="Acme", scale=Scale(), notice=NOTICE, rng=Random(4), now=START
    ) as study:
        with study.atomic():
            added = [study.systems.add(_system(name)) for name in systems]
            for number, prompt in enumerate(study.prompts.add(_prompt(n) for n in range(prompts))):
                texts = [
                    f"{'TUNED' if i else 'PLAIN'} answer {number}" + " x" * (i * number)
                    for i in range(len(added))
                ]
                answer(study, prompt, texts)
            if sealed:
                study.settings.set_rating(Scale(), RatingDesign(raters=len(raters)), now=START)
                seal(study, (Hypothesis(systems[1], systems[0]),), PlanRules(), now=START)
            for rater in raters:
                _judge_all(study, rater, decide)
        if unblinded:
            study.settings.unblind("all judgments are in", now=START + timedelta(days=1))
    return path


def _system(name: str) -> SystemSpec:
    tuned = "tuned" in name
    return SystemSpec(
        name,
        SystemKind.ADAPTER if tuned else SystemKind.BASE,
        model="/m/acme",
        adapter="/m/a" if tuned else "",
    )


def _prompt(number: int) -> PromptSpec:
    category = "general" if number % 4 == 0 else "heart"
    return PromptSpec(
        f"p{number}", (Message("user", f"{category} question {number}"),), category, SPLITS[number % 2]
    )


def _judge_all(study: StudyFile, name: str, decide: Decide) -> None:
    rater = drawn_rater(study, name, rng=Random(name), now=START)
    while (item := study.judgments.next_item(rater.id)) is not None:
        tuned_side = "left" if item.left.startswith("TUNED") else "right"
        choice = decide(item.messages[0].content.split()[0], tuned_side)
        study.judgments.judge(item.allocation, Verdict(choice, seconds=5.0), now=START)


def computed(path: Path) -> DetailedResults:
    with StudyFile.open(path, now=START) as study:
        return detailed_results(study)
