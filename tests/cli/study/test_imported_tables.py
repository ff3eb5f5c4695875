"""Votes of tables on the command line: columns and winners by name, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders import errors_of, output_of, text_file

TABLE = "q,one,two,Ada,Ben\nWhy?,So.,Thus.,1,0\nHow?,Well.,Ill.,2,\n"
IN_TABLE = [f"--column={field}" for field in ("prompt=q", "a=one", "b=two", "winner=Ada", "winner=Ben")]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (IN_TABLE, "votes.csv, line 2: 'Ada' is '1', which names no winner."),
        ([*IN_TABLE, "--winner=a=1,c=2"], "'c=2' is not of the form CHOICE=WORD"),
        ([*IN_TABLE, "--winner=a=1,b=1"], "The word '1' is given for two choices."),
        ([*IN_TABLE[1:3], "--column=winner=no"], "There is no column 'no' here"),
        (["--column=prompt=q"], "Choose the column of the winner."),
        ([], "The columns of the file are not recognized. Choose the column of the winner."),
    ],
)
def test_votes_of_a_table_are_imported_by_the_names_of_its_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    file, study = text_file(tmp_path / "votes.csv", TABLE), tmp_path / "votes.ftstudy"
    importing = ["import", str(study), str(file), "--format", "table"]
    assert said in errors_of(capsys, [*importing, *options], 2)
    assert not study.exists()
    output_of(capsys, [*importing, *IN_TABLE, "--winner=a=1,b=2", "--winner=tie=0"])
    (pair,) = json.loads(output_of(capsys, ["results", str(study), "--json"]))["comparisons"]
    assert (pair["a"], pair["b"]) == ("one", "two")
    assert (pair["wins_a"], pair["wins_b"], pair["ties"]) == (1, 1, 1)
    other = ["import", str(study), str(file), "--format", "arena", "--winner=a=1"]
    assert "--column and --winner are for --format table, not for arena." in errors_of(capsys, other, 2)


BATTLE = {
    "instruction": "Who?",
    "output_1": "She.",
    "output_2": "He.",
    "generator_1": "one",
    "generator_2": "two",
    "preference": 2,
}
ANSWERS = '{"prompt": "When?", "system": "one", "response": "Now."}\n'


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Votes in two formats, and answers."""
    texts = {"votes.csv": TABLE, "battles.json": json.dumps([BATTLE]), "answers.jsonl": ANSWERS}
    return [str(text_file(tmp_path / name, text)) for name, text in texts.items()]


THREE = ["--format=table", "--format=alpaca-eval", "--format=outputs", *IN_TABLE, "--winner=a=1,b=2,tie=0"]


def test_files_in_three_formats_give_one_study(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: list[str]
) -> None:
    study = str(tmp_path / "one.ftstudy")
    said = output_of(capsys, ["import", study, *files, *THREE]).splitlines()
    assert [line.partition(": ")[0] for line in said] == ["votes.csv", "battles.json", "answers.jsonl"]
    told = json.loads(output_of(capsys, ["info", study, "--json"]))
    assert (told["judgments"], told["prompts"]) == (4, 4)


@pytest.mark.parametrize(
    ("options", "said", "kept"),
    [
        (THREE, "answers.jsonl, line 1: This is not JSON", "Already imported: votes.csv, battles.json."),
        (
            ["--format=table", *IN_TABLE, "--winner=a=1,b=2,tie=0"],
            "battles.json, line 1",
            "Already imported: votes.csv.",
        ),
        (["--format=outputs"], "votes.csv", "Already imported: no file."),
        (THREE[:2], "There are 3 files and 2 formats.", "Give --format once for all files, or once for each"),
        (["--format=folder"], "takes one folder", "Import the other files afterwards."),
    ],
)
def test_an_error_names_the_file_and_those_that_are_imported_already(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    files: list[str],
    options: list[str],
    said: str,
    kept: str,
) -> None:
    Path(files[-1]).write_text('{"prompt": ', encoding="utf-8")
    study = tmp_path / "one.ftstudy"
    refused = errors_of(capsys, ["import", str(study), *files, *options], 2)
    assert said in refused
    assert kept in refused
    assert study.exists() is ("votes.csv" in kept)


def test_an_import_unblinds_a_study_only_with_unblind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study, votes = tmp_path / "answers.ftstudy", text_file(tmp_path / "votes.csv", TABLE)
    answers = text_file(tmp_path / "answers.csv", "prompt,one,two\nWhy?,So.,Thus.\nHow?,Well.,Ill.\n")
    output_of(capsys, ["import", str(study), str(answers), "--format", "outputs"])
    importing = ["import", str(study), str(votes), "--format", "table", *IN_TABLE, "--winner=a=1,b=2,tie=0"]
    refused = errors_of(capsys, importing, 2)
    assert "Nothing was imported. All judgments of the study are then imported, so it is unblinded" in refused
    assert "--unblind" in refused
    told = json.loads(output_of(capsys, ["info", str(study), "--json"]))
    assert (told["blinded"], told["judgments"]) == (True, 0)
    assert "All judgments of the study are imported" in output_of(capsys, [*importing, "--unblind"])
    told = json.loads(output_of(capsys, ["info", str(study), "--json"]))
    assert (told["blinded"], told["judgments"]) == (False, 3)


@pytest.mark.parametrize(
    "columns",
    ["prompt,a,b,winner,rater", "prompt,answer1,answer2,winner,rater", "question,A,B,vote,annotator"],
)
def test_usual_columns_of_votes_need_no_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], columns: str
) -> None:
    file, study = (
        text_file(tmp_path / "votes.csv", f"{columns}\nWhy?,So.,Thus.,a,Ada\n"),
        tmp_path / "v.ftstudy",
    )
    output_of(capsys, ["import", str(study), str(file), "--format", "table"])
    (pair,) = json.loads(output_of(capsys, ["results", str(study), "--json"]))["comparisons"]
    assert (pair["wins_a"], pair["judgments"]) == (1, 1)
