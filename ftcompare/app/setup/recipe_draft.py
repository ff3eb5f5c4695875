"""A recipe during editing: its fields, undo and errors."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from ftcompare.app.setup.undo_history import UndoHistory
from ftcompare.core.errors import UserError
from ftcompare.core.messages import Message
from ftcompare.core.recipe import CONTEXT_TEMPLATES, NO_RECIPE, Recipe, recipe_problem
from ftcompare.formats.recipe_file import options_text, read_options


@dataclass(frozen=True, slots=True)
class DraftExample:
    """A question with its answer; ``number`` identifies it while its position may change."""

    number: int
    asked: str = ""
    answered: str = ""


@dataclass(frozen=True, slots=True)
class DraftFields:
    """The contents of the fields.

    Args:
        context: a name of `CONTEXT_TEMPLATES`, empty for the default, or a template by the owner.
        options: options of the chat template, as lines of a recipe file.
        reasoning_markers: as in `Recipe`; they come from a file and are not edited.
    """

    system_prompt: str = ""
    examples: tuple[DraftExample, ...] = ()
    context: str = ""
    options: str = ""
    reasoning_markers: tuple[tuple[str, str], ...] = ()


class RecipeDraft:
    """The fields, with unlimited undo.

    Args:
        recipe: the initial recipe.
    """

    def __init__(self, recipe: Recipe = NO_RECIPE) -> None:
        self._last = 0
        self.fields = self._fields_of(recipe)
        self._history = UndoHistory[DraftFields]()

    @property
    def undo_words(self) -> str:
        """Description of what undo would take back; empty for nothing."""
        return self._history.undo_words

    @property
    def redo_words(self) -> str:
        """Description of what redo would do again; empty for nothing."""
        return self._history.redo_words

    def change(self, **values: Any) -> None:
        """Change the system prompt, context or options."""
        self._do("edit", replace(self.fields, **values))

    def change_example(self, number: int, **values: Any) -> None:
        """Change the question or answer of an example."""
        changed = tuple(
            replace(one, **values) if one.number == number else one for one in self.fields.examples
        )
        self._do("edit", replace(self.fields, examples=changed))

    def add_example(self, after: int | None = None) -> int:
        """Add an empty example below another one or at the end; return its number."""
        added, rows = self._made("", ""), self.fields.examples
        places = [place for place, one in enumerate(rows, start=1) if one.number == after]
        place = places[0] if places else len(rows)
        self._do("add", replace(self.fields, examples=(*rows[:place], added, *rows[place:])))
        return added.number

    def remove_examples(self, numbers: Collection[int]) -> None:
        """Remove examples."""
        kept = tuple(one for one in self.fields.examples if one.number not in numbers)
        self._do("remove", replace(self.fields, examples=kept))

    def take(self, recipe: Recipe) -> None:
        """Replace all fields by those of another recipe."""
        self._do("load", self._fields_of(recipe))

    def undo(self) -> None:
        """Undo the last action."""
        self.fields = self._history.undo(self.fields)

    def redo(self) -> None:
        """Redo the last undone action."""
        self.fields = self._history.redo(self.fields)

    def example(self, number: int | None) -> DraftExample | None:
        """The example with this number; None if there is none."""
        return next((one for one in self.fields.examples if one.number == number), None)

    def example_problem(self, example: DraftExample) -> str:
        """The error that keeps it from being a valid example, as a sentence; empty for none."""
        missing = [
            word
            for word, text in (("question", example.asked), ("answer", example.answered))
            if not text.strip()
        ]
        return f"This example has no {' and no '.join(missing)}." if missing else ""

    def recipe(self) -> Recipe:
        """The recipe made of the fields.

        Raises:
            UserError: ``recipe-problem`` or ``recipe-file``, with the error.
        """
        fields = self.fields
        for place, example in enumerate(fields.examples, start=1):
            if problem := self.example_problem(example):
                raise UserError(f"Example {place}: {problem}", code="recipe-problem")
        turns = ((("user", one.asked), ("assistant", one.answered)) for one in fields.examples)
        found = Recipe(
            system_prompt=fields.system_prompt.strip(),
            examples=tuple(Message(role, text) for pair in turns for role, text in pair),
            context=fields.context.strip(),
            template_options=read_options(fields.options),
            reasoning_markers=fields.reasoning_markers,
        )
        if problem := recipe_problem(found):
            raise UserError(problem, code="recipe-problem")
        return found

    @property
    def own_context(self) -> bool:
        """Whether the context setting is a template by the owner."""
        return bool(self.fields.context) and self.fields.context not in CONTEXT_TEMPLATES

    def _do(self, words: str, fields: DraftFields) -> None:
        if fields != self.fields:
            self._history.note(words, self.fields)
            self.fields = fields

    def _made(self, asked: str, answered: str) -> DraftExample:
        self._last += 1
        return DraftExample(self._last, asked, answered)

    def _fields_of(self, recipe: Recipe) -> DraftFields:
        texts = [message.content for message in recipe.examples]
        return DraftFields(
            recipe.system_prompt,
            tuple(self._made(*pair) for pair in zip(texts[::2], texts[1::2], strict=True)),
            recipe.context,
            options_text(recipe.template_options),
            recipe.reasoning_markers,
        )
