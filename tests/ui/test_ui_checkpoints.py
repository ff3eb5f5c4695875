"""The Checkpoints tab on real study files: ledger across studies, release gate, what it keeps and saves."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from ftcompare.app.charts import CheckpointChart
from ftcompare.app.gate_file import read_gate_file
from ftcompare.core.errors import UserError
from ftcompare.core.study import RaterKind
from ftcompare.store.study_file import StudyFile
from ftcompare.ui.context import PageContext
from ftcompare.ui.pages.results.checkpoints import CheckpointsTab
from ftcompare.ui.pages.results.page import ResultsPage
from ftcompare.ui.pages.results.words import Explanation
from tests.app.voted import voted, voted_study
from tests.ui.conftest import START, RecordingBar, open_in
from tests.ui.page_driver import enter, every_word, press, settle, visible_text
from tests.ui.test_ui_results import written as judged_study

EARLY = "bbbbaaaaab"  # 50%
LATE = "bbbbbbbbta"  # 85%


def study_of(
    path: Path, systems: dict[str, str], raters: tuple[str, ...] = ("Ada", "Ben"), base: str = "base"
) -> Path:
    """A closed study: each system's votes against the base, a letter a prompt."""
    words = {"a": "a", "b": "b", "t": "tie"}
    votes = [
        voted(f"Question {number}", rater, words[choice], a=base, b=system)
        for system, choices in systems.items()
        for number, choice in enumerate(choices)
        for rater in raters
    ]
    with voted_study(path, votes, Random(3), START, path.stem.title()):
        return path


@pytest.fixture
def early(tmp_path: Path) -> Path:
    return study_of(tmp_path / "early.ftstudy", {"step-500": EARLY, "step-1k": EARLY})


@pytest.fixture
def late(tmp_path: Path) -> Path:
    return study_of(tmp_path / "late.ftstudy", {"step-2k": LATE})


@pytest.fixture
def opened(context: PageContext, qtbot: QtBot) -> Callable[[Path], CheckpointsTab]:
    """The tab in front of the Results page, on a study."""

    def open_tab(path: Path) -> CheckpointsTab:
        page = enter(ResultsPage(context), context, qtbot, path)
        page.tabs.choose("checkpoints")
        settle(context, qtbot)
        tab = page.findChild(CheckpointsTab)
        assert isinstance(tab, CheckpointsTab)
        return tab

    return open_tab


@pytest.fixture
def tab(opened: Callable[[Path], CheckpointsTab], early: Path) -> CheckpointsTab:
    return opened(early)


def add(tab: CheckpointsTab, context: PageContext, qtbot: QtBot, *paths: Path) -> None:
    tab.ledger.add(paths)
    settle(context, qtbot)


def points(tab: CheckpointsTab) -> list[tuple[str, float]]:
    chart = tab.ledger.chart.view.chart
    assert isinstance(chart, CheckpointChart)
    return [(point.name, point.value) for point in chart.points]


def table(tab: CheckpointsTab) -> list[list[str]]:
    """Titles and cells as they are shown."""
    model = tab.ledger.table.table.model
    columns = range(model.columnCount())
    titles = [column.title.replace("\n", " ") for column in model.columns]
    return [titles, *([model.index(row, c).data() for c in columns] for row in range(model.rowCount()))]


# --- the ledger ----------------------------------------------------------------------------------


def test_several_checkpoints_of_one_study_are_drawn_and_told(tab: CheckpointsTab) -> None:
    assert points(tab) == [("step-500", 0.5), ("step-1k", 0.5)]
    assert tab.ledger.headline.text() == (
        "No difference can be told between step-500 and step-1k: +0.0 points (95% interval −65.8 to 65.8)."
    )
    assert "On 10 shared prompts, for raters like these; the last two of 2 checkpoints." in visible_text(tab)
    titles, first, second = table(tab)
    assert titles == [
        "Checkpoint",
        "Prompts",
        "Judged",
        "Raters",
        "Win rate",
        "For these raters",
        "For raters like these",
        "Points on the last",
        "Interval of the points",
        "Than the last",
    ]
    assert first[:5] == ["step-500", "10", "20", "2", "50%"]
    assert first[7:] == ["–", "–", "–"]
    assert second[7:] == ["+0.0", "−65.8 to 65.8", "unclear"]


def test_another_study_is_added_and_stays_as_it_was(
    tab: CheckpointsTab, late: Path, context: PageContext, qtbot: QtBot, bar: RecordingBar
) -> None:
    before = late.read_bytes()
    add(tab, context, qtbot, late)
    assert points(tab) == [("step-500", 0.5), ("step-1k", 0.5), ("step-2k", 0.85)]
    assert "late.ftstudy\n1 checkpoint" in visible_text(tab)
    assert table(tab)[3][:2] == ["step-2k", "Late"]
    assert late.read_bytes() == before
    assert not bar.errors
    add(tab, context, qtbot, late)
    assert bar.notes == ["These studies are in the ledger already."]


def test_a_better_checkpoint_is_said_to_be_so(
    opened: Callable[[Path], CheckpointsTab], tmp_path: Path, context: PageContext, qtbot: QtBot
) -> None:
    tab = opened(study_of(tmp_path / "a.ftstudy", {"v1": "a" * 30, "v2": "b" * 30}, ("Ada",)))
    assert tab.ledger.headline.text().startswith("v2 fares better than v1: +100.0 points (95% interval ")
    choose(tab, "ledger_order", "as they were added", context, qtbot)
    assert tab.ledger.headline.text().startswith("v2 fares better")
    worse = opened(study_of(tmp_path / "b.ftstudy", {"v1": "b" * 30, "v2": "a" * 30}, ("Ada",)))
    assert worse.ledger.headline.text().startswith("v2 fares worse than v1: −100.0 points")
    assert table(worse)[2][-1] == "worse"


def choose(tab: CheckpointsTab, name: str, text: str, context: PageContext, qtbot: QtBot) -> None:
    """Choose in a list as a user does."""
    choice = tab.findChild(QComboBox, name)
    assert isinstance(choice, QComboBox)
    assert choice.isVisible()
    choice.setCurrentIndex(choice.findText(text))
    choice.activated.emit(choice.currentIndex())
    settle(context, qtbot)


def test_the_order_can_be_that_of_adding(
    opened: Callable[[Path], CheckpointsTab], early: Path, late: Path, context: PageContext, qtbot: QtBot
) -> None:
    tab = opened(late)
    add(tab, context, qtbot, early)
    assert [name for name, _ in points(tab)] == ["step-500", "step-1k", "step-2k"]
    choose(tab, "ledger_order", "as they were added", context, qtbot)
    assert [name for name, _ in points(tab)] == ["step-2k", "step-500", "step-1k"]


def test_another_base_can_be_chosen_and_a_study_without_it_says_so(
    tab: CheckpointsTab, late: Path, context: PageContext, qtbot: QtBot, tmp_path: Path
) -> None:
    more = study_of(tmp_path / "more.ftstudy", {"step-4k": LATE}, base="step-500")
    add(tab, context, qtbot, late, more)
    choose(tab, "ledger_base", "step-500", context, qtbot)
    assert points(tab) == [("base", 0.5), ("step-4k", 0.85)]
    assert tab.ledger.chart.title.accessibleName() == "Win rate against step-500"
    said = visible_text(tab).replace("\u200b", "")
    assert "Left out. There is no system 'step-500'. Its systems are: base, step-2k." in said


def test_what_was_added_is_there_again_and_can_be_taken_out(
    opened: Callable[[Path], CheckpointsTab], early: Path, late: Path, context: PageContext, qtbot: QtBot
) -> None:
    add(opened(early), context, qtbot, late)
    again = opened(early)
    assert [name for name, _ in points(again)] == ["step-500", "step-1k", "step-2k"]
    press(again, "ledger_remove", qtbot)
    settle(context, qtbot)
    assert [name for name, _ in points(again)] == ["step-500", "step-1k"]
    assert "late.ftstudy" not in visible_text(again)
    assert [name for name, _ in points(opened(early))] == ["step-500", "step-1k"]


def test_a_study_that_is_gone_since_says_so_and_the_rest_is_shown(
    opened: Callable[[Path], CheckpointsTab], early: Path, late: Path, context: PageContext, qtbot: QtBot
) -> None:
    add(opened(early), context, qtbot, late)
    late.unlink()
    again = opened(early)
    assert len(points(again)) == 2
    assert "Left out. There is no such study. It may have been moved or renamed." in visible_text(again)


def test_what_cannot_be_added_is_told_in_the_bar_and_not_kept(
    tab: CheckpointsTab, late: Path, early: Path, context: PageContext, qtbot: QtBot, bar: RecordingBar
) -> None:
    with StudyFile.open(late, now=START):
        add(tab, context, qtbot, late)
    assert [error.code for error in bar.errors] == ["study-locked"]
    broken = late.with_name("broken.ftstudy")
    broken.write_text("no database " * 50)
    add(tab, context, qtbot, broken, early, late)
    assert bar.errors[-1].what == (
        "2 studies were not added. broken.ftstudy: This file is not a study. early.ftstudy: This study is "
        "the open one, and its checkpoints are there already."
    )
    assert len(points(tab)) == 3
    assert "broken.ftstudy" not in visible_text(tab)


def test_a_blinded_study_and_one_of_another_base_are_marked(
    tab: CheckpointsTab, tmp_path: Path, context: PageContext, qtbot: QtBot
) -> None:
    blinded = judged_study(tmp_path / "blinded.ftstudy", unblinded=False, prompts=4)
    other = judged_study(tmp_path / "other.ftstudy", prompts=4, systems=("acme-plain", "acme-tuned"))
    third = judged_study(tmp_path / "third.ftstudy", prompts=4, systems=("acme-plain", "acme-tuned"))
    with StudyFile.open(third, now=START) as study:
        study._db.execute("DROP TRIGGER IF EXISTS systems_no_update")
    add(tab, context, qtbot, blinded, other)
    said = visible_text(tab)
    assert "Left out: it is still blinded." in said
    assert "blinded.ftstudy is still blinded and left out." in said
    assert "acme-tuned" in [name for name, _ in points(tab)]
    assert "cannot be held against" in tab.ledger.headline.text()
    assert table(tab)[-1][-1] == "they share no prompt"


def test_one_checkpoint_says_that_it_is_one_point(
    opened: Callable[[Path], CheckpointsTab], late: Path
) -> None:
    tab = opened(late)
    assert tab.ledger.headline.text().startswith("step-2k won 85% against base (95% interval ")
    assert "One checkpoint is one point." in visible_text(tab)
    assert "Points on the last" not in table(tab)[0]
    assert len(points(tab)) == 1


def test_one_prompt_has_no_interval_and_none_is_told(
    opened: Callable[[Path], CheckpointsTab], tmp_path: Path
) -> None:
    tab = opened(study_of(tmp_path / "one.ftstudy", {"v1": "b"}))
    assert tab.ledger.headline.text() == "v1 won 100% against base."
    two = opened(study_of(tmp_path / "two.ftstudy", {"v1": "b", "v2": "a"}))
    assert two.ledger.headline.text() == (
        "No difference can be told between v1 and v2: −100.0 points, without an interval."
    )


def test_programs_have_a_chart_of_their_own(opened: Callable[[Path], CheckpointsTab], tmp_path: Path) -> None:
    path = tmp_path / "both.ftstudy"
    votes = [
        voted(f"Question {n}", rater, "b" if n else "a", b="v1", rater_kind=kind)
        for n in range(4)
        for rater, kind in (("Ada", RaterKind.HUMAN), ("judge", RaterKind.AUTOMATIC))
    ]
    with voted_study(path, votes, Random(3), START):
        pass
    tab = opened(path)
    assert tab.ledger.programs.isVisible()
    assert tab.ledger.programs.title.accessibleName() == "Win rate against base, judged by programs"
    assert [line[1] for line in table(tab)[1:]] == ["people", "programs"]


def test_where_nothing_was_judged_against_the_base_it_says_what_will_be_there(
    opened: Callable[[Path], CheckpointsTab], tmp_path: Path
) -> None:
    path = tmp_path / "apart.ftstudy"
    votes = [voted("Question 1", "Ada", "b", a="v1", b="v2"), voted("Question 1", "Ada", "b", a="v2", b="v3")]
    with voted_study(path, votes, Random(3), START) as study:
        assert study.systems()[0].name == "v1"
    tab = opened(path)
    choose_text = tab.findChild(QComboBox, "ledger_base")
    assert isinstance(choose_text, QComboBox)
    assert [choose_text.itemText(n) for n in range(choose_text.count())] == ["v1", "v2", "v3"]
    assert points(tab) == [("v2", 1.0)]


def test_studies_are_chosen_several_at_once(
    tab: CheckpointsTab, late: Path, context: PageContext, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([], ""))
    press(tab, "ledger_add", qtbot)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(late)], ""))
    press(tab, "ledger_add", qtbot)
    settle(context, qtbot)
    assert len(points(tab)) == 3


def drop(tab: CheckpointsTab, *paths: Path) -> bool:
    """Drop files; whether they were taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left, none = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter_event = QDragEnterEvent(QPoint(9, 9), copy, data, left, none)
    enter_event.ignore()
    tab.dragEnterEvent(enter_event)
    if enter_event.isAccepted():
        tab.dropEvent(QDropEvent(QPointF(9, 9), copy, data, left, none))
    return enter_event.isAccepted()


def test_studies_and_a_gate_can_be_dropped(
    tab: CheckpointsTab, late: Path, gate: Path, context: PageContext, qtbot: QtBot
) -> None:
    assert not drop(tab, late.with_suffix(".txt"))
    assert drop(tab, late, gate)
    settle(context, qtbot)
    assert len(points(tab)) == 3
    assert "Not ready" in visible_text(tab)


def test_reading_can_be_cancelled_and_all_is_as_before(
    tab: CheckpointsTab, late: Path, context: PageContext, qtbot: QtBot
) -> None:
    release = hold_thread(context)
    tab.ledger.add([late])
    qtbot.waitUntil(lambda: tab.ledger.work.isVisible())
    assert "Waiting…" in visible_text(tab)
    QTest.mouseClick(tab.ledger.work.cancel, Qt.MouseButton.LeftButton)
    release()
    settle(context, qtbot)
    assert not tab.ledger.work.isVisible()
    assert len(points(tab)) == 2


def hold_thread(context: PageContext) -> Callable[[], None]:
    """Keep the study's thread busy until the answer is called."""
    import threading

    free = threading.Event()
    context.tasks.call(lambda: free.wait(20), lambda _: None)
    return free.set


def test_what_is_begun_while_another_is_read_is_not_lost(
    tab: CheckpointsTab, late: Path, tmp_path: Path, context: PageContext, qtbot: QtBot
) -> None:
    other = study_of(tmp_path / "other.ftstudy", {"step-4k": LATE})
    release = hold_thread(context)
    tab.ledger.add([late])
    tab.ledger.add([other])
    release()
    settle(context, qtbot)
    assert [name for name, _ in points(tab)] == ["step-500", "step-1k", "step-2k", "step-4k"]


def test_reading_stops_while_nobody_looks_and_goes_on_after(
    tab: CheckpointsTab, late: Path, context: PageContext, qtbot: QtBot
) -> None:
    page = tab.window()
    assert isinstance(page, ResultsPage)
    release = hold_thread(context)
    tab.ledger.add([late])
    page.tabs.choose("overview")
    assert not tab.ledger.work.running
    release()
    settle(context, qtbot)
    assert len(points(tab)) == 2
    page.tabs.choose("checkpoints")
    settle(context, qtbot)
    assert len(points(tab)) == 3


def test_the_table_is_copied_and_the_ledger_saved(
    tab: CheckpointsTab,
    tmp_path: Path,
    context: PageContext,
    qtbot: QtBot,
    bar: RecordingBar,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    press(tab, "ledger_copy", qtbot)
    titles, first, second = QGuiApplication.clipboard().text().splitlines()
    assert titles.split("\t")[:2] == ["Checkpoint", "Prompts"]
    assert first.split("\t")[:5] == ["step-500", "10", "20", "2", "0.5"]
    assert second.split("\t")[-3:] == ["0.0", "−65.8 to 65.8", "unclear"]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "ledger"), ""))
    press(tab, "ledger_save", qtbot)
    settle(context, qtbot)
    document = json.loads((tmp_path / "ledger.json").read_text(encoding="utf-8"))
    assert [row["system"] for row in document["checkpoints"]] == ["step-500", "step-1k"]
    assert bar.good == ["Copied as tab-separated text", "Saved ledger.json"]
    for suffix, start in (("png", b"\x89PNG"), ("svg", b"<?xml")):
        tab.ledger.chart.save(tmp_path / f"chart.{suffix}")
        assert (tmp_path / f"chart.{suffix}").read_bytes().startswith(start)


def test_each_figure_says_how_it_is_computed(tab: CheckpointsTab, qtbot: QtBot) -> None:
    told: list[Explanation] = []
    tab.explained.connect(told.append)
    press(tab, "how_ledger", qtbot)
    assert told[0].title == "Checkpoints"
    grid = tab.ledger.table.table
    grid.select(1)
    QTest.keyClick(grid.view, Qt.Key.Key_Return)
    assert told[1].title == "Win rate of step-1k"
    assert any("Mean over 10 shared prompts" in paragraph for paragraph in told[1].paragraphs)
    assert told[1].method == "two-way cluster t; paired two-way cluster t"


# --- the gate ------------------------------------------------------------------------------------


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    path = tmp_path / "release.toml"
    path.write_text('system = "step-1k"\nmin_prompts = 10\nmin_win_rate = 0.5\n', encoding="utf-8")
    return path


def verdict(tab: CheckpointsTab) -> str:
    line = tab.findChild(QLabel, "gate_verdict")
    assert isinstance(line, QLabel)
    assert line.isVisible()
    return line.text()


def hold(tab: CheckpointsTab, path: Path, context: PageContext, qtbot: QtBot) -> None:
    tab.gate.choose(path)
    settle(context, qtbot)


def test_before_a_gate_is_chosen_it_says_what_one_is(tab: CheckpointsTab) -> None:
    assert "A gate is a small file of conditions" in visible_text(tab)
    assert "Ready to release" not in visible_text(tab)


def test_the_conditions_are_told_one_by_one(
    tab: CheckpointsTab, gate: Path, context: PageContext, qtbot: QtBot
) -> None:
    hold(tab, gate, context, qtbot)
    assert verdict(tab) == "Not ready: 1 of 2 conditions does not hold."
    said = visible_text(tab)
    assert "holds\nThe number of prompts judged is 10; the gate wants at least 10." in said
    assert "does not hold\nThe lower end of the win rate of step-1k over base" in said
    assert "step-1k against base, by release.toml" in said


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("min_prompts = 10", "Ready to release: 1 condition holds."),
        ("min_prompts = 10\nmin_raters = 2", "Ready to release: all 2 conditions hold."),
        ("min_prompts = 11", "Not ready: the condition does not hold."),
        ("min_prompts = 11\nmin_raters = 3", "Not ready: 2 of 2 conditions do not hold."),
    ],
)
def test_the_verdict_is_one_line(
    tab: CheckpointsTab, tmp_path: Path, context: PageContext, qtbot: QtBot, text: str, line: str
) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(f'system = "step-1k"\n{text}\n', encoding="utf-8")
    hold(tab, path, context, qtbot)
    assert verdict(tab) == line


def test_the_system_can_be_chosen_where_there_are_several(
    tab: CheckpointsTab, tmp_path: Path, context: PageContext, qtbot: QtBot, bar: RecordingBar
) -> None:
    path = tmp_path / "gate.toml"
    path.write_text("min_prompts = 10\n", encoding="utf-8")
    hold(tab, path, context, qtbot)
    assert [error.how for error in bar.errors] == [
        "Choose the system beside the file's name, or write system = “…” and against = “…” in the file."
    ]
    choose(tab, "gate_system", "step-500", context, qtbot)
    assert verdict(tab).startswith("Ready to release")
    assert "step-500 against base" in visible_text(tab)


def test_a_gate_is_held_again_and_a_wrong_one_told(
    tab: CheckpointsTab, gate: Path, context: PageContext, qtbot: QtBot, bar: RecordingBar
) -> None:
    hold(tab, gate, context, qtbot)
    gate.write_text('system = "step-1k"\nmin_win_rate = 0.05\n', encoding="utf-8")
    press(tab, "gate_apply", qtbot)
    settle(context, qtbot)
    assert verdict(tab) == "Not ready: the condition does not hold."
    gate.write_text("min_winrate = 0.1\n", encoding="utf-8")
    press(tab, "gate_apply", qtbot)
    settle(context, qtbot)
    assert [error.code for error in bar.errors] == ["gate-file"]
    gate.write_text("", encoding="utf-8")
    press(tab, "gate_apply", qtbot)
    settle(context, qtbot)
    assert bar.errors[-1].how == "Write at least one into the file, such as min_win_rate = 0.5."
    assert "Gate file: release.toml" in visible_text(tab)
    assert tab.findChild(QLabel, "gate_verdict") is None


def test_the_study_remembers_its_gate_and_asks_to_hold_it_anew(
    opened: Callable[[Path], CheckpointsTab],
    early: Path,
    gate: Path,
    context: PageContext,
    qtbot: QtBot,
) -> None:
    hold(opened(early), gate, context, qtbot)
    again = opened(early)
    assert "Gate file: release.toml" in visible_text(again)
    press(again, "gate_apply", qtbot)
    settle(context, qtbot)
    assert verdict(again) == "Not ready: 1 of 2 conditions does not hold."


def test_what_was_found_is_saved_for_programs(
    tab: CheckpointsTab,
    gate: Path,
    tmp_path: Path,
    context: PageContext,
    qtbot: QtBot,
    bar: RecordingBar,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hold(tab, gate, context, qtbot)
    for button, file in (("gate_json", "found"), ("gate_junit", "found.xml")):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, file=file: (str(tmp_path / file), ""))
        press(tab, button, qtbot)
    settle(context, qtbot)
    document = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert [each["holds"] for each in document["studies"][0]["conditions"]] == [True, False]
    root = ElementTree.parse(tmp_path / "found.xml").getroot()
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    assert bar.good == ["Saved found.json", "Saved found.xml"]
    tab.gate.save_json(tmp_path / "no folder" / "found.json")
    settle(context, qtbot)
    assert isinstance(bar.errors[0], UserError)


def test_an_example_is_written_and_not_taken_at_once(
    tab: CheckpointsTab,
    tmp_path: Path,
    context: PageContext,
    qtbot: QtBot,
    bar: RecordingBar,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    press(tab, "gate_example", qtbot)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    press(tab, "gate_example", qtbot)
    settle(context, qtbot)
    assert read_gate_file(tmp_path / "mine.toml").asks
    assert bar.good == ["Wrote mine.toml. Change what it asks for, then choose it here."]
    assert "A gate is a small file of conditions" in visible_text(tab)


def test_a_gate_is_chosen_by_the_dialog_and_can_be_cancelled(
    tab: CheckpointsTab, gate: Path, context: PageContext, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = hold_thread(context)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(gate), ""))
    press(tab, "gate_choose", qtbot)
    qtbot.waitUntil(lambda: tab.gate.work.isVisible())
    assert "Holding the study to release.toml" in visible_text(tab)
    QTest.mouseClick(tab.gate.work.cancel, Qt.MouseButton.LeftButton)
    release()
    settle(context, qtbot)
    assert "Gate file: release.toml" in visible_text(tab)
    assert tab.findChild(QLabel, "gate_verdict") is None


def test_how_a_gate_is_held_is_told(tab: CheckpointsTab) -> None:
    told: list[Explanation] = []
    tab.explained.connect(told.append)
    buttons = [w for w in tab.gate.findChildren(QLabel)]
    assert buttons
    how = next(
        b
        for b in tab.gate.findChildren(type(tab.gate.choose_button).__mro__[1])
        if "Release gate" in b.accessibleName()
    )
    QTest.mouseClick(how, Qt.MouseButton.LeftButton)
    assert told[0].title == "Release gate"


# --- while it is blinded -------------------------------------------------------------------------


def test_while_blinded_nothing_names_a_system_and_the_gate_tells_what_it_may(
    opened: Callable[[Path], CheckpointsTab],
    tmp_path: Path,
    late: Path,
    context: PageContext,
    qtbot: QtBot,
) -> None:
    tab = opened(judged_study(tmp_path / "blinded.ftstudy", unblinded=False))
    assert not tab.ledger.isVisible()
    assert "After unblinding you will see here the win rate of each checkpoint" in visible_text(tab)
    assert not drop(tab, late)
    path = tmp_path / "gate.toml"
    path.write_text("unblinded = true\nmin_win_rate = 0.5\nmin_judgments = 2\n", encoding="utf-8")
    assert drop(tab, path)
    settle(context, qtbot)
    assert verdict(tab) == "Not ready: 2 of 3 conditions do not hold."
    assert "By gate.toml; systems are named after unblinding." in visible_text(tab)
    said = every_word(tab)
    assert "acme" not in said.replace("acme.ftstudy", "")


def test_after_unblinding_the_ledger_is_there(
    opened: Callable[[Path], CheckpointsTab], tmp_path: Path, context: PageContext, qtbot: QtBot
) -> None:
    path = judged_study(tmp_path / "blinded.ftstudy", unblinded=False)
    tab = opened(path)
    context.tasks.run(lambda study: study.unblind("done", now=START + timedelta(days=1)), lambda _: None)
    page = tab.window()
    assert isinstance(page, ResultsPage)
    page.enter()
    settle(context, qtbot)
    settle(context, qtbot)
    assert tab.ledger.isVisible()
    assert points(tab) == [("acme-tuned", 0.75)]


def test_the_page_is_left_while_a_study_is_read(
    context: PageContext, early: Path, late: Path, qtbot: QtBot
) -> None:
    page = enter(ResultsPage(context), context, qtbot, early)
    page.tabs.choose("checkpoints")
    settle(context, qtbot)
    tab = page.findChild(CheckpointsTab)
    assert isinstance(tab, CheckpointsTab)
    release = hold_thread(context)
    tab.ledger.add([late])
    page.hide()
    release()
    open_in(context.tasks, late, qtbot)
    settle(context, qtbot)
    assert not tab.ledger.work.running
