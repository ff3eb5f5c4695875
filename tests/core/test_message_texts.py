"""Messages that are made in English, with their values, are shown in the language of the program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from ftcompare.core import language as language_module
from ftcompare.core import message_texts
from ftcompare.core.errors import UserError
from ftcompare.core.language import PART, in_language
from ftcompare.core.message_texts import translated_message

WHOLE = {
    "The folder is not opened. {why}.": "Der Ordner wird nicht geöffnet. {why}.",
    "The {noun} folder does not exist.": "Der Ordner existiert nicht ({noun}).",
    "{name} is missing.": "{name} fehlt.",
    "{name} and {name}_file are given.": "{name} und {name}_file sind angegeben.",
    'Give "{name}" a value, such as {{"a": 1}}.': 'Geben Sie "{name}" einen Wert wie {{"a": 1}}.',
    "{a} of {b}": "{a} von {b}",
    "The disk is full.": "Der Datenträger ist voll.",
}
PARTS = {
    "It contains more than {most} entries": "Er enthält mehr als {most} Einträge",
    "it is cut off": "er ist abgeschnitten",
    "model": "Modell",
}


@pytest.fixture(autouse=True)
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    made = Catalog(locale="de")
    for text, translation in WHOLE.items():
        made.add(text, translation)
    for text, translation in PARTS.items():
        made.add(text, translation, context=PART)
    path = tmp_path / "languages" / "owner" / "de.po"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, made)
    monkeypatch.setattr(language_module, "resources", lambda: tmp_path)
    caches = (language_module._catalog, message_texts._texts_with_places)
    for cache in caches:
        cache.cache_clear()
    (tmp_path / "languages" / "de.po").write_bytes(b'msgid ""\nmsgstr ""\n')
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("The disk is full.", "Der Datenträger ist voll."),
        ("weight is missing.", "weight fehlt."),
        ("model is missing.", "model fehlt."),
        ("The model folder does not exist.", "Der Ordner existiert nicht (Modell)."),
        (
            "The folder is not opened. It contains more than 10,000 entries.",
            "Der Ordner wird nicht geöffnet. Er enthält mehr als 10.000 Einträge.",
        ),
        ("The folder is not opened. it is cut off.", "Der Ordner wird nicht geöffnet. er ist abgeschnitten."),
        ("a and a_file are given.", "a und a_file sind angegeben."),
        ("a and b_file are given.", "a and b_file are given."),
        ('Give "x" a value, such as {"a": 1}.', 'Geben Sie "x" einen Wert wie {"a": 1}.'),
        ("“3 of 4 is missing.” is missing.", "“3 of 4 is missing.” fehlt."),
        ("3 of 4", "3 of 4"),
        ("Der Datenträger ist voll.", "Der Datenträger ist voll."),
    ],
)
def test_a_message_is_translated_with_its_values_and_parts(english: str, german: str) -> None:
    with in_language("de"):
        assert translated_message(english) == UserError("", how=english).how == german
    assert translated_message(english) == english
