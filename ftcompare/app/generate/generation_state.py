"""The state of a study's generation: progress, failures with reasons, verification, device.

While the study is blinded nothing here ties a neutral name to a model: rows go by neutral names and
say the same of every system, and the statements of the proof go without names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from ftcompare.app.generate.cut_answers import CutAnswers, cut_answers
from ftcompare.app.generate.second_answers import SecondAnswerCount, second_answers
from ftcompare.app.generate.settings_history import SettingsUse, text_settings
from ftcompare.app.generate.task_history import last_by_task
from ftcompare.app.study.shown_names import responses_told, system_names
from ftcompare.core.disclosure import Subject
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.run_record import EngineReport, RunRecord, read_runs
from ftcompare.core.study import Prompt, PromptId
from ftcompare.core.task_settings import TaskSettings
from ftcompare.store.study.study_file import StudyFile

SAMPLES = 12
UNKNOWN = "unknown"
"""What a server's arithmetic is called in `EngineReport`."""


@dataclass(frozen=True, slots=True)
class SystemProgress:
    """One system under the name that may be shown, and how many answers it has written.

    Args:
        written: None where the number would tell which of the blinded systems this is.
    """

    name: str
    written: int | None


NOBODY_JUDGES = "The study is unblinded: nobody could judge what is written now."
"""Told before more is written where the rating is closed."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A prompt that could not be answered, and why."""

    prompt: str
    reason: str


@dataclass(frozen=True, slots=True)
class WrittenPair:
    """Two texts to one prompt, in an order drawn at random, without names."""

    prompt: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class LastRun:
    """What is kept of the last run.

    Args:
        device: where the systems were written last, each place once.
        device_reason: why that arithmetic; empty for several places.
        proofs: a sentence a system, of the newest run in which it wrote; with its name once the study is
            unblinded.
    """

    settings: GenerationSettings
    device: str
    device_reason: str
    proofs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WritingState:
    """Where the writing stands.

    Args:
        rating_closed: why what is written can not be rated any more; empty while it can.
        written_here: how many systems the engine writes for; 0 for imported outputs only.
        adapted: whether an adapter is among them.
        samples: answers a prompt that each system is to write.
        cut: the answers of all systems that were cut at the length limit.
        second: prompts that are answered twice, for controls.
        uses: the settings of all answers, as `settings_in_use`.
        by_task: what was another for the prompts of each task in the last run.
    """

    notice: str
    rating_closed: str
    written_here: int
    adapted: bool
    systems: tuple[SystemProgress, ...]
    prompts: int
    samples: int
    planned: int
    written: int
    cut: CutAnswers
    second: SecondAnswerCount
    failures: tuple[Failure, ...]
    last_run: LastRun | None
    uses: tuple[SettingsUse, ...]
    by_task: TaskSettings

    def planned_with(self, samples: int) -> int:
        """Pairs that are planned once each system is to write so many answers a prompt, never fewer."""
        return self.planned * max(samples, self.samples) // max(self.samples, 1)

    @property
    def models(self) -> bool:
        """Whether there is a model to write with."""
        return bool(self.written_here)


def writing_state(study: StudyFile) -> WritingState:
    """Where the writing stands now."""
    counts = study.counts()
    names = system_names(study)
    systems = study.systems.all()
    settings = study.settings.read()
    told = responses_told(study)
    rows = (SystemProgress(names[s.id], told[s.id]) for s in systems)
    return WritingState(
        notice=settings.notice,
        rating_closed=settings.disclosure.rating_closed,
        written_here=sum(s.spec.written_here for s in systems),
        adapted=any(bool(s.spec.adapter) for s in systems),
        systems=settings.disclosure.ordered(rows, lambda row: row.name),
        prompts=counts.prompts,
        samples=study.settings.samples(),
        planned=counts.pairs_planned,
        written=counts.pairs_written,
        cut=cut_answers(study),
        second=second_answers(study, last_settings(study)),
        failures=_failures(study),
        last_run=_last_run(study),
        uses=settings_in_use(study),
        by_task=last_by_task(study),
    )


def sample_pairs(study: StudyFile, *, rng: Random) -> tuple[WrittenPair, ...]:
    """Some pairs that are written, from all over the study."""
    prompts = study.prompts.all()
    drawn = sorted(rng.sample(range(len(prompts)), min(SAMPLES, len(prompts))))
    pairs = (_pair(study, prompts[i], rng) for i in drawn)
    return tuple(pair for pair in pairs if pair)


def _pair(study: StudyFile, prompt: Prompt, rng: Random) -> WrittenPair | None:
    by_sample: dict[int, list[str]] = {}
    samples = study.settings.samples()  # beyond them are second answers, which would tell a control's prompt
    for response in study.responses.of_prompt(prompt.id):
        if response.sample < samples:
            by_sample.setdefault(response.sample, []).append(response.text)
    pairs = [texts for texts in by_sample.values() if len(texts) > 1]
    if not pairs:
        return None
    first, second = rng.sample(rng.choice(pairs), 2)
    return WrittenPair(prompt.spec.text, first, second)


def _failures(study: StudyFile) -> tuple[Failure, ...]:
    reasons = study.responses.failures()
    if not reasons:
        return ()
    return tuple(Failure(p.spec.text, reasons[p.id]) for p in study.prompts.all() if p.id in reasons)


def _last_run(study: StudyFile) -> LastRun | None:
    runs = read_runs(study.runs.all())
    if not runs:
        return None
    # where the systems were written last, each place once, with why its arithmetic was taken
    newest = {one.key: run.engine for run in runs for one in run.verifications}
    found = (newest[str(s.id)] for s in study.systems.all() if str(s.id) in newest)
    devices = {device_words(engine): engine.dtype_reason if engine else "" for engine in found}
    return LastRun(
        settings=runs[-1].general or runs[-1].settings or GenerationSettings(),
        device="; ".join(devices),
        device_reason=next(iter(devices.values())) if len(devices) == 1 else "",
        proofs=_proofs(study, runs),
    )


def device_words(engine: EngineReport | None) -> str:
    """The device and its arithmetic, where that is known, in one line."""
    parts = (engine.device_name, engine.dtype) if engine else ()
    return " · ".join(part for part in parts if part not in ("", UNKNOWN))


def last_settings(study: StudyFile) -> GenerationSettings:
    """Those of the last run, with the study's number of samples; before the first the usual ones."""
    last = read_runs(study.runs.all()[-1:])
    settings = (last[0].general or last[0].settings if last else None) or GenerationSettings()
    return replace(settings, samples=study.settings.samples())


def settings_in_use(study: StudyFile) -> tuple[SettingsUse, ...]:
    """With which settings the responses of a study were written, those of its first run first."""
    prompts = study.runs.prompts()
    found: dict[tuple[GenerationSettings, str], set[PromptId]] = {}
    for run in read_runs(study.runs.all()):
        used = text_settings(run.settings or GenerationSettings())
        found.setdefault((used, run.task), set()).update(prompts.get(run.number, ()))
    return tuple(SettingsUse(used, len(those), task) for (used, task), those in found.items() if those)


def _proofs(study: StudyFile, runs: Sequence[RunRecord]) -> tuple[str, ...]:
    """The newest statement of each system: a run verifies only the group that wrote in it."""
    newest = {one.key: one.statement for run in runs for one in run.verifications}
    told = [(s.name, newest[str(s.id)]) for s in study.systems.all() if str(s.id) in newest]
    named = study.settings.read().disclosure.tells(Subject.SYSTEM_NAMES)
    return tuple(f"{name}: {statement}" if named else statement for name, statement in told)
