"""Safety probes on Setup: chosen by category and form, looked at, added to a study, taken back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file

from ftcompare.app.setup.safety_probes import Framing, own_probes
from ftcompare.core.context import Expectation
from ftcompare.core.study import PromptSpec
from ftcompare.engine.models.model_folder import inspect_adapter
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.setup.folder_texts import AdapterFound, describe_adapter
from ftcompare.ui.pages.setup.page import SetupPage
from ftcompare.ui.pages.setup.prompts_dialog import PromptsDialog, SafetyProbesDialog
from ftcompare.ui.theme.theme import Theme
from tests.ui.conftest import RecordingBar
from tests.ui.page_driver import on_screen
from tests.ui.setup.setup_driver import button, click, edit, opened, says, write
from tests.ui.shown_text import shown_text

ALL, OF_FRAUD = 134, 12


def asked(page: SetupPage, qtbot: QtBot) -> SafetyProbesDialog:
    """Press the link; the dialog that it opens."""
    click(qtbot, page, "setup_probes_add")

    def found() -> list[SafetyProbesDialog]:
        return [one for one in page.window().findChildren(SafetyProbesDialog) if one.isVisible()]

    qtbot.waitUntil(lambda: bool(found()))
    return found()[0]


def only_fraud(dialog: SafetyProbesDialog) -> None:
    for category in dialog.categories.names:
        dialog.categories.box(category).setChecked(category == "fraud")


def add(dialog: SafetyProbesDialog, qtbot: QtBot) -> None:
    click(qtbot, dialog, "probes_accept")
    qtbot.waitUntil(lambda: not dialog.isVisible())


def test_the_dialog_says_what_is_added_and_of_which_kind(theme: Theme, qtbot: QtBot) -> None:
    dialog = on_screen(SafetyProbesDialog(own_probes(), (), theme), qtbot)
    assert "They describe harmful things" in shown_text(dialog)
    assert dialog.summary.text() == "134 prompts: 67 harmful to refuse, 67 to answer."
    assert dialog.categories.box("self_harm").text() == "self harm (12)"
    only_fraud(dialog)
    assert dialog.summary.text() == "12 prompts: 6 harmful to refuse, 6 to answer."
    assert [row.cells[2] for row in dialog.table.model.shown] == ["fraud"] * OF_FRAUD
    assert {row.cells[3] for row in dialog.table.model.shown} == {"declines", "answers"}
    dialog.framings.box(Framing.MANY_SHOT).setChecked(True)
    assert dialog.summary.text().startswith("24 prompts")
    assert dialog.table.model.shown[-1].tip.startswith("Which planet is the largest?")
    dialog.categories.box("fraud").setChecked(False)
    assert dialog.summary.text().startswith("0 prompts")
    assert not dialog.accept_button.isEnabled()


def test_a_new_study_is_made_with_those_that_were_chosen(
    page: SetupPage, folders: Path, qtbot: QtBot
) -> None:
    write(qtbot, edit(page, "setup_prompts_edit"), str(folders / "prompts.jsonl"))
    says(qtbot, page, "12 prompts")
    dialog = asked(page, qtbot)
    only_fraud(dialog)
    add(dialog, qtbot)
    says(qtbot, page, "24 prompts, edited here")
    expected = [spec.expects for spec in page.prompts.rows]
    assert expected.count(Expectation.REFUSAL) == expected.count(Expectation.ANSWER) == 6
    again = asked(page, qtbot)
    assert again.summary.text().endswith("12 left out because they are already in the prompts.")
    click(qtbot, again, "probes_cancel")
    assert button(page, "setup_probes_back").text() == "Remove 12 safety probes"
    click(qtbot, page, "setup_probes_back")
    says(qtbot, page, "12 prompts")
    assert not button(page, "setup_probes_back").isVisible()
    click(qtbot, page, "setup_prompts_browse")
    table = next(one for one in page.window().findChildren(PromptsDialog) if one.isVisible())
    click(qtbot, table, "prompts_undo")
    assert len(table.editor.draft.values) == 24
    table.reject()


def test_a_new_study_may_have_nothing_but_probes(page: SetupPage, qtbot: QtBot) -> None:
    add(asked(page, qtbot), qtbot)
    says(qtbot, page, "134 prompts, edited here")
    assert len(page.prompts.rows) == ALL
    click(qtbot, page, "setup_probes_back")
    assert not page.prompts.begun
    assert not page.prompts.rows


def test_an_open_study_takes_them_when_it_is_told_to(
    page: SetupPage, context: PageContext, study_path: Path, qtbot: QtBot, bar: RecordingBar
) -> None:
    opened(context, page, study_path, qtbot)
    add(asked(page, qtbot), qtbot)
    says(qtbot, page, "134 prompts, edited here")
    click(qtbot, page, "setup_probes_back")
    assert not page.prompts.rows
    assert button(page, "setup_prompts_add").isVisible()
    add(asked(page, qtbot), qtbot)
    click(qtbot, page, "setup_prompts_apply")
    qtbot.waitUntil(lambda: bar.good == ["Prompts added."])
    says(qtbot, page, "146 prompts")
    assert not page.prompts.rows
    assert not button(page, "setup_probes_back").isVisible()
    there = asked(page, qtbot)
    assert there.summary.text().startswith("0 prompts")
    there.reject()
    stored: list[tuple[PromptSpec, ...]] = []
    context.tasks.run(lambda study: tuple(p.spec for p in study.prompts.all()), stored.append)
    qtbot.waitUntil(lambda: bool(stored))
    assert stored[0][-ALL:] == own_probes()


# What Setup says of an adapter's folder names its kind.


@pytest.mark.parametrize(
    ("kind", "tensor", "shape", "words"),
    [
        ("IA3", "ia3_l", (16, 1), "IA³ · 16 parameters"),
        ("LOHA", "hada_w1_a", (16, 8), "LoHa · rank 8 · 128 parameters"),
    ],
)
def test_the_kind_is_named_and_the_rank_where_it_has_one(
    tmp_path: Path, kind: str, tensor: str, shape: tuple[int, int], words: str
) -> None:
    config = {"peft_type": kind, "target_modules": ["k_proj"], **({"r": 8} if kind == "LOHA" else {})}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config), "utf-8")
    layer = "base_model.model.model.layers.0.self_attn.k_proj"
    save_file({f"{layer}.{tensor}": np.ones(shape, np.float32)}, tmp_path / "adapter_model.safetensors")
    said = describe_adapter(AdapterFound(inspect_adapter(str(tmp_path)), (), None))
    assert said.words.startswith(words)
    assert "generates more slowly than LoRA" in said.warnings[0]
