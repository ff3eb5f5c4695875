"""What the papers say is there: commands, options, files, keys."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path

import click
import pytest

from docs.make_reference import MADE, PAGES
from ftcompare.app.commands_and_keys import COMMANDS, When
from ftcompare.app.measures.consistency import CONSISTENCY_MEASURES
from ftcompare.app.release.gate import FIELDS
from ftcompare.app.release.gate_measures import MEASURE_SETTINGS
from ftcompare.cli.command_support import CommandWithExample
from ftcompare.cli.main import cli
from ftcompare.formats.registry import EXPORT_FORMATS, IMPORT_FORMATS
from tests.builders import commands_by_name, of_kind

ROOT = Path(__file__).parent.parent
COMMANDS_BY_NAME = commands_by_name()
PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CALL = re.compile(r"^\s*(?:\.venv/bin/)?ftcompare (?P<words>[a-z-][^#\n]*)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)(?P<target>[^)#]*)(?:#(?P<anchor>[^)]+))?\)")
MAKE = re.compile(r"`make ([a-z-]+)`")


def text_of(paper: Path) -> str:
    return paper.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "paper", [one for one in PAPERS if MADE not in text_of(one)], ids=lambda p: str(p.relative_to(ROOT))
)
def test_every_command_and_option_that_is_shown_exists(paper: Path) -> None:
    for found in CALL.finditer(text_of(paper)):
        require_known_options(found["words"].split())


def require_known_options(words: list[str]) -> None:
    """Require that a call names a command, and only options that it has."""
    names = (" ".join(words[:length]) for length in (3, 2, 1))
    command = next((COMMANDS_BY_NAME[name] for name in names if name in COMMANDS_BY_NAME), None)
    assert command is not None, words
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert set(re.findall(r"--[a-z-]+", " ".join(words))) <= known | {"--help"}, words


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(paper: Path) -> None:
    for found in LINK.finditer(text_of(paper)):
        linked = (paper.parent / found["target"]).resolve() if found["target"] else paper
        assert linked.exists(), found[0]
        assert not found["anchor"] or found["anchor"] in anchors(linked), found[0]


@cache
def anchors(paper: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text_of(paper), re.MULTILINE)
    return frozenset(re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_make_target_that_is_named_exists(paper: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    assert set(MAKE.findall(text_of(paper))) <= targets


def test_every_place_that_the_map_of_the_code_names_exists() -> None:
    """A bare name is looked for in the folder of the path before it, as the map says."""
    section = text_of(ROOT / "CONTRIBUTING.md").partition("## Three jobs")[2].partition("\n## Habits")[0]
    rows = re.findall(r"^\| (?!to change|job|-)(.+?) \| (.+) \|$", section, re.MULTILINE)
    assert len(rows) > 40
    assert len({task for task, _ in rows}) == len(rows), "one row for a task"
    for task, places in rows:
        folder = ROOT / "ftcompare"
        for place in re.findall(r"`([\w/]+(?:/|\.\w+)|tests/\w+)`", places):
            found = [at / place for at in (ROOT / "ftcompare", ROOT, folder) if (at / place).exists()]
            assert found, f"{task}: {place}"
            folder = found[0] if found[0].is_dir() else found[0].parent


def test_the_page_of_rating_keys_names_the_keys_that_are_set() -> None:
    page = text_of(ROOT / "docs" / "reference" / "rating-keys.md").partition("## Keys for marking")[0]
    arrows = {"←": "Left", "→": "Right", "↓": "Down", "↑": "Up", "Enter": "Return"}
    cells = "".join(re.findall(r"^\| (.+?) \|", page, re.MULTILINE))
    shown = {arrows.get(part, part) for key in re.findall(r"`([^`]+)`", cells) for part in key.split("+")}
    rating = (command for command in COMMANDS if command.when is When.RATING)
    assert {c.id: c.keys for c in rating if c.keys.rpartition("+")[2] not in {*shown, *"3456789"}} == {}


NAMED_ON: dict[str, list[str]] = {
    "docs/reference/export-formats.md": [f"--format {form.id}`" for form in IMPORT_FORMATS],
    "docs/reference/gate-file.md": [*FIELDS, *MEASURE_SETTINGS],
    "docs/explanation/automatic-measures.md": [one.column for one in CONSISTENCY_MEASURES],
    "docs/reference/glossary.md": [one.column for one in CONSISTENCY_MEASURES],
}
"""By page, what it has to name in tables and examples that `docs/make_reference.py` does not write."""


@pytest.mark.parametrize("page", NAMED_ON)
def test_a_page_names_all_that_the_code_offers(page: str) -> None:
    shown = text_of(ROOT / page).casefold()
    missing = [one for one in NAMED_ON[page] if not re.search(rf"(?<!\w){re.escape(one.casefold())}", shown)]
    assert missing == [], f"add to {page}"


def test_the_page_of_formats_says_how_to_read_each() -> None:
    table = text_of(ROOT / "docs/reference/export-formats.md").partition("## How to read each file")[2]
    missing = [form.id for form in EXPORT_FORMATS if f"| `{form.id}` |" not in table]
    assert missing == [], "add a row to docs/reference/export-formats.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_a_page_of_the_reference_is_that_of_the_code(page: Path) -> None:
    assert PAGES[page]() == text_of(page), f"{page.name} differs. Run: python docs/make_reference.py"


@pytest.mark.parametrize("name", COMMANDS_BY_NAME)
def test_the_help_of_a_command_is_complete(name: str) -> None:
    """Sentences, the default and allowed values of every option, and an example that is right."""
    command = of_kind(COMMANDS_BY_NAME[name], CommandWithExample)
    assert (command.help or "").strip().partition("\n")[0].endswith((".", ":"))
    context = click.Context(command, **cli.context_settings)
    for option in (one for one in command.params if isinstance(one, click.Option)):
        assert (option.help or "").endswith("."), option.name
        shown = " ".join(option.get_help_record(context) or ())
        has_default = bool(option.to_info_dict()["default"]) and not option.is_flag
        assert not has_default or "default: " in shown.lower(), option.name
        if isinstance(option.type, click.Choice):
            assert all(value in shown for value in option.type.choices), option.name
    words = shlex.split(command.example)
    require_known_options([*name.split(), *words])
    command.make_context(name, words, resilient_parsing=False)
