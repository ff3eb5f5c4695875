"""What answers repeat of a training file: stored with a check, as a measure, and in Review."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from ftcompare.app.generate.training_repeats import kept_repeats
from ftcompare.app.measures.training_file import KIND, study_repeats
from ftcompare.app.results.presentation.contamination import find_leakage, keep_leakage, kept_leakage
from ftcompare.app.review.answer_list import AnswerFilter, answer_choices, find_answers
from ftcompare.app.review.answers import answered_prompt
from ftcompare.app.work_progress import ignore_progress
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec, Split
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer_elsewhere, import_systems, output_of, refusal_code, text_file

LEARNED = "The mitral valve lies between the left atrium and the left ventricle of the heart."
OWN = "It is one of four gates, and it sits on the left side, high up, they say."
SHORT = "A valve."
TRAINING = [{"prompt": "Where is the mitral valve?", "completion": LEARNED}, {"text": "Something else."}]
PROMPTS = ((Split.TRAINED, LEARNED), (Split.HELD_OUT, f"{OWN} {LEARNED}"), (Split.HELD_OUT, SHORT))
"""The split of each prompt, and what the fine-tune writes; the base writes `OWN`."""


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.create(tmp_path / "s.ftstudy", title="", scale=Scale(), rng=Random(1), now=now) as made:
        import_systems(made, "base", "tuned")
        for number, (split, text) in enumerate(PROMPTS):
            spec = PromptSpec(f"p{number}", (Message("user", f"What is it, {number}?"),), split=split)
            (prompt,) = made.prompts.add([spec])
            answer_elsewhere(made, prompt, (OWN, text))
        yield made


@pytest.fixture
def training(tmp_path: Path) -> Path:
    return text_file(tmp_path / "train.jsonl", "".join(f"{json.dumps(row)}\n" for row in TRAINING))


def check(study: StudyFile, training: Path, now: datetime, *, unblind: bool = True) -> None:
    keep_leakage(study, training, find_leakage(study, training), now=now)
    if unblind:
        study.settings.unblind("done", now=now)


def test_a_check_counts_the_answers_that_repeat_the_file(
    study: StudyFile, training: Path, now: datetime
) -> None:
    check(study, training, now, unblind=False)
    kept = kept_leakage(study)
    assert kept
    assert (kept.repeating, kept.answers) == (2, 5)
    told = "2 of 5 answers repeat 8 or more words in a row of the training file."
    assert told in find_leakage(study, training).summary
    assert all(finding.ok for finding in study.check())


def test_places_and_lines_are_stored_but_no_text(study: StudyFile, training: Path, now: datetime) -> None:
    check(study, training, now)
    by_text = {one.text: kept_repeats(study).get(one.id) for one in study.responses.all()}
    assert by_text[SHORT] is None
    whole, part, none = by_text[LEARNED], by_text[f"{OWN} {LEARNED}"], by_text[OWN]
    assert whole
    assert part
    assert none
    assert (whole.share, whole.longest, whole.copy and whole.copy.line) == (1, 15, 1)
    assert [(one.start, one.line, one.words) for one in part.passages] == [(len(OWN) + 1, 1, 15)]
    assert (none.share, none.passages, none.copy) == (0, (), None)
    (run, *_) = study.benchmarks.runs("training_file")
    assert run.about["file"] == "train.jsonl"
    assert "atrium" not in str(study.benchmarks.records(run))


def test_each_system_and_split_has_its_share(
    study: StudyFile, training: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    check(study, training, now)
    found = study_repeats(study)
    repeated, copied, _ = found.measures
    assert found.mean(repeated, "base") == 0
    assert found.values(repeated, "tuned") == {1: 1.0, 2: pytest.approx(15 / 32)}
    assert found.values(copied, "tuned") == {1: 1.0, 2: 0.0}
    by_split = {word: own.mean(repeated, "tuned") for _, word, own in found.groups("split")}
    assert by_split == {"trained": 1.0, "held_out": pytest.approx(15 / 32)}
    study.close()
    printed = output_of(capsys, ["measures", "training", str(study.path), "--pair", "base", "tuned"])
    assert "Unseen" in printed
    document = json.loads(output_of(capsys, ["measures", "training", str(study.path), "--json"]))
    told = document["prompts"][0]["systems"][1]["told"]
    assert "Longest passage: 15 words of line 1, in 1 example." in told


def test_before_unblinding_only_all_systems_together_are_shown(
    study: StudyFile, training: Path, now: datetime
) -> None:
    check(study, training, now, unblind=False)
    assert refusal_code(lambda: study_repeats(study)) == "still-blinded"
    assert KIND.pooled
    pooled = {row.key: row.by_system for row in KIND.pooled(study, ignore_progress)}
    assert [*pooled["training.repeated"]] == ["All systems together"]
    assert all(
        one.reviewed.repeats is None for one in answered_prompt(study, study.prompts.all()[0].id).answers
    )
    chosen = AnswerFilter(repeats_training=True)
    assert refusal_code(lambda: find_answers(study, chosen)) == "still-blinded"


def test_review_shows_the_passages_and_lists_the_answers_that_have_some(
    study: StudyFile, training: Path, now: datetime
) -> None:
    assert not answer_choices(study).training
    check(study, training, now)
    assert answer_choices(study).training
    assert len(find_answers(study, AnswerFilter(repeats_training=True))) == 2
    _, tuned = answered_prompt(study, study.prompts.all()[1].id).answers
    assert tuned.reviewed.repeats
    (passage,) = tuned.reviewed.repeats.passages
    assert tuned.text[passage.start : passage.end] == LEARNED


def test_the_file_that_was_searched_last_counts(
    study: StudyFile, training: Path, tmp_path: Path, now: datetime
) -> None:
    check(study, training, now)
    other = text_file(tmp_path / "other.txt", "Nothing of it at all.\n")
    keep_leakage(study, other, find_leakage(study, other), now=now)
    assert {own.share for own in kept_repeats(study).values()} == {0.0}
