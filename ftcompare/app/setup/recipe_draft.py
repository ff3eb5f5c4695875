"""A recipe during editing: its fields, its examples as rows, and errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ftcompare.app.setup.row_draft import RowDraft
from ftcompare.core.errors import UserError
from ftcompare.core.messages import Message
from ftcompare.core.recipe import CONTEXT_TEMPLATES, NO_RECIPE, Recipe, recipe_problem
from ftcompare.formats.recipe_file import options_text, read_options


@dataclass(frozen=True, slots=True)
class DraftExample:
    """A question with its answer."""

    asked: str = ""
    answered: str = ""


@dataclass(frozen=True, slots=True)
class RecipeFields:
    """The contents of the fields."""

    system_prompt: str = ""
    context: str = ""  # a name of `CONTEXT_TEMPLATES`, empty for the default, or a template by the owner
    options: str = ""  # options of the chat template, as lines of a recipe file
    reasoning_markers: tuple[tuple[str, str], ...] = ()
    """As in `Recipe`; they come from a file and are not edited."""


class RecipeDraft(RowDraft[DraftExample]):
    """The examples, and the fields, which are undone together."""

    fields: RecipeFields

    def __init__(self, recipe: Recipe = NO_RECIPE) -> None:
        super().__init__(*_parts_of(recipe))

    def change_fields(self, **values: Any) -> None:
        self.do("edit", self.rows, replace(self.fields, **values))

    def add(self, after: int | None = None) -> int:
        return self.insert(DraftExample(), after)

    def take(self, recipe: Recipe) -> None:
        examples, fields = _parts_of(recipe)
        self.do("load", self.numbered(examples), fields)

    def problem(self, value: DraftExample) -> str:
        texts = (("question", value.asked), ("answer", value.answered))
        missing = [word for word, text in texts if not text.strip()]
        return f"This example has no {' and no '.join(missing)}." if missing else ""

    def recipe(self) -> Recipe:
        """Return the recipe made of examples and fields.

        Raises:
            UserError: ``recipe-problem`` or ``recipe-file``, with the error.
        """
        fields = self.fields
        for place, row in enumerate(self.rows, start=1):
            if row.number in self.problems:
                what = f"Example {place}: {self.problems[row.number]}"
                raise UserError(what, code="recipe-problem")
        turns = ((("user", one.asked), ("assistant", one.answered)) for one in self.values)
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
        return bool(self.fields.context) and self.fields.context not in CONTEXT_TEMPLATES


def _parts_of(recipe: Recipe) -> tuple[list[DraftExample], RecipeFields]:
    texts = [message.content for message in recipe.examples]
    examples = [DraftExample(*pair) for pair in zip(texts[::2], texts[1::2], strict=True)]
    options = options_text(recipe.template_options)
    return examples, RecipeFields(recipe.system_prompt, recipe.context, options, recipe.reasoning_markers)
