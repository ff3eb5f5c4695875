"""Setup's part on how the models of this machine are loaded, and what memory that takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from ftcompare.app.content import StudyContent
from ftcompare.app.study_plan import AdapterChoice
from ftcompare.app.system_specs import is_served
from ftcompare.core.study import SystemSpec
from ftcompare.ui.tasks import StudyTasks
from ftcompare.ui.theme import S
from ftcompare.ui.widgets.basics import Muted, label

Choices = tuple[tuple[str, str, str], ...]


class LoadingPart(QWidget):
    """In how many bits the weights are loaded, in words what that means, and the memory it takes."""

    changed = Signal()

    def __init__(self, tasks: StudyTasks) -> None:
        super().__init__()
        self._choices = _choices(self.tr)
        self._box = QComboBox()
        self._box.setObjectName("setup_quantisation")
        self._box.setAccessibleName(self.tr("Weights of the models on this machine"))
        for _key, words, _about in self._choices:
            self._box.addItem(words)
        self._about = Muted("", small=True)
        self._about.setObjectName("setup_quantisation_about")
        self._lay_out()
        self._box.currentIndexChanged.connect(lambda _index: self._on_choice())
        self._on_choice()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(S)
        title = label(self.tr("Weights"))
        title.setBuddy(self._box)
        row.addWidget(title)
        row.addWidget(self._box)
        row.addStretch()
        self._choice = QWidget()
        column = QVBoxLayout(self._choice)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self._about)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(S)
        whole.addWidget(self._choice)

    @property
    def quantisation(self) -> str:
        """``8bit``, ``4bit``, or empty for as they are."""
        return self._choices[self._box.currentIndex()][0]

    def start_new(self) -> None:
        """For a new study."""
        self._box.setEnabled(True)
        self._box.setCurrentIndex(0)

    def show_chosen(self, model: str, adapters: Iterable[AdapterChoice], others: Iterable[SystemSpec]) -> None:
        """The systems chosen for a new study."""

    def show_study(self, content: StudyContent) -> None:
        """How the open study's models are loaded; free only while it has none on this machine."""

    def _on_choice(self) -> None:
        self._about.setText(self._choices[self._box.currentIndex()][2])
        self.changed.emit()


def _choices(tr: Callable[[str], str]) -> Choices:
    """Each with its key, its name and what it means."""
    return (
        ("", tr("As they are"), tr("In the arithmetic that is quickest here; nothing of the model is lost.")),
        (
            "8bit",
            tr("8 bits"),
            tr("About half the memory of 16 bits. Answers may differ a little; every model here is loaded so."),
        ),
        (
            "4bit",
            tr("4 bits"),
            tr("About a quarter of the memory of 16 bits. Answers differ more, and may be worse than the model's own."),
        ),
    )
