"""``judges run`` and ``judges list``: models that judge the answers of a study, and their replies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from ftcompare.app.application_paths import to_type
from ftcompare.app.generate.engine_run import GenerationProgress
from ftcompare.app.judges import judging_plan
from ftcompare.app.judges.judge_file import EXAMPLE_FILE, read_judge_file
from ftcompare.app.judges.judge_overview import (
    JudgeTotals,
    ShownReply,
    judge_totals,
    judge_words,
    shown_replies,
    totals_json,
)
from ftcompare.app.judges.judging_run import judging_run
from ftcompare.app.measures.judges.judge_figures import StudyJudges, judges_blocks, study_judges
from ftcompare.app.measures.judges.kind import judges_json, rubric_blocks, rubric_trials
from ftcompare.app.overwrite_guard import write_output
from ftcompare.app.setup.consent import agree_to_named
from ftcompare.app.setup.system_specs import is_served
from ftcompare.cli.block_text import print_blocks
from ftcompare.cli.command_support import command, now, opened, print_json, proving, say
from ftcompare.cli.generate import AGREE, EXIT_STOPPED, carry_out
from ftcompare.core.errors import UserError
from ftcompare.core.judge import RubricHalf
from ftcompare.core.language import counted


@command("run", "review.ftstudy judge.toml --dry-run", choices={"half": RubricHalf})
@click.option(
    "--seed", type=click.IntRange(0, judging_plan.LARGEST_SEED), default=0, help="Seed of the draw."
)
@click.option("--pair", "between", type=(str, str), metavar="A B", help="Only pairs of these two systems.")
@AGREE
def run(
    study: Path | None,
    file: Path | None,
    example: Path | None,
    sample: int | None,
    seed: int,
    between: tuple[str, str] | None,
    half: str | None,
    agreed: tuple[str, ...],
    *,
    dry_run: bool,
    only_judged: bool,
    own_system: bool,
    replace: bool,
    as_json: bool,
) -> int:
    """Have a model compare or score a study's answers. You can stop (Ctrl+C) and run the command again.

    The model sees each pair in both orders. Its votes are those of an automatic rater and are never combined
    with people's. Before unblinding, only totals are shown. The page “Models that judge” in Help → Manual
    explains the figures.
    """
    if example:
        inputs = [one for one in (study, file) if one]
        write_output(example, EXAMPLE_FILE, inputs=inputs, replace=replace)
        say(f"Wrote {example.name}. Edit it, then run: {to_type('judges run STUDY', example)}")
        return 0
    if study is None or file is None:
        raise click.UsageError("Give a study and a judge file.")
    specs = read_judge_file(file)
    agree_to_named(agreed)
    own_half = RubricHalf(half) if half else None
    choice = judging_plan.PairChoice(tuple(between or ()), only_judged, sample, seed, own_half)
    with opened(study) as opened_study:
        costs = judging_plan.judging_costs(opened_study, specs, choice)
        if not as_json:
            for cost in costs:
                first, *more = judging_plan.cost_lines(cost)
                say(f"{cost.judge}: {first}", *(f"  {one}" for one in more), err=True)
        if not dry_run:
            judging_plan.agree_to_servers(opened_study, specs, filter(is_served, agreed), now=now())
        progress = None
        if not dry_run:
            run = judging_run(opened_study, specs, clock=now, pairs=choice, own_system=own_system)
            progress = carry_out(run, "Stopping. Every verdict so far is kept.")
        named = {spec.name for spec in specs}
        totals = [total for total in judge_totals(opened_study) if total.judge.name in named]
    if as_json:
        print_json(_document(costs, totals, progress))
    else:
        for total in () if dry_run else totals:
            _say_totals(total)
    return EXIT_STOPPED if progress and progress.cancelled else 0


def _say_totals(total: JudgeTotals) -> None:
    spec = total.judge.spec
    say(f"{spec.name} ({judge_words(spec)}), {spec.mode.value}")
    voted = f"; votes on {counted(total.pairs, 'pair')}" if total.pairs else ""
    say(f"  {counted(total.replies, 'reply', 'replies')}, {total.without_verdict:,} without a verdict{voted}")
    if total.without_score:
        count = counted(total.without_score, "answer")
        say(f"  {count} of the pairs without a score: not asked yet, or not to be scored")
    if total.tokens:
        say(f"  {total.prompt_tokens:,} tokens read, {total.tokens:,} written")
    if checks := total.checks:
        beside = f"{checks.prompt_tokens:,} tokens read, {checks.tokens:,} written"
        say(f"  {counted(checks.requests, 'further request')} to verify its server: {beside}")
    if total.warning:
        say(f"  {total.warning}")


def _document(
    costs: Sequence[judging_plan.JudgingCost],
    totals: Sequence[JudgeTotals],
    progress: GenerationProgress | None,
) -> dict[str, object]:
    ran = None
    if progress is not None:
        ran = {"asked": progress.done, "failed": progress.failed, "cancelled": progress.cancelled}
    return {"costs": [one.to_json() for one in costs], "run": ran, "judges": list(map(totals_json, totals))}


@command("list", "review.ftstudy --replies q1")
@proving
def list_judges(study: Path, prompt: str | None, name: str, *, as_json: bool) -> None:
    """List a study's judges, or show their replies.

    Shows how often each judge agrees with people on the same pairs (share, Cohen's κ), how often it agrees
    with itself in the other order, and how often it prefers the answer shown first. After unblinding, also
    shows agreement by category and pair of systems, the effect of length, the confidence of a reward model,
    and the pairs on which it and people disagree. Includes imported judgments of programs.
    """
    if name and prompt is None:
        raise UserError("--judge requires --replies.", how="Give both.", code="judge-needs-replies")
    with opened(study) as file:
        totals = judge_totals(file)
        replies = () if prompt is None else shown_replies(file, prompt, name)
        figures = study_judges(file) if prompt is None else StudyJudges()
    if as_json:
        entry = "judges" if prompt is None else "replies"
        found = list(map(totals_json, totals)) if prompt is None else [one.to_json() for one in replies]
        print_json({entry: found, **(judges_json(figures) if prompt is None else {})})
    elif prompt is not None:
        _say_replies(replies)
    else:
        for total in totals:
            _say_totals(total)
        print_blocks(judges_blocks(figures) if figures.judges else (), details=False, apart=bool(totals))
        if not figures.judges:
            say("No model has judged this study yet: ftcompare judges run STUDY JUDGE.toml")


@command("rubrics", "review.ftstudy")
@proving
def show_rubrics(study: Path, *, as_json: bool) -> None:
    """Compare the versions of a judge's rubric with people's votes.

    Judges that differ only in their name and rubric are versions of one rubric. Shows the agreement of each
    version with people on the half of the prompts for improving it, lists the pairs on which it and people
    disagree there, and shows agreement on the half for testing. Judge one half with `judges run --half`.
    """
    with opened(study) as file:
        trials = rubric_trials(file, study_judges(file))
    if as_json:
        print_json({"rubrics": [one.to_json() for one in trials]})
    else:
        print_blocks(rubric_blocks(trials, listed=True), details=False)


def _say_replies(replies: Sequence[ShownReply]) -> None:
    if not replies:
        say("No judge was asked about the answers to this prompt.")
    for reply in replies:
        shown = " then ".join(reply.systems)
        say(f"{reply.judge}, shown {shown}: {reply.outcome}")
        for number, one in enumerate(reply.tries, start=1):
            problem = f" ({one.problem})" if one.problem else ""
            say(f"  reply {number}{problem}:")
            for line in (one.text or "–").splitlines():
                say(f"    {line}")
