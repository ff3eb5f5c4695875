"""Runs that compute measures: buttons of the tab Automatic, each with progress and Cancel.

To add one, give a `MeasureRun` in a module of `ftcompare.app.results.matrix` and put it into
`ftcompare.app.results.matrix.registry.RUNS`. What it must be told before it begins is asked by
`RunQuestion`s, from which the window makes the dialog.
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
    """What a run works with."""

    ENGINE = "engine"  # loads models
    FILES = "files"  # reads files and the study


@dataclass(frozen=True, slots=True)
class AskedFile:
    """A file to choose.

    Args:
        key: of its path among the answers.
        patterns: such as ``("*.toml",)``.
    """

    key: str
    title: str
    kind: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedChoice:
    """One or several of a list.

    Args:
        key: of the chosen ids among the answers.
        options: of this study, an id and a title each.
        several: whether more than one may be chosen.
    """

    key: str
    title: str
    options: Callable[[StudyFile], Sequence[tuple[str, str]]]
    several: bool = False


@dataclass(frozen=True, slots=True)
class AskedConsent:
    """Something that is done only after it was agreed to.

    Args:
        text: what happens, in paragraphs.
        agree: what the button says.
        agreed: whether it was agreed to for this study before; then nothing is asked.
        record: keeps that it was agreed to.
    """

    title: str
    text: tuple[str, ...]
    agree: str
    agreed: Callable[[StudyFile], bool]
    record: Callable[[StudyFile], None]


@dataclass(frozen=True, slots=True)
class AskedJudge:
    """The file of a judge and which pairs, with what the run takes told before it begins.

    Args:
        key: of the `JudgingAnswer` among the answers.
    """

    key: str


RunQuestion = AskedFile | AskedChoice | AskedConsent | AskedJudge
RunAnswer = Path | tuple[str, ...] | JudgingAnswer
RunAnswers = Mapping[str, RunAnswer]
"""By the keys of what was asked: a path, the chosen ids, or what was decided of a judge."""
MakeRun = Callable[[StudyFile, RunAnswers, str], EngineRun]
"""Of the study, what was answered, and the backend."""
DoWork = Callable[[StudyFile, RunAnswers, ProgressCallback], str]
"""Returns a sentence of what was done."""


@dataclass(frozen=True, slots=True)
class RunLeft:
    """What a run would do in a study now.

    Args:
        count: how much; 0 where there is nothing to do, which ``text`` then explains.
        text: in words, such as ``120 answers to score``.
    """

    count: int
    text: str


KEPT = "What is computed is kept; the rest can be computed later."
"""Of most runs, when they are stopped."""


@dataclass(frozen=True, slots=True)
class MeasureRun:
    """One kind of run.

    Args:
        key: stays the same, such as ``score``.
        title: what its button says.
        does: a sentence.
        left: what there is to do; asked on the study's thread.
        engine: makes the run where it needs the engine, of the study, what was answered, and the backend to
            ask for (``local``, or ``fake`` in tests). ``work`` does it where no engine is needed, and returns
            a sentence of what was done. One of the two is given.
        asks: before it begins, in this order.
        when_stopped: what is kept of it, in a sentence.
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
        """What it works with."""
        return RunNeeds.FILES if self.engine is None else RunNeeds.ENGINE
