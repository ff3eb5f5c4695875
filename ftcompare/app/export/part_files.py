"""The files of an export and of earlier ones: one for all rows or for each part; prompts in several parts."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from ftcompare.app.export.export_card import WrittenFiles
from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.export_rows import ExportRows
from ftcompare.checks.contamination import DuplicateFinder, normalised
from ftcompare.core.errors import UserError
from ftcompare.core.study import PromptSpec, Split
from ftcompare.formats import data_card
from ftcompare.formats.export_format import RowKind
from ftcompare.formats.text_files import printable
from ftcompare.formats.training.train_test_parts import PARTS, joined_groups
from ftcompare.formats.training_texts import asked
from ftcompare.store.study.study_file import StudyFile

_HOW = "Move or remove it, or choose another name."


def part_path(path: Path, part: str) -> Path:
    """The path of a part: ``rows.jsonl`` becomes ``rows.train.jsonl``; the same path for an empty part."""
    return path.with_name(f"{path.stem}.{part}{path.suffix}") if part else path


def sha256_of(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


class EarlierExport:
    """The files that an earlier export of this name wrote."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._told = data_card.read_checksums(data_card.card_path(path))

    def require_own(self, files: Collection[str]) -> None:
        """Refuse to overwrite a further file that the user did not name and no earlier export wrote."""
        for name in sorted(files):
            place = self._path.with_name(name)
            if os.path.lexists(place) and not self._is_own(name):
                what = "This file would be overwritten, but it has changed since an earlier export wrote it."
                raise UserError(what, where=printable(name), how=_HOW, code="file-exists")

    def left_over(self, written: Collection[str], *, parts: bool) -> tuple[Path, ...]:
        """Further files of the earlier export that the new one does not write; to be removed afterwards.

        ``parts``: whether the rows are divided; then no other part file may remain beside the new ones.
        """
        named = {name for name in self._told if self._is_further(name)}
        if parts:
            named |= {part_path(self._path, part).name for part in PARTS}
        found = [name for name in sorted(named - set(written)) if os.path.lexists(self._path.with_name(name))]
        for name in found:
            if not self._is_own(name):
                what = "This file of an earlier export would remain, although it gets no rows now."
                raise UserError(what, where=printable(name), how=_HOW, code="part-left")
        return tuple(map(self._path.with_name, found))

    def _is_further(self, name: str) -> bool:
        """Whether an export of this name could have written such a file, since the card may be forged."""
        stem, suffix = re.escape(self._path.stem), re.escape(self._path.suffix)
        parts = "|".join(PARTS)
        numbered = rf"{stem}(-\d+|\.({parts})){suffix}"
        return bool(re.fullmatch(rf"{numbered}|{re.escape(self._path.name)}\.dataset_info\.json", name))

    def _is_own(self, name: str) -> bool:
        place = self._path.with_name(name)
        if not self._is_further(name) or place.is_symlink() or not place.is_file():
            return False
        return sha256_of(place) == self._told.get(name)


def written_files(
    study: StudyFile, request: ExportRequest, export_rows: ExportRows, folder: Path, files: Mapping[Path, int]
) -> WrittenFiles:
    """The card's facts on written files by numbers of rows; names are relative to ``folder``.

    Further files beside them have only checksums; if these hold rows too, no file has a number.
    """
    written = sorted(file for file in folder.rglob("*") if file.is_file())
    further = set(written) - set(files)
    shared = any(file.stem.startswith(f"{rows.stem}-") for file in further for rows in files)
    rows = {} if shared else {file.relative_to(folder).as_posix(): count for file, count in files.items()}
    checksums = {file.relative_to(folder).as_posix(): sha256_of(file) for file in written}
    kind = request.format.rows
    if not kind.trains:
        return WrittenFiles(rows, checksums)
    leaked = leak_words(study, (row.prompt for row in export_rows.read()))
    agreed = _agreement(export_rows) if kind is RowKind.PREFERENCE else None
    return WrittenFiles(rows, checksums, leaked, agreed)


def _agreement(rows: ExportRows) -> float | None:
    total, count = 0.0, 0
    for row in rows.read():
        if row.raters:
            total, count = total + row.agreement, count + 1
    return total / count if count else None


_Beside = tuple[tuple[str, ...], tuple[str, ...]]

GROUP_TAG = "group:"
"""Prefix of a tag that names a group of related prompts, such as paraphrases of one question."""


def prompt_groups(study: StudyFile, prompts: Iterable[PromptSpec]) -> dict[str, str]:
    """The group of each prompt, by key: near-duplicates, and prompts with the same ``group:`` tag.

    All prompts of the study count, so that groups do not change when more prompts get rows. The
    ``prompts`` of the rows may include those of the Live page.
    """
    found = {spec.key: spec for spec in (*(prompt.spec for prompt in study.prompts.all()), *prompts)}
    return joined_groups(tuple(found), (*_by_tag(found), *_alike(found)))


def leak_words(study: StudyFile, prompts: Iterable[PromptSpec]) -> str:
    """How many unseen prompts are repeated, exactly or nearly, by training prompts; may be empty."""
    held = {p.spec.key: p.spec for p in study.prompts.all() if p.spec.split is Split.HELD_OUT}
    if not held:
        return ""
    rows = {spec.key: spec for spec in prompts}
    leaked = len(_in_rows(held, rows) | (held.keys() & rows.keys()))
    if not leaked:
        return f"None of the {len(held):,} unseen prompts is in the rows, word for word or nearly so."
    which = f"{leaked:,} of {len(held):,} unseen prompts {'is' if leaked == 1 else 'are'}"
    return f"{which} in the rows, word for word or nearly so: results on them do not show what was learned."


def _in_rows(held_out: Mapping[str, PromptSpec], rows: Mapping[str, PromptSpec]) -> set[str]:
    """The keys of unseen prompts with the same context whose question occurs in the rows."""
    by_beside: defaultdict[_Beside, list[PromptSpec]] = defaultdict(list)
    for spec in held_out.values():
        by_beside[_beside(spec)].append(spec)
    finders = {
        beside: DuplicateFinder([asked(one.messages) for one in specs]) for beside, specs in by_beside.items()
    }
    found: set[str] = set()
    for spec in rows.values():
        beside = _beside(spec)
        if beside in finders:
            places = finders[beside].alike(asked(spec.messages))
            found.update(by_beside[beside][place].key for place in places)
    return found


def _beside(spec: PromptSpec) -> _Beside:
    """The rest of the input as words: passages in any order, and later turns."""
    passages = tuple(sorted(normalised(one.text) for one in spec.context))
    return passages, tuple(map(normalised, spec.later_turns))


def _by_tag(specs: Mapping[str, PromptSpec]) -> Iterator[tuple[str, str]]:
    first: dict[str, str] = {}
    for key, spec in specs.items():
        for tag in spec.tags:
            if tag.startswith(GROUP_TAG):
                yield first.setdefault(tag, key), key


def _alike(specs: Mapping[str, PromptSpec]) -> Iterator[tuple[str, str]]:
    keys = tuple(specs)
    finder = DuplicateFinder([asked(spec.messages) for spec in specs.values()])
    for key, spec in specs.items():
        for place in finder.alike(asked(spec.messages)):
            yield keys[place], key
