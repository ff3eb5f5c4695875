"""Acts are taken back and done again, in their order, by name."""

from __future__ import annotations

from ftcompare.app.setup.undo_history import UndoHistory


def test_acts_go_back_and_forth_until_another_is_done() -> None:
    history = UndoHistory[str]()
    assert (history.undo("a"), history.redo("a"), bool(history)) == ("a", "a", False)
    history.note("first", "a")
    history.note("second", "b")
    assert history.undo("c") == "b"
    assert (history.undo_words, history.redo_words) == ("first", "second")
    assert history.redo("b") == "c"
    assert history.undo("c") == "b"
    history.note("other", "b")
    assert (history.undo_words, history.redo_words) == ("other", "")


def test_a_copy_goes_its_own_way() -> None:
    history = UndoHistory[str]()
    history.note("first", "a")
    copied = history.copy()
    assert copied.undo("b") == "a"
    assert history.undo_words == "first"
