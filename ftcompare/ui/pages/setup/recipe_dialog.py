"""The recipe of one system: system prompt, examples, use of the context, and a preview of a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QWidget

from ftcompare.app.setup.recipe_draft import RecipeDraft
from ftcompare.app.setup.recipes import asked_as
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.recipe import (
    CONTEXT,
    CONTEXT_TEMPLATES,
    DEFAULT_CONTEXT,
    LEFT_OUT,
    QUESTION,
    Recipe,
)
from ftcompare.core.study import PromptSpec
from ftcompare.ui.dialogs.save_dialog import ask_where
from ftcompare.ui.pages.setup.recipe_examples import ExamplesPart
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import XL, XS, L, M, S, Theme
from ftcompare.ui.widgets import controls
from ftcompare.ui.widgets.editing_keys import connect_keys, show_undo
from ftcompare.ui.widgets.file_dialogs import choose_file, start_of
from ftcompare.ui.widgets.file_field import FieldMessage, Found
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row
from ftcompare.ui.widgets.named_choice import fill_choice
from ftcompare.ui.widgets.text_box import TextBox

SIZE = (1000, 640)
KINDS = "Recipe (*.toml)"
PROPOSED = "recipe.toml"
OWN = "own"
USES = {
    "": "Labelled: Context, then Question (usual)",
    "before": "Before the question",
    "after": "After the question",
    "only": "Answer from the context alone",
    "none": "Left out",
    OWN: "A text of your own",
}
ROLES = {"system": "SYSTEM", "user": "USER", "assistant": "ASSISTANT"}
MOST_PROMPTS = 200
"""Largest number of prompts offered for the preview."""
LOW = 56
"""Pixels that a text field needs at least."""
NO_PROMPTS = "Add prompts, and one of them is shown here as this system is asked it."
CONTEXT_TITLE = "Context of a prompt"
OWN_TITLE = f"{CONTEXT_TITLE}: {CONTEXT} and {QUESTION} stand for the two"


class RecipeDialog(QDialog):
    """The fields, and beside them one of the study's prompts as it is sent to the system.

    Args:
        name: name of the system.
        recipe: the initial recipe.
        prompts: the study's prompts, of which one is previewed.
        theme: theme of the table.
        parent: the window.
        fixed: whether the dialog is read-only, because the system has responses.
    """

    taken = Signal(object)
    """The `Recipe` at the end."""
    load_asked = Signal(object)
    """The `Path` of a recipe file."""
    save_asked = Signal(object, object)
    """The current `Recipe`, and the `Path` to save it to."""

    def __init__(
        self,
        name: str,
        recipe: Recipe,
        prompts: Sequence[PromptSpec],
        theme: Theme,
        parent: QWidget | None = None,
        *,
        fixed: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setModal(True)
        self.setObjectName("recipe_dialog")
        self.setWindowTitle("Recipe")
        self.draft = RecipeDraft(recipe)
        self._fixed, self._prompts = fixed, tuple(prompts[:MOST_PROMPTS])
        self._title = controls.Heading(f"How {one_line(name, 60)} is asked", level=2)
        self.system = TextBox("recipe_system", "System prompt")
        self.examples = ExamplesPart(theme, fixed=fixed)
        self.use = controls.named(QComboBox(), "recipe_context", "Use of the context")
        self.template = TextBox("recipe_template", "Text of your own for context and question")
        self.options = TextBox("recipe_options", "Options of the chat template")
        self.which = controls.named(QComboBox(), "recipe_prompt", "Prompt to look at")
        self.preview = TextBox("recipe_preview", "The prompt as it is asked")
        self.told = FieldMessage()
        self._make_buttons()
        self._arrange()
        self._connect()
        self.resize(*SIZE)
        self._show()

    def _make_buttons(self) -> None:
        self._undo = controls.named(controls.QuietButton("Undo"), "recipe_undo")
        self._redo = controls.named(controls.QuietButton("Redo"), "recipe_redo")
        self._load = controls.named(controls.PlainButton("From a file…"), "recipe_load")
        self._save = controls.named(controls.PlainButton("Save as…"), "recipe_save")
        self._cancel = controls.named(controls.PlainButton("Cancel"), "recipe_cancel")
        self._accept = controls.named(
            controls.PrimaryButton("Close" if self._fixed else "Use this recipe"), "recipe_accept"
        )

    # --- laying out ------------------------------------------------------------------------------

    def _arrange(self) -> None:
        fill_choice(self.use, [(words, key) for key, words in USES.items()], "")
        prompts = [(f"{spec.key}: {one_line(spec.text, 60)}", n) for n, spec in enumerate(self._prompts)]
        fill_choice(self.which, prompts, 0)
        for box in (self.use, self.which):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for field in (self.system, self.template, self.options, self.preview):
            field.setMinimumHeight(LOW)
        self.options.setPlaceholderText("enable_thinking = false")
        left = in_column((_titled("System prompt", self.system), 2), (self.examples, 5), gap=M)
        self._context_title = _above(CONTEXT_TITLE, self.use)
        context = in_column(self._context_title, self.use, self.template, gap=XS)
        look = in_column(_above("A prompt as it is asked", self.which), self.which, (self.preview, 1), gap=XS)
        right = in_column(context, _titled("Template options", self.options), (filled(look), 1), gap=M)
        acts = in_row(self._undo, self._redo, STRETCH, self._load, self._save, gap=S)
        buttons = in_row((filled(in_row(self.told, STRETCH)), 1), self._cancel, self._accept, gap=S)
        both = in_row((filled(left), 1), (filled(right), 1), gap=L)
        column = in_column(self._title, (filled(both), 1), acts, buttons, gap=M, of=self)
        column.setContentsMargins(XL, L, XL, L)
        for button in (self._undo, self._redo, self._load, self._cancel):
            button.setVisible(not self._fixed)
        self.options.setMaximumHeight(LOW + L)
        self.template.setMaximumHeight(2 * LOW)

    def _connect(self) -> None:
        for field in (self.system, self.template, self.options):
            field.left.connect(self._finish)
        self.use.activated.connect(lambda _: self._choose_use())
        self.which.activated.connect(lambda _: self._show_preview())
        self.examples.added.connect(self._add)
        self.examples.removed.connect(self._remove)
        self.examples.edited.connect(self._edit_example)
        self._load.clicked.connect(self._ask_which)
        self._save.clicked.connect(self._ask_where)
        self._accept.clicked.connect(self.accept)
        self._cancel.clicked.connect(self.reject)
        acts = (
            (self._undo, self.undo, QKeySequence.StandardKey.Undo),
            (self._redo, self.redo, QKeySequence.StandardKey.Redo),
        )
        connect_keys(self, acts, keys=not self._fixed)

    # --- acts ------------------------------------------------------------------------------------

    def undo(self) -> None:
        """Undo the last step; text being typed counts as one step."""
        self._finish()
        self.draft.undo()
        self._show()

    def redo(self) -> None:
        """Redo the step that was undone."""
        self.draft.redo()
        self._show()

    def accept(self) -> None:
        """Accept, if the recipe is valid."""
        if self._fixed:
            super().accept()
        elif (found := self._usable()) is not None:
            self.taken.emit(found)
            super().accept()

    def take(self, recipe: Recipe) -> None:
        """Put the recipe of a file into the fields."""
        self.draft.take(recipe)
        self._show()

    def show_saved(self, path: Path) -> None:
        """Say that it was saved."""
        self.told.show_found(Found(f"Saved to {path.name}"))

    def show_error(self, error: FTCompareError) -> None:
        """Say why a file was not read or written."""
        self.told.show_error(error)

    def _ask_which(self) -> None:
        path = choose_file(self, "Take a recipe from a file", start_of(PROPOSED), KINDS)
        if path is not None:
            self._finish()
            self.load_asked.emit(path)

    def _ask_where(self) -> None:
        found = self._usable()
        if found is not None and (path := ask_where(self, "Save the recipe", PROPOSED, KINDS)):
            self.save_asked.emit(found, path)

    def _usable(self) -> Recipe | None:
        """The recipe in the fields; None, with the reason shown, if it is not valid."""
        self._finish()
        try:
            return self.draft.recipe()
        except UserError as error:
            self.told.show_problem(str(error))
            return None

    def _finish(self) -> None:
        """Read text that was typed."""
        if self._fixed:
            return
        self.examples.finish()
        typed = {"system_prompt": self.system.take(), "options": self.options.take()}
        if self.use.currentData() == OWN:
            typed["context"] = self.template.take()
        values = {name: text for name, text in typed.items() if text is not None}
        if values:
            self.draft.change(**values)
            self._show_acts()
            self._show_preview()

    def _choose_use(self) -> None:
        chosen = str(self.use.currentData())
        if chosen != OWN:
            self.draft.change(context=chosen)
        elif not self.draft.own_context:
            before = self.draft.fields.context
            begun = before if before in CONTEXT_TEMPLATES and before != LEFT_OUT else DEFAULT_CONTEXT
            self.draft.change(context=CONTEXT_TEMPLATES[begun])
        self._show()

    def _add(self) -> None:
        self._finish()
        number = self.draft.add_example(self.examples.number)
        self._show(number)
        self.examples.asked.setFocus()

    def _remove(self, numbers: list[int]) -> None:
        self.draft.remove_examples(numbers)
        self._show()

    def _edit_example(self, number: int, values: dict[str, str]) -> None:
        self.draft.change_example(number, **values)
        self._show(self.examples.number)

    # --- showing ---------------------------------------------------------------------------------

    def _show(self, number: int | None = None) -> None:
        """All of it again, with a selected example."""
        fields, own = self.draft.fields, self._shows_own
        self.told.clear()
        self.system.put(fields.system_prompt, fixed=self._fixed)
        self.options.put(fields.options, fixed=self._fixed)
        self.use.setCurrentIndex(
            self.use.findData(OWN if own else "" if fields.context == DEFAULT_CONTEXT else fields.context)
        )
        self.use.setEnabled(not self._fixed)
        self.template.setVisible(own)
        self._context_title.setText(OWN_TITLE if own else CONTEXT_TITLE)
        self.template.put(fields.context if own else "", fixed=self._fixed)
        self.examples.show_rows(fields.examples, number, self.draft.example_problem)
        self._show_acts()
        self._show_preview()

    @property
    def _shows_own(self) -> bool:
        return self.draft.own_context

    def _show_acts(self) -> None:
        show_undo(self._undo, self.draft.undo_words, self._redo, self.draft.redo_words)

    def _show_preview(self) -> None:
        place = self.which.currentData()
        self.which.setEnabled(bool(self._prompts))
        if not isinstance(place, int) or not self._prompts:
            self.preview.put(NO_PROMPTS, fixed=True)
            return
        try:
            turns = asked_as(self._prompts[place], self.draft.recipe())
        except UserError as error:
            self.preview.put(f"Not yet: {error}", fixed=True)
            return
        told = "\n\n".join(f"{ROLES.get(turn.role, turn.role)}\n{turn.content}" for turn in turns)
        self.preview.put(told, fixed=True)


def _above(title: str, field: QWidget) -> QLabel:
    above = controls.label(title)
    above.setBuddy(field)
    return above


def _titled(title: str, field: QWidget) -> QWidget:
    return filled(in_column(_above(title, field), (field, 1), gap=XS))
