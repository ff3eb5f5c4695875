"""Judgments as CSV and as a workbook: read back by others, and run by nobody; training data as pairs."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from ftcompare.core.errors import UserError
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.scale import Scale
from ftcompare.core.study import ComparisonKind, JudgedRow, Message, RaterKind, Split, SystemId
from ftcompare.formats import judgments_csv, judgments_xlsx
from ftcompare.formats.chosen_rejected import IMPORT_OPENAI, IMPORT_TRL, IMPORT_UNPAIRED, UNPAIRED
from ftcompare.formats.export_format import ExportContext, ImportFormat
from ftcompare.formats.judgments_csv import COLUMNS
from ftcompare.formats.judgments_xlsx import CUT, EXPORT, MAX_CELL, shown_text
from ftcompare.formats.record_fields import ImportNotes, messages_json
from tests.builders import of_kind, text_file
from tests.formats.judged_rows import CHAT, PROMPTS, TEXTS, answers

MakeRow = Callable[..., JudgedRow]
NAMES = {SystemId(1): "base", SystemId(2): "=cardiology"}
RUN = (*"=+-@＝＋－＠", "\t", "\r", "\n", "\0", " =", "\u3000＝", "\ufeff@")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def test_one_row_a_judgment_with_all_that_belongs_to_it(tmp_path: Path, make_row: MakeRow) -> None:
    path = tmp_path / "t.csv"
    rows = [
        make_row(
            "b",
            strength=2,
            texts=("Zeile 1\nZeile 2", 'ü "x", y'),
            split=Split.HELD_OUT,
            flagged=True,
            tags=("=dose", "child"),
        ),
        make_row(
            "tie",
            rater_kind=RaterKind.AUTOMATIC,
            preference=0.25,
            kind=ComparisonKind.CONTROL,
            messages=(Message("system", "Be brief."), Message("user", "Hi")),
            seconds=None,
        ),
    ]
    assert judgments_csv.write(path, rows, ExportContext(NAMES)) == 2
    first, second = table(path)
    assert first == {
        "prompt_id": "q1",
        "category": "cardiology",
        "split": "held_out",
        "tags": "'=dose|child",
        "kind": "ordinary",
        "prompt": "What is a stent?",
        "system_a": "base",
        "system_b": "'=cardiology",
        "response_a": "Zeile 1\nZeile 2",
        "response_b": 'ü "x", y',
        "rater": "Ann",
        "rater_kind": "human",
        "choice": "b",
        "preference_b": "1",
        "strength": "2",
        "left": "a",
        "comment": "",
        "flagged": "yes",
        "seconds": "4.200",
        "at": "2026-05-31T14:05:00+00:00",
        "inherited": "",
        "series": "",
        "sample_a": "0",
        "sample_b": "0",
        "guess": "",
        "sure": "",
        "reference_seen": "no",
        "language": "",
        "wrong_turn_a": "",
        "wrong_turn_b": "",
    }
    assert first == judgments_csv.to_object(rows[0], ExportContext(NAMES))
    assert second["prompt"] == "system: Be brief.\n\nuser: Hi"
    assert [second[c] for c in ("kind", "preference_b", "strength", "seconds")] == ["control", "0.25", "", ""]


def test_the_file_says_that_it_is_utf_8_and_ends_its_rows_as_the_rfc_says(
    tmp_path: Path, make_row: MakeRow
) -> None:
    path = tmp_path / "t.csv"
    judgments_csv.write(path, [make_row(comment="one\ntwo")], ExportContext(NAMES))
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfprompt_id,")
    assert raw.count(b"\r\n") == 2
    assert b'"one\ntwo"' in raw


@pytest.mark.parametrize("start", RUN)
def test_a_cell_that_a_spreadsheet_would_run_is_prefixed(start: str) -> None:
    assert judgments_csv.safe_cell(f"{start}1+1") == f"'{start}1+1"
    assert judgments_csv.safe_cell(f"1{start}") == f"1{start}"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("x;=1+1", "x;'=1+1"),
        ("x; ＝1", "x;' ＝1"),
        ("x;\t-1", "x;\t'-1"),
        ("x\t@SUM(A1)", "x\t'@SUM(A1)"),
        ("x\n=1+1", "x\n'=1+1"),
        ("x\r\n -1+1", "x\r\n' -1+1"),
        (";=1", ";'=1"),
        ("x;y; z", "x;y; z"),
        ("2 = 1 + 1 - 0", "2 = 1 + 1 - 0"),
        ("List:\n- milk\n+ eggs", "List:\n- milk\n+ eggs"),
    ],
)
def test_what_would_begin_a_cell_with_another_delimiter_is_prefixed(text: str, cell: str) -> None:
    assert judgments_csv.safe_cell(text) == cell


def test_blanks_without_end_take_no_time_without_end() -> None:
    for blank in ("\n", "\t", ";", " ", "; ", "\r\n "):
        text = blank * 300_000
        assert judgments_csv.safe_cell(text).lstrip("'") == text


@given(st.text(st.sampled_from(";'=-+＝ \n\tab"), max_size=12).map(str.strip))
@example("' \n=")
@example(";'=")
@example("=;'=")
def test_a_guarded_cell_is_run_by_nothing_and_says_its_text(text: str) -> None:
    cell = judgments_csv.guarded_cell(text)
    assert judgments_csv.unguarded_cell(cell) == text
    assert judgments_csv.safe_cell(cell) == cell


def test_many_blanks_and_apostrophes_are_guarded_in_no_time() -> None:
    for text in ("';' " * 100_000 + "a", "'" * 300_000, ";'" + " " * 300_000):
        assert judgments_csv.unguarded_cell(judgments_csv.guarded_cell(text)) == text


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_is_read_as_written_and_none_runs(
    tmp_path_factory: pytest.TempPathFactory, make_row: MakeRow, text: str
) -> None:
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    judgments_csv.write(path, [make_row(comment=text, texts=(text, "other"))], ExportContext(NAMES))
    (row,) = table(path)
    assert row["comment"] == row["response_a"] == judgments_csv.safe_cell(text)
    assert not any(cell.startswith(RUN) for cell in row.values())


def test_without_judgments_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There are no judgments to write"):
        judgments_csv.write(tmp_path / "t.csv", [], ExportContext(NAMES))
    assert list(tmp_path.iterdir()) == []


def test_criteria_and_reasons_of_the_scale_come_after_all_other_columns(
    tmp_path: Path, make_row: MakeRow
) -> None:
    scale = Scale(criteria=("accuracy", "=tone"), reasons=("too long", "wrong term"))
    row = replace(
        make_row(), criteria=(("accuracy", "a"), ("=tone", "both_bad")), reasons=("too long", "wrong term")
    )
    row = replace(row, reason_sides=(("too long", "b"),))
    path = tmp_path / "t.csv"
    judgments_csv.write(path, [row, make_row()], ExportContext(NAMES, scale))
    first, second = table(path)
    assert tuple(first)[: len(judgments_csv.COLUMNS)] == judgments_csv.COLUMNS
    more = tuple(first)[len(judgments_csv.COLUMNS) :]
    assert more == ("criterion: accuracy", "criterion: =tone", "reasons", "reason sides")
    assert [first[name] for name in more] == ["a", "both_bad", "too long; wrong term", "too long: b"]
    assert [second[name] for name in more] == [""] * 4
    assert first == judgments_csv.to_object(row, ExportContext(NAMES, scale))


def test_a_scale_without_criteria_and_reasons_adds_no_column(tmp_path: Path, make_row: MakeRow) -> None:
    with_scale, without = tmp_path / "a.csv", tmp_path / "b.csv"
    judgments_csv.write(with_scale, [make_row()], ExportContext(NAMES, Scale()))
    judgments_csv.write(without, [make_row()], ExportContext(NAMES))
    assert with_scale.read_bytes() == without.read_bytes()


def test_cells_stay_as_they_are_where_that_is_asked_for(tmp_path: Path, make_row: MakeRow) -> None:
    context = ExportContext(NAMES, Scale(criteria=("=tone",)), raw_cells=True)
    row = make_row(comment="=1+1")
    judgments_csv.write(tmp_path / "t.csv", [row], context)
    (found,) = table(tmp_path / "t.csv")
    assert (found["comment"], found["system_b"]) == ("=1+1", "=cardiology")
    assert "criterion: =tone" in found
    assert judgments_csv.to_object(row, context)["comment"] == "=1+1"


CONTEXT = ExportContext(NAMES, Scale(criteria=("=tone",), reasons=("long",)))


def cells(path: Path) -> list[dict[str, object]]:
    sheet = of_kind(load_workbook(path).active, Worksheet)
    header, *rows = sheet.iter_rows()
    assert {cell.data_type for row in rows for cell in row} <= {"s", "inlineStr", "n"}
    return [{str(h.value): c.value for h, c in zip(header, row, strict=True)} for row in rows]


def test_one_row_a_judgment_with_numbers_as_numbers(tmp_path: Path, make_row: MakeRow) -> None:
    path = tmp_path / "j.xlsx"
    rows = [make_row("a", strength=2, comment="=1+1"), make_row("tie", seconds=None)]
    assert EXPORT.write(path, rows, CONTEXT) == 2
    first, second = cells(path)
    assert [*first] == [*COLUMNS, "criterion: =tone", "reasons", "reason sides"]
    assert first["system_b"] == "=cardiology"
    assert first["comment"] == "=1+1"
    assert (first["seconds"], first["strength"], first["preference_b"], first["sample_a"]) == (4.2, 2, 0, 0)
    assert second["seconds"] is None
    assert list(pd.read_excel(path)["choice"]) == ["a", "tie"]
    with ZipFile(path) as parts:
        assert b"<f>" not in b"".join(parts.read(name) for name in parts.namelist())
    assert [found.name for found in tmp_path.iterdir()] == ["j.xlsx"]


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_is_text(tmp_path_factory: pytest.TempPathFactory, make_row: MakeRow, text: str) -> None:
    path = tmp_path_factory.mktemp("xlsx") / "j.xlsx"
    EXPORT.write(path, [make_row(comment=text)], CONTEXT)
    (row,) = cells(path)
    assert (row["comment"] or "") == shown_text(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("=1+1", "=1+1"), ("#N/A", "#N/A"), ("a\r\nb\rc", "a\nb\nc"), ("\x01\x1b[0m", "\\x01\\x1b[0m")],
)
def test_what_a_cell_cannot_hold(text: str, shown: str) -> None:
    assert shown_text(text) == shown


def test_a_longer_text_is_cut_and_says_so(tmp_path: Path, make_row: MakeRow) -> None:
    EXPORT.write(tmp_path / "j.xlsx", [make_row(comment="x" * 40_000)], CONTEXT)
    comment = str(cells(tmp_path / "j.xlsx")[0]["comment"])
    assert len(comment) == MAX_CELL
    assert comment.endswith(CUT)


def test_no_rows_and_too_many_are_refused(
    tmp_path: Path, make_row: MakeRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="There are no judgments to write"):
        EXPORT.write(tmp_path / "j.xlsx", [], CONTEXT)
    monkeypatch.setattr(judgments_xlsx, "MAX_ROWS", 2)
    with pytest.raises(UserError, match="Export them as CSV"):
        EXPORT.write(tmp_path / "j.xlsx", [make_row()] * 2, CONTEXT)
    assert list(tmp_path.iterdir()) == []


USER = {"role": "user", "content": "Why?"}
WHY = (Message("user", "Why?"),)


def spoken(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def write(folder: Path, *rows: object) -> Path:
    return text_file(folder / "rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


def votes(form: ImportFormat, path: Path, notes: ImportNotes | None = None) -> list[JudgmentRecord]:
    assert form.judgments
    return list(form.judgments(path, notes or ImportNotes()))


def vote(messages: tuple[Message, ...], chosen: str, rejected: str, **more: Any) -> JudgmentRecord:
    names = {"system_a": "chosen", "system_b": "rejected", "rater": "dataset"} | more
    said: dict[str, Any] = {"choice": "a", "preference": 0.0, "rater_told": "rater" in more}
    return JudgmentRecord(messages=messages, response_a=chosen, response_b=rejected, **said, **names)


@given(prompt=PROMPTS | st.just(CHAT), chosen=TEXTS, rejected=TEXTS)
def test_every_layout_gives_the_same_vote(
    tmp_path_factory: pytest.TempPathFactory, prompt: tuple[Message, ...], chosen: str, rejected: str
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    turns, sides = messages_json(prompt), {"chosen": chosen, "rejected": rejected}
    wanted = [vote(prompt, chosen, rejected)]
    apart = {"prompt": turns} | {name: [spoken(text)] for name, text in sides.items()}
    together = {name: [*turns, spoken(text)] for name, text in sides.items()}
    for row in (apart, together, {"prompt": prompt[-1].content} | together):
        assert votes(IMPORT_TRL, write(folder, row)) == wanted
    if len(prompt) == 1:
        assert votes(IMPORT_TRL, write(folder, {"prompt": prompt[0].content} | sides)) == wanted
    openai = {
        "input": {"messages": turns, "tools": [], "parallel_tool_calls": True},
        "preferred_output": [spoken(chosen)],
        "non_preferred_output": [spoken(rejected)],
    }
    notes = ImportNotes()
    assert votes(IMPORT_OPENAI, write(folder, openai), notes) == wanted
    assert not notes.unread
    openai["input"] = {"messages": turns, "tools": [{"type": "function"}]}
    assert votes(IMPORT_OPENAI, write(folder, openai), notes) == wanted
    assert notes.unread == {"input.tools": 1}
    labelled = [
        {"prompt": turns, "completion": [spoken(t)], "label": t is chosen} for t in (chosen, rejected)
    ]
    if chosen is not rejected:
        (found,) = votes(IMPORT_UNPAIRED, write(folder, *labelled))
        assert (found.messages, found.response_a, found.response_b) == (prompt, chosen, rejected)
        assert (found.system_a, found.system_b, found.choice) == ("desired", "undesired", "a")


def test_what_else_a_row_says(tmp_path: Path) -> None:
    row = {"prompt": "Why?", "chosen": "So.", "rejected": "Thus.", "chosen_model": "new", "prompt_id": "q1"}
    row |= {"category": "c", "rater": "Ada"}
    notes = ImportNotes()
    rows = [row | {"split": "held_out", "margin": 2}, row | {"split": "train"}]
    first, second = votes(IMPORT_TRL, write(tmp_path, *rows), notes)
    about = {"system_a": "new", "prompt_id": "q1", "category": "c", "rater": "Ada"}
    assert first == vote(WHY, "So.", "Thus.", split=Split.HELD_OUT, **about)
    assert second == vote(WHY, "So.", "Thus.", **about)
    assert notes.unread == {"margin": 1, "split": 1}


def labelled(prompt: str, completion: str, label: object) -> dict[str, object]:
    return {"prompt": prompt, "completion": completion, "label": label}


def test_unpaired_rows_that_stand_together_are_pairs_and_others_are_counted(tmp_path: Path) -> None:
    rows = [
        labelled("p", "bad", label=False),
        labelled("p", "good", label=True),
        labelled("q", "alone", label=True),
        labelled("p", "again", label=0),
        labelled("p", "better", label=1),
        labelled("p", "worse", label=False),
    ]
    notes = ImportNotes()
    found = votes(IMPORT_UNPAIRED, write(tmp_path, *rows), notes)
    assert [(v.response_a, v.response_b) for v in found] == [("good", "bad"), ("better", "again")]
    assert notes.left_out == {UNPAIRED: 2}


def test_unpaired_rows_without_a_pair_are_answers(tmp_path: Path) -> None:
    rows = [labelled("p", "x", label=False), labelled("p", "y", label=False), labelled("q", "z", label=True)]
    path = write(tmp_path, *rows, labelled("p", "x", label=False))
    assert votes(IMPORT_UNPAIRED, path) == []
    found = answers(IMPORT_UNPAIRED, path)
    assert [(a.system, a.response, a.sample) for a in found] == [
        ("undesired", "x", 0),
        ("undesired", "y", 1),
        ("desired", "z", 0),
    ]


GOOD = {"prompt": "Why?", "chosen": "So.", "rejected": "Thus."}
ASKED = {
    "input": {"messages": [USER]},
    "preferred_output": [spoken("a")],
    "non_preferred_output": [spoken("b")],
}


@pytest.mark.parametrize(
    ("form", "row", "said"),
    [
        (IMPORT_TRL, GOOD | {"chosen": None}, "chosen is missing"),
        (IMPORT_TRL, GOOD | {"prompt": None}, "prompt is missing"),
        (IMPORT_TRL, GOOD | {"chosen": 5}, "chosen must be text, not 5"),
        (IMPORT_TRL, GOOD | {"chosen": [USER]}, "chosen: the last message must be the assistant's"),
        (IMPORT_TRL, GOOD | {"chosen": []}, "chosen must be a list of messages, not a list"),
        (
            IMPORT_TRL,
            {"chosen": [USER, spoken("x")], "rejected": [spoken("y")]},
            "start with different prompts",
        ),
        (
            IMPORT_TRL,
            GOOD | {"prompt": [spoken("x")], "chosen": [spoken("y")]},
            "no turn is from the user",
        ),
        (IMPORT_TRL, GOOD | {"chosen_model": "rejected"}, "both 'rejected'"),
        (IMPORT_OPENAI, ASKED | {"input": 5}, "input must be an object"),
        (IMPORT_OPENAI, ASKED | {"input": {}}, "messages is missing"),
        (IMPORT_OPENAI, ASKED | {"preferred_output": [USER, spoken("x")]}, "must contain one message"),
        (IMPORT_UNPAIRED, labelled("p", "x", "yes"), "label must be true or false, not 'yes'"),
        (IMPORT_UNPAIRED, labelled("p", "x", 2), "label must be true or false, not 2"),
        (IMPORT_UNPAIRED, labelled("p", "x", None), "label is missing"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    tmp_path: Path, form: ImportFormat, row: Any, said: str
) -> None:
    good = {IMPORT_TRL.id: GOOD, IMPORT_OPENAI.id: ASKED}.get(form.id, labelled("p", "x", label=True))
    with pytest.raises(UserError, match=said) as caught:
        votes(form, write(tmp_path, good, row))
    assert caught.value.where == "rows.jsonl, line 2"
