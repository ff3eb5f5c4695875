"""Damaged files of every kind are read or refused in words: nothing else happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import pytest

from ftcompare.core.errors import UserError
from ftcompare.formats.glossary import read_glossary
from ftcompare.formats.import_notes import ImportNotes
from ftcompare.formats.practice_and_gold import read_gold, read_practice
from ftcompare.formats.prompts import read_prompts
from ftcompare.formats.registry import IMPORT_FORMATS, import_format
from ftcompare.formats.training_texts import read_training
from tests.formats.damaged_files import IMPORTED, TEXTS, mutant

MUTANTS = 300


def read_import(path: Path) -> Iterable[object]:
    """Votes, or answers where there is no vote, as an import reads them."""
    form = import_format(IMPORTED[path.name])
    votes = list(form.judgments(path, ImportNotes())) if form.judgments else []
    return votes or (form.outputs(path, ImportNotes()) if form.outputs else ())


READERS: dict[str, Callable[[Path], Iterable[object]]] = {
    **dict.fromkeys(IMPORTED, read_import),
    "prompts.jsonl": read_prompts,
    "prompts.csv": read_prompts,
    "prompts.tsv": read_prompts,
    "prompts.txt": read_prompts,
    "glossary.csv": read_glossary,
    "glossary.tsv": read_glossary,
    "omegat.txt": read_glossary,
    "training.csv": read_training,
    "training.jsonl": read_training,
    "practice.jsonl": read_practice,
    "gold.jsonl": read_gold,
}


def test_every_import_format_is_among_them() -> None:
    assert set(IMPORTED.values()) == {form.id for form in IMPORT_FORMATS}


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_read_or_refused_in_words(tmp_path: Path, name: str) -> None:
    read, content = READERS[name], TEXTS[name]
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert list(read(path))
    rng = Random(name)
    outcomes = [outcome(read, path, mutant(content.encode(), rng)) for _ in range(MUTANTS)]
    refusals = [error for error in outcomes if error]
    assert 0 < len(refusals) < MUTANTS
    for error in refusals:
        assert error.what
        assert error.how
        assert error.where.startswith(name)
        assert str(error).isprintable()


def outcome(read: Callable[[Path], Iterable[object]], path: Path, data: bytes) -> UserError | None:
    """The refusal of a file; None where something was read from it."""
    path.write_bytes(data)
    try:
        assert list(read(path))
    except UserError as error:
        return error
    return None
