"""Adapters that take turns in one model: wherever an exception strikes, what acts then is what was asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from ftcompare.core.errors import BugError, UserError
from ftcompare.engine.backends.local import systems as local_mounts
from ftcompare.engine.backends.local import systems as local_systems
from ftcompare.engine.backends.local.merged_adapter_check import directions, merged_share
from ftcompare.engine.backends.local.prompts import first_difference
from ftcompare.engine.backends.local.systems import LoadedSystems
from ftcompare.engine.models.adapter_chat_template import MOST_BYTES, read_adapter_template
from tests.engine.local.local_driver import ITEMS, Driver, ready
from tests.engine.tiny_adapters import build_kind
from tests.engine.tiny_models import TEMPLATE, build_adapter, build_model, change_json, change_tensors

WEIGHTS = "adapter_model.safetensors"
IDS = torch.tensor([[2, 70, 33, 120, 3, 44]])
KEYS = ("base", "a0", "a1")


class Struck(Exception):
    """Stands for whatever may happen in the middle."""


class Strike:
    """Raises at the n-th line that mounting executes.

    ``struck`` says whether there was one.
    """

    def __init__(self, number: int) -> None:
        self._left = number
        self.struck = False

    def __enter__(self) -> Strike:
        self._before = sys.gettrace()
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> bool:
        sys.settrace(self._before)
        return self.struck

    def _call(self, frame: FrameType, *_: object) -> Any:
        ours = (local_mounts.__file__, local_systems.__file__)
        return self._line if frame.f_code.co_filename in ours else None

    def _line(self, _: FrameType, event: str, __: object) -> Any:
        self._left -= event == "line"
        if self._left == 0 and not self.struck:
            self.struck = True
            sys.settrace(None)
            raise Struck
        return self._line


@pytest.fixture(scope="module")
def folders(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A LoRA and an IA³ of the tiny Llama."""
    ia3 = build_kind(tmp_path_factory.mktemp("mounts") / "ia3", tiny / "llama" / "base", "IA3")
    return tiny / "llama" / "adapter", ia3


def logits(systems: LoadedSystems) -> dict[str, torch.Tensor]:
    found = {}
    for key in KEYS:
        with systems.speaking(key), torch.inference_mode():
            found[key] = systems.base.model(input_ids=IDS).logits.clone()
    return found


def attach(systems: LoadedSystems) -> None:
    systems.attach()


def detach(systems: LoadedSystems) -> None:
    systems.detach()


def take_turns(systems: LoadedSystems) -> None:
    for key in ("a1", "base", "a0"):
        with systems.speaking(key):
            pass


@pytest.mark.parametrize(("act", "attached"), [(attach, False), (detach, True), (take_turns, True)])
def test_whatever_is_struck_the_next_one_to_speak_is_the_one_that_was_asked(
    tiny: Path, folders: tuple[Path, Path], act: Callable[[LoadedSystems], None], attached: bool
) -> None:
    driver = ready(tiny / "llama" / "base", *folders)
    systems = driver.backend._loaded_systems()
    right = logits(systems)
    struck, number = True, 1
    while struck:
        systems.detach()
        if attached:
            systems.attach()
        with Strike(number) as strike:
            act(systems)
        struck = strike.struck
        if act is not take_turns:
            systems.detach()
            systems.attach()
        found = logits(systems)
        assert all(torch.equal(found[key], right[key]) for key in KEYS)
        number += 29
    assert number > 40
    digests = ["", *(systems.adapter(key).digest for key in KEYS[1:])]
    assert [one.active for one in driver.write(ITEMS[:1])["p0"].values()] == digests


def test_an_adapter_that_is_not_attached_does_not_speak_as_the_base(
    tiny: Path, folders: tuple[Path, Path]
) -> None:
    driver = ready(tiny / "llama" / "base", *folders)
    systems = driver.backend._loaded_systems()
    systems.detach()
    with pytest.raises(BugError), systems.speaking("a0"):
        pass


def test_loras_with_embeddings_of_their_own_stand_alone(tiny: Path, tmp_path: Path) -> None:
    """PEFT refuses one beside a plain one, or leaves its embeddings on."""
    base = tiny / "llama" / "base"
    tokens = build_adapter(tmp_path / "tokens", base, trainable_token_indices=[2, 3])
    for order in ([tokens, tiny / "llama" / "second"], [tiny / "llama" / "second", tokens]):
        driver = ready(base, *order)
        responses = driver.write(ITEMS[:1])["p0"].values()
        assert len({one.active for one in responses}) == 3
        assert "adds its own layers" in driver.notes[0]


def test_a_rank_above_the_width_of_a_layer_is_proved(tiny: Path, tmp_path: Path) -> None:
    adapter = tmp_path / "wide"
    load: Any = AutoModelForCausalLM.from_pretrained
    config = LoraConfig(
        r=40, target_modules=["q_proj", "k_proj"], task_type="CAUSAL_LM", init_lora_weights=False
    )
    model: Any = get_peft_model(load(str(tiny / "llama" / "base")), config)
    model.save_pretrained(str(adapter))
    assert ready(tiny / "llama" / "base", adapter).write(ITEMS[:1])["p0"]["a0"].active
    chance = torch.Generator().manual_seed(0)
    down, up = torch.randn(40, 64, generator=chance), torch.randn(16, 40, generator=chance)
    weights = torch.randn(16, 64, generator=chance) * 0.1
    free, whole = (directions(weights + share * up @ down, down, up, 1.0) for share in (0, 1))
    assert free is not None
    assert whole is not None
    assert not merged_share([free]).merged
    assert merged_share([whole]).merged


@pytest.fixture
def with_embedding(tiny: Path, tmp_path: Path) -> Path:
    """A LoRA that acts on the embedding, as PEFT saves it: the base's is in its file."""
    torch.manual_seed(3)
    load: Any = AutoModelForCausalLM.from_pretrained
    targets = ["embed_tokens", "q_proj"]
    config = LoraConfig(r=4, target_modules=targets, task_type="CAUSAL_LM", init_lora_weights=False)
    model: Any = get_peft_model(load(str(tiny / "llama" / "base")), config)
    model.save_pretrained(str(tmp_path / "embedding"))
    return tmp_path / "embedding"


@pytest.mark.filterwarnings("ignore:Setting `save_embedding_layers`")
def test_a_copy_of_the_bases_embedding_in_an_adapters_file_is_no_fault(
    tiny: Path, with_embedding: Path
) -> None:
    driver = ready(tiny / "llama" / "base", with_embedding)
    assert all(verification.ok for verification in driver.verify().systems)


@pytest.mark.filterwarnings("ignore:Setting `save_embedding_layers`")
def test_another_embedding_in_an_adapters_file_is_refused_in_words(tiny: Path, with_embedding: Path) -> None:
    """PEFT would write it over the base's, for all systems."""

    def change(tensors: dict[str, torch.Tensor]) -> None:
        tensors["base_model.model.model.embed_tokens.base_layer.weight"][5] += 1

    change_tensors(with_embedding / WEIGHTS, change)
    with pytest.raises(UserError) as caught:
        Driver().load(tiny / "llama" / "base", with_embedding)
    assert caught.value.code == "adapter-unsupported"
    assert "model.embed_tokens" in caught.value.what


# An adapter that brings its own chat template or tokenizer: the owner is told, and shown where.


Spoil = Callable[[str], Path]


def notes_and_statement(base: Path, adapter: Path) -> tuple[str, str]:
    """What loading notes of the adapter, and what its verification says."""
    driver = Driver()
    notes = driver.load(base, adapter).systems[1].notes
    verification = driver.verify(ITEMS[:3]).systems[1]
    assert verification.ok
    return " ".join(notes), verification.statement


def test_another_template_is_said_and_shown(tiny: Path, spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    (adapter / "chat_template.jinja").write_text(TEMPLATE.replace("<|assistant|>", "ANSWER:"), "utf-8")
    notes, statement = notes_and_statement(tiny / "llama" / "base", adapter)
    assert "own chat template" in notes
    assert "“<|assistant|>" in notes
    assert "“ANSWER:" in notes
    assert "would change 3 of 3 prompts" in statement


def test_a_template_in_the_tokenizers_configuration_counts(tiny: Path, spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    (adapter / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages }}"}), "utf-8")
    notes, statement = notes_and_statement(tiny / "llama" / "base", adapter)
    assert "own chat template" in notes
    assert "would change 3 of 3 prompts" in statement


def test_a_template_that_only_looks_different_changes_no_prompt(tiny: Path, spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    (adapter / "chat_template.jinja").write_text(TEMPLATE + "{# the same #}", "utf-8")
    notes, statement = notes_and_statement(tiny / "llama" / "base", adapter)
    assert "own chat template" in notes
    assert "would change" not in statement


def test_a_template_that_refuses_the_prompts_changes_them(tiny: Path, spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    (adapter / "chat_template.jinja").write_text("{{ raise_exception('no') }}", "utf-8")
    assert "would change 3 of 3" in notes_and_statement(tiny / "llama" / "base", adapter)[1]


def test_the_bases_own_template_is_nothing_to_note(tiny: Path, spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    for name in ("chat_template.jinja", "tokenizer.json"):
        (adapter / name).write_bytes((tiny / "llama" / "base" / name).read_bytes())
    notes, statement = notes_and_statement(tiny / "llama" / "base", adapter)
    assert "own" not in notes
    assert "would change" not in statement


def test_another_tokenizer_is_said(tiny: Path, spoil: Spoil, tmp_path: Path) -> None:
    adapter = spoil("llama/adapter")
    other = build_model(tmp_path / "other", "llama")
    tokenizer = json.loads((other / "tokenizer.json").read_text("utf-8"))
    tokenizer["model"]["merges"] = tokenizer["model"]["merges"][:5]
    (adapter / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    (adapter / "tokenizer_config.json").write_bytes((other / "tokenizer_config.json").read_bytes())
    notes, statement = notes_and_statement(tiny / "llama" / "base", adapter)
    assert "own tokenizer.json" in notes
    assert "own chat template" not in notes
    assert "would change 3 of 3 prompts" in statement


def test_a_tokenizer_that_cannot_be_loaded_is_said(tiny: Path, spoil: Spoil) -> None:
    adapter = spoil("llama/adapter")
    (adapter / "tokenizer.json").write_text("{}", "utf-8")
    notes, statement = notes_and_statement(tiny / "llama" / "base", adapter)
    assert "own tokenizer.json" in notes
    assert "cannot be loaded" in statement


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * (MOST_BYTES + 1)])
def test_a_template_that_cannot_be_read_counts_for_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "chat_template.jinja").write_bytes(content)
    assert read_adapter_template(tmp_path) is None


def test_a_configuration_without_template_counts_for_none(tmp_path: Path) -> None:
    assert read_adapter_template(tmp_path) is None
    (tmp_path / "tokenizer_config.json").write_text("{}", "utf-8")
    assert read_adapter_template(tmp_path) is None
    change_json(tmp_path / "tokenizer_config.json", chat_template=[{"name": "default"}])
    assert read_adapter_template(tmp_path) is None
    (tmp_path / "tokenizer_config.json").write_text("[", "utf-8")
    assert read_adapter_template(tmp_path) is None


def test_differences_are_shown_short_and_in_one_line() -> None:
    assert first_difference("ab\ncd", "ab\nxd") == ("From character 4 on, the base's has “cd”, its own “xd”.")
    assert "nothing" in first_difference("ab", "abc")
    assert len(first_difference("x" * 1000, "y" * 1000)) < 200
    assert "⏎" in first_difference("a", "\n")
