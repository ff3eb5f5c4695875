"""Whether a judge is one of the systems that it judges, by file digest or by name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ftcompare.app.setup.consent import looks_like_hub_id
from ftcompare.core.judge import Judge, JudgeSpec
from ftcompare.core.run_record import SystemReport, newest_reports, read_runs
from ftcompare.core.study import System, SystemId, SystemSpec
from ftcompare.store.study.engine_runs import JUDGED
from ftcompare.store.study.study_file import StudyFile

OWN_SYSTEMS = "own_systems"
"""Key in the record of a judging run: the numbers of the systems that the judge is."""

WARNING = (
    "This judge is one of the systems that it judges. Models prefer what they wrote themselves: its votes "
    "say little about that system."
)
"""Warning shown with every figure of such a judge.

Source: Panickssery et al. 2024, "LLM evaluators recognize and favor their own generations".
"""


def systems_named_alike(study: StudyFile, spec: JudgeSpec) -> tuple[System, ...]:
    """The systems with the same model and adapter, at the same place, as a judge."""
    own = _place(spec)
    return tuple(system for system in study.systems.all() if spec.model and _place(system.spec) == own)


def systems_of_digest(study: StudyFile, loaded: Iterable[SystemReport]) -> tuple[System, ...]:
    """The systems that generated with exactly the files that were loaded for a judge."""
    digests = {report.digest for report in loaded if report.digest}
    reports = newest_reports(read_runs(study.runs.all()))
    written = {key for key, report in reports.items() if report.digest in digests}
    return tuple(system for system in study.systems.all() if str(system.id) in written)


def _place(spec: JudgeSpec | SystemSpec) -> tuple[str, str, str]:
    if spec.url:
        return spec.url.rstrip("/").casefold(), spec.model, spec.adapter
    return "", _folder(spec.model), _folder(spec.adapter)


def _folder(name: str) -> str:
    """A normalised folder path; hub ids stay unchanged."""
    return name if not name or looks_like_hub_id(name) else str(Path(name).resolve())


def judged_own(study: StudyFile, judge: Judge) -> tuple[SystemId, ...]:
    """The systems that a judge was found to be when it judged them."""
    records = (record for record in study.scores.examinations(JUDGED) if record.get("judge") == judge.id)
    found = {system for record in records for system in _numbers(record.get(OWN_SYSTEMS))}
    return tuple(SystemId(system) for system in sorted(found))


def _numbers(stored: object) -> Iterable[int]:
    return [one for one in stored if isinstance(one, int)] if isinstance(stored, list) else []


def own_system_warning(study: StudyFile, judge: Judge) -> str:
    """The warning for a judge that is one of the systems it judges; empty for others.

    For a jury, the warnings of its members count.
    """
    members = [study.judges.named(name) for name in judge.spec.members]
    own = any(judged_own(study, one) for one in (judge, *members) if one is not None)
    return WARNING if own else ""
