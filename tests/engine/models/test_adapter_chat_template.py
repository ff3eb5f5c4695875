"""An adapter that is asked with its own chat template, at the owner's choice: written, scored, or refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ftcompare.core.errors import UserError
from ftcompare.engine.backends.local.backend import LocalBackend
from ftcompare.engine.models.adapter_chat_template import (
    differing_template,
    read_adapter_template,
    refusal_from_folders,
)
from ftcompare.engine.protocol import Load, Loaded, SystemRequest, Template, TextToScore
from tests.builders import present
from tests.engine.local.local_driver import ITEMS, SETTINGS, Driver, item, ready, reference
from tests.engine.tiny_models import TEMPLATE, change_json

Spoil = Callable[[str], Path]

OWN = TEMPLATE.replace("<|assistant|>", "<|system|>Short:")
"""Ends the prompt in another way; of special tokens it writes only those that the base has."""


def with_template(adapter: Path, template: str = OWN, **config: object) -> Path:
    """An adapter's folder with a template of its own, and what its tokenizer says."""
    (adapter / "chat_template.jinja").write_text(template, "utf-8")
    if config:
        (adapter / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")
    return adapter


def load(base: Path, adapter: Path, template: Template = "own") -> tuple[Driver, Loaded]:
    driver = Driver(LocalBackend())
    tuned = SystemRequest("a0", str(base), str(adapter), template=template)
    command = Load((SystemRequest("base", str(base)), tuned), device="cpu", dtype="float32")
    return driver, driver.backend.load(command)


def verified(base: Path, adapter: Path) -> Driver:
    driver, _ = load(base, adapter)
    assert all(verification.ok for verification in driver.verify().systems)
    return driver


def retold(base: Path, template: str, place: Path) -> Path:
    """A base with another template, to compare with."""
    copy = Path(shutil.copytree(base, place))
    (copy / "chat_template.jinja").write_text(template, "utf-8")
    return copy


def refusal(base: Path, adapter: Path) -> str:
    with pytest.raises(UserError) as caught:
        load(base, adapter)
    assert caught.value.code == "adapter-template"
    return caught.value.what


def test_the_adapter_answers_its_own_prompts_and_the_base_the_bases(
    tiny: Path, spoil: Spoil, tmp_path: Path
) -> None:
    base, adapter = tiny / "llama" / "base", with_template(spoil("llama/adapter"))
    pairs = verified(base, adapter).write()
    other = retold(base, OWN, tmp_path / "retold")
    for one in ITEMS:
        found = pairs[one.key]
        assert (found["base"].text, found["base"].tokens) == reference(base, one, SETTINGS.max_new_tokens)
        asked = reference(other, one, SETTINGS.max_new_tokens, adapter)
        assert (found["a0"].text, found["a0"].tokens) == asked
    assert pairs != ready(base, adapter, dtype="float32").write()


def test_it_is_said_and_has_a_digest_of_its_own(tiny: Path, spoil: Spoil) -> None:
    base, adapter = tiny / "llama" / "base", with_template(spoil("llama/adapter"))
    driver, loaded = load(base, adapter)
    plain, tuned = loaded.systems
    assert any("uses its own chat template" in note for note in tuned.notes)
    assert plain.tokenizer_digest == tuned.tokenizer_digest
    assert plain.template_digest != tuned.template_digest
    assert tuned.template_digest != load(base, adapter, "")[1].systems[1].template_digest
    statement = driver.verify(ITEMS[:3]).systems[1].statement
    assert "own chat template, which gives 3 of 3 prompts other tokens" in statement
    driver.write(ITEMS[:1])
    assert not driver.notes, "they write in one pass"


def test_texts_are_scored_after_the_prompt_that_was_asked(tiny: Path, spoil: Spoil, tmp_path: Path) -> None:
    base, adapter = tiny / "llama" / "base", with_template(spoil("llama/adapter"))
    text = TextToScore("t", ITEMS[0].messages, "The heart pumps blood.")
    found = verified(base, adapter).score(text)["t"]
    plain = ready(base, adapter, dtype="float32").score(text)["t"]
    own = ready(retold(base, OWN, tmp_path / "retold"), adapter, dtype="float32").score(text)["t"]
    assert found["base"].logprobs == pytest.approx(plain["base"].logprobs, abs=1e-4)
    assert found["a0"].logprobs == pytest.approx(own["a0"].logprobs, abs=1e-4)
    assert found["a0"].logprobs != pytest.approx(plain["a0"].logprobs, abs=1e-2)


def test_its_prompt_tokens_are_measured(tiny: Path, spoil: Spoil) -> None:
    base, adapter = tiny / "llama" / "base", with_template(spoil("llama/adapter"))
    found = verified(base, adapter).benchmark(ITEMS[:1], SETTINGS)
    assert (found["a0"].prompt_tokens or 0) > (found["base"].prompt_tokens or 0)


def test_its_own_end_token_ends_its_answers_too(tiny: Path, spoil: Spoil) -> None:
    base = tiny / "llama" / "base"
    free = ready(base, tiny / "llama" / "adapter", dtype="float32").write(ITEMS[:1])["p0"]
    adapter = with_template(spoil("llama/adapter"), TEMPLATE, eos_token="<|user|>")
    driver, loaded = load(base, adapter)
    plain, tuned = loaded.systems
    assert any("end token <|user|> also ends its responses" in note for note in tuned.notes)
    assert plain.end_tokens_digest != tuned.end_tokens_digest
    driver.verify()
    found = driver.write(ITEMS[:1])["p0"]
    assert found["base"] == free["base"]
    assert found["a0"].tokens <= free["a0"].tokens


def test_special_tokens_are_those_of_its_own_tokenizer(tiny: Path, spoil: Spoil, tmp_path: Path) -> None:
    base = tiny / "llama" / "base"
    named = "\n{{ bos_token }}{{ eos_token }}{% if pad_token is defined %}?{% endif %}" + TEMPLATE
    adapter = with_template(spoil("llama/adapter"), named, bos_token="<|system|>")
    other = retold(base, "\n<|system|>" + TEMPLATE, tmp_path / "retold")
    found = verified(base, adapter).write(ITEMS[:2])
    for one in ITEMS[:2]:
        asked = reference(other, one, SETTINGS.max_new_tokens, adapter)
        assert (found[one.key]["a0"].text, found[one.key]["a0"].tokens) == asked


def test_a_prompt_that_only_its_template_refuses_is_marked(tiny: Path, spoil: Spoil) -> None:
    refuses = "{% if messages|length > 1 %}{{ raise_exception('one turn') }}{% endif %}" + TEMPLATE
    driver = verified(tiny / "llama" / "base", with_template(spoil("llama/adapter"), refuses))
    two = item("two", "Be brief.", "What is a stroke?", roles=("system", "user"))
    assert set(driver.write((two, ITEMS[0]))) == {"p0"}
    assert driver.failures == {"two": "An adapter's own chat template rejects the prompt: one turn"}


def test_without_a_template_of_its_own_it_is_refused(tiny: Path) -> None:
    assert "no chat template of its own" in refusal(tiny / "llama" / "base", tiny / "llama" / "adapter")


@pytest.mark.parametrize(
    ("template", "config", "told"),
    [
        (TEMPLATE + "<|im_end|>", {"extra_special_tokens": ["<|im_end|>"]}, "<|im_end|>, which the base's"),
        (TEMPLATE, {"eos_token": "<|im_end|>"}, "<|im_end|>, which the base's"),
        (
            TEMPLATE,
            {"added_tokens_decoder": {"7": {"content": "<|user|>"}}},
            "7 in its own tokenizer but 2 in",
        ),
        ("{{ sep_token }}" + TEMPLATE, {"sep_token": {"content": "<x>"}}, "<x>, which the base's"),
    ],
)
def test_where_the_bases_tokenizer_cannot_spell_it_it_is_refused(
    tiny: Path, spoil: Spoil, template: str, config: dict[str, object], told: str
) -> None:
    """The engine finds it with the tokenizer; from the folders alone it is found where the text shows it."""
    base, adapter = tiny / "llama" / "base", with_template(spoil("llama/adapter"), template, **config)
    assert told in refusal(base, adapter)


def test_a_token_that_another_tokenizer_has_is_found_in_the_folders(tiny: Path, spoil: Spoil) -> None:
    base = tiny / "llama" / "base"
    adapter = with_template(spoil("llama/adapter"), OWN + "<|im_end|>")
    (adapter / "added_tokens.json").write_text('{"<|im_end|>": 384, "": 1}', "utf-8")
    own = present(differing_template(adapter, base))
    assert "<|im_end|>" in refusal_from_folders(own, base)
    shutil.copy(base / "tokenizer.json", adapter / "tokenizer.json")
    (adapter / "added_tokens.json").unlink()
    own = present(differing_template(adapter, base))
    assert refusal_from_folders(own, base) == ""
    assert differing_template(with_template(adapter, TEMPLATE), base) is None


def test_folders_that_tell_little_leave_it_to_the_engine(tiny: Path, spoil: Spoil, tmp_path: Path) -> None:
    adapter = with_template(spoil("llama/adapter"), OWN, additional_special_tokens=["<|system|>"])
    own = present(read_adapter_template(adapter))
    assert refusal_from_folders(own, tmp_path) == ""
    unigram = {"model": {"vocab": [["<|system|>", 0.0], [], 7]}, "added_tokens": 3}
    (tmp_path / "tokenizer.json").write_text(json.dumps(unigram), "utf-8")
    assert refusal_from_folders(own, tmp_path) == ""
    (tmp_path / "tokenizer.json").write_text('{"model": {}}', "utf-8")
    assert "<|system|>" in refusal_from_folders(own, tmp_path)
    (tmp_path / "tokenizer.json").write_text("[", "utf-8")
    assert refusal_from_folders(own, tmp_path) == ""


def test_end_tokens_of_the_generation_settings_show_in_a_digest(tiny: Path, spoil: Spoil) -> None:
    base = spoil("llama/base")
    (before,) = Driver().load(base).systems
    change_json(base / "generation_config.json", eos_token_id=[0, 5])
    (after,) = Driver().load(base).systems
    assert before.end_tokens_digest != after.end_tokens_digest
    assert (before.digest, before.tokenizer_digest) == (after.digest, after.tokenizer_digest)
    assert before.end_tokens_digest == Driver().load(tiny / "llama" / "base").systems[0].end_tokens_digest
