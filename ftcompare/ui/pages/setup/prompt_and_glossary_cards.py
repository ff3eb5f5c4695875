"""Setup's cards for prompts and glossary: from a file, with what was found in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from ftcompare.app.application_paths import typed
from ftcompare.app.setup.study_content import GlossaryOverview, PromptsOverview, glossary_in, prompts_in
from ftcompare.core.errors import FTCompareError
from ftcompare.ui.pages.setup.folder_texts import glossary_lines, glossary_words, prompt_lines, prompts_words
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import XS, L
from ftcompare.ui.widgets.controls import Card, LinkButton, Muted, PlainButton, label
from ftcompare.ui.widgets.file_field import CheckState, FieldCheck, FileField, Found, shortened

T = TypeVar("T")

MAX_LINE = 240


class Lines(QWidget):
    """Short facts, each beside its name."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(L)
        self._grid.setVerticalSpacing(XS)
        self._grid.setColumnStretch(1, 1)
        self.hide()

    def set(self, lines: list[tuple[str, str]]) -> None:
        """Show these."""
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for row, (name, words) in enumerate(lines):
            self._grid.addWidget(label(name, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            cut = "\n".join(shortened(line, MAX_LINE) for line in words.splitlines())
            self._grid.addWidget(label(cut, wrap=True), row, 1)
        self.setVisible(bool(lines))


class MaterialPart(Card, Generic[T]):
    """A file's content: to be chosen for a new study, shown and added to in an open one.

    Args:
        name: stem of the object names.
        look: reads the file, on the study's thread.
        words: how much there is, in a few words.
        lines: what there is, in lines.
        empty: whether there is nothing.
        note: what else is to be said of the file.
    """

    changed = Signal()
    apply_asked = Signal(object)
    """A file to be taken into the open study."""

    def __init__(
        self,
        title: str,
        name: str,
        tasks: StudyTasks,
        *,
        look: Callable[[Path], T],
        words: Callable[[T], str],
        lines: Callable[[T], list[tuple[str, str]]],
        empty: Callable[[T], bool],
        hint: str,
        explanation: str,
        note: Callable[[T], str] = lambda _: "",
        add_words: tuple[str, str],
        kinds: tuple[str, str],
    ) -> None:
        super().__init__(title)
        self._words, self._lines, self._empty = words, lines, empty
        self._stored: T | None = None
        self._summary = label("", "strong", wrap=True)
        self._summary.setObjectName(f"{name}_summary")
        self._details = Lines()
        self._explanation = Muted(explanation)
        self._add = LinkButton(add_words[0])
        self._add.setObjectName(f"{name}_add")
        self.field = FileField("", name, folder=False, hint=hint, kinds=kinds)
        self.field.set_spoken(title)
        self._apply = PlainButton(add_words[1])
        self._apply.setObjectName(f"{name}_apply")
        self.field.row.addWidget(self._apply)
        self.check: FieldCheck[T] = FieldCheck(
            self.field,
            tasks,
            look=lambda text: look(typed(text)),
            describe=lambda found: Found(words(found), note=note(found)),
            settled=self._on_settled,
        )
        for part in (self._summary, self._explanation, self.field, self._details):
            self.body.addWidget(part)
        self.body.addWidget(self._add)
        self.body.addStretch()
        self._add.clicked.connect(self._reveal)
        self._apply.clicked.connect(lambda: self.apply_asked.emit(typed(self.field.text)))

    @property
    def path(self) -> Path | None:
        """The file chosen for a new study."""
        return typed(self.field.text) if self.field.text else None

    @property
    def found(self) -> T | None:
        """What the chosen file holds, or the open study."""
        return self.check.value if self.check.value is not None else self._stored

    def start_new(self) -> None:
        """A field for a new study."""
        self._stored = None
        self.field.set_text("")
        self.field.show()
        for hidden in (self._summary, self._add, self._apply):
            hidden.hide()
        self._explanation.show()

    def show_study(self, stored: T) -> None:
        """What the open study holds."""
        self._stored = stored
        if self.check.state is CheckState.EMPTY or not self._add.isVisibleTo(self):
            self.fold()
        self._summary.setText(self._words(stored))
        self._summary.setVisible(not self._empty(stored))
        self._explanation.setVisible(self._empty(stored))
        self._details.set(self._lines(stored))

    def fold(self) -> None:
        """Put the field away: what it named is in the study."""
        self.field.set_text("")
        self.field.hide()
        self._add.show()

    def fail(self, error: FTCompareError) -> None:
        """Say below the field why its file could not be taken."""
        self.check.fail(error)

    def _reveal(self) -> None:
        self._add.hide()
        self.field.show()
        self._apply.show()
        self.field.edit.setFocus()

    def _on_settled(self) -> None:
        found = self.check.state is CheckState.FOUND
        self._apply.setEnabled(found)
        shown = self.check.value if found else self._stored
        self._details.set(self._lines(shown) if shown is not None else [])
        self.changed.emit()


class PromptsPart(MaterialPart[PromptsOverview]):
    """Prompts."""

    def __init__(self, tasks: StudyTasks) -> None:
        super().__init__(
            "Prompts",
            "setup_prompts",
            tasks,
            look=prompts_in,
            words=lambda found: prompts_words(found, self.tr),
            lines=lambda found: prompt_lines(found, self.tr),
            empty=lambda found: not found.count,
            note=lambda found: found.note,
            hint="JSONL, CSV, TSV or text, one prompt a line",
            explanation=(
                "What both systems are asked. Columns for category and split let the results say "
                "where the fine-tune helps and what it costs."
            ),
            add_words=("Add prompts from a file…", "Add to study"),
            kinds=("Prompts", "*.jsonl *.csv *.tsv *.txt"),
        )


class GlossaryPart(MaterialPart[GlossaryOverview]):
    """The glossary."""

    def __init__(self, tasks: StudyTasks) -> None:
        super().__init__(
            "Glossary (optional)",
            "setup_glossary",
            tasks,
            look=glossary_in,
            words=lambda found: glossary_words(found, self.tr),
            lines=lambda found: glossary_lines(found, self.tr),
            empty=lambda found: not found.terms,
            hint="CSV or TSV with term, status and concept",
            explanation="Which words are right in your field. They are marked once a pair has been judged.",
            add_words=("Use a glossary file…", "Use this glossary"),
            kinds=("Glossaries", "*.csv *.tsv *.tab *.txt"),
        )
