"""Second answers: under sampling, controls are two answers of one system, and nothing else changes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from fake_backend import FAKE

from ftcompare.app.export.study_folder import create_from_folder, write_folder
from ftcompare.app.generate.engine_run import GenerationProgress, drive
from ftcompare.app.generate.generation import GenerationRun, RewritingRun
from ftcompare.app.generate.generation_state import (
    CutAnswers,
    SecondAnswerCount,
    cut_answers,
    cut_words,
    last_settings,
    longer_settings,
    prompts_to_answer_twice,
    sample_pairs,
    second_answers,
    writing_state,
)
from ftcompare.app.generate.settings_history import length_words
from ftcompare.app.results.study_results import results
from ftcompare.app.review.study_terms import study_terms
from ftcompare.app.study.description import describe
from ftcompare.core.generation_settings import MOST_TOKENS, GenerationSettings
from ftcompare.core.rating_design import RatingDesign
from ftcompare.core.scale import Choice
from ftcompare.core.study import (
    ComparisonKind,
    FinishReason,
    Message,
    PromptSpec,
    RaterId,
    SystemKind,
    SystemSpec,
    Verdict,
)
from ftcompare.engine import protocol
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.store.study.study_file import StudyFile
from tests.app.conftest import PROMPTS
from tests.app.fake_systems import script
from tests.app.generate.test_generation_run import write
from tests.builders import drawn_rater, present

DRAWN = GenerationSettings(temperature=0.8)
SHARE = 0.25
CONTROLS = round(SHARE * PROMPTS)


@pytest.fixture
def study(empty_study: StudyFile, now: datetime) -> StudyFile:
    """Nothing is written; a quarter more pairs are controls."""
    ask_for(empty_study, now, SHARE)
    return empty_study


def ask_for(study: StudyFile, now: datetime, share: float) -> None:
    study.settings.set_rating(study.settings.read().scale, RatingDesign(controls=share), now=now)


def answers(study: StudyFile) -> dict[int, dict[int, set[int]]]:
    """The samples of each system to each prompt."""
    found: dict[int, dict[int, set[int]]] = {}
    for prompt in study.prompts.all():
        for response in study.responses.of_prompt(prompt.id):
            found.setdefault(prompt.id, {}).setdefault(response.system, set()).add(response.sample)
    return found


def twice(study: StudyFile) -> set[int]:
    """The prompts that every system answered twice; no system alone did."""
    for systems in answers(study).values():
        assert len({frozenset(samples) for samples in systems.values()}) == 1
    return {p for p, systems in answers(study).items() if all(s == {0, 1} for s in systems.values())}


def join(study: StudyFile, now: datetime, name: str = "Ada") -> RaterId:
    return drawn_rater(study, name, rng=Random(name), now=now).id


def controls(study: StudyFile, rater: RaterId) -> list[tuple[int, int, str, str]]:
    """Prompt, system and both texts of each control that a rater has."""
    rows = study._db.rows(
        """SELECT a.prompt, a.system, a.text AS one, b.text AS other, b.prompt = a.prompt AS same,
                b.system = a.system AS own FROM allocations al JOIN comparisons c ON c.id = al.comparison
            JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b
            WHERE al.rater = ? AND al.kind = 'control'""",
        (rater,),
    )
    assert all(row["same"] and row["own"] for row in rows)
    return [(row["prompt"], row["system"], row["one"], row["other"]) for row in rows]


def sound(study: StudyFile) -> bool:
    return all(finding.ok for finding in study.check())


def test_as_many_prompts_as_a_rater_gets_controls_are_answered_twice(study: StudyFile, now: datetime) -> None:
    progress = write(study, now, settings=DRAWN)
    assert (progress.done, progress.total, progress.counted) == (PROMPTS + CONTROLS, PROMPTS + CONTROLS, "")
    assert len(twice(study)) == CONTROLS
    info = describe(study)
    assert (info.planned, info.written) == (PROMPTS, PROMPTS)
    assert [system.responses for system in info.systems] == [PROMPTS, PROMPTS]
    assert second_answers(study, DRAWN) == SecondAnswerCount(CONTROLS, CONTROLS, 0)
    assert write(study, now, settings=DRAWN).done == 0
    assert sound(study)


def test_a_control_is_two_answers_of_one_system(study: StudyFile, now: datetime) -> None:
    write(study, now, settings=DRAWN)
    found = controls(study, join(study, now))
    assert len(found) == CONTROLS
    assert {prompt for prompt, *_ in found} == twice(study)
    assert all(one != other for *_, one, other in found)
    assert sorted(controls(study, join(study, now, "Bo"))) == sorted(found)
    assert sound(study)


@pytest.mark.parametrize(
    ("settings", "share"),
    [
        (GenerationSettings(), SHARE),
        (replace(DRAWN, samples=2), SHARE),
        (DRAWN, 0.0),
    ],
    ids=["greedy", "two samples", "no controls"],
)
def test_otherwise_nothing_is_added(
    empty_study: StudyFile, now: datetime, settings: GenerationSettings, share: float
) -> None:
    ask_for(empty_study, now, share)
    assert prompts_to_answer_twice(empty_study, settings) == frozenset()
    assert write(empty_study, now, settings=settings).done == PROMPTS * settings.samples
    assert describe(empty_study).written == PROMPTS * settings.samples
    assert second_answers(empty_study, settings) == SecondAnswerCount()
    assert second_answers(empty_study, settings).words == ""


def test_a_stopped_run_goes_on_with_the_same_prompts(study: StudyFile, now: datetime) -> None:
    chosen = prompts_to_answer_twice(study, DRAWN)
    assert len(chosen) == CONTROLS
    write(study, now, limit=3, settings=DRAWN)
    assert prompts_to_answer_twice(study, DRAWN) == chosen
    count = second_answers(study, last_settings(study))
    assert (count.wanted, count.left) == (CONTROLS, CONTROLS - count.written)
    write(study, now, settings=DRAWN)
    assert twice(study) == chosen


def test_controls_asked_for_later_are_written_later(empty_study: StudyFile, now: datetime) -> None:
    write(empty_study, now, settings=DRAWN)
    ask_for(empty_study, now, SHARE)
    state = writing_state(empty_study)
    assert state.second == SecondAnswerCount(CONTROLS, 0, CONTROLS)
    assert "to be answered twice" in state.second.words
    assert write(empty_study, now, settings=DRAWN).done == CONTROLS
    state = writing_state(empty_study)
    assert (state.written, state.second.left) == (PROMPTS, 0)
    assert state.second.words == (
        f"{CONTROLS} prompts answered twice by each system, for the pairs with the same model on both sides"
    )


def test_a_second_answer_is_drawn_with_the_settings_of_the_first(
    empty_study: StudyFile, now: datetime
) -> None:
    write(empty_study, now, settings=GenerationSettings())
    ask_for(empty_study, now, SHARE)
    assert prompts_to_answer_twice(empty_study, DRAWN) == frozenset()
    specs = [PromptSpec(f"late{n}", (Message("user", f"Late {n}?"),)) for n in range(2)]
    late = {prompt.id for prompt in empty_study.prompts.add(specs)}
    assert prompts_to_answer_twice(empty_study, DRAWN) == late
    count = second_answers(empty_study, GenerationSettings())
    assert (count.wanted > 0, count.written, count.left) == (True, 0, 0)


def test_no_result_counts_them(study: StudyFile, now: datetime) -> None:
    write(study, now, settings=DRAWN)
    firsts = {r.id for p in study.prompts.all() for r in study.responses.of_prompt(p.id) if r.sample == 0}
    assert {r.id for r in study.responses.all()} == firsts
    table = study_terms(study)
    assert table.prompts == PROMPTS
    assert results(study).summary.judgments == 0
    ordinary = study._db.rows("SELECT a, b FROM comparisons WHERE kind = 'ordinary'")
    assert {one for row in ordinary for one in (row["a"], row["b"])} == firsts


def test_the_owner_is_not_shown_which_prompts_have_one(study: StudyFile, now: datetime) -> None:
    write(study, now, settings=DRAWN)
    for seed in range(20):
        for pair in sample_pairs(study, rng=Random(seed)):
            assert not pair.first.startswith("Sample 2")


def test_they_become_samples_when_every_prompt_is_to_have_two(study: StudyFile, now: datetime) -> None:
    write(study, now, settings=DRAWN)
    before = controls(study, join(study, now))
    two = replace(DRAWN, samples=2)
    assert write(study, now, settings=two).done == PROMPTS - CONTROLS
    info = describe(study)
    assert (info.planned, info.written) == (2 * PROMPTS, 2 * PROMPTS)
    assert {r.sample for r in study.responses.all()} == {0, 1}
    assert controls(study, RaterId(1)) == before
    assert second_answers(study, two) == SecondAnswerCount()
    assert sound(study)


def test_a_system_that_is_added_answers_the_same_prompts_twice(study: StudyFile, now: datetime) -> None:
    script(study)
    write(study, now, settings=DRAWN)
    chosen = twice(study)
    study.systems.add(SystemSpec("other", SystemKind.ADAPTER, model="{}", adapter="tuned too"))
    write(study, now, settings=DRAWN)
    assert chosen <= twice(study)
    assert describe(study).written == 3 * PROMPTS


def test_a_study_without_a_model_has_none(empty_study: StudyFile, now: datetime) -> None:
    ask_for(empty_study, now, SHARE)
    for system in empty_study.systems.all():
        empty_study.systems.remove(system.id)
    assert second_answers(empty_study, DRAWN) == SecondAnswerCount()
    assert prompts_to_answer_twice(empty_study, DRAWN) == frozenset()


def test_after_unblinding_none_are_written(study: StudyFile, now: datetime) -> None:
    study.settings.unblind("done", now=now)
    assert prompts_to_answer_twice(study, DRAWN) == frozenset()
    assert second_answers(study, DRAWN) == SecondAnswerCount()


def test_a_copy_as_open_files_keeps_them(study: StudyFile, now: datetime, tmp_path: Path) -> None:
    write(study, now, settings=DRAWN)
    found = controls(study, join(study, now))
    study.settings.unblind("done", now=now)
    write_folder(study, tmp_path / "open files", now=now)
    create_from_folder(tmp_path / "copy.ftstudy", tmp_path / "open files")
    with StudyFile.open(tmp_path / "copy.ftstudy", now=now) as copy:
        assert controls(copy, RaterId(1)) == found
        assert describe(copy).written == PROMPTS
        assert sound(copy)


def test_a_pack_says_of_no_pair_that_it_is_a_control(study: StudyFile, now: datetime, tmp_path: Path) -> None:
    write(study, now, settings=DRAWN)
    rater = join(study, now)
    study.packs.hand_out("Ada", tmp_path / "bo.ftpack", rng=Random(3), now=now)
    found = controls(study, rater)
    with closing(sqlite3.connect(tmp_path / "bo.ftpack")) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = json.dumps([[list(map(str, row)) for row in db.execute(f"SELECT * FROM {t}")] for t in tables])
    assert found
    assert all(json.dumps(text)[1:-1] in kept for *_, one, other in found for text in (one, other))
    assert ComparisonKind.CONTROL.value not in kept
    assert "sample" not in kept.casefold().replace("sample 2.", "")


# Answers that were cut: counted and found, written again longer, and left where something stands on them.


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
    run = kind(study, settings=settings, clock=lambda: now, backend=FAKE)
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
    rater = drawn_rater(study, "Ada", rng=Random(2), now=now)
    item = present(study.judgments.next_item(rater.id))
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
    assert (progress.total, progress.stage) == (0, "No answer that was cut off can be generated again")


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
    assert "2 stay as generated" in cut_words(found)
    assert rewrite(cut, now).done == PROMPTS - 1
    assert {r.id: r.text for r in cut.responses.all() if r.prompt == prompt} == before
    assert "All of them remain as generated" in cut_words(cut_answers(cut))
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
    run = RewritingRun(cut, settings=longer_settings(SHORT), clock=lambda: now, backend=FAKE)
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
