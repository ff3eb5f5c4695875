"""A judge's TOML file: the model, the rubric, and how it is questioned.

The file is written by hand for this purpose, so an unknown setting is an error: it is most likely misspelt. A
jury names the files of its members, which must be in its own folder or below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ftcompare.app.setup.system_specs import QUANTISATIONS, is_served
from ftcompare.core.fields import Field, FieldKind, fields_in, fields_of
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.judge import JUDGE_SETTINGS, MOST_TRIES, USUAL_TRIES, JudgeKind, JudgeMode, JudgeSpec
from ftcompare.core.language import N_, tr
from ftcompare.core.study import kept_name
from ftcompare.engine.server_address import EXAMPLE, read_address
from ftcompare.formats.recipe_file import markers_of, options_of
from ftcompare.formats.record_fields import MAX_LABEL, shown
from ftcompare.formats.text_files import file_beside
from ftcompare.formats.toml_file import FormFile, TomlTable, example_toml, read_toml

CODE = "judge-file"
MOST_MEMBERS = 25
MOST_RUBRIC = 20_000
"""Maximum number of characters of a rubric; a longer one leaves too little context for the answers."""

MOST_SCORE = 1_000_000
"""Maximum absolute value of the ends of a scale."""

_RULES = """\
- The answer is correct. What it says that is wrong weighs more than what it leaves out.
- It answers the request that was made, and keeps to its form.
- It is clear, and no longer than it needs to be. Length alone is no merit."""

DEFAULT_RUBRICS: Mapping[JudgeMode, str] = {
    JudgeMode.PAIRWISE: f"{_RULES}\n- Which answer comes first says nothing. Where neither is better, "
    "the verdict is a tie.",
    JudgeMode.DIRECT: _RULES,
}
"""For each judging mode, the rubric of a file without one."""

MODELS = frozenset((JudgeKind.MODEL, JudgeKind.SERVED))
"""The kinds that are asked in words."""

_GENERATION = {
    "max_tokens": "max_new_tokens",
    "temperature": "temperature",
    "max_reasoning_tokens": "max_reasoning_tokens",
    "seed": "seed",
}
_COMPUTED: Mapping[str, Mapping[str, Any]] = {
    "quantisation": {"choices": tuple((one, one) for one in QUANTISATIONS)},
    "url": {"title": "URL", "usual": EXAMPLE},
    "rubric": {"usual": DEFAULT_RUBRICS[JudgeMode.PAIRWISE]},
    "max_tokens": {"usual": JUDGE_SETTINGS.max_new_tokens},
    "tries": {"usual": USUAL_TRIES, "high": MOST_TRIES},
}
_DESCRIBED = fields_in(
    Path(__file__).with_name("judge_fields.toml"),
    _COMPUTED,
    {key: fields_of(GenerationSettings)[name] for key, name in _GENERATION.items()},
)
FIELDS = tuple(replace(one, rule=frozenset(map(JudgeKind, one.rule or MODELS))) for one in _DESCRIBED)
_BY_KEY = {field.key: field for field in FIELDS}
_LISTS = ("template_options", "reasoning_markers")
SETTINGS: Mapping[JudgeKind, tuple[str, ...]] = {
    kind: (*(field.key for field in FIELDS if kind in field.rule), *(_LISTS if kind in MODELS else ()))
    for kind in JudgeKind
}
"""The settings that a file may contain, by kind of judge."""

EXAMPLE_FILE = (
    "# A judge of FTCompare. Run it with: ftcompare judges run STUDY THIS-FILE.toml\n# Its votes "
    "are shown beside people's votes and never pooled with them.\n\n"
    f"{example_toml([('', FIELDS)])}\n# [template_options]\n# enable_thinking = false\n"
)
"""An example file with every setting and its purpose."""


def read_judge_file(path: Path) -> tuple[JudgeSpec, ...]:
    """Read the judge of a file; for a jury, its members in their order, then the jury itself.

    Raises `UserError`: ``judge-file`` with the setting and its problem; ``file-elsewhere``; ``bad-url``.
    """
    return _judges(read_toml(path, code=CODE, example='name = "general judge"'), path)


def _judges(table: TomlTable, path: Path) -> tuple[JudgeSpec, ...]:
    kind = table.word("kind", JudgeKind.MODEL)
    if kind is JudgeKind.CODE:
        raise table.error("kind is 'code'.", "Use the method judge of the API for Python.")
    table.require_known(SETTINGS[kind])
    if kind is not JudgeKind.JURY:
        return (_judge(table, kind, path.parent),)
    members = tuple(_member(table, path, name) for name in _member_files(table))
    return (*members, _jury(table, members))


def _required(table: TomlTable, name: str, how: str) -> str:
    found = table.text(name)
    if not found:
        raise table.error(tr("{name} is missing.", name), how)
    if len(found) > MAX_LABEL or not found.isprintable():
        what = tr("{name} must be one line of at most {most} characters.", name, MAX_LABEL)
        raise table.error(what, how)
    return found


def _name(table: TomlTable) -> str:
    return kept_name(_required(table, "name", 'Write: name = "general judge"'))


def _judge(table: TomlTable, kind: JudgeKind, folder: Path) -> JudgeSpec:
    named = _required(table, "model", 'Write: model = "models/judge"')
    model, adapter = (
        name if kind is JudgeKind.SERVED else _beside(folder, name) for name in (named, table.text("adapter"))
    )
    if kind is JudgeKind.REWARD:
        return JudgeSpec(_name(table), kind, JudgeMode.DIRECT, model=model)
    mode, (lowest, highest) = _mode_and_scale(table)
    given = table.all(field for field in FIELDS if kind in field.rule and field.key not in ("name", "scale"))
    return JudgeSpec(
        name=_name(table),
        kind=kind,
        mode=mode,
        model=model,
        adapter=adapter,
        url=_url(table) if kind is JudgeKind.SERVED else "",
        quantisation=given.get("quantisation", ""),
        rubric=_rubric(table) or DEFAULT_RUBRICS[mode],
        lowest=lowest,
        highest=highest,
        settings=GenerationSettings(**{name: given[key] for key, name in _GENERATION.items()}),
        tries=given["tries"],
        reference=given["reference"],
        context=given["context"],
        template_options=options_of(table),
        reasoning_markers=markers_of(table),
    )


def _beside(folder: Path, name: str) -> str:
    """A folder beside the file if there is one, whatever the working directory; else the name unchanged."""
    found = folder / name
    return str(found.resolve()) if name and found.is_dir() else name


def _url(table: TomlTable) -> str:
    url = _required(table, "url", tr('Write: url = "{example}"', EXAMPLE))
    if not is_served(url):
        raise table.error("url is not the address of a server.", tr('Write: url = "{example}"', EXAMPLE))
    read_address(url)
    return url.rstrip("/")


def _rubric(table: TomlTable) -> str:
    found = table.text("rubric")
    if len(found) > MOST_RUBRIC:
        raise table.error(tr("rubric has more than {most} characters.", MOST_RUBRIC), "Shorten it.")
    return found


def _mode_and_scale(table: TomlTable) -> tuple[JudgeMode, tuple[int, int]]:
    mode = table.word("mode", JudgeMode.PAIRWISE)
    if mode is JudgeMode.PAIRWISE and "scale" in table.values:
        raise table.error("A scale applies only to direct scores.", 'Leave it out, or write: mode = "direct"')
    value = table.values.get("scale", [1, 10])
    ends = value if isinstance(value, list) else []
    whole = [end for end in ends if type(end) is int and abs(end) <= MOST_SCORE]
    if len(ends) != 2 or len(whole) != 2 or whole[0] >= whole[1]:
        what = "scale must be two whole numbers, the worst score and the best."
        raise table.error(what, "Write: scale = [1, 10]")
    return mode, (whole[0], whole[1])


def _member_files(table: TomlTable) -> tuple[str, ...]:
    names: tuple[str, ...] = table.setting(_BY_KEY["members"])
    if not 2 <= len(names) <= MOST_MEMBERS:
        raise table.refused(_BY_KEY["members"], names)
    return names


def _member(table: TomlTable, path: Path, name: str) -> JudgeSpec:
    file = file_beside(path, name, key="members")
    kind = read_toml(file, code=CODE, example='name = "general judge"').word("kind", JudgeKind.MODEL)
    if kind not in (JudgeKind.MODEL, JudgeKind.SERVED):
        what = tr("The member {name} is of the kind {kind}.", shown(name), kind)
        raise table.error(what, "Members are judges of the kinds model and served.")
    return read_judge_file(file)[0]


def _jury(table: TomlTable, members: tuple[JudgeSpec, ...]) -> JudgeSpec:
    name, (mode, scale) = _name(table), _mode_and_scale(table)
    names = [one.name for one in members]
    if len({one.casefold() for one in (name, *names)}) <= len(names):
        raise table.error("Two judges of the jury have one name.", "Give each a name of its own.")
    if any((one.mode, one.lowest, one.highest) != (mode, *scale) for one in members):
        what = "The members do not all judge in the same way as the jury."
        raise table.error(what, "Give the jury and all members the same mode and scale.")
    return JudgeSpec(name, JudgeKind.JURY, mode, lowest=scale[0], highest=scale[1], members=tuple(names))


def _applies(field: Field, values: Mapping[str, Any]) -> bool:
    scored = values.get("mode") == JudgeMode.DIRECT
    return values.get("kind", JudgeKind.MODEL) in field.rule and (scored or field.key != "scale")


JUDGE_FORM = FormFile(
    title=N_("Judge"),
    purpose=N_("Choose the model that judges, and the rules by which it judges."),
    stem="judge",
    code=CODE,
    head="A judge of FTCompare. Run it with: ftcompare judges run STUDY {0}",
    sections=(
        (N_("The model"), FIELDS[:7]),
        (N_("Rubric and settings"), FIELDS[7:12]),
        (N_("Its replies"), FIELDS[12:]),
    ),
    check=_judges,
    applies=_applies,
    tables=("template_options",),
    tables_field=Field(
        key="tables",
        title=N_("Options of the chat template"),
        help=N_("For models whose chat template has options. Use the syntax of the file."),
        kind=FieldKind.TEXT,
        usual="[template_options]\nenable_thinking = false\n",
    ),
)
