"""What the self-test of the raters' program judges, and how it looks into the file afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.application_paths import PACK_SUFFIX, STUDY_SUFFIX
from ftcompare.app.raters.packs import make_pack, prove_pack
from ftcompare.core.errors import BugError
from ftcompare.core.messages import Message
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import FinishReason, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.study_file import StudyFile

PAIRS = 2
FORMULA = r"\frac{a}{\sqrt{b}}"


def made_pack(folder: Path, *, rng: Random, clock: Callable[[], datetime]) -> Path:
    """Write a pack of `PAIRS` pairs into a folder; its texts have Markdown and a formula."""
    path = folder / f"self-test{STUDY_SUFFIX}"
    with StudyFile.create(path, title="Self-test", scale=Scale(), rng=rng, now=clock()) as study:
        with study.atomic():
            systems = [study.systems.add(SystemSpec(name, SystemKind.IMPORTED)) for name in ("one", "two")]
            specs = (PromptSpec(f"p{n}", (Message("user", f"Question {n}"),)) for n in range(PAIRS))
            for prompt in study.prompts.add(specs):
                drafts = [
                    ResponseDraft(system.id, f"**Answer** {place}: ${FORMULA}$", FinishReason.IMPORTED)
                    for place, system in enumerate(systems)
                ]
                study.responses.store(prompt.id, drafts, run=None)
        make_pack(study, folder / f"self-test{PACK_SUFFIX}", "Rater", rng=rng, now=clock())
    return folder / f"self-test{PACK_SUFFIX}"


def require_judged(path: Path, given: Sequence[Choice]) -> None:
    """See that a pack holds these answers and no others, in their order, and that all its chains hold.

    Raises:
        BugError: ``self-test``.
    """
    with PackFile.open(path) as pack:
        found = [answer.verdict.choice for answer in reversed(pack.judgments.given(PACK_RATER))]
        info = prove_pack(pack)
    if found != list(given) or info.damage:
        told = info.damage or f"{', '.join(found) or 'nothing'} is stored, not {', '.join(given)}"
        raise BugError(f"The pack does not hold what was judged: {told}.", code="self-test")
