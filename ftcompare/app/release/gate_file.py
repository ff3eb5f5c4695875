"""What a release must hold to, as a TOML file: the conditions of ``ftcompare gate``."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path

from ftcompare.app.release.toml_settings import TomlTable, read_toml
from ftcompare.core.study import RaterKind

CODE = "gate-file"


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
        min_win_rate: of the lower end of the win rate's interval, 0 to 1.
        agreement: how ``min_agreement`` is measured.
        min_category: of the win rate in every category with ``min_category_prompts``. So for splits and
            tags; a prompt counts with each of its tags.
        max_false_preferences: of the share of controls on which a side was preferred.
        max_blinding_high: of the upper end of Bang's index.
        max_blinding_index: of Bang's index, whatever its sign.
        max_self_naming: of the share of prompts with an answer that gives its model away.
        min_e_value: of the evidence that either is preferred.
        max_exclusions: of raters left out of the results.
    """

    system: str = ""
    against: str = ""
    rater_kind: RaterKind = RaterKind.HUMAN
    check: bool | None = None
    names_told: bool = field(default=False, metadata={"key": "unblinded"})
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
    min_category: float | None = None
    min_category_prompts: int = 1
    min_split: float | None = None
    min_split_prompts: int = 1
    min_tag: float | None = None
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
    def of_a_pair(self) -> bool:
        """Whether any condition is about two systems."""
        return any(getattr(self, name) is not None for name in OF_A_PAIR)


SETTINGS = tuple(setting.metadata.get("key", setting.name) for setting in fields(Gate))
"""All that a gate file may say."""

BOUNDS = tuple(
    setting.name
    for setting in fields(Gate)
    if setting.default is None and setting.name.startswith(("min_", "max_"))
)
"""The settings that are conditions with a number."""


OF_A_PAIR = (
    "min_judgments",
    "min_prompts",
    "min_raters",
    "min_win_rate",
    "min_category",
    "min_split",
    "min_tag",
    "min_e_value",
)
"""Those that are about the released system and the one it is held against."""


def read_gate_file(path: Path) -> Gate:
    """The conditions of a file.

    Raises:
        UserError: ``gate-file``: not TOML, settings that do not exist, values that cannot be.
    """
    table = read_toml(path, code=CODE, example="min_win_rate = 0.5")
    table.require_known(SETTINGS)
    gate = _gate(table)
    for name, bound in (
        ("min_category_prompts", gate.min_category),
        ("min_split_prompts", gate.min_split),
        ("min_tag_prompts", gate.min_tag),
        ("agreement", gate.min_agreement),
    ):
        if name in table.values and bound is None:
            wanted = name.removesuffix("_prompts") if name.startswith("min_") else f"min_{name}"
            raise table.error(f"{name} is given, but no {wanted}.", f"Add a line such as {wanted} = 0.5")
    return gate


def _gate(table: TomlTable) -> Gate:
    measure = table.word("agreement", AgreementMeasure.ALPHA_ORDINAL)
    return Gate(
        system=table.text("system"),
        against=table.text("against"),
        rater_kind=table.word("rater_kind", RaterKind.HUMAN),
        check=table.flag("check") if "check" in table.values else None,
        names_told=table.flag("unblinded"),
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
        min_category=table.number("min_category", 0, 1),
        min_category_prompts=table.whole("min_category_prompts") or 1,
        min_split=table.number("min_split", 0, 1),
        min_split_prompts=table.whole("min_split_prompts") or 1,
        min_tag=table.number("min_tag", 0, 1),
        min_tag_prompts=table.whole("min_tag_prompts") or 1,
        min_e_value=table.number("min_e_value", 0, math.inf),
    )
