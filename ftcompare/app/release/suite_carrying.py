"""A run of a suite from its folder to its files; the caller does the engine's work in between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from ftcompare.app.release import suite_results
from ftcompare.app.release.suite_file import Suite
from ftcompare.app.release.suite_presentation import suite_json, write_suite_junit
from ftcompare.app.release.suite_run import (
    FinishedRun,
    RunFolder,
    SuiteCandidate,
    candidate,
    keep_run,
    read_runs,
    require_adapter,
    run_folder,
    run_study,
)
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.errors import UserError
from ftcompare.formats.json_files import write_json
from ftcompare.formats.text_files import printable
from ftcompare.store.study.study_file import StudyFile

JUNIT = "junit.xml"


@dataclass(frozen=True, slots=True)
class SuiteWork:
    """A run that was begun."""

    suite: Suite
    candidate: SuiteCandidate
    folder: RunFolder
    study: StudyFile
    before: suite_results.EarlierRun | None  # the run to compare with; None where there is none
    why_not: str  # why not
    tier: str  # of the gate; empty for all


def prepare_suite(
    suite: Suite,
    adapter: str,
    *,
    name: str = "",
    out: Path | None = None,
    against: Path | None = None,
    tier: str = "",
    rng: Random,
    now: datetime,
) -> SuiteWork:
    """Find or make the run's folder and study, and the run that it is compared with.

    Raises `UserError`: ``gate-tier``, ``suite-result``, ``suite-not-alike`` where ``against`` had other
    prompts or settings; as `require_adapter`, `candidate`, `run_folder` and `run_study`.
    """
    chosen = tier or suite.tier
    suite.gate.of_tier(chosen)
    require_adapter(suite, adapter)
    new = candidate(adapter, name)
    given = _given(suite, against) if against else None
    folder = run_folder(suite, new, out, now=now)
    before, why_not = (given, "") if given else _last(suite, folder.path)
    study = run_study(suite, new, folder, rng=rng, now=now)
    return SuiteWork(suite, new, folder, study, before, why_not, chosen)


def _given(suite: Suite, against: Path) -> suite_results.EarlierRun:
    found = suite_results.read_earlier(against)
    if why := suite_results.why_not_compared(suite, found.entry):
        how = "Name a run with the same prompts and settings, or leave --against out."
        raise UserError(why, where=printable(str(against)), how=how, code="suite-not-alike")
    return found


def _last(suite: Suite, path: Path) -> tuple[suite_results.EarlierRun | None, str]:
    """The last run in the same folder, and why none is compared with."""
    own = path.resolve()
    runs = read_runs(own.parent)
    found = runs.last(suite.digests, but=own.name)
    if found is None:
        return None, suite_results.why_not_compared(suite, runs.newest(but=own.name))
    return suite_results.read_earlier(runs.place(found)), ""


def finish_suite(
    work: SuiteWork, *, progress: ProgressCallback = ignore_progress
) -> suite_results.SuiteResult:
    """Compute the result, write it to the run's folder, and enter it in the list of runs."""
    own = work.folder.path.resolve()
    entry = FinishedRun(
        own.name, work.suite.title, work.candidate.name, work.folder.at, {}, False, work.tier, 0, 0
    )
    result = suite_results.suite_result(
        work.study,
        work.suite,
        entry,
        files=work.candidate.files,
        tier=work.tier,
        before=work.before,
        why_not=work.why_not,
        progress=progress,
    )
    write_suite_junit(own / JUNIT, result)
    write_json(work.folder.result, suite_json(result))
    keep_run(own.parent, result.entry)
    return result
