"""Setup: full models, served models and fewer bits, in a new study and in the open one."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel
from pytestqt.qtbot import QtBot

from ftcompare.app.setup import consent
from ftcompare.cli.main import run
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.engine.hardware_probe import Device, Hardware
from ftcompare.store.study.study_file import StudyFile
from ftcompare.ui.engine.run_driver import Machine
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.setup.model_loading import CapabilitiesDialog
from ftcompare.ui.pages.setup.page import SetupPage
from ftcompare.ui.pages.setup.system_rows import SystemRow
from ftcompare.ui.widgets.file_field import CheckState
from tests.ui.conftest import START, RecordingBar, make_study
from tests.ui.page_driver import child, owned
from tests.ui.setup.setup_driver import (
    button,
    click,
    edit,
    fill,
    make_folders,
    make_model,
    opened,
    says,
    unfold,
    write,
)
from tests.ui.shown_text import shown_text

LOCAL = "http://localhost:8000/v1"
SURVEY = Hardware(
    devices=(Device("cpu", "Test CPU", 18 * 10**9, 32 * 10**9),),
    dtype="float32",
    dtype_reason="Measured.",
    refusals={"8bit": "8 bits need a CUDA card.", "4bit": "4 bits need a CUDA card."},
)


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    make_folders(tmp_path)
    make_model(tmp_path / "rival")
    return tmp_path


def create(page: SetupPage, qtbot: QtBot) -> tuple[SystemSpec, ...]:
    with qtbot.waitSignal(page.created) as made:
        click(qtbot, page, "setup_create")
    assert made.args is not None
    with StudyFile.open(made.args[0], now=START) as study:
        return tuple(system.spec for system in study.systems.all())


def stored(context: PageContext, qtbot: QtBot) -> list[SystemSpec]:
    found: list[list[SystemSpec]] = []
    context.tasks.run(lambda study: [s.spec for s in study.systems.all()], found.append)
    qtbot.waitUntil(lambda: bool(found))
    return found[0]


def fill_served(
    qtbot: QtBot, page: SetupPage, number: int, address: str, model: str, adapter: str = ""
) -> None:
    write(qtbot, edit(page, f"setup_served_{number}_edit"), address)
    write(qtbot, edit(page, f"setup_served_model_{number}"), model)
    write(qtbot, edit(page, f"setup_served_adapter_{number}"), adapter)


def choose_bits(page: SetupPage, place: int) -> QComboBox:
    if button(page, "setup_precision_open").isVisible():
        unfold(page, "precision")
    box = child(page, QComboBox, "setup_quantisation")
    box.setFocus()
    for _ in range(place):
        QTest.keyClick(box, Qt.Key.Key_Down)
    return box


def test_a_study_of_all_kinds_is_made(page: SetupPage, folders: Path, qtbot: QtBot) -> None:
    fill(qtbot, page, folders)
    click(qtbot, page, "setup_model_add")
    write(qtbot, edit(page, "setup_model_2_edit"), str(folders / "rival"))
    click(qtbot, page, "setup_served_add")
    fill_served(qtbot, page, 3, "http://localhost:8000", "org/base", "org/heart")
    assert edit(page, "setup_served_name_3").text() == "heart"
    made = create(page, qtbot)
    assert [(s.name, s.kind) for s in made] == [
        ("base", SystemKind.BASE),
        ("adapter", SystemKind.ADAPTER),
        ("rival", SystemKind.MODEL),
        ("heart", SystemKind.SERVED),
    ]
    assert made[2].model == str(folders / "rival")
    assert (made[3].url, made[3].model, made[3].adapter) == (LOCAL, "org/base", "org/heart")
    assert {s.quantisation for s in made} == {""}


def test_what_is_found_in_a_full_models_folder_is_shown(page: SetupPage, folders: Path, qtbot: QtBot) -> None:
    click(qtbot, page, "setup_model_add")
    write(qtbot, edit(page, "setup_model_2_edit"), str(folders / "rival"))
    says(qtbot, page, "LlamaForCausalLM · 256 parameters")
    write(qtbot, edit(page, "setup_model_2_edit"), str(folders / "adapter"))
    says(qtbot, page, "contains an adapter, not a model")


def test_all_models_of_this_machine_are_loaded_in_fewer_bits(
    page: SetupPage, folders: Path, qtbot: QtBot
) -> None:
    fill(qtbot, page, folders)
    click(qtbot, page, "setup_model_add")
    write(qtbot, edit(page, "setup_model_2_edit"), str(folders / "rival"))
    choose_bits(page, 2)
    says(qtbot, page, "About a quarter of the memory of 16 bits.")
    assert [s.quantisation for s in create(page, qtbot)] == ["4bit", "4bit", "4bit"]


def test_a_served_base_has_its_adapters_by_name(page: SetupPage, folders: Path, qtbot: QtBot) -> None:
    fill(qtbot, page, folders)
    write(qtbot, edit(page, "setup_base_edit"), LOCAL)
    qtbot.waitUntil(lambda: edit(page, "setup_base_served_name").isVisible())
    assert not button(page, "setup_adapter_1_choose").isVisible()
    click(qtbot, page, "setup_create")
    says(qtbot, page, "Enter the base's name on the server.")
    assert not page.systems.loading.choice.isVisible(), "a server loads its models as it is set up"
    write(qtbot, edit(page, "setup_base_served_name"), "org/base")
    write(qtbot, edit(page, "setup_adapter_1_edit"), "heart")
    qtbot.waitUntil(lambda: not page.systems.looking)
    base, adapter = create(page, qtbot)
    assert (base.kind, base.url, base.model, base.adapter) == (SystemKind.SERVED, LOCAL, "org/base", "")
    assert (adapter.kind, adapter.url, adapter.adapter) == (SystemKind.SERVED, LOCAL, "heart")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("localhost:8000", "This is not the address of a server."),
        ("http://localhost:99999/v1", "This is not the address of a server."),
        ("http://ann:secret@localhost/v1", "which a study must not store"),
        ("http://localhost/v1?key=secret", "The address has a query or a fragment."),
    ],
)
def test_what_is_no_address_is_told_in_place(
    page: SetupPage, folders: Path, qtbot: QtBot, address: str, told: str
) -> None:
    fill(qtbot, page, folders)
    click(qtbot, page, "setup_served_add")
    fill_served(qtbot, page, 2, address, "org/base")
    says(qtbot, page, told)
    click(qtbot, page, "setup_create")
    says(qtbot, page, "marked above")
    assert list((folders / "studies").iterdir()) == []


def test_a_served_model_without_its_name_is_told(page: SetupPage, folders: Path, qtbot: QtBot) -> None:
    fill(qtbot, page, folders)
    click(qtbot, page, "setup_served_add")
    write(qtbot, edit(page, "setup_served_name_2"), "rival")
    click(qtbot, page, "setup_create")
    says(qtbot, page, "Enter the server's address, or remove the row.")
    write(qtbot, edit(page, "setup_served_2_edit"), LOCAL)
    click(qtbot, page, "setup_create")
    says(qtbot, page, "The model's name on the server is missing.")
    click(qtbot, page, "setup_served_remove_2")
    assert [spec.name for spec in create(page, qtbot)] == ["base", "adapter"]


def test_another_machine_is_warned_of_and_its_address_is_shown_as_it_stands(
    page: SetupPage, qtbot: QtBot
) -> None:
    click(qtbot, page, "setup_served_add")
    fill_served(qtbot, page, 2, LOCAL, "org/base")
    says(qtbot, page, "The server is contacted when answers are generated")
    assert "another computer" not in shown_text(page)
    fill_served(qtbot, page, 2, "http://gpu.example.org:8000", "org/base")
    says(qtbot, page, "gpu.example.org:8000 is another computer. The study's prompts are sent there.")
    assert "Over http they are not encrypted." in shown_text(page)
    fill_served(qtbot, page, 2, "https://gpu.example.org", "org/base")
    qtbot.waitUntil(lambda: "are not encrypted" not in shown_text(page))
    fill_served(qtbot, page, 2, "http://<b>x</b>:8000/v1", "org/base")
    says(qtbot, page, "<b>x< is another computer")
    formats = {shown.textFormat() for shown in page.findChildren(QLabel)}
    assert formats == {Qt.TextFormat.PlainText}


def test_two_systems_of_one_name_are_marked(page: SetupPage, folders: Path, qtbot: QtBot) -> None:
    fill(qtbot, page, folders)
    click(qtbot, page, "setup_model_add")
    write(qtbot, edit(page, "setup_model_2_edit"), str(folders / "rival"))
    write(qtbot, edit(page, "setup_model_name_2"), "adapter")
    click(qtbot, page, "setup_create")
    says(qtbot, page, "Another system is already called “adapter”.")


def test_the_memory_of_each_group_is_told_before_anything_is_loaded(
    page: SetupPage, folders: Path, qtbot: QtBot
) -> None:
    fill(qtbot, page, folders)
    unfold(page, "precision")
    says(qtbot, page, "base, adapter: about")
    click(qtbot, page, "setup_served_add")
    fill_served(qtbot, page, 2, LOCAL, "org/base")
    says(qtbot, page, "The groups of systems generate their answers one after the other.")
    click(qtbot, page, "setup_model_add")
    write(qtbot, edit(page, "setup_model_3_edit"), str(folders / "rival"))
    says(qtbot, page, "rival: about")
    says(qtbot, page, "are never in memory together")


def test_free_memory_and_refused_bits_follow_the_look_at_the_machine(
    context: PageContext, folders: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftcompare.ui.engine.run_driver.missing_libraries", lambda: ())
    page = SetupPage(context, lambda: folders / "studies", Machine(lambda: SURVEY, context.tasks))
    qtbot.addWidget(page)
    page.resize(1280, 650)
    page.show()
    page.enter()
    fill(qtbot, page, folders)
    choose_bits(page, 1)
    says(qtbot, page, "18.0 GB are free.")
    says(qtbot, page, "8 bits need a CUDA card.")


def test_what_each_system_can_do_is_a_table(page: SetupPage, folders: Path, qtbot: QtBot) -> None:
    fill(qtbot, page, folders)
    qtbot.waitUntil(lambda: button(page, "setup_capabilities").isVisible())
    click(qtbot, page, "setup_capabilities")
    dialog = child(page.window(), CapabilitiesDialog)
    rows = {row.key: row.cells for row in dialog.table.model.shown}
    assert rows["base", "verified"][2] == "known once loaded"
    assert rows["adapter", "several samples"][2] == "yes"
    assert "Gives several answers to a prompt" in rows["adapter", "several samples"]
    dialog.accept()


def test_an_open_table_follows_the_look_at_the_machine(
    context: PageContext, folders: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftcompare.ui.engine.run_driver.missing_libraries", lambda: ())
    table_is_open = threading.Event()

    def look() -> Hardware:
        table_is_open.wait(60)
        return SURVEY

    page = owned(SetupPage(context, lambda: folders / "studies", Machine(look, context.tasks)), qtbot)
    page.resize(1280, 650)
    page.show()
    page.enter()
    fill(qtbot, page, folders)
    qtbot.waitUntil(lambda: button(page, "setup_capabilities").isVisible())
    click(qtbot, page, "setup_capabilities")
    dialog = child(page.window(), CapabilitiesDialog)

    def told() -> str:
        return str({row.key: row.cells for row in dialog.table.model.shown}["base", "written"][3])

    assert told() == "this machine is being examined"
    table_is_open.set()
    qtbot.waitUntil(lambda: told().startswith("on this machine ("))
    dialog.accept()


def lacks(page: SetupPage, name: str) -> bool:
    """Whether no row of the open study goes by this name."""
    return name not in [row.system.name for row in page.findChildren(SystemRow) if row.isVisibleTo(page)]


def open_own(context: PageContext, page: SetupPage, folders: Path, qtbot: QtBot, *specs: SystemSpec) -> None:
    """A study of imported answers, and these systems."""
    path = make_study(folders / "own.ftstudy", judged=0)
    with StudyFile.open(path, now=START) as study:
        for spec in specs:
            study.systems.add(spec)
    opened(context, page, path, qtbot)


def test_a_full_model_and_a_served_one_are_added_to_the_open_study_and_removed(
    page: SetupPage, context: PageContext, folders: Path, qtbot: QtBot, bar: RecordingBar
) -> None:
    base = SystemSpec("model", SystemKind.BASE, model=str(folders / "base"), quantisation="8bit")
    open_own(context, page, folders, qtbot, base)
    assert choose_bits(page, 0).currentText() == "8 bits", "as the study's model is loaded"
    click(qtbot, page, "setup_model_add")
    write(qtbot, edit(page, f"setup_model_{page.systems._count}_edit"), str(folders / "rival"))
    qtbot.waitUntil(lambda: button(page, "setup_adapter_apply").isEnabled())
    click(qtbot, page, "setup_adapter_apply")
    qtbot.waitUntil(lambda: bar.good == ["rival added."])
    says(qtbot, page, "in 8 bits")
    click(qtbot, page, "setup_served_add")
    fill_served(qtbot, page, page.systems._count, LOCAL, "org/served")
    click(qtbot, page, "setup_adapter_apply")
    qtbot.waitUntil(lambda: bar.good[-1] == "served added.")
    assert [(s.kind, s.quantisation) for s in stored(context, qtbot)[2:]] == [
        (SystemKind.BASE, "8bit"),
        (SystemKind.MODEL, "8bit"),
        (SystemKind.SERVED, ""),
    ]
    for left, name in ((4, "served"), (3, "rival"), (2, "model")):
        click(qtbot, page, f"setup_system_remove_{name}")
        qtbot.waitUntil(partial(lacks, page, name))
        assert len(stored(context, qtbot)) == left
    click(qtbot, page, "setup_base_add")
    assert edit(page, "setup_base_edit").isVisible(), "a base can be chosen again"


def test_a_base_stays_while_adapters_of_it_are_there(
    page: SetupPage, context: PageContext, folders: Path, qtbot: QtBot
) -> None:
    base = SystemSpec("model", SystemKind.BASE, model=str(folders / "base"))
    tuned = SystemSpec("tuned", SystemKind.ADAPTER, base.model, str(folders / "adapter"))
    open_own(context, page, folders, qtbot, base, tuned)
    click(qtbot, page, "setup_system_remove_model")
    says(qtbot, page, "The study has adapters of “model”. Remove them first.")
    assert len(stored(context, qtbot)) == 4


def test_a_base_in_fewer_bits_is_added_to_a_study_without_one(
    page: SetupPage, context: PageContext, folders: Path, qtbot: QtBot, bar: RecordingBar
) -> None:
    open_own(context, page, folders, qtbot)
    click(qtbot, page, "setup_base_add")
    write(qtbot, edit(page, "setup_base_edit"), str(folders / "base"))
    choose_bits(page, 1)
    qtbot.waitUntil(lambda: button(page, "setup_base_apply").isEnabled())
    click(qtbot, page, "setup_base_apply")
    qtbot.waitUntil(lambda: bar.good == ["Base model added."])
    added = stored(context, qtbot)[-1]
    assert (added.name, added.quantisation) == ("base 2", "8bit"), "“base” is an imported system's name"


def test_an_adapter_is_added_to_a_served_base_by_its_name(
    page: SetupPage, context: PageContext, folders: Path, qtbot: QtBot, bar: RecordingBar
) -> None:
    base = SystemSpec("served base", SystemKind.SERVED, model="org/base", url=LOCAL)
    open_own(context, page, folders, qtbot, base)
    click(qtbot, page, "setup_adapter_add")
    row = page.systems.rows[0]
    write(qtbot, edit(page, f"setup_adapter_{page.systems._count}_edit"), "heart")
    qtbot.waitUntil(lambda: row.state is CheckState.FOUND)
    click(qtbot, page, "setup_adapter_apply")
    qtbot.waitUntil(lambda: bar.good == ["heart added."])
    added = stored(context, qtbot)[-1]
    assert added.kind is SystemKind.SERVED
    assert (added.url, added.model, added.adapter) == (LOCAL, "org/base", "heart")


def test_a_strangers_server_gets_no_prompts_before_this_user_allows_it(
    page: SetupPage, context: PageContext, folders: Path, qtbot: QtBot
) -> None:
    url = "https://gpu.example.org/v1"
    far = SystemSpec("far", SystemKind.SERVED, model="m", url=url)
    open_own(context, page, folders, qtbot, far, SystemSpec("tuned", far.kind, "m", "t", url=url))
    says(qtbot, page, "gpu.example.org is another computer")
    allow, other = (button(page, f"setup_system_allow_{name}") for name in ("far", "tuned"))
    qtbot.waitUntil(lambda: allow.isVisible() and other.isVisible())
    assert not consent.host_is_agreed(url)
    click(qtbot, page, "setup_system_allow_far")
    qtbot.waitUntil(lambda: not allow.isVisible() and not other.isVisible())
    assert consent.host_is_agreed(url)


def fill_gguf(qtbot: QtBot, page: SetupPage, folders: Path, server: str) -> str:
    """Choose a base and the folder of a LoRA, which is one file, and return the command that is copied."""
    for file in (folders / "gguf" / "base.gguf", folders / "heart" / "tuned.gguf"):
        file.parent.mkdir()
        file.write_bytes(b"GGUF\3\0\0\0")
    fill(qtbot, page, folders)
    write(qtbot, edit(page, "setup_base_edit"), str(folders / "gguf" / "base.gguf"))
    assert not edit(page, "setup_llama_command").isVisible()  # the adapter is for another base
    write(qtbot, edit(page, "setup_adapter_1_edit"), str(folders / "heart"))
    says(qtbot, page, "GGUF file for llama.cpp · tuned.gguf")
    assert edit(page, "setup_llama_server").text() == "http://localhost:8080/v1"
    write(qtbot, edit(page, "setup_llama_server"), server)
    click(qtbot, page, "setup_llama_copy")
    return QGuiApplication.clipboard().text()


def test_gguf_files_are_served_and_the_command_for_their_server_is_copied(
    page: SetupPage, folders: Path, qtbot: QtBot
) -> None:
    assert fill_gguf(qtbot, page, folders, "nowhere") == ""
    click(qtbot, page, "setup_create")
    says(qtbot, page, "This is not the address of a server.")
    write(qtbot, edit(page, "setup_llama_server"), "http://localhost:9090")
    click(qtbot, page, "setup_llama_copy")
    assert QGuiApplication.clipboard().text() == (
        f"llama-server -m {folders / 'gguf' / 'base.gguf'} --alias base "
        f"--lora {folders / 'heart' / 'tuned.gguf'} --lora-init-without-apply --port 9090"
    )
    url = "http://localhost:9090/v1"
    assert [(s.name, s.url, s.model, s.adapter) for s in create(page, qtbot)] == [
        ("base", url, "base", ""),
        ("heart", url, "base", "tuned"),
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")  # PEFT 0.21 asks for it
def test_a_study_of_gguf_files_is_answered_by_their_server_under_the_proof(
    page: SetupPage, folders: Path, qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.engine.served.openai_front import serving
    from tests.engine.tiny_models import build_adapter, build_model, quiet_libraries

    quiet_libraries()
    base = build_model(folders / "llama")
    build_adapter(folders / "tuned", base)
    loras = (("tuned.gguf", 0.0),)
    with serving(base, {"tuned": folders / "tuned"}, flavour="llama.cpp", loras=loras) as front:
        command = fill_gguf(qtbot, page, folders, front.url.removesuffix("/v1"))
        assert command.endswith(f" --port {urlsplit(front.url).port}")
        with qtbot.waitSignal(page.created) as made:
            click(qtbot, page, "setup_create")
        assert made.args is not None
        capsys.readouterr()
        code = run(["generate", str(made.args[0]), "--max-new-tokens", "4"])
        shown = capsys.readouterr()
    assert code == 0, shown.err
    assert {scale["scale"] for sent in front.asked("lora") for scale in sent} == {0.0, 1}
    with StudyFile.open(made.args[0], now=START) as study:
        answered = [(one.system, one.text) for one in study.responses.all()]
        assert len(answered) == 2 * len(study.prompts.all())


def test_a_gguf_base_needs_an_adapter_of_its_kind(page: SetupPage, folders: Path, qtbot: QtBot) -> None:
    (folders / "base.gguf").write_bytes(b"GGUF\3\0\0\0")
    fill(qtbot, page, folders)
    write(qtbot, edit(page, "setup_base_edit"), str(folders / "base.gguf"))
    says(qtbot, page, "GGUF file for llama.cpp · base.gguf")
    assert not button(page, "setup_precision_open").isVisible()
    click(qtbot, page, "setup_create")
    says(qtbot, page, "This is a GGUF file (base.gguf), which FTCompare does not read.")
    write(qtbot, edit(page, "setup_base_edit"), str(folders / "base"))
    write(qtbot, edit(page, "setup_adapter_1_edit"), str(folders / "base.gguf"))
    says(qtbot, page, "If base and adapter are both GGUF files, choose these")
