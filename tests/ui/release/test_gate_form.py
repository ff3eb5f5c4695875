"""The gate as a form: fields, the file beside them, what is saved, by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from ftcompare.app.release.gate_file import SETTINGS, GateDraft, read_gate_draft, read_gate_file
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.release.gate_form import GateForm
from ftcompare.ui.pages.release.tab import CheckpointsTab
from tests.app.release.test_gate_draft import WHOLE
from tests.ui.conftest import RecordingBar, idle
from tests.ui.layout.layout_faults import layout_faults
from tests.ui.page_driver import press, settle
from tests.ui.release.checkpoints_driver import verdict


@pytest.fixture
def form(context: PageContext, qtbot: QtBot) -> GateForm:
    made = GateForm(GateDraft(), context.tasks)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(made)
    made.show()
    return made


def problem(form: GateForm) -> str:
    found = form.findChild(QLabel, "gate_problem")
    assert isinstance(found, QLabel)
    return found.text() if found.isVisible() else ""


def test_it_has_every_setting_with_what_it_means(form: GateForm) -> None:
    assert sorted(form.rows) == sorted(SETTINGS)
    for row in form.rows.values():
        assert row.input.accessibleName()
        assert row.input.accessibleDescription()


def test_without_a_condition_nothing_can_be_saved(form: GateForm) -> None:
    assert not form.save_button.isEnabled()
    assert problem(form) == "Nothing is asked for yet: tick at least one condition."


def test_a_condition_that_is_ticked_stands_in_the_file(form: GateForm) -> None:
    form.rows["min_win_rate"].asked.setChecked(True)
    form.rows["min_prompts"].asked.setChecked(True)
    assert "min_win_rate = 0.5\n" in form.preview.toPlainText()
    assert "min_prompts = 100\n" in form.preview.toPlainText()
    assert form.save_button.isEnabled()
    assert problem(form) == ""
    form.rows["min_win_rate"].asked.setChecked(False)
    assert "min_win_rate" not in form.preview.toPlainText()


def test_what_does_not_go_together_is_said_and_cannot_be_saved(form: GateForm) -> None:
    form.rows["min_tag_prompts"].asked.setChecked(True)
    assert "min_tag_prompts is given, but no min_tag" in problem(form)
    assert not form.save_button.isEnabled()
    form.rows["tag_not_worse_than"].asked.setChecked(True)
    assert problem(form) == ""


def test_every_setting_of_a_file_goes_round(
    form: GateForm, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path, again = tmp_path / "all.toml", tmp_path / "again.toml"
    form.show_draft(GateDraft(WHOLE))
    form.save(path)
    settle(context, qtbot)
    assert dict(read_gate_draft(path).values) == WHOLE
    other = GateForm(read_gate_draft(path), context.tasks)
    assert other.values == WHOLE
    other.save(again)
    settle(context, qtbot)
    assert again.read_bytes() == path.read_bytes()


def test_digits_that_a_field_does_not_show_and_comments_stay(
    form: GateForm, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "g.toml"
    text = "# ours\nmin_win_rate = 0.5123456 # agreed\nmin_e_value = 2000000\nmin_prompts = 7\n"
    path.write_text(text, encoding="utf-8")
    form.read(path)
    settle(context, qtbot)
    assert form.text == text
    prompts = form.rows["min_prompts"].input
    assert isinstance(prompts, QSpinBox)
    prompts.setValue(8)
    assert form.text == text.replace("= 7", "= 8")


def test_a_file_with_settings_that_are_not_known_is_refused(
    form: GateForm, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "g.toml"
    path.write_text("min_glory = 3\n", encoding="utf-8")
    form.rows["min_prompts"].asked.setChecked(True)
    form.read(path)
    settle(context, qtbot)
    assert problem(form).startswith("'min_glory' is no setting. The settings are system, against")
    assert form.values == {"min_prompts": 100}


def test_it_can_be_filled_in_and_left_by_keyboard(form: GateForm) -> None:
    assert QTest.qWaitForWindowExposed(form)
    row = form.rows["min_raters"]
    row.asked.setFocus()
    QTest.keyClick(row.asked, Qt.Key.Key_Space)
    QTest.keyClick(row.asked, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is row.input
    QTest.keyClick(row.input, Qt.Key.Key_Up)
    assert form.values == {"min_raters": 4}
    stops = []
    form.rows["system"].input.setFocus()
    for _ in range(120):
        focus = QApplication.focusWidget()
        assert focus is not None
        stops.append(focus.objectName())
        if focus is form.save_button:
            break
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    wanted = [
        stop
        for key, one in form.rows.items()
        for stop in ((f"gate_ask_{key}",) if one.asked.isVisibleTo(form) else (f"gate_{key}",))
    ]
    assert [stop for stop in stops if stop in set(wanted)] == wanted
    assert stops[-1] == "gate_save"
    assert "gate_preview" in stops
    QTest.keyClick(form, Qt.Key.Key_Escape)
    assert not form.isVisible()


def test_names_and_choices_are_written_as_they_are_chosen(form: GateForm) -> None:
    system, whom = form.rows["system"].input, form.rows["speaks_for"].input
    assert isinstance(system, QLineEdit)
    assert isinstance(whom, QComboBox)
    system.setText('  the "new" one ')
    form.rows["min_win_rate"].asked.setChecked(True)
    whom.setCurrentIndex(whom.findData("these_raters"))
    assert form.values == {"system": 'the "new" one', "min_win_rate": 0.5, "speaks_for": "these_raters"}


def test_it_fits_a_small_window(form: GateForm) -> None:
    assert form.minimumSizeHint().width() <= 1024
    assert form.minimumSizeHint().height() <= 660
    form.resize(940, 600)
    for row in form.rows.values():
        card = row.parentWidget()
        assert card is not None
        assert row.minimumSizeHint().width() <= card.width()


@pytest.mark.parametrize("height", [640, 500])
def test_nothing_in_it_is_cut_off(form: GateForm, qtbot: QtBot, height: int) -> None:
    form.show_draft(GateDraft(WHOLE))
    form.resize(940, height)
    idle()
    assert list(layout_faults(form)) == []


def test_what_is_saved_is_taken_by_the_panel(
    opened: Callable[[Path], CheckpointsTab],
    early: Path,
    gate: Path,
    context: PageContext,
    bar: RecordingBar,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tab = opened(early)
    tab.gate.choose(gate)
    settle(context, qtbot)
    press(tab, "gate_edit", qtbot)
    settle(context, qtbot)
    form = tab.window().findChild(GateForm)
    assert isinstance(form, GateForm)
    form.rows["min_win_rate"].asked.setChecked(False)
    target = tmp_path / "new.toml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    press(form, "gate_save", qtbot)
    settle(context, qtbot)
    assert read_gate_file(target).min_win_rate is None
    assert verdict(tab).startswith("Ready")
    assert not bar.errors


def test_measures_and_tiers_are_shown_kept_and_changed_as_they_are_written(
    form: GateForm, context: PageContext, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "g.toml"
    tables = '[[measure]]  # ours\nkey = "checks.passed"\nat_least = 0.9\n\n[tier.pilot]\nmin_raters = 2\n'
    path.write_text(f"min_prompts = 7\n\n{tables}", encoding="utf-8")
    form.read(path)
    settle(context, qtbot)
    assert form.tables.toPlainText() == tables
    assert form.text == path.read_text(encoding="utf-8")
    form.tables.setPlainText(tables.replace("0.9", "1.9.9"))
    assert problem(form).startswith("The conditions on measures, or the tiers, are not TOML")
    assert not form.save_button.isEnabled()
    form.tables.setPlainText(tables.replace("0.9", "0.8"))
    assert problem(form) == ""
    form.save(path)
    settle(context, qtbot)
    gate = read_gate_file(path)
    assert (gate.measures[0].at_least, gate.tier_names, gate.min_prompts) == (0.8, ("pilot",), 7)


def test_a_condition_on_a_measure_alone_can_be_saved(form: GateForm) -> None:
    form.tables.setPlainText('[[measure]]\nkey = "checks.passed"\nat_least = 0.9\n')
    assert problem(form) == ""
    assert form.save_button.isEnabled()
    assert "checks.passed" in form.preview.toPlainText()
