"""A judge's TOML file: the model, the rubric, and how it is questioned.

The file is written by hand for this purpose, so an unknown setting is an error: it is most likely misspelt. A
jury names the files of its members, which must be in its own folder or below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ftcompare.app.setup.system_specs import QUANTISATIONS, is_served
from ftcompare.app.setup.toml_settings import TomlTable, read_toml
from ftcompare.core.generation_settings import GenerationSettings, fits
from ftcompare.core.judge import JUDGE_SETTINGS, MOST_TRIES, USUAL_TRIES, JudgeKind, JudgeMode, JudgeSpec
from ftcompare.core.person_names import kept_name
from ftcompare.engine.server_address import EXAMPLE, read_address
from ftcompare.formats.recipe_file import markers_of, options_of
from ftcompare.formats.record_fields import MAX_LABEL, Record, any_of, shown
from ftcompare.formats.text_files import file_beside

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

_OF_MODELS = (
    *("name", "kind", "mode", "model", "adapter", "rubric", "scale", "tries", "reference", "context"),
    *("temperature", "max_tokens", "max_reasoning_tokens", "seed", "template_options", "reasoning_markers"),
)
SETTINGS: Mapping[JudgeKind, tuple[str, ...]] = {
    JudgeKind.MODEL: (*_OF_MODELS, "quantisation"),
    JudgeKind.SERVED: (*_OF_MODELS, "url"),
    JudgeKind.REWARD: ("name", "kind", "model"),
    JudgeKind.JURY: ("name", "kind", "mode", "scale", "members"),
}
"""The settings that a file may contain, by kind of judge."""

_GENERATION = {
    "max_tokens": "max_new_tokens",
    "temperature": "temperature",
    "max_reasoning_tokens": "max_reasoning_tokens",
    "seed": "seed",
}

EXAMPLE_FILE = f'''\
# A judge of FTCompare. Run it with: ftcompare judge STUDY THIS-FILE.toml
# Its votes stand beside people's and are never pooled with them.

# Its name in the study; another rubric or model needs another name.
name = "general judge"

# "model": a model in a folder, or of the hub, on this machine.
# "served": a model behind an OpenAI-compatible server; then give url, too.
# "reward": a sequence classifier that scores each answer alone (name, kind and model, no more).
# "jury": other judges, whose verdicts are put to the vote; then give members and no model.
kind = "model"
model = "models/judge"
# adapter = "adapters/judge"
# quantisation = "4bit"
# url = "{EXAMPLE}"
# members = ["one.toml", "two.toml", "three.toml"]

# "pairwise": which of two answers is better, each pair in both orders.
# "direct": a score for each answer, from the first number of scale to the second.
mode = "pairwise"
# scale = [1, 10]

# By what it judges, in your words.
rubric = """
{DEFAULT_RUBRICS[JudgeMode.PAIRWISE]}
"""

# Whether it is shown the reference answer and the context of a prompt, where there are any.
reference = false
context = true

# How its replies are written, and how often it is asked until one can be read.
temperature = 0.0
max_tokens = {JUDGE_SETTINGS.max_new_tokens}
# max_reasoning_tokens = 4096
tries = 3

# [template_options]
# enable_thinking = false
'''
"""An example file with every setting and its purpose."""


def read_judge_file(path: Path) -> tuple[JudgeSpec, ...]:
    """Read the judge of a file; for a jury, its members in their order, then the jury itself.

    Raises:
        UserError: ``judge-file`` with the setting and its problem; ``file-elsewhere``; ``bad-url``; as
            `read_toml`.
    """
    table = read_toml(path, code=CODE, example='name = "general judge"')
    kind = table.word("kind", JudgeKind.MODEL)
    table.require_known(SETTINGS[kind])
    if kind is not JudgeKind.JURY:
        return (_judge(table, kind, path.parent),)
    members = tuple(_member(table, path, name) for name in _member_files(table))
    return (*members, _jury(table, members))


def _required(table: TomlTable, name: str, how: str) -> str:
    found = table.text(name)
    if not found:
        raise table.error(f"{name} is missing.", how)
    if len(found) > MAX_LABEL or not found.isprintable():
        raise table.error(f"{name} must be one line of at most {MAX_LABEL} characters.", how)
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
    record = Record(table.values, table.where, 0)
    return JudgeSpec(
        name=_name(table),
        kind=kind,
        mode=mode,
        model=model,
        adapter=adapter,
        url=_url(table) if kind is JudgeKind.SERVED else "",
        quantisation=_quantisation(table),
        rubric=_rubric(table) or DEFAULT_RUBRICS[mode],
        lowest=lowest,
        highest=highest,
        settings=_settings(table),
        tries=_tries(table),
        reference=table.flag("reference"),
        context=table.flag("context") if "context" in table.values else True,
        template_options=options_of(record),
        reasoning_markers=markers_of(record),
    )


def _beside(folder: Path, name: str) -> str:
    """A folder beside the file if there is one, whatever the working directory; else the name unchanged."""
    found = folder / name
    return str(found.resolve()) if name and found.is_dir() else name


def _url(table: TomlTable) -> str:
    url = _required(table, "url", f'Write: url = "{EXAMPLE}"')
    if not is_served(url):
        raise table.error("url is no address of a server.", f'Write: url = "{EXAMPLE}"')
    read_address(url)
    return url.rstrip("/")


def _quantisation(table: TomlTable) -> str:
    found = table.text("quantisation")
    if found and found not in QUANTISATIONS:
        raise table.error(f"quantisation is {shown(found)}.", f"It must be {any_of(QUANTISATIONS)}.")
    return found


def _rubric(table: TomlTable) -> str:
    found = table.text("rubric")
    if len(found) > MOST_RUBRIC:
        raise table.error(f"rubric has more than {MOST_RUBRIC:,} characters.", "Shorten it.")
    return found


def _tries(table: TomlTable) -> int:
    found = table.whole("tries")
    if found is not None and not 1 <= found <= MOST_TRIES:
        raise table.error(f"tries is {shown(found)}.", f"It must be 1 to {MOST_TRIES}.")
    return USUAL_TRIES if found is None else found


def _mode_and_scale(table: TomlTable) -> tuple[JudgeMode, tuple[int, int]]:
    mode = table.word("mode", JudgeMode.PAIRWISE)
    if mode is JudgeMode.PAIRWISE and "scale" in table.values:
        raise table.error("A scale goes with direct scores.", 'Leave it out, or write: mode = "direct"')
    return mode, _scale(table, table.values.get("scale", [1, 10]))


def _scale(table: TomlTable, given: Any) -> tuple[int, int]:
    ends = given if isinstance(given, list) else []
    whole = [end for end in ends if type(end) is int and abs(end) <= MOST_SCORE]
    if len(ends) != 2 or len(whole) != 2 or whole[0] >= whole[1]:
        what = "scale must be two whole numbers, the worst score and the best."
        raise table.error(what, "Write: scale = [1, 10]")
    return whole[0], whole[1]


def _settings(table: TomlTable) -> GenerationSettings:
    changes: dict[str, Any] = {}
    for name, setting in _GENERATION.items():
        value = table.values.get(name)
        if value is not None:
            if not fits(setting, value):
                raise table.error(
                    f"{name} cannot be {shown(value)}.",
                    "`ftcompare judge --example FILE.toml` writes an example.",
                )
            changes[setting] = value
    return GenerationSettings(**{"max_new_tokens": JUDGE_SETTINGS.max_new_tokens, **changes})


# --- juries ----------------------------------------------------------------------------------------


def _member_files(table: TomlTable) -> list[str]:
    given = table.values.get("members", [])
    names = [name for name in given if isinstance(name, str)] if isinstance(given, list) else []
    if not isinstance(given, list) or len(names) < len(given) or not 2 <= len(names) <= MOST_MEMBERS:
        what = f"members must be a list of 2 to {MOST_MEMBERS} files of judges."
        raise table.error(what, 'Write: members = ["one.toml", "two.toml", "three.toml"]')
    return names


def _member(table: TomlTable, path: Path, name: str) -> JudgeSpec:
    file = file_beside(path, name, key="members")
    kind = read_toml(file, code=CODE, example='name = "general judge"').word("kind", JudgeKind.MODEL)
    if kind not in (JudgeKind.MODEL, JudgeKind.SERVED):
        what = f"The member {shown(name)} is of the kind {kind}."
        raise table.error(what, "Members are judges of the kinds model and served.")
    return read_judge_file(file)[0]


def _jury(table: TomlTable, members: tuple[JudgeSpec, ...]) -> JudgeSpec:
    name, (mode, scale) = _name(table), _mode_and_scale(table)
    names = [one.name for one in members]
    if len({one.casefold() for one in (name, *names)}) <= len(names):
        raise table.error("Two judges of the jury have one name.", "Give each a name of its own.")
    if any((one.mode, one.lowest, one.highest) != (mode, *scale) for one in members):
        what = "The members do not all judge as the jury does."
        raise table.error(what, "Give all of them, and the jury, the same mode and scale.")
    return JudgeSpec(name, JudgeKind.JURY, mode, lowest=scale[0], highest=scale[1], members=tuple(names))
