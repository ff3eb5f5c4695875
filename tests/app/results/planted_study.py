"""A study in which raters reward list items. Only the second system writes headings, which comments name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from ftcompare.app.study.sealed_plan import Hypothesis, PlanRules, seal
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import Message, PromptSpec, SystemKind, SystemSpec, Verdict
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer, built_once, drawn_rater

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
RATERS = ("Ada", "Ben", "Cem")
LIST = "\n\n- It pumps blood.\n- It beats all day.\n- It has four rooms."
PROSE = "\n\nIt pumps blood, it beats all day, and it has four rooms of its own."
SCALE = Scale(reasons=("clear", "correct"))
SYSTEMS = (
    SystemSpec("base", SystemKind.BASE, model="/m/acme"),
    SystemSpec("tuned", SystemKind.ADAPTER, model="/m/acme", adapter="/m/a"),
)


@built_once
def planted(
    path: Path,
    *,
    prompts: int = 60,
    unblinded: bool = True,
    sealed: bool = False,
    checks: tuple[str, ...] = (),
) -> Path:
    """Where one answer has list items, three raters prefer it in seven of eight judgments."""
    rng = Random(11)
    with StudyFile.create(path, title="Planted", scale=SCALE, rng=Random(4), now=START) as study:
        with study.atomic():
            for system in SYSTEMS:
                study.systems.add(system)
            specs = (
                PromptSpec(f"p{n}", (Message("user", f"What does heart {n} do?"),), checks=checks)
                for n in range(prompts)
            )
            for number, prompt in enumerate(study.prompts.add(specs)):
                lists = rng.choice(((True, False), (False, True), (True, True)))
                texts = (
                    f"The heart {number} is a pump."
                    + " It goes on." * rng.randrange(30)
                    + (LIST if has else PROSE)
                    for has in lists
                )
                answer(
                    study, prompt, [text if n == 0 else f"# Heart\n\n{text}" for n, text in enumerate(texts)]
                )
            if sealed:
                study.settings.set_rating(SCALE, RatingDesign(raters=len(RATERS)), now=START)
                seal(study, (Hypothesis("tuned", "base"),), PlanRules(), now=START)
            for name in RATERS:
                _judge(study, name, rng)
        if unblinded:
            study.settings.unblind("all judgments are in", now=START + timedelta(days=1))
    return path


def _judge(study: StudyFile, name: str, rng: Random) -> None:
    rater = drawn_rater(study, name, rng=Random(name), now=START)
    while (item := study.judgments.next_item(rater.id)) is not None:
        left, right = (LIST in text for text in (item.left, item.right))
        by_list = left is not right and rng.random() < 7 / 8
        wins_left = left if by_list else rng.random() < 0.5
        headed = "# Heart" in (item.left if wins_left else item.right)
        verdict = Verdict(
            Choice.LEFT if wins_left else Choice.RIGHT,
            seconds=5.0,
            comment=f"The list is easy to read{' below its heading' * headed}." if by_list else "",
            reasons=("clear",) if by_list else (),
        )
        study.judgments.judge(item.allocation, verdict, now=START)
