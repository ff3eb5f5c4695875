"""Start a judge's run, for command line and window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ftcompare.app.generate.engine_run import EngineRun
from ftcompare.app.judges.judging_run import JudgingRun
from ftcompare.app.judges.questions import ALL_PAIRS, PairChoice
from ftcompare.app.judges.reward_run import REWARD, RewardJudgingRun
from ftcompare.core.judge import JudgeKind, JudgeSpec
from ftcompare.store.study.study_file import StudyFile

LOCAL = "local"
"""Name of the engine's backend for models on this machine."""


def judging_run(
    study: StudyFile,
    specs: Sequence[JudgeSpec],
    *,
    clock: Callable[[], datetime],
    pairs: PairChoice = ALL_PAIRS,
    own_system: bool = False,
    backend: str = "local",
) -> EngineRun:
    """Make the run that asks a judge its open questions.

    Raises:
        UserError: as `JudgingRun`.
    """
    if specs[-1].kind is JudgeKind.REWARD:
        rates = REWARD if backend == LOCAL else backend
        return RewardJudgingRun(study, specs, clock=clock, pairs=pairs, own_system=own_system, backend=rates)
    return JudgingRun(study, specs, clock=clock, pairs=pairs, own_system=own_system, backend=backend)
