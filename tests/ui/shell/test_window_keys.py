"""The dialog of keys and of settings for rating."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.app.commands_and_keys import COMMANDS, effective_keys
from ftcompare.app.user_settings import UserSettings
from ftcompare.ui.shell.shortcut_editor import RATING, KeysEditor
from ftcompare.ui.theme.theme import Theme
from tests.ui.page_driver import on_screen, press, visible_text


class Opened:
    """The dialog, and what it told."""

    def __init__(self, theme: Theme, parent: QWidget, now: UserSettings, tab: int) -> None:
        self.editor = KeysEditor(theme, now, COMMANDS, parent, tab)
        self.keys: list[dict[str, str]] = []
        self.rating: list[tuple[str, float]] = []
        self.editor.keys.changed.connect(self.keys.append)
        self.editor.rating.changed.connect(lambda name, value: self.rating.append((name, value)))
        self.editor.open()

    def give(
        self,
        command: str,
        key: Qt.Key,
        held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        self.editor.keys.take(command)
        self.editor.keys.field.setFocus()
        QTest.keyClick(self.editor.keys.field, key, held)

    def row(self, command: str) -> tuple[object, ...]:
        return next(r.cells for r in self.editor.keys.table.model.shown if r.key == command)

    def message(self) -> str:
        return visible_text(self.editor.keys.message)


@pytest.fixture
def parent(theme: Theme, qtbot: QtBot) -> Iterator[QWidget]:
    made = on_screen(QWidget(), qtbot)
    yield made
    made.close()


@pytest.fixture
def opened(theme: Theme, parent: QWidget) -> Opened:
    return Opened(theme, parent, UserSettings(), 0)


CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_all_commands_are_listed_by_area_with_their_keys(opened: Opened) -> None:
    rows = [row.cells for row in opened.editor.keys.table.model.shown]
    assert len(rows) == len(COMMANDS)
    assert opened.row("rate.left")[:3] == ("Rate", "Left is better", "←")
    assert opened.row("view.zoom_in")[:3] == ("View", "Larger text", "Ctrl +")
    areas = [str(row[0]) for row in rows]
    assert areas == sorted(areas, key=["Rate", "File", "Edit", "View", "Study", "Help"].index)


def test_a_command_is_found_by_a_word_and_by_its_keys(opened: Opened) -> None:
    field = opened.editor.keys.table.field
    QTest.keyClicks(field, "flag")
    assert [r.key for r in opened.editor.keys.table.model.shown] == ["rate.flag"]
    field.clear()
    QTest.keyClicks(field, "ctrl+shift+p")
    assert [r.key for r in opened.editor.keys.table.model.shown] == ["app.palette"]


def test_pressed_keys_are_taken_at_once_and_the_usual_ones_stay_named(opened: Opened) -> None:
    opened.give("rate.flag", Qt.Key.Key_G)
    assert opened.keys == [{"rate.flag": "G"}]
    assert opened.row("rate.flag")[2:] == ("G", "F")
    assert opened.editor.keys.name.text() == "Flag"
    opened.give("study.check", Qt.Key.Key_K, CTRL | SHIFT)
    assert opened.keys[-1] == {"rate.flag": "G", "study.check": "Ctrl+Shift+K"}
    assert effective_keys(opened.keys[-1])["study.check"] == "Ctrl+Shift+K"


def test_keys_that_another_command_has_are_refused_and_it_is_named(opened: Opened) -> None:
    opened.give("rate.flag", Qt.Key.Key_S)
    assert opened.keys == []
    assert "Skip" in opened.message()
    assert opened.row("rate.flag")[2] == "F"
    opened.give("rate.flag", Qt.Key.Key_G)
    assert opened.message() == ""


@pytest.mark.parametrize(
    ("command", "key", "words"),
    [
        ("study.check", Qt.Key.Key_K, "for typing and rating"),
        ("rate.flag", Qt.Key.Key_Space, "moving around"),
        ("rate.flag", Qt.Key.Key_Return, "moving around"),
    ],
)
def test_single_keys_are_for_rating_and_those_that_move_about_for_nothing(
    opened: Opened, command: str, key: Qt.Key, words: str
) -> None:
    opened.give(command, key)
    assert words in opened.message()
    assert opened.keys == []


def test_a_sign_that_needs_shift_is_taken_as_it_is_typed(opened: Opened) -> None:
    opened.editor.keys.take("rate.flag")
    QTest.keyClicks(opened.editor.keys.field, "!", SHIFT)
    assert opened.keys == [{"rate.flag": "!"}]
    opened.give("rate.skip", Qt.Key.Key_Left, CTRL | SHIFT)
    assert opened.keys[-1]["rate.skip"] == "Ctrl+Shift+Left"


def test_backspace_takes_keys_away_and_escape_leaves_them(opened: Opened) -> None:
    opened.give("rate.flag", Qt.Key.Key_Escape)
    assert opened.keys == []
    assert opened.editor.isVisible()
    opened.give("rate.flag", Qt.Key.Key_Backspace)
    assert opened.keys == [{"rate.flag": ""}]
    assert opened.row("rate.flag")[2:] == ("", "F")


def test_escape_in_the_empty_search_field_closes_the_dialog(opened: Opened) -> None:
    field = opened.editor.keys.table.field
    opened.editor.keys.table.search()
    QTest.keyClicks(field, "flag")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert (field.text(), opened.editor.isVisible()) == ("", True)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not opened.editor.isVisible()


@pytest.mark.parametrize("key", [0, Qt.Key.Key_unknown.value])
def test_a_key_that_has_no_name_takes_nothing_away(opened: Opened, key: int) -> None:
    opened.editor.keys.take("rate.flag")
    pressed = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(opened.editor.keys.field, pressed)
    assert opened.keys == []
    assert opened.row("rate.flag")[2] == "F"


def test_the_menu_key_opens_no_menu_in_which_further_keys_would_end(opened: Opened) -> None:
    opened.give("rate.flag", Qt.Key.Key_Menu)
    assert QApplication.activePopupWidget() is None
    assert opened.editor.keys.field.contextMenuPolicy() is Qt.ContextMenuPolicy.NoContextMenu
    assert opened.keys == [{"rate.flag": "Menu"}]


def test_one_command_or_all_go_back_to_the_usual_keys(opened: Opened, qtbot: QtBot) -> None:
    opened.give("rate.flag", Qt.Key.Key_G)
    opened.give("rate.comment", Qt.Key.Key_K)
    opened.editor.keys.take("rate.flag")
    press(opened.editor, "keys_usual", qtbot)
    assert opened.keys[-1] == {"rate.comment": "K"}
    assert not opened.editor.keys.usual.isEnabled()
    press(opened.editor, "keys_all_usual", qtbot)
    assert opened.keys[-1] == {}
    assert not opened.editor.keys.all_usual.isEnabled()


def test_usual_keys_that_another_command_was_given_are_not_taken_from_it(
    opened: Opened, qtbot: QtBot
) -> None:
    opened.give("rate.flag", Qt.Key.Key_G)
    opened.give("rate.comment", Qt.Key.Key_F)
    opened.editor.keys.take("rate.flag")
    press(opened.editor, "keys_usual", qtbot)
    assert "Comment" in opened.message()
    assert opened.keys[-1] == {"rate.flag": "G", "rate.comment": "F"}


def test_stored_keys_that_clash_do_not_keep_the_dialog_from_opening(theme: Theme, parent: QWidget) -> None:
    opened = Opened(theme, parent, UserSettings(shortcuts={"rate.flag": "S"}), 0)
    assert opened.row("rate.flag")[2] == "F"


def test_numbers_for_rating_are_told_at_once_and_go_back(theme: Theme, parent: QWidget, qtbot: QtBot) -> None:
    opened = Opened(theme, parent, UserSettings(reading_moment=1.5), RATING)
    panel = opened.editor.rating
    assert panel.isVisible()
    assert panel.fields["reading_moment"].value() == 1.5
    panel.fields["break_after"].stepBy(1)
    panel.fields["second_press"].setValue(0.0)
    assert opened.rating == [("break_after", 50), ("second_press", 0.0)]
    assert panel.fields["second_press"].text() == "off"
    press(opened.editor, "rating_usual", qtbot)
    assert dict(opened.rating[2:]) == {"reading_moment": 0.7, "second_press": 0.35, "break_after": 45}
    assert not panel.usual.isEnabled()


def test_the_two_tabs_are_a_click_apart(opened: Opened, qtbot: QtBot) -> None:
    assert not opened.editor.rating.isVisible()
    press(opened.editor, "rating_tab", qtbot)
    assert opened.editor.rating.isVisible()
    press(opened.editor, "keys_tab", qtbot)
    assert opened.editor.keys.isVisible()
