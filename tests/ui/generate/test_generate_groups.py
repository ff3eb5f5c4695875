"""Generate with systems that are not in memory together: one group after the other, nothing told apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random

from pytestqt.qtbot import QtBot

from ftcompare.app.generate.generation_state import writing_state
from ftcompare.app.study.unblinding import unblind
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.generate.page import GeneratePage
from tests.ui.conftest import START, open_in
from tests.ui.generate.generate_driver import button, click, idle, says, written
from tests.ui.page_driver import every_word
from tests.ui.shown_text import shown_text

PROMPTS = 6
FIRST, SECOND = {"seconds_per_pair": 0.02}, {"seconds_per_pair": 0.05}
NAMES = ("sapling", "cardiology", "rival")


def make_groups(path: Path, first: Mapping[str, object], second: Mapping[str, object]) -> Path:
    """A base with an adapter, and another model, each with a script of its own."""
    study = StudyFile.create(path, title="Heart", scale=Scale(), rng=Random(1), now=START)
    base, other = json.dumps(dict(first)), json.dumps(dict(second))
    with study:
        study.systems.add(SystemSpec("sapling", SystemKind.BASE, model=base))
        study.systems.add(SystemSpec("cardiology", SystemKind.ADAPTER, model=base, adapter="/a"))
        study.systems.add(SystemSpec("rival", SystemKind.MODEL, model=other))
        study.prompts.add(
            PromptSpec(f"p{n}", (Message("user", f"What is a stroke of kind {n}?"),)) for n in range(PROMPTS)
        )
    return path


def begin(page: GeneratePage, context: PageContext, qtbot: QtBot, path: Path) -> None:
    open_in(context.tasks, path, qtbot)
    page.enter()
    qtbot.waitUntil(lambda: button(page, "generate_start").isVisible())


def test_the_groups_are_written_one_after_the_other(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    begin(page, context, qtbot, make_groups(tmp_path / "a.ftstudy", FIRST, SECOND))
    stages: list[tuple[int, int]] = []
    page.runner.progress.connect(lambda p: stages.append((p.part, p.parts)))
    click(page, "generate_start")
    says(qtbot, page, "Group 1 of 2: Writing pairs")
    says(qtbot, page, "Proven in part")
    says(qtbot, page, "Group 2 of 2: Writing pairs")
    idle(qtbot, page)
    says(qtbot, page, "All 18 pairs are written")
    assert written(context, qtbot) == 18
    assert sorted(set(stages)) == [(1, 1), (1, 2), (2, 2)]
    assert "Proven" in shown_text(page)


def test_nothing_on_the_page_tells_which_neutral_name_is_which_while_groups_are_written(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    begin(page, context, qtbot, make_groups(tmp_path / "a.ftstudy", {}, {"seconds_per_pair": 0.8}))
    seen: list[str] = []
    page.runner.progress.connect(lambda _: seen.append(every_word(page)))
    click(page, "generate_start")
    says(qtbot, page, "How far each is stays hidden")
    click(page, "generate_stop")
    idle(qtbot, page)
    page.enter()
    says(qtbot, page, "How far each is stays hidden")
    rows = [line for _, line in page.systems._lines.values()]
    assert len(rows) == 3
    assert not any(line.isVisible() for line in rows), "the bars would tell who has written"
    words = "\n".join((*seen, every_word(page)))
    assert not any(name in words for name in NAMES)


def test_a_neutral_row_tells_no_number_until_all_are_as_far(tmp_path: Path) -> None:
    path = make_groups(tmp_path / "a.ftstudy", FIRST, SECOND)
    with StudyFile.open(path, now=START) as study:
        assert {row.written for row in writing_state(study).systems} == {0}
        first = study.systems.all()[0].id
        prompt = study.prompts.all()[0].id
        draft = ResponseDraft(first, "A text.", FinishReason.END, 3)
        study.responses.store(prompt, [draft], run=None)
        assert {row.written for row in writing_state(study).systems} == {None}
        unblind(study, "done", now=START)
        assert {row.written for row in writing_state(study).systems} == {0, 1}


def test_what_was_stopped_in_the_second_group_goes_on_there(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    begin(page, context, qtbot, make_groups(tmp_path / "a.ftstudy", {}, {"seconds_per_pair": 0.2}))
    click(page, "generate_start")
    says(qtbot, page, "Group 2 of 2: Writing pairs")
    click(page, "generate_stop")
    idle(qtbot, page)
    qtbot.waitUntil(lambda: button(page, "generate_start").text() == "Go on")
    says(qtbot, page, "Proven")
    groups: list[int] = []
    page.runner.progress.connect(lambda progress: groups.append(progress.parts))
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "All 18 pairs are written")
    assert set(groups) == {1}, "the first group has nothing left to write"


def test_a_fault_in_the_second_group_keeps_what_the_first_wrote(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    begin(page, context, qtbot, make_groups(tmp_path / "a.ftstudy", {}, {"load_fault": "server-gone"}))
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "The fake model cannot be loaded.")
    says(qtbot, page, "6 of 18 pairs are written.")


def test_a_look_at_the_pairs_where_no_group_writes_two_systems(
    page: GeneratePage, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "a.ftstudy"
    study = StudyFile.create(path, title="Heart", scale=Scale(), rng=Random(1), now=START)
    with study:
        study.systems.add(SystemSpec("sapling", SystemKind.BASE, model="{}"))
        study.systems.add(SystemSpec("rival", SystemKind.MODEL, model=json.dumps({"notes": ["A note."]})))
        study.prompts.add([PromptSpec("p", (Message("user", "Why?"),))])
    begin(page, context, qtbot, path)
    click(page, "generate_start")
    idle(qtbot, page)
    says(qtbot, page, "A note.")
    qtbot.waitUntil(lambda: page.samples.count == 1)
