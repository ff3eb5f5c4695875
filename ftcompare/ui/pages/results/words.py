"""What the Results page says: numbers turned to sentences, each with how it was computed. Pure functions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ftcompare.app.results.number_format import p_value as p_value
from ftcompare.app.results.number_format import probability as probability
from ftcompare.app.results.number_format import range_words as range_words
from ftcompare.app.results.presentation.blocks import Explanation as Explanation
from ftcompare.app.results.presentation.blocks import Figure as Figure
from ftcompare.app.results.study_results import Results, ends_as_told, headline
from ftcompare.core.study import RaterKind, Split
from ftcompare.stats.summary import PairSummary
from ftcompare.stats.win_rate import Rate
from ftcompare.ui.text.short_names import short_name

if TYPE_CHECKING:
    from ftcompare.app.review.result_slice import Part

NAME_LENGTH = 60


def worded(label: str, value: str, detail: str, explanation: Explanation, part: Part | None = None) -> Figure:
    """A figure whose value is in words already."""
    return Figure(label, label, None, explanation, told=value, note=detail, judged=part)


# --- numbers -------------------------------------------------------------------------------------


def percent(value: float) -> str:
    """A share in whole per cent."""
    return f"{value:.0%}"


def e_value(value: float) -> str:
    """An e-value in as many figures as mean something."""
    if value >= 1_000_000:
        return "over a million"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many}"


# --- names ---------------------------------------------------------------------------------------


def name(text: str) -> str:
    """A system's or category's name, fit to be shown in a line; a long one without its middle."""
    return short_name(text, NAME_LENGTH)


def slice_name(dimension: str, stored: str) -> str:
    """What a row of the forest plot is called."""
    splits = {
        Split.TRAINED.value: "Trained",
        Split.PARAPHRASE.value: "Paraphrase",
        Split.HELD_OUT.value: "Held out",
    }
    if dimension == "all":
        return "All prompts"
    return splits.get(stored, name(stored)) if dimension == "split" else name(stored)


def pair_name(pair: PairSummary) -> str:
    """A pair of systems in the list to choose from."""
    both = f"{name(pair.b)} against {name(pair.a)}"
    return both if pair.rater_kind is RaterKind.HUMAN else f"{both} (automatic raters)"


# --- sentences -----------------------------------------------------------------------------------


def standing(found: Results) -> str:
    """How much there is: for the page's head."""
    summary = found.summary
    parts = [
        counted(summary.judgments, "judgment", "judgments"),
        counted(len(summary.raters), "rater", "raters"),
        "still blinded" if found.study.blinded else _unblinded(found.study.unblinded_at),
    ]
    return " · ".join(parts)


def _unblinded(at: str) -> str:
    day = datetime.fromisoformat(at).astimezone()
    return "unblinded {}".format(f"{day.day} {day:%b}")


def pair_headline(pair: PairSummary) -> str:
    """The one sentence of a pair."""
    return headline(pair)


def interval_line(pair: PairSummary, raters: int) -> str:
    """For whom the rate holds, and how narrowly."""
    both, one = pair.win_rate_over_raters, pair.win_rate
    level, narrow = percent(one.level), range_words(*ends_as_told(pair, one))
    if both is not None and both.low is not None:
        told = "{level} interval {wide} for raters like these, {narrow} for these {n} alone."
        wide = range_words(*ends_as_told(pair, both))
        return told.format(level=level, wide=wide, narrow=narrow, n=raters)
    if not narrow:
        return "No interval: only one prompt was judged."
    whom = "for this rater" if raters == 1 else "for these raters"
    return f"{level} interval {narrow}, {whom}."


# --- explanations of the rest --------------------------------------------------------------------


def rate_explanation(pair: PairSummary) -> Explanation:
    """The win rate and both its intervals."""
    both = pair.win_rate_over_raters
    paragraphs = [
        (
            "The win rate of {b} is the share of judgments that prefer {b} to {a}. A tie, and both bad, is"
            " half a win for each. 50% means that neither is preferred."
        ).format(a=name(pair.a), b=name(pair.b)),
        _for_whom("For these raters, and prompts like these:", pair.win_rate),
    ]
    if both is not None:
        paragraphs.append(_for_whom("For raters like these, too:", both))
        paragraphs.append(
            "The second interval is wider, because other raters might judge differently, and few "
            "raters say little about all raters. The sentence at the top goes by it."
        )
    paragraphs.append("The splits and categories below have the interval for these raters; n counts prompts.")
    methods = pair.win_rate.method if both is None else f"{pair.win_rate.method}; {both.method}"
    source = "Wilson 1927; Liang & Zeger 1986; Cameron, Gelbach & Miller 2011"
    return Explanation(f"Win rate of {name(pair.b)}", tuple(paragraphs), methods, source)


def _for_whom(lead: str, rate: Rate) -> str:
    return f"{lead} {rate.explanation}"
