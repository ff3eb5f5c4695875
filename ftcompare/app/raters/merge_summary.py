"""Merge packs and results of pages together, with the outcome of each and of all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ftcompare.app.raters.membership import find_rater
from ftcompare.app.raters.packs import (
    HOW_LEFT,
    PackMerged,
    PackOutcome,
    issued_packs,
    left_out,
    mark_words,
    merge_each,
    packs_of,
)
from ftcompare.app.raters.returned_files import NOT_TAKEN, find_forks, settle
from ftcompare.app.work_progress import STOPPED, ProgressCallback, ignore_progress
from ftcompare.core.errors import UserError
from ftcompare.core.plurals import counted
from ftcompare.core.study import RaterKind
from ftcompare.store.pack.merge import MarksMerged
from ftcompare.store.study.study_file import StudyFile

REFUSED, IN_PART, ADDED, NOTHING_NEW, NOT_READ = "refused", "in part", "merged", "nothing new", "not merged"
"""The outcomes of a file, worst first."""
_COUNTED = {IN_PART: "merged in part", NOTHING_NEW: "with nothing new"}
_ORDER = (REFUSED, IN_PART, NOT_READ, ADDED, NOTHING_NEW)


def verdict(outcome: PackOutcome) -> str:
    if outcome.error is not None and outcome.error.code != NOT_TAKEN:
        return REFUSED
    if outcome.merged is None:
        return NOT_READ
    if outcome.merged.in_part:
        return IN_PART
    return ADDED if new_words([outcome.merged]) else NOTHING_NEW


def sentences(outcome: PackOutcome) -> tuple[str, ...]:
    """Sentences on what a file added, what was left out of it, or why it was refused."""
    if outcome.error is not None:
        return tuple(filter(None, (outcome.error.what, outcome.error.how)))
    if outcome.merged is None:
        return ("Merging was stopped before this file. Merge it again.",)
    merged, new = outcome.merged, new_words([outcome.merged])
    stands = f"{merged.judged:,} of {counted(merged.items, 'pair')} judged"
    told = f"{merged.rater_name}: {f'new: {new}' if new else 'nothing new'}. {stands}."
    left = left_out(merged)
    return (told, *left, HOW_LEFT) if merged.damaged else (told, *left)


@dataclass(frozen=True, slots=True)
class MergeSummary:
    """The outcomes of all files, in the order given."""

    outcomes: tuple[PackOutcome, ...]
    taken_back: str = ""  # a sentence on the merge that was to be taken back; empty if none was

    @property
    def worst_first(self) -> tuple[PackOutcome, ...]:
        return tuple(sorted(self.outcomes, key=lambda one: _ORDER.index(verdict(one))))

    @property
    def merged(self) -> tuple[PackMerged, ...]:
        return tuple(one.merged for one in self.outcomes if one.merged is not None)

    @property
    def total(self) -> str:
        counts = [(sum(verdict(one) == kind for one in self.outcomes), kind) for kind in _ORDER]
        files = ", ".join(f"{count:,} {_COUNTED.get(kind, kind)}" for count, kind in counts if count)
        new = new_words(self.merged)
        told = f"New in the study: {new}." if new else "Nothing is new in the study."
        return f"{counted(len(self.outcomes), 'file')}: {files}. {told}"

    @property
    def text(self) -> str:
        parts = [
            f"{verdict(one)}: {one.path.name}\n" + "".join(f"    {line}\n" for line in sentences(one))
            for one in self.worst_first
        ]
        return "\n".join((f"{self.total}\n", *parts)) + "\n"


def merge_files(
    study: StudyFile,
    paths: Iterable[Path],
    *,
    now: datetime,
    take: Collection[Path] = (),
    progress: ProgressCallback = ignore_progress,
) -> MergeSummary:
    """Merge packs and results of pages, each once; those before ``progress`` stops the work stay merged.

    Copies of one pack that differ are refused, unless ``take`` names the one to merge.
    """
    files = each_once(paths)
    settled = settle(find_forks(files), take)
    outcomes: list[PackOutcome] = []
    for number, path in enumerate(files):
        try:
            progress(f"{number + 1:,} of {len(files):,}: {path.name}", number / len(files))
        except UserError as error:
            if error.code != STOPPED:
                raise
            outcomes += [PackOutcome(left, None, None) for left in files[number:]]
            break
        outcomes += [settled[path]] if path in settled else merge_each(study, [path], now=now)
    return MergeSummary(tuple(outcomes))


def replace_merged(
    study: StudyFile, rater: str, reason: str, paths: Sequence[Path], *, now: datetime, take: Collection[Path]
) -> MergeSummary:
    """Take back what was merged from a rater's packs, and merge files: all of it or nothing."""
    one = find_rater(study, rater, RaterKind.HUMAN)
    merged = any(pack.merged for pack in packs_of(issued_packs(study), one.id))
    words = f"No judgments of {one.name} from packs are in the study, so nothing was taken back."
    with study.atomic():
        if merged or not paths:
            count = study.packs.take_back(one.id, reason, now=now)
            words = f"Took back {counted(count, 'judgment')} from {one.name}."
        summary = merge_files(study, paths, now=now, take=take)
        if merged and paths and not new_words([new for new in summary.merged if new.rater_name == one.name]):
            what = f"Nothing was taken back or merged: no file adds judgments or marks of {one.name}."
            how = " ".join(str(outcome.error) for outcome in summary.outcomes if outcome.error)
            raise UserError(what, how=how, code="nothing-to-merge")
    return replace(summary, taken_back=words)


def new_words(merged: Sequence[PackMerged], before: str = "") -> str:
    """List what packs added, such as ``4 judgments, 1 skip``; ``before`` is put before “judgments”."""
    judged = (
        (sum(one.judgments for one in merged), f"{before}judgment", f"{before}judgments"),
        (sum(one.skips for one in merged), "skip", "skips"),
        (sum(one.retractions for one in merged), "taken back", "taken back"),
        (sum(one.guesses for one in merged), "guess", "guesses"),
    )
    marks = MarksMerged(
        sum(one.marks.marks for one in merged),
        sum(one.marks.taken_back for one in merged),
        sum(one.marks.looked_through for one in merged),
    )
    return ", ".join((*(counted(n, one, many) for n, one, many in judged if n), *mark_words(marks)))


def each_once(paths: Iterable[Path]) -> list[Path]:
    """Remove repeated files; the first spelling of each path stays."""
    files: dict[Path, Path] = {}
    for path in paths:
        files.setdefault(path.absolute(), path)
    return list(files.values())
