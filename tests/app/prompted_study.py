"""A judged study of a base, the same base with a long prompt, and a fine-tune."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from ftcompare.core.blinding import BlindItem
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.recipe import NO_RECIPE, Message, Recipe
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    FinishReason,
    PromptSpec,
    ResponseDraft,
    SystemKind,
    SystemSpec,
    TokenCounts,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile
from tests.builders import built_once, drawn_rater

START = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
RECIPE = Recipe(
    "You answer cardiologists in clinical terms.",
    (Message("user", "What is a stent?"), Message("assistant", "A mesh tube.")),
)
WRITTEN = {"base": 9, "prompted": 9, "cardiology": 9}
UNREASONED: dict[str, int] = {}
TOKENS = {"base": 20, "prompted": 310, "cardiology": 20}


def specs(recipe: Recipe = RECIPE) -> tuple[SystemSpec, ...]:
    model = "/models/demo-base"
    return (
        SystemSpec("base", SystemKind.BASE, model=model),
        SystemSpec("prompted", SystemKind.BASE, model=model, recipe=recipe),
        SystemSpec("cardiology", SystemKind.ADAPTER, model=model, adapter="/models/adapter"),
    )


@built_once
def prompted_study(
    path: Path,
    *,
    prompts: int = 12,
    best: str = "cardiology",
    raters: int = 3,
    counted: bool = True,
    unblinded: bool = True,
    recipe: Recipe = RECIPE,
    written: Mapping[str, int] = WRITTEN,
    reasoning: Mapping[str, int] = UNREASONED,
    apart: bool = False,
) -> Path:
    """Write such a study.

    Args:
        best: wins every pair that it stands in; of other pairs, and with an empty one, none wins.
        counted: tokens of prompts are stored with the responses.
        recipe: of the prompted base.
        written: tokens of each answer, by system; so ``reasoning``, before it.
        apart: of the fine-tune and the prompted base, one alone answers each prompt, beside the base.
    """
    with StudyFile.create(path, title="Hearts", scale=Scale(), rng=Random(4), now=START) as study:
        systems = [study.systems.add(spec) for spec in specs(recipe)]
        run = study.runs.start({}, now=START)
        rows = study.prompts.add(PromptSpec(f"p{n}", (Message("user", f"Why {n}?"),)) for n in range(prompts))
        for row in rows:
            drafts = [
                ResponseDraft(
                    system.id,
                    f"{system.name} says",
                    FinishReason.END,
                    written[system.name],
                    counts=TokenCounts(
                        prompt=TOKENS[system.name] + row.id % 2 if counted else None,
                        reasoning=reasoning.get(system.name),
                    ),
                )
                for system in systems
                if not apart or system is not systems[1 + row.id % 2]
            ]
            study.responses.store(row.id, drafts, run=run)
        study.settings.set_rating(Scale(), RatingDesign(), now=START)
        for number in range(raters):
            _rate(study, f"Rater {number}", best)
        if unblinded:
            study.settings.unblind("all is in", now=START + timedelta(days=1))
    return path


def _rate(study: StudyFile, name: str, best: str) -> None:
    rater = drawn_rater(study, name, rng=Random(name), now=START).id
    while (item := study.judgments.next_item(rater)) is not None:
        study.judgments.judge(item.allocation, Verdict(_choice(item, best), seconds=5.0), now=START)


def _choice(item: BlindItem, best: str) -> Choice:
    won = [side for side, text in ((Choice.LEFT, item.left), (Choice.RIGHT, item.right)) if _of(text, best)]
    return won[0] if len(won) == 1 else Choice.TIE


def _of(text: str, best: str) -> bool:
    return bool(best) and text.startswith(f"{best} ")


UNASKED = NO_RECIPE
"""For a study in which no base is prompted."""
