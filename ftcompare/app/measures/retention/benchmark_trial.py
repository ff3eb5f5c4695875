"""A trial of a benchmark on a few items in a copy of the study: questions, replies, and how they count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from ftcompare.app.generate.retention import BenchmarkAnswer
from ftcompare.app.generate.trial import TRIED, TrialRow, carry_trial, trial_copy
from ftcompare.app.measures.retention.kind import BENCHMARKED, benchmark_run, without_template_marks
from ftcompare.app.measures.retention.task_results import reply_of, right_of
from ftcompare.app.results.presentation.number_format import number
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.store.study.study_file import StudyFile


def try_benchmark(
    study: StudyFile, progress: ProgressCallback, *, answer: BenchmarkAnswer, backend: str
) -> tuple[TrialRow, ...]:
    """Run the first items on every system; nothing is stored. Raises as `RetentionRun`."""
    limit = min(answer.settings.limit or TRIED, TRIED)
    few = replace(answer, settings=replace(answer.settings, limit=limit), again=True)
    before = len(study.benchmarks.runs())
    with trial_copy(study) as copy:
        carry_trial(benchmark_run(copy, {BENCHMARKED: few}, backend), progress)
        return tuple(_rows(copy, before))[:TRIED]


def _rows(study: StudyFile, before: int) -> Iterator[TrialRow]:
    """The rows of the runs after the first ones, without names: replies in the order of their texts."""
    runs = study.benchmarks.runs()[before:]
    by_run = [study.benchmarks.records(run) for run in runs]
    values = [study.benchmarks.values(run) for run in runs]
    for item, record in by_run[0].items() if by_run else ():
        replies = Counter(reply_of(own[item]) or "(empty)" for own in by_run if item in own)
        counted = (
            f"{metric}: {_counted([own[metric][item] for own in values if item in own.get(metric, {})])}"
            for metric in values[0]
        )
        asked = without_template_marks(str(record.get("asked", item)))
        yield TrialRow(
            asked,
            right_of(record),
            "\n".join(f"{text} ({count}×)" if count > 1 else text for text, count in sorted(replies.items())),
            "\n".join(counted),
        )


def _counted(values: list[float]) -> str:
    if set(values) <= {0.0, 1.0}:
        return f"{sum(map(int, values))} of {len(values)} right"
    return " and ".join(map(number, sorted(values)))
