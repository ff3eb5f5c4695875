"""Opening and closing a rater pack: what every window does with files. Pages only hear the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app import application_paths
from ftcompare.app.application_paths import PACK_SUFFIX
from ftcompare.app.raters.packs import describe_pack
from ftcompare.app.raters.raters_program import open_for_rater
from ftcompare.app.study.opening import PackFile
from ftcompare.core.errors import BugError, FTCompareError
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.study_thread.study_tasks import OpenFile
from ftcompare.ui.widgets.file_dialogs import choose_file, start_of


@dataclass(frozen=True, slots=True)
class OpenedStudy:
    """What the window needs to know of an open study or pack.

    Args:
        page: where to begin.
        pack: it is a rater pack, in which nothing can be done but rating.
        telling: the title names a system, and names are withheld.
    """

    path: Path
    title: str
    page: str
    judgments: int
    pack: bool = False
    telling: bool = False


class FileActs(QObject):
    """Opens and closes rater packs. A file of another kind is refused with a word on where it belongs.

    Args:
        window: over which its dialogs stand.
        context: the way to the open file and the message bar.
        clock: the time now, in UTC.
        rng: source of order and sides.

    Signals:
        opening: a file is about to be opened: what is begun in the present one is to be stored now.
        opened: an `OpenedStudy`.
        failed_to_open: the ``FTCompareError``, and what tries it again.
        closed: nothing is open any more.
        busy: what is going on, in words; empty when it is over.
        refreshed: an `OpenedStudy` that is open already, with the counts of now.
    """

    opening = Signal()
    opened = Signal(object)
    failed_to_open = Signal(object, object)
    closed = Signal()
    busy = Signal(str)
    refreshed = Signal(object)

    def __init__(
        self, window: QWidget, context: PageContext, *, clock: Callable[[], datetime], rng: Random
    ) -> None:
        super().__init__(window)
        self._window = window
        self._context = context
        self._clock = clock
        self._rng = rng
        self._present: Path | None = None

    def open(self, path: Path, page: str = "") -> None:
        """Open a file; what is open now is closed once the new one is."""
        again = partial(self.open, path, page)
        doing = "Checking the pack" if path.suffix == PACK_SUFFIX else "Opening"
        self._use(path, page, self._opener(path), f"{doing} {path.name}…", again)

    def choose_and_open(self) -> None:
        """Ask for a rater pack."""
        self._open_chosen("Open a rater pack", f"Rater packs (*{PACK_SUFFIX})")

    def close(self, then: Callable[[], None] = lambda: None) -> None:
        """Close what is open."""

        def done() -> None:
            self._present = None
            self.closed.emit()
            then()

        self._context.tasks.close_study(done)

    def refresh(self) -> None:
        """Tell again what is in the open file."""
        self._context.tasks.rate(lambda file: self._told(file, ""), self.refreshed.emit)

    def _opener(self, path: Path) -> Callable[[], OpenFile]:
        """What opens a file, on the thread of studies."""
        return partial(open_for_rater, path)

    def _told(self, file: OpenFile, page: str) -> OpenedStudy:
        """What is in a file that is open, and where to begin: on ``page``, where the file has it."""
        if not isinstance(file, PackFile):
            raise BugError(f"A window for packs has a study open, for {page or 'rating'}.", code="no-pack")
        pack = describe_pack(file)
        return OpenedStudy(file.path, pack.title, "rate", pack.judged, pack=True)

    def _open_chosen(self, title: str, kinds: str) -> None:
        folder = start_of(str(application_paths.default_study_folder()))
        found = choose_file(self._window, title, folder, kinds)
        if found:
            self.open(found)

    def _use(
        self, path: Path, page: str, opener: Callable[[], OpenFile], words: str, again: Callable[[], None]
    ) -> None:
        def failed(error: FTCompareError) -> None:
            self.busy.emit("")
            self.failed_to_open.emit(error, again)

        def describe_it() -> None:
            self._context.tasks.rate(lambda file: self._told(file, page), self._on_opened, failed)

        self.opening.emit()
        if self._present is not None and path.resolve() == self._present.resolve():
            describe_it()
            return
        self.busy.emit(words)
        self._context.tasks.use(opener, describe_it, failed)

    def _on_opened(self, opened: OpenedStudy) -> None:
        self._present = opened.path
        self.busy.emit("")
        self.opened.emit(opened)
