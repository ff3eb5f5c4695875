"""Rater packs: written for a rater who works elsewhere, opened there, merged back here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.application_paths import PACK_SUFFIX
from ftcompare.app.overwrite_guard import require_pack_output
from ftcompare.app.study.opening import require_no_page
from ftcompare.core.annotations import AnnotationKind
from ftcompare.core.error_scheme import ErrorScheme
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.hashing import Json
from ftcompare.core.plurals import counted
from ftcompare.core.rating_design import ContextShown, RatingDesign, ReferenceShown
from ftcompare.core.study import Study
from ftcompare.store.pack.connection import damaged_pack, pack_copy
from ftcompare.store.pack.merge import MarksMerged
from ftcompare.store.pack.merge import PackMerged as PackMerged
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.pack.pack_file import is_pack as is_pack
from ftcompare.store.pack.repository import PackMade as PackMade
from ftcompare.store.pack.repository import PackState as PackState
from ftcompare.store.pack.schema import PACK_APPLICATION_ID, application_id
from ftcompare.store.sqlite.errors import IMPOSSIBLE_VALUE
from ftcompare.store.study.migrations import APPLICATION_ID
from ftcompare.store.study.study_file import StudyFile

HOW_LEFT = (
    "If there is an undamaged copy, merge it later to add its judgments. Otherwise, make the pack again."
)
"""The remedy for items that were left out."""

_LEFT_SHOWN = 10
_LONGEST_NAME = 80
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PackDone:
    """A pack that was written, and warnings to read before it is sent."""

    made: PackMade
    warnings: tuple[str, ...]


def warnings_of(done: Iterable[PackDone]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(warning for one in done for warning in one.warnings))


@dataclass(frozen=True, slots=True)
class PackOutcome:
    """The outcome of merging one file: the merge or the error; neither where the file was not read."""

    path: Path
    merged: PackMerged | None
    error: FTCompareError | None


@dataclass(frozen=True, slots=True)
class PackInfo:
    """The contents of a pack that anyone may know."""

    name: str
    title: str
    rater: str
    question: str
    items: int
    judged: int
    skipped: int
    guesses: int
    guessed: int
    damage: str = ""  # what is wrong with it, in words; empty for nothing, or where it was not asked for
    marks: int | None = None  # errors that are marked in it; None for a pack without marking


def make_pack(
    study: StudyFile,
    path: Path,
    rater_name: str,
    *,
    rng: Random,
    now: datetime,
    replace: bool = False,
    marks: bool = True,
) -> PackDone:
    """Hand a rater their pairs and write them to a pack; a new rater is added.

    With ``marks`` the rater may mark errors, once everything is judged; earlier versions can open only packs
    without. A pack that is written again stays the same. An error changes neither the study nor the disk,
    except where the file cannot take its place at the very end: then the study knows the pack, which is made
    again under another name.
    """
    if study.settings.read().disclosure.rating_open and not study.counts().pairs_written:
        what = "No pairs are written yet, so there is nothing to hand out."
        how = "Generate pairs first."
        raise UserError(what, where=study.path.name, how=how, code="nothing-to-pack")
    require_pack_output(path, inputs=(study.path,))
    made = study.packs.hand_out(rater_name, path, rng=rng, now=now, replace=replace, marks=marks)
    return PackDone(made, name_warnings(study, marks=marks))


def left_out(merged: PackMerged) -> tuple[str, ...]:
    """Sentences on what a merge left out, and why; of many items, on the first few."""
    items = [(item.number, item.why) for item in merged.left]
    return left_sentences(items, merged.unasked, merged.marks.left)


def left_sentences(items: Sequence[tuple[int, str]], unasked: Sequence[int], marks: str) -> tuple[str, ...]:
    told = [f"Item {number} was left out: {why}." for number, why in items[:_LEFT_SHOWN]]
    if more := len(items) - len(told):
        told.append(f"{more:,} more {'item was' if more == 1 else 'items were'} left out.")
    if unasked:
        numbers = ", ".join(map(str, unasked[:_LEFT_SHOWN])) + (" …" if len(unasked) > _LEFT_SHOWN else "")
        guesses = counted(len(unasked), "guess was", "guesses were")
        told.append(f"{guesses} left out, because FTCompare does not ask for a guess there: item {numbers}.")
    return (*told, f"Marks were left out: {marks}.") if marks else tuple(told)


def mark_words(marks: MarksMerged) -> tuple[str, ...]:
    """Words on the marks that a merge added."""
    counts = (
        (marks.marks, "mark", "marks"),
        (marks.looked_through, "answer fully read", "answers fully read"),
        (marks.taken_back, "mark taken back", "marks taken back"),
    )
    return tuple(counted(number, one, many) for number, one, many in counts if number)


def require_study_or_pack(path: Path) -> None:
    """Refuse a file that is neither, without opening it."""
    if application_id(path) not in (APPLICATION_ID, PACK_APPLICATION_ID):
        require_no_page(path)
        what = "This file is neither a study nor a rater pack."
        raise UserError(what, where=str(path), how="Open a file made by FTCompare.", code="study-foreign")


def open_pack(path: Path) -> PackFile:
    return PackFile.open(path)


@contextmanager
def outside_copy(path: Path) -> Iterator[PackFile]:
    """Open a copy of a pack, so that the file itself is not changed."""
    try:
        with pack_copy(path) as connection:
            yield PackFile(connection)
    except IMPOSSIBLE_VALUE as error:
        raise damaged_pack(path, "it contains an impossible value") from error


def describe_pack(pack: PackFile) -> PackInfo:
    progress, settings = pack.judgments.progress(PACK_RATER), pack.judgments.settings()
    asked = pack.annotations.scheme is not None
    return PackInfo(
        name=pack.name,
        title=settings.title,
        rater=pack.rater_name,
        question=settings.scale.question,
        items=progress.total,
        judged=progress.judged,
        skipped=progress.skipped,
        guesses=progress.guesses,
        guessed=progress.guessed,
        marks=sum(1 for _ in pack.annotations.standing(AnnotationKind.MARK)) if asked else None,
    )


def prove_pack(pack: PackFile) -> PackInfo:
    """Describe a pack and check its integrity."""
    wrong = next((finding.detail for finding in pack.check() if not finding.ok), "")
    return replace(describe_pack(pack), damage=wrong)


def pack_info_json(info: PackInfo) -> dict[str, Json]:
    return {
        "pack": info.name,
        "title": info.title,
        "rater": info.rater,
        "question": info.question,
        "items": info.items,
        "judged": info.judged,
        "skipped": info.skipped,
        "guesses": {"asked": info.guesses, "answered": info.guessed},
        "marks": info.marks,
        "damage": info.damage,
    }


def pack_file_name(title: str, rater: str) -> str:
    """A file name that every system accepts, made of the study's title and the rater's name."""
    parts = [_plain(part) for part in (title, rater)]
    stem = " - ".join(part for part in parts if part)[:_LONGEST_NAME].strip(" .") or "pack"
    return f"{f'_{stem}' if _RESERVED.fullmatch(stem) else stem}{PACK_SUFFIX}"


def _plain(text: str) -> str:
    shown = unicodedata.normalize("NFC", text)
    kept = "".join(c if c.isprintable() and c not in '<>:"/\\|?*' else " " for c in shown)
    return " ".join(kept.split())


def name_warnings(study: StudyFile, *, marks: bool = False) -> tuple[str, ...]:
    """Warnings for texts that raters read (``marks``: the error scheme too) and that name a system."""
    names = [name for system in study.systems.all() for name in (system.name, system.neutral_name)]
    design = study.settings.design()
    specs = [prompt.spec for prompt in study.prompts.all()]
    places = dict(_read_by_raters(study.settings.read(), design))
    if design.reference is not ReferenceShown.NEVER:
        places["The reference answer of prompt {}"] = [spec.reference for spec in specs]
    if design.context is not ContextShown.NEVER:
        places["The context of prompt {}"] = [
            " ".join(f"{one.id} {one.text}" for one in spec.context) for spec in specs
        ]
    if marks:
        places["The error scheme"] = [" ".join(_scheme_texts(study.error_schemes.read()))]
    return tuple(
        name_warning(place.format(numbers[0]), name, also=len(numbers) - 1)
        for place, texts in places.items()
        for name in dict.fromkeys(names)
        if (numbers := [number for number, text in enumerate(texts, 1) if _holds_word(text, name)])
    )


def name_warning(place: str, name: str, *, also: int = 0) -> str:
    """A warning that a text which raters read names a system; so do ``also`` other texts of its kind."""
    others = f" ({counted(also, 'other')} as well)" if also else ""
    return (
        f"{place} contains “{name}”{others}, which is the name of a system. Raters read this text. Reword "
        "it, unless the word has another meaning there."
    )


def _read_by_raters(study: Study, design: RatingDesign) -> Iterator[tuple[str, list[str]]]:
    """Texts by where they are; ``{}`` is the number of a text."""
    yield "The title", [study.title]
    yield "The notice", [study.notice]
    yield "The question", [study.scale.question]
    yield "The text of the instructions", [design.instructions]
    yield "Criterion {}", list(study.scale.criteria)
    yield "Reason {}", list(study.scale.reasons)
    practice = design.practice
    yield "The prompt of practice pair {}", [" ".join(m.content for m in item.messages) for item in practice]
    for part in ("left", "right", "because"):
        yield f"The text “{part}” of practice pair {{}}", [getattr(item, part) for item in practice]


def _scheme_texts(scheme: ErrorScheme) -> list[str]:
    kinds = (text for kind in scheme.types for text in (kind.label, kind.note))
    return [scheme.name, *kinds, *(level.label for level in scheme.severities)]


def names_in(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """The names that a text contains as whole words, each once."""
    return tuple(name for name in dict.fromkeys(names) if name and _holds_word(text, name))


def _holds_word(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(_folded(name))}(?!\w)", _folded(text)) is not None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text.casefold())
