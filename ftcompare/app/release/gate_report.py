"""Apply a release gate to a study: the report, its JSON, and its JUnit XML; and its automatic stage.

The automatic stage is run while a study is blinded; it says passed or not, and no figure. The person who
runs it is recorded in the audit log and may not rate. If it is not passed, nobody is asked to judge until the
owner allows that with a reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ftcompare.app.generate.engine_run import trial_copy
from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.release import gate_measures
from ftcompare.app.release.checkpoint_sources import kept_file
from ftcompare.app.release.gate import FIELDS, Gate, GateCase, GateRule
from ftcompare.app.release.gate_conditions import (
    Condition,
    ReleasedPair,
    ReleaseStage,
    condition_json,
    released_pair,
    simply,
)
from ftcompare.app.release.gate_file import GATE_FORM, read_gate_file
from ftcompare.app.release.plan_file import same_gate, sealed_gate
from ftcompare.app.study.sealed_plan import plan_state
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.disclosure import Subject, Withheld
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.hashing import Json, digest, fields_json
from ftcompare.core.language import ENGLISH, N_, in_language, language, sentences, tr
from ftcompare.core.study import RaterKind, folded_name, kept_name
from ftcompare.core.typed_json import STORED, record_json
from ftcompare.formats.json_files import write_json
from ftcompare.formats.junit import TestCase, TestSuite, write_junit
from ftcompare.store.study.audit import AUTOMATIC_STAGE, NOT_PASSED
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class GateReport:
    """The result of a release check."""

    title: str  # title of the study
    file: str  # name of its file
    # the released system; empty while withheld, and where no condition is about a pair of systems
    system: str
    against: str  # the system it is compared with; empty in the same cases
    conditions: tuple[Condition, ...]  # the evaluated conditions, in a fixed order
    withheld: Withheld | None = None  # why no system is named; None where systems may be
    tiers: tuple[str, ...] = ()  # names of the evaluated tiers; empty where the gate has none
    tier: str = ""  # the chosen tier; empty where all were evaluated
    # clauses on default requirements that hold and are therefore not listed as conditions
    by_default: tuple[str, ...] = ()
    # whether these conditions were sealed before judging began; None where the study has no sealed plan
    planned: bool | None = None
    stage: ReleaseStage | None = None  # the only stage that was evaluated; None where all were

    @property
    def stages(self) -> dict[ReleaseStage, bool]:
        """The stages that have conditions, in their order, with whether these hold; none while withheld."""
        if self.withheld and not self.stage:
            return {}
        held = {one: [c.holds for c in self.conditions if c.stage is one] for one in ReleaseStage}
        return {one: all(found) for one, found in held.items() if found}

    @property
    def holds(self) -> bool:
        """Whether all conditions hold."""
        return all(condition.holds for condition in self.conditions)

    def tier_holds(self, name: str) -> bool:
        """Return whether the conditions of a tier and of the whole check hold."""
        return all(condition.holds for condition in self.conditions if condition.tier in ("", name))

    @property
    def failed(self) -> tuple[Condition, ...]:
        return tuple(condition for condition in self.conditions if not condition.holds)


def apply_gate(
    study: StudyFile,
    gate: Gate,
    *,
    tier: str = "",
    source: str = "",
    progress: ProgressCallback = ignore_progress,
) -> GateReport:
    """Evaluate a gate for a study. A condition on a withheld figure does not hold.

    ``source`` is the name of the gate's file, for errors. ``tier`` is evaluated in addition to the conditions
    of the whole gate; empty for all tiers. ``progress`` receives the name of each evaluated condition and the
    completed share. Raises `UserError`: ``gate-empty`` for a gate without conditions; ``gate-tier`` for an
    unknown tier; ``gate-system`` when the released system is ambiguous or unknown; ``gate-measure`` as
    `require_measures`. Errors raised by ``progress`` propagate.
    """
    planned, gate = is_planned(study, gate), gate.of_tier(tier)
    if not gate.asks:
        how = "Add at least one condition, for example min_win_rate = 0.5."
        raise UserError("The release check has no condition.", where=source, how=how, code="gate-empty")
    progress("", 0.0)
    facts = released_pair(study, gate.pair_request)
    measured = _measured_pair(study, gate, facts, progress)
    for part in gate.parts:
        gate_measures.require_measures(part.measures, measured)
    conditions = []
    for found in _conditions(study, gate, facts, measured):
        conditions.append(found)
        progress(found.name, min(1.0, len(conditions) / gate.condition_count))
    return GateReport(
        title=study.settings.read().title,
        file=study.path.name,
        system=facts.system,
        against=facts.against,
        conditions=tuple(conditions),
        withheld=facts.withheld,
        tiers=gate.tier_names,
        tier=tier,
        by_default=tuple(_by_default(gate, {found.name for found in conditions})),
        planned=planned,
    )


class KeptCheck(NamedTuple):
    """The release check that was chosen for a study, or else the one of its sealed plan."""

    file: str  # name of its file; empty for the sealed plan
    gate: Gate
    report: GateReport | None  # None where the check cannot be run
    problem: str = ""  # why it cannot be run


def kept_check(study: StudyFile) -> KeptCheck | None:
    """Apply the release check that was chosen for the study, or sealed with its plan; None without any."""
    path, state, gate = kept_file(study, GATE_FORM.stem), plan_state(study), Gate()
    sealed = state.planned.plan.gate if state else ""
    if path is None and not sealed:
        return None
    file = "" if path is None else path.name
    try:
        gate = sealed_gate(sealed) if path is None else read_gate_file(path)
        return KeptCheck(file, gate, apply_gate(study, gate, source=file))
    except FTCompareError as error:
        return KeptCheck(file, gate, None, sentences(error.what, error.how))


def is_planned(study: StudyFile, gate: Gate) -> bool | None:
    """Return whether these conditions were sealed before judging; None without a sealed plan."""
    state = plan_state(study)
    return None if state is None else state.kept and same_gate(state.planned.plan.gate, gate)


def in_english(study: StudyFile, gate: Gate, report: GateReport) -> GateReport:
    """The report as files have it: evaluated once more where the present language is another."""
    if language().code == ENGLISH:
        return report
    with in_language(ENGLISH):
        return apply_gate(study, gate, tier=report.tier)


def _by_default(gate: Gate, names: Collection[str]) -> Iterator[str]:
    if gate.checks and "check" not in names:
        yield "the study's checks pass (check)"
    unsaid = gate.allow_unfinished is None and "allow_unfinished" not in names
    if unsaid and gate.of_planned_judgments:
        yield "all planned judgments are made (unless allow_unfinished is set)"


def _measured_pair(
    study: StudyFile, gate: Gate, facts: ReleasedPair, progress: ProgressCallback
) -> gate_measures.MeasuredPair:
    """The figures for conditions on measures; nothing is computed where there are none."""
    known = tuple(system.name for system in study.systems.all())
    if not any(part.measures for part in gate.parts):
        return gate_measures.MeasuredPair(facts.system, facts.against, known, {})
    if withheld := study.settings.read().disclosure.withheld(Subject.AUTOMATIC_MEASURES):
        return gate_measures.MeasuredPair("", "", (), {}, withheld.clause)
    figures = gate_measures.gate_figures(study, gate.prices, progress=progress)
    programs = (rater.name for rater in study.raters.all() if rater.kind is RaterKind.AUTOMATIC)
    return gate_measures.MeasuredPair(facts.system, facts.against, known, figures, judges=tuple(programs))


def _conditions(
    study: StudyFile, gate: Gate, facts: ReleasedPair, measured: gate_measures.MeasuredPair
) -> Iterator[Condition]:
    """The conditions of the gate and its tiers; only the gate has conditions by default."""
    kind = gate.rater_kind
    yield from _evaluated(GateCase(study, gate, facts, measured), kind)
    for tier in gate.tiers:
        for found in _evaluated(GateCase(study, tier.gate, facts, measured, in_tier=True), kind):
            yield replace(found, tier=tier.name)


def _stage(rule: GateRule, kind: RaterKind) -> ReleaseStage | None:
    if rule.of_a_pair or rule.of_raters:
        return ReleaseStage.PEOPLE if kind is RaterKind.HUMAN else ReleaseStage.JUDGES
    return ReleaseStage.AUTOMATIC if rule.of_answers else None


def _evaluated(case: GateCase, kind: RaterKind) -> Iterator[Condition]:
    for field in FIELDS.values():
        value, rule = getattr(case.gate, field.attribute), field.rule
        if rule.conditions and (value is not None or (rule.by_default and not case.in_tier)):
            yield from (replace(one, stage=_stage(rule, kind)) for one in rule.conditions(value, case))
    yield from gate_measures.measure_conditions(case.gate.measures, case.measured)


def gate_json(reports: Iterable[GateReport]) -> dict[str, Json]:
    found = tuple(reports)
    return {"holds": all(report.holds for report in found), "studies": [report_json(one) for one in found]}


def report_json(report: GateReport) -> dict[str, Json]:
    return {
        **fields_json(report, "title", "file"),
        "system": report.system or None,
        "against": report.against or None,
        **fields_json(report, "holds", "planned"),
        "tiers": [{"name": name, "holds": report.tier_holds(name)} for name in report.tiers],
        "stages": [{"name": name, "holds": holds} for name, holds in report.stages.items()],
        "conditions": [condition_json(each) for each in report.conditions],
    }


def gate_suites(reports: Iterable[GateReport]) -> tuple[TestSuite, ...]:
    return tuple(
        TestSuite(
            f"{report.title} ({report.file})",
            tuple(
                TestCase(
                    each.name,
                    ".".join(filter(None, ("ftcompare.gate", report.file, each.tier))),
                    each.words,
                    failed=not each.holds,
                )
                for each in report.conditions
            ),
        )
        for report in reports
    )


def write_gate_json(
    path: Path, reports: Iterable[GateReport], *, inputs: Iterable[Path] = (), replace: bool = False
) -> None:
    require_output(path, inputs=inputs, replace=replace)
    write_json(path, gate_json(reports), replace=replace)


def write_gate_junit(
    path: Path, reports: Iterable[GateReport], *, inputs: Iterable[Path] = (), replace: bool = False
) -> None:
    require_output(path, inputs=inputs, replace=replace)
    write_junit(path, gate_suites(reports), name="ftcompare gate", replace=replace)


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
