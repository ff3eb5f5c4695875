"""The win rate of a pair of systems: figures, and the rate that counts each prompt once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ftcompare.app.results.presentation.blocks import Column, Explanation, Figure, Table, Unit, number_columns
from ftcompare.app.results.presentation.measures import Group, measure
from ftcompare.app.results.presentation.number_format import (
    UNDEFINED,
    name,
    number,
    p_equation,
    probability,
    range_words,
    share,
    span,
)
from ftcompare.app.results.presentation.pair_results import PairResults
from ftcompare.app.results.study_results import Variant, VariantKind
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.plurals import counted
from ftcompare.stats.claims import ClaimBasis
from ftcompare.stats.summary import PairSummary
from ftcompare.stats.win_rate import SAME
from ftcompare.stats.win_rate import Rate as Rate


def rate_explanation(pair: PairSummary) -> Explanation:
    """The explanation of the win rate and both its intervals."""
    both = pair.win_rate_over_raters
    numbers = [f"For these raters, and prompts like these: {pair.win_rate.explanation}"]
    if both is not None:
        numbers.append(f"For other raters of this kind, too: {both.explanation}")
    rule = (
        "The win rate of a system is the share of judgments that prefer it to the other one. A tie, and both "
        "bad, is half a win for each. 50% means that neither is preferred.",
        "Judgments of one prompt, and of one rater, are alike, so no interval is computed as if judgments "
        "were independent. One is over prompts, for these raters; so are those of splits, categories and "
        "tags. The other is over prompts and raters, for other raters of this kind. It is wider, because "
        "other raters might judge differently, and few raters say little about all raters. The sentence at "
        "the top uses it. It assumes that raters' preferences are roughly normally distributed. It is too "
        "narrow if raters form groups with opposite preferences, or if a few are far from the others.",
    )
    return Explanation(
        "Win rate",
        rule,
        pair.win_rate.method if both is None else f"{pair.win_rate.method}; {both.method}",
        "Wilson 1927; Liang & Zeger 1986; Cameron, Gelbach & Miller 2011",
        tuple(numbers),
    )


@measure(Group.RATES)
def win_rates(results: PairResults) -> Iterator[Figure]:
    """The rate over other raters of this kind, the rate over these raters, and its standard error."""
    pair, explained = results.pair, rate_explanation(results.pair)
    over, error = pair.win_rate_over_raters, pair.standard_error
    yield _whole_rate(results, "win_rate_over_raters", "for other raters of this kind", over, explained)
    yield _whole_rate(results, "win_rate", "for these raters alone", pair.win_rate, explained)
    shown = "" if error is None else f"{100 * error:.2f} points"
    if error is not None and error < SAME:
        shown = "not estimable: all prompts alike"
    yield Figure("standard_error", "Standard error over prompts", error, explained, told=shown, detail=True)


def _whole_rate(results: PairResults, key: str, whom: str, rate: Rate | None, how: Explanation) -> Figure:
    title, column = f"Win rate of {results.pair.b} {whom}", f"{whom[0].upper()}{whom[1:]}"
    if rate is None or (rate.low is None and rate is results.pair.win_rate_over_raters):
        why = "needs three raters with five judgments each"
        return Figure(key, title, None, how, note=why, detail=True, column=column)
    found = rate_figure(key, title, rate, how, n=counted(results.pair.prompts, "prompt"), judged=Part())
    return replace(found, detail=True, column=column)


def rate_figure(
    key: str,
    title: str,
    rate: Rate,
    how: Explanation | None = None,
    *,
    n: str = "",
    judged: Part | None = None,
) -> Figure:
    low, high, note = rate.low, rate.high, "" if rate.low is not None else "no interval"
    found = Figure(key, title, rate.value, how, low=low, high=high, n=n, note=note, judged=judged)
    return replace(found, method=rate.method)


@measure(Group.RATES)
def sign_test(results: PairResults) -> Iterator[Figure]:
    """The number of prompts won and lost, and the sign test."""
    pair, found = results.pair, results.pair.by_prompt
    decided, ends = found.wins + found.losses, pair.sign_test_interval or (None, None)
    how = Explanation(
        "Sign test",
        (
            "Each prompt counts once, for the side that most of its judgments favor; prompts without a "
            "favorite are left out. p is the chance of a split at least this uneven if neither were "
            "better. It is p = 2 · P(X ≥ the greater number), at most 1, where X counts heads of as "
            "many fair coins. It is valid for one look at the end, not for repeated looks. The interval "
            "of the share won is Clopper and Pearson's.",
        ),
        "exact sign test, two-sided (= exact McNemar)",
        "Dixon & Mood 1946; Clopper & Pearson 1934",
        (_sign_test_numbers(pair), *_scope(pair)),
    )
    p, column = pair.sign_test_p, "Sign test, p"
    note, judged = ("", None) if p is None else (_question(pair, p), Part())
    yield Figure("sign_test", how.title, p, how, Unit.P_VALUE, note=note, judged=judged, column=column)
    counts, title = f"{found.wins:,}, {found.losses:,}, {found.ties:,}", "Prompts won, lost, even"
    yield Figure("by_prompt", title, None, how, told=counts, detail=True, column=title)
    share = found.wins / decided if decided else None
    title = "Prompts won, of those won or lost"
    yield Figure("share_won", title, share, how, low=ends[0], high=ends[1], method="exact", detail=True)


def _question(pair: PairSummary, p: float) -> str:
    """Which question the sign test answers where the claim about the same raters comes out otherwise."""
    claim = pair.claims[0]
    if claim.basis is ClaimBasis.FIXED and (p < 1 - pair.win_rate.level) != claim.made:
        also = "" if claim.p is None else f" ({p_equation(claim.p)})"
        return f"counts prompts; the sentence at the top also weighs the margin on each{also}"
    return "for these raters" if pair.speaks_for_others else ""


def _sign_test_numbers(pair: PairSummary) -> str:
    found = pair.by_prompt
    if pair.sign_test_p is None:
        return "Here no prompt has a favorite."
    decided = found.wins + found.losses
    ties = "1 is" if found.ties == 1 else f"{found.ties:,} are"
    return (
        f"Here {pair.b} is ahead on {counted(found.wins, 'prompt')}, {pair.a} on {found.losses:,}, and "
        f"{ties} without a favorite: p = 2 · P(X ≥ {max(found.wins, found.losses)} of {decided}) = "
        f"{pair.sign_test_p:.3g}. The share of {pair.b} is {found.wins / decided:.1%}, its exact "
        f"interval {range_words(*(pair.sign_test_interval or (None, None)))}."
    )


@measure(Group.RATES)
def probability_better(results: PairResults) -> Iterator[Figure]:
    """The probability that b wins more than half of the prompts that have a preferred system."""
    pair, found = results.pair, results.pair.by_prompt
    shown = probability(pair.probability_b_better)
    how = Explanation(
        f"Probability that {pair.b} wins more prompts",
        (
            "The probability that a system wins more than half of the prompts with a favorite, starting from "
            "no opinion. It is the upper half of Beta(wins + 1, losses + 1), with prompts counted once each. "
            "The headline and the win rate count judgments, so the two can point to different sides.",
        ),
        "Beta posterior, uniform prior",
        "Gelman et al. 2013, ch. 2",
        (
            f"Of {pair.b}: Beta({found.wins + 1}, {found.losses + 1}) above one half = {shown}.",
            f"It counts prompts won, here {found.wins:,} : {found.losses:,}.",
            *_scope(pair),
        ),
    )
    if not found.wins + found.losses:
        return
    title, value, unit = how.title, pair.probability_b_better, Unit.PROBABILITY
    note, column = "than it loses; uniform prior, for these raters", "First wins more"
    yield Figure("probability_better", title, value, how, unit, note=note, judged=Part(), column=column)


def _scope(pair: PairSummary) -> tuple[str, ...]:
    if not pair.speaks_for_others:
        return ()
    return (
        "It applies to these raters on other prompts. Other raters may judge otherwise: see the win rate.",
    )


def variant_title(variant: Variant) -> str:
    """The exclusions of a variant, in a few words."""
    raters, prompts = counted(len(variant.raters), "rater"), counted(variant.prompts, "prompt")
    seen = counted(variant.reference_seen, "judgment")
    return {
        VariantKind.EXCLUDED_RATERS: f"Without {raters} left out",
        VariantKind.SELF_NAMING: f"Without {prompts} with self-naming",
        VariantKind.BOTH: "Without both",
        VariantKind.REFERENCE_SEEN: f"Without {seen} made after seeing the reference",
    }[variant.kind]


_SEEN = "Without judgments whose rater saw the reference answer before answering."


def left_out(variant: Variant) -> str:
    """The excluded raters and prompts, by name, and how much remains."""
    raters = ", ".join(map(name, variant.raters))
    told = (
        f"Left out on the Raters page: {raters}." if raters else "",
        "Without prompts on which an answer names its own model." if variant.prompts else "",
        _SEEN if variant.reference_seen else "",
        f"{counted(variant.judgments, 'judgment')} remain.",
    )
    return " ".join(filter(None, told))


@measure(Group.VARIANTS)
def variants(results: PairResults) -> Iterator[Figure]:
    """The rate with all data, then without what variants leave out; empty without variants."""
    if not results.variants:
        return
    yield _variant_figure("everything", "Everything", results.pair, "All raters and all prompts.", Part())
    for variant, kept in results.variants:
        title = variant_title(variant)
        part = Part(
            Dimension.WITHOUT,
            title,
            prompts=variant.prompt_ids,
            raters=variant.rater_ids,
            reference_seen=variant.reference_seen > 0,
        )
        yield _variant_figure(variant.kind.value, title, kept, left_out(variant), part)


def _variant_figure(key: str, title: str, pair: PairSummary | None, text: str, part: Part) -> Figure:
    if pair is None:
        return Figure(key, title, None, Explanation(title, (text,)), told="nothing left")
    rate = pair.main_rate
    how = Explanation(title, (text, rate.explanation), rate.method)
    return rate_figure(key, title, rate, how, judged=part)


def variants_table(results: PairResults) -> Table:
    """The variants as a table, with counts, both intervals and the e-value."""
    intervals = ("for these raters", 1.5), ("for other raters", 1.5)
    columns = number_columns("Prompts", "Judgm.", "Win rate", *intervals, ("evidence", 1.1))
    rows = [_row("Everything", results.pair)]
    rows += [_row(variant_title(variant), kept) for variant, kept in results.variants]
    return Table("", (Column(f"Win rate of {results.pair.b}", 2.4), *columns), tuple(rows))


def _row(title: str, pair: PairSummary | None) -> tuple[str, ...]:
    if pair is None:
        return title, "0", "0", *(UNDEFINED,) * 4
    one, over = pair.win_rate, pair.win_rate_over_raters
    return (
        title,
        f"{pair.prompts:,}",
        f"{pair.judgments:,}",
        share(one.value),
        span(one.low, one.high),
        span(over.low, over.high) if over else UNDEFINED,
        number(pair.e_value),
    )
