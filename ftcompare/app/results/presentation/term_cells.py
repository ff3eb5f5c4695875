"""Cells and explanations of tables of terms and words, for window, report and command line."""

from __future__ import annotations

from collections.abc import Mapping

from ftcompare.app.results.presentation.number_format import (
    UNDEFINED,
    name,
    p_value,
    percent,
    range_words,
)
from ftcompare.app.results.presentation.pair_results import SPLITS
from ftcompare.app.review.result_slice import PromptPart
from ftcompare.app.review.study_terms import LEAST_PROMPTS, TermPreference
from ftcompare.core.language import N_, counted, decimal, in_own_signs, sentences, tr
from ftcompare.terms.matching import Adherence
from ftcompare.terms.usage import PresenceDifference

LOG_RATIO_TITLE, Q_TITLE, DIFFERENCE_TITLE = (
    N_("Times more or less often"),
    N_("Risk of a false alarm (q)"),
    N_("Difference"),
)
NO_CLEAR = N_("no clear difference")
WIN_RATE_TITLE = N_("Win rate with the term")
NOT_AMONG_ALL = N_("Clear for this term alone, but not after checking all terms.")

ADHERENCE = N_(
    "Share of preferred terms = preferred / (preferred + deprecated + outdated) uses, computed for each "
    "concept that the answers mention, then averaged over the concepts. Whole words are matched, in all "
    "inflected forms."
)
LOG_RATIO = N_(
    "Times more or less often: on how many prompts {second} answers with the term, compared with {first}. "
    "2× more is twice as often, 2× less half as often. Half a prompt is added to both. The 95% interval "
    "beside it is for each term separately (Bonett and Price). It has only one end where one of the two "
    "never uses the term. “Risk of a false alarm (q)” shows whether the difference is more than chance."
)
Q = N_(
    "Risk of a false alarm (q): of all terms with this figure or a lower one, about this share differs by "
    "chance alone. Of the terms below .05, that is about 5%. It is McNemar's exact test on the prompts that "
    "only one of the two answers with the term. It is corrected after Benjamini and Hochberg over all "
    "tested terms."
)
DIFFERENCE = N_(
    "The table reports a difference only where the risk of a false alarm (q) is below .05. It adds “perhaps” "
    "where the difference is clear for the term alone, but not after checking all terms."
)
WIN_RATE = N_(
    "Win rate with the term: how often the answer with the term is preferred to one without it, a tie half "
    "a win. Its 95% interval is over prompts, for these raters. With fewer than {prompts} prompts, "
    "it is not shown. It shows that such answers are preferred, but not that the term is the reason."
)
TESTED = N_(
    "Words and phrases of up to three words are counted as spelled, in any case. A word or phrase is "
    "tested if only one of the two systems uses it on six prompts or more. It must not always be part "
    "of a longer one."
)
PROGRAMS = N_("No person has judged these pairs: the win rates come from programs that judge.")


MOST_NAMED = 3
"""Maximum number of systems after the first that a sentence names."""


def ratio(value: float) -> str:
    """How many times more or less often, from the binary logarithm of the ratio."""
    times = 2 ** abs(value)
    factor = in_own_signs(f"{times:,.0f}" if times >= 100 else f"{times:.3g}")
    if value == 0:
        return tr("as often")
    return tr("{factor}× more", factor) if value > 0 else tr("{factor}× less", factor)


def ratio_interval(difference: PresenceDifference) -> str:
    """The interval of a log ratio; only the defined end where the other is not.

    A lower end below 0 bounds how much less often a term is used, an upper end how much less at least.
    """
    if difference.low is not None and difference.high is not None:
        return tr("{low} to {high}", ratio(difference.low), ratio(difference.high))
    end, sign = (difference.low, 1) if difference.low is not None else (difference.high, -1)
    if end is None:
        return UNDEFINED
    return tr("at least {low}", ratio(end)) if end * sign > 0 else tr("at most {high}", ratio(end))


def ratio_words(difference: PresenceDifference) -> str:
    return f"{ratio(difference.log_ratio)} ({ratio_interval(difference)})"


def log_ratio_rule(first: str, second: str) -> str:
    return tr(LOG_RATIO, first=name(first), second=name(second))


def win_rate_rule() -> str:
    return tr(WIN_RATE, prompts=LEAST_PROMPTS)


def difference_word(difference: PresenceDifference) -> str:
    if difference.differs:
        return tr("more") if difference.told == "more" else tr("less")
    return {"more": tr("perhaps more"), "less": tr("perhaps less")}.get(difference.told_alone, tr(NO_CLEAR))


def difference_words(difference: PresenceDifference, first: str, second: str) -> str:
    """The conclusion: the system that uses the term on more prompts."""
    told = difference.told if difference.differs else difference.told_alone
    if not told:
        return tr("not clear")
    system = second if told == "more" else first
    return system if difference.differs else tr("perhaps {system}", system)


def difference_detail(difference: PresenceDifference, first: str, second: str) -> str:
    """The figures behind `difference_words`."""
    ratio = ratio_words(difference)
    said = tr("How often in {second}, compared with {first}: {ratio}.", second, first, ratio)
    alone = not difference.differs and difference.told_alone
    return sentences(said, tr(NOT_AMONG_ALL) if alone else "")


def difference_cells(difference: PresenceDifference | None) -> tuple[str, str, str]:
    """Log ratio with its interval, q, and the conclusion."""
    if difference is None:
        return UNDEFINED, UNDEFINED, UNDEFINED
    return ratio_words(difference), p_value(difference.q), difference_word(difference)


def preference_cells(preference: TermPreference | None) -> tuple[str, str]:
    """Win rate of answers that use a term, or a note on too few; then its interval and number of prompts."""
    if preference is None or not preference.prompts:
        return UNDEFINED, ""
    prompts = counted(preference.prompts, "prompt")
    if preference.rate is None:
        return tr("too few"), prompts
    interval = range_words(preference.rate.low, preference.rate.high)
    return percent(preference.rate.value), ", ".join(filter(None, (interval, prompts)))


def preference_words(preference: TermPreference | None) -> str:
    """The win rate, interval and number of prompts on one line."""
    value, detail = preference_cells(preference)
    return f"{value} ({detail})" if detail else value


def adherence_cells(adherence: Adherence) -> tuple[str, ...]:
    """Number of uses by status, then the share of preferred terms."""
    counts = (adherence.preferred, adherence.admitted, adherence.deprecated, adherence.superseded)
    return (
        *map(decimal, counts),
        UNDEFINED if adherence.share is None else in_own_signs(f"{adherence.share:.0%}"),
    )


def preferred_words(shares: Mapping[str, Adherence], *, pooled: bool) -> str:
    """A sentence on the share of preferred terms of each system; empty if no system has one."""
    known = {system: one.share for system, one in shares.items() if one.share is not None}
    if not known:
        return ""
    told = [f"{name(system)} {percent(share)}" for system, share in [*known.items()][: MOST_NAMED + 1]]
    if pooled:
        told = [tr("all systems together {share}", percent(share)) for share in known.values()]
    elif more := [*known.values()][MOST_NAMED + 1 :]:
        reach = tr("{low} to {high}", percent(min(more)), percent(max(more)))
        told.append(f"{counted(len(more), 'other system')} {reach}")
    said = tr("Share of uses with the preferred term, on average over concepts: {shares}.", ", ".join(told))
    return sentences(said, tr("Each system is shown after unblinding.") if pooled else "")


def part_title(part: PromptPart) -> str:
    if part.split is None and part.category is None:
        return tr("All prompts")
    split = ""
    if part.split is not None:
        split = tr(SPLITS[part.split.value]) if part.split.value in SPLITS else tr("No split")
    category = "" if part.category is None else part.category or tr("No category")
    return ", ".join(filter(None, (split, category)))
