"""TOML files that their parser alone would hang on, or answer with a fault that is no TOML error."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftcompare.core.errors import UserError
from ftcompare.formats.toml_file import LARGEST_WHOLE, MAX_BYTES, read_toml_values

MANY = "9" * 5000
HOSTILE = {
    "5,000 digits": (f"raters = {MANY}", "too many digits"),
    "5,000 digits in a table in a list": (f"a = [{{b = {MANY}}}]", "too many digits"),
    "20,000 hexadecimal digits": (f"a = [1, [0x{'f' * 20_000}]]", "too many digits"),
    "beyond 64 bits": (f"a = {LARGEST_WHOLE + 1}", "too many digits"),
    "below 64 bits": (f"a = -{LARGEST_WHOLE + 2}", "too many digits"),
    "a key of 400,000 names": (".".join("a" * 400_000) + " = 1", "joins more than 64 names"),
    "a quoted key of names": (" . ".join(["'a.b'"] * 90_000) + " = 1", "joins more than 64 names"),
    "a table of 400,000 names": (f"[{'.'.join('a' * 400_000)}]", "joins more than 64 names"),
    "lists in lists": (f"a = {'[' * 500_000}", "nest too deeply"),
    "tables in tables": ("a = " + "{b = " * 100_000, "nest too deeply"),
    "one long name": ("x" * 900_000, "This is not TOML"),
    "a string without an end": ('a = """' + '\\"' * 400_000, "This is not TOML"),
    "quotes": ("'" * 900_001, "This is not TOML"),
    "CR line ends": ("a = 1\rb = 2\r", "This is not TOML"),
    "half a character": ('a = "\\ud800"', "This is not TOML"),
    "no such day": ("a = 2026-02-31", "This is not TOML"),
    "NUL": ("a = 'b\0c'", "NUL characters"),
    "too large": ("#" * (MAX_BYTES + 1), "larger than 1 MiB"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    text, told = HOSTILE[name]
    path = tmp_path / "gate.toml"
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.raises(UserError, match=told) as caught:
        read_toml_values(path, code="gate-file", example="a = 1")
    assert caught.value.where.startswith("gate.toml")
    assert caught.value.how
    assert str(caught.value).isprintable()


def test_dots_in_texts_and_comments_are_no_keys(tmp_path: Path) -> None:
    path = tmp_path / "rating.toml"
    dots = "a." * 100
    text = f'b = \'{dots}\' # {dots}\nc = "\\"{dots}"\nd = \'\'\'\n\'{dots}\'\'\'\ne = """\n\\""{dots}"""\n'
    path.write_text(f"{text}f = {LARGEST_WHOLE}\ng.{'h.' * 62}i = 0.5\n", encoding="utf-8")
    found = read_toml_values(path, code="rating-file", example="a = 1")
    assert [found[name] for name in "bcdef"] == [dots, f'"{dots}', f"'{dots}", f'""{dots}', LARGEST_WHOLE]
