"""A gate file as it is edited: its values, and its text with some of them changed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ftcompare.app.overwrite_guard import write_output
from ftcompare.app.release.gate_fields import SECTIONS
from ftcompare.app.release.gate_file import CODE, gate_of
from ftcompare.app.setup.toml_settings import TomlTable, read_toml
from ftcompare.core.errors import UserError
from ftcompare.formats.text_files import read_lines
from ftcompare.formats.toml_file import MAX_BYTES

GateValue = str | bool | int | float
"""Of a setting, as TOML has it."""

NEW_NAME = "gate.toml"
_HEAD = "# What a release must hold to: ftcompare gate STUDY --gate {0}\n"
_SETTING = re.compile(r"^[ \t]*(?P<key>[A-Za-z_]+)[ \t]*=[ \t]*(?P<rest>.*)$")
_ESCAPED = re.compile(r'[\x00-\x1f"\\\x7f]')


@dataclass(frozen=True, slots=True)
class GateDraft:
    """What is edited.

    Args:
        values: by the names of the settings; those that are not asked for are absent.
        text: of the file that was opened; empty for a new one.
        path: that file; None for a new one.
    """

    values: Mapping[str, GateValue] = field(default_factory=dict)
    text: str = ""
    path: Path | None = None


def read_gate_draft(path: Path) -> GateDraft:
    """A gate file to be edited.

    Raises:
        UserError: ``gate-file``: as `read_gate_file`, so where it has settings that are not known.
    """
    table = read_toml(path, code=CODE, example="min_win_rate = 0.5")
    gate_of(table)
    text = "".join(line for _, line in read_lines(path, max_bytes=MAX_BYTES))
    return GateDraft(table.values, text, path)


def gate_text(draft: GateDraft, values: Mapping[str, GateValue]) -> str:
    """The file with other values.

    Lines that nothing changes stay as they are, comments among them; changed ones keep the comment at their
    end; settings that are new stand at the end of the file, under the headings of the form.

    Raises:
        UserError: ``gate-file``: the values do not go together, or the file says them in a way that cannot be
            changed line by line.
    """
    gate_of(TomlTable(values, _name(draft), CODE))
    text = _changed(draft, values) if draft.text else _HEAD.format(NEW_NAME) + _listed(values, set())
    if not _says(text, values):
        what = "This file says its settings in a way that the form cannot change."
        how = "Change it in a text editor, or write one setting a line: min_win_rate = 0.5"
        raise UserError(what, where=_name(draft), how=how, code=CODE)
    return text


def asks(values: Mapping[str, GateValue]) -> bool:
    """Whether such settings hold a release to anything.

    Raises:
        UserError: ``gate-file``: they do not go together.
    """
    return gate_of(TomlTable(values, NEW_NAME, CODE)).asks


def _says(text: str, values: Mapping[str, GateValue]) -> bool:
    try:
        return tomllib.loads(text) == dict(values)
    except tomllib.TOMLDecodeError:
        return False


def write_gate(path: Path, text: str, *, inputs: Iterable[Path] = (), replace: bool = False) -> None:
    """Write the file, whole or not at all.

    Raises:
        UserError, EnvironmentFault: as `write_output`.
    """
    write_output(path, text.encode(), inputs=inputs, replace=replace)


def _name(draft: GateDraft) -> str:
    return draft.path.name if draft.path else NEW_NAME


def _changed(draft: GateDraft, values: Mapping[str, GateValue]) -> str:
    lines, there = [], set()
    for line in draft.text.splitlines(keepends=True):
        found = _SETTING.match(line.rstrip("\r\n"))
        key = found["key"] if found else ""
        if found is None or key not in draft.values:
            lines.append(line)
        elif key in values:
            there.add(key)
            same = _same(values[key], draft.values[key])
            lines.append(line if same else f"{key} = {_toml(values[key])}{_comment(found['rest'])}\n")
    text = "".join(lines)
    more = _listed(values, there)
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{more}" if more else text


def _same(one: GateValue, other: GateValue) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _comment(rest: str) -> str:
    """That at the end of a line, with the blanks before it."""
    outside = re.sub(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'', lambda found: "x" * len(found[0]), rest)
    place = outside.find("#")
    return f"  {rest[place:]}" if place >= 0 else ""


def _listed(values: Mapping[str, GateValue], without: set[str]) -> str:
    """Settings, a line each, under the headings of the form."""
    told = []
    for section in SECTIONS:
        keys = [one.key for one in section.fields if one.key in values and one.key not in without]
        if keys:
            lines = (f"{key} = {_toml(values[key])}\n" for key in keys)
            told.append(f"\n# {section.title}\n{''.join(lines)}")
    return "".join(told)


def _toml(value: GateValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{_ESCAPED.sub(_escape, value)}"'
    return repr(value)


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04X}"
