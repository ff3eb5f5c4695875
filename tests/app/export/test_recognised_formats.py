"""A file imported in the wrong format: the error names the format whose fields it has."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from openpyxl import Workbook

from ftcompare.app.export.importing import create_from_import
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.core.errors import UserError
from ftcompare.formats.registry import IMPORT_FORMATS, recognised_format
from tests.formats.damaged_files import IMPORTED, TEXTS

FLAT = {("judgments.jsonl", "label-studio")}
"""Label Studio's tasks may hold prompt and answers without more: such are in this file."""

OF_JSON = tuple(name for name in IMPORTED if Path(name).suffix in (".json", ".jsonl"))
"""A table of answers is told from all others by the end of its name."""


def saved(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text(TEXTS[name], encoding="utf-8")
    return path


def refusal(folder: Path, file: Path, form: str, now: datetime) -> UserError:
    study = folder / "new.ftstudy"
    with pytest.raises(UserError) as caught:
        create_from_import(study, StudyPlan(title="New"), file, form, rng=Random(1), now=now)
    assert not study.exists()
    return caught.value


def test_a_kto_file_taken_for_pairs_is_named(tmp_path: Path, now: datetime) -> None:
    error = refusal(tmp_path, saved(tmp_path, "labelled.jsonl"), "trl-preference", now)
    assert error.code == "wrong-format"
    assert error.where == "labelled.jsonl, line 1"
    assert error.what == "chosen is missing."
    assert error.how == (
        "The file has the fields prompt, completion and label. Import it as Training rows (TRL unpaired): "
        "--format trl-unpaired."
    )


@pytest.mark.parametrize("name", OF_JSON)
def test_every_format_is_recognised_by_its_fields(tmp_path: Path, name: str) -> None:
    found = recognised_format(saved(tmp_path, name))
    assert found is not None
    assert found.form.id == IMPORTED[name]


@pytest.mark.parametrize("form", [form.id for form in IMPORT_FORMATS])
@pytest.mark.parametrize("name", OF_JSON)
def test_every_other_format_names_the_right_one(tmp_path: Path, name: str, form: str, now: datetime) -> None:
    if IMPORTED[name] != form and (name, form) not in FLAT:
        error = refusal(tmp_path, saved(tmp_path, name), form, now)
        assert error.how.endswith(f": --format {IMPORTED[name]}.")


@pytest.mark.parametrize("name", ["outputs.tsv", "outputs.xlsx"])
def test_a_table_of_answers_names_the_format_that_reads_tables(
    tmp_path: Path, name: str, now: datetime
) -> None:
    path = tmp_path / name
    rows = [["prompt", "system", "response"], ["Why?", "new", "So."]]
    if path.suffix == ".xlsx":
        book = Workbook()
        for row in rows:
            book.worksheets[0].append(row)
        book.save(path)
    else:
        path.write_text("\n".join(map("\t".join, rows)), encoding="utf-8")
    error = refusal(tmp_path, path, "judgments", now)
    assert error.what == f"The format judgments is not read from {path.suffix} files."
    assert error.how.endswith(": --format outputs.")


def test_a_damaged_file_of_the_chosen_format_keeps_its_error(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"prompt": "a", "chosen": 1, "rejected": "b"}), encoding="utf-8")
    assert refusal(tmp_path, path, "trl-preference", now).code == "bad-line"


@pytest.mark.parametrize("text", ["", "no json", '{"answer": 1}', "[1]", '{"prompt": "a", "label'])
def test_a_file_of_no_format_keeps_its_error(tmp_path: Path, now: datetime, text: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text, encoding="utf-8")
    assert recognised_format(path) is None
    assert refusal(tmp_path, path, "trl-unpaired", now).code in ("bad-line", "file-empty", "no-field")
