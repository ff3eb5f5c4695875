"""Evidence for and against the blinding and the quality of raters, as far as it may be told now."""

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
    """The checks of a study, of all people together.

    Args:
        controls: on how many pairs of the same system twice a side was preferred; tells nothing of a system.
        together: None while rater quality is withheld; most of ``blindness`` is then, too.
        live: votes of the live page, never pooled with the study's own.
        raters: how each judged; none while that is withheld.
    """

    blindness: BlindnessReport
    controls: Proportion
    naming: SelfNaming
    together: QualityFigures | None
    live: Summary
    raters: tuple[RaterQuality, ...] = ()


def blind_checks(study: StudyFile, *, naming: SelfNaming | None = None) -> BlindChecks:
    """All of them. ``naming``: as `self_naming` has found it already, which reads every text."""
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
