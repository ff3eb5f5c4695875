"""The sections below the matrix, from its sources."""

from __future__ import annotations

from ftcompare.app.results.matrix.registry import SOURCES
from ftcompare.app.results.measure_matrix import MeasureSource
from ftcompare.app.results.presentation.blocks import Section
from ftcompare.app.study.kept_findings import kept_until_changed
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.disclosure import Subject
from ftcompare.store.study.study_file import StudyFile


@kept_until_changed
def matrix_details(
    study: StudyFile, told: ProgressCallback = ignore_progress, sources: tuple[MeasureSource, ...] = SOURCES
) -> tuple[Section, ...]:
    """The sections of all sources in their order; empty sections are left out.

    Raises:
        UserError: ``still-blinded``.
    """
    study.settings.read().disclosure.require(Subject.AUTOMATIC_MEASURES, where=study.path.name)
    found = (section for one in sources if one.details is not None for section in one.details(study, told))
    return tuple(section for section in found if section.blocks)
