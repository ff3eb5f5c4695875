"""Whether a study's results let a model out: the conditions of a gate, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ftcompare.app.overwrite_guard import require_output
from ftcompare.app.raters.quality import BlindnessReport, blindness, controls, self_naming
from ftcompare.app.release.gate_conditions import (
    Condition,
    condition,
    condition_json,
    numbers,
    percents,
    simply,
    wholes,
)
from ftcompare.app.release.gate_file import AgreementMeasure, Gate
from ftcompare.app.results.study_results import votes
from ftcompare.app.work_progress import Told, untold
from ftcompare.core.disclosure import Subject, Withheld
from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json
from ftcompare.formats.json_document import write_json
from ftcompare.formats.junit import TestCase, TestSuite, write_junit
from ftcompare.formats.record_fields import any_of
from ftcompare.stats.agreement import Agreement, agreement
from ftcompare.stats.summary import PairSummary, SummarySlice, compare
from ftcompare.stats.vote_table import tabulate
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class GateReport:
    """What a gate found in one study.

    Args:
        file: the study's file name.
        system: whose release it is; empty while that is withheld, and where no condition is about a pair of
            systems.
        against: what it is held against; so too.
        conditions: those asked for, in a fixed order.
        withheld: why no system is named; None where systems may be.
    """

    title: str
    file: str
    system: str
    against: str
    conditions: tuple[Condition, ...]
    withheld: Withheld | None = None

    @property
    def holds(self) -> bool:
        """Whether all conditions do."""
        return all(condition.holds for condition in self.conditions)

    @property
    def failed(self) -> tuple[Condition, ...]:
        """Those that do not."""
        return tuple(condition for condition in self.conditions if not condition.holds)


def apply_gate(study: StudyFile, gate: Gate, *, told: Told = untold) -> GateReport:
    """Hold a study to a gate.

    A condition whose figure may not be told now does not hold.

    Args:
        study: the study.
        gate: the conditions.
        told: told the name of the condition that was looked at, and the share of them that are; it may
            raise to give up.

    Raises:
        UserError: ``gate-empty`` for a gate without conditions; ``gate-system`` where it is not clear
            whose release it is, or the study has no such system.
    """
    if not gate.asks:
        raise UserError(
            "The gate has no condition.",
            how="Give --min-win-rate 0.5, or a file of conditions with --gate.",
            code="gate-empty",
        )
    told("", 0.0)
    facts = _facts(study, gate)
    conditions = []
    for found in _conditions(study, gate, facts):
        conditions.append(found)
        told(found.name, min(1.0, len(conditions) / gate.asked))
    return GateReport(
        title=study.settings.read().title,
        file=study.path.name,
        system=facts.system,
        against=facts.against,
        conditions=tuple(conditions),
        withheld=facts.withheld,
    )


# --- whose release -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the gate's figures are read from.

    Args:
        pair: the judgments of the two systems; None where there are none, or not to be told.
        turned: the released system is ``a`` of the pair, so that its win rate is 1 less that of b.
        withheld: why figures of the released system are not told; None where they are.
    """

    system: str
    against: str
    pair: PairSummary | None
    turned: bool
    withheld: Withheld | None
    agreement: Agreement

    @property
    def missing(self) -> str:
        """Why there is no pair."""
        if self.withheld is not None:
            return self.withheld.clause
        return f"nobody has judged {self.system} against {self.against} yet"

    def share(self, of_b: float) -> float:
        """The released system's share, from that of b."""
        return 1 - of_b if self.turned else of_b


def _facts(study: StudyFile, gate: Gate) -> _Facts:
    judged = [vote for vote in votes(study) if vote.rater_kind is gate.rater_kind]
    pairs, agreed = compare(judged), agreement(tabulate(judged))
    withheld = study.settings.read().disclosure.withheld(Subject.RELEASE_FIGURES)
    if withheld is not None:
        # Of a single pair, what is the same for both its systems tells nothing about either.
        return _Facts("", "", pairs[0] if len(pairs) == 1 else None, False, withheld, agreed)
    system, against = _settled(study, gate)
    pair = next((c for c in pairs if {c.a, c.b} == {system, against}), None)
    return _Facts(system, against, pair, pair is not None and pair.a == system, None, agreed)


def known_bases(study: StudyFile) -> tuple[str, ...]:
    """The systems that are known to be a base, by name: none where all answers were imported."""
    return tuple(system.name for system in study.systems.all() if system.spec.is_base)


def _settled(study: StudyFile, gate: Gate) -> tuple[str, str]:
    """As `_released`; empty where it is not clear and no condition needs to know."""
    names = tuple(system.name for system in study.systems.all())
    for name in filter(None, (gate.system, gate.against)):
        if name not in names:
            raise _unclear(study, f"There is no system {name!r}.", names)
    try:
        return _released(study, gate, names)
    except UserError:
        if gate.of_a_pair:
            raise
        return "", ""


def _released(study: StudyFile, gate: Gate, names: tuple[str, ...]) -> tuple[str, str]:
    """The names of the released system and of the one it is held against."""
    bases = known_bases(study)
    against = gate.against or _against(gate.system, names, bases)
    if not against:
        why = "several are bases" if bases else "none is known to be the base"
        raise _unclear(study, f"It is not clear what the system is held against: {why}.", names)
    if gate.system == against:
        raise _unclear(study, f"{against!r} cannot be held against itself.", names)
    others = [name for name in names if name not in (against, *bases)]
    released = [gate.system] if gate.system else others
    if len(released) != 1:
        raise _unclear(study, "It is not clear which system the gate is for.", names)
    return released[0], against


def _against(system: str, names: tuple[str, ...], bases: tuple[str, ...]) -> str:
    """The only base, or beside the released system the only other one; empty where it would be a guess."""
    held = [name for name in bases if name != system]
    if system and not held:
        held = [name for name in names if name != system]
    return held[0] if len(held) == 1 else ""


def _unclear(study: StudyFile, what: str, names: tuple[str, ...]) -> UserError:
    known = f"The systems are {any_of(names)}. " if names else "There are none. "
    return UserError(
        what,
        where=study.path.name,
        how=f'{known}Name two of them with --system and --against, or with system = "…" and against = "…" '
        "in the file.",
        code="gate-system",
    )


# --- the conditions ----------------------------------------------------------------------------------


def _conditions(study: StudyFile, gate: Gate, facts: _Facts) -> Iterator[Condition]:
    if gate.checks:
        found = _check(study)
        if gate.check or not found.holds:
            yield found
    if gate.names_told:
        yield _names_told(facts)
    yield from _amounts(study, gate, facts)
    yield from _care(study, gate)
    yield from _figures(gate, facts)


def _check(study: StudyFile) -> Condition:
    found = study.check()
    wrong = [finding for finding in found if not finding.ok]
    told = "; ".join(f"{finding.subject}: {finding.detail}" for finding in wrong)
    fine = f"All {len(found)} proofs of the study hold; the gate wants them to hold."
    words = f"The study was altered ({told}); a gate holds only on an unaltered study." if wrong else fine
    return simply("check", holds=not wrong, words=words)


def _names_told(facts: _Facts) -> Condition:
    holds = facts.withheld is None
    words = f"The study is {'unblinded' if holds else 'still blinded'}; the gate wants it unblinded."
    return simply("unblinded", holds=holds, words=words)


def _amounts(study: StudyFile, gate: Gate, facts: _Facts) -> Iterator[Condition]:
    """How much was judged; of the pair that the gate is for."""
    pair = facts.pair
    none: int | str = facts.missing if facts.withheld else 0
    amounts = (
        ("min_judgments", "judgments", gate.min_judgments, pair.judgments if pair else none),
        ("min_prompts", "prompts judged", gate.min_prompts, pair.prompts if pair else none),
        ("min_raters", "raters", gate.min_raters, pair.raters if pair else none),
    )
    for name, noun, wanted, found in amounts:
        if wanted is not None:
            yield condition(name, found, wanted, f"The number of {noun}", wholes)
    if gate.max_exclusions is not None:
        excluded, figure = len(study.raters.excluded()), "The number of raters left out of the results"
        yield condition("max_exclusions", excluded, gate.max_exclusions, figure, wholes)


def _care(study: StudyFile, gate: Gate) -> Iterator[Condition]:
    """How carefully and how blind it was judged."""
    if gate.max_false_preferences is not None:
        value = controls(study).value
        found = "no control was judged" if value is None else value
        figure = "The share of controls on which a side was preferred"
        yield condition("max_false_preferences", found, gate.max_false_preferences, figure, percents)
    if gate.max_blinding_high is not None or gate.max_blinding_index is not None:
        withheld = study.settings.read().disclosure.withheld(Subject.GUESSES)
        yield from _blinding(gate, blindness(study), withheld)
    if gate.max_self_naming is not None:
        prompts = study.counts().prompts
        share = len(self_naming(study).prompts) / prompts if prompts else "the study has no prompts"
        figure = "The share of prompts with an answer that gives its model away"
        yield condition("max_self_naming", share, gate.max_self_naming, figure, percents)


def _blinding(gate: Gate, report: BlindnessReport, withheld: Withheld | None) -> Iterator[Condition]:
    index = report.overall
    why = withheld.clause if withheld else "nobody has guessed which side was fine-tuned"
    high = why if index is None or index.high is None else index.high
    size = why if index is None or index.value is None else abs(index.value)
    if gate.max_blinding_high is not None:
        figure = "The upper end of Bang's blinding index"
        yield condition("max_blinding_high", high, gate.max_blinding_high, figure, numbers)
    if gate.max_blinding_index is not None:
        figure = "Bang's blinding index, without its sign,"
        yield condition("max_blinding_index", size, gate.max_blinding_index, figure, numbers)


def _figures(gate: Gate, facts: _Facts) -> Iterator[Condition]:
    """What was found: agreement, win rates, evidence."""
    if gate.min_agreement is not None:
        yield _agreement(gate.agreement, gate.min_agreement, facts.agreement)
    if gate.min_win_rate is not None:
        yield _win_rate(gate.min_win_rate, facts)
    if gate.min_category is not None:
        yield _slices("category", gate.min_category, gate.min_category_prompts, facts)
    if gate.min_split is not None:
        yield _slices("split", gate.min_split, gate.min_split_prompts, facts)
    if gate.min_tag is not None:
        yield _slices("tag", gate.min_tag, gate.min_tag_prompts, facts)
    if gate.min_e_value is not None:
        found = facts.pair.evidence.highest if facts.pair else facts.missing
        figure = "The highest e-value, the evidence that either is preferred,"
        yield condition("min_e_value", found, gate.min_e_value, figure, numbers)


_MEASURES: Mapping[AgreementMeasure, tuple[str, Callable[[Agreement], float | None]]] = {
    AgreementMeasure.ALPHA_ORDINAL: ("Krippendorff's α (ordinal)", lambda found: found.alpha_ordinal),
    AgreementMeasure.ALPHA_NOMINAL: ("Krippendorff's α (nominal)", lambda found: found.alpha_nominal),
    AgreementMeasure.PERCENT: ("The share of answers that agree", lambda found: found.percent),
}


def _agreement(measure: AgreementMeasure, wanted: float, agreed: Agreement) -> Condition:
    figure, read = _MEASURES[measure]
    value = read(agreed)
    why = "all answers are alike" if agreed.units else "no pair was judged by two raters"
    spell = percents if measure is AgreementMeasure.PERCENT else numbers
    return condition("min_agreement", why if value is None else value, wanted, figure, spell)


def _win_rate(wanted: float, facts: _Facts) -> Condition:
    name, figure = "min_win_rate", "The lower end of the win rate"
    if facts.withheld or facts.pair is None:
        return condition(name, facts.missing, wanted, figure, percents)
    rate = facts.pair.win_rate_over_raters or facts.pair.win_rate
    figure = f"{figure} of {facts.system} over {facts.against}"
    if rate.low is None or rate.high is None:
        why = "all judgments are of one prompt, and so there is no interval"
        return condition(name, why, wanted, figure, percents)
    figure = f"{figure} (interval over {rate.generalises_over}, {rate.level:.0%})"
    return condition(name, facts.share(rate.high if facts.turned else rate.low), wanted, figure, percents)


def _slices(dimension: str, wanted: float, least: int, facts: _Facts) -> Condition:
    """No slice below a rate; those with fewer than ``least`` prompts are passed over."""
    name, figure = f"min_{dimension}", f"The lowest win rate of a {dimension}"
    if facts.withheld or facts.pair is None:
        return condition(name, facts.missing, wanted, figure, percents)
    slices = [part for part in facts.pair.slices if part.dimension == dimension]
    counted = [part for part in slices if part.counts.prompts >= least]
    if not counted:
        why = f"no {dimension} has {least:,} prompts" if slices else f"no prompt has a {dimension}"
        return condition(name, why, wanted, figure, percents)
    lowest = min(counted, key=lambda part: facts.share(part.rate.value))
    found = condition(name, facts.share(lowest.rate.value), wanted, figure, percents)
    told = _listed(counted, lowest, wanted, facts)
    passed = len(slices) - len(counted)
    note = f" Passed over, with fewer than {least:,} prompts: {passed:,}." if passed else ""
    return Condition(name, wanted, found.found, found.holds, f"{found.words} {told}{note}")


def _listed(counted: Iterable[SummarySlice], lowest: SummarySlice, wanted: float, facts: _Facts) -> str:
    """The slices below the bound with their figures; the lowest where none is."""
    below = [part for part in counted if facts.share(part.rate.value) < wanted] or [lowest]
    parts = sorted(below, key=lambda part: facts.share(part.rate.value))
    told = (f"{part.name} {_slice_words(part, facts.share(part.rate.value), wanted)}" for part in parts)
    return f"{', '.join(told)}."


def _slice_words(part: SummarySlice, share: float, wanted: float) -> str:
    return f"{percents(share, wanted)[0]} (prompts: {part.counts.prompts:,})"


# --- for machines ------------------------------------------------------------------------------------


def gate_json(reports: Iterable[GateReport]) -> dict[str, Json]:
    """``gate --json``: null where a figure is not defined or may not be told yet."""
    found = tuple(reports)
    return {
        "holds": all(report.holds for report in found),
        "studies": [
            {
                "title": report.title,
                "file": report.file,
                "system": report.system or None,
                "against": report.against or None,
                "holds": report.holds,
                "conditions": [condition_json(each) for each in report.conditions],
            }
            for report in found
        ],
    }


def gate_suites(reports: Iterable[GateReport]) -> tuple[TestSuite, ...]:
    """``gate --junit``: a suite for each study, a case for each condition."""
    return tuple(
        TestSuite(
            f"{report.title} ({report.file})",
            tuple(
                TestCase(each.name, f"ftcompare.gate.{report.file}", each.words, failed=not each.holds)
                for each in report.conditions
            ),
        )
        for report in reports
    )


def write_gate_json(
    path: Path, reports: Iterable[GateReport], *, inputs: Iterable[Path] = (), replace: bool = False
) -> None:
    """Write `gate_json` to a file, whole or not at all.

    Raises:
        UserError: as `require_output`.
    """
    require_output(path, inputs=inputs, replace=replace)
    write_json(path, gate_json(reports), replace=replace)


def write_gate_junit(
    path: Path, reports: Iterable[GateReport], *, inputs: Iterable[Path] = (), replace: bool = False
) -> None:
    """Write `gate_suites` to a file, whole or not at all.

    Raises:
        UserError: as `require_output`.
    """
    require_output(path, inputs=inputs, replace=replace)
    write_junit(path, gate_suites(reports), name="ftcompare gate", replace=replace)
