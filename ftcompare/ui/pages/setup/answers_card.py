"""Setup's card for existing answers from a file, whose columns can be chosen."""

from __future__ import annotations

from pathlib import Path

from ftcompare.app.setup.answers_file import AnswersOverview, answer_columns_of, answers_in
from ftcompare.app.setup.new_study import unused_words
from ftcompare.formats.answer_files import SUFFIXES, AnswerColumns
from ftcompare.ui.pages.setup.columns_link import AnswerColumnChoice, ColumnsLink
from ftcompare.ui.pages.setup.folder_texts import answers_lines, answers_words
from ftcompare.ui.pages.setup.prompt_and_glossary_cards import MaterialPart
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.file_field import Found
from ftcompare.ui.widgets.layouts import STRETCH, in_row


class AnswersPart(MaterialPart[AnswersOverview]):
    """Existing answers with their prompts; for a new study only."""

    def __init__(self, tasks: StudyTasks, theme: Theme) -> None:
        super().__init__(
            "Answers",
            "setup_answers",
            tasks,
            look=self._look,
            describe=_describe,
            lines=answers_lines,
            empty=lambda found: not found.prompts,
            hint="CSV, TSV, Excel or JSONL",
            explanation=(
                "A table with a column “prompt” and a column of answers for each system; or a line for each "
                "answer, with prompt, system and response. What files of prompts hold may stand beside them: "
                "category, reference, checks, labels and so on."
            ),
            add_words=("Choose a file of answers…", "Add to study"),
            kinds=("Answers", " ".join(f"*{suffix}" for suffix in SUFFIXES)),
        )
        self._columns: ColumnsLink[AnswerColumns] = ColumnsLink(
            "setup_answers_columns",
            tasks,
            theme,
            look=answer_columns_of,
            make=AnswerColumnChoice,
            failed=self.check.fail,
        )
        self._columns.decided.connect(self.check.again)
        self.body.insertLayout(self.body.count() - 1, in_row(self._columns, STRETCH))
        self.changed.connect(lambda: self._columns.show_for(self.path, self.check.state))

    @property
    def systems(self) -> tuple[str, ...]:
        """Names of the systems in the file; none where it was not looked at."""
        return tuple(name for name, _ in self.found.systems) if self.found else ()

    @property
    def columns(self) -> AnswerColumns | None:
        """The chosen columns of the file; None for the product's own column names."""
        return self._columns.chosen_for(self.path) if self.path else None

    def _look(self, path: Path) -> AnswersOverview:
        return answers_in(path, self._columns.chosen_for(path))


def _describe(found: AnswersOverview) -> Found:
    notes = ["Where an answer is missing there is no pair."] if found.missing else []
    if found.unread:
        notes.append(unused_words(found.unread))
    return Found(answers_words(found), note=" ".join(notes))
