"""Error schemes as TOML files: read back as they were written, and refused with the place and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftcompare.core.error_scheme import MQM_CORE, ErrorScheme, ErrorType, Severity
from ftcompare.core.errors import UserError
from ftcompare.formats.error_scheme import error_scheme_toml, read_error_scheme

GOOD = """
name = "House"
[[type]]
key = "term/wrong"
label = 'Wrong "term"'
note = "Not as in the glossary."
[[type]]
key = "missing"
spanless = true
[[severity]]
key = "bad"
weight = 2.5
"""
HOUSE = ErrorScheme(
    "House",
    (
        ErrorType("term/wrong", 'Wrong "term"', "Not as in the glossary."),
        ErrorType("missing", "missing", spanless=True),
    ),
    (Severity("bad", "bad", 2.5),),
)


def read(folder: Path, text: str) -> ErrorScheme:
    path = folder / "scheme.toml"
    path.write_text(text, encoding="utf-8")
    return read_error_scheme(path)


def test_a_scheme_is_read_with_labels_made_of_keys(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD) == HOUSE


@pytest.mark.parametrize("scheme", [MQM_CORE, HOUSE], ids=lambda scheme: scheme.name)
def test_a_written_scheme_is_read_back_as_it_was(tmp_path: Path, scheme: ErrorScheme) -> None:
    assert read(tmp_path, error_scheme_toml(scheme)) == scheme


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ('name = "House"', "", "scheme.toml", "name is missing"),
        ('name = "House"', "name = 3", "scheme.toml", "name must be text"),
        ('name = "House"', "name = 3\nnames = 1", "scheme.toml", "no setting 'names'"),
        ('key = "missing"', 'key = "term/wrong"', "scheme.toml, type 2", "stands twice"),
        ('key = "missing"', 'key = "x"\nlabel = \'wrong "TERM"\'', "scheme.toml, type 2", "label"),
        ('key = "missing"', 'key = "Missing"', "scheme.toml, type 2", "lower-case"),
        ('key = "missing"', f'key = "{"m" * 61}"', "scheme.toml, type 2", "lower-case"),
        ('key = "missing"', "", "scheme.toml, type 2", "key '' is not"),
        ("spanless = true", "spanless = 1", "scheme.toml, type 2", "true or false"),
        ("spanless = true", "span = true", "scheme.toml, type 2", "no setting 'span'"),
        ("weight = 2.5", "", "scheme.toml, severity 1", "weight is missing"),
        ("weight = 2.5", "weight = -1", "scheme.toml, severity 1", "from 0 to 10,000"),
        ("weight = 2.5", "weight = nan", "scheme.toml, severity 1", "from 0 to 10,000"),
        ("weight = 2.5", "weight = 1\nworst = 1", "scheme.toml, severity 1", "no setting 'worst'"),
        ('[[severity]]\nkey = "bad"\nweight = 2.5', "", "scheme.toml", "has 0 of [[severity]]"),
        (
            """[[severity]]
key = "bad"
weight = 2.5""",
            "[severity]",
            "scheme.toml",
            "must be tables",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, old: str, new: str, where: str, what: str
) -> None:
    assert old in GOOD
    with pytest.raises(UserError) as refused:
        read(tmp_path, GOOD.replace(old, new))
    assert refused.value.where == where
    assert what in refused.value.what


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not TOML") as refused:
        read(tmp_path, "name = House")
    assert refused.value.code == "scheme-file"
