"""What the papers say is there: commands, options, files, keys."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import click
import pytest

from docs.make_reference import PAGES
from ftcompare.app.commands_and_keys import COMMANDS
from ftcompare.formats.registry import EXPORT_FORMATS, IMPORT_FORMATS
from tests.builders import commands_by_name

ROOT = Path(__file__).parent.parent
PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CALL = re.compile(r"^\s*(?:\.venv/bin/)?ftcompare (?P<command>[a-z-]+)(?P<rest>[^#\n]*)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)(?P<target>[^)#]*)(?:#(?P<anchor>[^)]+))?\)")
MAKE = re.compile(r"`make ([a-z-]+)`")


def text_of(paper: Path) -> str:
    return paper.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "paper", [one for one in PAPERS if one not in PAGES], ids=lambda p: str(p.relative_to(ROOT))
)
def test_every_command_and_option_that_is_shown_exists(paper: Path) -> None:
    for found in CALL.finditer(text_of(paper)):
        command = commands_by_name().get(found["command"])
        if isinstance(command, click.Group):
            command = command.commands.get(found["rest"].split()[0])
        assert isinstance(command, click.Command), found[0]
        if isinstance(command, click.Group):
            command = command.commands[found["rest"].split()[0]]
        known = {name for parameter in command.params for name in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", found["rest"])) <= known, found[0]


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
    shown = dict(
        re.findall(
            r"^\| `([^`]+)` \| (\w+)", text_of(ROOT / "docs" / "reference" / "rating-keys.md"), re.MULTILINE
        )
    )
    keys = {c.keys: c.title for c in COMMANDS if c.id.startswith("rate.")}
    for key in ("C", "S", "F", "M", "P", "Ctrl+Z", "Esc", "?"):
        assert key in shown
        assert key in keys


def test_the_table_of_formats_lists_what_is_offered() -> None:
    page = text_of(ROOT / "docs" / "reference" / "export-formats.md")
    rows = re.findall(r"^\| `([a-z-]+)` \|[^|]+\| (yes|no) \|$", page, re.MULTILINE)
    assert rows == [(form.id, "yes" if form.names_systems else "no") for form in EXPORT_FORMATS]
    assert all(f"--format {form.id}`" in page for form in IMPORT_FORMATS)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_a_page_of_the_reference_is_that_of_the_code(page: Path) -> None:
    assert PAGES[page]() == text_of(page), "Run: python docs/make_reference.py"


@pytest.mark.parametrize("name", commands_by_name())
def test_every_option_has_a_sentence(name: str) -> None:
    commands = [commands_by_name()[name]]
    for command in commands:
        assert (command.help or "").strip().partition("\n")[0].endswith((".", ":")), name
        commands += command.commands.values() if isinstance(command, click.Group) else ()
        for option in command.params:
            if isinstance(option, click.Option):
                assert (option.help or "").endswith("."), (name, option.name)


def test_every_command_of_the_command_line_is_in_the_changelog() -> None:
    changes = text_of(ROOT / "CHANGELOG.md")
    assert all(f"`{name}`" in changes for name in commands_by_name())
