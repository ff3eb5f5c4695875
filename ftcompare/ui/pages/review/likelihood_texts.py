"""Texts on likelihoods for the comparison view, and explanations of each figure. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from ftcompare.app.generate.engine_run import Fault, GenerationProgress
from ftcompare.app.results.presentation.blocks import Explanation
from ftcompare.app.review.likelihood import Lacking, PairLikelihood, Preference
from ftcompare.core.minus_sign import true_minus
from ftcompare.core.study import ResponseId
from ftcompare.ui.pages.generate.progress_texts import fault_words, left_words
from ftcompare.ui.text.likelihood_shading import STEPS
from ftcompare.ui.text.short_names import short_name

NAME_LENGTH = 36
EVEN = 0.005
"""Nats; less is no preference."""


def name(system: str) -> str:
    return short_name(system, NAME_LENGTH)


def nats(value: float) -> str:
    """A log-probability or a difference of two, to two places."""
    return true_minus(f"{value:.2f}")


def scoring_fault_words(fault: Fault) -> str:
    """What happened, where, and what to do.

    The error of a failed proof names systems, so it is shown only if names may be.
    """
    if fault.code == "proof-failed":
        return "\n".join(part for part in (fault.what, fault.where, fault.how) if part)
    return fault_words(fault, written=False)


def perplexity_words(value: float) -> str:
    """A perplexity with a suitable number of decimal places."""
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}" if value < 1e6 else f"{value:.1e}"


def preference_words(preference: Preference, pair: PairLikelihood) -> str:
    """Which text a system finds likelier, which system wrote it, and by how much."""
    if abs(preference.difference) < EVEN:
        return "neither text"
    writer = pair.second if preference.difference > 0 else pair.first
    side = "left" if pair.left.writer == writer else "right"
    own = ", its own" if preference.own > 0 else ""
    return f"{side}{own}, by {nats(abs(preference.difference))} nats a token"


def progress_line(progress: GenerationProgress, what: str) -> tuple[float | None, str]:
    """The share that is done, None for none, and in words what is done and how long the rest takes."""
    done, total = progress.done + progress.failed, progress.total
    parts = [f"{done:,} of {total:,} {what}"] if total else []
    if progress.seconds_left is not None:
        parts.append(left_words(progress.seconds_left))
    return done / total if done else None, " · ".join(parts)


def lacking_words(lacking: Lacking, refused: Mapping[ResponseId, str]) -> Iterator[str]:
    """What is not known yet or cannot be computed, and what computing it takes.

    Args:
        refused: responses that could not be scored, and why.
    """
    for system in lacking.imported:
        told = "The responses of {} were imported: there is no model of it to ask, and so no Δlog p."
        yield told.format(name(system))
    for why in dict.fromkeys(refused[r] for r in sorted(lacking.scope.responses) if r in refused):
        yield f"A text of this comparison cannot be scored: {why}"
    if lacking.scope.responses <= refused.keys():
        return
    yield "It is not computed yet how likely each system finds these texts."
    for system, address in lacking.served:
        yield (
            f"{name(system)} is served: the texts are sent to {address}. Whether that server tells how "
            "likely a given text is, is found out by asking; many do not."
        )
    if lacking.engine:
        yield lacking.engine


def shading_explanation(pair: PairLikelihood) -> Explanation:
    first, second = name(pair.first), name(pair.second)
    twice, five, twenty = (f"{math.log(step):.2f}" for step in STEPS)
    return Explanation(
        "Shading by Δlog p",
        (
            "A text is read token by token (words or parts of words). For each, both systems tell how likely "
            "it is after the prompt and all that stands before it. Δlog p is the difference of the two "
            f"log-probabilities: above 0, {second} finds the token likelier than {first}.",
            f"{twice} nats are twice as likely, {five} five times, {twenty} twenty times; below 0, the other "
            "way round. Smaller differences are not shaded. The arrow keys and the mouse tell every token's "
            "figures, F4 goes from shade to shade.",
            "Both score the same tokens, whoever wrote the text. Where two systems cut a text otherwise, or "
            "a character is of several tokens, the parts between places where both begin a token are "
            "compared.",
        ),
        f"Δlog p = log p(token | prompt, text before it; {second}) − the same under {first}",
    )


def explanations(pair: PairLikelihood) -> tuple[Explanation, ...]:
    mean = Explanation(
        "Mean log p of a token",
        (
            "The log-probabilities of a text's tokens under a system, summed and divided by their number. 0 "
            "would be certainty; the further below, the less the system expected the text.",
            "The prompt is given and not counted, nor is the end of the text. It tells how usual a text is "
            "to a system, not how good it is.",
        ),
        "Σ log p(token | prompt, text before it) ÷ tokens, in nats",
    )
    perplexity = Explanation(
        "Perplexity",
        (
            "The mean log p, told otherwise: among so many equally likely tokens the system chose at each "
            "place, on average. 1 would be certainty.",
            "Compare it only between systems that cut a text into the same tokens.",
        ),
        "e to the power of −(mean log p)",
        "Jelinek, Mercer, Bahl & Baker 1977",
    )
    preference = Explanation(
        "What each system prefers",
        (
            "For each system, the mean log p of a token of one text less that of the other. By the token, so "
            "that a longer text is at no disadvantage. A system usually prefers what it wrote itself; where "
            "it does not, the other's text was within its reach.",
            "It says nothing of which text raters prefer: that is what the judgments are for.",
        ),
        f"mean log p(text of {name(pair.second)}) − mean log p(text of {name(pair.first)}), under one system",
        "Meng, Xia & Chen 2024 (length-normalised reward)",
    )
    return mean, perplexity, preference
