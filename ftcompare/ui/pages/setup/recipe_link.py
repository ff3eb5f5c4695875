"""How one system of Setup is asked, in a few words, with the button that opens its recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.setup.recipes import read_recipe, save_recipe
from ftcompare.app.study.recipes_told import recipe_words
from ftcompare.core.recipe import NO_RECIPE, Recipe
from ftcompare.core.study import PromptSpec
from ftcompare.ui.pages.setup.recipe_dialog import RecipeDialog
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import S, Theme
from ftcompare.ui.widgets.controls import LinkButton, Muted, named
from ftcompare.ui.widgets.layouts import in_row


@dataclass(frozen=True, slots=True)
class RecipeTools:
    """What the dialog of a recipe needs.

    Args:
        prompts: those that a recipe can be tried on.
    """

    tasks: StudyTasks
    theme: Theme
    prompts: Callable[[], tuple[PromptSpec, ...]]


class RecipeLink(QWidget):
    """The button and the words.

    Args:
        key: for object names.
        name: of the system, asked each time it is needed.
        tools: of the dialog.
        fixed: the system has written, so that its recipe stays.
    """

    chosen = Signal(object)
    """The `Recipe` that the user chose."""

    def __init__(self, key: str, name: Callable[[], str], tools: RecipeTools, *, fixed: bool = False) -> None:
        super().__init__()
        self._name, self._tools, self._fixed = name, tools, fixed
        self.recipe = NO_RECIPE
        self.button = named(LinkButton("Recipe…"), f"setup_recipe_{key}")
        self._words = Muted("", small=True)
        in_row(self.button, (self._words, 1), gap=S, of=self)
        self.button.clicked.connect(self.open)
        self.put(NO_RECIPE)

    def put(self, recipe: Recipe) -> None:
        """Show a recipe."""
        self.recipe = recipe
        words = recipe_words(recipe)
        self._words.setText(f"Asked with: {words}" if recipe else "Asked as the prompts are")
        self.button.setAccessibleName(f"Recipe of {self._name() or 'this system'}: {words}")

    def open(self) -> None:
        """The dialog."""
        name = self._name() or "this system"
        tools = self._tools
        dialog = RecipeDialog(
            name, self.recipe, tools.prompts(), tools.theme, self.window(), fixed=self._fixed
        )
        files = OwnedTasks(dialog, tools.tasks)

        def save(recipe: Recipe, path: Path) -> None:
            files.call(
                lambda: save_recipe(path, recipe, replace=True),
                lambda _: dialog.show_saved(path),
                dialog.status.show_error,
            )

        dialog.taken.connect(self._on_taken)
        dialog.load_asked.connect(
            lambda path: files.call(lambda: read_recipe(path), dialog.take, dialog.status.show_error)
        )
        dialog.save_asked.connect(save)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_taken(self, recipe: Recipe) -> None:
        if recipe != self.recipe:
            self.put(recipe)
            self.chosen.emit(recipe)
