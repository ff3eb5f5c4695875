"""Write the reference pages and two schemas from the declarations in the code.

``python docs/make_reference.py`` writes `docs/reference/commands.md`, `docs/reference/settings.md`,
`docs/api.md` (from docstrings and comments of `ftcompare.api`), the first table of
`docs/reference/export-formats.md`, and in `docs/schemas` `gate.schema.json` and the details of a judgment in
`judgments.schema.json`. A test fails while one of them differs from the code.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ftcompare import api
from ftcompare.app.judges import judge_file
from ftcompare.app.release import suite_file
from ftcompare.app.release.gate import FIELDS
from ftcompare.app.release.gate_conditions import Condition
from ftcompare.app.release.gate_file import OF_THE_WHOLE
from ftcompare.app.release.gate_measures import MEASURE, MeasureBound
from ftcompare.app.release.gate_report import GateReport
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


ABOUT_API = """\
The [example notebook](examples/results-in-a-notebook.ipynb) runs as it is. A path (`StrPath`) is a text or
a `pathlib.Path`. The package has type hints.

**Blinding.** The API follows the rules of the command line. Until a study is unblinded, systems have
neutral names, and answers, votes, and formats that name systems are refused with the code `still-blinded`.

**Data frames.** Install pandas or polars yourself, if you want data frames. FTCompare needs neither.

**Versions.** FTCompare follows [Semantic Versioning](https://semver.org/). The names on this page, their
parameters and defaults, the fields of records, and the codes of errors are the API. It changes incompatibly
only with a new major version. While the major version is 0, a new minor version counts as one. The
changelog lists every such change. A minor version may add names, optional parameters, and fields. All other
modules and the wording of sentences may change in any version.
"""
"""What the page of the API says below the docstring of the package."""

SECTIONS = {
    "Open and create studies": (api.open_study, api.create_study),
    "A study": (api.OpenStudy,),
    "Log results": (api.log_to_mlflow, api.log_to_wandb),
    "Options of an export": (api.ExportOptions,),
    "Tables": (api.RecordTable,),
    "Records": (
        *(
            api.OverviewRecord,
            api.GeneratedRecord,
            api.SystemRecord,
            api.PromptRecord,
            api.AnswerRecord,
            api.VoteRecord,
        ),
        *(api.ResultsRecord, api.CountsRecord, api.PairRecord, api.RateRecord, api.ClaimRecord),
        *(api.PartRecord, GateReport, Condition, api.ExportDone, api.ImportCounts),
    ),
    "Errors": (api.FTCompareError, api.UserError, api.EnvironmentFault, api.BugError),
}
"""The names of the API by the sections of its page. A release check returns two further classes."""


def api_page() -> str:
    """Return the page of the API for Python, with every name in `ftcompare.api.__all__`."""
    if missing := {*api.__all__} - {one.__name__ for names in SECTIONS.values() for one in names}:
        raise SystemExit(f"SECTIONS lacks {missing}.")
    parts = [MADE, "# API for Python", _markdown(api.__doc__ or ""), _markdown(ABOUT_API)]
    for title, names in SECTIONS.items():
        parts.append(f"## {title}")
        for one in names:
            parts += _described(one, 3, "")
    return "\n\n".join(parts) + "\n"


def _described(one: Any, level: int, owner: str) -> Iterator[str]:
    """Yield heading, signature, docstring, and members of a class or function."""
    node = _node_of(one)
    yield f"{'#' * level} {owner}{node.name}"
    if isinstance(node, ast.FunctionDef):
        yield f"```python\n{_signature(node, owner)}\n```"
    yield _markdown(ast.get_docstring(node) or "")
    if isinstance(node, ast.ClassDef):
        for base in one.__mro__[1:]:
            if hasattr(base, "__dataclass_fields__"):
                yield f"It has the fields of `{base.__name__}`, and these:"
        if rows := list(_field_rows(one, node)):
            yield "\n".join(("| field | type | meaning |", "|---|---|---|", *rows))
        for name, member in vars(one).items():
            public = not name.startswith("_") and isinstance(member, property | type(_described))
            if public and member.__doc__:
                function = member.fget if isinstance(member, property) else member
                yield from _described(function, level + 1, f"{one.__name__}.")


def _node_of(one: Any) -> ast.FunctionDef | ast.ClassDef:
    node = ast.parse(dedent(inspect.getsource(one))).body[0]
    if not isinstance(node, ast.FunctionDef | ast.ClassDef):
        raise SystemExit(f"{one} is neither a function nor a class.")
    return node


def _signature(node: ast.FunctionDef, owner: str) -> str:
    if any(ast.unparse(one) == "property" for one in node.decorator_list):
        return f"{owner}{node.name}: {ast.unparse(node.returns) if node.returns else ''}"
    arguments = re.sub(r"^self(, )?", "", ast.unparse(node.args))
    spaced = re.sub(r"(?<=[\w\]])=", " = ", arguments).replace("''", '""')
    return f"{owner}{node.name}({spaced}) -> {ast.unparse(node.returns) if node.returns else 'None'}"


def _field_rows(one: Any, node: ast.ClassDef) -> Iterator[str]:
    """Yield a row for each field, described by the comment beside or above it, or by the text below it."""
    lines = dedent(inspect.getsource(one)).splitlines()
    for field, after in zip(node.body, [*node.body[1:], ast.Pass()], strict=True):
        if not isinstance(field, ast.AnnAssign):
            continue
        meaning = lines[(field.end_lineno or 1) - 1].partition("  # ")[2]
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            meaning = str(after.value.value).rstrip(".")
        above = field.lineno - 2
        while lines[above].strip().startswith("# "):
            meaning, above = f"{lines[above].strip().removeprefix('# ')} {meaning}", above - 1
        name = ast.unparse(field.target)
        if not meaning:
            raise SystemExit(f"{one.__name__}.{name} has no comment.")
        default = one.__dataclass_fields__[name].default
        kind = ast.unparse(field.annotation).replace(" | ", " or ") + (
            "" if default is dataclasses.MISSING else f" = {default!r}"
        )
        yield f"| `{name}` | `{_cell(kind)}` | {_cell(_capital(_code(meaning.strip())))} |"


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text[:1].isalpha() else f"{text}."


def _code(text: str) -> str:
    return text.replace("``", "`")


_HEADINGS = re.compile(r"^(Args|Raises|Returns):$", re.MULTILINE)
_ENTRY = re.compile(r"^    (\w+): ", re.MULTILINE)


def _markdown(docstring: str) -> str:
    """Return a docstring in Google's style as Markdown: paragraphs, indented code, lists of its sections."""
    text, *sections = _HEADINGS.split(_code(inspect.cleandoc(docstring)))
    code = re.split(r"\n\n((?: {4}.*\n|\n)+(?! ))", f"{text.strip()}\n\n")
    parts = []
    for number, part in enumerate(code):
        if number % 2:
            parts.append(f"```python\n{dedent(part).strip()}\n```")
        else:
            parts += [" ".join(each.split()) for each in part.split("\n\n") if each.strip()]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        names = _ENTRY.split(body)[1:]
        entries = zip(names[::2], names[1::2], strict=True)
        listed = "\n".join(f"- `{name}`: {' '.join(meaning.split())}" for name, meaning in entries)
        parts.append(f"{'Arguments' if title == 'Args' else title}:\n\n{listed}")
    return "\n\n".join(parts)


_DEFAULT = re.compile(r" Default: (.+?)\.(?= [A-Z]|$)")
"""A default as the help of an option names it."""

PAGES: dict[Path, Callable[[], str]] = {
    SCHEMA: gate_schema,
    JUDGMENTS: judgments_schema,
    REFERENCE / "settings.md": settings_page,
    REFERENCE / "commands.md": commands_page,
    FORMATS: formats_page,
    ROOT / "docs" / "api.md": api_page,
}


if __name__ == "__main__":
    REFERENCE.mkdir(exist_ok=True)
    for path, make in PAGES.items():
        path.write_text(make(), "utf-8")
