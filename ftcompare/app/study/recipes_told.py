"""The prompt recipes of systems in words, as far as they may be shown now."""

from __future__ import annotations

from ftcompare.core.disclosure import Subject
from ftcompare.core.plurals import counted
from ftcompare.core.recipe import CONTEXT_TEMPLATES, NO_RECIPE, Recipe
from ftcompare.core.study import SystemId
from ftcompare.store.study.study_file import StudyFile

NO_RECIPE_WORDS = "the prompt as it is"


def recipe_words(recipe: Recipe) -> str:
    """The parts of a recipe as one phrase: sizes and settings, not the texts themselves."""
    return "; ".join(_parts(recipe)) or NO_RECIPE_WORDS


def _parts(recipe: Recipe) -> list[str]:
    prompt, examples, options = recipe.system_prompt, len(recipe.examples) // 2, recipe.template_options
    named = ", ".join(f"{name} = {_option(value)}" for name, value in options)
    return [
        *([f"system prompt of {counted(len(prompt), 'character')}"] if prompt else []),
        *([counted(examples, "example")] if examples else []),
        *([f"context: {_context_words(recipe.context)}"] if recipe.context else []),
        *([f"template options: {named}"] if options else []),
        *(
            [f"{counted(len(recipe.reasoning_markers), 'marker')} of reasoning"]
            if recipe.reasoning_markers
            else []
        ),
    ]


def _context_words(context: str) -> str:
    if context == "none":
        return "left out"
    return context if context in CONTEXT_TEMPLATES else "a template of its own"


def _option(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def recipes_by_name(study: StudyFile) -> dict[str, Recipe]:
    """The recipes by system name, for systems that have one; empty while recipes are withheld."""
    recipes = recipes_told(study)
    return {system.name: recipes[system.id] for system in study.systems.all() if recipes[system.id]}


def recipes_told(study: StudyFile) -> dict[SystemId, Recipe]:
    """Each system's recipe; `NO_RECIPE` for every system while recipes are withheld."""
    systems = study.systems.all()
    told = study.settings.read().disclosure.tells(Subject.RECIPES)
    return {system.id: system.spec.recipe if told else NO_RECIPE for system in systems}
