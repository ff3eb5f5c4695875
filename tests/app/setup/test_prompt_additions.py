"""Prompts added to a study that is there: which ids they get, and what is said of equal ones."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.setup.new_study import StudyPlan, create_study
from ftcompare.app.setup.study_content import add_prompt_rows
from ftcompare.core.errors import UserError
from ftcompare.formats.prompts import read_prompt_file
from ftcompare.store.study.study_file import StudyFile


def lines(folder: Path, name: str, *rows: str) -> Path:
    path = folder / name
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> StudyFile:
    """A study of two prompts without ids."""
    plan = StudyPlan("Heart", prompts=lines(tmp_path, "first.txt", "What is AF?", "What is MI?"))
    return create_study(tmp_path / "s.ftstudy", plan, rng=Random(1), now=now)


def added(study: StudyFile, file: Path) -> str:
    found = read_prompt_file(file)
    return add_prompt_rows(study, found.prompts, found.made).note


def prompts_of(study: StudyFile) -> list[tuple[str, str]]:
    return [(prompt.spec.key, prompt.spec.text) for prompt in study.prompts.all()]


def test_prompts_without_ids_get_the_next_free_ones(study: StudyFile, tmp_path: Path) -> None:
    assert not added(study, lines(tmp_path, "more.txt", "What is PE?", "What is DVT?", "What is BP?"))
    assert not added(study, lines(tmp_path, "last.txt", "What is HF?"))
    assert prompts_of(study) == [
        ("p0001", "What is AF?"),
        ("p0002", "What is MI?"),
        ("p0003", "What is PE?"),
        ("p0004", "What is DVT?"),
        ("p0005", "What is BP?"),
        ("p0006", "What is HF?"),
    ]
    study.close()


def test_ids_that_were_given_stay_and_are_kept_clear_of(study: StudyFile, tmp_path: Path) -> None:
    assert not added(study, lines(tmp_path, "more.csv", "id,prompt", "p0003,What is PE?", ",What is BP?"))
    assert [key for key, _ in prompts_of(study)] == ["p0001", "p0002", "p0003", "p0004"]
    study.close()


def test_an_id_that_was_given_and_is_there_is_refused(study: StudyFile, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        added(study, lines(tmp_path, "more.csv", "id,prompt", "p0002,What is PE?", ",What is BP?"))
    assert caught.value.code == "prompt-exists"
    assert len(prompts_of(study)) == 2
    study.close()


def test_made_ids_that_are_free_stay_as_they_are(study: StudyFile, tmp_path: Path) -> None:
    added(study, lines(tmp_path, "more.csv", "id,prompt", "a,What is PE?", "b,What is BP?", ",What is HF?"))
    assert [key for key, _ in prompts_of(study)] == ["p0001", "p0002", "a", "b", "p0003"]
    study.close()


def test_equal_prompts_are_added_and_noted_as_when_a_study_is_made(study: StudyFile, tmp_path: Path) -> None:
    told = added(study, lines(tmp_path, "more.txt", "What is AF?", "What is PE?"))
    assert told == (
        "1 prompt is word for word the same as one that was in the study: it is written and judged by itself."
    )
    told = added(study, lines(tmp_path, "all.txt", "What is AF?", "What is PE?"))
    assert told.startswith("2 prompts are word for word the same as one that was in the study: each is")
    assert len(prompts_of(study)) == 6
    study.close()
