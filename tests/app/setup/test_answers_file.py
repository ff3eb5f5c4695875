"""A study of answers that exist already: what the file holds, and what is missing in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.setup.answers_file import answers_in
from ftcompare.app.setup.creation import create_study
from ftcompare.app.setup.new_study import StudyPlan
from ftcompare.core.errors import UserError

TABLE = "prompt,category,base,tuned\nWhy?,heart,So.,Thus.\nHow?,heart,,Like this.\nWhen?,,Now.,Then.\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "answers.csv"
    path.write_text(TABLE, "utf-8")
    return path


def test_prompts_systems_and_gaps_are_counted(table: Path) -> None:
    found = answers_in(table)
    assert (found.prompts, found.paired, found.missing, found.first) == (3, 2, 1, "Why?")
    assert found.systems == (("base", 2), ("tuned", 3))


def test_a_study_of_answers_has_its_pairs_at_once(table: Path, tmp_path: Path, now: datetime) -> None:
    plan = StudyPlan(title="Heart", answers=table)
    with create_study(tmp_path / "s.ftstudy", plan, rng=Random(1), now=now) as study:
        counts = study.counts()
        assert (counts.prompts, counts.pairs_written, counts.pairs_planned) == (3, 2, 2)
        assert {system.spec.name for system in study.systems.all()} == {"base", "tuned"}
        assert study.settings.read().blinded
        assert [finding for finding in study.check() if not finding.ok] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("prompt,base\nWhy?,So.\n", "one-system"),
        ("prompt,base,tuned\n", "file-empty"),
        ("prompt,base,tuned\nWhy?,,\n", "one-system"),
        ("prompt,base,tuned\nWhy?,So.,\nHow?,,So.\n", "no-pairs"),
    ],
)
def test_what_cannot_be_compared_makes_no_study(table: Path, now: datetime, text: str, code: str) -> None:
    table.write_text(text, "utf-8")
    path = table.with_name("s.ftstudy")
    with pytest.raises(UserError) as caught:
        create_study(path, StudyPlan(title="Heart", answers=table), rng=Random(1), now=now)
    assert caught.value.code == code
    assert not path.exists()
