"""Evidence on the blinding and on the quality of raters, as far as it may be shown now."""

from __future__ import annotations

from dataclasses import dataclass

from ftcompare.app.raters.quality import (
    BlindnessReport,
    RaterQuality,
    SelfNaming,
    blindness,
    controls,
    rater_quality,
    self_naming,
)
from ftcompare.app.results.study_results import live_results
from ftcompare.core.disclosure import Subject
from ftcompare.stats.rater_quality import Proportion, QualityFigures
from ftcompare.stats.summary import Summary
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class BlindChecks:
    """The blinding and quality checks of a study, pooled over all people."""

    blindness: BlindnessReport
    # number of control pairs (two answers of one system) on which a side was preferred, of all control pairs
    controls: Proportion
    naming: SelfNaming  # answers that name the model that wrote them
    # None while rater quality is withheld; most of ``blindness`` is then empty as well
    together: QualityFigures | None
    live: Summary  # votes of the live page, never pooled with the study's judgments
    raters: tuple[RaterQuality, ...] = ()  # quality of each rater; empty while that is withheld


def blind_checks(study: StudyFile, *, naming: SelfNaming | None = None) -> BlindChecks:
    """Compute all checks. Pass ``naming`` if `self_naming` has already run, since it reads every text."""
    told = study.settings.read().disclosure
    quality = told.told(Subject.RATER_QUALITY, lambda: rater_quality(study), None)
    return BlindChecks(
        blindness=blindness(study),
        controls=controls(study),
        naming=self_naming(study) if naming is None else naming,
        together=quality.together if quality else None,
        live=live_results(study),
        raters=quality.raters if quality else (),
    )
