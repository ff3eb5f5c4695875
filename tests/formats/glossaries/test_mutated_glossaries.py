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
    assert refusal(path, SOUND[name]) is None
    rng = Random(name)
    refusals = [error for _ in range(MUTANTS) if (error := refusal(path, mutant(SOUND[name], rng)))]
    assert refusals
    for error in refusals:
        assert error.what
        assert error.how
        assert error.where.startswith(name)
        assert str(error).isprintable()


def refusal(path: Path, data: bytes) -> UserError | None:
    """The refusal of a file; None where something was read from it."""
    path.write_bytes(data)
    try:
        assert read_glossary(path)
    except UserError as error:
        return error
    return None


@pytest.mark.parametrize("name", BOMBS)
def test_entities_are_refused_whatever_they_hold(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(BOMBS[name])
    with pytest.raises(UserError) as caught:
        read_glossary(path)
    assert caught.value.code == "xml-entities"
