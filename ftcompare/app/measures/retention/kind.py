"""Benchmarks before and after fine-tuning: blocks, matrix rows, the runs that compute them, and a trial."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ftcompare.app.generate.engine_run import TRIED, TrialRow, carry_trial, trial_copy
from ftcompare.app.generate.retention import BenchmarkAnswer, RetentionRun, require_harness, retention_groups
from ftcompare.app.measures.blocks import rule_texts
from ftcompare.app.measures.kind import MeasureGroup, MeasureKind, MeasureRow
from ftcompare.app.measures.retention import task_results
from ftcompare.app.measures.runs import AskedChoice, AskedForm, MeasureRun, RunAnswers, RunLeft, utc_now
from ftcompare.app.results.presentation.blocks import (
    Block,
    Cell,
    Column,
    Explanation,
    Paragraph,
    Section,
    Table,
    Tone,
    Unit,
    number_columns,
)
from ftcompare.app.results.presentation.number_format import (
    TOO_LARGE,
    UNDEFINED,
    name,
    number,
    p_value,
    percent,
    point_span,
    points,
    signed,
    visible,
)
from ftcompare.app.results.presentation.paired_blocks import first_prompts
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import BugError, FTCompareError
from ftcompare.core.language import N_, counted, decimal, listed, named_value, sentences, tr, trn
from ftcompare.stats import paired_difference
from ftcompare.store.study.study_file import StudyFile

RUN_COMMAND = "ftcompare measures benchmarks run STUDY --tasks FILE.yaml"
GROUP = MeasureGroup("retention", N_("Benchmarks"), 6, RUN_COMMAND)
TITLE = N_("What fine-tuning cost")
BEGIN = N_("No benchmark was run yet. Click “Run a benchmark…” on Results → Automatic.")
RULE = N_(
    "Tasks are those of lm-evaluation-harness, done by the systems themselves, or read from its logs. A "
    "measure is the mean over a task's items. “Before” is the base, “after” is the fine-tuned model."
)
DIFFERENCE_RULE = N_(
    "The difference is over the items that both answered. Its interval is Student's t over items. For "
    "right or wrong, two items are added, one that differs completely each way. With fewer than {least} "
    "items, there is no interval. For measures without bounds, such as bits per byte, nothing is added. "
    "McNemar's exact test uses the items that one of the two has right and the other wrong."
)
SIDE_BY_SIDE = N_("Several tasks are shown side by side, so a difference in one of them may be chance.")
SOURCE = "EleutherAI, lm-evaluation-harness; McNemar 1947"
OF_ALL_TOGETHER = N_("Still blinded: the results of each system are shown after unblinding.")
NO_BASE = N_(
    "The base and the fine-tuned model cannot be determined, so no systems are compared. On the command "
    "line, name them with --pair BEFORE AFTER."
)
UNVERIFIED = N_("FTCompare cannot verify that a log belongs to its system.")
ASK_ALIKE = N_("Run the task again for both with the same settings, or choose other runs.")
RUNS_RULE = N_(
    "Every run is kept. The newest run in which FTCompare verified the system counts. A log counts only if "
    "there is no such run. The owner can choose another run, and the audit log records the choice. Systems "
    "that were asked differently (other items, prompts, right answers, or settings) are not compared."
)
DATE = len("2026-11-20")
LOST, GAINED = N_("Answers lost: right before, wrong after"), N_("Answers gained: wrong before, right after")
LONG = 40
TEXT = 160
"""Number of characters of a prompt or reply."""


def total_blocks(totals: task_results.RetentionTotals) -> Iterator[Block]:
    yield Paragraph(tr(OF_ALL_TOGETHER), Tone.NOTE)
    if not totals.items:
        yield Paragraph(GROUP.with_command(tr(BEGIN)))
        return
    items, tasks = counted(totals.items, "item"), counted(totals.tasks, "task")
    yield Paragraph(tr("All systems together completed {items} of {tasks}.", items, tasks))


def retention_blocks(results: task_results.StudyRetention) -> Iterator[Block]:
    if not results.measures:
        yield Paragraph(GROUP.with_command(tr(BEGIN)))
        return
    yield systems_table(results)
    yield Paragraph(tr(RULE), Tone.NOTE)
    if not results.pairs() and len(results.systems) > 1:
        yield Paragraph(tr(NO_BASE), Tone.NOTE)
    if results.imported:
        logs = ", ".join(map(visible, results.imported))
        text = sentences(tr("Results of {systems} come from logs.", logs), tr(UNVERIFIED))
        yield Paragraph(text, Tone.NOTE)
    yield runs_table(results)


def systems_table(results: task_results.StudyRetention) -> Table:
    columns = (Column(tr("Task"), 2), Column(tr("Metric"), 1.5), *number_columns(*map(name, results.systems)))
    rows: list[tuple[str | Cell, ...]] = [
        (visible(m.task), _metric(m), *(_mean_cell(m, system) for system in results.systems))
        for m in results.measures
    ]
    return Table("", columns, tuple(rows), explanation())


def runs_table(results: task_results.StudyRetention) -> Table:
    names = (
        tr("Counts"),
        tr("Task"),
        tr("System"),
        tr("Source"),
        tr("Date"),
        tr("Examples"),
        tr("Limit"),
        tr("Chat template"),
        tr("Harness"),
    )
    columns = (
        *number_columns(tr("Run")),
        *(Column(title, 1) for title in names),
        *number_columns(tr("Items")),
    )
    how = Explanation(tr("Runs"), (tr(RUNS_RULE),), "", SOURCE)
    return Table(tr("Runs"), columns, tuple(map(_run_row, results.runs)), how)


def _run_row(run: task_results.TaskRun) -> tuple[str | Cell, ...]:
    counted_as = tr("yes") if run.reason is None else tr("chosen")
    counts = Cell(counted_as, _cut(run.reason or "")) if run.counts else tr("no")
    file = run.log.removeprefix(f"samples_{run.task}_").removesuffix(".jsonl")
    return (
        decimal(run.number),
        counts,
        visible(run.task),
        name(run.system),
        Cell(tr("log"), visible(file)) if run.log else tr("verified here"),
        run.stored.at[:DATE],
        *(_setting(text) for text in (run.shots, run.limit, run.template, visible(run.harness))),
        decimal(run.stored.items),
    )


def _setting(text: str) -> str:
    return {"": tr("unknown"), "none": tr("none"), "default": tr("default")}.get(text, text)


def run_title(run: task_results.TaskRun) -> str:
    source = tr("log {log}", visible(run.log)) if run.log else tr("verified here")
    return tr(
        "Run {number}: {task}, {system}, {source}, {date}",
        run.number,
        visible(run.task),
        name(run.system),
        source,
        run.stored.at[:DATE],
    )


def explanation() -> Explanation:
    return Explanation(tr(TITLE), rule_texts(RULE, DIFFERENCE_RULE, SIDE_BY_SIDE), "", SOURCE)


def pair_retention_blocks(
    results: task_results.StudyRetention, before: str, after: str, *, texts: bool = True
) -> Iterator[Block]:
    """A fine-tune compared with its base; ``texts`` adds prompts and replies."""
    both = [m for m in results.measures if m.difference(before, after) is not None]
    for measure in results.main:
        if measure in both:
            yield Paragraph(cost_sentence(measure, before, after), Tone.LEAD, explanation())
        elif why := measure.why_not_compared(before, after):
            yield Paragraph(_not_compared(measure, before, after, why), Tone.WARNING)
    if not both:
        return
    yield _differences_table(both, before, after)
    if len(results.tasks) > 1:
        yield Paragraph(tr(SIDE_BY_SIDE), Tone.NOTE)
    for caption, lost in ((LOST, True), (GAINED, False)) if texts else ():
        rows = tuple(_changed_rows(results, before, after, lost=lost))
        if rows:
            columns = (
                Column(tr("Task"), 1),
                Column(tr("Asked"), 3),
                Column(tr("Right"), 1.2),
                Column(name(before), 1.5),
                Column(name(after), 1.5),
            )
            yield first_prompts(Table(f"{tr(caption)} ({decimal(len(rows))})", columns, rows))


def cost_sentence(measure: task_results.RetentionMeasure, before: str, after: str) -> str:
    """The cost of fine-tuning in one task that both systems did, and whether it exceeds chance."""
    found = measure.difference(before, after)
    if found is None:
        return tr(
            "{before} and {after} have no item of {task} in common.",
            name(before, LONG),
            name(after, LONG),
            visible(measure.task),
        )
    text = tr(
        "{task}, {metric}: {b} {value_b}, {a} {value_a} on {items} ({difference}).",
        visible(measure.task),
        _metric(measure),
        name(after, LONG),
        _value(measure, found.mean_b),
        name(before, LONG),
        _value(measure, found.mean_a),
        counted(found.prompts, "item"),
        _signed(measure, found.difference),
    )
    changed = ""
    if measure.coarse:
        lost, gained = (len(of(before, after)) for of in (measure.lost, measure.gained))
        changed = tr("{answers} lost, {gained} gained.", counted(lost, "answer"), gained)
    return sentences(text, changed, _verdict(measure, found))


def _not_compared(measure: task_results.RetentionMeasure, before: str, after: str, why: str) -> str:
    text = tr(
        "{task}: no verdict, because {a} and {b} were asked differently ({why}).",
        visible(measure.task),
        name(before, LONG),
        name(after, LONG),
        visible(why),
    )
    return sentences(text, tr(ASK_ALIKE))


def _verdict(measure: task_results.RetentionMeasure, difference: paired_difference.PairedDifference) -> str:
    if difference.too_large:
        return tr("That is too large to compare.")
    if difference.low is None or difference.high is None:
        return tr("An interval needs at least {least} items.", paired_difference.LEAST_COMPARED)
    worst = difference.high if measure.falling else difference.low
    if not difference.told_apart:
        bad = worst > 0 if measure.falling else worst < 0
        if not bad:
            return tr("No clear difference.")
        size = tr("{loss:.1f} points", abs(worst) * 100) if measure.share else number(abs(worst))
        return tr("No clear loss, but one of {size} cannot be ruled out.", size)
    worse = difference.difference > 0 if measure.falling else difference.difference < 0
    text = (
        N_("That is a loss beyond chance ({interval}).")
        if worse
        else N_("That is a gain beyond chance ({interval}).")
    )
    return tr(text, interval=_span(measure, difference))


def _differences_table(measures: Iterable[task_results.RetentionMeasure], before: str, after: str) -> Table:
    columns = (
        Column(tr("Task"), 2),
        Column(tr("Metric"), 1.5),
        *number_columns(
            tr("Items"), (name(before), 1.2), (name(after), 1.2), (tr("Difference"), 2), tr("Chance (p)")
        ),
    )
    rows: list[tuple[str | Cell, ...]] = []
    for measure in measures:
        found, test = measure.difference(before, after), measure.mcnemar(before, after)
        if found is None:
            continue
        short = tr(TOO_LARGE) if found.too_large else ""
        span = short if found.low is None else _span(measure, found)
        rows.append(
            (
                visible(measure.task),
                _metric(measure),
                decimal(found.prompts),
                _value(measure, found.mean_a),
                _value(measure, found.mean_b),
                Cell(_signed(measure, found.difference), span),
                p_value(test.p) if test is not None else UNDEFINED,
            )
        )
    return Table(tr("After minus before, on the same items"), columns, tuple(rows), explanation())


def _changed_rows(
    results: task_results.StudyRetention, before: str, after: str, *, lost: bool
) -> Iterator[tuple[str, ...]]:
    for measure in results.main:
        items = measure.lost(before, after) if lost else measure.gained(before, after)
        for item in items:
            a, b = (results.record(measure.task, system, item) for system in (before, after))
            asked = visible(without_template_marks(str(a.get("asked", item))))
            yield (
                visible(measure.task),
                asked if len(asked) <= TEXT else f"…{asked[-TEXT:]}",
                *(
                    _cut(text)
                    for text in (task_results.right_of(a), task_results.reply_of(a), task_results.reply_of(b))
                ),
            )


_TEMPLATE_MARKS = re.compile(
    r"<\|start_header_id\|>\s*\w+\s*<\|end_header_id\|>|(?:<\|im_start\|>|<start_of_turn>)\s*\w+"
    r"|<\|[^<>|\s]{1,40}\|>|</?s>|<(?:bos|eos|end_of_turn)>|\[/?INST\]|<</?SYS>>"
)
"""The markers that chat templates put around turns, with the role where it is plain text."""


def without_template_marks(text: str) -> str:
    return " ".join(_TEMPLATE_MARKS.sub(" ", text).split())


def _cut(text: str) -> str:
    shown = visible(text)
    return shown if len(shown) <= TEXT else f"{shown[:TEXT]}…"


def _mean_cell(measure: task_results.RetentionMeasure, system: str) -> Cell:
    mean, items = measure.mean(system), len(measure.values.get(system, {}))
    return Cell(UNDEFINED) if mean is None else Cell(_value(measure, mean), f"n = {decimal(items)}")


def _metric(measure: task_results.RetentionMeasure) -> str:
    metric = visible(measure.metric)
    return tr("{metric} (less is better)", metric) if measure.falling else metric


def _value(measure: task_results.RetentionMeasure, value: float) -> str:
    return percent(value) if measure.share else number(value)


def _signed(measure: task_results.RetentionMeasure, value: float) -> str:
    return points(value) if measure.share else signed(value)


def _span(measure: task_results.RetentionMeasure, difference: paired_difference.PairedDifference) -> str:
    if measure.share or difference.low is None or difference.high is None:
        return point_span(difference.low, difference.high)
    return tr("{low} to {high}", signed(difference.low), signed(difference.high))


def pair_title(before: str, after: str) -> str:
    return tr("{after} beside {before}", name(after, LONG), name(before, LONG))


def retention_sections(results: task_results.StudyRetention) -> tuple[Section, ...]:
    """The sections below the matrix and in the report: all systems, then each fine-tune and its base."""
    if not results.measures:
        return ()
    own = [Section("retention", tr(TITLE), tuple(retention_blocks(results)))]
    for place, (before, after) in enumerate(results.pairs()):
        blocks = tuple(pair_retention_blocks(results, before, after))
        if blocks:
            own.append(
                Section(f"retention-{place}", named_value(tr(TITLE), pair_title(before, after)), blocks)
            )
    return tuple(own)


KEPT_WHOLE = N_("Tasks that a system has finished are saved. A stopped task starts again from the beginning.")
BENCHMARKED, RUN_KEY, DEFAULT = "benchmark", "run", "default"


def _rows(study: StudyFile, progress: ProgressCallback) -> tuple[MeasureRow, ...]:
    found = task_results.retention(study, progress, replies=False)
    return tuple(_row(found, measure) for measure in found.measures)


def _row(results: task_results.StudyRetention, measure: task_results.RetentionMeasure) -> MeasureRow:
    pairs = results.pairs() or tuple(zip(results.systems, results.systems[1:], strict=False))
    differences = ((pair, measure.difference(*pair)) for pair in pairs)
    return MeasureRow(
        GROUP,
        measure.key,
        tr("{measure} (asked differently)", measure.label) if measure.asked_differently else measure.label,
        Unit.SHARE if measure.share else Unit.SCORE,
        not measure.falling,
        {system: _measured(measure, system) for system in results.systems if measure.values.get(system)},
        {pair: one for pair, one in differences if one is not None},
        explanation(),
        bounded=measure.share,
    )


def _measured(measure: task_results.RetentionMeasure, system: str) -> paired_difference.PromptMean:
    values = tuple(measure.values[system].values())
    if measure.share:
        return paired_difference.prompt_mean(values)
    return paired_difference.PromptMean(paired_difference.mean_of_any_size(values), None, None, len(values))


# --- the run ---------------------------------------------------------------------------------------
def _left(study: StudyFile) -> RunLeft:
    try:
        require_harness()
        systems = sum(len(group.systems) for group in retention_groups(study))
    except FTCompareError as error:
        return RunLeft(0, f"{error.what} {error.how}".strip())
    text = trn("Runs the task on {number} (system|systems).", systems)
    return RunLeft(systems, sentences(text, tr(KEPT_WHOLE)))


def benchmark_run(study: StudyFile, answers: RunAnswers, backend: str) -> RetentionRun:
    """Run the tasks as read when the user agreed to the run."""
    answer = answers[BENCHMARKED]
    if not isinstance(answer, BenchmarkAnswer):
        raise BugError("A benchmark started without its tasks.", code="run-answers")
    tasks, settings, again = answer.tasks, answer.settings, answer.again
    return RetentionRun(study, tasks, settings, clock=utc_now, backend=backend, again=again)


RUN = MeasureRun(
    key="retention",
    title=N_("Run a benchmark…"),
    does=N_("Each model takes a standard test, such as arc_easy, before and after fine-tuning."),
    left=_left,
    engine=benchmark_run,
    asks=(AskedForm(BENCHMARKED),),
    when_stopped=KEPT_WHOLE,
)


def _other_runs(study: StudyFile) -> tuple[tuple[str, str], ...]:
    """The runs that do not count, and the default if a run is chosen; empty while the study is blinded."""
    if not study.settings.read().disclosure.tells(Subject.AUTOMATIC_MEASURES):
        return ()
    runs = task_results.task_runs(study)
    default = [(DEFAULT, tr("Default: undo all choices"))] * any(run.reason is not None for run in runs)
    return (*((str(run.number), run_title(run)) for run in runs if not run.counts), *default)


def _to_choose(study: StudyFile) -> RunLeft:
    others = sum(key != DEFAULT for key, _ in _other_runs(study))
    text = trn("{number} (run does|runs do) not count now.", others)
    return RunLeft(others, text if others else "")


def _choose(study: StudyFile, answers: RunAnswers, _told: ProgressCallback) -> str:
    chosen = answers[RUN_KEY]
    number = None if chosen == (DEFAULT,) else int(chosen[0]) if isinstance(chosen, tuple) else 0
    runs = task_results.choose_run(study, number, "", now=utc_now())
    counting = (tr("Run {run.number} counts for {run.task} and {run.system}.", run) for run in runs)
    return sentences(*counting, tr("The audit log records the choice."))


CHOICE = MeasureRun(
    key="retention-run",
    title=N_("Choose a run…"),
    does=N_("Use another run of a benchmark task than the newest verified one."),
    left=_to_choose,
    work=_choose,
    asks=(AskedChoice(RUN_KEY, N_("Run that counts"), _other_runs),),
)

KIND = MeasureKind(
    GROUP,
    BEGIN,
    _rows,
    details=lambda study, progress: retention_sections(task_results.retention(study, progress)),
    done=lambda study: study.benchmarks.count()[0] > 0,
    runs=(RUN, CHOICE),
)


def try_benchmark(
    study: StudyFile, progress: ProgressCallback, *, answer: BenchmarkAnswer, backend: str
) -> tuple[TrialRow, ...]:
    """Run the first items on every system; nothing is stored. Raises as `RetentionRun`."""
    limit = min(answer.settings.limit or TRIED, TRIED)
    few = replace(answer, settings=replace(answer.settings, limit=limit), again=True)
    before = len(study.benchmarks.runs())
    with trial_copy(study) as copy:
        carry_trial(benchmark_run(copy, {BENCHMARKED: few}, backend), progress)
        return tuple(_trial_rows(copy, before))[:TRIED]


def _trial_rows(study: StudyFile, before: int) -> Iterator[TrialRow]:
    """The rows of the runs after the first ones, without names: replies in the order of their texts."""
    runs = study.benchmarks.runs()[before:]
    by_run = [study.benchmarks.records(run) for run in runs]
    values = [study.benchmarks.values(run) for run in runs]
    for item, record in by_run[0].items() if by_run else ():
        replies = Counter(task_results.reply_of(own[item]) or tr("(empty)") for own in by_run if item in own)
        scores = (
            f"{tr(NORMALIZED) if metric == 'acc_norm' else metric}: "
            f"{_scored([own[metric][item] for own in values if item in own.get(metric, {})])}"
            for metric in values[0]
        )
        asked = without_template_marks(str(record.get("asked", item)))
        yield TrialRow(
            asked,
            task_results.right_of(record),
            "\n".join(
                trn("{reply} ({number} (system|systems))", count, text)
                for text, count in sorted(replies.items())
            ),
            "\n".join(scores),
        )


NORMALIZED = N_("acc_norm (divides likelihood by length, so its choice may differ from the reply)")


def _scored(values: list[float]) -> str:
    if set(values) <= {0.0, 1.0}:
        return trn("right for {right} of {number} (system|systems)", len(values), sum(map(int, values)))
    return listed(map(number, sorted(values)))
