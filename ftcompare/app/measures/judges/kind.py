"""Rows of the matrix for judges: votes, agreement with people, and scores; the run of a judge; its trial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ftcompare.app.generate.engine_run import TRIED, EngineRun, TrialRow, carry_trial, trial_copy
from ftcompare.app.judges.judging_plan import JudgingAnswer, agree_to_servers, chosen_pairs
from ftcompare.app.judges.judging_run import judging_run
from ftcompare.app.measures.judges import judge_figures
from ftcompare.app.measures.judges.rubrics import rubric_section, rubric_trials
from ftcompare.app.measures.kind import TOGETHER, MeasureGroup, MeasureKind, MeasureRow, row_of_values
from ftcompare.app.measures.measure import pooled_values
from ftcompare.app.measures.runs import AskedForm, MeasureRun, RunAnswers, RunLeft, utc_now
from ftcompare.app.results.presentation.blocks import Explanation, Section
from ftcompare.app.results.presentation.number_format import name
from ftcompare.app.results.presentation.prediction_powered import powered_rates, powered_section
from ftcompare.app.setup.consent import agree_to_models
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.errors import BugError
from ftcompare.core.judge import JudgeKind, JudgeMode, JudgeOutcome, JudgeReply, JudgeSpec
from ftcompare.core.language import N_, counted, in_own_signs, listed, sentences, tr
from ftcompare.core.study import PromptId
from ftcompare.store.study.study_file import StudyFile

GROUP = MeasureGroup("judges", N_("Judges"), 5, "ftcompare judges run STUDY JUDGE.toml")
BEGIN = N_("A model can judge the pairs, too: click “Run a judge…” on Results → Automatic.")
WIN_RATE = N_(
    "The share of the judge's votes for a system on its pairs, with a tie counted as half: mean over "
    "prompts. It is the judge's opinion and is shown beside people's win rate."
)
AGREEMENT = N_(
    "The share of a system's pairs on which the judge gives the verdict of the human majority, with "
    "ties counted as verdicts. It is the mean over prompts that both judged."
)
SCORE_RULE = N_(
    "The judge's score of an answer, from {lowest} to {highest}, shown as a share of that scale: 0% is "
    "{lowest}, 100% is {highest}. Mean over prompts; of several answers to one prompt, their mean. It is the "
    "judge's opinion and is shown beside people's judgments."
)
NO_VERDICT = N_("Answers without a readable score are left out.")


Values = Mapping[str, Mapping[PromptId, float]]
"""By system, then by prompt."""


def _rows(study: StudyFile, progress: ProgressCallback) -> tuple[MeasureRow, ...]:
    progress(tr("Reading the judges' votes"), None)
    warned = judge_figures.own_system_warnings(study)
    rows: list[MeasureRow | None] = []
    for found in judge_figures.judged_prompts(study):
        warning, title = warned.get(found.name, ""), tr("Win rate by {judge}", name(found.name))
        rows.append(
            _row(found.name, "win_rate", title, found.won, (warning, tr(WIN_RATE), tr(judge_figures.BESIDE)))
        )
        rows.append(_agreement(found.name, found.agreed, warning))
    rows += [_score(one, one.values) for one in judge_figures.direct_scores(study)]
    return tuple(row for row in rows if row is not None)


def _pooled(study: StudyFile, progress: ProgressCallback) -> tuple[MeasureRow, ...]:
    """Agreement and scores over all systems; a win rate over all systems is one half."""
    progress(tr("Reading the judges' votes"), None)
    warned = judge_figures.own_system_warnings(study)
    agreed = (
        _agreement(judge, {TOGETHER: values}, warned.get(judge, ""))
        for judge, values in judge_figures.agreement_by_prompt(study).items()
    )
    scores = (
        _score(one, {TOGETHER: pooled_values(tuple(one.values.values()))})
        for one in judge_figures.direct_scores(study)
    )
    return tuple(replace(row, answers={}, differences={}) for row in (*agreed, *scores) if row is not None)


def _agreement(judge: str, values: Values, warning: str) -> MeasureRow | None:
    """Agreement describes the judge, not the system: systems are not compared."""
    title = tr("Agreement of {judge} with people", name(judge))
    row = _row(judge, "agreement", title, values, (warning, tr(AGREEMENT), tr(judge_figures.MAJORITY)))
    return row and replace(row, differences={}, higher_is_better=None)


def _score(scores: judge_figures.DirectScores, values: Values) -> MeasureRow | None:
    rule = tr(SCORE_RULE, lowest=str(scores.lowest), highest=str(scores.highest))
    title, rules = tr("Score by {judge}", name(scores.judge)), (scores.warning, rule, tr(NO_VERDICT))
    return _row(scores.judge, "score", title, values, rules, coarse=False)


def _row(
    judge: str, end: str, title: str, values: Values, rules: tuple[str, ...], *, coarse: bool = True
) -> MeasureRow | None:
    how = Explanation(title, tuple(filter(None, rules)))
    return row_of_values(GROUP, f"judge.{judge}.{end}", title, values, how, coarse=coarse)


def _details(study: StudyFile, progress: ProgressCallback) -> tuple[Section, ...]:
    progress(tr("Comparing the judges with people"), None)
    judges = judge_figures.study_judges(study)
    rubrics = rubric_section(rubric_trials(study, judges))
    return (*judge_figures.judge_sections(judges), *rubrics, *powered_section(powered_rates(study)))


JUDGED = "judge"


def _left(study: StudyFile) -> RunLeft:
    pairs = len(study.judges.pairs())
    if not pairs:
        return RunLeft(0, tr("There are no pairs to judge yet."))
    left = tr("{pairs}; a judge's earlier answers are not requested again", counted(pairs, "pair"))
    return RunLeft(pairs, left)


def judging(study: StudyFile, answers: RunAnswers, backend: str) -> EngineRun:
    """Use the judge file as read when the user agreed to the run, even if it has changed since."""
    said = answers[JUDGED]
    if not isinstance(said, JudgingAnswer):
        raise BugError("A judge's run started without a judge or pairs.", code="run-answers")
    agree_to_servers(study, said.specs, said.agreed, now=utc_now())
    agree_to_models(*said.downloaded)
    return judging_run(
        study, said.specs, clock=utc_now, pairs=said.pairs, own_system=said.own_system, backend=backend
    )


JUDGE = MeasureRun(
    key="judge",
    title=N_("Run a judge…"),
    does=N_("Another model chooses the better answer of each pair, or scores each answer."),
    left=_left,
    engine=judging,
    asks=(AskedForm(JUDGED),),
)

KIND = MeasureKind(GROUP, BEGIN, _rows, _pooled, details=_details, runs=(JUDGE,))


def try_judge(
    study: StudyFile, progress: ProgressCallback, *, answer: JudgingAnswer, backend: str
) -> tuple[TrialRow, ...]:
    """Let a judge judge a few of the chosen pairs; nothing is stored. Raises as `JudgingRun`."""
    few = replace(answer, pairs=replace(answer.pairs, sample=min(answer.pairs.sample or TRIED, TRIED)))
    with trial_copy(study) as copy:
        carry_trial(judging(copy, {JUDGED: few}, backend), progress)
        return tuple(_trial_rows(copy, few))


def _trial_rows(study: StudyFile, answer: JudgingAnswer) -> Iterator[TrialRow]:
    spec = answer.specs[-1]
    judge = study.judges.known(spec)
    prompts = {prompt.id: prompt.spec.text for prompt in study.prompts.all()}
    for pair in chosen_pairs(study, answer.pairs) if judge else ():
        replies = [one for one in study.judges.replies_on(pair.comparison) if judge and one.judge == judge.id]
        if replies:
            # In the order of their texts: that of the answers would reveal the system that was added first.
            texts = "\n".join(sorted(_reply_text(spec, one) for one in replies))
            useless = any(one.outcome is JudgeOutcome.NONE for one in replies)
            yield TrialRow(prompts[pair.prompt], _question(spec), texts, _counted(replies), useless)


def _question(spec: JudgeSpec) -> str:
    if spec.kind is JudgeKind.REWARD:
        return tr("A score for each answer")
    if spec.mode is JudgeMode.DIRECT:
        ends = {"lowest": str(spec.lowest), "highest": str(spec.highest)}
        return tr("A score from {lowest} to {highest} for each answer", **ends)
    return tr("Which answer is better, A or B? Asked in both orders")


def _reply_text(spec: JudgeSpec, reply: JudgeReply) -> str:
    if reply.tries and spec.kind is not JudgeKind.JURY:
        return reply.tries[-1].text.strip() or tr("(empty)")
    if reply.score is not None:
        return in_own_signs(f"{reply.score:.4g}")
    if reply.outcome in (JudgeOutcome.A, JudgeOutcome.B):
        return "A" if (reply.outcome is JudgeOutcome.A) == reply.a_first else "B"
    return tr("tie") if reply.outcome is JudgeOutcome.TIE else tr("no verdict")


def _counted(replies: list[JudgeReply]) -> str:
    outcomes = {one.outcome for one in replies}
    if JudgeOutcome.NONE in outcomes:
        problems = (one.tries[-1].problem for one in replies if one.tries and one.tries[-1].problem)
        return sentences(tr("No verdict."), next(problems, ""))
    if outcomes == {JudgeOutcome.SCORE}:
        scores = sorted(in_own_signs(f"{one.score:.4g}") for one in replies)
        return tr("Score {score}", scores[0]) if len(scores) == 1 else tr("Scores {scores}", listed(scores))
    if len(replies) == 1:
        return tr("No vote yet: one order is missing")
    if outcomes == {JudgeOutcome.TIE}:
        return tr("A tie")
    if len(outcomes) == 1:
        return tr("Two votes for the same answer")
    if JudgeOutcome.TIE in outcomes:
        return tr("One vote for an answer, and one tie")
    return tr("The verdict changed with the order, so the two votes cancel each other")
