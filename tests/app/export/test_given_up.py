"""Exports and imports given up on the way: by Cancel in the window, by Ctrl+C at the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest

from ftcompare.app import work_progress
from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import export
from ftcompare.app.export.importing import import_file
from ftcompare.app.work_progress import RowProgress, stopped
from ftcompare.cli.main import run
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Scale
from ftcompare.core.study import PromptSpec
from ftcompare.formats.export_format import AnyExportFormat, RowKind
from ftcompare.formats.registry import EXPORT_FORMATS
from ftcompare.formats.training import trainers
from ftcompare.formats.training.rows import read_parts
from ftcompare.store.study.study_file import StudyFile
from tests.app.voted_study import voted
from tests.builders import new_folder, refuses, text_file

T = TypeVar("T")

FILES = [form for form in EXPORT_FORMATS if not form.folder and form.rows is not RowKind.TABLE]
STAGES = ("Checking the study", "Choosing the rows", "Writing the rows: 2 of", "Making the data card")


@pytest.fixture(autouse=True)
def _every_row_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_progress, "REPORT_EVERY", 1)


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    """Six votes on six prompts with a check."""
    votes = [voted(f"What is {n}?", "Ann", "b") for n in range(6)]
    checks = ('{"contains":["heart"]}',)
    specs = [PromptSpec(f"p{n}", one.messages, checks=checks) for n, one in enumerate(votes)]
    path = tmp_path / "s.ftstudy"
    with StudyFile.create(path, title="Votes", scale=Scale(), rng=Random(1), now=now) as made:
        made.prompts.add(specs)
        made.imports.judgments(votes, now=now)
        yield made


class Listener:
    """Hears how far work is, and gives it up at a stage."""

    def __init__(self, stage: str = "nothing") -> None:
        self.heard: list[tuple[str, float | None]] = []
        self._stage = stage

    def __call__(self, name: str, share: float | None) -> None:
        self.heard.append((name, share))
        if name.startswith(self._stage):
            raise stopped()

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.heard]


def test_an_export_tells_its_rows(study: StudyFile, tmp_path: Path, now: datetime) -> None:
    told = Listener()
    export(study, tmp_path / "rows.jsonl", ExportRequest(trainers.PREFERENCE), now=now, on_progress=told)
    assert told.heard[0] == ("Checking the study", None)
    assert ("Writing the rows: 3 of 6", 0.5) in told.heard
    assert ("Writing the rows: 6 of 6", 1.0) in told.heard
    assert told.names[-1] == "Making the data card"


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("form", FILES, ids=lambda form: form.id)
def test_an_export_that_is_given_up_leaves_what_was_there(
    study: StudyFile, tmp_path: Path, now: datetime, form: AnyExportFormat, stage: str
) -> None:
    request = ExportRequest(form)
    before = len(study.audit.entries())
    folder = new_folder(tmp_path / "exports")
    path = text_file(folder / f"rows{request.format.suffix}", "earlier")
    with pytest.raises(UserError, match="stopped"):
        export(study, path, request, now=now, replace=True, on_progress=Listener(stage))
    assert [file.name for file in folder.iterdir()] == [path.name]
    assert path.read_text("utf-8") == "earlier"
    assert len(study.audit.entries()) == before


@pytest.mark.parametrize("stage", [*STAGES, "Dividing the prompts"])
def test_parts_that_are_given_up_leave_no_file(
    study: StudyFile, tmp_path: Path, now: datetime, stage: str
) -> None:
    request = ExportRequest(trainers.PREFERENCE, parts=read_parts("50/50", 1))
    folder = new_folder(tmp_path / "exports")
    with pytest.raises(UserError, match="stopped"):
        export(study, folder / "rows.jsonl", request, now=now, on_progress=Listener(stage))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_dataset_folder_that_is_given_up_is_not_there(
    study: StudyFile, tmp_path: Path, now: datetime, stage: str
) -> None:
    form = next(form for form in EXPORT_FORMATS if form.id == "dataset")
    folder = new_folder(tmp_path / "exports")
    with pytest.raises(UserError, match="stopped"):
        export(study, folder / "data", ExportRequest(form), now=now, on_progress=Listener(stage))
    assert list(folder.iterdir()) == []


def outputs_file(folder: Path) -> Path:
    path = folder / "answers.csv"
    path.write_text("prompt,base,tuned\n" + "".join(f"New {n}?,a{n},b{n}\n" for n in range(3)), "utf-8")
    return path


def test_an_import_that_is_given_up_adds_nothing(study: StudyFile, tmp_path: Path, now: datetime) -> None:
    told = Listener("Reading the file: 4 rows")
    with refuses("stopped"):
        import_file(study, outputs_file(tmp_path), "outputs", now=now, on_progress=told)
    assert told.names[:2] == ["Reading the file", "Reading the file: 1 rows"]
    assert study.counts().prompts == 6
    assert all(finding.ok for finding in study.check())


def interrupted(_progress: RowProgress, rows: Iterable[T]) -> Iterator[T]:
    """Ctrl+C at the third row."""
    for number, row in enumerate(rows):
        if number == 2:
            raise KeyboardInterrupt
        yield row


@pytest.mark.parametrize("form", EXPORT_FORMATS, ids=lambda form: form.id)
def test_ctrl_c_leaves_no_part_of_a_file(
    study: StudyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: AnyExportFormat
) -> None:
    request = ExportRequest(form)
    study.close()
    folder = new_folder(tmp_path / "exports")
    monkeypatch.setattr(RowProgress, "counted", interrupted)
    path = folder / f"rows{request.format.suffix}"
    assert run(["export", str(tmp_path / "s.ftstudy"), str(path), "--format", request.format.id]) == 130
    assert list(folder.iterdir()) == []


def test_ctrl_c_leaves_no_part_of_an_import(
    study: StudyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    study.close()
    file = outputs_file(tmp_path)
    monkeypatch.setattr(RowProgress, "counted", interrupted)
    for name in ("s.ftstudy", "new.ftstudy"):
        assert run(["import", str(tmp_path / name), str(file), "--format", "outputs"]) == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.csv", "s.ftstudy"]
    with StudyFile.open(tmp_path / "s.ftstudy", now=now) as opened:
        assert opened.counts().prompts == 6
