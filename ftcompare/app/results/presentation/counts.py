"""Judgments by answer."""

from __future__ import annotations

from collections.abc import Iterator

from ftcompare.app.results.presentation.blocks import Explanation, Figure, Unit
from ftcompare.app.results.presentation.measures import Group, measure
from ftcompare.app.results.presentation.pair_results import PairResults
from ftcompare.app.review.result_slice import Part
from ftcompare.core.disclosure import Subject
from ftcompare.core.plurals import counted
from ftcompare.stats.summary import PairSummary

RULE = (
    "Each standing judgment counts once: those taken back and pairs skipped are not counted. About equal "
    "is half a win for each in the win rate. Both bad means that the rater would have given neither "
    "answer; the win rate takes it as a tie.",
)


@measure(Group.COUNTS)
def counts(told: PairResults) -> Iterator[Figure]:
    """The most wanted answer first.

    Wins have no judgments to list where these may not be told: whose text won would tie a text to a system.
    """
    pair, writers_told = told.pair, told.disclosure.tells(Subject.WRITERS)
    rows = (
        ("wins_b", f"Wins of {pair.b}", "First preferred", pair.wins_b, "b"),
        ("wins_a", f"Wins of {pair.a}", "Second preferred", pair.wins_a, "a"),
        ("ties", "About equal", "About equal", pair.ties, "tie"),
        ("both_bad", "Both bad", "Both bad", pair.both_bad, "both_bad"),
    )
    for key, title, column, number, choice in rows:
        share = f"{number / pair.judgments:.1%}"
        numbers = f"{title}: {number:,} / {pair.judgments:,} judgments = {share}."
        listed = bool(number) and (writers_told or choice not in ("a", "b"))
        yield Figure(
            key,
            title,
            number,
            Explanation("Judgments", RULE, numbers=(numbers,)),
            unit=Unit.COUNT,
            note=share,
            judged=Part(choice=choice) if listed else None,
            column=column,
        )


def counts_title(pair: PairSummary) -> str:
    """How many there are together."""
    return f"{counted(pair.judgments, 'judgment')} on {counted(pair.prompts, 'prompt')}"


def counts_explanation(pair: PairSummary) -> Explanation:
    """What is counted."""
    return Explanation("Judgments", RULE, numbers=(f"Here: {counts_title(pair)}.",))
