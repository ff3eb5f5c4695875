"""Dialogs about rater packs: making one, what merging added, what to do with a dropped one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ftcompare.app.application_paths import is_file, typed
from ftcompare.app.raters.packs import HOW_LEFT, PACK_SUFFIX, PackMerged, PackOutcome, left_out
from ftcompare.core.errors import FTCompareError
from ftcompare.ui.dialogs.about_and_check import SmallDialog
from ftcompare.ui.dialogs.save_dialog import may_replace
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, StatusPill, label
from ftcompare.ui.widgets.file_field import FieldMessage, FileField
from ftcompare.ui.widgets.scroll_column import ScrollColumn
from ftcompare.ui.widgets.wheel_guard import choice_box

WIDTH = 620


class MakePackDialog(QDialog):
    """For whom, and where to. It stays open until the pack is made or the user gives up.

    Args:
        raters: names that can be chosen; others can be typed.
        propose: the file that is proposed for a rater's name.

    Signals:
        asked: the rater's name, the file, and whether it may take the place of a file that is there.
    """

    asked = Signal(str, object, bool)

    def __init__(self, raters: Sequence[str], propose: Callable[[str], Path], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("make_pack")
        self.setWindowTitle("Make a rater pack")
        self.setMinimumWidth(WIDTH)
        self._propose = propose
        self._own = False
        self.rater = choice_box()
        self.rater.setObjectName("pack_rater")
        self.rater.setEditable(True)
        self.rater.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.rater.addItems(list(raters))
        self.rater.setCurrentText("")
        typing = self.rater.lineEdit()
        if typing is not None:
            typing.setPlaceholderText("Who will judge, such as Ada")
        self.rater.setAccessibleName("Rater")
        self.field = PackFileField("Save as", "pack_path", folder=True)
        self.message = FieldMessage()
        self.make_button = PrimaryButton("Make the pack")
        self.make_button.setObjectName("pack_make")
        self.make_button.setDefault(True)
        self._arrange()
        self.rater.editTextChanged.connect(self._follow)
        self.field.edit.textEdited.connect(self._take_over)
        self.field.chosen.connect(self._take_over)
        self.field.edit.textChanged.connect(lambda _: self._check())
        self.make_button.clicked.connect(self._ask)
        self._check()

    @property
    def path(self) -> Path:
        """The file, with its suffix."""
        path = typed(self.field.text)
        return path if path.suffix == PACK_SUFFIX else path.parent / f"{path.name}{PACK_SUFFIX}"

    def set_busy(self, busy: bool) -> None:
        """While the pack is made, nothing can be changed."""
        for part in (self.rater, self.field):
            part.setEnabled(not busy)
        self.make_button.set_text("Making…" if busy else "Make the pack")
        self.make_button.setEnabled(not busy)

    def show_error(self, error: FTCompareError) -> None:
        """Say why there is no pack; what was typed stays."""
        self.set_busy(False)
        self.message.show_error(error)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, L)
        column.setSpacing(M)
        column.addWidget(Heading("Make a rater pack", level=2))
        told = (
            "A pack is a file for one rater. It holds their pairs and nothing that tells the systems apart; "
            "it opens on any machine with FTCompare. Their pairs can then no longer be judged here: merge "
            "the pack when it comes back."
        )
        column.addWidget(Muted(told))
        column.addSpacing(S)
        above = label("Rater")
        above.setBuddy(self.rater)
        field = QVBoxLayout()
        field.setSpacing(6)
        field.addWidget(above)
        field.addWidget(self.rater)
        column.addLayout(field)
        column.addWidget(self.field)
        column.addWidget(self.message)
        column.addStretch(1)
        column.addSpacing(S)
        cancel = PlainButton("Cancel")
        cancel.setObjectName("pack_cancel")
        cancel.clicked.connect(self.reject)
        column.addLayout(_row(cancel, self.make_button))

    def _follow(self, rater: str) -> None:
        if not self._own:
            self.field.edit.setText(str(self._propose(rater.strip())) if rater.strip() else "")
        self._check()

    def _take_over(self) -> None:
        self._own = True

    def _check(self) -> None:
        self.message.clear()
        self.make_button.setEnabled(bool(self.rater.currentText().strip() and self.field.text))

    def _ask(self) -> None:
        path = self.path
        asked = self.field.confirmed == str(path)
        if not asked and is_file(path) and not may_replace(self, path):
            return
        self.set_busy(True)
        self.asked.emit(self.rater.currentText().strip(), path, asked or is_file(path))


class PackFileField(FileField):
    """Where to write a pack.

    Signals:
        chosen: the user named a file in the system's dialog, which asks before one is replaced.
    """

    chosen = Signal()
    confirmed = ""
    """The path that the dialog gave."""

    def choose(self) -> None:
        """Let the user name a file."""
        kinds = f"Rater packs (*{PACK_SUFFIX})"
        found, _ = QFileDialog.getSaveFileName(self, "Where to write the pack", self.text, kinds)
        if found:
            self.confirmed = found
            self.chosen.emit()
            self.set_text(found)


class PackMadeDialog(SmallDialog):
    """A pack was made, and what its maker should look at before it is given away."""

    def __init__(self, told: str, path: Path, warnings: Sequence[str], parent: QWidget) -> None:
        super().__init__("pack_made", "The pack is made", parent)
        self.body.addWidget(label(told, wrap=True))
        self.body.addWidget(Muted(str(path), small=True))
        self.body.addSpacing(S)
        self.body.addWidget(StatusPill("caution", "Look at this before you give it away"))
        for warning in warnings:
            self.body.addWidget(label(warning, wrap=True))
        self.setMinimumWidth(WIDTH)


class MergedDialog(SmallDialog):
    """One entry a pack: what it added, what was left out of a damaged one, or why it was refused."""

    def __init__(self, outcomes: Sequence[PackOutcome], parent: QWidget) -> None:
        super().__init__("merged", "Rater packs", parent)
        inner = QWidget()
        inner.setProperty("role", "plain")
        grid = QGridLayout(inner)
        grid.setContentsMargins(0, 0, M, 0)
        grid.setHorizontalSpacing(L)
        grid.setVerticalSpacing(M)
        grid.setColumnStretch(1, 1)
        for row, outcome in enumerate(outcomes):
            grid.addWidget(StatusPill(*_verdict(outcome)), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_told(outcome), row, 1)
        self.body.addWidget(label(_summary(outcomes), wrap=True))
        self.body.addSpacing(S)
        self.body.addWidget(ScrollColumn(inner), 1)
        self.setMinimumWidth(WIDTH)
        self.resize(WIDTH, min(200 + 60 * len(outcomes), 560))


def _verdict(outcome: PackOutcome) -> tuple[str, str]:
    """The kind and the text of a pack's pill."""
    if outcome.merged is None:
        return "bad", "refused"
    return ("caution", "merged in part") if outcome.merged.left else ("good", "merged")


def _told(outcome: PackOutcome) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    if outcome.merged is not None:
        column.addWidget(label(added_words(outcome.merged), wrap=True))
        for line in left_out(outcome.merged.left):
            column.addWidget(label(line, wrap=True))
        if outcome.merged.left:
            column.addWidget(Muted(HOW_LEFT))
    if outcome.error is not None:
        column.addWidget(label(outcome.error.what, wrap=True))
        column.addWidget(Muted(outcome.error.how))
    column.addWidget(Muted(outcome.path.name, small=True))
    return box


def added_words(merged: PackMerged) -> str:
    """What a pack brought, and where its rater stands."""
    counts = (
        (merged.judgments, "1 judgment", "{0} judgments"),
        (merged.skips, "1 skip", "{0} skips"),
        (merged.retractions, "1 taken back", "{0} taken back"),
        (merged.guesses, "1 guess", "{0} guesses"),
    )
    parts = [one if n == 1 else many.format(f"{n:,}") for n, one, many in counts if n]
    new = "new: {}".format(", ".join(parts)) if parts else "nothing new"
    stands = "{} of {} pairs are judged.".format(f"{merged.judged:,}", f"{merged.items:,}")
    return f"{merged.rater_name}: {new}. {stands}"


def _summary(outcomes: Sequence[PackOutcome]) -> str:
    good = sum(outcome.merged is not None for outcome in outcomes)
    if any(outcome.merged and outcome.merged.left for outcome in outcomes):
        return "A pack is damaged: only what is whole of it was merged."
    if good == len(outcomes):
        return "Everything was merged."
    if not good:
        return "Nothing was merged."
    return f"{good} of {len(outcomes)} packs were merged; a refused pack changes nothing."


class Dropped(Enum):
    """What to do with packs that were dropped on an open study."""

    MERGE = "merge"
    OPEN = "open"


class DroppedDialog(QDialog):
    """Asks what is meant. ``choice`` is None where the user thought better of it."""

    def __init__(self, packs: Sequence[Path], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("dropped_packs")
        self.setWindowTitle("Rater packs")
        self.choice: Dropped | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, L)
        column.setSpacing(M)
        one = len(packs) == 1
        title = "What is to be done with this pack?" if one else "Merge these packs?"
        column.addWidget(Heading(title, level=2))
        column.addWidget(Muted("\n".join(path.name for path in packs)))
        column.addWidget(label(_what_follows(one), wrap=True))
        column.addSpacing(S)
        cancel = PlainButton("Cancel")
        cancel.clicked.connect(self.reject)
        merge = PrimaryButton("Merge into this study")
        merge.setObjectName("dropped_merge")
        merge.setDefault(True)
        merge.clicked.connect(lambda: self._choose(Dropped.MERGE))
        buttons = [cancel, merge]
        if one:
            rate = PlainButton("Open to rate")
            rate.setObjectName("dropped_open")
            rate.clicked.connect(lambda: self._choose(Dropped.OPEN))
            buttons.insert(1, rate)
        column.addLayout(_row(*buttons))
        self.setMinimumWidth(WIDTH)

    @classmethod
    def ask(cls, packs: Sequence[Path], parent: QWidget) -> Dropped | None:
        """What the user wants, or None."""
        dialog = cls(packs, parent)
        try:
            dialog.exec()
            return dialog.choice
        finally:
            dialog.deleteLater()

    def _choose(self, choice: Dropped) -> None:
        self.choice = choice
        self.accept()


def _what_follows(one: bool) -> str:
    merging = "Merging takes over what was judged in it; merged twice, it counts once."
    rating = "Opening it to rate closes this study."
    return f"{merging} {rating}" if one else merging


def _row(*buttons: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(S)
    row.addStretch()
    for button in buttons:
        row.addWidget(button)
    return row
