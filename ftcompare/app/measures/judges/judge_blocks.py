"""Blocks on judges that are programs, separate from people's results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import fmean

from ftcompare.app.judges.judge_overview import JudgeTotals
from ftcompare.app.measures.judges.judge_figures import IMPORTED, DirectScores, JudgeFigures, StudyJudges
from ftcompare.app.results.presentation.blocks import (
    Block,
    Cell,
    Column,
    Explanation,
    Figure,
    Figures,
    Paragraph,
    Section,
    Subheading,
    Table,
    Tone,
    Unit,
)
from ftcompare.app.results.presentation.number_format import decimals, interval_words, name, value_words
from ftcompare.app.review.result_slice import Dimension, Part
from ftcompare.core.judge import JudgeKind
from ftcompare.core.plurals import counted
from ftcompare.stats.correctness import LEAST_BINNED, Calibration
from ftcompare.stats.judge_agreement import (
    KAPPA_METHOD,
    LEAST_BY_CHANCE,
    LEAST_KAPPA_PROMPTS,
    CategoryAgreement,
    JudgeAgreement,
    JudgedPairing,
    PromptKappa,
)
from ftcompare.stats.position_and_length_bias import FeatureEffect
from ftcompare.stats.win_rate import Rate

TITLE = "Judges that are programs"
NOBODY = (
    "No program has judged answers of this study. Have a model or a reward model judge them, or import "
    'judgments with "rater_kind": "automatic".'
)
BESIDE = (
    "Judges are shown beside people and never mixed with them. A judge's agreement with people shows "
    "how well it can replace them on prompts like these. It does not show who is right."
)
MAJORITY = (
    "The human majority is the verdict that most people gave on a pair (both bad is a tie). If two "
    "verdicts share first place, it is a tie. For a judge that was asked in both orders, its two votes "
    "are combined: a preference that changes with the order is a tie."
)
LISTED = 20
"""Maximum number of listed pairs with opposite answers, where they cannot be opened."""

_KINDS: Mapping[str, str] = {
    JudgeKind.MODEL: "a model of this machine, asked in words",
    JudgeKind.SERVED: "a model behind a server, asked in words",
    JudgeKind.REWARD: "a reward model",
    JudgeKind.JURY: "a jury of judges",
    IMPORTED: "its judgments were imported",
}

_AGREES = Explanation(
    "Agrees with people",
    (
        "The share of pairs on which it gives the verdict of the human majority, with ties counted as "
        "verdicts.",
        MAJORITY,
    ),
)
_DECIDED = Explanation(
    "Agrees, ties left out",
    (
        "Of the pairs where neither it nor the human majority says tie, the share on which it prefers "
        "the same answer as most people. Guessing gives one half.",
        MAJORITY,
    ),
)
_KAPPA = Explanation(
    "Cohen's κ with people",
    (
        "κ = (p_o − p_e) / (1 − p_e): the share of the agreement beyond chance that is reached. p_o is "
        "the share of pairs with the same verdict (a, tie, or b). p_e is the share expected by chance, "
        "if two judges gave each verdict as often as these do. 0 is chance, 1 is full agreement.",
        f"The interval is over prompts. There is no interval with fewer than {LEAST_KAPPA_PROMPTS} "
        "prompts, or if nearly all verdicts are the same. The second rule applies if, by chance, both "
        f"would give the second most frequent verdict on fewer than {LEAST_BY_CHANCE:g} prompts.",
        MAJORITY,
    ),
    KAPPA_METHOD,
    "Cohen 1960; Tukey 1958; Agresti & Coull 1998",
)
_CONSISTENT = Explanation(
    "Alike with the order swapped",
    (
        "Of the pairs that it judged in both orders, the share on which it prefers the same answer both "
        "times, or neither.",
    ),
    source="Zheng et al. 2023",
)
_FIRST = Explanation(
    "Went to the answer shown first",
    (
        "Of its decided votes whose order is known, the share for the answer that was shown first. For "
        "a judge that was asked in both orders and ignores the order, it is one half.",
    ),
)
_NO_SCORE = Explanation(
    "Answers without a score",
    (
        "Answers of the study's pairs that it has not scored yet, or could not score, for example "
        "because they are longer than the model's context. Their pairs have no vote. Another run asks "
        "again and shows the reason.",
    ),
)
_LENGTH = Explanation(
    "Effect of length",
    (
        "The effect of a typical difference in length: how far it moves a rate of one half toward the "
        "longer answer. It is from a logistic regression of the votes on tanh(difference in characters "
        "/ its standard deviation), with the side. Beside it is the same figure for people's votes. The "
        "part above theirs is the judge's own preference.",
    ),
    source="after Dubois et al. 2024",
)
_SURE = Explanation(
    "Confidence of the scores",
    (
        "σ(score of b − score of a) is the probability that b is preferred, as the model was trained. "
        "It is computed over pairs that neither it nor most people call a tie. The judge's confidence "
        "in the answer that it prefers is shown beside how often people prefer that answer. Brier "
        "score: the mean of (confidence − right)², where right is 1 or 0. Lower is better.",
        f"The calibration error (ECE) uses ten bins. With fewer than {LEAST_BINNED} pairs, there is no "
        "calibration error.",
    ),
    source="Brier 1950; Naeini et al. 2015",
)


INTERVALS = (
    "Intervals here are over prompts: Wilson's if each prompt has one value, otherwise t over prompts. "
    "The matrix of measures adds two prompts for its intervals, one of 0 and one of 1. People's win "
    "rate with a program's further judgments adds four. So the same share can have other ends there."
)
"""Why a share may have different interval ends in other tables."""


def judges_blocks(results: StudyJudges) -> Iterator[Block]:
    """The blocks of all judges, for report and command line."""
    if not results.judges:
        yield Paragraph(NOBODY)
        return
    yield Paragraph(BESIDE)
    yield Paragraph(INTERVALS, Tone.NOTE)
    if results.withheld:
        yield Paragraph(results.withheld.explained, Tone.NOTE)
    for one in results.judges:
        yield Subheading(name(one.name))
        yield from judge_blocks(one)
        yield from _listed(one)


def judge_sections(results: StudyJudges) -> tuple[Section, ...]:
    return tuple(
        Section(f"judge {place}", f"Judge: {name(one.name)}", tuple(judge_blocks(one)))
        for place, one in enumerate(results.judges)
    )


def judge_blocks(one: JudgeFigures) -> Iterator[Block]:
    """All blocks of one judge except the pairs with opposite answers."""
    yield Paragraph(_what(one), Tone.NOTE)
    if one.warning:
        yield Paragraph(one.warning, Tone.WARNING)
    if one.scores and one.scores_alone:
        yield _scores(one.scores)
    if one.rater is None or one.agreed is None:
        return
    yield Figures("judge", "", tuple(_figures(one, one.agreed)))
    if len(one.agreed.categories) > 1:
        yield _categories(one.agreed.categories)
    if one.agreed.pairings:
        yield _pairings(one.agreed.pairings)
    if one.calibration:
        yield _calibration(one.calibration)
    if one.differing:
        yield _differing(one)


def _what(one: JudgeFigures) -> str:
    kind = _KINDS[one.kind]
    votes = counted(one.rater.judgments, "vote") if one.rater else "no vote yet"
    if one.scores_alone:
        votes = "it scores each answer and does not vote on pairs"
    asked = f", {counted(one.totals.replies, 'question')} asked" if one.totals else ""
    return f"{kind[:1].upper()}{kind[1:]}; {votes}{asked}."


def _scores(scores: DirectScores) -> Table:
    columns = (Column("System", 1.8), Column("Mean score", numbers=True), Column("Prompts", numbers=True))
    width = scores.highest - scores.lowest
    rows = tuple(
        (name(system), decimals(scores.lowest + width * fmean(values.values())), f"{len(values):,}")
        for system, values in scores.values.items()
        if values
    )
    return Table(f"Scores from {scores.lowest} to {scores.highest}", columns, rows)


def _figures(one: JudgeFigures, agreed: JudgeAgreement) -> Iterator[Figure]:
    rater, none = one.rater, "no pair judged by both"
    yield _share("judge_agreement", _AGREES, rater.agreement if rater else None, none)
    yield _share("judge_decided", _DECIDED, rater.agreement_decided if rater else None, "no such pair")
    yield _kappa(agreed.kappa)
    consistent = rater.consistency if rater else None
    yield _share("judge_consistency", _CONSISTENT, consistent, "not asked in both orders")
    no_order = "no vote is decided" if agreed.order_known else "no order known"
    yield _share("judge_first", _FIRST, agreed.left, no_order, "vote")
    if one.totals:
        of = f"of {counted(one.totals.replies, 'question')}"
        yield Figure("judge_no_verdict", "No verdict", one.totals.without_verdict, unit=Unit.COUNT, note=of)
        yield from _without_score(one.totals)


def _without_score(totals: JudgeTotals) -> Iterator[Figure]:
    """For a reward model: pairs without a score, which have no vote."""
    if totals.without_score is not None:
        note = "of the study's pairs" if totals.without_score else "every answer has one"
        yield Figure(
            "judge_no_score", _NO_SCORE.title, totals.without_score, _NO_SCORE, Unit.COUNT, note=note
        )


def _share(key: str, how: Explanation, rate: Rate | None, none: str, what: str = "pair") -> Figure:
    if rate is None:
        return Figure(key, how.title, None, how, note=none)
    n = counted(rate.n, what)
    return Figure(key, how.title, rate.value, how, low=rate.low, high=rate.high, n=n, method=rate.method)


def _kappa(found: PromptKappa | None) -> Figure:
    if found is None:
        return Figure(
            "judge_kappa", _KAPPA.title, None, _KAPPA, Unit.COEFFICIENT, note="no pair judged by both"
        )
    note = "all verdicts are alike" if found.value is None else ""
    if found.value is not None and found.low is None:
        note = "too few different verdicts for an interval"
    n = f"{counted(found.pairs, 'pair')} of {counted(found.prompts, 'prompt')}"
    return Figure(
        "judge_kappa", _KAPPA.title, found.value, _KAPPA, Unit.COEFFICIENT, found.low, found.high, n, note,
        method=KAPPA_METHOD,
    )  # fmt: skip


def _categories(parts: tuple[CategoryAgreement, ...]) -> Table:
    columns = (
        Column("Category", 1.6),
        Column("Agrees with people", 1.4, numbers=True, explanation=_AGREES),
        Column("Ties left out", 1.4, numbers=True, explanation=_DECIDED),
    )
    rows = ((name(part.category or "—"), _cell(part.all_answers), _cell(part.decided)) for part in parts)
    return Table("By category", columns, tuple(rows))


def _pairings(found: tuple[JudgedPairing, ...]) -> Table:
    columns = (
        Column("Systems", 1.8),
        Column("Win rate by the judge", 1.4, numbers=True),
        Column("Effect of length", 1.4, numbers=True, explanation=_LENGTH),
        Column("to people", 1.4, numbers=True, explanation=_LENGTH),
    )
    rows = (
        (f"{name(p.b)} against {name(p.a)}", _cell(p.win_rate), _worth_to(p), _worth(p.people_length))
        for p in found
    )
    return Table("By pair of systems", columns, tuple(rows))


def _cell(rate: Rate | None) -> Cell:
    if rate is None:
        return Cell("—", "no such pair")
    figure = Figure("", "", rate.value, low=rate.low, high=rate.high)
    return Cell(value_words(figure), f"{interval_words(figure) or 'no interval'}, n = {rate.n:,}")


def _worth_to(pairing: JudgedPairing) -> Cell:
    """The effect of length. If length predicts every vote, no slope can be fitted, and this is stated."""
    found, votes = _worth(pairing.length), pairing.unequal
    if found.value != "—" or not votes or pairing.longer not in (0, votes):
        return found
    which = "longer" if pairing.longer else "shorter"
    return Cell("—", f"no slope: each of {counted(votes, 'decided vote')} is for the {which} answer")


def _worth(effect: FeatureEffect | None) -> Cell:
    if effect is None or effect.worth is None:
        return Cell("—", "cannot be determined")
    value, low, high = effect.worth
    figure = Figure("", "", value, unit=Unit.POINTS, low=low, high=high)
    return Cell(value_words(figure), interval_words(figure))


def _calibration(calibration: Calibration) -> Figures:
    n = counted(calibration.answers, "pair")
    figures = (
        Figure("judge_sure", "Mean confidence in what it prefers", calibration.confidence, n=n),
        Figure("judge_right", "People prefer that", calibration.correct, n=n),
        Figure(
            "judge_brier",
            "Brier score",
            calibration.brier,
            unit=Unit.COEFFICIENT,
            note=".25 is the score of guessing",
        ),
        Figure(
            "judge_ece",
            "Calibration error (ECE)",
            calibration.error,
            unit=Unit.COEFFICIENT,
            note="too few pairs" if calibration.error is None else "",
        ),
    )
    return Figures("judge_calibration", _SURE.title, figures, _SURE)


def _differing(one: JudgeFigures) -> Paragraph:
    pairs = frozenset((pair.prompt, tuple(sorted((pair.judge, pair.people)))) for pair in one.differing)
    count = counted(len(one.differing), "pair")
    text = f"On {count} it prefers the answer that most people do not."
    part = Part(Dimension.DIFFERING, one.name, pairs=pairs)
    return Paragraph(text, judged=part, link="Show them")


def _listed(one: JudgeFigures) -> Iterator[Block]:
    """The list of pairs of `_differing`, for output without links."""
    if not one.differing:
        return
    columns = (Column("Prompt", 1.6), Column("The judge prefers"), Column("People prefer"))
    rows = ((name(p.key), name(p.judge), name(p.people)) for p in one.differing[:LISTED])
    more = len(one.differing) - LISTED
    yield Table("Where the judge and people differ", columns, tuple(rows))
    if more > 0:
        yield Paragraph(f"{counted(more, 'more pair')} are not listed here.", Tone.NOTE)
