"""A blinded study of the answers that a run of a fixed test set wrote, with their records and proofs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.application_paths import STUDY_SUFFIX
from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.release.automatic_stage import stage_person
from ftcompare.app.release.direct_pairs import carry_answers, head
from ftcompare.app.release.suite_results import read_earlier
from ftcompare.app.release.suite_run import RESULT, STUDY
from ftcompare.app.setup.rating_file import RatingFile
from ftcompare.app.study.altered_study import require_unaltered
from ftcompare.app.study.opening import opened_for_reading
from ftcompare.core.hashing import Json, file_digest
from ftcompare.formats.practice_and_gold import read_gold
from ftcompare.store.study.audit import AUTOMATIC_STAGE, SUITE_CARRIED
from ftcompare.store.study.engine_runs import MEASURED
from ftcompare.store.study.study_file import StudyFile


def write_suite_study(
    path: Path, run: Path, by: str, *, title: str, rating: RatingFile, rng: Random, now: datetime
) -> StudyFile:
    """Write a study of all systems and answers of a run; what the run showed is its automatic stage.

    Args:
        run: the folder of a finished run.
        by: the person who has seen its results, and therefore may not rate.
        title: the study's title; empty for the title of the fixed test set.
        rng: source of the new study's secret.

    Raises `UserError`: ``suite-result`` where the run is not finished; ``study-altered``; ``stage-rater``.
    """
    require_output(path, inputs=(run / STUDY,), replace=False, new_suffix=STUDY_SUFFIX)
    result = read_earlier(run).entry
    with opened_for_reading(run / STUDY, now=now) as source:
        require_unaltered(source)

        def fill(study: StudyFile) -> None:
            stage: dict[str, Json] = {"by": stage_person(study, by), "gate": file_digest(run / RESULT)}
            if (rating.scale, rating.design) != (study.settings.read().scale, study.settings.design()):
                study.settings.set_rating(rating.scale, rating.design, now=now)
            study.glossary.replace(source.glossary.terms(), now=now)
            asked = source.prompts.all()
            study.prompts.add([prompt.spec for prompt in asked])
            new = dict(zip((one.id for one in asked), (one.id for one in study.prompts.all()), strict=True))
            samples, systems = source.settings.samples(), source.systems.all()
            study.settings.set_samples(samples)
            carry_answers(study, source, {one.id: one.name for one in systems}, new, samples=samples, now=now)
            if runs := len(study.runs.all()):
                for prompt, reason in source.responses.failures().items():
                    study.responses.mark_failed(new[prompt], reason, run=runs)
            if rating.gold:
                study.gold.add(read_gold(rating.gold), now=now)
            for measured in source.scores.examinations(MEASURED):
                record = {name: value for name, value in measured.items() if name != "at"}
                study.scores.add_examination(MEASURED, record, now=now)
            carried: dict[str, Json] = {"prompts": len(asked), "from": [head(source)]}
            study.audit.append(SUITE_CARRIED, carried, now=now)
            study.audit.append(AUTOMATIC_STAGE, {**stage, "passed": result.holds}, now=now)

        return StudyFile.create(
            path,
            title=title or result.suite,
            scale=rating.scale,
            notice=source.settings.read().notice,
            rng=rng,
            now=now,
            fill=fill,
        )
