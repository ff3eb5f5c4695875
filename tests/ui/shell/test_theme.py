"""Contrast of all text, and that the theme reaches the widgets."""

from __future__ import annotations

import re
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
from PySide6.QtCore import QFile, Qt
from PySide6.QtGui import QColor, QFontDatabase, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.app import application_paths
from ftcompare.ui.safe_text import SOFT_BREAK
from ftcompare.ui.shell.wiring import make_application
from ftcompare.ui.theme.theme import DARK, LIGHT, Theme, ThemeColors, pixmap
from ftcompare.ui.widgets.controls import (
    EmptyState,
    LinkButton,
    PrimaryButton,
    ProgressLine,
    QuietButton,
    SectionLabel,
    StatusPill,
    label,
    set_role,
    show_text,
)
from tests.app.report.tiny_fonts import tiny_font
from tests.ui.page_driver import on_screen, owned
from tests.ui.shown_text import contrast

BACKGROUNDS = ("window", "surface", "raised", "accent_tint")
TEXTS = ("text", "muted", "accent", "good", "caution", "bad")


def test_contrast_is_measured_as_wcag_says() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda t: t.name)
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_text_is_readable(tokens: ThemeColors, text: str, background: str) -> None:
    colors = asdict(tokens)
    assert contrast(colors[text], colors[background]) >= 4.5


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda t: t.name)
def test_text_on_the_accent_is_readable(tokens: ThemeColors) -> None:
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda t: t.name)
def test_the_colors_of_two_systems_differ(tokens: ThemeColors) -> None:
    assert contrast(tokens.system_a, tokens.surface) >= 3.0
    assert contrast(tokens.system_a, tokens.system_b) >= 2.0


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda t: t.name)
@pytest.mark.parametrize("edge", ["strong_border", "accent"])
@pytest.mark.parametrize("background", ["surface", "raised", "window"])
def test_edges_of_controls_and_focus_are_seen(tokens: ThemeColors, edge: str, background: str) -> None:
    colors = asdict(tokens)
    assert round(contrast(colors[edge], colors[background]), 2) >= 3.0


def test_the_style_sheet_has_every_value_put_in(theme: Theme) -> None:
    for mode in ("light", "dark"):
        theme.set_mode(mode)
        sheet = theme.style_sheet()
        assert "$" not in sheet
        assert theme.tokens.accent in sheet


def test_the_theme_follows_the_system_until_it_is_set(theme: Theme, qtbot: QtBot) -> None:
    hints = QGuiApplication.styleHints()
    theme.set_mode("system")
    assert theme.tokens is (DARK if hints.colorScheme() is Qt.ColorScheme.Dark else LIGHT)
    with qtbot.waitSignal(theme.changed):
        hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    theme.set_mode("light")
    with qtbot.assertNotEmitted(theme.changed):
        hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)


def test_zoom_scales_type(theme: Theme) -> None:
    assert theme.font(15).pixelSize() == 15
    theme.set_zoom(2.0)
    assert theme.font(15).pixelSize() == 30
    assert theme.px(24) == 48
    assert "font-size: 30px" in theme.style_sheet()


def test_fonts_beside_the_program_can_be_used(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(application_paths.resources() / "application-icon.svg", tmp_path)
    (tmp_path / "fonts").mkdir()
    tiny_font("Beside the program", "हि").save(tmp_path / "fonts" / "Own-Regular.ttf")
    monkeypatch.setattr(application_paths, "resources", lambda: tmp_path)
    assert make_application() is qapp
    assert "Beside the program" in QFontDatabase.families()


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda t: t.name)
def test_the_style_sheet_has_its_icons_in_the_colors_of_the_theme(
    tokens: ThemeColors, theme: Theme, qtbot: QtBot
) -> None:
    theme.set_mode(tokens.name)
    named = set(re.findall(r"tinted:([\w-]+)\.svg", theme.style_sheet()))
    colors = {"check": "on_accent", "circle-dot": "accent"}
    assert len(named) == 5
    for name in named:
        icon = name.removesuffix(f"-{tokens.name}")
        tinted, plain = QFile(f"tinted:{name}.svg"), application_paths.resources() / "icons" / f"{icon}.svg"
        assert tinted.open(QFile.OpenModeFlag.ReadOnly), name
        expected = plain.read_text("utf-8").replace("currentColor", getattr(tokens, colors.get(icon, "text")))
        assert bytes(tinted.readAll().data()).decode() == expected


def test_every_icon_can_be_drawn_in_the_themes_colour(theme: Theme) -> None:
    names = [path.stem for path in (application_paths.resources() / "icons").glob("*.svg")]
    assert len(names) > 20
    assert (application_paths.resources() / "icons" / "LICENSE").is_file()
    for name in names:
        picture = pixmap(name, QColor("#0B7A55"), 24).toImage()
        seen = {
            picture.pixelColor(x, y).name()
            for x in range(24)
            for y in range(24)
            if picture.pixelColor(x, y).alpha() == 255
        }
        assert seen == {"#0b7a55"}, name


def test_a_button_icon_follows_the_theme(theme: Theme, qapp: QApplication, qtbot: QtBot) -> None:
    button = on_screen(QuietButton("Copy", "copy"), qtbot)
    before = button.icon().cacheKey()
    theme.set_mode("dark")
    theme.apply(qapp)
    assert button.icon().cacheKey() != before
    assert button.accessibleName() == "Copy"


def test_the_icon_of_a_button_that_was_disabled_has_its_color_again(
    theme: Theme, qapp: QApplication, qtbot: QtBot
) -> None:
    button = on_screen(QuietButton("Run", "play"), qtbot)
    theme.apply(qapp)
    button.setEnabled(False)
    set_role(button, role="primary")  # the icon is drawn for a disabled button
    button.setEnabled(True)
    drawn = button.icon().pixmap(button.iconSize()).toImage()
    places = ((x, y) for x in range(drawn.width()) for y in range(drawn.height()))
    opaque = {drawn.pixelColor(x, y).name() for x, y in places if drawn.pixelColor(x, y).alpha() == 255}
    assert opaque == {theme.tokens.on_accent.lower()}


def test_a_state_is_told_by_a_word_and_not_by_its_colour(theme: Theme, qtbot: QtBot) -> None:
    pill = owned(StatusPill("good", "Proved"), qtbot)
    assert pill.accessibleName() == "Proved"
    pill.set("bad", "Not proved")
    assert pill.accessibleName() == "Not proved"


def test_a_section_is_read_as_it_was_written(theme: Theme, qtbot: QtBot) -> None:
    name = owned(SectionLabel("Systems"), qtbot)
    assert name.text() == "SYSTEMS"
    assert name.accessibleName() == "Systems"


def test_progress_is_told_in_words(theme: Theme, qtbot: QtBot) -> None:
    line = owned(ProgressLine(), qtbot)
    line.set(0.3, "36 of 120")
    assert line._bar.value() == 300
    assert line._bar.accessibleDescription() == "36 of 120"
    line.set(None, "Loading the model")
    assert line._bar.maximum() == 0


def test_an_empty_page_offers_the_step_that_fills_it(theme: Theme, qtbot: QtBot) -> None:
    pressed: list[bool] = []
    state = EmptyState("No results yet", "Rate first.", "Go to Rate", lambda: pressed.append(True))
    qtbot.addWidget(state)
    state.show()
    QTest.mouseClick(state.button, Qt.MouseButton.LeftButton)
    assert pressed == [True]


def test_a_notice_stands_only_where_there_is_one(theme: Theme, qtbot: QtBot) -> None:
    holder = owned(QWidget(), qtbot)
    notice = label("", "muted")
    QVBoxLayout(holder).addWidget(notice)
    holder.show()
    show_text(notice, "")
    assert not notice.isVisible()
    show_text(notice, "<b>Demonstration</b>")
    assert notice.isVisible()
    assert notice.textFormat() is Qt.TextFormat.PlainText


@pytest.mark.parametrize("kind", [PrimaryButton, QuietButton, LinkButton])
def test_the_keyboard_focus_is_drawn(kind: type[QPushButton], theme: Theme, qtbot: QtBot) -> None:
    holder = owned(QWidget(), qtbot)
    column = QVBoxLayout(holder)
    button, other = kind("Go on"), QPushButton("Other")
    column.addWidget(button)
    column.addWidget(other)
    with qtbot.waitActive(holder):
        holder.show()
        holder.activateWindow()
    other.setFocus()
    without = button.grab().toImage()
    button.setFocus()
    drawn = button.grab().toImage()
    assert drawn != without
    other.setFocus()
    QTest.keyClick(other, Qt.Key.Key_Backtab)
    assert button.hasFocus()
    assert button.grab().toImage() == drawn  # without a second frame of the style


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_a_button_is_pressed_by_enter_and_by_space(qtbot: QtBot, theme: Theme, key: Qt.Key) -> None:
    button = owned(PrimaryButton("Save"), qtbot)
    pressed: list[bool] = []
    button.clicked.connect(lambda: pressed.append(True))
    with qtbot.waitExposed(button):
        button.show()
    QTest.keyClick(button, key)
    assert pressed == [True]


def test_a_long_path_breaks_in_a_label_and_nothing_is_spelled_out_for_it(qtbot: QtBot) -> None:
    path = "/" + "folder-" * 20 + "file.jsonl"
    wrapped, single = label(path, wrap=True), label(path)
    assert wrapped.text().replace(SOFT_BREAK, "") == path
    assert SOFT_BREAK in wrapped.text()
    assert single.text() == path
    assert "U+200B" in label(f"hidden{SOFT_BREAK}", wrap=True).text()
