"""The end of the work: skipped pairs, thanks, own counts, and what comes next, in a study and in a pack."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftcompare.app.rate.rater_choice import Awaited
from ftcompare.app.rate.rating_session import DeskView
from ftcompare.ui.pages.rate.comment_and_skip import Aside
from ftcompare.ui.rating.answers import counted, spent_words
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


class SkippedAside(Aside):
    """Before the last questions: pairs were skipped.

    Signals:
        return_to_skipped, go_on: its buttons.
    """

    return_to_skipped = Signal()
    go_on = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._title = Heading()
        self._title.setObjectName("skipped_title")
        self._told = Muted()
        self._return = PrimaryButton("", "undo-2")
        self._return.setObjectName("skipped_return")
        on = PlainButton("Go on to the last questions")
        on.setObjectName("skipped_go_on")
        self.column.addStretch(2)
        self.column.addWidget(self._title)
        self.column.addWidget(self._told)
        self.column.addSpacing(S)
        self.column.addLayout(_row(self._return, KeyCap("Enter"), on))
        self.column.addStretch(3)
        self._return.clicked.connect(self.return_to_skipped)
        on.clicked.connect(self.go_on)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.first_focus = self

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter returns; no other key that answers a pair does anything here."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.return_to_skipped.emit()
        else:
            super().keyPressEvent(event)

    def set_view(self, view: DeskView) -> None:
        """Say how many there are."""
        one = view.skipped == 1
        many = "{} pairs were skipped.".format(f"{view.skipped:,}")
        self._title.setText("1 pair was skipped." if one else many)
        self.setAccessibleName(self._title.text())
        self._return.set_text("Return to it" if one else "Return to them")
        self._told.setText(
            "All others are judged. Return to it, or go on to the last questions."
            if one
            else "All others are judged. Return to them, or go on to the last questions."
        )


class DoneAside(Aside):
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
        self._return.setObjectName("return_to_skipped")
        self._return.clicked.connect(self.return_to_skipped)
        self._in_study = self._study_part()
        self._in_pack = self._pack_part()
        back = QHBoxLayout()
        back.addWidget(self._return)
        back.addStretch()
        self.column.addStretch(2)
        self.column.addWidget(self._title)
        self.column.addWidget(self._counts)
        self.column.addLayout(back)
        self.column.addSpacing(S)
        self.column.addWidget(self._in_study)
        self.column.addWidget(self._in_pack)
        self.column.addStretch(3)

    def set_view(self, view: DeskView) -> None:
        """Show the counts, and how long the rater has worked, over all sittings."""
        self._title.setText(f"Thank you, {view.rater}. That was the last pair.")
        judged = counted(view.judged, "pair judged", "pairs judged")
        skipped = "none skipped" if not view.skipped else f"{view.skipped:,} " + "skipped"
        told = (f"{judged}, {skipped}.", spent_words(view.seconds_worked), "Every judgment is stored.")
        self._counts.setText(" ".join(filter(None, told)))
        self._return.setVisible(bool(view.skipped) and not view.guessed)
        self._return.set_text(_return_words(view.skipped))
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
        self._told_next.setText(_awaited_words(awaited))
        return next_one or self._results

    def _study_part(self) -> QWidget:
        self._results = PrimaryButton("See the results", "chart-column")
        self._results.setObjectName("done_results")
        export = PlainButton("Export", "download")
        export.setObjectName("done_export")
        self._who = LinkButton("Someone else rates now")
        self._who.setObjectName("done_change_rater")
        self._someone = PrimaryButton("Someone else rates now", "users")
        self._someone.setObjectName("done_next_rater")
        self._raters = PrimaryButton("Go to Raters", "users")
        self._raters.setObjectName("done_raters")
        self._early = LinkButton("See the results so far")
        self._early.setObjectName("done_results_early")
        self._told_next = Muted()
        self._told_next.setObjectName("done_next")
        self._someone.clicked.connect(self.change_rater)
        self._raters.clicked.connect(lambda: self.go.emit("page.raters"))
        self._early.clicked.connect(lambda: self.go.emit("page.results"))
        self._results.clicked.connect(lambda: self.go.emit("page.results"))
        export.clicked.connect(lambda: self.go.emit("page.export"))
        self._who.clicked.connect(self.change_rater)
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(M)
        column.addWidget(self._told_next)
        column.addLayout(_row(self._someone, self._raters, self._results, export))
        column.addLayout(_row(self._who, self._early))
        return part

    def _pack_part(self) -> QWidget:
        self._shown_path = label("", wrap=True)
        self._shown_path.setObjectName("pack_path")
        self._shown_path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._folder = PrimaryButton("Show in folder", "folder-open")
        self._folder.setObjectName("pack_folder")
        self._folder.clicked.connect(lambda: self.show_file.emit(self._path))
        self._copy = PlainButton("Copy path", "copy")
        self._copy.setObjectName("pack_copy")
        self._copy.clicked.connect(self._copy_path)
        card = Card()
        card.body.addWidget(
            label("Your judgments are in this file. Send it back to whoever gave it to you:", wrap=True)
        )
        card.body.addWidget(self._shown_path)
        card.body.addLayout(_row(self._folder, self._copy))
        return card

    def _copy_path(self) -> None:
        QGuiApplication.clipboard().setText(str(self._path))
        self._copy.set_text("Copied")


def _awaited_words(awaited: Awaited) -> str:
    return {
        Awaited.HERE: "Others are still to rate. When all are done, the owner of the study looks at Results.",
        Awaited.PACKS: (
            "Rater packs are still out. Once they are merged, the owner of the study looks at Results."
        ),
        Awaited.NOBODY: "When all raters are done, the owner of the study looks at Results.",
    }[awaited]


def _return_words(skipped: int) -> str:
    if skipped == 1:
        return "1 skipped: return to it"
    return "{} skipped: return to them".format(f"{skipped:,}")


def _row(*buttons: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(M)
    for button in buttons:
        row.addWidget(button)
    row.addStretch()
    return row
