"""Packs as pages for any browser: written for raters without an installation; their results merged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace as changed
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from ftcompare.app.application_paths import PACK_SUFFIX, PAGE_SUFFIX, RESULT_SUFFIX, is_file
from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.raters.issued_packs import other_kind_warnings
from ftcompare.app.raters.packs import PackDone, PackOutcome, make_pack
from ftcompare.app.raters.page_texts import PageTexts, page_rules, page_scheme
from ftcompare.app.study.opening import refuse_archive
from ftcompare.core.annotations import MAX_NOTE
from ftcompare.core.errors import FTCompareError, UserError, from_system
from ftcompare.core.judgment_limits import FIRST_YEAR, LAST_YEAR, MAX_COMMENT
from ftcompare.core.rating_design import SKIP_REASONS
from ftcompare.core.study import EVENT_FIELDS
from ftcompare.formats.atomic_write import atomic_text
from ftcompare.formats.browser_pack.page import (
    BrowserPage,
    PageData,
    browser_page,
    is_page,
    read_page_digests,
)
from ftcompare.formats.browser_pack.result import is_result, read_result
from ftcompare.markup.visible_text import visible_text
from ftcompare.store.pack.merge import PackMerged
from ftcompare.store.pack.pack_file import PACK_RATER, PackFile
from ftcompare.store.study.study_file import StudyFile

MAX_MAILED_BYTES = 20 * 10**6  # size of a pack or page above which many mail programs refuse to send it


def is_page_name(path: Path) -> bool:
    return path.suffix.casefold() in (PAGE_SUFFIX, ".htm")


def make_browser_pack(
    study: StudyFile,
    path: Path,
    rater_name: str,
    *,
    rng: Random,
    now: datetime,
    replace: bool = False,
    marks: bool = True,
) -> PackDone:
    """Write a rater's pairs to a page for any browser; ``marks`` allows error marks after all judgments."""
    require_output(path, inputs=(study.path,), replace=replace, over_page=True)
    if is_page(path):
        study.packs.require_merged(path, *read_page_digests(path))
    if not path.parent.is_dir():
        what = "The folder is missing."
        raise UserError(what, where=str(path.parent), how="Create it first.", code="folder-missing")
    with TemporaryDirectory(prefix="ftcompare-") as folder:
        beside = Path(folder) / "page.ftpack"
        done = make_pack(study, beside, rater_name, rng=rng, now=now, marks=marks)
        with PackFile.open(beside) as pack:
            page = written_page(pack)
    study.packs.note_page(done.made.name, page.digest, now=now)
    with atomic_text(path, replace=replace) as file:
        file.write(page.text)
    return changed(done, made=changed(done.made, path=path))


def written_page(pack: PackFile) -> BrowserPage:
    scheme = pack.annotations.scheme
    texts = PageTexts(marked=scheme is not None)
    told = pack.judgments.settings()
    events = tuple(pack.judgments.events(PACK_RATER))
    if [event.seq for event in events] != list(range(1, len(events) + 1)):
        what = "Judgments from a damaged copy of this pack were left out, so it cannot continue as a page."
        how = "Make a pack for the window: a name that ends in .ftpack."
        raise UserError(what, how=how, code="page-gaps")
    data = PageData(
        name=pack.name,
        rater=visible_text(pack.rater_name),
        title=visible_text(told.title),
        notice=visible_text(told.notice),
        question=visible_text(told.scale.question),
        strengths=told.scale.strengths,
        criteria=told.scale.criteria,
        reasons=told.scale.reasons,
        skipReasons=SKIP_REASONS,
        instructions=texts.of("", told.instructions) if told.instructions.strip() else None,
        practice=tuple(texts.practice(item) for item in told.practice),
        reference=told.reference.value,
        context=told.context.value,
        start=pack.chain_start,
        items=tuple(texts.item(item, shown, told.conversations) for item, shown in pack.items()),
        mostComment=MAX_COMMENT,
        firstYear=FIRST_YEAR,
        lastYear=LAST_YEAR,
        events=tuple({name: getattr(event, name) for name in EVENT_FIELDS} for event in events),
        mostNote=MAX_NOTE,
        scheme=None if scheme is None else page_scheme(scheme),
        marksStart="" if scheme is None else pack.annotations.start,
        annotations=() if scheme is None else tuple(one.fields() for one in pack.annotations.rows()),
    )
    return browser_page(data, page_rules(), texts.rules())


def merge_result(study: StudyFile, path: Path, *, now: datetime) -> PackMerged:
    """Merge the judgments of a page; merging again adds nothing."""
    try:
        result = read_result(path)
        names = [visible_text(one.rater.name) for one in study.packs.all() if one.name == result.pack]
        if names and visible_text(result.rater) != names[0]:
            what = f"This result names {result.rater} as its rater, but its page was made for {names[0]}."
            how = f"Ask {names[0]} for the file that the page saved."
            raise UserError(what, how=how, code="result-other-rater")
        return study.packs.merge_page(result, now=now)
    except FTCompareError as error:
        error.where = f"{path}" if not error.where or ".ftpack" in error.where else error.where
        raise


def make_packs(
    study: StudyFile,
    packs: Sequence[tuple[str, Path]],
    *,
    rng: Random,
    now: datetime,
    replace: bool = False,
    marks: bool = True,
) -> tuple[PackDone, ...]:
    """Make a pack, or for .html a browser's page, for each rater; those before a failure stay."""
    done: list[PackDone] = []
    for rater, path in packs:
        try:
            make = make_browser_pack if is_page_name(path) else make_pack
            one = make(study, path, rater, rng=rng, now=now, replace=replace, marks=marks)
            warnings = (*_size_warnings(path), *other_kind_warnings(study, one.made.name), *one.warnings)
            done.append(changed(one, warnings=warnings))
        except FTCompareError as error:
            if done:
                made = ", ".join(one.made.path.name for one in done)
                error.how = f"{error.how} Already written: {made}.".strip()
            raise
    return tuple(done)


def _size_warnings(path: Path) -> tuple[str, ...]:
    size = path.stat().st_size
    if size <= MAX_MAILED_BYTES:
        return ()
    limit = f"{path.name} has {size / 10**6:,.1f} MB. Many mail programs refuse more than 20 MB."
    how = "Send it in a .zip file, or share a link to it. With fewer pairs for each rater, it is smaller."
    return (f"{limit} {how}",)


def merge_each(study: StudyFile, paths: Iterable[Path], *, now: datetime) -> tuple[PackOutcome, ...]:
    """Merge packs and results of pages, each independently of the others."""
    return tuple(_outcome(study, path, now) for path in paths)


def _outcome(study: StudyFile, path: Path, now: datetime) -> PackOutcome:
    try:
        merge = merge_result if is_result(path) else _merge_pack
        return PackOutcome(path, merge(study, path, now=now), None)
    except FTCompareError as error:
        return PackOutcome(path, None, error)
    except OSError as error:
        return PackOutcome(path, None, from_system(error))


def _merge_pack(study: StudyFile, path: Path, *, now: datetime) -> PackMerged:
    """Merge a pack; the error for another file says what it is."""
    if path.exists() and path.samefile(study.path):
        how = f"Merge files that end in {PACK_SUFFIX} or {RESULT_SUFFIX}, as raters send them back."
        raise UserError("This is the study itself.", where=str(path), how=how, code="study-itself")
    if is_page_name(path) and is_file(path):
        what = "This is a page, not the result that it saves."
        how = f"Ask its rater for the result: under Pause, “Save the result” writes a file {RESULT_SUFFIX}."
        raise UserError(what, where=str(path), how=how, code="page-not-result")
    try:
        return study.packs.merge(path, now=now)
    except UserError as error:
        if error.code == "pack-none":
            refuse_archive(path)
            error.what = "This file is not a rater pack, nor the result of a page."
            error.how = f"Merge files that end in {PACK_SUFFIX} or {RESULT_SUFFIX}, as raters send them back."
        raise
