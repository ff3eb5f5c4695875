"""Studies in which raters grade one answer at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from ftcompare.core.rating_design import RatingDesign, ReferenceShown
from ftcompare.core.scale import GRADE_QUESTION, Choice, Scale, ScaleKind
from ftcompare.core.study import Message, PromptSpec, Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer_elsewhere, built_once, drawn_rater, import_systems
from tests.structured_answers import CLOSE, FAR, REFERENCE, spelled

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
GRADES = Scale(GRADE_QUESTION, reasons=("too long", "wrong fact"), kind=ScaleKind.GRADE)
RUBRIC = replace(GRADES, criteria=("accuracy", "tone", "completeness"))
PERCENT = replace(RUBRIC, low=0, high=100)
SYSTEMS = ("base", "tuned", "third")


@built_once
def graded_study(
    path: Path,
    raters: Sequence[str] = (),
    *,
    scale: Scale = GRADES,
    systems: Sequence[str] = SYSTEMS,
    prompts: int = 12,
    design: RatingDesign | None = None,
    swapped: bool = False,
) -> Path:
    """A study whose raters give the second system a grade more on most prompts.

    Args:
        swapped: the second system has the answers of the first, and the first those of the second.
    """
    with StudyFile.create(path, title="Hearts", scale=scale, rng=Random(7), now=NOW) as study:
        study._db.execute("PRAGMA synchronous = OFF")
        import_systems(study, *systems)
        specs = [PromptSpec(f"p{n}", (Message("user", f"What is {n}?"),)) for n in range(prompts)]
        for prompt in study.prompts.add(specs):
            texts = [f"{prompt.spec.key}, answer {place}" for place in range(len(systems))]
            if swapped:
                texts[:2] = reversed(texts[:2])
            answer_elsewhere(study, prompt, texts)
        study.settings.set_rating(scale, design or RatingDesign(), now=NOW)
        for place, name in enumerate(raters):
            rater = drawn_rater(study, name, rng=Random(name), now=NOW).id
            while item := study.judgments.next_item(rater):
                grade = grade_of(item.left, place, scale)
                each = tuple((name, max(grade - n, scale.low)) for n, name in enumerate(scale.criteria))
                verdict = Verdict(Choice.GRADE, grade, seconds=4.0, grades=each)
                study.judgments.judge(item.allocation, verdict, now=NOW)
    return path


def structured_study(path: Path, shown: ReferenceShown = ReferenceShown.ALWAYS) -> Path:
    """A study in which raters grade structured answers, and may see their reference."""
    with StudyFile.create(path, title="Letters", scale=GRADES, rng=Random(7), now=NOW) as study:
        import_systems(study, *SYSTEMS[:2])
        spec = PromptSpec("p", (Message("user", "What does the letter say?"),), reference=spelled(REFERENCE))
        (prompt,) = study.prompts.add([spec])
        answer_elsewhere(study, prompt, [spelled(CLOSE), spelled(FAR, fenced=True)])
        study.settings.set_rating(GRADES, RatingDesign(reference=shown), now=NOW)
    return path


def grade_of(text: str, place: int, scale: Scale) -> int:
    """The grade that the rater at a place gives an answer."""
    prompt, answer = int(text[1 : text.index(",")]), int(text[-1])
    wanted = scale.low + (prompt * 7 + place) % 3 + (answer == 1) * (prompt % 4 != 0)
    return min(wanted, scale.high)
