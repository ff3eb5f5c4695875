"""What the comparison view says of likelihoods, and how each figure is computed. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from PySide6.QtCore import QCoreApplication

from ftcompare.app.review.likelihood import Lacking, PairLikelihood, Preference
from ftcompare.core.study import ResponseId
from ftcompare.ui.pages.results.words import Explanation
from ftcompare.ui.text.likelihood_shading import STEPS
from ftcompare.ui.text.short_names import short_name

NAME_LENGTH = 36
EVEN = 0.005
"""Nats; less is no preference."""


def words(text: str) -> str:
    """A text of the comparison view in the user's language."""
    return QCoreApplication.translate("Terms", text)


def name(system: str) -> str:
    """A system's name, fit to stand in a line."""
    return short_name(system, NAME_LENGTH)


def nats(value: float) -> str:
    """A log-probability or a difference of two, to two places."""
    told = f"{value:.2f}"
    return "0.00" if told == "-0.00" else told.replace("-", "−")


def perplexity_words(value: float) -> str:
    """A perplexity with as many places as matter."""
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}" if value < 1e6 else f"{value:.1e}"


def preference_words(preference: Preference, pair: PairLikelihood) -> str:
    """Which text a system finds likelier, whose that is, and by how much."""
    if abs(preference.difference) < EVEN:
        return words("neither text")
    writer = pair.second if preference.difference > 0 else pair.first
    side = words("left") if pair.left.writer == writer else words("right")
    told = words("{side}, its own, by {nats}") if preference.own > 0 else words("{side}, by {nats}")
    return told.format(side=side, nats=words("{} nats a token").format(nats(abs(preference.difference))))


def lacking_words(lacking: Lacking, refused: Mapping[ResponseId, str]) -> Iterator[str]:
    """What is not known yet, or cannot be, and what computing it would mean.

    Args:
        lacking: of the pair in hand.
        refused: responses that could not be scored, and why.
    """
    for system in lacking.imported:
        told = words("The responses of {} were imported: there is no model of it to ask, and so no Δlog p.")
        yield told.format(name(system))
    for why in dict.fromkeys(refused[r] for r in sorted(lacking.scope.responses) if r in refused):
        yield words("A text of this comparison cannot be scored: {}").format(why)
    if lacking.scope.responses <= refused.keys():
        return
    yield words("It is not computed yet how likely each system finds these texts.")
    for system, address in lacking.served:
        told = words(
            "{system} is served: the texts are sent to {address}. Whether that server tells how likely a "
            "given text is, is found out by asking; many do not."
        )
        yield told.format(system=name(system), address=address)
    if lacking.engine:
        yield lacking.engine


def shading_explanation(pair: PairLikelihood) -> Explanation:
    """Δlog p of a part."""
    times = [f"{math.log(step):.2f}" for step in STEPS]
    return Explanation(
        words("Shading by Δlog p"),
        (
            words(
                "A text is read token by token (words or parts of words). For each, both systems tell "
                "how likely it is after the prompt and all that stands before it. Δlog p is the "
                "difference of the two log-probabilities: above 0, {second} finds the token likelier "
                "than {first}."
            ).format(first=name(pair.first), second=name(pair.second)),
            words(
                "{0} nats are twice as likely, {1} five times, {2} twenty times; below 0, the other way "
                "round. Smaller differences are not shaded. The arrow keys and the mouse tell every "
                "token's figures, F4 goes from shade to shade."
            ).format(*times),
            words(
                "Both score the same tokens, whoever wrote the text. Where two systems cut a text "
                "otherwise, or a character is of several tokens, the parts between places where both "
                "begin a token are compared."
            ),
        ),
        words("Δlog p = log p(token | prompt, text before it; {second}) − the same under {first}").format(
            first=name(pair.first), second=name(pair.second)
        ),
    )


def mean_explanation() -> Explanation:
    """The mean log-probability."""
    return Explanation(
        words("Mean log p of a token"),
        (
            words(
                "The log-probabilities of a text's tokens under a system, summed and divided by their "
                "number. 0 would be certainty; the further below, the less the system expected the text."
            ),
            words(
                "The prompt is given and not counted, nor is the end of the text. It tells how usual a "
                "text is to a system, not how good it is."
            ),
        ),
        words("Σ log p(token | prompt, text before it) ÷ tokens, in nats"),
    )


def perplexity_explanation() -> Explanation:
    """Perplexity."""
    return Explanation(
        words("Perplexity"),
        (
            words(
                "The mean log p, told otherwise: among so many equally likely tokens the system chose at "
                "each place, on average. 1 would be certainty."
            ),
            words("Compare it only between systems that cut a text into the same tokens."),
        ),
        words("e to the power of −(mean log p)"),
        "Jelinek, Mercer, Bahl & Baker 1977",
    )


def preference_explanation(pair: PairLikelihood) -> Explanation:
    """The length-normalised preference."""
    return Explanation(
        words("What each system prefers"),
        (
            words(
                "For each system, the mean log p of a token of one text less that of the other. By the "
                "token, so that a longer text is at no disadvantage. A system usually prefers what it "
                "wrote itself; where it does not, the other's text was within its reach."
            ),
            words("It says nothing of which text raters prefer: that is what the judgments are for."),
        ),
        words("mean log p(text of {second}) − mean log p(text of {first}), under one system").format(
            first=name(pair.first), second=name(pair.second)
        ),
        "Meng, Xia & Chen 2024 (length-normalised reward)",
    )
