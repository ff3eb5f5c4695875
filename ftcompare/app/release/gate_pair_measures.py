"""The measures of a gate's released system, and whether people prefer it to its base with a long prompt."""

from __future__ import annotations

from ftcompare.app.generate.benchmark import Prices
from ftcompare.app.release.gate_conditions import Condition
from ftcompare.app.release.gate_figures import gate_figures
from ftcompare.app.release.gate_file import Gate
from ftcompare.app.release.gate_measure_conditions import MeasuredPair
from ftcompare.app.release.released_pair import ReleasedPair
from ftcompare.app.results.presentation.prompted_base import fallback_sentence
from ftcompare.app.results.prompted_base import fallback_verdicts, prompted_pairs
from ftcompare.app.results.study_results import votes
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.disclosure import Subject
from ftcompare.core.study import RaterKind
from ftcompare.stats.summary import compare
from ftcompare.store.study.study_file import StudyFile

_NAME = "beats_prompted_base"
_ASKED = "The gate wants it to be preferred to its base with a long prompt."


def measured_pair(study: StudyFile, gate: Gate, facts: ReleasedPair, told: ProgressCallback) -> MeasuredPair:
    """What conditions on measures are held against; nothing is computed where there are none."""
    known = tuple(system.name for system in study.systems.all())
    if not any(part.measures for part in gate.parts):
        return MeasuredPair(facts.system, facts.against, known, {})
    if withheld := study.settings.read().disclosure.withheld(Subject.AUTOMATIC_MEASURES):
        return MeasuredPair("", "", (), {}, withheld.clause)
    figures = gate_figures(study, gate_prices(gate), told=told)
    programs = (rater.name for rater in study.raters.all() if rater.kind is RaterKind.AUTOMATIC)
    return MeasuredPair(facts.system, facts.against, known, figures, judges=tuple(programs))


def gate_prices(gate: Gate) -> Prices | None:
    """What the gate says that tokens cost."""
    if gate.price_read is None or gate.price_written is None:
        return None
    return Prices(gate.price_read, gate.price_written)


def beats_prompted_base(study: StudyFile, kind: RaterKind, facts: ReleasedPair) -> Condition:
    """The claim of the results, against every prompted base of the study; all of them must be beaten."""
    if facts.withheld:
        return _unsettled(f"That is not known: {facts.withheld.clause}.")
    prompted = [one for one in prompted_pairs(study) if one.fine_tune == facts.system]
    if not prompted:
        return _unsettled("The study has no base that is asked with a system prompt or examples.")
    judged = [vote for vote in votes(study) if vote.rater_kind is kind]
    found = fallback_verdicts(compare(judged), prompted)
    missing = [one.base for one in prompted if one.base not in {verdict.prompted.base for verdict in found}]
    if missing:
        return _unsettled(f"Nobody has judged {facts.system} against {', '.join(missing)} yet.")
    holds = all(verdict.beats for verdict in found)
    told = " ".join(fallback_sentence(verdict) for verdict in found)
    known = any(verdict.beats is False for verdict in found)
    why = "It is not preferred to it." if known else "That is not shown."
    return Condition(
        _NAME, True, holds if holds or known else None, holds, _ASKED, told, "" if holds else why
    )


def _unsettled(told: str) -> Condition:
    because = "A condition on a figure that is not known does not hold."
    return Condition(_NAME, True, None, False, _ASKED, told, because)
