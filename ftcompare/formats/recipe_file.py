"""A prompt recipe as a TOML file: how prompts are presented to a system.

``system_prompt`` (or ``system_prompt_file``), ``examples`` (tables of ``user`` and ``assistant``; or
``examples_file``, JSON Lines with such objects or with ``messages``), ``context``, ``template_options`` and
``reasoning_markers``. The file is written by hand for this purpose, so an unknown setting is an error: it is
most likely misspelt.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.messages import Message
from ftcompare.core.recipe import (
    Recipe,
    TemplateOption,
    context_problem,
    examples_problem,
    option_problem,
    recipe_problem,
)
from ftcompare.formats.chat_records import chat
from ftcompare.formats.jsonl import read_records
from ftcompare.formats.record_fields import Record, any_of, shown
from ftcompare.formats.text_files import MIB, file_beside, printable, read_lines
from ftcompare.formats.toml_file import read_toml_values

CODE = "recipe-file"
MAX_BYTES = 1 * MIB
"""Maximum size in bytes of each file; more fits no model's context."""

MAX_OPTIONS = 10_000
"""Maximum number of characters of the lines of template options."""

SETTINGS = (
    *("system_prompt", "system_prompt_file", "examples", "examples_file"),
    *("context", "template_options", "reasoning_markers"),
)
EXAMPLE_FIELDS = ("user", "assistant")
_EXAMPLE = 'system_prompt = "You answer clinicians."'
_MEND = "Correct it; nothing was changed."
_MARKERS = 'Write: reasoning_markers = [["<think>", "</think>"]]'
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def read_recipe(path: Path) -> Recipe:
    """Read the recipe of a file. Files that it names must be in its folder.

    Raises:
        UserError: ``recipe-file`` or ``bad-line``, with the setting or line and the error;
            ``file-elsewhere``; as `read_toml_values`.
    """
    values = read_toml_values(path, code=CODE, example=_EXAMPLE)
    record = Record(values, printable(path.name), 0)
    for name in values:
        if name not in SETTINGS:
            raise _error(
                record, f"There is no setting {shown(name)}.", f"The settings are {any_of(SETTINGS)}."
            )
    return Recipe(
        system_prompt=_system_prompt(record, path),
        examples=_examples(record, path),
        context=_context(record),
        template_options=options_of(record),
        reasoning_markers=markers_of(record),
    )


def _error(record: Record, what: str, how: str = _MEND) -> UserError:
    return UserError(what, where=record.where, how=how, code=CODE)


def _text(record: Record, name: str) -> str:
    value = record.fields.get(name, "")
    if not isinstance(value, str):
        raise _error(record, f"{name} must be text, not {shown(value)}.", f'Write: {name} = "…"')
    return value.strip()


def _require_one(record: Record, name: str) -> None:
    """Refuse a setting that is given both in the file and as the name of another file."""
    if name in record.fields and f"{name}_file" in record.fields:
        raise _error(record, f"There are both {name} and {name}_file.", "Leave one of them out.")


def _system_prompt(record: Record, path: Path) -> str:
    _require_one(record, "system_prompt")
    if not (name := _text(record, "system_prompt_file")):
        return _text(record, "system_prompt")
    lines = read_lines(file_beside(path, name, key="system_prompt_file"), max_bytes=MAX_BYTES)
    text = "".join(line for _, line in lines).replace("\r\n", "\n").strip()
    if not text:
        raise _error(record, f"The file {shown(name)} is empty.", "Leave system_prompt_file out.")
    return text


def _context(record: Record) -> str:
    context = _text(record, "context")
    if problem := context_problem(context):
        raise _error(record, f"context: {problem}", 'Write: context = "{context}\\n\\n{question}"')
    return context


# --- examples --------------------------------------------------------------------------------------


def _examples(record: Record, path: Path) -> tuple[Message, ...]:
    _require_one(record, "examples")
    if name := _text(record, "examples_file"):
        return read_examples(file_beside(path, name, key="examples_file"))
    tables = record.fields.get("examples", [])
    if not isinstance(tables, list | tuple):
        how = 'Write: examples = [{user = "…", assistant = "…"}]'
        raise _error(record, f"examples must be a list of tables, not {shown(tables)}.", how)
    return tuple(turn for place, table in _placed(tables, record) for turn in _turns(table, place))


def _placed(tables: list[Json] | tuple[Json, ...], record: Record) -> Iterator[tuple[str, Record]]:
    for number, table in enumerate(tables, start=1):
        where = f"example {number}"
        if not isinstance(table, dict):
            raise _error(record, f"{where} must be a table, not {shown(table)}.")
        yield where, Record(table, f"{record.where}, {where}", 0)


def read_examples(path: Path) -> tuple[Message, ...]:
    """Read chat turns from JSON Lines: objects with user and assistant, or with ``messages``.

    Raises:
        UserError: ``bad-line``, with the line and what is wrong with it.
    """
    wanted = '{"user": "…", "assistant": "…"}'
    records = read_records(path, max_bytes=MAX_BYTES, wanted=wanted)
    return tuple(turn for record in records for turn in _turns(record, "This line"))


def _turns(record: Record, subject: str) -> tuple[Message, ...]:
    """The turns of one object; the first must be the user's and the last the assistant's."""
    if "messages" in record.fields:
        _require_fields(record, ("messages",))
        turns = tuple(_turn(record, turn) for turn in chat(record, "messages"))
    else:
        _require_fields(record, EXAMPLE_FIELDS)
        turns = tuple(Message(role, record.present_text(role)) for role in EXAMPLE_FIELDS)
    if problem := examples_problem(turns):
        place, _, said = problem.partition(": ")
        what = f"{subject} is no example: {place.partition(', ')[2]}: {said}"
        raise record.error(what, "Give turns of user and assistant in turn; the system prompt stands apart.")
    return turns


def _turn(record: Record, turn: Json) -> Message:
    values = cast("dict[str, Json]", turn)
    role = values["role"]
    if not isinstance(role, str):
        raise record.error(f"messages: a role is {shown(role)}; it must be {any_of(EXAMPLE_FIELDS)}.")
    return Message(role, str(values["content"]))


def _require_fields(record: Record, known: tuple[str, ...]) -> None:
    if unknown := next((name for name in record.fields if name not in known), None):
        fields = f"{' and '.join(EXAMPLE_FIELDS)}, or messages"
        raise record.error(
            f"There is no field {shown(unknown)} beside {known[0]}.", f"The fields are {fields}."
        )


# --- options and markers ---------------------------------------------------------------------------


def options_of(record: Record) -> tuple[tuple[str, TemplateOption], ...]:
    """The table ``template_options`` of a file, sorted by name; empty without one.

    Raises:
        UserError: ``recipe-file``, with the invalid name.
    """
    table = record.fields.get("template_options", {})
    if not isinstance(table, dict):
        what = f"template_options must be a table, not {shown(table)}."
        raise _error(record, what, "Write [template_options] above lines such as enable_thinking = false")
    return tuple(sorted((name, _option(record, name, value)) for name, value in table.items()))


def _option(record: Record, name: str, value: Json) -> TemplateOption:
    if problem := option_problem(name):
        raise _error(record, f"template_options: {problem}")
    if isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    kinds = "text, a number, true or false"
    raise _error(record, f"template_options: {name} must be {kinds}, not {shown(value)}.")


def read_options(text: str) -> tuple[tuple[str, TemplateOption], ...]:
    """Parse options of a chat template from lines as below ``[template_options]``.

    Raises:
        UserError: ``recipe-file``, with the invalid line or name.
    """
    record = Record({}, "Template options", 0)
    how = "Write a line for each, such as: enable_thinking = false"
    if len(text) > MAX_OPTIONS:
        raise _error(record, "There are too many.", how)
    try:
        values = tomllib.loads(text)
    except ValueError as error:
        raise _error(record, f"This is no such line: {printable(str(error))}.", how) from None
    return options_of(replace(record, fields={"template_options": values}))


def options_text(options: tuple[tuple[str, TemplateOption], ...]) -> str:
    """The lines from which these options are parsed."""
    return "\n".join(f"{name} = {_value(name, value)}" for name, value in options)


def markers_of(record: Record) -> tuple[tuple[str, str], ...]:
    """The pairs of ``reasoning_markers`` of a file; raises as `options_of`."""
    pairs = record.fields.get("reasoning_markers", [])
    if not isinstance(pairs, list | tuple):
        raise _error(record, f"reasoning_markers must be a list of pairs, not {shown(pairs)}.", _MARKERS)
    return tuple(_marker_pair(record, pair) for pair in pairs)


def _marker_pair(record: Record, pair: Json) -> tuple[str, str]:
    texts = [text for text in pair if isinstance(text, str)] if isinstance(pair, list | tuple) else []
    if len(texts) != 2 or not isinstance(pair, list | tuple) or len(pair) != 2:
        what = f"reasoning_markers holds {shown(pair)}, which is not a pair of an opening and a closing text."
        raise _error(record, what, _MARKERS)
    found = texts[0], texts[1]
    if problem := recipe_problem(Recipe(reasoning_markers=(found,))):
        raise _error(record, problem, _MARKERS)
    return found


# --- written ---------------------------------------------------------------------------------------


def recipe_toml(recipe: Recipe) -> str:
    """The TOML text of a recipe, from which the same recipe is read.

    Raises:
        UserError: ``recipe-file`` when a template option is null, which TOML lacks.
    """
    return "".join(f"{line}\n" for line in _lines(recipe))


def _lines(recipe: Recipe) -> Iterator[str]:
    if recipe.system_prompt:
        yield f"system_prompt = {_spelled(recipe.system_prompt)}"
    if recipe.context:
        yield f"context = {_spelled(recipe.context)}"
    if recipe.reasoning_markers:
        pairs = ", ".join(f"[{_quoted(one)}, {_quoted(other)}]" for one, other in recipe.reasoning_markers)
        yield f"reasoning_markers = [{pairs}]"
    turns = [message.content for message in recipe.examples]
    for asked, answered in zip(turns[::2], turns[1::2], strict=True):
        yield from ("", "[[examples]]", f"user = {_spelled(asked)}", f"assistant = {_spelled(answered)}")
    if recipe.template_options:
        yield from ("", "[template_options]")
    for name, value in recipe.template_options:
        yield f"{name} = {_value(name, value)}"


def _value(name: str, value: TemplateOption) -> str:
    if value is None:
        what = f"The option {shown(name)} of the chat template is null, which no file can say."
        raise UserError(what, how="Leave it out.", code=CODE)
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _spelled(text: str) -> str:
    """A TOML string, with several lines for a text of several lines."""
    if "\n" not in text:
        return _quoted(text)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"""\n{_CONTROL.sub(_escape, escaped)}"""'


def _quoted(text: str) -> str:
    """A TOML string; a JSON string is valid TOML except for one control character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
