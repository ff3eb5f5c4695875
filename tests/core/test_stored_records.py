"""Records that a study stores as JSON."""

from __future__ import annotations

from ftcompare.core.annotations import AnnotationKind, AnnotationRow, PackAnnotation
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.run_record import RunRecord
from ftcompare.core.study import ResponseId


def test_a_run_of_a_task_comes_back_with_the_settings_of_each_task() -> None:
    short, general = GenerationSettings(max_new_tokens=64), GenerationSettings()
    run = RunRecord(short, task="qa", by_task={"qa": {"max_new_tokens": 64}}, general=general)
    assert RunRecord.from_json(run.to_json()) == run


def test_a_mark_of_a_pack_names_its_answer_its_place_and_what_it_takes_back() -> None:
    row = AnnotationRow(AnnotationKind.MARK, ResponseId(4), None, {"start": 1}, retracts=2)
    stored = PackAnnotation(3, row, "2026-11-16T09:00:00+00:00", "d1").fields()
    assert stored == {
        "seq": 3,
        "kind": AnnotationKind.MARK.value,
        "response": 4,
        "record": {"start": 1},
        "retracts": 2,
        "at": "2026-11-16T09:00:00+00:00",
        "digest": "d1",
    }
