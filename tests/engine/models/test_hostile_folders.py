"""Folders that mean harm end with their error, and what only looks like it is taken."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers.quantizers.auto import AUTO_QUANTIZATION_CONFIG_MAPPING

from ftcompare.app.setup.new_study import inspect_adapter_for, inspect_base
from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.core.study import Message
from ftcompare.engine.backends.local import loading, template_renderer, template_renderer_process
from ftcompare.engine.backends.local.template_renderer import RENDERER, TemplateRenderer
from ftcompare.engine.backends.local.typed_transformers import load_model, load_tokenizer
from ftcompare.engine.models import folder_files
from ftcompare.engine.models.config_safety import LONGEST, is_quick
from ftcompare.engine.models.folder_files import METHODS, PACKED, front_matter
from ftcompare.engine.models.model_folder import inspect_model
from tests.builders import present
from tests.engine.local.local_driver import ITEMS, Driver
from tests.engine.models.hostile_folders import (
    ELSEWHERE,
    LARGE_TEMPLATES,
    SLOW_TEMPLATES,
    Hostile,
    hostile_folders,
)
from tests.engine.tiny_models import change_json

Spoil = Callable[[str], Path]
FOLDERS = list(hostile_folders())
LOADED = [one for one in FOLDERS if not one.codes or one.codes[0] in ("adapter-pattern", "tokenizer-empty")]
LOADED += [one for one in FOLDERS if one.name.startswith("base: weights of")]
MESSAGES = (Message("user", "Hello"),)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes pipes and links")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that fills in templates goes on to the next test, unless it was too slow."""
    monkeypatch.setattr(RENDERER, "seconds", 2.0)
    monkeypatch.setattr(loading, "SECONDS", 0.5)


def spoilt(one: Hostile, tiny: Path, place: Path) -> tuple[Path, Path]:
    """The base and the adapter of a hostile folder."""
    for name in ("base", "adapter"):
        shutil.copytree(tiny / "llama" / name, place / name)
    (place / ELSEWHERE).mkdir()
    one.spoil(place / "base", place / "adapter")
    return place / "base", place / "adapter"


def told(act: Callable[[], object]) -> UserError | None:
    try:
        act()
    except UserError as error:
        return error
    return None


def by_name(one: Hostile) -> str:
    return one.name


@pytest.mark.parametrize("one", [one for one in FOLDERS if one not in LOADED], ids=by_name)
def test_what_the_folder_shows_is_refused_before_anything_is_loaded(
    one: Hostile, tiny: Path, tmp_path: Path
) -> None:
    base, adapter = spoilt(one, tiny, tmp_path)
    error = told(lambda: inspect_adapter_for(inspect_base(str(base)), str(adapter)))
    if error is None:  # only loading or asking shows it
        assert one.name.startswith(("base: template", "adapter: template")) or "unknown kind" in one.name
        return
    assert error.code in one.codes
    assert error.how
    assert len(error.what) < 400


@pytest.mark.parametrize("one", LOADED, ids=by_name)
@pytest.mark.usefixtures("impatient")
def test_what_only_loading_shows_is_refused_or_does_nothing(one: Hostile, tiny: Path, tmp_path: Path) -> None:
    base, adapter = spoilt(one, tiny, tmp_path)
    driver = Driver()
    error = told(lambda: (driver.load(base, adapter), driver.verify(), driver.write(ITEMS[:1])))
    assert (error.code if error else "") in (one.codes or ("",))


@pytest.mark.usefixtures("impatient")
def test_a_template_that_does_not_end_is_refused_with_its_folder(spoil: Spoil) -> None:
    base = spoil("llama/base")
    (base / "chat_template.jinja").write_text(SLOW_TEMPLATES["nested loops"], "utf-8")
    driver = Driver()
    driver.load(base)
    error = present(told(driver.verify))
    assert (error.code, error.where) == ("template-too-slow", str(base))
    assert "chat_template.jinja" in error.how


@pytest.mark.parametrize("text", LARGE_TEMPLATES.values(), ids=LARGE_TEMPLATES)
def test_a_template_that_takes_all_memory_is_refused(text: str) -> None:
    renderer = TemplateRenderer()
    error = present(told(lambda: renderer.text(text, MESSAGES, {}, where="here")))
    assert error.code == "template-too-large"
    assert renderer.text(
        "{{ messages[0].content }}{{ eos_token }}", MESSAGES, {"eos_token": "."}, where=""
    ) == ("Hello.")
    renderer.close()


def test_where_the_system_sets_no_limit_the_memory_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_renderer, "MEMORY_BYTES", 1)
    renderer = TemplateRenderer()
    error = present(told(lambda: renderer.text(SLOW_TEMPLATES["nested loops"], MESSAGES, {}, where="here")))
    assert error.code == "template-too-large"


def test_a_process_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_renderer, "template_command", lambda: [sys.executable, "-c", ""])
    with pytest.raises(EnvironmentFault) as caught:
        TemplateRenderer().text("x", MESSAGES, {}, where="")
    assert caught.value.code == "template-process"


def test_a_process_that_ended_meanwhile_is_started_again() -> None:
    renderer = TemplateRenderer()
    assert renderer.text("a", MESSAGES, {}, where="") == "a"
    assert renderer._child is not None
    renderer._child.kill()
    renderer._child.wait()
    assert renderer.text("b", MESSAGES, {}, where="") == "b"
    renderer.close()


def test_filling_in_says_what_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    request = {"messages": [{"role": "user", "content": "Hi"}], "variables": {}, "answered": True}
    assert template_renderer_process.fill_in({**request, "template": "{{ messages[0].content }}"}) == {
        "text": "Hi"
    }
    assert (
        "no"
        in template_renderer_process.fill_in({**request, "template": "{{ raise_exception('no') }}"})["error"]
    )
    monkeypatch.setattr(template_renderer_process, "LONGEST", 10)
    assert template_renderer_process.fill_in({**request, "template": "{{ 'x' * 99 }}"}) == {"excess": "text"}


def test_the_text_is_what_transformers_makes(tiny: Path) -> None:
    tokenizer = load_tokenizer(str(tiny / "llama" / "base"))
    turns = [{"role": "user", "content": "Hello \ud800 ö"}]
    expected = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    messages = (Message("user", "Hello \ud800 ö"),)
    assert (
        RENDERER.text(str(tokenizer.chat_template), messages, tokenizer.special_tokens_map, where="")
        == expected
    )


def test_loading_chooses_how_attention_is_computed(spoil: Spoil) -> None:
    """Were it taken from the configuration, it would be asked of a hub."""
    base = spoil("llama/base")
    change_json(base / "config.json", _attn_implementation="kernels-community/flash-attn2")
    model, _ = load_model(str(base), torch.float32, "cpu")
    assert model.config._attn_implementation == "sdpa"


def test_ways_of_quantising_are_those_of_transformers() -> None:
    assert set(AUTO_QUANTIZATION_CONFIG_MAPPING) <= METHODS
    assert PACKED <= METHODS


def test_links_into_the_hubs_store_and_within_the_folder_are_taken(tiny: Path, tmp_path: Path) -> None:
    store = tmp_path / "models--owner--name" / "blobs"
    snapshot = tmp_path / "models--owner--name" / "snapshots" / "0"
    shutil.copytree(tiny / "llama" / "base", store)
    snapshot.mkdir(parents=True)
    for file in store.iterdir():
        (snapshot / file.name).symlink_to(Path("../../blobs") / file.name)
    (snapshot / "README.md").symlink_to("config.json")
    (snapshot / "absent").symlink_to("nowhere")
    assert inspect_model(str(snapshot)).parameters


def test_a_card_that_is_no_file_is_not_opened(tmp_path: Path) -> None:
    assert front_matter(tmp_path) == {}
    assert not folder_files.is_plain_file(tmp_path / "absent")


def test_patterns_that_are_quick() -> None:
    for pattern in (
        "q_proj",
        r"^model\.layers\.0\.self_attn\.k_proj$",
        r".*\.(q|v)_proj",
        r"(a.b){2}",
        "re:.*x",
    ):
        assert is_quick(pattern)
    for pattern in ("(a+)+", "((", ".*.*.*.*", r"(a)\1", r"(a)(?(1)b|c)", "a|" * LONGEST, "a" * LONGEST * 2):
        assert not is_quick(pattern)


def test_a_pattern_chooses_the_layers_that_peft_would(tiny: Path, spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    pattern = r".*\.(q|k|v|o|gate|up|down)_proj"
    change_json(adapter / "adapter_config.json", target_modules=pattern, rank_pattern={"q_.*j": 4, "x.*": 8})
    driver = Driver()
    driver.load(tiny / "llama" / "base", adapter)
    assert all(verification.ok for verification in driver.verify().systems)
    change_json(adapter / "adapter_config.json", target_modules="nothing.*")
    error = present(told(lambda: driver.load(tiny / "llama" / "base", adapter)))
    assert error.code == "adapter-other-base"
