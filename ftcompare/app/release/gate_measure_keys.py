"""Whether the conditions on measures of a gate ask for what can be: keys, systems, bounds on shares."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches

from ftcompare.app.release.gate_figures import SPEED_KEYS
from ftcompare.app.release.gate_measure_conditions import MeasuredPair
from ftcompare.app.release.gate_measures import BOUNDS, MEASURE, MeasureBound
from ftcompare.app.results.checks import CHECK_MEASURES, KIND_MEASURES
from ftcompare.app.results.code_tests import AT_1, AT_K
from ftcompare.app.results.consistency import CONSISTENCY_MEASURES
from ftcompare.app.results.label_likelihood import ACCURACY, PER_CHARACTER
from ftcompare.app.results.matrix.confidence import CONFIDENCE_KEYS
from ftcompare.app.results.safety import SAFETY_MEASURES
from ftcompare.core.errors import UserError
from ftcompare.formats.record_fields import any_of, shown

CODE = "gate-measure"
MOST_NAMED = 9
"""Keys that are named one by one."""
CLOSED: Collection[str] = (
    *(f"checks.{one.id}" for one in (*CHECK_MEASURES, *KIND_MEASURES.values())),
    *(f"safety.{one.id}" for one in SAFETY_MEASURES),
    *(f"consistency.{one.id}" for one in CONSISTENCY_MEASURES),
    *(f"labels.{one.id}" for one in (ACCURACY, PER_CHARACTER)),
    *CONFIDENCE_KEYS,
    f"code.{AT_1}",
    f"code.{AT_K}",
    *SPEED_KEYS,
)
"""All keys of the groups that name nothing of a study."""

_JUDGE, _TASK = "judge.", "retention."
_OF_JUDGE = ("win_rate", "agreement", "score")
"""How the keys of a judge end."""


def require_measures(bounds: Iterable[MeasureBound], pair: MeasuredPair) -> None:
    """Refuse conditions that no study, or not this one, can hold to, whatever its figures are.

    Raises:
        UserError: ``gate-measure`` for a key that no measure has, and a bound on a share that is none;
            ``gate-system`` where ``against`` is no system of the study.
    """
    for bound in bounds:
        _require_key(bound.key, pair)
        if bound.against and not pair.why_not and bound.against not in pair.known:
            what = f"There is no system {shown(bound.against)}, which {MEASURE} {bound.key} compares with."
            raise UserError(what, how=f"The systems are {any_of(pair.known)}.", code="gate-system")
        if bound.key in pair.figures and pair.figures[bound.key].share:
            _require_share(bound)


def _require_key(key: str, pair: MeasuredPair) -> None:
    if key in pair.figures or key in CLOSED:
        return
    possible = _possible(key, pair)
    if possible is None:
        return
    near = get_close_matches(key, possible, n=1)
    listed = "“ftcompare measures STUDY --json” lists the keys of a study's measures."
    how = f"Did you mean {any_of(near)}? {listed}" if near else listed
    raise UserError(f"No measure has the key {shown(key)}.", how=f"{how}{_named(key, possible)}", code=CODE)


def _possible(key: str, pair: MeasuredPair) -> Sequence[str] | None:
    """What keys there can be in place of an unknown one; None where the study may come to have it."""
    if key.startswith(_JUDGE):
        return _keys_of_judges(key, pair)
    if key.startswith(_TASK):
        done = sorted(one for one in pair.figures if one.startswith(_TASK))
        return done or (None if key.count(".") > 1 else [f"{_TASK}TASK.METRIC"])
    return sorted({*CLOSED, *pair.figures})


def _keys_of_judges(key: str, pair: MeasuredPair) -> Sequence[str] | None:
    """Where no program has judged yet, any name may be one of a judge to come."""
    ends = tuple(f".{end}" for end in _OF_JUDGE)
    name = next((key[len(_JUDGE) : -len(end)] for end in ends if key.endswith(end)), "")
    if name in pair.judges or (name and not pair.judges):
        return None
    return [f"{_JUDGE}{judge}{end}" for judge in pair.judges or ("NAME",) for end in ends]


def _named(key: str, possible: Sequence[str]) -> str:
    """The keys of a group that depend on the study, in a sentence; empty for those of other groups."""
    if not key.startswith((_JUDGE, _TASK)):
        return ""
    more = f" and {len(possible) - MOST_NAMED:,} more" if len(possible) > MOST_NAMED else ""
    return f" Of this group there can be {', '.join(possible[:MOST_NAMED])}{more}."


def _require_share(bound: MeasureBound) -> None:
    for setting in BOUNDS:
        value = getattr(bound, setting)
        if value is not None and not 0 <= value <= 1:
            what = f"{setting} of {bound.key} is {value:.8g}, but the measure is a share, between 0 and 1."
            how = (
                f"Write {setting} = {value / 100:.8g}" if 1 < value <= 100 else "Write a number from 0 to 1."
            )
            raise UserError(what, how=how, code=CODE)
