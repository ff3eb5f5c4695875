"""Fills Setup as a person does: folders to choose, keys, what stands on the page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file

from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.setup.page import SetupPage
from ftcompare.ui.widgets.file_field import CheckState
from tests.ui.conftest import open_in
from tests.ui.page_driver import child, on_screen
from tests.ui.shown_text import shown_text

WIDTH = 16
MENU = (
    *("setup_base_add", "setup_adapter_add", "setup_base_again", "setup_model_add"),
    "setup_served_add",
)


def make_model(folder: Path, *, width: int = WIDTH) -> Path:
    folder.mkdir()
    config = {"architectures": ["LlamaForCausalLM"], "vocab_size": 8, "hidden_size": width}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    (folder / "tokenizer.json").write_text("{}", "utf-8")
    (folder / "tokenizer_config.json").write_text('{"chat_template": "x"}', "utf-8")
    weights = {"model.layers.0.self_attn.q_proj.weight": np.zeros((width, width), np.float32)}
    save_file(weights, folder / "model.safetensors")
    return folder


def make_adapter(folder: Path, *, width: int = WIDTH, base: str = "base") -> Path:
    folder.mkdir()
    config = {
        "peft_type": "LORA",
        "r": 4,
        "lora_alpha": 8,
        "target_modules": ["q_proj"],
        "base_model_name_or_path": base,
        "task_type": "CAUSAL_LM",
    }
    (folder / "adapter_config.json").write_text(json.dumps(config), "utf-8")
    stem = "base_model.model.model.layers.0.self_attn.q_proj"
    weights = {
        f"{stem}.lora_A.weight": np.ones((4, width), np.float32),
        f"{stem}.lora_B.weight": np.ones((width, 4), np.float32),
    }
    save_file(weights, folder / "adapter_model.safetensors")
    return folder


def make_prompts(path: Path, count: int = 12, *, first: str = "What is a stroke?") -> Path:
    lines = [json.dumps({"prompt": first, "category": "heart", "split": "held_out", "id": "q0"})]
    lines += [json.dumps({"prompt": f"Question {n}?", "id": f"q{n}"}) for n in range(1, count)]
    path.write_text("\n".join(lines), "utf-8")
    return path


def make_glossary(path: Path) -> Path:
    path.write_text("term,status,concept\nstroke,preferred,stroke\nfit,deprecated,stroke\n", "utf-8")
    return path


def edit(page: QWidget, name: str) -> QLineEdit:
    return child(page, QLineEdit, name)


def button(page: QWidget, name: str) -> QPushButton:
    return child(page, QPushButton, name)


def looking(page: QWidget) -> bool:
    """Whether the page still looks at what was typed; Create then asks for a moment's patience."""
    if not isinstance(page, SetupPage):
        return False
    states = (page.prompts.check.state, page.glossary.check.state)
    return page.systems.looking or CheckState.LOOKING in states


def unfold(page: QWidget, *names: str) -> None:
    """Open optional fields by their links, such as ``reasons`` for *Add reasons*."""
    for name in names:
        QTest.mouseClick(button(page, f"setup_{name}_open"), Qt.MouseButton.LeftButton)


def click(qtbot: QtBot, page: QWidget, name: str) -> None:
    """Press a button, or choose an entry of the menu that adds a system."""
    if name == "setup_create":
        qtbot.waitUntil(lambda: not looking(page))
    if name in MENU:
        choose(qtbot, page, name)
        return
    if name.endswith("_apply"):  # what was typed is looked at first
        qtbot.waitUntil(button(page, name).isEnabled)
    QTest.mouseClick(button(page, name), Qt.MouseButton.LeftButton)


def choose(qtbot: QtBot, page: QWidget, name: str) -> None:
    """Open the menu that adds a system, and click one of its entries."""
    button(page, "setup_system_add").setFocus()
    QTest.keyClick(button(page, "setup_system_add"), Qt.Key.Key_Return)
    menu = child(page, QMenu, "setup_system_menu")
    qtbot.waitUntil(menu.isVisible)
    action = next(action for action in menu.actions() if action.objectName() == name)
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
    qtbot.waitUntil(lambda: not menu.isVisible())


def set_column(page: QWidget, stem: str, column: str, role: str) -> None:
    """Choose a role above a column of the table of a file."""
    boxes = [box for box in page.findChildren(QComboBox) if box.objectName().startswith(f"{stem}_column_")]
    box = next(box for box in boxes if box.accessibleName() == f"Role of the column {column}")
    box.setCurrentIndex(box.findText(role))
    box.activated.emit(box.currentIndex())


def write(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    """Type into a field as a person does, and go on to the next."""
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Tab)


def settled(page: SetupPage) -> bool:
    """Whether all that the fields name was looked at and is good."""
    states = {page.systems.check.state, page.prompts.check.state, page.glossary.check.state}
    return states | {row.state for row in page.systems.rows} == {CheckState.FOUND}


def fill(qtbot: QtBot, page: SetupPage, folders: Path) -> None:
    write(qtbot, edit(page, "setup_title"), "Cardiology: which is better?")
    write(qtbot, edit(page, "setup_base_edit"), str(folders / "base"))
    write(qtbot, edit(page, "setup_adapter_1_edit"), str(folders / "adapter"))
    write(qtbot, edit(page, "setup_prompts_edit"), str(folders / "prompts.jsonl"))
    unfold(page, "glossary_part")
    write(qtbot, edit(page, "setup_glossary_edit"), str(folders / "glossary.csv"))
    qtbot.waitUntil(lambda: settled(page))


def says(qtbot: QtBot, page: QWidget, words: str) -> None:
    """It stands on the page, or does in a moment: a new label is shown by the event loop."""
    qtbot.waitUntil(lambda: words in shown_text(page))


def opened(context: PageContext, page: SetupPage, path: Path, qtbot: QtBot) -> None:
    open_in(context.tasks, path, qtbot)
    page.enter()
    qtbot.waitUntil(lambda: button(page, "setup_create").text() != "Create study")


def make_folders(place: Path) -> Path:
    make_model(place / "base")
    make_adapter(place / "adapter")
    make_prompts(place / "prompts.jsonl")
    make_glossary(place / "glossary.csv")
    (place / "studies").mkdir()
    return place


def new_page(context: PageContext, folders: Path, qtbot: QtBot) -> SetupPage:
    """The page on no study, keeping studies in ``folders / "studies"``."""
    made = on_screen(SetupPage(context, lambda: folders / "studies"), qtbot, 1280, 650)
    made.enter()
    return made
