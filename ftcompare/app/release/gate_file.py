"""A gate file (TOML): read, written as an example, and edited with its comments kept."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ftcompare.app.overwrite_guard import write_output
from ftcompare.app.release.gate import FIELDS, SECTIONS, TABLES, TIER, TIER_NAME, AgreementMeasure, Gate, Tier
from ftcompare.app.release.gate_measures import MEASURE, read_measures
from ftcompare.core.errors import UserError
from ftcompare.formats.record_fields import shown
from ftcompare.formats.text_files import printable, read_lines
from ftcompare.formats.toml_file import MAX_BYTES, TomlTable, example_toml, read_toml, toml_value

CODE = "gate-file"
MOST_TIERS = 20
SETTINGS = tuple(FIELDS)
"""The settings of a gate file, without tables."""

OF_THE_WHOLE = (*(key for key, field in FIELDS.items() if field.rule.whole), TIER)
"""Settings that a tier cannot have."""


def read_gate_file(path: Path) -> Gate:
    """Read the conditions of a file. Raises ``gate-file`` for invalid TOML, settings, or values."""
    return gate_of(read_toml(path, code=CODE, example="min_win_rate = 0.5"))


def gate_of(table: TomlTable) -> Gate:
    """The conditions in a table. Raises ``gate-file`` for unknown, invalid or inconsistent settings."""
    table.require_known((*SETTINGS, *TABLES))
    gate = replace(_own(table), tiers=tuple(_tiers(table)))
    if (gate.price_read is None) is not (gate.price_written is None):
        what = "Only one of price_read and price_written is given."
        raise table.error(what, "Give both. Use 0 for a price that does not apply.")
    return gate


def _own(table: TomlTable) -> Gate:
    gate = Gate(**table.described(Gate), measures=read_measures(table))
    if gate.agreement is AgreementMeasure.PERCENT:
        table.setting(replace(FIELDS["min_agreement"], low=0.0))
    for name, described in FIELDS.items():
        needs = described.rule.needs
        if name in table.values and needs and not any(bound in table.values for bound in needs):
            what = f"{name} is given, but no {' or '.join(needs)}."
            raise table.error(what, f"Add a line such as {needs[0]} = {FIELDS[needs[0]].usual}")
    return gate


def _tiers(table: TomlTable) -> Iterator[Tier]:
    found = table.values.get(TIER, {})
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise table.error(
            f"{TIER} must be tables by name.", "Write [tier.pilot] above the tier's conditions."
        )
    if len(found) > MOST_TIERS:
        raise table.error(
            f"There are {len(found):,} tiers; at most {MOST_TIERS} are taken.", "Leave some out."
        )
    for name, values in found.items():
        if not re.fullmatch(TIER_NAME, name):
            what = f"{shown(name)} is no name of a tier."
            raise table.error(what, "Use letters, digits, -, and _, at most 40, as in [tier.pilot]")
        own = TomlTable(values, f"{table.where}, tier {name}", table.code)
        for key in OF_THE_WHOLE:
            if key in values:
                raise own.error(f"{key} belongs to the whole check.", "Write it above the first tier.")
        own.require_known(tuple(key for key in (*SETTINGS, MEASURE) if key not in OF_THE_WHOLE))
        gate = _own(own)
        if not gate.asks:
            raise own.error("The tier has no condition.", "Add one, such as min_prompts = 100")
        yield Tier(name, gate)


_EXAMPLE_HEAD = """\
# The conditions of a release. In the window: Results, Checkpoints, Make a release check. In a script:
#
#     ftcompare gate study.ftstudy --gate gate.toml
#
# To add a condition, remove the # at the start of its line. To drop one, add a #.
# Shares are from 0 to 1. A condition whose figure is not defined does not hold.
"""
_EXAMPLE_TABLES = """\
# Any measure, by its name in “ftcompare measures show”. The condition uses its interval, or the figure itself
# if basis is “point”. A condition on a measure without a figure, or without an interval, does not hold.
# [[measure]]
# key = "checks.passed"
# at_least = 0.9               # the lower end of its interval; at_most: the upper end
# not_worse_by = 0.02          # a loss of this size or more against the base is ruled out
# better_by = 0.0              # a gain of more than this is shown
# against = "base"             # for the last two. Default: the system that the release check compares with
# basis = "interval"

# Steps of a release, each with more conditions than those above: “ftcompare gate --tier pilot”.
# [tier.pilot]
# min_prompts = 30
#
# [[tier.pilot.measure]]
# key = "speed.first_token_seconds"
# at_most = 1.5
#
# [tier.production]
# min_prompts = 200
# min_win_rate = 0.55
"""
EXAMPLE = f"{_EXAMPLE_HEAD}\n{example_toml(SECTIONS)}\n{_EXAMPLE_TABLES}"
"""A gate file with every setting, to begin with: written for the owner to change."""

GateValue = str | bool | int | float
"""The value of a setting, as in TOML."""

NEW_NAME = "gate.toml"
_HEAD = "# The conditions of a release: ftcompare gate STUDY --gate {0}\n"
_HEADER = re.compile(r"^[ \t]*\[")
_SETTING = re.compile(r"^[ \t]*(?P<key>[A-Za-z_]+)[ \t]*=[ \t]*(?P<rest>.*)$")


@dataclass(frozen=True, slots=True)
class GateDraft:
    """A gate file being edited."""

    # values by setting, without tables; absent settings are not used
    values: Mapping[str, GateValue] = field(default_factory=dict)
    text: str = ""  # text of the opened file; empty for a new one
    path: Path | None = None  # path of that file; None for a new one

    @property
    def tables(self) -> str:
        """The end of the text: conditions on measures, and tiers, with the comment above them."""
        return _parted(self.text)[1]


def read_gate_draft(path: Path) -> GateDraft:
    """Read a gate file for editing. Raises ``gate-file``, as `read_gate_file`."""
    table = read_toml(path, code=CODE, example="min_win_rate = 0.5")
    gate_of(table)
    text = "".join(line for _, line in read_lines(path, max_bytes=MAX_BYTES))
    values = {name: value for name, value in table.values.items() if name not in TABLES}
    return GateDraft(values, text, path)


def gate_text(draft: GateDraft, values: Mapping[str, GateValue], tables: str | None = None) -> str:
    """The file's text with other values.

    Unchanged lines stay, including comments; changed lines keep the comment at their end; new settings are
    inserted before the tables, under the headings of the form. ``tables`` is the TOML of the conditions on
    measures and of the tiers; None keeps them. Raises `UserError`: ``gate-file``: values or tables are
    inconsistent, or the file cannot be changed line by line.
    """
    more = draft.tables if tables is None else tables
    found = _tables(more, draft)
    gate_of(TomlTable({**values, **found}, _name(draft), CODE))
    text = _changed(draft, values) if draft.text else _HEAD.format(NEW_NAME) + _listed(values, set())
    text = draft.text if text + more == draft.text else _joined(text, more)
    if not _says(text, {**values, **found}):
        what = "The form cannot change the settings of this file in their present format."
        how = "Change it in a text editor, or write one setting per line: min_win_rate = 0.5"
        raise UserError(what, where=_name(draft), how=how, code=CODE)
    return text


def asks(text: str) -> bool:
    """Whether a gate file contains any condition. Raises ``gate-file`` for inconsistent settings."""
    return gate_of(TomlTable(tomllib.loads(text), NEW_NAME, CODE)).asks


def _parted(text: str) -> tuple[str, str]:
    """Split a text into settings and tables; a comment above the first header belongs to the tables."""
    lines = text.splitlines(keepends=True)
    first = next((place for place, line in enumerate(lines) if _HEADER.match(line)), len(lines))
    if not _are_tables("".join(lines[first:])):
        return text, ""
    while first < len(lines) and first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return "".join(lines[:first]), "".join(lines[first:])


def _are_tables(text: str) -> bool:
    """Whether the text can be parsed alone; else a line inside a setting's value begins with a bracket."""
    try:
        return all(name in TABLES for name in tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return False


def _tables(text: str, draft: GateDraft) -> dict[str, Any]:
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what = f"The conditions on measures, or the tiers, are not TOML: {printable(str(error))}."
        how = 'Write, for example: [[measure]], and below it key = "checks.passed" and at_least = 0.9'
        raise UserError(what, where=_name(draft), how=how, code=CODE) from None
    if other := next((name for name in found if name not in TABLES), None):
        what = f"{shown(other)} is among the conditions on measures and the tiers."
        how = "Begin with [[measure]] or with the name of a tier, such as [tier.pilot]"
        raise UserError(what, where=_name(draft), how=how, code=CODE)
    return found


def _joined(text: str, tables: str) -> str:
    if not tables.strip():
        return text
    apart = "" if not text or text.endswith(("\n\n", "\r\n\r\n")) else "\n"
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{apart}{tables}"


def _says(text: str, values: Mapping[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == dict(values)
    except tomllib.TOMLDecodeError:
        return False


def write_gate(path: Path, text: str, *, inputs: Iterable[Path] = (), replace: bool = False) -> None:
    write_output(path, text.encode(), inputs=inputs, replace=replace)


def _name(draft: GateDraft) -> str:
    return draft.path.name if draft.path else NEW_NAME


def _changed(draft: GateDraft, values: Mapping[str, GateValue]) -> str:
    lines, there = [], set()
    for line in _parted(draft.text)[0].splitlines(keepends=True):
        found = _SETTING.match(line.rstrip("\r\n"))
        key = found["key"] if found else ""
        if found is None or key not in draft.values:
            lines.append(line)
        elif key in values:
            there.add(key)
            before = draft.values[key]
            same = values[key] == before and isinstance(values[key], bool) == isinstance(before, bool)
            lines.append(line if same else f"{key} = {toml_value(values[key])}{_comment(found['rest'])}\n")
    text = "".join(lines)
    more = _listed(values, there)
    if text.endswith(("\n\n", "\r\n\r\n")):
        more = more.removeprefix("\n")
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{more}" if more else text


def _comment(rest: str) -> str:
    """The comment at the end of a line, with the blanks before it."""
    outside = re.sub(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'', lambda found: "x" * len(found[0]), rest)
    place = outside.find("#")
    return f"  {rest[place:]}" if place >= 0 else ""


def _listed(values: Mapping[str, GateValue], without: set[str]) -> str:
    told = []
    for title, fields in SECTIONS:
        keys = [one.key for one in fields if one.key in values and one.key not in without]
        if keys:
            lines = (f"{key} = {toml_value(values[key])}\n" for key in keys)
            told.append(f"\n# {title}\n{''.join(lines)}")
    return "".join(told)
