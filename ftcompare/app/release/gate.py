"""Evaluate a release gate: whether a study's results meet each of its conditions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.raters.quality import BlindnessReport, blindness, controls, self_naming
from ftcompare.app.release.gate_conditions import (
    NUMBERS,
    PERCENTS,
    SLACK,
    WHOLES,
    Condition,
    condition,
    condition_json,
    percents,
    points,
    simply,
    unknown,
)
from ftcompare.app.release.gate_file import AgreementMeasure, Gate, SpeaksFor
from ftcompare.app.release.gate_measure_conditions import MeasuredPair, measure_conditions
from ftcompare.app.release.gate_measure_keys import require_measures
from ftcompare.app.release.gate_pair_measures import beats_prompted_base, measured_pair
from ftcompare.app.release.gate_part_conditions import gate_part_conditions
from ftcompare.app.release.released_pair import ReleasedPair, claim_for, no_interval, released_pair, whom
from ftcompare.app.study.unblinding import open_judging
from ftcompare.app.work_progress import ProgressCallback, ignore_progress
from ftcompare.core.disclosure import Subject, Withheld
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.core.study import RaterKind
from ftcompare.formats.json_document import write_json
from ftcompare.formats.junit import TestCase, TestSuite, write_junit
from ftcompare.stats.agreement import Agreement
from ftcompare.stats.non_inferiority import EVEN, LEVEL, not_worse
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class GateReport:
    """The result of a gate for one study.

    Args:
        system: the released system; empty while withheld, and where no condition is about a pair of systems.
        against: the system it is compared with; empty in the same cases.
        conditions: the evaluated conditions, in a fixed order.
        withheld: why no system is named; None where systems may be.
        tiers: names of the evaluated tiers; empty where the gate has none.
        tier: the chosen tier; empty where all were evaluated.
        by_default: clauses on default requirements that hold and are therefore not listed as conditions.
    """

    title: str
    file: str
    system: str
    against: str
    conditions: tuple[Condition, ...]
    withheld: Withheld | None = None
    tiers: tuple[str, ...] = ()
    tier: str = ""
    by_default: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether all conditions hold."""
        return all(condition.holds for condition in self.conditions)

    def tier_holds(self, name: str) -> bool:
        """Whether all conditions of a tier and of the whole gate hold."""
        return all(condition.holds for condition in self.conditions if condition.tier in ("", name))

    @property
    def failed(self) -> tuple[Condition, ...]:
        """The conditions that do not hold."""
        return tuple(condition for condition in self.conditions if not condition.holds)


def apply_gate(
    study: StudyFile, gate: Gate, *, tier: str = "", told: ProgressCallback = ignore_progress
) -> GateReport:
    """Evaluate a gate for a study. A condition on a withheld figure does not hold.

    ``tier``: the tier to evaluate in addition to the conditions of the whole gate; empty for all tiers.
    ``told`` receives the name of each evaluated condition and the completed share.

    Raises:
        UserError: ``gate-empty`` for a gate without conditions; ``gate-tier`` for an unknown tier;
            ``gate-system`` when the released system is ambiguous or unknown; ``gate-measure`` as
            `require_measures`. Errors raised by ``told`` propagate.
    """
    gate = gate.of_tier(tier)
    if not gate.asks:
        how = "Give --min-win-rate 0.5, or a file of conditions with --gate."
        raise UserError("The gate has no condition.", how=how, code="gate-empty")
    told("", 0.0)
    facts = released_pair(study, gate)
    measured = measured_pair(study, gate, facts, told)
    for part in gate.parts:
        require_measures(part.measures, measured)
    conditions = []
    for found in _conditions(study, gate, facts, measured):
        conditions.append(found)
        told(found.name, min(1.0, len(conditions) / gate.asked))
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
    )


def _by_default(gate: Gate, told: Collection[str]) -> Iterator[str]:
    """The default requirements that hold; one that fails becomes a condition."""
    if gate.checks and "check" not in told:
        yield "the study's proofs hold (check)"
    unsaid = gate.allow_unfinished is None and "allow_unfinished" not in told
    if unsaid and gate.rater_kind is RaterKind.HUMAN and gate.of_judgments:
        yield "all that was planned is judged (allow_unfinished)"


# --- the conditions ----------------------------------------------------------------------------------


def _conditions(
    study: StudyFile, gate: Gate, facts: ReleasedPair, measured: MeasuredPair
) -> Iterator[Condition]:
    """The conditions of the whole gate, then those of its tiers."""
    if gate.checks:
        found = _check(study)
        if gate.check or not found.holds:
            yield found
    if gate.names_told:
        yield _names_told(facts)
    if gate.rater_kind is RaterKind.HUMAN and gate.of_judgments:
        yield from _finished(study, gate)
    yield from _bounds(study, gate, facts, measured)
    for tier in gate.tiers:
        for found in _of_tier(study, tier.gate, facts, measured):
            yield replace(found, tier=tier.name)


def _of_tier(
    study: StudyFile, gate: Gate, facts: ReleasedPair, measured: MeasuredPair
) -> Iterator[Condition]:
    """The tier's own conditions; verification and open judging only if the tier sets them."""
    if gate.check:
        yield _check(study)
    if gate.names_told:
        yield _names_told(facts)
    if gate.allow_unfinished is not None:
        yield from _finished(study, gate)
    yield from _bounds(study, gate, facts, measured)


def _bounds(study: StudyFile, gate: Gate, facts: ReleasedPair, measured: MeasuredPair) -> Iterator[Condition]:
    yield from _amounts(study, gate, facts)
    yield from _care(study, gate)
    yield from _figures(gate, facts)
    if gate.beats_prompted_base:
        yield beats_prompted_base(study, gate.rater_kind, facts)
    yield from measure_conditions(gate.measures, measured)


def _check(study: StudyFile) -> Condition:
    found = study.check()
    wrong = [finding for finding in found if not finding.ok]
    where = "; ".join(f"{finding.subject}: {finding.detail}" for finding in wrong)
    told = f"The study was altered ({where})." if wrong else f"All {len(found)} proofs of the study hold."
    why = "A gate holds only on an unaltered study."
    return simply("check", holds=not wrong, asked="The gate wants them to hold.", told=told, why=why)


def _names_told(facts: ReleasedPair) -> Condition:
    holds = facts.withheld is None
    told = f"The study is {'unblinded' if holds else 'still blinded'}."
    why = "Figures that tell which system is which are told after unblinding."
    return simply("unblinded", holds=holds, asked="The gate wants it unblinded.", told=told, why=why)


def _finished(study: StudyFile, gate: Gate) -> Iterator[Condition]:
    """The condition on open judging: where the gate sets it, and where judging is open."""
    found = open_judging(study)
    if gate.allow_unfinished is None and found.finished:
        return
    told = found.words or ("All that was planned is judged" if found.planned else "No judgments were planned")
    asked = "The gate wants all that was planned to be judged."
    if gate.allow_unfinished:
        asked = "The gate allows that something is still open."
    why = (
        "Where judging can end once the figures look good, they look good too often. "
        "allow_unfinished = true in the gate file holds the study to it as it is."
    )
    holds = found.finished or bool(gate.allow_unfinished)
    yield simply("allow_unfinished", holds=holds, asked=asked, told=f"{told}.", why=why)


def _amounts(study: StudyFile, gate: Gate, facts: ReleasedPair) -> Iterator[Condition]:
    pair = facts.pair
    none: int | str = facts.missing if facts.withheld else 0
    amounts = (
        ("min_judgments", "judgments", gate.min_judgments, pair.judgments if pair else none),
        ("min_prompts", "prompts judged", gate.min_prompts, pair.prompts if pair else none),
        ("min_raters", "raters", gate.min_raters, pair.raters if pair else none),
    )
    for name, noun, wanted, found in amounts:
        if wanted is not None:
            yield condition(name, found, wanted, f"The number of {noun}", WHOLES)
    if gate.max_exclusions is not None:
        excluded, figure = len(study.raters.excluded()), "The number of raters left out of the results"
        yield condition("max_exclusions", excluded, gate.max_exclusions, figure, WHOLES)


def _care(study: StudyFile, gate: Gate) -> Iterator[Condition]:
    if gate.max_false_preferences is not None:
        value = controls(study).value
        found = "no control was judged" if value is None else value
        figure = "The share of controls on which a side was preferred"
        yield condition("max_false_preferences", found, gate.max_false_preferences, figure, PERCENTS)
    if gate.max_blinding_high is not None or gate.max_blinding_index is not None:
        withheld = study.settings.read().disclosure.withheld(Subject.GUESSES)
        yield from _blinding(gate, blindness(study), withheld)
    if gate.max_self_naming is not None:
        prompts = study.counts().prompts
        share = len(self_naming(study).prompts) / prompts if prompts else "the study has no prompts"
        figure = "The share of prompts with an answer that gives its model away"
        yield condition("max_self_naming", share, gate.max_self_naming, figure, PERCENTS)


def _blinding(gate: Gate, report: BlindnessReport, withheld: Withheld | None) -> Iterator[Condition]:
    index = report.overall
    why = withheld.clause if withheld else "nobody has guessed which side was fine-tuned"
    high = why if index is None or index.high is None else index.high
    size = why if index is None or index.value is None else abs(index.value)
    if gate.max_blinding_high is not None:
        figure = "The upper end of Bang's blinding index"
        yield condition("max_blinding_high", high, gate.max_blinding_high, figure, NUMBERS)
    if gate.max_blinding_index is not None:
        figure = "Bang's blinding index, without its sign,"
        yield condition("max_blinding_index", size, gate.max_blinding_index, figure, NUMBERS)


def _figures(gate: Gate, facts: ReleasedPair) -> Iterator[Condition]:
    if gate.min_agreement is not None:
        yield _agreement(gate.agreement, gate.min_agreement, facts.agreement)
    if gate.min_win_rate is not None:
        yield _win_rate(gate.min_win_rate, gate.speaks_for, facts)
    if gate.not_worse_than is not None:
        yield _not_worse(gate.not_worse_than, gate.speaks_for, facts)
    yield from gate_part_conditions(gate, facts)
    if gate.min_e_value is not None:
        yield _evidence(gate.min_e_value, facts)


_MEASURES: Mapping[AgreementMeasure, tuple[str, Callable[[Agreement], float | None]]] = {
    AgreementMeasure.ALPHA_ORDINAL: ("Krippendorff's α (ordinal)", lambda found: found.alpha_ordinal),
    AgreementMeasure.ALPHA_NOMINAL: ("Krippendorff's α (nominal)", lambda found: found.alpha_nominal),
    AgreementMeasure.PERCENT: ("The share of answers that agree", lambda found: found.percent),
}


def _agreement(measure: AgreementMeasure, wanted: float, agreed: Agreement) -> Condition:
    figure, read = _MEASURES[measure]
    value = read(agreed)
    why = "all answers are alike" if agreed.units else "no pair was judged by two raters"
    spell = PERCENTS if measure is AgreementMeasure.PERCENT else NUMBERS
    return condition("min_agreement", why if value is None else value, wanted, figure, spell)


def _win_rate(wanted: float, of_whom: SpeaksFor, facts: ReleasedPair) -> Condition:
    """Compare the claim's interval with the bound. At ½, the claim for the released system decides.

    A lower end equal to the bound does not meet it.
    """
    bound, figure = f"{100 * wanted:.8g}%", "The lower end of the win rate"
    name, asked = "min_win_rate", f"The gate wants it above {bound}."
    if facts.withheld or facts.pair is None:
        return unknown(name, wanted, asked, figure, facts.missing)
    claim, figure = claim_for(facts.pair, of_whom), f"{figure} of {facts.system} over {facts.against}"
    low = facts.low(claim) if claim else None
    if claim is None or low is None:
        return unknown(name, wanted, asked, figure, no_interval(claim))
    interval = f"95% interval, {whom(claim.scope, facts.pair.raters)}"
    told = f"{figure} ({interval}) is {percents(low, wanted)[0]}."
    preferred = claim.favours == ("a" if facts.turned else "b")
    holds = preferred if wanted == EVEN else low > wanted + SLACK
    why = f"A true win rate of {bound} or less is not ruled out."
    return Condition(name, wanted, low, holds, asked, told, "" if holds else why)


def _not_worse(margin: float, of_whom: SpeaksFor, facts: ReleasedPair) -> Condition:
    """``found`` is how far below ½ the true win rate may be."""
    bound, figure = EVEN - margin, "The lower end of the win rate"
    name = "not_worse_than"
    asked = f"The gate wants it above {100 * bound:.8g}%, {points(margin)} below 50%."
    if facts.withheld or facts.one_sided is None:
        return unknown(name, margin, asked, figure, facts.missing)
    figure = f"{figure} of {facts.system} over {facts.against}"
    claim = claim_for(facts.one_sided, of_whom)
    rate = facts.one_sided.rate_for(claim.scope) if claim else None
    found = not_worse(rate, margin, of_a=facts.turned) if rate else None
    if claim is None or found is None or found.low is None:
        return unknown(name, margin, asked, figure, no_interval(claim))
    interval = f"one-sided {LEVEL:.0%} interval, {whom(claim.scope, facts.one_sided.raters)}"
    told = f"{figure} ({interval}) is {percents(found.low, bound)[0]}."
    why = (
        f"That {facts.system} is worse by {points(margin)} or more is not ruled out: that no difference was "
        "found does not make two systems alike."
    )
    return Condition(name, margin, found.worse_by, found.shown, asked, told, "" if found.shown else why)


def _evidence(wanted: float, facts: ReleasedPair) -> Condition:
    """The highest e-value favours the side that led when it was reached; that must be the released one.

    A system that has fallen behind since then does not meet the condition.
    """
    name, figure = "min_e_value", "The highest e-value"
    asked = f"The gate wants at least {wanted:.8g} for the released system."
    if facts.withheld or facts.pair is None:
        return unknown(name, wanted, asked, figure, facts.missing)
    found, value = facts.pair.evidence, facts.share(facts.pair.win_rate.value)
    enough = found.highest >= wanted - SLACK
    led, leads = facts.share(found.lead) > EVEN, value > EVEN
    told = f"{figure} is {NUMBERS.both(found.highest, wanted)[0]}{_for_whom(found.lead, facts)}."
    if not enough:
        why = f"That is {NUMBERS.apart(wanted - found.highest)} too low."
    elif not led:
        why = f"It is evidence that {facts.system} is not preferred, and does not speak for its release."
    else:
        why = f"{facts.system} led then, but its win rate is {value:.1%} by now."
    holds = enough and led and leads
    return Condition(name, wanted, found.highest, holds, asked, told, "" if holds else why)


def _for_whom(lead: float, facts: ReleasedPair) -> str:
    if lead == EVEN:
        return ", for neither system"
    ahead, behind = facts.system, facts.against
    if facts.share(lead) < EVEN:
        ahead, behind = behind, ahead
    return f", that {ahead} is preferred to {behind}"


# --- for machines ------------------------------------------------------------------------------------


def gate_json(reports: Iterable[GateReport]) -> dict[str, Json]:
    """``gate --json``: a figure that is not defined or withheld is null."""
    found = tuple(reports)
    return {"holds": all(report.holds for report in found), "studies": [report_json(one) for one in found]}


def report_json(report: GateReport) -> dict[str, Json]:
    """One entry of ``studies``."""
    return {
        "title": report.title,
        "file": report.file,
        "system": report.system or None,
        "against": report.against or None,
        "holds": report.holds,
        "tiers": [{"name": name, "holds": report.tier_holds(name)} for name in report.tiers],
        "conditions": [condition_json(each) for each in report.conditions],
    }


def gate_suites(reports: Iterable[GateReport]) -> tuple[TestSuite, ...]:
    """``gate --junit``: a suite for each study, with a case for each condition."""
    return tuple(
        TestSuite(
            f"{report.title} ({report.file})",
            tuple(
                TestCase(each.name, _case_group(report, each), each.words, failed=not each.holds)
                for each in report.conditions
            ),
        )
        for report in reports
    )


def _case_group(report: GateReport, found: Condition) -> str:
    tier = f".{found.tier}" if found.tier else ""
    return f"ftcompare.gate.{report.file}{tier}"


def write_gate_json(
    path: Path, reports: Iterable[GateReport], *, inputs: Iterable[Path] = (), replace: bool = False
) -> None:
    """Write `gate_json` to a file, completely or not at all.

    Raises:
        UserError: as `require_output`.
    """
    require_output(path, inputs=inputs, replace=replace)
    write_json(path, gate_json(reports), replace=replace)


def write_gate_junit(
    path: Path, reports: Iterable[GateReport], *, inputs: Iterable[Path] = (), replace: bool = False
) -> None:
    """Write `gate_suites` to a file, completely or not at all.

    Raises:
        UserError: as `require_output`.
    """
    require_output(path, inputs=inputs, replace=replace)
    write_junit(path, gate_suites(reports), name="ftcompare gate", replace=replace)
