"""The self-test of an installation: resources, a study, an engine round trip, statistics."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.demo import demo_plan
from ftcompare.app.generate.engine_run import drive
from ftcompare.app.generate.generation import GenerationRun
from ftcompare.app.rate.rating_session import study_session
from ftcompare.app.results.study_results import results
from ftcompare.app.setup.creation import fill_study
from ftcompare.core.errors import BugError, FTCompareError
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import SystemKind, SystemSpec, Verdict
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.engine.protocol import GenerationSettings
from ftcompare.formats.glossary import read_glossary
from ftcompare.formats.prompts import read_prompts
from ftcompare.store.study.study_file import StudyFile

PAIRS = 3


@dataclass(frozen=True, slots=True)
class SelfTestStep:
    """What was tried, whether it worked, and what came of it."""

    name: str
    ok: bool
    detail: str


def self_test_steps(*, rng: Random, clock: Callable[[], datetime]) -> Iterator[SelfTestStep]:
    """Try one part after another; a part that fails does not stop the next."""
    yield _step("Resources", _resources)
    with tempfile.TemporaryDirectory(prefix="ftcompare-") as folder:
        path = Path(folder) / "self-test.ftstudy"
        yield _step("Study and engine", lambda: _round_trip(path, rng, clock))


def _step(name: str, work: Callable[[], str]) -> SelfTestStep:
    try:
        return SelfTestStep(name, ok=True, detail=work())
    except FTCompareError as error:
        return SelfTestStep(name, ok=False, detail=str(error))


def _resources() -> str:
    plan = demo_plan()
    prompts = len(read_prompts(plan.prompts)) if plan.prompts else 0
    terms = len(read_glossary(plan.glossary)) if plan.glossary else 0
    return f"demo model with {prompts} prompts and {terms} terms"


def _round_trip(path: Path, rng: Random, clock: Callable[[], datetime]) -> str:
    """A temporary study is written by the fake engine in a real child process, judged and counted."""
    prompts = read_prompts(demo_plan().prompts or path)[:PAIRS]
    fake = (
        SystemSpec("base", SystemKind.BASE, model="{}"),
        SystemSpec("tuned", SystemKind.ADAPTER, model="{}", adapter="tuned"),
    )
    with StudyFile.create(path, title="Self-test", scale=Scale(), rng=rng, now=clock()) as study:
        fill_study(study, fake, prompts, (), now=clock())
        run = GenerationRun(study, settings=GenerationSettings(), clock=clock, backend="fake")
        with EngineProcess() as engine:
            drive(run, engine, lambda _: None)
        session = study_session(study, "self-test", clock=clock, rng=rng)
        while item := session.view().item:
            session.judge(item.allocation, Verdict(Choice.LEFT))
        judged = sum(pair.judgments for pair in results(study).summary.comparisons)
        broken = [finding.subject for finding in study.check() if not finding.ok]
    if judged != PAIRS or broken:
        raise BugError(f"{judged} of {PAIRS} judgments counted; broken: {', '.join(broken) or 'nothing'}.")
    return f"{PAIRS} pairs written, judged and counted; all chains hold"
