"""Second answers of every system to some prompts, so that a control shows two answers of one system.

Where answers are drawn, the same system twice is two texts. Without a draw a second answer would repeat the
first, and a study that asks for several samples has others: then nothing is added.
"""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.app.generate.settings_history import text_settings
from ftcompare.app.generate.task_history import last_by_task
from ftcompare.app.setup.plan_estimates import load_of
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.plurals import counted
from ftcompare.core.run_record import read_runs
from ftcompare.core.study import PromptId, SystemId
from ftcompare.core.task_settings import TaskSettings
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class SecondAnswerCount:
    """How many prompts are answered twice for controls.

    Args:
        wanted: as many as a rater gets controls, where answers are drawn; 0 where none are asked for, every
            prompt has several samples, or all was written without a draw.
        written: of them, by every system.
        left: still to be written with the settings of the last run.
    """

    wanted: int = 0
    written: int = 0
    left: int = 0

    @property
    def words(self) -> str:
        """In a line; empty where none are wanted."""
        if not self.wanted:
            return ""
        prompts = counted(self.wanted, "prompt")
        if self.written >= self.wanted:
            return f"{prompts} answered twice by each system, for the same-answer pairs"
        some = f" ({self.written:,} written)" if self.written else ""
        return f"{prompts} to be answered twice{some}, for the same-answer pairs, where answers are drawn"


def second_answers(study: StudyFile, settings: GenerationSettings) -> SecondAnswerCount:
    """How many are wanted and written; ``settings`` are those of the last run."""
    systems, wanted = _writers(study), _wanted(study)
    if not (wanted and systems) or settings.samples > 1:
        return SecondAnswerCount()
    having = study.second_answers.having(systems)
    left = prompts_to_answer_twice(study, settings) - having
    counts = study.counts()
    if not (left or having) and counts.pairs_written >= counts.pairs_planned:
        return SecondAnswerCount()  # all was written without a draw
    return SecondAnswerCount(wanted, min(len(having), wanted), len(left))


def prompts_to_answer_twice(
    study: StudyFile, settings: GenerationSettings, by_task: TaskSettings | None = None
) -> frozenset[PromptId]:
    """The prompts that a run with these settings has each system answer twice.

    Those that are begun come first, then others as the study's secret has drawn them. A prompt that was
    answered with other settings, or could not be answered, is passed over; so are those of a task that has
    settings of its own (``by_task``, None for as in the last run).
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
