"""The win rate under the model of rater ability, as a row of the table of variants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ftcompare.app.results.presentation import blocks
from ftcompare.app.results.presentation.measures import Group, measure
from ftcompare.app.results.presentation.number_format import UNDEFINED, decimals, name, share, span
from ftcompare.app.results.presentation.pair_results import PairResults
from ftcompare.app.results.presentation.win_rate import rate_figure, variants_table
from ftcompare.stats.rater_ability import AbilityRate

ABILITY_TITLE = "Rater ability modelled"
ABILITY_RULE = (
    "The win rate for raters of usual ability, by a model: how much a careless rater may move the plain "
    "rate. Ability 1 is usual, 0 is answering by chance. It changes no other figure.",
    "The model takes raters to want the same: one whose taste differs looks less able to it. So it says how "
    "sensitive the result is, and not who is wrong.",
    "On prompt p a rater of ability γ answers one system, tie, the other as e^(−γδ/2) : ν : e^(γδ/2); δ, how "
    "far the prompt leans, varies over prompts, and ν is the rater's own. The rate is the plain one plus "
    "what the model has for ability 1 less what it has for these raters.",
)
ABILITY_SOURCE = "Davidson 1970; Birnbaum 1968; Chen et al. 2013"


@measure(Group.VARIANTS)
def rater_ability(told: PairResults) -> Iterator[blocks.Figure]:
    """The rate under the model, after the rows of variants; nothing where it cannot be fitted."""
    if told.ability is not None:
        how = ability_explanation(told.ability)
        yield rate_figure("rater_ability", ABILITY_TITLE, told.ability.rate, how)


def ability_explanation(found: AbilityRate) -> blocks.Explanation:
    """The model, its estimated abilities, and their effect on the rate."""
    own = ", ".join(f"{name(rater.rater)} {decimals(rater.ability)}" for rater in found.abilities)
    numbers = (f"Estimated ability: {own}.", f"Here: {found.rate.explanation}")
    return blocks.Explanation(ABILITY_TITLE, ABILITY_RULE, found.rate.method, ABILITY_SOURCE, numbers)


def ability_blocks(told: PairResults) -> tuple[blocks.Block, ...]:
    """The row of the model alone, with its meaning."""
    if told.ability is None:
        return ()
    row = rate_figure("rater_ability", ABILITY_TITLE, told.ability.rate, None)
    return blocks.Figures("rater_ability", "", (row,)), *ability_note(told)


def ability_note(told: PairResults) -> tuple[blocks.Block, ...]:
    """The meaning of the model's row, with the abilities; empty without it."""
    if told.ability is None:
        return ()
    how = ability_explanation(told.ability)
    return (blocks.Paragraph(f"{ABILITY_TITLE}: {how.rule[0]} {' '.join(how.numbers)}", blocks.Tone.NOTE),)


def variants_with_ability(told: PairResults) -> blocks.Table:
    """The table of variants, with a row for the model."""
    table, found = variants_table(told), told.ability
    if found is None:
        return table
    counts = f"{told.pair.prompts:,}", f"{told.pair.judgments:,}"
    ends = share(found.rate.value), span(found.rate.low, found.rate.high)
    return replace(table, rows=(*table.rows, (ABILITY_TITLE, *counts, *ends, UNDEFINED, UNDEFINED)))
