"""How systems are asked, in Setup: the dialog by keyboard, in a new study and in an open one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from ftcompare.app.setup.new_study import AdapterChoice, StudyPlan, create_study
from ftcompare.app.setup.row_draft import RecipeDraft
from ftcompare.core.context import Passage
from ftcompare.core.errors import UserError
from ftcompare.core.recipe import NO_RECIPE, Message, Recipe
from ftcompare.core.study import FinishReason, PromptSpec, ResponseDraft, SystemKind
from ftcompare.formats.recipe_file import recipe_toml
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.setup.page import SetupPage
from ftcompare.ui.pages.setup.recipe_dialog import RecipeDialog
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import Theme
from tests.builders import present, text_file
from tests.ui.conftest import idle
from tests.ui.page_driver import child, owned, push
from tests.ui.setup.setup_driver import click, edit, fill, opened, write

CLINICAL = Recipe("You answer cardiologists.", (Message("user", "A stent?"), Message("assistant", "A tube.")))
PROMPTS = (
    PromptSpec("p1", (Message("user", "Why?"),)),
    PromptSpec("p2", (Message("user", "How?"),), context=(Passage("s1", "By hand."),)),
)


@pytest.fixture
def dialog(theme: Theme, tasks: StudyTasks, qtbot: QtBot) -> RecipeDialog:
    made = owned(RecipeDialog("prompted", NO_RECIPE, PROMPTS, theme, tasks), qtbot)
    with qtbot.waitActive(made):
        made.show()
    return made


def box(dialog: QWidget, name: str) -> QPlainTextEdit:
    return child(dialog, QPlainTextEdit, name)


def type_in(dialog: QWidget, name: str, text: str) -> None:
    """Type into a field of several lines, and go on to the next."""
    box(dialog, name).setFocus()
    box(dialog, name).selectAll()
    QTest.keyClicks(box(dialog, name), text)
    QTest.keyClick(box(dialog, name), Qt.Key.Key_Tab)
    idle()


def choose(dialog: QWidget, name: str, words: str) -> None:
    """Choose an entry by its first letters, as by keyboard."""
    found = child(dialog, QComboBox, name)
    found.setFocus()
    place = next(n for n in range(found.count()) if found.itemText(n).startswith(words))
    QTest.keyClick(found, Qt.Key.Key_Home)
    for _ in range(place):
        QTest.keyClick(found, Qt.Key.Key_Down)
    assert found.currentIndex() == place
    found.activated.emit(place)
    idle()


def opened_dialog(page: QWidget, qtbot: QtBot, button: str) -> RecipeDialog:
    push(page, button)

    def found() -> list[RecipeDialog]:
        return [each for each in page.window().findChildren(RecipeDialog) if each.isVisible()]

    qtbot.waitUntil(lambda: bool(found()))
    return found()[0]


def test_a_recipe_is_typed_looked_at_and_used(dialog: RecipeDialog) -> None:
    taken: list[Recipe] = []
    dialog.taken.connect(taken.append)
    type_in(dialog, "recipe_system", "Be short.")
    push(dialog, "recipe_add")
    type_in(dialog, "recipe_example_asked", "A stent?")
    type_in(dialog, "recipe_example_answered", "A tube.")
    choose(dialog, "recipe_context", "Answer only from the context")
    type_in(dialog, "recipe_options", "enable_thinking = false")
    choose(dialog, "recipe_prompt", "p2")
    assert box(dialog, "recipe_preview").toPlainText() == (
        "INSTRUCTIONS TO THE MODEL\nBe short.\n\nUSER\nA stent?\n\nASSISTANT\nA tube.\n\n"
        "USER\nAnswer from this context alone:\n[s1] By hand.\n\nQuestion:\nHow?"
    )
    push(dialog, "recipe_accept")
    assert taken == [
        Recipe(
            "Be short.",
            (Message("user", "A stent?"), Message("assistant", "A tube.")),
            context="only",
            template_options=(("enable_thinking", False),),
        )
    ]
    assert not dialog.isVisible()


def test_every_act_is_undone_and_done_again(dialog: RecipeDialog) -> None:
    type_in(dialog, "recipe_system", "Be short.")
    push(dialog, "recipe_add")
    type_in(dialog, "recipe_example_asked", "A stent?")
    assert "no answer" in dialog.editor.fields.message.text
    push(dialog, "recipe_remove")
    assert not dialog.editor.draft.values
    for expected in ("A stent?", ""):
        QTest.keyClick(dialog, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        idle()
        assert dialog.editor.draft.values[0].asked == expected
    push(dialog, "recipe_undo")
    push(dialog, "recipe_undo")
    assert (dialog.editor.draft.values, box(dialog, "recipe_system").toPlainText()) == ((), "")
    push(dialog, "recipe_redo")
    assert box(dialog, "recipe_system").toPlainText() == "Be short."


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("recipe_options", "messages = 1", "FTCompare always passes messages to a chat template, so"),
        ("recipe_options", "thinking", "Template options: This line is not valid: "),
        ("recipe_template", "{context} alone", "The context template lacks {question}"),
    ],
)
def test_what_is_wrong_stays_in_the_dialog(dialog: RecipeDialog, name: str, text: str, told: str) -> None:
    choose(dialog, "recipe_context", "Custom text")
    assert box(dialog, "recipe_template").toPlainText() == "Context:\n{context}\n\nQuestion:\n{question}"
    type_in(dialog, name, text)
    assert told in box(dialog, "recipe_preview").toPlainText()
    push(dialog, "recipe_accept")
    assert told in dialog.status.text
    assert dialog.isVisible()


def test_an_example_without_an_answer_is_not_used(dialog: RecipeDialog) -> None:
    push(dialog, "recipe_add")
    push(dialog, "recipe_accept")
    assert "Example 1: This example has no question and no answer." in dialog.status.text


def test_examples_are_pasted_as_rows(dialog: RecipeDialog) -> None:
    view = dialog.editor.table.view
    view.setFocus()
    QApplication.clipboard().setText("A stent?\tA tube.\na\tb\tc\n")
    QTest.keyClick(view, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert [(one.asked, one.answered) for one in dialog.editor.draft.values] == [("A stent?", "A tube.")]
    assert dialog.status.text == "Row 2 was left out: it has more than 2 cells."
    assert dialog.status.isVisible()
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert not dialog.editor.draft.values


def test_examples_are_added_below_the_one_in_hand_and_gone_through(dialog: RecipeDialog) -> None:
    for text in ("One?", "Three?"):
        push(dialog, "recipe_add")
        type_in(dialog, "recipe_example_asked", text)
    dialog.editor.table.view.setFocus()
    QTest.keyClick(dialog.editor.table.view, Qt.Key.Key_Up)
    idle()
    assert box(dialog, "recipe_example_asked").toPlainText() == "One?"
    push(dialog, "recipe_add")
    type_in(dialog, "recipe_example_asked", "Two?")
    assert [one.asked for one in dialog.editor.draft.values] == ["One?", "Two?", "Three?"]


def recipe_is_told(page: SetupPage, words: str) -> bool:
    """Whether the button of a system's instructions says this to screen readers."""
    return any(words in one.accessibleName() for one in page.findChildren(QPushButton))


def test_a_new_study_has_the_base_twice_with_two_recipes(
    page: SetupPage, folders: Path, qtbot: QtBot, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(qtbot, page, folders)
    click(qtbot, page, "setup_base_again")
    write(qtbot, edit(page, "setup_base_again_name_2"), "prompted")
    file = text_file(folders / "clinical.toml", recipe_toml(CLINICAL))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a, **_k: (str(file), ""))
    dialog = opened_dialog(page, qtbot, "setup_recipe_new_2")
    push(dialog, "recipe_load")
    qtbot.waitUntil(lambda: dialog.system.toPlainText() == CLINICAL.system_prompt)
    saved = folders / "saved.toml"
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(saved), ("Instructions (*.toml)"))
    )
    push(dialog, "recipe_save")
    qtbot.waitUntil(lambda: "Saved to saved.toml" in dialog.status.text)
    assert saved.read_text() == recipe_toml(CLINICAL)
    push(dialog, "recipe_accept")
    qtbot.waitUntil(lambda: recipe_is_told(page, "system prompt of 25 characters; 1 example"))
    made: list[Path] = []
    page.created.connect(made.append)
    click(qtbot, page, "setup_create")
    qtbot.waitUntil(lambda: bool(made))
    with StudyFile.open(made[0], now=now) as study:
        specs = [system.spec for system in study.systems.all()]
    assert [(spec.name, spec.kind, spec.recipe) for spec in specs] == [
        ("base", SystemKind.BASE, NO_RECIPE),
        ("prompted", SystemKind.BASE, CLINICAL),
        ("adapter", SystemKind.ADAPTER, NO_RECIPE),
    ]


def test_a_file_that_is_no_recipe_is_said_in_the_dialog(
    page: SetupPage, folders: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folders / "odd.toml").write_text("sytem_prompt = 'a'")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a, **_k: (str(folders / "odd.toml"), ""))
    dialog = opened_dialog(page, qtbot, "setup_recipe_base")
    push(dialog, "recipe_load")
    qtbot.waitUntil(lambda: "'sytem_prompt' is no setting" in dialog.status.text)
    assert "Add prompts" in box(dialog, "recipe_preview").toPlainText()


@pytest.fixture
def study(folders: Path, now: datetime) -> Path:
    plan = StudyPlan(
        "t",
        model=str(folders / "base"),
        adapters=(AdapterChoice("tuned", str(folders / "adapter")),),
        prompt_rows=PROMPTS,
    )
    path = folders / "open.ftstudy"
    create_study(path, plan, rng=Random(1), now=now).close()
    return path


def test_in_an_open_study_a_recipe_is_set_and_the_base_added_once_more(
    context: PageContext, page: SetupPage, study: Path, qtbot: QtBot
) -> None:
    opened(context, page, study, qtbot)
    dialog = opened_dialog(page, qtbot, "setup_recipe_2")
    type_in(dialog, "recipe_system", "Be short.")
    push(dialog, "recipe_accept")
    qtbot.waitUntil(lambda: recipe_is_told(page, "system prompt of 9 characters"))
    stored: list[tuple[dict[str, str], int]] = []
    context.tasks.run(_kept, stored.append)  # what was asked before is shown by then
    qtbot.waitUntil(lambda: bool(stored))
    assert stored[0][0]["tuned"] == "Be short."
    click(qtbot, page, "setup_base_again")
    write(qtbot, edit(page, "setup_base_again_name_2"), "prompted")
    dialog = opened_dialog(page, qtbot, "setup_recipe_new_2")
    type_in(dialog, "recipe_system", "You answer cardiologists.")
    push(dialog, "recipe_accept")
    click(qtbot, page, "setup_adapter_apply")
    qtbot.waitUntil(lambda: recipe_is_told(page, "system prompt of 25 characters"))
    kept: list[tuple[dict[str, str], int]] = []
    context.tasks.run(_kept, kept.append)
    qtbot.waitUntil(lambda: bool(kept))
    assert kept == [({"base": "", "tuned": "Be short.", "prompted": "You answer cardiologists."}, 2)]


def test_a_system_that_is_being_named_stays_while_another_is_changed(
    context: PageContext, page: SetupPage, study: Path, qtbot: QtBot
) -> None:
    opened(context, page, study, qtbot)
    click(qtbot, page, "setup_base_again")
    write(qtbot, edit(page, "setup_base_again_name_2"), "prompted")
    dialog = opened_dialog(page, qtbot, "setup_recipe_2")
    type_in(dialog, "recipe_system", "Be short.")
    push(dialog, "recipe_accept")
    stored: list[tuple[dict[str, str], int]] = []
    context.tasks.run(_kept, stored.append)
    qtbot.waitUntil(lambda: bool(stored))
    assert edit(page, "setup_base_again_name_2").text() == "prompted"
    click(qtbot, page, "setup_adapter_apply")
    qtbot.waitUntil(lambda: page.systems.rows == [])
    assert "prompted" in names_of(context, qtbot)


def names_of(context: PageContext, qtbot: QtBot) -> set[str]:
    found: list[tuple[dict[str, str], int]] = []
    context.tasks.run(_kept, found.append)
    qtbot.waitUntil(lambda: bool(found))
    return {*found[0][0]}


def _kept(study: StudyFile) -> tuple[dict[str, str], int]:
    """By system, its system prompt; and how many recipes the audit log notes."""
    noted = [event.kind for event in study.audit.entries()].count("recipe-set")
    return {system.name: system.spec.recipe.system_prompt for system in study.systems.all()}, noted


def test_once_a_system_has_written_its_recipe_is_only_looked_at(
    context: PageContext, page: SetupPage, study: Path, qtbot: QtBot, now: datetime
) -> None:
    with StudyFile.open(study, now=now) as found:
        run = found.runs.start({}, now=now)
        draft = ResponseDraft(found.systems.all()[0].id, "So.", FinishReason.END, 1)
        found.responses.store(found.prompts.all()[0].id, [draft], run=run)
    opened(context, page, study, qtbot)
    dialog = opened_dialog(page, qtbot, "setup_recipe_1")
    assert box(dialog, "recipe_system").isReadOnly()
    load = present(dialog.findChild(QPushButton, "recipe_load"))
    assert not load.isVisible()
    push(dialog, "recipe_accept")
    assert not dialog.isVisible()


def test_a_draft_keeps_what_is_not_edited_and_says_what_is_odd() -> None:
    whole = Recipe("A.", reasoning_markers=(("<r>", "</r>"),), template_options=(("level", 2),))
    draft = RecipeDraft(whole)
    assert draft.recipe() == whole
    draft.take(CLINICAL)
    draft.undo()
    assert draft.recipe() == whole
    draft.change_fields(options="x" * 10_001)
    with pytest.raises(UserError, match="There are too many"):
        draft.recipe()
    draft.change_fields(options="", context="labeled")
    with pytest.raises(UserError, match=r"lacks \{context\}"):
        draft.recipe()
    assert draft.row(1) is None
