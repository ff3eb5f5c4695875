"""Marks as Web Annotations and as a table: read back as written, refused with place and reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ftcompare.core.errors import UserError
from ftcompare.formats.mark_record import MarkRecord, around, text_digest
from ftcompare.formats.marks_csv import read_marks_csv, write_marks_csv
from ftcompare.formats.web_annotations import read_annotations, write_annotations

MARK = MarkRecord(
    expert="Eve",
    prompt_id="p/1 ü",
    answer=text_digest("A heart."),
    system="base",
    start=2,
    end=7,
    quote="heart",
    prefix="A ",
    suffix=".",
    error_type="style",
    severity="minor",
    comment='lay,\n"really" 漢字',
    at="2026-11-20T09:00:00.000Z",
)
LOOKED = MarkRecord("Max", "p2", MARK.answer, reviewed=True)


def test_what_stands_around_a_passage() -> None:
    text = "x" * 100 + "here" + "y" * 3
    assert around(text, 100, 104) == ("x" * 32, "yyy")


def test_web_annotations_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "marks.jsonld"
    write_annotations(path, (MARK, LOOKED), "Hearts", replace=False)
    found = read_annotations(path)
    assert [replace(one, where="") for one in found] == [MARK, LOOKED]
    assert found[1].where == "marks.jsonld, annotation 2"
    document = json.loads(path.read_text("utf-8"))
    for part in (document["first"], document["first"]["items"]):  # a bare page, a bare list
        path.write_text(json.dumps(part), "utf-8")
        assert read_annotations(path) == found


def test_a_table_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    write_marks_csv(path, (MARK, LOOKED), replace=False)
    found = read_marks_csv(path)
    assert [replace(one, where="", escaped=False) for one in found] == [MARK, LOOKED]
    assert found[0].where == "marks.csv, line 2"


def spoilt(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """A file of one annotation with something changed."""

    def write(path: Path) -> None:
        write_annotations(path, (MARK,), "Hearts", replace=True)
        document = json.loads(path.read_text("utf-8"))
        change(document["first"]["items"][0])
        path.write_text(json.dumps(document), "utf-8")

    return write


@pytest.mark.parametrize(
    ("write", "what"),
    [
        (lambda path: path.write_text("{", "utf-8"), ""),
        (lambda path: path.write_text('{"items": 3}', "utf-8"), "no list of annotations"),
        (lambda path: path.write_text("[3]", "utf-8"), "must be an object"),
        (spoilt(lambda one: one.pop("creator")), "name is missing"),
        (spoilt(lambda one: one["target"].pop("scope")), "scope is missing"),
        (spoilt(lambda one: one["target"].update(scope="urn:other:1")), "scope must begin with"),
        (spoilt(lambda one: one["target"].update(source={"id": "https://example.org"})), "id must begin"),
        (spoilt(lambda one: one["target"]["selector"].pop(0)), "start must be a whole number"),
        (spoilt(lambda one: one["target"]["selector"][0].update(end=2.5)), "end must be a whole number"),
        (spoilt(lambda one: one["target"]["selector"][0].update(start=-1)), "start must be a whole number"),
        (spoilt(lambda one: one["target"]["selector"].pop(1)), "exact is missing"),
        (spoilt(lambda one: one.update(body=[3])), "body must be an object"),
    ],
)
def test_a_wrong_annotation_is_refused(tmp_path: Path, write: Callable[[Path], None], what: str) -> None:
    path = tmp_path / "marks.jsonld"
    write(path)
    with pytest.raises(UserError) as refused:
        read_annotations(path)
    assert refused.value.where.startswith("marks.jsonld")
    assert what in refused.value.what


@pytest.mark.parametrize(
    ("column", "cell"), [("start", "-1"), ("end", "x"), ("start", "9" * 10), ("kind", "x")]
)
def test_a_wrong_cell_is_refused(tmp_path: Path, column: str, cell: str) -> None:
    path = tmp_path / "marks.csv"
    row = {"expert": "Eve", "prompt_id": "p", "answer": "d", "start": "1", "end": "2", "kind": "mark"}
    row |= {"error_type": "style", "severity": "minor", column: cell}
    path.write_text(f"{','.join(row)}\n{','.join(row.values())}\n", "utf-8")
    with pytest.raises(UserError) as refused:
        read_marks_csv(path)
    assert refused.value.where == "marks.csv, line 2"
    assert column in refused.value.what
