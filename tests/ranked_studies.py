"""Studies in which raters rank several answers at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from random import Random

from ftcompare.core.blinding import BlindItem
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice, Scale, ScaleKind
from ftcompare.core.study import Message, PromptSpec, Verdict, places_of, ranked_pairs
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer_elsewhere, built_once, drawn_rater, import_systems

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
RANKED = Scale("Which answers are better?", reasons=("too long", "wrong fact"), kind=ScaleKind.RANK)
SYSTEMS = ("base", "tuned", "third")


@built_once
def ranked_study(
    path: Path,
    raters: Sequence[str] = (),
    *,
    scale: Scale = RANKED,
    systems: Sequence[str] = SYSTEMS,
    prompts: int = 8,
    design: RatingDesign | None = None,
    sentence: str = "",
) -> Path:
    """A study whose raters prefer later systems on most prompts, with ties.

    Args:
        sentence: repeated in the answers, once more for each later system.
    """
    with StudyFile.create(path, title="Hearts", scale=scale, rng=Random(7), now=NOW) as study:
        study._db.execute("PRAGMA synchronous = OFF")
        import_systems(study, *systems)
        specs = [PromptSpec(f"p{n}", (Message("user", f"What is {n}?"),)) for n in range(prompts)]
        for prompt in study.prompts.add(specs):
            said = [f"{prompt.spec.key}, {sentence * (n + 2)}answer {n}" for n in range(len(systems))]
            answer_elsewhere(study, prompt, said)
        study.settings.set_rating(scale, design or RatingDesign(), now=NOW)
        for name in raters:
            rater = drawn_rater(study, name, rng=Random(name), now=NOW).id
            while item := study.judgments.next_item(rater):
                study.judgments.judge(item.allocation, ranking(places(item, name)), now=NOW)
    return path


def ranking(given: Sequence[int], seconds: float = 9.0) -> Verdict:
    return Verdict(ranked_pairs(given)[0], seconds=seconds, places=tuple(given))


def places(item: BlindItem, name: str = "") -> list[int]:
    """The place of each answer: later systems are better, but for ties and surprises by prompt and rater."""
    values = []
    for answer in item.ranked:
        prompt, system = int(answer.text[1 : answer.text.index(",")]), int(answer.text[-1])
        values.append((system * 2 + prompt * (system + 1) + len(name)) % 5 // 2 + (system > 0))
    return [1 + sum(other > value for other in values) for value in values]


def in_study(study: StudyFile) -> dict[tuple[str, ...], tuple[int, ...]]:
    """The places of each ranking, repeats too, by its answers in the order in which they were shown."""
    rows = sorted(study.judgments.standing(repeats=True), key=lambda row: row.allocation)
    found = {}
    for _, group in groupby(rows, key=lambda row: row.series):
        pairs = [*group]
        sides = []
        choices = []
        for one in pairs:
            a_is_left = one.left == "a"
            sides.append((one.comparison.a.text, one.comparison.b.text)[:: 1 if a_is_left else -1])
            chosen = Choice.LEFT if one.choice == one.left else Choice.RIGHT
            choices.append(Choice.TIE if one.choice == "tie" else chosen)
        first = sides[0][0]
        found[first, *(right for left, right in sides if left == first)] = places_of(choices)
    return found
