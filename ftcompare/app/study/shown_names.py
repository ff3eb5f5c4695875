"""The names and recipes of systems, as far as they may be shown now, and names that a user gives."""

from __future__ import annotations

from collections.abc import Collection

from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.plurals import counted
from ftcompare.core.recipe import CONTEXT_TEMPLATES, NO_RECIPE, Recipe
from ftcompare.core.study import System, SystemId
from ftcompare.formats.record_fields import shown
from ftcompare.store.study.study_file import StudyFile


def system_names(study: StudyFile) -> dict[SystemId, str]:
    """The name of each system: neutral while the study is blinded, the owner's name afterwards."""
    told = study.settings.read().disclosure
    return {s.id: told.name(own=s.name, neutral=s.neutral_name) for s in study.systems.all()}


def base_names(study: StudyFile) -> frozenset[str] | None:
    """Names of the base models that other systems were made from; None while that is withheld."""
    told = study.settings.read().disclosure
    return told.told(
        Subject.SYSTEM_DETAILS, lambda: frozenset(s.name for s in study.systems.all() if s.spec.is_base), None
    )


def responses_told(study: StudyFile) -> dict[SystemId, int | None]:
    """Number of responses of each system; None where the numbers would reveal the systems."""
    counts = study.counts().responses
    return study.settings.read().disclosure.counts({s.id: counts.get(s.id, 0) for s in study.systems.all()})


def system_called(study: StudyFile, name: str) -> System:
    """The system with an owner's name. Raises ``no-such-system``."""
    systems = study.systems.all()
    for system in systems:
        if system.name == name:
            return system
    how = f"Its systems are: {', '.join(system.name for system in systems)}."
    raise UserError(f"There is no system {name!r}.", where=study.path.name, how=how, code="no-such-system")


def require_known_names(noun: str, requested: Collection[str] | None, offered: Collection[str]) -> None:
    unknown = sorted(set(requested or ()) - set(offered))
    if unknown:
        known = sorted(name for name in offered if name)
        how = f"The study has: {', '.join(map(shown, known))}." if known else "The study has none."
        what = f"The study has no {noun} {shown(unknown[0])}."
        raise UserError(what, how=how, code="unknown-filter")


NO_RECIPE_WORDS = "the prompt without added instructions"


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
