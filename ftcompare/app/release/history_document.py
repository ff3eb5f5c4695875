"""Checkpoints as sentences about their differences, and as the document of ``ledger --json``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from ftcompare.app.measures.kind import MeasureRow
from ftcompare.app.measures.matrix_blocks import cell_sentence
from ftcompare.app.release.checkpoint_history import Ledger, LedgerRow, LedgerStep, distinct_names
from ftcompare.app.results.claim_sentences import headline, reach_words
from ftcompare.app.results.presentation.number_format import point_span, points
from ftcompare.app.study.altered_study import integrity_json
from ftcompare.core.hashing import Json
from ftcompare.core.plurals import counted
from ftcompare.stats.checkpoint_differences import Difference
from ftcompare.stats.claims import Claim, ClaimScope, NoClaim
from ftcompare.stats.results_json import claim_json
from ftcompare.stats.win_rate import Rate


def step_sentence(step: LedgerStep, before: str, after: str) -> str:
    """Say which of two checkpoints fares better, for which raters, and how precisely that is known."""
    found, made = step.over_prompts, step.made
    if found is None:
        return f"{after} cannot be compared with {before}: {step.reason}."
    size = f"{points(found.value)}{_spans(step)}"
    if made is None:
        few = step.claims[0].reason is NoClaim.TOO_FEW_PROMPTS
        why = "There are too few prompts to tell." if few else "A difference of this size could be chance."
        return f"No clear difference between {before} and {after}: {size}. {why}"
    better = "better" if made.favours == "b" else "worse"
    whom = _CLEARLY[made.scope]
    if made is not step.claims[-1] and not step.raters:
        reach = "No rater judged both, so that the raters may make the difference."
    else:
        wide = step.over_raters
        span = f"{point_span(wide.low, wide.high)} points" if wide else ""
        reach = reach_words(made, step.claims[-1], step.raters, span)
    return f"{whom[0]}{after} fares {whom[1]}{better} than {before}: {size}. {reach}"


_CLEARLY = {
    ClaimScope.RATERS_LIKE_THESE: ("", ""),
    ClaimScope.THESE_RATERS: ("For these raters, ", "clearly "),
    ClaimScope.ONE_RATER: ("For this rater, ", "clearly "),
}


def _spans(step: LedgerStep) -> str:
    """The intervals of a difference in brackets, except one that the next sentence gives."""
    found, wide = step.over_prompts, step.over_raters
    if found is None or found.low is None:
        return ""
    told = f"{found.level:.0%}: {point_span(found.low, found.high)}"
    if wide is not None and step.claims[-1].reason is not NoClaim.RATERS_DIFFER:
        told += f" for these raters, {point_span(wide.low, wide.high)} for raters like them"
    return f" ({told})"


def difference_lines(step: LedgerStep, before: str) -> list[tuple[str, str]]:
    """Both intervals of the difference, one below the other as those of the win rate."""
    heads = (f"  Against {before}", step.over_prompts), ("    for raters like these", step.over_raters)
    return [(head, _difference_words(found)) for head, found in heads if found]


def _difference_words(found: Difference) -> str:
    shared = f"n = {counted(found.prompts, 'shared prompt')}"
    ends = f"{found.level:.0%}: {point_span(found.low, found.high)}, " if found.low is not None else ""
    return f"{points(found.value)} ({ends}{shared})"


def speed_sentences(row: LedgerRow) -> Iterator[str]:
    """The speeds of a checkpoint, and how they differ from those of its base in the same measurement."""
    for speed in row.speeds:
        if row.system in speed.by_system:
            yield cell_sentence(speed, row.system, row.base)


# --- for machines ------------------------------------------------------------------------------------


def ledger_json(found: Ledger) -> dict[str, Json]:
    """``ledger --json``: a figure that is not defined is null."""
    return {
        "checkpoints": [_row_json(row) for row in found.rows],
        "differences": [_step_json(step, found.rows) for step in found.steps],
        "notes": list(found.notes),
        "integrity": integrity_json(found.integrity),
    }


def _row_json(row: LedgerRow) -> dict[str, Json]:
    return {
        "system": row.system,
        "study": row.study,
        "file": row.file,
        "base": row.base,
        "rater_kind": row.rater_kind.value,
        "prompts": row.prompts,
        "judgments": row.judgments,
        "raters": row.raters,
        "win_rate": _interval_json(row.win_rate),
        "win_rate_over_raters": _interval_json(row.win_rate_over_raters),
        "agreement": {
            "units": row.agreement.units,
            "percent": row.agreement.percent,
            "krippendorff_alpha": {
                "nominal": row.agreement.alpha_nominal,
                "ordinal": row.agreement.alpha_ordinal,
            },
        },
        "judged_at": row.judged_at or None,
        **_claims_json(row.pair.claims, (row.pair.a, row.pair.b)),
        "sentence": headline(row.pair),
        "speeds": [_speed_json(speed, row) for speed in row.speeds if row.system in speed.by_system],
    }


def _step_json(step: LedgerStep, rows: tuple[LedgerRow, ...]) -> dict[str, Json]:
    before, after = rows[step.before], rows[step.after]
    return {
        "from": {"system": before.system, "file": before.file},
        "to": {"system": after.system, "file": after.file},
        "rater_kind": after.rater_kind.value,
        "prompts": step.over_prompts.prompts if step.over_prompts else 0,
        "difference": _interval_json(step.over_prompts),
        "difference_over_raters": _interval_json(step.over_raters),
        "reason": step.reason or None,
        **_claims_json(step.claims, (before.system, after.system)),
        "sentence": step_sentence(step, *distinct_names((before, after))),
    }


def _speed_json(speed: MeasureRow, row: LedgerRow) -> Json:
    value, less = speed.by_system[row.system], speed.difference(row.base, row.system)
    return {"key": speed.key, **asdict(value), "difference_from_base": asdict(less) if less else None}


def _claims_json(claims: Iterable[Claim], names: tuple[str, str]) -> dict[str, Json]:
    """The claims with the name of the system that each favours."""
    sides = dict(zip(("a", "b"), names, strict=True))
    return {
        "claims": [
            {**claim_json(one), "favours": sides[one.favours] if one.favours else None} for one in claims
        ]
    }


def _interval_json(found: Rate | Difference | None) -> Json:
    names = ("value", "low", "high", "level", "method", "generalises_over")
    return {name: getattr(found, name) for name in names} if found else None
