"""The effect of excluding raters on the main result."""

from __future__ import annotations

from dataclasses import replace

from ftcompare.app.raters.raters_overview import ExclusionEffect, RatersOverview
from ftcompare.app.results.study_results import VariantKind, main_pair, results
from ftcompare.core.disclosure import Subject
from ftcompare.stats.summary import PairSummary
from ftcompare.stats.win_rate import Rate
from ftcompare.store.study.study_file import StudyFile


def with_exclusion_effect(study: StudyFile, overview: RatersOverview) -> RatersOverview:
    """Add the effect of excluding raters, where raters are excluded and it may be shown."""
    if not study.raters.excluded():
        return overview
    told = study.settings.read().disclosure
    return replace(overview, effect=told.told(Subject.RATER_QUALITY, lambda: exclusion_effect(study), None))


def exclusion_effect(study: StudyFile) -> ExclusionEffect | None:
    """The main result with everyone and without the excluded raters; None where there is no result."""
    found = results(study)
    main = main_pair(found.summary)
    without = next((v for v in found.variants if v.kind is VariantKind.EXCLUDED_RATERS), None)
    if main is None or without is None:
        return None
    kept = without.of(main)
    return ExclusionEffect(main.b, shown_rate(main), shown_rate(kept) if kept else None, without.raters)


def shown_rate(pair: PairSummary) -> Rate:
    """The rate in the headline: over similar raters where there are several raters."""
    return pair.main_rate
