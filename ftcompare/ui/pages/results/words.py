"""What the Results page says: numbers turned to sentences, each with how it was computed. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QCoreApplication

from ftcompare.app.results import EVIDENCE_NEEDED, Results, headline
from ftcompare.core.study import RaterKind, Split
from ftcompare.stats.agreement import Agreement
from ftcompare.stats.bias import PositionBias
from ftcompare.stats.summary import PairSummary, Slice
from ftcompare.stats.win_rate import Rate
from ftcompare.ui.names import short_name
from ftcompare.ui.safe_text import one_line

NAME_LENGTH = 60
USELESS_WIDTH = 0.99
"""An interval wider than this says nothing."""

COST_DIMENSIONS = ("split", "category")


def words(text: str) -> str:
    """A text of the Results page in the user's language."""
    return QCoreApplication.translate("Results", text)


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a figure is computed. ``source`` is where the method is described."""

    title: str
    paragraphs: tuple[str, ...]
    method: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the side column: its name, its value, its interval or n, and how it comes about."""

    name: str
    value: str
    detail: str
    explanation: Explanation


# --- numbers -------------------------------------------------------------------------------------


def percent(value: float) -> str:
    """A share in whole per cent."""
    return f"{value:.0%}"


def range_words(low: float | None, high: float | None) -> str:
    """An interval of shares in whole per cent; empty where it is not defined."""
    return "" if low is None or high is None else f"{low * 100:.0f}–{high * 100:.0f}%"


def probability(value: float) -> str:
    """A probability in per cent that is never rounded to certainty."""
    if value > 0.999:
        return "> 99.9%"
    return "< 0.1%" if value < 0.001 else f"{value:.1%}"


def p_value(value: float) -> str:
    """A p-value with as many decimals as matter."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def e_value(value: float) -> str:
    """An e-value in as many figures as mean something."""
    if value >= 1_000_000:
        return words("over a million")
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many}"


# --- names ---------------------------------------------------------------------------------------


def name(text: str) -> str:
    """A system's or category's name, fit to be shown in a line."""
    return one_line(text, NAME_LENGTH)


def slice_name(dimension: str, stored: str) -> str:
    """What a row of the forest plot is called."""
    splits = {
        Split.TRAINED.value: words("Trained"),
        Split.PARAPHRASE.value: words("Paraphrase"),
        Split.HELD_OUT.value: words("Held out"),
    }
    if dimension == "all":
        return words("All prompts")
    return splits.get(stored, name(stored)) if dimension == "split" else name(stored)


def pair_name(pair: PairSummary) -> str:
    """A pair of systems in the list to choose from."""
    both = words("{b} against {a}").format(a=name(pair.a), b=name(pair.b))
    return both if pair.rater_kind is RaterKind.HUMAN else words("{} (automatic raters)").format(both)


# --- sentences -----------------------------------------------------------------------------------


def standing(found: Results) -> str:
    """How much there is: for the page's head."""
    summary = found.summary
    parts = [
        counted(summary.judgments, words("judgment"), words("judgments")),
        counted(len(summary.raters), words("rater"), words("raters")),
        words("still blinded") if found.study.blinded else _unblinded(found.study.unblinded_at),
    ]
    return " · ".join(parts)


def _unblinded(at: str) -> str:
    day = datetime.fromisoformat(at).astimezone()
    return words("unblinded {}").format(f"{day.day} {day:%b}")


def pair_headline(pair: PairSummary) -> str:
    """The one sentence of a pair."""
    return headline(pair)


def interval_line(pair: PairSummary, raters: int) -> str:
    """For whom the rate holds, and how narrowly."""
    both, one = pair.win_rate_over_raters, pair.win_rate
    level, narrow = percent(one.level), range_words(one.low, one.high)
    if both is not None and both.low is not None:
        told = words("{level} interval {wide} for raters like these, {narrow} for these {n} alone.")
        wide = range_words(both.low, both.high)
        return told.format(level=level, wide=wide, narrow=narrow, n=raters)
    if not narrow:
        return words("No interval: only one prompt was judged.")
    whom = words("for this rater") if raters == 1 else words("for these raters")
    return words("{level} interval {range}, {whom}.").format(level=level, range=narrow, whom=whom)


def evidence_sentence(pair: PairSummary) -> str:
    """Whether one may stop now: what the evidence reached once it keeps."""
    found, needed = pair.evidence, f"{EVIDENCE_NEEDED:.0f}"
    if found.highest >= EVIDENCE_NEEDED:
        told = words("Enough for these raters, however often you looked: e-value {e}, needed {needed}.")
        return told.format(e=e_value(found.highest), needed=needed)
    told = words("Not enough yet if you look as you go: e-value {e}, needed {needed}.")
    return told.format(e=e_value(found.last), needed=needed)


def evidence_note(pair: PairSummary) -> str:
    """What stands below the curve: the interval that may be watched, and how many prompts more."""
    low, high = pair.confidence_sequence
    told = words("Win rate so far, safe to watch: {range} (95% confidence sequence).").format(
        range=range_words(low, high)
    )
    if pair.prompts_still_needed is not None:
        more = counted(pair.prompts_still_needed, words("more prompt"), words("more prompts"))
        told += " " + words("About {} for 80% power, if this rate is the true one.").format(more)
    return told


def cost_slice(pair: PairSummary) -> Slice | None:
    """The split or category with the lowest rate whose interval lies below one half."""
    below = [
        part
        for part in pair.slices
        if part.dimension in COST_DIMENSIONS and part.rate.high is not None and part.rate.high < 0.5
    ]
    return min(below, key=lambda part: part.rate.value, default=None)


def cost_sentence(pair: PairSummary, found: Slice | None, *, tuned: bool) -> str:
    """What was lost: where a was preferred to b."""
    lead = (
        words("What fine-tuning cost:") if tuned else words("Where {b} falls behind:").format(b=name(pair.b))
    )
    if found is None:
        told = words("no split or category found in which raters preferred {a} beyond doubt.")
        return f"{lead} {told.format(a=name(pair.a))}"
    told = words("on “{slice}” raters preferred {a} ({rate}, {range}).")
    return f"{lead} " + told.format(
        slice=slice_name(found.dimension, found.name),
        a=name(pair.a),
        rate=percent(found.rate.value),
        range=range_words(found.rate.low, found.rate.high),
    )


# --- figures of the side column ------------------------------------------------------------------


def counts(pair: PairSummary) -> tuple[tuple[str, int], ...]:
    """Judgments by answer, the most wanted first."""
    return (
        (words("Wins of {}").format(short_name(pair.b)), pair.wins_b),
        (words("Wins of {}").format(short_name(pair.a)), pair.wins_a),
        (words("About equal"), pair.ties),
        (words("Both bad"), pair.both_bad),
    )


def trust_figures(pair: PairSummary, agreed: Agreement, position: PositionBias) -> tuple[Figure, ...]:
    """What speaks for and against the numbers."""
    return (
        _agreement_figure(agreed),
        _position_figure(position),
        _length_figure(pair),
        _sign_test_figure(pair),
        _probability_figure(pair),
    )


def _agreement_figure(found: Agreement) -> Figure:
    title = words("Agreement (α)")
    value = found.alpha_ordinal
    if value is None:
        why = words("no pair judged twice") if not found.units else words("all judged alike")
        shown, detail = words("not defined"), why
    else:
        shown, detail = f"{value:.2f}", words("n = {} pairs").format(found.units)
    known = [
        words("{} of the pairs of answers to one pair agree.").format(percent(found.percent))
        if found.percent is not None
        else words("α needs pairs that at least two raters judged; there is none yet."),
        words("Taking the answers as mere names, α is {:.2f}.").format(found.alpha_nominal)
        if found.alpha_nominal is not None
        else "",
        words("Gwet's AC1, which does not fall when one side usually wins, is {:.2f}.").format(
            found.gwet_ac1.value
        )
        if found.gwet_ac1 is not None
        else "",
    ]
    text = words(
        "α = 1 − observed disagreement / disagreement expected by chance. 1 is perfect agreement, 0 is "
        "what chance gives. A tie (and both bad) lies between the two sides. It is of all pairs of systems"
        " together."
    )
    paragraphs = (text, " ".join(part for part in known if part))
    method = words("Krippendorff's α, ordinal")
    return Figure(title, shown, detail, Explanation(title, paragraphs, method, "Krippendorff 2019, ch. 12"))


def _position_figure(found: PositionBias) -> Figure:
    title = words("Left chosen")
    if found.left_share is None:
        shown, detail = words("not defined"), words("no side known")
        told = words("No judgment for one side has a known place yet.")
    else:
        shown, detail = percent(found.left_share), range_words(found.low, found.high)
        told = words("{left} / ({left} + {right}) = {share:.1%}.").format(
            left=found.left, right=found.right, share=found.left_share
        )
    text = words(
        "Share of judgments for one side that went to the left text. Sides are drawn at random, so raters "
        "who do not favour a side choose left half of the time. The interval takes each rater's judgments "
        "together."
    )
    return Figure(title, shown, detail, Explanation(title, (text, told), words("Wilson, or t over raters")))


def _length_figure(pair: PairSummary) -> Figure:
    title = words("At equal length")
    rate = pair.length_controlled
    text = words(
        "Longer answers are often preferred for their length. This is the win rate of {} that would be "
        "expected if both answers were equally long and stood on no side."
    ).format(name(pair.b))
    if rate is None or rate.low is None or rate.high is None or rate.high - rate.low > USELESS_WIDTH:
        why = words(
            "It cannot be told here: the lengths do not vary enough, or there are too few prompts, or length "
            "and preference go together without exception."
        )
        return Figure(title, words("not defined"), "", Explanation(title, (text, why)))
    explained = Explanation(
        title, (text, rate.explanation), rate.method, "Dubois et al. 2024, Length-controlled AlpacaEval"
    )
    return Figure(title, percent(rate.value), range_words(rate.low, rate.high), explained)


def _sign_test_figure(pair: PairSummary) -> Figure:
    title = words("Sign test")
    text = words(
        "Each prompt counts once, for the side that most of its judgments favour; prompts without a "
        "favourite are left out. p is the chance of a split at least this uneven if neither were better. "
        "It is valid for one look at the end, not for looking as you go."
    )
    value = pair.sign_test_p
    shown = (
        words("not defined")
        if value is None
        else f"p {p_value(value)}"
        if value < 0.001
        else f"p = {p_value(value)}"
    )
    method = words("exact sign test, two-sided (= exact McNemar)")
    return Figure(title, shown, "", Explanation(title, (text,), method, "Dixon & Mood 1946"))


def _probability_figure(pair: PairSummary) -> Figure:
    title = words("P({} better)").format(short_name(pair.b, 20))
    text = words(
        "Probability that {} wins more than half of the prompts with a favourite, starting from no opinion: "
        "the upper half of Beta(wins + 1, losses + 1), prompts counted once each."
    ).format(name(pair.b))
    method = words("Beta posterior, uniform prior")
    explained = Explanation(title, (text,), method, "Gelman et al. 2013, ch. 2")
    return Figure(title, probability(pair.probability_b_better), "", explained)


# --- explanations of the rest --------------------------------------------------------------------


def rate_explanation(pair: PairSummary) -> Explanation:
    """The win rate and both its intervals."""
    both = pair.win_rate_over_raters
    paragraphs = [
        words(
            "The win rate of {b} is the share of judgments that prefer {b} to {a}. A tie, and both bad, is"
            " half a win for each. 50% means that neither is preferred."
        ).format(a=name(pair.a), b=name(pair.b)),
        _for_whom(words("For these raters, and prompts like these:"), pair.win_rate),
    ]
    if both is not None:
        paragraphs.append(_for_whom(words("For raters like these, too:"), both))
        paragraphs.append(
            words(
                "The second interval is wider, because other raters might judge differently, and few "
                "raters say little about all raters. The sentence at the top goes by it."
            )
        )
    paragraphs.append(
        words("The splits and categories below have the interval for these raters; n counts prompts.")
    )
    methods = pair.win_rate.method if both is None else f"{pair.win_rate.method}; {both.method}"
    source = "Wilson 1927; Liang & Zeger 1986; Cameron, Gelbach & Miller 2011"
    return Explanation(words("Win rate of {}").format(name(pair.b)), tuple(paragraphs), methods, source)


def _for_whom(lead: str, rate: Rate) -> str:
    return f"{lead} {rate.explanation}"


def evidence_explanation(pair: PairSummary) -> Explanation:
    """The e-value and its sequence."""
    paragraphs = (
        words(
            "The e-value is what a bettor would have made of 1 by betting against “neither is preferred”, "
            "one prompt at a time. If neither is, it reaches 20 in at most 5% of studies, however often "
            "you look. So you may watch it grow and stop when it passes 20."
        ),
        words(
            "Now it is {e} after {n}; the highest was {highest}, and what was reached once stays reached. "
            "One prompt is one step, with the mean of its judgments: with several raters a prompt counts as "
            "finished, so look when its judgments are in."
        ).format(
            e=e_value(pair.evidence.last),
            n=counted(pair.prompts, words("prompt"), words("prompts")),
            highest=e_value(pair.evidence.highest),
        ),
        words(
            "The confidence sequence holds every win rate against which the evidence is still below 20: "
            "{}. It speaks for these raters."
        ).format(range_words(*pair.confidence_sequence)),
    )
    method = words("betting e-process, uniform mixture")
    return Explanation(words("Evidence"), paragraphs, method, "Waudby-Smith & Ramdas 2024; Ville 1939")


def counts_explanation(pair: PairSummary) -> Explanation:
    """What is counted."""
    paragraphs = (
        words(
            "Each standing judgment of this pair counts once: {judgments} of {prompts}. Judgments that "
            "were taken back and pairs that were skipped are not counted."
        ).format(
            judgments=counted(pair.judgments, words("judgment"), words("judgments")),
            prompts=counted(pair.prompts, words("prompt"), words("prompts")),
        ),
        words(
            "Both bad means that the rater would have given neither answer; the win rate takes it as a tie."
        ),
    )
    return Explanation(words("Judgments"), paragraphs)
