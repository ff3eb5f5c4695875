"""What a release must hold to, as a TOML file: the conditions of ``ftcompare gate``."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path

from ftcompare.app.overwrite_guard import write_output
from ftcompare.app.setup.toml_settings import TomlTable, read_toml
from ftcompare.core.study import RaterKind
from ftcompare.formats.record_fields import shown
from ftcompare.stats.non_inferiority import MOST_MARGIN as MOST_MARGIN

CODE = "gate-file"


class PartBasis(StrEnum):
    """What floors on parts go by: lower ends of intervals, or the win rates themselves."""

    LOWER = "lower"
    POINT = "point"


class SpeaksFor(StrEnum):
    """Of whom "better" and "not worse" must hold: other raters like these, or the raters at hand.

    `WIDEST`: of raters like these where enough of them judged enough, else of the raters at hand.
    """

    WIDEST = "widest"
    RATERS_LIKE_THESE = "raters_like_these"
    THESE_RATERS = "these_raters"


class AgreementMeasure(StrEnum):
    """How the raters' agreement is measured: Krippendorff's α, or the share of equal answers."""

    ALPHA_ORDINAL = "alpha_ordinal"
    ALPHA_NOMINAL = "alpha_nominal"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Gate:
    """The conditions, each None (or false) where it is not asked for. The fields are the file's settings.

    Args:
        system: whose release it is; empty for the only one that is not the base.
        against: what it is held against; empty for the only base, or the only other system.
        rater_kind: whose judgments count; the kinds are never pooled.
        check: the study's proofs hold: chains, commitments, derived state. None where nothing is said of
            it: they must hold all the same, but it is told as a condition only where they do not, and alone
            it is no gate. False does without.
        names_told: the study is unblinded (the key ``unblinded``).
        allow_unfinished: judgments that were planned may still be open, and packs out. None where nothing is
            said of it: they may not, but it is told as a condition only where some are.
        min_win_rate: below the lower end of the win rate's interval, 0 to 1.
        not_worse_than: above how far the win rate may lie below one half by its one-sided interval, between
            0 and ½.
        speaks_for: of whom the last two must hold.
        agreement: how ``min_agreement`` is measured.
        basis: what the next three go by.
        min_category: below the win rate in every category with ``min_category_prompts``. So for splits and
            tags; a prompt counts with each of its tags.
        category_not_worse_than: as ``not_worse_than``, in every category with ``min_category_prompts``.
        max_false_preferences: of the share of controls on which a side was preferred.
        max_blinding_high: of the upper end of Bang's index.
        max_blinding_index: of Bang's index, whatever its sign.
        max_self_naming: of the share of prompts with an answer that gives its model away.
        min_e_value: of the evidence that the released system is preferred.
        max_exclusions: of raters left out of the results.
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

    @property
    def asks(self) -> bool:
        """Whether there is any condition."""
        return self.asked > 0

    @property
    def asked(self) -> int:
        """How many conditions there are, without the check that nobody asked for."""
        return bool(self.check) + self.names_told + sum(getattr(self, name) is not None for name in BOUNDS)

    @property
    def checks(self) -> bool:
        """Whether the study's proofs must hold."""
        return self.check is not False

    @property
    def has_margin(self) -> bool:
        """Whether any condition is a margin."""
        return any(getattr(self, name) is not None for name in MARGINS)

    @property
    def of_a_pair(self) -> bool:
        """Whether any condition is about two systems."""
        return any(getattr(self, name) is not None for name in OF_A_PAIR)


SETTINGS = tuple(setting.metadata.get("key", setting.name) for setting in fields(Gate))
"""All that a gate file may say."""

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
"""Those that are about the released system and the one it is held against."""


def read_gate_file(path: Path) -> Gate:
    """The conditions of a file.

    Raises:
        UserError: ``gate-file``: not TOML, settings that do not exist, values that cannot be.
    """
    return gate_of(read_toml(path, code=CODE, example="min_win_rate = 0.5"))


def gate_of(table: TomlTable) -> Gate:
    """The conditions that settings ask for.

    Raises:
        UserError: ``gate-file``: settings that do not exist, values that cannot be or do not go together.
    """
    table.require_known(SETTINGS)
    gate = _gate(table)
    for name, bounds in _NEEDED.items():
        if name in table.values and not any(bound in table.values for bound in bounds):
            told = f"{name} is given, but no {' or '.join(bounds)}."
            raise table.error(told, f"Add a line such as {bounds[0]} = {_LIKELY[bounds[0]]}")
    return gate


_NEEDED = {
    **{
        f"min_{part}_prompts": (f"min_{part}", f"{part}_not_worse_than")
        for part in ("category", "split", "tag")
    },
    "basis": ("min_category", "min_split", "min_tag"),
    "agreement": ("min_agreement",),
    "speaks_for": ("min_win_rate", "not_worse_than"),
}
"""Settings that say how a condition is meant, and the conditions of which one must be asked for."""

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
    )


def _margin(table: TomlTable, name: str) -> float | None:
    """A share between 0 and one half, both left out; None where absent."""
    value = table.values.get(name)
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 < value < MOST_MARGIN:
        told = f"{name} must be a number above 0 and below {MOST_MARGIN:g}, not {shown(value)}."
        raise table.error(told, f"For at most 5 points below 50%, write: {name} = 0.05")
    return float(value)


# --- an example ------------------------------------------------------------------------------------


EXAMPLE = """\
# What a release must hold to. In the window: Results, Checkpoints, Release gate. In a script:
#
#     ftcompare gate study.ftstudy --gate gate.toml
#
# Take the # from before a line to ask for it, and put one before a line that you do not want.
# Shares are from 0 to 1. A condition whose figure is not defined does not hold.

# Whose release it is: needed where a study has more than two systems. What it is held against: needed
# where none is known to be the base, as where all answers were imported.
# system = "cardiology"
# against = "base"
# rater_kind = "human"          # or "automatic": the kinds are never pooled

# Nothing in the study was altered: all its proofs hold. Asked for unless false.
check = true
# Its systems are shown by name. Before that no condition that tells them apart holds.
unblinded = true
# All that was planned is judged, and no rater pack is out. Asked for unless this is true.
allow_unfinished = false

# At least so much was judged of these two systems: prompts, people, judgments.
min_prompts = 100
min_raters = 3
# min_judgments = 300
# At most so many raters are left out of the results.
# max_exclusions = 1

# It was judged with care. On at most this share of the controls a side was preferred (see Setup).
# max_false_preferences = 0.2
# It was judged blind: at most so high is the upper end of Bang's index of the guesses, or the index
# itself without its sign (see Setup).
# max_blinding_high = 0.3
# max_blinding_index = 0.2
# At most this share of the prompts has an answer that gives its model away.
max_self_naming = 0.02
# The raters agree: Krippendorff's alpha ("alpha_ordinal" or "alpha_nominal"), or the share of equal
# answers ("percent"), is at least so high.
# agreement = "alpha_ordinal"
# min_agreement = 0.4

# It is better: the lower end of the win rate's 95% interval is above this. At 0.5 that is the claim that
# the results open with.
min_win_rate = 0.5
# Or it is not worse: that it lies so far below 50% or further is ruled out (one-sided, 95%).
# not_worse_than = 0.05
# Both are to hold of raters like these where there are enough of them, else of these raters.
# speaks_for = "widest"         # or "raters_like_these", or "these_raters": of them alone
# At least so much evidence that it is preferred, however often that was looked at.
# min_e_value = 20

# It is nowhere much worse: that its win rate lies so far below 50% or further is ruled out in every
# category with so many prompts. Categories with fewer are passed over, and the answer says how many.
category_not_worse_than = 0.15
min_category_prompts = 20
# The same for splits, and for tags; a prompt counts with each of its tags.
# split_not_worse_than = 0.15
# min_split_prompts = 20
# tag_not_worse_than = 0.15
# min_tag_prompts = 20
# Or the lower end of the 95% interval is above this in every category, split, tag. With basis = "point"
# the win rate itself is to be at least this: that says nothing of chance, and fails sound models.
# min_category = 0.4
# min_split = 0.4
# min_tag = 0.4
# basis = "lower"
"""


def write_example(path: Path, *, inputs: Iterable[Path] = (), replace: bool = False) -> None:
    """Write the example, whole or not at all.

    Raises:
        UserError, EnvironmentFault: as `write_output`.
    """
    write_output(path, EXAMPLE.encode(), inputs=inputs, replace=replace)
