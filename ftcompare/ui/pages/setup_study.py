"""Setup's first card: title, question, the answers on offer, and where the study is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ftcompare.app.content import StudyContent
from ftcompare.app.paths import STUDY_SUFFIX, default_study_folder, is_folder, is_there, typed
from ftcompare.core.errors import FTCompareError
from ftcompare.core.scale import DEFAULT_QUESTION, MAX_STRENGTH, Scale
from ftcompare.ui.pages.setup_words import file_name
from ftcompare.ui.theme import XL, M
from ftcompare.ui.widgets.basics import Card, Muted, label
from ftcompare.ui.widgets.file_field import FileField, TextField


class SaveField(FileField):
    """Where a new study is to be kept: it follows the title until the user says otherwise."""

    def __init__(self, folder: Callable[[], Path] = default_study_folder) -> None:
        super().__init__(self.tr("Saved as"), "setup_save", folder=True)
        self._default = folder
        self._own = False
        self.button.setText(self.tr("Change…"))
        self.edit.textEdited.connect(self._take_over)
        self.changed.connect(lambda _text: self.show_problem(""))

    @property
    def path(self) -> Path:
        """The file, with its suffix."""
        path = typed(self.text)
        return path if path.suffix == STUDY_SUFFIX else path.parent / f"{path.name}{STUDY_SUFFIX}"

    def follow(self, title: str) -> None:
        """Propose a name from the title, one that is free."""
        if self._own:
            return
        stem, folder = file_name(title), self._default()
        if stem:
            names = (stem, *(f"{stem} {n}" for n in range(2, 100)))
            paths = (folder / f"{name}{STUDY_SUFFIX}" for name in names)
            self.edit.setText(str(next((p for p in paths if not is_there(p)), folder / stem)))
        else:
            self.edit.clear()
        self.show_problem("")

    def start_afresh(self) -> None:
        """Follow the title again."""
        self._own = False
        self.edit.clear()

    def show_problem(self, text: str) -> None:
        """Say what is wrong; empty for nothing."""
        self.set_invalid(bool(text))
        if text:
            self.message.show_problem(text)
        else:
            self.message.clear()

    def choose(self) -> None:
        """Let the user name a file."""
        kinds = f"{self.tr('FTCompare studies')} (*{STUDY_SUFFIX})"
        start = self.text or str(self._default())
        chosen, _ = QFileDialog.getSaveFileName(self, self.tr("Where to keep the study"), start, kinds)
        if chosen:
            self._own = True
            self.set_text(chosen)

    def _take_over(self) -> None:
        self._own = True


class StudyPart(Card):
    """The card. In an open study, an edited field is told by `edited` when it is left."""

    edited = Signal()

    def __init__(self, save_folder: Callable[[], Path] = default_study_folder) -> None:
        super().__init__(self.tr("Study"))
        self.title = TextField(
            self.tr("Title"), "setup_title", hint=self.tr("What is compared, and for what")
        )
        self.question = TextField(self.tr("Question for raters"), "setup_question")
        self.answers = QComboBox()
        self.answers.setObjectName("setup_answers")
        self.answers.setAccessibleName(self.tr("Answers on offer"))
        self.answers.addItems(
            [
                self.tr("Better"),
                self.tr("Better, or much better"),
                self.tr("Slightly better, better, or much better"),
            ]
        )
        self._fixed = Muted("", small=True)
        self.save = SaveField(save_folder)
        self.body.addLayout(self._fields())
        self._open = False
        self._stored: tuple[str, Scale] | None = None
        self.title.edit.textChanged.connect(self._on_title)
        for edit in (self.title.edit, self.question.edit):
            edit.editingFinished.connect(self._on_finished)
        self.answers.activated.connect(self._on_finished)

    def _fields(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(XL)
        grid.setVerticalSpacing(M)
        places = (self.title, self.question, self._answers_field(), self.save)
        for number, part in enumerate(places):
            grid.addWidget(part, number // 2, number % 2, Qt.AlignmentFlag.AlignTop)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _answers_field(self) -> QWidget:
        field = QWidget()
        column = QVBoxLayout(field)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        above = label(self.tr("Answers on offer, beside “about equal” and “both bad”"))
        above.setBuddy(self.answers)
        row = QHBoxLayout()
        row.addWidget(self.answers, 1)
        column.addWidget(above)
        column.addLayout(row)
        column.addWidget(self._fixed)
        return field

    @property
    def scale(self) -> Scale:
        """The scale as it stands in the fields."""
        return Scale(self.question.text, self.answers.currentIndex() + 1)

    def start_new(self) -> None:
        """Fields for a study to be made."""
        self._open, self._stored = False, None
        self._fixed.hide()
        self.save.start_afresh()
        self.save.show()
        self.show_problems("", "")
        self.title.edit.clear()
        self.question.edit.setText(DEFAULT_QUESTION)
        self.answers.setCurrentIndex(0)
        self.answers.setEnabled(True)

    def show_study(self, content: StudyContent) -> None:
        """Fields of the open study; what is being typed is left alone."""
        fresh = not self._open
        self._open = True
        self._stored = content.study.title, content.study.scale
        self.save.hide()
        self._put(self.title, content.study.title, force=fresh)
        self._put(self.question, content.study.scale.question, force=fresh)
        self.answers.setCurrentIndex(min(content.study.scale.strengths, MAX_STRENGTH) - 1)
        self.answers.setEnabled(not content.judgments)
        self._fixed.setVisible(bool(content.judgments))
        self._fixed.setText(self.tr("Fixed since the first judgment."))

    def show_problems(self, title: str, question: str) -> None:
        """Say what is wrong with either; empty for nothing."""
        self.title.show_problem(title)
        self.question.show_problem(question)

    def show_error(self, error: FTCompareError) -> None:
        """Put an error of saving where it belongs."""
        field = self.question if error.code == "no-question" else self.title
        field.show_problem(f"{error.what} {error.how}".strip())

    def complete(self) -> bool:
        """Whether all that is needed is there; what is not is marked."""
        self.show_problems(
            "" if self.title.text else self.tr("A study needs a title."),
            "" if self.question.text else self.tr("Raters need a question."),
        )
        return self._place_is_good() and bool(self.title.text and self.question.text)

    def _place_is_good(self) -> bool:
        if not self.title.text and not self.save.text:
            return True
        problem = ""
        if not self.save.text:
            problem = self.tr("Choose where to keep the study.")
        elif is_folder(typed(self.save.text)):
            problem = self.tr("This is a folder. Add a name for the study.")
        elif not is_folder(self.save.path.parent):
            problem = self.tr("There is no such folder. Choose another place.")
        elif is_there(self.save.path):
            problem = self.tr("There is a file of this name already. Choose another name, or open it.")
        self.save.show_problem(problem)
        return not problem

    def _put(self, field: TextField, text: str, *, force: bool) -> None:
        if force or not field.edit.hasFocus():
            field.edit.setText(text)
            field.show_problem("")

    def _on_title(self, text: str) -> None:
        if not self._open:
            self.save.follow(text)

    def _on_finished(self) -> None:
        if self._open and (self.title.text, self.scale) != self._stored:
            self.edited.emit()
