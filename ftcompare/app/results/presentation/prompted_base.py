"""A sentence for each fine-tune: whether it beats the prompted base, and its cost in tokens."""

from __future__ import annotations

from ftcompare.app.results.claim_sentences import rater_name
from ftcompare.app.results.presentation.number_format import name, range_words, share_words
from ftcompare.app.results.presentation.pair_results import PairResults
from ftcompare.app.results.prompted_base import (
    PER,
    FallbackVerdict,
    PromptedPair,
    TokensPerAnswer,
    fallback_verdicts,
    unjudged,
)
from ftcompare.core.plurals import counted
from ftcompare.core.study import RaterKind
from ftcompare.stats.claims import ClaimScope, NoClaim
from ftcompare.stats.summary import PairSummary

WHOLE_FROM = 100
"""From this mean on, token counts are written without a decimal."""

ROLE = "the base with instructions"
"""The description of a prompted base next to its name."""

MOST_TOLD = 3
"""Maximum number of sentences for a study."""


def fallback_sentences(results: PairResults | None) -> tuple[str, ...]:
    """Sentences on the pair's raters, then on fine-tunes without such judgments; at most `MOST_TOLD`."""
    if results is None:
        return ()
    stored = [pair for pair in results.summary.comparisons if pair.rater_kind is results.stored.rater_kind]
    verdicts = fallback_verdicts(stored, results.found.prompted)
    left = unjudged(results.summary, results.found.prompted)
    return (*map(fallback_sentence, verdicts), *map(unjudged_sentence, left))[:MOST_TOLD]


def fallback_sentence(verdict: FallbackVerdict) -> str:
    """Whether the fine-tune beats the prompted base, for which raters, and the tokens of each."""
    return f"{_outcome(verdict)}; {_tokens(verdict.prompted)}."


def unjudged_sentence(one: PromptedPair) -> str:
    """The fine-tune was not judged against the prompted base; the tokens of each."""
    tuned, base = name(one.fine_tune), name(one.base)
    unknown = f"whether {tuned} beats {base} ({ROLE}) is not known"
    return f"{tuned} and {base} were never judged against each other: {unknown}; {_tokens(one)}."


def _outcome(verdict: FallbackVerdict) -> str:
    tuned, base = name(verdict.prompted.fine_tune), name(verdict.prompted.base)
    rate, role = f"win rate {share_words(verdict.win_rate)}", f"{base} ({ROLE})"
    if verdict.beats is None:
        why = _unsettled(verdict.pair, verdict)
        return f"It is not settled whether {tuned} beats {role}: {rate}, and {why}"
    if verdict.beats:
        return f"{tuned} beats {role} for {_whom(verdict)}: {rate}"
    return f"{tuned} does not beat {role}: {_whom(verdict)} preferred {base} ({rate})"


def _unsettled(pair: PairSummary, verdict: FallbackVerdict) -> str:
    if verdict.claim.reason is NoClaim.TOO_FEW_PROMPTS:
        return f"{counted(pair.prompts, 'prompt')} {'is' if pair.prompts == 1 else 'are'} too few to tell"
    if verdict.claim.made:
        return "of several comparisons looked at, one like this can be chance"
    span = range_words(pair.win_rate.low, pair.win_rate.high)
    return "a difference of this size could be chance" if span else "there is no interval"


def _whom(verdict: FallbackVerdict) -> str:
    pair, scope = verdict.pair, verdict.claim.scope
    programs = "" if pair.rater_kind is RaterKind.HUMAN else "automatic "
    if scope is ClaimScope.ONE_RATER:
        return f"{rater_name(pair)}{' (an automatic rater)' if programs else ''}"
    if scope is ClaimScope.RATERS_LIKE_THESE:
        return f"{programs}other raters of this kind"
    return f"these {pair.raters} {programs}raters"


def _tokens(one: PromptedPair) -> str:
    """Input tokens of each; output tokens where they differ, since they also affect the saving."""
    tuned, base = name(one.fine_tune), name(one.base)
    read = _compared(one.read, f"{tuned} reads", "tokens of prompt an answer", base)
    if read is None:
        read = "the number of prompt tokens that each reads was not counted"
    if not _differ(one.written):
        return read
    subject = tuned if one.read.fewer is None else "it"
    return f"{read}; {_compared(one.written, f'{subject} writes', 'tokens an answer', base)}"


def _compared(tokens: TokensPerAnswer, does: str, what: str, base: str) -> str | None:
    """The comparison of two token counts; None where they were not counted."""
    fewer = tokens.fewer
    if fewer is None or tokens.fine_tune is None or tokens.base is None:
        return None
    measured = " (as measured)" if tokens.measured else ""
    told = f"{does} {_mean(tokens.fine_tune)} {what}, {base} {_mean(tokens.base)}{measured}"
    if not _differ(tokens):
        return f"{told}: none is saved"
    way = "fewer" if fewer > 0 else "more"
    return f"{told}: {_mean(abs(fewer))} {way}, {abs(fewer) * PER:,.0f} on {PER:,} answers"


def _differ(tokens: TokensPerAnswer) -> bool:
    return tokens.fewer is not None and round(tokens.fewer, 1) != 0


def _mean(tokens: float) -> str:
    return f"{tokens:,.0f}" if tokens >= WHOLE_FROM or tokens == round(tokens) else f"{tokens:,.1f}"
