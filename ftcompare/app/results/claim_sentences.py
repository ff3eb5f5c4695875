"""Claims about a comparison as sentences: for which raters, how strongly, and why no more is claimed.

The window, the command line and the reports begin with these sentences, which express the result of
`stats.claims`. A system is "preferred", or "clearly" preferred, only where a claim is made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ftcompare.app.results.chosen_pairs import clear_preferences
from ftcompare.app.results.presentation.number_format import (
    EVERY_SHARE,
    e_value,
    name,
    percent,
    range_words,
    rate_words,
    share_words,
)
from ftcompare.app.results.presentation.pair_results import PairResults
from ftcompare.core.language import in_own_signs
from ftcompare.core.plurals import counted
from ftcompare.core.study import RaterKind, Split
from ftcompare.stats.claim_power import POWER
from ftcompare.stats.claims import ENOUGH_EVIDENCE, Claim, ClaimBasis, ClaimScope, NoClaim, Side
from ftcompare.stats.planning import prompts_of_mean
from ftcompare.stats.slices import RATER, SummarySlice
from ftcompare.stats.summary import PairSummary
from ftcompare.stats.win_rate import LEAST_JUDGMENTS, LEAST_PROMPTS

EVEN = 0.5
MOSTLY_TIES = 0.5
"""From this share of judgments on, ties and "both bad" are stated first."""
MOST_OF_ALL = 0.8
"""From this share of the judgments on, a claim is said to rest on one rater."""
LEAST_PLANNED = 20
"""A new study has at least this number of prompts: with fewer, the exact test needs more than is planned."""
HARDLY_MORE = 2000
"""No new study is suggested if a claim needs more prompts than this."""
FEW_PROMPTS = 40
"""Below this number of prompts, more prompts are suggested as well as more raters."""
MOST_NAMED = 2
"""Maximum number of dissenting raters who are named."""
NO_JUDGMENTS = "No judgments yet."
ASSUMED = ", and for other raters of this kind unless some of them judge very differently."
NEEDED = f"{ENOUGH_EVIDENCE:.0f}"
LITTLE, SOME = 1.0, math.sqrt(10)
"""E-values from which on the evidence is called "little" and "some" (Jeffreys 1961, appendix B).

Up to 1 it is called "none".
"""
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def headline(pair: PairSummary) -> str:
    """Which system is preferred, on unseen prompts too, and for which raters."""
    return _joined(*headline_lines(pair))


def headline_lines(pair: PairSummary) -> tuple[str, str]:
    """Which system is preferred, on unseen prompts too; and for which raters, or why no more is claimed."""
    verdict, reach = _claim(pair)
    return _joined(verdict, unseen_sentence(pair)), reach


def claim_sentence(pair: PairSummary) -> str:
    """Which system is preferred, and for which raters; unseen prompts come first where they differ."""
    return _joined(*_claim(pair))


def _claim(pair: PairSummary) -> tuple[str, str]:
    """The verdict, and for which raters it holds."""
    first = pair.claims[0]
    if first.reason is NoClaim.WITHHELD:
        judged = f"{counted(pair.judgments, 'judgment')} by {counted(pair.raters, 'rater')} so far."
        return judged, "Which system is preferred, if one is, is shown after unblinding."
    unseen = _unseen(pair)
    whole = _preference(pair) or _no_preference(pair)
    if unseen is None or not _differs(pair, unseen):
        return whole
    if made_claim(pair) is not None:
        return _unseen_first(pair, unseen), f"Over all prompts: {_joined(*whole)}"
    none = f"Over all prompts: {share_words(pair.win_rate.value)}, no clear preference."
    return _unseen_first(pair, unseen), _joined(none, early_words(pair.claims[0]) or _divided(pair))


def all_judged_lines(pair: PairSummary) -> tuple[str, str]:
    """The headline, in place of `headline_lines`, of a blinded study in which all judgments are made."""
    judged = f"{counted(pair.judgments, 'judgment')} by {counted(pair.raters, 'rater')}"
    return f"All judgments are in: {judged}.", "Unblind the study to see which system is preferred."


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def pair_headline(results: PairResults) -> str:
    """The headline of a pair, as `pair_lines` has it."""
    return _joined(*pair_lines(results))


def pair_lines(results: PairResults) -> tuple[str, str]:
    """As `headline_lines`, with a caution where the claim does not stand among all pairs looked at."""
    pairs, (verdict, reach) = results.summary.comparisons, headline_lines(results.pair)
    if made_claim(results.stored) is None or results.key in clear_preferences(pairs):
        return verdict, reach
    chance = f"Among {len(pairs):,} pairs looked at, one such preference can be chance."
    return verdict, _joined(reach, chance)


def made_claim(pair: PairSummary) -> Claim | None:
    """The claim of the widest scope that is made; None where none is."""
    return next((claim for claim in reversed(pair.claims) if claim.made), None)


def _preference(pair: PairSummary) -> tuple[str, str] | None:
    """The verdict of a claim, and for which raters it holds; None where none is made."""
    made = made_claim(pair)
    if made is None or made.favours is None:
        return None
    last = pair.claims[-1]
    reach = reach_words(made, last, pair.raters, range_words(last.low, last.high))
    verdict, most = f"{_who(pair, made)} preferred {_preferred(pair, made.favours)}.", ""
    if busiest := _busiest_rater(pair):
        verdict = f"Taken together, the raters preferred {_preferred(pair, made.favours)}."
        most = f"Most judgments are by one rater ({busiest})."
    elif _divided(pair):
        verdict = f"Taken together, {verdict[0].lower()}{verdict[1:]}"
    return verdict, _joined(most, _opposed(pair, made.favours), reach, early_words(pair.claims[0]))


def _who(pair: PairSummary, claim: Claim) -> str:
    automatic = pair.rater_kind is not RaterKind.HUMAN
    if claim.scope is ClaimScope.ONE_RATER:
        return f"{rater_name(pair)}{' (an automatic rater)' if automatic else ''}"
    who = "automatic raters" if automatic else "raters"
    return f"These {pair.raters} {who}" if claim.scope is ClaimScope.THESE_RATERS else who.capitalize()


def _preferred(pair: PairSummary, side: Side) -> str:
    """Both systems and the win rate; the name of b is repeated only where the other one is preferred."""
    if side == "a":
        return f"{pair.a} over {pair.b}: {_counted_rate(pair)}"
    both, neither = f"{pair.b} over {pair.a}", pair.ties + pair.both_bad
    if neither >= MOSTLY_TIES * pair.judgments:
        return f"{both}: {_counted_rate(pair)}"
    if not neither:
        return f"{both} in {_won(pair)}"
    return f"{both}: win rate {share_words(pair.win_rate.value)} ({_sum(pair, neither)})"


def _no_preference(pair: PairSummary) -> tuple[str, str]:
    """That there is no clear preference, and why. With few prompts, it does not claim that there is none."""
    of_whom = "" if pair.rater_kind is RaterKind.HUMAN else " of automatic raters"
    if pair.prompts < LEAST_PROMPTS:
        few = f"{counted(pair.prompts, 'prompt')} {'is' if pair.prompts == 1 else 'are'} too few to tell"
        return f"{few} a preference{of_whom} between {pair.b} and {pair.a}: {_counted_rate(pair)}.", ""
    even = pair.win_rate.value == EVEN
    could = "Neither is ahead." if even else "A difference of this size could be chance."
    divided = _divided(pair)
    why = early_words(pair.claims[0]) or divided or f"{could} {_spread(pair)}".rstrip()
    none = f"{'Taken together, no' if divided else 'No'} clear preference{of_whom}"
    return f"{none} between {pair.b} and {pair.a}: {_counted_rate(pair)}.", why


def early_words(claim: Claim) -> str:
    """Return the basis of a claim if systems were named before all planned judgments were made."""
    if claim.basis is not ClaimBasis.SEQUENTIAL or claim.e_value is None:
        return ""
    counts = _of_needed(e_value(claim.e_value), claim.e_value)
    return f"Not all planned judgments were made, so only the evidence counts ({counts})."


def _of_needed(shown: str, value: float) -> str:
    """An amount of evidence beside the required one; ``value`` says whether that is reached."""
    if value >= ENOUGH_EVIDENCE:
        return f"{shown}, where {NEEDED} is enough"
    return f"just under the {NEEDED} needed" if shown == NEEDED else f"{shown} of {NEEDED} needed"


def is_enough(pair: PairSummary) -> bool:
    """Whether the evidence has ever reached the required level; a later decrease does not matter."""
    return pair.evidence.highest >= ENOUGH_EVIDENCE


def unconfirmed(pair: PairSummary) -> bool:
    """Whether the evidence was enough at an earlier look, and all judgments together make no such claim."""
    claim, ahead = pair.claims[0], "b" if pair.evidence.lead > EVEN else "a"
    return is_enough(pair) and claim.reason is not NoClaim.WITHHELD and claim.favours != ahead


def amount_words(pair: PairSummary) -> str:
    """The amount of evidence: ``some (7.2 of 20 needed)``; once enough, the maximum."""
    found, enough = pair.evidence, is_enough(pair)
    if not found.means:
        return "not computed yet, because no prompt has all of its planned judgments"
    amount = "none" if round(found.last, 1) <= LITTLE else "little" if found.last < SOME else "some"
    if enough:
        amount = f"enough after {counted(found.at, 'prompt')} only" if unconfirmed(pair) else "enough"
    now = e_value(found.last)
    if enough and found.highest > found.last:
        now = f"{now} now, {e_value(found.highest)} at its highest"
    return f"{amount} ({_of_needed(now, found.highest)})"


def evidence_sentence(pair: PairSummary, *, rating_open: bool) -> str:
    """Whether raters may stop now; after judging is closed, what the evidence adds to the claim."""
    told = amount_words(pair)
    if rating_open:
        may = ", however often you looked. You may stop judging" if is_enough(pair) else ""
        look = ". You may look after every prompt" if pair.evidence.means else ""
        return f"Evidence so far: {told}{may or look}."
    if unconfirmed(pair):
        return f"Evidence: {told}. All judgments together do not confirm it."
    if is_enough(pair):
        return f"Evidence: {told}, however often you looked. You could have stopped judging then."
    if pair.claims[0].made:
        return f"Evidence for stopping early: {told}. The sentence above needs less, because it looks once."
    return f"Evidence: {told}, too little to stop before the end."


def _busiest_rater(pair: PairSummary) -> str:
    """Name and number of judgments of the rater who made most of them; empty where no one of several did."""
    judged = {part.name: part.counts.judgments for part in pair.slices if part.dimension == RATER}
    busiest = max(judged, key=lambda rater: judged[rater], default="")
    if len(judged) < 2 or judged[busiest] < MOST_OF_ALL * pair.judgments:
        return ""
    return f"{name(busiest)}, {judged[busiest]:,} of {pair.judgments:,}"


def divided_raters(pair: PairSummary) -> tuple[str, str]:
    """The raters who clearly prefer b, and those who prefer a; empty where all who do prefer the same one."""
    sure = [part for part in pair.slices if part.dimension == RATER and part.beyond_doubt]
    for_b, for_a = ([p for p in sure if (p.rate.value > EVEN) is b] for b in (True, False))
    return (_raters_words(for_b), _raters_words(for_a)) if for_b and for_a else ("", "")


def _divided(pair: PairSummary) -> str:
    for_b, for_a = divided_raters(pair)
    return for_b and f"The raters disagree: {for_b} preferred {pair.b}, and {for_a} preferred {pair.a}."


def _opposed(pair: PairSummary, side: Side) -> str:
    """Which raters' own rates are on the other side of one half; empty where none is.

    Raters with fewer than `LEAST_JUDGMENTS` judgments are left out, as in the claim.
    """
    if divided := _divided(pair):
        return divided
    opposed = [
        part
        for part in pair.slices
        if part.dimension == RATER
        and part.counts.judgments >= LEAST_JUDGMENTS
        and (part.rate.value < EVEN if side == "b" else part.rate.value > EVEN)
    ]
    if not opposed:
        return ""
    lean = "leans" if len(opposed) == 1 else "lean"
    rates = " and ".join(share_words(part.rate.value) for part in opposed)
    told = f" (win rate of {pair.b}: {rates})" if len(opposed) <= MOST_NAMED else ""
    return f"{_raters_words(opposed)} {lean} the other way{told}."


def _spread(pair: PairSummary) -> str:
    """The range of the raters' own rates if it contains one half; else empty."""
    rates = [
        part.rate.value
        for part in pair.slices
        if part.dimension == RATER and part.counts.wins_a + part.counts.wins_b >= LEAST_JUDGMENTS
    ]
    if len(rates) < 2 or not min(rates) < EVEN < max(rates):
        return ""
    return f"The raters' own win rates range from {share_words(min(rates))} to {share_words(max(rates))}."


def _raters_words(parts: Sequence[SummarySlice]) -> str:
    if len(parts) > MOST_NAMED:
        return f"{len(parts)} raters"
    return " and ".join(name(part.name) for part in parts)


def reach_words(made: Claim, last: Claim, raters: int, span: str) -> str:
    """Say for which raters a claim holds, and why for no others.

    Args:
        last: the claim of the widest scope; it may be the same.
        span: the interval of the last claim; empty for none.
    """
    if made.scope is ClaimScope.RATERS_LIKE_THESE:
        return f"This holds for these {raters} raters{ASSUMED}"
    if made.scope is ClaimScope.ONE_RATER:
        return "One rater cannot represent others."
    match last.reason:
        case NoClaim.TOO_FEW_RATERS:
            are = "rater is" if raters == 1 else "raters are"
            return f"{_spelled(raters).capitalize()} {are} too few to represent others."
        case NoClaim.UNEQUAL_LOADS:
            return f"Too few of these {raters} raters judged enough to represent others."
        case NoClaim.RATERS_DIFFER:
            interval = f" (95% interval {span})" if span not in ("", in_own_signs(EVERY_SHARE)) else ""
            return f"Other raters of this kind could judge otherwise{interval}."
        case NoClaim.JUDGING_OPEN:
            return "This holds for these raters only."
        case _:
            return "It does not carry over to other raters."


def rater_name(pair: PairSummary) -> str:
    """Name of the only rater of a pair."""
    names = [part.name for part in pair.slices if part.dimension == RATER]
    return name(names[0]) if len(names) == 1 else "The one rater"


def _split(pair: PairSummary, split: Split) -> SummarySlice | None:
    return next((p for p in pair.slices if p.dimension == "split" and p.name == split.value), None)


def _unseen(pair: PairSummary) -> SummarySlice | None:
    """The part of unseen prompts; None where there is none, and where there are no others."""
    found = _split(pair, Split.HELD_OUT)
    return None if found is None or found.counts.judgments == pair.judgments else found


def _differs(pair: PairSummary, unseen: SummarySlice) -> bool:
    """Whether one system leads on unseen prompts and the other one on trained or on all prompts."""
    if unseen.counts.prompts < LEAST_PROMPTS:
        return False
    trained = _split(pair, Split.TRAINED)
    rates = pair.win_rate, *((trained.rate,) if trained else ())
    return any((rate.value - EVEN) * (unseen.rate.value - EVEN) < 0 for rate in rates)


def _unseen_first(pair: PairSummary, unseen: SummarySlice) -> str:
    """Which system is preferred on unseen prompts, with the win rate there and on trained prompts."""
    winner = pair.b if unseen.rate.value > EVEN else pair.a
    one = pair.raters == 1
    who = "this rater" if one else f"these {pair.raters} raters"
    low, high = unseen.rate.low, unseen.rate.high
    if pair.ended_early or low is None or high is None or low <= EVEN <= high:
        verdict = "No clear preference on unseen prompts"
    elif unseen.beyond_doubt:
        verdict = f"On unseen prompts, {who} preferred {winner}"
    else:
        verdict = f"On unseen prompts, {who} {'leans' if one else 'lean'} toward {winner}"
    trained = _split(pair, Split.TRAINED)
    on_trained = f", against {_part_rate(pair, trained)} on trained prompts" if trained else ""
    return f"{verdict}: {pair.b} has a win rate of {_part_rate(pair, unseen)}{on_trained}."


def unseen_sentence(pair: PairSummary) -> str:
    """The win rate on unseen prompts; empty without such prompts, and where `claim_sentence` has it."""
    unseen = _unseen(pair)
    if unseen is None or _differs(pair, unseen):
        return ""
    prompts = unseen.counts.prompts
    if prompts < LEAST_PROMPTS:
        return f"{counted(prompts, 'unseen prompt')} {'is' if prompts == 1 else 'are'} too few to tell."
    rate, made = _part_rate(pair, unseen), made_claim(pair)
    low, high = unseen.rate.low, unseen.rate.high
    if made is None or low is None or high is None or made.basis is ClaimBasis.SEQUENTIAL:
        return f"On unseen prompts the win rate is {rate}."
    if low <= EVEN <= high:
        return f"On unseen prompts alone a difference could be chance: {rate}."
    return f"On unseen prompts as well: {rate}."


def _part_rate(pair: PairSummary, part: SummarySlice) -> str:
    """A part's rate with its interval, which is for one look at the planned end."""
    return share_words(part.rate.value) if pair.ended_early else rate_words(part.rate)


def interval_sentence(pair: PairSummary) -> str:
    """The interval of the headline's rate, for which raters, and how often chance would give as much."""
    if not pair.wins_a + pair.wins_b:
        return "No answer won. The win rate is 50%, because a tie or “both bad” counts half for each system."
    both, one = pair.win_rate_over_raters, pair.win_rate
    rate, raters = share_words(one.value), whom(pair)
    lead = f"Win rate of {pair.b}: {rate}, {percent(one.level)} interval"
    if pair.ended_early:
        return f"{lead} {range_words(*pair.confidence_sequence)}, for {raters}, whenever judging stops."
    narrow = range_words(one.low, one.high)
    if not narrow:
        return f"Win rate of {pair.b}: {rate}, without an interval, because only one prompt was judged."
    if both is None or both.low is None:
        return f"{lead} {narrow}, for {raters}. {_strength(pair)}".rstrip()
    wide = range_words(both.low, both.high)
    if wide == in_own_signs(EVERY_SHARE):
        few = "For other raters of this kind, they are too few or differ too much to say."
        return f"{lead} {narrow} for these {pair.raters} raters. {few} {_strength(pair)}".rstrip()
    if wide == narrow:
        of_whom = f"for other raters of this kind and for these {pair.raters} alone"
        return f"{lead} {wide} {of_whom}. {_strength(pair)}".rstrip()
    claim = made_claim(pair)
    told_above = claim is not None and claim.scope is ClaimScope.RATERS_LIKE_THESE
    assumed = "" if told_above else "The first assumes that no other raters judge very differently."
    if _divided(pair):
        assumed += " These raters are split, so that is doubtful."
    told = f"{lead} {wide} for other raters of this kind, {narrow} for these {pair.raters} alone."
    return " ".join(filter(None, (told, assumed, _strength(pair))))


def whom(pair: PairSummary) -> str:
    return "this rater" if pair.raters == 1 else "these raters"


def _strength(pair: PairSummary) -> str:
    """How often chance alone would give such a result, in words; empty where no claim is made."""
    claim = pair.claims[0]
    if not claim.made or claim.p is None:
        return ""
    return (
        f"If {whom(pair)}{', taken together,' if pair.raters > 1 else ''} preferred neither, "
        f"{frequency_words(claim.p)} such studies would come out at least this extreme."
    )


def frequency_words(p: float) -> str:
    """A probability as a frequency: ``about 3 in 100``."""
    if p < 0.001:
        return "fewer than 1 in 1,000"
    return f"about {1000 * p:.0f} in 1,000" if p < 0.0095 else f"about {100 * p:.0f} in 100"


def _won(pair: PairSummary) -> str:
    """The share that b won of judgments without ties."""
    if pair.win_rate.value == 1:
        return f"all {pair.judgments:,} judgments" if pair.judgments > 1 else "the only judgment"
    if pair.win_rate.value == 0:
        return f"none of {counted(pair.judgments, 'judgment')}"
    return f"{share_words(pair.win_rate.value)} of {pair.judgments:,} judgments"


def _counted_rate(pair: PairSummary) -> str:
    """Win rate of b and the counts behind it; where most are ties, the ties come first."""
    neither = pair.ties + pair.both_bad
    decided = pair.wins_a + pair.wins_b
    if not decided:
        if not pair.both_bad:
            return "every judgment was a tie"
        return (
            "both answers were judged bad each time"
            if not pair.ties
            else "every judgment was a tie or “both bad”"
        )
    if neither >= MOSTLY_TIES * pair.judgments:
        ties = share_words(neither / pair.judgments)
        won = f"{pair.wins_b:,} of the other {decided:,}"
        if pair.rater_kind is not RaterKind.HUMAN:  # programs may give fractions of a judgment
            won = f"{share_words(pair.wins_b / decided)} of the others"
        return f"{ties} of {pair.judgments:,} judgments were ties, and {pair.b} won {won}"
    if not neither:
        return f"{pair.b} won {_won(pair)}"
    return f"{pair.b} has a win rate of {share_words(pair.win_rate.value)} ({_sum(pair, neither)})"


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


def planned_prompts(pair: PairSummary) -> int | None:
    """Prompts of a new study that shows these raters' preference in 80% of cases; None if not defined."""
    more = pair.prompts_still_needed
    return None if more is None else max(LEAST_PLANNED, int(float(f"{pair.prompts + more:.2g}")))


def _more_prompts(pair: PairSummary, needed: int) -> str:
    about = f"about {needed:,} prompts"
    if needed > HARDLY_MORE:
        end = max(pair.win_rate.low or 0, pair.win_rate.high or 0, key=lambda rate: abs(rate - EVEN))
        error = (pair.standard_error or 0) * math.sqrt(pair.prompts)
        least = prompts_of_mean(abs(end - EVEN), error, (1 - pair.win_rate.level) / 2, POWER)
        further = f"about {max(LEAST_PLANNED, least):,}"
        return (
            "Decide whether a small difference matters. At the win rate seen here, a preference of "
            f"{whom(pair)} takes {about} to show with a chance of 80%. At {share_words(end)}, an end of its "
            f"interval, it takes {further}."
        )
    return (
        f"Make a new study with {about}. It shows a preference of these raters with a chance of 80%, if the "
        "true win rate is the one seen here."
    )


def _next_of_splits(pair: PairSummary) -> str:
    """What to do where unseen prompts give another result than trained ones; else empty."""
    unseen = _unseen(pair)
    if unseen is not None and unseen.rate.value < EVEN and _differs(pair, unseen):
        return f"Read the unseen prompts that {pair.b} lost, on Results → What got worse."
    if any(one.first is Split.TRAINED and (one.low or 0) > 0 for one in pair.split_differences):
        return "Use the unseen prompts: the rate over all prompts mixes them with trained ones."
    return ""


def next_after_results(pair: PairSummary) -> str:
    """What to do after unblinding, when a study takes no more judgments."""
    first, last, more = pair.claims[0], pair.claims[-1], planned_prompts(pair)
    if first.reason is NoClaim.TOO_FEW_PROMPTS:
        return f"Make a new study with at least {LEAST_PROMPTS} prompts."
    if pair.both_bad == pair.judgments:
        return "Read the answers: all were judged bad."
    if not pair.wins_a + pair.wins_b:
        return "Read the answers: no judgment preferred one of them."
    if of_splits := _next_of_splits(pair):
        return of_splits
    if _divided(pair) or last.reason is NoClaim.RATERS_DIFFER:
        return "Read the answers on which the raters disagree, and ask more raters in a new study."
    if pair.ended_early:
        return "Unblind a new study when all planned judgments are made: only then is more claimed."
    if not first.made and more is None:
        return "Read the answers: neither system is ahead."
    if not first.made and more is not None:
        return _more_prompts(pair, more)
    if last.scope is ClaimScope.RATERS_LIKE_THESE and last.made:
        return "Run a release check on Results → Checkpoints."
    prompts = "more" if pair.prompts < FEW_PROMPTS else "all"
    return f"Have at least three people judge {prompts} prompts in a new study, to represent other raters."
