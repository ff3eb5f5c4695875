"""Setup's cards of a file with what was found in it, and the one of the glossary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from ftcompare.app.application_paths import typed
from ftcompare.app.setup.study_content import GlossaryOverview, glossary_in
from ftcompare.formats.glossary import SUFFIXES as GLOSSARY_FILES
from ftcompare.ui.pages.setup.folder_texts import (
    glossary_lines,
    glossary_words,
)
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import XS, L
from ftcompare.ui.widgets.controls import Card, LinkButton, Muted, PlainButton, label, named
from ftcompare.ui.widgets.file_field import CheckState, FieldCheck, FileField, Found, shortened
from ftcompare.ui.widgets.layouts import STRETCH, discard, put

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
        discard(self._grid)
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
        describe: how much there is, in a few words, and what else is to be said of the file.
        lines: what there is, in lines.
        empty: whether there is nothing.
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
        describe: Callable[[T], Found],
        lines: Callable[[T], list[tuple[str, str]]],
        empty: Callable[[T], bool],
        hint: str,
        explanation: str,
        add_words: tuple[str, str],
        kinds: tuple[str, str],
    ) -> None:
        super().__init__(title)
        self._describe, self._lines, self._empty = describe, lines, empty
        self._stored: T | None = None
        self._summary = named(label("", "strong", wrap=True), f"{name}_summary")
        self._details = Lines()
        self._explanation = Muted(explanation)
        self._add = named(LinkButton(add_words[0]), f"{name}_add")
        self.field = FileField("", name, folder=False, hint=hint, kinds=kinds)
        self.field.set_spoken(title)
        self._apply = named(PlainButton(add_words[1]), f"{name}_apply")
        self.field.row.addWidget(self._apply)
        settled = self._on_settled
        self.check: FieldCheck[T] = FieldCheck(
            self.field, tasks, look=lambda text: look(typed(text)), describe=describe, settled=settled
        )
        put(self.body, self._summary, self._explanation, self.field, self._details, self._add, STRETCH)
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
        self._summary.setText(self._describe(stored).words)
        self._summary.setVisible(not self._empty(stored))
        self._explanation.setVisible(self._empty(stored))
        self._details.set(self._lines(stored))

    def fold(self) -> None:
        """Put the field away: what it named is in the study."""
        self.field.set_text("")
        self.field.hide()
        self._add.show()

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


class GlossaryPart(MaterialPart[GlossaryOverview]):
    """The glossary: a file for a new study, the editor for an open one."""

    edit_asked = Signal()
    """The open study's glossary is to be edited."""

    def __init__(self, tasks: StudyTasks) -> None:
        super().__init__(
            "Glossary (optional)",
            "setup_glossary",
            tasks,
            look=glossary_in,
            describe=lambda found: Found(glossary_words(found)),
            lines=glossary_lines,
            empty=lambda found: not found.terms,
            hint="CSV, Excel, TBX, SKOS or OmegaT",
            explanation="Which words are right in your field. They are marked once a pair has been judged.",
            add_words=("Use a glossary file…", "Use this glossary"),
            kinds=("Glossaries", " ".join(f"*{suffix}" for suffix in GLOSSARY_FILES)),
        )
        self._edit = named(LinkButton("Edit the glossary…"), "setup_glossary_open")
        self._edit.clicked.connect(self.edit_asked)
        self._edit.hide()
        self.body.insertWidget(self.body.count() - 1, self._edit)

    def start_new(self) -> None:
        """A field for a new study."""
        super().start_new()
        if hasattr(self, "_edit"):
            self._edit.hide()

    def show_study(self, stored: GlossaryOverview) -> None:
        """What the open study holds, and the way to its editor."""
        super().show_study(stored)
        self._edit.set_text("Edit the glossary…" if stored.terms else "Make a glossary…")
        self._edit.show()
        self._add.hide()  # the editor shows what a file changes before it is taken
