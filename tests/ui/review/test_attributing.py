"""The words of the prompt that selected words of an answer rest on, asked in the window."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from ftcompare.app.review.attribution import (
    Attribution,
    AttributionQuestion,
    PartContribution,
    PassageScore,
    attribution_question,
)
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    Message,
    PromptSpec,
    ResponseId,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.engine import optional_dependencies
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.marking.mark_panel import AS_WRITTEN
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.answers.attributing import STOPPING, AnswerAttributing
from ftcompare.ui.pages.review.answers.attribution_dialog import METHOD, AttributionDialog
from ftcompare.ui.pages.review.answers.tab import AnswersTab
from ftcompare.ui.pages.review.page import ANSWERS, ReviewPage
from ftcompare.ui.text.safe_document import selection
from ftcompare.ui.theme.theme import Theme
from tests.builders import answer, judge_all
from tests.ui.conftest import START, RecordingBar, open_in
from tests.ui.page_driver import enter, press, settle, visible_text

ASKED = (Message("system", "Be brief."), Message("user", "What is it?"))
ANSWER = "It is the heart of the body."


def made(
    path: Path,
    *,
    unblinded: bool = True,
    asked: tuple[Message, ...] = ASKED,
    text: str = ANSWER,
    kind: SystemKind = SystemKind.ADAPTER,
    script: str = "{}",
) -> Path:
    """A study of one prompt, answered by the base and one other system alike."""
    with StudyFile.create(path, title="Small", scale=Scale(), rng=Random(3), now=START) as study:
        other = SystemSpec("elsewhere", kind)
        if kind is SystemKind.ADAPTER:
            other = SystemSpec("cardiology", kind, script, "tuned")
        systems = [study.systems.add(one) for one in (SystemSpec("plain", SystemKind.BASE, script), other)]
        (prompt,) = study.prompts.add([PromptSpec("p", asked)])
        answer(study, prompt, (text for _ in systems))
        judge_all(study, "Ada", Verdict(Choice.LEFT), START)
        if unblinded:
            study.settings.unblind("done", now=START)
    return path


class Opener:
    """Opens a study on its answers, one of them in hand."""

    def __init__(self, context: PageContext, qtbot: QtBot) -> None:
        self.context, self._qtbot = context, qtbot
        self.pages: list[ReviewPage] = []

    def __call__(self, path: Path, row: int = 0) -> AnswersTab:
        page = enter(ReviewPage(self.context, "fake"), self.context, self._qtbot, path)
        self.pages.append(page)
        page.resize(1700, 900)
        page.tabs.setCurrentIndex(ANSWERS)
        self._qtbot.waitUntil(lambda: page.answers.model.rowCount() > row)
        page.answers.table.take_row(row)
        self._qtbot.waitUntil(lambda: page.answers.pane.answer is not None)
        settle(self.context, self._qtbot)
        return page.answers

    def ask(self, tab: AnswersTab, words: str = "heart") -> AttributionDialog:
        """Select words, press the button, wait for the dialog."""
        select(tab, words)
        press(tab, "answer_prompt_words", self._qtbot)
        self._qtbot.waitUntil(lambda: tab.attributing.dialog is not None)
        dialog = tab.attributing.dialog
        assert dialog is not None
        return dialog


@pytest.fixture
def opened(context: PageContext, qtbot: QtBot) -> Iterator[Opener]:
    opener = Opener(context, qtbot)
    yield opener
    for page in opener.pages:
        page.shut_down()


def select(tab: AnswersTab, words: str) -> None:
    start = ANSWER.index(words)
    tab.pane.text.take(start, start + len(words))


def refused(tab: AnswersTab, bar: RecordingBar, qtbot: QtBot) -> str:
    """The code of the error that the button leads to; no dialog opens."""
    press(tab, "answer_prompt_words", qtbot)
    qtbot.waitUntil(lambda: bool(bar.errors))
    assert tab.attributing.dialog is None
    return bar.errors[-1].code


def idle(attributing: AnswerAttributing) -> bool:
    return attributing.runner is not None and not attributing.runner.running


def row_of(dialog: AttributionDialog, place: int) -> list[str]:
    model = dialog.table.model
    return [str(model.data(model.index(place, column))) for column in range(model.columnCount())]


# --- from the button to the table ----------------------------------------------------------------


def test_selected_words_lead_to_a_table_of_the_prompt(tmp_path: Path, opened: Opener, qtbot: QtBot) -> None:
    path = made(tmp_path / "s.ftstudy", script=json.dumps({"failures": {"1": "The template refuses it."}}))
    tab = opened(path)
    before = path.read_bytes()
    assert "is left out in turn" in tab.attributing.button.toolTip()
    dialog = opened.ask(tab)
    assert "What “heart” rests on" in visible_text(dialog)
    assert METHOD in visible_text(dialog)
    assert dialog.close_button.text() == "Cancel"
    qtbot.waitUntil(lambda: dialog.table.isVisible())
    titles = [column.title for column in dialog.table.model.columns]
    assert titles[2:-1] == ["Word left out", "Δ log p\nplain", "Δ log p\ncardiology"]
    rows = [row_of(dialog, place) for place in range(dialog.table.model.rowCount())]
    assert [row[:3] for row in rows] == [
        ["1", "system 1", "Be"],
        ["2", "system 1", "brief"],
        ["3", "user 2", "What"],
        ["4", "user 2", "is"],
        ["5", "user 2", "it"],
    ]
    assert [row[3] for row in rows] == ["0.00", "–", "0.00", "0.00", "0.00"]
    assert {row[-1] for row in rows} == {""}  # to the scripted engine no word matters
    told = visible_text(dialog)
    assert "Under plain" in told
    assert "of 1 token, “heart”" in told
    assert "– The template refuses it." in told
    assert dialog.close_button.text() == "Close"
    press(dialog, "attribution_close", qtbot)
    assert tab.attributing.dialog is None
    assert path.read_bytes() == before
    opened.ask(tab, "body")


def test_cancel_leaves_nothing_and_the_engine_can_be_asked_again(
    tmp_path: Path, opened: Opener, qtbot: QtBot, bar: RecordingBar
) -> None:
    path = made(tmp_path / "s.ftstudy", script=json.dumps({"seconds_per_pair": 30}))
    tab = opened(path)
    before = path.read_bytes()
    dialog = opened.ask(tab)
    qtbot.waitUntil(lambda: "of 6 readings" in visible_text(dialog))
    dialog.close_button.click()
    assert tab.attributing.dialog is None
    tab.attributing.act()  # before anything is heard of the engine
    assert bar.notes == [STOPPING]
    qtbot.waitUntil(lambda: idle(tab.attributing))
    settle(opened.context, qtbot)
    assert tab.attributing.dialog is None
    assert path.read_bytes() == before
    assert bar.errors == []
    again = opened.ask(tab)
    qtbot.waitUntil(lambda: "of 6 readings" in visible_text(again))


def test_sentences_are_left_out_in_the_place_of_words_once_the_run_is_over(
    tmp_path: Path, opened: Opener, qtbot: QtBot
) -> None:
    tab = opened(made(tmp_path / "s.ftstudy"))
    select(tab, "heart")
    tab.pane.text.setFocus()
    QTest.keyClick(tab.pane.text, Qt.Key.Key_W)
    qtbot.waitUntil(lambda: tab.attributing.dialog is not None)
    dialog = tab.attributing.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.table.isVisible())
    assert dialog.kind.currentText() == "words"
    QTest.keyClick(dialog.kind, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: not dialog.table.isVisible())
    assert dialog.close_button.text() == "Cancel"
    qtbot.waitUntil(lambda: dialog.table.isVisible())
    assert dialog.table.model.columns[2].title == "Sentence left out"
    assert [row_of(dialog, place)[2] for place in range(2)] == ["Be brief.", "What is it?"]
    assert "What “heart” rests on" in visible_text(dialog)


def test_a_run_under_way_gives_way_to_another_choice(tmp_path: Path, opened: Opener, qtbot: QtBot) -> None:
    path = made(tmp_path / "s.ftstudy", script=json.dumps({"seconds_per_pair": 30}))
    tab = opened(path)
    dialog = opened.ask(tab)
    qtbot.waitUntil(lambda: "of 6 readings" in visible_text(dialog))
    QTest.keyClick(dialog.kind, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: "of 3 readings" in visible_text(dialog))
    QTest.keyClick(dialog.kind, Qt.Key.Key_Up)
    dialog.close_button.click()
    settle(opened.context, qtbot)
    qtbot.waitUntil(lambda: idle(tab.attributing))
    assert tab.attributing.dialog is None


def test_what_cannot_be_left_out_is_said_and_the_choice_goes_back(
    tmp_path: Path, opened: Opener, qtbot: QtBot
) -> None:
    asked = (Message("user", "the heart " * 250),)
    tab = opened(made(tmp_path / "s.ftstudy", asked=asked))
    dialog = opened.ask(tab)
    assert dialog.kind.currentText() == "sentences"
    qtbot.waitUntil(lambda: dialog.close_button.text() == "Close")
    QTest.keyClick(dialog.kind, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: dialog.problem.isVisible() and "words" in dialog.problem.text)
    assert dialog.kind.currentText() == "sentences"


def test_leaving_the_study_stops_the_run_and_closes_the_dialog(
    tmp_path: Path, opened: Opener, qtbot: QtBot
) -> None:
    path = made(tmp_path / "s.ftstudy", script=json.dumps({"seconds_per_pair": 30}))
    tab = opened(path)
    opened.ask(tab)
    qtbot.waitUntil(lambda: tab.attributing.runner is not None)
    opened.pages[0].shut_down()
    assert tab.attributing.dialog is None
    assert idle(tab.attributing)
    press(tab, "answer_prompt_words", qtbot)
    settle(opened.context, qtbot)
    assert tab.attributing.dialog is None


def test_a_second_press_opens_no_second_dialog(tmp_path: Path, opened: Opener, qtbot: QtBot) -> None:
    tab = opened(made(tmp_path / "s.ftstudy"))
    select(tab, "heart")
    tab.attributing.act()
    tab.attributing.act()
    qtbot.waitUntil(lambda: tab.attributing.dialog is not None)
    dialog = tab.attributing.dialog
    settle(opened.context, qtbot)
    assert tab.attributing.dialog is dialog


# --- what cannot be asked ------------------------------------------------------------------------


def test_nothing_is_asked_before_unblinding(
    tmp_path: Path, opened: Opener, qtbot: QtBot, bar: RecordingBar
) -> None:
    tab = opened(made(tmp_path / "s.ftstudy", unblinded=False))
    select(tab, "heart")
    assert refused(tab, bar, qtbot) == "still-blinded"


def test_without_words_without_a_model_or_too_long_it_is_said(
    tmp_path: Path, opened: Opener, qtbot: QtBot, bar: RecordingBar
) -> None:
    tab = opened(made(tmp_path / "none.ftstudy"))
    assert refused(tab, bar, qtbot) == "attribution-passage"
    opened.pages.pop().shut_down()
    bar.errors.clear()
    tab = opened(made(tmp_path / "imported.ftstudy", kind=SystemKind.IMPORTED), row=1)
    if tab.pane.answer is not None and tab.pane.answer.name != "elsewhere":
        tab.table.take_row(0)
        qtbot.waitUntil(lambda: tab.pane.answer is not None and tab.pane.answer.name == "elsewhere")
    assert refused(tab, bar, qtbot) == "attribution-imported"
    opened.pages.pop().shut_down()
    bar.errors.clear()
    tab = opened(made(tmp_path / "long.ftstudy", asked=(Message("user", "line\n" * 401),)))
    select(tab, "heart")
    assert refused(tab, bar, qtbot) == "attribution-too-long"


def test_a_machine_without_the_engine_is_told_how_to_get_it(
    tmp_path: Path, opened: Opener, qtbot: QtBot, bar: RecordingBar, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = opened(made(tmp_path / "s.ftstudy"))
    select(tab, "heart")
    monkeypatch.setattr(optional_dependencies, "missing_libraries", lambda _names: ("torch",))
    assert refused(tab, bar, qtbot) == "engine-missing"


def test_a_fault_of_the_engine_stands_in_the_dialog(tmp_path: Path, opened: Opener, qtbot: QtBot) -> None:
    script = json.dumps({"failures": {"whole": "It has 900 tokens."}})
    dialog = opened.ask(opened(made(tmp_path / "s.ftstudy", script=script)))
    qtbot.waitUntil(lambda: "It has 900 tokens." in visible_text(dialog))
    assert not dialog.table.isVisible()
    assert dialog.close_button.text() == "Close"


def test_what_is_not_shown_word_for_word_is_shown_as_written(
    tmp_path: Path, opened: Opener, qtbot: QtBot, bar: RecordingBar
) -> None:
    text = "| organ | place |\n|---|---|\n| heart | chest |\n\nIt is the heart of the body: $x^2$."
    tab = opened(made(tmp_path / "s.ftstudy", text=text))
    view = tab.pane.text
    for place in range(view.document().characterCount() - 1):
        view.setTextCursor(selection(view.document(), place, place + 1))
        if view.selected_span() is None:
            break
    assert view.selected_span() is None
    press(tab, "answer_prompt_words", qtbot)
    assert bar.notes == [AS_WRITTEN]
    assert tab.pane.as_written.isChecked()


# --- the table -----------------------------------------------------------------------------------


def question_of(context: PageContext, path: Path, qtbot: QtBot) -> AttributionQuestion:
    found: list[AttributionQuestion] = []
    open_in(context.tasks, path, qtbot)
    context.tasks.run(lambda study: attribution_question(study, ResponseId(1), 10, 15), found.append)
    qtbot.waitUntil(lambda: bool(found))
    return found[0]


def test_the_largest_changes_are_marked_by_words_and_shade(
    tmp_path: Path, context: PageContext, theme: Theme, qtbot: QtBot
) -> None:
    question = question_of(context, made(tmp_path / "s.ftstudy"), qtbot)
    changes = ((0.1, -0.2), (0.5, 3.5), (-1.0, 0.0), (-0.001, 1.0), (None, None))
    parts = tuple(
        PartContribution(part, "user", change) for part, change in zip(question.parts, changes, strict=True)
    )
    systems = (PassageScore("plain", False, " heart", 1, -4.25), PassageScore("cardiology", True, "x", 2, -1))
    dialog = AttributionDialog(None, theme, "cardiology", question)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.show_found(Attribution(question, ("float32",), systems, parts))
    assert [row_of(dialog, place)[3:] for place in range(5)] == [
        ["+0.10", "−0.20", ""],
        ["+0.50", "+3.50", "largest under cardiology"],
        ["−1.00", "0.00", "largest under plain"],
        ["0.00", "+1.00", ""],
        ["–", "–", ""],
    ]
    assert "Under cardiology, which wrote the answer: log p −1.00 of 2 tokens, “x”" in visible_text(dialog)
    shades = [[shade(dialog, place, column) for column in (3, 4)] for place in range(5)]
    likelier = theme.color("likelier_2").name()
    assert shades[1] == ["", theme.color("likelier_3").name()]
    assert shades[2] == [theme.color("unlikelier_1").name(), ""]
    assert shades[3][1] in (likelier, theme.color("likelier_1").name())
    assert shades[0] == shades[4] == ["", ""]
    QTest.keyClick(dialog, Qt.Key.Key_Escape)


def shade(dialog: AttributionDialog, place: int, column: int) -> str:
    """The colour behind a cell; empty for none."""
    index = dialog.table.model.index(place, column)
    option = QStyleOptionViewItem()
    delegate = dialog.table.view.itemDelegateForIndex(index)
    assert isinstance(delegate, QStyledItemDelegate)
    delegate.initStyleOption(option, index)
    brush = option.backgroundBrush
    return "" if brush.style() is Qt.BrushStyle.NoBrush else brush.color().name()


def test_seconds_left_are_told(tmp_path: Path, context: PageContext, theme: Theme, qtbot: QtBot) -> None:
    from ftcompare.app.generate.engine_run import GenerationProgress

    dialog = AttributionDialog(
        None, theme, "plain", question_of(context, made(tmp_path / "s.ftstudy"), qtbot)
    )
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.show_progress(GenerationProgress(done=2, failed=1, total=6, seconds_left=30.0))
    assert "3 of 6 readings · less than a minute left" in visible_text(dialog)
    dialog.close()
