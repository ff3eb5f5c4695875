"""Setup's cards of a file with its findings, and the card of the glossary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.application_paths import typed
from ftcompare.app.setup.answers_file import AnswersOverview, answers_in
from ftcompare.app.setup.new_study import unused_words
from ftcompare.app.setup.prompt_draft import PromptDraft, save_prompts
from ftcompare.app.setup.safety_probes import own_probes
from ftcompare.app.setup.study_content import (
    GlossaryOverview,
    PromptsOverview,
    glossary_in,
    prompts_in,
    prompts_overview,
)
from ftcompare.core.plurals import counted
from ftcompare.core.study import PromptSpec
from ftcompare.formats.answer_files import SUFFIXES as ANSWER_FILES
from ftcompare.formats.answer_files import AnswerColumns, read_answer_columns
from ftcompare.formats.glossary import SUFFIXES as GLOSSARY_FILES
from ftcompare.formats.prompts import SUFFIXES as PROMPT_FILES
from ftcompare.formats.prompts import has_columns, read_columns
from ftcompare.ui.pages.setup.columns_link import AnswerColumnChoice, ColumnsLink, PromptColumnChoice
from ftcompare.ui.pages.setup.folder_texts import (
    answers_lines,
    answers_words,
    glossary_lines,
    glossary_words,
    prompt_lines,
)
from ftcompare.ui.pages.setup.prompts_dialog import PromptsDialog, SafetyProbesDialog
from ftcompare.ui.study_thread.study_tasks import OwnedTasks, StudyTasks
from ftcompare.ui.theme.theme import XS, L, Theme
from ftcompare.ui.widgets.controls import Card, LinkButton, Muted, PlainButton, label, named
from ftcompare.ui.widgets.file_field import CheckState, FieldCheck, FileField, Found, shortened
from ftcompare.ui.widgets.layouts import STRETCH, FlowLayout, discard, filled, in_grid, in_row, put

T = TypeVar("T")

MAX_LINE = 240


class Lines(QWidget):
    """Short facts, each beside its name."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = in_grid(L, XS, 1, of=self)
        self.hide()

    def set(self, lines: list[tuple[str, str]]) -> None:
        discard(self._grid)
        for row, (name, words) in enumerate(lines):
            self._grid.addWidget(label(name, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            cut = "\n".join(shortened(line, MAX_LINE) for line in words.splitlines())
            self._grid.addWidget(label(cut, wrap=True), row, 1)
        self.setVisible(bool(lines))


class MaterialPart(Card, Generic[T]):
    """A file's content, read by ``look`` on the study's thread: chosen for a new study, or extended."""

    changed = Signal()
    apply_asked = Signal(object)  # a file to be taken into the open study

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
        self._add = LinkButton(add_words[0], name=f"{name}_add", act=self._reveal)
        self.field = FileField("", name, folder=False, hint=hint, kinds=kinds)
        self.field.set_spoken(title)
        self._apply = named(PlainButton(add_words[1]), f"{name}_apply")
        self.field.row.addWidget(self._apply)
        settled = self._on_settled
        self.check: FieldCheck[T] = FieldCheck(
            self.field, tasks, look=lambda text: look(typed(text)), describe=describe, settled=settled
        )
        put(self.body, self._summary, self._explanation, self.field, self._details, self._add, STRETCH)
        self._apply.clicked.connect(lambda: self.apply_asked.emit(typed(self.field.text)))

    @property
    def path(self) -> Path | None:
        return typed(self.field.text) if self.field.text else None

    @property
    def found(self) -> T | None:
        return self.check.value if self.check.value is not None else self._stored

    def start_new(self) -> None:
        self._stored = None
        self.field.set_text("")
        self.field.show()
        for hidden in (self._summary, self._add, self._apply):
            hidden.hide()
        self._explanation.show()

    def show_study(self, stored: T) -> None:
        self._stored = stored
        if self.check.state is CheckState.EMPTY or not self._add.isVisibleTo(self):
            self.fold()
        self._summary.setText(self._describe(stored).words)
        self._summary.setVisible(not self._empty(stored))
        self._explanation.setVisible(self._empty(stored))
        self._details.set(self._lines(stored))

    def fold(self) -> None:
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

    edit_asked = Signal()  # edit the open study's glossary

    def __init__(self, tasks: StudyTasks) -> None:
        super().__init__(
            "Glossary (optional)",
            "setup_glossary",
            tasks,
            look=glossary_in,
            describe=lambda result: Found(glossary_words(result)),
            lines=glossary_lines,
            empty=lambda result: not result.terms,
            hint="CSV, Excel, TBX, SKOS, or OmegaT",
            explanation=("Which terms are right in your field. They are highlighted after judging."),
            add_words=("Use a glossary file…", "Use this glossary"),
            kinds=("Glossaries", " ".join(f"*{suffix}" for suffix in GLOSSARY_FILES)),
        )
        self._edit = LinkButton("Edit the glossary…", name="setup_glossary_open", act=self.edit_asked.emit)
        self._edit.hide()
        self.body.insertWidget(self.body.count() - 1, self._edit)

    def start_new(self) -> None:
        super().start_new()
        if hasattr(self, "_edit"):
            self._edit.hide()

    def show_study(self, stored: GlossaryOverview) -> None:
        super().show_study(stored)
        self._edit.set_text("Edit the glossary…" if stored.terms else "New glossary…")
        self._edit.show()
        self._add.hide()  # the editor shows what a file changes before it is taken


class PromptsPart(MaterialPart[PromptsOverview]):
    """Prompts."""

    def __init__(self, tasks: StudyTasks, theme: Theme) -> None:
        super().__init__(
            "Prompts",
            "setup_prompts",
            tasks,
            look=self._look,
            describe=_describe_prompts,
            lines=prompt_lines,
            empty=lambda result: not result.count,
            hint="JSONL, JSON, CSV, TSV, Excel, Parquet, or text",
            explanation=(
                "The questions for the systems. With the columns category and split, the results show where "
                "the fine-tune helps and where it harms."
            ),
            add_words=("Add prompts from a file…", "Add to study"),
            kinds=("Prompts", " ".join(f"*{suffix}" for suffix in PROMPT_FILES)),
        )
        self._theme = theme
        self._draft = PromptDraft()  # the last edits, which can be undone when the table is opened again
        self._tasks = tasks
        self._files = OwnedTasks(self, tasks)
        self._browse = LinkButton("Write prompts…", name="setup_prompts_browse", act=self._open_table)
        self._add_probes = LinkButton("Add safety probes…", name="setup_probes_add", act=self._open_probes)
        self._take_back = LinkButton("", name="setup_probes_back", act=self._take_probes_back)
        self._probes: frozenset[str] = frozenset()  # ids of the probes that were added here
        self._columns: ColumnsLink[dict[str, str]] = ColumnsLink(
            "setup_prompts_columns",
            tasks,
            theme,
            look=read_columns,
            make=PromptColumnChoice,
            failed=self.check.fail,
        )
        self._columns.decided.connect(self.check.again)
        links = FlowLayout(L)
        for link in (self._browse, self._columns, self._add_probes, self._take_back):
            links.addWidget(link)
        self.body.insertWidget(self.body.count() - 1, filled(links))
        self.changed.connect(self._show_acts)
        self._show_acts()

    @property
    def rows(self) -> tuple[PromptSpec, ...]:
        return self.check.value.specs if self.check.value is not None else ()

    @property
    def made(self) -> frozenset[str]:
        return self.check.value.made if self.check.value is not None else frozenset()

    @property
    def begun(self) -> bool:
        return bool(self.path or self.rows)

    def start_new(self) -> None:
        super().start_new()
        self._show_acts()

    def show_study(self, stored: PromptsOverview) -> None:
        super().show_study(stored)
        self._show_acts()

    def fold(self) -> None:
        super().fold()
        if self.check.value is not None:
            self.check.again()

    def _look(self, path: Path) -> PromptsOverview:
        return prompts_in(path, self._columns.chosen_for(path))

    def _show_acts(self) -> None:
        if not hasattr(self, "_columns"):
            return
        there, stored = bool(self.rows), self._stored is not None
        words = "Edit…" if there else "View…" if stored else "Write prompts…"
        self._browse.set_text(words)
        self._browse.setVisible(there or not stored or bool(self._stored and self._stored.count))
        taken_in = sum(spec.key in self._probes for spec in self.rows)
        self._take_back.set_text(f"Remove {counted(taken_in, 'safety probe')}")
        self._take_back.setVisible(bool(taken_in))
        path = self.path
        self._columns.show_for(path if path and has_columns(path) else None, self.check.state)

    def _open_probes(self) -> None:
        self._files.call(own_probes, self._choose_probes, self.check.fail)

    def _choose_probes(self, probes: tuple[PromptSpec, ...]) -> None:
        there = (*self.rows, *(self._stored.specs if self._stored is not None else ()))
        dialog = SafetyProbesDialog(probes, {spec.key for spec in there}, self._theme, self.window())
        dialog.taken.connect(self._on_probes)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_probes(self, probes: tuple[PromptSpec, ...]) -> None:
        self._probes |= {spec.key for spec in probes}
        draft = self._draft_of(self.rows)
        draft.extend(probes)
        if self._stored is not None:
            self._reveal()
        self._on_taken(draft)

    def _take_probes_back(self) -> None:
        """Remove the probes that were added here; without other prompts the card is as before."""
        draft = self._draft_of(self.rows)
        draft.remove([row.number for row in draft.rows if row.value.key in self._probes])
        if draft.rows:
            self._on_taken(draft)
            return
        if self._stored is not None:
            self.fold()
        self.check.again()

    def _open_table(self) -> None:
        there, stored = self.rows, self._stored
        fixed = not there and stored is not None
        shown = PromptDraft(stored.specs) if stored is not None and fixed else self._draft_of(there)
        dialog = PromptsDialog(shown, self._theme, self.window(), fixed=fixed)
        files, status = OwnedTasks(dialog, self._tasks), dialog.editor.status
        dialog.taken.connect(self._on_taken)
        dialog.save_asked.connect(
            lambda prompts, path: files.call(
                lambda: save_prompts(path, prompts),
                lambda _: dialog.show_saved(path),
                status.show_error,
            )
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _draft_of(self, prompts: tuple[PromptSpec, ...]) -> PromptDraft:
        """Return a copy, so that canceling leaves no undo step; a new draft for other prompts."""
        if prompts != self._draft.values:
            return PromptDraft(prompts, self.made)
        return self._draft.copy()

    def _on_taken(self, draft: PromptDraft) -> None:
        self._draft = draft
        if draft.values != self.rows:
            self.check.put(prompts_overview(draft.values, edited=True, made=draft.made))


def _describe_prompts(overview: PromptsOverview) -> Found:
    told = counted(overview.count, "prompt")
    return Found(f"{told}, edited here" if overview.edited else told, note=overview.note)


class AnswersPart(MaterialPart[AnswersOverview]):
    """Existing answers with their prompts; for a new study only."""

    def __init__(self, tasks: StudyTasks, theme: Theme) -> None:
        super().__init__(
            "Answers",
            "setup_answers",
            tasks,
            look=self._look,
            describe=_describe_answers,
            lines=answers_lines,
            empty=lambda result: not result.prompts,
            hint="CSV, TSV, Excel, or JSONL",
            explanation=(
                "A table with a column “prompt” and one column of answers per system, or one row per answer "
                "with the fields prompt, system, and response. Optional prompt fields, such as category, "
                "reference, checks, and labels, are read too."
            ),
            add_words=("Choose a file of answers…", "Add to study"),
            kinds=("Answers", " ".join(f"*{suffix}" for suffix in ANSWER_FILES)),
        )
        self._columns: ColumnsLink[AnswerColumns] = ColumnsLink(
            "setup_answers_columns",
            tasks,
            theme,
            look=read_answer_columns,
            make=AnswerColumnChoice,
            failed=self.check.fail,
        )
        self._columns.decided.connect(self.check.again)
        self.body.insertLayout(self.body.count() - 1, in_row(self._columns, STRETCH))
        self.changed.connect(lambda: self._columns.show_for(self.path, self.check.state))

    @property
    def systems(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.found.systems) if self.found else ()

    @property
    def columns(self) -> AnswerColumns | None:
        return self._columns.chosen_for(self.path) if self.path else None

    def _look(self, path: Path) -> AnswersOverview:
        return answers_in(path, self._columns.chosen_for(path))


def _describe_answers(overview: AnswersOverview) -> Found:
    notes = ["A prompt without answers from both systems has no pair."] if overview.missing else []
    if overview.unread:
        notes.append(unused_words(overview.unread))
    return Found(answers_words(overview), note=" ".join(notes))
