"""Answers that were cut: counted and found, written again longer, and left where something stands on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from random import Random

import pytest

from ftcompare.app.generate.engine_run import GenerationProgress, drive
from ftcompare.app.generate.generation import GenerationRun, RewritingRun
from ftcompare.app.generate.generation_state import (
    CutAnswers,
    cut_answers,
    cut_words,
    last_settings,
    longer_settings,
)
from ftcompare.app.generate.settings_history import length_words
from ftcompare.core.generation_settings import MOST_TOKENS
from ftcompare.core.scale import Choice
from ftcompare.core.study import FinishReason, Verdict
from ftcompare.engine import protocol
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.engine.protocol import GenerationSettings
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import PROMPTS

SHORT = GenerationSettings(max_new_tokens=3)


def ignore(_: GenerationProgress) -> None:
    """Nobody looks."""


def carry(
    study: StudyFile,
    now: datetime,
    settings: GenerationSettings = SHORT,
    kind: type[GenerationRun] = GenerationRun,
    show: Callable[[GenerationProgress], None] = ignore,
) -> GenerationProgress:
    run = kind(study, settings=settings, clock=lambda: now, backend="fake")
    with EngineProcess() as engine:
        return drive(run, engine, show)


def rewrite(study: StudyFile, now: datetime) -> GenerationProgress:
    return carry(study, now, longer_settings(last_settings(study)), RewritingRun)


@pytest.fixture
def cut(empty_study: StudyFile, now: datetime) -> StudyFile:
    """A study all of whose answers were cut after three words."""
    assert carry(empty_study, now).fault is None
    return empty_study


def judge_one(study: StudyFile, now: datetime) -> int:
    """Have Ada judge one pair; returns the prompt's number."""
    rater = study.raters.add("Ada")
    study.allocations.draw(rater.id, rng=Random(2), now=now)
    item = study.judgments.next_item(rater.id)
    assert item is not None
    study.judgments.judge(item.allocation, Verdict(Choice.LEFT), now=now)
    (row,) = study.judgments.standing()
    return int(row.prompt.id)


def test_cut_answers_are_counted_and_found(cut: StudyFile) -> None:
    found = cut_answers(cut)
    assert (found.count, found.kept, found.replaceable) == (2 * PROMPTS, 0, 2 * PROMPTS)
    assert found.prompts == tuple(p.spec.text for p in cut.prompts.all())[: len(found.prompts)]
    assert len(found.prompts) + found.more == PROMPTS
    assert cut_words(found) == f"{2 * PROMPTS} answers were cut at the length limit."


def test_without_cut_answers_nothing_is_told_and_nothing_written(
    empty_study: StudyFile, now: datetime
) -> None:
    carry(empty_study, now, GenerationSettings())
    assert cut_words(cut_answers(empty_study)) == ""
    progress = rewrite(empty_study, now)
    assert (progress.total, progress.stage) == (0, "No answer that was cut can be written again")


def test_cut_answers_are_written_again_in_the_same_pairs(cut: StudyFile, now: datetime) -> None:
    before = {r.id: r.text for r in cut.responses.all()}
    progress = rewrite(cut, now)
    assert (progress.done, progress.fault) == (PROMPTS, None)
    after = {r.id: r for r in cut.responses.all()}
    assert after.keys() == before.keys()
    assert all(r.text.startswith(before[key]) and r.text != before[key] for key, r in after.items())
    assert {r.finish_reason for r in after.values()} == {FinishReason.END}
    assert cut.counts().pairs_written == PROMPTS
    assert cut_answers(cut) == CutAnswers()
    assert [finding for finding in cut.check() if not finding.ok] == []
    assert [entry.kind for entry in cut.audit.entries()].count("cut-rewritten") == 1


def test_what_was_verified_before_is_in_order_afterwards(cut: StudyFile, now: datetime) -> None:
    assert cut.verify().ok
    rewrite(cut, now)
    assert cut.verify().ok


def test_a_judged_pair_stays_and_is_told(cut: StudyFile, now: datetime) -> None:
    prompt = judge_one(cut, now)
    before = {r.id: r.text for r in cut.responses.all() if r.prompt == prompt}
    found = cut_answers(cut)
    assert (found.kept, found.replaceable) == (2, 2 * PROMPTS - 2)
    assert "2 stay as written" in cut_words(found)
    assert rewrite(cut, now).done == PROMPTS - 1
    assert {r.id: r.text for r in cut.responses.all() if r.prompt == prompt} == before
    assert "All of them stay as written" in cut_words(cut_answers(cut))
    assert [finding for finding in cut.check() if not finding.ok] == []


def test_a_pair_that_is_judged_while_they_are_written_stays(cut: StudyFile, now: datetime) -> None:
    judged: list[int] = []

    def judge_meanwhile(progress: GenerationProgress) -> None:
        if progress.stage == "Writing pairs" and not judged:
            judged.append(judge_one(cut, now))

    carry(cut, now, longer_settings(SHORT), RewritingRun, judge_meanwhile)
    stays = {r.prompt for r in cut.responses.all() if r.finish_reason is FinishReason.LENGTH}
    assert stays == set(judged)
    assert [finding for finding in cut.check() if not finding.ok] == []


def test_what_cannot_be_written_again_stays_as_it_was(cut: StudyFile, now: datetime) -> None:
    before = {r.id: r.text for r in cut.responses.all()}
    run = RewritingRun(cut, settings=longer_settings(SHORT), clock=lambda: now, backend="fake")
    run.begin()
    run.handle(protocol.Loaded("cpu", "CPU", "float32", "", (), {}))
    (command,) = run.handle(protocol.Verified(())).commands
    assert isinstance(command, protocol.Generate)
    for item in command.items:
        run.handle(protocol.ItemFailed(item.key, "too long"))
    step = run.handle(protocol.Finished(cancelled=False))
    assert (step.progress.failed, step.progress.finished) == (PROMPTS, True)
    assert {r.id: r.text for r in cut.responses.all()} == before
    assert cut.responses.failures() == {}, "each of them is answered"


def test_the_limit_grows_fourfold_up_to_the_most() -> None:
    assert longer_settings(replace(SHORT, max_new_tokens=256)).max_new_tokens == 1024
    assert longer_settings(replace(SHORT, max_new_tokens=MOST_TOKENS)).max_new_tokens == MOST_TOKENS


@pytest.mark.parametrize(
    ("tokens", "words"), [(1, "1 word"), (4, "3 words"), (256, "190 words"), (32_768, "25,000 words")]
)
def test_the_limit_is_told_in_words(tokens: int, words: str) -> None:
    assert length_words(tokens) == f"up to about {words}"
