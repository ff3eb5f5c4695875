"""The tab “Grades”: mean grades and their differences, where raters grade one answer at a time."""

from __future__ import annotations

from ftcompare.app.results.presentation.grades import grade_sections, grades_headline
from ftcompare.ui.figures.cards import LeadSentence
from ftcompare.ui.figures.section_cards import SectionCards
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.tabs import ResultsTab, ShownStudy
from ftcompare.ui.theme.theme import L
from ftcompare.ui.widgets.layouts import STRETCH, in_column


class GradesTab(ResultsTab):
    """The sentence, the means as a chart and a table, the differences, and how often each grade was given."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.lead = LeadSentence("grades_", lambda: None)
        self.lead.how.hide()  # each card explains its own figures
        self.cards = SectionCards(context, self.explained.emit)
        in_column(self.lead, self.cards, STRETCH, gap=L, of=self)

    def show_study(self, shown: ShownStudy) -> None:
        if shown.grades is not None:
            self.lead.tell(*grades_headline(shown.grades))
            self.cards.show_sections(grade_sections(shown.grades))
