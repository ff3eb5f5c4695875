"""The prompts that each system of a pair won most clearly, as figures that link to them."""

from __future__ import annotations

from collections.abc import Iterable

from ftcompare.app.results.clearest import clearest
from ftcompare.app.results.cost import CLEAR, JudgedPrompt
from ftcompare.app.results.presentation.blocks import Explanation, Figure, Figures
from ftcompare.app.results.presentation.number_format import name, words
from ftcompare.app.results.presentation.pair_results import PairResults
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.plurals import counted

OF_EACH = 3
"""Number of prompts for each system."""


def clearest_title(system: str) -> str:
    return f"Clearest for {name(system)}"


def clearest_figures(told: PairResults, judged: Iterable[JudgedPrompt]) -> tuple[Figures, Figures]:
    """The prompts of the second system of the pair, then of the first; empty where none was clear."""
    prompts = tuple(judged)
    won, lost = (clearest(prompts, gained=gained, most=OF_EACH) for gained in (True, False))
    return _group("clearest_b", told.pair.b, won, gained=True), _group(
        "clearest_a", told.pair.a, lost, gained=False
    )


def _group(key: str, system: str, prompts: Iterable[JudgedPrompt], *, gained: bool) -> Figures:
    rule = (
        f"At most {OF_EACH} prompts on which raters most clearly preferred one system, with {CLEAR:.0%} of "
        "the votes at least, a tie as half. Of equals those with the most judgments come first, then by key. "
        "They are examples: what holds over all prompts is told above."
    )
    how = Explanation("Won and lost most clearly", (rule,))
    figures = tuple(
        Figure(
            f"{key}_{place}",
            words(one.text),
            one.preference if gained else 1 - one.preference,
            note=f"of {counted(one.judgments, 'vote')}",
            judged=Part(Dimension.PROMPT, one.key),
        )
        for place, one in enumerate(prompts, start=1)
    )
    return Figures(key, clearest_title(system), figures, how)
