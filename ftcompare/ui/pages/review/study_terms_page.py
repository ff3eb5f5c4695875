"""Terms over the study: those of the glossary, or all words and phrases, on all or some prompts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from ftcompare.app.review.result_slice import ALL_PROMPTS, PromptPart, prompt_parts
from ftcompare.app.study.opening import StudyFile
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.errors import FTCompareError
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.term_table import DistinctiveWords, StudyTerms
from ftcompare.ui.text.short_names import short_name
from ftcompare.ui.theme.theme import L, M
from ftcompare.ui.widgets.controls import EmptyState, set_tab_order, waiting
from ftcompare.ui.widgets.inputs import choice_box, fill_choice, named_choice
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row
from ftcompare.ui.widgets.study_work import StudyWork

if TYPE_CHECKING:
    from ftcompare.app.review.distinctive_words import WordTable
    from ftcompare.app.review.study_terms import TermTable

GLOSSARY, WORDS = "Glossary terms", "Words and phrases"
WAITING, TERMS, PHRASES, STOPPED = range(4)
NAME_LENGTH = 28


class StudyTermsPage(QWidget):
    """The choice of what to count, the progress of counting, and the table."""

    # the uses of a term (`GlossaryTerm`) or of words (`Phrase`) are to be listed
    uses_wanted = Signal(object)
    counted = Signal(object)  # a table (`TermTable` or `WordTable`) is shown

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self.kinds, self.parts, self.systems = choice_box(), choice_box(), choice_box()
        self.kinds.addItems([GLOSSARY, WORDS])
        self.work = StudyWork(context.tasks, lambda _: "Counting terms and words…")
        self.terms, self.words = StudyTerms(context), DistinctiveWords(context)
        self._parts: tuple[PromptPart, ...] = ()
        self._stopped = EmptyState(
            "Stopped", "The terms were not counted to the end.", "Count them", self.count
        )
        self._stack = QStackedWidget()
        self._arrange()
        for choice in (self.kinds, self.parts, self.systems):
            choice.currentIndexChanged.connect(self.count)
        for view in (self.terms, self.words):
            view.uses_wanted.connect(self.uses_wanted)
        self.work.cancelled.connect(partial(self._stack.setCurrentIndex, STOPPED))

    def count(self) -> None:
        """Count again; a count in progress is cancelled."""
        self._stack.setCurrentIndex(WAITING)
        part = self._chosen_part()
        if self.kinds.currentText() == WORDS:
            system = self.systems.currentData() or ""
            self.work.run(partial(_words, system=system, part=part), self._show_words, self._failed)
        else:
            self.work.run(partial(_terms, part=part), self._show_terms, self._failed)

    def search(self) -> None:
        (self.words if self.kinds.currentText() == WORDS else self.terms).search()

    def _show_terms(self, found: tuple[TermTable, tuple[PromptPart, ...]]) -> None:
        table, parts = found
        self._offer(parts)
        self._system_choice.hide()
        self.terms.show_table(table)
        self._stack.setCurrentIndex(TERMS)
        self.counted.emit(table)

    def _show_words(self, found: tuple[WordTable, tuple[PromptPart, ...]]) -> None:
        table, parts = found
        self._offer(parts)
        others = [(short_name(system, NAME_LENGTH), system) for system in table.systems[1:]]
        fill_choice(self.systems, others, table.second)
        self._system_choice.setVisible(len(others) > 1)
        self.words.show_table(table)
        self._stack.setCurrentIndex(PHRASES)
        self.counted.emit(table)

    def _offer(self, parts: tuple[PromptPart, ...]) -> None:
        from ftcompare.app.results.presentation.term_cells import part_title

        chosen = self._chosen_part()
        self._parts = parts
        entries: list[tuple[str, object]] = [(part_title(part), place) for place, part in enumerate(parts)]
        fill_choice(self.parts, entries, parts.index(chosen) if chosen in parts else 0)
        self._part_choice.setVisible(len(parts) > 1)

    def _chosen_part(self) -> PromptPart | None:
        place = self.parts.currentIndex()
        return self._parts[place] if 0 <= place < len(self._parts) else None

    def _failed(self, error: FTCompareError) -> None:
        self._stack.setCurrentIndex(STOPPED)
        self._context.bar.show_error(error)

    def _arrange(self) -> None:
        kinds = named_choice("Show", self.kinds, "terms_kind", "Which terms")
        self._part_choice = named_choice("Prompts", self.parts, "terms_prompts")
        self._system_choice = named_choice("System", self.systems, "terms_system")
        self._part_choice.hide()
        self._system_choice.hide()
        head = filled(in_row(kinds, self._part_choice, self._system_choice, STRETCH, gap=L))
        for view in (waiting("Counting terms…"), self.terms, self.words, self._stopped):
            self._stack.addWidget(view)
        self._stopped.button.setObjectName("terms_count")
        in_column(head, self.work, (self._stack, 1), gap=M, of=self)
        set_tab_order(self.kinds, self.parts, self.systems)


def _terms(
    study: StudyFile, progress: ProgressCallback, part: PromptPart | None
) -> tuple[TermTable, tuple[PromptPart, ...]]:
    """Run on the study's thread, because loading the libraries of the terms would block the window."""
    from ftcompare.app.review.study_terms import study_terms

    parts = prompt_parts(study)
    return study_terms(study, part if part in parts else ALL_PROMPTS, progress), parts


def _words(
    study: StudyFile, progress: ProgressCallback, system: str, part: PromptPart | None
) -> tuple[WordTable, tuple[PromptPart, ...]]:
    from ftcompare.app.review.distinctive_words import study_words

    parts = prompt_parts(study)
    return study_words(study, system, part if part in parts else ALL_PROMPTS, progress), parts
