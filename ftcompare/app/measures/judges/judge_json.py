"""The figures of judges as JSON."""

from __future__ import annotations

from ftcompare.app.measures.judges.judge_figures import JudgeFigures, StudyJudges
from ftcompare.core.hashing import Json, fields_json
from ftcompare.stats.correctness import Calibration
from ftcompare.stats.judge_agreement import CategoryAgreement, JudgedPairing, PromptKappa
from ftcompare.stats.position_and_length_bias import FeatureEffect
from ftcompare.stats.win_rate import Rate


def judges_json(results: StudyJudges) -> dict[str, Json]:
    """The ``judges list --json`` document: every judge; unknown and withheld values are null."""
    return {
        "withheld": results.withheld.text if results.withheld else None,
        "figures": [_judge_json(one, by_system=results.withheld is None) for one in results.judges],
    }


DIFFERING = {"prompt": "key", "judge_prefers": "judge", "people_prefer": "people"}


def _judge_json(judge: JudgeFigures, *, by_system: bool) -> Json:
    rater, agreed = judge.rater, judge.agreed
    return {
        "name": judge.name,
        "kind": judge.kind,
        "judgments": rater.judgments if rater else 0,
        "questions": judge.totals.replies if judge.totals else None,
        "without_verdict": judge.totals.without_verdict if judge.totals else None,
        "without_score": judge.totals.without_score if judge.totals else None,
        "judges_itself": bool(judge.warning),
        "agreement": rate_json(rater.agreement if rater else None),
        "agreement_decided": rate_json(rater.agreement_decided if rater else None),
        "kappa": _kappa_json(agreed.kappa if agreed else None),
        "consistency": rate_json(rater.consistency if rater else None),
        "left_share": rate_json(agreed.left if agreed else None),
        "categories": [_category_json(part) for part in agreed.categories] if agreed and by_system else None,
        "pairs": [_pairing_json(pair) for pair in agreed.pairings] if agreed and by_system else None,
        "calibration": _calibration_json(judge.calibration),
        "differing": [fields_json(pair, **DIFFERING) for pair in judge.differing] if by_system else None,
    }


def rate_json(rate: Rate | None) -> Json:
    return fields_json(rate, "value", "low", "high", "n") if rate else None


def _kappa_json(kappa: PromptKappa | None) -> Json:
    names = ("value", "low", "high", "observed", "by_chance", "pairs", "prompts")
    return fields_json(kappa, *names) if kappa else None


def _category_json(part: CategoryAgreement) -> Json:
    return {
        "category": part.category,
        "agreement": rate_json(part.all_answers),
        "agreement_decided": rate_json(part.decided),
    }


def _pairing_json(pair: JudgedPairing) -> Json:
    return {
        "a": pair.a,
        "b": pair.b,
        "win_rate_b": rate_json(pair.win_rate),
        "length_worth": _worth_json(pair.length),
        "length_worth_to_people": _worth_json(pair.people_length),
    }


def _worth_json(effect: FeatureEffect | None) -> Json:
    """Change of the log-odds (logits) of winning for a typical lead in length."""
    return fields_json(effect, value="coefficient", low="low", high="high") if effect else None


def _calibration_json(calibration: Calibration | None) -> Json:
    if calibration is None:
        return None
    errors = fields_json(calibration, "brier", "error", "error_by_chance")
    own = fields_json(
        calibration, pairs="answers", prompts="prompts", confidence="confidence", agreeing="correct"
    )
    return own | errors
