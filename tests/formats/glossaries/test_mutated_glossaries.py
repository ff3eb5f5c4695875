"""Damaged glossary files are read or refused in words, and entities always refused: nothing else happens."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from ftcompare.core.errors import UserError
from ftcompare.formats.glossary import read_glossary
from tests.formats.damaged_files import mutant
from tests.formats.glossaries.sound_glossaries import BOMBS, SOUND

MUTANTS = 60


@pytest.mark.parametrize("name", SOUND)
def test_a_damaged_file_is_read_or_refused_in_words(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(SOUND[name])
    assert read_glossary(path)
    rng = Random(name)
    refused = 0
    for _ in range(MUTANTS):
        path.write_bytes(mutant(SOUND[name], rng))
        try:
            assert read_glossary(path)
        except UserError as error:
            refused += 1
            assert error.what
            assert error.how
            assert error.where.startswith(name)
            assert str(error).isprintable()
    assert refused


@pytest.mark.parametrize("name", BOMBS)
def test_entities_are_refused_whatever_they_hold(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(BOMBS[name])
    with pytest.raises(UserError) as caught:
        read_glossary(path)
    assert caught.value.code == "xml-entities"
