"""Write the reference pages and two schemas from the declarations in the code.

``python docs/make_reference.py`` writes `docs/reference/commands.md`, `docs/reference/settings.md`, the first
table of `docs/reference/export-formats.md`, and in `docs/schemas` `gate.schema.json` and the details of a
judgment in `judgments.schema.json`. A test fails while one of them differs from the code.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ftcompare.app.judges import judge_file
from ftcompare.app.release import suite_file
from ftcompare.app.release.gate import FIELDS
from ftcompare.app.release.gate_file import OF_THE_WHOLE
from ftcompare.app.release.gate_measures import MEASURE, MeasureBound
from ftcompare.cli.command_support import CommandWithExample
from ftcompare.cli.main import GROUPS, cli
from ftcompare.core.fields import Field, FieldKind, fields_of
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import DETAILS
from ftcompare.formats.registry import EXPORT_FORMATS
from ftcompare.formats.toml_file import toml_value

SCHEMA = ROOT / "docs" / "schemas" / "gate.schema.json"
JUDGMENTS = SCHEMA.with_name("judgments.schema.json")
REFERENCE = ROOT / "docs" / "reference"
FORMATS = REFERENCE / "export-formats.md"
MADE = "<!-- Made by docs/make_reference.py: edit the descriptions in the code, then run it again. -->"

_KINDS = {
    FieldKind.TEXT: "text",
    FieldKind.TEXTS: "list of texts",
    FieldKind.LIST: "list",
    FieldKind.FLAG: "`true` or `false`",
    FieldKind.WHOLE: "whole number",
    FieldKind.SHARE: "share",
    FieldKind.NUMBER: "number",
}


def gate_schema() -> str:
    """Return the schema with the gate's fields, those of a tier, and what they need; the rest is kept."""
    kept = json.loads(SCHEMA.read_text("utf-8"))
    tables = {name: of for name, of in kept["properties"].items() if name not in FIELDS and "$ref" in str(of)}
    in_tier = (key for key in (*FIELDS, MEASURE) if key not in OF_THE_WHOLE)
    tier = kept["$defs"]["tier"] | {"properties": {key: {"$ref": f"#/properties/{key}"} for key in in_tier}}
    schema = kept | {
        "properties": {key: _property(field) for key, field in FIELDS.items()} | tables,
        "dependentSchemas": {
            key: {"anyOf": [{"required": [other]} for other in field.rule.needs]}
            for key, field in FIELDS.items()
            if field.rule.needs
        },
        "$defs": kept["$defs"] | {"tier": tier},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _property(field: Field) -> dict[str, Any]:
    if field.kind is FieldKind.CHOICE and field.words:
        return {"description": field.help, "enum": [*field.words]}
    kinds = {FieldKind.TEXT: "string", FieldKind.WHOLE: "integer"}
    kinds |= {FieldKind.CHOICE: "boolean", FieldKind.FLAG: "boolean"}
    limits = {
        "exclusiveMinimum" if field.above else "minimum": field.low,
        "exclusiveMaximum" if field.below else "maximum": field.high,
    }
    numbers = {name: end for name, end in limits.items() if field.is_number and math.isfinite(end)}
    return {"description": field.help, "type": kinds.get(field.kind, "number"), **numbers}


def judgments_schema() -> str:
    """Return the schema of a judgment with the fields `DETAILS`; the rest is kept."""
    kept = json.loads(JUDGMENTS.read_text("utf-8"))
    details = {one.attribute: _optional(one) for one in DETAILS}
    return json.dumps(kept | {"properties": kept["properties"] | details}, indent=2) + "\n"


def _optional(field: Field) -> dict[str, Any]:
    """Return the schema of a detail, which may also be empty."""
    described = _property(field)
    if field.rule:
        values = {"enum": [*field.rule, "", None]}
        described |= {"type": "object", "additionalProperties": values}
    elif field.kind is FieldKind.TEXTS:
        described |= {"type": "array", "items": {"$ref": "#/$defs/name"}}
    return {"description": described.pop("description"), "anyOf": [described, {"enum": ["", None]}]}


def settings_page() -> str:
    """Return the page with every setting of generation and of the files that FTCompare reads."""
    parts = [
        MADE,
        "# Settings",
        "Every setting has a default, so that a file needs only what you change. "
        "A setting that does not exist is refused by its name. See also the [rating file](rating-file.md) "
        "and the [release check file](gate-file.md), with examples and rules.",
        _section(
            "Generation",
            "Options of `ftcompare generate` (with `-` for `_`), fields of **Generate** in the window, and "
            "the table `[generation]` of a fixed test set file.",
            fields_of(GenerationSettings).values(),
        ),
        _section(
            "Rating file",
            "`ftcompare new --rating FILE`; in the window, the cards **Rating** and **Blinding and checks** "
            "of Setup.",
            (*fields_of(Scale).values(), *fields_of(RatingDesign).values()),
        ),
        _section(
            "Release check file",
            "`ftcompare gate STUDY --gate FILE`; in the window, **New release check…**. `ftcompare gate "
            "--example FILE` writes a file with every setting.",
            FIELDS.values(),
        ),
        _section(
            "Conditions on measures",
            "Each table `[[measure]]` of a release check file is a condition on one automatic measure.",
            fields_of(MeasureBound).values(),
        ),
        _section(
            "Fixed test set file",
            "`ftcompare suite run FILE`. `ftcompare suite --help` lists the command that writes an example.",
            suite_file.FIELDS,
        ),
        _section(
            "Judge file",
            "`ftcompare judges run STUDY FILE`. `ftcompare judges run --example FILE` writes an example.",
            judge_file.FIELDS,
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, where: str, fields: Iterable[Field]) -> str:
    rows = [
        "| setting | in the window | meaning | default | allowed values |",
        "|---|---|---|---|---|",
        *(
            f"| `{one.key}` | {one.title} | {_cell(one.help)} | {_default(one)} | {_allowed(one)} |"
            for one in fields
        ),
    ]
    return f"## {title}\n\n{where}\n\n" + "\n".join(rows)


def _default(field: Field) -> str:
    if field.default in (None, "", ()):
        return "not set"
    return _cell(f"`{toml_value(field.default)}`") if len(str(field.default)) < 60 else "see the example"


def _allowed(field: Field) -> str:
    if field.kind is FieldKind.CHOICE:
        return ", ".join(f"`{toml_value(value)}`" for _, value in field.choices if value is not None)
    limited = field.is_number and (math.isfinite(field.low) or math.isfinite(field.high))
    return f"{_KINDS[field.kind]} {field.range_words}" if limited else _KINDS[field.kind]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def commands_page() -> str:
    """Return the page with every command of the command line, its arguments, and its options."""
    context = click.Context(cli, info_name="ftcompare", **cli.context_settings)
    parts = [
        MADE,
        "# Commands",
        "`ftcompare` without a command opens the window. Every command has `--help`. The Tab key completes "
        "commands and options after you [set up shell completion](../how-to/set-up-shell-completion.md).",
        "Exit status: 0: success; 1: a check failed; 2: an error that you can correct; 3: an environment "
        "problem; 70: a bug in FTCompare; 130: stopped with Ctrl+C (finished work is kept).",
    ]
    for title, commands in GROUPS.items():
        parts.append(f"## {title}")
        for name in commands:
            if " " not in name:
                parts += _command(cli, context, name, 3)
    return "\n\n".join(parts) + "\n"


def _command(group: click.Group, parent: click.Context, name: str, level: int) -> Iterator[str]:
    command = group.get_command(parent, name)
    if command is None:
        raise SystemExit(f"There is no command {name}.")
    context = click.Context(command, info_name=name, parent=parent)
    yield f"{'#' * level} {context.command_path}"
    yield _paragraphs(command.help or "")
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            yield from _command(command, context, inner, level + 1)
        return
    yield f"```\n{' '.join(command.get_usage(context).split()).removeprefix('Usage: ')}\n```"
    if rows := list(_options(command, context)):
        yield "\n".join(("| option | meaning | default | allowed values |", "|---|---|---|---|", *rows))
    if isinstance(command, CommandWithExample):
        yield f"Example:\n\n```\n{context.command_path} {command.example}\n```"


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\f")[0].split("\n\n"))


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.params:
        if not isinstance(parameter, click.Option) or parameter.hidden:
            continue
        names = " / ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
        meaning, written = _DEFAULT.subn("", parameter.help or "")
        found = _DEFAULT.search(parameter.help or "")
        default = found[1] if written and found else parameter.get_help_extra(context).get("default", "")
        cells = (
            meaning + " Required." * parameter.required,
            default,
            "" if parameter.is_flag else _values(parameter, context),
        )
        yield f"| {names} | {' | '.join(map(_cell, cells))} |"


def _values(parameter: click.Option, context: click.Context) -> str:
    match parameter.type:
        case click.Choice() as choice:
            return ", ".join(f"`{one}`" for one in choice.choices)
        case click.IntRange() | click.FloatRange() as numbers:
            return numbers._describe_range().replace("x", "value")  # noqa: SLF001 - as click's own help shows it
    return f"`{parameter.make_metavar(context)}`"


def formats_page() -> str:
    """Return the page of formats with the table of those that can be written; the rest is kept."""
    rows = [
        "| format | contents | needs unblinding |",
        "|---|---|---|",
        *(
            f"| `{one.id}` | {_cell(one.description)} | {'yes' if one.names_systems else 'no'} |"
            for one in EXPORT_FORMATS
        ),
    ]
    before, title, rest = FORMATS.read_text("utf-8").partition("## Export formats\n\n")
    _, end, after = rest.partition("\n\n")
    return "".join((before, title, "\n".join(rows), end, after))


_DEFAULT = re.compile(r" Default: (.+?)\.(?= [A-Z]|$)")
"""A default as the help of an option names it."""

PAGES: dict[Path, Callable[[], str]] = {
    SCHEMA: gate_schema,
    JUDGMENTS: judgments_schema,
    REFERENCE / "settings.md": settings_page,
    REFERENCE / "commands.md": commands_page,
    FORMATS: formats_page,
}


if __name__ == "__main__":
    REFERENCE.mkdir(exist_ok=True)
    for path, make in PAGES.items():
        path.write_text(make(), "utf-8")
