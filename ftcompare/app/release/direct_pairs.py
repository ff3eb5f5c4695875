"""A study of direct pairs: answers of two systems from their studies, to be judged side by side and blind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.application_paths import STUDY_SUFFIX
from ftcompare.app.overwrite_guard import require_output
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.language import tr
from ftcompare.core.study import PromptId, PromptSpec, Response, System, SystemId
from ftcompare.store.study.audit import ANSWERS_CARRIED
from ftcompare.store.study.prompts import question_digest
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class Source:
    """A system and the study that has its answers."""

    study: StudyFile
    system: str  # its name there
    name: str  # its name in the new study

    def found(self) -> System:
        return next(one for one in self.study.systems.all() if one.name == self.system)

    def questions(self) -> dict[str, tuple[PromptSpec, Response]]:
        """The prompts that it has answered, by the digest of their question, each with its first answer."""
        prompts = {prompt.id: prompt.spec for prompt in self.study.prompts.all()}
        system = self.found().id
        answers = [one for one in self.study.responses.all() if one.system == system and one.sample == 0]
        return {question_digest(prompts[one.prompt]): (prompts[one.prompt], one) for one in answers}


def write_direct_pairs(
    path: Path,
    sources: tuple[Source, Source],
    wanted: int | None,
    *,
    seed: int,
    rng: Random,
    now: datetime,
) -> StudyFile:
    """Write a study of the pairs of two systems, blinded, with question, scale and design of the first study.

    Args:
        wanted: number of prompts, drawn at random from those that both answered; None for all of them.
        seed: of that draw; kept in the audit log, so that it can be repeated.
        rng: source of the new study's secret.
    """
    inputs = [source.study.path for source in sources]
    require_output(path, inputs=inputs, replace=False, new_suffix=STUDY_SUFFIX)
    first, second = (source.questions() for source in sources)
    common = sorted(first.keys() & second.keys())
    if not common:
        what, how = "The two systems answered no common prompt.", "Choose studies with the same prompts."
        raise UserError(what, where=", ".join(one.name for one in inputs), how=how, code="indirect-prompts")
    drawn = Random(seed).sample(common, min(wanted or len(common), len(common)))  # noqa: S311 - stated
    origin = sources[0].study
    settings = origin.settings.read()

    def fill(study: StudyFile) -> None:
        study.settings.set_rating(settings.scale, origin.settings.design(), now=now)
        study.glossary.replace(origin.glossary.terms(), now=now)
        study.prompts.add([first[key][0] for key in drawn])
        prompts = dict(zip(drawn, (prompt.id for prompt in study.prompts.all()), strict=True))
        answers = [
            _carried(study, source, {prompts[key]: of[key][1] for key in drawn}, now)
            for source, of in zip(sources, (first, second), strict=True)
        ]
        for prompt in prompts.values():
            for of in answers:
                response, run = of[prompt]
                study.responses.store(prompt, [response], run=run)
        heads: list[Json] = [*sorted(_head(source.study) for source in sources)]
        drawing: dict[str, Json] = {"prompts": len(drawn), "of": len(common), "seed": seed, "from": heads}
        study.audit.append(ANSWERS_CARRIED, {**drawing, "responses": 2 * len(drawn)}, now=now)

    title, notice = tr("Direct comparison"), settings.notice
    return StudyFile.create(
        path, title=title, scale=settings.scale, notice=notice, rng=rng, now=now, fill=fill
    )


def _head(study: StudyFile) -> str:
    """The digest of a study's last entry, by which the state that the answers come from is recognized."""
    return study.audit.entries()[-1].digest


def _carried(
    study: StudyFile, source: Source, answers: dict[PromptId, Response], now: datetime
) -> dict[PromptId, tuple[Response, int | None]]:
    """Add a system with the records of its runs; return its answers with the runs' numbers in the study."""
    old = source.found()
    new = study.systems.add(replace(old.spec, name=source.name)).id
    runs = {(prompt, sample): run for (prompt, system, sample), run, _ in _of_runs(source, old.id)}
    wanted = {runs[one.prompt, 0] for one in answers.values() if (one.prompt, 0) in runs}
    numbers = {
        int(str(run["run"])): study.runs.start(_record(run, old.id, new), now=now, began=str(run["at"]))
        for run in source.study.runs.all()
        if run["run"] in wanted
    }
    return {
        prompt: (replace(one, system=new), numbers.get(runs.get((one.prompt, 0), 0)))
        for prompt, one in answers.items()
    }


def _of_runs(source: Source, system: SystemId) -> Iterator[tuple[tuple[PromptId, SystemId, int], int, str]]:
    return (row for row in source.study.responses.of_runs() if row[0][1] == system)


def _record(run: dict[str, Json], old: SystemId, new: SystemId) -> dict[str, Json]:
    """A run's record with only this system in it, under its new number: the others are not in the study."""

    def own(entries: Json) -> Json:
        rows = entries if isinstance(entries, list) else []
        return [
            {**row, "key": str(new)} for row in rows if isinstance(row, dict) and row.get("key") == str(old)
        ]

    record = {name: value for name, value in run.items() if name not in ("run", "at")}
    engine = record.get("engine")
    if isinstance(engine, dict):
        record["engine"] = {**engine, "systems": own(engine.get("systems"))}
    return {**record, "proof": own(record.get("proof"))}
