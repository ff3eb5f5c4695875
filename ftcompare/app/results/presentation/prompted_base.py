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
from ftcompare.core.language import N_, in_own_signs, tr, trn
from ftcompare.core.study import RaterKind
from ftcompare.stats.claims import ClaimScope, NoClaim
from ftcompare.stats.summary import PairSummary

WHOLE_FROM = 100
"""From this mean on, token counts are written without a decimal."""

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


def unjudged_sentence(pair: PromptedPair) -> str:
    """The fine-tune was not judged against the prompted base; the tokens of each."""
    return tr(
        "Whether {tuned} beats {base} (the base with instructions) is not known, because they were never "
        "judged against each other; {tokens}.",
        name(pair.fine_tune),
        name(pair.base),
        _tokens(pair),
    )


def _outcome(verdict: FallbackVerdict) -> str:
    if verdict.beats is None:
        text = N_(
            "It is not settled whether {tuned} beats {base} (the base with instructions): win rate {rate}, "
            "and {why}"
        )
    elif verdict.beats:
        text = N_(
            "The fine-tuned {tuned} beats {base} (the base with instructions) for {raters}: win rate {rate}"
        )
    else:
        text = N_(
            "The fine-tuned {tuned} does not beat {base} (the base with instructions): {raters} preferred "
            "{base} (win rate {rate})"
        )
    return tr(
        text,
        tuned=name(verdict.prompted.fine_tune),
        base=name(verdict.prompted.base),
        rate=share_words(verdict.win_rate),
        raters=_whom(verdict),
        why=_unsettled(verdict.pair, verdict) if verdict.beats is None else "",
    )


def _unsettled(pair: PairSummary, verdict: FallbackVerdict) -> str:
    if verdict.claim.reason is NoClaim.TOO_FEW_PROMPTS:
        return trn("{number} (prompt is|prompts are) too few to show a preference", pair.prompts)
    if verdict.claim.made:
        return tr("of several comparisons looked at, one like this can be chance")
    span = range_words(pair.win_rate.low, pair.win_rate.high)
    return tr("a difference of this size could be chance") if span else tr("there is no interval")


def _whom(verdict: FallbackVerdict) -> str:
    pair, scope = verdict.pair, verdict.claim.scope
    automatic = pair.rater_kind is not RaterKind.HUMAN
    if scope is ClaimScope.ONE_RATER:
        rater = rater_name(pair)
        return tr("{rater} (an automatic rater)", rater) if automatic else rater
    if scope is ClaimScope.RATERS_LIKE_THESE:
        return tr("automatic other raters of this kind") if automatic else tr("other raters of this kind")
    text = N_("these {number} automatic raters") if automatic else N_("these {number} raters")
    return tr(text, number=pair.raters)


def _tokens(pair: PromptedPair) -> str:
    """Input tokens of each; output tokens where they differ, since they also affect the saving."""
    tuned, base = name(pair.fine_tune), name(pair.base)
    reads = N_("{system} reads {tokens} tokens of prompt an answer, {base} {tokens_of_base}")
    read = _compared(pair.read, reads, tuned, base)
    if read is None:
        read = tr("the number of prompt tokens that each reads was not counted")
    if not _differ(pair.written):
        return read
    writes = N_("it writes {tokens} tokens an answer, {base} {tokens_of_base}")
    if pair.read.fewer is None:
        writes = N_("{system} writes {tokens} tokens an answer, {base} {tokens_of_base}")
    return f"{read}; {_compared(pair.written, writes, tuned, base)}"


def _compared(tokens: TokensPerAnswer, text: str, tuned: str, base: str) -> str | None:
    """The comparison of two token counts; None where they were not counted."""
    fewer = tokens.fewer
    if fewer is None or tokens.fine_tune is None or tokens.base is None:
        return None
    of_tuned, of_base = _mean(tokens.fine_tune), _mean(tokens.base)
    counts = tr(text, system=tuned, tokens=of_tuned, base=base, tokens_of_base=of_base)
    if tokens.measured:
        counts = tr("{token_counts} (as measured)", counts)
    if not _differ(tokens):
        return tr("{token_counts}: none is saved", counts)
    saving = N_("{token_counts}: {saved} fewer, {total:,.0f} on {answers} answers")
    if fewer < 0:
        saving = N_("{token_counts}: {saved} more, {total:,.0f} on {answers} answers")
    size = abs(fewer)
    return tr(saving, token_counts=counts, saved=_mean(size), total=size * PER, answers=PER)


def _differ(tokens: TokensPerAnswer) -> bool:
    return tokens.fewer is not None and round(tokens.fewer, 1) != 0


def _mean(tokens: float) -> str:
    whole = tokens >= WHOLE_FROM or tokens == round(tokens)
    return in_own_signs(f"{tokens:,.0f}" if whole else f"{tokens:,.1f}")
