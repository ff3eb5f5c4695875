"""Claims about a comparison as sentences: for which raters, how clearly, and why no more is claimed.

The headline, window, command line and reports begin with these sentences, which express the result of
`stats.claims`.
"""

from __future__ import annotations

from ftcompare.app.results.presentation.number_format import e_value, name, range_words, share_words
from ftcompare.core.plurals import counted
from ftcompare.core.study import RaterKind, Split
from ftcompare.stats.claims import ENOUGH_EVIDENCE, Claim, ClaimBasis, ClaimScope, NoClaim, Side
from ftcompare.stats.rate_intervals import LEAST_JUDGMENTS, LEAST_PROMPTS
from ftcompare.stats.slices import RATER
from ftcompare.stats.summary import PairSummary

EVEN = 0.5
MOSTLY_TIES = 0.5
"""From this share of judgments on, ties and "both bad" are stated first."""
MOST_OF_ALL = 0.8
"""From this share of the judgments on, a claim is said to rest on one rater."""
MOST_NAMED = 2
"""Maximum number of dissenting raters who are named."""
NO_JUDGMENTS = "No judgments yet."
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def headline(pair: PairSummary) -> str:
    """Which system is preferred, for which raters, and its win rate."""
    first = pair.claims[0]
    if first.reason is NoClaim.WITHHELD:
        judged = f"{counted(pair.judgments, 'judgment')} by {counted(pair.raters, 'rater')} so far."
        return f"{judged} Which system is preferred is told after unblinding."
    made = next((claim for claim in reversed(pair.claims) if claim.made), None)
    if made is None or made.favours is None:
        return _no_preference(pair)
    span = range_words(pair.claims[-1].low, pair.claims[-1].high)
    reach = reach_words(made, pair.claims[-1], pair.raters, span)
    opposed = _opposed(pair, made.favours)
    preference = _preference(pair, made, made.favours, clearly=not opposed)
    sentences = f"{preference}: {_counted_rate(pair)}.", _one_rater(pair), opposed, reach, _early(pair)
    return " ".join(filter(None, sentences))


def _no_preference(pair: PairSummary) -> str:
    """The sentence without a preference. With few prompts, it does not claim that there is none."""
    of_whom = "" if pair.rater_kind is RaterKind.HUMAN else " of automatic raters"
    if pair.prompts < LEAST_PROMPTS:
        few = f"{counted(pair.prompts, 'prompt')} {'is' if pair.prompts == 1 else 'are'} too few to tell"
        return f"{few} a preference{of_whom} between {pair.b} and {pair.a}: {_counted_rate(pair)}."
    even = pair.win_rate.value == EVEN
    why = "Neither is ahead." if even else _early(pair) or "A difference of this size could be chance."
    return f"No clear preference{of_whom} between {pair.b} and {pair.a}: {_counted_rate(pair)}. {why}"


def _early(pair: PairSummary) -> str:
    """What a claim rests on where the names were told before all planned judgments were made."""
    claim = pair.claims[0]
    if claim.basis is not ClaimBasis.SEQUENTIAL or claim.e_value is None:
        return ""
    return (
        "Unblinded before all planned judgments were made, so that only the evidence counts (strength "
        f"{e_value(claim.e_value)}; {ENOUGH_EVIDENCE:.0f} is enough)."
    )


def _preference(pair: PairSummary, claim: Claim, side: Side, *, clearly: bool) -> str:
    ahead, behind = (pair.b, pair.a) if side == "b" else (pair.a, pair.b)
    who = "Raters" if pair.rater_kind is RaterKind.HUMAN else "Automatic raters"
    preferred = f"{'clearly ' if clearly else ''}preferred {ahead} over {behind}"
    if claim.scope is ClaimScope.ONE_RATER:
        kind = "" if pair.rater_kind is RaterKind.HUMAN else " (an automatic rater)"
        return f"{rater_name(pair)}{kind} {preferred}"
    if claim.scope is ClaimScope.THESE_RATERS:
        return f"These {pair.raters} {who.lower()} {preferred}"
    return f"{who} preferred {ahead} over {behind}"


def _one_rater(pair: PairSummary) -> str:
    """That one of several raters made most of the judgments; empty where none did."""
    judged = {part.name: part.counts.judgments for part in pair.slices if part.dimension == RATER}
    busiest = max(judged, key=lambda rater: judged[rater], default="")
    if len(judged) < 2 or judged[busiest] < MOST_OF_ALL * pair.judgments:
        return ""
    return (
        f"It rests on one rater: {judged[busiest]:,} of {pair.judgments:,} judgments are by {name(busiest)}."
    )


def _opposed(pair: PairSummary, side: Side) -> str:
    """Which raters prefer the other system, by their own rates; empty where none does.

    Raters with fewer than `LEAST_JUDGMENTS` judgments are left out, as in the claim.
    """
    ahead, behind = (pair.b, pair.a) if side == "b" else (pair.a, pair.b)
    raters = [
        (part.name, part.rate.value if side == "b" else 1 - part.rate.value)
        for part in pair.slices
        if part.dimension == RATER and part.counts.judgments >= LEAST_JUDGMENTS
    ]
    opposed = [(rater, rate) for rater, rate in raters if rate < EVEN]
    if not opposed:
        return ""
    if len(opposed) > MOST_NAMED:
        return f"They disagree: {len(opposed)} of {len(raters)} preferred {behind}."
    rates = " and ".join(f"{share_words(rate)} with {name(rater)}" for rater, rate in opposed)
    return f"They disagree: {ahead} has a win rate of {rates}."


def reach_words(made: Claim, last: Claim, raters: int, span: str) -> str:
    """Say for which raters a claim holds, and why for no others.

    Args:
        last: the claim of the widest scope; it may be the same.
        span: the interval of the last claim.
    """
    if made.scope is ClaimScope.RATERS_LIKE_THESE:
        return (
            f"That holds for these {raters} raters and, if raters' preferences are roughly normally "
            "distributed, for raters like them."
        )
    if made.scope is ClaimScope.ONE_RATER:
        return "One rater cannot speak for others."
    match last.reason:
        case NoClaim.TOO_FEW_RATERS:
            are = "rater is" if raters == 1 else "raters are"
            return f"{_spelled(raters).capitalize()} {are} too few to speak for others."
        case NoClaim.UNEQUAL_LOADS:
            return "Too few of them judged enough to speak for others."
        case NoClaim.RATERS_DIFFER:
            return f"For raters like them the range is still {span}."
        case NoClaim.JUDGING_OPEN:
            return "Of other raters nothing is said before the end."
        case _:
            return "It does not carry over to other raters."


def rater_name(pair: PairSummary) -> str:
    """Name of the only rater of a pair."""
    names = [part.name for part in pair.slices if part.dimension == "rater"]
    return name(names[0]) if len(names) == 1 else "The one rater"


def _counted_rate(pair: PairSummary) -> str:
    """Win rate of b and the counts behind it; where most are ties, the ties come first."""
    neither = pair.ties + pair.both_bad
    decided = pair.wins_a + pair.wins_b
    if not decided:
        if not pair.both_bad:
            return "every judgment was a tie"
        return (
            "both answers were bad each time" if not pair.ties else "every judgment was a tie or “both bad”"
        )
    if neither >= MOSTLY_TIES * pair.judgments:
        ties, won = share_words(neither / pair.judgments), share_words(pair.wins_b / decided)
        return f"{ties} of judgments were ties, and {pair.b} won {won} of the others"
    won = share_words(pair.win_rate.value)
    if not neither:
        return f"{pair.b} won {won} of judgments"
    return f"{pair.b} has a win rate of {won} ({_sum(pair, neither)})"


def _sum(pair: PairSummary, neither: int) -> str:
    """The counts that make up a win rate, which is not simply the share of wins."""
    if pair.rater_kind is not RaterKind.HUMAN:  # programs may give fractions of a judgment
        return "ties count half"
    ties = "“both bad”" if not pair.ties else "tie" if neither == 1 else "ties"
    ties += " and “both bad”" if pair.ties and pair.both_bad else ""
    number = "1" if neither == 1 else f"the {neither:,}"
    return f"{pair.wins_b:,} of {pair.judgments:,} judgments, and half of {number} {ties}"


def _spelled(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else f"{number:,}"


def next_after_results(pair: PairSummary) -> str:
    """What to do after unblinding, when a study takes no more judgments."""
    first, last, more = pair.claims[0], pair.claims[-1], pair.prompts_still_needed
    if first.reason is NoClaim.TOO_FEW_PROMPTS:
        return f"Make a new study with at least {LEAST_PROMPTS} prompts."
    if any(one.first is Split.TRAINED and (one.low or 0) > 0 for one in pair.split_differences):
        return "Make a new study of unseen prompts: the rate over all prompts mixes them with trained ones."
    if not first.made and first.basis is ClaimBasis.SEQUENTIAL:
        return "Make a new study, and unblind it when all planned judgments are made."
    if not first.made and more is None:
        return "Read the answers: no number of prompts follows from judgments that favor neither system."
    if not first.made and more is not None:
        return (
            f"Make a new study with about {pair.prompts + more:,} prompts: if the true win rate is the one "
            "seen here, it shows a preference of these raters with a chance of 80%."
        )
    if last.scope is ClaimScope.RATERS_LIKE_THESE and last.made:
        return "Check the conditions of your release with `ftcompare gate`."
    if last.reason is NoClaim.RATERS_DIFFER:
        return "Read the answers on which the raters disagree. To speak for others, ask more raters."
    return "To speak for other raters, have at least three people judge all prompts in a new study."
