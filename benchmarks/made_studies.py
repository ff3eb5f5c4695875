"""Studies to measure with: real files, made-up texts, everything from a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.setup.new_study import fill_study
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.shell.application import utc_now

BASE, TUNED = "base", "tuned"
SYSTEMS = (
    SystemSpec(BASE, SystemKind.BASE, model="m"),
    SystemSpec(TUNED, SystemKind.ADAPTER, model="m", adapter="a"),
)
WORDS = ("The", "heart", "pumps", "blood", "and", "its", "valves", "keep", "the", "flow", "one", "way.")
SHAPES = (
    "{}\n\n",
    "{}\n\n",
    "{}\n\n",
    "## {}\n\n",
    "- {}\n",
    "- **{}**\n",
    "1. {}\n",
    "> {}\n\n",
    "`{}`\n\n",
)
WORDS_IN_PARAGRAPH = 30

TextsOf = Callable[[int], tuple[str, str]]
"""What base and fine-tune say to the prompt of a number."""


def make_study(
    path: Path,
    pairs: int,
    texts: TextsOf,
    *,
    seed: int,
    design: RatingDesign | None = None,
    scale: Scale | None = None,
    systems: tuple[SystemSpec, ...] = SYSTEMS,
    title: str = "Benchmark",
    now: datetime | None = None,
) -> Path:
    """A study with so many pairs; the seed decides which system stands where."""
    at, asked = now or utc_now(), scale or Scale()
    specs = tuple(PromptSpec(f"p{n}", (Message("user", f"Question {n}"),)) for n in range(pairs))
    study = StudyFile.create(path, title=title, scale=asked, rng=Random(seed), now=at)
    with study, study.atomic():
        fill_study(study, systems, specs, (), now=at)
        run = study.runs.start({}, now=at)
        written_by = study.systems.all()
        for number, prompt in enumerate(study.prompts.all()):
            drafts = [
                ResponseDraft(system.id, text, FinishReason.END, 1)
                for system, text in zip(written_by, texts(number), strict=True)
            ]
            study.responses.store(prompt.id, drafts, run=run)
        if design is not None:
            study.settings.set_rating(asked, design, now=at)
    return path


def answer(rng: Random, characters: int) -> str:
    """Words in paragraphs, headings, lists and quotes, of just so many characters."""
    return "".join(_pieces(rng, characters))[:characters]


def _pieces(rng: Random, characters: int) -> Iterator[str]:
    made = 0
    while made < characters:
        words = " ".join(rng.choices(WORDS, k=rng.randint(1, WORDS_IN_PARAGRAPH)))
        piece = rng.choice(SHAPES).format(words)
        made += len(piece)
        yield piece
