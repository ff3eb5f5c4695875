"""What the Results page says of the done-meter: is it enough, and how many more. Pure functions."""

from __future__ import annotations

from ftcompare.app.results.study_results import EVIDENCE_NEEDED
from ftcompare.app.review.result_slice import Part
from ftcompare.stats.planning import sign_test_prompts
from ftcompare.stats.summary import PairSummary
from ftcompare.ui.pages.results.words import (
    Explanation,
    Figure,
    counted,
    e_value,
    name,
    percent,
    range_words,
    worded,
)


def evidence_sentence(pair: PairSummary) -> str:
    """Whether one may stop now: what the evidence reached once it keeps."""
    found, needed = pair.evidence, f"{EVIDENCE_NEEDED:.0f}"
    if found.highest >= EVIDENCE_NEEDED:
        told = "Enough for these raters, however often you looked: e-value {e}, needed {needed}."
        return told.format(e=e_value(found.highest), needed=needed)
    told = "Not enough yet if you look as you go: e-value {e}, needed {needed}."
    return told.format(e=e_value(found.last), needed=needed)


def evidence_figures(pair: PairSummary) -> tuple[Figure, ...]:
    """What stands below the curve: where it ends, the interval that may be watched, how many more."""
    return (_e_value_figure(pair), _sequence_figure(pair), _still_needed_figure(pair))


def _e_value_figure(pair: PairSummary) -> Figure:
    detail = f"highest {e_value(pair.evidence.highest)}, needed {EVIDENCE_NEEDED:.0f}"
    return worded("E-value", e_value(pair.evidence.last), detail, evidence_explanation(pair), Part())


def _sequence_figure(pair: PairSummary) -> Figure:
    title, span = "Win rate so far, safe to watch", range_words(*pair.confidence_sequence)
    text = (
        "The confidence sequence holds every win rate m that the evidence does not refute: {m : E(m) < 20}, "
        "where E(m) is the e-value of a bettor against “the win rate is m”. It holds the true rate at all "
        "looks together in at least 95% of studies, so it is wider than an interval for one look."
    )
    told = (
        f"After {_prompts(pair.prompts)}: {span}, around a win rate of {pair.win_rate.value:.1%}. It "
        "speaks for these raters."
    )
    method = "95% confidence sequence of the betting e-process"
    explained = Explanation(title, (text, told), method, "Waudby-Smith & Ramdas 2024")
    return worded(title, span, "", explained, Part())


def _still_needed_figure(pair: PairSummary) -> Figure:
    title, more = "Prompts still needed", pair.prompts_still_needed
    text = (
        "How many prompts more until the sign test would find the present rate with 80% power, if it is the "
        "true one: (n − decided prompts so far) / (1 − share of prompts without a favourite), where n is the "
        "number of decided prompts that the exact test takes for it at 5%."
    )
    shown = f"about {more:,}" if more is not None else _none_needed(pair)
    detail = "for 80% power" if more is not None else _none_detail(pair)
    method = "power of the exact sign test"
    told = (text, _still_told(pair), *_other_raters(pair))
    return worded(title, shown, detail, Explanation(title, told, method), Part())


def _none_needed(pair: PairSummary) -> str:
    even = pair.by_prompt.wins == pair.by_prompt.losses
    return "not defined" if even else "none"


def _none_detail(pair: PairSummary) -> str:
    even = pair.by_prompt.wins == pair.by_prompt.losses
    return "" if even or not pair.win_rate_over_raters else "by the sign test, for these raters"


def _other_raters(pair: PairSummary) -> tuple[str, ...]:
    """Why "none" and "not enough" may stand beside each other."""
    if not pair.win_rate_over_raters:
        return ()
    told = (
        "It speaks for these raters. The sentence at the top goes by the interval for raters like these: "
        "where raters differ, it takes more raters to narrow that, not more prompts."
    )
    return (told,)


def _still_told(pair: PairSummary) -> str:
    found = pair.by_prompt
    decided = found.wins + found.losses
    wanted = sign_test_prompts(found.wins / decided) if decided else None
    if wanted is None:
        return "Here it is not defined: as many prompts are won as lost."
    lead = "Here {wins} of {decided} decided prompts are won ({share}), for which n = {n}".format(
        wins=found.wins, decided=decided, share=percent(found.wins / decided), n=f"{wanted:,}"
    )
    if pair.prompts_still_needed is None:
        return f"{lead}: as many are judged already."
    return "{lead}: ({n} − {decided}) / (1 − {ties} / {all}) = {more}, rounded up.".format(
        lead=lead,
        n=wanted,
        decided=decided,
        ties=found.ties,
        all=found.total,
        more=f"{pair.prompts_still_needed:,}",
    )


def evidence_explanation(pair: PairSummary) -> Explanation:
    """The e-value."""
    paragraphs = (
        (
            "The e-value is what a bettor would have made of 1 by betting against “neither is preferred”, "
            "one prompt at a time. If neither is, it reaches 20 in at most 5% of studies, however often "
            "you look. So you may watch it grow and stop when it passes 20."
        ),
        (
            "E = the mean, over bets λ from −1 to 1, of the product of (1 + λ · d) over the prompts, where d "
            f"is the mean preference of a prompt's judgments, −1 (all for {name(pair.a)}) to 1 (all for "
            f"{name(pair.b)})."
        ),
        _evidence_told(pair),
        (
            "One prompt is one step: with several raters a prompt counts as finished, so look when its "
            "judgments are in."
        ),
    )
    method = "betting e-process, uniform mixture"
    return Explanation("Evidence", paragraphs, method, "Waudby-Smith & Ramdas 2024; Ville 1939")


def _evidence_told(pair: PairSummary) -> str:
    found, n = pair.evidence, pair.prompts
    if pair.judgments == n == pair.wins_a + pair.wins_b:  # the integral has a closed form
        told = "With one decided judgment a prompt, E = 2ⁿ / ((n + 1) · C(n, k)) with n = {n}, k = {k}."
        told = told.format(n=n, k=pair.wins_b)
    else:
        told = "It was computed from the {n} judgments of {prompts}.".format(
            n=f"{pair.judgments:,}", prompts=_prompts(n)
        )
    now = f"Now it is {e_value(found.last)}."
    if not found.at:
        return f"{told} {now} It never rose above 1."
    best = "The highest was {} after {}, and what was reached once stays reached."
    return f"{told} {now} {best.format(e_value(found.highest), _prompts(found.at))}"


def _prompts(number: int) -> str:
    return counted(number, "prompt", "prompts")
