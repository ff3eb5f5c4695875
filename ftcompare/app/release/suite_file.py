"""A regression suite as a TOML file: the prompts for every new adapter of a base, and its conditions.

Files that it names must be in its folder; the base may be anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ftcompare.app.release.gate_file import Gate, gate_of, read_gate_file
from ftcompare.app.review.prompt_checks import checks_of_specs
from ftcompare.app.setup.new_study import placed
from ftcompare.app.setup.system_specs import QUANTISATIONS, is_served
from ftcompare.app.setup.toml_settings import TomlTable, read_toml
from ftcompare.core.errors import UserError
from ftcompare.core.generation_settings import GenerationSettings, fits
from ftcompare.core.hashing import Json, digest
from ftcompare.core.recipe import NO_RECIPE, Recipe, recipe_json, recipe_problem
from ftcompare.core.study import GlossaryTerm, PromptSpec
from ftcompare.core.task_settings import CHANGEABLE, TaskSettings
from ftcompare.formats.glossary import read_glossary
from ftcompare.formats.prompts import read_prompts
from ftcompare.formats.recipe_file import read_recipe
from ftcompare.formats.record_fields import any_of, shown
from ftcompare.formats.text_files import file_beside
from ftcompare.store.study.prompts import prompt_digest

CODE = "suite-file"
BASE, PROMPTED_BASE = "base", "prompted base"
"""What these two are called in every run."""

SUITE_SETTINGS = (
    *("title", "base", "prompts", "glossary", "recipe", "prompted_base", "quantisation"),
    *("generation", "speed_prompts", "max_new_failures", "gate", "gate_file", "tier"),
)
"""All that a suite file may say."""

CHECKING = "2"
"""Version of the rules by which a prompt passes; runs under different versions are not compared."""

TASKS = "task"
"""The table of settings by task, in that of generation."""

MOST_SPEED_PROMPTS = 1000
_EXAMPLE = 'base = "models/base"'


@dataclass(frozen=True, slots=True)
class Suite:
    """What a suite file says.

    Args:
        base: folder, hub id or address of the base model.
        specs: the prompts, in the file's order.
        terms: of the glossary, for checks of terms.
        recipe: how base and adapter are asked.
        prompted_base: how the base is asked once more, as what the adapter must beat; empty where it is not.
        settings: with which answers are written; ``by_task`` what is another for a task.
        speed_prompts: speed is measured on so many prompts; 0: not at all.
        max_new_failures: prompts that passed in the last run and fail now, at most; None where not asked.
        gate: the conditions; its systems are those of the run.
        tier: that a run is held to unless another is named; empty for all.
    """

    path: Path
    title: str
    base: str
    prompts: Path
    specs: tuple[PromptSpec, ...] = field(repr=False)
    glossary: Path | None = None
    terms: tuple[GlossaryTerm, ...] = field(default=(), repr=False)
    recipe: Recipe = NO_RECIPE
    prompted_base: Recipe = NO_RECIPE
    quantisation: str = ""
    settings: GenerationSettings = field(default_factory=GenerationSettings)
    by_task: TaskSettings = field(default_factory=dict)
    speed_prompts: int = 0
    max_new_failures: int | None = 0
    gate: Gate = field(default_factory=Gate)
    tier: str = ""

    @property
    def checked(self) -> tuple[PromptSpec, ...]:
        """The prompts with a check that can show that an answer is right; a run passes or fails these."""
        checks = checks_of_specs(self.specs, self.terms)
        return tuple(spec for spec, own in zip(self.specs, checks, strict=True) if own.decides)

    @property
    def digests(self) -> dict[str, str]:
        """Of what must be the same in two runs that are compared, by what it is called."""
        return {
            "prompts": digest("suite-prompts", [prompt_digest(spec) for spec in self.specs]),
            "glossary": digest("suite-glossary", [_term_json(term) for term in self.terms]),
            "recipe": digest("suite-recipe", recipe_json(self.recipe)),
            "settings": digest("suite-settings", _settings_json(self)),
            "way of checking": CHECKING,
            "base": digest("suite-base", [self.base if _elsewhere(self.base) else Path(self.base).name]),
        }

    @property
    def read(self) -> tuple[Path, ...]:
        """The files that no output may take the place of."""
        return (self.path, self.prompts, *([self.glossary] if self.glossary else []))


def _term_json(term: GlossaryTerm) -> Json:
    return [str(value) for value in asdict(term).values()]


def _settings_json(suite: Suite) -> Json:
    """How many prompts are written at a time is left out: memory decides it, and it differs by machine."""
    own = {name: value for name, value in asdict(suite.settings).items() if name != "batch_prompts"}
    return {
        **own,
        "by_task": {task: dict(one) for task, one in suite.by_task.items()},
        "bits": suite.quantisation,
    }


def read_suite(path: Path) -> Suite:
    """The suite of a file, with the prompts, glossary, recipes and gate that it names.

    Raises:
        UserError: ``suite-file``, with the setting and what is wrong with it; ``file-elsewhere`` for a file
            outside its folder; as the readers of these files.
    """
    table = read_toml(path, code=CODE, example=_EXAMPLE)
    table.require_known(SUITE_SETTINGS)
    prompts = _file(table, path, "prompts")
    if prompts is None:
        raise table.error("prompts is missing.", 'Write: prompts = "prompts.jsonl"')
    glossary = _file(table, path, "glossary")
    gate = _gate(table, path)
    suite = Suite(
        path=path,
        title=table.text("title") or path.stem,
        base=_base(table, path),
        prompts=prompts,
        specs=read_prompts(prompts),
        glossary=glossary,
        terms=tuple(read_glossary(glossary)) if glossary else (),
        recipe=_recipe(table, path, "recipe"),
        prompted_base=_recipe(table, path, "prompted_base"),
        quantisation=_quantisation(table),
        settings=_generation(table),
        by_task=dict(_by_task(table)),
        speed_prompts=_speed_prompts(table),
        max_new_failures=_max_new_failures(table),
        gate=gate,
        tier=table.text("tier"),
    )
    gate.of_tier(suite.tier)
    _require_tasks(suite, table)
    return suite


def _file(table: TomlTable, path: Path, name: str) -> Path | None:
    found = table.text(name)
    return file_beside(path, found, key=name) if found else None


def _recipe(table: TomlTable, path: Path, name: str) -> Recipe:
    file = _file(table, path, name)
    found = read_recipe(file) if file else NO_RECIPE
    if problem := recipe_problem(found):
        raise table.error(f"{name}: {problem}", "Correct the recipe.")
    if name == "prompted_base" and file and not (found.system_prompt or found.examples):
        what = "prompted_base: the recipe has neither a system prompt nor examples."
        raise table.error(what, "Give it one of them, or leave prompted_base out.")
    return found


def _base(table: TomlTable, path: Path) -> str:
    """A folder is looked for beside the suite; what is none there is a hub id or an address."""
    found = table.text("base")
    if not found:
        raise table.error("base is missing: the folder, hub id or address of the base model.", _EXAMPLE)
    beside = path.parent / found
    if is_served(found):
        return found
    return placed(str(beside)) if beside.is_dir() else placed(found)


def _elsewhere(base: str) -> bool:
    return is_served(base) or not Path(base).is_absolute()


def _quantisation(table: TomlTable) -> str:
    found = table.text("quantisation")
    if found and found not in QUANTISATIONS:
        raise table.error(f"quantisation is {shown(found)}.", f"It must be {any_of(QUANTISATIONS)}.")
    return found


def _speed_prompts(table: TomlTable) -> int:
    found = table.whole("speed_prompts") or 0
    if found > MOST_SPEED_PROMPTS:
        what = f"speed_prompts is {found:,}; speed is measured on at most {MOST_SPEED_PROMPTS:,} prompts."
        raise table.error(what, "Write: speed_prompts = 8")
    return found


def _max_new_failures(table: TomlTable) -> int | None:
    if table.values.get("max_new_failures") is False:
        return None
    return table.whole("max_new_failures") or 0


# --- generation --------------------------------------------------------------------------------------


def _table(table: TomlTable, name: str) -> TomlTable:
    values = table.values.get(name, {})
    if not isinstance(values, dict):
        what = f"{name} must be a table, not {shown(values)}."
        raise table.error(what, f"Write [{name}] above its settings.")
    return TomlTable(values, f"{table.where}, {name}", table.code)


def _generation(table: TomlTable) -> GenerationSettings:
    own = _table(table, "generation")
    own.require_known((*GenerationSettings.__dataclass_fields__, TASKS))
    given = {name: value for name, value in own.values.items() if name != TASKS}
    for name, value in given.items():
        _require_fit(own, name, value)
    if "stop" in given:
        given["stop"] = tuple(given["stop"])
    return GenerationSettings(**given)


def _by_task(table: TomlTable) -> Iterator[tuple[str, Mapping[str, int | float]]]:
    own = _table(_table(table, "generation"), TASKS)
    for task in own.values:
        changes = _table(own, task)
        changes.require_known(tuple(CHANGEABLE))
        for name, value in changes.values.items():
            _require_fit(changes, name, value)
        yield task, changes.values


def _require_fit(own: TomlTable, name: str, value: Any) -> None:
    if not fits(name, value):
        raise own.error(f"{name} cannot be {shown(value)}.", "See “ftcompare generate --help”.")


def _require_tasks(suite: Suite, table: TomlTable) -> None:
    known = {spec.task for spec in suite.specs}
    for task in suite.by_task:
        if task not in known:
            what = f"No prompt has the task {shown(task)}."
            raise table.error(what, "Name a task that prompts have (task in the prompts file).")


# --- the gate ----------------------------------------------------------------------------------------


def _gate(table: TomlTable, path: Path) -> Gate:
    if "gate" in table.values and "gate_file" in table.values:
        raise table.error("There are both gate and gate_file.", "Leave one of them out.")
    file = _file(table, path, "gate_file")
    gate = read_gate_file(file) if file else gate_of(_table(table, "gate"))
    for name in ("system", "against"):
        if getattr(gate, name):
            what = f"The gate names {name}."
            how = "Leave it out: a run is for the adapter that it was given, held against the base."
            raise UserError(what, where=table.where, how=how, code=CODE)
    return gate
