"""`export --format folder`, `import --format folder`, `new --from-folder`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.cli.main import run
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from tests.app.voted_study import voted, voted_study
from tests.store.integrity.tampering import make_full_study

AT = datetime(2026, 5, 4, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A full study's folder, beside ``full.ftstudy``."""
    make_full_study(tmp_path / "full.ftstudy", now=AT).close()
    assert (
        run(["export", str(tmp_path / "full.ftstudy"), str(tmp_path / "folder"), "--format", "folder"]) == 0
    )
    assert "Wrote the whole study" in capsys.readouterr().out
    return tmp_path / "folder"


@pytest.mark.parametrize("place", ["/home/ann/m", "/Users/ann/m", "C:\\Users\\ann\\m", "/srv/models/m"])
def test_paths_of_a_home_are_listed(
    tmp_path: Path, rng: Random, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    with voted_study(tmp_path / "s.ftstudy", [voted(f"Is it {place}?", "Ann", "a")], rng, AT) as study:
        study.systems.add(SystemSpec("other", SystemKind.MODEL, model=place))
    assert run(["export", str(tmp_path / "s.ftstudy"), str(tmp_path / "f"), "--format", "folder"]) == 0
    said = "Warning: the folder contains paths of a home folder, which name its user: systems.jsonl, line 3 ("
    assert capsys.readouterr().err.startswith(said) == ("ann" in place)


@pytest.mark.parametrize("way", ["import", "new"])
def test_a_study_is_made_of_a_folder(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    made = tmp_path / "made.ftstudy"
    (folder / "notes\x1b.txt").write_text("mine")
    command = {
        "import": ["import", str(made), str(folder), "--format", "folder"],
        "new": ["new", str(tmp_path / "made"), "--from-folder", str(folder)],
    }
    assert run(command[way]) == 0
    told = capsys.readouterr()
    assert "every check of the study holds" in told.out
    assert "passed over: notes\\x1b.txt" in told.err
    assert run(["check", str(made)]) == 0
    documents = []
    for path in (made, tmp_path / "full.ftstudy"):
        capsys.readouterr()
        assert run(["results", str(path), "--json"]) == 0
        documents.append(capsys.readouterr().out)
    assert documents[0] == documents[1]


def test_a_folder_is_not_added_to_a_study_that_is_there(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (tmp_path / "full.ftstudy").read_bytes()
    assert run(["import", str(tmp_path / "full.ftstudy"), str(folder), "--format", "folder"]) != 0
    assert "cannot be added" in capsys.readouterr().err
    assert (tmp_path / "full.ftstudy").read_bytes() == before


@pytest.mark.parametrize("more", [["--title", "x"], ["--prompts", "p.jsonl"], ["--adapter", "a"]])
def test_a_folder_stands_alone(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    assert run(["new", str(tmp_path / "made"), "--from-folder", str(folder), *more]) != 0
    assert "stands alone" in capsys.readouterr().err
    assert not (tmp_path / "made.ftstudy").exists()


@pytest.mark.parametrize("more", [["--min-raters", "2"], ["--licence", "x"], ["--without-excluded"]])
def test_a_filter_is_refused_and_not_ignored(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    study, place = str(tmp_path / "full.ftstudy"), tmp_path / "other"
    assert run(["export", study, str(place), "--format", "folder", *more]) != 0
    assert "takes no filter" in capsys.readouterr().err
    assert not place.exists()


def test_only_a_folder_of_open_files_is_replaced(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = ["export", str(tmp_path / "full.ftstudy"), str(folder), "--format", "folder"]
    assert run(again) != 0
    assert "not empty" in capsys.readouterr().err
    assert run([*again, "--replace"]) == 0
    (folder / "thesis.txt").write_text("mine")
    assert run([*again, "--replace"]) != 0
    assert (folder / "thesis.txt").read_text() == "mine"
    with StudyFile.open(tmp_path / "full.ftstudy", now=AT) as study:
        assert [entry.kind for entry in study.audit.entries()].count("exported") == 2
