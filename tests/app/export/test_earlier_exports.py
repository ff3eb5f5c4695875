"""What an export leaves of an earlier one of its name: nothing stale, and all that is somebody's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.export.export_request import ExportRequest
from ftcompare.app.export.exporting import ExportDone, export
from ftcompare.cli.main import run
from ftcompare.core.errors import UserError
from ftcompare.formats.data_card import read_checksums
from ftcompare.formats.registry import export_format
from ftcompare.formats.training.train_test_parts import Parts
from ftcompare.store.study.study_file import StudyFile
from tests.app.voted_study import voted, voted_study

SMALL = [voted("p", "Ada", "a"), voted("q", "Ada", "b")]
LARGE = [*SMALL, voted("p", "Ada", "a", b="third"), voted("p", "Ada", "b", a="tuned", b="third")]


@pytest.fixture
def small(tmp_path: Path, rng: Random, now: datetime) -> Iterator[StudyFile]:
    """Two systems."""
    with voted_study(tmp_path / "small.ftstudy", SMALL, rng, now) as study:
        yield study


@pytest.fixture
def large(tmp_path: Path, rng: Random, now: datetime) -> Iterator[StudyFile]:
    """Three systems: three couples."""
    with voted_study(tmp_path / "large.ftstudy", LARGE, rng, now) as study:
        yield study


def exported(
    study: StudyFile, path: Path, now: datetime, form: str = "llm-comparator", parts: Parts | None = None
) -> ExportDone:
    request = ExportRequest(export_format(form), parts=parts)
    return export(study, path, request, now=now, replace=path.exists() or parts is not None)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if ".ftstudy" not in path.name}


def test_side_files_of_a_larger_study_go_with_it(
    small: StudyFile, large: StudyFile, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "c.json"
    done = exported(large, path, now)
    assert names(tmp_path) == {"c.json", "c-2.json", "c-3.json", "c.json.card.md"}
    assert set(read_checksums(done.card)) == {"c.json", "c-2.json", "c-3.json"}
    (tmp_path / "c-4.json").write_text("somebody's")
    again = exported(small, path, now)
    assert again.removed == ("c-2.json", "c-3.json")
    assert names(tmp_path) == {"c.json", "c-4.json", "c.json.card.md"}


def test_the_couples_stand_in_the_order_of_the_systems(
    large: StudyFile, tmp_path: Path, now: datetime
) -> None:
    exported(large, tmp_path / "c.json", now)
    files = ("c.json", "c-2.json", "c-3.json")
    models = [json.loads((tmp_path / name).read_text("utf-8"))["models"] for name in files]
    assert [[model["name"] for model in both] for both in models] == [
        ["base", "tuned"],
        ["base", "third"],
        ["tuned", "third"],
    ]


def test_a_side_file_that_was_changed_stays(
    small: StudyFile, large: StudyFile, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "c.json"
    exported(large, path, now)
    before = path.read_bytes()
    (tmp_path / "c-3.json").write_text("worked on")
    with pytest.raises(UserError) as caught:
        exported(small, path, now)
    assert (caught.value.code, caught.value.where) == ("part-left", "c-3.json")
    assert (path.read_bytes(), (tmp_path / "c-3.json").read_text()) == (before, "worked on")
    assert (tmp_path / "c-2.json").exists()


def test_a_side_file_of_somebody_s_own_is_not_written_over(
    small: StudyFile, large: StudyFile, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "c.json"
    exported(small, path, now)
    (tmp_path / "c-2.json").write_text("somebody's")
    with pytest.raises(UserError) as caught:
        exported(large, path, now)
    assert (caught.value.code, caught.value.where) == ("file-exists", "c-2.json")
    assert (tmp_path / "c-2.json").read_text() == "somebody's"


def test_a_card_from_elsewhere_names_no_other_files(
    small: StudyFile, large: StudyFile, tmp_path: Path, now: datetime
) -> None:
    path, victim = tmp_path / "c.json", tmp_path / "thesis.json"
    card = exported(large, path, now).card
    (tmp_path / "c-2.json").rename(victim)
    (tmp_path / "c-3.json").unlink()
    card.write_text(card.read_text("utf-8").replace("c-2.json", "thesis.json"), encoding="utf-8")
    assert "thesis.json" in read_checksums(card)
    assert exported(small, path, now).removed == ()
    assert victim.exists()


@pytest.mark.parametrize("text", ["", "```json\n[]\n```\n", '```json\n{"checksums": [1]}\n```\n', "\xff"])
def test_what_is_no_card_tells_nothing(tmp_path: Path, text: str) -> None:
    card = tmp_path / "x.card.md"
    card.write_bytes(text.encode("latin-1"))
    assert read_checksums(card) == {}


def test_parts_of_an_earlier_division_are_removed_where_nobody_changed_them(
    small: StudyFile, tmp_path: Path, now: datetime
) -> None:
    path = tmp_path / "rows.jsonl"
    exported(small, path, now, "trl-preference", Parts((1e-9, 1 - 1e-9, 0.0)))
    done = exported(small, path, now, "trl-preference", Parts((1.0, 0.0, 0.0)))
    assert done.removed == ("rows.validation.jsonl",)
    assert names(tmp_path) == {"rows.train.jsonl", "rows.jsonl.card.md"}


def test_the_card_tells_the_checksum_of_every_file(large: StudyFile, tmp_path: Path, now: datetime) -> None:
    done = exported(large, tmp_path / "r.jsonl", now, "llama-factory")
    assert set(read_checksums(done.card)) == {"r.jsonl", "r.jsonl.dataset_info.json"}
    assert "| r.jsonl | 4 |" in done.card.read_text("utf-8")


def test_a_seed_without_parts_is_refused(
    small: StudyFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small.close()
    asked = ["export", str(small.path), str(tmp_path / "c.jsonl"), "--format", "judgments", "--seed", "3"]
    assert run(asked) == 2
    assert "--seed divides rows" in capsys.readouterr().err
    assert not (tmp_path / "c.jsonl").exists()


def test_the_command_says_what_it_removed(
    small: StudyFile, large: StudyFile, tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.json"
    exported(large, path, now)
    study = small.path
    small.close()
    assert run(["export", str(study), str(path), "--format", "llm-comparator", "--replace"]) == 0
    assert "removed c-2.json, of the earlier export" in capsys.readouterr().out
