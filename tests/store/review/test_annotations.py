"""Experts' annotations are kept, taken back, and verified as judgments are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ftcompare.core.annotations import (
    MAX_CORRECTION,
    MAX_NOTE,
    Adjudicated,
    Adjudication,
    Annotation,
    AnnotationKind,
    Correction,
    Expert,
    Mark,
    Reviewed,
    StoredAnnotation,
)
from ftcompare.core.error_scheme import MQM_CORE, ErrorScheme, ErrorType, Severity
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Choice
from ftcompare.core.study import (
    MAX_EXPERT_NAME,
    ComparisonId,
    FinishReason,
    Prompt,
    Rater,
    Response,
    ResponseDraft,
    ResponseId,
    System,
    Verdict,
)
from ftcompare.store.study.study_file import StudyFile
from tests.builders import present, refusal_code
from tests.store.integrity.tampering import unprotected

OWN = ErrorScheme("House", (ErrorType("dose", "Dose"),), (Severity("bad", "Bad", 2.5),))


@pytest.fixture
def answer(study: StudyFile, prompts: tuple[Prompt, ...]) -> Response:
    """An answer of the study: “plain on p0”."""
    return next(iter(study.responses.all()))


@pytest.fixture
def eve(study: StudyFile) -> Expert:
    return study.annotations.expert("Eve")


@pytest.fixture
def pair(study: StudyFile, ann: Rater) -> ComparisonId:
    number: int = study._db.value("SELECT MIN(id) FROM comparisons WHERE kind = 'ordinary'")
    return ComparisonId(number)


def mark(answer: Response, start: int = 0, end: int = 5, **more: str) -> Mark:
    said = {"error_type": "style", "severity": "minor", **more}
    return Mark(answer.id, start, end, answer.text[start:end], **said)


def standing(study: StudyFile, kind: AnnotationKind | None = None) -> list[Annotation]:
    return [one.given for one in study.annotations.standing(kind)]


def test_what_an_expert_leaves_is_there_when_the_study_is_opened_again(
    study: StudyFile, answer: Response, eve: Expert, pair: ComparisonId, path: Path, now: datetime
) -> None:
    given: list[Annotation] = [
        mark(answer, comment="why “plain”?", suggestion="simple"),
        mark(answer, 3, 3, error_type="omission", severity="critical"),
        Correction(answer.id, "As it should be.\n\nIn two parts. 漢字", "from the leaflet"),
        Adjudication(pair, Adjudicated.BOTH_BAD, None, "both miss the dose"),
        Reviewed(answer.id),
    ]
    assert [study.annotations.add(eve.id, one, now=now) for one in given] == [1, 2, 3, 4, 5]
    study.close()
    with StudyFile.open(path, now=now) as again:
        assert standing(again) == given
        assert again.annotations.experts() == (eve,)
        first = next(iter(again.annotations.standing()))
        assert first == StoredAnnotation(eve.id, 1, "2026-11-20T09:00:00.000Z", given[0])
        assert all(finding.ok for finding in again.check())
        assert again.verify().ok


def test_experts_are_told_apart_by_more_than_case_and_spaces(study: StudyFile) -> None:
    eve, same = study.annotations.expert(" Eve "), study.annotations.expert("EVE")
    assert eve == same
    assert study.annotations.expert("Max").id != eve.id
    assert refusal_code(lambda: study.annotations.expert("  ")) == "no-expert-name"


def test_annotations_are_found_by_kind_answer_pair_and_expert(
    study: StudyFile, answer: Response, eve: Expert, pair: ComparisonId, now: datetime
) -> None:
    other = [*study.responses.all()][1]
    maxim = study.annotations.expert("Max")
    marked, read = mark(answer), Reviewed(other.id)
    decided = Adjudication(pair, Adjudicated.TIE)
    for expert, given in ((eve, marked), (maxim, read), (maxim, decided)):
        study.annotations.add(expert.id, given, now=now)
    found = study.annotations.standing
    assert [one.given for one in found(AnnotationKind.MARK)] == [marked]
    assert [one.given for one in found(response=other.id)] == [read]
    assert [one.given for one in found(comparison=pair)] == [decided]
    assert [one.given for one in found(expert=maxim.id)] == [read, decided]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"quote": "other"}, "mark-text-changed"),
        ({"start": -2}, "mark-text-changed"),
        ({"end": 400}, "mark-text-changed"),
        ({"start": 5, "quote": ""}, "mark-empty"),
        ({"error_type": "taste"}, "mark-unknown"),
        ({"severity": "huge"}, "mark-unknown"),
        ({"comment": "x" * (MAX_NOTE + 1)}, "annotation-long"),
        ({"response": ResponseId(999)}, "answer-unknown"),
    ],
)
def test_a_mark_that_fits_no_text_or_scheme_is_refused(
    study: StudyFile, answer: Response, eve: Expert, now: datetime, wrong: dict[str, Any], expected: str
) -> None:
    sought = replace(mark(answer), **wrong)
    assert refusal_code(lambda: study.annotations.add(eve.id, sought, now=now)) == expected
    assert standing(study) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", "correction-empty"), (" \n", "correction-empty"), ("x" * (MAX_CORRECTION + 1), "annotation-long")],
)
def test_a_correction_that_is_none_is_refused(
    study: StudyFile, answer: Response, eve: Expert, now: datetime, text: str, expected: str
) -> None:
    assert (
        refusal_code(lambda: study.annotations.add(eve.id, Correction(answer.id, text), now=now)) == expected
    )
    same = Correction(answer.id, answer.text)
    assert refusal_code(lambda: study.annotations.add(eve.id, same, now=now)) == "correction-equal"


def test_a_verdict_is_of_the_scale_and_on_pairs_that_raters_judge(
    study: StudyFile, eve: Expert, pair: ComparisonId, now: datetime
) -> None:
    wrong = (
        Adjudication(ComparisonId(999), Adjudicated.A),
        Adjudication(pair, Adjudicated.A, 4),
        Adjudication(pair, Adjudicated.TIE, 1),
    )
    for given in wrong:
        assert refusal_code(partial(study.annotations.add, eve.id, given, now=now)) == "adjudication-refused"


def test_a_new_correction_takes_the_place_of_ones_own_and_undo_brings_the_old_one_back(
    study: StudyFile, answer: Response, eve: Expert, now: datetime
) -> None:
    other = study.annotations.expert("Max")
    first, second = Correction(answer.id, "first"), Correction(answer.id, "second")
    study.annotations.add(other.id, first, now=now)
    for given in (first, second, second):
        study.annotations.add(eve.id, given, now=now)
    assert standing(study) == [first, second]
    undone = present(study.annotations.undo(eve.id, now=now))
    assert undone.given == second
    assert standing(study) == [first, first]
    undone = present(study.annotations.undo(eve.id, now=now))
    assert undone.given == first
    assert [one.expert for one in study.annotations.standing()] == [other.id]
    assert study.annotations.undo(eve.id, now=now) is None
    study.annotations.add(eve.id, second, now=now)
    study.annotations.undo(eve.id, now=now)
    assert [one.expert for one in study.annotations.standing()] == [other.id]
    assert all(finding.ok for finding in study.check())


def test_what_was_reviewed_twice_is_reviewed_once(
    study: StudyFile, answer: Response, eve: Expert, now: datetime
) -> None:
    assert study.annotations.add(eve.id, Reviewed(answer.id), now=now) == 1
    assert study.annotations.add(eve.id, Reviewed(answer.id), now=now) == 1
    assert len(standing(study)) == 1


def test_any_mark_is_taken_back_once(study: StudyFile, answer: Response, eve: Expert, now: datetime) -> None:
    marks = [mark(answer), mark(answer, 6, 8)]
    first, _ = (study.annotations.add(eve.id, one, now=now) for one in marks)
    assert study.annotations.retract(eve.id, first, now=now).given == marks[0]
    assert standing(study) == [marks[1]]
    assert refusal_code(lambda: study.annotations.retract(eve.id, first, now=now)) == "annotation-gone"


def test_undoing_a_change_brings_back_what_was_changed(
    study: StudyFile, answer: Response, eve: Expert, now: datetime
) -> None:
    first, second = mark(answer), mark(answer, severity="major")
    number = study.annotations.add(eve.id, first, now=now)
    study.annotations.add(eve.id, Reviewed(answer.id), now=now)
    study.annotations.replace(eve.id, number, second, now=now)
    assert standing(study, AnnotationKind.MARK) == [second]
    assert (
        refusal_code(lambda: study.annotations.replace(eve.id, number, first, now=now)) == "annotation-gone"
    )
    for left in ([first], []):
        study.annotations.undo(eve.id, AnnotationKind.MARK, now=now)
        assert standing(study, AnnotationKind.MARK) == left
    assert study.annotations.undo(eve.id, AnnotationKind.MARK, now=now) is None
    assert standing(study) == [Reviewed(answer.id)]
    assert all(finding.ok for finding in study.check())


def test_a_clock_that_is_far_off_saves_nothing(study: StudyFile, answer: Response, eve: Expert) -> None:
    long_ago = datetime(1970, 1, 1, tzinfo=UTC)
    assert (
        refusal_code(lambda: study.annotations.add(eve.id, Reviewed(answer.id), now=long_ago))
        == "clock-wrong"
    )
    assert standing(study) == []


def test_a_study_has_its_own_error_scheme_once_it_is_given_one(
    study: StudyFile, answer: Response, eve: Expert, path: Path, now: datetime
) -> None:
    assert study.error_schemes.read() == MQM_CORE
    assert MQM_CORE.digest().startswith("67eb242ca7e0b714"), "audit logs of earlier studies contain it"
    study.error_schemes.set(OWN, now=now)
    study.error_schemes.set(OWN, now=now)
    assert [entry.kind for entry in study.audit.entries()].count("error-scheme-set") == 1
    study.annotations.add(eve.id, mark(answer, error_type="dose", severity="bad"), now=now)
    assert refusal_code(lambda: study.error_schemes.set(MQM_CORE, now=now)) == "scheme-in-use"
    study.close()
    with StudyFile.open(path, now=now) as again:
        assert again.error_schemes.read() == OWN
        assert all(finding.ok for finding in again.check())
        again.annotations.undo(eve.id, now=now)
        again.error_schemes.set(MQM_CORE, now=now)
        assert again.error_schemes.read() == MQM_CORE
        assert all(finding.ok for finding in again.check())


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE annotations SET record = replace(record, 'better', 'bettor')",
        "UPDATE annotations SET at = '2026-11-20T09:00:01.000Z'",
        "UPDATE experts SET name = 'Eva'",
        "UPDATE responses SET digest = 'x'",
        "DELETE FROM annotations WHERE seq = 2",
        "UPDATE annotations SET retracts = 3 WHERE seq = 4",
        'UPDATE study SET error_scheme = \'{"name":"Mine","types":[],"severities":[]}\'',
        'UPDATE study SET error_scheme = \'{"name":"Mine","types":1,"severities":[]}\'',
    ],
)
def test_what_was_altered_behind_the_product_s_back_is_found(
    study: StudyFile, answer: Response, eve: Expert, now: datetime, change: str
) -> None:
    for given in (mark(answer), Correction(answer.id, "better"), Correction(answer.id, "best")):
        study.annotations.add(eve.id, given, now=now)
    with unprotected(study) as raw:
        raw.execute(change)
        wrong = {finding.subject for finding in study.check() if not finding.ok}
        assert wrong & {"annotations", "settings"}
        assert not study.verify().ok


def test_an_expert_s_name_that_is_too_long_is_refused(study: StudyFile) -> None:
    assert study.annotations.expert(f" {MAX_EXPERT_NAME * 'é'} ").name == MAX_EXPERT_NAME * "é"
    with pytest.raises(UserError, match="at most 100 characters; this one has 101") as caught:
        study.annotations.expert(101 * "e")
    assert caught.value.code == "expert-name-long"


@pytest.mark.parametrize("sealed", ["exported", "unblinded"])
def test_annotations_cut_off_after_an_export_or_the_unblinding_are_found(
    study: StudyFile, answer: Response, eve: Expert, now: datetime, sealed: str
) -> None:
    for given in (mark(answer), Correction(answer.id, "better"), Reviewed(answer.id)):
        study.annotations.add(eve.id, given, now=now)
    if sealed == "exported":
        study.audit.append("exported", {"format": "trl-sft", "rows": 1}, now=now)
    else:
        study.settings.unblind("done", now=now)
    study.annotations.add(eve.id, mark(answer), now=now)
    assert all(finding.ok for finding in study.check())
    for last, found in ((3, False), (2, True)):
        with unprotected(study) as raw:
            raw.execute("DELETE FROM annotations WHERE seq > ?", (last,))
            wrong = {finding.subject: finding.detail for finding in study.check() if not finding.ok}
        assert ("ends of the chains" in wrong) is found
        if found:
            assert wrong["ends of the chains"].startswith("annotations of expert 1 were removed after entry")


def test_ends_of_chains_that_are_none_are_found(study: StudyFile, now: datetime) -> None:
    study.audit.append("exported", {"annotation_heads": [1]}, now=now)
    assert "ends of the chains" in {finding.subject for finding in study.check() if not finding.ok}


def test_a_retraction_of_what_does_not_stand_is_found(
    study: StudyFile, answer: Response, eve: Expert, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = study.annotations.add(eve.id, mark(answer), now=now)
    study.annotations.retract(eve.id, number, now=now)
    again = study.annotations.add(eve.id, mark(answer), now=now)
    study._db.execute("DROP INDEX annotations_retracted")
    sound = list(study.annotations.standing())
    monkeypatch.setattr(study.annotations, "standing", lambda **_: [replace(sound[0], seq=number)])
    study.annotations.retract(eve.id, number, now=now)
    assert again == 3
    (finding,) = (found for found in study.check() if found.subject == "annotations")
    assert finding.detail == "Eve: annotation 4 takes back nothing"


def test_an_annotated_answer_is_not_written_again(
    study: StudyFile, systems: tuple[System, System], prompts: tuple[Prompt, ...], eve: Expert, now: datetime
) -> None:
    prompt = prompts[0]
    run = study.runs.start({"seed": 2}, now=now)
    study.responses.store(
        prompt.id, [ResponseDraft(systems[0].id, "cut sho", FinishReason.LENGTH, 3, sample=1)], run=run
    )
    (cut,) = study.responses.cut()
    assert not cut.settled
    study.annotations.add(eve.id, Reviewed(cut.response.id), now=now)
    (cut,) = study.responses.cut()
    assert cut.settled


def test_annotations_are_never_counted_among_judgments(
    study: StudyFile, ann: Rater, eve: Expert, pair: ComparisonId, now: datetime
) -> None:
    item = present(study.judgments.next_item(ann.id))
    study.judgments.judge(item.allocation, Verdict(Choice.LEFT, 1), now=now)
    study.annotations.add(eve.id, Adjudication(pair, Adjudicated.A, 1), now=now)
    assert study.counts().judgments == 1
    assert len([*study.judgments.standing()]) == 1
