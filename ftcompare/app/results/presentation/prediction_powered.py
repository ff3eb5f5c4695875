"""Blocks on people's win rate corrected with a program's judgments, separate from people's own rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ftcompare.app.results.prediction_powered import NotPowered, PoweredRate
from ftcompare.app.results.presentation.blocks import (
    Block,
    Figure,
    Figures,
    Paragraph,
    Section,
    Subheading,
    Tone,
    Unit,
)
from ftcompare.app.results.presentation.number_format import name
from ftcompare.core.plurals import counted
from ftcompare.stats.prediction_powered import LEAST_POWERED, T_WITH_ADDED, PredictionPowered

TITLE = "People's win rate with a program's further judgments"
NOBODY = (
    "No program has judged answers of this study. Bring its judgments in with “ftcompare import”: judgments "
    'with "rater_kind": "automatic".'
)
RULE = (
    "What people would say of all prompts that the program judged, had they judged them all: the program's "
    "win rate of its further prompts, corrected by how far it is from people's where both judged, and used "
    "as far as its answers go with theirs. It stands beside people's own results and is not mixed into them. "
    "Its intervals, people's alone among them, add four prompts, two won and two lost: so people's rate can "
    "have ends here that are a few points away from those in Results."
)
HOLDS_ONLY = (
    "It holds only where chance decided which prompts people judged. Checked: no prompts were sent to raters "
    "in a round of their own, and every pair was there when people were given their order. Not known: "
    "whether a rater stopped because of what came up."
)
FEW = 50
"""With fewer prompts the published variance is clearly too small (docs/statistics.md)."""
REFUSALS: Mapping[NotPowered, str] = {
    NotPowered.NO_SHARED_PROMPT: "No win rate: people and this program judged no prompt in common.",
    NotPowered.NO_FURTHER_PROMPT: (
        "No win rate: people judged every prompt that this program did, so it adds nothing. Look at "
        "`results`."
    ),
    NotPowered.PROMPTS_CHOSEN: (
        "No win rate: prompts of this study were chosen and sent to raters, so those that people judged are "
        "not a random part of all. Look at `results`."
    ),
    NotPowered.CAME_LATER: (
        "No win rate: some pairs came when people had begun to judge others, so those that people judged are "
        "not a random part of all. Look at `results`."
    ),
}


def powered_blocks(rates: Sequence[PoweredRate]) -> Iterator[Block]:
    """What the figures mean, then the figures of every pair and program."""
    if not rates:
        yield Paragraph(NOBODY)
        return
    yield Paragraph(RULE)
    if any(rate.found for rate in rates):
        yield Paragraph(HOLDS_ONLY, Tone.NOTE)
    for rate in rates:
        yield Subheading(f"{name(rate.b)} against {name(rate.a)}, with {name(rate.program)}")
        if rate.found is None:
            yield Paragraph(REFUSALS[rate.refused or NotPowered.NO_SHARED_PROMPT])
        else:
            yield powered_figures(rate, rate.found)
            yield from (Paragraph(words, Tone.NOTE) for words in _to_know(rate))


def powered_section(rates: Sequence[PoweredRate]) -> tuple[Section, ...]:
    return (Section("prediction_powered", TITLE, tuple(powered_blocks(rates))),) if rates else ()


def powered_figures(rate: PoweredRate, found: PredictionPowered) -> Figures:
    """The figures of one pair and program."""
    few = "" if found.low is not None else f"no interval of fewer than {LEAST_POWERED} prompts"
    both, further = counted(found.prompts, "prompt"), counted(found.further, "prompt")
    figures = (
        Figure(
            "powered_win_rate",
            f"Win rate of {name(rate.b)} with the program's judgments",
            found.rate,
            low=found.low,
            high=found.high,
            n=f"{both} of people and {further} more",
            note=few,
            method=T_WITH_ADDED,
        ),
        Figure(
            "people_alone",
            "By people alone, on prompts of both",
            found.people,
            low=found.people_low,
            high=found.people_high,
            n=both,
            method=T_WITH_ADDED,
        ),
        Figure("program_same", "By the program, on the same prompts", found.judge_same, n=both),
        Figure("program_further", "By the program, on its further prompts", found.judge_further, n=further),
        Figure("weight", "How far the program is used (0 to 1)", found.used, unit=Unit.COEFFICIENT),
        Figure(
            "effective_prompts",
            "As exact as so many prompts of people alone",
            found.effective_prompts,
            unit=Unit.COUNT,
            note=_of_effective_prompts(found),
        ),
    )
    return Figures("prediction_powered", "", figures)


def _of_effective_prompts(found: PredictionPowered) -> str:
    if found.effective_prompts is None:
        return "all answers are alike"
    if not found.used:
        return "no more than people judged: the program is not used"
    more = round(found.effective_prompts) - found.prompts
    if more <= 0:
        return "no more than people judged"
    return "too great: found from few prompts" if found.prompts < FEW else f"{more:,} more than people judged"


def _to_know(rate: PoweredRate) -> Iterator[str]:
    """The limitations of this figure."""
    if rate.imported:
        yield (
            f"People's judgments of {counted(rate.imported, 'prompt')} were imported. How these were chosen "
            "is not known here: if not by chance, this win rate is wrong."
        )
    if rate.skipped:
        yield (
            f"{counted(rate.skipped, 'prompt')} that the program judged {_was(rate.skipped)} skipped by "
            "people and judged by none: if they are unlike the others, this win rate is off."
        )
    if rate.people_only:
        yield (
            f"{counted(rate.people_only, 'prompt')} that people judged and the program did not "
            f"{_was(rate.people_only)} left out."
        )


def _was(number: int) -> str:
    return "was" if number == 1 else "were"
