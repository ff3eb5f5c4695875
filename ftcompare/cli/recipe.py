"""``ftcompare recipe``: how the systems of a study are asked; shown, set, saved, tried on a prompt."""

from __future__ import annotations

from pathlib import Path

import click

from ftcompare.app.setup.recipes import (
    SystemRecipe,
    asked_as,
    named_recipe,
    prompt_called,
    read_recipe,
    recipe_document,
    replaces_system_turn,
    save_recipe,
    set_recipes,
    system_recipes,
)
from ftcompare.app.study.audit_log import short
from ftcompare.app.study.opening import StudyFile
from ftcompare.cli.command_support import FILE, JSON, REPLACE, STUDY, OutputPath, now, opened, print_json, say
from ftcompare.core.messages import Message
from ftcompare.core.recipe import NO_RECIPE, Recipe
from ftcompare.core.study import PromptSpec


@click.command("recipe")
@STUDY
@click.argument("system", default="")
@click.option("--set", "take", type=FILE, metavar="FILE.toml", help="Ask the system by the recipe of a file.")
@click.option("--clear", is_flag=True, help="Ask the system as the prompts are, without a recipe.")
@click.option("--save", type=OutputPath(), metavar="FILE", help="Write the system's recipe to a file.")
@REPLACE
@click.option("--prompt", "key", metavar="ID", help="Show a prompt as the system is asked it.")
@JSON
def recipe(
    study: Path,
    system: str,
    take: Path | None,
    save: Path | None,
    key: str | None,
    *,
    clear: bool,
    replace: bool,
    as_json: bool,
) -> None:
    """Show or set how the systems of a study are asked: system prompt, examples, use of context.

    For the owner: systems go by the names that you gave them. A recipe is set while the system has written
    nothing. Raters are never shown one.
    """
    acts = sum((take is not None, save is not None, key is not None, clear))
    if acts > 1:
        raise click.UsageError("Give one of --set, --clear, --save and --prompt.")
    if acts and not system:
        raise click.UsageError("Name the system that is meant.")
    with opened(study) as file:
        if take is not None or clear:
            _set(file, system, read_recipe(take) if take is not None else NO_RECIPE)
        elif save is not None:
            save_recipe(save, named_recipe(file, system).recipe, replace=replace, inputs=(study,))
            say(f"The recipe of {system} is written to {save}.")
        elif key is not None:
            _show_asked(prompt_called(file, key).spec, named_recipe(file, system).recipe)
        else:
            _show([named_recipe(file, system)] if system else [*system_recipes(file)], as_json=as_json)


def _set(study: StudyFile, system: str, chosen: Recipe) -> None:
    set_recipes(study, {system: chosen}, now=now())
    found = named_recipe(study, system)
    say(f"{found.name} is asked by: {_told(found)}.")


def _show(found: list[SystemRecipe], *, as_json: bool) -> None:
    if as_json:
        print_json({"systems": [{"name": one.name, "recipe": recipe_document(one.recipe)} for one in found]})
        return
    for one in found:
        say(f"{one.name}: {_told(one)}")
    if len(found) == 1:
        for number, turn in enumerate(_turns(found[0].recipe)):
            _say_turn(turn, first=not number)


def _told(one: SystemRecipe) -> str:
    return f"{one.words}; digest {short(one.recipe.digest)}" if one.recipe else one.words


def _turns(chosen: Recipe) -> list[Message]:
    system = [Message("system", chosen.system_prompt)] if chosen.system_prompt else []
    return [*system, *chosen.examples]


def _show_asked(prompt: PromptSpec, chosen: Recipe) -> None:
    for number, turn in enumerate(asked_as(prompt, chosen)):
        _say_turn(turn, first=not number)
    if replaces_system_turn(prompt, chosen):
        say("Note: the recipe's system prompt takes the place of the prompt's own system turn.", err=True)


def _say_turn(turn: Message, *, first: bool) -> None:
    if not first:
        say("")
    say(f"{turn.role.replace('_', ' ').capitalize()}:")
    for line in turn.content.splitlines():
        say(f"  {line}")
