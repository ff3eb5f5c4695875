"""A trial of a judge on a few pairs of a copy of the study: prompts, replies, and how they count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ftcompare.app.generate.trial import TRIED, TrialRow, carry_trial, trial_copy
from ftcompare.app.judges.judging_plan import JudgingAnswer
from ftcompare.app.judges.questions import chosen_pairs
from ftcompare.app.measures.judges.kind import JUDGED, judging
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.judge import JudgeKind, JudgeMode, JudgeOutcome, JudgeReply, JudgeSpec
from ftcompare.store.study.study_file import StudyFile


def try_judge(
    study: StudyFile, progress: ProgressCallback, *, answer: JudgingAnswer, backend: str
) -> tuple[TrialRow, ...]:
    """Let a judge judge a few of the chosen pairs; nothing is stored. Raises as `JudgingRun`."""
    few = replace(answer, pairs=replace(answer.pairs, sample=min(answer.pairs.sample or TRIED, TRIED)))
    with trial_copy(study) as copy:
        carry_trial(judging(copy, {JUDGED: few}, backend), progress)
        return tuple(_rows(copy, few))


def _rows(study: StudyFile, answer: JudgingAnswer) -> Iterator[TrialRow]:
    spec = answer.specs[-1]
    judge = study.judges.known(spec)
    prompts = {prompt.id: prompt.spec.text for prompt in study.prompts.all()}
    for pair in chosen_pairs(study, answer.pairs) if judge else ():
        replies = [one for one in study.judges.replies_on(pair.comparison) if judge and one.judge == judge.id]
        if replies:
            # In the order of their texts: that of the answers would reveal the system that was added first.
            texts = "\n".join(sorted(_reply_text(spec, one) for one in replies))
            yield TrialRow(prompts[pair.prompt], _question(spec), texts, _counted(replies))


def _question(spec: JudgeSpec) -> str:
    if spec.kind is JudgeKind.REWARD:
        return "A score for each answer"
    if spec.mode is JudgeMode.DIRECT:
        return f"A score from {spec.lowest} to {spec.highest} for each answer"
    return "Which answer is better, A or B? Asked in both orders"


def _reply_text(spec: JudgeSpec, reply: JudgeReply) -> str:
    if reply.tries and spec.kind is not JudgeKind.JURY:
        return reply.tries[-1].text.strip() or "(empty)"
    if reply.score is not None:
        return f"{reply.score:.4g}"
    if reply.outcome in (JudgeOutcome.A, JudgeOutcome.B):
        return "A" if (reply.outcome is JudgeOutcome.A) == reply.a_first else "B"
    return "tie" if reply.outcome is JudgeOutcome.TIE else "no verdict"


def _counted(replies: list[JudgeReply]) -> str:
    outcomes = {one.outcome for one in replies}
    if JudgeOutcome.NONE in outcomes:
        problems = (one.tries[-1].problem for one in replies if one.tries and one.tries[-1].problem)
        return f"No verdict. {next(problems, '')}".strip()
    if outcomes == {JudgeOutcome.SCORE}:
        scores = sorted(f"{one.score:.4g}" for one in replies)
        return f"{'Score' if len(scores) == 1 else 'Scores'} {' and '.join(scores)}"
    if len(replies) == 1:
        return "No vote yet: one order is missing"
    if outcomes == {JudgeOutcome.TIE}:
        return "A tie"
    if len(outcomes) == 1:
        return "Two votes for the same answer"
    if JudgeOutcome.TIE in outcomes:
        return "One vote for an answer, and one tie"
    return "The verdict changed with the order, so the two votes cancel each other"
