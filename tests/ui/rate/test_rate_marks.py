"""Errors marked in a pack by keyboard, once everything is judged; merged into its study."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from ftcompare.app.raters.packs import make_pack
from ftcompare.app.review.marks import study_marks
from ftcompare.app.review.pack_marks import PackMarks, marks_in_pack, pairs_to_mark
from ftcompare.core.error_scheme import ErrorScheme, ErrorType, Severity
from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.pack.pack_file import PackFile
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.marking.mark_panel import AS_WRITTEN, NO_WORDS
from ftcompare.ui.pages.rate.marking_screen import HOW, MarkingScreen
from ftcompare.ui.pages.rate.state import RateState
from tests.builders import present
from tests.context_studies import BEDS, context_study
from tests.graded_studies import graded_study
from tests.ui.conftest import START
from tests.ui.page_driver import child, visible_text
from tests.ui.rate.conftest import Bench, MakeBench, make_rated
from tests.ui.rate.sample_texts import pair_study

Key = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LATER = START + timedelta(minutes=1)


def packed(path: Path, *, marks: bool = True, scheme: ErrorScheme | None = None) -> Path:
    """Cleo's pack of a study."""
    with StudyFile.open(path, now=START) as study:
        if scheme is not None:
            study.error_schemes.set(scheme, now=START)
        made = make_pack(study, path.with_suffix(".ftpack"), "Cleo", rng=Random(3), now=LATER, marks=marks)
    return made.made.path


@pytest.fixture
def study_path(tmp_path: Path) -> Path:
    return make_rated(tmp_path / "study.ftstudy", pairs=3)


@pytest.fixture
def bench(make_bench: MakeBench, study_path: Path) -> Bench:
    """Cleo's pack with every pair judged, at its end."""
    return finished(make_bench(packed(study_path)).start())


def finished(bench: Bench) -> Bench:
    while not bench.ended:
        bench.judge()
        bench.until(RateState.READY, RateState.DONE)
    return bench


def marking(bench: Bench) -> MarkingScreen:
    """Go to the pairs that are to be marked, by key."""
    bench.key(Key.Key_A)
    screen = bench.page.view.marking
    bench.qtbot.waitUntil(lambda: screen.isVisible() and screen.pair is not None)
    return screen


def press(*keys: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press keys where the cursor is."""
    for key in keys:
        focus = present(QApplication.focusWidget())
        QTest.keyClick(focus, key, modifier)


def type_words(words: str) -> None:
    focus = present(QApplication.focusWidget())
    QTest.keyClicks(focus, words)


def stored(bench: Bench) -> PackMarks:
    found: PackMarks = bench.stored(marks_in_pack)
    return found


def told_of(bench: Bench) -> list[list[str]]:
    """The marks of each pair, left and right, in words."""
    return [[mark.words for mark in side.marks] for pair in stored(bench).pairs for side in pair.sides]


def mark_first_word(bench: Bench, severity: str = "2") -> str:
    """Select the first word of the answer with the focus, and mark it as what the list offers first."""
    screen = bench.page.view.marking
    before = stored(bench).count
    press(Key.Key_Home, modifier=CTRL)
    press(Key.Key_Right, modifier=CTRL | SHIFT)
    press(Key.Key_A)
    assert screen.panel.form.isVisible()
    quote = screen.panel.form.quote.text()
    type_words(severity)
    press(Key.Key_Return)
    bench.qtbot.waitUntil(lambda: stored(bench).count == before + 1)
    bench.settle()
    return quote.strip("“”").strip()


def test_the_end_of_a_pack_leads_to_its_pairs_and_back(bench: Bench) -> None:
    assert bench.words("done_marked") == "Optional, before you send the file"
    screen = marking(bench)
    assert screen.where.text().startswith("Pair 1 of 3, you judged “Left is better”.")
    assert screen.told.text() == HOW
    assert screen.cards[0].text.hasFocus()
    assert not screen.previous.isEnabled()
    press(Key.Key_J, Key.Key_J, Key.Key_J)
    assert screen.where.text().startswith("Pair 3 of 3")
    assert not screen.next.isEnabled()
    press(Key.Key_K)
    assert screen.where.text().startswith("Pair 2 of 3")
    press(Key.Key_Escape)
    bench.qtbot.waitUntil(lambda: bench.page.view.done.isVisible())
    assert bench.page.state is RateState.DONE


def test_a_graded_answer_is_marked_alone(make_bench: MakeBench, tmp_path: Path) -> None:
    pack = packed(graded_study(tmp_path / "s.ftstudy", prompts=2))
    bench = make_bench(pack).start()
    while not bench.ended:
        bench.judge(Key.Key_4)
        bench.until(RateState.READY, RateState.DONE)
    screen = marking(bench)
    assert screen.where.text().startswith("Answer 1 of 6, your grade is “4”.")
    assert not screen.cards[1].isVisible()
    quote = mark_first_word(bench)
    press(Key.Key_Tab)
    words = {word.strip(".,:").casefold() for word in visible_text(bench.page).split()}
    assert not {"pair", "pairs", "left", "right", "both"} & words
    assert [len(marks) for marks in told_of(bench)] == [1, 0, 0, 0, 0, 0]
    closed: list[bool] = []
    bench.tasks.close_study(lambda: closed.append(True))
    bench.qtbot.waitUntil(lambda: bool(closed))
    with StudyFile.open(tmp_path / "s.ftstudy", now=LATER) as study:
        merged = study.packs.merge(pack, now=LATER)
        assert (merged.judgments, merged.marks.marks, merged.marks.left) == (6, 1, "")
        (marked,) = [answer for answer in study_marks(study).answers if answer.marks]
        assert marked.text.startswith(quote)
        assert not [finding for finding in study.check() if not finding.ok]


def test_words_are_marked_by_keyboard_on_both_sides(bench: Bench) -> None:
    screen = marking(bench)
    left = mark_first_word(bench)
    assert told_of(bench)[0] == [f"Wrong term, minor: “{left}”"]
    assert screen.cards[0].text.hasFocus()
    assert "\u202f[1]" in screen.cards[0].text.toPlainText()
    assert screen.panel.title.text() == "MARKS, LEFT ANSWER"
    press(Key.Key_Tab)
    assert screen.cards[1].text.hasFocus()
    assert screen.panel.title.text() == "MARKS, RIGHT ANSWER"
    assert screen.panel.none.isVisible()
    mark_first_word(bench, "3")
    press(Key.Key_J)
    mark_first_word(bench)
    assert [len(side) for side in told_of(bench)] == [1, 1, 1, 0, 0, 0]
    assert screen.where.text().endswith("3 errors marked in this pack.")
    press(Key.Key_Escape)
    bench.qtbot.waitUntil(lambda: bench.words("done_marked") == "3 marked so far")


def test_a_mark_is_changed_taken_back_and_undone(bench: Bench) -> None:
    screen = marking(bench)
    press(Key.Key_L)
    assert screen.panel.done.hasFocus()
    press(Key.Key_Escape)
    assert screen.cards[0].text.hasFocus()
    word = mark_first_word(bench)
    press(Key.Key_L)
    assert screen.panel.list.hasFocus()
    screen.panel.list.setCurrentRow(0)
    assert screen.cards[0].text.textCursor().selectedText().strip() == word
    press(Key.Key_Return)
    screen.panel.form.comment.setFocus()
    type_words("not so")
    press(Key.Key_Return)
    bench.qtbot.waitUntil(lambda: stored(bench).pairs[0].sides[0].marks[0].given.comment == "not so")
    bench.settle()
    press(Key.Key_Z, modifier=CTRL)
    bench.qtbot.waitUntil(lambda: stored(bench).pairs[0].sides[0].marks[0].given.comment == "")
    assert screen.told.text() == f"Undone: the mark “{word}”."
    screen.panel.list.setFocus()
    screen.panel.list.setCurrentRow(0)
    press(Key.Key_Delete)
    bench.qtbot.waitUntil(lambda: stored(bench).count == 0)
    bench.settle()
    assert screen.told.text() == "The mark was removed."
    screen.cards[0].text.setFocus()
    press(Key.Key_Z, modifier=CTRL)
    bench.qtbot.waitUntil(lambda: screen.told.text() == "There is no mark to undo.")


def test_what_is_missing_is_marked_where_the_cursor_stands(bench: Bench) -> None:
    marking(bench)
    press(Key.Key_Home, modifier=CTRL)
    press(Key.Key_A, Key.Key_Return)
    bench.qtbot.waitUntil(lambda: stored(bench).count == 1)
    bench.settle()
    assert told_of(bench)[0] == ["Something missing, minor"]
    press(Key.Key_Z, modifier=CTRL)
    bench.qtbot.waitUntil(lambda: bench.page.view.marking.told.text() == "Undone: a mark.")


def test_leaving_the_form_keeps_nothing(bench: Bench) -> None:
    screen = marking(bench)
    press(Key.Key_A)
    press(Key.Key_Escape)
    assert screen.panel.form.isHidden()
    assert screen.isVisible()
    assert screen.cards[0].text.hasFocus()
    assert stored(bench).count == 0


def test_an_answer_is_looked_through_and_is_not(bench: Bench) -> None:
    screen = marking(bench)
    screen.panel.done.setFocus()
    press(Key.Key_Space)
    bench.qtbot.waitUntil(lambda: stored(bench).pairs[0].sides[0].done)
    press(Key.Key_Space)
    bench.qtbot.waitUntil(lambda: not stored(bench).pairs[0].sides[0].done)
    bench.settle()
    assert not screen.panel.done.isChecked()


def test_nobody_else_marks_in_a_pack(bench: Bench) -> None:
    panel = marking(bench).panel
    assert panel.name_field.text() == "Cleo"
    assert panel.name_field.isReadOnly()
    assert not panel.others.isVisible()


def test_a_scheme_of_the_study_is_asked_by(make_bench: MakeBench, study_path: Path) -> None:
    own = ErrorScheme("House", (ErrorType("dose", "Dose"),), (Severity("bad", "Bad", 2.5),))
    bench = finished(make_bench(packed(study_path, scheme=own)).start())
    screen = marking(bench)
    press(Key.Key_A)
    assert screen.told.text() == NO_WORDS
    word = mark_first_word(bench, "1")
    assert told_of(bench)[0] == [f"Dose, bad: “{word}”"]


def test_what_is_not_shown_word_for_word_is_shown_as_written(make_bench: MakeBench, tmp_path: Path) -> None:
    path = pair_study(tmp_path / "formula.ftstudy", "Why?", "$$x^2$$", "Because.")
    bench = finished(make_bench(packed(path)).start())
    screen = marking(bench)
    card = next(card for card in screen.cards if card.side is not None and "$" in card.side.text)
    card.text.setFocus()
    press(Key.Key_A, modifier=CTRL)
    if card.text.selected_span() is None:
        press(Key.Key_A)
        assert screen.told.text() == AS_WRITTEN
    press(Key.Key_M)
    press(Key.Key_M)
    assert screen.isVisible()


def test_a_long_answer_is_shown_in_whole_on_request(make_bench: MakeBench, tmp_path: Path) -> None:
    long = "word " * 60_000
    path = pair_study(tmp_path / "long.ftstudy", "Why?", long, "Because.")
    bench = finished(make_bench(packed(path)).start())
    screen = marking(bench)
    card = next(card for card in screen.cards if card.side is not None and len(card.side.text) > 1000)
    left = card.text.left_out
    assert left > 0
    card._more.click()
    assert card.text.left_out < left


def test_the_prompt_and_the_reference_open_by_key(bench: Bench) -> None:
    screen = marking(bench)
    opened = []
    for text in ("It has two lines at most.", "It has more.\n" * 9, "It has more.\n" * 9):
        screen.prompt.set_messages((Message("user", text),))
        press(Key.Key_P)
        opened.append(screen.prompt.opened)
    assert opened == [False, True, False]
    press(Key.Key_E, Key.Key_F9)
    assert screen.isVisible()


def test_the_context_that_was_judged_by_stands_there_again(make_bench: MakeBench, tmp_path: Path) -> None:
    context_study(tmp_path / "c.ftstudy", None).close()
    bench = finished(make_bench(packed(tmp_path / "c.ftstudy")).start())
    screen = marking(bench)
    while screen.pair is not None and len(screen.pair.item.context) != 1:
        press(Key.Key_J)
    assert screen.context.isVisible()
    assert not screen.context.text.isVisible()
    press(Key.Key_X)
    assert screen.context.text.toPlainText() == BEDS


def test_a_pack_without_marks_offers_none(make_bench: MakeBench, study_path: Path) -> None:
    bench = finished(make_bench(packed(study_path, marks=False)).start())
    assert not _named(bench, "done_mark").isVisible()
    bench.key(Key.Key_A)
    assert bench.page.view.done.isVisible()
    bench.requests.marks.list_marks()
    screen = bench.page.view.marking
    bench.qtbot.waitUntil(lambda: "does not include marking errors" in screen.told.text())


def _named(bench: Bench, name: str) -> QWidget:
    return child(bench.page, QWidget, name)


def test_nothing_is_marked_before_everything_is_judged(make_bench: MakeBench, tmp_path: Path) -> None:
    path = make_rated(tmp_path / "g.ftstudy", design=RatingDesign(end_guesses=1), pairs=2)
    bench = make_bench(packed(path)).start()
    screen = bench.page.view.marking
    for _ in range(2):
        assert bench.stored(_refused) == "marks-too-early"
        bench.judge()
    assert bench.stored(_refused) == "marks-too-early"
    bench.requests.marks.undo()
    bench.qtbot.waitUntil(lambda: "after everything is judged" in screen.told.text())
    bench.guess(Key.Key_Down)
    bench.until(RateState.DONE)
    assert marking(bench).pair is not None


def _refused(pack: PackFile) -> str:
    """With which code marking is refused."""
    with pytest.raises(UserError) as caught:
        pairs_to_mark(pack)
    return caught.value.code


def test_what_was_marked_comes_to_the_study(bench: Bench, study_path: Path) -> None:
    marking(bench)
    word = mark_first_word(bench)
    pack = bench.stored(lambda file: file.path)
    closed: list[bool] = []
    bench.tasks.close_study(lambda: closed.append(True))
    bench.qtbot.waitUntil(lambda: bool(closed))
    with StudyFile.open(study_path, now=LATER) as study:
        merged = study.packs.merge(pack, now=LATER)
        assert merged.marks.marks == 1
        (one,) = study.annotations.standing()
        assert word in str(one.given)


def test_of_a_conversation_the_turns_before_stand_above_the_answer(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    path = tmp_path / "turns.ftstudy"
    with StudyFile.create(path, title="", scale=Scale(), rng=Random(1), now=START) as study:
        (prompt,) = study.prompts.add([PromptSpec("p", (Message("user", "Why?"),), later_turns=("And?",))])
        for name in ("a", "b"):
            system = study.systems.add(SystemSpec(name, SystemKind.IMPORTED)).id
            draft = ResponseDraft(system, f"Last {name}.", FinishReason.IMPORTED, earlier=(f"First {name}.",))
            study.responses.store(prompt.id, [draft], run=None)
    screen = marking(finished(make_bench(packed(path)).start()))
    shown = {(card.before.text.toPlainText(), card.text.toPlainText()) for card in screen.cards}
    assert shown == {(f"Answer: First {name}.\n\nUser: And?", f"Last {name}.") for name in ("a", "b")}
