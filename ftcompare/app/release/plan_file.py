"""A plan file (TOML): what is sealed before judging; written as an example, and edited in a form."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ftcompare.app.release.gate import Gate
from ftcompare.app.release.gate_file import gate_of, read_gate_file
from ftcompare.app.release.gate_measures import MeasuredPair, require_measures
from ftcompare.app.study import sealed_plan
from ftcompare.core.errors import UserError
from ftcompare.core.fields import Field, FieldKind, fields_of, sections
from ftcompare.core.language import N_
from ftcompare.formats.text_files import MIB, read_lines
from ftcompare.formats.toml_file import FormFile, TomlTable, example_toml, read_toml, toml_line

TABLE, GATE = "hypothesis", "gate"
_GATE = Field(
    key=GATE,
    title=N_("Release check"),
    help=N_("File with the conditions of the release, which are sealed with the plan. Empty: none."),
    kind=FieldKind.TEXT,
    default="",
    usual="release-check.toml",
    path="*.toml",
    section=sealed_plan.WHO,
)
_HYPOTHESIS, _RULES = fields_of(sealed_plan.Hypothesis), fields_of(sealed_plan.PlanRules)
FIELDS = {**_HYPOTHESIS, **_RULES, GATE: _GATE}


class PlanFile(NamedTuple):
    hypotheses: tuple[sealed_plan.Hypothesis, ...]
    rules: sealed_plan.PlanRules
    gate: str  # the text of the release check file; empty for none


def read_plan_file(path: Path) -> PlanFile:
    """Read a plan. Raises ``sealed-plan`` for invalid TOML, settings or values; as `read_gate_file`."""
    return plan_of(read_toml(path, code=sealed_plan.CODE, example='system = "cardiology"'), path)


def plan_of(table: TomlTable, path: Path) -> PlanFile:
    """The plan in a table of a file at ``path``, which the name of the release check file is relative to."""
    table.require_known((*FIELDS, TABLE))
    found = [sealed_plan.Hypothesis(**table.described(sealed_plan.Hypothesis))]
    for one in table.tables(TABLE, 'system = "cardiology"'):
        one.require_known(_HYPOTHESIS)
        found.append(replace(found[0], **{"margin": None, **one.described(sealed_plan.Hypothesis)}))
    rules = sealed_plan.PlanRules(**table.described(sealed_plan.PlanRules))
    if problem := sealed_plan.plan_problem(tuple(found), rules):
        raise table.error(problem)
    return PlanFile(tuple(found), rules, _gate(table, path))


def _gate(table: TomlTable, path: Path) -> str:
    file = table.file(GATE, path)
    if file is None:
        return ""
    for part in read_gate_file(file).parts:
        require_measures(part.measures, MeasuredPair("", "", (), {}, why_not=GATE))
    return "".join(line for _, line in read_lines(file, max_bytes=MIB))


def sealed_gate(text: str) -> Gate:
    """The conditions in the text of a release check that was sealed."""
    return gate_of(TomlTable(tomllib.loads(text), "", sealed_plan.CODE))


def same_gate(text: str, gate: Gate) -> bool:
    """Whether the sealed text of a release check has the conditions of ``gate``, and names no other pair."""
    if not text:
        return False
    sealed = sealed_gate(text)
    system, against = sealed.system or gate.system, sealed.against or gate.against
    return replace(sealed, system=system, against=against) == gate


def plan_toml(plan: sealed_plan.SealedPlan) -> str:
    """A sealed plan as a file to be amended; without its release check, which is a file of its own."""
    first, *others = ([*_lines(one, _HYPOTHESIS)] for one in plan.hypotheses)
    tables = (line for lines in others for line in ("", f"[[{TABLE}]]", *lines))
    return "\n".join((*first, *_lines(plan.rules, _RULES), *tables, ""))


def _lines(
    record: sealed_plan.Hypothesis | sealed_plan.PlanRules, fields: Mapping[str, Field]
) -> Iterator[str]:
    for key, field in fields.items():
        value = getattr(record, field.attribute)
        if value is not None and value != "":
            yield toml_line(key, str(value) if isinstance(value, str) else value)


_SECTIONS = tuple(sections(tuple(FIELDS.values()), (sealed_plan.WHAT, sealed_plan.WHEN, sealed_plan.WHO)))
_EXAMPLE_HEAD = """\
# The plan of a study, sealed before the first judgment:
#
#     ftcompare seal study.ftstudy --plan plan.toml
#
# To use a setting, remove the # at the start of its line.
"""
_EXAMPLE_TABLE = """\
# A further hypothesis. Settings that it leaves out are as above.
# [[hypothesis]]
# split = "held_out"
"""
EXAMPLE = "\n".join((_EXAMPLE_HEAD, example_toml(_SECTIONS), _EXAMPLE_TABLE))
"""A plan file with every setting, to begin with."""


def _why_empty(text: str) -> str:
    values = {key: value for key, value in tomllib.loads(text).items() if key != GATE}
    try:
        plan_of(TomlTable(values, PLAN_FORM.name, sealed_plan.CODE), Path(PLAN_FORM.name))
    except UserError as error:
        return error.what
    return ""


PLAN_FORM = FormFile(
    title=N_("Plan"),
    purpose=N_("Say what you expect before anybody judges. You can read the plan before it is sealed."),
    stem="plan",
    code=sealed_plan.CODE,
    head="The plan of a study: ftcompare seal STUDY --plan {0}",
    sections=_SECTIONS,
    check=lambda table, _path: table.require_known((*FIELDS, TABLE)),
    applies=lambda field, values: field.key != "margin" or values.get("aim") == sealed_plan.Aim.NOT_WORSE,
    why_empty=_why_empty,
    tables=(TABLE,),
    tables_field=Field(
        key="tables",
        title=N_("Further hypotheses"),
        help=N_("The settings above apply unless a hypothesis sets its own. Use the syntax of the file."),
        kind=FieldKind.TEXT,
        usual='[[hypothesis]]\nsplit = "held_out"\n',
    ),
)
"""The form of a plan file."""
