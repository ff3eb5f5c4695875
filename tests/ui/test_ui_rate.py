"""The rating page on a real study, by real key events."""

from __future__ import annotations

import ast
import dataclasses
import time
import typing
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

import ftcompare.ui.pages.rate as rate_module
from ftcompare.app.commands import effective_keys
from ftcompare.app.rating import DeskView
from ftcompare.core.blinding import BlindItem
from ftcompare.core.errors import EnvironmentFault
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    AllocationId,
    Draft,
    EventKind,
    JudgedRow,
    Message,
    System,
    SystemSpec,
)
from ftcompare.store.study_file import StudyFile
from ftcompare.ui.pages.rate import RatePage
from ftcompare.ui.pages.rate_clock import IDLE_AFTER, ActiveClock
from ftcompare.ui.pages.rate_port import Act, RatePreferences, RatingPort
from ftcompare.ui.pages.rate_state import State
from ftcompare.ui.pages.rate_words import answers, key_words, left_words, progress_words
from ftcompare.ui.rating_desk import DeskLink
from ftcompare.ui.tasks import StudyTasks
from ftcompare.ui.theme import Theme
from tests.ui.conftest import START, make_study, open_in

PAGES = Path(rate_module.__file__).parent


class Clock:
    """A monotonic time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A rating page at work on a study."""

    def __init__(self, theme: Theme, tasks: StudyTasks, qtbot: QtBot, **preferences: object) -> None:
        chosen: dict[str, object] = {"rater": "Ada", "reading_moment": 0.0, "keys": effective_keys({})}
        self.qtbot = qtbot
        self.tasks = tasks
        self.port = RatingPort()
        self.clock = Clock()
        self.raters: list[str] = []
        self.went: list[str] = []
        self.time = START + timedelta(hours=1)
        self.page = RatePage(theme, self.port, RatePreferences(**(chosen | preferences)), self.clock)  # type: ignore[arg-type]
        self.link = DeskLink(
            self.port,
            tasks,
            clock=self._tick,
            rng=Random(7),
            remember_rater=self.raters.append,
            parent=self.page,
        )
        self.port.setParent(self.page)
        self.port.go.connect(self.went.append)
        qtbot.addWidget(self.page)
        self.page.resize(1280, 720)
        with qtbot.waitActive(self.page):
            self.page.show()
            self.page.activateWindow()

    def _tick(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def until(self, *states: State) -> None:
        self.qtbot.waitUntil(lambda: self.page.state in states, timeout=5000)

    def start(self) -> Bench:
        self.page.enter()
        self.until(State.READY, State.DONE)
        return self

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is, as a person does."""
        QTest.keyClick(QApplication.focusWidget() or self.page, key, modifier)

    def judge(self, key: Qt.Key = Qt.Key.Key_Left) -> None:
        """Press an answer and wait for the next pair, or the end."""
        before = self.position
        self.key(key)
        self.qtbot.waitUntil(lambda: self.page.state in (State.READY, State.DONE) and self.position != before)

    @property
    def position(self) -> int:
        view = self.page._shown
        assert view is not None
        return view.judged + view.skipped

    @property
    def item(self) -> BlindItem:
        view = self.page._shown
        assert view is not None
        assert view.item is not None
        return view.item

    def at(self, position: int) -> None:
        """Wait until so many pairs are done and the next one is open."""
        self.qtbot.waitUntil(lambda: self.position == position and self.page.state is State.READY)

    @property
    def ended(self) -> bool:
        return self.page.state is State.DONE

    def stored(self, read: Callable[[StudyFile], typing.Any]) -> typing.Any:
        found: list[typing.Any] = []
        self.tasks.run(read, found.append)
        self.qtbot.waitUntil(lambda: bool(found))
        return found[0]

    def rows(self) -> list[JudgedRow]:
        return list(self.stored(lambda study: list(study.judged_rows())))

    def words(self, name: str) -> str:
        found = self.page.findChild(QLabel, name)
        assert isinstance(found, QLabel)
        return found.text()

    def click(self, name: str) -> None:
        found = self.page.findChild(QPushButton, name)
        assert isinstance(found, QPushButton), name
        assert found.isVisible(), name
        QTest.mouseClick(found, Qt.MouseButton.LeftButton)


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(theme: Theme, tasks: StudyTasks, qtbot: QtBot) -> Iterator[MakeBench]:
    made: list[Bench] = []

    def make(path: Path, **preferences: object) -> Bench:
        tasks.close_study()
        open_in(tasks, path, qtbot)
        made.append(Bench(theme, tasks, qtbot, **preferences))
        return made[-1]

    yield make
    for bench in made:
        bench.page.forget()
        bench.page.close()


@pytest.fixture
def bench(make_bench: MakeBench, study_path: Path) -> Bench:
    return make_bench(study_path).start()


# Blinding.


ALLOWED = {
    "ftcompare.app.commands": None,
    "ftcompare.app.rating": {"DeskView", "SKIP_REASONS", "UNBLINDED"},
    "ftcompare.core.blinding": {"BlindItem"},
    "ftcompare.core.errors": {"FTCompareError"},
    "ftcompare.core.scale": None,
    "ftcompare.core.study": {"AllocationId", "Draft", "Message", "Verdict"},
    "ftcompare.ui": {"safe_text"},
    "ftcompare.ui.icons": None,
    "ftcompare.ui.page": None,
    "ftcompare.ui.theme": None,
    "ftcompare.ui.widgets.basics": None,
    "ftcompare.ui.widgets.flow": None,
    "ftcompare.ui.widgets.response_text": None,
}


@pytest.mark.parametrize("path", sorted(PAGES.glob("rate*.py")), ids=lambda p: p.name)
def test_no_part_of_the_page_imports_what_could_reach_a_system(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not [a.name for a in node.names if a.name.startswith("ftcompare")]
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ftcompare"):
            module = node.module or ""
            if module.startswith("ftcompare.ui.pages.rate"):
                continue
            assert module in ALLOWED, module
            names = ALLOWED[module]
            assert names is None or {a.name for a in node.names} <= names, module


def held_types(kind: object, seen: set[object]) -> set[object]:
    """Every type that a value of a type can hold."""
    for part in typing.get_args(kind):
        held_types(part, seen)
    if isinstance(kind, typing.NewType):
        held_types(kind.__supertype__, seen)
    if isinstance(kind, type) and kind not in seen:
        seen.add(kind)
        if dataclasses.is_dataclass(kind):
            for hint in typing.get_type_hints(kind).values():
                held_types(hint, seen)
    return seen


def test_a_view_can_hold_no_system() -> None:
    held = held_types(DeskView, set())
    assert {BlindItem, Scale, Draft, Message} <= held
    assert not {System, SystemSpec, JudgedRow, StudyFile} & held
    assert {t for t in held if dataclasses.is_dataclass(t)} == {DeskView, BlindItem, Scale, Draft, Message}


def test_left_and_right_differ_in_nothing_but_their_place(bench: Bench) -> None:
    bench.page.view.pair.left.text.set_text("the same words", markdown=False)
    bench.page.view.pair.right.text.set_text("the same words", markdown=False)
    left, right = bench.page.view.pair.left, bench.page.view.pair.right
    assert left.size() == right.size()
    # The titles differ by intent; everything below them must be the same picture.
    top = left.text.geometry().top()
    assert left.grab().toImage().copy(
        0, top, left.width(), left.height() - top
    ) == right.grab().toImage().copy(0, top, right.width(), right.height() - top)


def test_nothing_on_the_page_names_a_system(bench: Bench) -> None:
    said = []
    for widget in (bench.page, *bench.page.findChildren(QWidget)):
        said += [
            widget.accessibleName(),
            widget.accessibleDescription(),
            widget.toolTip(),
            widget.objectName(),
        ]
        if isinstance(widget, QLabel | QPushButton):
            said.append(widget.text())
    everything = " ".join(said).casefold()
    assert "base" not in everything
    assert "system x" not in everything
    assert "adapter" not in everything


# Judging.


@pytest.mark.parametrize(
    ("key", "choice"),
    [
        (Qt.Key.Key_Left, Choice.LEFT),
        (Qt.Key.Key_Right, Choice.RIGHT),
        (Qt.Key.Key_Down, Choice.TIE),
        (Qt.Key.Key_Up, Choice.BOTH_BAD),
    ],
)
def test_an_arrow_stores_an_answer(bench: Bench, key: Qt.Key, choice: Choice) -> None:
    item = bench.item
    bench.judge(key)
    row = bench.rows()[-1]
    assert row.allocation == item.allocation
    texts = {"a": row.comparison.a.text, "b": row.comparison.b.text}
    assert texts[row.left] == item.left
    wanted = {Choice.LEFT: row.left, Choice.RIGHT: "a" if row.left == "b" else "b"}
    assert row.choice == wanted.get(choice, choice.value)
    assert row.strength is None
    assert bench.words("progress_words").startswith("8 of 12")


def test_buttons_do_what_keys_do(bench: Bench) -> None:
    for name in ("rate.left", "rate.both_bad", "rate.tie", "rate.right"):
        before = bench.position
        bench.click(name)
        bench.at(before + 1)
    assert [r.choice for r in bench.rows()[-3:-1]] == ["both_bad", "tie"]


def test_strengths_by_shift_where_the_scale_has_them(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(make_study(tmp_path / "s.ftstudy", judged=0, scale=Scale(strengths=2))).start()
    bench.judge(Qt.Key.Key_Left)
    before = bench.position
    bench.key(Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    bench.at(before + 1)
    assert [r.strength for r in bench.rows()] == [1, 2]
    assert bench.page.findChild(QPushButton, "rate.left_much") is not None


def test_shift_does_nothing_where_the_scale_has_one_strength(bench: Bench) -> None:
    bench.key(Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert bench.page.state is State.READY
    assert bench.page.findChild(QPushButton, "rate.left_much") is None


def test_three_strengths_each_have_a_key() -> None:
    offered = answers(Scale(strengths=3))
    assert [a.strength for a in offered] == [3, 2, 1, None, None, 1, 2, 3]
    assert all(effective_keys({})[a.command] for a in offered)


def test_an_answer_counts_only_after_the_reading_moment(make_bench: MakeBench, study_path: Path) -> None:
    bench = make_bench(study_path, reading_moment=0.4)
    bench.page.enter()
    bench.until(State.READING)
    bench.key(Qt.Key.Key_Left)
    bench.click("rate.right")
    assert bench.page.state is State.READING
    button = bench.page.findChild(QPushButton, "rate.left")
    assert isinstance(button, QPushButton)
    assert button.property("open") == "false"
    bench.until(State.READY)
    assert button.property("open") == "true"
    assert len(bench.rows()) == 6
    bench.key(Qt.Key.Key_Left)
    bench.at(7)


def test_a_second_press_while_the_pair_changes_does_nothing(bench: Bench) -> None:
    bench.key(Qt.Key.Key_Left)
    assert bench.page.state is State.SUBMITTING
    bench.key(Qt.Key.Key_Right)
    bench.key(Qt.Key.Key_S)
    bench.until(State.READY)
    bench.stored(lambda study: study.counts())
    assert len(bench.rows()) == 7


def test_a_held_key_counts_once(bench: Bench) -> None:
    for action in bench.page.actions_by_id.values():
        assert not action.autoRepeat()
    held = QKeyEvent(
        QEvent.Type.KeyPress, Qt.Key.Key_1, Qt.KeyboardModifier.NoModifier, "1", autorep=True, count=1
    )
    bench.key(Qt.Key.Key_S)
    QApplication.sendEvent(bench.page.view.skip, held)
    assert bench.page.state is State.READY
    assert len(bench.rows()) == 6


def test_saved_is_said_only_after_the_commit(bench: Bench) -> None:
    saved = bench.page.view.tools.saved
    assert not saved.isVisible()
    bench.key(Qt.Key.Key_Left)
    assert bench.page.state is State.SUBMITTING
    assert not saved.isVisible()
    bench.until(State.READY)
    assert saved.isVisible()
    assert len(bench.rows()) == 7


def test_a_failure_keeps_the_pair_and_retry_stores_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = EnvironmentFault("The disk is full.", where="review.ftstudy", how="Free some space.")
    item = bench.item

    def fails(*_args: object, **_kwargs: object) -> None:
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(StudyFile, "judge", fails)
        bench.key(Qt.Key.Key_Left)
        bench.qtbot.waitUntil(bench.page.view.failure.isVisible)
    assert bench.item == item
    assert not bench.page.view.tools.saved.isVisible()
    told = bench.words("failure_words")
    assert "not saved" in told
    assert "The disk is full." in told
    assert "Free some space." in told
    assert len(bench.rows()) == 6
    bench.click("failure_first")
    bench.at(7)
    assert not bench.page.view.failure.isVisible()
    assert bench.rows()[-1].allocation == item.allocation


# Undo, skip, comment, flag.


def test_undo_goes_back_without_limit_also_after_a_restart(
    bench: Bench, make_bench: MakeBench, study_path: Path
) -> None:
    first = bench.item
    bench.judge(Qt.Key.Key_Left)
    bench.judge(Qt.Key.Key_Down)
    assert "About equal" in bench.page.actions_by_id["rate.undo"].text()
    bench.page.leave()
    bench.page.close()
    again = make_bench(study_path).start()
    for left in (7, 6):
        again.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        again.at(left)
    assert again.item.allocation == first.allocation
    for left in range(5, -1, -1):
        again.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        again.at(left)
    assert not again.page.actions_by_id["rate.undo"].isEnabled()
    assert again.rows() == []


def test_a_comment_is_written_kept_as_a_draft_and_submitted(bench: Bench) -> None:
    bench.key(Qt.Key.Key_C)
    assert QApplication.focusWidget() is bench.page.view.comment.field
    QTest.keyClicks(bench.page.view.comment.field, "csf? fine")
    assert bench.page.state is State.READY
    bench.qtbot.waitUntil(
        lambda: bench.stored(lambda study: study.next_item(study.raters()[0].id)).draft.comment == "csf? fine"
    )
    bench.key(Qt.Key.Key_Escape)
    assert not bench.page.view.comment.isVisible()
    assert bench.page.state is State.READY
    bench.judge()
    assert bench.rows()[-1].comment == "csf? fine"


def test_ctrl_enter_returns_to_the_pair_too(bench: Bench) -> None:
    bench.click("rate.comment")
    QTest.keyClicks(bench.page.view.comment.field, "two words")
    bench.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert not bench.page.view.comment.isVisible()
    bench.judge()
    assert bench.rows()[-1].comment == "two words"


def test_a_comment_typed_and_not_submitted_survives_leaving(
    bench: Bench, make_bench: MakeBench, study_path: Path
) -> None:
    bench.key(Qt.Key.Key_C)
    QTest.keyClicks(bench.page.view.comment.field, "unfinished")
    bench.page.leave()
    again = make_bench(study_path).start()
    assert again.item.draft.comment == "unfinished"
    assert again.page.view.comment.field.toPlainText() == "unfinished"


def test_a_flag_is_stored_at_once_and_submitted(bench: Bench) -> None:
    bench.key(Qt.Key.Key_F)
    assert bench.stored(lambda study: study.next_item(study.raters()[0].id)).draft.flagged
    bench.judge()
    assert bench.rows()[-1].flagged
    assert not bench.page._drafts.draft.flagged


def test_undo_brings_comment_and_flag_back(bench: Bench) -> None:
    bench.key(Qt.Key.Key_F)
    bench.key(Qt.Key.Key_C)
    QTest.keyClicks(bench.page.view.comment.field, "why")
    bench.key(Qt.Key.Key_Escape)
    bench.judge()
    bench.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    bench.at(6)
    assert bench.item.draft == Draft("why", flagged=True)
    assert bench.page.view.comment.field.toPlainText() == "why"


def test_a_pair_is_skipped_with_a_reason_and_comes_back_at_the_end(bench: Bench) -> None:
    skipped = bench.item.allocation
    bench.key(Qt.Key.Key_S)
    assert bench.page.view.skip.isVisible()
    bench.key(Qt.Key.Key_Left)
    assert bench.page.state is State.READY
    bench.key(Qt.Key.Key_2)
    bench.at(7)
    events = bench.stored(lambda study: list(study.events(study.raters()[0].id)))
    assert events[-1].kind is EventKind.SKIP
    assert events[-1].reason == "The prompt is unclear"
    while not bench.ended:
        bench.judge()
    assert "11 pairs judged, 1 skipped" in bench.words("done_counts")
    bench.click("return_to_skipped")
    bench.until(State.READY)
    assert bench.item.allocation == skipped
    bench.judge()
    assert bench.ended


def test_escape_leaves_the_reasons(bench: Bench) -> None:
    bench.key(Qt.Key.Key_S)
    bench.key(Qt.Key.Key_Escape)
    assert not bench.page.view.skip.isVisible()
    assert bench.page.state is State.READY
    bench.judge()


# Pause, keys, end.


def test_pause_shows_own_counts_and_space_goes_on(bench: Bench) -> None:
    bench.key(Qt.Key.Key_Escape)
    assert bench.page.state is State.PAUSED
    assert "6 pairs of 12" in bench.words("pause_counts")
    bench.key(Qt.Key.Key_Left)
    assert bench.page.state is State.PAUSED
    bench.key(Qt.Key.Key_Space)
    bench.until(State.READY)
    assert len(bench.rows()) == 6


def test_all_keys_are_listed_and_any_key_goes_back(bench: Bench) -> None:
    bench.key(Qt.Key.Key_Question)
    listed = " ".join(w.text() for w in bench.page.view.all_keys.findChildren(QLabel))
    assert bench.page.view.all_keys.isVisible()
    assert "Left is better" in listed
    assert "much better" not in listed
    bench.key(Qt.Key.Key_Escape)
    assert bench.page.view.pair.isVisible()
    bench.judge()


def test_the_end_thanks_and_leads_on(bench: Bench) -> None:
    while not bench.ended:
        bench.judge()
    assert "Thank you, Ada" in bench.words("done_title")
    assert "12 pairs judged, none skipped" in bench.words("done_counts")
    bench.click("done_results")
    bench.click("done_export")
    assert bench.went == ["page.results", "page.export"]
    bench.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    bench.until(State.READY)
    assert bench.position == 11


def test_where_nothing_can_be_rated_the_way_to_pairs_is_offered(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    bench = make_bench(make_study(tmp_path / "empty.ftstudy", judged=0, pairs=0)).start()
    QTest.mouseClick(bench.page.view.empty.button, Qt.MouseButton.LeftButton)
    assert bench.went == ["page.generate"]


# Who rates.


def test_a_new_rater_is_asked_once(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(make_study(tmp_path / "s.ftstudy", judged=0), rater="")
    bench.page.enter()
    bench.qtbot.waitUntil(bench.page.view.who.isVisible)
    assert not bench.page.view.who.start.isEnabled()
    QTest.keyClicks(bench.page.view.who.name, "  Bo ")
    bench.key(Qt.Key.Key_Return)
    bench.until(State.READY)
    assert bench.raters == ["Bo"]
    bench.page.leave()
    bench.page.enter()
    bench.until(State.READY)
    assert [r.name for r in bench.stored(lambda study: study.raters())] == ["Bo"]


def test_another_rater_begins_a_row_of_their_own(bench: Bench) -> None:
    bench.click("rater_shown")
    bench.qtbot.waitUntil(bench.page.view.who.isVisible)
    assert [b.text() for b in bench.page.view.who._known] == ["Ada"]
    QTest.keyClicks(bench.page.view.who.name, "Cleo")
    bench.click("rater_start")
    bench.until(State.READY)
    assert bench.position == 0
    bench.click("rater_shown")
    bench.qtbot.waitUntil(bench.page.view.who.isVisible)
    bench.page.view.who._known[0].setChecked(True)
    bench.click("rater_start")
    bench.until(State.READY)
    assert bench.position == 6


# Text.


def show(bench: Bench, left: str, right: str, *messages: Message, notice: str = "") -> None:
    item = BlindItem(AllocationId(900), messages or (Message("user", "Why?"),), left, right)
    view = DeskView("Review", notice, Scale(), item, None, 17, 120, 16, 0, 1440.0, "Skip")
    bench.port.shown.emit(view, Act.UNDO)
    bench.until(State.READY)


def test_long_texts_scroll_together_or_apart(bench: Bench) -> None:
    show(bench, "words " * 3000, "other " * 3000)
    left, right = bench.page.view.pair._bars()
    bench.key(Qt.Key.Key_PageDown)
    assert left.value() == right.value() > 0
    bench.key(Qt.Key.Key_Space)
    further = left.value()
    bench.key(Qt.Key.Key_PageUp)
    assert 0 < left.value() < further
    bench.click("rate.link")
    right.setValue(0)
    assert left.value() > 0
    bench.click("rate.link")
    right.setValue(40)
    assert left.value() == 40


def test_the_next_pair_begins_at_its_top(bench: Bench) -> None:
    show(bench, "words " * 3000, "other " * 3000)
    bench.key(Qt.Key.Key_PageDown)
    show(bench, "again " * 3000, "other " * 3000)
    assert [bar.value() for bar in bench.page.view.pair._bars()] == [0, 0]


def test_markdown_and_plain_text(bench: Bench) -> None:
    chosen: list[bool] = []
    bench.port.prefer_markdown.connect(chosen.append)
    show(bench, "**bold**", "plain")
    view = bench.page.view.pair.left.text.view
    assert view.document().begin().text() == "bold"
    bench.key(Qt.Key.Key_M)
    assert view.document().begin().text() == "**bold**"
    bench.click("rate.markdown")
    assert chosen == [False, True]


def test_turns_of_a_conversation_are_told_apart_and_fold(bench: Bench) -> None:
    turns = (Message("system", "Be careful."), Message("user", "Hello"), Message("assistant", "Yes?"),
             Message("user", "Why?"))  # fmt: skip
    show(bench, "one", "two", *turns, notice="Not advice")
    prompt = bench.page.view.pair.prompt
    block, lines = prompt.text.document().begin(), []
    while block.isValid():
        lines.append(block.text())
        block = block.next()
    assert [line for line in lines if line] == [
        "Instructions", "Be careful.", "User", "Hello", "Assistant", "Yes?", "User", "Why?",
    ]  # fmt: skip
    bench.key(Qt.Key.Key_P)
    assert prompt.folded
    assert not prompt.text.isVisible()
    assert prompt._one_line.text() == "Why?"
    bench.click("rate.prompt")
    assert prompt.text.isVisible()
    assert "Not advice" in [w.text() for w in prompt.findChildren(QLabel) if w.isVisible()]


def test_a_long_prompt_leaves_room_for_the_texts(bench: Bench) -> None:
    show(bench, "one", "two", Message("user", "line\n" * 500))
    bench.page.grab()
    assert bench.page.view.pair.prompt.height() < bench.page.height() * 0.35
    assert bench.page.view.pair.left.height() > bench.page.height() * 0.25


@pytest.mark.parametrize("zoom", [1.0, 1.5, 2.0])
def test_no_tool_is_cut_off_whatever_the_size_of_type(
    make_bench: MakeBench, study_path: Path, theme: Theme, qapp: QApplication, zoom: float
) -> None:
    bench = make_bench(study_path).start()
    theme.set_zoom(zoom)
    theme.apply(qapp)
    QTest.qWait(50)
    shown = [w for w in bench.page.findChildren(QPushButton) if w.isVisible()]
    assert len(shown) >= 13
    for button in shown:
        corner = button.mapTo(bench.page, button.rect().bottomRight())
        assert button.width() >= button.sizeHint().width() - 1, button.accessibleName()
        assert bench.page.rect().contains(corner), button.accessibleName()


# Time.


def test_idle_time_is_not_counted() -> None:
    now = Clock()
    clock = ActiveClock(now)
    clock.restart()
    now.now += 20
    clock.touch()
    assert clock.seconds == 20
    now.now += 3600
    clock.touch()
    assert clock.seconds == 20 + IDLE_AFTER
    clock.stop()
    now.now += 30
    assert clock.seconds == 20 + IDLE_AFTER
    clock.go_on()
    now.now += 5
    assert clock.seconds == 25 + IDLE_AFTER


def test_the_active_time_is_stored_without_pauses(bench: Bench) -> None:
    bench.clock.now += 10
    bench.key(Qt.Key.Key_Escape)
    bench.clock.now += 500
    bench.key(Qt.Key.Key_Space)
    bench.until(State.READY)
    bench.clock.now += 4
    bench.judge()
    assert bench.rows()[-1].seconds == pytest.approx(14.0)


def test_time_in_another_window_is_not_counted(bench: Bench) -> None:
    other = QWidget()
    bench.qtbot.addWidget(other)
    bench.clock.now += 3
    with bench.qtbot.waitActive(other):
        other.show()
        other.activateWindow()
    bench.clock.now += 40
    with bench.qtbot.waitActive(bench.page):
        bench.page.activateWindow()
    bench.clock.now += 2
    bench.judge()
    assert bench.rows()[-1].seconds == pytest.approx(5.0)


def test_a_rest_is_offered_and_can_wait(make_bench: MakeBench, study_path: Path) -> None:
    bench = make_bench(study_path, break_after=1).start()
    for _ in range(2):
        bench.clock.now += 40
        bench.judge()
    assert bench.page.view.rest.isVisible()
    bench.click("rest_second")
    assert not bench.page.view.rest.isVisible()
    bench.judge()
    assert not bench.page.view.rest.isVisible()


# Words.


def test_words_of_progress_and_keys() -> None:
    assert progress_words(17, 120, 1440) == "17 of 120  ·  about 24 min left"
    assert progress_words(1, 1200, None) == "1 of 1,200"
    assert left_words(20) == "less than a minute left"
    assert left_words(7800) == "about 2 h 10 min left"
    assert left_words(7200) == "about 2 h left"
    assert [key_words(k) for k in ("Ctrl+Z", "Shift+Left", "Ctrl++", "?")] == [
        "Ctrl Z",
        "Shift ←",
        "Ctrl +",
        "?",
    ]


def test_keys_can_be_changed(make_bench: MakeBench, study_path: Path) -> None:
    bench = make_bench(study_path, keys=effective_keys({"rate.left": "A"})).start()
    bench.key(Qt.Key.Key_Left)
    assert bench.page.state is State.READY
    bench.key(Qt.Key.Key_A)
    bench.at(7)


# Speed.


def test_the_next_pair_is_there_within_a_blink(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench(make_study(tmp_path / "large.ftstudy", judged=0, pairs=2000)).start()
    bench.page.grab()
    took = []
    for _ in range(12):
        before = bench.position
        began = time.perf_counter()
        bench.key(Qt.Key.Key_Left)
        while bench.position == before:
            QApplication.processEvents()
        bench.page.repaint()
        took.append(time.perf_counter() - began)
        bench.until(State.READY)
    assert sorted(took)[len(took) // 2] < 0.05


def test_the_answers_come_before_the_tools_for_the_tab_key(bench: Bench) -> None:
    page = bench.page
    page.view.pair.right.text.view.setFocus()
    passed: list[str] = []
    for _ in range(5):
        bench.key(Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        assert focused is not None
        passed.append(focused.objectName())
    assert passed == ["rate.left", "rate.both_bad", "rate.tie", "rate.right", "rate.comment"]


@pytest.mark.parametrize("zoom", [1.0, 1.5, 2.0])
def test_eight_answers_stay_beside_each_other_at_every_zoom(
    make_bench: MakeBench, tmp_path: Path, theme: Theme, qapp: QApplication, zoom: float
) -> None:
    theme.set_zoom(zoom)
    theme.apply(qapp)
    page = make_bench(make_study(tmp_path / "eight.ftstudy", scale=Scale(strengths=3), judged=0)).start().page
    page.resize(1280, 685)
    QApplication.processEvents()
    boxes = [button.geometry() for button in page.view.answers.buttons]
    assert len(boxes) == 8
    assert all(left.right() < right.left() for left, right in pairwise(boxes))
    assert boxes[-1].right() < page.view.answers.width()
