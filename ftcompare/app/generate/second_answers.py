"""Second answers of every system to some prompts, so that a control pair has two different texts.

With sampling, the same system gives two different texts. Without it the second answer would repeat the first,
and a study with several samples already has others; in both cases nothing is added.
"""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.app.generate.settings_history import last_by_task, text_settings
from ftcompare.app.setup.rating_summary import load_of
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.plurals import counted
from ftcompare.core.run_record import read_runs
from ftcompare.core.study import PromptId, SystemId
from ftcompare.core.task_settings import TaskSettings
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class SecondAnswerCount:
    """The number of prompts that are answered twice for controls."""

    # number of controls for a rater, with sampling; 0 where no controls are planned, every prompt has several
    # samples, or all responses were generated without sampling
    wanted: int = 0
    written: int = 0  # number of prompts that every system has answered twice
    left: int = 0  # number still to be answered with the settings of the last run

    @property
    def words(self) -> str:
        """The state on one line; empty where none are wanted."""
        if not self.wanted:
            return ""
        prompts = counted(self.wanted, "prompt")
        if self.written >= self.wanted:
            return f"{prompts} answered twice by each system, for the same-answer pairs"
        some = f" ({self.written:,} written)" if self.written else ""
        return f"{prompts} to be answered twice{some}, for the same-answer pairs, where answers are drawn"


def second_answers(study: StudyFile, settings: GenerationSettings) -> SecondAnswerCount:
    """Count wanted and written second answers; ``settings`` are those of the last run."""
    systems, wanted = _writers(study), _wanted(study)
    if not (wanted and systems) or settings.samples > 1:
        return SecondAnswerCount()
    having = study.second_answers.having(systems)
    left = prompts_to_answer_twice(study, settings) - having
    counts = study.counts()
    if not (left or having) and counts.pairs_written >= counts.pairs_planned:
        return SecondAnswerCount()  # all responses were generated without sampling
    return SecondAnswerCount(wanted, min(len(having), wanted), len(left))


def prompts_to_answer_twice(
    study: StudyFile, settings: GenerationSettings, by_task: TaskSettings | None = None
) -> frozenset[PromptId]:
    """The prompts that each system answers twice in a run with these settings.

    Prompts with some second answers come first, then others in an order derived from the study's secret.
    Prompts that were answered with other settings or failed are left out, as are those of a task with
    settings of its own (``by_task``; None for those of the last run).
    """
    systems, wanted = _writers(study), _wanted(study)
    if not (wanted and systems and settings.temperature) or settings.samples > 1:
        return frozenset()
    tasks = last_by_task(study) if by_task is None else by_task
    apart = {one.id for one in study.prompts.all() if one.spec.task in tasks} if tasks else set()
    having, unfit = study.second_answers.having(systems), _unfit(study, settings) | apart
    order = [one for one in study.second_answers.order() if one in having or one not in unfit]
    return frozenset(sorted(order, key=lambda one: one not in having)[:wanted])


def _wanted(study: StudyFile) -> int:
    design = study.settings.design()
    if not design.controls or not study.settings.read().disclosure.rating_open:
        return 0
    counts = study.counts()
    return min(load_of(counts.pairs_planned, design).controls, counts.prompts)


def _writers(study: StudyFile) -> frozenset[SystemId]:
    return frozenset(system.id for system in study.systems.all() if system.spec.written_here)


def _unfit(study: StudyFile, settings: GenerationSettings) -> frozenset[PromptId]:
    now, prompts = text_settings(settings), study.runs.prompts()
    others = (
        prompts.get(run.number, frozenset())
        for run in read_runs(study.runs.all())
        if text_settings(run.settings or GenerationSettings()) != now
    )
    return frozenset(study.responses.failures()).union(*others)
