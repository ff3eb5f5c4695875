"""What says how far results can be trusted, as lines: agreement, false preferences, the blind."""

from __future__ import annotations

from collections.abc import Sequence

from ftcompare.app.generate.settings_history import SettingsUse, uses_words
from ftcompare.app.raters.quality import BlindnessReport
from ftcompare.cli.command_support import counted
from ftcompare.cli.raters import index_words, share_words
from ftcompare.stats.agreement import Agreement
from ftcompare.stats.rater_quality import Proportion


def agreement_lines(found: Agreement) -> list[tuple[str, str]]:
    """Nothing where no pair was judged by two raters."""
    if not found.units:
        return []
    alpha = (
        "not defined: all answers are alike" if found.alpha_ordinal is None else f"{found.alpha_ordinal:.2f}"
    )
    pairs = f"n = {counted(found.units, 'pair')} judged by two raters or more"
    return [("Agreement (α, ordinal)", f"{alpha} ({pairs})")]


def mix_lines(uses: Sequence[SettingsUse]) -> list[tuple[str, str]]:
    """How responses were written, where not all were written alike."""
    return [("Written with different settings", uses_words(uses))] if len(uses) > 1 else []


def check_lines(found: Proportion, blinding: BlindnessReport) -> list[tuple[str, str]]:
    """False preferences, and whether the blind held; nothing where neither was looked at."""
    lines = [("False preferences", share_words(found, "controls"))] if found.n else []
    if not blinding.guesses:
        return lines
    if blinding.overall is None:
        return [*lines, ("Guesses of the fine-tuned side", f"{blinding.guesses}, told after unblinding")]
    if blinding.left_out:
        lines.append(("Guesses without a fine-tuned side", str(blinding.left_out)))
    return [
        *lines,
        ("Blinding", index_words(blinding.overall)),
        ("  fine-tuned on the left", index_words(blinding.tuned_left)),
        ("  fine-tuned on the right", index_words(blinding.tuned_right)),
    ]
