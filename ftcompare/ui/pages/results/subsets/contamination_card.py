"""The card that searches a training file for the study's prompts in a thread, and shows the result.

The study's thread stays free, because a file of gigabytes takes minutes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.results.presentation import contamination
from ftcompare.app.results.presentation.contamination import (
    KeptLeakage,
    LeakageReport,
    keep_leakage,
    look_for,
)
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.app.study.opening import StudyFile
from ftcompare.core.errors import FTCompareError, from_system
from ftcompare.core.study import Prompt
from ftcompare.formats.training_texts import SUFFIXES
from ftcompare.ui.figures.cards import TitledCard
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.study_thread.study_tasks import OwnedTasks
from ftcompare.ui.theme.theme import M, S
from ftcompare.ui.widgets.controls import LinkButton, PlainButton, ProgressLine, StatusPill, label, named
from ftcompare.ui.widgets.file_dialogs import choose_file, start_of
from ftcompare.ui.widgets.layouts import STRETCH, FlowLayout, filled, in_column, in_row, put

SHOWN_KEYS = 40
ASKED_EVERY = 100
"""Milliseconds between two looks at how far a check is."""
MINUTE = 60.0


class LeakageCard(TitledCard):
    """The last stored check, and a button for another.

    Signals:
        kept: another result was stored with the study.
    """

    kept = Signal()
    comparisons_asked = Signal(object)
    explained = Signal(object)

    def __init__(self, context: PageContext) -> None:
        super().__init__("Training file", lambda result: self.explained.emit(result))
        self._context = context
        self._tasks = OwnedTasks(self, context.tasks)
        self._check: TrainingCheck | None = None
        self._unwanted = False
        self.check_button = named(PlainButton("Check a training file…", icon="file-text"), "check_training")
        self.cancel_button = named(PlainButton("Cancel"), "cancel_training")
        self.progress = ProgressLine()
        self._progress_words = label("", "muted", wrap=True)
        self._running = QWidget()
        self._arrange()
        self._timer = QTimer(self, interval=ASKED_EVERY)
        self._timer.timeout.connect(self._look)
        self.check_button.clicked.connect(self._ask)
        self.cancel_button.clicked.connect(self._cancel)

    def show_kept(self, kept: KeptLeakage | None) -> None:
        """Show the result that was stored last; None to describe what the check is for."""
        self.set_explanations((contamination.contamination_explanation(kept),))
        purpose = label(contamination.PURPOSE, "muted", wrap=True)
        self.set_content(purpose if kept is None else self._told(kept))

    def start(self, path: Path) -> None:
        self._show_running(True)
        self._show_progress(None, "Reading the study's prompts…")
        self._tasks.run(_prompts, partial(self._search, path), self._fail)

    # --- a check under way -----------------------------------------------------------------------

    def _ask(self) -> None:
        kinds = "Training files ({})".format(" ".join(f"*{suffix}" for suffix in SUFFIXES))
        chosen = choose_file(self, "Check a training file", start_of(""), kinds)
        if chosen:
            self.start(chosen)

    def _search(self, path: Path, prompts: Sequence[Prompt]) -> None:
        if self._unwanted:
            self._show_running(False)
            return
        self._check = TrainingCheck(prompts, path)
        self.destroyed.connect(self._check.cancel)
        self._check.start()
        self._timer.start()

    def _look(self) -> None:
        check = self._check
        if check is None:
            return
        self._show_progress(check.share, progress_words(check.records, check.seconds_left))
        if check.ended:
            self._timer.stop()
            self._check = None
            self._finish(check)

    def _finish(self, check: TrainingCheck) -> None:
        if check.report is not None:
            self._show_progress(1.0, "Saving the result…")
            self.cancel_button.setEnabled(False)
            self._tasks.run(partial(_keep, check.path, check.report), self._on_kept, self._fail)
        elif isinstance(check.error, OSError):
            self._fail(from_system(check.error))
        elif isinstance(check.error, FTCompareError):
            self._fail(check.error)
        else:
            self._show_running(False)
            if check.error is not None:
                self._context.tasks.crashed.emit(check.error)

    def _show_progress(self, share: float | None, words: str) -> None:
        """Show the progress; the words are below the bar, because a narrow card has no room beside it."""
        self.progress.set(share, "")
        self.progress.setAccessibleDescription(words)
        self._progress_words.setText(words)

    def _cancel(self) -> None:
        """The button stays enabled: disabled, it would lose the focus."""
        self._unwanted = True
        self.cancel_button.set_text("Canceling…")
        if self._check is not None:
            self._check.cancel()

    def _on_kept(self, report: LeakageReport) -> None:
        self._show_running(False)
        self._context.bar.show_note(" ".join(report.summary))
        self.kept.emit()

    def _fail(self, error: FTCompareError) -> None:
        self._show_running(False)
        self._context.bar.show_error(error)

    def _show_running(self, running: bool) -> None:
        focused = self.cancel_button.hasFocus() or self.check_button.hasFocus()
        self._running.setVisible(running)
        self.check_button.setVisible(not running)
        self._unwanted = False
        self.cancel_button.setEnabled(True)
        self.cancel_button.set_text("Cancel")
        if focused:
            (self.cancel_button if running else self.check_button).setFocus()

    # --- the result ------------------------------------------------------------------------------

    def _told(self, kept: KeptLeakage) -> QWidget:
        verdict, file = contamination.contamination_paragraphs(kept)
        status = StatusPill(*contamination.contamination_status(kept))
        told = (label(verdict.text, wrap=True), label(file.text, "muted", wrap=True))
        column = in_column(status, *told, gap=S)
        for title, keys in contamination.found_keys(kept):
            put(column, label(f"{title}:", "muted", wrap=True), self._keys(keys))
        return filled(column)

    def _keys(self, keys: Sequence[str]) -> QWidget:
        holder = QWidget()
        flow = FlowLayout(S, holder)
        for key in keys[:SHOWN_KEYS]:
            link = LinkButton(one_line(key, 40))
            link.setAccessibleDescription("Show these pairs")
            link.clicked.connect(partial(self._pick, key))
            flow.addWidget(link)
        if len(keys) > SHOWN_KEYS:
            flow.addWidget(label(f"and {len(keys) - SHOWN_KEYS:,} more", "muted"))
        return holder

    def _pick(self, key: str) -> None:
        self.comparisons_asked.emit(Part(Dimension.PROMPT, key))

    def _arrange(self) -> None:
        cancel = (self.cancel_button, Qt.AlignmentFlag.AlignLeft)
        in_column(self.progress, self._progress_words, cancel, gap=M, of=self._running)
        put(self.body, self._running, in_row(self.check_button, STRETCH))
        self._running.hide()


def _prompts(study: StudyFile) -> tuple[Prompt, ...]:
    return tuple(study.prompts.all())


def _keep(path: Path, report: LeakageReport, study: StudyFile) -> LeakageReport:
    keep_leakage(study, path, report, now=datetime.now(UTC))
    return report


def progress_words(records: int, seconds_left: float | None) -> str:
    """How far a check is."""
    told = f"{records:,} examples read"
    if seconds_left is None:
        return told
    minutes = f"about {seconds_left / MINUTE:.0f} min" if seconds_left >= MINUTE else "less than a minute"
    return f"{told} · {minutes} left"


LOOKED_EVERY = 500
"""Records between two looks at whether it is to stop."""

_BLOCK = 1 << 20


class _Cancelled(Exception):
    """The search was canceled."""


class TrainingCheck:
    """One search. The window's thread polls its progress.

    Attributes:
        report: the result; None before the end, and after Cancel or an error.
        error: the error that ended it.
        records: number of examples read so far.

    Args:
        clock: returns monotonic seconds.
    """

    def __init__(
        self, prompts: Sequence[Prompt], path: Path, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = path
        self.report: LeakageReport | None = None
        self.error: Exception | None = None
        self._clock = clock
        self._began = clock()
        self.records, self._lines = 0, 0
        self._unwanted = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(prompts,), name="training", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def cancel(self) -> None:
        """Give it up; it ends within a few hundred records."""
        self._unwanted.set()

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    @property
    def share(self) -> float | None:
        """How much of the file is read, 0 to 1, by its lines; None before they are counted."""
        return min(self.records / self._lines, 1.0) if self._lines else None

    @property
    def seconds_left(self) -> float | None:
        """At the speed so far; None before anything is read."""
        share = self.share
        return (self._clock() - self._began) * (1 - share) / share if share else None

    def _run(self, prompts: Sequence[Prompt]) -> None:
        try:
            self._lines = self._counted()
            self._began = self._clock()
            self.report = look_for(prompts, self.path, show=self._show, every=LOOKED_EVERY)
        except _Cancelled:
            pass
        except Exception as error:  # noqa: BLE001 - told in the window's thread
            self.error = error

    def _show(self, records: int) -> None:
        self.records = records
        if self._unwanted.is_set():
            raise _Cancelled

    def _counted(self) -> int:
        lines = 0
        with self.path.open("rb") as handle:
            while block := handle.read(_BLOCK):
                lines += block.count(b"\n")
                self._show(0)
        return lines
