"""A study of direct pairs: answers of two systems from their studies, to be judged side by side and blind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.application_paths import STUDY_SUFFIX
from ftcompare.app.overwrite_guard import require_output
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.language import sentences, tr, trn
from ftcompare.core.random_source import seeded
from ftcompare.core.study import PromptId, PromptSpec, Response, System, SystemId
from ftcompare.store.study.audit import ANSWERS_CARRIED
from ftcompare.store.study.prompts import question_digest
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class Source:
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
    path: Path, sources: tuple[Source, Source], wanted: int | None, *, seed: int, rng: Random, now: datetime
) -> StudyFile:
    """Write a study of the pairs of two systems, blinded, with question, scale and design of the first study.

    Args:
        wanted: number of prompts, drawn at random from those that they answered differently; None for all.
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
    differing = [key for key in common if first[key][1].answers != second[key][1].answers]
    if not differing:
        what = tr("The two systems gave the same answers to all common prompts.")
        how = tr("There is nothing to judge side by side.")
        raise UserError(what, where=", ".join(one.name for one in inputs), how=how, code="direct-same")
    number = min(wanted or len(differing), len(differing))
    drawn = seeded(seed).sample(differing, number)
    origin = sources[0].study
    settings = origin.settings.read()

    def fill(study: StudyFile) -> None:
        study.settings.set_rating(settings.scale, origin.settings.design(), now=now)
        study.glossary.replace(origin.glossary.terms(), now=now)
        study.prompts.add([first[key][0] for key in drawn])
        new = dict(zip(drawn, (prompt.id for prompt in study.prompts.all()), strict=True))
        for file in dict.fromkeys(source.study for source in sources):
            named: dict[SystemId, str] = {}
            prompts: dict[PromptId, PromptId] = {}
            for source, of in zip(sources, (first, second), strict=True):
                if source.study is file:
                    named[source.found().id] = source.name
                    prompts |= {of[key][1].prompt: new[key] for key in drawn}
            carry_answers(study, file, named, prompts, samples=1, now=now)
        heads: list[Json] = [*sorted(head(source.study) for source in sources)]
        drawing: dict[str, Json] = {
            "prompts": len(drawn),
            "of": len(common),
            "differing": len(differing),
            "seed": seed,
            "from": heads,
        }
        study.audit.append(ANSWERS_CARRIED, {**drawing, "responses": 2 * len(drawn)}, now=now)

    title, notice = tr("Direct comparison"), settings.notice
    return StudyFile.create(
        path, title=title, scale=settings.scale, notice=notice, rng=rng, now=now, fill=fill
    )


def shortfall(pairs: int, wanted: int | None, settling: int | None) -> str:
    """Say if a new study has fewer pairs than wanted, or than would settle the question; else empty."""
    few = trn("The two answers differ on only {number} common (prompt|prompts).", pairs)
    short = trn("That is fewer than the {number} (pair|pairs) that would settle the question.", settling or 0)
    less = settling is not None and pairs < settling
    return sentences(few if wanted and pairs < wanted else "", short if less else "")


def head(study: StudyFile) -> str:
    """The digest of a study's last entry, by which the state that the answers come from is recognized."""
    return study.audit.entries()[-1].digest


def carry_answers(
    study: StudyFile,
    source: StudyFile,
    named: Mapping[SystemId, str],
    prompts: Mapping[PromptId, PromptId],
    *,
    samples: int,
    now: datetime,
) -> None:
    """Add systems of another study with their answers, and with the records of the runs that wrote them.

    Args:
        named: the systems by their ids in ``source``, with their names in the new study.
        prompts: the prompts by their ids in ``source``, with those in the new study.
        samples: number of answers to each prompt.
    """
    specs = {system.id: system.spec for system in source.systems.all()}
    ids = {old: study.systems.add(replace(specs[old], name=name)).id for old, name in named.items()}
    wrote = {place: run for place, run, _ in source.responses.of_runs()}
    answers = [
        (one, wrote.get((one.prompt, one.system, one.sample)))
        for one in source.responses.all()
        if one.system in ids and one.prompt in prompts and one.sample < samples
    ]
    wanted = {run for _, run in answers}
    numbers = {
        run["run"]: study.runs.start(_record(run, ids), now=now, began=str(run["at"]))
        for run in source.runs.all()
        if run["run"] in wanted
    }
    for one, run in sorted(answers, key=lambda answer: (prompts[answer[0].prompt], answer[0].sample)):
        carried = replace(one, system=ids[one.system])
        study.responses.store(prompts[one.prompt], [carried], run=numbers.get(run))


def _record(run: dict[str, Json], ids: Mapping[SystemId, SystemId]) -> dict[str, Json]:
    """A run's record with only these systems in it, under their new ids."""
    keys: dict[Json, str] = {str(old): str(new) for old, new in ids.items()}

    def own(entries: Json) -> Json:
        rows = entries if isinstance(entries, list) else []
        return [
            {**row, "key": keys[row["key"]]}
            for row in rows
            if isinstance(row, dict) and row.get("key") in keys
        ]

    record = {name: value for name, value in run.items() if name not in ("run", "at")}
    engine = record.get("engine")
    if isinstance(engine, dict):
        record["engine"] = {**engine, "systems": own(engine.get("systems"))}
    return {**record, "proof": own(record.get("proof"))}
