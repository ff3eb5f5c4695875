"""The conditions of a release as a TOML file, for ``ftcompare gate``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path

from ftcompare.app.release.gate_measures import MEASURE, MeasureBound, read_measures
from ftcompare.app.setup.toml_settings import TomlTable, read_toml
from ftcompare.core.errors import UserError
from ftcompare.core.study import RaterKind
from ftcompare.formats.record_fields import any_of, shown
from ftcompare.stats.non_inferiority import MOST_MARGIN as MOST_MARGIN

CODE = "gate-file"
TIER = "tier"
MOST_TIERS = 20
_TIER = re.compile(r"[A-Za-z0-9_-]{1,40}")


class PartBasis(StrEnum):
    """What bounds on subsets are compared with: lower ends of intervals, or win rates."""

    LOWER = "lower"
    POINT = "point"


class SpeaksFor(StrEnum):
    """For which raters "better" and "not worse" must hold: similar raters, or the present ones.

    `WIDEST`: similar raters where enough raters judged enough, else the present ones.
    """

    WIDEST = "widest"
    RATERS_LIKE_THESE = "raters_like_these"
    THESE_RATERS = "these_raters"


class AgreementMeasure(StrEnum):
    """The measure of agreement: Krippendorff's α, or the share of equal answers."""

    ALPHA_ORDINAL = "alpha_ordinal"
    ALPHA_NOMINAL = "alpha_nominal"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Gate:
    """The conditions of a release; None or False for those that are not used.

    The fields are the file's settings.

    Args:
        system: name of the released system; empty for the only one that is not the base.
        against: name of the system to compare with; empty for the only base, or the only other system.
        rater_kind: whose judgments count; kinds of raters are never pooled.
        check: whether the study must pass verification. None: it must, but the condition is listed only when
            it fails, and it alone does not make a gate. False: not required.
        names_told: whether the study must be unblinded (the key ``unblinded``).
        allow_unfinished: whether planned judgments may be missing and packs unmerged. None: they may not, but
            the condition is listed only when some are.
        min_win_rate: bound that the lower end of the win rate's interval must exceed, 0 to 1.
        not_worse_than: margin, between 0 and ½: the win rate must not be this far below ½, by its one-sided
            interval.
        speaks_for: for which raters these two conditions must hold.
        agreement: the measure for ``min_agreement``.
        basis: what the bounds on categories, splits and tags are compared with.
        min_category: bound for the win rate in every category with at least ``min_category_prompts`` prompts;
            likewise for splits and tags. A prompt counts for each of its tags.
        category_not_worse_than: as ``not_worse_than``, for every category with at least
            ``min_category_prompts`` prompts.
        max_false_preferences: maximum share of controls on which a side was preferred.
        max_blinding_high: maximum upper end of Bang's blinding index.
        max_blinding_index: maximum absolute value of Bang's blinding index.
        max_self_naming: maximum share of prompts with an answer that names its model.
        min_e_value: minimum e-value in favour of the released system.
        max_exclusions: maximum number of raters excluded from the results.
        beats_prompted_base: whether people must prefer the released system to its prompted base, by the claim
            of the results.
        price_read: price of a million input tokens, for measures of cost; ``price_written`` is that of output
            tokens.
        measures: conditions on measures of the matrix, on speed and on cost.
        tiers: further conditions for steps of the release, in the file's order; the others hold for every
            tier.
    """

    system: str = ""
    against: str = ""
    rater_kind: RaterKind = RaterKind.HUMAN
    check: bool | None = None
    names_told: bool = field(default=False, metadata={"key": "unblinded"})
    allow_unfinished: bool | None = None
    min_judgments: int | None = None
    min_prompts: int | None = None
    min_raters: int | None = None
    max_exclusions: int | None = None
    max_false_preferences: float | None = None
    max_blinding_high: float | None = None
    max_blinding_index: float | None = None
    max_self_naming: float | None = None
    agreement: AgreementMeasure = AgreementMeasure.ALPHA_ORDINAL
    min_agreement: float | None = None
    min_win_rate: float | None = None
    not_worse_than: float | None = None
    speaks_for: SpeaksFor = SpeaksFor.WIDEST
    basis: PartBasis = PartBasis.LOWER
    min_category: float | None = None
    category_not_worse_than: float | None = None
    min_category_prompts: int = 1
    min_split: float | None = None
    split_not_worse_than: float | None = None
    min_split_prompts: int = 1
    min_tag: float | None = None
    tag_not_worse_than: float | None = None
    min_tag_prompts: int = 1
    min_e_value: float | None = None
    beats_prompted_base: bool = False
    price_read: float | None = None
    price_written: float | None = None
    measures: tuple[MeasureBound, ...] = field(default=(), metadata={"table": MEASURE})
    tiers: tuple[Tier, ...] = field(default=(), metadata={"table": TIER})

    @property
    def asks(self) -> bool:
        """Whether there is any condition."""
        return self.asked > 0

    @property
    def asked(self) -> int:
        """Number of conditions, without the default verification."""
        own = bool(self.check) + self.names_told + self.beats_prompted_base
        own += sum(getattr(self, name) is not None for name in BOUNDS)
        return own + sum(one.asked for one in self.measures) + sum(tier.gate.asked for tier in self.tiers)

    @property
    def checks(self) -> bool:
        """Whether the study must pass verification."""
        return self.check is not False

    @property
    def has_margin(self) -> bool:
        """Whether any condition is a margin."""
        return any(getattr(one, name) is not None for one in self.parts for name in MARGINS)

    @property
    def of_a_pair(self) -> bool:
        """Whether any condition is about two systems."""
        return any(
            one.measures
            or one.beats_prompted_base
            or any(getattr(one, name) is not None for name in OF_A_PAIR)
            for one in self.parts
        )

    @property
    def of_judgments(self) -> bool:
        """Whether any condition is about judgments, or there are no conditions on measures."""
        names = (*OF_A_PAIR, *OF_RATERS)
        asked = any(getattr(one, name) is not None for one in self.parts for name in names)
        return (
            asked
            or any(one.beats_prompted_base for one in self.parts)
            or not any(one.measures for one in self.parts)
        )

    @property
    def parts(self) -> Iterator[Gate]:
        """This gate and those of its tiers."""
        yield self
        yield from (tier.gate for tier in self.tiers)

    @property
    def tier_names(self) -> tuple[str, ...]:
        """The names of the tiers, in the file's order."""
        return tuple(tier.name for tier in self.tiers)

    def of_tier(self, name: str) -> Gate:
        """The gate with only one of its tiers; with all of them for an empty name.

        Raises:
            UserError: ``gate-tier`` for an unknown name.
        """
        if not name:
            return self
        if name not in self.tier_names:
            known = f"The tiers are {any_of(self.tier_names)}." if self.tiers else "The gate has no tiers."
            how = (
                f"{known} Write one above its conditions: [tier.{name if _TIER.fullmatch(name) else 'pilot'}]"
            )
            raise UserError(f"The gate has no tier {shown(name)}.", how=how, code="gate-tier")
        return replace(self, tiers=tuple(tier for tier in self.tiers if tier.name == name))


@dataclass(frozen=True, slots=True)
class Tier:
    """A step of a release, such as a pilot, with its conditions in addition to the gate's own."""

    name: str
    gate: Gate


SETTINGS = tuple(
    setting.metadata.get("key", setting.name) for setting in fields(Gate) if "table" not in setting.metadata
)
"""The settings of a gate file, without tables."""

TABLES = tuple(setting.metadata["table"] for setting in fields(Gate) if "table" in setting.metadata)
"""The tables of a gate file."""

OF_THE_WHOLE = ("system", "against", "rater_kind", "price_read", "price_written", TIER)
"""Settings that a tier cannot have."""

MARGINS = tuple(setting.name for setting in fields(Gate) if setting.name.endswith("not_worse_than"))
"""The settings that are margins."""

BOUNDS = (
    tuple(
        setting.name
        for setting in fields(Gate)
        if setting.default is None and setting.name.startswith(("min_", "max_"))
    )
    + MARGINS
)
"""The settings that are conditions with a number."""


OF_A_PAIR = (
    *("min_judgments", "min_prompts", "min_raters", "min_win_rate"),
    *("min_category", "min_split", "min_tag", "min_e_value", *MARGINS),
)
"""The settings about the released system and the one it is compared with."""

OF_RATERS = (
    *("max_exclusions", "max_false_preferences", "max_blinding_high", "max_blinding_index"),
    *("min_agreement", "allow_unfinished"),
)
"""The settings about the raters and their judgments."""


def read_gate_file(path: Path) -> Gate:
    """Read the conditions of a file.

    Raises:
        UserError: ``gate-file``: invalid TOML, unknown settings, or invalid values.
    """
    return gate_of(read_toml(path, code=CODE, example="min_win_rate = 0.5"))


def gate_of(table: TomlTable) -> Gate:
    """The conditions in a table of settings.

    Raises:
        UserError: ``gate-file``: unknown settings, or invalid or inconsistent values.
    """
    table.require_known((*SETTINGS, *TABLES))
    gate = replace(_own(table), tiers=tuple(_tiers(table)))
    known = {gate.price_read is None, gate.price_written is None}
    if len(known) > 1:
        what = "Of price_read and price_written one is given and one is not."
        raise table.error(what, "Give both; what costs nothing has the price 0.")
    return gate


def _own(table: TomlTable) -> Gate:
    """The conditions without the tiers."""
    gate = _gate(table)
    for name, bounds in _NEEDED.items():
        if name in table.values and not any(bound in table.values for bound in bounds):
            told = f"{name} is given, but no {' or '.join(bounds)}."
            raise table.error(told, f"Add a line such as {bounds[0]} = {_LIKELY[bounds[0]]}")
    return gate


def _tiers(table: TomlTable) -> Iterator[Tier]:
    found = table.values.get(TIER, {})
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise table.error(
            f"{TIER} must be tables by name.", "Write [tier.pilot] above the tier's conditions."
        )
    if len(found) > MOST_TIERS:
        raise table.error(
            f"There are {len(found):,} tiers; at most {MOST_TIERS} are taken.", "Leave some out."
        )
    for name, values in found.items():
        if not _TIER.fullmatch(name):
            what = f"{shown(name)} is no name of a tier."
            raise table.error(what, "Take letters, digits, - and _, at most 40, as in [tier.pilot]")
        own = TomlTable(values, f"{table.where}, tier {name}", table.code)
        for key in OF_THE_WHOLE:
            if key in values:
                raise own.error(f"{key} is said for the whole gate.", "Write it above the first tier.")
        own.require_known(tuple(key for key in (*SETTINGS, MEASURE) if key not in OF_THE_WHOLE))
        gate = _own(own)
        if not gate.asks:
            raise own.error("The tier has no condition.", "Add one, such as min_prompts = 100")
        yield Tier(name, gate)


_NEEDED = {
    **{
        f"min_{part}_prompts": (f"min_{part}", f"{part}_not_worse_than")
        for part in ("category", "split", "tag")
    },
    "basis": ("min_category", "min_split", "min_tag"),
    "agreement": ("min_agreement",),
    "speaks_for": ("min_win_rate", "not_worse_than"),
}
"""Settings that modify a condition, each with the conditions of which at least one is required."""

_LIKELY = {"min_win_rate": 0.5, "min_category": 0.4, "min_split": 0.4, "min_tag": 0.4, "min_agreement": 0.5}


def _gate(table: TomlTable) -> Gate:
    measure = table.word("agreement", AgreementMeasure.ALPHA_ORDINAL)
    return Gate(
        system=table.text("system"),
        against=table.text("against"),
        rater_kind=table.word("rater_kind", RaterKind.HUMAN),
        check=table.flag("check") if "check" in table.values else None,
        names_told=table.flag("unblinded"),
        allow_unfinished=table.flag("allow_unfinished") if "allow_unfinished" in table.values else None,
        min_judgments=table.whole("min_judgments"),
        min_prompts=table.whole("min_prompts"),
        min_raters=table.whole("min_raters"),
        max_exclusions=table.whole("max_exclusions"),
        max_false_preferences=table.number("max_false_preferences", 0, 1),
        max_blinding_high=table.number("max_blinding_high", -1, 1),
        max_blinding_index=table.number("max_blinding_index", 0, 1),
        max_self_naming=table.number("max_self_naming", 0, 1),
        agreement=measure,
        min_agreement=table.number("min_agreement", 0 if measure is AgreementMeasure.PERCENT else -1, 1),
        min_win_rate=table.number("min_win_rate", 0, 1),
        not_worse_than=_margin(table, "not_worse_than"),
        speaks_for=table.word("speaks_for", SpeaksFor.WIDEST),
        basis=table.word("basis", PartBasis.LOWER),
        min_category=table.number("min_category", 0, 1),
        category_not_worse_than=_margin(table, "category_not_worse_than"),
        min_category_prompts=table.whole("min_category_prompts") or 1,
        min_split=table.number("min_split", 0, 1),
        split_not_worse_than=_margin(table, "split_not_worse_than"),
        min_split_prompts=table.whole("min_split_prompts") or 1,
        min_tag=table.number("min_tag", 0, 1),
        tag_not_worse_than=_margin(table, "tag_not_worse_than"),
        min_tag_prompts=table.whole("min_tag_prompts") or 1,
        min_e_value=table.number("min_e_value", 0, math.inf),
        beats_prompted_base=table.flag("beats_prompted_base"),
        price_read=table.number("price_read", 0, math.inf),
        price_written=table.number("price_written", 0, math.inf),
        measures=read_measures(table),
    )


def _margin(table: TomlTable, name: str) -> float | None:
    """A share above 0 and below ½; None if absent."""
    value = table.values.get(name)
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 < value < MOST_MARGIN:
        told = f"{name} must be a number above 0 and below {MOST_MARGIN:g}, not {shown(value)}."
        raise table.error(told, f"For at most 5 points below 50%, write: {name} = 0.05")
    return float(value)
