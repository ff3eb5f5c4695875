"""The program for raters: the files that it opens, where others belong, and its self-test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.application_paths import PACK_SUFFIX, STUDY_SUFFIX
from ftcompare.app.raters.packs import make_pack, open_pack, prove_pack
from ftcompare.core.errors import BugError, UserError
from ftcompare.core.language import N_, tr
from ftcompare.core.recipe import Message
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import FinishReason, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.formats.browser_pack.page import is_page
from ftcompare.formats.browser_pack.result import is_result
from ftcompare.store.pack.connection import PACK_APPLICATION_ID, application_id
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.migrations import APPLICATION_ID
from ftcompare.store.study.study_file import StudyFile

NOT_FOR_RATERS = "raters-program"  # code of the refusal of a file that another program is for

_STUDY = (
    N_("This is a study. This program is for raters: it opens rater packs."),
    N_("Open it with FTCompare, or ask whoever sent it for a rater pack (*.ftpack)."),
)
_PAGE = (
    N_("This is a rater pack for browsers."),
    N_("Open it in a browser by a double click. Nothing needs to be installed."),
)
_RESULT = (
    N_("This file contains what a rater judged in a browser."),
    N_(
        "Send it to the person who sent the page. To continue judging, open the page in a browser, and then "
        "this file in the page."
    ),
)


def open_for_rater(path: Path) -> PackFile:
    """Open a rater pack, recognized by its content."""
    told = _belongs_elsewhere(path)
    if told is not None:
        what, how = map(tr, told)
        raise UserError(what, where=path.name, how=how, code=NOT_FOR_RATERS)
    return open_pack(path)


def _belongs_elsewhere(path: Path) -> tuple[str, str] | None:
    """Return the kind of another file of ours, and what to do with it; None for packs and foreign files."""
    kind = application_id(path)
    if kind == PACK_APPLICATION_ID:
        return None
    if kind == APPLICATION_ID:
        return _STUDY
    if is_page(path):
        return _PAGE
    return _RESULT if is_result(path) else None


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


def require_judged(path: Path, choices: Sequence[Choice]) -> None:
    """Raise ``self-test`` unless a pack has exactly these answers, in order, and its chains are valid."""
    with PackFile.open(path) as pack:
        found = [answer.verdict.choice for answer in reversed(pack.judgments.given(PACK_RATER))]
        info = prove_pack(pack)
    if found != list(choices) or info.damage:
        told = info.damage or f"{', '.join(found) or 'nothing'} is stored, not {', '.join(choices)}"
        raise BugError(f"The pack does not contain the judgments: {told}.", code="self-test")
