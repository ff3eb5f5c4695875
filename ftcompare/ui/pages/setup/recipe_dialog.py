"""The recipe of one system: system prompt, examples, use of the context, and a preview of a prompt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from ftcompare.app.setup.recipes import asked_as, read_recipe, save_recipe
from ftcompare.app.setup.row_draft import DraftExample, DraftRow, RecipeDraft
from ftcompare.app.study.shown_names import recipe_words
from ftcompare.core.conversation import SPEAKERS
from ftcompare.core.errors import UserError
from ftcompare.core.language import N_, tr
from ftcompare.core.recipe import (
    CONTEXT,
    CONTEXT_TEMPLATES,
    DEFAULT_CONTEXT,
    LEFT_OUT,
    NO_RECIPE,
    QUESTION,
    Recipe,
)
from ftcompare.core.study import PromptSpec
from ftcompare.ui.dialogs.frames import TaskDialog
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.study_thread.study_tasks import OwnedTasks, StudyTasks
from ftcompare.ui.theme.theme import XS, L, M, S, Theme
from ftcompare.ui.widgets import controls
from ftcompare.ui.widgets.file_dialogs import ask_where, choose_file, start_of
from ftcompare.ui.widgets.file_field import Found
from ftcompare.ui.widgets.inputs import TextBox, fill_choice
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row
from ftcompare.ui.widgets.row_editor import RowEditor, RowField, RowFields
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

KINDS = N_("Instructions (*.toml)")
PROPOSED = "recipe.toml"
OWN = "own"
USES = {
    "": N_("Labeled: Context, then Question (usual)"),
    "before": N_("Before the question"),
    "after": N_("After the question"),
    "only": N_("Answer only from the context"),
    "none": N_("Left out"),
    OWN: N_("Custom text"),
}
MOST_PROMPTS = 200  # largest number of prompts offered for the preview
LOW, LOW_EXAMPLE = 56, 48  # pixels that a text field needs at least, and one of an example
NO_PROMPTS = N_("Add prompts to preview one of them with these instructions.")
CONTEXT_TITLE = N_("Context of a prompt")
OWN_TITLE = N_("Context of a prompt: {context} and {question} are placeholders for the two")
EXAMPLE_FIELDS = (
    RowField("asked", "recipe_example_asked", N_("Question"), lines=True, parse=str),
    RowField("answered", "recipe_example_answered", N_("Answer"), lines=True, parse=str),
)
EXAMPLE_SPOKEN = {"asked": N_("Question of the example"), "answered": N_("Answer of the example")}


class _ExampleFields(RowFields):
    def __init__(self) -> None:
        super().__init__(EXAMPLE_FIELDS)
        for field in EXAMPLE_FIELDS:
            self.widget(field.name).setAccessibleName(tr(EXAMPLE_SPOKEN[field.name]))
            self.widget(field.name).setMinimumHeight(LOW_EXAMPLE)
        in_row(*((self.titled(field.name), 1) for field in EXAMPLE_FIELDS), gap=S, of=self)


class _ExampleEditor(RowEditor[RecipeDraft]):
    def arrange(self) -> None:
        self.table.field.hide()
        self.table.view.setMinimumHeight(2 * LOW_EXAMPLE)
        head = in_row(
            controls.label(tr("Examples: questions and answers before each prompt")), STRETCH, gap=S
        )
        acts = in_row(self.add_button, self.remove_button, STRETCH, gap=S)
        parts = head, (self.table, 3), (self.fields, 2), self.fields.message, acts
        in_column(*parts, gap=XS, of=self)


class RecipeDialog(TaskDialog):
    """A system's recipe, which `taken` carries, and a preview of a prompt; ``fixed`` is read-only."""

    def __init__(
        self,
        name: str,
        recipe: Recipe,
        prompts: Sequence[PromptSpec],
        theme: Theme,
        tasks: StudyTasks,
        parent: QWidget | None = None,
        *,
        fixed: bool = False,
    ) -> None:
        accept = tr("Close") if fixed else tr("Use these instructions")
        super().__init__("recipe", tr("Instructions"), accept, parent)
        self._fixed, self._prompts = fixed, tuple(prompts[:MOST_PROMPTS])
        self._tasks = OwnedTasks(self, tasks)
        self.system = TextBox("recipe_system", tr("System prompt"))
        columns = DataColumn(tr("Question"), stretch=1), DataColumn(tr("Answer"), stretch=1)
        table = DataTable(theme, tr("Examples"), columns, tr("Search the examples"), "")
        self.editor = _ExampleEditor(
            *("recipe", RecipeDraft(recipe), table, _ExampleFields(), _line),
            add=tr("Add example"),
            fixed=fixed,
        )
        self.use = controls.named(QComboBox(), "recipe_context", tr("Use of the context"))
        self.template = TextBox("recipe_template", tr("Custom text for context and question"))
        self.options = TextBox("recipe_options", tr("Options of the chat template"))
        self.which = controls.named(QComboBox(), "recipe_prompt", tr("Prompt to preview"))
        self.preview = TextBox("recipe_preview", tr("The prompt as the system receives it"))
        self.status = self.editor.status
        self._load = controls.PlainButton(tr("From a file…"), name="recipe_load", act=self._ask_which)
        self._save = controls.PlainButton(tr("Save as…"), name="recipe_save", act=self._ask_where)
        self._fill()
        self._arrange(tr("Instructions for {name}", one_line(name, 60)))
        for field in (self.system, self.template, self.options):
            field.left.connect(self._finish)
        self.use.activated.connect(lambda _: self._choose_use())
        self.which.activated.connect(lambda _: self._show_preview())
        self.editor.finishing.connect(self._finish)
        self.editor.shown.connect(self._show)
        self.editor.show_rows()

    def _fill(self) -> None:
        fill_choice(self.use, [(tr(words), key) for key, words in USES.items()], "")
        prompts = [(f"{spec.key}: {one_line(spec.text, 60)}", n) for n, spec in enumerate(self._prompts)]
        fill_choice(self.which, prompts, 0)
        for box in (self.use, self.which):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for field in (self.system, self.template, self.options, self.preview):
            field.setMinimumHeight(LOW)
        self.options.setPlaceholderText("enable_thinking = false")
        self.options.setMaximumHeight(LOW + L)
        self.template.setMaximumHeight(2 * LOW)

    def _arrange(self, heading: str) -> None:
        editor = self.editor
        left = in_column((controls.titled(tr("System prompt"), self.system), 2), (editor, 5), gap=M)
        self._context_title = controls.label_of(self.use, tr(CONTEXT_TITLE))
        context = in_column(self._context_title, self.use, self.template, gap=XS)
        shown = controls.label_of(self.which, tr("Preview"))
        look = in_column(shown, self.which, (self.preview, 1), gap=XS)
        right = in_column(
            context, controls.titled(tr("Template options"), self.options), (filled(look), 1), gap=M
        )
        acts = in_row(editor.undo_button, editor.redo_button, STRETCH, self._load, self._save, gap=S)
        both = in_row((filled(left), 1), (filled(right), 1), gap=L)
        foot = filled(in_row(self.status, STRETCH))
        self.arrange(controls.Heading(heading, level=2), (filled(both), 1), acts, foot=foot, size=(1000, 640))
        for button in (self._load, self.cancel_button):
            button.setVisible(not self._fixed)

    def accept(self) -> None:
        if self._fixed:
            super().accept()
        elif (recipe := self._usable()) is not None:
            self.taken.emit(recipe)
            super().accept()

    def take(self, recipe: Recipe) -> None:
        self.editor.draft.take(recipe)
        self.editor.show_rows()

    def _ask_which(self) -> None:
        path = choose_file(self, tr("Load instructions from a file"), start_of(PROPOSED), tr(KINDS))
        if path is not None:
            self.editor.finish()
            self._tasks.call(partial(read_recipe, path), self.take, self.status.show_error)

    def _ask_where(self) -> None:
        recipe = self._usable()
        if recipe is not None and (path := ask_where(self, tr("Save the instructions"), PROPOSED, tr(KINDS))):
            save = partial(save_recipe, path, recipe, replace=True)
            saved = Found(tr("Saved to {file}", path.name))
            self._tasks.call(save, lambda _: self.status.show_found(saved), self.status.show_error)

    def _usable(self) -> Recipe | None:
        self.editor.finish()
        try:
            return self.editor.draft.recipe()
        except UserError as error:
            self.status.show_problem(str(error))
            return None

    def _finish(self) -> None:
        typed = {"system_prompt": self.system.take(), "options": self.options.take()}
        if self.use.currentData() == OWN:
            typed["context"] = self.template.take()
        values = {name: text for name, text in typed.items() if text is not None}
        if values:
            self._change(**values)

    def _change(self, **values: str) -> None:
        self.editor.draft.change_fields(**values)
        self.editor.show_rows(self.editor.fields.number)

    def _choose_use(self) -> None:
        chosen, draft = str(self.use.currentData()), self.editor.draft
        if chosen != OWN:
            self._change(context=chosen)
        elif not draft.own_context:
            before = draft.fields.context
            begun = before if before in CONTEXT_TEMPLATES and before != LEFT_OUT else DEFAULT_CONTEXT
            self._change(context=CONTEXT_TEMPLATES[begun])

    def _show(self) -> None:
        fields, own = self.editor.draft.fields, self.editor.draft.own_context
        self.status.clear()
        self.system.put(fields.system_prompt, fixed=self._fixed)
        self.options.put(fields.options, fixed=self._fixed)
        context = "" if fields.context == DEFAULT_CONTEXT else fields.context
        self.use.setCurrentIndex(self.use.findData(OWN if own else context))
        self.use.setEnabled(not self._fixed)
        self.template.setVisible(own)
        self._context_title.setText(
            tr(OWN_TITLE, context=CONTEXT, question=QUESTION) if own else tr(CONTEXT_TITLE)
        )
        self.template.put(fields.context if own else "", fixed=self._fixed)
        self._show_preview()

    def _show_preview(self) -> None:
        self.which.setEnabled(bool(self._prompts))
        self.preview.put(self._preview(), fixed=True)

    def _preview(self) -> str:
        if not self._prompts:
            return tr(NO_PROMPTS)
        try:
            turns = asked_as(self._prompts[self.which.currentIndex()], self.editor.draft.recipe())
        except UserError as error:
            return tr("Not valid yet: {error}", error)
        return "\n\n".join(
            f"{tr(SPEAKERS.get(turn.role, turn.role)).upper()}\n{turn.content}" for turn in turns
        )


def _line(row: DraftRow[DraftExample], problem: str) -> Row:
    return Row(row.number, (row.value.asked, row.value.answered), tip=problem)


@dataclass(frozen=True, slots=True)
class RecipeTools:
    tasks: StudyTasks
    theme: Theme
    prompts: Callable[[], tuple[PromptSpec, ...]]  # those that a recipe can be tried on


class RecipeLink(QWidget):
    """The button and a summary; ``fixed``: the system has responses, so its recipe stays."""

    chosen = Signal(object)  # the `Recipe` that the user chose

    def __init__(self, key: str, name: Callable[[], str], tools: RecipeTools, *, fixed: bool = False) -> None:
        super().__init__()
        self._name, self._tools, self._fixed = name, tools, fixed
        self.recipe = NO_RECIPE
        self.button = controls.LinkButton("", "plus", name=f"setup_recipe_{key}", act=self.open)
        in_row(self.button, of=self)
        self.put(NO_RECIPE)

    def put(self, recipe: Recipe) -> None:
        self.recipe = recipe
        words = recipe_words(recipe)
        self.button.set_text(tr("Instructions") if recipe else tr("Add instructions"))
        self.button.show_icon("file-text" if recipe else "plus")
        self.button.setToolTip(tip(words[:1].upper() + words[1:]))
        name = self._name() or tr("this system")
        spoken = tr("Instructions for {name}: {parts}", name, words)
        self.button.setAccessibleName(spoken)

    def open(self) -> None:
        name = self._name() or tr("this system")
        tools = self._tools
        of_system = name, self.recipe, tools.prompts()
        dialog = RecipeDialog(*of_system, tools.theme, tools.tasks, self.window(), fixed=self._fixed)
        dialog.open_for(self._on_taken)

    def _on_taken(self, recipe: Recipe) -> None:
        if recipe != self.recipe:
            self.put(recipe)
            self.chosen.emit(recipe)
