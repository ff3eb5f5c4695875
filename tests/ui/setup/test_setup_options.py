"""Setup: with which template an adapter is asked, in how many bits models are loaded, what is downloaded."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from ftcompare.app.setup import consent
from ftcompare.app.setup.study_content import set_quantisation
from ftcompare.core.study import FinishReason, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.setup.page import SetupPage
from tests.ui.conftest import START, RecordingBar, make_study
from tests.ui.setup.setup_driver import button, click, edit, fill, opened, says, write
from tests.ui.shown_text import shown_text


def box(page: SetupPage, name: str) -> QComboBox:
    found = page.findChild(QComboBox, name)
    assert isinstance(found, QComboBox), name
    return found


def choose(page: SetupPage, name: str, key: Qt.Key) -> None:
    box(page, name).setFocus()
    QTest.keyClick(box(page, name), key)


def give_template(folders: Path, **config: object) -> None:
    (folders / "adapter" / "chat_template.jinja").write_text("{{ messages }}<|own|>", "utf-8")
    (folders / "adapter" / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")


def open_own(
    context: PageContext, page: SetupPage, folders: Path, qtbot: QtBot, *, written: bool = False
) -> Path:
    """A study of imported answers with a base and an adapter of it, which has written if that is wished."""
    path = make_study(folders / "own.ftstudy", judged=0)
    base = SystemSpec("model", SystemKind.BASE, model=str(folders / "base"))
    tuned = SystemSpec("tuned", SystemKind.ADAPTER, base.model, str(folders / "adapter"))
    with StudyFile.open(path, now=START) as study:
        study.systems.add(base)
        system = study.systems.add(tuned)
        if written:
            draft = ResponseDraft(system.id, "A clot.", FinishReason.END)
            study.responses.store(study.prompts.all()[0].id, [draft], run=study.runs.start({}, now=START))
    opened(context, page, path, qtbot)
    return path


def specs(context: PageContext, qtbot: QtBot) -> dict[str, SystemSpec]:
    found: list[dict[str, SystemSpec]] = []
    context.tasks.run(lambda study: {s.name: s.spec for s in study.systems.all()}, found.append)
    qtbot.waitUntil(lambda: bool(found))
    return found[0]


def test_a_new_study_offers_the_template_only_where_there_is_one(
    page: SetupPage, folders: Path, qtbot: QtBot
) -> None:
    fill(qtbot, page, folders)
    assert not box(page, "setup_template_1").isVisible()
    give_template(folders)
    write(qtbot, edit(page, "setup_adapter_1_edit"), str(folders / "adapter") + "/")
    qtbot.waitUntil(box(page, "setup_template_1").isVisible)
    says(qtbot, page, "all systems get the same tokens")
    choose(page, "setup_template_1", Qt.Key.Key_Down)
    says(qtbot, page, "The two sides then get different tokens")
    with qtbot.waitSignal(page.created) as made:
        click(qtbot, page, "setup_create")
    assert made.args is not None
    with StudyFile.open(made.args[0], now=START) as study:
        assert [system.spec.template for system in study.systems.all()] == ["", "own"]


def test_where_the_base_has_no_template_it_is_said_what_that_means(
    page: SetupPage, folders: Path, qtbot: QtBot
) -> None:
    give_template(folders)
    (folders / "base" / "tokenizer_config.json").write_text("{}", "utf-8")
    fill(qtbot, page, folders)
    qtbot.waitUntil(box(page, "setup_template_1").isVisible)
    says(qtbot, page, "The base has no chat template: with that choice this adapter is asked in plain text")
    choose(page, "setup_template_1", Qt.Key.Key_Down)
    says(qtbot, page, "The two sides then get different tokens")
    assert "The base has no chat template" not in shown_text(page)


def test_a_template_that_the_base_cannot_spell_is_not_to_be_had(
    page: SetupPage, folders: Path, qtbot: QtBot
) -> None:
    (folders / "base" / "tokenizer.json").write_text('{"added_tokens": []}', "utf-8")
    give_template(folders, eos_token="<|own|>")
    fill(qtbot, page, folders)
    says(qtbot, page, "It uses the token <|own|>, which the base's tokenizer does not have.")
    assert box(page, "setup_template_1").isVisible()
    assert not box(page, "setup_template_1").isEnabled()


def test_the_open_studys_template_changes_until_the_adapter_has_written(
    page: SetupPage, context: PageContext, folders: Path, qtbot: QtBot, bar: RecordingBar
) -> None:
    give_template(folders)
    open_own(context, page, folders, qtbot)
    qtbot.waitUntil(box(page, "setup_template_tuned").isVisible)
    choose(page, "setup_template_tuned", Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: bar.good == ["Saved."])
    assert specs(context, qtbot)["tuned"].template == "own"
    says(qtbot, page, "The two sides then get different tokens")


def test_what_has_written_shows_its_template_and_keeps_it(
    page: SetupPage, context: PageContext, folders: Path, qtbot: QtBot
) -> None:
    give_template(folders)
    open_own(context, page, folders, qtbot, written=True)
    says(qtbot, page, "It has written with this one, which therefore stays.")
    assert not box(page, "setup_template_tuned").isEnabled()
    says(qtbot, page, "Models of this study have written so, and therefore stay as they are.")
    assert not box(page, "setup_quantisation").isEnabled()


def test_the_open_studys_bits_change_until_a_model_has_written(
    page: SetupPage, context: PageContext, folders: Path, qtbot: QtBot, bar: RecordingBar
) -> None:
    open_own(context, page, folders, qtbot)
    choose(page, "setup_quantisation", Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: bar.good == ["Saved."])
    found = specs(context, qtbot)
    assert (found["model"].quantisation, found["tuned"].quantisation) == ("8bit", "8bit")
    says(qtbot, page, "base model · in 8 bits")
    choose(page, "setup_quantisation", Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: len(bar.good) == 2)
    assert specs(context, qtbot)["model"].quantisation == ""


def test_a_change_that_comes_too_late_is_refused_and_taken_back(
    page: SetupPage, context: PageContext, folders: Path, qtbot: QtBot
) -> None:
    open_own(context, page, folders, qtbot)

    def write_meanwhile(study: StudyFile) -> None:
        set_quantisation(study, "")
        system = next(s for s in study.systems.all() if s.name == "model")
        run = study.runs.start({}, now=START)
        draft = ResponseDraft(system.id, "A clot.", FinishReason.END)
        study.responses.store(study.prompts.all()[0].id, [draft], run=run)

    done: list[None] = []
    context.tasks.run(write_meanwhile, done.append)
    qtbot.waitUntil(lambda: bool(done))
    choose(page, "setup_quantisation", Qt.Key.Key_Down)
    says(qtbot, page, "how it is loaded and asked stays as it is")
    assert box(page, "setup_quantisation").currentIndex() == 0
    assert not box(page, "setup_quantisation").isEnabled()
    assert specs(context, qtbot)["model"].quantisation == ""


def test_what_a_stranger_named_on_the_hub_is_asked_about_by_name(
    page: SetupPage, context: PageContext, folders: Path, qtbot: QtBot
) -> None:
    path = make_study(folders / "theirs.ftstudy", judged=0)
    with StudyFile.open(path, now=START) as study:
        study.systems.add(SystemSpec("model", SystemKind.BASE, model="someone/model"))
    opened(context, page, path, qtbot)
    says(qtbot, page, "The study names someone/model on the Hugging Face hub.")
    assert "a model's program code is never run" in shown_text(page)
    assert not consent.model_is_agreed("someone/model")
    allow = button(page, "setup_system_allow_model")
    assert allow.text() == "Allow the download"
    click(qtbot, page, "setup_system_allow_model")
    qtbot.waitUntil(lambda: not allow.isVisible())
    assert consent.model_is_agreed("someone/model")
    says(qtbot, page, "A hub id: it is fetched over the network when pairs are written.")
