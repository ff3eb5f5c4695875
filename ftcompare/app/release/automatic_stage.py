"""The automatic stage of a release check: run while a study is blinded, it says passed or not, and no figure.

Whoever runs it is recorded in the audit log and may not rate. If it is not passed, nobody is asked to judge
until the owner allows that with a reason.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ftcompare.app.generate.trial import trial_copy
from ftcompare.app.release.gate import FIELDS, Gate
from ftcompare.app.release.gate_conditions import ReleaseStage, simply
from ftcompare.app.release.gate_report import GateReport, apply_gate, is_planned
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.disclosure import Subject
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import digest
from ftcompare.core.language import N_, tr
from ftcompare.core.person_names import folded_name, kept_name
from ftcompare.core.study import RaterKind
from ftcompare.core.typed_json import STORED, record_json
from ftcompare.store.study.audit import AUTOMATIC_STAGE, NOT_PASSED
from ftcompare.store.study.study_file import StudyFile

PASSED = N_("The study passed the automatic stage of its release check. Figures are shown after unblinding.")


def asks_of_answers(gate: Gate) -> bool:
    """Return whether a gate has conditions on automatic measures of the answers."""
    measured = any(one.stage is ReleaseStage.AUTOMATIC for part in gate.parts for one in part.measures)
    return measured or any(part.max_self_naming is not None for part in gate.parts)


def without_judgments(gate: Gate) -> Gate:
    """Return the gate without conditions on judgments; it does not wait for judgments."""
    judged = (field for field in FIELDS.values() if field.rule.of_a_pair or field.rule.of_raters)
    without = {field.attribute: field.default for field in judged} | {"allow_unfinished": True}
    measures = tuple(one for one in gate.measures if one.stage is ReleaseStage.AUTOMATIC)
    tiers = (replace(tier, gate=without_judgments(tier.gate)) for tier in gate.tiers)
    kept = tuple(tier for tier in tiers if tier.gate.asks)
    return replace(gate, **without, measures=measures, tiers=kept)


def run_automatic_stage(
    study: StudyFile,
    gate: Gate,
    by: str,
    *,
    tier: str = "",
    now: datetime,
    progress: ProgressCallback = ignore_progress,
) -> GateReport:
    """Evaluate the conditions on automatic measures for a person who does not rate, and record the outcome.

    The figures are computed in an unblinded copy, which is deleted afterwards. Raises `UserError`:
    ``stage-rater``; ``gate-empty`` for a gate without such conditions; as `apply_gate`.
    """
    name, chosen = stage_person(study, by), without_judgments(gate.of_tier(tier))
    if not asks_of_answers(chosen):
        what = tr("The release check has no condition on automatic measures.")
        raise UserError(what, how='Add a table [[measure]], such as key = "checks.passed"', code="gate-empty")
    with trial_copy(study) as copy:
        copy.settings.unblind(AUTOMATIC_STAGE, now=now)
        passed = apply_gate(copy, chosen, progress=progress).holds
    conditions = digest(AUTOMATIC_STAGE, record_json(chosen, STORED))
    study.audit.append(AUTOMATIC_STAGE, {"by": name, "gate": conditions, "passed": passed}, now=now)
    settings, finding = study.settings.read(), tr(PASSED if passed else NOT_PASSED)
    outcome = simply(ReleaseStage.AUTOMATIC, holds=passed, requirement="", finding=finding)
    return GateReport(
        settings.title,
        study.path.name,
        "",
        "",
        (replace(outcome, stage=ReleaseStage.AUTOMATIC),),
        settings.disclosure.withheld(Subject.AUTOMATIC_MEASURES),
        planned=is_planned(study, gate),
        stage=ReleaseStage.AUTOMATIC,
    )


def stage_person(study: StudyFile, by: str) -> str:
    """Return the name as it is recorded; raise ``stage-rater`` for nobody, or a rater of the study."""
    name = kept_name(by)
    raters = {folded_name(one.name) for one in study.raters.all() if one.kind is RaterKind.HUMAN}
    if name and folded_name(name) not in raters:
        return name
    what = tr("Name the person who runs the automatic stage.")
    if name:
        what = tr("{name} is a rater of this study, and so may not run the automatic stage.", name)
    raise UserError(what, where=study.path.name, how="Name somebody who does not rate.", code="stage-rater")


def judge_anyway(study: StudyFile, reason: str, *, now: datetime) -> None:
    """Allow judging although the automatic stage was not passed; the reason is recorded."""
    if not study.audit.automatic_stage().stopped:
        what = tr("The automatic stage has not stopped this study, so everybody may judge.")
        raise UserError(what, where=study.path.name, code="stage-not-stopped")
    if not reason.strip():
        what, how = (
            tr("Judging in spite of the automatic stage needs a reason."),
            "Give a short reason; it is recorded.",
        )
        raise UserError(what, how=how, code="no-reason")
    study.audit.append(AUTOMATIC_STAGE, {"passed": True, "reason": reason.strip()}, now=now)
