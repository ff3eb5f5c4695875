"""Questions before a run that computes measures: a file, a choice, a consent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QWidget

from ftcompare.app.judges.judging_plan import JudgingAnswer
from ftcompare.app.measures.runs import (
    AskedChoice,
    AskedConsent,
    AskedFile,
    AskedJudge,
    AvailableRun,
    RunAnswer,
)
from ftcompare.ui.pages.results.automatic.judge_dialog import JudgeDialog
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import XL, L, M
from ftcompare.ui.widgets.controls import Heading, PlainButton, PrimaryButton, label, named
from ftcompare.ui.widgets.file_dialogs import choose_file, start_of
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row

WIDTH = 520


def answers_to(offer: AvailableRun, tasks: StudyTasks, parent: QWidget) -> dict[str, RunAnswer] | None:
    """Ask all questions of a run, one after the other; None if the user cancelled one."""
    answers: dict[str, RunAnswer] = {}
    for asked in offer.run.asks:
        if isinstance(asked, AskedConsent):
            if asked.title not in offer.agreed and not _accepted(ConsentDialog(asked, parent)):
                return None
            continue
        found = _found(asked, offer, tasks, parent)
        if found is None:
            return None
        answers[asked.key] = found
    return answers


def _found(
    asked: AskedFile | AskedChoice | AskedJudge, offer: AvailableRun, tasks: StudyTasks, parent: QWidget
) -> RunAnswer | None:
    if isinstance(asked, AskedFile):
        return _file(asked, parent)
    return _judge(tasks, parent) if isinstance(asked, AskedJudge) else _chosen(asked, offer, parent)


def _judge(tasks: StudyTasks, parent: QWidget) -> JudgingAnswer | None:
    dialog = JudgeDialog(tasks, parent)
    return dialog.answer if _accepted(dialog) else None


def _file(asked: AskedFile, parent: QWidget) -> Path | None:
    return choose_file(parent, asked.title, start_of(""), f"{asked.kind} ({' '.join(asked.patterns)})")


def _chosen(asked: AskedChoice, offer: AvailableRun, parent: QWidget) -> tuple[str, ...] | None:
    dialog = ChoiceDialog(asked, offer.options.get(asked.key, ()), parent)
    return dialog.chosen if _accepted(dialog) else None


def _accepted(dialog: QDialog) -> bool:
    accepted = dialog.exec() == QDialog.DialogCode.Accepted
    dialog.deleteLater()
    return accepted


class ConsentDialog(QDialog):
    """Describes an action and asks for consent. Enter presses Cancel."""

    def __init__(self, asked: AskedConsent, parent: QWidget) -> None:
        super().__init__(parent)
        self.setModal(True)
        self.setObjectName("run_consent")
        self.setWindowTitle(asked.title)
        self.setMinimumWidth(WIDTH)
        agree = named(PlainButton(asked.agree), "consent_agree")
        cancel = named(PrimaryButton("Cancel"), "consent_cancel")
        cancel.setDefault(True)
        told = (label(text, wrap=True) for text in asked.text)
        column = in_column(Heading(asked.title, level=2), *told, in_row(STRETCH, agree, cancel, gap=L), gap=M)
        column.setContentsMargins(XL, XL, XL, XL)
        self.setLayout(column)
        agree.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)


class ChoiceDialog(QDialog):
    """Choose one item of a list, or several with ticks; at least one is required."""

    def __init__(self, asked: AskedChoice, options: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setModal(True)
        self.setObjectName("run_choice")
        self.setWindowTitle(asked.title)
        self.setMinimumWidth(WIDTH)
        self._several = asked.several
        self.list = named(QListWidget(), "choice_list", asked.title)
        self.confirm = named(PrimaryButton("Begin"), "choice_confirm")
        cancel = named(PlainButton("Cancel"), "choice_cancel")
        buttons = in_row(STRETCH, cancel, self.confirm, gap=L)
        column = in_column(Heading(asked.title, level=2), self.list, buttons, gap=M)
        column.setContentsMargins(XL, XL, XL, XL)
        self.setLayout(column)
        self._fill(options)
        self.confirm.setDefault(True)
        self.confirm.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        self.list.itemChanged.connect(self._check)
        self.list.currentRowChanged.connect(self._check)
        self._check()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The ids of the chosen items."""
        items = [self.list.item(place) for place in range(self.list.count())]
        if self._several:
            taken = [item for item in items if item.checkState() == Qt.CheckState.Checked]
        else:
            taken = [item for item in items if item is self.list.currentItem()]
        return tuple(str(item.data(Qt.ItemDataRole.UserRole)) for item in taken)

    def _fill(self, options: Sequence[tuple[str, str]]) -> None:
        for key, title in options:
            item = QListWidgetItem(one_line(title))
            item.setData(Qt.ItemDataRole.UserRole, key)
            if self._several:
                item.setCheckState(Qt.CheckState.Unchecked)
            self.list.addItem(item)

    def _check(self) -> None:
        self.confirm.setEnabled(bool(self.chosen))
