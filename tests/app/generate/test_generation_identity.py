"""Who writes under a name: other files, another template, and two names for one system."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from tests.app.generate.test_generation_run import write

TWINS = "Two of the systems have the same files"


@pytest.mark.parametrize("part", ["digest", "tokenizer_digest", "template_digest"])
def test_other_weights_tokenizer_or_template_end_the_run(
    empty_study: StudyFile, now: datetime, part: str
) -> None:
    write(empty_study, now, limit=2)
    (record,) = empty_study.runs.all()
    other = json.loads(json.dumps(record))
    other["engine"]["systems"][0][part] = "another"
    empty_study.runs.start(other, now=now)
    progress = write(empty_study, now)
    assert progress.fault is not None
    assert progress.fault.code == "system-changed"
    assert empty_study.counts().pairs_written == 2


def test_a_system_that_stands_in_the_study_twice_is_told(empty_study: StudyFile, now: datetime) -> None:
    first = empty_study.systems.all()[1].spec
    empty_study.systems.add(SystemSpec("again", SystemKind.ADAPTER, model=first.model, adapter=first.adapter))
    notes = write(empty_study, now).notes
    assert [note for note in notes if note.startswith(TWINS)]
    assert not any("again" in note or first.name in note for note in notes)


def test_a_full_model_that_is_the_base_is_told(empty_study: StudyFile, now: datetime) -> None:
    """Though the one wrote before the other was loaded."""
    base = empty_study.systems.all()[0].spec
    empty_study.systems.add(SystemSpec("copy", SystemKind.MODEL, model=base.model, quantisation=""))
    assert any(note.startswith(TWINS) for note in write(empty_study, now).notes)


def test_different_systems_are_not_called_the_same(empty_study: StudyFile, now: datetime) -> None:
    assert not any(note.startswith(TWINS) for note in write(empty_study, now).notes)
