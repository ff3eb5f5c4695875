"""Adds the selected word to the study's glossary as a candidate term, to be decided on later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from ftcompare.app.study.opening import StudyFile
from ftcompare.core.study import GlossaryTerm
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.widgets.controls import QuietButton, named

KEY = "G"
WORD_LENGTH = 60


class CandidateTerm(QObject):
    """A button, and a key in ``view`` except while text is typed, that add the words from ``in_hand``."""

    added = Signal(object)  # the glossary has another term (`GlossaryTerm`)

    def __init__(self, context: PageContext, view: QWidget, in_hand: Callable[[], str], name: str) -> None:
        super().__init__(view)
        self._context, self._in_hand = context, in_hand
        self._tasks = OwnedTasks(self, context.tasks)
        self.button = named(QuietButton("Add to glossary"), name, "Add the words in hand to the glossary")
        self.button.setToolTip(f"As an admitted term, noted as a candidate ({KEY})")
        self.button.clicked.connect(self.add)
        within = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence(KEY), view, self.add, context=within)

    def add(self) -> None:
        """Add the selected words, or show why they are not added."""
        if words := self._in_hand():
            act = partial(_added, words=words, now=datetime.now(UTC))
            self._tasks.run(act, self._done, self._context.bar.show_error)

    def _done(self, term: GlossaryTerm) -> None:
        self._context.bar.show_good(
            f"“{one_line(term.term, WORD_LENGTH)}” is in the glossary, as a candidate."
        )
        self._context.study_changed()
        self.added.emit(term)


def _added(study: StudyFile, words: str, now: datetime) -> GlossaryTerm:
    from ftcompare.app.setup.glossary import add_candidate

    return add_candidate(study, words, now=now)
