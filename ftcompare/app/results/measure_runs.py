"""Runs that compute measures: buttons on the Automatic tab, each with progress and Cancel.

To add one, define a `MeasureRun` in a module of `ftcompare.app.results.matrix` and add it to
`ftcompare.app.results.matrix.registry.RUNS`. Its `RunQuestion`s ask for the inputs that it needs; the window
builds the dialog from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ftcompare.app.generate.engine_run import EngineRun
from ftcompare.app.judges.judging_plan import JudgingAnswer
from ftcompare.app.results.measure_matrix import MeasureGroup
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.store.study.study_file import StudyFile


class RunNeeds(StrEnum):
    """The resources that a run needs."""

    ENGINE = "engine"  # loads models
    FILES = "files"  # reads files and the study


@dataclass(frozen=True, slots=True)
class AskedFile:
    """Ask for a file.

    Args:
        key: key of the path among the answers.
        patterns: file patterns such as ``("*.toml",)``.
    """

    key: str
    title: str
    kind: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedChoice:
    """Ask for one or several items of a list.

    Args:
        key: key of the chosen ids among the answers.
        options: function that gives id and title of each item of a study.
        several: whether more than one item may be chosen.
    """

    key: str
    title: str
    options: Callable[[StudyFile], Sequence[tuple[str, str]]]
    several: bool = False


@dataclass(frozen=True, slots=True)
class AskedConsent:
    """Ask for consent before something is done.

    Args:
        text: what happens, in paragraphs.
        agree: label of the button.
        agreed: whether consent was given for this study before; then nothing is asked.
        record: stores the consent.
    """

    title: str
    text: tuple[str, ...]
    agree: str
    agreed: Callable[[StudyFile], bool]
    record: Callable[[StudyFile], None]


@dataclass(frozen=True, slots=True)
class AskedJudge:
    """Ask for a judge file and the pairs to judge, and show the expected cost.

    Args:
        key: key of the `JudgingAnswer` among the answers.
    """

    key: str


RunQuestion = AskedFile | AskedChoice | AskedConsent | AskedJudge
RunAnswer = Path | tuple[str, ...] | JudgingAnswer
RunAnswers = Mapping[str, RunAnswer]
"""The answers by question key: a path, the chosen ids, or the decisions about a judge."""
MakeRun = Callable[[StudyFile, RunAnswers, str], EngineRun]
"""Make an engine run from the study, the answers and the name of the backend."""
DoWork = Callable[[StudyFile, RunAnswers, ProgressCallback], str]
"""Do the work and return a sentence about the result."""


@dataclass(frozen=True, slots=True)
class RunLeft:
    """The work that a run would do in a study now.

    Args:
        count: number of items; 0 where there is nothing to do, and ``text`` then says why.
        text: the work in words, such as ``120 answers to score``. Empty where the run is not offered.
    """

    count: int
    text: str


KEPT = "What is computed is kept; the rest can be computed later."
"""The note for most runs when they are stopped."""


@dataclass(frozen=True, slots=True)
class MeasureRun:
    """One kind of run.

    Args:
        key: permanent identifier, such as ``score``.
        title: label of its button.
        does: a sentence that describes it.
        left: the work to do now; called on the study's thread.
        engine: makes the run where it needs the engine, from the study, the answers and the name of the
            backend (``local``, or ``fake`` in tests). ``work`` is given instead where no engine is needed; it
            returns a sentence about the result.
        asks: questions before it begins, in this order.
        when_stopped: a sentence that says which results remain when it is stopped.
    """

    key: str
    group: MeasureGroup
    title: str
    does: str
    left: Callable[[StudyFile], RunLeft]
    engine: MakeRun | None = None
    work: DoWork | None = None
    asks: tuple[RunQuestion, ...] = ()
    when_stopped: str = KEPT

    @property
    def needs(self) -> RunNeeds:
        """The resources that it needs."""
        return RunNeeds.FILES if self.engine is None else RunNeeds.ENGINE
