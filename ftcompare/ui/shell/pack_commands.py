"""Commands on rater packs: make them, and merge what comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QDialog, QWidget
from shiboken6 import isValid

from ftcompare.app import application_paths
from ftcompare.app.raters.packs import PackDone, is_page_name, make_packs, pack_file_name
from ftcompare.app.study.opening import StudyFile
from ftcompare.core.errors import FTCompareError
from ftcompare.core.language import N_, tr, trn
from ftcompare.core.study import RaterKind
from ftcompare.ui.dialogs.frames import WorkDialog
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.widgets.file_dialogs import choose_files, open_file, start_of

if TYPE_CHECKING:
    from ftcompare.ui.pages.raters.pack_dialogs import MakePackDialog


class PackActs(QObject):
    """Makes and merges packs of the open study; ``open_pack`` opens one to rate in it."""

    busy = Signal(str)  # what is going on, in words; empty when it is over
    changed = Signal()  # a pack was made, or packs were merged

    def __init__(
        self,
        window: QWidget,
        context: PageContext,
        open_pack: Callable[[Path], None],
        *,
        clock: Callable[[], datetime],
        rng: Random,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._context = context
        self._open = open_pack
        self._clock = clock
        self._rng = rng

    def make(self) -> None:

        def known(study: StudyFile) -> tuple[tuple[str, ...], str, Path]:
            raters = tuple(r.name for r in study.raters.all() if r.kind is RaterKind.HUMAN)
            return raters, study.settings.read().title, study.path.parent

        self._context.tasks.run(known, lambda result: self._ask(*result))

    def merge(self) -> None:
        self._context.tasks.run(lambda study: study.path.parent, self._ask_which)

    def _ask_which(self, folder: Path) -> None:
        kinds = f"*{application_paths.PACK_SUFFIX} *{application_paths.RESULT_SUFFIX}"
        kinds = f"{tr('Rater packs and results of pages ({pattern})', kinds)};;{tr('All files (*)')}"
        found = choose_files(self._window, tr("Merge rater packs"), start_of(str(folder)), kinds)
        if found:
            self.merge_files(found)

    def merge_files(self, packs: Sequence[Path]) -> None:
        """Merge packs and results; first ask which files count if files of one rater diverge."""
        from ftcompare.app.raters.merge_summary import Fork, find_forks

        def found(forks: tuple[Fork, ...]) -> None:
            from ftcompare.ui.pages.raters.pack_dialogs import ForkDialog

            if not forks:
                self._merge(packs, ())
                return
            dialog = ForkDialog(forks, self._window)
            dialog.decided.connect(partial(self._merge, packs))
            dialog.open()

        self._context.tasks.run(lambda _: find_forks(packs), found)

    def _merge(self, packs: Sequence[Path], take: Sequence[Path]) -> None:
        from ftcompare.app.raters.merge_summary import MergeSummary, merge_files

        now = self._clock()

        def done(summary: MergeSummary) -> None:
            from ftcompare.ui.pages.raters.pack_dialogs import MergedDialog

            self.busy.emit("")
            MergedDialog(summary, self._window).open()
            if summary.merged:
                self._context.study_changed()
                self.changed.emit()

        def failed(error: FTCompareError) -> None:
            self.busy.emit("")
            self._context.bar.show_error(error)

        self.busy.emit(tr("Merging rater packs…"))
        work = WorkDialog(tr("Merging rater packs"), self._context.tasks, self._window)
        work.run(
            lambda study, hear: merge_files(study, packs, now=now, take=take, progress=hear), done, failed
        )

    def dropped(self, packs: Sequence[Path]) -> None:
        from ftcompare.ui.pages.raters.pack_dialogs import DropAction, DroppedDialog

        choice = DroppedDialog.ask(packs, self._window)
        if choice is DropAction.MERGE:
            self.merge_files(packs)
        elif choice is DropAction.OPEN:
            self._open(packs[0])

    def _ask(self, raters: tuple[str, ...], title: str, folder: Path) -> None:
        from ftcompare.ui.pages.raters.pack_dialogs import MakePackDialog

        dialog = MakePackDialog(raters, lambda r: _free(folder / pack_file_name(title, r)), self._window)
        dialog.asked.connect(partial(self._make, dialog))
        dialog.open()

    def _make(self, dialog: MakePackDialog, packs: Sequence[tuple[str, Path]], replace: bool) -> None:
        now, marks, language = self._clock(), dialog.marks.isChecked(), dialog.language.currentData()

        def done(packs: tuple[PackDone, ...]) -> None:
            if isValid(dialog):
                dialog.accept()
            self._tell_made(packs)
            self._context.study_changed()
            self.changed.emit()

        def failed(error: FTCompareError) -> None:
            if isValid(dialog):
                dialog.show_error(error)
            else:
                self._context.bar.show_error(error)

        def write(study: StudyFile) -> tuple[PackDone, ...]:
            return make_packs(
                study, packs, rng=self._rng, now=now, replace=replace, marks=marks, language=language
            )

        self._context.tasks.run(write, done, failed)

    def _tell_made(self, packs: tuple[PackDone, ...]) -> None:
        """Report packs in the bar; in a dialog if there are several, or something should be checked first."""
        from ftcompare.app.raters.packs import warnings_of
        from ftcompare.ui.pages.raters.pack_dialogs import PackMadeDialog

        made = packs[-1].made
        told = _made_words(packs)
        if warnings_of(packs) or len(packs) > 1:
            dialog = PackMadeDialog(told, packs, self._window)
            dialog.letter_asked.connect(self.letter)
            dialog.open()
            return
        opens = partial(open_file, made.path) if is_page_name(made.path) else partial(self._open, made.path)
        self._context.bar.show_saved(
            told, made.path, opens, (tr("Letter to the rater…"), partial(self.letter, made.name))
        )

    def letter(self, pack: str) -> None:
        from ftcompare.ui.pages.raters.pack_dialogs import LetterDialog

        over = self._window.findChild(QDialog, "pack_made")
        LetterDialog(self._context, pack, over or self._window)


def _made_words(packs: Sequence[PackDone]) -> str:
    if len(packs) > 1:
        saved = N_("{number} packs were saved. Send each rater only their own pack, with a letter.")
        return tr(saved, number=len(packs))
    made = packs[0].made
    if made.again:
        return trn(
            "The pack of {number} (pair|pairs) for {rater} was saved again as {file}. Nothing new could be "
            "added.",
            made.items,
            made.rater_name,
            made.path.name,
        )
    return trn(
        "A pack of {number} (pair|pairs) for {rater} was saved as {file}.",
        made.items,
        made.rater_name,
        made.path.name,
    )


def _free(path: Path) -> Path:
    names = (path, *(path.with_stem(f"{path.stem} {n}") for n in range(2, 100)))
    return next((p for p in names if not application_paths.is_there(p)), path)


def dropped_files(event: QDropEvent) -> tuple[Path | None, list[Path]]:
    """Return the first dropped study, or all files if there are packs; others are then refused by name."""
    files = [Path(url.toLocalFile() or url.toString()) for url in event.mimeData().urls()]
    study = next((path for path in files if path.suffix == application_paths.STUDY_SUFFIX), None)
    return study, files if any(map(application_paths.may_be_merged, files)) else []
