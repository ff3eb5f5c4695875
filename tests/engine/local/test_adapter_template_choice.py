"""An adapter that brings its own chat template or tokenizer: the owner is told, and shown where."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ftcompare.engine.backends.local.prompts import first_difference
from ftcompare.engine.models.adapter_chat_template import MOST_BYTES, read_adapter_template
from tests.engine.local.local_driver import ITEMS, Driver
from tests.engine.tiny_models import TEMPLATE, build_model, change_json

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
    assert first_difference("ab\ncd", "ab\nxd") == ("From character 4 on the base's has “cd”, its own “xd”.")
    assert "nothing" in first_difference("ab", "abc")
    assert len(first_difference("x" * 1000, "y" * 1000)) < 200
    assert "⏎" in first_difference("a", "\n")
