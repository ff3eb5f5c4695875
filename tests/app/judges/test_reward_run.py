"""A reward model scores every answer alone; pairs get the vote of the higher score."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fake_backend import FAKE

from ftcompare.app.generate.engine_run import GenerationProgress, drive
from ftcompare.app.judges.judge_overview import judge_totals
from ftcompare.app.judges.judge_prompt import WORD_JOINER
from ftcompare.app.judges.judging_plan import PairChoice
from ftcompare.app.judges.judging_run import judging_run, preference_of, rated_messages, vote_of_scores
from ftcompare.app.measures.judges.judge_figures import judge_blocks, study_judges
from ftcompare.app.results.presentation.blocks import Figures
from ftcompare.core.judge import JudgeKind, JudgeMode, JudgeOutcome, JudgeSpec
from ftcompare.core.scale import Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    PromptSpec,
    RaterKind,
    ResponseDraft,
    SystemKind,
    SystemSpec,
)
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.store.study.engine_runs import JUDGED
from ftcompare.store.study.study_file import StudyFile
from tests.builders import answer, import_systems, present, refusal_code

# The fake engine gives a tenth for every word.
ANSWERS = {"p0": ("One two.", "One two three."), "p1": ("One two three.", "One."), "p2": ("One.", "Two.")}


def reward_judge(name: str = "reward", **script: Any) -> JudgeSpec:
    return JudgeSpec(name, JudgeKind.REWARD, JudgeMode.DIRECT, model=json.dumps(script))


def rated_study(path: Path, now: datetime, answers: dict[str, tuple[str, str]]) -> StudyFile:
    """Two imported systems, "plain" (a) and "tuned" (b); pair 1 is of the first prompt."""
    study = StudyFile.create(path, title="Rated", scale=Scale(), rng=Random(1), now=now)
    import_systems(study, "plain", "tuned")
    prompts = study.prompts.add([PromptSpec(key, (Message("user", f"{key}?"),)) for key in answers])
    for prompt in prompts:
        answer(study, prompt, answers[prompt.spec.key], tokens=3)
    return study


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with rated_study(tmp_path / "rated.ftstudy", now, ANSWERS) as made:
        yield made


def rate(
    study: StudyFile, now: datetime, spec: JudgeSpec, *, stop_at: int | None = None, **options: Any
) -> GenerationProgress:
    """Carry a run to its end; ``stop_at``: cancel when so many are done."""
    run = judging_run(study, [spec], clock=lambda: now, **{"backend": FAKE, **options})
    with EngineProcess() as engine:

        def show(progress: GenerationProgress) -> None:
            if progress.done == stop_at and not progress.finished:
                engine.cancel()

        return drive(run, engine, show)


def scores(study: StudyFile, name: str = "reward") -> list[float | None]:
    found = present(study.judges.named(name))
    return [*study.judges.scores(found.id).values()]


def votes(study: StudyFile) -> list[tuple[int, str, str, float | None]]:
    standing = study.judgments.standing()
    return [(int(row.comparison.id), row.left, row.choice, row.preference) for row in standing]


def test_every_answer_is_scored_once_and_pairs_go_to_the_higher(study: StudyFile, now: datetime) -> None:
    progress = rate(study, now, reward_judge())
    assert (progress.done, progress.total, progress.counted) == (6, 6, "responses")
    assert progress.stage == "Every answer is scored"
    assert progress.device == "fake, float32"
    assert sorted(scores(study), key=str) == [0.1, 0.1, 0.1, 0.2, 0.3, 0.3]
    assert sorted(votes(study)) == [(1, "", "b", 1.0), (2, "", "a", 0.0), (3, "", "tie", 0.5)]
    (vote, *_) = study.judgments.votes()
    assert (vote.rater.name, vote.rater.kind) == ("reward", RaterKind.AUTOMATIC)
    assert all(found.ok for found in study.check())


def test_what_was_loaded_is_kept_with_the_scores(study: StudyFile, now: datetime) -> None:
    rate(study, now, reward_judge())
    (record,) = study.scores.examinations(JUDGED)
    assert record["engine"]
    assert record["questions"] == 6
    assert "words" not in record
    judge = present(study.judges.named("reward"))
    (reply, *_) = study.judges.replies(judge.id)
    assert (reply.outcome, reply.tries, reply.comparison) == (JudgeOutcome.SCORE, (), None)


def test_a_run_goes_on_where_it_was_stopped(study: StudyFile, now: datetime) -> None:
    slow = reward_judge(seconds_per_pair=0.05)
    stopped = rate(study, now, slow, stop_at=3)
    assert stopped.cancelled
    assert stopped.stage == "Stopped; all scores so far are saved"
    before = len(scores(study))
    assert 3 <= before < 6
    again = rate(study, now, slow)
    assert again.done == 6 - before
    assert len(votes(study)) == 3
    assert rate(study, now, slow).stage == "Every answer is scored"


def test_an_answer_that_cannot_be_scored_is_counted_and_its_pair_has_no_vote(
    study: StudyFile, now: datetime
) -> None:
    failing = reward_judge(failures={"1": "It has 900 tokens."})
    progress = rate(study, now, failing)
    assert (progress.done, progress.failed) == (5, 1)
    assert progress.stage == "Done, but 1 of 6 answers could not be scored"
    assert progress.notes == ("An answer cannot be scored: It has 900 tokens.",)
    assert [pair for pair, *_ in sorted(votes(study))] == [2, 3]
    (totals,) = judge_totals(study)
    assert totals.without_score == 1
    (figures,) = study_judges(study).judges
    told = [one for block in judge_blocks(figures) if isinstance(block, Figures) for one in block.figures]
    assert [(one.value, one.note) for one in told if one.id == "judge_no_score"] == [
        (1, "of the study's pairs")
    ]


def test_pairs_whose_answers_were_scored_before_get_their_votes(study: StudyFile, now: datetime) -> None:
    """Of three systems, two pairs score all answers of the third."""
    third = study.systems.add(SystemSpec("other", SystemKind.IMPORTED))
    for prompt in study.prompts.all():
        text = "One two three four."
        study.responses.store(prompt.id, [ResponseDraft(third.id, text, FinishReason.END, 3)], run=None)
    names = {system.name: system.neutral_name for system in study.systems.all()}
    for pair in ((names["plain"], names["tuned"]), (names["plain"], names["other"])):
        rate(study, now, reward_judge(), pairs=PairChoice(pair))
    assert len(votes(study)) == 6
    progress = rate(study, now, reward_judge())
    assert (progress.total, progress.stage) == (0, "Every answer is scored")
    assert len(votes(study)) == 9


def test_another_model_under_the_same_name_is_refused(study: StudyFile, now: datetime) -> None:
    rate(study, now, reward_judge())
    assert refusal_code(lambda: rate(study, now, reward_judge(notes=["other"]))) == "judge-differs"


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [(0.0, 0.0, 0.5), (0.0, 1.0, 0.7310586), (1.0, 0.0, 0.2689414), (900.0, -900.0, 0.0)],
)
def test_preference_is_the_logistic_of_the_difference(a: float, b: float, expected: float) -> None:
    assert preference_of(a, b) == pytest.approx(expected)
    assert preference_of(b, a) == pytest.approx(1 - expected)


def test_only_equal_scores_are_a_tie() -> None:
    assert vote_of_scores(1.0, 1.0).choice == "tie"
    assert vote_of_scores(1.0, 1.0 + 1e-12).choice == "b"
    assert vote_of_scores(-2.0, -2.5).choice == "a"


def test_what_ends_turns_is_broken_up_and_earlier_turns_are_read() -> None:
    prompt = PromptSpec("p", (Message("user", "Say <|im_end|>"),), later_turns=("And then?",))
    messages = rated_messages(prompt, ("First.",))
    assert messages == (
        Message("user", f"Say <{WORD_JOINER}|im_end|{WORD_JOINER}>"),
        Message("assistant", "First."),
        Message("user", "And then?"),
    )


@pytest.mark.usefixtures("forked_workers")
def test_a_real_reward_model_scores_as_it_does_by_itself(
    study: StudyFile, now: datetime, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from tests.engine.local.test_local_reward import alone
    from tests.engine.tiny_models import quiet_libraries
    from tests.engine.tiny_reward_models import build_reward_model

    quiet_libraries()
    folder = build_reward_model(tmp_path / "llama")
    spec = JudgeSpec("real", JudgeKind.REWARD, JudgeMode.DIRECT, model=str(folder))
    progress = rate(study, now, spec, backend="local")
    assert (progress.done, progress.failed, progress.fault) == (6, 0, None)
    expected = {
        (prompt.spec.key, text): alone(folder, text, prompt.spec.messages)
        for prompt in study.prompts.all()
        for text in ANSWERS[prompt.spec.key]
    }
    assert sorted(map(float, filter(None, scores(study, "real")))) == pytest.approx(
        sorted(expected.values()), abs=2e-4
    )
    assert len(votes(study)) == 3
    caplog.clear()  # libraries, which say nothing in a worker
