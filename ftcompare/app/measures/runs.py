"""Runs that compute measures: buttons on the Automatic tab, each with progress and Cancel.

To add one, define a `MeasureRun` beside its kind of measures, and name it in the kind's ``runs``. Its
`RunQuestion`s ask for the inputs that it needs; the window builds the dialog from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

from ftcompare.app.generate.engine_run import EngineRun
from ftcompare.app.generate.own_measure import OwnMeasure
from ftcompare.app.generate.retention import BenchmarkAnswer
from ftcompare.app.judges.judging_plan import JudgingAnswer
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.language import N_
from ftcompare.store.study.study_file import StudyFile


class RunNeeds(StrEnum):
    ENGINE = "engine"  # loads models
    FILES = "files"  # reads files and the study


@dataclass(frozen=True, slots=True)
class AskedChoice:
    key: str  # key of the chosen id among the answers
    title: str
    # function that gives id and title of each item of a study
    options: Callable[[StudyFile], Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class AskedConsent:
    title: str
    text: tuple[str, ...]  # what happens, in paragraphs
    agree: str  # label of the button
    # whether consent was given for this study before; then nothing is asked
    agreed: Callable[[StudyFile], bool]
    record: Callable[[StudyFile], None]  # stores the consent


@dataclass(frozen=True, slots=True)
class AskedForm:
    """Ask for a file and settings in a form of the window, which can try them on a few rows."""

    key: str  # key of the form, and of its answer among the answers


RunQuestion = AskedChoice | AskedConsent | AskedForm
RunAnswer = tuple[str, ...] | JudgingAnswer | BenchmarkAnswer | OwnMeasure
RunAnswers = Mapping[str, RunAnswer]
"""The answers by question key: the chosen ids, or the decisions about a judge, benchmark, or measure."""
MakeRun = Callable[[StudyFile, RunAnswers, str], EngineRun]
"""Make an engine run from the study, the answers and the name of the backend."""
DoWork = Callable[[StudyFile, RunAnswers, ProgressCallback], str]
"""Do the work and return a sentence about the result."""


@dataclass(frozen=True, slots=True)
class RunLeft:
    count: int  # number of items; 0 where there is nothing to do, and ``text`` then says why
    text: str  # the work in words, such as ``120 answers to score``. Empty where the run is not offered.


utc_now = partial(datetime.now, UTC)
"""The clock of runs."""
KEPT = N_("Results so far are saved. The rest can be computed later.")
"""The note for most runs when they are stopped."""


@dataclass(frozen=True, slots=True)
class MeasureRun:
    key: str  # permanent identifier, such as ``score``
    title: str  # label of its button
    does: str  # a sentence that describes it
    left: Callable[[StudyFile], RunLeft]  # the work to do now; called on the study's thread
    # makes the run where it needs the engine, from the study, the answers and the name of the backend
    # (``local``, or ``fake`` in tests). ``work`` is given instead where no engine is needed; it returns a
    # sentence about the result.
    engine: MakeRun | None = None
    work: DoWork | None = None
    asks: tuple[RunQuestion, ...] = ()  # questions before it begins, in this order
    when_stopped: str = KEPT  # a sentence that says which results remain when it is stopped

    @property
    def needs(self) -> RunNeeds:
        return RunNeeds.FILES if self.engine is None else RunNeeds.ENGINE


@dataclass(frozen=True, slots=True)
class AvailableRun:
    run: MeasureRun
    left: RunLeft  # the work to do
    # for each choice, by its key: id and title of the items
    options: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    agreed: frozenset[str] = frozenset()  # titles of the consents that were given before


def available_runs(study: StudyFile, runs: Sequence[MeasureRun]) -> tuple[AvailableRun, ...]:
    """Each run that is offered, with the work that it would do now."""
    return tuple(one for run in runs if (one := _available(study, run)).left.text)


def _available(study: StudyFile, run: MeasureRun) -> AvailableRun:
    choices = (one for one in run.asks if isinstance(one, AskedChoice))
    consents = (one for one in run.asks if isinstance(one, AskedConsent))
    return AvailableRun(
        run,
        run.left(study),
        {one.key: tuple(one.options(study)) for one in choices},
        frozenset(one.title for one in consents if one.agreed(study)),
    )
