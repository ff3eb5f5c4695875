"""The end of the work: skipped pairs, thanks, own counts, and what comes next, in a study and in a pack."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ftcompare.app.rate.rater_choice import Awaited
from ftcompare.app.rate.rating_session import DeskView
from ftcompare.core.plurals import counted
from ftcompare.ui.pages.rate.header import MINUTE
from ftcompare.ui.rating.centered_screen import CenteredScreen, EnterScreen, button_row, wired
from ftcompare.ui.theme.theme import M, S
from ftcompare.ui.widgets.controls import (
    Card,
    Heading,
    KeyCap,
    LinkButton,
    Muted,
    PlainButton,
    PrimaryButton,
    label,
)

NEXT = {
    Awaited.HERE: "Others are still to rate. When all are done, the owner of the study looks at Results.",
    Awaited.PACKS: (
        "Rater packs are still out. Once they are merged, the owner of the study looks at Results."
    ),
    Awaited.NOBODY: "When all raters are done, the owner of the study looks at Results.",
}


class SkippedScreen(EnterScreen):
    """Before the last questions: pairs were skipped.

    Signals:
        go_on: return to them.
        leave: on to the last questions without them.
    """

    leave = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._title = Heading()
        self._title.setObjectName("skipped_title")
        self._told = Muted()
        self._return = wired(PrimaryButton("", "undo-2"), "skipped_return", self.go_on.emit)
        leave = wired(PlainButton("Go on to the last questions"), "skipped_go_on", self.leave.emit)
        self.fill(self._title, self._told, S, button_row(self._return, KeyCap("Enter"), leave))

    def set_view(self, view: DeskView) -> None:
        """Say how many there are."""
        one = view.skipped == 1
        them = "it" if one else "them"
        self._title.setText(f"{counted(view.skipped, 'pair was', 'pairs were')} skipped.")
        self.setAccessibleName(self._title.text())
        self._return.set_text(f"Return to {them}")
        self._told.setText(f"All others are judged. Return to {them}, or go on to the last questions.")


class DoneScreen(CenteredScreen):
    """The end: thanks, own counts, and where to go.

    Signals:
        return_to_skipped, change_rater: its buttons.
        go: id of a command of the window.
        show_file: the pack's path is to be shown in the system's file manager.
    """

    return_to_skipped = Signal()
    change_rater = Signal()
    go = Signal(str)
    show_file = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._path = Path()
        self._title = Heading()
        self._title.setObjectName("done_title")
        self._counts = Muted()
        self._counts.setObjectName("done_counts")
        self._return = PlainButton("", "undo-2")
        wired(self._return, "return_to_skipped", self.return_to_skipped.emit)
        self._in_study = self._study_part()
        self._in_pack = self._pack_part()
        self.fill(self._title, self._counts, button_row(self._return), S, self._in_study, self._in_pack)

    def set_view(self, view: DeskView) -> None:
        """Show the counts, and how long the rater has worked, over all sittings."""
        self._title.setText(f"Thank you, {view.rater}. That was the last pair.")
        judged = counted(view.judged, "pair judged", "pairs judged")
        skipped = f"{view.skipped:,}" if view.skipped else "none"
        told = (f"{judged}, {skipped} skipped.", _spent(view.seconds_worked), "Every judgment is stored.")
        self._counts.setText(" ".join(filter(None, told)))
        self._return.setVisible(bool(view.skipped) and not view.guessed)
        self._return.set_text(f"{view.skipped:,} skipped: return to {'it' if view.skipped == 1 else 'them'}")
        self._in_study.setVisible(view.pack is None)
        self._in_pack.setVisible(view.pack is not None)
        if view.pack is not None:
            self._path = view.pack
            self._shown_path.setText(str(view.pack))
            self._copy.set_text("Copy path")
        self.first_focus = self._show_awaited(view.awaited) if view.pack is None else self._folder

    def _show_awaited(self, awaited: Awaited) -> QWidget:
        """Let the first button be what comes next in the study; the results are not, while it waits."""
        next_one = {Awaited.HERE: self._someone, Awaited.PACKS: self._raters}.get(awaited)
        for button in (self._someone, self._raters):
            button.setVisible(button is next_one)
        self._results.setVisible(next_one is None)
        self._who.setVisible(next_one is not self._someone)
        self._early.setVisible(next_one is not None)
        self._told_next.setText(NEXT[awaited])
        return next_one or self._results

    def _study_part(self) -> QWidget:
        def to(page: str) -> None:
            self.go.emit(f"page.{page}")

        someone = "Someone else rates now"
        change = self.change_rater.emit
        self._results = PrimaryButton("See the results", "chart-column")
        wired(self._results, "done_results", lambda: to("results"))
        export = wired(PlainButton("Export", "download"), "done_export", lambda: to("export"))
        self._who = wired(LinkButton(someone), "done_change_rater", change)
        self._someone = wired(PrimaryButton(someone, "users"), "done_next_rater", change)
        self._raters = wired(PrimaryButton("Go to Raters", "users"), "done_raters", lambda: to("raters"))
        self._early = LinkButton("See the results so far")
        wired(self._early, "done_results_early", lambda: to("results"))
        self._told_next = Muted()
        self._told_next.setObjectName("done_next")
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(M)
        column.addWidget(self._told_next)
        column.addLayout(button_row(self._someone, self._raters, self._results, export))
        column.addLayout(button_row(self._who, self._early))
        return part

    def _pack_part(self) -> QWidget:
        self._shown_path = label("", wrap=True)
        self._shown_path.setObjectName("pack_path")
        self._shown_path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._folder = PrimaryButton("Show in folder", "folder-open")
        wired(self._folder, "pack_folder", lambda: self.show_file.emit(self._path))
        self._copy = wired(PlainButton("Copy path", "copy"), "pack_copy", self._copy_path)
        card = Card()
        told = "Your judgments are in this file. Send it back to whoever gave it to you:"
        card.body.addWidget(label(told, wrap=True))
        card.body.addWidget(self._shown_path)
        card.body.addLayout(button_row(self._folder, self._copy))
        return card

    def _copy_path(self) -> None:
        QGuiApplication.clipboard().setText(str(self._path))
        self._copy.set_text("Copied")


def _spent(seconds: float) -> str:
    """How long a rater has worked; empty below a minute."""
    minutes = round(seconds / MINUTE)
    if minutes < 1:
        return ""
    return f"About {'a minute' if minutes == 1 else f'{minutes} minutes'} of work in all."
