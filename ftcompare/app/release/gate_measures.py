"""Conditions of a gate on any measure: their settings, the available keys, and their evaluation.

Tables ``[[measure]]`` of a gate file. A bound is compared with the nearer end of the figure's interval, never
with a figure without one, unless the table says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from ftcompare.app.measures.registry import KINDS
from ftcompare.app.release.gate_conditions import (
    NUMBERS,
    PERCENTS,
    SLACK,
    Condition,
    Spelling,
    points,
    unknown,
)
from ftcompare.app.release.gate_figures import SPEED_KEYS, GateFigure, Spread
from ftcompare.app.release.released_pair import ReleasedPair
from ftcompare.app.results.presentation.prompted_base import fallback_sentence
from ftcompare.app.results.prompted_base import fallback_verdicts, prompted_pairs
from ftcompare.app.results.study_results import votes
from ftcompare.core.errors import UserError
from ftcompare.core.fields import FieldKind, fields_of, setting, word_choices
from ftcompare.core.study import RaterKind
from ftcompare.formats.record_fields import any_of, shown
from ftcompare.formats.toml_file import TomlTable
from ftcompare.stats.summary import compare
from ftcompare.store.study.study_file import StudyFile

MEASURE = "measure"
"""Name of these tables in the file."""

MOST_MEASURES = 200
"""Maximum number of conditions on measures in one list."""

LONGEST_KEY = 300
MOST = 1e12
"""Largest absolute value of a bound."""


class MeasureBasis(StrEnum):
    """The figure for a bound: the nearer end of the interval, or the figure itself."""

    INTERVAL = "interval"
    POINT = "point"


def _bound(title: str, meaning: str, usual: float, *, low: float = -MOST) -> Any:
    return setting(None, title, meaning, kind=FieldKind.NUMBER, low=low, high=MOST, usual=usual)


@dataclass(frozen=True, slots=True)
class MeasureBound:
    """Conditions on one measure of the released system. The attributes are the table's settings."""

    key: str = setting(
        "", "Measure", "Key of the measure, as listed by `ftcompare measures show`.", usual="checks.passed"
    )
    at_least: float | None = _bound(
        "At least", "The lower end of its 95% interval must be at least this.", 0.9
    )
    at_most: float | None = _bound("At most", "The upper end of its 95% interval must be at most this.", 1.5)
    not_worse_by: float | None = _bound(
        "Not worse by", "The data must rule out a loss of this size or more.", 0.02, low=0.0
    )
    better_by: float | None = _bound(
        "Better by", "The data must show a gain of more than this.", 0.0, low=0.0
    )
    against: str = setting(
        "",
        "Against",
        "The system to compare with in the last two conditions. Default: that of the release check.",
        usual="base",
    )
    basis: MeasureBasis = setting(
        MeasureBasis.INTERVAL,
        "Basis",
        "“point” compares the figures themselves and ignores chance.",
        choices=word_choices(MeasureBasis.INTERVAL, "the interval", "the figure itself"),
    )

    @property
    def compares(self) -> bool:
        return self.not_worse_by is not None or self.better_by is not None

    @property
    def asked(self) -> int:
        return sum(getattr(self, name) is not None for name in BOUNDS)


BOUNDS = ("at_least", "at_most", "not_worse_by", "better_by")
"""The settings that are conditions."""

MEASURE_SETTINGS = tuple(fields_of(MeasureBound))
"""The settings of such a table."""


def read_measures(table: TomlTable) -> tuple[MeasureBound, ...]:
    """The conditions on measures of a gate or a tier.

    Raises `UserError` with the code of ``table``: no list of tables, unknown settings, wrong values, no
    bound.
    """
    found = tuple(table.tables(MEASURE, 'key = "checks.passed"'))
    if len(found) > MOST_MEASURES:
        what = f"There are {len(found):,} conditions on measures; at most {MOST_MEASURES} are taken."
        raise table.error(what, "Leave some out.")
    return tuple(map(_read_bound, found))


def _read_bound(own: TomlTable) -> MeasureBound:
    own.require_known(MEASURE_SETTINGS)
    bound = MeasureBound(**{**own.described(MeasureBound), "key": _key(own)})
    if bound.not_worse_by == 0:
        what = "not_worse_by must be above 0: no number of prompts shows that nothing at all was lost."
        raise own.error(what, "Write, for example: not_worse_by = 0.02")
    if not bound.asked:
        what = f"{shown(bound.key)} has no condition."
        raise own.error(what, "Add a line such as at_least = 0.9 or not_worse_by = 0.02")
    if bound.against and not bound.compares:
        what = "against is given, but no not_worse_by or better_by."
        raise own.error(what, "Add a line such as not_worse_by = 0.02")
    return bound


def _key(own: TomlTable) -> str:
    key = own.text("key")
    if (
        not key
        or len(key) > LONGEST_KEY
        or not key.isprintable()
        or any(part == "" for part in key.split("."))
    ):
        what = f"key must name a measure, not {shown(own.values.get('key', ''))}."
        raise own.error(what, 'Write, for example: key = "checks.passed"')
    return key


Figures = Mapping[str, GateFigure]


@dataclass(frozen=True, slots=True)
class MeasuredPair:
    """Whose measures are held to a gate."""

    system: str  # to be released
    against: str  # the system to compare with where a condition names none
    known: tuple[str, ...]  # names of all systems
    figures: Figures  # by key; empty where they are withheld
    why_not: str = ""  # a clause: why there are none; empty where there may be some
    # names of judges and other raters that are programs, also of those without figures
    judges: tuple[str, ...] = ()


def measure_conditions(bounds: Iterable[MeasureBound], pair: MeasuredPair) -> Iterator[Condition]:
    for bound in bounds:
        for name, hold in _HELD.items():
            wanted = getattr(bound, name)
            if wanted is not None:
                yield hold(_Asked(bound, name, wanted, pair))


@dataclass(frozen=True, slots=True)
class _Asked:
    bound: MeasureBound
    setting: str
    wanted: float
    pair: MeasuredPair

    @property
    def name(self) -> str:
        return f"{self.bound.key} {self.setting}"

    @property
    def found(self) -> GateFigure | None:
        return self.pair.figures.get(self.bound.key)

    @property
    def against(self) -> str:
        return self.bound.against or self.pair.against

    @property
    def spelling(self) -> Spelling:
        return PERCENTS if self.found is not None and self.found.share else NUMBERS

    @property
    def by_point(self) -> bool:
        """Whether it uses the figure itself; a single measurement, such as memory, has no interval."""
        once = self.found is not None and not self.found.sampled
        return once or self.bound.basis is MeasureBasis.POINT

    def apart(self, size: float) -> str:
        share = self.found is not None and self.found.share
        return points(size) if share else f"{size:.8g}"

    def missing(self) -> str:
        """Why there is no figure of the measure; empty where there is one."""
        if self.pair.why_not:
            return self.pair.why_not
        if self.found is None:
            return _begin(self.bound.key)
        if self.pair.system not in self.found.by_system:
            return f"{self.pair.system} has no value for it"
        return ""


def _begin(key: str) -> str:
    if key in SPEED_KEYS:
        needs = (
            (" with price_read and price_written in the release check")
            if key == "cost.per_1000_prompts"
            else ""
        )
        return f"it was not measured; “Measure” on Generate does{needs}"
    return "the study has no figure of this measure; Results → Automatic lists those that there are"


def _value(asked: _Asked, end: str, read: Callable[[Spread], float | None], *, floor: bool) -> Condition:
    of = f"“{asked.found.name}” of {asked.pair.system}" if asked.found else asked.bound.key
    wanted = asked.spelling.both(asked.wanted, asked.wanted)[1]
    wants = f"The release check requires it to be at {'least' if floor else 'most'} {wanted}."
    figure = of if asked.by_point else f"The {end} end of {of}"
    if why := asked.missing():
        return unknown(asked.name, asked.wanted, wants, figure, why)
    value = asked.pair.figures[asked.bound.key].by_system[asked.pair.system]
    found = value.value if asked.by_point else read(value)
    if found is None:
        return unknown(asked.name, asked.wanted, wants, figure, _NO_INTERVAL)
    holds = found >= asked.wanted - SLACK if floor else found <= asked.wanted + SLACK
    beside = (
        ""
        if asked.by_point
        else f" (95% interval; the figure is {asked.spelling.both(value.value, value.value + 1)[0]})"
    )
    told = f"{figure}{beside} is {asked.spelling.both(found, asked.wanted)[0]}."
    if holds:
        return Condition(asked.name, asked.wanted, found, True, wants, told)
    short = f"That is {asked.apart(abs(found - asked.wanted))} too {'low' if floor else 'high'}."
    return Condition(asked.name, asked.wanted, found, False, wants, told, f"{short}{_open(asked, value)}")


def _open(asked: _Asked, value: Spread) -> str:
    """The note that the figure itself meets the bound, so that too few prompts leave it open; else empty."""
    low = asked.setting == "at_least"
    enough = value.value >= asked.wanted if low else value.value <= asked.wanted
    open_ = not asked.by_point and enough
    return " The figure itself meets the bound, but there are too few prompts to be sure." if open_ else ""


_NO_INTERVAL = (
    "it has no interval: too few prompts, or none can be computed (basis = “point” needs no interval)"
)


def _not_worse(asked: _Asked) -> Condition:
    """A loss of the margin itself must be ruled out, too."""
    wants = f"The release check requires a loss of {asked.apart(asked.wanted)} or more to be ruled out."
    why = f"That {asked.pair.system} is worse by {asked.apart(asked.wanted)} or more is not ruled out."
    return _difference(asked, wants, -asked.wanted, why)


def _better(asked: _Asked) -> Condition:
    more = f" of more than {asked.apart(asked.wanted)}" if asked.wanted else ""
    wants = f"The release check requires a gain{more} to be shown."
    return _difference(asked, wants, asked.wanted, "Such a gain is not shown.")


def _difference(asked: _Asked, wants: str, bound: float, why: str) -> Condition:
    name = f"“{asked.found.name}”" if asked.found else asked.bound.key
    figure = f"The gain of {asked.pair.system} over {asked.against or 'its base'} in {name}"
    gain = asked.missing() or _gain(asked)
    if isinstance(gain, str):
        return unknown(asked.name, asked.wanted, wants, figure, gain)
    found = gain.value if asked.by_point else gain.low
    if found is None:
        return unknown(asked.name, asked.wanted, wants, figure, _NO_INTERVAL)
    end = figure if asked.by_point else f"The lower end of {figure[:1].lower()}{figure[1:]}"
    beside = "" if asked.by_point else f" (95% interval; it is {_signed(asked, gain.value)})"
    told = f"{end}{beside} is {_signed(asked, found)}."
    holds = found > bound + SLACK
    return Condition(asked.name, asked.wanted, found, holds, wants, told, "" if holds else why)


def _gain(asked: _Asked) -> Spread | str:
    """Positive where the released system is better; a clause where there is no difference."""
    figure, system, against = asked.pair.figures[asked.bound.key], asked.pair.system, asked.against
    if not against:
        return "the system to compare with is not clear"
    if figure.higher_is_better is None:
        return "for this measure, neither higher nor lower is better"
    found = figure.difference(against, system)
    if found is None:
        return f"{against} and {system} have no prompt in common, or got different instructions"
    if not math.isfinite(found.value):
        return "the values are too large to compare"
    if figure.higher_is_better:
        return found
    low, high = (None if end is None else -end for end in (found.high, found.low))
    return Spread(-found.value, low, high)


def _signed(asked: _Asked, value: float) -> str:
    sign = "−" if value < 0 else "+"
    return f"{sign}{asked.apart(abs(value))}"


_HELD: Mapping[str, Callable[[_Asked], Condition]] = {
    "at_least": lambda asked: _value(asked, "lower", lambda one: one.low, floor=True),
    "at_most": lambda asked: _value(asked, "upper", lambda one: one.high, floor=False),
    "not_worse_by": _not_worse,
    "better_by": _better,
}


CODE = "gate-measure"
MOST_PROMPTEDD = 9
"""Keys that are named one by one."""
CLOSED: Collection[str] = (*(key for kind in KINDS for key in kind.keys), *SPEED_KEYS)
"""All keys of the groups that name nothing of a study."""

_JUDGE, _TASK = "judge.", "retention."
_OF_JUDGE = ("win_rate", "agreement", "score")
"""How the keys of a judge end."""


def require_measures(bounds: Iterable[MeasureBound], pair: MeasuredPair) -> None:
    """Refuse conditions that no study, or not this one, can meet, whatever its figures are.

    Raises `UserError`: ``gate-measure`` for a key that no measure has, and a bound on a share that is none;
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
    listed = "“ftcompare measures show STUDY --json” lists the keys of a study's measures."
    how = f"Did you mean {any_of(near)}? {listed}" if near else listed
    raise UserError(f"No measure has the key {shown(key)}.", how=f"{how}{_named(key, possible)}", code=CODE)


def _possible(key: str, pair: MeasuredPair) -> Sequence[str] | None:
    """The keys that could be meant by an unknown one; None where the study may come to have it."""
    if key.startswith(_JUDGE):
        return _keys_of_judges(key, pair)
    if key.startswith(_TASK):
        done = sorted(one for one in pair.figures if one.startswith(_TASK))
        return done or (None if key.count(".") > 1 else [f"{_TASK}TASK.METRIC"])
    return sorted({*CLOSED, *pair.figures})


def _keys_of_judges(key: str, pair: MeasuredPair) -> Sequence[str] | None:
    """The keys of judges; None where any name may be one of a judge to come."""
    ends = tuple(f".{end}" for end in _OF_JUDGE)
    name = next((key[len(_JUDGE) : -len(end)] for end in ends if key.endswith(end)), "")
    if name in pair.judges or (name and not pair.judges):
        return None
    return [f"{_JUDGE}{judge}{end}" for judge in pair.judges or ("NAME",) for end in ends]


def _named(key: str, possible: Sequence[str]) -> str:
    """The keys of a group that depend on the study, in a sentence; empty for those of other groups."""
    if not key.startswith((_JUDGE, _TASK)):
        return ""
    more = f" and {len(possible) - MOST_PROMPTEDD:,} more" if len(possible) > MOST_PROMPTEDD else ""
    return f" Keys of this group: {', '.join(possible[:MOST_PROMPTEDD])}{more}."


def _require_share(bound: MeasureBound) -> None:
    for name in BOUNDS:
        value = getattr(bound, name)
        if value is not None and not 0 <= value <= 1:
            what = f"{name} of {bound.key} is {value:.8g}, but the measure is a share, between 0 and 1."
            how = f"Write {name} = {value / 100:.8g}" if 1 < value <= 100 else "Write a number from 0 to 1."
            raise UserError(what, how=how, code=CODE)


_PROMPTED = "beats_prompted_base"
_PROMPTED_ASKED = "The release check requires it to be preferred to its base with a long prompt."


def beats_prompted_base(study: StudyFile, kind: RaterKind, facts: ReleasedPair) -> Condition:
    """The claim of the results, against every prompted base of the study; all of them must be beaten."""
    if facts.withheld:
        return _unsettled(f"That is not known: {facts.withheld.clause}.")
    prompted = [one for one in prompted_pairs(study) if one.fine_tune == facts.system]
    if not prompted:
        return _unsettled("The study has no base with a system prompt or examples.")
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
        _PROMPTED, True, holds if holds or known else None, holds, _PROMPTED_ASKED, told, "" if holds else why
    )


def _unsettled(told: str) -> Condition:
    because = "A condition on a figure that is not known does not hold."
    return Condition(_PROMPTED, True, None, False, _PROMPTED_ASKED, told, because)
