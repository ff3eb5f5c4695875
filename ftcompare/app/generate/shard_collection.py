"""Shards put together: the study has afterwards what one machine would have stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from ftcompare.app.generate import generation_state
from ftcompare.app.generate.engine_run import GenerationProgress, VerificationLine
from ftcompare.app.generate.generation import EMPTY_ANSWERS, REWRITTEN
from ftcompare.app.generate.settings_history import task_words, text_settings
from ftcompare.app.generate.shards import SHARD_MADE, Shard, dealt, origin, require_same_setup
from ftcompare.app.generate.system_identity import OTHER_MODEL, SWITCHED
from ftcompare.app.setup.system_groups import generated_groups
from ftcompare.core.errors import UserError
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.hashing import Json
from ftcompare.core.language import counted
from ftcompare.core.run_record import RunRecord, read_runs
from ftcompare.core.study import PromptId, SystemId
from ftcompare.store.study.audit import ANNOTATION_HEADS, MEASURED_ENDS
from ftcompare.store.study.engine_runs import run_digest
from ftcompare.store.study.study_file import StudyFile

SHARD_COLLECTED = "shard-collected"
"""Kind of the audit log's entry on the new answers of one shard."""
_CARRIED = (SWITCHED, OTHER_MODEL, EMPTY_ANSWERS, REWRITTEN)
"""Kinds of a shard's own entries that are copied to the study's log."""

Place: TypeAlias = tuple[PromptId, SystemId, int]  # a response's prompt, system and sample number
Show: TypeAlias = Callable[[GenerationProgress], None]


@dataclass(frozen=True, slots=True)
class CollectedShards:
    answers: int  # number of answers that the study did not have
    missing: tuple[str, ...]  # a sentence on each shard that lacks answers
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """An open shard, and what it has that the study lacks."""

    file: StudyFile
    shard: Shard
    answers: dict[Place, int]  # with the run of the shard that wrote it
    failures: dict[PromptId, str]

    @property
    def name(self) -> str:
        return self.file.path.name

    @property
    def runs(self) -> tuple[RunRecord, ...]:
        """The runs that wrote these answers; where prompts could not be answered, also the last run."""
        runs = [run for run in read_runs(self.file.runs.all()) if not run.live]
        wanted = {*self.answers.values(), *(run.number for run in runs[-1:] if self.failures)}
        return tuple(run for run in runs if run.number in wanted)


def collect_shards(study: StudyFile, paths: Sequence[Path], *, now: datetime, show: Show) -> CollectedShards:
    """Store the answers of shards in their study: all of them, or none. Those that it has are left out.

    Raises `UserError` that names the file, for example if it is altered, a shard of another study or of
    another number of shards, or was generated with other models, settings or arithmetic.
    """
    with ExitStack() as files:
        present = {place: digest for place, _, digest in study.responses.of_runs()}
        sources: list[_Source] = []
        for number, path in enumerate(paths, start=1):
            show(GenerationProgress(stage=f"Checking {path.name} ({number} of {len(paths)})"))
            file = files.enter_context(StudyFile.open(path, now=now))
            sources.append(_source(file, study, present))
        _require_one_of_each(sources)
        runs = [run for one in sources for run in one.runs]
        _require_same_runs(study, sources)
        _store(study, sources, runs, now, show)
        devices = sorted({generation_state.device_words(run.engine) for run in runs})
        note = (
            f"Several devices generated these shards, so answers may differ slightly: {'; '.join(devices)}."
        )
        answers = sum(len(one.answers) for one in sources)
        missing = tuple(_missing(study, sources, runs))
        return CollectedShards(answers, missing, (note,) if len(devices) > 1 else ())


def _source(file: StudyFile, study: StudyFile, present: dict[Place, str]) -> _Source:
    shard, name = require_same_setup(file, study), file.path.name
    if wrong := next((finding for finding in file.check() if not finding.ok), None):
        what = f"This shard was altered: {wrong.subject}: {wrong.detail}."
        raise UserError(what, where=name, how="Generate it again.", code="shard-altered")
    prompts = file.prompts.all()
    share, keys = shard.share(prompts), {prompt.id: prompt.spec.key for prompt in prompts}
    answers: dict[Place, int] = {}
    for place, run, digest in file.responses.of_runs():
        if present.get(place, digest) != digest:
            what = f"The answers to the prompt “{keys[place[0]]}” in this shard and in the study contradict."
            raise UserError(what, where=name, how="Make the shard again.", code="shard-contradicts")
        if place in present:
            continue
        if place[0] not in share:
            what = f"This shard has answers to the prompt “{keys[place[0]]}”, which is of another shard."
            raise UserError(what, where=name, how="Make the shard again.", code="shard-beyond")
        answers[place] = run
    known = study.responses.failures()
    failures = {
        key: why for key, why in file.responses.failures().items() if key in share and key not in known
    }
    return _Source(file, shard, answers, failures)


def _require_one_of_each(sources: Sequence[_Source]) -> None:
    first: dict[Shard, str] = {}
    for one in sources:
        if one.shard.count != sources[0].shard.count:
            what = f"This is shard {one.shard}, but {sources[0].name} is shard {sources[0].shard}."
            raise UserError(what, where=one.name, how="Collect these separately.", code="shard-count")
        if one.shard in first:
            what = f"This is shard {one.shard}, and so is {first[one.shard]}."
            raise UserError(what, where=one.name, how="Name only one of them.", code="shard-twice")
        first[one.shard] = one.name


def _require_same_runs(study: StudyFile, sources: Sequence[_Source]) -> None:
    """Refuse runs that differ in settings, arithmetic or models; shards collected before count, too."""
    names = {str(system.id): system.name for system in study.systems.all()}
    origins = {origin(one.file) for one in sources}
    before: set[Json] = set()
    for entry in study.audit.entries(SHARD_COLLECTED):
        runs = entry.detail.get("runs")
        if entry.detail.get("from") in origins and isinstance(runs, list):
            before.update(run for run in runs if isinstance(run, int))
    stored = ((study.path.name, run) for run in read_runs(study.runs.all()) if run.number in before)
    known: dict[str, tuple[str, str]] = {}
    for where, run in (*stored, *((one.name, run) for one in sources for run in one.runs)):
        if not run.verifications or not all(one.ok for one in run.verifications):
            what = "Base and adapters were not verified before these answers were generated."
            raise UserError(what, where=where, how="Make the shard again.", code="shard-unverified")
        for aspect, value in _aspects(run, names):
            expected, first = known.setdefault(aspect, (value, where))
            if value != expected:
                what = f"The {aspect} of the shards differ: {value} here, {expected} in {first}."
                how = "Make this shard again, and generate it as the others were generated."
                raise UserError(what, where=where, how=how, code="shard-differs")


def _aspects(run: RunRecord, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the properties that all runs share, each with its name in the plural."""
    general = _general(run)
    yield "settings by task", task_words(run.by_task) or "none"
    yield "numbers of samples", str(general.samples)
    for name, value in asdict(text_settings(general)).items():
        yield f"values of {name}", str(value)
    if run.engine:
        yield "kinds of device", run.engine.device
        yield "number formats", run.engine.dtype
        for library, version in run.engine.versions.items():
            yield f"versions of {library}", version
    for report in run.systems:
        name = names.get(report.key, report.key)
        yield f"files of {name}", report.digest[:12]
        yield f"tokenizers of {name}", report.tokenizer_digest[:12]
        yield f"chat templates of {name}", report.template_digest[:12]
        yield f"end tokens of {name}", report.end_tokens_digest[:12]
        yield f"instructions of {name}", report.recipe_digest[:12]


def _store(
    study: StudyFile, sources: Sequence[_Source], runs: Sequence[RunRecord], now: datetime, show: Show
) -> None:
    """Store everything in the order in which one machine generates: by group of systems, task and prompt."""
    groups = [frozenset(group.ids) for group in generated_groups(study)]
    tasks = ("", *(runs[-1].by_task if runs else ()))
    task_of = {prompt.id: prompt.spec.task for prompt in study.prompts.all()}
    steps: dict[tuple[int, int, PromptId], _Source] = {}
    for one in sources:
        for prompt, system, _ in one.answers:
            task = tasks.index(task_of[prompt]) if task_of[prompt] in tasks else 0
            steps[next(n for n, group in enumerate(groups) if system in group), task, prompt] = one
    progress = GenerationProgress("Collecting", total=len(steps), proofs=_verified(study, runs), counted="")
    samples = _general(runs[-1]).samples if runs else study.settings.samples()
    with study.atomic():
        if study.settings.samples() != samples:
            study.second_answers.make_samples(samples)
            study.settings.set_samples(samples)
        numbers = {one.name: _store_runs(study, one, now) for one in sources}
        for done, (group, task, prompt) in enumerate(sorted(steps)):
            show(replace(progress, done=done))
            one = steps[group, task, prompt]
            _store_prompt(study, one, prompt, groups[group], numbers[one.name])
        for one in sources:
            last = max(numbers[one.name].values(), default=0)
            for failed, reason in one.failures.items():
                study.responses.mark_failed(failed, reason, run=last)
    show(replace(progress, stage="Collected", done=len(steps), finished=True))


def _verified(study: StudyFile, runs: Sequence[RunRecord]) -> tuple[VerificationLine, ...]:
    times = Counter(one.key for run in runs for one in run.verifications)
    return tuple(
        VerificationLine(
            system.name, ok=True, statement=f"verified in {counted(times[str(system.id)], 'run')}"
        )
        for system in study.systems.all()
        if times[str(system.id)]
    )


def _store_runs(study: StudyFile, source: _Source, now: datetime) -> dict[int, int]:
    """Store a shard's runs and its entries on them; return the study's number of each run."""
    present = {_run_key(run): int(str(run["run"])) for run in study.runs.all()}
    wanted = {run.number for run in source.runs}
    numbers: dict[int, int] = {}
    for run in source.file.runs.all():
        number = int(str(run["run"]))
        if number in wanted:
            known = present.get(_run_key(run))
            numbers[number] = known or study.runs.start(_record(run), now=now, began=str(run["at"]))
    taken = {entry.detail.get("entry") for kind in _CARRIED for entry in study.audit.entries(kind)}
    made = source.file.audit.entries(SHARD_MADE)[-1].seq
    for entry in source.file.audit.entries():
        run_of = entry.detail.get("run")
        if entry.seq < made or entry.kind not in _CARRIED or entry.digest in taken:
            continue
        if run_of is None or run_of in numbers:
            kept = {
                key: value
                for key, value in entry.detail.items()
                if key not in (ANNOTATION_HEADS, MEASURED_ENDS)
            }
            renumbered: dict[str, Json] = {"run": numbers[int(str(run_of))]} if run_of else {}
            study.audit.append(entry.kind, {**kept, **renumbered, "entry": entry.digest}, now=now)
    if source.answers or source.failures:
        detail: dict[str, Json] = {"shard": str(source.shard), "from": origin(source.file)}
        detail |= {"runs": [*sorted(numbers.values())], "responses": len(source.answers)}
        study.audit.append(SHARD_COLLECTED, detail, now=now)
    return numbers


def _record(run: dict[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in run.items() if key not in ("run", "at")}


def _run_key(run: dict[str, Json]) -> str:
    return run_digest(str(run["at"]), _record(run))


def _store_prompt(
    study: StudyFile, source: _Source, prompt: PromptId, systems: frozenset[SystemId], numbers: dict[int, int]
) -> None:
    """Store the new answers of a group's systems to one prompt, sample by sample."""
    samples = study.settings.samples()
    found = sorted(source.file.responses.of_prompt(prompt), key=lambda one: one.sample)
    for one in found:
        run = source.answers.get((prompt, one.system, one.sample))
        if run is not None and one.system in systems:
            if one.sample < samples:
                study.responses.store(prompt, [one], run=numbers[run])
            else:
                study.second_answers.store(prompt, [one], run=numbers[run])


def _missing(study: StudyFile, sources: Sequence[_Source], runs: Sequence[RunRecord]) -> Iterator[str]:
    """A sentence on each shard whose prompts are not all answered."""
    settings = _general(runs[-1]) if runs else generation_state.last_settings(study)
    twice = generation_state.prompts_to_answer_twice(study, settings)
    lacking = {
        prompt.id
        for group in generated_groups(study)
        for prompt, _ in study.responses.missing(group.ids, study.settings.samples(), twice)
    } - study.responses.failures().keys()
    of = sources[0].shard.count
    numbers = dealt(study.prompts.all(), of)
    left = Counter(numbers[prompt] for prompt in lacking)
    present = {one.shard.number for one in sources}
    for number in sorted(left):
        state = "incomplete" if number in present else "missing"
        yield f"Shard {number} of {of} is {state}: {counted(left[number], 'prompt')}."


def _general(run: RunRecord) -> GenerationSettings:
    return run.general or run.settings or GenerationSettings()
