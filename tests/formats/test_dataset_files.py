"""Folders of hub data sets as input: their files, their splits, and prompts, answers and votes in them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import export
from ftcompare.app.export.importing import ImportSource, create_from_files
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.core.errors import UserError
from ftcompare.formats import answer_files, chosen_rejected, tables
from ftcompare.formats.prompts import read_prompt_file, read_prompts
from ftcompare.formats.record_fields import ImportNotes
from ftcompare.formats.registry import export_format, recognised_format
from ftcompare.formats.tables import data_files, split_of
from tests.app.voted_study import voted, voted_study
from tests.builders import present, refuses

ROWS = [{"prompt": f"Why {number}?", "chosen": "So.", "rejected": "Thus."} for number in range(4)]
MIB = 1024**2


def folder_of(root: Path, files: dict[str, list[dict[str, Any]]]) -> Path:
    """A folder ``hub/v1.0`` with these files of rows, and others that a hub adds."""
    folder = root / "hub" / "v1.0"
    others: dict[str, list[dict[str, Any]]] = {"dataset_infos.json": [{}], ".cache/x.jsonl": ROWS}
    for name, rows in (others | files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            pd.DataFrame(rows).to_parquet(path)
        elif path.suffix == ".csv":
            pd.DataFrame(rows).to_csv(path, index=False)
        else:
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (folder / "README.md").write_text("---\nlicense: mit\n---\nRows\n", encoding="utf-8")
    return folder


PARTS = ("data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet")
LAYOUTS: dict[str, list[tuple[str, str]]] = {
    "parts": [("train", PARTS[0]), ("train", PARTS[1]), ("test", "data/test-00000-of-00001.parquet")],
    "lines": [("train", "train.jsonl"), ("validation", "my_dev.jsonl"), ("test", "test-set.jsonl")],
    "tables": [("train", "train.csv"), ("test", "test.csv")],
    "folders": [("train", "data/train/a.jsonl"), ("test", "data/test/shard0.jsonl")],
    "at the top": [("train", "train/0.parquet"), ("validation", "val/0.parquet")],
    "one table": [("train", "data/preference/train.jsonl"), ("test", "data/preference/test.jsonl")],
    "no split": [("", "rows.jsonl")],
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_each_file_has_its_split(tmp_path: Path, name: str) -> None:
    layout = LAYOUTS[name]
    folder = folder_of(tmp_path, {file: ROWS[number : number + 1] for number, (_, file) in enumerate(layout)})
    found = data_files(folder, max_bytes=MIB)
    assert sorted((split, path.relative_to(folder).as_posix()) for split, path in found) == sorted(layout)
    prompts = {prompt.text: prompt.tags for prompt in read_prompts(folder)}
    assert prompts == {
        f"Why {number}?": ((split,) if split else ()) for number, (split, _) in enumerate(layout)
    }


def test_the_library_of_the_hub_finds_the_same_splits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("parts", "lines", "folders"):
        files = {file: ROWS[:1] for _, file in LAYOUTS[name]}
        folder = folder_of(tmp_path / name, files)
        loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
        found = [split for split, _ in data_files(folder, max_bytes=MIB)]
        assert {split: len(rows) for split, rows in loaded.items()} == {s: found.count(s) for s in found}


@pytest.mark.parametrize(
    ("name", "split"),
    [("trainer", ""), ("contest", ""), ("test2", "test"), ("a.VALID-b", "validation"), ("latest", "")],
)
def test_splits_are_words_of_a_name(name: str, split: str) -> None:
    assert split_of(name) == split


def test_votes_and_answers_of_a_folder(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, dict(zip(PARTS, (ROWS[:2], ROWS[2:]), strict=True)))
    votes = list(present(chosen_rejected.IMPORT_TRL.judgments)(folder, ImportNotes()))
    assert [(vote.messages[0].content, vote.choice) for vote in votes] == [
        (f"Why {n}?", "a") for n in range(4)
    ]
    assert present(recognised_format(folder)).form is chosen_rejected.IMPORT_TRL
    lines = [{"prompt": "Why?", "system": name, "response": name} for name in "ab"]
    answers = [("a", ("test",)), ("b", ("test",))]
    for name, rows in (
        ("test.jsonl", lines),
        ("test.csv", lines),
        ("test.csv", [{"prompt": "Why?", "a": "a", "b": "b"}]),
    ):
        folder = folder_of(tmp_path / f"{len(rows)}{name}", {name: rows})
        assert [(one.system, one.prompt.tags) for one in answer_files.read_answers(folder)] == answers


def test_tags_of_the_rows_are_kept_and_columns_can_be_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"test.jsonl": [{"q": "Why?", "tags": ["own"], "more": 1}]})
    found = read_prompt_file(folder, {"prompt": "q", "tags": "tags"})
    assert (found.prompts[0].tags, found.unused) == (("own",), ("more",))


def test_an_exported_dataset_folder_is_read_by_its_tables(tmp_path: Path, now: datetime) -> None:
    votes = [voted(f"What is {number}?", "Ann", "ab"[number % 2]) for number in range(6)]
    folder = tmp_path / "out"
    with voted_study(tmp_path / "s.ftstudy", votes, Random(1), now) as study:
        export(study, folder, ExportRequest(export_format("dataset")), now=now)
    with pytest.raises(UserError, match="several data sets: preference, sft, unpaired"):
        data_files(folder, max_bytes=MIB)
    counts = create_from_files(
        tmp_path / "again.ftstudy",
        [ImportSource(folder / "data" / "preference", "trl-preference")],
        plan=StudyPlan(title="Again"),
        rng=Random(2),
        now=now,
    )[0]
    assert (counts.judgments, counts.prompts) == (6, 6)


def test_folders_without_a_data_set_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with refuses("no-data-files"):
        read_prompts(folder_of(tmp_path / "a", {}))
    folder = folder_of(tmp_path / "b", {"train.jsonl": ROWS})
    with refuses("file-too-large"):
        data_files(folder, max_bytes=100)
    monkeypatch.setattr(tables, "MAX_FILES", 2)
    with refuses("no-data-files"):
        data_files(folder, max_bytes=MIB)
