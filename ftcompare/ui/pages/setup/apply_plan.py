"""Applies the planner's numbers to Setup, shows what is left to do, and undoes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from ftcompare.app.setup.study_content import StudyContent
from ftcompare.ui.page_context import Bar
from ftcompare.ui.pages.setup.rater_checks_card import ChecksPart

if TYPE_CHECKING:
    from ftcompare.app.setup.planner import PlanAssumptions, Question

Save = Callable[[Callable[[], None]], None]  # keeps what stands in the fields, then calls back


@dataclass(frozen=True, slots=True)
class _Numbers:
    raters: int
    each: int
    basis: PlanAssumptions | None


class PlanUse:
    """Owned by the page; its undo takes the numbers back while there are any."""

    def __init__(self, page: QWidget, checks: ChecksPart, bar: Bar, save: Save) -> None:
        self._checks, self._bar, self._save = checks, bar, save
        self._place: Path | None = None
        self._before: _Numbers | None = None
        self._after: _Numbers | None = None
        self.basis: PlanAssumptions | None = None
        self.undo = QAction("Undo “Use these numbers”", page)
        self.undo.setObjectName("setup_undo_plan")
        self.undo.setShortcut(QKeySequence(QKeySequence.StandardKey.Undo))
        self.undo.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.undo.setEnabled(False)
        self.undo.triggered.connect(self._take_back)
        page.addAction(self.undo)

    def belongs_to(self, place: Path | None) -> None:
        """Set the study that is shown, None for a new one; the plan of another study is dropped."""
        if place != self._place:
            self._place, self.basis = place, None
            self._forget()

    def made(self, place: Path) -> None:
        """Continue the plan of a new study in the study that was created from it."""
        self._place = place
        self._forget()

    def use(self, opened: Question, question: Question, present: int) -> None:
        """Apply the numbers of a plan (`Planner.used`)."""
        from ftcompare.app.setup.planner import basis_of, people_of

        self._before = self._present
        self._put(_Numbers(*people_of(opened, question), basis_of(question)))
        self._after = self._present
        self.undo.setEnabled(True)
        self._save(lambda: self._on_used(question.prompts, present))

    @property
    def _present(self) -> _Numbers:
        fields = self._checks.fields
        return _Numbers(fields["raters"].whole, fields["each"].whole, self.basis)

    def _put(self, numbers: _Numbers) -> None:
        self.basis = numbers.basis
        self._checks.put_people(numbers.raters, numbers.each)

    def _on_used(self, planned: int, present: int) -> None:
        from ftcompare.ui.pages.setup.planner_texts import left_words, people_words

        told = f"Planned for: {people_words(self._present.raters, self._present.each)}."
        left = left_words(planned, present)
        self._bar.show_note(f"{told} {left}".strip(), self.undo.text(), self._take_back)

    def _take_back(self) -> None:
        before, undone = self._before, self._after
        self._forget()
        if before is None or self._present != undone:
            self._bar.show_note("The numbers were changed since: they stay as they are.")
            return
        self._put(before)
        self._save(lambda: self._bar.show_good("Taken back: Use these numbers."))

    def _forget(self) -> None:
        self._before = self._after = None
        self.undo.setEnabled(False)


def fixed_words(content: StudyContent | None) -> str:
    """Return why a study accepts no other numbers of raters and judgments; empty if it does."""
    if content is None:
        return ""
    if closed := content.study.disclosure.rating_closed:
        return closed
    if content.shared_out:
        return (
            f"The pairs are shared out among {content.shared_out} raters: judgments a pair stay as they are."
        )
    return ""
